/** Every capture of the corpus folder `malformed/`: no crash, no hang, memory that does not grow with lies. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const FOLDER = join(import.meta.dirname, '../../../shared/corpus/malformed');
/** One process for all: start-up would hide a slow capture. [ms] */
const CAPTURE_MS_MAX = 5_000;
/** Resident memory after all captures of the folder, one after the other. [bytes] */
const MEMORY_BYTES_MAX = 400 * 1024 * 1024;

/** Reads each capture in its own observer with every hook in use, prints one line each. */
const SCRIPT = `
import { readCaptureFile } from './src/sense/capture/reader.ts';
import { Observer } from './src/understand/observe/observer.ts';
for (const file of process.argv.slice(1)) {
  const started = performance.now();
  const result = { file, ms: 0, error: null, told: 0, frames: 0, packets: 0, rss: 0 };
  try {
    const observer = new Observer({ capture: file, listWrites: true, sink: { observation: () => void result.told++, sample() {}, access() {} } });
    const summary = readCaptureFile(file, observer);
    observer.finish();
    observer.assets(); observer.conversationSummaries();
    result.frames = observer.health().frames;
    result.packets = summary.packets;
  } catch (error) {
    result.error = error.code ?? error.stack;
  }
  result.ms = performance.now() - started;
  result.rss = process.memoryUsage().rss;
  console.log(JSON.stringify(result));
}`;

interface Result {
  readonly file: string;
  readonly ms: number;
  readonly error: string | null;
  readonly frames: number;
  readonly packets: number;
  readonly rss: number;
}

describe.skipIf(!existsSync(FOLDER))('malformed captures (skipped without the corpus)', () => {
  const files = existsSync(FOLDER) ? readdirSync(FOLDER).map((name) => join(FOLDER, name)) : [];
  const lines = files.length === 0 ? [] : run(files);

  it('are all read to their end', () => {
    expect(lines).toHaveLength(files.length);
    // A file that is no capture at all is refused with a code, never with a crash.
    expect(lines.filter(({ error }) => error !== null && error !== 'BAD_INPUT')).toEqual([]);
    // Every frame that was read was looked at.
    expect(lines.filter(({ frames, packets }) => frames !== packets)).toEqual([]);
  });

  it('take neither long nor much memory', () => {
    // A hang, not a race: the slowest takes some milliseconds.
    expect(lines.filter(({ ms }) => ms > CAPTURE_MS_MAX)).toEqual([]);
    expect(Math.max(...lines.map(({ rss }) => rss))).toBeLessThan(MEMORY_BYTES_MAX);
  });
});

function run(files: readonly string[]): Result[] {
  const root = join(import.meta.dirname, '../..');
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', SCRIPT, ...files], {
    cwd: root,
    encoding: 'utf8',
    timeout: 120_000,
    maxBuffer: 16 * 1024 * 1024,
  });
  return output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Result);
}
