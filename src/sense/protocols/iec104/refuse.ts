/**
 * The station's own "no" to a request, for whoever answers in its place: the same ASDU with P/N = 1 and the cause of the confirmation
 * (IEC 60870-5-101:2003, 7.2.3, 7.4.5); a read comes back with cause 47, a file or security request with cause 44.
 */
import { DIRECTION_REQUEST, type MessageView } from '../message-view.ts';
import { confirmationOf, finishInformation } from './encode.ts';
import {
  APCI_BYTES,
  ASDU_HEADER_BYTES,
  FORMAT,
  formatOf,
  LENGTH_MAX,
  receiveSequence,
  SEQUENCES,
  START,
  sendSequence,
} from './framing.ts';
import { causeOf } from './message.ts';
import { CAUSE, NEGATIVE, TEST, TYPE } from './names.ts';

/**
 * Writes the refusal of the request in `view` as one I frame into `out` from `at`; returns the offset after it, or 0 where there is none
 * (U and S frames, what is no request, no room). `send` and `receive` are N(S) and N(R) as the client expects them from the
 * station: who answers keeps both sides' numbers apart from then on (`shiftSequence`). Left out they follow from the request: right
 * where the client has acknowledged all it got.
 */
export function refuse(view: MessageView, out: Uint8Array, at: number, send?: number, receive?: number): number {
  const { bytes, offset, end } = view;
  const asdu = offset + APCI_BYTES;
  if (view.direction !== DIRECTION_REQUEST || end - asdu < ASDU_HEADER_BYTES) return 0;
  // Octets between frames that are no frame may be longer than any.
  if (bytes[offset] !== START || end - offset > LENGTH_MAX + 2) return 0;
  if (formatOf(bytes[offset + 2]!) !== FORMAT.i || at + end - offset > out.length) return 0;
  for (let i = asdu; i < end; i++) out[at + i - offset] = bytes[i]!;
  const octet = bytes[asdu + 2]!;
  const confirmation = confirmationOf(causeOf(octet));
  const unknown = bytes[asdu] === TYPE.read ? CAUSE.unknownObjectAddress : CAUSE.unknownType;
  const cause = confirmation === 0 ? unknown : confirmation;
  out[at + APCI_BYTES + 2] = cause | NEGATIVE | (octet & TEST);
  const control = offset + 2;
  const next = send ?? receiveSequence(bytes, control);
  const expected = receive ?? (sendSequence(bytes, control) + 1) % SEQUENCES;
  return finishInformation(out, at, at + end - offset, next, expected);
}
