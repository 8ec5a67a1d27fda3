import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../../records.ts';
import { MessageView } from '../message-view.ts';
import { MATCH_CLIENT, MATCH_MORE, MATCH_NO, MATCH_SERVER } from '../protocol.ts';
import { ProtocolStreams } from '../streams.ts';
import * as encode from './encode.ts';
import { RESPONSE_ANALOG, SELECT_CLOSE, UNSOLICITED_EVENT } from './fixtures/frames.ts';
import { dnp3, refuse } from './index.ts';
import { FC } from './names.ts';

const NAMES = { capture: '', client: 'm', server: 'o', device: 'o' };
const MASTER = { source: 3, destination: 4, fromMaster: true };
const OUTSTATION = { source: 4, destination: 3, fromMaster: false };

interface Heard {
  readonly messages: Message[];
  parts: number;
  /** Refusal of the last message, empty where there is none. */
  refusal: Uint8Array;
}

/** One conversation on the protocol's own port; `say` gives what came of the bytes. */
function conversation(outputBytes = 4_096) {
  const heard: Heard = { messages: [], parts: 0, refusal: new Uint8Array(0) };
  const streams = new ProtocolStreams([dnp3], {
    message(view) {
      heard.messages.push(view.toMessage(NAMES));
      const out = new Uint8Array(outputBytes).fill(0xa5);
      heard.refusal = out.slice(0, refuse(view, out, 0));
    },
    part: () => void heard.parts++,
  });
  const state = streams.open(1, 40_000, 20_000, true);
  let frame = 0;
  const say = (fromMaster: boolean, ...pieces: Uint8Array[]) => {
    const before = heard.messages.length;
    for (const piece of pieces) {
      frame++;
      streams.stream(state, fromMaster, piece, 0, piece.length, { timeUs: frame * 1_000, frame, frameStart: 0 });
    }
    return heard.messages.slice(before);
  };
  return { say, heard, streams, state };
}

/** A fragment that `put` writes behind offset 0, as link frames. */
function frames(fromMaster: boolean, put: (out: Uint8Array) => number, transportSequence = 0): Uint8Array {
  const fragment = new Uint8Array(16_384).fill(0xa5);
  const end = put(fragment);
  expect(fragment[end]).toBe(0xa5);
  const out = new Uint8Array(20_000).fill(0xa5);
  const last = encode.putFragment(out, 0, fromMaster ? MASTER : OUTSTATION, fragment, 0, end, transportSequence);
  expect(last).toBe(encode.fragmentWireBytes(end));
  expect(out[last]).toBe(0xa5);
  return out.slice(0, last);
}

const request = (code: number, sequence = 2) => frames(true, (out) => encode.putRequest(out, 0, code, sequence));
const access = (message: Message | undefined, area: string) => message?.accesses.find((a) => a.area === area);

describe('DNP3 frames from the wire', () => {
  it('reads a control block: who, which output, what it is told', () => {
    const { say, heard } = conversation();
    const [select] = say(true, SELECT_CLOSE);
    expect(select).toMatchObject({
      direction: 'request',
      unit: '4',
      transaction: 2,
      status: 'ok',
      problems: [],
      function: { name: 'select', class: 'control' },
    });
    expect(select?.accesses.map(({ area, address, values }) => [area, address, values])).toEqual([
      ['binary-output', 10, [true]],
      ['control-code', 10, [0x41]],
      ['pulse-count', 10, [1]],
      ['pulse-on-ms', 10, [1_000]],
      ['pulse-off-ms', 10, [0]],
    ]);
    expect(access(select, 'binary-output')).toMatchObject({ point: 'o/4/binary-output/10', write: true });
    expect(heard.parts).toBe(1);
  });

  it('reads value, flags and indications of a response and pairs it', () => {
    const { say } = conversation();
    say(true, SELECT_CLOSE);
    const [response] = say(false, RESPONSE_ANALOG);
    expect(response).toMatchObject({ direction: 'response', unit: '4', pairedWith: 1, latencyUs: 1_000, problems: [] });
    expect(access(response, 'analog-input')).toMatchObject({ address: 7, values: [-1_000], quality: 'uncertain' });
    // Bit n of the indications is element n: need time 4, device restart 7.
    const bits = access(response, 'internal-indication')?.values ?? [];
    expect(bits.flatMap((set, bit) => (set === true ? [bit] : []))).toEqual([4, 7]);
  });

  it('adds relative times to the common time, and pairs the confirmation', () => {
    const { say } = conversation();
    const [event] = say(false, UNSOLICITED_EVENT);
    expect(event).toMatchObject({ direction: 'event', problems: [] });
    expect(access(event, 'binary-input')).toMatchObject({
      address: 5,
      values: [true],
      quality: 'good',
      sourceTimeUs: 1_577_836_800_250_000,
    });
    const confirm = frames(true, (out) => encode.putConfirm(out, 0, 1, true));
    expect(say(true, confirm)[0]).toMatchObject({ function: { name: 'confirm' }, unit: '4', pairedWith: 1 });
  });
});

describe('DNP3 identification', () => {
  const identify = (bytes: Uint8Array, hinted: boolean) => dnp3.identify(bytes, 0, bytes.length, hinted);

  it('knows the roles by the direction bit, without the port', () => {
    expect(identify(SELECT_CLOSE, false)).toBe(MATCH_CLIENT);
    expect(identify(RESPONSE_ANALOG, false)).toBe(MATCH_SERVER);
  });

  it('waits for the checksum and says no without it', () => {
    expect(identify(SELECT_CLOSE.slice(0, 5), false)).toBe(MATCH_MORE);
    const broken = SELECT_CLOSE.slice();
    broken[8]! ^= 1;
    expect(identify(broken, false)).toBe(MATCH_NO);
    expect(identify(broken, true)).toBe(MATCH_CLIENT);
    expect(identify(new Uint8Array([0x05, 0x63, 9, 9, 9, 9, 9, 9, 9, 9, 9]), true)).toBe(MATCH_NO);
  });
});

describe('DNP3 writers are the inverse of the dissector', () => {
  it('writes the select of the fixture, byte for byte', () => {
    const block = { index: 10, code: 0x41, onMs: 1_000 };
    const bytes = frames(
      true,
      (out) => encode.putControlBlocks(out, encode.putRequest(out, 0, FC.select, 2), [block]),
      1,
    );
    expect(Buffer.from(bytes).toString('hex')).toBe(Buffer.from(SELECT_CLOSE).toString('hex'));
  });

  it('reads of classes and ranges name their points without values', () => {
    const { say } = conversation();
    const read = frames(true, (out) => {
      let next = encode.putAll(out, encode.putRequest(out, 0, FC.read, 0), 60, 2);
      next = encode.putRange(out, next, 30, 0, 3, 5);
      return encode.putRange(out, next, 1, 0, 0, 300);
    });
    const [message] = say(true, read);
    expect(message?.accesses.map((a) => [a.area, a.address, a.count, a.write, a.values])).toEqual([
      ['class', 1, 0, false, []],
      ['analog-input', 3, 3, false, []],
      ['binary-input', 0, 301, false, []],
    ]);
  });

  it('time, indications and set-points are writes', () => {
    const { say } = conversation();
    const [time] = say(
      true,
      frames(true, (out) => encode.putTime(out, encode.putRequest(out, 0, FC.write, 0), 1e12)),
    );
    expect(time).toMatchObject({ function: { name: 'write-time' } });
    expect(access(time, 'time')).toMatchObject({ write: true, values: [1e12], sourceTimeUs: 1e15 });
    const [clear] = say(
      true,
      frames(true, (out) => {
        const next = encode.putRange(out, encode.putRequest(out, 0, FC.write, 1), 80, 1, 7, 7);
        out[next] = 0;
        return next + 1;
      }),
    );
    expect(clear).toMatchObject({ function: { name: 'write-internal-indications' } });
    const [set] = say(
      true,
      frames(true, (out) => encode.putAnalogOutput(out, encode.putRequest(out, 0, FC.directOperate, 2), 9, -70_000)),
    );
    expect(access(set, 'analog-output')).toMatchObject({ address: 9, write: true, values: [-70_000] });
  });

  it.each([
    ['cold-restart', FC.coldRestart, 'restarts'],
    ['warm-restart', FC.warmRestart, 'restarts'],
    ['stop-application', FC.stopApplication, 'stops'],
    ['disable-unsolicited', FC.disableUnsolicited, 'changes-mode'],
    ['enable-unsolicited', FC.enableUnsolicited, 'changes-mode'],
  ])('%s', (name, code, effect) => {
    expect(conversation().say(true, request(code))[0]).toMatchObject({ function: { name, effect }, problems: [] });
  });

  it('classes are configured, the points assigned to them are not written', () => {
    const assign = frames(true, (out) =>
      encode.putAll(out, encode.putAll(out, encode.putRequest(out, 0, FC.assignClass, 0), 60, 2), 1, 0),
    );
    const [message] = conversation().say(true, assign);
    expect(message?.accesses.map((a) => [a.area, a.write])).toEqual([
      ['class', true],
      ['binary-input', false],
    ]);
  });

  it('an unknown function keeps its number and is not understood', () => {
    const { say, state } = conversation();
    expect(say(true, request(0x46))[0]?.function).toMatchObject({ name: 'unknown(0x46)', risk: 3 });
    expect(state.understoodBytes).toBe(0);
  });

  it('link questions and answers pair too', () => {
    const { say } = conversation();
    const out = new Uint8Array(10);
    encode.putLinkFrame(out, 0, MASTER, encode.LINK.primary | 9);
    expect(say(true, out.slice())[0]).toMatchObject({ function: { name: 'link-request-status' } });
    encode.putLinkFrame(out, 0, OUTSTATION, 11);
    expect(say(false, out.slice())[0]).toMatchObject({ function: { name: 'link-status' }, pairedWith: 1 });
  });
});

describe('DNP3 reassembly', () => {
  /** A response of 700 analog inputs: six frames. */
  const long = (sequence: number) =>
    frames(
      false,
      (out) => {
        let next = encode.putRange(out, encode.putResponse(out, 0, 0, 0), 30, 4, 0, 699);
        for (let n = 0; n < 700; n++) next = encode.put16le(out, next, n);
        return next;
      },
      sequence,
    );

  it('joins segments, also where the sequence number wraps, and counts every link frame', () => {
    const { say, heard } = conversation();
    const [message] = say(false, long(62));
    expect(message?.problems).toEqual([]);
    expect(access(message, 'analog-input')?.values).toHaveLength(700);
    expect(heard.parts).toBe(6);
  });

  it('gives the same messages split, joined and byte by byte', () => {
    const bytes = new Uint8Array([...long(0), ...UNSOLICITED_EVENT, ...RESPONSE_ANALOG]);
    const whole = conversation().say(false, bytes);
    expect(whole).toHaveLength(3);
    for (const size of [1, 7, 291, 292, 293]) {
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.slice(at, at + size));
      const meaning = (m: Message) => [m.function.name, m.accesses, m.status, m.problems];
      expect(
        conversation()
          .say(false, ...pieces)
          .map(meaning),
      ).toEqual(whole.map(meaning));
    }
  });

  it('says which frames a message stands in, and where the conduit finds its last one', () => {
    const bytes = long(0);
    const { say, streams } = conversation();
    const [message] = say(false, bytes.slice(0, 1_000), bytes.slice(1_000));
    expect(message?.frame).toMatchObject({ firstNumber: 1, number: 2, from: 0, to: bytes.length - 1_000 });
    // The last frame begins after five full ones of 292 bytes; 876 bytes had been taken out of the carried ones before.
    expect([streams.view.pduOffset, streams.view.pduEnd]).toEqual([5 * 292 - 3 * 292, bytes.length - 3 * 292]);
  });

  it('a missing segment is said, and the next fragment is whole again', () => {
    const bytes = long(0);
    const { say } = conversation();
    const messages = say(false, bytes.slice(0, 292), bytes.slice(584), long(9));
    expect(messages.flatMap((m) => m.problems.map((p) => p.kind))).toEqual(Array(4).fill('dnp3-transport-sequence'));
    expect(access(messages.at(-1), 'analog-input')?.count).toBe(700);
  });

  it('a broken block is a problem and nothing in it is believed', () => {
    const broken = SELECT_CLOSE.slice();
    broken[20]! ^= 1;
    expect(conversation().say(true, broken)[0]).toMatchObject({
      accesses: [],
      problems: [{ kind: 'dnp3-crc', offset: 10 }],
    });
  });

  it('hunts for the next frame behind junk', () => {
    const { say } = conversation();
    say(true, SELECT_CLOSE);
    const messages = say(true, new Uint8Array([1, 2, 3, ...SELECT_CLOSE]));
    expect(messages.map((m) => m.function.name)).toEqual(['link-junk', 'select']);
  });
});

describe('DNP3 statuses', () => {
  it('the indication that refuses becomes the status', () => {
    const { say } = conversation();
    expect(
      say(
        false,
        frames(false, (out) => encode.putResponse(out, 0, 2, 0x0400)),
      )[0]?.status,
    ).toBe('parameter-error');
  });

  it('the first control that failed becomes the status', () => {
    const { say } = conversation();
    const answer = frames(false, (out) =>
      encode.putControlBlocks(out, encode.putResponse(out, 0, 2, 0), [
        { index: 1, code: 3 },
        { index: 2, code: 3, status: 7 },
      ]),
    );
    expect(say(false, answer)[0]?.status).toBe('control-local');
  });
});

describe('DNP3 refusals', () => {
  it('a control comes back with status 9, not authorised', () => {
    const { say, heard } = conversation();
    say(true, SELECT_CLOSE);
    const [answer] = say(false, heard.refusal);
    expect(answer).toMatchObject({ status: 'control-not-authorized', transaction: 2, pairedWith: 1, problems: [] });
    expect(access(answer, 'control-code')).toMatchObject({ address: 10, values: [0x41] });
  });

  it('every block of every header is refused', () => {
    const { say, heard } = conversation();
    say(
      true,
      frames(true, (out) => {
        const blocks = Array.from({ length: 30 }, (_, index) => ({ index, code: 3 }));
        const next = encode.putControlBlocks(out, encode.putRequest(out, 0, FC.directOperate, 5), blocks);
        return encode.putAnalogOutput(out, next, 4, 99);
      }),
    );
    const [answer] = say(false, heard.refusal);
    const statuses = answer?.accesses.filter((a) => a.area === 'control-status').map((a) => a.values[0]);
    expect(statuses).toEqual(Array(31).fill(9));
  });

  it.each([
    ['read', FC.read],
    ['cold restart', FC.coldRestart],
    ['write', FC.write],
    ['a function nobody knows', 0x46],
  ])('%s is answered with no function support', (_name, code) => {
    const { say, heard } = conversation();
    say(true, request(code, 11));
    expect(say(false, heard.refusal)[0]).toMatchObject({
      status: 'function-not-supported',
      transaction: 11,
      pairedWith: 1,
    });
  });

  it('none for functions without answer, broadcasts, responses, link frames, or without room', () => {
    const silent = (fromMaster: boolean, bytes: Uint8Array, room?: number) => {
      const { say, heard } = conversation(room);
      expect(say(fromMaster, bytes)).toHaveLength(1);
      expect(heard.refusal).toHaveLength(0);
    };
    silent(true, request(FC.directOperateNoAck));
    silent(true, request(FC.confirm));
    silent(false, RESPONSE_ANALOG);
    silent(true, SELECT_CLOSE, 20);
    const fragment = new Uint8Array([0xc0, FC.coldRestart]);
    const out = new Uint8Array(40);
    const end = encode.putFragment(out, 0, { ...MASTER, destination: 0xffff }, fragment, 0, 2);
    silent(true, out.slice(0, end));
    silent(true, out.slice(0, encode.putLinkFrame(out, 0, MASTER, encode.LINK.primary | 2)));
  });
});

describe('DNP3 under fire', () => {
  /** Random fragments in frames whose checksums fit, so that the depths are reached. */
  it('random objects never throw and leave bounded messages', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1_200 }), (objects) => {
        const { say } = conversation();
        for (const header of [
          [0xc1, 0x81, 0, 0],
          [0xc1, 2],
          [0xc1, 5],
          [0xc1, 25],
        ]) {
          const fragment = new Uint8Array([...header, ...objects]);
          const fromMaster = header[1] !== 0x81;
          const out = new Uint8Array(encode.fragmentWireBytes(fragment.length));
          encode.putFragment(out, 0, fromMaster ? MASTER : OUTSTATION, fragment, 0, fragment.length);
          expect(say(fromMaster, out)).toHaveLength(1);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('mutated streams never throw', () => {
    const good = new Uint8Array([...SELECT_CLOSE, ...RESPONSE_ANALOG, ...UNSOLICITED_EVENT]);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: good.length, maxLength: good.length }), (noise) => {
        const { say } = conversation();
        // Three bytes of four stay as they are.
        say(
          true,
          good.map((byte, i) => ((noise[i]! & 3) === 0 ? noise[i]! : byte)),
        );
        say(false, noise);
      }),
      { numRuns: 300 },
    );
  });

  it('a range of billions costs no more than its octets', () => {
    const { say } = conversation();
    const [message] = say(
      false,
      frames(false, (out) => {
        const next = encode.putResponse(out, 0, 0, 0);
        // Group 30 variation 2, range of four octets each: 0 to 4294967295.
        out.set([30, 2, 2, 0, 0, 0, 0, 255, 255, 255, 255], next);
        return next + 11;
      }),
    );
    expect(message?.problems).toEqual([{ kind: 'dnp3-short', offset: 15 }]);
  });

  it('the view holds nothing of the protocol after the handler', () => {
    const view = new MessageView();
    const streams = new ProtocolStreams([dnp3], { message: (v) => v.poison() }, view);
    const state = streams.open(1, 40_000, 20_000, true);
    for (let n = 1; n < 4; n++) {
      streams.stream(state, true, SELECT_CLOSE, 0, SELECT_CLOSE.length, { timeUs: n, frame: n, frameStart: 0 });
    }
    expect(state.messages).toBe(3);
  });
});
