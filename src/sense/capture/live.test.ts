import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ERROR_CODES } from '../../base/errors.ts';
import { FrameRecorder } from './frame-recorder.ts';
import { LiveCapture } from './live.ts';
import { argumentsFor, type CaptureProgram, captureError, dropsIn, findCaptureProgram } from './live-program.ts';

let folder = '';
const captures: LiveCapture[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'firedoor-live-'));
});
afterEach(async () => {
  for (const capture of captures.splice(0)) await capture.stop();
  rmSync(folder, { recursive: true });
});

/** A stand-in for the program: a shell script. */
function script(text: string): CaptureProgram {
  const path = join(folder, 'tcpdump');
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return { name: 'tcpdump', path };
}

function capture(options: Partial<ConstructorParameters<typeof LiveCapture>[0]> = {}) {
  const recorder = new FrameRecorder();
  const live = new LiveCapture({ interface: 'lo', handler: recorder, ...options });
  captures.push(live);
  return { live, recorder };
}

/** pcap header (magic, version 2.4, zone, accuracy, snap length, Ethernet) and one frame of two bytes at second 1, as printf writes it. */
const HEADER = String.raw`\324\303\262\241\2\0\4\0\0\0\0\0\0\0\0\0\0\0\4\0\1\0\0\0`;
const FRAME = String.raw`\1\0\0\0\0\0\0\0\2\0\0\0\2\0\0\0\252\273`;

test('why a capture cannot start is one sentence with what to do', async () => {
  const said: [string, string, string][] = [
    ["lo: You don't have permission to perform this capture on that device", ERROR_CODES.MISSING_REQUIREMENT, 'setcap'],
    ['nosuch: No such device exists', ERROR_CODES.BAD_USAGE, 'There are: '],
    ['tcpdump: eth9: That device is not up', ERROR_CODES.FAILED, 'ip link set'],
    ["tcpdump: can't parse filter expression: syntax error", ERROR_CODES.BAD_USAGE, 'filter'],
    ['tcpdump: the moon is full.', ERROR_CODES.FAILED, 'the moon is full.'],
  ];
  for (const [text, code, part] of said) {
    const { live } = capture({ program: script(`echo "${text}" >&2; exit 1`) });
    await expect(live.start()).rejects.toMatchObject({ code, message: expect.stringContaining(part) });
    expect(live.health()).toMatchObject({ state: 'stopped', pid: null });
  }
  const { live } = capture({ program: { name: 'tcpdump', path: join(folder, 'nothing') } });
  await expect(live.start()).rejects.toMatchObject({ code: ERROR_CODES.FAILED });
  const dumpcap: CaptureProgram = { name: 'dumpcap', path: '/usr/bin/dumpcap' };
  expect(captureError(dumpcap, 'lo', "You don't have permission to capture on that device").message).toContain(
    'group wireshark',
  );
});

test('a machine with neither program is told which to install', () => {
  // On a machine that has one in a system folder it is found there.
  try {
    expect(findCaptureProgram('').path).toMatch(/(tcpdump|dumpcap)$/);
  } catch (error) {
    expect(error).toMatchObject({
      code: ERROR_CODES.MISSING_REQUIREMENT,
      message: expect.stringContaining('apt install'),
    });
  }
  expect(findCaptureProgram(script('exit 0').path.replace('/tcpdump', ''))).toMatchObject({ name: 'tcpdump' });
});

test('arguments: the pipe, the buffer in each program’s own unit, the filter last', () => {
  const request = { interface: 'eth0', filter: 'not port 22', bufferMiB: 8, prompt: true };
  const tcpdump = argumentsFor({ name: 'tcpdump', path: '' }, request);
  expect(tcpdump).toEqual(expect.arrayContaining(['-w', '-', '-B', '8192', '-U']));
  expect(tcpdump.at(-1)).toBe('not port 22');
  expect(argumentsFor({ name: 'tcpdump', path: '' }, { ...request, prompt: false })).not.toContain('-U');
  expect(argumentsFor({ name: 'dumpcap', path: '' }, request)).toEqual(
    expect.arrayContaining(['-P', '-B', '8', '-f', 'not port 22']),
  );
});

test('drop counters of both programs', () => {
  expect(dropsIn('tcpdump: 40 packets captured, 80 packets received by filter, 3 packets dropped by kernel')).toEqual({
    kernel: 3,
    interface: 0,
  });
  const end =
    '9 packets captured\n12 packets received by filter\n3 packets dropped by kernel\n2 packets dropped by interface\n';
  expect(dropsIn(`1 packet dropped by kernel\n${end}`)).toEqual({ kernel: 3, interface: 2 });
  const dumpcap = "Packets received/dropped on interface 'lo': 40/5 (pcap:2/dumpcap:0/flushed:1/ps_ifdrop:2) (88.9%)";
  expect(dropsIn(dumpcap)).toEqual({ kernel: 3, interface: 2 });
  expect(dropsIn('tcpdump: listening on lo')).toBeUndefined();
});

test('a program that dies is started again, its frames and drops are counted together', async () => {
  const program = script(
    `echo "tcpdump: listening on lo" >&2; printf '${HEADER}${FRAME}'; echo "4 packets dropped by kernel" >&2; [ -e ${folder}/again ] && exec sleep 60; touch ${folder}/again`,
  );
  const { live, recorder } = capture({ program });
  await live.start();
  await expect
    .poll(() => live.health(), { timeout: 10_000 })
    .toMatchObject({ restarts: 1, state: 'running', packets: 2 });
  await expect.poll(() => live.health().droppedByKernel).toBe(8);
  expect(recorder.frames.map(({ bytes }) => [...bytes])).toEqual([
    [0xaa, 0xbb],
    [0xaa, 0xbb],
  ]);
  expect(live.health()).toMatchObject({ problem: '', lastUs: 1_000_000 });
  await live.stop();
  expect(live.health()).toMatchObject({ state: 'stopped', pid: null, packets: 2 });
});

test('a stream that is no capture ends that run, not this process', async () => {
  const { live } = capture({
    program: script('echo "listening on lo" >&2; echo "these are not the bytes of a capture"; exec sleep 60'),
  });
  await live.start();
  await expect.poll(() => live.health().restarts, { timeout: 10_000 }).toBeGreaterThan(0);
  expect(live.health().problem).toContain('no capture');
});

/** The programs that can be tried here: installed, and we may. */
const real = (['tcpdump', 'dumpcap'] as const).map((name) => {
  const path = ['/usr/bin', '/usr/sbin'].map((place) => join(place, name)).find((file) => existsSync(file));
  return { name, path: path ?? '', possible: path !== undefined && process.getuid?.() === 0 };
});
describe.each(real)('$name on loopback (needs root, and the program)', ({ name, path, possible }) => {
  const program: CaptureProgram = { name, path };
  test.skipIf(!possible)(
    'sees a datagram, survives its program being killed, and says nothing was dropped',
    async () => {
      const receiver = createSocket('udp4').bind(0, '127.0.0.1');
      await once(receiver, 'listening');
      const { port } = receiver.address();
      const { live, recorder } = capture({ filter: `udp port ${port}`, program });
      await live.start();
      const sender = createSocket('udp4');
      const seen = (text: string) => recorder.frames.some(({ bytes }) => Buffer.from(bytes).includes(text));
      // Sent until it is seen: a program that listens may still be opening its filter.
      const sendUntilSeen = async (text: string): Promise<void> => {
        await expect
          .poll(
            () => {
              sender.send(text, port, '127.0.0.1');
              return seen(text);
            },
            { timeout: 20_000, interval: 100 },
          )
          .toBe(true);
      };
      await sendUntilSeen('first run');
      const before = live.health();
      expect(before).toMatchObject({ state: 'running', restarts: 0, droppedByKernel: 0 });
      process.kill(before.pid!, 'SIGKILL');
      await expect.poll(() => live.health().restarts, { timeout: 5_000 }).toBe(1);
      await sendUntilSeen('second run');
      expect(live.health().pid).not.toBe(before.pid);
      await live.stop();
      expect(live.health().packets).toBe(recorder.frames.length);
      sender.close();
      receiver.close();
    },
  );

  test.skipIf(!possible)('an interface that is not there is said by name, with those that are', async () => {
    const { live } = capture({ interface: 'nosuch0', program });
    await expect(live.start()).rejects.toMatchObject({
      code: ERROR_CODES.BAD_USAGE,
      message: expect.stringMatching(/nosuch0.*\blo\b/),
    });
  });
});
