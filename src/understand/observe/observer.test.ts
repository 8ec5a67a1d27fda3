import { describe, expect, it } from 'vitest';
import type { Observation } from '../../records.ts';
import { LINK_TYPES } from '../../sense/capture/frame-handler.ts';
import { TcpConversation } from '../../sense/capture/tcp-frames.ts';
import * as encode from '../../sense/protocols/modbus/encode.ts';
import { Observer, type ObserverOptions } from './observer.ts';

type Put = (out: Uint8Array, at: number) => number;

const START_US = 1_772_438_400_000_000;

/** A Modbus/TCP message of one unit. */
function modbus(put: Put, transaction: number, unit: number): Uint8Array {
  const out = new Uint8Array(300);
  return out.slice(0, encode.finishTcp(out, 0, put(out, encode.TCP_PDU_AT), transaction, unit));
}

/** A frame with an 802.1Q tag (IEEE 802.1Q, 9.6) put in. */
function tagged(frame: Uint8Array, vlan: number): Uint8Array {
  const out = new Uint8Array(frame.length + 4);
  out.set(frame.subarray(0, 12));
  out.set([0x81, 0x00, vlan >> 8, vlan & 0xff], 12);
  out.set(frame.subarray(12), 16);
  return out;
}

/** A plant on paper: connections whose frames go straight into an observer. */
class Story {
  readonly told: Observation[] = [];
  readonly samples: { point: string; value: number }[] = [];
  readonly observer: Observer;
  timeUs = START_US;
  #transaction = 0;

  constructor(options: ObserverOptions = {}) {
    this.observer = new Observer({
      capture: 'story',
      listWrites: true,
      sink: {
        observation: (observation) => this.told.push(observation),
        sample: (point, _timeUs, value) => this.samples.push({ point: this.observer.points.name(point), value }),
      },
      ...options,
    });
  }

  frame(frame: Uint8Array, timeUs: number): void {
    this.observer.frame(frame, 0, frame.length, frame.length, timeUs, LINK_TYPES.ETHERNET);
  }

  connect(
    client: string,
    server: string,
    change: (frame: Uint8Array, number: number) => Uint8Array[] = (f) => [f],
    open = true,
  ) {
    let number = 0;
    const peers = [
      { address: client, port: 40_000 + (this.#transaction++ % 1000) },
      { address: server, port: 502 },
    ] as const;
    const line = new TcpConversation(peers[0], peers[1], [1000, 9000], (frame, timeUs) => {
      for (const each of change(frame, number++)) this.frame(each, timeUs);
    });
    if (open) line.open(this.timeUs, 400);
    return line;
  }

  /** Request and answer, a second of plant time. */
  ask(line: TcpConversation, unit: number, request: Put, answer: Put | null): void {
    const transaction = ++this.#transaction & 0xffff;
    line.send(true, modbus(request, transaction, unit), this.timeUs);
    if (answer !== null) line.send(false, modbus(answer, transaction, unit), this.timeUs + 2_000);
    this.timeUs += 1_000_000;
  }

  kinds(): string[] {
    return this.told.map(({ kind }) => kind);
  }

  of<K extends Observation['kind']>(kind: K): Extract<Observation, { kind: K }>[] {
    return this.told.filter((o): o is Extract<Observation, { kind: K }> => o.kind === kind);
  }
}

const read: Put = (out, at) => encode.putRange(out, at, 3, 100, 2);
const values =
  (a: number, b: number): Put =>
  (out, at) =>
    encode.putWordsResponse(out, at, 3, [a, b]);

describe('a polled controller', () => {
  const story = new Story({ zoneOf: (address) => (address.startsWith('10.20.1.') ? 'cell-1' : '') });
  const line = story.connect('10.20.2.5', '10.20.1.11');
  for (let n = 0; n < 20; n++) story.ask(line, 1, read, values(500 + n, 7));
  story.ask(
    line,
    1,
    (out, at) => encode.putWriteRegister(out, at, 120, 750),
    (out, at) => encode.putWriteRegister(out, at, 120, 750),
  );
  story.ask(
    line,
    1,
    (out, at) => encode.putWriteRegister(out, at, 9, 1),
    (out, at) => encode.putException(out, at, 6, 2),
  );

  it('is an asset in its zone, one line with its only unit', () => {
    const assets = story.observer.assets();
    expect(assets.map(({ id }) => id).sort()).toEqual(['10.20.1.11', '10.20.2.5']);
    const plc = story.observer.asset('10.20.1.11/1')!;
    expect(plc).toMatchObject({
      id: '10.20.1.11',
      unit: '1',
      zone: 'cell-1',
      alive: 'alive',
      protocols: ['modbus'],
      roles: ['server'],
    });
    expect(plc.macs).toEqual(['02:00:0a:14:01:0b']);
  });

  it('tells first times once', () => {
    expect(story.of('conversation')).toHaveLength(1);
    expect(story.of('conversation')[0]).toMatchObject({
      client: '10.20.2.5',
      server: '10.20.1.11/1',
      protocol: 'modbus',
      serverPort: 502,
    });
    expect(story.of('function').map((o) => `${o.direction} ${o.function.name}`)).toEqual([
      'request read-holding-registers',
      'response read-holding-registers',
      'request write-single-register',
      'response write-single-register',
    ]);
    const ranges = story.of('point').map((o) => `${o.point}+${o.count} ${o.write}`);
    expect(ranges).toEqual([
      '10.20.1.11/1/holding/100+2 false',
      '10.20.1.11/1/holding/120+1 true',
      '10.20.1.11/1/holding/9+1 true',
    ]);
  });

  it('tells every write with its outcome', () => {
    const operations = story.of('operation');
    expect(operations.map(({ message }) => message.accesses[0]!.values)).toEqual([[750], [1]]);
    const outcomes = story.of('outcome');
    expect(outcomes.map(({ message }) => message.status)).toEqual(['ok', 'illegal-data-address']);
    expect(outcomes[1]!.request).toEqual(operations[1]!.frame);
    expect(story.observer.writes.list.map(({ point, status }) => `${point} ${status}`)).toEqual([
      '10.20.1.11/1/holding/120 ok',
      '10.20.1.11/1/holding/9 illegal-data-address',
    ]);
  });

  it('keeps statistics of points and gives samples', () => {
    const { points } = story.observer;
    const space = points.spaceNamed('10.20.1.11', '1', 'holding');
    const measured = points.statistics(points.find(space, 100));
    expect(measured).toMatchObject({
      reads: 20,
      writes: 0,
      last: 519,
      min: 500,
      max: 519,
      changes: 19,
      distinctAll: false,
    });
    expect(points.statistics(points.find(space, 101))).toMatchObject({ distinct: [7], distinctAll: true, changes: 0 });
    const written = points.find(space, 120);
    expect(points.statistics(written)).toMatchObject({ reads: 0, writes: 1, last: Number.NaN });
    expect(story.observer.writes.writersOf(written)).toEqual(['10.20.2.5']);
    expect(story.samples).toHaveLength(40);
    expect(story.samples.at(-2)).toEqual({ point: '10.20.1.11/1/holding/100', value: 519 });
  });

  it('counts functions and bytes of the conversation', () => {
    const [conversation] = story.observer.conversations();
    // Handshake of three frames, 22 requests and 22 answers.
    expect(conversation).toMatchObject({ id: '10.20.2.5>10.20.1.11:502/modbus', packets: 47, messages: 44 });
    expect(conversation!.functions.map(({ direction, code, count }) => [direction, code, count])).toEqual([
      ['request', 3, 20],
      ['response', 3, 20],
      ['request', 6, 2],
      ['response', 6, 2],
    ]);
    const [summary] = story.observer.conversationSummaries();
    expect(summary!.understoodBytes).toBe(summary!.payloadBytes);
  });

  it('notices when polling stops and comes back', () => {
    const quiet = new Story();
    const polled = quiet.connect('10.20.2.5', '10.20.1.11');
    for (let n = 0; n < 30; n++) quiet.ask(polled, 1, read, values(1, 2));
    quiet.observer.tick(quiet.timeUs + 1_000_000);
    expect(quiet.of('rhythm')).toEqual([]);
    quiet.timeUs += 60_000_000;
    quiet.observer.tick(quiet.timeUs);
    quiet.observer.tick(quiet.timeUs + 1_000_000);
    expect(quiet.of('rhythm').map(({ change, usualMs }) => [change, usualMs])).toEqual([['lost', 1000]]);
    quiet.ask(polled, 1, read, values(1, 2));
    expect(quiet.of('rhythm').map(({ change }) => change)).toEqual(['lost', 'back']);
    expect(quiet.of('rhythm')[1]!.seenMs).toBeCloseTo(61_000, -1);
  });
});

describe('units behind a gateway', () => {
  const story = new Story();
  const line = story.connect('10.0.0.9', '10.0.0.1');
  const down =
    (exception: number): Put =>
    (out, at) =>
      encode.putException(out, at, 3, exception);
  for (let n = 0; n < 4; n++) {
    story.ask(line, 1, read, values(1, 1));
    story.ask(line, 2, read, n < 2 ? values(2, 2) : down(0x0b));
    story.ask(line, 3, read, down(0x0a));
  }
  // A guess of a scanner at a unit that does not exist.
  story.ask(line, 77, read, down(0x0b));

  it('are devices of their own, and the address is their gateway', () => {
    const assets = new Map(story.observer.assets().map((asset) => [asset.id, asset]));
    expect([...assets.keys()].sort()).toEqual(['10.0.0.1', '10.0.0.1/1', '10.0.0.1/2', '10.0.0.1/3', '10.0.0.9']);
    expect(assets.get('10.0.0.1')!.roles).toContain('gateway');
    expect(assets.get('10.0.0.1/1')).toMatchObject({ unit: '1', alive: 'alive', addresses: ['10.0.0.1'] });
  });

  it('are silent while the gateway answers for them', () => {
    expect(story.observer.asset('10.0.0.1/2')!.alive).toBe('silent');
    expect(story.observer.asset('10.0.0.1/3')!.alive).toBe('silent');
    const silent = story.of('unit-silent').map(({ asset }) => asset);
    expect(silent).toEqual(['10.0.0.1/3', '10.0.0.1/2', '10.0.0.1/77']);
    expect(story.of('unit-alive').map(({ asset }) => asset)).toEqual(['10.0.0.1/1', '10.0.0.1/2']);
    // The answer of the gateway is no value: the point of the silent unit keeps what was read before.
    const { points } = story.observer;
    expect(points.statistics(points.find(points.spaceNamed('10.0.0.1', '2', 'holding'), 100)).reads).toBe(2);
    expect(points.find(points.spaceNamed('10.0.0.1', '3', 'holding'), 100)).toBe(-1);
  });
});

describe('cells with equal addresses in two VLANs', () => {
  const story = new Story();
  // Cards differ from cell to cell although addresses do not: byte 5 of both MACs tells the cell.
  const cell = (vlan: number) => (frame: Uint8Array) => {
    const copy = tagged(frame, vlan);
    copy[1] = vlan;
    copy[7] = vlan;
    return [copy];
  };
  const one = story.connect('192.168.0.2', '192.168.0.10', cell(10));
  const two = story.connect('192.168.0.2', '192.168.0.10', cell(20));
  for (let n = 0; n < 5; n++) {
    story.ask(one, 1, read, values(111, 1));
    story.ask(two, 1, read, values(222, 1));
  }

  it('stay apart', () => {
    const assets = story.observer.assets();
    expect(assets.map(({ id, scope }) => [id, scope])).toEqual([
      ['192.168.0.2', 'vlan10'],
      ['192.168.0.2@vlan20', 'vlan20'],
      ['192.168.0.10', 'vlan10'],
      ['192.168.0.10@vlan20', 'vlan20'],
    ]);
    const { points } = story.observer;
    const last = (device: string) => points.lastValue(points.find(points.spaceNamed(device, '1', 'holding'), 100));
    expect(last('192.168.0.10')).toBe(111);
    expect(last('192.168.0.10@vlan20')).toBe(222);
    expect(story.observer.conversations()).toHaveLength(2);
  });
});

describe('a mirror port', () => {
  it('that shows every frame twice counts messages once', () => {
    const story = new Story();
    const line = story.connect('10.0.0.5', '10.0.0.1', (frame) => [frame, frame.slice()]);
    for (let n = 0; n < 10; n++) story.ask(line, 1, read, values(n, n));
    const health = story.observer.health();
    expect(story.observer.conversations()[0]!.messages).toBe(20);
    expect(health.duplicates).toBe(23);
    expect(health.problems.map(({ kind }) => kind)).toContain('duplicate-frame');
  });

  it('that shows one direction only still names device and writer', () => {
    const story = new Story();
    // Frames 0 and 2 are of the client, 1 of the server in the handshake; afterwards only requests are sent.
    const line = story.connect('10.0.0.5', '10.0.0.1', (frame) => (frame[29] === 5 ? [frame] : []));
    for (let n = 0; n < 10; n++) story.ask(line, 1, (out, at) => encode.putWriteRegister(out, at, 7, n), null);
    expect(story.observer.health().oneSided).toBe(1);
    const point = story.observer.points.find(story.observer.points.spaceNamed('10.0.0.1', '1', 'holding'), 7);
    expect(story.observer.points.statistics(point).writes).toBe(10);
    expect(story.observer.writes.list.every(({ status }) => status === 'unanswered')).toBe(true);
    expect(story.of('operation')).toHaveLength(10);
  });

  it('whose frames pass a router joins nothing by its MAC', () => {
    const story = new Story();
    // Both clients arrive with the router's MAC as sender.
    const routed = (frame: Uint8Array) => {
      if (frame[29] !== 1) frame.set([0x00, 0x1b, 0x17, 0, 0, 1], 6);
      else frame.set([0x00, 0x1b, 0x17, 0, 0, 1], 0);
      return [frame];
    };
    const one = story.connect('10.9.0.5', '10.0.0.1', routed);
    const two = story.connect('10.9.0.6', '10.0.0.1', routed);
    story.ask(one, 1, read, values(1, 1));
    story.ask(two, 1, read, values(1, 1));
    const assets = story.observer.assets();
    expect(new Map(assets.map(({ id, macs }) => [id, macs]))).toEqual(
      new Map([
        ['10.9.0.5', []],
        ['10.9.0.6', []],
        ['10.0.0.1', ['02:00:0a:00:00:01']],
      ]),
    );
  });
});

describe('connections', () => {
  it('that nobody answers are told, those answered once', () => {
    const story = new Story();
    const onlyClient = (frame: Uint8Array) => (frame[29] === 66 ? [frame] : []);
    for (let host = 1; host <= 3; host++)
      story.connect('10.0.0.66', `10.0.0.${host}`, (frame, n) => (n === 0 ? onlyClient(frame) : []));
    const line = story.connect('10.0.0.5', '10.0.0.1');
    story.ask(line, 1, read, values(1, 1));
    story.observer.tick(story.timeUs + 5_000_000);
    expect(story.of('connection').map(({ client, server, answered }) => [client, server, answered])).toEqual([
      ['10.0.0.66', '10.0.0.1', false],
      ['10.0.0.66', '10.0.0.2', false],
      ['10.0.0.66', '10.0.0.3', false],
      ['10.0.0.5', '10.0.0.1', true],
    ]);
    // Addresses that were only asked for are no assets.
    expect(story.observer.assets().map(({ id }) => id)).toEqual(['10.0.0.66', '10.0.0.5', '10.0.0.1']);
  });
});

describe('ARP', () => {
  /** RFC 826 reply of `mac` claiming `address`. */
  function claim(mac: number[], address: number[]): Uint8Array {
    const frame = new Uint8Array(60);
    frame.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, ...mac, 0x08, 0x06], 0);
    frame.set([0, 1, 0x08, 0x00, 6, 4, 0, 2, ...mac, ...address], 14);
    return frame;
  }

  it('joins addresses of one card and shows who takes the address of another', () => {
    const story = new Story();
    const plc = [0x00, 0x80, 0xf4, 0, 0, 1];
    story.frame(claim(plc, [10, 0, 0, 1]), START_US);
    story.frame(claim(plc, [10, 0, 1, 1]), START_US + 1);
    expect(story.observer.assets()).toMatchObject([{ id: '10.0.0.1', addresses: ['10.0.0.1', '10.0.1.1'] }]);
    for (let n = 0; n < 3; n++) story.frame(claim([0x02, 0, 0, 0, 0, 0x66], [10, 0, 0, 1]), START_US + 2 + n);
    expect(story.of('address-conflict')).toMatchObject([
      { asset: '10.0.0.1', mac: '02:00:00:00:00:66', before: '00:80:f4:00:00:01' },
    ]);
  });
});
