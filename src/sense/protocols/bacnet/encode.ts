/**
 * Writes BACnet messages: the inverse of the dissector. Pure; writers write at `at` and return the offset after what they wrote.
 * Clauses: ANSI/ASHRAE 135-2020, J.2 (BVLC), 6.2 (NPDU), 20.1.2 (APDU), 20.2 (tagged data), 21 (services).
 */
import { BVLC_BYTES, BVLC_TYPE, LLC_BYTES, LLC_SAP, NPDU_VERSION } from './framing.ts';
import { APDU, BVLC, CONFIRMED, OBJECT_DEVICE, UNCONFIRMED } from './names.ts';
import { NPCI } from './npdu.ts';
import { TAG } from './tags.ts';

/** A device behind a router; an empty MAC is a broadcast in that network. */
export interface RemoteAddress {
  readonly network: number;
  readonly mac: readonly number[];
}

/** Network layer header. */
export interface NetworkHeader {
  readonly target?: RemoteAddress;
  readonly source?: RemoteAddress;
  readonly expectingReply?: boolean;
  readonly hops?: number;
}

/** Writes one part of a message. */
export type Write = (out: Uint8Array, at: number) => number;

/** An object identifier from its type and instance (20.2.14). */
export function objectId(type: number, instance: number): number {
  return ((type << 22) | instance) >>> 0;
}

/** A BVLC message: type, function, length, body. Throws RangeError where it does not fit. */
export function putBvlc(out: Uint8Array, at: number, bvlc: number, body: Write): number {
  const end = body(out, at + BVLC_BYTES);
  if (end > out.length || end - at > 0xffff) throw new RangeError(`BACnet message of ${end - at} bytes does not fit`);
  out[at] = BVLC_TYPE;
  out[at + 1] = bvlc;
  put16(out, at + 2, end - at);
  return end;
}

/** A frame on Ethernet, from the service access points on (clause 7). */
export function putLlc(out: Uint8Array, at: number, body: Write): number {
  out.set([LLC_SAP, LLC_SAP, 0x03], at);
  return body(out, at + LLC_BYTES);
}

/** An APDU to or from one device, over UDP. */
export function putUnicast(out: Uint8Array, at: number, header: NetworkHeader, apdu: Write): number {
  return putBvlc(out, at, BVLC.originalUnicast, (o, a) => apdu(o, putNpdu(o, a, header)));
}

/** An APDU to everyone, over UDP. */
export function putBroadcast(out: Uint8Array, at: number, header: NetworkHeader, apdu: Write): number {
  return putBvlc(out, at, BVLC.originalBroadcast, (o, a) => apdu(o, putNpdu(o, a, header)));
}

/** Network header (6.2). */
export function putNpdu(out: Uint8Array, at: number, header: NetworkHeader, message = false): number {
  const { target, source, expectingReply = false, hops = 255 } = header;
  out[at] = NPDU_VERSION;
  out[at + 1] =
    (message ? NPCI.networkMessage : 0) |
    (target === undefined ? 0 : NPCI.destination) |
    (source === undefined ? 0 : NPCI.source) |
    (expectingReply ? NPCI.expectingReply : 0);
  let next = at + 2;
  if (target !== undefined) next = putRemote(out, next, target);
  if (source !== undefined) next = putRemote(out, next, source);
  if (target !== undefined) out[next++] = hops;
  return next;
}

function putRemote(out: Uint8Array, at: number, remote: RemoteAddress): number {
  put16(out, at, remote.network);
  out[at + 2] = remote.mac.length;
  out.set(remote.mac, at + 3);
  return at + 3 + remote.mac.length;
}

/** A network layer message with its body (6.2.4). */
export function putNetworkMessage(out: Uint8Array, at: number, type: number, body: ArrayLike<number> = []): number {
  const next = putNpdu(out, at, {}, true);
  out[next] = type;
  out.set(body, next + 1);
  return next + 1 + body.length;
}

/** Confirmed request, not segmented; takes answers of up to 64 segments and 1,476 octets (20.1.2). */
export function putConfirmed(out: Uint8Array, at: number, invoke: number, service: number, body: Write = none): number {
  out.set([(APDU.confirmedRequest << 4) | 0x02, 0x65, invoke, service], at);
  return body(out, at + 4);
}

/** Unconfirmed request (20.1.3). */
export function putUnconfirmed(out: Uint8Array, at: number, service: number, body: Write = none): number {
  out.set([APDU.unconfirmedRequest << 4, service], at);
  return body(out, at + 2);
}

/** Simple acknowledgement (20.1.4). */
export function putSimpleAck(out: Uint8Array, at: number, invoke: number, service: number): number {
  out.set([APDU.simpleAck << 4, invoke, service], at);
  return at + 3;
}

/** Complex acknowledgement, not segmented (20.1.5). */
export function putComplexAck(
  out: Uint8Array,
  at: number,
  invoke: number,
  service: number,
  body: Write = none,
): number {
  out.set([APDU.complexAck << 4, invoke, service], at);
  return body(out, at + 3);
}

/** One segment of a confirmed request or complex acknowledgement (20.1.2, 20.1.5). */
export function putSegment(
  out: Uint8Array,
  at: number,
  type: typeof APDU.confirmedRequest | typeof APDU.complexAck,
  invoke: number,
  service: number,
  sequence: number,
  more: boolean,
  data: ArrayLike<number>,
): number {
  let next = at;
  out[next++] = (type << 4) | 0x08 | (more ? 0x04 : 0) | (type === APDU.confirmedRequest ? 0x02 : 0);
  if (type === APDU.confirmedRequest) out[next++] = 0x65;
  out.set([invoke, sequence, 16, service], next);
  out.set(data, next + 4);
  return next + 4 + data.length;
}

/** Segment acknowledgement (20.1.6). */
export function putSegmentAck(
  out: Uint8Array,
  at: number,
  invoke: number,
  sequence: number,
  byServer: boolean,
): number {
  out.set([(APDU.segmentAck << 4) | (byServer ? 1 : 0), invoke, sequence, 16], at);
  return at + 4;
}

/** Error with class and code (20.1.7); services that wrap them in a context tag get that (21). */
export function putError(
  out: Uint8Array,
  at: number,
  invoke: number,
  service: number,
  errorClass: number,
  code: number,
): number {
  out.set([APDU.error << 4, invoke, service], at);
  const both: Write = (o, a) => putEnumerated(o, putEnumerated(o, a, errorClass), code);
  switch (service) {
    case CONFIRMED.addListElement:
    case CONFIRMED.removeListElement:
    case CONFIRMED.createObject:
      // What failed first: an element number, 0 where none did.
      return putContext(out, putConstructed(out, at + 3, 0, both), 1, 0);
    case CONFIRMED.writePropertyMultiple:
      return putConstructed(out, putConstructed(out, at + 3, 0, both), 1, (o, a) =>
        putContext(o, putContext(o, a, 0, objectId(OBJECT_DEVICE, 0x3fffff), 4), 1, 85),
      );
    case CONFIRMED.privateTransfer:
      return putContext(out, putContext(out, putConstructed(out, at + 3, 0, both), 1, 0), 2, 0);
    case CONFIRMED.subscribeCovPropertyMultiple:
      return putConstructed(out, at + 3, 0, both);
    default:
      return both(out, at + 3);
  }
}

/** Reject with its reason (20.1.8). */
export function putReject(out: Uint8Array, at: number, invoke: number, reason: number): number {
  out.set([APDU.reject << 4, invoke, reason], at);
  return at + 3;
}

/** Abort with its reason (20.1.9). */
export function putAbort(out: Uint8Array, at: number, invoke: number, reason: number, byServer: boolean): number {
  out.set([(APDU.abort << 4) | (byServer ? 1 : 0), invoke, reason], at);
  return at + 3;
}

// Tagged data

/** Application tag and value (20.2.1). */
export function putTag(out: Uint8Array, at: number, number: number, value: ArrayLike<number>): number {
  const next = putHeader(out, at, number, false, value.length);
  out.set(value, next);
  return next + value.length;
}

export function putNull(out: Uint8Array, at: number): number {
  out[at] = TAG.null << 4;
  return at + 1;
}

export function putBoolean(out: Uint8Array, at: number, value: boolean): number {
  out[at] = (TAG.boolean << 4) | (value ? 1 : 0);
  return at + 1;
}

export function putUnsigned(out: Uint8Array, at: number, value: number): number {
  return putTag(out, at, TAG.unsigned, digits(value));
}

export function putSigned(out: Uint8Array, at: number, value: number): number {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setInt32(0, value);
  let skip = 0;
  // As few octets as keep the sign (20.2.5).
  while (skip < 3 && value >= -(2 ** (8 * (3 - skip) - 1)) && value < 2 ** (8 * (3 - skip) - 1)) skip++;
  return putTag(out, at, TAG.signed, octets.subarray(skip));
}

export function putReal(out: Uint8Array, at: number, value: number): number {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setFloat32(0, value);
  return putTag(out, at, TAG.real, octets);
}

export function putDouble(out: Uint8Array, at: number, value: number): number {
  const octets = new Uint8Array(8);
  new DataView(octets.buffer).setFloat64(0, value);
  return putTag(out, at, TAG.double, octets);
}

export function putOctets(out: Uint8Array, at: number, value: ArrayLike<number>): number {
  return putTag(out, at, TAG.octetString, value);
}

/** Character string in UTF-8 (20.2.9). */
export function putText(out: Uint8Array, at: number, value: string): number {
  return putTag(out, at, TAG.characterString, [0, ...new TextEncoder().encode(value)]);
}

/** Bit string of `bits`, first bit first (20.2.10). */
export function putBits(out: Uint8Array, at: number, bits: readonly boolean[]): number {
  const octets = new Uint8Array(1 + Math.ceil(bits.length / 8));
  octets[0] = (8 - (bits.length % 8)) % 8;
  bits.forEach((bit, n) => {
    if (bit) octets[1 + (n >> 3)]! |= 0x80 >> (n & 7);
  });
  return putTag(out, at, TAG.bitString, octets);
}

export function putEnumerated(out: Uint8Array, at: number, value: number): number {
  return putTag(out, at, TAG.enumerated, digits(value));
}

export function putObjectId(out: Uint8Array, at: number, object: number): number {
  return putTag(out, at, TAG.objectId, digits(object, 4));
}

/** Date and time of `ms` since 1970, two application values (20.2.12, 20.2.13). */
export function putDateTime(out: Uint8Array, at: number, ms: number): number {
  const date = new Date(ms);
  const day = [date.getUTCFullYear() - 1900, date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCDay() || 7];
  const time = [
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    Math.floor(date.getUTCMilliseconds() / 10),
  ];
  return putTag(out, putTag(out, at, TAG.date, day), TAG.time, time);
}

/** Context tag with an unsigned number, in at least `octets` octets. */
export function putContext(out: Uint8Array, at: number, number: number, value: number, octets = 1): number {
  const value8 = digits(value, octets);
  const next = putHeader(out, at, number, true, value8.length);
  out.set(value8, next);
  return next + value8.length;
}

/** Context tag with a character string. */
export function putContextText(out: Uint8Array, at: number, number: number, value: string): number {
  const text = [0, ...new TextEncoder().encode(value)];
  const next = putHeader(out, at, number, true, text.length);
  out.set(text, next);
  return next + text.length;
}

/** Opening tag, content, closing tag. */
export function putConstructed(out: Uint8Array, at: number, number: number, content: Write): number {
  out[at] = (number << 4) | 0x0e;
  const end = content(out, at + 1);
  out[end] = (number << 4) | 0x0f;
  return end + 1;
}

// Bodies of services

/** Object [0], property [1], index [2]: body of read-property and beginning of its acknowledgement and of write-property. */
export function putReference(out: Uint8Array, at: number, object: number, property: number, index?: number): number {
  const next = putContext(out, putContext(out, at, 0, object, 4), 1, property);
  return index === undefined ? next : putContext(out, next, 2, index);
}

/** Body of a read-property acknowledgement. */
export function putPropertyValue(
  out: Uint8Array,
  at: number,
  object: number,
  property: number,
  value: Write,
  index?: number,
): number {
  return putConstructed(out, putReference(out, at, object, property, index), 3, value);
}

/** Body of write-property; priority 1 to 16. */
export function putWriteProperty(
  out: Uint8Array,
  at: number,
  object: number,
  property: number,
  value: Write,
  priority?: number,
): number {
  const next = putPropertyValue(out, at, object, property, value);
  return priority === undefined ? next : putContext(out, next, 4, priority);
}

/** Body of a COV notification (13.14): the values of one object. */
export function putCovNotification(
  out: Uint8Array,
  at: number,
  device: number,
  object: number,
  values: readonly (readonly [property: number, value: Write])[],
): number {
  let next = putContext(out, at, 0, 1);
  next = putContext(out, next, 1, objectId(OBJECT_DEVICE, device), 4);
  next = putContext(out, next, 2, object, 4);
  next = putContext(out, next, 3, 0);
  return putConstructed(out, next, 4, (o, a) =>
    values.reduce((end, [property, value]) => putConstructed(o, putContext(o, end, 0, property), 2, value), a),
  );
}

/** I-Am: device instance and vendor (16.10). */
export function putIAm(out: Uint8Array, at: number, instance: number, vendor: number): number {
  return putUnconfirmed(out, at, UNCONFIRMED.iAm, (o, a) => {
    let next = putObjectId(o, a, objectId(OBJECT_DEVICE, instance));
    next = putUnsigned(o, next, 1_476);
    next = putEnumerated(o, next, 0);
    return putUnsigned(o, next, vendor);
  });
}

function none(_out: Uint8Array, at: number): number {
  return at;
}

function putHeader(out: Uint8Array, at: number, number: number, context: boolean, length: number): number {
  const kind = (context ? 0x08 : 0) | (length < 5 ? length : 5);
  let next = at;
  out[next++] = ((number < 15 ? number : 15) << 4) | kind;
  if (number >= 15) out[next++] = number;
  if (length < 5) return next;
  if (length < 254) {
    out[next++] = length;
    return next;
  }
  out[next++] = 254;
  return put16(out, next, length);
}

/** Octets of an unsigned number, as few as hold it but at least `least`. */
function digits(value: number, least = 1): number[] {
  const octets: number[] = [];
  for (let rest = value; rest > 0 || octets.length < least; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return octets;
}

function put16(out: Uint8Array, at: number, value: number): number {
  out[at] = value >> 8;
  out[at + 1] = value & 0xff;
  return at + 2;
}
