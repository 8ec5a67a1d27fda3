/**
 * The conversations of the wire: one row per pair of addresses and ports, in one typed array, found through open addressing with a
 * seeded hash (an attacker chooses ports and addresses). Row numbers are stable while a row lives. Bounded by `FLOWS_MAX`: the
 * least recently used of a few sampled rows gives way, counted in `evicted`.
 */
import { FLOWS_MAX } from '../../limits.ts';

// Where what stands in a row of `ints`: the row's own 128 bytes, so that a packet finds all of its conversation in one place.
export const ROW_SHIFT = 5;
/** Addresses (IPv4 bits, or IPv6 index); A is whoever was seen first. */
export const ROW_A = 0;
export const ROW_B = 1;
/** A's port in the high half, B's in the low half. */
export const ROW_PORTS = 2;
/** protocol | family << 8 | VLAN scope << 12. */
export const ROW_META = 3;
/** Bits of `FLOW_…` in `tcp.ts`, and `FLOW_BROKEN`. */
export const ROW_FLAGS = 4;
/** Next sequence number of A; that of B follows. */
export const ROW_NEXT = 5;
/** Right checksums seen in a row, saturating, or `CHECKSUM_OFFLOADED`: of A; those of B follow. */
export const ROW_CHECKSUMS = 7;
/** Both MACs, three words, of the last frame from A; those of the last from B follow. */
export const ROW_MACS = 9;
/** Places of the next remembered segment, 4 bits for each direction (`tcp.ts`). */
export const ROW_HISTORY = 15;
const ROW_INTS = 1 << ROW_SHIFT;
// The same for `numbers`, which are 8 bytes each.
export const NUMBERS_SHIFT = 4;
/** Packets, then bytes on the wire, from A to B; each is followed by that from B to A. */
export const ROW_PACKETS = 8;
export const ROW_BYTES = 10;
export const ROW_LAST_US = 12;
const ROW_FIRST_US = 13;

/** Right checksums after which a wrong one is believed to be wrong on the wire. */
const CHECKSUM_TRUSTED = 3;
/** A checksum was wrong before that: the sender's card fills it in behind the capture. */
const CHECKSUM_OFFLOADED = 255;
/** Rows looked at for one to give way. */
const SAMPLE = 16;

export class FlowTable {
  evicted = 0;
  size = 0;
  /** Rows of `1 << ROW_SHIFT` integers, and the same bytes as floating-point numbers. Both change when the table grows. */
  ints: Int32Array;
  numbers: Float64Array;
  readonly #max: number;
  readonly #seed: number;
  readonly #onEvict: (flow: number) => void;
  #capacity: number;
  #slots: Int32Array;
  #random: number;

  constructor(seed: number, onEvict: (flow: number) => void, max: number = FLOWS_MAX) {
    this.#seed = seed | 0;
    this.#random = seed | 1;
    this.#max = max;
    this.#onEvict = onEvict;
    this.#capacity = Math.min(1024, max);
    this.ints = new Int32Array(this.#capacity * ROW_INTS);
    this.numbers = new Float64Array(this.ints.buffer);
    this.#slots = new Int32Array(this.#capacity * 4).fill(-1);
  }

  /**
   * Flow of a packet from `source` to `target`, or -1. The result is the row; bit 30 is set where the packet runs from B to A:
   * use `flow & FLOW_MASK` and `flow & FROM_B`.
   */
  find(source: number, target: number, sourcePort: number, targetPort: number, meta: number): number {
    const hash = this.#hash(source, target, sourcePort, targetPort, meta);
    const mask = this.#slots.length - 1;
    const slots = this.#slots;
    const ints = this.ints;
    const forward = (sourcePort << 16) | targetPort;
    const backward = (targetPort << 16) | sourcePort;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const row = slots[slot]!;
      if (row < 0) return -1;
      const at = row << ROW_SHIFT;
      if (ints[at + ROW_META] !== meta) continue;
      const a = ints[at + ROW_A]!;
      const b = ints[at + ROW_B]!;
      const ports = ints[at + ROW_PORTS]!;
      if (a === source && b === target && ports === forward) return row;
      if (a === target && b === source && ports === backward) return row | FROM_B;
    }
  }

  /** Adds a flow with `source` as A; the caller made sure that it is not there. Returns its row. */
  add(source: number, target: number, sourcePort: number, targetPort: number, meta: number, timeUs: number): number {
    let row = this.size;
    if (this.size >= this.#max) row = this.#evict();
    else {
      if (this.size >= this.#capacity) this.#grow();
      this.size++;
    }
    const at = row << ROW_SHIFT;
    this.ints.fill(0, at, at + ROW_INTS);
    this.ints[at + ROW_A] = source;
    this.ints[at + ROW_B] = target;
    this.ints[at + ROW_PORTS] = (sourcePort << 16) | targetPort;
    this.ints[at + ROW_META] = meta;
    const number = row << NUMBERS_SHIFT;
    this.numbers[number + ROW_FIRST_US] = this.numbers[number + ROW_LAST_US] = timeUs;
    this.#insert(row);
    return row;
  }

  a(row: number): number {
    return this.ints[(row << ROW_SHIFT) + ROW_A]!;
  }

  b(row: number): number {
    return this.ints[(row << ROW_SHIFT) + ROW_B]!;
  }

  portA(row: number): number {
    return this.ints[(row << ROW_SHIFT) + ROW_PORTS]! >>> 16;
  }

  portB(row: number): number {
    return this.ints[(row << ROW_SHIFT) + ROW_PORTS]! & 0xffff;
  }

  /** IP protocol number. */
  protocol(row: number): number {
    return this.ints[(row << ROW_SHIFT) + ROW_META]! & 0xff;
  }

  /** Address family, 4 bits. */
  family(row: number): number {
    return (this.ints[(row << ROW_SHIFT) + ROW_META]! >> 8) & 15;
  }

  /** VLAN id + 1, 0 untagged. */
  scope(row: number): number {
    return this.ints[(row << ROW_SHIFT) + ROW_META]! >>> 12;
  }

  flags(row: number): number {
    return this.ints[(row << ROW_SHIFT) + ROW_FLAGS]!;
  }

  setFlags(row: number, flags: number): void {
    this.ints[(row << ROW_SHIFT) + ROW_FLAGS] = flags;
  }

  /** Next sequence number expected of A or of B, as int32. */
  next(row: number, ofA: boolean): number {
    return this.ints[(row << ROW_SHIFT) + (ofA ? ROW_NEXT : ROW_NEXT + 1)]!;
  }

  setNext(row: number, ofA: boolean, sequence: number): void {
    this.ints[(row << ROW_SHIFT) + (ofA ? ROW_NEXT : ROW_NEXT + 1)] = sequence;
  }

  /**
   * Notes a right or wrong checksum of a sender; false where a wrong one means that the segment is not data. Is it left to the network
   * card, or was it right so far?
   */
  checksumStands(row: number, fromA: boolean, right: boolean): boolean {
    const at = (row << ROW_SHIFT) + (fromA ? ROW_CHECKSUMS : ROW_CHECKSUMS + 1);
    const seen = this.ints[at]!;
    if (right) {
      if (seen < CHECKSUM_TRUSTED) this.ints[at] = seen + 1;
      return true;
    }
    if (seen >= CHECKSUM_TRUSTED && seen !== CHECKSUM_OFFLOADED) return false;
    this.ints[at] = CHECKSUM_OFFLOADED;
    return true;
  }

  packetsAb(row: number): number {
    return this.numbers[(row << NUMBERS_SHIFT) + ROW_PACKETS]!;
  }

  packetsBa(row: number): number {
    return this.numbers[(row << NUMBERS_SHIFT) + ROW_PACKETS + 1]!;
  }

  /** On the wire. [bytes] */
  bytesAb(row: number): number {
    return this.numbers[(row << NUMBERS_SHIFT) + ROW_BYTES]!;
  }

  bytesBa(row: number): number {
    return this.numbers[(row << NUMBERS_SHIFT) + ROW_BYTES + 1]!;
  }

  firstUs(row: number): number {
    return this.numbers[(row << NUMBERS_SHIFT) + ROW_FIRST_US]!;
  }

  lastUs(row: number): number {
    return this.numbers[(row << NUMBERS_SHIFT) + ROW_LAST_US]!;
  }

  #hash(source: number, target: number, sourcePort: number, targetPort: number, meta: number): number {
    // Symmetric in direction: sums and exclusive-ors of both ends, then a mixer (murmur3's finaliser constants, public domain).
    let h = (source + target) ^ Math.imul(source ^ target, 0x9e3779b1) ^ this.#seed;
    h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
    h ^= (sourcePort + targetPort) ^ ((sourcePort ^ targetPort) << 16) ^ meta;
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return h ^ (h >>> 16);
  }

  #hashOfRow(row: number): number {
    const meta = this.ints[(row << ROW_SHIFT) + ROW_META]!;
    return this.#hash(this.a(row), this.b(row), this.portA(row), this.portB(row), meta);
  }

  #insert(row: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hashOfRow(row) & mask;
    while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask;
    this.#slots[slot] = row;
  }

  /** Removes a row from the slots by shifting later entries back: no tombstones. */
  #remove(row: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hashOfRow(row) & mask;
    while (this.#slots[slot] !== row) slot = (slot + 1) & mask;
    let hole = slot;
    for (let next = (hole + 1) & mask; this.#slots[next]! >= 0; next = (next + 1) & mask) {
      const home = this.#hashOfRow(this.#slots[next]!) & mask;
      const distance = (next - home) & mask;
      if (distance >= ((next - hole) & mask)) {
        this.#slots[hole] = this.#slots[next]!;
        hole = next;
      }
    }
    this.#slots[hole] = -1;
  }

  /** Frees the longest idle of a few sampled rows and returns it. */
  #evict(): number {
    let oldest = 0;
    let oldestUs = Number.POSITIVE_INFINITY;
    for (let n = 0; n < SAMPLE; n++) {
      this.#random = Math.imul(this.#random, 1664525) + 1013904223;
      const row = (this.#random >>> 8) % this.size;
      const last = this.lastUs(row);
      if (last < oldestUs) {
        oldest = row;
        oldestUs = last;
      }
    }
    this.evicted++;
    this.#onEvict(oldest);
    this.#remove(oldest);
    return oldest;
  }

  #grow(): void {
    this.#capacity = Math.min(this.#capacity * 2, this.#max);
    const larger = new Int32Array(this.#capacity * ROW_INTS);
    larger.set(this.ints);
    this.ints = larger;
    this.numbers = new Float64Array(larger.buffer);
    this.#slots = new Int32Array(nextPowerOfTwo(this.#capacity) * 4).fill(-1);
    for (let row = 0; row < this.size; row++) this.#insert(row);
  }
}

/** Bit of the flags column: the row comes from a header that contradicts itself. The lower bits are TCP's (`tcp.ts`). */
export const FLOW_BROKEN = 256;
/** Set in the result of `find` where the packet runs from B to A. */
export const FROM_B = 1 << 30;
export const FLOW_MASK = FROM_B - 1;

function nextPowerOfTwo(n: number): number {
  return 2 ** Math.ceil(Math.log2(n));
}
