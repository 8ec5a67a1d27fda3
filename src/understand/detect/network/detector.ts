/**
 * The contract of network detectors: each looks at one observation at a time against what is known as normal, and says what is odd.
 * To add one: copy a file in `detectors/`, export a `NetworkDetector`, add it to the list in `detectors/index.ts`.
 */
import type { FrameReference, Observation, TimeUs } from '../../../records.ts';
import type { KindName } from '../kinds.ts';
import type { AssetBook } from './book.ts';
import type { NetworkContext } from './context.ts';
import type { ConversationNormal, Normal } from './normal.ts';
import type { Operation } from './operation.ts';
import type { Windows } from './windows.ts';

/** A finding as a detector knows it; the watch adds id, subject, techniques, frames and repetitions. */
export interface Draft {
  readonly kind: KindName;
  /** Asset ids; default: client and server of the observation. */
  readonly actor?: string;
  readonly device?: string;
  readonly tag?: string;
  readonly unit?: string;
  /** Tells apart what shares kind and subject, e.g. a function name. */
  readonly about?: string;
  /** High is odd, 1 is the limit. */
  readonly score: number;
  readonly confidence: number;
  readonly expected: string;
  readonly seen: string;
  /** Without the time; names of assets by `nameOf`. */
  readonly sentence: string;
  readonly sinceUs?: TimeUs;
  readonly numbers?: Readonly<Record<string, number>>;
  readonly text?: string;
  readonly frames?: readonly FrameReference[];
  readonly informative?: boolean;
  /** Class, act and name of the operation, for work windows. */
  readonly functions?: readonly string[];
}

/** The conversation an observation belongs to. */
export interface Pair {
  readonly clientKey: string;
  readonly serverKey: string;
  readonly protocol: string;
  readonly port: number;
  /** Key of the conversation in the baseline. */
  readonly key: string;
  /** Undefined where it was never learned. */
  readonly known: ConversationNormal | undefined;
}

/** What a detector works with. */
export interface Bench {
  readonly context: NetworkContext;
  readonly normal: Normal;
  readonly book: AssetBook;
  readonly windows: Windows;
  /** The operation being judged; null for every other observation. */
  readonly operation: Operation | null;
  /** While learning, only what is never normal may be said. */
  readonly learning: boolean;
  pairOf(observation: Observation): Pair;
  nameOf(assetId: string): string;
  say(observation: Observation, draft: Draft): void;
  /** Runs `run` when plant time reaches `dueUs`, unless cancelled; a second call for the same key replaces the first. */
  later(key: string, dueUs: TimeUs, run: (timeUs: TimeUs) => void): void;
  cancel(key: string): void;
}

export interface NetworkDetector {
  readonly name: string;
  /** Kinds this detector can find. */
  readonly finds: readonly KindName[];
  judge(observation: Observation, bench: Bench): void;
}
