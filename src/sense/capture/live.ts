/**
 * Live capture without native code and without rights of our own: tcpdump or dumpcap as a process that gives up its rights, its
 * capture read from a pipe by the same parser as files. Loss is counted; a program that dies is started again.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { sentenceOf } from '../../base/errors.ts';
import type { TimeUs } from '../../records.ts';
import type { FrameHandler } from './frame-handler.ts';
import {
  argumentsFor,
  type CaptureProgram,
  captureError,
  dropsIn,
  findCaptureProgram,
  saysStarted,
} from './live-program.ts';
import { CaptureParser } from './parser.ts';

export interface LiveCaptureOptions {
  readonly interface: string;
  readonly handler: FrameHandler;
  /** Capture filter (pcap-filter(7)). Default: everything. */
  readonly filter?: string;
  /** Kernel buffer, a second of a full 500 Mbit/s. Default 64. [MiB] */
  readonly bufferMiB?: number;
  /** False above some 100,000 packets/s, where packets come quickly enough to fill buffers. Default true: within a second. */
  readonly prompt?: boolean;
  /** Default: tcpdump, or else dumpcap, wherever installed. */
  readonly program?: CaptureProgram;
}

export interface LiveHealth {
  readonly interface: string;
  readonly program: string;
  /** `restarting`: the program died and waits for its next start; frames are being missed. */
  readonly state: 'stopped' | 'starting' | 'running' | 'restarting';
  readonly pid: number | null;
  readonly packets: number;
  readonly bytes: number;
  readonly lastUs: TimeUs | null;
  /** Frames lost before they reached us, over all runs of the program. */
  readonly droppedByKernel: number;
  readonly droppedByInterface: number;
  readonly restarts: number;
  /** Why it does not run; empty while it does. */
  readonly problem: string;
}

/** Wait before the first restart; doubled each time up to the most. [ms] */
const RESTART_MS = 500;
const RESTART_MS_MAX = 30_000;
/** A program that ran this long was well; the next wait begins small again. [ms] */
const WELL_MS = 60_000;
/** Time between looks at the program's drop counters. [ms] */
const COUNTERS_MS = 5_000;
/** Time a program gets to end by itself. [ms] */
const END_MS = 2_000;
/** What is remembered of a program's error output. [characters] */
const ERROR_CHARACTERS_MAX = 4_096;

/** One run of the program. */
interface Run {
  readonly child: ChildProcess;
  readonly parser: CaptureParser;
  readonly beganMs: number;
  said: string;
  started: boolean;
}

export class LiveCapture {
  readonly #options: LiveCaptureOptions;
  #program: CaptureProgram | undefined;
  #state: LiveHealth['state'] = 'stopped';
  #run: Run | undefined;
  #restart: NodeJS.Timeout | undefined;
  #counters: NodeJS.Timeout | undefined;
  #restarts = 0;
  #waitMs = RESTART_MS;
  #problem = '';
  /** Totals of the runs before this one. */
  #before = { packets: 0, bytes: 0, kernel: 0, interface: 0 };
  #lastUs: TimeUs | null = null;
  #settleStart: ((error?: Error) => void) | undefined;

  constructor(options: LiveCaptureOptions) {
    this.#options = options;
  }

  /**
   * Starts; resolves when the program listens. Rejects with a sentence where it cannot: MISSING_REQUIREMENT (no program, no right),
   * BAD_USAGE (no such interface, bad filter), FAILED. After that it is kept running until `stop`.
   */
  async start(): Promise<void> {
    this.#program = this.#options.program ?? findCaptureProgram();
    await new Promise<void>((resolve, reject) => {
      this.#settleStart = (error) => (error === undefined ? resolve() : reject(error));
      this.#launch();
    });
    this.#counters = setInterval(() => this.#askCounters(), COUNTERS_MS);
    this.#counters.unref();
  }

  /** Ends the program and resolves when its last frames are handed over. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    clearTimeout(this.#restart);
    clearInterval(this.#counters);
    const child = this.#run?.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGINT');
    const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
    await closed;
    clearTimeout(timer);
  }

  health(): LiveHealth {
    const tally = this.#run?.parser.tally;
    const drops = dropsIn(this.#run?.said ?? '');
    const lastUs = tally === undefined || Number.isNaN(tally.lastUs) ? this.#lastUs : tally.lastUs;
    return {
      interface: this.#options.interface,
      program: this.#program?.name ?? '',
      state: this.#state,
      pid: this.#run?.child.pid ?? null,
      packets: this.#before.packets + (tally?.packets ?? 0),
      bytes: this.#before.bytes + (tally?.bytes ?? 0),
      lastUs,
      droppedByKernel: this.#before.kernel + (drops?.kernel ?? 0),
      droppedByInterface: this.#before.interface + (drops?.interface ?? 0),
      restarts: this.#restarts,
      problem: this.#problem,
    };
  }

  #launch(): void {
    const program = this.#program;
    if (program === undefined) return;
    this.#state = 'starting';
    const { interface: name, filter = '', bufferMiB = 64, prompt = true, handler } = this.#options;
    const child = spawn(program.path, argumentsFor(program, { interface: name, filter, bufferMiB, prompt }), {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Its sentences are read: they must be in one language.
      env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
    });
    const run: Run = {
      child,
      parser: new CaptureParser(handler),
      beganMs: performance.now(),
      said: '',
      started: false,
    };
    this.#run = run;
    child.stdout.on('data', (chunk: Buffer) => this.#read(run, chunk));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      run.said = (run.said + text).slice(-ERROR_CHARACTERS_MAX);
      if (saysStarted(run.said)) this.#started(run);
    });
    child.on('error', (error) => {
      run.said += `\n${sentenceOf(error)}`;
    });
    child.on('close', () => this.#ended(run, program));
  }

  #read(run: Run, chunk: Buffer): void {
    run.parser.push(chunk, chunk.length);
    this.#started(run);
    if (run.parser.readError === null) return;
    // Out of step with its stream: only a new one helps.
    run.said += `\n${run.parser.readError}`;
    run.child.kill('SIGKILL');
  }

  #started(run: Run): void {
    if (run.started) return;
    run.started = true;
    if (this.#state === 'starting') this.#state = 'running';
    this.#problem = '';
    this.#settleStart?.();
    this.#settleStart = undefined;
  }

  #ended(run: Run, program: CaptureProgram): void {
    const { tally } = run.parser;
    const drops = dropsIn(run.said);
    this.#before.packets += tally.packets;
    this.#before.bytes += tally.bytes;
    this.#before.kernel += drops?.kernel ?? 0;
    this.#before.interface += drops?.interface ?? 0;
    if (!Number.isNaN(tally.lastUs)) this.#lastUs = tally.lastUs;
    this.#run = undefined;
    if (this.#state === 'stopped') return;
    const error = captureError(program, this.#options.interface, run.said);
    this.#problem = error.message;
    if (this.#settleStart !== undefined) {
      this.#state = 'stopped';
      this.#settleStart(error);
      this.#settleStart = undefined;
      return;
    }
    this.#state = 'restarting';
    this.#restarts++;
    if (performance.now() - run.beganMs > WELL_MS) this.#waitMs = RESTART_MS;
    this.#restart = setTimeout(() => this.#launch(), this.#waitMs);
    this.#waitMs = Math.min(2 * this.#waitMs, RESTART_MS_MAX);
  }

  /** tcpdump tells its counters on SIGUSR1; dumpcap only at its end. */
  #askCounters(): void {
    if (this.#state === 'running' && this.#program?.name === 'tcpdump') this.#run?.child.kill('SIGUSR1');
  }
}
