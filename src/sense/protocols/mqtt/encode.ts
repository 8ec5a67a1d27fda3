/**
 * Writes MQTT packets: the inverse of `message.ts` and `publish.ts`, for simulators and tests. Each function writes a whole packet at
 * `at` and returns the offset after it; a packet that does not fit throws RangeError. Clauses: MQTT 5.0, chapter 3.
 */
import { CONNECT_FLAG } from './message.ts';
import { PACKET, PROPERTY, VERSION } from './names.ts';

export interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos?: number;
  readonly retain?: boolean;
}

export interface ConnectOptions {
  /** Protocol level 3, 4 (default) or 5. */
  readonly version?: number;
  readonly clientId: string;
  readonly userName?: string;
  readonly password?: string;
  readonly will?: Will;
  readonly keepAliveSeconds?: number;
}

export interface PublishOptions {
  /** Protocol level, default 4. */
  readonly version?: number;
  readonly qos?: number;
  readonly retain?: boolean;
  readonly duplicate?: boolean;
  readonly packetId?: number;
  /** 5.0 only; with it `topic` may be empty. */
  readonly topicAlias?: number;
}

const encoder = new TextEncoder();

/** CONNECT (3.1). */
export function putConnect(out: Uint8Array, at: number, options: ConnectOptions): number {
  const version = options.version ?? VERSION.v311;
  const { will } = options;
  let flags = 2; // clean session
  if (will !== undefined) flags |= CONNECT_FLAG.will | ((will.qos ?? 0) << 3) | (will.retain === true ? 0x20 : 0);
  if (options.userName !== undefined) flags |= CONNECT_FLAG.userName;
  if (options.password !== undefined) flags |= CONNECT_FLAG.password;
  const keepAlive = options.keepAliveSeconds ?? 60;
  const parts: Uint8Array[] = [
    text(version === VERSION.v31 ? 'MQIsdp' : 'MQTT'),
    Uint8Array.of(version, flags, keepAlive >> 8, keepAlive & 255),
  ];
  if (version === VERSION.v5) parts.push(Uint8Array.of(0));
  parts.push(text(options.clientId));
  if (will !== undefined) {
    if (version === VERSION.v5) parts.push(Uint8Array.of(0));
    parts.push(text(will.topic), binary(will.payload));
  }
  if (options.userName !== undefined) parts.push(text(options.userName));
  if (options.password !== undefined) parts.push(text(options.password));
  return putPacket(out, at, PACKET.connect << 4, parts);
}

/** CONNACK (3.2). */
export function putConnack(out: Uint8Array, at: number, version: number, code = 0): number {
  const body = version === VERSION.v5 ? Uint8Array.of(0, code, 0) : Uint8Array.of(0, code);
  return putPacket(out, at, PACKET.connack << 4, [body]);
}

/** PUBLISH (3.3). */
export function putPublish(
  out: Uint8Array,
  at: number,
  topic: string,
  payload: Uint8Array | string,
  options: PublishOptions = {},
): number {
  const qos = options.qos ?? 0;
  const first =
    (PACKET.publish << 4) | (options.duplicate === true ? 8 : 0) | (qos << 1) | (options.retain === true ? 1 : 0);
  const parts = [text(topic)];
  if (qos > 0) parts.push(two(options.packetId ?? 1));
  if (options.version === VERSION.v5) {
    const alias = options.topicAlias;
    parts.push(alias === undefined ? Uint8Array.of(0) : Uint8Array.of(3, PROPERTY.topicAlias, alias >> 8, alias & 255));
  }
  parts.push(typeof payload === 'string' ? encoder.encode(payload) : payload);
  return putPacket(out, at, first, parts);
}

/** PUBACK, PUBREC, PUBREL, PUBCOMP (3.4 to 3.7); a reason code other than 0 is 5.0. */
export function putAcknowledge(out: Uint8Array, at: number, type: number, packetId: number, reason = 0): number {
  const parts = [two(packetId)];
  if (reason !== 0) parts.push(Uint8Array.of(reason));
  return putPacket(out, at, (type << 4) | (type === PACKET.pubrel ? 2 : 0), parts);
}

/** SUBSCRIBE (3.8), every filter with the same QoS. */
export function putSubscribe(
  out: Uint8Array,
  at: number,
  version: number,
  packetId: number,
  filters: readonly string[],
  qos = 0,
): number {
  const parts = [two(packetId)];
  if (version === VERSION.v5) parts.push(Uint8Array.of(0));
  for (const filter of filters) parts.push(text(filter), Uint8Array.of(qos));
  return putPacket(out, at, (PACKET.subscribe << 4) | 2, parts);
}

/** UNSUBSCRIBE (3.10). */
export function putUnsubscribe(
  out: Uint8Array,
  at: number,
  version: number,
  packetId: number,
  filters: readonly string[],
): number {
  const parts = [two(packetId)];
  if (version === VERSION.v5) parts.push(Uint8Array.of(0));
  for (const filter of filters) parts.push(text(filter));
  return putPacket(out, at, (PACKET.unsubscribe << 4) | 2, parts);
}

/** SUBACK and UNSUBACK (3.9, 3.11): a code for each filter; UNSUBACK of 3.x carries none. */
export function putFilterCodes(
  out: Uint8Array,
  at: number,
  type: number,
  version: number,
  packetId: number,
  codes: Uint8Array,
): number {
  const parts = [two(packetId)];
  if (version === VERSION.v5) parts.push(Uint8Array.of(0));
  if (version === VERSION.v5 || type === PACKET.suback) parts.push(codes);
  return putPacket(out, at, type << 4, parts);
}

/** PINGREQ, PINGRESP, and DISCONNECT without a reason (3.12 to 3.14). */
export function putEmpty(out: Uint8Array, at: number, type: number): number {
  return putPacket(out, at, type << 4, []);
}

/** Any packet: first octet, remaining length, parts. */
export function putPacket(out: Uint8Array, at: number, first: number, parts: readonly Uint8Array[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  out[at] = first;
  let next = at + 1;
  let rest = length;
  do {
    out[next++] = rest >= 128 ? (rest % 128) | 0x80 : rest;
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  if (next + length > out.length) throw new RangeError(`MQTT packet of ${length} bytes does not fit`);
  for (const part of parts) {
    out.set(part, next);
    next += part.length;
  }
  return next;
}

function two(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255);
}

function text(value: string): Uint8Array {
  return binary(encoder.encode(value));
}

function binary(value: Uint8Array): Uint8Array {
  const out = new Uint8Array(2 + value.length);
  out[0] = value.length >> 8;
  out[1] = value.length & 255;
  out.set(value, 2);
  return out;
}
