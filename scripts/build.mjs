// `npm run build`: everything the package ships, into dist: the program as JavaScript and the page.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPage } from './page.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(join(root, 'dist'), { recursive: true, force: true });
execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
// Data beside the code (vendor names and the like) is not compiled, only carried along.
for (const entry of readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })) {
  if (!entry.isDirectory() || entry.name !== 'data') continue;
  const from = join(entry.parentPath, entry.name);
  cpSync(from, join(root, 'dist', relative(join(root, 'src'), from)), {
    recursive: true,
    filter: (path) => !path.endsWith('.ts'),
  });
}
if (existsSync(join(root, 'src/show/web/index.html'))) await buildPage();
console.log(`built ${relative(dirname(root), join(root, 'dist'))}`);
