/**
 * `npm run bench -- samples [--json]`: samples a second through all detectors of single tags, with and without the joint model of 100
 * tags, and what a sample costs with 100 to 100,000 tags. One thread.
 */
import { Random } from '../src/base/random.ts';
import { learnJoint } from '../src/understand/detect/process/joint/model.ts';
import { JointStream } from '../src/understand/detect/process/joint/stream.ts';
import { ProcessWatch } from '../src/understand/detect/process/watch.ts';
import { documentOf, type Figure } from './measure.ts';

const LEARN_ROWS = 400;
const JOINT_TAGS = 100;
/** Two tags a unit: too few for a joint model. */
const UNIT_TAGS = 2;
const START_US = 1e15;

interface Speed {
  readonly samplesPerS: number;
  readonly findings: number;
}

/** Learns and then times rows of `tags` noisy tags, two in a unit: no joint model. */
function perTag(tags: number, rows: number, learnRows: number): Speed {
  const random = new Random(1);
  let findings = 0;
  const watch = new ProcessWatch({
    tags: Array.from({ length: tags }, (_, j) => ({
      name: `T${j}`,
      role: 'measurement' as const,
      plantUnit: `U${Math.floor(j / UNIT_TAGS)}`,
    })),
    onFinding: () => {
      findings += 1;
    },
  });
  const values = Float64Array.from({ length: 65_536 }, () => Math.round(1000 * (50 + random.normal())) / 1000);
  let at = 0;
  const row = (timeUs: number) => {
    for (let j = 0; j < tags; j += 1) {
      watch.sample(j, timeUs, values[at & 65_535]!);
      // An odd step through the values, so that no tag ever sees the same run twice.
      at += 40_503;
    }
  };
  for (let i = 0; i < learnRows; i += 1) row(START_US + i * 1e6);
  watch.freeze(START_US + learnRows * 1e6);
  const startedMs = performance.now();
  for (let i = learnRows; i < learnRows + rows; i += 1) row(START_US + i * 1e6);
  return { samplesPerS: (tags * rows) / ((performance.now() - startedMs) / 1000), findings };
}

/** Rows a second of a joint model, as samples. */
function joint(tags: number, rows: number): number {
  const random = new Random(2);
  const make = (out: Float64Array) => {
    const common = random.normal();
    for (let j = 0; j < tags; j += 1) out[j] = common * ((j % 7) - 3) + random.normal();
  };
  const learnRows = 6 * tags;
  const values = new Float64Array(learnRows * tags);
  const row = new Float64Array(tags);
  for (let i = 0; i < learnRows; i += 1) {
    make(row);
    values.set(row, i * tags);
  }
  const all = new Uint8Array(tags).fill(1);
  const model = learnJoint({
    values,
    rows: learnRows,
    n: tags,
    judged: all,
    physical: all,
    step: new Float64Array(tags),
    breaks: new Uint8Array(learnRows),
    budgetRows: 1e6,
  });
  if (model === undefined) throw new Error('no joint model was learned');
  const stream = new JointStream(model);
  const missing = new Uint8Array(tags);
  const startedMs = performance.now();
  for (let i = 0; i < rows; i += 1) {
    make(row);
    stream.step(row, missing);
  }
  return (tags * rows) / ((performance.now() - startedMs) / 1000);
}

export async function run(args: readonly string[]): Promise<void> {
  const figures: Figure[] = [];
  const add = (name: string, value: number, unit: string, goal: number | null) =>
    figures.push({ name, value, unit, better: 'higher', goal, peers: {} });
  perTag(100, 200, LEARN_ROWS);
  const alone = perTag(100, 3_000, LEARN_ROWS);
  add('all detectors of single tags', alone.samplesPerS, 'samples/s', 200_000);
  joint(JOINT_TAGS, 300);
  const together = joint(JOINT_TAGS, 3_000);
  add('joint model of 100 tags', together, 'samples/s', null);
  const both = 1 / (1 / alone.samplesPerS + 1 / together);
  add('detectors of single tags and joint model of 100 tags', both, 'samples/s', 50_000);
  for (const tags of [100, 1_000, 10_000, 100_000]) {
    const rows = Math.max(3, Math.round(300_000 / tags));
    const { samplesPerS } = perTag(tags, rows, tags > 10_000 ? 12 : 40);
    figures.push({
      name: `cost of a sample with ${tags} tags`,
      value: 1e9 / samplesPerS,
      unit: 'ns',
      better: 'lower',
      goal: null,
      peers: {},
    });
  }
  if (args.includes('--json')) console.log(JSON.stringify(documentOf('samples', figures)));
  else
    for (const { name, value, unit } of figures)
      console.log(`${name.padEnd(56)} ${Math.round(value).toLocaleString('en')} ${unit}`);
}

if (import.meta.main) await run(process.argv.slice(2));
