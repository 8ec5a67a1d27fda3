/**
 * One connection through a conduit: client socket, device socket, a gate each way. Whole messages go on in one write; who cannot
 * take more stops the other side from sending; ends, resets and refusals of one side are passed to the other.
 */
import type { Socket } from 'node:net';
import { CONDUIT_HOLD_MS_MAX } from '../../../limits.ts';
import type { LatencyHistogram } from './latency.ts';
import type { MessageGate } from './message-gate.ts';
import type { ObservedConnection } from './observer.ts';

/** Quiet time before a connection is probed: a peer that vanished must not keep its place for hours. [ms] */
const KEEP_ALIVE_MS = 30_000;

export interface RelayCounters {
  bytesToDevice: number;
  bytesToClient: number;
  /** Beginnings of messages that went on without their end, because it did not come in time. */
  heldTooLong: number;
}

export interface RelayParts {
  readonly client: Socket;
  /** Connecting or connected. */
  readonly device: Socket;
  readonly clientAddress: string;
  readonly observed: ObservedConnection | undefined;
  readonly latency: LatencyHistogram;
  readonly counters: RelayCounters;
  /** Plant time. */
  readonly nowUs: () => number;
  /** True where messages are decided: then nothing goes on undecided, however long its end takes. */
  readonly decides: boolean;
  readonly closed: () => void;
}

interface Side {
  readonly from: Socket;
  readonly to: Socket;
  readonly gate: MessageGate;
  readonly fromClient: boolean;
  /** When the oldest byte held back arrived. [ms of the process] */
  heldSinceMs: number;
  timer: NodeJS.Timeout | undefined;
}

export class Relay {
  readonly #parts: RelayParts;
  readonly #sides: readonly Side[];
  #open = 2;
  #started = false;

  /** `gates`: from the client, from the device. Call `start` once the device is connected. */
  constructor(parts: RelayParts, gates: readonly [MessageGate, MessageGate]) {
    this.#parts = parts;
    const { client, device } = parts;
    this.#sides = [
      { from: client, to: device, gate: gates[0], fromClient: true, heldSinceMs: 0, timer: undefined },
      { from: device, to: client, gate: gates[1], fromClient: false, heldSinceMs: 0, timer: undefined },
    ];
    for (const side of this.#sides) this.#watch(side);
  }

  start(): void {
    const { client, device, observed, nowUs } = this.#parts;
    for (const socket of [client, device]) {
      socket.setNoDelay(true);
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
    }
    this.#started = true;
    observed?.open(nowUs());
    for (const side of this.#sides) {
      side.from.on('data', (bytes: Buffer) => this.#forward(side, bytes));
      side.from.on('end', () => this.#end(side));
      side.to.on('drain', () => side.from.resume());
    }
    client.resume();
  }

  get client(): string {
    return this.#parts.clientAddress;
  }

  /** The device is reset at once; the client gets what was answered to it, then the end. */
  endAfterAnswer(): void {
    const { client, device } = this.#parts;
    device.resetAndDestroy();
    client.destroySoon();
  }

  /** Ends both sides at once, so that peers notice and connect again. */
  reset(): void {
    for (const { from } of this.#sides) from.resetAndDestroy();
  }

  /** An answer of the conduit itself to whoever sends on this side. */
  answer(toClient: boolean, bytes: Uint8Array): void {
    const { client, device, observed, nowUs } = this.#parts;
    (toClient ? client : device).write(bytes);
    observed?.data(!toClient, bytes, nowUs());
  }

  #forward(side: Side, bytes: Uint8Array): void {
    const arrivedMs = performance.now();
    const timeUs = this.#parts.nowUs();
    const since = side.gate.held > 0 ? side.heldSinceMs : arrivedMs;
    const going = side.gate.take(bytes, timeUs);
    if (going.length > 0) {
      this.#write(side, going);
      this.#parts.latency.add((performance.now() - since) * 1_000);
    }
    if (side.gate.held > 0) this.#hold(side, going.length > 0 ? arrivedMs : since);
    // After the write: what is observed is never waited for. The device's answers are told as they came, a client's requests too,
    // also those that went no further: an attempt is worth knowing.
    this.#parts.observed?.data(side.fromClient, bytes, timeUs);
  }

  #write(side: Side, bytes: Uint8Array): void {
    if (side.fromClient) this.#parts.counters.bytesToDevice += bytes.length;
    else this.#parts.counters.bytesToClient += bytes.length;
    if (!side.to.write(bytes)) side.from.pause();
  }

  #hold(side: Side, sinceMs: number): void {
    side.heldSinceMs = sinceMs;
    if (this.#parts.decides || side.timer !== undefined) return;
    side.timer = setTimeout(() => {
      side.timer = undefined;
      if (side.gate.held === 0 || side.to.destroyed) return;
      const restMs = side.heldSinceMs + CONDUIT_HOLD_MS_MAX - performance.now();
      // Another message may have begun since the timer was set.
      if (restMs > 1) return this.#hold(side, side.heldSinceMs);
      this.#parts.counters.heldTooLong++;
      this.#write(side, side.gate.releaseAll());
    }, CONDUIT_HOLD_MS_MAX);
  }

  /** One side has said all it will: the other is told after the last byte, and may still answer (half-close). */
  #end(side: Side): void {
    const rest = this.#parts.decides ? new Uint8Array(0) : side.gate.releaseAll();
    if (rest.length > 0) this.#write(side, rest);
    side.to.end();
  }

  #watch(side: Side): void {
    side.from.on('error', () => {
      // A reset is passed on as one: a client must not take it for an orderly end.
      side.to.resetAndDestroy();
    });
    side.from.on('close', () => {
      clearTimeout(side.timer);
      // What was written before an orderly close is still sent; after a reset this has no effect.
      if (!side.to.destroyed) side.to.destroySoon();
      if (--this.#open > 0) return;
      if (this.#started) this.#parts.observed?.close(this.#parts.nowUs());
      this.#parts.closed();
    });
  }
}
