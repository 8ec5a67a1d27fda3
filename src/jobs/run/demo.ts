/**
 * The demo: a simulated dairy line in a process of its own, whose clients reach the controllers only through Firedoor's conduits in
 * another. Learning runs fast, watching slower; everybody shares one clock.
 */

import type { ConduitHealth } from '../../act/enforce/conduit/index.ts';
import { eachFrame } from '../../act/enforce/frame-batch.ts';
import type { FromEnforcer, ToEnforcer } from '../../act/enforce/messages.ts';
import type { RunningClock } from '../../base/clock.ts';
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';
import type { AttackInfo, Outcome } from '../../show/api/types.ts';
import { ATTACKS } from '../../simulate/attacks.ts';
import { CONTROLLERS, conduitAddress, DAIRY_ADDRESSES, type DairyController } from '../../simulate/dairy/addresses.ts';
import type { ChildMessage, ParentMessage } from '../../simulate/process.ts';
import { Child } from './child.ts';
import type { DemoControl } from './service/engine.ts';
import type { DoorFigures } from './service/overview.ts';

export interface DemoOptions {
  readonly seed: number;
  /** TCP port of the controllers and of the conduits before them. */
  readonly plantPort: number;
  readonly clock: RunningClock;
  readonly onFrame: (bytes: Uint8Array, offset: number, length: number, timeUs: number) => void;
  /** All frames up to this plant time were given. */
  readonly onTime: (nowUs: number) => void;
  readonly onTrouble: (sentence: string) => void;
}

/** Frames a conduit has seen and not yet told are at most this old. [wall ms] */
const IN_FLIGHT_MS = 100;

/** An attack counts as running this long after its start, for the page. [µs] */
const RUNNING_US = 600e6;

export class Demo implements DemoControl {
  readonly #options: DemoOptions;
  readonly #plant: Child<ParentMessage, ChildMessage>;
  readonly #enforcer: Child<ToEnforcer, FromEnforcer>;
  readonly #startedUs = new Map<string, number>();
  #health: readonly ConduitHealth[] = [];
  #listening: Extract<FromEnforcer, { type: 'ready' }>['listening'] = [];
  #asked = 0;
  /** Frames the engine missed because it was slow. */
  dropped = 0;

  private constructor(options: DemoOptions) {
    this.#options = options;
    this.#enforcer = new Child<ToEnforcer, FromEnforcer>({
      module: 'act/enforce/process',
      name: 'The enforcer',
      onMessage: (message) => this.#fromEnforcer(message),
      onExit: options.onTrouble,
    });
    this.#plant = new Child<ParentMessage, ChildMessage>({
      module: 'simulate/process',
      name: 'The simulated plant',
      onMessage: () => {},
      onExit: options.onTrouble,
    });
  }

  /** Opens the doors, then starts the plant behind them. Rejects with PORT_TAKEN where an address is in use. */
  static async start(options: DemoOptions): Promise<Demo> {
    const demo = new Demo(options);
    try {
      await demo.#start();
    } catch (error) {
      await demo.stop();
      throw error;
    }
    return demo;
  }

  async #start(): Promise<void> {
    const { clock, seed, plantPort: port } = this.#options;
    const conduits = CONTROLLERS.map((name) => ({
      name: `to ${name}`,
      listen: { host: conduitAddress(name), port },
      device: { host: DAIRY_ADDRESSES[name], port },
      protocols: ['modbus'],
    }));
    const ready = await this.#enforcer.ask(
      { type: 'start', clock: clock.setting, conduits },
      ({ type }) => type === 'ready',
    );
    if (ready.type === 'ready') this.#listening = ready.listening;
    const listen = Object.fromEntries(
      CONTROLLERS.map((name) => [name, { host: DAIRY_ADDRESSES[name], port }]),
    ) as Record<DairyController, { host: string; port: number }>;
    const target = Object.fromEntries(
      CONTROLLERS.map((name) => [name, { host: conduitAddress(name), port }]),
    ) as Record<DairyController, { host: string; port: number }>;
    const { speed, originUs, wallOriginMs } = clock.setting;
    await this.#plant.ask(
      { type: 'start', seed, speed, originUs, wallOriginMs, addresses: { listen, target } },
      ({ type }) => type === 'ready',
    );
  }

  /** Plant time runs at another speed from now on, everywhere. */
  changeSpeed(speed: number): void {
    const setting = this.#options.clock.changeSpeed(speed);
    this.#plant.send({ type: 'clock', setting });
    this.#enforcer.send({ type: 'clock', setting });
  }

  attacks(): readonly AttackInfo[] {
    const nowUs = this.#options.clock.nowUs();
    return ATTACKS.map(({ name, title, story, cited, expected }) => {
      const startedUs = this.#startedUs.get(name) ?? Number.NEGATIVE_INFINITY;
      return { name, title, story, cited, expected, running: nowUs - startedUs < RUNNING_US };
    });
  }

  async start(name: string): Promise<Outcome | undefined> {
    if (!ATTACKS.some((attack) => attack.name === name)) return undefined;
    const id = ++this.#asked;
    const answer = await this.#plant.ask(
      { type: 'attack', id, name },
      (message) => message.type === 'attack' && message.id === id,
    );
    if (answer.type !== 'attack') throw new FiredoorError(ERROR_CODES.FAILED, 'The simulated plant gave no answer.');
    if (answer.started) this.#startedUs.set(name, this.#options.clock.nowUs());
    return { done: answer.started, sentence: answer.started ? `Started: ${answer.sentence}.` : answer.sentence };
  }

  doorFigures(): ReadonlyMap<string, DoorFigures> {
    return new Map(
      this.#health.map(({ name, listening, messages, latency }, i) => {
        const endpoint = this.#listening[i]?.endpoint;
        const listener = endpoint === undefined ? '' : `${endpoint.host}:${endpoint.port}`;
        const controller = CONTROLLERS[i]!;
        return [
          name,
          {
            listener,
            device: DAIRY_ADDRESSES[controller],
            listening,
            messages,
            p50Us: latency.p50Us,
            p99Us: latency.p99Us,
          },
        ];
      }),
    );
  }

  async stop(): Promise<void> {
    await this.#plant.stop({ type: 'stop' });
    await this.#enforcer.stop({ type: 'stop' });
  }

  #fromEnforcer(message: FromEnforcer): void {
    if (message.type === 'frames') {
      this.dropped = message.dropped;
      eachFrame(message.batch, (offset, length, timeUs) =>
        this.#options.onFrame(message.batch, offset, length, timeUs),
      );
      const { clock, onTime } = this.#options;
      onTime(message.nowUs - IN_FLIGHT_MS * 1000 * clock.speed);
    } else if (message.type === 'health') {
      this.#health = message.conduits;
      this.dropped = message.dropped;
    }
  }
}
