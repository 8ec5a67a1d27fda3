/**
 * The joint control charts over innovations (one-step prediction errors) and static residuals (each tag from all others in
 * the same row). Whitening makes correlated tags count once; conditional residuals point at the tag that is off, given all others
 * (reconstruction-based contribution: Alcala & Qin, Automatica 45(7), 2009).
 */
import { type TailLimit, tailLimit } from '../../budget/tail.ts';
import { fromPlainNumbers, type PlainNumbers, toPlainNumbers } from '../plain.ts';
import { conditional, inversePositive, inverseSquareRoot, rowTimes } from './linear.ts';
import { CHART, CHART_COUNT, CHART_LAMBDA, FIRST_TAG_CHART, JOINT, OWN_TAIL_CHARTS } from './settings.ts';

/** What the charts learned: matrices (n × n) and spreads (n). */
export interface Whitening {
  readonly n: number;
  /** Symmetric inverse square root of the innovation covariance. */
  readonly whiten: Float64Array;
  /** Innovations to conditional residuals. */
  readonly conditional: Float64Array;
  readonly meanSpread: Float64Array;
  readonly residualSpread: Float64Array;
  /** For each chart: the limit of each tag by its own tail; 1 in charts that have none. */
  readonly tagLimits: readonly Float64Array[];
}

/** A block of rows of innovations `u` and static residuals `g`, row-major, both `rows × n`, with the slow baseline removed. */
export interface ResidualBlock {
  readonly rows: number;
  readonly u: Float64Array;
  readonly g: Float64Array;
}

/** Learns whitening and limits of single tags from blocks of held-out residuals; a tag passes its limit once in `rowsPerAlarm`. */
export function learnWhitening(blocks: readonly ResidualBlock[], n: number, rowsPerAlarm: number): Whitening {
  const covariance = covarianceOf(blocks, n);
  const inverse = inversePositive(covariance, n);
  const bare: Whitening = {
    n,
    whiten: inverseSquareRoot(covariance, n),
    conditional: conditional(inverse, n),
    meanSpread: new Float64Array(n).fill(1),
    residualSpread: new Float64Array(n).fill(1),
    tagLimits: Array.from({ length: CHART_COUNT }, () => new Float64Array(n).fill(1)),
  };
  const residual = new Moments(n);
  const row = new Float64Array(n);
  const mean = new SpreadOfEwma(n);
  for (const block of blocks) {
    mean.restart();
    for (let i = 0; i < block.rows; i += 1) {
      const u = block.u.subarray(i * n, (i + 1) * n);
      rowTimes(u, bare.whiten, n, n, row);
      mean.add(row);
      rowTimes(u, bare.conditional, n, n, row);
      residual.add(row);
    }
  }
  const residualSpread = residual.deviations().map((deviation) => Math.max(deviation, 1e-3));
  const scaled: Whitening = { ...bare, meanSpread: halfPooled(mean.deviations()), residualSpread };
  return { ...scaled, tagLimits: tagLimitsOf(blocks, scaled, rowsPerAlarm) };
}

/** Limit of every tag in the charts that ask for it, each from its own tail leaning on the others'. */
function tagLimitsOf(blocks: readonly ResidualBlock[], whitening: Whitening, rowsPerAlarm: number): Float64Array[] {
  const { n } = whitening;
  const series = OWN_TAIL_CHARTS.map(() => Array.from({ length: n }, () => [] as Float64Array[]));
  for (const block of blocks) {
    const own = tagCharts(block, whitening);
    for (const [k, chart] of OWN_TAIL_CHARTS.entries()) {
      const settled = Math.min(Math.floor(2 / CHART_LAMBDA[chart]!), Math.floor(block.rows / 3));
      for (let j = 0; j < n; j += 1) series[k]![j]!.push(own[k]![j]!.subarray(settled));
    }
  }
  const limits = Array.from({ length: CHART_COUNT }, () => new Float64Array(n).fill(1));
  for (const [k, chart] of OWN_TAIL_CHARTS.entries()) {
    const tails = series[k]!.map((parts) => tailLimit(parts, Math.floor(1 / CHART_LAMBDA[chart]!), rowsPerAlarm));
    limits[chart] = pooledLimits(tails, rowsPerAlarm);
  }
  return limits;
}

/** The charts with own tails over a block: [chart][tag] → one number a row. */
function tagCharts(block: ResidualBlock, whitening: Whitening): Float64Array[][] {
  const { n } = whitening;
  const bank = new ChartBank(whitening);
  const own = OWN_TAIL_CHARTS.map(() => Array.from({ length: n }, () => new Float64Array(block.rows)));
  for (let i = 0; i < block.rows; i += 1) {
    const at = i * n;
    bank.step(block.u.subarray(at, at + n), block.g.subarray(at, at + n));
    for (const [k, chart] of OWN_TAIL_CHARTS.entries())
      for (let j = 0; j < n; j += 1) own[k]![j]![i] = bank.tag[chart]![j]!;
  }
  return own;
}

/** Tail limits with the shape of each tail leaning on the mean shape: few peaks alone say little. */
function pooledLimits(tails: readonly TailLimit[], rowsPerAlarm: number): Float64Array<ArrayBuffer> {
  const judged = tails.filter(({ threshold }) => threshold > 1e-6);
  const common = judged.reduce((sum, { meanLogExcess }) => sum + meanLogExcess, 0) / Math.max(1, judged.length);
  return Float64Array.from(tails, ({ threshold, peaks, rows, meanLogExcess }) => {
    if (!(threshold > 1e-6)) return 1;
    const pooled = (peaks * meanLogExcess + JOINT.tailPooledPeaks * common) / (peaks + JOINT.tailPooledPeaks);
    return threshold * Math.exp(pooled * Math.log(Math.max(1, (rowsPerAlarm * peaks) / Math.max(1, rows))));
  });
}

function covarianceOf(blocks: readonly ResidualBlock[], n: number): Float64Array {
  const covariance = new Float64Array(n * n);
  let rows = 0;
  for (const block of blocks) {
    rows += block.rows;
    for (let i = 0; i < block.rows; i += 1) {
      for (let a = 0; a < n; a += 1) {
        const left = block.u[i * n + a]!;
        if (left === 0) continue;
        for (let b = 0; b <= a; b += 1) covariance[a * n + b]! += left * block.u[i * n + b]!;
      }
    }
  }
  for (let a = 0; a < n; a += 1) {
    for (let b = 0; b <= a; b += 1) {
      const value = covariance[a * n + b]! / Math.max(1, rows);
      const shrunk = a === b ? value + 1e-3 : value * (1 - JOINT.shrink);
      covariance[a * n + b] = shrunk;
      covariance[b * n + a] = shrunk;
    }
  }
  return covariance;
}

/** Half own, half common variance: a spread learned on few rows leans on the others. */
function halfPooled(deviations: Float64Array): Float64Array {
  let sum = 0;
  for (const deviation of deviations) sum += deviation * deviation;
  const common = sum / Math.max(1, deviations.length);
  return deviations.map((deviation) => Math.max(Math.sqrt(0.5 * deviation * deviation + 0.5 * common), 1e-6));
}

class Moments {
  readonly #sum: Float64Array;
  readonly #square: Float64Array;
  #count = 0;

  constructor(n: number) {
    this.#sum = new Float64Array(n);
    this.#square = new Float64Array(n);
  }

  add(row: Float64Array): void {
    this.#count += 1;
    for (let j = 0; j < row.length; j += 1) {
      this.#sum[j]! += row[j]!;
      this.#square[j]! += row[j]! * row[j]!;
    }
  }

  deviations(): Float64Array {
    const count = Math.max(1, this.#count);
    return this.#square.map((square, j) => Math.sqrt(Math.max(0, square / count - (this.#sum[j]! / count) ** 2)));
  }
}

/** Standard deviation of a smoothed row, its start-up left out. */
class SpreadOfEwma {
  readonly #moments: Moments;
  readonly #smooth: Float64Array;
  #rows = 0;

  constructor(n: number) {
    this.#moments = new Moments(n);
    this.#smooth = new Float64Array(n);
  }

  restart(): void {
    this.#smooth.fill(0);
    this.#rows = 0;
  }

  add(row: Float64Array): void {
    const smooth = this.#smooth;
    for (let j = 0; j < smooth.length; j += 1) smooth[j]! += JOINT.lambdaMean * (row[j]! - smooth[j]!);
    this.#rows += 1;
    if (this.#rows > 0.5 / JOINT.lambdaMean) this.#moments.add(smooth);
  }

  deviations(): Float64Array {
    return this.#moments.deviations();
  }
}

/** Streaming state of the charts. One `step` costs 2 n² multiplications and no allocation. */
export class ChartBank {
  readonly values = new Float64Array(CHART_COUNT);
  /** For each chart over tags: how far each tag is, in units of its own limit. */
  readonly tag: readonly Float64Array[];
  /** Smoothed conditional residuals, with sign. */
  readonly dynamic: Float64Array;
  readonly static: Float64Array;
  readonly variance: Float64Array;
  readonly #whitening: Whitening;
  readonly #mean: Float64Array;
  readonly #v: Float64Array;
  readonly #t: Float64Array;

  constructor(whitening: Whitening) {
    const { n } = whitening;
    this.#whitening = whitening;
    this.tag = Array.from({ length: CHART_COUNT }, () => new Float64Array(n));
    this.#mean = new Float64Array(n);
    this.dynamic = new Float64Array(n);
    this.static = new Float64Array(n);
    this.variance = new Float64Array(n).fill(1);
    this.#v = new Float64Array(n);
    this.#t = new Float64Array(n);
    this.reset();
  }

  #state(): Readonly<Record<string, Float64Array>> {
    return {
      values: this.values,
      mean: this.#mean,
      dynamic: this.dynamic,
      static: this.static,
      variance: this.variance,
    };
  }

  /** Back to the state before the first row: after a gap or a change of operating state. */
  reset(): void {
    for (const array of Object.values(this.#state())) array.fill(0);
    for (const array of this.tag) array.fill(0);
    this.variance.fill(1);
    this.values[CHART.distanceFast] = 1;
    this.values[CHART.distance] = 1;
  }

  /** Streaming state, to go on elsewhere. */
  save(): Readonly<Record<string, PlainNumbers>> {
    return Object.fromEntries(Object.entries(this.#state()).map(([name, array]) => [name, toPlainNumbers(array)]));
  }

  load(saved: Readonly<Record<string, PlainNumbers>>): void {
    for (const [name, array] of Object.entries(this.#state())) array.set(fromPlainNumbers(saved[name] ?? []));
  }

  /** One row of innovations and static residuals; fills `values` and `tag`, high is odd. */
  step(u: Float64Array, g: Float64Array): void {
    const w = this.#whitening;
    const { n } = w;
    rowTimes(u, w.whiten, n, n, this.#v);
    rowTimes(u, w.conditional, n, n, this.#t);
    this.#allTags(n);
    for (let j = 0; j < n; j += 1) this.#oneTag(j, g[j]!);
    const out = this.values;
    for (let c: number = FIRST_TAG_CHART; c < CHART_COUNT; c += 1) {
      const tags = this.tag[c]!;
      let largest = 0;
      for (let j = 0; j < n; j += 1) if (tags[j]! > largest) largest = tags[j]!;
      out[c] = largest;
    }
  }

  #allTags(n: number): void {
    const { meanSpread } = this.#whitening;
    let square = 0;
    let mean = 0;
    for (let j = 0; j < n; j += 1) {
      const v = this.#v[j]!;
      square += v * v;
      const m = this.#mean[j]! + JOINT.lambdaMean * (v - this.#mean[j]!);
      this.#mean[j] = m;
      mean += (m / meanSpread[j]!) ** 2;
    }
    const distance = Math.min(square / n, JOINT.distanceCap);
    const out = this.values;
    out[CHART.distanceFast]! += JOINT.lambdaDistanceFast * (distance - out[CHART.distanceFast]!);
    out[CHART.distance]! += JOINT.lambdaMean * (distance - out[CHART.distance]!);
    out[CHART.mean] = mean / n;
  }

  #oneTag(j: number, g: number): void {
    const { residualSpread, tagLimits } = this.#whitening;
    const t = this.#t[j]!;
    this.dynamic[j]! += JOINT.lambdaMean * (t - this.dynamic[j]!);
    this.static[j]! += JOINT.lambdaMean * (g - this.static[j]!);
    const ratio = Math.min((t / residualSpread[j]!) ** 2, JOINT.varianceCap);
    this.variance[j]! += JOINT.lambdaVariance * (ratio - this.variance[j]!);
    this.tag[CHART.dynamic]![j] = Math.abs(this.dynamic[j]!) / tagLimits[CHART.dynamic]![j]!;
    this.tag[CHART.static]![j] = Math.abs(this.static[j]!) / tagLimits[CHART.static]![j]!;
    this.tag[CHART.variance]![j] = this.variance[j]!;
    this.tag[CHART.quiet]![j] = 1 / Math.max(this.variance[j]!, JOINT.varianceFloor);
  }
}

/** All charts over a block from a fresh start: one array per chart. */
export function chartsOver(block: ResidualBlock, whitening: Whitening): Float64Array[] {
  const bank = new ChartBank(whitening);
  const { n } = whitening;
  const out = Array.from({ length: CHART_COUNT }, () => new Float64Array(block.rows));
  for (let i = 0; i < block.rows; i += 1) {
    const at = i * n;
    bank.step(block.u.subarray(at, at + n), block.g.subarray(at, at + n));
    for (let c = 0; c < CHART_COUNT; c += 1) out[c]![i] = bank.values[c]!;
  }
  return out;
}
