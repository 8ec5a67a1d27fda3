/** Where a HART-IP message ends (HCF_SPEC-085): eight octets of header whose last two say the whole length. */
import { NEED_MORE, NOT_MINE } from '../protocol.ts';
import { u16 } from '../values.ts';
import { ID, TYPE } from './names.ts';

/** Version, type, identifier, status, sequence, length. [bytes] */
export const HEADER_BYTES = 8;
/** Largest message: audit logs and several direct commands; the field itself allows more. [bytes] */
const LENGTH_MAX = 8_192;

/** Bits of the delimiter of a token passing PDU (HCF_SPEC-081): long address, expansion octets, kind of frame. */
export const DELIMITER = { long: 0x80, expansion: 0x60, kind: 0x07 } as const;
export const FRAME = { burst: 1, request: 2, response: 6 } as const;

/** True where a header may stand at `offset`, as far as it is there. */
export function headerFits(bytes: Uint8Array, offset: number, end: number): boolean {
  const size = end - offset;
  if (size < 1 || bytes[offset]! < 1 || bytes[offset]! > 2) return false;
  if (size >= 2 && bytes[offset + 1]! > TYPE.publish && bytes[offset + 1] !== TYPE.nak) return false;
  if (size >= 3 && bytes[offset + 2]! > ID.auditLog) return false;
  if (size < HEADER_BYTES) return true;
  const length = u16(bytes, offset + 6);
  return length >= HEADER_BYTES && length <= LENGTH_MAX;
}

/** Length of the message at `offset`. */
export function frameLength(bytes: Uint8Array, offset: number, end: number): number {
  if (!headerFits(bytes, offset, end)) return NOT_MINE;
  return end - offset < HEADER_BYTES ? NEED_MORE : u16(bytes, offset + 6);
}

/** Exclusive or of all octets: the check octet of a PDU (HCF_SPEC-081). */
export function check(bytes: Uint8Array, offset: number, end: number): number {
  let sum = 0;
  for (let i = offset; i < end; i++) sum ^= bytes[i]!;
  return sum;
}
