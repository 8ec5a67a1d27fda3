/** What the detectors of single tags share: learned profiles and what is declared of each tag. */
import { STATES_MAX } from '../../../../limits.ts';
import type { Band } from '../../detector.ts';
import { PROFILE_SAMPLES_MIN, type TagProfiles } from '../profile.ts';

/** Declared facts of one tag. */
export interface TagDeclaration {
  /** Fastest physical change. [unit/s] */
  readonly maxRate?: number;
  /** Declared limits by state index; `STATES_MAX` slots, undefined where none. */
  readonly limits: readonly (Band | undefined)[];
}

export interface TagContext {
  readonly profiles: TagProfiles;
  readonly declared: TagDeclaration[];
}

/** True where enough normal of this state was seen to judge this tag by what was learned. */
export function isLearned(context: TagContext, tag: number, state: number): boolean {
  return context.profiles.stateCount(tag, Math.min(state, STATES_MAX - 1)) >= PROFILE_SAMPLES_MIN;
}
