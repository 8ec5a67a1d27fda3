/** Is this MMS? The first user data after connection set-up tell: TCP 102 also carries S7 and others, the session layer also X.400 and its like. */
import { MATCH_CLIENT, MATCH_MORE, MATCH_NO, MATCH_SERVER, MATCH_YES, type Match } from '../protocol.ts';
import { firstUserOctet, NO_TPKT, NO_USER_DATA, TPDU, tpduAt, tpktLength } from '../tpkt/cotp.ts';
import { Envelope, isMmsTag, NOWHERE, readEnvelope } from './framing.ts';
import { PDU, PDU_TAGS, SPDU } from './names.ts';

/** MMS abstract syntax 1.0.9506.2.1 (ISO 9506-2, 20): what a connection asks for. */
const ABSTRACT_SYNTAX = [0x06, 0x05, 0x28, 0xca, 0x22, 0x02, 0x01];
/** Layers above MMS's own octets take less; a datum longer than this without MMS in it is something else. [bytes] */
const LAYERS_BYTES_MAX = 1_024;

const envelope = new Envelope();

/** MMS at `offset`? A connect request alone does not tell: the answer is then "more". */
export function identify(bytes: Uint8Array, offset: number, end: number, hinted: boolean): Match {
  const at = firstUserOctet(bytes, offset, end);
  if (at === NO_TPKT) return MATCH_NO;
  if (at === NO_USER_DATA) return MATCH_MORE;
  const stop = datumEnd(bytes, offset, at, end);
  const cut = stop > end;
  const match = matchDatum(bytes, at, Math.min(stop, end), cut, hinted);
  if (match <= MATCH_MORE) return match;
  const first = tpduAt(bytes, offset, end);
  if (first === TPDU.connectRequest) return MATCH_CLIENT;
  return first === TPDU.connectConfirm ? MATCH_SERVER : match;
}

/** End of the TPKT that holds the octet at `user`; may lie beyond what is there. */
function datumEnd(bytes: Uint8Array, offset: number, user: number, end: number): number {
  let at = offset;
  for (;;) {
    const length = tpktLength(bytes, at, end);
    if (length <= 0 || at + length > user) return at + Math.max(length, 0);
    at += length;
  }
}

function matchDatum(bytes: Uint8Array, at: number, end: number, cut: boolean, hinted: boolean): Match {
  const first = bytes[at]!;
  if (isMmsTag(first)) return hinted ? matchBare(bytes, at, end, cut) : MATCH_NO;
  if (first !== SPDU.data && first !== SPDU.connect && first !== SPDU.accept) return MATCH_NO;
  // Data begin with give tokens and data transfer, both without parameters.
  if (first === SPDU.data) {
    for (let i = 1; i < 4; i++) if (at + i < end && bytes[at + i] !== (i & 1 ? 0 : SPDU.data)) return MATCH_NO;
    if (end - at < 4) return cut ? MATCH_MORE : MATCH_NO;
  }
  readEnvelope(bytes, at, end, envelope);
  const tag = envelope.pduAt === NOWHERE ? 0 : bytes[envelope.pduAt]!;
  if (first === SPDU.connect) {
    if (tag === PDU_TAGS[PDU.initiateRequest] || holdsAbstractSyntax(bytes, at, end)) return MATCH_CLIENT;
  } else if (first === SPDU.accept) {
    if (tag === PDU_TAGS[PDU.initiateResponse]) return MATCH_SERVER;
  } else if (tag !== 0 && envelope.pduAt + 3 < end) return roleOf(bytes, envelope.pduAt);
  else if (tag !== 0 && !cut) return roleOf(bytes, envelope.pduAt);
  return cut && end - at < LAYERS_BYTES_MAX ? MATCH_MORE : MATCH_NO;
}

/** MMS straight on the transport: only an initiate whose first parameter fits. */
function matchBare(bytes: Uint8Array, at: number, end: number, cut: boolean): Match {
  const request = bytes[at] === PDU_TAGS[PDU.initiateRequest];
  if (!request && bytes[at] !== PDU_TAGS[PDU.initiateResponse]) return MATCH_NO;
  if (end - at < 3) return cut ? MATCH_MORE : MATCH_NO;
  const parameter = bytes[at + 2]!;
  if (bytes[at + 1]! >= 0x80 || parameter < 0x80 || parameter > 0x83) return MATCH_NO;
  return request ? MATCH_CLIENT : MATCH_SERVER;
}

/** Who sends such a PDU; both may ask where both serve (TASE.2). */
function roleOf(bytes: Uint8Array, at: number): Match {
  switch (bytes[at]! & 0x1f) {
    case PDU.confirmedRequest:
    case PDU.initiateRequest:
      return MATCH_CLIENT;
    case PDU.confirmedResponse:
    case PDU.confirmedError:
    case PDU.unconfirmed:
    case PDU.initiateResponse:
      return MATCH_SERVER;
    default:
      return MATCH_YES;
  }
}

function holdsAbstractSyntax(bytes: Uint8Array, at: number, end: number): boolean {
  const last = Math.min(end, at + LAYERS_BYTES_MAX) - ABSTRACT_SYNTAX.length;
  for (let i = at; i <= last; i++) {
    let k = 0;
    while (k < ABSTRACT_SYNTAX.length && bytes[i + k] === ABSTRACT_SYNTAX[k]) k++;
    if (k === ABSTRACT_SYNTAX.length) return true;
  }
  return false;
}
