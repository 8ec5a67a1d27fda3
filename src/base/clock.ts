/**
 * Plant time. Everything that is decided, learned or stored uses it; wall time is only for measuring latency.
 * A replayed capture, an accelerated simulation and a live site differ only in the clock they are given.
 */
import type { TimeUs } from '../records.ts';

export interface Clock {
  /** Plant time now. */
  nowUs(): TimeUs;
  /** Plant seconds per wall second: 1 live, more in an accelerated simulation. */
  readonly speed: number;
}

/** A clock that runs at `speed` times wall time from `originUs` (plant time at `wallOriginMs`). */
export class RunningClock implements Clock {
  readonly speed: number;
  readonly originUs: TimeUs;
  readonly wallOriginMs: number;

  constructor(speed = 1, originUs: TimeUs = Date.now() * 1000, wallOriginMs: number = Date.now()) {
    this.speed = speed;
    this.originUs = originUs;
    this.wallOriginMs = wallOriginMs;
  }

  nowUs(): TimeUs {
    return this.originUs + (performance.timeOrigin + performance.now() - this.wallOriginMs) * 1000 * this.speed;
  }
}

/** A clock that stands where it was put: tests, and replay where time arrives with the records. */
export class ManualClock implements Clock {
  readonly speed = 1;
  #nowUs: TimeUs;

  constructor(startUs: TimeUs = 0) {
    this.#nowUs = startUs;
  }

  nowUs(): TimeUs {
    return this.#nowUs;
  }

  /** Moves plant time forward to `timeUs`; an earlier time is ignored, captures may step back. */
  advanceTo(timeUs: TimeUs): void {
    if (timeUs > this.#nowUs) this.#nowUs = timeUs;
  }
}
