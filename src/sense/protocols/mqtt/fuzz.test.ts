import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as encode from './encode.ts';
import { encodeSparkplug } from './encode-sparkplug.ts';
import { dissect, type Piece, written } from './fixtures/dissect.ts';
import { mqtt } from './index.ts';
import { TYPE } from './sparkplug-names.ts';

const SPARKPLUG = encodeSparkplug({
  timestampMs: 1_700_000_000_000,
  sequence: 1,
  metrics: [
    { name: 'a', alias: 1, type: TYPE.float, value: 1, quality: 192 },
    { name: 't', type: TYPE.template, value: [{ name: 'b', type: TYPE.int64, value: -1 }] },
  ],
});
const SEEDS: readonly Uint8Array[] = [3, 4, 5].flatMap((version) => [
  written((out, at) =>
    encode.putConnect(out, at, {
      version,
      clientId: 'c',
      userName: 'u',
      password: 'p',
      will: { topic: 'w', payload: SPARKPLUG },
    }),
  ),
  written((out, at) => encode.putPublish(out, at, 'spBv1.0/g/DBIRTH/e/d', SPARKPLUG, { version, qos: 1 })),
  written((out, at) => encode.putPublish(out, at, 'a/b', '{"x":[1,{"y":true}]}', { version })),
  written((out, at) => encode.putSubscribe(out, at, version, 3, ['a/+', '#'])),
]);

/** A seed with some octets overwritten and the end cut off. */
const mutated = fc
  .tuple(
    fc.constantFrom(...SEEDS),
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
    fc.nat({ max: 8 }),
  )
  .map(([seed, changes, cut]) => {
    const bytes = seed.slice(0, Math.max(1, seed.length - cut));
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return bytes;
  });

const pieces = fc.array(
  fc.record({ fromClient: fc.boolean(), bytes: fc.oneof(mutated, fc.uint8Array({ maxLength: 64 })) }),
  { minLength: 1, maxLength: 12 },
);

describe('hostile bytes', () => {
  it('never throw, and every message says only what lies inside it', () => {
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 200 }), (list: Piece[], segment) => {
        const first: Piece = { fromClient: true, bytes: SEEDS[0]! };
        dissect([first, ...list], segment, 1883, (view) => {
          for (let i = 0; i < view.accessCount; i++) {
            const offset = view.accessOffset[i]!;
            if (offset >= 0) expect(offset + view.accessLength[i]!).toBeLessThanOrEqual(view.end);
          }
          expect(mqtt.functionOf(view.functionCode).name).not.toBe('');
          expect(mqtt.statusName(view.status)).not.toBe('');
        });
      }),
      { numRuns: 400 },
    );
  });

  it('identify never throws and never answers more without the port than with it', () => {
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 40 })), (bytes) => {
        const hinted = mqtt.identify(bytes, 0, bytes.length, true);
        const alone = mqtt.identify(bytes, 0, bytes.length, false);
        if (alone > 1) expect(hinted).toBe(alone);
      }),
      { numRuns: 400 },
    );
  });
});
