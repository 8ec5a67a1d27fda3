/** `firedoor analyze`: learns normal from historian exports and judges others; no network needed. */
import { writeFileSync } from 'node:fs';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../base/errors.ts';
import { readTable } from '../sense/telemetry/table/reader.ts';
import { type HistorianTable, usualInterval } from '../sense/telemetry/table/table.ts';
import { parseTime } from '../sense/telemetry/table/times.ts';
import {
  type AlarmPromise,
  BUDGET_ROWS,
  type BudgetRate,
  chartRows,
  promiseOf,
} from '../understand/detect/budget/promise.ts';
import { judgeRows, type Learned, learnNormal, type TablePart, type Verdicts } from './analyze-core.ts';
import { type AnalyzedEpisode, episodesOf } from './analyze-episodes.ts';

export interface AnalyzeOptions {
  readonly tests: readonly string[];
  readonly normals: readonly string[];
  /** Rows of the tests before this time are normal; a row number where the file has no time. */
  readonly normalUntil?: string;
  readonly budget?: BudgetRate;
  /** Hears what is being done and how far it is, 0 to 1 (NaN where not known). */
  readonly onProgress?: (what: string, share: number) => void;
}

/** One judged file. */
export interface AnalyzedFile {
  readonly table: HistorianTable;
  /** First row that was judged; rows before it were learned from. */
  readonly judgedFrom: number;
  /** A place a row of the table; rows that were learned from are quiet. */
  readonly verdicts: Verdicts;
  readonly episodes: readonly AnalyzedEpisode[];
  /** Tags of this file that normal never had, and normal tags it lacks. */
  readonly unknownTags: readonly string[];
  readonly missingTags: readonly string[];
}

export interface Analysis {
  readonly normals: readonly HistorianTable[];
  readonly normalRows: number;
  /** Seconds from row to row; NaN where rows have no time. */
  readonly rowSeconds: number;
  readonly learned: Learned;
  readonly promise: AlarmPromise;
  readonly files: readonly AnalyzedFile[];
  /** What people should know of the data and the learning, as sentences. */
  readonly remarks: readonly string[];
}

/** Normal rows below which the report says that it is little. */
const LITTLE_ROWS = 500;
/** Share of the normal rows held back to check the promise, and the least rows learned in that check. */
const HELD_BACK = 1 / 3;
const CHECK_ROWS_MIN = 150;
/** Alarm runs closer than this many rows are one episode. */
export const EPISODE_GAP = 5;

/** Reads, learns, judges. Throws BAD_INPUT or BAD_USAGE with one sentence. */
export async function analyze(options: AnalyzeOptions): Promise<Analysis> {
  const read = (path: string) =>
    readTable(path, { onProgress: (rows) => options.onProgress?.(`reading ${path}: ${rows} rows`, Number.NaN) });
  const normals: HistorianTable[] = [];
  for (const path of options.normals) normals.push(await read(path));
  const tests: HistorianTable[] = [];
  for (const path of options.tests) tests.push(await read(path));
  const cuts = tests.map((table) => cutOf(table, options.normalUntil));
  const parts: TablePart[] = [
    ...normals.map((table) => ({ table, from: 0, to: table.rows })),
    ...tests.map((table, k) => ({ table, from: 0, to: cuts[k]! })),
  ].filter(({ from, to }) => to > from);
  if (parts.length === 0) {
    throw new FiredoorError(
      options.normals.length === 0 && options.normalUntil === undefined ? ERROR_CODES.BAD_USAGE : ERROR_CODES.BAD_INPUT,
      options.normals.length === 0 && options.normalUntil === undefined
        ? 'Say what is normal: --normal FILE, or --normal-until TIME.'
        : 'There are no normal rows to learn from.',
    );
  }
  return learnAndJudge(parts, normals, tests, cuts, options);
}

function learnAndJudge(
  parts: readonly TablePart[],
  normals: readonly HistorianTable[],
  tests: readonly HistorianTable[],
  cuts: readonly number[],
  options: AnalyzeOptions,
): Analysis {
  const normalRows = parts.reduce((sum, { from, to }) => sum + to - from, 0);
  const timed = parts[0]!.table.timed;
  const rowSeconds = timed ? usualInterval(parts[0]!.table.timeUs) / 1e6 : Number.NaN;
  const budgetRows =
    options.budget === undefined || !timed ? BUDGET_ROWS : chartRows(options.budget, rowSeconds, normalRows);
  const judged = tests[0] === undefined ? undefined : { table: tests[0], from: cuts[0]!, to: tests[0].rows };
  options.onProgress?.('checking the normal data', Number.NaN);
  const check = heldBackCheck(parts, budgetRows, judged);
  options.onProgress?.('learning', Number.NaN);
  const learned = learnNormal(parts, { budgetRows, ...(judged === undefined ? {} : { judged }) });
  const start = learned.watch.saveLive();
  const files = tests.map((table, k) => {
    const last = tests[k - 1];
    const goesOn = k === 0 ? cuts[0]! > 0 : last !== undefined && continues(last, table, rowSeconds);
    if (!goesOn) learned.watch.loadLive(start);
    return judgeFile(learned, table, cuts[k]!, options);
  });
  return {
    normals,
    normalRows,
    rowSeconds,
    learned,
    promise: promiseOf(
      budgetRows,
      normalRows,
      rowSeconds,
      check.episodes,
      check.rows,
      timed ? options.budget : undefined,
    ),
    files,
    remarks: remarksOf(normals, files, learned, normalRows),
  };
}

/** First row at or after the time; all rows are judged where none was given. */
function cutOf(table: HistorianTable, until: string | undefined): number {
  if (until === undefined) return 0;
  const rowNumber = /^\d+$/.test(until.trim()) ? Number(until) : Number.NaN;
  if (!table.timed || (table.timeFormat.kind === 'text' && rowNumber < 1e6)) {
    if (!Number.isNaN(rowNumber)) return Math.min(rowNumber, table.rows);
    throw new FiredoorError(
      ERROR_CODES.BAD_USAGE,
      `${table.file} has no time: give --normal-until as a number of rows, not "${until}".`,
    );
  }
  const timeUs = parseTime(until, table.timeFormat);
  if (Number.isNaN(timeUs)) {
    throw new FiredoorError(
      ERROR_CODES.BAD_USAGE,
      `--normal-until wants a time like "2024-05-01 06:00", not "${until}".`,
    );
  }
  const row = table.timeUs.findIndex((rowUs) => rowUs >= timeUs);
  return row < 0 ? table.rows : row;
}

/** True where a table goes on where another ended. */
function continues(before: HistorianTable, after: HistorianTable, rowSeconds: number): boolean {
  const pauseS = (after.timeUs[0]! - before.timeUs[before.rows - 1]!) / 1e6;
  return before.timed && after.timed && pauseS > 0 && pauseS < 5 * rowSeconds;
}

/** Learns from the first two thirds of the normal rows and counts the alarms on the last third: what the promise is worth. */
function heldBackCheck(
  parts: readonly TablePart[],
  budgetRows: number,
  judged: TablePart | undefined,
): { episodes: number; rows: number } {
  const last = parts[parts.length - 1]!;
  const rows = Math.floor((last.to - last.from) * HELD_BACK);
  const first = [...parts.slice(0, -1), { ...last, to: last.to - rows }];
  const kept = first.reduce((sum, { from, to }) => sum + to - from, 0);
  if (kept < CHECK_ROWS_MIN || rows < 20) return { episodes: 0, rows: 0 };
  const learned = learnNormal(first, { budgetRows, ...(judged === undefined ? {} : { judged }), replayEntries: 1_024 });
  const part = { table: last.table, from: last.to - rows, to: last.to };
  const verdicts = judgeRows(learned, part);
  return { episodes: episodesOf(learned, part, verdicts, EPISODE_GAP).length, rows };
}

function judgeFile(learned: Learned, table: HistorianTable, cut: number, options: AnalyzeOptions): AnalyzedFile {
  const part = { table, from: cut, to: table.rows };
  const judged = judgeRows(learned, part, (row) =>
    options.onProgress?.(`judging ${table.file}`, row / Math.max(1, part.to - part.from)),
  );
  const known = new Set(learned.names);
  const own = new Set(table.names);
  return {
    table,
    judgedFrom: cut,
    verdicts: cut === 0 ? judged : shifted(judged, cut),
    episodes: episodesOf(learned, part, judged, EPISODE_GAP),
    unknownTags: table.names.filter((name) => !known.has(name)),
    missingTags: learned.names.filter((name) => !own.has(name)),
  };
}

/** The same verdicts with `cut` quiet rows before them. */
function shifted(verdicts: Verdicts, cut: number): Verdicts {
  const rows = verdicts.score.length + cut;
  const score = new Float64Array(rows);
  score.set(verdicts.score, cut);
  const alarm = new Uint8Array(rows);
  alarm.set(verdicts.alarm, cut);
  const tag = new Int32Array(rows).fill(-1);
  tag.set(verdicts.tag, cut);
  const top = new Int32Array(3 * rows).fill(-1);
  top.set(verdicts.top, 3 * cut);
  const estimate = new Float64Array(rows).fill(Number.NaN);
  estimate.set(verdicts.estimate, cut);
  const spread = new Float64Array(rows).fill(Number.NaN);
  spread.set(verdicts.spread, cut);
  return { score, alarm, tag, top, estimate, spread, kind: [...new Array<''>(cut).fill(''), ...verdicts.kind] };
}

function remarksOf(
  normals: readonly HistorianTable[],
  files: readonly AnalyzedFile[],
  learned: Learned,
  normalRows: number,
): string[] {
  const remarks: string[] = [];
  if (normalRows < LITTLE_ROWS) {
    remarks.push(
      `Only ${normalRows} rows of normal were given: that is little. Everything is judged all the same, but false alarms are likely where normal had not been seen.`,
    );
  }
  const { joint } = learned.watch;
  if (joint === undefined)
    remarks.push(
      'Too few moving tags or too few normal rows to judge the tags together: each tag is judged by itself.',
    );
  else {
    const coupled = joint.model.coupled.reduce((sum, one) => sum + one, 0);
    remarks.push(
      `${joint.model.outputs.length} tags are judged together, ${coupled} of them are well predicted by the others.`,
    );
  }
  const constant = learned.names.filter((_, j) => learned.watch.profiles.shape(j) === 'constant');
  if (constant.length > 0)
    remarks.push(`Never moved in the normal rows: ${listed(constant)}. Any movement of these is an alarm.`);
  if (learned.rounded.length > 0)
    remarks.push(
      `The judged file is written with fewer decimals than the normal one: ${learned.rounded.length} tags were rounded to match.`,
    );
  for (const table of [...normals, ...files.map((file) => file.table)]) {
    for (const note of table.notes) remarks.push(`${table.file}: ${note}.`);
    for (const { name, because } of table.leftOut)
      remarks.push(`${table.file}: column ${name} is not judged, ${because}.`);
  }
  for (const { table, unknownTags, missingTags } of files) {
    if (unknownTags.length > 0) remarks.push(`${table.file}: no normal data for ${listed(unknownTags)}: cannot judge.`);
    if (missingTags.length > 0)
      remarks.push(`${table.file}: ${listed(missingTags)} missing, counted as without value.`);
  }
  return remarks;
}

/** A list of names, cut where it is long. */
export function listed(names: readonly string[], most = 8): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** `time,score,alarm,tag,kind`, one row per input row in input order. */
export function scoresCsv(analysis: Analysis): string {
  const lines = ['time,score,alarm,tag,kind'];
  for (const { table, verdicts } of analysis.files) {
    for (let i = 0; i < table.inputRows; i += 1) {
      const row = table.rowOf[i]!;
      const time = quoted(table.inputTimes[i] ?? '');
      if (row < 0) {
        lines.push(`${time},0,0,,`);
        continue;
      }
      const alarm = verdicts.alarm[row] === 1;
      const tag = alarm && verdicts.tag[row]! >= 0 ? quoted(analysis.learned.names[verdicts.tag[row]!]!) : '';
      lines.push(
        `${time},${Number(verdicts.score[row]!.toFixed(4))},${alarm ? 1 : 0},${tag},${alarm ? verdicts.kind[row] : ''}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

function quoted(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Writes a file; throws BAD_USAGE with one sentence where it cannot. */
export function writeResult(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new FiredoorError(ERROR_CODES.BAD_USAGE, `Cannot write ${path}: ${sentenceOf(error)}.`, { cause: error });
  }
}
