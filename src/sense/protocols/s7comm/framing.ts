/** S7 PDUs inside transport data units. Header: protocol id, kind, redundancy id 2, PDU reference 2, lengths 2 + 2, error 2 where answered. */
import { u16 } from '../values.ts';
import { PROTOCOL_ID, ROSCTR } from './names.ts';

/** Header of jobs and userdata; acknowledgements have two octets more. [bytes] */
export const HEADER_BYTES = 10;
export const ANSWER_HEADER_BYTES = 12;

/** Length of the header by kind of PDU. */
export function headerBytes(rosctr: number): number {
  return rosctr === ROSCTR.ack || rosctr === ROSCTR.ackData ? ANSWER_HEADER_BYTES : HEADER_BYTES;
}

/** True where the octets at `at` begin like an S7 PDU whose lengths are possible; `end` may cut it short. */
export function looksLikeS7(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at] !== PROTOCOL_ID) return false;
  if (end - at < 2) return true;
  const rosctr = bytes[at + 1]!;
  if (rosctr !== ROSCTR.job && rosctr !== ROSCTR.ack && rosctr !== ROSCTR.ackData && rosctr !== ROSCTR.userdata) {
    return false;
  }
  if (end - at < HEADER_BYTES) return true;
  // Redundancy id is zero everywhere; userdata always has parameters.
  return u16(bytes, at + 2) === 0 && (rosctr !== ROSCTR.userdata || u16(bytes, at + 6) >= 8);
}
