/** Are these Sampled Values? The Ethertype says so; without it nobody asks. */
import { MATCH_NO, MATCH_YES, type Match } from '../protocol.ts';
import { looksLikeSampledValues } from './framing.ts';

/** Sampled Values at `offset`? Only where the Ethertype hints at them: the content alone is no strong signature. */
export function identify(bytes: Uint8Array, offset: number, end: number, hinted: boolean): Match {
  return hinted && looksLikeSampledValues(bytes, offset, end) ? MATCH_YES : MATCH_NO;
}
