/**
 * An independent client (nodes7) talks to a small S7 server over loopback; the dissector only watches the bytes. What it says must be
 * what the two did. The server reads requests by itself, without the dissector, and answers with our writers.
 */
import { createRequire } from 'node:module';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Conduit } from '../../../act/enforce/conduit/index.ts';
import { ManualClock } from '../../../base/clock.ts';
import type { Message } from '../../../records.ts';
import { tpktLength } from '../tpkt/cotp.ts';
import { putConnectConfirm } from '../tpkt/encode.ts';
import { Talk } from '../tpkt/fixtures/talk.ts';
import * as encode from './encode.ts';
import { refuse, s7comm } from './index.ts';
import { FC } from './names.ts';

interface Client {
  initiateConnection(options: Record<string, unknown>, done: (error?: unknown) => void): void;
  setTranslationCB(translate: (tag: string) => string): void;
  addItems(items: string[]): void;
  readAllItems(done: (anyBad: boolean, values: Record<string, unknown>) => void): void;
  writeItems(items: string[], values: unknown[], done: (anyBad: boolean) => void): void;
  dropConnection(done: () => void): void;
}
const NodeS7 = createRequire(import.meta.url)('nodes7') as new (options: { silent: boolean }) => Client;

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Memory by area code and data block. */
class Memory {
  readonly #areas = new Map<string, Uint8Array>();

  of(area: number, db: number): Uint8Array {
    const key = `${area} ${db}`;
    const known = this.#areas.get(key) ?? new Uint8Array(256);
    this.#areas.set(key, known);
    return known;
  }
}

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

/** The answer of the small server to one TPKT; empty where it has none. */
function answerTo(bytes: Uint8Array, memory: Memory): Uint8Array {
  const out = new Uint8Array(1024);
  if (bytes[5] === 0xe0) return out.slice(0, putConnectConfirm(out, 0, [1, 0], [1, 2], u16(bytes, 8)));
  const reference = u16(bytes, 11);
  const code = bytes[17];
  if (code === FC.setupCommunication) return out.slice(0, encode.putSetup(out, 0, reference, true, 8, 480));
  const items = Array.from({ length: bytes[18]! }, (_, k) => {
    const at = 19 + 12 * k;
    const bit = bytes[at + 3] === 1;
    const address = (bytes[at + 9]! << 16) | u16(bytes, at + 10);
    return {
      memory: memory.of(bytes[at + 8]!, u16(bytes, at + 6)),
      byte: address >> 3,
      bit: address & 7,
      isBit: bit,
      count: u16(bytes, at + 4),
      size: bytes[at + 3]!,
    };
  });
  if (code === FC.readVar) {
    const data = items.map((item) => {
      const octets = item.isBit
        ? [(item.memory[item.byte]! >> item.bit) & 1]
        : item.memory.slice(item.byte, item.byte + item.count);
      return { code: 0xff, transport: item.isBit ? encode.DATA.bit : encode.DATA.bytes, octets };
    });
    return out.slice(0, encode.putReadAnswer(out, 0, reference, data));
  }
  let at = 19 + 12 * items.length;
  for (const item of items) {
    const length = bytes[at + 1] === 3 || bytes[at + 1] === 9 ? u16(bytes, at + 2) : u16(bytes, at + 2) >> 3;
    const value = bytes.slice(at + 4, at + 4 + length);
    if (item.isBit) {
      const mask = 1 << item.bit;
      item.memory[item.byte] = value[0] === 0 ? item.memory[item.byte]! & ~mask : item.memory[item.byte]! | mask;
    } else item.memory.set(value, item.byte);
    at += 4 + length + (length & 1);
  }
  return out.slice(
    0,
    encode.putWriteAnswer(
      out,
      0,
      reference,
      items.map(() => 0xff),
    ),
  );
}

/** A small S7 server; `talk` hears both sides as they pass it. */
async function plc(memory: Memory, talk: Talk): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    let rest = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      talk.client(chunk);
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        const length = tpktLength(rest, 0, rest.length);
        if (length <= 0 || length > rest.length) return;
        const answer = answerTo(rest.subarray(0, length), memory);
        rest = rest.subarray(length);
        talk.server(answer);
        socket.write(answer);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(
    () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  );
  return (server.address() as AddressInfo).port;
}

async function connected(port: number, items: string[]): Promise<Client> {
  const client = new NodeS7({ silent: true });
  await new Promise<void>((resolve, reject) => {
    client.initiateConnection({ port, host: '127.0.0.1', rack: 0, slot: 2, timeout: 4000 }, (error) =>
      error === undefined ? resolve() : reject(new Error(String(error))),
    );
  });
  open.push(() => new Promise((resolve) => client.dropConnection(() => resolve())));
  client.setTranslationCB((tag) => tag);
  client.addItems(items);
  return client;
}

const write = (client: Client, items: string[], values: unknown[]): Promise<boolean> =>
  new Promise((resolve) => client.writeItems(items, values, resolve));

const read = (client: Client): Promise<Record<string, unknown>> =>
  new Promise((resolve, reject) =>
    client.readAllItems((anyBad, values) => (anyBad ? reject(new Error('bad values')) : resolve(values))),
  );

/** Octets a message moves, by point. */
function octetsAt(message: Message, area: string, address: number, count: number): Uint8Array {
  const access = message.accesses.find(
    (one) =>
      one.area === area &&
      typeof one.address === 'number' &&
      one.address <= address &&
      one.address + one.count >= address + count,
  )!;
  const from = address - (access.address as number);
  return Uint8Array.from(access.values.slice(from, from + count) as number[]);
}

test('what the dissector says is what client and server did', async () => {
  const memory = new Memory();
  const talk = new Talk([s7comm]);
  const items = ['DB1,REAL12', 'DB1,INT4', 'DB1,X0.3', 'MW20', 'DB7,DINT8', 'QB2'];
  memory.of(0x84, 1).set([0x08, 0, 0, 0, 0xff, 0xfe], 0); // X0.3 on, INT4 = -2
  memory.of(0x84, 7).set([0, 1, 0x86, 0xa0], 8); // 100,000
  memory.of(0x83, 0).set([0x12, 0x34], 20);
  const client = await connected(await plc(memory, talk), items);

  expect(await write(client, ['DB1,REAL12', 'DB1,X0.4', 'QB2'], [72.5, true, 9])).toBe(false);
  const values = await read(client);
  expect(values).toEqual({
    'DB1,REAL12': 72.5,
    'DB1,INT4': -2,
    'DB1,X0.3': true,
    MW20: 0x1234,
    'DB7,DINT8': 100_000,
    QB2: 9,
  });

  const { messages } = talk;
  expect(messages.flatMap((message) => message.problems)).toEqual([]);
  expect(messages[0]).toMatchObject({ function: { name: 'cotp-connect-request' }, unit: '0.2' });
  const named = (name: string, direction: string): Message[] =>
    messages.filter((message) => message.function.name === name && message.direction === direction);
  expect(named('setup-communication', 'response')[0]).toMatchObject({ status: 'ok' });
  // Each request has its answer, and each answer its request.
  for (const name of ['read-var', 'write-var']) {
    expect(named(name, 'response').length).toBe(named(name, 'request').length);
    for (const answer of named(name, 'response')) expect(answer).toMatchObject({ status: 'ok', unit: '0.2' });
    for (const answer of named(name, 'response')) expect(answer.pairedWith).toBeGreaterThan(0);
  }
  // The values written, as nodes7 sent them.
  const writes = named('write-var', 'request').flatMap((message) => message.accesses);
  expect(writes.every((access) => access.write)).toBe(true);
  const written = new Map(writes.map((access) => [access.point, access]));
  const temperature = written.get('10.0.0.5/0.2/db1/12')!;
  expect(temperature.type === 'float32' ? temperature.values : temperature.values.slice(0, 4)).toEqual(
    temperature.type === 'float32' ? [72.5] : [0x42, 0x91, 0, 0],
  );
  expect(written.get('10.0.0.5/0.2/db1/0.4')!.values).toEqual([true]);
  expect(written.get('10.0.0.5/0.2/outputs/2')!.values).toEqual([9]);
  // The values read: what stands in the server's memory.
  const answers = named('read-var', 'response');
  const reads = (area: string, address: number, count: number): Uint8Array => {
    const holder = answers.find((message) =>
      message.accesses.some(
        (one) =>
          one.area === area && Number(one.address) <= address && Number(one.address) + one.count >= address + count,
      ),
    )!;
    return octetsAt(holder, area, address, count);
  };
  expect(reads('db1', 12, 4)).toEqual(memory.of(0x84, 1).slice(12, 16));
  expect(reads('db1', 4, 2)).toEqual(Uint8Array.of(0xff, 0xfe));
  expect(reads('db7', 8, 4)).toEqual(Uint8Array.of(0, 1, 0x86, 0xa0));
  expect(reads('flags', 20, 2)).toEqual(Uint8Array.of(0x12, 0x34));
  expect(reads('outputs', 2, 1)).toEqual(Uint8Array.of(9));
});

test('behind a conduit that refuses writes the client hears the refusal, and reads on', async () => {
  const memory = new Memory();
  const port = await plc(memory, new Talk([s7comm]));
  const asked: string[] = [];
  const conduit = new Conduit({
    name: 'cell',
    listen: { host: '127.0.0.1', port: 0 },
    device: { host: '127.0.0.1', port },
    clock: new ManualClock(0),
    protocols: [s7comm],
    decide: (view) => {
      const { name } = s7comm.functionOf(view.functionCode);
      if (view.fromClient) asked.push(name);
      if (name !== 'write-var' || !view.fromClient) return { forward: true };
      const out = new Uint8Array(512);
      return { forward: false, answer: out.slice(0, refuse(view, out, 0)) };
    },
  });
  const door = await conduit.listen();
  open.push(() => conduit.close());
  const client = await connected(door, ['DB1,INT4']);
  expect(await write(client, ['DB1,INT4'], [1234])).toBe(true); // anything bad: yes
  expect(await read(client)).toEqual({ 'DB1,INT4': 0 });
  expect(memory.of(0x84, 1).slice(4, 6)).toEqual(Uint8Array.of(0, 0));
  expect(asked).toContain('write-var');
});
