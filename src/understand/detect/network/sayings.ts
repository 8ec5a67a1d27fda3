/** Says a thing once, again when it got worse, and anew after a quiet time. Repetitions are counted, not said. Bounded. */
import { NETWORK_SAYINGS_MAX } from '../../../limits.ts';
import type { TimeUs } from '../../../records.ts';
import { Recent } from './recent.ts';

export interface Saying {
  readonly id: string;
  readonly sinceUs: TimeUs;
  lastUs: TimeUs;
  saidUs: TimeUs;
  saidScore: number;
  saidConfidence: number;
  /** How often it happened, this time included. */
  count: number;
  saidCount: number;
}

/** A thing that did not happen this long may be said anew. [µs] */
const QUIET_US = 3600e6;
/** Worse: the score grew by this factor … */
const WORSE = 1.5;
/** … or it happened this many times as often. */
const MORE_OFTEN = 10;
/** Updates of one saying are at least this far apart. [µs] */
const UPDATE_US = 1e6;
/** Or we are surer of it by this much. */
const CONFIDENCE_STEP = 0.1;

export class Sayings {
  readonly #known = new Recent<Saying>(NETWORK_SAYINGS_MAX);
  #number: number;
  /** Findings not said because they only repeat. */
  repeated = 0;

  constructor(firstNumber = 0) {
    this.#number = firstNumber;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Notes one happening; the saying, and whether it is to be said now. */
  note(key: string, timeUs: TimeUs, score: number, confidence: number): { saying: Saying; say: boolean } {
    const known = this.#known.get(key);
    if (known === undefined || timeUs - known.lastUs > QUIET_US)
      return { saying: this.#fresh(key, timeUs, score, confidence), say: true };
    known.lastUs = Math.max(known.lastUs, timeUs);
    known.count += 1;
    const worse =
      score >= known.saidScore * WORSE ||
      confidence >= known.saidConfidence + CONFIDENCE_STEP ||
      known.count >= known.saidCount * MORE_OFTEN;
    if (!worse || timeUs - known.saidUs < UPDATE_US) {
      this.repeated += 1;
      return { saying: known, say: false };
    }
    known.saidUs = timeUs;
    known.saidScore = Math.max(score, known.saidScore);
    known.saidConfidence = Math.max(confidence, known.saidConfidence);
    known.saidCount = known.count;
    return { saying: known, say: true };
  }

  #fresh(key: string, timeUs: TimeUs, score: number, confidence: number): Saying {
    this.#number += 1;
    const saying: Saying = {
      id: `n-${this.#number}`,
      sinceUs: timeUs,
      lastUs: timeUs,
      saidUs: timeUs,
      saidScore: score,
      saidConfidence: confidence,
      count: 1,
      saidCount: 1,
    };
    this.#known.set(key, saying);
    return saying;
  }
}
