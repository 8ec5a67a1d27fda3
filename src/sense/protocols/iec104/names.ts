/**
 * IEC 60870-5-104 functions, causes, statuses and areas. Source: IEC 60870-5-104:2006, 5 (APCI), 6 (type identifications used);
 * IEC 60870-5-101:2003, 7.2.1 (type identification), 7.2.3 (cause of transmission), 7.3, 7.4 (ASDUs and their causes).
 * Security types: IEC TS 60870-5-7:2013. Classes, effects and risk are Firedoor's judgement; NOTES.md says where it differs.
 */
import type { FunctionInfo } from '../../../records.ts';

/** Function key of an S frame, of a U frame (base plus its first control octet), of an I frame without ASDU, of octets that are no frame. */
export const S_FUNCTION = 0x101;
export const U_BASE = 0x100;
export const EMPTY_I_FUNCTION = 0x100;
export const JUNK_FUNCTION = 0x1ff;

/** First control octet of U frames (5-104, 5.1, figure 8). */
export const U = {
  startAct: 0x07,
  startCon: 0x0b,
  stopAct: 0x13,
  stopCon: 0x23,
  testAct: 0x43,
  testCon: 0x83,
} as const;

/** Causes of transmission that decide something here (5-101, 7.2.3). */
export const CAUSE = {
  periodic: 1,
  background: 2,
  spontaneous: 3,
  initialized: 4,
  request: 5,
  activation: 6,
  activationCon: 7,
  deactivation: 8,
  deactivationCon: 9,
  activationTerm: 10,
  file: 13,
  interrogated: 20,
  interrogatedLast: 36,
  counters: 37,
  countersLast: 41,
  unknownType: 44,
  unknownCause: 45,
  unknownCommonAddress: 46,
  unknownObjectAddress: 47,
} as const;
/** Bits beside the cause in its octet: negative confirmation and test (5-101, 7.2.3). */
export const NEGATIVE = 0x40;
export const TEST = 0x80;

/** Common address of all stations (5-101, 7.2.4). */
export const GLOBAL_ADDRESS = 0xffff;

/** Type identifications that decide something here. */
export const TYPE = {
  singleCommand: 45,
  doubleCommand: 46,
  endOfInitialization: 70,
  interrogation: 100,
  counterInterrogation: 101,
  read: 102,
  clock: 103,
  reset: 105,
  test: 107,
  parameterActivation: 113,
  fileReady: 120,
  fileCall: 122,
  segment: 125,
  fileLast: 127,
} as const;

/** Sub-functions: what a command with the select bit does, and what deactivation does. */
export const SUB = { select: 1, deactivate: 2, fromStation: 3, fileDelete: 4 } as const;
/** Sub-functions of counter interrogation: FRZ of the qualifier (5-101, 7.2.6.23), 0 reads. */
export const FREEZE = { read: 0, freeze: 1, freezeReset: 2, reset: 3 } as const;

/** Areas a point may lie in; index = area number in the view. A point keeps its area whether it comes with a time or without. */
export const AREAS = [
  'object',
  'single-point',
  'double-point',
  'step-position',
  'bitstring',
  'normalized',
  'scaled',
  'short-float',
  'integrated-total',
  'protection-event',
  'protection-start',
  'protection-output',
  'packed-single-point',
  'single-command',
  'double-command',
  'step-command',
  'set-normalized',
  'set-scaled',
  'set-short-float',
  'bitstring-command',
  'initialization',
  'interrogation',
  'counter-interrogation',
  'clock',
  'reset',
  'test',
  'parameter-normalized',
  'parameter-scaled',
  'parameter-short-float',
  'parameter-kind',
  'parameter-activation',
  'file',
  'security',
] as const;
export type AreaName = (typeof AREAS)[number];
export const AREA = Object.fromEntries(AREAS.map((name, number) => [name, number])) as Readonly<
  Record<AreaName, number>
>;

/** Status of a negative confirmation, of a negative termination; 44 to 47 are the causes themselves. */
export const NEGATIVE_CONFIRMATION = 64;
export const NEGATIVE_TERMINATION = 65;
export const STATUS_NAMES: Readonly<Record<number, string>> = {
  0: 'ok',
  44: 'unknown-type',
  45: 'unknown-cause',
  46: 'unknown-common-address',
  47: 'unknown-object-address',
  64: 'negative-confirmation',
  65: 'negative-termination',
};

const measures = { class: 'read', effect: 'none', risk: 0, techniques: ['T0801'] } as const;
const diagnostic = { class: 'diagnostic', effect: 'none', risk: 1, techniques: [] } as const;
const switches = {
  class: 'control',
  effect: 'changes-value',
  risk: 3,
  techniques: ['T1692.001', 'T0831', 'T0806'],
} as const;
const steps = { class: 'control', effect: 'changes-value', risk: 3, techniques: ['T1692.001', 'T0831'] } as const;
const sets = { class: 'write', effect: 'changes-value', risk: 3, techniques: ['T1692.001', 'T0836'] } as const;
const limits = { class: 'config', effect: 'changes-value', risk: 2, techniques: ['T0836', 'T0838'] } as const;
const secures = { class: 'auth', effect: 'none', risk: 1, techniques: ['T0859'] } as const;
/** A file that goes to the station may be firmware or configuration. */
const loads = { class: 'write', effect: 'changes-logic', risk: 3, techniques: ['T0867'] } as const;
const collects = { class: 'read', effect: 'none', risk: 1, techniques: ['T0893'] } as const;

type Judgement = Omit<FunctionInfo, 'code' | 'subCode' | 'name'>;
type Row = readonly [code: number, name: string, judgement: Judgement];

/** Monitor direction, 5-101 7.3.1 and 7.3.3; the same name with `-time` where the object carries one. */
const MONITORED: readonly Row[] = [
  [1, 'single-point', measures],
  [2, 'single-point-time24', measures],
  [3, 'double-point', measures],
  [4, 'double-point-time24', measures],
  [5, 'step-position', measures],
  [6, 'step-position-time24', measures],
  [7, 'bitstring', measures],
  [8, 'bitstring-time24', measures],
  [9, 'measured-normalized', measures],
  [10, 'measured-normalized-time24', measures],
  [11, 'measured-scaled', measures],
  [12, 'measured-scaled-time24', measures],
  [13, 'measured-float', measures],
  [14, 'measured-float-time24', measures],
  [15, 'integrated-totals', measures],
  [16, 'integrated-totals-time24', measures],
  [17, 'protection-event-time24', measures],
  [18, 'protection-start-time24', measures],
  [19, 'protection-output-time24', measures],
  [20, 'packed-single-points', measures],
  [21, 'measured-normalized-bare', measures],
  [30, 'single-point-time', measures],
  [31, 'double-point-time', measures],
  [32, 'step-position-time', measures],
  [33, 'bitstring-time', measures],
  [34, 'measured-normalized-time', measures],
  [35, 'measured-scaled-time', measures],
  [36, 'measured-float-time', measures],
  [37, 'integrated-totals-time', measures],
  [38, 'protection-event-time', measures],
  [39, 'protection-start-time', measures],
  [40, 'protection-output-time', measures],
  [41, 'security-statistics-time', { ...measures, techniques: [] }],
  [70, 'end-of-initialization', { ...diagnostic, effect: 'changes-mode', risk: 2, techniques: ['T0868'] }],
];

/** Commands, 5-101 7.3.2 and 5-104 8; each has a select and a deactivation. */
const COMMANDS: readonly Row[] = [
  [45, 'single-command', switches],
  [46, 'double-command', switches],
  [47, 'regulating-step-command', steps],
  [48, 'set-point-normalized', sets],
  [49, 'set-point-scaled', sets],
  [50, 'set-point-float', sets],
  [51, 'bitstring-command', { ...switches, techniques: ['T1692.001'] }],
  [58, 'single-command-time', switches],
  [59, 'double-command-time', switches],
  [60, 'regulating-step-command-time', steps],
  [61, 'set-point-normalized-time', sets],
  [62, 'set-point-scaled-time', sets],
  [63, 'set-point-float-time', sets],
  [64, 'bitstring-command-time', { ...switches, techniques: ['T1692.001'] }],
];

const SYSTEM: readonly Row[] = [
  [100, 'interrogation', { class: 'discovery', effect: 'none', risk: 1, techniques: ['T0802', 'T0801', 'T0861'] }],
  [101, 'counter-interrogation', { ...measures, techniques: ['T0802'] }],
  [102, 'read', measures],
  [103, 'clock-synchronization', { ...limits, techniques: ['T0836', 'T0872'] }],
  [104, 'test-command', diagnostic],
  [105, 'reset-process', { class: 'control', effect: 'restarts', risk: 4, techniques: ['T0816', 'T0814'] }],
  [106, 'delay-acquisition', diagnostic],
  [107, 'test-command-time', diagnostic],
  [110, 'parameter-normalized', limits],
  [111, 'parameter-scaled', limits],
  [112, 'parameter-float', limits],
  [113, 'parameter-activation', { ...limits, effect: 'changes-mode', risk: 3, techniques: ['T0836', 'T0878'] }],
];

/** Files, 5-101 7.3.6. */
const FILES: readonly Row[] = [
  [120, 'file-ready', loads],
  [121, 'section-ready', loads],
  [122, 'file-call', collects],
  [123, 'file-last', loads],
  [124, 'file-acknowledge', { ...loads, effect: 'none', risk: 0 }],
  [125, 'file-segment', loads],
  [126, 'file-directory', collects],
  [127, 'file-query-log', collects],
];

/** IEC TS 60870-5-7:2013, 7.2. */
const SECURITY: readonly Row[] = [
  [81, 'security-challenge', secures],
  [82, 'security-reply', secures],
  [83, 'security-aggressive-request', secures],
  [84, 'security-key-status-request', secures],
  [85, 'security-key-status', secures],
  [86, 'security-key-change', secures],
  [87, 'security-error', secures],
  [90, 'security-user-status-change', secures],
  [91, 'security-update-key-request', secures],
  [92, 'security-update-key-reply', secures],
  [93, 'security-update-key-symmetric', secures],
  [94, 'security-update-key-asymmetric', secures],
  [95, 'security-update-key-confirmation', secures],
];

/** 5-104, 5.3 to 5.5. */
const FRAMES: readonly Row[] = [
  [S_FUNCTION, 'acknowledge', { ...diagnostic, risk: 0 }],
  [EMPTY_I_FUNCTION, 'information-without-asdu', diagnostic],
  [
    U_BASE + U.startAct,
    'start-data-transfer',
    { class: 'auth', effect: 'changes-mode', risk: 2, techniques: ['T0848'] },
  ],
  [U_BASE + U.startCon, 'start-data-transfer-confirmation', { ...secures, techniques: [] }],
  [
    U_BASE + U.stopAct,
    'stop-data-transfer',
    { class: 'auth', effect: 'changes-mode', risk: 3, techniques: ['T1691.002', 'T1691.001'] },
  ],
  [U_BASE + U.stopCon, 'stop-data-transfer-confirmation', { ...secures, techniques: [] }],
  [U_BASE + U.testAct, 'test-frame', diagnostic],
  [U_BASE + U.testCon, 'test-frame-confirmation', diagnostic],
  [JUNK_FUNCTION, 'junk', diagnostic],
];

const plain = ([code, name, judgement]: Row): FunctionInfo => ({ code, name, ...judgement });
const sub = (subCode: number, suffix: string, change: Partial<Judgement>) => {
  return ([code, name, judgement]: Row): FunctionInfo => ({
    code,
    subCode,
    name: `${name}-${suffix}`,
    ...judgement,
    ...change,
  });
};

const freezes = { class: 'control', effect: 'changes-value', risk: 2, techniques: ['T0836'] } as const;

export const FUNCTIONS: readonly FunctionInfo[] = [
  ...[...MONITORED, ...COMMANDS, ...SYSTEM, ...FILES, ...SECURITY, ...FRAMES].map(plain),
  ...COMMANDS.map(sub(SUB.select, 'select', { effect: 'none', techniques: ['T1692.001'] })),
  ...COMMANDS.map(sub(SUB.deactivate, 'deactivate', { effect: 'none', risk: 2, techniques: ['T0814'] })),
  ...FILES.map(sub(SUB.fromStation, 'from-station', { class: 'read', effect: 'none', risk: 1, techniques: [] })),
  { code: 100, subCode: SUB.deactivate, name: 'interrogation-deactivate', ...diagnostic },
  {
    code: 113,
    subCode: SUB.deactivate,
    name: 'parameter-deactivate',
    class: 'config',
    effect: 'changes-mode',
    risk: 3,
    techniques: ['T0836', 'T0878'],
  },
  { code: 101, subCode: FREEZE.freeze, name: 'counter-freeze', ...freezes },
  { code: 101, subCode: FREEZE.freezeReset, name: 'counter-freeze-reset', ...freezes },
  { code: 101, subCode: FREEZE.reset, name: 'counter-reset', ...freezes },
  {
    code: 122,
    subCode: SUB.fileDelete,
    name: 'file-delete',
    class: 'write',
    effect: 'changes-value',
    risk: 3,
    techniques: ['T0809'],
  },
];
