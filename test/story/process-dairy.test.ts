/** Process detection on the dairy line: learns a shift, stays quiet for a day, then finds what is done to single tags. Virtual time. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/records.ts';
import { DairyStory, type Tamper } from './dairy-process.ts';

const HOUR_S = 3_600;
const LEARN_H = 8;

describe('process detection on the dairy line', () => {
  let story: DairyStory;
  beforeAll(() => {
    story = new DairyStory(1);
    story.watch.learnUntil(story.nowUs + LEARN_H * HOUR_S * 1e6);
    story.run(LEARN_H * HOUR_S + 1);
  });

  it('learns a shift without a word, and a benign day raises no more than one a week can explain', () => {
    expect(story.watch.progress()).toMatchObject({ phase: 'ready', unstable: [] });
    expect(story.findings).toEqual([]);
    story.run(24 * HOUR_S);
    // One a week is 0.14 a day: two or more in a day would happen in one run of a hundred.
    expect(new Set(story.findings.map(({ id }) => id)).size).toBeLessThanOrEqual(1);
  });

  /** Findings of `seconds` under a tamper, then a quiet quarter of an hour. */
  function under(tamper: Tamper | undefined, seconds: number, act?: () => void): Finding[] {
    const before = story.findings.length;
    story.tamper = tamper;
    act?.();
    story.run(seconds);
    story.tamper = undefined;
    const found = story.findings.slice(before);
    story.run(900);
    return found;
  }

  it('keeps an expected band around what a tag shows', () => {
    const tag = story.watch.indexOf('TT-101');
    const band = story.watch.bandOf(tag);
    expect(band).not.toBeNull();
    expect(band!.low).toBeGreaterThan(70);
    expect(band!.high).toBeLessThan(80);
    expect(band!.high - band!.low).toBeLessThan(3);
  });

  it('finds a frozen flow meter within half a minute', () => {
    let held = Number.NaN;
    const startedUs = story.nowUs;
    const found = under((tag, _s, value) => {
      if (tag !== 'flow') return value;
      if (Number.isNaN(held)) held = value;
      return held;
    }, 120);
    const stuck = found.find(({ kind }) => kind === 'stuck');
    expect(stuck?.subject.tag).toBe('flow');
    expect((stuck!.timeUs - startedUs) / 1e6).toBeLessThan(30);
  });

  it('finds a transmitter that drifts by a degree an hour before the degree is reached, and names it', () => {
    const start = story.seconds;
    const found = under(
      (tag, s, value) => (tag === 'TT-102' ? Math.round(100 * (value + (s - start) / HOUR_S)) / 100 : value),
      3_000,
    );
    expect(found[0]?.subject.tag).toBe('TT-102');
    expect(found.some(({ kind, subject }) => kind === 'drift' && subject.tag === 'TT-102')).toBe(true);
  });

  it('finds a power meter that reads a tenth too much, with the size of the error', () => {
    const found = under((tag, _s, value) => (tag === 'JT-101' ? value * 1.1 : value), 300);
    const last = found
      .filter(({ subject, numbers }) => subject.tag === 'JT-101' && numbers.deviation !== undefined)
      .at(-1);
    expect(last?.numbers.deviation).toBeGreaterThan(6);
    expect(last?.numbers.deviation).toBeLessThan(11);
  });

  it('finds a tag that falls silent', () => {
    const found = under((tag, _s, value) => (tag === 'LT-001' ? Number.NaN : value), 60);
    expect(found.map(({ kind, subject }) => `${kind} ${subject.tag}`)).toContain('gap LT-001');
  });

  it('goes on after a restart as if nothing had been', () => {
    const other = new DairyStory(1);
    expect(other.watch.load(JSON.parse(JSON.stringify(story.watch.save())))).toBe(true);
    expect(other.watch.progress().phase).toBe('ready');
    expect(other.watch.progress().joint).toEqual(story.watch.progress().joint);
    expect(differences(story.watch.save(), other.watch.save())).toEqual([]);
  });

  it('sees through a changed calibration: the reading is high, by how much, and what is likely true', () => {
    const { registers } = story.line.p1;
    const found = under(undefined, 300, () => registers.write(registers.tag('TT-101.offset'), 4));
    expect(found.slice(0, 4).map(({ kind, subject }) => `${kind} ${subject.tag}`)).toContain('physical-rate TT-101');
    expect(found.map(({ kind, subject }) => `${kind} ${subject.tag}`)).toContain('never-moved TT-101.offset');
    const offset = found.filter(({ kind, subject }) => kind === 'offset' && subject.tag === 'TT-101').at(-1);
    expect(offset?.numbers.deviation).toBeGreaterThan(3);
    expect(offset?.numbers.deviation).toBeLessThan(5);
    expect(offset?.numbers.likelyTrue).toBeLessThan(73);
  });
});

/** Paths at which two saved states differ, at most a few. */
function differences(one: unknown, other: unknown, path = ''): string[] {
  if (one === null || typeof one !== 'object' || other === null || typeof other !== 'object') {
    return Object.is(one, other) ? [] : [`${path}: ${String(one)} and ${String(other)}`];
  }
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  const all = one as Record<string, unknown>;
  const others = other as Record<string, unknown>;
  return [...keys].flatMap((key) => differences(all[key], others[key], `${path}.${key}`)).slice(0, 5);
}
