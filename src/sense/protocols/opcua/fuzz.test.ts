import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SampleChunk } from '../fixtures/sample.ts';
import { dissect } from './fixtures/dissect.ts';
import { SAMPLES } from './fixtures/samples.ts';
import { opcua } from './index.ts';

const SEEDS = SAMPLES.flatMap(({ chunks }) => chunks);

/** A sample's chunk with some octets overwritten; the length in the header mostly stays true, so that bodies are reached. */
const mutated = fc
  .tuple(
    fc.constantFrom(...SEEDS),
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
    fc.boolean(),
  )
  .map(([{ fromClient, bytes: seed }, changes, anywhere]): SampleChunk => {
    const bytes = seed.slice();
    for (const [at, value] of changes)
      bytes[anywhere ? at % bytes.length : 24 + (at % Math.max(1, bytes.length - 24))] = value;
    return { fromClient, bytes };
  });

const noise = fc.record({ fromClient: fc.boolean(), bytes: fc.uint8Array({ maxLength: 64 }) });

describe('hostile bytes', () => {
  it('never throw, and every message says only what lies inside it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 9, arbitrary: mutated }, { weight: 1, arbitrary: noise }), { maxLength: 12 }),
        fc.integer({ min: 1, max: 300 }),
        (list, segment) => {
          dissect([...SAMPLES[0]!.chunks.slice(0, 4), ...list], segment, (view) => {
            for (let i = 0; i < view.accessCount; i++) {
              const offset = view.accessOffset[i]!;
              if (offset >= 0) expect(offset + view.accessLength[i]!).toBeLessThanOrEqual(view.end);
            }
            expect(opcua.functionOf(view.functionCode).name).not.toBe('');
            expect(opcua.statusName(view.status)).not.toBe('');
          });
        },
      ),
      { numRuns: 400 },
    );
  });
});
