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
  /** Connections ended because a denied message had no refusal, or parts of it had gone on before its end came. */
  disconnected: number;
}

/** Receives the messages of all gates of a conduit, one gate at a time: `current` is set while its bytes are decoded. */
export class GateSink implements MessageSink {
  current: MessageGate | null = null;

  message(view: MessageView): void {
    this.current?.message(view);
  }
}

const NOTHING = new Uint8Array(0);
/** Chunks whose place in the stream is remembered, to tell whether a message began in an earlier PDU. */
const CHUNKS_MAX = 1_024;

export class MessageGate {
  readonly #streams: ProtocolStreams;
  readonly #sink: GateSink;
  readonly #state: StreamState;
  readonly #fromClient: boolean;
  readonly #peers: ConduitPeers;
  readonly #decide: Decide | undefined;
  readonly #counters: GateCounters;
  readonly #answer: (bytes: Uint8Array) => void;
  readonly #disconnect: () => void;
  readonly #undecoded: (peers: ConduitPeers) => boolean;
  /** Stream position of each of the last chunks, by number modulo `CHUNKS_MAX`. */
  readonly #chunks: Float64Array;
  #ended = false;
  /** Where the PDU being judged ends in the stream, and where the one before it ended. */
  #judgedTo = 0;
  #judgedBefore = 0;
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
    /** Resets both sides, once. */
    disconnect?: () => void;
    /** Bytes of a client that make no message: true ends the connection, false lets them go on. */
    undecoded?: (peers: ConduitPeers) => boolean;
  }) {
    this.#streams = options.streams;
    this.#sink = options.sink;
    this.#state = options.state;
    this.#fromClient = options.fromClient;
    this.#peers = options.peers;
    this.#decide = options.decide;
    this.#counters = options.counters;
    this.#answer = options.answer;
    this.#disconnect = options.disconnect ?? (() => {});
    this.#undecoded = options.undecoded ?? (() => false);
    this.#chunks = new Float64Array(options.decide === undefined ? 0 : CHUNKS_MAX);
  }

  /** Bytes held back for the rest of their message. */
  get held(): number {
    return this.#held.length;
  }

  /** Takes bytes in; returns those that go on now, which may be `bytes` itself. */
  take(bytes: Uint8Array, timeUs: number): Uint8Array {
    const carriedBefore = this.#carried();
    const { lostSync, attempts } = this.#state;
    this.#base = this.#arrived - carriedBefore;
    if (this.#chunks.length > 0) this.#chunks[(this.#context.frame + 1) % CHUNKS_MAX] = this.#arrived;
    this.#arrived += bytes.length;
    if (!this.#raw) this.#decode(bytes, timeUs);
    const nameless = this.#state.unknown || this.#state.attempts > attempts;
    const lost = this.#raw || nameless || this.#state.lostSync > lostSync;
    if (lost && this.#fromClient && this.#undecoded(this.#peers)) this.#end();
    // Until the protocol is known nothing is held, since a peer that waits for three bytes must get them; unless messages are decided.
    const known = !this.#raw && this.#state.session !== null && !this.#state.unknown;
    const holds = known || (this.#decide !== undefined && this.#fromClient && !this.#isPreamble());
    const end = holds ? this.#arrived - this.#carried() : this.#arrived;
    return this.#release(bytes, Math.max(end, this.#passed));
  }

  /** Lets go of what is held, whole or not. */
  releaseAll(): Uint8Array {
    return this.#release(NOTHING, this.#arrived);
  }

  /** Called for each message that is complete in the bytes being decoded. */
  message(view: MessageView): void {
    this.#counters.messages++;
    if (this.#decide === undefined || this.#ended) return;
    const to = this.#base + view.pduEnd;
    if (to !== this.#judgedTo) {
      this.#judgedBefore = this.#judgedTo;
      this.#judgedTo = to;
    }
    const { forward, answer, disconnect } = this.#ask(view);
    if (!forward) this.#refuse(view, to, answer, disconnect === true);
  }

  #refuse(view: MessageView, to: number, answer: Uint8Array | undefined, disconnect: boolean): void {
    const from = this.#base + view.pduOffset;
    const last = this.#cut.at(-1);
    // A PDU with several messages goes or stays whole, and is answered once.
    if (last !== undefined && last.from <= from && last.to === to) return;
    const began = this.#began(view, from);
    const whole = began >= this.#passed && began >= this.#judgedBefore;
    this.#cut.push({ from: whole ? began : from, to });
    this.#counters.denied++;
    if (answer !== undefined) this.#answer(answer);
    // The device holds the first parts of it and would join them with whatever comes next: it has to forget them.
    if (disconnect || !whole) this.#end();
  }

  /** Stream position of the first byte of a message, which may lie in an earlier PDU than its last; -1 where long forgotten. */
  #began(view: MessageView, from: number): number {
    if (view.frame - view.firstFrame >= CHUNKS_MAX) return -1;
    return Math.min(from, this.#chunks[view.firstFrame % CHUNKS_MAX]! + view.frameFrom);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#counters.disconnected++;
    this.#disconnect();
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

  /** What waits for its protocol's name is an opening that has to be answered first. */
  #isPreamble(): boolean {
    const carry = this.#state.carryA;
    if (carry === null || carry.length === 0) return false;
    return this.#streams.isPreamble(carry.bytes, 0, carry.length);
  }

  #carried(): number {
    return (this.#fromClient ? this.#state.carryA : this.#state.carryB)?.length ?? 0;
  }

  /** Bytes from `#passed` to `end`, out of what was held and `bytes`, without the cut ranges. */
  #release(bytes: Uint8Array, end: number): Uint8Array {
    if (this.#ended) return NOTHING;
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
