import { describe, expect, it } from 'vitest';
import type { Message } from '../../../records.ts';
import { data } from '../asn1/encode.ts';
import { MATCH_NO, MATCH_YES } from '../protocol.ts';
import { ProtocolStreams } from '../streams.ts';
import { type GooseMessage, putGoose } from './encode.ts';
import { BREAKER } from './fixtures/samples.ts';
import { goose } from './index.ts';

const NAMES = { capture: '', client: 'publisher', server: 'group', device: 'publisher' };

/** One publisher to one group; `say` gives the messages of the frames. */
function conversation(): (...frames: Uint8Array[]) => Message[] {
  let messages: Message[] = [];
  const streams = new ProtocolStreams([goose], { message: (view) => void messages.push(view.toMessage(NAMES)) });
  const state = streams.open(1, 0x88b8, 0x88b8, false, true);
  state.protocol = goose;
  state.session = goose.newSession();
  return (...frames) => {
    messages = [];
    for (const frame of frames) {
      streams.datagram(state, true, frame, 0, frame.length, { timeUs: 1, frame: 1, frameStart: 0 });
    }
    expect(streams.lostSync).toBe(0);
    return messages;
  };
}

function frameOf(message: Partial<GooseMessage>): Uint8Array {
  const out = new Uint8Array(1_500).fill(0xa5);
  const end = putGoose(out, 0, { ...BREAKER, ...message });
  expect(out[end]).toBe(0xa5);
  return out.slice(0, end);
}

const kinds = (message: Message | undefined) => message?.problems.map(({ kind }) => kind);
const firstValue = (message: Message | undefined, area: string) =>
  message?.accesses.find((access) => access.area === area)?.values[0];

/** Built by hand from IEC 61850-8-1, annexes A and C. */
const TRIP = Uint8Array.from([
  ...[0x30, 0x01, 0x00, 0x43, 0, 0, 0, 0], // APPID, length 67 with this header, reserved
  ...[0x61, 0x39], // goosePdu
  ...[0x80, 0x05, 0x4c, 0x2f, 0x47, 0x4f, 0x31], // gocbRef "L/GO1"
  ...[0x81, 0x02, 0x07, 0xd0], // timeAllowedtoLive 2,000 ms
  ...[0x82, 0x03, 0x4c, 0x2f, 0x44], // datSet "L/D"
  ...[0x83, 0x02, 0x47, 0x31], // goID "G1"
  ...[0x84, 0x08, 0x65, 0x53, 0xf1, 0x00, 0x80, 0, 0, 0x0a], // t 2023-11-14T22:13:20.5Z
  ...[0x85, 0x01, 0x05], // stNum 5
  ...[0x86, 0x01, 0x00], // sqNum 0
  ...[0x87, 0x01, 0x00], // simulation: no
  ...[0x88, 0x01, 0x02], // confRev 2
  ...[0x89, 0x01, 0x00], // ndsCom: no
  ...[0x8a, 0x01, 0x02], // numDatSetEntries 2
  ...[0xab, 0x07, 0x83, 0x01, 0x01, 0x84, 0x02, 0x06, 0x40], // allData: true, bits 01 (Dbpos off)
]);

describe('GOOSE', () => {
  it('reads a frame field by field', () => {
    const [message] = conversation()(TRIP);
    expect(message).toMatchObject({
      direction: 'event',
      function: { name: 'state-change', class: 'control' },
      transaction: 0,
      problems: [],
      facts: [
        { about: 'client', kind: 'goose-control-block', text: 'L/GO1' },
        { about: 'client', kind: 'goose-app-id', text: '0x3001' },
        { about: 'client', kind: 'goose-data-set', text: 'L/D' },
        { about: 'client', kind: 'goose-id', text: 'G1' },
        { about: 'client', kind: 'goose-configuration-revision', text: '2' },
      ],
    });
    const { accesses } = message!;
    expect(accesses.map(({ point, values }) => [point, values[0]])).toEqual([
      ['publisher/stNum/L/GO1', 5],
      ['publisher/sqNum/L/GO1', 0],
      ['publisher/timeAllowedToLive/L/GO1', 2_000],
      ['publisher/confRev/L/GO1', 2],
      ['publisher/dataset/L/GO1[0]', true],
      ['publisher/dataset/L/GO1[1]', 1],
    ]);
    expect(accesses[4]!.sourceTimeUs).toBe(1_700_000_000_500_000);
  });

  it('tells facts once and what changes again', () => {
    const say = conversation();
    const [first, second, third] = say(TRIP, TRIP, frameOf({ gocbRef: 'L/GO1', appId: 0x3001, confRev: 9 }));
    expect(first!.facts).toHaveLength(5);
    expect(second!.facts).toEqual([]);
    expect(third!.facts.map(({ text }) => text)).toEqual(['BAY1LD0/LLN0$Trip', 'TRIP', '9']);
  });

  it('gives values their own quality and time, structures their places', () => {
    const [message] = conversation()(
      frameOf({ entries: [data.bits('10'), data.bits('0100000000000'), ...BREAKER.entries.slice(3, 4)] }),
    );
    const values = message!.accesses.filter(({ area }) => area === 'dataset');
    expect(values.map(({ address }) => String(address).replace(/^.*\[/, '['))).toEqual([
      '[0]',
      '[1]',
      '[2.0.0]',
      '[2.1]',
      '[2.2]',
    ]);
    expect(values.map(({ quality }) => quality)).toEqual(['bad', 'good', 'good', 'good', 'good']);
    expect(values[2]).toMatchObject({ type: 'float32', values: [12.5], sourceTimeUs: 1_700_000_000_250_000 });
    expect(values[0]!.sourceTimeUs).toBe(BREAKER.timeUs);
  });

  it('names what one message shows', () => {
    const say = conversation();
    const names = say(
      frameOf({ sqNum: 3 }),
      frameOf({ simulation: true }),
      frameOf({ ndsCom: true }),
      frameOf({ stNum: 0xffffffff, sqNum: 0xfffffffe }),
    ).map((message) => message.function.name);
    expect(names).toEqual(['repetition', 'simulated', 'needs-commissioning', 'repetition']);
    expect(firstValue(say(frameOf({ stNum: 0xffffffff }))[0], 'stNum')).toBe(0xffffffff);
    expect(firstValue(say(frameOf({ simulation: true }))[0], 'simulation')).toBe(1);
  });

  it('names oddities and keeps what it read', () => {
    const say = conversation();
    const changed = (at: number, ...octets: number[]) => {
      const frame = TRIP.slice();
      frame.set(octets, at);
      return say(frame)[0];
    };
    expect(kinds(changed(4, 0x80))).toEqual(['goose-simulation-differs']);
    expect(kinds(changed(TRIP.indexOf(0x8a, 10) + 2, 3))).toEqual(['goose-entries-differ']);
    expect(kinds(say(frameOf({ stNum: 0 }))[0])).toEqual(['goose-stnum-zero']);
    // Padding to the shortest Ethernet frame is not part of it; a length beyond the frame is said.
    const padded = new Uint8Array(TRIP.length + 12);
    padded.set(TRIP);
    expect(kinds(say(padded)[0])).toEqual([]);
    const cut = say(TRIP.slice(0, -2))[0];
    expect(kinds(cut)).toEqual(['goose-truncated', 'ber-truncated']);
    expect(firstValue(cut, 'dataset')).toBe(true);
    // A tag of another class: what follows is not trusted.
    const lost = changed(10, 0x1f);
    expect(kinds(lost)).toContain('goose-field-missing');
    expect(lost!.accesses).toEqual([]);
    expect(say(new Uint8Array(3))[0]).toMatchObject({
      function: { name: 'malformed' },
      problems: [{ kind: 'goose-short' }],
    });
  });

  it('is named by its Ethertype, and then only where it looks like it', () => {
    expect(goose.identify(TRIP, 0, TRIP.length, true)).toBe(MATCH_YES);
    expect(goose.identify(TRIP, 0, TRIP.length, false)).toBe(MATCH_NO);
    expect(goose.identify(TRIP.slice(8), 0, TRIP.length - 8, true)).toBe(MATCH_NO);
  });
});
