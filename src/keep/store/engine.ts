/** The files of one data folder, opened by the writer thread: everything here is synchronous and throws what SQLite throws. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../../base/errors.ts';
import { DAY_US, sizeOf } from './day-files.ts';
import type { ReadRequest, WriteBatch } from './messages.ts';
import { configure, MAIN_MIGRATIONS, migrate } from './migrations.ts';
import { RecordStore } from './record-store.ts';
import { SampleStore } from './sample-store.ts';
import type { Retention, RetentionResult } from './store.ts';

/** Memory for pages of the main file. [KiB] */
const CACHE_KIB = 32 * 1024;
const PAGE_BYTES = 4_096;

export class StoreEngine {
  readonly #path: string;
  readonly #lock: DatabaseSync;
  readonly #main: DatabaseSync;
  readonly #samples: SampleStore;
  readonly #records: RecordStore;
  /** Committed samples whose blocks could not be closed yet. */
  #closingFailed = false;

  /** Opens or makes the folder. Throws STORE_FAILED with a sentence where it is in use, too new, damaged or cannot be written. */
  constructor(folder: string) {
    this.#path = join(folder, 'firedoor.db');
    try {
      mkdirSync(folder, { recursive: true });
      this.#lock = lockFolder(folder);
      this.#main = new DatabaseSync(this.#path);
      configure(this.#main, CACHE_KIB, PAGE_BYTES);
      migrate(this.#main, MAIN_MIGRATIONS, this.#path);
      this.#records = new RecordStore(this.#main);
      this.#samples = new SampleStore(this.#main, folder);
    } catch (error) {
      if (error instanceof FiredoorError) throw error;
      const sentence = `The data folder ${folder} cannot be opened: ${sentenceOf(error)}. Check that it can be written, or restore a backup.`;
      throw new FiredoorError(ERROR_CODES.STORE_FAILED, sentence, { cause: error });
    }
  }

  names(): [number, string][] {
    const rows = this.#main.prepare('SELECT number, name FROM tag ORDER BY number').all();
    return rows.map((row) => [Number(row['number']), String(row['name'])]);
  }

  /** One commit. Throws, with nothing written, where the disk refuses. */
  write({ samples, sampleCount, names, operations }: WriteBatch): void {
    if (this.#samples.full) this.closeBlocks();
    this.#main.exec('BEGIN IMMEDIATE');
    try {
      if (names.length > 0) {
        const put = this.#main.prepare('INSERT OR IGNORE INTO tag VALUES (?,?)');
        for (const [number, name] of names) put.run(number, name);
      }
      if (samples !== null) this.#samples.journal(samples, sampleCount);
      this.#records.apply(operations);
      this.#main.exec('COMMIT');
    } catch (error) {
      if (this.#main.isTransaction) this.#main.exec('ROLLBACK');
      this.#records.rolledBack();
      throw error;
    }
    this.#records.committed();
    if (samples === null) return;
    // The batch is safe in the journal: a day's file that refuses now must not make it be written twice.
    try {
      this.#samples.absorb(samples, sampleCount);
    } catch {
      this.#closingFailed = true;
    }
  }

  /** Closes blocks that are due, again after a failure. Throws where it fails. */
  closeBlocks(): void {
    this.#closingFailed = true;
    this.#samples.closeAllDue();
    this.#closingFailed = false;
  }

  /** True where samples wait for a day's file that refused. */
  get closingFailed(): boolean {
    return this.#closingFailed;
  }

  read(request: ReadRequest): unknown {
    switch (request.read) {
      case 'trend':
        return this.#samples.trend(request.tag, request.fromUs, request.toUs, request.buckets);
      case 'last':
        return this.#samples.last(request.tag, request.count);
      case 'samples':
        return this.#samples.samples(request.tag, request.fromUs, request.toUs, request.limit);
      case 'get':
        return this.#records.get(request.kind, request.id);
      case 'list':
        return this.#records.list(request.kind, request.query);
      case 'audit':
        return this.#records.audit(request.query);
      case 'verify':
        return this.#records.verifyAudit();
      case 'snapshot':
        return this.#records.snapshot(request.name);
      case 'retain':
        return this.#retain(request.retention, request.nowUs);
    }
  }

  close(): void {
    this.#samples.days.close();
    this.#main.close();
    this.#lock.close();
  }

  #retain({ samplesDays, recordsDays, bytesMax }: Retention, nowUs: number): RetentionResult {
    const { days } = this.#samples;
    let daysRemoved = 0;
    const remove = (day: number): void => {
      this.#samples.removeDay(day);
      daysRemoved++;
    };
    for (const day of days.list()) if ((day + 1) * DAY_US <= nowUs - samplesDays * DAY_US) remove(day);
    const recordsRemoved = this.#records.removeBefore(nowUs - recordsDays * DAY_US);
    this.#main.exec('PRAGMA incremental_vacuum');
    this.#main.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    days.checkpoint();
    for (const day of days.list().slice(0, -1)) if (this.#bytes() > bytesMax) remove(day);
    return { daysRemoved, recordsRemoved, bytes: this.#bytes() };
  }

  #bytes(): number {
    const { days } = this.#samples;
    const main = sizeOf(this.#path) + sizeOf(`${this.#path}-wal`);
    return days.list().reduce((sum, day) => sum + days.bytes(day), main);
  }
}

/** Holds the folder until the process ends, however it ends: the operating system lets go of the lock. */
function lockFolder(folder: string): DatabaseSync {
  const holder = join(folder, 'lock.pid');
  const lock = new DatabaseSync(join(folder, 'lock.db'));
  try {
    lock.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!(error instanceof Error && /locked|busy/i.test(error.message))) throw error;
    const sentence = `The data folder ${folder} is in use by another Firedoor${processOf(holder)}. Stop that one, or choose another folder.`;
    throw new FiredoorError(ERROR_CODES.STORE_FAILED, sentence, { cause: error });
  }
  writeFileSync(holder, String(process.pid));
  return lock;
}

function processOf(holder: string): string {
  try {
    return ` (process ${Number.parseInt(readFileSync(holder, 'utf8'), 10)})`;
  } catch {
    return '';
  }
}
