/**
 * The packet path in one object: frames in, messages out. Joins the net layer (who, in what order) with the protocol streams
 * (what was said) and knows the ends of every conversation. Used alike for capture files, live capture, conduits and tests.
 */
import { FAMILY_IPV4, macText } from '../../sense/net/addresses.ts';
import { NetDecoder } from '../../sense/net/decoder.ts';
import type { NetHandler } from '../../sense/net/handler.ts';
import { NO_LINK } from '../../sense/net/link-table.ts';
import { ETHER_TYPE, PROTOCOL } from '../../sense/net/numbers.ts';
import { FLOW_CLIENT_A, FLOW_ROLES } from '../../sense/net/tcp.ts';
import type { MessageView } from '../../sense/protocols/message-view.ts';
import type { MessageSink, Protocol } from '../../sense/protocols/protocol.ts';
import { PROTOCOLS } from '../../sense/protocols/registry.ts';
import { ProtocolStreams, type SegmentContext, type StreamState } from '../../sense/protocols/streams.ts';

/** Ends of a conversation as text; client and server as far as known. */
export interface ConversationEnds {
  readonly client: string;
  readonly server: string;
  readonly clientPort: number;
  readonly serverPort: number;
  readonly transport: 'tcp' | 'udp' | 'link';
}

/** Link conversations (GOOSE, SV, PROFINET …) have numbers from here on, above every flow row. */
export const LINK_CONVERSATION_BASE = 1 << 24;

/** Below this the field that holds an EtherType is a length (IEEE 802.3, 3.2.6). */
const ETHER_TYPE_FIRST = 1536;

/** Who wants to know of conversations as such, besides their messages. */
export interface SensorListener {
  /** A new row of the flow table: the frame in hand is its first. */
  flowOpened?(flow: number): void;
  /** A row is about to be reused; its counters and state still stand. */
  flowEvicted?(flow: number): void;
  /** A new connection on the same addresses and ports, or a handshake that told the roles. */
  flowRestarted?(flow: number): void;
  /** An ARP packet (RFC 826) of the frame in hand. */
  arp?(bytes: Uint8Array, offset: number, end: number): void;
}

export class Sensor implements NetHandler {
  readonly net: NetDecoder;
  readonly streams: ProtocolStreams;
  /** Stream state by flow row; undefined where no payload was seen. */
  readonly states: (StreamState | undefined)[] = [];
  /** Stream state and ends by row of `net.links`, where a protocol reads its frames. */
  readonly linkStates: (StreamState | undefined)[] = [];
  readonly linkEnds: (ConversationEnds | undefined)[] = [];
  readonly #listener: SensorListener;
  readonly #context: SegmentContext = { timeUs: 0, frame: 0, frameStart: 0 };
  readonly #endsCache: (ConversationEnds | undefined)[] = [];

  /** `sink` gets every message; the view is valid only during the call. */
  constructor(sink: MessageSink, protocols: readonly Protocol[] = PROTOCOLS, listener: SensorListener = {}) {
    this.#listener = listener;
    this.net = new NetDecoder(this);
    this.streams = new ProtocolStreams(protocols, sink);
  }

  /** One frame: the shape of a capture's frame handler. */
  frame(
    bytes: Uint8Array,
    offset: number,
    capturedLength: number,
    originalLength: number,
    timeUs: number,
    linkType: number,
  ): void {
    this.net.frame(bytes, offset, capturedLength, originalLength, timeUs, linkType);
  }

  /** The capture is over. */
  finish(): void {
    this.net.finish();
  }

  stream(flow: number, fromA: boolean, bytes: Uint8Array, offset: number, end: number): void {
    const state = this.states[flow] ?? this.#open(flow, true);
    this.streams.stream(state, fromA, bytes, offset, end, this.#now());
  }

  streamGap(flow: number, fromA: boolean): void {
    const state = this.states[flow];
    if (state !== undefined) this.streams.gap(state, fromA);
  }

  streamRestart(flow: number, clientIsA: boolean): void {
    const state = this.states[flow];
    this.#endsCache[flow] = undefined;
    if (state !== undefined) this.streams.restart(state, clientIsA);
    this.#listener.flowRestarted?.(flow);
  }

  streamClosed(flow: number): void {
    const state = this.states[flow];
    if (state !== undefined) this.streams.close(state);
  }

  datagram(flow: number, fromA: boolean, bytes: Uint8Array, offset: number, end: number): void {
    const state = this.states[flow] ?? this.#open(flow, false);
    this.streams.datagram(state, fromA, bytes, offset, end, this.#now());
  }

  link(etherType: number, bytes: Uint8Array, offset: number, end: number): void {
    if (etherType === ETHER_TYPE.arp) this.#listener.arp?.(bytes, offset, end);
    const hasLength = etherType < ETHER_TYPE_FIRST;
    const protocol =
      hasLength && offset < end ? this.streams.llcProtocol(bytes[offset]!) : this.streams.linkProtocol(etherType);
    if (protocol === null) return;
    const row = this.net.linkRow;
    if (row === NO_LINK) return;
    // A length instead of an EtherType says where the frame ends and padding begins.
    const last = hasLength && offset + etherType < end ? offset + etherType : end;
    const port = hasLength ? 0 : etherType;
    let state = this.linkStates[row];
    if (state === undefined) {
      state = this.streams.open(LINK_CONVERSATION_BASE + row, port, port, false, true);
      state.protocol = protocol;
      state.session = protocol.newSession();
      this.linkStates[row] = state;
      const { sourceMac, targetMac } = this.net;
      const ends = { client: macText(sourceMac), server: macText(targetMac), clientPort: 0, serverPort: port };
      this.linkEnds[row] = { ...ends, transport: 'link' };
    }
    this.streams.datagram(state, true, bytes, offset, last, this.#now());
  }

  flowOpened(flow: number): void {
    this.states[flow] = undefined;
    this.#endsCache[flow] = undefined;
    this.#listener.flowOpened?.(flow);
  }

  flowEvicted(flow: number): void {
    this.#listener.flowEvicted?.(flow);
    this.states[flow] = undefined;
    this.#endsCache[flow] = undefined;
  }

  /** Ends of the conversation of a view or state number. */
  ends(conversation: number): ConversationEnds {
    if (conversation >= LINK_CONVERSATION_BASE) return this.linkEnds[conversation - LINK_CONVERSATION_BASE]!;
    const cached = this.#endsCache[conversation];
    const state = this.states[conversation];
    // Roles may be corrected by content until they are certain.
    if (cached !== undefined && (state === undefined || state.rolesCertain)) return cached;
    const { flows } = this.net;
    const family = flows.family(conversation);
    const clientIsA = state?.clientIsA ?? true;
    const a = this.net.addressText(flows.a(conversation), family === 0 ? FAMILY_IPV4 : family);
    const b = this.net.addressText(flows.b(conversation), family === 0 ? FAMILY_IPV4 : family);
    const portA = flows.portA(conversation);
    const portB = flows.portB(conversation);
    const ends: ConversationEnds = {
      client: clientIsA ? a : b,
      server: clientIsA ? b : a,
      clientPort: clientIsA ? portA : portB,
      serverPort: clientIsA ? portB : portA,
      transport: flows.protocol(conversation) === PROTOCOL.tcp ? 'tcp' : 'udp',
    };
    this.#endsCache[conversation] = ends;
    return ends;
  }

  /** Names for `view.toMessage()`. */
  namesOf(view: MessageView, capture: string): { capture: string; client: string; server: string; device: string } {
    const { client, server } = this.ends(view.conversation);
    return { capture, client, server, device: server };
  }

  #open(flow: number, stream: boolean): StreamState {
    const { flows } = this.net;
    const flags = flows.flags(flow);
    const known = (flags & FLOW_ROLES) === 0 ? undefined : (flags & FLOW_CLIENT_A) !== 0;
    const state = this.streams.open(flow, flows.portA(flow), flows.portB(flow), stream, known);
    this.states[flow] = state;
    this.#endsCache[flow] = undefined;
    return state;
  }

  #now(): SegmentContext {
    const context = this.#context;
    context.timeUs = this.net.timeUs;
    context.frame = this.net.frameNumber;
    context.frameStart = this.net.frameStart;
    return context;
  }
}
