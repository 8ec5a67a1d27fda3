/** Documents that are made, and programs that make: they say and make what is there. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROTOCOLS_DOCUMENT } from '../../scripts/protocols-doc.ts';
import { PROTOCOLS } from '../../src/sense/protocols/registry.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('docs/protocols.md', () => {
  it('names every protocol, and is what the registry and the notes say now', () => {
    const committed = existsSync(PROTOCOLS_DOCUMENT) ? readFileSync(PROTOCOLS_DOCUMENT, 'utf8') : '';
    for (const { name, title } of PROTOCOLS) {
      expect(committed).toContain(`\`${name}\``);
      expect(committed).toContain(title);
    }
    // In a process of its own: areas that other tests met on the way do not belong into the page.
    const program = join(ROOT, 'scripts/protocols-doc.ts');
    const { status, stderr } = spawnSync(process.execPath, [program, '--check'], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});

describe('scripts/new-protocol.mjs', () => {
  const program = join(ROOT, 'scripts/new-protocol.mjs');
  const run = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });

  it('refuses names that are none, and folders that are there', () => {
    expect(run('Bad_Name').status).toBe(2);
    expect(run().status).toBe(2);
    expect(run('modbus')).toMatchObject({ status: 2, stderr: expect.stringContaining('is there already') });
  });

  it('makes a folder with every file, whose sample conversation is read', () => {
    const into = mkdtempSync(join(tmpdir(), 'firedoor-protocol-'));
    try {
      // The new folder stands beside the shared files, as it would in the tree.
      const protocols = join(ROOT, 'src/sense/protocols');
      for (const name of readdirSync(protocols))
        if (/^[a-z-]+\.ts$|^fixtures$/.test(name)) symlinkSync(join(protocols, name), join(into, name));
      expect(run('acme-link', '--into', into).status).toBe(0);
      const files = ['NOTES.md', 'acme-link.test.ts', 'encode.ts', 'fixtures', 'framing.ts', 'identify.ts', 'index.ts'];
      expect(readdirSync(join(into, 'acme-link')).sort()).toEqual([
        ...files,
        'message.ts',
        'names.ts',
        'refuse.ts',
        'session.ts',
      ]);
      for (const name of readdirSync(join(into, 'acme-link'), { recursive: true, encoding: 'utf8' })) {
        if (/\.(ts|md)$/.test(name))
          expect(readFileSync(join(into, 'acme-link', name), 'utf8')).not.toMatch(/template/i);
      }
      const script = `
        import { acmeLink } from './acme-link/index.ts';
        import { SAMPLES } from './acme-link/fixtures/samples.ts';
        import { ProtocolStreams } from './streams.ts';
        let messages = 0;
        const streams = new ProtocolStreams([acmeLink], { message: () => void messages++ });
        const state = streams.open(1, 40000, 47110, true, true);
        for (const { fromClient, bytes } of SAMPLES[0].chunks)
          streams.stream(state, fromClient, bytes, 0, bytes.length, { timeUs: 0, frame: 1, frameStart: 0 });
        console.log(messages === SAMPLES[0].messages, state.protocol.name);`;
      const args = ['--input-type=module', '-e', script];
      const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: into, encoding: 'utf8' });
      expect(`${stdout}${stderr}`).toBe('true acme-link\n');
    } finally {
      rmSync(into, { recursive: true, force: true });
    }
  });
});
