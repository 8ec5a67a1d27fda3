/** `firedoor run`: the service. With nothing given it simulates the demo plant and watches it. */
import { Command } from 'commander';
import { durationOption } from '../base/duration.ts';
import { runService } from '../jobs/run/run.ts';
import { DAIRY_PORT } from '../simulate/dairy/addresses.ts';
import { collect, DATA_FOLDER, positiveNumber, wholeNumber } from './options.ts';

interface RunOptions {
  readonly config?: string;
  readonly interface?: string;
  readonly pcap?: readonly string[];
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly learn?: string;
  readonly speed: number;
  readonly learnSpeed: number;
  readonly seed: number;
  readonly plantPort: number;
}

/** Port of the page unless told otherwise. */
const PAGE_PORT = 8470;

export function runCommand(): Command {
  return new Command('run')
    .description('the service: watch, learn, detect, page. With nothing given: the simulated demo plant')
    .option('--config <file>', 'site file (site.yaml)')
    .option('--interface <name>', 'network interface to watch through tcpdump or dumpcap')
    .option('--pcap <file>', 'capture file to replay; may be repeated', collect)
    .option('--data <folder>', 'where everything is kept', DATA_FOLDER)
    .option('--host <address>', 'address of the page', '127.0.0.1')
    .option('--port <n>', 'port of the page; 0 for any free one', wholeNumber('--port', 0, 65_535), PAGE_PORT)
    .option('--learn <span>', 'plant time to learn before watching (demo 4 h, else 7 d)')
    .option('--speed <n>', 'demo: plant seconds a second while watching', positiveNumber('--speed', 200), 5)
    .option(
      '--learn-speed <n>',
      'demo: plant seconds a second while learning',
      positiveNumber('--learn-speed', 200),
      120,
    )
    .option('--seed <n>', 'demo: seed of the plant', wholeNumber('--seed', 0, 0xffffffff), 1)
    .option(
      '--plant-port <n>',
      'demo: TCP port of the simulated controllers',
      wholeNumber('--plant-port', 1, 65_535),
      DAIRY_PORT,
    )
    .action(run);
}

async function run(options: RunOptions): Promise<void> {
  const { learn, config, pcap, interface: device, ...rest } = options;
  await runService({
    ...rest,
    pcaps: pcap ?? [],
    ...(learn === undefined ? {} : { learnSeconds: durationOption('--learn', learn) }),
    ...(config === undefined ? {} : { config }),
    ...(device === undefined ? {} : { interface: device }),
  });
}
