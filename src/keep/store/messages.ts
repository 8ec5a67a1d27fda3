/** What the embedded store and its writer thread say to each other. */
import type { RecordKind, RecordQuery, Retention } from './store.ts';

/** Samples as one buffer, columns one after the other: times, values (8 bytes each), tags (4), qualities (1). [bytes a sample] */
export const SAMPLE_BYTES = 21;

/** Views of the columns in a buffer of `count` samples; `buffer` must begin at a multiple of 8. */
export function sampleColumns(buffer: ArrayBufferLike, offset: number, count: number) {
  return {
    timeUs: new Float64Array(buffer, offset, count),
    value: new Float64Array(buffer, offset + 8 * count, count),
    tag: new Uint32Array(buffer, offset + 16 * count, count),
    quality: new Uint8Array(buffer, offset + 20 * count, count),
  };
}
export type SampleColumns = ReturnType<typeof sampleColumns>;

/** One write of a record, audit entry or snapshot. */
export type WriteOperation =
  | {
      readonly write: 'put';
      readonly kind: RecordKind;
      readonly id: string;
      readonly timeUs: number;
      readonly json: string;
    }
  | { readonly write: 'remove'; readonly kind: RecordKind; readonly id: string }
  | { readonly write: 'audit'; readonly timeUs: number; readonly json: string }
  | { readonly write: 'snapshot'; readonly name: string; readonly bytes: Uint8Array };

/** One commit. */
export interface WriteBatch {
  readonly samples: ArrayBuffer | null;
  readonly sampleCount: number;
  /** Tags named since the batch before. */
  readonly names: readonly (readonly [number: number, name: string])[];
  readonly operations: readonly WriteOperation[];
}

export type ReadRequest =
  | {
      readonly read: 'trend';
      readonly tag: number;
      readonly fromUs: number;
      readonly toUs: number;
      readonly buckets: number;
    }
  | { readonly read: 'last'; readonly tag: number; readonly count: number }
  | {
      readonly read: 'samples';
      readonly tag: number;
      readonly fromUs: number;
      readonly toUs: number;
      readonly limit: number;
    }
  | { readonly read: 'get'; readonly kind: RecordKind; readonly id: string }
  | { readonly read: 'list'; readonly kind: RecordKind; readonly query: RecordQuery }
  | { readonly read: 'audit'; readonly query: RecordQuery }
  | { readonly read: 'verify' }
  | { readonly read: 'snapshot'; readonly name: string }
  | { readonly read: 'retain'; readonly retention: Retention; readonly nowUs: number };

export type ToWriter =
  | { readonly type: 'write'; readonly batch: WriteBatch }
  | { readonly type: 'read'; readonly id: number; readonly request: ReadRequest }
  | { readonly type: 'close' };

export type FromWriter =
  | { readonly type: 'ready'; readonly names: readonly (readonly [number, string])[] }
  | { readonly type: 'refused'; readonly sentence: string }
  /** A batch is on disk. Batches are acknowledged in order. */
  | { readonly type: 'written'; readonly ms: number }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly sentence: string }
  | { readonly type: 'trouble'; readonly sentence: string }
  | { readonly type: 'recovered' }
  | { readonly type: 'closed' };
