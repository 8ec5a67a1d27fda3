/**
 * Where the next EtherNet/IP message ends: the encapsulation header of 24 octets, little-endian, states the length of what follows
 * (The CIP Networks Library, Volume 2, 2-3.1). Implicit messages are whole datagrams.
 */
import { NEED_MORE, NOT_MINE } from '../protocol.ts';
import { u16le, u32le } from '../values.ts';
import { COMMAND, ENCAPSULATION_STATUS } from './names.ts';

/** command 2, length 2, session handle 4, status 4, sender context 8, options 4. [bytes] */
export const HEADER_BYTES = 24;
/** Most the data behind the header may be (2-3.1). [bytes] */
export const DATA_BYTES_MAX = 65_511;
/** Largest command the volume assigns; those above are reserved. */
const COMMAND_MAX = 0x00c8;
/** Sequenced address item and data item, without data: how an implicit message begins. [bytes] */
export const IO_HEADER_BYTES = 18;

/** Length of the message at `offset`. Looks no further than the header. */
export function frameLength(bytes: Uint8Array, offset: number, end: number): number {
  const available = end - offset;
  if (available < 4) return NEED_MORE;
  if (u16le(bytes, offset) > COMMAND_MAX) return NOT_MINE;
  const length = u16le(bytes, offset + 2);
  if (length > DATA_BYTES_MAX) return NOT_MINE;
  if (available < HEADER_BYTES) return NEED_MORE;
  // Options are reserved and 0; a receiver discards what has others (2-3.1.7).
  return u32le(bytes, offset + 20) === 0 && isStatus(u32le(bytes, offset + 8)) ? HEADER_BYTES + length : NOT_MINE;
}

/** True for a status the volume knows. */
export function isStatus(status: number): boolean {
  return status === 0 || ENCAPSULATION_STATUS[status] !== undefined;
}

/** True for a command of the volume. */
export function isCommand(command: number): boolean {
  switch (command) {
    case COMMAND.nop:
    case COMMAND.listTargets:
    case COMMAND.listServices:
    case COMMAND.listIdentity:
    case COMMAND.listInterfaces:
    case COMMAND.registerSession:
    case COMMAND.unregisterSession:
    case COMMAND.sendRRData:
    case COMMAND.sendUnitData:
    case COMMAND.startDtls:
      return true;
    default:
      return false;
  }
}
