/**
 * What the registers no site file names are: type, word order and sign from what they did, never from what they are called.
 * Rows of each polled block are kept while something in it is undecided (bounded), and judged at growing intervals.
 */
import { INFERENCE_BLOCKS_MAX, INFERENCE_ROWS_MAX, INFERENCE_WORDS_MAX, POINT_AREAS_MAX } from '../../limits.ts';
import { decodeRegisters } from '../plant/register-values.ts';
import { ALL_ORDERS, type InferredPoint, inferBlock, OrderVotes, plausibleFloat } from './inference-types.ts';
import type { PointArea } from './point-area.ts';

export type { InferredPoint, PointKind } from './inference-types.ts';

/** Reads of a block before it is judged first; at one a second, a minute. */
const FIRST_JUDGEMENT_READS = 60;
/** From this confidence on a point becomes a tag. */
const CONFIDENT = 0.7;

/** What is known of one area. */
interface AreaInference {
  readonly votes: OrderVotes;
  /** By first address and count; null: nothing left to decide. */
  readonly blocks: Map<number, BlockSeries | null>;
}

export class InferenceStore {
  /** Blocks not looked at because the bound on rows or blocks was reached. */
  skipped = 0;
  #words = 0;
  #blocks = 0;
  readonly #areas = new Map<PointArea, AreaInference>();
  /** By `device/unit`: one controller keeps one word order. */
  readonly #votes = new Map<string, OrderVotes>();

  /** Takes the `count` words of an answer from address `first` on; returns the points that became certain by it. */
  add(area: PointArea, first: number, count: number, words: Uint16Array): readonly InferredPoint[] | null {
    const key = first * 65_536 + count;
    let inference = this.#areas.get(area);
    if (inference === undefined) {
      if (this.#areas.size >= POINT_AREAS_MAX) return null;
      inference = { votes: this.#votesOf(area.prefix), blocks: new Map() };
      this.#areas.set(area, inference);
    }
    let block = inference.blocks.get(key);
    if (block === undefined) {
      if (this.#blocks >= INFERENCE_BLOCKS_MAX) {
        this.skipped++;
        return null;
      }
      this.#blocks++;
      block = this.#open(area, first, count);
      inference.blocks.set(key, block);
    }
    if (block === null || !block.add(words)) return null;
    const found = block.judge(inference.votes, (address) => area.isTaken(address));
    if (block.settled) {
      this.#words -= block.words;
      inference.blocks.set(key, null);
    }
    return found;
  }

  /** The number two written registers likely are, in the word order of their device; NaN where they are no likely float. */
  likelyPair(prefix: string, first: number, second: number): number {
    const votes = this.#votes.get(deviceOf(prefix));
    const best = votes?.best();
    for (const order of best === undefined ? ALL_ORDERS : [best]) {
      const value = decodeRegisters(order, [first, second], 0);
      if (value !== 0 && plausibleFloat(value)) return value;
    }
    return first === 0 && second === 0 && best !== undefined ? 0 : Number.NaN;
  }

  #votesOf(prefix: string): OrderVotes {
    const device = deviceOf(prefix);
    let votes = this.#votes.get(device);
    if (votes === undefined) {
      votes = new OrderVotes();
      this.#votes.set(device, votes);
    }
    return votes;
  }

  #open(area: PointArea, first: number, count: number): BlockSeries | null {
    let undecided = 0;
    for (let k = 0; k < count; k++) if (!area.isTaken(first + k * area.step)) undecided++;
    if (undecided === 0 || count === 0) return null;
    const words = count * INFERENCE_ROWS_MAX;
    if (this.#words + words > INFERENCE_WORDS_MAX) {
      this.skipped++;
      return null;
    }
    this.#words += words;
    return new BlockSeries(first, count, area);
  }
}

function deviceOf(prefix: string): string {
  return prefix.slice(0, prefix.lastIndexOf('/'));
}

/** Rows of one polled block; a row is kept when an undecided register changed. */
class BlockSeries {
  readonly first: number;
  readonly count: number;
  settled = false;
  readonly #step: number;
  #undecided: Uint8Array;
  #rows: Uint16Array;
  #rowCount = 0;
  #reads = 0;
  #holdsPairs = false;
  #nextJudgement = FIRST_JUDGEMENT_READS;

  constructor(first: number, count: number, area: PointArea) {
    this.first = first;
    this.count = count;
    this.#step = area.step;
    this.#undecided = Uint8Array.from({ length: count }, (_, k) => (area.isTaken(first + k * area.step) ? 0 : 1));
    this.#rows = new Uint16Array(count * 16);
  }

  /** Registers reserved in the bound over all blocks. */
  get words(): number {
    return this.count * INFERENCE_ROWS_MAX;
  }

  /** Takes an answer; true when it is time to judge. */
  add(words: Uint16Array): boolean {
    this.#reads++;
    const { count } = this;
    const last = (this.#rowCount - 1) * count;
    let changed = this.#rowCount === 0;
    for (let k = 0; k < count && !changed; k++) {
      changed = this.#undecided[k] === 1 && words[k] !== this.#rows[last + k];
    }
    if (changed && this.#rowCount < INFERENCE_ROWS_MAX) {
      const at = this.#rowCount++ * count;
      if (at + count > this.#rows.length) this.#grow();
      for (let k = 0; k < count; k++) this.#rows[at + k] = words[k]!;
    }
    return this.#reads >= this.#nextJudgement;
  }

  /** Judges what the rows show. Points that are certain leave the block; the block settles when none is left. */
  judge(votes: OrderVotes, isTaken: (address: number) => boolean): InferredPoint[] {
    this.#nextJudgement = this.#reads * 2;
    for (let k = 0; k < this.count; k++) if (isTaken(this.first + k * this.#step)) this.#undecided[k] = 0;
    const { count } = this;
    const block = { first: 0, count, rows: this.#rows, rowCount: this.#rowCount, holdsPairs: this.#holdsPairs };
    const found = inferBlock(block, this.#undecided, votes).filter(({ confidence }) => confidence >= CONFIDENT);
    for (const { address, words } of found) this.#undecided.fill(0, address, address + words);
    this.#holdsPairs ||= found.some(({ words }) => words === 2);
    this.settled = !this.#undecided.includes(1);
    // A full store of rows in which the rest stayed unclear makes room for what it does next.
    if (this.#rowCount >= INFERENCE_ROWS_MAX) this.#rowCount = 0;
    return found.map((point) => ({ ...point, address: this.first + point.address * this.#step }));
  }

  #grow(): void {
    const rows = new Uint16Array(Math.min(2 * this.#rows.length, this.words));
    rows.set(this.#rows);
    this.#rows = rows;
  }
}
