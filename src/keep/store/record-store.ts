/** Records, audit chain and snapshots in the main file. */
import { createHash } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { STORE_LIST_ROWS_MAX } from '../../limits.ts';
import type { WriteOperation } from './messages.ts';
import { likeText, whereClauses } from './record-query.ts';
import type { AuditCheck, AuditEntry, RecordKind, RecordPage, RecordQuery, StoredRecord } from './store.ts';

const LIST_ROWS_DEFAULT = 100;
/** Where the chain begins. */
const FIRST_HASH = '0'.repeat(64);

/** Kinds that retention removes by age; the others are few, or needed for as long as Firedoor runs. */
const AGEING = `(kind IN ('finding', 'operation', 'work') OR (kind = 'incident' AND json_extract(json, '$.state') = 'closed'))`;

interface Head {
  readonly position: number;
  readonly hash: string;
}

export class RecordStore {
  readonly #main: DatabaseSync;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;
  readonly #insertAudit: StatementSync;
  readonly #putSnapshot: StatementSync;
  readonly #putHead: StatementSync;
  #head: Head;
  #nextHead: Head;

  constructor(main: DatabaseSync) {
    this.#main = main;
    this.#put = main.prepare(
      `INSERT INTO record (kind, id, timeUs, json) VALUES (?,?,?,?)
       ON CONFLICT (kind, id) DO UPDATE SET timeUs = excluded.timeUs, json = excluded.json`,
    );
    this.#remove = main.prepare('DELETE FROM record WHERE kind = ? AND id = ?');
    this.#insertAudit = main.prepare('INSERT INTO audit VALUES (?,?,?,?)');
    this.#putSnapshot = main.prepare('INSERT OR REPLACE INTO snapshot VALUES (?,?)');
    this.#putHead = main.prepare("INSERT OR REPLACE INTO meta VALUES ('audit-head', ?)");
    const last = main.prepare('SELECT position, hash FROM audit ORDER BY position DESC LIMIT 1').get();
    this.#head = { position: Number(last?.['position'] ?? 0), hash: String(last?.['hash'] ?? FIRST_HASH) };
    this.#nextHead = this.#head;
  }

  /** Applies operations; call inside a transaction, then `committed` or `rolledBack`. */
  apply(operations: readonly WriteOperation[]): void {
    for (const operation of operations) {
      if (operation.write === 'put') {
        this.#put.run(operation.kind, operation.id, operation.timeUs, operation.json);
      } else if (operation.write === 'remove') this.#remove.run(operation.kind, operation.id);
      else if (operation.write === 'snapshot') this.#putSnapshot.run(operation.name, operation.bytes);
      else this.#appendAudit(operation.timeUs, operation.json);
    }
    if (this.#nextHead !== this.#head) this.#putHead.run(`${this.#nextHead.position} ${this.#nextHead.hash}`);
  }

  committed(): void {
    this.#head = this.#nextHead;
  }

  rolledBack(): void {
    this.#nextHead = this.#head;
  }

  get(kind: RecordKind, id: string): StoredRecord | undefined {
    const row = this.#main.prepare('SELECT id, timeUs, json FROM record WHERE kind = ? AND id = ?').get(kind, id);
    return row === undefined ? undefined : recordOf(row);
  }

  list(kind: RecordKind, query: RecordQuery): RecordPage {
    const { sql, values } = whereClauses(query);
    const where = `FROM record WHERE kind = ?${sql}`;
    const total = this.#main.prepare(`SELECT count(*) AS total ${where}`).get(kind, ...values);
    const rows = this.#main
      .prepare(`SELECT id, timeUs, json ${where} ${orderOf(query, 'timeUs', 'id')} LIMIT ? OFFSET ?`)
      .all(kind, ...values, ...pageOf(query));
    return { total: Number(total?.['total']), rows: rows.map(recordOf) };
  }

  audit(query: RecordQuery): { total: number; rows: AuditEntry[] } {
    const { fromUs, toUs, search } = query;
    const where = `FROM audit WHERE timeUs >= ? AND timeUs < ? AND json LIKE ? ESCAPE '\\'`;
    const values = [fromUs ?? -(2 ** 53), toUs ?? 2 ** 53, likeText(search ?? '')];
    const total = this.#main.prepare(`SELECT count(*) AS total ${where}`).get(...values);
    const rows = this.#main
      .prepare(`SELECT * ${where} ${orderOf(query, 'position', 'position')} LIMIT ? OFFSET ?`)
      .all(...values, ...pageOf(query));
    return { total: Number(total?.['total']), rows: rows.map(entryOf) };
  }

  verifyAudit(): AuditCheck {
    let hash = FIRST_HASH;
    let position = 0;
    for (const row of this.#main.prepare('SELECT * FROM audit ORDER BY position').iterate()) {
      position++;
      const json = String(row['json']);
      hash = chain(hash, position, Number(row['timeUs']), json);
      if (Number(row['position']) !== position || row['hash'] !== hash) {
        return { entries: this.#head.position, brokenAt: position, head: this.#head.hash };
      }
    }
    // A chain that lost its end still fits in itself; what was noted at the last entry shows it.
    const noted = this.#main.prepare("SELECT value FROM meta WHERE name = 'audit-head'").get()?.['value'];
    const whole = position === 0 ? noted === undefined : noted === `${position} ${hash}`;
    return { entries: position, brokenAt: whole ? null : position + 1, head: hash };
  }

  snapshot(name: string): Uint8Array | undefined {
    return this.#main.prepare('SELECT bytes FROM snapshot WHERE name = ?').get(name)?.['bytes'] as Uint8Array;
  }

  /** Removes ageing records before `beforeUs`; returns how many. */
  removeBefore(beforeUs: number): number {
    const { changes } = this.#main.prepare(`DELETE FROM record WHERE timeUs < ? AND ${AGEING}`).run(beforeUs);
    this.#main.prepare('DELETE FROM hour WHERE hourUs < ?').run(beforeUs);
    return Number(changes);
  }

  #appendAudit(timeUs: number, json: string): void {
    const position = this.#nextHead.position + 1;
    const hash = chain(this.#nextHead.hash, position, timeUs, json);
    this.#insertAudit.run(position, timeUs, json, hash);
    this.#nextHead = { position, hash };
  }
}

/** Hash of an entry. Position and time are inside, so that entries can be neither moved nor dated back. */
function chain(before: string, position: number, timeUs: number, json: string): string {
  return createHash('sha256').update(`${before}\n${position}\n${timeUs}\n${json}`).digest('hex');
}

function recordOf(row: Record<string, unknown>): StoredRecord {
  return { id: String(row['id']), timeUs: Number(row['timeUs']), value: JSON.parse(String(row['json'])) };
}

function entryOf(row: Record<string, unknown>): AuditEntry {
  return {
    position: Number(row['position']),
    timeUs: Number(row['timeUs']),
    value: JSON.parse(String(row['json'])),
    hash: String(row['hash']),
  };
}

function orderOf({ order }: RecordQuery, first: string, second: string): string {
  const direction = order === 'oldest' ? 'ASC' : 'DESC';
  return `ORDER BY ${first} ${direction}, ${second} ${direction}`;
}

function pageOf({ limit, offset }: RecordQuery): [number, number] {
  const rows = Math.min(Math.max(0, limit ?? LIST_ROWS_DEFAULT), STORE_LIST_ROWS_MAX);
  return [rows, Math.max(0, offset ?? 0)];
}
