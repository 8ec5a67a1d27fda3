import { describe, expect, it } from 'vitest';
import type { Message } from '../../../records.ts';
import { ProtocolStreams } from '../streams.ts';
import { type AsduFields, putSampledValues } from './encode.ts';
import { MERGING_UNIT } from './fixtures/samples.ts';
import { sv } from './index.ts';

const NAMES = { capture: '', client: 'mu', server: 'group', device: 'mu' };

/** One merging unit to one group; `say` gives the messages of the frames. */
function conversation(): (...frames: Uint8Array[]) => Message[] {
  let messages: Message[] = [];
  const streams = new ProtocolStreams([sv], { message: (view) => void messages.push(view.toMessage(NAMES)) });
  const state = streams.open(1, 0x88ba, 0x88ba, false, true);
  state.protocol = sv;
  state.session = sv.newSession();
  return (...frames) => {
    messages = [];
    for (const frame of frames) {
      streams.datagram(state, true, frame, 0, frame.length, { timeUs: 1, frame: 1, frameStart: 0 });
    }
    expect(streams.lostSync).toBe(0);
    return messages;
  };
}

function frameOf(asdus: readonly Partial<AsduFields>[], simulated = false): Uint8Array {
  const out = new Uint8Array(1_500).fill(0xa5);
  const fields = asdus.map((asdu) => ({ ...MERGING_UNIT, ...asdu }));
  const end = putSampledValues(out, 0, 0x4001, fields, simulated);
  expect(out[end]).toBe(0xa5);
  return out.slice(0, end);
}

const kinds = (message: Message | undefined) => message?.problems.map(({ kind }) => kind);

/** Built by hand from IEC 61850-9-2, table 14; eight channels of 9-2LE, all zero but the first. */
const FRAME = Uint8Array.from([
  ...[0x40, 0x01, 0x00, 0x64, 0, 0, 0, 0], // APPID, length 100, reserved
  ...[0x60, 0x5a], // savPdu
  ...[0x80, 0x01, 0x01], // noASDU 1
  ...[0xa2, 0x55, 0x30, 0x53], // seqASDU, ASDU
  ...[0x80, 0x02, 0x4d, 0x31], // svID "M1"
  ...[0x82, 0x02, 0x0f, 0x9f], // smpCnt 3,999
  ...[0x83, 0x04, 0, 0, 0, 1], // confRev 1
  ...[0x85, 0x01, 0x02], // smpSynch: global clock
  ...[0x87, 0x40, 0xff, 0xff, 0xfc, 0x18, 0, 0, 0, 0x03], // samples: −1,000, questionable
  ...new Uint8Array(56),
]);

describe('Sampled Values', () => {
  it('reads a frame field by field', () => {
    const [message] = conversation()(FRAME);
    expect(message).toMatchObject({
      direction: 'event',
      function: { name: 'samples', class: 'read', risk: 0 },
      transaction: 3_999,
      problems: [],
      facts: [
        { about: 'client', kind: 'sv-id', text: 'M1' },
        { about: 'client', kind: 'sv-app-id', text: '0x4001' },
        { about: 'client', kind: 'sv-configuration-revision', text: '1' },
      ],
    });
    const { accesses } = message!;
    expect(accesses.slice(0, 4).map(({ point, values }) => [point, values[0]])).toEqual([
      ['mu/smpCnt/M1', 3_999],
      ['mu/confRev/M1', 1],
      ['mu/smpSynch/M1', 2],
      ['mu/sample/M1[0]', -1_000],
    ]);
    expect(accesses).toHaveLength(11);
    expect(accesses.slice(3).map(({ quality }) => quality)).toEqual(['uncertain', ...new Array(7).fill('good')]);
  });

  it('gives each ASDU its own accesses, facts once', () => {
    const say = conversation();
    const [first, second] = say(frameOf([{ smpCnt: 0 }, { smpCnt: 1 }]), frameOf([{ smpCnt: 2 }], true));
    const counts = (message: Message) =>
      message.accesses.filter(({ area }) => area === 'smpCnt').map(({ values }) => values[0]);
    expect([counts(first!), counts(second!)]).toEqual([[0, 1], [2]]);
    expect([first!.facts.length, second!.facts.length]).toEqual([3, 0]);
    expect(second!.function.name).toBe('simulated');
  });

  it('does not take apart data sets of another size', () => {
    const [message] = conversation()(frameOf([{ channels: MERGING_UNIT.channels.slice(0, 4) }]));
    expect(message!.accesses.map(({ area }) => area)).toEqual(['smpCnt', 'confRev', 'smpSynch']);
    expect(message!.problems).toEqual([]);
  });

  it('names oddities and keeps what it read', () => {
    const say = conversation();
    const changed = (at: number, ...octets: number[]) => {
      const frame = FRAME.slice();
      frame.set(octets, at);
      return say(frame)[0];
    };
    expect(kinds(changed(12, 2))).toEqual(['sv-asdu-count-differs']);
    // svID becomes a field nobody knows.
    expect(kinds(changed(17, 0x9e))).toEqual(['sv-unknown-field', 'sv-field-missing']);
    const cut = say(FRAME.slice(0, -8))[0];
    expect(kinds(cut)).toEqual(['sv-truncated', 'ber-truncated', 'ber-truncated', 'sv-field-missing']);
    expect(cut!.accesses[0]).toMatchObject({ area: 'smpCnt', values: [3_999] });
    expect(say(new Uint8Array(4))[0]).toMatchObject({
      function: { name: 'malformed' },
      problems: [{ kind: 'sv-short' }],
    });
  });
});
