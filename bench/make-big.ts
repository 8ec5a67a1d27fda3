/**
 * `node bench/make-big.ts OUT [--packets N] [--source FILE]… [--mix FOLDER]`: a big capture from small ones. Each copy is another
 * plant: IPv4 addresses move by +k in their high and −k in their low 16 bits in ones' complement, so that every checksum stays right
 * (RFC 1071, section 2) and nothing else changes. Copies run beside each other in time, as plants do.
 */
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LINK_TYPES } from '../src/sense/capture/frame-handler.ts';
import { FrameRecorder, type RecordedFrame } from '../src/sense/capture/frame-recorder.ts';
import { readCaptureFile } from '../src/sense/capture/reader.ts';
import { CaptureWriter, DescriptorSink } from '../src/sense/capture/writer.ts';
import { recordDairy } from '../src/simulate/recording.ts';

export interface BigOptions {
  readonly out: string;
  readonly packets: number;
  /** Captures to copy; none: ten minutes of the simulated dairy line. */
  readonly sources: readonly string[];
}

/** Copies that run at the same time. */
const BESIDE = 16;
/** Frame data of one source kept in memory. [bytes] */
const SOURCE_BYTES_MAX = 64 * 1024 * 1024;
/** Folders of a corpus that are no plant traffic. */
const NOT_MIXED = new Set(['malformed', 'attack', 'truth', 'labels', 'baselines']);

/** Writes the capture; returns how many packets it holds. */
export function makeBig({ out, packets, sources }: BigOptions): number {
  const recordings = sources.map(framesOf).filter((frames) => frames.length > 0);
  const descriptor = openSync(out, 'w');
  const writer = new CaptureWriter(new DescriptorSink(descriptor), { format: 'pcap' });
  let first = 1;
  let startUs = Date.UTC(2026, 2, 2, 8) * 1000;
  try {
    while (writer.frames < packets) {
      for (const frames of recordings) {
        if (writer.frames >= packets) break;
        startUs = writeBeside(writer, frames, first, startUs, packets);
        // Sources of one laboratory share addresses: each copy of each source has its own shift.
        first += BESIDE;
      }
    }
    writer.flush();
  } finally {
    closeSync(descriptor);
  }
  return writer.frames;
}

/** Captures of a corpus folder that hold plant traffic, in a fixed order. */
export function mixOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !NOT_MIXED.has(entry.name))
    .flatMap((entry) => readdirSync(join(folder, entry.name)).map((name) => join(folder, entry.name, name)))
    .filter((path) => /\.(pcap|pcapng|cap)$/.test(path))
    .sort();
}

function framesOf(path: string): RecordedFrame[] {
  const recorder = new FrameRecorder(SOURCE_BYTES_MAX);
  readCaptureFile(path, recorder);
  // Frames of other link types do not fit into one classic capture.
  return recorder.frames.filter(({ linkType, bytes }) => linkType === LINK_TYPES.ETHERNET && bytes.length >= 14);
}

/** Several copies of one recording, frame by frame; returns the time after their end. */
function writeBeside(
  writer: CaptureWriter,
  frames: readonly RecordedFrame[],
  first: number,
  startUs: number,
  packets: number,
): number {
  const originUs = frames[0]!.timeUs;
  let lastUs = startUs;
  const scratch = new Uint8Array(262_144);
  for (const { bytes, originalLength, timeUs } of frames) {
    // Times that step back or jump decades stay inside the copy's own hour.
    const offsetUs = Math.min(Math.max(timeUs - originUs, 0), 3_600_000_000);
    for (let copy = 0; copy < BESIDE; copy++) {
      if (writer.frames >= packets) return lastUs;
      scratch.set(bytes);
      move(scratch, bytes.length, first + copy);
      const nowUs = Math.max(lastUs, startUs + offsetUs + copy);
      writer.frame(scratch, 0, bytes.length, originalLength, nowUs, LINK_TYPES.ETHERNET, 0);
      lastUs = nowUs;
    }
  }
  return lastUs + 1_000_000;
}

/** Moves both IPv4 addresses and both MACs of a frame to another plant. */
function move(frame: Uint8Array, length: number, by: number): void {
  for (const mac of [0, 6]) {
    // Group addresses keep their meaning.
    if ((frame[mac]! & 1) === 0) {
      frame[mac + 3] = frame[mac + 3]! ^ (by >> 8);
      frame[mac + 4] = frame[mac + 4]! ^ (by & 0xff);
    }
  }
  let at = 12;
  while (at + 4 < length && frame[at] === 0x81 && frame[at + 1] === 0x00) at += 4;
  if (frame[at] !== 0x08 || frame[at + 1] !== 0x00 || at + 22 > length) return;
  for (const address of [at + 14, at + 18]) {
    if (frame[address]! >= 224) continue;
    put16(frame, address, onesAdd(get16(frame, address), by));
    put16(frame, address + 2, onesAdd(get16(frame, address + 2), 0xffff - by));
  }
}

/** Sum of 16-bit numbers with the carry put back in. */
function onesAdd(a: number, b: number): number {
  const sum = a + b;
  return (sum & 0xffff) + (sum >>> 16);
}

function get16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 0xff;
}

/** Ten minutes of the demo plant, where no source is given. */
function demoSource(folder: string): string {
  const pcap = join(folder, 'dairy.pcap');
  recordDairy({ seed: 1, seconds: 600, pcap });
  return pcap;
}

function main(args: readonly string[]): void {
  const values = (name: string) => args.flatMap((arg, i) => (arg === name ? [args[i + 1] ?? ''] : []));
  const named = new Set(['--packets', '--source', '--mix']);
  const out = args.find((arg, i) => !arg.startsWith('--') && !named.has(args[i - 1] ?? ''));
  if (out === undefined || !existsSync(dirname(out))) {
    console.error('Usage: node bench/make-big.ts OUT [--packets N] [--source FILE]... [--mix FOLDER]');
    process.exitCode = 2;
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'firedoor-big-'));
  try {
    const sources = [...values('--source'), ...values('--mix').flatMap(mixOf)];
    const packets = Number(values('--packets')[0] ?? 5_000_000);
    const written = makeBig({ out, packets, sources: sources.length > 0 ? sources : [demoSource(folder)] });
    console.log(`${out}: ${written} packets`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.main) main(process.argv.slice(2));
