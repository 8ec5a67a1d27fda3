/**
 * Where the next Modbus message ends. Modbus/TCP: MBAP header (MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 3.1.3);
 * RTU over TCP: no length field, so the function decides and the CRC proves it (MODBUS over Serial Line V1.02, 2.5.1).
 */
import { NEED_MORE, NOT_MINE } from '../protocol.ts';
import { u16 } from '../values.ts';
import { FC } from './names.ts';

/** transaction 2, protocol 2, length 2, unit 1. [bytes] */
export const MBAP_BYTES = 7;
/** Largest Modbus/TCP message: 7 + 253 (3.1.1); some devices send up to the length field's plausible end. [bytes] */
export const ADU_BYTES_MAX = 260;
/** unit, function, two CRC bytes. [bytes] */
export const RTU_BYTES_MIN = 4;
const RTU_BYTES_MAX = 256;

/** Length of the Modbus/TCP message at `offset`. */
export function tcpFrameLength(bytes: Uint8Array, offset: number, end: number): number {
  if (end - offset < 6) {
    // Two header bytes suffice to see that the protocol id is not zero.
    if (end - offset >= 4 && u16(bytes, offset + 2) !== 0) return NOT_MINE;
    return NEED_MORE;
  }
  if (u16(bytes, offset + 2) !== 0) return NOT_MINE;
  const length = u16(bytes, offset + 4);
  // Unit and function are the least (length 2); 254 is the most the specification allows.
  if (length < 2 || length > ADU_BYTES_MAX - 6) return NOT_MINE;
  return 6 + length;
}

const CRC_TABLE = makeCrcTable();

function makeCrcTable(): Uint16Array {
  const table = new Uint16Array(256);
  for (let n = 0; n < 256; n++) {
    let crc = n;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
    table[n] = crc;
  }
  return table;
}

/** CRC-16/MODBUS of `offset` to `end` (V1.02, 2.5.1.2); the low byte travels first. */
export function crc16(bytes: Uint8Array, offset: number, end: number): number {
  let crc = 0xffff;
  for (let i = offset; i < end; i++) crc = (crc >> 8) ^ CRC_TABLE[(crc ^ bytes[i]!) & 0xff]!;
  return crc;
}

/** True where the last two bytes before `end` are the CRC of what stands before them. */
export function crcFits(bytes: Uint8Array, offset: number, end: number): boolean {
  if (end - offset < RTU_BYTES_MIN) return false;
  const crc = crc16(bytes, offset, end - 2);
  return bytes[end - 2] === (crc & 0xff) && bytes[end - 1] === crc >> 8;
}

/** Length of the RTU message at `offset`: by function and direction, else the first length whose CRC fits. */
export function rtuFrameLength(bytes: Uint8Array, offset: number, end: number, fromClient: boolean): number {
  const available = end - offset;
  if (available < RTU_BYTES_MIN) return NEED_MORE;
  const expected = rtuLength(bytes, offset, end, fromClient);
  if (expected > 0) return expected;
  const most = available < RTU_BYTES_MAX ? available : RTU_BYTES_MAX;
  // The CRC runs along with the length tried, so that each byte is read a few times and not once for every length.
  let crc = crc16(bytes, offset, offset + RTU_BYTES_MIN - 2);
  for (let length = RTU_BYTES_MIN; length <= most; length++) {
    const at = offset + length - 2;
    if (bytes[at] === (crc & 0xff) && bytes[at + 1] === crc >> 8) return length;
    crc = (crc >> 8) ^ CRC_TABLE[(crc ^ bytes[at]!) & 0xff]!;
  }
  return available >= RTU_BYTES_MAX ? NOT_MINE : NEED_MORE;
}

/** Length that the function code implies, 0 where it implies none. */
function rtuLength(bytes: Uint8Array, offset: number, end: number, fromClient: boolean): number {
  const code = bytes[offset + 1]!;
  if (code >= 0x80) return 5;
  switch (code) {
    case FC.readCoils:
    case FC.readDiscreteInputs:
    case FC.readHoldingRegisters:
    case FC.readInputRegisters:
      return fromClient ? 8 : 5 + bytes[offset + 2]!;
    case FC.writeSingleCoil:
    case FC.writeSingleRegister:
    case FC.diagnostics:
      return 8;
    case FC.writeMultipleCoils:
    case FC.writeMultipleRegisters:
      if (!fromClient) return 8;
      return end - offset < 7 ? 0 : 9 + bytes[offset + 6]!;
    case FC.maskWriteRegister:
      return 10;
    case FC.readWriteMultipleRegisters:
      if (!fromClient) return 5 + bytes[offset + 2]!;
      return end - offset < 11 ? 0 : 13 + bytes[offset + 10]!;
    default:
      return 0;
  }
}
