/** Joins the verdicts of rows to episodes a person can read. */
import type { Finding } from '../records.ts';
import type { KindName } from '../understand/detect/kinds.ts';
import { deviationFinding } from '../understand/detect/process/explain.ts';
import { columnsOf, type Learned, type TablePart, type Verdicts } from './analyze-core.ts';

export interface AnalyzedEpisode {
  /** First and last row of the table in alarm. */
  readonly from: number;
  readonly to: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly score: number;
  readonly kind: KindName;
  /** The tag most likely wrong first, then those named beside it; empty where no tag stands out. */
  readonly tags: readonly string[];
  /** In plant language, with numbers. */
  readonly finding: Finding;
}

/** Kinds that are certain outweigh those that follow from them. */
const WEIGHT: Readonly<Partial<Record<KindName, number>>> = {
  junk: 4,
  'never-moved': 4,
  gap: 3,
  stuck: 2,
  replay: 3,
  spike: 0.5,
};

/** Episodes of a part; alarms at most `gap` rows apart are one. Rows of the episodes count in the table. */
export function episodesOf(learned: Learned, part: TablePart, verdicts: Verdicts, gap: number): AnalyzedEpisode[] {
  const episodes: AnalyzedEpisode[] = [];
  let from = -1;
  let last = -1;
  for (let i = 0; i <= verdicts.alarm.length; i += 1) {
    const on = i < verdicts.alarm.length && verdicts.alarm[i] === 1;
    if (from >= 0 && (i === verdicts.alarm.length || (on && i - last > gap + 1))) {
      episodes.push(episodeOf(learned, part, verdicts, from, last, episodes.length + 1));
      from = -1;
    }
    if (!on) continue;
    if (from < 0) from = i;
    last = i;
  }
  return episodes;
}

function episodeOf(
  learned: Learned,
  part: TablePart,
  verdicts: Verdicts,
  from: number,
  to: number,
  number: number,
): AnalyzedEpisode {
  const kinds = new Map<KindName, number>();
  const tags = new Map<number, number>();
  let worst = from;
  for (let i = from; i <= to; i += 1) {
    if (verdicts.alarm[i] !== 1) continue;
    if (verdicts.score[i]! > verdicts.score[worst]!) worst = i;
    const kind = verdicts.kind[i]!;
    if (kind !== '') kinds.set(kind, (kinds.get(kind) ?? 0) + (WEIGHT[kind] ?? 1));
    for (let place = 0; place < 3; place += 1) {
      const tag = verdicts.top[3 * i + place]!;
      if (tag >= 0) tags.set(tag, (tags.get(tag) ?? 0) + 3 - place);
    }
  }
  const ranked = [...tags].sort((a, b) => b[1] - a[1]).slice(0, 4);
  const kind = [...kinds].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'unfamiliar';
  const shownAt = shownRow(verdicts, from, to, ranked[0]?.[0] ?? -1, worst);
  const { timeUs } = part.table;
  return {
    from: part.from + from,
    to: part.from + to,
    fromUs: timeUs[part.from + from]!,
    toUs: timeUs[part.from + to]!,
    score: verdicts.score[worst]!,
    kind,
    tags: ranked.map(([tag]) => learned.names[tag]!),
    finding: findingOf(learned, part, verdicts, from, to, shownAt, kind, ranked, number),
  };
}

/** The row that shows best what is wrong: of the rows that name the tag, the one with the largest estimate or score. */
function shownRow(verdicts: Verdicts, from: number, to: number, tag: number, otherwise: number): number {
  let best = -1;
  for (let i = from; i <= to; i += 1) {
    if (verdicts.alarm[i] !== 1 || verdicts.tag[i] !== tag) continue;
    if (best < 0 || size(verdicts, i) > size(verdicts, best)) best = i;
  }
  return best < 0 ? otherwise : best;
}

function size(verdicts: Verdicts, row: number): number {
  const estimate = Math.abs(verdicts.estimate[row]!);
  return Number.isNaN(estimate) ? verdicts.score[row]! * 1e-9 : estimate;
}

function findingOf(
  learned: Learned,
  part: TablePart,
  verdicts: Verdicts,
  from: number,
  to: number,
  row: number,
  kind: KindName,
  ranked: readonly (readonly [number, number])[],
  number: number,
): Finding {
  const { table } = part;
  const tag = ranked[0]?.[0] ?? -1;
  const column = tag < 0 ? -1 : columnsOf(table, [learned.names[tag]!])[0]!;
  const at = (i: number) => (column < 0 || i < 0 ? Number.NaN : table.values[i * table.names.length + column]!);
  const value = at(part.from + row);
  const before = at(part.from + row - 1);
  const estimate = verdicts.tag[row] === tag ? verdicts.estimate[row]! : Number.NaN;
  const sinceUs = table.timeUs[part.from + from]!;
  const timeUs = kind === 'gap' ? table.timeUs[part.from + to]! : table.timeUs[part.from + row]!;
  return deviationFinding(
    {
      kind,
      unit: '',
      tags: ranked.map(([index, weight]) => ({ name: learned.names[index]!, blame: weight })),
      timeUs,
      sinceUs,
      score: verdicts.score[row]!,
      ...(Number.isNaN(value) ? {} : { value }),
      ...(Number.isNaN(before) ? {} : { before }),
      ...(tag < 0 ? {} : { band: learned.watch.range.expected(tag, 0) }),
      ...(Number.isNaN(estimate) ? {} : { estimate, spread: verdicts.spread[row]! }),
    },
    `E${number}`,
    sinceUs,
    '',
  );
}
