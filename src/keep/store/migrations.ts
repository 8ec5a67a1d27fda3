/** Schema of the store's files. A change of schema is a new entry at the end, never an edit of an old one. */
import type { DatabaseSync } from 'node:sqlite';
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';

/** The main file: records, audit, snapshots, names of tags, journal of samples not yet in blocks, roll-ups of removed days. */
export const MAIN_MIGRATIONS: readonly string[] = [
  `CREATE TABLE tag (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
   CREATE TABLE journal (sequence INTEGER PRIMARY KEY, count INTEGER NOT NULL, data BLOB NOT NULL);
   CREATE TABLE hour (
     tag INTEGER NOT NULL, hourUs INTEGER NOT NULL,
     count INTEGER NOT NULL, min REAL NOT NULL, max REAL NOT NULL, sum REAL NOT NULL,
     PRIMARY KEY (tag, hourUs)) WITHOUT ROWID;
   CREATE TABLE record (kind TEXT NOT NULL, id TEXT NOT NULL, timeUs INTEGER NOT NULL, json TEXT NOT NULL);
   CREATE UNIQUE INDEX record_id ON record (kind, id);
   CREATE INDEX record_time ON record (kind, timeUs);
   CREATE TABLE audit (position INTEGER PRIMARY KEY, timeUs INTEGER NOT NULL, json TEXT NOT NULL, hash TEXT NOT NULL);
   CREATE TABLE snapshot (name TEXT PRIMARY KEY, bytes BLOB NOT NULL);
   CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);`,
];

/** One file of samples a UTC plant day. `finite`: values behind min, max, sum. `sequence`: journal up to which the tag is in blocks. */
export const DAY_MIGRATIONS: readonly string[] = [
  `CREATE TABLE block (
     number INTEGER PRIMARY KEY, tag INTEGER NOT NULL, fromUs INTEGER NOT NULL, toUs INTEGER NOT NULL,
     count INTEGER NOT NULL, finite INTEGER NOT NULL, min REAL, max REAL, sum REAL,
     sequence INTEGER NOT NULL, data BLOB NOT NULL);
   CREATE INDEX block_tag ON block (tag, fromUs);
   CREATE TABLE hour (
     tag INTEGER NOT NULL, hourUs INTEGER NOT NULL,
     count INTEGER NOT NULL, min REAL NOT NULL, max REAL NOT NULL, sum REAL NOT NULL,
     PRIMARY KEY (tag, hourUs)) WITHOUT ROWID;`,
];

/** Brings a file up to date, one transaction a step. Throws STORE_FAILED for a file made by a newer Firedoor. */
export function migrate(database: DatabaseSync, migrations: readonly string[], file: string): void {
  const row = database.prepare('PRAGMA user_version').get();
  const version = Number(row?.['user_version'] ?? 0);
  if (version > migrations.length) {
    const sentence = `${file} was written by a newer Firedoor (schema ${version}, this one knows ${migrations.length}). Use that version, or another data folder.`;
    throw new FiredoorError(ERROR_CODES.STORE_FAILED, sentence);
  }
  for (let step = version; step < migrations.length; step++) {
    database.exec(`BEGIN IMMEDIATE; ${migrations[step]}; PRAGMA user_version = ${step + 1}; COMMIT`);
  }
}

/**
 * Write-ahead log, so that a kill loses no commit and readers never wait; memory for pages bounded. `pageBytes` counts only for a
 * new file.
 */
export function configure(database: DatabaseSync, cacheKiB: number, pageBytes: number): void {
  database.exec(`PRAGMA page_size = ${pageBytes}`);
  database.exec('PRAGMA auto_vacuum = INCREMENTAL');
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = NORMAL');
  database.exec(`PRAGMA cache_size = -${cacheKiB}`);
}
