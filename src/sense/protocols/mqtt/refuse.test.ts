import { describe, expect, it } from 'vitest';
import * as encode from './encode.ts';
import { dissect, type Piece, written } from './fixtures/dissect.ts';
import { refuse } from './index.ts';
import { VERSION } from './names.ts';

const connect = (version: number): Piece => ({
  fromClient: true,
  bytes: written((out, at) => encode.putConnect(out, at, { version, clientId: 'c' })),
});

/** Refusals of the client's packets after CONNECT, in hex; empty where there is none. */
function refusals(version: number, ...packets: Uint8Array[]): string[] {
  const out = new Uint8Array(64);
  const answers: string[] = [];
  dissect(
    [connect(version), ...packets.map((bytes) => ({ fromClient: true, bytes }))],
    Number.POSITIVE_INFINITY,
    1883,
    (view) => {
      out.fill(0xa5);
      const end = refuse(view, out, 1);
      answers.push(Buffer.from(out.subarray(1, Math.max(1, end))).toString('hex'));
    },
  );
  return answers;
}

const publish = (version: number, qos: number) =>
  written((out, at) => encode.putPublish(out, at, 'a', '1', { version, qos, packetId: 0x0102 }));
const subscribe = (version: number) => written((out, at) => encode.putSubscribe(out, at, version, 5, ['a', 'b']));

describe("the broker's own refusal", () => {
  it('5.0: PUBACK, PUBREC, SUBACK and UNSUBACK with 0x87, not authorised', () => {
    const five = VERSION.v5;
    const unsubscribe = written((out, at) => encode.putUnsubscribe(out, at, five, 6, ['a']));
    expect(refusals(five, publish(five, 0), publish(five, 1), publish(five, 2), subscribe(five), unsubscribe)).toEqual([
      '2003008700', // CONNACK
      '', // QoS 0 has no answer
      '4003010287', // PUBACK
      '5003010287', // PUBREC
      '90050005008787', // SUBACK
      'b004000600' + '87', // UNSUBACK
    ]);
  });

  it('3.1.1: CONNACK and SUBACK can say no, PUBLISH cannot', () => {
    const old = VERSION.v311;
    expect(refusals(old, publish(old, 1), publish(old, 2), subscribe(old))).toEqual([
      '20020005',
      '',
      '',
      '900400058080',
    ]);
    expect(refusals(VERSION.v31, subscribe(VERSION.v31))).toEqual(['20020005', '']);
  });

  it('the dissector reads the refusal as one', () => {
    const answer = Uint8Array.of(0x40, 3, 1, 2, 0x87);
    const messages = dissect([
      connect(5),
      { fromClient: true, bytes: publish(5, 1) },
      { fromClient: false, bytes: answer },
    ]);
    expect(messages[2]).toMatchObject({ status: 'not-authorized', pairedWith: 2 });
  });

  it('writes nothing where there is no room', () => {
    dissect([connect(5)], Number.POSITIVE_INFINITY, 1883, (view) => {
      expect(refuse(view, new Uint8Array(8), 0)).toBe(0);
    });
  });
});
