/**
 * Evidence for what registers are. A float32 shows in its high word (sign and exponent stay, IEEE 754-2019, 3.4) while its low word
 * looks random; a wrong order of words or bytes makes exponents jump. A counter climbs by small steps. Plain integers move in a band.
 */
import type { TagType } from '../plant/model.ts';
import { decodeRegisters } from '../plant/register-values.ts';

export const POINT_KINDS = ['value', 'analog', 'counter', 'bool', 'enumeration', 'constant'] as const;
export type PointKind = (typeof POINT_KINDS)[number];

/** A point whose type is known with some confidence. */
export interface InferredPoint {
  /** Zero-based address of the first register. */
  readonly address: number;
  readonly words: number;
  readonly type: TagType;
  readonly kind: PointKind;
  /** 0 to 1. */
  readonly confidence: number;
}

/** Rows of a polled block, row by row. */
export interface BlockRows {
  /** True where the block is known to hold 32-bit values: registers read together are laid out alike. */
  readonly holdsPairs?: boolean;
  readonly first: number;
  readonly count: number;
  readonly rows: Uint16Array;
  readonly rowCount: number;
}

type FloatOrder = Extract<TagType, `float32${string}`>;
export const ALL_ORDERS: readonly FloatOrder[] = ['float32', 'float32-swapped', 'float32-bytes', 'float32-reversed'];
/** Plant values lie in here; what a wrong order gives mostly does not. */
const MAGNITUDE = { least: 1e-4, most: 1e8 } as const;

/** True for 0 and for numbers of a size that measurements have. */
export function plausibleFloat(value: number): boolean {
  const size = Math.abs(value);
  return size === 0 || (size >= MAGNITUDE.least && size <= MAGNITUDE.most);
}

/** The word orders found in a device so far: one controller keeps one. */
export class OrderVotes {
  readonly #votes = new Map<FloatOrder, number>();

  vote(order: FloatOrder, weight: number): void {
    this.#votes.set(order, (this.#votes.get(order) ?? 0) + weight);
  }

  /** The order most of the evidence speaks for; undefined without any. */
  best(): FloatOrder | undefined {
    let best: FloatOrder | undefined;
    let most = 1;
    for (const [order, votes] of this.#votes) {
      if (votes > most) [best, most] = [order, votes];
    }
    return best;
  }
}

/** One way to read registers, with the evidence for it, 0 to 1. */
interface Reading {
  readonly type: TagType;
  readonly kind: PointKind;
  readonly score: number;
}

/** Readings of all undecided registers of a block; what has no evidence yet is left out. */
export function inferBlock(block: BlockRows, undecided: Uint8Array, votes: OrderVotes): InferredPoint[] {
  if (block.rowCount === 0) return [];
  const columns = Array.from({ length: block.count }, (_, k) => new Column(block, k));
  let holdsPairs = block.holdsPairs === true;
  // Two passes: pairs that are clear by themselves tell the word order of the device, which helps the others.
  for (let k = 0; k + 1 < block.count; k++) {
    if (undecided[k] !== 1 || undecided[k + 1] !== 1) continue;
    const reading = bestFloat(columns[k]!, columns[k + 1]!, undefined);
    if (reading === null || reading.score < 0.9) continue;
    votes.vote(reading.type as FloatOrder, 1);
    holdsPairs = true;
  }
  return choose({ ...block, holdsPairs }, columns, undecided, votes.best());
}

/** Most likely partition of the block into single registers and pairs (dynamic programming from left to right). */
function choose(
  block: BlockRows,
  columns: readonly Column[],
  undecided: Uint8Array,
  order: FloatOrder | undefined,
): InferredPoint[] {
  const best: { total: number; words: number; reading: Reading | null }[] = [{ total: 0, words: 0, reading: null }];
  for (let end = 1; end <= block.count; end++) {
    const column = columns[end - 1]!;
    const open = undecided[end - 1] === 1;
    const single = open ? singleReading(column) : null;
    let choice = { total: best[end - 1]!.total + (single?.score ?? 0), words: 1, reading: single };
    if (end >= 2 && open && undecided[end - 2] === 1) {
      const pair = pairReading(columns[end - 2]!, column, order, block.holdsPairs === true);
      const total = best[end - 2]!.total + 2 * (pair?.score ?? 0);
      if (pair !== null && total > choice.total) choice = { total, words: 2, reading: pair };
    }
    best.push(choice);
  }
  const found: InferredPoint[] = [];
  for (let end = block.count; end > 0; ) {
    const { words, reading } = best[end]!;
    end -= words;
    if (reading !== null) {
      const { type, kind, score } = reading;
      found.push({ address: block.first + end, words, type, kind, confidence: score });
    }
  }
  return found.reverse();
}

/** What one register did. */
class Column {
  readonly values: Uint16Array;
  readonly low: number;
  readonly high: number;
  /** Rows in which it differs from the row before, and in which it is less. */
  readonly changes: number;
  readonly falls: number;
  readonly distinct: ReadonlySet<number>;

  constructor(block: BlockRows, k: number) {
    const values = new Uint16Array(block.rowCount);
    const distinct = new Set<number>();
    let low = 0xffff;
    let high = 0;
    let changes = 0;
    let falls = 0;
    for (let row = 0; row < block.rowCount; row++) {
      const value = block.rows[row * block.count + k]!;
      values[row] = value;
      distinct.add(value);
      low = Math.min(low, value);
      high = Math.max(high, value);
      if (row > 0 && values[row - 1] !== value) changes++;
      if (row > 0 && values[row - 1]! > value) falls++;
    }
    this.values = values;
    this.low = low;
    this.high = high;
    this.changes = changes;
    this.falls = falls;
    this.distinct = distinct;
  }

  get constant(): boolean {
    return this.changes === 0;
  }

  get range(): number {
    return this.high - this.low;
  }

  /** Range of the register read as signed. */
  get signedRange(): number {
    let low = 0x7fff;
    let high = -0x8000;
    for (const value of this.distinct) {
      const signed = (value << 16) >> 16;
      low = Math.min(low, signed);
      high = Math.max(high, signed);
    }
    return high - low;
  }
}

/** Distinct small numbers that come and go are steps, modes, words of state. */
const ENUMERATION_VALUES_MAX = 12;
const ENUMERATION_MOST = 256;

function singleReading(column: Column): Reading | null {
  // A register that never moved may be anything: no evidence, but not against a single one either.
  if (column.constant) return { type: 'uint16', kind: 'constant', score: 0.5 };
  const sure = Math.min(1, column.changes / 10);
  if (isCounter(column.values)) return { type: 'uint16', kind: 'counter', score: 0.6 + 0.35 * sure };
  const { falls } = column;
  if (column.high === 1 && falls > 0)
    return { type: 'uint16', kind: 'bool', score: 0.6 + 0.3 * Math.min(1, column.changes / 4) };
  if (
    falls > 0 &&
    column.distinct.size <= ENUMERATION_VALUES_MAX &&
    column.high < ENUMERATION_MOST &&
    column.changes < column.values.length / 2
  ) {
    return { type: 'uint16', kind: 'enumeration', score: 0.6 + 0.3 * Math.min(1, column.changes / 6) };
  }
  // A few steps up: a counter, or an enumeration on its way. Not clear yet.
  if (falls === 0 && column.changes < 8) return { type: 'uint16', kind: 'counter', score: 0.5 };
  const signed = column.signedRange;
  const range = Math.min(column.range, signed);
  // A band over much of the range looks like half of something wider.
  const band = range < 8_192 ? 1 : Math.max(0, 1 - range / 40_000);
  const type = column.range < signed && column.high >= 0x8000 ? 'uint16' : 'int16';
  return { type, kind: 'analog', score: band * (0.5 + 0.35 * sure) };
}

/** Climbs by small steps, over the end of its range too; stands still at times. */
function isCounter(values: Uint16Array): boolean {
  let climbed = 0;
  for (let row = 1; row < values.length; row++) {
    const step = (values[row]! - values[row - 1]! + 65_536) % 65_536;
    if (step > 2_048) return false;
    climbed += step;
  }
  return values.length >= 5 && climbed >= 4;
}

function pairReading(
  first: Column,
  second: Column,
  order: FloatOrder | undefined,
  besidePairs: boolean,
): Reading | null {
  const float = bestFloat(first, second, order);
  const integer = wideInteger(first, second, besidePairs ? order : undefined);
  if (float === null || integer === null) return float ?? integer;
  return float.score >= integer.score ? float : integer;
}

function bestFloat(first: Column, second: Column, order: FloatOrder | undefined): Reading | null {
  let best: Reading | null = null;
  for (const type of ALL_ORDERS) {
    const evidence = floatEvidence(first, second, type);
    // The order of the rest of the device counts much: two in one controller are rare.
    const score = order === undefined ? evidence : order === type ? Math.min(0.98, evidence * 1.3) : evidence * 0.5;
    if (score > 0 && (best === null || score > best.score)) {
      best = { type, kind: first.constant && second.constant ? 'constant' : 'analog', score };
    }
  }
  return best;
}

/** How much speaks for a float32 in this order, 0 to 1. */
function floatEvidence(first: Column, second: Column, type: FloatOrder): number {
  const rows = first.values.length;
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  let jumps = 0;
  let previous = Number.NaN;
  const pair = [0, 0];
  for (let row = 0; row < rows; row++) {
    pair[0] = first.values[row]!;
    pair[1] = second.values[row]!;
    const value = decodeRegisters(type, pair, 0);
    if (!plausibleFloat(value)) return 0;
    const size = Math.abs(value);
    if (size > 0) {
      least = Math.min(least, size);
      most = Math.max(most, size);
    }
    if (Math.abs(value - previous) > 16 * Math.max(1, Math.min(size, Math.abs(previous)))) jumps++;
    previous = value;
  }
  if (most === 0) return 0;
  const swapped = type === 'float32-swapped' || type === 'float32-reversed';
  const high = swapped ? second : first;
  const low = swapped ? first : second;
  const jumpy = jumps > 0.05 * rows ? 0.3 : 1;
  const spread = most / least > 1e5 ? 0.5 : 1;
  return jumpy * spread * lowWordEvidence(high, low, rows);
}

/** The low word of a moving float is random, or constant where values are round. */
function lowWordEvidence(high: Column, low: Column, rows: number): number {
  if (high.constant && low.constant) return 0.55;
  const many = Math.min(1, rows / 20);
  if (low.constant) return low.low === 0 || high.changes < 10 ? 0.6 + 0.15 * many : 0.35;
  if (low.range > 30_000) return 0.7 + 0.25 * many;
  // A slow float: the low word still walks far while the high word stands.
  return high.constant || high.range < 64 ? 0.55 : 0.4;
}

/** A 32-bit counter or signed integer over two registers; `order` where the block holds other pairs. */
function wideInteger(first: Column, second: Column, order: FloatOrder | undefined): Reading | null {
  const normal = wideScore(first, second, order === 'float32');
  const swapped = wideScore(second, first, order === 'float32-swapped');
  if (normal === 0 && swapped === 0) return null;
  const kind = isCounter(normal > swapped ? second.values : first.values) ? 'counter' : 'analog';
  const width = kind === 'counter' ? 'uint32' : 'int32';
  return normal > swapped ? { type: width, kind, score: normal } : { type: `${width}-swapped`, kind, score: swapped };
}

function wideScore(high: Column, low: Column, usualOrder: boolean): number {
  if (low.constant) return 0;
  if (isCounter(low.values)) {
    // A counter beside a register that stands at a small number: two registers in the order of the device, or one and a spare.
    if (high.constant) return high.high < 1_024 && usualOrder ? 0.85 : 0;
    return carries(high, low) ? 0.95 : 0;
  }
  // A signed number around zero: the high word is all ones or all zeroes, as the low word's sign says.
  const signs = [...high.distinct].every((value) => value === 0 || value === 0xffff);
  return signs && high.distinct.size === 2 && signsFit(high, low) ? 0.9 : 0;
}

/** The high word goes up by one just when the low word wraps. */
function carries(high: Column, low: Column): boolean {
  for (let row = 1; row < high.values.length; row++) {
    const wrapped = low.values[row]! < low.values[row - 1]!;
    if (high.values[row]! - high.values[row - 1]! !== (wrapped ? 1 : 0)) return false;
  }
  return true;
}

function signsFit(high: Column, low: Column): boolean {
  let fits = 0;
  for (let row = 0; row < high.values.length; row++) {
    if ((high.values[row] === 0xffff) === low.values[row]! >= 0x8000) fits++;
  }
  return fits > 0.95 * high.values.length;
}
