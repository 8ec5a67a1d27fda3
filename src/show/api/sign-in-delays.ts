/**
 * Failed sign-ins make the next ones slow; nobody is ever locked out, because a lock-out is a way to keep an operator from the
 * plant. Delays count per address (full) and per name (short), so that guessing from elsewhere does not slow down its owner much.
 */
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';
import { SIGN_IN_FAILURES_MAX, SIGN_IN_WAITING_MAX, SIGN_IN_WAITING_PER_ADDRESS_MAX } from '../../limits.ts';

/** Delay after the first failure, doubled with each further one. [ms] */
const FIRST_DELAY_MS = 500;
const ADDRESS_DELAY_MS_MAX = 30_000;
const NAME_DELAY_MS_MAX = 4_000;
/** Failures are forgotten after this long without another. [ms] */
const FORGET_MS = 15 * 60_000;

export interface SignInDelayOptions {
  /** Wall time. [ms] */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

interface Failures {
  readonly count: number;
  readonly lastMs: number;
}

export class SignInDelays {
  readonly #options: SignInDelayOptions;
  readonly #failures = new Map<string, Failures>();
  readonly #waiting = new Map<string, number>();
  #waitingTotal = 0;

  constructor(options: SignInDelayOptions) {
    this.#options = options;
  }

  /**
   * Runs `attempt` after the delay its name and address have earned; it answers undefined for a failed sign-in. Throws TOO_MANY
   * where too many wait already.
   */
  async run<T>(name: string, address: string, attempt: () => Promise<T | undefined>): Promise<T | undefined> {
    const waiting = this.#waiting.get(address) ?? 0;
    if (this.#waitingTotal >= SIGN_IN_WAITING_MAX || waiting >= SIGN_IN_WAITING_PER_ADDRESS_MAX) {
      throw new FiredoorError(ERROR_CODES.TOO_MANY, 'Too many sign-ins at once. Wait a moment and try again.');
    }
    this.#waitingTotal++;
    this.#waiting.set(address, waiting + 1);
    try {
      // Attempts side by side count as failed already, so that guessing in parallel gains nothing.
      const delayMs = this.delayMs(name, address, waiting);
      if (delayMs > 0) await this.#options.sleep(delayMs);
      const result = await attempt();
      this.#note(name, address, result !== undefined);
      return result;
    } finally {
      this.#waitingTotal--;
      const left = (this.#waiting.get(address) ?? 1) - 1;
      if (left > 0) this.#waiting.set(address, left);
      else this.#waiting.delete(address);
    }
  }

  /** How long the next attempt waits. [ms] */
  delayMs(name: string, address: string, alsoWaiting = 0): number {
    const byAddress = this.#count(`address ${address}`) + alsoWaiting;
    const byName = this.#count(`name ${name}`);
    return Math.max(delayOf(byAddress, ADDRESS_DELAY_MS_MAX), delayOf(byName, NAME_DELAY_MS_MAX));
  }

  #note(name: string, address: string, succeeded: boolean): void {
    for (const key of [`address ${address}`, `name ${name}`]) {
      const count = this.#count(key);
      this.#failures.delete(key);
      if (succeeded) continue;
      // Set anew, so that the map stays in order of the last failure and the oldest is forgotten first.
      this.#failures.set(key, { count: count + 1, lastMs: this.#options.now() });
      if (this.#failures.size > SIGN_IN_FAILURES_MAX) {
        const oldest = this.#failures.keys().next().value;
        if (oldest !== undefined) this.#failures.delete(oldest);
      }
    }
  }

  #count(key: string): number {
    const known = this.#failures.get(key);
    return known === undefined || this.#options.now() - known.lastMs > FORGET_MS ? 0 : known.count;
  }
}

function delayOf(failures: number, maxMs: number): number {
  return failures === 0 ? 0 : Math.min(maxMs, FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 20));
}
