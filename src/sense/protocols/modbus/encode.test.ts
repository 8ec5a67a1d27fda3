import { describe, expect, it } from 'vitest';
import type { WireValue } from '../../../records.ts';
import { MessageView } from '../message-view.ts';
import * as encode from './encode.ts';
import { crcFits } from './framing.ts';
import { modbus } from './index.ts';
import { ModbusSession } from './session.ts';

type Put = (out: Uint8Array, at: number) => number;

/** A Modbus/TCP message in a buffer full of 0xa5, so that a byte nobody wrote shows. */
function message(put: Put, transaction = 7): Uint8Array {
  const out = new Uint8Array(300).fill(0xa5);
  const end = encode.finishTcp(out, 0, put(out, encode.TCP_PDU_AT), transaction, 1);
  expect(out[end]).toBe(0xa5);
  return out.slice(0, end);
}

/** Request and response through the dissector; returns both records. */
function dissect(request: Put, response: Put) {
  const session = new ModbusSession(false);
  return [request, response].map((put, index) => {
    const view = new MessageView();
    const bytes = message(put);
    view.bytes = bytes;
    view.protocol = modbus;
    view.end = bytes.length;
    view.fromClient = index === 0;
    view.frame = index + 1;
    view.firstFrame = index + 1;
    view.reset();
    let record: ReturnType<MessageView['toMessage']> | undefined;
    session.dissect(view, {
      message: (filled) => {
        record = filled.toMessage({ capture: '', client: 'c', server: 's', device: 'd' });
      },
    });
    return record!;
  }) as [ReturnType<MessageView['toMessage']>, ReturnType<MessageView['toMessage']>];
}

const words: WireValue[] = [0, 0x4080];

describe('Modbus writers are the inverse of the dissector', () => {
  it('function 16: the request of the worked example, byte for byte', () => {
    const bytes = message((out, at) => encode.putWriteRegisters(out, at, 160, [0x0000, 0x4080]), 0x1a2f);
    expect(Buffer.from(bytes).toString('hex')).toBe(
      '1a2f' + // transaction
        '0000' + // protocol
        '000b' + // length
        '01' + // unit
        '10' + // write multiple registers
        '00a0' + // address 160
        '0002' + // quantity
        '04' + // bytes
        '00004080', // 4.0 as float32, low word first
    );
  });

  it('functions 3 and 16 carry their values', () => {
    const [read, values] = dissect(
      (out, at) => encode.putRange(out, at, 3, 100, 2),
      (out, at) => encode.putWordsResponse(out, at, 3, [0, 0x4080]),
    );
    expect(read.accesses[0]).toMatchObject({ area: 'holding', address: 100, count: 2, write: false });
    expect(values.accesses[0]).toMatchObject({ address: 100, count: 2, values: words });
    const [write] = dissect(
      (out, at) => encode.putWriteRegisters(out, at, 160, [0, 0x4080]),
      (out, at) => encode.putRange(out, at, 16, 160, 2),
    );
    expect(write.accesses[0]).toMatchObject({ address: 160, write: true, values: words });
  });

  it('coils: 1, 5 and 15', () => {
    const [, bits] = dissect(
      (out, at) => encode.putRange(out, at, 1, 8, 10),
      (out, at) => encode.putBitsResponse(out, at, 1, [1, 0, 0, 0, 1, 0, 0, 0, 0, 1]),
    );
    expect(bits.accesses[0]).toMatchObject({ area: 'coil', address: 8, count: 10 });
    expect(bits.accesses[0]!.values.map(Number)).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    const [single] = dissect(
      (out, at) => encode.putWriteCoil(out, at, 12, true),
      (out, at) => encode.putWriteCoil(out, at, 12, true),
    );
    expect(single.accesses[0]).toMatchObject({ area: 'coil', address: 12, write: true });
    const [many] = dissect(
      (out, at) => encode.putWriteCoils(out, at, 40, [1, 1]),
      (out, at) => encode.putRange(out, at, 15, 40, 2),
    );
    expect(many.accesses[0]!.values.map(Number)).toEqual([1, 1]);
  });

  it.each<[string, Put, Put, string]>([
    [
      '22',
      (o, a) => encode.putMaskWrite(o, a, 4, 0xf2, 0x25),
      (o, a) => encode.putMaskWrite(o, a, 4, 0xf2, 0x25),
      'mask-write-register',
    ],
    [
      '23',
      (o, a) => encode.putReadWrite(o, a, 3, 2, 14, [255, 255]),
      (o, a) => encode.putWordsResponse(o, a, 23, [1, 2]),
      'read-write-multiple-registers',
    ],
    ['7', (o, a) => encode.putPdu(o, a, 7), (o, a) => encode.putExceptionStatus(o, a, 0x6d), 'read-exception-status'],
    [
      '8/0',
      (o, a) => encode.putDiagnostics(o, a, 0, 0xa537),
      (o, a) => encode.putDiagnostics(o, a, 0, 0xa537),
      'diagnostics-echo',
    ],
    [
      '11',
      (o, a) => encode.putPdu(o, a, 11),
      (o, a) => encode.putEventCounter(o, a, 0xffff, 264),
      'get-comm-event-counter',
    ],
    [
      '12',
      (o, a) => encode.putPdu(o, a, 12),
      (o, a) => encode.putEventLog(o, a, 0, 264, 289, [0x20, 0]),
      'get-comm-event-log',
    ],
    ['17', (o, a) => encode.putPdu(o, a, 17), (o, a) => encode.putServerId(o, a, [80, 49], true), 'report-server-id'],
    [
      '20',
      (o, a) => encode.putFileRequest(o, a, 20, [{ file: 4, record: 1, count: 2 }]),
      (o, a) => encode.putFileResponse(o, a, [[3582, 32]]),
      'read-file-record',
    ],
    [
      '21',
      (o, a) => encode.putFileRequest(o, a, 21, [{ file: 4, record: 7, count: 2, values: [1, 2] }]),
      (o, a) => encode.putFileRequest(o, a, 21, [{ file: 4, record: 7, count: 2, values: [1, 2] }]),
      'write-file-record',
    ],
    [
      '24',
      (o, a) => encode.putFifoRequest(o, a, 1246),
      (o, a) => encode.putFifoResponse(o, a, [440, 4740]),
      'read-fifo-queue',
    ],
    [
      '43/14',
      (o, a) => encode.putIdentificationRequest(o, a, 1, 0),
      (o, a) =>
        encode.putIdentificationResponse(o, a, 1, 0x82, [
          [0, 'Maker'],
          [2, 'V1'],
        ]),
      'read-device-identification',
    ],
  ])('function %s is whole on both sides', (_code, request, response, name) => {
    for (const record of dissect(request, response)) {
      expect(record.function.name).toBe(name);
      expect(record.problems).toEqual([]);
      expect(record.status).toBe('ok');
    }
  });

  it('refuses in the protocol’s own words', () => {
    const [, refusal] = dissect(
      (out, at) => encode.putWriteRegister(out, at, 160, 1),
      (out, at) => encode.putException(out, at, 6, 1),
    );
    expect(refusal.status).toBe('illegal-function');
  });

  it('puts a CRC round an RTU message and refuses what does not fit', () => {
    const out = new Uint8Array(256).fill(0xa5);
    const end = encode.finishRtu(out, 0, encode.putRange(out, encode.RTU_PDU_AT, 3, 0, 2), 1);
    expect(crcFits(out, 0, end)).toBe(true);
    expect(Buffer.from(out.subarray(0, end)).toString('hex')).toBe('010300000002c40b');
    const small = new Uint8Array(8);
    expect(() => encode.finishTcp(small, 0, 12, 1, 1)).toThrow(RangeError);
  });
});
