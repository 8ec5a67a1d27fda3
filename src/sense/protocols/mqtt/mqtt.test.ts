import { describe, expect, it } from 'vitest';
import * as encode from './encode.ts';
import { broker, bytesOf, client, dissect, type Piece, valuesOf, written } from './fixtures/dissect.ts';
import { mqtt } from './index.ts';
import { PACKET, VERSION } from './names.ts';

/** CONNECT of 3.1.1 with will, user name and password. */
const CONNECT = client(
  '10 2f' + // CONNECT, remaining length 47
    '0004 4d515454 04' + // MQTT, level 4
    'c6' + // user name, password, will QoS 0, clean session
    '003c' + // keep alive 60 s
    '0003 706c63' + // client id plc
    '0009 706c632f7374617465' + // will topic plc/state
    '0004 64656164' + // will message dead
    '0005 616c696365' + // user alice
    '0006 733363723374', // password s3cr3t
);
const CONNACK = broker('20 02 00 00'); // no session present, accepted
const CONNECT_5 = client('10 10 0004 4d515454 05 02 003c 00 0003 706c63'); // level 5, no properties
const CONNACK_5 = broker('20 03 00 00 00');

describe('MQTT packets', () => {
  it('CONNECT says who connects and that a password travels, never which', () => {
    const [message, reply] = dissect([CONNECT, CONNACK]);
    expect(message?.function).toMatchObject({ name: 'connect', class: 'auth' });
    expect(Object.fromEntries(message!.facts.map(({ kind, text }) => [kind, text]))).toEqual({
      'mqtt-version': '3.1.1',
      'client-id': 'plc',
      'will-topic': 'plc/state',
      user: 'alice',
      'credential-cleartext': 'password ********',
    });
    expect(JSON.stringify(message)).not.toContain('s3cr3t');
    expect(message?.problems).toEqual([]);
    expect(reply).toMatchObject({ direction: 'response', status: 'ok', pairedWith: 1, latencyUs: 1000 });
  });

  it('3.1 has the name MQIsdp', () => {
    const bytes = written((out, at) => encode.putConnect(out, at, { version: VERSION.v31, clientId: 'old' }));
    expect(Buffer.from(bytes).toString('hex')).toBe('1011' + '00064d51497364700302003c' + '00036f6c64');
    expect(dissect([{ fromClient: true, bytes }])[0]?.facts).toContainEqual({
      about: 'client',
      kind: 'mqtt-version',
      text: '3.1',
    });
  });

  it('a refused connection has its reason by name, in 3.1.1 and in 5.0', () => {
    expect(dissect([CONNECT, broker('20 02 00 05')])[1]).toMatchObject({ status: 'not-authorized', statusCode: 5 });
    expect(dissect([CONNECT_5, broker('20 03 00 86 00')])[1]).toMatchObject({
      status: 'bad-user-name-or-password',
      statusCode: 134,
    });
  });

  it('SUBSCRIBE lists its filters, SUBACK the first refusal', () => {
    const [, , asked, answered] = dissect([
      CONNECT,
      CONNACK,
      client('82 10 0007 0003 612f62 01 0005 632f2b2f64 00'), // id 7: a/b QoS 1, c/+/d QoS 0
      broker('90 04 0007 01 80'), // granted QoS 1, failure
    ]);
    expect(asked?.function.name).toBe('subscribe');
    expect(asked?.accesses.map(({ area, address }) => `${area} ${address}`)).toEqual(['filter a/b', 'filter c/+/d']);
    expect(answered).toMatchObject({ transaction: 7, pairedWith: 3, status: 'unspecified-error' });
  });

  it('a subscription to everything is discovery', () => {
    for (const filter of ['#', '+/#', '$SYS/#']) {
      const bytes = written((out, at) => encode.putSubscribe(out, at, VERSION.v311, 1, [filter]));
      expect(dissect([CONNECT, { fromClient: true, bytes }])[1]?.function).toMatchObject({
        name: 'subscribe-everything',
        class: 'discovery',
      });
    }
  });

  it('QoS 2 pairs PUBREC with PUBLISH and PUBCOMP with PUBREL', () => {
    const messages = dissect([
      CONNECT,
      CONNACK,
      client('34 07 0001 74 0009 3432'), // PUBLISH QoS 2 of topic t, id 9: 42
      broker('50 02 0009'),
      client('62 02 0009'),
      broker('70 02 0009'),
    ]);
    expect(messages.slice(2).map((m) => [m.function.name, m.direction, m.pairedWith])).toEqual([
      ['publish', 'request', 0], // answered, so it can be refused
      ['pubrec', 'response', 3],
      ['pubrel', 'request', 0],
      ['pubcomp', 'response', 5],
    ]);
    expect(valuesOf(messages[2])).toEqual({ 'broker/topic/t': 42 });
  });

  it('5.0 reads properties, reason codes and topic aliases', () => {
    const messages = dissect([
      CONNECT_5,
      CONNACK_5,
      client('30 0c 0003 612f62 03 23 0001 312e35'), // a/b gets alias 1: 1.5
      client('30 08 0000 03 23 0001 3236'), // empty topic, alias 1: 26
      client('32 09 0003 782f79 0004 00 37'), // x/y QoS 1, id 4: 7
      broker('40 03 0004 87'), // not authorised
      broker('e0 02 8e 00'), // DISCONNECT: session taken over
    ]);
    expect(valuesOf(messages[2])).toEqual({ 'broker/topic/a/b': 1.5 });
    expect(valuesOf(messages[3])).toEqual({ 'broker/topic/a/b': 26 });
    expect(messages[5]).toMatchObject({ status: 'not-authorized', pairedWith: 5 });
    expect(messages[6]).toMatchObject({ direction: 'event', status: 'session-taken-over' });
    expect(messages.flatMap((m) => m.problems)).toEqual([]);
  });

  it('an alias nobody gave is a problem, not a topic', () => {
    const [, message] = dissect([CONNECT_5, client('30 08 0000 03 23 0009 3236')]);
    expect(message?.accesses).toEqual([]);
    expect(message?.problems.map((p) => p.kind)).toEqual(['mqtt-topic-alias']);
  });

  it('names oddities with their place', () => {
    const kinds = (piece: Piece) => dissect([CONNECT, piece])[1]?.problems.map((p) => p.kind);
    expect(kinds(client('36 05 0001 74 3432'))).toEqual(['mqtt-qos']); // QoS 3, id 13362
    expect(kinds(client('00 00'))).toEqual(['mqtt-reserved-type']);
    expect(kinds(client('c1 00'))).toEqual(['mqtt-flags']);
    expect(kinds(client('82 06 0001 0009 612f'))).toEqual(['mqtt-too-short']);
    expect(kinds(CONNECT)).toEqual(['mqtt-second-connect']);
  });

  it('of a packet too large to hold the head is told and the rest passed over', () => {
    const picture = new Uint8Array(300_000).fill(0x30);
    const large = written((out, at) => encode.putPublish(out, at, 'camera/1', picture));
    const after = written((out, at) => encode.putPublish(out, at, 'camera/1', 'true'));
    for (const segment of [1460, Number.POSITIVE_INFINITY]) {
      const messages = dissect(
        [CONNECT, { fromClient: true, bytes: large }, { fromClient: true, bytes: after }],
        segment,
      );
      expect(messages.map((m) => m.function.name)).toEqual(['connect', 'publish', 'publish']);
      expect(messages[1]?.problems.map((p) => p.kind)).toEqual(['mqtt-large-packet']);
      expect(valuesOf(messages[2])).toEqual({ 'broker/topic/camera/1': true });
    }
  });
});

describe('payloads', () => {
  const published = (payload: string | Uint8Array, topic = 'line/1') => {
    const bytes = written((out, at) => encode.putPublish(out, at, topic, payload));
    return dissect([CONNECT, { fromClient: true, bytes }])[1];
  };

  it.each([
    ['21.5', 21.5],
    [' -3\n', -3],
    ['1e3', 1000],
    ['0.1', 0.1],
    ['123456789012345678', 123456789012345680],
    ['2.2250738585072014e-308', 2.2250738585072014e-308],
    ['true', true],
    ['OFF', false],
    ['running', 'running'],
    ['1.2.3', '1.2.3'],
    ['{"a":', '{"a":'],
  ])('%s is the value of the topic', (payload, value) => {
    expect(valuesOf(published(payload))).toEqual({ 'broker/topic/line/1': value });
  });

  it('every number and boolean of a JSON document is a point', () => {
    const message = published('{"temp": 21.5, "ok":true, "name":"a\\"b", "n":null, "pos":{"x":-1,"y":[2,{"z":3}]}}');
    expect(valuesOf(message)).toEqual({
      'broker/topic/line/1#temp': 21.5,
      'broker/topic/line/1#ok': true,
      'broker/topic/line/1#pos.x': -1,
      'broker/topic/line/1#pos.y[0]': 2,
      'broker/topic/line/1#pos.y[1].z': 3,
    });
    // The topic itself comes first, so that a rule about topics sees every PUBLISH.
    expect(message?.accesses[0]).toMatchObject({ point: 'broker/topic/line/1', values: [], write: false });
  });

  it('takes a bounded number of values from one document and says so', () => {
    const message = published(JSON.stringify(Array.from({ length: 2_000 }, (_, i) => i)));
    expect(message?.accesses).toHaveLength(513);
    expect(message?.problems.map((p) => p.kind)).toEqual(['mqtt-json-values']);
    expect(valuesOf(message)['broker/topic/line/1#[511]']).toBe(511);
  });

  it('bytes are no value', () => {
    expect(published(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0))?.accesses).toMatchObject([{ type: 'none', values: [] }]);
    expect(published('')?.accesses).toMatchObject([{ type: 'none', values: [] }]);
  });

  it('a topic of a command convention is a write', () => {
    const message = published('{"state":true,"level":30}', 'zigbee2mqtt/valve/set');
    expect(message?.function).toMatchObject({ name: 'publish-command', class: 'control' });
    expect(message?.accesses.filter((a) => a.write).map((a) => a.values[0])).toEqual([true, 30]);
    expect(published('30', 'setpoints/1')?.function.name).toBe('publish');
  });
});

describe('framing', () => {
  const story: Piece[] = [
    CONNECT,
    CONNACK,
    client('82 08 0007 0003 612f62 01  30 05 0001 74 3432  c0 00'), // SUBSCRIBE, PUBLISH, PINGREQ in one segment
    broker('90 03 0007 01  d0 00'),
    client('e0 00'),
  ];
  const seen = (segment: number) =>
    dissect(story, segment).map(({ function: f, direction, accesses, facts, status, problems }) => ({
      f,
      direction,
      accesses,
      facts,
      status,
      problems,
    }));

  it('joined, split and byte by byte give the same messages', () => {
    const whole = seen(Number.POSITIVE_INFINITY);
    expect(whole.map((m) => m.f.name)).toEqual([
      'connect',
      'connack',
      'subscribe',
      'publish',
      'pingreq',
      'suback',
      'pingresp',
      'disconnect',
    ]);
    for (const segment of [1, 2, 3, 7]) expect(seen(segment)).toEqual(whole);
  });

  it('says from where to where a message stands in its frames', () => {
    const messages = dissect(story, 7);
    expect(messages[0]?.frame).toEqual({ capture: 'test', number: 7, firstNumber: 1, from: 0, to: 7 });
  });
});

describe('identify', () => {
  const match = (hex: string, hinted: boolean) => {
    const bytes = bytesOf(hex);
    return mqtt.identify(bytes, 0, bytes.length, hinted);
  };

  it('knows CONNECT on any port', () => {
    expect(mqtt.identify(CONNECT.bytes, 0, CONNECT.bytes.length, false)).toBe(3);
    expect(dissect([CONNECT, CONNACK], Number.POSITIVE_INFINITY, 4_711)).toHaveLength(2);
  });

  it('in the middle of a stream bodies must fit; without the port they must hold a text as well', () => {
    expect(match('3007 0003 612f62 3432', false)).toBe(2); // PUBLISH a/b
    expect(match('82080007 0003 612f62 01', false)).toBe(3); // SUBSCRIBE
    expect(match('20020000', true)).toBe(4); // CONNACK
    expect(match('20020000', false)).toBe(0);
    expect(match('3007 0003 612f62 34', false)).toBe(0); // PUBLISH cut short
    expect(match('3007 0009 612f62 3432', true)).toBe(0); // topic longer than its packet
  });

  it('leaves others alone', () => {
    expect(match('302c0201000406 7075626c6963a01f', false)).toBe(0); // SNMP over TCP
    expect(match('16030100a5010000a1', true)).toBe(0); // TLS
    expect(match('474554202f20485454502f312e31', true)).toBe(0); // HTTP
    expect(match('0300001611e00000001200c1020100', true)).toBe(0); // TPKT
  });
});

describe('writers are the inverse of the dissector', () => {
  it('PUBLISH, acknowledgements and filters', () => {
    const pieces = [
      written((out, at) => encode.putConnect(out, at, { version: VERSION.v5, clientId: 'x', userName: 'u' })),
      written((out, at) =>
        encode.putPublish(out, at, 'a', '5', {
          version: VERSION.v5,
          qos: 1,
          packetId: 258,
          retain: true,
          topicAlias: 3,
        }),
      ),
      written((out, at) => encode.putPublish(out, at, '', '6', { version: VERSION.v5, topicAlias: 3 })),
      written((out, at) => encode.putUnsubscribe(out, at, VERSION.v5, 77, ['a', 'b'])),
      written((out, at) => encode.putEmpty(out, at, PACKET.pingreq)),
    ];
    const details: number[] = [];
    const messages = dissect(
      pieces.map((bytes) => ({ fromClient: true, bytes })),
      Number.POSITIVE_INFINITY,
      1883,
      (view) => details.push(view.detail),
    );
    expect(valuesOf(messages[1])).toEqual({ 'broker/topic/a': 5 });
    expect(messages[1]?.transaction).toBe(258);
    expect(details[1]).toBe(5 * 256 + 0x33); // version and first octet: QoS 1, retained
    expect(valuesOf(messages[2])).toEqual({ 'broker/topic/a': 6 });
    expect(messages[3]).toMatchObject({ transaction: 77, function: { name: 'unsubscribe' } });
    expect(messages.flatMap((m) => m.problems)).toEqual([]);
  });

  it('refuses to write past the end', () => {
    expect(() => encode.putPublish(new Uint8Array(8), 0, 'topic', 'payload')).toThrow(RangeError);
  });
});
