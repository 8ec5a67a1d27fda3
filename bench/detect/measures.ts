/** Measures of detection, none of them point-adjusted. `truth` and `alarm` are 0/1 per row. */

/** A run of rows, `to` exclusive. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

export function runsOf(flags: ArrayLike<number>): Run[] {
  const runs: Run[] = [];
  let from = -1;
  for (let i = 0; i <= flags.length; i += 1) {
    const on = i < flags.length && flags[i] !== 0;
    if (on && from < 0) from = i;
    if (!on && from >= 0) {
      runs.push({ from, to: i });
      from = -1;
    }
  }
  return runs;
}

/** Runs with gaps of at most `gap` rows closed. */
export function joined(flags: ArrayLike<number>, gap: number): Uint8Array {
  const out = Uint8Array.from(flags, (flag) => (flag === 0 ? 0 : 1));
  const off = Uint8Array.from(out, (flag) => 1 - flag);
  for (const { from, to } of runsOf(off)) if (to - from <= gap && from > 0 && to < out.length) out.fill(1, from, to);
  return out;
}

/** Alarm episodes that start on a normal row. */
export function falseEpisodes(truth: ArrayLike<number>, alarm: ArrayLike<number>, gap: number): number {
  return runsOf(joined(alarm, gap)).filter(({ from }) => truth[from] === 0).length;
}

export interface EventResult {
  readonly event: Run;
  readonly found: boolean;
  /** Found, and no alarm stood when it began. */
  readonly clean: boolean;
  /** Rows to the first alarm inside; its length where there was none. */
  readonly delay: number;
}

export function eventsOf(truth: ArrayLike<number>, alarm: ArrayLike<number>, gap: number): EventResult[] {
  const standing = joined(alarm, gap);
  return runsOf(truth).map((event) => {
    let delay = event.to - event.from;
    for (let i = event.from; i < event.to; i += 1) {
      if (alarm[i] === 0) continue;
      delay = i - event.from;
      break;
    }
    const found = delay < event.to - event.from;
    return { event, found, clean: found && (event.from === 0 || standing[event.from - 1] === 0), delay };
  });
}

/** Area under precision and recall (average precision); NaN without positives. */
export function averagePrecision(truth: ArrayLike<number>, score: ArrayLike<number>): number {
  const order = Array.from({ length: truth.length }, (_, i) => i).sort((a, b) => score[b]! - score[a]! || a - b);
  let hits = 0;
  let sum = 0;
  for (const [rank, i] of order.entries()) {
    if (truth[i] === 0) continue;
    hits += 1;
    sum += hits / (rank + 1);
  }
  return hits === 0 ? Number.NaN : sum / hits;
}

export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export interface Confusion {
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly falseNegative: number;
  readonly trueNegative: number;
}

export function confusionOf(truth: ArrayLike<number>, alarm: ArrayLike<number>): Confusion {
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < truth.length; i += 1) counts[(truth[i] === 0 ? 0 : 2) + (alarm[i] === 0 ? 0 : 1)]! += 1;
  return { trueNegative: counts[0]!, falsePositive: counts[1]!, falseNegative: counts[2]!, truePositive: counts[3]! };
}

export function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i]!;
  return sum;
}
