/**
 * One direction of one connection: bytes in, whole messages out. Framing and decoding are the protocol streams'; what they call
 * unfinished is held back. Bytes of a stream that is not (or no longer) understood go on at once.
 */
import type { MessageView } from '../../../sense/protocols/message-view.ts';
import type { MessageSink } from '../../../sense/protocols/protocol.ts';
import type { ProtocolStreams, SegmentContext, StreamState } from '../../../sense/protocols/streams.ts';
import { type ConduitPeers, type Decide, FORWARD } from './decision.ts';

/** What the gates of a conduit count together. */
export interface GateCounters {
  messages: number;
  denied: number;
  /** Decisions that threw: the message passed. */
  decisionErrors: number;
  /** Decoding that threw: the stream goes on undecoded. */
  framingErrors: number;
}

/** Receives the messages of all gates of a conduit, one gate at a time: `current` is set while its bytes are decoded. */
export class GateSink implements MessageSink {
  current: MessageGate | null = null;

  message(view: MessageView): void {
    this.current?.message(view);
  }
}

const NOTHING = new Uint8Array(0);

export class MessageGate {
  readonly #streams: ProtocolStreams;
  readonly #sink: GateSink;
  readonly #state: StreamState;
  readonly #fromClient: boolean;
  readonly #peers: ConduitPeers;
  readonly #decide: Decide | undefined;
  readonly #counters: GateCounters;
  readonly #answer: (bytes: Uint8Array) => void;
  readonly #context: SegmentContext = { timeUs: 0, frame: 0, frameStart: 0 };
  /** Stream position of the first byte not let through. */
  #passed = 0;
  /** Stream position after the last byte that came. */
  #arrived = 0;
  /** Bytes from `#passed` to `#arrived`. */
  #held: Uint8Array = NOTHING;
  /** Stream position of offset 0 of the bytes being decoded. */
  #base = 0;
  /** Ranges of messages that do not go on, in order, as stream positions. */
  #cut: { readonly from: number; readonly to: number }[] = [];
  #raw = false;

  constructor(options: {
    streams: ProtocolStreams;
    sink: GateSink;
    /** Shared by both directions of a connection; A is the client. */
    state: StreamState;
    fromClient: boolean;
    peers: ConduitPeers;
    decide: Decide | undefined;
    counters: GateCounters;
    /** Writes to the sender of this direction. */
    answer: (bytes: Uint8Array) => void;
  }) {
    this.#streams = options.streams;
    this.#sink = options.sink;
    this.#state = options.state;
    this.#fromClient = options.fromClient;
    this.#peers = options.peers;
    this.#decide = options.decide;
    this.#counters = options.counters;
    this.#answer = options.answer;
  }

  /** Bytes held back for the rest of their message. */
  get held(): number {
    return this.#held.length;
  }

  /** Takes bytes in; returns those that go on now, which may be `bytes` itself. */
  take(bytes: Uint8Array, timeUs: number): Uint8Array {
    const carriedBefore = this.#carried();
    this.#base = this.#arrived - carriedBefore;
    this.#arrived += bytes.length;
    if (!this.#raw) this.#decode(bytes, timeUs);
    // Until the protocol is known nothing is held: a peer that waits for three bytes must get them.
    const known = !this.#raw && this.#state.session !== null && !this.#state.unknown;
    const end = known ? this.#arrived - this.#carried() : this.#arrived;
    return this.#release(bytes, Math.max(end, this.#passed));
  }

  /** Lets go of what is held, whole or not. */
  releaseAll(): Uint8Array {
    return this.#release(NOTHING, this.#arrived);
  }

  /** Called for each message that is complete in the bytes being decoded. */
  message(view: MessageView): void {
    this.#counters.messages++;
    if (this.#decide === undefined) return;
    const { forward, answer } = this.#ask(view);
    if (forward) return;
    const from = this.#base + view.pduOffset;
    const last = this.#cut.at(-1);
    // A PDU with several messages goes or stays whole, and is answered once.
    if (last?.from === from) return;
    this.#cut.push({ from, to: this.#base + view.pduEnd });
    this.#counters.denied++;
    if (answer !== undefined) this.#answer(answer);
  }

  #ask(view: MessageView) {
    try {
      return this.#decide?.(view, this.#peers) ?? FORWARD;
    } catch {
      this.#counters.decisionErrors++;
      return FORWARD;
    }
  }

  #decode(bytes: Uint8Array, timeUs: number): void {
    this.#context.timeUs = timeUs;
    this.#context.frame++;
    this.#sink.current = this;
    try {
      this.#streams.stream(this.#state, this.#fromClient, bytes, 0, bytes.length, this.#context);
    } catch {
      // Never expected; the line must run all the same.
      this.#counters.framingErrors++;
      this.#raw = true;
    }
    this.#sink.current = null;
  }

  #carried(): number {
    return (this.#fromClient ? this.#state.carryA : this.#state.carryB)?.length ?? 0;
  }

  /** Bytes from `#passed` to `end`, out of what was held and `bytes`, without the cut ranges. */
  #release(bytes: Uint8Array, end: number): Uint8Array {
    const from = this.#passed;
    this.#passed = end;
    let all = bytes;
    if (this.#held.length > 0) {
      all = new Uint8Array(this.#held.length + bytes.length);
      all.set(this.#held);
      all.set(bytes, this.#held.length);
    }
    // A copy: `bytes` may be a small part of a large buffer.
    this.#held = end === this.#arrived ? NOTHING : all.slice(end - from);
    const going = end === this.#arrived ? all : all.subarray(0, end - from);
    return this.#cut.length === 0 ? going : this.#withoutCut(going, from, end);
  }

  #withoutCut(going: Uint8Array, from: number, end: number): Uint8Array {
    const kept = new Uint8Array(going.length);
    let length = 0;
    let at = from;
    for (const cut of this.#cut) {
      if (cut.from > at) {
        kept.set(going.subarray(at - from, cut.from - from), length);
        length += cut.from - at;
      }
      at = Math.max(at, cut.to);
    }
    if (at < end) {
      kept.set(going.subarray(at - from, end - from), length);
      length += end - at;
    }
    this.#cut = [];
    return kept.subarray(0, length);
  }
}
