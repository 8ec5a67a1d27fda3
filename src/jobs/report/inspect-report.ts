/** The inspection as one HTML file: no scripts, nothing fetched, everything from the wire escaped. */
import type { InspectedPoint, InspectResult } from '../inspect.ts';
import { mirrorSentence, percent, sizeText, understoodShare } from '../inspect-text.ts';
import { type Html, html, tableOf } from './html.ts';
import { networkMap } from './map.ts';

/** Rows of a table in the report; `--json` has all. */
const ROWS_MAX = 500;

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2329; --paper: #fff; --faint: #66717d; --rule: #d6dbe0; --acts: #b3460f; --fill: #f3f5f7; }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e7eb; --paper: #14181c; --faint: #98a3ae; --rule: #343c44; --acts: #f0915a; --fill: #1e242a; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.87rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.6rem 0.25rem 0; border-bottom: 1px solid var(--rule); overflow-wrap: anywhere; }
th { color: var(--faint); font-weight: 600; white-space: nowrap; } .right { text-align: right; } .note { color: var(--faint); font-size: 0.87rem; }
svg { width: 100%; height: auto; font: 11px system-ui, sans-serif; } svg text { fill: var(--ink); } svg .second, svg .row { fill: var(--faint); }
svg rect { fill: var(--fill); stroke: var(--faint); } svg .silent rect { stroke-dasharray: 4 3; } svg .line { fill: none; stroke: var(--faint); opacity: 0.6; } svg .acts { stroke: var(--acts); stroke-width: 2.5; opacity: 0.9; }
@media print { body { max-width: none; } h2 { break-after: avoid; } tr { break-inside: avoid; } }`;

export function inspectReport(result: InspectResult): string {
  const { known, all } = understoodShare(result.conversations);
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Firedoor inspection</title><style>${raw(STYLE)}</style></head><body>
<h1>What these captures show</h1>
${captures(result)}
<p>${percent(known)} of the payload of known protocols was understood, ${percent(all)} of all payload. ${mirrorSentence(result)}</p>
<h2>Risky</h2>
${findings(result)}
<h2>Map</h2>
${networkMap(result)}
<h2>Assets</h2>
${assets(result)}
<h2>Conversations</h2>
${conversations(result)}
<h2>Points</h2>
${points(result)}
</body></html>
`;
  return page.text;
}

function raw(css: string): Html {
  // Our own constant: nothing from outside is in it.
  return Object.assign(html``, { text: css });
}

function captures({ captures: list }: InspectResult): Html {
  const rows = list.map(({ file, packets, bytes, first, last, problems, readError }) => [
    file,
    packets,
    sizeText(bytes),
    `${first ?? ''} – ${last ?? ''}`,
    [readError ?? '', ...problems.map(({ kind, count, firstOffset }) => `${kind} × ${count} (byte ${firstOffset})`)]
      .filter((text) => text !== '')
      .join('; '),
  ]);
  return tableOf(['Capture', 'Packets', 'On the wire', 'From – to', 'Problems'], rows, [1, 2]);
}

function findings(result: InspectResult): Html {
  if (result.findings.length === 0) {
    return html`<p>Nothing that changes programs, stops devices, forces points or touches safety was seen.</p>`;
  }
  const rows = result.findings
    .slice(0, ROWS_MAX)
    .map(({ risk, sentence, techniques }) => [risk, sentence, techniques.join(', ')]);
  return html`${tableOf(['Risk', 'What', 'ATT&CK for ICS'], rows, [0])}${cut(result.findings.length)}`;
}

function assets(result: InspectResult): Html {
  const rows = result.assets
    .slice(0, ROWS_MAX)
    .map((asset) => [
      asset.id,
      asset.name,
      [asset.vendor, asset.model, asset.firmware].filter((text) => text !== '').join(' '),
      asset.protocols.join(', '),
      asset.roles.join(', '),
      [asset.zone, asset.scope].filter((text) => text !== '').join(' '),
      asset.alive,
      asset.macs.join(', '),
    ]);
  const head = ['Asset', 'Name', 'Maker, model', 'Protocols', 'Roles', 'Zone', 'State', 'MAC'];
  return html`${tableOf(head, rows)}${cut(result.assets.length)}`;
}

function conversations(result: InspectResult): Html {
  const order = [...result.conversations].sort((a, b) => b.messages - a.messages || b.packets - a.packets);
  const rows = order.slice(0, ROWS_MAX).map((conversation) => [
    `${conversation.client} → ${conversation.server}${conversation.serverPort > 0 ? `:${conversation.serverPort}` : ''}`,
    conversation.protocol,
    conversation.packets,
    conversation.messages,
    conversation.payloadBytes > 0 ? percent(conversation.understoodBytes / conversation.payloadBytes) : '',
    conversation.functions
      .filter(({ direction }) => direction !== 'response')
      .map(({ name, count }) => `${name} × ${count}`)
      .join(', '),
  ]);
  const head = ['Who → whom', 'Protocol', 'Packets', 'Messages', 'Understood', 'Functions'];
  return html`${tableOf(head, rows, [2, 3, 4])}${cut(result.conversations.length)}`;
}

function points(result: InspectResult): Html {
  const rows: (string | number)[][] = [];
  for (const point of result.points) {
    if (rows.length >= ROWS_MAX) break;
    rows.push([point.point, point.reads, point.writes, seen(point), point.writers.join(', ')]);
  }
  return html`${tableOf(['Point', 'Read', 'Written', 'Values', 'Written by'], rows, [1, 2])}${cut(result.pointCount)}`;
}

function seen({ distinct, distinctAll, min, max, last }: InspectedPoint): string {
  if (Number.isNaN(last)) return '';
  return distinctAll ? distinct.join(', ') : `${min} … ${max}, last ${last}`;
}

function cut(count: number): Html {
  return count > ROWS_MAX
    ? html`<p class="note">${count - ROWS_MAX} more are in the JSON document (<code>--json</code>).</p>`
    : html``;
}
