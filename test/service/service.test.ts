/**
 * The service as a person starts it: one command, the demo plant behind conduits, learning, an attack, a kill -9, another start.
 * Real processes and sockets on loopback; only sequences and bounds that hold on a slow machine are asserted.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendControl } from '../../src/jobs/run/control.ts';
import type { Overview } from '../../src/show/api/types.ts';
import { freePort, PATIENCE_MS, RunningFiredoor } from '../support/running-firedoor.ts';

describe('firedoor run', () => {
  const data = mkdtempSync(join(tmpdir(), 'firedoor-service-'));
  const running: RunningFiredoor[] = [];
  let options: string[] = [];

  const start = (...more: string[]): RunningFiredoor => {
    const one = new RunningFiredoor(['run', '--data', data, '--port', '0', ...options, ...more]);
    running.push(one);
    return one;
  };
  const overview = async (): Promise<Overview> =>
    (await sendControl(data, { command: 'status', arguments: {} })).data as Overview;

  beforeAll(async () => {
    options = ['--plant-port', String(await freePort()), '--learn', '20 min', '--speed', '5'];
  });

  afterAll(async () => {
    for (const one of running) await one.interrupt();
    rmSync(data, { recursive: true, force: true });
  });

  it('refuses bad usage with one sentence and exit code 2', async () => {
    for (const [args, sentence] of [
      [['run', '--speed', 'fast'], '--speed wants a number'],
      [['run', '--learn', 'soon'], '--learn wants a span of time'],
      [['run', '--config', join(data, 'none.yaml')], 'cannot be read'],
      [['run', '--no-such-option'], 'unknown option'],
      [['inspect', join(data, 'none.pcap')], 'no such file'],
      [['simulate', 'attack', 'none', '--data', join(data, 'none')], 'No Firedoor is running'],
    ] as const) {
      const one = new RunningFiredoor(args);
      expect(await one.ended, one.output).toBe(2);
      expect(one.output).toContain(sentence);
    }
  });

  it(
    'learns, names an attack in one incident, survives kill -9 and starts where it was',
    async () => {
      const first = start();
      await first.says('Sign in once with this link: http://127.0.0.1:');
      expect((await overview()).learning.items[0]?.readiness).toBe('learning');

      const second = new RunningFiredoor(['run', '--data', `${data}-2`, '--port', '0', ...options]);
      expect(await second.ended).toBe(2);
      expect(second.output).toContain('another program listens there');
      rmSync(`${data}-2`, { recursive: true, force: true });

      await first.says('Learning is done');
      const attack = new RunningFiredoor(['simulate', 'attack', 'calibration-offset', '--data', data]);
      expect(await attack.ended, attack.output).toBe(0);
      let now = await overview();
      const deadline = performance.now() + PATIENCE_MS;
      while (!now.incidents.some(({ title }) => title.includes('TT-101')) && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        now = await overview();
      }
      const [incident] = now.incidents.filter(({ title }) => title.includes('TT-101'));
      expect(incident?.title).toBe('Calibration of TT-101 changed by +4.0 K');
      expect(incident?.cause).toBe('unplanned change');
      // What is acknowledged to be kept is on disk within a second.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      first.child.kill('SIGKILL');
      await first.ended;
      await new Promise((resolve) => setTimeout(resolve, 1_000));

      const again = start();
      await again.says('It knows what is normal from an earlier run and watches.');
      const after = await overview();
      expect(after.incidents.map(({ id }) => id)).toContain(incident?.id);
      expect(await again.interrupt()).toBe(0);
    },
    3 * PATIENCE_MS,
  );
});
