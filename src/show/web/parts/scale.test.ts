import { describe, expect, test } from 'vitest';
import { areaPath, bucketsToDraw, linePath, nearest, timeTicks, valueSpan } from './scale.ts';

const MINUTE_US = 60e6;

describe('timeTicks', () => {
  test('stand on round moments inside the span', () => {
    const from = Date.UTC(2026, 10, 24, 9, 58, 1) * 1000;
    expect(
      timeTicks(from, from + 9 * MINUTE_US, 5).map((us) => new Date(us / 1000).toISOString().slice(11, 16)),
    ).toEqual(['10:00', '10:02', '10:04', '10:06']);
  });

  test('are never more than asked for, and none for an empty span', () => {
    for (const minutes of [1, 7, 60, 1_000, 60_000, 600_000]) {
      const ticks = timeTicks(1e15, 1e15 + minutes * MINUTE_US, 6);
      expect(ticks.length, `${minutes} min`).toBeLessThanOrEqual(7);
      expect(ticks.length, `${minutes} min`).toBeGreaterThan(0);
    }
    expect(timeTicks(5, 5, 6)).toEqual([]);
  });
});

describe('valueSpan', () => {
  test('holds everything and rounds outwards', () => {
    expect(valueSpan([70.6, 75.2, null, 79.1], 1)).toEqual({ low: 70, high: 80 });
  });

  test('a steady value with noise does not fill the height', () => {
    const { low, high } = valueSpan([75.01, 75.02, 74.99], 2);
    expect(high - low).toBeGreaterThanOrEqual(2);
  });

  test('nothing, one value and broken numbers still give an axis', () => {
    expect(valueSpan([], 1)).toEqual({ low: 0, high: 1 });
    expect(valueSpan([null, Number.NaN], 1)).toEqual({ low: 0, high: 1 });
    const one = valueSpan([0], 0);
    expect(one.high).toBeGreaterThan(one.low);
  });
});

test('a line breaks where there is no value and goes on after it', () => {
  expect(linePath([0, 1, 2, 3], [5, 6, null, 7])).toBe('M0.0 5.0L1.0 6.0M3.0 7.0');
});

test('an area is one closed piece for each stretch without a gap', () => {
  const path = areaPath([0, 1, 2, 3], [9, 9, null, 9], [1, 1, 1, 1]);
  expect(path).toBe('M0.0 1.0L1.0 1.0L1.0 9.0L0.0 9.0ZM3.0 1.0L3.0 9.0Z');
});

test('nearest finds the closer neighbour', () => {
  expect([0, 4, 6, 9, 99].map((at) => nearest([0, 5, 10], at))).toEqual([0, 1, 1, 2, 2]);
  expect(nearest([], 3)).toBe(-1);
});

describe('bucketsToDraw', () => {
  test('drops buckets that are empty because they are shorter than the time between samples', () => {
    expect(bucketsToDraw([1, null, 2, null, 3, 4, null, 5], false)).toEqual([0, 2, 4, 5, 7]);
  });

  test('keeps a real gap, and what lies before the first and after the last sample', () => {
    const kept = bucketsToDraw([null, 1, 2, 3, 4, null, null, null, null, 5, 6, 7, null], false);
    expect(kept).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test('a tag that is silent while it does not change has no gap between two values', () => {
    expect(bucketsToDraw([null, 1, null, null, null, null, null, 2, 3, null], true)).toEqual([0, 1, 7, 8, 9]);
  });

  test('nothing stays nothing', () => {
    expect(bucketsToDraw([], false)).toEqual([]);
    expect(bucketsToDraw([null, null], false)).toEqual([0, 1]);
  });
});

test('a stepped line holds each value until the next', () => {
  expect(linePath([0, 10, 20], [1, 2, null], true)).toBe('M0.0 1.0H10.0L10.0 2.0');
});
