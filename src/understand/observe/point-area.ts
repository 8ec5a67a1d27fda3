/** The tags of one area of one device: which tag begins at an address, and which addresses are spoken for. */

/** Addresses below this are looked up in pages, those above in a map. */
const PAGED_MAX = 65_536;
/** Addresses of a page: an area with one far address costs one page, not an array up to it. */
const PAGE = 256;
const NO_TAG = -1;
/** An address inside a tag that begins before it. */
const INSIDE = -2;

/** One area (`10.20.1.11/1/holding`). Addresses are zero-based element numbers, or symbols. */
export class PointArea {
  /** `device/unit/area`. */
  readonly prefix: string;
  /** Tag by symbol of the worker's table; -1: looked up, none. */
  readonly bySymbol = new Map<number, number>();
  /** Indexes of its tags. */
  readonly tags: number[] = [];
  /** Addresses a 16-bit word takes: 1 where they count registers, 2 where they count bytes. */
  step: 1 | 2 = 1;
  readonly #pages: (Int32Array | undefined)[] = [];
  readonly #sparse = new Map<number, number>();

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  /** Tag that begins at `address`, or a negative number. */
  tagAt(address: number): number {
    if (address >= PAGED_MAX) return this.#sparse.get(address) ?? NO_TAG;
    const page = this.#pages[address >> 8];
    return page === undefined ? NO_TAG : page[address & (PAGE - 1)]!;
  }

  /** True where an address belongs to a tag, wherever that begins. */
  isTaken(address: number): boolean {
    return this.tagAt(address) !== NO_TAG;
  }

  /** Puts a tag of `elements` elements at `address`. */
  put(address: number, elements: number, tagIndex: number): void {
    this.#set(address, tagIndex);
    for (let k = 1; k < elements; k++) if (this.tagAt(address + k) === NO_TAG) this.#set(address + k, INSIDE);
  }

  #set(address: number, entry: number): void {
    if (address >= PAGED_MAX) {
      this.#sparse.set(address, entry);
      return;
    }
    let page = this.#pages[address >> 8];
    if (page === undefined) {
      page = new Int32Array(PAGE).fill(NO_TAG);
      this.#pages[address >> 8] = page;
    }
    page[address & (PAGE - 1)] = entry;
  }
}
