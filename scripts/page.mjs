// Builds the page into dist/web. Silent when all is well.
import { fileURLToPath } from 'node:url';

/** Runs vite on src/show/web. */
export async function buildPage() {
  const { build } = await import('vite');
  const root = fileURLToPath(new URL('../src/show/web', import.meta.url));
  await build({ root, configFile: `${root}/vite.config.ts`, logLevel: 'warn' });
}
