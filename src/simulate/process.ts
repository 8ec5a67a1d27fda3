/**
 * The demo plant as a child process: `fork` this file, send `start`, wait for `ready`. Messages are those of `ParentMessage` and
 * `ChildMessage`. It ends when its parent disappears.
 */
import { fileURLToPath } from 'node:url';
import { type ClockSetting, RunningClock } from '../base/clock.ts';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../base/errors.ts';
import type { TimeUs } from '../records.ts';
import type { DairyController } from './dairy/addresses.ts';
import type { DairyTruth } from './dairy/line.ts';
import { type DairyEndpoints, DEFAULT_ENDPOINTS, LiveDairyLine } from './live-line.ts';
import type { Endpoint } from './modbus-client.ts';

/** From the service to the plant. Every field but `type` of `start` has a default. */
export type ParentMessage =
  | {
      readonly type: 'start';
      readonly seed?: number;
      /** The shared clock: plant time `originUs` at wall time `wallOriginMs`, running `speed` times as fast. */
      readonly speed?: number;
      readonly originUs?: TimeUs;
      readonly wallOriginMs?: number;
      /** Local time of day of the plant at the start [s]. */
      readonly localStartS?: number;
      readonly addresses?: DairyEndpoints;
    }
  /** The shared clock runs at another speed from a moment on. */
  | { readonly type: 'clock'; readonly setting: ClockSetting }
  | { readonly type: 'attack'; readonly id: number; readonly name: string }
  | { readonly type: 'truth'; readonly id: number }
  | { readonly type: 'stop' };

/** From the plant to the service. */
export type ChildMessage =
  | { readonly type: 'ready'; readonly listening: Readonly<Record<DairyController, Endpoint>> }
  | { readonly type: 'attack'; readonly id: number; readonly started: boolean; readonly sentence: string }
  | { readonly type: 'truth'; readonly id: number; readonly truth: DairyTruth; readonly lagS: number }
  | { readonly type: 'error'; readonly code: string; readonly sentence: string };

/** Serves one parent over `channel` (a child process has it in `process`). */
export class PlantProcess {
  readonly #send: (message: ChildMessage) => void;
  #line: LiveDairyLine | undefined;
  #clock: RunningClock | undefined;

  constructor(send: (message: ChildMessage) => void) {
    this.#send = send;
  }

  /** Acts on one message; errors become `error` messages, never a crash. */
  async handle(message: ParentMessage): Promise<void> {
    try {
      if (message.type === 'start') await this.#start(message);
      else if (message.type === 'clock') this.#clock?.follow(message.setting);
      else if (message.type === 'attack') this.#attack(message.id, message.name);
      else if (message.type === 'truth') this.#truth(message.id);
      else await this.stop();
    } catch (error) {
      const code = error instanceof FiredoorError ? error.code : ERROR_CODES.FAILED;
      this.#send({ type: 'error', code, sentence: sentenceOf(error) });
    }
  }

  async stop(): Promise<void> {
    const line = this.#line;
    this.#line = undefined;
    await line?.stop();
  }

  async #start(message: Extract<ParentMessage, { type: 'start' }>): Promise<void> {
    if (this.#line !== undefined) throw new FiredoorError(ERROR_CODES.BAD_USAGE, 'The plant is already running.');
    const clock = new RunningClock(message.speed ?? 1, message.originUs, message.wallOriginMs);
    const endpoints = message.addresses ?? DEFAULT_ENDPOINTS;
    const local = message.localStartS === undefined ? {} : { localStartS: message.localStartS };
    const line = new LiveDairyLine({ seed: message.seed ?? 1, clock, endpoints, ...local });
    const listening = await line.listen();
    this.#line = line;
    this.#clock = clock;
    line.connect();
    this.#send({ type: 'ready', listening });
  }

  #attack(id: number, name: string): void {
    try {
      const { attack } = this.#running().attack(name);
      this.#send({ type: 'attack', id, started: true, sentence: attack.title });
    } catch (error) {
      this.#send({ type: 'attack', id, started: false, sentence: sentenceOf(error) });
    }
  }

  #truth(id: number): void {
    const line = this.#running();
    this.#send({ type: 'truth', id, truth: line.truth(), lagS: line.lagS });
  }

  #running(): LiveDairyLine {
    if (this.#line === undefined)
      throw new FiredoorError(ERROR_CODES.BAD_USAGE, 'The plant is not running: send start first.');
    return this.#line;
  }
}

// Only where this file itself was forked; an import of its types starts nothing.
if (process.argv[1] === fileURLToPath(import.meta.url) && process.send !== undefined) {
  const plant = new PlantProcess((message) => {
    if (process.connected) process.send?.(message);
  });
  // A signal reaches the whole group of processes; the parent decides when the plant stops.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  const end = (): void => {
    void plant.stop().then(() => process.exit(0));
  };
  process.on('message', (message) => {
    const { type } = message as ParentMessage;
    void plant.handle(message as ParentMessage).then(() => {
      if (type === 'stop') process.exit(0);
    });
  });
  process.on('disconnect', end);
}
