/**
 * Records on their way between parts of Firedoor, in one process or over a fleet. Subjects are words with dots between, as in NATS:
 * `site.dairy-north.incident`; a pattern may hold `*` for one word and end in `>` for one or more.
 */

/** A record as it travels: plain data, not changed after it was published. */
export interface Delivery<T = unknown> {
  readonly subject: string;
  readonly record: T;
}

export interface Subscription {
  /** Records given up because this subscriber was slow. */
  readonly dropped: number;
  /** No delivery begins after this. */
  stop(): void;
}

export interface BusHealth {
  readonly published: number;
  readonly delivered: number;
  /** Over all subscribers, ended ones included. */
  readonly dropped: number;
  /** Deliveries whose handler threw or rejected. */
  readonly failed: number;
  readonly subscriptions: number;
}

export interface Bus {
  /** Hands a record to everybody whose pattern fits. Never waits. Throws BAD_USAGE for a subject with an empty word or a wildcard. */
  publish(subject: string, record: unknown): void;
  /**
   * Calls `handler` with each record in order of publishing, one at a time: an asynchronous handler is waited for. Beyond
   * `BUS_BACKLOG_MAX` records waiting the oldest are dropped and counted. Throws BAD_USAGE for a bad pattern.
   */
  subscribe(pattern: string, handler: (delivery: Delivery) => void | Promise<void>): Subscription;
  health(): BusHealth;
  /** Resolves when what is waiting has been delivered; nothing is taken afterwards. */
  close(): Promise<void>;
}
