/**
 * A whole unit replayed: rows of all moving tags together that repeat earlier rows, in order. A model of the values cannot see it, since
 * what is repeated was normal; an exact repeat of several noisy readings at once does not happen by chance.
 *
 * Needs three moving, sampled measurements that hardly hold their values. It does not see a repeat with something added to it.
 */
import type { SavedState } from '../detector.ts';
import type { TagProfiles } from './profile.ts';
import { RepeatMemory, repeatLimit, symbolOf } from './tags/replay.ts';

const WINDOW = 4;
const TAGS_MIN = 3;
const EQUAL_SHARE_MAX = 0.5;

export class RowReplay {
  readonly #entries: number;
  /** Made when there is something to remember: most units of a large site are small. */
  #memory: RepeatMemory | undefined;
  #columns: readonly number[] = [];
  #last = 0;
  #longest = 0;
  #limit = Number.POSITIVE_INFINITY;

  /** `entries`: rows remembered, a power of two. */
  constructor(entries: number) {
    this.#entries = entries;
  }

  /** Chooses the columns; `tagOf` gives the profile of each. Call before `learn`. */
  choose(profiles: TagProfiles, tagOf: ArrayLike<number>): void {
    this.#columns = Array.from({ length: tagOf.length }, (_, column) => column).filter((column) => {
      const tag = tagOf[column]!;
      return (
        profiles.shape(tag) === 'moving' &&
        profiles.traits[tag]!.role === 'measurement' &&
        profiles.reporting(tag) === 'sampled' &&
        profiles.equalShare(tag) < EQUAL_SHARE_MAX
      );
    });
    this.#begin();
  }

  #begin(): void {
    if (this.#columns.length < TAGS_MIN) return;
    this.#memory = new RepeatMemory(WINDOW, this.#entries);
    this.#memory.room(1);
  }

  /** Takes a normal row. */
  learn(row: Float64Array): void {
    this.#longest = Math.max(this.#longest, this.#run(row));
  }

  freeze(): void {
    const seen = this.#memory?.columns.of.seen[0] ?? 0;
    this.#limit = repeatLimit(this.#longest, seen, WINDOW);
  }

  /** Length of the repeat that stands over its limit: above 1 is a replay. */
  score(row: Float64Array): number {
    return this.#run(row) / this.#limit;
  }

  #run(row: Float64Array): number {
    if (this.#memory === undefined) return 0;
    let symbol = 0;
    for (const column of this.#columns) symbol = (Math.imul(symbol, 31) + symbolOf(row[column]!)) | 0;
    const moved = symbol !== this.#last;
    this.#last = symbol;
    return this.#memory.step(0, symbol, moved);
  }

  save(): SavedState {
    return {
      columns: [...this.#columns],
      last: this.#last,
      longest: this.#longest,
      limit: Number.isFinite(this.#limit) ? this.#limit : -1,
      memory: this.#memory?.save(1) ?? null,
    };
  }

  load(saved: SavedState): void {
    this.#columns = saved.columns as number[];
    this.#last = Number(saved.last);
    this.#longest = Number(saved.longest);
    const limit = Number(saved.limit);
    this.#limit = limit < 0 ? Number.POSITIVE_INFINITY : limit;
    this.#begin();
    if (saved.memory !== null) this.#memory?.load(saved.memory as SavedState, 1);
  }
}
