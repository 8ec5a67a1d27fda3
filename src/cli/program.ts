/** Every command, one line each. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { baselineCommand } from './baseline.ts';
import { inspectCommand } from './inspect.ts';
import { detectCommand, learnCommand } from './learn.ts';
import { runCommand } from './run.ts';
import { simulateCommand } from './simulate.ts';
import { siteCommand } from './site.ts';
import { linkCommand, workCommand } from './work.ts';

/** The command line of design §8. */
export function firedoorProgram(): Command {
  const program = new Command('firedoor')
    .description(
      'The factory firewall: watches the network and the process, and joins the packet to what it does to the machine.',
    )
    .version(packageVersion())
    .showHelpAfterError('(firedoor --help shows all commands)')
    .configureOutput({ writeErr: (text) => process.stderr.write(text) });
  const commands = [
    runCommand(),
    inspectCommand(),
    learnCommand(),
    detectCommand(),
    siteCommand(),
    baselineCommand(),
    simulateCommand(),
    workCommand(),
    linkCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  // Every command reports through exceptions, so that `main` alone decides the exit code.
  for (const command of [program, ...program.commands, ...program.commands.flatMap((c) => c.commands)]) {
    command.exitOverride();
  }
  return program;
}

/** Version of the package this file belongs to: the same in a checkout and in an installation. */
export function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
