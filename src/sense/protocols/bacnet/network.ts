/** Network layer messages (ANSI/ASHRAE 135-2020, 6.4): who routes where. */
import {
  DIRECTION_EVENT,
  DIRECTION_REQUEST,
  DIRECTION_RESPONSE,
  type MessageView,
  NO_OFFSET,
} from '../message-view.ts';
import { u16, VALUE_TYPE } from '../values.ts';
import { AREA, NETWORK_STATUS } from './names.ts';
import { senderFact } from './points.ts';

/** Message types (6.2.4). */
const TYPE = {
  whoIsRouter: 0x00,
  iAmRouter: 0x01,
  iCouldBeRouter: 0x02,
  reject: 0x03,
  routerBusy: 0x04,
  routerAvailable: 0x05,
  initializeRoutingTable: 0x06,
  initializeRoutingTableAck: 0x07,
  establish: 0x08,
  disconnect: 0x09,
  networkNumberIs: 0x13,
} as const;

/** Messages by which a router tells of itself. */
const TOLD: ReadonlySet<number> = new Set<number>([
  TYPE.iAmRouter,
  TYPE.iCouldBeRouter,
  TYPE.routerBusy,
  TYPE.routerAvailable,
  TYPE.networkNumberIs,
]);

/** Body of the network message `type`, `at` … `end`. */
export function readNetworkMessage(view: MessageView, type: number, at: number, end: number): void {
  const { bytes } = view;
  view.direction = TOLD.has(type) ? DIRECTION_EVENT : DIRECTION_REQUEST;
  switch (type) {
    case TYPE.iAmRouter:
      for (let next = at; next + 2 <= end; next += 2) senderFact(view, 'routes-to-network', String(u16(bytes, next)));
      return;
    case TYPE.reject:
      view.direction = DIRECTION_RESPONSE;
      if (end - at < 3) view.problem('bacnet-body', at);
      else view.status = NETWORK_STATUS + bytes[at]!;
      return;
    case TYPE.initializeRoutingTable:
    case TYPE.initializeRoutingTableAck:
      if (type === TYPE.initializeRoutingTableAck) view.direction = DIRECTION_RESPONSE;
      routes(view, type === TYPE.initializeRoutingTable, at, end);
      return;
    case TYPE.establish:
    case TYPE.disconnect:
      if (end - at < 2) view.problem('bacnet-body', at);
      else view.access(AREA['routing-table'], u16(bytes, at), 1, true, VALUE_TYPE.none, NO_OFFSET);
      return;
    case TYPE.networkNumberIs:
      if (end - at < 3) view.problem('bacnet-body', at);
      else senderFact(view, 'network', String(u16(bytes, at)));
      return;
    default:
  }
}

/** Number of ports, then network, port and port information of each (6.4.7). */
function routes(view: MessageView, write: boolean, from: number, end: number): void {
  const { bytes } = view;
  if (from >= end) return view.problem('bacnet-body', from);
  let at = from + 1;
  for (let left = bytes[from]!; left > 0; left--) {
    if (end - at < 4 || end - at - 4 < bytes[at + 3]!) return view.problem('bacnet-body', at);
    view.numberAccess(AREA['routing-table'], u16(bytes, at), write, VALUE_TYPE.uint8, bytes[at + 2]!, at + 2);
    at += 4 + bytes[at + 3]!;
  }
}
