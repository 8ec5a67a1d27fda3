/** Attacks, faults and ordinary work as findings in virtual time. Each leaves the world as it is a few minutes later. */
import { at, dairySite, ENGINEER, HISTORIAN, HMI, PLC1, PLC2, STRANGER, World } from './incident-world.ts';

/** The worked example: +4.0 K on the calibration of TT-101; the loop turns the heater down, the milk gets too cold. */
export function calibrationOffset(world: World): void {
  world.arrive('10:01:58');
  world.write('10:02:07', STRANGER, 'TT-101.offset', 0, 4);
}

/** What the process shows of it. */
export function calibrationEffects(world: World): void {
  world.values['TT-101'] = 79;
  world.find('10:02:08', 'physical-rate', { tag: 'TT-101', unit: 'P1' }, 'TT-101 changed by +4 Cel in one scan.', {
    numbers: { shown: 79, deviation: 4 },
  });
  world.tick('10:02:12', { 'TT-101': 78.4, heater: 40 });
  world.find('10:02:41', 'offset', { tag: 'TT-101', unit: 'P1' }, 'TT-101 reads 4 Cel high: TT-102 expects 71 Cel.', {
    since: '10:02:08',
    numbers: { shown: 75.6, deviation: 3.9, likelyTrue: 71.7, 'coupled:TT-102': 0.5 },
  });
  world.tick('10:03:20', { 'TT-101': 75.8, heater: 34 });
  world.find('10:03:31', 'relation', { tag: 'heater', unit: 'P1' }, 'The balance heat no longer agrees.', {
    since: '10:02:41',
  });
  world.tick('10:04:10', { 'TT-101': 75, heater: 36, bottles: 12_603 });
  world.tick('10:06:30', { bottles: 12_837 });
}

export function calibrationDrift(world: World): void {
  world.arrive('10:00:00');
  for (let n = 1; n <= 12; n += 1) {
    const seconds = 60 + 30 * n;
    const clock = `10:${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
    world.write(clock, STRANGER, 'TT-101.offset', (n - 1) * 0.05, n * 0.05);
    world.tick(clock);
  }
  world.find('10:07:30', 'drift', { tag: 'TT-101', unit: 'P1' }, 'TT-101 reads 0.6 Cel high and drifts.', {
    since: '10:05:00',
    numbers: { shown: 75, deviation: 0.55 },
  });
}

export function guardForced(world: World): void {
  world.arrive('10:01:00', PLC2);
  world.write('10:02:07', STRANGER, 'GUARD-1.force', 0, 1, ['force', 'new-function']);
  world.write('10:02:07', STRANGER, 'GUARD-1.force-value', 0, 1, ['force']);
}

export function doorOpens(world: World): void {
  world.tick('10:03:00', { 'GUARD-1.lamp': 1 });
  world.find(
    '10:03:01',
    'relation',
    { tag: 'GUARD-1.lamp', unit: 'F1' },
    'Guard door: GUARD-1 and its lamp contradict each other.',
    {
      numbers: { shown: 1 },
    },
  );
}

export function lineStopped(world: World): void {
  world.arrive('10:01:00', PLC2);
  world.write('10:02:07', STRANGER, 'line.run', 1, 0, ['new-write-point', 'new-master']);
  world.states.F1 = 'stopped';
  world.find('10:02:09', 'level', { tag: 'ST-201', unit: 'F1' }, 'ST-201 shows 0 /min.', { numbers: { shown: 0 } });
  world.tick('10:02:20', { 'ST-201': 0, 'line.running': 0 });
  world.find('10:07:00', 'level', { tag: 'LT-201', unit: 'F1' }, 'LT-201 shows 60 %.', { numbers: { shown: 60 } });
  world.find(
    '10:11:00',
    'never-moved',
    { tag: 'LSH-201', unit: 'P1' },
    'LSH-201 never moved while learning and now shows 1.',
    {
      numbers: { shown: 1 },
    },
  );
  world.tick('10:12:00', { 'LT-201': 86 });
}

export function setPointRamp(world: World): void {
  world.arrive('10:00:00');
  for (let n = 1; n <= 20; n += 1) {
    const clock = `10:${String(n).padStart(2, '0')}:00`;
    world.write(clock, STRANGER, 'SP-101', Number((75 - (n - 1) * 0.1).toFixed(1)), Number((75 - n * 0.1).toFixed(1)));
    world.tick(clock, { 'TT-101': 75 - (n - 2) * 0.1 });
  }
}

/** From where `setPointRamp` ended to below the limit. */
export function setPointBelow(world: World): void {
  for (let n = 21; n <= 35; n += 1) {
    const clock = `10:${String(n).padStart(2, '0')}:00`;
    world.write(clock, STRANGER, 'SP-101', Number((75 - (n - 1) * 0.1).toFixed(1)), Number((75 - n * 0.1).toFixed(1)));
    world.tick(clock, { 'TT-101': 75 - (n - 2) * 0.1 });
  }
  world.find('10:33:30', 'limit', { tag: 'TT-101', unit: 'P1' }, 'TT-101 shows 71.9 Cel, expected at least 72 Cel.', {
    numbers: { shown: 71.9, expectedLow: 72 },
  });
  world.tick('10:37:00', { 'TT-101': 71.5, FDV: 1 });
}

export function overTemperatureHidden(world: World): void {
  world.arrive('10:01:00');
  world.write('10:02:07', STRANGER, 'TSH-101.force', 0, 1, ['force']);
  world.write('10:02:07', STRANGER, 'TSH-101.force-value', 0, 1, ['force']);
  world.write('10:02:12', STRANGER, 'SP-104', 6, 4);
  world.write('10:02:17', STRANGER, 'TT-101.offset', 0, -25);
  world.values['TT-101'] = 50;
  world.find('10:02:18', 'physical-rate', { tag: 'TT-101', unit: 'P1' }, 'TT-101 changed by -25 Cel in one scan.', {
    numbers: { shown: 50, deviation: -25 },
  });
  Object.assign(world.values, { 'TT-101': 58, heater: 100 });
  world.find('10:02:50', 'saturation', { tag: 'heater', unit: 'P1' }, 'heater is at the end of its range.', {
    numbers: { shown: 100 },
  });
  world.tick('10:04:30', { 'TT-101': 70, heater: 100, flow: 4 });
}

export function plannedCalibration(world: World): void {
  world.work = {
    id: 'W-3',
    who: 'M. Berg',
    what: 'yearly check of TT-102',
    unit: 'P1',
    actor: ENGINEER,
    fromUs: at('10:00'),
    untilUs: at('12:00'),
  };
  world.write('10:02:07', ENGINEER, 'TT-102.offset', 0, 0.1);
  world.tick('10:02:20');
}

export function knownEngineerWithoutWindow(world: World): void {
  world.write('10:02:07', ENGINEER, 'TT-102.offset', 0, 0.1);
  world.tick('10:02:20');
}

export function sensorOffset(world: World): void {
  world.find('10:02:41', 'offset', { tag: 'TT-101', unit: 'P1' }, 'TT-101 reads 4 Cel high: TT-102 expects 71 Cel.', {
    since: '10:02:00',
    numbers: { shown: 75, deviation: 4, likelyTrue: 71, 'coupled:TT-102': 0.5 },
  });
  world.tick('10:04:10', { bottles: 12_603 });
}

export function sensorStuck(world: World): void {
  world.find('10:02:00', 'stuck', { tag: 'TT-102', unit: 'P1' }, 'TT-102 is frozen at 74.6 Cel.', {
    since: '10:01:00',
    numbers: { shown: 74.6 },
  });
}

export function leak(world: World): void {
  world.find('10:02:00', 'balance', { tag: 'flow', unit: 'P1' }, 'The balance volume of P1 is open by 0.4 m³/h.', {
    since: '09:51:00',
    seen: '0.4 m³/h are missing',
  });
}

export function scanOnly(world: World): void {
  world.find('10:00:00', 'new-device', { actor: STRANGER, device: STRANGER }, 'ENG-LT-7 was never seen before.', {
    seen: '127.20.3.44',
  });
  world.find('10:01:00', 'scan', { actor: STRANGER }, 'ENG-LT-7 tried 12 devices or ports.', {
    seen: '12 new destinations in a minute',
  });
}

export function newDeviceOnly(world: World): void {
  world.find('10:00:00', 'new-device', { actor: STRANGER, device: STRANGER }, 'ENG-LT-7 was never seen before.', {
    seen: '127.20.3.44',
  });
}

export function pollLost(world: World): void {
  world.find('10:02:10', 'stale', { actor: HMI, device: PLC1, unit: 'P1' }, 'hmi-1 and plc-1 stopped talking.', {
    since: '10:02:00',
    seen: 'nothing for 10 s',
  });
}

/** The shape of EKANS: clients of the view fall silent one after the other, the machines go on. */
export function viewsLost(world: World): void {
  pollLost(world);
  world.find('10:02:20', 'stale', { actor: HMI, device: PLC2, unit: 'F1' }, 'hmi-1 and plc-2 stopped talking.', {
    since: '10:02:10',
  });
  world.find(
    '10:02:50',
    'stale',
    { actor: HISTORIAN, device: PLC1, unit: 'P1' },
    'historian-1 and plc-1 stopped talking.',
    { since: '10:02:00' },
  );
}

export function programDownload(world: World): void {
  world.arrive('10:01:00');
  world.find(
    '10:02:07',
    'program-download',
    { actor: STRANGER, device: PLC1, unit: 'P1' },
    'ENG-LT-7 writes a program into plc-1.',
  );
  world.find('10:02:40', 'mode-change', { actor: STRANGER, device: PLC1, unit: 'P1' }, 'ENG-LT-7 told plc-1 to run.');
}

export function refusedWrite(world: World): void {
  world.arrive('10:01:00', PLC2);
  const write = world.find(
    '10:02:07',
    'new-write-point',
    { actor: STRANGER, device: PLC2, tag: 'line.run' },
    'ENG-LT-7 wrote line.run to 0.',
    {
      numbers: { written: 0, before: 1 },
    },
  );
  world.add({ ...write, timeUs: write.timeUs + 8_000, numbers: { ...write.numbers, refused: 1 } });
  world.find(
    '10:02:07.008',
    'write-refused',
    { actor: STRANGER, device: PLC2, tag: 'line.run' },
    'plc-2 refused write-single-coil.',
  );
}

/** No site file: the same attack, named by address. */
export function unnamedPoint(world: World): void {
  world.arrive('10:01:58');
  world.find(
    '10:02:07',
    'new-write-point',
    { actor: STRANGER, device: PLC1, tag: 'holding/160' },
    'ENG-LT-7 wrote holding/160.',
    {
      numbers: { written: 4, before: 0 },
    },
  );
  world.find('10:02:41', 'offset', { tag: '127.20.1.11/1/holding/100' }, 'holding/100 reads 4 high.', {
    since: '10:02:08',
    numbers: { shown: 75, deviation: 4 },
  });
}

/** Two faults that have nothing to do with each other. */
export function twoFaults(world: World): void {
  sensorStuck(world);
  world.find('10:02:05', 'oscillation', { tag: 'IT-201', unit: 'F1' }, 'IT-201 swings by 8 % every 4 s.');
}

/** Every story of the golden file, by the title it has there. */
export const STORIES: readonly {
  readonly title: string;
  readonly site?: 'none' | 'titled';
  readonly play: (world: World) => void;
}[] = [
  { title: 'Calibration offset, at the moment of the write', play: calibrationOffset },
  {
    title: 'Calibration offset, four minutes later',
    play: (world) => {
      calibrationOffset(world);
      calibrationEffects(world);
    },
  },
  {
    title: 'Calibration offset, four minutes later, with titles in the site file',
    site: 'titled',
    play: (world) => {
      calibrationOffset(world);
      calibrationEffects(world);
    },
  },
  {
    title: 'Calibration offset, put back by the engineering station',
    play: (world) => {
      calibrationOffset(world);
      calibrationEffects(world);
      world.tick('10:20:00', { 'TT-101.offset': 0, 'TT-101': 71 });
    },
  },
  { title: 'Slow drift by small repeated calibration writes', play: calibrationDrift },
  { title: 'Guard-door switch forced', play: guardForced },
  {
    title: 'Guard-door switch forced, and the door opens',
    play: (world) => {
      guardForced(world);
      doorOpens(world);
    },
  },
  { title: 'Line stopped by a stranger', play: lineStopped },
  { title: 'Set-point ramp, on its way', play: setPointRamp },
  {
    title: 'Set-point ramp, below the limit',
    play: (world) => {
      setPointRamp(world);
      setPointBelow(world);
    },
  },
  { title: 'Over-temperature hidden', play: overTemperatureHidden },
  { title: 'Planned calibration, window open', play: plannedCalibration },
  {
    title: 'Planned calibration, window ended with a difference',
    play: (world) => {
      plannedCalibration(world);
      world.tick('12:00:01');
    },
  },
  { title: 'Known engineer without a window', play: knownEngineerWithoutWindow },
  { title: 'Sensor offset, no write', play: sensorOffset },
  { title: 'Sensor stuck', play: sensorStuck },
  { title: 'Leak', play: leak },
  { title: 'Scan only', play: scanOnly },
  { title: 'New device only', play: newDeviceOnly },
  { title: 'Poll lost', play: pollLost },
  { title: 'Three views lost', play: viewsLost },
  { title: 'Program download', play: programDownload },
  { title: 'Write refused', play: refusedWrite },
  { title: 'Point nobody named, no site file', site: 'none', play: unnamedPoint },
  { title: 'Two independent faults', play: twoFaults },
];

export function play(story: (typeof STORIES)[number]): World {
  const world = new World(story.site === 'none' ? 'none' : dairySite(story.site === 'titled'));
  story.play(world);
  return world;
}
