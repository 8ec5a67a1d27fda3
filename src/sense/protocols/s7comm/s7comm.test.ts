import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MATCH_CLIENT, MATCH_MORE, MATCH_NO, MATCH_SERVER } from '../protocol.ts';
import { finishData, putConnectConfirm, putConnectRequest, USER_DATA_AT } from '../tpkt/encode.ts';
import { hex, Talk, written } from '../tpkt/fixtures/talk.ts';
import * as encode from './encode.ts';
import { refuse, s7comm } from './index.ts';
import { FC, GROUP, ITEM_AREA, SUB } from './names.ts';

const { DATA, TRANSPORT } = encode;
type Put = (out: Uint8Array, at: number) => number;

const connect = written((out, at) => putConnectRequest(out, at, [1, 0], [1, 2]));
const confirm = written((out, at) => putConnectConfirm(out, at, [1, 0], [1, 2]));

/** A conversation that is connected with rack 0, slot 2. */
function talk(): Talk {
  const conversation = new Talk([s7comm]).client(connect).server(confirm);
  return conversation.client(written((out, at) => encode.putSetup(out, at, 0, false, 1, 480)));
}

const put = (conversation: Talk, request: Put, answer?: Put): Talk => {
  conversation.client(written(request));
  return answer === undefined ? conversation : conversation.server(written(answer));
};

/** DB1.DBD12 as REAL. */
const real = { transport: TRANSPORT.real, count: 1, area: ITEM_AREA.db, db: 1, byte: 12 };
/** 72.5 as REAL. */
const REAL_72_5 = [0x42, 0x91, 0, 0];

describe('S7 connection', () => {
  it('rack and slot of the called TSAP are the unit', () => {
    const conversation = talk();
    const [first, setup] = conversation.messages;
    expect(first!.function.name).toBe('cotp-connect-request');
    // The connect request waits for what tells the protocol; it keeps its own frame and place.
    expect(first!.frame).toEqual({ capture: 'test', number: 1, firstNumber: 1, from: 0, to: 22 });
    expect(first!.unit).toBe('0.2');
    expect(first!.facts).toContainEqual({ about: 'client', kind: 'connection-type', text: 'PG' });
    expect(setup!.function.name).toBe('setup-communication');
    expect(setup!.unit).toBe('0.2');
  });

  it('says nothing of the protocol before user data come, then claims by content alone', () => {
    expect(s7comm.identify(connect, 0, connect.length, true)).toBe(MATCH_MORE);
    const job = Buffer.concat([connect, written((out, at) => encode.putStop(out, at, 1))]);
    expect(s7comm.identify(job, 0, job.length, false)).toBe(MATCH_CLIENT);
    // ISO session connect of MMS, S7-plus, RDP: others' traffic on the same transport.
    for (const user of ['0d 1a 05 06', '72 01 00 10 31 00 00', '01 00 01 00']) {
      const octets = hex(user);
      const bytes = new Uint8Array(USER_DATA_AT + octets.length);
      bytes.set(octets, USER_DATA_AT);
      finishData(bytes, 0, bytes.length);
      expect(s7comm.identify(bytes, 0, bytes.length, true)).toBe(MATCH_NO);
    }
  });

  it('knows the sender in the middle of a conversation, also where the CPU asks', () => {
    const from = (bytes: Uint8Array) => s7comm.identify(bytes, 0, bytes.length, false);
    expect(from(written((out, at) => encode.putRead(out, at, 1, [real])))).toBe(MATCH_CLIENT);
    expect(from(written((out, at) => encode.putWriteAnswer(out, at, 1, [0xff])))).toBe(MATCH_SERVER);
    const fetch = written((out, at) => encode.putBlockJob(out, at, 1, FC.downloadBlock, '_0800001P'));
    expect(from(fetch)).toBe(MATCH_SERVER);
    expect(from(written((out, at) => encode.putBlockData(out, at, 1, FC.downloadBlock, [1, 2])))).toBe(MATCH_CLIENT);
  });
});

describe('S7 variables', () => {
  it('write of DB1.DBD12 := 72.5, byte for byte', () => {
    const bytes = written((out, at) =>
      encode.putWrite(out, at, 0x0500, [real], [{ code: 0, transport: DATA.real, octets: REAL_72_5 }]),
    );
    expect(bytes).toEqual(
      hex(`03 00 00 27 02 f0 80  # TPKT, data TPDU with EOT
           32 01 00 00 05 00     # S7, job, redundancy id, PDU reference
           00 0e 00 08           # 14 octets of parameters, 8 of data
           05 01                 # write, one item
           12 0a 10              # variable specification of 10 octets, S7ANY
           08 00 01              # REAL, one
           00 01 84              # data block 1
           00 00 60              # bit address 96: byte 12
           00 07 00 04           # reserved, REAL, 4 octets
           42 91 00 00           # 72.5`),
    );
    const conversation = talk().client(bytes);
    expect(conversation.last.accesses).toEqual([
      {
        point: '10.0.0.5/0.2/db1/12',
        area: 'db1',
        address: 12,
        count: 1,
        write: true,
        type: 'float32',
        values: [72.5],
        quality: 'good',
      },
    ]);
    conversation.server(written((out, at) => encode.putWriteAnswer(out, at, 0x0500, [0xff])));
    expect(conversation.last).toMatchObject({ direction: 'response', status: 'ok', pairedWith: 4 });
  });

  it.each<[string, number, number, number[], string, (number | boolean)[]]>([
    ['BIT', TRANSPORT.bit, DATA.bit, [1], 'bool', [true]],
    ['BYTE', TRANSPORT.byte, DATA.bytes, [0xfe], 'uint8', [254]],
    ['WORD', TRANSPORT.word, DATA.bytes, [0xff, 0xfe], 'uint16', [65534]],
    ['INT', TRANSPORT.int, DATA.integer, [0xff, 0xfe], 'int16', [-2]],
    ['DWORD', TRANSPORT.dword, DATA.bytes, [0xff, 0xff, 0xff, 0xfe], 'uint32', [4294967294]],
    ['DINT', TRANSPORT.dint, DATA.integer, [0xff, 0xff, 0xff, 0xfe], 'int32', [-2]],
    ['REAL', TRANSPORT.real, DATA.real, REAL_72_5, 'float32', [72.5]],
  ])('reads %s as it is typed', (_, transport, data, octets, type, values) => {
    const conversation = put(
      talk(),
      (out, at) => encode.putRead(out, at, 2, [{ transport, count: 1, area: ITEM_AREA.flags, byte: 10, bit: 0 }]),
      (out, at) => encode.putReadAnswer(out, at, 2, [{ code: 0xff, transport: data, octets }]),
    );
    expect(conversation.last.accesses[0]).toMatchObject({ area: 'flags', type, values, write: false });
    expect(conversation.last.accesses[0]!.address).toBe(type === 'bool' ? '10.0' : 10);
    expect(conversation.last.problems).toEqual([]);
  });

  it('many items: each finds its values, and a refused one says why', () => {
    const items = [
      { transport: TRANSPORT.byte, count: 3, area: ITEM_AREA.db, db: 7, byte: 4 },
      { transport: TRANSPORT.bit, count: 1, area: ITEM_AREA.inputs, byte: 8, bit: 5 },
      { transport: TRANSPORT.int, count: 2, area: ITEM_AREA.db, db: 9, byte: 0 },
      { transport: 0x1c, count: 1, area: ITEM_AREA.counters, byte: 3 },
    ];
    const conversation = put(
      talk(),
      (out, at) => encode.putRead(out, at, 3, items),
      (out, at) =>
        encode.putReadAnswer(out, at, 3, [
          { code: 0xff, transport: DATA.bytes, octets: [1, 2, 3] }, // odd: a fill octet follows
          { code: 0xff, transport: DATA.bit, octets: [1] },
          { code: 0x0a, transport: DATA.none, octets: [] },
          { code: 0xff, transport: DATA.octets, octets: [0x01, 0x23] },
        ]),
    );
    expect(conversation.last.status).toBe('item-not-found');
    expect(conversation.last.accesses.map(({ point, values, quality }) => ({ point, values, quality }))).toEqual([
      { point: '10.0.0.5/0.2/db7/4', values: [1, 2, 3], quality: 'good' },
      { point: '10.0.0.5/0.2/inputs/8.5', values: [true], quality: 'good' },
      { point: '10.0.0.5/0.2/db9/0', values: [], quality: 'bad' },
      { point: '10.0.0.5/0.2/counters/3', values: [0x123], quality: 'good' },
    ]);
  });

  it('words lie at even bytes: one access each', () => {
    const conversation = put(
      talk(),
      (out, at) => encode.putRead(out, at, 4, [{ ...real, transport: TRANSPORT.word, count: 3 }]),
      (out, at) => encode.putReadAnswer(out, at, 4, [{ code: 0xff, transport: 4, octets: [0, 1, 0, 2, 0, 3] }]),
    );
    expect(conversation.last.accesses.map((access) => access.address)).toEqual([12, 14, 16]);
    expect(conversation.last.accesses.map((access) => access.values[0])).toEqual([1, 2, 3]);
  });

  it('pairs by PDU reference, whatever the order', () => {
    const read = (reference: number, byte: number): Put => {
      return (out, at) => encode.putRead(out, at, reference, [{ transport: 2, count: 1, area: ITEM_AREA.flags, byte }]);
    };
    const answer = (reference: number, value: number): Put => {
      const data = [{ code: 0xff, transport: DATA.bytes, octets: [value] }];
      return (out, at) => encode.putReadAnswer(out, at, reference, data);
    };
    const conversation = talk().client(written(read(10, 1)), written(read(11, 2)));
    conversation.server(written(answer(11, 22)), written(answer(10, 11)));
    const answers = conversation.messages.slice(-2);
    expect(answers.map((message) => [message.accesses[0]!.address, message.accesses[0]!.values])).toEqual([
      [2, [22]],
      [1, [11]],
    ]);
  });

  it('an answer without its request keeps its function and says what it lacks', () => {
    const answer = written((out, at) =>
      encode.putReadAnswer(out, at, 77, [{ code: 0xff, transport: DATA.bytes, octets: [1] }]),
    );
    const { last } = talk().server(answer);
    expect(last.function.name).toBe('read-var');
    expect(last.problems.map((problem) => problem.kind)).toEqual(['s7-reply-without-request']);
    expect(last.accesses).toEqual([]);
  });

  it('a count of 65,535 costs nothing and harms nothing', () => {
    const item = { transport: TRANSPORT.real, count: 0xffff, area: ITEM_AREA.db, db: 0xffff, byte: 0x1fffff };
    const conversation = put(
      talk(),
      (out, at) => encode.putRead(out, at, 1, [item]),
      (out, at) => encode.putReadAnswer(out, at, 1, [{ code: 0xff, transport: DATA.real, octets: REAL_72_5 }]),
    );
    expect(conversation.last.accesses).toHaveLength(1);
    expect(conversation.last.problems.map((problem) => problem.kind)).toEqual(['s7-item-length']);
  });
});

describe('S7 program and control', () => {
  it('a download: the CPU asks for the block, by name', () => {
    const conversation = talk();
    conversation.client(written((out, at) => encode.putBlockJob(out, at, 1, FC.requestDownload, '_0800001P', 216, 88)));
    expect(conversation.last).toMatchObject({ direction: 'request', function: { name: 'request-download' } });
    expect(conversation.last.accesses[0]).toMatchObject({
      point: '10.0.0.5/0.2/block/OB1',
      write: true,
      values: [216],
    });
    conversation.server(written((out, at) => encode.putBareAnswer(out, at, 1, FC.requestDownload)));
    conversation.server(written((out, at) => encode.putBlockJob(out, at, 900, FC.downloadBlock, '_0800001P')));
    expect(conversation.last).toMatchObject({ direction: 'request', function: { name: 'download-block' } });
    conversation.client(written((out, at) => encode.putBlockData(out, at, 900, FC.downloadBlock, [0x70, 0x70, 1])));
    expect(conversation.last).toMatchObject({ direction: 'response', pairedWith: 6 });
    expect(conversation.last.accesses[0]).toMatchObject({ address: 'OB1', write: true, values: ['707001'] });
    conversation.client(
      written((out, at) => encode.putPiService(out, at, 2, '_INSE', [1, 0, ...encode.ascii('0800001P')])),
    );
    expect(conversation.last.function).toMatchObject({ name: 'activate-block', class: 'program' });
    expect(conversation.last.accesses[0]).toMatchObject({ address: 'OB1', write: true });
  });

  it('an upload: block and length', () => {
    // Answer to start upload: function, status, two octets, id 7, length "0000216" as text.
    const started = hex(`03 00 00 23 02 f0 80 32 03 00 00 00 05 00 10 00 00 00 00
      1d 00 01 00 00 00 00 07 07 30 30 30 30 32 31 36`);
    const conversation = talk();
    conversation.client(written((out, at) => encode.putBlockJob(out, at, 5, FC.startUpload, '_0A00100A')));
    conversation.server(started);
    expect(conversation.last.accesses[0]).toMatchObject({ address: 'DB100', write: false, values: [216] });
  });

  it.each<[string, Put, string, string]>([
    ['0x29', (out, at) => encode.putStop(out, at, 1), 'plc-stop', 'stops'],
    ['P_PROGRAM', (out, at) => encode.putPiService(out, at, 1, 'P_PROGRAM'), 'plc-start', 'restarts'],
    [
      'cold start',
      (out, at) => encode.putPiService(out, at, 1, 'P_PROGRAM', [0x43, 0x20]),
      'plc-cold-start',
      'restarts',
    ],
    ['_GARB', (out, at) => encode.putPiService(out, at, 1, '_GARB'), 'compress-memory', 'changes-mode'],
    ['_MODU', (out, at) => encode.putPiService(out, at, 1, '_MODU', [0x45, 0x50]), 'copy-ram-to-rom', 'changes-logic'],
  ])('%s', (_, request, name, effect) => {
    const { last } = put(talk(), request);
    expect(last.function).toMatchObject({ name, effect });
    expect(last.problems).toEqual([]);
  });

  it('a service nobody knows keeps its name', () => {
    const { last } = put(talk(), (out, at) => encode.putPiService(out, at, 1, '_N_ODD'));
    expect(last.function.name).toBe('pi-service');
    expect(last.accesses[0]!.address).toBe('pi:_N_ODD');
  });

  it('a refusal without parameters answers the job it belongs to', () => {
    const conversation = put(
      talk(),
      (out, at) => encode.putStop(out, at, 6),
      (out, at) => encode.putAck(out, at, 6, 0xd241),
    );
    expect(conversation.last).toMatchObject({
      direction: 'response',
      function: { name: 'plc-stop' },
      status: 'protection-level',
      statusCode: 0xd241,
      pairedWith: 4,
    });
  });
});

describe('S7 userdata', () => {
  const szl = (id: number, records: number[][]): number[] => {
    const size = records[0]!.length;
    return [id >> 8, id & 255, 0, 0, 0, size, 0, records.length, ...records.flat()];
  };
  const text = (value: string, size: number): number[] => {
    return [...encode.ascii(value), ...new Array<number>(size - value.length).fill(0x20)];
  };
  // 34.5: index, order number, type, then V and three numbers for the firmware.
  const order = [0, 1, ...text('6ES7 315-2EH14-0AB0', 20), 0, 0xc0, 0, 3, 0, 1];
  const firmware = [0, 7, ...text('', 20), 0, 0xc0, 0x56, 3, 2, 7];

  it('SZL 0x11 tells model and firmware', () => {
    const conversation = put(
      talk(),
      (out, at) => encode.putUserdata(out, at, 1, GROUP.cpu, SUB.readSzl, [0, 0x11, 0, 0], { type: 4 }),
      (out, at) => encode.putUserdata(out, at, 1, GROUP.cpu, SUB.readSzl, szl(0x11, [order, firmware]), { type: 8 }),
    );
    expect(conversation.last.facts).toEqual([
      { about: 'server', kind: 'model', text: '6ES7 315-2EH14-0AB0' },
      { about: 'server', kind: 'hardware', text: '3' },
      { about: 'server', kind: 'firmware', text: 'V3.2.7' },
    ]);
    expect(conversation.last.pairedWith).toBe(4);
  });

  it('a list in parts is read whole, with the last part', () => {
    const all = szl(0x11, [order, firmware]);
    const part = (octets: number[], moreFollows: boolean): Uint8Array =>
      written((out, at) =>
        encode.putUserdata(out, at, 1, GROUP.cpu, SUB.readSzl, octets, { type: 8, unitReference: 0xd5, moreFollows }),
      );
    const conversation = talk().server(part(all.slice(0, 50), true));
    expect(conversation.last.facts).toEqual([]);
    conversation.server(part(all.slice(50), false));
    expect(conversation.last.facts.map((fact) => fact.kind)).toEqual(['model', 'hardware', 'firmware']);
  });

  it('force by a variable table: area, address, value', () => {
    const request = [
      ...[0, 4, 0, 14], // length of the job, of what follows
      ...[0, 0, 0, 1], // the job
      ...[0, 1], // one item
      ...[0x22, 1, 0, 0, 0, 4], // outputs, word, one, data block 0, byte 4
      ...[0, 9, 0, 2, 0x12, 0x34], // octets, 2, value
    ];
    const { last } = put(talk(), (out, at) =>
      encode.putUserdata(out, at, 1, GROUP.programmer, SUB.force, request, { type: 4 }),
    );
    expect(last.function).toMatchObject({ name: 'force', class: 'control' });
    expect(last.accesses[0]).toMatchObject({ point: '10.0.0.5/0.2/outputs/4', write: true, values: [0x1234] });
  });

  it('a watched variable table shows its values', () => {
    const request = [
      ...[0, 4, 0, 14, 0, 0, 0, 1], // lengths, the job
      ...[0, 2], // two items
      ...[0x01, 6, 0, 0, 0, 0], // flags, bytes, six from 0
      ...[0x72, 1, 0, 9, 0, 4], // data block 9, word at 4
    ];
    const push = [0, 4, 0, 18, 1, 0, 0, 1, 0, 2, 0xff, 9, 0, 6, 1, 2, 3, 4, 5, 6, 0xff, 9, 0, 2, 0x12, 0x34];
    const sub = SUB.variableStatus;
    const conversation = put(
      talk(),
      (out, at) => encode.putUserdata(out, at, 9, GROUP.programmer, sub, request, { type: 4 }),
      (out, at) => encode.putUserdata(out, at, 9, GROUP.programmer, sub, [], { type: 8, sequence: 2 }),
    );
    expect(conversation.last.problems).toEqual([]);
    conversation.server(
      written((out, at) => encode.putUserdata(out, at, 0, GROUP.programmer, sub, push, { type: 0, sequence: 2 })),
    );
    expect(conversation.last.accesses).toMatchObject([
      { point: '10.0.0.5/0.2/flags/0', values: [1, 2, 3, 4, 5, 6] },
      { point: '10.0.0.5/0.2/db9/4', values: [0x1234] },
    ]);
  });

  it('what a cyclic job sends by itself belongs to the items it was set up with', () => {
    // number 1, time base 1, factor 2, then one DB-READ item: 2 octets of DB74 from byte 108.
    const request = [0, 1, 1, 2, 0x12, 7, 0xb0, 1, 2, 0, 74, 0, 108];
    // number 1, then a data item that holds a piece: return code and octets.
    const values = (high: number): number[] => [0, 1, 0xff, 9, 0, 3, 0xff, high, 0x0a];
    const sub = SUB.changeDriven;
    const conversation = put(
      talk(),
      (out, at) => encode.putUserdata(out, at, 9, GROUP.cyclic, sub, request, { type: 4 }),
      (out, at) => encode.putUserdata(out, at, 9, GROUP.cyclic, sub, values(4), { type: 8, sequence: 3 }),
    );
    expect(conversation.last.accesses[0]).toMatchObject({ point: '10.0.0.5/0.2/db74/108', values: [4, 10] });
    conversation.server(
      written((out, at) => encode.putUserdata(out, at, 0, GROUP.cyclic, sub, values(5), { type: 0, sequence: 3 })),
    );
    expect(conversation.last).toMatchObject({ direction: 'event', function: { name: 'change-driven-transfer' } });
    expect(conversation.last.accesses[0]).toMatchObject({ area: 'db74', address: 108, values: [5, 10] });
  });

  it('setting the clock is a write with its time', () => {
    const { last } = put(talk(), (out, at) =>
      encode.putUserdata(out, at, 1, GROUP.time, SUB.setClock, [0, 0x19, 0x26, 3, 8, 0x14, 0x51, 0x37, 0x91, 0x62], {
        type: 4,
      }),
    );
    expect(last.accesses[0]).toMatchObject({
      area: 'clock',
      write: true,
      values: [Date.UTC(2026, 2, 8, 14, 51, 37, 916)],
    });
  });

  it('an alarm the CPU reports by itself', () => {
    const octets = [
      ...[0x26, 3, 8, 0x14, 0x51, 0x37, 0x91, 0x62], // time
      ...[0x40, 1], // function, one message
      ...[0x12, 10, 0x16, 1], // item with one value
      ...[0, 0, 0, 0xaf, 1, 0, 0xfe, 0xfe], // event 175, signal 1 on, acknowledgements
    ];
    const event = written((out, at) => encode.putUserdata(out, at, 0, GROUP.cpu, 6, octets, { type: 0 }));
    const { last } = talk().server(event);
    expect(last).toMatchObject({ direction: 'event', function: { name: 'notify-indication' } });
    expect(last.accesses[0]).toMatchObject({ point: '10.0.0.5/0.2/alarm/175', values: [1], write: false });
  });

  it('a password is seen, and never kept', () => {
    const { last } = put(talk(), (out, at) =>
      encode.putUserdata(out, at, 1, GROUP.security, SUB.password, [1, 2, 3, 4, 5, 6, 7, 8], { type: 4 }),
    );
    expect(last.function).toMatchObject({ name: 'password', class: 'auth' });
    expect(JSON.stringify([last.facts, last.accesses])).toBe('[[],[]]');
  });
});

describe('S7 refusals', () => {
  it.each<[string, Put, string]>([
    [
      'a write',
      (out, at) =>
        encode.putWrite(
          out,
          at,
          9,
          [real, real],
          [
            { code: 0, transport: DATA.real, octets: REAL_72_5 },
            { code: 0, transport: DATA.real, octets: REAL_72_5 },
          ],
        ),
      'item-access-denied',
    ],
    ['a read', (out, at) => encode.putRead(out, at, 9, [real]), 'item-access-denied'],
    ['a stop', (out, at) => encode.putStop(out, at, 9), 'protection-level'],
    ['a download', (out, at) => encode.putBlockJob(out, at, 9, FC.requestDownload, '_0800001P', 1), 'protection-level'],
    ['a set clock', (out, at) => encode.putUserdata(out, at, 9, GROUP.time, 2, [0], { type: 4 }), 'protection-level'],
  ])('%s gets the refusal of the CPU, paired and named', (_, request, status) => {
    const conversation = talk();
    let answer = new Uint8Array(0);
    conversation.onView = (view) => {
      const out = new Uint8Array(600);
      answer = out.slice(0, refuse(view, out, 0));
    };
    conversation.client(written(request));
    expect(answer.length).toBeGreaterThan(0);
    const asked = conversation.last;
    conversation.onView = null;
    conversation.server(answer);
    expect(conversation.last).toMatchObject({ direction: 'response', status, pairedWith: asked.frame.number });
    expect(conversation.last.function.name).toBe(asked.function.name);
    expect(conversation.last.problems).toEqual([]);
  });

  it('answers, pushes and jobs of the CPU are not refused', () => {
    const conversation = talk();
    conversation.server(written((out, at) => encode.putSetup(out, at, 0, true, 1, 240)));
    const results: number[] = [];
    conversation.onView = (view) => results.push(refuse(view, new Uint8Array(600), 0));
    conversation.server(written((out, at) => encode.putWriteAnswer(out, at, 1, [0xff])));
    conversation.server(written((out, at) => encode.putBlockJob(out, at, 1, FC.downloadBlock, '_0800001P')));
    conversation.server(written((out, at) => encode.putUserdata(out, at, 1, GROUP.cpu, 3, [0], { type: 0 })));
    expect(results).toEqual([0, 0, 0]);
  });

  it('a connect request is refused by the transport', () => {
    const conversation = new Talk([s7comm]);
    let answer = new Uint8Array(0);
    conversation.onView = (view) => {
      const out = new Uint8Array(64);
      const end = refuse(view, out, 0);
      if (end > 0 && answer.length === 0) answer = out.slice(0, end);
    };
    conversation.client(
      connect,
      written((out, at) => encode.putSetup(out, at, 0, false, 1, 480)),
    );
    expect(answer).toEqual(hex('03 00 00 0b 06 80 00 01 00 00 88'));
  });
});

describe('S7 stream', () => {
  const exchange = [
    connect,
    written((out, at) => encode.putSetup(out, at, 0, false, 1, 480)),
    written((out, at) => encode.putRead(out, at, 1, [real])),
    written((out, at) => encode.putWrite(out, at, 2, [real], [{ code: 0, transport: 7, octets: REAL_72_5 }])),
    written((out, at) => encode.putStop(out, at, 3)),
  ];
  const whole = Buffer.concat(exchange);
  const names = ['cotp-connect-request', 'setup-communication', 'read-var', 'write-var', 'plc-stop'];

  it.each([1, 2, 3, 7, 30, 1000])('cut into pieces of %d octets it says the same', (size) => {
    const conversation = new Talk([s7comm]);
    for (let at = 0; at < whole.length; at += size) conversation.client(whole.subarray(at, at + size));
    expect(conversation.messages.map((message) => message.function.name)).toEqual(names);
    expect(conversation.messages[3]!.accesses[0]!.values).toEqual([72.5]);
  });

  it('a PDU in two COTP parts is one message that begins in the first frame', () => {
    const write = written((out, at) =>
      encode.putWrite(out, at, 2, [real], [{ code: 0, transport: DATA.real, octets: REAL_72_5 }]),
    ).subarray(USER_DATA_AT);
    const part = (from: number, to: number, last: boolean): Uint8Array => {
      const out = new Uint8Array(USER_DATA_AT + to - from);
      out.set(write.subarray(from, to), USER_DATA_AT);
      finishData(out, 0, out.length, last);
      return out;
    };
    const conversation = talk()
      .client(part(0, 13, false))
      .client(part(13, write.length, true));
    expect(conversation.last.accesses[0]!.values).toEqual([72.5]);
    expect(conversation.last.frame).toMatchObject({ firstNumber: 4, number: 5 });
  });

  it('survives mutated and random octets', () => {
    const seeds = [
      ...exchange,
      written((out, at) => encode.putUserdata(out, at, 1, GROUP.cpu, 1, [0, 0x11, 0, 0, 0, 28, 0, 9], { type: 8 })),
      written((out, at) => encode.putUserdata(out, at, 1, GROUP.programmer, 8, new Array(40).fill(1), { type: 4 })),
      written((out, at) => encode.putUserdata(out, at, 1, GROUP.cyclic, 5, [0, 9, 1, 2, 18, 7, 176], { type: 4 })),
      written((out, at) => encode.putBlockJob(out, at, 1, FC.requestDownload, '_0800001P', 216)),
      written((out, at) => encode.putPiService(out, at, 2, '_INSE', [9, 0, 1])),
      written((out, at) => encode.putReadAnswer(out, at, 1, [{ code: 255, transport: 7, octets: REAL_72_5 }])),
    ];
    const seed = fc.constantFrom(...seeds);
    const change = fc.tuple(fc.nat(200), fc.nat(255));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(seed, fc.array(change, { maxLength: 6 }), fc.boolean()), { maxLength: 8 }),
        (all) => {
          const conversation = talk();
          for (const [original, changes, fromClient] of all) {
            const bytes = Uint8Array.from(original);
            // The frame stays whole, so that what is inside is reached.
            for (const [at, value] of changes) if (at >= 7 && at < bytes.length) bytes[at] = value;
            if (fromClient) conversation.client(bytes);
            else conversation.server(bytes);
          }
          for (const message of conversation.messages) {
            expect(message.function.name).not.toBe('');
            expect(message.status).not.toBe('');
            expect(message.frame.to).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

it('names every code, known or not', () => {
  for (let code = 0; code < 0x20000; code += 7) expect(s7comm.functionOf(code).name).not.toBe('');
  expect(s7comm.functionOf(0x33).name).toBe('unknown(0x33)');
  expect(s7comm.statusName(0)).toBe('ok');
  expect(s7comm.statusName(0x1234)).toBe('unknown(0x1234)');
});
