/** A span of the dairy line as files: capture with ground truth beside it, telemetry as CSV. Virtual time, no sockets. */
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import type { TimeUs } from '../records.ts';
import { LINK_TYPES } from '../sense/capture/frame-handler.ts';
import { TcpConversation } from '../sense/capture/tcp-frames.ts';
import { CaptureWriter, DescriptorSink } from '../sense/capture/writer.ts';
import type { Exchange } from './dairy/exchanges.ts';
import { exchanges } from './dairy/exchanges.ts';
import { DairyLine, type DairyTruth } from './dairy/line.ts';

export interface RecordingOptions {
  readonly seed: number;
  /** Plant time at the start; default 2026-03-02T08:00:00Z, a Monday. */
  readonly startUs?: TimeUs;
  readonly seconds: number;
  /** Attacks by name and when they start, seconds after the start. */
  readonly attacks?: readonly { readonly name: string; readonly atS: number }[];
  readonly localStartS?: number;
  /** Port of the controllers in the capture; default 502. */
  readonly port?: number;
  /** Files to write; what is absent is not written. */
  readonly pcap?: string;
  /** Telemetry, one row a second, as the controllers show it. */
  readonly csv?: string;
  /** Ground truth as JSON. */
  readonly truth?: string;
}

export interface Recording {
  readonly exchanges: number;
  readonly frames: number;
  readonly seconds: number;
  readonly truth: DairyTruth;
}

const START_US = Date.UTC(2026, 2, 2, 8) * 1000;
const RTT_US = 400;
/** Rows gathered before they are written. */
const ROWS_PER_WRITE = 1_000;

/** Runs the line and writes what is asked for. Throws FAILED where a file cannot be written, BAD_USAGE for an unknown attack. */
export function recordDairy(options: RecordingOptions): Recording {
  const { seed, startUs = START_US, seconds, localStartS, port = 502 } = options;
  const line = new DairyLine({ seed, startUs, ...(localStartS === undefined ? {} : { localStartS }) });
  for (const { name, atS } of options.attacks ?? []) line.startAttack(name, startUs + atS * 1e6);
  const untilUs = startUs + seconds * 1e6;
  const capture = options.pcap === undefined ? undefined : new CaptureFile(options.pcap, seed, port);
  const telemetry = options.csv === undefined ? undefined : new TelemetryFile(options.csv, line);
  let count = 0;
  try {
    for (const exchange of exchanges(line, untilUs, seed)) {
      count++;
      telemetry?.upTo(exchange.timeUs);
      capture?.add(exchange);
    }
  } finally {
    capture?.close();
    telemetry?.close();
  }
  const truth = line.truth();
  if (options.truth !== undefined) writeTruth(options.truth, seed, line, truth);
  return { exchanges: count, frames: capture?.frames ?? 0, seconds, truth };
}

function writeTruth(path: string, seed: number, line: DairyLine, truth: DairyTruth): void {
  const document = { plant: 'dairy', seed, startUs: line.startUs, ...truth, events: line.events };
  orFail(path, () => writeFileSync(path, `${JSON.stringify(document, null, 2)}\n`));
}

/** Frames of all connections, in order of time. */
class CaptureFile {
  readonly #descriptor: number;
  readonly #writer: CaptureWriter;
  readonly #random: Random;
  readonly #port: number;
  readonly #conversations: TcpConversation[] = [];
  #waiting: { readonly frame: Uint8Array; readonly timeUs: TimeUs }[] = [];
  #lastUs = 0;

  constructor(path: string, seed: number, port: number) {
    this.#descriptor = orFail(path, () => openSync(path, 'w'));
    this.#writer = new CaptureWriter(new DescriptorSink(this.#descriptor), { format: 'pcap' });
    this.#random = new Random(seed ^ 0x5eed);
    this.#port = port;
  }

  get frames(): number {
    return this.#writer.frames;
  }

  add(exchange: Exchange): void {
    const { connection, timeUs, responseTimeUs } = exchange;
    const known = this.#conversations[connection];
    // The handshake comes just before the first request.
    this.#write(known === undefined ? timeUs - 2 * RTT_US : timeUs);
    const conversation = known ?? this.#open(exchange);
    conversation.send(true, exchange.request, timeUs);
    conversation.send(false, exchange.response, responseTimeUs);
    conversation.acknowledge(true, responseTimeUs + RTT_US / 2);
    this.#lastUs = Math.max(this.#lastUs, responseTimeUs + RTT_US);
  }

  close(): void {
    for (const conversation of this.#conversations) conversation.close(this.#lastUs, RTT_US);
    this.#write(Number.POSITIVE_INFINITY);
    this.#writer.flush();
    closeSync(this.#descriptor);
  }

  #open({ client, server, connection, timeUs }: Exchange): TcpConversation {
    const random = this.#random;
    const conversation = new TcpConversation(
      { address: client, port: 49_152 + random.below(16_000) },
      { address: server, port: this.#port },
      [random.uint32(), random.uint32()],
      (frame, frameUs) => this.#waiting.push({ frame, timeUs: frameUs }),
    );
    this.#conversations[connection] = conversation;
    conversation.open(timeUs - 2 * RTT_US, RTT_US);
    return conversation;
  }

  /** Writes what no later exchange can precede. */
  #write(untilUs: TimeUs): void {
    this.#waiting.sort((a, b) => a.timeUs - b.timeUs);
    let done = 0;
    for (const { frame, timeUs } of this.#waiting) {
      if (timeUs >= untilUs) break;
      this.#writer.frame(frame, 0, frame.length, frame.length, timeUs, LINK_TYPES.ETHERNET, 0);
      done++;
    }
    this.#waiting = this.#waiting.slice(done);
  }
}

/** Time and every tag of both controllers, once a second. */
class TelemetryFile {
  readonly #descriptor: number;
  readonly #line: DairyLine;
  #nextUs: TimeUs;
  #rows: string[];

  constructor(path: string, line: DairyLine) {
    this.#descriptor = orFail(path, () => openSync(path, 'w'));
    this.#line = line;
    this.#nextUs = line.startUs;
    const names = [line.p1, line.f1].flatMap(({ registers }) => registers.tags.map(({ name }) => name));
    this.#rows = [['time', ...names].join(',')];
  }

  upTo(timeUs: TimeUs): void {
    for (; this.#nextUs <= timeUs; this.#nextUs += 1e6) {
      const values = [this.#line.p1, this.#line.f1].flatMap(({ registers }) =>
        registers.tags.map((tag) => String(Math.round(registers.read(tag) * 1000) / 1000)),
      );
      this.#rows.push([new Date(this.#nextUs / 1000).toISOString(), ...values].join(','));
    }
    if (this.#rows.length >= ROWS_PER_WRITE) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#descriptor);
  }

  #flush(): void {
    if (this.#rows.length > 0) writeSync(this.#descriptor, `${this.#rows.join('\n')}\n`);
    this.#rows = [];
  }
}

function orFail<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new FiredoorError(ERROR_CODES.FAILED, `Cannot write ${path}: ${sentenceOf(error)}.`, { cause: error });
  }
}
