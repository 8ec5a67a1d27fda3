/** What a message would do to the process, in words, from declared effects only. Pure. */
import type { Site } from '../../../understand/plant/model.ts';
import { type PlantView, type Policy, type PolicyItem, shown } from '../policy/index.ts';
import type { LedgerWrite } from './ledger.ts';

/** Writes named in one entry; a message with more is counted in its bytes. */
const WRITES_NAMED_MAX = 32;

export function writesOf(items: readonly PolicyItem[], plant: PlantView): LedgerWrite[] {
  return items
    .filter(({ write }) => write)
    .slice(0, WRITES_NAMED_MAX)
    .map(({ tag, point, count, value }) => ({
      ...{ tag, point, count },
      value: Number.isNaN(value) ? null : value,
      before: tag === '' ? null : orNull(plant.valueNow(tag)),
    }));
}

/** `SP-101 75 → 79.5: TT-101 about 79.5 after 180 s, above its operating limit 78`; empty where nothing is declared. */
export function expectedEffect(policy: Policy, items: readonly PolicyItem[], plant: PlantView): string {
  return items
    .filter(({ write, tag, value }) => write && tag !== '' && !Number.isNaN(value))
    .slice(0, WRITES_NAMED_MAX)
    .map((item) => effectOf(policy, item, plant))
    .filter((text) => text !== '')
    .join('; ');
}

export function statesBehind(device: string, site: Site, plant: PlantView): Readonly<Record<string, string>> {
  const states: Record<string, string> = {};
  for (const { name, tags } of site.units) {
    if (tags.some(({ point }) => point.startsWith(`${device}/`))) states[name] = plant.stateOf(name);
  }
  return states;
}

function effectOf(policy: Policy, { tag, value }: PolicyItem, plant: PlantView): string {
  const before = plant.valueNow(tag);
  const unit = unitText(policy.tags.get(tag)?.unit ?? '');
  const change = Number.isNaN(before)
    ? `${tag} = ${shown(value)}${unit}`
    : `${tag} ${shown(before)} → ${shown(value)}${unit}`;
  const effects = (policy.effects.get(tag) ?? []).flatMap(({ on, gain, lagSeconds }) => {
    const expected = plant.valueNow(on) + gain * (value - before);
    if (Number.isNaN(expected)) return [];
    return [
      `${on} about ${shown(expected)}${unitText(policy.tags.get(on)?.unit ?? '')} after ${shown(lagSeconds)} s${limitText(policy, on, expected, plant)}`,
    ];
  });
  const own = limitText(policy, tag, value, plant);
  return effects.length === 0 ? `${change}${own}` : `${change}${own}: ${effects.join(', ')}`;
}

/** The worst limit that a value leaves in the present state, in words. */
function limitText(policy: Policy, name: string, value: number, plant: PlantView): string {
  const tag = policy.tags.get(name);
  const state = plant.stateOf(tag?.plantUnit ?? '');
  const limits = tag?.limits[state] ?? tag?.limits['*'];
  for (const kind of ['safe', 'operating'] as const) {
    const interval = limits?.[kind];
    if (interval === undefined) continue;
    if (value > interval.high) return `, above its ${kind} limit ${shown(interval.high)}`;
    if (value < interval.low) return `, below its ${kind} limit ${shown(interval.low)}`;
  }
  return '';
}

/** UCUM codes as people write them. */
function unitText(unit: string): string {
  return unit === '' ? '' : ` ${unit === 'Cel' ? '°C' : unit}`;
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
