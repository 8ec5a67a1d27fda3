/** What each kind of finding means for a story: who arrived, who looked around, what was changed, what the machine did. */
import type { KindName } from '../detect/kinds.ts';

/**
 * `arrival` someone is new · `looking` someone looks around · `entry` someone gets in · `change` something was written or told ·
 * `attempt` it was refused · `blind` a view is lost · `leaving` something goes out · `reading` a number that is wrong ·
 * `machine` the process itself moved · `safety` a protection without life · `unclear` odd, and that is all that can be said.
 */
export type KindRole =
  | 'arrival'
  | 'looking'
  | 'entry'
  | 'change'
  | 'attempt'
  | 'blind'
  | 'leaving'
  | 'reading'
  | 'machine'
  | 'safety'
  | 'unclear';

export const KIND_ROLES: Readonly<Record<KindName, KindRole>> = {
  'new-device': 'arrival',
  'new-conversation': 'arrival',
  'new-crossing': 'arrival',
  'new-master': 'arrival',
  'new-function': 'looking',
  'new-point': 'looking',
  'new-write-point': 'change',
  'address-conflict': 'entry',
  'remote-session': 'arrival',
  'public-source': 'arrival',
  scan: 'looking',
  'broadcast-discovery': 'looking',
  enumeration: 'looking',
  'identity-read': 'looking',
  'login-guessing': 'entry',
  'default-credential': 'entry',
  proxy: 'entry',
  'program-upload': 'looking',
  'program-download': 'change',
  'mode-change': 'change',
  restart: 'change',
  firmware: 'change',
  'file-delete': 'change',
  'logic-changed': 'change',
  'key-switch': 'looking',
  'credential-change': 'change',
  'network-settings': 'change',
  'write-range': 'change',
  'write-rate': 'change',
  'write-context': 'change',
  'write-sequence': 'change',
  'write-refused': 'attempt',
  'alarm-suppressed': 'change',
  'safety-touched': 'change',
  force: 'change',
  'clock-change': 'change',
  stale: 'blind',
  flood: 'blind',
  malformed: 'entry',
  'poll-changed': 'blind',
  beacon: 'leaving',
  exfiltration: 'leaving',
  'service-stopped': 'blind',
  'command-without-effect': 'machine',
  'effect-without-command': 'machine',
  relation: 'unclear',
  offset: 'reading',
  drift: 'reading',
  gain: 'reading',
  stuck: 'reading',
  'noise-up': 'reading',
  'noise-lost': 'reading',
  spike: 'reading',
  gap: 'blind',
  'step-size': 'reading',
  lag: 'reading',
  replay: 'reading',
  clamp: 'reading',
  saturation: 'machine',
  oscillation: 'machine',
  stiction: 'machine',
  'actuator-stuck': 'machine',
  'actuator-alone': 'machine',
  swapped: 'reading',
  'scale-jump': 'reading',
  'safety-flat': 'safety',
  bypass: 'safety',
  'alarm-limit': 'safety',
  'setpoint-envelope': 'machine',
  'logic-substituted': 'machine',
  coordinated: 'reading',
  balance: 'machine',
  'physical-rate': 'reading',
  range: 'unclear',
  limit: 'machine',
  junk: 'reading',
  'poll-jitter': 'blind',
  'never-moved': 'unclear',
  level: 'machine',
  unfamiliar: 'unclear',
  'unseen-state': 'unclear',
};

/** Process kinds that are exact in time; the others notice late and estimate when it began. */
export const EXACT_KINDS: ReadonlySet<KindName> = new Set(['physical-rate', 'spike', 'limit', 'never-moved', 'junk']);

/** Changes that no value describes: programs, modes, firmware. */
export const CONTROLLER_KINDS: ReadonlySet<KindName> = new Set([
  'program-download',
  'mode-change',
  'restart',
  'firmware',
  'file-delete',
  'logic-changed',
  'credential-change',
  'network-settings',
  'clock-change',
]);
