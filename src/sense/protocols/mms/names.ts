/**
 * Tables of MMS. Sources: ISO 9506-2:2003 (PDUs 7, services by their tag in `ConfirmedServiceRequest`, errors 7.4, data access errors
 * 14.4.3.1.2, reject 7.6); IEC 61850-8-1:2011 (names of items 7.3, control 20, reports 17); ISO 8327-1 (session PDUs); ISO 8650-1 (ACSE).
 */
import type { FunctionInfo } from '../../../records.ts';
import { functionKey } from '../protocol.ts';
import { COTP_FUNCTIONS, COTP_STATUS } from '../tpkt/names.ts';

/** Choices of `MMSpdu` by tag number (7.1). */
export const PDU = {
  confirmedRequest: 0,
  confirmedResponse: 1,
  confirmedError: 2,
  unconfirmed: 3,
  reject: 4,
  cancelRequest: 5,
  cancelResponse: 6,
  cancelError: 7,
  initiateRequest: 8,
  initiateResponse: 9,
  initiateError: 10,
  concludeRequest: 11,
  concludeResponse: 12,
  concludeError: 13,
} as const;
/** Identifier octet of each choice: those with content are constructed. */
export const PDU_TAGS: readonly number[] = [
  0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0x85, 0x86, 0xa7, 0xa8, 0xa9, 0xaa, 0x8b, 0x8c, 0xad,
];

/** Confirmed services that are decoded further; the tag number is the function code. */
export const SERVICE = {
  status: 0,
  getNameList: 1,
  identify: 2,
  read: 4,
  write: 5,
  getVariableAccessAttributes: 6,
  defineNamedVariableList: 11,
  getNamedVariableListAttributes: 12,
  deleteNamedVariableList: 13,
  fileOpen: 72,
  fileRename: 75,
  fileDelete: 76,
  fileDirectory: 77,
  obtainFile: 46,
} as const;
/** Function code of an unconfirmed service: this plus its tag number. */
export const UNCONFIRMED_BASE = 0x100;
export const INFORMATION_REPORT = UNCONFIRMED_BASE;
/** Function code of the other PDUs: this plus the number of the request's (or only) PDU. */
export const PDU_FUNCTION_BASE = 0x200;
/** Function code of session PDUs without an MMS PDU in them: this plus the SPDU type. */
export const SESSION_FUNCTION_BASE = 0x300;

/** What a write is by the functional constraint in the item's name (IEC 61850-8-1, 7.3; 7-2, table 18). Sub-functions of `write`. */
export const WRITE = {
  plain: 0,
  operate: 1,
  selectWithValue: 2,
  cancel: 3,
  mode: 4,
  setPoint: 5,
  settings: 6,
  reportControl: 7,
  gooseControl: 8,
  configuration: 9,
  substitution: 10,
  logControl: 11,
  sampledValueControl: 12,
} as const;
/** Reading `…$CO$…$SBO` selects (8-1, 20.5). Sub-function of `read`. */
export const READ_SELECT = 1;
/** Sub-functions of `informationReport`. */
export const REPORT = { plain: 0, report: 1, commandResult: 2 } as const;

/** Areas of point names. */
export const AREA = {
  variable: 0,
  list: 1,
  program: 2,
  domain: 3,
  file: 4,
  journal: 5,
  report: 6,
  vmd: 7,
  other: 8,
} as const;
export const AREAS: readonly string[] = [
  'variable',
  'list',
  'program',
  'domain',
  'file',
  'journal',
  'report',
  'vmd',
  'other',
];

type Row = readonly [code: number, name: string, rest: Kind, techniques?: readonly string[]];
type Kind = Pick<FunctionInfo, 'class' | 'effect' | 'risk'>;
const kind = (className: FunctionInfo['class'], effect: FunctionInfo['effect'], risk: number): Kind => ({
  class: className,
  effect,
  risk,
});

const look = kind('read', 'none', 0);
const browse = kind('discovery', 'none', 1);
const config = kind('config', 'changes-mode', 2);
const alarms = kind('config', 'changes-mode', 3);
const upload = kind('program', 'none', 3);
const download = kind('program', 'changes-logic', 4);
const run = kind('control', 'changes-mode', 3);
const stops = kind('control', 'stops', 4);
const value = kind('write', 'changes-value', 3);

/** Confirmed services (7.2, `ConfirmedServiceRequest`). */
const CONFIRMED: readonly Row[] = [
  [0, 'status', kind('diagnostic', 'none', 1), ['T0868']],
  [1, 'get-name-list', browse, ['T0861', 'T0888']],
  [2, 'identify', browse, ['T0888']],
  [3, 'rename', config, ['T0836']],
  [4, 'read', look, ['T0801']],
  [5, 'write', value, ['T1692.001', 'T0836', 'T0831']],
  [6, 'get-variable-access-attributes', browse, ['T0861']],
  [7, 'define-named-variable', config, ['T0836']],
  [8, 'define-scattered-access', config, ['T0836']],
  [9, 'get-scattered-access-attributes', browse, ['T0861']],
  [10, 'delete-variable-access', config, ['T0809']],
  [11, 'define-named-variable-list', config, ['T0802']],
  [12, 'get-named-variable-list-attributes', browse, ['T0861']],
  [13, 'delete-named-variable-list', alarms, ['T1691.002', 'T0809']],
  [14, 'define-named-type', config, ['T0836']],
  [15, 'get-named-type-attributes', browse, ['T0861']],
  [16, 'delete-named-type', config, ['T0809']],
  [17, 'input', look],
  [18, 'output', value, ['T1692.001']],
  [19, 'take-control', kind('auth', 'changes-mode', 2), ['T0859']],
  [20, 'relinquish-control', kind('auth', 'none', 1)],
  [21, 'define-semaphore', config, ['T0836']],
  [22, 'delete-semaphore', config, ['T0809']],
  [23, 'report-semaphore-status', look],
  [24, 'report-pool-semaphore-status', look],
  [25, 'report-semaphore-entry-status', look],
  [26, 'initiate-download-sequence', download, ['T0843']],
  [27, 'download-segment', download, ['T0843', 'T0889']],
  [28, 'terminate-download-sequence', download, ['T0843']],
  [29, 'initiate-upload-sequence', upload, ['T0845']],
  [30, 'upload-segment', upload, ['T0845']],
  [31, 'terminate-upload-sequence', upload, ['T0845']],
  [32, 'request-domain-download', download, ['T0843']],
  [33, 'request-domain-upload', upload, ['T0845']],
  [34, 'load-domain-content', download, ['T0843']],
  // Storing keeps what the device has (ISO 9506-2, 11.10): nothing in it changes.
  [35, 'store-domain-content', upload, ['T0845']],
  [36, 'delete-domain', download, ['T0809']],
  [37, 'get-domain-attributes', browse, ['T0888']],
  [38, 'create-program-invocation', download, ['T0821', 'T0889']],
  [39, 'delete-program-invocation', download, ['T0809']],
  [40, 'start', run, ['T0858']],
  [41, 'stop', stops, ['T0858']],
  [42, 'resume', run, ['T0858']],
  // Reset takes a stopped program invocation back to idle, so that it can be started anew (12.6).
  [43, 'reset', kind('control', 'restarts', 4), ['T0816']],
  [44, 'kill', stops, ['T0858']],
  [45, 'get-program-invocation-attributes', look, ['T0868']],
  [46, 'obtain-file', kind('write', 'changes-mode', 3), ['T0867']],
  [47, 'define-event-condition', config, ['T0838']],
  [48, 'delete-event-condition', alarms, ['T0878']],
  [49, 'get-event-condition-attributes', look],
  [50, 'report-event-condition-status', look, ['T0801']],
  [51, 'alter-event-condition-monitoring', alarms, ['T0878', 'T0838']],
  [52, 'trigger-event', run, ['T1692.002']],
  [53, 'define-event-action', config, ['T0836']],
  [54, 'delete-event-action', config, ['T0809']],
  [55, 'get-event-action-attributes', look],
  [56, 'report-event-action-status', look],
  [57, 'define-event-enrollment', config, ['T0838']],
  [58, 'delete-event-enrollment', alarms, ['T0878']],
  [59, 'alter-event-enrollment', alarms, ['T0878', 'T0838']],
  [60, 'report-event-enrollment-status', look],
  [61, 'get-event-enrollment-attributes', look],
  [62, 'acknowledge-event-notification', run, ['T0878']],
  [63, 'get-alarm-summary', look, ['T0801']],
  [64, 'get-alarm-enrollment-summary', look, ['T0801']],
  [65, 'read-journal', look, ['T0893']],
  [66, 'write-journal', value, ['T0872']],
  [67, 'initialize-journal', kind('config', 'changes-value', 2), ['T0872', 'T0809']],
  [68, 'report-journal-status', look],
  [69, 'create-journal', config],
  [70, 'delete-journal', kind('config', 'changes-value', 2), ['T0809', 'T0872']],
  [71, 'get-capability-list', browse, ['T0888']],
  [72, 'file-open', look, ['T0893']],
  [73, 'file-read', look, ['T0893']],
  [74, 'file-close', look],
  [75, 'file-rename', value, ['T0867']],
  [76, 'file-delete', value, ['T0809']],
  [77, 'file-directory', browse, ['T0861', 'T0893']],
];

const WRITES: readonly Row[] = [
  [WRITE.operate, 'operate', kind('control', 'changes-value', 3), ['T1692.001', 'T0831']],
  [WRITE.selectWithValue, 'select-with-value', kind('control', 'none', 3), ['T1692.001']],
  [WRITE.cancel, 'cancel-control', kind('control', 'none', 3), ['T1692.001']],
  [WRITE.mode, 'operate-mode', kind('safety', 'changes-mode', 4), ['T0837', 'T0858']],
  [WRITE.setPoint, 'write-set-point', value, ['T0836', 'T1692.001']],
  [WRITE.settings, 'write-settings', kind('safety', 'changes-value', 4), ['T0836', 'T0837']],
  [WRITE.reportControl, 'write-report-control', alarms, ['T1691.002', 'T0878']],
  [WRITE.gooseControl, 'write-goose-control', kind('config', 'stops', 4), ['T1691.002', 'T0837']],
  [WRITE.configuration, 'write-configuration', alarms, ['T0836']],
  // Substitution puts a value in the place of the measured one (7-3, 7.2): others see what is not so.
  [WRITE.substitution, 'write-substitution', kind('safety', 'changes-value', 4), ['T1692.002', 'T0832']],
  [WRITE.logControl, 'write-log-control', config, ['T0872']],
  [WRITE.sampledValueControl, 'write-sampled-value-control', kind('config', 'stops', 4), ['T1691.002', 'T0837']],
];

const UNCONFIRMED: readonly Row[] = [
  [0, 'information-report', look, ['T0801', 'T1692.002']],
  [1, 'unsolicited-status', kind('diagnostic', 'none', 1), ['T0868']],
  [2, 'event-notification', look, ['T1692.002']],
];

const association = kind('auth', 'none', 1);
const PDUS: readonly Row[] = [
  [PDU.confirmedRequest, 'confirmed-service', kind('config', 'changes-mode', 3), ['T0814']],
  [PDU.reject, 'reject', kind('diagnostic', 'none', 0)],
  [PDU.cancelRequest, 'cancel', kind('control', 'none', 1)],
  [PDU.initiateRequest, 'initiate', association, ['T0859', 'T0848']],
  [PDU.concludeRequest, 'conclude', association],
];

/** SPDU types (ISO 8327-1, 8.3). */
export const SPDU = {
  none: 0,
  data: 1,
  notFinished: 8,
  finish: 9,
  disconnect: 10,
  refuse: 12,
  connect: 13,
  accept: 14,
  abort: 25,
  abortAccept: 26,
} as const;
const SESSIONS: readonly Row[] = [
  [SPDU.none, 'session', kind('diagnostic', 'none', 0)],
  [SPDU.data, 'session-data', kind('diagnostic', 'none', 0)],
  [SPDU.notFinished, 'session-not-finished', association],
  [SPDU.finish, 'session-finish', association],
  [SPDU.disconnect, 'session-disconnect', association],
  [SPDU.refuse, 'session-refuse', association],
  [SPDU.connect, 'session-connect', association, ['T0859']],
  [SPDU.accept, 'session-accept', association],
  [SPDU.abort, 'abort', association, ['T0814']],
  [SPDU.abortAccept, 'abort-accept', association],
];

const plain = (base: number, rows: readonly Row[]): FunctionInfo[] =>
  rows.map(([code, name, rest, techniques = []]) => ({ code: base + code, name, ...rest, techniques }));
const sub = (code: number, rows: readonly Row[]): FunctionInfo[] =>
  rows.map(([subCode, name, rest, techniques = []]) => ({ code, subCode, name, ...rest, techniques }));

export const FUNCTIONS: readonly FunctionInfo[] = [
  ...COTP_FUNCTIONS,
  ...plain(0, CONFIRMED),
  ...sub(SERVICE.read, [[READ_SELECT, 'select', kind('control', 'none', 3), ['T1692.001']]]),
  ...sub(SERVICE.write, WRITES),
  ...plain(UNCONFIRMED_BASE, UNCONFIRMED),
  ...sub(INFORMATION_REPORT, [
    [REPORT.report, 'report', look, ['T0801', 'T1692.002']],
    [REPORT.commandResult, 'command-result', look, ['T0801']],
  ]),
  ...plain(PDU_FUNCTION_BASE, PDUS),
  ...plain(SESSION_FUNCTION_BASE, SESSIONS),
];

const KNOWN_CODES = new Set(FUNCTIONS.map((info) => info.code));
/** True where the tables name the function. */
export function isKnown(code: number): boolean {
  return KNOWN_CODES.has(code);
}
const RISK_OF_WRITE = new Map(
  WRITES.map(([code, , rest]) => [code, rest.risk * 16 + (rest.class === 'control' ? 1 : 0)]),
);
/** Of two kinds of write in one request the graver names it. */
export function graverWrite(a: number, b: number): number {
  return (RISK_OF_WRITE.get(b) ?? 0) > (RISK_OF_WRITE.get(a) ?? 0) ? b : a;
}
/** `functionCode` of a write of this kind. */
export function writeFunction(writeKind: number): number {
  return writeKind === WRITE.plain ? SERVICE.write : functionKey(SERVICE.write, writeKind);
}

/** Status of a service error: this plus 256 times the class plus the code (7.4). */
export const ERROR_BASE = 0x100;
/** Status of an item refused in a read or write: this plus the data access error (14.4.3.1.2). */
export const ITEM_ERROR_BASE = 0x10000;
/** Status of a reject: this plus 256 times the type plus the reason (7.6). */
export const REJECT_BASE = 0x20000;
/** Status of an association that ACSE or session refuse, or of an abort. */
export const ASSOCIATION_BASE = 0x30000;
export const ASSOCIATION = { rejectedPermanent: 1, rejectedTransient: 2, sessionRefused: 3, aborted: 4 } as const;
/** Status of a command that failed: this plus the additional cause (7-2, 20.5.2.9). */
export const CAUSE_BASE = 0x40000;

const ERRORS: readonly (readonly [name: string, codes: readonly string[]])[] = [
  [
    'vmd-state',
    ['other', 'vmd-state-conflict', 'vmd-operational-problem', 'domain-transfer-problem', 'state-machine-id-invalid'],
  ],
  [
    'application-reference',
    ['other', 'aplication-unreachable', 'connection-lost', 'application-reference-invalid', 'context-unsupported'],
  ],
  [
    'definition',
    [
      'other',
      'object-undefined',
      'invalid-address',
      'type-unsupported',
      'type-inconsistent',
      'object-exists',
      'object-attribute-inconsistent',
    ],
  ],
  [
    'resource',
    [
      'other',
      'memory-unavailable',
      'processor-resource-unavailable',
      'mass-storage-unavailable',
      'capability-unavailable',
      'capability-unknown',
    ],
  ],
  [
    'service',
    [
      'other',
      'primitives-out-of-sequence',
      'object-state-conflict',
      'pdu-size',
      'continuation-invalid',
      'object-constraint-conflict',
    ],
  ],
  ['service-preempt', ['other', 'timeout', 'deadlock', 'cancel']],
  ['time-resolution', ['other', 'unsupportable-time-resolution']],
  [
    'access',
    ['other', 'object-access-unsupported', 'object-non-existent', 'object-access-denied', 'object-invalidated'],
  ],
  [
    'initiate',
    [
      'other',
      'version-incompatible',
      'max-segment-insufficient',
      'max-services-outstanding-calling-insufficient',
      'max-services-outstanding-called-insufficient',
      'service-cbb-insufficient',
      'parameter-cbb-insufficient',
      'nesting-level-insufficient',
    ],
  ],
  ['conclude', ['other', 'further-communication-required']],
  ['cancel', ['other', 'invoke-id-unknown', 'cancel-not-possible']],
  [
    'file',
    [
      'other',
      'filename-ambiguous',
      'file-busy',
      'filename-syntax-error',
      'content-type-invalid',
      'position-invalid',
      'file-access-denied',
      'file-non-existent',
      'duplicate-filename',
      'insufficient-space-in-filestore',
    ],
  ],
  ['others', ['other']],
];

const ITEM_ERRORS: readonly string[] = [
  'object-invalidated',
  'hardware-fault',
  'temporarily-unavailable',
  'object-access-denied',
  'object-undefined',
  'invalid-address',
  'type-unsupported',
  'type-inconsistent',
  'object-attribute-inconsistent',
  'object-access-unsupported',
  'object-non-existent',
  'object-value-invalid',
];
/** `object-access-denied`. */
export const ITEM_ACCESS_DENIED = 3;
/** Error class `access` and its code `object-access-denied`. */
export const ACCESS_DENIED = { errorClass: 7, code: 3 } as const;

const REJECTS: Readonly<Record<number, readonly string[]>> = {
  1: [
    'other',
    'unrecognized-service',
    'unrecognized-modifier',
    'invalid-invoke-id',
    'invalid-argument',
    'invalid-modifier',
    'max-services-outstanding-exceeded',
    'invalid-modifier-for-service',
    'max-recursion-exceeded',
    'value-out-of-range',
  ],
  2: [
    'other',
    'unrecognized-service',
    'invalid-invoke-id',
    'invalid-result',
    'max-recursion-exceeded',
    'value-out-of-range',
  ],
  3: ['other', 'unrecognized-service', 'invalid-invoke-id', 'invalid-service-error', 'value-out-of-range'],
  4: ['other', 'unrecognized-service', 'invalid-argument', 'max-recursion-exceeded', 'value-out-of-range'],
  5: ['unknown-pdu-type', 'invalid-pdu', 'illegal-acse-mapping'],
  6: ['other', 'invalid-invoke-id'],
  7: ['other', 'invalid-invoke-id'],
  8: ['other', 'invalid-invoke-id', 'invalid-service-error', 'value-out-of-range'],
  9: ['other', 'invalid-argument'],
  10: ['other', 'invalid-result'],
  11: ['other', 'invalid-service-error', 'value-out-of-range'],
};
const REJECT_TYPES = [
  '',
  'confirmed-request',
  'confirmed-response',
  'confirmed-error',
  'unconfirmed',
  'pdu',
  'cancel-request',
  'cancel-response',
  'cancel-error',
  'conclude-request',
  'conclude-response',
  'conclude-error',
];

/** Additional causes (IEC 61850-7-2:2010, 20.5.2.9; 8-1:2011, table 97). */
const CAUSES: readonly string[] = [
  'unknown',
  'not-supported',
  'blocked-by-switching-hierarchy',
  'select-failed',
  'invalid-position',
  'position-reached',
  'parameter-change-in-execution',
  'step-limit',
  'blocked-by-mode',
  'blocked-by-process',
  'blocked-by-interlocking',
  'blocked-by-synchrocheck',
  'command-already-in-execution',
  'blocked-by-health',
  'one-of-n-control',
  'abortion-by-cancel',
  'time-limit-over',
  'abortion-by-trip',
  'object-not-selected',
  'object-already-selected',
  'no-access-authority',
  'ended-with-overshoot',
  'abortion-due-to-deviation',
  'abortion-by-communication-loss',
  'blocked-by-command',
  'none',
  'inconsistent-parameters',
  'locked-by-other-client',
];

export const STATUS: Readonly<Record<number, string>> = {
  ...COTP_STATUS,
  ...Object.fromEntries(
    ERRORS.flatMap(([name, codes], errorClass) =>
      codes.map((code, i) => [
        ERROR_BASE + errorClass * 256 + i,
        code === 'other' ? `${name}-other` : code === 'object-undefined' ? 'definition-object-undefined' : code,
      ]),
    ),
  ),
  ...Object.fromEntries(ITEM_ERRORS.map((name, i) => [ITEM_ERROR_BASE + i, name])),
  ...Object.fromEntries(
    Object.entries(REJECTS).flatMap(([type, reasons]) =>
      reasons.map((reason, i) => [
        REJECT_BASE + Number(type) * 256 + i,
        `reject-${REJECT_TYPES[Number(type)]!}-${reason}`,
      ]),
    ),
  ),
  [ASSOCIATION_BASE + ASSOCIATION.rejectedPermanent]: 'association-rejected',
  [ASSOCIATION_BASE + ASSOCIATION.rejectedTransient]: 'association-rejected-for-now',
  [ASSOCIATION_BASE + ASSOCIATION.sessionRefused]: 'session-refused',
  [ASSOCIATION_BASE + ASSOCIATION.aborted]: 'aborted',
  ...Object.fromEntries(CAUSES.map((name, i) => [CAUSE_BASE + i, name])),
};
