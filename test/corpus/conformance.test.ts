/** What the corpus says below the protocols: agreement with the reference, and every remaining difference reviewed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runConformance } from './conformance.ts';

const FOLDER = join(import.meta.dirname, '../../../shared/corpus');
const AGREEMENT_MIN = 0.995;

describe.skipIf(!existsSync(join(FOLDER, 'manifest.json')))(
  'the corpus (skipped without it)',
  () => {
    const result = existsSync(join(FOLDER, 'manifest.json')) ? runConformance(FOLDER) : undefined;

    it.each(['capture', 'hosts', 'conversations', 'modbus'])('agrees on %s', (name) => {
      const { agreed, differs } = result!.byProtocol[name]!;
      expect(agreed / (agreed + differs)).toBeGreaterThanOrEqual(AGREEMENT_MIN);
    });

    it('has no capture that fails and no unexplained difference below the protocols', () => {
      expect(result!.failures).toEqual([]);
      const unexplained = result!.differences.filter(
        ({ fact, reason }) =>
          reason === undefined &&
          /^(capture|hosts|conversations|l2_conversations|ethertypes|vlans|ip_fragments|ot\.modbus)(\.|$)/.test(fact),
      );
      expect(unexplained).toEqual([]);
    });
  },
  60_000,
);
