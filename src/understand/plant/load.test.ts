import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';
import { SITE_ERRORS_MAX } from '../../limits.ts';
import { loadSite } from './load.ts';
import { EMPTY_SITE, type Site, type Tag } from './model.ts';
import { siteJsonSchema } from './site-schema.ts';

const EXAMPLE = readFileSync(new URL('../../../examples/dairy-north.yaml', import.meta.url), 'utf8');

function load(text: string): Site {
  return loadSite(text, 'site.yaml');
}

/** The lines of the error a text gives. */
function mistakes(text: string): string[] {
  try {
    load(text);
  } catch (error) {
    if (!(error instanceof FiredoorError)) throw error;
    expect(error.code).toBe(ERROR_CODES.BAD_CONFIG);
    return error.message.split('\n');
  }
  return [];
}

/** A site with one unit of three tags; `more` is further lines of the unit. */
function unitWith(more: string): string {
  return `devices:
  plc-1: {address: 10.20.1.11, unit: 1}
units:
  - name: P1
    states: {running: flow > 0.5 m3/h, stopped: otherwise}
    tags:
      TT-101: {point: plc-1/holding/100, type: float32, unit: Cel}
      flow: {point: plc-1/holding/104, type: float32, unit: m3/h}
      heater: {point: plc-1/holding/140, type: int16, unit: "%"}
${more.replace(/^/gm, '    ')}`;
}

describe('a site file', () => {
  it('may be empty', () => {
    expect(load('')).toEqual(EMPTY_SITE);
    expect(load('# nothing yet\n')).toEqual(EMPTY_SITE);
  });

  it('gives the example as plain data', () => {
    const site = loadSite(EXAMPLE, 'dairy-north.yaml');
    expect(site.alarmBudget).toEqual({ falseAlarms: 1, perSeconds: 604_800, text: '1 per week' });
    expect(site.zones.map(({ name, outside }) => [name, outside])).toEqual([
      ['cell-1', false],
      ['operations', false],
      ['engineering', false],
      ['office', true],
    ]);
    const tag = (name: string): Tag => site.units.flatMap(({ tags }) => tags).find((each) => each.name === name)!;
    expect(tag('TT-101')).toMatchObject({
      point: '127.20.1.11/1/holding/100',
      type: 'float32-swapped',
      maxRate: 1.5,
      limits: { running: { operating: { low: 73, high: 78.6 }, safe: { low: 72, high: 90 } } },
    });
    expect(tag('TT-102').twin).toEqual({ of: 'TT-101', lagSeconds: 25, offset: -0.4, tolerance: 0.6 });
    expect(tag('FDV')).toMatchObject({ type: 'bool', role: 'command', safe: 1 });
    expect(site.units[0]!.consequence).toMatchObject({ product: 'critical', downtimePerHour: 4_000 });
    expect(site.units[0]!.effects[1]).toEqual({
      of: 'SP-101',
      on: 'TT-101',
      gain: 1,
      gainUnit: 'K/K',
      lagSeconds: 180,
      declared: true,
    });
    expect(site.units[0]!.invariants[0]).toMatchObject({
      unit: 'kW',
      within: 0.08,
      withinKind: 'relative',
      steadyForSeconds: 60,
    });
    expect(site.units[1]!.invariants[0]).toMatchObject({ within: 0.1, withinKind: 'absolute' });
  });

  it('converts rates, differences and gains to the unit of the tag', () => {
    const site = load(
      unitWith(`effects: [{of: heater, on: TT-101, gain: 13.2 mK/%, lag: 1 min}]
invariants: [{name: warm, that: "TT-101 ~ 162 [degF]", within: 0.9 K}]`).replace(
        'unit: Cel}',
        'unit: Cel, maxRate: 30 K/min}',
      ),
    );
    expect(site.units[0]!.tags[0]!.maxRate).toBeCloseTo(0.5);
    expect(site.units[0]!.effects[0]!.gain).toBeCloseTo(0.0132);
    expect(site.units[0]!.invariants[0]).toMatchObject({ unit: 'Cel', within: 0.9, withinKind: 'absolute' });
  });

  it('resolves groups to addresses', () => {
    const site = load(
      'devices: {ews-1: {address: 10.20.3.10}}\ngroups: {engineering: [ews-1, 10.20.3.11, 10.20.4.0/24]}',
    );
    expect(site.groups).toEqual({ engineering: ['10.20.3.10', '10.20.3.11', '10.20.4.0/24'] });
  });

  it('has a JSON schema', () => {
    const schema = siteJsonSchema() as { properties: Record<string, unknown>; additionalProperties: boolean };
    expect(Object.keys(schema.properties)).toEqual(
      Object.keys({ site: 0, timeZone: 0, alarmBudget: 0, zones: 0, conduits: 0, devices: 0, groups: 0, units: 0 }),
    );
    expect(schema.additionalProperties).toBe(false);
  });
});

/** One text a kind of mistake, and exactly what is said of it. */
const MISTAKES: readonly [string, string, string[]][] = [
  [
    'broken YAML',
    'zones: [',
    ['site.yaml:1:9: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]'],
  ],
  ['a key given twice', 'site: a\nsite: b', ['site.yaml:2:1: "site" stands here twice']],
  [
    'a list instead of a mapping',
    '- a',
    ['site.yaml:1:1: expected a site: keys site, zones, devices, units …, got a list'],
  ],
  ['an unknown key', 'zonez: []', ['site.yaml:1:1 zonez: unknown key "zonez"; did you mean "zones"?']],
  [
    'an unknown key that is near none',
    'zones: [{name: a, networks: [10.0.0.0/8], colour: red}]',
    ['site.yaml:1:43 zones.0.colour: unknown key "colour"; known are name, level, networks, outside'],
  ],
  [
    'no prefix',
    'zones: [{name: a, networks: [x]}]',
    ['site.yaml:1:30 zones.0.networks.0: expected a CIDR prefix like 10.20.1.0/24, got "x"'],
  ],
  [
    'bits behind a prefix',
    'zones: [{name: a, networks: [10.0.0.1/24]}]',
    ['site.yaml:1:30 zones.0.networks.0: expected a CIDR prefix like 10.20.1.0/24, got "10.0.0.1/24"'],
  ],
  [
    'a missing value',
    'zones: [{name: a}]',
    ['site.yaml:1:9 zones.0.networks: missing; expected a list of CIDR prefixes'],
  ],
  [
    'a level too high',
    'zones: [{name: a, level: 9, networks: []}]',
    ['site.yaml:1:26 zones.0.level: expected a Purdue level from 0 to 5, got 9'],
  ],
  [
    'a zone named twice',
    'zones:\n  - {name: a, networks: []}\n  - {name: a, networks: []}',
    ['site.yaml:3:12 zones.1.name: "a" stands twice; the first is in line 2'],
  ],
  [
    'a network in two zones',
    'zones:\n  - {name: a, networks: [10.0.0.0/8]}\n  - {name: b, networks: [10.0.0.0/8]}',
    ['site.yaml:3:26 zones.1.networks.0: 10.0.0.0/8 belongs to zone a already'],
  ],
  [
    'a conduit to nowhere',
    'zones: [{name: cell, networks: []}, {name: office, networks: []}]\nconduits: [{name: c, from: ofice, to: cell}]',
    ['site.yaml:2:28 conduits.0.from: unknown zone "ofice"; did you mean "office"?'],
  ],
  [
    'a budget that is none',
    'alarmBudget: few',
    ['site.yaml:1:14 alarmBudget: expected a rate like 1 per week, got "few"'],
  ],
  [
    'a time zone that is none',
    'timeZone: Mars/Base',
    ['site.yaml:1:11 timeZone: expected an IANA time zone like Europe/Berlin, got "Mars/Base"'],
  ],
  [
    'a group member that is none',
    'devices: {ews-1: {address: 10.0.0.1}}\ngroups: {g: [ews-2]}',
    ['site.yaml:2:14 groups.g.0: expected a device name, address or prefix, got "ews-2"; did you mean "ews-1"?'],
  ],
  [
    'an unknown type',
    unitWith('').replace('int16', 'int17'),
    [
      'site.yaml:9:48 units.0.tags.heater.type: expected one of native, bool, int16, uint16, int32, int32-swapped, uint32, uint32-swapped, float32, float32-swapped, float32-bytes, float32-reversed, float64, float64-swapped, got "int17"; did you mean "int16"?',
    ],
  ],
  [
    'an unknown device',
    unitWith('').replace('plc-1/holding/140', 'plc-2/holding/140'),
    ['site.yaml:9:23 units.0.tags.heater.point: unknown device "plc-2"; did you mean "plc-1"?'],
  ],
  [
    'a unit that is none',
    unitWith('').replace('unit: Cel', 'unit: °C'),
    ['site.yaml:7:63 units.0.tags.TT-101.unit: unknown unit "°C"; the UCUM code is Cel'],
  ],
  [
    'a bit with a wide type',
    unitWith('').replace('holding/140, type: int16', 'coil/4, type: int16'),
    ['site.yaml:9:43 units.0.tags.heater.type: a point in area coil is one bit: expected bool, got "int16"'],
  ],
  [
    'limits upside down',
    unitWith('').replace('unit: Cel}', 'unit: Cel, limits: {running: {safe: [90, 72]}}}'),
    ['site.yaml:7:93 units.0.tags.TT-101.limits.running.safe: expected [low, high] with low below high, got [90, 72]'],
  ],
  [
    'limits in no state',
    unitWith('').replace('unit: Cel}', 'unit: Cel, limits: {runing: {safe: [72, 90]}}}'),
    ['site.yaml:7:77 units.0.tags.TT-101.limits.runing: unknown state "runing"; did you mean "running"?'],
  ],
  [
    'operating limits outside the safe ones',
    unitWith('').replace('unit: Cel}', 'unit: Cel, limits: {"*": {operating: [70, 80], safe: [72, 90]}}}'),
    ['site.yaml:7:94 units.0.tags.TT-101.limits.*.operating: the operating limits lie outside the safe limits'],
  ],
  [
    'a rate in the wrong unit',
    unitWith('').replace('unit: Cel}', 'unit: Cel, maxRate: 3 m/s}'),
    ['site.yaml:7:77 units.0.tags.TT-101.maxRate: expected a rate in K/s, got "3 m/s"'],
  ],
  [
    'a twin of another kind',
    unitWith('').replace('unit: Cel}', 'unit: Cel, twin: {of: flow, tolerance: 1 K}}'),
    ['site.yaml:7:79 units.0.tags.TT-101.twin.of: a twin measures the same: flow is in m3/h, this tag in Cel'],
  ],
  [
    'a tolerance in the wrong unit',
    unitWith('').replace('unit: Cel}', 'unit: Cel, twin: {of: TT-101, tolerance: 1 Cel}}'),
    ['site.yaml:7:98 units.0.tags.TT-101.twin.tolerance: expected a difference in K, got "1 Cel"'],
  ],
  [
    'a reference to no tag',
    unitWith('effects: [{of: heater, on: TT-110}]'),
    ['site.yaml:10:32 units.0.effects.0.on: unknown tag "TT-110"; did you mean "TT-101"?'],
  ],
  [
    'a gain in the wrong unit',
    unitWith('effects: [{of: heater, on: TT-101, gain: 2 kW/%}]'),
    ['site.yaml:10:46 units.0.effects.0.gain: expected a gain in K/%, got "2 kW/%"'],
  ],
  [
    'a time that is none',
    unitWith('effects: [{of: heater, on: TT-101, lag: soon}]'),
    ['site.yaml:10:45 units.0.effects.0.lag: expected a time like 30 s, 3 min or 1 h, got "soon"'],
  ],
  [
    'a proof test that is none',
    unitWith('').replace('"%"}', '"%", proofTest: sometimes}'),
    [
      'site.yaml:9:77 units.0.tags.heater.proofTest: expected an interval like yearly, monthly or every 6 months, got "sometimes"',
    ],
  ],
  [
    'a condition over no tag',
    unitWith('').replace('flow > 0.5 m3/h', 'flwo > 0.5 m3/h'),
    ['site.yaml:5:23 units.0.states.running: unknown tag "flwo"; did you mean "flow"?'],
  ],
  [
    'a condition with a bare number',
    unitWith('').replace('0.5 m3/h', '0.5'),
    ['site.yaml:5:23 units.0.states.running: units do not fit: 0.5 has none; write 0.5 m3/h'],
  ],
  [
    'a state after otherwise',
    unitWith('').replace('stopped: otherwise', 'stopped: otherwise, late: heater > 1'),
    ['site.yaml:5:49 units.0.states.stopped: otherwise must be the last state: later ones never hold'],
  ],
  [
    'an invariant of two kinds',
    unitWith('invariants: [{name: i, that: TT-101 ~ flow, within: 5 %}]'),
    ['site.yaml:10:34 units.0.invariants.0.that: left is in Cel, right is in m3/h'],
  ],
  [
    'an invariant without ~',
    unitWith('invariants: [{name: i, that: TT-101 == flow, within: 5 %}]'),
    ['site.yaml:10:34 units.0.invariants.0.that: expected left ~ right, got "TT-101 == flow"'],
  ],
  [
    'an invariant in no state',
    unitWith('invariants: [{name: i, when: idle, that: flow ~ flow, within: 5 %}]'),
    ['site.yaml:10:34 units.0.invariants.0.when: unknown state "idle"; known are running, stopped'],
  ],
  [
    'a tolerance without unit',
    unitWith('invariants: [{name: i, that: flow ~ flow, within: 0.5}]'),
    ['site.yaml:10:55 units.0.invariants.0.within: expected a tolerance like 5 % or in m3/h, got "0.5"'],
  ],
  [
    'a tolerance of nothing',
    unitWith('invariants: [{name: i, that: flow ~ flow, within: 0 %}]'),
    ['site.yaml:10:55 units.0.invariants.0.within: expected a tolerance above 0, got "0 %"'],
  ],
  [
    'a tag in two units',
    `${unitWith('')}\n  - name: P2\n    tags: {flow: {point: plc-1/holding/1}}`,
    ['site.yaml:12:12 units.1.tags.flow: tag "flow" stands in unit P1 already'],
  ],
  [
    'a tag named like a function',
    unitWith('').replace('heater:', 'max:'),
    ['site.yaml:9:7 units.0.tags.max: "max" has a meaning in expressions; choose another name'],
  ],
  [
    'a tag name with a space',
    unitWith('').replace('heater:', 'heat er:'),
    [
      'site.yaml:9:7 units.0.tags.heat er: expected a tag name of letters, digits and - _ . : (no spaces), got "heat er"',
    ],
  ],
];

describe('a mistake in a site file', () => {
  it.each(MISTAKES)('%s', (_, text, expected) => {
    expect(mistakes(text)).toEqual(expected);
  });

  it('does not hide the others', () => {
    const lines = mistakes('zonez: []\nalarmBudget: 3\nzones: [{name: a, networks: [x, y]}]');
    expect(lines.map((line) => line.split(' ')[0])).toEqual([
      'site.yaml:1:1',
      'site.yaml:2:14',
      'site.yaml:3:30',
      'site.yaml:3:33',
    ]);
  });

  it('is one of at most so many told at once', () => {
    const lines = mistakes(`zones: [{name: a, networks: [${new Array(SITE_ERRORS_MAX + 7).fill('x').join(', ')}]}]`);
    expect(lines).toHaveLength(SITE_ERRORS_MAX + 1);
    expect(lines.at(-1)).toBe('site.yaml: 7 more');
  });

  it('cannot be an alias bomb', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((name, i) => `${name}: &${name} [${new Array(9).fill(`*${'abcdefg'[i]}`).join(',')}]`),
    ].join('\n');
    expect(mistakes(bomb)[0]).toMatch(/^site\.yaml:1:1: not valid YAML: Excessive alias count/);
  });
});
