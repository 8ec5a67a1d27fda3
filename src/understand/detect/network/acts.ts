/**
 * What a function is to a plant: its act. Derived from class, effect, techniques and name of `FunctionInfo`, so that a protocol added
 * tomorrow is understood without a line here. The first technique that means an act decides, because tables name the most telling first.
 */
import type { FunctionInfo } from '../../../records.ts';

export const ACTS = [
  'read',
  'discover',
  'discover-broadcast',
  'identify',
  'browse',
  'diagnose',
  'login',
  'take-control',
  'select',
  'write',
  'configure',
  'clock',
  'alarm-off',
  'network-settings',
  'credential',
  'force',
  'mode',
  'restart',
  'upload',
  'download',
  'firmware',
  'delete',
  'safety',
  'unknown',
] as const;
export type Act = (typeof ACTS)[number];

/** Acts that are never learned as normal: a person must say so, also inside a learning window. */
export const NEVER_LEARNED: ReadonlySet<Act> = new Set<Act>([
  'network-settings',
  'credential',
  'force',
  'mode',
  'restart',
  'upload',
  'download',
  'firmware',
  'delete',
  'safety',
]);

/** Acts that look only. */
export const HARMLESS: ReadonlySet<Act> = new Set<Act>([
  'read',
  'discover',
  'discover-broadcast',
  'identify',
  'browse',
  'diagnose',
  'login',
]);

/** Acts that command a device: what makes a client its master. */
export const COMMANDING: ReadonlySet<Act> = new Set<Act>([
  'select',
  'write',
  'force',
  'mode',
  'restart',
  'alarm-off',
  'safety',
]);

const BY_TECHNIQUE: Readonly<Record<string, Act>> = {
  'T1692.001': 'write',
  T0836: 'write',
  T0831: 'write',
  T0806: 'write',
  T0835: 'force',
  T0816: 'restart',
  T0858: 'mode',
  T0843: 'download',
  'T0843.001': 'download',
  'T0843.002': 'download',
  'T0843.003': 'download',
  T0889: 'download',
  T0845: 'upload',
  T1693: 'firmware',
  'T1693.001': 'firmware',
  T0800: 'firmware',
  T0809: 'delete',
  T0878: 'alarm-off',
  'T1691.002': 'alarm-off',
  T0892: 'credential',
  'T1695.002': 'network-settings',
};

const CLOCK = /(^|[-_ ])(clock|time|calendar|utc|c[-_]cs[-_]na)([-_ ]|$)|timesync|time-sync|utctime/i;
const NETWORK_SETTINGS = /set-?(full-)?ip|ip-?(address|suite|parameter)-?set|set-?name|node-address/i;
const FIRMWARE = /firmware|flash|(^|-)foe(-|$)/i;
const ACKNOWLEDGE = /ack|acknowledge|clear/i;
const CHANGES = new Set<FunctionInfo['class']>(['write', 'control', 'config', 'program', 'safety']);

/** True for a code the protocol's table does not know. */
export function isUnknownFunction(info: FunctionInfo): boolean {
  return info.name.startsWith('unknown');
}

/** The act of a function. */
export function actOf(info: FunctionInfo): Act {
  if (isUnknownFunction(info)) return 'unknown';
  if (info.class === 'safety') return 'safety';
  if (info.class === 'auth') return authAct(info);
  if (info.class === 'read') return 'read';
  if (!CHANGES.has(info.class)) return info.effect === 'restarts' ? 'restart' : lookingAct(info);
  if (info.class !== 'control' && CLOCK.test(info.name) && info.effect !== 'none') return 'clock';
  if (NETWORK_SETTINGS.test(info.name)) return 'network-settings';
  if (FIRMWARE.test(info.name)) return 'firmware';
  if (info.class === 'control' && info.effect === 'none') return 'select';
  return changingAct(info);
}

function changingAct(info: FunctionInfo): Act {
  const means = info.techniques.map((technique) => BY_TECHNIQUE[technique]).find((act) => act !== undefined);
  if (info.class === 'program') return programAct(info, means);
  if (means === 'alarm-off' && (ACKNOWLEDGE.test(info.name) || info.class === 'write')) return 'configure';
  if (means === 'write' && info.class === 'config')
    return info.techniques.includes('T1695.002') ? 'network-settings' : 'configure';
  if (means !== undefined) return means;
  if (info.effect === 'stops' || (info.class === 'control' && info.effect === 'changes-mode')) return 'mode';
  if (info.effect === 'restarts') return 'restart';
  return info.class === 'config' ? 'configure' : 'write';
}

function programAct(info: FunctionInfo, means: Act | undefined): Act {
  if (means === 'upload' || means === 'firmware' || means === 'delete' || means === 'mode') return means;
  return info.effect === 'none' && means === undefined ? 'upload' : 'download';
}

function authAct(info: FunctionInfo): Act {
  if (info.techniques.includes('T0892') && info.effect !== 'none') return 'credential';
  if (info.techniques.includes('T0848')) return 'take-control';
  return info.effect === 'none' || info.effect === 'changes-mode' ? 'login' : 'take-control';
}

function lookingAct(info: FunctionInfo): Act {
  if (info.techniques.includes('T0846.002') || info.techniques.includes('T0846.003')) return 'discover-broadcast';
  if (info.techniques.includes('T0861')) return 'browse';
  if (info.techniques.includes('T0888')) return info.class === 'discovery' ? 'identify' : 'diagnose';
  return info.class === 'discovery' ? 'discover' : 'diagnose';
}
