/** BVLC messages of BACnet/IP that carry no NPDU: results, broadcast and foreign device tables (ANSI/ASHRAE 135-2020, J.2). */
import {
  DIRECTION_EVENT,
  DIRECTION_REQUEST,
  DIRECTION_RESPONSE,
  type MessageView,
  NO_OFFSET,
} from '../message-view.ts';
import { u16, VALUE_TYPE } from '../values.ts';
import { BVLC_BYTES, FORWARDED_BYTES } from './framing.ts';
import { AREA, BVLC, BVLC_STATUS } from './names.ts';

/** Address, port and mask of a broadcast table entry; address, port, time-to-live and time left of a foreign device (J.2.2, J.2.8). [bytes] */
const TABLE_ENTRY_BYTES = 10;
/** Address and port. [bytes] */
const ADDRESS_BYTES = 6;

/** Where the NPDU of a BVLC message begins, or -1: there is none, and the view is filled. */
export interface BvlcBody {
  npdu: number;
}
const body: BvlcBody = { npdu: -1 };

/** Reads what stands behind the BVLC header. */
export function readBvlc(view: MessageView, bvlc: number): BvlcBody {
  const { bytes, end } = view;
  const at = view.offset + BVLC_BYTES;
  body.npdu = -1;
  switch (bvlc) {
    case BVLC.originalUnicast:
    case BVLC.originalBroadcast:
    case BVLC.distributeBroadcast:
      body.npdu = at;
      return body;
    case BVLC.forwardedNpdu:
      if (end - at < FORWARDED_BYTES) view.problem('bacnet-bvlc', at);
      else body.npdu = at + FORWARDED_BYTES;
      view.direction = DIRECTION_EVENT;
      return body;
    case BVLC.result:
      view.direction = DIRECTION_RESPONSE;
      if (end - at < 2) view.problem('bacnet-bvlc', at);
      else result(view, u16(bytes, at));
      return body;
    case BVLC.registerForeignDevice:
      view.direction = DIRECTION_REQUEST;
      if (end - at < 2) view.problem('bacnet-bvlc', at);
      // Seconds after which the registration ends.
      else view.numberAccess(AREA['foreign-device'], 0, true, VALUE_TYPE.uint16, u16(bytes, at), at);
      return body;
    case BVLC.writeBroadcastTable:
      view.direction = DIRECTION_REQUEST;
      table(view, AREA['broadcast-table'], true, at);
      return body;
    case BVLC.readBroadcastTableAck:
      view.direction = DIRECTION_RESPONSE;
      table(view, AREA['broadcast-table'], false, at);
      return body;
    case BVLC.readForeignDeviceTableAck:
      view.direction = DIRECTION_RESPONSE;
      table(view, AREA['foreign-device'], false, at);
      return body;
    case BVLC.deleteForeignDevice:
      view.direction = DIRECTION_REQUEST;
      if (end - at < ADDRESS_BYTES) view.problem('bacnet-bvlc', at);
      else named(view, AREA['foreign-device'], true, at);
      return body;
    case BVLC.readBroadcastTable:
    case BVLC.readForeignDeviceTable:
      view.direction = DIRECTION_REQUEST;
      return body;
    default:
      // Secured messages are opaque; other functions are unknown.
      if (bvlc !== BVLC.securedBvll) view.understood = false;
      view.direction = DIRECTION_EVENT;
      return body;
  }
}

/** The upper digits of a result name the function that failed (J.2.1). */
function result(view: MessageView, code: number): void {
  if (code !== 0) view.status = BVLC_STATUS + ((code >> 4) & 0xff);
}

function table(view: MessageView, area: number, write: boolean, from: number): void {
  const { end } = view;
  let at = from;
  for (; at + TABLE_ENTRY_BYTES <= end; at += TABLE_ENTRY_BYTES) named(view, area, write, at);
  if (at !== end) view.problem('bacnet-bvlc', at);
}

/** One entry: its address and port are the name. Tables are read and written by hand, so a string may be made. */
function named(view: MessageView, area: number, write: boolean, at: number): void {
  const { bytes } = view;
  const i = view.access(area, 0, 1, write, VALUE_TYPE.none, NO_OFFSET);
  if (i < 0) return;
  const address = `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}:${u16(bytes, at + 4)}`;
  view.accessSymbol[i] = view.symbols.internText(address);
}
