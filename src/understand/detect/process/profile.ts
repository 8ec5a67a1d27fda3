/**
 * What a tag is like: learned once, used by every detector. Streaming, all state in typed arrays indexed by tag (and state).
 *
 * A tag is *constant* (never moved), *enumerated* (at most 8 values: on/off, modes), a *counter* (only rises), or *moving*. The share of equal neighbours shows
 * sample-and-hold; the reporting step shows in the decimals.
 */
import { STATES_MAX } from '../../../limits.ts';
import type { Reporting, TagRole } from '../../../records.ts';
import type { SampleBlock, SavedState } from '../detector.ts';
import { fromPlainNumbers, type PlainNumbers, toPlainNumbers } from './plain.ts';

/** What is declared of a tag; everything else is learned. */
export interface TagTraits {
  readonly role: TagRole;
  /** Undefined: learned from the equal neighbours and the rhythm. */
  readonly reporting?: Reporting;
}

export const SHAPES = ['unknown', 'constant', 'enumerated', 'counter', 'moving'] as const;
export type Shape = (typeof SHAPES)[number];

const VALUES_MAX = 8;
const DECIMALS_MAX = 7;
/** A rest lasts this many samples, and this many times longer than any other value is held. */
const REST_RUN = 60;
const REST_TIMES = 4;
const COUNTER_RISES = 50;
const COUNTER_FALLS = 0.005;
/** Decimals are judged on the first samples only: floats converted from counts stay as they are. */
const DECIMAL_SAMPLES = 5_000;
/** Samples before a tag's shape is believed. */
export const PROFILE_SAMPLES_MIN = 30;

const FIELDS = [
  'count', 'first', 'last', 'lastTimeUs', 'low', 'high', 'mean', 'square', 'differenceSquare', 'differenceLargest',
  'differenceCount', 'equal', 'run', 'runLongest', 'decimals', 'distinct', 'intervalMean', 'intervalSquare', 'intervalLargest',
  'intervalCount', 'bad', 'restValue', 'restRun', 'otherRun', 'restEqual', 'rises', 'falls',
] as const; // biome-ignore format: a table
type Field = (typeof FIELDS)[number];

/** Learned traits of all tags; grows by doubling as tags are added. */
export class TagProfiles {
  readonly traits: TagTraits[] = [];
  #columns: Record<Field, Float64Array>;
  #values: Float64Array;
  /** Per tag and state: count, low, high, mean, square. */
  #perState: Float64Array;
  #capacity = 0;

  constructor() {
    this.#columns = {} as Record<Field, Float64Array>;
    for (const field of FIELDS) this.#columns[field] = new Float64Array(0);
    this.#values = new Float64Array(0);
    this.#perState = new Float64Array(0);
  }

  /** Tags known. */
  get size(): number {
    return this.traits.length;
  }

  /** Adds a tag and returns its index. */
  add(traits: TagTraits): number {
    const tag = this.traits.length;
    this.traits.push(traits);
    if (tag >= this.#capacity) this.#grow(Math.max(16, this.#capacity * 2));
    this.#columns.low[tag] = Number.POSITIVE_INFINITY;
    this.#columns.high[tag] = Number.NEGATIVE_INFINITY;
    this.#columns.lastTimeUs[tag] = Number.NaN;
    return tag;
  }

  #grow(capacity: number): void {
    const grown = (old: Float64Array, width: number) => {
      const larger = new Float64Array(capacity * width);
      // Loading begins anew with fewer rows than there were.
      larger.set(old.subarray(0, larger.length));
      return larger;
    };
    for (const field of FIELDS) this.#columns[field] = grown(this.#columns[field], 1);
    this.#values = grown(this.#values, VALUES_MAX);
    this.#perState = grown(this.#perState, STATES_MAX * 5);
    this.#capacity = capacity;
  }

  /** Takes normal samples of one operating state. */
  learn(block: SampleBlock, state: number): void {
    for (let i = 0; i < block.count; i += 1) {
      this.learnSample(block.tag[i]!, block.timeUs[i]!, block.value[i]!, block.good[i] === 1, state);
    }
  }

  learnSample(tag: number, timeUs: number, value: number, good: boolean, state: number): void {
    const c = this.#columns;
    if (!Number.isNaN(c.lastTimeUs[tag]!)) this.#learnInterval(tag, (timeUs - c.lastTimeUs[tag]!) / 1e6);
    c.lastTimeUs[tag] = timeUs;
    if (!good || !Number.isFinite(value)) {
      c.bad[tag]! += 1;
      return;
    }
    const count = c.count[tag]! + 1;
    c.count[tag] = count;
    if (count === 1) c.first[tag] = value;
    else this.#learnDifference(tag, value);
    c.last[tag] = value;
    if (value < c.low[tag]!) c.low[tag] = value;
    if (value > c.high[tag]!) c.high[tag] = value;
    const deviation = value - c.mean[tag]!;
    c.mean[tag]! += deviation / count;
    c.square[tag]! += deviation * (value - c.mean[tag]!);
    if (count <= DECIMAL_SAMPLES) c.decimals[tag] = decimalsOf(value, c.decimals[tag]!);
    this.#learnDistinct(tag, value);
    this.#learnState(tag, value, state);
  }

  #learnInterval(tag: number, seconds: number): void {
    const c = this.#columns;
    if (!(seconds > 0)) return;
    const count = c.intervalCount[tag]! + 1;
    c.intervalCount[tag] = count;
    const deviation = seconds - c.intervalMean[tag]!;
    c.intervalMean[tag]! += deviation / count;
    c.intervalSquare[tag]! += deviation * (seconds - c.intervalMean[tag]!);
    c.intervalLargest[tag] = Math.max(c.intervalLargest[tag]!, seconds);
  }

  #learnDifference(tag: number, value: number): void {
    const c = this.#columns;
    if (value > c.last[tag]!) c.rises[tag]! += 1;
    if (value < c.last[tag]!) c.falls[tag]! += 1;
    const difference = Math.abs(value - c.last[tag]!);
    c.differenceCount[tag]! += 1;
    c.differenceSquare[tag]! += difference * difference;
    if (difference > c.differenceLargest[tag]!) c.differenceLargest[tag] = difference;
    if (difference === 0) {
      c.equal[tag]! += 1;
      c.run[tag]! += 1;
      c.runLongest[tag] = Math.max(c.runLongest[tag]!, c.run[tag]!);
      this.#learnRest(tag, value, c.run[tag]!);
    } else c.run[tag] = 0;
  }

  /** The value a tag holds longest, and the longest run at any other value. */
  #learnRest(tag: number, value: number, run: number): void {
    const c = this.#columns;
    if (value === c.restValue[tag]) {
      c.restRun[tag] = Math.max(c.restRun[tag]!, run);
      c.restEqual[tag]! += 1;
    } else if (run > c.restRun[tag]!) {
      c.otherRun[tag] = Math.max(c.otherRun[tag]!, c.restRun[tag]!);
      c.restValue[tag] = value;
      c.restRun[tag] = run;
      c.restEqual[tag] = run;
    } else c.otherRun[tag] = Math.max(c.otherRun[tag]!, run);
  }

  /** Longest run of equal samples away from the value the tag rests at, and their share there. */
  awayFromRest(tag: number): { readonly runLongest: number; readonly equalShare: number } {
    const c = this.#columns;
    if (!this.isRest(tag, c.restValue[tag]!))
      return { runLongest: c.runLongest[tag]!, equalShare: this.equalShare(tag) };
    const equal = c.equal[tag]! - c.restEqual[tag]!;
    return {
      runLongest: c.otherRun[tag]!,
      equalShare: equal / Math.max(1, c.differenceCount[tag]! - c.restEqual[tag]!),
    };
  }

  /** True where the tag rests at this value as a matter of course: an idle machine, a closed valve, a low-flow cut-off. */
  isRest(tag: number, value: number): boolean {
    const c = this.#columns;
    return (
      value === c.restValue[tag] && c.restRun[tag]! >= REST_RUN && c.restRun[tag]! >= REST_TIMES * c.otherRun[tag]!
    );
  }

  #learnDistinct(tag: number, value: number): void {
    const distinct = this.#columns.distinct[tag]!;
    if (distinct > VALUES_MAX) return;
    for (let k = 0; k < distinct; k += 1) if (this.#values[tag * VALUES_MAX + k] === value) return;
    if (distinct < VALUES_MAX) this.#values[tag * VALUES_MAX + distinct] = value;
    this.#columns.distinct[tag] = distinct + 1;
  }

  #learnState(tag: number, value: number, state: number): void {
    const at = this.#at(tag, state);
    const s = this.#perState;
    const count = s[at]! + 1;
    s[at] = count;
    s[at + 1] = count === 1 ? value : Math.min(s[at + 1]!, value);
    s[at + 2] = count === 1 ? value : Math.max(s[at + 2]!, value);
    const deviation = value - s[at + 3]!;
    s[at + 3]! += deviation / count;
    s[at + 4]! += deviation * (value - s[at + 3]!);
  }

  #at(tag: number, state: number): number {
    return (tag * STATES_MAX + Math.min(state, STATES_MAX - 1)) * 5;
  }

  /** Value of one learned number. */
  get(field: Field, tag: number): number {
    return this.#columns[field][tag] ?? 0;
  }

  shape(tag: number): Shape {
    const c = this.#columns;
    if (c.count[tag]! < PROFILE_SAMPLES_MIN) return 'unknown';
    if (c.high[tag]! - c.low[tag]! <= 1e-9 * Math.max(1, Math.abs(c.high[tag]!))) return 'constant';
    if (c.distinct[tag]! <= VALUES_MAX) return 'enumerated';
    // A totaliser only rises, but for its reset; a noisy reading falls as often as it rises.
    return c.rises[tag]! >= COUNTER_RISES && c.falls[tag]! <= COUNTER_FALLS * c.rises[tag]! ? 'counter' : 'moving';
  }

  /** True where `value` was seen while learning an enumerated tag. */
  isKnownValue(tag: number, value: number): boolean {
    const distinct = Math.min(this.#columns.distinct[tag]!, VALUES_MAX);
    for (let k = 0; k < distinct; k += 1) if (this.#values[tag * VALUES_MAX + k] === value) return true;
    return false;
  }

  /** Standard deviation over all states. */
  deviation(tag: number): number {
    return Math.sqrt(this.#columns.square[tag]! / Math.max(1, this.#columns.count[tag]!));
  }

  /** Root mean square of the change from one sample to the next. */
  differenceSpread(tag: number): number {
    return Math.sqrt(this.#columns.differenceSquare[tag]! / Math.max(1, this.#columns.differenceCount[tag]!));
  }

  intervalSpread(tag: number): number {
    return Math.sqrt(this.#columns.intervalSquare[tag]! / Math.max(1, this.#columns.intervalCount[tag]!));
  }

  /** Share of samples equal to the one before. */
  equalShare(tag: number): number {
    return this.#columns.equal[tag]! / Math.max(1, this.#columns.differenceCount[tag]!);
  }

  /** Reporting step from the decimals; 0 where there are too many to tell. */
  step(tag: number): number {
    const decimals = this.#columns.decimals[tag]!;
    return decimals >= DECIMALS_MAX ? 0 : 10 ** -decimals;
  }

  /** How the tag is reported: as declared; a tag that mostly holds its value between samples is never called sampled by guess. */
  reporting(tag: number): Reporting {
    return this.traits[tag]?.reporting ?? 'sampled';
  }

  /** Samples seen in a state. */
  stateCount(tag: number, state: number): number {
    return this.#perState[this.#at(tag, state)] ?? 0;
  }

  stateLow(tag: number, state: number): number {
    return this.#perState[this.#at(tag, state) + 1]!;
  }

  stateHigh(tag: number, state: number): number {
    return this.#perState[this.#at(tag, state) + 2]!;
  }

  stateMean(tag: number, state: number): number {
    return this.#perState[this.#at(tag, state) + 3]!;
  }

  stateDeviation(tag: number, state: number): number {
    const at = this.#at(tag, state);
    return Math.sqrt(this.#perState[at + 4]! / Math.max(1, this.#perState[at]!));
  }

  save(): SavedState {
    const columns: Record<string, PlainNumbers> = {};
    for (const field of FIELDS) {
      columns[field] = toPlainNumbers(this.#columns[field].subarray(0, this.size));
    }
    return {
      traits: [...this.traits],
      columns,
      values: toPlainNumbers(this.#values.subarray(0, this.size * VALUES_MAX)),
      perState: toPlainNumbers(this.#perState.subarray(0, this.size * STATES_MAX * 5)),
    };
  }

  load(saved: SavedState): void {
    const from = saved as {
      traits: TagTraits[];
      columns: Record<Field, PlainNumbers>;
      values: PlainNumbers;
      perState: PlainNumbers;
    };
    this.traits.length = 0;
    this.#capacity = 0;
    for (const traits of from.traits) this.add(traits);
    for (const field of FIELDS) this.#columns[field].set(fromPlainNumbers(from.columns[field]));
    this.#values.set(fromPlainNumbers(from.values));
    this.#perState.set(fromPlainNumbers(from.perState));
  }
}

/** Decimals needed to write `value`, at least `atLeast`; `DECIMALS_MAX` where there are too many to tell. */
export function decimalsOf(value: number, atLeast: number): number {
  let decimals = atLeast;
  while (decimals < DECIMALS_MAX) {
    const scaled = value * 10 ** decimals;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * Math.max(1, Math.abs(scaled))) return decimals;
    decimals += 1;
  }
  return decimals;
}
