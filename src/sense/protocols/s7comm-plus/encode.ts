/** Writers of S7-plus messages in plain, for tests and simulators: the inverse of `session.ts` and `values.ts`. */
import { finishData, USER_DATA_AT } from '../tpkt/encode.ts';
import { HEADER_BYTES } from './framing.ts';
import { OPCODE, PROTOCOL_ID } from './names.ts';

/** Where the body of a request begins: after opcode, function, number, session and flags. [bytes] */
export const REQUEST_BODY_AT = USER_DATA_AT + HEADER_BYTES + 14;
/** Where the body of a response begins. [bytes] */
export const RESPONSE_BODY_AT = USER_DATA_AT + HEADER_BYTES + 10;
/** Transport flags as clients send them. */
const FLAGS = 0x34;

/** Writes everything before a request body at `at + REQUEST_BODY_AT` … `end`, and the trailer; returns the end. */
export function finishRequest(
  out: Uint8Array,
  at: number,
  end: number,
  code: number,
  sequence: number,
  session: number,
  version = 2,
): number {
  const from = putCommon(out, at, OPCODE.request, code, sequence);
  put32(out, from, session);
  out[from + 4] = FLAGS;
  return finishFragment(out, at, end, version, true);
}

/** The same for a response body at `at + RESPONSE_BODY_AT`. */
export function finishResponse(
  out: Uint8Array,
  at: number,
  end: number,
  code: number,
  sequence: number,
  version = 2,
): number {
  out[putCommon(out, at, OPCODE.response, code, sequence)] = FLAGS;
  return finishFragment(out, at, end, version, true);
}

/** Writes headers round one fragment whose data stand at `at + USER_DATA_AT + HEADER_BYTES` … `end`. */
export function finishFragment(out: Uint8Array, at: number, end: number, version: number, last: boolean): number {
  const from = at + USER_DATA_AT;
  out[from] = PROTOCOL_ID;
  out[from + 1] = version;
  put16(out, from + 2, end - from - HEADER_BYTES);
  if (!last) return finishData(out, at, end);
  out[end] = PROTOCOL_ID;
  out[end + 1] = version;
  put16(out, end + 2, 0);
  return finishData(out, at, end + HEADER_BYTES);
}

/** Unsigned number of up to 32 bits in groups of seven. */
export function putVlq(out: Uint8Array, at: number, value: number): number {
  let groups = 1;
  while (value >= 2 ** (7 * groups)) groups++;
  for (let k = groups - 1; k >= 0; k--) {
    out[at++] = (Math.floor(value / 2 ** (7 * k)) & 0x7f) | (k > 0 ? 0x80 : 0);
  }
  return at;
}

/** Signed number of up to 32 bits. */
export function putSignedVlq(out: Uint8Array, at: number, value: number): number {
  let groups = 1;
  while (value < -(2 ** (7 * groups - 1)) || value >= 2 ** (7 * groups - 1)) groups++;
  for (let k = groups - 1; k >= 0; k--) {
    out[at++] = (Math.floor(value / 2 ** (7 * k)) & 0x7f) | (k > 0 ? 0x80 : 0);
  }
  return at;
}

export function put32(out: Uint8Array, at: number, value: number): number {
  put16(out, at, value >>> 16);
  return put16(out, at + 2, value & 0xffff);
}

function putCommon(out: Uint8Array, at: number, opcode: number, code: number, sequence: number): number {
  const from = at + USER_DATA_AT + HEADER_BYTES;
  out[from] = opcode;
  put16(out, from + 1, 0);
  put16(out, from + 3, code);
  put16(out, from + 5, 0);
  return put16(out, from + 7, sequence);
}

function put16(out: Uint8Array, at: number, value: number): number {
  out[at] = (value >> 8) & 0xff;
  out[at + 1] = value & 0xff;
  return at + 2;
}
