/** Meaning of one GOOSE message (IEC 61850-8-1:2011, 18 and annex A). */
import { CONSTRUCTED, Element, integerAt, isContext } from '../asn1/ber.ts';
import { type DataReader, utcTimeUs } from '../asn1/data.ts';
import { DATA } from '../asn1/names.ts';
import { type MessageView, NO_OFFSET, NO_SYMBOL } from '../message-view.ts';
import { u16, VALUE_TYPE } from '../values.ts';
import { HEADER_BYTES, statedLength } from './framing.ts';
import { AREA, FIELD, FIELD_COUNT, FUNCTION, OPTIONAL_FIELDS, PDU_TAG, SIMULATED_BIT } from './names.ts';

/** Numbers have at most 32 bits (8-1, table 40): five octets with the octet that keeps them positive. */
const NUMBER_OCTETS_MAX = 5;
const NUMBER_MAX = 0xffffffff;
/** Tag number of `allData`. */
const ALL_DATA = 11;

/** Header fields of the message being read; NaN and `NO_SYMBOL` where a field is missing. One for all sessions: dissection is synchronous. */
export class GooseHeader {
  appId = 0;
  gocbRef: number = NO_SYMBOL;
  datSet: number = NO_SYMBOL;
  goId: number = NO_SYMBOL;
  timeUs = Number.NaN;
  timeAllowedToLiveMs = Number.NaN;
  stNum = Number.NaN;
  sqNum = Number.NaN;
  confRev = Number.NaN;
  entries = Number.NaN;
  simulation = false;
  ndsCom = false;
  /** Bit `n` set: the field with tag number `n` is there. */
  present = 0;
  dataAt = 0;
  dataEnd = 0;

  clear(): void {
    this.appId = 0;
    this.gocbRef = this.datSet = this.goId = NO_SYMBOL;
    this.timeUs = this.timeAllowedToLiveMs = this.stNum = this.sqNum = this.confRev = this.entries = Number.NaN;
    this.simulation = this.ndsCom = false;
    this.present = this.dataAt = this.dataEnd = 0;
  }
}

export const header = new GooseHeader();
const element = new Element();

/** Reads the frame of the view into `header` and gives it its function; false where it is no `goosePdu`. */
export function readHeader(view: MessageView): boolean {
  const { bytes, offset, end } = view;
  header.clear();
  view.functionCode = FUNCTION.malformed;
  if (end - offset < HEADER_BYTES + 2) {
    view.understood = false;
    view.problem('goose-short', offset);
    return false;
  }
  header.appId = u16(bytes, offset);
  const stated = statedLength(bytes, offset);
  // Behind a shorter length stands padding, or a signature (IEC 62351-6) whose length the second reserved field tells.
  const stop = Math.min(end, offset + Math.max(stated, HEADER_BYTES));
  if (stated > end - offset) view.problem('goose-truncated', offset + 2);
  if (!element.read(bytes, offset + HEADER_BYTES, stop)) {
    view.understood = false;
    view.problem('ber-malformed', offset + HEADER_BYTES);
    return false;
  }
  if (element.tag === PDU_TAG.management) {
    view.functionCode = FUNCTION.management;
    return false;
  }
  if (element.tag !== PDU_TAG.goose) {
    view.understood = false;
    view.problem('goose-tag', offset + HEADER_BYTES);
    return false;
  }
  if (element.cut && stated <= end - offset) view.problem('ber-truncated', offset + HEADER_BYTES);
  readFields(view, element.at, element.end);
  finishHeader(view, offset);
  return true;
}

function readFields(view: MessageView, from: number, end: number): void {
  const { bytes } = view;
  for (let at = from; at < end; ) {
    if (!element.read(bytes, at, end)) return view.problem('ber-malformed', at);
    const { tag, at: content, end: contentEnd, next } = element;
    const number = tag & 0x1f;
    // What is not even of this class means that the place of the fields is lost.
    if (!isContext(tag) || tag > 0xff) return view.problem('goose-field', at);
    if (element.cut && tag !== FIELD.allData) return view.problem('ber-truncated', at);
    if (number >= FIELD_COUNT || (tag & CONSTRUCTED) !== (number === ALL_DATA ? CONSTRUCTED : 0)) {
      view.problem('goose-unknown-field', at);
    } else {
      if ((header.present & (1 << number)) !== 0) view.problem('goose-field-repeated', at);
      header.present |= 1 << number;
      readField(view, tag, content, contentEnd);
    }
    at = next;
  }
}

function readField(view: MessageView, tag: number, at: number, end: number): void {
  const { bytes } = view;
  switch (tag) {
    case FIELD.gocbRef:
      header.gocbRef = view.symbols.intern(bytes, at, end - at);
      return;
    case FIELD.timeAllowedToLive:
      header.timeAllowedToLiveMs = numberField(view, at, end);
      return;
    case FIELD.datSet:
      header.datSet = view.symbols.intern(bytes, at, end - at);
      return;
    case FIELD.goId:
      header.goId = view.symbols.intern(bytes, at, end - at);
      return;
    case FIELD.t:
      if (end - at === 8) header.timeUs = utcTimeUs(bytes, at);
      else view.problem('goose-time', at);
      return;
    case FIELD.stNum:
      header.stNum = numberField(view, at, end);
      return;
    case FIELD.sqNum:
      header.sqNum = numberField(view, at, end);
      return;
    case FIELD.simulation:
      header.simulation = flagField(view, at, end);
      return;
    case FIELD.confRev:
      header.confRev = numberField(view, at, end);
      return;
    case FIELD.ndsCom:
      header.ndsCom = flagField(view, at, end);
      return;
    case FIELD.numDatSetEntries:
      header.entries = numberField(view, at, end);
      return;
    default:
      header.dataAt = at;
      header.dataEnd = end;
  }
}

/** 32 bits, never negative; a first octet with its first bit set is met from devices that leave out the zero before it. */
function numberField(view: MessageView, at: number, end: number): number {
  const length = end - at;
  const value = integerAt(view.bytes, at, end);
  const number = value < 0 && length === 4 ? value + 0x100000000 : value;
  if (length < 1 || length > NUMBER_OCTETS_MAX || number < 0 || number > NUMBER_MAX) {
    view.problem('goose-number', at);
    return Number.NaN;
  }
  if (value < 0) view.problem('goose-number-encoding', at);
  return number;
}

function flagField(view: MessageView, at: number, end: number): boolean {
  if (end - at !== 1) view.problem('goose-flag', at);
  return at < end && view.bytes[at] !== 0;
}

/** Function by what the message shows, and what it lacks. */
function finishHeader(view: MessageView, offset: number): void {
  for (let number = 0; number < FIELD_COUNT; number++) {
    if ((header.present & (1 << number)) !== 0 || OPTIONAL_FIELDS.has(number)) continue;
    view.problem('goose-field-missing', offset + HEADER_BYTES);
    break;
  }
  // Edition 2 says it in the header, edition 1 only in the PDU; a header that says more than the PDU was made by someone else.
  const marked = (u16(view.bytes, offset + 4) & SIMULATED_BIT) !== 0;
  if (marked && !header.simulation) view.problem('goose-simulation-differs', offset + 4);
  if (header.stNum === 0) view.problem('goose-stnum-zero', offset + HEADER_BYTES);
  if (header.timeAllowedToLiveMs === 0) view.problem('goose-time-allowed-zero', offset + HEADER_BYTES);
  if (header.simulation || marked) view.functionCode = FUNCTION.simulated;
  else if (header.ndsCom) view.functionCode = FUNCTION.needsCommissioning;
  else if (header.sqNum === 0) view.functionCode = FUNCTION.stateChange;
  else if (!Number.isNaN(header.sqNum)) view.functionCode = FUNCTION.repetition;
}

/** Emits the numbers of the header under `stream`, and every entry of the data set. */
export function readMessage(view: MessageView, reader: DataReader, stream: number): void {
  number(view, AREA.stNum, stream, header.stNum);
  number(view, AREA.sqNum, stream, header.sqNum);
  number(view, AREA.timeAllowedToLive, stream, header.timeAllowedToLiveMs);
  number(view, AREA.confRev, stream, header.confRev);
  if (header.simulation) number(view, AREA.simulation, stream, 1);
  if (header.ndsCom) number(view, AREA.ndsCom, stream, 1);
  const count = readEntries(view, reader, stream);
  if (
    (header.present & (1 << ALL_DATA)) !== 0 &&
    count >= 0 &&
    count !== header.entries &&
    !Number.isNaN(header.entries)
  ) {
    view.problem('goose-entries-differ', header.dataAt);
  }
}

function number(view: MessageView, area: number, stream: number, value: number): void {
  if (Number.isNaN(value)) return;
  const i = view.numberAccess(area, 0, false, VALUE_TYPE.uint32, value, NO_OFFSET);
  if (i >= 0) view.accessSymbol[i] = stream;
}

/** Entries in their order; an attribute's quality and time stamp follow it and are taken for its own. Returns how many, -1 where cut. */
function readEntries(view: MessageView, reader: DataReader, stream: number): number {
  const first = view.accessCount;
  let count = 0;
  // Values of the entry before, if it was no quality or time stamp itself.
  let from = first;
  let to = first;
  for (let at = header.dataAt; at < header.dataEnd; count++) {
    const before = view.accessCount;
    const symbol = reader.names.component(view.symbols, stream, count, false);
    const next = reader.read(view, at, header.dataEnd, AREA.dataset, symbol, false, true);
    if (next < 0) {
      count = -1;
      break;
    }
    const tag = view.bytes[at];
    const about = tag === DATA.bitString || tag === DATA.utcTime;
    if (!about || !reader.qualify(view, at, header.dataEnd, from, to)) {
      from = before;
      to = view.accessCount;
    }
    at = next;
  }
  // Without a time stamp of their own the values are as old as the state.
  if (header.timeUs > 0) {
    for (let i = first; i < view.accessCount; i++) {
      if (Number.isNaN(view.accessTimeUs[i]!)) view.accessTimeUs[i] = header.timeUs;
    }
  }
  return count;
}
