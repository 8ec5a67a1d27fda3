/** `firedoor policy propose | check | diff | render | sign`: the policy file, reviewed as text. */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../base/errors.ts';
import { readBaseline } from '../jobs/baseline.ts';
import { checkPolicy, diffPolicies, policyCheckText, policyDiffText, renderPolicy } from '../jobs/policy.ts';
import { isSigned, signPolicy } from '../jobs/policy-files.ts';
import { proposePolicy } from '../jobs/policy-propose.ts';
import { readSite } from '../jobs/site.ts';

interface Flags {
  readonly site: string;
  readonly json?: boolean;
}

export function policyCommand(): Command {
  const command = new Command('policy').description('what may pass the doors: propose, check, compare, render, sign');
  command
    .command('propose')
    .description('a policy from a baseline: the smallest that covers what was learned, with the evidence for each line')
    .requiredOption('--baseline <file>', 'baseline.yaml')
    .requiredOption('--site <file>', 'site.yaml with zones and conduits')
    .option('--out <file>', 'write the policy here (a new file)')
    .option('--json', 'one JSON document on stdout')
    .action(async (flags: Flags & { readonly baseline: string; readonly out?: string }) => {
      const proposal = proposePolicy(await readBaseline(flags.baseline), readSite(flags.site));
      if (flags.out !== undefined) write(flags.out, proposal.text);
      if (flags.json === true) print(proposal);
      else if (flags.out === undefined) process.stdout.write(proposal.text);
      else
        process.stdout.write(
          `${proposal.rules} rules written to ${flags.out}; ${proposal.unconfirmed} wait for a person's word.\n`,
        );
    });
  command
    .command('check')
    .description('compiles a policy, and finds rules that can never count')
    .argument('<file>', 'policy.yaml')
    .requiredOption('--site <file>', 'site.yaml')
    .option('--json', 'one JSON document on stdout')
    .action((file: string, flags: Flags) => {
      const check = checkPolicy(file, readSite(flags.site));
      if (flags.json === true) print(check);
      else process.stdout.write(policyCheckText(check));
    });
  command
    .command('diff')
    .description('what a second policy changes')
    .argument('<before>', 'policy.yaml')
    .argument('<after>', 'policy.yaml')
    .requiredOption('--site <file>', 'site.yaml')
    .option('--json', 'one JSON document on stdout')
    .action((before: string, after: string, flags: Flags) => {
      const changes = diffPolicies(before, after, readSite(flags.site));
      if (flags.json === true) print(changes);
      else process.stdout.write(policyDiffText(changes));
    });
  command
    .command('render')
    .description('the allow-lists of the conduits on layer 3 and 4, as an nftables rule set')
    .requiredOption('--site <file>', 'site.yaml')
    .action((flags: Flags) => {
      process.stdout.write(renderPolicy(readSite(flags.site)));
    });
  command
    .command('sign')
    .description('signs the present text of a policy; two people have to')
    .argument('<file>', 'policy.yaml')
    .requiredOption('--by <name>', 'who signs')
    .action((file: string, { by }: { readonly by: string }) => {
      const signed = signPolicy(file, by, new Date().toISOString());
      const who = signed.signatures.map((one) => one.by).join(' and ');
      process.stdout.write(
        `${file} (${signed.version}) is signed by ${who}${isSigned(signed) ? '.' : '; one more person has to.'}\n`,
      );
    });
  return command;
}

function print(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document)}\n`);
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx' });
  } catch (error) {
    throw new FiredoorError(ERROR_CODES.FAILED, `${path} cannot be written: ${sentenceOf(error)}`, { cause: error });
  }
}
