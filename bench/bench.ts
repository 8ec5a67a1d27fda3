/** `npm run bench -- NAME …`: measures one part; every bench is a file of this folder that exports `run(args)`. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const [name, ...args] = process.argv.slice(2);
const notBenches = new Set(['bench.ts', 'make-big.ts', 'measure.ts']);
const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && !notBenches.has(file))
  .map((file) => file.slice(0, -'.ts'.length));

if (name === undefined || !known.includes(name) || !existsSync(join(import.meta.dirname, `${name}.ts`))) {
  console.error(`Usage: npm run bench -- ${known.join(' | ')} … [--json]`);
  process.exitCode = 2;
} else {
  const { run } = (await import(`./${name}.ts`)) as { run: (args: readonly string[]) => Promise<void> };
  await run(args);
}
