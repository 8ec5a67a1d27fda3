/** `firedoor simulate PLANT` records a span of a simulated plant; `firedoor simulate attack NAME` starts an attack in a running demo. */
import { Command } from 'commander';
import { durationOption } from '../base/duration.ts';
import { ERROR_CODES, FiredoorError } from '../base/errors.ts';
import { sendControl } from '../jobs/run/control.ts';
import { ATTACKS } from '../simulate/attacks.ts';
import { collect, DATA_FOLDER, wholeNumber } from './options.ts';

interface RecordOptions {
  readonly seed: number;
  readonly duration: string;
  readonly pcap?: string;
  readonly csv?: string;
  readonly truth?: string;
  readonly attack?: readonly string[];
  readonly json?: boolean;
}

export function simulateCommand(): Command {
  const attacks = ATTACKS.map(({ name, title }) => `  ${name.padEnd(26)}${title}`).join('\n');
  const command = new Command('simulate')
    .description('a simulated plant as files, or an attack in the running demo')
    .argument('<plant>', 'dairy')
    .option('--seed <n>', 'equal seeds give equal plants', wholeNumber('--seed', 0, 0xffffffff), 1)
    .option('--duration <span>', 'plant time to run', '1 h')
    .option('--pcap <file>', 'write the traffic')
    .option('--csv <file>', 'write telemetry, one row a second')
    .option('--truth <file>', 'write what really happened, as JSON')
    .option('--attack <name@span>', 'an attack and when it starts; may be repeated', collect)
    .option('--json', 'one JSON document on stdout')
    .action((plant: string, options: RecordOptions) => record(plant, options));
  command
    .command('attack')
    .description(`starts an attack in the running demo:\n${attacks}`)
    .argument('<name>', 'name of the attack')
    .option('--data <folder>', 'data folder of the running Firedoor', DATA_FOLDER)
    .action((name: string, options: { readonly data: string }) => attack(name, options.data));
  return command;
}

async function attack(name: string, dataFolder: string): Promise<void> {
  const reply = await sendControl(dataFolder, { command: 'attack', arguments: { name } });
  if (!reply.done) throw new FiredoorError(ERROR_CODES.BAD_USAGE, reply.sentence);
  console.log(reply.sentence);
}

async function record(plant: string, options: RecordOptions): Promise<void> {
  if (plant !== 'dairy') {
    throw new FiredoorError(ERROR_CODES.BAD_USAGE, `There is no simulated plant "${plant}". Known: dairy.`);
  }
  if (options.pcap === undefined && options.csv === undefined && options.truth === undefined) {
    throw new FiredoorError(
      ERROR_CODES.BAD_USAGE,
      'Say what to write: --pcap, --csv or --truth, each with a file name.',
    );
  }
  const { seed, pcap, csv, truth } = options;
  const { recordDairy } = await import('../simulate/recording.ts');
  const result = recordDairy({
    seed,
    seconds: durationOption('--duration', options.duration),
    attacks: (options.attack ?? []).map(attackAt),
    ...(pcap === undefined ? {} : { pcap }),
    ...(csv === undefined ? {} : { csv }),
    ...(truth === undefined ? {} : { truth }),
  });
  if (options.json === true) console.log(JSON.stringify({ plant, seed, ...result }));
  else console.log(`${result.seconds} s of plant time, ${result.exchanges} exchanges, ${result.frames} frames.`);
}

function attackAt(text: string): { name: string; atS: number } {
  const at = text.lastIndexOf('@');
  if (at < 0)
    throw new FiredoorError(
      ERROR_CODES.BAD_USAGE,
      `--attack wants name@span, e.g. calibration-offset@"30 min", not "${text}".`,
    );
  return { name: text.slice(0, at), atS: durationOption('--attack', text.slice(at + 1)) };
}
