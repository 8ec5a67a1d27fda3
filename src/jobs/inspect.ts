/** `inspect`: one pass over captures, no learning. What is there, who says what to whom, which values, what is risky. */
import { accessSync, constants } from 'node:fs';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../base/errors.ts';
import type { Asset, Conversation, Direction, FunctionClass, ProblemCount } from '../records.ts';
import type { CaptureSummary } from '../sense/capture/parser.ts';
import { readCaptureFile } from '../sense/capture/reader.ts';
import { ipv4Text, macText } from '../sense/net/addresses.ts';
import type { Health } from '../understand/observe/health.ts';
import { Observer } from '../understand/observe/observer.ts';
import type { PointStatistics } from '../understand/observe/points.ts';
import { type InspectFinding, riskyFindings } from './inspect-findings.ts';
import { MessageWriter } from './inspect-messages.ts';
import { vendorLookup } from './vendors.ts';

export interface InspectOptions {
  readonly files: readonly string[];
  /** JSON Lines file, one line a message. */
  readonly messages?: string;
  readonly zoneOf?: (address: string) => string;
  /** Called after each chunk of a file. */
  readonly onProgress?: (file: string, bytesRead: number, bytesTotal: number) => void;
}

/** One capture as read. Times are ISO 8601 with microseconds, null where no frame carries one. */
export interface InspectedCapture {
  readonly file: string;
  readonly format: string;
  readonly packets: number;
  /** On the wire. [bytes] */
  readonly bytes: number;
  readonly first: string | null;
  readonly last: string | null;
  /** LINKTYPE number of the first interface; all of them in `linkTypes`. */
  readonly linkType: number | null;
  readonly linkTypes: readonly number[];
  readonly truncatedFrames: number;
  readonly dropped: number;
  /** `firstOffset` counts bytes in the (uncompressed) capture. */
  readonly problems: readonly ProblemCount[];
  readonly readError: string | null;
}

export interface InspectedProtocol {
  readonly name: string;
  readonly frames: number;
  readonly messages: number;
  readonly functions: readonly {
    readonly direction: Direction;
    readonly code: number;
    readonly name: string;
    readonly class: FunctionClass;
    readonly count: number;
  }[];
  readonly exceptions: number;
  readonly payloadBytes: number;
  readonly understoodBytes: number;
}

export interface InspectedConversation extends Conversation {
  readonly exceptions: number;
  /** Payload of its connections, and how much of it was understood. [bytes] */
  readonly payloadBytes: number;
  readonly understoodBytes: number;
}

export interface InspectedPoint extends PointStatistics {
  readonly writers: readonly string[];
}

export interface InspectResult {
  readonly captures: readonly InspectedCapture[];
  readonly protocols: readonly InspectedProtocol[];
  readonly hosts: {
    readonly mac: readonly string[];
    readonly ipv4: readonly string[];
    readonly ipv6: readonly string[];
  };
  readonly conversations: readonly InspectedConversation[];
  readonly assets: readonly Asset[];
  /** Points in the order they were met; made one by one, since there may be millions. */
  readonly points: Iterable<InspectedPoint>;
  readonly pointCount: number;
  readonly writes: {
    readonly total: number;
    /** The writes one by one, as far as they were kept. */
    readonly listed: () => readonly {
      readonly time: string;
      readonly frame: { readonly capture: string; readonly number: number };
      readonly client: string;
      readonly point: string;
      readonly count: number;
      readonly function: string;
      readonly values: readonly unknown[];
      readonly status: string;
    }[];
  };
  readonly findings: readonly InspectFinding[];
  readonly health: Health;
  /** True where frames were read, or the captures were whole and simply empty. */
  readonly anythingRead: boolean;
}

/** Inspects captures. Throws BAD_INPUT (exit 2) where a file is missing or unreadable, or a single one is no capture. */
export function inspect(options: InspectOptions): InspectResult {
  for (const file of options.files) readable(file);
  const writer = options.messages === undefined ? null : new MessageWriter(options.messages);
  const observer = new Observer({
    listWrites: true,
    vendorOf: vendorLookup(),
    ...(options.zoneOf === undefined ? {} : { zoneOf: options.zoneOf }),
    ...(writer === null ? {} : { sink: { message: (view, conversation) => writer.message(view, conversation) } }),
  });
  try {
    const captures = options.files.map((file) => readOne(file, observer, writer, options));
    observer.finish();
    return resultOf(observer, captures);
  } finally {
    writer?.close();
  }
}

function readable(file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const reason = missing ? 'there is no such file' : sentenceOf(error);
    throw new FiredoorError(ERROR_CODES.BAD_INPUT, `Cannot open the capture ${file}: ${reason}.`, { cause: error });
  }
}

function readOne(
  file: string,
  observer: Observer,
  writer: MessageWriter | null,
  options: InspectOptions,
): InspectedCapture {
  observer.nextCapture(file);
  writer?.capture(file);
  const { onProgress } = options;
  const progress =
    onProgress === undefined ? {} : { onProgress: (read: number, total: number) => onProgress(file, read, total) };
  try {
    return captureOf(readCaptureFile(file, observer, progress));
  } catch (error) {
    // One file of several that is no capture must not hide what the others say.
    if (!(error instanceof FiredoorError) || error.code !== ERROR_CODES.BAD_INPUT || options.files.length === 1)
      throw error;
    return noCapture(file, error.message);
  }
}

function captureOf(summary: CaptureSummary): InspectedCapture {
  return {
    file: summary.file,
    format: summary.format,
    packets: summary.packets,
    bytes: summary.bytes,
    first: isoTime(summary.firstUs),
    last: isoTime(summary.lastUs),
    linkType: summary.linkTypes[0] ?? null,
    linkTypes: summary.linkTypes,
    truncatedFrames: summary.truncatedFrames,
    dropped: summary.dropped,
    problems: summary.problems,
    readError: summary.readError,
  };
}

function noCapture(file: string, readError: string): InspectedCapture {
  return {
    file,
    format: 'unknown',
    packets: 0,
    bytes: 0,
    first: null,
    last: null,
    linkType: null,
    linkTypes: [],
    truncatedFrames: 0,
    dropped: 0,
    problems: [{ kind: 'not-a-capture', count: 1, firstOffset: 0 }],
    readError,
  };
}

function resultOf(observer: Observer, captures: readonly InspectedCapture[]): InspectResult {
  const { points, writes, sensor } = observer;
  // Conversations first: rows without messages get theirs only here, and assets follow from both.
  const conversations = observer
    .conversationSummaries()
    .map(({ record, exceptions, payloadBytes, understoodBytes }) => ({
      ...record,
      exceptions,
      payloadBytes,
      understoodBytes,
    }));
  return {
    captures,
    protocols: protocolsOf(observer, conversations),
    hosts: {
      mac: [...sensor.net.macs.values].map(macText),
      ipv4: [...sensor.net.ipv4.values].map(ipv4Text),
      ipv6: sensor.net.ipv6Seen(),
    },
    conversations,
    assets: observer.assets(),
    points: {
      *[Symbol.iterator]() {
        for (let point = 0; point < points.size; point++) {
          yield { ...points.statistics(point), writers: writes.writersOf(point) };
        }
      },
    },
    pointCount: points.size,
    writes: {
      total: writes.total,
      listed: () =>
        writes.list.map((write) => ({
          time: isoTime(write.timeUs)!,
          frame: { capture: write.frame.capture, number: write.frame.number },
          client: write.conversation.clientId,
          point: write.point,
          count: write.count,
          function: write.function,
          values: write.values,
          status: write.status,
        })),
    },
    findings: riskyFindings(observer),
    health: observer.health(),
    anythingRead: captures.some(({ packets, readError }) => packets > 0 || readError === null),
  };
}

function protocolsOf(observer: Observer, conversations: readonly InspectedConversation[]): InspectedProtocol[] {
  const protocols: InspectedProtocol[] = [];
  for (const tally of observer.conversationTable.tallies.values()) {
    if (tally.messages === 0) continue;
    const own = conversations.filter(({ protocol }) => protocol === tally.name);
    const functions = new Map<
      string,
      { direction: Direction; code: number; name: string; class: FunctionClass; count: number }
    >();
    for (const use of own.flatMap((conversation) => conversation.functions)) {
      const key = `${use.direction} ${use.code} ${use.name}`;
      const known = functions.get(key);
      if (known === undefined) functions.set(key, { ...use });
      else known.count += use.count;
    }
    const sum = (field: 'payloadBytes' | 'understoodBytes') => own.reduce((total, each) => total + each[field], 0);
    protocols.push({
      name: tally.name,
      frames: tally.frames,
      messages: tally.messages,
      functions: [...functions.values()],
      exceptions: tally.exceptions,
      payloadBytes: sum('payloadBytes'),
      understoodBytes: sum('understoodBytes'),
    });
  }
  return protocols;
}

/** ISO 8601 with microseconds; null for no time or one no calendar holds. */
export function isoTime(timeUs: number | null): string | null {
  if (timeUs === null || !Number.isFinite(timeUs) || Math.abs(timeUs) > 8.64e18) return null;
  const second = Math.floor(timeUs / 1_000_000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastSecondText = new Date(second * 1000).toISOString().slice(0, -4);
  }
  const micros = Math.floor(timeUs - second * 1_000_000);
  return `${lastSecondText}${String(micros).padStart(6, '0')}Z`;
}

/** The second rendered last: neighbours share it, and rendering a date is dear. */
let lastSecond = Number.NaN;
let lastSecondText = '';
