/**
 * The ledger: every decision other than pass, each line chained to the one before by SHA-256. Pure but for hashing; `ledger-file.ts`
 * writes it. Equal decisions close together are one entry with a count, so that a flood costs neither disk nor reader.
 */
import { createHash } from 'node:crypto';
import { LEDGER_ENTRIES_PER_SECOND_MAX, LEDGER_OPEN_MAX } from '../../../limits.ts';
import type { FunctionClass, Mode, TimeUs } from '../../../records.ts';
import type { Outcome } from './keeper.ts';

/** One value a denied message would have written. */
export interface LedgerWrite {
  readonly tag: string;
  readonly point: string;
  readonly count: number;
  /** In the tag's unit; null where it could not be decoded. */
  readonly value: number | null;
  /** Present value before; null where unknown. */
  readonly before: number | null;
}

/** A decision. Times in plant time (`timeUs`) and wall time (`wallUs`). */
export interface LedgerEntry {
  readonly kind: 'decision';
  readonly id: string;
  readonly timeUs: TimeUs;
  readonly wallUs: TimeUs;
  readonly conduit: string;
  readonly mode: Mode;
  /** `not-evaluated`: passed, and a condition of the rule could not be judged. */
  readonly outcome: Exclude<Outcome, 'passed'> | 'not-evaluated';
  readonly client: string;
  readonly clientPort: number;
  readonly device: string;
  readonly devicePort: number;
  readonly protocol: string;
  readonly function: { readonly code: number; readonly name: string; readonly class: FunctionClass };
  readonly unit: string;
  readonly transaction: number;
  readonly writes: readonly LedgerWrite[];
  readonly rule: string;
  readonly policyVersion: string;
  readonly reason: string;
  readonly sentence: string;
  readonly because: readonly string[];
  readonly notEvaluated: readonly string[];
  /** Why it passed all the same: member of the never-block set, or id of a grant. */
  readonly sparedBy: string;
  /** Operating state by plant unit behind the device. */
  readonly states: Readonly<Record<string, string>>;
  /** What the message would have done to the process, in words; empty where nothing declared says. */
  readonly expectedEffect: string;
  /** How it was answered: `modbus refusal`, `connection closed`, `dropped`; empty where it passed. */
  readonly answered: string;
  /** The message as it stood on the wire, hexadecimal, cut at `LEDGER_FRAME_BYTES_MAX`. */
  readonly bytes: string;
}

/** More of the same: decisions equal to entry `of`, made after it. */
export interface LedgerRepeats {
  readonly kind: 'repeats';
  readonly of: string;
  readonly count: number;
  readonly timeUs: TimeUs;
  readonly wallUs: TimeUs;
}

/** What a person says of an entry. */
export interface LedgerJudgement {
  readonly kind: 'judgement';
  readonly of: string;
  readonly judgement: 'right' | 'wrong' | 'planned work';
  readonly because: string;
  readonly by: string;
  readonly timeUs: TimeUs;
  readonly wallUs: TimeUs;
}

/** Something that changed how decisions are made: policy, mode, switch, grant, start, loss. */
export interface LedgerEvent {
  readonly kind: 'event';
  readonly what: string;
  readonly sentence: string;
  readonly by: string;
  readonly timeUs: TimeUs;
  readonly wallUs: TimeUs;
}

export type LedgerRecord = LedgerEntry | LedgerRepeats | LedgerJudgement | LedgerEvent;

/** First link of a chain. */
export const NO_HASH = '0'.repeat(64);

/** A record as a line of the file: JSON with `previous` and `hash`; the hash covers the text before it. */
export function chained(record: LedgerRecord, previous: string): { readonly line: string; readonly hash: string } {
  const body = `${JSON.stringify(record).slice(0, -1)},"previous":"${previous}"`;
  const hash = createHash('sha256').update(body).digest('hex');
  return { line: `${body},"hash":"${hash}"}`, hash };
}

export interface ChainFault {
  /** 1-based. */
  readonly line: number;
  readonly sentence: string;
}

/** Checks lines of a ledger file; `previous`: hash before the first, or undefined to take what it says. The last hash, or a fault. */
export function verifyChain(
  lines: Iterable<string>,
  previous?: string,
): { readonly hash: string; readonly fault?: ChainFault } {
  let hash = previous;
  let number = 0;
  for (const line of lines) {
    number++;
    if (line === '') continue;
    const at = line.lastIndexOf(',"hash":"');
    const body = line.slice(0, at);
    const said = line.slice(at + 9, at + 73);
    const link = /,"previous":"([0-9a-f]{64})"$/.exec(body)?.[1];
    const right = createHash('sha256').update(body).digest('hex') === said && line.endsWith('"}');
    if (at < 0 || link === undefined || !right) {
      return { hash: hash ?? NO_HASH, fault: { line: number, sentence: `Line ${number} was changed or cut.` } };
    }
    if (hash !== undefined && link !== hash) {
      return { hash, fault: { line: number, sentence: `Lines before line ${number} are missing.` } };
    }
    hash = said;
  }
  return { hash: hash ?? NO_HASH };
}

/** Equal decisions within this time are counted, not written again. [wall µs] */
const REPEAT_US = 1e6;

interface Open {
  readonly id: string;
  readonly sinceUs: TimeUs;
  count: number;
  timeUs: TimeUs;
}

/** Turns decisions into records: the first of equal ones as an entry, the others as counts, all within a bound a second. */
export class LedgerJoin {
  /** Decisions neither written nor counted on an entry, because there were too many different ones in a second. */
  lost = 0;
  readonly #open = new Map<string, Open>();
  #second = 0;
  #written = 0;

  /** True where a decision with this key is to be written as an entry of its own, under `id`. */
  isNew(key: string, id: string, timeUs: TimeUs, wallUs: TimeUs): boolean {
    const open = this.#open.get(key);
    if (open !== undefined && wallUs - open.sinceUs < REPEAT_US) {
      open.count++;
      open.timeUs = timeUs;
      return false;
    }
    const second = Math.floor(wallUs / 1e6);
    if (second !== this.#second) {
      this.#second = second;
      this.#written = 0;
    }
    if (this.#written >= LEDGER_ENTRIES_PER_SECOND_MAX || (open === undefined && this.#open.size >= LEDGER_OPEN_MAX)) {
      this.lost++;
      return false;
    }
    // What was counted on an entry that is over would be forgotten with it.
    if (open !== undefined && open.count > 0) return this.#keepCounting(open, timeUs);
    this.#written++;
    this.#open.set(key, { id, sinceUs: wallUs, count: 0, timeUs });
    return true;
  }

  /** Counts of entries that are over; call now and then, and at the end with an infinite time. */
  due(wallUs: TimeUs): LedgerRepeats[] {
    const due: LedgerRepeats[] = [];
    for (const [key, { id, sinceUs, count, timeUs }] of this.#open) {
      if (wallUs - sinceUs < REPEAT_US) continue;
      this.#open.delete(key);
      if (count > 0)
        due.push({ kind: 'repeats', of: id, count, timeUs, wallUs: Math.min(wallUs, sinceUs + REPEAT_US) });
    }
    return due;
  }

  #keepCounting(open: Open, timeUs: TimeUs): boolean {
    open.count++;
    open.timeUs = timeUs;
    return false;
  }
}
