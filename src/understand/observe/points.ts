/**
 * Every point seen, as an integer, with its statistics in typed arrays: no object per point and none per sample. A point lies in a
 * space (device, unit, area); consecutive elements of one access get consecutive numbers where they are met together, which makes
 * the look-up of a polled range one hash and then a walk. Bounded by `POINTS_MAX`, counted in `overflow`.
 */
import { POINT_SPACES_MAX, POINTS_MAX } from '../../limits.ts';
import { NO_SYMBOL, pointName } from '../../sense/protocols/message-view.ts';
import type { SymbolTable } from '../../sense/protocols/symbols.ts';
import {
  grown,
  NO_RUN,
  RUN_AT,
  RUN_BITS,
  RUN_LAST_US,
  RUN_NUMBERS_SHIFT,
  RUN_READS,
  RUN_SHARED,
  RUN_SHIFT,
  RunTable,
} from './runs.ts';

/** No such point, or no room for it. */
export const NO_POINT = -1;

/** Different values kept per point, for telling a switch from a measurement. */
export const DISTINCT_VALUES = 4;

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
  /** Time of the message in hand: set before `readRange`, so that no number is handed down. */
  nowUs = Number.NaN;
  /** Points and spaces not kept because the table is full. */
  overflow = 0;
  readonly spaces: PointSpace[] = [];
  readonly #symbols: SymbolTable;
  readonly #pointsMax: number;
  readonly #spaceIndex = new Map<string, number>();
  #slots = new Int32Array(4096).fill(-1);
  #capacity = 1024;
  #space = new Int32Array(1024);
  /** Address; symbols are stored as -2 - symbol. */
  #address = new Float64Array(1024);
  // Statistics by point. What every read touches stands apart from what only a change touches.
  #reads = new Uint32Array(1024);
  #last = new Float64Array(1024);
  #lastUs = new Float64Array(1024);
  /** The last range that holds a point; -1 for none. */
  #ownRun = new Int32Array(1024);
  readonly #runs = new RunTable();
  /** Ranges hold reads their points do not know of yet. */
  #unsettled = false;
  #min = new Float64Array(1024);
  #max = new Float64Array(1024);
  #firstUs = new Float64Array(1024);
  #writes = new Uint32Array(1024);
  #changes = new Uint32Array(1024);
  #distinct = new Float64Array(1024 * DISTINCT_VALUES);
  #distinctCount = new Uint8Array(1024);

  constructor(symbols: SymbolTable, max: number = POINTS_MAX) {
    this.#symbols = symbols;
    this.#pointsMax = max;
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
    if (this.size >= this.#pointsMax) {
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
    const run = this.#ownRun[point]!;
    if (run >= 0) this.#runs.share(run);
    this.#reads[point]!++;
    this.#lastUs[point] = timeUs;
    if (this.#last[point] !== value) this.#changed(point, value, timeUs);
  }

  /**
   * Notes the values of a range read at once: `elements` big-endian registers, or bits packed from the least significant one on, at
   * `at` in `bytes`, which belong to `address` (a 32-bit number) and those behind it. False where there is no room for the range: note
   * its values one by one.
   */
  readRange(kind: number, space: number, address: number, elements: number, bytes: Uint8Array, at: number): boolean {
    const runs = this.#runs;
    let run = runs.find(space, address, elements, kind);
    if (run < 0) {
      run = this.#meetRange(kind, space, address, elements, bytes, at);
      if (run < 0) return false;
    }
    const number = run << RUN_NUMBERS_SHIFT;
    runs.numbers[number + RUN_READS]!++;
    runs.numbers[number + RUN_LAST_US] = this.nowUs;
    this.#unsettled = true;
    if (runs.ints[(run << RUN_SHIFT) + RUN_SHARED] === 0 && this.#sayTheSame(run, kind, elements, bytes, at))
      return true;
    if (kind === RUN_BITS) this.#rangeOfBits(run, elements, bytes, at);
    else this.#rangeOfRegisters(run, elements, bytes, at);
    return true;
  }

  /** True where the bytes of an answer are those of the last one. */
  #sayTheSame(run: number, kind: number, elements: number, bytes: Uint8Array, at: number): boolean {
    const kept = this.#runs.bytes;
    const place = this.#runs.ints[(run << RUN_SHIFT) + RUN_AT]!;
    const length = kind === RUN_BITS ? (elements + 7) >> 3 : elements * 2;
    for (let i = 0; i < length; i++) if (kept[place + i] !== bytes[at + i]) return false;
    return true;
  }

  #rangeOfRegisters(run: number, elements: number, bytes: Uint8Array, at: number): void {
    const runs = this.#runs;
    const kept = runs.bytes;
    const last = this.#last;
    const row = run << RUN_SHIFT;
    const alone = runs.ints[row + RUN_SHARED] === 0;
    let place = runs.ints[row + RUN_AT]!;
    for (let k = 0, from = at; k < elements; k++, from += 2, place += 2) {
      const high = bytes[from]!;
      const low = bytes[from + 1]!;
      if (alone && kept[place] === high && kept[place + 1] === low) continue;
      kept[place] = high;
      kept[place + 1] = low;
      const value = (high << 8) | low;
      const point = runs.point(run, k);
      if (last[point] !== value) this.#changed(point, value, this.nowUs);
    }
  }

  #rangeOfBits(run: number, elements: number, bytes: Uint8Array, at: number): void {
    const runs = this.#runs;
    const kept = runs.bytes;
    const last = this.#last;
    const row = run << RUN_SHIFT;
    const alone = runs.ints[row + RUN_SHARED] === 0;
    const place = runs.ints[row + RUN_AT]!;
    for (let k = 0; k < elements; k += 8) {
      const eight = bytes[at + (k >> 3)]!;
      if (alone && kept[place + (k >> 3)] === eight) continue;
      kept[place + (k >> 3)] = eight;
      const end = k + 8 < elements ? k + 8 : elements;
      for (let bit = k; bit < end; bit++) {
        const value = (eight >> (bit & 7)) & 1;
        const point = runs.point(run, bit);
        if (last[point] !== value) this.#changed(point, value, this.nowUs);
      }
    }
  }

  /** A range met for the first time: its points, those not yet known among them. `NO_RUN` where there is no room. */
  #meetRange(kind: number, space: number, address: number, elements: number, bytes: Uint8Array, at: number): number {
    const points: number[] = [];
    let point = this.at(space, address);
    for (let k = 0; k < elements && point >= 0; k++) {
      points.push(point);
      if (k + 1 < elements) point = this.after(point, space, address + k + 1);
    }
    if (points.length === 0 || points.length < elements) return NO_RUN;
    const run = this.#runs.add(space, address, points, kind, bytes, at);
    if (run < 0) return NO_RUN;
    for (const member of points) {
      const other = this.#ownRun[member]!;
      if (other >= 0) {
        this.#runs.share(other);
        this.#runs.share(run);
      } else if (this.#reads[member]! > 0) this.#runs.share(run);
      this.#ownRun[member] = run;
    }
    return run;
  }

  /** Hands the reads counted on ranges to their points. */
  #settle(): void {
    if (!this.#unsettled) return;
    this.#unsettled = false;
    const runs = this.#runs;
    for (let run = 0; run < runs.size; run++) {
      const number = run << RUN_NUMBERS_SHIFT;
      const count = runs.numbers[number + RUN_READS]!;
      if (count === 0) continue;
      runs.numbers[number + RUN_READS] = 0;
      const lastUs = runs.numbers[number + RUN_LAST_US]!;
      const elements = runs.elements(run);
      for (let k = 0; k < elements; k++) {
        const point = runs.point(run, k);
        this.#reads[point]! += count;
        if (!(this.#lastUs[point]! > lastUs)) this.#lastUs[point] = lastUs;
      }
    }
  }

  /** Notes that `point` was written; what was written counts as value only once it is read. */
  wrote(point: number, timeUs: number): void {
    this.#writes[point]!++;
    this.#lastUs[point] = timeUs;
    if (Number.isNaN(this.#firstUs[point]!)) this.#firstUs[point] = timeUs;
  }

  /** Last value read, NaN for none. */
  lastValue(point: number): number {
    return this.#last[point]!;
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

  /** Statistics of one point, read out. */
  statistics(point: number): PointStatistics {
    this.#settle();
    const count = this.#distinctCount[point]!;
    const from = point * DISTINCT_VALUES;
    return {
      point: this.name(point),
      protocol: this.spaces[this.#space[point]!]!.protocol,
      reads: this.#reads[point]!,
      writes: this.#writes[point]!,
      changes: this.#changes[point]!,
      last: this.#last[point]!,
      min: this.#min[point]!,
      max: this.#max[point]!,
      distinct: [...this.#distinct.subarray(from, from + Math.min(count, DISTINCT_VALUES))],
      distinctAll: count <= DISTINCT_VALUES,
      firstUs: this.#firstUs[point]!,
      lastUs: this.#lastUs[point]!,
    };
  }

  #changed(point: number, value: number, timeUs: number): void {
    if (Number.isNaN(value)) return;
    if (Number.isNaN(this.#last[point]!)) {
      this.#min[point] = this.#max[point] = value;
      if (Number.isNaN(this.#firstUs[point]!)) this.#firstUs[point] = timeUs;
    } else {
      this.#changes[point]!++;
      if (value < this.#min[point]!) this.#min[point] = value;
      else if (value > this.#max[point]!) this.#max[point] = value;
    }
    this.#last[point] = value;
    if (this.#distinctCount[point]! <= DISTINCT_VALUES) this.#distinguish(point, value);
  }

  #distinguish(point: number, value: number): void {
    const from = point * DISTINCT_VALUES;
    const count = this.#distinctCount[point]!;
    for (let i = 0; i < count && i < DISTINCT_VALUES; i++) if (this.#distinct[from + i] === value) return;
    if (count < DISTINCT_VALUES) this.#distinct[from + count] = value;
    this.#distinctCount[point] = count + 1;
  }

  #add(space: number, key: number, slot: number): number {
    const point = this.size++;
    if (point >= this.#capacity) this.#growColumns();
    this.#space[point] = space;
    this.#address[point] = key;
    this.#ownRun[point] = NO_RUN;
    this.#last[point] = this.#min[point] = this.#max[point] = this.#firstUs[point] = Number.NaN;
    this.#slots[slot] = point;
    if (this.size * 2 > this.#slots.length) this.#growSlots();
    return point;
  }

  #growColumns(): void {
    // Half as much again, so that the copy in between costs little.
    this.#capacity = Math.min(this.#pointsMax, Math.ceil(this.#capacity * 1.5));
    const n = this.#capacity;
    this.#space = grown(new Int32Array(n), this.#space);
    this.#address = grown(new Float64Array(n), this.#address);
    this.#reads = grown(new Uint32Array(n), this.#reads);
    this.#last = grown(new Float64Array(n), this.#last);
    this.#lastUs = grown(new Float64Array(n), this.#lastUs);
    this.#ownRun = grown(new Int32Array(n), this.#ownRun);
    this.#min = grown(new Float64Array(n), this.#min);
    this.#max = grown(new Float64Array(n), this.#max);
    this.#firstUs = grown(new Float64Array(n), this.#firstUs);
    this.#writes = grown(new Uint32Array(n), this.#writes);
    this.#changes = grown(new Uint32Array(n), this.#changes);
    this.#distinct = grown(new Float64Array(n * DISTINCT_VALUES), this.#distinct);
    this.#distinctCount = grown(new Uint8Array(n), this.#distinctCount);
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
