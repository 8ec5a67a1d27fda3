/** Second step of loading a site: names become references, texts become numbers, units are checked. Mistakes go to the file. */
import type { Priority } from '../../records.ts';
import { TagUnits } from './expressions.ts';
import type { YamlFile } from './issues.ts';
import type { AlarmBudgetSetting, ConduitSpec, Consequence, Device, PlantUnit, Site, Tag, Zone } from './model.ts';
import { EMPTY_SITE } from './model.ts';
import { didYouMean } from './nearest.ts';
import { parsePer } from './quantities.ts';
import { resolveTag } from './resolve-tag.ts';
import { resolveEffects, resolveInvariants, resolveStateDwell, resolveStates } from './resolve-unit.ts';
import { isAddressOrPrefix, type SiteText, type UnitText } from './site-schema.ts';
import { OUTSIDE_LEVEL } from './zones.ts';

/** What resolving needs to know of everything else in the site. */
export interface SiteNames {
  readonly file: YamlFile;
  readonly devices: readonly Device[];
  /** Where each tag stands: unit index by tag name. */
  readonly tagUnitIndex: ReadonlyMap<string, number>;
  readonly tagUnits: TagUnits;
  /** UCUM code by tag name. */
  readonly codeOf: ReadonlyMap<string, string>;
}

/** Resolves a site of the right shape. */
export function resolveSite(text: SiteText, file: YamlFile): Site {
  const zones = resolveZones(text, file);
  const devices = Object.entries(text.devices ?? {}).map(([name, device]): Device => {
    const { address, unit, title = '', owner = '', phone = '' } = device;
    return { name, address, unit: unit === undefined ? '' : String(unit), title, owner, phone };
  });
  const names = siteNames(text, devices, file);
  checkTimeZone(text.timeZone, file);
  checkTwice(text.units ?? [], (i) => ['units', i, 'name'], file);
  return {
    name: text.site ?? EMPTY_SITE.name,
    timeZone: text.timeZone ?? EMPTY_SITE.timeZone,
    alarmBudget: resolveBudget(text.alarmBudget, file),
    zones,
    conduits: resolveConduits(text, zones, file),
    devices,
    groups: resolveGroups(text, devices, file),
    units: (text.units ?? []).map((unit, i) => resolveUnit(unit, i, names)),
  };
}

function siteNames(text: SiteText, devices: readonly Device[], file: YamlFile): SiteNames {
  const tagUnitIndex = new Map<string, number>();
  const codeOf = new Map<string, string>();
  for (const [i, unit] of (text.units ?? []).entries()) {
    for (const [name, tag] of Object.entries(unit.tags ?? {})) {
      const other = tagUnitIndex.get(name);
      if (other === undefined) {
        tagUnitIndex.set(name, i);
        codeOf.set(name, tag.unit ?? '');
      } else
        file.atKey(['units', i, 'tags', name], `tag "${name}" stands in unit ${text.units?.[other]?.name} already`);
    }
  }
  const tagUnits = new TagUnits([...codeOf].map(([name, unit]) => ({ name, unit })));
  return { file, devices, tagUnitIndex, tagUnits, codeOf };
}

function resolveUnit(text: UnitText, i: number, names: SiteNames): PlantUnit {
  const path = ['units', i];
  const states = resolveStates(text, path, names);
  const stateNames = states.map(({ name }) => name);
  const tags = Object.entries(text.tags ?? {}).map(
    ([name, tag]): Tag => resolveTag(name, tag, text.name, stateNames, [...path, 'tags', name], names),
  );
  return {
    name: text.name,
    title: text.title ?? '',
    consequence: resolveConsequence(text, path, names.file),
    states,
    stateDwellSeconds: resolveStateDwell(text, path, names.file),
    call: text.call ?? '',
    tags,
    effects: resolveEffects(text, path, names),
    invariants: resolveInvariants(text, path, stateNames, names),
  };
}

function resolveZones(text: SiteText, file: YamlFile): Zone[] {
  checkTwice(text.zones ?? [], (i) => ['zones', i, 'name'], file);
  const seen = new Map<string, string>();
  return (text.zones ?? []).map((zone, i): Zone => {
    for (const [k, network] of zone.networks.entries()) {
      const other = seen.get(network);
      if (other !== undefined) file.at(['zones', i, 'networks', k], `${network} belongs to zone ${other} already`);
      seen.set(network, zone.name);
    }
    const { name, level = null, networks } = zone;
    return { name, level, networks, outside: zone.outside ?? (level !== null && level >= OUTSIDE_LEVEL) };
  });
}

function resolveConduits(text: SiteText, zones: readonly Zone[], file: YamlFile): ConduitSpec[] {
  checkTwice(text.conduits ?? [], (i) => ['conduits', i, 'name'], file);
  const known = zones.map(({ name }) => name);
  return (text.conduits ?? []).map((conduit, i): ConduitSpec => {
    for (const end of ['from', 'to'] as const) {
      if (!known.includes(conduit[end])) {
        file.at(['conduits', i, end], `unknown zone "${conduit[end]}"${didYouMean(conduit[end], known)}`);
      }
    }
    if (conduit.from === conduit.to) file.at(['conduits', i, 'to'], 'a conduit joins two different zones');
    const { name, from, to, protocols = [] } = conduit;
    return { name, from, to, protocols };
  });
}

function resolveGroups(text: SiteText, devices: readonly Device[], file: YamlFile): Record<string, readonly string[]> {
  const groups: Record<string, readonly string[]> = {};
  const names = devices.map(({ name }) => name);
  for (const [name, members] of Object.entries(text.groups ?? {})) {
    if (names.includes(name)) file.atKey(['groups', name], `"${name}" is a device already`);
    groups[name] = members.map((member, k) => {
      const device = devices.find((each) => each.name === member);
      if (device !== undefined) return device.address;
      if (!isAddressOrPrefix(member)) {
        file.at(
          ['groups', name, k],
          `expected a device name, address or prefix, got "${member}"${didYouMean(member, names)}`,
        );
      }
      return member;
    });
  }
  return groups;
}

function resolveBudget(text: string | undefined, file: YamlFile): AlarmBudgetSetting {
  if (text === undefined) return EMPTY_SITE.alarmBudget;
  const budget = parsePer(text);
  if (typeof budget !== 'string') return { falseAlarms: budget.count, perSeconds: budget.perSeconds, text };
  file.at(['alarmBudget'], budget);
  return EMPTY_SITE.alarmBudget;
}

function resolveConsequence(text: UnitText, path: (string | number)[], file: YamlFile): Consequence {
  const { injury, environment, equipment, product, downtime = 0 } = text.consequence ?? {};
  const priority = (given: Priority | undefined): Priority => given ?? 'low';
  let perHour = typeof downtime === 'number' ? downtime : 0;
  if (typeof downtime === 'string') {
    const cost = parsePer(downtime);
    if (typeof cost === 'string')
      file.at([...path, 'consequence', 'downtime'], `expected a cost like 4000 per hour, got "${downtime}"`);
    else perHour = (cost.count * 3_600) / cost.perSeconds;
  }
  return {
    injury: priority(injury),
    environment: priority(environment),
    equipment: priority(equipment),
    product: priority(product),
    downtimePerHour: perHour,
  };
}

function checkTimeZone(name: string | undefined, file: YamlFile): void {
  if (name === undefined) return;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
  } catch {
    file.at(['timeZone'], `expected an IANA time zone like Europe/Berlin, got "${name}"`);
  }
}

function checkTwice(
  items: readonly { readonly name: string }[],
  path: (i: number) => (string | number)[],
  file: YamlFile,
): void {
  const first = new Map<string, number>();
  for (const [i, { name }] of items.entries()) {
    const other = first.get(name);
    if (other === undefined) first.set(name, i);
    else file.at(path(i), `"${name}" stands twice; the first is in line ${file.position(path(other)).split(':')[0]}`);
  }
}
