/** How fast one point is written: an O(1) estimate of writes and changes of direction in the last minute. Bounded in points. */
import { NETWORK_PACES_MAX } from '../../../limits.ts';
import type { TimeUs } from '../../../records.ts';
import { Recent } from './recent.ts';
import { MINUTE_US } from './windows.ts';

/** Pace of a point right after a write. */
export interface Pace {
  readonly perMinute: number;
  readonly reversalsPerMinute: number;
  /** Value written before by the same client, NaN where none is known. */
  readonly before: number;
}

interface Track {
  startUs: TimeUs;
  count: number;
  reversals: number;
  previousCount: number;
  previousReversals: number;
  value: number;
  direction: number;
}

export class Paces {
  readonly #tracks = new Recent<Track>(NETWORK_PACES_MAX);

  get size(): number {
    return this.#tracks.size;
  }

  /** Counts a write. The minute before counts by the share of it that still lies within the last 60 s. */
  note(key: string, value: number, timeUs: TimeUs): Pace {
    const track = this.#track(key, timeUs);
    roll(track, timeUs);
    const before = track.value;
    track.count += 1;
    const direction = Math.sign(value - before);
    if (direction === -1 || direction === 1) {
      if (track.direction === -direction) track.reversals += 1;
      track.direction = direction;
    }
    if (Number.isFinite(value)) track.value = value;
    const past = Math.max(0, 1 - Math.max(0, timeUs - track.startUs) / MINUTE_US);
    return {
      perMinute: track.count + Math.floor(track.previousCount * past),
      reversalsPerMinute: track.reversals + Math.floor(track.previousReversals * past),
      before,
    };
  }

  #track(key: string, timeUs: TimeUs): Track {
    const known = this.#tracks.get(key);
    if (known !== undefined) return known;
    const fresh: Track = {
      startUs: timeUs,
      count: 0,
      reversals: 0,
      previousCount: 0,
      previousReversals: 0,
      value: Number.NaN,
      direction: 0,
    };
    this.#tracks.set(key, fresh);
    return fresh;
  }
}

function roll(track: Track, timeUs: TimeUs): void {
  const age = timeUs - track.startUs;
  if (!(age >= MINUTE_US)) return;
  const follows = age < 2 * MINUTE_US;
  track.previousCount = follows ? track.count : 0;
  track.previousReversals = follows ? track.reversals : 0;
  track.count = 0;
  track.reversals = 0;
  if (!follows) track.direction = 0;
  track.startUs = follows ? track.startUs + MINUTE_US : timeUs;
}
