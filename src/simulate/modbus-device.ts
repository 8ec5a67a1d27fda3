/**
 * How a simulated controller answers one Modbus/TCP request: functions 1–6, 8/0, 15, 16, 22, 23 and 43/14.
 * Order of the checks and exception codes as in MODBUS Application Protocol V1.1b3, section 6 (state diagrams) and 7.
 */
import {
  COIL_ON,
  finishTcp,
  putBitsResponse,
  putDiagnostics,
  putException,
  putIdentificationResponse,
  putMaskWrite,
  putRange,
  putWordsResponse,
  TCP_PDU_AT,
} from '../sense/protocols/modbus/encode.ts';
import { ADU_BYTES_MAX } from '../sense/protocols/modbus/framing.ts';
import { FC, MEI } from '../sense/protocols/modbus/names.ts';
import { u16 } from '../sense/protocols/values.ts';
import type { Controller } from './plant.ts';

const ILLEGAL_FUNCTION = 1;
const ILLEGAL_ADDRESS = 2;
const ILLEGAL_VALUE = 3;
/** Regular identification, stream and individual access (6.21, conformity level). */
const CONFORMITY_REGULAR = 0x82;
/** Units a controller behind its own address also answers to: 0 and 255 (Messaging on TCP/IP V1.0b, 4.4.1.2.6). */
const DIRECT_UNITS: ReadonlySet<number> = new Set([0, 255]);

const answerBuffer = new Uint8Array(ADU_BYTES_MAX);

/**
 * The answer to the whole request `request[offset … end)`, or null where none is given (another unit).
 * The answer lies in a buffer that the next call overwrites.
 */
export function answerRequest(
  controller: Controller,
  request: Uint8Array,
  offset = 0,
  end = request.length,
): Uint8Array | null {
  const unit = request[offset + 6]!;
  if (unit !== controller.unitId && !DIRECT_UNITS.has(unit)) return null;
  const pdu = offset + TCP_PDU_AT;
  const written = answerPdu(controller, request, pdu, end);
  const answerEnd =
    written > 0 ? written : putException(answerBuffer, TCP_PDU_AT, request[pdu]!, -written || ILLEGAL_FUNCTION);
  finishTcp(answerBuffer, 0, answerEnd, u16(request, offset), unit);
  return answerBuffer.subarray(0, answerEnd);
}

/** Offset after the response PDU in `answerBuffer`, or the exception code made negative. */
function answerPdu(controller: Controller, request: Uint8Array, pdu: number, end: number): number {
  const { registers } = controller;
  const size = end - pdu - 1;
  switch (request[pdu]) {
    case FC.readCoils:
      return readBits(registers.coil, request, pdu, size);
    case FC.readDiscreteInputs:
      return readBits(registers.discrete, request, pdu, size);
    case FC.readHoldingRegisters:
      return readWords(registers.holding, request, pdu, size);
    case FC.readInputRegisters:
      return readWords(registers.input, request, pdu, size);
    case FC.writeSingleCoil:
      return writeCoil(registers.coil, request, pdu, size);
    case FC.writeSingleRegister:
      return writeRegister(registers.holding, request, pdu, size);
    case FC.writeMultipleCoils:
      return writeCoils(registers.coil, request, pdu, size);
    case FC.writeMultipleRegisters:
      return writeRegisters(registers.holding, request, pdu, size);
    case FC.maskWriteRegister:
      return maskWrite(registers.holding, request, pdu, size);
    case FC.readWriteMultipleRegisters:
      return readWrite(registers.holding, request, pdu, size);
    case FC.diagnostics:
      // Only the echo; restarting or silencing a controller is not simulated.
      if (size !== 4 || u16(request, pdu + 1) !== 0) return -ILLEGAL_FUNCTION;
      return putDiagnostics(answerBuffer, TCP_PDU_AT, 0, u16(request, pdu + 3));
    case FC.encapsulatedInterface:
      return identification(controller, request, pdu, size);
    default:
      return -ILLEGAL_FUNCTION;
  }
}

function readBits(bits: Uint8Array, request: Uint8Array, pdu: number, size: number): number {
  if (size !== 4) return -ILLEGAL_VALUE;
  const address = u16(request, pdu + 1);
  const quantity = u16(request, pdu + 3);
  if (quantity < 1 || quantity > 2000) return -ILLEGAL_VALUE;
  if (address + quantity > bits.length) return -ILLEGAL_ADDRESS;
  return putBitsResponse(answerBuffer, TCP_PDU_AT, request[pdu]!, bits.subarray(address, address + quantity));
}

function readWords(words: Uint16Array, request: Uint8Array, pdu: number, size: number): number {
  if (size !== 4) return -ILLEGAL_VALUE;
  const address = u16(request, pdu + 1);
  const quantity = u16(request, pdu + 3);
  if (quantity < 1 || quantity > 125) return -ILLEGAL_VALUE;
  if (address + quantity > words.length) return -ILLEGAL_ADDRESS;
  return putWordsResponse(answerBuffer, TCP_PDU_AT, request[pdu]!, words.subarray(address, address + quantity));
}

function writeCoil(coils: Uint8Array, request: Uint8Array, pdu: number, size: number): number {
  if (size !== 4) return -ILLEGAL_VALUE;
  const address = u16(request, pdu + 1);
  const value = u16(request, pdu + 3);
  if (value !== COIL_ON && value !== 0) return -ILLEGAL_VALUE;
  if (address >= coils.length) return -ILLEGAL_ADDRESS;
  coils[address] = value === COIL_ON ? 1 : 0;
  return putRange(answerBuffer, TCP_PDU_AT, FC.writeSingleCoil, address, value);
}

function writeRegister(words: Uint16Array, request: Uint8Array, pdu: number, size: number): number {
  if (size !== 4) return -ILLEGAL_VALUE;
  const address = u16(request, pdu + 1);
  if (address >= words.length) return -ILLEGAL_ADDRESS;
  words[address] = u16(request, pdu + 3);
  return putRange(answerBuffer, TCP_PDU_AT, FC.writeSingleRegister, address, words[address]);
}

function writeCoils(coils: Uint8Array, request: Uint8Array, pdu: number, size: number): number {
  if (size < 6) return -ILLEGAL_VALUE;
  const address = u16(request, pdu + 1);
  const quantity = u16(request, pdu + 3);
  const bytes = (quantity + 7) >> 3;
  if (quantity < 1 || quantity > 1968 || request[pdu + 5] !== bytes || size !== 5 + bytes) return -ILLEGAL_VALUE;
  if (address + quantity > coils.length) return -ILLEGAL_ADDRESS;
  for (let n = 0; n < quantity; n++) coils[address + n] = (request[pdu + 6 + (n >> 3)]! >> (n & 7)) & 1;
  return putRange(answerBuffer, TCP_PDU_AT, FC.writeMultipleCoils, address, quantity);
}

function writeRegisters(words: Uint16Array, request: Uint8Array, pdu: number, size: number): number {
  if (size < 7) return -ILLEGAL_VALUE;
  const address = u16(request, pdu + 1);
  const quantity = u16(request, pdu + 3);
  if (quantity < 1 || quantity > 123 || request[pdu + 5] !== 2 * quantity || size !== 5 + 2 * quantity) {
    return -ILLEGAL_VALUE;
  }
  if (address + quantity > words.length) return -ILLEGAL_ADDRESS;
  for (let n = 0; n < quantity; n++) words[address + n] = u16(request, pdu + 6 + 2 * n);
  return putRange(answerBuffer, TCP_PDU_AT, FC.writeMultipleRegisters, address, quantity);
}

function maskWrite(words: Uint16Array, request: Uint8Array, pdu: number, size: number): number {
  if (size !== 6) return -ILLEGAL_VALUE;
  const address = u16(request, pdu + 1);
  if (address >= words.length) return -ILLEGAL_ADDRESS;
  const and = u16(request, pdu + 3);
  const or = u16(request, pdu + 5);
  words[address] = (words[address]! & and) | (or & ~and);
  return putMaskWrite(answerBuffer, TCP_PDU_AT, address, and, or);
}

function readWrite(words: Uint16Array, request: Uint8Array, pdu: number, size: number): number {
  if (size < 11) return -ILLEGAL_VALUE;
  const readAddress = u16(request, pdu + 1);
  const readQuantity = u16(request, pdu + 3);
  const writeAddress = u16(request, pdu + 5);
  const writeQuantity = u16(request, pdu + 7);
  if (readQuantity < 1 || readQuantity > 125 || writeQuantity < 1 || writeQuantity > 121) return -ILLEGAL_VALUE;
  if (request[pdu + 9] !== 2 * writeQuantity || size !== 9 + 2 * writeQuantity) return -ILLEGAL_VALUE;
  if (readAddress + readQuantity > words.length || writeAddress + writeQuantity > words.length) return -ILLEGAL_ADDRESS;
  for (let n = 0; n < writeQuantity; n++) words[writeAddress + n] = u16(request, pdu + 10 + 2 * n);
  const read = words.subarray(readAddress, readAddress + readQuantity);
  return putWordsResponse(answerBuffer, TCP_PDU_AT, FC.readWriteMultipleRegisters, read);
}

/** 6.21: read codes 1 (objects 0–2), 2 and 3 (all there are), 4 (one object). */
function identification(controller: Controller, request: Uint8Array, pdu: number, size: number): number {
  if (size !== 3 || request[pdu + 1] !== MEI.deviceIdentification) return -ILLEGAL_FUNCTION;
  const readCode = request[pdu + 2]!;
  const objectId = request[pdu + 3]!;
  if (readCode < 1 || readCode > 4) return -ILLEGAL_VALUE;
  const all = controller.identification;
  const known = all.some(([id]) => id === objectId);
  if (readCode === 4 && !known) return -ILLEGAL_ADDRESS;
  // In stream access an unknown object id restarts at the first object (6.21).
  const from = known ? objectId : 0;
  const last = readCode === 1 ? 2 : 0xff;
  const objects = all.filter(([id]) => (readCode === 4 ? id === objectId : id >= from && id <= last));
  return putIdentificationResponse(answerBuffer, TCP_PDU_AT, readCode, CONFORMITY_REGULAR, objects);
}
