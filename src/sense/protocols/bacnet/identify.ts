/** Is this BACnet? By content: BVLC type, function and a length that fits, then an NPDU whose first octets are possible. */
import { MATCH_CLIENT, MATCH_MORE, MATCH_NO, MATCH_SERVER, MATCH_YES, type Match } from '../protocol.ts';
import { u16 } from '../values.ts';
import {
  BVLC_BYTES,
  BVLC_FUNCTION_MAX,
  BVLC_TYPE,
  FORWARDED_BYTES,
  isLlc,
  LLC_BYTES,
  LLC_SAP,
  NPDU_VERSION,
} from './framing.ts';
import { APDU, BVLC, CONFIRMED, UNCONFIRMED } from './names.ts';
import { Npdu } from './npdu.ts';

const npdu = new Npdu();

/** BACnet at `offset`? The kind of the APDU shows who asks; roles are per pair of devices, and devices may do both. */
export function identify(bytes: Uint8Array, offset: number, end: number, hinted: boolean): Match {
  const size = end - offset;
  if (size <= 0) return MATCH_NO;
  if (bytes[offset] === LLC_SAP) {
    return isLlc(bytes, offset, end) ? network(bytes, offset + LLC_BYTES, end) : MATCH_NO;
  }
  if (bytes[offset] !== BVLC_TYPE || (size >= 2 && bytes[offset + 1]! > BVLC_FUNCTION_MAX)) return MATCH_NO;
  if (size < BVLC_BYTES) return MATCH_MORE;
  const length = u16(bytes, offset + 2);
  if (hinted ? length < BVLC_BYTES || length > size : length !== size) return MATCH_NO;
  return link(bytes, offset, offset + length);
}

function link(bytes: Uint8Array, offset: number, end: number): Match {
  switch (bytes[offset + 1]) {
    case BVLC.result:
      return end - offset === BVLC_BYTES + 2 ? MATCH_SERVER : MATCH_NO;
    case BVLC.readBroadcastTableAck:
    case BVLC.readForeignDeviceTableAck:
      return MATCH_SERVER;
    case BVLC.registerForeignDevice:
      return end - offset === BVLC_BYTES + 2 ? MATCH_CLIENT : MATCH_NO;
    case BVLC.readBroadcastTable:
    case BVLC.readForeignDeviceTable:
      return end - offset === BVLC_BYTES ? MATCH_CLIENT : MATCH_NO;
    case BVLC.writeBroadcastTable:
      return (end - offset - BVLC_BYTES) % 10 === 0 ? MATCH_CLIENT : MATCH_NO;
    case BVLC.deleteForeignDevice:
      return end - offset === BVLC_BYTES + 6 ? MATCH_CLIENT : MATCH_NO;
    case BVLC.securedBvll:
      return MATCH_YES;
    case BVLC.forwardedNpdu:
      return network(bytes, offset + BVLC_BYTES + FORWARDED_BYTES, end) === MATCH_NO ? MATCH_NO : MATCH_YES;
    default:
      return network(bytes, offset + BVLC_BYTES, end);
  }
}

function network(bytes: Uint8Array, at: number, end: number): Match {
  if (end - at < 3 || bytes[at] !== NPDU_VERSION || !npdu.read(bytes, at, end)) return MATCH_NO;
  if (npdu.messageType >= 0) return MATCH_YES;
  if (npdu.apdu >= end) return MATCH_NO;
  const type = bytes[npdu.apdu]! >> 4;
  if (type > APDU.abort) return MATCH_NO;
  if (type === APDU.confirmedRequest) return confirmed(bytes, npdu.apdu, end);
  if (type === APDU.unconfirmedRequest) return unconfirmed(bytes, npdu.apdu, end);
  if (type === APDU.segmentAck || type === APDU.abort) return MATCH_YES;
  return MATCH_SERVER;
}

/** Notifications go from the device that has the points; every other request goes to it. */
function confirmed(bytes: Uint8Array, at: number, end: number): Match {
  if (end - at < 4) return MATCH_NO;
  const segmented = (bytes[at]! & 0x08) !== 0;
  if (segmented && end - at < 6) return MATCH_NO;
  const service = bytes[at + (segmented ? 5 : 3)]!;
  const tells =
    service === CONFIRMED.covNotification ||
    service === CONFIRMED.eventNotification ||
    service === CONFIRMED.covNotificationMultiple;
  return tells ? MATCH_SERVER : MATCH_CLIENT;
}

function unconfirmed(bytes: Uint8Array, at: number, end: number): Match {
  if (end - at < 2) return MATCH_NO;
  const service = bytes[at + 1]!;
  const tells =
    service === UNCONFIRMED.covNotification ||
    service === UNCONFIRMED.eventNotification ||
    service === UNCONFIRMED.covNotificationMultiple;
  return tells ? MATCH_SERVER : MATCH_YES;
}
