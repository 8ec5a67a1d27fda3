// `node scripts/new-protocol.mjs NAME [--into FOLDER]`: makes the folder of a new protocol from `src/sense/protocols/fixtures/template`:
// every file of the contract, a sample conversation and a passing test. docs/add-a-protocol.md says what to do then.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const protocols = join(root, 'src/sense/protocols');
const template = join(protocols, 'fixtures/template');

const args = process.argv.slice(2);
const into = args.includes('--into') ? args.splice(args.indexOf('--into'), 2)[1] : protocols;
const [name] = args;
if (args.length !== 1 || into === undefined || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name ?? '')) {
  console.error('usage: node scripts/new-protocol.mjs NAME, in lower case with hyphens, such as `fins` or `hart-ip`');
  process.exit(2);
}
const folder = join(into, name);
if (existsSync(folder)) {
  console.error(`${relative(root, folder)} is there already`);
  process.exit(2);
}

const words = name.split('-');
const pascal = words.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
const camel = pascal[0].toLowerCase() + pascal.slice(1);

/** The template's text as the new protocol's; the template lies one folder deeper. */
function renamed(text, path) {
  const shallower = text.replaceAll("'../../../../records.ts'", "'../../../records.ts'");
  const moved = path.startsWith('fixtures/')
    ? shallower.replaceAll("'../../sample.ts'", "'../../fixtures/sample.ts'")
    : shallower
        .replaceAll(/'\.\.\/\.\.\/([a-z-]+\.ts)'/g, "'../$1'")
        .replaceAll("'../sample.ts'", "'../fixtures/sample.ts'");
  return moved
    .replaceAll('TemplateSession', `${pascal}Session`)
    .replaceAll(/(export const |import \{ )template\b/g, `$1${camel}`)
    .replaceAll(/\[template\]|template\.hints/g, (match) => match.replace('template', camel))
    .replaceAll("'template", `'${name}`)
    .replaceAll('Template', pascal);
}

for (const entry of readdirSync(template, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const from = join(entry.parentPath, entry.name);
  const path = relative(template, from);
  const to = join(folder, path === 'template.test.ts' ? `${name}.test.ts` : path);
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, renamed(readFileSync(from, 'utf8'), path));
}
console.log(
  `made ${relative(root, folder)}; next: one line in src/sense/protocols/registry.ts, then docs/add-a-protocol.md`,
);
