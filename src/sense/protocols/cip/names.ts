/**
 * Codes of EtherNet/IP and CIP. Sources: The CIP Networks Library, Volume 1 (Common Industrial Protocol), appendices A, B and C, and
 * Volume 2 (EtherNet/IP Adaptation), chapter 2, as published by ODVA; tag services: Rockwell Automation 1756-PM020 "Logix 5000
 * Controllers Data Access"; safety services: Volume 5 (CIP Safety). Classes, effects and risk are Firedoor's judgement.
 */
import type { FunctionInfo } from '../../../records.ts';
import { functionKey } from '../protocol.ts';

/** Commands of the encapsulation (Volume 2, 2-3.2). `listTargets` (0x0001) is reserved for legacy; older RSLinx still sends it. */
export const COMMAND = {
  nop: 0x0000,
  listTargets: 0x0001,
  listServices: 0x0004,
  listIdentity: 0x0063,
  listInterfaces: 0x0064,
  registerSession: 0x0065,
  unregisterSession: 0x0066,
  sendRRData: 0x006f,
  sendUnitData: 0x0070,
  startDtls: 0x00c8,
} as const;

/** Items of the common packet format (Volume 2, 2-6.2). */
export const ITEM = {
  nullAddress: 0x0000,
  identity: 0x000c,
  connectedAddress: 0x00a1,
  connectedData: 0x00b1,
  unconnectedData: 0x00b2,
  listServices: 0x0100,
  socketAddressOT: 0x8000,
  socketAddressTO: 0x8001,
  sequencedAddress: 0x8002,
} as const;

/** Services (Volume 1, appendix A), and the object-specific ones the dissector looks into. */
export const SERVICE = {
  getAttributesAll: 0x01,
  setAttributesAll: 0x02,
  getAttributeList: 0x03,
  setAttributeList: 0x04,
  reset: 0x05,
  start: 0x06,
  stop: 0x07,
  create: 0x08,
  delete: 0x09,
  multipleServicePacket: 0x0a,
  applyAttributes: 0x0d,
  getAttributeSingle: 0x0e,
  setAttributeSingle: 0x10,
  executePccc: 0x4b,
  readTag: 0x4c,
  writeTag: 0x4d,
  readModifyWriteTag: 0x4e,
  readTagFragmented: 0x52,
  writeTagFragmented: 0x53,
  getInstanceAttributeList: 0x55,
  forwardClose: 0x4e,
  unconnectedSend: 0x52,
  forwardOpen: 0x54,
  largeForwardOpen: 0x5b,
} as const;
/** First service code that means something else for each class (Volume 1, A-2: 0x32 to 0x4a vendor, 0x4b to 0x63 object). */
export const CLASS_SPECIFIC_FROM = 0x32;
/** Bit of the service octet that marks a reply (Volume 1, 2-4.2). */
export const REPLY_BIT = 0x80;

/** General status the dissector and the refusal need (Volume 1, appendix B). */
export const STATUS = {
  success: 0,
  connectionFailure: 0x01,
  partialTransfer: 0x06,
  privilegeViolation: 0x0f,
  embeddedServiceError: 0x1e,
} as const;

/** Areas a point may lie in; index = area number in the view. */
export const AREAS = ['tag', 'attribute', 'connection', 'file', 'io'] as const;
export const AREA = { tag: 0, attribute: 1, connection: 2, file: 3, io: 4 } as const;

/**
 * Layers share the view's function code: a CIP service is its code, or code and class as `functionKey`; encapsulation commands and
 * PCCC functions stand above every class number, so that no two functions share a key.
 */
const LAYER_ENCAPSULATION = 0x20000;
const LAYER_PCCC = 0x20001;
const LAYER_IO = 0x20002;

/** Key of an encapsulation command. */
export function commandKey(command: number): number {
  return functionKey(command, LAYER_ENCAPSULATION);
}

/** Key of a PCCC command (low nibble of the command octet) with its function; -1 for a command without functions. */
export function pcccKey(command: number, func: number): number {
  return functionKey((command & 0x0f) + 0x10 * (func + 1), LAYER_PCCC);
}

/** Key of an implicit message: 0 produced by the target, 1 by the originator. */
export function ioKey(fromOriginator: boolean): number {
  return functionKey(fromOriginator ? 1 : 0, LAYER_IO);
}

/** Parts of a key that are no plain CIP service; undefined where it is one. */
export function layerOf(key: number): { layer: 'encapsulation' | 'pccc' | 'io'; code: number } | undefined {
  const layer = Math.floor(key / 0x10000) - 1;
  const code = key % 0x10000;
  if (layer === LAYER_ENCAPSULATION) return { layer: 'encapsulation', code };
  if (layer === LAYER_PCCC) return { layer: 'pccc', code };
  return layer === LAYER_IO ? { layer: 'io', code } : undefined;
}

const read = { class: 'read', effect: 'none', risk: 0 } as const;
const discovery = { class: 'discovery', effect: 'none', risk: 1, techniques: ['T0888'] } as const;
const session = { class: 'auth', effect: 'none', risk: 1, techniques: [] } as const;
const settings = { class: 'config', effect: 'changes-value', risk: 2, techniques: ['T0836'] } as const;
const writes = { class: 'write', effect: 'changes-value', risk: 3, techniques: ['T1692.001', 'T0836'] } as const;

export const COMMANDS: readonly FunctionInfo[] = [
  { code: 0x00, name: 'nop', class: 'diagnostic', effect: 'none', risk: 1, techniques: [] },
  { code: 0x01, name: 'list-targets', ...discovery },
  { code: 0x04, name: 'list-services', ...discovery },
  { code: 0x63, name: 'list-identity', ...discovery, techniques: ['T0846.002', 'T0888'] },
  { code: 0x64, name: 'list-interfaces', ...discovery },
  { code: 0x65, name: 'register-session', ...session },
  { code: 0x66, name: 'unregister-session', ...session },
  // Told by these names only where they carry no CIP message (an error, a malformed item).
  { code: 0x6f, name: 'send-rr-data', ...read, techniques: [] },
  { code: 0x70, name: 'send-unit-data', ...read, techniques: [] },
  { code: 0xc8, name: 'start-dtls', ...session },
];

/** Implicit messages carry no command semantics: what they change is known only with the layout of the assembly. */
export const IO_FUNCTIONS: readonly FunctionInfo[] = [
  { code: 0, name: 'implicit-input', ...read, techniques: ['T0801'] },
  { code: 1, name: 'implicit-output', ...read, techniques: ['T0801'] },
];

/** Services without a class: common ones, and those of tags, whose path is a name. */
export const SERVICES: readonly FunctionInfo[] = [
  { code: 0x01, name: 'get-attributes-all', ...read, techniques: ['T0888'] },
  { code: 0x02, name: 'set-attributes-all', ...settings },
  { code: 0x03, name: 'get-attribute-list', ...read, techniques: ['T0888'] },
  { code: 0x04, name: 'set-attribute-list', ...settings },
  { code: 0x05, name: 'reset', class: 'control', effect: 'restarts', risk: 4, techniques: ['T0816'] },
  { code: 0x06, name: 'start', class: 'control', effect: 'changes-mode', risk: 3, techniques: ['T0858'] },
  { code: 0x07, name: 'stop', class: 'control', effect: 'stops', risk: 4, techniques: ['T0858', 'T0881'] },
  { code: 0x08, name: 'create', class: 'config', effect: 'changes-mode', risk: 2, techniques: ['T0843'] },
  { code: 0x09, name: 'delete', class: 'config', effect: 'changes-mode', risk: 2, techniques: ['T0809', 'T0889'] },
  { code: 0x0a, name: 'multiple-service-packet', ...read, techniques: [] },
  { code: 0x0d, name: 'apply-attributes', class: 'config', effect: 'changes-mode', risk: 2, techniques: ['T0836'] },
  { code: 0x0e, name: 'get-attribute-single', ...read, techniques: ['T0801', 'T0888'] },
  { code: 0x10, name: 'set-attribute-single', ...settings, techniques: ['T0836', 'T1692.001'] },
  { code: 0x11, name: 'find-next-object-instance', ...discovery },
  { code: 0x15, name: 'restore', ...settings },
  { code: 0x16, name: 'save', ...settings },
  { code: 0x17, name: 'no-operation', class: 'diagnostic', effect: 'none', risk: 1, techniques: [] },
  { code: 0x18, name: 'get-member', ...read, techniques: ['T0801'] },
  { code: 0x19, name: 'set-member', ...settings },
  { code: 0x1a, name: 'insert-member', ...settings },
  { code: 0x1b, name: 'remove-member', ...settings },
  { code: 0x1c, name: 'group-sync', class: 'config', effect: 'changes-mode', risk: 2, techniques: [] },
  // Replies whose request was not seen carry no class: the tag services are by far the likeliest.
  { code: 0x4b, name: 'execute-pccc', ...read, techniques: [] },
  { code: 0x4c, name: 'read-tag', ...read, techniques: ['T0801', 'T0861'] },
  { code: 0x4d, name: 'write-tag', ...writes },
  { code: 0x4e, name: 'read-modify-write-tag', ...writes },
  { code: 0x52, name: 'read-tag-fragmented', ...read, techniques: ['T0801'] },
  { code: 0x53, name: 'write-tag-fragmented', ...writes },
  { code: 0x54, name: 'forward-open', class: 'auth', effect: 'changes-mode', risk: 2, techniques: ['T0848'] },
  { code: 0x55, name: 'get-instance-attribute-list', ...discovery, techniques: ['T0861'] },
  { code: 0x5b, name: 'large-forward-open', class: 'auth', effect: 'changes-mode', risk: 2, techniques: ['T0848'] },
];

/** General status (Volume 1, appendix B-1). */
export const GENERAL_STATUS: Readonly<Record<number, string>> = {
  0x00: 'ok',
  0x01: 'connection-failure',
  0x02: 'resource-unavailable',
  0x03: 'invalid-parameter-value',
  0x04: 'path-segment-error',
  0x05: 'path-destination-unknown',
  0x06: 'partial-transfer',
  0x07: 'connection-lost',
  0x08: 'service-not-supported',
  0x09: 'invalid-attribute-value',
  0x0a: 'attribute-list-error',
  0x0b: 'already-in-requested-mode',
  0x0c: 'object-state-conflict',
  0x0d: 'object-already-exists',
  0x0e: 'attribute-not-settable',
  0x0f: 'privilege-violation',
  0x10: 'device-state-conflict',
  0x11: 'reply-data-too-large',
  0x12: 'fragmentation-of-primitive-value',
  0x13: 'not-enough-data',
  0x14: 'attribute-not-supported',
  0x15: 'too-much-data',
  0x16: 'object-does-not-exist',
  0x17: 'fragmentation-sequence-not-in-progress',
  0x18: 'no-stored-attribute-data',
  0x19: 'store-operation-failure',
  0x1a: 'routing-failure-request-too-large',
  0x1b: 'routing-failure-response-too-large',
  0x1c: 'missing-attribute-list-entry',
  0x1d: 'invalid-attribute-value-list',
  0x1e: 'embedded-service-error',
  0x1f: 'vendor-specific-error',
  0x20: 'invalid-parameter',
  0x21: 'write-once-already-written',
  0x22: 'invalid-reply-received',
  0x23: 'buffer-overflow',
  0x24: 'message-format-error',
  0x25: 'key-failure-in-path',
  0x26: 'path-size-invalid',
  0x27: 'unexpected-attribute-in-list',
  0x28: 'invalid-member-id',
  0x29: 'member-not-settable',
  0x2a: 'group-2-only-server-failure',
  0x2b: 'unknown-modbus-error',
  0x2c: 'attribute-not-gettable',
  0xff: 'general-error',
};

/** Extended status of the Connection Manager under general status 1 (Volume 1, table 3-5.33). */
export const CONNECTION_STATUS: Readonly<Record<number, string>> = {
  0x0100: 'connection-in-use',
  0x0103: 'transport-class-not-supported',
  0x0106: 'ownership-conflict',
  0x0107: 'connection-not-found',
  0x0108: 'invalid-connection-type',
  0x0109: 'invalid-connection-size',
  0x0110: 'device-not-configured',
  0x0111: 'rpi-not-supported',
  0x0112: 'rpi-not-acceptable',
  0x0113: 'out-of-connections',
  0x0114: 'vendor-or-product-mismatch',
  0x0115: 'device-type-mismatch',
  0x0116: 'revision-mismatch',
  0x0117: 'invalid-application-path',
  0x0118: 'invalid-configuration-path',
  0x0119: 'non-listen-only-connection-not-open',
  0x011a: 'target-object-out-of-connections',
  0x0203: 'connection-timed-out',
  0x0204: 'unconnected-request-timed-out',
  0x0205: 'unconnected-parameter-error',
  0x0206: 'unconnected-message-too-large',
  0x0207: 'unconnected-acknowledged-without-reply',
  0x0301: 'no-buffer-memory',
  0x0302: 'no-network-bandwidth',
  0x0311: 'port-not-available',
  0x0312: 'link-address-not-valid',
  0x0315: 'invalid-segment-in-path',
  0x0316: 'forward-close-path-mismatch',
  0x0318: 'link-address-to-self',
  0x0319: 'secondary-resources-unavailable',
  0x031a: 'rack-connection-already-established',
  0x031b: 'module-connection-already-established',
  0x0800: 'network-link-offline',
  0x080c: 'safety-configuration-mismatch',
  0x080d: 'tunid-not-set',
  0x080e: 'tunid-mismatch',
  0x080f: 'configuration-not-allowed',
};

/** Extended status of the tag services under general status 0xff (1756-PM020, "Data access errors"). */
export const TAG_STATUS: Readonly<Record<number, string>> = {
  0x2104: 'offset-beyond-tag',
  0x2105: 'beyond-end-of-tag',
  0x2107: 'type-mismatch',
};

/** Status of the encapsulation header (Volume 2, table 2-3.3). */
export const ENCAPSULATION_STATUS: Readonly<Record<number, string>> = {
  0x0001: 'invalid-command',
  0x0002: 'insufficient-memory',
  0x0003: 'incorrect-data',
  0x0064: 'invalid-session-handle',
  0x0065: 'invalid-length',
  0x0069: 'unsupported-protocol-revision',
  0x006a: 'service-not-allowed-on-this-port',
};

/** `view.status` of an encapsulation error and of a PCCC error: these plus the code. */
export const ENCAPSULATION_STATUS_BASE = 0x1000000;
export const PCCC_STATUS_BASE = 0x2000000;

/** General status with the first word of the additional status, as one number for `view.status`. */
export function statusOf(general: number, extended: number): number {
  return general === STATUS.partialTransfer ? 0 : general + 0x100 * extended;
}
