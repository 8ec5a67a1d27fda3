/**
 * `npm run bench -- inline [--seconds N] [--json]`: what a conduit with its policy adds to a Modbus poll, beside a direct connection and,
 * where installed, HAProxy and nginx. Device, conduit and peers run in processes of their own, at real-time priority where allowed.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { FromEnforcer, ToEnforcer } from '../src/act/enforce/messages.ts';
import { documentOf, type Figure, installed } from './measure.ts';

const HOST = '127.0.0.1';
const DEVICE_PORT = 25_502;
const FIRST_PORT = 25_600;
const RULES = [10, 1_000, 100_000] as const;
const CONNECTIONS = [1, 64] as const;
/** As HMIs poll: one connection twenty times a second, 64 connections five times each. [ms] */
const EVERY_MS: Readonly<Record<number, number>> = { 1: 50, 64: 200 };
/** Time each target is warmed up with requests one after the other. [ms] */
const WARM_MS = 1_500;
const GOALS = { p50: 80, p99: 250, p999: 1_000 } as const;

/** Function 3, ten registers: request, and the device's answer of 29 bytes (V1.1b3, 6.3). */
const REQUEST = Buffer.from([0, 1, 0, 0, 0, 6, 1, 3, 0, 100, 0, 10]);
const ANSWER = Buffer.concat([Buffer.from([0, 1, 0, 0, 0, 23, 1, 3, 20]), Buffer.alloc(20, 7)]);

interface Target {
  readonly name: string;
  readonly port: number;
}

export async function run(args: readonly string[]): Promise<void> {
  const seconds = Number(args[args.indexOf('--seconds') + 1]) || 5;
  const folder = mkdtempSync(join(tmpdir(), 'firedoor-inline-'));
  const children: ChildProcess[] = [];
  try {
    const realTime = spawnSync('chrt', ['-f', '10', 'true']).status === 0;
    const targets = await startAll(folder, children, realTime);
    const figures: Figure[] = [];
    for (const connections of CONNECTIONS) figures.push(...(await measureAll(targets, connections, seconds)));
    const document = {
      ...documentOf('inline', figures),
      realTime,
      load: loadavg().map((one) => Number(one.toFixed(1))),
    };
    if (args.includes('--json')) console.log(JSON.stringify(document));
    else print(figures, realTime);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startAll(folder: string, children: ChildProcess[], realTime: boolean): Promise<Target[]> {
  const start = (command: readonly string[], ipc = false): ChildProcess => {
    const [program = '', ...rest] = realTime ? ['chrt', '-f', '10', ...command] : command;
    const child = spawn(program, rest, {
      stdio: ['ignore', 'ignore', 'inherit', ...(ipc ? (['ipc'] as const) : [])],
      serialization: 'advanced',
    });
    children.push(child);
    return child;
  };
  start([process.execPath, fileURLToPath(import.meta.url), 'device']);
  await listening(DEVICE_PORT);
  const targets: Target[] = [{ name: 'direct', port: DEVICE_PORT }];
  let port = FIRST_PORT;
  for (const rules of RULES) {
    const module = fileURLToPath(new URL('../src/act/enforce/process.ts', import.meta.url));
    const child = start([process.execPath, '--max-semi-space-size=16', '--max-old-space-size=1024', module], true);
    await startEnforcer(child, port, rules);
    targets.push({ name: `firedoor, ${rules} rules`, port: port++ });
  }
  if (installed('haproxy')) {
    writeFileSync(join(folder, 'haproxy.cfg'), haproxyConfig(port));
    start(['haproxy', '-f', join(folder, 'haproxy.cfg'), '-db', '-q']);
    await listening(port);
    targets.push({ name: 'haproxy', port: port++ });
  }
  if (installed('nginx')) {
    writeFileSync(join(folder, 'nginx.conf'), nginxConfig(port, folder));
    start(['nginx', '-c', join(folder, 'nginx.conf'), '-p', folder, '-e', join(folder, 'error.log')]);
    // Without its stream module it does not come up; then it is no peer.
    if (
      await listening(port).then(
        () => true,
        () => false,
      )
    )
      targets.push({ name: 'nginx', port: port++ });
  }
  return targets;
}

async function startEnforcer(child: ChildProcess, port: number, rules: number): Promise<void> {
  const tell = (message: ToEnforcer): void => void child.send(message);
  const hear = async (fits: (message: FromEnforcer) => boolean): Promise<void> => {
    for (;;) {
      const [message] = (await once(child, 'message')) as [FromEnforcer];
      if (message.type === 'error') throw new Error(message.sentence);
      if (fits(message)) return;
    }
  };
  await hear(({ type }) => type === 'alive');
  const nowMs = Date.now();
  const site = { text: siteText(), file: 'site.yaml' };
  const conduits = [
    {
      name: 'plc',
      listen: { host: HOST, port },
      device: { host: HOST, port: DEVICE_PORT },
      asDevice: '10.9.1.1',
      protocols: ['modbus'],
    },
  ];
  tell({ type: 'start', clock: { speed: 1, originUs: nowMs * 1000, wallOriginMs: nowMs }, conduits, site });
  await hear(({ type }) => type === 'ready');
  tell({
    type: 'policy',
    policy: { version: `v${rules}`, text: policyText(rules), file: 'policy.yaml' },
    confirmWithinS: 3_600,
  });
  await hear((message) => message.type === 'policy' && message.state === 'trying');
  const approval = {
    subject: 'mode:operations-to-cell:enforce',
    by: 'ann',
    approvedBy: 'ben',
    timeUs: Date.now() * 1000,
  };
  tell({ type: 'mode', conduit: 'operations-to-cell', mode: 'enforce', by: 'ann', approval });
  await hear((message) => message.type === 'mode' && message.done);
}

/** One unit with tags in the polled registers, so that answers are decoded as in a plant. */
function siteText(): string {
  const tags = Array.from(
    { length: 10 },
    (_, i) => `      T${i}: {point: plc-1/holding/${100 + i}, type: int16, role: measurement}`,
  );
  return `zones:
  - {name: cell, level: 1, networks: [10.9.1.0/24]}
  - {name: operations, level: 2, networks: [127.0.0.0/8]}
conduits: [{name: operations-to-cell, from: operations, to: cell, protocols: [modbus]}]
devices:
  plc-1: {address: 10.9.1.1, unit: 1}
units:
  - name: P1
    tags:
${tags.join('\n')}
`;
}

/** The rule that counts comes last, behind others for other clients, points and tags. */
function policyText(rules: number): string {
  const lines = Array.from({ length: rules - 1 }, (_, i) => {
    const client = `10.${10 + ((i >> 16) & 63)}.${(i >> 8) & 255}.${i & 255}`;
    const what =
      i % 2 === 0 ? `points: ["plc-1/holding/${1_000 + i}"]` : `to: plc-1, functions: [write-single-register]`;
    return `    - {rule: r${i}, allow: write, from: ${client}, ${what}}`;
  });
  return `conduits:\n  operations-to-cell:\n${lines.join('\n')}\n    - {rule: look, allow: read, from: operations}\notherwise: deny\n`;
}

function haproxyConfig(port: number): string {
  return `global
  nbthread 1
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen inline
  bind ${HOST}:${port}
  server device ${HOST}:${DEVICE_PORT}
`;
}

function nginxConfig(port: number, folder: string): string {
  return `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
events { worker_connections 512; }
stream {
  server { listen ${HOST}:${port}; proxy_pass ${HOST}:${DEVICE_PORT}; tcp_nodelay on; }
}
`;
}

/** Round trips of every target, in short turns one after the other so that a busy moment hits all alike. [µs] */
async function measureAll(targets: readonly Target[], connections: number, seconds: number): Promise<Figure[]> {
  const times = new Map<string, number[]>(targets.map(({ name }) => [name, []]));
  const turns = 5;
  // A door runs for weeks: what is measured is code that has run before.
  for (const { port } of targets) await poll(port, 8, WARM_MS, 0);
  for (let turn = 0; turn <= turns; turn++) {
    for (const { name, port } of targets) {
      const measured = await poll(port, connections, (seconds * 1_000) / turns);
      // The first turn warms up everybody.
      if (turn > 0) times.get(name)!.push(...measured);
    }
  }
  const direct = quantiles(times.get('direct')!);
  const added = new Map(
    [...times]
      .filter(([name]) => name !== 'direct')
      .map(([name, list]) => {
        const of = quantiles(list);
        return [name, { p50: of.p50 - direct.p50, p99: of.p99 - direct.p99, p999: of.p999 - direct.p999 }] as const;
      }),
  );
  const figures: Figure[] = [];
  for (const [name, own] of added) {
    if (!name.startsWith('firedoor')) continue;
    for (const which of ['p50', 'p99', 'p999'] as const) {
      const peers = [...added]
        .filter(([peer]) => !peer.startsWith('firedoor'))
        .map(([peer, of]) => [peer, Math.round(of[which])] as const);
      figures.push({
        ...{
          name: `${name}, ${connections} connections, added ${which}`,
          value: Math.round(own[which]),
          unit: 'µs',
          better: 'lower',
        },
        ...{ goal: GOALS[which], peers: { ...Object.fromEntries(peers), 'direct itself': Math.round(direct[which]) } },
      });
    }
  }
  return figures;
}

async function poll(
  port: number,
  connections: number,
  ms: number,
  everyMs = EVERY_MS[connections] ?? 0,
): Promise<number[]> {
  const times: number[] = [];
  const sockets: Socket[] = [];
  const until = performance.now() + ms;
  await Promise.all(
    Array.from({ length: connections }, async (_, i) => {
      const socket = connect({ host: HOST, port, noDelay: true });
      sockets.push(socket);
      socket.on('error', () => {});
      await once(socket, 'connect');
      await sleep((i * everyMs) / connections);
      while (performance.now() < until) {
        const began = performance.now();
        socket.write(REQUEST);
        await bytes(socket, ANSWER.length);
        times.push((performance.now() - began) * 1_000);
        if (everyMs > 0) await sleep(everyMs);
      }
    }),
  );
  for (const socket of sockets) socket.destroy();
  return times;
}

function bytes(socket: Socket, length: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let got = 0;
    const hear = (chunk: Buffer): void => {
      got += chunk.length;
      if (got < length) return;
      socket.off('data', hear);
      socket.off('close', lost);
      resolve();
    };
    const lost = (): void => reject(new Error('The connection was lost.'));
    socket.on('data', hear);
    socket.once('close', lost);
  });
}

function quantiles(list: readonly number[]): { readonly p50: number; readonly p99: number; readonly p999: number } {
  const sorted = [...list].sort((a, b) => a - b);
  const at = (part: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 1_500; tries++) {
    const socket = connect({ host: HOST, port });
    const up = await new Promise<boolean>((resolve) => {
      socket.on('connect', () => resolve(true));
      socket.on('error', () => resolve(false));
    });
    socket.destroy();
    if (up) return;
    await sleep(20);
  }
  throw new Error(`Nothing listens at port ${port}.`);
}

function print(figures: readonly Figure[], realTime: boolean): void {
  console.log(
    `Added to a direct poll, ${realTime ? 'real-time' : 'normal'} priority, load ${loadavg()[0]!.toFixed(1)}:`,
  );
  for (const { name, value, unit, goal, peers } of figures) {
    const others = Object.entries(peers).map(([peer, of]) => `${peer} ${of}`);
    console.log(`  ${name.padEnd(56)} ${String(value).padStart(6)} ${unit} (goal ${goal}; ${others.join(', ')})`);
  }
}

// The device, in a process of its own.
if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] === 'device') {
  createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    let left = 0;
    socket.on('data', (chunk) => {
      left += chunk.length;
      for (; left >= REQUEST.length; left -= REQUEST.length) socket.write(ANSWER);
    });
  }).listen(DEVICE_PORT, HOST);
}
