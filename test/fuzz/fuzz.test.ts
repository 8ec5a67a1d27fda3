/** Short runs of the fuzzer: what it finds is a failure, and what it must find it finds. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fuzz } from './fuzz.ts';
import { fromText, seedsOf, toText } from './seed.ts';
import { allTargets, CORPUS_FOLDER } from './targets.ts';

const found = mkdtempSync(join(tmpdir(), 'firedoor-fuzz-'));
afterAll(() => rmSync(found, { recursive: true, force: true }));

describe('the fuzzer', () => {
  it('finds nothing in five seconds over all protocols and the net', async () => {
    // Another seed every day: what one run misses another finds, and the seed stands in the failure.
    const seed = Math.floor(Date.now() / 86_400_000);
    const { done, findings, targets } = await fuzz({ seed, seconds: 5, found });
    expect(findings, `seed ${seed}`).toEqual([]);
    expect(done.map(({ target }) => target)).toEqual(targets);
    expect(done.filter(({ messages }) => messages === 0)).toEqual([]);
  });

  it('finds every canary, saves what shows it and ends with an error', () => {
    const program = join(import.meta.dirname, 'fuzz.ts');
    const folder = join(found, 'canary');
    const args = [program, '--canary', '--seconds', '9', '--seed', '7', '--json', '--found', folder];
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(status).toBe(1);
    const { tests } = JSON.parse(stdout) as { tests: { id: string; passed: boolean; seed: number }[] };
    expect(tests.map(({ id, passed, seed }) => [id, passed, seed])).toEqual([
      ['fuzz.canary-throw', false, 7],
      ['fuzz.canary-hang', false, 7],
      ['fuzz.canary-slow', false, 7],
    ]);
    const kinds = readdirSync(folder).map((name) => name.split('-').slice(0, 3).join('-'));
    expect(new Set(kinds)).toEqual(new Set(['canary-throw-throw', 'canary-hang-hang', 'canary-slow-slow']));
  });

  it('makes the same input of the same seed and number, and reads back what it saves', async () => {
    for (const target of await allTargets()) {
      const input = target.make(11, 42);
      expect(target.make(11, 42)).toEqual(input);
      expect(target.make(12, 42)).not.toEqual(input);
      const turns = input.turns.map((turn) => ({ gap: false, cut: 0, ...turn }));
      expect(fromText(toText(input, 'a comment\nof two lines'))).toEqual({ ...input, turns });
    }
  });
});

describe('the saved inputs', async () => {
  const targets = await allTargets();
  it.each(targets.map((target) => [target.name, target] as const))('of %s are read to their end', (name, target) => {
    for (const input of seedsOf(join(CORPUS_FOLDER, name))) {
      const bytes = input.turns.reduce((sum, turn) => sum + turn.bytes.length, 0);
      expect(() => target.run(input), input.name).not.toThrow();
      expect(() => target.reads(input, 60_000 + 64 * bytes), input.name).not.toThrow();
    }
  });
});
