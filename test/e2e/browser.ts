/** Chromium for the tests: every console error, page error and policy violation fails the test that caused it. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { describe, expect } from 'vitest';
import type { Role } from '../../src/show/api/types.ts';
import type { Site } from './site.ts';
import { PASSWORD, userOf } from './site.ts';

const PROGRAM = '/usr/bin/chromium';
const ENABLE = 'apt-get install -y chromium fonts-dejavu-core';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** `describe` where Chromium is there; elsewhere skipped under a name that says how to enable it. */
export function describeInBrowser(name: string, body: () => void): void {
  if (existsSync(PROGRAM)) describe(name, body);
  else describe.skip(`${name} (needs Chromium: ${ENABLE})`, body);
}

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: PROGRAM, args: FLAGS });
}

export interface View {
  readonly page: Page;
  /** Everything wrong so far; `allow` takes out what the test caused on purpose. */
  readonly problems: string[];
  allow(pattern: RegExp): void;
  close(): Promise<void>;
}

export interface ViewOptions {
  /** Signed in as this role; nobody if left out. */
  readonly role?: Role;
  readonly dark?: boolean;
  readonly width?: number;
  readonly height?: number;
}

/** A fresh browser profile with one page, not yet at any address. */
export async function openView(browser: Browser, site: Site, options: ViewOptions = {}): Promise<View> {
  const context = await browser.newContext({
    colorScheme: options.dark ? 'dark' : 'light',
    viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
    baseURL: site.origin,
    acceptDownloads: true,
  });
  if (options.role) {
    const answer = await context.request.post('/api/sign-in', {
      data: { name: userOf(options.role), password: PASSWORD },
      headers: { origin: site.origin },
    });
    expect(answer.status()).toBe(200);
  }
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  return {
    page,
    problems,
    allow(pattern) {
      const kept = problems.filter((problem) => !pattern.test(problem));
      problems.splice(0, problems.length, ...kept);
    },
    async close() {
      await context.close();
      expect(problems).toEqual([]);
    },
  };
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

/** Serious and critical accessibility violations of the page as it stands, as text. */
export async function seriousViolations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const result = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as AxeResult;
  return result.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`).join(' | ')}`,
    );
}
