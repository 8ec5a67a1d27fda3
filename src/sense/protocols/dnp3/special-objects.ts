/**
 * Objects with a meaning of their own: control relay output blocks (group 12), device attributes (0), files (70), and what carries
 * its size (data sets, authentication, applications). IEEE 1815-2012, annex A.
 */
import { type MessageView, NO_OFFSET } from '../message-view.ts';
import { functionKey } from '../protocol.ts';
import { readElement, u16le, u32le, VALUE_TYPE } from '../values.ts';
import {
  AREA,
  ATTRIBUTES,
  AUTHENTICATION_STATUS_BASE,
  CONTROL_STATUS_BASE,
  FC,
  FILE_MODE,
  FILE_STATUS_BASE,
} from './names.ts';

/** Operation types of the control code, bits 0 to 3 (annex A, group 12 variation 1). */
export const OPERATION = { nul: 0, pulseOn: 1, pulseOff: 2, latchOn: 3, latchOff: 4 } as const;
/** Trip-close code, bits 6 and 7. */
export const TRIP_CLOSE = { nul: 0, close: 1, trip: 2 } as const;

/** What a control code asks of its output: 1 on or close, 0 off or trip, NaN nothing (or reserved). */
export function commandedState(controlCode: number): number {
  const tripClose = controlCode >> 6;
  if (tripClose === TRIP_CLOSE.close) return 1;
  if (tripClose === TRIP_CLOSE.trip) return 0;
  switch (controlCode & 0x0f) {
    case OPERATION.pulseOn:
    case OPERATION.latchOn:
      return 1;
    case OPERATION.pulseOff:
    case OPERATION.latchOff:
      return 0;
    default:
      return Number.NaN;
  }
}

/**
 * Control relay output block at `at`: control code, count, on-time, off-time, status. The point `binary-output` gets the state asked
 * for; the parts stand in areas of their own under the same index.
 */
export function readControlBlock(view: MessageView, index: number, write: boolean, at: number): void {
  const { bytes } = view;
  const code = bytes[at]!;
  const state = commandedState(code);
  if (Number.isNaN(state)) view.access(AREA['binary-output'], index, 1, write, VALUE_TYPE.none, NO_OFFSET);
  else view.numberAccess(AREA['binary-output'], index, write, VALUE_TYPE.bool, state, at);
  view.access(AREA['control-code'], index, 1, write, VALUE_TYPE.uint8, at);
  view.access(AREA['pulse-count'], index, 1, write, VALUE_TYPE.uint8, at + 1);
  view.access(AREA['pulse-on-ms'], index, 1, write, VALUE_TYPE.uint32le, at + 2);
  view.access(AREA['pulse-off-ms'], index, 1, write, VALUE_TYPE.uint32le, at + 6);
  if ((code & 0x0f) > OPERATION.latchOff || code >> 6 === 3) view.problem('dnp3-control-code', at);
  const status = bytes[at + 10]! & 0x7f;
  if (view.functionCode !== FC.response) return;
  view.numberAccess(AREA['control-status'], index, false, VALUE_TYPE.uint8, status, at + 10);
  if (status !== 0 && view.status === 0) view.status = CONTROL_STATUS_BASE + status;
}

/** Attribute data types (annex A, group 0). */
const ATTRIBUTE_TYPE = { visibleString: 1, unsigned: 2, signed: 3, float: 4 } as const;

/** One device attribute at `at` (type, length, value, all there): a fact about the unit. Returns the offset after it. */
export function readAttribute(view: MessageView, variation: number, at: number): number {
  const { bytes } = view;
  const type = bytes[at]!;
  const length = bytes[at + 1]!;
  const value = at + 2;
  const kind = ATTRIBUTES[variation] ?? `attribute-${variation}`;
  if (type === ATTRIBUTE_TYPE.visibleString) view.fact('unit', kind, printable(bytes, value, value + length));
  else {
    const elementType = numericType(type, length);
    if (elementType !== VALUE_TYPE.none) {
      view.access(AREA['device-attribute'], variation, 1, false, elementType, value);
      view.fact('unit', kind, String(readElement(bytes, value, elementType, 0)));
    }
  }
  return value + length;
}

function numericType(type: number, length: number): number {
  if (type === ATTRIBUTE_TYPE.float)
    return length === 8 ? VALUE_TYPE.float64le : length === 4 ? VALUE_TYPE.float32le : 0;
  if (type === ATTRIBUTE_TYPE.unsigned) {
    return length === 1
      ? VALUE_TYPE.uint8
      : length === 2
        ? VALUE_TYPE.uint16le
        : length === 4
          ? VALUE_TYPE.uint32le
          : 0;
  }
  if (type === ATTRIBUTE_TYPE.signed) {
    return length === 1 ? VALUE_TYPE.int8 : length === 2 ? VALUE_TYPE.int16le : length === 4 ? VALUE_TYPE.int32le : 0;
  }
  return VALUE_TYPE.none;
}

/** File object of group 70, `at` … `end` (annex A, group 70); variation decides its form. */
export function readFile(view: MessageView, variation: number, code: number, at: number, end: number): void {
  const { bytes } = view;
  switch (variation) {
    case 2: // authentication: user name offset, size, password offset, size, key
      if (end - at < 12) return short(view, at);
      return user(view, at, end);
    case 3: // command: name offset, size, time, permissions, key, file size, mode, block size, request id
      if (end - at < 26) return short(view, at);
      return command(view, code, at, end);
    case 4: // command status: handle, size, block size, request id, status
    case 6: // transport status: handle, block, status
      if (end - at < (variation === 4 ? 13 : 9)) return short(view, at);
      view.access(AREA.file, u32le(bytes, at), 1, false, VALUE_TYPE.none, NO_OFFSET);
      return fileStatus(view, bytes[at + (variation === 4 ? 12 : 8)]!);
    case 5: // transport: handle, block, data
      if (end - at < 8) return short(view, at);
      return bytesOf(view, AREA.file, u32le(bytes, at), code === FC.write, at + 8, end);
    case 7: // descriptor: name offset, size, type, file size, time, permissions, request id
      if (end - at < 20) return short(view, at);
      return named(view, at, at + u16le(bytes, at), u16le(bytes, at + 2), end, false);
    case 8: // specification: the name alone
      return named(view, at, at, end - at, end, code === FC.activateConfiguration);
    default:
      bytesOf(view, AREA.file, variation, false, at, end);
  }
}

function command(view: MessageView, code: number, at: number, end: number): void {
  const { bytes } = view;
  const mode = u16le(bytes, at + 20);
  if (code === FC.openFile) view.functionCode = functionKey(code, mode);
  const write =
    code === FC.deleteFile || (code === FC.openFile && (mode === FILE_MODE.write || mode === FILE_MODE.append));
  named(view, at, at + u16le(bytes, at), u16le(bytes, at + 2), end, write);
}

/** The name `from` … `from + size` of a file as a point of area `file`. */
function named(view: MessageView, at: number, from: number, size: number, end: number, write: boolean): void {
  if (from < at || from + size > end) return view.problem('dnp3-file-name', at);
  const i = view.access(AREA.file, 0, 1, write, VALUE_TYPE.none, NO_OFFSET);
  if (i >= 0) view.accessSymbol[i] = view.symbols.intern(view.bytes, from, size);
}

/** The user name is a fact; the password behind it is left alone. */
function user(view: MessageView, at: number, end: number): void {
  const from = at + u16le(view.bytes, at);
  const size = u16le(view.bytes, at + 2);
  if (from + size > end) return view.problem('dnp3-file-name', at);
  view.fact('client', 'user', printable(view.bytes, from, from + size));
}

function fileStatus(view: MessageView, status: number): void {
  if (status !== 0 && view.status === 0 && view.functionCode === FC.response) view.status = FILE_STATUS_BASE + status;
}

/** Any other object that carries its size: bytes, kept whole. */
export function readFree(
  view: MessageView,
  group: number,
  variation: number,
  area: number,
  write: boolean,
  at: number,
  end: number,
): void {
  bytesOf(view, area, variation, write, at, end);
  // Group 120 variation 7: challenge sequence 4, user 2, association 2, error code 1, time 6, text.
  if (group === 120 && variation === 7 && end - at >= 9 && view.status === 0) {
    view.status = AUTHENTICATION_STATUS_BASE + view.bytes[at + 8]!;
  }
}

function bytesOf(view: MessageView, area: number, address: number, write: boolean, at: number, end: number): void {
  const i = view.access(area, address, 1, write, VALUE_TYPE.bytes, at);
  if (i >= 0) view.accessLength[i] = end - at;
}

function short(view: MessageView, at: number): void {
  view.problem('dnp3-short', at);
}

/** Printable ASCII of a byte range; other bytes become a dot. */
function printable(bytes: Uint8Array, offset: number, end: number): string {
  let text = '';
  for (let i = offset; i < end; i++) {
    const byte = bytes[i]!;
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
  }
  return text.trim();
}
