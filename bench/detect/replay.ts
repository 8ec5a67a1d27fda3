/** Replays: an hour or more of the past put over the present, of all tags or of some. Seeded. */
import { Random } from '../../src/base/random.ts';
import { judgeRows, learnNormal } from '../../src/jobs/analyze-core.ts';
import { slice } from './data.ts';
import type { CleanSet } from './inject.ts';

export interface ReplayResult {
  readonly set: string;
  readonly rows: number;
  readonly all: number;
  readonly some: number;
  readonly cases: number;
}

/** Tags replayed where not all are. */
const SOME = 3;
/** Rows of a replay: an hour, or 48 rows where an hour is fewer. */
const ROWS: Readonly<Record<string, number>> = { tep: 48, skab: 2_000, batadal: 48 };

/** `cases` replays of all and as many of some tags, from before and from within what is judged. */
export function replays(sets: readonly CleanSet[], cases: number, seed: number): ReplayResult[] {
  return sets
    .filter(({ name }) => name in ROWS)
    .map((set, k) => {
      const random = new Random(seed + k);
      const rows = Math.min(ROWS[set.name]!, Math.floor(set.test.rows / 2) - 10);
      const learned = learnNormal([{ table: set.normal, from: 0, to: set.normal.rows }], {
        judged: { table: set.test, from: 0, to: set.test.rows },
        replayEntries: 1_024,
      });
      const start = learned.watch.saveLive();
      const live = set.test.names
        .map((_, j) => j)
        .filter((j) => {
          const { profiles } = learned.watch;
          return profiles.shape(j) === 'moving' && profiles.equalShare(j) < 0.5;
        });
      const run = (tags: readonly number[]) => {
        const table = slice(set.test, 0, set.test.rows);
        const n = table.names.length;
        const to = rows + random.below(table.rows - 2 * rows + 1);
        const from = random.below(to - rows + 1);
        for (let i = 0; i < rows; i += 1) {
          for (const j of tags) table.values[(to + i) * n + j] = set.test.values[(from + i) * n + j]!;
        }
        learned.watch.loadLive(start);
        const verdicts = judgeRows(learned, { table, from: 0, to: to + rows });
        for (let i = to; i < to + rows; i += 1) if (verdicts.kind[i] === 'replay') return 1;
        return 0;
      };
      let all = 0;
      let some = 0;
      for (let i = 0; i < cases; i += 1) {
        all += run(set.test.names.map((_, j) => j));
        const chosen = new Set<number>();
        while (chosen.size < Math.min(SOME, live.length)) chosen.add(random.pick(live));
        some += run([...chosen]);
      }
      return { set: set.name, rows, all, some, cases };
    });
}
