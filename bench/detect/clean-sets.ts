/** Clean stretches of every set, for injected faults and replays. */
import type { HistorianTable } from '../../src/sense/telemetry/table/table.ts';
import { has, labelled, pick, rounded, slice } from './data.ts';
import type { CleanSet } from './inject.ts';

const WINDOW = 120;

/** All clean sets present in the folder. */
export async function cleanSets(folder: string): Promise<CleanSet[]> {
  const sets: CleanSet[] = [];
  if (has(folder, 'tep/d00.csv.gz')) {
    const { table: normal } = await labelled(folder, 'tep/d00.csv.gz');
    const { table: test } = await labelled(folder, 'tep/d00_te.csv.gz');
    sets.push({ name: 'tep', normal, test, window: WINDOW });
  }
  if (has(folder, 'skab/anomaly-free/anomaly-free.csv')) {
    const { table } = await labelled(folder, 'skab/anomaly-free/anomaly-free.csv');
    sets.push({ name: 'skab', normal: slice(table, 0, 6000), test: slice(table, 6000, table.rows), window: WINDOW });
  }
  if (has(folder, 'batadal/dataset03.csv.gz')) {
    const { table } = await labelled(folder, 'batadal/dataset03.csv.gz');
    const coarse = rounded(table, 2);
    const cut = Math.floor(0.7 * table.rows);
    sets.push({ name: 'batadal', normal: slice(coarse, 0, cut), test: slice(coarse, cut, table.rows), window: WINDOW });
  }
  for (const name of ['art_daily_small_noise', 'art_noisy']) {
    const file = `nab/artificialNoAnomaly/${name}.csv`;
    if (!has(folder, file)) continue;
    const { table } = await labelled(folder, file);
    sets.push({ name, normal: slice(table, 0, 1500), test: slice(table, 1500, table.rows), window: WINDOW });
  }
  if (has(folder, 'wsn/single_hop.csv')) {
    const mote = await quietMote(folder);
    if (mote !== undefined)
      sets.push({ name: 'wsn', normal: slice(mote, 0, 2000), test: slice(mote, 2000, mote.rows), window: WINDOW });
  }
  return sets;
}

/** Humidity and temperature of the mote without an event that has the most rows. */
async function quietMote(folder: string): Promise<HistorianTable | undefined> {
  const { table, truth } = await labelled(folder, 'wsn/single_hop.csv');
  const n = table.names.length;
  const column = table.names.indexOf('mote_id');
  const byMote = new Map<number, number[]>();
  for (let i = 0; i < table.rows; i += 1) {
    const mote = table.values[i * n + column]!;
    byMote.set(mote, [...(byMote.get(mote) ?? []), i]);
  }
  const quiet = [...byMote.values()]
    .filter((rows) => rows.every((i) => truth[i] === 0))
    .sort((a, b) => b.length - a.length)[0];
  if (quiet === undefined) return undefined;
  const two = pick(table, ['humidity', 'temperature']);
  return {
    ...two,
    rows: quiet.length,
    values: Float64Array.from(quiet.flatMap((i) => [two.values[2 * i]!, two.values[2 * i + 1]!])),
    timeUs: Float64Array.from(quiet, (_, k) => k * 5e6),
  };
}
