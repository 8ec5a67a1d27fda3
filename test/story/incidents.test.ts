/**
 * Stories of incidents in virtual time: attacks, faults, ordinary work, and what looks like one and is another. The sentences stand in
 * `incidents.golden.md`, so that a change of wording is reviewed as text (`npm run golden` updates it).
 */
import { describe, expect, it } from 'vitest';
import { INCIDENT_FINDINGS_MAX } from '../../src/limits.ts';
import type { Incident } from '../../src/records.ts';
import { IncidentEngine } from '../../src/understand/incidents/engine.ts';
import * as stories from './incident-stories.ts';
import { at, ENGINEER, HMI, PLC1, PLC2, STRANGER, World } from './incident-world.ts';

function rendered(incident: Incident): string {
  const lines = [
    `**${incident.id} · ${incident.priority} · ${incident.cause} (${Math.round(incident.causeConfidence * 100)} %) · ${incident.title}**`,
    incident.sentence,
    `If nobody acts: ${incident.ifNobodyActs}`,
    ...incident.advice.map(({ step, text }) => `- ${step}: ${text}`),
    `Why one story: ${incident.whyOneStory}`,
    `Because: ${incident.causeBecause.join('; ')}.`,
  ];
  if (incident.shown !== undefined) {
    const { tag, shown, likelyTrue, mustBe } = incident.shown;
    lines.push(
      `Shown: ${tag} ${shown.toFixed(1)}, likely ${likelyTrue.toFixed(1)}${mustBe === '' ? '' : `, must be ${mustBe}`}`,
    );
  }
  return lines.join('\n');
}

const oldestFirst = (world: World) => [...world.engine.open()].reverse();

describe('the sentences', () => {
  it('read as an engineer would say them', async () => {
    const parts = stories.STORIES.map((story) => {
      const incidents = oldestFirst(stories.play(story)).map(rendered);
      return `## ${story.title}\n\n${incidents.join('\n\n')}`;
    });
    await expect(`${parts.join('\n\n')}\n`).toMatchFileSnapshot('./incidents.golden.md');
  });

  it.each(stories.STORIES)('$title: advice begins at the machine, never with a write', (story) => {
    for (const incident of stories.play(story).engine.open()) {
      expect(incident.advice[0]?.step).toBe('check');
      const order = incident.advice.map((advice) => ['check', 'hold', 'then', 'call'].indexOf(advice.step));
      expect(order).toEqual([...order].sort((a, b) => a - b));
      const restoring = incident.advice.filter((advice) => /restores .*(offset|SP-)/.test(advice.text));
      for (const advice of restoring) expect(advice.text).toContain('loop in manual');
    }
  });
});

describe('one attack is one incident', () => {
  it('joins scan, write and effects, and says what is shown and what is likely true', () => {
    const world = new World();
    stories.calibrationOffset(world);
    stories.calibrationEffects(world);
    const incident = world.only();
    expect(incident.findings.map((finding) => finding.kind)).toEqual([
      'new-device',
      'new-crossing',
      'identity-read',
      'new-write-point',
      'physical-rate',
      'offset',
      'relation',
    ]);
    expect(incident).toMatchObject({
      priority: 'critical',
      cause: 'unplanned change',
      causeConfidence: 0.98,
      actor: STRANGER,
    });
    expect(incident.shown).toEqual({ tag: 'TT-101', unit: 'Cel', shown: 75, likelyTrue: 71, mustBe: '72 to 90 °C' });
    expect(incident.lagMs).toBe(1000);
    expect(incident.techniques).toContain('T0836');
    expect(incident.devices).toEqual([PLC1]);
  });

  it('predicts the effect before anything was measured', () => {
    const world = new World();
    stories.calibrationOffset(world);
    expect(world.only().sentence).toContain(
      'the true temperature falls 4.0 K within two minutes as the controller turns the heater down, to 71.0 °C',
    );
    expect(world.only().shown).toBeUndefined();
  });

  it('takes the sign into account: an offset down makes the milk hotter', () => {
    const world = new World();
    world.arrive('10:01:58');
    world.write('10:02:07', STRANGER, 'TT-101.offset', 0, -2);
    expect(world.only().sentence).toContain(
      'rises 2.0 K within two minutes as the controller turns the heater up, to 77.0 °C',
    );
  });

  it('follows effects into the unit that shares a loop', () => {
    const world = new World();
    stories.lineStopped(world);
    expect(world.only().units).toEqual(['F1', 'P1']);
  });

  it('does not take a deviation for the effect of a later write', () => {
    const world = new World();
    stories.sensorStuck(world);
    world.arrive('10:30:00', PLC2);
    world.write('10:31:00', STRANGER, 'line.run', 1, 0);
    expect(oldestFirst(world).map((incident) => incident.units)).toEqual([['P1'], ['F1']]);
  });

  it('takes a known station that writes to what misbehaves as an answer', () => {
    const world = new World();
    stories.sensorOffset(world);
    world.write('10:30:00', ENGINEER, 'TT-101.offset', 0, -4);
    expect(world.only()).toMatchObject({ cause: 'sensor fault' });
    expect(world.only().sentence).toContain('ENG-1 wrote TT-101.offset after it, at 10:30:00.');
  });

  it('keeps two strangers at two machines apart, and two faults on two units', () => {
    const world = new World();
    stories.twoFaults(world);
    expect(world.engine.open()).toHaveLength(2);
    const other = new World();
    stories.calibrationOffset(other);
    other.find('10:02:30', 'new-device', { actor: 'A-99', device: 'A-99' }, 'A-99 was never seen before.');
    other.find('10:02:40', 'new-write-point', { actor: 'A-99', device: PLC2, tag: 'SP-201' }, 'A-99 wrote SP-201.', {
      numbers: { written: 120, before: 100 },
    });
    expect(other.engine.open()).toHaveLength(2);
  });

  it('counts small writes also where the detector speaks only of every tenth', () => {
    const world = new World();
    world.arrive('10:00:00');
    const first = world.find(
      '10:01:00',
      'new-write-point',
      { actor: STRANGER, device: PLC1, tag: 'TT-101.offset' },
      'wrote',
      {
        numbers: { written: 0.05, before: 0 },
      },
    );
    world.add({ ...first, timeUs: at('10:05:30'), numbers: { written: 0.5, before: 0.45, times: 10 } });
    expect(world.only().sentence).toContain('in 10 small steps since 10:01:00, +0.5 K so far');
    expect(world.only().cause).toBe('hostile pattern');
    world.tick('10:06:00', { 'TT-101.offset': 0.5 });
    world.tick('10:10:00', { 'TT-101.offset': 0.9 });
    expect(world.only().sentence).toContain('+0.9 K so far');
  });
});

describe('cause and effect', () => {
  it('takes the calibration for a jump of its size, not the set-point written just before', () => {
    const world = new World();
    world.write('10:02:00', HMI, 'SP-101', 75, 76);
    stories.calibrationOffset(world);
    stories.calibrationEffects(world);
    const byTitle = Object.fromEntries(world.engine.open().map((incident) => [incident.title, incident]));
    const kinds = byTitle['Calibration of TT-101 changed by +4.0 K']?.findings.map((finding) => finding.kind);
    expect(kinds).toContain('physical-rate');
    expect(kinds).toContain('offset');
    expect(byTitle['SP-101 raised to 76.0 °C']).toMatchObject({ priority: 'low', units: ['P1'] });
  });

  it('follows a moved machine into the next unit, but not a falsified reading', () => {
    const starve = (world: World) =>
      world.find('10:21:00', 'level', { tag: 'LT-201', unit: 'F1' }, 'LT-201 shows 3 %.', { numbers: { shown: 3 } });
    const moved = new World();
    stories.setPointRamp(moved);
    starve(moved);
    expect(moved.only().units).toEqual(['P1', 'F1']);
    expect(moved.only().sentence).toContain('It reaches F1: LT-201.');
    const falsified = new World();
    stories.calibrationDrift(falsified);
    starve(falsified);
    expect(falsified.engine.open()).toHaveLength(2);
  });

  it('does not let an odd pattern hold what an attack explains better', () => {
    const world = new World();
    world.find('09:40:00', 'relation', { tag: 'ST-202', unit: 'F1' }, 'ST-202 no longer agrees.');
    stories.setPointRamp(world);
    world.find('10:21:00', 'stuck', { tag: 'ST-202', unit: 'F1' }, 'ST-202 is frozen.', { numbers: { shown: 0 } });
    expect(oldestFirst(world).map((incident) => incident.units)).toEqual([['F1'], ['P1', 'F1']]);
    expect(world.engine.get('I-1')?.priority).toBe('low');
  });

  it('tells the lag of the first notice, also when a detector has become surer', () => {
    const world = new World();
    stories.calibrationOffset(world);
    const first = world.find('10:02:48', 'drift', { tag: 'TT-101', unit: 'P1' }, 'TT-101 reads 3 K high.', {
      since: '10:02:20',
      numbers: { shown: 76, deviation: 3 },
    });
    world.add({ ...first, timeUs: at('10:05:48'), numbers: { shown: 75, deviation: 4 } });
    expect(world.only().lagMs).toBe(13_000);
    expect(world.only().causeConfidence).toBe(0.98);
  });

  it('does not alarm anew each time a value swings about its limit', () => {
    const world = new World();
    stories.calibrationOffset(world);
    world.engine.act('I-1', { action: 'acknowledge' }, 'ana', at('10:02:10'));
    for (const [minute, shown] of [75, 77.5, 75, 77.5, 75].entries()) {
      world.tick(`10:0${minute + 3}:00`, { 'TT-101': shown, 'SP-101': shown });
    }
    expect(world.only()).toMatchObject({ priority: 'critical', state: 'acknowledged' });
  });
});

describe('two stories become one', () => {
  it('when the write that explains a deviation is found later; the older id stays and the merge is said', () => {
    const world = new World();
    world.find('10:02:08', 'physical-rate', { tag: 'TT-101', unit: 'P1' }, 'TT-101 changed by +4 Cel in one scan.', {
      numbers: { shown: 79, deviation: 4 },
    });
    expect(world.only()).toMatchObject({ id: 'I-1', cause: 'sensor fault' });
    world.find('10:02:20', 'scan', { actor: STRANGER }, 'ENG-LT-7 scans.');
    expect(world.engine.open()).toHaveLength(2);
    world.find('10:02:21', 'new-device', { actor: STRANGER, device: STRANGER }, 'ENG-LT-7 was never seen before.');
    // The capture of the other tap arrives late.
    world.write('10:02:07', STRANGER, 'TT-101.offset', 0, 4);
    const incident = world.only();
    expect(incident.id).toBe('I-1');
    expect(incident.cause).toBe('hostile pattern');
    expect(incident.timeline.map((entry) => entry.text)).toContain('I-2 is part of this story: the write explains it.');
    const merged = world.told.filter(({ change }) => change.kind === 'merged');
    expect(merged.map(({ incident: into, change }) => [into.id, change.absorbed])).toEqual([['I-1', 'I-2']]);
    expect(world.engine.get('I-2')).toBeUndefined();
  });
});

describe('cause', () => {
  const causeOf = (play: (world: World) => void) => {
    const world = new World();
    play(world);
    return world.only().cause;
  };

  it.each([
    ['a stranger wrote, nothing hostile seen', stories.calibrationOffset, 'unplanned change'],
    ['many small writes of a stranger', stories.calibrationDrift, 'hostile pattern'],
    ['a stranger forced a guard', stories.guardForced, 'hostile pattern'],
    ['force, set-point and calibration together', stories.overTemperatureHidden, 'hostile pattern'],
    ['open window of this host', stories.plannedCalibration, 'planned work'],
    ['known engineer, no window', stories.knownEngineerWithoutWindow, 'unplanned change'],
    ['redundancy says the reading is wrong', stories.sensorOffset, 'sensor fault'],
    ['a balance that does not close', stories.leak, 'process fault'],
    ['refused', stories.refusedWrite, 'unplanned change'],
  ] as const)('%s', (_name, play, cause) => {
    expect(causeOf(play)).toBe(cause);
  });

  it('is hostile when the stranger scanned before it wrote', () => {
    const world = new World();
    stories.scanOnly(world);
    world.write('10:02:07', STRANGER, 'SP-101', 75, 76);
    expect(world.only()).toMatchObject({ cause: 'hostile pattern' });
    expect(world.only().causeBecause).toContain('it scanned before it wrote');
  });

  it('is hostile when views are lost after a remote session', () => {
    const world = new World();
    world.find('10:00:00', 'remote-session', { actor: 'A-40', device: HMI }, 'A-40 opened a remote session on hmi-1.');
    stories.viewsLost(world);
    world.find('10:03:00', 'stale', { actor: 'A-6', device: 'A-41' }, 'A-41 is silent.');
    expect(world.only().cause).toBe('hostile pattern');
  });

  it('names the people behind a server where they are known', () => {
    const world = new World();
    world.sessions = ['j.smith from ENG-1'];
    world.write('10:02:07', HMI, 'SP-101', 75, 80, ['write-range']);
    expect(world.only().causeBecause).toContain('sessions into hmi-1 then: j.smith from ENG-1');
  });

  it('says where to look when a calibration moved and no write was seen', () => {
    const world = new World();
    world.find(
      '10:02:07',
      'never-moved',
      { tag: 'TT-101.offset', unit: 'P1' },
      'TT-101.offset never moved and now shows 4 K.',
    );
    expect(world.only()).toMatchObject({ cause: 'unplanned change', causeConfidence: 0.6 });
    expect(world.only().sentence).toContain('over a path that is not watched');
  });

  it('reminds of similar incidents', () => {
    const world = new World();
    world.similar = [{ id: 'I-0', text: 'closed on 3 May: right' }];
    stories.calibrationOffset(world);
    world.tick('10:02:20');
    expect(world.only().causeBecause).toContain('looks like I-0, closed on 3 May: right');
  });
});

describe('priority comes from what can happen', () => {
  it.each([
    ['scan only', stories.scanOnly, 'low'],
    ['new device only', stories.newDeviceOnly, 'low'],
    ['product out of its limit unseen', stories.calibrationOffset, 'critical'],
    ['the same where a protection sees the truth', stories.setPointRamp, 'high'],
    ['person at risk', stories.guardForced, 'critical'],
    ['planned work', stories.plannedCalibration, 'information'],
    ['line stopped', stories.lineStopped, 'high'],
  ] as const)('%s', (_name, play, priority) => {
    const world = new World();
    play(world);
    expect(world.only().priority).toBe(priority);
  });

  it('falls to an attempt when the device refused', () => {
    const world = new World();
    stories.refusedWrite(world);
    expect(world.told.some(({ incident }) => incident.priority === 'high')).toBe(true);
    expect(world.only()).toMatchObject({ priority: 'medium', cause: 'unplanned change' });
  });

  it('takes several tags at 0 at once for a machine that stands, not for broken instruments', () => {
    const world = new World();
    for (const tag of ['ST-201', 'ST-202', 'IT-201']) {
      world.find('10:02:00', 'stuck', { tag, unit: 'F1' }, `${tag} is frozen at 0.`, { numbers: { shown: 0 } });
    }
    expect(world.only()).toMatchObject({ priority: 'low', title: 'F1 stands still', cause: 'process fault' });
    const frozen = new World();
    for (const tag of ['TT-101', 'TT-102']) {
      frozen.find('10:02:00', 'stuck', { tag, unit: 'P1' }, `${tag} is frozen.`, { numbers: { shown: 75 } });
    }
    expect(frozen.only()).toMatchObject({ priority: 'medium', cause: 'sensor fault' });
  });

  it('keeps an operator who writes inside the limits low', () => {
    const world = new World();
    world.write('10:02:07', HMI, 'SP-101', 75, 77.9, ['write-range']);
    expect(world.only().priority).toBe('low');
  });
});

describe('planned work', () => {
  it('opens no alarm and tells the difference when its window ends', () => {
    const world = new World();
    stories.plannedCalibration(world);
    world.tick('11:59:50');
    expect(world.only().priority).toBe('information');
    world.tick('12:00:01');
    expect(world.told.at(-1)?.change).toMatchObject({ kind: 'work-ended' });
    expect(world.only().priority).toBe('low');
    expect(world.only().sentence).toContain('leaves a difference: TT-102.offset 0.1 K (was 0.0 K)');
  });

  it('is quiet when everything was put back', () => {
    const world = new World();
    stories.plannedCalibration(world);
    world.write('10:05:00', ENGINEER, 'TT-102.offset', 0.1, 0);
    world.tick('12:00:01');
    expect(world.only().priority).toBe('information');
    expect(world.only().sentence).toContain('Everything written is back where it was.');
  });

  it('does not cover another host, another unit or another time', () => {
    const other = new World();
    stories.plannedCalibration(other);
    other.write('10:03:00', HMI, 'TT-101.offset', 0, 4);
    expect(other.engine.open().map((incident) => incident.cause)).toContain('unplanned change');
    const late = new World();
    stories.plannedCalibration(late);
    late.write('12:30:00', ENGINEER, 'TT-102.offset', 0.1, 0.3);
    expect(late.engine.open().map((incident) => incident.cause)).toContain('unplanned change');
  });

  it('counts when a person opens the window afterwards', () => {
    const world = new World();
    stories.knownEngineerWithoutWindow(world);
    expect(world.only().cause).toBe('unplanned change');
    world.work = {
      id: 'W-4',
      who: 'M. Berg',
      what: 'check',
      unit: 'P1',
      actor: ENGINEER,
      fromUs: at('10:00'),
      untilUs: at('12:00'),
    };
    world.tick('10:05:00');
    expect(world.only()).toMatchObject({ cause: 'planned work', priority: 'information' });
  });
});

describe('advice', () => {
  it('does not cut off a host while a download is open', () => {
    const world = new World();
    world.download = true;
    stories.programDownload(world);
    const texts = world.only().advice.map((advice) => advice.text);
    expect(texts).toContain('Do not cut 127.20.3.44 off yet: a download into plc-1 is open.');
    expect(texts.some((text) => text.startsWith('Isolate'))).toBe(false);
  });

  it('counts product from the moment the true value left its limit', () => {
    const world = new World();
    stories.calibrationOffset(world);
    stories.calibrationEffects(world);
    expect(world.only().advice).toContainEqual({ step: 'hold', text: 'Bottles since 10:03.' });
    expect(world.only().ifNobodyActs).toContain('about 100 bottles a minute');
  });
});

describe('flood', () => {
  it('counts a thousand findings of one cause on one incident', () => {
    const world = new World();
    stories.calibrationOffset(world);
    for (let n = 0; n < 1000; n += 1) {
      world.find(
        `10:03:${String(n % 60).padStart(2, '0')}.${String(n).padStart(3, '0')}`,
        'relation',
        { tag: 'TT-101', unit: 'P1' },
        'again',
      );
    }
    const incident = world.only();
    expect(incident.findings).toHaveLength(INCIDENT_FINDINGS_MAX);
    expect(incident.timeline.length).toBeLessThanOrEqual(INCIDENT_FINDINGS_MAX + 1);
    expect(world.engine.counts.countedOnly).toBe(1004 - INCIDENT_FINDINGS_MAX);
    world.tick('10:05:00');
    expect(
      world
        .only()
        .timeline.some(
          (entry) => entry.text === `${1004 - INCIDENT_FINDINGS_MAX} more findings like these, counted only.`,
        ),
    ).toBe(true);
    expect(incident.sentence).toContain('changed the calibration of TT-101');
  });

  it('groups many incidents, but never what was changed', () => {
    const world = new World();
    for (let n = 0; n < 300; n += 1) {
      world.find('10:02:00', 'oscillation', { tag: `X-${n}`, unit: `U${n}` }, `X-${n} swings.`);
    }
    world.tick('10:02:30');
    expect(world.engine.open()).toHaveLength(11);
    const group = world.engine.open().find((incident) => incident.title.startsWith('Many findings'))!;
    expect(group.title).toBe('Many findings at once (290)');
    stories.guardForced(world);
    expect(world.engine.open().some((incident) => incident.title === 'Guard door GUARD-1 forced')).toBe(true);
  });
});

describe('the same in, the same out', () => {
  it('gives equal incidents, ids and changes for equal findings', () => {
    for (const story of stories.STORIES) {
      expect(stories.play(story).told).toEqual(stories.play(story).told);
    }
  });

  it('opens nothing for findings that only inform, and remembers them', () => {
    const world = new World();
    world.find('10:00:00', 'identity-read', { actor: STRANGER, device: PLC1 }, 'asks', { informative: true });
    expect(world.engine.open()).toHaveLength(0);
    stories.calibrationOffset(world);
    expect(world.only().findings.filter((finding) => finding.kind === 'identity-read')).toHaveLength(2);
  });

  it('knows its incidents after a restart and counts no finding twice', () => {
    const world = new World();
    stories.calibrationOffset(world);
    stories.calibrationEffects(world);
    const saved = JSON.parse(JSON.stringify(world.engine.save()));
    const told: string[] = [];
    const engine = new IncidentEngine(world.context(), { onIncident: (incident) => told.push(incident.id) });
    engine.load(saved);
    expect(engine.open()).toEqual(world.engine.open());
    for (const finding of world.findings) engine.add(finding);
    // Detectors number anew after a restart: the same finding under another id.
    for (const [n, finding] of world.findings.entries()) engine.add({ ...finding, id: `again-${n}` });
    expect(told).toEqual([]);
    expect(engine.counts.repeated).toBe(2 * world.findings.length);
    expect(engine.open()).toEqual(world.engine.open());
  });

  it('does not open a closed incident again for what still stands', () => {
    const world = new World();
    stories.sensorStuck(world);
    const id = world.only().id;
    world.engine.act(id, { action: 'close', judgement: 'right', because: '' }, 'ana', at('10:10:00'));
    const [standing] = world.findings;
    world.add({ ...standing!, timeUs: at('10:11:00') });
    expect(world.engine.open()).toHaveLength(0);
    expect(world.engine.get(id)).toMatchObject({ state: 'closed', judgement: { verdict: 'right', by: 'ana' } });
  });
});

describe('what people do', () => {
  it('shelves until the end, and comes back by itself', () => {
    const world = new World();
    stories.sensorStuck(world);
    const shelved = world.engine.act(
      'I-1',
      { action: 'shelve', minutes: 30, because: 'on order' },
      'ana',
      at('10:05:00'),
    );
    expect(shelved?.state).toBe('shelved');
    expect(world.engine.shelvedUntilUs('I-1')).toBe(at('10:35:00'));
    world.tick('10:34:50');
    expect(world.only().state).toBe('shelved');
    world.tick('10:35:00');
    expect(world.told.at(-1)?.change.kind).toBe('unshelved');
    expect(world.only().state).toBe('unacknowledged');
  });

  it('must be seen again when it gets worse', () => {
    const world = new World();
    world.arrive('10:01:58');
    world.engine.act('I-1', { action: 'acknowledge' }, 'ana', at('10:02:00'));
    world.write('10:02:07', STRANGER, 'TT-101.offset', 0, 4);
    expect(world.only()).toMatchObject({ state: 'unacknowledged', priority: 'critical' });
    expect(world.only().timeline.map((entry) => entry.text)).toContain('Priority rose from low to critical.');
  });

  it('is planned work when a person says so, and stays open for what follows', () => {
    const world = new World();
    stories.knownEngineerWithoutWindow(world);
    world.engine.act('I-1', { action: 'planned-work', because: 'check of TT-102' }, 'ana', at('10:05:00'));
    expect(world.only()).toMatchObject({ cause: 'planned work', priority: 'information', state: 'acknowledged' });
    world.write('10:06:00', ENGINEER, 'TT-102.offset', 0.1, 0.2);
    expect(world.only()).toMatchObject({ id: 'I-1', cause: 'planned work' });
  });

  it('answers for what does not exist and what is closed', () => {
    const world = new World();
    stories.sensorStuck(world);
    expect(world.engine.act('I-9', { action: 'acknowledge' }, 'ana', 0)).toBeUndefined();
    world.engine.act('I-1', { action: 'close', judgement: 'right', because: '' }, 'ana', at('10:05:00'));
    expect(() => world.engine.act('I-1', { action: 'acknowledge' }, 'ana', 0)).toThrow('I-1 is closed');
  });
});
