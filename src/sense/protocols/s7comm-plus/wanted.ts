/** What open requests asked for, as symbols in a ring of numbers: a response names its items only by their place. */
import { S7PLUS_VALUES_MAX } from '../../../limits.ts';

export class Wanted {
  /** Number of the next entry; only grows. */
  next = 0;
  #symbols = new Int32Array(64);

  /** `area` is the same for all entries of one request. */
  add(symbol: number, area: number): void {
    const size = this.#symbols.length;
    if (this.next >= size && size < S7PLUS_VALUES_MAX) {
      const larger = new Int32Array(size * 2);
      for (let i = this.next - size; i < this.next; i++) larger[i % larger.length] = this.#symbols[i % size]!;
      this.#symbols = larger;
    }
    this.#symbols[this.next++ % this.#symbols.length] = symbol * 4 + area;
  }

  /** True where everything from `from` on still stands. */
  holds(from: number): boolean {
    return from >= this.next - this.#symbols.length;
  }

  symbol(index: number): number {
    return this.#symbols[index % this.#symbols.length]! >> 2;
  }

  areaOf(index: number): number {
    return this.#symbols[index % this.#symbols.length]! & 3;
  }
}
