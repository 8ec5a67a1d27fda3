/**
 * BACnet services, network messages, BVLC functions and areas. Source: ANSI/ASHRAE 135-2020: clauses 13 to 17 and 21 (services),
 * 6.2.4 (network layer messages), annex J (BVLC of BACnet/IP). Classes, effects and risk are Firedoor's judgement; where they differ
 * from common lists NOTES.md says why.
 */
import type { FunctionInfo } from '../../../records.ts';
import { functionKey } from '../protocol.ts';
import { ABORT_NAMES, ERROR_CLASS_NAMES, ERROR_CODE_NAMES, REJECT_NAMES } from './error-names.ts';

/** APDU types (20.1.2.1, upper half of the first octet). */
export const APDU = {
  confirmedRequest: 0,
  unconfirmedRequest: 1,
  simpleAck: 2,
  complexAck: 3,
  segmentAck: 4,
  error: 5,
  reject: 6,
  abort: 7,
} as const;

/** Confirmed service choices (21, BACnetConfirmedServiceChoice). */
export const CONFIRMED = {
  acknowledgeAlarm: 0,
  covNotification: 1,
  eventNotification: 2,
  getAlarmSummary: 3,
  getEnrollmentSummary: 4,
  subscribeCov: 5,
  atomicReadFile: 6,
  atomicWriteFile: 7,
  addListElement: 8,
  removeListElement: 9,
  createObject: 10,
  deleteObject: 11,
  readProperty: 12,
  readPropertyMultiple: 14,
  writeProperty: 15,
  writePropertyMultiple: 16,
  deviceCommunicationControl: 17,
  privateTransfer: 18,
  reinitializeDevice: 20,
  readRange: 26,
  lifeSafetyOperation: 27,
  subscribeCovProperty: 28,
  getEventInformation: 29,
  subscribeCovPropertyMultiple: 30,
  covNotificationMultiple: 31,
} as const;

/** Unconfirmed service choices (21, BACnetUnconfirmedServiceChoice). */
export const UNCONFIRMED = {
  iAm: 0,
  iHave: 1,
  covNotification: 2,
  eventNotification: 3,
  privateTransfer: 4,
  timeSynchronization: 6,
  whoHas: 7,
  whoIs: 8,
  utcTimeSynchronization: 9,
  writeGroup: 10,
  covNotificationMultiple: 11,
  whoAmI: 13,
  youAre: 14,
} as const;

/** BVLC functions (J.2). */
export const BVLC = {
  result: 0,
  writeBroadcastTable: 1,
  readBroadcastTable: 2,
  readBroadcastTableAck: 3,
  forwardedNpdu: 4,
  registerForeignDevice: 5,
  readForeignDeviceTable: 6,
  readForeignDeviceTableAck: 7,
  deleteForeignDevice: 8,
  distributeBroadcast: 9,
  originalUnicast: 10,
  originalBroadcast: 11,
  securedBvll: 12,
} as const;

/** Where the codes of each kind begin in function keys: confirmed services stand at their own number. */
export const UNCONFIRMED_BASE = 0x100;
export const NETWORK_BASE = 0x200;
export const BVLC_BASE = 0x300;
/** Segment acknowledgements, and refusals whose request was not seen: this plus the APDU type. */
export const APDU_BASE = 0x400;

/** Where the status codes of each kind begin. An error is `ERROR_STATUS` × (class + 1) + code. */
export const REJECT_STATUS = 0x100;
export const ABORT_STATUS = 0x200;
/** Result codes of BVLC, network reject reasons. */
export const BVLC_STATUS = 0x300;
export const NETWORK_STATUS = 0x400;
export const ERROR_STATUS = 0x10000;

/** Class `services` and code `service-request-denied` (18.6): the answer that a request is not allowed. */
export const DENIED = { class: 5, code: 29 } as const;

/** Areas a point may lie in; index = area number in the view. */
export const AREAS = [
  'object',
  'priority',
  'file',
  'clock',
  'group',
  'private',
  'broadcast-table',
  'foreign-device',
  'routing-table',
] as const;
export type AreaName = (typeof AREAS)[number];
export const AREA = Object.fromEntries(AREAS.map((name, number) => [name, number])) as Readonly<
  Record<AreaName, number>
>;

/** Object type `device`, whose properties say who it is. */
export const OBJECT_DEVICE = 8;
export const OBJECT_FILE = 10;
/** Properties the dissector names itself or takes facts from (21, BACnetPropertyIdentifier). */
export const PROPERTY = {
  ackedTransitions: 0,
  applicationSoftwareVersion: 12,
  description: 28,
  eventState: 36,
  firmwareRevision: 44,
  location: 58,
  modelName: 70,
  objectIdentifier: 75,
  objectList: 76,
  objectName: 77,
  presentValue: 85,
  silenced: 163,
  vendorIdentifier: 120,
  vendorName: 121,
  serialNumber: 372,
} as const;

const read = { class: 'read', effect: 'none', risk: 0, techniques: ['T0801'] } as const;
const notification = { class: 'read', effect: 'none', risk: 0, techniques: ['T1692.002'] } as const;
const discovery = { class: 'discovery', effect: 'none', risk: 1, techniques: ['T0846', 'T0888'] } as const;
const writes = {
  class: 'write',
  effect: 'changes-value',
  risk: 3,
  techniques: ['T1692.001', 'T0836', 'T0838'],
} as const;
const list = { class: 'config', effect: 'changes-value', risk: 2, techniques: ['T0836'] } as const;
const objects = { class: 'config', effect: 'changes-logic', risk: 4, techniques: ['T0836', 'T0809'] } as const;
const silences = { class: 'control', effect: 'stops', risk: 4, techniques: ['T0814', 'T1691.002'] } as const;
const restarts = { class: 'control', effect: 'restarts', risk: 4, techniques: ['T0816', 'T0858'] } as const;
const restores = { class: 'program', effect: 'changes-logic', risk: 4, techniques: ['T0843', 'T0858'] } as const;
const backup = { class: 'program', effect: 'changes-mode', risk: 3, techniques: ['T0845', 'T0858'] } as const;
const diagnostic = { class: 'diagnostic', effect: 'none', risk: 1, techniques: [] } as const;
const auth = { class: 'auth', effect: 'none', risk: 1, techniques: ['T0859'] } as const;
const clock = { class: 'config', effect: 'changes-value', risk: 2, techniques: ['T0836', 'T0872'] } as const;
const routing = { class: 'config', effect: 'changes-mode', risk: 2, techniques: ['T0836', 'T0830'] } as const;
const cutsOff = { class: 'config', effect: 'changes-mode', risk: 2, techniques: ['T0814'] } as const;

type Row = readonly [code: number, name: string, kind: Omit<FunctionInfo, 'code' | 'name'>];

const CONFIRMED_ROWS: readonly Row[] = [
  [0, 'acknowledge-alarm', { class: 'config', effect: 'changes-mode', risk: 2, techniques: ['T0838'] }],
  [1, 'confirmed-cov-notification', notification],
  [2, 'confirmed-event-notification', notification],
  [3, 'get-alarm-summary', read],
  [4, 'get-enrollment-summary', read],
  [5, 'subscribe-cov', read],
  [6, 'atomic-read-file', { ...read, techniques: ['T0845', 'T0893'] }],
  [7, 'atomic-write-file', { class: 'program', effect: 'changes-logic', risk: 4, techniques: ['T0843', 'T1693'] }],
  [8, 'add-list-element', list],
  [9, 'remove-list-element', list],
  [10, 'create-object', objects],
  [11, 'delete-object', objects],
  [12, 'read-property', { ...read, techniques: ['T0801', 'T0888'] }],
  [13, 'read-property-conditional', read],
  [14, 'read-property-multiple', { ...read, techniques: ['T0802', 'T0888'] }],
  [15, 'write-property', writes],
  [16, 'write-property-multiple', writes],
  [17, 'device-communication-control', silences],
  [18, 'confirmed-private-transfer', { ...writes, techniques: ['T1692.001'] }],
  [19, 'confirmed-text-message', diagnostic],
  [20, 'reinitialize-device', restarts],
  [21, 'vt-open', { class: 'auth', effect: 'changes-mode', risk: 2, techniques: ['T0807'] }],
  [22, 'vt-close', auth],
  [23, 'vt-data', { class: 'write', effect: 'changes-mode', risk: 3, techniques: ['T0807'] }],
  [24, 'authenticate', auth],
  [25, 'request-key', auth],
  [26, 'read-range', read],
  [27, 'life-safety-operation', { class: 'safety', effect: 'changes-mode', risk: 4, techniques: ['T0880', 'T0878'] }],
  [28, 'subscribe-cov-property', read],
  [29, 'get-event-information', read],
  [30, 'subscribe-cov-property-multiple', read],
  [31, 'confirmed-cov-notification-multiple', notification],
  [32, 'confirmed-audit-notification', diagnostic],
  [33, 'audit-log-query', { ...read, techniques: ['T0893'] }],
];

const UNCONFIRMED_ROWS: readonly Row[] = [
  [0, 'i-am', discovery],
  [1, 'i-have', discovery],
  [2, 'unconfirmed-cov-notification', notification],
  [3, 'unconfirmed-event-notification', notification],
  [4, 'unconfirmed-private-transfer', { ...writes, techniques: ['T1692.001'] }],
  [5, 'unconfirmed-text-message', diagnostic],
  [6, 'time-synchronization', clock],
  [7, 'who-has', { ...discovery, techniques: ['T0846.002', 'T0861'] }],
  [8, 'who-is', { ...discovery, techniques: ['T0846.002', 'T0846'] }],
  [9, 'utc-time-synchronization', clock],
  [10, 'write-group', { class: 'control', effect: 'changes-value', risk: 3, techniques: ['T1692.001', 'T0831'] }],
  [11, 'unconfirmed-cov-notification-multiple', notification],
  [12, 'unconfirmed-audit-notification', diagnostic],
  [13, 'who-am-i', discovery],
  [14, 'you-are', { class: 'config', effect: 'changes-mode', risk: 3, techniques: ['T0836', 'T0848'] }],
];

const NETWORK_ROWS: readonly Row[] = [
  [0x00, 'who-is-router-to-network', discovery],
  [0x01, 'i-am-router-to-network', discovery],
  [0x02, 'i-could-be-router-to-network', discovery],
  [0x03, 'reject-message-to-network', diagnostic],
  [0x04, 'router-busy-to-network', { ...cutsOff, techniques: ['T0814', 'T1691.001'] }],
  [0x05, 'router-available-to-network', { ...cutsOff, techniques: [] }],
  [0x06, 'initialize-routing-table', routing],
  [0x07, 'initialize-routing-table-ack', { ...discovery, techniques: ['T0888'] }],
  [0x08, 'establish-connection-to-network', { ...routing, techniques: ['T0848'] }],
  [0x09, 'disconnect-connection-to-network', cutsOff],
  [0x0a, 'challenge-request', auth],
  [0x0b, 'security-payload', auth],
  [0x0c, 'security-response', auth],
  [0x0d, 'request-key-update', auth],
  [0x0e, 'update-key-set', { class: 'auth', effect: 'changes-mode', risk: 3, techniques: ['T0859'] }],
  [0x0f, 'update-distribution-key', { class: 'auth', effect: 'changes-mode', risk: 3, techniques: ['T0859'] }],
  [0x10, 'request-master-key', auth],
  [0x11, 'set-master-key', { class: 'auth', effect: 'changes-mode', risk: 3, techniques: ['T0859'] }],
  [0x12, 'what-is-network-number', discovery],
  [0x13, 'network-number-is', { ...discovery, techniques: [] }],
];

const BVLC_ROWS: readonly Row[] = [
  [0, 'bvlc-result', diagnostic],
  [1, 'write-broadcast-distribution-table', routing],
  [2, 'read-broadcast-distribution-table', { ...discovery, techniques: ['T0888'] }],
  [3, 'read-broadcast-distribution-table-ack', { ...discovery, techniques: [] }],
  [4, 'forwarded-npdu', diagnostic],
  [5, 'register-foreign-device', { class: 'auth', effect: 'changes-mode', risk: 2, techniques: ['T0848', 'T0886'] }],
  [6, 'read-foreign-device-table', { ...discovery, techniques: ['T0888'] }],
  [7, 'read-foreign-device-table-ack', { ...discovery, techniques: [] }],
  [8, 'delete-foreign-device-table-entry', cutsOff],
  [9, 'distribute-broadcast-to-network', diagnostic],
  [10, 'original-unicast-npdu', diagnostic],
  [11, 'original-broadcast-npdu', diagnostic],
  [12, 'secured-bvll', diagnostic],
];

/** Sub-functions of device-communication-control (16.1.1.1.2). */
const COMMUNICATION_ROWS: readonly Row[] = [
  [0, 'device-communication-control-enable', { ...silences, effect: 'changes-mode', risk: 2, techniques: [] }],
  [1, 'device-communication-control-disable', silences],
  [2, 'device-communication-control-disable-initiation', silences],
];

/** Sub-functions of reinitialize-device (16.4.1.1.1). */
const REINITIALIZE_ROWS: readonly Row[] = [
  [0, 'reinitialize-device-coldstart', restarts],
  [1, 'reinitialize-device-warmstart', restarts],
  [2, 'reinitialize-device-start-backup', backup],
  [3, 'reinitialize-device-end-backup', backup],
  [4, 'reinitialize-device-start-restore', restores],
  [5, 'reinitialize-device-end-restore', restores],
  [6, 'reinitialize-device-abort-restore', restores],
  [7, 'reinitialize-device-activate-changes', { ...restarts, techniques: ['T0816', 'T0836'] }],
];

function rows(base: number, table: readonly Row[]): FunctionInfo[] {
  return table.map(([code, name, kind]) => ({ code: base + code, name, ...kind }));
}

function subRows(code: number, table: readonly Row[]): FunctionInfo[] {
  return table.map(([subCode, name, kind]) => ({ code, subCode, name, ...kind }));
}

/** Every function by its key. */
export const FUNCTIONS: readonly FunctionInfo[] = [
  ...rows(0, CONFIRMED_ROWS),
  ...rows(UNCONFIRMED_BASE, UNCONFIRMED_ROWS),
  ...rows(NETWORK_BASE, NETWORK_ROWS),
  ...rows(BVLC_BASE, BVLC_ROWS),
  { code: APDU_BASE + APDU.segmentAck, name: 'segment-ack', ...diagnostic },
  { code: APDU_BASE + APDU.reject, name: 'reject', ...diagnostic },
  { code: APDU_BASE + APDU.abort, name: 'abort', ...diagnostic },
  ...subRows(CONFIRMED.deviceCommunicationControl, COMMUNICATION_ROWS),
  ...subRows(CONFIRMED.reinitializeDevice, REINITIALIZE_ROWS),
];

/** Key of a service whose first parameter decides what it does. */
export function serviceKey(service: number, parameter: number): number {
  return functionKey(service, parameter);
}

/** Codes of the tables above: other functions are not understood. */
export const KNOWN_FUNCTIONS: ReadonlySet<number> = new Set(FUNCTIONS.map(({ code }) => code));

/** Results of BVLC functions (J.2.1.1), by code / 16. */
const BVLC_RESULTS: Readonly<Record<number, string>> = {
  1: 'write-broadcast-distribution-table-nak',
  2: 'read-broadcast-distribution-table-nak',
  3: 'register-foreign-device-nak',
  4: 'read-foreign-device-table-nak',
  5: 'delete-foreign-device-table-entry-nak',
  6: 'distribute-broadcast-to-network-nak',
};

/** Reasons of reject-message-to-network (6.4.4). */
const NETWORK_REJECTS: Readonly<Record<number, string>> = {
  0: 'network-reject-other',
  1: 'network-reject-not-directly-connected',
  2: 'network-reject-busy',
  3: 'network-reject-unknown-message-type',
  4: 'network-reject-message-too-long',
  5: 'network-reject-source-not-authenticated',
  6: 'network-reject-addressing-error',
};

/** Name of a refusal: `class/code` of an error, `reject-…`, `abort-…`, `…-nak`; unknown numbers stay. */
export function statusName(status: number): string {
  if (status === 0) return 'ok';
  if (status >= ERROR_STATUS) {
    const errorClass = Math.floor(status / ERROR_STATUS) - 1;
    const code = status % ERROR_STATUS;
    const className = ERROR_CLASS_NAMES[errorClass] ?? `class-${errorClass}`;
    return `${className}/${ERROR_CODE_NAMES[code] ?? `code-${code}`}`;
  }
  if (status >= NETWORK_STATUS)
    return NETWORK_REJECTS[status - NETWORK_STATUS] ?? `network-reject-${status - NETWORK_STATUS}`;
  if (status >= BVLC_STATUS) return BVLC_RESULTS[status - BVLC_STATUS] ?? `bvlc-result-${status - BVLC_STATUS}`;
  if (status >= ABORT_STATUS) return `abort-${ABORT_NAMES[status - ABORT_STATUS] ?? status - ABORT_STATUS}`;
  if (status >= REJECT_STATUS) return `reject-${REJECT_NAMES[status - REJECT_STATUS] ?? status - REJECT_STATUS}`;
  return `unknown(0x${status.toString(16).padStart(2, '0')})`;
}
