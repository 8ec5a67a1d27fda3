/**
 * The capture ring: the latest frames on disk, within a size, each under a running number that findings refer to. Evidence, never
 * the packet path: what cannot be written is counted and left out, watching goes on.
 */
import { mkdirSync, readdirSync } from 'node:fs';
import { sentenceOf } from '../../base/errors.ts';
import {
  FRAME_BYTES_MAX,
  RING_BYTES_DEFAULT,
  RING_SEGMENTS,
  RING_SLICE_BYTES_MAX,
  RING_SLICE_FRAMES_MAX,
} from '../../limits.ts';
import type { TimeUs } from '../../records.ts';
import { addressBytes, equalBytes, frameAddresses } from './frame-addresses.ts';
import type { FrameHandler } from './frame-handler.ts';
import { type IndexEntry, type RingFrame, RingSegment, SegmentWriter } from './ring-segment.ts';
import { CaptureWriter, MemorySink } from './writer.ts';

export type { RingFrame } from './ring-segment.ts';

export interface RingOptions {
  /** Folder of the ring alone; made where it is missing. */
  readonly folder: string;
  /** Size on disk, at least `RING_SEGMENTS` of the largest frame. Default `RING_BYTES_DEFAULT`. [bytes] */
  readonly bytesMax?: number;
  /** Told once when writing begins to fail, with a sentence, and once (empty) when it works again. */
  readonly onTrouble?: (sentence: string) => void;
}

/** Which frames a slice holds: all that fit everything given. */
export interface SliceFilter {
  readonly numbers?: readonly number[];
  /** Plant time from (included) to (excluded). */
  readonly fromUs?: TimeUs;
  readonly toUs?: TimeUs;
  /** IP addresses: with one, frames from or to it; with two, frames between them. */
  readonly addresses?: readonly [string] | readonly [string, string];
}

export interface RingSlice {
  /** A pcapng capture. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly frames: number;
  /** Frames that fit and were left out because the slice was full; the earliest are kept. */
  readonly leftOut: number;
}

export interface RingHealth {
  /** Numbers of the oldest and the newest frame; 0 where there is none. */
  readonly first: number;
  readonly last: number;
  readonly firstUs: TimeUs | null;
  readonly bytes: number;
  readonly segments: number;
  /** Frames removed because the ring was full, in this run. */
  readonly removed: number;
  /** Frames never written because the disk refused. */
  readonly lost: number;
  readonly errors: number;
}

/** Longest time a frame is only in memory. [ms] */
const FLUSH_MS = 500;
/** A segment's offsets are 32 bits; larger rings have more segments. [bytes] */
const SEGMENT_BYTES_MAX = 1024 * 1024 * 1024;
/** Segments, however small: each start of Firedoor begins one. */
const SEGMENTS_MAX = 1_024;
/** Frames of a slice read at a time. */
const SLICE_READ_FRAMES = 1_024;
/** Numbers left out after a restart: more than can have been given out and lost with the memory, so that no number ever means two frames. */
const NUMBERS_SKIPPED = 100_000;

export class CaptureRing {
  readonly #folder: string;
  readonly #bytesMax: number;
  readonly #segmentBytes: number;
  readonly #onTrouble: (sentence: string) => void;
  readonly #timer: NodeJS.Timeout;
  /** Oldest first; the one being written is not in it. */
  readonly #closed: RingSegment[] = [];
  #open: SegmentWriter | undefined;
  #next = 1;
  #removed = 0;
  #lost = 0;
  #errors = 0;
  #failing = false;

  /** Opens the ring and finds what an earlier run left. Throws what the system says where the folder cannot be made or read. */
  constructor({ folder, bytesMax = RING_BYTES_DEFAULT, onTrouble = () => {} }: RingOptions) {
    this.#folder = folder;
    this.#bytesMax = bytesMax;
    this.#segmentBytes = Math.min(Math.max(FRAME_BYTES_MAX, Math.floor(bytesMax / RING_SEGMENTS)), SEGMENT_BYTES_MAX);
    this.#onTrouble = onTrouble;
    mkdirSync(folder, { recursive: true });
    const firsts = readdirSync(folder).flatMap((name) => /^ring-(\d{15})\.pcapng$/.exec(name)?.[1] ?? []);
    for (const first of firsts.sort()) {
      const segment = RingSegment.reopen(folder, Number(first));
      this.#next = Math.max(this.#next, segment.first + segment.count + NUMBERS_SKIPPED);
      if (segment.count === 0) segment.remove();
      else this.#closed.push(segment);
    }
    this.#timer = setInterval(() => this.flush(), FLUSH_MS);
    this.#timer.unref();
  }

  /** Number the next frame will get. */
  get next(): number {
    return this.#next;
  }

  /** Keeps a frame (copied into a buffer) and returns its number; arguments as in `FrameHandler.frame`. Never throws. */
  append(
    bytes: Uint8Array,
    offset: number,
    capturedLength: number,
    originalLength: number,
    timeUs: TimeUs,
    linkType: number,
    interfaceId = 0,
  ): number {
    const number = this.#next++;
    const length = Math.min(capturedLength, FRAME_BYTES_MAX);
    try {
      const writer = this.#writerFor(number, length);
      writer?.add(bytes, offset, length, originalLength, timeUs, linkType, interfaceId);
      if (writer === undefined) this.#lost++;
    } catch (error) {
      this.#lost++;
      this.#fail(error);
    }
    return number;
  }

  /** A frame handler that keeps each frame, then passes it on with its number. */
  tap(next: (number: number, ...frame: Parameters<FrameHandler['frame']>) => void): FrameHandler {
    return { frame: (...frame) => next(this.append(...frame), ...frame) };
  }

  /** The frame of that number; undefined where it is gone or never was. */
  frame(number: number): RingFrame | undefined {
    this.flush();
    return this.#segments()
      .find((segment) => number >= segment.first && number < segment.first + segment.count)
      ?.frame(number);
  }

  /** A capture of the frames that fit, in order, within `RING_SLICE_FRAMES_MAX` and `RING_SLICE_BYTES_MAX`. */
  slice(filter: SliceFilter): RingSlice {
    this.flush();
    const sink = new MemorySink();
    const writer = new CaptureWriter(sink, { format: 'pcapng', comment: 'Evidence kept by Firedoor' });
    const fits = addressTest(filter.addresses);
    let leftOut = 0;
    for (const frame of this.#framesOf(filter)) {
      if (!fits(frame)) continue;
      const { bytes, originalLength, timeUs, linkType, interfaceId } = frame;
      if (writer.frames >= RING_SLICE_FRAMES_MAX || writer.bytes + bytes.length > RING_SLICE_BYTES_MAX) leftOut++;
      else writer.frame(bytes, 0, bytes.length, originalLength, timeUs, linkType, interfaceId);
    }
    writer.flush();
    return { bytes: new Uint8Array(sink.toBytes()), frames: writer.frames, leftOut };
  }

  health(): RingHealth {
    const segments = this.#segments();
    const newest = segments.at(-1);
    const oldest = segments.find((segment) => segment.firstUs <= segment.lastUs);
    return {
      first: oldest?.first ?? 0,
      last: newest === undefined ? 0 : newest.first + newest.count + (this.#open?.waiting ?? 0) - 1,
      firstUs: oldest?.firstUs ?? null,
      bytes: segments.reduce((sum, segment) => sum + segment.bytes, 0),
      segments: segments.length,
      removed: this.#removed,
      lost: this.#lost,
      errors: this.#errors,
    };
  }

  /** Writes what is buffered. Never throws: what cannot be written is lost, counted. */
  flush(): void {
    if (this.#open === undefined) return;
    try {
      this.#open.flush();
      if (this.#failing) this.#onTrouble('');
      this.#failing = false;
    } catch (error) {
      this.#fail(error);
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.flush();
    this.#endSegment();
  }

  /** Frames by number and time; addresses are not looked at. */
  *#framesOf(filter: SliceFilter): Generator<RingFrame> {
    const { fromUs = Number.NEGATIVE_INFINITY, toUs = Number.POSITIVE_INFINITY } = filter;
    const wanted = filter.numbers === undefined ? undefined : new Set(filter.numbers);
    for (const segment of this.#segments()) {
      if (segment.lastUs < fromUs || segment.firstUs >= toUs) continue;
      let some: IndexEntry[] = [];
      for (const entry of segment.entries()) {
        if (entry.timeUs < fromUs || entry.timeUs >= toUs || wanted?.has(entry.number) === false) continue;
        some.push(entry);
        if (some.length < SLICE_READ_FRAMES) continue;
        yield* segment.load(some);
        some = [];
      }
      yield* segment.load(some);
    }
  }

  #segments(): RingSegment[] {
    return this.#open === undefined ? this.#closed : [...this.#closed, this.#open.segment];
  }

  /** The segment for a frame of `length`; undefined while the disk refuses and the next attempt is not due. */
  #writerFor(number: number, length: number): SegmentWriter | undefined {
    if (this.#open?.full) this.#open.flush();
    if (this.#open !== undefined && this.#open.segment.bytes + length > this.#segmentBytes) {
      this.#open.flush();
      this.#endSegment();
    }
    if (this.#open !== undefined) return this.#open;
    // One attempt in a thousand frames is enough to notice that the disk is back, and costs nothing meanwhile.
    if (this.#failing && number % 1_000 !== 0) return undefined;
    while (this.#closed.length > 0 && this.#isFull()) this.#removeOldest();
    this.#open = new SegmentWriter(this.#folder, number);
    return this.#open;
  }

  #isFull(): boolean {
    const bytes = this.#closed.reduce((sum, segment) => sum + segment.bytes, 0);
    return bytes + this.#segmentBytes > this.#bytesMax || this.#closed.length >= SEGMENTS_MAX;
  }

  #removeOldest(): void {
    const oldest = this.#closed.shift();
    if (oldest === undefined) return;
    this.#removed += oldest.count;
    oldest.remove();
  }

  #endSegment(): void {
    const writer = this.#open;
    this.#open = undefined;
    if (writer === undefined) return;
    try {
      writer.close();
    } catch {
      this.#errors++;
    }
    if (writer.segment.count > 0) this.#closed.push(writer.segment);
    else writer.segment.remove();
  }

  /** The disk refuses: what was buffered is given up, and a new segment is tried later. */
  #fail(error: unknown): void {
    this.#errors++;
    this.#lost += this.#open?.waiting ?? 0;
    this.#endSegment();
    if (!this.#failing) {
      this.#onTrouble(`Frames are not kept for evidence: ${sentenceOf(error)}. Check the disk of ${this.#folder}.`);
    }
    this.#failing = true;
  }
}

function addressTest(addresses: SliceFilter['addresses']): (frame: RingFrame) => boolean {
  if (addresses === undefined) return () => true;
  const [a, b] = addresses.map(addressBytes);
  // What is no IP address stands in no frame as one.
  if (a === undefined || (addresses.length === 2 && b === undefined)) return () => false;
  return ({ bytes, linkType }) => {
    const found = frameAddresses(bytes, linkType);
    if (found === undefined) return false;
    const { source, destination } = found;
    if (b === undefined) return equalBytes(source, a) || equalBytes(destination, a);
    return (
      (equalBytes(source, a) && equalBytes(destination, b)) || (equalBytes(source, b) && equalBytes(destination, a))
    );
  };
}
