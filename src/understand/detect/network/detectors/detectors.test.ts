/** Each detector by a story: what it must say, about whom, and the nearest harmless thing it must not. */
import { describe, expect, it } from 'vitest';
import { KINDS, type KindName } from '../../kinds.ts';
import {
  access,
  F,
  HISTORIAN,
  HMI,
  HOUR,
  LAPTOP,
  learned,
  MINUTE,
  PLC,
  PLC_UNIT,
  SECOND,
  STATION,
  Story,
} from '../fixtures/story.ts';
import { NETWORK_DETECTORS } from './index.ts';

const OFFICE = '10.20.8.9';
const PUBLIC = '203.0.113.7';

describe('who talks', () => {
  it('names a device never seen, quietly where devices come and go', () => {
    const story = learned();
    story.asset(LAPTOP, { vendor: 'Dell' });
    expect(story.find('new-device')).toMatchObject({
      subject: { actor: LAPTOP, device: LAPTOP },
      sentence: 'ENG-LT-7 (Dell) was never seen before in zone engineering.',
      expected: 'only devices seen while learning',
      techniques: KINDS['new-device'].techniques,
      informative: false,
    });
    story.quiet().asset(OFFICE);
    expect(story.find('new-device').informative).toBe(true);
    story.quiet().asset(STATION);
    expect(story.find('new-device').informative).toBe(true);
  });

  it('names both zones of a new crossing', () => {
    const story = learned();
    story.meet(OFFICE, PLC);
    expect(story.find('new-crossing')).toMatchObject({
      seen: 'office → cell-1, modbus',
      expected: 'none',
      subject: { actor: OFFICE, device: PLC, unit: 'P1' },
    });
  });

  it('knows a declared station behind a declared conduit', () => {
    const story = learned();
    story.meet(STATION, PLC);
    expect(story.find('new-crossing').informative).toBe(true);
    story.quiet().meet(LAPTOP, PLC);
    expect(story.find('new-crossing')).toMatchObject({
      informative: false,
      expected: 'conduit engineering-to-cell-1, but not this client',
    });
  });

  it('tells a new conversation inside a zone, a multicast only as information', () => {
    const story = learned();
    story.meet('10.20.1.12', PLC);
    expect(story.find('new-conversation')).toMatchObject({ expected: 'only hmi-1, 10.20.2.7', informative: false });
    story.quiet().meet(HMI, '224.0.0.251', 'mdns', 5353);
    expect(story.find('new-conversation').informative).toBe(true);
  });

  it('tells public sources, public peers and remote sessions', () => {
    const story = learned();
    story.meet(PUBLIC, PLC);
    expect(story.find('public-source').sentence).toContain('A public address');
    story.meet(PLC, '198.51.100.4', 'tls', 8883);
    expect(story.find('beacon').subject.actor).toBe(PLC);
    story.meet(HISTORIAN, HMI, '', 3389);
    expect(story.find('remote-session').subject.device).toBe(HMI);
  });

  it('takes a public address that was learned for one of the plant, and says so while learning', () => {
    const story = new Story();
    story.meet(PUBLIC, PLC);
    expect(story.find('public-source').informative).toBe(true);
    story.watch.freeze(story.nowUs);
    story.quiet().meet(PUBLIC, PLC, 'http', 80);
    expect(story.kinds(true)).toEqual(['new-conversation']);
  });

  it('tells a second master, and not the first', () => {
    const story = learned();
    story.write(HMI, 'SP-101', 75.5);
    expect(story.kinds()).not.toContain('new-master');
    story.write(LAPTOP, 'SP-101', 75.5);
    expect(story.find('new-master')).toMatchObject({ expected: 'hmi-1', subject: { actor: LAPTOP, device: PLC_UNIT } });
  });

  it('tells a client that takes control where another was learned', () => {
    const story = learned();
    story.operate(LAPTOP, PLC, F.startData);
    expect(story.find('new-master').sentence).toContain('takes control');
  });
});

describe('functions and points', () => {
  it('weighs a function: unknown is high, a look is information', () => {
    const story = learned();
    story.use(HMI, PLC, F.unknown);
    expect(story.find('new-function')).toMatchObject({
      informative: false,
      numbers: { code: 0x5b, risk: 3 },
      seen: 'unknown(0x5b) (diagnostic, high risk)',
    });
    story.quiet().use(HMI, PLC, F.identify);
    expect(story.find('new-function').informative).toBe(true);
    story.quiet().use(HISTORIAN, PLC, F.writeCoil);
    expect(story.find('new-function')).toMatchObject({ informative: false, expected: 'read-holding-registers' });
  });

  it('tells points no client ever read', () => {
    const story = learned();
    story.read(HISTORIAN, PLC_UNIT, 'holding', 120, 2);
    expect(story.kinds(true)).not.toContain('new-point');
    story.read(HISTORIAN, PLC_UNIT, 'holding', 160, 4);
    expect(story.find('new-point')).toMatchObject({ informative: true, subject: { tag: 'TT-101.offset' } });
    story.quiet().read(LAPTOP, PLC_UNIT, 'holding', 300, 100);
    expect(story.find('new-point').informative).toBe(false);
  });

  it('finds sweeps of points, questions and refusals', () => {
    const story = learned();
    for (let n = 0; n < 12; n += 1) story.wait(SECOND).read(LAPTOP, PLC_UNIT, 'holding', 1000 + 10 * n, 10);
    expect(story.find('enumeration')).toMatchObject({ subject: { actor: LAPTOP, device: PLC_UNIT } });
    const asked = learned();
    for (let n = 0; n < 12; n += 1) asked.wait(SECOND).operate(LAPTOP, PLC, F.browse);
    expect(asked.kinds()).toContain('enumeration');
    const refused = learned();
    for (let n = 0; n < 12; n += 1) {
      const request = refused.wait(SECOND).write(LAPTOP, `coil/${500 + n}`, 1, F.writeCoil);
      refused.answer(LAPTOP, PLC_UNIT, F.writeCoil, request, 'illegal-data-address');
    }
    expect(refused.kinds()).toContain('enumeration');
  });

  it('finds one client touching many devices within the minute', () => {
    const story = learned();
    for (let n = 0; n < 20; n += 1) {
      story.wait(SECOND);
      story.tell(LAPTOP, `10.20.1.${n + 50}`, {
        kind: 'connection',
        serverPort: 102,
        transport: 'tcp',
        answered: false,
      });
    }
    expect(story.find('scan')).toMatchObject({ subject: { actor: LAPTOP, device: '' }, confidence: 0.9 });
    expect(story.find('scan').timeUs - story.find('scan').sinceUs).toBeLessThanOrEqual(10 * SECOND);
  });

  it('lets the client reconnect to what it knows', () => {
    const story = learned();
    for (let n = 0; n < 50; n += 1) {
      story.tell(HMI, PLC, { kind: 'connection', serverPort: 502, transport: 'tcp', answered: false });
    }
    expect(story.kinds(true)).toEqual([]);
  });

  it('tells a broadcast discovery by a stranger', () => {
    const story = learned();
    story.operate(LAPTOP, '10.20.1.255', F.whoIs, [], 'bacnet');
    expect(story.find('broadcast-discovery').informative).toBe(false);
  });
});

describe('changes of controllers', () => {
  const cases: readonly (readonly [keyof typeof F, KindName])[] = [
    ['upload', 'program-upload'],
    ['download', 'program-download'],
    ['stop', 'mode-change'],
    ['coldRestart', 'restart'],
    ['writeFirmware', 'firmware'],
    ['deleteFile', 'file-delete'],
    ['writeTime', 'clock-change'],
    ['disableUnsolicited', 'alarm-suppressed'],
  ];
  it.each(cases)('%s is told as %s', (name, kind) => {
    const story = learned();
    story.operate(LAPTOP, PLC, F[name]);
    expect(story.find(kind)).toMatchObject({
      informative: false,
      subject: { actor: LAPTOP, device: PLC, unit: 'P1' },
      techniques: KINDS[kind].techniques,
    });
  });

  it('lets a master set the clock it always set', () => {
    const story = new Story();
    story.operate(HMI, PLC, F.writeTime);
    story.watch.freeze(story.nowUs);
    story.wait(HOUR).operate(HMI, PLC, F.writeTime);
    expect(story.kinds(true)).toEqual([]);
  });

  it('tells safety controllers from the first word', () => {
    const story = learned();
    story.asset('10.20.1.90', { protocols: ['tristation'] }).quiet();
    story.operate(LAPTOP, '10.20.1.90', F.safetyStatus, [], 'tristation');
    expect(story.find('safety-touched').subject.actor).toBe(LAPTOP);
    story.operate(LAPTOP, '10.20.1.90', F.safetyDownload, [], 'tristation');
    expect(story.find('program-download').confidence).toBe(0.9);
  });

  it('tells a changed firmware, also between two runs', () => {
    const story = new Story();
    story.asset(PLC);
    const fact = (text: string) => ({ about: 'server', kind: 'firmware', text }) as const;
    story.tell(PLC, '', { kind: 'identity', asset: PLC, fact: fact('2.6'), before: '' });
    story.watch.freeze(story.nowUs);
    const again = new Story(story.watch.baseline());
    again.asset(PLC);
    again.tell(PLC, '', { kind: 'identity', asset: PLC, fact: fact('2.6'), before: '' });
    expect(again.kinds(true)).toEqual([]);
    again.tell(PLC, '', { kind: 'identity', asset: PLC, fact: fact('1.9'), before: '' });
    expect(again.find('logic-changed')).toMatchObject({ expected: 'firmware 2.6', seen: 'firmware 1.9' });
  });

  it('tells an address claimed by another MAC, quietly for clients of DHCP', () => {
    const story = learned();
    const what = { kind: 'address-conflict', mac: '02:00:00:00:00:99', before: '02:00:00:00:00:10' };
    story.tell(PLC, '', { ...what, asset: PLC, address: PLC });
    expect(story.find('address-conflict')).toMatchObject({ informative: false, subject: { device: PLC } });
    story.quiet().tell(HISTORIAN, '', { ...what, asset: HISTORIAN, address: HISTORIAN });
    expect(story.find('address-conflict').informative).toBe(true);
  });
});

describe('values written', () => {
  it('tells calibration with the change and the plant unit', () => {
    const story = learned();
    story.write(LAPTOP, 'TT-101.offset', 0);
    story.quiet().wait(MINUTE).write(LAPTOP, 'TT-101.offset', 4);
    const finding = story.find('new-write-point');
    expect(finding).toMatchObject({
      subject: { actor: LAPTOP, device: PLC_UNIT, tag: 'TT-101.offset', unit: 'P1' },
      numbers: { written: 4, before: 0, change: 4 },
      sentence: 'ENG-LT-7 changed the calibration of TT-101: TT-101.offset from 0 K to 4 K (+4 K) on plc-1.',
    });
    expect(finding.evidence.frames).toHaveLength(1);
  });

  it('tells values outside safe limits high and outside operating limits lower', () => {
    const story = learned();
    story.write(HMI, 'SP-101', 111);
    expect(story.find('write-range').confidence).toBeGreaterThan(0.9);
    const other = learned();
    other.write(HMI, 'SP-101', 80);
    expect(other.find('write-range')).toMatchObject({ confidence: 0.8, numbers: { low: 73, high: 78 } });
  });

  it('tells values far outside the learned ones, near misses as information', () => {
    const story = learned();
    story.write(HMI, 'SP-104', 6.5);
    expect(story.kinds(true)).not.toContain('write-range');
    story.write(HMI, 'SP-104', 60);
    expect(story.find('write-range')).toMatchObject({
      informative: false,
      numbers: { written: 60, low: 6, high: 6.4 },
    });
    story.quiet().write(HMI, 'P1.run', 0, F.writeCoil);
    expect(story.find('write-range').informative).toBe(true);
  });

  it('tells a write in a state it never happened in, if that state was seen long enough', () => {
    const story = new Story();
    story.watch.learnUntil(story.nowUs + 8 * HOUR);
    for (let n = 0; n < 480; n += 1) {
      story.state = n % 120 < 60 ? 'running' : 'cleaning';
      story.wait(MINUTE);
      if (story.state === 'running' && n % 10 === 0) story.write(HMI, 'SP-104', 6);
    }
    story.state = 'cleaning';
    story.wait(MINUTE).write(HMI, 'SP-104', 6);
    expect(story.find('write-context')).toMatchObject({ informative: false, expected: 'only in running' });
    story.state = 'stopped';
    story.quiet().write(HMI, 'SP-104', 6);
    expect(story.find('write-context').informative).toBe(true);
  });

  it('tells switching back and forth within five seconds', () => {
    const story = learned();
    const begin = story.nowUs;
    for (let n = 0; n < 20; n += 1) story.wait(SECOND).write(HMI, 'P1.run', n % 2, F.writeCoil);
    const finding = story.find('write-rate');
    expect(finding.sentence).toContain('back and forth');
    expect(finding.timeUs - begin).toBeLessThanOrEqual(5 * SECOND);
  });

  it('tells many switches of one device by the fourth', () => {
    const story = learned();
    for (let n = 0; n < 10; n += 1) story.wait(30 * SECOND).write(HMI, `coil/${n + 10}`, 0, F.writeCoil);
    expect(story.find('write-rate').numbers.points).toBe(4);
  });

  it('lets a machine keep its pace and its counter count', () => {
    const story = new Story();
    const machine = '10.20.1.12';
    for (let n = 0; n < 300; n += 1) story.wait(SECOND).write(machine, 'holding/7', n);
    story.watch.freeze(story.nowUs);
    for (let n = 300; n < 600; n += 1) story.wait(SECOND).write(machine, 'holding/7', n);
    expect(story.kinds(true)).toEqual([]);
  });

  it('tells an operate without its select', () => {
    const story = learned();
    story.operate(HMI, PLC, F.select, [access('coil/3', 1)], 'dnp3');
    story.operate(HMI, PLC, F.operate, [access('coil/3', 1)], 'dnp3');
    expect(story.kinds()).not.toContain('write-sequence');
    story.operate(HMI, PLC, F.operate, [access('coil/3', 1)], 'dnp3');
    expect(story.kinds()).toContain('write-sequence');
  });

  it('calls a refused write an attempt and trusts its effect less', () => {
    const story = learned();
    const request = story.write(LAPTOP, 'TT-101.offset', 4);
    const said = story.find('new-write-point');
    story.quiet().answer(LAPTOP, PLC_UNIT, F.writeRegisters, request, 'illegal-data-address');
    expect(story.find('write-refused').informative).toBe(false);
    const again = story.find('new-write-point');
    expect(again.id).toBe(said.id);
    expect(again.confidence).toBeLessThan(said.confidence);
    expect(again.numbers.refused).toBe(1);
  });
});

describe('a rare button', () => {
  it('of a known operator station informs; a stranger, a measurement or a rejected point alarm', () => {
    const story = new Story();
    story.watch.learnUntil(story.nowUs + HOUR);
    story.read(HMI, PLC_UNIT, 'holding', 98, 30).read(HMI, PLC_UNIT, 'coil', 0, 48, F.readCoils);
    story.write(HMI, 'SP-101', 75);
    story.write(HMI, 'coil/9', 1, F.writeCoil);
    story.wait(HOUR);
    story.write(HMI, 'SP-104', 6);
    story.write(HMI, 'P1.run', 1, F.writeCoil);
    story.write(HMI, 'coil/12', 1, F.writeCoil);
    expect(story.kinds()).toEqual([]);
    expect(story.kinds(true).filter((kind) => kind === 'new-write-point')).toHaveLength(3);
    story.quiet().write(HMI, 'TT-101', 60);
    expect(story.find('new-write-point').informative).toBe(false);
    story.quiet().write(HMI, 'holding/500', 60);
    expect(story.find('new-write-point').informative).toBe(false);
    story.quiet().write(LAPTOP, 'SP-104', 6);
    expect(story.find('new-write-point').informative).toBe(false);
  });

  it('does not compare values that were decoded otherwise', () => {
    const story = learned();
    const baseline = story.watch.baseline();
    const conversations = baseline.conversations.map((each) => ({
      ...each,
      writes: each.writes.map((write) => ({ ...write, type: 'raw' })),
    }));
    const other = new Story({ ...baseline, conversations });
    other.write(HMI, 'SP-104', 7000);
    expect(other.kinds(true)).toEqual([]);
  });
});

describe('getting in', () => {
  it('finds passwords being guessed by the tenth refusal', () => {
    const story = learned();
    for (let n = 0; n < 10; n += 1) {
      const request = story.wait(5 * SECOND).operate(LAPTOP, PLC, F.login, [], 'opcua');
      story.answer(LAPTOP, PLC, F.login, request, 'bad-user-access-denied', 'opcua');
      if (n === 2) expect(story.kinds()).not.toContain('login-guessing');
    }
    expect(story.find('login-guessing')).toMatchObject({ subject: { actor: LAPTOP, device: PLC } });
  });

  it('tells a shipped password and never repeats it', () => {
    const story = learned();
    story.operate(PUBLIC, PLC, F.login, [], 'pcom', [{ about: 'client', kind: 'password', text: '1111' }]);
    const finding = story.find('default-credential');
    expect(finding.informative).toBe(false);
    expect(JSON.stringify(finding)).not.toContain('1111');
  });
});

describe('losing sight', () => {
  const lost = (usualMs: number, seenMs: number) => ({ kind: 'rhythm', change: 'lost', usualMs, seenMs });

  it('tells a poll that stopped once the pause is long enough', () => {
    const story = learned();
    story.tell(HMI, PLC, lost(1000, 2000));
    expect(story.kinds(true)).toEqual([]);
    story.wait(3 * SECOND);
    expect(story.find('stale')).toMatchObject({ expected: 'every 1 s', numbers: { usualMs: 1000, seenMs: 5000 } });
  });

  it('forgives a pause that ends, and pauses as long as those learned', () => {
    const story = learned();
    story.tell(HMI, PLC, lost(1000, 2000));
    story.wait(SECOND).tell(HMI, PLC, { kind: 'rhythm', change: 'back', usualMs: 1000, seenMs: 3000 });
    story.wait(MINUTE);
    expect(story.kinds(true)).toEqual([]);
    const used = new Story();
    used.meet(HMI, PLC);
    used.tell(HMI, PLC, { kind: 'rhythm', change: 'back', usualMs: 1000, seenMs: 60_000 });
    used.watch.freeze(used.nowUs);
    used.tell(HMI, PLC, lost(1000, 2000));
    used.wait(90 * SECOND);
    expect(used.kinds(true)).toEqual([]);
    used.wait(60 * SECOND);
    expect(used.kinds()).toEqual(['stale']);
  });

  it('tells a changed rhythm and a silent device behind its gateway', () => {
    const story = learned();
    story.tell(HMI, PLC, { kind: 'rhythm', change: 'jitter', usualMs: 1000, seenMs: 9000 });
    expect(story.find('poll-changed').informative).toBe(false);
    const gateway = new Story();
    gateway.asset(PLC_UNIT);
    gateway.watch.freeze(gateway.nowUs);
    gateway.tell(HMI, PLC_UNIT, { kind: 'unit-silent', asset: PLC_UNIT });
    expect(gateway.find('stale')).toMatchObject({ subject: { device: PLC_UNIT, actor: '' } });
  });

  it('tells floods and broken messages beyond the usual', () => {
    const story = new Story();
    const odd = (problem: string, count: number) => ({ kind: 'oddity', protocol: 'modbus', problem, count });
    story.meet(HMI, PLC).tell(HMI, PLC, odd('modbus-length', 5));
    story.watch.freeze(story.nowUs);
    story.tell(HMI, PLC, odd('modbus-length', 5));
    expect(story.kinds(true)).toEqual([]);
    story.tell(HMI, PLC, odd('modbus-quantity', 1));
    expect(story.find('malformed').informative).toBe(true);
    story.tell(HMI, PLC, odd('open-requests-full', 3));
    expect(story.find('flood').informative).toBe(false);
  });
});

describe('the list of detectors', () => {
  it('names kinds of the table and gives every detector a name of its own', () => {
    expect(new Set(NETWORK_DETECTORS.map((detector) => detector.name)).size).toBe(NETWORK_DETECTORS.length);
    for (const kind of NETWORK_DETECTORS.flatMap((detector) => detector.finds))
      expect(KINDS[kind].side).toBe('network');
  });
});
