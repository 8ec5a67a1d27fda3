import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../../records.ts';
import { MATCH_CLIENT, MATCH_MORE, MATCH_NO, MATCH_SERVER, MATCH_YES } from '../protocol.ts';
import { ProtocolStreams } from '../streams.ts';
import * as encode from './encode.ts';
import { DOUBLE_COMMAND, FLOATS, SPONTANEOUS, START_ACT, START_CON } from './fixtures/frames.ts';
import { iec104, refuse } from './index.ts';
import { CAUSE, U } from './names.ts';
import { WINDOW_K } from './sequence.ts';
import { layoutOf } from './types.ts';

const NAMES = { capture: '', client: 'c', server: 's', device: 's' };

/** One connection on the protocol's own port; `say` gives what came of the bytes. */
function connection(stepUs = 1_000, room = 300) {
  const heard = { messages: [] as Message[], refusal: new Uint8Array(0) };
  const streams = new ProtocolStreams([iec104], {
    message(view) {
      heard.messages.push(view.toMessage(NAMES));
      const out = new Uint8Array(room).fill(0xa5);
      heard.refusal = out.slice(0, refuse(view, out, 0, 40, 41));
      view.poison();
    },
  });
  const state = streams.open(1, 40_000, 2_404, true);
  let frame = 0;
  const say = (fromCentre: boolean, ...pieces: Uint8Array[]) => {
    const before = heard.messages.length;
    for (const piece of pieces) {
      frame++;
      streams.stream(state, fromCentre, piece, 0, piece.length, { timeUs: frame * stepUs, frame, frameStart: 0 });
    }
    return heard.messages.slice(before);
  };
  return { say, heard, streams, state };
}

interface Told extends Partial<encode.AsduHeader> {
  readonly type: number;
  readonly address?: number;
  readonly element?: ArrayLike<number>;
  readonly send?: number;
  readonly receive?: number;
}

/** One I frame with one object for station 7, in a buffer full of 0xa5, so that a byte nobody wrote shows. */
function asdu({ address = 0, element = [], send = 0, receive = 0, ...header }: Told): Uint8Array {
  const out = new Uint8Array(300).fill(0xa5);
  const full = { cause: CAUSE.activation, commonAddress: 7, ...header };
  const end = encode.putObject(out, encode.ASDU_AT, full, address, element);
  expect(encode.finishInformation(out, 0, end, send, receive)).toBe(end);
  expect(out[end]).toBe(0xa5);
  return out.slice(0, end);
}

function u(control: number): Uint8Array {
  const out = new Uint8Array(6);
  encode.putUnnumbered(out, 0, control);
  return out;
}

const acknowledge = (receive: number) => {
  const out = new Uint8Array(6);
  encode.putAcknowledge(out, 0, receive);
  return out;
};
const kinds = (messages: readonly Message[]) => messages.flatMap((m) => m.problems.map((p) => p.kind));

describe('104 frames from the wire', () => {
  it('reads a command: who, which breaker, what it is told', () => {
    const [message] = connection().say(true, DOUBLE_COMMAND);
    expect(message).toMatchObject({
      direction: 'request',
      unit: '7',
      transaction: 3,
      status: 'ok',
      problems: [],
      function: { name: 'double-command', class: 'control', effect: 'changes-value' },
    });
    expect(message?.accesses).toMatchObject([
      { point: 's/7/double-command/2001', address: 2001, write: true, values: [2], quality: 'good' },
    ]);
  });

  it('reads a sequence of elements with their qualities', () => {
    const [message] = connection().say(false, FLOATS);
    expect(message).toMatchObject({ direction: 'response', function: { name: 'measured-float' }, problems: [] });
    expect(message?.accesses.map((a) => [a.area, a.address, a.values, a.quality, a.write])).toEqual([
      ['short-float', 100, [1.5], 'good', false],
      ['short-float', 101, [-10], 'uncertain', false],
      ['short-float', 102, [Number.POSITIVE_INFINITY], 'bad', false],
    ]);
  });

  it('reads the time of an event', () => {
    const [message] = connection().say(false, SPONTANEOUS);
    expect(message).toMatchObject({ direction: 'event', problems: [] });
    expect(message?.accesses[0]).toMatchObject({
      area: 'double-point',
      values: [1],
      sourceTimeUs: Date.UTC(2021, 2, 4, 5, 6, 7, 89) * 1_000,
    });
  });
});

describe('104 identification', () => {
  const identify = (bytes: Uint8Array, hinted = false) => iec104.identify(bytes, 0, bytes.length, hinted);

  it('knows the roles by content, without the port', () => {
    expect(identify(START_ACT)).toBe(MATCH_CLIENT);
    expect(identify(START_CON)).toBe(MATCH_SERVER);
    expect(identify(DOUBLE_COMMAND)).toBe(MATCH_CLIENT);
    expect(identify(FLOATS)).toBe(MATCH_SERVER);
    expect(identify(u(U.testAct))).toBe(MATCH_YES);
  });

  it('waits where it cannot know, and says no where a length or a control field is wrong', () => {
    expect(identify(DOUBLE_COMMAND.slice(0, 7))).toBe(MATCH_MORE);
    expect(identify(acknowledge(4))).toBe(MATCH_NO);
    const long = new Uint8Array([...DOUBLE_COMMAND, 0]);
    long[1]!++;
    expect(identify(long)).toBe(MATCH_NO);
    expect(identify(new TextEncoder().encode('hello world, this is text'))).toBe(MATCH_NO);
    expect(identify(new TextEncoder().encode('GET / HTTP/1.1'), true)).toBe(MATCH_NO);
    expect(identify(acknowledge(4), true)).toBe(MATCH_YES);
  });
});

describe('104 writers are the inverse of the dissector', () => {
  it('writes the command of the fixture, byte for byte', () => {
    const bytes = asdu({ type: 46, address: 2001, element: [0x06], originator: 5, send: 3, receive: 5 });
    expect(Buffer.from(bytes).toString('hex')).toBe(Buffer.from(DOUBLE_COMMAND).toString('hex'));
  });

  it('writes times', () => {
    const out = new Uint8Array(7);
    encode.putTime(out, 0, Date.UTC(2021, 2, 4, 5, 6, 7, 89));
    expect(Buffer.from(out).toString('hex')).toBe(Buffer.from(SPONTANEOUS.slice(-7)).toString('hex'));
  });

  const time = new Uint8Array(7);
  encode.putTime(time, 0, 1_600_000_000_000);
  const float = new Uint8Array(4);
  encode.putFloat(float, 0, 12.25);

  it.each<[number, string, number, readonly number[], unknown]>([
    [1, 'single-point', 3, [0x01], true],
    [3, 'double-point', 3, [0x02], 2],
    [5, 'step-position', 3, [0x7f, 0], -1],
    [7, 'bitstring', 3, [1, 2, 0, 0x80, 0], 0x80000201],
    [9, 'normalized', 3, [0x00, 0xc0, 0], -0.5],
    [11, 'scaled', 3, [0xff, 0xff, 0], -1],
    [13, 'short-float', 3, [...float, 0], 12.25],
    [15, 'integrated-total', 37, [0xfe, 0xff, 0xff, 0xff, 3], -2],
    [20, 'packed-single-point', 20, [5, 0x80, 0, 0, 0], 0x8005],
    [21, 'normalized', 3, [0x00, 0x40], 0.5],
    [30, 'single-point', 3, [0x00, ...time], false],
    [34, 'normalized', 3, [0x00, 0x40, 0, ...time], 0.5],
    [37, 'integrated-total', 37, [7, 0, 0, 0, 0, ...time], 7],
    [38, 'protection-event', 3, [2, 10, 0, ...time], 2],
    [39, 'protection-start', 3, [0x21, 0, 10, 0, ...time], 0x21],
    [70, 'initialization', 4, [2], 2],
  ])('type %i: %s', (type, area, cause, element, value) => {
    const [message] = connection().say(false, asdu({ type, cause, address: 0x012345, element }));
    expect(message?.problems).toEqual([]);
    expect(message?.accesses).toHaveLength(1);
    expect(message?.accesses[0]).toMatchObject({
      area,
      address: 0x012345,
      values: [value],
      quality: 'good',
      write: false,
    });
    const carries = (layoutOf(type)?.time ?? 0) > 0;
    expect(message?.accesses[0]?.sourceTimeUs).toBe(carries ? 1_600_000_000_000_000 : undefined);
  });

  it.each<[number, string, readonly number[], unknown, boolean]>([
    [45, 'single-command', [0x01], true, true],
    [47, 'step-command', [0x02], 2, true],
    [48, 'set-normalized', [0x00, 0x40, 0], 0.5, true],
    [49, 'set-scaled', [0x10, 0x27, 0], 10_000, true],
    [50, 'set-short-float', [...float, 0], 12.25, true],
    [51, 'bitstring-command', [1, 0, 0, 0], 1, true],
    [58, 'single-command', [0x00, ...time], false, true],
    [62, 'set-scaled', [0x10, 0x27, 0, ...time], 10_000, true],
    [64, 'bitstring-command', [1, 0, 0, 0, ...time], 1, true],
    [103, 'clock', [...time], 1_600_000_000_000, true],
    [105, 'reset', [1], 1, true],
    [110, 'parameter-normalized', [0x00, 0x40, 1], 0.5, true],
    [112, 'parameter-short-float', [...float, 4], 12.25, true],
    [113, 'parameter-activation', [2], 2, true],
  ])('type %i: %s is a write', (type, area, element, value, write) => {
    const [message] = connection().say(true, asdu({ type, element }));
    expect(message?.problems).toEqual([]);
    expect(message?.direction).toBe('request');
    expect(message?.accesses[0]).toMatchObject({ area, values: [value], write });
  });

  it('every type of the standard is read to its last octet, and none is called unknown', () => {
    for (let type = 0; type < 256; type++) {
      const layout = layoutOf(type);
      if (layout === undefined) continue;
      const size = layout.size < 0 ? 4 : layout.size;
      const cause = layout.causesLow === 0 ? 37 : 31 - Math.clz32(layout.causesLow & -layout.causesLow);
      const [message] = connection().say(true, asdu({ type, cause, element: new Uint8Array(size).fill(1) }));
      expect(message?.function.name).not.toContain('unknown');
      const structural = kinds([message!]).filter((kind) => /short|length|cause|count/.test(kind));
      // The segment's own length octet says 1 where none follows.
      expect(structural).toEqual(layout.label === 'F_SG_NA_1' ? ['iec104-short'] : []);
    }
  });

  it('select, deactivate, freeze and delete have names of their own', () => {
    const { say } = connection();
    const name = (told: Told) => say(true, asdu(told))[0]?.function;
    expect(name({ type: 45, element: [0x81] })).toMatchObject({ name: 'single-command-select', effect: 'none' });
    expect(name({ type: 50, element: [0, 0, 0, 0, 0x80] })).toMatchObject({ name: 'set-point-float-select' });
    expect(name({ type: 45, cause: 8, element: [0x01] })).toMatchObject({ name: 'single-command-deactivate' });
    expect(name({ type: 101, element: [0x05] })).toMatchObject({ name: 'counter-interrogation', class: 'read' });
    expect(name({ type: 101, element: [0x85] })).toMatchObject({ name: 'counter-freeze-reset', class: 'control' });
    expect(name({ type: 122, cause: 13, element: [1, 0, 0, 1] })).toMatchObject({ name: 'file-call', class: 'read' });
    expect(name({ type: 122, cause: 13, element: [1, 0, 0, 4] })).toMatchObject({ name: 'file-delete', risk: 3 });
    expect(name({ type: 120, cause: 13, element: [1, 0, 9, 0, 0, 0] })).toMatchObject({ name: 'file-ready', risk: 3 });
    expect(say(false, asdu({ type: 120, cause: 13, element: [1, 0, 9, 0, 0, 0] }))[0]?.function).toMatchObject({
      name: 'file-ready-from-station',
      class: 'read',
    });
  });

  it('a type nobody knows keeps its number and is not understood', () => {
    const { say, state } = connection();
    const [message] = say(false, asdu({ type: 140, cause: 3, element: [1] }));
    expect(message?.function).toMatchObject({ name: 'unknown(0x8c)', risk: 3 });
    expect(message?.unit).toBe('7');
    expect(state.understoodBytes).toBe(0);
  });

  it('minutes of an old time tag count in the hour nearest to the frame', () => {
    const { say } = connection(3_600_000_000 * 10 + 60_000_000);
    // 59 min 30.000 s, told at one minute past ten.
    const [message] = say(false, asdu({ type: 2, cause: 3, element: [1, 0x30, 0x75, 59] }));
    expect(message?.accesses[0]?.sourceTimeUs).toBe((10 * 3_600 - 30) * 1_000_000);
    expect(kinds([message!])).toEqual(['iec104-type-of-101']);
  });
});

describe('104 pairing', () => {
  const act = asdu({ type: 45, address: 9, element: [1], send: 0 });
  const con = asdu({ type: 45, cause: 7, address: 9, element: [1], send: 0, receive: 1 });
  const term = asdu({ type: 45, cause: 10, address: 9, element: [1], send: 1, receive: 1 });

  it('activation, confirmation, termination', () => {
    const { say } = connection();
    say(true, act);
    expect(say(false, con)[0]).toMatchObject({ direction: 'response', pairedWith: 1, latencyUs: 1_000 });
    expect(say(false, term)[0]).toMatchObject({ direction: 'response', pairedWith: 1, latencyUs: 2_000, problems: [] });
    // Everything is answered: another termination answers nothing.
    expect(say(false, term)[0]?.pairedWith).toBe(0);
  });

  it('a selection has no termination', () => {
    const { say } = connection();
    say(true, asdu({ type: 45, address: 9, element: [0x81] }));
    say(false, asdu({ type: 45, cause: 7, address: 9, element: [0x81] }));
    expect(say(false, term)[0]?.pairedWith).toBe(0);
  });

  it('a negative confirmation is a status, and nothing was written', () => {
    const { say } = connection();
    say(true, act);
    const [refused] = say(false, asdu({ type: 45, cause: 7, address: 9, element: [1], negative: true }));
    expect(refused).toMatchObject({ status: 'negative-confirmation', pairedWith: 1 });
    expect(refused?.accesses[0]?.write).toBe(false);
    expect(say(false, term)[0]?.pairedWith).toBe(0);
  });

  it.each([
    [44, 'unknown-type'],
    [45, 'unknown-cause'],
    [46, 'unknown-common-address'],
    [47, 'unknown-object-address'],
  ])('cause %i is the status %s', (cause, status) => {
    const { say } = connection();
    say(true, act);
    const [refused] = say(false, asdu({ type: 45, cause, address: 9, element: [1], negative: true }));
    expect(refused).toMatchObject({ status, statusCode: cause, pairedWith: 1 });
  });

  it('interrogated data belong to the interrogation until it ends', () => {
    const { say } = connection();
    say(true, asdu({ type: 100, element: [20] }));
    say(false, asdu({ type: 100, cause: 7, element: [20], send: 0 }));
    const data = (send: number) => asdu({ type: 1, cause: 20, address: 3, element: [1], send });
    expect(say(false, data(1), data(2)).map((m) => m.pairedWith)).toEqual([1, 1]);
    expect(say(false, asdu({ type: 100, cause: 10, element: [20], send: 3 }))[0]?.pairedWith).toBe(1);
    expect(say(false, data(4))[0]?.pairedWith).toBe(0);
  });

  it('a read is answered by the point, whatever its type', () => {
    const { say } = connection();
    say(true, asdu({ type: 102, cause: 5, address: 88 }));
    expect(say(false, asdu({ type: 11, cause: 5, address: 88, element: [1, 0, 0] }))[0]).toMatchObject({
      direction: 'response',
      pairedWith: 1,
    });
  });

  it('two equal requests are answered in turn', () => {
    const { say } = connection();
    say(true, act, asdu({ type: 45, address: 9, element: [1], send: 1 }));
    expect(
      say(false, con, asdu({ type: 45, cause: 7, address: 9, element: [1], send: 1 })).map((m) => m.pairedWith),
    ).toEqual([1, 2]);
  });

  it('tests of the line pair for either side', () => {
    const { say } = connection();
    say(true, u(U.testAct));
    say(false, u(U.testAct));
    expect(say(true, u(U.testCon))[0]).toMatchObject({ direction: 'response', pairedWith: 2 });
    expect(say(false, u(U.testCon))[0]).toMatchObject({ direction: 'response', pairedWith: 1 });
  });
});

describe('104 oddities', () => {
  it('sequence numbers: gap, repetition, acknowledgement of what was not sent', () => {
    const point = (send: number, receive = 0) => asdu({ type: 1, cause: 3, element: [1], send, receive });
    expect(kinds(connection().say(false, point(5), point(6), point(8)))).toEqual(['iec104-sequence-gap']);
    expect(kinds(connection().say(false, point(5), point(6), point(5), point(7)))).toEqual([
      'iec104-sequence-repeated',
    ]);
    expect(kinds(connection().say(false, point(32_767), point(0)))).toEqual([]);
    const { say } = connection();
    say(false, point(0));
    expect(kinds(say(true, acknowledge(1)))).toEqual([]);
    expect(kinds(say(true, acknowledge(9)))).toEqual(['iec104-acknowledges-unsent']);
    const back = connection();
    back.say(false, point(0), point(1));
    expect(kinds(back.say(true, acknowledge(2), acknowledge(1)))).toEqual(['iec104-acknowledgement-backwards']);
  });

  it('more than k frames unacknowledged are told once', () => {
    const { say } = connection();
    say(true, acknowledge(0));
    const points = Array.from({ length: WINDOW_K + 5 }, (_, send) => asdu({ type: 1, cause: 3, element: [1], send }));
    expect(kinds(say(false, ...points.slice(0, WINDOW_K)))).toEqual([]);
    expect(kinds(say(false, ...points.slice(WINDOW_K)))).toEqual(['iec104-window']);
  });

  it('a loss in the capture makes no false gap', () => {
    const { say, streams, state } = connection();
    say(false, asdu({ type: 1, cause: 3, element: [1], send: 1 }));
    streams.gap(state, false);
    expect(kinds(say(false, asdu({ type: 1, cause: 3, element: [1], send: 7 })))).toEqual([]);
  });

  it('data after STOPDT', () => {
    const { say } = connection();
    say(true, u(U.stopAct));
    say(false, u(U.stopCon));
    expect(kinds(say(false, SPONTANEOUS))).toEqual(['iec104-data-while-stopped']);
  });

  it.each<[string, boolean, Told]>([
    ['iec104-illegal-cause', false, { type: 1, cause: 6, element: [1] }],
    ['iec104-illegal-cause', true, { type: 45, cause: 3, element: [1] }],
    ['iec104-illegal-cause', false, { type: 30, cause: 20, element: [1, 0, 0, 0, 0, 1, 1, 1] }],
    ['iec104-negative-request', true, { type: 45, element: [1], negative: true }],
    ['iec104-common-address', true, { type: 45, element: [1], commonAddress: 0xffff }],
    ['iec104-common-address', false, { type: 1, cause: 3, element: [1], commonAddress: 0 }],
    ['iec104-object-count', true, { type: 45, element: [1], sequence: true }],
    ['iec104-no-objects', false, { type: 1, cause: 3, count: 0 }],
    ['iec104-command-state', true, { type: 46, element: [3] }],
    ['iec104-time', false, { type: 30, cause: 3, element: [1, 0, 0, 61, 0, 1, 1, 1] }],
    ['iec104-short', false, { type: 1, cause: 3, count: 9, element: [1] }],
    ['iec104-length', false, { type: 1, cause: 3, element: [1, 2] }],
  ])('%s', (kind, fromCentre, told) => {
    expect(kinds(connection().say(fromCentre, asdu(told)))).toContain(kind);
  });

  it('all stations may be interrogated, and each answers for itself', () => {
    const { say } = connection();
    const [all] = say(true, asdu({ type: 100, element: [20], commonAddress: 0xffff }));
    expect(all?.problems).toEqual([]);
    expect(say(false, asdu({ type: 100, cause: 7, element: [20] }))[0]?.pairedWith).toBe(1);
    expect(say(false, asdu({ type: 100, cause: 7, element: [20], commonAddress: 8, send: 1 }))[0]?.pairedWith).toBe(1);
  });

  it('commands from the station’s side of the line', () => {
    const { say } = connection();
    say(true, START_ACT);
    expect(kinds(say(false, DOUBLE_COMMAND))).toEqual(['iec104-direction']);
  });

  it('what a station says in test is no value of the process', () => {
    const [message] = connection().say(false, asdu({ type: 1, cause: 3, element: [1], test: true }));
    expect(message?.accesses[0]?.quality).toBe('bad');
  });
});

describe('104 over a stream', () => {
  const all = new Uint8Array([
    ...FLOATS,
    ...SPONTANEOUS,
    ...u(U.testAct),
    ...asdu({ type: 1, cause: 3, element: [1], send: 7 }),
  ]);

  it('gives the same messages split, joined and byte by byte', () => {
    const meaning = (m: Message) => [m.function.name, m.accesses, m.transaction, m.problems];
    const whole = connection().say(false, all).map(meaning);
    expect(whole).toHaveLength(4);
    for (let size = 1; size < 40; size++) {
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < all.length; at += size) pieces.push(all.slice(at, at + size));
      expect(
        connection()
          .say(false, ...pieces)
          .map(meaning),
      ).toEqual(whole);
    }
  });

  it('looks for the next start behind junk', () => {
    const { say } = connection();
    say(false, SPONTANEOUS);
    const messages = say(false, new Uint8Array([7, 7, 7, ...u(U.testAct)]));
    expect(messages.map((m) => m.function.name)).toEqual(['junk', 'test-frame']);
    expect(kinds(messages)).toEqual(['iec104-junk']);
  });
});

describe('104 refusals', () => {
  it('a command comes back with P/N and the cause of its confirmation, with the numbers asked for', () => {
    const { say, heard } = connection();
    say(true, DOUBLE_COMMAND);
    const [answer] = say(false, heard.refusal);
    expect(answer).toMatchObject({
      function: { name: 'double-command' },
      direction: 'response',
      status: 'negative-confirmation',
      transaction: 40,
      pairedWith: 1,
    });
    expect(answer?.accesses[0]).toMatchObject({ address: 2001, values: [2], write: false });
  });

  it.each<[string, Told, string]>([
    ['deactivation', { type: 45, cause: 8, element: [1] }, 'negative-confirmation'],
    ['interrogation', { type: 100, element: [20] }, 'negative-confirmation'],
    ['reset', { type: 105, element: [1] }, 'negative-confirmation'],
    ['read', { type: 102, cause: 5, address: 5 }, 'unknown-object-address'],
    ['file', { type: 120, cause: 13, element: [1, 0, 9, 0, 0, 0] }, 'unknown-type'],
  ])('%s', (_name, told, status) => {
    const { say, heard } = connection();
    say(true, asdu(told));
    expect(say(false, heard.refusal)[0]).toMatchObject({ status, pairedWith: 1 });
  });

  it('without numbers they follow from the request', () => {
    const { streams, state } = connection();
    const out = new Uint8Array(20);
    streams.stream(state, true, DOUBLE_COMMAND, 0, DOUBLE_COMMAND.length, { timeUs: 1, frame: 1, frameStart: 0 });
    const { view } = streams;
    Object.assign(view, { bytes: DOUBLE_COMMAND, offset: 0, end: DOUBLE_COMMAND.length });
    expect(refuse(view, out, 0)).toBe(DOUBLE_COMMAND.length);
    // The request had N(S) = 3 and N(R) = 5: the station's next is 5 and it expects 4.
    expect([...out.slice(2, 6)]).toEqual([10, 0, 8, 0]);
  });

  it('none for frames that ask nothing, and none without room', () => {
    const silent = (fromCentre: boolean, bytes: Uint8Array, room?: number) => {
      const { say, heard } = connection(1_000, room);
      expect(say(fromCentre, bytes)).toHaveLength(1);
      expect(heard.refusal).toHaveLength(0);
    };
    silent(true, START_ACT);
    silent(true, acknowledge(1));
    silent(false, SPONTANEOUS);
    silent(true, DOUBLE_COMMAND, 10);
  });

  it('numbers move modulo 32,768 and leave U frames alone', () => {
    const bytes = asdu({ type: 1, cause: 3, element: [1], send: 0, receive: 32_767 });
    encode.shiftSequence(bytes, 0, -1, 1);
    expect(connection().say(false, bytes)[0]?.transaction).toBe(32_767);
    expect([bytes[4], bytes[5]]).toEqual([0, 0]);
    const test = u(U.testAct);
    encode.shiftSequence(test, 0, 5, 5);
    expect(test).toEqual(u(U.testAct));
  });
});

describe('104 under fire', () => {
  it('random ASDUs never throw, one message each', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 255 }),
        fc.uint8Array({ maxLength: 248 }),
        fc.boolean(),
        (type, rest, side) => {
          const out = new Uint8Array([0x68, rest.length + 5, 0, 0, 0, 0, type, ...rest]);
          expect(connection().say(side, out)).toHaveLength(1);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('mutated streams never throw', () => {
    const good = new Uint8Array([...DOUBLE_COMMAND, ...FLOATS, ...SPONTANEOUS]);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: good.length, maxLength: good.length }), (noise) => {
        const { say } = connection();
        say(
          true,
          good.map((byte, i) => ((noise[i]! & 3) === 0 ? noise[i]! : byte)),
        );
        say(false, noise);
      }),
      { numRuns: 300 },
    );
  });

  it('requests nobody answers stay bounded and are told', () => {
    const { say } = connection(1);
    const messages: Message[] = [];
    for (let n = 0; n < 300; n++) messages.push(...say(true, asdu({ type: 45, address: n, element: [1], send: n })));
    expect(kinds(messages)).toEqual(Array(44).fill('open-requests-full'));
  });
});
