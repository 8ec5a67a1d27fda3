/**
 * The store inside one data folder: SQLite files written by a thread of their own, so that nobody who puts something in ever
 * waits for the disk. This side queues (bounded), hands batches over, and passes reads on; reads come after all earlier writes.
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../../base/errors.ts';
import {
  STORE_COMMIT_MS,
  STORE_QUEUE_MAX,
  STORE_RECORD_QUEUE_MAX,
  STORE_SAMPLES_READ_MAX,
  STORE_SNAPSHOT_BYTES_MAX,
  TAGS_MAX,
  TREND_BUCKETS_MAX,
} from '../../limits.ts';
import type { TimeUs } from '../../records.ts';
import { canonicalJsonOf, jsonOf } from './json.ts';
import type { FromWriter, ReadRequest, ToWriter, WriteBatch, WriteOperation } from './messages.ts';
import { SampleQueue } from './sample-queue.ts';
import type {
  AuditCheck,
  AuditEntry,
  RecordKind,
  RecordPage,
  RecordQuery,
  Retention,
  RetentionResult,
  SampleBatch,
  SampleSeries,
  Store,
  StoredRecord,
  StoreHealth,
  StoreTrouble,
  TrendSeries,
} from './store.ts';

export interface EmbeddedStoreOptions {
  /** The data folder; made where it is missing. */
  readonly folder: string;
  /** Told when writing begins to fail and when it works again. */
  readonly onTrouble?: (trouble: StoreTrouble) => void;
}

/** Wall time between batches: half of the bound, so that handing over and committing fit into the other half. [ms] */
const BATCH_MS = STORE_COMMIT_MS / 2;
/** Samples that are handed over without waiting for the timer. */
const BATCH_SAMPLES = STORE_QUEUE_MAX / 4;
/** Batches handed over and not yet on disk. */
const BATCHES_OPEN_MAX = 4;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: FiredoorError) => void;
}

/** Opens the store of a folder. Rejects with STORE_FAILED where it is in use, too new, damaged or not writable. */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<Store> {
  // The built program holds .js files where the sources hold .ts files.
  const script = new URL(`./embedded-worker${extname(new URL(import.meta.url).pathname)}`, import.meta.url);
  const worker = new Worker(script, { workerData: options.folder });
  const first = await new Promise<FromWriter>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  if (first.type === 'ready') return new EmbeddedStore(worker, first.names, options.onTrouble ?? (() => {}));
  await worker.terminate();
  throw new FiredoorError(
    ERROR_CODES.STORE_FAILED,
    first.type === 'refused' ? first.sentence : 'The store does not start.',
  );
}

class EmbeddedStore implements Store {
  readonly #worker: Worker;
  readonly #onTrouble: (trouble: StoreTrouble) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #numbers = new Map<string, number>();
  readonly #samples = new SampleQueue(STORE_QUEUE_MAX);
  #newNames: [number, string][] = [];
  /** Operations by what they replace; audit entries by a number, they replace nothing. */
  #operations = new Map<string, WriteOperation>();
  #auditKey = 0;
  /** Samples and operations of batches handed over. */
  #open: { readonly samples: number; readonly operations: number }[] = [];
  readonly #reads = new Map<number, Waiting>();
  #flushes: (Waiting & { batches: number })[] = [];
  #nextRead = 1;
  #closed: (() => void) | undefined;
  #dead = false;
  #failing = '';
  #unknownTagSamples = 0;
  #droppedRecords = 0;
  #errors = 0;
  #commitMs = 0;
  #commitMsMax = 0;
  #sampleCount = 0;
  #recordCount = 0;

  constructor(
    worker: Worker,
    names: readonly (readonly [number, string])[],
    onTrouble: (trouble: StoreTrouble) => void,
  ) {
    this.#worker = worker;
    this.#onTrouble = onTrouble;
    for (const [number, name] of names) this.#numbers.set(name, number);
    worker.on('message', (message: FromWriter) => this.#receive(message));
    worker.on('error', (error) => this.#die(sentenceOf(error)));
    worker.on('exit', () => this.#die('its thread has ended'));
    this.#timer = setInterval(() => {
      if (this.#open.length === 0) this.#handOver();
    }, BATCH_MS);
    // Only what somebody waits for keeps the process running.
    this.#timer.unref();
    worker.unref();
  }

  tagIndex(tag: string): number {
    const known = this.#numbers.get(tag);
    if (known !== undefined) return known;
    if (this.#numbers.size >= TAGS_MAX) return -1;
    const number = this.#numbers.size;
    this.#numbers.set(tag, number);
    this.#newNames.push([number, tag]);
    return number;
  }

  appendSamples({ count, tag, timeUs, value, quality }: SampleBatch): void {
    for (let i = 0; i < count; i++) this.appendSample(tag[i]!, timeUs[i]!, value[i]!, quality[i]!);
  }

  appendSample(tag: number, timeUs: TimeUs, value: number, quality: number): void {
    // A number that is no tag's would be kept where nobody finds it; -1 arrives as 2^32 - 1 out of a typed array.
    if (tag < 0 || tag >= this.#numbers.size || !Number.isFinite(timeUs)) {
      this.#unknownTagSamples++;
      return;
    }
    this.#samples.add(tag, timeUs, value, quality);
    if (this.#samples.length >= BATCH_SAMPLES && this.#open.length < BATCHES_OPEN_MAX && this.#failing === '') {
      this.#handOver();
    }
  }

  async trend(tag: string, fromUs: TimeUs, toUs: TimeUs, buckets: number): Promise<TrendSeries | undefined> {
    const number = this.#numbers.get(tag);
    if (number === undefined) return undefined;
    if (!(toUs > fromUs)) throw new FiredoorError(ERROR_CODES.BAD_USAGE, 'The end of a trend must be after its begin.');
    const count = Math.min(Math.max(1, Math.floor(buckets)), TREND_BUCKETS_MAX);
    return this.#read<TrendSeries>({ read: 'trend', tag: number, fromUs, toUs, buckets: count });
  }

  async lastSamples(tag: string, count: number): Promise<SampleSeries> {
    const number = this.#numbers.get(tag);
    if (number === undefined) return emptySeries();
    return this.#read<SampleSeries>({ read: 'last', tag: number, count: Math.min(count, STORE_SAMPLES_READ_MAX) });
  }

  async samples(tag: string, fromUs: TimeUs, toUs: TimeUs, limit = STORE_SAMPLES_READ_MAX): Promise<SampleSeries> {
    const number = this.#numbers.get(tag);
    if (number === undefined) return emptySeries();
    const most = Math.min(limit, STORE_SAMPLES_READ_MAX);
    return this.#read<SampleSeries>({ read: 'samples', tag: number, fromUs, toUs, limit: most });
  }

  put(kind: RecordKind, id: string, timeUs: TimeUs, value: unknown): void {
    this.#queue(`${kind} ${id}`, { write: 'put', kind, id, timeUs: Math.round(timeUs), json: jsonOf(value) });
  }

  remove(kind: RecordKind, id: string): void {
    this.#queue(`${kind} ${id}`, { write: 'remove', kind, id });
  }

  async get<T = unknown>(kind: RecordKind, id: string): Promise<StoredRecord<T> | undefined> {
    return this.#read<StoredRecord<T> | undefined>({ read: 'get', kind, id });
  }

  async list<T = unknown>(kind: RecordKind, query: RecordQuery = {}): Promise<RecordPage<T>> {
    return this.#read<RecordPage<T>>({ read: 'list', kind, query });
  }

  appendAudit(timeUs: TimeUs, value: unknown): void {
    if (this.#operations.size >= 2 * STORE_RECORD_QUEUE_MAX) {
      const sentence = 'Too much waits for the store, so this cannot be written into the audit and is not done.';
      throw new FiredoorError(ERROR_CODES.STORE_FAILED, `${sentence} ${this.#failing}`.trim());
    }
    const operation = { write: 'audit', timeUs: Math.round(timeUs), json: canonicalJsonOf(value) } as const;
    this.#operations.set(`audit ${this.#auditKey++}`, operation);
  }

  async audit(query: Omit<RecordQuery, 'where'> = {}): Promise<{ total: number; rows: readonly AuditEntry[] }> {
    return this.#read({ read: 'audit', query });
  }

  async verifyAudit(): Promise<AuditCheck> {
    return this.#read<AuditCheck>({ read: 'verify' });
  }

  putSnapshot(name: string, bytes: Uint8Array): void {
    if (bytes.length > STORE_SNAPSHOT_BYTES_MAX) {
      const sentence = `The snapshot ${name} has ${bytes.length} bytes; at most ${STORE_SNAPSHOT_BYTES_MAX} are kept.`;
      throw new FiredoorError(ERROR_CODES.TOO_LARGE, sentence);
    }
    this.#queue(`snapshot ${name}`, { write: 'snapshot', name, bytes: bytes.slice() });
  }

  async getSnapshot(name: string): Promise<Uint8Array | undefined> {
    return this.#read<Uint8Array | undefined>({ read: 'snapshot', name });
  }

  async retain(retention: Retention, nowUs: TimeUs): Promise<RetentionResult> {
    return this.#read<RetentionResult>({ read: 'retain', retention, nowUs });
  }

  health(): StoreHealth {
    const open = this.#open.reduce(
      (sum, batch) => ({ samples: sum.samples + batch.samples, operations: sum.operations + batch.operations }),
      { samples: 0, operations: 0 },
    );
    return {
      waitingSamples: this.#samples.length + open.samples,
      waitingRecords: this.#operations.size + open.operations,
      droppedSamples: this.#samples.dropped + this.#unknownTagSamples,
      droppedRecords: this.#droppedRecords,
      errors: this.#errors,
      failing: this.#failing !== '',
      commitMs: this.#commitMs,
      commitMsMax: this.#commitMsMax,
      samples: this.#sampleCount,
      records: this.#recordCount,
    };
  }

  async flush(): Promise<void> {
    if (this.#failing === '') this.#handOver();
    if (this.#failing !== '') throw new FiredoorError(ERROR_CODES.STORE_FAILED, this.#failing);
    const batches = this.#open.length;
    if (batches === 0) return;
    this.#keepRunning();
    await new Promise<unknown>((resolve, reject) => this.#flushes.push({ batches, resolve, reject }));
  }

  async close(): Promise<void> {
    if (this.#dead || this.#closed !== undefined) return;
    clearInterval(this.#timer);
    this.#handOver();
    this.#worker.ref();
    await new Promise<void>((resolve) => {
      this.#closed = resolve;
      this.#say({ type: 'close' });
    });
    this.#droppedRecords += this.#open.reduce((sum, batch) => sum + batch.operations, 0);
    this.#dead = true;
    await this.#worker.terminate();
  }

  #queue(key: string, operation: WriteOperation): void {
    // Deleting first keeps the order of time, so that the oldest is given up where too much waits.
    this.#operations.delete(key);
    this.#operations.set(key, operation);
    if (this.#operations.size <= STORE_RECORD_QUEUE_MAX) return;
    for (const [oldest, { write }] of this.#operations) {
      if (write === 'audit') continue;
      this.#operations.delete(oldest);
      this.#droppedRecords++;
      return;
    }
  }

  /** Everything that waits becomes one batch. */
  #handOver(): void {
    if (this.#dead || (this.#samples.length === 0 && this.#operations.size === 0 && this.#newNames.length === 0))
      return;
    const sampleCount = this.#samples.length;
    const samples = sampleCount > 0 ? this.#samples.take() : null;
    const batch: WriteBatch = {
      samples,
      sampleCount,
      names: this.#newNames,
      operations: [...this.#operations.values()],
    };
    this.#newNames = [];
    this.#operations = new Map();
    this.#open.push({ samples: sampleCount, operations: batch.operations.length });
    this.#say({ type: 'write', batch }, samples === null ? [] : [samples]);
  }

  #read<T>(request: ReadRequest): Promise<T> {
    if (this.#dead) {
      return Promise.reject(new FiredoorError(ERROR_CODES.STORE_FAILED, this.#failing || 'The store is closed.'));
    }
    if (this.#failing === '' && this.#open.length < BATCHES_OPEN_MAX) this.#handOver();
    const id = this.#nextRead++;
    return new Promise<T>((resolve, reject) => {
      this.#reads.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#keepRunning();
      this.#say({ type: 'read', id, request });
    });
  }

  #receive(message: FromWriter): void {
    if (message.type === 'written') this.#written(message.ms);
    else if (message.type === 'answer') this.#settle(message.id, (read) => read.resolve(message.value));
    else if (message.type === 'failed') {
      const error = new FiredoorError(ERROR_CODES.STORE_FAILED, `The store cannot answer: ${message.sentence}.`);
      this.#settle(message.id, (read) => read.reject(error));
    } else if (message.type === 'trouble') this.#trouble(message.sentence);
    else if (message.type === 'recovered') {
      this.#failing = '';
      this.#onTrouble({ state: 'recovered', sentence: 'The store writes again.' });
    } else if (message.type === 'closed') this.#closed?.();
    this.#letEnd();
  }

  #written(ms: number): void {
    const batch = this.#open.shift();
    this.#sampleCount += batch?.samples ?? 0;
    this.#recordCount += batch?.operations ?? 0;
    this.#commitMs = ms;
    this.#commitMsMax = Math.max(this.#commitMsMax, ms);
    for (const flush of this.#flushes) if (--flush.batches === 0) flush.resolve(undefined);
    this.#flushes = this.#flushes.filter(({ batches }) => batches > 0);
  }

  #settle(id: number, how: (read: Waiting) => void): void {
    const read = this.#reads.get(id);
    this.#reads.delete(id);
    if (read !== undefined) how(read);
  }

  #trouble(sentence: string): void {
    this.#errors++;
    const began = this.#failing === '';
    this.#failing = sentence;
    for (const flush of this.#flushes) flush.reject(new FiredoorError(ERROR_CODES.STORE_FAILED, sentence));
    this.#flushes = [];
    if (began) this.#onTrouble({ state: 'failing', sentence });
  }

  /** The writer thread is gone: nothing more is kept, and everybody who waits is told. */
  #die(reason: string): void {
    if (this.#dead) return;
    this.#dead = true;
    clearInterval(this.#timer);
    const sentence = `The store has stopped (${reason}). Restart Firedoor.`;
    this.#trouble(sentence);
    for (const read of this.#reads.values()) read.reject(new FiredoorError(ERROR_CODES.STORE_FAILED, sentence));
    this.#reads.clear();
    this.#closed?.();
  }

  #keepRunning(): void {
    this.#worker.ref();
  }

  #letEnd(): void {
    if (this.#reads.size === 0 && this.#flushes.length === 0 && this.#closed === undefined) this.#worker.unref();
  }

  #say(message: ToWriter, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}

function emptySeries(): SampleSeries {
  return { timeUs: new Float64Array(0), value: new Float64Array(0), quality: new Uint8Array(0), more: false };
}
