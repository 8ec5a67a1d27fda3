/** Shared memory between a thread that reads a compressed capture and the worker that decompresses it. One buffer, handed to and fro. */

export type Compression = 'gzip' | 'zstd';

/** Indices into `SharedChannel.control`. */
export const CONTROL = { STATUS: 0, LENGTH: 1 } as const;
/** EMPTY: the worker may fill. FULL: the reader may take `LENGTH` bytes. ENDED, DAMAGED: over; DAMAGED leaves its reason as text in the data. */
export const STATUS = { EMPTY: 0, FULL: 1, ENDED: 2, DAMAGED: 3 } as const;

export interface SharedChannel {
  readonly control: Int32Array<SharedArrayBuffer>;
  /** One number: bytes of the compressed file read so far. */
  readonly position: BigInt64Array<SharedArrayBuffer>;
  readonly data: Uint8Array<SharedArrayBuffer>;
}

/** Size of the buffer handed over; must not exceed the reader's chunk. [bytes] */
const CHANNEL_BYTES = 1024 * 1024;

/** What the worker is started with. */
export interface DecompressTask {
  readonly path: string;
  readonly compression: Compression;
  readonly channel: SharedChannel;
}

export function createChannel(): SharedChannel {
  return {
    control: new Int32Array(new SharedArrayBuffer(8)),
    position: new BigInt64Array(new SharedArrayBuffer(8)),
    data: new Uint8Array(new SharedArrayBuffer(CHANNEL_BYTES)),
  };
}
