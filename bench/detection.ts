/** `npm run bench -- detection FOLDER [--json] [--verbose] [--only NAME]`: process detection on public data, one frozen configuration. */
import { batadal, nab, type SetResult, skab, tennessee, wsn } from './detect/sets.ts';

const SETS = { tep: tennessee, batadal, skab, nab, wsn } as const;

export async function run(args: readonly string[]): Promise<void> {
  const folder = args.find((arg) => !arg.startsWith('--')) ?? '../shared/process';
  const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : undefined;
  const results: SetResult[] = [];
  for (const [name, measure] of Object.entries(SETS)) {
    if (only !== undefined && !only.split(',').includes(name)) continue;
    const startedMs = performance.now();
    const result = await measure(folder);
    if (result === undefined) continue;
    results.push(result);
    if (args.includes('--verbose')) for (const line of result.details) console.log(`  ${line}`);
    console.log(
      `${result.set}: clean ${result.clean}/${result.events} found ${result.found} false ${result.falseEpisodes} (${(result.falseEpisodes / result.days).toFixed(3)}/d) delay ${result.delayMedian}/${result.delayWorst} ${result.delayUnit} AP ${result.aucPr.toFixed(3)} ${result.score} (${result.trivial}) [${((performance.now() - startedMs) / 1000).toFixed(1)} s]`,
    );
  }
}

if (import.meta.main) await run(process.argv.slice(2));
