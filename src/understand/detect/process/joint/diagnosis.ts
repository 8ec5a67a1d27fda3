/**
 * What kind of deviation a tag shows: offset, drift, gain, more noise or less, told apart by how well each explains the latest residuals
 * (generalised likelihood ratio over the time it began: Willsky & Jones, IEEE TAC 21(1), 1976; Basseville & Nikiforov 1993).
 *
 * Works best on tags that others predict. On a tag alone an offset cannot be told from a process that moved.
 */
import { fromPlainNumbers, type PlainNumbers, toPlainNumbers } from '../plain.ts';

/** Rows looked back. */
const ROWS = 160;
/** Rows a shape must last before it is believed. */
const STEP_ROWS = 2;
const SHAPE_ROWS = 8;
/** A gain must explain this much more than a step or a ramp, a change of the noise more still. */
const GAIN_OVER = 1.05;
const NOISE_OVER = 1.15;
/** A single value that explains this share of the best shape is a spike. */
const SPIKE_SHARE = 0.7;
/** Half a log-likelihood ratio below which nothing is said. */
const LEAST = 8;
/** Residuals count up to this many spreads. */
const CAP = 40;

export interface Diagnosis {
  readonly shape: 'offset' | 'drift' | 'gain' | 'noise' | 'quiet' | 'spike' | 'none';
  /** Rows since it began. */
  readonly rows: number;
  /** Offset, latest error of a drift (in spreads of the residual), relative error of a gain, ratio of variances. */
  readonly amount: number;
}

const NONE: Diagnosis = { shape: 'none', rows: 0, amount: 0 };

/** Ring of residuals `r` and expected deviations `x`, both in spreads of the residual. */
export class ResidualHistory {
  readonly #n: number;
  readonly #r: Float32Array;
  readonly #x: Float32Array;
  readonly #series = new Float64Array(ROWS);
  readonly #expected = new Float64Array(ROWS);
  #at = 0;
  #filled = 0;

  constructor(n: number) {
    this.#n = n;
    this.#r = new Float32Array(n * ROWS);
    this.#x = new Float32Array(n * ROWS);
  }

  restart(): void {
    this.#filled = 0;
  }

  /** Notes one tag of the present row. */
  put(b: number, residual: number, expected: number): void {
    this.#r[this.#at * this.#n + b] = Math.min(Math.max(residual, -CAP), CAP);
    this.#x[this.#at * this.#n + b] = expected;
  }

  /** Ends the present row. */
  next(): void {
    this.#at = (this.#at + 1) % ROWS;
    this.#filled = Math.min(this.#filled + 1, ROWS);
  }

  diagnose(b: number, coupled: boolean): Diagnosis {
    const rows = this.#filled;
    if (rows < SHAPE_ROWS) return NONE;
    for (let i = 0; i < rows; i += 1) {
      const row = (this.#at - rows + i + ROWS) % ROWS;
      this.#series[i] = this.#r[row * this.#n + b]!;
      this.#expected[i] = this.#x[row * this.#n + b]!;
    }
    if (!coupled) standardise(this.#series, rows);
    return mostLikely(this.#series, this.#expected, rows, coupled);
  }

  save(): Readonly<Record<string, unknown>> {
    return { r: toPlainNumbers(this.#r), x: toPlainNumbers(this.#x), at: this.#at, filled: this.#filled };
  }

  load(saved: Readonly<Record<string, unknown>>): void {
    this.#r.set(fromPlainNumbers(saved.r as PlainNumbers));
    this.#x.set(fromPlainNumbers(saved.x as PlainNumbers));
    this.#at = Number(saved.at);
    this.#filled = Number(saved.filled);
  }
}

/** A tag alone is compared with its own earlier rows: the first third of what is remembered. */
function standardise(series: Float64Array, rows: number): void {
  const before = Math.max(4, Math.floor(rows / 3));
  let sum = 0;
  let square = 0;
  for (let i = 0; i < before; i += 1) sum += series[i]!;
  const mean = sum / before;
  for (let i = 0; i < before; i += 1) square += (series[i]! - mean) ** 2;
  const spread = Math.max(Math.sqrt(square / before), 0.05);
  for (let i = 0; i < rows; i += 1) series[i] = (series[i]! - mean) / spread;
}

/** Scans back over the row it may have begun in, and takes the shape that explains most. */
function mostLikely(r: Float64Array, x: Float64Array, rows: number, coupled: boolean): Diagnosis {
  const best = { offset: 0, drift: 0, gain: 0, noise: 0, quiet: 0 };
  const since = { offset: 0, drift: 0, gain: 0, noise: 0, quiet: 0 };
  const amount = { offset: 0, drift: 0, gain: 0, noise: 1, quiet: 1 };
  const note = (shape: keyof typeof best, ratio: number, count: number, value: number) => {
    if (!(ratio > best[shape])) return;
    best[shape] = ratio;
    since[shape] = count;
    amount[shape] = value;
  };
  let sum = 0;
  let square = 0;
  let ramp = 0;
  let cross = 0;
  let expected = 0;
  let single = 0;
  for (let count = 1; count <= rows; count += 1) {
    const value = r[rows - count]!;
    const wanted = x[rows - count]!;
    // Going one row further back makes the ramp one step higher everywhere after it.
    ramp += sum + value;
    sum += value;
    square += value * value;
    single = Math.max(single, (value * value) / 2);
    cross += value * wanted;
    expected += wanted * wanted;
    if (count < STEP_ROWS) continue;
    note('offset', (sum * sum) / count / 2, count, sum / count);
    if (count < SHAPE_ROWS) continue;
    const steps = (count * (count + 1) * (2 * count + 1)) / 6;
    note('drift', (ramp * ramp) / steps / 2, count, (ramp / steps) * count);
    if (coupled && expected > 1) note('gain', (cross * cross) / expected / 2, count, cross / expected);
    const variance = Math.max(square / count - (sum / count) ** 2, 1e-4);
    const ratio = ((variance - 1 - Math.log(variance)) * count) / 2;
    note(variance > 1 ? 'noise' : 'quiet', ratio, count, variance);
  }
  let shape: keyof typeof best = 'offset';
  if (best.drift > best[shape]) shape = 'drift';
  if (best.gain > GAIN_OVER * best[shape]) shape = 'gain';
  if (best.noise > NOISE_OVER * best[shape]) shape = 'noise';
  if (best.quiet > NOISE_OVER * best[shape]) shape = 'quiet';
  if (single > SPIKE_SHARE * best[shape] && single > LEAST) return { shape: 'spike', rows: 1, amount: single };
  if (best[shape] < LEAST) return NONE;
  return { shape, rows: since[shape], amount: amount[shape] };
}
