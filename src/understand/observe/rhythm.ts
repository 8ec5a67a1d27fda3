/**
 * The beat of a conversation: how often its most steady request comes back. Silence is odd only for something that had a beat.
 * Costs a few comparisons a request; the check for silence runs on ticks.
 */

/** Repetitions before a beat counts as known. */
const BEATS_TO_KNOW = 12;
/** Requests without a repetition of the chosen one before another is chosen. */
const STRAYS_MAX = 256;
/** A known beat has a mean deviation below this share of its interval. */
const STEADY = 0.35;
/** Silence of this many intervals, and never less than the floor, is a lost rhythm. */
const LOST_INTERVALS = 4;
const LOST_FLOOR_US = 2_000_000;
/** Mean deviation, as a share of the interval, that a formerly steady beat shows when something holds it up. */
const JITTER = 0.6;

export const RHYTHM_SAME = 0;
export const RHYTHM_BACK = 1;
export const RHYTHM_JITTER = 2;

export class Rhythm {
  /** Mean interval and mean deviation from it. [µs] */
  intervalUs = 0;
  deviationUs = 0;
  lastUs = Number.NaN;
  lost = false;
  /** Length of the pause that ended with the last `RHYTHM_BACK`, or the present interval at `RHYTHM_JITTER`. [µs] */
  seenUs = 0;
  #key = Number.NaN;
  #beats = 0;
  #strays = 0;
  /** The beat was steady and has not been reported uneven since. */
  #steady = false;

  /** One request (or unasked event) `key`. Tells whether the beat came back or became uneven. */
  beat(key: number, timeUs: number): number {
    if (key !== this.#key) {
      if (++this.#strays > STRAYS_MAX || Number.isNaN(this.#key)) this.#choose(key, timeUs);
      return RHYTHM_SAME;
    }
    this.#strays = 0;
    const interval = timeUs - this.lastUs;
    this.lastUs = timeUs;
    // Captures step back or are joined: no beat can be told from that.
    if (!(interval > 0)) return RHYTHM_SAME;
    if (this.lost) {
      this.lost = false;
      this.seenUs = interval;
      return RHYTHM_BACK;
    }
    return this.#learn(interval);
  }

  /** True once the usual interval is known. */
  get known(): boolean {
    return this.#steady;
  }

  /** True at the first check after a known beat has stopped. */
  silent(nowUs: number): boolean {
    if (this.lost || !this.known) return false;
    const waited = nowUs - this.lastUs;
    if (waited < LOST_FLOOR_US || waited < LOST_INTERVALS * this.intervalUs + 4 * this.deviationUs) return false;
    this.lost = true;
    this.seenUs = waited;
    return true;
  }

  #choose(key: number, timeUs: number): void {
    this.#key = key;
    this.#strays = 0;
    this.#beats = 0;
    this.#steady = false;
    this.intervalUs = 0;
    this.deviationUs = 0;
    this.lastUs = timeUs;
    this.lost = false;
  }

  #learn(interval: number): number {
    this.#beats++;
    if (this.#beats === 1) {
      this.intervalUs = interval;
      return RHYTHM_SAME;
    }
    const weight = this.#beats < 8 ? 1 / this.#beats : 0.125;
    const off = Math.abs(interval - this.intervalUs);
    this.deviationUs += weight * (off - this.deviationUs);
    // A single pause must not stretch the interval: silence has its own report.
    this.intervalUs += weight * (Math.min(interval, 2 * this.intervalUs) - this.intervalUs);
    if (this.#beats >= BEATS_TO_KNOW && this.deviationUs < STEADY * this.intervalUs) this.#steady = true;
    if (!this.#steady || this.deviationUs < JITTER * this.intervalUs) return RHYTHM_SAME;
    this.#steady = false;
    this.seenUs = interval;
    return RHYTHM_JITTER;
  }
}
