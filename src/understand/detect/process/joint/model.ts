/**
 * The joint model of tags that move together: a linear one-step predictor (each tag from all tags one and two rows back) and a
 * static relation (each tag from all others in the same row), both ridge regressions, with limits from residuals of models that
 * never saw the block they judge.
 *
 * Works for anything that is roughly linear around its operating state and sampled faster than it changes. Does not see a
 * consistent falsification of all tags, nor what happens between rows; needs some hundred rows a state.
 * Source: canonical/dynamic linear monitoring, Russell, Chiang & Braatz 2000; dynamic PCA, Ku et al. 1995.
 */
import { robustTailLimit, type TailLimit } from '../../budget/tail.ts';
import { chartsOver, learnWhitening, type ResidualBlock, type Whitening } from './charts.ts';
import { conditional, inversePositive, solvePositive } from './linear.ts';
import { CHART_COUNT, CHART_LAMBDA, CHART_RARER, JOINT } from './settings.ts';

/** Normal rows to learn from. */
export interface JointInput {
  /** rows × n, row-major, no missing values (last good value filled in). */
  readonly values: Float64Array;
  readonly rows: number;
  readonly n: number;
  /** 1 where the tag is judged; 0 where it only helps to predict (set-points, operators' commands). */
  readonly judged: Uint8Array;
  /** 1 where the tag may take part in the static relation (physical quantities; never set-points). */
  readonly physical: Uint8Array;
  /** Reporting step per tag, 0 unknown. */
  readonly step: Float64Array;
  /** 1 where a row does not continue the one before it (gap, change of state). */
  readonly breaks: Uint8Array;
  /** Rows between false episodes that one chart may cost. */
  readonly budgetRows: number;
}

/** Everything learned; plain numbers and arrays. */
export interface JointModel {
  readonly n: number;
  readonly rows: number;
  /** Input tags that are judged, as indices into the n tags. */
  readonly outputs: Int32Array;
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  /** Predictor, (n · lags + 1) × outputs. */
  readonly predictor: Float64Array;
  readonly innovationSpread: Float64Array;
  /** Largest innovation while learning, in spreads. */
  readonly innovationLargest: Float64Array;
  readonly staticMean: Float64Array;
  /** Static deviations to conditional residuals, outputs × outputs. */
  readonly static: Float64Array;
  readonly staticSpread: Float64Array;
  /** Diagonal of the inverse covariance behind `static`. */
  readonly staticDiagonal: Float64Array;
  /** Conditional residual of 1 means this much deviation of the tag itself, in its own unit. */
  readonly staticUnit: Float64Array;
  /** 1 where the other tags predict this one well enough for a static relation. */
  readonly coupled: Uint8Array;
  readonly whitening: Whitening;
  readonly limits: readonly TailLimit[];
  /** Time constant of the slow baseline. [rows] */
  readonly baselineRows: number;
}

interface Gram {
  readonly xx: Float64Array;
  readonly xy: Float64Array;
  count: number;
}

/** Least rows from which a joint model of `n` tags is attempted. */
export function jointRowsMin(n: number): number {
  return Math.max(100, 4 * n);
}

/** Learns a joint model; undefined where there are too few tags or rows: then nobody judges, and that is said. */
export function learnJoint(input: JointInput): JointModel | undefined {
  const outputs = Int32Array.from([...input.judged.keys()].filter((j) => input.judged[j] === 1));
  const m = outputs.length;
  if (m < JOINT.tagsMin || input.rows < jointRowsMin(input.n)) return undefined;
  const { mean, scale, z } = standardise(input);
  const edges = Array.from({ length: JOINT.blocks + 1 }, (_, k) => Math.round((k * input.rows) / JOINT.blocks));
  const grams = edges.slice(1).map((to, k) => gramOf(z, input, outputs, edges[k]!, to));
  const predictor = solveGram(grams, -1, m);
  const statics = edges.slice(1).map((to, k) => sumsOf(z, input, outputs, edges[k]!, to));
  const coupled = coupledTags(z, statics, edges, outputs, input);
  const relation = staticRelation(statics, -1, coupled);
  const e = new Float64Array(input.rows * m);
  const g = new Float64Array(input.rows * m);
  for (let k = 0; k < JOINT.blocks; k += 1) {
    const heldOut = solveGram(grams, k, m);
    const heldOutRelation = staticRelation(statics, k, coupled);
    residualsInto(z, input, outputs, heldOut, heldOutRelation, coupled, edges[k]!, edges[k + 1]!, e, g);
  }
  const innovationSpread = spreadOf(e, m, 1e-3);
  const staticSpread = spreadOf(g, m, 1e-3);
  const innovationLargest = new Float64Array(m);
  for (let i = 0; i < e.length; i += 1) {
    const j = i % m;
    innovationLargest[j] = Math.max(innovationLargest[j]!, Math.abs(e[i]!) / innovationSpread[j]!);
  }
  const baselineRows = Math.max(JOINT.baselineRowsMin, JOINT.baselineLengths * input.rows);
  const blocks: ResidualBlock[] = edges.slice(1).map((to, k) => {
    const from = edges[k]!;
    const part = (all: Float64Array, spread: Float64Array, clip: number) =>
      withoutBaseline(all.subarray(from * m, to * m), m, spread, clip, baselineRows);
    return {
      rows: to - from,
      u: part(e, innovationSpread, JOINT.clip),
      g: part(g, staticSpread, JOINT.clipStatic),
    };
  });
  const limits = limitsOf(blocks, m, input.budgetRows);
  const staticUnit = relation.diagonal.map((d, j) => scale[outputs[j]!]! / Math.sqrt(Math.max(d, 1e-12)));
  return {
    n: input.n,
    rows: input.rows,
    outputs,
    mean,
    scale,
    predictor,
    innovationSpread,
    innovationLargest,
    staticMean: relation.mean,
    static: relation.matrix,
    staticSpread,
    staticDiagonal: relation.diagonal,
    staticUnit,
    coupled,
    whitening: learnWhitening(blocks, m, input.budgetRows * JOINT.maximumRarer),
    limits,
    baselineRows,
  };
}

function standardise(input: JointInput): { mean: Float64Array; scale: Float64Array; z: Float64Array } {
  const { n, rows, values } = input;
  const mean = new Float64Array(n);
  const scale = new Float64Array(n);
  const z = new Float64Array(rows * n);
  for (let j = 0; j < n; j += 1) {
    let sum = 0;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < rows; i += 1) {
      const value = values[i * n + j]!;
      sum += value;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    const centre = sum / rows;
    let square = 0;
    for (let i = 0; i < rows; i += 1) square += (values[i * n + j]! - centre) ** 2;
    mean[j] = centre;
    scale[j] = Math.max(Math.sqrt(square / rows), (high - low) / JOINT.rangePerScale, input.step[j]! / 3.5 + 1e-12);
    for (let i = 0; i < rows; i += 1) z[i * n + j] = (values[i * n + j]! - centre) / scale[j]!;
  }
  return { mean, scale, z };
}

/** Fills `out` with the regressors of row `i`: all tags at i−1 … i−lags and 1; before a break the oldest row of the run stands in. */
export function regressorsOf(z: Float64Array, n: number, i: number, breaks: Uint8Array, out: Float64Array): void {
  let row = i;
  for (let lag = 0; lag < JOINT.lags; lag += 1) {
    if (row > 0 && breaks[row] !== 1) row -= 1;
    for (let j = 0; j < n; j += 1) out[lag * n + j] = z[row * n + j]!;
  }
  out[JOINT.lags * n] = 1;
}

function gramOf(z: Float64Array, input: JointInput, outputs: Int32Array, from: number, to: number): Gram {
  const { n, breaks } = input;
  const q = n * JOINT.lags + 1;
  const m = outputs.length;
  const gram: Gram = { xx: new Float64Array(q * q), xy: new Float64Array(q * m), count: 0 };
  const x = new Float64Array(q);
  let sinceBreak: number = JOINT.lags;
  for (let i = from; i < to; i += 1) {
    sinceBreak = i === 0 || breaks[i] === 1 ? 0 : sinceBreak + 1;
    if (sinceBreak < JOINT.lags) continue;
    regressorsOf(z, n, i, breaks, x);
    gram.count += 1;
    for (let a = 0; a < q; a += 1) {
      const left = x[a]!;
      if (left === 0) continue;
      for (let b = 0; b <= a; b += 1) gram.xx[a * q + b]! += left * x[b]!;
      for (let b = 0; b < m; b += 1) gram.xy[a * m + b]! += left * z[i * n + outputs[b]!]!;
    }
  }
  return gram;
}

/** Ridge solution from the sums of all blocks but `left` (−1: all). */
function solveGram(grams: readonly Gram[], left: number, m: number): Float64Array {
  const q = Math.round(Math.sqrt(grams[0]!.xx.length));
  const xx = new Float64Array(q * q);
  const xy = new Float64Array(q * m);
  let count = 0;
  for (const [k, gram] of grams.entries()) {
    if (k === left) continue;
    count += gram.count;
    for (let i = 0; i < xx.length; i += 1) xx[i]! += gram.xx[i]!;
    for (let i = 0; i < xy.length; i += 1) xy[i]! += gram.xy[i]!;
  }
  count = Math.max(1, count);
  for (let a = 0; a < q; a += 1) {
    for (let b = 0; b <= a; b += 1) {
      const value = xx[a * q + b]! / count + (a === b ? (a === q - 1 ? 1e-6 : JOINT.ridge) : 0);
      xx[a * q + b] = value;
      xx[b * q + a] = value;
    }
  }
  for (let i = 0; i < xy.length; i += 1) xy[i]! /= count;
  return solvePositive(xx, xy, q, m);
}

interface Sums {
  readonly sum: Float64Array;
  readonly square: Float64Array;
  count: number;
}

function sumsOf(z: Float64Array, input: JointInput, outputs: Int32Array, from: number, to: number): Sums {
  const m = outputs.length;
  const sums: Sums = { sum: new Float64Array(m), square: new Float64Array(m * m), count: to - from };
  for (let i = from; i < to; i += 1) {
    for (let a = 0; a < m; a += 1) {
      const left = z[i * input.n + outputs[a]!]!;
      sums.sum[a]! += left;
      for (let b = 0; b <= a; b += 1) sums.square[a * m + b]! += left * z[i * input.n + outputs[b]!]!;
    }
  }
  return sums;
}

interface StaticRelation {
  readonly mean: Float64Array;
  readonly matrix: Float64Array;
  readonly diagonal: Float64Array;
}

function staticRelation(blocks: readonly Sums[], left: number, coupled: Uint8Array): StaticRelation {
  const m = coupled.length;
  const mean = new Float64Array(m);
  const covariance = new Float64Array(m * m);
  let count = 0;
  for (const [k, block] of blocks.entries()) {
    if (k === left) continue;
    count += block.count;
    for (let a = 0; a < m; a += 1) mean[a]! += block.sum[a]!;
    for (let i = 0; i < covariance.length; i += 1) covariance[i]! += block.square[i]!;
  }
  for (let a = 0; a < m; a += 1) mean[a]! /= Math.max(1, count);
  for (let a = 0; a < m; a += 1) {
    for (let b = 0; b <= a; b += 1) {
      const value = covariance[a * m + b]! / Math.max(1, count) - mean[a]! * mean[b]!;
      const kept = a === b ? value + JOINT.ridge : coupled[a] === 1 && coupled[b] === 1 ? value : 0;
      covariance[a * m + b] = kept;
      covariance[b * m + a] = kept;
    }
  }
  const inverse = inversePositive(covariance, m);
  return { mean, matrix: conditional(inverse, m), diagonal: Float64Array.from(mean, (_, j) => inverse[j * m + j]!) };
}

/**
 * Tags that others predict on rows the relation never saw: the rest (integrating levels, wandering inlets) would only lend it spurious slopes.
 * Judged twice, because a tag may lose its partner.
 */
function coupledTags(
  z: Float64Array,
  sums: readonly Sums[],
  edges: readonly number[],
  outputs: Int32Array,
  input: JointInput,
): Uint8Array {
  const m = outputs.length;
  const coupled = Uint8Array.from(outputs, (j) => input.physical[j]!);
  for (let round = 0; round < JOINT.couplingRounds; round += 1) {
    const square = new Float64Array(m);
    for (let k = 0; k < sums.length; k += 1) {
      const relation = staticRelation(sums, k, coupled);
      for (let i = edges[k]!; i < edges[k + 1]!; i += 1) {
        for (let b = 0; b < m; b += 1) {
          let residual = 0;
          for (let a = 0; a < m; a += 1) {
            residual += (z[i * input.n + outputs[a]!]! - relation.mean[a]!) * relation.matrix[a * m + b]!;
          }
          square[b]! += (residual * residual) / relation.diagonal[b]!;
        }
      }
    }
    for (let b = 0; b < m; b += 1) {
      if (Math.sqrt(square[b]! / input.rows) > JOINT.coupledBelow) coupled[b] = 0;
    }
  }
  return coupled;
}

function residualsInto(
  z: Float64Array,
  input: JointInput,
  outputs: Int32Array,
  predictor: Float64Array,
  relation: StaticRelation,
  coupled: Uint8Array,
  from: number,
  to: number,
  e: Float64Array,
  g: Float64Array,
): void {
  const { n, breaks } = input;
  const m = outputs.length;
  const q = n * JOINT.lags + 1;
  const past = new Float64Array(q);
  for (let i = from; i < to; i += 1) {
    regressorsOf(z, n, i, breaks, past);
    const fresh = i < JOINT.lags || breaks[i] === 1;
    for (let b = 0; b < m; b += 1) {
      let predicted = 0;
      let statics = 0;
      if (!fresh) for (let a = 0; a < q; a += 1) predicted += past[a]! * predictor[a * m + b]!;
      for (let a = 0; a < m; a += 1) {
        statics += (z[i * n + outputs[a]!]! - relation.mean[a]!) * relation.matrix[a * m + b]!;
      }
      e[i * m + b] = fresh ? 0 : z[i * n + outputs[b]!]! - predicted;
      g[i * m + b] = coupled[b] === 1 ? statics : 0;
    }
  }
}

function spreadOf(residuals: Float64Array, m: number, floor: number): Float64Array {
  const rows = residuals.length / m;
  const sum = new Float64Array(m);
  const square = new Float64Array(m);
  for (let i = 0; i < residuals.length; i += 1) {
    sum[i % m]! += residuals[i]!;
    square[i % m]! += residuals[i]! ** 2;
  }
  return square.map((s, j) => Math.max(Math.sqrt(Math.max(0, s / rows - (sum[j]! / rows) ** 2)), floor));
}

/** Residuals in spreads, clipped, with a slowly moving mean (steps of at most one spread over `baselineRows`) taken off. */
function withoutBaseline(
  residuals: Float64Array,
  m: number,
  spread: Float64Array,
  clip: number,
  baselineRows: number,
): Float64Array {
  const out = new Float64Array(residuals.length);
  const baseline = new Float64Array(m);
  for (let i = 0; i < residuals.length; i += 1) {
    const j = i % m;
    const value = clamp(residuals[i]! / spread[j]!, clip) - baseline[j]!;
    out[i] = value;
    baseline[j]! += clamp(value, 1) / baselineRows;
  }
  return out;
}

/** `value` cut to ± `bound`. */
export function clamp(value: number, bound: number): number {
  return value > bound ? bound : value < -bound ? -bound : value;
}

/** Limits of the charts: each block is judged with spreads of the other blocks only. */
function limitsOf(blocks: readonly ResidualBlock[], m: number, budgetRows: number): TailLimit[] {
  const scores = blocks.map((block, k) =>
    chartsOver(
      block,
      learnWhitening(
        blocks.filter((_, other) => other !== k),
        m,
        budgetRows * JOINT.maximumRarer,
      ),
    ),
  );
  return Array.from({ length: CHART_COUNT }, (_, chart) => {
    const lambda = CHART_LAMBDA[chart]!;
    const settled = scores.map((block) => {
      const all = block[chart]!;
      return all.subarray(Math.min(Math.floor(2 / lambda), Math.floor(all.length / 3)));
    });
    return robustTailLimit(settled, Math.floor(1 / lambda), budgetRows * CHART_RARER[chart]!);
  });
}
