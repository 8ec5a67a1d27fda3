// Makes the table of card makers from the public IEEE registry (as the `oui-data` package carries it): prefix and maker only.
// Run after `npm update oui-data`: node scripts/make-oui.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const source = createRequire(import.meta.url).resolve('oui-data');
const target = fileURLToPath(new URL('../src/understand/observe/data/oui.txt.gz', import.meta.url));
const registry = JSON.parse(readFileSync(source, 'utf8'));

/** Maker without address and without the legal form, which differ from entry to entry of one company. */
function maker(text) {
  const line = text.split('\n')[0].replace(/\s+/g, ' ').trim();
  const short = line
    .replace(
      /[,.]?\s*\(?(co\.?,?\s*ltd|inc|incorporated|corporation|corp|company|limited|ltd|llc|gmbh(\s*&\s*co\.?\s*kg)?|co|ag|kg|s\.?a\.?s?|b\.?v|s\.?r\.?l|s\.?p\.?a|a\/s|oy|ab|pte|plc|pty)\b\.?\)?/gi,
      '',
    )
    .replace(/[\s,.;&-]+$/, '')
    .trim();
  return short === '' ? line : short;
}

const lines = Object.keys(registry)
  .sort()
  .map((prefix) => `${prefix.toLowerCase()}\t${maker(registry[prefix])}`);
const packed = gzipSync(`\n${lines.join('\n')}\n`, { level: 9 });
// Byte 9 of the gzip header names the operating system (RFC 1952, 2.3.1): fixed, so that every machine makes the same file.
packed[9] = 255;
writeFileSync(target, packed);
console.log(`${lines.length} prefixes, ${packed.length} bytes`);
