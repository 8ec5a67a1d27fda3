/** Client – Firedoor – device in three namespaces, with the kernel's own nftables. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { DOORS_TABLE, renderBump, renderIsland, renderRemoval } from '../../src/act/enforce/nftables/index.ts';
import { Namespaces, whyNot } from './support/namespaces.ts';

const reason = whyNot();
const READ = '000100000006010300000001';
const REFUSED_WRITE = '000100000003018601';
const CLIENT = '10.77.2.5';

const file = (name: string): string => fileURLToPath(new URL(`support/${name}.ts`, import.meta.url));

describe.skipIf(reason !== '')(
  `placements in network namespaces${reason === '' ? '' : ` (skipped: ${reason})`}`,
  () => {
    let spaces: Namespaces | undefined;
    const children: ChildProcess[] = [];
    afterEach(() => {
      for (const child of children.splice(0)) child.kill('SIGKILL');
      spaces?.remove();
      spaces = undefined;
    });

    /** Starts a program inside and waits for a line; its lines so far. */
    async function start(
      of: string,
      name: string,
      args: readonly string[],
      line: string,
    ): Promise<{ lines: string[]; child: ChildProcess }> {
      const [program, rest] = spaces!.inside(of, process.execPath, file(name), ...args);
      const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
      children.push(child);
      const lines: string[] = [];
      child.stdout
        .setEncoding('utf8')
        .on('data', (text: string) => lines.push(...text.split('\n').filter((one) => one !== '')));
      await expect.poll(() => lines, { timeout: 20_000 }).toContain(line);
      return { lines, child };
    }

    const ask = (device: string, code: number): string =>
      spaces!.run('cl', process.execPath, file('client'), device, String(code)).trim();
    const rules = (text: string): void => {
      const [program, args] = spaces!.inside('fd', 'nft', '-f', '-');
      execFileSync(program, args, { input: text });
    };

    test('on a router: the device sees the client itself; with the engine killed and the table deleted, connections go straight', async () => {
      spaces = new Namespaces(`r${process.pid % 1_000}`);
      for (const name of ['cl', 'fd', 'dv']) spaces.add(name);
      spaces.cable('cl', 'eth0', `${CLIENT}/24`, 'fd', 'clients', '10.77.2.1/24');
      spaces.cable('dv', 'eth0', '10.77.1.11/24', 'fd', 'devices', '10.77.1.1/24');
      spaces.run('cl', 'ip', 'route', 'add', 'default', 'via', '10.77.2.1');
      spaces.run('dv', 'ip', 'route', 'add', 'default', 'via', '10.77.1.1');
      spaces.run('fd', 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
      const { lines } = await start('dv', 'device', [], 'listening');
      const { child } = await start('fd', 'door', ['10.77.1.11', 'clients'], 'ready');

      expect(ask('10.77.1.11', 3)).toBe(READ);
      expect(ask('10.77.1.11', 6)).toBe(REFUSED_WRITE);
      await expect.poll(() => new Set(lines.slice(1))).toEqual(new Set([`client ${CLIENT}`]));

      child.kill('SIGKILL');
      rules(renderRemoval('ip', DOORS_TABLE));
      // Straight through, writes included.
      await expect.poll(() => ask('10.77.1.11', 6), { timeout: 10_000 }).toBe('000100000006010600000001');
      await expect.poll(() => lines.at(-1)).toBe(`client ${CLIENT}`);

      rules(renderIsland(['10.77.2.0/24'], ['10.77.1.0/24']));
      expect(ask('10.77.1.11', 3)).toBe('silent');
      rules(renderRemoval('inet', 'firedoor_island'));
      expect(ask('10.77.1.11', 3)).toBe(READ);
    });

    test('as a bump in the wire of one subnet: no address changes, the device sees the client itself', async () => {
      spaces = new Namespaces(`b${process.pid % 1_000}`);
      for (const name of ['cl', 'fd', 'dv']) spaces.add(name);
      // Client and device believe they share a cable.
      spaces.cable('cl', 'eth0', '10.78.1.5/24', 'fd', 'clients', '');
      spaces.cable('dv', 'eth0', '10.78.1.11/24', 'fd', 'devices', '');
      const bump = { clientSide: 'clients', deviceSide: 'devices', subnet: '10.78.1.0/24', ownAddress: '10.78.1.254' };
      for (const line of renderBump({ ...bump, devices: ['10.78.1.11'] })
        .trim()
        .split('\n'))
        spaces.run('fd', ...line.split(' '));
      const { lines } = await start('dv', 'device', [], 'listening');
      await start('fd', 'door', ['10.78.1.11', 'clients'], 'ready');
      expect(ask('10.78.1.11', 3)).toBe(READ);
      expect(ask('10.78.1.11', 6)).toBe(REFUSED_WRITE);
      await expect.poll(() => new Set(lines.slice(1))).toEqual(new Set(['client 10.78.1.5']));
    });
  },
);
