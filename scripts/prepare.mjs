// After `npm ci` in a checkout: builds the page, so that `npm start` has one to serve. In an installed package `dist` is there already.
import { existsSync } from 'node:fs';
import { buildPage } from './page.mjs';

if (existsSync(new URL('../src/show/web/index.html', import.meta.url))) await buildPage();
