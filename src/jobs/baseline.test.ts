/** The baseline jobs and the command on real files. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { learned } from '../understand/detect/network/fixtures/story.ts';
import { decideBaseline, diffBaselineFiles, readBaseline, showBaseline, writeBaseline } from './baseline.ts';

let folder = '';
let file = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedoor-baseline-'));
  file = join(folder, 'baseline.yaml');
});
afterAll(() => rm(folder, { recursive: true }));

describe('a baseline file', () => {
  it('is written whole, shown, decided on and compared', async () => {
    const id = await writeBaseline(file, {
      version: 1,
      site: 'dairy',
      network: learned().watch.baseline(),
      process: {},
    });
    const before = join(folder, 'before.yaml');
    await writeFile(before, await readFile(file));
    const summary = await showBaseline(file);
    expect(summary).toMatchObject({ id, site: 'dairy', assets: 3, conversations: 2, writtenPoints: 3, process: false });
    expect(summary.pending).toHaveLength(2);
    const decision = await decideBaseline(file, [summary.pending[0]!.id], 'confirmed');
    expect(decision).toMatchObject({ changed: summary.pending[0]!.count, pending: 1 });
    expect(decision.id).not.toBe(id);
    expect(await diffBaselineFiles(before, file)).toHaveLength(decision.changed);
    expect(await readdir(folder)).toEqual(['baseline.yaml', 'before.yaml']);
  });

  it('stays as it is when an item is not found', async () => {
    const before = await readFile(file, 'utf8');
    await expect(decideBaseline(file, ['all', 'p-nothing'], 'rejected')).rejects.toMatchObject({ code: 'BAD_USAGE' });
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it('that is not there or makes no sense is bad input', async () => {
    await expect(readBaseline(join(folder, 'none.yaml'))).rejects.toMatchObject({ code: 'BAD_INPUT', exitCode: 2 });
    await writeFile(join(folder, 'odd.yaml'), 'version: 1\nsite: [1]\n');
    await expect(readBaseline(join(folder, 'odd.yaml'))).rejects.toMatchObject({ code: 'BAD_CONFIG', exitCode: 2 });
  });
});
