import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';
import { FRAME_BYTES_MAX } from '../../limits.ts';
import { LINK_TYPES } from './frame-handler.ts';
import type { RecordedFrame } from './frame-recorder.ts';
import { FrameRecorder } from './frame-recorder.ts';
import { CaptureParser } from './parser.ts';
import type { CaptureWriterOptions } from './writer.ts';
import { CaptureWriter, MemorySink, writeCaptureFile } from './writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'firedoor-writer-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(frames: readonly RecordedFrame[], options: CaptureWriterOptions): Uint8Array {
  const sink = new MemorySink();
  const writer = new CaptureWriter(sink, options);
  give(frames, writer);
  writer.flush();
  expect(writer.bytes).toBe(sink.toBytes().length);
  return sink.toBytes();
}

function give(frames: readonly RecordedFrame[], writer: CaptureWriter): void {
  for (const { bytes, originalLength, timeUs, linkType, interfaceId } of frames) {
    // The frame stands inside a larger buffer, as it does in a reader.
    const around = new Uint8Array(bytes.length + 9).fill(0xee);
    around.set(bytes, 5);
    writer.frame(around, 5, bytes.length, originalLength, timeUs, linkType, interfaceId);
  }
}

function read(bytes: Uint8Array): { frames: RecordedFrame[]; readError: string | null; problems: number } {
  const recorder = new FrameRecorder();
  const parser = new CaptureParser(recorder);
  parser.push(bytes, bytes.length);
  parser.end();
  return { frames: recorder.frames, readError: parser.readError, problems: parser.tally.problems.total };
}

const anyFrame = fc.record({
  bytes: fc.uint8Array({ maxLength: 100 }),
  originalLength: fc.nat(2_000),
  timeUs: fc.integer({ min: 0, max: 4_000_000_000_000_000 }),
  linkType: fc.constant(LINK_TYPES.ETHERNET as number),
  interfaceId: fc.constant(0),
});

describe('CaptureWriter', () => {
  it.each(['pcap', 'pcap-nano', 'pcapng'] as const)('writes %s that the reader gives back the same', (format) => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 20 }), (frames) => {
        expect(read(write(frames, { format, comment: 'five' }))).toEqual({ frames, readError: null, problems: 0 });
      }),
      { numRuns: 300 },
    );
  });

  it('describes each interface and link type of a pcapng once, in the order they come', () => {
    const frame = (linkType: number, interfaceId: number): RecordedFrame => ({
      bytes: Uint8Array.of(1),
      originalLength: 1,
      timeUs: 1,
      linkType,
      interfaceId,
    });
    const written = write([frame(1, 7), frame(101, 7), frame(1, 2), frame(1, 7)], { format: 'pcapng' });
    expect(read(written).frames.map(({ linkType, interfaceId }) => [linkType, interfaceId])).toEqual([
      [1, 0],
      [101, 1],
      [1, 2],
      [1, 0],
    ]);
  });

  it('refuses and counts another link type in a classic pcap', () => {
    const writer = new CaptureWriter(new MemorySink(), { format: 'pcap' });
    writer.frame(Uint8Array.of(1), 0, 1, 1, 0, LINK_TYPES.RAW, 0);
    expect([writer.frames, writer.refused]).toEqual([0, 1]);
  });

  it('cuts a frame that no reader would take, and says so by its lengths', () => {
    const bytes = new Uint8Array(FRAME_BYTES_MAX + 5);
    const frame = { bytes, originalLength: bytes.length, timeUs: 0, linkType: 1, interfaceId: 0 };
    const { frames, readError } = read(write([frame, frame, frame, frame, frame], { format: 'pcapng' }));
    expect(readError).toBeNull();
    expect(frames.map((each) => [each.bytes.length, each.originalLength])).toEqual(
      new Array(5).fill([FRAME_BYTES_MAX, FRAME_BYTES_MAX + 5]),
    );
  });

  it('fails with a sentence where it cannot write', () => {
    const path = join(folder, 'no', 'such', 'folder.pcap');
    const attempt = (): unknown => writeCaptureFile(path, { format: 'pcap' }, () => {});
    expect(attempt).toThrow(FiredoorError);
    expect(attempt).toThrow(expect.objectContaining({ code: ERROR_CODES.FAILED }));
  });
});

const hasTshark = spawnSync('tshark', ['--version']).status === 0;

describe.skipIf(!hasTshark)('tshark as judge (needs tshark)', () => {
  it.each(['pcap', 'pcap-nano', 'pcapng'] as const)('reads our %s as we meant it', (format) => {
    const path = join(folder, `judged.${format}`);
    const frames = [1, 64, 1_500].map((length, index) => ({
      bytes: new Uint8Array(length).fill(index),
      originalLength: length + index,
      timeUs: 1_700_000_000_000_000 + index * 250_001,
      linkType: LINK_TYPES.ETHERNET,
      interfaceId: index,
    }));
    writeCaptureFile(path, { format, comment: 'a comment', interfaceNames: ['eth0'] }, (writer) =>
      give(frames, writer),
    );
    const fields = ['frame.time_epoch', 'frame.cap_len', 'frame.len'].flatMap((field) => ['-e', field]);
    const lines = execFileSync('tshark', ['-n', '-r', path, '-T', 'fields', ...fields], { encoding: 'utf8' });
    expect(lines.trim().split('\n')).toEqual([
      '1700000000.000000000\t1\t1',
      '1700000000.250001000\t64\t65',
      '1700000000.500002000\t1500\t1502',
    ]);
  });
});
