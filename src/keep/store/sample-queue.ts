/** Samples waiting for the writer: a ring of fixed size that gives up its oldest, counted, when it is full. */
import { SAMPLE_BYTES, type SampleColumns, sampleColumns } from './messages.ts';

export class SampleQueue {
  /** Samples given up. */
  dropped = 0;
  readonly #columns: SampleColumns;
  readonly #capacity: number;
  #head = 0;
  #length = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#columns = sampleColumns(new ArrayBuffer(SAMPLE_BYTES * capacity), 0, capacity);
  }

  get length(): number {
    return this.#length;
  }

  add(tag: number, timeUs: number, value: number, quality: number): void {
    if (this.#length === this.#capacity) {
      this.#head = (this.#head + 1) % this.#capacity;
      this.#length--;
      this.dropped++;
    }
    const at = (this.#head + this.#length) % this.#capacity;
    this.#columns.tag[at] = tag;
    this.#columns.timeUs[at] = Math.round(timeUs);
    this.#columns.value[at] = value;
    this.#columns.quality[at] = quality;
    this.#length++;
  }

  /** Takes everything out, as one buffer of columns. */
  take(): ArrayBuffer {
    const count = this.#length;
    const buffer = new ArrayBuffer(SAMPLE_BYTES * count);
    const columns = sampleColumns(buffer, 0, count);
    const first = Math.min(count, this.#capacity - this.#head);
    for (const name of ['timeUs', 'value', 'tag', 'quality'] as const) {
      columns[name].set(this.#columns[name].subarray(this.#head, this.#head + first));
      columns[name].set(this.#columns[name].subarray(0, count - first), first);
    }
    this.#head = 0;
    this.#length = 0;
    return buffer;
  }
}
