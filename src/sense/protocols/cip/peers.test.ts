/**
 * An independent client (st-ethernet-ip) talks to a small target over loopback; the dissector only watches the bytes. What it says must
 * be what the two did. The target reads requests by itself, without the dissector, and answers with our writers.
 */
import { createRequire } from 'node:module';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { Conduit } from '../../../act/enforce/conduit/index.ts';
import { ManualClock } from '../../../base/clock.ts';
import type { Message } from '../../../records.ts';
import * as encode from './encode.ts';
import { Talk } from './fixtures/talk.ts';
import { enip, refuse } from './index.ts';

interface Tag {
  value: unknown;
}
interface Client {
  connect(address: string, slot: number, setup: boolean): Promise<void>;
  disconnect(): Promise<unknown>;
  readControllerProps(): Promise<void>;
  readTag(tag: Tag, size?: number): Promise<void>;
  writeTag(tag: Tag, value?: unknown, size?: number): Promise<void>;
  readonly properties: { name: string; serial_number: number };
}
const require = createRequire(import.meta.url);
const library = require('st-ethernet-ip') as {
  Controller: new (connected: boolean) => Client;
  Tag: new (
    name: string,
    program: string | null,
    type: number | null,
    keepAlive?: number,
    dimensions?: number,
    size?: number,
  ) => Tag;
};
/** The port the client connects to; a property of its configuration. */
const config = require('st-ethernet-ip/dist/config.js') as { EIP_PORT: number };
const PORT = config.EIP_PORT;

const REAL = 0xca;
const DINT = 0xc4;
const SESSION = 0x51;
const IDENTITY = {
  vendor: 1,
  deviceType: 14,
  productCode: 54,
  revision: [20, 11],
  status: 0x0060,
  serial: 0xabcd12,
  name: 'TEST TARGET',
} as const;

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  config.EIP_PORT = PORT;
  for (const close of open.splice(0).reverse()) await close();
});

const u16 = (bytes: Uint8Array, at: number): number => bytes[at]! | (bytes[at + 1]! << 8);
const u32 = (bytes: Uint8Array, at: number): number => (u16(bytes, at) | (u16(bytes, at + 2) << 16)) >>> 0;

/** Tags by name: type code and octets. */
type Memory = Map<string, { type: number; octets: Uint8Array }>;

/** Name in a path of plain ANSI segments. */
function nameOf(path: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; path[at] === 0x91; at += 2 + path[at + 1]! + (path[at + 1]! & 1)) {
    parts.push(Buffer.from(path.subarray(at + 2, at + 2 + path[at + 1]!)).toString());
  }
  return parts.join('.');
}

/** Reply to one CIP request. */
function serve(request: Uint8Array, memory: Memory): Uint8Array {
  const out = new Uint8Array(1_000);
  const service = request[0]!;
  const path = request.subarray(2, 2 + 2 * request[1]!);
  const data = request.subarray(2 + 2 * request[1]!);
  const done = (end: number) => out.slice(0, end);
  if (path[1] === 6 && service === 0x52) return serve(data.subarray(4, 4 + u16(data, 2)), memory);
  if (path[1] === 6 && service === 0x54) {
    const next = encode.putReply(out, 0, service);
    out.set(data.subarray(2, 18), next);
    // The target chooses the id it receives under.
    out.set([0x01, 0x03, 0x79, 0x00], next);
    return done(next + 26);
  }
  if (path[1] === 6 && service === 0x4e) {
    const next = encode.putReply(out, 0, service);
    out.set(data.subarray(2, 10), next);
    return done(next + 10);
  }
  if (service === 0x01) return done(encode.putIdentity(out, encode.putReply(out, 0, service), IDENTITY));
  const tag = memory.get(nameOf(path));
  if (tag === undefined) return done(encode.putReply(out, 0, service, 5));
  if (service === 0x4c) return done(encode.putTagReply(out, encode.putReply(out, 0, service), tag.type, tag.octets));
  tag.octets = Uint8Array.from(data.subarray(4));
  return done(encode.putReply(out, 0, service));
}

/** Answer to one encapsulated message; empty where it has none. */
function answerTo(bytes: Uint8Array, memory: Memory): Uint8Array {
  const out = new Uint8Array(1_200);
  const command = u16(bytes, 0);
  const context = [u32(bytes, 12), u32(bytes, 16)] as const;
  if (command === 0x65) {
    return out.slice(
      0,
      encode.finish(out, 0, encode.putRegisterSession(out, 24), { command, session: SESSION, context }),
    );
  }
  if (command === 0x6f) {
    const reply = serve(bytes.subarray(40), memory);
    out.set(reply, encode.UNCONNECTED_AT);
    return out.slice(0, encode.finishUnconnected(out, 0, encode.UNCONNECTED_AT + reply.length, SESSION, context));
  }
  if (command !== 0x70) return new Uint8Array(0);
  const reply = serve(bytes.subarray(46), memory);
  out.set(reply, encode.CONNECTED_AT);
  const end = encode.CONNECTED_AT + reply.length;
  return out.slice(0, encode.finishConnected(out, 0, end, SESSION, TO_ID.value, u16(bytes, 44), context));
}
/** The id the client chose for what it receives, from its Forward Open. */
const TO_ID = { value: 0 };

/** A small target; `talk` hears both sides as they pass it. */
async function target(memory: Memory, talk: Talk): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    let rest = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      talk.heard(true, chunk);
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 24 && rest.length >= 24 + u16(rest, 2)) {
        const message = rest.subarray(0, 24 + u16(rest, 2));
        rest = rest.subarray(message.length);
        if (u16(message, 0) === 0x6f && message[40] === 0x54) TO_ID.value = u32(message, 52);
        const answer = answerTo(message, memory);
        if (answer.length === 0) continue;
        talk.heard(false, answer);
        socket.write(answer);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(
    () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  );
  return (server.address() as AddressInfo).port;
}

async function connected(port: number, messaging: boolean): Promise<Client> {
  config.EIP_PORT = port;
  const client = new library.Controller(messaging);
  await client.connect('127.0.0.1', 2, false);
  open.push(() => client.disconnect());
  return client;
}

const tags = (): Memory =>
  new Map([
    ['Setpoint', { type: REAL, octets: encode.realBytes(71.5) }],
    ['Program:Main.Count', { type: DINT, octets: encode.dintBytes(-3) }],
  ]);

describe.each([
  ['connected', true],
  ['routed, without a connection', false],
])('%s', (_, messaging) => {
  test('what the dissector says is what client and target did', async () => {
    const memory = tags();
    const talk = new Talk();
    const client = await connected(await target(memory, talk), messaging);
    const setpoint = new library.Tag('Setpoint', null, REAL);
    const count = new library.Tag('Count', 'Main', DINT);
    await client.readControllerProps();
    await client.readTag(setpoint);
    await client.readTag(count);
    await client.writeTag(setpoint, 74.25);
    expect([setpoint.value, count.value]).toEqual([74.25, -3]);
    expect(memory.get('Setpoint')!.octets).toEqual(encode.realBytes(74.25));

    const { messages } = talk;
    expect(messages.flatMap((message) => message.problems)).toEqual([]);
    const named = (name: string, direction: string): Message[] =>
      messages.filter((message) => message.function.name === name && message.direction === direction);
    expect(named('register-session', 'response')).toHaveLength(1);
    expect(named('forward-open', 'response')).toHaveLength(messaging ? 1 : 0);
    expect(named('unconnected-send', 'request')).toHaveLength(messaging ? 0 : 4);
    expect(named('read-tag', 'response').map((message) => message.accesses[0])).toMatchObject([
      { point: '10.0.0.5/1/2/tag/Setpoint', type: 'float32le', values: [71.5], write: false },
      { point: '10.0.0.5/1/2/tag/Program:Main.Count', type: 'int32le', values: [-3], write: false },
    ]);
    expect(named('write-tag', 'request')[0]!.accesses).toMatchObject([
      { point: '10.0.0.5/1/2/tag/Setpoint', type: 'float32le', values: [74.25], write: true },
    ]);
    expect(messages.filter(({ direction }) => direction === 'response').every(({ pairedWith }) => pairedWith > 0)).toBe(
      true,
    );
    const facts = named('get-attributes-all(identity)', 'response')[0]!.facts;
    expect(facts).toContainEqual({ about: 'unit', kind: 'model', text: client.properties.name });
    expect(facts).toContainEqual({ about: 'unit', kind: 'serial', text: '00abcd12' });
  });

  test('behind a conduit that refuses writes the client hears the refusal, and reads on', async () => {
    const memory = tags();
    const port = await target(memory, new Talk());
    const conduit = new Conduit({
      name: 'cell',
      listen: { host: '127.0.0.1', port: 0 },
      device: { host: '127.0.0.1', port },
      clock: new ManualClock(0),
      protocols: [enip],
      decide: (view) => {
        if (enip.functionOf(view.functionCode).class !== 'write' || !view.fromClient) return { forward: true };
        const out = new Uint8Array(512);
        return { forward: false, answer: out.slice(0, refuse(view, out, 0)) };
      },
    });
    const door = await conduit.listen();
    open.push(() => conduit.close());
    const client = await connected(door, messaging);
    const setpoint = new library.Tag('Setpoint', null, REAL);
    await client.readTag(setpoint);
    await expect(client.writeTag(setpoint, 99)).rejects.toMatchObject({ generalStatusCode: 0x0f });
    await client.readTag(setpoint);
    expect(setpoint.value).toBe(71.5);
    expect(memory.get('Setpoint')!.octets).toEqual(encode.realBytes(71.5));
  });
});
