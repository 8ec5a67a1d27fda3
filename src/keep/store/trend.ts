/** A trend being put together from whole blocks and single samples. */
import type { BlockFacts } from './block-codec.ts';
import type { TrendSeries } from './store.ts';

export class TrendBuilder {
  readonly fromUs: number;
  readonly toUs: number;
  readonly #buckets: number;
  readonly #count: Float64Array;
  readonly #min: Float64Array;
  readonly #max: Float64Array;
  readonly #sum: Float64Array;

  constructor(fromUs: number, toUs: number, buckets: number) {
    this.fromUs = fromUs;
    this.toUs = toUs;
    this.#buckets = buckets;
    this.#count = new Float64Array(buckets);
    this.#sum = new Float64Array(buckets);
    this.#min = new Float64Array(buckets).fill(Number.POSITIVE_INFINITY);
    this.#max = new Float64Array(buckets).fill(Number.NEGATIVE_INFINITY);
  }

  /** Width of a bucket. [µs] */
  get widthUs(): number {
    return (this.toUs - this.fromUs) / this.#buckets;
  }

  /** True where everything from `firstUs` to `lastUs` (included) falls into one bucket. */
  holds(firstUs: number, lastUs: number): boolean {
    return firstUs >= this.fromUs && lastUs < this.toUs && this.#bucket(firstUs) === this.#bucket(lastUs);
  }

  /** Adds what is known of a group of samples that `holds`; `atUs`: time of any of them. */
  addFacts(atUs: number, { finite, min, max, sum }: Omit<BlockFacts, 'count'>): void {
    if (finite === 0) return;
    const i = this.#bucket(atUs);
    this.#count[i]! += finite;
    this.#sum[i]! += sum;
    if (min < this.#min[i]!) this.#min[i] = min;
    if (max > this.#max[i]!) this.#max[i] = max;
  }

  /** Adds samples; those outside the range or without a finite value are left out. */
  addSamples(timesUs: Float64Array, values: Float64Array, count: number): void {
    for (let row = 0; row < count; row++) {
      const timeUs = timesUs[row]!;
      const value = values[row]!;
      if (timeUs < this.fromUs || timeUs >= this.toUs || !Number.isFinite(value)) continue;
      const i = this.#bucket(timeUs);
      this.#count[i]!++;
      this.#sum[i]! += value;
      if (value < this.#min[i]!) this.#min[i] = value;
      if (value > this.#max[i]!) this.#max[i] = value;
    }
  }

  build(): TrendSeries {
    const timeUs = new Float64Array(this.#buckets);
    const mean = new Float64Array(this.#buckets);
    for (let i = 0; i < this.#buckets; i++) {
      timeUs[i] = this.fromUs + i * this.widthUs;
      mean[i] = this.#sum[i]! / this.#count[i]!;
      if (this.#count[i] === 0) this.#min[i] = this.#max[i] = mean[i] = Number.NaN;
    }
    return { timeUs, min: this.#min, max: this.#max, mean, count: this.#count };
  }

  #bucket(timeUs: number): number {
    // Rounding may lift the last microseconds of the range over its end.
    return Math.min(this.#buckets - 1, Math.floor((timeUs - this.fromUs) / this.widthUs));
  }
}
