/**
 * The one table of kinds of finding: code ↔ name ↔ ATT&CK for ICS technique ↔ title.
 *
 * `code` is the short name analysts and test reports use (`NEW-DEV`, `F01`), `name` (the key) is what `Finding.kind` carries.
 * Techniques are ids of ATT&CK for ICS v19 the kind can be evidence of; they are no proof of intent.
 * Process faults F01–F26 follow the taxonomy of sensor and actuator faults used in fault detection (Isermann, Fault-Diagnosis
 * Systems, 2006); each also has an innocent cause, so their techniques say what an attack of this shape would be.
 */

/** Which side of the plant a kind is about. */
export const KIND_SIDES = ['network', 'process'] as const;
export type KindSide = (typeof KIND_SIDES)[number];

/** One kind of finding. */
export interface Kind {
  /** Short code: a detection name, or F01–F26. */
  readonly code: string;
  /** What a person reads, lower case, fits "a finding of …". */
  readonly title: string;
  readonly side: KindSide;
  /** ATT&CK for ICS technique ids, the most telling first; empty where no technique fits. */
  readonly techniques: readonly string[];
}

const network = (code: string, title: string, ...techniques: string[]): Kind => ({
  code,
  title,
  side: 'network',
  techniques,
});
const process = (code: string, title: string, ...techniques: string[]): Kind => ({
  code,
  title,
  side: 'process',
  techniques,
});

/** Every kind by name. Several names may share a code (facets of one detection); `kindOf` finds by either. */
export const KINDS = {
  // Who talks, and whether they ever did
  'new-device': network('NEW-DEV', 'a device never seen before', 'T0864', 'T0848'),
  'new-conversation': network('NEW-PAIR', 'two devices that never talked before', 'T0886'),
  'new-crossing': network('IT2OT', 'traffic across zones that was never there', 'T0886', 'T0866'),
  'new-master': network('NEW-MASTER', 'a second client that gives commands', 'T0848', 'T1692.001'),
  'new-function': network('NEW-FUNC', 'a function never used by this client', 'T0871', 'T1692.001'),
  'new-point': network('NEW-POINT', 'an address no known client ever used', 'T0861'),
  'new-write-point': network('NEW-POINT-WRITE', 'a write to an address never written before', 'T0836', 'T1692.001'),
  'address-conflict': network('MITM', 'an address that changed its owner', 'T0830', 'T0849'),
  'remote-session': network('REMOTE', 'a new or off-hours remote session', 'T0822', 'T0886'),
  'public-source': network('PUBLIC', 'a public address that talks to the plant', 'T0883'),
  // Looking around
  scan: network('SCAN', 'a sweep over hosts or ports', 'T0846.001', 'T0846'),
  'broadcast-discovery': network('SCAN-BROADCAST', 'a discovery by broadcast or multicast', 'T0846.002', 'T0846.003'),
  enumeration: network('ENUM', 'a sweep over points, tags or blocks', 'T0861', 'T0888'),
  'identity-read': network('IDENTIFY', 'a device asked who it is', 'T0888'),
  // Getting in
  'login-guessing': network('LOGIN-BF', 'passwords being guessed', 'T0859', 'T1694'),
  'default-credential': network('DEF-CRED', 'a default or clear-text password', 'T1694.001', 'T0859'),
  proxy: network('PROXY', 'a device that forwards traffic for others', 'T0884'),
  // Changing controllers
  'program-upload': network('PROG-UL', 'a program read from a controller', 'T0845'),
  'program-download': network('PROG-DL', 'a program written to a controller', 'T0843', 'T0889'),
  'mode-change': network('MODE', 'a controller told to run, stop or accept programs', 'T0858', 'T0821'),
  restart: network('RESTART', 'a device told to restart', 'T0816'),
  firmware: network('FW', 'a firmware or file transfer to a device', 'T1693.001', 'T0800'),
  'file-delete': network('FILE-DELETE', 'files deleted on a device', 'T0809'),
  'logic-changed': network('HASH', 'a changed program or firmware identity', 'T0889', 'T0821'),
  'key-switch': network('KEY', 'a key switch that is not in run', 'T0858'),
  'credential-change': network('CRED', 'a password or user changed on a device', 'T0892'),
  'network-settings': network('NET-CONFIG', 'a device given another name or address', 'T0836', 'T0849'),
  // Commands
  'write-range': network('WRITE-RANGE', 'a value written outside its engineering range', 'T0836'),
  'write-rate': network('WRITE-RATE', 'too many, too fast or alternating writes', 'T0806', 'T1692.001'),
  'write-context': network('WRITE-CTX', 'a write that does not fit state, time or order of work', 'T1692.001', 'T0831'),
  'write-sequence': network('SEQ', 'commands in an order the protocol forbids', 'T1692.001'),
  'write-refused': network('REFUSED', 'a command the device refused', 'T1692.001'),
  'alarm-suppressed': network('ALARM-SUP', 'an alarm or report path switched off', 'T0878', 'T0838'),
  'safety-touched': network('SIS', 'a safety controller spoken to', 'T0880', 'T0837'),
  force: network('FORCE', 'an input or output forced', 'T0835', 'T0831'),
  'clock-change': network('TIME', 'a clock set or jumped', 'T0832'),
  // Losing sight
  stale: network('STALE', 'a source that fell silent', 'T0829', 'T0815', 'T1691.002'),
  flood: network('DOS', 'a flood, half-open or malformed traffic', 'T0814'),
  malformed: network('DOS-MALFORMED', 'messages that break their protocol', 'T0814', 'T0866'),
  'poll-changed': network('POLL', 'polling that stopped or changed its rhythm', 'T0881', 'T1691'),
  // Leaving
  beacon: network('C2', 'a beacon or an unusual peer outside', 'T0869', 'T0885'),
  exfiltration: network('EXFIL', 'unusually much data leaving', 'T0882'),
  'service-stopped': network('SERVICE', 'a service that closed or vanished', 'T0881'),

  // The process: what the numbers say
  'command-without-effect': process('CMD-NOEFFECT', 'a command the process does not follow', 'T0831', 'T0832'),
  'effect-without-command': process('EFFECT-NOCMD', 'an actuator that moved with no command', 'T0831', 'T0821'),
  relation: process('RESID', 'coupled measurements that no longer agree', 'T0832', 'T0831'),
  offset: process('F01', 'a reading off by a constant', 'T0832', 'T1692.002'),
  drift: process('F02', 'a reading that drifts away', 'T0832', 'T0836'),
  gain: process('F03', 'a reading with a wrong gain', 'T0836', 'T0832'),
  stuck: process('F04', 'a frozen reading', 'T0832', 'T0815'),
  'noise-up': process('F05', 'a reading that became noisy', 'T0832'),
  'noise-lost': process('F06', 'a reading without its usual noise', 'T0832'),
  spike: process('F07', 'single impossible values', 'T1692.002'),
  gap: process('F08', 'missing samples', 'T1691.002', 'T0815'),
  'step-size': process('F09', 'a changed resolution', 'T0832'),
  lag: process('F10', 'a reading that lags', 'T0830'),
  replay: process('F11', 'values that repeat the past', 'T0832', 'T1692.002'),
  clamp: process('F12', 'a reading held between limits', 'T0832'),
  saturation: process('F13', 'a signal at the end of its range', 'T0831'),
  oscillation: process('F14', 'an oscillation', 'T0806', 'T0831'),
  stiction: process('F15', 'an actuator that sticks', 'T0831'),
  'actuator-stuck': process('F16', 'an actuator that does not move', 'T0831', 'T0835'),
  'actuator-alone': process('F17', 'an actuator that moves by itself', 'T0831', 'T0821'),
  swapped: process('F18', 'a wrong sign or swapped signals', 'T0832'),
  'scale-jump': process('F19', 'a jump by a decade or unit', 'T0836', 'T0832'),
  'safety-flat': process('F20', 'a safety input without life', 'T0837', 'T0880'),
  bypass: process('F21', 'a bypass or force in place', 'T0837', 'T0835'),
  'alarm-limit': process('F22', 'a moved alarm limit', 'T0838', 'T0878'),
  'setpoint-envelope': process('F23', 'a set-point outside its envelope', 'T0836'),
  'logic-substituted': process('F24', 'a controller that follows another law', 'T0889', 'T0821'),
  coordinated: process('F25', 'a consistent falsification of several readings', 'T0832'),
  balance: process('F26', 'a balance that does not close', 'T0879'),
  // Certain by physics or by wiring, whatever statistics say
  'physical-rate': process('RATE', 'a change faster than physics allows', 'T0832', 'T1692.002'),
  range: process('RANGE', 'a value outside its range', 'T0832', 'T0831'),
  limit: process('LIMIT', 'a value outside its declared limit', 'T0831'),
  junk: process('JUNK', 'values that are no measurement', 'T1692.002', 'T0815'),
  'poll-jitter': process('JITTER', 'samples that arrive irregularly', 'T1691.002', 'T0830'),
  'never-moved': process('NEVER-MOVED', 'a tag that never moved has moved', 'T0831', 'T0836'),
  level: process('LEVEL', 'a level far from the usual', 'T0831', 'T0832'),
  unfamiliar: process('UNFAMILIAR', 'a pattern never seen while learning', 'T0831', 'T0832'),
  'unseen-state': process('UNSEEN-STATE', 'an operating state never learned'),
} as const satisfies Readonly<Record<string, Kind>>;

/** Name of a kind: what `Finding.kind` carries. */
export type KindName = keyof typeof KINDS;

/** Names that older reports and attack descriptions use for the same kind. */
const ALIASES: Readonly<Record<string, KindName>> = {
  WRITE: 'new-write-point',
  FLAT: 'stuck',
  REPLAY: 'replay',
};

const BY_TEXT: ReadonlyMap<string, KindName> = new Map([
  ...(Object.keys(KINDS) as KindName[]).map((name) => [KINDS[name].code.toLowerCase(), name] as const),
  ...(Object.keys(KINDS) as KindName[]).map((name) => [name as string, name] as const),
  ...Object.entries(ALIASES).map(([alias, name]) => [alias.toLowerCase(), name] as const),
]);

/** Name of the kind `text` means: a name, a code (`NEW-DEV`, `F01`, upper or lower case) or an alias; undefined if none. */
export function kindNameOf(text: string): KindName | undefined {
  return BY_TEXT.get(text.toLowerCase());
}

/** The kind called `text` (name, code or alias); undefined if there is none. */
export function kindOf(text: string): Kind | undefined {
  const name = kindNameOf(text);
  return name === undefined ? undefined : KINDS[name];
}
