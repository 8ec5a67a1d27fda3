import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { recordDairy } from '../simulate/recording.ts';
import { loadSite } from '../understand/plant/load.ts';
import { readSite } from './site.ts';
import { checkSite, siteCheckText } from './site-check.ts';
import { suggestionText, suggestSite } from './site-suggest.ts';

const folder = mkdtempSync(join(tmpdir(), 'firedoor-site-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const EXAMPLE = new URL('../../examples/dairy-north.yaml', import.meta.url).pathname;

const warnings = (text: string): readonly string[] => checkSite(loadSite(text, 'site.yaml')).warnings;

describe('reading a site file', () => {
  it('names the file it cannot read, and the line that is wrong', () => {
    expect(() => readSite(join(folder, 'none.yaml'))).toThrow(/^The site file .*none\.yaml cannot be read/);
    const path = join(folder, 'wrong.yaml');
    writeFileSync(path, 'sit: x\n');
    expect(() => readSite(path)).toThrow('wrong.yaml:1:1 sit: unknown key "sit"; did you mean "site"?');
  });
});

describe('site check', () => {
  it('says what it understood of the example', () => {
    const check = checkSite(readSite(EXAMPLE));
    expect(check.units[0]).toMatchObject({
      name: 'P1',
      states: [
        'cleaning: cip == 1',
        'running: P1.run == 1 and flow > 0.5 m3/h and FDV == 0',
        'diverting: P1.run == 1 and flow > 0.5 m3/h',
        'stopped: otherwise',
      ],
    });
    expect(check.units[1]!.sentences).toContain('line.run moves ST-201 by 100 /min after 3 s');
    const text = siteCheckText(check);
    expect(text).toContain('  office, level 4: 127.20.8.0/22 (outside)\n');
    expect(text).toContain('Zone office has no conduit: whatever crosses its border is new.');
    expect(text).not.toContain('GUARD-1 has no proof test');
  });

  it.each([
    [
      'a measurement without limits',
      'T: {point: 10.0.0.1/1/holding/0, unit: Cel}',
      'T has no limits: only what is learned can judge it.',
    ],
    [
      'a set-point of nothing',
      'S: {point: 10.0.0.1/1/holding/0, unit: Cel, role: setpoint}',
      'S is a setpoint of nothing: say "of: TAG".',
    ],
    ['a safety tag without a proof test', 'G: {point: 10.0.0.1/1/coil/0, role: safety}', 'G has no proof test.'],
    [
      'a bypass of no tag',
      'X.force: {point: 10.0.0.1/1/coil/0, role: safety}',
      'X.force bypasses X, which is no tag of U.',
    ],
    [
      'registers used twice',
      'A: {point: 10.0.0.1/1/holding/0, type: float32}\n      B: {point: 10.0.0.1/1/holding/1}',
      'Tags A and B share registers: 10.0.0.1/1/holding/1.',
    ],
  ])('warns of %s', (_, tags, warning) => {
    expect(warnings(`units:\n  - name: U\n    states: {on: otherwise}\n    tags:\n      ${tags}`)).toContain(warning);
  });

  it('warns of rules that say nothing', () => {
    const found = warnings(`devices: {plc: {address: 10.0.0.1}}
zones: [{name: cell, networks: [10.1.0.0/16]}]
units:
  - name: U
    states: {on: a == 1}
    tags: {a: {point: plc/coil/0}, b: {point: plc/holding/0}}
    effects: [{of: a, on: b}]
    invariants:
      - {name: same, that: b ~ b, within: 5 %}
      - {name: numbers, when: on, that: 1 ~ 2, within: 0.5}`);
    expect(found).toEqual(
      expect.arrayContaining([
        'Device plc (10.0.0.1) lies in no zone.',
        'Unit U: when none of on holds, its state is unknown; end with "otherwise".',
        'Effect of a on b has no gain: it explains but judges nothing.',
        'Invariant same of U is always true: both sides are the same.',
        'Invariant same of U is judged in every state, also while it starts and stops: say "when: STATE".',
        'Invariant numbers of U depends on no tag: it is always or never true.',
      ]),
    );
  });
});

describe('site suggest', () => {
  const pcap = join(folder, 'dairy.pcap');
  recordDairy({ seed: 1, seconds: 900, pcap });
  const suggestion = suggestSite([pcap]);

  it('finds networks, controllers and pairs of set-point and measurement', () => {
    expect(suggestion.networks.map(({ network }) => network)).toEqual(['127.20.1.0/24', '127.20.2.0/24']);
    expect(suggestion.devices.map(({ address, unit }) => `${address}/${unit}`).toSorted()).toEqual([
      '127.20.1.11/1',
      '127.20.1.12/1',
    ]);
    // SP-101 of TT-101, SP-104 of flow, SP-201 of ST-201: addresses of the simulator's register map.
    expect(suggestion.pairs.map(({ setpoint, measurement }) => `${setpoint} ${measurement}`).toSorted()).toEqual([
      '127.20.1.11/1/holding/120 127.20.1.11/1/holding/100',
      '127.20.1.11/1/holding/122 127.20.1.11/1/holding/104',
      '127.20.1.12/1/holding/120 127.20.1.12/1/holding/102',
    ]);
  });

  it('is a site file that loads as it stands', () => {
    const text = suggestionText(suggestion);
    const site = loadSite(text, 'suggested.yaml');
    const tags = site.units.flatMap((unit) => unit.tags);
    expect(tags.length).toBeGreaterThan(20);
    expect(tags.find(({ point }) => point === '127.20.1.11/1/holding/100')).toMatchObject({
      type: 'float32-swapped',
      role: 'measurement',
    });
    expect(text).toMatch(/holding\.120: .*role: setpoint, of: .*holding\.100}.*stays near it: a pair\?/);
  });

  it('leaves out what a site file names already', () => {
    const more = suggestSite([pcap], readSite(EXAMPLE));
    expect(more.tags.map(({ point }) => point)).not.toContain('127.20.1.11/1/holding/100');
    expect(more.tags.map(({ point }) => point)).toContain('127.20.1.11/1/input/0');
  });

  it('of nothing is still a site file', () => {
    const text = suggestionText({ networks: [], devices: [], tags: [], pairs: [], skipped: 0 });
    expect(loadSite(text, 'empty.yaml').units).toEqual([]);
  });
});
