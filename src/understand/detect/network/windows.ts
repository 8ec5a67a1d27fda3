/** Counting in sliding windows of plant time: how many, and how many different ones, in the last minute. Bounded in keys and entries. */
import { NETWORK_WINDOW_ENTRIES_MAX, NETWORK_WINDOWS_MAX } from '../../../limits.ts';
import type { TimeUs } from '../../../records.ts';
import { Recent } from './recent.ts';

export const MINUTE_US = 60e6;
export const TEN_MINUTES_US = 600e6;
export const HOUR_US = 3600e6;

/** What stands in a window after an addition. */
export interface WindowCount {
  readonly count: number;
  /** Different items; equals the bound when the window is full. */
  readonly different: number;
  readonly firstUs: TimeUs;
}

interface Entry {
  readonly timeUs: TimeUs;
  readonly item: string;
}

export class Windows {
  readonly #windows = new Recent<Entry[]>(NETWORK_WINDOWS_MAX);

  get size(): number {
    return this.#windows.size;
  }

  /** Adds `item` to the window `key` and counts what is not older than `spanUs`. Beyond the bound the oldest entry is forgotten. */
  add(key: string, item: string, timeUs: TimeUs, spanUs: number): WindowCount {
    const window = this.#touch(key);
    while (window.length > 0 && !(timeUs - window[0]!.timeUs < spanUs)) window.shift();
    if (window.length >= NETWORK_WINDOW_ENTRIES_MAX) window.shift();
    window.push({ timeUs, item });
    return {
      count: window.length,
      different: new Set(window.map((entry) => entry.item)).size,
      firstUs: window[0]!.timeUs,
    };
  }

  clear(key: string): void {
    this.#windows.delete(key);
  }

  #touch(key: string): Entry[] {
    const known = this.#windows.get(key);
    if (known !== undefined) return known;
    const fresh: Entry[] = [];
    this.#windows.set(key, fresh);
    return fresh;
  }
}
