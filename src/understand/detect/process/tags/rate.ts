/**
 * Changes faster than physics (declared `maxRate`) or far larger than any change seen while learning.
 *
 * Works on measurements only; set-points, commands and states may jump. A tag that is mostly held between samples is judged by what
 * its steps were. It does not see slow falsification.
 */
import type { Readiness } from '../../../../records.ts';
import type { Detector, SampleBlock, SavedState, Scores } from '../../detector.ts';
import { Columns } from './columns.ts';
import { isLearned, type TagContext } from './context.ts';

const KINDS = ['physical-rate', 'spike'] as const;
const RATE = 0;
const SPIKE = 1;
/** Noise allowed on top of the declared rate, in root mean square changes. */
const NOISE_SPREADS = 6;
/** A learned limit is this many times the largest change seen … */
const OVER_LARGEST = 2;
/** … and at least this many root mean square changes. */
const SPREADS = 12;

export class RateDetector implements Detector {
  readonly name = 'rate';
  readonly kinds = KINDS;
  readonly #context: TagContext;
  readonly #columns = new Columns(['last', 'lastTimeUs'] as const, { last: Number.NaN, lastTimeUs: Number.NaN });
  #frozen = false;

  constructor(context: TagContext) {
    this.#context = context;
  }

  /** Nothing of its own: the profile learns the changes. */
  learn(_block: SampleBlock, _state: number): void {}

  freeze(): void {
    this.#frozen = true;
  }

  score(block: SampleBlock, state: number, out: Scores): void {
    this.#room();
    const { last: lasts, lastTimeUs } = this.#columns.of;
    for (let i = 0; i < block.count; i += 1) {
      const tag = block.tag[i]!;
      const value = block.value[i]!;
      const timeUs = block.timeUs[i]!;
      out.kind[i] = RATE;
      out.score[i] = 0;
      if (block.good[i] !== 1 || !Number.isFinite(value)) continue;
      const last = lasts[tag]!;
      const seconds = (timeUs - lastTimeUs[tag]!) / 1e6;
      lasts[tag] = value;
      lastTimeUs[tag] = timeUs;
      if (seconds > 0) this.#judge(tag, state, Math.abs(value - last), seconds, out, i);
    }
  }

  #judge(tag: number, state: number, change: number, seconds: number, out: Scores, i: number): void {
    const { profiles, declared } = this.#context;
    if (profiles.traits[tag]!.role !== 'measurement') return;
    const interval = Math.max(seconds, profiles.get('intervalMean', tag));
    const noise = NOISE_SPREADS * this.#noise(tag);
    const maxRate = declared[tag]?.maxRate;
    if (maxRate !== undefined && maxRate > 0) {
      out.score[i] = change / (maxRate * interval + noise + profiles.step(tag));
      if (out.score[i]! > 1) return;
    }
    if (!this.#frozen || !isLearned(this.#context, tag, state)) {
      if (maxRate === undefined) out.score[i] = Number.NaN;
      return;
    }
    if (profiles.shape(tag) !== 'moving' || seconds > 3 * profiles.get('intervalMean', tag)) return;
    const limit = Math.max(
      OVER_LARGEST * profiles.get('differenceLargest', tag),
      SPREADS * profiles.differenceSpread(tag),
      2 * profiles.step(tag),
    );
    const score = change / (limit + 1e-12);
    if (score > out.score[i]!) {
      out.score[i] = score;
      out.kind[i] = SPIKE;
    }
  }

  /** The largest change seen bounds the noise: a root mean square alone is carried by slow movement. */
  #noise(tag: number): number {
    return this.#frozen ? this.#context.profiles.differenceSpread(tag) : 0;
  }

  readiness(tag: number, state: number): Readiness {
    if (this.#context.declared[tag]?.maxRate !== undefined) return 'ready';
    if (!this.#frozen) return 'learning';
    return isLearned(this.#context, tag, state) ? 'ready' : 'cannot-judge';
  }

  #room(): void {
    this.#columns.room(this.#context.profiles.size);
  }

  save(): SavedState {
    return { frozen: this.#frozen, columns: this.#columns.save(this.#context.profiles.size) };
  }

  load(saved: SavedState): void {
    this.#frozen = saved.frozen === true;
    this.#columns.load(saved.columns as SavedState);
    this.#room();
  }
}
