/**
 * HART-IP messages and HART commands. Sources: HCF_SPEC-085 (HART-IP, network management: header, message identifiers, status),
 * HCF_SPEC-127 (universal commands), HCF_SPEC-151 (common practice commands), HCF_SPEC-307 (response codes), HCF_SPEC-099 (device and
 * variable status), as listed by FieldComm Group. Classes, effects and risk are Firedoor's judgement; see NOTES.md.
 */
import type { FunctionInfo } from '../../../records.ts';

/** Message types of the header. */
export const TYPE = { request: 0, response: 1, publish: 2, nak: 15 } as const;
/** Message identifiers. */
export const ID = { initiate: 0, close: 1, keepAlive: 2, tokenPassing: 3, direct: 4, auditLog: 5 } as const;
/** Function code of a message that is no HART command: this plus its identifier. Command numbers there are reserved. */
export const MESSAGE_BASE = 0xff00;

/** Commands the dissector looks into. */
export const COMMAND = {
  uniqueId: 0,
  primary: 1,
  current: 2,
  dynamic: 3,
  writePollingAddress: 6,
  deviceVariables: 9,
  uniqueIdByTag: 11,
  message: 12,
  tag: 13,
  finalAssembly: 16,
  writeMessage: 17,
  writeTag: 18,
  writeFinalAssembly: 19,
  longTag: 20,
  uniqueIdByLongTag: 21,
  writeLongTag: 22,
  extended: 31,
  deviceVariableValues: 33,
  writeDamping: 34,
  writeRange: 35,
  fixedCurrent: 40,
  writeUnits: 44,
  trimZero: 45,
  trimGain: 46,
  writeDeviceVariable: 79,
} as const;

/** Areas a point may lie in; index = area number in the view. */
export const AREAS = ['variable', 'unit-code', 'loop', 'range', 'configuration', 'device-status', 'text'] as const;
export const AREA = {
  variable: 0,
  unitCode: 1,
  loop: 2,
  range: 3,
  configuration: 4,
  deviceStatus: 5,
  text: 6,
} as const;

const read = { class: 'read', effect: 'none', risk: 0, techniques: ['T0801'] } as const;
const about = { class: 'read', effect: 'none', risk: 0, techniques: ['T0888'] } as const;
const setting = { class: 'config', effect: 'changes-value', risk: 2, techniques: ['T0836'] } as const;
const range = { class: 'config', effect: 'changes-value', risk: 3, techniques: ['T0836', 'T0838'] } as const;
const forces = { class: 'control', effect: 'changes-value', risk: 3, techniques: ['T0835', 'T1692.001'] } as const;
const diagnostic = { class: 'diagnostic', effect: 'none', risk: 1, techniques: [] } as const;
const discovery = { class: 'discovery', effect: 'none', risk: 1, techniques: ['T0888'] } as const;
const auth = { class: 'auth', effect: 'none', risk: 1, techniques: ['T0859', 'T0848'] } as const;

type Row = readonly [code: number, name: string, kind: Omit<FunctionInfo, 'code' | 'name'>];

const ROWS: readonly Row[] = [
  [0, 'read-unique-identifier', about],
  [1, 'read-primary-variable', read],
  [2, 'read-loop-current-and-percent-of-range', read],
  [3, 'read-dynamic-variables-and-loop-current', read],
  [6, 'write-polling-address', setting],
  [7, 'read-loop-configuration', about],
  [8, 'read-dynamic-variable-classifications', about],
  [9, 'read-device-variables-with-status', read],
  [11, 'read-unique-identifier-by-tag', about],
  [12, 'read-message', read],
  [13, 'read-tag-descriptor-date', about],
  [14, 'read-primary-variable-transducer-information', about],
  [15, 'read-device-information', about],
  [16, 'read-final-assembly-number', about],
  [17, 'write-message', setting],
  [18, 'write-tag-descriptor-date', setting],
  [19, 'write-final-assembly-number', setting],
  [20, 'read-long-tag', about],
  [21, 'read-unique-identifier-by-long-tag', about],
  [22, 'write-long-tag', setting],
  [33, 'read-device-variables', read],
  [34, 'write-primary-variable-damping', setting],
  [35, 'write-primary-variable-range', range],
  [36, 'set-primary-variable-upper-range', range],
  [37, 'set-primary-variable-lower-range', range],
  [38, 'reset-configuration-changed-flag', { ...setting, techniques: ['T0872'] }],
  [39, 'eeprom-control', setting],
  [40, 'enter-exit-fixed-current-mode', forces],
  [41, 'perform-self-test', { class: 'diagnostic', effect: 'changes-mode', risk: 2, techniques: ['T0858'] }],
  [42, 'perform-device-reset', { class: 'control', effect: 'restarts', risk: 4, techniques: ['T0816'] }],
  [43, 'set-primary-variable-zero', range],
  [44, 'write-primary-variable-units', range],
  [45, 'trim-loop-current-zero', range],
  [46, 'trim-loop-current-gain', range],
  [47, 'write-primary-variable-transfer-function', range],
  [48, 'read-additional-device-status', about],
  [49, 'write-primary-variable-transducer-serial-number', setting],
  [50, 'read-dynamic-variable-assignments', about],
  [51, 'write-dynamic-variable-assignments', range],
  [52, 'set-device-variable-zero', range],
  [53, 'write-device-variable-units', range],
  [54, 'read-device-variable-information', about],
  [55, 'write-device-variable-damping', setting],
  [56, 'write-device-variable-transducer-serial-number', setting],
  [57, 'read-unit-tag-descriptor-date', about],
  [58, 'write-unit-tag-descriptor-date', setting],
  [59, 'write-number-of-response-preambles', setting],
  [60, 'read-analog-channel-and-percent-of-range', read],
  [61, 'read-dynamic-variables-and-analog-channel', read],
  [62, 'read-analog-channels', read],
  [63, 'read-analog-channel-information', about],
  [64, 'write-analog-channel-damping', setting],
  [65, 'write-analog-channel-range', range],
  [66, 'enter-exit-fixed-analog-channel-mode', forces],
  [67, 'trim-analog-channel-zero', range],
  [68, 'trim-analog-channel-gain', range],
  [69, 'write-analog-channel-transfer-function', range],
  [70, 'read-analog-channel-endpoint-values', about],
  [71, 'lock-device', { class: 'auth', effect: 'changes-mode', risk: 2, techniques: ['T1691.001'] }],
  [72, 'squawk', diagnostic],
  [73, 'find-device', discovery],
  [74, 'read-io-system-capabilities', about],
  [75, 'poll-sub-device', { ...discovery, techniques: ['T0846'] }],
  [76, 'read-lock-device-state', about],
  [77, 'send-command-to-sub-device', { class: 'write', effect: 'changes-value', risk: 3, techniques: ['T1692.001'] }],
  [78, 'read-aggregated-commands', read],
  [79, 'write-device-variable', { ...forces, risk: 4, techniques: ['T0835', 'T1692.001', 'T0832'] }],
  [80, 'read-device-variable-trim-points', about],
  [81, 'read-device-variable-trim-guidelines', about],
  [82, 'write-device-variable-trim-point', range],
  [83, 'reset-device-variable-trim', range],
  [84, 'read-sub-device-identity-summary', discovery],
  [85, 'read-io-channel-statistics', read],
  [86, 'read-sub-device-statistics', read],
  [87, 'write-io-system-master-mode', { ...setting, effect: 'changes-mode' }],
  [88, 'write-io-system-retry-count', setting],
  [89, 'set-real-time-clock', { ...setting, techniques: ['T0836', 'T0872'] }],
  [90, 'read-real-time-clock', { ...read, techniques: [] }],
  [91, 'read-trend-configuration', about],
  [92, 'write-trend-configuration', setting],
  [93, 'read-trend', read],
  [95, 'read-device-communications-statistics', read],
  [103, 'write-burst-period', setting],
  [104, 'write-burst-trigger', setting],
  [105, 'read-burst-mode-configuration', about],
  [106, 'flush-delayed-responses', setting],
  [107, 'write-burst-device-variables', setting],
  [108, 'write-burst-mode-command-number', setting],
  [109, 'burst-mode-control', { ...setting, effect: 'changes-mode', techniques: ['T0836', 'T0814'] }],
  [110, 'read-all-dynamic-variables', read],
  [111, 'transfer-service-control', { class: 'program', effect: 'changes-mode', risk: 3, techniques: ['T0843'] }],
  [112, 'transfer-service', { class: 'program', effect: 'changes-logic', risk: 4, techniques: ['T0843'] }],
  [113, 'catch-device-variable', setting],
  [114, 'read-caught-device-variable', read],
  [115, 'read-event-notification-summary', read],
  [116, 'write-event-notification-bit-mask', setting],
  [117, 'write-event-notification-timing', setting],
  [118, 'event-notification-control', setting],
  [119, 'acknowledge-event-notification', { ...setting, techniques: ['T0838'] }],
  [512, 'read-country-code', about],
  [513, 'write-country-code', setting],
  [MESSAGE_BASE + ID.initiate, 'session-initiate', auth],
  [MESSAGE_BASE + ID.close, 'session-close', { ...auth, techniques: [] }],
  [MESSAGE_BASE + ID.keepAlive, 'keep-alive', diagnostic],
  [MESSAGE_BASE + ID.tokenPassing, 'token-passing-pdu', diagnostic],
  [MESSAGE_BASE + ID.direct, 'direct-pdu', diagnostic],
  [MESSAGE_BASE + ID.auditLog, 'read-audit-log', { ...about, techniques: ['T0888'] }],
];

/** Commands whose meaning is the vendor's (128 to 253): what they do nobody else knows. */
const VENDOR_ROWS: readonly Row[] = Array.from(
  { length: 126 },
  (_, i): Row => [
    128 + i,
    `device-specific-${128 + i}`,
    { class: 'config', effect: 'changes-value', risk: 2, techniques: ['T0836'] },
  ],
);

export const FUNCTIONS: readonly FunctionInfo[] = [...ROWS, ...VENDOR_ROWS].map(([code, name, kind]) => ({
  code,
  name,
  ...kind,
}));
export const KNOWN_FUNCTIONS: ReadonlySet<number> = new Set(FUNCTIONS.map(({ code }) => code));

/** Where other status codes than response codes of commands begin: communication errors, statuses of the HART-IP header, NAK. */
export const COMMUNICATION_STATUS = 0x100;
export const HEADER_STATUS = 0x200;
export const NAK_STATUS = 0x300;

/** Response codes of one meaning (HCF_SPEC-307); those of several keep their number. */
const RESPONSE_CODES: Readonly<Record<number, string>> = {
  1: 'undefined',
  2: 'invalid-selection',
  3: 'parameter-too-large',
  4: 'parameter-too-small',
  5: 'too-few-data-bytes',
  6: 'device-specific-error',
  7: 'in-write-protect-mode',
  16: 'access-restricted',
  17: 'invalid-device-variable-index',
  18: 'invalid-units-code',
  19: 'device-variable-index-not-allowed',
  20: 'invalid-extended-command-number',
  21: 'invalid-io-card-number',
  22: 'invalid-channel-number',
  23: 'sub-device-response-too-long',
  32: 'busy',
  33: 'delayed-response-initiated',
  34: 'delayed-response-running',
  35: 'delayed-response-dead',
  36: 'delayed-response-conflict',
  60: 'payload-too-long',
  61: 'no-buffers-available',
  62: 'no-alarm-or-event-buffers-available',
  63: 'priority-too-low',
  64: 'command-not-implemented',
};
/** Statuses of the HART-IP header (HCF_SPEC-085). */
const HEADER_CODES: Readonly<Record<number, string>> = {
  2: 'session-invalid-selection',
  3: 'session-parameter-too-large',
  4: 'session-parameter-too-small',
  5: 'session-too-few-data-bytes',
  6: 'session-device-specific-error',
  15: 'session-all-in-use',
  16: 'session-access-restricted',
};
/** Bits of a communication error, highest first (HCF_SPEC-099). */
const COMMUNICATION_BITS: readonly (readonly [bit: number, name: string])[] = [
  [0x40, 'parity'],
  [0x20, 'overrun'],
  [0x10, 'framing'],
  [0x08, 'checksum'],
  [0x04, 'internal-or-timeout'],
  [0x02, 'buffer-overflow'],
];

/** Response code "access restricted": the answer to a command that is not allowed. */
export const ACCESS_RESTRICTED = 16;

/** True where a response code is a warning: the command was carried out (HCF_SPEC-307). */
export function isWarning(code: number): boolean {
  return (
    code === 8 || code === 14 || (code >= 24 && code <= 27) || (code >= 30 && code <= 31) || (code >= 96 && code < 128)
  );
}

/** Name of a response code, a communication error or a status of the header; unknown numbers stay. */
export function statusName(status: number): string {
  if (status === 0) return 'ok';
  if (status < COMMUNICATION_STATUS) return RESPONSE_CODES[status] ?? `response-code-${status}`;
  if (status < HEADER_STATUS) {
    const error = status - COMMUNICATION_STATUS;
    const bit = COMMUNICATION_BITS.find(([mask]) => (error & mask) !== 0);
    return `communication-${bit === undefined ? error : bit[1]}`;
  }
  if (status < NAK_STATUS) return HEADER_CODES[status - HEADER_STATUS] ?? `session-status-${status - HEADER_STATUS}`;
  return status < NAK_STATUS + 0x100
    ? `session-nak-${status - NAK_STATUS}`
    : `unknown(0x${status.toString(16).padStart(2, '0')})`;
}
