/**
 * Ranges that are polled again and again: the bytes of the last answer are kept, so that an answer that says the same costs one
 * comparison of bytes and none of its points is touched. How often a range was read is counted on the range and handed to its points
 * when somebody asks. A point that is also read in another way makes its ranges `shared`: those compare value by value.
 */
import { POINT_RUNS_MAX } from '../../limits.ts';

export const RUN_REGISTERS = 0;
export const RUN_BITS = 1;
/** No such range, or no room for it. */
export const NO_RUN = -1;

export class RunTable {
  size = 0;
  first = new Int32Array(256);
  elements = new Int32Array(256);
  kind = new Uint8Array(256);
  /** 1 where a point of the range is read in another way too. */
  shared = new Uint8Array(256);
  /** Reads not yet handed to the points, and the time of the last. */
  reads = new Uint32Array(256);
  lastUs = new Float64Array(256);
  /** Where the bytes of the last answer stand in `bytes`. */
  at = new Int32Array(256);
  bytes = new Uint8Array(4096);
  #used = 0;

  /** A new range of consecutive points; `NO_RUN` when there is no room. */
  add(first: number, elements: number, kind: number): number {
    const run = this.size;
    const length = kind === RUN_BITS ? (elements + 7) >> 3 : elements * 2;
    if (run >= POINT_RUNS_MAX) return NO_RUN;
    if (run >= this.first.length) this.#grow();
    if (this.#used + length > this.bytes.length) this.#growBytes(length);
    this.size++;
    this.first[run] = first;
    this.elements[run] = elements;
    this.kind[run] = kind;
    this.at[run] = this.#used;
    this.#used += length;
    return run;
  }

  /** Keeps bytes that differ from those at `at`, so that the first answer is taken in whole. */
  keepOther(run: number, bytes: Uint8Array, at: number): void {
    const from = this.at[run]!;
    const length = this.kind[run] === RUN_BITS ? (this.elements[run]! + 7) >> 3 : this.elements[run]! * 2;
    for (let i = 0; i < length; i++) this.bytes[from + i] = ~bytes[at + i]!;
  }

  #grow(): void {
    const n = this.first.length * 2;
    this.first = grown(new Int32Array(n), this.first);
    this.elements = grown(new Int32Array(n), this.elements);
    this.kind = grown(new Uint8Array(n), this.kind);
    this.shared = grown(new Uint8Array(n), this.shared);
    this.reads = grown(new Uint32Array(n), this.reads);
    this.lastUs = grown(new Float64Array(n), this.lastUs);
    this.at = grown(new Int32Array(n), this.at);
  }

  #growBytes(length: number): void {
    this.bytes = grown(new Uint8Array(this.bytes.length * 2 + length), this.bytes);
  }
}

/** `into` with the contents of a smaller column. */
export function grown<T extends Float64Array | Int32Array | Uint32Array | Uint8Array>(into: T, from: T): T {
  into.set(from);
  return into;
}
