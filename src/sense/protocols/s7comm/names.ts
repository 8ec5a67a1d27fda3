/**
 * Codes of S7 communication (protocol id 0x32). Siemens publishes no specification; sources: the Wireshark field reference for
 * `s7comm` (field names and values), the SIMATIC manual "System Software for S7-300/400 System and Standard Functions" (SZL,
 * block types, error codes, data types), the libnodave and snap7 manuals. Classes, effects and risk are Firedoor's judgement.
 */
import type { FunctionInfo } from '../../../records.ts';
import { functionKey } from '../protocol.ts';
import { COTP_FUNCTIONS, COTP_STATUS } from '../tpkt/names.ts';

export const PROTOCOL_ID = 0x32;

/** Kind of PDU ("remote operating service control"). */
export const ROSCTR = { job: 1, ack: 2, ackData: 3, userdata: 7 } as const;

/** Functions of jobs. */
export const FC = {
  readVar: 0x04,
  writeVar: 0x05,
  requestDownload: 0x1a,
  downloadBlock: 0x1b,
  downloadEnded: 0x1c,
  startUpload: 0x1d,
  upload: 0x1e,
  endUpload: 0x1f,
  piService: 0x28,
  plcStop: 0x29,
  setupCommunication: 0xf0,
} as const;

/** An acknowledgement whose job was not seen: it names no function itself. */
export const ACK_FUNCTION = 0x200;
/** A PDU kind nobody knows: this plus the kind. */
export const ROSCTR_FUNCTION_BASE = 0x300;
/** Function groups of userdata: this plus the group; the sub-function is the sub-code. */
export const USERDATA_BASE = 0x700;

export const GROUP = {
  modeTransition: 0,
  programmer: 1,
  cyclic: 2,
  block: 3,
  cpu: 4,
  security: 5,
  bsend: 6,
  time: 7,
  nc: 15,
} as const;

/** Sub-functions the dissector looks into. */
export const SUB = {
  variableStatus: 2,
  modifyVariable: 8,
  force: 9,
  cyclicTransfer: 1,
  cyclicUnsubscribe: 4,
  changeDriven: 5,
  changeDrivenModify: 7,
  listBlocks: 1,
  listBlocksOfType: 2,
  blockInfo: 3,
  readSzl: 1,
  messageService: 2,
  diagnosticMessage: 3,
  alarm8Indication: 5,
  notifyIndication: 6,
  alarmSqIndication: 17,
  alarmSIndication: 18,
  notify8Indication: 22,
  password: 1,
  readClock: 1,
  setClock: 2,
  readClockFollowing: 3,
  setClockFollowing: 4,
} as const;

/** Types of blocks, as in block names (`08` organisation block …) and in the block functions. */
export const BLOCK_TYPES: Readonly<Record<number, string>> = {
  8: 'OB',
  10: 'DB',
  11: 'SDB',
  12: 'FC',
  13: 'SFC',
  14: 'FB',
  15: 'SFB',
};

/** Areas of items (S7ANY pointer). */
export const ITEM_AREA = {
  systemInfo200: 0x03,
  systemFlags200: 0x05,
  analogInputs200: 0x06,
  analogOutputs200: 0x07,
  counters: 0x1c,
  timers: 0x1d,
  counters200: 0x1e,
  timers200: 0x1f,
  peripheral: 0x80,
  inputs: 0x81,
  outputs: 0x82,
  flags: 0x83,
  db: 0x84,
  instanceDb: 0x85,
  local: 0x86,
  localOfCaller: 0x87,
} as const;

/** Areas with one address space a device; then one area for each data block: `db1`, and `di1` where opened as instance. */
const FIXED_AREAS = [
  'inputs',
  'outputs',
  'flags',
  'counters',
  'timers',
  'peripheral',
  'local',
  'caller-local',
  'system-info',
  'system-flags',
  'analog-inputs',
  'analog-outputs',
  'symbolic',
  'nck',
  'other',
  'block',
  'clock',
  'alarm',
  'diagnostic',
] as const;
const FIRST_DB = 32;
const FIRST_INSTANCE_DB = FIRST_DB + 0x10000;

/** Names by area number. Names of data blocks are put in by `dataBlockArea` when a block is first met: 65,536 are possible. */
export const AREAS: string[] = [...FIXED_AREAS];

export const AREA = {
  inputs: 0,
  outputs: 1,
  flags: 2,
  counters: 3,
  timers: 4,
  peripheral: 5,
  symbolic: 12,
  nck: 13,
  other: 14,
  /** Blocks of the user program by name: `block/OB1`. */
  block: 15,
  clock: 16,
  /** Alarms by the number of their event; the value is the state of its signals, bit by bit. */
  alarm: 17,
  /** Entries of the diagnostic buffer the CPU sends by itself: the value is the event id. */
  diagnostic: 18,
} as const;

const AREA_CODES: Readonly<Record<number, number>> = {
  [ITEM_AREA.inputs]: AREA.inputs,
  [ITEM_AREA.outputs]: AREA.outputs,
  [ITEM_AREA.flags]: AREA.flags,
  [ITEM_AREA.counters]: AREA.counters,
  [ITEM_AREA.timers]: AREA.timers,
  [ITEM_AREA.counters200]: AREA.counters,
  [ITEM_AREA.timers200]: AREA.timers,
  [ITEM_AREA.peripheral]: AREA.peripheral,
  [ITEM_AREA.local]: 6,
  [ITEM_AREA.localOfCaller]: 7,
  [ITEM_AREA.systemInfo200]: 8,
  [ITEM_AREA.systemFlags200]: 9,
  [ITEM_AREA.analogInputs200]: 10,
  [ITEM_AREA.analogOutputs200]: 11,
};

/** The same as a table, for the packet path. */
const AREA_BY_CODE = new Uint8Array(256).fill(AREA.other);
for (const [code, area] of Object.entries(AREA_CODES)) AREA_BY_CODE[Number(code)] = area;
/** 1 where the name of an area is put in already: looking into the sparse list costs more. */
const named = new Uint8Array(FIRST_INSTANCE_DB + 0x10000);

/** Area number of an item's area code and data block; `AREA.other` for a code nobody knows. */
export function areaOf(code: number, db: number): number {
  if (code === ITEM_AREA.db) return dataBlockArea(db, FIRST_DB, 'db');
  if (code === ITEM_AREA.instanceDb) return dataBlockArea(db, FIRST_INSTANCE_DB, 'di');
  return AREA_BY_CODE[code & 255]!;
}

function dataBlockArea(db: number, first: number, prefix: string): number {
  const area = first + (db & 0xffff);
  if (named[area] === 0) {
    AREAS[area] = `${prefix}${db & 0xffff}`;
    named[area] = 1;
  }
  return area;
}

const read = { class: 'read', effect: 'none', risk: 0, techniques: ['T0801'] } as const;
const writes = { class: 'write', effect: 'changes-value', risk: 3, techniques: ['T1692.001', 'T0836'] } as const;
const download = { class: 'program', effect: 'changes-logic', risk: 4, techniques: ['T0843', 'T0889'] } as const;
const upload = { class: 'program', effect: 'none', risk: 3, techniques: ['T0845'] } as const;
const diagnostic = { class: 'diagnostic', effect: 'none', risk: 1, techniques: ['T0868'] } as const;
const discovery = { class: 'discovery', effect: 'none', risk: 1, techniques: ['T0888'] } as const;
const config = { class: 'config', effect: 'changes-mode', risk: 2, techniques: [] } as const;
const alarm = { class: 'read', effect: 'none', risk: 0, techniques: ['T0801'] } as const;
const alarmChange = { class: 'config', effect: 'changes-mode', risk: 2, techniques: ['T0878', 'T0838'] } as const;

/**
 * PI services by name; the sub-code is the place in this list plus one. Unknown ones keep their name as a fact. Names from the
 * Wireshark field reference; those of the numeric control (`_N_…`) are grouped by what they do.
 */
const PI: readonly (readonly [service: string, name: string, info: Omit<FunctionInfo, 'code' | 'name' | 'subCode'>])[] =
  [
    ['P_PROGRAM', 'plc-start', { class: 'control', effect: 'restarts', risk: 3, techniques: ['T0858', 'T0816'] }],
    [
      'P_PROGRAM C',
      'plc-cold-start',
      { class: 'control', effect: 'restarts', risk: 3, techniques: ['T0858', 'T0816'] },
    ],
    ['_INSE', 'activate-block', { ...download, techniques: ['T0843', 'T0889', 'T0821'] }],
    ['_INS2', 'activate-block-in-group', { ...download, techniques: ['T0843', 'T0889', 'T0821'] }],
    ['_DELE', 'delete-block', { ...download, techniques: ['T0809', 'T0889'] }],
    ['_GARB', 'compress-memory', config],
    ['_MODU', 'copy-ram-to-rom', { ...download, techniques: ['T0889'] }],
    ['_RST', 'memory-reset', { class: 'control', effect: 'stops', risk: 4, techniques: ['T0809', 'T0816'] }],
    ['_N_LOGIN_', 'nc-login', { class: 'auth', effect: 'none', risk: 1, techniques: ['T0859'] }],
    ['_N_LOGOUT', 'nc-logout', { class: 'auth', effect: 'none', risk: 0, techniques: [] }],
    ['_N_CANCEL', 'nc-cancel-alarm', alarmChange],
    ['_N_F_OPEN', 'nc-open-file', upload],
    ['_N_F_CLOS', 'nc-close-file', upload],
    ['_N_F_DELE', 'nc-delete-file', { ...download, techniques: ['T0809'] }],
    ['_N_F_COPY', 'nc-copy-file', download],
    ['_N_F_RENA', 'nc-rename-file', download],
    ['_N_F_PROT', 'nc-protect-file', config],
    ['_N_SELECT', 'nc-select-program', { ...download, techniques: ['T0821'] }],
    ['_N_ACTDEF', 'nc-activate-definitions', download],
    ['_N_SETUDT', 'nc-activate-user-data', { ...download, techniques: ['T0836'] }],
    ['_N_CHKSUM', 'nc-checksum', upload],
    ['_N_FINDBL', 'nc-find-block', { ...download, techniques: ['T0821'] }],
    ['_N_SETTDO', 'nc-set-tool-offset', writes],
    ['_N_CRTOCE', 'nc-create-tool-edge', writes],
    ['_N_DELECE', 'nc-delete-tool-edge', writes],
    ['_N_CREATO', 'nc-create-tool', writes],
    ['_N_DELETO', 'nc-delete-tool', writes],
    ['_N_TMMVTL', 'nc-move-tool', writes],
    ['_N_CONFIG', 'nc-reconfigure', { class: 'config', effect: 'restarts', risk: 3, techniques: ['T0836'] }],
    ['_N_EXTERN', 'nc-execute-external', { ...download, techniques: ['T0821'] }],
  ];
const PI_BY_NAME = new Map(PI.map(([service], i) => [service, i + 1]));

/** Function key of a PI service; the plain function for one nobody knows. */
export function piFunction(service: string): number {
  const sub = PI_BY_NAME.get(service);
  return sub === undefined ? FC.piService : functionKey(FC.piService, sub);
}

type Row = readonly [group: number, sub: number, name: string, info: Omit<FunctionInfo, 'code' | 'name' | 'subCode'>];

const USERDATA: readonly Row[] = [
  [GROUP.modeTransition, 0, 'mode-stop', { ...diagnostic, risk: 2 }],
  [GROUP.modeTransition, 1, 'mode-warm-restart', { ...diagnostic, risk: 2 }],
  [GROUP.modeTransition, 2, 'mode-run', { ...diagnostic, risk: 2 }],
  [GROUP.modeTransition, 3, 'mode-hot-restart', { ...diagnostic, risk: 2 }],
  [GROUP.modeTransition, 4, 'mode-hold', { ...diagnostic, risk: 2 }],
  [GROUP.modeTransition, 6, 'mode-cold-restart', { ...diagnostic, risk: 2 }],
  [GROUP.modeTransition, 9, 'mode-run-redundant', { ...diagnostic, risk: 2 }],
  [GROUP.modeTransition, 11, 'mode-link-up', { ...diagnostic, risk: 2 }],
  [GROUP.modeTransition, 12, 'mode-update', { ...diagnostic, risk: 2 }],
  [GROUP.programmer, 1, 'block-status', diagnostic],
  [GROUP.programmer, 2, 'variable-status', read],
  [GROUP.programmer, 3, 'read-interrupt-stack', diagnostic],
  [GROUP.programmer, 4, 'read-block-stack', diagnostic],
  [GROUP.programmer, 5, 'read-local-stack', diagnostic],
  [GROUP.programmer, 6, 'time-measurement', diagnostic],
  [GROUP.programmer, 7, 'force-selection', { ...writes, techniques: ['T0835', 'T1692.001'] }],
  [GROUP.programmer, 8, 'modify-variable', { ...writes, techniques: ['T1692.001', 'T0836', 'T0835'] }],
  [GROUP.programmer, 9, 'force', { ...writes, class: 'control', techniques: ['T0835', 'T1692.001'] }],
  [GROUP.programmer, 10, 'breakpoint', { class: 'control', effect: 'stops', risk: 4, techniques: ['T0858'] }],
  [GROUP.programmer, 11, 'exit-hold', { class: 'control', effect: 'changes-mode', risk: 3, techniques: ['T0858'] }],
  [
    GROUP.programmer,
    12,
    'memory-reset',
    { class: 'control', effect: 'stops', risk: 4, techniques: ['T0809', 'T0816'] },
  ],
  [GROUP.programmer, 13, 'disable-job', diagnostic],
  // Enabling starts the job that was set up before: status, modify or force, each judged when it was set up.
  [GROUP.programmer, 14, 'enable-job', { ...diagnostic, risk: 2 }],
  [GROUP.programmer, 15, 'delete-job', diagnostic],
  [GROUP.programmer, 16, 'read-job-list', diagnostic],
  [GROUP.programmer, 17, 'read-job', diagnostic],
  [GROUP.programmer, 18, 'replace-job', { ...diagnostic, risk: 2 }],
  [GROUP.programmer, 19, 'block-status-2', diagnostic],
  [GROUP.programmer, 22, 'flash-led', { ...discovery, techniques: [] }],
  [GROUP.cyclic, 1, 'cyclic-transfer', { ...read, techniques: ['T0801', 'T0802'] }],
  [GROUP.cyclic, 4, 'cyclic-unsubscribe', { ...read, techniques: [] }],
  [GROUP.cyclic, 5, 'change-driven-transfer', { ...read, techniques: ['T0801', 'T0802'] }],
  [GROUP.cyclic, 7, 'change-driven-transfer-modify', { ...read, techniques: ['T0801', 'T0802'] }],
  [GROUP.cyclic, 8, 'read-record', read],
  [GROUP.block, 1, 'list-blocks', { ...discovery, techniques: ['T0888', 'T0845'] }],
  [GROUP.block, 2, 'list-blocks-of-type', { ...discovery, techniques: ['T0888', 'T0845'] }],
  [GROUP.block, 3, 'block-info', { ...discovery, techniques: ['T0888', 'T0845'] }],
  [GROUP.cpu, 1, 'read-szl', { ...discovery, techniques: ['T0888', 'T0868'] }],
  [GROUP.cpu, 2, 'message-service', alarm],
  [GROUP.cpu, 3, 'diagnostic-message', { ...alarm, class: 'diagnostic' }],
  [GROUP.cpu, 5, 'alarm-8-indication', alarm],
  [GROUP.cpu, 6, 'notify-indication', alarm],
  [GROUP.cpu, 7, 'alarm-8-lock', alarmChange],
  [GROUP.cpu, 8, 'alarm-8-unlock', { ...alarmChange, risk: 1 }],
  [GROUP.cpu, 9, 'scan-indication', alarm],
  [GROUP.cpu, 11, 'alarm-acknowledge', { ...alarmChange, risk: 1 }],
  [GROUP.cpu, 12, 'alarm-acknowledge-indication', alarm],
  [GROUP.cpu, 13, 'alarm-lock-indication', alarm],
  [GROUP.cpu, 14, 'alarm-unlock-indication', alarm],
  [GROUP.cpu, 17, 'alarm-sq-indication', alarm],
  [GROUP.cpu, 18, 'alarm-s-indication', alarm],
  [GROUP.cpu, 19, 'alarm-query', alarm],
  [GROUP.cpu, 22, 'notify-8-indication', alarm],
  [GROUP.security, 1, 'password', { class: 'auth', effect: 'none', risk: 1, techniques: ['T0859', 'T1694'] }],
  [GROUP.time, 1, 'read-clock', { ...read, techniques: [] }],
  [GROUP.time, 2, 'set-clock', { class: 'config', effect: 'changes-value', risk: 2, techniques: ['T0836', 'T0872'] }],
  [GROUP.time, 3, 'read-clock-following', { ...read, techniques: [] }],
  [GROUP.time, 4, 'set-clock-following', { class: 'config', effect: 'changes-value', risk: 2, techniques: ['T0836'] }],
  [GROUP.nc, 1, 'nc-request-download', download],
  [GROUP.nc, 2, 'nc-download-block', download],
  [GROUP.nc, 3, 'nc-continue-download', download],
  [GROUP.nc, 4, 'nc-download-ended', download],
  [GROUP.nc, 6, 'nc-start-upload', upload],
  [GROUP.nc, 7, 'nc-upload', upload],
  [GROUP.nc, 8, 'nc-continue-upload', upload],
];

const unknownUserdata = { class: 'config', effect: 'changes-mode', risk: 3, techniques: ['T0814'] } as const;
const GROUP_NAMES: Readonly<Record<number, string>> = {
  [GROUP.modeTransition]: 'mode-transition',
  [GROUP.programmer]: 'programmer',
  [GROUP.cyclic]: 'cyclic',
  [GROUP.block]: 'block-function',
  [GROUP.cpu]: 'cpu-function',
  [GROUP.security]: 'security',
  [GROUP.time]: 'time',
  [GROUP.nc]: 'nc-programming',
};

export const FUNCTIONS: readonly FunctionInfo[] = [
  { code: 0, name: 'cpu-services', ...discovery },
  { code: FC.readVar, name: 'read-var', ...read, techniques: ['T0801', 'T0877'] },
  { code: FC.writeVar, name: 'write-var', ...writes },
  { code: FC.requestDownload, name: 'request-download', ...download, techniques: ['T0843'] },
  { code: FC.downloadBlock, name: 'download-block', ...download },
  { code: FC.downloadEnded, name: 'download-ended', ...download, techniques: ['T0843'] },
  { code: FC.startUpload, name: 'start-upload', ...upload },
  { code: FC.upload, name: 'upload', ...upload },
  { code: FC.endUpload, name: 'end-upload', ...upload },
  { code: FC.piService, name: 'pi-service', class: 'control', effect: 'changes-mode', risk: 3, techniques: ['T0858'] },
  ...PI.map(([, name, info], i) => ({ code: FC.piService, subCode: i + 1, name, ...info })),
  { code: FC.plcStop, name: 'plc-stop', class: 'control', effect: 'stops', risk: 4, techniques: ['T0858'] },
  {
    code: FC.setupCommunication,
    name: 'setup-communication',
    class: 'auth',
    effect: 'none',
    risk: 1,
    techniques: ['T0859'],
  },
  { code: ACK_FUNCTION, name: 'acknowledge', class: 'diagnostic', effect: 'none', risk: 0, techniques: [] },
  ...Object.entries(GROUP_NAMES).map(([group, name]) => ({
    code: USERDATA_BASE + Number(group),
    name,
    ...unknownUserdata,
  })),
  // BSEND/BRECV: the sub-function is a job number, not a meaning; the user program of the partner takes the block.
  {
    code: USERDATA_BASE + GROUP.bsend,
    name: 'block-send',
    class: 'write',
    effect: 'changes-value',
    risk: 2,
    techniques: ['T1692.001'],
  },
  ...USERDATA.map(([group, subCode, name, info]) => ({ code: USERDATA_BASE + group, subCode, name, ...info })),
  ...COTP_FUNCTIONS,
];

/** `status` of a message whose header accepts and one of whose items was refused: this plus the item's return code. */
export const ITEM_STATUS_BASE = 0x10000;
/** Return code of an item that was read or written. */
export const ITEM_OK = 0xff;

const ITEM_STATUS: Readonly<Record<number, string>> = {
  1: 'item-hardware-error',
  3: 'item-access-denied',
  5: 'item-invalid-address',
  6: 'item-type-not-supported',
  7: 'item-type-inconsistent',
  10: 'item-not-found',
};

/**
 * Error class and code of the header, or error code of userdata, as one number (STEP 7 help, "error codes"; the most frequent
 * of some 200). The names are ours.
 */
const ERRORS: Readonly<Record<number, string>> = {
  272: 'invalid-block-number',
  273: 'invalid-request-length',
  274: 'invalid-parameter',
  275: 'invalid-block-type',
  276: 'block-not-found',
  277: 'block-exists',
  278: 'block-write-protected',
  279: 'block-too-large',
  281: 'wrong-password',
  283: 'plc-resources',
  285: 'too-many-blocks',
  320: 'out-of-memory',
  321: 'out-of-resources',
  32769: 'not-in-this-state',
  32771: 'block-transfer-error',
  33024: 'service-unknown',
  33028: 'service-not-implemented',
  33284: 'type-inconsistent',
  33537: 'out-of-memory',
  33538: 'out-of-resources',
  33540: 'too-many-uploads',
  33541: 'function-not-available',
  33793: 'wrong-service-sequence',
  33794: 'not-in-this-state',
  33796: 'not-possible',
  34048: 'wrong-frame',
  34561: 'addressing-error',
  34562: 'service-not-supported',
  34563: 'access-refused',
  34564: 'object-damaged',
  53249: 'job-number-invalid',
  53250: 'job-variant-invalid',
  53251: 'debugging-not-supported',
  53252: 'job-state-invalid',
  53313: 'szl-id-invalid',
  53314: 'tag-address-invalid',
  53315: 'job-not-found',
  53316: 'tag-value-invalid',
  53345: 'job-memory-full',
  53346: 'job-list-full',
  53377: 'not-in-this-mode',
  53409: 'protection-level',
  53412: 'force-already-active',
  53413: 'job-not-found',
  53422: 'job-of-other-connection',
  53441: 'tag-access-error',
  53442: 'changed-to-stop',
  53761: 'block-name-syntax',
  53762: 'function-parameter-syntax',
  53765: 'block-exists-in-ram',
  53766: 'block-exists-in-eprom',
  53769: 'block-not-found',
  53772: 'priority-class-missing',
  53773: 'system-data-invalid',
  53774: 'no-further-block',
  53776: 'block-number-invalid',
  53813: 'block-checksum-wrong',
  53824: 'coordination-rules',
  53825: 'protection-level',
  53826: 'fail-safe-block-protected',
  53888: 'block-compile-error',
  54273: 'information-not-available',
  54274: 'information-not-available',
  54275: 'already-logged-on',
  54276: 'too-many-logged-on',
  54277: 'service-not-supported',
  54278: 'information-not-available-now',
  54785: 'password-syntax',
  54786: 'wrong-password',
  54787: 'already-legitimised',
  54788: 'already-enabled',
  54789: 'no-password-set',
};

export const STATUS: Readonly<Record<number, string>> = {
  ...ERRORS,
  ...Object.fromEntries(Object.entries(ITEM_STATUS).map(([code, name]) => [ITEM_STATUS_BASE + Number(code), name])),
  ...COTP_STATUS,
};

/** Kinds of connection in the first octet of a two-octet TSAP. */
export const CONNECTION_TYPES: Readonly<Record<number, string>> = { 1: 'PG', 2: 'OP', 3: 'S7 basic' };
