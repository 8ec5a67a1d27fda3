/**
 * PCCC inside CIP (service 0x4b of class 0x67): the command set of PLC-5, SLC 500 and MicroLogix. Source: Rockwell Automation
 * 1770-6.5.16 "DF1 Protocol and Command Set", chapters 6, 7 and 13; file types as in 1770-6.5.16, "Protected typed logical" commands.
 */
import type { Effect, FunctionClass, FunctionInfo } from '../../../records.ts';
import { type MessageView, NO_OFFSET } from '../message-view.ts';
import { u16le, VALUE_TYPE, VALUE_TYPE_BYTES } from '../values.ts';
import { printable } from './identity.ts';
import { AREA, pcccKey } from './names.ts';
import { fileSymbol, NOT_GIVEN } from './path.ts';
import { namedAccess } from './values.ts';

/** Bit of the command octet that marks a reply. */
export const PCCC_REPLY_BIT = 0x40;
/** Status that says: the reason stands in the extended status. */
const STATUS_EXTENDED = 0xf0;

const FUNCTION = {
  wordRangeWrite: 0x00,
  wordRangeRead: 0x01,
  typedWrite: 0x67,
  typedRead: 0x68,
  readTwo: 0xa1,
  readThree: 0xa2,
  writeTwo: 0xa9,
  writeThree: 0xaa,
  maskedWriteThree: 0xab,
} as const;

type Row = readonly [
  code: number,
  name: string,
  functionClass: FunctionClass,
  effect: Effect,
  risk: number,
  ...techniques: string[],
];

const COMMAND_06: readonly Row[] = [
  [0x00, 'echo', 'diagnostic', 'none', 1],
  [0x01, 'read-diagnostic-counters', 'diagnostic', 'none', 1, 'T0888'],
  [0x02, 'set-variables', 'config', 'changes-value', 2, 'T0836'],
  [0x03, 'diagnostic-status', 'discovery', 'none', 1, 'T0888'],
  [0x04, 'set-timeout', 'config', 'changes-value', 2, 'T0836'],
  [0x05, 'set-naks', 'config', 'changes-value', 2, 'T0836'],
  [0x06, 'set-enqs', 'config', 'changes-value', 2, 'T0836'],
  [0x07, 'reset-diagnostic-counters', 'diagnostic', 'changes-value', 2, 'T0872'],
  [0x08, 'set-data-table-size', 'config', 'changes-value', 2, 'T0836'],
  [0x09, 'read-link-parameters', 'diagnostic', 'none', 1, 'T0888'],
  [0x0a, 'set-link-parameters', 'config', 'changes-value', 2, 'T0836'],
];

const COMMAND_07: readonly Row[] = [
  [0x00, 'disable-outputs', 'control', 'stops', 4, 'T1692.001', 'T0831'],
  [0x01, 'enable-outputs', 'control', 'changes-mode', 3, 'T1692.001'],
  [0x03, 'enable-scanning', 'control', 'changes-mode', 3, 'T0858'],
  [0x04, 'enter-download-mode', 'program', 'changes-mode', 3, 'T0843', 'T0858'],
  [0x05, 'exit-download-upload-mode', 'program', 'changes-mode', 3, 'T0843'],
  [0x06, 'enter-upload-mode', 'program', 'changes-mode', 3, 'T0845'],
];

const COMMAND_0F: readonly Row[] = [
  [0x00, 'word-range-write', 'write', 'changes-value', 3, 'T1692.001', 'T0836'],
  [0x01, 'word-range-read', 'read', 'none', 0, 'T0801'],
  [0x02, 'bit-write', 'control', 'changes-value', 3, 'T1692.001'],
  [0x03, 'file-write', 'write', 'changes-value', 3, 'T0836'],
  [0x04, 'file-read', 'read', 'none', 0, 'T0801'],
  [0x05, 'download-request', 'program', 'changes-logic', 4, 'T0843'],
  [0x06, 'upload', 'program', 'none', 3, 'T0845'],
  [0x07, 'shutdown', 'control', 'stops', 4, 'T0858'],
  [0x08, 'physical-write', 'write', 'changes-value', 3, 'T0836'],
  [0x09, 'physical-read', 'read', 'none', 0, 'T0801'],
  [0x0a, 'restart-request', 'control', 'restarts', 4, 'T0816'],
  [0x11, 'get-edit-resource', 'auth', 'changes-mode', 2, 'T0859'],
  [0x12, 'return-edit-resource', 'auth', 'none', 1],
  [0x17, 'read-bytes-physical', 'read', 'none', 0, 'T0845'],
  [0x18, 'write-bytes-physical', 'program', 'changes-logic', 4, 'T0843', 'T0889'],
  [0x26, 'read-modify-write', 'write', 'changes-value', 3, 'T1692.001'],
  [0x29, 'read-section-size', 'read', 'none', 0, 'T0888'],
  [0x3a, 'set-cpu-mode', 'control', 'changes-mode', 3, 'T0858'],
  [0x41, 'disable-forces', 'control', 'changes-value', 3, 'T0835'],
  [0x50, 'download-all-request', 'program', 'changes-logic', 4, 'T0843.001'],
  [0x52, 'download-completed', 'program', 'changes-logic', 4, 'T0843'],
  [0x53, 'upload-all-request', 'program', 'none', 3, 'T0845'],
  [0x55, 'upload-completed', 'program', 'none', 3, 'T0845'],
  [0x57, 'initialize-memory', 'control', 'stops', 4, 'T0809'],
  [0x5e, 'modify-plc2-compatibility-file', 'program', 'changes-logic', 4, 'T0889'],
  [0x67, 'typed-write', 'write', 'changes-value', 3, 'T1692.001', 'T0836'],
  [0x68, 'typed-read', 'read', 'none', 0, 'T0801'],
  [0x79, 'read-modify-write-n', 'write', 'changes-value', 3, 'T1692.001'],
  [0x80, 'change-cpu-mode', 'control', 'changes-mode', 3, 'T0858'],
  [0x81, 'open-file', 'program', 'none', 3],
  [0x82, 'close-file', 'program', 'none', 3],
  // A container that no capture here shows: its parts are not looked into, so it counts as a write.
  [0x88, 'execute-multiple-commands', 'write', 'changes-value', 3, 'T1692.001'],
  [0x8f, 'apply-port-configuration', 'config', 'changes-mode', 2, 'T0836'],
  [0xa1, 'protected-typed-logical-read-two', 'read', 'none', 0, 'T0801'],
  [0xa2, 'protected-typed-logical-read-three', 'read', 'none', 0, 'T0801'],
  [0xa7, 'protected-typed-file-read', 'read', 'none', 0, 'T0845', 'T0893'],
  [0xa9, 'protected-typed-logical-write-two', 'write', 'changes-value', 3, 'T1692.001', 'T0836'],
  [0xaa, 'protected-typed-logical-write-three', 'write', 'changes-value', 3, 'T1692.001', 'T0836'],
  [0xab, 'protected-typed-logical-masked-write-three', 'write', 'changes-value', 3, 'T1692.001', 'T0836'],
  [0xaf, 'protected-typed-file-write', 'program', 'changes-logic', 4, 'T0843'],
];

/** Commands without functions (PLC-2 basic set, chapter 7): address and bytes of the data table. */
const BASIC: readonly Row[] = [
  [0x00, 'protected-write', 'write', 'changes-value', 3, 'T1692.001', 'T0836'],
  [0x01, 'unprotected-read', 'read', 'none', 0, 'T0801'],
  [0x02, 'protected-bit-write', 'write', 'changes-value', 3, 'T1692.001', 'T0836'],
  [0x05, 'unprotected-bit-write', 'write', 'changes-value', 3, 'T1692.001', 'T0836'],
  [0x08, 'unprotected-write', 'write', 'changes-value', 3, 'T1692.001', 'T0836'],
];

/** Every PCCC function with its key. */
export const PCCC_FUNCTIONS: ReadonlyMap<number, FunctionInfo> = new Map([
  ...rows(0x06, COMMAND_06),
  ...rows(0x07, COMMAND_07),
  ...rows(0x0f, COMMAND_0F),
  ...BASIC.map(([command, ...rest]): [number, FunctionInfo] => [
    pcccKey(command, -1),
    infoOf(command, undefined, rest),
  ]),
]);

function rows(command: number, list: readonly Row[]): [number, FunctionInfo][] {
  return list.map(([code, ...rest]) => [pcccKey(command, code), infoOf(command, code, rest)]);
}

function infoOf(
  command: number,
  func: number | undefined,
  [name, functionClass, effect, risk, ...techniques]: readonly [string, FunctionClass, Effect, number, ...string[]],
): FunctionInfo {
  const sub = func === undefined ? {} : { subCode: func };
  return { code: command, ...sub, name, class: functionClass, effect, risk, techniques };
}

/** Commands whose function octet follows the transaction. */
export function hasFunction(command: number): boolean {
  return command === 0x06 || command === 0x07 || command === 0x0f;
}

/** Status (STS, high nibble remote, low nibble local) and extended status, chapter 8. */
const STATUS_NAMES: Readonly<Record<number, string>> = {
  0x10: 'illegal-command-or-format',
  0x20: 'host-problem',
  0x30: 'remote-node-missing',
  0x40: 'hardware-fault',
  0x50: 'addressing-problem-or-memory-protect',
  0x60: 'function-not-allowed',
  0x70: 'processor-in-program-mode',
  0x80: 'compatibility-file-missing',
  0x90: 'remote-node-cannot-buffer',
  0xb0: 'remote-node-download-problem',
};
const EXTENDED_NAMES: Readonly<Record<number, string>> = {
  0x01: 'illegal-field-value',
  0x04: 'symbol-not-found',
  0x06: 'address-not-usable',
  0x07: 'file-wrong-size',
  0x08: 'situation-changed',
  0x09: 'data-or-file-too-large',
  0x0b: 'access-denied',
  0x0c: 'resource-not-available',
  0x0d: 'resource-already-available',
  0x0e: 'command-cannot-be-executed',
  0x10: 'no-access',
  0x11: 'illegal-data-type',
  0x12: 'invalid-parameter',
  0x17: 'type-mismatch',
  0x1a: 'file-open-by-another-node',
  0x1b: 'another-node-is-program-owner',
  0x1e: 'protection-violation',
};

/** Name of a PCCC status: status octet plus 0x100 times the extended one. */
export function pcccStatusName(status: number): string {
  const code = status % 0x100;
  const name = code === STATUS_EXTENDED ? EXTENDED_NAMES[Math.floor(status / 0x100)] : STATUS_NAMES[code];
  return name ?? `pccc(0x${status.toString(16).padStart(2, '0')})`;
}

/** File types: letter of the address, element type, octets of one element (0: structures of words). */
const FILE_TYPES: Readonly<Record<number, readonly [letters: string, type: number, bytes: number]>> = {
  0x82: ['O', VALUE_TYPE.uint16le, 2],
  0x83: ['I', VALUE_TYPE.uint16le, 2],
  0x84: ['S', VALUE_TYPE.int16le, 2],
  0x85: ['B', VALUE_TYPE.uint16le, 2],
  0x86: ['T', VALUE_TYPE.int16le, 6],
  0x87: ['C', VALUE_TYPE.int16le, 6],
  0x88: ['R', VALUE_TYPE.int16le, 6],
  0x89: ['N', VALUE_TYPE.int16le, 2],
  0x8a: ['F', VALUE_TYPE.float32le, 4],
  0x8b: ['O', VALUE_TYPE.uint16le, 2],
  0x8c: ['I', VALUE_TYPE.uint16le, 2],
  0x8d: ['ST', VALUE_TYPE.bytes, 84],
  0x8e: ['A', VALUE_TYPE.uint8, 1],
  0x8f: ['D', VALUE_TYPE.uint16le, 2],
  0x91: ['L', VALUE_TYPE.int32le, 4],
};

/** A file address as the protected typed commands carry it; reused. */
export class FileAddress {
  size = 0;
  file = 0;
  type = 0;
  element = 0;
  sub = NOT_GIVEN;
  /** Offset after the address; -1 where it is cut short. */
  next = -1;

  /** Size, file number, file type, element and (with `three`) sub-element; 0xff announces a 16-bit number (chapter 13). */
  read(bytes: Uint8Array, at: number, end: number, three: boolean): boolean {
    this.next = -1;
    if (at + 1 > end) return false;
    this.size = bytes[at]!;
    let next = at + 1;
    const fields = three ? 4 : 3;
    this.sub = NOT_GIVEN;
    for (let k = 0; k < fields; k++) {
      if (next >= end) return false;
      const wide = bytes[next] === 0xff;
      if (wide && next + 3 > end) return false;
      const value = wide ? u16le(bytes, next + 1) : bytes[next]!;
      next += wide ? 3 : 1;
      if (k === 0) this.file = value;
      else if (k === 1) this.type = value;
      else if (k === 2) this.element = value;
      else this.sub = value;
    }
    this.next = next;
    return true;
  }
}

/** Key of the PCCC message at `at` (command, status, transaction, function …); requests and replies of known requests. */
export function keyAt(bytes: Uint8Array, at: number, end: number): number {
  const command = bytes[at]! & 0x0f;
  return pcccKey(command, hasFunction(command) && at + 4 < end ? bytes[at + 4]! : -1);
}

/** Reads what a request accesses; `at` is the command octet. Returns true where `address` was filled. */
export function readPcccRequest(view: MessageView, address: FileAddress, at: number, end: number): boolean {
  const { bytes } = view;
  if ((bytes[at]! & 0x0f) !== 0x0f || at + 5 > end) return false;
  const func = bytes[at + 4]!;
  const body = at + 5;
  switch (func) {
    case FUNCTION.readTwo:
    case FUNCTION.readThree:
    case FUNCTION.writeTwo:
    case FUNCTION.writeThree:
    case FUNCTION.maskedWriteThree: {
      const three = func !== FUNCTION.readTwo && func !== FUNCTION.writeTwo;
      if (!address.read(bytes, body, end, three)) {
        view.problem('pccc-short', body);
        return false;
      }
      if (func === FUNCTION.readTwo || func === FUNCTION.readThree) fileAccess(view, address, false, NO_OFFSET, end);
      // A masked write changes some bits of a word whose others are not told.
      else if (func === FUNCTION.maskedWriteThree) fileAccess(view, address, true, NO_OFFSET, end);
      else fileAccess(view, address, true, address.next, end);
      return true;
    }
    case FUNCTION.typedWrite:
    case FUNCTION.typedRead:
    case FUNCTION.wordRangeRead:
    case FUNCTION.wordRangeWrite:
      systemAddress(view, func === FUNCTION.typedWrite || func === FUNCTION.wordRangeWrite, body + 4, end);
      return false;
    default:
      return false;
  }
}

/** Values of `address` at `at` … `end`, or the bare address where `at` is `NO_OFFSET`. */
export function fileAccess(view: MessageView, address: FileAddress, write: boolean, at: number, end: number): void {
  const { symbols } = view;
  const known = FILE_TYPES[address.type];
  const letters = known === undefined ? `0x${address.type.toString(16)}-` : known[0];
  // A sub-element of 0 is the element itself where it has no parts.
  const whole = known === undefined || known[2] === VALUE_TYPE_BYTES[known[1]];
  const sub = whole && address.sub <= 0 ? NOT_GIVEN : address.sub;
  const symbol = fileSymbol(symbols, letters, address.file, address.element, sub);
  const size = known === undefined ? 0 : VALUE_TYPE_BYTES[known[1]]!;
  const elements = size === 0 ? 1 : Math.max(1, Math.floor(address.size / size));
  if (at === NO_OFFSET) return namedAccess(view, AREA.file, symbol, elements, write);
  const length = Math.min(address.size, end - at);
  if (length < address.size) view.problem('pccc-short', at);
  if (size === 0 || !whole) {
    const type = size > 0 && length === size ? known![1] : VALUE_TYPE.bytes;
    const i = view.access(AREA.file, 0, 1, write, type, at);
    if (i < 0) return;
    view.accessSymbol[i] = symbol;
    view.accessLength[i] = length;
    return;
  }
  for (let k = 0; (k + 1) * size <= length; k++) {
    const i = view.access(AREA.file, 0, 1, write, known![1], at + k * size);
    if (i < 0) return;
    view.accessSymbol[i] = k === 0 ? symbol : fileSymbol(symbols, letters, address.file, address.element + k, sub);
  }
}

/** PLC-5 system address (chapter 13): as text, `\0$N7:0\0`, or as numbers level by level. */
function systemAddress(view: MessageView, write: boolean, at: number, end: number): void {
  const { bytes } = view;
  if (at + 2 > end) return view.problem('pccc-short', at);
  if (bytes[at] === 0 && bytes[at + 1] === 0x24) {
    let stop = at + 2;
    while (stop < end && bytes[stop] !== 0) stop++;
    const symbol = view.symbols.intern(bytes, at + 2, stop - at - 2);
    return namedAccess(view, AREA.file, symbol, 1, write);
  }
  // Bits of the first octet say which levels follow; those left out are 0 (level 0: data table, 1: file, 2: element, 3: sub-element).
  const levels = [0, 0, 0, NOT_GIVEN];
  let next = at + 1;
  for (let level = 0; level < levels.length; level++) {
    if (((bytes[at]! >> level) & 1) === 0) continue;
    if (next >= end) return view.problem('pccc-short', next);
    const wide = bytes[next] === 0xff;
    if (wide && next + 3 > end) return view.problem('pccc-short', next);
    levels[level] = wide ? u16le(bytes, next + 1) : bytes[next]!;
    next += wide ? 3 : 1;
  }
  namedAccess(view, AREA.file, fileSymbol(view.symbols, '#', levels[1]!, levels[2]!, levels[3]!), 1, write);
}

/** Facts in a reply to diagnostic status (0x06/0x03): the processor's name stands as text behind fixed octets. */
export function diagnosticFacts(view: MessageView, at: number, end: number): void {
  // SLC 500 and MicroLogix: mode, type extender, interface type, processor type, series, 11 characters of bulletin name.
  if (end - at >= 16) view.fact('unit', 'model', printable(view.bytes, at + 5, at + 16));
}

/** Fallback of `functionOf` for PCCC codes nobody knows. */
export function unknownPccc(code: number): FunctionInfo {
  const command = code & 0x0f;
  const func = (code >> 4) - 1;
  const name =
    func < 0
      ? `unknown(0x${command.toString(16).padStart(2, '0')})`
      : `unknown(0x${command.toString(16).padStart(2, '0')}:0x${func.toString(16).padStart(2, '0')})`;
  const sub = func < 0 ? {} : { subCode: func };
  return { code: command, ...sub, name, class: 'config', effect: 'changes-mode', risk: 3, techniques: ['T0814'] };
}
