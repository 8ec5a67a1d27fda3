/** A trend as it is drawn: without buckets that are empty only because they are shorter than the time between two samples. */
import type { Trend } from '../../api/types.ts';
import { bucketsToDraw } from './scale.ts';

/** Whether the tag is silent while it does not change. */
export const holdsValue = (trend: Trend): boolean => trend.tag.reporting !== 'sampled';

/** The same trend with fewer buckets; all its arrays keep equal lengths (`likelyTrue` may be empty). */
export function drawnTrend(trend: Trend): Trend {
  const kept = bucketsToDraw(trend.mean, holdsValue(trend));
  if (kept.length === trend.mean.length) return trend;
  const pick = (numbers: readonly (number | null)[]) => kept.map((index) => numbers[index] ?? null);
  return {
    ...trend,
    timeUs: kept.map((index) => trend.timeUs[index] ?? 0),
    min: pick(trend.min),
    max: pick(trend.max),
    mean: pick(trend.mean),
    bandLow: pick(trend.bandLow),
    bandHigh: pick(trend.bandHigh),
    likelyTrue: trend.likelyTrue.length === 0 ? [] : pick(trend.likelyTrue),
  };
}
