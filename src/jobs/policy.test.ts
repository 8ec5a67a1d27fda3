/** From a learned day of the simulated dairy to a policy, and that policy against another day and against every attack of the library. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { ATTACKS } from '../simulate/attacks.ts';
import { recordDairy } from '../simulate/recording.ts';
import { readBaseline } from './baseline.ts';
import { learn } from './learn.ts';
import { checkPolicy, diffPolicies, policyCheckText, renderPolicy } from './policy.ts';
import { isSigned, signaturesOf, signPolicy } from './policy-files.ts';
import { proposePolicy } from './policy-propose.ts';
import { replayPolicy } from './replay.ts';
import { readSite } from './site.ts';

const folder = mkdtempSync(join(tmpdir(), 'firedoor-policy-'));
afterAll(() => rmSync(folder, { recursive: true }));
const SITE = readSite(fileURLToPath(new URL('../../examples/dairy-north.yaml', import.meta.url)));
const file = (name: string): string => join(folder, name);

async function proposed(): Promise<string> {
  const path = file('policy.yaml');
  recordDairy({ seed: 1, seconds: 6 * 3_600, attacks: [], pcap: file('normal.pcap') });
  await learn([file('normal.pcap')], file('baseline.yaml'), SITE);
  const { text } = proposePolicy(await readBaseline(file('baseline.yaml')), SITE);
  writeFileSync(path, text);
  return path;
}

test('the proposed policy passes what was learned, and denies every write of every attack', async () => {
  const path = await proposed();
  expect(checkPolicy(path, SITE).warnings).toEqual([]);
  expect(replayPolicy([file('normal.pcap')], path, SITE)).toMatchObject({ denied: 0, spared: 0 });
  const hostile = ATTACKS.filter(({ name }) => !/planned|restore/.test(name));
  expect(hostile.length).toBeGreaterThan(4);
  for (const { name } of hostile) {
    recordDairy({ seed: 3, seconds: 1_800, attacks: [{ name, atS: 600 }], pcap: file('attack.pcap') });
    const result = replayPolicy([file('attack.pcap')], path, SITE);
    const bad = result.rows.filter(({ client }) => client === '127.20.3.44');
    expect([name, bad.length > 0 && bad.every(({ outcome }) => outcome === 'denied')]).toEqual([name, true]);
  }
});

test('a tighter policy shows what it would cost, and the difference as text', async () => {
  const path = file('policy.yaml');
  const tight = file('tight.yaml');
  writeFileSync(tight, readFileSync(path, 'utf8').replace(/(tags: \["SP-101"\], value: )\S+/, '$174.9..75.1'));
  const changes = diffPolicies(path, tight, SITE);
  expect(changes).toMatchObject([
    { rule: 'hmi-1-writes-SP-101', change: 'changed', fields: { value: [expect.any(String), '74.9..75.1 Cel'] } },
  ]);
  const result = replayPolicy([file('normal.pcap')], tight, SITE);
  expect(result.denied).toBeGreaterThan(0);
  expect(result.byRule['hmi-1-writes-SP-101']).toBe(result.denied);
  expect(result.cost.productionMinutes).toBeGreaterThan(0);
  expect(result.cost.price).toBeCloseTo((result.cost.productionMinutes / 60) * 4_000);
  expect(result.rows[0]).toMatchObject({ client: '127.20.2.5', target: 'SP-101', knownStation: true });
});

test('rules that can never count are named with their line', () => {
  const path = file('dead.yaml');
  writeFileSync(
    path,
    `conduits:
  operations-to-cell-1:
    - {rule: all, allow: [read, write], from: operations}
    - {rule: set-point, allow: write, from: operations, tags: [SP-101], value: 1..2 Cel}
    - {rule: no-writes, deny: write, from: operations}
    - {rule: elsewhere, allow: control, from: engineering-stations}
`,
  );
  const { warnings } = checkPolicy(path, SITE);
  expect(warnings.map(({ kind, rule, place }) => [kind, rule, place.split(':')[0]])).toEqual([
    ['empty-conduit', '', '1'],
    ['shadowed', 'set-point', '4'],
    ['shadowed', 'no-writes', '5'],
    ['dead', 'elsewhere', '6'],
  ]);
  expect(policyCheckText(checkPolicy(path, SITE))).toContain('rule all (line 3) allows all of it before');
});

test('two people sign one text; another text or the same person does not count', () => {
  const path = file('signed.yaml');
  writeFileSync(path, 'otherwise: deny\n');
  expect(isSigned(signPolicy(path, 'ann', 'now'))).toBe(false);
  expect(() => signPolicy(path, ' ann ', 'now')).toThrow('another person');
  expect(isSigned(signPolicy(path, 'ben', 'now'))).toBe(true);
  writeFileSync(path, 'otherwise: allow\n');
  expect(signaturesOf(path).signatures).toEqual([]);
});

test('the allow-lists of the site as a rule set', () => {
  expect(renderPolicy(SITE)).toContain(
    'ip saddr 127.20.2.0/24 ip daddr 127.20.1.0/24 tcp dport 502 counter accept comment "operations-to-cell-1"',
  );
});
