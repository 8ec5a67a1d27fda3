/**
 * Points of BACnet: `analog-output,1.present-value[3]` as a symbol, made from numbers without making a string for a name already
 * known; and the values of application tags (ANSI/ASHRAE 135-2020, 20.2) as accesses.
 */
import { type MessageView, NO_OFFSET, QUALITY_BAD, QUALITY_UNCERTAIN } from '../message-view.ts';
import { VALUE_TYPE } from '../values.ts';
import { AREA, OBJECT_DEVICE, PROPERTY } from './names.ts';
import { OBJECT_TYPE_NAMES } from './object-names.ts';
import { pdu } from './pdu.ts';
import { PROPERTY_NAMES } from './property-names.ts';
import { TAG, type TagReader } from './tags.ts';

/** No array index, no property. */
export const NONE = -1;
/** Property `status-flags`, and its bits from the left (21, BACnetStatusFlags). */
const STATUS_FLAGS = 111;
const FLAG = { fault: 0b0100, overridden: 0b0010, outOfService: 0b0001 } as const;

/** Accesses before the flags looked at for the present value they belong to. */
const FLAGS_REACH = 16;

/** Longest name: object type, instance, property, index. [bytes] */
const NAME_BYTES_MAX = 160;
const scratch = new Uint8Array(NAME_BYTES_MAX);

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const typeNames = encoded(OBJECT_TYPE_NAMES);
const propertyNames = encoded(PROPERTY_NAMES);

function encoded(names: Readonly<Record<number, string>>): ReadonlyMap<number, Uint8Array> {
  return new Map(Object.entries(names).map(([number, name]) => [Number(number), encoder.encode(name)]));
}

function putName(names: ReadonlyMap<number, Uint8Array>, number: number, at: number): number {
  const name = names.get(number);
  if (name === undefined) return putNumber(number, at);
  for (let i = 0; i < name.length; i++) scratch[at + i] = name[i]!;
  return at + name.length;
}

/** Decimal digits of `number` into the scratch bytes. */
function putNumber(number: number, at: number): number {
  let digits = 1;
  for (let rest = Math.floor(number / 10); rest > 0; rest = Math.floor(rest / 10)) digits++;
  let rest = number;
  for (let i = digits - 1; i >= 0; i--) {
    scratch[at + i] = 0x30 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  return at + digits;
}

/** Symbol of an object's property; `property` and `index` may be `NONE`. */
export function pointSymbol(view: MessageView, object: number, property: number, index: number): number {
  let at = putName(typeNames, object >>> 22, 0);
  scratch[at++] = 0x2c;
  at = putNumber(object & 0x3fffff, at);
  if (property !== NONE) {
    scratch[at++] = 0x2e;
    at = putName(propertyNames, property, at);
  }
  if (index !== NONE) {
    scratch[at++] = 0x5b;
    at = putNumber(index, at);
    scratch[at++] = 0x5d;
  }
  return view.symbols.intern(scratch, 0, at);
}

/** Symbol of two numbers, `first.second`. */
export function pairSymbol(view: MessageView, first: number, second: number): number {
  let at = putNumber(first, 0);
  scratch[at++] = 0x2e;
  at = putNumber(second, at);
  return view.symbols.intern(scratch, 0, at);
}

/**
 * Symbol of a device behind a router, `network:mac`: the MAC is a decimal number where it has one octet (MS/TP, ARCNET), else
 * hexadecimal (6.2.2).
 */
export function unitSymbol(view: MessageView, bytes: Uint8Array, network: number, at: number, length: number): number {
  let next = putNumber(network, 0);
  scratch[next++] = 0x3a;
  if (length === 1) return view.symbols.intern(scratch, 0, putNumber(bytes[at]!, next));
  for (let i = 0; i < length && i < 32; i++) {
    const octet = bytes[at + i]!;
    scratch[next++] = hexDigit(octet >> 4);
    scratch[next++] = hexDigit(octet & 15);
  }
  return view.symbols.intern(scratch, 0, next);
}

function hexDigit(nibble: number): number {
  return nibble < 10 ? 0x30 + nibble : 0x57 + nibble;
}

/** Adds an access to a property without its value. */
export function namedProperty(
  view: MessageView,
  object: number,
  property: number,
  index: number,
  write: boolean,
): void {
  const i = view.access(AREA.object, 0, 1, write, VALUE_TYPE.none, NO_OFFSET);
  if (i >= 0) view.accessSymbol[i] = pointSymbol(view, object, property, index);
}

/** Adds an access with the value of the application tag the reader stands at; returns its index or -1. */
export function tagAccess(view: MessageView, area: number, symbol: number, write: boolean, tag: TagReader): number {
  const i = typedAccess(view, area, write, tag);
  if (i >= 0) view.accessSymbol[i] = symbol;
  return i;
}

function typedAccess(view: MessageView, area: number, write: boolean, tag: TagReader): number {
  const { valueAt: at, length } = tag;
  switch (tag.number) {
    case TAG.null:
      return view.access(area, 0, 1, write, VALUE_TYPE.none, NO_OFFSET);
    case TAG.boolean:
      return view.numberAccess(area, 0, write, VALUE_TYPE.bool, length, NO_OFFSET);
    case TAG.unsigned:
    case TAG.enumerated:
      return view.numberAccess(area, 0, write, unsignedType(length), tag.unsigned(), NO_OFFSET);
    case TAG.signed:
      return view.numberAccess(area, 0, write, signedType(length), tag.signed(), NO_OFFSET);
    case TAG.real:
      return length === 4 ? view.access(area, 0, 1, write, VALUE_TYPE.float32, at) : raw(view, area, write, at, length);
    case TAG.double:
      return length === 8 ? view.access(area, 0, 1, write, VALUE_TYPE.float64, at) : raw(view, area, write, at, length);
    case TAG.characterString:
      return length > 0 && isText(tag)
        ? sized(view, area, write, VALUE_TYPE.text, at + 1, length - 1)
        : raw(view, area, write, at, length);
    case TAG.bitString:
      return length >= 2 && length <= 5
        ? view.numberAccess(area, 0, write, VALUE_TYPE.uint32, bits(tag), NO_OFFSET)
        : raw(view, area, write, at, length);
    case TAG.objectId:
      return length === 4 ? view.access(area, 0, 1, write, VALUE_TYPE.uint32, at) : raw(view, area, write, at, length);
    default:
      return raw(view, area, write, at, length);
  }
}

function unsignedType(length: number): number {
  if (length <= 1) return VALUE_TYPE.uint8;
  if (length === 2) return VALUE_TYPE.uint16;
  return length <= 4 ? VALUE_TYPE.uint32 : VALUE_TYPE.uint64;
}

function signedType(length: number): number {
  if (length <= 1) return VALUE_TYPE.int8;
  if (length === 2) return VALUE_TYPE.int16;
  return length <= 4 ? VALUE_TYPE.int32 : VALUE_TYPE.int64;
}

function sized(view: MessageView, area: number, write: boolean, type: number, at: number, length: number): number {
  const i = view.access(area, 0, 1, write, type, at);
  if (i >= 0) view.accessLength[i] = length;
  return i;
}

/** Octets as they stand. */
export function raw(view: MessageView, area: number, write: boolean, at: number, length: number): number {
  return sized(view, area, write, VALUE_TYPE.bytes, at, length);
}

/** Character set 0 is UTF-8 (20.2.9). */
function isText(tag: TagReader): boolean {
  return tag.bytes[tag.valueAt] === 0;
}

/** Bits of a bit string as a number, the first bit highest (20.2.10). */
function bits(tag: TagReader): number {
  let value = 0;
  for (let i = 1; i < tag.length; i++) value = value * 256 + tag.bytes[tag.valueAt + i]!;
  return Math.floor(value / 2 ** (tag.bytes[tag.valueAt]! & 7));
}

/** Text of a character string in the sets that devices use: UTF-8, UCS-2, ISO 8859-1 (20.2.9). Allocates: identity only. */
export function textOf(tag: TagReader): string {
  if (tag.length === 0) return '';
  const content = tag.bytes.subarray(tag.valueAt + 1, tag.valueAt + tag.length);
  const set = tag.bytes[tag.valueAt]!;
  if (set === 4) {
    let text = '';
    for (let i = 0; i + 1 < content.length; i += 2) text += String.fromCharCode((content[i]! << 8) | content[i + 1]!);
    return text;
  }
  return set === 5 ? Buffer.from(content).toString('latin1') : decoder.decode(content);
}

/**
 * The value of a property, up to the closing tag that the opening one before the reader has: one value is the point itself; of
 * several each has its index; constructed data is octets as they stand. False where the data is broken.
 */
export function propertyValue(
  view: MessageView,
  object: number,
  property: number,
  index: number,
  write: boolean,
  tag: TagReader,
): boolean {
  let position = 0;
  while (!tag.atClosing) {
    if (!tag.next()) return false;
    if (tag.context) return constructed(view, pointSymbol(view, object, property, index), write, tag);
    position++;
    const single = position === 1 && tag.atClosing;
    const symbol = pointSymbol(view, object, property, single ? index : position);
    const i = tagAccess(view, AREA.object, symbol, write, tag);
    if (single && object >>> 22 === OBJECT_DEVICE && !write) deviceFact(view, property, tag);
    if (single && property === STATUS_FLAGS && i >= 0 && tag.number === TAG.bitString)
      statusFlags(view, object, bits(tag));
  }
  if (position === 0) namedProperty(view, object, property, index, write);
  return tag.next();
}

/** Everything up to the closing tag of the value: octets. */
function constructed(view: MessageView, symbol: number, write: boolean, tag: TagReader): boolean {
  const from = tag.tagAt;
  for (;;) {
    if (tag.opening && !tag.skipOpened()) return false;
    if (tag.atClosing) break;
    if (!tag.next()) return false;
  }
  const i = raw(view, AREA.object, write, from, tag.at - from);
  if (i >= 0) view.accessSymbol[i] = symbol;
  return tag.next();
}

/** Status flags beside a present value say what it is worth: fault is bad; overridden or out of service does not follow the process. */
function statusFlags(view: MessageView, object: number, flags: number): void {
  const bad = (flags & FLAG.fault) !== 0;
  if (!bad && (flags & (FLAG.overridden | FLAG.outOfService)) === 0) return;
  const value = pointSymbol(view, object, PROPERTY.presentValue, NONE);
  // Present value and flags of an object stand side by side; looking further would cost the square of a hostile message.
  for (let i = Math.max(0, view.accessCount - FLAGS_REACH); i < view.accessCount; i++) {
    if (view.accessSymbol[i] === value) view.accessQuality[i] = bad ? QUALITY_BAD : QUALITY_UNCERTAIN;
  }
}

const FACT_KINDS: ReadonlyMap<number, string> = new Map([
  [PROPERTY.vendorName, 'vendor'],
  [PROPERTY.modelName, 'model'],
  [PROPERTY.firmwareRevision, 'firmware'],
  [PROPERTY.applicationSoftwareVersion, 'software'],
  [PROPERTY.serialNumber, 'serial'],
  [PROPERTY.objectName, 'name'],
  [PROPERTY.description, 'description'],
  [PROPERTY.location, 'location'],
  [PROPERTY.vendorIdentifier, 'vendor-id'],
]);

/** A property of the device object tells who the sender is. */
function deviceFact(view: MessageView, property: number, tag: TagReader): void {
  const kind = FACT_KINDS.get(property);
  if (kind === undefined) return;
  if (tag.number === TAG.characterString) senderFact(view, kind, textOf(tag));
  else if (tag.number === TAG.unsigned) senderFact(view, kind, String(tag.unsigned()));
}

/** A fact about whoever sent the message: the device behind a router, or the end of the conversation. */
export function senderFact(view: MessageView, kind: string, text: string): void {
  const about = pdu.npdu.sourceNetwork >= 0 ? 'unit' : view.fromClient ? 'client' : 'server';
  view.fact(about, kind, text);
}
