import { expect, test } from 'vitest';
import type { FunctionClass } from '../../../records.ts';
import { loadSite } from '../../../understand/plant/load.ts';
import { compilePolicy, decide, type PlantView, POLICY_REASONS, type PolicyItem, type PolicyRequest } from './index.ts';

const SITE = loadSite(
  `
zones:
  - {name: cell-1, level: 1, networks: [10.20.1.0/24]}
  - {name: operations, level: 2, networks: [10.20.2.0/24]}
  - {name: engineering, level: 3, networks: [10.20.3.0/24]}
conduits:
  - {name: operations-to-cell-1, from: operations, to: cell-1, protocols: [modbus]}
  - {name: engineering-to-cell-1, from: engineering, to: cell-1, protocols: [modbus]}
devices:
  plc-1: {address: 10.20.1.11, unit: 1}
  hmi-1: {address: 10.20.2.5}
groups:
  engineering-stations: [10.20.3.10, 10.20.3.11]
units:
  - name: P1
    states: {running: flow > 0.5 m3/h, stopped: otherwise}
    tags:
      TT-101: {point: plc-1/holding/100, type: float32-swapped, unit: Cel, role: measurement, limits: {running: {safe: [72, 90]}}}
      SP-101: {point: plc-1/holding/120, type: float32-swapped, unit: Cel, role: setpoint, of: TT-101}
      TT-101.offset: {point: plc-1/holding/160, type: float32-swapped, unit: K, role: calibration, of: TT-101}
      flow: {point: plc-1/holding/104, type: float32-swapped, unit: m3/h, role: measurement}
      FDV: {point: plc-1/coil/12, role: command, safe: 1}
    effects: [{of: SP-101, on: TT-101, gain: 1 K/K, lag: 3 min}]
`,
  'site.yaml',
);

const TEXT = `
conduits:
  operations-to-cell-1:
    - {rule: look, allow: read, from: operations}
    - {rule: set-point, allow: write, from: hmi-1, tags: [SP-101], value: 60..78 Cel, step: 2 K per 10 s, unless: leaves(safe)}
    - {rule: no-lists, deny: discovery}
  engineering-to-cell-1:
    - {rule: calibration, allow: write, from: engineering-stations, tags: role(calibration), during: work(P1)}
    - {rule: program, allow: [program, control], from: engineering-stations, during: work(P1)}
otherwise: deny
ifFiredoorFails: {operations-to-cell-1: open, engineering-to-cell-1: closed}
`;
const POLICY = compilePolicy(TEXT, 'policy.yaml', SITE);
const NOW_US = 1_772_409_600_000_000;

/** The plant of the worked example: running, TT-101 at 75, the set-point at 75 for long. */
function plant(change: Partial<PlantView> = {}, known: Readonly<Record<string, number>> = {}): PlantView {
  const values: Record<string, number> = { 'TT-101': 75, 'SP-101': 75, ...known };
  return {
    valueNow: (tag) => values[tag] ?? Number.NaN,
    stateOf: () => 'running',
    rangeSince: (tag) => (values[tag] === undefined ? undefined : { low: values[tag], high: values[tag] }),
    workOpen: () => false,
    countSince: () => 0,
    lastSaid: () => Number.NaN,
    ...change,
  };
}

function ask(
  client: string,
  functionClass: FunctionClass,
  write?: readonly [tag: string, value: number],
  conduit = client.startsWith('10.20.3.') ? 'engineering-to-cell-1' : 'operations-to-cell-1',
): PolicyRequest {
  const items = write === undefined ? [] : [item(write[0], 7, write[1])];
  const functionName = functionClass === 'write' ? 'write-multiple-registers' : functionClass;
  const what = { protocol: 'modbus', functionClass, functionName, functionCode: functionClass === 'write' ? 16 : 3 };
  return { conduit, client, device: '10.20.1.11', ...what, fromClient: true, items };
}

function item(tag: string, address: number, value: number, count = 1): PolicyItem {
  const area = '10.20.1.11/1/holding';
  return { write: true, tag, area, address, count, value, point: `${area}/${address}` };
}

const verdictOf = (request: PolicyRequest, view = plant()) => {
  const { verdict, rule, reason } = decide(POLICY, request, view, NOW_US);
  return [verdict, rule, reason];
};

test('the calibration write of the worked example is denied, and allowed only with work open to an engineering station', () => {
  const stranger = ask('10.20.3.44', 'write', ['TT-101.offset', 4]);
  const working = plant({ workOpen: (unit) => unit === 'P1' });
  expect(verdictOf(stranger)).toEqual(['deny', 'calibration', POLICY_REASONS.SOURCE]);
  expect(verdictOf(stranger, working)).toEqual(['deny', 'calibration', POLICY_REASONS.SOURCE]);
  const engineer = ask('10.20.3.10', 'write', ['TT-101.offset', 4]);
  expect(verdictOf(engineer)).toEqual(['deny', 'calibration', POLICY_REASONS.NO_WORK]);
  expect(verdictOf(engineer, working)).toEqual(['pass', 'calibration', POLICY_REASONS.ALLOWED]);
  expect(decide(POLICY, stranger, plant(), NOW_US).because).toEqual([
    'role(TT-101.offset) = calibration',
    'Rule calibration needs open work on P1, and none is open for 10.20.3.44.',
    '10.20.3.44 is not in engineering-stations',
  ]);
});

test('who and what: reading by operations, programming with work, nothing by others or through another door', () => {
  expect(verdictOf(ask('10.20.2.77', 'read'))).toEqual(['pass', 'look', POLICY_REASONS.ALLOWED]);
  expect(verdictOf(ask('10.20.8.1', 'read'))).toEqual(['deny', '', POLICY_REASONS.NO_RULE]);
  expect(verdictOf(ask('10.20.2.5', 'discovery'))).toEqual(['deny', 'no-lists', POLICY_REASONS.DENIED]);
  expect(verdictOf(ask('10.20.3.11', 'program'))).toEqual(['deny', 'program', POLICY_REASONS.NO_WORK]);
  expect(verdictOf(ask('10.20.2.5', 'write', ['SP-101', 76], 'unknown-door'))[0]).toBe('deny');
  const answer = { ...ask('10.20.8.1', 'write'), fromClient: false };
  expect(verdictOf(answer)).toEqual(['pass', '', POLICY_REASONS.ANSWER]);
});

test('bounds of a set-point: range, step, and what it does to the measurement', () => {
  const set = (value: number) => ask('10.20.2.5', 'write', ['SP-101', value]);
  expect(verdictOf(set(76))).toEqual(['pass', 'set-point', POLICY_REASONS.ALLOWED]);
  expect(verdictOf(set(78.1))).toEqual(['deny', 'set-point', POLICY_REASONS.VALUE]);
  expect(verdictOf(set(72.9))).toEqual(['deny', 'set-point', POLICY_REASONS.STEP]);
  // 73 degrees now and 2 K less would be 71, below the safe 72.
  const cool = plant({}, { 'TT-101': 73, 'SP-101': 73 });
  expect(verdictOf(set(71), cool)).toEqual(['deny', 'set-point', POLICY_REASONS.LEAVES_SAFE]);
  expect(decide(POLICY, set(71), cool, NOW_US).sentence).toBe(
    'SP-101 = 71 would bring TT-101 to 71, outside its safe limits 72 to 90 while running (rule set-point).',
  );
  // A drift in small steps is seen: within the ten seconds it went from 75 to 76.5 already.
  const drifting = plant({ rangeSince: () => ({ low: 75, high: 76.5 }) }, { 'SP-101': 76.5 });
  expect(verdictOf(set(77.5), drifting)).toEqual(['deny', 'set-point', POLICY_REASONS.STEP]);
  expect(verdictOf(ask('10.20.2.5', 'write', ['SP-101', Number.NaN]))).toEqual([
    'deny',
    'set-point',
    POLICY_REASONS.VALUE_UNKNOWN,
  ]);
});

test('what cannot be judged passes and is named: an old value, an unknown state', () => {
  const request = ask('10.20.2.5', 'write', ['SP-101', 71]);
  const blind = plant({ valueNow: () => Number.NaN, rangeSince: () => undefined });
  expect(decide(POLICY, request, blind, NOW_US)).toMatchObject({
    verdict: 'pass',
    notEvaluated: [expect.stringContaining('step of SP-101'), expect.stringContaining('TT-101')],
  });
  const unknown = plant({ stateOf: () => 'unknown' }, { 'TT-101': 73, 'SP-101': 73 });
  expect(decide(POLICY, request, unknown, NOW_US)).toMatchObject({
    verdict: 'pass',
    notEvaluated: [expect.stringContaining('the state of P1 is not known')],
  });
});

test('a message with several writes passes or fails whole', () => {
  const request = ask('10.20.2.5', 'write', ['SP-101', 76]);
  const two = { ...request, items: [...request.items, item('', 121, 1)] };
  expect(decide(POLICY, two, plant(), NOW_US)).toMatchObject({
    verdict: 'deny',
    sentence: expect.stringContaining('10.20.1.11/1/holding/121'),
  });
});

test('what happens when Firedoor fails is per conduit', () => {
  expect([...POLICY.ifFiredoorFails]).toEqual([
    ['operations-to-cell-1', 'open'],
    ['engineering-to-cell-1', 'closed'],
  ]);
});

test('every mistake is told with its line, all at once', () => {
  const text = `conduits:
  operations-to-cell-2: []
  operations-to-cell-1:
    - {rule: a, allow: reading}
    - {rule: b, allow: write, from: hmi-2}
    - {rule: c, allow: write, tags: [SP-102]}
    - {rule: d, allow: write, tags: [SP-101], value: 78..74 Cel}
    - {rule: e, allow: write, tags: [SP-101], value: 1..2 bar}
    - {rule: f, allow: write, tags: [SP-101], step: 2 m per 10 s}
    - {rule: g, allow: write, deny: write}
    - {rule: h, allow: write, value: 1..2}
    - {rule: a, allow: write, during: work(P2)}
    - {rule: i, deny: write, unless: leaves(safe)}
    - {rule: j, allow: write, unless: hot, form: hmi-1}
otherwise: maybe
`;
  const problems = (() => {
    try {
      compilePolicy(text, 'policy.yaml', SITE);
      return '';
    } catch (error) {
      return String(error);
    }
  })();
  const expected = [
    /policy\.yaml:2:3 .*no conduit "operations-to-cell-2".*operations-to-cell-1/,
    /policy\.yaml:4:24 .*expected read, .*"reading"/,
    /policy\.yaml:5:37 .*"hmi-2" is no zone, device, group, address or prefix.*hmi-1/,
    /policy\.yaml:6:38 .*no tag "SP-102".*SP-101/,
    /policy\.yaml:7:54 .*range like 74\.\.78 Cel/,
    /policy\.yaml:8:54 .*in "Cel"/,
    /policy\.yaml:9:53 .*cannot be given in "m"/,
    /policy\.yaml:10:7 .*either allows or denies/,
    /policy\.yaml:11:38 .*a bound needs "tags"/,
    /policy\.yaml:12:\d+ .*two rules "a"/,
    /policy\.yaml:12:39 .*no unit "P2"/,
    /policy\.yaml:13:38 .*bounds belong to "allow"/,
    /policy\.yaml:14:39 .*expected leaves\(safe\)/,
    /policy\.yaml:14:44 .*unknown key "form"/,
    /policy\.yaml:15:12 .*expected allow, deny, got "maybe"/,
  ];
  for (const line of expected) expect(problems).toMatch(line);
  expect(problems.split('\n').length).toBe(expected.length);
  expect(() => compilePolicy('conduits: [', 'policy.yaml', SITE)).toThrow('not valid YAML');
  expect(compilePolicy('', 'policy.yaml', SITE)).toMatchObject({ otherwise: 'deny' });
});
