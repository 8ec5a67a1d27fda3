/**
 * Classic pcap, the fast lane. Source: draft-ietf-opsawg-pcap (PCAP Capture File Format), sections 4 (file header) and 5 (packet record),
 * and for the 24-byte record header of magic 0xa1b2cd34 the patched libpcap of Linux distributions around 1999.
 */
import { FRAME_BYTES_MAX } from '../../limits.ts';
import type { FrameHandler } from './frame-handler.ts';
import type { CaptureTally } from './tally.ts';

/** Magic numbers as read in the byte order of the writer. */
export const PCAP_MAGIC = { MICRO: 0xa1b2c3d4, NANO: 0xa1b23c4d, MODIFIED: 0xa1b2cd34 } as const;
/** Length of the file header. [bytes] */
export const PCAP_FILE_HEADER_BYTES = 24;
/** Length of a record header. [bytes] */
export const PCAP_RECORD_HEADER_BYTES = 16;
/** Record header of the modified format: interface index, protocol and packet type follow. [bytes] */
const MODIFIED_RECORD_HEADER_BYTES = 24;
/** SunATM: four bytes before each frame that never were on the wire (LINKTYPE_SUNATM of tcpdump.org). */
const LINK_TYPE_SUNATM = 123;
const SUNATM_PSEUDO_BYTES = 4;
/** Link type field: the upper bits tell of an FCS (section 4, "LinkType and additional information"). */
const LINK_TYPE_MASK = 0x03ffffff;

/** Whether old writers put the original length first: libpcap before 0.4 (version 2.3) did, and version 2.3 files do either. */
type LengthOrder = 'captured-first' | 'either' | 'original-first';

/** True where the four bytes at `offset` begin a classic pcap file of either byte order. */
export function isPcapMagic(view: DataView, offset: number): boolean {
  return isMagic(view.getUint32(offset, true)) || isMagic(view.getUint32(offset, false));
}

function isMagic(value: number): boolean {
  return value === PCAP_MAGIC.MICRO || value === PCAP_MAGIC.NANO || value === PCAP_MAGIC.MODIFIED;
}

/** Reads one classic pcap stream. The file header is part of the stream; call `consume` with the stream from its first byte. */
export class PcapParser {
  readonly format = 'pcap';
  readonly #handler: FrameHandler;
  readonly #tally: CaptureTally;
  #headerRead = false;
  #little = true;
  #nano = false;
  #recordHeaderBytes = PCAP_RECORD_HEADER_BYTES;
  #lengthOrder: LengthOrder = 'captured-first';
  #linkType = 0;

  constructor(handler: FrameHandler, tally: CaptureTally) {
    this.#handler = handler;
    this.#tally = tally;
  }

  /**
   * Gives every whole record of `bytes[from .. to)` to the handler and returns the first byte not consumed.
   * `view` looks at `bytes`; `streamOffset` is where `bytes[0]` stands in the stream.
   */
  consume(bytes: Uint8Array, view: DataView, from: number, to: number, streamOffset: number): number {
    if (this.#headerRead) return this.#consumeRecords(bytes, view, from, to, streamOffset);
    if (to - from < PCAP_FILE_HEADER_BYTES) return from;
    this.#readFileHeader(view, from, streamOffset);
    return this.#consumeRecords(bytes, view, from + PCAP_FILE_HEADER_BYTES, to, streamOffset);
  }

  /** Called at the end of the input with what `consume` left over. */
  end(remaining: number, streamOffset: number): void {
    if (!this.#headerRead) {
      this.#tally.stop('file-header-cut', streamOffset, 'The capture is cut short inside its file header.');
    } else if (remaining > 0) {
      const inside = remaining < this.#recordHeaderBytes ? 'the header of a packet' : 'a packet';
      this.#tally.stop(
        'record-cut',
        streamOffset,
        `The capture is cut short inside ${inside} at byte ${streamOffset}.`,
      );
    }
  }

  #readFileHeader(view: DataView, from: number, streamOffset: number): void {
    this.#little = isMagic(view.getUint32(from, true));
    const magic = view.getUint32(from, this.#little);
    const major = view.getUint16(from + 4, this.#little);
    const minor = view.getUint16(from + 6, this.#little);
    this.#nano = magic === PCAP_MAGIC.NANO;
    if (magic === PCAP_MAGIC.MODIFIED) this.#recordHeaderBytes = MODIFIED_RECORD_HEADER_BYTES;
    this.#linkType = view.getUint32(from + 20, this.#little) & LINK_TYPE_MASK;
    this.#headerRead = true;
    this.#tally.sawLinkType(this.#linkType, streamOffset + from + 20);
    if (major !== 2) this.#tally.problems.add('unknown-version', streamOffset + from + 4);
    else if (minor < 3) this.#lengthOrder = 'original-first';
    else if (minor === 3) this.#lengthOrder = 'either';
  }

  // One loop for both byte orders and resolutions; counters live in locals, because a field update costs as much as the rest of the loop.
  #consumeRecords(bytes: Uint8Array, view: DataView, from: number, to: number, streamOffset: number): number {
    const tally = this.#tally;
    const handler = this.#handler;
    const little = this.#little;
    const nano = this.#nano;
    const fractionMax = nano ? 999_999_999 : 999_999;
    const headerBytes = this.#recordHeaderBytes;
    const usualOrder = this.#lengthOrder === 'captured-first';
    const linkType = this.#linkType;
    let packets = 0;
    let wireBytes = 0;
    let capturedBytes = 0;
    let truncated = 0;
    let nonMonotonic = 0;
    let firstUs = tally.firstUs;
    let lastUs = tally.lastUs;
    let at = from;
    while (to - at >= headerBytes) {
      let captured = view.getUint32(at + 8, little);
      let original = view.getUint32(at + 12, little);
      if (!usualOrder && (this.#lengthOrder === 'original-first' || captured > original)) {
        const swapped = captured;
        captured = original;
        original = swapped;
      }
      if (captured > FRAME_BYTES_MAX) {
        this.#stopAtRecord(streamOffset + at, captured);
        at = to;
        break;
      }
      const next = at + headerBytes + captured;
      if (next > to) break;
      const fraction = view.getUint32(at + 4, little);
      if (fraction > fractionMax) tally.problems.add('time-fraction-too-large', streamOffset + at);
      const timeUs = view.getUint32(at, little) * 1_000_000 + (nano ? Math.trunc(fraction / 1000) : fraction);
      packets++;
      wireBytes += original;
      capturedBytes += captured;
      if (captured < original) truncated++;
      if (timeUs < lastUs) nonMonotonic++;
      lastUs = timeUs;
      if (packets === 1 && tally.packets === 0) firstUs = timeUs;
      handler.frame(bytes, at + headerBytes, captured, original, timeUs, linkType, 0);
      at = next;
    }
    const pseudoBytes = linkType === LINK_TYPE_SUNATM ? packets * SUNATM_PSEUDO_BYTES : 0;
    tally.packets += packets;
    tally.bytes += wireBytes - pseudoBytes;
    tally.capturedBytes += capturedBytes - pseudoBytes;
    tally.truncatedFrames += truncated;
    tally.nonMonotonic += nonMonotonic;
    tally.firstUs = firstUs;
    tally.lastUs = lastUs;
    return at;
  }

  // As libpcap and Wireshark do: a length that cannot be ends reading. Searching on for "the next header" would invent packets.
  #stopAtRecord(offset: number, captured: number): void {
    const sentence = `The packet record at byte ${offset} claims ${captured} bytes; no frame is longer than ${FRAME_BYTES_MAX}.`;
    this.#tally.stop('record-too-long', offset, `${sentence} Nothing after it was read.`);
  }
}
