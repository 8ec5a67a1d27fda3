/**
 * A switch that changes too often: changes of an enumerated tag, smoothed, against the most seen while learning.
 *
 * Works for on/off tags, modes and states that are sampled. It does not judge tags with more than a few values.
 */
import type { Readiness } from '../../../../records.ts';
import type { Detector, SampleBlock, SavedState, Scores } from '../../detector.ts';
import { Columns } from './columns.ts';
import { isLearned, type TagContext } from './context.ts';

const KINDS = ['oscillation'] as const;
const LAMBDA = 1 / 16;
/** Changes in the memory of the smoothing that are always allowed on top of the most seen. */
const CHANGES = 3;

const FIELDS = ['last', 'rate', 'largest'] as const;

export class ChatterDetector implements Detector {
  readonly name = 'chatter';
  readonly kinds = KINDS;
  readonly #context: TagContext;
  readonly #columns = new Columns(FIELDS, { last: Number.NaN });
  #frozen = false;

  constructor(context: TagContext) {
    this.#context = context;
  }

  learn(block: SampleBlock, _state: number): void {
    this.#columns.room(this.#context.profiles.size);
    const { rate, largest } = this.#columns.of;
    for (let i = 0; i < block.count; i += 1) {
      const tag = block.tag[i]!;
      this.#step(tag, block.value[i]!, block.good[i] === 1);
      largest[tag] = Math.max(largest[tag]!, rate[tag]!);
    }
  }

  #step(tag: number, value: number, good: boolean): void {
    if (!good || !Number.isFinite(value)) return;
    const { last, rate } = this.#columns.of;
    const changed = !Number.isNaN(last[tag]!) && value !== last[tag]! ? 1 : 0;
    last[tag] = value;
    rate[tag]! += LAMBDA * (changed - rate[tag]!);
  }

  freeze(): void {
    this.#frozen = true;
    this.#columns.room(this.#context.profiles.size);
  }

  score(block: SampleBlock, state: number, out: Scores): void {
    this.#columns.room(this.#context.profiles.size);
    const { rate, largest } = this.#columns.of;
    for (let i = 0; i < block.count; i += 1) {
      const tag = block.tag[i]!;
      this.#step(tag, block.value[i]!, block.good[i] === 1);
      out.kind[i] = 0;
      const limit = Math.min(largest[tag]! + CHANGES * LAMBDA, 0.9);
      out.score[i] = this.readiness(tag, state) === 'ready' ? rate[tag]! / limit : Number.NaN;
    }
  }

  readiness(tag: number, state: number): Readiness {
    if (!this.#frozen) return 'learning';
    const { profiles } = this.#context;
    return isLearned(this.#context, tag, state) && profiles.shape(tag) === 'enumerated' ? 'ready' : 'cannot-judge';
  }

  save(): SavedState {
    return { frozen: this.#frozen, columns: this.#columns.save(this.#context.profiles.size) };
  }

  load(saved: SavedState): void {
    this.#frozen = saved.frozen === true;
    this.#columns.load(saved.columns as SavedState);
    this.#columns.room(this.#context.profiles.size);
  }
}
