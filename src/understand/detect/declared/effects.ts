/**
 * Watches declared effects: a step of a command must move its measurement, by about gain × step, in the right direction, not much
 * later than the lag. Only clear steps are judged, and only one at a time on the same measurement.
 */
import { EFFECTS_PENDING_MAX } from '../../../limits.ts';
import type { TimeUs } from '../../../records.ts';
import type { EffectSpec, Interval, PlantUnit, Tag } from '../../plant/model.ts';
import type { StateTracker } from '../../plant/states.ts';
import type { TagValues } from '../../plant/tag-values.ts';
import { findingOf, type OnFinding, plain, withUnit } from './say.ts';

/** A response is waited for this many lags, and at least this long. */
const WAIT_LAGS = 3;
const WAIT_LEAST_S = 10;
/** An effect that begins later than this many lags, and this much more, is late. */
const LATE_LAGS = 1.5;
const LATE_LEAST_S = 2;
/** Part of the expected change that counts as an effect. */
const EFFECT_SHARE = 0.2;
/** A change against the expected direction of this part is a wrong sign. */
const AGAINST_SHARE = 0.5;
/** The expected change must be this many times the usual noise to be judged. */
const CLEAR_NOISES = 8;
/** The state must have held this long for a step to be judged. */
const STEADY_S = 30;
/** A write seen this recently explains a change of the command. */
const COMMAND_SEEN_US = 10e6;

interface Watched {
  readonly effect: EffectSpec;
  readonly unit: PlantUnit;
  readonly tracker: StateTracker;
  readonly on: Tag;
  readonly of: Tag;
  pending: Pending | null;
  count: number;
}

interface Pending {
  readonly atUs: TimeUs;
  readonly state: string;
  readonly step: number;
  readonly from: number;
  readonly expected: number;
  /** Largest change with and against the expected direction so far. */
  most: number;
  least: number;
  reachedUs: TimeUs;
  readonly actor: string;
}

/** Noise and range of a measurement, from what was seen. */
class Spread {
  noise = Number.NaN;
  low = Number.POSITIVE_INFINITY;
  high = Number.NEGATIVE_INFINITY;
  #last = Number.NaN;

  add(value: number): void {
    const change = Math.abs(value - this.#last);
    this.#last = value;
    if (!Number.isNaN(change)) this.noise = Number.isNaN(this.noise) ? change : 0.98 * this.noise + 0.02 * change;
    this.low = Math.min(this.low, value);
    this.high = Math.max(this.high, value);
  }
}

export interface EffectWatchOptions {
  /** Every command crosses the tap, so that a change without one is telling. */
  readonly allCommandsSeen?: boolean;
}

export class EffectWatch {
  /** Steps not judged: too small, target out of reach, another step came, state changed. */
  notJudged = 0;
  /** Steps whose effect came as declared. */
  confirmed = 0;
  readonly #byCause = new Map<string, Watched[]>();
  readonly #byEffect = new Map<string, Watched[]>();
  readonly #spreads = new Map<string, Spread>();
  readonly #last = new Map<string, number>();
  readonly #writes = new Map<string, { readonly timeUs: TimeUs; readonly actor: string }>();
  readonly #values: TagValues;
  readonly #onFinding: OnFinding;
  readonly #allCommandsSeen: boolean;
  #pending = 0;

  constructor(
    trackers: readonly StateTracker[],
    values: TagValues,
    onFinding: OnFinding,
    options: EffectWatchOptions = {},
  ) {
    this.#values = values;
    this.#onFinding = onFinding;
    this.#allCommandsSeen = options.allCommandsSeen ?? false;
    const tags = new Map(trackers.flatMap(({ unit }) => unit.tags.map((tag) => [tag.name, tag] as const)));
    for (const tracker of trackers) {
      for (const effect of tracker.unit.effects) {
        const on = tags.get(effect.on);
        const of = tags.get(effect.of);
        if (on === undefined || of === undefined || !effect.declared || !Number.isFinite(effect.gain)) continue;
        const watched = { effect, unit: tracker.unit, tracker, on, of, pending: null, count: 0 };
        push(this.#byCause, effect.of, watched);
        push(this.#byEffect, effect.on, watched);
        this.#spreads.set(effect.on, new Spread());
      }
    }
  }

  /** A write that crossed the tap. */
  write(tag: string, timeUs: TimeUs, actor: string): void {
    if (this.#byCause.has(tag)) this.#writes.set(tag, { timeUs, actor });
  }

  /** A good sample of any tag. */
  sample(tag: string, timeUs: TimeUs, value: number): void {
    for (const watched of this.#byEffect.get(tag) ?? []) this.#follow(watched, timeUs, value);
    this.#spreads.get(tag)?.add(value);
    const causes = this.#byCause.get(tag);
    if (causes === undefined) return;
    const before = this.#last.get(tag);
    this.#last.set(tag, value);
    if (before === undefined || before === value) return;
    const write = this.#writes.get(tag);
    const commanded = write !== undefined && timeUs - write.timeUs <= COMMAND_SEEN_US;
    if (!commanded) this.#unseenCommand(causes[0]!, timeUs, before, value);
    for (const watched of causes) this.#step(watched, timeUs, value - before, commanded ? write.actor : '');
  }

  /** Ends what has waited long enough. */
  update(timeUs: TimeUs): void {
    if (this.#pending === 0) return;
    for (const list of this.#byCause.values()) for (const watched of list) this.#end(watched, timeUs);
  }

  #step(watched: Watched, timeUs: TimeUs, step: number, actor: string): void {
    const { effect, on } = watched;
    const from = this.#values.valueOf(on.name);
    const expected = effect.gain * step;
    // A second step before the first has shown its effect makes both unclear.
    if (watched.pending !== null) {
      this.#drop(watched);
      return;
    }
    const spread = this.#spreads.get(on.name)!;
    const clear = Math.abs(expected) > CLEAR_NOISES * spread.noise && Math.abs(expected) > 0;
    const alone = (this.#byEffect.get(on.name) ?? []).every(({ pending }) => pending === null);
    if (
      !clear ||
      !alone ||
      Number.isNaN(from) ||
      !reachable(from + expected, on, spread) ||
      this.#pending >= EFFECTS_PENDING_MAX
    ) {
      this.notJudged++;
      return;
    }
    const { state } = watched.tracker;
    // Where the unit itself has just started or stopped, everything moves.
    if (!watched.tracker.isSteady('', STEADY_S, timeUs)) {
      this.notJudged++;
      return;
    }
    watched.pending = { atUs: timeUs, state, step, from, expected, most: 0, least: 0, reachedUs: Number.NaN, actor };
    this.#pending++;
  }

  #follow(watched: Watched, timeUs: TimeUs, value: number): void {
    const { pending } = watched;
    if (pending === null) return;
    const share = (value - pending.from) / pending.expected;
    pending.most = Math.max(pending.most, share);
    pending.least = Math.min(pending.least, share);
    if (share >= EFFECT_SHARE && Number.isNaN(pending.reachedUs)) pending.reachedUs = timeUs;
  }

  #end(watched: Watched, timeUs: TimeUs): void {
    const { pending, effect, tracker } = watched;
    if (pending === null) return;
    const waitS = Math.max(WAIT_LEAST_S, WAIT_LAGS * effect.lagSeconds);
    if (!Number.isNaN(pending.reachedUs)) {
      watched.pending = null;
      this.#pending--;
      this.confirmed++;
      const tookS = (pending.reachedUs - pending.atUs) / 1e6;
      if (tookS > LATE_LAGS * effect.lagSeconds + LATE_LEAST_S) this.#sayLate(watched, pending, tookS, timeUs);
      return;
    }
    // Another state has other laws; values that went missing say nothing.
    const lost = tracker.state !== pending.state || Number.isNaN(this.#values.valueOf(effect.on));
    if (lost && timeUs - pending.atUs > 0) {
      // A command that starts or stops the unit changes the state by its effect: that is an effect.
      this.#drop(watched);
      return;
    }
    if (timeUs - pending.atUs < waitS * 1e6) return;
    watched.pending = null;
    this.#pending--;
    this.#say(watched, pending, timeUs);
  }

  #drop(watched: Watched): void {
    watched.pending = null;
    this.#pending--;
    this.notJudged++;
  }

  #say(watched: Watched, pending: Pending, timeUs: TimeUs): void {
    const { effect, on, of, unit } = watched;
    const against = -pending.least >= AGAINST_SHARE;
    const seen = (against ? pending.least : pending.most) * pending.expected;
    const moved = `${of.name} changed by ${signed(pending.step, of.unit)}`;
    const due = `${signed(pending.expected, on.unit)} within about ${plain(effect.lagSeconds)} s`;
    watched.count++;
    this.#onFinding(
      findingOf({
        id: `e-${of.name}-${on.name}-${watched.count}`,
        kind: against ? 'swapped' : 'command-without-effect',
        timeUs,
        sinceUs: pending.atUs,
        unit: unit.name,
        tag: on.name,
        actor: pending.actor,
        confidence: 0.8,
        score: against ? 1 - pending.least : 1 / Math.max(pending.most / EFFECT_SHARE, 0.1),
        expected: due,
        seen: `${signed(seen, on.unit)} after ${plain((timeUs - pending.atUs) / 1e6)} s`,
        sentence: against
          ? `${moved}, but ${on.name} moved the other way: ${signed(seen, on.unit)} where ${due} was due.`
          : `${moved}, but ${on.name} does not follow: ${due} was due, it shows ${withUnit(this.#values.valueOf(on.name), on.unit)}.`,
        numbers: {
          step: pending.step,
          expectedChange: pending.expected,
          change: seen,
          shown: this.#values.valueOf(on.name),
          [`coupled:${of.name}`]: 1,
        },
        evidence: `declared effect: ${plain(effect.gain)} ${effect.gainUnit}, lag ${plain(effect.lagSeconds)} s`,
      }),
    );
  }

  /** The effect came, but late: told, never an alarm by itself. */
  #sayLate({ effect, on, of, unit }: Watched, pending: Pending, tookS: number, timeUs: TimeUs): void {
    this.#onFinding(
      findingOf({
        id: `l-${of.name}-${on.name}-${pending.atUs}`,
        kind: 'lag',
        timeUs,
        sinceUs: pending.atUs,
        unit: unit.name,
        tag: on.name,
        actor: pending.actor,
        confidence: 0.6,
        score: tookS / Math.max(effect.lagSeconds, 1),
        expected: `an effect after about ${plain(effect.lagSeconds)} s`,
        seen: `after ${plain(tookS)} s`,
        sentence: `${on.name} follows ${of.name} late: after ${plain(tookS)} s instead of about ${plain(effect.lagSeconds)} s.`,
        numbers: { step: pending.step, tookSeconds: tookS, lagSeconds: effect.lagSeconds, [`coupled:${of.name}`]: 1 },
        evidence: `declared effect: ${plain(effect.gain)} ${effect.gainUnit}, lag ${plain(effect.lagSeconds)} s`,
        informative: true,
      }),
    );
  }

  /** The command changed and nobody was seen to command it. Only telling where all commands cross the tap. */
  #unseenCommand(watched: Watched, timeUs: TimeUs, before: number, value: number): void {
    const { of, unit } = watched;
    const whole = of.type === 'bool' || of.role === 'setpoint' || of.role === 'calibration';
    if (!this.#allCommandsSeen || !whole) return;
    watched.count++;
    this.#onFinding(
      findingOf({
        id: `u-${of.name}-${watched.count}`,
        kind: 'effect-without-command',
        timeUs,
        sinceUs: timeUs,
        unit: unit.name,
        tag: of.name,
        confidence: 0.6,
        score: 1,
        expected: 'a write that crosses the tap',
        seen: `${withUnit(before, of.unit)} → ${withUnit(value, of.unit)} without one`,
        sentence: `${of.name} changed from ${withUnit(before, of.unit)} to ${withUnit(value, of.unit)} and nobody was seen to command it.`,
        numbers: { before, shown: value },
        evidence: 'the site says that all commands cross the tap',
      }),
    );
  }
}

function push(map: Map<string, Watched[]>, key: string, watched: Watched): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [watched]);
  else list.push(watched);
}

/** A measurement cannot go where it cannot be: a stopped machine does not get slower. */
function reachable(target: number, on: Tag, spread: Spread): boolean {
  const declared = Object.values(on.limits)
    .map(({ safe }) => safe)
    .filter((safe): safe is Interval => safe !== undefined);
  const margin = 0.25 * (spread.high - spread.low);
  const low = Math.min(spread.low - margin, ...declared.map((interval) => interval.low));
  const high = Math.max(spread.high + margin, ...declared.map((interval) => interval.high));
  return target >= low && target <= high;
}

function signed(value: number, unit: string): string {
  const text = unit === 'Cel' ? 'K' : unit;
  return `${value >= 0 ? '+' : ''}${plain(value)} ${text}`.trim();
}
