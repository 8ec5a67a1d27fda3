/**
 * Noise that grew or vanished: the smoothed squared change from sample to sample against the smallest and largest it was while learning.
 *
 * Works for moving, sampled measurements with noise above their reporting step. It does not work for compressed or on-change tags,
 * nor in the first `WARM_UP` samples of a tag.
 */
import type { Readiness } from '../../../../records.ts';
import type { Detector, SampleBlock, SavedState, Scores } from '../../detector.ts';
import { Columns } from './columns.ts';
import { isLearned, type TagContext } from './context.ts';

const KINDS = ['noise-up', 'noise-lost'] as const;
const LAMBDA = 0.03;
const WARM_UP = 100;
/** Variance this many times the largest seen is too noisy, where much was seen … */
const UP = 2;
/** … and twice as much where only this many samples were. */
const UP_SAMPLES = 1_000;
/** … and this share of the smallest seen is too quiet. */
const LOST = 0.05;
/** Changes are counted up to this many times the learned mean square, so that one jump is no noise. */
const CAP = 25;

export class NoiseDetector implements Detector {
  readonly name = 'noise';
  readonly kinds = KINDS;
  readonly #context: TagContext;
  readonly #up: number;
  readonly #columns = new Columns(['last', 'smooth', 'count', 'least', 'most'] as const, {
    last: Number.NaN,
    least: Number.POSITIVE_INFINITY,
  });
  #frozen = false;

  /** `up`: how many times the largest variance seen is too noisy. */
  constructor(context: TagContext, up = UP) {
    this.#context = context;
    this.#up = up;
  }

  learn(block: SampleBlock, _state: number): void {
    this.#room();
    for (let i = 0; i < block.count; i += 1) {
      const tag = block.tag[i]!;
      if (!this.#step(tag, block.value[i]!, block.good[i] === 1) || this.#columns.of.count[tag]! < WARM_UP) continue;
      this.#columns.of.least[tag] = Math.min(this.#columns.of.least[tag]!, this.#columns.of.smooth[tag]!);
      this.#columns.of.most[tag] = Math.max(this.#columns.of.most[tag]!, this.#columns.of.smooth[tag]!);
    }
  }

  freeze(): void {
    this.#frozen = true;
    this.#room();
    this.#columns.of.count.fill(0);
    this.#columns.of.smooth.fill(0);
  }

  #step(tag: number, value: number, good: boolean): boolean {
    if (!good || !Number.isFinite(value)) return false;
    const change = value - this.#columns.of.last[tag]!;
    this.#columns.of.last[tag] = value;
    if (Number.isNaN(change)) return false;
    const count = this.#columns.of.count[tag]! + 1;
    this.#columns.of.count[tag] = count;
    const usual = this.#context.profiles.differenceSpread(tag) ** 2;
    const square = usual > 0 ? Math.min(change * change, CAP * usual) : change * change;
    this.#columns.of.smooth[tag]! += Math.max(LAMBDA, 1 / count) * (square - this.#columns.of.smooth[tag]!);
    return true;
  }

  score(block: SampleBlock, state: number, out: Scores): void {
    this.#room();
    for (let i = 0; i < block.count; i += 1) {
      const tag = block.tag[i]!;
      out.kind[i] = 0;
      out.score[i] = 0;
      // At rest nothing moves as a matter of course: an hour of standing still is no filter.
      if (this.#context.profiles.isRest(tag, block.value[i]!)) continue;
      if (!this.#step(tag, block.value[i]!, block.good[i] === 1)) continue;
      if (this.readiness(tag, state) !== 'ready') {
        out.score[i] = Number.NaN;
        continue;
      }
      if (this.#columns.of.count[tag]! < WARM_UP) continue;
      const smooth = this.#columns.of.smooth[tag]!;
      const up = smooth / (this.#upTimes(tag) * this.#columns.of.most[tag]!);
      const lost = (LOST * this.#columns.of.least[tag]!) / Math.max(smooth, 1e-300);
      out.kind[i] = up >= lost ? 0 : 1;
      // A value that does not move at all is stuck, and said so elsewhere.
      out.score[i] = smooth > 0 ? Math.max(up, Math.min(lost, 10)) : up;
    }
  }

  /** With little seen, the largest seen says little. */
  #upTimes(tag: number): number {
    return this.#up * Math.max(1, 2 * Math.sqrt(UP_SAMPLES / Math.max(1, this.#context.profiles.get('count', tag))));
  }

  readiness(tag: number, state: number): Readiness {
    if (!this.#frozen) return 'learning';
    const { profiles } = this.#context;
    const judged =
      isLearned(this.#context, tag, state) &&
      profiles.traits[tag]!.role === 'measurement' &&
      profiles.reporting(tag) === 'sampled' &&
      profiles.shape(tag) === 'moving' &&
      profiles.equalShare(tag) < 0.5 &&
      this.#columns.of.least[tag]! > 0 &&
      this.#columns.of.least[tag]! < Number.POSITIVE_INFINITY;
    return judged ? 'ready' : 'cannot-judge';
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
