/** What the stages work on: the desk with everything at hand, the case before them, and what they conclude. */
import type { Advice, Cause, Priority, TimeUs, ValueShown } from '../../records.ts';
import type { Tag } from '../plant/model.ts';
import type { IncidentChange, IncidentContext } from './context.ts';
import type { Fact } from './fact.ts';
import type { Relations } from './relations.ts';
import type { Story } from './story.ts';
import type { Trail } from './trail.ts';
import type { PlantTime } from './words.ts';

/** The one outline an incident has; sentence, advice and title follow it. */
export const SHAPES = [
  'group',
  'planned',
  'hidden',
  'safety-forced',
  'alarm-suppressed',
  'calibration-creep',
  'calibration',
  'setpoint-creep',
  'setpoint',
  'stopped',
  'command',
  'controller',
  'point',
  'attempt',
  'entry',
  'leaving',
  'scan',
  'arrival',
  'blind',
  'safety-flat',
  'reading-wrong',
  'stuck',
  'standing',
  'balance',
  'process',
] as const;
export type Shape = (typeof SHAPES)[number];

/** Where a true value leaves a declared limit, or will. */
export interface Crossing {
  readonly side: 'low' | 'high';
  readonly limit: number;
  readonly unit: string;
  /** Plant time of it: measured where it has happened, else expected; NaN where it cannot be told. */
  readonly timeUs: TimeUs;
  readonly happened: boolean;
}

/** Product made while a true value was outside its limit. */
export interface Suspect {
  /** `bottles`, `litres`. */
  readonly noun: string;
  readonly perMinute: number;
  readonly sinceUs: TimeUs;
  /** Made since then; NaN where no counter says. */
  readonly amount: number;
}

/** Cause and effect as far as known. */
export interface Explanation {
  readonly shape: Shape;
  /** The write that explains the rest. */
  readonly lead: Trail | undefined;
  readonly leadTag: Tag | undefined;
  /** The measurement that is false or moved. */
  readonly target: Tag | undefined;
  /** Its name, also where nobody named it; empty for none. */
  readonly targetName: string;
  /** The target reads this much high; NaN where its reading is not in doubt. */
  readonly readsHigh: number;
  /** Set-point that acts on the target: a controller then holds what is shown. */
  readonly setPoint: Tag | undefined;
  /** What that controller moves. */
  readonly command: string;
  /** Time until the loop has moved the true value [s]. */
  readonly settleSeconds: number;
  readonly shown: number;
  readonly likelyTrue: number;
  /** Where the true value ends when nobody acts. */
  readonly settled: number;
  readonly mustBe: string;
  readonly crossing: Crossing | undefined;
  /** The first process finding that shows the effect. */
  readonly effect: Fact | undefined;
  readonly lagMs: number;
  /** Size and sign of the measured error equal what was written. */
  readonly matches: boolean;
  readonly suspect: Suspect | undefined;
  /** A declared protection of the unit sees the truth and acts by itself: product is lost, not let through. */
  readonly guarded: boolean;
}

/** What the stages conclude; `say` turns it into the record. */
export interface Draft {
  explanation: Explanation;
  cause: Cause;
  causeConfidence: number;
  because: string[];
  priority: Priority;
  advice: Advice[];
  title: string;
  sentence: string;
  ifNobodyActs: string;
  whyOneStory: string;
  shown: ValueShown | undefined;
}

/** Everything at hand: look-ups and the open stories. */
export interface Desk {
  readonly context: IncidentContext;
  readonly relations: Relations;
  readonly time: PlantTime;
  /** Open stories by id, oldest first. */
  readonly stories: ReadonlyMap<string, Story>;
  readonly nowUs: TimeUs;
  /** Findings that opened no incident, oldest first. */
  readonly loose: Map<string, Fact>;
  /** Actors that are new to the plant, with the time they were last called so. */
  readonly newcomers: Map<string, TimeUs>;
  /** Opens a story; in a flood the one that collects it, and with no room left the nearest there is. */
  openStory(fact: Fact): Story;
  /** Puts `from` into `into`. */
  merge(into: Story, from: Story, text: string): void;
  /** Story a finding is part of, by key; undefined for a new finding, `closed` for one of a closed incident. */
  owner(key: string): Story | 'closed' | undefined;
  remember(key: string, story: Story): void;
}

/** One finding arriving (with `fact`), or one story being judged again (with `story`). */
export interface Case {
  readonly desk: Desk;
  readonly fact: Fact | undefined;
  story: Story | undefined;
  change: IncidentChange;
  /** A stage that sets it ends the run: nothing is left to do. */
  done: boolean;
  draft: Draft | undefined;
}

/** The one signature of all stages. */
export type Stage = (c: Case) => void;
