/**
 * Sampled tags that fall silent: longer than three intervals, the mean plus six spreads, and half again the longest while learning.
 *
 * Works for polled tags. On-change and compressed tags are silent as a matter of course; only their session's own keep-alive can tell,
 * which is the network side's.
 */
import type { TagContext } from './context.ts';

const INTERVALS = 3;
const SPREADS = 6;
const OVER_LONGEST = 1.5;
const SAMPLES_MIN = 30;

/** Longest silence that is normal for a tag; infinite where silence says nothing. [µs] */
export function silenceLimitUs(context: TagContext, tag: number): number {
  const { profiles } = context;
  if (profiles.reporting(tag) !== 'sampled' || profiles.get('intervalCount', tag) < SAMPLES_MIN) {
    return Number.POSITIVE_INFINITY;
  }
  const mean = profiles.get('intervalMean', tag);
  const limit = Math.max(
    INTERVALS * mean,
    mean + SPREADS * profiles.intervalSpread(tag),
    OVER_LONGEST * profiles.get('intervalLargest', tag),
  );
  return limit * 1e6;
}
