/**
 * The ledger on disk, written by the enforcer itself: append only, a line a record, synchronously before the refusal goes out, so that
 * what a client was told stands in the file even after kill -9. A disk that takes nothing stops no decision.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { LEDGER_FILE_BYTES_MAX, LEDGER_WAITING_MAX } from '../../../limits.ts';
import { chained, type LedgerRecord, NO_HASH } from './ledger.ts';

/** Enough of the end of a file to hold its last line. [bytes] */
const TAIL_BYTES = 64 * 1024;

export interface LedgerFigures {
  readonly written: number;
  /** Records waiting because the disk took none, and those given up. */
  readonly waiting: number;
  readonly lost: number;
  /** Why the last write failed; empty where it did not. */
  readonly trouble: string;
}

export class LedgerFile {
  readonly #path: string;
  readonly #write: (file: number, bytes: Uint8Array) => number;
  #file = -1;
  #hash = NO_HASH;
  #bytes = 0;
  #written = 0;
  #lost = 0;
  #trouble = '';
  readonly #waiting: LedgerRecord[] = [];

  /** `write`: as `fs.writeSync`; tests inject a full disk. */
  constructor(
    path: string,
    write: (file: number, bytes: Uint8Array) => number = (file, bytes) => writeSync(file, bytes),
  ) {
    this.#path = path;
    this.#write = write;
  }

  /** Appends a record; false where it has to wait. */
  append(record: LedgerRecord): boolean {
    this.#waiting.push(record);
    if (this.#waiting.length > LEDGER_WAITING_MAX) {
      this.#waiting.shift();
      this.#lost++;
    }
    return this.flush();
  }

  /** Writes what waits; true where nothing waits any more. */
  flush(): boolean {
    try {
      while (this.#waiting.length > 0) {
        if (this.#file < 0 || this.#bytes >= LEDGER_FILE_BYTES_MAX) this.#open();
        this.#line(this.#waiting[0]!);
        this.#waiting.shift();
      }
      this.#trouble = '';
      return true;
    } catch (error) {
      this.#trouble = error instanceof Error ? error.message : String(error);
      return false;
    }
  }

  figures(): LedgerFigures {
    return { written: this.#written, waiting: this.#waiting.length, lost: this.#lost, trouble: this.#trouble };
  }

  close(): void {
    this.flush();
    if (this.#file >= 0) closeSync(this.#file);
    this.#file = -1;
  }

  #line(record: LedgerRecord): void {
    const { line, hash } = chained(record, this.#hash);
    const bytes = Buffer.from(`${line}\n`);
    try {
      for (let at = 0; at < bytes.length; ) at += this.#write(this.#file, bytes.subarray(at));
    } catch (error) {
      // Half a line must not stand before the next try.
      ftruncateSync(this.#file, this.#bytes);
      throw error;
    }
    this.#bytes += bytes.length;
    this.#hash = hash;
    this.#written++;
  }

  #open(): void {
    mkdirSync(dirname(this.#path), { recursive: true });
    if (this.#file >= 0) closeSync(this.#file);
    this.#file = -1;
    if (this.#bytes >= LEDGER_FILE_BYTES_MAX) this.#turnPage();
    this.#file = openSync(this.#path, 'a+');
    this.#bytes = fstatSync(this.#file).size;
    if (this.#bytes === 0) return;
    const tail = Buffer.alloc(Math.min(this.#bytes, TAIL_BYTES));
    readSync(this.#file, tail, 0, tail.length, this.#bytes - tail.length);
    const text = tail.toString('utf8');
    // A line cut short by a loss of power stays as it is and is shown as a fault; the chain goes on after it.
    if (!text.endsWith('\n')) this.#bytes += this.#write(this.#file, Buffer.from('\n'));
    const hashes = [...text.matchAll(/"hash":"([0-9a-f]{64})"\}\n/g)];
    this.#hash = hashes.at(-1)?.[1] ?? NO_HASH;
  }

  #turnPage(): void {
    let number = 1;
    while (existsSync(`${this.#path}.${number}`)) number++;
    renameSync(this.#path, `${this.#path}.${number}`);
    this.#bytes = 0;
  }
}
