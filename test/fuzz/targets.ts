/** What is fuzzed: every protocol through the stream layer, and frames through the whole sensor. */
import { join } from 'node:path';
import { Random } from '../../src/base/random.ts';
import { LINK } from '../../src/sense/net/numbers.ts';
import type { Sample } from '../../src/sense/protocols/fixtures/sample.ts';
import { DIRECTION_REQUEST, type MessageView } from '../../src/sense/protocols/message-view.ts';
import type { Protocol } from '../../src/sense/protocols/protocol.ts';
import { PROTOCOLS } from '../../src/sense/protocols/registry.ts';
import { ProtocolStreams } from '../../src/sense/protocols/streams.ts';
import { Sensor } from '../../src/understand/observe/sensor.ts';
import { mutate } from '../support/mutate.ts';
import { protocolFolders, type Refuse } from '../support/protocol-folders.ts';
import { CountedBytes, NAMES, portOf } from '../support/protocol-harness.ts';
import { CANARIES, CANARY_SAMPLES } from './canary.ts';
import { wrap } from './frames.ts';
import { REPAIRS } from './repair.ts';
import { type Input, type Seed, seedsOf, type Turn } from './seed.ts';

export const CORPUS_FOLDER = join(import.meta.dirname, 'corpus');
/** Streams and their name table serve this many inputs before they are made anew. */
const STREAMS_INPUTS_MAX = 4_096;
/** Frames of one input of the net. */
const FRAMES_MAX = 96;

export interface Target {
  readonly name: string;
  /** Input number `at` of a run with this seed; equal numbers give equal inputs. */
  make(seed: number, at: number): Input;
  /** Feeds an input to fresh state; returns the messages that came out. What it throws is a finding. */
  run(input: Input): number;
  /** What an input shows, in words: functions, directions, outcomes, problems. For choosing inputs that differ. */
  shows(input: Input): Set<string>;
  /** Single-byte reads that the input takes; throws RangeError beyond `readsMax`. NaN where they are not counted. */
  reads(input: Input, readsMax: number): number;
}

export interface TargetOptions {
  readonly canary?: boolean;
  /** Further seeds by protocol name. */
  readonly extra?: ReadonlyMap<string, readonly Seed[]>;
}

/** Every target, protocols in the order of the registry, then the net; or the canaries. */
export async function allTargets(options: TargetOptions = {}): Promise<Target[]> {
  if (options.canary === true) {
    return CANARIES.map((protocol) => {
      const samples = CANARY_SAMPLES.filter((sample) => sample.protocol === protocol.name);
      return new ProtocolTarget(
        protocol,
        [protocol],
        samples.map((sample) => seedOf(protocol, sample)),
        undefined,
      );
    });
  }
  const folders = await protocolFolders();
  const targets: Target[] = [];
  const everything: Seed[] = [];
  for (const protocol of PROTOCOLS) {
    const folder = folders.find(({ protocols }) => protocols.some(({ name }) => name === protocol.name));
    const samples = (folder?.samples ?? []).filter((sample) => sample.protocol === protocol.name);
    const own = samples.map((sample) => seedOf(protocol, sample));
    const seeds = [
      ...own,
      ...seedsOf(join(CORPUS_FOLDER, protocol.name)),
      ...(options.extra?.get(protocol.name) ?? []),
    ];
    everything.push(...seeds);
    targets.push(new ProtocolTarget(protocol, PROTOCOLS, seeds, folder?.refuse));
  }
  const net = [...seedsOf(join(CORPUS_FOLDER, 'net')), ...(options.extra?.get('net') ?? [])];
  targets.push(new NetTarget([...everything, ...net]));
  return targets;
}

/** A sample as a seed. */
export function seedOf(protocol: Protocol, sample: Sample): Seed {
  const { name, transport, chunks } = sample;
  return { name, transport, port: portOf(protocol, sample), settled: true, turns: chunks };
}

/** A source of random numbers for one input alone. */
function randomFor(seed: number, at: number): Random {
  return new Random((Math.imul(seed, 0x9e3779b1) ^ Math.imul(at + 1, 0x85ebca6b)) >>> 0);
}

class ProtocolTarget implements Target {
  readonly name: string;
  readonly #protocol: Protocol;
  readonly #among: readonly Protocol[];
  readonly #seeds: readonly Seed[];
  readonly #pool: readonly Uint8Array[];
  readonly #refuse: Refuse | undefined;
  readonly #answer = new Uint8Array(16_384);
  #streams: ProtocolStreams;
  #inputs = 0;
  #messages = 0;

  constructor(protocol: Protocol, among: readonly Protocol[], seeds: readonly Seed[], refuse: Refuse | undefined) {
    this.name = protocol.name;
    this.#protocol = protocol;
    this.#among = among;
    // Without any seed noise must do.
    const noise: Seed = { name: 'noise', transport: 'tcp', port: 9, settled: true, turns: [turn(new Uint8Array(64))] };
    this.#seeds = seeds.length === 0 ? [noise] : seeds;
    this.#pool = this.#seeds.flatMap(({ turns }) => turns.map(({ bytes }) => bytes));
    this.#refuse = refuse;
    this.#streams = this.#newStreams();
  }

  make(seed: number, at: number): Input {
    const random = randomFor(seed, at);
    const from = random.pick(this.#seeds);
    const repair = random.below(2) === 0 ? REPAIRS[this.name] : undefined;
    const turns: Turn[] = [];
    const certain = random.below(from.turns.length);
    for (const [index, { fromClient, bytes }] of from.turns.entries()) {
      const dice = random.below(32);
      if (dice === 0) continue; // lost
      const changed = index === certain || dice < 16 ? mutate(random, bytes, this.#pool) : bytes;
      if (repair !== undefined && changed !== bytes) repair(changed);
      const cut = changed.length > 1 && dice % 4 === 1 ? 1 + random.below(changed.length - 1) : 0;
      turns.push({ fromClient: dice === 2 ? !fromClient : fromClient, bytes: changed, gap: dice === 1, cut });
      if (dice === 3) turns.push({ fromClient, bytes: changed });
    }
    return { transport: from.transport, port: from.port, settled: random.below(4) > 0, turns };
  }

  run(input: Input): number {
    if (++this.#inputs % STREAMS_INPUTS_MAX === 0) this.#streams = this.#newStreams();
    const before = this.#messages;
    this.#feed(this.#streams, input, null);
    return this.#messages - before;
  }

  shows(input: Input): Set<string> {
    const shown = new Set<string>();
    const streams = new ProtocolStreams(this.#among, { message: (view) => note(view, shown), part: () => {} });
    this.#feed(streams, input, null);
    if (streams.lostSync > 0) shown.add('lost');
    return shown;
  }

  reads(input: Input, readsMax: number): number {
    const counted = input.turns.map(({ bytes }) => new CountedBytes(bytes, readsMax));
    const streams = new ProtocolStreams(this.#among, { message: () => {}, part: () => {} });
    this.#feed(streams, input, counted);
    return counted.reduce((sum, { reads }) => sum + reads, 0);
  }

  #feed(streams: ProtocolStreams, input: Input, counted: readonly CountedBytes[] | null): void {
    const stream = input.transport === 'tcp';
    const ownPort = input.transport === 'link' ? input.port : 40_000;
    const state = streams.open(1, ownPort, input.port, stream, true);
    if (input.settled || input.transport === 'link') {
      state.protocol = this.#protocol;
      state.session = this.#protocol.newSession();
    }
    const context = { timeUs: 0, frame: 0, frameStart: 0 };
    for (const [index, { fromClient, gap, cut = 0, bytes: plain }] of input.turns.entries()) {
      const bytes = counted?.[index]?.bytes ?? plain;
      context.frame++;
      context.timeUs += 1_000;
      if (gap === true) streams.gap(state, fromClient);
      if (!stream) streams.datagram(state, fromClient, bytes, 0, plain.length, context);
      else if (cut === 0) streams.stream(state, fromClient, bytes, 0, plain.length, context);
      else {
        streams.stream(state, fromClient, bytes, 0, cut, context);
        streams.stream(state, fromClient, bytes, cut, plain.length, context);
      }
    }
  }

  #newStreams(): ProtocolStreams {
    return new ProtocolStreams(this.#among, { message: (view) => this.#message(view), part: () => {} });
  }

  #message(view: MessageView): void {
    this.#messages++;
    if ((this.#messages & 3) === 0) view.toMessage(NAMES);
    if (this.#refuse === undefined || view.direction !== DIRECTION_REQUEST || view.protocol?.name !== this.name) return;
    const end = this.#refuse(view, this.#answer, 0);
    if (!(end >= 0 && end <= this.#answer.length)) throw new RangeError(`a refusal that ends at ${end}`);
  }
}

/** Frames of the seeds, wrapped in tags, tunnels, fragments; mutated, lost, doubled, out of order; each input through a new sensor. */
class NetTarget implements Target {
  readonly name = 'net';
  readonly #seeds: readonly Seed[];
  readonly #pool: readonly Uint8Array[];

  constructor(seeds: readonly Seed[]) {
    this.#seeds = seeds;
    this.#pool = seeds.flatMap(({ turns }) => turns.map(({ bytes }) => bytes));
  }

  make(seed: number, at: number): Input {
    const random = randomFor(seed, at);
    let frames: Uint8Array[] = [];
    for (let n = 1 + random.below(4); n > 0; n--) frames.push(...wrap(random, random.pick(this.#seeds), this.#pool));
    frames = frames.slice(0, FRAMES_MAX);
    for (let i = 0; i < frames.length; i++) {
      const dice = random.below(24);
      if (dice < 3) frames[i] = mutate(random, frames[i]!, frames);
      else if (dice === 4) frames[i] = frames[random.below(frames.length)]!;
      else if (dice === 5) {
        const other = random.below(frames.length);
        [frames[i], frames[other]] = [frames[other]!, frames[i]!];
      }
    }
    return { transport: 'frames', port: 0, settled: false, turns: frames.map(turn) };
  }

  run(input: Input): number {
    let messages = 0;
    this.#sense(input, (view, sensor) => {
      if ((++messages & 3) === 0) view.toMessage(sensor.namesOf(view, ''));
    });
    return messages;
  }

  shows(input: Input): Set<string> {
    const shown = new Set<string>();
    const sensor = this.#sense(input, (view) => void shown.add(view.protocol?.name ?? ''));
    for (const { kind } of sensor.net.problems.list()) shown.add(kind);
    return shown;
  }

  #sense(input: Input, onView: (view: MessageView, sensor: Sensor) => void): Sensor {
    const sensor: Sensor = new Sensor({ message: (view) => onView(view, sensor), part: () => {} });
    let timeUs = 0;
    for (const { bytes } of input.turns) {
      timeUs += 1_000;
      sensor.frame(bytes, 0, bytes.length, bytes.length, timeUs, LINK.ethernet);
    }
    sensor.finish();
    return sensor;
  }

  reads(): number {
    return Number.NaN;
  }
}

function note(view: MessageView, shown: Set<string>): void {
  const { protocol, direction, functionCode, status } = view;
  if (protocol === null) return;
  shown.add(`${direction} ${protocol.functionOf(functionCode).name.replace(/\(.*/, '')} ${status === 0}`);
  for (let i = 0; i < view.problemCount; i++) shown.add(view.problemKind[i]!);
}

function turn(bytes: Uint8Array): Turn {
  return { fromClient: true, bytes };
}
