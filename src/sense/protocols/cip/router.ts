/**
 * CIP messages (The CIP Networks Library, Volume 1, 2-4): each service, also each inside a container, becomes a message of its own.
 * Requests are remembered as items, so that replies can be read.
 */
import { CIP_DEPTH_MAX } from '../../../limits.ts';
import type { Fact } from '../../../records.ts';
import { DIRECTION_REQUEST, DIRECTION_RESPONSE, type MessageView, NO_SYMBOL } from '../message-view.ts';
import type { MessageSink } from '../protocol.ts';
import { functionKey } from '../protocol.ts';
import { u16le } from '../values.ts';
import { CLASS, isKeyedByClass } from './classes.ts';
import type { ConnectionTable } from './connections.ts';
import { FORWARD_CLOSE_BYTES, FORWARD_OPEN_REPLY_BYTES, ForwardOpenFields } from './connections.ts';
import { functionOf } from './functions.ts';
import { identityFact, identityFacts, vendorName } from './identity.ts';
import {
  AREA_COLUMN,
  ATTRIBUTE,
  CLASS_COLUMN,
  ELEMENTS,
  INSTANCE,
  KEY,
  OFFSET,
  RequestItems,
  ROUTE,
  SERVICE_COLUMN,
  SPAN,
  SYMBOL,
} from './items.ts';
import { AREA, CLASS_SPECIFIC_FROM, PCCC_STATUS_BASE, REPLY_BIT, SERVICE, STATUS, statusOf } from './names.ts';
import { CipPath, NOT_GIVEN } from './path.ts';
import { diagnosticFacts, FileAddress, fileAccess, keyAt, PCCC_REPLY_BIT, readPcccRequest } from './pccc.ts';
import { readTagReply, readTagRequest } from './tags.ts';
import { attributeBytes, attributeValue, ElementNames, namedAccess } from './values.ts';

/** No request known. */
export const NO_ITEM = -1;
/** `SERVICE_COLUMN` of what is no service: one attribute of a list, the PCCC message inside its service. */
const KIND_ATTRIBUTE = 0x100;
const KIND_PCCC = 0x101;
/** Identity attributes read here: 1 to 7. */
const IDENTITY_ATTRIBUTES = 7;

/** Reads the CIP messages of one conversation. The fields of the current PDU are set by the session before each call. */
export class CipReader {
  readonly items = new RequestItems();
  readonly connections: ConnectionTable;
  transaction = 0;
  /** Route of the device the message is for: from its connection, or from an Unconnected Send. */
  route = NO_SYMBOL;
  pairedFrame = 0;
  pairedTimeUs = Number.NaN;
  /** The table of open requests was full: said with the next message. */
  overflowed = false;
  /** False as soon as one message of the PDU was of an unknown function. */
  understood = true;
  readonly #path = new CipPath();
  readonly #names = new ElementNames();
  readonly #open = new ForwardOpenFields();
  readonly #address = new FileAddress();

  constructor(connections: ConnectionTable) {
    this.connections = connections;
  }

  /** One request at `at` … `end`, and all it contains. Returns the number of its item. */
  request(view: MessageView, sink: MessageSink, at: number, end: number, depth = 0): number {
    this.#begin(view, at, DIRECTION_REQUEST);
    const { bytes } = view;
    const path = this.#path;
    const pathEnd = at + 2 <= end ? at + 2 + 2 * bytes[at + 1]! : end + 1;
    path.read(bytes, at + 2, Math.min(pathEnd, end), view.symbols);
    if (path.badAt >= 0) view.problem('cip-path', path.badAt);
    const service = bytes[at]! & ~REPLY_BIT;
    const key = keyOf(service, path.cls, path.isTag);
    const item = this.items.add(key, service, path.symbol, path.area);
    this.items.set(item, ROUTE, this.route);
    this.items.set(item, CLASS_COLUMN, path.cls);
    this.items.set(item, INSTANCE, path.instance);
    this.items.set(item, ATTRIBUTE, path.attribute);
    this.#function(view, key);
    if (pathEnd > end) {
      view.problem('cip-short', at);
      sink.message(view);
      return item;
    }
    this.#requestBody(view, sink, item, service, pathEnd, end, depth);
    return item;
  }

  /** One reply at `at` … `end`, to the request remembered as `item` (or `NO_ITEM`). */
  reply(view: MessageView, sink: MessageSink, at: number, end: number, item: number, depth = 0): void {
    if (this.items.holds(item)) this.route = this.items.get(item, ROUTE);
    this.#begin(view, at, DIRECTION_RESPONSE);
    const { bytes } = view;
    const service = bytes[at]! & ~REPLY_BIT;
    let known = this.items.holds(item) ? item : NO_ITEM;
    if (known !== NO_ITEM && this.items.get(known, SERVICE_COLUMN) !== service) {
      view.problem('cip-reply-other-service', at);
      known = NO_ITEM;
    }
    this.#function(view, known === NO_ITEM ? service : this.items.get(known, KEY));
    const data = at + 4 <= end ? at + 4 + 2 * bytes[at + 3]! : end + 1;
    if (data > end) {
      view.problem('cip-short', at);
      if (at + 3 <= end) view.status = statusOf(bytes[at + 2]!, 0);
      sink.message(view);
      return;
    }
    const general = bytes[at + 2]!;
    view.status = statusOf(general, data >= at + 6 && general !== STATUS.success ? u16le(bytes, at + 4) : 0);
    this.#replyBody(view, sink, known, service, general, data, end, depth);
  }

  #begin(view: MessageView, at: number, direction: number): void {
    view.reset();
    view.direction = direction;
    view.transaction = this.transaction;
    view.unitSymbol = this.route;
    view.detail = at - view.offset;
    if (this.overflowed) view.problem('open-requests-full', at);
    this.overflowed = false;
    if (direction === DIRECTION_RESPONSE) {
      view.pairedFrame = this.pairedFrame;
      view.pairedTimeUs = this.pairedTimeUs;
    }
  }

  #function(view: MessageView, key: number): void {
    view.functionCode = key;
    view.understood = !functionOf(key).name.startsWith('unknown');
    if (!view.understood) this.understood = false;
  }

  #requestBody(
    view: MessageView,
    sink: MessageSink,
    item: number,
    service: number,
    at: number,
    end: number,
    depth: number,
  ): void {
    const { cls, isTag } = this.#path;
    if (isTag && service >= CLASS_SPECIFIC_FROM) this.#tagRequest(view, item, service, at, end);
    else if (service === SERVICE.multipleServicePacket) return this.#packet(view, sink, item, at, end, depth, false);
    else if (cls === CLASS.connectionManager && service >= CLASS_SPECIFIC_FROM) {
      return this.#managerRequest(view, sink, item, service, at, end, depth);
    } else if (cls === CLASS.pccc && service === SERVICE.executePccc) return this.#pccc(view, sink, item, at, end);
    else this.#attributeRequest(view, item, service, at, end);
    sink.message(view);
  }

  #replyBody(
    view: MessageView,
    sink: MessageSink,
    item: number,
    service: number,
    general: number,
    at: number,
    end: number,
    depth: number,
  ): void {
    const { items } = this;
    const cls = item === NO_ITEM ? NOT_GIVEN : items.get(item, CLASS_COLUMN);
    const isTag = item !== NO_ITEM && items.get(item, AREA_COLUMN) === AREA.tag;
    if (service === SERVICE.multipleServicePacket) return this.#packet(view, sink, item, at, end, depth, true);
    if (isTag && service >= CLASS_SPECIFIC_FROM) {
      const elements = items.get(item, ELEMENTS);
      readTagReply(
        view,
        this.#names,
        service,
        items.get(item, SYMBOL),
        elements,
        items.get(item, OFFSET),
        general,
        at,
        end,
      );
    } else if (service >= CLASS_SPECIFIC_FROM && (cls === CLASS.connectionManager || cls === NOT_GIVEN)) {
      this.#managerReply(view, service, general, at, end);
    } else if (cls === CLASS.pccc && service === SERVICE.executePccc && general === STATUS.success) {
      return this.#pcccReply(view, sink, item, at, end);
    } else if (item !== NO_ITEM) this.#attributeReply(view, item, service, general, at, end);
    sink.message(view);
  }

  /**
   * Multiple Service Packet: number of services, their offsets from that number, the services. The packet itself is told
   * first, then each service in it. Offsets must grow, or a service would be read twice.
   */
  #packet(
    view: MessageView,
    sink: MessageSink,
    item: number,
    at: number,
    end: number,
    depth: number,
    isReply: boolean,
  ): void {
    const { bytes } = view;
    const count = at + 2 <= end ? u16le(bytes, at) : 0;
    const first = at + 2 + 2 * count;
    const broken = count === 0 ? end > at : first > end;
    if (broken) view.problem('cip-packet', at);
    else if (depth >= CIP_DEPTH_MAX) view.problem('cip-depth', at);
    sink.message(view);
    if (broken || depth >= CIP_DEPTH_MAX) return;
    let child = item === NO_ITEM ? NO_ITEM : item + 1;
    for (let k = 0, from = first; k < count; k++) {
      const start = at + u16le(bytes, at + 2 + 2 * k);
      const stop = k + 1 < count ? at + u16le(bytes, at + 4 + 2 * k) : end;
      // What does not fit is told with the last service that did.
      if (start < from || stop <= start || stop > end) return this.#brokenPacket(view, sink, start, isReply);
      if (isReply) {
        this.reply(view, sink, start, stop, child, depth + 1);
        if (child !== NO_ITEM) child += Math.max(1, this.items.get(child, SPAN));
      } else this.request(view, sink, start, stop, depth + 1);
      from = stop;
    }
    if (!isReply) this.items.set(item, SPAN, this.items.next - item);
  }

  /** The rest of a packet whose offsets make no sense: nothing after it is trusted. */
  #brokenPacket(view: MessageView, sink: MessageSink, at: number, isReply: boolean): void {
    this.#begin(view, at, isReply ? DIRECTION_RESPONSE : DIRECTION_REQUEST);
    this.#function(view, SERVICE.multipleServicePacket);
    view.problem('cip-packet', at);
    sink.message(view);
  }

  #tagRequest(view: MessageView, item: number, service: number, at: number, end: number): void {
    const { symbol } = this.#path;
    if (readTagRequest(view, this.#names, service, symbol, at, end)) {
      this.items.set(item, ELEMENTS, u16le(view.bytes, at));
      if (service === SERVICE.readTagFragmented && at + 6 <= end) {
        this.items.set(item, OFFSET, u16le(view.bytes, at + 2) + 0x10000 * u16le(view.bytes, at + 4));
      }
    }
  }

  /** Services of attributes, and everything whose body is not known: the path is what it accesses. */
  #attributeRequest(view: MessageView, item: number, service: number, at: number, end: number): void {
    const { cls, attribute, symbol } = this.#path;
    if (symbol === NO_SYMBOL) {
      view.problem('cip-path', at);
      return;
    }
    if (service === SERVICE.getAttributeList || service === SERVICE.setAttributeList) {
      return this.#attributeList(view, item, service === SERVICE.setAttributeList, at, end);
    }
    if (service === SERVICE.setAttributeSingle || service === SERVICE.setAttributesAll) {
      return attributeValue(view, symbol, cls, attribute, true, at, end);
    }
    namedAccess(view, AREA.attribute, symbol, 1, false);
  }

  /** count, then the attributes; a set has each value behind its attribute, without a length. */
  #attributeList(view: MessageView, item: number, write: boolean, at: number, end: number): void {
    const { bytes, symbols } = view;
    const { cls } = this.#path;
    const count = at + 2 <= end ? u16le(bytes, at) : 0;
    let next = at + 2;
    for (let k = 0; k < count; k++) {
      if (next + 2 > end) {
        view.problem('cip-attribute-list', next);
        break;
      }
      const attribute = u16le(bytes, next);
      const symbol = this.#path.attributeSymbol(symbols, attribute);
      const child = this.items.add(0, KIND_ATTRIBUTE, symbol, AREA.attribute);
      this.items.set(child, ATTRIBUTE, attribute);
      next += 2;
      if (!write) {
        namedAccess(view, AREA.attribute, symbol, 1, false);
        continue;
      }
      const known = attributeBytes(bytes, cls, attribute, next, end);
      const size = known >= 0 ? known : k === count - 1 ? end - next : -1;
      // Where a value ends does not show: those behind it cannot be told.
      if (size < 0 || next + size > end) {
        namedAccess(view, AREA.attribute, symbol, 1, true);
        break;
      }
      attributeValue(view, symbol, cls, attribute, true, next, next + size);
      next += size;
    }
    this.items.set(item, SPAN, this.items.next - item);
  }

  #attributeReply(view: MessageView, item: number, service: number, general: number, at: number, end: number): void {
    const { items } = this;
    const cls = items.get(item, CLASS_COLUMN);
    const attribute = items.get(item, ATTRIBUTE);
    const symbol = items.get(item, SYMBOL);
    if (symbol === NO_SYMBOL) return;
    const failed = general !== STATUS.success && general !== STATUS.partialTransfer;
    switch (service) {
      case SERVICE.getAttributeSingle:
        if (failed) return namedAccess(view, AREA.attribute, symbol, 1, false);
        if (cls === CLASS.identity) identityFact(view, this.#about(), attribute, at, end);
        return attributeValue(view, symbol, cls, attribute, false, at, end);
      case SERVICE.getAttributesAll:
        if (failed) return namedAccess(view, AREA.attribute, symbol, 1, false);
        if (cls === CLASS.identity && items.get(item, INSTANCE) === 1) {
          if (!identityFacts(view, this.#about(), at, end, false)) view.problem('cip-identity', at);
        }
        return attributeValue(view, symbol, cls, NOT_GIVEN, false, at, end);
      case SERVICE.getAttributeList:
        // An attribute list error (0x0a) still brings the attributes that could be read.
        return this.#attributeListReply(view, item, cls, at, end);
      case SERVICE.setAttributeSingle:
      case SERVICE.setAttributesAll:
        return namedAccess(view, AREA.attribute, symbol, 1, true);
      case SERVICE.setAttributeList:
        return this.#confirmed(view, item);
      default:
        return namedAccess(view, AREA.attribute, symbol, 1, false);
    }
  }

  /** count, then attribute, status and value each. Where a value of unknown type ends shows by what must follow it. */
  #attributeListReply(view: MessageView, item: number, cls: number, at: number, end: number): void {
    const { bytes } = view;
    const { items } = this;
    const children = items.get(item, SPAN) - 1;
    const count = at + 2 <= end ? u16le(bytes, at) : 0;
    if (count > children) view.problem('cip-attribute-list', at);
    let next = at + 2;
    for (let k = 0; k < count && k < children; k++) {
      const child = item + 1 + k;
      const attribute = items.get(child, ATTRIBUTE);
      if (next + 4 > end || u16le(bytes, next) !== attribute) return view.problem('cip-attribute-list', next);
      const status = u16le(bytes, next + 2);
      next += 4;
      if (status !== 0) {
        namedAccess(view, AREA.attribute, items.get(child, SYMBOL), 1, false);
        continue;
      }
      const known = attributeBytes(bytes, cls, attribute, next, end);
      const following = k + 1 < count && k + 1 < children ? items.get(child + 1, ATTRIBUTE) : NOT_GIVEN;
      const stop =
        known >= 0 ? next + known : following === NOT_GIVEN ? end : nextAttribute(bytes, next, end, following);
      if (stop > end) return view.problem('cip-attribute-list', next);
      attributeValue(view, items.get(child, SYMBOL), cls, attribute, false, next, stop);
      if (cls === CLASS.identity && attribute <= IDENTITY_ATTRIBUTES) {
        identityFact(view, this.#about(), attribute, next, stop);
      }
      next = stop;
    }
  }

  #confirmed(view: MessageView, item: number): void {
    const children = this.items.get(item, SPAN) - 1;
    for (let k = 1; k <= children; k++) namedAccess(view, AREA.attribute, this.items.get(item + k, SYMBOL), 1, true);
  }

  /** A device behind a route is a unit of its own. */
  #about(): Fact['about'] {
    return this.route === NO_SYMBOL ? 'server' : 'unit';
  }

  #managerRequest(
    view: MessageView,
    sink: MessageSink,
    item: number,
    service: number,
    at: number,
    end: number,
    depth: number,
  ): void {
    if (service === SERVICE.unconnectedSend) return this.#unconnectedSend(view, sink, item, at, end, depth);
    const large = service === SERVICE.largeForwardOpen;
    if (service === SERVICE.forwardOpen || large) this.#forwardOpen(view, at, end, large);
    else if (service === SERVICE.forwardClose) {
      const pathAt = at + FORWARD_CLOSE_BYTES;
      if (pathAt > end) view.problem('cip-short', at);
      else {
        this.#path.read(view.bytes, pathAt, Math.min(end, pathAt + 2 * view.bytes[at + 10]!), view.symbols);
        view.unitSymbol = this.#path.route;
        if (this.#path.symbol !== NO_SYMBOL) namedAccess(view, AREA.connection, this.#path.symbol, 1, false);
      }
    }
    sink.message(view);
  }

  /** 3-5.5.2: parameters, then the path to the application: what the connection is for. */
  #forwardOpen(view: MessageView, at: number, end: number, large: boolean): void {
    const open = this.#open;
    const path = this.#path;
    if (!open.read(view.bytes, at, end, large)) return view.problem('cip-short', at);
    path.read(view.bytes, open.pathAt, open.pathEnd, view.symbols);
    if (path.badAt >= 0) view.problem('cip-path', path.badAt);
    view.unitSymbol = path.route;
    if (path.symbol !== NO_SYMBOL) namedAccess(view, AREA.connection, path.symbol, 1, false);
    view.fact('client', 'cip-vendor', vendorName(open.vendor));
    view.fact('client', 'cip-serial', open.originatorSerial.toString(16).padStart(8, '0'));
    this.connections.opening(open, path, view.symbols);
  }

  /** 3-5.5.4: priority, time-out, length, the message, a pad octet where it is odd, then the route. */
  #unconnectedSend(view: MessageView, sink: MessageSink, item: number, at: number, end: number, depth: number): void {
    const { bytes } = view;
    const from = at + 4;
    const to = from + (from <= end ? u16le(bytes, at + 2) : 0);
    const whole = from <= end && to <= end && to > from;
    if (!whole) view.problem('cip-short', at);
    else if (depth >= CIP_DEPTH_MAX) view.problem('cip-depth', at);
    sink.message(view);
    if (!whole || depth >= CIP_DEPTH_MAX) return;
    const routeAt = to + ((to - from) & 1);
    if (routeAt + 2 <= end) {
      this.#path.read(bytes, routeAt + 2, Math.min(end, routeAt + 2 + 2 * bytes[routeAt]!), view.symbols);
      if (this.#path.route !== NO_SYMBOL) this.route = this.#path.route;
    }
    this.request(view, sink, from, to, depth + 1);
    this.items.set(item, SPAN, this.items.next - item);
  }

  #managerReply(view: MessageView, service: number, general: number, at: number, end: number): void {
    if (general !== STATUS.success) return;
    const opens = service === SERVICE.forwardOpen || service === SERVICE.largeForwardOpen;
    if (opens && at + FORWARD_OPEN_REPLY_BYTES <= end) this.connections.opened(view.bytes, at);
    else if (service === SERVICE.forwardClose && at + 8 <= end) this.connections.closed(view.bytes, at);
  }

  /** Requestor (length, vendor, serial number), then the PCCC message: told as a message of its own behind its container. */
  #pccc(view: MessageView, sink: MessageSink, item: number, at: number, end: number): void {
    const { bytes } = view;
    const from = at < end ? at + bytes[at]! : end;
    if (from + 4 > end) {
      view.problem('pccc-short', at);
      sink.message(view);
      return;
    }
    sink.message(view);
    this.#begin(view, from, DIRECTION_REQUEST);
    const key = keyAt(bytes, from, end);
    this.#function(view, key);
    view.transaction = u16le(bytes, from + 2);
    const child = this.items.add(key, KIND_PCCC, NO_SYMBOL, AREA.file);
    this.items.set(item, SPAN, 2);
    const address = this.#address;
    if (readPcccRequest(view, address, from, end)) {
      this.items.set(child, CLASS_COLUMN, address.type);
      this.items.set(child, INSTANCE, address.file);
      this.items.set(child, ATTRIBUTE, address.sub);
      this.items.set(child, ELEMENTS, address.size);
      this.items.set(child, OFFSET, address.element);
    }
    sink.message(view);
  }

  #pcccReply(view: MessageView, sink: MessageSink, item: number, at: number, end: number): void {
    const { bytes } = view;
    const { items } = this;
    const from = at < end ? at + bytes[at]! : end;
    if (from + 4 > end || (bytes[from]! & PCCC_REPLY_BIT) === 0) {
      view.problem('pccc-short', at);
      sink.message(view);
      return;
    }
    sink.message(view);
    this.#begin(view, from, DIRECTION_RESPONSE);
    const child = items.get(item, SPAN) === 2 && items.holds(item + 1) ? item + 1 : NO_ITEM;
    const key = child === NO_ITEM ? keyAt(bytes, from, from + 4) : items.get(child, KEY);
    this.#function(view, key);
    view.transaction = u16le(bytes, from + 2);
    const status = bytes[from + 1]!;
    const extended = status === 0xf0 && from + 5 <= end ? bytes[from + 4]! : 0;
    if (status !== 0) view.status = PCCC_STATUS_BASE + status + 0x100 * extended;
    else if (child !== NO_ITEM) this.#pcccValues(view, child, from + 4, end);
    sink.message(view);
  }

  #pcccValues(view: MessageView, child: number, at: number, end: number): void {
    const { items } = this;
    const info = functionOf(items.get(child, KEY));
    if (info.name === 'diagnostic-status') return diagnosticFacts(view, at, end);
    const size = items.get(child, ELEMENTS);
    if (size === 0) return;
    const address = this.#address;
    address.type = items.get(child, CLASS_COLUMN);
    address.file = items.get(child, INSTANCE);
    address.sub = items.get(child, ATTRIBUTE);
    address.size = size;
    address.element = items.get(child, OFFSET);
    const write = info.class === 'write';
    fileAccess(view, address, write, write ? -1 : at, end);
  }
}

/** Key of a service by what it goes to: tag services and common ones by themselves, the rest with their class. */
function keyOf(service: number, cls: number, isTag: boolean): number {
  if (isTag || cls === NOT_GIVEN || !isKeyedByClass(service, cls)) return service;
  return functionKey(service, cls);
}

/** Where `attribute` with a status stands next; `end + 1` where it does not. */
function nextAttribute(bytes: Uint8Array, at: number, end: number, attribute: number): number {
  for (let next = at; next + 4 <= end; next++) {
    if (u16le(bytes, next) === attribute && bytes[next + 3] === 0 && bytes[next + 2]! < 0x30) return next;
  }
  return end + 1;
}
