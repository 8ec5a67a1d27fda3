/** Real peers: node-opcua's client and server talk through a relay on loopback, without security; what the dissector says is what they did. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AttributeIds,
  DataType,
  MessageSecurityMode,
  OPCUAClient,
  SecurityPolicy,
  StatusCodes,
  TimestampsToReturn,
  Variant,
} from 'node-opcua-client';
import { OPCUAServer } from 'node-opcua-server';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Message } from '../../../records.ts';
import { openRelay, type Relay } from '../mqtt/fixtures/relay.ts';
import { valuesOf } from './fixtures/dissect.ts';
import { neutralise, opcua } from './index.ts';

/** The server's own certificates live in a folder of the test; the class is a dependency of the server, not of ours. */
interface Certificates {
  initialize(): Promise<void>;
  dispose(): Promise<void>;
}
const { OPCUACertificateManager } = createRequire(createRequire(import.meta.url).resolve('node-opcua-server'))(
  'node-opcua-certificate-manager',
) as {
  OPCUACertificateManager: new (options: {
    rootFolder: string;
    automaticallyAcceptUnknownCertificate: boolean;
  }) => Certificates;
};

let folder = '';
let certificates: Certificates;
let server: OPCUAServer;
let relay: Relay;
let port = 0;

/** A port nobody listens on. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return port;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'opcua-'));
  certificates = new OPCUACertificateManager({
    rootFolder: join(folder, 'pki'),
    automaticallyAcceptUnknownCertificate: true,
  });
  await certificates.initialize();
  port = await freePort();
  const options = {
    port,
    hostname: 'localhost',
    serverCertificateManager: certificates,
    userCertificateManager: certificates,
    securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt],
    allowAnonymous: true,
    buildInfo: { manufacturerName: 'Acme Controls', softwareVersion: '7.1' },
  };
  server = new OPCUAServer(options as unknown as ConstructorParameters<typeof OPCUAServer>[0]);
  await server.initialize();
  const space = server.engine.addressSpace!;
  const own = space.getOwnNamespace();
  const line = own.addObject({ organizedBy: space.rootFolder.objects, browseName: 'Line' });
  own.addVariable({
    componentOf: line,
    browseName: 'Speed',
    nodeId: 's=Speed',
    dataType: 'Double',
    value: doubleOf(12.5),
  });
  own.addVariable({
    componentOf: line,
    browseName: 'Serial',
    nodeId: 's=Serial',
    dataType: 'String',
    accessLevel: 'CurrentRead',
    userAccessLevel: 'CurrentRead',
    value: new Variant({ dataType: DataType.String, value: 'A-1' }),
  });
  await server.start();
}, 15_000);

afterEach(() => relay.close());

afterAll(async () => {
  await server.shutdown();
  await certificates.dispose();
  rmSync(folder, { recursive: true, force: true });
}, 15_000);

/** A client that has a channel through the relay. */
async function connected(securityMode: MessageSecurityMode): Promise<OPCUAClient> {
  const client = OPCUAClient.create({
    applicationName: 'Cell HMI',
    clientCertificateManager: certificates as never,
    endpointMustExist: false,
    securityMode,
    securityPolicy: securityMode === MessageSecurityMode.None ? SecurityPolicy.None : SecurityPolicy.Basic256Sha256,
    connectionStrategy: { maxRetry: 0 },
  });
  await client.connect(`opc.tcp://127.0.0.1:${relay.port}`);
  return client;
}

const doubleOf = (value: number): Variant => new Variant({ dataType: DataType.Double, value });
const doubleData = (value: number) => ({ value: doubleOf(value) });
const named = (messages: readonly Message[], name: string, direction: Message['direction']) =>
  messages.filter((m) => m.function.name === name && m.direction === direction);

it('reads, writes, browses and subscribes; each is told as it was', { timeout: 15_000 }, async () => {
  relay = await openRelay(opcua, port);
  const client = await connected(MessageSecurityMode.None);
  const session = await client.createSession();
  const [speed, serial, maker] = await session.read([
    { nodeId: 'ns=1;s=Speed', attributeId: AttributeIds.Value },
    { nodeId: 'ns=1;s=Serial', attributeId: AttributeIds.Value },
    { nodeId: 'i=2263', attributeId: AttributeIds.Value },
  ]);
  expect([speed?.value.value, serial?.value.value, maker?.value.value]).toEqual([12.5, 'A-1', 'Acme Controls']);
  const written = await session.write([
    { nodeId: 'ns=1;s=Speed', attributeId: AttributeIds.Value, value: doubleData(80) },
    {
      nodeId: 'ns=1;s=Serial',
      attributeId: AttributeIds.Value,
      value: { value: new Variant({ dataType: DataType.String, value: 'B-2' }) },
    },
  ]);
  expect(written).toEqual([StatusCodes.Good, StatusCodes.BadNotWritable]);
  await session.browse('ns=1;i=1000');
  const subscription = await session.createSubscription2({
    requestedPublishingInterval: 50,
    requestedLifetimeCount: 100,
    requestedMaxKeepAliveCount: 10,
    publishingEnabled: true,
  });
  const seen: number[] = [];
  const monitored = await subscription.monitor(
    { nodeId: 'ns=1;s=Speed', attributeId: AttributeIds.Value },
    { samplingInterval: 10, queueSize: 10 },
    TimestampsToReturn.Both,
  );
  const arrived = new Promise<void>((resolve) => {
    monitored.on('changed', (data) => {
      seen.push(data.value.value as number);
      if (seen.at(-1) === 90) resolve();
    });
  });
  await session.write({ nodeId: 'ns=1;s=Speed', attributeId: AttributeIds.Value, value: doubleData(90) });
  await arrived;
  await subscription.terminate();
  await session.close();
  await client.disconnect();

  const { messages } = relay;
  expect(messages.flatMap((m) => m.problems)).toEqual([]);
  expect(messages.every((m) => m.direction !== 'response' || m.pairedWith > 0)).toBe(true);
  const values = named(messages, 'read', 'response').map(valuesOf);
  expect(values).toContainEqual({
    'server/node/ns=1;s=Speed': 12.5,
    'server/node/ns=1;s=Serial': 'A-1',
    'server/node/i=2263': 'Acme Controls',
  });
  expect(named(messages, 'write', 'request').map(valuesOf)).toEqual([
    { 'server/node/ns=1;s=Speed': 80, 'server/node/ns=1;s=Serial': 'B-2' },
    { 'server/node/ns=1;s=Speed': 90 },
  ]);
  expect(named(messages, 'write', 'response').map((m) => m.status)).toEqual(['bad-not-writable', 'ok']);
  const reported = named(messages, 'publish', 'response').flatMap((m) => m.accesses.map((a) => a.values[0]));
  expect(reported).toEqual(seen);
  expect(named(messages, 'browse', 'request').at(-1)?.accesses[0]?.point).toBe('server/browse/ns=1;i=1000');
  const facts = messages.flatMap((m) => m.facts.map(({ about, kind, text }) => `${about} ${kind} ${text}`));
  for (const fact of ['client user anonymous', 'server vendor Acme Controls', 'client application-name Cell HMI']) {
    expect(facts).toContain(fact);
  }
  expect(facts.filter((fact) => fact.startsWith('server security-offered'))[0]).toContain('None/None');
});

it('a request made harmless is refused by the server itself, and the channel lives on', {
  timeout: 15_000,
}, async () => {
  relay = await openRelay(opcua, port, (view, message) => {
    const out = new Uint8Array(256);
    const isWrite = message.function.name === 'write' && message.direction === 'request';
    return isWrite ? out.slice(0, neutralise(view, out, 0)) : undefined;
  });
  const client = await connected(MessageSecurityMode.None);
  const session = await client.createSession();
  const before = await session.read({ nodeId: 'ns=1;s=Speed', attributeId: AttributeIds.Value });
  for (let n = 0; n < 3; n++) {
    const write = session.write({ nodeId: 'ns=1;s=Speed', attributeId: AttributeIds.Value, value: doubleData(n) });
    await expect(write).rejects.toThrow(/BadNothingToDo/);
  }
  const after = await session.read({ nodeId: 'ns=1;s=Speed', attributeId: AttributeIds.Value });
  expect(after.value.value).toBe(before.value.value);
  await session.close();
  await client.disconnect();
  expect(relay.messages.flatMap((m) => m.problems)).toEqual([]);
  expect(named(relay.messages, 'write', 'response').map((m) => m.status)).toEqual(Array(3).fill('bad-nothing-to-do'));
});

it('reads what is signed and says what is hidden', { timeout: 15_000 }, async () => {
  for (const mode of [MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt]) {
    relay = await openRelay(opcua, port);
    const client = await connected(mode);
    const session = await client.createSession();
    await session.read({ nodeId: 'ns=1;s=Speed', attributeId: AttributeIds.Value });
    await session.close();
    await client.disconnect();
    const { messages } = relay;
    expect(messages.flatMap((m) => m.problems)).toEqual([]);
    const read = named(messages, 'read', 'response').flatMap((m) => m.accesses.map((a) => a.address));
    const facts = messages.flatMap((m) => m.facts.map(({ about, kind, text }) => `${about} ${kind} ${text}`));
    expect(facts).toContain('server security-policy Basic256Sha256');
    expect(facts.some((fact) => /^server certificate ./.test(fact))).toBe(true);
    expect(facts.includes('server encrypted Basic256Sha256')).toBe(mode === MessageSecurityMode.SignAndEncrypt);
    expect(read.includes('ns=1;s=Speed')).toBe(mode === MessageSecurityMode.Sign);
    await relay.close();
  }
});
