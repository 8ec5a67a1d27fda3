/** A forked part of Firedoor: typed messages, one start, and an end that is noticed. */
import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ERROR_CODES, type ErrorCode, FiredoorError } from '../../base/errors.ts';

/** Wall time a child gets to come up, and to go. [ms] */
const START_MS = 15_000;
const STOP_MS = 3_000;

export interface ChildOptions<From> {
  /** Module beside this program's modules, without extension: `simulate/process`. */
  readonly module: string;
  /** What a person calls it, for sentences. */
  readonly name: string;
  readonly onMessage: (message: From) => void;
  /** It ended without being asked to. */
  readonly onExit: (sentence: string) => void;
}

export class Child<To extends { readonly type: string }, From extends { readonly type: string }> {
  readonly #child: ChildProcess;
  readonly #options: ChildOptions<From>;
  readonly #waiting: ((message: From | Error) => boolean)[] = [];
  #stopping = false;

  constructor(options: ChildOptions<From>) {
    this.#options = options;
    const own = import.meta.url;
    const module = fileURLToPath(new URL(`../../${options.module}${extname(new URL(own).pathname)}`, own));
    this.#child = fork(module, [], {
      serialization: 'advanced',
      execArgv: process.execArgv,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (message) => this.#receive(message as From));
    this.#child.on('error', (cause) => this.#fail(cause));
    this.#child.on('exit', (code, signal) => {
      const sentence = `${options.name} ended unexpectedly (${signal ?? `exit code ${code}`}).`;
      this.#fail(new FiredoorError(ERROR_CODES.FAILED, sentence));
      if (!this.#stopping) options.onExit(sentence);
    });
  }

  send(message: To): void {
    if (this.#child.connected) this.#child.send(message);
  }

  /** Sends a message and waits for one that `fits`. Rejects with the child's own error, or when it takes too long. */
  ask(message: To, fits: (answer: From) => boolean): Promise<From> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new FiredoorError(ERROR_CODES.FAILED, `${this.#options.name} did not answer in time.`));
      }, START_MS);
      this.#waiting.push((answer) => {
        if (!(answer instanceof Error) && answer.type !== 'error' && !fits(answer)) return false;
        clearTimeout(timer);
        if (answer instanceof Error) reject(answer);
        else if (answer.type === 'error') reject(errorOf(answer as unknown as ChildError));
        else resolve(answer);
        return true;
      });
      this.send(message);
    });
  }

  /** Asks it to stop; kills it where it does not. Resolves when it is gone. */
  async stop(message: To): Promise<void> {
    this.#stopping = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => {
      this.#child.once('exit', () => resolve());
    });
    this.send(message);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(timer);
  }

  #receive(message: From): void {
    for (let i = this.#waiting.length - 1; i >= 0; i--) if (this.#waiting[i]!(message)) this.#waiting.splice(i, 1);
    this.#options.onMessage(message);
  }

  #fail(error: Error): void {
    for (const waits of this.#waiting.splice(0)) waits(error);
  }
}

interface ChildError {
  readonly code: string;
  readonly sentence: string;
}

function errorOf({ code, sentence }: ChildError): FiredoorError {
  const known = Object.values(ERROR_CODES).includes(code as ErrorCode);
  return new FiredoorError(known ? (code as ErrorCode) : ERROR_CODES.FAILED, sentence);
}
