/** Samples one by one (tag, time, value) put into rows: one row a period, holding each tag's last value in it. */
import { ProblemCounter } from '../../../base/problem-counter.ts';
import { TABLE_COLUMNS_MAX, TABLE_VALUES_MAX } from '../../../limits.ts';
import { countTimes, type HistorianTable } from './table.ts';
import type { TimeFormat } from './times.ts';

/** A tag with samples in less than this share of the rows is reported on change: it holds its value in between. */
const ON_CHANGE_SHARE = 0.5;

export class LongTable {
  readonly problems = new ProblemCounter();
  full = false;
  readonly #index = new Map<string, number>();
  readonly #tag: number[] = [];
  readonly #timeUs: number[] = [];
  readonly #value: number[] = [];
  readonly #times: string[] = [];
  #tooMany = 0;

  /** Samples taken so far. */
  get samples(): number {
    return this.#tag.length;
  }

  add(name: string, timeUs: number, timeText: string, value: number): void {
    if (this.#tag.length >= TABLE_VALUES_MAX / 8) {
      this.full = true;
      return;
    }
    let tag = this.#index.get(name) ?? -1;
    if (tag < 0 && this.#index.size < TABLE_COLUMNS_MAX) {
      tag = this.#index.size;
      this.#index.set(name, tag);
    }
    if (tag < 0) this.#tooMany += 1;
    this.#tag.push(tag);
    this.#timeUs.push(timeUs);
    this.#value.push(value);
    this.#times.push(timeText);
  }

  /** Usual time between two samples of one tag. [µs] */
  #periodUs(): number {
    const last = new Float64Array(this.#index.size).fill(Number.NaN);
    const steps: number[][] = Array.from({ length: this.#index.size }, () => []);
    for (const [i, tag] of this.#tag.entries()) {
      if (tag < 0) continue;
      const step = this.#timeUs[i]! - last[tag]!;
      last[tag] = this.#timeUs[i]!;
      if (step > 0 && steps[tag]!.length < 1_000) steps[tag]!.push(step);
    }
    const medians = steps
      .filter((list) => list.length > 0)
      .map((list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)]!)
      .sort((a, b) => a - b);
    return medians[Math.floor(medians.length / 4)] ?? 1e6;
  }

  table(file: string, timeFormat: TimeFormat, damage: readonly string[]): HistorianTable {
    const names = [...this.#index.keys()];
    const n = names.length;
    const periodUs = this.#periodUs();
    const order = [...this.#tag.keys()].filter((i) => this.#tag[i]! >= 0 && !Number.isNaN(this.#timeUs[i]!));
    order.sort((a, b) => this.#timeUs[a]! - this.#timeUs[b]! || a - b);
    const rowOf = new Int32Array(this.#tag.length).fill(-1);
    const rowTimes: number[] = [];
    for (const i of order) {
      const start = rowTimes[rowTimes.length - 1];
      if (start === undefined || this.#timeUs[i]! - start >= 0.999 * periodUs) rowTimes.push(this.#timeUs[i]!);
      rowOf[i] = rowTimes.length - 1;
    }
    const values = new Float64Array(rowTimes.length * n).fill(Number.NaN);
    for (const i of order) values[rowOf[i]! * n + this.#tag[i]!] = this.#value[i]!;
    const onChange = holdOnChange(values, rowTimes.length, n);
    const timeUs = Float64Array.from(rowTimes);
    countTimes(timeUs, this.problems);
    const notes = [...damage];
    if (this.#tooMany > 0)
      notes.push(`${this.#tooMany} samples of tags beyond the first ${TABLE_COLUMNS_MAX} are not judged`);
    if (this.full)
      notes.push(`reading stopped after ${this.#tag.length} samples: the table is larger than this program holds`);
    return {
      file,
      layout: 'long',
      names,
      leftOut: [],
      rows: rowTimes.length,
      values,
      timeUs,
      timed: true,
      timeFormat,
      inputRows: this.#tag.length,
      inputTimes: this.#times,
      rowOf,
      onChange,
      problems: this.problems.list(),
      notes,
    };
  }
}

/** Tags with few samples hold their value from one to the next. Returns 1 for each such tag. */
function holdOnChange(values: Float64Array, rows: number, n: number): Uint8Array {
  const onChange = new Uint8Array(n);
  for (let j = 0; j < n; j += 1) {
    let filled = 0;
    for (let i = 0; i < rows; i += 1) if (!Number.isNaN(values[i * n + j]!)) filled += 1;
    if (filled >= ON_CHANGE_SHARE * rows) continue;
    onChange[j] = 1;
    let last = Number.NaN;
    for (let i = 0; i < rows; i += 1) {
      const value = values[i * n + j]!;
      if (Number.isNaN(value)) values[i * n + j] = last;
      else last = value;
    }
  }
  return onChange;
}
