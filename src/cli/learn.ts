/** `firedoor learn` and `firedoor detect`: the same as the service, from files. */
import { Command } from 'commander';
import { type DetectResult, detect, type LearnResult, learn } from '../jobs/learn.ts';
import { readSite } from '../jobs/site.ts';
import { EMPTY_SITE } from '../understand/plant/model.ts';

interface LearnFlags {
  readonly out: string;
  readonly config?: string;
  readonly json?: boolean;
}

interface DetectFlags {
  readonly baseline: string;
  readonly config?: string;
  readonly json?: boolean;
}

/** Lines of a list shown to a person; `--json` has all. */
const LINES_MAX = 40;

export function learnCommand(): Command {
  return new Command('learn')
    .description('a network and process baseline from captures of normal operation, as reviewable text')
    .argument('<file...>', 'captures, in order of time')
    .requiredOption('--out <file>', 'where the baseline goes')
    .option('--config <file>', 'site file: names, limits, states')
    .option('--json', 'one JSON document on stdout')
    .action(async (files: readonly string[], { out, config, json }: LearnFlags) => {
      const result = await learn(files, out, config === undefined ? EMPTY_SITE : readSite(config));
      console.log(json === true ? JSON.stringify(result) : learnText(result));
    });
}

export function detectCommand(): Command {
  return new Command('detect')
    .description('findings and incidents in captures, against a baseline')
    .argument('<file...>', 'captures, in order of time')
    .requiredOption('--baseline <file>', 'what "firedoor learn" wrote')
    .option('--config <file>', 'site file; the same as for learning')
    .option('--json', 'one JSON document on stdout')
    .action(async (files: readonly string[], { baseline, config, json }: DetectFlags) => {
      const result = await detect(files, baseline, config === undefined ? EMPTY_SITE : readSite(config));
      console.log(json === true ? JSON.stringify(result) : detectText(result));
    });
}

function learnText({ baseline, id, packets, assets, conversations, tags, pending, findings }: LearnResult): string {
  const lines = [
    `${baseline} (${id}): ${assets} assets, ${conversations} conversations, ${tags} tags, from ${packets} packets.`,
  ];
  if (pending.length > 0) lines.push('', 'To confirm (firedoor baseline accept):', ...list(pending));
  if (findings.length > 0) lines.push('', 'Not learned as normal without a person:', ...list(findings));
  return lines.join('\n');
}

function detectText({ packets, findings, findingsLeft, incidents, process }: DetectResult): string {
  const lines = [
    `${packets} packets, ${findings.length + findingsLeft} findings, ${incidents.length} incidents. Process: ${process}.`,
  ];
  for (const { id, priority, cause, sentence, advice } of incidents) {
    lines.push('', `${id} ${priority}, ${cause}`, `  ${sentence}`);
    for (const { step, text } of advice) lines.push(`  ${step}: ${text}`);
  }
  const alone = findings.filter(({ informative }) => informative).map(({ sentence }) => sentence);
  if (alone.length > 0) lines.push('', 'For information:', ...list(alone));
  return lines.join('\n');
}

function list(lines: readonly string[]): string[] {
  const shown = lines.slice(0, LINES_MAX).map((line) => `  ${line}`);
  return lines.length > LINES_MAX ? [...shown, `  … and ${lines.length - LINES_MAX} more (--json has all)`] : shown;
}
