/** Coming in, going out, accounts. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeInBrowser, launch, openView, seriousViolations } from './browser.ts';
import type { Site } from './site.ts';
import { openSite, PASSWORD } from './site.ts';

describeInBrowser('sign-in', () => {
  let browser: Browser;
  let site: Site;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());
  beforeEach(() => async () => {
    await site.close();
  });

  test('a password that is wrong is refused in words, the right one leads to the page that was asked for', async () => {
    site = await openSite();
    for (const dark of [false, true]) {
      const view = await openView(browser, site, { dark });
      const { page } = view;
      await page.goto('/incidents/I-12');
      await page.getByLabel('Name').fill('the-viewer');
      await page.getByLabel('Password').fill('not this one at all');
      expect(await seriousViolations(page)).toEqual([]);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('Name or password is not right.').waitFor();
      await page.getByLabel('Password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { level: 1, name: /A laptop never seen before/ }).waitFor();
      view.allow(/status of 401/);
      await view.close();
    }
  });

  test('the one-time link leads in, leaves the address, offers name and password; one can go on without', async () => {
    site = await openSite({ empty: true });
    const link = await site.api.signInLink();
    if (link === undefined) throw new Error('no link');
    const view = await openView(browser, site);
    const { page } = view;
    await page.goto(link);
    await page.getByRole('heading', { name: 'Welcome to Firedoor' }).waitFor();
    expect(page.url()).not.toContain('token');
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Continue without' }).click();
    await page.getByRole('heading', { level: 1, name: /P1 is probably/ }).waitFor();
    // Later, under Settings.
    await page.goto('/settings');
    await page.getByLabel('Your name').fill('anna');
    await page.getByLabel(/^Password, at least/).fill('correct horse battery');
    await page.getByRole('button', { name: 'Set name and password' }).click();
    await page.getByRole('heading', { level: 1, name: 'You are anna, signed in as admin.' }).waitFor();
    await view.close();

    // The link is used up.
    const second = await openView(browser, site);
    await second.page.goto(link);
    await second.page.getByText('This sign-in link was used already or is too old.').waitFor();
    second.allow(/status of 401/);
    await second.close();
  });

  test('name and password chosen at once sign in the next time', async () => {
    site = await openSite({ empty: true });
    const link = await site.api.signInLink();
    const view = await openView(browser, site);
    const { page } = view;
    await page.goto(link ?? '');
    await page.getByLabel('Your name').fill('Anna Nova');
    await page.getByLabel(/^Password, at least/).fill('short');
    await page.getByRole('button', { name: 'Set name and password' }).click();
    // The browser refuses both before anything is sent.
    expect(await page.getByRole('heading', { name: 'Welcome to Firedoor' }).isVisible()).toBe(true);
    await page.getByLabel('Your name').fill('anna');
    await page.getByLabel(/^Password, at least/).fill('correct horse battery');
    await page.getByRole('button', { name: 'Set name and password' }).click();
    await page.getByText('anna · admin').waitFor();
    await page.goto('/settings');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Firedoor', exact: true }).waitFor();
    await page.getByLabel('Name').fill('anna');
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: /P1 is probably/ }).waitFor();
    view.allow(/status of 401/);
    await view.close();
  });

  test('a session that ends is said, and signing in again leads back', async () => {
    site = await openSite();
    const view = await openView(browser, site, { role: 'viewer' });
    const { page } = view;
    await page.goto('/process/TT-101');
    await page.getByRole('heading', { level: 1, name: /TT-101/ }).waitFor();
    // An administrator disables and enables the account: all its sessions end.
    const user = (await site.api.accounts.users()).find(({ name }) => name === 'the-viewer');
    await site.api.accounts.changeUser(user?.id ?? '', { disabled: true });
    await page.getByText('Your session has ended.').waitFor();
    await site.api.accounts.changeUser(user?.id ?? '', { disabled: false });
    await page.getByLabel('Name').fill('the-viewer');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: /TT-101/ }).waitFor();
    view.allow(/status of 401/);
    await view.close();
  });

  test('an administrator adds a user, hands over the link, changes role, disables', async () => {
    site = await openSite();
    const view = await openView(browser, site, { role: 'admin' });
    const { page } = view;
    await page.goto('/settings');
    await page.getByRole('button', { name: 'New user…' }).click();
    const form = page.getByRole('dialog', { name: 'New user' });
    await form.getByLabel('Name').fill('petr');
    await form.getByRole('combobox').selectOption('operator');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    const shown = page.getByRole('dialog', { name: 'One-time link for petr' });
    const link = (await shown.locator('.token').textContent()) ?? '';
    expect(await seriousViolations(page)).toEqual([]);
    await shown.getByRole('button', { name: 'Cancel' }).click();
    await page.getByLabel('Role of petr').selectOption('engineer');
    await page.getByText('petr is changed.').waitFor();

    const guest = await openView(browser, site);
    await guest.page.goto(link);
    await guest.page.getByRole('button', { name: 'Continue without' }).click();
    await guest.page.getByText('petr · engineer').waitFor();

    await page.getByRole('button', { name: 'Disable petr' }).click();
    await guest.page.getByText('Your session has ended.').waitFor();
    guest.allow(/status of 401/);
    await guest.close();
    await view.close();
  });

  test('the last administrator cannot be taken away, and the page says why', async () => {
    site = await openSite();
    const view = await openView(browser, site, { role: 'admin' });
    await view.page.goto('/settings');
    await view.page.getByLabel('Role of the-admin').selectOption('viewer');
    await view.page.getByText('This is the last administrator').waitFor();
    expect(await view.page.getByLabel('Role of the-admin').inputValue()).toBe('admin');
    view.allow(/status of 40/);
    await view.close();
  });

  test('changing the password asks for the present one', async () => {
    site = await openSite();
    const view = await openView(browser, site, { role: 'viewer' });
    const { page } = view;
    await page.goto('/settings');
    expect(await page.getByRole('region', { name: 'Users' }).count()).toBe(0);
    await page.getByLabel('Present password').fill('wrong wrong wrong');
    await page.getByLabel(/^New password/).fill('another long password');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('the one given is not right').waitFor();
    await page.getByLabel('Present password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('The password is changed.').waitFor();
    view.allow(/status of 40/);
    await view.close();
  });
});
