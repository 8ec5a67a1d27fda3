/**
 * OPC UA services, attributes and well-known ids. Sources: OPC 10000-4 (services), OPC 10000-6 (1.05) annex A (NodeIds.csv, attribute ids),
 * 6.7 and 7.1 (transport). Classes, effects and risk are Firedoor's judgement.
 */
import type { FunctionInfo } from '../../../records.ts';
import { STATUS_NAMES } from './status-names.ts';

/** Message types (7.1.2.2, 6.7.2.2) as the little-endian number of their three letters. */
export const MESSAGE = {
  hello: 0x4c4548,
  acknowledge: 0x4b4341,
  error: 0x525245,
  reverseHello: 0x454852,
  open: 0x4e504f,
  message: 0x47534d,
  close: 0x4f4c43,
} as const;
/** The fourth letter: final chunk, one of more, the rest is given up. */
export const CHUNK = { final: 0x46, intermediate: 0x43, abort: 0x41 } as const;

/** Codes of what is no service; all services have ids far above. */
export const TRANSPORT_CODE = { hello: 1, error: 2, reverseHello: 3, encrypted: 4, aborted: 5 } as const;

export const SERVICE = {
  fault: 397,
  findServers: 422,
  getEndpoints: 428,
  registerServer: 437,
  openSecureChannel: 446,
  closeSecureChannel: 452,
  createSession: 461,
  activateSession: 467,
  addNodes: 488,
  deleteNodes: 500,
  browse: 527,
  read: 631,
  historyRead: 664,
  write: 673,
  historyUpdate: 700,
  call: 712,
  createMonitoredItems: 751,
  createSubscription: 787,
  publish: 826,
  republish: 832,
  deleteSubscriptions: 847,
} as const;

type Judgement = Pick<FunctionInfo, 'class' | 'effect' | 'risk' | 'techniques'>;
const judged = (
  klass: FunctionInfo['class'],
  effect: FunctionInfo['effect'],
  risk: number,
  ...techniques: string[]
): Judgement => ({ class: klass, effect, risk, techniques });

const READ = judged('read', 'none', 0, 'T0801');
const DIAGNOSTIC = judged('diagnostic', 'none', 1);
const QUIET = judged('config', 'changes-mode', 3, 'T0878', 'T1691.002');
const SESSION = judged('auth', 'none', 1, 'T0859', 'T1694');
const BROWSE = judged('discovery', 'none', 1, 'T0861');

/** Services by the encoding id of the request: its name in the standard, the id of the response, judgement. */
export const SERVICES: readonly (readonly [number, string, number, Judgement])[] = [
  [410, 'TestStack', 413, DIAGNOSTIC],
  [416, 'TestStackEx', 419, DIAGNOSTIC],
  [422, 'FindServers', 425, judged('discovery', 'none', 1, 'T0846', 'T0888')],
  [428, 'GetEndpoints', 431, judged('discovery', 'none', 1, 'T0888')],
  [437, 'RegisterServer', 440, judged('config', 'changes-mode', 2, 'T0848')],
  [446, 'OpenSecureChannel', 449, judged('auth', 'none', 1)],
  [452, 'CloseSecureChannel', 455, judged('auth', 'none', 1)],
  [461, 'CreateSession', 464, SESSION],
  [467, 'ActivateSession', 470, SESSION],
  [473, 'CloseSession', 476, judged('auth', 'none', 1)],
  [479, 'Cancel', 482, DIAGNOSTIC],
  [488, 'AddNodes', 491, judged('config', 'changes-logic', 4, 'T0836')],
  [494, 'AddReferences', 497, judged('config', 'changes-mode', 2, 'T0836')],
  [500, 'DeleteNodes', 503, judged('config', 'changes-logic', 4, 'T0809', 'T0836')],
  [506, 'DeleteReferences', 509, judged('config', 'changes-mode', 2, 'T0836')],
  [527, 'Browse', 530, BROWSE],
  [533, 'BrowseNext', 536, BROWSE],
  [554, 'TranslateBrowsePathsToNodeIds', 557, BROWSE],
  [560, 'RegisterNodes', 563, judged('read', 'none', 0)],
  [566, 'UnregisterNodes', 569, judged('read', 'none', 0)],
  [615, 'QueryFirst', 618, BROWSE],
  [621, 'QueryNext', 624, BROWSE],
  [631, 'Read', 634, READ],
  [664, 'HistoryRead', 667, judged('read', 'none', 0, 'T0801', 'T0893')],
  [673, 'Write', 676, judged('write', 'changes-value', 3, 'T1692.001', 'T0836')],
  [700, 'HistoryUpdate', 703, judged('write', 'changes-value', 3, 'T0872', 'T0832')],
  [712, 'Call', 715, judged('control', 'changes-mode', 3, 'T0871', 'T1692.001', 'T0858')],
  [751, 'CreateMonitoredItems', 754, judged('read', 'none', 0, 'T0801', 'T0802')],
  [763, 'ModifyMonitoredItems', 766, judged('config', 'changes-mode', 3, 'T0878')],
  [769, 'SetMonitoringMode', 772, QUIET],
  [775, 'SetTriggering', 778, judged('config', 'changes-mode', 2)],
  [781, 'DeleteMonitoredItems', 784, QUIET],
  [787, 'CreateSubscription', 790, READ],
  [793, 'ModifySubscription', 796, judged('config', 'changes-mode', 3, 'T0878')],
  [799, 'SetPublishingMode', 802, QUIET],
  [826, 'Publish', 829, READ],
  [832, 'Republish', 835, judged('read', 'none', 0)],
  [841, 'TransferSubscriptions', 844, judged('auth', 'changes-mode', 2, 'T0830')],
  [847, 'DeleteSubscriptions', 850, QUIET],
  [12208, 'FindServersOnNetwork', 12209, judged('discovery', 'none', 1, 'T0846')],
  [12211, 'RegisterServer2', 12212, judged('config', 'changes-mode', 2, 'T0848')],
  // What it invokes stands inside it; it is judged like the worst of them.
  [15903, 'SessionlessInvoke', 21001, judged('control', 'changes-mode', 3, 'T0871')],
];

/** `GetEndpoints` → `get-endpoints`. */
function hyphened(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase();
}

export const FUNCTIONS: readonly FunctionInfo[] = [
  { code: TRANSPORT_CODE.hello, name: 'hello', ...judged('auth', 'none', 0) },
  { code: TRANSPORT_CODE.error, name: 'transport-error', ...DIAGNOSTIC },
  { code: TRANSPORT_CODE.reverseHello, name: 'reverse-hello', ...judged('auth', 'none', 1, 'T0848') },
  // What it does cannot be seen; that it is there can.
  { code: TRANSPORT_CODE.encrypted, name: 'encrypted-message', ...DIAGNOSTIC },
  { code: TRANSPORT_CODE.aborted, name: 'message-aborted', ...DIAGNOSTIC },
  { code: SERVICE.fault, name: 'service-fault', ...DIAGNOSTIC },
  ...SERVICES.map(([code, name, , rest]) => ({ code, name: hyphened(name), ...rest })),
];

/** Encoding id → id of the request with the sign of its direction: request positive, response negative; 0 unknown. */
const ROLES = new Int32Array(0x10000);
for (const [request, , response] of SERVICES) {
  ROLES[request] = request;
  ROLES[response] = -request;
}
ROLES[SERVICE.fault] = -SERVICE.fault;

/** Request id of a known encoding id, negative for a response; 0 for ids that are no service. */
export function serviceRole(encodingId: number): number {
  return encodingId < ROLES.length ? ROLES[encodingId]! : 0;
}

/** Attributes (OPC 10000-6, A.1) by id, as areas of points; `node` is the attribute Value. Behind them what is no attribute. */
export const AREAS = [
  'node',
  'node-id',
  'node-class',
  'browse-name',
  'display-name',
  'description',
  'write-mask',
  'user-write-mask',
  'is-abstract',
  'symmetric',
  'inverse-name',
  'contains-no-loops',
  'event-notifier',
  'value',
  'data-type',
  'value-rank',
  'array-dimensions',
  'access-level',
  'user-access-level',
  'minimum-sampling-interval',
  'historizing',
  'executable',
  'user-executable',
  'data-type-definition',
  'role-permissions',
  'user-role-permissions',
  'access-restrictions',
  'access-level-ex',
  'method',
  'argument',
  'browse',
  'address-space',
  'history',
  'other-attribute',
  'object',
] as const;
export const AREA = {
  node: 0,
  method: 28,
  argument: 29,
  browse: 30,
  addressSpace: 31,
  history: 32,
  other: 33,
  object: 34,
} as const;
export const ATTRIBUTE_VALUE = 13;
export const ATTRIBUTE_MAX = 27;

/** Area of an attribute. */
export function areaOf(attribute: number): number {
  if (attribute === ATTRIBUTE_VALUE) return AREA.node;
  return attribute >= 1 && attribute <= ATTRIBUTE_MAX ? attribute : AREA.other;
}

/** Encoding ids of structures inside messages. */
export const STRUCTURE = {
  anonymousToken: 321,
  userNameToken: 324,
  x509Token: 327,
  issuedToken: 940,
  dataChange: 811,
  statusChange: 820,
  eventList: 916,
} as const;

/** MessageSecurityMode (OPC 10000-4, 7.20). */
export const SECURITY_MODES = ['invalid', 'None', 'Sign', 'SignAndEncrypt'] as const;
/** UserTokenType (7.43). */
export const TOKEN_TYPES = ['anonymous', 'user name', 'certificate', 'issued token'] as const;
export const POLICY_PREFIX = 'http://opcfoundation.org/UA/SecurityPolicy#';

/** Variables of the server's build information (OPC 10000-5, 12.4) → kind of fact. */
export const BUILD_INFO: Readonly<Record<string, string>> = {
  'i=2261': 'model',
  'i=2263': 'vendor',
  'i=2264': 'firmware',
};

/** Severity bits of a status code (OPC 10000-4, 7.39). */
export const SEVERITY_BAD = 0x80000000;
export const SEVERITY_UNCERTAIN = 0x40000000;
export const BAD_USER_ACCESS_DENIED = 0x801f0000;

/** Name of a status code by its upper half; 0 and other good codes are `ok`. */
export function statusName(code: number): string {
  const upper = Math.floor((code >>> 0) / 0x10000);
  if (upper === 0) return 'ok';
  return STATUS_NAMES[upper] ?? `unknown(0x${code.toString(16).padStart(8, '0')})`;
}
