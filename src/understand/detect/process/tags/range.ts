/**
 * Values that are no measurement, outside a declared limit, outside the range learned for the operating state, off by a decade,
 * or of a tag that never moved and has moved.
 *
 * Works from the first sample for declared limits and junk; the learned range needs a state seen while learning. It does not
 * see wrong values inside the range. Set-points and commands are not held to a learned range: moving them is what people do.
 */
import type { Readiness } from '../../../../records.ts';
import type { Band, Detector, SampleBlock, SavedState, Scores } from '../../detector.ts';
import { Columns } from './columns.ts';
import { isLearned, type TagContext } from './context.ts';

const KINDS = ['junk', 'limit', 'range', 'scale-jump', 'never-moved'] as const;
const JUNK = 0;
const LIMIT = 1;
const RANGE = 2;
const SCALE = 3;
const NEVER = 4;

/** Numbers devices and historians put where they have no value: 16- and 32-bit ends, rows of nines. */
const SENTINELS: ReadonlySet<number> = new Set([
  -999, -9999, -99999, 9999, 99999, 999999, -32768, 32767, 65535, 2147483647, -2147483648, 4294967295,
]);
/** The range is widened by this many times itself on each side. */
const MARGIN_RANGES = 1;
/** The range's centre may follow the tag by two margins over this many learning lengths. */
const FOLLOW_LENGTHS = 1;
const CERTAIN = 3;

export class RangeDetector implements Detector {
  readonly name = 'range';
  readonly kinds = KINDS;
  readonly #context: TagContext;
  readonly #columns = new Columns(['centre', 'constant'] as const, { centre: Number.NaN, constant: Number.NaN });
  #frozen = false;

  constructor(context: TagContext) {
    this.#context = context;
  }

  /** Nothing of its own: the profile learns the range. */
  learn(_block: SampleBlock, _state: number): void {}

  freeze(): void {
    this.#frozen = true;
    this.#room();
  }

  /** The band expected of a tag in a state: declared limits cut by what was learned. */
  expected(tag: number, state: number): Band {
    const declared = this.#context.declared[tag]?.limits[state];
    if (!this.#frozen || !isLearned(this.#context, tag, state)) {
      return declared ?? { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
    }
    const { profiles } = this.#context;
    if (profiles.shape(tag) === 'counter') return { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
    return { low: profiles.stateLow(tag, state), high: profiles.stateHigh(tag, state) };
  }

  score(block: SampleBlock, state: number, out: Scores): void {
    this.#room();
    for (let i = 0; i < block.count; i += 1) {
      const tag = block.tag[i]!;
      const value = block.value[i]!;
      out.kind[i] = JUNK;
      out.score[i] = this.#judge(tag, value, block.good[i] === 1, state, out, i);
    }
  }

  #judge(tag: number, value: number, good: boolean, state: number, out: Scores, i: number): number {
    if (!Number.isFinite(value)) return good ? CERTAIN : 0;
    const declared = this.#context.declared[tag]?.limits[state];
    const learned = this.#frozen && isLearned(this.#context, tag, state);
    const { profiles } = this.#context;
    const low = profiles.get('low', tag);
    const high = profiles.get('high', tag);
    if (SENTINELS.has(value) && learned && (value > high || value < low) && profiles.shape(tag) !== 'counter') {
      if (Math.abs(value - profiles.get('mean', tag)) > 3 * this.#margin(tag, state)) return CERTAIN;
    }
    if (declared !== undefined && (value < declared.low || value > declared.high)) {
      out.kind[i] = LIMIT;
      return CERTAIN;
    }
    if (!learned) return declared === undefined ? Number.NaN : 0;
    const { role } = profiles.traits[tag]!;
    if (role === 'setpoint' || role === 'command') return 0;
    const shape = profiles.shape(tag);
    if (shape === 'constant') {
      out.kind[i] = NEVER;
      return this.#hasMoved(tag, value) ? CERTAIN : 0;
    }
    if (shape === 'counter') return 0;
    const excess = this.#excess(tag, value, state);
    out.kind[i] = excess > 1 && isDecade(value, profiles.get('mean', tag)) ? SCALE : RANGE;
    return excess;
  }

  /**
   * True where a constant is no longer what it was. One that differs from the first sample on has not moved before our eyes: it is said
   * once (another serial number, another setting), and its new value is then what must not move.
   */
  #hasMoved(tag: number, value: number): boolean {
    const { profiles } = this.#context;
    const { constant } = this.#columns.of;
    const before = Number.isNaN(constant[tag]!) ? profiles.get('first', tag) : constant[tag]!;
    const moved = Math.abs(value - before) > 1e-6 + 0.5 * profiles.step(tag);
    if (Number.isNaN(constant[tag]!)) constant[tag] = value;
    return moved;
  }

  /** How far outside the learned range, in margins; also away from where the tag slowly went. */
  #excess(tag: number, value: number, state: number): number {
    const { profiles } = this.#context;
    const low = profiles.stateLow(tag, state);
    const high = profiles.stateHigh(tag, state);
    const margin = this.#margin(tag, state);
    const centre = this.#columns.of.centre[tag]!;
    const start = Number.isNaN(centre) ? Math.min(Math.max(value, low), high) : centre;
    const rate = (2 * margin) / Math.max(1, FOLLOW_LENGTHS * profiles.get('count', tag));
    const outside = Math.max(low - value, value - high, 0) / margin;
    const away = Math.abs(value - start) / (1.5 * margin);
    this.#columns.of.centre[tag] = start + Math.min(Math.max((value - start) / 50, -rate), rate);
    return Math.min(outside, away);
  }

  #margin(tag: number, state: number): number {
    const { profiles } = this.#context;
    const all = profiles.get('high', tag) - profiles.get('low', tag);
    const here = profiles.stateHigh(tag, state) - profiles.stateLow(tag, state);
    return MARGIN_RANGES * Math.max(here, 0.25 * all, 6 * profiles.differenceSpread(tag)) + profiles.step(tag) + 1e-12;
  }

  readiness(tag: number, state: number): Readiness {
    if (!this.#frozen) return 'learning';
    return isLearned(this.#context, tag, state) ? 'ready' : 'cannot-judge';
  }

  #room(): void {
    this.#columns.room(this.#context.profiles.size);
  }

  save(): SavedState {
    return { frozen: this.#frozen, columns: this.#columns.save(this.#context.profiles.size) };
  }

  load(saved: SavedState): void {
    this.#frozen = saved.frozen === true;
    this.#columns.load(saved.columns as SavedState);
    this.#room();
  }
}

/** True where `value` is about 10^k (k ≠ 0) times `usual`. */
function isDecade(value: number, usual: number): boolean {
  if (usual === 0 || value / usual <= 0) return false;
  const decades = Math.log10(value / usual);
  return Math.round(decades) !== 0 && Math.abs(decades - Math.round(decades)) < 0.08;
}
