/** Connectionless DCE RPC as PROFINET uses it (C706, 12.5.3): header fields and what may be such a PDU. */
import { u16, u16le, u32, u32le } from '../values.ts';
import { RPC } from './names.ts';

/** Header of every connectionless PDU. [bytes] */
export const RPC_BYTES = 80;
const VERSION = 4;
/** Bits of the first flags octet. */
export const FLAG = { lastFragment: 0x02, fragment: 0x04 } as const;
/** Places of the fields. */
export const AT = {
  flags: 2,
  drep: 4,
  object: 8,
  interface: 24,
  activity: 40,
  sequence: 64,
  operation: 68,
  length: 74,
  fragment: 76,
} as const;

/** Interfaces (IEC 61158-6-10, 5.2.1): the last octet of the first group differs. */
export const INTERFACE = { none: 0, device: 1, controller: 2, supervisor: 3, parameterServer: 4, mapper: 5 } as const;
/** `6C97-11D1-8271-00A02442DF7D` behind `DEA0000x`, first little-endian. */
const PNIO_LITTLE = [0x00, 0xa0, 0xde, 0x97, 0x6c, 0xd1, 0x11];
const PNIO_BIG = [0xde, 0xa0, 0x00];
const PNIO_BIG_REST = [0x6c, 0x97, 0x11, 0xd1];
const PNIO_NODE = [0x82, 0x71, 0x00, 0xa0, 0x24, 0x42, 0xdf, 0x7d];
/** E1AF8308-5D1F-11C9-91A4-08002B14A0FA (C706, appendix O): its last octets. */
const MAPPER_NODE = [0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa];

/** Integers of the PDU are little-endian (C706, 14.1). */
export function isLittle(bytes: Uint8Array, offset: number): boolean {
  return (bytes[offset + AT.drep]! & 0x10) !== 0;
}

export function short(bytes: Uint8Array, at: number, little: boolean): number {
  return little ? u16le(bytes, at) : u16(bytes, at);
}

export function long(bytes: Uint8Array, at: number, little: boolean): number {
  return little ? u32le(bytes, at) : u32(bytes, at);
}

/** Which interface a PDU at `offset` is for; `INTERFACE.none`: no PDU of PROFINET. */
export function interfaceOf(bytes: Uint8Array, offset: number, end: number): number {
  if (end - offset < RPC_BYTES || bytes[offset] !== VERSION || bytes[offset + 1]! > RPC.cancelAck)
    return INTERFACE.none;
  const at = offset + AT.interface;
  if (matches(bytes, at + 8, MAPPER_NODE)) return INTERFACE.mapper;
  if (!matches(bytes, at + 8, PNIO_NODE)) return INTERFACE.none;
  let last = -1;
  if (isLittle(bytes, offset)) {
    if (matches(bytes, at + 1, PNIO_LITTLE)) last = bytes[at]!;
  } else if (matches(bytes, at, PNIO_BIG) && matches(bytes, at + 4, PNIO_BIG_REST)) last = bytes[at + 3]!;
  return last >= INTERFACE.device && last <= INTERFACE.parameterServer ? last : INTERFACE.none;
}

function matches(bytes: Uint8Array, at: number, expected: readonly number[]): boolean {
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false;
  return true;
}

/** Places of a UUID's octets in the order they are written, where its first three fields are little-endian (C706, 14.1 and appendix A). */
const LITTLE_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const;

/**
 * A number below 2^52 for a call: activity and sequence number, hashed (FNV-1a, twice). Caller and answerer write the activity each in
 * their own byte order.
 */
export function callKey(bytes: Uint8Array, offset: number, sequence: number): number {
  const little = isLittle(bytes, offset);
  let high = 0x811c9dc5 ^ sequence;
  let low = 0x01000193 + sequence;
  for (let i = 0; i < 16; i++) {
    const octet = bytes[offset + AT.activity + (little ? LITTLE_ORDER[i]! : i)]!;
    high = Math.imul(high ^ octet, 0x01000193);
    low = Math.imul(low ^ octet, 0x85ebca6b) ^ (low >>> 13);
  }
  return (high >>> 0) * 0x100000 + (low & 0xfffff);
}

/** Text of a UUID at `at`. Allocates: once a connection. */
export function uuidText(bytes: Uint8Array, at: number): string {
  const text = Buffer.from(bytes.subarray(at, at + 16)).toString('hex');
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
