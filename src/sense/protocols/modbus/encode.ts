/**
 * Writes Modbus messages: the inverse of `message.ts`. Pure; no allocation.
 * A PDU function writes at `at` and returns the offset after it; `finishTcp` or `finishRtu` puts the header round it.
 * Clauses: MODBUS Application Protocol Specification V1.1b3, section 6; header: MODBUS Messaging on TCP/IP V1.0b, 3.1.3.
 */
import { ADU_BYTES_MAX, crc16, MBAP_BYTES } from './framing.ts';
import { FC, MEI } from './names.ts';

/** Where the PDU of a Modbus/TCP message begins. [bytes] */
export const TCP_PDU_AT = MBAP_BYTES;
/** Where the PDU of an RTU message begins. [bytes] */
export const RTU_PDU_AT = 1;
/** Value of a single coil that is on; off is 0 (6.5). */
export const COIL_ON = 0xff00;
/** unit, PDU of at most 253 bytes, CRC (V1.02, 2.2). [bytes] */
const RTU_ADU_BYTES_MAX = 256;

/** One sub-request of functions 20 and 21 (6.14, 6.15); `values` only where registers are written. */
export interface FileRecord {
  readonly file: number;
  readonly record: number;
  /** Registers read; for a write the length of `values`. */
  readonly count: number;
  readonly values?: ArrayLike<number>;
}

/** Writes the MBAP header before a PDU that stands at `at + TCP_PDU_AT` … `end`; returns `end`. Throws RangeError where it does not fit. */
export function finishTcp(out: Uint8Array, at: number, end: number, transaction: number, unit: number): number {
  if (end > out.length || end - at > ADU_BYTES_MAX)
    throw new RangeError(`Modbus message of ${end - at} bytes does not fit`);
  put16(out, at, transaction);
  put16(out, at + 2, 0);
  put16(out, at + 4, end - at - 6);
  out[at + 6] = unit;
  return end;
}

/** Writes unit and CRC round a PDU that stands at `at + RTU_PDU_AT` … `end`; returns the offset after the CRC. */
export function finishRtu(out: Uint8Array, at: number, end: number, unit: number): number {
  if (end + 2 > out.length || end + 2 - at > RTU_ADU_BYTES_MAX) {
    throw new RangeError(`Modbus RTU message of ${end + 2 - at} bytes does not fit`);
  }
  out[at] = unit;
  const crc = crc16(out, at, end);
  out[end] = crc & 0xff;
  out[end + 1] = crc >> 8;
  return end + 2;
}

/** Any function with a given body: codes without a writer of their own, and codes nobody knows. */
export function putPdu(out: Uint8Array, at: number, code: number, body: ArrayLike<number> = []): number {
  out[at] = code;
  out.set(body, at + 1);
  return at + 1 + body.length;
}

/** Refusal of `code` with an exception code (7). */
export function putException(out: Uint8Array, at: number, code: number, exception: number): number {
  out[at] = code | 0x80;
  out[at + 1] = exception;
  return at + 2;
}

/** Requests of functions 1 to 4 (6.1 to 6.4) and the responses of 15 and 16 (6.11, 6.12): address and quantity. */
export function putRange(out: Uint8Array, at: number, code: number, address: number, quantity: number): number {
  out[at] = code;
  put16(out, at + 1, address);
  return put16(out, at + 3, quantity);
}

/** Function 5 (6.5), request and response alike. */
export function putWriteCoil(out: Uint8Array, at: number, address: number, on: boolean): number {
  return putRange(out, at, FC.writeSingleCoil, address, on ? COIL_ON : 0);
}

/** Function 6 (6.6), request and response alike. */
export function putWriteRegister(out: Uint8Array, at: number, address: number, value: number): number {
  return putRange(out, at, FC.writeSingleRegister, address, value);
}

/** Request of function 15 (6.11); any value but 0 is on. */
export function putWriteCoils(out: Uint8Array, at: number, address: number, bits: ArrayLike<number>): number {
  const countAt = putRange(out, at, FC.writeMultipleCoils, address, bits.length);
  return putBits(out, countAt, bits);
}

/** Request of function 16 (6.12). */
export function putWriteRegisters(out: Uint8Array, at: number, address: number, values: ArrayLike<number>): number {
  const countAt = putRange(out, at, FC.writeMultipleRegisters, address, values.length);
  return putWords(out, countAt, values);
}

/** Function 22 (6.16), request and response alike: result = (current AND and) OR (or AND NOT and). */
export function putMaskWrite(out: Uint8Array, at: number, address: number, and: number, or: number): number {
  const orAt = putRange(out, at, FC.maskWriteRegister, address, and);
  return put16(out, orAt, or);
}

/** Request of function 23 (6.17): the write happens before the read. */
export function putReadWrite(
  out: Uint8Array,
  at: number,
  readAddress: number,
  readQuantity: number,
  writeAddress: number,
  values: ArrayLike<number>,
): number {
  let next = putRange(out, at, FC.readWriteMultipleRegisters, readAddress, readQuantity);
  next = put16(out, next, writeAddress);
  next = put16(out, next, values.length);
  return putWords(out, next, values);
}

/** Response of functions 1 and 2; any value but 0 is on. */
export function putBitsResponse(out: Uint8Array, at: number, code: number, bits: ArrayLike<number>): number {
  out[at] = code;
  return putBits(out, at + 1, bits);
}

/** Response of functions 3, 4 and 23. */
export function putWordsResponse(out: Uint8Array, at: number, code: number, values: ArrayLike<number>): number {
  out[at] = code;
  return putWords(out, at + 1, values);
}

/** Response of function 7 (6.7): eight status bits. */
export function putExceptionStatus(out: Uint8Array, at: number, status: number): number {
  out[at] = FC.readExceptionStatus;
  out[at + 1] = status;
  return at + 2;
}

/** Function 8 (6.8), request and response alike. */
export function putDiagnostics(out: Uint8Array, at: number, subFunction: number, data: number): number {
  return putRange(out, at, FC.diagnostics, subFunction, data);
}

/** Response of function 11 (6.9): status word (0xffff while busy) and event count. */
export function putEventCounter(out: Uint8Array, at: number, status: number, events: number): number {
  return putRange(out, at, FC.getCommEventCounter, status, events);
}

/** Response of function 12 (6.10): status, event count, message count and event bytes, newest first. */
export function putEventLog(
  out: Uint8Array,
  at: number,
  status: number,
  events: number,
  messages: number,
  log: ArrayLike<number>,
): number {
  out[at] = FC.getCommEventLog;
  out[at + 1] = 6 + log.length;
  put16(out, at + 2, status);
  put16(out, at + 4, events);
  put16(out, at + 6, messages);
  out.set(log, at + 8);
  return at + 8 + log.length;
}

/** Response of function 17 (6.13): identification bytes and the run indicator. */
export function putServerId(out: Uint8Array, at: number, id: ArrayLike<number>, running: boolean): number {
  out[at] = FC.reportServerId;
  out[at + 1] = id.length + 1;
  out.set(id, at + 2);
  out[at + 2 + id.length] = running ? 0xff : 0;
  return at + 3 + id.length;
}

/** Requests of functions 20 and 21 and the response of 21 (6.14, 6.15); reference type is always 6. */
export function putFileRequest(out: Uint8Array, at: number, code: number, records: readonly FileRecord[]): number {
  out[at] = code;
  let next = at + 2;
  for (const { file, record, count, values } of records) {
    out[next] = 6;
    put16(out, next + 1, file);
    put16(out, next + 3, record);
    next = put16(out, next + 5, count);
    for (let n = 0; values !== undefined && n < count; n++) next = put16(out, next, values[n]!);
  }
  out[at + 1] = next - at - 2;
  return next;
}

/** Response of function 20 (6.14): the registers of each sub-request. */
export function putFileResponse(out: Uint8Array, at: number, groups: readonly ArrayLike<number>[]): number {
  out[at] = FC.readFileRecord;
  let next = at + 2;
  for (const values of groups) {
    out[next] = 1 + 2 * values.length;
    out[next + 1] = 6;
    next += 2;
    for (let n = 0; n < values.length; n++) next = put16(out, next, values[n]!);
  }
  out[at + 1] = next - at - 2;
  return next;
}

/** Request of function 24 (6.18). */
export function putFifoRequest(out: Uint8Array, at: number, address: number): number {
  out[at] = FC.readFifoQueue;
  return put16(out, at + 1, address);
}

/** Response of function 24 (6.18), at most 31 registers. */
export function putFifoResponse(out: Uint8Array, at: number, values: ArrayLike<number>): number {
  let next = putRange(out, at, FC.readFifoQueue, 2 + 2 * values.length, values.length);
  for (let n = 0; n < values.length; n++) next = put16(out, next, values[n]!);
  return next;
}

/** Request of function 43/14 (6.21). `readCode`: 1 basic, 2 regular, 3 extended, 4 one object. */
export function putIdentificationRequest(out: Uint8Array, at: number, readCode: number, objectId: number): number {
  out[at] = FC.encapsulatedInterface;
  out[at + 1] = MEI.deviceIdentification;
  out[at + 2] = readCode;
  out[at + 3] = objectId;
  return at + 4;
}

/** Response of function 43/14 (6.21) with all `objects` in one message; texts are written as Latin-1. */
export function putIdentificationResponse(
  out: Uint8Array,
  at: number,
  readCode: number,
  conformity: number,
  objects: readonly (readonly [id: number, text: string])[],
): number {
  putIdentificationRequest(out, at, readCode, conformity);
  out[at + 4] = 0; // no more follows
  out[at + 5] = 0; // next object
  out[at + 6] = objects.length;
  let next = at + 7;
  for (const [id, text] of objects) {
    out[next] = id;
    out[next + 1] = text.length;
    next += 2;
    for (let n = 0; n < text.length; n++) out[next++] = text.charCodeAt(n);
  }
  return next;
}

/** Function 43/13 (6.20) and other MEI types: type and data as they stand. */
export function putEncapsulated(out: Uint8Array, at: number, meiType: number, data: ArrayLike<number>): number {
  out[at] = FC.encapsulatedInterface;
  out[at + 1] = meiType;
  out.set(data, at + 2);
  return at + 2 + data.length;
}

function putBits(out: Uint8Array, at: number, bits: ArrayLike<number>): number {
  const size = (bits.length + 7) >> 3;
  out[at] = size;
  out.fill(0, at + 1, at + 1 + size);
  for (let n = 0; n < bits.length; n++) {
    if (bits[n] !== 0) out[at + 1 + (n >> 3)]! |= 1 << (n & 7);
  }
  return at + 1 + size;
}

function putWords(out: Uint8Array, at: number, values: ArrayLike<number>): number {
  out[at] = 2 * values.length;
  let next = at + 1;
  for (let n = 0; n < values.length; n++) next = put16(out, next, values[n]!);
  return next;
}

function put16(out: Uint8Array, at: number, value: number): number {
  out[at] = (value >> 8) & 0xff;
  out[at + 1] = value & 0xff;
  return at + 2;
}
