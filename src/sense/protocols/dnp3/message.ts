/**
 * Meaning of DNP3 application fragments: which points, which values, flags and times. IEEE 1815-2012, 4.2.2 (fragments, headers),
 * 11.6 (flags), annex A (objects). Works on a fragment without CRCs and transport octets.
 */
import { type MessageView, NO_OFFSET, QUALITY_BAD, QUALITY_GOOD, QUALITY_UNCERTAIN } from '../message-view.ts';
import { functionKey } from '../protocol.ts';
import { u16le, VALUE_TYPE } from '../values.ts';
import { fragment } from './fragment.ts';
import { AREA, CONTROL_STATUS_BASE, FC, FLAG, FUNCTIONS, IIN } from './names.ts';
import {
  ABSENT,
  areaOf,
  HEADER_BAD,
  KIND,
  layoutOf,
  ObjectHeader,
  type ObjectLayout,
  PREFIX,
  readHeader,
  STATE,
  time48,
  unsigned,
} from './objects.ts';
import { readAttribute, readControlBlock, readFile, readFree } from './special-objects.ts';

/** Application control octet (4.2.2.3). */
export const CONTROL = { fir: 0x80, fin: 0x40, con: 0x20, uns: 0x10, sequence: 0x0f } as const;
/** Application control and function; a response has two octets of indications more. [bytes] */
export const REQUEST_HEADER_BYTES = 2;
export const RESPONSE_HEADER_BYTES = 4;

/** Most elements of one access: the view counts them in 32 bits, a hostile range in 33. */
const ELEMENTS_MAX = 0x7fffffff;
/** Position to go on from; `STOP`: nothing after this can be trusted. */
const STOP = -1;

const KNOWN = new Uint8Array(256);
for (const { code } of FUNCTIONS) if (code < 256) KNOWN[code] = 1;

/** Requests whose object headers are followed by objects (4.4); responses always are. */
const WITH_OBJECTS = flagTable([
  FC.write,
  FC.select,
  FC.operate,
  FC.directOperate,
  FC.directOperateNoAck,
  FC.openFile,
  FC.closeFile,
  FC.deleteFile,
  FC.getFileInfo,
  FC.authenticateFile,
  FC.abortFile,
  FC.activateConfiguration,
  FC.authenticateRequest,
  FC.authenticateRequestNoAck,
]);
/** Functions that change the points they name. */
const WRITES = flagTable([
  FC.write,
  FC.select,
  FC.operate,
  FC.directOperate,
  FC.directOperateNoAck,
  FC.immediateFreeze,
  FC.immediateFreezeNoAck,
  FC.freezeClear,
  FC.freezeClearNoAck,
  FC.freezeAtTime,
  FC.freezeAtTimeNoAck,
  FC.initializeData,
  FC.deleteFile,
  FC.activateConfiguration,
]);
/** Functions that change classes and applications (groups 60, 90); points beside them are named, not changed. */
const CONFIGURES = flagTable([
  FC.initializeApplication,
  FC.startApplication,
  FC.stopApplication,
  FC.saveConfiguration,
  FC.enableUnsolicited,
  FC.disableUnsolicited,
  FC.assignClass,
]);

/** Indications that refuse or question the request; the others tell of the outstation's state. */
const REFUSALS = [IIN.noFunctionSupport, IIN.objectUnknown, IIN.parameterError, IIN.alreadyExecuting];

/** Reused for every header; dissection is synchronous. */
const header = new ObjectHeader();
/** Common time of occurrence of the fragment being read, NaN before one is met. [us] */
let commonTimeUs = Number.NaN;

/** True for function codes of responses. */
export function isResponse(code: number): boolean {
  return code >= FC.response;
}

/** Decodes the fragment `at` … `end` (application control first) into the view; at least `REQUEST_HEADER_BYTES` are there. */
export function readFragment(view: MessageView, at: number, end: number): void {
  const { bytes } = view;
  const code = bytes[at + 1]!;
  view.transaction = bytes[at]! & CONTROL.sequence;
  view.functionCode = code;
  commonTimeUs = Number.NaN;
  fragment.clear();
  if (KNOWN[code] === 0) {
    view.understood = false;
    return;
  }
  let objects = at + REQUEST_HEADER_BYTES;
  if (isResponse(code)) {
    objects = at + RESPONSE_HEADER_BYTES;
    if (objects > end) return view.problem('dnp3-short', at);
    view.access(AREA['internal-indication'], 0, 16, false, VALUE_TYPE.bit, at + 2);
  } else if (code === FC.write && objects < end) {
    view.functionCode = functionKey(code, bytes[objects]!);
  }
  readObjects(view, code, objects, end);
  if (isResponse(code) && view.status === 0) view.status = refusal(u16le(bytes, at + 2));
}

/** Number of the first refusing indication, or 0. */
function refusal(indications: number): number {
  for (const bit of REFUSALS) if (((indications >> bit) & 1) === 1) return bit;
  return 0;
}

function readObjects(view: MessageView, code: number, from: number, end: number): void {
  let at = from;
  while (at < end) {
    const objects = readHeader(view.bytes, at, end, header);
    if (end - at >= 3) fragment.header(header.group, header.variation, header.qualifier, header.count);
    if (objects === HEADER_BAD) return view.problem('dnp3-object-header', at);
    if (header.rangeBackwards) view.problem('dnp3-range', at);
    at = hasObjects(code) ? objectsWithData(view, code, objects, end) : namedPoints(view, code, objects, end);
    if (at === STOP) return;
  }
}

/** Whether objects stand behind the current header. */
function hasObjects(code: number): boolean {
  if (isResponse(code) || WITH_OBJECTS[code] === 1 || header.freeFormat || header.group === 120) return true;
  return header.group === 50 && (code === FC.freezeAtTime || code === FC.freezeAtTimeNoAck);
}

/** Points named without objects (read, freeze, assign class …): range, all, or a list of indexes. Elements 0 means all. */
function namedPoints(view: MessageView, code: number, at: number, end: number): number {
  const area = areaOf(header.group);
  const configures = CONFIGURES[code] === 1 && (header.group === 60 || header.group === 90);
  const write = WRITES[code] === 1 || configures;
  // Group 60: the variation is the class plus one (annex A).
  const first = header.group === 60 ? header.variation - 1 : header.start < 0 ? 0 : header.start;
  if (header.prefix !== PREFIX.index) {
    view.access(area, first, Math.min(header.count, ELEMENTS_MAX), write, VALUE_TYPE.none, NO_OFFSET);
    return at;
  }
  let next = at;
  for (let n = 0; n < header.count; n++) {
    if (next + header.prefixBytes > end) return short(view, next);
    view.access(area, unsigned(view.bytes, next, header.prefixBytes), 1, write, VALUE_TYPE.none, NO_OFFSET);
    next += header.prefixBytes;
  }
  return next;
}

function objectsWithData(view: MessageView, code: number, at: number, end: number): number {
  const write = WRITES[code] === 1;
  const layout = layoutOf(header.group, header.variation);
  if (header.prefix === PREFIX.size) return sizedObjects(view, code, layout, at, end);
  if (layout === undefined || layout.kind === KIND.free) {
    if (header.count === 0 && !header.all) return at;
    view.problem(layout === undefined ? 'dnp3-unknown-object' : 'dnp3-object-without-size', at);
    return STOP;
  }
  switch (layout.kind) {
    case KIND.bits:
    case KIND.doubleBits:
      return packedBits(view, layout, write, at, end);
    case KIND.nothing:
      view.access(layout.area, header.variation - 1, 0, write, VALUE_TYPE.none, NO_OFFSET);
      return at;
    case KIND.attribute:
      return attributes(view, at, end);
    default:
      return fixedObjects(view, layout, code, at, end);
  }
}

/** Objects that carry their size (qualifier 0x5B …): files, authentication, data sets. */
function sizedObjects(
  view: MessageView,
  code: number,
  layout: ObjectLayout | undefined,
  at: number,
  end: number,
): number {
  let next = at;
  for (let n = 0; n < header.count; n++) {
    if (next + header.prefixBytes > end) return short(view, next);
    const size = unsigned(view.bytes, next, header.prefixBytes);
    next += header.prefixBytes;
    if (next + size > end) return short(view, next);
    const write = WRITES[code] === 1;
    if (header.group === 70) readFile(view, header.variation, code, next, next + size);
    else readFree(view, header.group, header.variation, layout?.area ?? 0, write, next, next + size);
    next += size;
  }
  return next;
}

/** Packed single or double bits: only with a range, start to stop (annex A, group 1 variation 1). */
function packedBits(view: MessageView, layout: ObjectLayout, write: boolean, at: number, end: number): number {
  const double = layout.kind === KIND.doubleBits;
  const size = Math.ceil((header.count * (double ? 2 : 1)) / 8);
  // With index prefixes every object takes an octet of its own.
  if (header.prefix === PREFIX.index) return prefixedBits(view, layout, write, at, end);
  if (at + size > end) return short(view, at);
  const start = header.start < 0 ? 0 : header.start;
  const area = layout.group === 12 ? AREA['pattern-mask'] : layout.area;
  if (!double) {
    if (header.count > 0) view.access(area, start, header.count, write, VALUE_TYPE.bit, at);
    return at + size;
  }
  for (let n = 0; n < header.count; n++) {
    const state = (view.bytes[at + (n >> 2)]! >> ((n & 3) * 2)) & 3;
    if (view.numberAccess(area, start + n, write, VALUE_TYPE.uint8, state, NO_OFFSET) < 0) break;
  }
  return at + size;
}

function prefixedBits(view: MessageView, layout: ObjectLayout, write: boolean, at: number, end: number): number {
  let next = at;
  for (let n = 0; n < header.count; n++) {
    const value = next + header.prefixBytes;
    if (value + 1 > end) return short(view, next);
    const index = unsigned(view.bytes, next, header.prefixBytes);
    view.numberAccess(layout.area, index, write, VALUE_TYPE.bool, view.bytes[value]! & 1, value);
    next = value + 1;
  }
  return next;
}

/** Group 0: data type, length, value; the variation is the attribute. */
function attributes(view: MessageView, at: number, end: number): number {
  let next = at;
  for (let n = 0; n < header.count; n++) {
    next += header.prefix === PREFIX.index ? header.prefixBytes : 0;
    if (next + 2 > end || next + 2 + view.bytes[next + 1]! > end) return short(view, next);
    next = readAttribute(view, header.variation, next);
  }
  return next;
}

/** Objects of one size, with index prefix or in a range. */
function fixedObjects(view: MessageView, layout: ObjectLayout, code: number, at: number, end: number): number {
  const write = WRITES[code] === 1;
  const indexed = header.prefix === PREFIX.index;
  const stride = (indexed ? header.prefixBytes : 0) + layout.size;
  const start = header.start < 0 ? 0 : header.start;
  if (stride === 0) {
    // Octet strings of length 0: named, empty. Few octets that claim many objects are how outstations are made to hang.
    if (header.count > 0) view.problem('dnp3-empty-objects', at);
    view.access(layout.area, start, Math.min(header.count, ELEMENTS_MAX), write, VALUE_TYPE.none, NO_OFFSET);
    return at;
  }
  if (!indexed && isArray(layout)) return array(view, layout, write, at, end);
  let next = at;
  for (let n = 0; n < header.count; n++) {
    if (next + stride > end) return short(view, next);
    const index = indexed ? unsigned(view.bytes, next, header.prefixBytes) : start + n;
    oneObject(view, layout, code, index, write, next + stride - layout.size);
    next += stride;
  }
  return next;
}

/** Only a number: consecutive ones are one access. */
function isArray(layout: ObjectLayout): boolean {
  return (
    layout.kind === KIND.fields &&
    layout.valueAt !== ABSENT &&
    layout.flagsAt === ABSENT &&
    layout.timeAt === ABSENT &&
    layout.statusAt === ABSENT
  );
}

function array(view: MessageView, layout: ObjectLayout, write: boolean, at: number, end: number): number {
  const fits = Math.min(header.count, Math.floor((end - at) / layout.size));
  if (fits > 0) view.access(layout.area, header.start < 0 ? 0 : header.start, fits, write, layout.type, at);
  return fits < header.count ? short(view, at + fits * layout.size) : at + fits * layout.size;
}

function oneObject(
  view: MessageView,
  layout: ObjectLayout,
  code: number,
  index: number,
  write: boolean,
  at: number,
): void {
  const { bytes } = view;
  switch (layout.kind) {
    case KIND.crob:
      // A response to select and operate repeats the block with its status (4.4.4 to 4.4.6).
      return readControlBlock(view, index, write || isResponse(code), at);
    case KIND.octets:
    case KIND.bcd: {
      const i = view.access(layout.area, index, 1, write, VALUE_TYPE.bytes, at);
      if (i >= 0) view.accessLength[i] = layout.size;
      return;
    }
    default:
  }
  if (layout.group >= 50 && layout.group <= 51) return timeObject(view, layout, write, at);
  // Group 41 is a command also where a response repeats it.
  const i = value(view, layout, index, write || layout.group === 41, at);
  if (i < 0) return;
  if (layout.flagsAt !== ABSENT) {
    const flags = bytes[at + layout.flagsAt]!;
    view.accessQuality[i] = qualityOf(flags, layout.state);
    view.detail |= layout.state === STATE.none ? flags : flags & (layout.state === STATE.bit7 ? 0x7f : 0x3f);
  }
  if (layout.timeAt !== ABSENT) view.accessTimeUs[i] = timeOf(view, layout, at);
  if (layout.statusAt !== ABSENT) controlStatus(view, index, write, code, at + layout.statusAt);
}

/** Adds the access for the object's value; its index, or -1 where it has none. */
function value(view: MessageView, layout: ObjectLayout, index: number, write: boolean, at: number): number {
  if (layout.state !== STATE.none) {
    const stateAt = at + (layout.flagsAt === ABSENT ? layout.statusAt : layout.flagsAt);
    const octet = view.bytes[stateAt]!;
    return layout.state === STATE.bit7
      ? view.numberAccess(layout.area, index, write, VALUE_TYPE.bool, octet >> 7, stateAt)
      : view.numberAccess(layout.area, index, write, VALUE_TYPE.uint8, octet >> 6, NO_OFFSET);
  }
  if (layout.valueAt === ABSENT) return -1;
  return view.access(layout.area, index, 1, write, layout.type, at + layout.valueAt);
}

/** Status of a control or command event; in a response the first that is not success becomes the message's. */
function controlStatus(view: MessageView, index: number, write: boolean, code: number, at: number): void {
  const status = view.bytes[at]! & 0x7f;
  if (!isResponse(code)) return;
  view.numberAccess(AREA['control-status'], index, write, VALUE_TYPE.uint8, status, at);
  if (status !== 0 && view.status === 0 && code === FC.response) view.status = CONTROL_STATUS_BASE + status;
}

/** Group 50 is a time (set by write, told in a response); group 51 the base of the relative times that follow. */
function timeObject(view: MessageView, layout: ObjectLayout, write: boolean, at: number): void {
  const timeMs = time48(view.bytes, at);
  if (layout.group === 51) {
    commonTimeUs = timeMs * 1000;
    return;
  }
  const i = view.numberAccess(layout.area, layout.variation, write, VALUE_TYPE.uint64le, timeMs, NO_OFFSET);
  if (i >= 0) view.accessTimeUs[i] = timeMs * 1000;
}

function timeOf(view: MessageView, layout: ObjectLayout, at: number): number {
  const timeAt = at + layout.timeAt;
  if (!layout.relative) return time48(view.bytes, timeAt) * 1000;
  if (Number.isNaN(commonTimeUs)) view.problem('dnp3-relative-time-without-base', timeAt);
  return commonTimeUs + u16le(view.bytes, timeAt) * 1000;
}

/** 11.6: not online, restarted or communication lost: not the point's value; forced, chattering, over range: doubtful. */
function qualityOf(flags: number, state: number): number {
  if ((flags & FLAG.online) === 0 || (flags & (FLAG.restart | FLAG.communicationLost)) !== 0) return QUALITY_BAD;
  const doubtful = FLAG.remoteForced | FLAG.localForced | FLAG.bit5 | (state === STATE.none ? FLAG.bit6 : 0);
  return (flags & doubtful) !== 0 ? QUALITY_UNCERTAIN : QUALITY_GOOD;
}

function short(view: MessageView, at: number): number {
  view.problem('dnp3-short', at);
  return STOP;
}

function flagTable(codes: readonly number[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const code of codes) table[code] = 1;
  return table;
}
