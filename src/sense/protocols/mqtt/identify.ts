/** Is this MQTT? By content: CONNECT names the protocol; in the middle of a stream the bodies must fit their packet types. */
import { MATCH_CLIENT, MATCH_MORE, MATCH_NO, MATCH_SERVER, MATCH_YES, type Match } from '../protocol.ts';
import { u16 } from '../values.ts';
import { BAD_VARIABLE, bodyOffset, packetLength, variable, variableBytes } from './framing.ts';
import { PACKET } from './names.ts';

/** Fixed flags by packet type (MQTT 5.0, table 2-2); PUBLISH has its own. */
const FLAGS = new Uint8Array(16);
FLAGS[PACKET.pubrel] = FLAGS[PACKET.subscribe] = FLAGS[PACKET.unsubscribe] = 2;
/** Topics shorter than this prove nothing on a port that is not MQTT's own. */
const TELLING_TOPIC_BYTES = 3;

/** MQTT at `offset`? Without the port as a hint CONNECT suffices; else every byte must be part of whole packets with texts. */
export function identify(bytes: Uint8Array, offset: number, end: number, hinted: boolean): Match {
  if (offset >= end) return hinted ? MATCH_MORE : MATCH_NO;
  const length = packetLength(bytes, offset, end);
  if (length === 0) return hinted && bytes[offset]! >= 0x10 ? MATCH_MORE : MATCH_NO;
  if (length < 0) return MATCH_NO;
  const type = bytes[offset]! >> 4;
  if (type === PACKET.connect) return connectMatch(bytes, offset, end);
  if (!fits(bytes, offset, end)) return MATCH_NO;
  if (!hinted && !wholeAndTelling(bytes, offset, end)) return MATCH_NO;
  return roleOf(type);
}

/** CONNECT: level and name (3.1.2); `MQTT` since 3.1.1, `MQIsdp` in 3.1. */
function connectMatch(bytes: Uint8Array, offset: number, end: number): Match {
  if (bytes[offset] !== 0x10) return MATCH_NO;
  const at = bodyOffset(bytes, offset);
  const named = isConnectName(bytes, at, end);
  return named < 0 ? MATCH_NO : named === 0 ? MATCH_MORE : MATCH_CLIENT;
}

/** Octets of the protocol name with its length (6 or 8); 0 where more must come, -1 where it is another. */
export function isConnectName(bytes: Uint8Array, at: number, end: number): number {
  const name = bytes[at + 1] === 6 ? 'MQIsdp' : 'MQTT';
  if (at < end && bytes[at] !== 0) return -1;
  if (at + 1 < end && bytes[at + 1] !== name.length) return -1;
  for (let i = 0; i < name.length; i++) {
    if (at + 2 + i >= end) return 0;
    if (bytes[at + 2 + i] !== name.charCodeAt(i)) return -1;
  }
  return 2 + name.length;
}

function roleOf(type: number): Match {
  switch (type) {
    case PACKET.connect:
    case PACKET.subscribe:
    case PACKET.unsubscribe:
    case PACKET.pingreq:
      return MATCH_CLIENT;
    case PACKET.connack:
    case PACKET.suback:
    case PACKET.unsuback:
    case PACKET.pingresp:
      return MATCH_SERVER;
    default:
      return MATCH_YES;
  }
}

/** Whole packets up to `end`, one of them with a text that only MQTT writes there. */
function wholeAndTelling(bytes: Uint8Array, offset: number, end: number): boolean {
  let telling = false;
  let at = offset;
  while (at < end) {
    const length = packetLength(bytes, at, end);
    if (length <= 0 || at + length > end || !fits(bytes, at, end)) return false;
    const type = bytes[at]! >> 4;
    const body = bodyOffset(bytes, at);
    if (type === PACKET.publish && u16(bytes, body) >= TELLING_TOPIC_BYTES) telling = true;
    if (type === PACKET.subscribe || type === PACKET.unsubscribe) telling = true;
    at += length;
  }
  return telling;
}

/** Whether the packet at `offset`, as far as it is there, has the form of its type. The length is known to be readable. */
export function fits(bytes: Uint8Array, offset: number, end: number): boolean {
  const type = bytes[offset]! >> 4;
  const flags = bytes[offset]! & 15;
  if (type === 0 || (type !== PACKET.publish && flags !== FLAGS[type])) return false;
  const at = bodyOffset(bytes, offset);
  const last = offset + packetLength(bytes, offset, end);
  const size = last - at;
  const seen = last < end ? last : end;
  switch (type) {
    case PACKET.connect:
      return size >= 10 && isConnectName(bytes, at, seen) >= 0;
    case PACKET.publish:
      return publishFits(bytes, flags, at, seen, size);
    case PACKET.connack:
      if (size < 2 || (at < seen && bytes[at]! > 1)) return false;
      if (size === 2) return at + 1 >= seen || bytes[at + 1]! <= 5;
      return propertiesEnd(bytes, at + 2, seen, last) === last;
    case PACKET.puback:
    case PACKET.pubrec:
    case PACKET.pubrel:
    case PACKET.pubcomp:
      if (size < 2 || (at + 1 < seen && u16(bytes, at) === 0)) return false;
      return size <= 3 || propertiesEnd(bytes, at + 3, seen, last) === last;
    case PACKET.subscribe:
      return filtersFit(bytes, at + 2, seen, last, 1) || filtersAfterProperties(bytes, at + 2, seen, last, 1);
    case PACKET.unsubscribe:
      return filtersFit(bytes, at + 2, seen, last, 0) || filtersAfterProperties(bytes, at + 2, seen, last, 0);
    case PACKET.suback:
      return size >= 3 && (at + 1 >= seen || u16(bytes, at) !== 0) && (last > seen || codesFit(bytes, at + 2, last));
    case PACKET.unsuback:
      return size >= 2 && (at + 1 >= seen || u16(bytes, at) !== 0);
    case PACKET.pingreq:
    case PACKET.pingresp:
      return size === 0;
    default: // DISCONNECT, AUTH: nothing, a reason code, or a reason code and properties
      return size <= 1 || propertiesEnd(bytes, at + 1, seen, last) === last;
  }
}

/** PUBLISH (3.3): no QoS 3, a topic of printable text without wildcards that fits. */
function publishFits(bytes: Uint8Array, flags: number, at: number, seen: number, size: number): boolean {
  const qos = (flags >> 1) & 3;
  if (qos === 3 || (qos === 0 && (flags & 8) !== 0)) return false;
  if (seen - at < 2) return size >= 2;
  const length = u16(bytes, at);
  if (2 + length + (qos > 0 ? 2 : 0) > size) return false;
  const last = at + 2 + length < seen ? at + 2 + length : seen;
  for (let i = at + 2; i < last; i++) {
    const byte = bytes[i]!;
    if (byte < 0x20 || byte === 0x7f || byte === 0x23 || byte === 0x2b) return false;
  }
  return true;
}

/** Where the properties at `at` end by their length; `last` where the length is not there to see, -1 where it cannot be. */
function propertiesEnd(bytes: Uint8Array, at: number, seen: number, last: number): number {
  if (at >= seen) return at <= last ? last : -1;
  const size = variableBytes(bytes, at, seen);
  if (size === BAD_VARIABLE) return seen < last ? last : -1;
  return at + size + variable(bytes, at, seen);
}

/** Filters (text, and `tail` octets of options each) that fill `at` … `last` exactly. */
function filtersFit(bytes: Uint8Array, at: number, seen: number, last: number, tail: number): boolean {
  if (at >= last) return false;
  for (let i = at; i < last; ) {
    if (i + 2 > seen) return seen < last;
    const length = u16(bytes, i);
    const next = i + 2 + length + tail;
    if (length === 0 || next > last) return false;
    for (let k = i + 2; k < i + 2 + length && k < seen; k++) if (bytes[k]! < 0x20) return false;
    i = next;
  }
  return true;
}

function filtersAfterProperties(bytes: Uint8Array, at: number, seen: number, last: number, tail: number): boolean {
  const filters = propertiesEnd(bytes, at, seen, last);
  return filters === last ? seen < last : filters >= 0 && filtersFit(bytes, filters, seen, last, tail);
}

/** Codes of SUBACK: granted QoS or a refusal, after the properties of 5.0 or straight away. */
function codesFit(bytes: Uint8Array, at: number, last: number): boolean {
  const after = propertiesEnd(bytes, at, last, last);
  return allCodes(bytes, at, last) || (after > at && after < last && allCodes(bytes, after, last));
}

function allCodes(bytes: Uint8Array, at: number, last: number): boolean {
  for (let i = at; i < last; i++) if (bytes[i]! > 2 && bytes[i]! < 0x80) return false;
  return true;
}
