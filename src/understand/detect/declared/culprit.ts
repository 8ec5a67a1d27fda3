/** Which tag of a broken relation is wrong? Each relation that holds speaks for its tags, each broken one against them. */
import type { Tag } from '../../plant/model.ts';

/** A relation over tags, and whether it holds now; undefined: cannot be said. */
export interface Relation {
  readonly tags: readonly string[];
  readonly holds: boolean | undefined;
}

export interface Suspicion {
  readonly tag: string;
  /** Higher is more suspect. */
  readonly blame: number;
}

/** Tags of `broken`, most suspect first. Commands and set-points are what a controller says of itself: they are trusted more. */
export function suspects(
  broken: readonly string[],
  others: readonly Relation[],
  tagOf: (name: string) => Tag | undefined,
): Suspicion[] {
  return broken
    .map((tag): Suspicion => {
      const role = tagOf(tag)?.role;
      let blame = role === 'measurement' || role === 'safety' ? 1 : 0.5;
      for (const { tags, holds } of others) {
        if (holds === undefined || !tags.includes(tag)) continue;
        // A relation can break by any of its tags: it accuses each a little, and clears each much when it holds.
        blame += holds ? -1 : 1;
      }
      return { tag, blame };
    })
    .toSorted((a, b) => b.blame - a.blame);
}

/** The one tag that stands out, or undefined where two are as suspect. */
export function culpritOf(suspicions: readonly Suspicion[]): string | undefined {
  const [first, second] = suspicions;
  if (first === undefined || first.blame < 1) return undefined;
  return second === undefined || first.blame - second.blame >= 1 ? first.tag : undefined;
}

/** Value of the culprit at which `residual` would be zero (secant steps); NaN where there is none. */
export function valueThatFits(shown: number, residualAt: (value: number) => number): number {
  let a = shown;
  let b = shown + Math.max(0.01 * Math.abs(shown), 0.01);
  let atA = residualAt(a);
  for (let step = 0; step < 12; step++) {
    const atB = residualAt(b);
    const slope = (atB - atA) / (b - a);
    if (!Number.isFinite(slope) || slope === 0) return Number.NaN;
    const next = b - atB / slope;
    if (!Number.isFinite(next)) return Number.NaN;
    if (Math.abs(next - b) < 1e-6 * Math.max(1, Math.abs(b))) return next;
    [a, atA, b] = [b, atB, next];
  }
  return b;
}
