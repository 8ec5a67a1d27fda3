/**
 * MQTT packet types, properties and reason codes, and the functions Firedoor tells apart. Sources: MQTT 3.1 (IBM/Eurotech 2010), MQTT 3.1.1
 * and 5.0 (OASIS), ISO/IEC 20237 (Sparkplug 3.0) chapter 4 and 6.4. Classes, effects and risk are Firedoor's judgement.
 */
import type { FunctionInfo } from '../../../records.ts';
import { functionKey } from '../protocol.ts';

/** Control packet types (MQTT 5.0, 2.1.2). */
export const PACKET = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
  auth: 15,
} as const;

/** Protocol levels of CONNECT (3.1.2.2); 3 goes with the name `MQIsdp`. */
export const VERSION = { v31: 3, v311: 4, v5: 5 } as const;

/** Areas a point may lie in; `filter` is what a client subscribes to. */
export const AREAS = ['topic', 'metric', 'filter'] as const;
export const AREA = { topic: 0, metric: 1, filter: 2 } as const;

/** Sub-functions of PUBLISH, told by topic and payload. Sparkplug ones follow its message types (Sparkplug 3.0, 4.1). */
export const PUBLISH = {
  command: 0,
  nodeBirth: 1,
  nodeDeath: 2,
  deviceBirth: 3,
  deviceDeath: 4,
  nodeData: 5,
  deviceData: 6,
  nodeCommand: 7,
  deviceCommand: 8,
  state: 9,
  rebirth: 10,
  reboot: 11,
} as const;

/** Message type in a Sparkplug topic → sub-function. */
export const SPARKPLUG_TYPES: Readonly<Record<string, number>> = {
  NBIRTH: PUBLISH.nodeBirth,
  NDEATH: PUBLISH.nodeDeath,
  DBIRTH: PUBLISH.deviceBirth,
  DDEATH: PUBLISH.deviceDeath,
  NDATA: PUBLISH.nodeData,
  DDATA: PUBLISH.deviceData,
  NCMD: PUBLISH.nodeCommand,
  DCMD: PUBLISH.deviceCommand,
};

/** Sub-function of SUBSCRIBE: a filter takes every topic, or the broker's own. */
export const SUBSCRIBE_EVERYTHING = 0;
export const KEY_SUBSCRIBE_EVERYTHING = functionKey(PACKET.subscribe, SUBSCRIBE_EVERYTHING);

/**
 * Topic levels that mean a command by public convention: Homie 4 (`…/set`), Tasmota (`cmnd/…`), zigbee2mqtt (`…/set`), ThingsBoard
 * (`…/rpc/request/…`), and plain words. Compared without case.
 */
export const COMMAND_LEVELS: readonly string[] = ['set', 'cmd', 'cmnd', 'command', 'commands', 'write', 'rpc'];

const HARMLESS = { effect: 'none', risk: 1, techniques: [] } as const;
const REPORT = { class: 'read', effect: 'none', risk: 0, techniques: ['T1692.002'] } as const;
const ACK = { class: 'diagnostic', ...HARMLESS } as const;

function publish(subCode: number, name: string, rest: Omit<FunctionInfo, 'code' | 'subCode' | 'name'>): FunctionInfo {
  return { code: PACKET.publish, subCode, name, ...rest };
}

export const FUNCTIONS: readonly FunctionInfo[] = [
  { code: 1, name: 'connect', class: 'auth', effect: 'none', risk: 1, techniques: ['T0859', 'T1694'] },
  { code: 2, name: 'connack', class: 'auth', ...HARMLESS },
  // A container is classified by its content: topics of a command convention are `publish-command`, Sparkplug has its own rows.
  { code: 3, name: 'publish', class: 'read', effect: 'none', risk: 1, techniques: ['T1692.002', 'T0869'] },
  publish(PUBLISH.command, 'publish-command', {
    class: 'control',
    effect: 'changes-value',
    risk: 3,
    techniques: ['T1692.001', 'T0836'],
  }),
  publish(PUBLISH.nodeBirth, 'sparkplug-nbirth', { ...REPORT, techniques: ['T1692.002', 'T0861'] }),
  publish(PUBLISH.nodeDeath, 'sparkplug-ndeath', {
    class: 'diagnostic',
    effect: 'none',
    risk: 1,
    techniques: ['T1691.002', 'T1692.002'],
  }),
  publish(PUBLISH.deviceBirth, 'sparkplug-dbirth', { ...REPORT, techniques: ['T1692.002', 'T0861'] }),
  publish(PUBLISH.deviceDeath, 'sparkplug-ddeath', {
    class: 'diagnostic',
    effect: 'none',
    risk: 1,
    techniques: ['T1691.002', 'T1692.002'],
  }),
  publish(PUBLISH.nodeData, 'sparkplug-ndata', REPORT),
  publish(PUBLISH.deviceData, 'sparkplug-ddata', REPORT),
  publish(PUBLISH.nodeCommand, 'sparkplug-ncmd', {
    class: 'control',
    effect: 'changes-value',
    risk: 3,
    techniques: ['T1692.001', 'T0836'],
  }),
  publish(PUBLISH.deviceCommand, 'sparkplug-dcmd', {
    class: 'control',
    effect: 'changes-value',
    risk: 3,
    techniques: ['T1692.001', 'T0836'],
  }),
  publish(PUBLISH.state, 'sparkplug-state', {
    class: 'auth',
    effect: 'changes-mode',
    risk: 3,
    techniques: ['T0848', 'T1691.002'],
  }),
  // `Node Control/Rebirth` makes the node publish its births again; ordinary hosts ask for it whenever they miss a message.
  publish(PUBLISH.rebirth, 'sparkplug-rebirth', {
    class: 'control',
    effect: 'changes-value',
    risk: 1,
    techniques: ['T1692.001'],
  }),
  publish(PUBLISH.reboot, 'sparkplug-reboot', {
    class: 'control',
    effect: 'restarts',
    risk: 4,
    techniques: ['T0816', 'T1692.001'],
  }),
  { code: 4, name: 'puback', ...ACK },
  { code: 5, name: 'pubrec', ...ACK },
  { code: 6, name: 'pubrel', ...ACK },
  { code: 7, name: 'pubcomp', ...ACK },
  { code: 8, name: 'subscribe', class: 'read', effect: 'none', risk: 0, techniques: ['T0801', 'T0802'] },
  {
    code: 8,
    subCode: SUBSCRIBE_EVERYTHING,
    name: 'subscribe-everything',
    class: 'discovery',
    effect: 'none',
    risk: 1,
    techniques: ['T0861', 'T0802'],
  },
  { code: 9, name: 'suback', ...ACK },
  { code: 10, name: 'unsubscribe', class: 'read', effect: 'none', risk: 0, techniques: [] },
  { code: 11, name: 'unsuback', ...ACK },
  { code: 12, name: 'pingreq', ...ACK },
  { code: 13, name: 'pingresp', ...ACK },
  { code: 14, name: 'disconnect', ...ACK },
  { code: 15, name: 'auth', class: 'auth', effect: 'none', risk: 1, techniques: ['T0859'] },
];

/** First code that refuses (MQTT 5.0, 2.4); below it 5.0 reports success, and CONNACK of 3.x has its own 1 to 5. */
export const REFUSED = 0x80;
/** Not authorised, in CONNACK of 3.x (3.1.1, 3.2.2.3) and in 5.0 (2.4); failure in SUBACK of 3.1.1 (3.9.3). */
export const NOT_AUTHORIZED_V3 = 5;
export const NOT_AUTHORIZED = 0x87;
export const SUBACK_FAILURE = 0x80;

/** Return codes of CONNACK in 3.x (3.1.1, table 3.1) and reason codes of 5.0 (table 2-6). */
export const STATUS_NAMES: Readonly<Record<number, string>> = {
  0: 'ok',
  1: 'unacceptable-protocol-version',
  2: 'identifier-rejected',
  3: 'server-unavailable',
  4: 'bad-user-name-or-password',
  5: 'not-authorized',
  128: 'unspecified-error',
  129: 'malformed-packet',
  130: 'protocol-error',
  131: 'implementation-specific-error',
  132: 'unsupported-protocol-version',
  133: 'client-identifier-not-valid',
  134: 'bad-user-name-or-password',
  135: 'not-authorized',
  136: 'server-unavailable',
  137: 'server-busy',
  138: 'banned',
  139: 'server-shutting-down',
  140: 'bad-authentication-method',
  141: 'keep-alive-timeout',
  142: 'session-taken-over',
  143: 'topic-filter-invalid',
  144: 'topic-name-invalid',
  145: 'packet-identifier-in-use',
  146: 'packet-identifier-not-found',
  147: 'receive-maximum-exceeded',
  148: 'topic-alias-invalid',
  149: 'packet-too-large',
  150: 'message-rate-too-high',
  151: 'quota-exceeded',
  152: 'administrative-action',
  153: 'payload-format-invalid',
  154: 'retain-not-supported',
  155: 'qos-not-supported',
  156: 'use-another-server',
  157: 'server-moved',
  158: 'shared-subscriptions-not-supported',
  159: 'connection-rate-exceeded',
  160: 'maximum-connect-time',
  161: 'subscription-identifiers-not-supported',
  162: 'wildcard-subscriptions-not-supported',
};

/** How the value of a property is written (MQTT 5.0, 1.5). */
export const FORM = { byte: 1, two: 2, four: 4, variable: 5, text: 6, binary: 7, pair: 8 } as const;

/** Properties a reader of packets wants by name. */
export const PROPERTY = {
  assignedClientId: 18,
  authenticationMethod: 21,
  serverReference: 28,
  topicAlias: 35,
} as const;

/** Property id → form (MQTT 5.0, table 2-4); 0 for ids that do not exist. */
export const PROPERTY_FORM = new Uint8Array(64);
for (const id of [1, 23, 25, 36, 37, 40, 41, 42]) PROPERTY_FORM[id] = FORM.byte;
for (const id of [19, 33, 34, 35]) PROPERTY_FORM[id] = FORM.two;
for (const id of [2, 17, 24, 39]) PROPERTY_FORM[id] = FORM.four;
PROPERTY_FORM[11] = FORM.variable;
for (const id of [3, 8, 18, 21, 26, 28, 31]) PROPERTY_FORM[id] = FORM.text;
for (const id of [9, 22]) PROPERTY_FORM[id] = FORM.binary;
PROPERTY_FORM[38] = FORM.pair;

/** Properties that say who someone is → kind of fact. */
export const PROPERTY_FACTS: Readonly<Record<number, string>> = {
  [PROPERTY.assignedClientId]: 'client-id',
  [PROPERTY.authenticationMethod]: 'authentication-method',
  [PROPERTY.serverReference]: 'server-reference',
};
