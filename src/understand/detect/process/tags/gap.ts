/**
 * Samples that are missing or bad: too many in a row, or too large a share. A missing sample is one that came without a value or
 * with bad quality; samples that do not come at all are told by `silence.ts` from the time that passes.
 *
 * Works for sampled tags. On-change and compressed tags are not judged by their gaps.
 */
import type { Readiness } from '../../../../records.ts';
import type { Detector, SampleBlock, SavedState, Scores } from '../../detector.ts';
import { Columns } from './columns.ts';
import type { TagContext } from './context.ts';

const KINDS = ['gap'] as const;
/** Longest run of missing samples that is normal for a tag that never missed one while learning … */
const RUN = 2;
/** … and for one that did, at least. */
const RUN_LEARNED = 20;
const OVER_LONGEST = 1.5;
const LAMBDA = 0.1;
const SHARE = 0.15;
const SHARE_TIMES = 3;

const FIELDS = ['run', 'longest', 'share', 'missing', 'seen'] as const;

export class GapDetector implements Detector {
  readonly name = 'gap';
  readonly kinds = KINDS;
  readonly #context: TagContext;
  readonly #columns = new Columns(FIELDS);
  #frozen = false;

  constructor(context: TagContext) {
    this.#context = context;
  }

  learn(block: SampleBlock, _state: number): void {
    this.#columns.room(this.#context.profiles.size);
    const { run, longest, missing, seen } = this.#columns.of;
    for (let i = 0; i < block.count; i += 1) {
      const tag = block.tag[i]!;
      seen[tag]! += 1;
      if (block.good[i] === 1 && Number.isFinite(block.value[i]!)) run[tag] = 0;
      else {
        missing[tag]! += 1;
        run[tag]! += 1;
        longest[tag] = Math.max(longest[tag]!, run[tag]!);
      }
    }
  }

  freeze(): void {
    this.#frozen = true;
    this.#columns.room(this.#context.profiles.size);
    const { run, share } = this.#columns.of;
    for (let tag = 0; tag < this.#context.profiles.size; tag += 1) {
      run[tag] = 0;
      share[tag] = this.#usual(tag);
    }
  }

  #usual(tag: number): number {
    const { missing, seen } = this.#columns.of;
    return missing[tag]! / Math.max(1, seen[tag]!);
  }

  score(block: SampleBlock, state: number, out: Scores): void {
    this.#columns.room(this.#context.profiles.size);
    const { run, share, longest } = this.#columns.of;
    for (let i = 0; i < block.count; i += 1) {
      const tag = block.tag[i]!;
      out.kind[i] = 0;
      if (this.readiness(tag, state) !== 'ready') {
        out.score[i] = Number.NaN;
        continue;
      }
      const gone = block.good[i] === 1 && Number.isFinite(block.value[i]!) ? 0 : 1;
      run[tag] = gone === 1 ? run[tag]! + 1 : 0;
      share[tag]! += LAMBDA * (gone - share[tag]!);
      const usual = this.#usual(tag);
      const limit = usual > 0 ? Math.max(RUN_LEARNED, OVER_LONGEST * longest[tag]!) : RUN;
      out.score[i] = Math.max(run[tag]! / (limit + 0.5), share[tag]! / (SHARE + SHARE_TIMES * usual));
    }
  }

  readiness(tag: number, _state: number): Readiness {
    if (!this.#frozen) return 'learning';
    const known = this.#context.profiles.get('count', tag) > 0 && this.#context.profiles.reporting(tag) === 'sampled';
    return known ? 'ready' : 'cannot-judge';
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
