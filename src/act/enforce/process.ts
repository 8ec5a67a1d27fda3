/**
 * The enforcer: a small process that holds the conduits and nothing else. `fork` this file with advanced serialization, send `start`,
 * wait for `ready`. It forwards whether or not anybody listens: frames for the engine wait in a bounded batch and are dropped counted.
 * It ends when its parent disappears.
 */
import { fileURLToPath } from 'node:url';
import { type ClockSetting, RunningClock } from '../../base/clock.ts';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../../base/errors.ts';
import { CONDUIT_QUEUE_BYTES_MAX } from '../../limits.ts';
import type { TimeUs } from '../../records.ts';
import { Conduit, type ConduitEndpoint, type ConduitHealth } from './conduit/index.ts';
import { FrameBatch } from './frame-batch.ts';

/** One listener of a conduit. */
export interface ConduitPlacement {
  readonly name: string;
  readonly listen: ConduitEndpoint;
  readonly device: ConduitEndpoint;
}

/** From the engine to the enforcer. */
export type ToEnforcer =
  | { readonly type: 'start'; readonly clock: ClockSetting; readonly conduits: readonly ConduitPlacement[] }
  | { readonly type: 'clock'; readonly setting: ClockSetting }
  | { readonly type: 'stop' };

/** From the enforcer to the engine. */
export type FromEnforcer =
  | {
      readonly type: 'ready';
      readonly listening: readonly { readonly name: string; readonly endpoint: ConduitEndpoint }[];
    }
  /**
   * Frames as `frame-batch.ts` packs them, possibly none; `dropped`: given up since the start because the engine was slow; `nowUs`:
   * plant time up to which all frames were told, so that silence can be told from delay.
   */
  | { readonly type: 'frames'; readonly batch: Uint8Array; readonly dropped: number; readonly nowUs: TimeUs }
  | { readonly type: 'health'; readonly conduits: readonly ConduitHealth[]; readonly dropped: number }
  | { readonly type: 'error'; readonly code: string; readonly sentence: string };

/** Frames wait at most this long for company. [ms] */
const BATCH_MS = 10;
const BATCH_BYTES = 256 * 1024;
const HEALTH_MS = 1_000;
/** Without frames plant time is told this often. [ms] */
const SILENCE_MS = 100;

/** Serves one engine over `send`, which tells whether the channel takes more. */
export class Enforcer {
  readonly #send: (message: FromEnforcer, done: () => void) => void;
  readonly #batch = new FrameBatch(BATCH_BYTES);
  readonly #conduits: Conduit[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #clock: RunningClock | undefined;
  /** Bytes handed to the channel and not yet taken. */
  #waitingBytes = 0;
  #dropped = 0;
  #toldMs = 0;

  constructor(send: (message: FromEnforcer, done: () => void) => void) {
    this.#send = send;
  }

  /** Acts on one message; errors become `error` messages, never a crash. */
  async handle(message: ToEnforcer): Promise<void> {
    try {
      if (message.type === 'start') await this.#start(message.clock, message.conduits);
      else if (message.type === 'clock') this.#clock?.follow(message.setting);
      else await this.stop();
    } catch (error) {
      const code = error instanceof FiredoorError ? error.code : ERROR_CODES.FAILED;
      this.#tell({ type: 'error', code, sentence: sentenceOf(error) });
    }
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#conduits.map((conduit) => conduit.close()));
    this.#flush();
  }

  async #start(setting: ClockSetting, placements: readonly ConduitPlacement[]): Promise<void> {
    const clock = new RunningClock(setting.speed, setting.originUs, setting.wallOriginMs);
    this.#clock = clock;
    const listening: { name: string; endpoint: ConduitEndpoint }[] = [];
    for (const { name, listen, device } of placements) {
      const conduit = new Conduit({
        ...{ name, listen, device, clock },
        onFrame: (frame, timeUs) => this.#frame(frame, timeUs),
      });
      const port = await conduit.listen();
      this.#conduits.push(conduit);
      listening.push({ name, endpoint: { host: listen.host, port } });
    }
    this.#timers.push(setInterval(() => this.#flush(), BATCH_MS));
    this.#timers.push(setInterval(() => this.#tellHealth(), HEALTH_MS));
    this.#tell({ type: 'ready', listening });
  }

  #frame(frame: Uint8Array, timeUs: number): void {
    if (this.#batch.add(frame, timeUs)) return;
    this.#flush();
    if (!this.#batch.add(frame, timeUs)) this.#dropped++;
  }

  #flush(): void {
    const { frames, length } = this.#batch;
    const wallMs = performance.now();
    if (frames === 0 && wallMs - this.#toldMs < SILENCE_MS) return;
    this.#toldMs = wallMs;
    if (this.#waitingBytes + length > CONDUIT_QUEUE_BYTES_MAX) {
      // The engine is slow or stopped: what it misses is counted, and nothing here waits for it.
      this.#dropped += frames;
      this.#batch.take();
      return;
    }
    this.#waitingBytes += length;
    const batch = this.#batch.take();
    this.#send({ type: 'frames', batch, dropped: this.#dropped, nowUs: this.#clock?.nowUs() ?? 0 }, () => {
      this.#waitingBytes -= length;
    });
  }

  #tellHealth(): void {
    this.#tell({ type: 'health', conduits: this.#conduits.map((conduit) => conduit.health()), dropped: this.#dropped });
  }

  #tell(message: FromEnforcer): void {
    this.#send(message, () => {});
  }
}

// Only where this file itself was forked; an import of its types starts nothing.
if (process.argv[1] === fileURLToPath(import.meta.url) && process.send !== undefined) {
  const enforcer = new Enforcer((message, done) => {
    if (process.connected) process.send?.(message, undefined, undefined, done);
    else done();
  });
  // A signal reaches the whole group of processes; the parent decides when the doors close.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  process.on('message', (message) => {
    const { type } = message as ToEnforcer;
    void enforcer.handle(message as ToEnforcer).then(() => {
      if (type === 'stop') process.exit(0);
    });
  });
  process.on('disconnect', () => {
    void enforcer.stop().then(() => process.exit(0));
  });
}
