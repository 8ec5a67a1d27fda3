/** Does a tag agree with its declared twin, `lag` later and shifted? Evidence for which tag of a broken invariant is wrong. */
import { TWIN_LAG_ROWS_MAX } from '../../../limits.ts';
import type { TimeUs } from '../../../records.ts';
import type { Tag, Twin } from '../../plant/model.ts';
import type { TagValues } from '../../plant/tag-values.ts';

/** The difference is smoothed over this long before it is judged: a lag is never quite the declared one. */
const SMOOTHING_S = 15;
/** And over this long to say how large it is: an error has its full size at once. */
const ESTIMATE_S = 3;

export class TwinCheck {
  /** The later tag, and the one it follows. */
  readonly tag: string;
  readonly of: string;
  /** How much higher `of` reads than its twin says, smoothed; NaN where not known. */
  excess = Number.NaN;
  /** The same, smoothed less: the best estimate of its size. */
  estimate = Number.NaN;
  readonly #twin: Twin;
  readonly #times = new Float64Array(TWIN_LAG_ROWS_MAX);
  readonly #values = new Float64Array(TWIN_LAG_ROWS_MAX);
  #first = 0;
  #count = 0;
  #lastUs = Number.NaN;
  /** Change of `of` within the lag: not yet at the twin. */
  #underway = 0;

  constructor(tag: Tag, twin: Twin) {
    this.tag = tag.name;
    this.of = twin.of;
    this.#twin = twin;
  }

  /** Once a second or so of plant time. */
  update(timeUs: TimeUs, values: TagValues): void {
    const now = values.valueOf(this.of);
    this.#push(timeUs, now);
    const delayed = this.#delayed(timeUs - this.#twin.lagSeconds * 1e6);
    this.#underway = now - delayed;
    const difference = delayed + this.#twin.offset - values.valueOf(this.tag);
    const elapsedS = (timeUs - this.#lastUs) / 1e6;
    this.#lastUs = timeUs;
    this.excess = smoothed(this.excess, difference, elapsedS / SMOOTHING_S);
    this.estimate = smoothed(this.estimate, difference, elapsedS / ESTIMATE_S);
  }

  /** True, false, or undefined where it cannot be said: agreement says nothing of a change the twin cannot show yet. */
  get agrees(): boolean | undefined {
    if (Number.isNaN(this.excess)) return undefined;
    if (Math.abs(this.excess) > this.#twin.tolerance) return false;
    return Math.abs(this.#underway) > this.#twin.tolerance ? undefined : true;
  }

  #push(timeUs: TimeUs, value: number): void {
    const at = (this.#first + this.#count) % TWIN_LAG_ROWS_MAX;
    this.#times[at] = timeUs;
    this.#values[at] = value;
    if (this.#count < TWIN_LAG_ROWS_MAX) this.#count++;
    else this.#first = (this.#first + 1) % TWIN_LAG_ROWS_MAX;
  }

  /** The last value at or before a time; older ones are forgotten. */
  #delayed(timeUs: TimeUs): number {
    let value = Number.NaN;
    while (this.#count > 0 && this.#times[this.#first]! <= timeUs) {
      value = this.#values[this.#first]!;
      const next = (this.#first + 1) % TWIN_LAG_ROWS_MAX;
      if (this.#count === 1 || this.#times[next]! > timeUs) break;
      this.#first = next;
      this.#count--;
    }
    return value;
  }
}

/** One step of exponential smoothing; unknown where the new value is. */
function smoothed(before: number, now: number, elapsed: number): number {
  return Number.isNaN(now) || Number.isNaN(before) ? now : before + (1 - Math.exp(-elapsed)) * (now - before);
}
