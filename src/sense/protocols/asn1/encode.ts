/** Writers of BER elements and of `Data`: the inverse of `ber.ts` and `data.ts`. They build small arrays: for requests and tests, not for the packet path. */
import { BINARY_TIME_EPOCH_MS, DATA, DAY_MS } from './names.ts';

/** Octets of one element or of several. */
export type Octets = Uint8Array;

/** One element with a definite length; `tag` as in `Element.tag`. */
export function element(tag: number, ...content: readonly ArrayLike<number>[]): Octets {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  const head = [...tagOctets(tag), ...lengthOctets(length)];
  const out = new Uint8Array(head.length + length);
  out.set(head);
  let at = head.length;
  for (const part of content) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function tagOctets(tag: number): number[] {
  if (tag <= 0xff) return [tag];
  const number = tag >> 8;
  return number < 128 ? [tag & 0xff, number] : [tag & 0xff, 0x80 | (number >> 7), number & 0x7f];
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  if (length < 0x100) return [0x81, length];
  if (length < 0x10000) return [0x82, length >> 8, length & 0xff];
  return [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
}

/** Element with a text of one octet a character. */
export function textElement(tag: number, text: string): Octets {
  return element(
    tag,
    Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff),
  );
}

/** Element with an INTEGER in the fewest octets (X.690, 8.3.2). */
export function integerElement(tag: number, value: number): Octets {
  const octets: number[] = [];
  let rest = Math.trunc(value);
  do {
    octets.unshift(((rest % 256) + 256) % 256);
    rest = Math.floor(rest / 256);
  } while (!((rest === 0 && octets[0]! < 0x80) || (rest === -1 && octets[0]! >= 0x80)) && octets.length < 9);
  return element(tag, octets);
}

/** Writers of `Data`, one a type. */
export const data = {
  boolean: (value: boolean): Octets => element(DATA.boolean, [value ? 0xff : 0]),
  integer: (value: number): Octets => integerElement(DATA.integer, value),
  unsigned: (value: number): Octets => integerElement(DATA.unsigned, value),
  float32: (value: number): Octets => {
    const number = new DataView(new ArrayBuffer(4));
    number.setFloat32(0, value);
    return element(DATA.floatingPoint, [8], new Uint8Array(number.buffer));
  },
  float64: (value: number): Octets => {
    const number = new DataView(new ArrayBuffer(8));
    number.setFloat64(0, value);
    return element(DATA.floatingPoint, [11], new Uint8Array(number.buffer));
  },
  /** `bits` as they are written: `'10'` is Dbpos on. */
  bits: (bits: string): Octets => {
    const octets = new Uint8Array(Math.ceil(bits.length / 8));
    for (let i = 0; i < bits.length; i++) if (bits[i] === '1') octets[i >> 3]! |= 0x80 >> (i & 7);
    return element(DATA.bitString, [octets.length * 8 - bits.length], octets);
  },
  octets: (value: ArrayLike<number>): Octets => element(DATA.octetString, value),
  text: (value: string): Octets => textElement(DATA.visibleString, value),
  utcTime: (timeUs: number, quality = 0): Octets => element(DATA.utcTime, utcTimeOctets(timeUs, quality)),
  /** Milliseconds since 1970, not before 1984. */
  binaryTime: (timeMs: number): Octets => {
    const days = Math.floor((timeMs - BINARY_TIME_EPOCH_MS) / DAY_MS);
    const ms = timeMs - BINARY_TIME_EPOCH_MS - days * DAY_MS;
    return element(DATA.binaryTime, [...octets32(ms), days >> 8, days & 0xff]);
  },
  structure: (...members: readonly Octets[]): Octets => element(DATA.structure, ...members),
  array: (...members: readonly Octets[]): Octets => element(DATA.array, ...members),
} as const;

/** Seconds 4, fraction 3, quality 1 (IEC 61850-8-1, 8.1.3.6). */
export function utcTimeOctets(timeUs: number, quality = 0): number[] {
  const seconds = Math.floor(timeUs / 1_000_000);
  const fraction = Math.floor(((timeUs - seconds * 1_000_000) * 0x1000000) / 1_000_000);
  return [...octets32(seconds), fraction >> 16, (fraction >> 8) & 0xff, fraction & 0xff, quality];
}

/** Big-endian. */
export function octets32(value: number): number[] {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

/** Copies `octets` to `at` of `out`; returns the end. RangeError where they do not fit: the caller's mistake. */
export function putOctets(out: Uint8Array, at: number, octets: Octets): number {
  if (at + octets.length > out.length) throw new RangeError(`PDU of ${octets.length} bytes does not fit`);
  out.set(octets, at);
  return at + octets.length;
}
