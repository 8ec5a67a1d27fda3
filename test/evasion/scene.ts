/** One TCP connection whose frames are made one by one, as an attacker would, and what the sensor hears of it. */
import type { Message } from '../../src/records.ts';
import { LINK } from '../../src/sense/net/numbers.ts';
import type { Sample } from '../../src/sense/protocols/fixtures/sample.ts';
import { Sensor } from '../../src/understand/observe/sensor.ts';
import { ETHER, ethernet, IP, ipv4, TCP, tcp } from '../support/frames.ts';

const NOTHING = new Uint8Array(0);

/** What is said in one turn, and where its first byte stands in its direction. */
export interface Said {
  readonly fromClient: boolean;
  readonly at: number;
  readonly bytes: Uint8Array;
  /** Bytes of the other direction that were said before. */
  readonly heard: number;
}

export interface SegmentOptions {
  readonly flags?: number;
  readonly checksumError?: number;
  /** IPv4 identification; new for each segment where it is not given. */
  readonly identification?: number;
  readonly ttl?: number;
}

/** What the sensor made of it. */
export interface Heard {
  /** What was said, without where and when. */
  readonly messages: readonly object[];
  /** Names of everything odd: of the net, of messages, and `stream-lost` where bytes could not be read as messages. */
  readonly problems: readonly string[];
}

export class Scene {
  readonly said: readonly Said[];
  readonly clientIsn: number;
  readonly serverIsn: number;
  readonly #sensor: Sensor;
  readonly #records: Message[] = [];
  readonly #port: number;
  #timeUs = 1_700_000_000_000_000;
  #identification = 1;
  /** Makes frames of an IPv4 payload; replaced by tests of what lies below TCP. */
  wrap: (fromClient: boolean, segment: Uint8Array, options: SegmentOptions) => readonly Uint8Array[];

  constructor(sample: Sample, port: number, isns: readonly [number, number] = [1_000, 5_000_000]) {
    [this.clientIsn, this.serverIsn] = isns;
    this.#port = port;
    this.said = turnsOf(sample);
    this.#sensor = new Sensor({
      message: (view) => this.#records.push(view.toMessage(this.#sensor.namesOf(view, ''))),
    });
    this.wrap = (fromClient, segment, options) => [ethernet(ETHER.ipv4, this.packet(fromClient, segment, options))];
  }

  ends(fromClient: boolean): { from: string; to: string } {
    const [client, server] = ['10.20.3.44', '10.20.1.11'];
    return fromClient ? { from: client, to: server } : { from: server, to: client };
  }

  packet(fromClient: boolean, segment: Uint8Array, { identification, ttl }: SegmentOptions): Uint8Array {
    const id = identification ?? this.#identification++;
    return ipv4(this.ends(fromClient), IP.tcp, segment, { identification: id, ...(ttl === undefined ? {} : { ttl }) });
  }

  open(): this {
    this.segment(true, -1, NOTHING, 0, { flags: TCP.SYN });
    this.segment(false, -1, NOTHING, 0, { flags: TCP.SYN | TCP.ACK });
    return this.segment(true, 0, NOTHING, 0, { flags: TCP.ACK });
  }

  /** One segment; `at` counts from the first byte of its direction, `heard` from that of the other. */
  segment(fromClient: boolean, at: number, bytes: Uint8Array, heard: number, options: SegmentOptions = {}): this {
    const [own, other] = fromClient ? [this.clientIsn, this.serverIsn] : [this.serverIsn, this.clientIsn];
    const flags = options.flags ?? TCP.ACK | TCP.PSH;
    const ports: [number, number] = fromClient ? [50_123, this.#port] : [this.#port, 50_123];
    const numbers = { sequence: own + 1 + at, acknowledged: (flags & TCP.ACK) === 0 ? 0 : other + 1 + heard };
    const checksumError = options.checksumError ?? 0;
    const made = tcp(this.ends(fromClient), ports, bytes, { ...numbers, flags, checksumError });
    for (const frame of this.wrap(fromClient, made, options)) this.frame(frame);
    return this;
  }

  /** A turn as one segment, or a part of it. */
  say({ fromClient, at, bytes, heard }: Said, from = 0, to = bytes.length, options: SegmentOptions = {}): this {
    return this.segment(fromClient, at + from, bytes.subarray(from, to), heard, options);
  }

  frame(frame: Uint8Array): this {
    this.#timeUs += 1_000;
    this.#sensor.frame(frame, 0, frame.length, frame.length, this.#timeUs, LINK.ethernet);
    return this;
  }

  /** Plant time passes. */
  wait(us: number): this {
    this.#timeUs += us;
    return this;
  }

  end(): Heard {
    this.#sensor.finish();
    const problems = [
      ...this.#sensor.net.problems.list().map(({ kind }) => kind),
      ...this.#records.flatMap((record) => record.problems.map(({ kind }) => kind)),
      ...(this.#sensor.streams.lostSync > 0 || this.#notUnderstood() > 0 ? ['stream-lost'] : []),
    ];
    return { messages: this.#records.map(meaning), problems: [...new Set(problems)].sort() };
  }

  /** Payload bytes that no message accounts for, as an inspection tells them. */
  #notUnderstood(): number {
    const states = this.#sensor.states.filter((state) => state !== undefined);
    return states.reduce((sum, { payloadBytes, understoodBytes }) => sum + payloadBytes - understoodBytes, 0);
  }
}

/** What a message says, without the frame it stands in. */
function meaning({
  direction,
  function: { name },
  unit,
  accesses,
  status,
  pairedWith,
  client,
  server,
}: Message): object {
  const values = accesses.map(({ point, count, write, values: said }) => [point, count, write, said]);
  return { client, server, direction, name, unit, status, paired: pairedWith > 0, accesses: values };
}

function turnsOf(sample: Sample): Said[] {
  const told = { client: 0, server: 0 };
  return sample.chunks.map(({ fromClient, bytes }) => {
    const [own, other] = fromClient ? (['client', 'server'] as const) : (['server', 'client'] as const);
    const said = { fromClient, at: told[own], bytes, heard: told[other] };
    told[own] += bytes.length;
    return said;
  });
}
