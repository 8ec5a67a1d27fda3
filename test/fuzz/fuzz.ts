/**
 * `npm run fuzz -- [--seed N] [--seconds N] [--messages N] [--only NAME] [--at N] [--seeds FOLDER] [--canary] [--json]`
 *
 * Mutated conversations through the stream layer, mutated frames through the sensor. A finding is what throws, what reads its bytes far
 * more often than others of its protocol do (counted, so that no machine is too slow), and what hangs: no progress within a second of
 * processor time. Findings are saved under `found/` and make the exit code 1. The same seed gives the same inputs.
 */

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { seedsOfCaptures } from './captures.ts';
import { type Input, save } from './seed.ts';
import { allTargets, type Target, type TargetOptions } from './targets.ts';
import type { Done, Finding, Job, Report } from './worker.ts';

/** Processor time without progress that counts as a hang. [µs] */
const HANG_CPU_US = 1_000_000;
const WATCH_MS = 100;
const FOUND_FOLDER = join(import.meta.dirname, 'found');

export interface FuzzOptions {
  readonly seed: number;
  /** All targets together. */
  readonly seconds: number;
  /** Mutated messages given, all targets together. */
  readonly messages?: number;
  readonly only?: string;
  readonly canary?: boolean;
  /** Folder with captures whose beginnings are seeds too. */
  readonly captures?: string | null;
  /** Where failing inputs are saved. */
  readonly found?: string;
}

export interface FuzzResult {
  readonly done: readonly Done[];
  readonly findings: readonly (Finding & { readonly file: string })[];
  readonly targets: readonly string[];
}

/** Fuzzes every target for its share of the time. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const captures = options.captures ?? null;
  const extra = captures === null ? new Map() : seedsOfCaptures(captures);
  const own: TargetOptions = { canary: options.canary ?? false, extra };
  const targets = (await allTargets(own)).filter(({ name }) => options.only === undefined || name === options.only);
  if (targets.length === 0) throw new Error(`there is no target ${options.only}`);
  const share = 1 / targets.length;
  const done: Done[] = [];
  const findings: FuzzResult['findings'][number][] = [];
  let left = targets.map(({ name }) => ({ name, from: 0 }));
  while (left.length > 0) {
    const job: Job = {
      ...{ seed: options.seed, targets: left, canary: own.canary ?? false, captures },
      ...{ seconds: options.seconds * share, messages: (options.messages ?? Number.POSITIVE_INFINITY) * share },
      beat: new SharedArrayBuffer(12),
    };
    const hung = await watch(job, (report) => {
      if ('done' in report) done.push(report.done);
      if ('finding' in report) findings.push(keep(report.finding, targets, options));
    });
    if (hung === null) break;
    const { name } = left[hung.place]!;
    findings.push(keep({ target: name, kind: 'hang', at: hung.at, text: 'no progress' }, targets, options));
    left = left.slice(hung.place + 1);
  }
  return { done, findings, targets: targets.map(({ name }) => name) };
}

/** Runs one thread to its end; the place and number of the input it hangs in, or null. */
async function watch(job: Job, onReport: (report: Report) => void): Promise<{ place: number; at: number } | null> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: job });
  const beat = new Int32Array(job.beat);
  let seen = -1;
  let since = process.cpuUsage();
  let ready = false;
  return new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      const now = Atomics.load(beat, 2);
      if (!ready || now !== seen) {
        seen = now;
        since = process.cpuUsage();
        return;
      }
      const { user, system } = process.cpuUsage(since);
      if (user + system < HANG_CPU_US) return;
      const hung = { place: Atomics.load(beat, 0), at: Atomics.load(beat, 1) };
      clearInterval(timer);
      worker.removeAllListeners('exit');
      worker.terminate().then(() => resolve(hung), reject);
    }, WATCH_MS);
    worker.on('message', (report: Report) => {
      if ('ready' in report) ready = true;
      onReport(report);
    });
    worker.on('error', (error) => {
      clearInterval(timer);
      reject(error);
    });
    worker.on('exit', () => {
      clearInterval(timer);
      resolve(null);
    });
  });
}

/** Saves the input of a finding, with as few turns as show it. */
function keep(finding: Finding, targets: readonly Target[], options: FuzzOptions): Finding & { file: string } {
  const target = targets.find(({ name }) => name === finding.target)!;
  const input = target.make(options.seed, finding.at);
  const small = finding.kind === 'throw' ? smaller(target, input) : input;
  const comment = `${finding.kind} in ${finding.target}, seed ${options.seed}, input ${finding.at}\n${finding.text}`;
  return { ...finding, file: save(options.found ?? FOUND_FOLDER, finding.target, finding.kind, small, comment) };
}

/** Leaves out turns, then ends of turns, as long as it still throws. */
function smaller(target: Target, input: Input): Input {
  let best = input;
  const attempt = (turns: Input['turns']): boolean => {
    const candidate = { ...best, turns };
    if (!throws(target, candidate)) return false;
    best = candidate;
    return true;
  };
  for (let i = best.turns.length - 1; i >= 0 && best.turns.length > 1; i--) attempt(best.turns.toSpliced(i, 1));
  for (let i = 0; i < best.turns.length; i++) {
    for (let length = best.turns[i]!.bytes.length >> 1; length > 0; length >>= 1) {
      const { bytes, ...rest } = best.turns[i]!;
      attempt(best.turns.with(i, { ...rest, bytes: bytes.slice(0, bytes.length - length) }));
    }
  }
  return best;
}

function throws(target: Target, input: Input): boolean {
  try {
    target.run(input);
    return false;
  } catch {
    return true;
  }
}

/** One test a target: its figure is the messages that came out. */
function document(result: FuzzResult, seed: number): object {
  return {
    tests: result.targets.map((name) => ({
      id: `fuzz.${name}`,
      passed: result.findings.every(({ target }) => target !== name),
      figure: result.done.find(({ target }) => target === name)?.messages ?? 0,
      unit: 'messages',
      seed,
    })),
  };
}

function text(result: FuzzResult, seed: number): string {
  const head = ['target', 'given', 'messages', 'messages/s', 'median us', 'slowest us', 'reads/byte'];
  const rows = result.done.map((one) => [
    ...[one.target, String(one.given), String(one.messages), String(Math.round(one.messages / one.seconds))],
    ...[one.medianUs.toFixed(1), `${one.slowestUs.toFixed(0)} (input ${one.slowestAt})`, one.readsPerByte.toFixed(1)],
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
  const sum = (pick: (one: Done) => number): number => result.done.reduce((total, one) => total + pick(one), 0);
  const seconds = sum((one) => one.seconds);
  lines.push(
    '',
    `seed ${seed}: ${sum((one) => one.given)} mutated messages given, ${sum((one) => one.messages)} came out,`,
  );
  lines.push(`${Math.round(sum((one) => one.messages) / seconds)} messages/s, ${result.findings.length} findings`);
  for (const { target, kind, at, file, text: said } of result.findings) {
    lines.push(
      `  ${kind} in ${target}, input ${at}: test/fuzz/found/${file}`,
      `    ${said.split('\n').slice(0, 3).join('\n    ')}`,
    );
  }
  return lines.join('\n');
}

/** Whole positive number of an option. */
function number(value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const parsed = Number(value);
  if (!Number.isSafeInteger(parsed) || parsed < 0) throw new Error(`expected a whole number, not ${value}`);
  return parsed;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      seconds: { type: 'string' },
      messages: { type: 'string' },
      only: { type: 'string' },
      seeds: { type: 'string' },
      found: { type: 'string' },
      canary: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const seed = number(values.seed, Date.now() % 0x7fffffff);
  const result = await fuzz({
    ...{ seed, seconds: number(values.seconds, 60), captures: values.seeds ?? null, canary: values.canary },
    ...(values.only === undefined ? {} : { only: values.only }),
    ...(values.messages === undefined ? {} : { messages: number(values.messages, 0) }),
    ...(values.found === undefined ? {} : { found: values.found }),
  });
  console.log(values.json ? JSON.stringify(document(result, seed)) : text(result, seed));
  process.exitCode = result.findings.length > 0 ? 1 : 0;
}

if (process.argv[1] === import.meta.filename) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
  });
}
