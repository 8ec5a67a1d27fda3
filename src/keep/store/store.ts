/**
 * What Firedoor keeps, behind one interface: samples with their trends, records by kind, the audit chain, engine snapshots.
 * Every implementation passes `contract.test.ts`. Writing never waits: it queues, bounded and counted; reading sees what was
 * written before by the same program.
 */
import type { Quality, TimeUs } from '../../records.ts';

/** Kinds of records. `operation`: writes and controls seen; `work`: work windows. The audit has methods of its own. */
export const RECORD_KINDS = [
  'incident',
  'finding',
  'asset',
  'conversation',
  'operation',
  'baseline',
  'judgement',
  'work',
] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** Quality as a number, as in sample columns. */
export const QUALITY_CODES: Readonly<Record<Quality, number>> = { good: 0, uncertain: 1, bad: 2 };

/** Samples as columns: `count` rows of each. Times are kept to the whole microsecond, values exactly. */
export interface SampleBatch {
  readonly count: number;
  /** Numbers given by `Store.tagIndex`. */
  readonly tag: Uint32Array;
  readonly timeUs: Float64Array;
  readonly value: Float64Array;
  /** `QUALITY_CODES`. */
  readonly quality: Uint8Array;
}

/** Samples of one tag in order of time. */
export interface SampleSeries {
  readonly timeUs: Float64Array;
  readonly value: Float64Array;
  readonly quality: Uint8Array;
  /** True where the range holds more than was asked for; the earliest are given. */
  readonly more: boolean;
}

/**
 * A range in equal buckets. Bucket `i` begins at `fromUs + i * (toUs - fromUs) / buckets`; an empty one has count 0 and NaN.
 * Every finite sample of the range is inside the minimum and maximum of its bucket, so no spike is lost.
 */
export interface TrendSeries {
  /** Begin of each bucket. */
  readonly timeUs: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly mean: Float64Array;
  readonly count: Float64Array;
}

/** One kept record. */
export interface StoredRecord<T = unknown> {
  readonly id: string;
  readonly timeUs: TimeUs;
  readonly value: T;
}

export interface RecordQuery {
  /** Times from (included) and to (excluded). */
  readonly fromUs?: TimeUs;
  readonly toUs?: TimeUs;
  /** Text anywhere in the record, upper and lower case alike for ASCII. */
  readonly search?: string;
  /**
   * Fields that must have a value; a list field must hold it. Names are as in the record, dots go inside (`subject.device`).
   */
  readonly where?: Readonly<Record<string, string | number | boolean>>;
  readonly offset?: number;
  /** At most `STORE_LIST_ROWS_MAX`; default 100. */
  readonly limit?: number;
  /** By time; default newest first. */
  readonly order?: 'newest' | 'oldest';
}

export interface RecordPage<T = unknown> {
  readonly total: number;
  readonly rows: readonly StoredRecord<T>[];
}

/** One line of the audit: who did what. `value` is free. */
export interface AuditEntry {
  /** 1, 2, 3 … without a hole. */
  readonly position: number;
  readonly timeUs: TimeUs;
  readonly value: unknown;
  /** SHA-256, hexadecimal, of the hash before it and this entry's canonical JSON. */
  readonly hash: string;
}

export interface AuditCheck {
  readonly entries: number;
  /** First position that does not fit the chain; null for a whole one. */
  readonly brokenAt: number | null;
  /** Hash of the last entry: kept elsewhere it proves later that nothing was cut off or rewritten. */
  readonly head: string;
}

export interface Retention {
  /** Samples of whole UTC plant days older than this go; their hourly roll-ups stay `recordsDays`. */
  readonly samplesDays: number;
  /** Findings, operations, work windows and closed incidents older than this go. */
  readonly recordsDays: number;
  /** Size of everything kept; beyond it the oldest days of samples go, never the newest. [bytes] */
  readonly bytesMax: number;
}

export interface RetentionResult {
  readonly daysRemoved: number;
  readonly recordsRemoved: number;
  /** Size afterwards. [bytes] */
  readonly bytes: number;
}

/** What is wrong with the store now; the service goes on without it. */
export interface StoreTrouble {
  /** `failing` from the first error on, `recovered` once writing works again. */
  readonly state: 'failing' | 'recovered';
  /** For a person: what happened and what to do. */
  readonly sentence: string;
}

export interface StoreHealth {
  /** Samples and other writes waiting. */
  readonly waitingSamples: number;
  readonly waitingRecords: number;
  /** Lost because too much was waiting. */
  readonly droppedSamples: number;
  readonly droppedRecords: number;
  /** Writes to disk that failed; each is tried again until it succeeds. */
  readonly errors: number;
  readonly failing: boolean;
  /** Wall time of the latest commit and longest one so far. [ms] */
  readonly commitMs: number;
  readonly commitMsMax: number;
  readonly samples: number;
  readonly records: number;
}

export interface Store {
  /** Number of a tag for `appendSamples`, the same in every run on this data. Beyond `TAGS_MAX` names: -1, its samples are counted as dropped. */
  tagIndex(tag: string): number;
  /** Queues samples (copied). Beyond `STORE_QUEUE_MAX` waiting the oldest are dropped and counted. */
  appendSamples(batch: SampleBatch): void;
  /** Queues one sample. */
  appendSample(tag: number, timeUs: TimeUs, value: number, quality: number): void;
  /** Range in buckets, at most `TREND_BUCKETS_MAX`; undefined for an unknown tag. */
  trend(tag: string, fromUs: TimeUs, toUs: TimeUs, buckets: number): Promise<TrendSeries | undefined>;
  /** The newest `count` samples in order of time. */
  lastSamples(tag: string, count: number): Promise<SampleSeries>;
  /** Samples from (included) to (excluded), at most `limit` (default and most `STORE_SAMPLES_READ_MAX`). */
  samples(tag: string, fromUs: TimeUs, toUs: TimeUs, limit?: number): Promise<SampleSeries>;

  /** Queues a record; one with the same kind and id is replaced. `value` must be plain data; a bigint becomes a number or text. */
  put(kind: RecordKind, id: string, timeUs: TimeUs, value: unknown): void;
  get<T = unknown>(kind: RecordKind, id: string): Promise<StoredRecord<T> | undefined>;
  list<T = unknown>(kind: RecordKind, query?: RecordQuery): Promise<RecordPage<T>>;
  remove(kind: RecordKind, id: string): void;

  /** Queues an audit entry; entries are never changed, dropped or removed. Throws STORE_FAILED where too many wait. */
  appendAudit(timeUs: TimeUs, value: unknown): void;
  audit(query?: Omit<RecordQuery, 'where'>): Promise<{ total: number; rows: readonly AuditEntry[] }>;
  verifyAudit(): Promise<AuditCheck>;

  /** Queues a snapshot (copied) under a name; it replaces the one before. Throws TOO_LARGE beyond `STORE_SNAPSHOT_BYTES_MAX`. */
  putSnapshot(name: string, bytes: Uint8Array): void;
  getSnapshot(name: string): Promise<Uint8Array | undefined>;

  /** Removes what is too old or too much, `nowUs` being plant time. */
  retain(retention: Retention, nowUs: TimeUs): Promise<RetentionResult>;
  health(): StoreHealth;
  /** Resolves when all written so far is on disk; rejects with STORE_FAILED while that is not possible. */
  flush(): Promise<void>;
  /** Writes what waits, then closes. Resolves also where the disk refuses; then what waits is lost and counted. */
  close(): Promise<void>;
}
