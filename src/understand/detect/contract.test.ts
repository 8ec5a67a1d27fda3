/** What every detector of single tags keeps to, whatever it looks for. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/random.ts';
import { type Detector, type SampleBlock, sampleBlock, scoresFor } from './detector.ts';
import { TagProfiles } from './process/profile.ts';
import { ChatterDetector } from './process/tags/chatter.ts';
import type { TagContext } from './process/tags/context.ts';
import { GapDetector } from './process/tags/gap.ts';
import { LevelDetector } from './process/tags/level.ts';
import { NoiseDetector } from './process/tags/noise.ts';
import { RangeDetector } from './process/tags/range.ts';
import { RateDetector } from './process/tags/rate.ts';
import { ReplayDetector } from './process/tags/replay.ts';
import { ResolutionDetector } from './process/tags/resolution.ts';
import { StuckDetector } from './process/tags/stuck.ts';

const DETECTORS: Readonly<Record<string, (context: TagContext) => Detector>> = {
  range: (context) => new RangeDetector(context),
  rate: (context) => new RateDetector(context),
  gap: (context) => new GapDetector(context),
  stuck: (context) => new StuckDetector(context),
  replay: (context) => new ReplayDetector(context, 128),
  'replay-near': (context) => new ReplayDetector(context, 128, true),
  noise: (context) => new NoiseDetector(context),
  resolution: (context) => new ResolutionDetector(context),
  chatter: (context) => new ChatterDetector(context),
  level: (context) => new LevelDetector(context),
};

const TAGS = 4;

/** A noisy tag, a slow one, a switch and one that never moves; every 97th sample of the first is bad. */
function samples(seed: number, from: number, rows: number): SampleBlock {
  const random = new Random(seed);
  const block = sampleBlock(rows * TAGS);
  for (let i = 0; i < rows; i += 1) {
    const row = from + i;
    const values = [
      Math.round(100 * (20 + random.normal())) / 100,
      50 + 10 * Math.sin(row / 300) + 0.1 * random.normal(),
      Math.floor(row / 50) % 2,
      7,
    ];
    for (let tag = 0; tag < TAGS; tag += 1) {
      const k = block.count;
      block.tag[k] = tag;
      block.timeUs[k] = row * 1e6;
      block.value[k] = tag === 0 && row % 97 === 0 ? Number.NaN : values[tag]!;
      block.good[k] = tag === 0 && row % 97 === 0 ? 0 : 1;
      block.count += 1;
    }
  }
  return block;
}

/** Samples `from` to `to` of a block as a block of their own. */
function part(block: SampleBlock, from: number, to: number): SampleBlock {
  return {
    tag: block.tag.slice(from, to),
    timeUs: block.timeUs.slice(from, to),
    value: block.value.slice(from, to),
    good: block.good.slice(from, to),
    count: to - from,
  };
}

interface Bench {
  readonly context: TagContext;
  readonly detector: Detector;
}

function bench(make: (context: TagContext) => Detector, profiles = new TagProfiles()): Bench {
  if (profiles.size === 0) for (let tag = 0; tag < TAGS; tag += 1) profiles.add({ role: 'measurement' });
  const context = { profiles, declared: Array.from({ length: TAGS }, () => ({ limits: [] })) };
  return { context, detector: make(context) };
}

function learned(make: (context: TagContext) => Detector): Bench {
  const made = bench(make);
  const block = samples(1, 0, 2_000);
  made.context.profiles.learn(block, 0);
  made.detector.learn(block, 0);
  made.detector.freeze();
  return made;
}

function scored(detector: Detector, block: SampleBlock, state = 0): { score: number[]; kind: number[] } {
  const out = scoresFor(block.count);
  detector.score(block, state, out);
  return { score: [...out.score], kind: [...out.kind] };
}

describe.each(Object.entries(DETECTORS))('%s', (name, make) => {
  it('says that it is learning, and judges nothing learned, before freeze', () => {
    const { context, detector } = bench(make);
    const block = samples(1, 0, 300);
    context.profiles.learn(block, 0);
    detector.learn(block, 0);
    for (let tag = 0; tag < TAGS; tag += 1) expect(detector.readiness(tag, 0)).toBe('learning');
    expect(scored(detector, samples(2, 300, 50)).score.every((score) => !(score > 1))).toBe(true);
  });

  it('cannot judge a state it never saw, with NaN as the score', () => {
    const { detector } = learned(make);
    const answers = Array.from({ length: TAGS }, (_, tag) => detector.readiness(tag, 5));
    const { score } = scored(detector, samples(2, 2_000, 3), 5);
    for (let tag = 0; tag < TAGS; tag += 1) {
      if (answers[tag] !== 'ready') expect(score[tag]! > 1).toBe(false);
    }
    expect(answers).not.toContain('learning');
  });

  it('is quiet on more of the same', () => {
    const { detector } = learned(make);
    expect(scored(detector, samples(3, 2_000, 3_000)).score.filter((score) => score > 1)).toEqual([]);
  });

  it('takes values that are no number without a score above the limit from the number itself', () => {
    const { detector } = learned(make);
    const block = samples(4, 2_000, 2);
    block.value.fill(Number.NaN);
    block.good.fill(0);
    // Missing samples are what the gap detector is for.
    const { score } = scored(detector, block);
    if (name !== 'gap') expect(score.filter((one) => one > 1)).toEqual([]);
    // And goes on as if nothing had been.
    const after = scored(detector, samples(4, 2_002, 500)).score.slice(20 * TAGS);
    expect(after.filter((one) => one > 1)).toEqual([]);
  });

  it('gives the same for the same', () => {
    const block = samples(5, 2_000, 700);
    expect(scored(learned(make).detector, block)).toEqual(scored(learned(make).detector, block));
  });

  it('does not care how samples are cut into blocks', () => {
    const whole = scored(learned(make).detector, samples(6, 2_000, 600));
    const { detector } = learned(make);
    const block = samples(6, 2_000, 600);
    const score: number[] = [];
    const kind: number[] = [];
    for (let from = 0; from < block.count; ) {
      const to = Math.min(block.count, from + 1 + ((from * 7) % 53));
      const piece = scored(detector, part(block, from, to));
      score.push(...piece.score);
      kind.push(...piece.kind);
      from = to;
    }
    expect({ score, kind }).toEqual(whole);
  });

  it('goes on exactly after save and load in the middle, through JSON', () => {
    const { context, detector } = learned(make);
    scored(detector, samples(7, 2_000, 333));
    const saved = JSON.parse(JSON.stringify({ profiles: context.profiles.save(), detector: detector.save() }));
    const profiles = new TagProfiles();
    profiles.load(saved.profiles);
    const other = bench(make, profiles);
    other.detector.load(saved.detector);
    const block = samples(8, 2_333, 900);
    expect(scored(other.detector, block)).toEqual(scored(detector, block));
  });

  it('holds no more after many samples than after some', () => {
    const { detector } = learned(make);
    scored(detector, samples(9, 2_000, 1_000));
    const before = JSON.stringify(Object.keys(flat(detector.save())).length);
    scored(detector, samples(10, 3_000, 5_000));
    expect(JSON.stringify(Object.keys(flat(detector.save())).length)).toBe(before);
  });
});

/** Every number of a saved state by its path. */
function flat(value: unknown, path = '', out: Record<string, unknown> = {}): Record<string, unknown> {
  if (value === null || typeof value !== 'object') out[path] = value;
  else for (const [key, inner] of Object.entries(value)) flat(inner, `${path}.${key}`, out);
  return out;
}

describe('memory', () => {
  it('of all live detectors stays below 4 kB a tag', () => {
    const bytes = Object.entries(DETECTORS)
      .filter(([name]) => name !== 'replay-near')
      .reduce((sum, [, make]) => sum + bytesPerTag(make), 0);
    expect(bytes).toBeLessThan(4_096);
  });
});

/** Bytes a detector keeps for each further tag: eight a number, but four where the profile of a day and hashes are kept, one for days. */
function bytesPerTag(make: (context: TagContext) => Detector): number {
  const size = (tags: number) => {
    const profiles = new TagProfiles();
    for (let tag = 0; tag < tags; tag += 1) profiles.add({ role: 'measurement' });
    const { detector } = bench(make, profiles);
    detector.freeze();
    return Object.keys(flat(detector.save())).reduce(
      (sum, path) => sum + (/\.days\./.test(path) ? 1 : /\.(profile|key|place|ring)\./.test(path) ? 4 : 8),
      0,
    );
  };
  return (size(32) - size(16)) / 16;
}
