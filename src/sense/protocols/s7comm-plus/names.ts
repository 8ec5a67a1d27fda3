/**
 * Codes of S7-plus (protocol id 0x72: S7-1200, S7-1500, WinCC runtime). Siemens publishes no specification; sources: the public
 * S7comm-plus research and drivers (python-snap7 `s7commplus`, CISA ICSNPP `icsnpp-s7comm`), checked against captures.
 * Classes, effects and risk are Firedoor's judgement.
 */
import type { FunctionInfo } from '../../../records.ts';
import { functionKey } from '../protocol.ts';
import { COTP_FUNCTIONS, COTP_STATUS } from '../tpkt/names.ts';

export const PROTOCOL_ID = 0x72;
/** Versions in the header: 1 while a session is set up, 2 and 3 (with a digest) afterwards; events of the system; signs of life. */
export const VERSION = { session: 1, plain: 2, digest: 3, systemEvent: 0xfe, keepAlive: 0xff } as const;

export const OPCODE = { request: 0x31, response: 0x32, notification: 0x33, response2: 0x02 } as const;

export const FC = {
  explore: 0x04bb,
  createObject: 0x04ca,
  deleteObject: 0x04d4,
  setVariable: 0x04f2,
  getVariable: 0x04fc,
  addLink: 0x0506,
  removeLink: 0x051a,
  getLink: 0x0524,
  setMultiVariables: 0x0542,
  getMultiVariables: 0x054c,
  beginSequence: 0x0556,
  endSequence: 0x0560,
  invoke: 0x056b,
  setVarSubStreamed: 0x057c,
  getVarSubStreamed: 0x0586,
  getVariablesAddress: 0x0590,
  abort: 0x059a,
  error: 0x05a9,
  initSsl: 0x05b3,
} as const;

/** Messages without a function of their own. */
export const NOTIFICATION = 0x2000;
export const SYSTEM_EVENT = 0x2001;
export const KEEP_ALIVE = 0x2002;
/** Fragments whose beginning was not seen, and what cannot be read. */
export const FRAGMENT = 0x2003;
/** TLS records in place of S7-plus: this plus the content type (RFC 8446, 5.1). */
export const TLS_BASE = 0x2100;

/** Sub-codes: what a create, delete or set means by its target. */
export const SUB = { session: 1, cpuMode: 2, credit: 3 } as const;

/** Objects and attributes with a meaning of their own. */
export const OBJECT = { cpuExecutionUnit: 52, sessionContainer: 285 } as const;
export const ATTRIBUTE = {
  cpuModeRequest: 2167,
  /** How many notifications a subscriber can take; raised again and again while a subscription lives. */
  subscriptionCredit: 1053,
  clientAddress: 289,
  sessionVersion: 306,
  systemPaom: 319,
} as const;

/** Areas of variables: data blocks have 0x8a0e in the high half; the others are native objects. */
export const DATA_BLOCK = 0x8a0e;
export const NATIVE_AREA: Readonly<Record<number, string>> = {
  80: 'I',
  81: 'Q',
  82: 'M',
  83: 'C',
  84: 'T',
};
/** Sub-areas "actual value": left out of names. */
export const ACTUAL_VALUE = new Set([2550, 3736]);

/** Area number in the view → name used in point names. */
export const AREAS = ['variable', 'object', 'subscription'] as const;
export const AREA = { variable: 0, object: 1, subscription: 2 } as const;

const read = { class: 'read', effect: 'none', risk: 0, techniques: ['T0801'] } as const;
const writes = { class: 'write', effect: 'changes-value', risk: 3, techniques: ['T1692.001', 'T0836'] } as const;
const program = { class: 'program', effect: 'changes-logic', risk: 4, techniques: ['T0843', 'T0889'] } as const;
const discovery = { class: 'discovery', effect: 'none', risk: 1, techniques: ['T0888', 'T0861', 'T0845'] } as const;
const auth = { class: 'auth', effect: 'none', risk: 1, techniques: ['T0859'] } as const;
const link = { class: 'config', effect: 'changes-mode', risk: 2, techniques: ['T0836'] } as const;
const diagnostic = { class: 'diagnostic', effect: 'none', risk: 0, techniques: [] } as const;
const encrypted = { class: 'diagnostic', effect: 'none', risk: 1, techniques: [] } as const;

export const FUNCTIONS: readonly FunctionInfo[] = [
  { code: FC.explore, name: 'explore', ...discovery },
  { code: FC.createObject, name: 'create-object', ...program, techniques: ['T0843'] },
  { code: FC.createObject, subCode: SUB.session, name: 'create-session', ...auth },
  { code: FC.deleteObject, name: 'delete-object', ...program, techniques: ['T0809', 'T0889'] },
  { code: FC.deleteObject, subCode: SUB.session, name: 'delete-session', ...auth, risk: 0, techniques: [] },
  { code: FC.setVariable, name: 'set-variable', ...writes, techniques: ['T1692.001', 'T0836', 'T0858'] },
  {
    code: FC.setVariable,
    subCode: SUB.cpuMode,
    name: 'set-cpu-mode',
    class: 'control',
    effect: 'stops',
    risk: 4,
    techniques: ['T0858', 'T0816'],
  },
  { code: FC.setVariable, subCode: SUB.credit, name: 'set-subscription-credit', ...read },
  { code: FC.getVariable, name: 'get-variable', ...read },
  { code: FC.addLink, name: 'add-link', ...link },
  { code: FC.removeLink, name: 'remove-link', ...link },
  { code: FC.getLink, name: 'get-link', ...read, techniques: ['T0888'] },
  { code: FC.setMultiVariables, name: 'set-multi-variables', ...writes },
  { code: FC.setMultiVariables, subCode: SUB.session, name: 'set-session-variables', ...auth },
  { code: FC.getMultiVariables, name: 'get-multi-variables', ...read },
  { code: FC.beginSequence, name: 'begin-sequence', ...program, effect: 'none', risk: 3 },
  { code: FC.endSequence, name: 'end-sequence', ...program, effect: 'none', risk: 3 },
  {
    code: FC.invoke,
    name: 'invoke',
    class: 'control',
    effect: 'changes-mode',
    risk: 3,
    techniques: ['T0871', 'T1692.001'],
  },
  { code: FC.setVarSubStreamed, name: 'set-var-substreamed', ...program, techniques: ['T0843', 'T0836'] },
  { code: FC.getVarSubStreamed, name: 'get-var-substreamed', ...read, techniques: ['T0801', 'T0845'] },
  { code: FC.getVariablesAddress, name: 'get-variables-address', ...discovery, techniques: ['T0861'] },
  { code: FC.abort, name: 'abort', ...diagnostic, risk: 1 },
  { code: FC.error, name: 'error', ...diagnostic },
  { code: FC.initSsl, name: 'init-ssl', ...auth, techniques: [] },
  { code: NOTIFICATION, name: 'notification', ...read },
  { code: SYSTEM_EVENT, name: 'system-event', ...diagnostic },
  { code: KEEP_ALIVE, name: 'keep-alive', ...diagnostic },
  { code: FRAGMENT, name: 'fragment', ...diagnostic },
  { code: TLS_BASE, name: 'tls', ...encrypted },
  { code: TLS_BASE + 20, name: 'tls-change-cipher-spec', ...encrypted },
  { code: TLS_BASE + 21, name: 'tls-alert', ...encrypted },
  { code: TLS_BASE + 22, name: 'tls-handshake', ...encrypted },
  { code: TLS_BASE + 23, name: 'tls-application-data', ...encrypted },
  ...COTP_FUNCTIONS,
];

/** Function key of a create or delete of a session, or of a request for another CPU mode. */
export function subFunction(code: number, sub: number): number {
  return functionKey(code, sub);
}

/** Low 16 bits of the return value, signed in the originals; the names are ours. Others keep their number. */
export const STATUS: Readonly<Record<number, string>> = {
  19: 'partial-error',
  65524: 'object-not-found',
  65519: 'invalid-crc',
  ...COTP_STATUS,
};
/** "Session pre-legitimated": a success with a remark. */
export const PRE_LEGITIMATED = 0x0011;
