/** The bus inside one process: a bounded backlog a subscriber, delivered outside the publisher's turn. */
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';
import { BUS_BACKLOG_MAX, BUS_SUBSCRIPTIONS_MAX } from '../../limits.ts';
import type { Bus, BusHealth, Delivery, Subscription } from './bus.ts';

type Handler = (delivery: Delivery) => void | Promise<void>;

export class InProcessBus implements Bus {
  readonly #subscribers = new Set<Subscriber>();
  readonly #counters = { published: 0, delivered: 0, dropped: 0, failed: 0 };
  #closed = false;

  publish(subject: string, record: unknown): void {
    const words = wordsOf(subject, false);
    if (this.#closed) return;
    this.#counters.published++;
    for (const subscriber of this.#subscribers) {
      if (fits(subscriber.pattern, words)) subscriber.add({ subject, record });
    }
  }

  subscribe(pattern: string, handler: Handler): Subscription {
    const words = wordsOf(pattern, true);
    if (this.#subscribers.size >= BUS_SUBSCRIPTIONS_MAX) {
      const sentence = `There are ${BUS_SUBSCRIPTIONS_MAX} subscriptions already; stop some first.`;
      throw new FiredoorError(ERROR_CODES.TOO_MANY, sentence);
    }
    const subscriber = new Subscriber(words, handler, this.#counters, () => this.#subscribers.delete(subscriber));
    this.#subscribers.add(subscriber);
    return subscriber;
  }

  health(): BusHealth {
    return { ...this.#counters, subscriptions: this.#subscribers.size };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#subscribers].map((subscriber) => subscriber.idle()));
    for (const subscriber of this.#subscribers) subscriber.stop();
  }
}

class Subscriber implements Subscription {
  readonly pattern: readonly string[];
  dropped = 0;
  readonly #handler: Handler;
  readonly #counters: { delivered: number; dropped: number; failed: number };
  readonly #ended: () => void;
  readonly #backlog: Delivery[] = [];
  #next = 0;
  #running: Promise<void> | undefined;

  constructor(
    pattern: readonly string[],
    handler: Handler,
    counters: { delivered: number; dropped: number; failed: number },
    ended: () => void,
  ) {
    this.pattern = pattern;
    this.#handler = handler;
    this.#counters = counters;
    this.#ended = ended;
  }

  add(delivery: Delivery): void {
    this.#backlog.push(delivery);
    if (this.#backlog.length - this.#next > BUS_BACKLOG_MAX) {
      this.#next++;
      this.dropped++;
      this.#counters.dropped++;
    }
    this.#running ??= this.#run();
  }

  async idle(): Promise<void> {
    await this.#running;
  }

  stop(): void {
    this.#backlog.length = 0;
    this.#next = 0;
    this.#ended();
  }

  async #run(): Promise<void> {
    // Outside the publisher's turn: a handler that publishes must not grow the publisher's stack.
    await Promise.resolve();
    for (let delivery = this.#take(); delivery !== undefined; delivery = this.#take()) {
      this.#counters.delivered++;
      try {
        await this.#handler(delivery);
      } catch {
        this.#counters.failed++;
      }
    }
    this.#running = undefined;
  }

  #take(): Delivery | undefined {
    const delivery = this.#backlog[this.#next];
    if (delivery === undefined) {
      this.#backlog.length = 0;
      this.#next = 0;
      return undefined;
    }
    this.#next++;
    if (this.#next > BUS_BACKLOG_MAX) {
      this.#backlog.splice(0, this.#next);
      this.#next = 0;
    }
    return delivery;
  }
}

function wordsOf(subject: string, wildcards: boolean): readonly string[] {
  const words = subject.split('.');
  const good = words.every((word, i) => {
    if (word === '*') return wildcards;
    if (word === '>') return wildcards && i === words.length - 1;
    return /^[^\s*>]+$/.test(word);
  });
  if (good) return words;
  const what = wildcards ? 'pattern' : 'subject';
  throw new FiredoorError(ERROR_CODES.BAD_USAGE, `"${subject}" is no ${what}: words with dots between are needed.`);
}

function fits(pattern: readonly string[], words: readonly string[]): boolean {
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] === '>') return words.length > i;
    if (i >= words.length || (pattern[i] !== '*' && pattern[i] !== words[i])) return false;
  }
  return pattern.length === words.length;
}
