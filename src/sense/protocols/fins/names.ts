/**
 * FINS commands, end codes and memory areas. Sources: OMRON W342 "SYSMAC CS/CJ Series Communications Commands Reference Manual", section
 * 5 (commands, end codes 5-1-3, area codes 5-2-2); W420 "Ethernet Units Construction of Applications", section 7 (FINS/TCP header and
 * error codes). Classes, effects and risk are Firedoor's judgement; where they differ from common lists NOTES.md says why.
 */
import type { FunctionInfo } from '../../../records.ts';

/** Commands (main and sub request code) the dissector looks into. */
export const COMMAND = {
  memoryRead: 0x0101,
  memoryWrite: 0x0102,
  memoryFill: 0x0103,
  multipleRead: 0x0104,
  memoryTransfer: 0x0105,
  parameterRead: 0x0201,
  parameterWrite: 0x0202,
  parameterClear: 0x0203,
  programRead: 0x0306,
  programWrite: 0x0307,
  programClear: 0x0308,
  run: 0x0401,
  stop: 0x0402,
  controllerData: 0x0501,
  controllerStatus: 0x0601,
  clockRead: 0x0701,
  clockWrite: 0x0702,
  fileRead: 0x2202,
  fileWrite: 0x2203,
  fileDelete: 0x2205,
  force: 0x2301,
  forceCancel: 0x2302,
} as const;

/** Commands of the FINS/TCP header, and the base of their function codes: no FINS command has 0xff as its main code. */
export const TCP = { clientNode: 0, serverNode: 1, frame: 2, error: 3, confirm: 6 } as const;
export const TCP_BASE = 0xff00;

const read = { class: 'read', effect: 'none', risk: 0, techniques: ['T0801'] } as const;
const discovery = { class: 'discovery', effect: 'none', risk: 1, techniques: ['T0888'] } as const;
const writes = { class: 'write', effect: 'changes-value', risk: 3, techniques: ['T1692.001', 'T0836'] } as const;
const files = { class: 'write', effect: 'changes-value', risk: 3, techniques: ['T0867'] } as const;
const parameters = { class: 'config', effect: 'changes-logic', risk: 4, techniques: ['T0836', 'T0843'] } as const;
const program = { class: 'program', effect: 'changes-logic', risk: 4, techniques: ['T0843', 'T0889'] } as const;
const setting = { class: 'config', effect: 'changes-value', risk: 2, techniques: ['T0836'] } as const;
const auth = { class: 'auth', effect: 'changes-mode', risk: 2, techniques: [] } as const;
const right = { ...auth, techniques: ['T1691.001'] } as const;
const diagnostic = { class: 'diagnostic', effect: 'none', risk: 1, techniques: [] } as const;
const clears = { class: 'diagnostic', effect: 'changes-value', risk: 3, techniques: ['T0872', 'T0878'] } as const;
const forces = { class: 'control', effect: 'changes-value', risk: 4, techniques: ['T0835', 'T1692.001'] } as const;

type Row = readonly [code: number, name: string, kind: Omit<FunctionInfo, 'code' | 'name'>];

const ROWS: readonly Row[] = [
  [0x0101, 'memory-area-read', read],
  [0x0102, 'memory-area-write', writes],
  [0x0103, 'memory-area-fill', writes],
  [0x0104, 'multiple-memory-area-read', read],
  [0x0105, 'memory-area-transfer', { ...writes, techniques: ['T0836'] }],
  [0x0201, 'parameter-area-read', { ...read, techniques: ['T0845'] }],
  [0x0202, 'parameter-area-write', parameters],
  [0x0203, 'parameter-area-clear', { ...parameters, techniques: ['T0809'] }],
  [0x0220, 'data-link-table-read', { ...read, techniques: ['T0888'] }],
  [0x0221, 'data-link-table-write', setting],
  [0x0304, 'program-area-protect', auth],
  [0x0305, 'program-area-protect-clear', { ...auth, risk: 3, techniques: ['T0889'] }],
  [0x0306, 'program-area-read', { class: 'program', effect: 'none', risk: 3, techniques: ['T0845'] }],
  [0x0307, 'program-area-write', program],
  [0x0308, 'program-area-clear', { ...program, techniques: ['T0809'] }],
  [0x0401, 'run', { class: 'control', effect: 'changes-mode', risk: 3, techniques: ['T0858'] }],
  [0x0402, 'stop', { class: 'control', effect: 'stops', risk: 4, techniques: ['T0858'] }],
  [0x0403, 'reset', { class: 'control', effect: 'restarts', risk: 4, techniques: ['T0816'] }],
  [0x0501, 'controller-data-read', discovery],
  [0x0502, 'connection-data-read', discovery],
  [0x0601, 'controller-status-read', { ...discovery, techniques: ['T0868', 'T0888'] }],
  [0x0602, 'network-status-read', discovery],
  [0x0603, 'data-link-status-read', discovery],
  [0x0620, 'cycle-time-read', discovery],
  [0x0701, 'clock-read', { ...read, techniques: [] }],
  [0x0702, 'clock-write', { ...setting, techniques: ['T0836', 'T0872'] }],
  [0x0801, 'loop-back-test', { ...diagnostic, techniques: ['T0846'] }],
  [0x0802, 'broadcast-test-results-read', diagnostic],
  [0x0803, 'broadcast-test-data-send', diagnostic],
  [0x0920, 'message-read-clear', { class: 'diagnostic', effect: 'changes-value', risk: 3, techniques: ['T0878'] }],
  [0x0c01, 'access-right-acquire', right],
  [0x0c02, 'access-right-forced-acquire', { ...right, risk: 3, techniques: ['T1691.001', 'T0859'] }],
  [0x0c03, 'access-right-release', { class: 'auth', effect: 'none', risk: 1, techniques: [] }],
  [0x2101, 'error-clear', clears],
  [0x2102, 'error-log-read', { ...read, techniques: [] }],
  [0x2103, 'error-log-clear', { ...clears, risk: 2, techniques: ['T0872'] }],
  [0x2140, 'access-log-read', { ...read, techniques: [] }],
  [0x2141, 'access-log-clear', { ...clears, techniques: ['T0872'] }],
  [0x2201, 'file-name-read', { ...discovery, techniques: ['T0893'] }],
  [0x2202, 'file-read', { ...read, techniques: ['T0893'] }],
  [0x2203, 'file-write', files],
  [0x2204, 'memory-card-format', { ...files, risk: 4, techniques: ['T0809'] }],
  [0x2205, 'file-delete', { ...files, techniques: ['T0809'] }],
  [0x2206, 'volume-label', { ...files, techniques: [] }],
  [0x2207, 'file-copy', files],
  [0x2208, 'file-name-change', { ...files, techniques: [] }],
  [0x2209, 'file-data-check', diagnostic],
  [0x220a, 'memory-area-file-transfer', files],
  [0x220b, 'parameter-area-file-transfer', parameters],
  [0x220c, 'program-area-file-transfer', { ...program, techniques: ['T0843', 'T0845'] }],
  [0x220f, 'file-memory-index-read', { ...read, techniques: [] }],
  [0x2210, 'file-memory-read', { ...read, techniques: ['T0893'] }],
  [0x2211, 'file-memory-write', files],
  [0x2215, 'directory-create-delete', files],
  [0x2220, 'memory-cassette-transfer', { ...program, techniques: ['T0843'] }],
  [0x2301, 'forced-set-reset', forces],
  [0x2302, 'forced-set-reset-cancel', forces],
  [0x230a, 'multiple-forced-status-read', { ...read, techniques: [] }],
  [0x2601, 'name-set', setting],
  [0x2602, 'name-delete', setting],
  [0x2603, 'name-read', discovery],
  [0x2803, 'data-convert', diagnostic],
  [TCP_BASE + TCP.clientNode, 'tcp-node-address-request', diagnostic],
  [TCP_BASE + TCP.serverNode, 'tcp-node-address', diagnostic],
  [TCP_BASE + TCP.frame, 'tcp-frame', diagnostic],
  [TCP_BASE + TCP.error, 'tcp-error', diagnostic],
  [TCP_BASE + TCP.confirm, 'tcp-confirm', diagnostic],
];

export const FUNCTIONS: readonly FunctionInfo[] = ROWS.map(([code, name, kind]) => ({ code, name, ...kind }));
export const KNOWN_FUNCTIONS: ReadonlySet<number> = new Set(FUNCTIONS.map(({ code }) => code));

/** Names of memory areas by their code (5-2-2); bit areas hold one bit an element. */
const MEMORY_AREAS: Readonly<Record<number, string>> = {
  0x00: 'cio-cv-bit',
  0x01: 'timer-flag-cv',
  0x02: 'dm-bit',
  0x06: 'task-flag',
  0x07: 'condition-flag',
  0x09: 'timer-flag',
  0x30: 'cio-bit',
  0x31: 'work-bit',
  0x32: 'holding-bit',
  0x33: 'auxiliary-bit',
  0x46: 'task-status',
  0x70: 'cio-forced-bit',
  0x71: 'work-forced-bit',
  0x72: 'holding-forced-bit',
  0x80: 'cio-cv',
  0x81: 'timer-cv',
  0x82: 'dm',
  0x89: 'timer',
  0x98: 'em-current',
  0x9c: 'data-register-cv',
  0xb0: 'cio',
  0xb1: 'work',
  0xb2: 'holding',
  0xb3: 'auxiliary',
  0xbc: 'data-register',
  0xdc: 'index-register',
  0xf0: 'cio-forced',
  0xf1: 'work-forced',
  0xf2: 'holding-forced',
};
/** Banks of extended memory: bits and words of banks 0 to 12 (hexadecimal C), and of 13 to 24. */
const EM_BANKS: readonly (readonly [first: number, bank: number, count: number, suffix: string])[] = [
  [0x20, 0x0, 13, '-bit'],
  [0xe0, 0xd, 12, '-bit'],
  [0xa0, 0x0, 13, ''],
  [0x60, 0xd, 12, ''],
];

function areaName(code: number): string {
  for (const [first, bank, count, suffix] of EM_BANKS) {
    if (code >= first && code < first + count) return `em${bank + code - first}${suffix}`;
  }
  return MEMORY_AREAS[code] ?? `area-0x${code.toString(16).padStart(2, '0')}`;
}

/** Areas behind those of memory, whose number is their code. */
const OTHER_AREAS = ['parameter', 'program', 'file', 'clock', 'status', 'mode'] as const;
/** Areas a point may lie in; index = area number in the view. */
export const AREAS: readonly string[] = [...Array.from({ length: 256 }, (_, code) => areaName(code)), ...OTHER_AREAS];
export const AREA = { parameter: 256, program: 257, file: 258, clock: 259, status: 260, mode: 261 } as const;

/** Elements of an area are bits of one octet each: low codes below the words, and the EM banks from 0xe0. */
const BIT_AREAS: ReadonlySet<number> = new Set(
  Array.from({ length: 256 }, (_, code) => code).filter((code) => {
    const name = areaName(code);
    return name.endsWith('-bit') || name.includes('flag') || (code < 0x40 && name.startsWith('area-'));
  }),
);
export function isBitArea(code: number): boolean {
  return BIT_AREAS.has(code);
}
/** Codes of areas with 32-bit elements (index registers) and of task status, one octet. */
export const INDEX_REGISTER = 0xdc;
export const TASK_STATUS = 0x46;

/** End codes (5-1-3): main and sub code. */
const END_CODES: Readonly<Record<number, string>> = {
  1: 'service-cancelled',
  257: 'local-node-not-in-network',
  258: 'token-timeout',
  259: 'retries-failed',
  260: 'too-many-send-frames',
  261: 'node-address-range',
  262: 'node-address-duplicated',
  513: 'destination-not-in-network',
  514: 'unit-missing',
  515: 'third-node-missing',
  516: 'destination-busy',
  517: 'response-timeout',
  769: 'communications-controller-error',
  770: 'cpu-unit-error',
  771: 'controller-error',
  772: 'unit-number-error',
  1025: 'undefined-command',
  1026: 'not-supported-by-model',
  1281: 'destination-address-setting-error',
  1282: 'no-routing-tables',
  1283: 'routing-table-error',
  1284: 'too-many-relays',
  4097: 'command-too-long',
  4098: 'command-too-short',
  4099: 'elements-do-not-match',
  4100: 'command-format-error',
  4101: 'header-error',
  4353: 'area-classification-missing',
  4354: 'access-size-error',
  4355: 'address-range-error',
  4356: 'address-range-exceeded',
  4358: 'program-missing',
  4361: 'relational-error',
  4362: 'duplicate-data-access',
  4363: 'response-too-long',
  4364: 'parameter-error',
  8194: 'read-protected',
  8195: 'read-table-missing',
  8196: 'read-data-missing',
  8197: 'read-program-missing',
  8198: 'read-file-missing',
  8199: 'read-data-mismatch',
  8449: 'read-only',
  8450: 'write-protected',
  8451: 'cannot-register',
  8453: 'write-program-missing',
  8454: 'write-file-missing',
  8455: 'file-name-exists',
  8456: 'cannot-change',
  8705: 'not-possible-during-execution',
  8706: 'not-possible-while-running',
  8707: 'wrong-mode-program',
  8708: 'wrong-mode-debug',
  8709: 'wrong-mode-monitor',
  8710: 'wrong-mode-run',
  8711: 'node-not-polling',
  8712: 'step-cannot-be-executed',
  8961: 'file-device-missing',
  8962: 'memory-missing',
  8963: 'clock-missing',
  9217: 'table-missing',
  9474: 'memory-error',
  9475: 'io-setting-error',
  9476: 'too-many-io-points',
  9477: 'cpu-bus-error',
  9478: 'io-duplication',
  9479: 'io-bus-error',
  9729: 'no-protection',
  9730: 'wrong-password',
  9732: 'protected',
  9733: 'service-already-executing',
  9734: 'service-stopped',
  9735: 'no-execution-right',
  9736: 'settings-not-complete',
  9737: 'necessary-items-not-set',
  9738: 'number-already-defined',
  9739: 'error-will-not-clear',
  12289: 'no-access-right',
  16385: 'service-aborted',
};
/** "No access right" (5-1-3): the answer to a command that is not allowed. */
export const NO_ACCESS_RIGHT = 0x3001;
/** Status of a FINS/TCP header: this plus its error code (W420, 7-4-2). */
export const TCP_STATUS = 0x10000;
const TCP_ERRORS: Readonly<Record<number, string>> = {
  1: 'tcp-header-not-fins',
  2: 'tcp-data-too-long',
  3: 'tcp-command-not-supported',
  0x20: 'tcp-all-connections-in-use',
  0x21: 'tcp-node-already-connected',
  0x22: 'tcp-protected',
  0x23: 'tcp-node-address-range',
  0x24: 'tcp-node-address-in-use',
  0x25: 'tcp-no-node-address-left',
};

/** Name of an end code (without its flags) or a FINS/TCP error; unknown numbers stay. */
export function statusName(status: number): string {
  if (status === 0) return 'ok';
  if (status < TCP_STATUS) return END_CODES[status] ?? `unknown(0x${status.toString(16).padStart(2, '0')})`;
  return TCP_ERRORS[status - TCP_STATUS] ?? `tcp-error-${status - TCP_STATUS}`;
}
