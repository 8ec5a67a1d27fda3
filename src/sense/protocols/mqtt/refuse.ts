/**
 * The broker's own "no", for whoever answers in its place. PUBLISH can be refused only in 5.0 and only above QoS 0 (3.4.2.1, 3.5.2.1);
 * SUBSCRIBE in 3.1.1 and 5.0 (3.9.3), UNSUBSCRIBE in 5.0 (3.11.3), CONNECT always (3.2.2.2). Everything else: no refusal, 0.
 */
import { DIRECTION_REQUEST, type MessageView } from '../message-view.ts';
import { putAcknowledge, putConnack, putFilterCodes } from './encode.ts';
import { NOT_AUTHORIZED, NOT_AUTHORIZED_V3, PACKET, SUBACK_FAILURE, VERSION } from './names.ts';
import { versionOf } from './session.ts';

/** Longest refusal but for the codes of filters. [bytes] */
const REFUSAL_BYTES_MAX = 16;

/** Writes the refusal of the packet in `view` into `out` from `at`; the offset after it, or 0 where there is none or no room. */
export function refuse(view: MessageView, out: Uint8Array, at: number): number {
  if (!view.fromClient || view.direction !== DIRECTION_REQUEST) return 0;
  if (at + REFUSAL_BYTES_MAX + view.accessCount > out.length) return 0;
  const first = view.bytes[view.offset]!;
  const version = versionOf(view);
  const five = version === VERSION.v5;
  const { transaction } = view;
  switch (first >> 4) {
    case PACKET.connect:
      return putConnack(out, at, version, five ? NOT_AUTHORIZED : NOT_AUTHORIZED_V3);
    case PACKET.publish: {
      const qos = (first >> 1) & 3;
      if (!five || qos === 0 || qos === 3) return 0;
      return putAcknowledge(out, at, qos === 1 ? PACKET.puback : PACKET.pubrec, transaction, NOT_AUTHORIZED);
    }
    case PACKET.subscribe:
      if (version < VERSION.v311) return 0;
      return putFilterCodes(
        out,
        at,
        PACKET.suback,
        version,
        transaction,
        new Uint8Array(view.accessCount).fill(five ? NOT_AUTHORIZED : SUBACK_FAILURE),
      );
    case PACKET.unsubscribe:
      if (!five) return 0;
      return putFilterCodes(
        out,
        at,
        PACKET.unsuback,
        version,
        transaction,
        new Uint8Array(view.accessCount).fill(NOT_AUTHORIZED),
      );
    default:
      return 0;
  }
}
