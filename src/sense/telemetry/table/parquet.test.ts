/** Parquet files made by hand here: uncompressed, plain encoding, required columns (Apache Parquet format 2.x, thrift compact protocol). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readTable } from './reader.ts';

const folder = mkdtempSync(join(tmpdir(), 'firedoor-parquet-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Thrift = { readonly kind: 'i32' | 'i64'; readonly value: number } | string | readonly Thrift[] | Struct;
/** Fields of a thrift struct by number. */
interface Struct {
  readonly fields: Readonly<Record<number, Thrift>>;
}

const i32 = (value: number): Thrift => ({ kind: 'i32', value });
const i64 = (value: number): Thrift => ({ kind: 'i64', value });
const struct = (fields: Readonly<Record<number, Thrift>>): Struct => ({ fields });

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
}

/** Type codes of the compact protocol. */
function codeOf(item: Thrift): number {
  if (typeof item === 'string') return 8;
  if (Array.isArray(item)) return 9;
  if ('fields' in item) return 12;
  return (item as { kind: string }).kind === 'i32' ? 5 : 6;
}

function encode(item: Thrift): number[] {
  if (typeof item === 'string') return [...varint(item.length), ...Buffer.from(item)];
  if (Array.isArray(item)) {
    const list = item as readonly Thrift[];
    return [(list.length << 4) | codeOf(list[0]!), ...list.flatMap(encode)];
  }
  if ('fields' in item) {
    let last = 0;
    const bytes = Object.entries(item.fields).flatMap(([number, value]) => {
      const delta = Number(number) - last;
      last = Number(number);
      return [(delta << 4) | codeOf(value), ...encode(value)];
    });
    return [...bytes, 0];
  }
  return varint(2 * (item as { value: number }).value);
}

interface Column {
  readonly name: string;
  /** Physical types: 2 INT64 (here timestamps in milliseconds), 5 DOUBLE, 6 BYTE_ARRAY (here text). */
  readonly type: 2 | 5 | 6;
  readonly values: readonly (number | string)[];
}

function plain({ type, values }: Column): Buffer {
  if (type === 6) {
    return Buffer.concat(
      values.map((value) => {
        const text = Buffer.from(String(value));
        const size = Buffer.alloc(4);
        size.writeUInt32LE(text.length);
        return Buffer.concat([size, text]);
      }),
    );
  }
  const bytes = Buffer.alloc(8 * values.length);
  for (const [i, value] of values.entries()) {
    if (type === 2) bytes.writeBigInt64LE(BigInt(value), 8 * i);
    else bytes.writeDoubleLE(Number(value), 8 * i);
  }
  return bytes;
}

function parquet(columns: readonly Column[]): Buffer {
  const parts: Buffer[] = [Buffer.from('PAR1')];
  const rows = columns[0]!.values.length;
  let offset = 4;
  const chunks = columns.map((column) => {
    const data = plain(column);
    const page = struct({
      1: i32(0),
      2: i32(data.length),
      3: i32(data.length),
      5: struct({ 1: i32(rows), 2: i32(0), 3: i32(3), 4: i32(3) }),
    });
    const bytes = Buffer.concat([Buffer.from(encode(page)), data]);
    const start = offset;
    parts.push(bytes);
    offset += bytes.length;
    return struct({
      2: i64(start),
      3: struct({
        1: i32(column.type),
        2: [i32(0)],
        3: [column.name],
        4: i32(0),
        5: i64(rows),
        6: i64(bytes.length),
        7: i64(bytes.length),
        9: i64(start),
      }),
    });
  });
  // Converted types: 0 UTF8, 9 TIMESTAMP_MILLIS.
  const converted: Readonly<Record<number, Readonly<Record<number, Thrift>>>> = {
    2: { 6: i32(9) },
    5: {},
    6: { 6: i32(0) },
  };
  const schema = [
    struct({ 4: 'table', 5: i32(columns.length) }),
    ...columns.map(({ name, type }) => struct({ 1: i32(type), 3: i32(0), 4: name, ...converted[type] })),
  ];
  const group = struct({ 1: chunks, 2: i64(offset - 4), 3: i64(rows) });
  const footer = Buffer.from(encode(struct({ 1: i32(2), 2: schema, 3: i64(rows), 4: [group] })));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(footer.length);
  return Buffer.concat([...parts, footer, size, Buffer.from('PAR1')]);
}

const T0 = Date.UTC(2024, 4, 1, 6);

function store(name: string, columns: readonly Column[]): string {
  const path = join(folder, name);
  writeFileSync(path, parquet(columns));
  return path;
}

describe('readParquet', () => {
  it('reads a wide file', async () => {
    const table = await readTable(
      store('wide.parquet', [
        { name: 'time', type: 2, values: [T0, T0 + 1000, T0 + 2000] },
        { name: 'TT-101', type: 5, values: [74.9, 75.1, Number.NaN] },
        { name: 'batch', type: 6, values: ['A', 'A', 'B'] },
        { name: 'flow', type: 5, values: [6, 6.1, 6.2] },
      ]),
    );
    expect(table).toMatchObject({ layout: 'wide', timed: true, names: ['TT-101', 'flow'], rows: 3 });
    expect([...table.values]).toEqual([74.9, 6, 75.1, 6.1, Number.NaN, 6.2]);
    expect(table.timeUs[1]).toBe((T0 + 1000) * 1000);
    expect(table.inputTimes[0]).toBe('2024-05-01T06:00:00.000Z');
    expect(table.leftOut).toEqual([{ name: 'batch', because: 'it holds text' }]);
    expect(table.problems).toEqual([{ kind: 'no-value', count: 1, firstOffset: 3 }]);
  });

  it('reads a long file', async () => {
    const table = await readTable(
      store('long.parquet', [
        { name: 'timestamp', type: 2, values: [T0, T0, T0 + 1000, T0 + 1000] },
        { name: 'tag', type: 6, values: ['a', 'b', 'a', 'b'] },
        { name: 'value', type: 5, values: [1, 10, 2, 20] },
      ]),
    );
    expect(table).toMatchObject({ layout: 'long', names: ['a', 'b'], rows: 2, inputRows: 4 });
    expect([...table.values]).toEqual([1, 10, 2, 20]);
  });
});
