/** The watch as a whole: an ordinary day is quiet, learning proposes, judgements and work windows hold. */
import { describe, expect, it } from 'vitest';
import {
  F,
  HMI,
  HOUR,
  LAPTOP,
  learned,
  MINUTE,
  ordinaryHour,
  PLC,
  PLC_UNIT,
  SECOND,
  START_US,
  STATION,
  Story,
} from './fixtures/story.ts';

describe('an ordinary day', () => {
  it('is quiet while learning and quiet afterwards', () => {
    const story = learned();
    expect(story.kinds(true)).toEqual([]);
    expect(story.watch.progress()).toMatchObject({ phase: 'ready', share: 1, dropped: 0 });
    for (let hour = 8; hour < 32; hour += 1) ordinaryHour(story, hour);
    expect(story.kinds(true)).toEqual([]);
  });

  it('stays quiet on harmless news: ephemeral ports, a moved DHCP client, a rare read', () => {
    const story = learned();
    story.meet(HMI, PLC_UNIT, 'modbus', 49_512);
    const mac = story.assets.get(HMI)!.macs;
    story.asset('10.20.2.77', { macs: mac }).meet('10.20.2.77', PLC_UNIT);
    story.read(HMI, PLC_UNIT, 'holding', 98, 8);
    story.use(HMI, PLC_UNIT, F.readFifo);
    expect(story.kinds()).toEqual([]);
    expect(story.find('new-function').informative).toBe(true);
  });

  it('is quiet after a restart with the learned baseline, whatever ids come first', () => {
    const story = new Story(learned().watch.baseline());
    for (let hour = 0; hour < 4; hour += 1) ordinaryHour(story, hour);
    expect(story.kinds(true)).toEqual([]);
  });
});

describe('learning', () => {
  it('proposes writes and asks a person in sentences', () => {
    const story = learned();
    expect(story.watch.pending().map((item) => item.sentence)).toEqual([
      'hmi-1 writes 2 set-points on plc-1: SP-101, SP-104.',
      'hmi-1 writes P1.run on plc-1: always 1, at most 1 a minute.',
    ]);
  });

  it('counts a cyclic machine as one item', () => {
    const story = new Story();
    story.watch.learnUntil(START_US + HOUR);
    for (let second = 0; second < 60; second += 1) {
      for (let register = 0; register < 20; register += 1) {
        story.write('10.20.1.12', `holding/${register}`, Math.sin(second + register));
      }
      story.wait(SECOND);
    }
    story.watch.freeze(story.nowUs);
    expect(story.watch.pending().map((item) => item.sentence)).toEqual([
      '10.20.1.12 writes 20 values in a steady rhythm on plc-1: 1/holding/0, 1/holding/1, 1/holding/10, 1/holding/11, 1/holding/12, 1/holding/13 and 14 more.',
    ]);
  });

  it('never learns calibration, forces, programs and firmware: they are told at once', () => {
    const story = new Story();
    story.watch.learnUntil(START_US + HOUR);
    story.write(STATION, 'TT-101.offset', 4);
    story.write(STATION, 'TSH-101.force', 1, F.writeCoil);
    story.write(STATION, 'GUARD-1', 1, F.writeCoil);
    story.operate(STATION, PLC, F.download);
    story.operate(STATION, PLC, F.writeFirmware);
    story.operate(STATION, PLC, F.stop);
    expect(story.kinds()).toEqual([
      'new-write-point',
      'force',
      'safety-touched',
      'program-download',
      'firmware',
      'mode-change',
    ]);
    story.wait(HOUR).quiet();
    // Poisoning: having been seen while learning makes none of it normal.
    story.wait(2 * HOUR);
    story.write(STATION, 'TT-101.offset', 4);
    story.operate(STATION, PLC, F.download);
    expect(story.kinds()).toEqual(expect.arrayContaining(['new-write-point', 'program-download']));
  });

  it('tells declared limits while learning', () => {
    const story = new Story();
    story.write(HMI, 'SP-101', 120);
    expect(story.find('write-range')).toMatchObject({
      subject: { actor: HMI, device: PLC_UNIT, tag: 'SP-101', unit: 'P1' },
      numbers: { written: 120, low: 72, high: 90 },
      expected: 'safe limits of TT-101 in state running: 72 to 90 °C',
    });
  });

  it('shows what still appears for the first time in the last third', () => {
    const story = new Story();
    story.watch.learnUntil(START_US + 3 * HOUR);
    ordinaryHour(story, 0);
    ordinaryHour(story, 1);
    expect(story.watch.progress()).toMatchObject({ phase: 'learning', unstable: [], secondsLeft: 3600 });
    story.wait(MINUTE).write(HMI, 'holding/200', 3);
    expect(story.watch.progress().unstable).toEqual(['1/holding/200 was written for the first time.']);
    story.watch.extend(START_US + 6 * HOUR);
    expect(story.watch.progress().share).toBeCloseTo(2 / 6, 1);
  });

  it('adds no write after the window; a person may reject or confirm what it proposed', () => {
    const story = learned();
    story.write(HMI, 'holding/200', 3);
    story.wait(2 * HOUR).write(HMI, 'holding/200', 3);
    expect(story.kinds().filter((kind) => kind === 'new-write-point')).toHaveLength(2);
    story.quiet();
    expect(story.watch.decide(['hmi-1->plc-1:SP-104'], 'rejected')).toBe(1);
    story.write(HMI, 'SP-104', 6);
    expect(story.find('new-write-point').subject.tag).toBe('SP-104');
    expect(story.watch.decide(['all'], 'confirmed')).toBeGreaterThan(0);
    expect(story.watch.pending()).toEqual([]);
  });

  it('quiets a confirmed program download of one client to a timeline entry', () => {
    const story = new Story();
    story.operate(STATION, PLC, F.download);
    story.watch.freeze(story.nowUs);
    expect(story.watch.decide([`${STATION}->plc-1`], 'confirmed')).toBe(1);
    story
      .quiet()
      .wait(2 * HOUR)
      .operate(STATION, PLC, F.download);
    expect(story.find('program-download').informative).toBe(true);
  });
});

describe('saying once', () => {
  it('counts repetitions and speaks again when it got worse', () => {
    const story = learned();
    for (let n = 1; n <= 40; n += 1) {
      story.wait(30 * SECOND).write(LAPTOP, 'TT-101.offset', n * 0.05);
    }
    const offsets = story.findings.filter((finding) => finding.kind === 'new-write-point');
    expect(new Set(offsets.map((finding) => finding.id)).size).toBe(1);
    expect(offsets.length).toBeLessThan(8);
    expect(offsets.at(-1)!.numbers.times).toBeGreaterThan(8);
    expect(story.watch.sizes().repeated).toBeGreaterThan(30);
  });
});

describe('judgements', () => {
  it('hold back what they name, until they expire', () => {
    const story = learned();
    const exception = {
      id: 'e-1',
      kind: 'new-write-point',
      subject: { tag: 'TT-101.offset' },
      untilUs: story.nowUs + HOUR,
      because: 'the laptop is the new engineering station',
      by: 'anna',
    };
    expect(story.watch.exceptions.add({ ...exception, subject: {} })).toBe(false);
    expect(story.watch.exceptions.add({ ...exception, untilUs: Number.POSITIVE_INFINITY })).toBe(false);
    expect(story.watch.exceptions.add(exception)).toBe(true);
    story.write(LAPTOP, 'TT-101.offset', 1);
    expect(story.kinds()).not.toContain('new-write-point');
    story.wait(HOUR);
    expect(story.watch.exceptions.list()).toEqual([]);
    story.write(LAPTOP, 'TT-101.offset', 1);
    expect(story.kinds()).toContain('new-write-point');
  });

  it('mark announced work, and only that', () => {
    const story = learned();
    const untilUs = story.nowUs + HOUR;
    const id = story.watch.openWork({
      unit: 'P1',
      who: 'Bo, order 4711',
      host: STATION,
      functions: ['write'],
      untilUs,
    });
    expect(id).not.toBe('');
    story.write(STATION, 'TT-101.offset', 0.1);
    expect(story.find('new-write-point')).toMatchObject({
      numbers: { planned: 1 },
      evidence: { text: expect.stringContaining('Inside announced work of Bo, order 4711.') as string },
    });
    story.operate(STATION, PLC, F.download);
    expect(story.find('program-download').numbers.planned).toBeUndefined();
    story.write(LAPTOP, 'TT-101.offset', 0.1);
    expect(story.findings.at(-1)!.numbers.planned).toBeUndefined();
    story.wait(HOUR);
    expect(story.watch.work.list()).toEqual([]);
  });
});
