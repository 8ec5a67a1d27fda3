import { describe, expect, it } from 'vitest';
import { loadSite } from './load.ts';
import { StateTracker, UNKNOWN_STATE } from './states.ts';
import { TagValues } from './tag-values.ts';
import { ZoneMap } from './zones.ts';

const SITE = loadSite(
  `zones:
  - {name: plant, level: 2, networks: [10.20.0.0/16, "fd00:20::/32"]}
  - {name: cell-1, level: 1, networks: [10.20.1.0/24, "fd00:20:1::/48"]}
  - {name: office, level: 4, networks: [10.20.8.0/22]}
  - {name: suppliers, outside: true, networks: [192.0.2.7]}
units:
  - name: P1
    stateDwell: 30 s
    states: {cleaning: cip == 1, running: flow > 0.5 m3/h, stopped: otherwise}
    tags:
      cip: {point: 10.20.1.11/1/coil/8}
      flow: {point: 10.20.1.11/1/holding/104, unit: m3/h}
      mode: {point: 10.20.1.11/1/holding/1, reporting: on-change}`,
  'site.yaml',
);
const UNIT = SITE.units[0]!;
const S = 1e6;

/** Feeds values second by second and notes every change of state. */
function story(steps: readonly [untilS: number, values: { cip?: number; flow?: number }][]): string[] {
  const tracker = new StateTracker(UNIT);
  const values = new TagValues(UNIT.tags);
  const changes: string[] = [];
  let second = 0;
  for (const [until, present] of steps) {
    for (; second < until; second++) {
      values.nowUs = second * S;
      for (const [tag, value] of Object.entries(present)) values.set(tag, second * S, value, true);
      if (tracker.update(second * S, values)) changes.push(`${second} ${tracker.state}`);
    }
  }
  return changes;
}

describe('states', () => {
  it('take the first rule that holds', () => {
    expect(story([[5, { cip: 1, flow: 6 }]])).toEqual(['0 cleaning']);
    expect(story([[5, { cip: 0, flow: 6 }]])).toEqual(['0 running']);
    expect(story([[5, { cip: 0, flow: 0 }]])).toEqual(['0 stopped']);
  });

  it('last at least their dwell', () => {
    const flicker = story([
      [40, { cip: 0, flow: 6 }],
      [45, { cip: 0, flow: 0 }],
      [100, { cip: 0, flow: 6 }],
    ]);
    expect(flicker).toEqual(['0 running', '40 stopped', '70 running']);
  });

  it('ignore a change that is over before the dwell is', () => {
    const blip = story([
      [10, { cip: 0, flow: 6 }],
      [20, { cip: 0, flow: 0 }],
      [100, { cip: 0, flow: 6 }],
    ]);
    expect(blip).toEqual(['0 running']);
  });

  it('are unknown without values, and when values are old', () => {
    expect(story([[5, { flow: 6 }]])).toEqual([]);
    const silent = story([
      [60, { cip: 0, flow: 6 }],
      [120, {}],
      [130, { cip: 0, flow: 6 }],
    ]);
    // Polled each second: old after 15 s.
    expect(silent).toEqual(['0 running', '75 unknown', '120 running']);
    expect(UNKNOWN_STATE).toBe('unknown');
  });
});

describe('tag values', () => {
  it('have a rate over the last samples', () => {
    const values = new TagValues(UNIT.tags);
    for (let second = 0; second < 20; second++) values.set('flow', second * S, 5 + 0.25 * second, true);
    expect(values.rateOf('flow')).toBeCloseTo(0.25);
    expect(values.rateOf('cip')).toBeNaN();
  });

  it('age only where they are sampled', () => {
    const values = new TagValues(UNIT.tags);
    values.set('flow', 0, 5, true);
    values.set('mode', 0, 2, true);
    values.nowUs = 3_600 * S;
    expect(values.valueOf('flow')).toBeNaN();
    expect(values.valueOf('mode')).toBe(2);
  });

  it('of bad quality are unknown, and samples that come late change nothing', () => {
    const values = new TagValues(UNIT.tags);
    values.set('flow', 2 * S, 5, true);
    values.set('flow', 1 * S, 9, true);
    expect(values.valueOf('flow')).toBe(5);
    values.set('flow', 3 * S, 5, false);
    expect(values.valueOf('flow')).toBeNaN();
  });
});

describe('zones', () => {
  const zones = new ZoneMap(SITE.zones);

  it.each([
    ['10.20.1.11', 'cell-1'],
    ['10.20.2.5', 'plant'],
    ['10.20.11.255', 'office'],
    ['10.20.12.0', 'plant'],
    ['192.0.2.7', 'suppliers'],
    ['192.0.2.8', ''],
    ['fd00:20:1::5', 'cell-1'],
    ['fd00:20:2::5', 'plant'],
    ['fd00:21::5', ''],
    ['00:1b:1b:00:00:01', ''],
    ['', ''],
  ])('%s is in "%s"', (address, name) => {
    expect(zones.nameOf(address)).toBe(name);
  });

  it('count as outside from level 4 on, and where the site says so', () => {
    expect(SITE.zones.filter(({ outside }) => outside).map(({ name }) => name)).toEqual(['office', 'suppliers']);
  });
});
