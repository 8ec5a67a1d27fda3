/** Pictures for the documentation. Made only when asked for: `FIREDOOR_PICTURES=1 npx vitest run --config test/e2e/vitest.config.ts pictures` */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { expect, test } from 'vitest';
import { describeInBrowser, launch, openView } from './browser.ts';
import { openSite } from './site.ts';

const folder = fileURLToPath(new URL('../../docs/pictures', import.meta.url));

/** File name, address, and a text that is there once the page has loaded. */
const PICTURES = [
  ['overview', '/', 'P1 is probably under-pasteurising'],
  ['incidents', '/incidents', 'Historian asked PLC F1'],
  ['incident', '/incidents/I-12', '71.0 likely true'],
  ['network', '/network', 'ENG-LT-7'],
  ['conversations', '/network?view=conversations', 'write-multiple-registers'],
  ['asset', '/network/A-17', 'a4:bb:6d:20:7e:01'],
  ['process', '/process', 'product after holding tube'],
  ['tag', '/process/TT-101', 'Drag over the trend'],
  ['baseline', '/baseline', 'running: 9 of 12 h'],
  ['doors', '/doors', '0 wrong in 412 deniable messages'],
  ['health', '/health', 'tcp-gap'],
  ['attacks', '/attacks', 'A stranger stops the line'],
  ['settings', '/settings', 'Appearance'],
] as const;
const DARK = ['overview', 'incident', 'tag'] as const;

describeInBrowser('pictures', () => {
  test.runIf(process.env.FIREDOOR_PICTURES === '1')('of every page', async () => {
    mkdirSync(folder, { recursive: true });
    const [browser, site] = await Promise.all([launch(), openSite()]);
    try {
      for (const dark of [false, true]) await takeAll(browser, site, dark);
      await takeSignIn(browser, site);
    } finally {
      await browser.close();
      await site.close();
    }
  });
});

async function takeAll(browser: Browser, site: Awaited<ReturnType<typeof openSite>>, dark: boolean): Promise<void> {
  const view = await openView(browser, site, { role: 'engineer', dark, width: 1440, height: 900 });
  let taken = 0;
  for (const [name, at, text] of PICTURES) {
    if (dark && !DARK.some((wanted) => wanted === name)) continue;
    await view.page.goto(at);
    await view.page.getByRole('main').getByText(text).first().waitFor();
    await view.page.waitForTimeout(300);
    await view.page.screenshot({ path: `${folder}/${name}${dark ? '-dark' : ''}.png`, fullPage: name === 'incident' });
    taken += 1;
  }
  expect(taken).toBe(dark ? DARK.length : PICTURES.length);
  await view.close();
}

async function takeSignIn(browser: Browser, site: Awaited<ReturnType<typeof openSite>>): Promise<void> {
  const view = await openView(browser, site, { width: 1440, height: 900 });
  await view.page.goto('/');
  await view.page.getByLabel('Password').waitFor();
  await view.page.screenshot({ path: `${folder}/sign-in.png` });
  view.allow(/status of 401/);
  await view.close();
}
