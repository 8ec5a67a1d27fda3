/** `firedoor replay FILE… --policy policy.yaml`: what a policy would have passed and denied, and what it would have cost. */
import { Command } from 'commander';
import { replayPolicy, replayText } from '../jobs/replay.ts';
import { readSite } from '../jobs/site.ts';

interface Flags {
  readonly policy: string;
  readonly site?: string;
  readonly json?: boolean;
}

export function replayCommand(): Command {
  return new Command('replay')
    .description('runs captures past a policy as if every conduit enforced it')
    .argument('<file...>', 'pcap or pcapng')
    .requiredOption('--policy <file>', 'policy.yaml')
    .option('--site <file>', 'site.yaml the policy speaks of')
    .option('--json', 'one JSON document on stdout')
    .action((files: readonly string[], flags: Flags) => {
      const result = replayPolicy(files, flags.policy, flags.site === undefined ? undefined : readSite(flags.site));
      process.stdout.write(flags.json === true ? `${JSON.stringify(result)}\n` : replayText(result));
    });
}
