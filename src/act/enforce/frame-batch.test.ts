import { describe, expect, it } from 'vitest';
import { eachFrame, FrameBatch } from './frame-batch.ts';

describe('FrameBatch', () => {
  it('gives back every frame with its time, and is empty afterwards', () => {
    const batch = new FrameBatch(1_000);
    expect(batch.add(Uint8Array.of(1, 2, 3), 1_700_000_000_000_123)).toBe(true);
    expect(batch.add(Uint8Array.of(9), 1_700_000_000_000_456)).toBe(true);
    const taken = batch.take();
    expect(batch.length).toBe(0);
    const seen: [number[], number][] = [];
    eachFrame(taken, (offset, length, timeUs) => seen.push([[...taken.subarray(offset, offset + length)], timeUs]));
    expect(seen).toEqual([
      [[1, 2, 3], 1_700_000_000_000_123],
      [[9], 1_700_000_000_000_456],
    ]);
  });

  it('refuses what does not fit and keeps what it has', () => {
    const batch = new FrameBatch(20);
    expect(batch.add(new Uint8Array(8), 1)).toBe(true);
    expect(batch.add(new Uint8Array(8), 2)).toBe(false);
    expect(batch.frames).toBe(1);
  });

  it('stops at a record that is cut short', () => {
    const batch = new FrameBatch(100);
    batch.add(new Uint8Array(8), 1);
    let count = 0;
    eachFrame(batch.take().subarray(0, 15), () => count++);
    expect(count).toBe(0);
  });
});
