/**
 * Items of reads and writes: where they point, and the data that belong to them. Items of requests are kept in a ring of numbers so
 * that the reply, which names no address, can be read. Sources as in `names.ts` (item syntax S7ANY, DB-READ, symbolic, NCK).
 */
import { S7_ITEMS_OPEN_MAX } from '../../../limits.ts';
import { type MessageView, NO_OFFSET, NO_SYMBOL, QUALITY_BAD } from '../message-view.ts';
import type { SymbolTable } from '../symbols.ts';
import { u16, VALUE_TYPE, VALUE_TYPE_BYTES } from '../values.ts';
import { AREA, areaOf, ITEM_AREA, ITEM_OK, ITEM_STATUS_BASE } from './names.ts';

/** First octet of every item: "variable specification". */
const VARIABLE_SPECIFICATION = 0x12;
/** Syntaxes of items. */
export const SYNTAX = { any: 0x10, nck: 0x82, dbRead: 0xb0, symbolic: 0xb2 } as const;

/** Transport sizes of items that need a treatment of their own. */
const TRANSPORT_BIT = 0x01;
/** Element type by transport size of the item; date and time of day as plain numbers (days, milliseconds, S5 time as coded). */
const ELEMENT_TYPES: Readonly<Record<number, number>> = {
  [TRANSPORT_BIT]: VALUE_TYPE.bool,
  2: VALUE_TYPE.uint8, // BYTE
  3: VALUE_TYPE.uint8, // CHAR
  4: VALUE_TYPE.uint16, // WORD
  5: VALUE_TYPE.int16, // INT
  6: VALUE_TYPE.uint32, // DWORD
  7: VALUE_TYPE.int32, // DINT
  8: VALUE_TYPE.float32, // REAL
  9: VALUE_TYPE.uint16, // DATE
  10: VALUE_TYPE.uint32, // TIME_OF_DAY
  11: VALUE_TYPE.int32, // TIME
  12: VALUE_TYPE.uint16, // S5TIME
  28: VALUE_TYPE.uint16, // COUNTER
  29: VALUE_TYPE.uint16, // TIMER
};

const ELEMENT_TYPE = new Uint8Array(256).fill(VALUE_TYPE.bytes);
for (const [transport, type] of Object.entries(ELEMENT_TYPES)) ELEMENT_TYPE[Number(transport)] = type;

/** Data transport sizes whose length counts bits (data item, octet 2): BIT, BYTE to DWORD, INTEGER. */
const inBits = (transport: number): boolean => transport >= 3 && transport <= 5;

/** How an item is read: S7ANY, a list of pieces of data blocks, or something with a name. */
export const KIND_ANY = 0;
const KIND_LIST = 1;
const KIND_NAMED = 2;

const COLUMNS = 6;
const KIND = 0;
const AREA_COLUMN = 1;
const ADDRESS = 2;
const BIT = 3;
const TYPE = 4;
const COUNT = 5;

/** Items waiting for their reply; the oldest give way. An item is named by a number that only grows. */
export class ItemRing {
  /** Number of the next item. */
  next = 0;
  #cells = new Int32Array(16 * COLUMNS);
  #capacity = 16;

  add(kind: number, area: number, address: number, bit: number, type: number, count: number): void {
    if (this.next >= this.#capacity && this.#capacity < S7_ITEMS_OPEN_MAX) this.#grow();
    // Capacities are powers of two, so that the place is a mask.
    const base = (this.next & (this.#capacity - 1)) * COLUMNS;
    const cells = this.#cells;
    cells[base + KIND] = kind;
    cells[base + AREA_COLUMN] = area;
    cells[base + ADDRESS] = address;
    cells[base + BIT] = bit;
    cells[base + TYPE] = type;
    cells[base + COUNT] = count;
    this.next++;
  }

  /** True where item `index` still stands. */
  holds(index: number): boolean {
    return index >= 0 && index < this.next && index >= this.next - this.#capacity;
  }

  get(index: number, column: number): number {
    return this.#cells[(index & (this.#capacity - 1)) * COLUMNS + column]!;
  }

  /** A copy of items `from` … `to` in a ring of their own, at most `max`. */
  copy(from: number, to: number, max: number): ItemRing {
    const ring = new ItemRing();
    for (let i = from; i < to && i < from + max; i++) {
      ring.add(this.get(i, 0), this.get(i, 1), this.get(i, 2), this.get(i, 3), this.get(i, 4), this.get(i, 5));
    }
    return ring;
  }

  #grow(): void {
    const capacity = this.#capacity * 2;
    const cells = new Int32Array(capacity * COLUMNS);
    for (let i = this.next - this.#capacity; i < this.next; i++) {
      const from = (i & (this.#capacity - 1)) * COLUMNS;
      cells.set(this.#cells.subarray(from, from + COLUMNS), (i & (capacity - 1)) * COLUMNS);
    }
    this.#cells = cells;
    this.#capacity = capacity;
  }
}

/** Reads the item at `at` into the ring. Returns where the next item begins, or -1 where this one is cut short. */
export function readItem(view: MessageView, ring: ItemRing, at: number, end: number): number {
  const { bytes } = view;
  if (at + 3 > end || at + 2 + bytes[at + 1]! > end) return -1;
  const size = bytes[at + 1]!;
  const next = at + 2 + size;
  const syntax = bytes[at + 2]!;
  if (bytes[at] !== VARIABLE_SPECIFICATION) view.problem('s7-item', at);
  if (syntax === SYNTAX.any && size === 10) readAny(bytes, ring, at + 3);
  else if (syntax === SYNTAX.dbRead && size >= 2) readList(view, ring, at + 3, next);
  else {
    const area = syntax === SYNTAX.symbolic ? AREA.symbolic : syntax === SYNTAX.nck ? AREA.nck : AREA.other;
    ring.add(KIND_NAMED, area, view.symbols.internText(hexText(bytes, at + 2, next)), 0, VALUE_TYPE.bytes, 1);
  }
  return next;
}

/** transport size, count 2, data block 2, area, address 3 (in bits; counters and timers by number). */
function readAny(bytes: Uint8Array, ring: ItemRing, at: number): void {
  const code = bytes[at + 5]!;
  const address = (bytes[at + 6]! << 16) | (bytes[at + 7]! << 8) | bytes[at + 8]!;
  const numbered = isNumbered(code);
  ring.add(
    KIND_ANY,
    areaOf(code, u16(bytes, at + 3)),
    numbered ? address : address >>> 3,
    numbered ? 0 : address & 7,
    ELEMENT_TYPE[bytes[at]!]!,
    u16(bytes, at + 1),
  );
}

function isNumbered(code: number): boolean {
  return code >= ITEM_AREA.counters && code <= ITEM_AREA.timers200;
}

/** Number of pieces, then length 1, data block 2, byte address 2 each (S7-400). */
function readList(view: MessageView, ring: ItemRing, at: number, end: number): void {
  const { bytes } = view;
  const pieces = Math.min(bytes[at]!, Math.floor((end - at - 1) / 5));
  if (pieces !== bytes[at]) view.problem('s7-item', at);
  ring.add(KIND_LIST, 0, 0, 0, 0, pieces);
  for (let piece = at + 1, k = 0; k < pieces; k++, piece += 5) {
    const area = areaOf(ITEM_AREA.db, u16(bytes, piece + 1));
    ring.add(KIND_ANY, area, u16(bytes, piece + 3), 0, VALUE_TYPE.uint8, bytes[piece]!);
  }
}

/** Emits accesses without values for items `from` … `to`: what a request names. Without values an access counts addresses. */
export function emitItems(
  view: MessageView,
  ring: ItemRing,
  from: number,
  to: number,
  write: boolean,
  bad = false,
): void {
  for (let item = from; item < to; item++) {
    if (!ring.holds(item) || ring.get(item, KIND) === KIND_LIST) continue;
    emitBare(view, ring, item, write, bad);
  }
}

function emitBare(view: MessageView, ring: ItemRing, item: number, write: boolean, bad: boolean): void {
  const type = ring.get(item, TYPE);
  const area = ring.get(item, AREA_COLUMN);
  const size = area === AREA.counters || area === AREA.timers ? 1 : Math.max(1, VALUE_TYPE_BYTES[type]!);
  const address = ring.get(item, ADDRESS);
  const elements = type === VALUE_TYPE.bool ? ring.get(item, COUNT) : ring.get(item, COUNT) * size;
  const i = view.access(area, address, elements, write, VALUE_TYPE.none, NO_OFFSET);
  if (i < 0) return;
  if (ring.get(item, KIND) === KIND_NAMED) view.accessSymbol[i] = address;
  else if (type === VALUE_TYPE.bool) view.accessSymbol[i] = bitSymbol(view, address, ring.get(item, BIT));
  if (bad) view.accessQuality[i] = QUALITY_BAD;
}

/**
 * Where the data of the data item at `at` end (without its fill octet); may lie past the message. Transport size 0 means that
 * nothing follows, whatever the length says: refused items are sent with a left-over length by some servers.
 */
export function dataEnd(bytes: Uint8Array, at: number): number {
  if (bytes[at + 1] === 0) return at + 4;
  const length = u16(bytes, at + 2);
  return at + 4 + (inBits(bytes[at + 1]!) ? (length + 7) >> 3 : length);
}

/**
 * Reads data items from `at` to `end` for items `from` … `to` of the ring and emits an access each. In replies the first octet of a
 * data item is its return code; refused items are accesses of bad quality and set the status.
 */
export function readData(
  view: MessageView,
  ring: ItemRing,
  from: number,
  to: number,
  at: number,
  end: number,
  write: boolean,
): void {
  let next = at;
  for (let item = from; item < to; item++) {
    if (next + 4 > end) return view.problem('s7-short', next);
    const known = ring.holds(item);
    const code = view.bytes[next]!;
    const stop = dataEnd(view.bytes, next);
    const skip = known && ring.get(item, KIND) === KIND_LIST ? ring.get(item, COUNT) : 0;
    if (stop > end) return view.problem('s7-short', next);
    if (!write && code !== ITEM_OK) refuse(view, ring, item, item + skip, code);
    else if (skip > 0) readPieces(view, ring, item + 1, item + skip, next + 4, stop);
    else if (known) emitValues(view, ring, item, next + 4, stop, write);
    item += skip;
    // Data items begin at even places: an octet fills up, except after the last.
    next = stop + ((stop - next) & 1);
  }
}

/** Return codes of a write, one octet an item. */
export function readResults(
  view: MessageView,
  ring: ItemRing,
  from: number,
  to: number,
  at: number,
  end: number,
): void {
  let next = at;
  for (let item = from; item < to; item++, next++) {
    if (next >= end) return view.problem('s7-short', next);
    const skip = ring.holds(item) && ring.get(item, KIND) === KIND_LIST ? ring.get(item, COUNT) : 0;
    const code = view.bytes[next]!;
    if (code !== ITEM_OK) refuse(view, ring, item, item + skip, code, true);
    else for (let k = item; k <= item + skip; k++) if (isPlain(ring, k)) emitBare(view, ring, k, true, false);
    item += skip;
  }
}

function isPlain(ring: ItemRing, item: number): boolean {
  return ring.holds(item) && ring.get(item, KIND) !== KIND_LIST;
}

function refuse(view: MessageView, ring: ItemRing, from: number, to: number, code: number, write = false): void {
  if (view.status === 0) view.status = ITEM_STATUS_BASE + code;
  for (let item = from; item <= to; item++) if (isPlain(ring, item)) emitBare(view, ring, item, write, true);
}

/** Pieces of a list: return code, data; pieces follow without fill octets. */
function readPieces(view: MessageView, ring: ItemRing, from: number, to: number, at: number, end: number): void {
  let next = at;
  for (let item = from; item <= to; item++) {
    if (next >= end) return view.problem('s7-short', next);
    const code = view.bytes[next++]!;
    if (code !== ITEM_OK) {
      refuse(view, ring, item, item, code);
      continue;
    }
    const stop = next + ring.get(item, COUNT);
    if (stop > end) return view.problem('s7-short', next);
    emitValues(view, ring, item, next, stop, false);
    next = stop;
  }
}

/** Accesses with the values `at` … `end` of one item: bytes as one access, everything wider element by element. */
function emitValues(view: MessageView, ring: ItemRing, item: number, at: number, end: number, write: boolean): void {
  const type = ring.get(item, TYPE);
  const area = ring.get(item, AREA_COLUMN);
  const address = ring.get(item, ADDRESS);
  if (type === VALUE_TYPE.bytes) {
    const i = view.access(area, address, 1, write, VALUE_TYPE.bytes, at);
    if (i < 0) return;
    view.accessLength[i] = end - at;
    if (ring.get(item, KIND) === KIND_NAMED) view.accessSymbol[i] = address;
    return;
  }
  const size = VALUE_TYPE_BYTES[type]!;
  const count = Math.min(ring.get(item, COUNT), Math.floor((end - at) / size));
  if (count < ring.get(item, COUNT)) view.problem('s7-item-length', at);
  if (type === VALUE_TYPE.uint8) {
    if (count > 0) view.access(area, address, count, write, type, at);
    return;
  }
  const step = area === AREA.counters || area === AREA.timers ? 1 : size;
  for (let k = 0; k < count; k++) {
    const bit = ring.get(item, BIT) + k;
    const isBit = type === VALUE_TYPE.bool;
    const i = view.access(area, isBit ? address + (bit >> 3) : address + k * step, 1, write, type, at + k * size);
    if (i < 0) return;
    if (isBit) view.accessSymbol[i] = bitSymbol(view, address + (bit >> 3), bit & 7);
  }
}

/** Bit addresses below byte 8,192 whose symbols are kept at hand; the others are made anew each time. */
const BITS_CACHED = 65_536;
const bitSymbols = new WeakMap<SymbolTable, Int32Array>();

/** Symbol of a bit address as people write it: `12.3`. */
export function bitSymbol(view: MessageView, byte: number, bit: number): number {
  const place = byte * 8 + bit;
  if (place >= BITS_CACHED) return view.symbols.internText(`${byte}.${bit}`);
  let known = bitSymbols.get(view.symbols);
  if (known === undefined) {
    known = new Int32Array(BITS_CACHED).fill(NO_SYMBOL);
    bitSymbols.set(view.symbols, known);
  }
  if (known[place] === NO_SYMBOL) known[place] = view.symbols.internText(`${byte}.${bit}`);
  return known[place]!;
}

/** Lower-case hexadecimal of a short byte range. */
export function hexText(bytes: Uint8Array, from: number, end: number): string {
  let text = '';
  for (let i = from; i < end && i < from + 64; i++) text += bytes[i]!.toString(16).padStart(2, '0');
  return text;
}
