/** The enforcer as a real process is killed and stopped: who fails open is served, who fails closed is not, and it comes back. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import type { FromEnforcer, SupervisorState, ToEnforcer } from '../../src/act/enforce/messages.ts';
import { verifyChain } from '../../src/act/enforce/safety/ledger.ts';
import { enforcerModule, Supervisor } from '../../src/act/enforce/supervisor/supervisor.ts';

const HOST = '127.0.0.1';
/** The device is reached at 127.0.0.1 and known as this; clients come from 127.0.0.1 (operations) or 127.0.0.2 (engineering). */
const PLC = '127.0.1.1';
const SITE = `
zones:
  - {name: cell, level: 1, networks: [127.0.1.0/24]}
  - {name: operations, level: 2, networks: [127.0.0.1/32]}
  - {name: engineering, level: 3, networks: [127.0.0.2/32]}
  - {name: office, level: 4, networks: [127.0.0.3/32]}
conduits:
  - {name: operations-to-cell, from: operations, to: cell, protocols: [modbus]}
  - {name: engineering-to-cell, from: engineering, to: cell, protocols: [modbus]}
  - {name: office-to-cell, from: office, to: cell, protocols: [modbus]}
`;
const POLICY = `
conduits:
  operations-to-cell: [{rule: look, allow: read, from: operations}]
  engineering-to-cell: [{rule: look, allow: read, from: engineering}]
  office-to-cell: [{rule: look, allow: read, from: office}]
ifFiredoorFails: {engineering-to-cell: closed}
`;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Answers every request with its own bytes. */
async function echo(): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    cleanups.push(() => socket.destroy());
    socket.pipe(socket);
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

interface Doors {
  readonly supervisor: Supervisor;
  readonly port: number;
  readonly folder: string;
  readonly said: { readonly state: SupervisorState; readonly sentence: string }[];
  readonly messages: FromEnforcer[];
}

async function doors(module?: () => string): Promise<Doors> {
  const folder = mkdtempSync(join(tmpdir(), 'firedoor-doors-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const said: { state: SupervisorState; sentence: string }[] = [];
  const messages: FromEnforcer[] = [];
  const supervisor = new Supervisor({
    onMessage: (message) => {
      if (message.type !== 'frames') messages.push(message);
    },
    onState: (state, sentence) => said.push({ state, sentence }),
    ...(module === undefined ? {} : { module }),
  });
  cleanups.push(() => supervisor.stop());
  const port = await freePort();
  const device = { host: HOST, port: await echo() };
  supervisor.send({
    ...{
      type: 'start',
      clock: { speed: 1, originUs: Date.now() * 1000, wallOriginMs: Date.now() },
      dataFolder: folder,
    },
    site: { text: SITE, file: 'site.yaml' },
    conduits: [{ name: 'plc', listen: { host: '0.0.0.0', port }, device, asDevice: PLC, protocols: ['modbus'] }],
  });
  await expect.poll(() => supervisor.state, WAIT).toBe('enforcing');
  const policy = { version: 'v1', text: POLICY, file: 'policy.yaml' };
  supervisor.send({ type: 'policy', policy });
  supervisor.send({ type: 'policy-confirm', version: 'v1' });
  supervisor.send(raise('operations-to-cell'));
  supervisor.send(raise('engineering-to-cell'));
  await expect.poll(() => messages.filter(({ type }) => type === 'mode').length, WAIT).toBe(2);
  return { supervisor, port, folder, said, messages };
}

function raise(conduit: string): ToEnforcer {
  const approval = { subject: `mode:${conduit}:enforce`, by: 'ann', approvedBy: 'ben', timeUs: Date.now() * 1000 };
  return { type: 'mode', conduit, mode: 'enforce', by: 'ann', approval };
}

const WAIT = { timeout: 20_000, interval: 10 };

/** MBAP, then function 3 (read) or 6 (write) of register 0. */
const request = (code: number) => Buffer.from([0, 1, 0, 0, 0, 6, 1, code, 0, 0, 0, 1]);

/** What a client at `from` gets for a request, as hexadecimal; `refused` where it gets no connection or it ends. */
async function ask(port: number, code: number, from = HOST): Promise<string> {
  const socket: Socket = connect({ host: HOST, port, localAddress: from });
  try {
    return await new Promise((resolve) => {
      socket.on('error', () => resolve('refused'));
      socket.on('close', () => resolve('refused'));
      socket.on('data', (bytes) => resolve(bytes.toString('hex')));
      socket.on('connect', () => socket.write(request(code)));
      socket.setTimeout(1_000, () => resolve('silent'));
    });
  } finally {
    socket.destroy();
  }
}

const PASSED = (code: number) => request(code).toString('hex');
const EXCEPTION = '000100000003018601';

for (const [name, signal] of [
  ['killed', 'SIGKILL'],
  ['stopped', 'SIGSTOP'],
] as const) {
  test(`enforcer ${name}: fail-open clients are served unjudged, fail-closed ones not, and enforcement comes back`, async () => {
    const { supervisor, port, said, folder } = await doors();
    expect(await ask(port, 3)).toBe(PASSED(3));
    expect(await ask(port, 6)).toBe(EXCEPTION);
    expect(await ask(port, 3, '127.0.0.2')).toBe(PASSED(3));
    const before = supervisor.enforcerPid!;
    process.kill(before, signal);
    await expect.poll(() => said.some(({ state }) => state === 'relaying'), WAIT).toBe(true);
    // The relay may serve only for a moment on a fast machine; whoever holds the door, operations is served and engineering never unjudged.
    await expect.poll(() => ask(port, 3), WAIT).toBe(PASSED(3));
    expect(await ask(port, 6, '127.0.0.2')).not.toBe(PASSED(6));
    await expect.poll(() => supervisor.state, WAIT).toBe('enforcing');
    expect(supervisor.enforcerPid).not.toBe(before);
    // Policy and modes were kept: the same decisions as before, with nobody telling them again.
    await expect.poll(() => ask(port, 6), WAIT).toBe(EXCEPTION);
    await expect.poll(() => ask(port, 6, '127.0.0.2'), WAIT).toBe(EXCEPTION);
    const lines = readFileSync(join(folder, 'ledger', 'ledger.jsonl'), 'utf8').split('\n');
    expect(verifyChain(lines).fault).toBeUndefined();
    expect(lines.filter((line) => line.includes('"outcome":"denied"')).length).toBeGreaterThanOrEqual(2);
  });
}

test('while the enforcer cannot come back, the relay holds and the shut conduit stays shut', async () => {
  let dying = false;
  const dies = fileURLToPath(new URL('../../src/act/enforce/supervisor/fixtures/dies.ts', import.meta.url));
  const { supervisor, port, said } = await doors(() => (dying ? dies : enforcerModule()));
  dying = true;
  process.kill(supervisor.enforcerPid!, 'SIGKILL');
  await expect.poll(() => said.some(({ state }) => state === 'relaying'), WAIT).toBe(true);
  await expect.poll(() => ask(port, 6), WAIT).toBe(PASSED(6));
  expect(await ask(port, 3, '127.0.0.2')).toBe('refused');
  expect(said.find(({ state }) => state === 'relaying')?.sentence).toContain('Plain relays pass unjudged: plc');
});

test('bypass and island by file and by signal, with nobody but the enforcer; off only by two people', async () => {
  const { supervisor, port, folder, messages } = await doors();
  expect(await ask(port, 6)).toBe(EXCEPTION);
  writeFileSync(join(folder, 'bypass'), '');
  await expect.poll(() => ask(port, 6), WAIT).toBe(PASSED(6));
  rmSync(join(folder, 'bypass'));
  writeFileSync(join(folder, 'bypass'), JSON.stringify({ on: false, by: 'ann', timeUs: 0 }));
  await expect
    .poll(() => messages.some((one) => one.type === 'switch' && one.sentence.includes('two people')), WAIT)
    .toBe(true);
  expect(await ask(port, 6)).toBe(PASSED(6));
  const approval = { subject: 'switch:bypass:off', by: 'ann', approvedBy: 'ben', timeUs: Date.now() * 1000 };
  supervisor.send({ type: 'switch', name: 'bypass', on: false, by: 'ann', approval });
  await expect.poll(() => ask(port, 6), WAIT).toBe(EXCEPTION);
  // Office passes until the island: a signal to the enforcer closes it, operations goes on.
  expect(await ask(port, 3, '127.0.0.3')).toBe(PASSED(3));
  process.kill(supervisor.enforcerPid!, 'SIGUSR1');
  await expect.poll(() => ask(port, 3, '127.0.0.3'), WAIT).toBe('refused');
  expect(await ask(port, 3)).toBe(PASSED(3));
  // The island outlives the enforcer.
  process.kill(supervisor.enforcerPid!, 'SIGKILL');
  await expect.poll(() => supervisor.state, WAIT).toBe('relaying');
  await expect.poll(() => supervisor.state, WAIT).toBe('enforcing');
  expect(await ask(port, 3, '127.0.0.3')).toBe('refused');
});

test('a policy nobody confirms goes back; one for armed doors needs two people', async () => {
  const { supervisor, port, messages } = await doors();
  const policy = { version: 'v2', text: 'otherwise: allow', file: 'policy.yaml' };
  supervisor.send({ type: 'policy', policy });
  await expect.poll(() => messages.filter((one) => one.type === 'policy').at(-1)?.state, WAIT).toBe('refused');
  const approval = { subject: 'policy:v2', by: 'ann', approvedBy: 'ben', timeUs: Date.now() * 1000 };
  supervisor.send({ type: 'policy', policy, approval, confirmWithinS: 0.5 });
  await expect.poll(() => messages.filter((one) => one.type === 'policy').at(-1)?.state, WAIT).toBe('trying');
  expect(await ask(port, 6)).toBe(PASSED(6));
  await expect.poll(() => messages.filter((one) => one.type === 'policy').at(-1)?.state, WAIT).toBe('reverted');
  expect(await ask(port, 6)).toBe(EXCEPTION);
});
