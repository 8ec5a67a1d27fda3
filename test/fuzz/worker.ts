/** Feeds the targets it is given, one after the other, in a thread of its own: whoever watches sees by `beat` whether it hangs. */
import { parentPort, workerData } from 'node:worker_threads';
import { seedsOfCaptures } from './captures.ts';
import type { Input } from './seed.ts';
import { allTargets, type Target } from './targets.ts';

/** What a thread is asked to do. */
export interface Job {
  readonly seed: number;
  /** Names of targets and the number of the first input of each. */
  readonly targets: readonly { readonly name: string; readonly from: number }[];
  /** For each target: at most this long, and at most so many mutated messages given. */
  readonly seconds: number;
  readonly messages: number;
  readonly canary: boolean;
  readonly captures: string | null;
  /** Place of the target in `targets`, number of its input, and a count that moves with every input. */
  readonly beat: SharedArrayBuffer;
}

export interface Finding {
  readonly target: string;
  readonly kind: 'throw' | 'slow' | 'hang';
  /** Number of the input. */
  readonly at: number;
  readonly text: string;
}

/** What one target did. */
export interface Done {
  readonly target: string;
  readonly inputs: number;
  /** Mutated segments, datagrams and frames given, and messages that came out. */
  readonly given: number;
  readonly messages: number;
  readonly seconds: number;
  readonly medianUs: number;
  /** Least of several repetitions of the input that took longest; `slowestAt` is its number. */
  readonly slowestUs: number;
  readonly slowestAt: number;
  readonly readsPerByte: number;
}

export type Report = { readonly finding: Finding } | { readonly done: Done } | { readonly ready: true };

/** Every so many inputs the reads are counted whatever the time. */
const COUNT_EVERY = 256;
/** An input that takes so many times the median has its reads counted. */
const SLOW_TIMES = 20;
/** Single-byte reads that an input may take: so many times the median of its target for each byte, and these besides. */
const READS_TIMES = 50;
const READS_FREE = 60_000;
/** Times the slowest inputs are repeated: the least of them is what they take, the rest is the machine's. */
const REPEATS = 7;
const SLOWEST_KEPT = 6;
/** The slowest input may take so many times an ordinary one, and this in any case. [µs] */
const SLOWEST_TIMES = 400;
const SLOWEST_FREE_US = 2_000;
/** Inputs before the median is followed step by step. */
const FIRST_INPUTS = 63;
/** Findings of one target after which it is enough. */
const FINDINGS_MAX = 5;

class Run {
  readonly #target: Target;
  readonly #job: Job;
  readonly #beat: Int32Array;
  readonly #place: number;
  readonly #throws = new Set<string>();
  readonly #slowest: { at: number; us: number }[] = [];
  readonly #first: number[] = [];
  #findings = 0;
  #medianUs = 0;
  #readsPerByte = 0;

  constructor(target: Target, job: Job, beat: Int32Array, place: number) {
    this.#target = target;
    this.#job = job;
    this.#beat = beat;
    this.#place = place;
  }

  all(from: number): Done {
    const { seconds, messages: limit, seed } = this.#job;
    const started = performance.now();
    let at = from;
    let given = 0;
    let messages = 0;
    for (; given < limit && this.#findings < FINDINGS_MAX; at++) {
      if ((at & 31) === 0 && performance.now() - started > seconds * 1_000) break;
      this.#beat[1] = at;
      this.#beat[0] = this.#place;
      Atomics.add(this.#beat, 2, 1);
      const input = this.#target.make(seed, at);
      given += input.turns.length;
      messages += this.#one(input, at);
    }
    return {
      ...{
        target: this.#target.name,
        inputs: at - from,
        given,
        messages,
        seconds: (performance.now() - started) / 1_000,
      },
      ...{ medianUs: this.#medianUs, ...this.#slow(), readsPerByte: this.#readsPerByte },
    };
  }

  #one(input: Input, at: number): number {
    const started = performance.now();
    let messages = 0;
    try {
      messages = this.#target.run(input);
    } catch (error) {
      this.#thrown(error, at);
      return 0;
    }
    const us = (performance.now() - started) * 1_000;
    this.#learnMedian(us);
    this.#keepSlow(at, us);
    if (at % COUNT_EVERY === 0 || us > SLOW_TIMES * this.#medianUs) this.#count(input, at);
    return messages;
  }

  /** The median of the first inputs, then in small steps: the noise of the machine moves it little. */
  #learnMedian(us: number): void {
    if (this.#first.length < FIRST_INPUTS) {
      this.#first.push(us);
      this.#medianUs = this.#first.toSorted((a, b) => a - b)[this.#first.length >> 1]!;
    } else this.#medianUs *= us > this.#medianUs ? 1.002 : 0.998;
  }

  /** Counts the reads of an input: what decides whether it takes too long, on any machine. */
  #count(input: Input, at: number): void {
    const bytes = input.turns.reduce((sum, turn) => sum + turn.bytes.length, 0);
    const readsMax = READS_FREE + READS_TIMES * Math.max(1, this.#readsPerByte) * bytes;
    try {
      const reads = this.#target.reads(input, readsMax) / Math.max(1, bytes);
      if (Number.isNaN(reads)) return;
      if (this.#readsPerByte === 0) this.#readsPerByte = reads;
      else this.#readsPerByte *= reads > this.#readsPerByte ? 1.01 : 0.99;
    } catch (error) {
      this.#find('slow', at, String(error));
    }
  }

  #thrown(error: unknown, at: number): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    // One finding a place in the code: the rest says the same.
    const place = text.split('\n').find((line) => line.includes('/src/') || line.includes('canary.ts')) ?? text;
    if (this.#throws.has(place)) return;
    this.#throws.add(place);
    this.#find('throw', at, text);
  }

  #find(kind: Finding['kind'], at: number, text: string): void {
    this.#findings++;
    post({ finding: { target: this.#target.name, kind, at, text } });
  }

  #keepSlow(at: number, us: number): void {
    const list = this.#slowest;
    if (list.length === SLOWEST_KEPT && us <= list[SLOWEST_KEPT - 1]!.us) return;
    list.push({ at, us });
    list.sort((a, b) => b.us - a.us);
    list.length = Math.min(list.length, SLOWEST_KEPT);
  }

  /** The slowest input, and whether it takes far longer than ordinary ones: least against least, so that the machine does not count. */
  #slow(): { slowestUs: number; slowestAt: number } {
    let slowestUs = 0;
    let slowestAt = 0;
    for (const { at } of this.#slowest) {
      const us = this.#leastUs(at);
      if (us > slowestUs) [slowestUs, slowestAt] = [us, at];
    }
    const ordinary = Array.from({ length: FIRST_INPUTS }, (_, at) => this.#leastUs(at)).sort((a, b) => a - b);
    const boundUs = Math.max(SLOWEST_FREE_US, SLOWEST_TIMES * ordinary[FIRST_INPUTS >> 1]!);
    if (slowestUs > boundUs && this.#findings < FINDINGS_MAX) {
      this.#find('slow', slowestAt, `${slowestUs.toFixed(0)} us, more than ${SLOWEST_TIMES} times an ordinary input`);
    }
    return { slowestUs, slowestAt };
  }

  #leastUs(at: number): number {
    const input = this.#target.make(this.#job.seed, at);
    let leastUs = Number.POSITIVE_INFINITY;
    this.#beat[1] = at;
    for (let n = 0; n < REPEATS; n++) {
      Atomics.add(this.#beat, 2, 1);
      const started = performance.now();
      try {
        this.#target.run(input);
      } catch {
        // Told when it was first run.
      }
      leastUs = Math.min(leastUs, (performance.now() - started) * 1_000);
    }
    return leastUs;
  }
}

function post(report: Report): void {
  parentPort?.postMessage(report);
}

const job = workerData as Job;
const beat = new Int32Array(job.beat);
const extra = job.captures === null ? new Map() : seedsOfCaptures(job.captures);
const targets = await allTargets({ canary: job.canary, extra });
post({ ready: true });
for (const [place, { name, from }] of job.targets.entries()) {
  const target = targets.find((one) => one.name === name);
  if (target !== undefined) post({ done: new Run(target, job, beat, place).all(from) });
}
