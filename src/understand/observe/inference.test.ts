import { describe, expect, it } from 'vitest';
import { DairyTraffic } from '../../../test/support/dairy-traffic.ts';
import { Random } from '../../base/random.ts';
import type { MessageView } from '../../sense/protocols/message-view.ts';
import { DAIRY_ADDRESSES } from '../../simulate/dairy/addresses.ts';
import { EMPTY_SITE, type TagType } from '../plant/model.ts';
import { decodeRegisters } from '../plant/register-values.ts';
import { type BlockRows, inferBlock, OrderVotes } from './inference-types.ts';
import { TagMapper } from './tags.ts';

/** Rows of a block from a function that gives its words. */
function block(rows: number, words: (row: number) => number[]): BlockRows {
  const all = Array.from({ length: rows }, (_, row) => words(row));
  return { first: 100, count: all[0]!.length, rows: Uint16Array.from(all.flat()), rowCount: rows };
}

function infer(rows: BlockRows): string[] {
  const undecided = new Uint8Array(rows.count).fill(1);
  const found = inferBlock(rows, undecided, new OrderVotes()).filter(({ confidence }) => confidence >= 0.7);
  return found.map(({ address, type }) => `${address} ${type}`);
}

const view = new DataView(new ArrayBuffer(4));
function floatWords(value: number, type: TagType): number[] {
  view.setFloat32(0, value);
  const [a, b] = [view.getUint16(0), view.getUint16(2)];
  const swap = (word: number): number => ((word & 255) << 8) | (word >> 8);
  return (
    { float32: [a, b], 'float32-swapped': [b, a], 'float32-bytes': [swap(a), swap(b)] }[type as string] ?? [
      swap(b),
      swap(a),
    ]
  );
}

describe('inference of one block', () => {
  it.each(['float32', 'float32-swapped', 'float32-bytes', 'float32-reversed'] as const)('finds %s', (type) => {
    const random = new Random(7);
    const rows = block(60, () => [
      ...floatWords(75 + random.normal(), type),
      ...floatWords(5.5 + 0.1 * random.normal(), type),
    ]);
    expect(infer(rows)).toEqual([`100 ${type}`, `102 ${type}`]);
    expect(decodeRegisters(type, rows.rows, 0)).toBeGreaterThan(60);
  });

  it('finds signed integers, and does not join neighbours to a float', () => {
    const random = new Random(8);
    const rows = block(100, () => [(20 * random.normal()) & 0xffff, 550 + random.below(60), 17_000 + random.below(40)]);
    expect(infer(rows)).toEqual(['100 int16', '101 int16', '102 int16']);
  });

  it('finds a 32-bit counter by its carry, in both orders', () => {
    const count = (row: number): number => 65_000 + 20 * row;
    expect(infer(block(60, (row) => [count(row) >> 16, count(row) & 0xffff]))).toEqual(['100 uint32']);
    expect(infer(block(60, (row) => [count(row) & 0xffff, count(row) >> 16]))).toEqual(['100 uint32-swapped']);
  });

  it('says nothing of what never moved', () => {
    expect(infer(block(60, () => [0, 0, 5]))).toEqual([]);
  });
});

describe('inference on the simulated dairy', () => {
  // The truth stands in the simulator's register map; inference sees only the traffic.
  it.each([1, 2, 3])('reads at least nine of ten points that move as they are (seed %d)', (seed) => {
    const mapper = new TagMapper(EMPTY_SITE, { onTag: () => undefined, onSample: () => undefined });
    const words = new Map<string, Set<number>>();
    const { line, ...traffic } = withMoves(seed, mapper, words);
    traffic.run(1_200);
    let moved = 0;
    let right = 0;
    let equal = 0;
    for (const [server, controller] of [
      [DAIRY_ADDRESSES.P1, line.p1],
      [DAIRY_ADDRESSES.F1, line.f1],
    ] as const) {
      for (const tag of controller.registers.tags) {
        const point = `${server}/1/${tag.area}/${tag.address}`;
        if ((words.get(point)?.size ?? 0) < 2) continue;
        moved++;
        const inferred = mapper.tags()[mapper.indexOf(point)];
        if (inferred?.type === tag.type) right++;
        const value = mapper.lastValue(mapper.indexOf(point)) * (tag.type === 'int16' ? (tag.scale ?? 1) : 1);
        // The last poll is up to a few seconds old.
        const shown = controller.registers.read(tag);
        if (Math.abs(value - shown) <= 0.1 * Math.max(1, Math.abs(shown))) equal++;
        else console.log(`  ${tag.name} (${tag.type}): ${inferred?.type ?? 'undecided'}`);
      }
    }
    console.log(
      `inference, seed ${seed}: ${moved} points moved, ${right} of the right type, ${equal} of the right value`,
    );
    expect(moved).toBeGreaterThan(15);
    expect(right / moved).toBeGreaterThanOrEqual(0.9);
    expect(equal / moved).toBeGreaterThanOrEqual(0.9);
  });
});

/** Traffic into a mapper; notes the distinct values each element showed. */
function withMoves(
  seed: number,
  mapper: TagMapper,
  seen: Map<string, Set<number>>,
): { line: DairyTraffic['line']; run: (seconds: number) => void } {
  const onMessage = (message: MessageView, ends: { client: string; server: string }): void => {
    for (let i = 0; i < message.accessCount; i++) {
      mapper.access(message, i, ends);
      if (!message.hasValues(i) || message.accessWrite[i] === 1) continue;
      const area = message.protocol!.areas[message.accessArea[i]!]!;
      for (let k = 0; k < message.accessElements[i]!; k++) {
        const point = `${ends.server}/1/${area}/${message.accessAddress[i]! + k}`;
        const values = seen.get(point) ?? new Set();
        if (values.size < 3) values.add(message.valueOf(i, k));
        seen.set(point, values);
      }
    }
  };
  const traffic = new DairyTraffic(seed, onMessage);
  return { line: traffic.line, run: (seconds) => traffic.run(seconds) };
}
