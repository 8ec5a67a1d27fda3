/** Writes captures: for the simulator, evidence slices and the ring. A writer is a `FrameHandler`, so any frame source can feed it. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../../base/errors.ts';
import { CAPTURE_INTERFACES_MAX, FRAME_BYTES_MAX } from '../../limits.ts';
import type { TimeUs } from '../../records.ts';
import {
  encodeInterface,
  encodePacket,
  encodePcapHeader,
  encodePcapRecord,
  encodeSectionHeader,
  PACKET_OVERHEAD_BYTES_MAX,
} from './encode.ts';
import type { FrameHandler } from './frame-handler.ts';
import { LINK_TYPES } from './frame-handler.ts';

/** Takes the written bytes; they are valid only during the call. May throw, see `CaptureWriter.flush`. */
export interface CaptureSink {
  write(bytes: Uint8Array): void;
}

export interface CaptureWriterOptions {
  /** `pcap`: µs, `pcap-nano`: ns, both of one link type; `pcapng`: any number of interfaces and link types. */
  readonly format: 'pcap' | 'pcap-nano' | 'pcapng';
  /** Link type of a classic pcap. Default: Ethernet. pcapng takes it from each frame. */
  readonly linkType?: number;
  /** Comment of a pcapng section, at most 4,096 characters are kept. */
  readonly comment?: string;
  /** Names of pcapng interfaces by interface id. */
  readonly interfaceNames?: readonly string[];
}

/** Buffered bytes before they go to the sink; holds the largest frame several times. [bytes] */
const BUFFER_BYTES = 1024 * 1024;
/** Longest comment or name written. [characters] */
const TEXT_CHARACTERS_MAX = 4_096;

/**
 * Encodes frames into a buffer and hands it to the sink when it is full or at `flush`. Frames over `FRAME_BYTES_MAX` are cut to it.
 * A frame that the format cannot hold (another link type in a classic pcap) is counted in `refused`.
 */
export class CaptureWriter implements FrameHandler {
  /** Frames encoded. */
  frames = 0;
  /** Frames the format cannot hold. */
  refused = 0;
  /** Bytes encoded, buffered ones included. */
  bytes = 0;
  readonly #sink: CaptureSink;
  readonly #format: CaptureWriterOptions['format'];
  readonly #linkType: number;
  readonly #interfaceNames: readonly string[];
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  readonly #view = new DataView(this.#buffer.buffer);
  #used = 0;
  /** pcapng: source interface and link type of each interface described so far. */
  readonly #interfaces: { readonly id: number; readonly linkType: number }[] = [];

  constructor(sink: CaptureSink, options: CaptureWriterOptions) {
    this.#sink = sink;
    this.#format = options.format;
    this.#linkType = options.linkType ?? LINK_TYPES.ETHERNET;
    this.#interfaceNames = options.interfaceNames ?? [];
    const comment = (options.comment ?? '').slice(0, TEXT_CHARACTERS_MAX);
    this.#advance(
      this.#format === 'pcapng'
        ? encodeSectionHeader(this.#buffer, this.#view, 0, 'Firedoor', comment)
        : encodePcapHeader(this.#view, 0, this.#linkType, this.#format === 'pcap-nano', FRAME_BYTES_MAX),
    );
  }

  /** Bytes encoded and not yet handed to the sink. */
  get buffered(): number {
    return this.#used;
  }

  frame(
    bytes: Uint8Array,
    offset: number,
    capturedLength: number,
    originalLength: number,
    timeUs: TimeUs,
    linkType: number,
    interfaceId: number,
  ): void {
    const captured = Math.min(capturedLength, FRAME_BYTES_MAX);
    if (this.#used + captured + PACKET_OVERHEAD_BYTES_MAX > BUFFER_BYTES) this.flush();
    if (this.#format === 'pcapng') {
      const index = this.#interfaceFor(interfaceId, linkType);
      if (index < 0) return;
      this.#advance(
        encodePacket(this.#buffer, this.#view, this.#used, bytes, offset, captured, originalLength, timeUs, index),
      );
    } else {
      if (linkType !== this.#linkType) {
        this.refused++;
        return;
      }
      const nano = this.#format === 'pcap-nano';
      const dataAt = encodePcapRecord(this.#view, this.#used, timeUs, captured, originalLength, nano);
      this.#buffer.set(bytes.subarray(offset, offset + captured), dataAt);
      this.#advance(dataAt + captured);
    }
    this.frames++;
  }

  /** Hands everything buffered to the sink. Where the sink throws, the buffer is dropped and the error passed on. */
  flush(): void {
    const used = this.#used;
    this.#used = 0;
    if (used > 0) this.#sink.write(this.#buffer.subarray(0, used));
  }

  /** Index of the described interface, describing it now if it is new; -1 and counted where there are too many. */
  #interfaceFor(id: number, linkType: number): number {
    for (let index = 0; index < this.#interfaces.length; index++) {
      const known = this.#interfaces[index];
      if (known !== undefined && known.id === id && known.linkType === linkType) return index;
    }
    if (this.#interfaces.length >= CAPTURE_INTERFACES_MAX) {
      this.refused++;
      return -1;
    }
    // The description and the frame that asks for it must fit together; a name is short against the buffer.
    if (this.#used > BUFFER_BYTES / 2) this.flush();
    const name = (this.#interfaceNames[id] ?? '').slice(0, TEXT_CHARACTERS_MAX);
    this.#interfaces.push({ id, linkType });
    this.#advance(encodeInterface(this.#buffer, this.#view, this.#used, linkType, FRAME_BYTES_MAX, name));
    return this.#interfaces.length - 1;
  }

  #advance(next: number): void {
    this.bytes += next - this.#used;
    this.#used = next;
  }
}

/** Collects a capture in memory. */
export class MemorySink implements CaptureSink {
  #bytes = new Uint8Array(BUFFER_BYTES);
  #used = 0;

  write(bytes: Uint8Array): void {
    const needed = this.#used + bytes.length;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(2 * needed);
      grown.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#used);
    this.#used = needed;
  }

  /** A copy of what was written so far. */
  toBytes(): Uint8Array {
    return this.#bytes.slice(0, this.#used);
  }
}

/** Writes to an open file descriptor, whole or with the error of the system. */
export class DescriptorSink implements CaptureSink {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  write(bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(this.#descriptor, bytes, written, bytes.length - written);
    }
  }
}

/** Writes a capture file at `path`: `produce` gives its frames to the writer. Throws FAILED where the file cannot be written. */
export function writeCaptureFile(
  path: string,
  options: CaptureWriterOptions,
  produce: (writer: CaptureWriter) => void,
): CaptureWriter {
  const orFail = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      const sentence = `Cannot write the capture ${path}: ${sentenceOf(error)}.`;
      throw new FiredoorError(ERROR_CODES.FAILED, sentence, { cause: error });
    }
  };
  const descriptor = orFail(() => openSync(path, 'w'));
  try {
    const file = new DescriptorSink(descriptor);
    const writer = new CaptureWriter({ write: (bytes) => orFail(() => file.write(bytes)) }, options);
    produce(writer);
    writer.flush();
    return writer;
  } finally {
    closeSync(descriptor);
  }
}
