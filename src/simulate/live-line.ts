/**
 * The dairy line over real sockets: two Modbus servers on loopback, the clients connecting to configured addresses, so that a
 * conduit may stand between. Plant time comes from the clock it is given; everybody shares that one.
 */
import type { Clock } from '../base/clock.ts';
import { ERROR_CODES, FiredoorError } from '../base/errors.ts';
import type { AttackRun } from './attack-run.ts';
import { attackByName } from './attacks.ts';
import { type ClientScript, pduOf, Transactions } from './client-script.ts';
import { CONTROLLERS, DAIRY_ADDRESSES, DAIRY_PORT, type DairyController } from './dairy/addresses.ts';
import { DairyLine, type DairyTruth } from './dairy/line.ts';
import { type Endpoint, ModbusClient } from './modbus-client.ts';
import { ModbusServer } from './modbus-server.ts';

export interface DairyEndpoints {
  /** Where each controller listens. Port 0: any free one. */
  readonly listen: Readonly<Record<DairyController, Endpoint>>;
  /** Where clients go: the conduits, or the controllers themselves. Default: straight to the controllers. */
  readonly target?: Readonly<Record<DairyController, Endpoint>>;
}

export const DEFAULT_ENDPOINTS: DairyEndpoints = {
  listen: {
    P1: { host: DAIRY_ADDRESSES.P1, port: DAIRY_PORT },
    F1: { host: DAIRY_ADDRESSES.F1, port: DAIRY_PORT },
  },
};

export interface LiveOptions {
  readonly seed: number;
  readonly clock: Clock;
  readonly endpoints: DairyEndpoints;
  readonly localStartS?: number;
}

/** Wall time between two moves of the plant [ms]. */
const TICK_MS = 5;
/** Plant steps of one tick at most; beyond it the plant lags and says so instead of blocking its sockets. */
const STEPS_PER_TICK_MAX = 4_000;
/** Wall time a client waits for an answer [ms]; also the pause before it connects again. */
const ANSWER_MS = 1_000;
const RECONNECT_MS = 250;

export class LiveDairyLine {
  readonly line: DairyLine;
  readonly #clock: Clock;
  readonly #endpoints: DairyEndpoints;
  readonly #servers: Readonly<Record<DairyController, ModbusServer>>;
  readonly #clients = new Set<ModbusClient>();
  readonly #proven = new Set<DairyController>();
  readonly #loops: Promise<void>[] = [];
  #target: Readonly<Record<DairyController, Endpoint>> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Exchanges without an answer. */
  unanswered = 0;

  constructor({ seed, clock, endpoints, localStartS }: LiveOptions) {
    this.#clock = clock;
    this.#endpoints = endpoints;
    for (const { host } of [...Object.values(endpoints.listen), ...Object.values(endpoints.target ?? {})]) {
      if (!isLoopback(host)) {
        throw new FiredoorError(
          ERROR_CODES.BAD_USAGE,
          `The simulated plant stays on loopback (127.0.0.0/8), not ${host}.`,
        );
      }
    }
    this.line = new DairyLine({
      seed,
      startUs: clock.nowUs(),
      ...(localStartS === undefined ? {} : { localStartS }),
      startNumberSeen: (controller, number) => this.#startNumberSeen(controller as DairyController, number),
    });
    this.#servers = { P1: new ModbusServer(this.line.p1), F1: new ModbusServer(this.line.f1) };
  }

  /** Where the controllers listen after `start`. */
  readonly listening: Partial<Record<DairyController, Endpoint>> = {};

  /** How far the plant is behind its clock [plant seconds]. */
  get lagS(): number {
    return (this.#clock.nowUs() - this.line.nowUs) / 1e6;
  }

  /** Opens the servers. Rejects with PORT_TAKEN. Then `connect` starts the clients. */
  async listen(): Promise<Readonly<Record<DairyController, Endpoint>>> {
    for (const name of CONTROLLERS) {
      const { host, port } = this.#endpoints.listen[name];
      this.listening[name] = { host, port: await this.#servers[name].listen(host, port) };
    }
    this.#timer = setInterval(() => this.line.advanceTo(this.#clock.nowUs(), STEPS_PER_TICK_MAX), TICK_MS);
    return this.listening as Record<DairyController, Endpoint>;
  }

  /** Starts the clients towards `target` (default: as configured, else the controllers themselves). */
  connect(target: Readonly<Record<DairyController, Endpoint>> | undefined = this.#endpoints.target): void {
    const goal = target ?? (this.listening as Record<DairyController, Endpoint>);
    for (const { host } of Object.values(goal)) {
      if (!isLoopback(host))
        throw new FiredoorError(ERROR_CODES.BAD_USAGE, `Simulated clients stay on loopback, not ${host}.`);
    }
    this.#target = goal;
    for (const client of this.line.clients) this.#run(client);
  }

  /**
   * Starts an attack by name. Refuses (FAILED) unless one of this line's own clients has just read this line's start number
   * where the attack would go: so it can hit nothing but the simulation itself.
   */
  attack(name: string): AttackRun {
    const { controller } = attackByName(name);
    if (this.#target === undefined || !this.#proven.has(controller)) {
      const sentence = `The attack ${name} is refused: it is not shown that the address of ${controller} leads to this simulation.`;
      throw new FiredoorError(ERROR_CODES.FAILED, sentence);
    }
    const run = this.line.startAttack(name);
    this.#run(run);
    return run;
  }

  truth(): DairyTruth {
    return this.line.truth();
  }

  /** Closes clients and servers; resolves when all loops have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    for (const client of this.#clients) client.close();
    await Promise.all(CONTROLLERS.map((name) => this.#servers[name].close()));
    await Promise.all(this.#loops);
  }

  #startNumberSeen(controller: DairyController, number: number): void {
    if (number === this.line.startNumber) this.#proven.add(controller);
    else this.#proven.delete(controller);
  }

  #run(script: ClientScript): void {
    this.#loops.push(this.#loop(script));
  }

  async #loop(script: ClientScript): Promise<void> {
    const name = script.controller as DairyController;
    const client = new ModbusClient(this.#target![name], script.address, ANSWER_MS);
    this.#clients.add(client);
    const transactions = new Transactions();
    const { unitId } = this.line.controller(name);
    while (!this.#stopped && script.nextUs !== Number.POSITIVE_INFINITY) {
      await this.#waitUntil(script.nextUs);
      if (this.#stopped) break;
      const message = transactions.wrap(script.ask(this.#clock.nowUs()), unitId);
      const answer = await client.exchange(message);
      script.answer(answer === null ? null : pduOf(answer), this.#clock.nowUs());
      if (answer === null) {
        this.unanswered++;
        this.#proven.delete(name);
        await sleep(RECONNECT_MS);
      }
    }
    client.close();
    this.#clients.delete(client);
  }

  /** Waits in plant time; in short pieces, so that stopping never takes long. */
  async #waitUntil(timeUs: number): Promise<void> {
    for (;;) {
      const wallMs = (timeUs - this.#clock.nowUs()) / 1000 / this.#clock.speed;
      if (wallMs <= 0 || this.#stopped) return;
      await sleep(Math.min(wallMs, 200));
    }
  }
}

/** True for addresses in 127.0.0.0/8. */
export function isLoopback(host: string): boolean {
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
