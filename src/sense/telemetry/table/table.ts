/**
 * A historian export as a table: one row a time, one column a tag. Wide and long files, any separator, decimal comma, gzip, Parquet.
 * Rows that cannot be read are kept as empty rows and reported with their line number; nothing is dropped silently.
 */
import { ProblemCounter } from '../../../base/problem-counter.ts';
import { TABLE_COLUMNS_MAX, TABLE_VALUES_MAX } from '../../../limits.ts';
import type { ProblemCount } from '../../../records.ts';
import type { TimeFormat } from './times.ts';

/** A column that is no tag, and why. */
export interface LeftOut {
  readonly name: string;
  readonly because: string;
}

export interface HistorianTable {
  readonly file: string;
  readonly layout: 'wide' | 'long';
  /** Names of the columns, verbatim, in the order of the file. */
  readonly names: readonly string[];
  readonly leftOut: readonly LeftOut[];
  readonly rows: number;
  /** Row-major, rows × names; NaN where there is no value. */
  readonly values: Float64Array;
  /** Microseconds since 1970; the row number in seconds where the file has no time. */
  readonly timeUs: Float64Array;
  /** False where `timeUs` only counts rows. */
  readonly timed: boolean;
  /** How times are written. */
  readonly timeFormat: TimeFormat;
  /** Rows (wide) or samples (long) of the file, in its order. */
  readonly inputRows: number;
  /** Time of each input row as written; the row number where the file has no time. */
  readonly inputTimes: readonly string[];
  /** Row of the table each input row is part of, −1 for one that could not be read. */
  readonly rowOf: Int32Array;
  /** 1 for tags whose samples come on change rather than by a clock. */
  readonly onChange: Uint8Array;
  /** Kind, how often, and the line of the first. */
  readonly problems: readonly ProblemCount[];
  /** Sentences for people. */
  readonly notes: readonly string[];
}

/** Collects rows of a table whose columns are known. */
export class TableBuilder {
  readonly names: readonly string[];
  readonly problems = new ProblemCounter();
  readonly notes: string[] = [];
  readonly inputTimes: string[] = [];
  full = false;
  #values: Float64Array;
  #timeUs: Float64Array;
  #rows = 0;

  constructor(names: readonly string[]) {
    this.names = names;
    this.#values = new Float64Array(1024 * Math.max(1, names.length));
    this.#timeUs = new Float64Array(1024);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Adds an empty row and returns where its values begin; −1 when the table is full, which is noted once. */
  addRow(timeUs: number, timeText: string): number {
    const n = this.names.length;
    if ((this.#rows + 1) * n > TABLE_VALUES_MAX) {
      if (!this.full)
        this.notes.push(`reading stopped after ${this.#rows} rows: the table is larger than this program holds`);
      this.full = true;
      return -1;
    }
    if (this.#rows >= this.#timeUs.length) this.#grow();
    const at = this.#rows * n;
    this.#values.fill(Number.NaN, at, at + n);
    this.#timeUs[this.#rows] = timeUs;
    this.inputTimes.push(timeText);
    this.#rows += 1;
    return at;
  }

  set(at: number, value: number): void {
    this.#values[at] = value;
  }

  #grow(): void {
    const times = new Float64Array(this.#timeUs.length * 2);
    times.set(this.#timeUs);
    this.#timeUs = times;
    const values = new Float64Array(times.length * Math.max(1, this.names.length));
    values.set(this.#values);
    this.#values = values;
  }

  /** The table of a wide file; unreadable times take the time of the row before, and are counted. */
  wide(file: string, timeFormat: TimeFormat, leftOut: readonly LeftOut[]): HistorianTable {
    const rows = this.#rows;
    const timeUs = this.#timeUs.slice(0, rows);
    countTimes(timeUs, this.problems);
    return {
      file,
      layout: 'wide',
      names: this.names,
      leftOut,
      rows,
      values: this.#values.subarray(0, rows * this.names.length),
      timeUs,
      timed: timeFormat.kind !== 'none',
      timeFormat,
      inputRows: rows,
      inputTimes: this.inputTimes,
      rowOf: Int32Array.from({ length: rows }, (_, i) => i),
      onChange: new Uint8Array(this.names.length),
      problems: this.problems.list(),
      notes: this.notes,
    };
  }
}

/** Fills unreadable times and counts duplicates, steps back and gaps. The offset of a problem is the row, from 1. */
export function countTimes(timeUs: Float64Array, problems: ProblemCounter): void {
  const usual = usualInterval(timeUs);
  for (let i = 0; i < timeUs.length; i += 1) {
    if (Number.isNaN(timeUs[i]!)) {
      timeUs[i] = i > 0 ? timeUs[i - 1]! + usual : 0;
      continue;
    }
    if (i === 0) continue;
    const step = timeUs[i]! - timeUs[i - 1]!;
    if (step === 0) problems.add('duplicate-time', i + 1);
    else if (step < 0) problems.add('time-steps-back', i + 1);
    else if (usual > 0 && step > 1.9 * usual) problems.add('gap', i + 1);
  }
}

/** Median time from row to row. [µs] */
export function usualInterval(timeUs: Float64Array): number {
  const steps: number[] = [];
  const stride = Math.max(1, Math.floor(timeUs.length / 5_000));
  for (let i = 1; i < timeUs.length; i += stride) {
    const step = timeUs[i]! - timeUs[i - 1]!;
    if (step > 0) steps.push(step);
  }
  steps.sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] ?? 0;
}

const TIME_NAMES =
  /^(date|time|datetime|date[ _-]?time|timestamp|zeit(stempel)?|datum|ts|utc|local ?time|_time|t_?stamp|index_time)\b/i;
const LABEL_NAMES = /^(anomaly|anomalies|is_?anomaly|changepoint|labels?|att_flag|attack|ground_?truth|outlier)$/i;

/** True for the usual names of a time column. */
export function isTimeName(name: string): boolean {
  return TIME_NAMES.test(name.trim());
}

/** True for the usual names of columns that hold the answer of a benchmark: they are no measurements and must not be looked at. */
export function isLabelName(name: string): boolean {
  return LABEL_NAMES.test(name.trim());
}

/** Names made distinct and never empty. */
export function distinctNames(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.slice(0, TABLE_COLUMNS_MAX).map((raw, index) => {
    const name = raw === '' ? `column ${index + 1}` : raw;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  });
}
