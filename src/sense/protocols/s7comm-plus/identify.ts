/** Is this S7-plus? By the first user data on TCP 102, or by the TSAPs only S7-plus uses. */
import { MATCH_CLIENT, MATCH_MORE, MATCH_NO, MATCH_SERVER, MATCH_YES, type Match } from '../protocol.ts';
import { firstUserOctet, NO_TPKT, NO_USER_DATA, TPDU, tpduAt, tpktLength } from '../tpkt/cotp.ts';
import { dataStart, looksLikeS7plus, looksLikeTls, opcodeAt } from './framing.ts';
import { OPCODE } from './names.ts';

/** Beginning of the TSAPs of the root object: SIMATIC-ROOT-ES, -HMI, -OTHER. */
const ROOT_TSAP = [...'SIMATIC-ROOT-'].map((letter) => letter.charCodeAt(0));

export function identify(bytes: Uint8Array, offset: number, end: number, hinted: boolean): Match {
  const at = firstUserOctet(bytes, offset, end);
  if (at === NO_TPKT) return MATCH_NO;
  const first = tpduAt(bytes, offset, end);
  if (at === NO_USER_DATA) {
    const connect = first === TPDU.connectRequest || first === TPDU.connectConfirm;
    if (!connect || !namesRoot(bytes, offset, end)) return MATCH_MORE;
    return first === TPDU.connectRequest ? MATCH_CLIENT : MATCH_SERVER;
  }
  // TLS inside transport data on TCP 102 is S7-plus of TIA Portal 17 and later; elsewhere it could be anything.
  const encrypted = hinted && looksLikeTls(bytes, at, end);
  if (!encrypted && !looksLikeS7plus(bytes, at, end)) return MATCH_NO;
  if (first === TPDU.connectRequest) return MATCH_CLIENT;
  if (first === TPDU.connectConfirm) return MATCH_SERVER;
  if (encrypted) return MATCH_YES;
  if (end - at < 2) return MATCH_MORE;
  const opcode = opcodeAt(bytes, dataStart(bytes, at, end), end);
  if (opcode === OPCODE.request) return MATCH_CLIENT;
  return opcode === 0 ? MATCH_YES : MATCH_SERVER;
}

function namesRoot(bytes: Uint8Array, offset: number, end: number): boolean {
  const stop = Math.min(end, offset + Math.max(0, tpktLength(bytes, offset, end)));
  for (let at = offset; at + ROOT_TSAP.length <= stop; at++) {
    let k = 0;
    while (k < ROOT_TSAP.length && bytes[at + k] === ROOT_TSAP[k]) k++;
    if (k === ROOT_TSAP.length) return true;
  }
  return false;
}
