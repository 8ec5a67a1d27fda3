import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FRAME_BYTES_MAX } from '../../limits.ts';
import { addressBytes } from './frame-addresses.ts';
import { LINK_TYPES } from './frame-handler.ts';
import { FrameRecorder } from './frame-recorder.ts';
import { CaptureParser } from './parser.ts';
import { CaptureRing, type RingOptions } from './ring.ts';
import { TcpConversation } from './tcp-frames.ts';

const START_US = 1_772_409_600_000_000;
let folder = '';
const rings: CaptureRing[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'firedoor-ring-'));
});
afterEach(() => {
  for (const ring of rings.splice(0)) ring.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(options: Partial<RingOptions> = {}): CaptureRing {
  const ring = new CaptureRing({ folder, ...options });
  rings.push(ring);
  return ring;
}

/** A frame of `length` bytes that carries its number. */
function frameOf(i: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(i & 255);
  new DataView(bytes.buffer).setUint32(0, i);
  return bytes;
}

function append(ring: CaptureRing, i: number, length = 80): number {
  return ring.append(frameOf(i, length), 0, length, length + 5, START_US + i * 1_000, LINK_TYPES.ETHERNET, 0);
}

/** The slice as any capture tool reads it. */
function framesOf(bytes: Uint8Array) {
  const recorder = new FrameRecorder();
  const parser = new CaptureParser(recorder);
  parser.push(bytes, bytes.length);
  parser.end();
  expect(parser.readError).toBeNull();
  return recorder.frames;
}

test('a frame is found by its number, at once and after a restart; numbers go on and never mean two frames', () => {
  const ring = open();
  const offset = 7;
  const larger = new Uint8Array(100).fill(9);
  larger.set(frameOf(3, 61), offset);
  expect(append(ring, 1)).toBe(1);
  expect(ring.append(larger, offset, 61, 61, START_US + 0.5, LINK_TYPES.LINUX_SLL2, 4)).toBe(2);
  expect(ring.frame(2)).toEqual({
    number: 2,
    bytes: frameOf(3, 61),
    originalLength: 61,
    timeUs: START_US + 0.5,
    linkType: LINK_TYPES.LINUX_SLL2,
    interfaceId: 4,
  });
  expect(ring.frame(3)).toBeUndefined();
  ring.close();
  const again = open();
  expect(again.frame(1)).toMatchObject({ bytes: frameOf(1, 80), originalLength: 85 });
  const next = append(again, 5);
  expect(next).toBeGreaterThan(2);
  expect(again.frame(next)?.bytes).toEqual(frameOf(5, 80));
  expect(again.frame(2)?.bytes).toEqual(frameOf(3, 61));
  expect(again.health()).toMatchObject({ first: 1, last: next, lost: 0, removed: 0 });
});

test('the ring stays within its size: the oldest frames go and are counted', () => {
  const bytesMax = 8 * FRAME_BYTES_MAX;
  const ring = open({ bytesMax });
  const count = 6_000;
  for (let i = 1; i <= count; i++) append(ring, i, 1_000);
  ring.flush();
  const onDisk = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  expect(onDisk).toBeLessThanOrEqual(bytesMax);
  expect(onDisk).toBeGreaterThan(bytesMax / 2);
  const { first, last, removed, bytes } = ring.health();
  expect(bytes).toBe(onDisk);
  expect([last, removed]).toEqual([count, first - 1]);
  expect(ring.frame(first - 1)).toBeUndefined();
  for (const number of [first, first + 700, last]) expect(ring.frame(number)?.bytes).toEqual(frameOf(number, 1_000));
});

test('a slice by numbers, by time, by addresses', () => {
  const ring = open({ bytesMax: 16 * FRAME_BYTES_MAX });
  const pairs = [
    ['10.20.2.5', '10.20.1.11'],
    ['10.20.3.44', '10.20.1.11'],
    ['10.20.2.5', '10.20.1.12'],
  ] as const;
  let number = 0;
  for (let round = 0; round < 100; round++) {
    for (const [client, server] of pairs) {
      const conversation = new TcpConversation(
        { address: client, port: 50_000 },
        { address: server, port: 502 },
        [1, 2],
        (frame, timeUs) => {
          number = ring.append(frame, 0, frame.length, frame.length, timeUs, LINK_TYPES.ETHERNET);
        },
      );
      conversation.send(true, new Uint8Array(1_200), START_US + round * 1_000);
      conversation.send(false, new Uint8Array(1_200), START_US + round * 1_000 + 500);
    }
  }
  expect(number).toBe(600);
  const by = (filter: Parameters<CaptureRing['slice']>[0]) => framesOf(ring.slice(filter).bytes);
  expect(by({ numbers: [1, 300, 600, 601] }).map(({ bytes }) => bytes)).toEqual(
    [1, 300, 600].map((n) => ring.frame(n)?.bytes),
  );
  const between = by({ addresses: ['10.20.1.11', '10.20.3.44'], fromUs: START_US + 10_000, toUs: START_US + 20_000 });
  expect(between.length).toBe(20);
  expect(between.every(({ bytes }) => [...bytes.subarray(26, 34)].includes(44))).toBe(true);
  expect(by({ addresses: ['10.20.2.5'] }).length).toBe(400);
  expect(by({ addresses: ['10.20.2.55'] }).length).toBe(0);
  expect(by({ addresses: ['plc-1'] }).length).toBe(0);
  expect(by({}).length).toBe(600);
});

test('addresses of tagged and of IPv6 frames are seen too', () => {
  const ring = open();
  // Destination and source MAC, 802.1Q tag 100, IPv6 (0x86dd): version 6, source fe80::1 at 8, destination ff02::fb at 24.
  const frame = new Uint8Array(18 + 40);
  frame.set([0x81, 0x00, 0x00, 0x64, 0x86, 0xdd, 0x60], 12);
  frame.set(addressBytes('fe80::1')!, 18 + 8);
  frame.set(addressBytes('ff02:0::fb')!, 18 + 24);
  ring.append(frame, 0, frame.length, frame.length, START_US, LINK_TYPES.ETHERNET);
  expect(ring.slice({ addresses: ['ff02::fb', 'fe80::1'] }).frames).toBe(1);
  expect(ring.slice({ addresses: ['fe80::2'] }).frames).toBe(0);
  for (const text of ['1.2.3', '1.2.3.256', ':::', '1::2::3', 'fe80:::1', '1:2:3:4:5:6:7:8:9', 'x']) {
    expect(addressBytes(text)).toBeUndefined();
  }
});

test('what a kill left half written is not taken for frames', () => {
  const ring = open();
  for (let i = 1; i <= 50; i++) append(ring, i);
  ring.flush();
  const name = (suffix: string) => join(folder, readdirSync(folder).find((file) => file.endsWith(suffix)) ?? '');
  ring.close();
  // The capture lost the bytes of the last frame and a part of the one before; the index has a piece of a record too many.
  truncateSync(name('.pcapng'), statSync(name('.pcapng')).size - 160);
  appendFileSync(name('.index'), new Uint8Array(10));
  const again = open();
  expect(again.health()).toMatchObject({ first: 1, last: 48 });
  expect(again.frame(48)?.bytes).toEqual(frameOf(48, 80));
  expect(again.frame(49)).toBeUndefined();
  expect(again.slice({}).frames).toBe(48);
});

test('a disk that refuses costs frames, counted and told once, never an exception', () => {
  const sentences: string[] = [];
  const ring = open({ onTrouble: (sentence) => sentences.push(sentence) });
  append(ring, 1);
  ring.flush();
  // The folder is replaced by a file: no new segment can be made there.
  ring.close();
  rmSync(folder, { recursive: true });
  writeFileSync(folder, '');
  for (let i = 2; i <= 3_000; i++) append(ring, i);
  expect(ring.health()).toMatchObject({ lost: 2_999 });
  expect(sentences).toEqual([expect.stringContaining('not kept for evidence')]);
  // The disk is back: within a thousand frames the ring writes again.
  rmSync(folder);
  mkdirSync(folder);
  let number = 0;
  for (let i = 3_001; i <= 4_001; i++) number = append(ring, i);
  expect(ring.frame(number)?.bytes).toEqual(frameOf(4_001, 80));
  expect(sentences.slice(1)).toEqual(['']);
});
