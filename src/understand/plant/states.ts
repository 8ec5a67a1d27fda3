/** The operating state of a unit: first rule that holds wins, a state lasts at least its dwell, unknown values make it unknown. */
import type { TimeUs } from '../../records.ts';
import type { PlantUnit } from './model.ts';
import type { TagValues } from './tag-values.ts';

/** State while values the rules need are missing or old. */
export const UNKNOWN_STATE = 'unknown';
/** The one state of a unit without rules. */
export const ONLY_STATE = '*';

export class StateTracker {
  readonly unit: PlantUnit;
  /** Name of the present state, `UNKNOWN_STATE` or `ONLY_STATE`. */
  state: string;
  /** Since when it holds; NaN before the first update. */
  sinceUs: TimeUs = Number.NaN;
  /** Another state holds already and waits for the dwell of this one to end. */
  leaving = false;

  constructor(unit: PlantUnit) {
    this.unit = unit;
    this.state = unit.states.length === 0 ? ONLY_STATE : UNKNOWN_STATE;
  }

  /** Looks at the values; true when the state changed. A change that comes before the dwell is over waits for its end. */
  update(timeUs: TimeUs, values: TagValues): boolean {
    if (Number.isNaN(this.sinceUs)) this.sinceUs = timeUs;
    const { states, stateDwellSeconds } = this.unit;
    if (states.length === 0) return false;
    const next = this.#firstThatHolds(values);
    this.leaving = next !== this.state;
    if (!this.leaving) return false;
    const certain = this.state !== UNKNOWN_STATE && next !== UNKNOWN_STATE;
    if (certain && timeUs - this.sinceUs < stateDwellSeconds * 1e6) return false;
    this.state = next;
    this.sinceUs = timeUs;
    this.leaving = false;
    return true;
  }

  /** True where the state is `name` (empty: any known one) and has been for `seconds`. */
  isSteady(name: string, seconds: number, timeUs: TimeUs): boolean {
    const right = name === '' ? true : this.state === name;
    return right && timeUs - this.sinceUs >= seconds * 1e6;
  }

  #firstThatHolds(values: TagValues): string {
    for (const { name, when } of this.unit.states) {
      const holds = when === null ? 1 : when.evaluate(values.valueOf, values.rateOf);
      // A rule that cannot be judged could be the one: what comes after it cannot be said.
      if (Number.isNaN(holds)) return UNKNOWN_STATE;
      if (holds !== 0) return name;
    }
    return UNKNOWN_STATE;
  }
}
