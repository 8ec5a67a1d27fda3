/**
 * One EtherNet/IP conversation (The CIP Networks Library, Volume 2, chapter 2): encapsulation, common packet format, pairing. CIP
 * messages are read by `router.ts`. Unconnected requests pair by sender context, connected ones by connection and sequence count.
 */
import { DIRECTION_REQUEST, DIRECTION_RESPONSE, type MessageView, NO_SYMBOL } from '../message-view.ts';
import { NO_REQUEST, OpenRequests } from '../open-requests.ts';
import { functionKey, type MessageSink, type ProtocolSession } from '../protocol.ts';
import { u16le, u32le } from '../values.ts';
import { CLASS } from './classes.ts';
import { ConnectionTable, NO_CONNECTION, type WorkerConnections, workerConnections } from './connections.ts';
import { frameLength, HEADER_BYTES, isCommand } from './framing.ts';
import { identityFacts, printable } from './identity.ts';
import { KEY, ROUTE, SERVICE_COLUMN } from './items.ts';
import { COMMAND, commandKey, ENCAPSULATION_STATUS_BASE, ITEM, REPLY_BIT, SERVICE } from './names.ts';
import { CipReader, NO_ITEM } from './router.ts';

const UNCONNECTED_SEND = functionKey(SERVICE.unconnectedSend, CLASS.connectionManager);

/** Encapsulation version, socket address: before the identity in its item. [bytes] */
const IDENTITY_AT = 18;

export class EnipSession implements ProtocolSession {
  readonly #open = new OpenRequests();
  #worker: WorkerConnections | null = null;
  #reader: CipReader | null = null;
  /** Item list of the current message. */
  #addressId = NO_CONNECTION;
  #dataAt = -1;
  #dataEnd = -1;
  #connected = false;

  frameLength(bytes: Uint8Array, offset: number, end: number): number {
    return frameLength(bytes, offset, end);
  }

  dissect(view: MessageView, sink: MessageSink): void {
    const { bytes, offset } = view;
    const command = u16le(bytes, offset);
    const body = offset + HEADER_BYTES;
    const carriesCip = command === COMMAND.sendRRData || command === COMMAND.sendUnitData;
    if (!carriesCip || u32le(bytes, offset + 8) !== 0) return this.#encapsulation(view, sink, command, body);
    // Interface handle 0 is CIP (2-4.7.2); the time-out is of no interest.
    if (body + 8 > view.end || u32le(bytes, body) !== 0 || !this.#items(view, body + 6) || this.#dataAt < 0) {
      view.problem('enip-items', body);
      return this.#encapsulation(view, sink, command, body);
    }
    this.#cip(view, sink);
  }

  /** Common packet format at `at`; false where it does not fit the message. */
  #items(view: MessageView, at: number): boolean {
    const { bytes, end } = view;
    this.#addressId = NO_CONNECTION;
    this.#dataAt = this.#dataEnd = -1;
    this.#connected = false;
    let next = at + 2;
    for (let left = u16le(bytes, at); left > 0; left--) {
      if (next + 4 > end) return false;
      const type = u16le(bytes, next);
      const from = next + 4;
      const to = from + u16le(bytes, next + 2);
      if (to > end) return false;
      if (type === ITEM.connectedAddress && to - from >= 4) this.#addressId = u32le(bytes, from);
      else if (type === ITEM.connectedData || type === ITEM.unconnectedData) {
        this.#connected = type === ITEM.connectedData;
        this.#dataAt = from;
        this.#dataEnd = to;
      }
      next = to;
    }
    return true;
  }

  #cip(view: MessageView, sink: MessageSink): void {
    const { bytes } = view;
    const reader = this.#readerOf(view);
    const worker = this.#worker!;
    const at = this.#dataAt + (this.#connected ? 2 : 0);
    if (at + 2 > this.#dataEnd) {
      view.problem('cip-short', this.#dataAt);
      return this.#encapsulation(view, sink, u16le(bytes, view.offset), view.offset + HEADER_BYTES);
    }
    const isReply = (bytes[at]! & REPLY_BIT) !== 0;
    reader.transaction = this.#connected ? u16le(bytes, this.#dataAt) : u32le(bytes, view.offset + 12);
    reader.understood = true;
    reader.pairedFrame = 0;
    reader.pairedTimeUs = Number.NaN;
    reader.route = NO_SYMBOL;
    worker.replyId = NO_CONNECTION;
    if (isReply) this.#reply(view, sink, reader, at);
    else this.#request(view, sink, reader, worker, at);
    // What counts as understood is the PDU, not its last service.
    view.understood = reader.understood;
  }

  #request(view: MessageView, sink: MessageSink, reader: CipReader, worker: WorkerConnections, at: number): void {
    let key = contextKey(view);
    if (this.#connected) {
      const row = reader.connections.byRequestId(this.#addressId);
      reader.route = reader.connections.route(row);
      worker.replyId = reader.connections.replyId(row);
      key = connectedKey(row, reader.transaction);
    }
    reader.overflowed = this.#open.open(key, view.frame, view.timeUs, reader.items.next);
    reader.request(view, sink, at, this.#dataEnd);
  }

  #reply(view: MessageView, sink: MessageSink, reader: CipReader, at: number): void {
    const slot = this.#connected ? this.#connectedSlot(reader) : this.#open.find(contextKey(view));
    let item = NO_ITEM;
    if (slot !== NO_REQUEST) {
      reader.pairedFrame = this.#open.frameOf(slot);
      reader.pairedTimeUs = this.#open.timeUsOf(slot);
      item = this.#open.numberOf(slot, 0);
      this.#open.close(slot);
    }
    reader.reply(view, sink, at, this.#dataEnd, answered(reader, item, view.bytes[at]! & ~REPLY_BIT));
  }

  /** The open request a connected reply answers; learns which id replies of its connection bear. */
  #connectedSlot(reader: CipReader): number {
    const { connections } = reader;
    const row = connections.byReplyId(this.#addressId);
    if (row !== NO_CONNECTION) return this.#open.find(connectedKey(row, reader.transaction));
    for (let k = 0; k < connections.rows; k++) {
      if (!connections.lacksReplyId(k)) continue;
      const slot = this.#open.find(connectedKey(k, reader.transaction));
      if (slot === NO_REQUEST) continue;
      connections.learnReplyId(k, this.#addressId);
      return slot;
    }
    return NO_REQUEST;
  }

  /** A message of the encapsulation itself: lists, sessions, and errors of what should have carried CIP. */
  #encapsulation(view: MessageView, sink: MessageSink, command: number, body: number): void {
    const { bytes, offset } = view;
    view.functionCode = commandKey(command);
    view.transaction = u32le(bytes, offset + 12);
    view.understood = isCommand(command);
    const status = u32le(bytes, offset + 8);
    if (status !== 0) view.status = ENCAPSULATION_STATUS_BASE + status;
    if (view.fromClient) {
      view.direction = DIRECTION_REQUEST;
      const answerless = command === COMMAND.nop || command === COMMAND.unregisterSession;
      if (!answerless && this.#open.open(contextKey(view), view.frame, view.timeUs, NO_ITEM)) {
        view.problem('open-requests-full', offset);
      }
    } else {
      view.direction = DIRECTION_RESPONSE;
      const slot = this.#open.find(contextKey(view));
      if (slot !== NO_REQUEST) this.#pair(view, slot);
      if (status === 0 && command === COMMAND.listIdentity) this.#identity(view, body);
      else if (status === 0 && command === COMMAND.listServices) listServices(view, body);
    }
    sink.message(view);
  }

  #pair(view: MessageView, slot: number): void {
    view.pairedFrame = this.#open.frameOf(slot);
    view.pairedTimeUs = this.#open.timeUsOf(slot);
    const item = this.#open.numberOf(slot, 0);
    const reader = this.#reader;
    // A refused SendRRData answers the service inside.
    if (reader?.items.holds(item)) {
      view.functionCode = reader.items.get(item, KEY);
      view.unitSymbol = reader.items.get(item, ROUTE);
    }
    // A broadcast is answered by many.
    if (u16le(view.bytes, view.offset) !== COMMAND.listIdentity) this.#open.close(slot);
  }

  /** 2-4.3.3: items with encapsulation version, socket address and the identity. */
  #identity(view: MessageView, body: number): void {
    const { bytes, end } = view;
    if (body + 2 > end) return view.problem('enip-items', body);
    let next = body + 2;
    for (let left = u16le(bytes, body); left > 0; left--) {
      if (next + 4 > end || next + 4 + u16le(bytes, next + 2) > end) return view.problem('enip-items', next);
      const to = next + 4 + u16le(bytes, next + 2);
      const isIdentity = u16le(bytes, next) === ITEM.identity;
      if (isIdentity && !identityFacts(view, 'server', next + 4 + IDENTITY_AT, to, true)) {
        view.problem('cip-identity', next);
      }
      next = to;
    }
  }

  #readerOf(view: MessageView): CipReader {
    if (this.#reader === null) {
      this.#worker = workerConnections(view.symbols);
      this.#reader = new CipReader(new ConnectionTable(this.#worker));
    }
    return this.#reader;
  }
}

/** 2-4.6: version, capability flags and the name of each service, usually `Communications`. */
function listServices(view: MessageView, body: number): void {
  const { bytes, end } = view;
  if (body + 2 > end) return view.problem('enip-items', body);
  let next = body + 2;
  for (let left = u16le(bytes, body); left > 0; left--) {
    if (next + 4 > end || next + 4 + u16le(bytes, next + 2) > end) return view.problem('enip-items', next);
    const to = next + 4 + u16le(bytes, next + 2);
    if (u16le(bytes, next) === ITEM.listServices && to - next >= 12) {
      let stop = next + 8;
      while (stop < to && bytes[stop] !== 0) stop++;
      view.fact('server', 'service', printable(bytes, next + 8, stop));
    }
    next = to;
  }
}

/**
 * The item a reply to `service` answers. The target answers an Unconnected Send with the reply of the service inside; only where the
 * request could not be routed does the reply bear the code of the send itself (Volume 1, 3-5.5.4).
 */
function answered(reader: CipReader, item: number, service: number): number {
  const { items } = reader;
  if (!items.holds(item) || !items.holds(item + 1)) return item;
  if (items.get(item, KEY) !== UNCONNECTED_SEND) return item;
  const inside = items.get(item + 1, SERVICE_COLUMN);
  return inside === service || service !== SERVICE.unconnectedSend ? item + 1 : item;
}

/** Connected requests by connection and sequence count; negative, so that they never meet a context. */
function connectedKey(row: number, sequence: number): number {
  return -1 - sequence - 0x10000 * row;
}

/** The sender context as far as a number holds it, with the command: several lists may be open under context 0. */
function contextKey(view: MessageView): number {
  const { bytes, offset } = view;
  const low = u32le(bytes, offset + 12);
  const high = u32le(bytes, offset + 16) & 0x1fff;
  return low + high * 0x100000000 + (bytes[offset]! & 0xff) * 0x200000000000;
}
