/**
 * Writes DNP3: the inverse of `framing.ts`, `transport.ts` and `message.ts`. Pure; a function writes at `at` and returns the offset
 * after it. A fragment (application control first, no CRCs) is built in a buffer of its own, then `putFragment` cuts it into
 * transport segments and link frames. Clauses: IEEE 1815-2012, 4.2.2 (application), 8.2 (transport), 9.2.4 (link), annex A (objects).
 */
import { BLOCK_BYTES, crcDnp, frameBytes, LENGTH_MIN, LINK_HEADER_BYTES, USER_BYTES_MAX } from './framing.ts';
import { CONTROL } from './message.ts';
import { FC, LINK_PRIMARY } from './names.ts';
import { TRANSPORT } from './transport.ts';

/** Control octet of the link: direction (from the master) and primary station (9.2.4.1.3). */
export const LINK = { fromMaster: 0x80, primary: 0x40 } as const;
/** Segment octets in one link frame, the transport octet not counted. [bytes] */
const SEGMENT_BYTES_MAX = USER_BYTES_MAX - 1;

/** Between whom a frame travels. */
export interface LinkEnds {
  readonly source: number;
  readonly destination: number;
  readonly fromMaster: boolean;
}

/** Bytes on the wire of a fragment of `size` bytes. */
export function fragmentWireBytes(size: number): number {
  const whole = Math.floor(size / SEGMENT_BYTES_MAX);
  const rest = size - whole * SEGMENT_BYTES_MAX;
  const last = rest > 0 || whole === 0 ? frameBytes(LENGTH_MIN + 1 + rest) : 0;
  return whole * frameBytes(LENGTH_MIN + USER_BYTES_MAX) + last;
}

/** A link frame without user data; `control` is PRM and function code, the direction is added. */
export function putLinkFrame(out: Uint8Array, at: number, ends: LinkEnds, control: number): number {
  return putFrame(out, at, ends, control, 0);
}

/**
 * Cuts `fragment` from `from` to `end` into frames of unconfirmed user data. `out` must not overlap it and must hold
 * `fragmentWireBytes`; throws RangeError where it does not.
 */
export function putFragment(
  out: Uint8Array,
  at: number,
  ends: LinkEnds,
  fragment: Uint8Array,
  from: number,
  end: number,
  transportSequence = 0,
): number {
  if (at + fragmentWireBytes(end - from) > out.length) {
    throw new RangeError(`DNP3 fragment of ${end - from} bytes does not fit`);
  }
  const control = LINK.primary | LINK_PRIMARY.unconfirmedUserData;
  let next = at;
  let sequence = transportSequence;
  for (let segment = from; ; ) {
    const size = end - segment < SEGMENT_BYTES_MAX ? end - segment : SEGMENT_BYTES_MAX;
    const last = segment + size === end;
    const transport = (last ? TRANSPORT.fin : 0) | (segment === from ? TRANSPORT.fir : 0) | sequence;
    next = putSegment(out, next, ends, control, transport, fragment, segment, size);
    if (last) return next;
    segment += size;
    sequence = (sequence + 1) & TRANSPORT.sequence;
  }
}

/** One frame of user data: transport octet and `size` bytes of the fragment, with the CRC of each block. */
function putSegment(
  out: Uint8Array,
  at: number,
  ends: LinkEnds,
  control: number,
  transport: number,
  fragment: Uint8Array,
  from: number,
  size: number,
): number {
  let to = putFrame(out, at, ends, control, size + 1);
  let block = to;
  out[to++] = transport;
  for (let i = 0; i < size; i++) {
    if (to - block === BLOCK_BYTES) block = to = putCrc(out, block, to);
    out[to++] = fragment[from + i]!;
  }
  return putCrc(out, block, to);
}

/** Link header with its CRC for `userBytes` octets that follow. */
function putFrame(out: Uint8Array, at: number, ends: LinkEnds, control: number, userBytes: number): number {
  if (at + LINK_HEADER_BYTES > out.length) throw new RangeError('DNP3 link frame does not fit');
  out[at] = 0x05;
  out[at + 1] = 0x64;
  out[at + 2] = LENGTH_MIN + userBytes;
  out[at + 3] = control | (ends.fromMaster ? LINK.fromMaster : 0);
  put16le(out, at + 4, ends.destination);
  put16le(out, at + 6, ends.source);
  return putCrc(out, at, at + 8);
}

function putCrc(out: Uint8Array, from: number, end: number): number {
  return put16le(out, end, crcDnp(out, from, end));
}

/** Application control and function of a request that is one fragment (4.2.2.3, 4.2.2.5). */
export function putRequest(out: Uint8Array, at: number, code: number, sequence: number): number {
  out[at] = CONTROL.fir | CONTROL.fin | (sequence & CONTROL.sequence);
  out[at + 1] = code;
  return at + 2;
}

/** Application control, function and internal indications of a response that is one fragment (4.2.2.6). */
export function putResponse(out: Uint8Array, at: number, sequence: number, indications: number, flags = 0): number {
  putRequest(out, at, FC.response, sequence);
  out[at] = out[at]! | flags;
  return put16le(out, at + 2, indications);
}

/** Unsolicited response; it asks for a confirmation (4.2.2.3.3, 4.2.2.3.4). */
export function putUnsolicited(out: Uint8Array, at: number, sequence: number, indications: number): number {
  const next = putResponse(out, at, sequence, indications, CONTROL.con | CONTROL.uns);
  out[at + 1] = FC.unsolicitedResponse;
  return next;
}

/** Confirmation (4.2.2.5.1) of a response, or of an unsolicited one. */
export function putConfirm(out: Uint8Array, at: number, sequence: number, unsolicited: boolean): number {
  const next = putRequest(out, at, FC.confirm, sequence);
  if (unsolicited) out[at] = out[at]! | CONTROL.uns;
  return next;
}

/** Object header for all points (qualifier 0x06). */
export function putAll(out: Uint8Array, at: number, group: number, variation: number): number {
  return putGroup(out, at, group, variation, 0x06);
}

/** Object header with a range, start to stop, in one octet each where they fit, else two (qualifiers 0x00, 0x01). */
export function putRange(
  out: Uint8Array,
  at: number,
  group: number,
  variation: number,
  start: number,
  stop: number,
): number {
  const wide = start > 0xff || stop > 0xff;
  const next = putGroup(out, at, group, variation, wide ? 0x01 : 0x00);
  if (wide) return put16le(out, put16le(out, next, start), stop);
  out[next] = start;
  out[next + 1] = stop;
  return next + 2;
}

/** Object header with a count of objects and no prefix (qualifier 0x07). */
export function putCount(out: Uint8Array, at: number, group: number, variation: number, count: number): number {
  const next = putGroup(out, at, group, variation, 0x07);
  out[next] = count;
  return next + 1;
}

/** Object header for `count` objects each of which has its 16-bit index before it (qualifier 0x28). */
export function putIndexed(out: Uint8Array, at: number, group: number, variation: number, count: number): number {
  return put16le(out, putGroup(out, at, group, variation, 0x28), count);
}

/** Object header for one object that carries its size, `size` octets follow (qualifier 0x5B). */
export function putSized(out: Uint8Array, at: number, group: number, variation: number, size: number): number {
  const next = putGroup(out, at, group, variation, 0x5b);
  out[next] = 1;
  return put16le(out, next + 1, size);
}

function putGroup(out: Uint8Array, at: number, group: number, variation: number, qualifier: number): number {
  out[at] = group;
  out[at + 1] = variation;
  out[at + 2] = qualifier;
  return at + 3;
}

/** A control relay output block (annex A, group 12 variation 1) behind its index. */
export interface ControlBlock {
  readonly index: number;
  /** Operation type, queue, clear, trip-close code in one octet. */
  readonly code: number;
  readonly count?: number;
  readonly onMs?: number;
  readonly offMs?: number;
  readonly status?: number;
}

/** Header and blocks of group 12 variation 1 with 16-bit indexes. */
export function putControlBlocks(out: Uint8Array, at: number, blocks: readonly ControlBlock[]): number {
  let next = putIndexed(out, at, 12, 1, blocks.length);
  for (const { index, code, count = 1, onMs = 0, offMs = 0, status = 0 } of blocks) {
    next = put16le(out, next, index);
    out[next] = code;
    out[next + 1] = count;
    put32le(out, next + 2, onMs);
    put32le(out, next + 6, offMs);
    out[next + 10] = status;
    next += 11;
  }
  return next;
}

/** Header and one analog output block of 32-bit integer type (group 41 variation 1) with a 16-bit index. */
export function putAnalogOutput(out: Uint8Array, at: number, index: number, value: number, status = 0): number {
  const next = put32le(out, put16le(out, putIndexed(out, at, 41, 1, 1), index), value);
  out[next] = status;
  return next + 1;
}

/** Header and time of group 50 variation 1, as a master writes it; `timeMs` since 1970. */
export function putTime(out: Uint8Array, at: number, timeMs: number): number {
  return put48le(out, putCount(out, at, 50, 1, 1), timeMs);
}

export function put16le(out: Uint8Array, at: number, value: number): number {
  out[at] = value & 0xff;
  out[at + 1] = (value >> 8) & 0xff;
  return at + 2;
}

export function put32le(out: Uint8Array, at: number, value: number): number {
  put16le(out, at, value & 0xffff);
  return put16le(out, at + 2, value >>> 16);
}

/** 48-bit number, such as a time in ms. */
export function put48le(out: Uint8Array, at: number, value: number): number {
  put32le(out, at, value >>> 0);
  return put16le(out, at + 4, Math.floor(value / 0x1_0000_0000));
}
