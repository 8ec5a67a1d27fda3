/**
 * Writes FINS messages: the inverse of the dissector. Pure; writers write at `at` and return the offset after what they wrote. Clauses:
 * OMRON W342, 5-1 (header) and 5-3 (commands); W420, 7-4-2 (FINS/TCP).
 */
import { FINS_HEADER_BYTES, TCP_HEADER_BYTES } from './framing.ts';
import { TCP } from './names.ts';

/** Writes one part of a message. */
export type Write = (out: Uint8Array, at: number) => number;

/** Ends of a message: network, node and unit of both, service id. */
export interface FinsEnds {
  readonly target: readonly [network: number, node: number, unit: number];
  readonly source: readonly [network: number, node: number, unit: number];
  readonly service: number;
}

/** A command with its body. */
export function putCommand(
  out: Uint8Array,
  at: number,
  ends: FinsEnds,
  command: number,
  body: Write = nothing,
): number {
  return body(out, putHeader(out, at, 0x80, ends, command));
}

/** A response with its end code (0 ok) and body. */
export function putResponse(
  out: Uint8Array,
  at: number,
  ends: FinsEnds,
  command: number,
  endCode: number,
  body: Write = nothing,
): number {
  return body(out, put16(out, putHeader(out, at, 0xc0, ends, command), endCode));
}

function putHeader(out: Uint8Array, at: number, icf: number, ends: FinsEnds, command: number): number {
  out.set([icf, 0, 2, ...ends.target, ...ends.source, ends.service], at);
  return put16(out, at + FINS_HEADER_BYTES, command);
}

/** A FINS/TCP header with what follows it; throws RangeError where it does not fit. */
export function putTcp(out: Uint8Array, at: number, body: Write, command: number = TCP.frame, error = 0): number {
  const end = body(out, at + TCP_HEADER_BYTES);
  if (end > out.length) throw new RangeError(`FINS message of ${end - at} bytes does not fit`);
  out.set([0x46, 0x49, 0x4e, 0x53], at);
  put32(out, at + 4, end - at - 8);
  put32(out, at + 8, command);
  put32(out, at + 12, error);
  return end;
}

/** Body of a node address request (client node, 0 = any) or of its answer (client and server node). */
export function putNodes(out: Uint8Array, at: number, ...nodes: readonly number[]): number {
  return nodes.reduce((next, node) => put32(out, next, node), at);
}

/** Area, word, bit: where a memory command begins. */
export function putAddress(out: Uint8Array, at: number, area: number, word: number, bit = 0): number {
  out[at] = area;
  out[at + 3] = bit;
  put16(out, at + 1, word);
  return at + 4;
}

/** Body of a memory area read. */
export function putRange(out: Uint8Array, at: number, area: number, word: number, count: number, bit = 0): number {
  return put16(out, putAddress(out, at, area, word, bit), count);
}

/** Body of a memory area write of words. */
export function putWords(out: Uint8Array, at: number, area: number, word: number, values: readonly number[]): number {
  return putValues(out, putRange(out, at, area, word, values.length), values);
}

/** Body of a memory area write of bits. */
export function putBits(
  out: Uint8Array,
  at: number,
  area: number,
  word: number,
  bit: number,
  values: readonly number[],
): number {
  const next = putRange(out, at, area, word, values.length, bit);
  out.set(values, next);
  return next + values.length;
}

/** Words, as a read answers. */
export function putValues(out: Uint8Array, at: number, values: readonly number[]): number {
  return values.reduce((next, value) => put16(out, next, value), at);
}

/** Body of forced set and reset: what to do, area, word and bit of each. */
export function putForces(
  out: Uint8Array,
  at: number,
  bits: readonly (readonly [what: number, area: number, word: number, bit: number])[],
): number {
  return bits.reduce(
    (next, [what, area, word, bit]) => putAddress(out, put16(out, next, what), area, word, bit),
    put16(out, at, bits.length),
  );
}

/** Clock: year, month, day, hour, minute, second, day of week as binary coded decimals. */
export function putClock(out: Uint8Array, at: number, ms: number): number {
  const date = new Date(ms);
  const fields = [
    date.getUTCFullYear() % 100,
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    date.getUTCDay(),
  ];
  out.set(
    fields.map((value) => Math.floor(value / 10) * 16 + (value % 10)),
    at,
  );
  return at + fields.length;
}

/** Body of the answer to controller data read: model and version, then what is not decoded. */
export function putControllerData(out: Uint8Array, at: number, model: string, version: string): number {
  out.fill(0x20, at, at + 40);
  out.set(new TextEncoder().encode(model.slice(0, 20)), at);
  out.set(new TextEncoder().encode(version.slice(0, 20)), at + 20);
  out.fill(0, at + 40, at + 92);
  return at + 92;
}

function nothing(_out: Uint8Array, at: number): number {
  return at;
}

function put16(out: Uint8Array, at: number, value: number): number {
  out[at] = (value >> 8) & 0xff;
  out[at + 1] = value & 0xff;
  return at + 2;
}

function put32(out: Uint8Array, at: number, value: number): number {
  put16(out, at, value >>> 16);
  return put16(out, at + 2, value & 0xffff);
}
