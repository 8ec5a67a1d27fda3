/** Measuring whole processes and printing what came out: a table for people, one document with `--json`. */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';

/** What one run of a process cost. */
export interface Cost {
  readonly wallS: number;
  /** User and system time of the process and its threads. [s] */
  readonly cpuS: number;
  /** Peak resident memory. [bytes] */
  readonly peakBytes: number;
}

/** One figure of a bench document. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  readonly goal: number | null;
  readonly peers: Readonly<Record<string, number>>;
}

/** How often memory is looked at. [ms] */
const POLL_MS = 5;

/**
 * Runs a command with its output thrown away and measures it. CPU time comes from bash's `time`, memory from the high-water mark in
 * /proc. Rejects where the command fails.
 */
export async function measure(command: readonly string[]): Promise<Cost> {
  const script = 'TIMEFORMAT="%3R %3U %3S"; { time "$@" >/dev/null 2>/dev/null 3>&- ; } 2>&3; exit $?';
  const child = spawn('bash', ['-c', script, 'measure', ...command], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  let times = '';
  const pipe = child.stdio[3] as NodeJS.ReadableStream;
  pipe.setEncoding('utf8').on('data', (text: string) => {
    times += text;
  });
  let peakBytes = 0;
  const poll = setInterval(() => {
    peakBytes = Math.max(peakBytes, peakOfChildren(child.pid ?? 0));
  }, POLL_MS);
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit) => resolve(exit ?? 1));
  }).finally(() => clearInterval(poll));
  if (code !== 0) throw new Error(`${command.join(' ')} ended with exit code ${code}`);
  const [wallS = 0, userS = 0, systemS = 0] = times.trim().split(' ').map(Number);
  return { wallS, cpuS: userS + systemS, peakBytes };
}

/** Peak memory of the processes below `pid`; 0 where /proc does not say. */
function peakOfChildren(pid: number): number {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return Math.max(0, ...children.filter((child) => child !== '').map((child) => peakOf(child)));
  } catch {
    return 0;
  }
}

function peakOf(pid: string): number {
  const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return match === null ? 0 : Number(match[1]) * 1024;
}

/** Runs every command in turn, round by round, so that a busy moment hits all alike; the costs of each, in order. */
export async function interleaved(
  commands: Readonly<Record<string, readonly string[]>>,
  rounds: number,
): Promise<Record<string, Cost[]>> {
  const costs: Record<string, Cost[]> = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, command] of Object.entries(commands)) {
      costs[name] = [...(costs[name] ?? []), await measure(command)];
    }
  }
  return costs;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** True where a program can be found. */
export function installed(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The document of a bench. */
export function documentOf(bench: string, figures: readonly Figure[]): Record<string, unknown> {
  let commit = 'unknown';
  try {
    commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    // Outside a checkout there is no commit to name.
  }
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, Node ${process.versions.node}`;
  return { bench, commit, machine, date: new Date().toISOString(), figures };
}
