/**
 * Numbers of variable length and typed values of S7-plus. A number is written in groups of seven bits, highest first, bit 7 set where
 * another octet follows; signed ones keep the sign in bit 6 of the first octet; the ninth octet of a 64-bit number is whole.
 */
import { S7PLUS_DEPTH_MAX, S7PLUS_VALUES_MAX } from '../../../limits.ts';
import { readElement, u16, u32, VALUE_TYPE, VALUE_TYPE_BYTES } from '../values.ts';

/** Types of values. */
export const TYPE = {
  null: 0x00,
  bool: 0x01,
  usint: 0x02,
  uint: 0x03,
  udint: 0x04,
  ulint: 0x05,
  sint: 0x06,
  int: 0x07,
  dint: 0x08,
  lint: 0x09,
  byte: 0x0a,
  word: 0x0b,
  dword: 0x0c,
  lword: 0x0d,
  real: 0x0e,
  lreal: 0x0f,
  timestamp: 0x10,
  timespan: 0x11,
  rid: 0x12,
  aid: 0x13,
  blob: 0x14,
  wstring: 0x15,
  struct: 0x17,
} as const;

const FLAG_ARRAY = 0x10;
const FLAG_ADDRESS_ARRAY = 0x20;
const FLAG_SPARSE_ARRAY = 0x40;

/** Element type in the view of types with a fixed width; 0 elsewhere. */
const FIXED: readonly number[] = [
  0,
  VALUE_TYPE.bool,
  VALUE_TYPE.uint8,
  VALUE_TYPE.uint16,
  0,
  0,
  VALUE_TYPE.int8,
  VALUE_TYPE.int16,
  0,
  0,
  VALUE_TYPE.uint8,
  VALUE_TYPE.uint16,
  VALUE_TYPE.uint32,
  VALUE_TYPE.uint64,
  VALUE_TYPE.float32,
  VALUE_TYPE.float64,
  VALUE_TYPE.uint64,
  0,
  VALUE_TYPE.uint32,
];

/** A walk over the octets of one message; after the first error `failed` stays true and every number is 0. */
export class Reader {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;
  failed = false;

  /** What `value` found: type in the view, elements, first octet, octets, and the number where it is one. */
  type: number = VALUE_TYPE.none;
  elements = 0;
  offset = -1;
  length = 0;
  number = Number.NaN;
  /** Texts met inside the last value (structures), with the id of their element; for identity. */
  onText: ((id: number, from: number, end: number) => void) | null = null;
  #values = 0;

  /** Begins at `at`. */
  begin(bytes: Uint8Array, at: number, end: number): void {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.failed = false;
    this.#values = 0;
    this.onText = null;
  }

  u8(): number {
    if (this.at + 1 > this.end) return this.#fail();
    return this.bytes[this.at++]!;
  }

  u16(): number {
    if (this.at + 2 > this.end) return this.#fail();
    this.at += 2;
    return u16(this.bytes, this.at - 2);
  }

  u32(): number {
    if (this.at + 4 > this.end) return this.#fail();
    this.at += 4;
    return u32(this.bytes, this.at - 4);
  }

  skip(count: number): void {
    if (count > this.end - this.at) this.#fail();
    else this.at += count;
  }

  /** Unsigned number of up to 32 bits. */
  vlq(): number {
    let value = 0;
    for (let k = 0; k < 5; k++) {
      const octet = this.u8();
      value = value * 128 + (octet & 0x7f);
      if (octet < 0x80) return value % 0x100000000;
    }
    return this.#fail();
  }

  /** Signed number of up to 32 bits. */
  signedVlq(): number {
    return this.#signed(5);
  }

  /** Unsigned number of up to 64 bits (a double: exact to 2^53); its low 16 bits are in `low16`. */
  vlq64(): number {
    let value = 0;
    let low = 0;
    for (let k = 0; k < 9; k++) {
      const octet = this.u8();
      if (k === 8) {
        this.low16 = ((low << 8) | octet) & 0xffff;
        return value * 256 + octet;
      }
      value = value * 128 + (octet & 0x7f);
      low = ((low << 7) | (octet & 0x7f)) & 0xffffff;
      if (octet < 0x80) break;
    }
    this.low16 = low & 0xffff;
    return value;
  }
  low16 = 0;

  #signed(octets: number): number {
    let value = 0;
    for (let k = 0; k < octets; k++) {
      const octet = this.u8();
      if (k === 0) value = (octet & 0x40) !== 0 ? (octet & 0x7f) - 0x80 : octet & 0x3f;
      else if (k === 8) return value * 256 + octet;
      else value = value * 128 + (octet & 0x7f);
      if (octet < 0x80) return value;
    }
    return this.#fail();
  }

  /** Flags, type, value. False where it cannot be read; then nothing after it can. `id` is handed on to `onText`. */
  value(id = 0, depth = 0): boolean {
    const flags = this.u8();
    const type = this.u8();
    this.elements = 1;
    this.offset = this.at;
    this.length = 0;
    this.number = Number.NaN;
    this.type = VALUE_TYPE.none;
    if (++this.#values > S7PLUS_VALUES_MAX || depth > S7PLUS_DEPTH_MAX) return this.#fail() !== 0;
    if ((flags & FLAG_SPARSE_ARRAY) !== 0) return this.#sparse(type, id, depth);
    if ((flags & (FLAG_ARRAY | FLAG_ADDRESS_ARRAY)) !== 0) return this.#array(type, id, depth);
    return this.#single(type, id, depth);
  }

  #single(type: number, id: number, depth: number): boolean {
    const start = this.at;
    this.offset = start;
    const fixed = FIXED[type] ?? 0;
    if (fixed !== 0) {
      this.skip(VALUE_TYPE_BYTES[fixed]!);
      this.type = fixed;
      if (!this.failed) this.number = readElement(this.bytes, start, fixed, 0);
      return !this.failed;
    }
    switch (type) {
      case TYPE.null:
        return !this.failed;
      case TYPE.udint:
      case TYPE.aid:
        return this.#numeric(VALUE_TYPE.uint32, this.vlq());
      case TYPE.dint:
        return this.#numeric(VALUE_TYPE.int32, this.signedVlq());
      case TYPE.ulint:
        return this.#numeric(VALUE_TYPE.uint64, this.vlq64());
      case TYPE.lint:
      case TYPE.timespan:
        return this.#numeric(VALUE_TYPE.int64, this.#signed(9));
      case TYPE.wstring:
        return this.#run(VALUE_TYPE.text, id);
      case TYPE.blob:
        // Root id, then length and octets; with a root the layout is another and nobody has described it.
        return this.vlq() === 0 ? this.#run(VALUE_TYPE.bytes, id) : this.#fail() !== 0;
      case TYPE.struct:
        return this.#struct(depth);
      default:
        return this.#fail() !== 0;
    }
  }

  #numeric(type: number, value: number): boolean {
    this.type = type;
    this.number = value;
    return !this.failed;
  }

  /** Length and as many octets. */
  #run(type: number, id: number): boolean {
    const length = this.vlq();
    const from = this.at;
    this.skip(length);
    if (this.failed) return false;
    this.type = type;
    this.offset = from;
    this.length = length;
    if (type === VALUE_TYPE.text) this.onText?.(id, from, from + length);
    return true;
  }

  #array(type: number, id: number, depth: number): boolean {
    const count = this.vlq();
    const from = this.at;
    const fixed = FIXED[type] ?? 0;
    if (fixed !== 0) {
      this.skip(count * VALUE_TYPE_BYTES[fixed]!);
      this.type = fixed;
      this.elements = count;
      this.offset = from;
      return !this.failed;
    }
    // Nulls take no octets and have nothing to read; of anything else an element takes one at least, so a larger count lies.
    if (type === TYPE.null) return this.#whole(from);
    if (count > this.end - this.at) return this.#fail() !== 0;
    for (let k = 0; k < count && !this.failed; k++) if (!this.#single(type, id, depth + 1)) return false;
    return this.#whole(from);
  }

  /** Pairs of key and value until key 0. */
  #sparse(type: number, id: number, depth: number): boolean {
    const from = this.at;
    while (!this.failed && this.vlq() !== 0) if (!this.#single(type, id, depth + 1)) return false;
    return this.#whole(from);
  }

  /** Id, then elements (id, value) until id 0; system types are packed: time, flags, length, octets. */
  #struct(depth: number): boolean {
    const from = this.at;
    const id = this.u32();
    if (depth >= S7PLUS_DEPTH_MAX) return this.#fail() !== 0;
    if ((id > 0x90000000 && id < 0x9fffffff) || (id > 0x02000000 && id < 0x02ffffff)) {
      this.skip(8);
      this.vlq();
      this.skip(this.vlq());
      return this.#whole(from);
    }
    for (;;) {
      const element = this.vlq();
      if (this.failed) return false;
      if (element === 0) return this.#whole(from);
      if (!this.value(element, depth + 1)) return false;
    }
  }

  /** A composed value: its octets as they stand. */
  #whole(from: number): boolean {
    this.type = VALUE_TYPE.bytes;
    this.elements = 1;
    this.offset = from;
    this.length = this.at - from;
    this.number = Number.NaN;
    return !this.failed;
  }

  #fail(): number {
    this.failed = true;
    this.at = this.end;
    return 0;
  }
}
