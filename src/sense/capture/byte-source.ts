/** Where a capture's bytes come from: a file as it is, or a gzip or zstd file taken apart by a worker. Synchronous, in bounded memory. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import zlib from 'node:zlib';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../../base/errors.ts';
import type { Compression, SharedChannel } from './decompress-channel.ts';
import { CONTROL, createChannel, STATUS } from './decompress-channel.ts';

/** A stream of bytes read on demand. */
export interface ByteSource {
  readonly compression: 'none' | Compression;
  /** Size of the file on disk; 0 where it has none. [bytes] */
  readonly bytesTotal: number;
  /** How much of `bytesTotal` has been read. [bytes] */
  bytesRead(): number;
  /** Fills `into` from its start; returns the bytes read, 0 at the end. Throws BAD_INPUT where the file cannot be read. */
  read(into: Uint8Array): number;
  /** Why the compressed stream ended before its end mark; null for a whole one. Meaningful after `read` gave 0. */
  damage(): string | null;
  close(): void;
}

/** Longest wait for the decompressing worker before it counts as dead. [ms] */
const WORKER_SILENCE_MS_MAX = 30_000;
/** First bytes of a gzip member (RFC 1952 2.3.1) and of a zstd frame (RFC 8878 3.1.1). */
const GZIP_MAGIC = 0x1f8b;
const ZSTD_MAGIC = 0x28b52ffd;

/** Opens the file at `path` for reading; its first bytes, not its name, say whether it is compressed. Throws BAD_INPUT or MISSING_REQUIREMENT. */
export function openByteSource(path: string): ByteSource {
  const descriptor = openFile(path);
  try {
    const compression = compressionOf(descriptor);
    const bytesTotal = fstatSync(descriptor).size;
    if (compression === 'none') return new FileSource(path, descriptor, bytesTotal);
    if (compression === 'zstd' && typeof zlib.createZstdDecompress !== 'function') {
      const fix = 'Use Node 22.15 or newer, or decompress the file first (zstd -d).';
      throw new FiredoorError(
        ERROR_CODES.MISSING_REQUIREMENT,
        `${path} is compressed with zstd, which this Node cannot read. ${fix}`,
      );
    }
    const source = new CompressedSource(path, compression, bytesTotal);
    closeSync(descriptor);
    return source;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function openFile(path: string): number {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    throw new FiredoorError(ERROR_CODES.BAD_INPUT, `Cannot open the capture ${path}: ${reasonOf(error)}.`, {
      cause: error,
    });
  }
  if (!fstatSync(descriptor).isDirectory()) return descriptor;
  closeSync(descriptor);
  throw new FiredoorError(ERROR_CODES.BAD_INPUT, `${path} is a folder, not a capture file.`);
}

// Pipes and devices cannot be looked into without using up their bytes: they are taken as they are.
function compressionOf(descriptor: number): 'none' | Compression {
  if (!fstatSync(descriptor).isFile()) return 'none';
  const head = new DataView(new ArrayBuffer(4));
  if (readSync(descriptor, head, 0, 4, 0) < 4) return 'none';
  if (head.getUint16(0) === GZIP_MAGIC) return 'gzip';
  return head.getUint32(0) === ZSTD_MAGIC ? 'zstd' : 'none';
}

class FileSource implements ByteSource {
  readonly compression = 'none';
  readonly bytesTotal: number;
  readonly #path: string;
  readonly #descriptor: number;
  #bytesRead = 0;

  constructor(path: string, descriptor: number, bytesTotal: number) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.bytesTotal = bytesTotal;
  }

  bytesRead(): number {
    return this.#bytesRead;
  }

  read(into: Uint8Array): number {
    try {
      const length = readSync(this.#descriptor, into, 0, into.length, null);
      this.#bytesRead += length;
      return length;
    } catch (error) {
      const sentence = `Cannot read the capture ${this.#path}: ${reasonOf(error)}.`;
      throw new FiredoorError(ERROR_CODES.BAD_INPUT, sentence, { cause: error });
    }
  }

  damage(): null {
    return null;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

// node:zlib takes streams apart only asynchronously, and whole buffers only at once. So a worker takes the stream apart and hands over
// one buffer of shared memory at a time, while this thread waits for it.
class CompressedSource implements ByteSource {
  readonly compression: Compression;
  readonly bytesTotal: number;
  readonly #path: string;
  readonly #channel: SharedChannel;
  readonly #worker: Worker;
  #damage: string | null = null;
  #ended = false;

  constructor(path: string, compression: Compression, bytesTotal: number) {
    this.#path = path;
    this.compression = compression;
    this.bytesTotal = bytesTotal;
    this.#channel = createChannel();
    // The built program holds .js files where the sources hold .ts files.
    const script = new URL(`./decompress-worker${extname(new URL(import.meta.url).pathname)}`, import.meta.url);
    this.#worker = new Worker(script, { workerData: { path, compression, channel: this.#channel } });
    this.#worker.unref();
    // A worker that failed shows as silence below; without a listener its error would end the process.
    this.#worker.on('error', () => {});
  }

  bytesRead(): number {
    return Number(Atomics.load(this.#channel.position, 0));
  }

  read(into: Uint8Array): number {
    if (this.#ended) return 0;
    const { control, data } = this.#channel;
    if (Atomics.wait(control, CONTROL.STATUS, STATUS.EMPTY, WORKER_SILENCE_MS_MAX) === 'timed-out') {
      this.#ended = true;
      throw new FiredoorError(
        ERROR_CODES.FAILED,
        `Decompressing ${this.#path} does not get on; decompress the file first.`,
      );
    }
    const status = Atomics.load(control, CONTROL.STATUS);
    const length = Atomics.load(control, CONTROL.LENGTH);
    if (status === STATUS.FULL) {
      into.set(data.subarray(0, length));
      Atomics.store(control, CONTROL.STATUS, STATUS.EMPTY);
      Atomics.notify(control, CONTROL.STATUS);
      return length;
    }
    this.#ended = true;
    // Decoding needs a copy: TextDecoder refuses shared memory.
    if (status === STATUS.DAMAGED) this.#damage = new TextDecoder().decode(data.slice(0, length));
    return 0;
  }

  damage(): string | null {
    return this.#damage;
  }

  close(): void {
    this.#ended = true;
    void this.#worker.terminate();
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  ENOTDIR: 'there is no such folder',
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? sentenceOf(error);
}
