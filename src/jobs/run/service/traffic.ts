/** When each conversation spoke lately: the small marks of the network lanes. One mark a plant second, bounded. */
import { TRAFFIC_CONVERSATIONS_MAX } from '../../../limits.ts';
import type { TimeUs } from '../../../records.ts';

/** Marks kept per conversation: a quarter of an hour. */
const MARKS = 1_024;
const MARK_EVERY_US = 1_000_000;

interface Lane {
  readonly timeUs: Float64Array;
  count: number;
  lastUs: TimeUs;
}

export class Traffic {
  readonly #lanes = new Map<string, Lane>();

  note(conversation: string, timeUs: TimeUs): void {
    let lane = this.#lanes.get(conversation);
    if (lane === undefined) {
      if (this.#lanes.size >= TRAFFIC_CONVERSATIONS_MAX) return;
      lane = { timeUs: new Float64Array(MARKS), count: 0, lastUs: Number.NEGATIVE_INFINITY };
      this.#lanes.set(conversation, lane);
    }
    if (timeUs - lane.lastUs < MARK_EVERY_US) return;
    lane.lastUs = timeUs;
    lane.timeUs[lane.count++ % MARKS] = timeUs;
  }

  /** Marks between two times, oldest first; empty for a conversation that is not followed. */
  between(conversation: string, fromUs: TimeUs, toUs: TimeUs): TimeUs[] {
    const lane = this.#lanes.get(conversation);
    if (lane === undefined) return [];
    const marks: TimeUs[] = [];
    const kept = Math.min(lane.count, MARKS);
    for (let i = lane.count - kept; i < lane.count; i++) {
      const timeUs = lane.timeUs[i % MARKS]!;
      if (timeUs >= fromUs && timeUs <= toUs) marks.push(timeUs);
    }
    return marks;
  }
}
