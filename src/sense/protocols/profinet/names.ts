/**
 * PROFINET functions, DCP options, status codes and areas. Sources: IEC 61158-6-10 (DCP 4.3, RT frame identifiers 4.2.2.3, alarms 4.7,
 * context management 5.2, PNIOStatus 5.2.6), DCE 1.1: Remote Procedure Call (C706), 12 (connectionless PDUs) and appendix E (status).
 * Classes, effects and risk are Firedoor's judgement; where they differ from common lists NOTES.md says why.
 */
import type { FunctionInfo } from '../../../records.ts';
import { functionKey } from '../protocol.ts';

/** DCP services (4.3.1.3.2). */
export const DCP = { get: 3, set: 4, identify: 5, hello: 6 } as const;
/** Service type of a DCP frame: request, positive answer, service not supported. */
export const DCP_TYPE = { request: 0, success: 1, unsupported: 5 } as const;

/** Function codes of frames that are no DCP. */
export const RT = {
  cyclic: 0x10,
  alarmHigh: 0x20,
  alarmLow: 0x21,
  ptcp: 0x30,
  fragment: 0x40,
} as const;

/** Frame identifiers (4.2.2.3): ranges are first to last. */
export const FRAME_ID = {
  cyclicFirst: 0x0100,
  cyclicLast: 0xfbff,
  alarmHigh: 0xfc01,
  alarmLow: 0xfe01,
  dcpHello: 0xfefc,
  dcpGetSet: 0xfefd,
  dcpIdentifyRequest: 0xfefe,
  dcpIdentifyResponse: 0xfeff,
  ptcpFirst: 0xff00,
  ptcpLast: 0xff7f,
  fragmentFirst: 0xff80,
  fragmentLast: 0xff8f,
} as const;

/** DCP options and suboptions the dissector looks into (4.3.1.4). */
export const OPTION = { ip: 1, device: 2, dhcp: 3, control: 5, deviceInitiative: 6, all: 255 } as const;
export const SUBOPTION = {
  macAddress: 1,
  ipParameter: 2,
  ipSuite: 3,
  typeOfStation: 1,
  nameOfStation: 2,
  deviceId: 3,
  deviceRole: 4,
  deviceOptions: 5,
  aliasName: 6,
  start: 1,
  end: 2,
  signal: 3,
  response: 4,
  factoryReset: 5,
  resetToFactory: 6,
} as const;

/** Areas of `profinet`; index = area number in the view. */
export const AREAS = ['dcp', 'io-data', 'data-status', 'transfer-status', 'alarm'] as const;
export const AREA = { dcp: 0, ioData: 1, dataStatus: 2, transferStatus: 3, alarm: 4 } as const;
/** Areas of `profinet-cm`. */
export const CM_AREAS = ['record', 'frame'] as const;
export const CM_AREA = { record: 0, frame: 1 } as const;

/** Operations of the context manager by number (5.2.2). */
export const OPERATION = { connect: 0, release: 1, read: 2, write: 3, control: 4, readImplicit: 5 } as const;
/** PDU types of connectionless RPC (C706, 12.1). */
export const RPC = {
  request: 0,
  ping: 1,
  response: 2,
  fault: 3,
  working: 4,
  noCall: 5,
  reject: 6,
  ack: 7,
  cancel: 8,
  fack: 9,
  cancelAck: 10,
} as const;
/** Function code of an RPC PDU that is no call: this plus its type; of the endpoint mapper: this plus the operation. */
export const RPC_BASE = 0x100;
export const MAPPER_BASE = 0x200;

const read = { class: 'read', effect: 'none', risk: 0, techniques: ['T0888'] } as const;
const discovery = { class: 'discovery', effect: 'none', risk: 1, techniques: ['T0846', 'T0888'] } as const;
const diagnostic = { class: 'diagnostic', effect: 'none', risk: 1, techniques: [] } as const;
const cutsOff = { class: 'config', effect: 'stops', risk: 4, techniques: ['T0836', 'T0814', 'T1695.002'] } as const;
const setting = { class: 'config', effect: 'changes-value', risk: 2, techniques: ['T0836'] } as const;
const transaction = { class: 'config', effect: 'none', risk: 2, techniques: [] } as const;
const resets = { class: 'config', effect: 'restarts', risk: 4, techniques: ['T0809', 'T0816'] } as const;
const configures = { class: 'config', effect: 'changes-mode', risk: 2, techniques: ['T0858'] } as const;

function set(option: number, suboption: number, name: string, kind: Omit<FunctionInfo, 'code' | 'name'>): FunctionInfo {
  return { code: DCP.set, subCode: option * 256 + suboption, name, ...kind };
}

/** Functions of `profinet`. */
export const FUNCTIONS: readonly FunctionInfo[] = [
  { code: DCP.get, name: 'dcp-get', ...discovery, techniques: ['T0888'] },
  { code: DCP.set, name: 'dcp-set', ...setting, risk: 3 },
  { code: DCP.identify, name: 'dcp-identify', ...discovery, techniques: ['T0846.003', 'T0846'] },
  { code: DCP.hello, name: 'dcp-hello', ...diagnostic, techniques: ['T0888'] },
  set(OPTION.ip, SUBOPTION.macAddress, 'dcp-set-mac-address', setting),
  set(OPTION.ip, SUBOPTION.ipParameter, 'dcp-set-ip', cutsOff),
  set(OPTION.ip, SUBOPTION.ipSuite, 'dcp-set-ip-suite', cutsOff),
  set(OPTION.device, SUBOPTION.nameOfStation, 'dcp-set-name-of-station', {
    ...cutsOff,
    techniques: ['T0836', 'T0814'],
  }),
  set(OPTION.device, SUBOPTION.aliasName, 'dcp-set-alias-name', setting),
  set(OPTION.control, SUBOPTION.start, 'dcp-set-start', transaction),
  set(OPTION.control, SUBOPTION.end, 'dcp-set-end', transaction),
  set(OPTION.control, SUBOPTION.signal, 'dcp-set-signal', { ...diagnostic, techniques: ['T0888'] }),
  set(OPTION.control, SUBOPTION.factoryReset, 'dcp-set-factory-reset', resets),
  set(OPTION.control, SUBOPTION.resetToFactory, 'dcp-set-reset-to-factory', resets),
  { code: RT.cyclic, name: 'cyclic-data', class: 'read', effect: 'none', risk: 0, techniques: ['T1692.002', 'T0801'] },
  { code: RT.alarmHigh, name: 'alarm-high', ...diagnostic, techniques: ['T1692.002'] },
  { code: RT.alarmLow, name: 'alarm-low', ...diagnostic, techniques: ['T1692.002'] },
  { code: RT.ptcp, name: 'ptcp', ...diagnostic },
  { code: RT.ptcp, subCode: 0xff00, name: 'ptcp-sync-follow-up', ...diagnostic },
  { code: RT.ptcp, subCode: 0xff01, name: 'ptcp-sync', ...diagnostic },
  { code: RT.ptcp, subCode: 0xff20, name: 'ptcp-follow-up', ...diagnostic },
  { code: RT.ptcp, subCode: 0xff21, name: 'ptcp-clock-follow-up', ...diagnostic },
  { code: RT.ptcp, subCode: 0xff40, name: 'ptcp-delay-request', ...diagnostic },
  { code: RT.ptcp, subCode: 0xff41, name: 'ptcp-delay-response-follow-up', ...diagnostic },
  { code: RT.ptcp, subCode: 0xff42, name: 'ptcp-delay-follow-up', ...diagnostic },
  { code: RT.ptcp, subCode: 0xff43, name: 'ptcp-delay-response', ...diagnostic },
  { code: RT.fragment, name: 'rt-fragment', ...diagnostic },
];

/** Control commands of ControlBlock (5.2.3.22), by bit. */
const COMMANDS: readonly (readonly [bit: number, name: string])[] = [
  [0, 'control-parameters-end'],
  [1, 'control-application-ready'],
  [2, 'control-release'],
  [3, 'control-done'],
  [4, 'control-ready-for-companion'],
  [5, 'control-ready-for-rt-class-3'],
  [6, 'control-parameters-begin'],
];

/** Functions of `profinet-cm`. */
export const CM_FUNCTIONS: readonly FunctionInfo[] = [
  {
    code: OPERATION.connect,
    name: 'connect',
    class: 'auth',
    effect: 'changes-mode',
    risk: 2,
    techniques: ['T0848', 'T1692.001'],
  },
  {
    code: OPERATION.release,
    name: 'release',
    class: 'auth',
    effect: 'stops',
    risk: 4,
    techniques: ['T0814', 'T1691.001'],
  },
  { code: OPERATION.read, name: 'read', ...read },
  { code: OPERATION.write, name: 'write', ...setting },
  { code: OPERATION.control, name: 'control', ...configures },
  ...COMMANDS.map(([bit, name]) => ({ code: OPERATION.control, subCode: 1 << bit, name, ...configures })),
  { code: OPERATION.readImplicit, name: 'read-implicit', ...discovery, techniques: ['T0888'] },
  { code: RPC_BASE + RPC.ping, name: 'rpc-ping', ...diagnostic },
  { code: RPC_BASE + RPC.fault, name: 'rpc-fault', ...diagnostic },
  { code: RPC_BASE + RPC.working, name: 'rpc-working', ...diagnostic },
  { code: RPC_BASE + RPC.noCall, name: 'rpc-no-call', ...diagnostic },
  { code: RPC_BASE + RPC.reject, name: 'rpc-reject', ...diagnostic },
  { code: RPC_BASE + RPC.ack, name: 'rpc-ack', ...diagnostic },
  { code: RPC_BASE + RPC.cancel, name: 'rpc-cancel', ...diagnostic },
  { code: RPC_BASE + RPC.fack, name: 'rpc-fragment-ack', ...diagnostic },
  { code: RPC_BASE + RPC.cancelAck, name: 'rpc-cancel-ack', ...diagnostic },
  { code: MAPPER_BASE + 2, name: 'endpoint-lookup', ...discovery },
  { code: MAPPER_BASE + 3, name: 'endpoint-map', ...discovery },
  { code: MAPPER_BASE + 4, name: 'endpoint-lookup-free', ...discovery },
];

/** Errors of a DCP block (4.3.1.4.5), from 1; unsupported service as its own status above. */
export const DCP_STATUS_UNSUPPORTED = 0x100;
const DCP_ERRORS: Readonly<Record<number, string>> = {
  1: 'option-unsupported',
  2: 'suboption-unsupported-or-no-data-set',
  3: 'suboption-not-set',
  4: 'resource-error',
  5: 'set-not-possible-by-local-reasons',
  6: 'set-not-possible-in-operation',
  [DCP_STATUS_UNSUPPORTED]: 'service-unsupported',
};

/** First octet of PNIOStatus: which service failed (5.2.6.1). */
const ERROR_CODES: Readonly<Record<number, string>> = {
  0x81: 'pnio',
  0xcf: 'rta-error',
  0xda: 'alarm-ack',
  0xdb: 'connect',
  0xdc: 'release',
  0xdd: 'control',
  0xde: 'read',
  0xdf: 'write',
};
/** Third octet where the second is PNIORW (0x80): class and code of a record access (5.2.6.4). */
const ACCESS_ERRORS: Readonly<Record<number, string>> = {
  0xa0: 'read-error',
  0xa1: 'write-error',
  0xa2: 'module-failure',
  0xa7: 'busy',
  0xa8: 'version-conflict',
  0xa9: 'feature-not-supported',
  0xb0: 'invalid-index',
  0xb1: 'write-length-error',
  0xb2: 'invalid-slot-or-subslot',
  0xb3: 'type-conflict',
  0xb4: 'invalid-area',
  0xb5: 'state-conflict',
  0xb6: 'access-denied',
  0xb7: 'invalid-range',
  0xb8: 'invalid-parameter',
  0xb9: 'invalid-type',
  0xba: 'backup',
  0xc0: 'read-constraint-conflict',
  0xc1: 'write-constraint-conflict',
  0xc2: 'resource-busy',
  0xc3: 'resource-unavailable',
};
/** Third and fourth octet where the second is PNIO (0x81): context management and alarm errors devices answer with (5.2.6.5). */
const PNIO_ERRORS: Readonly<Record<number, string>> = {
  0x3d00: 'alarm-type-not-supported',
  0x4000: 'arguments-length-invalid',
  0x4001: 'unknown-blocks',
  0x4002: 'communication-relation-missing',
  0x4003: 'alarm-relation-missing',
  0x4004: 'out-of-resources',
  0x4005: 'relation-unknown',
  0x4006: 'state-conflict',
  0xfd02: 'instance-closed',
  0xfd05: 'consumer-time-expired',
  0xfd0f: 'relation-released',
};
/** Status codes of RPC itself (C706, appendix E). */
const RPC_ERRORS: Readonly<Record<number, string>> = {
  0x1c000009: 'rpc-cancelled',
  0x1c00000c: 'rpc-version-mismatch',
  0x1c010002: 'rpc-operation-range-error',
  0x1c010003: 'rpc-unknown-interface',
  0x1c010006: 'rpc-wrong-boot-time',
  0x1c010009: 'rpc-you-crashed',
  0x1c01000b: 'rpc-protocol-error',
  0x1c010013: 'rpc-out-arguments-too-big',
  0x1c010014: 'rpc-server-too-busy',
  0x1c010017: 'rpc-unsupported-type',
};

const hex = (value: number) => value.toString(16).padStart(2, '0');

/** Name of a PNIOStatus or an RPC status; unknown numbers stay. */
export function cmStatusName(status: number): string {
  if (status === 0) return 'ok';
  const rpc = RPC_ERRORS[status];
  if (rpc !== undefined) return rpc;
  const service = ERROR_CODES[(status >>> 24) & 0xff];
  if (service === undefined || status > 0xffffffff) return `unknown(0x${hex(status)})`;
  const decode = (status >>> 16) & 0xff;
  const first = (status >>> 8) & 0xff;
  const access = decode === 0x80 ? ACCESS_ERRORS[first] : decode === 0x81 ? PNIO_ERRORS[status & 0xffff] : undefined;
  return access === undefined
    ? `${service}-${hex(decode)}-${hex(first)}-${hex(status & 0xff)}`
    : `${service}/${access}`;
}

/** Name of a DCP block error, or of the PNIOStatus of an alarm. */
export function statusName(status: number): string {
  return DCP_ERRORS[status] ?? cmStatusName(status);
}

/** Key of a Set by what it sets first. */
export function setKey(option: number, suboption: number): number {
  return functionKey(DCP.set, option * 256 + suboption);
}

const KNOWN_SETS: ReadonlySet<number> = new Set(
  FUNCTIONS.flatMap(({ code, subCode }) => (code === DCP.set && subCode !== undefined ? [subCode] : [])),
);
/** True where the effect of setting this suboption is known. */
export function knownSet(option: number, suboption: number): boolean {
  return KNOWN_SETS.has(option * 256 + suboption);
}

/** Device roles, by bit (4.3.1.4.3.5). */
export const ROLES = ['device', 'controller', 'multidevice', 'supervisor'] as const;
