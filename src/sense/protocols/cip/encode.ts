/**
 * Writes EtherNet/IP and CIP messages: the inverse of the dissector, for refusals, simulators and tests. A `put` function writes at `at`
 * and returns the offset after what it wrote; `finish…` puts the encapsulation round a CIP message. Sources as in `names.ts`.
 */
import { DIRECTION_REQUEST, type MessageView } from '../message-view.ts';
import { u16le, u32le } from '../values.ts';
import { CLASS } from './classes.ts';
import { NO_CONNECTION, workerConnections } from './connections.ts';
import { HEADER_BYTES, IO_HEADER_BYTES } from './framing.ts';
import { COMMAND, ITEM, REPLY_BIT, SERVICE, STATUS } from './names.ts';

/** Where the CIP message of SendRRData and of SendUnitData begins, counted from the header. [bytes] */
export const UNCONNECTED_AT = HEADER_BYTES + 16;
export const CONNECTED_AT = HEADER_BYTES + 22;

/** Fields of the encapsulation header that its sender chooses. */
export interface Encapsulation {
  readonly command: number;
  readonly session: number;
  /** Sender context, low and high half. */
  readonly context?: readonly [low: number, high: number];
  readonly status?: number;
}

/** Writes the header before a body that stands at `at + HEADER_BYTES` … `end`; returns `end`. Throws RangeError where it does not fit. */
export function finish(out: Uint8Array, at: number, end: number, header: Encapsulation): number {
  if (end > out.length || end - at - HEADER_BYTES > 0xffff)
    throw new RangeError(`message of ${end - at} bytes does not fit`);
  put16(out, at, header.command);
  put16(out, at + 2, end - at - HEADER_BYTES);
  put32(out, at + 4, header.session);
  put32(out, at + 8, header.status ?? 0);
  put32(out, at + 12, header.context?.[0] ?? 0);
  put32(out, at + 16, header.context?.[1] ?? 0);
  put32(out, at + 20, 0);
  return end;
}

/** SendRRData round a CIP message that stands at `at + UNCONNECTED_AT` … `end`. */
export function finishUnconnected(
  out: Uint8Array,
  at: number,
  end: number,
  session: number,
  context: readonly [number, number] = [0, 0],
): number {
  let next = put32(out, at + HEADER_BYTES, 0);
  next = put16(out, next, 0);
  next = put16(out, next, 2);
  next = put16(out, next, ITEM.nullAddress);
  next = put16(out, next, 0);
  next = put16(out, next, ITEM.unconnectedData);
  put16(out, next, end - at - UNCONNECTED_AT);
  return finish(out, at, end, { command: COMMAND.sendRRData, session, context });
}

/** SendUnitData round a CIP message that stands at `at + CONNECTED_AT` … `end`. */
export function finishConnected(
  out: Uint8Array,
  at: number,
  end: number,
  session: number,
  connection: number,
  sequence: number,
  context: readonly [number, number] = [0, 0],
): number {
  let next = put32(out, at + HEADER_BYTES, 0);
  next = put16(out, next, 0);
  next = put16(out, next, 2);
  next = put16(out, next, ITEM.connectedAddress);
  next = put16(out, next, 4);
  next = put32(out, next, connection);
  next = put16(out, next, ITEM.connectedData);
  next = put16(out, next, end - at - CONNECTED_AT + 2);
  put16(out, next, sequence);
  return finish(out, at, end, { command: COMMAND.sendUnitData, session, context });
}

/** Body of RegisterSession, request and reply alike (2-4.4). */
export function putRegisterSession(out: Uint8Array, at: number): number {
  return put16(out, put16(out, at, 1), 0);
}

/** What a device says of itself (Volume 1, 5A-2). */
export interface Identity {
  readonly vendor: number;
  readonly deviceType: number;
  readonly productCode: number;
  readonly revision: readonly [major: number, minor: number];
  readonly status: number;
  readonly serial: number;
  readonly name: string;
}

/** Data of a reply to Get_Attributes_All of the Identity Object. */
export function putIdentity(out: Uint8Array, at: number, identity: Identity): number {
  let next = put16(out, at, identity.vendor);
  next = put16(out, next, identity.deviceType);
  next = put16(out, next, identity.productCode);
  out[next] = identity.revision[0];
  out[next + 1] = identity.revision[1];
  next = put16(out, next + 2, identity.status);
  next = put32(out, next, identity.serial);
  out[next] = identity.name.length;
  return putText(out, next + 1, identity.name);
}

/** Body of a reply to ListIdentity (2-4.3.3); the socket address is left 0. */
export function putListIdentity(out: Uint8Array, at: number, identity: Identity, state: number): number {
  put16(out, put16(out, at, 1), ITEM.identity);
  const item = at + 6;
  out.fill(0, item, item + 18);
  put16(out, item, 1);
  const end = putIdentity(out, item + 18, identity);
  out[end] = state;
  put16(out, at + 4, end + 1 - item);
  return end + 1;
}

/** Service and path of a request; the data follow. */
export function putRequest(out: Uint8Array, at: number, service: number, path: ArrayLike<number>): number {
  out[at] = service;
  out[at + 1] = path.length / 2;
  out.set(path, at + 2);
  return at + 2 + path.length;
}

/** Head of a reply; the data follow. */
export function putReply(
  out: Uint8Array,
  at: number,
  service: number,
  status: number = STATUS.success,
  additional: readonly number[] = [],
): number {
  out[at] = service | REPLY_BIT;
  out[at + 1] = 0;
  out[at + 2] = status;
  out[at + 3] = additional.length;
  let next = at + 4;
  for (const word of additional) next = put16(out, next, word);
  return next;
}

/** Logical path to class, instance and attribute; each as short as it can be. */
export function logicalPath(cls: number, instance?: number, attribute?: number): number[] {
  const path = logical(0x20, cls);
  if (instance !== undefined) path.push(...logical(0x24, instance));
  if (attribute !== undefined) path.push(...logical(0x30, attribute));
  return path;
}

function logical(segment: number, value: number): number[] {
  if (value < 0x100) return [segment, value];
  if (value < 0x10000) return [segment | 1, 0, value & 0xff, value >> 8];
  return [segment | 2, 0, value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];
}

/** Path of a tag as it is named: `Line.Speed[3]`, `Matrix[1,2]`. */
export function tagPath(name: string): number[] {
  const path: number[] = [];
  for (const part of name.split('.')) {
    const match = /^([^[]*)(?:\[([\d,]+)\])?$/.exec(part);
    const text = match?.[1] ?? part;
    path.push(0x91, text.length, ...new TextEncoder().encode(text));
    if ((text.length & 1) === 1) path.push(0);
    for (const index of match?.[2]?.split(',') ?? []) path.push(...logical(0x28, Number(index)));
  }
  return path;
}

/** Port segments of a route, in turn port and link address: `[1, 0]` is backplane, slot 0. */
export function routePath(...hops: readonly (readonly [port: number, link: number])[]): number[] {
  return hops.flat();
}

/** Data of Write Tag: type, number of elements, values as they stand. */
export function putTagValues(
  out: Uint8Array,
  at: number,
  type: number,
  elements: number,
  values: ArrayLike<number>,
): number {
  const next = put16(out, put16(out, at, type), elements);
  out.set(values, next);
  return next + values.length;
}

/** Data of a reply to Read Tag: type, values. */
export function putTagReply(out: Uint8Array, at: number, type: number, values: ArrayLike<number>): number {
  const next = put16(out, at, type);
  out.set(values, next);
  return next + values.length;
}

/** Octets of DINT and REAL values, for the two functions above. */
export function dintBytes(...values: readonly number[]): Uint8Array {
  return new Uint8Array(new Int32Array(values).buffer);
}
export function realBytes(...values: readonly number[]): Uint8Array {
  return new Uint8Array(new Float32Array(values).buffer);
}

/** Data of a Multiple Service Packet, request and reply alike: number, offsets, services. */
export function putPacket(out: Uint8Array, at: number, services: readonly ArrayLike<number>[]): number {
  let next = put16(out, at, services.length) + 2 * services.length;
  services.forEach((service, k) => {
    put16(out, at + 2 + 2 * k, next - at);
    out.set(service, next);
    next += service.length;
  });
  return next;
}

/** Unconnected Send of a CIP request along a route (3-5.5.4). */
export function putUnconnectedSend(
  out: Uint8Array,
  at: number,
  request: ArrayLike<number>,
  route: ArrayLike<number>,
): number {
  let next = putRequest(out, at, SERVICE.unconnectedSend, logicalPath(CLASS.connectionManager, 1));
  out[next] = 7;
  out[next + 1] = 249;
  next = put16(out, next + 2, request.length);
  out.set(request, next);
  next += request.length;
  if ((request.length & 1) === 1) out[next++] = 0;
  out[next] = route.length / 2;
  out[next + 1] = 0;
  out.set(route, next + 2);
  return next + 2 + route.length;
}

/** What a connection is asked for with (3-5.5.2). */
export interface ForwardOpen {
  readonly connectionSerial: number;
  readonly vendor: number;
  readonly originatorSerial: number;
  readonly originatorToTargetId: number;
  readonly targetToOriginatorId: number;
  readonly rpiUs: number;
  readonly bytes: number;
  readonly transportClass: number;
  readonly path: ArrayLike<number>;
}

/** Forward Open, point to point, in its normal or large form. */
export function putForwardOpen(out: Uint8Array, at: number, open: ForwardOpen, large = false): number {
  const service = large ? SERVICE.largeForwardOpen : SERVICE.forwardOpen;
  let next = putRequest(out, at, service, logicalPath(CLASS.connectionManager, 1));
  out[next] = 10;
  out[next + 1] = 14;
  next = put32(out, next + 2, open.originatorToTargetId);
  next = put32(out, next, open.targetToOriginatorId);
  next = putTriad(out, next, open);
  next = put32(out, next, 0);
  for (let direction = 0; direction < 2; direction++) {
    next = put32(out, next, open.rpiUs);
    // Point to point, variable size.
    next = large ? put32(out, next, 0x42000000 + open.bytes) : put16(out, next, 0x4200 | open.bytes);
  }
  out[next] = 0xa0 | open.transportClass;
  out[next + 1] = open.path.length / 2;
  out.set(open.path, next + 2);
  return next + 2 + open.path.length;
}

/** Data of a successful reply to Forward Open; ids as both sides chose them. */
export function putForwardOpenReply(out: Uint8Array, at: number, open: ForwardOpen): number {
  let next = put32(out, at, open.originatorToTargetId);
  next = put32(out, next, open.targetToOriginatorId);
  next = putTriad(out, next, open);
  next = put32(out, next, open.rpiUs);
  next = put32(out, next, open.rpiUs);
  return put16(out, next, 0);
}

/** Forward Close (3-5.5.3). */
export function putForwardClose(out: Uint8Array, at: number, open: ForwardOpen): number {
  let next = putRequest(out, at, SERVICE.forwardClose, logicalPath(CLASS.connectionManager, 1));
  out[next] = 10;
  out[next + 1] = 14;
  next = putTriad(out, next + 2, open);
  out[next] = open.path.length / 2;
  out[next + 1] = 0;
  out.set(open.path, next + 2);
  return next + 2 + open.path.length;
}

function putTriad(out: Uint8Array, at: number, open: ForwardOpen): number {
  return put32(out, put16(out, put16(out, at, open.connectionSerial), open.vendor), open.originatorSerial);
}

/** Implicit message of a class 1 connection: a whole datagram (Volume 2, 3-2.2). */
export function putIo(
  out: Uint8Array,
  at: number,
  connection: number,
  encapsulationSequence: number,
  sequence: number,
  data: ArrayLike<number>,
): number {
  let next = put16(out, put16(out, at, 2), ITEM.sequencedAddress);
  next = put32(out, put16(out, next, 8), connection);
  next = put16(out, put32(out, next, encapsulationSequence), ITEM.connectedData);
  next = put16(out, put16(out, next, data.length + 2), sequence);
  out.set(data, next);
  return at + IO_HEADER_BYTES + 2 + data.length;
}

/**
 * Writes the device's own refusal of the request in `view` at `at`: a reply with general status 0x0f (privilege violation) under the
 * request's context or sequence; of a Multiple Service Packet the whole is refused, of an Unconnected Send the service inside.
 * Commands of the encapsulation get its status 1. Returns the offset after it, or 0 where nothing can be refused: replies, implicit
 * messages, commands without an answer, and connections whose reply id has not shown yet.
 */
export function refuse(view: MessageView, out: Uint8Array, at: number): number {
  if (at + REFUSAL_BYTES_MAX > out.length) return 0;
  if (view.direction !== DIRECTION_REQUEST || view.protocol?.name !== 'enip') return 0;
  const { bytes, offset, end } = view;
  if (end - offset < HEADER_BYTES) return 0;
  const command = u16le(bytes, offset);
  const session = u32le(bytes, offset + 4);
  const context = [u32le(bytes, offset + 12), u32le(bytes, offset + 16)] as const;
  if (command === COMMAND.nop || command === COMMAND.unregisterSession) return 0;
  if (command !== COMMAND.sendRRData && command !== COMMAND.sendUnitData) {
    return finish(out, at, at + HEADER_BYTES, { command, session, context, status: INVALID_COMMAND });
  }
  const connected = command === COMMAND.sendUnitData;
  const data = dataItem(bytes, offset + HEADER_BYTES + 6, end, connected ? ITEM.connectedData : ITEM.unconnectedData);
  const service = data < 0 ? -1 : data + (connected ? 2 : 0);
  if (service < 0 || service + 2 > end) return 0;
  if (!connected) {
    const last = putRefusal(bytes, service, end, out, at + UNCONNECTED_AT);
    return finishUnconnected(out, at, last, session, context);
  }
  const { replyId } = workerConnections(view.symbols);
  if (replyId === NO_CONNECTION) return 0;
  const last = putRefusal(bytes, service, end, out, at + CONNECTED_AT);
  return finishConnected(out, at, last, session, replyId, u16le(bytes, data), context);
}

/** A connected refusal with the ten octets of the Connection Manager. [bytes] */
const REFUSAL_BYTES_MAX = CONNECTED_AT + 14;
/** "Invalid or unsupported encapsulation command" (table 2-3.3): the header has no status for a lack of rights. */
const INVALID_COMMAND = 1;

/** Offset of the data of the item of `type` in the list at `at`; -1 where there is none. */
function dataItem(bytes: Uint8Array, at: number, end: number, type: number): number {
  if (at + 2 > end) return -1;
  let next = at + 2;
  for (let left = u16le(bytes, at); left > 0 && next + 4 <= end; left--) {
    if (u16le(bytes, next) === type) return next + 4;
    next += 4 + u16le(bytes, next + 2);
  }
  return -1;
}

/** The refusal of the service at `at`; the Connection Manager's own replies name the connection (3-5.5.2). */
function putRefusal(bytes: Uint8Array, at: number, end: number, out: Uint8Array, to: number): number {
  const service = bytes[at]!;
  const isManager = bytes[at + 1] === 2 && bytes[at + 2] === 0x20 && bytes[at + 3] === CLASS.connectionManager;
  const data = at + 2 + 2 * bytes[at + 1]!;
  if (isManager && service === SERVICE.unconnectedSend && data + 5 <= end) {
    return putReply(out, to, bytes[data + 4]!, STATUS.privilegeViolation);
  }
  const next = putReply(out, to, service, STATUS.privilegeViolation);
  if (!isManager) return next;
  const opens = service === SERVICE.forwardOpen || service === SERVICE.largeForwardOpen;
  const triad = opens ? data + 10 : service === SERVICE.forwardClose ? data + 2 : -1;
  if (triad < 0 || triad + 8 > end) return next;
  for (let k = 0; k < 8; k++) out[next + k] = bytes[triad + k]!;
  return put16(out, next + 8, 0);
}

function putText(out: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i) & 0xff;
  return at + text.length;
}

function put16(out: Uint8Array, at: number, value: number): number {
  out[at] = value & 0xff;
  out[at + 1] = (value >> 8) & 0xff;
  return at + 2;
}

function put32(out: Uint8Array, at: number, value: number): number {
  put16(out, at, value);
  return put16(out, at + 2, value >>> 16);
}
