/**
 * Requests of one conversation that wait for their reply, keyed by a transaction number. One small array that grows to
 * `OPEN_REQUESTS_MAX`, no object per request: when full the oldest is given up and counted, and the session reports the
 * problem `open-requests-full`.
 */
import { OPEN_REQUESTS_MAX } from '../../limits.ts';

/** Nothing found. */
export const NO_REQUEST = -1;

const STRIDE = 8;
const USED = 0;
const KEY = 1;
const FRAME = 2;
const TIME = 3;
const FREE = 4;

export class OpenRequests {
  /** Requests given up because the table was full. */
  overflow = 0;
  /** Number of requests waiting. */
  size = 0;
  #capacity = 4;
  readonly #capacityMax: number;
  #cells = new Float64Array(4 * STRIDE);
  #next = 0;

  constructor(capacityMax: number = OPEN_REQUESTS_MAX) {
    this.#capacityMax = capacityMax;
  }

  /** Remembers a request and up to four free numbers (function, area, address, count …); true if the oldest was given up for it. */
  open(key: number, frame: number, timeUs: number, a = 0, b = 0, c = 0, d = 0): boolean {
    if (this.#cells[this.#next * STRIDE] === 1) this.#makeRoom();
    const base = this.#next * STRIDE;
    this.#next = this.#next + 1 === this.#capacity ? 0 : this.#next + 1;
    const cells = this.#cells;
    const gaveUp = cells[base] === 1;
    if (gaveUp) this.overflow++;
    else this.size++;
    cells[base + USED] = 1;
    cells[base + KEY] = key;
    cells[base + FRAME] = frame;
    cells[base + TIME] = timeUs;
    cells[base + FREE] = a;
    cells[base + FREE + 1] = b;
    cells[base + FREE + 2] = c;
    cells[base + FREE + 3] = d;
    return gaveUp;
  }

  /** Slot of the oldest open request with `key`, or `NO_REQUEST`. */
  find(key: number): number {
    let left = this.size;
    if (left === 0) return NO_REQUEST;
    const cells = this.#cells;
    const capacity = this.#capacity;
    let slot = this.#next;
    // From the place of the next insertion onwards the ring holds the oldest first.
    for (let step = 0; step < capacity && left > 0; step++) {
      const base = slot * STRIDE;
      if (cells[base] === 1) {
        if (cells[base + KEY] === key) return slot;
        left--;
      }
      slot = slot + 1 === capacity ? 0 : slot + 1;
    }
    return NO_REQUEST;
  }

  frameOf(slot: number): number {
    return this.#cells[slot * STRIDE + FRAME]!;
  }

  timeUsOf(slot: number): number {
    return this.#cells[slot * STRIDE + TIME]!;
  }

  /** Free number 0 to 3 given to `open`. */
  numberOf(slot: number, index: 0 | 1 | 2 | 3): number {
    return this.#cells[slot * STRIDE + FREE + index]!;
  }

  /** Forgets the request in `slot`. */
  close(slot: number): void {
    const base = slot * STRIDE;
    if (this.#cells[base] !== 1) return;
    this.#cells[base] = 0;
    this.size--;
  }

  /** Forgets all: the connection began anew, or bytes were lost. */
  clear(): void {
    this.#cells.fill(0);
    this.size = 0;
  }

  /** The next place holds one that still waits: closes the holes of those answered before, or doubles the ring where there are few. */
  #makeRoom(): void {
    const { size } = this;
    const full = size * 2 > this.#capacity;
    const capacity = full ? Math.min(this.#capacity * 2, this.#capacityMax) : this.#capacity;
    if (size === capacity) return;
    const cells = new Float64Array(capacity * STRIDE);
    let used = 0;
    // Oldest first again.
    for (let step = 0; step < this.#capacity; step++) {
      const from = ((this.#next + step) % this.#capacity) * STRIDE;
      if (this.#cells[from] !== 1) continue;
      for (let k = 0; k < STRIDE; k++) cells[used * STRIDE + k] = this.#cells[from + k]!;
      used++;
    }
    this.#next = used;
    this.#capacity = capacity;
    this.#cells = cells;
  }
}
