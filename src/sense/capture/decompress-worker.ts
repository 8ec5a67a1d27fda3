/** Worker: takes a gzip or zstd file apart and hands the bytes over through shared memory. Started by `byte-source.ts`. */
import { createReadStream } from 'node:fs';
import { workerData } from 'node:worker_threads';
import zlib from 'node:zlib';
import { sentenceOf } from '../../base/errors.ts';
import type { DecompressTask } from './decompress-channel.ts';
import { CONTROL, STATUS } from './decompress-channel.ts';

const { path, compression, channel } = workerData as DecompressTask;
const { control, position, data } = channel;

function handOver(status: number, length: number): void {
  Atomics.store(control, CONTROL.LENGTH, length);
  Atomics.store(control, CONTROL.STATUS, status);
  Atomics.notify(control, CONTROL.STATUS);
}

// Blocks until the reader has taken each piece, which holds the decompressor back and so bounds memory.
function give(bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length; from += data.length) {
    const piece = bytes.subarray(from, from + data.length);
    data.set(piece);
    handOver(STATUS.FULL, piece.length);
    Atomics.wait(control, CONTROL.STATUS, STATUS.FULL);
  }
}

function fail(error: unknown): void {
  const reason = new TextEncoder().encode(sentenceOf(error).slice(0, 1000));
  data.set(reason);
  handOver(STATUS.DAMAGED, reason.length);
}

// By the default import: Node before 22.15 has no zstd, and a missing named import would cost gzip as well.
const file = createReadStream(path, { highWaterMark: 256 * 1024 });
const plain =
  compression === 'gzip'
    ? zlib.createGunzip({ chunkSize: data.length })
    : zlib.createZstdDecompress({ chunkSize: data.length });
file.on('data', (piece) => Atomics.add(position, 0, BigInt(piece.length)));
file.on('error', fail);
// Listening for data, not iterating: an iterator throws away what is buffered when the stream turns out damaged.
plain.on('data', give);
plain.on('error', fail);
plain.on('end', () => handOver(STATUS.ENDED, 0));
file.pipe(plain);
