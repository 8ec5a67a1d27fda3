/**
 * The server's own "no", for whoever answers in its place: a ServiceFault with Bad_UserAccessDenied (OPC 10000-4, 7.30 and 7.39), and a
 * request made harmless, so that the server itself says no. Only where the channel has security policy None: a signed channel can be
 * spoken on by nobody but its ends.
 */
import { DIRECTION_REQUEST, type MessageView } from '../message-view.ts';
import { faultBody, putChunk, putMessage, UaWriter } from './encode.ts';
import { BAD_USER_ACCESS_DENIED, CHUNK, MESSAGE, SERVICE } from './names.ts';
import { chunk } from './session.ts';

/** headers 24, encoding id 4, response header 24. [bytes] */
export const FAULT_BYTES = 52;
/** headers 24, encoding id 4; age 8, timestamps 4 and no nodes 4 behind the request header. [bytes] */
const EMPTY_READ_BYTES = 44;
/** headers 24, status 4, no text 4. [bytes] */
const ABORT_BYTES = 32;

/** True for a request that somebody else may answer or change: in the clear, of a channel that signs nothing. */
function isOpen(view: MessageView): boolean {
  if (!view.fromClient || view.direction !== DIRECTION_REQUEST || !view.understood) return false;
  return chunk.type === MESSAGE.message && chunk.clear && chunk.encodingId !== 0;
}

/**
 * Writes the refusal of the request in `view` into `out` from `at`; the offset after it, or 0 where there is none or no room. To be called
 * in the handler the view was given to. It takes the server's next sequence number, after the refusals said before: whoever keeps the
 * request back must lower the numbers of the client's further chunks and raise those of the server's, or strict peers end the channel.
 * `neutralise` needs no such care.
 */
export function refuse(view: MessageView, out: Uint8Array, at: number): number {
  if (!isOpen(view) || at + FAULT_BYTES > out.length) return 0;
  const { channel, token, serverSequence, requestHandle, refusals } = chunk;
  const sequence = serverSequence + ++refusals.count;
  const numbers = { channel, token, sequence, requestId: view.transaction };
  return putMessage(out, at, numbers, SERVICE.fault, faultBody(requestHandle, BAD_USER_ACCESS_DENIED));
}

/**
 * Writes what may go to the server in place of the last chunk of the request in `view`: a Read of nothing with the request's own numbers and
 * header, which every server answers with a fault (Bad_NothingToDo, OPC 10000-4, 5.11.2.3); where earlier chunks have gone already, the abort
 * of the message (OPC 10000-6, 6.7.3), which nobody answers. Sequence numbers stay whole on both sides. The offset after it, or 0.
 */
export function neutralise(view: MessageView, out: Uint8Array, at: number): number {
  if (!isOpen(view)) return 0;
  const { channel, token, sequence, headerFrom, headerTo } = chunk;
  const numbers = { channel, token, sequence, requestId: view.transaction };
  if (chunk.assembled) {
    if (at + ABORT_BYTES > out.length) return 0;
    const content = new UaWriter().u32(channel).u32(token).u32(sequence).u32(view.transaction);
    return putChunk(out, at, MESSAGE.message, CHUNK.abort, content.u32(BAD_USER_ACCESS_DENIED).text(null).bytes());
  }
  const header = view.bytes.subarray(headerFrom, headerTo);
  if (at + EMPTY_READ_BYTES + header.length > out.length) return 0;
  return putMessage(out, at, numbers, SERVICE.read, (writer) => writer.raw(header).f64(0).u32(0).u32(0));
}
