/**
 * A conduit is also a sensor: what both sides said becomes frames, handed to whoever observes. Never in the way: chunks are queued
 * by reference after they were forwarded, the queue is bounded and drops counted, and a slow observer gets a share of the thread.
 */
import { CONDUIT_QUEUE_BYTES_MAX } from '../../../limits.ts';
import type { TimeUs } from '../../../records.ts';
import { type FrameSink, TcpConversation } from '../../../sense/capture/tcp-frames.ts';
import type { ConduitPeers } from './decision.ts';

/** Payload of one frame: what fits an Ethernet frame with IPv4 and TCP headers (RFC 879). [bytes] */
const SEGMENT_BYTES = 1_460;
/** What an entry costs besides its bytes. [bytes] */
const ENTRY_BYTES = 200;
/** Time the observer gets at a stretch, and how much longer traffic has the thread after it took more. [ms] */
const TURN_MS = 1;
/** Events wait so long for the traffic that made them to be over. [ms] */
const WAIT_MS = 2;
const REST_FACTOR = 4;
/** Entries done with that are removed together; shifting each would cost more. */
const COMPACT_ENTRIES = 1_024;
/** Handshake and close in the frames; the true round trip is the device's own. [µs] */
const ROUND_TRIP_US = 100;

type Told = { readonly timeUs: TimeUs } & (
  | { readonly told: 'open' | 'close' }
  /** `skipped`: bytes of this side before it that were given up. */
  | { readonly told: 'data'; readonly fromClient: boolean; readonly bytes: Uint8Array; readonly skipped: number }
);

interface Entry {
  readonly conversation: TcpConversation;
  readonly event: Told;
}

export interface ObserverFigures {
  readonly frames: number;
  /** Frames' worth of data given up because the observer was slow. */
  readonly dropped: number;
  readonly errors: number;
  readonly queuedBytes: number;
}

export class ConduitObserver {
  readonly #onFrame: FrameSink;
  readonly #entries: Entry[] = [];
  #next = 0;
  #queuedBytes = 0;
  #scheduled = false;
  #frames = 0;
  #dropped = 0;
  #errors = 0;

  constructor(onFrame: FrameSink) {
    this.#onFrame = onFrame;
  }

  /** A new connection; undefined where frames cannot carry its addresses (IPv6), counted as one dropped. */
  connection(peers: ConduitPeers, number: number): ObservedConnection | undefined {
    if (!isIpv4(peers.client) || !isIpv4(peers.device)) {
      this.#dropped++;
      return undefined;
    }
    const conversation = new TcpConversation(
      { address: peers.client, port: peers.clientPort },
      { address: peers.device, port: peers.devicePort },
      // Sequence numbers only have to differ between connections that reuse a port.
      [(number * 64_000) >>> 0, (number * 64_000 + 0x40000000) >>> 0],
      (frame, timeUs) => this.#tell(frame, timeUs),
    );
    return new ObservedConnection(this, conversation);
  }

  /** Queues an event; false where it was given up. */
  queue(conversation: TcpConversation, event: Told): boolean {
    const bytes = costOf(event);
    if (this.#queuedBytes + bytes > CONDUIT_QUEUE_BYTES_MAX) {
      this.#dropped += event.told === 'data' ? Math.ceil(event.bytes.length / SEGMENT_BYTES) : 1;
      return false;
    }
    this.#queuedBytes += bytes;
    this.#entries.push({ conversation, event });
    if (!this.#scheduled) {
      this.#scheduled = true;
      // Not at once: the answer to what was just forwarded is likely on its way, and goes first.
      setTimeout(() => this.#drain(), WAIT_MS);
    }
    return true;
  }

  figures(): ObserverFigures {
    return { frames: this.#frames, dropped: this.#dropped, errors: this.#errors, queuedBytes: this.#queuedBytes };
  }

  #drain(): void {
    const beganMs = performance.now();
    let spentMs = 0;
    while (this.#next < this.#entries.length && spentMs < TURN_MS) {
      const { conversation, event } = this.#entries[this.#next++]!;
      this.#queuedBytes -= costOf(event);
      replay(conversation, event);
      spentMs = performance.now() - beganMs;
    }
    if (this.#next === this.#entries.length || this.#next > COMPACT_ENTRIES) {
      this.#entries.splice(0, this.#next);
      this.#next = 0;
    }
    // Also with nothing left: the next event must not give a slow observer the thread again at once.
    if (spentMs >= 2 * TURN_MS) setTimeout(() => this.#drain(), REST_FACTOR * spentMs).unref();
    else if (this.#entries.length > this.#next) setImmediate(() => this.#drain());
    else this.#scheduled = false;
  }

  #tell(frame: Uint8Array, timeUs: TimeUs): void {
    this.#frames++;
    try {
      this.#onFrame(frame, timeUs);
    } catch {
      this.#errors++;
    }
  }
}

/** What is told of one connection. */
export class ObservedConnection {
  readonly #observer: ConduitObserver;
  readonly #conversation: TcpConversation;
  /** Bytes given up before the next bytes told, from the client and from the device. */
  readonly #missing = { client: 0, device: 0 };

  constructor(observer: ConduitObserver, conversation: TcpConversation) {
    this.#observer = observer;
    this.#conversation = conversation;
  }

  open(timeUs: TimeUs): void {
    this.#observer.queue(this.#conversation, { told: 'open', timeUs });
  }

  data(fromClient: boolean, bytes: Uint8Array, timeUs: TimeUs): void {
    const side = fromClient ? 'client' : 'device';
    const event = { told: 'data', fromClient, bytes, timeUs, skipped: this.#missing[side] } as const;
    // What follows given up bytes must not close up to what came before them.
    if (this.#observer.queue(this.#conversation, event)) this.#missing[side] = 0;
    else this.#missing[side] += bytes.length;
  }

  close(timeUs: TimeUs): void {
    this.#observer.queue(this.#conversation, { told: 'close', timeUs });
  }
}

function replay(conversation: TcpConversation, event: Told): void {
  if (event.told === 'open') conversation.open(event.timeUs, ROUND_TRIP_US);
  else if (event.told === 'close') conversation.close(event.timeUs, ROUND_TRIP_US);
  else if (event.told === 'data') {
    if (event.skipped > 0) conversation.skip(event.fromClient, event.skipped);
    for (let at = 0; at < event.bytes.length; at += SEGMENT_BYTES) {
      conversation.send(event.fromClient, event.bytes.subarray(at, at + SEGMENT_BYTES), event.timeUs);
    }
  }
}

function costOf(event: Told): number {
  return ENTRY_BYTES + (event.told === 'data' ? event.bytes.length : 0);
}

function isIpv4(address: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(address);
}
