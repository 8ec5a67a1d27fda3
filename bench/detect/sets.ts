/** Each public set by its own protocol, judged with the one frozen configuration. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { judgeRows, learnNormal, type Verdicts } from '../../src/jobs/analyze-core.ts';
import type { HistorianTable } from '../../src/sense/telemetry/table/table.ts';
import { has, type Labelled, labelled, slice } from './data.ts';
import { averagePrecision, confusionOf, eventsOf, falseEpisodes, joined, median, runsOf, sumOf } from './measures.ts';

export interface Judged {
  readonly file: string;
  readonly truth: Uint8Array;
  readonly verdicts: Verdicts;
  readonly names: readonly string[];
}

/** Learns rows `normal` and judges `test`, as `firedoor analyze` does. */
export function analyse(
  normal: HistorianTable,
  test: HistorianTable,
): { verdicts: Verdicts; names: readonly string[] } {
  const judged = { table: test, from: 0, to: test.rows };
  const learned = learnNormal([{ table: normal, from: 0, to: normal.rows }], { judged });
  return { verdicts: judgeRows(learned, judged), names: learned.names };
}

export interface SetResult {
  readonly set: string;
  readonly events: number;
  readonly found: number;
  readonly clean: number;
  readonly falseEpisodes: number;
  /** Normal time judged. [days]; NaN where the file has no time */
  readonly days: number;
  readonly delayMedian: number;
  readonly delayWorst: number;
  readonly delayUnit: string;
  /** Mean over files; NaN where the set gives none. */
  readonly aucPr: number;
  readonly score: string;
  readonly trivial: string;
  readonly figures: readonly {
    readonly name: string;
    readonly value: number;
    readonly unit: string;
    readonly better: 'higher' | 'lower';
    readonly goal: number | null;
    readonly peers: Readonly<Record<string, number>>;
  }[];
  readonly details: readonly string[];
}

const TEP_MINUTES = 3;
const TEP_ONSET = 160;
const TEP_FAULTS = [1, 4, 5, 11, 14, 16, 21] as const;
/** What each known fault acts on, for the right tag: its own loop. */
export async function tennessee(folder: string): Promise<SetResult | undefined> {
  if (!has(folder, 'tep/d00.csv.gz')) return undefined;
  const { table: normal } = await labelled(folder, 'tep/d00.csv.gz');
  const details: string[] = [];
  const shares: number[] = [];
  const delays: number[] = [];
  const precision: number[] = [];
  let episodes = 0;
  let cleanRows = 0;
  let clean = 0;
  for (const fault of [0, ...TEP_FAULTS]) {
    const file = fault === 0 ? 'tep/d00_te.csv.gz' : `tep/d${String(fault).padStart(2, '0')}_te.csv.gz`;
    const { table } = await labelled(folder, file);
    const { verdicts, names } = analyse(normal, table);
    const onset = fault === 0 ? table.rows : TEP_ONSET;
    const truth = Uint8Array.from({ length: table.rows }, (_, i) => (i >= onset ? 1 : 0));
    episodes += falseEpisodes(truth, verdicts.alarm, 3);
    cleanRows += onset;
    if (fault === 0) {
      details.push(...falseDetails('d00_te', truth, verdicts, names, 3));
      continue;
    }
    const share = (100 * sumOf(verdicts.alarm.subarray(onset))) / (table.rows - onset);
    const [event] = eventsOf(truth, verdicts.alarm, 3);
    shares.push(share);
    delays.push(event!.delay * TEP_MINUTES);
    precision.push(averagePrecision(truth, verdicts.score));
    if (event!.clean) clean += 1;
    const at = onset + event!.delay;
    details.push(
      `fault ${fault}: detection ${share.toFixed(1)} %, delay ${event!.delay * TEP_MINUTES} min, first ${said(verdicts, names, at)}`,
    );
    details.push(...falseDetails(`fault ${fault}`, truth, verdicts, names, 3));
  }
  const mean = sumOf(shares) / shares.length;
  return {
    set: 'Tennessee Eastman (7 faults, d00 alone)',
    events: TEP_FAULTS.length,
    found: delays.length,
    clean,
    falseEpisodes: episodes,
    days: (cleanRows * TEP_MINUTES) / 1440,
    delayMedian: median(delays),
    delayWorst: Math.max(...delays),
    delayUnit: 'min',
    aucPr: sumOf(precision) / precision.length,
    score: `mean detection ${mean.toFixed(1)} %`,
    trivial: 'always 100 % (and always false), never 0 %',
    figures: [
      {
        name: 'TEP mean detection',
        value: mean,
        unit: '%',
        better: 'higher',
        goal: 98,
        peers: { 'CVA 2000': 94.4, 'always alarm': 100 },
      },
      {
        name: 'TEP false episodes in clean rows',
        value: episodes,
        unit: 'episodes',
        better: 'lower',
        goal: 0,
        peers: {},
      },
    ],
    details,
  };
}

/** What the first alarm of an event says. */
export function said(verdicts: Verdicts, names: readonly string[], at: number): string {
  const top = [...verdicts.top.subarray(3 * at, 3 * at + 3)].filter((tag) => tag >= 0).map((tag) => names[tag]);
  return `${top.join(', ')} (${verdicts.kind[at]})`;
}

export function falseDetails(
  file: string,
  truth: Uint8Array,
  verdicts: Verdicts,
  names: readonly string[],
  gap: number,
): string[] {
  return runsOf(joined(verdicts.alarm, gap))
    .filter(({ from }) => truth[from] === 0)
    .map(
      ({ from, to }) =>
        `false episode in ${file} rows ${from}..${to - 1}: ${said(verdicts, names, from)} ${verdicts.score[from]!.toFixed(2)}`,
    );
}

export async function batadal(folder: string): Promise<SetResult | undefined> {
  if (!has(folder, 'batadal/dataset04.csv')) return undefined;
  const { table: normal } = await labelled(folder, 'batadal/dataset03.csv.gz');
  const { table, truth } = await labelled(folder, 'batadal/dataset04.csv');
  const { verdicts, names } = analyse(normal, table);
  const events = eventsOf(truth, verdicts.alarm, 3);
  const score = batadalScore(truth, verdicts.alarm);
  const false_ = falseEpisodes(truth, verdicts.alarm, 3);
  const days = (truth.length - sumOf(truth)) / 24;
  const trivial = batadalScore(truth, new Uint8Array(truth.length).fill(1));
  const delays = events.map(({ delay }) => delay);
  const clean = events.filter((event) => event.clean).length;
  const found = events.filter((event) => event.found).length;
  return {
    set: 'BATADAL dataset04',
    events: events.length,
    found,
    clean,
    falseEpisodes: false_,
    days,
    delayMedian: median(delays),
    delayWorst: Math.max(...delays),
    delayUnit: 'h',
    aucPr: averagePrecision(truth, verdicts.score),
    score: `S ${score.toFixed(3)}`,
    trivial: `always ${trivial.toFixed(3)}, never 0.250`,
    figures: [
      {
        name: 'BATADAL S',
        value: score,
        unit: '',
        better: 'higher',
        goal: 0.92,
        peers: { 'always alarm': trivial, 'hydraulic model': 0.97 },
      },
      { name: 'BATADAL found', value: found, unit: 'of 7', better: 'higher', goal: 7, peers: {} },
      { name: 'BATADAL clean', value: clean, unit: 'of 7', better: 'higher', goal: 6, peers: {} },
      { name: 'BATADAL false episodes', value: false_ / days, unit: 'per day', better: 'lower', goal: 0.05, peers: {} },
    ],
    details: [
      ...events.map(
        ({ event, delay, found, clean }) =>
          `attack rows ${event.from}..${event.to - 1}: ${found ? `delay ${delay} of ${event.to - event.from} h, clean ${clean}, first ${said(verdicts, names, event.from + delay)}` : 'missed'}`,
      ),
      ...falseDetails('dataset04', truth, verdicts, names, 3),
    ],
  };
}

/** Time to detection and classification, half each (Taormina et al. 2018). */
function batadalScore(truth: Uint8Array, alarm: Uint8Array): number {
  const late = eventsOf(truth, alarm, 0).map(({ delay, event }) => delay / (event.to - event.from));
  const c = confusionOf(truth, alarm);
  const rates =
    c.truePositive / (c.truePositive + c.falseNegative) + c.trueNegative / (c.trueNegative + c.falsePositive);
  return 0.5 * (1 - sumOf(late) / late.length) + 0.25 * rates;
}

const SKAB_LEARN = 400;

function skabFiles(folder: string): string[] {
  return ['valve1', 'valve2', 'other'].flatMap((part) => {
    if (!has(folder, `skab/${part}`)) return [];
    return readdirSync(join(folder, 'skab', part))
      .filter((name) => name.endsWith('.csv'))
      .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
      .map((name) => `skab/${part}/${name}`);
  });
}

export async function skab(folder: string): Promise<SetResult | undefined> {
  const files = skabFiles(folder);
  if (files.length === 0) return undefined;
  const details: string[] = [];
  const total = { truePositive: 0, falsePositive: 0, falseNegative: 0, trueNegative: 0 };
  const delays: number[] = [];
  const precision: number[] = [];
  let clean = 0;
  let found = 0;
  let events = 0;
  let episodes = 0;
  let normalRows = 0;
  for (const file of files) {
    const { table, truth: all } = await labelled(folder, file);
    const { verdicts, names } = analyse(slice(table, 0, SKAB_LEARN), slice(table, SKAB_LEARN, table.rows));
    const truth = all.subarray(SKAB_LEARN);
    const c = confusionOf(truth, verdicts.alarm);
    for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += c[key];
    const results = eventsOf(truth, verdicts.alarm, 10);
    events += results.length;
    found += results.filter((event) => event.found).length;
    clean += results.filter((event) => event.clean).length;
    delays.push(...results.map(({ delay }) => delay));
    episodes += falseEpisodes(truth, verdicts.alarm, 10);
    normalRows += truth.length - sumOf(truth);
    precision.push(averagePrecision(truth, verdicts.score));
    const first = results[0]!;
    const { from, to } = first.event;
    const share = (a: number, b: number) => (b > a ? sumOf(verdicts.alarm.subarray(a, b)) / (b - a) : 0).toFixed(2);
    details.push(
      `${file.slice(5)}: clean ${first.clean}, delay ${first.delay} s, alarm share before ${share(0, from)} during ${share(from, to)} after ${share(to, truth.length)}, AUC-PR ${precision.at(-1)!.toFixed(2)}, first ${first.found ? said(verdicts, names, from + first.delay) : 'missed'}`,
    );
    details.push(...falseDetails(file, truth, verdicts, names, 10));
  }
  const far = (100 * total.falsePositive) / (total.falsePositive + total.trueNegative);
  const mar = (100 * total.falseNegative) / (total.falseNegative + total.truePositive);
  const f1 = (2 * total.truePositive) / (2 * total.truePositive + total.falsePositive + total.falseNegative);
  const positive = total.truePositive + total.falseNegative;
  const always = (2 * positive) / (2 * positive + total.falsePositive + total.trueNegative);
  details.push(...(await skabFree(folder)));
  return {
    set: `SKAB (${files.length} files, 400 rows each)`,
    events,
    found,
    clean,
    falseEpisodes: episodes,
    days: normalRows / 86_400,
    delayMedian: median(delays),
    delayWorst: Math.max(...delays),
    delayUnit: 's',
    aucPr: sumOf(precision) / precision.length,
    score: `F1 ${f1.toFixed(3)}, FAR ${far.toFixed(1)} %, MAR ${mar.toFixed(1)} %`,
    trivial: `always F1 ${always.toFixed(3)}, FAR 100 %`,
    figures: [
      { name: 'SKAB clean', value: clean, unit: `of ${events}`, better: 'higher', goal: 11, peers: {} },
      {
        name: 'SKAB FAR',
        value: far,
        unit: '%',
        better: 'lower',
        goal: 25,
        peers: { 'Conv-AE': 13.6, 'always alarm': 100 },
      },
      {
        name: 'SKAB MAR',
        value: mar,
        unit: '%',
        better: 'lower',
        goal: 15,
        peers: { 'Conv-AE': 28, 'always alarm': 0 },
      },
      {
        name: 'SKAB F1',
        value: f1,
        unit: '',
        better: 'higher',
        goal: 0.78,
        peers: { 'always alarm': always, 'Conv-AE': 0.78 },
      },
    ],
    details,
  };
}

async function skabFree(folder: string): Promise<string[]> {
  if (!has(folder, 'skab/anomaly-free/anomaly-free.csv')) return [];
  const { table } = await labelled(folder, 'skab/anomaly-free/anomaly-free.csv');
  return [6000, SKAB_LEARN].map((rows) => {
    const test = slice(table, rows, table.rows);
    const { verdicts, names } = analyse(slice(table, 0, rows), test);
    const truth = new Uint8Array(test.rows);
    const episodes = falseEpisodes(truth, verdicts.alarm, 10);
    const share = (100 * sumOf(verdicts.alarm)) / test.rows;
    const which = falseDetails('', truth, verdicts, names, 10).map((text) => text.replace('false episode in  ', ''));
    return `anomaly-free after ${rows} rows: ${share.toFixed(1)} % of rows, ${(episodes / (test.rows / 3600)).toFixed(1)} false episodes/h: ${which.join('; ')}`;
  });
}

const sigmoid = (y: number) => 2 / (1 + Math.exp(5 * y)) - 1;
const NAB_PROBATION = 0.15;
const NAB_PROBATION_MAX = 750;
/** Silence after an alarm, share of the file: an alarm is one episode, then nothing new is said for a while. */
const NAB_SILENCE = 0.02;

interface NabTotal {
  score: number;
  windows: number;
  false: number;
  found: number;
}

function nabFiles(folder: string): string[] {
  return readdirSync(join(folder, 'nab'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'labels')
    .flatMap(({ name }) =>
      readdirSync(join(folder, 'nab', name))
        .filter((file) => file.endsWith('.csv'))
        .map((file) => `${name}/${file}`),
    )
    .sort();
}

export async function nab(folder: string): Promise<SetResult | undefined> {
  if (!has(folder, 'nab/labels/combined_windows.json')) return undefined;
  const windows = JSON.parse(readFileSync(join(folder, 'nab/labels/combined_windows.json'), 'utf8')) as Record<
    string,
    string[][]
  >;
  const total: NabTotal = { score: 0, windows: 0, false: 0, found: 0 };
  const details: string[] = [];
  const delays: number[] = [];
  const precision: number[] = [];
  let days = 0;
  for (const file of nabFiles(folder)) {
    const { table } = await labelled(folder, `nab/${file}`);
    const learn = Math.floor(Math.min(NAB_PROBATION * table.rows, NAB_PROBATION_MAX));
    const { verdicts, names } = analyse(slice(table, 0, learn), slice(table, learn, table.rows));
    const spans = (windows[file] ?? []).map(([from, to]) => ({
      from: table.timeUs.findIndex((timeUs) => timeUs >= Date.parse(`${from!.slice(0, 19)}Z`) * 1000),
      to: table.timeUs.findLastIndex((timeUs) => timeUs <= Date.parse(`${to!.slice(0, 19)}Z`) * 1000),
    }));
    const truth = new Uint8Array(table.rows);
    for (const { from, to } of spans) truth.fill(1, from, to + 1);
    const alarm = new Uint8Array(table.rows);
    alarm.set(verdicts.alarm, learn);
    const result = nabFile(alarm, spans, table.rows);
    total.score += result.score;
    total.windows += spans.length;
    total.false += result.falseAlarms;
    total.found += result.found;
    for (const event of eventsOf(truth, alarm, 5)) if (event.found) delays.push(event.delay);
    if (spans.length > 0) precision.push(averagePrecision(truth.subarray(learn), verdicts.score));
    days += (table.timeUs.at(-1)! - table.timeUs[learn]!) / 86_400e6;
    details.push(`${file}: windows ${result.found}/${spans.length}, false alarms ${result.falseAlarms}`);
    details.push(...falseDetails(file, truth.subarray(learn), verdicts, names, 5).slice(0, 6));
  }
  const score = (100 * (total.score + total.windows)) / (2 * total.windows);
  return {
    set: `NAB shared files (causal, one threshold)`,
    events: total.windows,
    found: total.found,
    clean: total.found,
    falseEpisodes: total.false,
    days,
    delayMedian: median(delays),
    delayWorst: Math.max(...delays),
    delayUnit: 'rows',
    aucPr: sumOf(precision) / precision.length,
    score: `NAB ${score.toFixed(1)}`,
    trivial: 'null 0, random 11 to 17',
    figures: [
      {
        name: 'NAB score',
        value: score,
        unit: '',
        better: 'higher',
        goal: 48,
        peers: { null: 0, random: 17, 'HTM (threshold fitted)': 70.1 },
      },
      { name: 'NAB false alarms', value: total.false, unit: 'alarms', better: 'lower', goal: null, peers: {} },
    ],
    details,
  };
}

function nabFile(alarm: Uint8Array, spans: readonly { from: number; to: number }[], rows: number) {
  const got = new Set<number>();
  let last = Number.NEGATIVE_INFINITY;
  let score = -spans.length;
  let falseAlarms = 0;
  for (const { from: i } of runsOf(joined(alarm, 5))) {
    if (i - last <= NAB_SILENCE * rows) continue;
    last = i;
    const inside = spans.findIndex(({ from, to }) => from <= i && i <= to);
    if (inside < 0) {
      const before = spans.filter(({ to }) => to < i).at(-1);
      const y = before === undefined ? 9 : (i - before.to) / Math.max(1, before.to - before.from);
      falseAlarms += 1;
      score += 0.11 * (y <= 3 ? sigmoid(y) : -1);
    } else if (!got.has(inside)) {
      got.add(inside);
      const { from, to } = spans[inside]!;
      score += 1 + sigmoid(-(to - i + 1) / (to - from + 1)) / sigmoid(-1);
    }
  }
  return { score, falseAlarms, found: got.size };
}

/** Two columns of each mote, the first 1,000 readings learned. */
export async function wsn(folder: string): Promise<SetResult | undefined> {
  if (!has(folder, 'wsn/single_hop.csv')) return undefined;
  const { table, truth } = await labelled(folder, 'wsn/single_hop.csv');
  const n = table.names.length;
  const mote = table.names.indexOf('mote_id');
  const delays: number[] = [];
  const details: string[] = [];
  let events = 0;
  let found = 0;
  let clean = 0;
  let episodes = 0;
  let rows = 0;
  const numbers = new Set(Array.from({ length: table.rows }, (_, i) => table.values[i * n + mote]!));
  for (const number of [...numbers].sort()) {
    const own = Array.from({ length: table.rows }, (_, i) => i).filter((i) => table.values[i * n + mote] === number);
    const names = ['humidity', 'temperature'];
    const values = Float64Array.from(
      own.flatMap((i) => names.map((name) => table.values[i * n + table.names.indexOf(name)]!)),
    );
    const one: Labelled = {
      table: {
        ...table,
        names,
        values,
        rows: own.length,
        timeUs: Float64Array.from(own, (_, k) => k * 5e6),
        onChange: new Uint8Array(2),
      },
      truth: Uint8Array.from(own, (i) => truth[i]!),
    };
    const { verdicts } = analyse(slice(one.table, 0, 1000), slice(one.table, 1000, own.length));
    const rest = one.truth.subarray(1000);
    const results = eventsOf(rest, verdicts.alarm, 12);
    events += results.length;
    found += results.filter((event) => event.found).length;
    clean += results.filter((event) => event.clean).length;
    delays.push(...results.map(({ delay }) => delay * 5));
    episodes += falseEpisodes(rest, verdicts.alarm, 12);
    rows += rest.length - sumOf(rest);
    details.push(...falseDetails(`mote ${number}`, rest, verdicts, names, 12));
  }
  return {
    set: 'WSN single hop',
    events,
    found,
    clean,
    falseEpisodes: episodes,
    days: (rows * 5) / 86_400,
    delayMedian: median(delays),
    delayWorst: Math.max(...delays),
    delayUnit: 's',
    aucPr: Number.NaN,
    score: `${found} of ${events} found`,
    trivial: '–',
    figures: [],
    details,
  };
}
