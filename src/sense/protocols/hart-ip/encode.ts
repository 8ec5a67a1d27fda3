/**
 * Writes HART-IP messages: the inverse of the dissector. Pure; writers write at `at` and return the offset after what they wrote.
 * Clauses: HCF_SPEC-085 (header), HCF_SPEC-081 (token passing PDU), HCF_SPEC-127 (data of commands).
 */
import { check, DELIMITER, FRAME, HEADER_BYTES } from './framing.ts';
import { ID, TYPE } from './names.ts';

/** Writes one part of a message. */
export type Write = (out: Uint8Array, at: number) => number;

/** A message: type, identifier, sequence number, body. Throws RangeError where it does not fit. */
export function putMessage(
  out: Uint8Array,
  at: number,
  type: number,
  id: number,
  sequence: number,
  body: Write = nothing,
  status = 0,
): number {
  const end = body(out, at + HEADER_BYTES);
  if (end > out.length) throw new RangeError(`HART-IP message of ${end - at} bytes does not fit`);
  out.set([1, type, id, status], at);
  put16(out, at + 4, sequence);
  put16(out, at + 6, end - at);
  return end;
}

/** Body of a session initiate, request and response: primary master, inactivity time. [ms] */
export function putSession(out: Uint8Array, at: number, primary: boolean, inactivityMs: number): number {
  out[at] = primary ? 1 : 0;
  put16(out, at + 1, inactivityMs >>> 16);
  return put16(out, at + 3, inactivityMs & 0xffff);
}

/** A request to a device with a unique address of five octets, or a polling address of one. */
export function putRequest(
  out: Uint8Array,
  at: number,
  address: readonly number[],
  command: number,
  data: Write = nothing,
): number {
  return putPdu(out, at, FRAME.request, address, command, data);
}

/** The answer: response code, device status, data. */
export function putResponse(
  out: Uint8Array,
  at: number,
  address: readonly number[],
  command: number,
  code: number,
  status: number,
  data: Write = nothing,
): number {
  return putPdu(out, at, FRAME.response, address, command, (o, a) => {
    o[a] = code;
    o[a + 1] = status;
    return data(o, a + 2);
  });
}

/** What a device publishes unasked. */
export function putBurst(
  out: Uint8Array,
  at: number,
  address: readonly number[],
  command: number,
  status: number,
  data: Write,
): number {
  return putPdu(out, at, FRAME.burst, address, command, (o, a) => {
    o[a] = 0;
    o[a + 1] = status;
    return data(o, a + 2);
  });
}

function putPdu(
  out: Uint8Array,
  at: number,
  kind: number,
  address: readonly number[],
  command: number,
  data: Write,
): number {
  out[at] = kind | (address.length > 1 ? DELIMITER.long : 0);
  out.set(address, at + 1);
  const commandAt = at + 1 + address.length;
  const end = data(out, commandAt + 2);
  out[commandAt] = command;
  out[commandAt + 1] = end - commandAt - 2;
  out[end] = check(out, at, end);
  return end + 1;
}

/** Body of a direct PDU: statuses, then commands; an answer has its response code in the data. */
export function putDirect(
  out: Uint8Array,
  at: number,
  status: number,
  ...commands: readonly (readonly [command: number, data: readonly number[]])[]
): number {
  out[at] = status;
  out[at + 1] = 0;
  return commands.reduce((next, [command, data]) => {
    put16(out, next, command);
    out[next + 2] = data.length;
    out.set(data, next + 3);
    return next + 3 + data.length;
  }, at + 2);
}

/** Floating point numbers, big-endian. */
export function putFloats(out: Uint8Array, at: number, ...values: readonly number[]): number {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  values.forEach((value, i) => {
    view.setFloat32(at + 4 * i, value);
  });
  return at + 4 * values.length;
}

/** Unit code and value. */
export function putValue(out: Uint8Array, at: number, unit: number, value: number): number {
  out[at] = unit;
  return putFloats(out, at + 1, value);
}

/** Answer of read-unique-identifier (HCF_SPEC-127, 6.1) of a HART 7 device. */
export function putIdentity(out: Uint8Array, at: number, deviceType: number, deviceId: number, vendor: number): number {
  out.fill(0, at, at + 22);
  out[at] = 254;
  put16(out, at + 1, deviceType);
  out.set([5, 7, 2, 3, 8, 0, deviceId >>> 16, (deviceId >>> 8) & 0xff, deviceId & 0xff], at + 3);
  put16(out, at + 17, vendor);
  return at + 22;
}

/** Type and identifier of messages, for those who write them. */
export { ID, TYPE };

function nothing(_out: Uint8Array, at: number): number {
  return at;
}

function put16(out: Uint8Array, at: number, value: number): number {
  out[at] = (value >> 8) & 0xff;
  out[at + 1] = value & 0xff;
  return at + 2;
}
