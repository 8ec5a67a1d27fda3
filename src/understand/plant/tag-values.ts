/**
 * The present values of a plant's tags with their age and rate: what expressions read. A value too old is unknown (NaN), never a
 * guess; tags that report only on change do not age.
 */
import type { TimeUs } from '../../records.ts';
import type { Tag } from './model.ts';

/** A sampled value is old after this many usual intervals, and not before the least. */
const STALE_INTERVALS = 6;
const STALE_LEAST_US = 15e6;
/** Until two intervals are known. */
const STALE_FIRST_US = 60e6;
/** Samples a rate is taken over. */
const RATE_SAMPLES = 8;

interface TagState {
  readonly ages: boolean;
  value: number;
  timeUs: TimeUs;
  intervalUs: number;
  /** Ring of the last samples. */
  readonly values: Float64Array;
  readonly times: Float64Array;
  count: number;
}

export class TagValues {
  /** Plant time as far as told; values age against it. */
  nowUs: TimeUs = 0;
  readonly #states = new Map<string, TagState>();

  constructor(tags: Iterable<Tag>) {
    for (const { name, reporting } of tags) {
      this.#states.set(name, {
        ages: reporting === 'sampled',
        value: Number.NaN,
        timeUs: Number.NaN,
        intervalUs: Number.NaN,
        values: new Float64Array(RATE_SAMPLES),
        times: new Float64Array(RATE_SAMPLES),
        count: 0,
      });
    }
  }

  /** True where the tag is one of the site. */
  has(tag: string): boolean {
    return this.#states.has(tag);
  }

  /** Takes a sample. One that is not good makes the value unknown; tags not in the site are ignored. */
  set(tag: string, timeUs: TimeUs, value: number, good: boolean): void {
    if (timeUs > this.nowUs) this.nowUs = timeUs;
    const state = this.#states.get(tag);
    if (state === undefined) return;
    const gapUs = timeUs - state.timeUs;
    // Several clients poll the same point: their samples may come close together or out of order.
    if (gapUs > 0) state.intervalUs += Number.isNaN(state.intervalUs) ? Number.NaN : 0.1 * (gapUs - state.intervalUs);
    if (gapUs > 0 && Number.isNaN(state.intervalUs)) state.intervalUs = gapUs;
    if (gapUs < 0) return;
    state.value = good ? value : Number.NaN;
    state.timeUs = timeUs;
    if (good && !(gapUs === 0)) {
      const at = state.count++ % RATE_SAMPLES;
      state.values[at] = value;
      state.times[at] = timeUs;
    }
  }

  /** Present value; NaN where unknown or old. */
  readonly valueOf = (tag: string): number => {
    const state = this.#states.get(tag);
    if (state === undefined) return Number.NaN;
    return state.ages && this.nowUs - state.timeUs > this.#staleUs(state) ? Number.NaN : state.value;
  };

  /** Change of the tag in units a second, least squares over its last samples; NaN where unknown or old. */
  readonly rateOf = (tag: string): number => {
    const state = this.#states.get(tag);
    const count = Math.min(state?.count ?? 0, RATE_SAMPLES);
    if (state === undefined || count < 3 || Number.isNaN(this.valueOf(tag))) return Number.NaN;
    let meanTime = 0;
    let meanValue = 0;
    for (let i = 0; i < count; i++) {
      meanTime += (state.times[i]! - state.timeUs) / count;
      meanValue += state.values[i]! / count;
    }
    let covariance = 0;
    let variance = 0;
    for (let i = 0; i < count; i++) {
      const time = state.times[i]! - state.timeUs - meanTime;
      covariance += time * (state.values[i]! - meanValue);
      variance += time * time;
    }
    return variance > 0 ? (covariance / variance) * 1e6 : Number.NaN;
  };

  /** Time of the last sample; NaN where none came. */
  timeOf(tag: string): TimeUs {
    return this.#states.get(tag)?.timeUs ?? Number.NaN;
  }

  #staleUs(state: TagState): number {
    if (Number.isNaN(state.intervalUs)) return STALE_FIRST_US;
    return Math.max(STALE_LEAST_US, STALE_INTERVALS * state.intervalUs);
  }
}
