/**
 * DNP3 link layer: where the next link frame ends, and the CRC of every block. IEEE 1815-2012, 9.2.4 (frame format) and annex E (CRC).
 * A frame is a header of ten octets (start 0x0564, length, control, destination, source, CRC) and blocks of up to sixteen user
 * octets, each followed by its CRC; the length counts control, addresses and user octets only.
 */
import { NEED_MORE, NOT_MINE } from '../protocol.ts';

/** Start, length, control, destination, source, CRC. [bytes] */
export const LINK_HEADER_BYTES = 10;
/** User octets before each CRC. [bytes] */
export const BLOCK_BYTES = 16;
/** Most user octets in one frame: length 255 less control and addresses. [bytes] */
export const USER_BYTES_MAX = 250;
/** Least value of the length octet: control and addresses. */
export const LENGTH_MIN = 5;

const CRC_TABLE = makeCrcTable();

/** Annex E: x^16+x^13+x^12+x^11+x^10+x^8+x^6+x^5+x^2+1, bits reflected (0xA6BC), start 0, result inverted. */
function makeCrcTable(): Uint16Array {
  const table = new Uint16Array(256);
  for (let n = 0; n < 256; n++) {
    let crc = n;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0xa6bc : crc >> 1;
    table[n] = crc;
  }
  return table;
}

/** CRC of `offset` … `end`; the low octet travels first. */
export function crcDnp(bytes: Uint8Array, offset: number, end: number): number {
  let crc = 0;
  for (let i = offset; i < end; i++) crc = (crc >> 8) ^ CRC_TABLE[(crc ^ bytes[i]!) & 0xff]!;
  return crc ^ 0xffff;
}

/** True where the two octets at `end` are the CRC of `offset` … `end`. */
export function crcFits(bytes: Uint8Array, offset: number, end: number): boolean {
  const crc = crcDnp(bytes, offset, end);
  return bytes[end] === (crc & 0xff) && bytes[end + 1] === crc >> 8;
}

/** Bytes on the wire of a frame with this length octet. */
export function frameBytes(length: number): number {
  const user = length - LENGTH_MIN;
  return LINK_HEADER_BYTES + user + 2 * Math.ceil(user / BLOCK_BYTES);
}

/** True where a frame may start at `offset`: start octets, a possible length and, where all ten octets are there, their CRC. */
export function headerFits(bytes: Uint8Array, offset: number, end: number): boolean {
  if (end - offset < LINK_HEADER_BYTES) return false;
  return startsFrame(bytes, offset, end) && crcFits(bytes, offset, offset + 8);
}

/** Start octets and a possible length, as far as they are there. */
export function startsFrame(bytes: Uint8Array, offset: number, end: number): boolean {
  if (bytes[offset] !== 0x05) return false;
  if (end - offset >= 2 && bytes[offset + 1] !== 0x64) return false;
  return end - offset < 3 || bytes[offset + 2]! >= LENGTH_MIN;
}

/**
 * Length of the frame at `offset`. Octets that are no frame but have one with a good header CRC behind them count as one
 * piece of junk up to that frame (9.2.5: a receiver hunts for the start octets); without such a frame they are `NOT_MINE`.
 */
export function frameLength(bytes: Uint8Array, offset: number, end: number): number {
  if (startsFrame(bytes, offset, end)) {
    if (end - offset < 3) return NEED_MORE;
    return frameBytes(bytes[offset + 2]!);
  }
  for (let at = offset + 1; at + LINK_HEADER_BYTES <= end; at++) {
    if (bytes[at] === 0x05 && headerFits(bytes, at, end)) return at - offset;
  }
  return NOT_MINE;
}

/** Result of `copyUserData`: the frame has user octets this many, or `CRC_BAD`. */
export const CRC_BAD = -1;

/**
 * Copies the user octets of the whole frame at `offset` to `out` from `at`, without CRCs; returns how many, or `CRC_BAD` as soon as a
 * block's CRC does not fit.
 */
export function copyUserData(bytes: Uint8Array, offset: number, out: Uint8Array, at: number): number {
  const user = bytes[offset + 2]! - LENGTH_MIN;
  let from = offset + LINK_HEADER_BYTES;
  let to = at;
  const last = at + user;
  while (to < last) {
    const size = last - to < BLOCK_BYTES ? last - to : BLOCK_BYTES;
    let crc = 0;
    for (let i = 0; i < size; i++) {
      const byte = bytes[from + i]!;
      out[to + i] = byte;
      crc = (crc >> 8) ^ CRC_TABLE[(crc ^ byte) & 0xff]!;
    }
    crc ^= 0xffff;
    if (bytes[from + size] !== (crc & 0xff) || bytes[from + size + 1] !== crc >> 8) return CRC_BAD;
    to += size;
    from += size + 2;
  }
  return user;
}
