/** The open file of one incident: its findings, the writes followed, and what the stages concluded. */
import { INCIDENT_FINDINGS_MAX, INCIDENT_NOTES_MAX, INCIDENT_TRAILS_MAX } from '../../limits.ts';
import type { Cause, Finding, Incident, IncidentState, Priority, TimelineEntry, TimeUs } from '../../records.ts';
import type { IncidentContext } from './context.ts';
import { type Fact, factOf } from './fact.ts';
import { addWrite, continueTrail, newTrail, type Trail, trailKey } from './trail.ts';

export interface Shelved {
  readonly untilUs: TimeUs;
  readonly because: string;
  readonly by: string;
}

/** A closing difference: what a work window left behind. */
export interface WorkNote {
  readonly id: string;
  readonly who: string;
  readonly what: string;
  readonly untilUs: TimeUs;
  ended: boolean;
}

/** A counter read when product became suspect. */
export interface SuspectSince {
  sinceUs: TimeUs;
  counter: string;
  counterThen: number;
}

export class Story {
  readonly id: string;
  /** Order of opening: the older story keeps its id when two become one. */
  readonly number: number;
  openedUs: TimeUs;
  updatedUs: TimeUs;
  state: IncidentState = 'unacknowledged';
  shelved: Shelved | undefined;
  judgement: Incident['judgement'];
  /** Findings kept, by id, in the order they came. */
  readonly facts = new Map<string, Fact>();
  /** Findings counted because there was no room to keep them. */
  more = 0;
  readonly trails = new Map<string, Trail>();
  readonly notes: TimelineEntry[] = [];
  /** Findings of a flood stand together here, whatever they are about. */
  grouped = false;
  work: WorkNote | undefined;
  suspect: SuspectSince | undefined;
  /** Since when the true value has been outside its limit; NaN while it is inside. */
  outsideUs: TimeUs = Number.NaN;
  priority: Priority = 'information';
  cause: Cause = 'unknown';
  /** The record as last told, to tell only what changed. */
  told: Incident | undefined;

  constructor(number: number, openedUs: TimeUs) {
    this.number = number;
    this.id = `I-${number}`;
    this.openedUs = openedUs;
    this.updatedUs = openedUs;
  }

  get open(): boolean {
    return this.state !== 'closed';
  }

  /** Adds a finding or a better version of one. True where it was kept, false where it was only counted. */
  add(fact: Fact, work: string): boolean {
    this.updatedUs = Math.max(this.updatedUs, fact.finding.timeUs);
    if ((fact.role === 'change' || fact.role === 'attempt') && fact.tag !== '') this.#follow(fact, work);
    if (!this.facts.has(fact.finding.id) && this.facts.size >= INCIDENT_FINDINGS_MAX) {
      this.more += 1;
      return false;
    }
    const before = this.facts.get(fact.finding.id);
    const noticedUs = Math.min(fact.noticedUs, before?.noticedUs ?? fact.noticedUs);
    this.facts.set(fact.finding.id, { ...fact, noticedUs });
    return true;
  }

  #follow(fact: Fact, work: string): void {
    const key = trailKey(fact);
    let trail = this.trails.get(key);
    if (trail === undefined) {
      if (this.trails.size >= INCIDENT_TRAILS_MAX) return;
      trail = newTrail(fact);
      this.trails.set(key, trail);
    }
    addWrite(trail, fact, work);
  }

  note(timeUs: TimeUs, text: string, side: TimelineEntry['side'] = 'person'): void {
    this.updatedUs = Math.max(this.updatedUs, timeUs);
    if (this.notes.length >= INCIDENT_NOTES_MAX) this.notes.splice(1, 1);
    this.notes.push({ timeUs, text, finding: '', side });
  }

  /** Takes over everything of another story. */
  absorb(other: Story): void {
    for (const fact of other.facts.values()) {
      if (this.facts.size >= INCIDENT_FINDINGS_MAX && !this.facts.has(fact.finding.id)) this.more += 1;
      else this.facts.set(fact.finding.id, fact);
    }
    for (const [key, trail] of other.trails) {
      const mine = this.trails.get(key);
      if (mine !== undefined) continueTrail(mine, trail);
      else if (this.trails.size < INCIDENT_TRAILS_MAX) this.trails.set(key, trail);
    }
    for (const note of other.notes) if (this.notes.length < INCIDENT_NOTES_MAX) this.notes.push(note);
    this.more += other.more;
    this.openedUs = Math.min(this.openedUs, other.openedUs);
    this.updatedUs = Math.max(this.updatedUs, other.updatedUs);
    this.suspect ??= other.suspect;
    this.work ??= other.work;
  }

  has(test: (fact: Fact) => boolean): boolean {
    for (const fact of this.facts.values()) if (test(fact)) return true;
    return false;
  }

  filter(test: (fact: Fact) => boolean): Fact[] {
    return [...this.facts.values()].filter(test);
  }

  save(): SavedStory {
    return {
      number: this.number,
      openedUs: this.openedUs,
      updatedUs: this.updatedUs,
      state: this.state,
      ...(this.shelved === undefined ? {} : { shelved: this.shelved }),
      ...(this.judgement === undefined ? {} : { judgement: this.judgement }),
      findings: [...this.facts.values()].map((fact) => fact.finding),
      noticedUs: [...this.facts.values()].map((fact) => fact.noticedUs),
      more: this.more,
      trails: [...this.trails.values()].map((trail) => ({
        ...trail,
        kinds: [...trail.kinds],
        before: nullable(trail.before),
        written: nullable(trail.written),
      })),
      notes: [...this.notes],
      grouped: this.grouped,
      ...(this.work === undefined ? {} : { work: { ...this.work } }),
      ...(this.suspect === undefined ? {} : { suspect: { ...this.suspect } }),
      outsideUs: nullable(this.outsideUs),
      priority: this.priority,
    };
  }

  static load(saved: SavedStory, context: IncidentContext): Story {
    const story = new Story(saved.number, saved.openedUs);
    story.updatedUs = saved.updatedUs;
    story.state = saved.state;
    story.shelved = saved.shelved;
    story.judgement = saved.judgement;
    for (const [n, finding] of saved.findings.entries()) {
      const fact = factOf(finding, context);
      story.facts.set(finding.id, { ...fact, noticedUs: saved.noticedUs[n] ?? fact.noticedUs });
    }
    story.more = saved.more;
    for (const trail of saved.trails) {
      story.trails.set(`${trail.actor} ${trail.tag}`, {
        ...trail,
        before: trail.before ?? Number.NaN,
        written: trail.written ?? Number.NaN,
        kinds: [...trail.kinds],
      });
    }
    story.notes.push(...saved.notes);
    story.grouped = saved.grouped;
    story.work = saved.work === undefined ? undefined : { ...saved.work };
    story.suspect = saved.suspect === undefined ? undefined : { ...saved.suspect };
    story.outsideUs = saved.outsideUs ?? Number.NaN;
    story.priority = saved.priority;
    return story;
  }
}

/** JSON has no NaN. */
function nullable(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** A story as plain JSON data. */
export interface SavedStory {
  readonly number: number;
  readonly openedUs: TimeUs;
  readonly updatedUs: TimeUs;
  readonly state: IncidentState;
  readonly shelved?: Shelved;
  readonly judgement?: NonNullable<Incident['judgement']>;
  readonly findings: readonly Finding[];
  /** When each was first noticed, in the order of the findings. */
  readonly noticedUs: readonly TimeUs[];
  readonly more: number;
  readonly trails: readonly (Omit<Trail, 'before' | 'written'> & {
    readonly before: number | null;
    readonly written: number | null;
  })[];
  readonly notes: readonly TimelineEntry[];
  readonly grouped: boolean;
  readonly work?: WorkNote;
  readonly suspect?: SuspectSince;
  readonly outsideUs: TimeUs | null;
  readonly priority: Priority;
}
