/**
 * The safety register: every safety tag, when it was last seen to move, its last proof test, and what is forced or bypassed: since
 * when and by whom. A force that is set is said at once; a safety input that outlives its proof test without moving is said too.
 */
import type { Priority, TimeUs } from '../../../records.ts';
import type { PlantUnit, Tag } from '../../plant/model.ts';
import { parseIntervalSeconds } from '../../plant/quantities.ts';
import { findingOf, type OnFinding, plain } from './say.ts';

/** What a tag is called that takes a safety function out of service: `GUARD-1.force`. */
const BYPASS_SUFFIX = /[._-](force|forced|bypass|bypassed|inhibit|override|overridden|mute|muted)$/i;
/** The value a force puts in place: no bypass by itself. */
const FORCE_VALUE_SUFFIX = /[._-]force[._-]?value$/i;
/** A bypass that is seen before the write that set it waits this long for its author. */
const AUTHOR_WAIT_US = 1e6;
/** A write this recent is the one that set a bypass. */
const WRITE_EXPLAINS_US = 30e6;

/** One entry of the register, for the page and reports. */
export interface SafetyRegisterItem {
  readonly name: string;
  readonly text: string;
  /** Null: nothing wrong. */
  readonly priority: Priority | null;
}

interface Entry {
  readonly tag: Tag;
  readonly unit: PlantUnit;
  readonly proofTestSeconds: number;
  value: number;
  movedUs: TimeUs;
  testedUs: TimeUs;
  testedBy: string;
  flatSaid: boolean;
}

interface Bypass {
  readonly tag: Tag;
  readonly unit: PlantUnit;
  /** Name of the safety function it takes out. */
  readonly of: string;
  value: number;
  sinceUs: TimeUs;
  /** False where it was set already when first seen. */
  sinceKnown: boolean;
  by: string;
  writtenUs: TimeUs;
  writer: string;
  /** Seen set at this time, not said yet; NaN for nothing to say. */
  unsaidUs: TimeUs;
  count: number;
}

/** Plain state, JSON-able: what must outlive a restart. */
export interface SafetyState {
  readonly startedUs: number | null;
  readonly moved: Readonly<Record<string, number>>;
  readonly tested: Readonly<Record<string, { readonly timeUs: number; readonly by: string }>>;
  readonly bypassed: Readonly<Record<string, { readonly sinceUs: number; readonly by: string }>>;
}

export class SafetyRegister {
  readonly #entries = new Map<string, Entry>();
  readonly #bypasses = new Map<string, Bypass>();
  readonly #onFinding: OnFinding;
  #startedUs = Number.NaN;

  constructor(units: readonly PlantUnit[], onFinding: OnFinding) {
    this.#onFinding = onFinding;
    for (const unit of units) for (const tag of unit.tags) if (tag.role === 'safety') this.#add(tag, unit);
  }

  /** A good sample of any tag. */
  sample(tag: string, timeUs: TimeUs, value: number): void {
    if (Number.isNaN(this.#startedUs)) this.#startedUs = timeUs;
    const bypass = this.#bypasses.get(tag);
    if (bypass !== undefined) this.#bypassed(bypass, timeUs, value);
    const entry = this.#entries.get(tag);
    if (entry === undefined) return;
    if (!Number.isNaN(entry.value) && entry.value !== value) {
      entry.movedUs = timeUs;
      entry.flatSaid = false;
    }
    entry.value = value;
  }

  /** A write that crossed the tap; `actor` is the asset id of the client. */
  write(tag: string, timeUs: TimeUs, value: number, actor: string): void {
    const bypass = this.#bypasses.get(tag);
    if (bypass === undefined) return;
    bypass.writtenUs = timeUs;
    bypass.writer = actor;
    if (Number.isFinite(value)) this.#bypassed(bypass, timeUs, value);
    if (bypass.value === 0 || bypass.by !== '') return;
    bypass.by = actor;
    this.#sayBypass(bypass);
  }

  /** A person says that the function was proof-tested. */
  proofTested(tag: string, timeUs: TimeUs, by: string): void {
    const entry = this.#entries.get(tag);
    if (entry === undefined) return;
    entry.testedUs = timeUs;
    entry.testedBy = by;
    entry.flatSaid = false;
  }

  /** Says what waited for its author, and looks for inputs that outlived their proof test. */
  update(timeUs: TimeUs): void {
    for (const bypass of this.#bypasses.values()) {
      if (timeUs - bypass.unsaidUs >= AUTHOR_WAIT_US) this.#sayBypass(bypass);
    }
    for (const entry of this.#entries.values()) {
      const seconds = this.#flatSeconds(entry, timeUs);
      if (entry.flatSaid || !(seconds > entry.proofTestSeconds)) continue;
      entry.flatSaid = true;
      this.#sayFlat(entry, timeUs, seconds);
    }
  }

  /** The register: open bypasses first, then all safety tags. `assetName` turns an asset id into a name. */
  items(nowUs: TimeUs, assetName: (id: string) => string = (id) => id): SafetyRegisterItem[] {
    const open = [...this.#bypasses.values()].filter(({ value }) => value !== 0 && !Number.isNaN(value));
    const forced = open.map(({ of, tag, sinceUs, sinceKnown, by, unit }): SafetyRegisterItem => {
      const since = `${sinceKnown ? 'since' : 'since before'} ${clockText(sinceUs)}`;
      const who = by === '' ? 'by whom is not known' : `by ${assetName(by)}`;
      const value = this.#entries.get(of)?.value ?? Number.NaN;
      const shows = Number.isNaN(value) ? '' : `; shows ${plain(value)}`;
      return { name: of, text: `${bypassWord(tag)} ${since}, ${who}${shows}`, priority: worst(unit) };
    });
    const names = new Set(forced.map(({ name }) => name));
    const quiet = [...this.#entries.values()].filter(({ tag }) => !names.has(tag.name));
    return [...forced, ...quiet.map((entry) => this.#item(entry, nowUs))];
  }

  save(): SafetyState {
    const entries = [...this.#entries.values()];
    const open = [...this.#bypasses.values()].filter(({ value }) => value !== 0 && !Number.isNaN(value));
    return {
      startedUs: Number.isNaN(this.#startedUs) ? null : this.#startedUs,
      moved: Object.fromEntries(entries.filter((e) => !Number.isNaN(e.movedUs)).map((e) => [e.tag.name, e.movedUs])),
      tested: Object.fromEntries(
        entries
          .filter((e) => !Number.isNaN(e.testedUs))
          .map((e) => [e.tag.name, { timeUs: e.testedUs, by: e.testedBy }]),
      ),
      bypassed: Object.fromEntries(open.map(({ tag, sinceUs, by }) => [tag.name, { sinceUs, by }])),
    };
  }

  /** Takes up a saved state: a bypass that was said before is not said again. */
  load({ startedUs, moved, tested, bypassed }: SafetyState): void {
    if (startedUs !== null) this.#startedUs = startedUs;
    for (const entry of this.#entries.values()) {
      entry.movedUs = moved[entry.tag.name] ?? entry.movedUs;
      const test = tested[entry.tag.name];
      if (test !== undefined) this.proofTested(entry.tag.name, test.timeUs, test.by);
    }
    for (const bypass of this.#bypasses.values()) {
      const known = bypassed[bypass.tag.name];
      if (known === undefined) continue;
      Object.assign(bypass, { value: 1, sinceUs: known.sinceUs, by: known.by, sinceKnown: true });
    }
  }

  #add(tag: Tag, unit: PlantUnit): void {
    if (FORCE_VALUE_SUFFIX.test(tag.name)) return;
    if (BYPASS_SUFFIX.test(tag.name)) {
      const of = tag.of === '' ? tag.name.replace(BYPASS_SUFFIX, '') : tag.of;
      this.#bypasses.set(tag.name, {
        ...{ tag, unit, of, value: Number.NaN, sinceUs: Number.NaN, sinceKnown: true, by: '' },
        ...{ writtenUs: Number.NaN, writer: '', unsaidUs: Number.NaN, count: 0 },
      });
      return;
    }
    const interval = tag.proofTest === '' ? Number.POSITIVE_INFINITY : parseIntervalSeconds(tag.proofTest);
    this.#entries.set(tag.name, {
      ...{ tag, unit, proofTestSeconds: typeof interval === 'string' ? Number.POSITIVE_INFINITY : interval },
      ...{ value: Number.NaN, movedUs: Number.NaN, testedUs: Number.NaN, testedBy: '', flatSaid: false },
    });
  }

  #bypassed(bypass: Bypass, timeUs: TimeUs, value: number): void {
    const before = bypass.value;
    bypass.value = value;
    if (value === 0 || (before !== 0 && !Number.isNaN(before))) return;
    bypass.sinceUs = timeUs;
    bypass.sinceKnown = !Number.isNaN(before) || timeUs - bypass.writtenUs <= WRITE_EXPLAINS_US;
    bypass.by = timeUs - bypass.writtenUs <= WRITE_EXPLAINS_US ? bypass.writer : '';
    bypass.unsaidUs = timeUs;
    if (bypass.by !== '') this.#sayBypass(bypass);
  }

  #sayBypass(bypass: Bypass): void {
    if (Number.isNaN(bypass.unsaidUs)) return;
    const timeUs = bypass.unsaidUs;
    bypass.unsaidUs = Number.NaN;
    bypass.count++;
    const { tag, unit, of, by, value } = bypass;
    const word = bypassWord(tag);
    this.#onFinding(
      findingOf({
        id: `b-${tag.name}-${bypass.count}`,
        kind: 'bypass',
        timeUs,
        sinceUs: timeUs,
        unit: unit.name,
        tag: tag.name,
        actor: by,
        confidence: 0.99,
        score: 10,
        expected: `${tag.name} = 0`,
        seen: `${tag.name} = ${plain(value)}`,
        sentence: `Safety function ${of} is ${word}: ${tag.name} is set, so ${of} protects nobody until it is taken back.`,
        numbers: { shown: value, [`coupled:${of}`]: 1 },
        evidence: bypass.sinceKnown
          ? `${tag.name} went from 0 to ${plain(value)}`
          : `${tag.name} was set when first seen`,
      }),
    );
  }

  /** How long an entry is known not to have moved and not to have been tested. */
  #flatSeconds(entry: Entry, timeUs: TimeUs): number {
    const known = [this.#startedUs, entry.movedUs, entry.testedUs].filter((time) => !Number.isNaN(time));
    return known.length === 0 ? 0 : (timeUs - Math.max(...known)) / 1e6;
  }

  #sayFlat({ tag, unit, value }: Entry, timeUs: TimeUs, seconds: number): void {
    const days = plain(seconds / 86_400);
    this.#onFinding(
      findingOf({
        id: `f-${tag.name}`,
        kind: 'safety-flat',
        timeUs,
        sinceUs: timeUs - seconds * 1e6,
        unit: unit.name,
        tag: tag.name,
        confidence: 0.7,
        score: 1,
        expected: `a proof test ${tag.proofTest}`,
        seen: `${plain(value)} for ${days} days`,
        sentence: `${tag.name} has not moved for ${days} days; its proof test is due (${tag.proofTest}).`,
        numbers: { shown: value, flatSeconds: seconds },
        evidence: 'no change of the value and no proof test recorded',
        informative: true,
      }),
    );
  }

  #item(entry: Entry, nowUs: TimeUs): SafetyRegisterItem {
    const { tag, value, movedUs, testedUs, testedBy, proofTestSeconds } = entry;
    if (Number.isNaN(value)) return { name: tag.name, text: 'no value seen', priority: 'low' };
    const moved = Number.isNaN(movedUs)
      ? `not seen to move since watching began (${clockText(this.#startedUs)})`
      : `last moved ${clockText(movedUs)}`;
    const tested = Number.isNaN(testedUs) ? '' : `, proof-tested ${clockText(testedUs)} by ${testedBy}`;
    const due = this.#flatSeconds(entry, nowUs) > proofTestSeconds;
    const plan =
      tag.proofTest === '' ? '' : due ? `; proof test is due (${tag.proofTest})` : `; proof test ${tag.proofTest}`;
    return { name: tag.name, text: `shows ${plain(value)}, ${moved}${tested}${plan}`, priority: due ? 'medium' : null };
  }
}

/** The worst that is at stake in a unit; a safety function out of service is never less than high. */
function worst({ consequence }: PlantUnit): Priority {
  const { injury, environment, equipment, product } = consequence;
  return [injury, environment, equipment, product].includes('critical') ? 'critical' : 'high';
}

function bypassWord({ name }: Tag): string {
  return /force/i.test(name) ? 'forced' : 'bypassed';
}

/** `2026-03-02 10:02` in UTC. */
function clockText(timeUs: TimeUs): string {
  return Number.isNaN(timeUs)
    ? 'unknown'
    : `${new Date(timeUs / 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
