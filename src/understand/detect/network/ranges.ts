/** Addresses read in one area of a device: closed number ranges, and names where the protocol has names. Bounded. */
import { BASELINE_NAMES_MAX, BASELINE_RANGES_MAX } from '../../../limits.ts';

export class PointRanges {
  /** Closed, disjoint, in order. */
  readonly ranges: [number, number][] = [];
  readonly names = new Set<string>();
  /** Names not kept because there were too many. */
  dropped = 0;

  /** True if all of the access was seen before. */
  covers(address: number | string, count: number): boolean {
    if (typeof address === 'string') return this.names.has(address) || this.dropped > 0;
    const last = address + Math.max(1, count) - 1;
    return this.ranges.some(([from, to]) => from <= address && last <= to);
  }

  add(address: number | string, count: number): void {
    if (typeof address === 'string') {
      if (this.names.size < BASELINE_NAMES_MAX) this.names.add(address);
      else if (!this.names.has(address)) this.dropped += 1;
      return;
    }
    const last = address + (count >= 1 ? Math.floor(count) : 1) - 1;
    if (!(address >= 0 && Number.isSafeInteger(address) && Number.isSafeInteger(last))) return;
    this.#insert(address, last);
    if (this.ranges.length > BASELINE_RANGES_MAX) this.#joinNearest();
  }

  /** Puts a range in, joined with those it touches. */
  #insert(first: number, last: number): void {
    let from = first;
    let to = last;
    let at = this.ranges.findIndex((range) => range[1] >= from - 1);
    if (at < 0) at = this.ranges.length;
    let end = at;
    while (end < this.ranges.length && this.ranges[end]![0] <= to + 1) {
      from = Math.min(from, this.ranges[end]![0]);
      to = Math.max(to, this.ranges[end]![1]);
      end += 1;
    }
    this.ranges.splice(at, end - at, [from, to]);
  }

  /** Keeps the bound: the two nearest ranges become one, which forgets the smallest gap. */
  #joinNearest(): void {
    let best = 1;
    for (let n = 2; n < this.ranges.length; n += 1) {
      if (this.ranges[n]![0] - this.ranges[n - 1]![1] < this.ranges[best]![0] - this.ranges[best - 1]![1]) best = n;
    }
    this.ranges[best - 1]![1] = this.ranges[best]![1];
    this.ranges.splice(best, 1);
  }
}
