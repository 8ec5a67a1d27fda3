/** Is this FINS? Over TCP the header says so by name; over UDP by a header that fits and a command that is known. */
import { MATCH_CLIENT, MATCH_MORE, MATCH_NO, MATCH_SERVER, MATCH_YES, type Match } from '../protocol.ts';
import { u16, u32 } from '../values.ts';
import {
  FINS_BYTES_MIN,
  FINS_HEADER_BYTES,
  headerFits,
  ICF,
  startsTcp,
  TCP_COMMAND_MAX,
  TCP_HEADER_BYTES,
  tcpLength,
} from './framing.ts';
import { KNOWN_FUNCTIONS, TCP } from './names.ts';

/** A response has its end code. [bytes] */
const RESPONSE_BYTES_MIN = FINS_BYTES_MIN + 2;

export function identify(bytes: Uint8Array, offset: number, end: number, hinted: boolean): Match {
  if (end <= offset) return MATCH_NO;
  if (startsTcp(bytes, offset, end)) return overTcp(bytes, offset, end, hinted);
  if (!headerFits(bytes, offset, end)) return MATCH_NO;
  if (!KNOWN_FUNCTIONS.has(u16(bytes, offset + FINS_HEADER_BYTES))) return MATCH_NO;
  const response = (bytes[offset]! & ICF.response) !== 0;
  if (response && end - offset < RESPONSE_BYTES_MIN) return MATCH_NO;
  // Without the port a header of small numbers is too little: the answer count must be as a sender writes it.
  if (!hinted && bytes[offset + 2] !== 2) return MATCH_NO;
  return response ? MATCH_SERVER : MATCH_CLIENT;
}

function overTcp(bytes: Uint8Array, offset: number, end: number, hinted: boolean): Match {
  // One or two letters are anybody's.
  if (end - offset < 4) return hinted || end - offset === 3 ? MATCH_MORE : MATCH_NO;
  if (end - offset < TCP_HEADER_BYTES) return MATCH_MORE;
  if (tcpLength(bytes, offset, end) < 0) return MATCH_NO;
  const command = u32(bytes, offset + 8);
  if (command > TCP_COMMAND_MAX) return MATCH_NO;
  if (command === TCP.clientNode) return MATCH_CLIENT;
  if (command === TCP.serverNode) return MATCH_SERVER;
  if (command !== TCP.frame) return MATCH_YES;
  if (end - offset <= TCP_HEADER_BYTES) return MATCH_MORE;
  return (bytes[offset + TCP_HEADER_BYTES]! & ICF.response) !== 0 ? MATCH_SERVER : MATCH_CLIENT;
}
