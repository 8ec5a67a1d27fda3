/** The command as scripts use it: one JSON document on stdout, exceptions for the exit code. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeBaseline } from '../jobs/baseline.ts';
import { learned } from '../understand/detect/network/fixtures/story.ts';
import { baselineCommand } from './baseline.ts';

let folder = '';
let printed = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedoor-cli-'));
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

async function run(...words: string[]): Promise<string> {
  printed = '';
  await baselineCommand().exitOverride().parseAsync(words, { from: 'user' });
  return printed;
}

describe('firedoor baseline', () => {
  it('shows, accepts and compares', async () => {
    const file = join(folder, 'a.yaml');
    const other = join(folder, 'b.yaml');
    const baseline = { version: 1, site: 'dairy', network: learned().watch.baseline(), process: {} };
    await writeBaseline(file, baseline);
    await writeBaseline(other, baseline);
    expect(await run('show', file)).toContain('hmi-1 writes 2 set-points on plc-1: SP-101, SP-104.');
    const shown = JSON.parse(await run('show', file, '--json')) as { pending: { id: string }[] };
    const ids = shown.pending.map((item) => item.id);
    expect(JSON.parse(await run('accept', file, ...ids, '--json'))).toMatchObject({ status: 'confirmed', pending: 0 });
    expect(await run('diff', other, file)).toContain(
      '~ hmi-1 -> plc-1 modbus: SP-101 was unconfirmed and is confirmed.',
    );
    expect(await run('diff', file, file)).toBe('No difference.\n');
    expect(await run('reject', file, 'hmi-1->plc-1:SP-104')).toContain('1 learned thing is now rejected');
    await expect(run('accept', file, 'nothing')).rejects.toMatchObject({ code: 'BAD_USAGE', exitCode: 2 });
  });
});
