/** Opens a historian export, whatever it is: CSV of any dialect (gzip or not) or Parquet. */
import { type ReadOptions, readCsv } from './csv.ts';
import { firstBytes } from './lines.ts';
import { readParquet } from './parquet.ts';
import type { HistorianTable } from './table.ts';

/** Reads a table by its content, not its name; throws BAD_INPUT with one sentence where there is none. */
export async function readTable(path: string, options: ReadOptions = {}): Promise<HistorianTable> {
  const head = firstBytes(path, 4);
  // "PAR1", the magic number of Apache Parquet.
  const parquet = head[0] === 0x50 && head[1] === 0x41 && head[2] === 0x52 && head[3] === 0x31;
  return parquet ? readParquet(path, options) : readCsv(path, options);
}
