/**
 * pcapng. Source: draft-ietf-opsawg-pcapng (PCAP Next Generation Capture File Format): sections 3.1 (block structure), 4.1 (section header),
 * 4.2 (interface description), 4.3 (enhanced packet), 4.4 (simple packet), 4.6 (interface statistics), appendix A (obsolete packet block).
 */
import { CAPTURE_INTERFACES_MAX, FRAME_BYTES_MAX, PCAPNG_BLOCK_BYTES_MAX } from '../../limits.ts';
import type { FrameHandler } from './frame-handler.ts';
import type { PcapngInterface } from './pcapng-interface.ts';
import { readInterface, readInterfaceDrops, timeOf } from './pcapng-interface.ts';
import type { CaptureTally } from './tally.ts';

/** Block types (section 11.1, registry of block types). */
export const PCAPNG_BLOCKS = {
  SECTION_HEADER: 0x0a0d0d0a,
  INTERFACE_DESCRIPTION: 1,
  OBSOLETE_PACKET: 2,
  SIMPLE_PACKET: 3,
  NAME_RESOLUTION: 4,
  INTERFACE_STATISTICS: 5,
  ENHANCED_PACKET: 6,
  DECRYPTION_SECRETS: 10,
  CUSTOM: 0x0bad,
  CUSTOM_NOT_COPIED: 0x40000bad,
} as const;
/** Byte-order magic of the section header. */
export const PCAPNG_BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** Block type, total length and the total length again. [bytes] */
const BLOCK_BYTES_MIN = 12;
const SECTION_HEADER_BYTES_MIN = 28;
/** Fixed part of an enhanced or obsolete packet block before the packet data. [bytes] */
const PACKET_DATA_OFFSET = 28;
/** The same of a simple packet block. [bytes] */
const SIMPLE_DATA_OFFSET = 12;
/** Where the enhanced packet block keeps its lengths. */
const CAPTURED_LENGTH_OFFSET = 20;

/** Blocks without frames or counters of ours: skipped, and not worth a word. All others that are skipped count as `unknown-block`. */
const SKIPPED_IN_SILENCE: ReadonlySet<number> = new Set([
  PCAPNG_BLOCKS.NAME_RESOLUTION,
  PCAPNG_BLOCKS.DECRYPTION_SECRETS,
  PCAPNG_BLOCKS.CUSTOM,
  PCAPNG_BLOCKS.CUSTOM_NOT_COPIED,
]);

/** Reads one pcapng stream of any number of sections, each in its own byte order. */
export class PcapngParser {
  readonly format = 'pcapng';
  readonly #handler: FrameHandler;
  readonly #tally: CaptureTally;
  #little = true;
  #inSection = false;
  /** Interfaces of the current section; block interface ids count from `#interfaceBase` in the whole capture. */
  #interfaces: PcapngInterface[] = [];
  #interfaceBase = 0;
  /** Bytes of a skipped block still to come. */
  #skip = 0;
  #lastUs = 0;

  constructor(handler: FrameHandler, tally: CaptureTally) {
    this.#handler = handler;
    this.#tally = tally;
  }

  /** As `PcapParser.consume`, for whole blocks. Blocks that carry no frame and no counter are skipped without being kept. */
  consume(bytes: Uint8Array, view: DataView, from: number, to: number, streamOffset: number): number {
    let at = from;
    while (at < to && this.#tally.readError === null) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, to - at);
        this.#skip -= skipped;
        at += skipped;
        continue;
      }
      // Twelve bytes are the shortest block, and enough to learn type, byte order and length.
      if (to - at < BLOCK_BYTES_MIN) return at;
      const next = this.#consumeBlock(bytes, view, at, to, streamOffset);
      if (next === at) return at;
      at = next;
    }
    return this.#tally.readError === null ? at : to;
  }

  /** Called at the end of the input with what `consume` left over. */
  end(remaining: number, streamOffset: number): void {
    if (remaining === 0 && this.#skip === 0) {
      if (!this.#inSection)
        this.#stop('file-header-cut', streamOffset, 'The capture is cut short inside its section header.');
      return;
    }
    this.#stop('block-cut', streamOffset, `The capture is cut short inside the block at byte ${streamOffset}.`);
  }

  /** Returns the end of the block, `at` where more bytes are needed, or anything once reading has stopped. */
  #consumeBlock(bytes: Uint8Array, view: DataView, at: number, to: number, streamOffset: number): number {
    const type = view.getUint32(at, this.#little);
    if (type === PCAPNG_BLOCKS.SECTION_HEADER && !this.#readByteOrder(view, at, streamOffset)) return to;
    if (!this.#inSection && type !== PCAPNG_BLOCKS.SECTION_HEADER) {
      return this.#stop(
        'block-outside-section',
        streamOffset + at,
        'The capture does not begin with a section header.',
      );
    }
    const length = view.getUint32(at + 4, this.#little);
    if (length < BLOCK_BYTES_MIN || length % 4 !== 0) {
      const sentence = `The block at byte ${streamOffset + at} claims ${length} bytes, which no block can have.`;
      return this.#stop('block-length-invalid', streamOffset + at, `${sentence} Nothing after it was read.`);
    }
    if (!isKept(type)) {
      if (!SKIPPED_IN_SILENCE.has(type)) this.#tally.problems.add('unknown-block', streamOffset + at);
      this.#skip = length;
      return at + this.#takeSkip(to - at);
    }
    if (length > PCAPNG_BLOCK_BYTES_MAX) {
      const sentence = `The block at byte ${streamOffset + at} claims ${length} bytes; at most ${PCAPNG_BLOCK_BYTES_MAX} are read.`;
      return this.#stop('block-too-long', streamOffset + at, `${sentence} Nothing after it was read.`);
    }
    if (to - at < length) return at;
    if (view.getUint32(at + length - 4, this.#little) !== length) {
      const sentence = `The block at byte ${streamOffset + at} ends with another length than it begins with.`;
      return this.#stop('block-length-mismatch', streamOffset + at, `${sentence} Nothing after it was read.`);
    }
    this.#readBlock(type, bytes, view, at, length, streamOffset + at);
    return at + length;
  }

  #takeSkip(available: number): number {
    const skipped = Math.min(this.#skip, available);
    this.#skip -= skipped;
    return skipped;
  }

  #readBlock(type: number, bytes: Uint8Array, view: DataView, at: number, length: number, offset: number): void {
    switch (type) {
      case PCAPNG_BLOCKS.ENHANCED_PACKET:
        this.#readPacket(bytes, view, at, length, offset, view.getUint32(at + 8, this.#little));
        break;
      case PCAPNG_BLOCKS.OBSOLETE_PACKET:
        this.#readPacket(bytes, view, at, length, offset, view.getUint16(at + 8, this.#little));
        break;
      case PCAPNG_BLOCKS.SIMPLE_PACKET:
        this.#readSimplePacket(bytes, view, at, length, offset);
        break;
      case PCAPNG_BLOCKS.INTERFACE_DESCRIPTION:
        this.#readInterface(view, at, length, offset);
        break;
      case PCAPNG_BLOCKS.INTERFACE_STATISTICS:
        this.#readStatistics(view, at, length, offset);
        break;
      default:
        this.#beginSection(view, at, length, offset);
    }
  }

  #readByteOrder(view: DataView, at: number, streamOffset: number): boolean {
    const little = view.getUint32(at + 8, true) === PCAPNG_BYTE_ORDER_MAGIC;
    if (!little && view.getUint32(at + 8, false) !== PCAPNG_BYTE_ORDER_MAGIC) {
      const sentence = `The section header at byte ${streamOffset + at} has no valid byte-order mark. Nothing after it was read.`;
      this.#stop('section-byte-order-invalid', streamOffset + at, sentence);
      return false;
    }
    this.#little = little;
    return true;
  }

  #beginSection(view: DataView, at: number, length: number, offset: number): void {
    const major = length >= SECTION_HEADER_BYTES_MIN ? view.getUint16(at + 12, this.#little) : 0;
    if (major !== 1) {
      this.#stop(
        'unknown-version',
        offset,
        `The section at byte ${offset} is of pcapng version ${major}; only version 1 is known.`,
      );
      return;
    }
    this.#interfaceBase += this.#interfaces.length;
    this.#interfaces = [];
    this.#inSection = true;
  }

  #readInterface(view: DataView, at: number, length: number, offset: number): void {
    if (length < 20) {
      this.#stop('interface-description-cut', offset, `The interface description at byte ${offset} is too short.`);
      return;
    }
    if (this.#interfaces.length >= CAPTURE_INTERFACES_MAX) {
      this.#tally.problems.add('too-many-interfaces', offset);
      return;
    }
    const described = readInterface(view, at, length, this.#little);
    if (described.optionsDamaged) this.#tally.problems.add('option-damaged', offset);
    this.#interfaces.push(described);
    this.#tally.sawLinkType(described.linkType, offset);
  }

  #readPacket(
    bytes: Uint8Array,
    view: DataView,
    at: number,
    length: number,
    offset: number,
    interfaceId: number,
  ): void {
    const source = this.#interfaces[interfaceId];
    if (source === undefined) {
      const sentence = `The packet at byte ${offset} names interface ${interfaceId}, which was never described.`;
      this.#stop('unknown-interface', offset, `${sentence} Nothing after it was read.`);
      return;
    }
    const captured =
      length < PACKET_DATA_OFFSET + 4 ? length : view.getUint32(at + CAPTURED_LENGTH_OFFSET, this.#little);
    if (!this.#fits(captured, length - PACKET_DATA_OFFSET - 4, offset)) return;
    const original = view.getUint32(at + CAPTURED_LENGTH_OFFSET + 4, this.#little);
    const timeUs = timeOf(source, view.getUint32(at + 12, this.#little), view.getUint32(at + 16, this.#little));
    if (Number.isNaN(timeUs)) {
      this.#tally.problems.add('time-out-of-range', offset);
      this.#tally.addTimeless(captured, original);
    } else {
      this.#tally.add(captured, original, timeUs);
      this.#lastUs = timeUs;
    }
    const dataAt = at + PACKET_DATA_OFFSET;
    this.#handler.frame(
      bytes,
      dataAt,
      captured,
      original,
      this.#lastUs,
      source.linkType,
      this.#interfaceBase + interfaceId,
    );
  }

  // A simple packet has no time and belongs to interface 0; it gets the time of the frame before it.
  #readSimplePacket(bytes: Uint8Array, view: DataView, at: number, length: number, offset: number): void {
    const source = this.#interfaces[0];
    if (source === undefined || length < SIMPLE_DATA_OFFSET + 4) {
      this.#stop(
        'unknown-interface',
        offset,
        `The simple packet at byte ${offset} has no interface described before it.`,
      );
      return;
    }
    const original = view.getUint32(at + 8, this.#little);
    const captured = source.snapLength === 0 ? original : Math.min(original, source.snapLength);
    if (!this.#fits(captured, length - SIMPLE_DATA_OFFSET - 4, offset)) return;
    this.#tally.problems.add('frame-without-time', offset);
    this.#tally.addTimeless(captured, original);
    this.#handler.frame(
      bytes,
      at + SIMPLE_DATA_OFFSET,
      captured,
      original,
      this.#lastUs,
      source.linkType,
      this.#interfaceBase,
    );
  }

  #readStatistics(view: DataView, at: number, length: number, offset: number): void {
    const source = length < 24 ? undefined : this.#interfaces[view.getUint32(at + 8, this.#little)];
    if (source === undefined) {
      this.#tally.problems.add('statistics-damaged', offset);
      return;
    }
    // Counters run from the start of the capture, so a later block of the same interface replaces the earlier one.
    this.#tally.droppedByInterface -= source.droppedByInterface;
    this.#tally.droppedByKernel -= source.droppedByKernel;
    if (!readInterfaceDrops(source, view, at, length, this.#little)) this.#tally.problems.add('option-damaged', offset);
    this.#tally.droppedByInterface += source.droppedByInterface;
    this.#tally.droppedByKernel += source.droppedByKernel;
  }

  #fits(captured: number, room: number, offset: number): boolean {
    if (captured <= room && captured <= FRAME_BYTES_MAX) return true;
    const sentence = `The packet block at byte ${offset} claims ${captured} captured bytes, more than it holds or any frame has.`;
    this.#stop('record-too-long', offset, `${sentence} Nothing after it was read.`);
    return false;
  }

  /** Ends reading; the value returned is a position no caller uses any more. */
  #stop(kind: string, offset: number, sentence: string): number {
    this.#tally.stop(kind, offset, sentence);
    return -1;
  }
}

function isKept(type: number): boolean {
  return (
    type === PCAPNG_BLOCKS.ENHANCED_PACKET ||
    type === PCAPNG_BLOCKS.OBSOLETE_PACKET ||
    type === PCAPNG_BLOCKS.SIMPLE_PACKET ||
    type === PCAPNG_BLOCKS.INTERFACE_DESCRIPTION ||
    type === PCAPNG_BLOCKS.INTERFACE_STATISTICS ||
    type === PCAPNG_BLOCKS.SECTION_HEADER
  );
}
