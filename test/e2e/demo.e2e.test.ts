/**
 * The demo as a newcomer meets it: `firedoor run`, the one-time link, learning, an attack started on the page, its one incident with
 * the packet behind it. The real service, the simulated plant, the real page. Its picture is the one of the README.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, PATIENCE_MS, RunningFiredoor } from '../support/running-firedoor.ts';
import { describeInBrowser, launch } from './browser.ts';

const PICTURES = fileURLToPath(new URL('../../docs/pictures', import.meta.url));

describeInBrowser('demo plant', () => {
  const data = mkdtempSync(join(tmpdir(), 'firedoor-demo-'));
  let browser: Browser;
  let firedoor: RunningFiredoor;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    const args = ['run', '--data', data, '--port', '0', '--plant-port', String(await freePort()), '--learn', '40 min'];
    [browser, firedoor] = await Promise.all([launch(), new RunningFiredoor(args)]);
    await firedoor.says('Ctrl-C stops it.');
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
  }, PATIENCE_MS);

  afterAll(async () => {
    await browser?.close();
    expect(await firedoor?.interrupt()).toBe(0);
    rmSync(data, { recursive: true, force: true });
  });

  test('the link of the terminal signs in, once', { timeout: PATIENCE_MS }, async () => {
    const link = /http:\S+#token=\S+/.exec(firedoor.output)?.[0] ?? '';
    await page.goto(link);
    await page.getByRole('button', { name: 'Continue without' }).click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    const again = await browser.newContext();
    const answer = await again.request.post(`${new URL(link).origin}/api/sign-in/link`, {
      data: { token: new URL(link).hash.slice('#token='.length) },
      headers: { origin: new URL(link).origin },
    });
    expect(answer.status()).toBe(401);
    await again.close();
  });

  test('the page says that it learns, how far it is and how long is left', { timeout: PATIENCE_MS }, async () => {
    await page
      .getByText(/Learning what is normal, \d+ % done/)
      .first()
      .waitFor();
    await page.getByText('TT-101', { exact: true }).first().waitFor();
  });

  test('an attack started on the page becomes one incident that names the write and its effect', {
    timeout: 2 * PATIENCE_MS,
  }, async () => {
    await firedoor.says('Learning is done');
    await page.getByRole('link', { name: 'Demo attacks' }).click();
    const attack = page.locator('section, article, li').filter({ hasText: 'A stranger falsifies the temperature' });
    await attack
      .getByRole('button', { name: /^Start…/ })
      .first()
      .click();
    await page.getByRole('button', { name: 'Start the attack' }).click();
    await page
      .getByRole('link', { name: /^Incidents/ })
      .first()
      .click();
    await page
      .getByRole('link', { name: /Calibration of TT-101 changed by \+4\.0 K/ })
      .first()
      .click();
    const sentence = page.getByRole('heading', { level: 1 });
    await sentence.filter({ hasText: 'changed the calibration of TT-101 by +4.0 K' }).waitFor();
    await sentence.filter({ hasText: 'true temperature' }).waitFor();
    expect(await sentence.innerText()).toContain('127.20.3.44');
    await page.getByText('writes TT-101.offset 0 → 4 K').first().waitFor();
    if (process.env.FIREDOOR_PICTURES === '1') {
      // The effect takes two plant minutes; the picture shows it.
      await page.waitForTimeout(50_000);
      mkdirSync(PICTURES, { recursive: true });
      await page.screenshot({ path: join(PICTURES, 'demo-incident.png') });
      await page.getByRole('link', { name: 'Overview' }).click();
      await page.waitForTimeout(2_000);
      await page.screenshot({ path: join(PICTURES, 'demo-overview.png') });
    }
    expect(problems).toEqual([]);
  });
});
