/** Problems counted by kind: bounded, however hostile the input. */
import { PROBLEM_KINDS_MAX } from '../limits.ts';
import type { ProblemCount } from '../records.ts';

/** Counts problems by kind with the offset of the first of each. Beyond `PROBLEM_KINDS_MAX` kinds the rest count as `other`. */
export class ProblemCounter {
  readonly #byKind = new Map<string, { count: number; firstOffset: number }>();

  /** Counts one problem. `kind` is stable kebab-case; `offset` counts bytes as the kind says. */
  add(kind: string, offset: number, count = 1): void {
    const known = this.#byKind.get(kind);
    if (known !== undefined) known.count += count;
    else if (this.#byKind.size < PROBLEM_KINDS_MAX || kind === 'other') {
      this.#byKind.set(kind, { count, firstOffset: offset });
    } else this.add('other', offset, count);
  }

  /** Problems of all kinds. */
  get total(): number {
    let total = 0;
    for (const { count } of this.#byKind.values()) total += count;
    return total;
  }

  /** How often `kind` was counted. */
  count(kind: string): number {
    return this.#byKind.get(kind)?.count ?? 0;
  }

  /** All kinds in the order they first occurred. */
  list(): ProblemCount[] {
    return [...this.#byKind].map(([kind, { count, firstOffset }]) => ({ kind, count, firstOffset }));
  }
}
