/**
 * From bytes in order to messages: names the protocol by content (port as a hint), cuts the stream into PDUs, lets the protocol
 * dissect each. Serves the packet path and the conduits alike; there is no second parser.
 *
 * The fast path is a whole PDU inside one segment: it is dissected where it stands. What is left over is carried, bounded by
 * `CARRY_BYTES_MAX`; after a loss the next segment that starts with a PDU picks the stream up again.
 */
import { CARRY_BYTES_MAX, IDENTIFY_BYTES_MAX } from '../../limits.ts';
import { MessageView } from './message-view.ts';
import {
  MATCH_CLIENT,
  MATCH_MORE,
  MATCH_SERVER,
  type Match,
  type MessageSink,
  NEED_MORE,
  type Protocol,
  type ProtocolSession,
} from './protocol.ts';

/** What the net layer knows of the bytes it hands over. */
export interface SegmentContext {
  timeUs: number;
  /** Number of the frame, 1-based. */
  frame: number;
  /** Offset in `bytes` where that frame begins, so that byte ranges count from the frame's start. */
  frameStart: number;
}

/** Segments whose start did not look like any protocol before a conversation counts as unknown. */
const IDENTIFY_ATTEMPTS_MAX = 8;

/** State of one conversation; fields are public for the hot path and for reports. */
export class StreamState {
  // What every segment touches stands together, so that it lies in one place of memory.
  readonly conversation: number;
  protocol: Protocol | null = null;
  session: ProtocolSession | null = null;
  /** True when A (the first speaker seen) is the client. */
  clientIsA: boolean;
  unknown = false;
  /** Payload bytes seen, and those of messages understood to function level. */
  payloadBytes = 0;
  understoodBytes = 0;
  messages = 0;
  carryA: Carry | null = null;
  carryB: Carry | null = null;
  /** Roles seen in the handshake stand; guessed ones may be corrected by content. */
  rolesCertain: boolean;
  attempts = 0;
  /** PDUs that did not parse where one was expected. */
  lostSync = 0;
  readonly portA: number;
  readonly portB: number;
  readonly stream: boolean;

  constructor(
    conversation: number,
    portA: number,
    portB: number,
    stream: boolean,
    clientIsA: boolean,
    certain: boolean,
  ) {
    this.conversation = conversation;
    this.portA = portA;
    this.portB = portB;
    this.stream = stream;
    this.clientIsA = clientIsA;
    this.rolesCertain = certain;
  }
}

/** A segment that waits for its protocol's name; offsets count in the carried bytes. At most one a byte of `IDENTIFY_BYTES_MAX`. */
interface HeldSegment extends SegmentContext {
  readonly end: number;
}

/** The beginning of a PDU whose end has not come. */
class Carry {
  bytes = new Uint8Array(512);
  length = 0;
  firstFrame = 0;
  firstFrom = 0;
  /** The segments in it while the protocol is not named yet: whole messages may lie here, each as old as its own segment. */
  readonly held: HeldSegment[] = [];

  /** Adds the bytes of the segment of `context`; `hold`: remember the segment. */
  append(bytes: Uint8Array, offset: number, end: number, context: SegmentContext, hold: boolean): void {
    if (hold) {
      const { timeUs, frame, frameStart } = context;
      const shift = this.length - offset;
      this.held.push({ timeUs, frame, frameStart: frameStart + shift, end: end + shift });
    }
    const needed = this.length + end - offset;
    if (needed > this.bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    this.bytes.set(bytes.subarray(offset, end), this.length);
    this.length = needed;
  }
}

export class ProtocolStreams {
  readonly view: MessageView;
  /** Bytes given up because a carried PDU grew past its bound, and streams that lost their place: never silent. */
  carryOverflows = 0;
  lostSync = 0;
  readonly #protocols: readonly Protocol[];
  readonly #sink: MessageSink;
  readonly #tcpHints = new Map<number, Protocol[]>();
  readonly #udpHints = new Map<number, Protocol[]>();
  readonly #linkHints = new Map<number, Protocol>();
  readonly #llcHints = new Map<number, Protocol>();

  constructor(protocols: readonly Protocol[], sink: MessageSink, view: MessageView = new MessageView()) {
    this.#protocols = protocols;
    this.#sink = sink;
    this.view = view;
    for (const protocol of protocols) {
      for (const port of protocol.hints.tcp ?? []) append(this.#tcpHints, port, protocol);
      for (const port of protocol.hints.udp ?? []) append(this.#udpHints, port, protocol);
      for (const etherType of protocol.hints.etherTypes ?? []) this.#linkHints.set(etherType, protocol);
      for (const sap of protocol.hints.llcSaps ?? []) this.#llcHints.set(sap, protocol);
    }
  }

  /** Bytes that open a conversation of one of the protocols and carry nothing to decide; see `Protocol.preamble`. */
  isPreamble(bytes: Uint8Array, offset: number, end: number): boolean {
    return this.#protocols.some((protocol) => protocol.preamble?.(bytes, offset, end) === true);
  }

  /** A new conversation. `clientKnown`: the handshake showed that A is (true) or is not (false) the client; undefined: guess. */
  open(conversation: number, portA: number, portB: number, stream: boolean, clientKnown?: boolean): StreamState {
    const clientIsA = clientKnown ?? this.#guessClientIsA(portA, portB, stream);
    return new StreamState(conversation, portA, portB, stream, clientIsA, clientKnown !== undefined);
  }

  /** Bytes of a stream, in order, without gaps. */
  stream(
    state: StreamState,
    fromA: boolean,
    bytes: Uint8Array,
    offset: number,
    end: number,
    context: SegmentContext,
  ): void {
    state.payloadBytes += end - offset;
    if (state.unknown) return;
    const carry = fromA ? state.carryA : state.carryB;
    if (carry !== null && carry.length > 0) {
      this.#continueCarry(state, fromA, carry, bytes, offset, end, context);
      return;
    }
    if (state.session === null && !this.#identify(state, fromA, bytes, offset, end)) {
      if (!state.unknown && state.attempts === 0) this.#carry(state, fromA, bytes, offset, end, context);
      return;
    }
    const rest = this.#cut(state, fromA, bytes, offset, end, context.frame, offset - context.frameStart, context);
    if (rest < end) this.#carry(state, fromA, bytes, rest, end, context);
  }

  /** One datagram: always whole PDUs. */
  datagram(
    state: StreamState,
    fromA: boolean,
    bytes: Uint8Array,
    offset: number,
    end: number,
    context: SegmentContext,
  ): void {
    state.payloadBytes += end - offset;
    if (state.unknown || offset >= end) return;
    if (state.session === null && !this.#identify(state, fromA, bytes, offset, end)) return;
    const rest = this.#cut(state, fromA, bytes, offset, end, context.frame, offset - context.frameStart, context);
    // A datagram that does not end with its last PDU is cut short or padded: said, not carried.
    if (rest < end && state.session !== null) this.#lose(state);
  }

  /** A frame of a link protocol (GOOSE, SV, PROFINET …). Returns the protocol, or null when none claims the EtherType. */
  linkProtocol(etherType: number): Protocol | null {
    return this.#linkHints.get(etherType) ?? null;
  }

  /** A frame with an ISO 8802-2 header to service access point `sap` (BACnet …). Returns the protocol or null. */
  llcProtocol(sap: number): Protocol | null {
    return this.#llcHints.get(sap) ?? null;
  }

  /** Bytes are missing in this direction. */
  gap(state: StreamState, fromA: boolean): void {
    const carry = fromA ? state.carryA : state.carryB;
    if (carry !== null && carry.length > 0) {
      carry.length = 0;
      this.#lose(state);
    }
    state.session?.gap?.(fromA === state.clientIsA);
  }

  /** The same addresses and ports began a new connection: protocol state starts over. */
  restart(state: StreamState, clientIsA: boolean): void {
    if (state.carryA !== null) state.carryA.length = 0;
    if (state.carryB !== null) state.carryB.length = 0;
    state.clientIsA = clientIsA;
    state.rolesCertain = true;
    state.unknown = false;
    state.attempts = 0;
    if (state.session !== null && state.protocol !== null) state.session = state.protocol.newSession();
  }

  /** No more data comes: what only a running conversation needs is given up; counters and roles stay. */
  close(state: StreamState): void {
    state.session = null;
    state.carryA = null;
    state.carryB = null;
    state.attempts = 0;
  }

  /** Cuts PDUs from `offset`; returns where the first unfinished one begins. */
  #cut(
    state: StreamState,
    fromA: boolean,
    bytes: Uint8Array,
    offset: number,
    end: number,
    firstFrame: number,
    firstFrom: number,
    context: SegmentContext,
  ): number {
    const fromClient = fromA === state.clientIsA;
    const session = state.session!;
    let at = offset;
    let frame = firstFrame;
    let from = firstFrom;
    while (at < end) {
      const length = session.frameLength(bytes, at, end, fromClient);
      if (length <= 0) {
        if (length === NEED_MORE) return at;
        this.#lose(state);
        return end;
      }
      if (length > CARRY_BYTES_MAX) {
        this.carryOverflows++;
        this.#lose(state);
        return end;
      }
      if (at + length > end) return at;
      const view = this.view;
      if (view.bytes !== bytes) view.bytes = bytes;
      view.offset = at;
      view.end = at + length;
      view.pduOffset = at;
      view.pduEnd = at + length;
      view.timeUs = context.timeUs;
      if (view.protocol !== state.protocol) view.protocol = state.protocol;
      view.conversation = state.conversation;
      view.fromClient = fromClient;
      view.frame = context.frame;
      view.firstFrame = frame;
      view.frameFrom = from;
      view.frameTo = at + length - context.frameStart;
      view.reset();
      state.messages++;
      session.dissect(view, this.#sink);
      if (view.understood) state.understoodBytes += length;
      at += length;
      frame = context.frame;
      from = at - context.frameStart;
    }
    return at;
  }

  /** More bytes for a PDU that had begun. */
  #continueCarry(
    state: StreamState,
    fromA: boolean,
    carry: Carry,
    bytes: Uint8Array,
    offset: number,
    end: number,
    context: SegmentContext,
  ): void {
    const before = carry.length;
    const held = carry.held.length > 0;
    carry.append(bytes, offset, end, context, held);
    if (state.session === null && !this.#identify(state, fromA, carry.bytes, 0, carry.length)) {
      if (state.unknown || state.attempts > 0) carry.length = 0;
      return;
    }
    let rest = 0;
    if (held) rest = this.#cutHeld(state, fromA, carry);
    else {
      // In the carried buffer the current frame begins this many bytes before the appended part.
      const frameStart = before - (offset - context.frameStart);
      rest = this.#cutCarry(state, fromA, carry, 0, carry.length, {
        timeUs: context.timeUs,
        frame: context.frame,
        frameStart,
      });
    }
    if (rest > 0 && rest < carry.length) carry.bytes.copyWithin(0, rest, carry.length);
    carry.length -= rest;
    if (carry.length > CARRY_BYTES_MAX) {
      this.carryOverflows++;
      carry.length = 0;
      this.#lose(state);
    }
  }

  /** The protocol has its name: cuts what waited for it, segment by segment. Returns where the unfinished PDU begins. */
  #cutHeld(state: StreamState, fromA: boolean, carry: Carry): number {
    let rest = 0;
    let begin = 0;
    for (const segment of carry.held) {
      if (rest === begin) {
        carry.firstFrame = segment.frame;
        carry.firstFrom = rest - segment.frameStart;
      }
      rest = this.#cutCarry(state, fromA, carry, rest, segment.end, segment);
      begin = segment.end;
    }
    carry.held.length = 0;
    return rest;
  }

  /** Cuts PDUs from carried bytes as far as `end`, where the segment of `context` ends; returns where the unfinished one begins. */
  #cutCarry(
    state: StreamState,
    fromA: boolean,
    carry: Carry,
    from: number,
    end: number,
    context: SegmentContext,
  ): number {
    const rest = this.#cut(state, fromA, carry.bytes, from, end, carry.firstFrame, carry.firstFrom, context);
    if (rest > from) {
      carry.firstFrame = context.frame;
      carry.firstFrom = rest - context.frameStart;
    }
    return rest;
  }

  #carry(
    state: StreamState,
    fromA: boolean,
    bytes: Uint8Array,
    offset: number,
    end: number,
    context: SegmentContext,
  ): void {
    let carry = fromA ? state.carryA : state.carryB;
    if (carry === null) {
      carry = new Carry();
      if (fromA) state.carryA = carry;
      else state.carryB = carry;
    }
    carry.length = 0;
    carry.held.length = 0;
    carry.firstFrame = context.frame;
    carry.firstFrom = offset - context.frameStart;
    carry.append(bytes, offset, end, context, state.session === null);
  }

  #lose(state: StreamState): void {
    state.lostSync++;
    this.lostSync++;
  }

  /**
   * Names the protocol. False while undecided (`attempts` stays 0: carry the bytes) or when nothing fits this time
   * (`attempts` grows: the next segment starts afresh) or for good (`unknown`).
   */
  #identify(state: StreamState, fromA: boolean, bytes: Uint8Array, offset: number, end: number): boolean {
    const hints = state.stream ? this.#tcpHints : this.#udpHints;
    let more = false;
    const hintedA = hints.get(state.portA);
    const hintedB = hints.get(state.portB);
    for (const protocol of hintedA ?? []) {
      const match = protocol.identify(bytes, offset, end, true);
      if (match > MATCH_MORE) return this.#settle(state, fromA, protocol, match);
      if (match === MATCH_MORE) more = true;
    }
    for (const protocol of hintedB ?? []) {
      const match = protocol.identify(bytes, offset, end, true);
      if (match > MATCH_MORE) return this.#settle(state, fromA, protocol, match);
      if (match === MATCH_MORE) more = true;
    }
    // While a hinted protocol wants more bytes the others wait: the port is a hint worth a moment.
    if (!more) {
      for (const protocol of this.#protocols) {
        if (state.stream ? !protocol.overStream : !protocol.overDatagram) continue;
        const match = protocol.identify(bytes, offset, end, false);
        if (match > MATCH_MORE) return this.#settle(state, fromA, protocol, match);
        if (match === MATCH_MORE) more = true;
      }
    }
    if (more && end - offset < IDENTIFY_BYTES_MAX) {
      state.attempts = 0;
      return false;
    }
    state.attempts++;
    if (state.attempts >= IDENTIFY_ATTEMPTS_MAX) state.unknown = true;
    return false;
  }

  #settle(state: StreamState, fromA: boolean, protocol: Protocol, match: Match): boolean {
    state.protocol = protocol;
    state.session = protocol.newSession();
    if (match === MATCH_CLIENT || match === MATCH_SERVER) {
      const hints = protocol.hints[state.stream ? 'tcp' : 'udp'] ?? [];
      const knownA = hints.includes(state.portA);
      const oneKnown = knownA !== hints.includes(state.portB);
      const byContent = (match === MATCH_CLIENT) === fromA;
      // The protocol's own port on one side says more than the form of one, possibly malformed, message; both together say more
      // than a handshake that ran the other way round.
      if (!state.rolesCertain) state.clientIsA = oneKnown ? !knownA : byContent;
      else if (oneKnown && byContent === !knownA) state.clientIsA = byContent;
      state.rolesCertain = true;
    }
    return true;
  }

  /** Without a handshake: a known server port decides, then the lower port. */
  #guessClientIsA(portA: number, portB: number, stream: boolean): boolean {
    const hints = stream ? this.#tcpHints : this.#udpHints;
    const knownA = hints.has(portA);
    const knownB = hints.has(portB);
    if (knownA !== knownB) return knownB;
    return portA === portB ? true : portA > portB;
  }
}

function append(map: Map<number, Protocol[]>, port: number, protocol: Protocol): void {
  const list = map.get(port);
  if (list === undefined) map.set(port, [protocol]);
  else list.push(protocol);
}
