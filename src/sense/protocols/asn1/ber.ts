/**
 * A bounded reader of BER elements (ITU-T X.690, 8.1), shared by MMS, GOOSE and Sampled Values. Reads in place, allocates nothing,
 * throws never: an element that does not fit says so. Indefinite lengths (8.1.3.6) are followed to a bounded depth.
 */
import { BER_INDEFINITE_DEPTH_MAX } from '../../../limits.ts';

/** Bits of the first identifier octet (8.1.2). */
export const CLASS_MASK = 0xc0;
export const CLASS_CONTEXT = 0x80;
export const CONSTRUCTED = 0x20;
const HIGH_TAG = 0x1f;
/** Octets after the first of a high tag number that are followed: numbers up to 16,383. */
const HIGH_TAG_OCTETS_MAX = 2;
const INDEFINITE = 0x80;
/** Length octets that are followed; no buffer here is longer than they can say. */
const LENGTH_OCTETS_MAX = 4;

/** Universal tags that occur (8.1.2, X.680). */
export const UNIVERSAL = { integer: 0x02, objectId: 0x06, external: 0x28, sequence: 0x30, set: 0x31 } as const;

/** The element last read. One instance a user: reading a nested element overwrites it, so copy what is needed later. */
export class Element {
  /** First identifier octet; for high tag numbers plus 256 times the number (`0xbf 0x48` is 0x48bf). */
  tag = 0;
  /** First content octet, one past the last, and where the next element begins. */
  at = 0;
  end = 0;
  next = 0;
  /** True where the content should go on past the limit: `end` is the limit then, and a primitive is not to be trusted. */
  cut = false;

  /** Reads the element at `at`; false where no header of one fits before `limit`. */
  read(bytes: Uint8Array, at: number, limit: number): boolean {
    this.cut = false;
    if (at + 2 > limit) return false;
    let next = at + 1;
    let tag = bytes[at]!;
    if ((tag & HIGH_TAG) === HIGH_TAG) {
      let number = 0;
      for (let octet = INDEFINITE; (octet & 0x80) !== 0; next++) {
        if (next >= limit || next - at > HIGH_TAG_OCTETS_MAX) return false;
        octet = bytes[next]!;
        number = number * 128 + (octet & 0x7f);
      }
      tag += number * 0x100;
    }
    this.tag = tag;
    return this.#length(bytes, next, limit);
  }

  #length(bytes: Uint8Array, at: number, limit: number): boolean {
    if (at >= limit) return false;
    const first = bytes[at]!;
    if (first < INDEFINITE) return this.#content(at + 1, first, limit);
    if (first === INDEFINITE) {
      this.at = at + 1;
      const end = (this.tag & CONSTRUCTED) === 0 ? -1 : contentsEnd(bytes, at + 1, limit, BER_INDEFINITE_DEPTH_MAX);
      if (end < 0) return false;
      this.end = end;
      this.next = end + 2;
      return true;
    }
    const count = first - INDEFINITE;
    if (count > LENGTH_OCTETS_MAX || at + 1 + count > limit) return false;
    let length = 0;
    for (let i = 1; i <= count; i++) length = length * 256 + bytes[at + i]!;
    return this.#content(at + 1 + count, length, limit);
  }

  #content(at: number, length: number, limit: number): boolean {
    this.at = at;
    this.cut = length > limit - at;
    this.end = this.cut ? limit : at + length;
    this.next = this.end;
    return true;
  }
}

/** Tag number without class and form. */
export function tagNumber(tag: number): number {
  return tag > 0xff ? tag >> 8 : tag & HIGH_TAG;
}

/** True for tags of the context class. */
export function isContext(tag: number): boolean {
  return (tag & CLASS_MASK) === CLASS_CONTEXT;
}

/** Where the end-of-contents octets of an indefinite length stand; -1 where there are none, or too deep. */
function contentsEnd(bytes: Uint8Array, from: number, limit: number, depth: number): number {
  let at = from;
  while (at + 2 <= limit) {
    if (bytes[at] === 0 && bytes[at + 1] === 0) return at;
    at = afterElement(bytes, at, limit, depth);
    if (at < 0) return -1;
  }
  return -1;
}

/** Offset after the element at `at`; -1 where it does not fit. */
function afterElement(bytes: Uint8Array, at: number, limit: number, depth: number): number {
  let next = at + 1;
  if ((bytes[at]! & HIGH_TAG) === HIGH_TAG) {
    while (next < limit && (bytes[next]! & 0x80) !== 0) next++;
    next++;
  }
  if (next >= limit) return -1;
  const first = bytes[next++]!;
  if (first === INDEFINITE) {
    const end = depth === 0 ? -1 : contentsEnd(bytes, next, limit, depth - 1);
    return end < 0 ? -1 : end + 2;
  }
  let length = first;
  if (first > INDEFINITE) {
    const count = first - INDEFINITE;
    if (count > LENGTH_OCTETS_MAX || next + count > limit) return -1;
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + bytes[next + i]!;
    next += count;
  }
  return length > limit - next ? -1 : next + length;
}

/** Unsigned number in big-endian octets; exact up to 53 bits. */
export function unsignedAt(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let i = at; i < end; i++) value = value * 256 + bytes[i]!;
  return value;
}

/** INTEGER (8.3): two's complement; exact up to 53 bits. */
export function integerAt(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return 0;
  // From the signed first octet on, so that small negative numbers in many octets stay exact.
  let value = (bytes[at]! << 24) >> 24;
  for (let i = at + 1; i < end; i++) value = value * 256 + bytes[i]!;
  return value;
}

/** OBJECT IDENTIFIER in dotted form (8.19); empty where it is none. Not for the packet path: makes a string. */
export function objectIdText(bytes: Uint8Array, at: number, end: number): string {
  if (at >= end || end - at > 32) return '';
  const parts: number[] = [];
  let value = 0;
  for (let i = at; i < end; i++) {
    value = value * 128 + (bytes[i]! & 0x7f);
    if ((bytes[i]! & 0x80) !== 0) continue;
    if (parts.length > 0) parts.push(value);
    else if (value < 80) parts.push(Math.floor(value / 40), value % 40);
    else parts.push(2, value - 80);
    value = 0;
  }
  return parts.join('.');
}

/** Octets as text, unprintable ones as dots. Not for the packet path: makes a string. */
export function printableText(bytes: Uint8Array, at: number, end: number): string {
  let text = '';
  for (let i = at; i < end; i++) {
    const octet = bytes[i]!;
    text += octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : '.';
  }
  return text;
}
