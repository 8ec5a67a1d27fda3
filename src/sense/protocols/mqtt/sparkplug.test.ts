import { describe, expect, it } from 'vitest';
import type { Message } from '../../../records.ts';
import * as encode from './encode.ts';
import { encodeSparkplug, type SparkplugMetric, type SparkplugPayload } from './encode-sparkplug.ts';
import { bytesOf, dissect, type Piece, valuesOf, written } from './fixtures/dissect.ts';
import { TYPE } from './sparkplug-names.ts';

const CONNECT: Piece = {
  fromClient: true,
  bytes: written((out, at) => encode.putConnect(out, at, { clientId: 'edge' })),
};
const T0_MS = 1_700_000_000_000;

function publish(topic: string, payload: SparkplugPayload | Uint8Array | string, fromClient = true): Piece {
  const body = typeof payload === 'string' || payload instanceof Uint8Array ? payload : encodeSparkplug(payload);
  return { fromClient, bytes: written((out, at) => encode.putPublish(out, at, topic, body)) };
}

const named = (name: string, type: number, value: SparkplugMetric['value'], rest: Partial<SparkplugMetric> = {}) => ({
  name,
  type,
  value,
  ...rest,
});

const BIRTH = publish('spBv1.0/Plant/NBIRTH/edge1', {
  timestampMs: T0_MS,
  sequence: 0,
  metrics: [named('bdSeq', TYPE.uint64, 4), named('Node Control/Rebirth', TYPE.boolean, false, { alias: 1 })],
});
const DEVICE_BIRTH = publish('spBv1.0/Plant/DBIRTH/edge1/pump', {
  timestampMs: T0_MS,
  sequence: 1,
  metrics: [
    named('Pressure', TYPE.float, 4.5, { alias: 2 }),
    named('Level', TYPE.int16, -20, { alias: 3 }),
    named('Properties/Hardware Make', TYPE.string, 'Acme'),
  ],
});
const data = (sequence: number, metrics: SparkplugMetric[]) =>
  publish('spBv1.0/Plant/DDATA/edge1/pump', { timestampMs: T0_MS, sequence, metrics });
const kinds = (message: Message | undefined) => message?.problems.map((p) => p.kind);

describe('Sparkplug B', () => {
  it('reads the bytes of a payload field by field', () => {
    const payload = bytesOf(
      '08 80 d0 95 ff bc 31' + // 1: timestamp 1,700,000,000,000 ms
        '12 0d' + // 2: metric of 13 octets
        '0a 04 54 65 6d 70' + // 1: name Temp
        '20 09' + // 4: data type 9, Float
        '65 00 00 ac 41' + // 12: float 21.5
        '18 07', // 3: seq 7
    );
    const [, message] = dissect([CONNECT, publish('spBv1.0/Plant/DDATA/edge1/pump', payload)]);
    expect(message).toMatchObject({
      direction: 'event',
      unit: 'edge1/pump',
      function: { name: 'sparkplug-ddata', class: 'read' },
      problems: [],
    });
    expect(message?.accesses[0]).toMatchObject({
      point: 'broker/edge1/pump/metric/Temp',
      type: 'float32le',
      values: [21.5],
      sourceTimeUs: T0_MS * 1000,
    });
  });

  it('births give names to aliases, types to data, and say who the device is', () => {
    const messages = dissect([
      CONNECT,
      BIRTH,
      DEVICE_BIRTH,
      data(2, [{ alias: 3, type: TYPE.int16, sendType: false, value: -7 }]),
    ]);
    expect(messages.map((m) => m.function.name)).toEqual([
      'connect',
      'sparkplug-nbirth',
      'sparkplug-dbirth',
      'sparkplug-ddata',
    ]);
    expect(messages[1]?.unit).toBe('edge1');
    expect(messages[2]?.facts).toContainEqual({ about: 'unit', kind: 'vendor', text: 'Acme' });
    expect(valuesOf(messages[3])).toEqual({ 'broker/edge1/pump/metric/Level': -7 });
    expect(messages.flatMap((m) => m.problems)).toEqual([]);
  });

  it('all data types', () => {
    const bits = Uint8Array.of(0x0c, 0, 0, 0, 0x34, 0xd0); // 12 booleans, packed (6.4.17)
    const metrics = [
      named('i8', TYPE.int8, -1),
      named('i32', TYPE.int32, -70_000),
      named('i64', TYPE.int64, -5_000_000_000),
      named('u32', TYPE.uint32, 4_000_000_000),
      named('u64', TYPE.uint64, 2 ** 40),
      named('d', TYPE.double, 0.1),
      named('b', TYPE.boolean, true),
      named('s', TYPE.string, 'auto'),
      named('t', TYPE.dateTime, T0_MS),
      named('raw', TYPE.bytes, Uint8Array.of(1, 2)),
      named('i16s', 23, Uint8Array.of(0xff, 0xff, 0x02, 0x00)),
      named('bits', TYPE.booleanArray, bits),
      named('tpl', TYPE.template, [named('x', TYPE.int32, 1), named('in', TYPE.template, [named('y', TYPE.float, 2)])]),
      named('none', TYPE.float, null),
    ];
    const [, message] = dissect([CONNECT, data(0, metrics)]);
    const values = Object.fromEntries(message!.accesses.map((a) => [a.address, a.values]));
    expect(values).toEqual({
      i8: [-1],
      i32: [-70_000],
      i64: [-5_000_000_000],
      u32: [4_000_000_000],
      u64: [2 ** 40],
      d: [0.1],
      b: [true],
      s: ['auto'],
      t: [T0_MS],
      raw: ['0102'],
      i16s: [-1, 2],
      bits: ['0c00000034d0'],
      'tpl/x': [1],
      'tpl/in/y': [2],
      none: [],
    });
    expect(message?.problems).toEqual([]);
  });

  it('null, old values and the Quality property decide the quality', () => {
    const [, message] = dissect([
      CONNECT,
      data(0, [
        named('good', TYPE.int32, 1, { quality: 192 }),
        named('stale', TYPE.int32, 1, { quality: 500 }),
        named('bad', TYPE.int32, 1, { quality: 0 }),
        named('null', TYPE.int32, null),
        named('old', TYPE.int32, 1, { historical: true, timestampMs: T0_MS - 60_000 }),
      ]),
    ]);
    const seen = message!.accesses.map((a) => [a.address, a.quality, a.sourceTimeUs! / 1000 - T0_MS]);
    expect(seen).toEqual([
      ['good', 'good', 0],
      ['stale', 'uncertain', 0],
      ['bad', 'bad', 0],
      ['null', 'bad', 0],
      ['old', 'uncertain', -60_000],
    ]);
  });

  it('a gap in the sequence is a problem, its end at 255 is none', () => {
    const run = (...sequences: number[]) =>
      dissect([CONNECT, BIRTH, ...sequences.map((n) => data(n, []))])
        .slice(2)
        .map((m) => kinds(m)?.length);
    expect(run(1, 2, 4, 5)).toEqual([0, 0, 1, 0]);
    expect(run(254, 255, 0, 1)).toEqual([1, 0, 0, 0]);
    expect(run(1, 1)).toEqual([0, 1]);
  });

  it('commands write; a restart is a restart, a rebirth is none', () => {
    const command = (topic: string, ...metrics: SparkplugMetric[]) =>
      dissect([CONNECT, publish(topic, { timestampMs: T0_MS, metrics })])[1];
    const set = command('spBv1.0/Plant/DCMD/edge1/pump', named('Speed', TYPE.float, 900));
    expect(set).toMatchObject({ function: { name: 'sparkplug-dcmd', class: 'control', effect: 'changes-value' } });
    expect(set?.accesses[0]).toMatchObject({ point: 'broker/edge1/pump/metric/Speed', write: true, values: [900] });
    const rebirth = named('Node Control/Rebirth', TYPE.boolean, true);
    const reboot = named('Node Control/Reboot', TYPE.boolean, true);
    const scan = named('Node Control/Scan Rate', TYPE.int64, 10);
    expect(command('spBv1.0/Plant/NCMD/edge1', rebirth)?.function).toMatchObject({
      name: 'sparkplug-rebirth',
      risk: 1,
    });
    expect(command('spBv1.0/Plant/NCMD/edge1', reboot)?.function).toMatchObject({ effect: 'restarts', risk: 4 });
    // What hides behind a rebirth is not covered by its name.
    expect(command('spBv1.0/Plant/NCMD/edge1', rebirth, scan)?.function.name).toBe('sparkplug-ncmd');
    expect(command('spBv1.0/Plant/NCMD/edge1', rebirth, reboot, scan)?.function.name).toBe('sparkplug-reboot');
    expect(command('spBv1.0/Plant/NCMD/edge1', scan, rebirth)?.function.name).toBe('sparkplug-ncmd');
  });

  it('a death that does not fit the birth is a problem', () => {
    const death = (bdSeq: number) =>
      publish('spBv1.0/Plant/NDEATH/edge1', { metrics: [named('bdSeq', TYPE.uint64, bdSeq)] });
    expect(kinds(dissect([CONNECT, BIRTH, death(4)])[2])).toEqual([]);
    expect(kinds(dissect([CONNECT, BIRTH, death(3)])[2])).toEqual(['sparkplug-stale-death']);
  });

  it('an alias of no birth keeps its number', () => {
    const [, message] = dissect([CONNECT, data(0, [{ alias: 77, type: TYPE.int32, value: 1 }])]);
    expect(valuesOf(message)).toEqual({ 'broker/edge1/pump/metric/alias:77': 1 });
    expect(kinds(message)).toEqual(['sparkplug-unknown-alias']);
  });

  it('host state, in the form of 2.2 and of 3.0', () => {
    const old = dissect([CONNECT, publish('STATE/scada', 'OFFLINE')])[1];
    expect(old).toMatchObject({ function: { name: 'sparkplug-state', class: 'auth' } });
    expect(valuesOf(old)).toEqual({ 'broker/topic/STATE/scada': false });
    const now = dissect([CONNECT, publish('spBv1.0/STATE/scada', `{"online":true,"timestamp":${T0_MS}}`)])[1];
    expect(now?.function.name).toBe('sparkplug-state');
    expect(now?.facts).toContainEqual({ about: 'client', kind: 'sparkplug-host', text: 'scada' });
  });

  it('never takes a plain payload for Sparkplug, nor a Sparkplug payload on another topic', () => {
    const plain = dissect([CONNECT, publish('spBv1.0/Plant/DDATA/edge1/pump', '21.5')])[1];
    expect(plain?.function.name).toBe('publish');
    expect(kinds(plain)).toEqual(['sparkplug-payload']);
    expect(valuesOf(plain)).toEqual({ 'broker/topic/spBv1.0/Plant/DDATA/edge1/pump': 21.5 });
    for (const topic of [
      'spBv1.0/Plant/DDATA/edge1', // no device
      'spBv1.0/Plant/NDATA/edge1/pump', // one level too many
      'spBv1.0/Plant/XDATA/edge1/pump',
      'spAv1.0/Plant/DDATA/edge1/pump',
    ]) {
      const bytes = encodeSparkplug({ timestampMs: T0_MS, sequence: 0, metrics: [named('a', TYPE.int32, 1)] });
      const message = dissect([CONNECT, publish(topic, bytes)])[1];
      expect([message?.function.name, message?.unit, message?.accesses.length]).toEqual(['publish', '', 1]);
    }
  });

  it('a topic known by its alias is Sparkplug as well', () => {
    const payload = encodeSparkplug({ timestampMs: T0_MS, sequence: 9, metrics: [named('a', TYPE.int32, 5)] });
    const pieces = ['spBv1.0/Plant/DDATA/edge1/pump', ''].map((topic) => ({
      fromClient: true,
      bytes: written((out, at) => encode.putPublish(out, at, topic, payload, { version: 5, topicAlias: 1 })),
    }));
    const first = {
      fromClient: true,
      bytes: written((out, at) => encode.putConnect(out, at, { version: 5, clientId: 'e' })),
    };
    expect(valuesOf(dissect([first, ...pieces])[2])).toEqual({ 'broker/edge1/pump/metric/a': 5 });
  });
});
