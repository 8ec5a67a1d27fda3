/** Common name of the subject of an X.509 certificate (RFC 5280, 4.1), by walking its DER (X.690); nothing is verified. */
import { FACT_CHARACTERS_MAX } from '../../../limits.ts';

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const VERSION = 0xa0;
const OBJECT_ID = 0x06;
/** id-at-commonName, 2.5.4.3. */
const COMMON_NAME = [0x55, 0x04, 0x03] as const;

const element = { tag: 0, from: 0, to: 0 };

/** Reads the element at `at` into `element`; false where it does not fit or has another tag. */
function readTagged(bytes: Uint8Array, at: number, end: number, tag: number): boolean {
  return read(bytes, at, end) && element.tag === tag;
}
const decoder = new TextDecoder();

/** Reads the element at `at` into `element`; false where it does not fit. */
function read(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + 2 > end) return false;
  element.tag = bytes[at]!;
  let length = bytes[at + 1]!;
  let from = at + 2;
  if (length >= 0x80) {
    const octets = length & 0x7f;
    if (octets === 0 || octets > 3 || from + octets > end) return false;
    length = 0;
    for (let i = 0; i < octets; i++) length = length * 256 + bytes[from++]!;
  }
  element.from = from;
  element.to = from + length;
  return element.to <= end;
}

/** The common name, or empty where the bytes hold no certificate with one. A chain begins with the owner's own certificate. */
export function commonName(bytes: Uint8Array, at: number, end: number): string {
  if (!readTagged(bytes, at, end, SEQUENCE)) return '';
  if (!readTagged(bytes, element.from, element.to, SEQUENCE)) return '';
  let next = element.from;
  const last = element.to;
  if (readTagged(bytes, next, last, VERSION)) next = element.to;
  // serial number, signature algorithm, issuer, validity; then the subject
  for (const tag of [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE]) {
    if (!readTagged(bytes, next, last, tag)) return '';
    next = element.to;
  }
  if (!readTagged(bytes, next, last, SEQUENCE)) return '';
  return nameIn(bytes, element.from, element.to);
}

function nameIn(bytes: Uint8Array, at: number, end: number): string {
  for (let next = at; next < end; ) {
    if (!readTagged(bytes, next, end, SET)) return '';
    next = element.to;
    const setEnd = element.to;
    if (!readTagged(bytes, element.from, setEnd, SEQUENCE)) continue;
    const pairEnd = element.to;
    if (!readTagged(bytes, element.from, pairEnd, OBJECT_ID)) continue;
    const isName =
      element.to - element.from === 3 && COMMON_NAME.every((octet, i) => bytes[element.from + i] === octet);
    if (!isName || !read(bytes, element.to, pairEnd)) continue;
    const to = Math.min(element.to, element.from + FACT_CHARACTERS_MAX);
    return decoder.decode(bytes.subarray(element.from, to));
  }
  return '';
}
