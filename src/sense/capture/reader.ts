/** Capture files: read in large chunks into one reused buffer, plain or compressed, whatever their name says. */
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';
import { READ_CHUNK_BYTES } from '../../limits.ts';
import type { ByteSource } from './byte-source.ts';
import { openByteSource } from './byte-source.ts';
import type { FrameHandler } from './frame-handler.ts';
import type { CaptureSummary } from './parser.ts';
import { CaptureParser } from './parser.ts';

export interface ReadCaptureOptions {
  /** Called after each chunk with the bytes of the file read so far and its size (0 where it has none, as a pipe). */
  readonly onProgress?: (bytesRead: number, bytesTotal: number) => void;
}

/**
 * Reads the capture at `path` (pcap or pcapng, plain, gzip or zstd) and gives each frame to `handler`; blocks until the end.
 * A damaged or hostile file gives what could be read and says in the summary what could not. Throws BAD_INPUT only where the file cannot be read
 * or is no capture at all. Memory does not grow with the file.
 */
export function readCaptureFile(path: string, handler: FrameHandler, options: ReadCaptureOptions = {}): CaptureSummary {
  const source = openByteSource(path);
  try {
    const parser = new CaptureParser(handler);
    pump(source, parser, options);
    const damage = source.damage();
    if (damage === null) parser.end();
    else stopAtDamage(parser, source, damage);
    if (parser.format === null) throw new FiredoorError(ERROR_CODES.BAD_INPUT, `${path}: ${parser.readError}`);
    return parser.summary(path, source.compression);
  } finally {
    source.close();
  }
}

function pump(source: ByteSource, parser: CaptureParser, options: ReadCaptureOptions): void {
  const chunk = new Uint8Array(READ_CHUNK_BYTES);
  while (parser.readError === null) {
    const length = source.read(chunk);
    if (length === 0) return;
    parser.push(chunk, length);
    options.onProgress?.(source.bytesRead(), source.bytesTotal);
  }
}

// The packet cut by the damage is its consequence, not a second problem.
function stopAtDamage(parser: CaptureParser, source: ByteSource, damage: string): void {
  const sentence = `The ${source.compression} compression of this file is damaged or cut short (${damage}).`;
  parser.tally.stop('compression-damaged', source.bytesRead(), sentence);
}
