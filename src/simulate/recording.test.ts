import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { recordDairy } from './recording.ts';

const folder = mkdtempSync(join(tmpdir(), 'firedoor-recording-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Frames of a classic little-endian pcap: time in µs and bytes. */
function frames(path: string): { timeUs: number; bytes: Uint8Array }[] {
  const file = readFileSync(path);
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const all: { timeUs: number; bytes: Uint8Array }[] = [];
  for (let at = 24; at < file.length; ) {
    const length = view.getUint32(at + 8, true);
    const timeUs = view.getUint32(at, true) * 1e6 + view.getUint32(at + 4, true);
    all.push({ timeUs, bytes: file.subarray(at + 16, at + 16 + length) });
    at += 16 + length;
  }
  return all;
}

/** Ones' complement sum that is 0xffff over anything with a right checksum. */
function folded(bytes: Uint8Array, start = 0): number {
  let sum = start;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

describe('a recording', () => {
  const pcap = join(folder, 'dairy.pcap');
  const csv = join(folder, 'dairy.csv');
  const truth = join(folder, 'dairy.json');
  const attacks = [{ name: 'calibration-offset', atS: 20 }];
  const recording = recordDairy({ seed: 3, seconds: 120, attacks, pcap, csv, truth });

  it('has frames in order of time with right checksums and sequence numbers', () => {
    const all = frames(pcap);
    expect(all).toHaveLength(recording.frames);
    let lastUs = 0;
    const next = new Map<string, number>();
    for (const { timeUs, bytes } of all) {
      expect(timeUs).toBeGreaterThanOrEqual(lastUs);
      lastUs = timeUs;
      const ip = bytes.subarray(14, 34);
      const end = 14 + ((bytes[16]! << 8) | bytes[17]!);
      const pseudo = folded(bytes.subarray(26, 34)) + 6 + (end - 34);
      expect(folded(ip)).toBe(0xffff);
      expect(folded(bytes.subarray(34, end), pseudo)).toBe(0xffff);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const from = `${bytes.subarray(26, 34).join('.')}:${view.getUint32(34)}`; // both addresses, both ports
      const sequence = view.getUint32(38);
      const expected = next.get(from);
      if (expected !== undefined) expect(sequence).toBe(expected);
      const flags = bytes[47]!;
      next.set(from, (sequence + end - 54 + (flags & 1) + ((flags & 2) >> 1)) >>> 0);
    }
    // Two HMI, two historian connections and the stranger, each with two ends on its own port.
    expect(all.filter(({ bytes }) => bytes[47] === 2)).toHaveLength(5);
    expect(all.filter(({ bytes }) => (bytes[47]! & 1) === 1)).toHaveLength(10);
  });

  it('has a row of telemetry a second, and the truth beside it', () => {
    const rows = readFileSync(csv, 'utf8').trimEnd().split('\n');
    expect(rows[0]).toContain('time,TT-100,TT-101,TT-102,flow');
    expect(rows.length).toBeGreaterThanOrEqual(120);
    const document = JSON.parse(readFileSync(truth, 'utf8')) as { events: { kind: string }[]; values: object };
    expect(document.events.map(({ kind }) => kind)).toContain('attack-write');
    expect(document.values).toHaveProperty('TT-101');
  });

  it('names the file it cannot write', () => {
    expect(() => recordDairy({ seed: 1, seconds: 1, pcap: join(folder, 'no', 'x.pcap') })).toThrow(
      /Cannot write .*x\.pcap/,
    );
  });
});
