/**
 * Samples on disk. A batch goes into the journal (main file, one row a commit) and into open blocks in memory; a full block, or one whose
 * hour is over, is encoded into its day's file. After a kill the journal fills the open blocks again. When the journal has grown
 * well past what is open, it is replaced by one row of just that.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { STORE_OPEN_SAMPLES_MAX } from '../../limits.ts';
import { blockFacts, decodeBlock, encodeBlock } from './block-codec.ts';
import { type BlockRow, DAY_US, type DayFile, DayFiles, HOUR_US, type HourRow } from './day-files.ts';
import { SAMPLE_BYTES, sampleColumns } from './messages.ts';
import { type OpenBlock, OpenBlocks } from './open-blocks.ts';
import type { SampleSeries, TrendSeries } from './store.ts';
import { TrendBuilder } from './trend.ts';

/** Samples of one block, six of them an hour at 1 Hz; more decode more than a trend needs, fewer cost more for the row around them. */
const BLOCK_SAMPLES = 600;
/** The journal is replaced when it is this much larger than twice the open samples. [bytes] */
const JOURNAL_SLACK_BYTES = 8 * 1024 * 1024;
/** Commits between looks at all open blocks for those whose hour is over. */
const SWEEP_COMMITS = 64;

/** Samples being read; grows. */
class Rows {
  timeUs = new Float64Array(1024);
  value = new Float64Array(1024);
  quality = new Uint8Array(1024);
  count = 0;

  reserve(more: number): void {
    const needed = this.count + more;
    if (needed <= this.timeUs.length) return;
    const grown = { time: new Float64Array(2 * needed), value: new Float64Array(2 * needed) };
    grown.time.set(this.timeUs.subarray(0, this.count));
    grown.value.set(this.value.subarray(0, this.count));
    const quality = new Uint8Array(2 * needed);
    quality.set(this.quality.subarray(0, this.count));
    this.timeUs = grown.time;
    this.value = grown.value;
    this.quality = quality;
  }
}

export class SampleStore {
  readonly open = new OpenBlocks();
  readonly days: DayFiles;
  readonly #main: DatabaseSync;
  readonly #insertJournal: StatementSync;
  readonly #oldHours: StatementSync;
  #sequence = 0;
  #journalBytes = 0;

  constructor(main: DatabaseSync, folder: string) {
    this.#main = main;
    this.days = new DayFiles(folder);
    this.#insertJournal = main.prepare('INSERT INTO journal (sequence, count, data) VALUES (?,?,?)');
    this.#oldHours = main.prepare('SELECT * FROM hour WHERE tag = ? AND hourUs > ? AND hourUs < ? ORDER BY hourUs');
    this.#replay();
  }

  /** Writes a batch into the journal; call inside the transaction of the main file. Then `absorb` after its commit. */
  journal(samples: ArrayBuffer, count: number): void {
    this.#insertJournal.run(this.#sequence + 1, count, new Uint8Array(samples));
  }

  /** Takes over a committed batch and closes blocks that are due. Throws where a day's file refuses; nothing is lost then. */
  absorb(samples: ArrayBuffer, count: number): void {
    this.#sequence++;
    this.#journalBytes += samples.byteLength;
    const { tag, timeUs, value, quality } = sampleColumns(samples, 0, count);
    const due = new Set<number>();
    for (let row = 0; row < count; row++) {
      const block = this.open.add(tag[row]!, timeUs[row]!, value[row]!, quality[row]!);
      if (isDue(block)) due.add(tag[row]!);
    }
    this.#closeDue(due, this.#sequence % SWEEP_COMMITS === 0);
  }

  /** Closes every block that is due: after a failure. */
  closeAllDue(): void {
    this.#closeDue(new Set(), true);
  }

  /** Closes the named blocks, and now and then all whose hour is over or, where too much is open, all. */
  #closeDue(due: Set<number>, sweep: boolean): void {
    const crowded = this.open.count > STORE_OPEN_SAMPLES_MAX;
    if (crowded || sweep) {
      for (const [tag, block] of this.open.byTag) {
        if (crowded || isDue(block) || this.open.latestUs - block.maxUs > HOUR_US) due.add(tag);
      }
    }
    if (due.size > 0) this.#close(due);
    if (this.#journalBytes > JOURNAL_SLACK_BYTES + 2 * SAMPLE_BYTES * this.open.count) this.#shortenJournal();
  }

  /** True where no more may be taken until days can be written again. */
  get full(): boolean {
    return this.open.count > 2 * STORE_OPEN_SAMPLES_MAX;
  }

  trend(tag: number, fromUs: number, toUs: number, buckets: number): TrendSeries {
    const trend = new TrendBuilder(fromUs, toUs, buckets);
    // Hours that lie across two buckets are resolved by their blocks; below an hour a bucket there would be nothing but such.
    const byHour = trend.widthUs >= HOUR_US;
    for (const day of this.#daysIn(fromUs, toUs)) {
      const file = this.days.open(day);
      if (!byHour) addBlocks(trend, file, tag, fromUs, toUs);
      else for (const hour of file.hours(tag, fromUs, toUs)) addHour(trend, file, tag, hour);
    }
    for (const { hourUs, count, min, max, sum } of this.#oldHours.all(tag, fromUs - 1, toUs) as unknown as HourRow[]) {
      trend.addFacts(hourUs, { finite: count, min, max, sum });
    }
    const open = this.open.byTag.get(tag);
    if (open !== undefined) trend.addSamples(open.timesUs, open.values, open.count);
    return trend.build();
  }

  samples(tag: number, fromUs: number, toUs: number, limit: number): SampleSeries {
    const rows = new Rows();
    for (const day of this.#daysIn(fromUs, toUs)) {
      const file = this.days.open(day);
      for (const block of file.blocks(tag, fromUs, toUs)) {
        readBlock(rows, file, block);
        keepRange(rows, rows.count - block.count, fromUs, toUs);
        if (rows.count > limit) break;
      }
      if (rows.count > limit) break;
    }
    this.#addOpen(rows, tag, fromUs, toUs);
    return seriesOf(rows, 0, limit);
  }

  /** The newest samples. Late ones count by their time. */
  last(tag: number, count: number): SampleSeries {
    const rows = new Rows();
    this.#addOpen(rows, tag, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    for (const day of this.days.list().reverse()) {
      if (rows.count >= count) break;
      const file = this.days.open(day);
      const blocks: BlockRow[] = [];
      let found = rows.count;
      for (const block of file.newestBlocks(tag)) {
        if (found >= count) break;
        blocks.push(block);
        found += block.count;
      }
      for (const block of blocks) readBlock(rows, file, block);
    }
    return { ...seriesOf(rows, Math.max(0, rows.count - count), count), more: false };
  }

  /** Keeps the hours of a day in the main file, then removes the day. */
  removeDay(day: number): void {
    // A few late samples may have made the day once more: they must not replace what was kept of it, nor count twice after a kill.
    const put = this.#main.prepare(
      `INSERT INTO hour VALUES (?,?,?,?,?,?) ON CONFLICT (tag, hourUs) DO UPDATE SET
       count = excluded.count, min = excluded.min, max = excluded.max, sum = excluded.sum WHERE excluded.count > count`,
    );
    const hours = this.days.open(day).allHours();
    this.#main.exec('BEGIN IMMEDIATE');
    try {
      for (const { tag, hourUs, count, min, max, sum } of hours) put.run(tag, hourUs, count, min, max, sum);
      this.#main.exec('COMMIT');
    } catch (error) {
      this.#main.exec('ROLLBACK');
      throw error;
    }
    this.days.remove(day);
  }

  #daysIn(fromUs: number, toUs: number): number[] {
    return this.days.list().filter((day) => (day + 1) * DAY_US > fromUs && day * DAY_US < toUs);
  }

  #addOpen(rows: Rows, tag: number, fromUs: number, toUs: number): void {
    const open = this.open.byTag.get(tag);
    if (open === undefined) return;
    rows.reserve(open.count);
    rows.timeUs.set(open.timesUs.subarray(0, open.count), rows.count);
    rows.value.set(open.values.subarray(0, open.count), rows.count);
    rows.quality.set(open.qualities.subarray(0, open.count), rows.count);
    rows.count += open.count;
    keepRange(rows, rows.count - open.count, fromUs, toUs);
  }

  /** Encodes the open samples of these tags, day by day: what a day has committed is forgotten here at once. */
  #close(tags: ReadonlySet<number>): void {
    const days = new Set<number>();
    for (const tag of tags) {
      const block = this.open.byTag.get(tag);
      if (block === undefined) continue;
      block.sort();
      for (let row = 0; row < block.count; row++) days.add(Math.floor(block.timesUs[row]! / DAY_US));
    }
    for (const day of [...days].sort((a, b) => a - b)) this.#closeDay(tags, day);
  }

  #closeDay(tags: ReadonlySet<number>, day: number): void {
    const file = this.days.open(day);
    const written = new Map<number, number>();
    file.database.exec('BEGIN IMMEDIATE');
    try {
      for (const tag of tags) {
        const block = this.open.byTag.get(tag);
        if (block !== undefined) written.set(tag, writeBlocks(file, tag, block, (day + 1) * DAY_US, this.#sequence));
      }
      file.database.exec('COMMIT');
    } catch (error) {
      if (file.database.isTransaction) file.database.exec('ROLLBACK');
      throw error;
    }
    for (const [tag, rows] of written) this.open.dropFirst(tag, rows);
  }

  #shortenJournal(): void {
    // What the journal gives up must be safe in its day's file, also against loss of power.
    this.days.checkpoint();
    const { count } = this.open;
    const data = new ArrayBuffer(SAMPLE_BYTES * count);
    this.open.copyTo(sampleColumns(data, 0, count));
    this.#main.exec('BEGIN IMMEDIATE');
    try {
      if (count > 0) this.journal(data, count);
      this.#main.prepare('DELETE FROM journal WHERE sequence <= ?').run(this.#sequence);
      this.#main.exec('COMMIT');
    } catch (error) {
      if (this.#main.isTransaction) this.#main.exec('ROLLBACK');
      throw error;
    }
    this.#sequence++;
    this.#journalBytes = data.byteLength;
  }

  /** Opens the blocks of the last run again: what the journal holds and no day's file does. */
  #replay(): void {
    const first = this.#main.prepare('SELECT min(sequence) AS first, max(sequence) AS last FROM journal').get();
    if (first?.['first'] === null || first === undefined) {
      this.#sequence = this.#highestClosed();
      return;
    }
    const closed = new Map<number, Map<number, number>>();
    for (const day of this.days.list()) closed.set(day, this.days.open(day).closedSince(Number(first['first'])));
    for (const row of this.#main.prepare('SELECT * FROM journal ORDER BY sequence').iterate()) {
      const sequence = Number(row['sequence']);
      const count = Number(row['count']);
      const bytes = row['data'] as Uint8Array;
      this.#journalBytes += bytes.length;
      // A copy: the columns need a buffer aligned to 8 bytes.
      const { tag, timeUs, value, quality } = sampleColumns(bytes.slice().buffer, 0, count);
      for (let i = 0; i < count; i++) {
        const inBlocks = closed.get(Math.floor(timeUs[i]! / DAY_US))?.get(tag[i]!) ?? 0;
        if (sequence > inBlocks) this.open.add(tag[i]!, timeUs[i]!, value[i]!, quality[i]!);
      }
    }
    this.#sequence = Math.max(Number(first['last']), this.#highestClosed());
  }

  /** Sequence numbers never go back, or later samples would count as being in blocks. */
  #highestClosed(): number {
    let highest = 0;
    for (const day of this.days.list()) {
      const row = this.days.open(day).database.prepare('SELECT sequence FROM block ORDER BY number DESC LIMIT 1').get();
      highest = Math.max(highest, Number(row?.['sequence'] ?? 0));
    }
    return highest;
  }
}

function isDue(block: OpenBlock): boolean {
  return block.count >= BLOCK_SAMPLES || Math.floor(block.minUs / HOUR_US) !== Math.floor(block.maxUs / HOUR_US);
}

/** Writes the rows of a sorted block before `endUs`, cut at hours and at `BLOCK_SAMPLES`; returns how many. */
function writeBlocks(file: DayFile, tag: number, block: OpenBlock, endUs: number, sequence: number): number {
  const { timesUs, values, qualities, count } = block;
  let from = 0;
  while (from < count && timesUs[from]! < endUs) {
    const hour = Math.floor(timesUs[from]! / HOUR_US);
    let to = from + 1;
    while (to < count && to - from < BLOCK_SAMPLES && Math.floor(timesUs[to]! / HOUR_US) === hour) to++;
    const facts = blockFacts(values, from, to);
    const data = encodeBlock(timesUs, values, qualities, from, to);
    file.insert(tag, timesUs[from]!, timesUs[to - 1]!, facts, sequence, data);
    from = to;
  }
  return from;
}

function readBlock(rows: Rows, file: DayFile, block: BlockRow): void {
  rows.reserve(block.count);
  rows.count = decodeBlock(file.data(block.number), block.fromUs, rows.timeUs, rows.value, rows.quality, rows.count);
}

const scratch = new Rows();

function addBlocks(trend: TrendBuilder, file: DayFile, tag: number, fromUs: number, toUs: number): void {
  for (const block of file.blocks(tag, fromUs, toUs)) {
    if (trend.holds(block.fromUs, block.toUs)) trend.addFacts(block.fromUs, block);
    else {
      scratch.count = 0;
      readBlock(scratch, file, block);
      trend.addSamples(scratch.timeUs, scratch.value, scratch.count);
    }
  }
}

function addHour(trend: TrendBuilder, file: DayFile, tag: number, hour: HourRow): void {
  const { hourUs, count, min, max, sum } = hour;
  if (trend.holds(hourUs, hourUs + HOUR_US - 1)) trend.addFacts(hourUs, { finite: count, min, max, sum });
  else addBlocks(trend, file, tag, Math.max(hourUs, trend.fromUs), Math.min(hourUs + HOUR_US, trend.toUs));
}

/** Drops rows from `row` on that lie outside the range. */
function keepRange(rows: Rows, row: number, fromUs: number, toUs: number): void {
  let kept = row;
  for (let i = row; i < rows.count; i++) {
    if (rows.timeUs[i]! < fromUs || rows.timeUs[i]! >= toUs) continue;
    rows.timeUs[kept] = rows.timeUs[i]!;
    rows.value[kept] = rows.value[i]!;
    rows.quality[kept] = rows.quality[i]!;
    kept++;
  }
  rows.count = kept;
}

/** Rows in order of time, `limit` of them from `skip` on. */
function seriesOf(rows: Rows, skip: number, limit: number): SampleSeries {
  let { timeUs, value, quality } = rows;
  let sorted = true;
  for (let i = 1; i < rows.count && sorted; i++) sorted = timeUs[i - 1]! <= timeUs[i]!;
  if (!sorted) {
    const order = Uint32Array.from({ length: rows.count }, (_, i) => i);
    order.sort((a, b) => rows.timeUs[a]! - rows.timeUs[b]! || a - b);
    timeUs = Float64Array.from(order, (i) => rows.timeUs[i]!);
    value = Float64Array.from(order, (i) => rows.value[i]!);
    quality = Uint8Array.from(order, (i) => rows.quality[i]!);
  }
  const end = Math.min(rows.count, skip + limit);
  return {
    timeUs: timeUs.slice(skip, end),
    value: value.slice(skip, end),
    quality: quality.slice(skip, end),
    more: rows.count > skip + limit,
  };
}
