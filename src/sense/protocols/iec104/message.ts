/**
 * Meaning of an ASDU: which objects, values, qualities and times, for what cause. IEC 60870-5-101:2003, 7.2 (elements), 7.3 (types);
 * sizes of IEC 60870-5-104:2006, 6: cause two octets, common address two, information object address three.
 */
import {
  DIRECTION_EVENT,
  DIRECTION_REQUEST,
  DIRECTION_RESPONSE,
  type MessageView,
  QUALITY_BAD,
} from '../message-view.ts';
import { functionKey } from '../protocol.ts';
import { u16le, VALUE_TYPE } from '../values.ts';
import { readElement } from './elements.ts';
import { ADDRESS_BYTES, ASDU_HEADER_BYTES } from './framing.ts';
import {
  AREA,
  CAUSE,
  GLOBAL_ADDRESS,
  NEGATIVE,
  NEGATIVE_CONFIRMATION,
  NEGATIVE_TERMINATION,
  SUB,
  TEST,
  TYPE,
} from './names.ts';
import { causeAllowed, causeDefined, FORM, layoutOf, TIME, type TypeLayout, WAY } from './types.ts';

/** Select bit of commands (7.2.6.26, 7.2.6.39). */
const SELECT = 0x80;
/** Select and call qualifier: delete the file (7.2.6.30). */
const CALL_DELETE = 4;

/** Cause without its test and negative bits. */
export function causeOf(octet: number): number {
  return octet & 0x3f;
}

/** Information object address at `at`. */
export function objectAddress(bytes: Uint8Array, at: number): number {
  return u16le(bytes, at) | (bytes[at + 2]! << 16);
}

/** Decodes the ASDU `at` … `end` into the view; `detail` becomes the two octets of its cause as they stand. */
export function readAsdu(view: MessageView, at: number, end: number): void {
  const { bytes } = view;
  const type = bytes[at]!;
  view.functionCode = type;
  const layout = layoutOf(type);
  if (layout === undefined) view.understood = false;
  if (end - at < ASDU_HEADER_BYTES) return view.problem('iec104-short', at);
  const causeOctet = bytes[at + 2]!;
  const cause = causeOf(causeOctet);
  view.detail = u16le(bytes, at + 2);
  view.unit = u16le(bytes, at + 4);
  view.direction = directionOf(view, layout, type, cause);
  view.status = statusOf(view, cause, causeOctet);
  if (layout === undefined) {
    if (!causeDefined(cause)) view.problem('iec104-illegal-cause', at + 2);
    return view.problem('iec104-unknown-type', at);
  }
  view.functionCode = keyOf(view, layout, cause, at, end);
  checkHeader(view, layout, cause, at);
  readObjects(view, layout, cause, at, end);
  // Test: what the station says is no value of the process (7.2.3).
  if ((causeOctet & TEST) !== 0) view.accessQuality.fill(QUALITY_BAD, 0, view.accessCount);
}

/** Who speaks follows from type and cause; where both may, the side of the connection decides. */
function directionOf(view: MessageView, layout: TypeLayout | undefined, type: number, cause: number): number {
  if (cause >= CAUSE.unknownType && cause <= CAUSE.unknownObjectAddress) return DIRECTION_RESPONSE;
  if (cause >= CAUSE.interrogated && cause <= CAUSE.countersLast) return DIRECTION_RESPONSE;
  if (layout?.way === WAY.monitor) return cause === CAUSE.request ? DIRECTION_RESPONSE : DIRECTION_EVENT;
  switch (cause) {
    case CAUSE.activation:
    case CAUSE.deactivation:
      return DIRECTION_REQUEST;
    case CAUSE.activationCon:
    case CAUSE.deactivationCon:
    case CAUSE.activationTerm:
      return DIRECTION_RESPONSE;
    case CAUSE.request:
      return type === TYPE.read || type === TYPE.fileCall ? DIRECTION_REQUEST : DIRECTION_RESPONSE;
    case CAUSE.spontaneous:
      return DIRECTION_EVENT;
    default:
      return view.fromClient ? DIRECTION_REQUEST : DIRECTION_RESPONSE;
  }
}

function statusOf(view: MessageView, cause: number, octet: number): number {
  if (view.direction !== DIRECTION_RESPONSE) return 0;
  if (cause >= CAUSE.unknownType) return cause;
  if ((octet & NEGATIVE) === 0) return 0;
  return cause === CAUSE.activationTerm ? NEGATIVE_TERMINATION : NEGATIVE_CONFIRMATION;
}

/** Function with its sub-function: select, deactivation, freeze, file direction. */
function keyOf(view: MessageView, layout: TypeLayout, cause: number, at: number, end: number): number {
  const { code } = layout;
  const element = at + ASDU_HEADER_BYTES + ADDRESS_BYTES;
  if (code >= TYPE.fileReady && code <= TYPE.fileLast) {
    if (!view.fromClient) return functionKey(code, SUB.fromStation);
    const deletes = code === TYPE.fileCall && element + 4 <= end && (view.bytes[element + 3]! & 0x0f) === CALL_DELETE;
    return deletes ? functionKey(code, SUB.fileDelete) : code;
  }
  const ends = cause === CAUSE.deactivation || cause === CAUSE.deactivationCon;
  if (ends && (isCommand(code) || code === TYPE.interrogation || code === TYPE.parameterActivation)) {
    return functionKey(code, SUB.deactivate);
  }
  if (code === TYPE.counterInterrogation && element < end) {
    const freeze = view.bytes[element]! >> 6;
    return freeze === 0 ? code : functionKey(code, freeze);
  }
  return isSelect(view.bytes, layout, element, end) ? functionKey(code, SUB.select) : code;
}

/** Commands to the process, 45 to 64. */
export function isCommand(type: number): boolean {
  return type >= TYPE.singleCommand && type <= 64;
}

/** The qualifier's S/E bit: the command only selects. Its octet is the last before the time tag; bit strings have none. */
export function isSelect(bytes: Uint8Array, layout: TypeLayout, element: number, end: number): boolean {
  if (!isCommand(layout.code) || layout.form === FORM.bsi) return false;
  const qualifier = element + layout.size - (layout.time === TIME.cp56 ? 7 : 0) - 1;
  return qualifier < end && (bytes[qualifier]! & SELECT) !== 0;
}

/** What the standard forbids though it can be read. */
function checkHeader(view: MessageView, layout: TypeLayout, cause: number, at: number): void {
  const { bytes } = view;
  const structure = bytes[at + 1]!;
  if (!causeAllowed(layout, cause)) view.problem('iec104-illegal-cause', at + 2);
  if (layout.only101) view.problem('iec104-type-of-101', at);
  const negative = (bytes[at + 2]! & NEGATIVE) !== 0;
  // P/N is used with confirmations; elsewhere it is to be zero (7.2.3).
  if (negative && view.direction !== DIRECTION_RESPONSE) view.problem('iec104-negative-request', at + 2);
  if (layout.way === WAY.control && structure !== 1) view.problem('iec104-object-count', at + 1);
  if (layout.time !== TIME.none && layout.way === WAY.monitor && layout.area !== AREA.file && structure >= 0x80) {
    view.problem('iec104-sequence-with-time', at + 1);
  }
  checkAddress(view, layout, at);
}

/** Common address 0 is not used; the address of all stations only with system commands that address all (7.2.4). */
function checkAddress(view: MessageView, layout: TypeLayout, at: number): void {
  const { code } = layout;
  if (view.unit === 0) view.problem('iec104-common-address', at + 4);
  if (view.unit !== GLOBAL_ADDRESS) return;
  const global =
    code === TYPE.interrogation || code === TYPE.counterInterrogation || code === TYPE.clock || code === TYPE.reset;
  if (!global) view.problem('iec104-common-address', at + 4);
}

/** Confirmations repeat what was asked: a write, unless it is refused or taken back. */
function writes(view: MessageView, layout: TypeLayout, cause: number): boolean {
  if (layout.way === WAY.monitor || view.status !== 0) return false;
  if (layout.area === AREA.file) return view.fromClient && layout.code !== TYPE.fileCall;
  return cause === CAUSE.activation || cause === CAUSE.activationCon || cause === CAUSE.activationTerm;
}

function readObjects(view: MessageView, layout: TypeLayout, cause: number, at: number, end: number): void {
  const { bytes } = view;
  const structure = bytes[at + 1]!;
  const count = structure & 0x7f;
  const write = writes(view, layout, cause);
  let next = at + ASDU_HEADER_BYTES;
  if (layout.size < 0) return ownLength(view, layout, write, next, end);
  if (count === 0) view.problem('iec104-no-objects', at + 1);
  const sequence = structure >= 0x80;
  let address = 0;
  for (let n = 0; n < count; n++) {
    const addressed = !sequence || n === 0;
    const element = next + (addressed ? ADDRESS_BYTES : 0);
    if (element + layout.size > end) return view.problem('iec104-short', next);
    address = addressed ? objectAddress(bytes, next) : address + 1;
    readElement(view, layout, address, write, element);
    next = element + layout.size;
  }
  if (next !== end) view.problem('iec104-length', next);
}

/** File segments state their length; security objects take the rest. */
function ownLength(view: MessageView, layout: TypeLayout, write: boolean, at: number, end: number): void {
  const { bytes } = view;
  if (layout.form === FORM.free) {
    const i = view.access(layout.area, layout.code, 1, false, VALUE_TYPE.bytes, at);
    if (i >= 0) view.accessLength[i] = end - at;
    return;
  }
  // Name of the file, name of the section, length of the segment (7.3.6.6).
  const data = at + ADDRESS_BYTES + 4;
  if (data > end) return view.problem('iec104-short', at);
  const length = bytes[data - 1]!;
  const present = length < end - data ? length : end - data;
  const i = view.access(layout.area, u16le(bytes, at + ADDRESS_BYTES), 1, write, VALUE_TYPE.bytes, data);
  if (i >= 0) view.accessLength[i] = present;
  if (data + length !== end) view.problem(present < length ? 'iec104-short' : 'iec104-length', data);
}
