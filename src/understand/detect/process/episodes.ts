/** Joins the verdicts of many samples to episodes: one deviation is said once, and again when what is known of it has become better. */
import { EPISODES_OPEN_MAX } from '../../../limits.ts';

/** One standing deviation. */
export interface Episode {
  readonly number: number;
  readonly sinceUs: number;
  lastUs: number;
  saidUs: number;
  score: number;
  updates: number;
  /** Highest score it was said with. */
  saidScore: number;
  /** Said with an estimate of how far the reading is off. */
  informed: boolean;
}

/** Standing deviations by key. Quiet for `holdUs`, an episode is over and the next deviation is a new one. */
export class Episodes {
  readonly #open = new Map<string, Episode>();
  readonly #holdUs: number;
  #number = 0;
  /** Deviations not kept because too many stood at once. */
  dropped = 0;

  constructor(holdUs: number) {
    this.#holdUs = holdUs;
  }

  /** Notes a deviation; `first` when it opens an episode. Undefined when there is no room, which is counted. */
  note(key: string, timeUs: number, score: number, sinceUs = timeUs): { episode: Episode; first: boolean } | undefined {
    const standing = this.#open.get(key);
    if (standing !== undefined && timeUs - standing.lastUs <= this.#holdUs) {
      standing.lastUs = timeUs;
      standing.score = Math.max(standing.score, score);
      return { episode: standing, first: false };
    }
    if (standing === undefined && this.#open.size >= EPISODES_OPEN_MAX) {
      this.#expire(timeUs);
      if (this.#open.size >= EPISODES_OPEN_MAX) {
        this.dropped += 1;
        return undefined;
      }
    }
    this.#number += 1;
    const episode: Episode = {
      number: this.#number,
      sinceUs,
      lastUs: timeUs,
      saidUs: timeUs,
      score,
      updates: 0,
      saidScore: 0,
      informed: false,
    };
    this.#open.set(key, episode);
    return { episode, first: true };
  }

  #expire(timeUs: number): void {
    for (const [key, episode] of this.#open) if (timeUs - episode.lastUs > this.#holdUs) this.#open.delete(key);
  }
}
