/**
 * The server's own "no", for whoever answers in its place: a ServiceFault with Bad_UserAccessDenied (OPC 10000-4, 7.30 and 7.39). Only
 * where the channel has security policy None: a signed channel can be spoken on by nobody but its ends.
 */
import { DIRECTION_REQUEST, type MessageView } from '../message-view.ts';
import { faultBody, putMessage } from './encode.ts';
import { BAD_USER_ACCESS_DENIED, MESSAGE, SERVICE } from './names.ts';
import { chunk } from './session.ts';

/** headers 24, encoding id 4, response header 24. [bytes] */
export const FAULT_BYTES = 52;

/**
 * Writes the refusal of the request in `view` into `out` from `at`; the offset after it, or 0 where there is none or no room. To be called
 * in the handler the view was given to. The sequence number is the server's next, after the refusals said before: whoever stands between
 * must raise the numbers of what the server says later by the number of refusals, or strict clients end the channel.
 */
export function refuse(view: MessageView, out: Uint8Array, at: number): number {
  if (!view.fromClient || view.direction !== DIRECTION_REQUEST || !view.understood) return 0;
  if (chunk.type !== MESSAGE.message || !chunk.clear || chunk.encodingId === 0) return 0;
  if (at + FAULT_BYTES > out.length) return 0;
  const { channel, token, serverSequence, requestHandle, refusals } = chunk;
  const sequence = serverSequence + ++refusals.count;
  const numbers = { channel, token, sequence, requestId: view.transaction };
  return putMessage(out, at, numbers, SERVICE.fault, faultBody(requestHandle, BAD_USER_ACCESS_DENIED));
}
