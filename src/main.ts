/** `firedoor …`: options in, a job, a table or a sentence out. Exit 0 ok, 1 failed, 2 bad usage or bad input. */
import { CommanderError } from 'commander';
import { FiredoorError, sentenceOf } from './base/errors.ts';
import { firedoorProgram } from './cli/program.ts';

/** Runs one command line; `argv` as in `process.argv`. Sets the exit code; a service returns while it runs. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    const program = await firedoorProgram(argv[2]);
    await program.parseAsync([...argv]);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    // Commander has already said what is wrong with the usage.
    if (!(error instanceof CommanderError)) process.stderr.write(`firedoor: ${sentenceOf(error)}\n`);
    if (!(error instanceof CommanderError) && !(error instanceof FiredoorError) && error instanceof Error) {
      process.stderr.write(`${error.stack ?? ''}\n`);
    }
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof FiredoorError ? error.exitCode : 1;
}
