/** Data of HART commands (HCF_SPEC-127 universal, HCF_SPEC-151 common practice): values with their units, identity, settings. */
import { type MessageView, NO_OFFSET, QUALITY_BAD, QUALITY_GOOD, QUALITY_UNCERTAIN } from '../message-view.ts';
import { u16, VALUE_TYPE } from '../values.ts';
import { AREA, COMMAND } from './names.ts';

/** Names of the four dynamic variables, and device variables by number. */
const DYNAMIC = ['primary', 'secondary', 'tertiary', 'quaternary'] as const;
/** Unit code and value. [bytes] */
const VALUE_BYTES = 5;
/** Code, classification, unit, value, status of a device variable. [bytes] */
const SLOT_BYTES = 8;
/** Bits of the device status (HCF_SPEC-099). */
const STATUS = { malfunction: 0x80, coldStart: 0x20, loopFixed: 0x08, saturated: 0x04, primaryLimit: 0x01 } as const;

const decoder = new TextDecoder('latin1');

/** What a command asks or writes; `at` … `end` are its data. */
export function readRequest(view: MessageView, command: number, at: number, end: number): void {
  const { bytes } = view;
  const size = end - at;
  switch (command) {
    case COMMAND.deviceVariables:
    case COMMAND.deviceVariableValues:
      for (let next = at; next < end; next++) variable(view, bytes[next]!, NO_OFFSET);
      return;
    case COMMAND.writePollingAddress:
      return octet(view, AREA.configuration, 'polling-address', at, end);
    case COMMAND.writeMessage:
      return data(view, 'message', at, end);
    case COMMAND.writeTag:
      return data(view, 'tag-descriptor-date', at, end);
    case COMMAND.writeFinalAssembly:
      return data(view, 'final-assembly-number', at, end);
    case COMMAND.writeLongTag:
      return text(view, 'long-tag', at, end);
    case COMMAND.writeDamping:
      return float(view, AREA.configuration, 'damping', at, end, true);
    case COMMAND.writeRange:
      octet(view, AREA.unitCode, 'range', at, end);
      float(view, AREA.range, 'upper', at + 1, end, true);
      return float(view, AREA.range, 'lower', at + 5, end, true);
    case COMMAND.fixedCurrent:
      return float(view, AREA.loop, 'current', at, end, true);
    case COMMAND.trimZero:
      return float(view, AREA.loop, 'trim-zero', at, end, true);
    case COMMAND.trimGain:
      return float(view, AREA.loop, 'trim-gain', at, end, true);
    case COMMAND.writeUnits:
      return octet(view, AREA.unitCode, 'primary', at, end);
    case COMMAND.writeDeviceVariable:
      if (size < 8) return view.problem('hart-short', at);
      unitOf(view, name(bytes[at]!), at + 2, true);
      return written(view, bytes[at]!, at + 1);
    default:
  }
}

/** What a device answers or publishes; the two status octets stand before `at`. */
export function readAnswer(view: MessageView, command: number, at: number, end: number, deviceStatus: number): void {
  const { bytes } = view;
  const before = view.accessCount;
  switch (command) {
    case COMMAND.uniqueId:
    case COMMAND.uniqueIdByTag:
    case COMMAND.uniqueIdByLongTag:
      return identity(view, at, end);
    case COMMAND.primary:
      valued(view, DYNAMIC[0], at, end);
      break;
    case COMMAND.current:
      float(view, AREA.loop, 'current', at, end, false);
      float(view, AREA.loop, 'percent-of-range', at + 4, end, false);
      break;
    case COMMAND.dynamic:
      float(view, AREA.loop, 'current', at, end, false);
      for (let i = 0; i < DYNAMIC.length && at + 4 + VALUE_BYTES * (i + 1) <= end; i++) {
        valued(view, DYNAMIC[i]!, at + 4 + VALUE_BYTES * i, end);
      }
      break;
    case COMMAND.deviceVariables:
      // Extended status, slots, and in newer revisions the time of the first.
      for (let next = at + 1; next + SLOT_BYTES <= end; next += SLOT_BYTES) slot(view, next);
      break;
    case COMMAND.deviceVariableValues:
      for (let next = at; next + VALUE_BYTES + 1 <= end; next += VALUE_BYTES + 1) {
        valued(view, name(bytes[next]!), next + 1, end);
      }
      break;
    case COMMAND.message:
      return told(view, 'message', at, end);
    case COMMAND.tag:
      if (end - at >= 6) view.fact('unit', 'tag', packed(bytes, at, at + 6));
      return;
    case COMMAND.longTag:
      view.fact('unit', 'long-tag', printable(bytes, at, end));
      return;
    default:
      return;
  }
  quality(view, before, deviceStatus);
}

/** A value whose device is broken or just starting is bad; one beyond its limits or a fixed loop does not follow the process. */
function quality(view: MessageView, from: number, status: number): void {
  const bad = (status & (STATUS.malfunction | STATUS.coldStart)) !== 0;
  for (let i = from; i < view.accessCount; i++) {
    const loop = view.accessArea[i] === AREA.loop;
    const doubtful = loop ? STATUS.loopFixed | STATUS.saturated : STATUS.primaryLimit;
    if (bad) view.accessQuality[i] = QUALITY_BAD;
    else if ((status & doubtful) !== 0 && view.accessQuality[i] === QUALITY_GOOD)
      view.accessQuality[i] = QUALITY_UNCERTAIN;
  }
}

/** Symbol of a device variable by its code; 246 to 249 are the dynamic ones, 244 and 245 percent of range and loop current. */
function name(code: number): string {
  if (code >= 246 && code <= 249) return DYNAMIC[code - 246]!;
  if (code === 245) return 'loop-current';
  return code === 244 ? 'percent-of-range' : `device-variable-${code}`;
}

function variable(view: MessageView, code: number, at: number): void {
  const i = view.access(AREA.variable, code, 1, false, VALUE_TYPE.none, at);
  if (i >= 0) view.accessSymbol[i] = view.symbols.internText(name(code));
}

/** Unit code, then a floating point number. */
function valued(view: MessageView, symbol: string, at: number, end: number): void {
  if (end - at < VALUE_BYTES) return view.problem('hart-short', at);
  float(view, AREA.variable, symbol, at + 1, end, false);
  unitOf(view, symbol, at, false);
}

function slot(view: MessageView, at: number): void {
  const { bytes } = view;
  const code = bytes[at]!;
  // 250: the slot is not used.
  if (code === 250) return;
  const symbol = name(code);
  const i = view.access(AREA.variable, code, 1, false, VALUE_TYPE.float32, at + 3);
  if (i >= 0) {
    view.accessSymbol[i] = view.symbols.internText(symbol);
    view.accessQuality[i] = variableQuality(bytes[at + 7]!);
  }
  unitOf(view, symbol, at + 2, false);
}

/** The two highest bits of a variable's status: bad, poor, manual or fixed, good (HCF_SPEC-099). */
function variableQuality(status: number): number {
  const process = status >> 6;
  return process === 3 ? QUALITY_GOOD : process === 0 ? QUALITY_BAD : QUALITY_UNCERTAIN;
}

/** 79: what to do (0 normal, 1 fixed value), unit, value, status. */
function written(view: MessageView, code: number, at: number): void {
  const i = view.access(AREA.variable, code, 1, true, VALUE_TYPE.float32, at + 2);
  if (i >= 0) view.accessSymbol[i] = view.symbols.internText(name(code));
  const k = view.numberAccess(AREA.configuration, code, true, VALUE_TYPE.uint8, view.bytes[at]!, at);
  if (k >= 0) view.accessSymbol[k] = view.symbols.internText(`${name(code)}-mode`);
}

function unitOf(view: MessageView, symbol: string, at: number, write: boolean): void {
  const i = view.numberAccess(AREA.unitCode, 0, write, VALUE_TYPE.uint8, view.bytes[at]!, at);
  if (i >= 0) view.accessSymbol[i] = view.symbols.internText(symbol);
}

function float(view: MessageView, area: number, symbol: string, at: number, end: number, write: boolean): void {
  if (end - at < 4) return view.problem('hart-short', at);
  const i = view.access(area, 0, 1, write, VALUE_TYPE.float32, at);
  if (i >= 0) view.accessSymbol[i] = view.symbols.internText(symbol);
}

function octet(view: MessageView, area: number, symbol: string, at: number, end: number): void {
  if (at >= end) return view.problem('hart-short', at);
  const i = view.numberAccess(area, 0, true, VALUE_TYPE.uint8, view.bytes[at]!, at);
  if (i >= 0) view.accessSymbol[i] = view.symbols.internText(symbol);
}

function data(view: MessageView, symbol: string, at: number, end: number): void {
  const i = view.access(AREA.configuration, 0, 1, true, VALUE_TYPE.bytes, at);
  if (i < 0) return;
  view.accessSymbol[i] = view.symbols.internText(symbol);
  view.accessLength[i] = end - at;
}

function text(view: MessageView, symbol: string, at: number, end: number): void {
  let last = at;
  while (last < end && view.bytes[last] !== 0) last++;
  const i = view.access(AREA.text, 0, 1, true, VALUE_TYPE.text, at);
  if (i < 0) return;
  view.accessSymbol[i] = view.symbols.internText(symbol);
  view.accessLength[i] = last - at;
}

/** A message kept in the device, read: packed text of 24 octets. */
function told(view: MessageView, symbol: string, at: number, end: number): void {
  const i = view.access(AREA.text, 0, 1, false, VALUE_TYPE.bytes, at);
  if (i < 0) return;
  view.accessSymbol[i] = view.symbols.internText(symbol);
  view.accessLength[i] = end - at;
}

/** 254, expanded device type, preambles, revisions, flags, device id; since revision 6 and 7 more (HCF_SPEC-127, 6.1). */
function identity(view: MessageView, at: number, end: number): void {
  const { bytes } = view;
  if (end - at < 12) return view.problem('hart-short', at);
  const hex = (from: number, to: number) => Buffer.from(bytes.subarray(from, to)).toString('hex');
  view.fact('unit', 'device-type', `0x${hex(at + 1, at + 3)}`);
  view.fact('unit', 'hart-revision', String(bytes[at + 4]));
  view.fact('unit', 'device-revision', String(bytes[at + 5]));
  view.fact('unit', 'firmware', String(bytes[at + 6]));
  // The lower three bits are the physical signalling.
  view.fact('unit', 'hardware', String(bytes[at + 7]! >> 3));
  view.fact('unit', 'serial', hex(at + 9, at + 12));
  if (bytes[at + 4]! >= 7 && end - at >= 19)
    view.fact(
      'unit',
      'vendor-id',
      `0x${u16(bytes, at + 17)
        .toString(16)
        .padStart(4, '0')}`,
    );
}

/** Text of six bits a letter (HCF_SPEC-127, annex): 0 to 31 are `@` to `_`, 32 to 63 the codes themselves. */
function packed(bytes: Uint8Array, from: number, to: number): string {
  let out = '';
  for (let at = from; at + 3 <= to; at += 3) {
    const three = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    for (let shift = 18; shift >= 0; shift -= 6) {
      const code = (three >> shift) & 0x3f;
      out += String.fromCharCode(code < 32 ? code + 64 : code);
    }
  }
  return out.trim();
}

function printable(bytes: Uint8Array, from: number, to: number): string {
  let last = from;
  while (last < to && bytes[last] !== 0) last++;
  return decoder.decode(bytes.subarray(from, last)).trim();
}
