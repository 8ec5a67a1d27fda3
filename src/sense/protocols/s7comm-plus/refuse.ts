/** What a conduit answers in place of the CPU. */
import { DIRECTION_REQUEST, type MessageView } from '../message-view.ts';
import { TPDU, tpduAt } from '../tpkt/cotp.ts';
import { putDisconnect } from '../tpkt/encode.ts';
import { u16 } from '../values.ts';

/** Connection request refused (RFC 905, 13.5.3). */
const CONNECTION_REFUSED = 136;
/** TPKT and disconnect request. [bytes] */
const REFUSAL_BYTES = 11;

/**
 * Refuses a connect request. Returns 0 for everything after it: answers carry a digest made with keys of the session and counters the
 * client checks, so nobody can answer for the CPU; the way to deny is to close the connection.
 */
export function refuse(view: MessageView, out: Uint8Array, at: number): number {
  const { bytes, offset, end } = view;
  if (view.direction !== DIRECTION_REQUEST || bytes[offset] !== 3 || at + REFUSAL_BYTES > out.length) return 0;
  if (tpduAt(bytes, offset, end) !== TPDU.connectRequest) return 0;
  return putDisconnect(out, at, u16(bytes, offset + 8), CONNECTION_REFUSED);
}
