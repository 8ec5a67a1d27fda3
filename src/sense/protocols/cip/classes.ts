/**
 * Object classes: names, and the services that mean something of their own for a class. Sources: The CIP Networks Library, Volume 1,
 * table 5-1 and chapter 5, Volume 2, chapter 5 (TCP/IP, Ethernet Link), Volume 5 (safety), Volume 8 (CIP Security); Logix classes:
 * 1756-PM020; drive parameter classes: Rockwell Automation 20COMM-UM "EtherNet/IP Adapter", appendix C. Classes between 0x64 and 0xc7
 * and between 0x300 and 0x4ff belong to vendors (Volume 1, table 4-8).
 */
import type { Effect, FunctionClass, FunctionInfo } from '../../../records.ts';
import { CLASS_SPECIFIC_FROM, SERVICES } from './names.ts';

export const CLASS = {
  identity: 0x01,
  messageRouter: 0x02,
  assembly: 0x04,
  connectionManager: 0x06,
  modbus: 0x44,
  parameter: 0x0f,
  file: 0x37,
  safetySupervisor: 0x39,
  safetyValidator: 0x3a,
  timeSync: 0x43,
  pccc: 0x67,
  symbol: 0x6b,
  template: 0x6c,
  wallClock: 0x8b,
  controller: 0x8e,
  firmware: 0xa1,
  tcpIp: 0xf5,
  ethernetLink: 0xf6,
} as const;

/** Names of classes that functions are named after. */
export const CLASS_NAMES: Readonly<Record<number, string>> = {
  0x01: 'identity',
  0x02: 'message-router',
  0x04: 'assembly',
  0x05: 'connection',
  0x06: 'connection-manager',
  0x08: 'discrete-input',
  0x09: 'discrete-output',
  0x0a: 'analog-input',
  0x0b: 'analog-output',
  0x0f: 'parameter',
  0x28: 'motor-data',
  0x29: 'control-supervisor',
  0x2a: 'drive',
  0x2c: 'overload',
  0x37: 'file',
  0x39: 'safety-supervisor',
  0x3a: 'safety-validator',
  0x3b: 'safety-discrete-output',
  0x3c: 'safety-discrete-output-group',
  0x3d: 'safety-discrete-input',
  0x3e: 'safety-discrete-input-group',
  0x3f: 'safety-dual-channel-output',
  0x43: 'time-sync',
  0x44: 'modbus',
  0x49: 'safety-analog-input',
  0x4a: 'safety-analog-input-group',
  0x4b: 'safety-dual-channel-analog-input',
  0x58: 'safety-feedback',
  0x59: 'safety-dual-channel-feedback',
  0x5a: 'safety-stop-functions',
  0x5b: 'safety-limit-functions',
  0x5d: 'cip-security',
  0x5e: 'ethernet-ip-security',
  0x5f: 'certificate-management',
  0x60: 'authority',
  0x61: 'password-authenticator',
  0x62: 'certificate-authenticator',
  0x67: 'pccc',
  0x68: 'program',
  0x70: 'task',
  0x6b: 'symbol',
  0x6c: 'template',
  0x8b: 'wall-clock',
  0x8e: 'controller',
  0x93: 'drive-parameter',
  0x9f: 'host-drive-parameter',
  0xa1: 'firmware',
  0xf5: 'tcp-ip-interface',
  0xf6: 'ethernet-link',
};

type Judgement = Omit<FunctionInfo, 'code' | 'subCode' | 'name'>;

function judged(functionClass: FunctionClass, effect: Effect, risk: number, ...techniques: string[]): Judgement {
  return { class: functionClass, effect, risk, techniques };
}

/** Services numbered anew by a class: name and judgement. */
type Specific = Readonly<Record<number, readonly [name: string, judgement: Judgement]>>;

const look = judged('discovery', 'none', 1, 'T0888');
const opens = judged('auth', 'changes-mode', 2, 'T0848', 'T1692.001');
const reads = judged('read', 'none', 0, 'T0801');
const writes = judged('write', 'changes-value', 3, 'T1692.001', 'T0836');
const firmware = judged('program', 'changes-logic', 4, 'T0857', 'T0839');

/** Volume 1, 3-5.5. */
const CONNECTION_MANAGER: Specific = {
  0x4e: ['forward-close', judged('auth', 'none', 1)],
  // A container: its content is told as a message of its own.
  0x52: ['unconnected-send', judged('read', 'none', 0, 'T0884')],
  0x54: ['forward-open', opens],
  0x56: ['get-connection-data', look],
  0x57: ['search-connection-data', look],
  0x59: ['ex-forward-open', opens],
  0x5a: ['get-connection-owner', look],
  0x5b: ['large-forward-open', opens],
};

/** Volume 1, 5A-42 (File Object): firmware, electronic data sheets, configuration. */
const FILE: Specific = {
  0x4b: ['initiate-upload', judged('program', 'none', 2, 'T0845')],
  0x4c: ['initiate-download', judged('program', 'changes-logic', 4, 'T0843', 'T0857')],
  0x4d: ['initiate-partial-read', judged('program', 'none', 2, 'T0845')],
  0x4e: ['initiate-partial-write', judged('program', 'changes-logic', 4, 'T0843')],
  0x4f: ['upload-transfer', judged('program', 'none', 2, 'T0845')],
  0x50: ['download-transfer', judged('program', 'changes-logic', 4, 'T0843', 'T0857')],
  0x51: ['clear-file', judged('program', 'changes-logic', 4, 'T0809')],
};

const safe = (effect: Effect, ...techniques: string[]) => judged('safety', effect, 4, ...techniques);

/** Volume 5, 5-4 (Safety Supervisor). */
const SAFETY_SUPERVISOR: Specific = {
  0x4c: ['recover', safe('changes-mode', 'T0880')],
  0x4e: ['perform-diagnostics', safe('none', 'T0888')],
  0x4f: ['configure-request', safe('changes-logic', 'T0880', 'T0843')],
  0x50: ['validate-configuration', safe('none')],
  0x51: ['set-password', safe('changes-value', 'T0892', 'T0880')],
  0x52: ['configuration-lock', safe('changes-mode', 'T0880')],
  0x53: ['mode-change', safe('changes-mode', 'T0880', 'T0858')],
  0x54: ['safety-reset', safe('restarts', 'T0880', 'T0816')],
  0x55: ['reset-password', safe('changes-value', 'T0892')],
  0x56: ['propose-tunid', safe('changes-mode', 'T0880')],
  0x57: ['apply-tunid', safe('changes-mode', 'T0880')],
  0x58: ['propose-tunid-list', safe('changes-mode', 'T0880')],
  0x59: ['apply-tunid-list', safe('changes-mode', 'T0880')],
};

/** Volume 7 (Modbus Object). */
const MODBUS: Specific = {
  0x4b: ['read-discrete-inputs', reads],
  0x4c: ['read-coils', reads],
  0x4d: ['read-input-registers', reads],
  0x4e: ['read-holding-registers', reads],
  0x4f: ['write-coils', writes],
  0x50: ['write-holding-registers', writes],
  0x51: ['modbus-passthrough', judged('write', 'changes-value', 3, 'T1692.001')],
};

/** 1756-PM020: symbols, user-defined types and PCCC; the firmware store as update tools use it (0x4b, 0x4d, 0x51 seen in update sessions). */
const LOGIX: Readonly<Record<number, Specific>> = {
  [CLASS.pccc]: { 0x4b: ['execute-pccc', judged('read', 'none', 0)] },
  [CLASS.symbol]: {
    0x4c: ['read-tag', judged('read', 'none', 0, 'T0801', 'T0861')],
    0x4d: ['write-tag', writes],
    0x4e: ['read-modify-write-tag', writes],
    0x52: ['read-tag-fragmented', reads],
    0x53: ['write-tag-fragmented', writes],
    0x55: ['get-instance-attribute-list', judged('discovery', 'none', 1, 'T0861')],
  },
  [CLASS.template]: { 0x4c: ['read-template', judged('discovery', 'none', 1, 'T0861')] },
  [CLASS.firmware]: {
    0x4b: ['firmware-update', firmware],
    0x4d: ['firmware-transfer', firmware],
    0x51: ['firmware-finish', firmware],
  },
};

const SPECIFIC: Readonly<Record<number, Specific>> = {
  [CLASS.connectionManager]: CONNECTION_MANAGER,
  [CLASS.file]: FILE,
  [CLASS.safetySupervisor]: SAFETY_SUPERVISOR,
  [CLASS.safetyValidator]: { 0x4b: ['reset-error', safe('changes-value', 'T0880')] },
  [CLASS.modbus]: MODBUS,
  ...LOGIX,
};

/**
 * Classes that make up a Logix program: program, routine, symbol, template, task … Only symbol and template are documented (1756-PM020);
 * the others are what a download creates, sets and deletes.
 */
const PROGRAM_CLASSES: readonly number[] = [0x68, 0x6a, CLASS.symbol, CLASS.template, 0x6d, 0x6e, 0x70];
const changesProgram = judged('program', 'changes-logic', 4, 'T0843', 'T0889');
const PROGRAM_SERVICES = { 0x02: changesProgram, 0x04: changesProgram, 0x08: changesProgram, 0x09: changesProgram };

/** Common services whose judgement depends on the class they go to; the rest keep that of `SERVICES`. */
const OVERRIDES: Readonly<Record<number, Readonly<Record<number, Judgement>>>> = {
  [CLASS.identity]: { 0x05: judged('control', 'restarts', 4, 'T0816', 'T0809') },
  // Output data of an assembly or point is what a tag is elsewhere.
  [CLASS.assembly]: { 0x10: writes, 0x04: writes },
  0x08: { 0x10: writes },
  0x09: { 0x10: writes },
  0x0b: { 0x10: writes },
  [CLASS.parameter]: { 0x10: writes },
  0x29: { 0x10: judged('control', 'changes-value', 3, 'T1692.001', 'T0831') },
  0x2a: { 0x10: writes },
  0x93: { 0x10: writes },
  0x9f: { 0x10: writes },
  [CLASS.timeSync]: setters('config', 'changes-value', 2, 'T0836', 'T0872'),
  [CLASS.wallClock]: setters('config', 'changes-value', 2, 'T0836', 'T0872'),
  [CLASS.tcpIp]: setters('config', 'changes-value', 3, 'T0836', 'T0814'),
  [CLASS.ethernetLink]: setters('config', 'changes-value', 3, 'T0836', 'T0814'),
  // The controller's own object: run and program mode.
  [CLASS.controller]: {
    0x06: judged('control', 'changes-mode', 3, 'T0858'),
    0x07: judged('control', 'stops', 4, 'T0858', 'T0881'),
  },
  0x5d: setters('config', 'changes-mode', 4, 'T0836'),
  0x5e: setters('config', 'changes-mode', 4, 'T0836'),
  ...Object.fromEntries(PROGRAM_CLASSES.map((cls) => [cls, PROGRAM_SERVICES])),
};

function setters(functionClass: FunctionClass, effect: Effect, risk: number, ...techniques: string[]) {
  const judgement = judged(functionClass, effect, risk, ...techniques);
  return { 0x02: judgement, 0x04: judgement, 0x10: judgement };
}

/** Safety classes: everything but reading their state is a safety function. */
const SAFETY_CLASSES: ReadonlySet<number> = new Set([
  0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x49, 0x4a, 0x4b, 0x58, 0x59, 0x5a, 0x5b,
]);
const CLASS_LIMIT = 0x10000;

/** One bit per class whose common services have a key of their own. */
const KEYED = new Uint8Array(CLASS_LIMIT);
for (const key of Object.keys(OVERRIDES)) KEYED[Number(key)] = 1;
for (const key of SAFETY_CLASSES) KEYED[key] = 1;

/** True where `service` to `cls` is told apart by class: object-specific services, and common ones of special classes. */
export function isKeyedByClass(service: number, cls: number): boolean {
  return cls < CLASS_LIMIT && (service >= CLASS_SPECIFIC_FROM || KEYED[cls] === 1);
}

/** Volume 1, table 4-8. */
export function isVendorClass(cls: number): boolean {
  return (cls >= 0x64 && cls <= 0xc7) || (cls >= 0x300 && cls <= 0x4ff);
}

const COMMON = new Map(SERVICES.map((info) => [info.code, info]));

/** Function of `service` sent to class `cls`; never undefined. */
export function classFunction(service: number, cls: number): FunctionInfo {
  const specific = SPECIFIC[cls]?.[service];
  const common = service < CLASS_SPECIFIC_FROM ? COMMON.get(service) : undefined;
  if (specific !== undefined) return { code: service, subCode: cls, name: specific[0], ...specific[1] };
  if (common === undefined) return unknownFunction(service, cls);
  const name = `${common.name}(${CLASS_NAMES[cls] ?? `0x${cls.toString(16)}`})`;
  const override = OVERRIDES[cls]?.[service];
  const { techniques, ...rest } = common;
  const harmless = common.effect === 'none';
  const judgement =
    override ??
    (SAFETY_CLASSES.has(cls) && !harmless
      ? judged('safety', common.effect, 4, ...techniques, 'T0880')
      : { class: rest.class, effect: rest.effect, risk: rest.risk, techniques });
  return { code: service, subCode: cls, name, ...judgement };
}

/**
 * Nobody publishes what these do. To a vendor's class they are what programming tools use; to a safety class they count as safety;
 * elsewhere an unknown function of a known protocol.
 */
function unknownFunction(service: number, cls: number): FunctionInfo {
  const name = `unknown(0x${service.toString(16).padStart(2, '0')}:0x${cls.toString(16).padStart(2, '0')})`;
  const base = { code: service, subCode: cls, name };
  if (SAFETY_CLASSES.has(cls)) return { ...base, ...judged('safety', 'changes-mode', 4, 'T0880') };
  if (isVendorClass(cls)) return { ...base, ...judged('program', 'changes-mode', 3, 'T0843') };
  return { ...base, ...judged('config', 'changes-mode', 3, 'T0814') };
}
