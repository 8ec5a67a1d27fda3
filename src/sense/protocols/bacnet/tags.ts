/**
 * Tagged data of the application layer (ANSI/ASHRAE 135-2020, 20.2.1): tag number, class, length, and where the value stands. One
 * reader walks a message once; nothing is copied.
 */
import { u16, u32 } from '../values.ts';

/** Application tags (20.2.1.4). */
export const TAG = {
  null: 0,
  boolean: 1,
  unsigned: 2,
  signed: 3,
  real: 4,
  double: 5,
  octetString: 6,
  characterString: 7,
  bitString: 8,
  enumerated: 9,
  date: 10,
  time: 11,
  objectId: 12,
} as const;

/** Depth of opening tags followed; real messages have four. */
const DEPTH_MAX = 32;

export class TagReader {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the next tag begins; one past the last octet that may be read. */
  at = 0;
  end = 0;
  /** The current tag. */
  number = 0;
  context = false;
  opening = false;
  closing = false;
  /** Length of the value in octets; for an application boolean the value itself (20.2.3). */
  length = 0;
  /** Where the current tag and its value begin. */
  tagAt = 0;
  valueAt = 0;
  /** A tag or value went past the end. */
  bad = false;

  start(bytes: Uint8Array, at: number, end: number): void {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.bad = false;
  }

  /** Steps to the next tag (past the value of the current one); false at the end or where the data is broken. */
  next(): boolean {
    const { bytes, end } = this;
    let at = this.at;
    if (this.bad || at >= end) return false;
    this.tagAt = at;
    const first = bytes[at++]!;
    this.number = first >> 4;
    this.context = (first & 0x08) !== 0;
    const kind = first & 0x07;
    if (this.number === 15) {
      if (at >= end) return this.#fail();
      this.number = bytes[at++]!;
    }
    this.opening = this.context && kind === 6;
    this.closing = this.context && kind === 7;
    this.length = 0;
    if (!this.opening && !this.closing) {
      this.length = kind;
      if (kind === 5) {
        if (at >= end) return this.#fail();
        this.length = bytes[at++]!;
        if (this.length === 254) {
          if (end - at < 2) return this.#fail();
          this.length = u16(bytes, at);
          at += 2;
        } else if (this.length === 255) {
          if (end - at < 4) return this.#fail();
          this.length = u32(bytes, at);
          at += 4;
        }
      }
    }
    this.valueAt = at;
    const size = !this.context && this.number === TAG.boolean ? 0 : this.length;
    if (size > end - at) return this.#fail();
    this.at = at + size;
    return true;
  }

  /** Steps to the next tag only where it is the context tag `number` with a value. */
  takeContext(number: number): boolean {
    if (!this.#peek(number, 0)) return false;
    return this.next();
  }

  /** Steps over the opening tag `number` where it comes next. */
  takeOpening(number: number): boolean {
    if (!this.#peek(number, 6)) return false;
    return this.next();
  }

  /** Steps over the closing tag `number` where it comes next. */
  takeClosing(number: number): boolean {
    if (!this.#peek(number, 7)) return false;
    return this.next();
  }

  /** Steps to the next tag only where it is the application tag `number`. */
  takeApplication(number: number): boolean {
    if (this.at >= this.end || this.bad) return false;
    const first = this.bytes[this.at]!;
    if (first >> 4 !== number || (first & 0x08) !== 0) return false;
    return this.next();
  }

  /** True where the next tag closes. */
  get atClosing(): boolean {
    return this.at < this.end && (this.bytes[this.at]! & 0x0f) === 0x0f;
  }

  /** The current tag opens: goes on behind its closing tag. False where there is none. */
  skipOpened(): boolean {
    let depth = 1;
    while (this.next()) {
      if (this.opening) depth++;
      else if (this.closing) depth--;
      if (depth === 0) return true;
      if (depth > DEPTH_MAX) break;
    }
    this.bad = true;
    return false;
  }

  /** The value as an unsigned number (20.2.4); above 2^53 not exact. NaN where it has no octets. */
  unsigned(): number {
    if (this.length === 0) return Number.NaN;
    let value = 0;
    for (let i = 0; i < this.length && i < 8; i++) value = value * 256 + this.bytes[this.valueAt + i]!;
    return value;
  }

  /** The value as a signed number (20.2.5). */
  signed(): number {
    if (this.length === 0 || this.length > 8) return Number.NaN;
    let value = (this.bytes[this.valueAt]! << 24) >> 24;
    for (let i = 1; i < this.length; i++) value = value * 256 + this.bytes[this.valueAt + i]!;
    return value;
  }

  #peek(number: number, kind: number): boolean {
    if (this.at >= this.end || this.bad) return false;
    const first = this.bytes[this.at]!;
    if ((first & 0x08) === 0) return false;
    if (first >> 4 === 15) {
      if (this.at + 1 >= this.end || this.bytes[this.at + 1] !== number) return false;
    } else if (first >> 4 !== number) return false;
    const found = first & 0x07;
    return kind === 0 ? found < 6 : found === kind;
  }

  #fail(): false {
    this.bad = true;
    return false;
  }
}
