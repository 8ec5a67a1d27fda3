import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { FiredoorError } from '../../../base/errors.ts';
import { readTable } from './reader.ts';
import { parseTime, timeFormatOf } from './times.ts';

const folder = mkdtempSync(join(tmpdir(), 'firedoor-table-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function read(text: string | Uint8Array) {
  files += 1;
  const path = join(folder, `table-${files}`);
  writeFileSync(path, text);
  return readTable(path);
}

const iso = (timeUs: number) => new Date(timeUs / 1000).toISOString();

describe('wide tables', () => {
  it('reads commas and ISO times', async () => {
    const table = await read('time,TT-101,flow\n2024-05-01T06:00:00Z,74.9,6\n2024-05-01T06:00:01Z,75.1,6.1\n');
    expect(table.names).toEqual(['TT-101', 'flow']);
    expect([...table.values]).toEqual([74.9, 6, 75.1, 6.1]);
    expect(iso(table.timeUs[1]!)).toBe('2024-05-01T06:00:01.000Z');
    expect(table.inputTimes).toEqual(['2024-05-01T06:00:00Z', '2024-05-01T06:00:01Z']);
  });

  it('reads semicolons, decimal commas, day first, and a byte order mark', async () => {
    const table = await read(
      '\ufeffDatum;Druck;"Temp ""innen"""\r\n13.05.2024 06:00:00;1,5;20,25\r\n13.05.2024 06:01:00;1.001,75;-3,0\r\n',
    );
    expect(table.names).toEqual(['Druck', 'Temp "innen"']);
    expect([...table.values]).toEqual([1.5, 20.25, 1001.75, -3]);
    expect(iso(table.timeUs[1]!)).toBe('2024-05-13T06:01:00.000Z');
  });

  it('reads gzip, tabs, epoch seconds, words for switches', async () => {
    const table = await read(gzipSync('ts\tpump\tlevel\n1714543200\ton\t3\n1714543201\tOFF\t4\n'));
    expect([...table.values]).toEqual([1, 3, 0, 4]);
    expect(iso(table.timeUs[0]!)).toBe('2024-05-01T06:00:00.000Z');
  });

  it('counts rows where there is no time, and names columns where there is no header', async () => {
    const table = await read('1.5,2.5\n1.6,2.6\n1.7,2.7\n');
    expect(table).toMatchObject({
      timed: false,
      names: ['column 1', 'column 2'],
      rows: 3,
      inputTimes: ['0', '1', '2'],
    });
    expect([...table.timeUs]).toEqual([0, 1e6, 2e6]);
  });

  it('joins a date and a clock that stand apart', async () => {
    const table = await read('Date,Time,CO\n2004-03-10,18:00:00,2.6\n2004-03-10,19:00:00,2\n');
    expect(table.names).toEqual(['CO']);
    expect(iso(table.timeUs[1]!)).toBe('2004-03-10T19:00:00.000Z');
  });

  it('keeps every row, and reports bad ones with their line', async () => {
    const table = await read(
      [
        'time,a,b',
        '2024-05-01 06:00:00,1,2',
        'yesterday,3,4',
        '2024-05-01 06:00:02,5',
        '2024-05-01 06:00:03,oops,8',
        '2024-05-01 06:00:04,9,I/O Timeout',
        '2024-05-01 06:00:04,9,10',
        '2024-05-01 06:00:03,9,10',
        '2024-05-01 06:01:00,9,10',
      ].join('\n'),
    );
    expect(table.inputRows).toBe(8);
    expect(table.rows).toBe(8);
    expect([...table.values.subarray(4, 8)]).toEqual([5, Number.NaN, Number.NaN, 8]);
    const problems = Object.fromEntries(
      table.problems.map(({ kind, count, firstOffset }) => [kind, [count, firstOffset]]),
    );
    expect(problems).toMatchObject({
      'unreadable-time': [1, 3],
      'wrong-number-of-fields': [1, 4],
      'not-a-number': [1, 5],
      'no-value': [1, 6],
      'duplicate-time': [1, 6],
      'time-steps-back': [1, 7],
    });
    expect(problems.gap).toEqual([1, 8]);
  });

  it('leaves out what is no measurement, and says why', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => `${i},${Math.sin(i)},good,${i > 20 ? 1 : 0}`);
    const table = await read(`number,value,comment,anomaly\n${rows.join('\n')}\n`);
    expect(table.names).toEqual(['value']);
    expect(table.leftOut.map(({ name }) => name)).toEqual(['number', 'comment', 'anomaly']);
  });
});

describe('long tables', () => {
  it('puts samples into rows and knows what is reported on change', async () => {
    const lines = ['timestamp,tag,value,quality'];
    for (let i = 0; i < 20; i += 1) {
      const time = `2024-05-01 06:00:${String(i).padStart(2, '0')}`;
      lines.push(`${time},TT-101,${70 + i},Good`);
      if (i % 10 === 0) lines.push(`${time},pump,${i / 10},Good`);
      if (i === 5) lines.push(`${time},flow,6,Bad`);
      else lines.push(`${time},flow,6.5,Good`);
    }
    const table = await read(lines.join('\n'));
    expect(table).toMatchObject({ layout: 'long', names: ['TT-101', 'pump', 'flow'], rows: 20, inputRows: 42 });
    expect([...table.onChange]).toEqual([0, 1, 0]);
    expect([...table.values.subarray(3 * 15, 3 * 16)]).toEqual([85, 1, 6.5]);
    expect(table.values[5 * 3 + 2]).toBeNaN();
    expect(table.rowOf[41]).toBe(19);
    expect(table.problems).toContainEqual({ kind: 'bad-quality', count: 1, firstOffset: 14 });
  });
});

describe('what is no table', () => {
  it('is one sentence', async () => {
    await expect(readTable(join(folder, 'none.csv'))).rejects.toThrow(/none\.csv: there is no such file\.$/);
    await expect(read('')).rejects.toThrow(/holds no table: it is empty/);
    await expect(read('just some words\nand more\n')).rejects.toThrow(FiredoorError);
    await expect(read(new Uint8Array([0x50, 0x41, 0x52, 0x31, 0, 0]))).rejects.toThrow(/as Parquet/);
  });

  it('ends at a damaged gzip and says so', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `${i % 7},${Math.sin(i)}`).join('\n');
    const whole = gzipSync(`a,b\n${rows}\n`);
    const table = await read(whole.subarray(0, Math.floor(whole.length / 2)));
    expect(table.rows).toBeGreaterThan(1_000);
    expect(table.notes.join()).toMatch(/reading stopped after line/);
  });
});

describe('times', () => {
  const parse = (texts: string[]) => {
    const format = timeFormatOf(texts, true)!;
    return texts.map((text) => iso(parseTime(text, format)));
  };
  it.each([
    [['04/07/16 00', '04/07/16 01'], '2016-07-04T01:00:00.000Z'],
    [['07/14/2024 1:05 PM', '07/14/2024 1:06 PM'], '2024-07-14T13:06:00.000Z'],
    [['2024-05-01T06:00:00+02:00', '2024-05-01T06:00:01.250+02:00'], '2024-05-01T04:00:01.250Z'],
    [['1714543200000', '1714543201000'], '2024-05-01T06:00:01.000Z'],
    // Neither part is above 12: hours that follow each other tell day from month.
    [['01/02/2024 23:00', '02/02/2024 00:00'], '2024-02-02T00:00:00.000Z'],
  ])('%j', (texts, second) => {
    expect(parse(texts)[1]).toBe(second);
  });
});
