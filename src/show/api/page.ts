/** The built page as files. Paths of the page itself (`/incidents/I-12`) are answered with index.html. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import type { ApiApp } from './endpoint.ts';

const NOT_BUILT = 'The page is not built. Run "npm run build" and start Firedoor again; the API works without it.';
/** Vite names files here after a hash of their content, so they never change. */
const HASHED = '/assets/';
/** What a built page consists of; anything else is an address of the page, which may have dots too (`/tags/TT-101.offset`). */
const FILE = /\.(js|css|map|svg|png|ico|woff2|json|txt|webmanifest)$/;

/** Adds the page of the folder `webRoot`; without one, a sentence that says what is missing. */
export function addPage(app: ApiApp, webRoot: string | undefined): void {
  const index = webRoot === undefined ? '' : join(webRoot, 'index.html');
  if (webRoot !== undefined && existsSync(webRoot)) {
    const files = serveStatic({ root: webRoot });
    app.get('/*', async (context, next) => {
      if (!FILE.test(context.req.path)) return next();
      const hashed = context.req.path.startsWith(HASHED);
      context.header('Cache-Control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      return files(context, next);
    });
  }
  app.get('/*', async (context) => {
    if (FILE.test(context.req.path)) return context.text('There is no such file.', 404);
    if (index === '' || !existsSync(index)) return context.text(NOT_BUILT, 404);
    context.header('Cache-Control', 'no-cache');
    return context.html(await readFile(index, 'utf8'));
  });
}
