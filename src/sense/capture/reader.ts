/** Capture files: read in large chunks into one reused buffer, plain or compressed, whatever their name says. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../../base/errors.ts';
import { READ_CHUNK_BYTES } from '../../limits.ts';
import type { FrameHandler } from './frame-handler.ts';
import type { CaptureSummary } from './parser.ts';
import { CaptureParser } from './parser.ts';

export interface ReadCaptureOptions {
  /** Called after each chunk with the bytes of the file read so far and its size (0 where it has none, as a pipe). */
  readonly onProgress?: (bytesRead: number, bytesTotal: number) => void;
}

/**
 * Reads the capture at `path` and gives each frame to `handler`; blocks until the end. A damaged or hostile file gives what could be read and says
 * in the summary what could not. Throws BAD_INPUT only where the file cannot be read or is no capture at all. Memory does not grow with the file.
 */
export function readCaptureFile(path: string, handler: FrameHandler, options: ReadCaptureOptions = {}): CaptureSummary {
  const descriptor = openCapture(path);
  try {
    const bytesTotal = fstatSync(descriptor).size;
    const parser = new CaptureParser(handler);
    const chunk = new Uint8Array(READ_CHUNK_BYTES);
    let bytesRead = 0;
    for (;;) {
      const length = readChunk(descriptor, chunk, path);
      if (length === 0) break;
      bytesRead += length;
      parser.push(chunk, length);
      options.onProgress?.(bytesRead, bytesTotal);
      if (parser.readError !== null) break;
    }
    parser.end();
    if (parser.format === null) {
      throw new FiredoorError(ERROR_CODES.BAD_INPUT, `${path}: ${parser.readError}`);
    }
    return parser.summary(path);
  } finally {
    closeSync(descriptor);
  }
}

function openCapture(path: string): number {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    throw new FiredoorError(ERROR_CODES.BAD_INPUT, `Cannot open the capture ${path}: ${reasonOf(error)}.`, {
      cause: error,
    });
  }
  if (fstatSync(descriptor).isDirectory()) {
    closeSync(descriptor);
    throw new FiredoorError(ERROR_CODES.BAD_INPUT, `${path} is a folder, not a capture file.`);
  }
  return descriptor;
}

function readChunk(descriptor: number, chunk: Uint8Array, path: string): number {
  try {
    return readSync(descriptor, chunk, 0, chunk.length, null);
  } catch (error) {
    throw new FiredoorError(ERROR_CODES.BAD_INPUT, `Cannot read the capture ${path}: ${reasonOf(error)}.`, {
      cause: error,
    });
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
