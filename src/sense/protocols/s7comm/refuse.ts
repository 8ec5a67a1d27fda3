/** The CPU's own "no" to a request: what a conduit answers in its place. */
import { DIRECTION_REQUEST, type MessageView } from '../message-view.ts';
import { firstUserOctet, TPDU, tpduAt } from '../tpkt/cotp.ts';
import { putDisconnect } from '../tpkt/encode.ts';
import { u16 } from '../values.ts';
import { ANSWER_PARAMETERS_AT, putAck, putReadAnswer, putUserdata, putWriteAnswer } from './encode.ts';
import { HEADER_BYTES } from './framing.ts';
import { FC, PROTOCOL_ID, ROSCTR } from './names.ts';

/** "Accessing the object not allowed": return code of an item. */
const ITEM_ACCESS_DENIED = 0x03;
/** "Function is not permitted in the current protection level". */
const PROTECTION_LEVEL = 0xd241;
/** Connection request refused (RFC 905, 13.5.3). */
const CONNECTION_REFUSED = 136;
/** Userdata types: high half of the octet that names the group. */
const TYPE_RESPONSE = 8;
const ITEMS_MAX = 255;
/** Largest refusal of a request with so many items: header, function, count, four octets an item; userdata take as much as one. [bytes] */
const refusalBytesMax = (items: number): number => ANSWER_PARAMETERS_AT + 2 + 4 * Math.max(items, 4);
const denied = new Uint8Array(ITEMS_MAX).fill(ITEM_ACCESS_DENIED);
const deniedData = Array.from({ length: ITEMS_MAX }, () => ({ code: ITEM_ACCESS_DENIED, transport: 0, octets: [] }));

/**
 * Writes the refusal of the request in the view at `at` of `out` and returns its end; 0 where there is nothing to refuse: answers,
 * messages sent unasked, no room, and jobs of the CPU itself (a block it fetches in a download under way), which must not be broken off.
 */
export function refuse(view: MessageView, out: Uint8Array, at: number): number {
  const { bytes, offset, end } = view;
  if (view.direction !== DIRECTION_REQUEST || !view.fromClient) return 0;
  if (at + refusalBytesMax(0) > out.length) return 0;
  if (bytes[offset] !== PROTOCOL_ID && tpduAt(bytes, offset, end) === TPDU.connectRequest) {
    return putDisconnect(out, at, u16(bytes, offset + 8), CONNECTION_REFUSED);
  }
  const pdu = bytes[offset] === PROTOCOL_ID ? offset : firstUserOctet(bytes, offset, end);
  if (pdu < 0 || pdu + HEADER_BYTES >= end || bytes[pdu] !== PROTOCOL_ID) return 0;
  const reference = u16(bytes, pdu + 4);
  const parameters = pdu + HEADER_BYTES;
  if (bytes[pdu + 1] === ROSCTR.userdata) {
    if (parameters + 8 > end) return 0;
    const options = { type: TYPE_RESPONSE, sequence: bytes[parameters + 7]!, error: PROTECTION_LEVEL };
    return putUserdata(out, at, reference, bytes[parameters + 5]! & 15, bytes[parameters + 6]!, [], options);
  }
  if (bytes[pdu + 1] !== ROSCTR.job) return 0;
  const code = bytes[parameters]!;
  const count = parameters + 1 < end ? bytes[parameters + 1]! : 0;
  if (at + refusalBytesMax(count) > out.length) return 0;
  // Reads and writes are refused item by item: a client that asked for many sees which.
  if (code === FC.readVar) return putReadAnswer(out, at, reference, deniedData.slice(0, count));
  if (code === FC.writeVar) return putWriteAnswer(out, at, reference, denied.subarray(0, count));
  return putAck(out, at, reference, PROTECTION_LEVEL);
}
