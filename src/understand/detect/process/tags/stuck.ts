/**
 * A sampled reading that holds the same value for longer than chance and its own history allow.
 *
 * Works for moving measurements that are polled. Tags reported on change or compressed, sample-and-hold tags (over 90 % equal
 * neighbours), enumerated tags and the value a tag rests at hold as a matter of course: they are not judged.
 */
import type { Readiness } from '../../../../records.ts';
import type { Detector, SampleBlock, SavedState, Scores } from '../../detector.ts';
import { Columns } from './columns.ts';
import { isLearned, type TagContext } from './context.ts';

const KINDS = ['stuck'] as const;
const EQUAL_SHARE_MAX = 0.9;

export class StuckDetector implements Detector {
  readonly name = 'stuck';
  readonly kinds = KINDS;
  readonly #context: TagContext;
  readonly #chance: number;
  readonly #columns = new Columns(['last', 'run'] as const, { last: Number.NaN });
  #frozen = false;

  /** `chance`: probability of a run that long by chance, per sample. */
  constructor(context: TagContext, chance = 1e-9) {
    this.#context = context;
    this.#chance = chance;
  }

  learn(_block: SampleBlock, _state: number): void {}

  freeze(): void {
    this.#frozen = true;
  }

  /** Equal samples in a row that are too many; infinite where the tag is not judged. */
  limit(tag: number): number {
    const { profiles } = this.#context;
    const { runLongest, equalShare: share } = profiles.awayFromRest(tag);
    const judged =
      profiles.shape(tag) === 'moving' && profiles.reporting(tag) === 'sampled' && share <= EQUAL_SHARE_MAX;
    if (!judged || profiles.traits[tag]!.role === 'setpoint') return Number.POSITIVE_INFINITY;
    const byChance = Math.ceil(Math.log(this.#chance) / Math.log(Math.min(Math.max(share, 1e-3), 0.95)));
    return 2 * runLongest + byChance;
  }

  score(block: SampleBlock, state: number, out: Scores): void {
    this.#columns.room(this.#context.profiles.size);
    const { last, run } = this.#columns.of;
    for (let i = 0; i < block.count; i += 1) {
      const tag = block.tag[i]!;
      const value = block.value[i]!;
      out.kind[i] = 0;
      out.score[i] = 0;
      if (block.good[i] !== 1 || !Number.isFinite(value)) continue;
      run[tag] = value === last[tag] ? run[tag]! + 1 : 0;
      last[tag] = value;
      if (!this.#frozen || !isLearned(this.#context, tag, state)) out.score[i] = Number.NaN;
      else out.score[i] = this.#context.profiles.isRest(tag, value) ? 0 : run[tag]! / this.limit(tag);
    }
  }

  readiness(tag: number, state: number): Readiness {
    if (!this.#frozen) return 'learning';
    return isLearned(this.#context, tag, state) && this.limit(tag) < Number.POSITIVE_INFINITY
      ? 'ready'
      : 'cannot-judge';
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
