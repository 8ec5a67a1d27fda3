/**
 * Keeps an enforcer alive and the line open: when the enforcer dies or hangs, its redirect is removed, it is killed, conduits that fail
 * open get a plain relay on the same port, those that fail closed stay closed; then a new enforcer is started and takes over. All that
 * is read here is a sign of life.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ERROR_CODES } from '../../../base/errors.ts';
import type { ConduitPlacement, FromEnforcer, SupervisorState, ToEnforcer } from '../messages.ts';
import { admission, EVERYBODY_PASSES, type FailurePlan, isShut } from './failure-plan.ts';
import { PlainRelay } from './plain-relay.ts';

/** An enforcer speaks every 100 ms; without a word for so long it hangs. [ms] */
const HANG_MS = 500;
const CHECK_MS = 100;
/** When this process itself was late by so much, it cannot say who hangs. [ms] */
const OWN_LAG_MS = 150;
/** Time a new enforcer has to come up. [ms] */
const START_MS = 15_000;
/** Wait before the next start, doubled after each failure in a row. [ms] */
const RESTART_MS = 100;
const RESTART_MS_MAX = 30_000;
/** An enforcer that ran so long starts the count of failures anew. [ms] */
const STEADY_MS = 60_000;
/** Heap of the enforcer: its memory cap. [MB] */
const HEAP_MB = 256;

export interface SupervisorOptions {
  readonly onMessage: (message: FromEnforcer) => void;
  readonly onState: (state: SupervisorState, sentence: string) => void;
  /** Removes and renews the redirect, where the conduits are placed by one. */
  readonly redirect?: { readonly remove: () => Promise<void>; readonly renew: () => Promise<void> };
  /** The module to fork, asked at each start; tests give another. */
  readonly module?: () => string;
  /** Flags of Node for the enforcer. */
  readonly nodeFlags?: readonly string[];
}

type Start = Extract<ToEnforcer, { readonly type: 'start' }>;
/** Messages whose last one a new enforcer needs. */
const REPEATED = ['work', 'learned'] as const;

export class Supervisor {
  state: SupervisorState = 'stopped';
  readonly #options: SupervisorOptions;
  readonly #repeated = new Map<string, ToEnforcer>();
  /** By name of the listener. */
  readonly #relays = new Map<string, PlainRelay>();
  #start: Start | undefined;
  #child: ChildProcess | undefined;
  #plan: FailurePlan = EVERYBODY_PASSES;
  #heardMs = 0;
  #startedMs = 0;
  #checkedMs = 0;
  #failures = 0;
  #ready = false;
  #stopping = false;
  #timer: NodeJS.Timeout | undefined;
  #restart: NodeJS.Timeout | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Process id of the enforcer; undefined while there is none. */
  get enforcerPid(): number | undefined {
    return this.#child?.pid;
  }

  send(message: ToEnforcer): void {
    if (message.type === 'start') return this.#begin(message);
    if (message.type === 'clock' && this.#start !== undefined) this.#start = { ...this.#start, clock: message.setting };
    if (REPEATED.some((type) => type === message.type)) this.#repeated.set(message.type, message);
    if (this.#child?.connected === true) this.#child.send(message);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    clearTimeout(this.#restart);
    await this.#closeRelays();
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise<void>((resolve) => {
        child.once('exit', () => resolve());
      });
      if (child.connected) child.send({ type: 'stop' } satisfies ToEnforcer);
      const timer = setTimeout(() => child.kill('SIGKILL'), 2_000);
      await gone;
      clearTimeout(timer);
    }
    await this.#options.redirect?.remove();
    this.#say('stopped', 'The doors are closed down.');
  }

  #begin(start: Start): void {
    this.#start = start;
    this.#checkedMs = performance.now();
    this.#timer = setInterval(() => this.#check(), CHECK_MS);
    this.#fork();
  }

  #fork(): void {
    const child = fork((this.#options.module ?? enforcerModule)(), [], {
      serialization: 'advanced',
      execArgv: [...process.execArgv, `--max-old-space-size=${HEAP_MB}`, ...(this.#options.nodeFlags ?? [])],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    this.#ready = false;
    this.#startedMs = this.#heardMs = performance.now();
    this.#say('starting', 'The enforcer starts.');
    child.on('message', (message) => this.#hear(child, message as FromEnforcer));
    child.on('error', () => {});
    child.on('exit', (code, signal) => this.#ended(child, `${signal ?? `exit code ${code}`}`));
  }

  #hear(child: ChildProcess, message: FromEnforcer): void {
    if (child !== this.#child) return;
    this.#heardMs = performance.now();
    if (message.type === 'busy') this.#heardMs += START_MS;
    else if (message.type === 'failure') this.#plan = message.plan;
    else if (message.type === 'alive' && !this.#ready) void this.#handOver(child);
    else if (message.type === 'ready') this.#isReady(message);
    else if (message.type === 'error' && !this.#ready && this.#failures > 0) child.kill('SIGKILL');
    else if (message.type !== 'alive') this.#options.onMessage(message);
  }

  /** The plain relay served until the new process was loaded; now the ports are handed over. */
  async #handOver(child: ChildProcess): Promise<void> {
    await this.#closeRelays();
    if (this.#start !== undefined && child === this.#child && child.connected) child.send(this.#start);
  }

  #isReady(message: FromEnforcer): void {
    this.#ready = true;
    for (const repeated of this.#repeated.values()) this.#child?.send(repeated);
    void this.#options.redirect?.renew();
    this.#say('enforcing', this.#failures === 0 ? 'The doors are held.' : 'The enforcer is back and holds the doors.');
    this.#options.onMessage(message);
  }

  #check(): void {
    const nowMs = performance.now();
    const lagMs = nowMs - this.#checkedMs - CHECK_MS;
    this.#checkedMs = nowMs;
    const child = this.#child;
    if (child === undefined) return;
    // Words may wait unread while this process was not running.
    if (lagMs > OWN_LAG_MS) this.#heardMs = nowMs;
    const limitMs = this.#ready ? HANG_MS : START_MS;
    if (nowMs - this.#heardMs <= limitMs) return;
    this.#heardMs = nowMs;
    void this.#kill(child);
  }

  /** First the way around it, then its end: a client must not wait for a process that does not answer. */
  async #kill(child: ChildProcess): Promise<void> {
    await this.#options.redirect?.remove().catch(() => {});
    child.kill('SIGKILL');
  }

  #ended(child: ChildProcess, how: string): void {
    if (child !== this.#child) return;
    this.#child = undefined;
    if (this.#stopping) return;
    const ranMs = performance.now() - this.#startedMs;
    this.#failures = ranMs > STEADY_MS ? 1 : this.#failures + 1;
    if (this.#failures === 1 && !this.#ready) {
      // It never came up: whoever asked for it has been told why by its own error.
      this.#options.onMessage({ type: 'error', code: ERROR_CODES.FAILED, sentence: `The enforcer ended (${how}).` });
    }
    void this.#options.redirect?.remove().catch(() => {});
    void this.#takeOver(how);
    const waitMs = Math.min(RESTART_MS * 2 ** (this.#failures - 1), RESTART_MS_MAX);
    this.#restart = setTimeout(() => this.#fork(), waitMs);
  }

  async #takeOver(how: string): Promise<void> {
    const admits = admission(this.#plan);
    const shut: string[] = [];
    const open = (this.#start?.conduits ?? []).filter(({ name }) => {
      if (isShut(this.#plan, name)) shut.push(name);
      return !isShut(this.#plan, name);
    });
    const opened = await Promise.all(open.map((placement) => this.#relay(placement, admits)));
    const names = opened.filter((name) => name !== '');
    const passes = names.length === 0 ? 'Nothing passes' : `Plain relays pass unjudged: ${names.join(', ')}`;
    const stays = shut.length === 0 ? '' : ` Shut until it is back: ${shut.join(', ')}.`;
    this.#say('relaying', `The enforcer ended (${how}). ${passes}.${stays}`);
  }

  async #relay(placement: ConduitPlacement, admits: (listener: string, client: string) => boolean): Promise<string> {
    const { name, listen, device } = placement;
    // The one that took over before this enforcer, which never came so far as to hold the port.
    if (this.#relays.has(name)) return name;
    const relay = new PlainRelay(listen, device, (client) => admits(name, client));
    if (this.#stopping) return '';
    this.#relays.set(name, relay);
    try {
      await relay.listen();
      return name;
    } catch {
      this.#relays.delete(name);
      return '';
    }
  }

  async #closeRelays(): Promise<void> {
    const relays = [...this.#relays.values()];
    this.#relays.clear();
    await Promise.all(relays.map((relay) => relay.close()));
  }

  #say(state: SupervisorState, sentence: string): void {
    this.state = state;
    this.#options.onState(state, sentence);
  }
}

/** The enforcer beside this file. */
export function enforcerModule(): string {
  const own = import.meta.url;
  return fileURLToPath(new URL(`../process${extname(new URL(own).pathname)}`, own));
}
