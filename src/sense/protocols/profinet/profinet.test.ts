import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../../records.ts';
import { MessageView } from '../message-view.ts';
import type { Protocol } from '../protocol.ts';
import * as encode from './encode.ts';
import { SAMPLES } from './fixtures/samples.ts';
import { profinet, profinetCm, refuse } from './index.ts';
import { DCP, FRAME_ID, OPERATION, OPTION, RPC, SUBOPTION } from './names.ts';
import { BLOCK } from './records.ts';

const NAMES = { capture: '', client: 'c', server: 's', device: 's' };

/** A conversation in a session of `protocol`; `view` may be shared by several: it is the worker's. */
function play(
  protocol: Protocol,
  said: readonly (readonly [boolean, Uint8Array])[],
  view = new MessageView(),
  onView: (view: MessageView) => void = () => {},
) {
  const session = protocol.newSession();
  const records: Message[] = [];
  let frame = 0;
  for (const [fromClient, bytes] of said) {
    frame++;
    const length = session.frameLength(bytes, 0, bytes.length, fromClient);
    if (length <= 0) continue;
    Object.assign(view, { bytes, offset: 0, end: length, pduOffset: 0, pduEnd: length, protocol });
    Object.assign(view, { fromClient, frame, firstFrame: frame, frameFrom: 0, frameTo: length, timeUs: frame });
    view.reset();
    session.dissect(view, {
      message(filled) {
        records.push(filled.toMessage(NAMES));
        onView(filled);
      },
    });
  }
  return records;
}

const sample = (index: number) => SAMPLES[index]!.chunks.map(({ fromClient, bytes }) => [fromClient, bytes] as const);
const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
function bytesOf(put: encode.Write): Uint8Array {
  const out = new Uint8Array(2_048).fill(0xa5);
  const end = put(out, 0);
  expect(out[end]).toBe(0xa5);
  return out.slice(0, end);
}

describe('DCP', () => {
  it('a Set of the address: byte for byte, and what it sets', () => {
    const bytes = hex(
      'fefd' + // get or set
        '04 00' + // set, request
        '01000001' + // transaction
        '0000' + // reserved
        '0012' + // 18 octets of blocks
        '01 02 000e' + // IP, parameter, 14 octets
        '0001' + // permanent
        'c0a8000a ffffff00 c0a80001', // address, mask, gateway
    );
    const [set] = play(profinet, [[true, bytes]]);
    expect(set).toMatchObject({ direction: 'request', transaction: 0x01000001, problems: [] });
    expect(set!.function).toMatchObject({ name: 'dcp-set-ip', class: 'config', effect: 'stops', risk: 4 });
    expect(set!.accesses.map(({ point, write, values }) => [point, write, values[0]])).toEqual([
      ['s/dcp/ip-address', true, 0xc0a8000a],
      ['s/dcp/subnet-mask', true, 0xffffff00],
      ['s/dcp/gateway', true, 0xc0a80001],
    ]);
    const written = bytesOf((out, at) =>
      encode.putDcp(out, at, FRAME_ID.dcpGetSet, DCP.set, 0, 0x01000001, (o, a) =>
        encode.putDcpBlock(o, a, 1, 2, [192, 168, 0, 10, 255, 255, 255, 0, 192, 168, 0, 1], 1),
      ),
    );
    expect(Buffer.from(written).toString('hex')).toBe(Buffer.from(bytes).toString('hex'));
  });

  it('tells names, identities and resets', () => {
    const [search, found, rename, renamed, reset] = play(profinet, sample(0));
    expect(search!.accesses[0]).toMatchObject({ point: 's/dcp/name-of-station', write: false, values: ['turck'] });
    expect(found!.facts).toEqual([
      { about: 'client', kind: 'name', text: 'turck' },
      { about: 'client', kind: 'vendor-id', text: '0x013d' },
      { about: 'client', kind: 'device-id', text: '0x0200' },
      { about: 'client', kind: 'ip', text: '10.0.0.7' },
    ]);
    expect(rename).toMatchObject({ function: { name: 'dcp-set-name-of-station' } });
    expect(rename!.accesses[0]).toMatchObject({ write: true, values: ['pump'] });
    expect(renamed).toMatchObject({
      direction: 'response',
      status: 'ok',
      function: { name: 'dcp-set-name-of-station' },
    });
    expect(reset!.function).toMatchObject({ name: 'dcp-set-factory-reset', effect: 'restarts' });
  });

  it('a transaction round a Set does not hide what is set', () => {
    const bytes = bytesOf((out, at) =>
      encode.putDcp(out, at, FRAME_ID.dcpGetSet, DCP.set, 0, 1, (o, a) => {
        const start = encode.putDcpBlock(o, a, OPTION.control, SUBOPTION.start, [], 1);
        const name = encode.putDcpBlock(o, start, OPTION.device, SUBOPTION.nameOfStation, [0x61], 1);
        return encode.putDcpBlock(o, name, OPTION.control, SUBOPTION.end, [], 1);
      }),
    );
    expect(play(profinet, [[true, bytes]])[0]!.function.name).toBe('dcp-set-name-of-station');
  });

  it('a refused Set has its reason', () => {
    const bytes = bytesOf((out, at) =>
      encode.putDcp(out, at, FRAME_ID.dcpGetSet, DCP.set, 1, 1, (o, a) => encode.putDcpResult(o, a, 1, 2, 6)),
    );
    expect(play(profinet, [[true, bytes]])[0]).toMatchObject({ status: 'set-not-possible-in-operation' });
  });
});

describe('cyclic data and alarms', () => {
  it('takes the quality of the data from its status', () => {
    const [good, invalid, alarm] = play(profinet, sample(1));
    expect(good!.accesses[0]).toMatchObject({ point: 's/io-data/32769', quality: 'good' });
    expect(invalid!.accesses[0]).toMatchObject({ quality: 'bad' });
    expect(invalid!.accesses[1]).toMatchObject({ area: 'data-status', values: [0x31] });
    expect(good!.transaction).toBe(0x0400);
    expect(alarm!.accesses[0]).toMatchObject({ point: 's/alarm/2.1', values: [1] });
  });

  it('a counter that stands still is said', () => {
    const [frame] = sample(1);
    const kinds = play(profinet, [frame!, frame!]).map(({ problems }) => problems.map(({ kind }) => kind));
    expect(kinds).toEqual([[], ['profinet-cycle-repeated']]);
  });
});

describe('context manager', () => {
  it('connects, reads who the device is, writes a record of two fragments', () => {
    const records = play(profinetCm, sample(2));
    expect(records.map(({ function: { name } }) => name)).toEqual([
      ...['connect', 'connect', 'read', 'read', 'control-parameters-end', 'control-parameters-end'],
      ...['write', 'write', 'release', 'release'],
    ]);
    expect(records.flatMap(({ problems }) => problems)).toEqual([]);
    expect(records[0]!.facts).toContainEqual({ about: 'client', kind: 'name', text: 'plc-1' });
    expect(records[3]!.facts).toEqual([
      { about: 'server', kind: 'vendor-id', text: '0x002a' },
      { about: 'server', kind: 'model', text: '6ES7 155-6AU00' },
      { about: 'server', kind: 'serial', text: 'S C-12345' },
      { about: 'server', kind: 'hardware', text: '3' },
      { about: 'server', kind: 'firmware', text: 'V1.2.3' },
    ]);
    const write = records[6]!;
    expect(write.accesses[0]).toMatchObject({ point: 's/record/1.0x0001.0x0064', write: true, type: 'bytes' });
    expect(String(write.accesses[0]!.values[0])).toHaveLength(1_200);
    expect(write.frame).toMatchObject({ firstNumber: 7, number: 8 });
    expect(records[7]).toMatchObject({ status: 'write/access-denied', pairedWith: 8 });
  });

  it('pairs an answer that comes in another conversation and another byte order', () => {
    const view = new MessageView();
    const activity = Uint8Array.from({ length: 16 }, (_, i) => i);
    const ask = bytesOf((out, at) =>
      encode.putRpc(out, at, { type: RPC.request, operation: OPERATION.read, sequence: 7, activity }, (o, a) =>
        encode.putArguments(o, a, (p, b) =>
          encode.putRecord(p, b, BLOCK.readRequest, { relation: activity, slot: 0, subslot: 1, index: 0x8000 }, [], 10),
        ),
      ),
    );
    const answer = bytesOf((out, at) =>
      encode.putRpc(out, at, { type: RPC.response, operation: OPERATION.read, sequence: 7, activity }, (o, a) =>
        encode.putResult(o, a, 0),
      ),
    );
    // The same header as a big-endian device writes it.
    answer[4] = 0;
    for (const uuid of [8, 24, 40]) {
      for (const [from, size] of [
        [uuid, 4],
        [uuid + 4, 2],
        [uuid + 6, 2],
      ] as const)
        answer.subarray(from, from + size).reverse();
    }
    for (const [from, size] of [
      [60, 4],
      [64, 4],
      [68, 2],
      [74, 2],
      [76, 2],
    ] as const)
      answer.subarray(from, from + size).reverse();
    for (let at = 80; at < 100; at += 4) answer.subarray(at, at + 4).reverse();
    play(profinetCm, [[true, ask]], view);
    const [reply] = play(profinetCm, [[false, answer]], view);
    expect(reply).toMatchObject({ pairedWith: 1, transaction: 7, status: 'ok', problems: [] });
    // Another worker knows nothing of the call.
    expect(play(profinetCm, [[false, answer]])[0]!.pairedWith).toBe(0);
  });

  it('a missing fragment gives the call up', () => {
    const said = sample(2);
    const kinds = play(profinetCm, [said[7]!]).flatMap(({ problems }) => problems.map(({ kind }) => kind));
    expect(kinds).toEqual(['profinet-fragment-sequence']);
  });

  it('says no with a status of the protocol', () => {
    const statuses: string[] = [];
    play(
      profinetCm,
      sample(2).filter(([fromClient]) => fromClient),
      new MessageView(),
      (view) => {
        const out = new Uint8Array(200);
        const end = refuse(view, out, 0);
        if (end > 0) statuses.push(play(profinetCm, [[false, out.slice(0, end)]])[0]!.status);
      },
    );
    expect(statuses).toEqual([
      'connect/out-of-resources',
      'read/access-denied',
      'control/state-conflict',
      'write/access-denied',
      'release/state-conflict',
    ]);
  });

  it('is named by its interface on any port, and no other RPC is', () => {
    const bytes = sample(2)[0]![1];
    expect(profinetCm.identify(bytes, 0, bytes.length, false)).toBe(3);
    const other = bytes.slice();
    other[30] = 0x99;
    expect(profinetCm.identify(other, 0, other.length, true)).toBe(0);
  });
});

it('takes any bytes', () => {
  const seeds = SAMPLES.flatMap(({ chunks, protocol }) => chunks.map(({ bytes }) => [protocol, bytes] as const));
  const mutated = fc
    .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }), fc.nat())
    .map(([[protocol, seed], changes, cut]) => {
      const bytes = seed.slice(0, 1 + (cut % seed.length));
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return [protocol, bytes] as const;
    });
  const noise = fc.tuple(fc.constantFrom('profinet', 'profinet-cm'), fc.uint8Array({ maxLength: 120 }));
  fc.assert(
    fc.property(fc.array(fc.oneof(mutated, noise), { maxLength: 8 }), (said) => {
      for (const protocol of [profinet, profinetCm]) {
        const mine = said.filter(([name]) => name === protocol.name).map(([, bytes]) => [true, bytes] as const);
        for (const { problems } of play(protocol, mine))
          expect(problems.every(({ offset }) => Number.isFinite(offset))).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});
