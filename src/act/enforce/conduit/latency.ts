/** How long the conduit keeps bytes, as a histogram of fixed size: eight buckets an octave, so a figure is at most 9 % off. */
const BUCKETS_PER_OCTAVE = 8;
/** Up to 2^24 µs, 17 s. */
const OCTAVES = 24;

export interface LatencyFigures {
  readonly count: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

export class LatencyHistogram {
  readonly #buckets = new Float64Array(OCTAVES * BUCKETS_PER_OCTAVE);
  #count = 0;
  #maxUs = 0;

  add(us: number): void {
    const bucket = Math.ceil(Math.log2(Math.max(1, us)) * BUCKETS_PER_OCTAVE);
    this.#buckets[Math.min(bucket, this.#buckets.length - 1)]!++;
    this.#count++;
    if (us > this.#maxUs) this.#maxUs = us;
  }

  /** Upper ends of the buckets of the quantiles; all 0 where nothing was measured. */
  figures(): LatencyFigures {
    return { count: this.#count, p50Us: this.#quantile(0.5), p99Us: this.#quantile(0.99), maxUs: this.#maxUs };
  }

  #quantile(part: number): number {
    let left = Math.ceil(this.#count * part);
    for (let i = 0; i < this.#buckets.length && this.#count > 0; i++) {
      left -= this.#buckets[i]!;
      if (left <= 0) return Math.min(2 ** (i / BUCKETS_PER_OCTAVE), this.#maxUs);
    }
    return this.#maxUs;
  }
}
