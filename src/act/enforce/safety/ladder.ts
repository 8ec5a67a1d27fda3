/**
 * The way up and down the mode ladder: what a conduit must have shown before it may block, how sure that is, and what takes the right
 * away again. Pure: data in, gates with sentences out.
 */
import type { Mode, TimeUs } from '../../../records.ts';
import { oneLower } from './modes.ts';

const DAY_US = 86_400e6;
/** Days of evidence before guard, and further ones before enforce. */
export const GUARD_DAYS = 14;
export const ENFORCE_DAYS = 30;
/** Days a month has for the bound. */
const MONTH_DAYS = 30;
/** A loop that got worse so soon after a denial takes the mode down. [µs] */
export const WATCH_LOOP_US = 60e6;
/** Denials of traffic that the signed baseline calls normal before all falls back to shadow, and within which time. */
export const NORMAL_DENIALS_MAX = 5;
const NORMAL_DENIALS_US = 60e6;

/** What was seen of a conduit since it entered its mode. */
export interface ConduitEvidence {
  readonly conduit: string;
  readonly mode: Mode;
  /** In this mode since; plant time. */
  readonly sinceUs: TimeUs;
  readonly nowUs: TimeUs;
  /** Messages that some rule could deny; reads do not count, and repeats of one action count once. */
  readonly deniable: number;
  readonly wouldDeny: number;
  readonly judgedWrong: number;
  readonly notJudged: number;
  /** States declared in the site and those seen meanwhile, `unit/state`. */
  readonly statesDeclared: readonly string[];
  readonly statesSeen: readonly string[];
  /** Would-be denials of the replay over recordings that are in the never-block set or not judged right; null where none was run. */
  readonly replayObjections: number | null;
  /** Two people agreed, and the agreement has not expired. */
  readonly approved: boolean;
}

export interface Gate {
  readonly name: 'time' | 'states' | 'wrong' | 'judged' | 'replay' | 'approval';
  readonly passed: boolean;
  /** True where nothing is wrong but somebody has to do something. */
  readonly waits: boolean;
  readonly sentence: string;
}

/** The next mode up and what stands in the way; no gates below guard, nothing above enforce. */
export function promotionOf(evidence: ConduitEvidence): { readonly to: Mode | null; readonly gates: readonly Gate[] } {
  const { mode } = evidence;
  if (mode === 'observe') return { to: 'learn', gates: [] };
  if (mode === 'learn') return { to: 'shadow', gates: [] };
  if (mode === 'shadow') return { to: 'guard', gates: gatesOf(evidence, GUARD_DAYS) };
  if (mode === 'guard') return { to: 'enforce', gates: gatesOf(evidence, ENFORCE_DAYS) };
  return { to: null, gates: [] };
}

/** At most so many wrong blocks a month (95 %): three over the messages seen without a wrong one, times such messages a month. */
export function wrongBlocksBound(evidence: ConduitEvidence): { readonly perMonth: number; readonly sentence: string } {
  const { deniable, judgedWrong, sinceUs, nowUs } = evidence;
  const days = (nowUs - sinceUs) / DAY_US;
  if (deniable === 0 || days <= 0) return { perMonth: Number.NaN, sentence: '' };
  // Upper limits of a Poisson mean for 0, 1, 2 … events at 95 %; beyond these the normal approximation is near enough.
  const upper = [3, 4.74, 6.3, 7.75, 9.15][judgedWrong] ?? judgedWrong + 1.645 * Math.sqrt(judgedWrong) + 1.5;
  // Three in the messages seen, times the messages of a month: what is left is the time. Few messages only make it no better.
  const perMonth = Math.ceil(upper * (MONTH_DAYS / days));
  return { perMonth, sentence: `at most ${perMonth} wrong blocks a month` };
}

export type DemotionCause =
  | { readonly cause: 'judged-wrong'; readonly rule: string }
  | { readonly cause: 'normal-traffic'; readonly rule: string }
  | { readonly cause: 'loop-worse'; readonly rule: string; readonly loop: string; readonly afterUs: number }
  | { readonly cause: 'breaker'; readonly denials: number };

export interface Demotion {
  readonly to: Mode;
  readonly sentence: string;
}

/** What takes a mode down by itself; undefined where nothing does. Only denials that acted count. */
export function demotionFor(conduit: string, mode: Mode, cause: DemotionCause): Demotion | undefined {
  if (mode !== 'guard' && mode !== 'enforce') return undefined;
  if (cause.cause === 'loop-worse' && cause.afterUs > WATCH_LOOP_US) return undefined;
  if (cause.cause === 'breaker') {
    if (cause.denials <= NORMAL_DENIALS_MAX) return undefined;
    const sentence = `${conduit} fell back to shadow: ${cause.denials} denials of normal traffic within a minute.`;
    return { to: 'shadow', sentence };
  }
  const to = oneLower(mode);
  const why = {
    'judged-wrong': 'was judged wrong',
    'normal-traffic': 'hit traffic that the signed baseline calls normal',
    'loop-worse': `was followed by a worse loop${cause.cause === 'loop-worse' ? ` ${cause.loop}` : ''} within a minute`,
  }[cause.cause];
  return {
    to,
    sentence: `${conduit} went from ${mode} to ${to}: a denial by rule ${cause.rule || '(default)'} ${why}.`,
  };
}

/** Counts denials of normal traffic over all conduits in a minute. */
export class Breaker {
  readonly #times: TimeUs[] = [];

  /** Notes one; how many there were within the last minute. */
  note(timeUs: TimeUs): number {
    this.#times.push(timeUs);
    while (this.#times.length > 0 && timeUs - this.#times[0]! > NORMAL_DENIALS_US) this.#times.shift();
    if (this.#times.length > 100) this.#times.shift();
    return this.#times.length;
  }
}

function gatesOf(evidence: ConduitEvidence, days: number): Gate[] {
  const { nowUs, sinceUs, statesDeclared, statesSeen, judgedWrong, notJudged, deniable, replayObjections } = evidence;
  const had = Math.floor((nowUs - sinceUs) / DAY_US);
  const seen = new Set(statesSeen);
  const unseen = statesDeclared.filter((state) => !seen.has(state));
  return [
    gate('time', had >= days, had < days, `${Math.min(had, days)} of ${days} days`),
    gate(
      'states',
      unseen.length === 0,
      unseen.length > 0,
      unseen.length === 0 ? 'all states seen' : `not seen yet: ${unseen.slice(0, 5).join(', ')}`,
    ),
    gate('wrong', judgedWrong === 0, false, `${judgedWrong} wrong in ${deniable} deniable messages`),
    gate(
      'judged',
      notJudged === 0,
      notJudged > 0,
      notJudged === 0 ? 'all would-be denials judged' : `${notJudged} would-be denials not judged`,
    ),
    gate(
      'replay',
      replayObjections === 0,
      replayObjections === null,
      replayObjections === null
        ? 'no replay over recordings yet'
        : `replay over recordings: ${replayObjections} to object to`,
    ),
    gate(
      'approval',
      evidence.approved,
      !evidence.approved,
      evidence.approved ? 'two people agreed' : 'second person: not asked yet',
    ),
  ];
}

function gate(name: Gate['name'], passed: boolean, waits: boolean, sentence: string): Gate {
  return { name, passed, waits, sentence };
}
