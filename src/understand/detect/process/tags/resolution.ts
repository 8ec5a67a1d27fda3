/**
 * A changed resolution, and a reading held between limits: both show in values that come again and again. The share of samples equal to
 * one of the last few is compared with the largest it was while learning; where most repeats sit at the top or bottom of what was seen
 * lately, the reading is clamped, else its step has grown.
 *
 * Works for sampled tags that hardly repeat values. It does not see a finer step, nor tags whose values repeat anyway.
 */
import type { Readiness } from '../../../../records.ts';
import type { Detector, SampleBlock, SavedState, Scores } from '../../detector.ts';
import { Columns } from './columns.ts';
import { isLearned, type TagContext } from './context.ts';

const KINDS = ['step-size', 'clamp'] as const;
/** Samples a value is remembered. */
const RING = 24;
const LAMBDA = 1 / 12;
/** The limit lies this share of the way from the largest share seen to "every value repeats". */
const MARGIN = 0.4;
/** A reading is clamped when this share of the repeats sits at the top or bottom of what was seen lately. */
const EDGE_SHARE = 0.85;
/** Tags that repeat more than this while learning are not judged. */
const SHARE_MAX = 0.6;
const SAMPLES_MIN = 400;

const FIELDS = ['share', 'edge', 'count', 'largest'] as const;

export class ResolutionDetector implements Detector {
  readonly name = 'resolution';
  readonly kinds = KINDS;
  readonly #context: TagContext;
  readonly #columns = new Columns(FIELDS);
  readonly #ring = new Columns(['value'] as const, { value: Number.NaN }, RING);
  #frozen = false;

  constructor(context: TagContext) {
    this.#context = context;
  }

  learn(block: SampleBlock, _state: number): void {
    this.#room();
    const { share, count, largest } = this.#columns.of;
    for (let i = 0; i < block.count; i += 1) {
      const tag = block.tag[i]!;
      this.#step(tag, block.value[i]!, block.good[i] === 1);
      if (count[tag]! > RING) largest[tag] = Math.max(largest[tag]!, share[tag]!);
    }
  }

  #step(tag: number, value: number, good: boolean): void {
    if (!good || !Number.isFinite(value)) return;
    const { share, edge, count } = this.#columns.of;
    const ring = this.#ring.of.value;
    const base = tag * RING;
    let again = 0;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let k = base; k < base + RING; k += 1) {
      const before = ring[k]!;
      if (before === value) again = 1;
      if (before < low) low = before;
      if (before > high) high = before;
    }
    ring[base + (count[tag]! % RING)] = value;
    count[tag]! += 1;
    share[tag]! += LAMBDA * (again - share[tag]!);
    edge[tag]! += LAMBDA * ((again === 1 && (value === low || value === high) ? 1 : 0) - edge[tag]!);
  }

  freeze(): void {
    this.#frozen = true;
    this.#room();
  }

  score(block: SampleBlock, state: number, out: Scores): void {
    this.#room();
    const { share, edge, largest } = this.#columns.of;
    for (let i = 0; i < block.count; i += 1) {
      const tag = block.tag[i]!;
      this.#step(tag, block.value[i]!, block.good[i] === 1);
      out.kind[i] = 0;
      if (this.readiness(tag, state) !== 'ready') {
        out.score[i] = Number.NaN;
        continue;
      }
      const limit = largest[tag]! + MARGIN * (1 - largest[tag]!);
      out.score[i] = share[tag]! / limit;
      out.kind[i] = edge[tag]! > EDGE_SHARE * share[tag]! ? 1 : 0;
    }
  }

  readiness(tag: number, state: number): Readiness {
    if (!this.#frozen) return 'learning';
    const { profiles } = this.#context;
    const judged =
      isLearned(this.#context, tag, state) &&
      profiles.get('count', tag) >= SAMPLES_MIN &&
      profiles.shape(tag) === 'moving' &&
      profiles.reporting(tag) === 'sampled' &&
      profiles.traits[tag]!.role === 'measurement' &&
      this.#columns.of.largest[tag]! <= SHARE_MAX;
    return judged ? 'ready' : 'cannot-judge';
  }

  #room(): void {
    this.#columns.room(this.#context.profiles.size);
    this.#ring.room(this.#context.profiles.size);
  }

  save(): SavedState {
    const { size } = this.#context.profiles;
    this.#room();
    return { frozen: this.#frozen, columns: this.#columns.save(size), ring: this.#ring.save(size) };
  }

  load(saved: SavedState): void {
    this.#frozen = saved.frozen === true;
    this.#columns.load(saved.columns as SavedState);
    this.#ring.load(saved.ring as SavedState);
    this.#room();
  }
}
