/**
 * Makes mutated bytes fit their framing again, as one PDU, so that mutations reach what lies behind lengths and checksums. A protocol
 * without an entry here is fuzzed all the same, only less deep. Clauses: the `framing.ts` of each protocol.
 */
import { crcDnp } from '../../src/sense/protocols/dnp3/framing.ts';
import { crc16 } from '../../src/sense/protocols/modbus/framing.ts';

type Repair = (bytes: Uint8Array) => void;

const big16 =
  (at: number, less: number): Repair =>
  (bytes) => {
    if (bytes.length < at + 2) return;
    bytes[at] = (bytes.length - less) >> 8;
    bytes[at + 1] = (bytes.length - less) & 0xff;
  };
const little =
  (at: number, size: number, less: number): Repair =>
  (bytes) => {
    if (bytes.length < at + size) return;
    for (let i = 0; i < size; i++) bytes[at + i] = ((bytes.length - less) >> (8 * i)) & 0xff;
  };
const fixed =
  (at: number, values: readonly number[]): Repair =>
  (bytes) => {
    for (const [i, value] of values.entries()) if (at + i < bytes.length) bytes[at + i] = value;
  };
const all =
  (...repairs: readonly Repair[]): Repair =>
  (bytes) => {
    for (const repair of repairs) repair(bytes);
  };
const tpkt = all(fixed(0, [3, 0]), big16(2, 0));

export const REPAIRS: Readonly<Record<string, Repair>> = {
  modbus: all(fixed(2, [0, 0]), big16(4, 6)),
  'modbus-rtu': (bytes) => {
    if (bytes.length < 4) return;
    const end = bytes.length - 2;
    const crc = crc16(bytes, 0, end);
    bytes[end] = crc & 0xff;
    bytes[end + 1] = crc >> 8;
  },
  dnp3: dnp3Frame,
  s7comm: tpkt,
  's7comm-plus': all(tpkt, fixed(4, [2, 0xf0, 0x80, 0x72])),
  mms: tpkt,
  enip: little(2, 2, 24),
  /** BVLC length (ASHRAE 135, annex J.2). */
  bacnet: all(fixed(0, [0x81]), big16(2, 0)),
  /** Length behind the APPID (IEC 61850-8-1, annex C). */
  goose: big16(2, 0),
  sv: big16(2, 0),
  iec104: (bytes) => {
    if (bytes.length < 6 || bytes.length > 255) return;
    bytes[0] = 0x68;
    bytes[1] = bytes.length - 2;
  },
  opcua: little(4, 4, 0),
  mqtt: (bytes) => {
    if (bytes.length >= 2 && bytes.length < 130) bytes[1] = bytes.length - 2;
    else if (bytes.length >= 3 && bytes.length < 16_387) {
      bytes[1] = 0x80 | ((bytes.length - 3) & 0x7f);
      bytes[2] = (bytes.length - 3) >> 7;
    }
  },
};

/** One link frame: start, length, and the CRC of the header and of each block (IEEE 1815-2012, 9.2.4). */
function dnp3Frame(bytes: Uint8Array): void {
  if (bytes.length < 10 || bytes.length > 292) return;
  const blocks = Math.ceil((bytes.length - 10) / 18);
  const user = bytes.length - 10 - 2 * blocks;
  bytes[0] = 0x05;
  bytes[1] = 0x64;
  bytes[2] = 5 + Math.max(0, user);
  putCrc(bytes, 0, 8);
  for (let at = 10; at < bytes.length - 2; at += 18) putCrc(bytes, at, Math.min(at + 16, bytes.length - 2));
}

function putCrc(bytes: Uint8Array, from: number, end: number): void {
  const crc = crcDnp(bytes, from, end);
  bytes[end] = crc & 0xff;
  bytes[end + 1] = crc >> 8;
}
