/** An inspection for people: what is there, who talks, which values, what is risky, and how much of it can be believed. */
import type { InspectedConversation, InspectedPoint, InspectResult } from './inspect.ts';

const ROWS_MAX = 40;
const FUNCTIONS_SHOWN = 6;

export function inspectText(result: InspectResult): string {
  return [
    ...captureLines(result),
    ...section(
      'Risky',
      result.findings
        .slice(0, ROWS_MAX)
        .map(({ risk, sentence }) => `${'!'.repeat(risk).padEnd(4)} ${clean(sentence)}`),
    ),
    ...more(result.findings.length),
    ...section(`Assets (${result.assets.length})`, assetRows(result)),
    ...more(result.assets.length),
    ...section(`Conversations (${result.conversations.length})`, conversationRows(result.conversations)),
    ...more(result.conversations.length),
    ...section(`Points (${result.pointCount})`, pointRows(result)),
    ...more(result.pointCount),
    ...section('How much of it was understood', understoodLines(result)),
    '',
  ].join('\n');
}

/** One sentence on what the mirror port did to the view; empty where it did nothing. */
export function mirrorSentence(result: InspectResult): string {
  const { duplicates, oneSided, halfTagged, offloadedChecksums, gaps } = result.health;
  const parts: string[] = [];
  if (duplicates > 0) parts.push(`${plural(duplicates, 'frame')} came twice and count once`);
  if (oneSided > 0) parts.push(`${plural(oneSided, 'conversation')} shows one side only`);
  if (halfTagged > 0) parts.push(`${plural(halfTagged, 'direction')} carries another VLAN tag than its conversation`);
  if (offloadedChecksums > 0)
    parts.push(`${plural(offloadedChecksums, 'segment')} has a checksum left to the network card`);
  if (gaps > 0) parts.push(`bytes are missing at ${plural(gaps, 'place')}`);
  return parts.length === 0 ? '' : `The mirror: ${parts.join('; ')}.`;
}

/** Share of payload understood, over conversations whose protocol is known and over all. */
export function understoodShare(conversations: readonly InspectedConversation[]): { known: number; all: number } {
  const sum = (list: readonly InspectedConversation[], field: 'payloadBytes' | 'understoodBytes') =>
    list.reduce((total, each) => total + each[field], 0);
  const known = conversations.filter(({ messages }) => messages > 0);
  const share = (list: readonly InspectedConversation[]) =>
    sum(list, 'understoodBytes') / Math.max(1, sum(list, 'payloadBytes'));
  return { known: share(known), all: share(conversations) };
}

function captureLines({ captures }: InspectResult): string[] {
  return captures.flatMap((capture) => {
    const { file, packets, bytes, first, last, problems, readError } = capture;
    const span =
      first === null
        ? ''
        : `, ${first.slice(0, 19).replace('T', ' ')} to ${(last ?? first).slice(0, 19).replace('T', ' ')}`;
    const lines = [`${clean(file)}: ${plural(packets, 'packet')}, ${sizeText(bytes)}${span}`];
    if (readError !== null) lines.push(`  ! ${clean(readError)}`);
    for (const { kind, count, firstOffset } of problems)
      lines.push(`  ${kind} × ${count}, first at byte ${firstOffset}`);
    return lines;
  });
}

function assetRows({ assets }: InspectResult): string[] {
  const rows = assets
    .slice(0, ROWS_MAX)
    .map((asset) => [
      asset.id,
      asset.name,
      [asset.vendor, asset.model, asset.firmware].filter((text) => text !== '').join(' '),
      [...asset.protocols].join(' '),
      [...asset.roles].join(' '),
      asset.alive === 'silent' ? 'silent' : '',
      [asset.zone, asset.scope].filter((text) => text !== '').join(' '),
    ]);
  return table(rows);
}

function conversationRows(conversations: readonly InspectedConversation[]): string[] {
  const order = [...conversations].sort((a, b) => b.messages - a.messages || b.packets - a.packets);
  const rows = order.slice(0, ROWS_MAX).map((conversation) => {
    const { client, server, serverPort, protocol, transport, messages, packets, exceptions } = conversation;
    const functions = conversation.functions.filter(({ direction }) => direction !== 'response');
    const shown = functions.slice(0, FUNCTIONS_SHOWN).map(({ name, count }) => `${name} × ${count}`);
    if (functions.length > FUNCTIONS_SHOWN) shown.push(`… ${functions.length - FUNCTIONS_SHOWN} more`);
    if (exceptions > 0) shown.push(`refused × ${exceptions}`);
    const port = transport === 'tcp' || transport === 'udp' ? `:${serverPort}` : '';
    const amount = messages > 0 ? plural(messages, 'message') : plural(packets, 'packet');
    const share =
      conversation.payloadBytes > 0 ? percent(conversation.understoodBytes / conversation.payloadBytes) : '';
    return [`${client} → ${server}${port}`, protocol, amount, share, shown.join(', ')];
  });
  return table(rows);
}

/** Points that are written first, then those that move, then the rest. */
function pointRows({ points }: InspectResult): string[] {
  const buckets: InspectedPoint[][] = [[], [], []];
  for (const point of points) {
    const bucket = buckets[point.writes > 0 ? 0 : point.changes > 0 ? 1 : 2]!;
    if (bucket.length < ROWS_MAX) bucket.push(point);
    else if (buckets[0] === bucket) break;
  }
  const shown = buckets.flat().slice(0, ROWS_MAX);
  return table(shown.map((point) => [point.point, pointUse(point), valuesText(point)]));
}

function pointUse({ reads, writes, writers }: InspectedPoint): string {
  const written = writes > 0 ? `written × ${writes} by ${writers.join(', ')}` : '';
  return [reads > 0 ? `read × ${reads}` : '', written].filter((text) => text !== '').join(', ');
}

function valuesText({ distinct, distinctAll, min, max, last, changes }: InspectedPoint): string {
  if (Number.isNaN(last)) return '';
  if (distinctAll) return distinct.map(number).join(' ');
  return `${number(min)} … ${number(max)}, last ${number(last)}, changed × ${changes}`;
}

function understoodLines(result: InspectResult): string[] {
  const { known, all } = understoodShare(result.conversations);
  const lines = result.protocols.map(
    ({ name, messages, frames, exceptions, payloadBytes, understoodBytes }) =>
      `${name}: ${plural(messages, 'message')} in ${plural(frames, 'frame')}, ${exceptions} refused, ${percent(understoodBytes / Math.max(1, payloadBytes))} of its bytes`,
  );
  lines.push(`in total ${percent(known)} of the payload of known protocols, ${percent(all)} of all payload`);
  const mirror = mirrorSentence(result);
  if (mirror !== '') lines.push(mirror);
  for (const [what, count] of Object.entries(result.health.full)) lines.push(`${what}: ${count} found no room`);
  for (const { kind, count, firstOffset } of result.health.problems)
    lines.push(`${kind} × ${count}, first in frame ${firstOffset}`);
  return lines;
}

function section(title: string, rows: readonly string[]): string[] {
  return rows.length === 0 ? [] : ['', title, ...rows.map((row) => `  ${row}`)];
}

function more(count: number): string[] {
  return count > ROWS_MAX ? [`  … ${count - ROWS_MAX} more; --json shows all`] : [];
}

function table(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map(clean));
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.min(60, Math.max(...cells.map((row) => row[column]!.length))),
  );
  return cells.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1 || widths[column] === 0 ? cell : cell.padEnd(widths[column]! + 2),
      )
      .join('')
      .trimEnd(),
  );
}

/** Text from the wire without control characters: a hostile name must not steer a terminal. */
export function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '·');
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

export function sizeText(bytes: number): string {
  if (bytes < 10_000) return `${bytes} bytes`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = -1;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${size.toFixed(size < 10 ? 1 : 0)} ${units[unit]!}`;
}

function plural(count: number, word: string): string {
  // By hand: the first use of a locale costs a tenth of a second.
  const grouped = String(count).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${grouped} ${word}${count === 1 ? '' : 's'}`;
}

function number(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}
