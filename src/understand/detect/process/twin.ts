/**
 * Two measurements of the same thing, one a lag behind the other: y(t) ≈ x(t − lag) + offset. Redundancy is the strongest test there is.
 *
 * The declared lag and offset are a start: the offset is learned, and so is how far the smoothed difference strays (changing flow
 * changes the lag). It cannot say by itself which of the two is wrong.
 */
import { TWIN_LAG_ROWS_MAX } from '../../../limits.ts';
import { fromPlainNumbers, type PlainNumbers, toPlainNumbers } from './plain.ts';

/** A declared pair, by index into the unit's row. */
export interface TwinPair {
  readonly leading: number;
  readonly following: number;
  /** [rows] */
  readonly lagRows: number;
  /** following − leading. */
  readonly offset: number;
  /** Difference that is still normal; 0: learned alone. */
  readonly tolerance: number;
}

const LAMBDA = 0.1;
/** The limit is this many times the largest smoothed difference seen … */
const OVER_LARGEST = 1.5;
/** … and at least this many spreads of it. */
const SPREADS = 6;
const ROWS_MIN = 60;

export class TwinStream {
  readonly pair: TwinPair;
  /** Smoothed following − leading − offset; positive: the leading tag reads low, or the following high. */
  difference = 0;
  limit = Number.POSITIVE_INFINITY;
  /** Spread of the smoothed difference. */
  spread = 0;
  #offset: number;
  readonly #delay: Float64Array;
  #at = 0;
  #filled = 0;
  #count = 0;
  #sum = 0;
  #square = 0;
  #largest = 0;
  #settled = 0;

  constructor(pair: TwinPair) {
    this.pair = pair;
    this.#offset = pair.offset;
    this.#delay = new Float64Array(Math.min(Math.max(1, Math.round(pair.lagRows) + 1), TWIN_LAG_ROWS_MAX));
  }

  /** After a gap or a change of state the delay line holds another time: start again. */
  restart(): void {
    this.#filled = 0;
    this.#settled = 0;
    this.difference = 0;
  }

  /** Takes one row; true once the delay line is full and the smoothing has settled. */
  step(row: Float64Array): boolean {
    const { leading, following } = this.pair;
    this.#delay[this.#at] = row[leading]!;
    this.#at = (this.#at + 1) % this.#delay.length;
    this.#filled = Math.min(this.#filled + 1, this.#delay.length);
    if (this.#filled < this.#delay.length) return false;
    const raw = row[following]! - this.#delay[this.#at]! - this.#offset;
    // One of the two was never read: there is nothing to compare.
    if (Number.isNaN(raw)) return false;
    this.difference = this.#settled === 0 ? raw : this.difference + LAMBDA * (raw - this.difference);
    this.#settled += 1;
    return this.#settled > 1 / LAMBDA;
  }

  learn(row: Float64Array): void {
    if (!this.step(row)) return;
    this.#count += 1;
    this.#sum += this.difference;
    this.#square += this.difference ** 2;
    this.#largest = Math.max(this.#largest, Math.abs(this.difference));
  }

  /** Fixes offset and limit; with too few rows only a declared tolerance judges. */
  freeze(): void {
    if (this.#count >= ROWS_MIN) {
      const mean = this.#sum / this.#count;
      this.spread = Math.sqrt(Math.max(0, this.#square / this.#count - mean * mean));
      this.#offset += mean;
      const learned = Math.max(OVER_LARGEST * (this.#largest + Math.abs(mean)), SPREADS * this.spread, 1e-9);
      this.limit = Math.max(learned, this.pair.tolerance);
    } else if (this.pair.tolerance > 0) this.limit = this.pair.tolerance;
    this.restart();
  }

  save(): Readonly<Record<string, unknown>> {
    return {
      offset: this.#offset,
      spread: this.spread,
      limit: Number.isFinite(this.limit) ? this.limit : -1,
      difference: this.difference,
      delay: toPlainNumbers(this.#delay),
      at: this.#at,
      filled: this.#filled,
      settled: this.#settled,
    };
  }

  load(saved: Readonly<Record<string, unknown>>): void {
    this.#offset = Number(saved.offset ?? this.pair.offset);
    this.spread = Number(saved.spread ?? 0);
    const limit = Number(saved.limit ?? -1);
    this.limit = limit < 0 ? Number.POSITIVE_INFINITY : limit;
    this.restart();
    const delay = saved.delay as PlainNumbers | undefined;
    if (delay?.length !== this.#delay.length) return;
    this.#delay.set(fromPlainNumbers(delay));
    this.difference = Number(saved.difference);
    this.#at = Number(saved.at);
    this.#filled = Number(saved.filled);
    this.#settled = Number(saved.settled);
  }
}
