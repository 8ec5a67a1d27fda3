/** Is this EtherNet/IP? By content: header fields with few legal values, lengths that agree, and what each command must carry. */
import { MATCH_CLIENT, MATCH_MORE, MATCH_NO, MATCH_SERVER, MATCH_YES, type Match, NEED_MORE } from '../protocol.ts';
import { u16le, u32le } from '../values.ts';
import { frameLength, HEADER_BYTES, IO_HEADER_BYTES, isCommand } from './framing.ts';
import { COMMAND, ITEM, REPLY_BIT } from './names.ts';

/** Most items a common packet format list has here: two addresses, data, two socket addresses. */
const ITEMS_MAX = 6;

/** Encapsulated message at `offset`? Without the port as a hint the body must fit its command too. */
export function identifyEnip(bytes: Uint8Array, offset: number, end: number, hinted: boolean): Match {
  const available = end - offset;
  const length = frameLength(bytes, offset, end);
  if (length === NEED_MORE) return hinted && available > 0 ? MATCH_MORE : MATCH_NO;
  if (length < 0 || !isCommand(u16le(bytes, offset))) return MATCH_NO;
  if (length > available) return hinted ? roleOf(bytes, offset, end) : MATCH_NO;
  if (!hinted && !fits(bytes, offset, offset + length)) return MATCH_NO;
  // Behind the first message there is nothing, or another one.
  if (!hinted && length < available && frameLength(bytes, offset + length, end) < 0) return MATCH_NO;
  return roleOf(bytes, offset, end);
}

/** What a command must look like to be believed on any port (2-4). */
function fits(bytes: Uint8Array, offset: number, end: number): boolean {
  const body = offset + HEADER_BYTES;
  const size = end - body;
  const handle = u32le(bytes, offset + 4);
  const status = u32le(bytes, offset + 8);
  switch (u16le(bytes, offset)) {
    case COMMAND.listServices:
    case COMMAND.listIdentity:
    case COMMAND.listInterfaces:
      if (status !== 0) return false;
      return size === 0 ? handle === 0 : size >= 2 && itemsFit(bytes, body, end);
    case COMMAND.registerSession:
      return size === 4 && u16le(bytes, body) === 1 && u16le(bytes, body + 2) === 0;
    case COMMAND.unregisterSession:
      return size === 0 && handle !== 0 && status === 0;
    case COMMAND.sendRRData:
    case COMMAND.sendUnitData:
      if (handle === 0) return false;
      return size === 0 ? status !== 0 : size >= 8 && u32le(bytes, body) === 0 && itemsFit(bytes, body + 6, end);
    default:
      // A message that may carry anything proves nothing.
      return false;
  }
}

/** A common packet format list that ends where the message does. */
function itemsFit(bytes: Uint8Array, at: number, end: number): boolean {
  const count = u16le(bytes, at);
  if (count > ITEMS_MAX) return false;
  let next = at + 2;
  for (let k = 0; k < count; k++) {
    if (next + 4 > end) return false;
    next += 4 + u16le(bytes, next + 2);
  }
  return next === end;
}

/** Who speaks: replies to lists carry items, a session is registered without a handle, a CIP reply has its bit. */
function roleOf(bytes: Uint8Array, offset: number, end: number): Match {
  const handle = u32le(bytes, offset + 4);
  switch (u16le(bytes, offset)) {
    case COMMAND.listTargets:
    case COMMAND.listServices:
    case COMMAND.listIdentity:
    case COMMAND.listInterfaces:
      return u16le(bytes, offset + 2) === 0 ? MATCH_CLIENT : MATCH_SERVER;
    case COMMAND.registerSession:
      return handle === 0 ? MATCH_CLIENT : MATCH_SERVER;
    case COMMAND.unregisterSession:
      return MATCH_CLIENT;
    case COMMAND.sendRRData:
    case COMMAND.sendUnitData:
      return cipRole(bytes, offset + HEADER_BYTES + 6, end);
    default:
      return MATCH_YES;
  }
}

function cipRole(bytes: Uint8Array, at: number, end: number): Match {
  if (at + 2 > end) return MATCH_YES;
  let next = at + 2;
  for (let k = 0; k < ITEMS_MAX && next + 5 <= end; k++) {
    const type = u16le(bytes, next);
    const service = type === ITEM.unconnectedData ? next + 4 : type === ITEM.connectedData ? next + 6 : -1;
    if (service >= 0) {
      if (service >= end) return MATCH_YES;
      return (bytes[service]! & REPLY_BIT) === 0 ? MATCH_CLIENT : MATCH_SERVER;
    }
    next += 4 + u16le(bytes, next + 2);
  }
  return MATCH_YES;
}

/** Implicit message: a sequenced address item, then one data item that ends with the datagram (2-6, 3-2). */
export function identifyIo(bytes: Uint8Array, offset: number, end: number): Match {
  return ioLength(bytes, offset, end) === end - offset ? MATCH_YES : MATCH_NO;
}

/** Length of the implicit message at `offset`, or -1 where none stands there. */
export function ioLength(bytes: Uint8Array, offset: number, end: number): number {
  if (end - offset < IO_HEADER_BYTES) return -1;
  if (u16le(bytes, offset) !== 2) return -1;
  if (u16le(bytes, offset + 2) !== ITEM.sequencedAddress || u16le(bytes, offset + 4) !== 8) return -1;
  if (u16le(bytes, offset + 14) !== ITEM.connectedData) return -1;
  return IO_HEADER_BYTES + u16le(bytes, offset + 16);
}
