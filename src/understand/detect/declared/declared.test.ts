import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DairyTraffic } from '../../../../test/support/dairy-traffic.ts';
import { DeclaredWatch } from '../../../../test/support/declared-watch.ts';
import type { Finding } from '../../../records.ts';
import { DIRECTION_REQUEST } from '../../../sense/protocols/message-view.ts';
import { TagMapper } from '../../observe/tags.ts';
import { loadSite } from '../../plant/load.ts';

const DAIRY = loadSite(
  readFileSync(new URL('../../../../examples/dairy-north.yaml', import.meta.url), 'utf8'),
  'dairy-north.yaml',
);
const S = 1e6;

/** The dairy with a watch on it. Times of findings are seconds after the attack. */
function dairyStory(seed: number, warmSeconds: number, attack = '', afterSeconds = 0, localStartS = 8 * 3_600) {
  const findings: Finding[] = [];
  const states: string[] = [];
  const watch = new DeclaredWatch(DAIRY, {
    onFinding: (finding) => findings.push(finding),
    onState: (unit, state) => states.push(`${unit} ${state}`),
  });
  const mapper = new TagMapper(DAIRY, {
    onTag: () => undefined,
    onSample: (index, timeUs, value, quality) => watch.sample(mapper.tags()[index]!.name, timeUs, value, quality),
  });
  const traffic = new DairyTraffic(
    seed,
    (view, { client, server }) => {
      for (let i = 0; i < view.accessCount; i++) mapper.access(view, i, { server });
      if (view.direction !== DIRECTION_REQUEST || view.accessWrite[0] !== 1) return;
      const message = view.toMessage({ capture: '', client, server, device: server });
      for (const { tag, value } of mapper.decodeWrites(message)) {
        if (tag !== null) watch.write(tag.name, view.timeUs, value, client);
      }
    },
    localStartS,
  );
  traffic.run(warmSeconds);
  const quietFindings = findings.length;
  const atUs = traffic.line.nowUs;
  if (attack !== '') traffic.line.startAttack(attack);
  traffic.run(afterSeconds);
  const after = (finding: Finding): number => (finding.timeUs - atUs) / S;
  return { findings, quietFindings, states, watch, after, nowUs: traffic.line.nowUs };
}

describe('the dairy of the site file', () => {
  it('is quiet over an end of production, cleaning and a restart', () => {
    const evening = 20 * 3_600; // production ends in the evening and begins early
    const { findings, states, watch } = dairyStory(4, 39_600, '', 0, evening);
    expect(findings.map(({ kind, sentence }) => `${kind}: ${sentence}`)).toEqual([]);
    // Milk goes back while the heater warms up; a rinse after cleaning is no production.
    const visited = states.filter((state) => state.startsWith('P1'));
    for (const state of ['running', 'stopped', 'cleaning', 'diverting']) expect(visited).toContain(`P1 ${state}`);
    expect(visited.at(-1)).toBe('P1 running');
    const judged = Object.fromEntries(
      watch.invariants.status().map(({ name, judgedSeconds }) => [name, judgedSeconds]),
    );
    expect(judged.heat).toBeGreaterThan(7_000);
    expect(judged['guard door']).toBeGreaterThan(39_000);
    expect(watch.effects.confirmed).toBeGreaterThan(5);
  });

  it('shows a falsified calibration by the heat balance and the twin', () => {
    const { findings, quietFindings, after } = dairyStory(2, 3_600, 'calibration-offset', 400);
    expect(quietFindings).toBe(0);
    const offset = findings.filter(({ kind }) => kind === 'offset');
    const last = offset.at(-1)!;
    expect(last.subject).toMatchObject({ tag: 'TT-101', unit: 'P1' });
    expect(last.numbers.deviation).toBeCloseTo(4, 0);
    expect(last.numbers.likelyTrue).toBeLessThan(72);
    expect(last.sentence).toMatch(
      /^TT-101 reads 3\.\d+ K high: it shows 7\d\.?\d* °C where TT-102 and heat expect 7[12]/,
    );
    expect(Math.min(...offset.map(after))).toBeLessThan(60);
  });

  it('shows a forced guard door at once, and the open door it hides', () => {
    const { findings, after, watch, nowUs } = dairyStory(2, 3_600, 'guard-door-forced', 300);
    const [force, hidden] = findings;
    expect(force).toMatchObject({
      kind: 'bypass',
      subject: { tag: 'GUARD-1.force', actor: '127.20.3.44', unit: 'F1' },
    });
    expect(after(force!)).toBeLessThan(15);
    expect(hidden).toMatchObject({
      kind: 'safety-flat',
      subject: { tag: 'GUARD-1' },
      numbers: { shown: 1, likelyTrue: 0 },
    });
    expect(hidden!.sentence).toBe('GUARD-1 shows 1, which contradicts GUARD-1.lamp (guard door).');
    const [item] = watch.safety.items(nowUs, (id) => (id === '127.20.3.44' ? 'ENG-LT-7' : id));
    expect(item).toEqual({
      name: 'GUARD-1',
      text: 'forced since 2026-03-02 09:00 UTC, by ENG-LT-7; shows 1',
      priority: 'critical',
    });
  });

  it('finds the true temperature behind a hidden one', () => {
    const { findings } = dairyStory(2, 3_600, 'over-temperature-hidden', 400);
    expect(findings[0]).toMatchObject({ kind: 'bypass', subject: { tag: 'TSH-101.force' } });
    const last = findings.filter(({ kind }) => kind === 'offset').at(-1)!;
    expect(last.numbers.deviation).toBeLessThan(-20);
    expect(last.numbers.likelyTrue).toBeGreaterThan(85);
  });

  it('keeps quiet about a planned calibration within the tolerances', () => {
    expect(dairyStory(2, 3_600, 'calibration-planned', 400).findings).toEqual([]);
  });
});

/** A small plant fed by hand: values by tag for each second. */
function handStory(
  site: string,
  seconds: number,
  at: (second: number, watch: DeclaredWatch) => Record<string, number>,
  options = {},
) {
  const findings: Finding[] = [];
  const watch = new DeclaredWatch(loadSite(site, 'site.yaml'), {
    onFinding: (finding) => findings.push(finding),
    ...options,
  });
  for (let second = 0; second < seconds; second++) {
    for (const [tag, value] of Object.entries(at(second, watch))) watch.sample(tag, second * S, value, 'good');
  }
  return { findings, watch };
}

const PUMP = `units:
  - name: U
    tags:
      run: {point: 10.0.0.1/1/coil/0, role: command}
      speed: {point: 10.0.0.1/1/holding/0, unit: /min, limits: {"*": {safe: [0, 3000]}}}
    effects: [{of: run, on: speed, gain: 1500 /min, lag: 4 s}]`;
const noise = (second: number): number => ((second * 7_919) % 11) - 5;

describe('declared effects', () => {
  const story = (response: (sinceS: number) => number, options = {}, written = true) =>
    handStory(
      PUMP,
      300,
      (second, watch) => {
        if (second === 200 && written) watch.write('run', second * S, 1, 'asset-7');
        return {
          run: second >= 200 ? 1 : 0,
          speed: (second < 200 ? 0 : response(second - 200)) + Math.abs(noise(second)),
        };
      },
      options,
    );

  it('that come are confirmed', () => {
    const { findings, watch } = story((since) => Math.min(1_500, 300 * since));
    expect(findings).toEqual([]);
    expect(watch.effects.confirmed).toBe(1);
  });

  it('that do not come are told, with who commanded', () => {
    const { findings } = story(() => 0);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      kind: 'command-without-effect',
      subject: { tag: 'speed', actor: 'asset-7', unit: 'U' },
      sinceUs: 200 * S,
    });
    expect(findings[0]!.sentence).toMatch(
      /^run changed by \+1, but speed does not follow: \+1500 \/min within about 4 s was due/,
    );
  });

  it('that come late are told, as no alarm', () => {
    const { findings } = story((since) => (since < 9.5 ? 0 : 1_500));
    expect(findings.map(({ kind, informative }) => [kind, informative])).toEqual([['lag', true]]);
  });

  it('without a command are told only where all commands are seen', () => {
    const follows = (since: number): number => Math.min(1_500, 300 * since);
    expect(story(follows, {}, false).findings).toEqual([]);
    expect(story(follows, { allCommandsSeen: true }, false).findings.map(({ kind }) => kind)).toEqual([
      'effect-without-command',
    ]);
    expect(story(follows, { allCommandsSeen: true }, true).findings).toEqual([]);
  });

  it('against their direction are a wrong sign', () => {
    const site = PUMP.replace('[0, 3000]', '[-3000, 3000]');
    const { findings } = handStory(site, 300, (second) => ({
      run: second >= 200 ? 1 : 0,
      speed: second < 200 ? noise(second) : -1_500 + noise(second),
    }));
    expect(findings.map(({ kind }) => kind)).toEqual(['swapped']);
  });

  it('are not judged where the measurement cannot go further', () => {
    const { findings, watch } = handStory(PUMP, 300, (second) => ({
      run: second < 200 ? 1 : 0,
      speed: Math.abs(noise(second)),
    }));
    expect(findings).toEqual([]);
    expect(watch.effects.notJudged).toBe(1);
  });
});

const TANK = `units:
  - name: T
    states: {on: pump == 1, off: otherwise}
    tags:
      pump: {point: 10.0.0.1/1/coil/0}
      FT-1: {point: 10.0.0.1/1/holding/0, unit: m3/h, role: measurement}
      FT-2: {point: 10.0.0.1/1/holding/1, unit: m3/h, role: measurement}
    invariants: [{name: flow, when: on, steadyFor: 30 s, that: FT-1 ~ FT-2, within: 10 %}]`;

describe('declared invariants', () => {
  it('are judged only in their state and after it was steady', () => {
    const { findings, watch } = handStory(TANK, 600, () => ({ pump: 0, 'FT-1': 5, 'FT-2': 9 }));
    expect(findings).toEqual([]);
    expect(watch.invariants.status()[0]).toMatchObject({ status: 'not judged', judgedSeconds: 0 });
  });

  it('that break without a witness accuse nobody alone', () => {
    const { findings } = handStory(TANK, 900, (second) => ({ pump: 1, 'FT-1': 5, 'FT-2': second < 400 ? 5 : 7 }));
    // Said again while it stands: one finding, known better.
    expect(new Set(findings.map(({ id }) => id)).size).toBe(1);
    expect(findings[0]).toMatchObject({ kind: 'balance', subject: { tag: '', unit: 'T' } });
    expect(findings[0]!.sentence).toBe(
      'flow does not hold: 5 m3/h against 7 m3/h; one of FT-1, FT-2 is wrong or something is not measured.',
    );
    expect(findings[0]!.numbers).toMatchObject({ left: 5, right: 7, 'coupled:FT-1': 1, 'coupled:FT-2': 1 });
  });

  it('let the process pass through a short deviation', () => {
    const { findings } = handStory(TANK, 900, (second) => ({
      pump: 1,
      'FT-1': 5,
      'FT-2': second > 400 && second < 425 ? 6.5 : 5,
    }));
    expect(findings).toEqual([]);
  });

  it('cannot be judged with old values', () => {
    const { watch } = handStory(
      TANK,
      900,
      (second): Record<string, number> => (second < 400 ? { pump: 1, 'FT-1': 5, 'FT-2': 5 } : { pump: 1, 'FT-1': 5 }),
    );
    expect(watch.invariants.status()[0]!.status).toBe('not judged');
  });
});

const GUARD = `units:
  - name: F
    consequence: {injury: critical}
    tags:
      G: {point: 10.0.0.1/1/discrete/0, role: safety, proofTest: monthly}
      G.bypass: {point: 10.0.0.1/1/coil/0, role: safety}`;
const DAY = 86_400;

describe('the safety register', () => {
  const register = () => {
    const findings: Finding[] = [];
    const site = loadSite(GUARD, 'site.yaml');
    const { safety } = new DeclaredWatch(site, { onFinding: (finding) => findings.push(finding) });
    return { findings, safety };
  };

  it('says when a function outlived its proof test without moving', () => {
    const { findings, safety } = register();
    safety.sample('G', 0, 1);
    safety.update(30 * DAY * S);
    expect(findings).toEqual([]);
    safety.update(31 * DAY * S);
    safety.update(32 * DAY * S);
    expect(findings.map(({ kind, informative }) => [kind, informative])).toEqual([['safety-flat', true]]);
    expect(safety.items(32 * DAY * S)[0]).toMatchObject({ name: 'G', priority: 'medium' });
    safety.proofTested('G', 33 * DAY * S, 'M. Weber');
    expect(safety.items(34 * DAY * S)[0]).toEqual({
      name: 'G',
      text: 'shows 1, not seen to move since watching began (1970-01-01 00:00 UTC), proof-tested 1970-02-03 00:00 UTC by M. Weber; proof test monthly',
      priority: null,
    });
  });

  it('names who bypassed whether the write or the value is seen first, and forgets what is taken back', () => {
    for (const order of ['write first', 'sample first']) {
      const { findings, safety } = register();
      safety.sample('G.bypass', 0, 0);
      if (order === 'write first') safety.write('G.bypass', 5 * S, 1, 'a-1');
      safety.sample('G.bypass', 5 * S, 1);
      if (order === 'sample first') safety.write('G.bypass', 5 * S, 1, 'a-1');
      expect(findings).toHaveLength(1);
      expect(safety.items(6 * S)[0]!.text).toMatch(/^bypassed since 1970-01-01 00:00 UTC, by a-1/);
      safety.sample('G.bypass', 9 * S, 0);
      expect(safety.items(10 * S).map(({ text }) => text)).toEqual(['no value seen']);
    }
  });

  it('says of a bypass found in place that its author is not known', () => {
    const { findings, safety } = register();
    safety.sample('G.bypass', 5 * S, 1);
    expect(findings).toHaveLength(0);
    safety.update(6 * S);
    expect(findings).toHaveLength(1);
    expect(safety.items(6 * S)[0]!.text).toMatch(/^bypassed since before .*, by whom is not known/);
  });

  it('outlives a restart without saying everything again', () => {
    const first = register();
    first.safety.sample('G.bypass', 0, 0);
    first.safety.write('G.bypass', 5 * S, 1, 'a-1');
    const second = register();
    second.safety.load(JSON.parse(JSON.stringify(first.safety.save())));
    second.safety.sample('G.bypass', 100 * S, 1);
    expect(second.findings).toEqual([]);
    expect(second.safety.items(100 * S)[0]!.text).toMatch(/by a-1/);
  });
});
