import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';
import { FrameRecorder } from './frame-recorder.ts';
import { readCaptureFile } from './reader.ts';
import { CaptureWriter, MemorySink } from './writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'firedoor-reader-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A capture of `count` frames whose bytes and times tell them apart; incompressible enough to fill several chunks. */
function sample(count: number, format: 'pcap' | 'pcapng' = 'pcap'): Uint8Array {
  const sink = new MemorySink();
  const writer = new CaptureWriter(sink, { format });
  const frame = new Uint8Array(300);
  let state = 1;
  for (let index = 0; index < count; index++) {
    for (let at = 0; at < frame.length; at++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      frame[at] = state >>> 24;
    }
    writer.frame(frame, 0, frame.length, frame.length, index * 1_000, 1, 0);
  }
  writer.flush();
  return sink.toBytes();
}

function store(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function errorOf(action: () => unknown): FiredoorError {
  try {
    action();
  } catch (error) {
    if (error instanceof FiredoorError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('readCaptureFile', () => {
  it('gives every frame of a file of several chunks, whatever its name says', () => {
    const path = store('several-chunks.txt', sample(20_000, 'pcapng'));
    const progress: number[] = [];
    let next = 0;
    const handler = {
      frame: (...[, , , , timeUs]: Parameters<FrameRecorder['frame']>) => expect(timeUs).toBe(1_000 * next++),
    };
    const summary = readCaptureFile(path, handler, { onProgress: (read, total) => progress.push(read / total) });
    expect(summary).toMatchObject({
      file: path,
      format: 'pcapng',
      packets: 20_000,
      compression: 'none',
      readError: null,
    });
    expect(progress.length).toBeGreaterThan(1);
    expect(progress.at(-1)).toBe(1);
  });

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const)('reads %s by its first bytes, frame by frame the same', (compression, compress) => {
    const plain = sample(10_000);
    const expected = new FrameRecorder();
    const seen = new FrameRecorder();
    readCaptureFile(store('plain.pcap', plain), expected);
    const summary = readCaptureFile(store('packed.pcap', compress(plain)), seen);
    expect(summary).toMatchObject({ compression, packets: 10_000, readError: null });
    expect(seen.frames.length).toBe(10_000);
    expect(seen.frames.at(-1)).toEqual(expected.frames.at(-1));
  });

  it('gives what stands before the damage of a compressed file', () => {
    const packed = gzipSync(sample(10_000));
    const summary = readCaptureFile(store('cut.gz', packed.subarray(0, packed.length / 2)), { frame() {} });
    expect(summary.packets).toBeGreaterThan(3_000);
    expect(summary.packets).toBeLessThan(10_000);
    expect(summary.problems.map((problem) => problem.kind)).toEqual(['compression-damaged']);
    expect(summary.readError).toContain('gzip');
  });

  it('stops decompressing once the capture inside is unreadable', () => {
    const bytes = sample(10_000);
    new DataView(bytes.buffer).setUint32(24 + 8, 0xffffffff);
    const summary = readCaptureFile(store('bad-inside.gz', gzipSync(bytes)), { frame() {} });
    expect(summary).toMatchObject({ packets: 0 });
    expect(summary.problems.map((problem) => problem.kind)).toEqual(['record-too-long']);
  });

  it.each([
    ['no such file', () => join(folder, 'absent.pcap'), /there is no such file/],
    ['a folder', () => folder, /is a folder/],
    ['an empty file', () => store('empty.pcap', new Uint8Array(0)), /is empty/],
    ['text', () => store('text.pcap', new TextEncoder().encode('GET / HTTP/1.1')), /no capture/],
    ['compressed text', () => store('text.gz', gzipSync('GET / HTTP/1.1')), /no capture/],
  ])('refuses %s with a sentence', (_, path, sentence) => {
    const error = errorOf(() => readCaptureFile(path(), { frame() {} }));
    expect(error.code).toBe(ERROR_CODES.BAD_INPUT);
    expect(error.message).toMatch(sentence);
  });
});

const corpus = new URL('../../../../shared/corpus/', import.meta.url).pathname;

/** Where the reference itself errs or looks at something else, and why. */
const REVIEWED: Readonly<Record<string, string>> = {
  'malformed/ndpi_fuzz-2021-06-07-c6c72a0a56.pcap':
    'original length over 2^31 and time fraction over a second: the reference overflows',
  'malformed/ndpi_fuzz-2021-10-13.pcap': 'nanosecond fraction over a second: the reference overflows',
  'malformed/tcpdump_frf16_magic_ie-oobr.pcap':
    'the reference refuses the whole file for its link type 182 (multi-link frame relay)',
};

interface Truth {
  readonly capture: {
    readonly packets: number;
    readonly bytes_on_wire: number;
    readonly bytes_captured: number;
    readonly truncated_frames: number;
    readonly first_ts: number | null;
    readonly last_ts: number | null;
    readonly non_monotonic_ts: number;
    readonly read_error: string | null;
  };
}

describe('corpus', () => {
  it.skipIf(!existsSync(join(corpus, 'manifest.json')))(
    'agrees with the reference on every capture (needs ../shared/corpus)',
    () => {
      const manifest = JSON.parse(readFileSync(join(corpus, 'manifest.json'), 'utf8')) as {
        files: { path: string; truth_path: string }[];
      };
      const disagreeing: string[] = [];
      for (const { path, truth_path } of manifest.files) {
        const { capture } = JSON.parse(readFileSync(join(corpus, truth_path), 'utf8')) as Truth;
        const seen = readCaptureFile(join(corpus, path), { frame() {} });
        // The reference rounds seconds to a double with nine digits; one microsecond is its own uncertainty.
        const sameTime = (us: number | null, seconds: number | null): boolean =>
          us === null || seconds === null ? us === seconds : Math.abs(us - seconds * 1_000_000) <= 1;
        const agrees =
          seen.packets === capture.packets &&
          seen.bytes === capture.bytes_on_wire &&
          seen.capturedBytes === capture.bytes_captured &&
          seen.truncatedFrames === capture.truncated_frames &&
          seen.nonMonotonic === capture.non_monotonic_ts &&
          sameTime(seen.firstUs, capture.first_ts) &&
          sameTime(seen.lastUs, capture.last_ts) &&
          (seen.readError === null) === (capture.read_error === null);
        if (!agrees) disagreeing.push(path);
      }
      expect(manifest.files.length).toBeGreaterThan(300);
      expect(disagreeing.sort()).toEqual(Object.keys(REVIEWED).sort());
    },
  );
});
