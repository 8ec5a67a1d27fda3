/**
 * The supervisor as a process: `fork` it with advanced serialization in place of the enforcer; it speaks the same messages and passes
 * them on. When the engine disappears it goes on alone if it was started with `keepWithoutEngine`, else it closes the doors. A later
 * supervisor of the same data folder takes over from one left alone.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { FromEnforcer, ToEnforcer } from '../messages.ts';
import { Supervisor } from './supervisor.ts';

const PID_FILE = 'doors.pid';
/** Time an earlier supervisor has to close. [ms] */
const LEAVE_MS = 3_000;

if (process.argv[1] === fileURLToPath(import.meta.url) && process.send !== undefined) run();

function run(): void {
  let start: Extract<ToEnforcer, { readonly type: 'start' }> | undefined;
  const tell = (message: FromEnforcer): void => {
    if (process.connected) process.send?.(message);
  };
  const supervisor = new Supervisor({
    onMessage: tell,
    onState: (state, sentence) => tell({ type: 'supervisor', state, sentence }),
  });
  const leave = async (): Promise<void> => {
    await supervisor.stop();
    if (start?.dataFolder !== undefined) rmSync(join(start.dataFolder, PID_FILE), { force: true });
    process.exit(0);
  };
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {
    if (!process.connected) void leave();
  });
  process.on('message', (message) => {
    const asked = message as ToEnforcer;
    if (asked.type === 'stop') return void leave();
    if (asked.type !== 'start') return supervisor.send(asked);
    start = asked;
    return void takeOver(asked.dataFolder).then(() => supervisor.send(asked));
  });
  process.on('disconnect', () => {
    if (start?.keepWithoutEngine !== true) void leave();
  });
}

/** Asks a supervisor that an engine left behind to go, waits until it is gone, and writes its own number. */
async function takeOver(folder: string | undefined): Promise<void> {
  if (folder === undefined) return;
  const file = join(folder, PID_FILE);
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  if (pid > 1 && isSupervisor(pid)) {
    process.kill(pid, 'SIGTERM');
    for (let waitedMs = 0; waitedMs < LEAVE_MS && isSupervisor(pid); waitedMs += 20) await sleep(20);
  }
  writeFileSync(file, `${process.pid}\n`);
}

/** True where the process is one of this module: numbers are used again. */
function isSupervisor(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(fileURLToPath(import.meta.url));
  } catch {
    return false;
  }
}
