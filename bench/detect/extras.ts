/** Sets without labels of events: printed for what they show, no figure stands on them. */
import { judgeRows, learnNormal } from '../../src/jobs/analyze-core.ts';
import type { HistorianTable } from '../../src/sense/telemetry/table/table.ts';
import { has, labelled, pick, slice } from './data.ts';
import { falseEpisodes, median, sumOf } from './measures.ts';
import { analyse } from './sets.ts';

/** Rows of the early life of an engine that count as healthy, and the gap between alarms that are one episode. */
const HEALTHY_CYCLES = 50;
const GAP = 5;

/** Lines on air quality (real junk and drift) and on engines run to failure (lead time). */
export async function extras(folder: string): Promise<string[]> {
  return [...(await air(folder)), ...(await engines(folder))];
}

async function air(folder: string): Promise<string[]> {
  const file = 'airquality/AirQualityUCI_first_half.csv';
  if (!has(folder, file)) return [];
  const { table } = await labelled(folder, file);
  // −200 is how this set writes "no value".
  const cleaned = { ...table, values: table.values.map((value) => (value === -200 ? Number.NaN : value)) };
  const cut = Math.floor(0.6 * table.rows);
  const test = slice(cleaned, cut, table.rows);
  const { verdicts } = analyse(slice(cleaned, 0, cut), test);
  const episodes = falseEpisodes(new Uint8Array(test.rows), verdicts.alarm, GAP);
  const share = (100 * sumOf(verdicts.alarm)) / test.rows;
  return [
    `air quality, learned from 60 %: ${episodes} episodes in ${(test.rows / 24).toFixed(0)} days (${share.toFixed(1)} % of rows): season and documented drift, no labels`,
  ];
}

async function engines(folder: string): Promise<string[]> {
  const file = 'cmapss/train_FD001_units_1_50.csv.gz';
  if (!has(folder, file)) return [];
  const { table } = await labelled(folder, file);
  const unit = table.names.indexOf('unit');
  const tags = pick(
    table,
    table.names.filter((name) => /^s\d+$/.test(name)),
  );
  const rowsOf = new Map<number, number[]>();
  for (let i = 0; i < table.rows; i += 1) {
    const number = table.values[i * table.names.length + unit]!;
    rowsOf.set(number, [...(rowsOf.get(number) ?? []), i]);
  }
  const all = [...rowsOf.values()];
  const half = Math.floor(all.length / 2);
  const normal = rowsTable(
    tags,
    all.slice(0, half).flatMap((rows) => rows.slice(0, HEALTHY_CYCLES)),
  );
  const learned = learnNormal([{ table: normal, from: 0, to: normal.rows }]);
  const start = learned.watch.saveLive();
  const leads: number[] = [];
  let early = 0;
  for (const rows of all.slice(half)) {
    const life = rowsTable(tags, rows);
    learned.watch.loadLive(start);
    const { alarm } = judgeRows(learned, { table: life, from: 0, to: life.rows });
    early += falseEpisodes(new Uint8Array(HEALTHY_CYCLES), alarm.subarray(0, HEALTHY_CYCLES), GAP);
    const first = alarm.findIndex((on, i) => on === 1 && i >= HEALTHY_CYCLES);
    leads.push(first < 0 ? 0 : life.rows - first);
  }
  return [
    `engines run to failure, first ${HEALTHY_CYCLES} cycles of ${half} learned, ${leads.length} others judged: lead time median ${median(leads)} cycles, least ${Math.min(...leads)}; ${early} episodes in their healthy cycles`,
  ];
}

/** Some rows of a table, one after the other. */
function rowsTable(table: HistorianTable, rows: readonly number[]): HistorianTable {
  const n = table.names.length;
  const values = new Float64Array(rows.length * n);
  for (const [k, i] of rows.entries()) values.set(table.values.subarray(i * n, (i + 1) * n), k * n);
  return { ...table, rows: rows.length, values, timeUs: Float64Array.from(rows, (_, k) => k * 1e6) };
}
