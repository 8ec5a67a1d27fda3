/** Bytes of pcap and pcapng records: the inverse of `pcap.ts` and `pcapng.ts`, always little-endian. Sources: as named there. */
import type { TimeUs } from '../../records.ts';
import { PCAP_FILE_HEADER_BYTES, PCAP_MAGIC, PCAP_RECORD_HEADER_BYTES } from './pcap.ts';
import { PCAPNG_BLOCKS, PCAPNG_BYTE_ORDER_MAGIC } from './pcapng.ts';
import { PCAPNG_OPTIONS } from './pcapng-interface.ts';

const TWO_POW_32 = 4_294_967_296;
/** Last second that fits the 32 bits of a classic record: 2106-02-07. */
const PCAP_SECONDS_MAX = TWO_POW_32 - 1;
/** Header, fixed fields and trailer of an enhanced packet block, and the most padding. [bytes] */
export const PACKET_OVERHEAD_BYTES_MAX = 36;

/** Writes the file header of a classic pcap at `at`; returns the offset after it. */
export function encodePcapHeader(
  view: DataView,
  at: number,
  linkType: number,
  nano: boolean,
  snapLength: number,
): number {
  view.setUint32(at, nano ? PCAP_MAGIC.NANO : PCAP_MAGIC.MICRO, true);
  view.setUint16(at + 4, 2, true);
  view.setUint16(at + 6, 4, true);
  view.setBigUint64(at + 8, 0n, true);
  view.setUint32(at + 16, snapLength, true);
  view.setUint32(at + 20, linkType, true);
  return at + PCAP_FILE_HEADER_BYTES;
}

/** Writes a classic record header at `at`; returns where the frame's bytes go. Times outside 1970..2106 are clamped. */
export function encodePcapRecord(
  view: DataView,
  at: number,
  timeUs: TimeUs,
  captured: number,
  original: number,
  nano: boolean,
): number {
  const clamped = Math.min(Math.max(timeUs, 0), PCAP_SECONDS_MAX * 1_000_000);
  const seconds = Math.floor(clamped / 1_000_000);
  const us = clamped - seconds * 1_000_000;
  view.setUint32(at, seconds, true);
  view.setUint32(at + 4, nano ? Math.min(Math.round(us * 1000), 999_999_999) : Math.floor(us), true);
  view.setUint32(at + 8, captured, true);
  view.setUint32(at + 12, original, true);
  return at + PCAP_RECORD_HEADER_BYTES;
}

/** Writes a section header block with the given comment (empty: none); returns the offset after it. */
export function encodeSectionHeader(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  application: string,
  comment: string,
): number {
  view.setUint32(at + 8, PCAPNG_BYTE_ORDER_MAGIC, true);
  view.setUint16(at + 12, 1, true);
  view.setUint16(at + 14, 0, true);
  view.setBigInt64(at + 16, -1n, true);
  let next = at + 24;
  if (comment !== '') next = encodeTextOption(bytes, view, next, PCAPNG_OPTIONS.COMMENT, comment);
  if (application !== '') next = encodeTextOption(bytes, view, next, PCAPNG_OPTIONS.SHB_USERAPPL, application);
  return encodeBlockEnds(view, at, encodeOptionsEnd(view, next), PCAPNG_BLOCKS.SECTION_HEADER);
}

/** Writes an interface description block with microsecond times; returns the offset after it. */
export function encodeInterface(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  linkType: number,
  snapLength: number,
  name: string,
): number {
  view.setUint16(at + 8, linkType, true);
  view.setUint16(at + 10, 0, true);
  view.setUint32(at + 12, snapLength, true);
  let next = at + 16;
  if (name !== '') next = encodeTextOption(bytes, view, next, PCAPNG_OPTIONS.IF_NAME, name);
  return encodeBlockEnds(view, at, encodeOptionsEnd(view, next), PCAPNG_BLOCKS.INTERFACE_DESCRIPTION);
}

/** Writes an enhanced packet block with the frame `source[from .. from + captured)`; returns the offset after it. */
export function encodePacket(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  source: Uint8Array,
  from: number,
  captured: number,
  original: number,
  timeUs: TimeUs,
  interfaceId: number,
): number {
  const whole = Math.max(0, Math.floor(timeUs));
  view.setUint32(at + 8, interfaceId, true);
  view.setUint32(at + 12, Math.floor(whole / TWO_POW_32), true);
  view.setUint32(at + 16, whole % TWO_POW_32, true);
  view.setUint32(at + 20, captured, true);
  view.setUint32(at + 24, original, true);
  bytes.set(source.subarray(from, from + captured), at + 28);
  return encodeBlockEnds(view, at, pad(bytes, at + 28 + captured, captured), PCAPNG_BLOCKS.ENHANCED_PACKET);
}

function encodeTextOption(bytes: Uint8Array, view: DataView, at: number, code: number, text: string): number {
  const encoded = new TextEncoder().encode(text);
  view.setUint16(at, code, true);
  view.setUint16(at + 2, encoded.length, true);
  bytes.set(encoded, at + 4);
  return pad(bytes, at + 4 + encoded.length, encoded.length);
}

function encodeOptionsEnd(view: DataView, at: number): number {
  view.setUint32(at, PCAPNG_OPTIONS.END, true);
  return at + 4;
}

/** Writes type and both lengths of the block from `at` to `end` (without trailer); returns the offset after the trailer. */
function encodeBlockEnds(view: DataView, at: number, end: number, type: number): number {
  const length = end + 4 - at;
  view.setUint32(at, type, true);
  view.setUint32(at + 4, length, true);
  view.setUint32(end, length, true);
  return end + 4;
}

/** Zeroes up to the next multiple of four after `length` bytes that end at `end`. */
function pad(bytes: Uint8Array, end: number, length: number): number {
  const padding = -length & 3;
  bytes.fill(0, end, end + padding);
  return end + padding;
}
