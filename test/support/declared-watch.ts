/**
 * For tests: what the site file declares, watched, without the rest of the pipeline: states, invariants, effects, safety. `sample` every value of a declared tag, `write` what
 * crosses the tap, `tick` as plant time passes; findings go to `onFinding`.
 */
import type { Quality, TimeUs } from '../../src/records.ts';
import { EffectWatch } from '../../src/understand/detect/declared/effects.ts';
import { InvariantWatch } from '../../src/understand/detect/declared/invariants.ts';
import { SafetyRegister } from '../../src/understand/detect/declared/safety.ts';
import type { OnFinding } from '../../src/understand/detect/declared/say.ts';
import type { Site } from '../../src/understand/plant/model.ts';
import { StateTracker } from '../../src/understand/plant/states.ts';
import { TagValues } from '../../src/understand/plant/tag-values.ts';

export interface DeclaredWatchOptions {
  readonly onFinding: OnFinding;
  /** A unit changed its operating state; `before` may be `unknown`. */
  readonly onState?: (unit: string, state: string, before: string, timeUs: TimeUs) => void;
  /** Every command crosses the tap: a change without one is a finding. Default false. */
  readonly allCommandsSeen?: boolean;
}

/** How often rules are judged. [plant time] */
const JUDGE_US = 1e6;
/** Time that goes back further than this is another recording, not disorder. */
const BACKWARDS_US = 10e6;

export class DeclaredWatch {
  readonly values: TagValues;
  readonly states: ReadonlyMap<string, StateTracker>;
  readonly invariants: InvariantWatch;
  readonly effects: EffectWatch;
  readonly safety: SafetyRegister;
  readonly #options: DeclaredWatchOptions;
  #nextUs = Number.NaN;

  constructor(site: Site, options: DeclaredWatchOptions) {
    this.#options = options;
    this.values = new TagValues(site.units.flatMap(({ tags }) => tags));
    const trackers = site.units.map((unit) => new StateTracker(unit));
    this.states = new Map(trackers.map((tracker) => [tracker.unit.name, tracker]));
    this.invariants = new InvariantWatch(trackers, this.values, options.onFinding);
    this.effects = new EffectWatch(trackers, this.values, options.onFinding, options);
    this.safety = new SafetyRegister(site.units, options.onFinding);
  }

  /** A value of a tag. Tags the site does not declare are ignored. */
  sample(tag: string, timeUs: TimeUs, value: number, quality: Quality): void {
    this.tick(timeUs);
    if (!this.values.has(tag)) return;
    const good = quality === 'good' && Number.isFinite(value);
    this.values.set(tag, timeUs, value, good);
    if (!good) return;
    this.effects.sample(tag, timeUs, value);
    this.safety.sample(tag, timeUs, value);
  }

  /** A write of a tag that crossed the tap, before or after its sample; `actor` is the asset id of the client. */
  write(tag: string, timeUs: TimeUs, value: number, actor: string): void {
    this.effects.write(tag, timeUs, actor);
    this.safety.write(tag, timeUs, value, actor);
  }

  /** Plant time has come to `timeUs`. */
  tick(timeUs: TimeUs): void {
    if (timeUs < this.#nextUs && timeUs > this.#nextUs - BACKWARDS_US) return;
    this.#nextUs = timeUs + JUDGE_US;
    this.values.nowUs = timeUs;
    for (const tracker of this.states.values()) {
      const before = tracker.state;
      if (tracker.update(timeUs, this.values))
        this.#options.onState?.(tracker.unit.name, tracker.state, before, timeUs);
    }
    this.invariants.update(timeUs);
    this.effects.update(timeUs);
    this.safety.update(timeUs);
  }

  /** Present state of a unit: a name of the site, `*` for a unit without states, or `unknown`. */
  stateOf(unit: string): string {
    return this.states.get(unit)?.state ?? 'unknown';
  }
}
