/**
 * Limits by extrapolating the tail of held-back normal scores. Peaks above the 90 % point are declustered, so that one
 * long excursion counts once, and the logarithm of their height is taken as exponential (a Pareto tail; Hill 1975,
 * peaks over threshold: Siffer et al., KDD 2017). A score sequence is a list of blocks, each continuous in time.
 *
 * Works when the blocks hold at least a few dozen peaks; with fewer, the limit is still finite and `peaks` says how little it stands on.
 * Does not work when normal operation later visits regimes the blocks never saw.
 */

/** A limit, and what it stands on. */
export interface TailLimit {
  /** Passed once in `rowsPerAlarm` rows, by extrapolation. */
  readonly limit: number;
  /** The 90 % point of the scores. */
  readonly threshold: number;
  /** Declustered peaks above it. */
  readonly peaks: number;
  readonly rows: number;
  /** Mean of ln(peak / threshold). */
  readonly meanLogExcess: number;
}

/** Value below which the share `q` of `values` lies (linear interpolation); NaN for none. */
export function quantile(values: Float64Array, q: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}

/** Heights of the excursions of `scores` above `threshold`; excursions at most `gap` rows apart are one. */
export function declusteredPeaks(scores: Float64Array, threshold: number, gap: number): number[] {
  const peaks: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < scores.length; row += 1) {
    const score = scores[row]!;
    if (!(score > threshold)) continue;
    if (row - last > gap + 1) peaks.push(score);
    else if (score > peaks[peaks.length - 1]!) peaks[peaks.length - 1] = score;
    last = row;
  }
  return peaks;
}

/** Limit passed once in `rowsPerAlarm` rows of normal, from held-back scores. */
export function tailLimit(blocks: readonly Float64Array[], gap: number, rowsPerAlarm: number): TailLimit {
  let rows = 0;
  for (const block of blocks) rows += block.length;
  const all = new Float64Array(rows);
  let at = 0;
  for (const block of blocks) {
    all.set(block, at);
    at += block.length;
  }
  const threshold = Math.max(quantile(all, 0.9), 1e-9);
  let peaks = 0;
  let sum = 0;
  for (const block of blocks) {
    for (const peak of declusteredPeaks(block, threshold, gap)) {
      peaks += 1;
      sum += Math.log(peak / threshold);
    }
  }
  const meanLogExcess = peaks > 0 ? sum / peaks : 0;
  const c = Number(process.env.FD_C ?? '0');
  const limit =
    threshold *
    Math.exp(
      meanLogExcess *
        (1 + c / Math.sqrt(Math.max(1, peaks))) *
        Math.log(Math.max(1, (rowsPerAlarm * peaks) / Math.max(1, rows))),
    );
  return { limit, threshold, peaks, rows, meanLogExcess };
}

/** The same with the worst block left out: one odd hour in the normal data must not buy blindness. */
export function robustTailLimit(blocks: readonly Float64Array[], gap: number, rowsPerAlarm: number): TailLimit {
  let best = tailLimit(blocks, gap, rowsPerAlarm);
  if (blocks.length < 3) return best;
  let first = true;
  for (let left = 0; left < blocks.length; left += 1) {
    const candidate = tailLimit(
      blocks.filter((_, index) => index !== left),
      gap,
      rowsPerAlarm,
    );
    if (first || candidate.limit < best.limit) best = candidate;
    first = false;
  }
  return best;
}
