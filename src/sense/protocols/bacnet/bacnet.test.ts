import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../../records.ts';
import { MessageView } from '../message-view.ts';
import * as encode from './encode.ts';
import { SAMPLES } from './fixtures/samples.ts';
import { bacnet, refuse } from './index.ts';
import { APDU, CONFIRMED, PROPERTY, UNCONFIRMED } from './names.ts';

const NAMES = { capture: '', client: 'c', server: 's', device: 's' };

/** A conversation of datagrams: `fromClient`, bytes. The messages, and what `onView` wants to see of each. */
function play(said: readonly (readonly [boolean, Uint8Array])[], onView: (view: MessageView) => void = () => {}) {
  const session = bacnet.newSession();
  const records: Message[] = [];
  const view = new MessageView();
  let frame = 0;
  for (const [fromClient, bytes] of said) {
    frame++;
    const length = session.frameLength(bytes, 0, bytes.length, fromClient);
    if (length <= 0) continue;
    Object.assign(view, { bytes, offset: 0, end: length, pduOffset: 0, pduEnd: length, protocol: bacnet });
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

function bytesOf(put: (out: Uint8Array, at: number) => number): Uint8Array {
  const out = new Uint8Array(2_048).fill(0xa5);
  const end = put(out, 0);
  expect(out[end]).toBe(0xa5);
  return out.slice(0, end);
}

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const VALVE = encode.objectId(1, 7);

describe('BACnet', () => {
  it('reads a write of a command value with its priority, byte for byte', () => {
    // ANSI/ASHRAE 135 annex F shows the service bodies; link and network headers here are ours.
    const bytes = hex(
      '81 0a 0018' + // BVLC, original unicast, 24 octets
        '01 04' + // NPDU version 1, expecting reply
        '02 65 59 0f' + // confirmed request, invoke id 89, write-property
        '0c 0080 0001' + // [0] analog-value,1
        '19 55' + // [1] present-value
        '3e 44 4334 0000 3f', // [3] real 180.0
    );
    const [write] = play([[true, bytes]]);
    expect(write).toMatchObject({ direction: 'request', transaction: 0x59, problems: [], unit: '' });
    expect(write!.function).toMatchObject({ name: 'write-property', class: 'write', risk: 3 });
    expect(write!.accesses[0]).toMatchObject({
      point: 's/object/analog-value,1.present-value',
      write: true,
      type: 'float32',
      values: [180],
    });
    const written = bytesOf((out, at) =>
      encode.putUnicast(out, at, { expectingReply: true }, (o, a) =>
        encode.putConfirmed(o, a, 0x59, CONFIRMED.writeProperty, (p, b) =>
          encode.putWriteProperty(p, b, encode.objectId(2, 1), PROPERTY.presentValue, (q, c) =>
            encode.putReal(q, c, 180),
          ),
        ),
      ),
    );
    expect(Buffer.from(written).toString('hex')).toBe(Buffer.from(bytes).toString('hex'));
  });

  it('a priority is a point of its own, so that an unusual one shows', () => {
    const records = play(SAMPLES[0]!.chunks.map(({ fromClient, bytes }) => [fromClient, bytes] as const));
    const write = records.find(({ function: { name } }) => name === 'write-property')!;
    expect(write.accesses.map(({ point, values }) => [point, values[0]])).toEqual([
      ['s/object/analog-output,7.present-value', 40],
      ['s/priority/analog-output,7.present-value', 8],
    ]);
  });

  it('pairs replies by invoke id, takes the sub-function of the request, and names the refusal', () => {
    const records = play(SAMPLES[0]!.chunks.map(({ fromClient, bytes }) => [fromClient, bytes] as const));
    expect(records.filter(({ direction }) => direction === 'response').map(({ pairedWith }) => pairedWith)).toEqual([
      1, 3, 5, 7,
    ]);
    expect(records.at(-1)).toMatchObject({ status: 'services/password-failure' });
    expect(records.at(-1)!.function).toMatchObject({
      name: 'reinitialize-device-warmstart',
      effect: 'restarts',
      risk: 4,
    });
    expect(records[1]!.facts).toEqual([{ about: 'server', kind: 'model', text: 'AHU controller' }]);
    // The password is a fact; its letters are nowhere.
    expect(JSON.stringify(records)).toContain('credential-cleartext');
    expect(JSON.stringify(records)).not.toContain('secret');
  });

  it('puts segments together and points to the first frame', () => {
    const records = play(SAMPLES[1]!.chunks.map(({ fromClient, bytes }) => [fromClient, bytes] as const));
    const list = records.find(({ accesses }) => accesses.length > 1)!;
    expect(list.accesses).toHaveLength(400);
    expect(list.accesses[0]!.point).toBe('s/object/device,1234.object-list[1]');
    expect(list.accesses[399]!.values).toEqual([encode.objectId(399 % 6, 399)]);
    expect(list).toMatchObject({ pairedWith: 1, frame: { firstNumber: 2, number: 5 }, problems: [] });
  });

  it('a segment sent again is ignored, a missing one gives the whole up', () => {
    const [ask, first, , second, third] = SAMPLES[1]!.chunks.map(
      ({ fromClient, bytes }) => [fromClient, bytes] as const,
    );
    const again = play([ask!, first!, first!, second!, second!, third!]);
    expect(again.at(-1)!.accesses).toHaveLength(400);
    expect(again.flatMap(({ problems }) => problems.map(({ kind }) => kind))).toEqual(['bacnet-segment-repeated']);
    const lost = play([ask!, first!, third!]);
    expect(lost.at(-1)!.problems.map(({ kind }) => kind)).toEqual(['bacnet-segment-sequence']);
    expect(lost.flatMap(({ accesses }) => accesses).length).toBe(1);
  });

  it('the device behind a router is the unit, on both ways', () => {
    const records = play(SAMPLES[2]!.chunks.map(({ fromClient, bytes }) => [fromClient, bytes] as const));
    expect(new Set(records.map(({ unit }) => unit))).toEqual(new Set(['2001:9']));
    expect(records.map(({ status }) => status)).toEqual([
      'ok',
      'reject-unrecognized-service',
      'ok',
      'abort-segmentation-not-supported',
      'ok',
      'ok',
    ]);
    // Reject and abort say no service: it is the request's.
    expect(records[1]).toMatchObject({ pairedWith: 1, function: { name: 'write-property-multiple' } });
    expect(records[3]).toMatchObject({ pairedWith: 3, function: { name: 'read-range' } });
    expect(records[5]!.function).toMatchObject({ name: 'device-communication-control-disable', effect: 'stops' });
  });

  it('a faulted object is of bad quality', () => {
    const records = play(SAMPLES[3]!.chunks.map(({ fromClient, bytes }) => [fromClient, bytes] as const));
    const cov = records.at(-1)!;
    expect(cov).toMatchObject({ direction: 'event', function: { name: 'unconfirmed-cov-notification' } });
    expect(cov.accesses[0]).toMatchObject({ values: [22], quality: 'bad' });
    expect(records.find(({ function: { name } }) => name === 'i-am')!.facts).toEqual([
      { about: 'unit', kind: 'device-instance', text: '1234' },
      { about: 'unit', kind: 'vendor-id', text: '260' },
    ]);
  });

  it.each<[string, encode.Write, unknown]>([
    ['null', (o, a) => encode.putNull(o, a), []],
    ['boolean', (o, a) => encode.putBoolean(o, a, true), [true]],
    ['unsigned of three octets', (o, a) => encode.putUnsigned(o, a, 70_000), [70_000]],
    ['signed of one octet', (o, a) => encode.putSigned(o, a, -5), [-5]],
    ['signed of three octets', (o, a) => encode.putSigned(o, a, -70_000), [-70_000]],
    ['real', (o, a) => encode.putReal(o, a, -2.5), [-2.5]],
    ['double', (o, a) => encode.putDouble(o, a, 1e-9), [1e-9]],
    ['octets', (o, a) => encode.putOctets(o, a, [1, 2, 255]), ['0102ff']],
    ['text', (o, a) => encode.putText(o, a, 'Büro'), ['Büro']],
    ['bits', (o, a) => encode.putBits(o, a, [true, false, true]), [5]],
    ['enumerated', (o, a) => encode.putEnumerated(o, a, 300), [300]],
    ['object', (o, a) => encode.putObjectId(o, a, VALVE), [VALVE]],
  ])('value %s goes both ways', (_, value, expected) => {
    const bytes = bytesOf((out, at) =>
      encode.putUnicast(out, at, {}, (o, a) =>
        encode.putConfirmed(o, a, 1, CONFIRMED.writeProperty, (p, b) =>
          encode.putWriteProperty(p, b, VALVE, 85, value),
        ),
      ),
    );
    const [message] = play([[true, bytes]]);
    expect(message!.problems).toEqual([]);
    expect(message!.accesses[0]!.values).toEqual(expected);
  });

  it('sets a clock: the moment, and nothing for a date of which a part is `any`', () => {
    const at = Date.UTC(2026, 4, 6, 7, 8, 9, 120);
    const sync = (ms: number) =>
      bytesOf((out, from) =>
        encode.putBroadcast(out, from, {}, (o, a) =>
          encode.putUnconfirmed(o, a, UNCONFIRMED.utcTimeSynchronization, (p, b) => encode.putDateTime(p, b, ms)),
        ),
      );
    const [set] = play([[true, sync(at)]]);
    expect(set!.accesses[0]).toMatchObject({ area: 'clock', write: true, values: [at], sourceTimeUs: at * 1000 });
    const any = sync(at);
    any[9] = 255;
    expect(play([[true, any]])[0]!.accesses).toEqual([]);
  });

  it('reads behind a length that is too small, and says so', () => {
    const bytes = SAMPLES[0]!.chunks[6]!.bytes.slice();
    bytes[3] = bytes[3]! - 8;
    const [message] = play([[true, bytes]]);
    expect(message!.problems.map(({ kind }) => kind)).toEqual(['bacnet-length']);
    expect(message!.facts).toContainEqual({ about: 'client', kind: 'credential-cleartext', text: 'password ********' });
  });

  it('keeps what stands before a broken body', () => {
    const whole = bytesOf((out, at) =>
      encode.putUnicast(out, at, {}, (o, a) =>
        encode.putConfirmed(o, a, 1, CONFIRMED.writeProperty, (p, b) =>
          encode.putWriteProperty(p, b, VALVE, 85, (q, c) => encode.putReal(q, c, 1), 8),
        ),
      ),
    );
    for (let length = 8; length < whole.length - 3; length++) {
      const [message] = play([[true, whole.slice(0, length)]]);
      expect(message!.problems.length, `${length} octets`).toBeGreaterThan(0);
    }
  });

  it('says no in the words of the protocol, to the device that asked', () => {
    const refusals: Uint8Array[] = [];
    for (const { chunks, transport } of SAMPLES) {
      if (transport !== 'udp') continue;
      play(
        chunks.filter(({ fromClient }) => fromClient).map(({ bytes }) => [true, bytes] as const),
        (view) => {
          const out = new Uint8Array(256);
          const end = refuse(view, out, 0);
          if (end > 0) refusals.push(out.slice(0, end));
        },
      );
    }
    const said = play(refusals.map((bytes) => [false, bytes] as const)).map(({ status, unit }) => `${status} ${unit}`);
    expect(said.filter((text) => text.startsWith('services/service-request-denied'))).toHaveLength(8);
    expect(said).toContain('services/service-request-denied 2001:9');
    expect(said).toContain('register-foreign-device-nak ');
  });

  it('claims no other traffic', () => {
    // A length that does not fit the datagram, a function that is not there, an NPDU of another version.
    for (const text of ['810a 00ff 0104 0205 010c', '8120 0008 0100 1008', '810a 0008 0200 1008', '160303']) {
      expect(bacnet.identify(hex(text), 0, hex(text).length, false)).toBe(0);
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
        fc.array(fc.tuple(fc.boolean(), fc.oneof(mutated, fc.uint8Array({ maxLength: 80 }))), { maxLength: 8 }),
        (said) => {
          for (const record of play(said)) {
            expect(record.problems.every(({ offset }) => Number.isFinite(offset))).toBe(true);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('the APDU types are those of the standard', () => {
    expect(Object.values(APDU)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});
