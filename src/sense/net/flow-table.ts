/**
 * The conversations of the wire: one row per pair of addresses and ports, in typed arrays, found through open addressing with a
 * seeded hash (an attacker chooses ports and addresses). Row numbers are stable while a row lives. Bounded by `FLOWS_MAX`: the
 * least recently used of a few sampled rows gives way, counted in `evicted`.
 */
import { FLOWS_MAX } from '../../limits.ts';

/** What the table keeps per flow besides the typed columns; filled by its owner. */
export interface FlowColumns {
  /** A and B: address integers (IPv4 bits, or IPv6 index); A is whoever was seen first. */
  a: Int32Array;
  b: Int32Array;
  /** A's port in the high half, B's in the low half. */
  ports: Int32Array;
  /** protocol | family << 8 | VLAN scope << 12. */
  meta: Int32Array;
  packetsAb: Float64Array;
  packetsBa: Float64Array;
  bytesAb: Float64Array;
  bytesBa: Float64Array;
  firstUs: Float64Array;
  lastUs: Float64Array;
  /** Bits of `FLOW_…` in flow.ts. */
  flags: Int32Array;
  nextSeqA: Int32Array;
  nextSeqB: Int32Array;
}

const SAMPLE = 16;

export class FlowTable {
  evicted = 0;
  size = 0;
  columns: FlowColumns;
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
    this.columns = makeColumns(this.#capacity);
    this.#slots = new Int32Array(this.#capacity * 4).fill(-1);
  }

  /**
   * Flow of a packet from `source` to `target`, or -1. The result is the row; bit 30 is set where the packet runs from B to A:
   * use `flow & FLOW_MASK` and `flow & FROM_B`.
   */
  find(source: number, target: number, sourcePort: number, targetPort: number, meta: number): number {
    const hash = this.#hash(source, target, sourcePort, targetPort, meta);
    const mask = this.#slots.length - 1;
    const { a, b, ports, meta: metas } = this.columns;
    const forward = (sourcePort << 16) | targetPort;
    const backward = (targetPort << 16) | sourcePort;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const row = this.#slots[slot]!;
      if (row < 0) return -1;
      if (metas[row] !== meta) continue;
      if (a[row] === source && b[row] === target && ports[row] === forward) return row;
      if (a[row] === target && b[row] === source && ports[row] === backward) return row | FROM_B;
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
    const c = this.columns;
    c.a[row] = source;
    c.b[row] = target;
    c.ports[row] = (sourcePort << 16) | targetPort;
    c.meta[row] = meta;
    c.packetsAb[row] = c.packetsBa[row] = c.bytesAb[row] = c.bytesBa[row] = 0;
    c.firstUs[row] = c.lastUs[row] = timeUs;
    c.flags[row] = c.nextSeqA[row] = c.nextSeqB[row] = 0;
    this.#insert(row);
    return row;
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
    const c = this.columns;
    const ports = c.ports[row]!;
    return this.#hash(c.a[row]!, c.b[row]!, ports >>> 16, ports & 0xffff, c.meta[row]!);
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
      const last = this.columns.lastUs[row]!;
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
    const larger = makeColumns(this.#capacity);
    for (const key of Object.keys(larger) as (keyof FlowColumns)[]) larger[key].set(this.columns[key]);
    this.columns = larger;
    this.#slots = new Int32Array(nextPowerOfTwo(this.#capacity) * 4).fill(-1);
    for (let row = 0; row < this.size; row++) this.#insert(row);
  }
}

/** Bit of the flags column: the row comes from a header that contradicts itself. The lower bits are TCP's (`tcp.ts`). */
export const FLOW_BROKEN = 256;
/** Set in the result of `find` where the packet runs from B to A. */
export const FROM_B = 1 << 30;
export const FLOW_MASK = FROM_B - 1;

function makeColumns(capacity: number): FlowColumns {
  return {
    a: new Int32Array(capacity),
    b: new Int32Array(capacity),
    ports: new Int32Array(capacity),
    meta: new Int32Array(capacity),
    packetsAb: new Float64Array(capacity),
    packetsBa: new Float64Array(capacity),
    bytesAb: new Float64Array(capacity),
    bytesBa: new Float64Array(capacity),
    firstUs: new Float64Array(capacity),
    lastUs: new Float64Array(capacity),
    flags: new Int32Array(capacity),
    nextSeqA: new Int32Array(capacity),
    nextSeqB: new Int32Array(capacity),
  };
}

function nextPowerOfTwo(n: number): number {
  return 2 ** Math.ceil(Math.log2(n));
}
