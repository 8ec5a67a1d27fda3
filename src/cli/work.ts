/** `firedoor work open|close` and `firedoor user link`: told to the running service. */
import { Command } from 'commander';
import { ERROR_CODES, FiredoorError } from '../base/errors.ts';
import { sendControl } from '../jobs/run/control.ts';
import { DATA_FOLDER } from './options.ts';

interface OpenFlags {
  readonly unit?: string;
  readonly host?: string;
  readonly who?: string;
  readonly what?: string;
  readonly for: string;
  readonly data: string;
}

export function workCommand(): Command {
  const command = new Command('work').description('announced work: what belongs to it is no alarm');
  command
    .command('open')
    .description('opens a work window')
    .option('--unit <name>', 'plant unit; default any')
    .option('--host <name>', 'from which station: name or address; default any')
    .option('--who <name>', 'person or order')
    .option('--what <text>', 'what is done')
    .option('--for <span>', 'how long', '8 h')
    .option('--data <folder>', 'data folder of the running Firedoor', DATA_FOLDER)
    .action(({ unit = '', host = '', who = '', what = '', for: span, data }: OpenFlags) =>
      tell(data, 'work-open', { unit, host, who, what, span }),
    );
  command
    .command('close')
    .description('closes a work window now')
    .argument('<id>', 'as "work open" said')
    .option('--data <folder>', 'data folder of the running Firedoor', DATA_FOLDER)
    .action((id: string, { data }: { readonly data: string }) => tell(data, 'work-close', { id }));
  return command;
}

export function userCommand(): Command {
  const command = new Command('user').description('accounts of the page');
  command
    .command('link')
    .description('a one-time sign-in link for somebody who forgot the password')
    .argument('[name]', 'user; none for the first administrator')
    .option('--data <folder>', 'data folder of the running Firedoor', DATA_FOLDER)
    .action((name: string | undefined, { data }: { readonly data: string }) =>
      tell(data, 'link', { user: name ?? '' }),
    );
  return command;
}

async function tell(data: string, command: string, given: Readonly<Record<string, string>>): Promise<void> {
  const reply = await sendControl(data, { command, arguments: given });
  if (!reply.done) throw new FiredoorError(ERROR_CODES.BAD_USAGE, reply.sentence);
  console.log(reply.sentence);
}
