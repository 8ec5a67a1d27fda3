/**
 * What the enforcer knows of the plant: values it sees on the wire and values the engine tells, states, work windows, and who said what
 * lately. Pure: time comes with every call. Everything in it is bounded; what is too old is unknown.
 */
import { COUNTED_REQUESTS_MAX, RANGE_ENTRIES_MAX, SAID_FUNCTIONS_MAX } from '../../../limits.ts';
import type { TimeUs } from '../../../records.ts';
import type { Interval, PlantUnit, Tag } from '../../../understand/plant/model.ts';
import { StateTracker, UNKNOWN_STATE } from '../../../understand/plant/states.ts';
import { TagValues } from '../../../understand/plant/tag-values.ts';
import type { PlantView, Policy } from './policy.ts';

/** Announced work as far as policy needs it. Empty `unit` or `hosts`: any. */
export interface WorkWindow {
  readonly id: string;
  readonly unit: string;
  /** Addresses. */
  readonly hosts: readonly string[];
  readonly fromUs: TimeUs;
  readonly untilUs: TimeUs;
}

/** A state the engine told counts for so long; then the enforcer's own view of it does. [µs] */
const TOLD_STATE_US = 60e6;
/** A value that stood this long was meant: writing it again sets the plant back. [µs] */
const SETTLED_US = 60e6;

/** What a tag was, in order: each entry a time from which on values lay between low and high. */
interface History {
  readonly times: number[];
  readonly lows: number[];
  readonly highs: number[];
  value: number;
  sinceUs: TimeUs;
  /** The last value that stood long before the present one; NaN for none. */
  good: number;
  /** The present value came by a write that policy would have denied: it never becomes good. */
  suspect: boolean;
}

interface Counted {
  readonly times: Float64Array;
  next: number;
}

export class PlantMemory implements PlantView {
  readonly #values: TagValues;
  readonly #history = new Map<string, History>();
  readonly #trackers: ReadonlyMap<string, StateTracker>;
  readonly #told = new Map<string, { readonly state: string; readonly timeUs: TimeUs }>();
  readonly #counted = new Map<string, Counted>();
  readonly #said = new Map<string, TimeUs>();
  #work: readonly WorkWindow[] = [];

  constructor(policy: { readonly tags: Policy['tags']; readonly units: readonly PlantUnit[] }) {
    this.#values = new TagValues(policy.tags.values());
    this.#trackers = new Map(policy.units.map((unit) => [unit.name, new StateTracker(unit)]));
  }

  /** A value seen or told. Older than what is known: ignored. */
  set(tag: string, value: number, good: boolean, timeUs: TimeUs): void {
    if (!this.#values.has(tag)) return;
    const before = this.#values.timeOf(tag);
    if (timeUs < before) return;
    this.#values.set(tag, timeUs, value, good);
    if (good && !Number.isNaN(value)) this.#remember(tag, value, timeUs);
  }

  /** A write that went on: it counts as the value at once; `suspect` where policy would have denied it. */
  wrote(tag: string, value: number, timeUs: TimeUs, suspect: boolean): void {
    this.set(tag, value, !Number.isNaN(value), Math.max(timeUs, this.#values.timeOf(tag) || 0));
    const history = this.#history.get(tag);
    if (history !== undefined) history.suspect = suspect;
  }

  /** States as the engine knows them. */
  tellState(plantUnit: string, state: string, timeUs: TimeUs): void {
    if (this.#trackers.has(plantUnit)) this.#told.set(plantUnit, { state, timeUs });
  }

  setWork(windows: readonly WorkWindow[]): void {
    this.#work = windows;
  }

  /** Plant time goes on: values age, states follow. */
  tick(nowUs: TimeUs): void {
    if (nowUs > this.#values.nowUs) this.#values.nowUs = nowUs;
    for (const tracker of this.#trackers.values()) tracker.update(nowUs, this.#values);
  }

  valueNow(tag: string): number {
    return this.#values.valueOf(tag);
  }

  stateOf(plantUnit: string): string {
    const told = this.#told.get(plantUnit);
    if (told !== undefined && Math.abs(this.#values.nowUs - told.timeUs) < TOLD_STATE_US) return told.state;
    return this.#trackers.get(plantUnit)?.state ?? UNKNOWN_STATE;
  }

  rangeSince(tag: string, sinceUs: TimeUs): Interval | undefined {
    const history = this.#history.get(tag);
    if (history === undefined || Number.isNaN(this.#values.valueOf(tag))) return undefined;
    let low = history.value;
    let high = history.value;
    for (let i = history.times.length - 1; i >= 0; i--) {
      low = Math.min(low, history.lows[i]!);
      high = Math.max(high, history.highs[i]!);
      if (history.times[i]! <= sinceUs) break;
    }
    return { low, high };
  }

  workOpen(plantUnit: string, client: string, nowUs: TimeUs): boolean {
    return this.#work.some(
      ({ unit, hosts, fromUs, untilUs }) =>
        (unit === '' || unit === plantUnit) &&
        (hosts.length === 0 || hosts.includes(client)) &&
        nowUs >= fromUs &&
        nowUs < untilUs,
    );
  }

  /** The last value a tag was kept at before the present one; NaN where none is known. */
  goodValue(tag: string): number {
    return this.#history.get(tag)?.good ?? Number.NaN;
  }

  /** A message passed by a rule with a rate, or one that may begin a sequence. */
  noteSaid(functionName: string, client: string, device: string, nowUs: TimeUs): void {
    setBounded(this.#said, `${client} ${device} ${functionName}`, nowUs, SAID_FUNCTIONS_MAX);
  }

  noteCounted(rule: string, client: string, device: string, most: number, nowUs: TimeUs): void {
    const key = `${rule} ${client} ${device}`;
    let counted = this.#counted.get(key);
    if (counted === undefined) {
      counted = {
        times: new Float64Array(Math.min(Math.max(most, 1), COUNTED_REQUESTS_MAX)).fill(Number.NaN),
        next: 0,
      };
      setBounded(this.#counted, key, counted, SAID_FUNCTIONS_MAX);
    }
    counted.times[counted.next] = nowUs;
    counted.next = (counted.next + 1) % counted.times.length;
  }

  countSince(rule: string, client: string, device: string, sinceUs: TimeUs): number {
    const counted = this.#counted.get(`${rule} ${client} ${device}`);
    let count = 0;
    for (const time of counted?.times ?? []) if (time > sinceUs) count++;
    return count;
  }

  lastSaid(functionName: string, client: string, device: string): TimeUs {
    return this.#said.get(`${client} ${device} ${functionName}`) ?? Number.NaN;
  }

  #remember(tag: string, value: number, timeUs: TimeUs): void {
    const history = this.#history.get(tag);
    if (history === undefined) {
      const first = { value, sinceUs: timeUs, good: Number.NaN, suspect: false };
      this.#history.set(tag, { times: [timeUs], lows: [value], highs: [value], ...first });
      return;
    }
    if (value === history.value) return;
    if (!history.suspect && timeUs - history.sinceUs >= SETTLED_US) history.good = history.value;
    history.suspect = false;
    history.value = value;
    history.sinceUs = timeUs;
    const { times, lows, highs } = history;
    times.push(timeUs);
    lows.push(value);
    highs.push(value);
    if (times.length <= RANGE_ENTRIES_MAX) return;
    // The two oldest become one: what is forgotten is when exactly, never how far.
    lows[1] = Math.min(lows[0]!, lows[1]!);
    highs[1] = Math.max(highs[0]!, highs[1]!);
    times.shift();
    lows.shift();
    highs.shift();
  }
}

function setBounded<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  map.delete(key);
  if (map.size >= most) map.delete(map.keys().next().value!);
  map.set(key, value);
}

/** Plant units that have tags behind an address. */
export function unitsBehind(tags: Iterable<Tag>): ReadonlyMap<string, readonly string[]> {
  const units = new Map<string, Set<string>>();
  for (const { point, plantUnit } of tags) {
    if (plantUnit === '') continue;
    const device = point.slice(0, point.indexOf('/'));
    const known = units.get(device);
    if (known === undefined) units.set(device, new Set([plantUnit]));
    else known.add(plantUnit);
  }
  return new Map([...units].map(([device, names]) => [device, [...names]]));
}
