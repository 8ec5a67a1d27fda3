/** `firedoor inspect FILE…`: what is in captures, without learning anything. */
import { writeFileSync, writeSync } from 'node:fs';
import v8 from 'node:v8';
import { Command } from 'commander';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../base/errors.ts';
import { inspect } from '../jobs/inspect.ts';
import { writeInspectJson } from '../jobs/inspect-json.ts';
import { inspectText } from '../jobs/inspect-text.ts';
import { inspectReport } from '../jobs/report/inspect-report.ts';

interface InspectFlags {
  readonly json?: boolean;
  readonly messages?: string;
  readonly report?: string;
}

/** Size of the young generation from which on it does not grow. [bytes] */
const YOUNG_BYTES = 4 * 1024 * 1024;

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('one pass over captures: assets, conversations, functions, points, risky findings')
    .argument('<file...>', 'pcap or pcapng, plain, gzip or zstd')
    .option('--json', 'one JSON document on stdout')
    .option('--messages <file>', 'write one JSON line a message')
    .option('--report <file>', 'write a self-contained HTML report')
    .action(run);
}

function run(files: readonly string[], flags: InspectFlags): void {
  const progress = progressLine();
  const boundMemory = youngGenerationBound();
  const result = inspect({
    files,
    ...(flags.messages === undefined ? {} : { messages: flags.messages }),
    onProgress(file, read, total) {
      boundMemory();
      progress?.show(file, read, total);
    },
  });
  progress?.clear();
  if (flags.report !== undefined) writeReport(flags.report, inspectReport(result));
  if (flags.json === true) writeInspectJson(result, writeOut);
  else writeOut(inspectText(result));
  if (!result.anythingRead) {
    throw new FiredoorError(
      ERROR_CODES.FAILED,
      `Nothing could be read: ${result.captures[0]?.readError ?? 'no frames'}`,
    );
  }
}

function writeReport(path: string, html: string): void {
  try {
    writeFileSync(path, html);
  } catch (error) {
    throw new FiredoorError(ERROR_CODES.BAD_USAGE, `Cannot write ${path}: ${sentenceOf(error)}.`, { cause: error });
  }
}

/** Writes all of `text` to stdout at once: pipes are asynchronous in Node, and the process may end right after. */
function writeOut(text: string): void {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; ) {
    try {
      from += writeSync(1, bytes, from);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      // The reader of the pipe has gone: nobody wants the rest.
      if (code === 'EPIPE') return;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/**
 * Keeps V8's young generation from doubling on and on: the packet path leaves only short-lived numbers behind, for which a small one
 * does as well, and a hundred megabytes of them would be half of all memory. Call it now and then.
 */
function youngGenerationBound(): () => void {
  let bounded = false;
  return () => {
    if (bounded) return;
    const space = v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    if ((space?.space_size ?? 0) < YOUNG_BYTES) return;
    bounded = true;
    v8.setFlagsFromString('--semi-space-growth-factor=1');
  };
}

/** A line of progress on a terminal; null where stderr is none. */
function progressLine(): { show: (file: string, read: number, total: number) => void; clear: () => void } | null {
  if (!process.stderr.isTTY) return null;
  let shown = -1;
  return {
    show(file, read, total) {
      const percent = total === 0 ? 0 : Math.floor((100 * read) / total);
      if (percent === shown) return;
      shown = percent;
      process.stderr.write(`\r\u001b[K${file} ${percent} %`);
    },
    clear: () => void process.stderr.write('\r\u001b[K'),
  };
}
