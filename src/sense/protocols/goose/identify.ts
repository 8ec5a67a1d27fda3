/** Is this GOOSE? The Ethertype says so; without it nobody asks. */
import { MATCH_NO, MATCH_YES, type Match } from '../protocol.ts';
import { looksLikeGoose } from './framing.ts';

/** GOOSE at `offset`? Only where the Ethertype hints at it: the content alone is no strong signature. */
export function identify(bytes: Uint8Array, offset: number, end: number, hinted: boolean): Match {
  return hinted && looksLikeGoose(bytes, offset, end) ? MATCH_YES : MATCH_NO;
}
