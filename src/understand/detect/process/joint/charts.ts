/**
 * The joint control charts over innovations (one-step prediction errors) and static residuals (each tag from all others in
 * the same row). Whitening makes correlated tags count once; conditional residuals point at the tag that is off, given all others
 * (reconstruction-based contribution: Alcala & Qin, Automatica 45(7), 2009).
 */
import { fromPlainNumbers, type PlainNumbers, toPlainNumbers } from '../plain.ts';
import { conditional, inversePositive, inverseSquareRoot, rowTimes } from './linear.ts';
import { CHART, CHART_COUNT, CHART_LAMBDA, JOINT } from './settings.ts';

/** What the charts learned: matrices (n × n) and spreads (n). */
export interface Whitening {
  readonly n: number;
  /** Symmetric inverse square root of the innovation covariance. */
  readonly whiten: Float64Array;
  /** Innovations to conditional residuals. */
  readonly conditional: Float64Array;
  readonly meanSpread: Float64Array;
  readonly dynamicSpread: Float64Array;
  readonly staticSpread: Float64Array;
  readonly residualSpread: Float64Array;
}

/** A block of rows of innovations `u` and static residuals `g`, row-major, both `rows × n`, with the slow baseline removed. */
export interface ResidualBlock {
  readonly rows: number;
  readonly u: Float64Array;
  readonly g: Float64Array;
}

/** Learns whitening and spreads from blocks of held-out residuals. */
export function learnWhitening(blocks: readonly ResidualBlock[], n: number): Whitening {
  const covariance = covarianceOf(blocks, n);
  const inverse = inversePositive(covariance, n);
  const whiten = inverseSquareRoot(covariance, n);
  const toConditional = conditional(inverse, n);
  const mean = new SpreadOfEwma(n);
  const dynamic = new SpreadOfEwma(n);
  const statics = new SpreadOfEwma(n);
  const residual = new Moments(n);
  const row = new Float64Array(n);
  for (const block of blocks) {
    mean.restart();
    dynamic.restart();
    statics.restart();
    for (let i = 0; i < block.rows; i += 1) {
      const u = block.u.subarray(i * n, (i + 1) * n);
      rowTimes(u, whiten, n, n, row);
      mean.add(row);
      rowTimes(u, toConditional, n, n, row);
      dynamic.add(row);
      residual.add(row);
      statics.add(block.g.subarray(i * n, (i + 1) * n));
    }
  }
  const residualSpread = residual.deviations();
  for (let j = 0; j < n; j += 1) residualSpread[j] = Math.max(residualSpread[j]!, 1e-3);
  return {
    n,
    whiten,
    conditional: toConditional,
    meanSpread: halfPooled(mean.deviations()),
    dynamicSpread: halfPooled(dynamic.deviations()),
    staticSpread: halfPooled(statics.deviations()),
    residualSpread,
  };
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
    this.#mean = new Float64Array(n);
    this.dynamic = new Float64Array(n);
    this.static = new Float64Array(n);
    this.variance = new Float64Array(n).fill(1);
    this.#v = new Float64Array(n);
    this.#t = new Float64Array(n);
    this.reset();
  }

  /** Back to the state before the first row: after a gap or a change of operating state. */
  reset(): void {
    this.#mean.fill(0);
    this.dynamic.fill(0);
    this.static.fill(0);
    this.variance.fill(1);
    this.values.fill(0);
    this.values[CHART.distanceFast] = 1;
    this.values[CHART.distance] = 1;
  }

  /** Streaming state, to go on elsewhere. */
  save(): Readonly<Record<string, PlainNumbers>> {
    return {
      values: toPlainNumbers(this.values),
      mean: toPlainNumbers(this.#mean),
      dynamic: toPlainNumbers(this.dynamic),
      static: toPlainNumbers(this.static),
      variance: toPlainNumbers(this.variance),
    };
  }

  load(saved: Readonly<Record<string, PlainNumbers>>): void {
    this.values.set(fromPlainNumbers(saved.values ?? []));
    this.#mean.set(fromPlainNumbers(saved.mean ?? []));
    this.dynamic.set(fromPlainNumbers(saved.dynamic ?? []));
    this.static.set(fromPlainNumbers(saved.static ?? []));
    this.variance.set(fromPlainNumbers(saved.variance ?? []));
  }

  /** One row of innovations and static residuals with the slow baseline removed; fills `values`, high is odd. */
  step(u: Float64Array, g: Float64Array): void {
    const w = this.#whitening;
    const n = w.n;
    rowTimes(u, w.whiten, n, n, this.#v);
    rowTimes(u, w.conditional, n, n, this.#t);
    let square = 0;
    let mean = 0;
    let dynamic = 0;
    let statics = 0;
    let variance = 0;
    for (let j = 0; j < n; j += 1) {
      const v = this.#v[j]!;
      const t = this.#t[j]!;
      square += v * v;
      const m = this.#mean[j]! + JOINT.lambdaMean * (v - this.#mean[j]!);
      this.#mean[j] = m;
      mean += (m / w.meanSpread[j]!) ** 2;
      const d = this.dynamic[j]! + JOINT.lambdaMean * (t - this.dynamic[j]!);
      this.dynamic[j] = d;
      dynamic = Math.max(dynamic, Math.abs(d) / w.dynamicSpread[j]!);
      const s = this.static[j]! + JOINT.lambdaMean * (g[j]! - this.static[j]!);
      this.static[j] = s;
      statics = Math.max(statics, Math.abs(s) / w.staticSpread[j]!);
      const ratio = Math.min((t / w.residualSpread[j]!) ** 2, JOINT.varianceCap);
      const x = this.variance[j]! + JOINT.lambdaVariance * (ratio - this.variance[j]!);
      this.variance[j] = x;
      variance = Math.max(variance, x);
    }
    const distance = Math.min(square / n, JOINT.distanceCap);
    const out = this.values;
    out[CHART.distanceFast]! += CHART_LAMBDA[CHART.distanceFast]! * (distance - out[CHART.distanceFast]!);
    out[CHART.distance]! += CHART_LAMBDA[CHART.distance]! * (distance - out[CHART.distance]!);
    out[CHART.mean] = mean / n;
    out[CHART.dynamic] = dynamic;
    out[CHART.static] = statics;
    out[CHART.variance] = variance;
  }
}

/** All charts over a block from a fresh start: one array per chart. */
export function chartsOver(block: ResidualBlock, whitening: Whitening): Float64Array[] {
  const bank = new ChartBank(whitening);
  const n = whitening.n;
  const out = Array.from({ length: CHART_COUNT }, () => new Float64Array(block.rows));
  for (let i = 0; i < block.rows; i += 1) {
    bank.step(block.u.subarray(i * n, (i + 1) * n), block.g.subarray(i * n, (i + 1) * n));
    for (let c = 0; c < CHART_COUNT; c += 1) out[c]![i] = bank.values[c]!;
  }
  return out;
}
