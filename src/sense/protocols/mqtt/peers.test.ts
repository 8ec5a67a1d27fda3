/**
 * Real peers on loopback; what the dissector says is what they did. 3.1.1: the `mqtt` client and the `aedes` broker through a relay. 5.0,
 * which aedes does not speak: the client and a broker of a few lines that answers with our writers and our refusals.
 */
import { type AddressInfo, createServer, type Server } from 'node:net';
import { Aedes } from 'aedes';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../../../records.ts';
import type { Put } from '../fixtures/sample.ts';
import { ProtocolStreams } from '../streams.ts';
import * as encode from './encode.ts';
import { encodeSparkplug } from './encode-sparkplug.ts';
import { valuesOf } from './fixtures/dissect.ts';
import { openRelay, type Relay } from './fixtures/relay.ts';
import { mqtt, refuse } from './index.ts';
import { PACKET, VERSION } from './names.ts';
import { TYPE } from './sparkplug-names.ts';

let aedes: Aedes;
let server: Server;
let relay: Relay;

beforeAll(async () => {
  aedes = await Aedes.createBroker();
  server = createServer(aedes.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  await new Promise<void>((resolve) => aedes.close(() => resolve()));
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

/** Runs `story` with a client; returns what the dissector saw after the client left. */
async function told(story: (client: MqttClient) => Promise<void>) {
  relay = await openRelay(mqtt, (server.address() as AddressInfo).port);
  const client = await connectAsync(`mqtt://127.0.0.1:${relay.port}`, {
    clientId: 'client-1',
    username: 'alice',
    password: 's3cr3t',
    reconnectPeriod: 0,
  });
  await story(client);
  await client.endAsync();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await relay.close();
  return relay.messages;
}

const received = (client: MqttClient, count: number): Promise<string[]> =>
  new Promise((resolve) => {
    const list: string[] = [];
    client.on('message', (_topic, payload) => {
      list.push(payload.toString());
      if (list.length === count) resolve(list);
    });
  });

describe('mqtt client and aedes broker, 3.1.1', () => {
  it('connect, subscribe, publish with every QoS, unsubscribe, leave', async () => {
    let delivered: string[] = [];
    const messages = await told(async (client) => {
      await client.subscribeAsync(['plant/+/temp', 'plant/#'], { qos: 2 });
      const all = received(client, 3);
      for (const qos of [0, 1, 2] as const) await client.publishAsync('plant/1/temp', String(20 + qos), { qos });
      delivered = await all;
      await client.unsubscribeAsync('plant/#');
    });
    const count = (name: string) => messages.filter((m) => m.function.name === name).length;
    expect(messages[0]?.facts.map((f) => f.text)).toEqual(['3.1.1', 'client-1', 'alice', 'password ********']);
    expect(messages[1]).toMatchObject({ function: { name: 'connack' }, status: 'ok', pairedWith: 1 });
    expect(messages.find((m) => m.function.name === 'subscribe')?.accesses.map((a) => a.address)).toEqual([
      'plant/+/temp',
      'plant/#',
    ]);
    const published = messages.filter((m) => m.function.name === 'publish').map((m) => Object.values(valuesOf(m))[0]);
    expect(published.sort()).toEqual([20, 21, 22, ...delivered.map(Number)].sort());
    expect([count('suback'), count('unsubscribe'), count('unsuback'), count('disconnect')]).toEqual([1, 1, 1, 1]);
    const answers = messages.filter((m) =>
      ['puback', 'pubrec', 'pubcomp', 'suback', 'unsuback'].includes(m.function.name),
    );
    expect(answers.every((m) => m.pairedWith > 0)).toBe(true);
    expect(messages.flatMap((m) => m.problems)).toEqual([]);
    expect(JSON.stringify(messages)).not.toContain('s3cr3t');
  });

  it('Sparkplug through the broker: both legs say the same', async () => {
    const payload = encodeSparkplug({
      timestampMs: 1_700_000_000_000,
      sequence: 0,
      metrics: [{ name: 'Pressure', type: TYPE.float, value: 4.5 }],
    });
    const messages = await told(async (client) => {
      await client.subscribeAsync('spBv1.0/#');
      const one = received(client, 1);
      await client.publishAsync('spBv1.0/Plant/DDATA/edge1/pump', Buffer.from(payload));
      await one;
    });
    const legs = messages.filter((m) => m.function.name === 'sparkplug-ddata');
    expect(legs.map(valuesOf)).toEqual(Array(2).fill({ 'server/edge1/pump/metric/Pressure': 4.5 }));
  });
});

describe('mqtt client, 5.0', () => {
  it('takes our answers for a broker, and our refusals for refusals', async () => {
    const messages: Message[] = [];
    const strict = createServer((socket) => {
      const out = new Uint8Array(1024);
      const answer = (put: Put): void => {
        socket.write(out.slice(0, put(out, 0)));
      };
      const streams = new ProtocolStreams([mqtt], {
        message(view) {
          messages.push(view.toMessage({ capture: '', client: 'client', server: 'server', device: 'server' }));
          const { transaction } = view;
          const first = messages.at(-1)!;
          if (first.function.name === 'connect') answer((o, a) => encode.putConnack(o, a, VERSION.v5));
          else if (first.function.name === 'disconnect') socket.end();
          else if (first.accesses.every(({ address }) => !String(address).startsWith('forbidden'))) {
            if (first.function.name === 'subscribe') {
              answer((o, a) => encode.putFilterCodes(o, a, PACKET.suback, VERSION.v5, transaction, Uint8Array.of(0)));
            } else answer((o, a) => encode.putAcknowledge(o, a, PACKET.puback, transaction));
          } else {
            const end = refuse(view, out, 0);
            if (end > 0) socket.write(out.slice(0, end));
          }
        },
      });
      const state = streams.open(1, 50_000, 1883, true, true);
      let frame = 0;
      socket.on('data', (chunk: Buffer) => {
        frame++;
        streams.stream(state, true, new Uint8Array(chunk), 0, chunk.length, { timeUs: frame, frame, frameStart: 0 });
      });
      socket.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => strict.listen(0, '127.0.0.1', resolve));
    const client = await connectAsync(`mqtt://127.0.0.1:${(strict.address() as AddressInfo).port}`, {
      protocolVersion: 5,
      clientId: 'client-5',
      reconnectPeriod: 0,
      properties: { userProperties: { site: 'north' }, receiveMaximum: 10 },
    });
    await client.publishAsync('allowed/1', '{"a":1}', { qos: 1, properties: { messageExpiryInterval: 5 } });
    await expect(client.publishAsync('forbidden/1', '2', { qos: 1 })).rejects.toMatchObject({ code: 135 });
    await expect(client.publishAsync('forbidden/2', '3', { qos: 2 })).rejects.toMatchObject({ code: 135 });
    await client.subscribeAsync('allowed/#');
    await expect(client.subscribeAsync('forbidden/#')).rejects.toThrow(/not authorized/i);
    await client.endAsync();
    await new Promise<void>((resolve) => strict.close(() => resolve()));
    expect(messages.map((m) => m.function.name)).toEqual([
      'connect',
      'publish',
      'publish',
      'publish',
      'subscribe',
      'subscribe',
      'disconnect',
    ]);
    expect(messages.slice(1, 4).flatMap((m) => Object.values(valuesOf(m)))).toEqual([1, 2, 3]);
    expect(messages.flatMap((m) => m.problems)).toEqual([]);
  });
});
