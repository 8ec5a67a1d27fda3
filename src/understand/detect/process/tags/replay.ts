/**
 * Values that repeat the past: a run of samples equal to an earlier run, at one constant distance. *Exact* looks at the values
 * themselves; *near* looks at their ups and downs only and so also finds a repeat with an offset, a gain or a little noise on it.
 *
 * Windows of a few samples are hashed; a bounded table keeps where each was seen. When it is full, every second hash, chosen by
 * content, is forgotten: the table stays a fair sample of all history, and a repeat still meets its anchors. The longest repeat by
 * chance while learning sets how long a repeat must be.
 *
 * Works for sampled tags with noise above their step. Set-points, tags that mostly hold, and periodic tags without noise repeat by
 * nature: their longest repeat while learning makes them blind here, which is right. A whole plant replayed is found too.
 * Source: sampling by content, Flajolet 1990 (adaptive sampling); replay by exact repeat, `process-faults` F11.
 */
import type { Readiness } from '../../../../records.ts';
import type { Detector, SampleBlock, SavedState, Scores } from '../../detector.ts';
import { type PlainNumbers, toPlainNumbers } from '../plain.ts';
import { Columns } from './columns.ts';
import type { TagContext } from './context.ts';

const KINDS = ['replay'] as const;
/** Samples in a hashed window. */
export const REPLAY_WINDOW = 8;
/** Near: ups and downs say little each, so the windows are longer. */
const NEAR_WINDOW = 24;
/** Share of the steps in a window that must move. */
const MOVING_SHARE = 0.6;
/** Samples over which less than `CHANCE` chance repeats are wanted. */
const HORIZON = 30_000;
const CHANCE = 0.05;
const SAMPLES_MIN = 200;
/** A tag whose repeats by chance are longer than this is not judged. */
const RUN_MAX = 200;
/** Least share of the moves that turn back. */
const TURNS_MIN = 0.1;
/** Mark of an empty entry. */
const EMPTY = -1;

const FIELDS = [
  'hash',
  'seen',
  'moved',
  'lag',
  'start',
  'end',
  'matches',
  'longest',
  'limit',
  'mask',
  'used',
  'last',
] as const;

/** Where windows were seen, for one kind of symbol. */
export class RepeatMemory {
  readonly window: number;
  readonly capacity: number;
  readonly columns = new Columns(FIELDS, { limit: Number.POSITIVE_INFINITY, last: Number.NaN, lag: -1 });
  #ring = new Int32Array(0);
  #key = new Int32Array(0);
  #place = new Int32Array(0);
  #size = 0;
  readonly #oldest: number;

  /** `capacity`: entries a tag, a power of two. */
  constructor(window: number, capacity: number) {
    this.window = window;
    this.capacity = capacity;
    let oldest = 1;
    for (let k = 0; k < window; k += 1) oldest = Math.imul(oldest, BASE);
    this.#oldest = oldest;
  }

  room(size: number): void {
    this.columns.room(size);
    if (size <= this.#size) return;
    const grown = Math.max(4, size, this.#size * 2);
    const ring = new Int32Array(grown * this.window);
    ring.set(this.#ring);
    this.#ring = ring;
    const key = new Int32Array(grown * this.capacity);
    key.set(this.#key);
    this.#key = key;
    const place = new Int32Array(grown * this.capacity).fill(EMPTY);
    place.set(this.#place);
    this.#place = place;
    this.#size = grown;
  }

  get bytesPerTag(): number {
    return this.columns.bytesPerTag + 4 * this.window + 8 * this.capacity;
  }

  /** Takes one symbol (0: no movement); returns the length of the repeat that stands. */
  step(tag: number, symbol: number, moved: boolean): number {
    const c = this.columns.of;
    const { window } = this;
    const seen = c.seen[tag]!;
    const slot = tag * window + (seen % window);
    const oldest = this.#ring[slot]!;
    this.#ring[slot] = moved ? symbol | 1 : symbol & ~1;
    const hash = (Math.imul(c.hash[tag]!, BASE) + this.#ring[slot]! - Math.imul(oldest, this.#oldest)) | 0;
    c.hash[tag] = hash;
    c.moved[tag]! += (moved ? 1 : 0) - (oldest & 1);
    c.seen[tag] = seen + 1;
    if (seen + 1 < window || c.moved[tag]! < MOVING_SHARE * window) {
      if (c.moved[tag]! < MOVING_SHARE * window) c.lag[tag] = -1;
      return 0;
    }
    const mixed = mix(hash);
    if ((mixed & c.mask[tag]!) !== 0) return this.#run(tag);
    const before = this.#exchange(tag, mixed, seen);
    if (before === EMPTY || seen - before < window) c.lag[tag] = -1;
    else if (seen - before !== c.lag[tag]) {
      c.lag[tag] = seen - before;
      c.start[tag] = seen - window + 1;
      c.matches[tag] = 0;
    }
    if (c.lag[tag]! >= 0) {
      c.matches[tag]! += 1;
      c.end[tag] = seen + 1;
    }
    return this.#run(tag);
  }

  /** Samples of the repeat that windows have shown; between two remembered windows nothing is claimed. */
  #run(tag: number): number {
    const c = this.columns.of;
    return c.lag[tag]! < 0 ? 0 : Math.min(c.end[tag]! - c.start[tag]!, this.window * c.matches[tag]!);
  }

  /** First place of a hash, or `EMPTY` after noting it here. */
  #exchange(tag: number, hash: number, seen: number): number {
    const c = this.columns.of;
    const base = tag * this.capacity;
    const wrap = this.capacity - 1;
    let at = (hash >>> 12) & wrap;
    for (;;) {
      const place = this.#place[base + at]!;
      if (place === EMPTY) break;
      if (this.#key[base + at] === hash) return place;
      at = (at + 1) & wrap;
    }
    this.#key[base + at] = hash;
    this.#place[base + at] = seen;
    c.used[tag]! += 1;
    if (c.used[tag]! > 0.7 * this.capacity) this.#thin(tag);
    return EMPTY;
  }

  /** Forgets every second hash by content. */
  #thin(tag: number): void {
    const c = this.columns.of;
    const base = tag * this.capacity;
    const mask = c.mask[tag]! * 2 + 1;
    c.mask[tag] = mask;
    const key = this.#key.slice(base, base + this.capacity);
    const place = this.#place.slice(base, base + this.capacity);
    this.#place.fill(EMPTY, base, base + this.capacity);
    c.used[tag] = 0;
    const wrap = this.capacity - 1;
    for (let k = 0; k < this.capacity; k += 1) {
      if (place[k] === EMPTY || (key[k]! & mask) !== 0) continue;
      let at = (key[k]! >>> 12) & wrap;
      while (this.#place[base + at] !== EMPTY) at = (at + 1) & wrap;
      this.#key[base + at] = key[k]!;
      this.#place[base + at] = place[k]!;
      c.used[tag]! += 1;
    }
  }

  save(size: number): SavedState {
    return {
      columns: this.columns.save(size),
      ring: toPlainNumbers(this.#ring.subarray(0, size * this.window)),
      key: toPlainNumbers(this.#key.subarray(0, size * this.capacity)),
      place: toPlainNumbers(this.#place.subarray(0, size * this.capacity)),
    };
  }

  load(saved: SavedState, size: number): void {
    this.room(size);
    this.columns.load(saved.columns as SavedState);
    this.#ring.set(Int32Array.from(saved.ring as PlainNumbers, Number));
    this.#key.set(Int32Array.from(saved.key as PlainNumbers, Number));
    this.#place.set(Int32Array.from(saved.place as PlainNumbers, Number));
  }
}

const BASE = 0x01000193 | 0;
const bits = new DataView(new ArrayBuffer(8));

/** Spreads the bits of a hash (finaliser of MurmurHash3, public domain). */
function mix(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b | 0);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35 | 0);
  return h ^ (h >>> 16);
}

/** 32 bits that tell values apart. */
export function symbolOf(value: number): number {
  bits.setFloat64(0, value);
  return mix(bits.getInt32(0) ^ Math.imul(bits.getInt32(4), 0x9e3779b1 | 0));
}

export class ReplayDetector implements Detector {
  readonly name: string;
  readonly kinds = KINDS;
  readonly #context: TagContext;
  readonly #memory: RepeatMemory;
  readonly #turns = new Columns(['direction', 'turns', 'moves'] as const);
  readonly #near: boolean;
  readonly #runLeast: number;
  #frozen = false;

  /** `entries`: windows remembered a tag, a power of two. `runLeast`: a small memory underrates chance, so ask for longer repeats. */
  constructor(context: TagContext, entries = 256, near = false, runLeast = 0) {
    this.name = near ? 'replay-near' : 'replay';
    this.#context = context;
    this.#near = near;
    this.#runLeast = runLeast;
    this.#memory = new RepeatMemory(near ? NEAR_WINDOW : REPLAY_WINDOW, entries);
  }

  /** Bytes held for each tag. */
  get bytesPerTag(): number {
    return this.#memory.bytesPerTag;
  }

  learn(block: SampleBlock, _state: number): void {
    this.#memory.room(this.#context.profiles.size);
    const { longest } = this.#memory.columns.of;
    for (let i = 0; i < block.count; i += 1) {
      const tag = block.tag[i]!;
      this.#noteTurn(tag, block.value[i]!);
      longest[tag] = Math.max(longest[tag]!, this.#step(tag, block.value[i]!, block.good[i] === 1));
    }
  }

  /** Counts how often a tag changes direction: a smooth ramp comes again the same way by nature, noise does not. */
  #noteTurn(tag: number, value: number): void {
    this.#turns.room(this.#context.profiles.size);
    const { direction, turns, moves } = this.#turns.of;
    const now = Math.sign(value - this.#memory.columns.of.last[tag]!);
    if (now === 0 || Number.isNaN(now)) return;
    moves[tag]! += 1;
    if (direction[tag] !== 0 && now !== direction[tag]) turns[tag]! += 1;
    direction[tag] = now;
  }

  #step(tag: number, value: number, good: boolean): number {
    if (!good || !Number.isFinite(value)) return 0;
    const { last } = this.#memory.columns.of;
    const before = last[tag]!;
    last[tag] = value;
    if (Number.isNaN(before)) return 0;
    const moved = value !== before;
    if (!this.#near) return this.#memory.step(tag, symbolOf(value), moved);
    return this.#memory.step(tag, value > before ? UP : moved ? DOWN : FLAT, moved);
  }

  freeze(): void {
    this.#frozen = true;
    this.#memory.room(this.#context.profiles.size);
    const { limit, longest, seen } = this.#memory.columns.of;
    for (let tag = 0; tag < this.#context.profiles.size; tag += 1) {
      limit[tag] = Math.max(this.#runLeast, repeatLimit(longest[tag]!, seen[tag]!, this.#memory.window));
    }
  }

  score(block: SampleBlock, state: number, out: Scores): void {
    this.#memory.room(this.#context.profiles.size);
    this.#turns.room(this.#context.profiles.size);
    const { limit } = this.#memory.columns.of;
    for (let i = 0; i < block.count; i += 1) {
      const tag = block.tag[i]!;
      const run = this.#step(tag, block.value[i]!, block.good[i] === 1);
      out.kind[i] = 0;
      out.score[i] = this.readiness(tag, state) === 'ready' ? run / limit[tag]! : Number.NaN;
    }
  }

  readiness(tag: number, _state: number): Readiness {
    if (!this.#frozen) return 'learning';
    const { profiles } = this.#context;
    const { role } = profiles.traits[tag]!;
    const judged =
      this.#memory.columns.of.limit[tag]! < Number.POSITIVE_INFINITY &&
      profiles.shape(tag) === 'moving' &&
      profiles.equalShare(tag) < 0.5 &&
      this.#turns.of.turns[tag]! >= TURNS_MIN * this.#turns.of.moves[tag]! &&
      role === 'measurement' &&
      profiles.reporting(tag) === 'sampled';
    return judged ? 'ready' : 'cannot-judge';
  }

  save(): SavedState {
    const { size } = this.#context.profiles;
    this.#memory.room(size);
    this.#turns.room(size);
    return { frozen: this.#frozen, memory: this.#memory.save(size), turns: this.#turns.save(size) };
  }

  load(saved: SavedState): void {
    this.#frozen = saved.frozen === true;
    this.#memory.load(saved.memory as SavedState, this.#context.profiles.size);
    this.#turns.load(saved.turns as SavedState);
    this.#turns.room(this.#context.profiles.size);
  }
}

const UP = 0x2c1b3c6d;
const DOWN = 0x297a2d39;
const FLAT = 0x7ed55d16;

/** Samples a repeat must last so that chance gives one in `HORIZON / CHANCE`; the longest chance repeat in `seen` samples is the measure. */
export function repeatLimit(longest: number, seen: number, window: number): number {
  if (seen < SAMPLES_MIN) return Number.POSITIVE_INFINITY;
  const horizon = HORIZON / 3;
  const scale = Math.log((horizon * (seen + horizon)) / CHANCE) / Math.log(seen ** 2 / 2);
  const limit = Math.ceil(Math.max(longest + 1, window) * Math.max(1, scale)) + 1;
  return limit > RUN_MAX ? Number.POSITIVE_INFINITY : limit;
}
