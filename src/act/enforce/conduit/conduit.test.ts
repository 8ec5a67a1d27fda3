import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { ManualClock } from '../../../base/clock.ts';
import { ERROR_CODES } from '../../../base/errors.ts';
import { CONDUIT_QUEUE_BYTES_MAX } from '../../../limits.ts';
import type { Message } from '../../../records.ts';
import { LINK_TYPES } from '../../../sense/capture/frame-handler.ts';
import { ModbusClient } from '../../../simulate/modbus-client.ts';
import { ModbusServer } from '../../../simulate/modbus-server.ts';
import { RegisterMap } from '../../../simulate/register-map.ts';
import { Sensor } from '../../../understand/observe/sensor.ts';
import { Conduit, type ConduitOptions } from './conduit.ts';

const HOST = '127.0.0.1';
const clock = new ManualClock(1_772_409_600_000_000);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A conduit before `port`, listening at any free port. */
async function conduitTo(
  port: number,
  options: Partial<ConduitOptions> = {},
): Promise<{ conduit: Conduit; port: number }> {
  const conduit = new Conduit({
    name: 'test',
    listen: { host: HOST, port: 0 },
    device: { host: HOST, port },
    asDevice: '10.20.1.11',
    clock,
    ...options,
  });
  const at = await conduit.listen();
  cleanups.push(() => conduit.close());
  return { conduit, port: at };
}

/** A device that does what `serve` says with each connection. */
async function device(serve: (socket: Socket) => void): Promise<{ server: Server; port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port, sockets };
}

async function clientOf(port: number): Promise<Socket> {
  const socket = connect({ host: HOST, port, noDelay: true, allowHalfOpen: true });
  socket.on('error', () => {});
  cleanups.push(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Resolves with the first `length` bytes that come. */
async function bytesOf(socket: Socket, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let got = 0;
  while (got < length) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    chunks.push(chunk);
    got += chunk.length;
  }
  return Buffer.concat(chunks);
}

/** Resolves when the socket is closed, by an error or without one. */
function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
  });
}

/** transaction, protocol 0, length 6, unit 1, function 3, address, quantity (MODBUS Application Protocol V1.1b3, 6.3). */
function readHolding(transaction: number, address: number, quantity: number): Buffer {
  const [ta, tb] = [transaction >> 8, transaction & 255];
  return Buffer.from([ta, tb, 0, 0, 0, 6, 1, 3, address >> 8, address & 255, quantity >> 8, quantity & 255]);
}

/** The same with function 6: one register written. */
function writeHolding(transaction: number, address: number, value: number): Buffer {
  const bytes = readHolding(transaction, address, value);
  bytes[7] = 6;
  return bytes;
}

async function plc(): Promise<{ port: number; registers: RegisterMap; server: ModbusServer }> {
  const registers = new RegisterMap({ coil: 8, discrete: 8, input: 8, holding: 200 }, []);
  for (let i = 0; i < 200; i++) registers.holding[i] = i * 3;
  const server = new ModbusServer({
    name: 'P1',
    unitId: 1,
    scanS: 1,
    registers,
    identification: [],
    scan: () => {},
  });
  const port = await server.listen(HOST, 0);
  cleanups.push(() => server.close());
  return { port, registers, server };
}

/** Frames of a conduit, decoded by the same path as a capture. */
function watching(): {
  messages: Message[];
  frames: Uint8Array[];
  onFrame: (frame: Uint8Array, timeUs: number) => void;
} {
  const messages: Message[] = [];
  const frames: Uint8Array[] = [];
  const sensor: Sensor = new Sensor({ message: (view) => messages.push(view.toMessage(sensor.namesOf(view, 'test'))) });
  const onFrame = (frame: Uint8Array, timeUs: number): void => {
    frames.push(frame);
    sensor.frame(frame, 0, frame.length, frame.length, timeUs, LINK_TYPES.ETHERNET);
  };
  return { messages, frames, onFrame };
}

test('a Modbus client gets the same bytes as without the conduit, and both sides are seen as frames', async () => {
  const { port, registers } = await plc();
  const seen = watching();
  const { conduit, port: door } = await conduitTo(port, { onFrame: seen.onFrame });
  const direct = new ModbusClient({ host: HOST, port }, HOST, 2_000);
  const through = new ModbusClient({ host: HOST, port: door }, '127.0.0.7', 2_000);
  cleanups.push(
    () => direct.close(),
    () => through.close(),
  );
  for (const request of [
    readHolding(1, 10, 20),
    readHolding(2, 190, 50),
    writeHolding(3, 160, 4),
    readHolding(4, 160, 1),
  ]) {
    const answer = await through.exchange(request);
    expect(answer).not.toBeNull();
    expect(answer).toEqual(await direct.exchange(request));
  }
  expect(registers.holding[160]).toBe(4);
  await expect.poll(() => seen.messages.length).toBe(8);
  const write = seen.messages.find((message) => message.function.code === 6 && message.direction === 'request');
  expect(write).toMatchObject({ client: '127.0.0.7', server: '10.20.1.11', protocol: 'modbus', timeUs: clock.nowUs() });
  expect(write?.accesses[0]).toMatchObject({ point: '10.20.1.11/1/holding/160', write: true, values: [4] });
  // Function 3 past the last register is refused by the device itself, with exception 2.
  expect(seen.messages.filter(({ statusCode }) => statusCode === 2).length).toBe(1);
  expect(conduit.health()).toMatchObject({ connections: 1, messages: 8, framesDropped: 0, heldTooLong: 0 });
  expect(conduit.health().latency.count).toBe(8);
});

test('pipelined requests pass, split ones are joined: the device never sees a part of a message', async () => {
  const { port, sockets } = await device((socket) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  });
  const chunks: Buffer[] = [];
  const { port: door, conduit } = await conduitTo(port);
  const client = await clientOf(door);
  const [first, second, third] = [readHolding(1, 0, 1), readHolding(2, 5, 2), readHolding(3, 9, 3)];
  client.write(Buffer.concat([first, second]));
  await expect.poll(() => Buffer.concat(chunks).length).toBe(24);
  chunks.length = 0;
  // In parts close after each other: each part is read alone because the one before it was.
  client.write(third.subarray(0, 5));
  await sleep(2);
  client.write(third.subarray(5, 11));
  await sleep(2);
  client.write(third.subarray(11));
  await expect.poll(() => Buffer.concat(chunks)).toEqual(third);
  // On a very slow machine the parts may have been given up on; then it is counted, and only then there is more than one.
  expect(chunks.length).toBe(1 + conduit.health().heldTooLong);
  expect(sockets.length).toBe(1);
  expect(conduit.health().messages).toBe(3);
});

test('a message whose end does not come goes on as it is: the conduit never keeps a line waiting', async () => {
  const { port } = await device((socket) => socket.pipe(socket));
  const { port: door, conduit } = await conduitTo(port);
  const client = await clientOf(door);
  client.write(readHolding(1, 0, 1));
  expect((await bytesOf(client, 12)).length).toBe(12);
  client.write(readHolding(2, 0, 1).subarray(0, 7));
  expect(await bytesOf(client, 7)).toEqual(readHolding(2, 0, 1).subarray(0, 7));
  expect(conduit.health().heldTooLong).toBeGreaterThan(0);
});

test('an unknown protocol passes byte for byte, single bytes included', async () => {
  const { port } = await device((socket) => socket.pipe(socket));
  const { port: door } = await conduitTo(port);
  const client = await clientOf(door);
  for (const text of ['H', 'EL', 'O \0\0 what is this', '\n']) {
    client.write(text);
    expect((await bytesOf(client, text.length)).toString()).toBe(text);
  }
  const large = Buffer.alloc(3_000_000, 'abcdefg');
  client.write(large);
  expect((await bytesOf(client, large.length)).equals(large)).toBe(true);
});

test('half-close: the device may still answer after the client has ended, and the other way round', async () => {
  const { port } = await device((socket) => {
    let got = '';
    socket.on('data', (chunk: Buffer) => {
      got += chunk.toString();
    });
    socket.on('end', () => socket.end(`you said ${got}`));
  });
  const { port: door, conduit } = await conduitTo(port);
  const client = await clientOf(door);
  client.end('goodbye');
  expect((await bytesOf(client, 16)).toString()).toBe('you said goodbye');
  await once(client, 'end');
  await expect.poll(() => conduit.health().connections).toBe(0);
});

test('a device that goes away, resets or is not there: the client learns it at once and can come back', async () => {
  const target = await device((socket) => socket.pipe(socket));
  const { port: door, conduit } = await conduitTo(target.port);
  const client = await clientOf(door);
  client.write('x');
  await bytesOf(client, 1);
  const closed = closeOf(client);
  target.sockets[0]?.resetAndDestroy();
  await closed;
  await expect.poll(() => conduit.health().connections).toBe(0);

  target.server.close();
  await once(target.server, 'close');
  const refused = await clientOf(door);
  await closeOf(refused);
  expect(conduit.health().deviceRefusals).toBe(1);

  target.server.listen(target.port, HOST);
  await once(target.server, 'listening');
  const again = await clientOf(door);
  again.write('y');
  expect((await bytesOf(again, 1)).toString()).toBe('y');
});

test('a client that resets ends the connection to the device', async () => {
  const target = await device((socket) => socket.pipe(socket));
  const { port: door, conduit } = await conduitTo(target.port);
  const client = await clientOf(door);
  client.write('x');
  await bytesOf(client, 1);
  const closed = closeOf(target.sockets[0]!);
  client.resetAndDestroy();
  await closed;
  await expect.poll(() => conduit.health().connections).toBe(0);
});

test('a reader that stops stops the writer, not the memory of the conduit', async () => {
  const target = await device((socket) => {
    socket.pause();
  });
  const { port: door, conduit } = await conduitTo(target.port);
  const client = await clientOf(door);
  const block = Buffer.alloc(256 * 1024);
  let stuck = false;
  // Kernel buffers on both sides take some; far below this much the client must be stopped.
  for (let i = 0; i < 400 && !stuck; i++) {
    if (client.write(block)) continue;
    const drained = await Promise.race([once(client, 'drain').then(() => true), sleep(1_000).then(() => false)]);
    stuck = !drained;
  }
  expect(stuck).toBe(true);
  const before = conduit.health().bytesToDevice;
  target.sockets[0]?.on('data', () => {});
  target.sockets[0]?.resume();
  await once(client, 'drain');
  expect(conduit.health().bytesToDevice).toBeGreaterThan(before);
});

test('a slow and a throwing observer cost frames, counted, and never an answer', async () => {
  const { port } = await device((socket) => socket.pipe(socket));
  let calls = 0;
  let spentMs = 0;
  let longestMs = 0;
  const { port: door, conduit } = await conduitTo(port, {
    onFrame: () => {
      calls++;
      const beganMs = performance.now();
      while (performance.now() < beganMs + 5);
      spentMs += performance.now() - beganMs;
      longestMs = Math.max(longestMs, performance.now() - beganMs);
      if (calls % 2 === 0) throw new Error('an observer with a fault');
    },
  });
  const client = await clientOf(door);
  const beganMs = performance.now();
  for (let i = 0; i < 40; i++) {
    client.write('question');
    expect((await bytesOf(client, 8)).toString()).toBe('question');
  }
  // After each turn it is left alone four times as long, except after the turn still being waited out (a handshake is three frames):
  // however slow this machine, the traffic has four fifths of the thread.
  expect(spentMs - 3 * longestMs).toBeLessThanOrEqual((performance.now() - beganMs) / 5);
  const large = Buffer.alloc(1024 * 1024);
  for (let sent = 0; sent <= CONDUIT_QUEUE_BYTES_MAX; sent += large.length) {
    client.write(large);
    await bytesOf(client, large.length);
  }
  expect(conduit.health().framesDropped).toBeGreaterThan(0);
  expect(conduit.health().observerErrors).toBeGreaterThan(0);
});

test('bytes that were not told leave a gap in the frames, never a wrong joint', async () => {
  const { port } = await device((socket) => socket.pipe(socket));
  const seen = watching();
  const { port: door, conduit } = await conduitTo(port, { onFrame: seen.onFrame });
  const client = await clientOf(door);
  // More in one go than the queue holds, then, when the queue is empty again, one message.
  const flood = Buffer.alloc(2 * CONDUIT_QUEUE_BYTES_MAX, 0xee);
  client.write(flood);
  await bytesOf(client, flood.length);
  await expect.poll(() => conduit.health().framesObserved).toBeGreaterThan(0);
  client.write(readHolding(9, 0, 1));
  await bytesOf(client, 12);
  const sequenceOf = (frame: Uint8Array) => new DataView(frame.buffer).getUint32(38);
  await expect.poll(() => new DataView(seen.frames.at(-1)!.buffer).getUint16(16)).toBe(40 + 12);
  const syn = seen.frames[0]!;
  const fromClient = seen.frames.filter(
    (frame) => frame[26] === 127 && new DataView(frame.buffer).getUint16(16) === 52,
  );
  expect(sequenceOf(fromClient.at(-1)!) - sequenceOf(syn)).toBe(1 + flood.length);
});

test('64 connections at once each get their own answers', async () => {
  const { port } = await device((socket) => {
    socket.on('data', (chunk: Buffer) => socket.write(chunk));
  });
  const { port: door, conduit } = await conduitTo(port);
  const clients = await Promise.all(Array.from({ length: 64 }, () => clientOf(door)));
  for (let round = 0; round < 20; round++) {
    await Promise.all(
      clients.map(async (client, i) => {
        const request = readHolding(i * 100 + round, i, 1);
        client.write(request);
        expect(await bytesOf(client, request.length)).toEqual(request);
      }),
    );
  }
  expect(conduit.health()).toMatchObject({ connections: 64, connectionsTotal: 64, connectionsRefused: 0 });
  expect(conduit.health().messages).toBe(2 * 64 * 20);
});

test('a message that is refused stays out, its neighbours pass, and the sender gets the refusal', async () => {
  const { port, registers } = await plc();
  const { port: door, conduit } = await conduitTo(port, {
    decide: (view, peers) => {
      if (view.functionCode !== 6 || !view.fromClient) return { forward: true };
      expect(peers).toMatchObject({ client: HOST, device: '10.20.1.11' });
      // Exception 1 to function 6: the same transaction and unit, function + 0x80 (V1.1b3, 7).
      const head = view.bytes.slice(view.offset, view.offset + 4);
      return { forward: false, answer: Uint8Array.of(...head, 0, 3, 1, 0x86, 1) };
    },
  });
  const client = await clientOf(door);
  const messages = Buffer.concat([readHolding(1, 10, 1), writeHolding(2, 160, 4), readHolding(3, 11, 1)]);
  // Cut inside the write, so that it is decided when its end comes.
  client.write(messages.subarray(0, 20));
  await sleep(50);
  client.write(messages.subarray(20));
  const answers = await bytesOf(client, 11 + 9 + 11);
  const byTransaction = new Map<number, Buffer>();
  for (let at = 0; at < answers.length; at += 6 + answers.readUInt16BE(at + 4)) {
    byTransaction.set(answers.readUInt16BE(at), answers.subarray(at + 7, at + 6 + answers.readUInt16BE(at + 4)));
  }
  expect(byTransaction.get(1)).toEqual(Buffer.from([3, 2, 0, 30]));
  expect(byTransaction.get(2)).toEqual(Buffer.from([0x86, 1]));
  expect(byTransaction.get(3)).toEqual(Buffer.from([3, 2, 0, 33]));
  expect(registers.holding[160]).toBe(480);
  expect(conduit.health()).toMatchObject({ denied: 1, decisionErrors: 0, heldTooLong: 0 });
});

test('a decision that throws lets the message pass and is counted', async () => {
  const { port } = await device((socket) => socket.pipe(socket));
  const { port: door, conduit } = await conduitTo(port, {
    decide: () => {
      throw new Error('a fault in the policy');
    },
  });
  const client = await clientOf(door);
  client.write(writeHolding(1, 0, 1));
  expect(await bytesOf(client, 12)).toEqual(writeHolding(1, 0, 1));
  expect(conduit.health().decisionErrors).toBe(2);
});

test('a taken port and an address this machine does not have are said in one sentence', async () => {
  const { port } = await device(() => {});
  const taken = new Conduit({ name: 'cell-1', listen: { host: HOST, port }, device: { host: HOST, port: 9 }, clock });
  await expect(taken.listen()).rejects.toMatchObject({
    code: ERROR_CODES.PORT_TAKEN,
    message: expect.stringContaining(`cell-1 cannot listen at ${HOST}:${port}`),
  });
  const nowhere = new Conduit({
    name: 'x',
    listen: { host: '192.0.2.1', port: 0 },
    device: { host: HOST, port: 9 },
    clock,
  });
  await expect(nowhere.listen()).rejects.toMatchObject({ code: ERROR_CODES.MISSING_REQUIREMENT });
});
