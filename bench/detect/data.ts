/** The public sets as tables, with their labels apart. Read from a folder outside the project; nothing of them is kept here. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readTable } from '../../src/sense/telemetry/table/reader.ts';
import { type HistorianTable, isLabelName } from '../../src/sense/telemetry/table/table.ts';

export interface Labelled {
  readonly table: HistorianTable;
  /** 1 on anomalous rows; all 0 where the file has no labels. */
  readonly truth: Uint8Array;
}

/** Reads a file and takes its label columns out. */
export async function labelled(folder: string, file: string): Promise<Labelled> {
  const table = await readTable(join(folder, file), { keepLabels: true });
  const n = table.names.length;
  const truth = new Uint8Array(table.rows);
  const label = table.names.findIndex((name) => isLabelName(name) && name !== 'changepoint');
  if (label >= 0) for (let i = 0; i < table.rows; i += 1) truth[i] = table.values[i * n + label]! > 0 ? 1 : 0;
  return {
    table: pick(
      table,
      table.names.filter((name) => !isLabelName(name)),
    ),
    truth,
  };
}

/** The table cut to some columns. */
export function pick(table: HistorianTable, names: readonly string[]): HistorianTable {
  const columns = names.map((name) => table.names.indexOf(name));
  const n = table.names.length;
  const values = new Float64Array(table.rows * names.length);
  for (let i = 0; i < table.rows; i += 1) {
    for (const [k, column] of columns.entries()) values[i * names.length + k] = table.values[i * n + column]!;
  }
  return { ...table, names, values, onChange: Uint8Array.from(columns, (column) => table.onChange[column]!) };
}

/** The table cut to some rows. */
export function slice(table: HistorianTable, from: number, to: number): HistorianTable {
  const n = table.names.length;
  return {
    ...table,
    rows: to - from,
    values: table.values.slice(from * n, to * n),
    timeUs: table.timeUs.slice(from, to),
    inputRows: to - from,
    inputTimes: table.inputTimes.slice(from, to),
    rowOf: Int32Array.from({ length: to - from }, (_, i) => i),
  };
}

/** Rounds the values of a table. */
export function rounded(table: HistorianTable, places: number): HistorianTable {
  const scale = 10 ** places;
  return { ...table, values: table.values.map((value) => Math.round(value * scale) / scale) };
}

export function has(folder: string, file: string): boolean {
  return existsSync(join(folder, file));
}
