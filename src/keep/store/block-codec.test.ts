import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../../base/random.ts';
import { blockCount, blockFacts, decodeBlock, encodeBlock } from './block-codec.ts';

function roundTrip(timesUs: number[], values: number[], qualities: number[]): number {
  const [times, wanted, quality] = [Float64Array.from(timesUs), Float64Array.from(values), Uint8Array.from(qualities)];
  const block = encodeBlock(times, wanted, quality, 0, times.length);
  const count = times.length;
  expect(blockCount(block)).toBe(count);
  const [t, v, q] = [new Float64Array(count + 1), new Float64Array(count + 1), new Uint8Array(count + 1)];
  expect(decodeBlock(block, times[0]!, t, v, q, 1)).toBe(count + 1);
  expect([...t.subarray(1)]).toEqual(timesUs);
  // toEqual tells -0 from 0 and takes NaN as equal to itself.
  expect([...v.subarray(1)]).toEqual(values);
  expect([...q.subarray(1)]).toEqual(qualities);
  return block.length / count;
}

const START_US = 1_700_000_000_000_000;

test('any samples come back exactly', () => {
  const value = fc.oneof(
    fc.double(),
    fc.float(),
    fc.integer(),
    fc.integer({ min: -99_999, max: 99_999 }).map((n) => n / 100),
    fc.constantFrom(-0, 0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -(2 ** 60), 1e-300),
  );
  const row = fc.tuple(fc.oneof(fc.constant(1_000_000), fc.integer({ min: 0, max: 2 ** 40 })), value, fc.nat(2));
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 300 }), (rows) => {
      let timeUs = START_US;
      roundTrip(
        rows.map(([step]) => {
          timeUs += step;
          return timeUs;
        }),
        rows.map(([, value]) => value),
        rows.map(([, , quality]) => quality),
      );
    }),
    { numRuns: 300, seed: 7 },
  );
});

test('values of one kind come back exactly, each by its own encoding', () => {
  const random = new Random(11);
  const times = Array.from({ length: 256 }, (_, i) => START_US + i * 1_000_000);
  const good = times.map(() => 0);
  const walk = (round: (value: number) => number) => {
    let value = 75;
    return times.map(() => {
      value += random.normal() * 0.05;
      return round(value);
    });
  };
  // Two decimals at a steady second: what most historians hold.
  expect(
    roundTrip(
      times,
      walk((v) => Math.round(v * 100) / 100),
      good,
    ),
  ).toBeLessThan(1.2);
  // The same sent as float32.
  expect(
    roundTrip(
      times,
      walk((v) => Math.fround(Math.round(v * 100) / 100)),
      good,
    ),
  ).toBeLessThan(1.2);
  // A float32 with noise down to its last bit.
  expect(roundTrip(times, walk(Math.fround), good)).toBeLessThan(3.1);
  expect(
    roundTrip(
      times,
      walk((v) => v),
      good,
    ),
  ).toBeLessThan(8.2);
  expect(
    roundTrip(
      times,
      times.map(() => -0),
      good,
    ),
  ).toBeLessThan(0.1);
});

test('polling jitter of milliseconds costs two bytes a sample at most', () => {
  const random = new Random(5);
  const times = Array.from({ length: 256 }, (_, i) => START_US + i * 1_000_000 + Math.round(random.normal() * 1_500));
  const size = roundTrip(
    times,
    times.map(() => 1),
    times.map((_, i) => (i > 100 && i < 110 ? 2 : 0)),
  );
  expect(size).toBeLessThan(2.2);
});

test('facts leave out what is no number', () => {
  const facts = blockFacts(Float64Array.of(99, 3, Number.NaN, -1, Number.POSITIVE_INFINITY, 99), 1, 5);
  expect(facts).toEqual({ count: 4, finite: 2, min: -1, max: 3, sum: 2 });
});
