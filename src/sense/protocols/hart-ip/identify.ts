/** Is this HART-IP? By its header, and without the port by a body that fits the message identifier. */
import { MATCH_CLIENT, MATCH_MORE, MATCH_NO, MATCH_SERVER, type Match } from '../protocol.ts';
import { u16 } from '../values.ts';
import { check, FRAME, HEADER_BYTES, headerFits } from './framing.ts';
import { ID, TYPE } from './names.ts';
import { Token } from './token.ts';

/** Master type and inactivity time. [bytes] */
const INITIATE_BYTES = 5;
/** Octets that must be there before the others wait: a version and a type alone are anybody's. */
const TELLING_BYTES = 4;

const token = new Token();

export function identify(bytes: Uint8Array, offset: number, end: number, hinted: boolean): Match {
  const size = end - offset;
  if (size <= 0 || !headerFits(bytes, offset, end)) return MATCH_NO;
  if (size < HEADER_BYTES) return hinted || size >= TELLING_BYTES ? MATCH_MORE : MATCH_NO;
  const type = bytes[offset + 1]!;
  const role = type === TYPE.request ? MATCH_CLIENT : MATCH_SERVER;
  // A request has no status.
  if (type === TYPE.request && bytes[offset + 3] !== 0) return MATCH_NO;
  if (hinted) return role;
  const length = u16(bytes, offset + 6);
  // A first message without the port must stand alone and be one whose body proves it.
  if (length < size) return MATCH_NO;
  const id = bytes[offset + 2]!;
  const body = length - HEADER_BYTES;
  if (id !== ID.initiate && id !== ID.tokenPassing) return MATCH_NO;
  if (id === ID.initiate && (body !== INITIATE_BYTES || bytes[offset + 3] !== 0)) return MATCH_NO;
  if (length > size) return MATCH_MORE;
  if (id === ID.initiate) return bytes[offset + HEADER_BYTES]! <= 1 ? role : MATCH_NO;
  return telling(bytes, offset + HEADER_BYTES, end, type) ? role : MATCH_NO;
}

/** A whole token passing PDU of the kind the header says, with a check octet that fits. */
function telling(bytes: Uint8Array, at: number, end: number, type: number): boolean {
  if (!token.read(bytes, at, end) || token.end + 1 !== end) return false;
  const kind = type === TYPE.request ? FRAME.request : type === TYPE.response ? FRAME.response : FRAME.burst;
  return token.kind === kind && check(bytes, at, end) === 0;
}
