/** EtherNet/IP and CIP: own frames field by field, what requests and replies mean, malformed input. The contract test does the rest. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../../records.ts';
import { client, type Put, type SampleChunk, server } from '../fixtures/sample.ts';
import { MessageView } from '../message-view.ts';
import { functionKey, MATCH_CLIENT, MATCH_NO, MATCH_SERVER, MATCH_YES } from '../protocol.ts';
import { ProtocolStreams } from '../streams.ts';
import { workerConnections } from './connections.ts';
import * as encode from './encode.ts';
import {
  answered,
  asked,
  OPENED,
  octets,
  pccc,
  pcccReply,
  readTag,
  reply,
  request,
  rr,
  SAMPLES,
  tagReply,
  writeTag,
} from './fixtures/samples.ts';
import { cipIo, enip, refuse } from './index.ts';
import { AREA, SERVICE, STATUS } from './names.ts';
import { CipPath } from './path.ts';
import { CIP_TYPE } from './types.ts';

const NAMES = { capture: 'test', client: 'c', server: 's', device: 'plc' };

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/#.*$/gm, '').replace(/\s/g, ''), 'hex'));
}

/** Octets as they stand. */
const raw =
  (bytes: readonly number[]): Put =>
  (out, at) => {
    out.set(bytes, at);
    return at + bytes.length;
  };

/** Turns through the stream layer, both protocols known; the view is poisoned after each message. */
function told(
  chunks: readonly SampleChunk[],
  transport: 'tcp' | 'udp' = 'tcp',
  port = 44_818,
  view = new MessageView(),
): Message[] {
  const messages: Message[] = [];
  const streams = new ProtocolStreams(
    [enip, cipIo],
    {
      message: (filled) => messages.push(filled.toMessage(NAMES)),
    },
    view,
  );
  const state = streams.open(1, 50_000, port, transport === 'tcp', true);
  chunks.forEach(({ fromClient, bytes }, index) => {
    const context = { timeUs: 1_000 * (index + 1), frame: index + 1, frameStart: 0 };
    if (transport === 'tcp') streams.stream(state, fromClient, bytes, 0, bytes.length, context);
    else streams.datagram(state, fromClient, bytes, 0, bytes.length, context);
  });
  expect(streams.lostSync).toBe(0);
  return messages;
}

const last = (messages: readonly Message[]): Message => messages.at(-1)!;
const values = (message: Message) =>
  Object.fromEntries(message.accesses.map((access) => [access.point, access.values[0]]));

describe('frames, field by field', () => {
  it('a routed write of a REAL tag', () => {
    const bytes = hex(`
      6f00            # SendRRData
      3a00            # length 58
      01060b00        # session handle
      00000000        # status
      0100000000000000 # sender context
      00000000        # options
      00000000 0000   # interface handle CIP, time-out
      0200            # items: 2
      0000 0000       # null address
      b200 2a00       # unconnected data, 42 octets
      52 02 20062401  # Unconnected Send to the Connection Manager, instance 1
      07 f9           # tick, time-out ticks
      1c00            # embedded message: 28 octets
      4d 09           # Write Tag, path of nine words
      91 05 50756d7073 00 # ANSI symbol "Pumps", padded
      91 05 5370656564 00 # "Speed"
      28 07           # element 7
      ca00 0100       # REAL, one element
      00009041        # 18.0
      01 00 0103      # route of one word: backplane, slot 3
    `);
    const [send, write] = told([client(bytes)]) as [Message, Message];
    expect(send).toMatchObject({ function: { name: 'unconnected-send', class: 'read' }, unit: '', transaction: 1 });
    expect(write).toMatchObject({
      function: { name: 'write-tag', class: 'write', effect: 'changes-value' },
      direction: 'request',
      unit: '1/3',
      status: 'ok',
      problems: [],
      accesses: [{ point: 'plc/1/3/tag/Pumps.Speed[7]', type: 'float32le', count: 1, write: true, values: [18] }],
    });
    expect([write.frame.from, write.frame.to]).toEqual([0, bytes.length]);
    // A segment nobody knows: what stands before it is kept, nothing after it is trusted.
    bytes[24 + 16 + 10 + 2 + 16] = 0xf8;
    const broken = told([client(bytes)])[1]!;
    expect(broken.accesses[0]!.point).toBe('plc/1/3/tag/Pumps.Speed');
    expect(broken.problems).toMatchObject([{ kind: 'cip-path' }]);
  });

  it('list identity names the device', () => {
    const bytes = hex(`
      6300 3200 00000000 00000000 0000000000000000 00000000
      0100            # one item
      0c00 2c00       # identity, 44 octets
      0100            # encapsulation version
      0002af120a140106 0000000000000000 # socket address 10.20.1.6:44818
      0100            # vendor 1
      0c00            # device type: communications adapter
      a600            # product code 166
      0b02            # revision 11.2
      3000            # status
      efbeadde        # serial number
      0a 313735362d454e325452 # "1756-EN2TR"
      03              # operational
    `);
    expect(bytes.length).toBe(24 + 0x32);
    const [message] = told([server(bytes)], 'udp');
    expect(message!.direction).toBe('response');
    expect(Object.fromEntries(message!.facts.map(({ kind, text }) => [kind, text]))).toEqual({
      vendor: 'Rockwell Automation/Allen-Bradley',
      'device-type': 'communications adapter',
      'product-code': '166',
      firmware: '11.002',
      serial: 'deadbeef',
      model: '1756-EN2TR',
      state: 'operational',
    });
  });

  it('the writers are the inverse, byte for byte', () => {
    expect(Buffer.from(octets(readTag('Line.Level[300]', 2))).toString('hex')).toBe(
      '4c09' + // Read Tag, nine words of path
        '91044c696e65' + // Line
        '91054c6576656c00' + // Level, padded
        '29002c01' + // element 300 takes 16 bits
        '0200', // two elements
    );
    const io = new Uint8Array(64).fill(0xa5);
    expect(encode.putIo(io, 0, 0x80fe0013, 9, 4, [0xaa])).toBe(21);
    expect(Buffer.from(io.slice(0, 22)).toString('hex')).toBe(
      '0200028008001300fe8009000000b10003000400aaa5'.padEnd(44, 'a'),
    );
  });
});

describe('paths', () => {
  const read = (segments: readonly number[]) => {
    const view = new MessageView();
    const path = new CipPath();
    path.read(Uint8Array.from(segments), 0, segments.length, view.symbols);
    return { path, name: view.symbols.name(path.symbol), route: path.route < 0 ? '' : view.symbols.name(path.route) };
  };

  it.each([
    ['Line.Level[3]', encode.tagPath('Line.Level[3]')],
    ['Matrix[1,70000]', encode.tagPath('Matrix[1,70000]')],
    ['Program:Main.Mode', encode.tagPath('Program:Main.Mode')],
    ['0x8b.1.6', encode.logicalPath(0x8b, 1, 6)],
    ['0x304.70000', encode.logicalPath(0x304, 70_000)],
    ['#9', encode.logicalPath(0x6b, 9)],
    ['0x68.9248.0x6a.22820.1', [...encode.logicalPath(0x68, 9_248), ...encode.logicalPath(0x6a, 22_820, 1)]],
  ])('%s', (name, segments) => {
    const { path, name: seen } = read(segments);
    expect(seen).toBe(name);
    expect(path.badAt).toBe(-1);
    expect(path.area).toBe(/^(0x)/.test(name) ? AREA.attribute : AREA.tag);
  });

  it('routes: slot, and an address in text behind a port', () => {
    expect(read([1, 3, ...encode.logicalPath(2, 1)])).toMatchObject({ name: '0x02.1', route: '1/3' });
    // Port 2 with an extended link address of 8 octets, then slot 0.
    const text = [...new TextEncoder().encode('10.0.0.7')];
    expect(read([0x12, 8, ...text, 1, 0]).route).toBe('2/10.0.0.7/1/0');
  });

  it('an electronic key and connection points', () => {
    const key = [0x34, 4, 1, 0, 0x0c, 0, 0xa6, 0, 11, 2];
    const { path, name } = read([...key, 0x20, 4, 0x24, 100, 0x2c, 101, 0x2c, 102]);
    expect([path.point, path.secondPoint, name]).toEqual([101, 102, '0x04.100']);
  });
});

describe('tags', () => {
  it('reads: elements become points, values have the stated type', () => {
    const messages = told([
      ...OPENED,
      client(asked(1, readTag('Line.Level[2]', 2))),
      server(answered(1, tagReply(CIP_TYPE.dint, encode.dintBytes(-7, 40_000)))),
    ]);
    expect(last(messages)).toMatchObject({ status: 'ok', unit: '1/0', pairedWith: 5, latencyUs: 1_000 });
    expect(values(last(messages))).toEqual({
      'plc/1/0/tag/Line.Level[2]': -7,
      'plc/1/0/tag/Line.Level[3]': 40_000,
    });
    expect(last(messages).accesses[0]!.type).toBe('int32le');
  });

  it('fragments: the offset moves the elements', () => {
    const path = encode.tagPath('Curve');
    const messages = told([
      client(rr(1, request(SERVICE.readTagFragmented, path, [4, 0, 8, 0, 0, 0]))),
      server(
        rr(1, (o, a) =>
          encode.putTagReply(
            o,
            encode.putReply(o, a, SERVICE.readTagFragmented, STATUS.partialTransfer),
            CIP_TYPE.real,
            encode.realBytes(0.5),
          ),
        ),
      ),
      client(rr(2, request(SERVICE.writeTagFragmented, path, [0xc3, 0, 3, 0, 2, 0, 0, 0, 5, 0, 6, 0]))),
    ]);
    // Partial transfer is no refusal.
    expect(messages[1]!.status).toBe('ok');
    expect(values(messages[1]!)).toEqual({ 'plc/tag/Curve[2]': 0.5 });
    expect(values(messages[2]!)).toEqual({ 'plc/tag/Curve[1]': 5, 'plc/tag/Curve[2]': 6 });
  });

  it.each<[string, number, number, ArrayLike<number>, unknown]>([
    ['BOOL', CIP_TYPE.bool, 1, [0xff], true],
    ['SINT', CIP_TYPE.sint, 1, [0x80], -128],
    ['LINT', CIP_TYPE.lint, 1, [1, 0, 0, 0, 1, 0, 0, 0], 4_294_967_297],
    ['LREAL', CIP_TYPE.lreal, 1, new Uint8Array(new Float64Array([-2.5]).buffer), -2.5],
    ['STRING', CIP_TYPE.string, 1, [3, 0, 0x61, 0x62, 0x63], 'abc'],
    ['SHORT_STRING', CIP_TYPE.shortString, 1, [2, 0x68, 0x69], 'hi'],
  ])('writes %s', (_, type, elements, data, value) => {
    const [message] = told([client(rr(1, writeTag('T', type, elements, data)))]);
    expect(message!.accesses[0]).toMatchObject({ point: 'plc/tag/T', write: true, values: [value] });
    expect(message!.problems).toEqual([]);
  });

  it('writes structures as octets and Logix strings as text', () => {
    const structure = [0xa0, 0x02, 0x34, 0x12, 1, 0, 1, 2, 3, 4];
    const string = [0xa0, 0x02, 0xce, 0x0f, 1, 0, 2, 0, 0, 0, 0x6f, 0x6b, ...new Array<number>(82).fill(0)];
    const messages = told([
      client(rr(1, request(SERVICE.writeTag, encode.tagPath('Recipe'), structure))),
      client(rr(2, request(SERVICE.writeTag, encode.tagPath('Batch'), string))),
      client(rr(3, request(SERVICE.readModifyWriteTag, encode.tagPath('Bits'), [2, 0, 1, 0, 0xff, 0xff]))),
    ]);
    expect(messages.map((message) => message.accesses[0]!.values)).toEqual([['01020304'], ['ok'], []]);
    expect(messages[2]!.accesses[0]).toMatchObject({ point: 'plc/tag/Bits', write: true });
  });

  it('a refusal keeps the tag and says why', () => {
    const messages = told([
      client(rr(1, readTag('Gone', 1)), rr(2, readTag('Far[9]', 1))),
      server(rr(1, reply(SERVICE.readTag, 5)), rr(2, reply(SERVICE.readTag, 0xff, [], [0x2105]))),
    ]);
    expect(messages[2]).toMatchObject({ status: 'path-destination-unknown', pairedWith: 1 });
    expect(messages[3]).toMatchObject({ status: 'general-error/beyond-end-of-tag', pairedWith: 1 });
    expect(messages[3]!.accesses[0]).toMatchObject({ point: 'plc/tag/Far[9]', values: [] });
  });
});

describe('attributes', () => {
  it('lists: known and unknown types, the failed one without a value', () => {
    const messages = told([
      client(rr(1, request(SERVICE.getAttributeList, encode.logicalPath(0x64, 1), [3, 0, 1, 0, 2, 0, 9, 0]))),
      // 1: three octets, ended by what follows; 2: not supported; 9: two octets.
      server(
        rr(
          1,
          reply(SERVICE.getAttributeList, 0x0a, [3, 0, 1, 0, 0, 0, 7, 8, 9, 2, 0, 0x14, 0, 9, 0, 0, 0, 0x34, 0x12]),
        ),
      ),
    ]);
    expect(values(last(messages))).toEqual({
      'plc/attribute/0x64.1.1': '070809',
      'plc/attribute/0x64.1.2': undefined,
      'plc/attribute/0x64.1.9': 0x1234,
    });
    expect(last(messages).accesses.map(({ quality }) => quality)).toEqual(['good', 'good', 'uncertain']);
    expect(last(messages)).toMatchObject({ status: 'attribute-list-error', problems: [] });
  });

  it('identity read over a route is the unit’s', () => {
    const sample = SAMPLES.find(({ name }) => name.startsWith('several'))!;
    const identity = told(sample.chunks).find(({ facts }) => facts.some(({ kind }) => kind === 'model'))!;
    expect(identity.unit).toBe('1/3');
    expect(identity.facts).toContainEqual({ about: 'unit', kind: 'model', text: 'PRESS-7 CONTROLLER' });
    expect(identity.facts).toContainEqual({ about: 'unit', kind: 'serial', text: '00c0ffee' });
  });
});

describe('functions', () => {
  const named = (service: number, cls: number) => enip.functionOf(functionKey(service, cls));
  it.each([
    [0x54, 0x06, 'forward-open', 'auth', 2],
    [0x50, 0x37, 'download-transfer', 'program', 4],
    [0x54, 0x39, 'safety-reset', 'safety', 4],
    [0x10, 0x3a, 'set-attribute-single(safety-validator)', 'safety', 4],
    [0x0e, 0x39, 'get-attribute-single(safety-supervisor)', 'read', 0],
    [0x05, 0x01, 'reset(identity)', 'control', 4],
    [0x07, 0x8e, 'stop(controller)', 'control', 4],
    [0x10, 0xf5, 'set-attribute-single(tcp-ip-interface)', 'config', 3],
    [0x10, 0x04, 'set-attribute-single(assembly)', 'write', 3],
    [0x08, 0x6c, 'create(template)', 'program', 4],
    [0x4d, 0xa1, 'firmware-transfer', 'program', 4],
    [0x60, 0x92, 'unknown(0x60:0x92)', 'program', 3],
    [0x60, 0x29, 'unknown(0x60:0x29)', 'config', 3],
  ])('service 0x%s of class 0x%s is %s', (service, cls, name, functionClass, risk) => {
    expect(named(service, cls)).toMatchObject({ name, class: functionClass, risk, code: service, subCode: cls });
  });

  it('layers do not share codes', () => {
    const sample = told([
      ...OPENED,
      client(rr(9, request(0x04, encode.logicalPath(0xf6, 1), [0, 0]))),
      client(octets((o, a) => encode.finish(o, a, a + 24, { command: 0x04, session: 0 }))),
      client(rr(10, pccc([0x06, 0, 1, 0, 3]))),
    ]);
    expect(sample.slice(4).map((message) => message.function.name)).toEqual([
      'set-attribute-list(ethernet-link)',
      'list-services',
      'execute-pccc',
      'diagnostic-status',
    ]);
  });
});

describe('connections', () => {
  it('I/O is named after the connection that was opened elsewhere', () => {
    const view = new MessageView();
    const open: encode.ForwardOpen = {
      connectionSerial: 3,
      vendor: 1,
      originatorSerial: 77,
      originatorToTargetId: 0x1001,
      targetToOriginatorId: 0x2002,
      rpiUs: 10_000,
      bytes: 40,
      transportClass: 1,
      // Slot 4, assembly, configuration 100, consumes 101, produces 102.
      path: [1, 4, 0x20, 4, 0x24, 100, 0x2c, 101, 0x2c, 102],
    };
    told(
      [
        client(rr(1, (o, a) => encode.putForwardOpen(o, a, open, true))),
        server(rr(1, (o, a) => encode.putForwardOpenReply(o, encode.putReply(o, a, SERVICE.largeForwardOpen), open))),
      ],
      'tcp',
      44_818,
      view,
    );
    const io = (): Message[] =>
      told(
        [
          client((o, a) => encode.putIo(o, a, 0x2002, 7, 3, [5, 6])),
          server((o, a) => encode.putIo(o, a, 0x1001, 8, 4, [1])),
        ],
        'udp',
        2_222,
        view,
      );
    const [inputs, outputs] = io() as [Message, Message];
    expect(inputs).toMatchObject({ protocol: 'cip-io', direction: 'event', transaction: 7, unit: '1/4' });
    // Who produces is known from the connection, whatever the ports say.
    expect([inputs.function.name, outputs.function.name]).toEqual(['implicit-input', 'implicit-output']);
    expect(values(inputs)).toEqual({ 'plc/1/4/io/0x04.102': '0506' });
    expect(values(outputs)).toEqual({ 'plc/1/4/io/0x04.101': '01' });
    // Closed again: only its id is left.
    told(
      [
        client(rr(1, (o, a) => encode.putForwardOpen(o, a, open))),
        server(rr(1, (o, a) => encode.putForwardOpenReply(o, encode.putReply(o, a, SERVICE.forwardOpen), open))),
        client(rr(2, (o, a) => encode.putForwardClose(o, a, open))),
        server(rr(2, reply(SERVICE.forwardClose, 0, [3, 0, 1, 0, 77, 0, 0, 0, 0, 0]))),
      ],
      'tcp',
      44_818,
      view,
    );
    expect(io()[0]).toMatchObject({ unit: '', accesses: [{ point: 'plc/io/0x2002' }] });
  });

  it('pairs over a connection never seen to open, and learns its reply id', () => {
    const messages = told([
      client(asked(7, readTag('A', 1))),
      server(answered(7, tagReply(CIP_TYPE.int, [9, 0]))),
      client(asked(8, readTag('A', 1))),
    ]);
    expect(messages[1]).toMatchObject({ pairedWith: 1, accesses: [{ point: 'plc/tag/A', values: [9] }] });
    expect(messages).toHaveLength(3);
  });

  it('a request that could not be routed is answered as what it was', () => {
    const send: Put = (o, a) =>
      encode.putUnconnectedSend(o, a, octets(request(SERVICE.getAttributesAll, encode.logicalPath(1, 1))), [1, 9]);
    const messages = told([client(rr(1, send)), server(rr(1, reply(SERVICE.unconnectedSend, 1, [0], [0x0204])))]);
    expect(last(messages)).toMatchObject({
      function: { name: 'unconnected-send' },
      status: 'connection-failure/unconnected-request-timed-out',
      pairedWith: 1,
    });
  });
});

describe('PCCC', () => {
  it('typed reads and writes of data tables', () => {
    const sample = SAMPLES.find(({ name }) => name.startsWith('data tables'))!;
    const messages = told(sample.chunks).filter(({ function: { name } }) => name.startsWith('protected'));
    expect(messages.map((message) => [message.direction, message.transaction, message.status])).toEqual([
      ['request', 0x0102, 'ok'],
      ['response', 0x0102, 'ok'],
      ['request', 0x0103, 'ok'],
      ['response', 0x0103, 'illegal-command-or-format'],
    ]);
    expect(values(messages[1]!)).toEqual({ 'plc/file/N7:10': 300, 'plc/file/N7:11': -1 });
    expect(values(messages[2]!)).toEqual({ 'plc/file/F8:1': 1.5 });
    expect(messages[2]!.accesses[0]!.write).toBe(true);
  });

  it('timers by sub-element, numbers above 254, names of PLC-5', () => {
    const messages = told([
      client(rr(1, pccc([0x0f, 0, 1, 0, 0xa2, 2, 4, 0x86, 0xff, 0x2c, 0x01, 2]))),
      server(rr(1, pcccReply([0x4f, 0, 1, 0, 0x10, 0x27]))),
      client(rr(2, pccc([0x0f, 0, 2, 0, 0x68, 0, 0, 1, 0, 0, 0x24, 0x4e, 0x37, 0x3a, 0x33, 0, 1, 0]))),
    ]);
    expect(values(messages[3]!)).toEqual({ 'plc/file/T4:300.2': 10_000 });
    expect(last(messages)).toMatchObject({ function: { name: 'typed-read' }, accesses: [{ point: 'plc/file/N7:3' }] });
  });
});

describe('refusals', () => {
  /** What `refuse` answers to the message of `name` in the last turn. */
  function refusal(chunks: readonly SampleChunk[], name: string): Message {
    let answer: Uint8Array | undefined;
    const view = new MessageView();
    const streams = new ProtocolStreams(
      [enip],
      {
        message: (filled) => {
          if (!enip.functionOf(filled.functionCode).name.startsWith(name)) return;
          const out = new Uint8Array(100).fill(0xa5);
          answer = out.slice(0, refuse(filled, out, 0));
        },
      },
      view,
    );
    const state = streams.open(1, 50_000, 44_818, true, true);
    for (const { fromClient, bytes } of chunks) {
      streams.stream(state, fromClient, bytes, 0, bytes.length, { timeUs: 0, frame: 1, frameStart: 0 });
    }
    expect(answer).toBeDefined();
    return last(told([...chunks, server(answer!)]));
  }

  it('a packet is refused as a whole, under its sequence count and the reply id of its connection', () => {
    const sample = SAMPLES.find(({ name }) => name.startsWith('several'))!;
    // Denied for the sake of the set attribute inside.
    const message = refusal(sample.chunks.slice(0, 5), 'set-attribute-single');
    expect(message).toMatchObject({
      function: { name: 'multiple-service-packet' },
      status: 'privilege-violation',
      transaction: 1,
      pairedWith: 5,
    });
  });

  it('a routed request is refused as its target would; a Forward Open names its connection', () => {
    const send: Put = (o, a) =>
      encode.putUnconnectedSend(o, a, octets(request(SERVICE.reset, encode.logicalPath(1, 1))), [1, 0]);
    expect(refusal([client(rr(5, send))], 'reset')).toMatchObject({
      function: { name: 'reset(identity)' },
      status: 'privilege-violation',
      unit: '1/0',
      pairedWith: 1,
    });
    expect(refusal(OPENED.slice(0, 3), 'forward-open')).toMatchObject({ status: 'privilege-violation', pairedWith: 3 });
  });

  it('cannot be told over a connection whose reply id nobody has seen', () => {
    const view = new MessageView();
    let length = -1;
    const streams = new ProtocolStreams([enip], { message: (v) => (length = refuse(v, new Uint8Array(99), 0)) }, view);
    const state = streams.open(1, 50_000, 44_818, true, true);
    const { bytes } = client(asked(7, readTag('A', 1)));
    streams.stream(state, true, bytes, 0, bytes.length, { timeUs: 0, frame: 1, frameStart: 0 });
    expect(length).toBe(0);
    expect(workerConnections(view.symbols).replyId).toBe(-1);
  });
});

describe('identification', () => {
  const match = (bytes: Uint8Array, hinted = false) => enip.identify(bytes, 0, bytes.length, hinted);

  it('by content on any port, with the role of the speaker', () => {
    expect(match(client(rr(1, readTag('A', 1))).bytes)).toBe(MATCH_CLIENT);
    expect(match(server(rr(1, tagReply(CIP_TYPE.int, [1, 0]))).bytes)).toBe(MATCH_SERVER);
    expect(match(OPENED[0].bytes)).toBe(MATCH_CLIENT);
    expect(match(OPENED[1].bytes)).toBe(MATCH_SERVER);
    const io = client((o, a) => encode.putIo(o, a, 1, 1, 1, [1])).bytes;
    expect(cipIo.identify(io, 0, io.length, false)).toBe(MATCH_YES);
  });

  it.each([
    ['Modbus/TCP', '000100000006010300640002'],
    ['Modbus/TCP with transaction 0x6f00', '6f0000000006010300640002'],
    ['TPKT', '0300001611e00000000100c0010ac1020100c2020102'],
    ['zeros', '00'.repeat(40)],
    ['no operation, which may carry anything', `0000${'00'.repeat(22)}`],
    ['a session of another version', '65000400000000000000000000000000000000000000000002000000'],
    ['text', Buffer.from('o\0GET / HTTP/1.1 and much more text here').toString('hex')],
  ])('not %s', (_, text) => {
    expect(match(hex(text))).toBe(MATCH_NO);
    expect(cipIo.identify(hex(text), 0, text.length / 2, true)).toBe(MATCH_NO);
  });
});

describe('malformed', () => {
  const problems = (put: Put): string[] =>
    told([client(rr(1, put))]).flatMap((m) => m.problems.map(({ kind }) => kind));

  it.each<[string, Put, string]>([
    ['a path longer than the message', raw([0x4c, 9, 0x91, 1]), 'cip-short'],
    [
      'a packet whose offsets go back',
      request(0x0a, encode.logicalPath(2, 1), [2, 0, 10, 0, 6, 0, 0x0e, 0, 0x0e, 0, 0, 0]),
      'cip-packet',
    ],
    ['a packet with more services than room', request(0x0a, encode.logicalPath(2, 1), [255, 255, 6, 0]), 'cip-packet'],
    [
      'an embedded message longer than the send',
      request(0x52, encode.logicalPath(6, 1), [7, 9, 200, 0, 1]),
      'cip-short',
    ],
    [
      'a list with fewer attributes than stated',
      request(3, encode.logicalPath(1, 1), [4, 0, 1, 0]),
      'cip-attribute-list',
    ],
    ['a Forward Open cut short', request(0x54, encode.logicalPath(6, 1), [7, 9, 1, 1]), 'cip-short'],
    ['values that do not fill their elements', writeTag('T', CIP_TYPE.dint, 2, [1, 0, 0, 0, 9]), 'cip-length'],
    ['PCCC without a message', request(0x4b, encode.logicalPath(0x67, 1), [7, 1]), 'pccc-short'],
  ])('%s', (_, put, kind) => {
    expect(problems(put)).toContain(kind);
  });

  it('containers inside one another end', () => {
    let inner: Put = request(SERVICE.getAttributeSingle, encode.logicalPath(1, 1, 1));
    for (let k = 0; k < 8; k++) {
      const service = octets(inner);
      inner = (o, a) => encode.putPacket(o, encode.putRequest(o, a, 0x0a, encode.logicalPath(2, 1)), [service]);
    }
    const messages = told([client(rr(1, inner))]);
    expect(messages).toHaveLength(5);
    expect(last(messages).problems.map(({ kind }) => kind)).toEqual(['cip-depth']);
  });

  it('terminates and never throws on any bytes behind a valid header', () => {
    const service = fc.constantFrom(
      0x01,
      0x03,
      0x04,
      0x0a,
      0x4b,
      0x4c,
      0x4d,
      0x52,
      0x53,
      0x54,
      0x83,
      0x8a,
      0xcc,
      0xcb,
      0xd2,
      0xd4,
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(service, fc.uint8Array({ maxLength: 80 }), fc.boolean()), { maxLength: 6 }),
        (turns) => {
          const chunks = turns.map(([code, body, fromClient]) => ({
            fromClient,
            bytes: client(rr(1, raw([code, ...body]))).bytes,
          }));
          let length = 0;
          for (const { bytes } of chunks) length += bytes.length;
          expect(told(chunks).length).toBeLessThanOrEqual(length);
        },
      ),
      { seed: 20_261_125, numRuns: 400 },
    );
  });
});
