/**
 * DNP3 functions, link functions, status codes and areas. Source: IEEE 1815-2012, 4.2.2.5 (application function codes),
 * 4.2.2.6 (internal indications), 9.2.4.1.3 (link function codes), 11.6 and annex A (objects, flags, status codes).
 * Classes, effects and risk are Firedoor's judgement; where they differ from common lists NOTES.md says why.
 */
import type { FunctionInfo } from '../../../records.ts';

/** Application function codes, 4.2.2.5. */
export const FC = {
  confirm: 0,
  read: 1,
  write: 2,
  select: 3,
  operate: 4,
  directOperate: 5,
  directOperateNoAck: 6,
  immediateFreeze: 7,
  immediateFreezeNoAck: 8,
  freezeClear: 9,
  freezeClearNoAck: 10,
  freezeAtTime: 11,
  freezeAtTimeNoAck: 12,
  coldRestart: 13,
  warmRestart: 14,
  initializeData: 15,
  initializeApplication: 16,
  startApplication: 17,
  stopApplication: 18,
  saveConfiguration: 19,
  enableUnsolicited: 20,
  disableUnsolicited: 21,
  assignClass: 22,
  delayMeasurement: 23,
  recordCurrentTime: 24,
  openFile: 25,
  closeFile: 26,
  deleteFile: 27,
  getFileInfo: 28,
  authenticateFile: 29,
  abortFile: 30,
  activateConfiguration: 31,
  authenticateRequest: 32,
  authenticateRequestNoAck: 33,
  response: 129,
  unsolicitedResponse: 130,
  authenticateResponse: 131,
} as const;

/** Function key of a link frame: this plus PRM (0x40) and the link function code; above every application function. */
export const LINK_FUNCTION_BASE = 0x100;
/** Function key of bytes between link frames that are no frame. */
export const LINK_JUNK = LINK_FUNCTION_BASE + 0x80;
/** Link function codes of a primary station, 9.2.4.1.3.1. */
export const LINK_PRIMARY = {
  resetLink: 0,
  resetUser: 1,
  testLink: 2,
  confirmedUserData: 3,
  unconfirmedUserData: 4,
  requestLinkStatus: 9,
} as const;
/** Link function codes of a secondary station, 9.2.4.1.3.2. */
export const LINK_SECONDARY = { ack: 0, nack: 1, linkStatus: 11, notFunctioning: 14, notSupported: 15 } as const;

/** Destinations from here on are broadcasts (9.2.4.1.5). */
export const BROADCAST_FIRST = 0xfffd;
/** Functions that no response follows (4.4). */
export const UNANSWERED: ReadonlySet<number> = new Set<number>([
  FC.confirm,
  FC.directOperateNoAck,
  FC.immediateFreezeNoAck,
  FC.freezeClearNoAck,
  FC.freezeAtTimeNoAck,
  FC.authenticateRequestNoAck,
]);

/** Areas a point may lie in; index = area number in the view. */
export const AREAS = [
  'other',
  'binary-input',
  'double-binary-input',
  'binary-output',
  'counter',
  'frozen-counter',
  'analog-input',
  'frozen-analog-input',
  'analog-input-deadband',
  'analog-output',
  'time',
  'delay',
  'class',
  'file',
  'internal-indication',
  'octet-string',
  'virtual-terminal',
  'device-attribute',
  'data-set',
  'application',
  'bcd',
  'unsigned-integer',
  'authentication',
  'security-statistic',
  'control-code',
  'pulse-count',
  'pulse-on-ms',
  'pulse-off-ms',
  'control-status',
  'pattern-mask',
  'storage',
] as const;
export type AreaName = (typeof AREAS)[number];

/** Number of each area. */
export const AREA = Object.fromEntries(AREAS.map((name, number) => [name, number])) as Readonly<
  Record<AreaName, number>
>;

/** Bits of the flags octet, 11.6.1 ff.; bit 5 and 6 differ by type. */
export const FLAG = {
  online: 0x01,
  restart: 0x02,
  communicationLost: 0x04,
  remoteForced: 0x08,
  localForced: 0x10,
  /** Binary: chatter filter; counter: rollover (obsolete); analog: over range. */
  bit5: 0x20,
  /** Counter: discontinuity; analog: reference error; binary: reserved. */
  bit6: 0x40,
} as const;

/** Internal indications, bit number = index of group 80: first octet 0 to 7, second 8 to 15 (4.2.2.6, table 4-3). */
export const IIN = {
  broadcast: 0,
  class1Events: 1,
  class2Events: 2,
  class3Events: 3,
  needTime: 4,
  localControl: 5,
  deviceTrouble: 6,
  deviceRestart: 7,
  noFunctionSupport: 8,
  objectUnknown: 9,
  parameterError: 10,
  eventBufferOverflow: 11,
  alreadyExecuting: 12,
  configurationCorrupt: 13,
} as const;

/** Status of a control with status code c is `CONTROL_STATUS_BASE + c`; of a file operation `FILE_STATUS_BASE + c`; of the link `LINK_STATUS_BASE + c`. */
export const CONTROL_STATUS_BASE = 0x100;
export const FILE_STATUS_BASE = 0x200;
export const LINK_STATUS_BASE = 0x300;
/** Status of an authentication error (g120v7) is this plus its code. */
export const AUTHENTICATION_STATUS_BASE = 0x400;

/** Refusals by status number: 1 to 15 is the bit number of the internal indication, see `IIN`. */
export const STATUS_NAMES: Readonly<Record<number, string>> = {
  0: 'ok',
  8: 'function-not-supported',
  9: 'object-unknown',
  10: 'parameter-error',
  12: 'already-executing',
  // Control status codes, annex A, group 12 variation 1 (table 11-20).
  257: 'control-timeout',
  258: 'control-no-select',
  259: 'control-format-error',
  260: 'control-not-supported',
  261: 'control-already-active',
  262: 'control-hardware-error',
  263: 'control-local',
  264: 'control-too-many-objects',
  265: 'control-not-authorized',
  266: 'control-automation-inhibit',
  267: 'control-processing-limited',
  268: 'control-out-of-range',
  269: 'control-downstream-local',
  270: 'control-already-complete',
  271: 'control-blocked',
  272: 'control-cancelled',
  273: 'control-blocked-other-master',
  274: 'control-downstream-fail',
  382: 'control-non-participating',
  383: 'control-undefined',
  // File status codes, annex A, group 70 variations 4 and 6.
  513: 'file-permission-denied',
  514: 'file-invalid-mode',
  515: 'file-not-found',
  516: 'file-locked',
  517: 'file-too-many-open',
  518: 'file-invalid-handle',
  519: 'file-write-block-size',
  520: 'file-communication-lost',
  521: 'file-cannot-abort',
  528: 'file-not-opened',
  529: 'file-handle-expired',
  530: 'file-buffer-overrun',
  531: 'file-fatal',
  532: 'file-block-sequence',
  767: 'file-undefined',
  769: 'link-nack',
  782: 'link-not-functioning',
  783: 'link-not-supported',
  // Authentication error codes, annex A, group 120 variation 7.
  1025: 'authentication-failed',
  1026: 'authentication-unexpected-response',
  1027: 'authentication-no-reply',
  1028: 'authentication-aggressive-mode-not-permitted',
  1029: 'authentication-algorithm-not-permitted',
  1030: 'authentication-wrap-algorithm-not-permitted',
  1031: 'authentication-not-authorized',
  1032: 'authentication-update-key-method-not-permitted',
  1033: 'authentication-invalid-signature',
  1034: 'authentication-invalid-certification',
  1035: 'authentication-unknown-user',
  1036: 'authentication-session-key-limit',
};

/** Device attributes (group 0) by variation → kind of fact; the others are `attribute-<variation>` (annex A, group 0). */
export const ATTRIBUTES: Readonly<Record<number, string>> = {
  242: 'firmware',
  243: 'hardware',
  244: 'owner',
  245: 'location',
  246: 'id-code',
  247: 'name',
  248: 'serial',
  249: 'conformance',
  250: 'model',
  252: 'vendor',
};

/** File command modes, annex A, group 70 variation 3. */
export const FILE_MODE = { null: 0, read: 1, write: 2, append: 3 } as const;

const read = { class: 'read', effect: 'none', risk: 0, techniques: ['T0801'] } as const;
const report = { class: 'read', effect: 'none', risk: 0, techniques: [] } as const;
const diagnostic = { class: 'diagnostic', effect: 'none', risk: 1, techniques: [] } as const;
const writes = { class: 'write', effect: 'changes-value', risk: 3, techniques: ['T0836', 'T1692.001'] } as const;
const operates = {
  class: 'control',
  effect: 'changes-value',
  risk: 3,
  techniques: ['T1692.001', 'T0831', 'T0806'],
} as const;
const freezes = { class: 'write', effect: 'changes-value', risk: 3, techniques: ['T0836'] } as const;
const restarts = { class: 'control', effect: 'restarts', risk: 4, techniques: ['T0816', 'T0814'] } as const;
const configures = { class: 'config', effect: 'changes-mode', risk: 2, techniques: ['T0838'] } as const;
const authenticates = { class: 'auth', effect: 'none', risk: 1, techniques: ['T0859'] } as const;
const writesFile = { class: 'write', effect: 'changes-value', risk: 3, techniques: ['T0867', 'T0843'] } as const;
const handlesFile = { class: 'write', effect: 'none', risk: 0, techniques: [] } as const;

/** `write` has the object group as sub-function, `open-file` the mode. */
const WRITE_BY_GROUP: readonly FunctionInfo[] = [
  {
    code: 2,
    subCode: 0,
    name: 'write-device-attribute',
    ...configures,
    effect: 'changes-value',
    techniques: ['T0836'],
  },
  { code: 2, subCode: 10, name: 'write-binary-output', ...writes },
  {
    code: 2,
    subCode: 34,
    name: 'write-deadband',
    ...configures,
    effect: 'changes-value',
    techniques: ['T0836', 'T0838'],
  },
  { code: 2, subCode: 40, name: 'write-analog-output', ...writes },
  { code: 2, subCode: 50, name: 'write-time', ...configures, effect: 'changes-value', techniques: ['T0836', 'T0872'] },
  { code: 2, subCode: 70, name: 'write-file', ...writesFile },
  { code: 2, subCode: 80, name: 'write-internal-indications', ...configures, risk: 1, techniques: ['T0872'] },
  { code: 2, subCode: 85, name: 'write-data-set', ...configures, effect: 'changes-value', techniques: ['T0836'] },
  { code: 2, subCode: 87, name: 'write-data-set', ...writes },
  { code: 2, subCode: 110, name: 'write-octet-string', ...writes },
  { code: 2, subCode: 112, name: 'write-virtual-terminal', ...writes, risk: 4, techniques: ['T0836', 'T0807'] },
  { code: 25, subCode: 0, name: 'open-file-null', ...handlesFile },
  { code: 25, subCode: 1, name: 'open-file-read', class: 'read', effect: 'none', risk: 1, techniques: ['T0893'] },
  { code: 25, subCode: 2, name: 'open-file-write', ...writesFile },
  { code: 25, subCode: 3, name: 'open-file-append', ...writesFile },
];

const LINK_FUNCTIONS: readonly FunctionInfo[] = [
  { code: 0x140, name: 'link-reset', ...diagnostic },
  { code: 0x141, name: 'link-reset-user-process', ...diagnostic, effect: 'restarts', risk: 4, techniques: ['T0816'] },
  { code: 0x142, name: 'link-test', ...diagnostic },
  { code: 0x143, name: 'link-confirmed-user-data', ...diagnostic },
  { code: 0x144, name: 'link-unconfirmed-user-data', ...diagnostic },
  {
    code: 0x149,
    name: 'link-request-status',
    class: 'discovery',
    effect: 'none',
    risk: 1,
    techniques: ['T0888', 'T0846'],
  },
  { code: 0x100, name: 'link-ack', ...diagnostic },
  { code: 0x101, name: 'link-nack', ...diagnostic },
  { code: 0x10b, name: 'link-status', ...diagnostic },
  { code: 0x10e, name: 'link-not-functioning', ...diagnostic },
  { code: 0x10f, name: 'link-not-supported', ...diagnostic },
  { code: LINK_JUNK, name: 'link-junk', ...diagnostic },
];

export const FUNCTIONS: readonly FunctionInfo[] = [
  { code: 0, name: 'confirm', ...diagnostic },
  { code: 1, name: 'read', ...read },
  { code: 2, name: 'write', ...writes },
  { code: 3, name: 'select', class: 'control', effect: 'none', risk: 3, techniques: ['T1692.001'] },
  { code: 4, name: 'operate', ...operates, techniques: ['T1692.001', 'T0831'] },
  { code: 5, name: 'direct-operate', ...operates },
  { code: 6, name: 'direct-operate-no-ack', ...operates },
  { code: 7, name: 'immediate-freeze', ...freezes },
  { code: 8, name: 'immediate-freeze-no-ack', ...freezes },
  { code: 9, name: 'freeze-clear', ...freezes },
  { code: 10, name: 'freeze-clear-no-ack', ...freezes },
  { code: 11, name: 'freeze-at-time', ...freezes },
  { code: 12, name: 'freeze-at-time-no-ack', ...freezes },
  { code: 13, name: 'cold-restart', ...restarts },
  { code: 14, name: 'warm-restart', ...restarts },
  { code: 15, name: 'initialize-data', ...configures, effect: 'changes-value', techniques: ['T0836'] },
  { code: 16, name: 'initialize-application', ...configures, techniques: ['T0881'] },
  {
    code: 17,
    name: 'start-application',
    class: 'control',
    effect: 'changes-mode',
    risk: 3,
    techniques: ['T0858'],
  },
  {
    code: 18,
    name: 'stop-application',
    class: 'control',
    effect: 'stops',
    risk: 4,
    techniques: ['T0881', 'T0858'],
  },
  { code: 19, name: 'save-configuration', ...configures, effect: 'changes-value', techniques: ['T0836'] },
  { code: 20, name: 'enable-unsolicited', ...configures },
  { code: 21, name: 'disable-unsolicited', ...configures, risk: 3, techniques: ['T0878', 'T1691.002'] },
  { code: 22, name: 'assign-class', ...configures },
  { code: 23, name: 'delay-measurement', ...diagnostic },
  { code: 24, name: 'record-current-time', ...diagnostic },
  { code: 25, name: 'open-file', ...writesFile, techniques: ['T0867', 'T0893'] },
  { code: 26, name: 'close-file', ...handlesFile },
  { code: 27, name: 'delete-file', class: 'write', effect: 'changes-value', risk: 3, techniques: ['T0809'] },
  { code: 28, name: 'get-file-info', ...read, techniques: ['T0888'] },
  { code: 29, name: 'authenticate-file', ...authenticates },
  { code: 30, name: 'abort-file', ...handlesFile },
  {
    code: 31,
    name: 'activate-configuration',
    class: 'config',
    effect: 'changes-logic',
    risk: 4,
    techniques: ['T0843', 'T0836'],
  },
  { code: 32, name: 'authenticate-request', ...authenticates },
  { code: 33, name: 'authenticate-request-no-ack', ...authenticates },
  { code: 129, name: 'response', ...report },
  { code: 130, name: 'unsolicited-response', ...report },
  { code: 131, name: 'authenticate-response', ...authenticates, techniques: [] },
  ...WRITE_BY_GROUP,
  ...LINK_FUNCTIONS,
];
