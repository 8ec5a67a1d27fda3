/** A simple map as SVG: one row a zone (or a role, where no zones are declared), a line for each pair that talks. */
import type { Asset, FunctionClass } from '../../records.ts';
import type { InspectedConversation, InspectResult } from '../inspect.ts';
import { type Html, html } from './html.ts';

/** Assets drawn; a map with more says nothing. */
const DRAWN_MAX = 80;
const PER_LINE = 8;
const WIDTH = 960;
const BOX_WIDTH = 104;
const BOX_HEIGHT = 36;
const LINE_HEIGHT = 76;
const MARGIN_LEFT = 120;

interface Place {
  readonly asset: Asset;
  readonly x: number;
  readonly y: number;
}

interface Row {
  readonly name: string;
  readonly assets: Asset[];
}

export function networkMap(result: InspectResult): Html {
  const talking = busiest(result);
  const rows = rowsOf(talking);
  const places = new Map<string, Place>();
  const labels: Html[] = [];
  let y = 24;
  for (const row of rows) {
    labels.push(html`<text x="8" y="${y + 22}" class="row">${shorten(row.name, 16)}</text>`);
    row.assets.forEach((asset, i) => {
      const x = MARGIN_LEFT + (i % PER_LINE) * BOX_WIDTH;
      places.set(asset.id, { asset, x, y: y + Math.floor(i / PER_LINE) * LINE_HEIGHT });
    });
    y += Math.ceil(row.assets.length / PER_LINE) * LINE_HEIGHT;
  }
  const lines = result.conversations
    .filter(({ client, server }) => places.has(client) && places.has(server) && client !== server)
    .map((conversation) => lineOf(conversation, places.get(conversation.client)!, places.get(conversation.server)!));
  const boxes = [...places.values()].map(boxOf);
  const left = result.assets.length - places.size;
  return html`<svg viewBox="0 0 ${WIDTH} ${Math.max(60, y)}" role="img" aria-label="Map of assets and who talks to whom">
${labels}${lines}${boxes}</svg>
<p class="note">Thin line: looks only. Thick line: writes, controls or programs.${left > 0 ? ` ${left} assets are not drawn; the table has all.` : ''}</p>`;
}

/** Assets by how much they say, units under their address. */
function busiest({ assets, conversations }: InspectResult): Asset[] {
  const weight = new Map<string, number>();
  for (const { client, server, messages, packets } of conversations) {
    const each = messages > 0 ? messages + 1e9 : packets;
    for (const id of [client, server]) weight.set(id, (weight.get(id) ?? 0) + each);
  }
  return assets
    .filter(({ id }) => weight.has(id))
    .sort((a, b) => weight.get(b.id)! - weight.get(a.id)!)
    .slice(0, DRAWN_MAX);
}

function rowsOf(assets: readonly Asset[]): Row[] {
  const zoned = assets.some(({ zone }) => zone !== '');
  const rows = new Map<string, Row>();
  for (const asset of assets) {
    const name = zoned ? asset.zone || 'no zone' : roleRow(asset);
    const row = rows.get(name) ?? { name, assets: [] };
    row.assets.push(asset);
    rows.set(name, row);
  }
  const order = ['clients', 'client and server', 'servers', 'others'];
  return [...rows.values()].sort(
    (a, b) => order.indexOf(a.name) - order.indexOf(b.name) || a.name.localeCompare(b.name),
  );
}

function roleRow({ roles }: Asset): string {
  const client = roles.includes('client');
  const server = roles.includes('server');
  if (client && server) return 'client and server';
  return client ? 'clients' : server ? 'servers' : 'others';
}

const ACTING: ReadonlySet<FunctionClass> = new Set(['write', 'control', 'program', 'config', 'safety']);

function lineOf(conversation: InspectedConversation, from: Place, to: Place): Html {
  const acts = conversation.functions.some((use) => use.direction !== 'response' && ACTING.has(use.class));
  const down = to.y > from.y;
  const half = (BOX_WIDTH - 12) / 2;
  const y1 = from.y + (down ? BOX_HEIGHT : to.y === from.y ? BOX_HEIGHT : 0);
  const y2 = to.y + (down ? 0 : BOX_HEIGHT);
  const bend = to.y === from.y ? from.y + BOX_HEIGHT + 26 : (y1 + y2) / 2;
  const path = `M${from.x + half} ${y1} C${from.x + half} ${bend} ${to.x + half} ${bend} ${to.x + half} ${y2}`;
  return html`<path d="${path}" class="${acts ? 'line acts' : 'line'}"><title>${conversation.client} → ${conversation.server}, ${conversation.protocol}</title></path>
`;
}

function boxOf({ asset, x, y }: Place): Html {
  const second = asset.name || asset.model || asset.vendor || asset.protocols.join(' ');
  return html`<g class="${asset.alive === 'silent' ? 'silent' : 'asset'}"><rect x="${x}" y="${y}" width="${BOX_WIDTH - 12}" height="${BOX_HEIGHT}" rx="4"/>
<text x="${x + 6}" y="${y + 15}">${shorten(asset.id, 15)}</text><text x="${x + 6}" y="${y + 29}" class="second">${shorten(second, 13)}</text><title>${asset.id} ${second}</title></g>
`;
}

function shorten(text: string, characters: number): string {
  return text.length > characters ? `${text.slice(0, characters - 1)}…` : text;
}
