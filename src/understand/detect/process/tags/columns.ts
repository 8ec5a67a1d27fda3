/** State of one tag as named columns of numbers: typed arrays indexed by tag, growing by doubling, saved exactly. */
import type { SavedState } from '../../detector.ts';
import { fromPlainNumbers, type PlainNumbers, toPlainNumbers } from '../plain.ts';

/** Named columns; `width` numbers a tag each, new tags start with `fill`. */
export class Columns<Name extends string> {
  readonly of: Record<Name, Float64Array<ArrayBuffer>>;
  readonly #names: readonly Name[];
  readonly #fill: Partial<Record<Name, number>>;
  readonly #width: number;
  #capacity = 0;

  constructor(names: readonly Name[], fill: Partial<Record<Name, number>> = {}, width = 1) {
    this.#names = names;
    this.#fill = fill;
    this.#width = width;
    this.of = {} as Record<Name, Float64Array<ArrayBuffer>>;
    for (const name of names) this.of[name] = new Float64Array(0);
  }

  /** Makes room for `size` tags; what is there stays. */
  room(size: number): void {
    if (size <= this.#capacity) return;
    const capacity = Math.max(16, size, this.#capacity * 2);
    for (const name of this.#names) {
      const grown = new Float64Array(capacity * this.#width).fill(this.#fill[name] ?? 0);
      grown.set(this.of[name]);
      this.of[name] = grown;
    }
    this.#capacity = capacity;
  }

  /** Bytes held for each tag. */
  get bytesPerTag(): number {
    return this.#names.length * this.#width * 8;
  }

  save(size: number): SavedState {
    return Object.fromEntries(
      this.#names.map((name) => [name, toPlainNumbers(this.of[name].subarray(0, size * this.#width))]),
    );
  }

  load(saved: SavedState): void {
    for (const name of this.#names) {
      const values = fromPlainNumbers((saved[name] as PlainNumbers | undefined) ?? []);
      this.room(values.length / this.#width);
      this.of[name].set(values);
    }
  }
}
