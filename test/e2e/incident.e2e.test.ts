/** Everything a person does with an incident, and who may. */
import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { View } from './browser.ts';
import { describeInBrowser, launch, openView, seriousViolations } from './browser.ts';
import type { Site } from './site.ts';
import { openSite } from './site.ts';

const ACTIONS = ['Planned work…', 'Shelve…', 'Assign…', 'Comment…', 'Close…', 'Acknowledge'] as const;

describeInBrowser('incident', () => {
  let browser: Browser;
  let site: Site;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());
  // A site of its own for each test: actions are remembered.
  beforeEach(async () => {
    site = await openSite();
    return () => site.close();
  });

  /** The arguments of the last action the engine was given. */
  const lastAction = () => site.engine.calls.findLast(({ method }) => method === 'actOnIncident')?.given[1];

  async function open(role: 'viewer' | 'operator' | 'engineer' | 'admin'): Promise<View> {
    const view = await openView(browser, site, { role });
    await view.page.goto('/incidents/I-12');
    await view.page.getByRole('heading', { level: 1, name: /A laptop never seen before/ }).waitFor();
    return view;
  }

  test('each role sees the actions it may do and no other', async () => {
    const expected = {
      viewer: [],
      operator: ['Planned work…', 'Assign…', 'Comment…', 'Acknowledge'],
      engineer: [...ACTIONS],
      admin: [...ACTIONS],
    } as const;
    for (const role of ['viewer', 'operator', 'engineer', 'admin'] as const) {
      const view = await open(role);
      const shown: string[] = [];
      for (const name of ACTIONS) if (await view.page.getByRole('button', { name }).isVisible()) shown.push(name);
      expect(shown, role).toEqual(expected[role]);
      const slice = view.page.getByRole('link', { name: 'download pcap slice' });
      expect(await slice.isVisible(), role).toBe(role === 'engineer' || role === 'admin');
      await view.close();
    }
  });

  test('acknowledge works at once and the button goes', async () => {
    const view = await open('engineer');
    const button = view.page.getByRole('button', { name: 'Acknowledge' });
    await button.click();
    await button.waitFor({ state: 'detached' });
    expect(lastAction()).toEqual({ action: 'acknowledge' });
    await view.page.getByText('· acknowledged ·').waitFor();
    await view.close();
  });

  test('planned work takes one tap for the reason', async () => {
    const view = await open('operator');
    await view.page.getByRole('button', { name: 'Planned work…' }).click();
    const dialog = view.page.getByRole('dialog', { name: 'This is planned work' });
    expect(await seriousViolations(view.page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Calibration' }).click();
    await dialog.getByRole('button', { name: 'It is planned work' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(lastAction()).toEqual({ action: 'planned-work', because: 'Calibration' });
    await view.page.getByText('I-12 · information').waitFor();
    await view.page.getByRole('region', { name: 'What people did' }).getByText('the-operator').waitFor();
    await view.close();
  });

  test('shelve, assign and comment say what was given', async () => {
    const view = await open('engineer');
    await view.page.getByRole('button', { name: 'Shelve…' }).click();
    await view.page.getByRole('dialog').getByRole('combobox').selectOption('1 day');
    await view.page.getByLabel('Because').fill('waiting for the technician');
    await view.page.getByRole('button', { name: 'Shelve', exact: true }).click();
    await view.page.getByText('· shelved until').waitFor();
    expect(lastAction()).toEqual({ action: 'shelve', minutes: 1440, because: 'waiting for the technician' });

    await view.page.getByRole('button', { name: 'Assign…' }).click();
    await view.page.getByLabel('To', { exact: true }).fill('petr');
    await view.page.getByRole('button', { name: 'Assign', exact: true }).click();
    await view.page.getByText('· with petr ·').waitFor();

    await view.page.getByRole('button', { name: 'Comment…' }).click();
    await view.page.getByLabel('Comment', { exact: true }).fill('the dial shows 71');
    await view.page.getByRole('button', { name: 'Add', exact: true }).click();
    await view.page.getByRole('region', { name: 'What people did' }).getByText('the dial shows 71').waitFor();
    await view.close();
  });

  test('close asks for a judgement and a reason, then the queue shows it as closed', async () => {
    const view = await open('engineer');
    await view.page.getByRole('button', { name: 'Close…' }).click();
    const dialog = view.page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Close the incident' }).click();
    // Without a reason the browser itself refuses: nothing was sent.
    expect(lastAction()).toBeUndefined();
    await dialog.getByLabel('Wrong: there was no cause in reality').check();
    await dialog.getByLabel('Because').fill('the laptop was ours');
    await dialog.getByRole('button', { name: 'Close the incident' }).click();
    await view.page.getByText('Judged wrong').waitFor();
    expect(lastAction()).toEqual({ action: 'close', judgement: 'wrong', because: 'the laptop was ours' });

    await view.page.goto('/incidents');
    await view.page.getByRole('row', { name: /I-11/ }).waitFor();
    expect(await view.page.getByRole('row', { name: /I-12/ }).count()).toBe(0);
    await view.page.getByRole('button', { name: 'Closed' }).click();
    await view.page.getByRole('row', { name: /I-12/ }).waitFor();
    await view.page.getByRole('button', { name: 'All' }).click();
    await view.page.getByRole('row', { name: /I-11/ }).waitFor();
    expect(new URL(view.page.url()).search).toBe('?state=all');
    await view.close();
  });

  test('what one person does appears on the page of another by itself', async () => {
    const [mine, theirs] = [await open('engineer'), await open('viewer')];
    await mine.page.getByRole('button', { name: 'Acknowledge' }).click();
    await theirs.page.getByText('· acknowledged ·').waitFor();
    await mine.close();
    await theirs.close();
  });

  test('one clock: lanes and trends share the axis and the write runs through all of them', async () => {
    const view = await open('viewer');
    const panel = view.page.getByRole('region', { name: 'What happened, on one clock' });
    await panel.getByRole('img', { name: /^Trend of TT-101/ }).waitFor();
    const mark = await panel.locator('.lane path.mark-write').boundingBox();
    const line = await panel.locator('.clock-write').boundingBox();
    const lastTrend = await panel.locator('.clock-row.trend svg').last().boundingBox();
    if (!mark || !line || !lastTrend) throw new Error('the write is not drawn');
    expect(Math.abs(mark.x + mark.width / 2 - (line.x + line.width / 2))).toBeLessThan(2);
    expect(line.y).toBeLessThanOrEqual(mark.y);
    expect(line.y + line.height).toBeGreaterThanOrEqual(lastTrend.y + lastTrend.height - 1);
    // Shown and likely true stand side by side.
    await panel.getByText('71.0 likely true').waitFor();
    // The reading line moves by keyboard and says where it is.
    await panel.getByRole('slider').focus();
    await view.page.keyboard.press('Home');
    await panel.getByText(/^at 09:5/).waitFor();
    await panel.getByRole('button', { name: '± 1 h' }).click();
    await panel.getByText('09:30', { exact: true }).waitFor();
    await view.close();
  });

  test('evidence: the bytes of the write are lit, a field lights its own', async () => {
    const view = await open('engineer');
    const panel = view.page.getByRole('region', { name: 'Evidence' });
    const lit = async () => (await panel.locator('.lit').allTextContents()).map((text) => text.trim()).join(' ');
    await panel.getByText('write multiple registers (16)').waitFor();
    expect(await lit()).toBe('10 00 a0 00 00 40 80');
    await panel.getByRole('button', { name: 'transaction 0x1a2f' }).focus();
    expect(await lit()).toBe('1a 2f');
    const [download] = await Promise.all([
      view.page.waitForEvent('download'),
      panel.getByRole('link', { name: 'download pcap slice' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('I-12.pcap');
    expect([...readFileSync(await download.path()).subarray(0, 4)]).toEqual([0xd4, 0xc3, 0xb2, 0xa1]);
    await view.close();
  });

  test('all that the actor did in 24 hours', async () => {
    const view = await open('operator');
    const panel = view.page.getByRole('region', { name: /^All that ENG-LT-7 did/ });
    await panel.getByRole('button', { name: 'Show' }).click();
    await panel.getByText('new: device identification').waitFor();
    await panel.getByText('frame 48,211').waitFor();
    await view.close();
  });
});
