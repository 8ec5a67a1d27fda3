import { describe, expect, it } from 'vitest';
import { client, server, written } from '../fixtures/sample.ts';
import { SymbolTable } from '../symbols.ts';
import * as encode from './encode.ts';
import { bytesOf, dissect, valuesOf } from './fixtures/dissect.ts';
import { SAMPLES } from './fixtures/samples.ts';
import { neutralise, opcua, refuse } from './index.ts';
import { SERVICE } from './names.ts';
import { UaReader } from './reader.ts';
import { TYPE } from './variant.ts';

const [PLAIN, SUBSCRIPTION, HIDDEN] = SAMPLES.map((sample) => sample.chunks);
/** HEL, ACK, OPN, OPN of the first sample: a channel without security. */
const OPENED = PLAIN!.slice(0, 4);
const numbers = (sequence: number, requestId = sequence) => ({ channel: 7, token: 3, sequence, requestId });
const kinds = (messages: ReturnType<typeof dissect>) => messages.flatMap((m) => m.problems.map((p) => p.kind));

describe('bytes of the standard', () => {
  it('HEL, ACK and a Read request, field by field', () => {
    const messages = dissect([
      {
        fromClient: true,
        bytes: bytesOf(
          '48454c46 38000000' + // HEL F, 56 octets
            '00000000 00000100 00000100 00000000 00000000' + // version, buffers of 65,536, no limits
            '18000000 6f70632e7463703a2f2f6c6f63616c686f73743a34383430', // opc.tcp://localhost:4840
        ),
      },
      { fromClient: false, bytes: bytesOf('41434b46 1c000000 00000000 00000100 00000100 00000000 00000000') },
      {
        fromClient: true,
        bytes: bytesOf(
          '4d534746 63000000' + // MSG F, 99 octets
            '07000000 03000000 02000000 02000000' + // channel 7, token 3, sequence 2, request 2
            '01 00 7702' + // encoding id 631: ReadRequest
            '0000 0000000000000000 01000000 00000000 ffffffff 10270000 0000 00' + // header: handle 1, time-out 10 s
            '0000000000000000 02000000' + // age 0, both timestamps
            '01000000' + // one node
            '03 0200 05000000 5370656564' + // ns=2;s=Speed
            '0d000000 ffffffff 0000 ffffffff', // attribute Value, no range, no encoding
        ),
      },
    ]);
    expect(messages.map((m) => [m.function.name, m.direction, m.pairedWith])).toEqual([
      ['hello', 'request', 0],
      ['hello', 'response', 1],
      ['read', 'request', 0],
    ]);
    expect(messages[0]?.facts).toEqual([{ about: 'server', kind: 'endpoint', text: 'opc.tcp://localhost:4840' }]);
    expect(messages[2]).toMatchObject({ transaction: 2, problems: [] });
    expect(messages[2]?.accesses).toMatchObject([{ point: 'plc/node/ns=2;s=Speed', write: false, values: [] }]);
  });

  it('node ids in their text form', () => {
    const symbols = new SymbolTable();
    const reader = new UaReader();
    const name = (hex: string) => {
      const bytes = bytesOf(hex);
      reader.open(bytes, 0, bytes.length);
      return reader.failed ? '' : symbols.name(reader.node(symbols));
    };
    expect(name('00 55')).toBe('i=85');
    expect(name('01 02 e903')).toBe('ns=2;i=1001');
    expect(name('02 0300 70110100')).toBe('ns=3;i=70000');
    expect(name('03 0000 00000000')).toBe('s=');
    // 5.2.2.6: 72962B91-FA75-4AE6-8D28-B404DC7DAF63 is written 91 2b 96 72 75 fa e6 4a 8d 28 b4 04 dc 7d af 63
    expect(name('04 0100 912b967275fae64a8d28b404dc7daf63')).toBe('ns=1;g=72962b91-fa75-4ae6-8d28-b404dc7daf63');
    expect(name('05 0100 04000000 01020304')).toBe('ns=1;b=AQIDBA==');
    expect(name('06 0000')).toBe('');
  });
});

describe('services', () => {
  it('a reply has the values of the nodes asked for, with quality and time', () => {
    const reply = dissect(PLAIN!)[5];
    expect(valuesOf(reply)).toEqual({
      'plc/node/ns=2;s=Line.Speed': 12.5,
      'plc/node/i=2258': 1_700_000_000_000,
      'plc/display-name/ns=3;i=70000': 'Motor',
    });
    expect(reply?.accesses.map((a) => [a.quality, a.sourceTimeUs])).toEqual([
      ['good', 1_700_000_000_000_000],
      ['good', undefined],
      ['uncertain', undefined],
    ]);
  });

  it('a write carries its values; what was not written gives the status', () => {
    const [, , , , , , request, reply] = dissect(PLAIN!);
    expect(request).toMatchObject({ function: { name: 'write', class: 'write' }, direction: 'request' });
    expect(valuesOf(request)).toEqual({
      'plc/node/ns=2;s=Line.Setpoint': 80,
      'plc/node/ns=2;s=Line.Recipe': [1, 2, 3],
    });
    expect(request?.accesses.every((a) => a.write)).toBe(true);
    expect(reply).toMatchObject({ status: 'bad-not-writable', pairedWith: 7 });
  });

  it('a call writes to its method; the fault answers the call', () => {
    const [, , , , , , , , request, reply] = dissect(PLAIN!);
    expect(request?.accesses.map((a) => [a.point, a.write, a.values])).toEqual([
      ['plc/object/ns=2;s=Line', false, []],
      ['plc/method/ns=2;s=Line.Start', true, []],
      ['plc/argument/ns=2;s=Line.Start#0', true, [true]],
    ]);
    expect(reply).toMatchObject({ function: { name: 'call' }, status: 'bad-user-access-denied', pairedWith: 9 });
  });

  it('notifications give values to the nodes behind the client handles, also over chunks', () => {
    const messages = dissect(SUBSCRIPTION!);
    const last = messages.at(-1);
    expect(last?.function.name).toBe('publish');
    expect(valuesOf(last)).toEqual({ 'plc/node/ns=2;s=FT-102': -4, 'plc/node/ns=2;s=TT-101': 71.25 });
    expect(last?.accesses.map((a) => a.quality)).toEqual(['good', 'bad']);
    expect(kinds(messages)).toEqual([]);
    // Byte by byte the message begins in an earlier frame than the one that completes it.
    const sliced = dissect(SUBSCRIPTION!, 16).at(-1);
    expect(sliced?.frame.firstNumber).toBeLessThan(sliced!.frame.number);
    expect(valuesOf(sliced)).toEqual(valuesOf(last));
  });

  it('a handle nobody gave keeps its number, a reply nobody asked for has no names', () => {
    const publish = written((o, a) =>
      encode.putMessage(
        o,
        a,
        numbers(2),
        829,
        encode.publishResultBody(9, [[4, { value: { type: TYPE.byte, value: 7 } }]]),
      ),
    );
    const [message] = dissect([...OPENED, server(publish)]).slice(4);
    expect(valuesOf(message)).toEqual({ 'plc/node/subscription/9/4': 7 });
    expect(kinds([message!])).toEqual(['opcua-unknown-handle']);
    const read = written((o, a) =>
      encode.putMessage(o, a, numbers(2), 634, encode.readResultBody([{ value: { type: TYPE.byte, value: 7 } }])),
    );
    const [reply] = dissect([...OPENED, server(read)]).slice(4);
    expect(reply?.accesses).toEqual([]);
    expect(kinds([reply!])).toEqual(['opcua-reply-without-request']);
  });

  it('who logs in is told; a password that travels in the clear is told of, not told', () => {
    const token = new encode.UaWriter()
      .text('policy')
      .text('alice')
      .blob(new TextEncoder().encode('s3cr3t'))
      .text(null);
    const activate = (w: encode.UaWriter) =>
      encode
        .requestHeader(w)
        .text(null)
        .blob(null)
        .u32(0)
        .array(['en'], (locale) => w.text(locale))
        .extension(324, token.bytes())
        .text(null)
        .blob(null);
    const [message] = dissect([
      ...OPENED,
      client((o, a) => encode.putMessage(o, a, numbers(2), SERVICE.activateSession, activate)),
    ]).slice(4);
    expect(message?.function).toMatchObject({ name: 'activate-session', class: 'auth' });
    expect(message?.facts.map(({ kind, text }) => [kind, text])).toEqual([
      ['user', 'alice'],
      ['credential-cleartext', 'password ********'],
    ]);
    expect(JSON.stringify(message)).not.toContain('s3cr3t');
  });

  it('build information and the security mode are facts', () => {
    const messages = dissect([
      ...OPENED,
      client((o, a) => encode.putMessage(o, a, numbers(2), SERVICE.read, encode.readBody([['i=2263', 13]]))),
      server((o, a) =>
        encode.putMessage(
          o,
          a,
          numbers(2),
          634,
          encode.readResultBody([{ value: { type: TYPE.string, value: 'Acme Controls' } }]),
        ),
      ),
    ]);
    const facts = messages.flatMap((m) => m.facts.map(({ about, kind, text }) => `${about} ${kind} ${text}`));
    expect(facts).toContain('client security-policy None');
    expect(facts).toContain('client security-mode None');
    expect(facts).toContain('server vendor Acme Controls');
  });

  it('what is encrypted is said to be so, once, and never guessed at', () => {
    const messages = dissect(HIDDEN!);
    expect(messages.map((m) => m.function.name)).toEqual([
      'hello',
      'hello',
      'open-secure-channel',
      'open-secure-channel',
      'encrypted-message',
      'encrypted-message',
    ]);
    expect(messages.flatMap((m) => m.facts.filter((f) => f.kind === 'encrypted'))).toEqual([
      { about: 'server', kind: 'encrypted', text: 'Basic256Sha256' },
    ]);
  });
});

describe('chunks', () => {
  const read = (chunkBytes: number, sequence = 2) =>
    written((o, a) =>
      encode.putMessage(o, a, numbers(sequence, 9), SERVICE.read, encode.readBody([['i=85', 13]]), chunkBytes),
    );

  it('a sequence number that does not follow is a problem', () => {
    const once = read(Number.POSITIVE_INFINITY);
    expect(kinds(dissect([...OPENED, client(once, once)]))).toEqual(['opcua-sequence']);
    expect(kinds(dissect([...OPENED, client(read(30))]))).toEqual([]);
  });

  it('a message given up has the reason, and nothing of it is told', () => {
    const first = read(30).slice(0, 54); // one chunk of 24 + 30 octets
    const abort = bytesOf(
      '4d534741 28000000 07000000 03000000 03000000 09000000' + // MSG A, sequence 3, request 9
        '00008080 08000000 746f6f206c617267', // status 0x80800000, a text
    );
    const messages = dissect([...OPENED, client(first), client(abort)]).slice(4);
    expect(messages).toMatchObject([{ function: { name: 'message-aborted' }, statusCode: 0x80800000, accesses: [] }]);
    const again = dissect([...OPENED, client(first), client(abort), client(read(30, 4))]).at(-1);
    expect(again?.accesses).toHaveLength(1);
  });

  it('chunks of two requests are not mixed', () => {
    const [, message] = dissect([
      ...OPENED,
      client(read(30).slice(0, 54)),
      client(read(1000, 3).map((b, i) => (i === 20 ? 8 : b))),
    ]).slice(3);
    expect(message?.problems.map((p) => p.kind)).toContain('opcua-chunk-of-another-request');
    expect(message?.transaction).toBe(8);
  });
});

describe('identify', () => {
  it('knows a chunk by its letters and length, and its sender by service', () => {
    const of = (bytes: Uint8Array, hinted = false) => opcua.identify(bytes, 0, bytes.length, hinted);
    expect(of(PLAIN![0]!.bytes)).toBe(3);
    expect(of(PLAIN![1]!.bytes)).toBe(4);
    expect(of(PLAIN![4]!.bytes)).toBe(3);
    expect(of(PLAIN![5]!.bytes)).toBe(4);
    expect(of(bytesOf('4d5347'), true)).toBe(1);
    expect(of(bytesOf('4d5347'), false)).toBe(0);
    expect(of(bytesOf('4d534758 20000000'))).toBe(0); // MSGX
    expect(of(bytesOf('48454c4c4f20776f726c64'), true)).toBe(0); // HELLO world
    expect(of(bytesOf('48454c46 02000000'))).toBe(0); // shorter than its header
  });
});

describe("the server's own refusal", () => {
  it('is a fault with the numbers of the channel, and only where nothing is signed', () => {
    const refusals: string[] = [];
    const play = (pieces: NonNullable<typeof PLAIN>) =>
      dissect(pieces, Number.POSITIVE_INFINITY, (view) => {
        const out = new Uint8Array(64).fill(0xa5);
        const end = refuse(view, out, 0);
        if (end > 0) refusals.push(Buffer.from(out.subarray(0, end)).toString('hex'));
      });
    play(PLAIN!.slice(0, 5));
    expect(refusals).toEqual([
      '4d534746' + // MSG F
        '34000000' + // 52 octets
        '0700000003000000' + // channel, token
        '0200000002000000' + // the server's next sequence number, the request's id
        '01008d01' + // 397, ServiceFault
        '0000000000000000' + // no time: this side has no clock
        '01000000' + // request handle
        '00001f80' + // Bad_UserAccessDenied
        '00' + // no diagnostics
        '00000000' + // no texts
        '000000', // no additional header
    ]);
    refusals.length = 0;
    play(HIDDEN!);
    expect(refusals).toEqual([]);
  });
});

describe('a request made harmless', () => {
  const replacements = (...pieces: Uint8Array[]) => {
    const list: string[] = [];
    dissect([...OPENED, ...pieces.map((bytes) => client(bytes))], Number.POSITIVE_INFINITY, (view) => {
      const out = new Uint8Array(256).fill(0xa5);
      expect(neutralise(view, new Uint8Array(8), 0)).toBe(0);
      const end = neutralise(view, out, 0);
      if (end > 0) list.push(Buffer.from(out.subarray(0, end)).toString('hex'));
    });
    return list;
  };
  const write = (chunkBytes?: number) =>
    written((o, a) =>
      encode.putMessage(
        o,
        a,
        numbers(2, 9),
        SERVICE.write,
        encode.writeBody([['ns=2;s=Setpoint', 13, { value: { type: TYPE.double, value: 80 } }]]),
        chunkBytes,
      ),
    );

  it('is a Read of nothing with its own numbers and header', () => {
    expect(replacements(write())).toEqual([
      '4d5347464b000000' + // MSG F, 75 octets
        '07000000030000000200000009000000' + // channel, token, sequence 2, request 9
        '01007702' + // 631, ReadRequest
        '01000000' + // no authentication token
        '0000000000000000' + // no time
        '01000000' + // request handle
        '00000000ffffffff10270000000000' + // the rest of the header as it was
        '00000000000000000000000000000000', // age 0, source time, no nodes
    ]);
  });

  it('is given up where its beginning has gone already', () => {
    expect(replacements(write(40))).toEqual([
      '4d53474120000000' + // MSG A, 32 octets
        '07000000030000000300000009000000' + // sequence 3: the second chunk
        '00001f80ffffffff', // Bad_UserAccessDenied, no text
    ]);
  });
});
