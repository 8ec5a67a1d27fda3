/** Fragments of S7-plus: protocol id, version, length 2, data; the last of a message is followed by a header of length 0. */
import { u16 } from '../values.ts';
import { OPCODE, PROTOCOL_ID, VERSION } from './names.ts';

/** [bytes] */
export const HEADER_BYTES = 4;
/** Length octet and HMAC-SHA-256 before the data of version 3. [bytes] */
const DIGEST_BYTES = 32;

/** True where the octets at `at` begin like a fragment. */
export function looksLikeS7plus(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at] !== PROTOCOL_ID) return false;
  if (end - at < 2) return true;
  const version = bytes[at + 1]!;
  const known = (version >= VERSION.session && version <= VERSION.digest) || version >= VERSION.systemEvent;
  return known && (end - at < HEADER_BYTES || version >= VERSION.systemEvent || u16(bytes, at + 2) > 0);
}

/** TLS record header: content type 20 to 23, version 3.0 to 3.4 (RFC 8446, 5.1). */
export function looksLikeTls(bytes: Uint8Array, at: number, end: number): boolean {
  return end - at >= 5 && bytes[at]! >= 20 && bytes[at]! <= 23 && bytes[at + 1] === 3 && bytes[at + 2]! <= 4;
}

/** Where the data of a fragment begin: after the digest where there is one. */
export function dataStart(bytes: Uint8Array, at: number, end: number): number {
  const data = at + HEADER_BYTES;
  if (bytes[at + 1] !== VERSION.digest || bytes[data] !== DIGEST_BYTES) return data;
  return data + 1 + DIGEST_BYTES <= end ? data + 1 + DIGEST_BYTES : data;
}

/** Opcode of the data at `at`, 0 where they do not begin a message. */
export function opcodeAt(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return 0;
  const opcode = bytes[at]!;
  if (opcode === OPCODE.notification) return opcode;
  if (opcode !== OPCODE.request && opcode !== OPCODE.response) return 0;
  // Two reserved octets, both zero, before the function.
  return end - at >= 9 && u16(bytes, at + 1) === 0 ? opcode : 0;
}
