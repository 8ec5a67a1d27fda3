/** Where a FINS message ends: over UDP a datagram is one (W342, 5-1-1), over TCP a header says its length (W420, 7-4-2). */
import { NEED_MORE, NOT_MINE } from '../protocol.ts';
import { u32 } from '../values.ts';
import { TCP } from './names.ts';

/** ICF, RSV, GCT, three destination and three source octets, SID. [bytes] */
export const FINS_HEADER_BYTES = 10;
/** Header and command code. [bytes] */
export const FINS_BYTES_MIN = FINS_HEADER_BYTES + 2;
/** `FINS`, length, command, error code; the length counts what follows it. [bytes] */
export const TCP_HEADER_BYTES = 16;
const LENGTH_COUNTED_FROM = 8;
/** Largest FINS frame is 2,012 octets (W342, 5-1-1); units with longer ones exist, so the bound is generous. [bytes] */
const LENGTH_MAX = 16_384;
/** Bits of ICF: gateway use, response, no answer wanted; the others are 0. */
export const ICF = { gateway: 0x80, response: 0x40, noAnswer: 0x01 } as const;
const ICF_ZERO = 0x3e;

const MAGIC = [0x46, 0x49, 0x4e, 0x53];

/** `FINS`, as far as it is there. */
export function startsTcp(bytes: Uint8Array, offset: number, end: number): boolean {
  for (let i = 0; i < 4 && offset + i < end; i++) if (bytes[offset + i] !== MAGIC[i]) return false;
  return end > offset;
}

/** Length of the message with a FINS/TCP header at `offset`. */
export function tcpLength(bytes: Uint8Array, offset: number, end: number): number {
  if (!startsTcp(bytes, offset, end)) return NOT_MINE;
  if (end - offset < 8) return NEED_MORE;
  const length = u32(bytes, offset + 4);
  return length < TCP_HEADER_BYTES - LENGTH_COUNTED_FROM || length > LENGTH_MAX
    ? NOT_MINE
    : length + LENGTH_COUNTED_FROM;
}

/** True where a FINS header may stand: bits that are 0 are 0, gateway count as sent, node and unit addresses in their range. */
export function headerFits(bytes: Uint8Array, offset: number, end: number): boolean {
  if (end - offset < FINS_BYTES_MIN) return false;
  if ((bytes[offset]! & ICF_ZERO) !== 0 || (bytes[offset]! & ICF.gateway) === 0) return false;
  if (bytes[offset + 1] !== 0 || bytes[offset + 2]! > 7) return false;
  return bytes[offset + 3]! <= 0x7f && bytes[offset + 6]! <= 0x7f;
}

/** Highest command of a FINS/TCP header. */
export const TCP_COMMAND_MAX = TCP.confirm;
