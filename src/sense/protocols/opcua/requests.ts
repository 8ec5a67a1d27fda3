/** What OPC UA requests ask for: nodes become accesses, written values their values. Clauses: OPC 10000-4, chapter 5. */
import { type MessageView, NO_OFFSET } from '../message-view.ts';
import { VALUE_TYPE } from '../values.ts';
import { certificateFact, lastText, readApplication, readUserToken } from './identity.ts';
import { AREA, areaOf, SECURITY_MODES, SERVICE } from './names.ts';
import type { UaReader } from './reader.ts';
import type { MonitoredItems, OpenNodes } from './state.ts';
import { readDataValue, readVariant } from './variant.ts';

/** RequestHeader (7.33); returns the request handle. */
export function readRequestHeader(reader: UaReader): number {
  reader.nodeNumber(); // authentication token
  reader.take(8);
  const handle = reader.u32();
  reader.take(4);
  reader.text(); // audit entry id
  reader.take(4);
  reader.extension();
  return handle;
}

/** Reads the body of `service` behind its header. `clear`: neither signed nor encrypted. */
export function readRequest(
  view: MessageView,
  reader: UaReader,
  service: number,
  nodes: OpenNodes,
  monitored: MonitoredItems,
  clear: boolean,
): void {
  switch (service) {
    case SERVICE.read:
      reader.take(12); // max age, timestamps to return
      for (let left = reader.count(); left > 0 && !reader.failed; left--) readValueId(view, reader, nodes);
      return;
    case SERVICE.write:
      for (let left = reader.count(); left > 0 && !reader.failed; left--) writeValue(view, reader);
      return;
    case SERVICE.call:
      return each(reader, () => callMethod(view, reader));
    case SERVICE.browse:
      reader.nodeNumber(); // view: id, time, version; then the most references wanted
      reader.take(16);
      return each(reader, () => browseDescription(view, reader));
    case SERVICE.createMonitoredItems:
      return monitoredItems(view, reader, monitored);
    case SERVICE.deleteSubscriptions:
      return each(reader, () => monitored.delete(reader.u32()));
    case SERVICE.historyRead:
      reader.extension();
      reader.take(5); // timestamps to return, release continuation points
      return each(reader, () => historyNode(view, reader));
    case SERVICE.historyUpdate:
      return each(reader, () => historyUpdate(view, reader));
    case SERVICE.addNodes:
      return each(reader, () => addNode(view, reader));
    case SERVICE.deleteNodes:
      return each(reader, () => {
        nodeAccess(view, AREA.addressSpace, reader.node(view.symbols), true);
        reader.take(1);
      });
    case SERVICE.openSecureChannel:
      return openChannel(view, reader);
    case SERVICE.createSession:
      return createSession(view, reader);
    case SERVICE.activateSession:
      return activateSession(view, reader, clear);
    default: // what the others carry is no access
  }
}

/** Reads an array with one call an element, until it fails. */
function each(reader: UaReader, one: () => void): void {
  for (let left = reader.count(); left > 0 && !reader.failed; left--) one();
}

function nodeAccess(view: MessageView, area: number, symbol: number, write: boolean): void {
  if (symbol < 0) return;
  const i = view.access(area, 0, 1, write, VALUE_TYPE.none, NO_OFFSET);
  if (i >= 0) view.accessSymbol[i] = symbol;
}

/** ReadValueId (7.29). */
function readValueId(view: MessageView, reader: UaReader, nodes: OpenNodes): void {
  const symbol = reader.node(view.symbols);
  const area = areaOf(reader.u32());
  reader.text(); // index range
  reader.qualifiedName();
  if (reader.failed) return;
  nodes.add(symbol, area);
  nodeAccess(view, area, symbol, false);
}

/** WriteValue (5.11.4). */
function writeValue(view: MessageView, reader: UaReader): void {
  const symbol = reader.node(view.symbols);
  const area = areaOf(reader.u32());
  reader.text(); // index range
  if (!reader.failed) readDataValue(view, reader, area, symbol, true);
}

/** CallMethodRequest (5.12.2): the method is written to, each argument is a point `method#index`. */
function callMethod(view: MessageView, reader: UaReader): void {
  nodeAccess(view, AREA.object, reader.node(view.symbols), false);
  const method = reader.node(view.symbols);
  nodeAccess(view, AREA.method, method, true);
  const count = reader.count();
  for (let k = 0; k < count && !reader.failed; k++) {
    const symbol = view.symbols.internText(`${view.symbols.name(method)}#${k}`);
    readVariant(view, reader, AREA.argument, symbol, true);
  }
}

/** BrowseDescription (5.9.2). */
function browseDescription(view: MessageView, reader: UaReader): void {
  const symbol = reader.node(view.symbols);
  reader.take(4);
  reader.nodeNumber();
  reader.take(9);
  if (!reader.failed) nodeAccess(view, AREA.browse, symbol, false);
}

/** CreateMonitoredItems (5.13.2): the client handle stands for the node in notifications. */
function monitoredItems(view: MessageView, reader: UaReader, monitored: MonitoredItems): void {
  const subscription = reader.u32();
  reader.take(4);
  const overflow = monitored.overflow;
  each(reader, () => {
    const symbol = reader.node(view.symbols);
    const area = areaOf(reader.u32());
    reader.text(); // index range
    reader.qualifiedName();
    reader.take(4); // monitoring mode
    const handle = reader.u32();
    reader.take(8); // sampling interval
    reader.extension(); // filter
    reader.take(5); // queue size, discard oldest
    if (reader.failed) return;
    monitored.add(subscription, handle, symbol, area);
    nodeAccess(view, area, symbol, false);
  });
  if (monitored.overflow > overflow) view.problem('opcua-monitored-items-full', view.offset);
}

/** HistoryReadValueId (5.11.3). */
function historyNode(view: MessageView, reader: UaReader): void {
  const symbol = reader.node(view.symbols);
  reader.text();
  reader.qualifiedName();
  reader.text();
  if (!reader.failed) nodeAccess(view, AREA.history, symbol, false);
}

/** HistoryUpdateDetails (OPC 10000-11, 6.9): every kind begins with its node. */
function historyUpdate(view: MessageView, reader: UaReader): void {
  reader.extension();
  if (reader.failed || reader.to === reader.from) return;
  const { at, end } = reader;
  reader.at = reader.from;
  reader.end = reader.to;
  nodeAccess(view, AREA.history, reader.node(view.symbols), true);
  reader.at = at;
  reader.end = end;
}

/** AddNodesItem (5.8.2). */
function addNode(view: MessageView, reader: UaReader): void {
  reader.expandedNode(view.symbols);
  reader.nodeNumber();
  const symbol = reader.expandedNode(view.symbols);
  reader.qualifiedName();
  reader.take(4);
  reader.extension();
  reader.expandedNode(view.symbols);
  if (!reader.failed) nodeAccess(view, AREA.addressSpace, symbol, true);
}

/** OpenSecureChannel (5.6.2) without security: version, kind, mode. */
function openChannel(view: MessageView, reader: UaReader): void {
  reader.take(8);
  const mode = reader.u32();
  if (!reader.failed) view.fact('client', 'security-mode', SECURITY_MODES[mode] ?? String(mode));
}

/** CreateSession (5.7.2). */
function createSession(view: MessageView, reader: UaReader): void {
  readApplication(view, reader, 'client');
  reader.text(); // server URI
  reader.text(); // endpoint URL
  reader.text();
  view.fact('client', 'session', lastText(reader));
  reader.text(); // nonce
  reader.text();
  certificateFact(view, reader, 'client');
}

/** ActivateSession (5.7.3). */
function activateSession(view: MessageView, reader: UaReader, clear: boolean): void {
  reader.text(); // signature: algorithm, bytes
  reader.text();
  each(reader, () => {
    reader.text();
    reader.text();
  });
  each(reader, () => reader.text());
  if (!reader.failed) readUserToken(view, reader, clear);
}
