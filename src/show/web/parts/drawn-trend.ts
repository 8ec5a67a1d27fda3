/** A trend as it is drawn: without buckets that are empty only because they are shorter than the time between two samples. */
import type { TagLimit, Trend } from '../../api/types.ts';
import { bucketsToDraw, type Span, valueSpan } from './scale.ts';

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

/** Limits no further from the values than this part of their span are drawn; others would flatten what matters. */
const LIMIT_REACH = 0.5;
/** Steady values are shown at least this many of their last digits high, so that noise looks like noise. */
const DIGITS_HIGH = 6;

/** Ends of the value axis and the limits that lie on it. */
export function axisOf(trend: Trend): Span & { readonly limits: readonly TagLimit[] } {
  const { tag } = trend;
  const [axisLow, axisHigh] = tag.axis;
  // On and off: both always on the axis, with a little air.
  if (tag.digits === 0 && axisHigh - axisLow <= 1) return { low: axisLow - 0.15, high: axisHigh + 0.15, limits: [] };
  const smallest = DIGITS_HIGH * 10 ** -tag.digits;
  const all = [...trend.min, ...trend.max, ...trend.bandLow, ...trend.bandHigh, ...trend.likelyTrue];
  const tight = valueSpan(all, smallest);
  const reach = (tight.high - tight.low) * LIMIT_REACH;
  const limits = tag.limits.filter(({ value }) => value >= tight.low - reach && value <= tight.high + reach);
  return { ...valueSpan([...all, ...limits.map(({ value }) => value)], smallest), limits };
}
