/**
 * TPKT (RFC 1006, section 6) and the transport protocol inside it, class 0 (ISO/IEC 8073, printed as RFC 905, section 13).
 * Shared by every protocol on "ISO on TCP": S7, S7-plus, MMS. Nothing here knows what the user data mean.
 */
import { NEED_MORE, NOT_MINE } from '../protocol.ts';
import { u16 } from '../values.ts';

/** version 3, reserved, length 2 (RFC 1006, 6). [bytes] */
export const TPKT_BYTES = 4;
/** TPKT header, length indicator and the two shortest header octets. [bytes] */
export const TPKT_BYTES_MIN = 7;
/** Header of a data TPDU of class 0: length indicator, code, EOT and number (13.7). [bytes] */
export const DATA_HEADER_BYTES = 3;
/** EOT bit of a data TPDU: last part of its TSDU (13.7.3). */
export const EOT = 0x80;

/** TPDU codes (13, table 8); the low four bits of some carry credit. */
export const TPDU = {
  expeditedData: 0x10,
  expeditedAck: 0x20,
  reject: 0x50,
  dataAck: 0x60,
  error: 0x70,
  disconnectRequest: 0x80,
  disconnectConfirm: 0xc0,
  connectConfirm: 0xd0,
  connectRequest: 0xe0,
  data: 0xf0,
} as const;
const TPDU_CODES = new Set<number>(Object.values(TPDU));

/** Parameters of CR and CC (13.3.4). */
export const PARAMETER = { tpduSize: 0xc0, callingTsap: 0xc1, calledTsap: 0xc2 } as const;

/** `firstUserOctet`: these bytes are no TPKT stream. */
export const NO_TPKT = -1;
/** `firstUserOctet`: TPKT so far, and no user data yet. */
export const NO_USER_DATA = -2;

/** Length of the TPKT at `offset`, `NEED_MORE` or `NOT_MINE`. */
export function tpktLength(bytes: Uint8Array, offset: number, end: number): number {
  const present = end - offset;
  if (present < 1) return NEED_MORE;
  if (bytes[offset] !== 3) return NOT_MINE;
  if (present < 2) return NEED_MORE;
  if (bytes[offset + 1] !== 0) return NOT_MINE;
  if (present < TPKT_BYTES) return NEED_MORE;
  const length = u16(bytes, offset + 2);
  if (length < TPKT_BYTES_MIN) return NOT_MINE;
  if (present < TPKT_BYTES + 2) return length;
  // The length indicator counts what follows it of the TPDU header (13.2.1); 255 is reserved.
  const indicator = bytes[offset + 4]!;
  if (indicator < 2 || indicator === 255 || indicator + 5 > length) return NOT_MINE;
  return TPDU_CODES.has(tpduCode(bytes[offset + 5]!)) ? length : NOT_MINE;
}

/** TPDU code without the credit bits. */
export function tpduCode(octet: number): number {
  return octet & 0xf0;
}

/**
 * Offset of the first user octet at or after the TPKT at `offset`, over connection set-up and empty data TPDUs: what tells the
 * protocols on one port apart. `NO_TPKT` or `NO_USER_DATA` otherwise.
 */
export function firstUserOctet(bytes: Uint8Array, offset: number, end: number): number {
  for (let at = offset; at < end; ) {
    const length = tpktLength(bytes, at, end);
    if (length === NOT_MINE) return NO_TPKT;
    if (length === NEED_MORE || end - at < TPKT_BYTES + 2) return NO_USER_DATA;
    if (tpduCode(bytes[at + 5]!) === TPDU.data) {
      const user = at + TPKT_BYTES + 1 + bytes[at + 4]!;
      if (user < at + length) return user < end ? user : NO_USER_DATA;
    }
    at += length;
  }
  return NO_USER_DATA;
}

/** TPDU code of the TPKT at `offset`, 0 where it does not show yet. */
export function tpduAt(bytes: Uint8Array, offset: number, end: number): number {
  return end - offset < TPKT_BYTES + 2 ? 0 : tpduCode(bytes[offset + 5]!);
}

/** One whole COTP connect request and nothing else (RFC 905, 13.3): what opens every protocol over ISO on TCP. */
export function isConnectRequest(bytes: Uint8Array, offset: number, end: number): boolean {
  return end - offset >= 7 && tpktLength(bytes, offset, end) === end - offset && (bytes[offset + 5]! & 0xf0) === 0xe0;
}
