/**
 * Findings in, incidents out. Pure: no store, no clock; time comes with the findings and with `tick`. The same findings, ticks and
 * answers of the context give the same incidents, ids included.
 */
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';
import {
  FINDING_KEYS_MAX,
  INCIDENTS_CLOSED_MAX,
  INCIDENTS_OPEN_MAX,
  INCIDENTS_PER_TEN_MINUTES_MAX,
  LOOSE_FINDINGS_MAX,
  NEWCOMERS_MAX,
} from '../../limits.ts';
import type { Finding, Incident, TimeUs } from '../../records.ts';
import type { Case, Desk } from './case.ts';
import type {
  IncidentChange,
  IncidentChangeKind,
  IncidentContext,
  IncidentListener,
  IncidentTransition,
} from './context.ts';
import { type Fact, factOf } from './fact.ts';
import { transition, unshelve } from './lifecycle.ts';
import { closingDifference } from './planned.ts';
import { rankOf } from './priority.ts';
import { incidentOf, sameForPeople } from './record.ts';
import { Relations } from './relations.ts';
import { ARRIVAL, JUDGEMENT, run } from './stages.ts';
import { type SavedStory, Story } from './story.ts';
import { PlantTime } from './words.ts';

/** Open stories are judged again this often: values move on. [µs] */
const REVIEW_US = 5e6;
const FLOOD_WINDOW_US = 600e6;

/** Plain JSON data: what a restart needs. */
export interface SavedIncidents {
  readonly version: 1;
  readonly next: number;
  readonly nowUs: TimeUs;
  readonly stories: readonly SavedStory[];
  readonly loose: readonly Finding[];
  readonly newcomers: readonly (readonly [string, TimeUs])[];
  /** Keys of findings seen, with the incident each is part of. */
  readonly keys: readonly (readonly [string, string])[];
  readonly closed: readonly Incident[];
}

/** What was not kept, counted. */
export interface IncidentCounts {
  readonly findings: number;
  /** Told before: the same finding again. */
  readonly repeated: number;
  /** Counted on their incident for want of room. */
  readonly countedOnly: number;
  /** Loose findings forgotten for want of room. */
  readonly looseForgotten: number;
  /** Findings that joined the nearest incident because no more could be open. */
  readonly crowded: number;
}

export class IncidentEngine implements Desk {
  readonly context: IncidentContext;
  readonly stories = new Map<string, Story>();
  readonly loose = new Map<string, Fact>();
  readonly newcomers = new Map<string, TimeUs>();
  nowUs: TimeUs = 0;
  #relations: Relations;
  #time: PlantTime;
  #site: IncidentContext['site'];
  readonly #listener: IncidentListener;
  readonly #owners = new Map<string, string>();
  readonly #closed = new Map<string, Incident>();
  readonly #openedUs: TimeUs[] = [];
  #next = 1;
  #reviewedUs = Number.NEGATIVE_INFINITY;
  #counts = { findings: 0, repeated: 0, countedOnly: 0, looseForgotten: 0, crowded: 0 };

  constructor(context: IncidentContext, listener: IncidentListener) {
    this.context = context;
    this.#listener = listener;
    this.#site = context.site;
    this.#relations = this.#relate();
    this.#time = new PlantTime(context.site.timeZone);
  }

  #relate(): Relations {
    return new Relations(this.context.site, (unit) => this.context.learnedEffects?.(unit) ?? []);
  }

  /** Follows a change of the site; a new object means a new site. */
  #followSite(): void {
    if (this.context.site === this.#site) return;
    this.#site = this.context.site;
    this.refresh();
  }

  /** Reads site and learned effects anew. */
  refresh(): void {
    this.#relations = this.#relate();
    this.#time = new PlantTime(this.context.site.timeZone);
  }

  get relations(): Relations {
    return this.#relations;
  }

  get time(): PlantTime {
    return this.#time;
  }

  get counts(): IncidentCounts {
    return { ...this.#counts };
  }

  /** Takes one finding, or a better version of one (same id). */
  add(finding: Finding): void {
    this.#followSite();
    this.#counts.findings += 1;
    this.nowUs = Math.max(this.nowUs, finding.timeUs);
    const c: Case = {
      desk: this,
      fact: factOf(finding, this.context),
      story: undefined,
      change: { kind: 'updated', absorbed: '', text: '' },
      done: false,
      draft: undefined,
    };
    run(ARRIVAL, c);
    this.#boundLoose();
    if (c.story === undefined && !this.loose.has(finding.id)) this.#counts.repeated += 1;
    if (c.done && c.story !== undefined) this.#counts.countedOnly += 1;
    if (!c.done && c.story !== undefined) this.#judge(c.story, c.change);
  }

  /** Judges a story anew and tells it where something a person reads has changed. */
  #judge(story: Story, change: IncidentChange): void {
    const c: Case = { desk: this, fact: undefined, story, change, done: false, draft: undefined };
    const priority = story.told?.priority;
    run(JUDGEMENT, c);
    if (c.draft === undefined) return;
    const escalated = priority !== undefined && rankOf(c.draft.priority) > rankOf(priority);
    if (escalated && story.state !== 'unacknowledged' && story.open) {
      // A worse alarm is a new alarm (ISA-18.2, re-annunciation): it must be seen again.
      story.state = 'unacknowledged';
      story.shelved = undefined;
      story.note(this.nowUs, `Priority rose from ${priority} to ${c.draft.priority}.`, 'process');
    }
    const incident = incidentOf(story, c.draft, this);
    const before = story.told;
    story.told = incident;
    story.priority = incident.priority;
    story.cause = incident.cause;
    const kind: IncidentChangeKind = escalated && change.kind === 'updated' ? 'escalated' : change.kind;
    if (before !== undefined && kind === 'updated' && sameForPeople(before, incident)) return;
    this.#listener.onIncident(incident, { ...change, kind });
  }

  /** Lets plant time pass: ends shelving and work windows, follows values. Cheap when called often. */
  tick(nowUs: TimeUs): void {
    this.#followSite();
    this.nowUs = Math.max(this.nowUs, nowUs);
    if (this.nowUs - this.#reviewedUs < REVIEW_US) return;
    this.#reviewedUs = this.nowUs;
    for (const story of [...this.stories.values()]) {
      let kind: IncidentChangeKind = 'updated';
      if (unshelve(story, this.nowUs)) {
        story.note(this.nowUs, 'The time it was shelved for is over.');
        kind = 'unshelved';
      }
      const difference = closingDifference(story, this);
      if (difference !== undefined) {
        story.note(story.work!.untilUs, difference, 'network');
        kind = 'work-ended';
      }
      this.#judge(story, { kind, absorbed: '', text: difference ?? '' });
    }
  }

  /** What a person does with an incident. Returns it afterwards; undefined where there is no such open incident. */
  act(id: string, action: IncidentTransition, by: string, timeUs: TimeUs): Incident | undefined {
    const story = this.stories.get(id);
    if (story === undefined) {
      if (!this.#closed.has(id)) return undefined;
      throw new FiredoorError(ERROR_CODES.BAD_INPUT, `${id} is closed: a closed incident stays as it was judged.`);
    }
    this.nowUs = Math.max(this.nowUs, timeUs);
    const text = transition(story, action, by, timeUs);
    if (action.action !== 'comment' && action.action !== 'assign')
      story.note(timeUs, `${text}.`.replace(/([.!?])\.$/, '$1'));
    this.#judge(story, { kind: 'acted', absorbed: '', text });
    if (!story.open) this.#close(story);
    const known = story.judgement?.verdict === 'planned work' || story.judgement?.verdict === 'wrong';
    // A person knows this device: from now on it is no stranger.
    if (known && story.told !== undefined) this.newcomers.delete(story.told.actor);
    return story.told;
  }

  #close(story: Story): void {
    this.stories.delete(story.id);
    if (story.told !== undefined) this.#closed.set(story.id, story.told);
    dropOldest(this.#closed, INCIDENTS_CLOSED_MAX);
  }

  /** Open incidents, newest first. */
  open(): readonly Incident[] {
    return [...this.stories.values()].flatMap((story) => story.told ?? []).reverse();
  }

  get(id: string): Incident | undefined {
    return this.stories.get(id)?.told ?? this.#closed.get(id);
  }

  /** Until when an incident is shelved; undefined where it is not. */
  shelvedUntilUs(id: string): TimeUs | undefined {
    return this.stories.get(id)?.shelved?.untilUs;
  }

  /** Opens a story for a finding: used by the stages. */
  openStory(fact: Fact): Story {
    const { timeUs } = fact.finding;
    if (this.stories.size >= INCIDENTS_OPEN_MAX) {
      this.#counts.crowded += 1;
      return this.#nearest(fact);
    }
    while (this.#openedUs.length > 0 && this.#openedUs[0]! < timeUs - FLOOD_WINDOW_US) this.#openedUs.shift();
    const flood = this.#openedUs.length >= INCIDENTS_PER_TEN_MINUTES_MAX;
    // What was changed or protects people is never hidden in a crowd.
    if (flood && fact.role !== 'change' && fact.role !== 'safety') return this.#crowd(timeUs);
    return this.#newStory(timeUs);
  }

  #newStory(timeUs: TimeUs): Story {
    const story = new Story(this.#next, timeUs);
    this.#next += 1;
    this.stories.set(story.id, story);
    if (this.#openedUs.length < 2 * INCIDENTS_PER_TEN_MINUTES_MAX) this.#openedUs.push(timeUs);
    return story;
  }

  #crowd(timeUs: TimeUs): Story {
    for (const story of this.stories.values()) {
      if (story.grouped && timeUs - story.updatedUs <= FLOOD_WINDOW_US) return story;
    }
    const story = this.#newStory(timeUs);
    story.grouped = true;
    return story;
  }

  #nearest(fact: Fact): Story {
    let nearest: Story | undefined;
    for (const story of this.stories.values()) {
      const same = story.has((other) => other.place !== '' && other.place === fact.place);
      if (same || nearest === undefined) nearest = story;
      if (same) break;
    }
    nearest!.note(
      fact.finding.timeUs,
      `Joined here because ${INCIDENTS_OPEN_MAX} incidents are open: ${fact.finding.sentence}`,
      fact.side,
    );
    return nearest!;
  }

  merge(into: Story, from: Story, text: string): void {
    into.absorb(from);
    into.note(this.nowUs, text, 'network');
    this.stories.delete(from.id);
    for (const [key, owner] of this.#owners) if (owner === from.id) this.#owners.set(key, into.id);
    // Keep the listener's view whole: the absorbed id is told once, with the incident it went into.
    this.#judge(into, { kind: 'merged', absorbed: from.id, text });
  }

  owner(key: string): Story | 'closed' | undefined {
    const id = this.#owners.get(key);
    if (id === undefined) return undefined;
    return this.stories.get(id) ?? 'closed';
  }

  remember(key: string, story: Story): void {
    this.#owners.delete(key);
    this.#owners.set(key, story.id);
    dropOldest(this.#owners, FINDING_KEYS_MAX);
  }

  #boundLoose(): void {
    this.#counts.looseForgotten += dropOldest(this.loose, LOOSE_FINDINGS_MAX);
    dropOldest(this.newcomers, NEWCOMERS_MAX);
  }

  save(): SavedIncidents {
    return {
      version: 1,
      next: this.#next,
      nowUs: this.nowUs,
      stories: [...this.stories.values()].map((story) => story.save()),
      loose: [...this.loose.values()].map((fact) => fact.finding),
      newcomers: [...this.newcomers],
      keys: [...this.#owners],
      closed: [...this.#closed.values()],
    };
  }

  /** Takes up what `save` gave, into a fresh engine; tells nothing to the listener. */
  load(saved: SavedIncidents): void {
    this.#next = saved.next;
    this.nowUs = saved.nowUs;
    for (const finding of saved.loose) this.loose.set(finding.id, factOf(finding, this.context));
    for (const [actor, timeUs] of saved.newcomers) this.newcomers.set(actor, timeUs);
    for (const [key, owner] of saved.keys) this.#owners.set(key, owner);
    for (const incident of saved.closed) this.#closed.set(incident.id, incident);
    for (const plain of saved.stories) {
      const story = Story.load(plain, this.context);
      this.stories.set(story.id, story);
    }
    for (const story of this.stories.values()) {
      const c: Case = {
        desk: this,
        fact: undefined,
        story,
        change: { kind: 'updated', absorbed: '', text: '' },
        done: false,
        draft: undefined,
      };
      run(JUDGEMENT, c);
      if (c.draft !== undefined) story.told = incidentOf(story, c.draft, this);
    }
  }
}

/** Removes the oldest entries beyond `max`; returns how many. */
function dropOldest(map: Map<string, unknown>, max: number): number {
  let dropped = 0;
  for (const key of map.keys()) {
    if (map.size <= max) break;
    map.delete(key);
    dropped += 1;
  }
  return dropped;
}
