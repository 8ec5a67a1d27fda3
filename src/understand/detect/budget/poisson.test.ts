import { describe, expect, it } from 'vitest';
import { poissonAtMost, poissonInterval } from './poisson.ts';

describe('poissonInterval', () => {
  // Garwood's table, 95 %.
  it.each([
    [0, 0, 3.689],
    [1, 0.0253, 5.572],
    [2, 0.2422, 7.225],
    [5, 1.6235, 11.668],
    [20, 12.217, 30.888],
  ])('of %d events is %d to %d', (count, low, high) => {
    const interval = poissonInterval(count);
    expect(interval[0]).toBeCloseTo(low, 2);
    expect(interval[1]).toBeCloseTo(high, 2);
  });

  it('sums the distribution', () => {
    expect(poissonAtMost(0, 2)).toBeCloseTo(Math.exp(-2), 12);
    expect(poissonAtMost(100, 2)).toBeCloseTo(1, 12);
  });
});
