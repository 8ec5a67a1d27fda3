/**
 * The core of `firedoor analyze`: learns a watch from normal rows of tables and judges rows of others. Pure: no files, no clock. The
 * detection bench calls the same functions, so what is measured is what runs.
 */
import type { HistorianTable } from '../sense/telemetry/table/table.ts';
import type { KindName } from '../understand/detect/kinds.ts';
import { decimalsOf } from '../understand/detect/process/profile.ts';
import { RowWatch } from '../understand/detect/process/row-watch.ts';

/** Rows `from` (inclusive) to `to` (exclusive) of a table. */
export interface TablePart {
  readonly table: HistorianTable;
  readonly from: number;
  readonly to: number;
}

export interface LearnOptions {
  /** Rows between false episodes of one chart; default the frozen one. */
  readonly budgetRows?: number;
  /** What will be judged: its resolution is what normal rows are brought to. Only how it is written is looked at. */
  readonly judged?: TablePart;
  /** Windows of history remembered a tag for repeats. */
  readonly replayEntries?: number;
}

/** Verdicts of rows, one place a row. */
export interface Verdicts {
  readonly score: Float64Array;
  readonly alarm: Uint8Array;
  /** Index into `names`, −1 for none. */
  readonly tag: Int32Array;
  readonly kind: (KindName | '')[];
  /** Three a row, −1 for none. */
  readonly top: Int32Array;
  /** `tag` reads this much high, and one standard deviation of that; NaN where not known. */
  readonly estimate: Float64Array;
  readonly spread: Float64Array;
}

export interface Learned {
  readonly watch: RowWatch;
  /** Tags that were learned, in the order of the watch. */
  readonly names: readonly string[];
  /** Normal rows seen. */
  readonly rows: number;
  /** Tags whose normal rows were rounded to the coarser resolution of what is judged. */
  readonly rounded: readonly string[];
}

/** Rows looked at for the resolution of a table. */
const RESOLUTION_ROWS = 100;
/** Windows remembered a tag in an analysis of files: memory is cheap there. */
const REPLAY_ENTRIES = 16_384;

/** Decimals each column of a part is written with, from its first rows; −1 where it has no value there. */
export function decimalsOfPart(part: TablePart): Int32Array {
  const n = part.table.names.length;
  const decimals = new Int32Array(n).fill(-1);
  for (let i = part.from; i < Math.min(part.to, part.from + RESOLUTION_ROWS); i += 1) {
    for (let j = 0; j < n; j += 1) {
      const value = part.table.values[i * n + j]!;
      if (Number.isFinite(value)) decimals[j] = decimalsOf(value, Math.max(0, decimals[j]!));
    }
  }
  return decimals;
}

/** Learns from normal parts. All tags of the first part are learned; a later part gives those of the same name. */
export function learnNormal(parts: readonly TablePart[], options: LearnOptions = {}): Learned {
  const names = parts[0]?.table.names ?? [];
  const watch = new RowWatch({
    traits: names.map((_, j) => ({
      role: 'measurement' as const,
      reporting: parts[0]!.table.onChange[j] === 1 ? ('on-change' as const) : ('sampled' as const),
    })),
    budgetRows: options.budgetRows,
    replayEntries: options.replayEntries ?? REPLAY_ENTRIES,
  });
  const places = decimalPlaces(parts, names, options.judged);
  const row = new Float64Array(names.length);
  let rows = 0;
  for (const part of parts) {
    const columns = columnsOf(part.table, names);
    for (let i = part.from; i < part.to; i += 1) {
      readRow(part.table, i, columns, row);
      for (let j = 0; j < row.length; j += 1) if (places[j]! >= 0) row[j] = roundTo(row[j]!, places[j]!);
      watch.learn(row, part.table.timeUs[i]!);
      rows += 1;
    }
  }
  watch.freeze();
  return { watch, names, rows, rounded: names.filter((_, j) => places[j]! >= 0) };
}

/** Decimals to round the normal rows of each tag to; −1: leave them. */
function decimalPlaces(
  parts: readonly TablePart[],
  names: readonly string[],
  judged: TablePart | undefined,
): Int32Array {
  const places = new Int32Array(names.length).fill(-1);
  if (judged === undefined) return places;
  const seen = decimalsOfPart(judged);
  const columns = columnsOf(judged.table, names);
  const learned = new Int32Array(names.length).fill(-1);
  for (const part of parts) {
    const own = decimalsOfPart(part);
    for (const [j, column] of columnsOf(part.table, names).entries()) {
      if (column >= 0) learned[j] = Math.max(learned[j]!, own[column]!);
    }
  }
  for (let j = 0; j < names.length; j += 1) {
    const column = columns[j]!;
    if (column >= 0 && seen[column]! >= 0 && seen[column]! < learned[j]!) places[j] = seen[column]!;
  }
  return places;
}

function roundTo(value: number, places: number): number {
  const scale = 10 ** places;
  return Math.round(value * scale) / scale;
}

/** Column of `table` for each name, −1 where it has none. */
export function columnsOf(table: HistorianTable, names: readonly string[]): Int32Array {
  const index = new Map(table.names.map((name, j) => [name, j]));
  return Int32Array.from(names, (name) => index.get(name) ?? -1);
}

/** Copies row `i` of a table into `row`, in the order of `columns`. */
export function readRow(table: HistorianTable, i: number, columns: Int32Array, row: Float64Array): void {
  const base = i * table.names.length;
  for (let j = 0; j < columns.length; j += 1) row[j] = columns[j]! < 0 ? Number.NaN : table.values[base + columns[j]!]!;
}

/** Judges a part row by row; the watch goes on from where it stands. */
export function judgeRows(learned: Learned, part: TablePart, onProgress?: (row: number) => void): Verdicts {
  const count = part.to - part.from;
  const verdicts: Verdicts = {
    score: new Float64Array(count),
    alarm: new Uint8Array(count),
    tag: new Int32Array(count).fill(-1),
    kind: new Array<KindName | ''>(count).fill(''),
    top: new Int32Array(3 * count).fill(-1),
    estimate: new Float64Array(count).fill(Number.NaN),
    spread: new Float64Array(count).fill(Number.NaN),
  };
  const { watch, names } = learned;
  const columns = columnsOf(part.table, names);
  const row = new Float64Array(names.length);
  for (let i = 0; i < count; i += 1) {
    readRow(part.table, part.from + i, columns, row);
    const verdict = watch.step(row, part.table.timeUs[part.from + i]!);
    verdicts.score[i] = verdict.score;
    verdicts.alarm[i] = verdict.alarm ? 1 : 0;
    verdicts.tag[i] = verdict.tag;
    verdicts.kind[i] = verdict.kind;
    verdicts.top.set(verdict.top, 3 * i);
    verdicts.estimate[i] = verdict.estimate;
    verdicts.spread[i] = verdict.spread;
    if (i % 10_000 === 0) onProgress?.(i);
  }
  return verdicts;
}
