/** The controller's own "no" to a FINS command: end code 0x3001, no access right (OMRON W342, 5-1-3). */
import { DIRECTION_REQUEST, type MessageView } from '../message-view.ts';
import { u16, u32 } from '../values.ts';
import { putResponse, putTcp } from './encode.ts';
import { FINS_BYTES_MIN, FINS_HEADER_BYTES, ICF, startsTcp, TCP_HEADER_BYTES } from './framing.ts';
import { NO_ACCESS_RIGHT, TCP } from './names.ts';

/** Header, command, end code. [bytes] */
const REFUSAL_BYTES = FINS_BYTES_MIN + 2;

/**
 * Writes the refusal of the command in `view` at `at` of `out`; returns its end, or 0 where there is none: a response, a message that
 * wants no answer, the agreement on node addresses, or no room.
 */
export function refuse(view: MessageView, out: Uint8Array, at: number): number {
  const { bytes, offset, end } = view;
  if (view.direction !== DIRECTION_REQUEST) return 0;
  const tcp = startsTcp(bytes, offset, end) && end - offset >= TCP_HEADER_BYTES;
  if (tcp && u32(bytes, offset + 8) !== TCP.frame) return 0;
  const fins = tcp ? offset + TCP_HEADER_BYTES : offset;
  if (end - fins < FINS_BYTES_MIN || (bytes[fins]! & (ICF.response | ICF.noAnswer)) !== 0) return 0;
  if (at + REFUSAL_BYTES + (tcp ? TCP_HEADER_BYTES : 0) > out.length) return 0;
  // Who asked is now the target; a relay finds the way back by the same addresses.
  const address = (from: number) => [bytes[from]!, bytes[from + 1]!, bytes[from + 2]!] as const;
  const ends = { target: address(fins + 6), source: address(fins + 3), service: bytes[fins + 9]! };
  const command = u16(bytes, fins + FINS_HEADER_BYTES);
  const body = (o: Uint8Array, a: number) => putResponse(o, a, ends, command, NO_ACCESS_RIGHT);
  return tcp ? putTcp(out, at, body) : body(out, at);
}
