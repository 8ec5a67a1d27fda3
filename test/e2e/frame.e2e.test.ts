/** What stands round every page: switches, connection, keyboard, colours. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeInBrowser, launch, openView, seriousViolations } from './browser.ts';
import type { Site } from './site.ts';
import { openSite, openWire } from './site.ts';

describeInBrowser('frame', () => {
  let browser: Browser;
  let site: Site;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    site = await openSite();
    return () => site.close();
  });

  test('each switch asks once, does nothing on Escape or Enter, and works at once when confirmed', async () => {
    const view = await openView(browser, site, { role: 'engineer' });
    const { page } = view;
    for (const [open, confirm, name, active] of [
      ['Stop blocking…', 'Stop blocking now', 'stop-blocking', 'Blocking is stopped inside the plant'],
      ['Island…', 'Close the ways out now', 'island', 'Island: the ways to office and remote are closed'],
    ] as const) {
      await page.goto('/');
      const calls = () => site.engine.calls.filter(({ given }) => given[0] === name);
      await page.getByRole('button', { name: open }).click();
      const dialog = page.getByRole('dialog');
      await dialog.waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      // The button with the focus is the one that does nothing.
      await page.getByRole('button', { name: open }).click();
      await dialog.waitFor();
      await page.keyboard.press('Enter');
      await dialog.waitFor({ state: 'detached' });
      expect(calls()).toEqual([]);

      await page.getByRole('button', { name: open }).click();
      await dialog.getByRole('button', { name: confirm }).click();
      await page.getByText(active).waitFor();
      expect(calls()[0]?.given.slice(0, 2)).toEqual([name, true]);
      expect(await seriousViolations(page)).toEqual([]);
    }
    // And back: the banner goes.
    await page.getByRole('button', { name: 'Block again…' }).click();
    await page.getByRole('button', { name: 'Block again now' }).click();
    await page.getByText('Blocking is stopped').waitFor({ state: 'detached' });
    await view.close();
  });

  test('a viewer has no switch, an operator can stop blocking only', async () => {
    for (const [role, shown] of [
      ['viewer', []],
      ['operator', ['Stop blocking…']],
    ] as const) {
      const view = await openView(browser, site, { role });
      await view.page.goto('/');
      await view.page.getByText('Budget 1/week').waitFor();
      expect(await view.page.locator('.switch').allTextContents()).toEqual(shown);
      await view.close();
    }
  });

  test('a lost connection is said at once and heals by itself', async () => {
    const view = await openView(browser, site, { role: 'viewer' });
    await view.page.goto('/');
    await view.page.getByText('P1 is probably').waitFor();
    const port = Number(new URL(site.origin).port);
    await site.close();
    await view.page.getByText('Connection lost').waitFor();
    // Another Firedoor on the same port: sessions of the old one are gone, which is said too.
    site = await openSite({ port });
    await view.page.getByText('Your session has ended.').waitFor();
    await view.page.getByLabel('Name').fill('the-viewer');
    await view.page.getByLabel('Password').fill('a long password for tests');
    await view.page.getByRole('button', { name: 'Sign in' }).click();
    await view.page.getByText('P1 is probably').waitFor();
    expect(await view.page.getByText('Connection lost').count()).toBe(0);
    view.allow(
      /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_INCOMPLETE_CHUNKED_ENCODING|status of 401|ERR_EMPTY_RESPONSE/,
    );
    await view.close();
  });

  test('a wire that is cut while the session lasts: the page comes back without a word from the person', async () => {
    const wire = await openWire(site);
    const view = await openView(browser, { ...site, origin: wire.origin }, { role: 'engineer' });
    const { page } = view;
    await page.goto('/incidents/I-12');
    await page.getByText('· unacknowledged ·').waitFor();
    wire.cut();
    await page.getByText('Connection lost').waitFor();
    // What happened meanwhile is there afterwards.
    await site.engine.actOnIncident('I-12', { action: 'acknowledge' }, { id: 'x', name: 'petr', role: 'engineer' });
    // A switch pressed now says that it did not work, instead of pretending.
    await page.getByRole('button', { name: 'Stop blocking…' }).click();
    await page.getByRole('button', { name: 'Stop blocking now' }).click();
    await page.getByText('Firedoor does not answer.').first().waitFor();
    await page.keyboard.press('Escape');
    wire.mend();
    await page.getByText('Connection lost').waitFor({ state: 'detached' });
    await page.getByText('· acknowledged ·').waitFor();
    view.allow(/net::ERR_/);
    await view.close();
    await wire.close();
  });

  test('everything is reached by keyboard', async () => {
    const view = await openView(browser, site, { role: 'engineer' });
    const { page } = view;
    await page.goto('/');
    await page.getByText('P1 is probably').waitFor();
    const focused = () => page.evaluate('document.activeElement.textContent.trim()') as Promise<string>;
    expect(await focused()).toContain('P1 is probably');
    await page.getByRole('link', { name: 'Skip to the content' }).focus();
    expect(await page.getByRole('link', { name: 'Skip to the content' }).isVisible()).toBe(true);
    await page.getByRole('link', { name: 'Incidents', exact: false }).first().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /incidents are open/ }).waitFor();
    // Entering a page moves the focus to its sentence.
    expect(await focused()).toContain('incidents are open');
    await page.getByRole('link', { name: /TT-101 shows/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /A laptop never seen/ }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: /incidents are open/ }).waitFor();
    await view.close();
  });

  test('colours follow the system until the person chooses, and the choice stays', async () => {
    const view = await openView(browser, site, { role: 'viewer', dark: true });
    const { page } = view;
    const ground = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor') as Promise<string>;
    await page.goto('/');
    await page.getByText('P1 is probably').waitFor();
    const dark = await ground();
    await page.getByRole('button', { name: 'Light colours' }).click();
    const light = await ground();
    expect(light).not.toBe(dark);
    await page.reload();
    await page.getByRole('button', { name: 'Dark colours' }).waitFor();
    expect(await ground()).toBe(light);
    await view.close();
  });

  test('lists search and keep their words in the address', async () => {
    const view = await openView(browser, site, { role: 'viewer' });
    const { page } = view;
    await page.goto('/network');
    await page.getByRole('row', { name: /HMI-1/ }).waitFor();
    await page.getByRole('searchbox').fill('eng-lt');
    await page.getByText('1–1 of 1 assets').waitFor();
    expect(await page.getByRole('row', { name: /HMI-1/ }).count()).toBe(0);
    expect(page.url()).toContain('assets-search=eng-lt');
    await page.getByRole('searchbox').fill('nothing at all');
    await page.getByText('Nothing matches “nothing at all”.').waitFor();
    await view.close();
  });

  test('a tag has a live trend over a chosen time', async () => {
    const view = await openView(browser, site, { role: 'viewer' });
    const { page } = view;
    const spans: number[] = [];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.pathname !== '/api/trends') return;
      spans.push(Number(url.searchParams.get('toUs')) - Number(url.searchParams.get('fromUs')));
    });
    await page.goto('/process/TT-101');
    const plot = page.getByRole('img', { name: /^Trend of TT-101/ });
    await plot.locator('canvas').waitFor();
    expect(spans[0]).toBe(600e6);
    await page.getByRole('button', { name: '8 h' }).click();
    await expect.poll(() => spans.at(-1)).toBe(8 * 3600e6);
    // Reading a moment under the pointer.
    await plot.hover();
    await page.getByText(/^At \d\d:\d\d:\d\d: .*expected/).waitFor();
    // Dragging looks closer, and there is a way back.
    const box = await plot.boundingBox();
    if (!box) throw new Error('no plot');
    await page.mouse.move(box.x + box.width * 0.4, box.y + 100);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 120, { steps: 4 });
    await page.mouse.up();
    await page.getByRole('button', { name: 'Back to now' }).click();
    await page.getByRole('button', { name: 'Back to now' }).waitFor({ state: 'detached' });
    await view.close();
  });

  test('an expert starts a demo attack after being asked; a viewer only reads about it', async () => {
    const viewer = await openView(browser, site, { role: 'viewer' });
    await viewer.page.goto('/attacks');
    await viewer.page.getByText('A stranger stops the line').waitFor();
    expect(await viewer.page.getByRole('button', { name: /^Start/ }).count()).toBe(0);
    await viewer.close();

    const view = await openView(browser, site, { role: 'engineer' });
    const { page } = view;
    await page.goto('/attacks');
    await page.getByRole('button', { name: 'Start… A stranger falsifies the temperature' }).click();
    await page.getByRole('button', { name: 'Start the attack' }).click();
    await page.getByRole('heading', { name: /One attack is running/ }).waitFor();
    expect(site.engine.calls.at(-1)?.method).toBe('startAttack');
    await view.close();
  });
});
