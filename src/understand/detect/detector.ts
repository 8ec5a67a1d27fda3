/**
 * The contract of detectors that judge the samples of single tags. A detector works on blocks of samples (struct of arrays, any mix of
 * tags), keeps all state in typed arrays indexed by tag, and allocates nothing per sample.
 *
 * Life: `learn` any number of blocks, `freeze` once, then `score`. Score 1 is the limit, above is odd; NaN says "cannot judge".
 */
import type { Readiness } from '../../records.ts';
import type { KindName } from './kinds.ts';

/** Samples in order of time; `count` of the arrays are filled. */
export interface SampleBlock {
  readonly tag: Int32Array;
  readonly timeUs: Float64Array;
  readonly value: Float64Array;
  /** 1 where the quality is good. A value that is no number counts as not good. */
  readonly good: Uint8Array;
  count: number;
}

/** What a detector says of each sample of a block. */
export interface Scores {
  /** High is odd, 1 is the limit, NaN: cannot judge. */
  readonly score: Float64Array;
  /** Index into the detector's `kinds`; meaningful where the score is above 0. */
  readonly kind: Uint8Array;
}

/** Band a value is expected in; infinite where open. */
export interface Band {
  readonly low: number;
  readonly high: number;
}

/** Plain JSON-able state of a detector. */
export type SavedState = Readonly<Record<string, unknown>>;

export interface Detector {
  readonly name: string;
  /** Kinds this detector can find. */
  readonly kinds: readonly KindName[];
  /** Takes normal samples of one operating state. */
  learn(block: SampleBlock, state: number): void;
  /** Ends learning and fixes the limits. Judging before it gives NaN. */
  freeze(): void;
  /** Judges samples of one operating state into `out`. */
  score(block: SampleBlock, state: number, out: Scores): void;
  readiness(tag: number, state: number): Readiness;
  save(): SavedState;
  load(saved: SavedState): void;
}

/** An empty block for `capacity` samples. */
export function sampleBlock(capacity: number): SampleBlock {
  return {
    tag: new Int32Array(capacity),
    timeUs: new Float64Array(capacity),
    value: new Float64Array(capacity),
    good: new Uint8Array(capacity),
    count: 0,
  };
}

/** Room for the scores of `capacity` samples. */
export function scoresFor(capacity: number): Scores {
  return { score: new Float64Array(capacity), kind: new Uint8Array(capacity) };
}
