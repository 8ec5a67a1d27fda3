/**
 * `npm run bench -- store [--json] [--tags N] [--hours N]`: the embedded store with a plant's samples: rate of writing, bytes a sample,
 * the time of a trend of one tag among all. Default: 1,000 tags at 1 Hz for a day, 86 million samples.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../src/base/random.ts';
import { openEmbeddedStore } from '../src/keep/store/embedded.ts';
import type { Store } from '../src/keep/store/store.ts';

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  readonly goal: number | null;
  readonly peers: Readonly<Record<string, number>>;
}

const SECOND_US = 1_000_000;
/** 2026-03-02T00:00:00Z. */
const START_US = 1_772_409_600 * SECOND_US;

/** How a tag behaves: what plants send. */
const KINDS = ['two-decimals', 'float32-noise', 'integer', 'bit'] as const;

/** Values of all tags, second by second. */
class PlantValues {
  readonly #random = new Random(1);
  readonly #levels: Float64Array;

  constructor(tags: number) {
    this.#levels = Float64Array.from({ length: tags }, (_, tag) => 20 + (tag % 80));
  }

  next(tag: number): number {
    const noise = this.#random.next() - 0.5;
    const level = this.#levels[tag]! + 0.1 * noise;
    this.#levels[tag] = level;
    // Of ten tags: four with two decimals, three raw floats, two integers, one bit that rarely changes.
    const kind = KINDS[[0, 0, 0, 0, 1, 1, 1, 2, 2, 3][tag % 10]!];
    if (kind === 'two-decimals') return Math.round(level * 100) / 100;
    if (kind === 'float32-noise') return Math.fround(level);
    if (kind === 'integer') return Math.round(level * 10);
    return level % 1 > 0.98 ? 1 : 0;
  }
}

async function fill(store: Store, tags: number, seconds: number): Promise<number> {
  const numbers = Array.from({ length: tags }, (_, i) => store.tagIndex(`unit-${i % 20}.tag-${i}`));
  const plant = new PlantValues(tags);
  const random = new Random(2);
  const beganMs = performance.now();
  let inFlight: Promise<void> = Promise.resolve();
  for (let second = 0; second < seconds; second++) {
    // One poll: all tags within milliseconds of each other, and no poll quite on time.
    const pollUs = START_US + second * SECOND_US + Math.round(2_000 * random.normal());
    for (let tag = 0; tag < tags; tag++)
      store.appendSample(numbers[tag]!, pollUs + (tag % 50) * 40, plant.next(tag), 0);
    if (store.health().waitingSamples < 100_000) continue;
    await inFlight;
    inFlight = store.flush();
  }
  await store.flush();
  return performance.now() - beganMs;
}

async function medianMs(rounds: number, action: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const beganMs = performance.now();
    await action();
    times.push(performance.now() - beganMs);
  }
  return times.sort((a, b) => a - b)[rounds >> 1]!;
}

async function measure(folder: string, tags: number, hours: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  const say = (
    name: string,
    value: number,
    unit: string,
    better: Figure['better'],
    goal: number | null,
    peers = {},
  ) => {
    figures.push({ name, value, unit, better, goal, peers });
  };
  const seconds = Math.round(hours * 3_600);
  const cpuBefore = process.cpuUsage();
  let store = await openEmbeddedStore({ folder });
  const ms = await fill(store, tags, seconds);
  const cpu = process.cpuUsage(cpuBefore);
  const { droppedSamples, commitMsMax, samples } = store.health();
  if (droppedSamples > 0 || samples !== tags * seconds) throw new Error(`${droppedSamples} samples were dropped`);
  say('samples written', samples / (ms / 1_000), 'samples/s', 'higher', 1_000_000, {
    'sqlite, one row a sample': 330_000,
  });
  say('share of a core at 20,000 samples/s', ((cpu.user + cpu.system) / 1e6 / samples) * 20_000 * 100, '%', 'lower', 5);
  say('longest commit', commitMsMax, 'ms', 'lower', null);
  await store.close();
  const bytes = readdirSync(folder)
    .filter((name) => name.startsWith('samples-'))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  say('size at rest', bytes / samples, 'bytes/sample', 'lower', 4, {
    'sqlite, one row a sample': 51,
    'DuckDB at rest': 3.1,
  });

  const openedMs = performance.now();
  store = await openEmbeddedStore({ folder });
  say('opening', performance.now() - openedMs, 'ms', 'lower', 1_000);
  const endUs = START_US + seconds * SECOND_US;
  const tagOf = (i: number) => `unit-${i % 20}.tag-${i}`;
  let i = 0;
  const trend = (fromUs: number, buckets: number) => () => {
    i = (i + 7) % tags;
    return store.trend(tagOf(i), fromUs, endUs, buckets);
  };
  say(
    `trend of ${hours} h at 1 Hz in 1,000 buckets, among ${tags} tags`,
    await medianMs(21, trend(START_US, 1_000)),
    'ms',
    'lower',
    50,
    {
      'sqlite, one row a sample': 26,
      DuckDB: 127,
    },
  );
  say(
    'trend of the last hour in 1,000 buckets',
    await medianMs(21, trend(endUs - 3_600 * SECOND_US, 1_000)),
    'ms',
    'lower',
    50,
  );
  const last = () => store.lastSamples(tagOf(i++ % tags), 100);
  say('last 100 samples of a tag', await medianMs(21, last), 'ms', 'lower', 10);
  await store.close();
  return figures;
}

export async function run(args: readonly string[]): Promise<void> {
  const option = (name: string, otherwise: number): number =>
    args.includes(name) ? Number(args[args.indexOf(name) + 1]) : otherwise;
  const [tags, hours] = [option('--tags', 1_000), option('--hours', 24)];
  const folder = mkdtempSync(join(tmpdir(), 'firedoor-bench-store-'));
  try {
    const figures = await measure(folder, tags, hours);
    if (args.includes('--json')) {
      const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
      const machine = `${cpus().length} × ${cpus()[0]?.model ?? ''}, Node ${process.version}`;
      console.log(JSON.stringify({ bench: 'store', commit, machine, date: new Date().toISOString(), figures }));
      return;
    }
    for (const { name, value, unit, goal } of figures) {
      const shown = value >= 1_000 ? Math.round(value).toLocaleString('en') : value.toFixed(2);
      console.log(
        `${name.padEnd(56)} ${shown.padStart(12)} ${unit}${goal === null ? '' : `  (goal ${goal.toLocaleString('en')})`}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.main) await run(process.argv.slice(2));
