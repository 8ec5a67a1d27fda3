import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FiredoorError } from '../base/errors.ts';
import { recordDairy } from '../simulate/recording.ts';
import { inspect } from './inspect.ts';
import { writeInspectJson } from './inspect-json.ts';
import { inspectText } from './inspect-text.ts';
import { inspectReport } from './report/inspect-report.ts';
import { vendorLookup } from './vendors.ts';

const folder = mkdtempSync(join(tmpdir(), 'firedoor-inspect-'));
afterAll(() => rmSync(folder, { recursive: true }));
const pcap = join(folder, 'dairy.pcap');
const messages = join(folder, 'messages.jsonl');
recordDairy({ seed: 5, seconds: 60, attacks: [{ name: 'calibration-offset', atS: 20 }], pcap });

interface Line {
  readonly timeUs: number;
  readonly frame: { readonly number: number; readonly capture: string };
  readonly direction: string;
  readonly function: { readonly name: string };
  readonly accesses: readonly {
    readonly point: string;
    readonly write: boolean;
    readonly values: readonly unknown[];
  }[];
  readonly status: string;
}

describe('inspecting the dairy line', () => {
  const result = inspect({ files: [pcap], messages });
  const lines = readFileSync(messages, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

  it('finds its assets, conversations and the stranger', () => {
    expect(result.assets.map(({ id }) => id).sort()).toEqual([
      '127.20.1.11',
      '127.20.1.12',
      '127.20.2.5',
      '127.20.2.7',
      '127.20.3.44',
    ]);
    const stranger = result.conversations.find(({ client }) => client === '127.20.3.44')!;
    expect(stranger.functions.map(({ name }) => name)).toContain('write-multiple-registers');
    expect(result.writes.listed()[0]).toMatchObject({
      client: '127.20.3.44',
      point: '127.20.1.11/1/holding/160',
      // 4.0 K as float32 with the low word first, as in the worked example.
      values: [0x0000, 0x4080],
      status: 'ok',
    });
  });

  it('writes one line a message that says the same as the counters', () => {
    expect(lines).toHaveLength(result.protocols[0]!.messages);
    const count = (name: string) =>
      lines.filter((line) => line.direction === 'request' && line.function.name === name).length;
    for (const { direction, name, count: counted } of result.protocols[0]!.functions) {
      if (direction === 'request') expect([name, count(name)]).toEqual([name, counted]);
    }
    const write = lines.find((line) =>
      line.accesses.some((access) => access.write && (access.values?.length ?? 0) > 0),
    )!;
    expect(write.accesses[0]).toMatchObject({ point: '127.20.1.11/1/holding/160', values: [0, 0x4080] });
    expect(write.frame).toMatchObject({ capture: pcap, number: result.writes.listed()[0]!.frame.number });
    expect(`${new Date(write.timeUs / 1000).toISOString().slice(0, 19)}`).toBe(
      result.writes.listed()[0]!.time.slice(0, 19),
    );
  });

  it('gives one JSON document', () => {
    let text = '';
    writeInspectJson(result, (piece) => {
      text += piece;
    });
    const document = JSON.parse(text) as Record<string, unknown>;
    expect(Object.keys(document)).toEqual(
      expect.arrayContaining(['captures', 'protocols', 'hosts', 'conversations', 'assets', 'points', 'findings']),
    );
    expect(document.captures).toMatchObject([{ file: pcap, linkType: 1, problems: [] }]);
    expect((document.points as unknown[]).length).toBe(result.pointCount);
  });

  it('tells a person what is written first', () => {
    const text = inspectText(result);
    const points = text.slice(text.indexOf('\nPoints'));
    expect(points.split('\n')[2]).toContain('127.20.1.11/1/holding/160');
    expect(points.split('\n')[2]).toContain('by 127.20.3.44');
    expect(text).toContain('100.0 % of the payload of known protocols');
  });
});

describe('captures that are not whole', () => {
  it('give what could be read and say where it ended', () => {
    const whole = readFileSync(pcap);
    const cut = join(folder, 'cut.pcap');
    writeFileSync(cut, whole.subarray(0, 50_001));
    const [capture] = inspect({ files: [cut] }).captures;
    expect(capture!.packets).toBeGreaterThan(100);
    expect(capture!.problems).toMatchObject([{ kind: 'record-cut', count: 1 }]);
    expect(capture!.readError).toMatch(/cut short/);
  });

  it('that are missing, or no capture at all, are one clear sentence', () => {
    const text = join(folder, 'notes.txt');
    writeFileSync(text, 'no capture');
    const thrown = (files: string[]) => {
      try {
        inspect({ files });
      } catch (error) {
        return error as FiredoorError;
      }
      throw new Error('nothing was thrown');
    };
    expect(thrown([join(folder, 'missing.pcap')])).toMatchObject({ code: 'BAD_INPUT', exitCode: 2 });
    expect(thrown([join(folder, 'missing.pcap')]).message).toMatch(/there is no such file/);
    expect(thrown([text])).toBeInstanceOf(FiredoorError);
    // Beside a good one it is a problem of that file only.
    const result = inspect({ files: [text, pcap] });
    expect(result.captures[0]!.problems[0]!.kind).toBe('not-a-capture');
    expect(result.captures[1]!.packets).toBeGreaterThan(100);
  });

  it('with nothing readable say so', () => {
    const damaged = join(folder, 'damaged.pcap');
    // A whole file header, then a record that claims 4 GB.
    writeFileSync(damaged, Buffer.concat([readFileSync(pcap).subarray(0, 24), Buffer.alloc(16, 0xff)]));
    const result = inspect({ files: [damaged] });
    expect(result.anythingRead).toBe(false);
    expect(result.captures[0]!.problems).toMatchObject([{ kind: 'record-too-long', firstOffset: 24 }]);
  });
});

describe('the report', () => {
  it('escapes what comes from the wire and fetches nothing', () => {
    const result = inspect({ files: [pcap] });
    const hostile = '"><script>alert(1)</script>\u202e';
    const page = inspectReport({
      ...result,
      assets: [{ ...result.assets[0]!, name: hostile, model: hostile, vendor: hostile }, ...result.assets.slice(1)],
      findings: [
        {
          kind: 'program-download',
          risk: 4,
          sentence: hostile,
          client: hostile,
          server: hostile,
          protocol: 'modbus',
          function: hostile,
          count: 1,
          refused: 0,
          techniques: [],
        },
      ],
    });
    expect(page).not.toContain('<script');
    expect(page).not.toContain('\u202e');
    expect(page).toContain('&quot;&gt;&lt;script&gt;alert(1)');
    expect(page).not.toMatch(/(src|href)=/);
    expect(page).toContain('127.20.1.11/1/holding/160');
    // Every element that is opened is closed.
    for (const tag of ['table', 'tr', 'td', 'svg', 'g', 'h2', 'path']) {
      expect([tag, page.split(`<${tag}>`).length + page.split(`<${tag} `).length - 1]).toEqual([
        tag,
        page.split(`</${tag}>`).length,
      ]);
    }
  });
});

describe('makers of network cards', () => {
  it('are found by the longest prefix, and not for addresses nobody assigned', () => {
    const vendorOf = vendorLookup();
    expect(vendorOf('00:80:f4:12:34:56')).toBe('TELEMECANIQUE ELECTRIQUE');
    expect(vendorOf('00:1b:1b:00:00:01')).toMatch(/siemens/i);
    // 70:b3:d5 is divided among many makers (MA-S).
    expect(vendorOf('70:b3:d5:00:00:01')).not.toBe(vendorOf('70:b3:d5:00:10:01'));
    expect(vendorOf('02:00:0a:00:00:01')).toBe('');
    expect(vendorOf('ff:ff:ff:ff:ff:ff')).toBe('');
  });
});
