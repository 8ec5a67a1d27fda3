/** Tags as the page shows them: value now, band, limits, axis. */
import type { Incident, Priority } from '../../../records.ts';
import type { TagLimit, TagNow } from '../../../show/api/types.ts';
import type { Tag } from '../../../understand/plant/model.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import { axisAround, sensibleDigits, unitSign } from '../../unit-text.ts';

/** What is wrong with a tag, by name: the worst open incident it is part of. */
export type TagTrouble = ReadonlyMap<string, { readonly priority: Priority; readonly incident: string }>;

/** Tag index → what the page shows. Axes only ever widen, so that bars and trends do not jump about. */
export class TagViews {
  readonly #pipeline: Pipeline;
  readonly #seen = new Map<string, [number, number]>();

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  /** Notes a value for the axis. */
  note(tag: string, value: number): void {
    if (!Number.isFinite(value)) return;
    const range = this.#seen.get(tag);
    if (range === undefined) this.#seen.set(tag, [value, value]);
    else {
      if (value < range[0]) range[0] = value;
      if (value > range[1]) range[1] = value;
    }
  }

  view(index: number, trouble: TagTrouble): TagNow {
    const { tags, process } = this.#pipeline;
    const tag = tags.tags()[index]!;
    const last = tags.last(index);
    const band = this.band(index, tag);
    const limits = this.limits(tag);
    const range = this.#seen.get(tag.name) ?? [];
    const axis =
      tag.type === 'bool'
        ? ([0, 1] as const)
        : axisAround([...range, ...(band ?? []), ...limits.map(({ value }) => value)]);
    const wrong = trouble.get(tag.name);
    const [address = '', unit = ''] = tag.point.split('/');
    return {
      name: tag.name,
      title: tag.title,
      unit: unitSign(tag.unit),
      plantUnit: tag.plantUnit,
      device: this.#pipeline.names.nameOf(unit === '' || unit === '-' ? address : `${address}/${unit}`),
      point: tag.point,
      role: tag.role,
      reporting: tag.reporting,
      value: last === undefined || !Number.isFinite(last.value) ? null : last.value,
      quality: last?.quality ?? 'bad',
      timeUs: last?.timeUs ?? 0,
      digits:
        tag.type === 'bool' || (tag.type.startsWith('uint') && tag.scale === 1) ? 0 : sensibleDigits(axis[0], axis[1]),
      axis,
      band,
      limits,
      readiness: process.readiness(this.#pipeline.processTag(index)),
      priority: wrong?.priority ?? null,
      incident: wrong?.incident ?? '',
    };
  }

  /** Learned band in the present state; null while learning, where open, or where it cannot be judged. */
  band(index: number, tag: Tag): readonly [number, number] | null {
    const { process } = this.#pipeline;
    const processTag = this.#pipeline.processTag(index);
    if (processTag < 0 || process.readiness(processTag) !== 'ready' || tag.type === 'bool') return null;
    const { low, high } = process.band(processTag);
    return Number.isFinite(low) && Number.isFinite(high) ? [low, high] : null;
  }

  /** Declared limits of the present state. */
  limits(tag: Tag): TagLimit[] {
    const state = this.#pipeline.stateOf(tag.plantUnit);
    const declared = tag.limits[state] ?? tag.limits['*'];
    const lines: TagLimit[] = [];
    for (const name of ['operating', 'safe'] as const) {
      const interval = declared?.[name];
      if (interval === undefined) continue;
      if (Number.isFinite(interval.low)) lines.push({ name, side: 'low', value: interval.low });
      if (Number.isFinite(interval.high)) lines.push({ name, side: 'high', value: interval.high });
    }
    return lines;
  }
}

const ORDER: readonly Priority[] = ['information', 'low', 'medium', 'high', 'critical'];

/** True where `a` is worse than `b`. */
export function isWorse(a: Priority, b: Priority): boolean {
  return ORDER.indexOf(a) > ORDER.indexOf(b);
}

/** Worst open incident by tag and by plant unit. */
export function troubleOf(incidents: readonly Incident[]): { readonly tags: TagTrouble; readonly units: TagTrouble } {
  const tags = new Map<string, { priority: Priority; incident: string }>();
  const units = new Map<string, { priority: Priority; incident: string }>();
  for (const { id, priority, state, tags: named, units: places } of incidents) {
    if (priority === 'information' || state === 'closed' || state === 'shelved') continue;
    for (const [names, into] of [
      [named, tags],
      [places, units],
    ] as const) {
      for (const name of names) {
        const known = into.get(name);
        if (known === undefined || isWorse(priority, known.priority)) into.set(name, { priority, incident: id });
      }
    }
  }
  return { tags, units };
}
