/**
 * Writes IEC 60870-5-104: the inverse of `framing.ts` and `message.ts`. Pure; a function writes at `at` and returns the offset after it.
 * An ASDU is put at `at + ASDU_AT`, then `finishInformation` writes the control field before it. Clauses: IEC 60870-5-104:2006, 5;
 * IEC 60870-5-101:2003, 7.2.
 */
import { APCI_BYTES, LENGTH_MAX, LENGTH_MIN, SEQUENCES, START } from './framing.ts';
import { CAUSE } from './names.ts';

/** Where the ASDU of an I frame begins. [bytes] */
export const ASDU_AT = APCI_BYTES;

/** What stands before the objects (7.1). */
export interface AsduHeader {
  readonly type: number;
  readonly cause: number;
  readonly commonAddress: number;
  /** Information objects; 1 unless said otherwise. */
  readonly count?: number;
  /** One address and consecutive elements (SQ = 1). */
  readonly sequence?: boolean;
  readonly negative?: boolean;
  readonly test?: boolean;
  readonly originator?: number;
}

/** A U frame; `control` is one of `U` in `names.ts`. */
export function putUnnumbered(out: Uint8Array, at: number, control: number): number {
  return putApci(out, at, LENGTH_MIN, control, 0);
}

/** An S frame: acknowledges all I frames before `receive`. */
export function putAcknowledge(out: Uint8Array, at: number, receive: number): number {
  return putApci(out, at, LENGTH_MIN, 1, receive * 2);
}

/**
 * Start, length and control field before an ASDU that stands at `at + ASDU_AT` … `end`; returns `end`. Throws RangeError where the
 * frame gets longer than 255 octets or did not fit into `out`.
 */
export function finishInformation(out: Uint8Array, at: number, end: number, send: number, receive: number): number {
  if (end > out.length || end - at > LENGTH_MAX + 2) {
    throw new RangeError(`APDU of ${end - at} bytes does not fit`);
  }
  putApci(out, at, end - at - 2, send * 2, receive * 2);
  return end;
}

/**
 * Rewrites the sequence numbers of the I or S frame at `at`, both counted up (or down) by so many frames, modulo 32,768: who drops or adds frames
 * between two stations keeps both sides' numbers right with it.
 */
export function shiftSequence(bytes: Uint8Array, at: number, sendBy: number, receiveBy: number): void {
  const control = bytes[at + 2]!;
  if ((control & 3) === 3) return;
  if ((control & 1) === 0) shift(bytes, at + 2, sendBy);
  shift(bytes, at + 4, receiveBy);
}

function shift(bytes: Uint8Array, at: number, by: number): void {
  const sequence = (bytes[at]! | (bytes[at + 1]! << 8)) >> 1;
  put16le(bytes, at, 2 * ((((sequence + by) % SEQUENCES) + SEQUENCES) % SEQUENCES));
}

function putApci(out: Uint8Array, at: number, length: number, first: number, second: number): number {
  if (at + APCI_BYTES > out.length) throw new RangeError('APDU does not fit');
  out[at] = START;
  out[at + 1] = length;
  put16le(out, at + 2, first);
  put16le(out, at + 4, second);
  return at + APCI_BYTES;
}

/** Type, structure, cause, originator and common address. */
export function putAsdu(out: Uint8Array, at: number, header: AsduHeader): number {
  const { type, cause, commonAddress, count = 1, sequence = false, negative = false, test = false } = header;
  out[at] = type;
  out[at + 1] = count | (sequence ? 0x80 : 0);
  out[at + 2] = cause | (negative ? 0x40 : 0) | (test ? 0x80 : 0);
  out[at + 3] = header.originator ?? 0;
  return put16le(out, at + 4, commonAddress);
}

/** Information object address. */
export function putAddress(out: Uint8Array, at: number, address: number): number {
  put16le(out, at, address);
  out[at + 2] = (address >> 16) & 0xff;
  return at + 3;
}

/** An ASDU with one object: header, address, element octets. */
export function putObject(
  out: Uint8Array,
  at: number,
  header: AsduHeader,
  address: number,
  element: ArrayLike<number>,
): number {
  const next = putAddress(out, putAsdu(out, at, header), address);
  out.set(element, next);
  return next + element.length;
}

/** CP56Time2a of `timeMs` since 1970 (7.2.6.18); the day of the week is given too. */
export function putTime(out: Uint8Array, at: number, timeMs: number): number {
  const time = new Date(timeMs);
  put16le(out, at, time.getUTCSeconds() * 1_000 + time.getUTCMilliseconds());
  out[at + 2] = time.getUTCMinutes();
  out[at + 3] = time.getUTCHours();
  // Sunday is 7.
  out[at + 4] = time.getUTCDate() | ((time.getUTCDay() === 0 ? 7 : time.getUTCDay()) << 5);
  out[at + 5] = time.getUTCMonth() + 1;
  out[at + 6] = time.getUTCFullYear() % 100;
  return at + 7;
}

/** R32 (IEEE 754, 7.2.6.8). */
export function putFloat(out: Uint8Array, at: number, value: number): number {
  new DataView(out.buffer, out.byteOffset).setFloat32(at, value, true);
  return at + 4;
}

export function put16le(out: Uint8Array, at: number, value: number): number {
  out[at] = value & 0xff;
  out[at + 1] = (value >> 8) & 0xff;
  return at + 2;
}

/** Cause of the answer to a request with `cause`: activation and deactivation have a confirmation; 0 where there is none. */
export function confirmationOf(cause: number): number {
  if (cause === CAUSE.activation) return CAUSE.activationCon;
  return cause === CAUSE.deactivation ? CAUSE.deactivationCon : 0;
}
