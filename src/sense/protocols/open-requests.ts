/**
 * Requests of one conversation that wait for their reply, keyed by a transaction number. The newest stands in plain fields, since
 * most clients ask, wait and ask again; those before it wait in one small array, oldest first, that grows to `OPEN_REQUESTS_MAX`. No
 * object per request: when full the oldest is given up and counted, and the session reports the problem `open-requests-full`.
 */
import { OPEN_REQUESTS_MAX } from '../../limits.ts';

/** Nothing found. */
export const NO_REQUEST = -1;

/** Slot of the newest request; the others count from 0. */
const NEWEST = 0x40000000;
const CELLS_FIRST = 4;
const STRIDE = 7;
const KEY = 0;
const FRAME = 1;
const TIME = 2;
const FREE = 3;

export class OpenRequests {
  /** Requests given up because the table was full. */
  overflow = 0;
  // The newest. Small integers stand in the object itself; times never are one.
  #waiting = false;
  #key = 0;
  #frame = 0;
  #timeUs = Number.NaN;
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;
  // Those before it: cells of `#first` up to `#end`.
  #cells: Float64Array | null = null;
  #first = 0;
  #end = 0;
  readonly #capacityMax: number;

  constructor(capacityMax: number = OPEN_REQUESTS_MAX) {
    this.#capacityMax = capacityMax;
  }

  /** Number of requests waiting. */
  get size(): number {
    return this.#end - this.#first + (this.#waiting ? 1 : 0);
  }

  /** Remembers a request and up to four free numbers (function, area, address, count …); true if the oldest was given up for it. */
  open(key: number, frame: number, timeUs: number, a = 0, b = 0, c = 0, d = 0): boolean {
    const gaveUp = this.#waiting && this.#putBehind();
    this.#waiting = true;
    this.#key = key;
    this.#frame = frame;
    this.#timeUs = timeUs;
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
    return gaveUp;
  }

  /** Slot of the oldest open request with `key`, or `NO_REQUEST`; good until the next `open`, `close` or `clear`. */
  find(key: number): number {
    if (this.#end > this.#first) {
      const older = this.#findOlder(key);
      if (older !== NO_REQUEST) return older;
    }
    return this.#waiting && this.#key === key ? NEWEST : NO_REQUEST;
  }

  frameOf(slot: number): number {
    return slot === NEWEST ? this.#frame : this.#cells![slot * STRIDE + FRAME]!;
  }

  timeUsOf(slot: number): number {
    return slot === NEWEST ? this.#timeUs : this.#cells![slot * STRIDE + TIME]!;
  }

  /** Free number 0 to 3 given to `open`. */
  numberOf(slot: number, index: 0 | 1 | 2 | 3): number {
    if (slot !== NEWEST) return this.#cells![slot * STRIDE + FREE + index]!;
    return index === 0 ? this.#a : index === 1 ? this.#b : index === 2 ? this.#c : this.#d;
  }

  /** Forgets the request in `slot`. */
  close(slot: number): void {
    if (slot === NEWEST) this.#waiting = false;
    else this.#closeOlder(slot);
  }

  /** Forgets all: the connection began anew, or bytes were lost. */
  clear(): void {
    this.#waiting = false;
    this.#first = this.#end = 0;
  }

  #findOlder(key: number): number {
    const cells = this.#cells!;
    const end = this.#end;
    for (let slot = this.#first; slot < end; slot++) if (cells[slot * STRIDE + KEY] === key) return slot;
    return NO_REQUEST;
  }

  #closeOlder(slot: number): void {
    if (slot < this.#first || slot >= this.#end) return;
    // Replies come in order nearly always: then nothing moves.
    if (slot > this.#first) this.#cells!.copyWithin((this.#first + 1) * STRIDE, this.#first * STRIDE, slot * STRIDE);
    this.#first++;
    if (this.#first === this.#end) this.#first = this.#end = 0;
  }

  /** The newest gets a successor and waits with the older ones; true if the oldest was given up for it. */
  #putBehind(): boolean {
    const gaveUp = this.size >= this.#capacityMax;
    if (gaveUp) {
      this.overflow++;
      if (this.#first === this.#end) return true;
      this.#first++;
    }
    const cells = this.#room();
    const base = this.#end * STRIDE;
    cells[base + KEY] = this.#key;
    cells[base + FRAME] = this.#frame;
    cells[base + TIME] = this.#timeUs;
    cells[base + FREE] = this.#a;
    cells[base + FREE + 1] = this.#b;
    cells[base + FREE + 2] = this.#c;
    cells[base + FREE + 3] = this.#d;
    this.#end++;
    return gaveUp;
  }

  /** The cells, with room behind the last: moved to the front, or doubled where they are more than half full. */
  #room(): Float64Array {
    this.#cells ??= new Float64Array(CELLS_FIRST * STRIDE);
    const cells = this.#cells;
    if ((this.#end + 1) * STRIDE <= cells.length) return cells;
    const count = this.#end - this.#first;
    const larger = 2 * count * STRIDE > cells.length ? new Float64Array(2 * cells.length) : cells;
    if (larger === cells) cells.copyWithin(0, this.#first * STRIDE, this.#end * STRIDE);
    else larger.set(cells.subarray(this.#first * STRIDE, this.#end * STRIDE));
    this.#first = 0;
    this.#end = count;
    this.#cells = larger;
    return larger;
  }
}
