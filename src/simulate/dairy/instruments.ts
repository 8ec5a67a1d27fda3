/** Instruments: what a controller is told about the truth. Lag, noise, slow drift, steps of the converter. */
import type { Random } from '../../base/random.ts';

export interface InstrumentOptions {
  /** First-order lag of the instrument [s]; 0 for none. */
  readonly lagS: number;
  /** Standard deviation of the noise [unit]. */
  readonly noise: number;
  /** Smallest step of the converter [unit]. */
  readonly step: number;
  /** Standard deviation of the slow drift [unit], over about an hour. */
  readonly drift?: number;
}

const DRIFT_TIME_S = 3600;

export class Instrument {
  readonly #random: Random;
  readonly #options: InstrumentOptions;
  #lagged = Number.NaN;
  #drift = 0;

  constructor(random: Random, options: InstrumentOptions) {
    this.#random = random;
    this.#options = options;
  }

  /** Reads the true value `dtS` seconds after the last reading. */
  read(truth: number, dtS: number): number {
    const { lagS, noise, step, drift = 0 } = this.#options;
    if (Number.isNaN(this.#lagged) || lagS === 0) this.#lagged = truth;
    else this.#lagged += (truth - this.#lagged) * (1 - Math.exp(-dtS / lagS));
    if (drift > 0) {
      this.#drift +=
        (-this.#drift * dtS) / DRIFT_TIME_S + drift * Math.sqrt((2 * dtS) / DRIFT_TIME_S) * this.#random.normal();
    }
    return Math.round((this.#lagged + this.#drift + noise * this.#random.normal()) / step) * step;
  }
}

/** A value that wanders round zero (Ornstein–Uhlenbeck): milk temperature, ambient, mains. */
export class Wander {
  value = 0;
  readonly #random: Random;
  readonly #deviation: number;
  readonly #timeS: number;

  constructor(random: Random, deviation: number, timeS: number) {
    this.#random = random;
    this.#deviation = deviation;
    this.#timeS = timeS;
  }

  step(dtS: number): number {
    this.value +=
      (-this.value * dtS) / this.#timeS + this.#deviation * Math.sqrt((2 * dtS) / this.#timeS) * this.#random.normal();
    return this.value;
  }
}
