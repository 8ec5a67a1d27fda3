import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../../records.ts';
import { MessageView } from '../message-view.ts';
import * as encode from './encode.ts';
import { SAMPLES } from './fixtures/samples.ts';
import { hartIp, refuse } from './index.ts';
import { COMMAND, ID, TYPE } from './names.ts';

const NAMES = { capture: '', client: 'c', server: 's', device: 's' };

function play(said: readonly (readonly [boolean, Uint8Array])[], onView: (view: MessageView) => void = () => {}) {
  const session = hartIp.newSession();
  const records: Message[] = [];
  const view = new MessageView();
  let frame = 0;
  for (const [fromClient, bytes] of said) {
    frame++;
    for (let at = 0; at < bytes.length; ) {
      const length = session.frameLength(bytes, at, bytes.length, fromClient);
      if (length <= 0 || at + length > bytes.length) break;
      Object.assign(view, {
        bytes,
        offset: at,
        end: at + length,
        pduOffset: at,
        pduEnd: at + length,
        protocol: hartIp,
      });
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
const DEVICE = [0xa6, 0x0a, 0x01, 0x02, 0x03];
function bytesOf(put: encode.Write): Uint8Array {
  const out = new Uint8Array(512).fill(0xa5);
  const end = put(out, 0);
  expect(out[end]).toBe(0xa5);
  return out.slice(0, end);
}

describe('HART-IP', () => {
  it('a fixed loop current, byte for byte', () => {
    const bytes = hex(
      '01 00 03 00' + // version 1, request, token passing, status 0
        '0007 0015' + // sequence 7, 21 octets
        '82' + // request, long address
        'a60a010203' + // unique address, primary master
        '28 04' + // command 40, four octets
        '41480000' + // 12.5 mA
        '0b', // check octet
    );
    const [force] = play([[true, bytes]]);
    expect(force).toMatchObject({ direction: 'request', transaction: 7, unit: '260a010203', problems: [] });
    expect(force!.function).toMatchObject({ name: 'enter-exit-fixed-current-mode', class: 'control', risk: 3 });
    expect(force!.accesses).toMatchObject([{ point: 's/260a010203/loop/current', write: true, values: [12.5] }]);
    const written = bytesOf((out, at) =>
      encode.putMessage(out, at, TYPE.request, ID.tokenPassing, 7, (o, a) =>
        encode.putRequest(o, a, DEVICE, COMMAND.fixedCurrent, (p, b) => encode.putFloats(p, b, 12.5)),
      ),
    );
    expect(Buffer.from(written).toString('hex')).toBe(Buffer.from(bytes).toString('hex'));
  });

  it('tells identity, values with units, settings, refusals', () => {
    const records = play(sample(0));
    expect(records.flatMap(({ problems }) => problems)).toEqual([]);
    expect(records.filter(({ direction }) => direction === 'response').every(({ pairedWith }) => pairedWith > 0)).toBe(
      true,
    );
    const identity = records.find(({ facts }) => facts.some(({ kind }) => kind === 'device-type'))!;
    expect(identity.unit).toBe('2');
    expect(Object.fromEntries(identity.facts.map(({ kind, text }) => [kind, text]))).toEqual({
      'device-type': '0x260a',
      'hart-revision': '7',
      'device-revision': '2',
      firmware: '3',
      hardware: '1',
      serial: '010203',
      'vendor-id': '0x0026',
    });
    const values = records.find(
      ({ function: { code }, direction }) => code === COMMAND.dynamic && direction === 'response',
    )!;
    expect(values.accesses.map(({ point, values: [value] }) => [point, value])).toEqual([
      ['s/260a010203/device-status/0', 0],
      ['s/260a010203/loop/current', 12.5],
      ['s/260a010203/variable/primary', 21.25],
      ['s/260a010203/unit-code/primary', 32],
      ['s/260a010203/variable/secondary', 53.125],
      ['s/260a010203/unit-code/secondary', 57],
    ]);
    const range = records.find(
      ({ function: { code }, direction }) => code === COMMAND.writeRange && direction === 'request',
    )!;
    expect(range.accesses.map(({ point, values: [value], write }) => [point, value, write])).toEqual([
      ['s/260a010203/unit-code/range', 32, true],
      ['s/260a010203/range/upper', 150, true],
      ['s/260a010203/range/lower', -20, true],
    ]);
    expect(records.find(({ status }) => status !== 'ok')).toMatchObject({ status: 'in-write-protect-mode' });
  });

  it('direct commands, extended numbers and published values', () => {
    const records = play(sample(1));
    expect(records.flatMap(({ problems }) => problems)).toEqual([]);
    expect(records[3]!.facts).toEqual([{ about: 'unit', kind: 'long-tag', text: 'gateway 1' }]);
    expect(records[4]!.function).toMatchObject({ code: 512, name: 'read-country-code' });
    expect(records[6]).toMatchObject({ direction: 'event', function: { name: 'read-device-variables-with-status' } });
    expect(records[6]!.accesses[1]).toMatchObject({
      point: 's/260a010203/variable/primary',
      values: [19.5],
      quality: 'good',
    });
  });

  it('several direct commands are messages of one PDU, answered each', () => {
    const put = (type: number, ...commands: [number, number[]][]) =>
      bytesOf((out, at) =>
        encode.putMessage(out, at, type, ID.direct, 5, (o, a) => encode.putDirect(o, a, 0, ...commands)),
      );
    const records = play([
      [true, put(TYPE.request, [20, []], [41, []])],
      [false, put(TYPE.response, [20, [0, 0x41]], [41, [64]])],
    ]);
    expect(records.map(({ function: { code }, status, pairedWith }) => [code, status, pairedWith])).toEqual([
      [20, 'ok', 0],
      [41, 'ok', 0],
      [20, 'ok', 1],
      [41, 'command-not-implemented', 1],
    ]);
  });

  it('quality comes from the device and the variable', () => {
    const answer = (status: number) =>
      bytesOf((out, at) =>
        encode.putMessage(out, at, TYPE.response, ID.tokenPassing, 1, (o, a) =>
          encode.putResponse(o, a, DEVICE, COMMAND.primary, 0, status, (p, b) => encode.putValue(p, b, 32, 20)),
        ),
      );
    const qualities = [0x00, 0x80, 0x20, 0x01, 0x40].map(
      (status) => play([[false, answer(status)]])[0]!.accesses[1]!.quality,
    );
    // Fine, malfunction, cold start, primary out of limits, configuration changed.
    expect(qualities).toEqual(['good', 'bad', 'bad', 'uncertain', 'good']);
    const burst = sample(1)[6]![1].slice();
    burst[burst.length - 2] = 0x00;
    const [bad] = play([[false, burst]]);
    expect(bad!.accesses[1]!.quality).toBe('bad');
    expect(bad!.problems.map(({ kind }) => kind)).toEqual(['hart-check']);
  });

  it('a warning is no refusal, a communication error is one', () => {
    const answer = (code: number) =>
      bytesOf((out, at) =>
        encode.putMessage(out, at, TYPE.response, ID.tokenPassing, 1, (o, a) =>
          encode.putResponse(o, a, DEVICE, COMMAND.fixedCurrent, code, 0),
        ),
      );
    const statuses = [8, 14, 112, 5, 0x84, 0x88].map((code) => play([[false, answer(code)]])[0]!.status);
    expect(statuses).toEqual([
      'ok',
      'ok',
      'ok',
      'too-few-data-bytes',
      'communication-internal-or-timeout',
      'communication-checksum',
    ]);
  });

  it('says no in the PDU of the request', () => {
    const said: [string, number][] = [];
    for (const index of [0, 1]) {
      play(
        sample(index).filter(([fromClient]) => fromClient),
        (view) => {
          const out = new Uint8Array(256);
          const end = refuse(view, out, 0);
          if (end > 0) {
            const [answer] = play([[false, out.slice(0, end)]]);
            expect(answer!.problems).toEqual([]);
            said.push([answer!.status, answer!.function.code]);
          }
        },
      );
    }
    expect(said).toEqual([
      ['session-access-restricted', 0xff00],
      ['access-restricted', COMMAND.uniqueId],
      ['access-restricted', COMMAND.dynamic],
      ['access-restricted', COMMAND.writeRange],
      ['access-restricted', COMMAND.fixedCurrent],
      ['session-access-restricted', 0xff01],
      ['session-access-restricted', 0xff00],
      ['access-restricted', COMMAND.longTag],
      ['access-restricted', 512],
      ['session-access-restricted', 0xff01],
    ]);
  });

  it('a header of small numbers alone is nobody’s', () => {
    // Without the port: a keep-alive, a token passing PDU with a wrong check octet, a length that does not fit.
    for (const text of [
      '0100020000010008',
      '0100030000070015 82a60a010203 2804 41480000 0e',
      '01000300000700ff 82a60a010203',
    ]) {
      const bytes = hex(text);
      expect(hartIp.identify(bytes, 0, bytes.length, false)).not.toBeGreaterThan(1);
    }
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
