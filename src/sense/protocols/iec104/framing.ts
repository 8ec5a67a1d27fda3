/**
 * Where the next APDU ends, and what its control field is. IEC 60870-5-104:2006, 5 (APCI): start 0x68, length of what follows (4 to
 * 253), four control octets; formats I, S and U by the lowest bits.
 */
import { NEED_MORE, NOT_MINE } from '../protocol.ts';
import { u16le } from '../values.ts';
import { U } from './names.ts';

export const START = 0x68;
/** Start, length, control field. [bytes] */
export const APCI_BYTES = 6;
/** Type, number of objects, cause (2), common address (2): what every ASDU begins with. [bytes] */
export const ASDU_HEADER_BYTES = 6;
/** Information object address. [bytes] */
export const ADDRESS_BYTES = 3;
/** Bounds of the length octet (5, figure 5). */
export const LENGTH_MIN = 4;
export const LENGTH_MAX = 253;
/** Sequence numbers count modulo this (5.1). */
export const SEQUENCES = 0x8000;

export const FORMAT = { i: 0, s: 1, u: 3 } as const;

/** Format by the first control octet. */
export function formatOf(control: number): number {
  return (control & 1) === 0 ? FORMAT.i : control & 3;
}

/** True where an APDU of the form the standard demands starts at `offset`, as far as its octets are there. */
export function startsApdu(bytes: Uint8Array, offset: number, end: number): boolean {
  const size = end - offset;
  if (size < 1 || bytes[offset] !== START) return false;
  if (size < 2) return true;
  const length = bytes[offset + 1]!;
  if (length < LENGTH_MIN || length > LENGTH_MAX) return false;
  return size < 3 || controlFits(bytes, offset + 2, length, size - 2);
}

/** Control octets at `at`, `present` of them there, by the rules of 5.1. */
function controlFits(bytes: Uint8Array, at: number, length: number, present: number): boolean {
  const first = bytes[at]!;
  if ((first & 1) === 0) {
    // I format: an ASDU follows; the lowest bit of the third octet is 0.
    return length >= LENGTH_MIN + ASDU_HEADER_BYTES && (present < 3 || (bytes[at + 2]! & 1) === 0);
  }
  if (length !== LENGTH_MIN) return false;
  if (first === 1) return (present < 2 || bytes[at + 1] === 0) && (present < 3 || (bytes[at + 2]! & 1) === 0);
  if (!isUFunction(first)) return false;
  for (let i = 1; i < 4 && i < present; i++) if (bytes[at + i] !== 0) return false;
  return true;
}

/** One of the six functions of U frames. */
export function isUFunction(control: number): boolean {
  return (
    control === U.startAct ||
    control === U.startCon ||
    control === U.stopAct ||
    control === U.stopCon ||
    control === U.testAct ||
    control === U.testCon
  );
}

/**
 * Length of the APDU at `offset`. Octets that cannot be one but have one behind them are one piece of junk up to it: a receiver
 * that lost its place looks for the next start.
 */
export function frameLength(bytes: Uint8Array, offset: number, end: number): number {
  if (bytes[offset] === START) {
    if (end - offset < 2) return NEED_MORE;
    const length = bytes[offset + 1]!;
    if (length >= LENGTH_MIN && length <= LENGTH_MAX) return length + 2;
  }
  for (let at = offset + 1; at + 2 <= end; at++) {
    if (bytes[at] === START && bytes[at + 1]! >= LENGTH_MIN && bytes[at + 1]! <= LENGTH_MAX) return at - offset;
  }
  return NOT_MINE;
}

/** Send sequence number of an I frame whose control field stands at `at`. */
export function sendSequence(bytes: Uint8Array, at: number): number {
  return u16le(bytes, at) >> 1;
}

/** Receive sequence number of an I or S frame whose control field stands at `at`. */
export function receiveSequence(bytes: Uint8Array, at: number): number {
  return u16le(bytes, at + 2) >> 1;
}
