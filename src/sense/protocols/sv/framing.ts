/** Header behind the Ethertype: APPID 2, length 2, reserved 2 + 2 (IEC 61850-9-2:2011, 5.3.3.4). */
import { u16 } from '../values.ts';
import { PDU_TAG } from './names.ts';

/** APPID, length, two reserved fields; the length counts them. [bytes] */
export const HEADER_BYTES = 8;

/** Length as the header states it, header included. */
export function statedLength(bytes: Uint8Array, offset: number): number {
  return u16(bytes, offset + 2);
}

/** True where a header with a possible length and a `savPdu` stands at `offset`. */
export function looksLikeSampledValues(bytes: Uint8Array, offset: number, end: number): boolean {
  if (end - offset < HEADER_BYTES + 2 || statedLength(bytes, offset) < HEADER_BYTES + 2) return false;
  return bytes[offset + HEADER_BYTES] === PDU_TAG;
}
