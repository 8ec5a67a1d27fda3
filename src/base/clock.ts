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

/** From a wall time on, plant time runs at `speed` from `originUs`. What processes tell each other to share one clock. */
export interface ClockSetting {
  readonly speed: number;
  /** Plant time at `wallOriginMs`. */
  readonly originUs: TimeUs;
  readonly wallOriginMs: number;
}

/** How far ahead a change of speed is announced, so that every process has heard of it before it counts. [ms] */
const ANNOUNCE_MS = 250;

/** A clock that runs at `speed` times wall time. Its speed may change; all who share it get the same `ClockSetting`. */
export class RunningClock implements Clock {
  #now: ClockSetting;
  #next: ClockSetting | undefined;

  constructor(speed = 1, originUs: TimeUs = Date.now() * 1000, wallOriginMs: number = Date.now()) {
    this.#now = { speed, originUs, wallOriginMs };
  }

  /** The setting in force, or the announced one. */
  get setting(): ClockSetting {
    return this.#next ?? this.#now;
  }

  get speed(): number {
    this.#take(wallMs());
    return this.#now.speed;
  }

  nowUs(): TimeUs {
    const wall = wallMs();
    this.#take(wall);
    return this.#at(wall);
  }

  /** Announces another speed, without a jump in plant time; tell the result to everybody else with `follow`. */
  changeSpeed(speed: number): ClockSetting {
    const wallOriginMs = wallMs() + ANNOUNCE_MS;
    this.#take(wallOriginMs);
    this.#next = { speed, originUs: this.#at(wallOriginMs), wallOriginMs };
    return this.#next;
  }

  /** Takes over a change announced elsewhere. */
  follow(setting: ClockSetting): void {
    this.#next = setting;
  }

  #at(wall: number): TimeUs {
    return this.#now.originUs + (wall - this.#now.wallOriginMs) * 1000 * this.#now.speed;
  }

  #take(wall: number): void {
    if (this.#next === undefined || wall < this.#next.wallOriginMs) return;
    this.#now = this.#next;
    this.#next = undefined;
  }
}

/** Wall time that never steps back, finer than a millisecond. */
function wallMs(): number {
  return performance.timeOrigin + performance.now();
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
