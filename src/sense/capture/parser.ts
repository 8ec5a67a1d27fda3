/** Streaming parser for captures of any supported container: files and live pipes alike. Bytes are pushed in, frames come out. */
import { PCAPNG_BLOCK_BYTES_MAX, READ_CHUNK_BYTES } from '../../limits.ts';
import type { ProblemCount, TimeUs } from '../../records.ts';
import type { FrameHandler } from './frame-handler.ts';
import { isPcapMagic, PcapParser } from './pcap.ts';
import { PCAPNG_BLOCKS, PcapngParser } from './pcapng.ts';
import { CaptureTally } from './tally.ts';

/** Containers that can be read. */
export type CaptureFormat = 'pcap' | 'pcapng';

/** What one capture held, and what was wrong with it. */
export interface CaptureSummary {
  /** Path or name the capture was opened by. */
  readonly file: string;
  readonly format: CaptureFormat;
  readonly compression: 'none' | 'gzip' | 'zstd';
  /** Frames given to the handler. */
  readonly packets: number;
  /** Sum of the lengths on the wire. [bytes] */
  readonly bytes: number;
  /** Sum of the lengths in the capture. [bytes] */
  readonly capturedBytes: number;
  /** Frames shorter in the capture than on the wire. */
  readonly truncatedFrames: number;
  /** Time of the first and of the last frame in capture order; null where no frame carries a time. */
  readonly firstUs: TimeUs | null;
  readonly lastUs: TimeUs | null;
  /** Frames earlier than the frame before them. */
  readonly nonMonotonic: number;
  /** Link types in the order they were first named. */
  readonly linkTypes: readonly number[];
  /** What was odd, by kind; `firstOffset` is a byte offset in the (uncompressed) capture. */
  readonly problems: readonly ProblemCount[];
  /** Why reading ended before the end of the input; null where all of it was read. */
  readonly readError: string | null;
  /** Frames lost before they reached the capture, as far as the capture itself says (pcapng interface statistics). */
  readonly dropped: number;
}

/** Bytes of an unfinished record taken from the next push at a time; the rest is then parsed where it lies. [bytes] */
const TOP_UP_BYTES = 64 * 1024;

/**
 * Parses one capture pushed in pieces of any size; the frames do not depend on where the pieces are cut.
 * Never throws on content and never allocates by a length found in the capture: at most one unfinished record is kept.
 */
export class CaptureParser {
  readonly tally = new CaptureTally();
  readonly #handler: FrameHandler;
  #container: PcapParser | PcapngParser | null = null;
  #carry = new Uint8Array(TOP_UP_BYTES);
  #carryView = new DataView(this.#carry.buffer);
  #carried = 0;
  /** Stream offset of the first byte not consumed. */
  #offset = 0;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  /** Container found; null until four bytes were pushed, or where they begin none. */
  get format(): CaptureFormat | null {
    return this.#container?.format ?? null;
  }

  /** Why parsing ended; null while it goes well. Pushing on is harmless and has no effect. */
  get readError(): string | null {
    return this.tally.readError;
  }

  /** Parses `bytes[0 .. length)`. Each frame is handed over before this returns; nothing of `bytes` is kept. */
  push(bytes: Uint8Array, length: number): void {
    const from = this.#carried > 0 ? this.#topUp(bytes, length) : 0;
    if (from >= length || this.tally.readError !== null) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, length);
    const next = this.#consume(bytes, view, from, length);
    if (next < length && this.tally.readError === null) this.#keep(bytes, next, length);
  }

  /** Says that the input is over; what is left over is counted as cut short. */
  end(): void {
    if (this.tally.readError !== null) return;
    if (this.#container !== null) this.#container.end(this.#carried, this.#offset);
    else if (this.#offset + this.#carried === 0) this.tally.stop('empty', 0, 'The capture is empty.');
    else this.tally.stop('not-a-capture', 0, 'This is no capture: it begins with neither a pcap nor a pcapng mark.');
  }

  /** Finishes the record that is carried with the first bytes of a push; returns how many of them were used up. */
  #topUp(bytes: Uint8Array, length: number): number {
    let from = 0;
    while (from < length && this.tally.readError === null) {
      const before = this.#carried;
      const taken = Math.min(length - from, TOP_UP_BYTES);
      this.#keep(bytes, from, from + taken);
      const next = this.#consume(this.#carry, this.#carryView, 0, this.#carried);
      if (next >= before) {
        this.#carried = 0;
        return from + next - before;
      }
      this.#carry.copyWithin(0, next, this.#carried);
      this.#carried -= next;
      from += taken;
    }
    return from;
  }

  /** Gives whole records of `bytes[from .. to)` to the handler; returns the first byte not consumed. */
  #consume(bytes: Uint8Array, view: DataView, from: number, to: number): number {
    this.#container ??= this.#recognise(view, from, to);
    if (this.#container === null) return this.tally.readError === null ? from : to;
    const next = this.#container.consume(bytes, view, from, to, this.#offset - from);
    this.#offset += next - from;
    return next;
  }

  #recognise(view: DataView, from: number, to: number): PcapParser | PcapngParser | null {
    if (to - from < 4) return null;
    if (isPcapMagic(view, from)) return new PcapParser(this.#handler, this.tally);
    if (view.getUint32(from) === PCAPNG_BLOCKS.SECTION_HEADER) return new PcapngParser(this.#handler, this.tally);
    this.tally.stop('not-a-capture', 0, 'This is no capture: it begins with neither a pcap nor a pcapng mark.');
    return null;
  }

  // Grows with bytes that are really there; the containers refuse a longer record before it is collected.
  #keep(bytes: Uint8Array, from: number, to: number): void {
    const needed = this.#carried + to - from;
    if (needed > this.#carry.length) {
      const grown = new Uint8Array(Math.min(2 * needed, PCAPNG_BLOCK_BYTES_MAX + READ_CHUNK_BYTES));
      grown.set(this.#carry.subarray(0, this.#carried));
      this.#carry = grown;
      this.#carryView = new DataView(grown.buffer);
    }
    this.#carry.set(bytes.subarray(from, to), this.#carried);
    this.#carried = needed;
  }

  /** The counters so far under the name `file`. `format` is pcap where none was recognised; such a capture has a `readError`. */
  summary(file: string, compression: CaptureSummary['compression'] = 'none'): CaptureSummary {
    const tally = this.tally;
    return {
      file,
      format: this.format ?? 'pcap',
      compression,
      packets: tally.packets,
      bytes: tally.bytes,
      capturedBytes: tally.capturedBytes,
      truncatedFrames: tally.truncatedFrames,
      firstUs: Number.isNaN(tally.firstUs) ? null : tally.firstUs,
      lastUs: Number.isNaN(tally.lastUs) ? null : tally.lastUs,
      nonMonotonic: tally.nonMonotonic,
      linkTypes: [...tally.linkTypes],
      problems: tally.problems.list(),
      readError: tally.readError,
      dropped: tally.droppedByInterface + tally.droppedByKernel,
    };
  }
}
