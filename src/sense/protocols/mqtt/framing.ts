/** Where the next MQTT packet ends: one octet of type and flags, then the remaining length as a variable byte integer (MQTT 5.0, 2.1). */
import { NEED_MORE, NOT_MINE } from '../protocol.ts';

/** Octets of the longest variable byte integer (1.5.5). */
const VARIABLE_BYTES_MAX = 4;
/** `variable`: the integer is not whole or has more than four octets. */
export const BAD_VARIABLE = -1;

/** Octets of the variable byte integer at `at`; `BAD_VARIABLE` where it is cut short or too long. */
export function variableBytes(bytes: Uint8Array, at: number, end: number): number {
  for (let n = 1; n <= VARIABLE_BYTES_MAX; n++) {
    if (at + n > end) return BAD_VARIABLE;
    if (bytes[at + n - 1]! < 0x80) return n;
  }
  return BAD_VARIABLE;
}

/** Variable byte integer at `at`, least significant seven bits first; `BAD_VARIABLE` where it is cut short or too long. */
export function variable(bytes: Uint8Array, at: number, end: number): number {
  const size = variableBytes(bytes, at, end);
  if (size === BAD_VARIABLE) return BAD_VARIABLE;
  let value = 0;
  for (let n = size - 1; n >= 0; n--) value = value * 128 + (bytes[at + n]! & 0x7f);
  return value;
}

/** Length of the packet at `offset` with its header, `NEED_MORE` or `NOT_MINE`. */
export function packetLength(bytes: Uint8Array, offset: number, end: number): number {
  const size = variableBytes(bytes, offset + 1, end);
  if (size === BAD_VARIABLE) return end - offset > VARIABLE_BYTES_MAX ? NOT_MINE : NEED_MORE;
  return 1 + size + variable(bytes, offset + 1, end);
}

/** Where the variable header of the packet at `offset` begins; the length is known to be whole. */
export function bodyOffset(bytes: Uint8Array, offset: number): number {
  let at = offset + 1;
  while (bytes[at]! >= 0x80) at++;
  return at + 1;
}
