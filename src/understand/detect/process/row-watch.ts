/**
 * Judges a table row by row: one row holds a value (or none) of every tag at one time. Learns from normal rows, freezes, then streams;
 * nothing looks ahead. The same detectors of single tags and the same joint model as the live `ProcessWatch`.
 */
import { JOINT_TAGS_MAX, LEARN_ROWS_MAX } from '../../../limits.ts';
import { BUDGET_ROWS } from '../budget/promise.ts';
import { type Detector, type SampleBlock, type SavedState, type Scores, sampleBlock, scoresFor } from '../detector.ts';
import type { KindName } from '../kinds.ts';
import { type JointModel, jointRowsMin, learnJoint } from './joint/model.ts';
import { CHART_KIND, shapeKind } from './joint/shape-kind.ts';
import { JointStream } from './joint/stream.ts';
import { KeptRows } from './kept-rows.ts';
import { fromPlain, fromPlainNumbers, type PlainNumbers, toPlain, toPlainNumbers } from './plain.ts';
import { TagProfiles, type TagTraits } from './profile.ts';
import { RowReplay } from './row-replay.ts';
import { ChatterDetector } from './tags/chatter.ts';
import type { TagContext } from './tags/context.ts';
import { GapDetector } from './tags/gap.ts';
import { LevelDetector } from './tags/level.ts';
import { NoiseDetector } from './tags/noise.ts';
import { RangeDetector } from './tags/range.ts';
import { ReplayDetector } from './tags/replay.ts';
import { ResolutionDetector } from './tags/resolution.ts';
import { StuckDetector } from './tags/stuck.ts';

/** A longer pause than this many usual intervals breaks the sequence of rows. */
const BREAK_INTERVALS = 20;
/** Rows of all tags remembered for replays of the whole plant. */
const REPLAY_ROWS = 16_384;
/** What a certain deviation (junk, frozen, never moved …) counts at least. */
const CERTAIN = 1.5;

export interface RowWatchOptions {
  readonly traits: readonly TagTraits[];
  /** Rows between false episodes of one chart. */
  readonly budgetRows?: number;
  /** Windows of history remembered a tag for repeats, a power of two. */
  readonly replayEntries?: number;
}

/** What is said of one row. The object is reused: read it before the next row. */
export interface RowVerdict {
  /** High is odd, 1 is the limit. */
  score: number;
  alarm: boolean;
  /** Tag most likely wrong, −1 for none. */
  tag: number;
  kind: KindName | '';
  /** The three tags that stand out most, −1 for none. */
  readonly top: Int32Array;
  /** `tag` reads this much high, in its own unit, and one standard deviation of that; NaN where the other tags do not tell. */
  estimate: number;
  spread: number;
}

export class RowWatch {
  readonly profiles = new TagProfiles();
  readonly verdict: RowVerdict = {
    score: 0,
    alarm: false,
    tag: -1,
    kind: '',
    top: new Int32Array(3).fill(-1),
    estimate: Number.NaN,
    spread: Number.NaN,
  };
  readonly range: RangeDetector;
  /** Undefined where too few tags move or too few rows were seen. */
  joint: JointStream | undefined;
  /** Columns of the joint model. */
  columns = new Int32Array(0);
  readonly #context: TagContext;
  readonly #detectors: readonly Detector[];
  readonly #block: SampleBlock;
  readonly #scores: Scores;
  readonly #budgetRows: number;
  readonly #n: number;
  readonly #kept: KeptRows;
  readonly #replay: RowReplay;
  readonly #row: Float64Array;
  readonly #lastGood: Float64Array;
  readonly #jointRow: Float64Array;
  readonly #jointMissing: Uint8Array;
  #lastUs = Number.NaN;
  #intervalUs = 0;
  #frozen = false;

  constructor(options: RowWatchOptions) {
    const n = options.traits.length;
    this.#n = n;
    for (const traits of options.traits) this.profiles.add(traits);
    this.#context = { profiles: this.profiles, declared: options.traits.map(() => ({ limits: [] })) };
    this.range = new RangeDetector(this.#context);
    this.#detectors = [
      this.range,
      new GapDetector(this.#context),
      new StuckDetector(this.#context),
      new ReplayDetector(this.#context, options.replayEntries ?? 256),
      new NoiseDetector(this.#context),
      new ResolutionDetector(this.#context),
      new ChatterDetector(this.#context),
      new LevelDetector(this.#context),
    ];
    this.#budgetRows = options.budgetRows ?? BUDGET_ROWS;
    this.#block = sampleBlock(n);
    this.#scores = scoresFor(n);
    this.#kept = new KeptRows(n, LEARN_ROWS_MAX);
    this.#replay = new RowReplay(REPLAY_ROWS);
    this.#row = new Float64Array(n).fill(Number.NaN);
    this.#lastGood = new Float64Array(n).fill(Number.NaN);
    this.#jointRow = new Float64Array(n);
    this.#jointMissing = new Uint8Array(n);
  }

  #fill(row: Float64Array, timeUs: number): void {
    const { tag, timeUs: times, value, good } = this.#block;
    for (let j = 0; j < this.#n; j += 1) {
      const v = row[j]!;
      const there = Number.isFinite(v);
      tag[j] = j;
      times[j] = timeUs;
      value[j] = v;
      good[j] = there ? 1 : 0;
      this.#lastGood[j] = this.#row[j]!;
      if (there) this.#row[j] = v;
    }
    this.#block.count = this.#n;
  }

  /** True where this row does not continue the last one. */
  #breaks(timeUs: number): boolean {
    const seconds = timeUs - this.#lastUs;
    this.#lastUs = timeUs;
    return !(seconds > 0) || (this.#intervalUs > 0 && seconds > BREAK_INTERVALS * this.#intervalUs);
  }

  /** Takes one normal row; NaN where a tag has no value. */
  learn(row: Float64Array, timeUs: number): void {
    const since = timeUs - this.#lastUs;
    if (since > 0) this.#intervalUs = this.#intervalUs === 0 ? since : Math.min(this.#intervalUs * 1.01, since);
    const breaks = this.#breaks(timeUs);
    this.#fill(row, timeUs);
    this.profiles.learn(this.#block, 0);
    for (const detector of this.#detectors) detector.learn(this.#block, 0);
    this.#kept.add(this.#row, breaks);
  }

  /** Ends learning. */
  freeze(): void {
    this.#frozen = true;
    for (const detector of this.#detectors) detector.freeze();
    const columns = Int32Array.from({ length: this.#n }, (_, j) => j);
    this.#replay.choose(this.profiles, columns);
    this.#kept.forEach((row) => {
      this.#replay.learn(row);
    });
    this.#replay.freeze();
    const model = this.#learnJoint();
    if (model !== undefined) this.joint = this.#streamOf(model);
  }

  #streamOf(model: JointModel): JointStream {
    const enumerated = Uint8Array.from(this.columns, (c) => (this.profiles.shape(c) === 'enumerated' ? 1 : 0));
    return new JointStream(model, enumerated);
  }

  #learnJoint(): JointModel | undefined {
    const rows = this.#kept.count;
    const columns: number[] = [];
    for (let j = 0; j < this.#n && columns.length < JOINT_TAGS_MAX; j += 1) {
      const shape = this.profiles.shape(j);
      if (shape === 'moving' || shape === 'enumerated') columns.push(j);
    }
    this.columns = Int32Array.from(columns);
    const n = columns.length;
    if (rows < jointRowsMin(n)) return undefined;
    const values = this.#kept.columns(this.columns, (column) => this.profiles.get('mean', column));
    const judged = new Uint8Array(n).fill(1);
    return learnJoint({
      values,
      rows,
      n,
      judged,
      physical: judged,
      step: Float64Array.from(columns, (c) => this.profiles.step(c)),
      breaks: this.#kept.breaks(),
      budgetRows: this.#budgetRows,
    });
  }

  /** Judges one row into `verdict`. */
  step(row: Float64Array, timeUs: number): RowVerdict {
    const { verdict } = this;
    verdict.score = 0;
    verdict.alarm = false;
    verdict.tag = -1;
    verdict.kind = '';
    verdict.top.fill(-1);
    verdict.estimate = Number.NaN;
    verdict.spread = Number.NaN;
    const breaks = this.#breaks(timeUs);
    this.#fill(row, timeUs);
    if (!this.#frozen) return verdict;
    this.#judgeReplay();
    for (const detector of this.#detectors) this.#judgeTags(detector);
    if (this.joint !== undefined) {
      this.#judgeJoint(this.joint, breaks);
      if (verdict.alarm) this.#estimate(this.joint);
      if (verdict.kind !== '') {
        verdict.kind = shapeKind(this.joint, this.joint.outputOf(this.columns.indexOf(verdict.tag)), verdict.kind);
      }
    }
    return verdict;
  }

  /** How far off the tag reads by what the others say. */
  #estimate(stream: JointStream): void {
    const { verdict } = this;
    const b = stream.outputOf(this.columns.indexOf(verdict.tag));
    if (b < 0 || stream.model.coupled[b] !== 1) return;
    const spread = stream.readsHighSpread(b);
    if (Math.abs(stream.readsHigh[b]!) < 2 * spread) return;
    verdict.estimate = stream.readsHigh[b]!;
    verdict.spread = spread;
  }

  /** All tags at once: no single tag is to blame. */
  #judgeReplay(): void {
    const { verdict } = this;
    if (!(this.#replay.score(this.#row) > 1)) return;
    verdict.alarm = true;
    verdict.kind = 'replay';
    verdict.score = CERTAIN;
  }

  #judgeTags(detector: Detector): void {
    const { verdict } = this;
    detector.score(this.#block, 0, this.#scores);
    const certain = detector.name !== 'level';
    let best = -1;
    for (let j = 0; j < this.#n; j += 1) {
      const score = this.#scores.score[j]!;
      if (score > 1) {
        if (best < 0 || score > this.#scores.score[best]!) best = j;
      } else if (!certain && score > verdict.score) verdict.score = score;
    }
    if (best < 0) return;
    if (detector === this.range) this.#takeOutJunk();
    const score = this.#scores.score[best]!;
    if (!verdict.alarm) {
      verdict.tag = best;
      verdict.kind = detector.kinds[this.#scores.kind[best]!]!;
      verdict.top[0] = best;
    }
    verdict.alarm = true;
    verdict.score = Math.max(verdict.score, certain ? Math.max(CERTAIN, Math.min(score, 10)) : score);
  }

  /** What is no measurement is said once and then counts as missing. */
  #takeOutJunk(): void {
    for (let j = 0; j < this.#n; j += 1) {
      if (!(this.#scores.score[j]! > 1) || this.range.kinds[this.#scores.kind[j]!] !== 'junk') continue;
      this.#block.good[j] = 0;
      this.#row[j] = this.#lastGood[j]!;
    }
  }

  #judgeJoint(stream: JointStream, breaks: boolean): void {
    const { verdict } = this;
    for (let k = 0; k < this.columns.length; k += 1) {
      const column = this.columns[k]!;
      const value = this.#row[column]!;
      this.#jointRow[k] = Number.isNaN(value) ? stream.model.mean[k]! : value;
      this.#jointMissing[k] = this.#block.good[column] === 1 ? 0 : 1;
    }
    if (breaks) stream.restart();
    stream.step(this.#jointRow, this.#jointMissing);
    verdict.score = Math.max(verdict.score, stream.ratio);
    if (!stream.on && stream.spikeAt < 0) return;
    if (verdict.alarm) return;
    verdict.alarm = true;
    if (stream.spikeAt >= 0) verdict.score = Math.max(verdict.score, CERTAIN);
    const what = stream.explain();
    const { blame } = stream;
    for (let place = 0; place < 3; place += 1) {
      let first = -1;
      for (let b = 0; b < blame.length; b += 1) {
        const column = this.columns[stream.model.outputs[b]!]!;
        if (verdict.top.includes(column)) continue;
        if (first < 0 || blame[b]! > blame[first]!) first = b;
      }
      if (first >= 0) verdict.top[place] = this.columns[stream.model.outputs[first]!]!;
    }
    verdict.tag = verdict.top[0]!;
    verdict.kind = CHART_KIND[what];
  }

  /** Everything learned and everything standing, as plain data. */
  save(): SavedState {
    return {
      version: 1,
      frozen: this.#frozen,
      profiles: this.profiles.save(),
      model: this.joint === undefined ? null : toPlain(this.joint.model),
      columns: [...this.columns],
      ...this.saveLive(),
    };
  }

  /** What changes from row to row after `freeze`. */
  saveLive(): SavedState {
    return {
      detectors: Object.fromEntries(this.#detectors.map((detector) => [detector.name, detector.save()])),
      joint: this.joint === undefined ? null : this.joint.save(),
      replay: this.#replay.save(),
      row: toPlainNumbers(this.#row),
      times: toPlainNumbers([this.#lastUs, this.#intervalUs]),
    };
  }

  /** Takes up what `save` gave for the same tags. */
  load(saved: SavedState): void {
    this.profiles.load(saved.profiles as SavedState);
    this.#frozen = saved.frozen === true;
    this.columns = Int32Array.from(saved.columns as number[]);
    this.joint = saved.model === null ? undefined : this.#streamOf(fromPlain(saved.model) as JointModel);
    this.loadLive(saved);
  }

  /** Goes back to what `saveLive` gave, on the same baseline. */
  loadLive(saved: SavedState): void {
    const states = saved.detectors as Readonly<Record<string, SavedState>>;
    for (const detector of this.#detectors) {
      const state = states[detector.name];
      if (state !== undefined) detector.load(state);
    }
    this.#replay.load(saved.replay as SavedState);
    if (saved.joint !== null) this.joint?.load(saved.joint as SavedState);
    this.#row.set(fromPlainNumbers(saved.row as PlainNumbers));
    const times = fromPlainNumbers(saved.times as PlainNumbers);
    this.#lastUs = times[0]!;
    this.#intervalUs = times[1]!;
  }
}
