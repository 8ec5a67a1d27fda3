/** Every page as every kind of reader, light and dark: its sentence stands there, and no serious accessibility violation. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInBrowser, launch, openView, seriousViolations } from './browser.ts';
import type { Site } from './site.ts';
import { openSite } from './site.ts';

/** Address, what its first heading says, and something from its depth that shows it has loaded. */
const PAGES = [
  { at: '/', heading: /P1 is probably under-pasteurising/, deep: 'GUARD-1' },
  { at: '/incidents', heading: /2 incidents are open/, deep: 'Historian asked PLC F1 for its identity' },
  { at: '/incidents/I-12', heading: /A laptop never seen before/, deep: 'T0836 Modify Parameter' },
  { at: '/network', heading: /6 assets talk in 4 conversations/, deep: 'ENG-LT-7' },
  { at: '/network?view=conversations', heading: /6 assets talk/, deep: 'write-multiple-registers' },
  { at: '/network/A-17', heading: /ENG-LT-7, Dell laptop/, deep: 'a4:bb:6d:20:7e:01' },
  { at: '/process', heading: /units run as expected/, deep: 'product after holding tube' },
  { at: '/process/TT-101', heading: /TT-101 .* reads/, deep: '10.20.1.11/1/holding/100' },
  { at: '/process/TT-101.offset', heading: /TT-101.offset .* reads/, deep: 'calibration' },
  { at: '/baseline', heading: /tags are ready/, deep: '3 h' },
  { at: '/doors', heading: /would-be denials/, deep: '0 wrong in 412 deniable messages, 30 d' },
  { at: '/health', heading: /mirror port probably lost/, deep: 'tcp-gap' },
  { at: '/attacks', heading: /Attack the demo plant/, deep: 'A stranger stops the line' },
  { at: '/settings', heading: /You are/, deep: 'Appearance' },
] as const;

describeInBrowser('pages', () => {
  let browser: Browser;
  let site: Site;
  beforeAll(async () => {
    [browser, site] = await Promise.all([launch(), openSite()]);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  for (const role of ['viewer', 'engineer', 'admin'] as const) {
    for (const dark of [false, true]) {
      test(`as ${role}, ${dark ? 'dark' : 'light'}`, async () => {
        const view = await openView(browser, site, { role, dark });
        for (const { at, heading, deep } of PAGES) {
          await view.page.goto(at);
          await view.page.getByRole('heading', { level: 1, name: heading }).waitFor();
          await view.page.getByRole('main').getByText(deep).first().waitFor();
          expect(await seriousViolations(view.page), `${at} as ${role}`).toEqual([]);
        }
        await view.close();
      });
    }
  }

  test('an unknown address, incident, asset and tag each say so', async () => {
    const view = await openView(browser, site, { role: 'viewer' });
    await view.page.goto('/nowhere');
    await view.page.getByRole('heading', { name: 'There is no such page.' }).waitFor();
    await view.page.goto('/incidents/I-999');
    await view.page.getByText('There is no such thing').waitFor();
    await view.page.goto('/network/A-999');
    await view.page.getByRole('heading', { name: 'No asset A-999 is known.' }).waitFor();
    await view.page.goto('/process/NO-1');
    await view.page.getByText('There is no tag NO-1').first().waitFor();
    view.allow(/status of 404/);
    await view.close();
  });

  test('nothing sticks out of a 1280 pixel laptop, and nothing comes from outside', async () => {
    const view = await openView(browser, site, { role: 'admin' });
    const outside: string[] = [];
    view.page.on('request', (request) => {
      if (!request.url().startsWith(site.origin)) outside.push(request.url());
    });
    for (const { at, heading } of PAGES) {
      await view.page.goto(at);
      await view.page.getByRole('heading', { level: 1, name: heading }).waitFor();
      const wide = await view.page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect(wide, at).toBeLessThanOrEqual(0);
    }
    expect(outside).toEqual([]);
    await view.close();
  });
});
