/**
 * Live updates for the pages that are open. The overview is asked of the engine once a second however many look, and only while
 * somebody does. A page that does not keep up is cut off, counted, and comes back by itself with a fresh overview.
 */
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';
import { EVENT_BACKLOG_MAX, EVENT_SUBSCRIBERS_MAX } from '../../limits.ts';
import type { EngineService } from './service.ts';
import type { LiveEvent } from './types.ts';

/** How often the overview is sent. [ms] */
const OVERVIEW_MS = 1_000;
/** Overviews between two looks at whether the session behind a stream still lasts. */
const SESSION_EVERY = 5;
/** Overviews between two comments that keep proxies from closing a quiet stream. */
const HEARTBEAT_EVERY = 15;
/** A stream that took nothing for this many overviews is dead (a sleeping laptop, a client that never reads). */
const STALLED_OVERVIEWS = 30;

export interface LiveOptions {
  readonly service: EngineService;
  /** Whether the session (see `Person.session`) still lasts; counts as use of it. */
  readonly lasts: (session: string) => Promise<boolean>;
  readonly onProblem: (what: string, cause: unknown) => void;
  readonly everyMs?: number;
}

/** One open stream: text to send, in order. */
export class Subscriber {
  readonly userId: string;
  readonly session: string;
  /** Called when the stream must end even though the client does not read it. */
  cut: () => void = () => {};
  #queue: string[] = [];
  /** The newest overview not sent yet; an older one is worthless. */
  #overview = '';
  #stalled = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(userId: string, session: string) {
    this.userId = userId;
    this.session = session;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Queues text; false where the subscriber is too far behind. */
  push(text: string): boolean {
    if (this.#queue.length >= EVENT_BACKLOG_MAX) return false;
    this.#queue.push(text);
    this.#wake?.();
    return true;
  }

  /** Sets the overview to send next; false where none was taken for too long. */
  showOverview(text: string): boolean {
    if (this.#overview !== '' && ++this.#stalled > STALLED_OVERVIEWS) return false;
    this.#overview = text;
    this.#wake?.();
    return true;
  }

  /** All text waiting, as soon as there is some; undefined at the end. */
  async next(): Promise<string | undefined> {
    while (!this.#ended && this.#queue.length === 0 && this.#overview === '') {
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
    if (this.#ended) return undefined;
    const text = this.#queue.join('') + this.#overview;
    this.#queue = [];
    this.#overview = '';
    this.#stalled = 0;
    return text;
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }
}

export class LiveHub {
  readonly #options: LiveOptions;
  readonly #subscribers = new Set<Subscriber>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #unsubscribe: (() => void) | undefined;
  #ticks = 0;
  #asking = false;
  #cutOff = 0;
  #closed = false;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  get subscriberCount(): number {
    return this.#subscribers.size;
  }

  /** Streams ended because their client did not keep up. */
  get cutOff(): number {
    return this.#cutOff;
  }

  /** A new stream, beginning with the overview. Throws TOO_MANY, and NOT_AVAILABLE while closing. */
  join(userId: string, session: string): Subscriber {
    if (this.#closed) throw new FiredoorError(ERROR_CODES.NOT_AVAILABLE, 'Firedoor is stopping.');
    if (this.#subscribers.size >= EVENT_SUBSCRIBERS_MAX) {
      throw new FiredoorError(
        ERROR_CODES.TOO_MANY,
        `${EVENT_SUBSCRIBERS_MAX} pages are open already; close one and try again.`,
      );
    }
    const subscriber = new Subscriber(userId, session);
    subscriber.push('retry: 2000\n\n');
    this.#subscribers.add(subscriber);
    if (this.#timer === undefined) this.#start();
    this.#inBackground(this.#sendOverview([subscriber]));
    return subscriber;
  }

  leave(subscriber: Subscriber): void {
    subscriber.end();
    this.#subscribers.delete(subscriber);
    if (this.#subscribers.size === 0) this.#stop();
  }

  /** Ends the streams that `which` says. */
  endWhere(which: (subscriber: Subscriber) => boolean): void {
    for (const subscriber of [...this.#subscribers]) if (which(subscriber)) this.#cut(subscriber);
  }

  /** Ends all streams; no new ones begin. */
  close(): void {
    this.#closed = true;
    this.endWhere(() => true);
    this.#stop();
  }

  #start(): void {
    this.#timer = setInterval(() => this.#tick(), this.#options.everyMs ?? OVERVIEW_MS);
    this.#unsubscribe = this.#options.service.subscribe((event) => {
      // The hub asks for overviews itself, at its own pace.
      if (event.type !== 'overview') this.#broadcast(textOf(event));
    });
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #tick(): void {
    this.#ticks++;
    if (this.#ticks % HEARTBEAT_EVERY === 0) this.#broadcast(': still here\n\n');
    if (this.#ticks % SESSION_EVERY === 0) this.#inBackground(this.#endStale());
    // A slow engine is not asked again before it has answered.
    if (!this.#asking) this.#inBackground(this.#sendOverview(this.#subscribers));
  }

  async #sendOverview(to: Iterable<Subscriber>): Promise<void> {
    this.#asking = true;
    try {
      const overview = await this.#options.service.overview();
      const text = textOf({ type: 'overview', overview });
      for (const subscriber of [...to]) if (!subscriber.showOverview(text)) this.#cutSlow(subscriber);
    } finally {
      this.#asking = false;
    }
  }

  async #endStale(): Promise<void> {
    for (const subscriber of [...this.#subscribers]) {
      if (!(await this.#options.lasts(subscriber.session))) this.#cut(subscriber);
    }
  }

  #broadcast(text: string): void {
    for (const subscriber of [...this.#subscribers]) if (!subscriber.push(text)) this.#cutSlow(subscriber);
  }

  #cutSlow(subscriber: Subscriber): void {
    this.#cutOff++;
    this.#cut(subscriber);
  }

  #cut(subscriber: Subscriber): void {
    this.leave(subscriber);
    subscriber.cut();
  }

  #inBackground(work: Promise<void>): void {
    work.catch((cause: unknown) => this.#options.onProblem('a live update failed', cause));
  }
}

/** One server-sent event (HTML Living Standard, 9.2). JSON has no line breaks of its own, so one data line is enough. */
function textOf(event: LiveEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
