/**
 * `firedoor bypass on|off` and `firedoor island on|off`: the two switches. They write a file in the data folder, which the enforcer
 * reads within a second whether or not anything else of Firedoor runs, and tell the service where it does.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { islandDrill } from '../act/enforce/safety/island.ts';
import { offSubject, type SwitchName, writeSwitch } from '../act/enforce/safety/switches.ts';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../base/errors.ts';
import { readBaseline } from '../jobs/baseline.ts';
import { learnedWays } from '../jobs/policy-island.ts';
import { sendControl } from '../jobs/run/control.ts';
import { readSite } from '../jobs/site.ts';
import { DATA_FOLDER } from './options.ts';

interface Flags {
  readonly data: string;
  readonly by: string;
  readonly approvedBy?: string;
}

interface DrillFlags extends Flags {
  readonly drill?: boolean;
  readonly site?: string;
  readonly baseline?: string;
  readonly json?: boolean;
}

export function bypassCommand(): Command {
  const command = new Command('bypass').description('stops all blocking; everything is still seen');
  turn(command, 'bypass', 'on', 'nothing is blocked any more, within a second');
  turn(command, 'bypass', 'off', 'the doors block again; needs a second person');
  return command;
}

export function islandCommand(): Command {
  const command = new Command('island').description('closes every way to office, remote access and suppliers');
  const on = turn(command, 'island', 'on', 'the plant is an island within a second; it runs on');
  on.option('--drill', 'close nothing; list what would break, from what was learned')
    .option('--site <file>', 'for the drill: site.yaml')
    .option('--baseline <file>', 'for the drill: baseline.yaml; default the one in the data folder')
    .option('--json', 'for the drill: one JSON document on stdout');
  turn(command, 'island', 'off', 'the ways outside open again; needs a second person');
  return command;
}

function turn(command: Command, name: SwitchName, to: 'on' | 'off', description: string): Command {
  const own = command
    .command(to)
    .description(description)
    .option('--data <folder>', 'data folder of this Firedoor', DATA_FOLDER)
    .option('--by <name>', 'who switches', process.env['USER'] ?? 'command line');
  if (to === 'off') own.option('--approved-by <name>', 'the second person');
  return own.action((flags: DrillFlags) => (flags.drill === true ? drill(flags) : switchTo(name, to === 'on', flags)));
}

async function switchTo(name: SwitchName, on: boolean, { data, by, approvedBy = '' }: Flags): Promise<void> {
  const timeUs = Date.now() * 1000;
  if (!on && (approvedBy === '' || approvedBy === by)) {
    const sentence = `To end ${name} takes two people: firedoor ${name} off --by NAME --approved-by ANOTHER.`;
    throw new FiredoorError(ERROR_CODES.BAD_USAGE, sentence);
  }
  const approval = { subject: offSubject(name), by, approvedBy, timeUs };
  try {
    mkdirSync(resolve(data), { recursive: true });
    writeSwitch(resolve(data), name, { on, by, timeUs, ...(on ? {} : { approval }) });
  } catch (error) {
    throw new FiredoorError(ERROR_CODES.FAILED, `${join(data, name)} cannot be written: ${sentenceOf(error)}`, {
      cause: error,
    });
  }
  const said = await sendControl(data, { command: name, arguments: { to: on ? 'on' : 'off', by, approvedBy } }).catch(
    () => undefined,
  );
  const running = said?.done === true ? ` ${said.sentence}` : ' The enforcer follows within a second.';
  console.log(`${name} is ${on ? 'on' : 'off'} (${join(data, name)}).${running}`);
}

async function drill({ data, site, baseline, json }: DrillFlags): Promise<void> {
  if (site === undefined) throw new FiredoorError(ERROR_CODES.BAD_USAGE, 'A drill needs the zones: --site site.yaml.');
  const learned = await readBaseline(baseline ?? join(resolve(data), 'baseline.yaml'));
  const breaks = islandDrill(learnedWays(learned), readSite(site));
  if (json === true) return console.log(JSON.stringify(breaks));
  if (breaks.length === 0)
    return console.log('Nothing that was learned crosses the border: an island would break nothing known.');
  console.log(`An island would cut ${breaks.length} ways, those the plant leans on first:`);
  for (const { client, server, protocol, ports, use, needed } of breaks) {
    console.log(`  ${needed ? '!' : ' '} ${use}: ${client} → ${server} ${protocol} ${ports.join(', ')}`);
  }
  return undefined;
}
