/**
 * The enforcer: conduits, the decision on the wire, the ledger; nothing else. It forwards whether or not anybody listens: frames for
 * the engine wait in a bounded batch and are dropped counted.
 */
import { mkdirSync } from 'node:fs';
import { type ClockSetting, RunningClock } from '../../base/clock.ts';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../../base/errors.ts';
import { CONDUIT_QUEUE_BYTES_MAX } from '../../limits.ts';
import { PROTOCOLS } from '../../sense/protocols/registry.ts';
import { Conduit, type ConduitEndpoint } from './conduit/index.ts';
import { DoorControl } from './door-control.ts';
import { FrameBatch } from './frame-batch.ts';
import type { FromEnforcer, ToEnforcer } from './messages.ts';
import type { SwitchName } from './safety/switches.ts';

/** Frames wait at most this long for company. [ms] */
const BATCH_MS = 10;
const BATCH_BYTES = 256 * 1024;
const HEALTH_MS = 1_000;
/** Without frames plant time is told this often; the supervisor takes it as a sign of life. [ms] */
const SILENCE_MS = 100;
/** How often the switch files are looked at. [ms] */
const SWITCH_MS = 200;

type Start = Extract<ToEnforcer, { readonly type: 'start' }>;

/** Serves one engine over `send`, which tells whether the channel takes more. */
export class Enforcer {
  readonly #send: (message: FromEnforcer, done: () => void) => void;
  readonly #batch = new FrameBatch(BATCH_BYTES);
  readonly #conduits: Conduit[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #clock: RunningClock | undefined;
  #control: DoorControl | undefined;
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
      await this.#act(message);
    } catch (error) {
      const code = error instanceof FiredoorError ? error.code : ERROR_CODES.FAILED;
      this.#tell({ type: 'error', code, sentence: sentenceOf(error) });
    }
  }

  /** A switch by signal. */
  switchOn(name: SwitchName): void {
    this.#control?.switchOn(name);
    this.#tellRecords();
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#conduits.map((conduit) => conduit.close()));
    this.#control?.close();
    this.#tellRecords();
    this.#flush();
  }

  async #act(message: ToEnforcer): Promise<void> {
    if (message.type === 'start') return this.#start(message);
    if (message.type === 'stop') return this.stop();
    if (message.type === 'clock') return this.#clock?.follow(message.setting);
    const control = this.#control;
    if (control === undefined) {
      throw new FiredoorError(
        ERROR_CODES.NOT_AVAILABLE,
        `The enforcer is not started; "${message.type}" came too early.`,
      );
    }
    actOn(control, message);
    this.#tellRecords();
  }

  async #start(start: Start): Promise<void> {
    const clock = clockOf(start.clock);
    this.#clock = clock;
    if (start.dataFolder !== undefined) mkdirSync(start.dataFolder, { recursive: true });
    const control =
      start.decides === false
        ? undefined
        : new DoorControl({
            ...{ dataFolder: start.dataFolder, site: start.site, nowUs: () => clock.nowUs() },
            tell: (message) => this.#tell(message),
            listeners: start.conduits.map(({ name, device, asDevice }) => ({ name, device: asDevice ?? device.host })),
            islandChanged: (on) => on && this.#closeOutside(),
          });
    this.#control = control;
    const listening: { name: string; endpoint: ConduitEndpoint }[] = [];
    for (const { name, listen, device, asDevice, protocols } of start.conduits) {
      const conduit = new Conduit({
        ...{ name, listen, device, clock, ...(asDevice === undefined ? {} : { asDevice }) },
        ...(protocols === undefined ? {} : { protocols: PROTOCOLS.filter((one) => protocols.includes(one.name)) }),
        onFrame: (frame, timeUs) => this.#frame(frame, timeUs),
        ...(control === undefined ? {} : decidedBy(control, (client) => this.#admits(client))),
      });
      const port = await conduit.listen();
      this.#conduits.push(conduit);
      listening.push({ name, endpoint: { host: listen.host, port } });
    }
    this.#timers.push(setInterval(() => this.#flush(), BATCH_MS));
    this.#timers.push(setInterval(() => this.#second(), HEALTH_MS));
    this.#timers.push(setInterval(() => this.#look(), SWITCH_MS));
    this.#tell({ type: 'ready', listening });
    this.#tellRecords();
  }

  #admits(client: string): boolean {
    const control = this.#control;
    return control === undefined || !control.island || !control.decider.keeper.isOutside(client);
  }

  #closeOutside(): void {
    for (const conduit of this.#conduits) conduit.resetWhere((client) => !this.#admits(client));
  }

  #look(): void {
    this.#control?.pollSwitches();
    this.#tellRecords();
  }

  #second(): void {
    this.#control?.tick();
    this.#tellRecords();
    const figures = (this.#control ?? NO_CONTROL).figures();
    this.#tell({
      type: 'health',
      conduits: this.#conduits.map((conduit) => conduit.health()),
      dropped: this.#dropped,
      figures,
    });
  }

  #tellRecords(): void {
    const records = this.#control?.takeRecords() ?? [];
    if (records.length > 0) this.#tell({ type: 'ledger', records });
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

  #tell(message: FromEnforcer): void {
    this.#send(message, () => {});
  }
}

/** Figures of an enforcer that only relays. */
const NO_CONTROL = new DoorControl({
  ...{ dataFolder: undefined, site: undefined, nowUs: () => 0, tell: () => {}, islandChanged: () => {} },
});

type Controlling = Exclude<ToEnforcer, { readonly type: 'start' | 'stop' | 'clock' }>;

function actOn(control: DoorControl, message: Controlling): void {
  switch (message.type) {
    case 'policy':
      return control.policy(message);
    case 'policy-confirm':
      return control.confirmPolicy(message);
    case 'mode':
      return control.mode(message);
    case 'plant':
      return control.plant(message);
    case 'work':
      return control.work(message);
    case 'learned':
      return control.decider.keeper.setLearned(message.facts);
    case 'grant':
      return control.grant(message);
    case 'grant-end':
      return control.endGrant(message);
    case 'switch':
      return control.switch(message);
    case 'judgement':
      return control.judgement(message);
  }
}

function decidedBy({ decider }: DoorControl, admit: (client: string) => boolean) {
  return { decide: decider.decide, undecoded: decider.undecoded, admit };
}

function clockOf({ speed, originUs, wallOriginMs }: ClockSetting): RunningClock {
  return new RunningClock(speed, originUs, wallOriginMs);
}
