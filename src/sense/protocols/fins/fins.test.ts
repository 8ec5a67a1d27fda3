import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../../records.ts';
import { MessageView } from '../message-view.ts';
import * as encode from './encode.ts';
import { SAMPLES } from './fixtures/samples.ts';
import { fins, refuse } from './index.ts';
import { AREAS, COMMAND } from './names.ts';

const NAMES = { capture: '', client: 'c', server: 's', device: 's' };

function play(said: readonly (readonly [boolean, Uint8Array])[], onView: (view: MessageView) => void = () => {}) {
  const session = fins.newSession();
  const records: Message[] = [];
  const view = new MessageView();
  let frame = 0;
  for (const [fromClient, bytes] of said) {
    frame++;
    for (let at = 0; at < bytes.length; ) {
      const length = session.frameLength(bytes, at, bytes.length, fromClient);
      if (length <= 0 || at + length > bytes.length) break;
      Object.assign(view, { bytes, offset: at, end: at + length, pduOffset: at, pduEnd: at + length, protocol: fins });
      Object.assign(view, { fromClient, frame, firstFrame: frame, frameFrom: at, frameTo: at + length, timeUs: frame });
      view.reset();
      session.dissect(view, {
        message(filled) {
          records.push(filled.toMessage(NAMES));
          onView(filled);
        },
      });
      at += length;
    }
  }
  return records;
}

const sample = (index: number) => SAMPLES[index]!.chunks.map(({ fromClient, bytes }) => [fromClient, bytes] as const);
const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
function bytesOf(put: encode.Write): Uint8Array {
  const out = new Uint8Array(1_024).fill(0xa5);
  const end = put(out, 0);
  expect(out[end]).toBe(0xa5);
  return out.slice(0, end);
}
const ENDS: encode.FinsEnds = { target: [0, 1, 0], source: [0, 99, 0], service: 9 };

describe('FINS', () => {
  it('a write of two words, byte for byte', () => {
    const bytes = hex(
      '80 00 02' + // command, reserved, gateway count
        '00 01 00' + // to the CPU of node 1
        '00 63 00' + // from node 99
        '09' + // service 9
        '0102' + // memory area write
        '82 0064 00' + // data memory 100
        '0002' + // two words
        '1234 ffff',
    );
    const [write] = play([[true, bytes]]);
    expect(write).toMatchObject({ direction: 'request', transaction: 9, unit: '', problems: [] });
    expect(write!.function).toMatchObject({ name: 'memory-area-write', class: 'write' });
    expect(write!.accesses).toMatchObject([{ point: 's/dm/100', count: 2, write: true, values: [0x1234, 0xffff] }]);
    const written = bytesOf((o, a) =>
      encode.putCommand(o, a, ENDS, COMMAND.memoryWrite, (p, b) => encode.putWords(p, b, 0x82, 100, [0x1234, 0xffff])),
    );
    expect(Buffer.from(written).toString('hex')).toBe(Buffer.from(bytes).toString('hex'));
  });

  it('values of a read stand at what was asked for; forces name each bit; refusals have names', () => {
    const records = play(sample(0));
    expect(records.flatMap(({ problems }) => problems)).toEqual([]);
    expect(records[1]).toMatchObject({
      pairedWith: 1,
      accesses: [{ point: 's/dm/100', count: 3, values: [1, 2, 0xffff] }],
    });
    expect(records[4]!.function).toMatchObject({ name: 'forced-set-reset', class: 'control', risk: 4 });
    expect(records[4]!.accesses.map(({ point, values }) => [point, values[0]])).toEqual([
      ['s/cio-bit/165', 1],
      ['s/work-bit/15', 0x8000],
    ]);
    expect(records[6]!.accesses).toMatchObject([{ point: 's/mode/0', write: true, values: [0] }]);
    expect(records[7]).toMatchObject({ status: 'not-possible-while-running', statusCode: 0x2202, pairedWith: 7 });
  });

  it('over TCP, where the server gives the client its node', () => {
    const records = play(sample(1));
    expect(records.flatMap(({ problems }) => problems)).toEqual([]);
    expect(records.filter(({ direction }) => direction === 'response').map(({ pairedWith }) => pairedWith)).toEqual([
      1, 3, 3, 5, 5,
    ]);
    expect(records.find(({ facts }) => facts.length > 0)!.facts).toEqual([
      { about: 'server', kind: 'model', text: 'CJ2M-CPU33' },
      { about: 'server', kind: 'firmware', text: '02.10' },
    ]);
    expect(records.find(({ function: { name } }) => name === 'clock-write')!.accesses[0]!.values).toEqual([
      Date.UTC(2026, 2, 4, 5, 6, 7),
    ]);
    const bits = records.find(({ function: { name } }) => name === 'memory-area-write')!;
    expect(bits.accesses).toMatchObject([{ point: 's/holding-bit/52', count: 3, values: [true, false, true] }]);
    expect(records.find(({ function: { name } }) => name === 'run')!.accesses[0]!.values).toEqual([4]);
  });

  it('a device in another network is a unit', () => {
    const ask = bytesOf((o, a) =>
      encode.putCommand(o, a, { target: [3, 12, 0], source: [0, 99, 0], service: 1 }, COMMAND.stop),
    );
    const reply = bytesOf((o, a) =>
      encode.putResponse(o, a, { target: [0, 99, 0], source: [3, 12, 0], service: 1 }, COMMAND.stop, 0),
    );
    expect(
      play([
        [true, ask],
        [false, reply],
      ]).map(({ unit, pairedWith }) => [unit, pairedWith]),
    ).toEqual([
      ['3.12.0', 0],
      ['3.12.0', 1],
    ]);
  });

  it('errors of the CPU in an end code are no refusal; one of a relay is', () => {
    const reply = (code: number) => bytesOf((o, a) => encode.putResponse(o, a, ENDS, COMMAND.run, code));
    const statuses = [0x0040, 0x0080, 0x2101, 0x8000].map((code) => play([[false, reply(code)]])[0]!.status);
    expect(statuses).toEqual(['ok', 'ok', 'read-only', 'destination-address-setting-error']);
  });

  it('a fill says its value and how far it goes', () => {
    const fill = bytesOf((o, a) =>
      encode.putCommand(o, a, ENDS, COMMAND.memoryFill, (p, b) =>
        encode.putValues(p, encode.putRange(p, b, 0x82, 0, 1_000), [0xdead]),
      ),
    );
    expect(play([[true, fill]])[0]!.accesses).toMatchObject([
      { point: 's/dm/0', values: [0xdead], write: true },
      { point: 's/dm/1', count: 999, write: true, values: [] },
    ]);
  });

  it('a write that claims more elements than it has gives those it has', () => {
    const bytes = play([[true, hex('800002000100006300090102820000000005' + '00010002')]]);
    expect(bytes[0]!.accesses).toMatchObject([{ count: 2, values: [1, 2] }]);
    expect(bytes[0]!.problems.map(({ kind }) => kind)).toEqual(['fins-elements']);
  });

  it('says no with an end code, also over TCP', () => {
    const said: string[] = [];
    for (const index of [0, 1]) {
      play(
        sample(index).filter(([fromClient]) => fromClient),
        (view) => {
          const out = new Uint8Array(64);
          const end = refuse(view, out, 0);
          if (end > 0) said.push(play([[false, out.slice(0, end)]])[0]!.status);
        },
      );
    }
    expect(said).toEqual(Array.from({ length: 8 }, () => 'no-access-right'));
  });

  it('areas have names of their own', () => {
    expect(new Set(AREAS).size).toBe(AREAS.length);
    expect([AREAS[0x82], AREAS[0xb0], AREAS[0xa0], AREAS[0xac], AREAS[0x60], AREAS[0x20]]).toEqual([
      ...['dm', 'cio', 'em0', 'em12', 'em13', 'em0-bit'],
    ]);
  });

  it('takes any bytes', () => {
    const seeds = SAMPLES.flatMap(({ chunks }) => chunks.map(({ bytes }) => bytes));
    const mutated = fc
      .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }), fc.nat())
      .map(([seed, changes, cut]) => {
        const bytes = seed.slice(0, 1 + (cut % seed.length));
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        return bytes;
      });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.oneof(mutated, fc.uint8Array({ maxLength: 60 }))), { maxLength: 8 }),
        (said) => {
          for (const { problems } of play(said))
            expect(problems.every(({ offset }) => Number.isFinite(offset))).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
