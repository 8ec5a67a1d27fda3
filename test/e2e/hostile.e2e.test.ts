/** Names come from packets: whatever they contain stays text, and does not break the layout or an address. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInBrowser, launch, openView } from './browser.ts';
import { HOSTILE, hostile } from './hostile.ts';
import type { Site } from './site.ts';
import { openSite } from './site.ts';

describeInBrowser('hostile names', () => {
  let browser: Browser;
  let site: Site;
  beforeAll(async () => {
    [browser, site] = await Promise.all([launch(), openSite({ answers: hostile })]);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  const name = encodeURIComponent(HOSTILE);
  for (const at of [
    '/',
    '/incidents',
    '/incidents/I-12',
    '/network',
    '/network?view=conversations',
    `/network/${name}`,
    '/process',
    `/process/${name}`,
  ]) {
    test(`stay text on ${at.slice(0, 40)}`, async () => {
      const view = await openView(browser, site, { role: 'admin' });
      const { page } = view;
      await page.goto(at);
      await page.getByRole('main').getByText('onerror=hacked=1').first().waitFor();
      await page.waitForTimeout(400);
      expect(await page.evaluate('typeof hacked')).toBe('undefined');
      expect(
        await page.evaluate('document.querySelectorAll("main img:not([role]), main script, main [onerror]").length'),
      ).toBe(0);
      // No link leads anywhere but into this page or its API.
      const foreign = await page.evaluate(
        '[...document.links].filter((link) => link.origin !== location.origin).map((link) => link.href)',
      );
      expect(foreign).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
      await view.close();
    });
  }

  test('a link with such a name in it leads to the thing of that name', async () => {
    const view = await openView(browser, site, { role: 'admin' });
    const { page } = view;
    await page.goto('/process');
    await page.getByRole('row').nth(1).getByRole('link').first().click();
    await page.getByRole('heading', { level: 1 }).getByText('onerror=hacked=1').waitFor();
    expect(await page.evaluate('decodeURIComponent(location.pathname)')).toBe(`/process/${HOSTILE}`);
    await view.close();
  });
});
