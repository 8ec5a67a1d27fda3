/** Trends as inline SVG: a value with its normal range and the alarm, and the score of a whole file. */
import type { HistorianTable } from '../sense/telemetry/table/table.ts';
import type { Band } from '../understand/detect/detector.ts';
import { plain } from '../understand/detect/process/explain.ts';
import type { Verdicts } from './analyze-core.ts';
import { Html, html } from './report/html.ts';

const WIDTH = 960;
const HEIGHT = 180;
const LEFT = 60;
const BOTTOM = 20;
/** Points drawn; between them lowest and highest are kept, so that no spike is lost. */
const BUCKETS = 450;
/** Rows shown before and after an episode, at least. */
const AROUND = 60;

interface Scale {
  readonly x: (row: number) => number;
  readonly y: (value: number) => number;
}

function scaleOf(from: number, to: number, low: number, high: number, height: number): Scale {
  const span = high > low ? high - low : 1;
  return {
    x: (row) => LEFT + ((row - from) / Math.max(1, to - from)) * (WIDTH - LEFT),
    y: (value) => 4 + (1 - (value - low) / span) * (height - BOTTOM - 8),
  };
}

/** A line through rows `from` to `to`; lowest and highest of each bucket, gaps where there is no value. */
function path(values: (row: number) => number, from: number, to: number, scale: Scale): string {
  const step = Math.max(1, Math.ceil((to - from + 1) / BUCKETS));
  const parts: string[] = [];
  let pen = 'M';
  for (let row = from; row <= to; row += step) {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let i = row; i < Math.min(row + step, to + 1); i += 1) {
      const value = values(i);
      if (Number.isNaN(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (low > high) {
      pen = 'M';
      continue;
    }
    const x = scale.x(row).toFixed(1);
    parts.push(`${pen}${x} ${scale.y(low).toFixed(1)}`);
    if (high > low) parts.push(`L${x} ${scale.y(high).toFixed(1)}`);
    pen = 'L';
  }
  return parts.join('');
}

/** Boxes over the rows in alarm. */
function alarmBoxes(alarm: Uint8Array, from: number, to: number, scale: Scale, height: number): Html[] {
  const boxes: Html[] = [];
  let start = -1;
  for (let row = from; row <= to + 1; row += 1) {
    const on = row <= to && alarm[row] === 1;
    if (on && start < 0) start = row;
    if (on || start < 0) continue;
    const x = scale.x(start);
    const width = Math.max(1.5, scale.x(row) - x);
    boxes.push(
      html`<rect class="alarm" x="${x.toFixed(1)}" y="0" width="${width.toFixed(1)}" height="${height - BOTTOM}"/>`,
    );
    start = -1;
  }
  return boxes;
}

function rangeOf(values: (row: number) => number, from: number, to: number): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let row = from; row <= to; row += 1) {
    const value = values(row);
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function columnReader(table: HistorianTable, name: string): (row: number) => number {
  const column = table.names.indexOf(name);
  const n = table.names.length;
  return (row) => (column < 0 ? Number.NaN : table.values[row * n + column]!);
}

/** One tag around an episode, a second one dashed on its own scale. */
export function trendSvg(
  table: HistorianTable,
  alarm: Uint8Array,
  episode: { readonly from: number; readonly to: number },
  first: string,
  second: string | undefined,
  band: Band,
  timeOf: (row: number) => string,
): Html {
  const around = Math.max(AROUND, Math.floor((episode.to - episode.from) / 2));
  const from = Math.max(0, episode.from - around);
  const to = Math.min(table.rows - 1, episode.to + around);
  const value = columnReader(table, first);
  const [seenLow, seenHigh] = rangeOf(value, from, to);
  if (!(seenHigh >= seenLow)) return html`<p class="note">${first} has no value here.</p>`;
  const low = Number.isFinite(band.low) ? Math.min(band.low, seenLow) : seenLow;
  const high = Number.isFinite(band.high) ? Math.max(band.high, seenHigh) : seenHigh;
  const scale = scaleOf(from, to, low, high, HEIGHT);
  const top = scale.y(Math.min(band.high, high));
  const depth = Math.max(1, scale.y(Math.max(band.low, low)) - top);
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${`trend of ${first}`}">
<rect class="frame" x="${LEFT}" y="0" width="${WIDTH - LEFT}" height="${HEIGHT - BOTTOM}"/>
<rect class="band" x="${LEFT}" y="${top.toFixed(1)}" width="${WIDTH - LEFT}" height="${depth.toFixed(1)}"/>
${alarmBoxes(alarm, from, to, scale, HEIGHT)}
${second === undefined ? html`` : secondLine(table, second, from, to)}
<path class="line" d="${new Html(path(value, from, to, scale))}"/>
<text x="0" y="12">${plain(high)}</text><text x="0" y="${HEIGHT - BOTTOM - 2}">${plain(low)}</text>
<text x="${LEFT}" y="${HEIGHT - 5}">${timeOf(from)}</text><text x="${WIDTH}" y="${HEIGHT - 5}" text-anchor="end">${timeOf(to)}</text>
</svg>`;
}

function secondLine(table: HistorianTable, name: string, from: number, to: number): Html {
  const value = columnReader(table, name);
  const [low, high] = rangeOf(value, from, to);
  if (!(high >= low)) return html``;
  return html`<path class="second" d="${new Html(path(value, from, to, scaleOf(from, to, low, high, HEIGHT)))}"/>`;
}

/** Score of a whole file; scores above 3 are drawn as 3. */
export function overviewSvg(verdicts: Verdicts, judgedFrom: number, ends: readonly [string, string]): Html {
  const to = verdicts.score.length - 1;
  if (to < 1) return html`<p class="note">Too few rows to draw.</p>`;
  const height = 120;
  const scale = scaleOf(0, to, 0, 3, height);
  const score = (row: number) => (row < judgedFrom ? Number.NaN : Math.min(3, verdicts.score[row]!));
  const limit = scale.y(1).toFixed(1);
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="score over time">
<rect class="frame" x="${LEFT}" y="0" width="${WIDTH - LEFT}" height="${height - BOTTOM}"/>
${alarmBoxes(verdicts.alarm, 0, to, scale, height)}
<path class="line" d="${new Html(path(score, 0, to, scale))}"/>
<line class="limit" x1="${LEFT}" x2="${WIDTH}" y1="${limit}" y2="${limit}"/>
<text x="0" y="${limit}">limit</text>
<text x="${LEFT}" y="${height - 5}">${ends[0]}</text><text x="${WIDTH}" y="${height - 5}" text-anchor="end">${ends[1]}</text>
</svg>`;
}
