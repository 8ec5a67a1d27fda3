/**
 * Injected faults: known faults put into clean stretches, and what is found of them. Seeded: a case is `seed + commit`. Amplitudes are in
 * standard deviations of the tag's normal data, as the reference says (drift 0 to 1, offset 0.75, gain ×0.25 and ×2, noise 1, spike 7.5).
 */
import { Random } from '../../src/base/random.ts';
import { judgeRows, type Learned, learnNormal, type Verdicts } from '../../src/jobs/analyze-core.ts';
import type { HistorianTable } from '../../src/sense/telemetry/table/table.ts';
import type { SavedState } from '../../src/understand/detect/detector.ts';
import { slice } from './data.ts';
import { falseEpisodes, median } from './measures.ts';
import { said } from './sets.ts';

export const FAULTS = [
  'stuck', 'junk', 'range', 'gap', 'noise', 'spike', 'offset', 'drift', 'gain down', 'gain up', 'clip', 'step size', 'replay', 'chatter',
] as const; // biome-ignore format: a table
export type Fault = (typeof FAULTS)[number];
export const SEVERITIES = [0.25, 0.5, 1] as const;

/** Kinds that name a fault rightly. */
const RIGHT: Readonly<Record<Fault, readonly string[]>> = {
  stuck: ['stuck', 'noise-lost'],
  junk: ['junk', 'gap', 'range', 'scale-jump'],
  range: ['range', 'offset', 'level', 'scale-jump', 'spike', 'physical-rate'],
  gap: ['gap'],
  noise: ['noise-up'],
  spike: ['spike', 'physical-rate', 'range'],
  offset: ['offset'],
  drift: ['drift'],
  'gain down': ['gain'],
  'gain up': ['gain'],
  clip: ['clamp', 'stuck'],
  'step size': ['step-size'],
  replay: ['replay'],
  chatter: ['never-moved', 'oscillation', 'noise-up', 'spike'],
};
/** What is right to say of a tag that no other predicts: a level that moved, a variance that changed. */
const ALONE: Readonly<Partial<Record<Fault, readonly string[]>>> = {
  offset: ['level'],
  drift: ['level'],
  'gain down': ['noise-lost', 'level'],
  'gain up': ['noise-up', 'level'],
};
/** Near misses: the same family under another name. */
const FAMILY: Readonly<Partial<Record<Fault, readonly string[]>>> = {
  noise: ['spike'],
  spike: ['range'],
  offset: ['drift', 'relation', 'level', 'spike'],
  drift: ['offset', 'relation', 'level'],
  'gain down': ['noise-lost', 'relation', 'offset', 'drift', 'level'],
  'gain up': ['noise-up', 'relation', 'offset', 'drift', 'level'],
  clip: ['relation', 'noise-lost', 'offset', 'drift', 'gain'],
  chatter: ['relation', 'level'],
};

/** A plant with clean rows to learn and clean rows to hurt. */
export interface CleanSet {
  readonly name: string;
  readonly normal: HistorianTable;
  readonly test: HistorianTable;
  /** Rows a fault lasts. */
  readonly window: number;
}

/** Rows judged before the fault, so that filters have settled. */
const LEAD = 150;
/** A tag counts as coupled when the others predict it to less than this share of its own spread. */
const COUPLED_BELOW = 0.5;
/** Places a fault may begin, per set; each is judged once without fault. */
const PLACES = 12;
/** A wrong gain shows when it moves the reading by this much of its spread on average: at the pivot it changes nothing. [sd] */
const GAIN_SHOWS = 0.25;
/** Rows of an episode that name its kind. */
const EPISODE_ROWS = 60;

interface Bed {
  readonly set: CleanSet;
  readonly learned: Learned;
  readonly start: SavedState;
  readonly deviation: Float64Array;
  readonly mean: Float64Array;
  readonly decimals: Float64Array;
  /** Tags that move with more than a few values. */
  readonly live: readonly number[];
  /** On/off and enumerated tags. */
  readonly switches: readonly number[];
  readonly coupled: ReadonlySet<number>;
  readonly places: readonly { readonly from: number; readonly clean: Verdicts }[];
}

export interface CaseResult {
  readonly set: string;
  readonly fault: Fault;
  readonly severity: number;
  /** False where the way the tag is reported hides this fault (a held tag that is stuck …). */
  readonly shows: boolean;
  readonly coupled: boolean;
  readonly found: boolean;
  /** Found before the error reached one standard deviation. */
  readonly early: boolean;
  readonly delay: number;
  readonly tagFirst: boolean;
  readonly tagTop: boolean;
  readonly kind: string;
  readonly kindRight: boolean;
  readonly kindFamily: boolean;
  readonly text: string;
}

function bedOf(set: CleanSet, random: Random): Bed {
  const learned = learnNormal([{ table: set.normal, from: 0, to: set.normal.rows }], {
    judged: { table: set.test, from: 0, to: set.test.rows },
    replayEntries: 1024,
  });
  const { watch } = learned;
  const { profiles } = watch;
  const n = set.test.names.length;
  const start = watch.saveLive();
  const tags = Array.from({ length: n }, (_, j) => j);
  const coupled = new Set<number>();
  const { joint } = watch;
  if (joint !== undefined) {
    const { model } = joint;
    for (const [b, j] of model.outputs.entries()) {
      const share = (model.staticUnit[b]! * model.staticSpread[b]!) / model.scale[j]!;
      if (model.coupled[b] === 1 && share < COUPLED_BELOW) coupled.add(watch.columns[j]!);
    }
  }
  const rows = set.test.rows - LEAD - set.window;
  const places = Array.from({ length: PLACES }, (_, k) => {
    const from = LEAD + Math.floor((k + random.next()) * (rows / PLACES));
    watch.loadLive(start);
    return { from, clean: judgeRows(learned, { table: set.test, from: from - LEAD, to: from + set.window }) };
  });
  return {
    set,
    learned,
    start,
    deviation: Float64Array.from(tags, (j) => profiles.deviation(j)),
    mean: Float64Array.from(tags, (j) => profiles.get('mean', j)),
    decimals: Float64Array.from(tags, (j) => (profiles.step(j) === 0 ? 9 : Math.round(-Math.log10(profiles.step(j))))),
    live: tags.filter((j) => profiles.shape(j) === 'moving' && profiles.deviation(j) > 0),
    switches: tags.filter((j) => profiles.shape(j) === 'enumerated' || profiles.shape(j) === 'constant'),
    coupled,
    places,
  };
}

/** Changes column `j` of rows 0 … `length` of `values` (row-major, `n` wide). Returns the errors put in, for `early`. */
function hurt(
  bed: Bed,
  values: Float64Array,
  n: number,
  at: number,
  length: number,
  j: number,
  fault: Fault,
  severity: number,
  random: Random,
): void {
  const sd = bed.deviation[j]!;
  const mean = bed.mean[j]!;
  const sign = random.next() < 0.5 ? -1 : 1;
  const index = (i: number) => (at + i) * n + j;
  const junk = random.pick([-9999, Number.NaN, -999, 32767]);
  const back = at - length - 20 - random.below(20);
  const copy = values.slice();
  for (let i = 0; i < length; i += 1) {
    const value = values[index(i)]!;
    const u = i / length;
    let changed = value;
    if (fault === 'stuck') changed = i < Math.max(8, length * severity) ? copy[index(0)]! : value;
    else if (fault === 'junk') changed = i % Math.max(1, Math.floor(5 - 4 * severity)) === 0 ? junk : value;
    else if (fault === 'range') changed = value + sign * 20 * sd * severity;
    else if (fault === 'gap') changed = i < length * 0.5 * severity ? Number.NaN : value;
    else if (fault === 'noise') changed = value + sd * severity * random.normal();
    else if (fault === 'spike') changed = i === 5 ? value + sign * 7.5 * sd * severity : value;
    else if (fault === 'offset') changed = value + sign * 0.75 * sd * severity;
    else if (fault === 'drift') changed = value + sign * sd * u * severity;
    else if (fault === 'gain down') changed = mean + (value - mean) * (1 - 0.75 * severity);
    else if (fault === 'gain up') changed = mean + (value - mean) * (1 + severity);
    else if (fault === 'clip')
      changed = Math.min(Math.max(value, mean - sd * (3 - 2 * severity)), mean + sd * (3 - 2 * severity));
    else if (fault === 'step size') {
      const step = sd * (0.25 + 0.75 * severity);
      changed = Math.round(value / step) * step;
    } else if (fault === 'replay') changed = i < length * severity && back >= 0 ? copy[(back + i) * n + j]! : value;
    else if (fault === 'chatter')
      changed = Math.floor(i / Math.max(1, Math.round(4 - 3 * severity))) % 2 === 0 ? value : value === 0 ? 1 : 0;
    const places = bed.decimals[j]!;
    values[index(i)] =
      places < 7 && fault !== 'step size' && Number.isFinite(changed)
        ? Math.round(changed * 10 ** places) / 10 ** places
        : changed;
  }
}

/** Mean absolute error put in, over the rows of the fault. */
function meanError(values: Float64Array, before: Float64Array, n: number, j: number): number {
  let sum = 0;
  let rows = 0;
  for (let i = LEAD; i * n < values.length; i += 1) {
    const error = Math.abs(values[i * n + j]! - before[i * n + j]!);
    if (Number.isNaN(error)) continue;
    sum += error;
    rows += 1;
  }
  return sum / Math.max(1, rows);
}

/** True where the way a tag is reported lets the fault show at all. */
function showsAtAll(bed: Bed, j: number, fault: Fault, severity: number): boolean {
  const { profiles } = bed.learned.watch;
  const share = profiles.equalShare(j);
  if (fault === 'stuck') {
    const rows = Math.max(8, bed.set.window * severity);
    return (
      share <= 0.9 && rows > 1.5 * profiles.get('runLongest', j) + Math.log(1e-6) / Math.log(Math.max(share, 1e-3))
    );
  }
  if (fault === 'replay') return share < 0.5;
  return true;
}

/** What an episode says most in its first rows; the first row alone cannot tell a spike from a step. */
function episodeKind(verdicts: Verdicts, at: number): string {
  const counts = new Map<string, number>();
  let best = verdicts.kind[at]!;
  let rows = 0;
  for (let i = at; i < verdicts.alarm.length && rows < EPISODE_ROWS; i += 1) {
    if (verdicts.alarm[i] !== 1) continue;
    rows += 1;
    const kind = verdicts.kind[i]!;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (counts.get(kind)! > (counts.get(best) ?? 0)) best = kind;
  }
  return best;
}

function oneCase(bed: Bed, fault: Fault, severity: number, random: Random): CaseResult | undefined {
  const pool = fault === 'chatter' ? bed.switches : bed.live;
  if (pool.length === 0) return undefined;
  const j = random.pick(pool);
  const place = random.pick(bed.places);
  const { window, test } = bed.set;
  const n = test.names.length;
  const hurtTable = slice(test, place.from - LEAD, place.from + window);
  const before = hurtTable.values.slice();
  hurt(bed, hurtTable.values, n, LEAD, window, j, fault, severity, random);
  let first = -1;
  for (let i = 0; i < hurtTable.values.length && first < 0; i += 1) {
    const a = hurtTable.values[i]!;
    const b = before[i]!;
    if (a !== b && !(Number.isNaN(a) && Number.isNaN(b))) first = Math.floor(i / n);
  }
  if (first < 0) return undefined;
  const meanErrorSd = meanError(hurtTable.values, before, n, j) / bed.deviation[j]!;
  bed.learned.watch.loadLive(bed.start);
  const verdicts = judgeRows(bed.learned, { table: hurtTable, from: 0, to: hurtTable.rows });
  let at = -1;
  for (let i = first; i < hurtTable.rows && at < 0; i += 1)
    if (verdicts.alarm[i] === 1 && place.clean.alarm[i] === 0) at = i;
  const error = at < 0 ? 0 : Math.abs(hurtTable.values[at * n + j]! - before[at * n + j]!);
  const kind = at < 0 ? '' : episodeKind(verdicts, at);
  const top = at < 0 ? [] : [...verdicts.top.subarray(3 * at, 3 * at + 3)];
  const alone = !bed.coupled.has(j) && (ALONE[fault] ?? []).includes(kind);
  const right = at >= 0 && (RIGHT[fault].includes(kind) || alone);
  return {
    set: bed.set.name,
    fault,
    severity,
    shows: showsAtAll(bed, j, fault, severity) && (!fault.startsWith('gain') || meanErrorSd >= GAIN_SHOWS),
    coupled: bed.coupled.has(j),
    found: at >= 0,
    early: at >= 0 && !(error > bed.deviation[j]! && at > first + 20),
    delay: at < 0 ? Number.NaN : at - first,
    tagFirst: at >= 0 && top[0] === j,
    tagTop: at >= 0 && top.includes(j),
    kind,
    kindRight: right,
    kindFamily: right || (at >= 0 && (FAMILY[fault] ?? []).includes(kind)),
    text: `${bed.set.name} ${fault} ${severity} ${test.names[j]} at ${place.from}: ${at < 0 ? 'missed' : `after ${at - first} rows, ${said(verdicts, test.names, at)} → ${kind}`}`,
  };
}

export interface InjectionResult {
  readonly cases: readonly CaseResult[];
  /** False episodes on the untouched copies, by set. */
  readonly untouched: Readonly<Record<string, number>>;
  readonly untouchedRows: number;
}

/** Runs `perCell` cases for each set, fault and severity. */
export function inject(sets: readonly CleanSet[], perCell: number, seed: number): InjectionResult {
  const cases: CaseResult[] = [];
  const untouched: Record<string, number> = {};
  let untouchedRows = 0;
  for (const [k, set] of sets.entries()) {
    const random = new Random(seed + 7919 * k);
    const bed = bedOf(set, random);
    bed.learned.watch.loadLive(bed.start);
    const whole = judgeRows(bed.learned, { table: set.test, from: 0, to: set.test.rows });
    untouched[set.name] = falseEpisodes(new Uint8Array(set.test.rows), whole.alarm, 5);
    untouchedRows += set.test.rows;
    for (const fault of FAULTS) {
      for (const severity of SEVERITIES) {
        for (let i = 0; i < perCell; i += 1) {
          const result = oneCase(bed, fault, severity, random);
          if (result !== undefined) cases.push(result);
        }
      }
    }
  }
  return { cases, untouched, untouchedRows };
}

const share = (list: readonly CaseResult[], test: (one: CaseResult) => boolean) =>
  list.length === 0 ? Number.NaN : (100 * list.filter(test).length) / list.length;

/** One line a fault. */
export function injectionLines(result: InjectionResult): string[] {
  const percent = (value: number) => (Number.isNaN(value) ? '   –' : `${value.toFixed(0).padStart(3)} %`);
  return FAULTS.map((fault) => {
    const all = result.cases.filter((one) => one.fault === fault && one.shows);
    const found = all.filter((one) => one.found);
    const coupled = all.filter((one) => one.coupled);
    const cells = SEVERITIES.map((severity) =>
      percent(
        share(
          all.filter((one) => one.severity === severity),
          (one) => one.found,
        ),
      ),
    );
    return `${fault.padEnd(10)} ${String(all.length).padStart(4)} cases, found ${cells.join(' ')}, coupled before 1 sd ${percent(share(coupled, (one) => one.early))} (full ${percent(
      share(
        coupled.filter((one) => one.severity === 1),
        (one) => one.early,
      ),
    )}), delay ${median(found.map(({ delay }) => delay))}, tag first ${percent(share(found, (one) => one.tagFirst))} top three ${percent(share(found, (one) => one.tagTop))}, kind ${percent(share(found, (one) => one.kindRight))} family ${percent(share(found, (one) => one.kindFamily))}`;
  });
}

/** The figures asked for. */
export function injectionFigures(result: InjectionResult) {
  const { cases } = result;
  const shown = cases.filter((one) => one.shows);
  const found = shown.filter((one) => one.found);
  const gross = shown.filter((one) => ['stuck', 'junk', 'range', 'gap'].includes(one.fault));
  const slow = shown.filter((one) => ['drift', 'gain up', 'gain down'].includes(one.fault) && one.coupled);
  return {
    cases: cases.length,
    grossFound: share(gross, (one) => one.found),
    slowEarly: share(slow, (one) => one.early),
    slowEarlyFull: share(
      slow.filter((one) => one.severity === 1),
      (one) => one.early,
    ),
    tagFirst: share(found, (one) => one.tagFirst),
    tagTop: share(found, (one) => one.tagTop),
    kindRight: share(found, (one) => one.kindRight),
    kindFamily: share(found, (one) => one.kindFamily),
  };
}
