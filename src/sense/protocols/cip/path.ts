/**
 * Paths (EPATH; The CIP Networks Library, Volume 1, appendix C-1): where a request goes. A logical path names class, instance and
 * attribute; a symbolic one names a tag with members and indexes; port segments name the route through a chassis or network.
 * The name of a path is built in one scratch buffer and interned, so that no string is made for a path seen before.
 */
import { SYMBOL_BYTES_MAX } from '../../../limits.ts';
import { NO_SYMBOL } from '../message-view.ts';
import type { SymbolTable } from '../symbols.ts';
import { u16le, u32le } from '../values.ts';
import { CLASS } from './classes.ts';
import { AREA } from './names.ts';

/** Logical segment types (C-1.4.2), bits 4 to 2. */
const LOGICAL = { class: 0, instance: 1, member: 2, connectionPoint: 3, attribute: 4, special: 5 } as const;
/** Segments with a fixed first octet. */
const ANSI_SYMBOL = 0x91;
const SIMPLE_DATA = 0x80;

/** A field the path does not have. */
export const NOT_GIVEN = -1;

const scratch = new Uint8Array(SYMBOL_BYTES_MAX);
let used = 0;

function putByte(byte: number): void {
  if (used < scratch.length) scratch[used++] = byte;
}

function putDecimal(value: number): void {
  let scale = 1;
  while (scale * 10 <= value) scale *= 10;
  for (let rest = value; scale >= 1; scale /= 10) {
    const digit = Math.floor(rest / scale);
    putByte(0x30 + digit);
    rest -= digit * scale;
  }
}

function putHex(value: number): void {
  putByte(0x30);
  putByte(0x78);
  let digits = 2;
  while (digits < 8 && value >= 16 ** digits) digits++;
  for (let k = digits - 1; k >= 0; k--) {
    const digit = Math.floor(value / 16 ** k) % 16;
    putByte(digit < 10 ? 0x30 + digit : 0x57 + digit);
  }
}

/** Symbol of `<class hex>.<instance>.<attribute>`; a part `NOT_GIVEN` ends the name. */
export function attributeSymbol(symbols: SymbolTable, cls: number, instance: number, attribute: number): number {
  used = 0;
  return objectSymbol(symbols, cls, instance, attribute);
}

/** The same behind what stands in the scratch buffer. */
function objectSymbol(symbols: SymbolTable, cls: number, instance: number, attribute: number): number {
  putHex(cls);
  if (instance !== NOT_GIVEN) {
    putByte(0x2e);
    putDecimal(instance);
    if (attribute !== NOT_GIVEN) {
      putByte(0x2e);
      putDecimal(attribute);
    }
  }
  return symbols.intern(scratch, 0, used);
}

/** Symbol of a data table address: `N7:0`, `T4:2.1`; `letters` are ASCII, a `sub` of `NOT_GIVEN` is left out. */
export function fileSymbol(symbols: SymbolTable, letters: string, file: number, element: number, sub: number): number {
  used = 0;
  for (let i = 0; i < letters.length; i++) putByte(letters.charCodeAt(i));
  putDecimal(file);
  putByte(0x3a);
  putDecimal(element);
  if (sub !== NOT_GIVEN) {
    putByte(0x2e);
    putDecimal(sub);
  }
  return symbols.intern(scratch, 0, used);
}

/** Symbol of a connection by its id: `0x80fe0013`. */
export function connectionSymbol(symbols: SymbolTable, id: number): number {
  used = 0;
  putHex(id);
  return symbols.intern(scratch, 0, used);
}

/** One path, read. Reused: valid until the next `read`. */
export class CipPath {
  cls = NOT_GIVEN;
  instance = NOT_GIVEN;
  attribute = NOT_GIVEN;
  /** First and second connection point (consumed, produced). */
  point = NOT_GIVEN;
  secondPoint = NOT_GIVEN;
  /** Name of the tag, or of class, instance and attribute; `NO_SYMBOL` for a path without either. */
  symbol = NO_SYMBOL;
  /** Name of the route (`1/0`), or `NO_SYMBOL`. */
  route = NO_SYMBOL;
  /** Area of `symbol`. */
  area: number = AREA.attribute;
  /** True where the path names a tag, by name or by instance of the symbol class. */
  isTag = false;
  /** Offset of the segment that could not be read, or -1. */
  badAt = -1;
  #member = false;
  /** Objects the target lies in (a routine in a program): `0x68.9248.` as octets. */
  readonly #within = new Uint8Array(64);
  #withinLength = 0;

  /** Symbol of an attribute of the object this path names. */
  attributeSymbol(symbols: SymbolTable, attribute: number): number {
    used = 0;
    for (let i = 0; i < this.#withinLength; i++) putByte(this.#within[i]!);
    return objectSymbol(symbols, this.cls, this.instance !== NOT_GIVEN ? this.instance : this.point, attribute);
  }

  /** Reads `at` … `end`. What stands before a bad segment is kept. */
  read(bytes: Uint8Array, at: number, end: number, symbols: SymbolTable): void {
    this.cls = this.instance = this.attribute = this.point = this.secondPoint = NOT_GIVEN;
    this.symbol = this.route = NO_SYMBOL;
    this.area = AREA.attribute;
    this.isTag = this.#member = false;
    this.badAt = -1;
    this.#withinLength = 0;
    used = 0;
    // The route comes first: its name is done before that of the target begins in the same buffer.
    let next = this.#ports(bytes, at, end);
    if (used > 0) this.route = symbols.intern(scratch, 0, used);
    used = 0;
    while (next < end) {
      const after = this.#segment(bytes, next, end);
      if (after <= next || after > end) {
        this.badAt = next;
        break;
      }
      next = after;
    }
    this.#name(symbols);
  }

  #name(symbols: SymbolTable): void {
    if (this.isTag) {
      this.area = AREA.tag;
      this.symbol = symbols.intern(scratch, 0, used);
    } else if (this.cls !== NOT_GIVEN) {
      this.symbol = this.attributeSymbol(symbols, this.attribute);
    }
  }

  /** Port segments (C-1.4.1): port, then a link address of one octet or, with the extended bit, a text. */
  #ports(bytes: Uint8Array, at: number, end: number): number {
    let next = at;
    while (next + 2 <= end && bytes[next]! < 0x20) {
      const head = bytes[next]!;
      let from = next + 1;
      const extended = (head & 0x10) !== 0;
      const length = extended ? bytes[from++]! : 1;
      let port = head & 0x0f;
      if (port === 0x0f) {
        port = from + 2 <= end ? u16le(bytes, from) : port;
        from += 2;
      }
      if (from + length > end) {
        this.badAt = next;
        return end;
      }
      if (used > 0) putByte(0x2f);
      putDecimal(port);
      putByte(0x2f);
      if (extended) for (let i = from; i < from + length; i++) putByte(bytes[i]!);
      else putDecimal(bytes[from]!);
      next = from + length;
      if (((next - at) & 1) === 1) next++;
    }
    return next < end ? next : end;
  }

  /** One segment; returns the offset after it, or `at` where it cannot be read. */
  #segment(bytes: Uint8Array, at: number, end: number): number {
    const head = bytes[at]!;
    if (head === ANSI_SYMBOL) return this.#ansi(bytes, at, end);
    switch (head >> 5) {
      case 0:
        // A port after the target would be a route inside a route: nobody sends it.
        return at;
      case 1:
        return this.#logical(bytes, at, end);
      case 2:
        // Network segments (C-1.4.3): the extended ones state their length in words.
        return (head & 0x10) !== 0 ? (at + 1 < end ? at + 2 + 2 * bytes[at + 1]! : at) : at + 2;
      case 3: {
        // Symbolic segment (C-1.4.4), the short form: the length stands in the low bits.
        const length = head & 0x1f;
        if (length === 0 || at + 1 + length > end) return at;
        this.#text(bytes, at + 1, length);
        return at + 1 + length + ((length + 1) & 1);
      }
      case 4:
        return head === SIMPLE_DATA && at + 1 < end ? at + 2 + 2 * bytes[at + 1]! : at;
      default:
        return at;
    }
  }

  #ansi(bytes: Uint8Array, at: number, end: number): number {
    if (at + 2 > end) return at;
    const length = bytes[at + 1]!;
    if (length === 0 || at + 2 + length > end) return at;
    this.#text(bytes, at + 2, length);
    return Math.min(end, at + 2 + length + (length & 1));
  }

  /** A name, or a member of what was named before. */
  #text(bytes: Uint8Array, at: number, length: number): void {
    if (this.isTag) putByte(0x2e);
    this.isTag = true;
    this.#member = false;
    for (let i = at; i < at + length; i++) putByte(bytes[i]!);
  }

  /** Logical segment (C-1.4.2): the two low bits say how many octets the value has; wider ones are padded. */
  #logical(bytes: Uint8Array, at: number, end: number): number {
    const head = bytes[at]!;
    const type = (head >> 2) & 7;
    const format = head & 3;
    if (type === LOGICAL.special) return at + 1 < end && bytes[at + 1] === 4 ? at + 10 : at;
    const length = format === 0 ? 2 : format === 1 ? 4 : 6;
    if (format === 3 || at + length > end) return at;
    const value = format === 0 ? bytes[at + 1]! : format === 1 ? u16le(bytes, at + 2) : u32le(bytes, at + 2);
    switch (type) {
      case LOGICAL.class:
        if (this.cls !== NOT_GIVEN && !this.isTag) this.#nest();
        this.cls = value;
        break;
      case LOGICAL.instance:
        this.instance = value;
        if (this.cls === CLASS.symbol && value !== 0) this.#symbolInstance(value);
        break;
      case LOGICAL.member:
        this.#index(value);
        break;
      case LOGICAL.connectionPoint:
        if (this.point === NOT_GIVEN) this.point = value;
        else this.secondPoint = value;
        break;
      case LOGICAL.attribute:
        this.attribute = value;
        break;
    }
    return at + length;
  }

  /** A second class: the object read so far contains the target. */
  #nest(): void {
    used = 0;
    for (let i = 0; i < this.#withinLength; i++) putByte(this.#within[i]!);
    putHex(this.cls);
    putByte(0x2e);
    if (this.instance !== NOT_GIVEN) {
      putDecimal(this.instance);
      putByte(0x2e);
    }
    this.#withinLength = Math.min(used, this.#within.length);
    for (let i = 0; i < this.#withinLength; i++) this.#within[i] = scratch[i]!;
    used = 0;
    this.instance = this.attribute = NOT_GIVEN;
  }

  /** Tags are also addressed by instance of the symbol class (1756-PM020, "Symbol instance addressing"). */
  #symbolInstance(value: number): void {
    // Inside a program: `Program:Main.#7`.
    if (this.isTag) putByte(0x2e);
    this.isTag = true;
    putByte(0x23);
    putDecimal(value);
  }

  /** `[3]`; several in a row are one index with several dimensions. */
  #index(value: number): void {
    if (!this.isTag) return;
    if (this.#member && scratch[used - 1] === 0x5d) {
      used--;
      putByte(0x2c);
    } else putByte(0x5b);
    putDecimal(value);
    putByte(0x5d);
    this.#member = true;
  }
}
