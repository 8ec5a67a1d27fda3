/** Every command, one line each. Only the module of the command that is asked for is loaded: start-up time is what scripts feel. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./run.ts')).runCommand(),
  inspect: async () => (await import('./inspect.ts')).inspectCommand(),
  learn: async () => (await import('./learn.ts')).learnCommand(),
  detect: async () => (await import('./learn.ts')).detectCommand(),
  analyze: async () => (await import('./analyze.ts')).analyzeCommand(),
  site: async () => (await import('./site.ts')).siteCommand(),
  baseline: async () => (await import('./baseline.ts')).baselineCommand(),
  simulate: async () => (await import('./simulate.ts')).simulateCommand(),
  policy: async () => (await import('./policy.ts')).policyCommand(),
  replay: async () => (await import('./replay.ts')).replayCommand(),
  bypass: async () => (await import('./doors.ts')).bypassCommand(),
  island: async () => (await import('./doors.ts')).islandCommand(),
  work: async () => (await import('./work.ts')).workCommand(),
  user: async () => (await import('./work.ts')).userCommand(),
};

/** The command line of design §8. `name`: the command asked for; unknown or none: all of them, for the help. */
export async function firedoorProgram(name?: string): Promise<Command> {
  const program = new Command('firedoor')
    .description(
      'The factory firewall: watches the network and the process, and joins the packet to what it does to the machine.',
    )
    .version(packageVersion())
    .showHelpAfterError('(firedoor --help shows all commands)')
    .configureOutput({ writeErr: (text) => process.stderr.write(text) });
  const asked = COMMANDS[name ?? ''];
  const bare = name === '--version' || name === '-V';
  const loads = asked !== undefined ? [asked] : bare ? [] : Object.values(COMMANDS);
  for (const load of loads) program.addCommand(await load());
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
