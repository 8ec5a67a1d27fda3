/** Samples that are in the journal but in no block yet, by tag. */
import type { SampleColumns } from './messages.ts';

export class OpenBlock {
  timesUs = new Float64Array(16);
  values = new Float64Array(16);
  qualities = new Uint8Array(16);
  count = 0;
  sorted = true;
  minUs = Number.POSITIVE_INFINITY;
  maxUs = Number.NEGATIVE_INFINITY;

  add(timeUs: number, value: number, quality: number): void {
    if (this.count === this.timesUs.length) this.#grow();
    this.timesUs[this.count] = timeUs;
    this.values[this.count] = value;
    this.qualities[this.count] = quality;
    this.count++;
    if (timeUs < this.maxUs) this.sorted = false;
    else this.maxUs = timeUs;
    if (timeUs < this.minUs) this.minUs = timeUs;
  }

  /** Brings late samples into place; samples of equal time keep their order. */
  sort(): void {
    if (this.sorted) return;
    const order = Uint32Array.from({ length: this.count }, (_, i) => i);
    const times = this.timesUs;
    order.sort((a, b) => times[a]! - times[b]! || a - b);
    this.timesUs = this.timesUs.map((time, i) => (i < this.count ? times[order[i]!]! : time));
    const { values, qualities } = this;
    this.values = values.map((value, i) => (i < this.count ? values[order[i]!]! : value));
    this.qualities = qualities.map((quality, i) => (i < this.count ? qualities[order[i]!]! : quality));
    this.sorted = true;
  }

  /** Forgets the first `rows` of a sorted block. */
  dropFirst(rows: number): void {
    this.timesUs.copyWithin(0, rows, this.count);
    this.values.copyWithin(0, rows, this.count);
    this.qualities.copyWithin(0, rows, this.count);
    this.count -= rows;
    this.minUs = this.count === 0 ? Number.POSITIVE_INFINITY : this.timesUs[0]!;
    if (this.count === 0) this.maxUs = Number.NEGATIVE_INFINITY;
  }

  #grow(): void {
    const { timesUs, values, qualities } = this;
    this.timesUs = new Float64Array(2 * timesUs.length);
    this.values = new Float64Array(2 * timesUs.length);
    this.qualities = new Uint8Array(2 * timesUs.length);
    this.timesUs.set(timesUs);
    this.values.set(values);
    this.qualities.set(qualities);
  }
}

/** All open blocks of the store. */
export class OpenBlocks {
  readonly byTag = new Map<number, OpenBlock>();
  /** Samples held. */
  count = 0;
  /** Latest time of any sample: what "now" is for closing blocks nobody adds to. */
  latestUs = 0;

  add(tag: number, timeUs: number, value: number, quality: number): OpenBlock {
    let block = this.byTag.get(tag);
    if (block === undefined) {
      block = new OpenBlock();
      this.byTag.set(tag, block);
    }
    block.add(timeUs, value, quality);
    this.count++;
    if (timeUs > this.latestUs) this.latestUs = timeUs;
    return block;
  }

  dropFirst(tag: number, rows: number): void {
    const block = this.byTag.get(tag);
    if (block === undefined) return;
    block.dropFirst(rows);
    this.count -= rows;
    // An empty large block would hold its memory for a tag that may never speak again.
    if (block.count === 0) this.byTag.delete(tag);
  }

  /** Writes every open sample into `columns`, which must hold `count` rows. */
  copyTo(columns: SampleColumns): void {
    let row = 0;
    for (const [tag, block] of this.byTag) {
      columns.timeUs.set(block.timesUs.subarray(0, block.count), row);
      columns.value.set(block.values.subarray(0, block.count), row);
      columns.quality.set(block.qualities.subarray(0, block.count), row);
      columns.tag.fill(tag, row, row + block.count);
      row += block.count;
    }
  }
}
