/** Reads a Parquet file, wide or long, into a table. */
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { asyncBufferFromFile } from 'hyparquet/src/node.js';
import { compressors } from 'hyparquet-compressors';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../../../base/errors.ts';
import type { ReadOptions } from './csv.ts';
import { LongTable } from './long.ts';
import { field, readNumber } from './numbers.ts';
import { type HistorianTable, isLabelName, isTimeName, type LeftOut, TableBuilder } from './table.ts';
import { NO_TIME, parseTime, type TimeFormat, timeFormatOf } from './times.ts';

/** Rows decoded at once. */
const ROWS_AT_ONCE = 50_000;

type Cell = unknown;
type Row = Readonly<Record<string, Cell>>;

/** Reads a file; throws BAD_INPUT where it is no Parquet or holds no numbers. */
export async function readParquet(path: string, options: ReadOptions = {}): Promise<HistorianTable> {
  try {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    const total = Number(metadata.num_rows);
    const read = (rowStart: number) =>
      parquetReadObjects({
        file,
        metadata,
        compressors,
        rowStart,
        rowEnd: Math.min(total, rowStart + ROWS_AT_ONCE),
      }) as Promise<Row[]>;
    const first = total > 0 ? await read(0) : [];
    const names = Object.keys(first[0] ?? {});
    const reader = readerOf(names, first);
    if (reader === undefined) throw new FiredoorError(ERROR_CODES.BAD_INPUT, `${path} holds no column of numbers.`);
    for (const row of first) reader.row(row);
    for (let from = ROWS_AT_ONCE; from < total && !reader.full(); from += ROWS_AT_ONCE) {
      options.onProgress?.(from);
      for (const row of await read(from)) reader.row(row);
    }
    return reader.done(path);
  } catch (error) {
    if (error instanceof FiredoorError) throw error;
    throw new FiredoorError(ERROR_CODES.BAD_INPUT, `Cannot read ${path} as Parquet: ${sentenceOf(error)}.`, {
      cause: error,
    });
  }
}

interface ParquetReader {
  full(): boolean;
  row(row: Row): void;
  done(path: string): HistorianTable;
}

/** Microseconds of a cell: dates, epoch numbers, texts. */
function timeOfCell(cell: Cell, format: TimeFormat): number {
  if (cell instanceof Date) return cell.getTime() * 1000;
  return cell === null || cell === undefined ? Number.NaN : parseTime(String(cell), format);
}

function textOfTime(cell: Cell): string {
  return cell instanceof Date ? cell.toISOString() : String(cell ?? '');
}

/** Number of a cell, NaN where it has none. */
function numberOf(cell: Cell): number {
  if (typeof cell === 'number') return cell;
  if (typeof cell === 'bigint') return Number(cell);
  if (typeof cell === 'boolean') return cell ? 1 : 0;
  if (typeof cell !== 'string') return Number.NaN;
  return readNumber(cell, false) === 'number' ? field.value : Number.NaN;
}

function readerOf(names: readonly string[], rows: readonly Row[]): ParquetReader | undefined {
  const sample = rows.slice(0, 300);
  const timeName = names.find((name) => sample.some((row) => row[name] instanceof Date)) ?? names.find(isTimeName);
  const format: TimeFormat = (timeName === undefined
    ? undefined
    : timeFormatOf(
        sample.map((row) => textOfTime(row[timeName])),
        true,
      )) ?? {
    kind: 'text',
    dayFirst: true,
    unitUs: 1,
  };
  const tagName = names.find(
    (name) => /^(tag(_?name|_?id)?|point|signal|name|variable)$/i.test(name) && typeof sample[0]?.[name] === 'string',
  );
  const valueName = names.find((name) => /^(value|val)$/i.test(name));
  if (timeName !== undefined && tagName !== undefined && valueName !== undefined) {
    return longReader(timeName, tagName, valueName, format);
  }
  return wideReader(names, sample, timeName, format);
}

function longReader(timeName: string, tagName: string, valueName: string, format: TimeFormat): ParquetReader {
  const long = new LongTable();
  return {
    full: () => long.full,
    row: (row) =>
      long.add(
        String(row[tagName] ?? ''),
        timeOfCell(row[timeName], format),
        textOfTime(row[timeName]),
        numberOf(row[valueName]),
      ),
    done: (path) => long.table(path, format, []),
  };
}

function wideReader(
  names: readonly string[],
  sample: readonly Row[],
  timeName: string | undefined,
  format: TimeFormat,
): ParquetReader | undefined {
  const leftOut: LeftOut[] = [];
  const tags = names.filter((name) => {
    if (name === timeName) return false;
    const because = isLabelName(name)
      ? 'its name says that it holds the answer, not a measurement'
      : sample.every(
            (row) =>
              Number.isNaN(numberOf(row[name])) &&
              row[name] !== null &&
              row[name] !== undefined &&
              typeof row[name] !== 'number',
          )
        ? 'it holds text'
        : undefined;
    if (because !== undefined) leftOut.push({ name, because });
    return because === undefined;
  });
  if (tags.length === 0) return undefined;
  const builder = new TableBuilder(tags);
  return {
    full: () => builder.full,
    row: (row) => {
      const cell = timeName === undefined ? undefined : row[timeName];
      const timeUs = timeName === undefined ? builder.rows * 1e6 : timeOfCell(cell, format);
      const at = builder.addRow(timeUs, timeName === undefined ? String(builder.rows) : textOfTime(cell));
      if (at < 0) return;
      if (Number.isNaN(timeUs)) builder.problems.add('unreadable-time', builder.rows);
      for (const [k, name] of tags.entries()) {
        const value = numberOf(row[name]);
        if (Number.isFinite(value)) builder.set(at + k, value);
        else builder.problems.add('no-value', builder.rows);
      }
    },
    done: (path) => builder.wide(path, timeName === undefined ? NO_TIME : format, leftOut),
  };
}
