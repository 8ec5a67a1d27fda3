/** `firedoor analyze TEST… --normal FILE`: process anomalies in historian exports. */
import { writeSync } from 'node:fs';
import { Command } from 'commander';
import { ERROR_CODES, FiredoorError } from '../base/errors.ts';
import { analyze, scoresCsv, writeResult } from '../jobs/analyze.ts';
import { analyzeReport } from '../jobs/analyze-report.ts';
import { analyzeJson, analyzeText } from '../jobs/analyze-text.ts';
import type { BudgetRate } from '../understand/detect/budget/promise.ts';
import { parsePer } from '../understand/plant/quantities.ts';
import { collect } from './options.ts';

interface Flags {
  readonly normal?: readonly string[];
  readonly normalUntil?: string;
  readonly alarmBudget?: string;
  readonly scores?: string;
  readonly report?: string;
  readonly json?: boolean;
}

export function analyzeCommand(): Command {
  return new Command('analyze')
    .description('process anomalies in historian exports: learns normal from rows, judges others, no network needed')
    .argument('<test...>', 'CSV of any dialect (wide or long, gzip too) or Parquet')
    .option('--normal <file>', 'a file of normal operation; may be repeated', collect)
    .option('--normal-until <time>', 'rows before this time are normal (a number of rows where there is no time)')
    .option('--alarm-budget <rate>', 'false alarms accepted, like "1 per week"')
    .option('--scores <file>', 'write time,score,alarm,tag,kind: one row per input row')
    .option('--report <file>', 'write a self-contained HTML report')
    .option('--json', 'one JSON document on stdout')
    .action(run);
}

async function run(tests: readonly string[], flags: Flags): Promise<void> {
  const progress = process.stderr.isTTY ? showProgress : undefined;
  const analysis = await analyze({
    tests,
    normals: flags.normal ?? [],
    ...(flags.normalUntil === undefined ? {} : { normalUntil: flags.normalUntil }),
    ...(flags.alarmBudget === undefined ? {} : { budget: budgetOf(flags.alarmBudget) }),
    ...(progress === undefined ? {} : { onProgress: progress }),
  });
  if (progress !== undefined) process.stderr.write('\r\u001b[K');
  if (flags.scores !== undefined) writeResult(flags.scores, scoresCsv(analysis));
  if (flags.report !== undefined) writeResult(flags.report, analyzeReport(analysis));
  writeAll(flags.json === true ? `${JSON.stringify(analyzeJson(analysis))}\n` : analyzeText(analysis));
}

function budgetOf(text: string): BudgetRate {
  const rate = parsePer(text);
  if (typeof rate === 'string') throw new FiredoorError(ERROR_CODES.BAD_USAGE, `--alarm-budget: ${rate}.`);
  if (rate.count <= 0)
    throw new FiredoorError(ERROR_CODES.BAD_USAGE, '--alarm-budget: no detector can promise zero false alarms.');
  return { falseAlarms: rate.count, perSeconds: rate.perSeconds };
}

function showProgress(what: string, share: number): void {
  const percent = Number.isNaN(share) ? '' : ` ${Math.floor(100 * share)} %`;
  process.stderr.write(`\r\u001b[K${what}${percent}`);
}

/** Writes all of `text` before the process may end: pipes are asynchronous in Node. */
function writeAll(text: string): void {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; ) {
    try {
      from += writeSync(1, bytes, from);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      if (code === 'EPIPE') return;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
