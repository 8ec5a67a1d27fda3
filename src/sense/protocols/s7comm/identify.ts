/** Is this S7 communication? The first user data after connection set-up tell: TCP 102 also carries S7-plus, MMS and others. */
import { MATCH_CLIENT, MATCH_MORE, MATCH_NO, MATCH_SERVER, MATCH_YES, type Match } from '../protocol.ts';
import { firstUserOctet, NO_TPKT, NO_USER_DATA, TPDU, tpduAt } from '../tpkt/cotp.ts';
import { HEADER_BYTES, looksLikeS7 } from './framing.ts';
import { FC, ROSCTR } from './names.ts';

/** S7 at `offset`? A connect request alone does not tell: the answer is then "more". */
export function identify(bytes: Uint8Array, offset: number, end: number): Match {
  const at = firstUserOctet(bytes, offset, end);
  if (at === NO_TPKT) return MATCH_NO;
  if (at === NO_USER_DATA) return MATCH_MORE;
  if (!looksLikeS7(bytes, at, end)) return MATCH_NO;
  const first = tpduAt(bytes, offset, end);
  if (first === TPDU.connectRequest) return MATCH_CLIENT;
  if (first === TPDU.connectConfirm) return MATCH_SERVER;
  if (end - at < HEADER_BYTES) return MATCH_MORE;
  return roleOf(bytes, at, end);
}

/** Who sends such a PDU. The CPU itself sends the jobs that fetch a block from its client. */
function roleOf(bytes: Uint8Array, at: number, end: number): Match {
  const rosctr = bytes[at + 1]!;
  if (rosctr === ROSCTR.ack) return MATCH_SERVER;
  if (rosctr === ROSCTR.userdata) {
    if (at + HEADER_BYTES + 6 > end) return MATCH_YES;
    return bytes[at + HEADER_BYTES + 5]! >> 4 === 4 ? MATCH_CLIENT : MATCH_SERVER;
  }
  const answer = rosctr === ROSCTR.ackData;
  const code = bytes[at + HEADER_BYTES + (answer ? 2 : 0)];
  if (code === undefined || at + HEADER_BYTES >= end) return MATCH_YES;
  const fetched = code === FC.downloadBlock || code === FC.downloadEnded;
  return answer === fetched ? MATCH_CLIENT : MATCH_SERVER;
}
