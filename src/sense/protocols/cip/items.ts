/**
 * What the requests of one conversation asked for, so that replies, which name nothing, can be read. One ring of numbers, no object
 * per request. A container (Multiple Service Packet, Unconnected Send, attribute list) is followed by what it contains; `SPAN`
 * counts both. An item is named by a number that only grows.
 */
import { CIP_ITEMS_OPEN_MAX } from '../../../limits.ts';

const COLUMNS = 11;
/** Function key. */
export const KEY = 0;
/** Service octet, or the kind for what is no service. */
export const SERVICE_COLUMN = 1;
/** Symbol of the point, area it lies in. */
export const SYMBOL = 2;
export const AREA_COLUMN = 3;
/** This item and all it contains. */
export const SPAN = 4;
export const CLASS_COLUMN = 5;
export const INSTANCE = 6;
export const ATTRIBUTE = 7;
/** Elements and byte offset asked for. */
export const ELEMENTS = 8;
export const OFFSET = 9;
/** Symbol of the route to the device asked. */
export const ROUTE = 10;

export class RequestItems {
  /** Number of the next item. */
  next = 0;
  #capacity = 16;
  #cells = new Float64Array(16 * COLUMNS);

  /** Adds an item; its other columns are set by `set`. Returns its number. */
  add(key: number, service: number, symbol: number, area: number): number {
    if (this.next >= this.#capacity && this.#capacity < CIP_ITEMS_OPEN_MAX) this.#grow();
    const index = this.next++;
    const base = (index % this.#capacity) * COLUMNS;
    const cells = this.#cells;
    cells[base + KEY] = key;
    cells[base + SERVICE_COLUMN] = service;
    cells[base + SYMBOL] = symbol;
    cells[base + AREA_COLUMN] = area;
    cells[base + SPAN] = 1;
    cells[base + CLASS_COLUMN] = -1;
    cells[base + INSTANCE] = -1;
    cells[base + ATTRIBUTE] = -1;
    cells[base + ELEMENTS] = 0;
    cells[base + OFFSET] = 0;
    cells[base + ROUTE] = -1;
    return index;
  }

  /** True where item `index` still stands. */
  holds(index: number): boolean {
    return index >= 0 && index < this.next && index >= this.next - this.#capacity;
  }

  get(index: number, column: number): number {
    return this.#cells[(index % this.#capacity) * COLUMNS + column]!;
  }

  set(index: number, column: number, value: number): void {
    if (this.holds(index)) this.#cells[(index % this.#capacity) * COLUMNS + column] = value;
  }

  /** Doubles the ring; items stay at their number. */
  #grow(): void {
    const capacity = Math.min(this.#capacity * 2, CIP_ITEMS_OPEN_MAX);
    const cells = new Float64Array(capacity * COLUMNS);
    for (let index = Math.max(0, this.next - this.#capacity); index < this.next; index++) {
      const from = (index % this.#capacity) * COLUMNS;
      const to = (index % capacity) * COLUMNS;
      for (let column = 0; column < COLUMNS; column++) cells[to + column] = this.#cells[from + column]!;
    }
    this.#capacity = capacity;
    this.#cells = cells;
  }
}
