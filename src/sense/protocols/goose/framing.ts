/** Header behind the Ethertype, common to GOOSE and Sampled Values: APPID 2, length 2, reserved 2 + 2 (IEC 61850-8-1:2011, annex C.2). */
import { u16 } from '../values.ts';
import { PDU_TAG } from './names.ts';

/** APPID, length, two reserved fields; the length counts them. [bytes] */
export const HEADER_BYTES = 8;

/** Length as the header states it, header included. */
export function statedLength(bytes: Uint8Array, offset: number): number {
  return u16(bytes, offset + 2);
}

/** True where a header with a possible length and one of the two PDUs stands at `offset`. */
export function looksLikeGoose(bytes: Uint8Array, offset: number, end: number): boolean {
  if (end - offset < HEADER_BYTES + 2 || statedLength(bytes, offset) < HEADER_BYTES + 2) return false;
  const tag = bytes[offset + HEADER_BYTES];
  return tag === PDU_TAG.goose || tag === PDU_TAG.management;
}
