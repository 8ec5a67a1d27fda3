/** Each detector of single tags on the one thing it is for, and on what only looks like it. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../../../base/random.ts';
import type { Reporting, TagRole } from '../../../../records.ts';
import { type Detector, sampleBlock, scoresFor } from '../../detector.ts';
import { TagProfiles } from '../profile.ts';
import { ChatterDetector } from './chatter.ts';
import type { TagContext } from './context.ts';
import { GapDetector } from './gap.ts';
import { LevelDetector } from './level.ts';
import { NoiseDetector } from './noise.ts';
import { RangeDetector } from './range.ts';
import { RateDetector } from './rate.ts';
import { ReplayDetector } from './replay.ts';
import { ResolutionDetector } from './resolution.ts';
import { StuckDetector } from './stuck.ts';

interface Options {
  readonly role?: TagRole;
  readonly reporting?: Reporting;
  readonly maxRate?: number;
  readonly limits?: { low: number; high: number };
  /** Seconds from sample to sample; default 1. */
  readonly everyS?: number;
}

/** Learns `normal`, then gives the kinds found in `test`, in order, without repeats, and the sample of the first. */
function find(
  make: (context: TagContext) => Detector,
  normal: readonly number[],
  test: readonly number[],
  options: Options = {},
): { readonly kinds: readonly string[]; readonly first: number } {
  const profiles = new TagProfiles();
  profiles.add({ role: options.role ?? 'measurement', reporting: options.reporting ?? 'sampled' });
  const limits = [options.limits];
  const context: TagContext = {
    profiles,
    declared: [options.maxRate === undefined ? { limits } : { limits, maxRate: options.maxRate }],
  };
  const detector = make(context);
  const block = sampleBlock(1);
  const out = scoresFor(1);
  const put = (value: number, row: number) => {
    block.timeUs[0] = row * (options.everyS ?? 1) * 1e6;
    block.value[0] = value;
    block.good[0] = Number.isNaN(value) ? 0 : 1;
    block.count = 1;
  };
  for (const [row, value] of normal.entries()) {
    put(value, row);
    profiles.learn(block, 0);
    detector.learn(block, 0);
  }
  detector.freeze();
  const kinds: string[] = [];
  let first = -1;
  for (const [row, value] of test.entries()) {
    put(value, normal.length + row);
    detector.score(block, 0, out);
    if (!(out.score[0]! > 1)) continue;
    if (first < 0) first = row;
    const kind = detector.kinds[out.kind[0]!]!;
    if (kinds.at(-1) !== kind) kinds.push(kind);
  }
  return { kinds, first };
}

/** Noise around 20 with two decimals. */
function noisy(seed: number, rows: number, spread = 1): number[] {
  const random = new Random(seed);
  return Array.from({ length: rows }, () => Math.round(100 * (20 + spread * random.normal())) / 100);
}

const NORMAL = noisy(1, 3_000);
const QUIET = { kinds: [], first: -1 };

describe('range', () => {
  const range = (context: TagContext) => new RangeDetector(context);
  it('finds a value far outside', () => {
    expect(find(range, NORMAL, [20, 40])).toEqual({ kinds: ['range'], first: 1 });
  });
  it('calls a number of devices without a value junk', () => {
    expect(find(range, NORMAL, [-9999]).kinds).toEqual(['junk']);
  });
  it('tells a jump by a decade', () => {
    expect(find(range, NORMAL, [200]).kinds).toEqual(['scale-jump']);
  });
  it('finds any move of a tag that never moved', () => {
    expect(find(range, new Array(100).fill(0), [0, 1])).toEqual({ kinds: ['never-moved'], first: 1 });
  });
  it('says once that a constant is another from the start, and again when that one moves', () => {
    const { kinds, first } = find(range, new Array(100).fill(7), [9, 9, 9, 9]);
    expect({ kinds, first }).toEqual({ kinds: ['never-moved'], first: 0 });
    expect(find(range, new Array(100).fill(7), [7, 9]).first).toBe(1);
  });
  it('holds declared limits at once, before anything was learned', () => {
    expect(find(range, [], [5, 50], { limits: { low: 0, high: 10 } })).toEqual({ kinds: ['limit'], first: 1 });
  });
  it('lets set-points be moved and totalisers rise', () => {
    expect(find(range, NORMAL, [40], { role: 'setpoint' })).toEqual(QUIET);
    const count = Array.from({ length: 500 }, (_, i) => i * 3);
    expect(
      find(
        range,
        count,
        Array.from({ length: 3_000 }, (_, i) => 1_500 + i * 3),
      ),
    ).toEqual(QUIET);
  });
});

describe('rate', () => {
  const rate = (context: TagContext) => new RateDetector(context);
  it('finds a change faster than declared physics', () => {
    expect(find(rate, noisy(2, 500, 0.01), [20, 24], { maxRate: 0.5 }).kinds).toEqual(['physical-rate']);
  });
  it('allows what physics allows', () => {
    expect(find(rate, noisy(2, 500, 0.01), [20, 20.4, 20.8], { maxRate: 0.5 })).toEqual(QUIET);
  });
});

describe('stuck', () => {
  const stuck = (context: TagContext) => new StuckDetector(context);
  it('finds a held value within a few samples', () => {
    const { kinds, first } = find(stuck, NORMAL, new Array(60).fill(20.01));
    expect(kinds).toEqual(['stuck']);
    expect(first).toBeLessThan(15);
  });
  it('says nothing of tags that hold by their way of reporting', () => {
    expect(find(stuck, NORMAL, new Array(60).fill(20.01), { reporting: 'on-change' })).toEqual(QUIET);
  });
  it('lets an idle machine rest longer than it did', () => {
    const idle = [...NORMAL.slice(0, 500), ...new Array(300).fill(0), ...NORMAL.slice(500, 1_000)];
    expect(find(stuck, idle, new Array(2_000).fill(0))).toEqual(QUIET);
    expect(find(stuck, idle, new Array(60).fill(20.01)).kinds).toEqual(['stuck']);
  });
});

describe('gap', () => {
  const gap = (context: TagContext) => new GapDetector(context);
  it('finds missing samples', () => {
    expect(find(gap, NORMAL, [20, Number.NaN, Number.NaN, Number.NaN]).kinds).toEqual(['gap']);
  });
  it('is used to a tag that misses a tenth of them', () => {
    const holed = NORMAL.map((value, i) => (i % 10 === 0 ? Number.NaN : value));
    expect(find(gap, holed, holed.slice(0, 500))).toEqual(QUIET);
  });
});

describe('replay', () => {
  const exact = (context: TagContext) => new ReplayDetector(context);
  const near = (context: TagContext) => new ReplayDetector(context, 4_096, true);
  it('finds an exact repeat of what was learned', () => {
    const { kinds, first } = find(exact, NORMAL, [...noisy(3, 200), ...NORMAL.slice(1_000, 1_300)]);
    expect(kinds).toEqual(['replay']);
    expect(first).toBeGreaterThan(200);
  });
  it('finds a repeat of what came after learning', () => {
    const later = noisy(4, 1_000);
    expect(find(exact, NORMAL, [...later, ...noisy(5, 100), ...later.slice(100, 600)]).first).toBeGreaterThan(1_100);
  });
  it('near finds a repeat with an offset on it, which exact does not', () => {
    const shifted = NORMAL.slice(1_000, 1_300).map((value) => value * 1.5 + 3.217);
    expect(find(near, NORMAL, shifted).kinds).toEqual(['replay']);
    expect(find(exact, NORMAL, shifted)).toEqual(QUIET);
  });
  it('does not take fresh noise or a saw-tooth for a repeat', () => {
    expect(find(exact, NORMAL, noisy(6, 20_000))).toEqual(QUIET);
    expect(find(near, NORMAL, noisy(6, 20_000))).toEqual(QUIET);
    const saw = Array.from({ length: 4_000 }, (_, i) => i % 700);
    expect(find(exact, saw.slice(0, 500), saw.slice(500))).toEqual(QUIET);
  });
});

describe('noise', () => {
  const noise = (context: TagContext) => new NoiseDetector(context);
  it('finds more noise and less', () => {
    expect(find(noise, NORMAL, noisy(7, 300, 3)).kinds).toContain('noise-up');
    expect(find(noise, NORMAL, noisy(7, 600, 0.05)).kinds).toContain('noise-lost');
  });
  it('is not moved by one jump', () => {
    expect(find(noise, NORMAL, [...noisy(8, 150), 60, ...noisy(9, 150)])).toEqual(QUIET);
  });
});

describe('resolution', () => {
  const resolution = (context: TagContext) => new ResolutionDetector(context);
  it('finds coarser steps and clamped readings', () => {
    expect(find(resolution, NORMAL, noisy(10, 200).map(Math.round)).kinds).toContain('step-size');
    const clamped = noisy(11, 200).map((value) => Math.min(Math.max(value, 19.8), 20.2));
    expect(find(resolution, NORMAL, clamped).kinds).toContain('clamp');
  });
});

describe('chatter', () => {
  const chatter = (context: TagContext) => new ChatterDetector(context);
  const slow = Array.from({ length: 1_000 }, (_, i) => Math.floor(i / 50) % 2);
  it('finds a switch that flutters, not one that switches', () => {
    expect(find(chatter, slow, [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]).kinds).toEqual(['oscillation']);
    expect(find(chatter, slow, slow)).toEqual(QUIET);
  });
});

describe('level', () => {
  const level = (context: TagContext) => new LevelDetector(context);
  it('finds a lasting shift', () => {
    expect(
      find(
        level,
        NORMAL,
        noisy(12, 300).map((value) => value + 4),
      ).kinds,
    ).toContain('level');
  });
  it('knows the time of day: a warm night is odd, though no value is', () => {
    const random = new Random(13);
    const hours = (rows: number, shape: (hour: number) => number) =>
      Array.from({ length: rows }, (_, i) => 20 + 8 * shape((i / 12) % 24) + 0.5 * random.normal());
    const usual = (hour: number) => Math.sin((hour / 24) * 2 * Math.PI);
    const days = hours(5 * 288, usual);
    const warmNight = hours(288, (hour) => (hour < 18 ? usual(hour) : 0.9));
    const { kinds, first } = find(level, days, warmNight, { everyS: 300 });
    expect(kinds).toContain('level');
    expect(first).toBeGreaterThanOrEqual(18 * 12);
    expect(find(level, days, hours(288, usual), { everyS: 300 })).toEqual(QUIET);
  });
});
