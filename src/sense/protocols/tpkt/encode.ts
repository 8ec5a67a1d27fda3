/** Writers of TPKT and COTP class 0: the inverse of `connection.ts`. RFC 1006, 6; RFC 905, 13.3, 13.5 and 13.7. */
import { EOT, PARAMETER, TPDU, TPKT_BYTES } from './cotp.ts';

/** Where the user data of a data TPDU begin. [bytes] */
export const USER_DATA_AT = 7;

/** Writes TPKT and data header before user data at `at + USER_DATA_AT` … `end`; returns `end`. */
export function finishData(out: Uint8Array, at: number, end: number, last = true): number {
  out[at + 4] = 2;
  out[at + 5] = TPDU.data;
  out[at + 6] = last ? EOT : 0;
  return finishTpkt(out, at, end);
}

/** Connect request; TSAPs are octets, `tpduSizeExponent` 10 means 1,024 bytes (13.3.4 b). Returns the end. */
export function putConnectRequest(
  out: Uint8Array,
  at: number,
  calling: ArrayLike<number>,
  called: ArrayLike<number>,
  reference = 1,
  tpduSizeExponent = 10,
): number {
  return putConnect(out, at, TPDU.connectRequest, 0, reference, calling, called, tpduSizeExponent);
}

/** Connect confirm to the request with `reference`. Returns the end. */
export function putConnectConfirm(
  out: Uint8Array,
  at: number,
  calling: ArrayLike<number>,
  called: ArrayLike<number>,
  reference = 1,
  ownReference = 2,
  tpduSizeExponent = 10,
): number {
  return putConnect(out, at, TPDU.connectConfirm, reference, ownReference, calling, called, tpduSizeExponent);
}

/** Disconnect request: as answer to a connect request its refusal with a reason (13.5.3). Returns the end. */
export function putDisconnect(out: Uint8Array, at: number, reference: number, reason: number): number {
  const end = putHead(out, at + TPKT_BYTES, TPDU.disconnectRequest, reference, 0, reason);
  out[at + TPKT_BYTES] = end - at - TPKT_BYTES - 1;
  return finishTpkt(out, at, end);
}

function putConnect(
  out: Uint8Array,
  at: number,
  code: number,
  target: number,
  source: number,
  calling: ArrayLike<number>,
  called: ArrayLike<number>,
  tpduSizeExponent: number,
): number {
  let next = putHead(out, at + TPKT_BYTES, code, target, source, 0);
  next = putParameter(out, next, PARAMETER.tpduSize, [tpduSizeExponent]);
  next = putParameter(out, next, PARAMETER.callingTsap, calling);
  next = putParameter(out, next, PARAMETER.calledTsap, called);
  out[at + TPKT_BYTES] = next - at - TPKT_BYTES - 1;
  return finishTpkt(out, at, next);
}

/** Code, both references, and class (or reason); the length indicator follows when the end is known. */
function putHead(out: Uint8Array, at: number, code: number, target: number, source: number, last: number): number {
  out[at + 1] = code;
  out[at + 2] = target >> 8;
  out[at + 3] = target & 0xff;
  out[at + 4] = source >> 8;
  out[at + 5] = source & 0xff;
  out[at + 6] = last;
  return at + 7;
}

function putParameter(out: Uint8Array, at: number, code: number, value: ArrayLike<number>): number {
  out[at] = code;
  out[at + 1] = value.length;
  out.set(value, at + 2);
  return at + 2 + value.length;
}

function finishTpkt(out: Uint8Array, at: number, end: number): number {
  if (end > out.length || end - at > 0xffff) throw new RangeError(`TPKT of ${end - at} bytes does not fit`);
  out[at] = 3;
  out[at + 1] = 0;
  out[at + 2] = (end - at) >> 8;
  out[at + 3] = (end - at) & 0xff;
  return end;
}
