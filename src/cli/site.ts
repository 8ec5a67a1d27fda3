/** `firedoor site check | suggest | schema`: the site file, reviewed as text. */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../base/errors.ts';
import { readSite } from '../jobs/site.ts';
import { checkSite, siteCheckText } from '../jobs/site-check.ts';
import { suggestionText, suggestSite } from '../jobs/site-suggest.ts';
import { siteJsonSchema } from '../understand/plant/site-schema.ts';

interface JsonFlag {
  readonly json?: boolean;
}

export function siteCommand(): Command {
  const command = new Command('site').description('the model of the site: check it, or get a first one');
  command
    .command('check')
    .description('what a site file says, and what in it will not work as meant')
    .argument('<file>', 'site.yaml')
    .option('--json', 'one JSON document on stdout')
    .action((file: string, flags: JsonFlag) => {
      const check = checkSite(readSite(file));
      process.stdout.write(flags.json === true ? `${JSON.stringify(check)}\n` : siteCheckText(check));
    });
  command
    .command('suggest')
    .description('a first site file from captures: networks, devices, tags with inferred types')
    .argument('<file...>', 'pcap or pcapng')
    .option('--site <file>', 'a site file there is already: only what it does not name is suggested')
    .option('--out <file>', 'write the site file here')
    .option('--json', 'one JSON document on stdout')
    .action((files: readonly string[], flags: JsonFlag & { readonly site?: string; readonly out?: string }) => {
      const suggestion = suggestSite(files, flags.site === undefined ? undefined : readSite(flags.site));
      const text = suggestionText(suggestion);
      if (flags.out !== undefined) write(flags.out, text);
      if (flags.json === true) process.stdout.write(`${JSON.stringify(suggestion)}\n`);
      else if (flags.out === undefined) process.stdout.write(text);
      else
        process.stdout.write(
          `${suggestion.tags.length} tags of ${suggestion.devices.length} devices written to ${flags.out}.\n`,
        );
    });
  command
    .command('schema')
    .description('the JSON schema of site.yaml, for editors')
    .action(() => {
      process.stdout.write(`${JSON.stringify(siteJsonSchema(), null, 2)}\n`);
    });
  return command;
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx' });
  } catch (error) {
    throw new FiredoorError(ERROR_CODES.FAILED, `${path} cannot be written: ${sentenceOf(error)}`, { cause: error });
  }
}
