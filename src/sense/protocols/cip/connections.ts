/**
 * CIP connections (The CIP Networks Library, Volume 1, 3-5.5): Forward Open and Forward Close as read, the connections of one
 * EtherNet/IP conversation, and those of I/O that the whole worker knows, since implicit messages travel in conversations of their own.
 */
import { CIP_CONNECTIONS_MAX, CIP_IO_CONNECTIONS_MAX } from '../../../limits.ts';
import { NO_SYMBOL } from '../message-view.ts';
import type { SymbolTable } from '../symbols.ts';
import { u16le, u32le } from '../values.ts';
import { attributeSymbol, type CipPath, NOT_GIVEN } from './path.ts';

/** Forward Open before its path, with 16-bit and with 32-bit connection parameters. [bytes] */
export const FORWARD_OPEN_BYTES = 36;
export const LARGE_FORWARD_OPEN_BYTES = 40;
/** Successful reply before the application's own data. [bytes] */
export const FORWARD_OPEN_REPLY_BYTES = 26;
/** Forward Close before its path. [bytes] */
export const FORWARD_CLOSE_BYTES = 12;
/** Nothing known under that id. */
export const NO_CONNECTION = -1;

/** A Forward Open request in numbers; reused by whoever reads one. Sizes in bytes, RPI in µs. */
export class ForwardOpenFields {
  connectionSerial = 0;
  vendor = 0;
  originatorSerial = 0;
  originatorToTargetId = 0;
  targetToOriginatorId = 0;
  originatorToTargetRpiUs = 0;
  targetToOriginatorRpiUs = 0;
  originatorToTargetBytes = 0;
  targetToOriginatorBytes = 0;
  /** 0 and 1: implicit; 2 and 3: explicit messages. */
  transportClass = 0;
  /** Path within the message. */
  pathAt = 0;
  pathEnd = 0;

  /** Reads the data of a request at `at`; false where it is cut short. */
  read(bytes: Uint8Array, at: number, end: number, large: boolean): boolean {
    const fixed = large ? LARGE_FORWARD_OPEN_BYTES : FORWARD_OPEN_BYTES;
    if (at + fixed > end) return false;
    // Priority and tick, time-out ticks: two octets nobody here needs.
    this.originatorToTargetId = u32le(bytes, at + 2);
    this.targetToOriginatorId = u32le(bytes, at + 6);
    this.connectionSerial = u16le(bytes, at + 10);
    this.vendor = u16le(bytes, at + 12);
    this.originatorSerial = u32le(bytes, at + 14);
    this.originatorToTargetRpiUs = u32le(bytes, at + 22);
    const second = at + 26 + (large ? 4 : 2);
    this.targetToOriginatorRpiUs = u32le(bytes, second);
    // Size: nine bits, or sixteen in the large form (3-5.5.1.1).
    this.originatorToTargetBytes = large ? u16le(bytes, at + 26) : u16le(bytes, at + 26) & 0x1ff;
    this.targetToOriginatorBytes = large ? u16le(bytes, second + 4) : u16le(bytes, second + 4) & 0x1ff;
    this.transportClass = bytes[at + fixed - 2]! & 0x0f;
    this.pathAt = at + fixed;
    this.pathEnd = this.pathAt + 2 * bytes[at + fixed - 1]!;
    return this.pathEnd <= end;
  }
}

const COLUMNS = 12;
const SERIAL = 0;
const VENDOR = 1;
const ORIGINATOR = 2;
const OT_ID = 3;
const TO_ID = 4;
const CLASS = 5;
const ROUTE = 6;
const CONSUMED = 7;
const PRODUCED = 8;
const OT_BYTES = 9;
const TO_BYTES = 10;
const STATE = 11;

const FREE = 0;
const OPENING = 1;
const OPEN = 2;

/** Connections of one conversation: a small ring of numbers. */
export class ConnectionTable {
  /** Connections forgotten because the table was full. */
  overflow = 0;
  readonly #worker: WorkerConnections;
  #cells = new Float64Array(4 * COLUMNS);
  #next = 0;

  constructor(worker: WorkerConnections) {
    this.#worker = worker;
  }

  /** A Forward Open was asked for. */
  opening(fields: ForwardOpenFields, path: CipPath, symbols: SymbolTable): void {
    // Asked for again: the same connection.
    const known = this.#named(fields.connectionSerial, fields.vendor, fields.originatorSerial);
    const base = known === NO_CONNECTION ? this.#place() : known * COLUMNS;
    const cells = this.#cells;
    cells[base + SERIAL] = fields.connectionSerial;
    cells[base + VENDOR] = fields.vendor;
    cells[base + ORIGINATOR] = fields.originatorSerial;
    cells[base + OT_ID] = fields.originatorToTargetId;
    cells[base + TO_ID] = fields.targetToOriginatorId;
    cells[base + CLASS] = fields.transportClass;
    cells[base + ROUTE] = path.route;
    const produced = path.secondPoint === NOT_GIVEN ? path.point : path.secondPoint;
    cells[base + CONSUMED] = pointSymbol(symbols, path, path.point);
    cells[base + PRODUCED] = pointSymbol(symbols, path, produced);
    cells[base + OT_BYTES] = fields.originatorToTargetBytes;
    cells[base + TO_BYTES] = fields.targetToOriginatorBytes;
    cells[base + STATE] = OPENING;
  }

  /** The target agreed: ids as in the reply at `at` (3-5.5.2), which each side chose for what it receives. */
  opened(bytes: Uint8Array, at: number): void {
    const row = this.#named(u16le(bytes, at + 8), u16le(bytes, at + 10), u32le(bytes, at + 12));
    if (row < 0) return;
    const cells = this.#cells;
    const base = row * COLUMNS;
    cells[base + OT_ID] = u32le(bytes, at);
    cells[base + TO_ID] = u32le(bytes, at + 4);
    cells[base + STATE] = OPEN;
    if (cells[base + CLASS]! > 1) return;
    this.#worker.open(cells[base + OT_ID]!, true, cells[base + ROUTE]!, cells[base + CONSUMED]!, cells[base + CLASS]!);
    this.#worker.open(cells[base + TO_ID]!, false, cells[base + ROUTE]!, cells[base + PRODUCED]!, cells[base + CLASS]!);
  }

  /** The connection with this serial number, vendor and originator is closed. */
  closed(bytes: Uint8Array, at: number): void {
    const row = this.#named(u16le(bytes, at), u16le(bytes, at + 2), u32le(bytes, at + 4));
    if (row < 0) return;
    const base = row * COLUMNS;
    if (this.#cells[base + CLASS]! <= 1) {
      this.#worker.close(this.#cells[base + OT_ID]!);
      this.#worker.close(this.#cells[base + TO_ID]!);
    }
    this.#cells[base + STATE] = FREE;
  }

  /** Row of the connection whose receiver is the target and has this id; one never opened in sight is added. */
  byRequestId(id: number): number {
    const row = this.#with(OT_ID, id);
    if (row !== NO_CONNECTION) return row;
    const base = this.#place();
    this.#cells.fill(0, base, base + COLUMNS);
    this.#cells[base + OT_ID] = id;
    this.#cells[base + TO_ID] = NO_CONNECTION;
    this.#cells[base + CLASS] = 3;
    this.#cells[base + ROUTE] = NO_SYMBOL;
    this.#cells[base + STATE] = OPEN;
    return base / COLUMNS;
  }

  /** Row of the connection whose receiver is the originator and has this id, or `NO_CONNECTION`. */
  byReplyId(id: number): number {
    return this.#with(TO_ID, id);
  }

  /** Rows there are; to look through those whose reply id is not known. */
  get rows(): number {
    return this.#cells.length / COLUMNS;
  }

  /** True where a connection stands in `row` whose replies were not seen yet. */
  lacksReplyId(row: number): boolean {
    return this.#cells[row * COLUMNS + STATE] === OPEN && this.#cells[row * COLUMNS + TO_ID] === NO_CONNECTION;
  }

  learnReplyId(row: number, id: number): void {
    this.#cells[row * COLUMNS + TO_ID] = id;
  }

  /** Id that replies on `row` bear, or `NO_CONNECTION`. */
  replyId(row: number): number {
    return this.#cells[row * COLUMNS + TO_ID]!;
  }

  route(row: number): number {
    return row < 0 ? NO_SYMBOL : this.#cells[row * COLUMNS + ROUTE]!;
  }

  #with(column: number, id: number): number {
    for (let base = 0; base < this.#cells.length; base += COLUMNS) {
      if (this.#cells[base + STATE] === OPEN && this.#cells[base + column] === id) return base / COLUMNS;
    }
    return NO_CONNECTION;
  }

  #named(serial: number, vendor: number, originator: number): number {
    const cells = this.#cells;
    for (let base = 0; base < cells.length; base += COLUMNS) {
      if (cells[base + STATE] === FREE || cells[base + SERIAL] !== serial) continue;
      if (cells[base + VENDOR] === vendor && cells[base + ORIGINATOR] === originator) return base / COLUMNS;
    }
    return NO_CONNECTION;
  }

  /** A free row, else the next in turn. */
  #place(): number {
    for (let base = 0; base < this.#cells.length; base += COLUMNS) if (this.#cells[base + STATE] === FREE) return base;
    const length = this.#cells.length;
    if (length < CIP_CONNECTIONS_MAX * COLUMNS) {
      const larger = new Float64Array(2 * length);
      larger.set(this.#cells);
      this.#cells = larger;
      return length;
    }
    this.overflow++;
    const base = this.#next * COLUMNS;
    this.#next = (this.#next + 1) % CIP_CONNECTIONS_MAX;
    return base;
  }
}

/** Name of the assembly (or other object) an I/O connection consumes or produces. */
function pointSymbol(symbols: SymbolTable, path: CipPath, point: number): number {
  if (path.isTag) return path.symbol;
  const instance = point === NOT_GIVEN ? path.instance : point;
  return path.cls === NOT_GIVEN ? NO_SYMBOL : attributeSymbol(symbols, path.cls, instance, NOT_GIVEN);
}

/** What an implicit message belongs to. */
export interface IoConnection {
  /** True: produced by the originator (outputs), false: by the target (inputs). */
  readonly fromOriginator: boolean;
  readonly route: number;
  readonly symbol: number;
  readonly transportClass: number;
}

/** Connections of one worker. */
export class WorkerConnections {
  /** I/O connections forgotten because the table was full. */
  overflow = 0;
  /** Connection id that a refusal of the message being handled must bear; valid as long as the view. */
  replyId = NO_CONNECTION;
  readonly #io = new Map<number, IoConnection>();

  /** Remembers an I/O connection by the id its messages bear. Rare: once a connection, so an object may be made. */
  open(id: number, fromOriginator: boolean, route: number, symbol: number, transportClass: number): void {
    this.#io.delete(id);
    if (this.#io.size >= CIP_IO_CONNECTIONS_MAX) {
      const oldest = this.#io.keys().next();
      if (oldest.done !== true) this.#io.delete(oldest.value);
      this.overflow++;
    }
    this.#io.set(id, { fromOriginator, route, symbol, transportClass });
  }

  close(id: number): void {
    this.#io.delete(id);
  }

  io(id: number): IoConnection | undefined {
    return this.#io.get(id);
  }
}

const workers = new WeakMap<SymbolTable, WorkerConnections>();

/** The connections of the worker that `symbols` belongs to. */
export function workerConnections(symbols: SymbolTable): WorkerConnections {
  let worker = workers.get(symbols);
  if (worker === undefined) {
    worker = new WorkerConnections();
    workers.set(symbols, worker);
  }
  return worker;
}
