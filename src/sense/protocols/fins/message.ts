/** Bodies of FINS commands and responses (OMRON W342, section 5): memory with its values, program, mode, clock, identity. */
import { type MessageView, NO_OFFSET } from '../message-view.ts';
import { u16, u32, VALUE_TYPE } from '../values.ts';
import { AREA, COMMAND, INDEX_REGISTER, isBitArea, TASK_STATUS } from './names.ts';

/** Area, word, bit. [bytes] */
const ADDRESS_BYTES = 4;
/** Set or reset, area, word, bit of one forced bit. [bytes] */
const FORCE_BYTES = 6;
/** Name of a file: eight, a point, three. [bytes] */
const FILE_NAME_BYTES = 12;

/** The range a read asks for, so that the reply's data has its place; `area` -1: none. */
export class MemoryRange {
  area = -1;
  address = 0;
  count = 0;

  clear(): void {
    this.area = -1;
  }
}

/** Body of a command, `at` … `end`, behind its code. */
export function readCommand(view: MessageView, command: number, at: number, end: number, range: MemoryRange): void {
  range.clear();
  switch (command) {
    case COMMAND.memoryRead:
      return memory(view, at, end, false, range);
    case COMMAND.memoryWrite:
      return memory(view, at, end, true, range);
    case COMMAND.memoryFill:
      return fill(view, at, end);
    case COMMAND.multipleRead:
      return several(view, at, end);
    case COMMAND.memoryTransfer:
      return transfer(view, at, end);
    case COMMAND.parameterRead:
      return block(view, AREA.parameter, false, at, end, 0);
    case COMMAND.parameterWrite:
      return block(view, AREA.parameter, true, at, end, 6);
    case COMMAND.parameterClear:
      return block(view, AREA.parameter, true, at, end, 0);
    case COMMAND.programRead:
      return programBlock(view, at, end, false);
    case COMMAND.programWrite:
      return programBlock(view, at, end, true);
    case COMMAND.programClear:
      view.access(AREA.program, 0, 0, true, VALUE_TYPE.none, NO_OFFSET);
      return;
    case COMMAND.run:
      // Program number, then mode: 2 monitor, 4 run; without it monitor.
      view.numberAccess(AREA.mode, 0, true, VALUE_TYPE.uint8, end - at >= 3 ? view.bytes[at + 2]! : 2, NO_OFFSET);
      return;
    case COMMAND.stop:
      view.numberAccess(AREA.mode, 0, true, VALUE_TYPE.uint8, 0, NO_OFFSET);
      return;
    case COMMAND.clockWrite:
      return clock(view, at, end, true);
    case COMMAND.force:
      return force(view, at, end);
    case COMMAND.fileRead:
      return file(view, at + 2, end, false);
    case COMMAND.fileWrite:
    case COMMAND.fileDelete:
      return file(view, at + 4, end, true);
    default:
  }
}

/** Body of a response behind its end code; `range` is what the request asked for. */
export function readResponse(view: MessageView, command: number, at: number, end: number, range: MemoryRange): void {
  switch (command) {
    case COMMAND.memoryRead:
      if (range.area >= 0) values(view, range, false, at, end);
      return;
    case COMMAND.controllerData:
      return identity(view, at, end);
    case COMMAND.controllerStatus:
      return status(view, at, end);
    case COMMAND.clockRead:
      return clock(view, at, end, false);
    default:
  }
}

/** Type of the elements of an area. */
function typeOf(area: number): number {
  if (isBitArea(area)) return VALUE_TYPE.bool;
  if (area === INDEX_REGISTER) return VALUE_TYPE.uint32;
  return area === TASK_STATUS ? VALUE_TYPE.uint8 : VALUE_TYPE.uint16;
}

function sizeOf(area: number): number {
  const type = typeOf(area);
  return type === VALUE_TYPE.uint32 ? 4 : type === VALUE_TYPE.uint16 ? 2 : 1;
}

/** Address in its area: of a word its number, of a bit word × 16 + bit. */
function addressAt(bytes: Uint8Array, at: number): number {
  const word = u16(bytes, at + 1);
  return isBitArea(bytes[at]!) ? word * 16 + (bytes[at + 3]! & 15) : word;
}

/** 5-3-2, 5-3-3: area, address, number of elements, and for a write their values. */
function memory(view: MessageView, at: number, end: number, write: boolean, range: MemoryRange): void {
  const { bytes } = view;
  if (end - at < ADDRESS_BYTES + 2) return view.problem('fins-short', at);
  range.area = bytes[at]!;
  range.address = addressAt(bytes, at);
  range.count = u16(bytes, at + 4);
  if (write) return values(view, range, true, at + ADDRESS_BYTES + 2, end);
  view.access(range.area, range.address, range.count, false, VALUE_TYPE.none, NO_OFFSET);
}

function values(view: MessageView, range: MemoryRange, write: boolean, at: number, end: number): void {
  const fits = Math.min(range.count, Math.floor((end - at) / sizeOf(range.area)));
  if (fits !== range.count || at + fits * sizeOf(range.area) !== end) view.problem('fins-elements', at);
  if (fits > 0) view.access(range.area, range.address, fits, write, typeOf(range.area), at);
}

/** 5-3-4: one value for a whole range. */
function fill(view: MessageView, at: number, end: number): void {
  const { bytes } = view;
  if (end - at < ADDRESS_BYTES + 4) return view.problem('fins-short', at);
  const area = bytes[at]!;
  const first = addressAt(bytes, at);
  const count = u16(bytes, at + 4);
  // The first element carries the value; the range behind it is named, so that it is seen how far the fill goes.
  if (count > 0) view.numberAccess(area, first, true, VALUE_TYPE.uint16, u16(bytes, at + 6), at + 6);
  if (count > 1) view.access(area, first + 1, count - 1, true, VALUE_TYPE.none, NO_OFFSET);
}

/** 5-3-5: addresses one after the other. */
function several(view: MessageView, at: number, end: number): void {
  let next = at;
  for (; next + ADDRESS_BYTES <= end; next += ADDRESS_BYTES) {
    const i = view.access(view.bytes[next]!, addressAt(view.bytes, next), 1, false, VALUE_TYPE.none, NO_OFFSET);
    if (i < 0) return;
  }
  if (next !== end) view.problem('fins-short', next);
}

/** 5-3-6: from one range to another. */
function transfer(view: MessageView, at: number, end: number): void {
  const { bytes } = view;
  if (end - at < 2 * ADDRESS_BYTES + 2) return view.problem('fins-short', at);
  const to = at + ADDRESS_BYTES;
  const count = u16(bytes, at + 2 * ADDRESS_BYTES);
  view.access(bytes[at]!, addressAt(bytes, at), count, false, VALUE_TYPE.none, NO_OFFSET);
  view.access(bytes[to]!, addressAt(bytes, to), count, true, VALUE_TYPE.none, NO_OFFSET);
}

/** 5-3-7 ff.: parameter area code, first word, number of words; data from `dataAt` where it is written. */
function block(view: MessageView, area: number, write: boolean, at: number, end: number, dataAt: number): void {
  const { bytes } = view;
  if (end - at < 6) return view.problem('fins-short', at);
  const address = u16(bytes, at) * 0x10000 + u16(bytes, at + 2);
  const withData = dataAt > 0 && end > at + dataAt;
  const i = withData
    ? view.access(area, address, 1, write, VALUE_TYPE.bytes, at + dataAt)
    : view.access(area, address, u16(bytes, at + 4) & 0x7fff, write, VALUE_TYPE.none, NO_OFFSET);
  if (i >= 0 && withData) view.accessLength[i] = end - at - dataAt;
}

/** 5-3-12, 5-3-13: program number, 0x00, first word, octets, code. */
function programBlock(view: MessageView, at: number, end: number, write: boolean): void {
  const { bytes } = view;
  if (end - at < 8) return view.problem('fins-short', at);
  const first = u32(bytes, at + 2);
  const data = at + 8;
  const carries = write && end > data;
  const i = carries
    ? view.access(AREA.program, first, 1, true, VALUE_TYPE.bytes, data)
    : view.access(AREA.program, first, u16(bytes, at + 6) & 0x7fff, write, VALUE_TYPE.none, NO_OFFSET);
  if (i >= 0 && carries) view.accessLength[i] = end - data;
}

/** 5-3-34: how many bits, then what to do with each: 0 off, 1 on, 0x8000 and 0x8001 released to off and on, 0xffff released. */
function force(view: MessageView, at: number, end: number): void {
  const { bytes } = view;
  if (end - at < 2) return view.problem('fins-short', at);
  let next = at + 2;
  for (let left = u16(bytes, at); left > 0; left--) {
    if (end - next < FORCE_BYTES) return view.problem('fins-short', next);
    const i = view.numberAccess(
      bytes[next + 2]!,
      addressAt(bytes, next + 2),
      true,
      VALUE_TYPE.uint16,
      u16(bytes, next),
      next,
    );
    if (i < 0) return;
    next += FORCE_BYTES;
  }
}

/** 5-3-20, 5-3-21: year, month, day, hour, minute, second, day of week, binary coded decimals; seconds may be missing. */
function clock(view: MessageView, at: number, end: number, write: boolean): void {
  const { bytes } = view;
  if (end - at < 5) return view.problem('fins-short', at);
  const year = decimal(bytes[at]!);
  const second = end - at >= 6 ? decimal(bytes[at + 5]!) : 0;
  const [month, day, hour, minute] = [at + 1, at + 2, at + 3, at + 4].map((place) => decimal(bytes[place]!)) as [
    number,
    number,
    number,
    number,
  ];
  const ms = Date.UTC(year < 70 ? 2000 + year : 1900 + year, month - 1, day, hour, minute, second);
  const i = view.numberAccess(AREA.clock, 0, write, VALUE_TYPE.uint64, ms, NO_OFFSET);
  if (i >= 0) view.accessTimeUs[i] = ms * 1000;
}

/** Two digits in one octet; what is no decimal counts as its nibbles. */
function decimal(octet: number): number {
  return (octet >> 4) * 10 + (octet & 15);
}

/** 5-3-16: model and version of the controller, twenty octets each. */
function identity(view: MessageView, at: number, end: number): void {
  if (end - at < 40) return;
  const about = view.unitSymbol >= 0 ? 'unit' : 'server';
  view.fact(about, 'model', printable(view.bytes, at, at + 20));
  view.fact(about, 'firmware', printable(view.bytes, at + 20, at + 40));
}

/** 5-3-18: running or not, mode, fatal and other errors. */
function status(view: MessageView, at: number, end: number): void {
  const { bytes } = view;
  if (end - at < 6) return view.problem('fins-short', at);
  view.numberAccess(AREA.status, 0, false, VALUE_TYPE.uint8, bytes[at]!, at);
  view.numberAccess(AREA.mode, 0, false, VALUE_TYPE.uint8, bytes[at + 1]!, at + 1);
  view.numberAccess(AREA.status, 1, false, VALUE_TYPE.uint16, u16(bytes, at + 2), at + 2);
  view.numberAccess(AREA.status, 2, false, VALUE_TYPE.uint16, u16(bytes, at + 4), at + 4);
}

function file(view: MessageView, at: number, end: number, write: boolean): void {
  if (end - at < FILE_NAME_BYTES) return view.problem('fins-short', at);
  const i = view.access(AREA.file, 0, 1, write, VALUE_TYPE.none, NO_OFFSET);
  if (i >= 0) view.accessSymbol[i] = view.symbols.internText(printable(view.bytes, at, at + FILE_NAME_BYTES) || 'file');
}

/** Text up to the first NUL, without blanks at its end; empty where it holds anything but printable ASCII. */
function printable(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let at = from; at < to && bytes[at] !== 0; at++) {
    if (bytes[at]! < 0x20 || bytes[at]! > 0x7e) return '';
    text += String.fromCharCode(bytes[at]!);
  }
  return text.trimEnd();
}
