/** The server's own "no" to a request: what a conduit answers in its place. */
import { DIRECTION_REQUEST, type MessageView } from '../message-view.ts';
import { PLAIN_HEADER_BYTES } from '../tpkt/connection.ts';
import { firstUserOctet, TPDU } from '../tpkt/cotp.ts';
import { putDisconnect } from '../tpkt/encode.ts';
import { COTP_FUNCTION_BASE } from '../tpkt/names.ts';
import { u16 } from '../values.ts';
import { confirmedError, putPdu, putRefuse } from './encode.ts';
import { Envelope, NOWHERE, readEnvelope } from './framing.ts';
import { ACCESS_DENIED, PDU, PDU_FUNCTION_BASE, SESSION_FUNCTION_BASE, SPDU } from './names.ts';

/** Connection request refused (RFC 905, 13.5.3). */
const CONNECTION_REFUSED = 136;
/** Any refusal fits into this: layers, invoke id of five octets, error. [bytes] */
const REFUSAL_BYTES_MAX = PLAIN_HEADER_BYTES + 48;
const TPKT_VERSION = 3;

const envelope = new Envelope();

/**
 * Writes the refusal of the request in the view at `at` of `out` and returns its end: a confirmed error (access, object-access-denied)
 * to any confirmed service, a session refuse to an association, a disconnect to a transport connection. 0 where there is nothing to
 * refuse: answers, reports, conclude, cancel and release (which only end something), no room; and what the TCP server asks (TASE.2):
 * the answer of a conduit goes to the client, the wrong end.
 */
export function refuse(view: MessageView, out: Uint8Array, at: number): number {
  const { bytes, offset, end } = view;
  if (view.direction !== DIRECTION_REQUEST || !view.fromClient || at + REFUSAL_BYTES_MAX > out.length) return 0;
  if (view.functionCode === COTP_FUNCTION_BASE + TPDU.connectRequest) {
    return putDisconnect(out, at, u16(bytes, offset + 8), CONNECTION_REFUSED);
  }
  const connect = SESSION_FUNCTION_BASE + SPDU.connect;
  if (view.functionCode === PDU_FUNCTION_BASE + PDU.initiateRequest || view.functionCode === connect) {
    return putRefuse(out, at);
  }
  const user = bytes[offset] === TPKT_VERSION ? firstUserOctet(bytes, offset, end) : offset;
  if (user < 0 || user >= end) return 0;
  readEnvelope(bytes, user, end, envelope);
  if (envelope.pduAt === NOWHERE || (bytes[envelope.pduAt]! & 0x1f) !== PDU.confirmedRequest) return 0;
  const { errorClass, code } = ACCESS_DENIED;
  return putPdu(out, at, confirmedError(view.transaction, errorClass, code), envelope.context);
}
