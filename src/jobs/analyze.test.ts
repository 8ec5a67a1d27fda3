import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../base/random.ts';
import { analyze, scoresCsv } from './analyze.ts';
import { analyzeReport } from './analyze-report.ts';
import { analyzeJson, analyzeText } from './analyze-text.ts';

const folder = mkdtempSync(join(tmpdir(), 'firedoor-analyze-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A heater: power, flow and two temperatures that follow from them; `change` tampers with a row. */
function heater(seed: number, rows: number, change: (row: number, values: number[]) => number[] = (_, v) => v): string {
  const random = new Random(seed);
  const lines = ['time,heater power,flow,"T, out",T check'];
  let power = 60;
  for (let i = 0; i < rows; i += 1) {
    power += 0.2 * (60 - power) + 2 * random.normal();
    const flow = 6 + 0.1 * random.normal();
    const out = 20 + power / flow + 0.1 * random.normal();
    const values = change(i, [power, flow, out, out - 0.5 + 0.1 * random.normal()]);
    const time = new Date(Date.UTC(2024, 4, 1) + i * 60_000).toISOString();
    lines.push([time, ...values.map((value) => (Number.isNaN(value) ? '' : value.toFixed(2)))].join(','));
  }
  return `${lines.join('\n')}\n`;
}

function store(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const normal = store('normal.csv', heater(1, 2_000));

describe('analyze', () => {
  it('is quiet on more of the same', async () => {
    const analysis = await analyze({ tests: [store('same.csv', heater(2, 1_000))], normals: [normal] });
    expect(analysis.files[0]!.episodes).toEqual([]);
    expect(analysis.promise.heldBackRows).toBe(666);
    expect(analysis.promise.sentence).toMatch(/2000 rows \(33 h 20 min\)/);
  });

  it('finds an offset of a tag that others predict, by how much, and writes a score for every row', async () => {
    const test = store(
      'offset.csv',
      heater(3, 600, (row, [p, f, out, check]) => [p!, f!, out! + (row >= 300 ? 1.2 : 0), check!]),
    );
    const analysis = await analyze({ tests: [test], normals: [normal] });
    const [episode] = analysis.files[0]!.episodes;
    expect(episode!.from).toBeGreaterThanOrEqual(300);
    expect(episode!.from).toBeLessThan(320);
    expect(['T, out', 'T check']).toContain(episode!.tags[0]);
    expect(Math.abs(episode!.finding.numbers.deviation!)).toBeGreaterThan(0.6);
    const lines = scoresCsv(analysis).trimEnd().split('\n');
    expect(lines[0]).toBe('time,score,alarm,tag,kind');
    expect(lines).toHaveLength(601);
    expect(lines[1]).toMatch(/^2024-05-01T00:00:00\.000Z,\d\.\d+,0,,$/);
    expect(lines[1 + 400]).toMatch(/,1,("T, out"|T check),(offset|gain|drift|relation)$/);
  });

  it('learns from the rows before a time of the same file, and leaves them quiet', async () => {
    const test = store(
      'until.csv',
      heater(4, 1_500, (row, v) => (row >= 1_200 ? [v[0]!, 6, v[2]!, v[3]!] : v)),
    );
    const analysis = await analyze({ tests: [test], normals: [], normalUntil: '2024-05-01 16:40' });
    expect(analysis.normalRows).toBe(1_000);
    const { verdicts, episodes, judgedFrom } = analysis.files[0]!;
    expect(judgedFrom).toBe(1_000);
    expect(verdicts.alarm.subarray(0, 1_200).every((alarm) => alarm === 0)).toBe(true);
    expect(episodes[0]).toMatchObject({ kind: 'stuck', tags: expect.arrayContaining(['flow']) });
  });

  it('says what it did not do: little normal, unknown and missing tags, and judges all the same', async () => {
    const short = store('short.csv', heater(5, 120));
    const other = store('other.csv', heater(6, 50).replace('flow', 'flow 2'));
    const analysis = await analyze({ tests: [other], normals: [short] });
    const text = analyzeText(analysis);
    expect(text).toMatch(/Only 120 rows of normal/);
    expect(text).toMatch(/no normal data for flow 2: cannot judge/);
    expect(text).toMatch(/flow missing/);
    expect(analysis.files[0]!.verdicts.score).toHaveLength(50);
  });

  it('holds a budget only where enough normal was seen, and says so', async () => {
    const test = store('budget.csv', heater(7, 300));
    const budget = { falseAlarms: 1, perSeconds: 7 * 86_400 };
    const short = await analyze({ tests: [test], normals: [store('few.csv', heater(8, 300))], budget });
    expect(short.promise.sentence).toMatch(/cannot be promised from this much normal/);
    const long = await analyze({ tests: [test], normals: [normal], budget });
    expect(long.promise.sentence).toMatch(/is kept by these limits/);
  });

  it('asks for what is normal, and for a time it can read', async () => {
    const test = store('plain.csv', heater(9, 100));
    await expect(analyze({ tests: [test], normals: [] })).rejects.toThrow(/Say what is normal/);
    await expect(analyze({ tests: [test], normals: [], normalUntil: 'Tuesday' })).rejects.toThrow(/wants a time like/);
  });

  it('reports as one page without scripts, names escaped, and as plain JSON', async () => {
    const test = store(
      'gap.csv',
      heater(10, 300, (row, v) => (row > 200 ? [v[0]!, Number.NaN, v[2]!, v[3]!] : v)).replace('flow', '<b>flow'),
    );
    const normals = [store('named.csv', heater(11, 1_000).replace('flow', '<b>flow'))];
    const analysis = await analyze({ tests: [test], normals });
    const page = analyzeReport(analysis);
    expect(page).not.toMatch(/<script|<b>flow|https?:/);
    expect(page).toContain('&lt;b&gt;flow has been silent');
    expect(page).toContain('<svg');
    const document = JSON.parse(JSON.stringify(analyzeJson(analysis))) as { files: { episodes: { kind: string }[] }[] };
    expect(document.files[0]!.episodes[0]!.kind).toBe('gap');
  });
});
