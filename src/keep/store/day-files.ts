/** Sample files, one a UTC plant day: blocks and their hourly roll-ups. Retention is removing a file. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { STORE_DAY_FILES_OPEN_MAX } from '../../limits.ts';
import type { BlockFacts } from './block-codec.ts';
import { configure, DAY_MIGRATIONS, migrate } from './migrations.ts';

export const HOUR_US = 3_600_000_000;
export const DAY_US = 24 * HOUR_US;
const NAME = /^samples-(\d{4}-\d{2}-\d{2})\.db$/;
/** Memory for pages of one open file. [KiB] */
const CACHE_KIB = 8 * 1024;
/** Blocks are two kilobytes and more: on small pages the rest of each page would be lost. */
const PAGE_BYTES = 16_384;

/** A block without its bytes. */
export interface BlockRow extends BlockFacts {
  readonly number: number;
  readonly fromUs: number;
  /** Time of the last sample, included. */
  readonly toUs: number;
}

export interface HourRow {
  readonly tag: number;
  readonly hourUs: number;
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

/** One open day. Statements throw the errors of SQLite. */
export class DayFile {
  readonly database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #addHour: StatementSync;
  readonly #blocks: StatementSync;
  readonly #newest: StatementSync;
  readonly #data: StatementSync;
  readonly #hours: StatementSync;

  constructor(path: string) {
    const database = new DatabaseSync(path);
    this.database = database;
    configure(database, CACHE_KIB, PAGE_BYTES);
    migrate(database, DAY_MIGRATIONS, path);
    this.#insert = database.prepare(
      'INSERT INTO block (tag, fromUs, toUs, count, finite, min, max, sum, sequence, data) VALUES (?,?,?,?,?,?,?,?,?,?)',
    );
    this.#addHour = database.prepare(
      `INSERT INTO hour VALUES (?,?,?,?,?,?) ON CONFLICT (tag, hourUs) DO UPDATE SET
       count = count + excluded.count, sum = sum + excluded.sum,
       min = min(min, excluded.min), max = max(max, excluded.max)`,
    );
    const columns = 'number, fromUs, toUs, count, finite, min, max, sum';
    this.#blocks = database.prepare(
      `SELECT ${columns} FROM block WHERE tag = ? AND toUs >= ? AND fromUs < ? ORDER BY fromUs, number`,
    );
    this.#newest = database.prepare(`SELECT ${columns} FROM block WHERE tag = ? ORDER BY fromUs DESC, number DESC`);
    this.#data = database.prepare('SELECT data FROM block WHERE number = ?');
    this.#hours = database.prepare('SELECT * FROM hour WHERE tag = ? AND hourUs > ? AND hourUs < ? ORDER BY hourUs');
  }

  /** All samples of a block lie in one hour. */
  insert(tag: number, fromUs: number, toUs: number, facts: BlockFacts, sequence: number, data: Uint8Array): void {
    const { count, finite, min, max, sum } = facts;
    const known = finite > 0;
    const numbers = known ? [min, max, sum] : [null, null, null];
    this.#insert.run(tag, fromUs, toUs, count, finite, ...numbers, sequence, data);
    if (known) this.#addHour.run(tag, Math.floor(fromUs / HOUR_US) * HOUR_US, finite, min, max, sum);
  }

  blocks(tag: number, fromUs: number, toUs: number): BlockRow[] {
    return this.#blocks.all(tag, fromUs, toUs) as unknown as BlockRow[];
  }

  /** Blocks of a tag, the one that begins last first. */
  newestBlocks(tag: number): Iterable<BlockRow> {
    return this.#newest.iterate(tag) as unknown as Iterable<BlockRow>;
  }

  data(block: number): Uint8Array {
    return this.#data.get(block)?.['data'] as Uint8Array;
  }

  /** Roll-ups of hours that touch the range. */
  hours(tag: number, fromUs: number, toUs: number): HourRow[] {
    return this.#hours.all(tag, fromUs - HOUR_US, toUs) as unknown as HourRow[];
  }

  allHours(): HourRow[] {
    return this.database.prepare('SELECT * FROM hour').all() as unknown as HourRow[];
  }

  /** Tag → journal sequence up to which this day's samples of it are in blocks; only what is not before `sequence`. */
  closedSince(sequence: number): Map<number, number> {
    const closed = new Map<number, number>();
    const rows = this.database.prepare('SELECT tag, sequence FROM block ORDER BY number DESC').iterate();
    for (const row of rows) {
      const at = Number(row['sequence']);
      if (at < sequence) break;
      const tag = Number(row['tag']);
      closed.set(tag, Math.max(at, closed.get(tag) ?? 0));
    }
    return closed;
  }
}

/** The days of a folder; a few are held open, the least recently used is closed. */
export class DayFiles {
  readonly #folder: string;
  readonly #days = new Set<number>();
  readonly #open = new Map<number, DayFile>();

  constructor(folder: string) {
    this.#folder = folder;
    for (const name of readdirSync(folder)) {
      const date = NAME.exec(name)?.[1];
      if (date !== undefined) this.#days.add((Date.parse(`${date}T00:00:00Z`) * 1000) / DAY_US);
    }
  }

  /** Days (since 1970) that have a file, in order. */
  list(): number[] {
    return [...this.#days].sort((a, b) => a - b);
  }

  /** The day, made where it is missing. */
  open(day: number): DayFile {
    const known = this.#open.get(day);
    if (known !== undefined) {
      // Re-inserting keeps the map in order of use.
      this.#open.delete(day);
      this.#open.set(day, known);
      return known;
    }
    const [oldest] = this.#open;
    if (this.#open.size >= STORE_DAY_FILES_OPEN_MAX && oldest !== undefined) this.#close(oldest[0]);
    const file = new DayFile(this.#path(day));
    this.#open.set(day, file);
    this.#days.add(day);
    return file;
  }

  /** Makes everything written to open days safe against loss of power. */
  checkpoint(): void {
    for (const file of this.#open.values()) file.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  bytes(day: number): number {
    return sizeOf(this.#path(day)) + sizeOf(`${this.#path(day)}-wal`);
  }

  remove(day: number): void {
    this.#close(day);
    for (const suffix of ['-wal', '-shm', '']) rmSync(this.#path(day) + suffix, { force: true });
    this.#days.delete(day);
  }

  close(): void {
    for (const day of [...this.#open.keys()]) this.#close(day);
  }

  #close(day: number): void {
    this.#open.get(day)?.database.close();
    this.#open.delete(day);
  }

  #path(day: number): string {
    return join(this.#folder, `samples-${new Date(day * 86_400_000).toISOString().slice(0, 10)}.db`);
  }
}

export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
