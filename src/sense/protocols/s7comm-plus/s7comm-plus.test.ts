import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { S7PLUS_MESSAGE_BYTES_MAX } from '../../../limits.ts';
import { MATCH_CLIENT, MATCH_MORE, MATCH_NO, MATCH_SERVER, MATCH_YES } from '../protocol.ts';
import { finishData, putConnectRequest, USER_DATA_AT } from '../tpkt/encode.ts';
import { hex, Talk, written } from '../tpkt/fixtures/talk.ts';
import { VALUE_TYPE } from '../values.ts';
import * as encode from './encode.ts';
import { refuse, s7commPlus } from './index.ts';
import { FC } from './names.ts';
import { Reader } from './values.ts';

const ascii = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));
const connect = written((out, at) => putConnectRequest(out, at, [6, 0], ascii('SIMATIC-ROOT-ES')));
const SESSION = 0x3be;

/** A request with this body. */
function request(code: number, sequence: number, body: string, version = 2): Uint8Array {
  return written((out, at) => {
    const octets = hex(body);
    out.set(octets, at + encode.REQUEST_BODY_AT);
    const end = at + encode.REQUEST_BODY_AT + octets.length;
    return encode.finishRequest(out, at, end, code, sequence, SESSION, version);
  });
}

/** A response with this body (return value first). */
function response(code: number, sequence: number, body: string): Uint8Array {
  return written((out, at) => {
    const octets = hex(body);
    out.set(octets, at + encode.RESPONSE_BODY_AT);
    return encode.finishResponse(out, at, at + encode.RESPONSE_BODY_AT + octets.length, code, sequence);
  });
}

/** User data in one data TPDU. */
function data(octets: Uint8Array): Uint8Array {
  const out = new Uint8Array(USER_DATA_AT + octets.length);
  out.set(octets, USER_DATA_AT);
  finishData(out, 0, out.length);
  return out;
}

const talk = (): Talk => new Talk([s7commPlus]).client(connect);

describe('S7-plus identity', () => {
  const match = (bytes: Uint8Array, hinted = true) => s7commPlus.identify(bytes, 0, bytes.length, hinted);

  it('by its TSAP, its protocol id, or TLS inside transport data', () => {
    expect(match(connect)).toBe(MATCH_CLIENT);
    expect(match(written((out, at) => putConnectRequest(out, at, [1, 0], [1, 2])))).toBe(MATCH_MORE);
    expect(match(request(FC.explore, 1, '00000003'))).toBe(MATCH_CLIENT);
    expect(match(response(FC.explore, 1, '00'))).toBe(MATCH_SERVER);
    expect(match(data(hex('17 03 03 00 20')))).toBe(MATCH_YES);
  });

  it('leaves others alone: S7, MMS, TLS on other ports', () => {
    expect(match(data(hex('32 01 00 00 00 01 00 08 00 00')))).toBe(MATCH_NO);
    expect(match(data(hex('0d 1a 05 06')))).toBe(MATCH_NO);
    expect(match(data(hex('17 03 03 00 20')), false)).toBe(MATCH_NO);
    expect(match(hex('16 03 01 02 00'))).toBe(MATCH_NO);
  });
});

describe('S7-plus messages', () => {
  it('a new session tells who the CPU and who the client is', () => {
    const conversation = talk();
    conversation.client(
      request(
        FC.createObject,
        1,
        `0000011d        # container 285: sessions
         00 04 00        # a UDINT, 0
         00000000
         a1 000000d3 82 1f 00 00          # object of class 287
         a3 82 21 00 15 0d 313a3a3a362e303a3a414243 31 # attribute 289: "1:::6.0::ABC1"
         a2 00000000`,
        1,
      ),
    );
    expect(conversation.last.function).toMatchObject({ name: 'create-session', class: 'auth' });
    expect(conversation.last.facts).toEqual([{ about: 'client', kind: 'network-adapter', text: 'ABC1' }]);
    conversation.server(
      response(
        FC.createObject,
        1,
        `00 01 87 3e                # fine, one object: 958
         a1 00000120 82 1f 00 00
         a3 82 32 00 17 0000013a    # attribute 306, structure 314
         82 3c 00 04 81 40          # element 316: UDINT 192
         82 3f 00 15 0c 313b41422d313b56322e3230  # element 319: "1;AB-1;V2.20"
         00 a2 00000000`,
      ),
    );
    expect(conversation.last.facts).toEqual([
      { about: 'server', kind: 'vendor', text: 'Siemens' },
      { about: 'server', kind: 'model', text: 'AB-1' },
      { about: 'server', kind: 'firmware', text: 'V2.20' },
    ]);
    expect(conversation.last.pairedWith).toBe(2);
  });

  it('reads variables: the response names none, the request does', () => {
    const conversation = talk();
    conversation.client(
      request(
        FC.getMultiVariables,
        7,
        `00000000 02 0a              # no link, two items, ten fields
         81ffccb577 88d0b88003 02 9376 0a  # check sum, DB3, two ids: actual value, 10
         00 52 03 9d18 05 06`, // M: actual value 3736, 5, 6
      ),
    );
    expect(conversation.last.accesses.map((access) => access.point)).toEqual([
      '10.0.0.5/variable/DB3.10',
      '10.0.0.5/variable/M.5.6',
    ]);
    conversation.server(response(FC.getMultiVariables, 7, '00 01 00 0e 42910000 00 02 ffffffffffffffef 95 00'));
    const [real, refused] = conversation.last.accesses;
    expect(real).toMatchObject({ point: '10.0.0.5/variable/DB3.10', type: 'float32', values: [72.5] });
    expect(refused).toMatchObject({ point: '10.0.0.5/variable/M.5.6', quality: 'bad', values: [] });
    expect(conversation.last.status).not.toBe('ok');
    expect(conversation.last.problems).toEqual([]);
  });

  it('writes variables with their values', () => {
    const conversation = talk();
    conversation.client(
      request(
        FC.setMultiVariables,
        8,
        `00000000 02 0a
         81ffccb577 88d0b88003 02 9376 0a
         00 88d0b88003 02 9376 0b
         01 00 08 7d 02 10 02 03 010203 00`, // item 1: DINT -3; item 2: array of three USINT
      ),
    );
    expect(conversation.last.function).toMatchObject({ name: 'set-multi-variables', class: 'write' });
    expect(conversation.last.accesses).toMatchObject([
      { point: '10.0.0.5/variable/DB3.10', write: true, type: 'int32', values: [-3] },
      { point: '10.0.0.5/variable/DB3.11', write: true, type: 'uint8', values: [1, 2, 3], count: 3 },
    ]);
  });

  it('stopping the CPU is told from other writes', () => {
    // Object 52, one attribute, 2167 := DINT 1.
    const { last } = talk().client(request(FC.setVariable, 9, '00000034 01 9077 00 08 01'));
    expect(last.function).toMatchObject({ name: 'set-cpu-mode', effect: 'stops', risk: 4 });
    expect(last.accesses[0]).toMatchObject({ point: '10.0.0.5/object/52.2167', write: true, values: [1] });
  });

  it('creating an object elsewhere than among sessions is a download', () => {
    const { last } = talk().client(request(FC.createObject, 9, '00000003 00 04 00 00000000 a1'));
    expect(last.function).toMatchObject({ name: 'create-object', class: 'program' });
  });

  it('a notification is an event with values', () => {
    // Subscription 0x70000e51, item 25: REAL 72.5
    const body = hex('33 70000e51 0400 0000 0000 c9 8ec148 01 92 00000019 00 0e 42910000 00 00000000');
    const message = written((out, at) => {
      out.set(body, at + 11);
      return encode.finishFragment(out, at, at + 11 + body.length, 3, true);
    });
    const { last } = talk().server(message);
    expect(last).toMatchObject({ direction: 'event', function: { name: 'notification' } });
    expect(last.accesses[0]).toMatchObject({ point: '10.0.0.5/subscription/70000e51.25', values: [72.5] });
  });

  it('version 3: the digest before the data is passed over', () => {
    const plain = request(FC.setVariable, 9, '00000034 01 9077 00 08 01', 3);
    const from = 7 + 4;
    const digest = Buffer.concat([Uint8Array.of(0x20), new Uint8Array(32).fill(0x31)]);
    const bytes = Buffer.concat([plain.subarray(0, from), digest, plain.subarray(from)]);
    bytes.writeUInt16BE(bytes.length, 2);
    bytes.writeUInt16BE(bytes.readUInt16BE(9) + digest.length, 9);
    expect(talk().client(bytes).last.function.name).toBe('set-cpu-mode');
  });
});

describe('S7-plus fragments', () => {
  const body = Buffer.concat([
    hex('00000000 01 05 00 88d0b88003 02 9376 0a 01 10 02 90 00'),
    new Uint8Array(2048).fill(7),
  ]);
  const whole = Buffer.alloc(14 + body.length);
  whole.set(hex('31 0000 0542 0000 0002 000003be 34'));
  whole.set(body, 14);

  function fragments(size: number): Uint8Array[] {
    const list: Uint8Array[] = [];
    for (let at = 0; at < whole.length; at += size) {
      const piece = whole.subarray(at, at + size);
      const out = new Uint8Array(11 + piece.length + 4);
      out.set(piece, 11);
      const end = encode.finishFragment(out, 0, 11 + piece.length, 2, at + size >= whole.length);
      list.push(out.slice(0, end));
    }
    return list;
  }

  it.each([100, 999, 4000])('of %d octets are one message', (size) => {
    const all = fragments(size);
    const conversation = talk();
    for (const fragment of all) conversation.client(fragment);
    expect(conversation.parts).toBe(all.length);
    expect(conversation.messages.map((message) => message.function.name)).toEqual([
      'cotp-connect-request',
      'set-multi-variables',
    ]);
    expect(conversation.last.accesses[0]).toMatchObject({ count: 2048, type: 'uint8' });
    expect(conversation.last.frame.firstNumber).toBe(2);
    expect(conversation.last.frame.number).toBe(1 + all.length);
  });

  it('octet by octet they say the same', () => {
    const stream = Buffer.concat([connect, ...fragments(700)]);
    const conversation = new Talk([s7commPlus]);
    for (const octet of stream) conversation.client(Uint8Array.of(octet));
    expect(conversation.last.accesses[0]).toMatchObject({ count: 2048 });
  });

  it('a message without end is bounded and said', () => {
    const conversation = talk();
    const piece = new Uint8Array(60_000);
    const out = new Uint8Array(piece.length + 15);
    out.set(piece, 11);
    encode.finishFragment(out, 0, 11 + piece.length, 2, false);
    const more = out.slice(0, 11 + piece.length);
    for (let sent = 0; sent <= S7PLUS_MESSAGE_BYTES_MAX; sent += piece.length) conversation.client(more);
    conversation.client(out.slice(0, encode.finishFragment(out, 0, 11 + piece.length, 2, true)));
    expect(conversation.last.problems.map((problem) => problem.kind)).toContain('s7plus-too-long');
  });
});

describe('S7-plus over TLS', () => {
  it('says that it is encrypted, once, and goes on with sizes', () => {
    const conversation = talk().client(request(FC.initSsl, 1, '00000000', 1));
    expect(conversation.last.function.name).toBe('init-ssl');
    conversation.client(data(hex('16 03 01 00 05 01 02 03 04 05')));
    expect(conversation.last).toMatchObject({
      function: { name: 'tls-handshake' },
      facts: [{ about: 'server', kind: 'encryption', text: 'TLS' }],
    });
    expect(conversation.last.problems.map((problem) => problem.kind)).toEqual(['s7plus-encrypted']);
    conversation.server(data(hex('17 03 03 00 02 aa bb')));
    expect(conversation.last).toMatchObject({ function: { name: 'tls-application-data' }, problems: [], facts: [] });
    expect(conversation.state.understoodBytes).toBeLessThan(conversation.state.payloadBytes);
  });
});

describe('S7-plus numbers', () => {
  const reader = new Reader();
  const octets = new Uint8Array(16);

  it('unsigned and signed numbers are the inverse of their writers', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (value) => {
        const end = encode.putVlq(octets, 0, value);
        reader.begin(octets, 0, end);
        expect([reader.vlq(), reader.at, reader.failed]).toEqual([value, end, false]);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: -0x80000000, max: 0x7fffffff }), (value) => {
        const end = encode.putSignedVlq(octets, 0, value);
        reader.begin(octets, 0, end);
        expect([reader.signedVlq(), reader.at, reader.failed]).toEqual([value, end, false]);
      }),
    );
  });

  it('a 64-bit number has a whole ninth octet', () => {
    reader.begin(hex('d3 81 b2 c0 80 a5 db ff 95'), 0, 9);
    reader.vlq64();
    expect([reader.at, reader.failed, reader.low16]).toEqual([9, false, 0xff95]);
  });

  it.each<[string, string, number, unknown]>([
    ['LREAL', '00 0f 4052200000000000', VALUE_TYPE.float64, 72.5],
    ['BOOL', '00 01 01', VALUE_TYPE.bool, 1],
    ['INT', '00 07 fffe', VALUE_TYPE.int16, -2],
    ['RID', '00 12 002dc6df', VALUE_TYPE.uint32, 3000031],
  ])('%s', (_, text, type, value) => {
    const bytes = hex(text);
    reader.begin(bytes, 0, bytes.length);
    expect(reader.value()).toBe(true);
    expect([reader.type, reader.number, reader.at]).toEqual([type, value, bytes.length]);
  });

  it('ends on structures nested without end, and on counts without octets', () => {
    const nested = Buffer.concat(new Array<Uint8Array>(5_000).fill(hex('00 17 00000001 01')));
    reader.begin(nested, 0, nested.length);
    expect(reader.value()).toBe(false);
    const many = hex('10 04 8f ff ff ff 7f');
    reader.begin(many, 0, many.length);
    expect(reader.value()).toBe(false);
  });
});

it('refuses a connection, and nothing after it', () => {
  const conversation = new Talk([s7commPlus]);
  const answers: Uint8Array[] = [];
  conversation.onView = (view) => {
    const out = new Uint8Array(64);
    answers.push(out.slice(0, refuse(view, out, 0)));
  };
  conversation.client(connect).client(request(FC.setVariable, 9, '00000034 01 9077 00 08 01'));
  expect(answers).toEqual([hex('03 00 00 0b 06 80 00 01 00 00 88'), new Uint8Array(0)]);
});

it('survives mutated and random octets', () => {
  const seeds = [
    request(FC.getMultiVariables, 7, '00000000 02 0a 81ffccb577 88d0b88003 02 9376 0a 00 52 03 9d18 05 06'),
    response(FC.getMultiVariables, 7, '00 01 00 0e 42910000 00 02 ffffffffffffffef 95 00'),
    request(FC.setMultiVariables, 8, '000003be 02 02 8232 8231 01 00 17 0000013a 823b 00 04 8400 00 02 00 03 0001'),
    request(FC.createObject, 1, '0000011d 00 04 00 00000000 a1 000000d3 821f 00 00 a3 8221 00 15 02 4142 a2'),
    response(FC.explore, 2, '00 00 00 00 00 a1 00000001 01 00 00 a3 01 00 17 00000001 01 00 15 01 41 00'),
  ];
  const change = fc.tuple(fc.nat(120), fc.nat(255));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...seeds), fc.array(change, { maxLength: 6 }), fc.boolean()), { maxLength: 8 }),
      (all) => {
        const conversation = talk();
        for (const [original, changes, fromClient] of all) {
          const bytes = Uint8Array.from(original);
          for (const [at, value] of changes) if (at >= 7 && at < bytes.length) bytes[at] = value;
          if (fromClient) conversation.client(bytes);
          else conversation.server(bytes);
        }
        for (const message of conversation.messages) {
          expect(message.function.name).not.toBe('');
          expect(message.status).not.toBe('');
        }
      },
    ),
    { numRuns: 300 },
  );
});
