/** What only the embedded store promises: a kill costs nothing that is a second old, one user a folder, a full disk is survived. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ERROR_CODES } from '../../base/errors.ts';
import { Random } from '../../base/random.ts';
import { STORE_COMMIT_MS } from '../../limits.ts';
import { openEmbeddedStore } from './embedded.ts';
import type { Store, StoreTrouble } from './store.ts';

const DAY_START_US = 1_772_409_600_000_000;

let folder = '';
const stores: Store[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'firedoor-store-'));
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(at = folder, onTrouble?: (trouble: StoreTrouble) => void): Promise<Store> {
  const store = await openEmbeddedStore({ folder: at, ...(onTrouble === undefined ? {} : { onTrouble }) });
  stores.push(store);
  return store;
}

/** Arguments that run a script in another process; the store's module is its first argument. */
function program(script: string): string[] {
  const path = join(mkdtempSync(join(folder, 'script-')), 'script.mjs');
  writeFileSync(path, script);
  return [path, new URL('./embedded.ts', import.meta.url).href];
}

/** Writes step after step (a record, an audit entry, 300 samples of one tag) and says each with the wall time; `F n` once it is flushed. */
const WRITER = `
const { openEmbeddedStore } = await import(process.argv[2]);
const store = await openEmbeddedStore({ folder: process.argv[3] });
const tag = store.tagIndex('TT-101');
for (let n = Number(process.argv[4]); ; n++) {
  for (let i = 0; i < 300; i++) store.appendSample(tag, ${DAY_START_US} + (n * 300 + i) * 1e6, n * 300 + i, 0);
  store.put('operation', 'o-' + n, n, { n });
  store.appendAudit(n, { n });
  process.stdout.write('W ' + n + ' ' + Date.now() + '\\n');
  if (n % 10 === 0) store.flush().then(() => process.stdout.write('F ' + n + '\\n'));
  await new Promise((resolve) => setTimeout(resolve, 10));
}`;

/** Runs the writer until it is killed after `ms`; what it said. */
async function writeUntilKilled(from: number, ms: number): Promise<{ flushed: number; old: number; next: number }> {
  const child = spawn(process.execPath, [...program(WRITER), folder, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  while (!said.includes('W') && child.exitCode === null) await sleep(5);
  expect(child.exitCode).toBeNull();
  await sleep(ms);
  const killedMs = Date.now();
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('close', resolve));
  let [flushed, old, next] = [from - 1, from - 1, from];
  for (const [, what, n, wallMs] of said.matchAll(/([WF]) (\d+)(?: (\d+))?\n/g)) {
    if (what === 'F') flushed = Math.max(flushed, Number(n));
    else next = Number(n) + 1;
    if (what === 'W' && Number(wallMs) < killedMs - 2 * STORE_COMMIT_MS) old = Number(n);
  }
  return { flushed, old, next };
}

test('killed twelve times while writing: nothing flushed and nothing older than a second is lost, no file is damaged', async () => {
  const random = new Random(20);
  let next = 0;
  let kept = 0;
  for (let round = 0; round < 12; round++) {
    const run = await writeUntilKilled(next, 100 + random.below(1_000));
    const store = await openEmbeddedStore({ folder });
    const records = await store.list<{ n: number }>('operation', { order: 'oldest', limit: 10_000 });
    const numbers = records.rows.map(({ value }) => value.n);
    // Steps are whole and in order; only the youngest of a run may be missing.
    expect(numbers.filter((n) => n <= Math.max(run.flushed, run.old) && n >= next).length).toBe(
      Math.max(run.flushed, run.old) - next + 1,
    );
    const audit = await store.verifyAudit();
    expect(audit).toMatchObject({ entries: numbers.length, brokenAt: null });
    const { value } = await store.samples('TT-101', 0, Number.MAX_SAFE_INTEGER);
    expect(value.length).toBe(numbers.length * 300);
    expect([...value.subarray(-3)]).toEqual([297, 298, 299].map((i) => numbers.at(-1)! * 300 + i));
    expect(new Set(value).size).toBe(value.length);
    kept = value.length;
    await store.close();
    for (const name of readdirSync(folder).filter((file) => /^(firedoor|samples).*\.db$/.test(file))) {
      const database = new DatabaseSync(join(folder, name));
      expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
      database.close();
    }
    next = run.next;
  }
  expect(kept).toBeGreaterThan(10_000);
}, 180_000);

test('a folder in use by another Firedoor is said in one sentence; its end frees the folder', async () => {
  const first = await open();
  await expect(openEmbeddedStore({ folder })).rejects.toMatchObject({
    code: ERROR_CODES.STORE_FAILED,
    message: expect.stringMatching(/in use by another Firedoor \(process \d+\)\. Stop that one/),
  });
  await first.close();
  expect((await open()).health().failing).toBe(false);
});

test('data of a newer Firedoor, and a damaged file, are refused with a sentence', async () => {
  await (await open()).close();
  const database = new DatabaseSync(join(folder, 'firedoor.db'));
  database.exec('PRAGMA user_version = 99');
  database.close();
  await expect(openEmbeddedStore({ folder })).rejects.toThrow('written by a newer Firedoor (schema 99');
  writeFileSync(join(folder, 'firedoor.db'), 'this is no database, but long enough to be looked at as one'.repeat(100));
  await expect(openEmbeddedStore({ folder })).rejects.toMatchObject({
    code: ERROR_CODES.STORE_FAILED,
    message: expect.stringContaining('restore a backup'),
  });
  const file = join(folder, 'a-file');
  writeFileSync(file, '');
  await expect(openEmbeddedStore({ folder: file })).rejects.toMatchObject({ code: ERROR_CODES.STORE_FAILED });
});

test('an unclosed store of this process keeps nobody from ending, and a read is waited for', () => {
  const script = `
    const { openEmbeddedStore } = await import(process.argv[2]);
    const store = await openEmbeddedStore({ folder: process.argv[3] });
    store.put('asset', 'A-1', 1, { name: 'plc' });
    console.log((await store.get('asset', 'A-1')).value.name);`;
  const { stdout, status } = spawnSync(process.execPath, [...program(script), folder], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  expect([stdout, status]).toEqual(['plc\n', 0]);
});

/** A disk of four megabytes; undefined where this user may not make one. */
function smallDisk(): string | undefined {
  const at = mkdtempSync(join(tmpdir(), 'firedoor-disk-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', at]);
  if (status === 0) return at;
  rmSync(at, { recursive: true });
  return undefined;
}

test('on a full disk errors are counted and told once, nothing that waits is lost, and it recovers by itself', async ({
  skip,
}) => {
  const disk = smallDisk();
  if (disk === undefined) return skip('needs the right to mount a small disk');
  try {
    const at = join(disk, 'data');
    mkdirSync(at);
    const troubles: StoreTrouble[] = [];
    const store = await open(at, (trouble) => troubles.push(trouble));
    const tag = store.tagIndex('A');
    store.put('asset', 'before', 1, {});
    await store.flush();
    // Everything that is left, taken by somebody else.
    const ballast = join(disk, 'ballast');
    spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k']);
    for (let i = 0; i < 10_000; i++) store.appendSample(tag, DAY_START_US + i * 1e6, Math.sin(i), 0);
    store.put('asset', 'while full', 2, { text: 'x'.repeat(100_000) });
    await expect(store.flush()).rejects.toMatchObject({ code: ERROR_CODES.STORE_FAILED });
    await expect.poll(() => store.health().errors, { timeout: 10_000 }).toBeGreaterThan(2);
    expect(troubles).toEqual([{ state: 'failing', sentence: expect.stringContaining('The disk is full: make room') }]);
    expect(store.health()).toMatchObject({
      failing: true,
      waitingSamples: 10_000,
      waitingRecords: 1,
      droppedSamples: 0,
    });
    // Reads go on.
    expect(await store.get('asset', 'before')).toBeDefined();
    rmSync(ballast);
    await expect.poll(() => store.health().failing, { timeout: 10_000 }).toBe(false);
    expect(troubles[1]?.state).toBe('recovered');
    await store.flush();
    expect(await store.get('asset', 'while full')).toBeDefined();
    expect((await store.samples('A', 0, 2 * DAY_START_US)).value.length).toBe(10_000);
  } finally {
    for (const store of stores.splice(0)) await store.close();
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true });
  }
});
