/**
 * The device's own "no": Error of class services, code service-request-denied (ANSI/ASHRAE 135-2020, 18.6) to a confirmed request; the
 * negative result of a BVLC request (J.2.1). Unconfirmed requests and network messages have no answer.
 */
import { DIRECTION_REQUEST, type MessageView } from '../message-view.ts';
import { putBvlc, putError, putNpdu, type RemoteAddress } from './encode.ts';
import { APDU, BVLC, DENIED } from './names.ts';
import { NPCI } from './npdu.ts';
import { pdu } from './pdu.ts';

/** Largest refusal: link and network headers with two addresses, error with its wrapping. [bytes] */
const REFUSAL_BYTES_MAX = 600;
const RESULT_BYTES = 6;

/** BVLC requests that have a negative result: function → result code (J.2.1.1). */
const RESULTS: ReadonlyMap<number, number> = new Map([
  [BVLC.writeBroadcastTable, 0x0010],
  [BVLC.readBroadcastTable, 0x0020],
  [BVLC.registerForeignDevice, 0x0030],
  [BVLC.readForeignDeviceTable, 0x0040],
  [BVLC.deleteForeignDevice, 0x0050],
]);

/** The refusal is put together here, so that nothing is written where it would not fit. */
const scratch = new Uint8Array(REFUSAL_BYTES_MAX);

/**
 * Writes the refusal of the request in `view` at `at` of `out`; returns its end, or 0 where the protocol has none for it or there is
 * no room. To be called in the handler the view was given to.
 */
export function refuse(view: MessageView, out: Uint8Array, at: number): number {
  // Nobody stands between two devices on one Ethernet: frames there cannot be answered in a device's place.
  if (view.direction !== DIRECTION_REQUEST || pdu.llc) return 0;
  const size = pdu.type === APDU.confirmedRequest ? denial() : pdu.hasNpdu ? 0 : result();
  if (size === 0 || at + size > out.length) return 0;
  for (let i = 0; i < size; i++) out[at + i] = scratch[i]!;
  return at + size;
}

function result(): number {
  const code = RESULTS.get(pdu.bvlc);
  if (code === undefined) return 0;
  putBvlc(scratch, 0, BVLC.result, (out, at) => {
    out[at] = code >> 8;
    out[at + 1] = code & 0xff;
    return at + 2;
  });
  return RESULT_BYTES;
}

/** The error goes back where the request came from: its source is the target, its target the source. */
function denial(): number {
  const { npdu } = pdu;
  if (pdu.service < 0) return 0;
  const target = remote(npdu.sourceNetwork, npdu.sourceAt, npdu.sourceLength);
  // A confirmed request has one device as its target (5.4); to a broadcast nobody answers.
  if (npdu.targetNetwork >= 0 && npdu.targetLength === 0) return 0;
  const source = remote(npdu.targetNetwork, npdu.targetAt, npdu.targetLength);
  const header = { ...(target === undefined ? {} : { target }), ...(source === undefined ? {} : { source }) };
  const body = (out: Uint8Array, at: number): number => {
    const apdu = putNpdu(out, at, header);
    out[at + 1]! |= npdu.control & NPCI.priority;
    return putError(out, apdu, pdu.invoke, pdu.service, DENIED.class, DENIED.code);
  };
  return putBvlc(scratch, 0, BVLC.originalUnicast, body);
}

function remote(network: number, at: number, length: number): RemoteAddress | undefined {
  return network < 0 ? undefined : { network, mac: Array.from(pdu.bytes.subarray(at, at + length)) };
}
