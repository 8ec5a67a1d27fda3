/** Ends and ticks of axes. Pure, so that it is tested without a browser. */

/** Steps a person reads easily on a time axis, in seconds. */
const TIME_STEPS_S = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400, 172_800, 604_800,
];
const US = 1e6;

/** Round moments between two times, at most `most` of them, microseconds. */
export function timeTicks(fromUs: number, toUs: number, most: number): number[] {
  const spanS = (toUs - fromUs) / US;
  if (!(spanS > 0) || most < 1) return [];
  const stepS = TIME_STEPS_S.find((step) => spanS / step <= most) ?? Math.ceil(spanS / most / 604_800) * 604_800;
  const stepUs = stepS * US;
  const ticks: number[] = [];
  for (let at = Math.ceil(fromUs / stepUs) * stepUs; at <= toUs; at += stepUs) ticks.push(at);
  return ticks;
}

/** 1, 2 or 5 times a power of ten, not below `raw`. */
function niceStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  const part = raw / power;
  return (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10) * power;
}

export interface Span {
  readonly low: number;
  readonly high: number;
}

/**
 * Ends of a value axis that hold all `numbers`, rounded outwards, never flatter than `smallest`
 * (so that noise of a steady value does not fill the height).
 */
export function valueSpan(numbers: Iterable<number | null>, smallest: number): Span {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const number of numbers) {
    if (number === null || !Number.isFinite(number)) continue;
    if (number < low) low = number;
    if (number > high) high = number;
  }
  if (low > high) return { low: 0, high: 1 };
  const missing = smallest - (high - low);
  if (missing > 0) {
    low -= missing / 2;
    high += missing / 2;
  }
  if (high === low) return { low: low - 1, high: high + 1 };
  const step = niceStep((high - low) / 6);
  return { low: Math.floor(low / step) * step, high: Math.ceil(high / step) * step };
}

/** How many usual distances between samples may lie between two of them before the line breaks. */
const BRIDGED_DISTANCES = 3;

/**
 * Which buckets to draw: without the empty ones between two samples that are no further apart than usual. A bucket shorter than
 * the time between samples is often empty and means nothing; a real gap stays one. `holds`: the tag is only reported when it
 * changes, so that every silence is bridged.
 */
export function bucketsToDraw(means: readonly (number | null)[], holds: boolean): number[] {
  const filled = means.flatMap((mean, index) => (mean === null ? [] : [index]));
  const distances = filled.slice(1).map((index, at) => index - (filled[at] ?? 0));
  const usual = distances.toSorted((a, b) => a - b)[distances.length >> 1] ?? 1;
  const most = holds ? Number.POSITIVE_INFINITY : usual * BRIDGED_DISTANCES;
  const kept: number[] = [];
  let next = 0;
  for (let index = 0; index < means.length; index += 1) {
    if (means[index] !== null) {
      next += 1;
      kept.push(index);
      continue;
    }
    const before = filled[next - 1];
    const after = filled[next];
    const bridged = before !== undefined && after !== undefined && after - before <= most;
    if (!bridged) kept.push(index);
  }
  return kept;
}

/** SVG path of a line with gaps where there is no value; `stepped`: each value holds until the next. */
export function linePath(xs: readonly number[], ys: readonly (number | null)[], stepped = false): string {
  let made = '';
  let down = false;
  for (let i = 0; i < ys.length; i += 1) {
    const y = ys[i];
    if (y === null || y === undefined) {
      down = false;
      continue;
    }
    const x = (xs[i] ?? 0).toFixed(1);
    if (down && stepped) made += `H${x}`;
    made += `${down ? 'L' : 'M'}${x} ${y.toFixed(1)}`;
    down = true;
  }
  return made;
}

/** SVG path of the area between two lines; one closed piece for each stretch without a gap. */
export function areaPath(
  xs: readonly number[],
  lows: readonly (number | null)[],
  highs: readonly (number | null)[],
): string {
  let made = '';
  let start = 0;
  for (let i = 0; i <= xs.length; i += 1) {
    const whole = i < xs.length && typeof lows[i] === 'number' && typeof highs[i] === 'number';
    if (whole) continue;
    if (i > start) made += closedPiece(xs, lows, highs, start, i);
    start = i + 1;
  }
  return made;
}

function closedPiece(
  xs: readonly number[],
  lows: readonly (number | null)[],
  highs: readonly (number | null)[],
  from: number,
  to: number,
): string {
  const point = (i: number, ys: readonly (number | null)[]) => `${(xs[i] ?? 0).toFixed(1)} ${(ys[i] ?? 0).toFixed(1)}`;
  const there: string[] = [];
  const back: string[] = [];
  for (let i = from; i < to; i += 1) {
    there.push(point(i, highs));
    back.unshift(point(i, lows));
  }
  return `M${there.join('L')}L${back.join('L')}Z`;
}

/** Index of the entry of a rising list that is nearest to `at`; -1 for an empty list. */
export function nearest(rising: readonly number[], at: number): number {
  let low = 0;
  let high = rising.length - 1;
  if (high < 0) return -1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rising[middle] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  const before = low - 1;
  return before >= 0 && at - (rising[before] ?? 0) < (rising[low] ?? 0) - at ? before : low;
}
