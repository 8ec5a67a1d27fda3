/**
 * Conversations below IP: one row for each source MAC, target MAC, EtherType and VLAN scope, found without making a key. Bounded;
 * what finds no room is counted. Also runs of equal small numbers (EtherTypes, VLAN ids) counted without a map look-up a frame.
 */
import { LINK_ROWS_MAX } from '../../limits.ts';

/** No room for another row. */
export const NO_LINK = -1;

export class LinkTable {
  overflow = 0;
  size = 0;
  source = new Float64Array(64);
  target = new Float64Array(64);
  /** EtherType (0 for LLC) of the frame itself, before any tag. */
  outerType = new Int32Array(64);
  /** EtherType of the payload + VLAN scope * 65536; scope 0 is untagged, else VLAN id + 1. */
  typeAndScope = new Int32Array(64);
  packets = new Float64Array(64);
  bytes = new Float64Array(64);
  #slots = new Int32Array(256).fill(-1);

  /** Row of a frame, added when new, its counters raised; `NO_LINK` when full. */
  count(source: number, target: number, outerType: number, typeAndScope: number, bytes: number): number {
    const mask = this.#slots.length - 1;
    let slot = hashOf(source, target, typeAndScope) & mask;
    let row = this.#slots[slot]!;
    while (row >= 0 && !this.#is(row, source, target, outerType, typeAndScope)) {
      slot = (slot + 1) & mask;
      row = this.#slots[slot]!;
    }
    if (row < 0) {
      if (this.size >= LINK_ROWS_MAX) {
        this.overflow++;
        return NO_LINK;
      }
      row = this.#add(source, target, outerType, typeAndScope, slot);
    }
    this.packets[row]!++;
    this.bytes[row]! += bytes;
    return row;
  }

  #is(row: number, source: number, target: number, outerType: number, typeAndScope: number): boolean {
    return (
      this.typeAndScope[row] === typeAndScope &&
      this.source[row] === source &&
      this.target[row] === target &&
      this.outerType[row] === outerType
    );
  }

  #add(source: number, target: number, outerType: number, typeAndScope: number, slot: number): number {
    const row = this.size++;
    if (row >= this.source.length) this.#grow();
    this.source[row] = source;
    this.target[row] = target;
    this.outerType[row] = outerType;
    this.typeAndScope[row] = typeAndScope;
    this.packets[row] = 0;
    this.bytes[row] = 0;
    this.#slots[slot] = row;
    if (this.size * 2 > this.#slots.length) this.#rehash();
    return row;
  }

  #grow(): void {
    const capacity = this.source.length * 2;
    const float = (column: Float64Array) => {
      const larger = new Float64Array(capacity);
      larger.set(column);
      return larger;
    };
    const integer = (column: Int32Array) => {
      const larger = new Int32Array(capacity);
      larger.set(column);
      return larger;
    };
    this.source = float(this.source);
    this.target = float(this.target);
    this.packets = float(this.packets);
    this.bytes = float(this.bytes);
    this.outerType = integer(this.outerType);
    this.typeAndScope = integer(this.typeAndScope);
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let row = 0; row < this.size; row++) {
      let slot = hashOf(this.source[row]!, this.target[row]!, this.typeAndScope[row]!) & mask;
      while (slots[slot]! >= 0) slot = (slot + 1) & mask;
      slots[slot] = row;
    }
    this.#slots = slots;
  }
}

/** Counts of small numbers that come in runs. */
export class RunCounter {
  #value = -1;
  #run = 0;
  readonly #counts = new Map<number, number>();

  add(value: number): void {
    if (value === this.#value) {
      this.#run++;
      return;
    }
    this.#flush();
    this.#value = value;
    this.#run = 1;
  }

  /** Count by value. */
  counts(): ReadonlyMap<number, number> {
    this.#flush();
    return this.#counts;
  }

  #flush(): void {
    if (this.#run > 0) this.#counts.set(this.#value, (this.#counts.get(this.#value) ?? 0) + this.#run);
    this.#run = 0;
  }
}

/** Mixes both MACs and the type (murmur3's finaliser constants, public domain). */
function hashOf(source: number, target: number, typeAndScope: number): number {
  let h =
    (source | 0) ^ Math.imul((source / 0x1000000) | 0, 0x9e3779b1) ^ Math.imul(target | 0, 0x27d4eb2f) ^ typeAndScope;
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h ^= (target / 0x1000000) | 0;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
