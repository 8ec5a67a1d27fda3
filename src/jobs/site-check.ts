/** `site check`: what a site file says, as counts and sentences, and what in it will not work as meant. */
import { TAG_ROLES, type TagRole } from '../records.ts';
import type { Interval, PlantUnit, Site, Tag } from '../understand/plant/model.ts';
import { TAG_TYPE_WORDS } from '../understand/plant/register-values.ts';
import { ZoneMap } from '../understand/plant/zones.ts';

/** What was understood of a unit. */
export interface CheckedUnit {
  readonly name: string;
  readonly states: readonly string[];
  readonly tags: Readonly<Record<TagRole, number>>;
  /** Invariants and effects as sentences. */
  readonly sentences: readonly string[];
}

export interface SiteCheck {
  readonly site: string;
  readonly alarmBudget: string;
  readonly zones: readonly string[];
  readonly conduits: readonly string[];
  readonly devices: number;
  readonly units: readonly CheckedUnit[];
  /** Nothing that stops the file from being used; each is a sentence that names what it is about. */
  readonly warnings: readonly string[];
}

/** Looks at a loaded site. */
export function checkSite(site: Site): SiteCheck {
  const { name, alarmBudget, zones, conduits, devices, units } = site;
  return {
    site: name,
    alarmBudget: alarmBudget.text,
    zones: zones.map(({ name: zone, level, networks, outside }) => {
      const where = level === null ? '' : `, level ${level}`;
      return `${zone}${where}: ${networks.join(', ')}${outside ? ' (outside)' : ''}`;
    }),
    conduits: conduits.map(({ name: conduit, from, to, protocols }) => {
      const through = protocols.length === 0 ? 'any protocol' : protocols.join(', ');
      return `${conduit}: ${from} → ${to}, ${through}`;
    }),
    devices: devices.length,
    units: units.map(checkedUnit),
    warnings: [...networkWarnings(site), ...sharedPoints(site), ...units.flatMap(unitWarnings)],
  };
}

function checkedUnit(unit: PlantUnit): CheckedUnit {
  const counts = Object.fromEntries(TAG_ROLES.map((role) => [role, 0])) as Record<TagRole, number>;
  for (const { role } of unit.tags) counts[role]++;
  const states = unit.states.map(({ name, when }) => `${name}: ${when === null ? 'otherwise' : when.text}`);
  const invariants = unit.invariants.map(({ name, when, left, right, within, withinKind, unit: code = '' }) => {
    const tolerance = withinKind === 'relative' ? `${Number((100 * within).toFixed(3))} %` : `${within} ${code}`.trim();
    return `${name}: ${left.text} equals ${right.text} within ${tolerance}${when === '' ? '' : ` while ${when}`}`;
  });
  const effects = unit.effects.map(({ of, on, gain, gainUnit, lagSeconds }) => {
    const by = Number.isNaN(gain) ? '' : ` by ${gain} ${gainUnit}`;
    return `${of} moves ${on}${by} after ${lagSeconds} s`;
  });
  return { name: unit.name, states, tags: counts, sentences: [...invariants, ...effects] };
}

function networkWarnings({ zones, devices, conduits }: Site): string[] {
  const map = new ZoneMap(zones);
  const warnings: string[] = [];
  const seen = new Map<string, string>();
  for (const { name, address, unit } of devices) {
    if (zones.length > 0 && map.zoneOf(address) === null) warnings.push(`Device ${name} (${address}) lies in no zone.`);
    const key = `${address}/${unit}`;
    const other = seen.get(key);
    if (other !== undefined) warnings.push(`Devices ${other} and ${name} have the same address ${address}.`);
    seen.set(key, name);
  }
  for (const { name } of zones) {
    const joined = conduits.some(({ from, to }) => from === name || to === name);
    if (conduits.length > 0 && !joined)
      warnings.push(`Zone ${name} has no conduit: whatever crosses its border is new.`);
  }
  return warnings;
}

/** Two tags that read the same registers: one of the addresses is likely wrong. */
function sharedPoints({ units }: Site): string[] {
  const owner = new Map<string, Tag>();
  const warnings: string[] = [];
  for (const tag of units.flatMap(({ tags }) => tags)) {
    const slash = tag.point.lastIndexOf('/');
    const address = Number(tag.point.slice(slash + 1));
    const points = Number.isInteger(address)
      ? Array.from({ length: TAG_TYPE_WORDS[tag.type] }, (_, k) => `${tag.point.slice(0, slash)}/${address + k}`)
      : [tag.point];
    const shared = points.map((point) => owner.get(point)).find((other) => other !== undefined);
    if (shared !== undefined) warnings.push(`Tags ${shared.name} and ${tag.name} share registers: ${tag.point}.`);
    for (const point of points) if (!owner.has(point)) owner.set(point, tag);
  }
  return warnings;
}

function unitWarnings(unit: PlantUnit): string[] {
  const warnings: string[] = [];
  if (unit.tags.length > 0 && unit.states.length === 0) {
    warnings.push(`Unit ${unit.name} has no states: limits and normal are the same whether it runs or stands.`);
  }
  const { states } = unit;
  if (states.length > 0 && states.at(-1)?.when !== null) {
    warnings.push(
      `Unit ${unit.name}: when none of ${states.map(({ name }) => name).join(', ')} holds, its state is unknown; end with "otherwise".`,
    );
  }
  for (const { name, when } of states) {
    if (when !== null && when.tags.length === 0) warnings.push(`Unit ${unit.name}: state ${name} depends on no tag.`);
  }
  return [...warnings, ...unit.tags.flatMap((tag) => tagWarnings(tag, unit)), ...ruleWarnings(unit)];
}

function tagWarnings(tag: Tag, unit: PlantUnit): string[] {
  const warnings: string[] = [];
  const limits = Object.values(tag.limits)
    .flatMap(({ operating, safe }) => [operating, safe])
    .filter(isInterval);
  if (tag.role === 'measurement' && limits.length === 0 && tag.twin === null)
    warnings.push(`${tag.name} has no limits: only what is learned can judge it.`);
  const number = tag.type !== 'bool' && tag.role === 'measurement';
  if (number && tag.unit === '') warnings.push(`${tag.name} has no unit.`);
  if ((tag.role === 'setpoint' || tag.role === 'calibration') && tag.of === '') {
    warnings.push(`${tag.name} is a ${tag.role} of nothing: say "of: TAG".`);
  }
  const bypass = /[._-](force|bypass|inhibit|override|mute)/i.test(tag.name);
  if (tag.role === 'safety' && !bypass && tag.proofTest === '') warnings.push(`${tag.name} has no proof test.`);
  if (/\.(force|bypass)$/.test(tag.name)) {
    const of = tag.name.replace(/\.(force|bypass)$/, '');
    if (!unit.tags.some(({ name }) => name === of))
      warnings.push(`${tag.name} bypasses ${of}, which is no tag of ${unit.name}.`);
  }
  return warnings;
}

function isInterval(interval: Interval | undefined): interval is Interval {
  return interval !== undefined;
}

function ruleWarnings(unit: PlantUnit): string[] {
  const warnings: string[] = [];
  for (const { name, left, right, when } of unit.invariants) {
    const tags = new Set([...left.tags, ...right.tags]);
    if (tags.size === 0)
      warnings.push(`Invariant ${name} of ${unit.name} depends on no tag: it is always or never true.`);
    if (left.text === right.text)
      warnings.push(`Invariant ${name} of ${unit.name} is always true: both sides are the same.`);
    if (
      when === '' &&
      unit.states.length > 0 &&
      [...tags].some((tag) => unit.tags.find((each) => each.name === tag)?.type !== 'bool')
    ) {
      warnings.push(
        `Invariant ${name} of ${unit.name} is judged in every state, also while it starts and stops: say "when: STATE".`,
      );
    }
  }
  for (const { of, on, gain } of unit.effects) {
    if (Number.isNaN(gain)) warnings.push(`Effect of ${of} on ${on} has no gain: it explains but judges nothing.`);
  }
  return warnings;
}

/** The check as lines for people. */
export function siteCheckText(check: SiteCheck): string {
  const lines = [`Site ${check.site}: ${check.devices} devices, alarm budget ${check.alarmBudget}.`];
  for (const [title, items] of [
    ['Zones', check.zones],
    ['Conduits', check.conduits],
  ] as const) {
    if (items.length > 0) lines.push('', title, ...items.map((item) => `  ${item}`));
  }
  for (const { name, states, tags, sentences } of check.units) {
    const counted = Object.entries(tags)
      .filter(([, count]) => count > 0)
      .map(([role, count]) => `${count} ${role}`);
    lines.push('', `Unit ${name}: ${counted.join(', ') || 'no tags'}`);
    lines.push(...states.map((state) => `  state ${state}`), ...sentences.map((sentence) => `  ${sentence}`));
  }
  lines.push('', check.warnings.length === 0 ? 'No warnings.' : `${check.warnings.length} warnings`);
  lines.push(...check.warnings.map((warning) => `  ${warning}`));
  return `${lines.join('\n')}\n`;
}
