/**
 * `npm run bench -- detection FOLDER [--json] [--verbose] [--only NAMES] [--cases N] [--seed N]`: process detection on public data with
 * labels, on injected faults and on replays, with the one frozen configuration that `firedoor analyze` runs.
 */
import { cleanSets } from './detect/clean-sets.ts';
import { extras } from './detect/extras.ts';
import { inject, injectionFigures, injectionLines } from './detect/inject.ts';
import { replays } from './detect/replay.ts';
import { batadal, nab, type SetResult, skab, tennessee, wsn } from './detect/sets.ts';
import { documentOf, type Figure } from './measure.ts';

const SETS = { tep: tennessee, batadal, skab, nab, wsn } as const;
const SEED = 11;
/** Cases for each set, fault and severity. */
const CASES = 14;
const REPLAYS = 5;

export async function run(args: readonly string[]): Promise<void> {
  const option = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const valued = new Set(['--only', '--cases', '--seed'].map((name) => option(name)));
  const folder = args.find((arg) => !arg.startsWith('--') && !valued.has(arg)) ?? '../shared/process';
  const only = option('--only')?.split(',');
  const wanted = (name: string) => only === undefined || only.includes(name);
  const tell = args.includes('--json') ? (_line: string) => undefined : (line: string) => console.log(line);
  const figures: Figure[] = [];
  const results: SetResult[] = [];
  for (const [name, measure] of Object.entries(SETS)) {
    const result = wanted(name) ? await measure(folder) : undefined;
    if (result === undefined) continue;
    results.push(result);
    figures.push(...result.figures);
    if (args.includes('--verbose')) for (const line of result.details) tell(`  ${line}`);
  }
  if (results.length > 0) for (const line of table(results)) tell(line);
  if (wanted('extras')) for (const line of await extras(folder)) tell(line);
  const cases = Number(option('--cases') ?? CASES);
  const seed = Number(option('--seed') ?? SEED);
  if (wanted('injected')) figures.push(...(await injected(folder, cases, seed, tell)));
  if (wanted('replay')) figures.push(...(await replayed(folder, seed, tell)));
  if (args.includes('--json')) console.log(JSON.stringify(documentOf('detection', figures)));
  else for (const line of goals(figures)) tell(line);
}

/** One table for all sets, in the order that tells: clean, false, late, right, ranked, and the set's own score beside the trivial one. */
function table(results: readonly SetResult[]): string[] {
  const number = (value: number, digits: number) => (Number.isNaN(value) ? '–' : value.toFixed(digits));
  const rows = results.map((r) => [
    r.set,
    `${r.clean}/${r.events} (found ${r.found})`,
    `${r.falseEpisodes} (${number(r.falseEpisodes / r.days, 3)}/day)`,
    `${r.delayMedian} / ${r.delayWorst} ${r.delayUnit}`,
    number(r.aucPr, 3),
    r.score,
    r.trivial,
  ]);
  const head = ['set', 'clean events', 'false episodes', 'delay median / worst', 'AUC-PR', 'own score', 'trivial'];
  const widths = head.map((text, k) => Math.max(text.length, ...rows.map((row) => row[k]!.length)));
  return [head, ...rows].map((row) =>
    row
      .map((text, k) => text.padEnd(widths[k]!))
      .join('  ')
      .trimEnd(),
  );
}

/** Each figure against its goal. */
function goals(figures: readonly Figure[]): string[] {
  return figures.map(({ name, value, unit, better, goal }) => {
    const met = goal === null ? '' : (better === 'higher' ? value >= goal : value <= goal) ? ', met' : ', NOT met';
    return `${name}: ${Number(value.toFixed(3))} ${unit}${goal === null ? '' : ` (goal ${goal}${met})`}`.trim();
  });
}

async function injected(folder: string, cases: number, seed: number, tell: (line: string) => void): Promise<Figure[]> {
  const result = inject(await cleanSets(folder), cases, seed);
  const f = injectionFigures(result);
  if (f.cases === 0) return [];
  const untouched = Object.entries(result.untouched).map(([set, count]) => `${set} ${count}`);
  tell(
    `\ninjected: ${f.cases} cases, seed ${seed}; found at severity 0.25, 0.5, 1; false episodes on untouched copies: ${untouched.join(', ')} in ${result.untouchedRows} rows`,
  );
  for (const line of injectionLines(result)) tell(`  ${line}`);
  const total = Object.values(result.untouched).reduce((sum, count) => sum + count, 0);
  const share = (name: string, value: number, goal: number | null): Figure => ({
    name,
    value,
    unit: '%',
    better: 'higher',
    goal,
    peers: {},
  });
  return [
    { name: 'injected cases', value: f.cases, unit: 'cases', better: 'higher', goal: 3_000, peers: {} },
    share('injected stuck, junk, range, gap found where they show', f.grossFound, 95),
    share('injected drift and gain of coupled tags before 1 sd, full severity', f.slowEarlyFull, 80),
    share('the same over all severities', f.slowEarly, null),
    share('injected: right tag first', f.tagFirst, 90),
    share('injected: right tag in the top three', f.tagTop, null),
    share('injected: right kind', f.kindRight, 80),
    { name: 'false episodes on untouched copies', value: total, unit: 'episodes', better: 'lower', goal: 0, peers: {} },
  ];
}

async function replayed(folder: string, seed: number, tell: (line: string) => void): Promise<Figure[]> {
  const results = replays(await cleanSets(folder), REPLAYS, seed);
  for (const { set, rows, all, some, cases } of results) {
    tell(`replay of ${rows} rows in ${set}: all tags ${all} of ${cases}, three tags ${some} of ${cases}`);
  }
  const sum = (pick: (r: (typeof results)[number]) => number) =>
    results.reduce((total, result) => total + pick(result), 0);
  const cases = sum((r) => r.cases);
  if (cases === 0) return [];
  return [
    {
      name: 'replay of all tags found',
      value: (100 * sum((r) => r.all)) / cases,
      unit: '%',
      better: 'higher',
      goal: 100,
      peers: {},
    },
    {
      name: 'replay of three tags found',
      value: (100 * sum((r) => r.some)) / cases,
      unit: '%',
      better: 'higher',
      goal: 100,
      peers: {},
    },
  ];
}

if (import.meta.main) await run(process.argv.slice(2));
