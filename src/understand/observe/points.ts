/**
 * Every point seen, as an integer, with its statistics in typed arrays: no object per point and none per sample. A point lies in a
 * space (device, unit, area); consecutive elements of one access get consecutive numbers where they are met together, which makes
 * the look-up of a polled range one hash and then a walk. Bounded by `POINTS_MAX`, counted in `overflow`.
 */
import { POINT_SPACES_MAX, POINTS_MAX } from '../../limits.ts';
import { NO_SYMBOL, pointName } from '../../sense/protocols/message-view.ts';
import type { SymbolTable } from '../../sense/protocols/symbols.ts';

/** No such point, or no room for it. */
export const NO_POINT = -1;

/** Columns of one point inside its row of `POINT_COLUMNS` doubles: one cache line. */
export const POINT_COLUMN = {
  last: 0,
  min: 1,
  max: 2,
  firstUs: 3,
  lastUs: 4,
  reads: 5,
  writes: 6,
  changes: 7,
} as const;
export const POINT_COLUMNS = 8;
/** Different values kept per point, for telling a switch from a measurement. */
export const DISTINCT_VALUES = 4;

const PAGE_BITS = 12;
const PAGE_POINTS = 1 << PAGE_BITS;

/** Device, unit and area that addresses count in. */
export interface PointSpace {
  readonly device: string;
  readonly unit: string;
  readonly area: string;
  readonly protocol: string;
}

/** Statistics of one point, read out. Times in µs; value fields are NaN before the first value. */
export interface PointStatistics {
  readonly point: string;
  readonly protocol: string;
  readonly reads: number;
  readonly writes: number;
  /** Values that differed from the one before. */
  readonly changes: number;
  readonly last: number;
  readonly min: number;
  readonly max: number;
  /** Up to `DISTINCT_VALUES` different values; all of them where `distinctAll`. */
  readonly distinct: readonly number[];
  readonly distinctAll: boolean;
  readonly firstUs: number;
  readonly lastUs: number;
}

export class PointTable {
  size = 0;
  /** Points and spaces not kept because the table is full. */
  overflow = 0;
  readonly spaces: PointSpace[] = [];
  readonly #symbols: SymbolTable;
  readonly #max: number;
  readonly #spaceIndex = new Map<string, number>();
  #slots = new Int32Array(4096).fill(-1);
  #capacity = 1024;
  #space = new Int32Array(1024);
  /** Address; symbols are stored as -2 - symbol. */
  #address = new Float64Array(1024);
  readonly #rows: Float64Array[] = [];
  readonly #distinct: Float64Array[] = [];
  readonly #distinctCount: Uint8Array[] = [];

  constructor(symbols: SymbolTable, max: number = POINTS_MAX) {
    this.#symbols = symbols;
    this.#max = max;
  }

  /** Number of a space; added when new, -1 when there is no room. */
  spaceFor(device: string, unit: string, area: string, protocol: string): number {
    const key = pointName(device, unit, area, '');
    const known = this.#spaceIndex.get(key);
    if (known !== undefined) return known;
    if (this.spaces.length >= POINT_SPACES_MAX) {
      this.overflow++;
      return NO_POINT;
    }
    this.spaces.push({ device, unit, area, protocol });
    this.#spaceIndex.set(key, this.spaces.length - 1);
    return this.spaces.length - 1;
  }

  /** Number of a known space, or -1. For tags declared before their device is seen use `spaceFor`. */
  spaceNamed(device: string, unit: string, area: string): number {
    return this.#spaceIndex.get(pointName(device, unit, area, '')) ?? NO_POINT;
  }

  /** Point at `address` (or of `symbol`) in a space, or `NO_POINT`. */
  find(space: number, address: number, symbol: number = NO_SYMBOL): number {
    const key = symbol >= 0 ? -2 - symbol : address;
    const mask = this.#slots.length - 1;
    for (let slot = hashOf(space, key) & mask; ; slot = (slot + 1) & mask) {
      const point = this.#slots[slot]!;
      if (point < 0) return NO_POINT;
      if (this.#space[point] === space && this.#address[point] === key) return point;
    }
  }

  /** The same, added when new; `NO_POINT` when the table is full. */
  at(space: number, address: number, symbol: number = NO_SYMBOL): number {
    const key = symbol >= 0 ? -2 - symbol : address;
    const mask = this.#slots.length - 1;
    let slot = hashOf(space, key) & mask;
    for (;;) {
      const point = this.#slots[slot]!;
      if (point < 0) break;
      if (this.#space[point] === space && this.#address[point] === key) return point;
      slot = (slot + 1) & mask;
    }
    if (this.size >= this.#max) {
      this.overflow++;
      return NO_POINT;
    }
    return this.#add(space, key, slot);
  }

  /** The point one address after `point` of the same space: usually the next number. */
  after(point: number, space: number, address: number): number {
    const next = point + 1;
    if (next < this.size && point >= 0 && this.#space[next] === space && this.#address[next] === address) return next;
    return this.at(space, address);
  }

  /** Notes a value read (or reported) for `point`. */
  read(point: number, value: number, timeUs: number): void {
    const row = this.#rows[point >> PAGE_BITS]!;
    const base = (point & (PAGE_POINTS - 1)) * POINT_COLUMNS;
    const reads = row[base + POINT_COLUMN.reads]! + 1;
    row[base + POINT_COLUMN.reads] = reads;
    row[base + POINT_COLUMN.lastUs] = timeUs;
    if (row[base] === value) return;
    this.#changed(point, row, base, value, timeUs);
  }

  /** Notes a value written to `point`; NaN where the message does not tell it. It counts as value only once it is read. */
  wrote(point: number, timeUs: number): void {
    const row = this.#rows[point >> PAGE_BITS]!;
    const base = (point & (PAGE_POINTS - 1)) * POINT_COLUMNS;
    row[base + POINT_COLUMN.writes]! += 1;
    row[base + POINT_COLUMN.lastUs] = timeUs;
    if (Number.isNaN(row[base + POINT_COLUMN.firstUs]!)) row[base + POINT_COLUMN.firstUs] = timeUs;
  }

  /** Last value read, NaN for none. */
  lastValue(point: number): number {
    return this.#rows[point >> PAGE_BITS]![(point & (PAGE_POINTS - 1)) * POINT_COLUMNS]!;
  }

  /** Space of a point: index into `spaces`. */
  spaceOf(point: number): number {
    return this.#space[point]!;
  }

  /** Numeric address of a point inside its space; -1 for a point named by a symbol. */
  addressOf(point: number): number {
    const address = this.#address[point]!;
    return address < 0 ? -1 : address;
  }

  /** `device/unit/area/address`. */
  name(point: number): string {
    const { device, unit, area } = this.spaces[this.#space[point]!]!;
    const address = this.#address[point]!;
    return pointName(device, unit, area, address < 0 ? this.#symbols.name(-2 - address) : address);
  }

  statistics(point: number): PointStatistics {
    const row = this.#rows[point >> PAGE_BITS]!;
    const inPage = point & (PAGE_POINTS - 1);
    const base = inPage * POINT_COLUMNS;
    const count = this.#distinctCount[point >> PAGE_BITS]![inPage]!;
    const kept = Math.min(count, DISTINCT_VALUES);
    const from = inPage * DISTINCT_VALUES;
    return {
      point: this.name(point),
      protocol: this.spaces[this.#space[point]!]!.protocol,
      reads: row[base + POINT_COLUMN.reads]!,
      writes: row[base + POINT_COLUMN.writes]!,
      changes: row[base + POINT_COLUMN.changes]!,
      last: row[base + POINT_COLUMN.last]!,
      min: row[base + POINT_COLUMN.min]!,
      max: row[base + POINT_COLUMN.max]!,
      distinct: [...this.#distinct[point >> PAGE_BITS]!.subarray(from, from + kept)],
      distinctAll: count <= DISTINCT_VALUES,
      firstUs: row[base + POINT_COLUMN.firstUs]!,
      lastUs: row[base + POINT_COLUMN.lastUs]!,
    };
  }

  #changed(point: number, row: Float64Array, base: number, value: number, timeUs: number): void {
    if (Number.isNaN(value)) return;
    if (Number.isNaN(row[base]!)) {
      row[base + POINT_COLUMN.min] = row[base + POINT_COLUMN.max] = value;
      if (Number.isNaN(row[base + POINT_COLUMN.firstUs]!)) row[base + POINT_COLUMN.firstUs] = timeUs;
    } else {
      row[base + POINT_COLUMN.changes]! += 1;
      if (value < row[base + POINT_COLUMN.min]!) row[base + POINT_COLUMN.min] = value;
      else if (value > row[base + POINT_COLUMN.max]!) row[base + POINT_COLUMN.max] = value;
    }
    row[base] = value;
    const inPage = point & (PAGE_POINTS - 1);
    const counts = this.#distinctCount[point >> PAGE_BITS]!;
    if (counts[inPage]! <= DISTINCT_VALUES) this.#distinguish(counts, point, inPage, value);
  }

  #distinguish(counts: Uint8Array, point: number, inPage: number, value: number): void {
    const values = this.#distinct[point >> PAGE_BITS]!;
    const from = inPage * DISTINCT_VALUES;
    const count = counts[inPage]!;
    for (let i = 0; i < count && i < DISTINCT_VALUES; i++) if (values[from + i] === value) return;
    if (count < DISTINCT_VALUES) values[from + count] = value;
    counts[inPage] = count + 1;
  }

  #add(space: number, key: number, slot: number): number {
    const point = this.size++;
    if (point >= this.#capacity) this.#growColumns();
    if (point >> PAGE_BITS >= this.#rows.length) this.#addPage();
    this.#space[point] = space;
    this.#address[point] = key;
    this.#slots[slot] = point;
    if (this.size * 2 > this.#slots.length) this.#growSlots();
    return point;
  }

  #addPage(): void {
    const rows = new Float64Array(PAGE_POINTS * POINT_COLUMNS);
    for (let base = 0; base < rows.length; base += POINT_COLUMNS)
      rows.fill(Number.NaN, base, base + POINT_COLUMN.reads);
    // `lastUs` too is NaN until something is seen.
    this.#rows.push(rows);
    this.#distinct.push(new Float64Array(PAGE_POINTS * DISTINCT_VALUES));
    this.#distinctCount.push(new Uint8Array(PAGE_POINTS));
  }

  #growColumns(): void {
    this.#capacity *= 2;
    const space = new Int32Array(this.#capacity);
    space.set(this.#space);
    this.#space = space;
    const address = new Float64Array(this.#capacity);
    address.set(this.#address);
    this.#address = address;
  }

  #growSlots(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let point = 0; point < this.size; point++) {
      let slot = hashOf(this.#space[point]!, this.#address[point]!) & mask;
      while (slots[slot]! >= 0) slot = (slot + 1) & mask;
      slots[slot] = point;
    }
    this.#slots = slots;
  }
}

/** Mixes a space and an address (murmur3's finaliser constants, public domain). */
function hashOf(space: number, address: number): number {
  let h = Math.imul(space, 0x9e3779b1) ^ (address | 0) ^ Math.imul((address / 0x100000000) | 0, 0x27d4eb2f);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
