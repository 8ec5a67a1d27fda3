import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAME_BYTES_MAX } from '../../limits.ts';
import type { FrameHandler } from './frame-handler.ts';
import { FrameRecorder } from './frame-recorder.ts';
import type { CaptureSummary } from './parser.ts';
import { CaptureParser } from './parser.ts';

/** Builds captures field by field in either byte order, independent of the writer under test elsewhere. */
class Bytes {
  readonly #parts: number[] = [];
  readonly #little: boolean;

  constructor(little = true) {
    this.#little = little;
  }

  #number(value: number, size: number): this {
    const part = Array.from({ length: size }, (_, index) => Math.floor(value / 256 ** index) % 256);
    this.#parts.push(...(this.#little ? part : part.reverse()));
    return this;
  }

  u16(...values: number[]): this {
    for (const value of values) this.#number(value, 2);
    return this;
  }

  u32(...values: number[]): this {
    for (const value of values) this.#number(value, 4);
    return this;
  }

  raw(...values: number[]): this {
    this.#parts.push(...values);
    return this;
  }

  /** A whole pcapng block round `body`, which must be a multiple of four long. */
  block(type: number, body: Bytes): this {
    const length = body.#parts.length + 12;
    return this.u32(type, length)
      .raw(...body.#parts)
      .u32(length);
  }

  toBytes(): Uint8Array {
    return Uint8Array.from(this.#parts);
  }
}

function parse(
  bytes: Uint8Array,
  pieceBytes = bytes.length,
): { frames: FrameRecorder['frames']; summary: CaptureSummary } {
  const recorder = new FrameRecorder();
  const parser = new CaptureParser(recorder);
  for (let from = 0; from < bytes.length; from += pieceBytes) {
    const piece = bytes.slice(from, from + pieceBytes);
    parser.push(piece, piece.length);
  }
  parser.end();
  return { frames: recorder.frames, summary: parser.summary('test') };
}

const kinds = (summary: CaptureSummary): string[] => summary.problems.map((problem) => problem.kind);
const pcapHeader = (bytes: Bytes, magic = 0xa1b2c3d4, minor = 4, linkType = 1): Bytes =>
  bytes.u32(magic).u16(2, minor).u32(0, 0, 65_535, linkType);

describe('classic pcap', () => {
  it.each([
    ['little-endian', true],
    ['big-endian', false],
  ])('reads %s records with lengths, time and link type', (_, little) => {
    const file = pcapHeader(new Bytes(little), 0xa1b2c3d4, 4, 113)
      .u32(1_700_000_000, 123_456, 3, 60)
      .raw(1, 2, 3)
      .u32(1_700_000_001, 0, 2, 2)
      .raw(4, 5);
    const { frames, summary } = parse(file.toBytes());
    expect(frames).toEqual([
      {
        bytes: Uint8Array.of(1, 2, 3),
        originalLength: 60,
        timeUs: 1_700_000_000_123_456,
        linkType: 113,
        interfaceId: 0,
      },
      { bytes: Uint8Array.of(4, 5), originalLength: 2, timeUs: 1_700_000_001_000_000, linkType: 113, interfaceId: 0 },
    ]);
    expect(summary).toMatchObject({
      format: 'pcap',
      packets: 2,
      bytes: 62,
      capturedBytes: 5,
      truncatedFrames: 1,
      firstUs: 1_700_000_000_123_456,
      lastUs: 1_700_000_001_000_000,
      nonMonotonic: 0,
      linkTypes: [113],
      problems: [],
      readError: null,
    });
  });

  it('reads nanoseconds to whole microseconds', () => {
    const file = pcapHeader(new Bytes(), 0xa1b23c4d).u32(10, 999_999_999, 0, 0);
    expect(parse(file.toBytes()).frames[0]?.timeUs).toBe(10_999_999);
  });

  it('skips the longer record header of the modified format', () => {
    const file = pcapHeader(new Bytes(), 0xa1b2cd34).u32(10, 5, 1, 1, 0xdead, 0xbeef).raw(42);
    expect(parse(file.toBytes()).frames.map((frame) => [...frame.bytes])).toEqual([[42]]);
  });

  it('exchanges the lengths that writers before version 2.3 exchanged', () => {
    const file = pcapHeader(new Bytes(), 0xa1b2c3d4, 2).u32(10, 5, 60, 1).raw(42);
    expect(parse(file.toBytes()).summary).toMatchObject({ packets: 1, bytes: 60, capturedBytes: 1, readError: null });
  });

  it('counts frames earlier than the one before', () => {
    const file = pcapHeader(new Bytes());
    for (const seconds of [5, 9, 7, 8, 1]) file.u32(seconds, 0, 0, 0);
    expect(parse(file.toBytes()).summary).toMatchObject({ nonMonotonic: 2, firstUs: 5_000_000, lastUs: 1_000_000 });
  });

  it('names a time fraction of more than a second and keeps the frame', () => {
    const { summary } = parse(pcapHeader(new Bytes()).u32(1, 1_000_000, 0, 0).toBytes());
    expect(summary.packets).toBe(1);
    expect(summary.problems).toEqual([{ kind: 'time-fraction-too-large', count: 1, firstOffset: 24 }]);
  });

  it.each([
    ['inside the file header', 10, 0, 'file-header-cut', 0],
    ['inside a record header', 24 + 18 + 7, 1, 'record-cut', 42],
    ['inside a frame', 24 + 18 + 17, 1, 'record-cut', 42],
  ])('gives what stands before an end %s', (_, length, packets, kind, firstOffset) => {
    const file = pcapHeader(new Bytes()).u32(1, 0, 2, 2).raw(1, 2).u32(2, 0, 2, 2).raw(3, 4).toBytes();
    const { summary } = parse(file.slice(0, length));
    expect(summary.packets).toBe(packets);
    expect(summary.problems).toEqual([{ kind, count: 1, firstOffset }]);
    expect(summary.readError).not.toBeNull();
  });

  it('ends at a length no frame has, without asking for its memory', () => {
    const file = pcapHeader(new Bytes()).u32(1, 0, 1, 1).raw(7).u32(1, 0, 0xfffffff0, 60).raw(1, 2, 3).toBytes();
    const { frames, summary } = parse(file, 5);
    expect(frames).toHaveLength(1);
    expect(summary.problems).toEqual([{ kind: 'record-too-long', count: 1, firstOffset: 41 }]);
  });

  it('reads a frame as long as a frame may be, in any pieces', () => {
    const head = pcapHeader(new Bytes()).u32(1, 0, FRAME_BYTES_MAX, FRAME_BYTES_MAX).toBytes();
    const file = new Uint8Array(head.length + FRAME_BYTES_MAX).fill(0x5a);
    file.set(head);
    for (const piece of [file.length, 100_000, 4_096]) {
      expect(parse(file, piece).summary).toMatchObject({ packets: 1, capturedBytes: FRAME_BYTES_MAX, readError: null });
    }
  });
});

const section = (bytes: Bytes, little = true): Bytes =>
  bytes.block(0x0a0d0d0a, new Bytes(little).u32(0x1a2b3c4d).u16(1, 0).u32(0xffffffff, 0xffffffff));
const enhanced = (interfaceId: number, timeHigh: number, timeLow: number, original: number, ...data: number[]): Bytes =>
  new Bytes().u32(interfaceId, timeHigh, timeLow, data.length, original).raw(...data, ...padding(data.length));
const padding = (length: number): number[] => new Array<number>(-length & 3).fill(0);
const describeInterface = (linkType = 1, snapLength = 0): Bytes => new Bytes().u16(linkType, 0).u32(snapLength);

describe('pcapng', () => {
  it('reads several sections in both byte orders and numbers their interfaces through', () => {
    const big = new Bytes(false);
    const file = section(new Bytes())
      .block(1, describeInterface(1))
      .block(1, describeInterface(101))
      .block(6, enhanced(1, 0, 7, 60, 1, 2, 3));
    section(big, false)
      .block(1, new Bytes(false).u16(113, 0).u32(0))
      .block(6, new Bytes(false).u32(0, 0, 9, 1, 1).raw(9, 0, 0, 0));
    const { frames, summary } = parse(Uint8Array.of(...file.toBytes(), ...big.toBytes()));
    expect(frames).toEqual([
      { bytes: Uint8Array.of(1, 2, 3), originalLength: 60, timeUs: 7, linkType: 101, interfaceId: 1 },
      { bytes: Uint8Array.of(9), originalLength: 1, timeUs: 9, linkType: 113, interfaceId: 2 },
    ]);
    expect(summary).toMatchObject({ format: 'pcapng', linkTypes: [1, 101, 113], readError: null, problems: [] });
  });

  it.each([
    ['nanoseconds', [9], 0x17979cfe, 0x362a0003, 1_700_000_000_000_000],
    ['picoseconds', [12], 0x1, 0x0, 4_294],
    ['milliseconds', [3], 0, 1_500, 1_500_000],
    ['1/2^32 s', [0xa0], 3, 0x80000000, 3_500_000],
  ])('turns %s into whole microseconds', (_, resolution, high, low, timeUs) => {
    const file = section(new Bytes())
      .block(
        1,
        describeInterface()
          .u16(9, 1)
          .raw(...resolution, 0, 0, 0)
          .u32(0),
      )
      .block(6, enhanced(0, high, low, 0));
    expect(parse(file.toBytes()).frames[0]?.timeUs).toBe(timeUs);
  });

  it('adds the time offset of the interface', () => {
    const file = section(new Bytes())
      .block(1, describeInterface().u16(14, 8).u32(1_000, 0).u32(0))
      .block(6, enhanced(0, 0, 5, 0));
    expect(parse(file.toBytes()).frames[0]?.timeUs).toBe(1_000_000_005);
  });

  it('keeps a frame with a time of no era, under the time before it', () => {
    const file = section(new Bytes())
      .block(1, describeInterface())
      .block(6, enhanced(0, 0, 5, 0))
      .block(6, enhanced(0, 0xffffffff, 0, 0));
    const { frames, summary } = parse(file.toBytes());
    expect(frames.map((frame) => frame.timeUs)).toEqual([5, 5]);
    expect(kinds(summary)).toEqual(['time-out-of-range']);
  });

  it('reads simple and obsolete packets', () => {
    const file = section(new Bytes())
      .block(1, describeInterface(1, 2))
      .block(3, new Bytes().u32(60).raw(8, 9, 0, 0))
      .block(2, new Bytes().u16(0, 3).u32(0, 11, 1, 1).raw(7, 0, 0, 0));
    const { frames, summary } = parse(file.toBytes());
    expect(frames.map((frame) => [...frame.bytes])).toEqual([[8, 9], [7]]);
    expect(summary).toMatchObject({ packets: 2, truncatedFrames: 1, bytes: 61, firstUs: 11, lastUs: 11 });
    expect(kinds(summary)).toEqual(['frame-without-time']);
  });

  it('takes drops from the last statistics of each interface', () => {
    const statistics = (interfaceId: number, byInterface: number, byKernel: number): Bytes =>
      new Bytes().u32(interfaceId, 0, 0).u16(5, 8).u32(byInterface, 0).u16(7, 8).u32(byKernel, 0).u32(0);
    const file = section(new Bytes())
      .block(1, describeInterface())
      .block(1, describeInterface())
      .block(5, statistics(0, 1, 10))
      .block(5, statistics(0, 2, 20))
      .block(5, statistics(1, 100, 0));
    expect(parse(file.toBytes()).summary.dropped).toBe(122);
  });

  it('skips blocks without frames, however long, and counts those it does not know', () => {
    const file = section(new Bytes())
      .block(4, new Bytes().u32(0))
      .block(0x1234, new Bytes().u32(...new Array<number>(3_000).fill(0)))
      .block(1, describeInterface())
      .block(6, enhanced(0, 0, 5, 1, 1));
    for (const piece of [1, 7, 100_000]) {
      const { summary } = parse(file.toBytes(), piece);
      expect(summary).toMatchObject({ packets: 1, readError: null });
      expect(summary.problems).toEqual([{ kind: 'unknown-block', count: 1, firstOffset: 44 }]);
    }
  });

  it.each([
    ['an interface never described', new Bytes().block(6, enhanced(3, 0, 0, 0)), 'unknown-interface'],
    [
      'more captured bytes than the block holds',
      new Bytes().block(6, new Bytes().u32(0, 0, 0, 99, 99)),
      'record-too-long',
    ],
    ['a block shorter than a block', new Bytes().u32(6, 8, 8), 'block-length-invalid'],
    ['a block with an odd length', new Bytes().u32(6, 33, 8), 'block-length-invalid'],
    ['a block longer than any', new Bytes().u32(6, 0xfffffff0, 8), 'block-too-long'],
    ['two lengths that differ', new Bytes().u32(5, 16, 0, 20), 'block-length-mismatch'],
    ['a packet block without room for its fields', new Bytes().block(6, new Bytes().u32(0)), 'record-too-long'],
    [
      'a section of another byte order mark',
      new Bytes().u32(0x0a0d0d0a, 28, 1, 2, 3, 4, 28),
      'section-byte-order-invalid',
    ],
  ])('ends at %s, with the frames before it', (_, tail, kind) => {
    const before = section(new Bytes())
      .block(1, describeInterface())
      .block(6, enhanced(0, 0, 5, 1, 1))
      .toBytes();
    const after = section(new Bytes()).toBytes();
    const { summary } = parse(Uint8Array.of(...before, ...tail.toBytes(), ...after));
    expect(summary.packets).toBe(1);
    expect(summary.problems).toEqual([{ kind, count: 1, firstOffset: before.length }]);
  });
});

describe('anything else', () => {
  it('says what it is not', () => {
    expect(kinds(parse(Uint8Array.of(1, 2, 3, 4, 5)).summary)).toEqual(['not-a-capture']);
    expect(kinds(parse(Uint8Array.of(0xd4, 0xc3)).summary)).toEqual(['not-a-capture']);
    expect(kinds(parse(new Uint8Array(0)).summary)).toEqual(['empty']);
  });

  const seeds = [
    pcapHeader(new Bytes()).u32(1, 0, 3, 3).raw(1, 2, 3).u32(2, 0, 1, 60).raw(4).u32(3, 0, 0, 0).toBytes(),
    pcapHeader(new Bytes(false), 0xa1b23c4d).u32(1, 0, 3, 3).raw(1, 2, 3).u32(2, 0, 1, 60).raw(4).toBytes(),
    section(new Bytes())
      .block(1, describeInterface().u16(9, 1).raw(9, 0, 0, 0).u32(0))
      .block(6, enhanced(0, 0, 7, 60, 1, 2, 3))
      .block(0x99, new Bytes().u32(1, 2, 3))
      .block(3, new Bytes().u32(2).raw(8, 9, 0, 0))
      .block(5, new Bytes().u32(0, 0, 0).u16(5, 8).u32(4, 0))
      .toBytes(),
  ];
  const damaged = fc
    .tuple(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(fc.nat(200), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
      fc.uint8Array({ maxLength: 80 }),
    )
    .map(([seed, changes, tail]) => {
      const bytes = Uint8Array.of(...seed, ...tail);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return bytes;
    });

  it('gives the same frames and problems however the input is cut', () => {
    fc.assert(
      fc.property(
        fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })),
        fc.integer({ min: 1, max: 60 }),
        (bytes, piece) => {
          expect(parse(bytes, piece)).toEqual(parse(bytes));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('only ever hands over bytes that lie inside the buffer', () => {
    const inside: FrameHandler = {
      frame(bytes, offset, capturedLength) {
        if (offset < 0 || offset + capturedLength > bytes.length) throw new Error('outside the buffer');
      },
    };
    fc.assert(
      fc.property(damaged, (bytes) => {
        const parser = new CaptureParser(inside);
        parser.push(bytes, bytes.length);
        parser.end();
        const { packets, capturedBytes } = parser.summary('fuzz');
        expect(capturedBytes).toBeLessThanOrEqual(bytes.length);
        expect(packets).toBeLessThanOrEqual(bytes.length / 16);
      }),
      { numRuns: 2_000 },
    );
  });
});
