/** What OPC UA responses bring: values of nodes asked for, notifications of monitored items, refusals. Clauses: OPC 10000-4, chapter 5. */
import { type MessageView, NO_SYMBOL } from '../message-view.ts';
import { VALUE_TYPE } from '../values.ts';
import { readEndpoints } from './identity.ts';
import { AREA, BUILD_INFO, SERVICE, SEVERITY_BAD, STRUCTURE } from './names.ts';
import type { UaReader } from './reader.ts';
import type { MonitoredItems, OpenNodes } from './state.ts';
import { readDataValue, skipVariant } from './variant.ts';

/** ResponseHeader (7.34); returns the service result. */
export function readResponseHeader(reader: UaReader): number {
  reader.take(12); // time, request handle
  const result = reader.u32();
  reader.diagnosticInfo();
  for (let left = reader.count(); left > 0 && !reader.failed; left--) reader.text();
  reader.extension();
  return reader.failed ? 0 : result;
}

/** Reads the body of the response to `service`; `from` and `count` say which of `nodes` were asked for (count 0: not seen). */
export function readResponse(
  view: MessageView,
  reader: UaReader,
  service: number,
  nodes: OpenNodes,
  from: number,
  count: number,
  monitored: MonitoredItems,
): void {
  switch (service) {
    case SERVICE.read:
      return readResults(view, reader, nodes, from, count);
    case SERVICE.write:
    case SERVICE.deleteSubscriptions:
    case SERVICE.deleteNodes:
      return results(view, reader, statusAlone);
    case SERVICE.call:
      return results(view, reader, callResult);
    case SERVICE.createMonitoredItems:
      return results(view, reader, monitoredItemResult);
    case SERVICE.addNodes:
      return results(view, reader, addNodesResult);
    case SERVICE.publish:
      return publish(view, reader, monitored);
    case SERVICE.republish:
      return notification(view, reader, 0, monitored);
    case SERVICE.getEndpoints:
      return readEndpoints(view, reader);
    case SERVICE.createSession:
      reader.nodeNumber(); // session id, authentication token
      reader.nodeNumber();
      reader.take(8); // timeout
      reader.text(); // nonce
      reader.text(); // certificate: the endpoints say it again
      return readEndpoints(view, reader);
    default: // what the others carry is no value
  }
}

/** The first operation refused gives the status of the whole: a write that was not done is a write refused. */
function results(view: MessageView, reader: UaReader, one: (reader: UaReader) => number): void {
  for (let left = reader.count(); left > 0 && !reader.failed; left--) {
    const status = one(reader);
    if (status >= SEVERITY_BAD && view.status === 0 && !reader.failed) view.status = status;
  }
}

function statusAlone(reader: UaReader): number {
  return reader.u32();
}

/** MonitoredItemCreateResult (5.13.2): status, id, sampling interval, queue size, filter. */
function monitoredItemResult(reader: UaReader): number {
  const status = reader.u32();
  reader.take(16);
  reader.extension();
  return status;
}

/** AddNodesResult (5.8.2). */
function addNodesResult(reader: UaReader): number {
  const status = reader.u32();
  reader.nodeNumber();
  return status;
}

/** CallMethodResult (5.12.2). */
function callResult(reader: UaReader): number {
  const status = reader.u32();
  reader.take(4 * reader.count());
  for (let left = reader.count(); left > 0 && !reader.failed; left--) reader.diagnosticInfo();
  for (let left = reader.count(); left > 0 && !reader.failed; left--) skipVariant(reader);
  return status;
}

/** Results of Read (5.11.2) come in the order of the nodes asked for. */
function readResults(view: MessageView, reader: UaReader, nodes: OpenNodes, from: number, count: number): void {
  const results = reader.count();
  if (results > 0 && count === 0) return view.problem('opcua-reply-without-request', reader.at);
  if (results !== count) view.problem('opcua-result-count', reader.at);
  for (let k = 0; k < results && k < count && !reader.failed; k++) {
    const symbol = nodes.symbol(from + k);
    if (symbol === NO_SYMBOL) return view.problem('opcua-nodes-open-full', reader.at);
    const i = readDataValue(view, reader, nodes.area(from + k), symbol, false);
    if (i >= 0 && view.accessType[i] === VALUE_TYPE.text) buildInfo(view, i, symbol);
  }
}

/** The server's build information is who it is. */
function buildInfo(view: MessageView, i: number, symbol: number): void {
  if (view.accessArea[i] !== AREA.node) return;
  const kind = BUILD_INFO[view.symbols.name(symbol)];
  if (kind !== undefined) view.fact('server', kind, String(view.wireValues(i)[0] ?? ''));
}

/** Publish (5.14.5). */
function publish(view: MessageView, reader: UaReader, monitored: MonitoredItems): void {
  const subscription = reader.u32();
  reader.take(4 * reader.count()); // numbers that can be asked for again
  reader.take(1); // more notifications
  notification(view, reader, subscription, monitored);
}

/** NotificationMessage (7.26). */
function notification(view: MessageView, reader: UaReader, subscription: number, monitored: MonitoredItems): void {
  reader.take(12); // sequence number, publish time
  for (let left = reader.count(); left > 0 && !reader.failed; left--) {
    const kind = reader.extension();
    if (kind !== STRUCTURE.dataChange || reader.failed) continue;
    const { at, end } = reader;
    reader.at = reader.from;
    reader.end = reader.to;
    for (let items = reader.count(); items > 0 && !reader.failed; items--) {
      dataChange(view, reader, subscription, monitored);
    }
    if (reader.failed) return;
    reader.at = at;
    reader.end = end;
  }
}

/** MonitoredItemNotification (7.25.2). */
function dataChange(view: MessageView, reader: UaReader, subscription: number, monitored: MonitoredItems): void {
  const at = reader.at;
  const handle = reader.u32();
  let symbol = monitored.symbol(subscription, handle);
  if (symbol === NO_SYMBOL) {
    // The item was made before we listened: its value keeps the handle as its name.
    view.problem('opcua-unknown-handle', at);
    symbol = view.symbols.internText(`subscription/${subscription}/${handle}`);
  }
  readDataValue(view, reader, monitored.area(subscription, handle), symbol, false);
}
