/**
 * A level far from the usual: the short mean of a tag against its own long mean and spread, after removing a daily profile where
 * yesterday predicts today. Alone on a single metric it is all there is; beside a joint model it sees what moves slowly.
 *
 * Works for moving tags after some hundred samples. It does not see what stays inside the usual wandering of the tag, and a long
 * benign shift alarms until the long mean has followed. Each operating state has its own mean and spread.
 * Source: EWMA against a slowly adapting baseline, Lucas & Saccucci, Technometrics 32(1), 1990.
 */
import type { Readiness } from '../../../../records.ts';
import type { Detector, SampleBlock, SavedState, Scores } from '../../detector.ts';
import { fromPlainNumbers, type PlainNumbers, toPlainNumbers } from '../plain.ts';
import { Columns } from './columns.ts';
import { isLearned, type TagContext } from './context.ts';

const KINDS = ['level', 'spike'] as const;
/** Operating states with a level of their own; in further ones nothing is said of levels. */
const STATES = 8;
/** Smoothing of the short mean. */
const LAMBDA = 1 / 4;
/** Samples the long mean remembers. */
const MEMORY = 2_000;
/** Samples in a state before its long mean is worth comparing with. */
const SETTLED = 50;
/** Least limit in spreads, for one tag; more tags need more. */
const LIMIT = 4;
const LIMIT_PER_LOG_TAG = 0.25;
/** … and this many times the largest seen while learning, unless the caller wants more. */
const OVER_LARGEST = 1.1;
/** Updates of mean and spread are clipped here: slow to believe. [spreads] */
const BELIEVE = 4;
/** A distance that came from below this share of the limit is a jump. */
const JUMP_SHARE = 0.5;
/** A value within this many of its own spreads is usual. */
const BACK = 2;
/** Bins of the daily profile: five minutes. */
const BINS = 288;
const DAY_US = 86_400e6;
/** Days the profile remembers. */
const PROFILE_DAYS = 7;
/** Least correlation of a day with the days before for a profile to be used. */
const PROFILE_CORRELATION = 0.3;
/** Bins of yesterday met again before the correlation counts. */
const PROFILE_BINS_MIN = 4;
/** Maxima of the learning time are kept for this many stretches, so that its first third can be left out. */
const STRETCHES = 16;

const STATE = ['count', 'long', 'spread', 'slow', 'wide'] as const;
const TAG = [
  'short',
  'state',
  'bin',
  'binSum',
  'binCount',
  'xy',
  'x',
  'y',
  'xx',
  'yy',
  'pairs',
  'limit',
  'seasonal',
  'distance',
] as const;

/** Mean and spread of one way of looking at a tag: as it is, or with its daily profile removed. */
class Track {
  readonly perState = new Columns(STATE, {}, STATES);
  readonly short = new Columns(['short'] as const, { short: Number.NaN });
  readonly maxima = new Columns(['maximum'] as const, {}, STRETCHES);

  room(size: number): void {
    this.perState.room(size);
    this.short.room(size);
    this.maxima.room(size);
  }

  /** True where the last value itself is back to usual, so that the short mean only remembers a single value. */
  isBack(tag: number, state: number, value: number): boolean {
    const at = tag * STATES + state;
    const { long, wide } = this.perState.of;
    return Math.abs(value - long[at]!) < BACK * Math.sqrt(wide[at]!);
  }

  /** Distance of the short mean from the long one, in spreads; 0 while too little was seen. */
  step(tag: number, state: number, value: number, unit: number, learning: boolean): number {
    const at = tag * STATES + state;
    const { count, long, spread, slow, wide } = this.perState.of;
    const { short } = this.short.of;
    if (Number.isNaN(short[tag]!)) short[tag] = value;
    if (count[at] === 0) {
      long[at] = value;
      slow[at] = value;
    }
    const smooth = short[tag]! + LAMBDA * (value - short[tag]!);
    short[tag] = smooth;
    count[at]! += 1;
    const memory = Math.min(count[at]!, MEMORY);
    const sigma = Math.sqrt(spread[at]!) + 0.05 * Math.sqrt(wide[at]!) + 1e-3 * unit + 1e-12;
    const away = smooth - long[at]!;
    const bound = learning ? Number.POSITIVE_INFINITY : BELIEVE * sigma;
    const d = Math.min(Math.max(away, -bound), bound);
    long[at]! += d / memory;
    spread[at]! += (d * d - spread[at]!) / memory;
    const e = Math.min(Math.max(value - slow[at]!, -bound), bound);
    slow[at]! += e / memory;
    wide[at]! += (e * e - wide[at]!) / memory;
    return count[at]! > SETTLED ? Math.abs(away) / sigma : 0;
  }

  save(size: number): SavedState {
    return { perState: this.perState.save(size), short: this.short.save(size), maxima: this.maxima.save(size) };
  }

  load(saved: SavedState): void {
    this.perState.load(saved.perState as SavedState);
    this.short.load(saved.short as SavedState);
    this.maxima.load(saved.maxima as SavedState);
  }
}

export class LevelDetector implements Detector {
  readonly name = 'level';
  readonly kinds = KINDS;
  readonly #context: TagContext;
  readonly #overLargest: number;
  readonly #plain = new Track();
  readonly #daily = new Track();
  readonly #tag = new Columns(TAG, { short: Number.NaN, state: -1, bin: -1, limit: Number.POSITIVE_INFINITY });
  /** Daily profile: mean and days, `BINS` a tag. Four-byte numbers: it is the largest part of a tag's memory. */
  #profile = new Float32Array(0);
  #days = new Uint8Array(0);
  /** Samples in one stretch of maxima; doubles when all are used. */
  readonly #stretch = new Columns(['length', 'samples'] as const, { length: 64 });
  #frozen = false;

  /** `overLargest`: with many samples a day, the largest seen in a few hours is no bound. */
  constructor(context: TagContext, overLargest = OVER_LARGEST) {
    this.#context = context;
    this.#overLargest = overLargest;
  }

  learn(block: SampleBlock, state: number): void {
    this.#room();
    for (let i = 0; i < block.count; i += 1) {
      const value = block.value[i]!;
      if (block.good[i] !== 1 || !Number.isFinite(value)) continue;
      const tag = block.tag[i]!;
      this.#step(tag, block.timeUs[i]!, value, Math.min(state, STATES - 1), true);
    }
  }

  #step(tag: number, timeUs: number, value: number, state: number, learning: boolean): number {
    const t = this.#tag.of;
    if (t.state[tag] !== state) {
      t.state[tag] = state;
      this.#plain.short.of.short[tag] = Number.NaN;
      this.#daily.short.of.short[tag] = Number.NaN;
    }
    const usual = this.#usual(tag, timeUs, value, learning);
    const unit = this.#context.profiles.deviation(tag);
    let plain = 0;
    let daily = 0;
    if (learning || t.seasonal[tag] === 0) plain = this.#plain.step(tag, state, value, unit, learning);
    if (learning || t.seasonal[tag] === 1) daily = this.#daily.step(tag, state, value - usual, unit, learning);
    if (learning) this.#noteMaxima(tag, plain, daily);
    return t.seasonal[tag] === 1 ? daily : plain;
  }

  /** What the days before had at this time of day (the value itself where nothing is known), and takes up today's. */
  #usual(tag: number, timeUs: number, value: number, learning: boolean): number {
    const t = this.#tag.of;
    if (!learning && t.seasonal[tag] === 0) return 0;
    const bin = Math.floor((((timeUs % DAY_US) + DAY_US) % DAY_US) / (DAY_US / BINS));
    if (bin !== t.bin[tag]) {
      this.#closeBin(tag);
      t.bin[tag] = bin;
      t.binSum[tag] = 0;
      t.binCount[tag] = 0;
    }
    t.binSum[tag]! += value;
    t.binCount[tag]! += 1;
    return this.#days[tag * BINS + bin]! > 0 ? this.#profile[tag * BINS + bin]! : value;
  }

  #closeBin(tag: number): void {
    const t = this.#tag.of;
    const count = t.binCount[tag]!;
    if (count === 0) return;
    const at = tag * BINS + t.bin[tag]!;
    const x = t.binSum[tag]! / count;
    const days = this.#days[at]!;
    if (days > 0) {
      const y = this.#profile[at]!;
      t.pairs[tag]! += 1;
      t.x[tag]! += x;
      t.y[tag]! += y;
      t.xx[tag]! += x * x;
      t.yy[tag]! += y * y;
      t.xy[tag]! += x * y;
    }
    this.#days[at] = Math.min(days + 1, PROFILE_DAYS);
    this.#profile[at]! += (x - this.#profile[at]!) / this.#days[at]!;
  }

  #noteMaxima(tag: number, plain: number, daily: number): void {
    const { length, samples } = this.#stretch.of;
    let stretch = Math.floor(samples[tag]! / length[tag]!);
    if (stretch >= STRETCHES) {
      for (const track of [this.#plain, this.#daily]) halve(track.maxima.of.maximum, tag * STRETCHES);
      length[tag]! *= 2;
      stretch = Math.floor(samples[tag]! / length[tag]!);
    }
    const at = tag * STRETCHES + stretch;
    this.#plain.maxima.of.maximum[at] = Math.max(this.#plain.maxima.of.maximum[at]!, plain);
    this.#daily.maxima.of.maximum[at] = Math.max(this.#daily.maxima.of.maximum[at]!, daily);
    samples[tag]! += 1;
  }

  freeze(): void {
    this.#room();
    this.#frozen = true;
    const { profiles } = this.#context;
    let moving = 0;
    for (let tag = 0; tag < profiles.size; tag += 1) if (profiles.shape(tag) === 'moving') moving += 1;
    const least = LIMIT + LIMIT_PER_LOG_TAG * Math.log(Math.max(1, moving));
    const t = this.#tag.of;
    for (let tag = 0; tag < profiles.size; tag += 1) {
      t.seasonal[tag] = this.#isDaily(tag) ? 1 : 0;
      const track = t.seasonal[tag] === 1 ? this.#daily : this.#plain;
      t.limit[tag] = Math.max(least, this.#overLargest * this.#largest(track, tag));
    }
  }

  #isDaily(tag: number): boolean {
    const t = this.#tag.of;
    const n = t.pairs[tag]!;
    if (n < PROFILE_BINS_MIN) return false;
    const vx = t.xx[tag]! / n - (t.x[tag]! / n) ** 2;
    const vy = t.yy[tag]! / n - (t.y[tag]! / n) ** 2;
    if (!(vx > 0) || !(vy > 0)) return false;
    // A correlation over part of a day says nothing: a whole day must have come again.
    const known = this.#days.subarray(tag * BINS, (tag + 1) * BINS).reduce((sum, days) => sum + (days > 0 ? 1 : 0), 0);
    if (n < 0.9 * known) return false;
    return (t.xy[tag]! / n - (t.x[tag]! / n) * (t.y[tag]! / n)) / Math.sqrt(vx * vy) > PROFILE_CORRELATION;
  }

  /** Largest distance seen while learning, its first third left out. */
  #largest(track: Track, tag: number): number {
    const { length, samples } = this.#stretch.of;
    if (samples[tag]! < 60) return 9;
    const from = Math.max(1, Math.ceil(samples[tag]! / 3 / length[tag]!));
    let largest = 0;
    for (let s = from; s < STRETCHES; s += 1) {
      largest = Math.max(largest, track.maxima.of.maximum[tag * STRETCHES + s]!);
    }
    return largest;
  }

  score(block: SampleBlock, state: number, out: Scores): void {
    this.#room();
    const bounded = Math.min(state, STATES - 1);
    for (let i = 0; i < block.count; i += 1) {
      const tag = block.tag[i]!;
      const value = block.value[i]!;
      out.kind[i] = 0;
      out.score[i] = 0;
      if (block.good[i] !== 1 || !Number.isFinite(value)) continue;
      if (this.readiness(tag, state) !== 'ready') {
        out.score[i] = Number.NaN;
        continue;
      }
      const before = this.#tag.of.distance[tag]!;
      const distance = this.#step(tag, block.timeUs[i]!, value, bounded, false);
      this.#tag.of.distance[tag] = distance;
      const limit = this.#tag.of.limit[tag]!;
      out.score[i] = distance / limit;
      if (!(distance > limit)) continue;
      // A jump in one sample is a spike until the next sample stays; so is what the short mean remembers of one.
      const daily = this.#tag.of.seasonal[tag] === 1;
      const back = !daily && this.#plain.isBack(tag, bounded, value);
      out.kind[i] = back || before < JUMP_SHARE * limit ? 1 : 0;
    }
  }

  readiness(tag: number, state: number): Readiness {
    if (!this.#frozen) return 'learning';
    const { profiles } = this.#context;
    const judged =
      state < STATES &&
      isLearned(this.#context, tag, state) &&
      profiles.shape(tag) === 'moving' &&
      profiles.traits[tag]!.role === 'measurement' &&
      this.#tag.of.limit[tag]! < Number.POSITIVE_INFINITY;
    return judged ? 'ready' : 'cannot-judge';
  }

  #room(): void {
    const { size } = this.#context.profiles;
    this.#tag.room(size);
    this.#stretch.room(size);
    this.#plain.room(size);
    this.#daily.room(size);
    if (size * BINS <= this.#profile.length) return;
    const capacity = Math.max(16, size, (2 * this.#profile.length) / BINS) * BINS;
    const profile = new Float32Array(capacity);
    profile.set(this.#profile);
    this.#profile = profile;
    const days = new Uint8Array(capacity);
    days.set(this.#days);
    this.#days = days;
  }

  save(): SavedState {
    const { size } = this.#context.profiles;
    this.#room();
    return {
      frozen: this.#frozen,
      tag: this.#tag.save(size),
      stretch: this.#stretch.save(size),
      plain: this.#plain.save(size),
      daily: this.#daily.save(size),
      profile: toPlainNumbers(this.#profile.subarray(0, size * BINS)),
      days: toPlainNumbers(this.#days.subarray(0, size * BINS)),
    };
  }

  load(saved: SavedState): void {
    this.#room();
    this.#frozen = saved.frozen === true;
    this.#tag.load(saved.tag as SavedState);
    this.#stretch.load(saved.stretch as SavedState);
    this.#plain.load(saved.plain as SavedState);
    this.#daily.load(saved.daily as SavedState);
    this.#profile.set(fromPlainNumbers(saved.profile as PlainNumbers));
    this.#days.set(fromPlainNumbers(saved.days as PlainNumbers));
  }
}

/** Joins neighbouring stretches: the larger of two stays. */
function halve(maxima: Float64Array, from: number): void {
  for (let s = 0; s < STRETCHES; s += 1) {
    maxima[from + s] = s < STRETCHES / 2 ? Math.max(maxima[from + 2 * s]!, maxima[from + 2 * s + 1]!) : 0;
  }
}
