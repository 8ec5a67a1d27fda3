/** Plays sample conversations through the stream layer, in any pieces, and counts the work that takes. */
import type { Message } from '../../src/records.ts';
import type { Sample, SampleChunk } from '../../src/sense/protocols/fixtures/sample.ts';
import type { MessageView } from '../../src/sense/protocols/message-view.ts';
import type { MessageSink, Protocol, ProtocolSession } from '../../src/sense/protocols/protocol.ts';
import { PROTOCOLS } from '../../src/sense/protocols/registry.ts';
import { ProtocolStreams, type StreamState } from '../../src/sense/protocols/streams.ts';

export const NAMES = { capture: 'test', client: '10.0.0.9', server: '10.0.0.5', device: '10.0.0.5' } as const;
const CLIENT_PORT = 40_000;
/** A port that no protocol hints at. */
export const STRANGE_PORT = 47_999;

/** Calls made of a protocol: what bounds its work whatever the machine does. */
export class Work {
  identifies = 0;
  frameLengths = 0;
  dissects = 0;
  messages = 0;
}

/** `protocol` with its calls counted in `work`, and the view poisoned as soon as a PDU is dissected. */
export function watched(protocol: Protocol, work: Work, poison = false): Protocol {
  return {
    ...protocol,
    identify: (bytes, offset, end, hinted) => {
      work.identifies++;
      return protocol.identify(bytes, offset, end, hinted);
    },
    newSession: () => new WatchedSession(protocol.newSession(), work, poison),
  };
}

class WatchedSession implements ProtocolSession {
  readonly #session: ProtocolSession;
  readonly #work: Work;
  readonly #poison: boolean;

  constructor(session: ProtocolSession, work: Work, poison: boolean) {
    this.#session = session;
    this.#work = work;
    this.#poison = poison;
  }

  frameLength(bytes: Uint8Array, offset: number, end: number, fromClient: boolean): number {
    this.#work.frameLengths++;
    return this.#session.frameLength(bytes, offset, end, fromClient);
  }

  dissect(view: MessageView, sink: MessageSink): void {
    this.#work.dissects++;
    this.#session.dissect(view, sink);
    if (this.#poison) view.poison();
  }

  gap(fromClient: boolean): void {
    this.#session.gap?.(fromClient);
  }
}

/** One conversation of a sample's transport and port. */
export class Play {
  readonly streams: ProtocolStreams;
  readonly records: Message[] = [];
  readonly work = new Work();
  state: StreamState;
  /** Called inside the handler with the view of each message. */
  onView: ((view: MessageView) => void) | null = null;
  /** False: no records are made. */
  keep = true;
  readonly #sample: Sample;
  readonly #protocol: Protocol;
  readonly #port: number;
  #turn = 0;

  /** `protocols`: what may be identified; null: the sample's protocol is settled beforehand. */
  constructor(
    protocol: Protocol,
    sample: Sample,
    options: { readonly among?: readonly Protocol[]; readonly strangePort?: boolean; readonly poison?: boolean } = {},
  ) {
    this.#sample = sample;
    const own = watched(protocol, this.work, options.poison ?? false);
    const among = options.among ?? PROTOCOLS;
    const others = among.map((other) => (other.name === protocol.name ? own : other));
    if (!others.includes(own)) others.push(own);
    this.#protocol = own;
    this.#port = options.strangePort === true ? STRANGE_PORT : portOf(protocol, sample);
    this.streams = new ProtocolStreams(others, { message: (view) => this.#message(view), part: () => {} });
    this.state = this.#open();
  }

  /** The protocol counts as named. */
  settle(): this {
    this.state.protocol = this.#protocol;
    this.state.session = this.#protocol.newSession();
    return this;
  }

  /** The next connection of the same ends. */
  restart(): this {
    this.state = this.#open();
    return this;
  }

  /** The whole conversation; `cutsOf` gives the places where a chunk is cut, ascending, within the chunk. */
  all(cutsOf: (chunk: SampleChunk) => readonly number[] = () => []): this {
    for (const chunk of this.#sample.chunks) this.say(chunk, cutsOf(chunk));
    return this;
  }

  /**
   * One turn, in pieces. All pieces claim to be of one frame, so that also the frame references must come out the same. The bytes
   * stand in a buffer of `around`, which is overwritten afterwards: what was kept of it shows.
   */
  say(chunk: SampleChunk, cuts: readonly number[] = [], around = 0x5a): this {
    const { bytes, fromClient } = chunk;
    const pad = 13;
    const buffer = new Uint8Array(bytes.length + 2 * pad).fill(around);
    buffer.set(bytes, pad);
    this.#turn++;
    const context = { timeUs: this.#turn * 1_000, frame: this.#turn, frameStart: pad };
    let from = 0;
    for (const to of [...cuts, bytes.length]) {
      if (this.#sample.transport === 'tcp') {
        this.streams.stream(this.state, fromClient, buffer, pad + from, pad + to, context);
      } else this.streams.datagram(this.state, fromClient, buffer, pad + from, pad + to, context);
      from = to;
    }
    buffer.fill(0x5a);
    return this;
  }

  #open(): StreamState {
    if (this.#sample.transport === 'link') {
      this.state = this.streams.open(1, this.#port, this.#port, false, true);
      return this.settle().state;
    }
    return this.streams.open(1, CLIENT_PORT, this.#port, this.#sample.transport === 'tcp', true);
  }

  #message(view: MessageView): void {
    this.work.messages++;
    if (this.keep) this.records.push(view.toMessage(NAMES));
    this.onView?.(view);
  }
}

/** The protocol's own port for the sample's transport. */
export function portOf(protocol: Protocol, sample: Sample): number {
  if (sample.serverPort !== undefined) return sample.serverPort;
  const { tcp, udp, etherTypes } = protocol.hints;
  const hinted = sample.transport === 'tcp' ? tcp : sample.transport === 'udp' ? udp : etherTypes;
  return hinted?.[0] ?? STRANGE_PORT;
}

/**
 * Bytes that count how often they are read one by one. Methods (`subarray`, `slice`, `set` …) work on the bytes behind and count
 * once for each byte they return.
 */
export class CountedBytes {
  reads = 0;
  readonly bytes: Uint8Array;

  /** Reading more than `readsMax` throws RangeError: what never ends must not run on. */
  constructor(bytes: Uint8Array, readsMax = Number.POSITIVE_INFINITY) {
    this.bytes = new Proxy(bytes, {
      get: (target, key) => {
        if (typeof key === 'string' && key.charCodeAt(0) <= 57) {
          if (++this.reads > readsMax) throw new RangeError(`more than ${readsMax} reads of ${bytes.length} bytes`);
          return target[Number(key)];
        }
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          const result: unknown = (value as (...all: unknown[]) => unknown).apply(target, args);
          this.reads += result instanceof Uint8Array ? result.length : 1;
          return result;
        };
      },
    });
  }
}
