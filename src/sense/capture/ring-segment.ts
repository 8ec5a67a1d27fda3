/**
 * One segment of the capture ring: a pcapng file that any capture tool opens, and beside it an index with one fixed record a frame,
 * so that a frame is found by its number with two small reads.
 */
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import type { TimeUs } from '../../records.ts';
import { CaptureWriter, DescriptorSink } from './writer.ts';

/** One frame out of the ring. */
export interface RingFrame {
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly originalLength: number;
  readonly timeUs: TimeUs;
  readonly linkType: number;
  readonly interfaceId: number;
}

/** What the index says of a frame. */
export interface IndexEntry extends Omit<RingFrame, 'bytes'> {
  /** Where its bytes are in the capture file. */
  readonly at: number;
  readonly capturedLength: number;
}

/** timeUs 8, offset 4, captured 4, original 4, link type 2, interface 2; little-endian. [bytes] */
const ENTRY_BYTES = 24;
/** Index records buffered before they are written with their frames. */
const ENTRIES_BUFFERED = 16_384;

/** Paths of a segment in its folder, by the number of its first frame. */
export function segmentPaths(folder: string, first: number): { capture: string; index: string } {
  const name = `${folder}/ring-${String(first).padStart(15, '0')}`;
  return { capture: `${name}.pcapng`, index: `${name}.index` };
}

export class RingSegment {
  readonly first: number;
  /** Frames in the files; those still buffered come on top. */
  count = 0;
  firstUs: TimeUs = Number.POSITIVE_INFINITY;
  lastUs: TimeUs = Number.NEGATIVE_INFINITY;
  /** Size on disk, buffered frames included. [bytes] */
  bytes = 0;
  readonly #paths: { capture: string; index: string };
  /** False only while a segment of an earlier run is looked through. */
  #complete = true;

  constructor(folder: string, first: number) {
    this.first = first;
    this.#paths = segmentPaths(folder, first);
  }

  /** A segment of an earlier run. What a kill left half written is not counted. */
  static reopen(folder: string, first: number): RingSegment {
    const segment = new RingSegment(folder, first);
    const size = statSync(segment.#paths.capture, { throwIfNoEntry: false })?.size ?? 0;
    segment.#complete = false;
    for (const entry of segment.entries()) {
      if (entry.at + entry.capturedLength > size) break;
      segment.count++;
      segment.firstUs = Math.min(segment.firstUs, entry.timeUs);
      segment.lastUs = Math.max(segment.lastUs, entry.timeUs);
    }
    segment.#complete = true;
    segment.bytes = size + segment.count * ENTRY_BYTES;
    return segment;
  }

  /** Every index record, in order. Empty where the files are gone. */
  *entries(): Generator<IndexEntry> {
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(this.#paths.index);
    } catch {
      return;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    // While the index is longer than what counts (a kill, a full disk), its end names what is not there.
    const end = this.#complete ? this.count * ENTRY_BYTES : bytes.length;
    for (let at = 0; at + ENTRY_BYTES <= Math.min(end, bytes.length); at += ENTRY_BYTES) {
      yield entryAt(view, at, this.first + at / ENTRY_BYTES);
    }
  }

  /** The frame of that number; undefined where it is not in the files. */
  frame(number: number): RingFrame | undefined {
    if (number < this.first || number >= this.first + this.count) return undefined;
    const bytes = readAt(this.#paths.index, (number - this.first) * ENTRY_BYTES, ENTRY_BYTES);
    return bytes === undefined ? undefined : this.load([entryAt(new DataView(bytes.buffer), 0, number)])[0];
  }

  /** Frames of index records; those that cannot be read are left out. */
  load(entries: readonly IndexEntry[]): RingFrame[] {
    let descriptor: number;
    try {
      descriptor = openSync(this.#paths.capture, 'r');
    } catch {
      return [];
    }
    try {
      return entries.flatMap(({ at, capturedLength, ...known }) => {
        const bytes = new Uint8Array(capturedLength);
        return readSync(descriptor, bytes, 0, capturedLength, at) === capturedLength ? [{ ...known, bytes }] : [];
      });
    } finally {
      closeSync(descriptor);
    }
  }

  remove(): void {
    rmSync(this.#paths.capture, { force: true });
    rmSync(this.#paths.index, { force: true });
  }
}

/** The segment being written. */
export class SegmentWriter {
  readonly segment: RingSegment;
  /** Frames buffered. */
  waiting = 0;
  readonly #capture: number;
  readonly #index: number;
  readonly #writer: CaptureWriter;
  /** Bytes of the capture written whole. */
  #written = 0;
  readonly #entries = new DataView(new ArrayBuffer(ENTRIES_BUFFERED * ENTRY_BYTES));

  /** Makes the files; throws what the system says. */
  constructor(folder: string, first: number) {
    const { capture, index } = segmentPaths(folder, first);
    this.#capture = openSync(capture, 'wx');
    try {
      this.#index = openSync(index, 'wx');
    } catch (error) {
      closeSync(this.#capture);
      throw error;
    }
    this.#writer = new CaptureWriter(new DescriptorSink(this.#capture), { format: 'pcapng' });
    this.segment = new RingSegment(folder, first);
  }

  /** True where the next frame should be written out first. */
  get full(): boolean {
    return this.waiting >= ENTRIES_BUFFERED;
  }

  /** Buffers a frame. Throws where the buffer had to be written and could not. */
  add(
    bytes: Uint8Array,
    offset: number,
    capturedLength: number,
    originalLength: number,
    timeUs: TimeUs,
    linkType: number,
    interfaceId: number,
  ): void {
    const writer = this.#writer;
    const refused = writer.refused;
    writer.frame(bytes, offset, capturedLength, originalLength, timeUs, linkType, interfaceId);
    // A frame the writer has no interface left for keeps its number, without bytes.
    const kept = writer.refused === refused ? capturedLength : 0;
    // An enhanced packet block ends in its bytes, padding to four, and four bytes of length.
    const at = kept === 0 ? 0 : writer.bytes - 4 - (-kept & 3) - kept;
    const entry = this.waiting * ENTRY_BYTES;
    this.#entries.setFloat64(entry, timeUs, true);
    this.#entries.setUint32(entry + 8, at, true);
    this.#entries.setUint32(entry + 12, kept, true);
    this.#entries.setUint32(entry + 16, originalLength, true);
    this.#entries.setUint16(entry + 20, linkType, true);
    this.#entries.setUint16(entry + 22, interfaceId, true);
    this.waiting++;
    const { segment } = this;
    segment.firstUs = Math.min(segment.firstUs, timeUs);
    segment.lastUs = Math.max(segment.lastUs, timeUs);
    segment.bytes = writer.bytes + (segment.count + this.waiting) * ENTRY_BYTES;
  }

  /** Writes what is buffered: frames first, so that the index never names what is not there. Throws what the system says. */
  flush(): void {
    if (this.waiting === 0) return;
    this.#writer.flush();
    this.#written = this.#writer.bytes;
    const bytes = new Uint8Array(this.#entries.buffer, 0, this.waiting * ENTRY_BYTES);
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#index, bytes, written);
    this.segment.count += this.waiting;
    this.waiting = 0;
  }

  /** Ends the segment as far as it is written whole. */
  close(): void {
    try {
      const whole = this.segment.count * ENTRY_BYTES;
      if (fstatSync(this.#index).size > whole) ftruncateSync(this.#index, whole);
      if (fstatSync(this.#capture).size > this.#written) ftruncateSync(this.#capture, this.#written);
    } finally {
      closeSync(this.#capture);
      closeSync(this.#index);
    }
  }
}

function entryAt(view: DataView, at: number, number: number): IndexEntry {
  return {
    number,
    timeUs: view.getFloat64(at, true),
    at: view.getUint32(at + 8, true),
    capturedLength: view.getUint32(at + 12, true),
    originalLength: view.getUint32(at + 16, true),
    linkType: view.getUint16(at + 20, true),
    interfaceId: view.getUint16(at + 22, true),
  };
}

function readAt(path: string, position: number, length: number): Uint8Array<ArrayBuffer> | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const bytes = new Uint8Array(length);
    return readSync(descriptor, bytes, 0, length, position) === length ? bytes : undefined;
  } finally {
    closeSync(descriptor);
  }
}
