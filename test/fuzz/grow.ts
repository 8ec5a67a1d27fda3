/**
 * `node test/fuzz/grow.ts [--seed N] [--inputs N] [--only NAME]`: chooses, out of mutated samples, the few inputs that show something no
 * other shows (a function, an outcome, a problem), and saves them under `corpus/`. Made from our own samples only.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Input } from './seed.ts';
import { save, seedsOf } from './seed.ts';
import { allTargets, CORPUS_FOLDER } from './targets.ts';

/** Saved inputs of one target, and their size. */
const INPUTS_MAX = 20;
const INPUT_BYTES_MAX = 2_000;

const { values } = parseArgs({
  options: { seed: { type: 'string' }, inputs: { type: 'string' }, only: { type: 'string' } },
});
const seed = Number(values.seed ?? 1);
for (const target of await allTargets()) {
  if (values.only !== undefined && values.only !== target.name) continue;
  const folder = join(CORPUS_FOLDER, target.name);
  const candidates: { input: Input; shown: Set<string> }[] = [];
  const seen = new Map<string, number>();
  for (let at = 0; at < Number(values.inputs ?? 2_000); at++) {
    const input = target.make(seed, at);
    if (input.turns.reduce((sum, { bytes }) => sum + bytes.length, 0) > INPUT_BYTES_MAX) continue;
    const shown = target.shows(input);
    for (const one of shown) seen.set(one, (seen.get(one) ?? 0) + 1);
    candidates.push({ input, shown });
  }
  // The rarest first: an input that shows three rare things is worth more than one that shows ten common ones.
  const worth = (shown: Set<string>, covered: Set<string>): number =>
    [...shown].reduce((sum, one) => sum + (covered.has(one) ? 0 : 1 / seen.get(one)!), 0);
  const covered = new Set<string>();
  // What was saved for another reason (once a crash, now a test) stays.
  for (const { name } of seedsOf(folder)) if (name.startsWith(`${target.name}-shows-`)) rmSync(join(folder, name));
  for (let n = 0; n < INPUTS_MAX; n++) {
    let best = candidates[0];
    for (const candidate of candidates) {
      if (best === undefined || worth(candidate.shown, covered) > worth(best.shown, covered)) best = candidate;
    }
    if (best === undefined || worth(best.shown, covered) === 0) break;
    const fresh = [...best.shown].filter((one) => !covered.has(one)).sort();
    for (const one of best.shown) covered.add(one);
    save(folder, target.name, 'shows', best.input, `shows: ${fresh.slice(0, 6).join(', ')}`);
  }
  console.log(`${target.name}: ${covered.size} of ${seen.size} things shown`);
}
