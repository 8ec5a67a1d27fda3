/** Scores rows one by one against a learned joint model: charts, spikes, explanation and estimate of the true value. */
import { fromPlainNumbers, type PlainNumbers, toPlainNumbers } from '../plain.ts';
import { ChartBank } from './charts.ts';
import { type Diagnosis, ResidualHistory } from './diagnosis.ts';
import { rowTimes } from './linear.ts';
import { clamp, type JointModel } from './model.ts';
import { CHART, CHART_COUNT, CHARTS, JOINT } from './settings.ts';

/** Streaming state; memory is some 12 numbers a tag and the history of its residual. `step` allocates nothing. */
export class JointStream {
  readonly model: JointModel;
  /** Largest chart value over its limit: 1 is the limit. */
  ratio = 0;
  /** Chart with the largest ratio, index into `CHARTS`. */
  chart = 0;
  /** True while the charts stand beyond their limits (with hysteresis). */
  on = false;
  /** Output whose innovation is an impossible single value in this row, or −1. */
  spikeAt = -1;
  /** Rows the alarm has stood. */
  standing = 0;
  /** How much each output stands out, in limits; filled by `explain`. */
  readonly blame: Float64Array;
  /** Smoothed static residual per output, unclipped, in own units of the tag: reads this much high. */
  readonly readsHigh: Float64Array;
  readonly charts: ChartBank;
  readonly #limitScale: number;
  readonly #regressors: Float64Array;
  readonly #z: Float64Array;
  readonly #predicted: Float64Array;
  readonly #statics: Float64Array;
  readonly #deviation: Float64Array;
  readonly #u: Float64Array;
  readonly #g: Float64Array;
  readonly #history: ResidualHistory;
  readonly #baseline: Float64Array;
  readonly #staticBaseline: Float64Array;
  readonly #innovationMean: Float64Array;
  readonly #innovationSmooth: Float64Array;
  readonly #innovation: Float64Array;
  readonly #spikes: boolean[];
  #fresh = true;
  #oddBefore = -1;

  /** `limitScale` widens all limits where little normal was seen; `enumerated` tags cannot spike. */
  constructor(model: JointModel, enumerated?: Uint8Array, limitScale = 1) {
    const { n } = model;
    const m = model.outputs.length;
    this.model = model;
    this.#limitScale = limitScale;
    this.charts = new ChartBank(model.whitening);
    this.blame = new Float64Array(m);
    this.readsHigh = new Float64Array(m);
    this.#regressors = new Float64Array(n * JOINT.lags + 1);
    this.#z = new Float64Array(n);
    this.#predicted = new Float64Array(m);
    this.#statics = new Float64Array(m);
    this.#deviation = new Float64Array(m);
    this.#u = new Float64Array(m);
    this.#g = new Float64Array(m);
    this.#history = new ResidualHistory(m);
    this.#baseline = new Float64Array(m);
    this.#staticBaseline = new Float64Array(m);
    this.#innovationMean = new Float64Array(m);
    this.#innovationSmooth = new Float64Array(m);
    this.#innovation = new Float64Array(m);
    this.#spikes = Array.from(model.outputs, (j) => enumerated?.[j] !== 1);
  }

  /** The next row does not continue the last: after a gap or a change of operating state. */
  restart(): void {
    this.#fresh = true;
    this.charts.reset();
    this.readsHigh.fill(0);
    this.#history.restart();
    this.on = false;
    this.standing = 0;
  }

  /** Judges one row of raw values (n, gaps filled with the last good value); `missing[j]` = 1 where the value is not of this row. */
  step(row: Float64Array, missing: Uint8Array): void {
    const { model } = this;
    const n = model.n;
    const m = model.outputs.length;
    for (let j = 0; j < n; j += 1) this.#z[j] = (row[j]! - model.mean[j]!) / model.scale[j]!;
    if (this.#fresh) for (let lag = 0; lag < JOINT.lags; lag += 1) this.#regressors.set(this.#z, lag * n);
    this.#regressors[JOINT.lags * n] = 1;
    rowTimes(this.#regressors, model.predictor, n * JOINT.lags + 1, m, this.#predicted);
    for (let b = 0; b < m; b += 1) this.#deviation[b] = this.#z[model.outputs[b]!]! - model.staticMean[b]!;
    rowTimes(this.#deviation, model.static, m, m, this.#statics);
    this.#residuals(missing);
    this.charts.step(this.#u, this.#g);
    this.#remember();
    this.#judge();
    this.#adapt();
    this.#regressors.copyWithin(n, 0, n * (JOINT.lags - 1));
    this.#regressors.set(this.#z, 0);
    this.#cutOddValue();
    this.#fresh = false;
  }

  /**
   * One odd value of one tag is cut before it enters the next predictions, or it would be blamed on others. Two in a row are a step, and
   * several tags at once are the process: both stay.
   */
  #cutOddValue(): void {
    const { model } = this;
    let odd = -1;
    let count = 0;
    for (let b = 0; b < model.outputs.length; b += 1) {
      const limit = Math.max(JOINT.spike, JOINT.spikeOverLargest * model.innovationLargest[b]!);
      if (!(Math.abs(this.#innovation[b]!) > limit)) continue;
      odd = b;
      count += 1;
    }
    if (count === 1 && odd !== this.#oddBefore) {
      const kept = clamp(this.#innovation[odd]!, JOINT.clip) * model.innovationSpread[odd]!;
      this.#regressors[model.outputs[odd]!] = this.#predicted[odd]! + kept;
    }
    this.#oddBefore = odd;
  }

  #residuals(missing: Uint8Array): void {
    const { model } = this;
    this.spikeAt = -1;
    let largest = 0;
    for (let b = 0; b < model.outputs.length; b += 1) {
      const j = model.outputs[b]!;
      const e = this.#fresh ? 0 : (this.#z[j]! - this.#predicted[b]!) / model.innovationSpread[b]!;
      this.#innovation[b] = e;
      const absent = missing[j] === 1;
      this.#u[b] = (absent ? 0 : clamp(e, JOINT.clip)) - this.#baseline[b]!;
      const g = model.coupled[b] === 1 ? this.#statics[b]! / model.staticSpread[b]! : 0;
      this.#g[b] = clamp(g, JOINT.clipStatic) - this.#staticBaseline[b]!;
      this.readsHigh[b]! += JOINT.lambdaMean * (this.#statics[b]! * model.staticUnit[b]! - this.readsHigh[b]!);
      const jump = Math.abs(e - this.#innovationSmooth[b]!);
      const limit = Math.max(JOINT.spike, JOINT.spikeOverLargest * model.innovationLargest[b]!);
      if (this.#spikes[b] && !absent && jump > limit && jump / limit > largest) {
        largest = jump / limit;
        this.spikeAt = b;
      }
      this.#innovationSmooth[b]! += 0.3 * (e - this.#innovationSmooth[b]!);
    }
  }

  /** Keeps what the diagnosis needs: the residual of each tag, and what the others expect of it. */
  #remember(): void {
    const { model } = this;
    const history = this.#history;
    for (let b = 0; b < model.outputs.length; b += 1) {
      const deviation = this.#deviation[b]!;
      if (model.coupled[b] !== 1) {
        history.put(b, deviation, 0);
        continue;
      }
      const unit = Math.sqrt(Math.max(model.staticDiagonal[b]!, 1e-12));
      const residual = this.#statics[b]! / model.staticSpread[b]! - this.#staticBaseline[b]!;
      history.put(b, residual, (deviation - this.#statics[b]! / unit) * (unit / model.staticSpread[b]!));
    }
    history.next();
  }

  /** What kind of deviation the latest rows of output `b` show, judged by what the other tags expect of it. */
  diagnose(b: number): Diagnosis {
    return this.#history.diagnose(b, this.model.coupled[b] === 1);
  }

  /** Output of column `column`, −1 where it is none. */
  outputOf(column: number): number {
    return this.model.outputs.indexOf(column);
  }

  /** Value the other tags expect of output `b` now, and one standard deviation of it, in the tag's unit; undefined where they do not tell. */
  expected(b: number): { readonly value: number; readonly spread: number } | undefined {
    const { model } = this;
    if (this.#fresh || model.coupled[b] !== 1) return undefined;
    const j = model.outputs[b]!;
    const value = this.#z[j]! * model.scale[j]! + model.mean[j]! - this.#statics[b]! * model.staticUnit[b]!;
    return { value, spread: model.staticUnit[b]! * model.staticSpread[b]! };
  }

  #judge(): void {
    this.ratio = 0;
    for (let c = 0; c < CHART_COUNT; c += 1) {
      const ratio = this.charts.values[c]! / (this.model.limits[c]!.limit * this.#limitScale);
      if (ratio > this.ratio) {
        this.ratio = ratio;
        this.chart = c;
      }
    }
    this.on = this.ratio > 1 || (this.on && this.ratio > JOINT.hysteresis);
    this.standing = this.on ? this.standing + 1 : 0;
  }

  /** Benign drift is absorbed by the slow baselines; a tag that stands out under an alarm is not, for a while. */
  #adapt(): void {
    const hold = this.on && this.standing <= JOINT.holdLengths * this.model.rows;
    const { baselineRows } = this.model;
    for (let b = 0; b < this.#u.length; b += 1) {
      const u = this.#u[b]!;
      this.#innovationMean[b]! += 0.1 * (u - this.#innovationMean[b]!);
      if (!(hold && Math.abs(this.#innovationMean[b]!) > JOINT.holdDeviation)) {
        this.#baseline[b]! += clamp(u, 1) / baselineRows;
      }
      if (!(hold && Math.abs(this.charts.static[b]!) > JOINT.holdDeviation)) {
        this.#staticBaseline[b]! += clamp(this.#g[b]!, 1) / baselineRows;
      }
    }
  }

  /** Fills `blame` for the row just judged. Returns what kind of deviation the charts saw. */
  explain(): 'spike' | 'noise' | 'quiet' | 'mean' {
    const { model, charts } = this;
    const m = model.outputs.length;
    if (this.spikeAt >= 0 && !this.on) {
      for (let b = 0; b < m; b += 1) this.blame[b] = Math.abs(this.#innovation[b]!);
      return 'spike';
    }
    const { tag } = charts;
    const dynamic = model.limits[CHART.dynamic]!.limit;
    const statics = model.limits[CHART.static]!.limit;
    let first = 0;
    for (let b = 0; b < m; b += 1) {
      this.blame[b] = tag[CHART.dynamic]![b]! / dynamic + tag[CHART.static]![b]! / statics;
      if (this.blame[b]! > this.blame[first]!) first = b;
    }
    if (this.chart === CHART.variance || this.chart === CHART.quiet) {
      this.blame.set(tag[this.chart]!);
      return this.chart === CHART.variance ? 'noise' : 'quiet';
    }
    return CHARTS[this.chart]!.startsWith('D') && charts.variance[first]! > 2.5 ? 'noise' : 'mean';
  }

  /** Streaming state, to go on elsewhere with the same model. */
  save(): Readonly<Record<string, unknown>> {
    const arrays = this.#arrays();
    return {
      charts: this.charts.save(),
      history: this.#history.save(),
      fresh: this.#fresh,
      on: this.on,
      standing: this.standing,
      oddBefore: this.#oddBefore,
      ...Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, toPlainNumbers(array)])),
    };
  }

  load(saved: Readonly<Record<string, unknown>>): void {
    this.charts.load(saved.charts as Readonly<Record<string, PlainNumbers>>);
    this.#history.load(saved.history as Readonly<Record<string, unknown>>);
    this.#fresh = saved.fresh === true;
    this.on = saved.on === true;
    this.standing = Number(saved.standing);
    this.#oddBefore = Number(saved.oddBefore);
    for (const [name, array] of Object.entries(this.#arrays()))
      array.set(fromPlainNumbers(saved[name] as PlainNumbers));
  }

  #arrays(): Readonly<Record<string, Float64Array>> {
    return {
      regressors: this.#regressors,
      readsHigh: this.readsHigh,
      baseline: this.#baseline,
      staticBaseline: this.#staticBaseline,
      innovationMean: this.#innovationMean,
      innovationSmooth: this.#innovationSmooth,
    };
  }

  /** One standard deviation of `readsHigh` of output `b`, in the tag's unit. */
  readsHighSpread(b: number): number {
    return this.model.staticUnit[b]! * this.model.staticSpread[b]! * 0.5;
  }
}
