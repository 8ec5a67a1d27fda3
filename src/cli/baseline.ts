/** `firedoor baseline show | diff | accept | reject`: review what was learned as normal. */
import { Command } from 'commander';
import { type BaselineSummary, decideBaseline, diffBaselineFiles, showBaseline } from '../jobs/baseline.ts';

interface JsonOption {
  readonly json?: boolean;
}

/** The command; logs nothing, prints a table or with `--json` one document. */
export function baselineCommand(): Command {
  const command = new Command('baseline').description('review what was learned as normal');
  command
    .command('show')
    .description('what a baseline holds and what waits for a person')
    .argument('<file>', 'baseline file')
    .option('--json', 'one JSON document on stdout')
    .action(async (file: string, options: JsonOption) => {
      const summary = await showBaseline(file);
      print(options, summary, () => summaryLines(summary));
    });
  command
    .command('diff')
    .description('what changed from one baseline to another, as sentences')
    .argument('<before>', 'baseline file')
    .argument('<after>', 'baseline file')
    .option('--json', 'one JSON document on stdout')
    .action(async (before: string, after: string, options: JsonOption) => {
      const changes = await diffBaselineFiles(before, after);
      const signs = { added: '+', removed: '-', changed: '~' } as const;
      print(options, { before, after, changes }, () =>
        changes.length === 0
          ? ['No difference.']
          : changes.map(({ change, sentence }) => `${signs[change]} ${sentence}`),
      );
    });
  decision(command, 'accept', 'confirmed', 'says that items are normal');
  decision(command, 'reject', 'rejected', 'says that items are not normal: they are told when they happen');
  return command;
}

function decision(parent: Command, name: string, status: 'confirmed' | 'rejected', description: string): void {
  parent
    .command(name)
    .description(description)
    .argument('<file>', 'baseline file, changed in place')
    .argument('<items...>', 'ids of "show", "all", CLIENT->SERVER or CLIENT->SERVER:POINT')
    .option('--json', 'one JSON document on stdout')
    .action(async (file: string, items: readonly string[], options: JsonOption) => {
      const result = await decideBaseline(file, items, status);
      print(options, result, () => [
        `${result.changed} learned ${result.changed === 1 ? 'thing is' : 'things are'} now ${status}; ${result.pending} items wait. The baseline is ${result.id}.`,
      ]);
    });
}

function summaryLines(summary: BaselineSummary): string[] {
  const { id, site, learned, pending } = summary;
  const head = [
    `Baseline ${id}${site === '' ? '' : ` of ${site}`}, learned from ${learned.from} to ${learned.to}.`,
    `${summary.assets} devices, ${summary.conversations} conversations, ${summary.writtenPoints} written points (${summary.confirmed} confirmed, ${summary.rejected} rejected)${summary.process ? ', process learned' : ''}.`,
  ];
  if (pending.length === 0) return [...head, 'Nothing waits for a person.'];
  return [...head, 'Waiting for a person:', ...pending.map((item) => `  ${item.id}  ${item.sentence}`)];
}

function print(options: JsonOption, document: unknown, lines: () => readonly string[]): void {
  const text = options.json === true ? JSON.stringify(document) : lines().join('\n');
  process.stdout.write(`${text}\n`);
}
