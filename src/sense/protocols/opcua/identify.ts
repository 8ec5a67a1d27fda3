/** Is this OPC UA? The letters of a message type and a length that can be; services and handshake tell who speaks. */
import { MATCH_CLIENT, MATCH_MORE, MATCH_NO, MATCH_SERVER, MATCH_YES, type Match } from '../protocol.ts';
import { u16le, u32le } from '../values.ts';
import { chunkLength, messageType, SYMMETRIC_HEADER_BYTES, signatureBytes } from './framing.ts';
import { MESSAGE, serviceRole } from './names.ts';

/** Octets of a signature that are worth waiting for the rest on a port that is not OPC UA's own. */
const TELLING_BYTES = 4;

export function identify(bytes: Uint8Array, offset: number, end: number, hinted: boolean): Match {
  const length = chunkLength(bytes, offset, end);
  if (length < 0) return MATCH_NO;
  if (length === 0) return hinted || signatureBytes(bytes, offset, end) >= TELLING_BYTES ? MATCH_MORE : MATCH_NO;
  switch (messageType(bytes, offset)) {
    case MESSAGE.hello:
      return MATCH_CLIENT;
    case MESSAGE.acknowledge:
    case MESSAGE.error:
    case MESSAGE.reverseHello:
      return MATCH_SERVER;
    case MESSAGE.close:
      return MATCH_CLIENT;
    case MESSAGE.message:
      return messageMatch(bytes, offset, end);
    default:
      return MATCH_YES;
  }
}

/** The encoding id behind the headers says request or response where the message is not encrypted. */
function messageMatch(bytes: Uint8Array, offset: number, end: number): Match {
  const at = offset + SYMMETRIC_HEADER_BYTES;
  if (u32le(bytes, offset + 4) < SYMMETRIC_HEADER_BYTES) return MATCH_NO;
  if (at + 4 > end) return MATCH_MORE;
  const role = bytes[at] === 1 && bytes[at + 1] === 0 ? serviceRole(u16le(bytes, at + 2)) : 0;
  return role > 0 ? MATCH_CLIENT : role < 0 ? MATCH_SERVER : MATCH_YES;
}
