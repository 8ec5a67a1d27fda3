/**
 * Ranges that are polled again and again: the bytes of the last answer are kept, so that an answer that says the same costs one
 * look-up and one comparison of bytes, and none of its points is touched. How often a range was read is counted on the range and handed
 * to its points when somebody asks. A point that is also read in another way makes its ranges `shared`: those compare value by value.
 */
import { POINT_RUN_BYTES_MAX, POINT_RUNS_MAX } from '../../limits.ts';

export const RUN_REGISTERS = 0;
export const RUN_BITS = 1;
/** No such range, or no room for it. */
export const NO_RUN = -1;

// Where what stands in a row of `ints`, 64 bytes in one place.
export const RUN_SHIFT = 4;
const RUN_SPACE = 0;
const RUN_ADDRESS = 1;
/** Elements times 2, plus the kind. */
const RUN_SHAPE = 2;
/** First point. */
export const RUN_FIRST = 3;
/** Where the bytes of the last answer stand in `bytes`. */
export const RUN_AT = 4;
/** 1 where a point of the range is read in another way too. */
export const RUN_SHARED = 5;
/** Where the points stand in `members`; -1: they have consecutive numbers. */
export const RUN_MEMBERS = 6;
const RUN_INTS = 1 << RUN_SHIFT;
// The same for `numbers`, which are 8 bytes each.
export const RUN_NUMBERS_SHIFT = 3;
/** Reads not yet handed to the points, and the time of the last. */
export const RUN_READS = 4;
export const RUN_LAST_US = 5;

export class RunTable {
  size = 0;
  /** Rows of `1 << RUN_SHIFT` integers, and the same bytes as floating-point numbers. Both change when the table grows. */
  ints = new Int32Array(256 * RUN_INTS);
  numbers = new Float64Array(this.ints.buffer);
  bytes = new Uint8Array(4_096);
  members = new Int32Array(64);
  #slots = new Int32Array(1_024).fill(NO_RUN);
  #bytesUsed = 0;
  #membersUsed = 0;

  /** Range of `elements` values of `kind` at an address of a space; `NO_RUN` where it is not kept. */
  find(space: number, address: number, elements: number, kind: number): number {
    const slots = this.#slots;
    const ints = this.ints;
    const mask = slots.length - 1;
    const shape = elements * 2 + kind;
    for (let slot = hashOf(space, address, shape) & mask; ; slot = (slot + 1) & mask) {
      const run = slots[slot]!;
      if (run < 0) return NO_RUN;
      const at = run << RUN_SHIFT;
      if (ints[at] === space && ints[at + RUN_ADDRESS] === address && ints[at + RUN_SHAPE] === shape) return run;
    }
  }

  /**
   * Keeps a new range of `points`, whose last answer is as yet unlike the one at `from` in `answer`, so that this is taken in whole;
   * `NO_RUN` when there is no room.
   */
  add(
    space: number,
    address: number,
    points: readonly number[],
    kind: number,
    answer: Uint8Array,
    from: number,
  ): number {
    const run = this.size;
    const elements = points.length;
    const length = kind === RUN_BITS ? (elements + 7) >> 3 : elements * 2;
    const first = points[0]!;
    const consecutive = points.every((point, k) => point === first + k);
    const used = this.#bytesUsed + 4 * this.#membersUsed + length + (consecutive ? 0 : 4 * elements);
    if (run >= POINT_RUNS_MAX || used > POINT_RUN_BYTES_MAX) return NO_RUN;
    if (run << RUN_SHIFT >= this.ints.length) this.#grow();
    this.bytes = roomFor(this.bytes, this.#bytesUsed + length);
    if (!consecutive) this.members = roomFor(this.members, this.#membersUsed + elements);
    this.size++;
    const at = run << RUN_SHIFT;
    this.ints[at + RUN_SPACE] = space;
    this.ints[at + RUN_ADDRESS] = address;
    this.ints[at + RUN_SHAPE] = elements * 2 + kind;
    this.ints[at + RUN_FIRST] = first;
    this.ints[at + RUN_AT] = this.#bytesUsed;
    this.ints[at + RUN_MEMBERS] = consecutive ? -1 : this.#membersUsed;
    for (let i = 0; i < length; i++) this.bytes[this.#bytesUsed + i] = ~answer[from + i]!;
    this.#bytesUsed += length;
    if (!consecutive) {
      this.members.set(points, this.#membersUsed);
      this.#membersUsed += elements;
    }
    this.#insert(run);
    if (this.size * 2 > this.#slots.length) this.#rehash();
    return run;
  }

  elements(run: number): number {
    return this.ints[(run << RUN_SHIFT) + RUN_SHAPE]! >> 1;
  }

  /** Point of element `k`. */
  point(run: number, k: number): number {
    const at = run << RUN_SHIFT;
    const members = this.ints[at + RUN_MEMBERS]!;
    return members < 0 ? this.ints[at + RUN_FIRST]! + k : this.members[members + k]!;
  }

  share(run: number): void {
    this.ints[(run << RUN_SHIFT) + RUN_SHARED] = 1;
  }

  #insert(run: number): void {
    const { ints } = this;
    const at = run << RUN_SHIFT;
    const mask = this.#slots.length - 1;
    let slot = hashOf(ints[at + RUN_SPACE]!, ints[at + RUN_ADDRESS]!, ints[at + RUN_SHAPE]!) & mask;
    while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask;
    this.#slots[slot] = run;
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(NO_RUN);
    for (let run = 0; run < this.size; run++) this.#insert(run);
  }

  #grow(): void {
    this.ints = grown(new Int32Array(this.ints.length * 2), this.ints);
    this.numbers = new Float64Array(this.ints.buffer);
  }
}

/** `into` with the contents of a smaller column. */
export function grown<T extends Float64Array | Int32Array | Uint32Array | Uint8Array>(into: T, from: T): T {
  into.set(from);
  return into;
}

/** The array itself, or a larger one with its contents, such that `needed` elements fit. */
function roomFor<T extends Int32Array | Uint8Array>(array: T, needed: number): T {
  if (needed <= array.length) return array;
  const Kind = array.constructor as new (length: number) => T;
  return grown(new Kind(array.length * 2 + needed), array);
}

/** Mixes space, address and shape (murmur3's finaliser constants, public domain). */
function hashOf(space: number, address: number, shape: number): number {
  let h = Math.imul(space, 0x9e3779b1) ^ address ^ (shape << 16);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
