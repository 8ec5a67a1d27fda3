/** The device's own "no" to a Modbus request: what a conduit answers in its place. */
import { DIRECTION_REQUEST, type MessageView } from '../message-view.ts';
import { u16 } from '../values.ts';
import { finishRtu, finishTcp, putException, RTU_PDU_AT, TCP_PDU_AT } from './encode.ts';
import { crcFits, MBAP_BYTES, RTU_BYTES_MIN } from './framing.ts';
import { EXCEPTION } from './names.ts';

/** Function and exception code. [bytes] */
const EXCEPTION_PDU_BYTES = 2;
/** Serial line: requests to unit 0 reach every device and get no answer (MODBUS over Serial Line V1.02, 2.1). */
const BROADCAST = 0;

/**
 * Writes exception 1, illegal function (V1.1b3, 7), to the request in the view at `at` of `out`; returns its end, or 0 where there is
 * nothing to refuse: a response, a message too short to have a function, a broadcast over RTU, or no room.
 */
export function refuse(view: MessageView, out: Uint8Array, at: number): number {
  const { bytes, offset, end } = view;
  if (view.direction !== DIRECTION_REQUEST) return 0;
  if (view.protocol?.name === 'modbus-rtu') {
    if (end - offset < RTU_BYTES_MIN || !crcFits(bytes, offset, end)) return 0;
    const code = bytes[offset + 1]!;
    if (bytes[offset] === BROADCAST || code >= 0x80 || at + RTU_PDU_AT + EXCEPTION_PDU_BYTES + 2 > out.length) return 0;
    return finishRtu(out, at, putException(out, at + RTU_PDU_AT, code, EXCEPTION.illegalFunction), bytes[offset]!);
  }
  if (end - offset <= MBAP_BYTES || at + TCP_PDU_AT + EXCEPTION_PDU_BYTES > out.length) return 0;
  const code = bytes[offset + MBAP_BYTES]!;
  // A request has no code of 128 and more (V1.1b3, 4.1): there is no exception to it.
  if (code >= 0x80) return 0;
  const pduEnd = putException(out, at + TCP_PDU_AT, code, EXCEPTION.illegalFunction);
  return finishTcp(out, at, pduEnd, u16(bytes, offset), bytes[offset + 6]!);
}
