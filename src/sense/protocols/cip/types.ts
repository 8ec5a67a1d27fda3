/** Elementary data types (The CIP Networks Library, Volume 1, C-6.1) and those of well-known attributes. */
import { u16le, VALUE_TYPE } from '../values.ts';

/** Type codes that need a treatment of their own. */
export const CIP_TYPE = {
  bool: 0xc1,
  sint: 0xc2,
  int: 0xc3,
  dint: 0xc4,
  lint: 0xc5,
  usint: 0xc6,
  uint: 0xc7,
  udint: 0xc8,
  ulint: 0xc9,
  real: 0xca,
  lreal: 0xcb,
  string: 0xd0,
  byte: 0xd1,
  word: 0xd2,
  dword: 0xd3,
  lword: 0xd4,
  shortString: 0xda,
  /** Abbreviated structure: a 16-bit handle follows (1756-PM020). */
  structure: 0x02a0,
} as const;

/** Handle of the predefined structure STRING of Logix controllers: length (DINT), then 82 characters (1756-PM020). */
export const LOGIX_STRING_HANDLE = 0x0fce;
/** Bytes of a Logix STRING on the wire, padding included. [bytes] */
export const LOGIX_STRING_BYTES = 88;

/** Element type by type code; `none` where this table knows none. */
const ELEMENT = new Uint8Array(256);
ELEMENT[CIP_TYPE.bool] = VALUE_TYPE.bool;
ELEMENT[CIP_TYPE.sint] = VALUE_TYPE.int8;
ELEMENT[CIP_TYPE.int] = VALUE_TYPE.int16le;
ELEMENT[CIP_TYPE.dint] = VALUE_TYPE.int32le;
ELEMENT[CIP_TYPE.lint] = VALUE_TYPE.int64le;
ELEMENT[CIP_TYPE.usint] = VALUE_TYPE.uint8;
ELEMENT[CIP_TYPE.uint] = VALUE_TYPE.uint16le;
ELEMENT[CIP_TYPE.udint] = VALUE_TYPE.uint32le;
ELEMENT[CIP_TYPE.ulint] = VALUE_TYPE.uint64le;
ELEMENT[CIP_TYPE.real] = VALUE_TYPE.float32le;
ELEMENT[CIP_TYPE.lreal] = VALUE_TYPE.float64le;
ELEMENT[0xcc] = VALUE_TYPE.int32le; // STIME
ELEMENT[0xcd] = VALUE_TYPE.uint16le; // DATE
ELEMENT[0xce] = VALUE_TYPE.uint32le; // TIME_OF_DAY
ELEMENT[CIP_TYPE.byte] = VALUE_TYPE.uint8;
ELEMENT[CIP_TYPE.word] = VALUE_TYPE.uint16le;
ELEMENT[CIP_TYPE.dword] = VALUE_TYPE.uint32le;
ELEMENT[CIP_TYPE.lword] = VALUE_TYPE.uint64le;
ELEMENT[0xd6] = VALUE_TYPE.int32le; // FTIME
ELEMENT[0xd7] = VALUE_TYPE.int64le; // LTIME
ELEMENT[0xd8] = VALUE_TYPE.int16le; // ITIME
ELEMENT[0xdb] = VALUE_TYPE.int32le; // TIME
ELEMENT[CIP_TYPE.string] = VALUE_TYPE.text;
ELEMENT[CIP_TYPE.shortString] = VALUE_TYPE.text;

/** Element type of a CIP type code; `VALUE_TYPE.none` for structures and what is not known. */
export function elementType(code: number): number {
  return code < 0x100 ? ELEMENT[code]! : VALUE_TYPE.none;
}

/** Kind of value of an attribute, beyond the plain element types: text with a one- or two-octet length in front. */
export const ATTRIBUTE_SHORT_TEXT = 0x40;
export const ATTRIBUTE_TEXT = 0x41;
/** An attribute this table does not know. */
export const ATTRIBUTE_UNKNOWN = 0xff;

const { uint8, uint16le, uint32le, uint64le, bool, bytes } = VALUE_TYPE;
/** Class → attribute → type. Volume 1, 5A-2 (Identity), 5A-5 (Assembly), 5-47 (Time Sync); Volume 2, 5-4 (TCP/IP, Ethernet Link). */
const ATTRIBUTE_TYPES: Readonly<Record<number, Readonly<Record<number, number>>>> = {
  0x01: {
    1: uint16le,
    2: uint16le,
    3: uint16le,
    4: bytes,
    5: uint16le,
    6: uint32le,
    7: ATTRIBUTE_SHORT_TEXT,
    8: uint8,
    9: uint16le,
    10: uint8,
  },
  0x04: { 3: bytes, 4: uint16le },
  0x43: { 1: bool, 2: bool, 3: uint64le },
  // Logix wall clock, µs since 1970: 6 is written, 11 is local time.
  0x8b: { 6: uint64le, 11: uint64le },
  0xf5: { 1: uint32le, 2: uint32le, 3: uint32le, 5: bytes, 6: ATTRIBUTE_TEXT, 8: uint8 },
  0xf6: { 1: uint32le, 2: uint32le, 3: bytes },
};

/** How the value of an attribute reads: a `VALUE_TYPE`, one of the text kinds, or `ATTRIBUTE_UNKNOWN`. */
export function attributeType(cls: number, attribute: number): number {
  return ATTRIBUTE_TYPES[cls]?.[attribute] ?? ATTRIBUTE_UNKNOWN;
}

/** Bytes of text behind a length of one octet (`short`) or two, cut at `end`. */
export function textLength(data: Uint8Array, at: number, end: number, short: boolean): number {
  const head = short ? 1 : 2;
  if (at + head > end) return 0;
  const stated = short ? data[at]! : u16le(data, at);
  return Math.min(stated, end - at - head);
}
