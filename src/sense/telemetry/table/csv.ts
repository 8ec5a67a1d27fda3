/** Reads a delimited text file, wide (a column a tag) or long (a row a sample), into a table. */
import { ERROR_CODES, FiredoorError } from '../../../base/errors.ts';
import { type Line, linesOf, separatorOf, splitLine } from './lines.ts';
import { LongTable } from './long.ts';
import { field, readNumber, usesDecimalComma } from './numbers.ts';
import { distinctNames, type HistorianTable, isLabelName, isTimeName, type LeftOut, TableBuilder } from './table.ts';
import { NO_TIME, parseTime, type TimeFormat, timeFormatOf } from './times.ts';

/** Lines looked at to learn how a file is written. */
const SAMPLE_LINES = 300;

export interface ReadOptions {
  /** Hears how many rows were read so far. */
  readonly onProgress?: (rows: number) => void;
  /** True keeps columns whose names say that they hold the answer of a benchmark: only a bench may look at them. */
  readonly keepLabels?: boolean;
}

interface Layout {
  readonly separator: string;
  readonly decimalComma: boolean;
  readonly names: readonly string[];
  /** Lines of the sample before the first row of data. */
  readonly headLines: number;
  /** Columns of the time (date and clock may stand apart), empty for none. */
  readonly timeColumns: readonly number[];
  readonly time: TimeFormat;
  readonly leftOut: readonly LeftOut[];
  /** Column of the file of each tag. */
  readonly tagColumns: readonly number[];
  readonly long: { readonly tag: number; readonly value: number; readonly quality: number } | undefined;
}

/** Reads a file; throws BAD_INPUT where it holds no table at all. */
export async function readCsv(path: string, options: ReadOptions = {}): Promise<HistorianTable> {
  const damage: string[] = [];
  const lines = linesOf(path, (sentence) => damage.push(sentence));
  const sample: Line[] = [];
  for (let next = await lines.next(); !next.done; next = await lines.next()) {
    if (next.value.text.trim() !== '' && !next.value.text.startsWith('#')) sample.push(next.value);
    if (sample.length >= SAMPLE_LINES) break;
  }
  if (sample.length === 0) {
    const why = damage[0] === undefined ? 'it is empty' : damage[0];
    throw new FiredoorError(ERROR_CODES.BAD_INPUT, `${path} holds no table: ${why}.`);
  }
  const layout = layoutOf(
    sample.map(({ text }) => text),
    options.keepLabels === true,
  );
  if (layout.tagColumns.length === 0 && layout.long === undefined) {
    throw new FiredoorError(ERROR_CODES.BAD_INPUT, `${path} holds no column of numbers.`);
  }
  const reader = layout.long === undefined ? new WideReader(layout) : new LongReader(layout);
  for (const line of sample.slice(layout.headLines)) reader.line(line);
  for await (const line of lines) {
    if (line.text.trim() === '' || line.text.startsWith('#')) continue;
    reader.line(line);
    if (line.number % 20_000 === 0) options.onProgress?.(line.number);
    if (reader.full) break;
  }
  return reader.done(path, damage);
}

function layoutOf(sample: readonly string[], keepLabels: boolean): Layout {
  const separator = separatorOf(sample.slice(0, 50));
  const rows = sample.map((text) => {
    const fields: string[] = [];
    fields.length = splitLine(text, separator, fields);
    return fields;
  });
  const data = rows.slice(1);
  const decimalComma = usesDecimalComma(data.slice(0, 50).flat(), separator);
  const headed = rows.length > 1 ? !looksLikeData(rows[0]!, decimalComma) : false;
  const units =
    headed && rows.length > 2 && data[0]!.every((text) => !/\d/.test(text)) && data[1]!.some((text) => /\d/.test(text));
  const headLines = headed ? (units ? 2 : 1) : 0;
  const body = rows.slice(headLines);
  const width = Math.max(...rows.slice(0, 50).map((row) => row.length));
  const raw = headed ? rows[0]! : Array.from({ length: width }, (_, j) => `column ${j + 1}`);
  const names = distinctNames(raw.map((name) => name.trim()));
  const { timeColumns, time } = timeOf(names, body);
  const long = longOf(names, body, timeColumns);
  const leftOut: LeftOut[] = [];
  const tagColumns: number[] = [];
  for (const [j, name] of names.entries()) {
    if (timeColumns.includes(j)) continue;
    const why =
      long !== undefined
        ? undefined
        : keepLabels && isLabelName(name)
          ? undefined
          : whyNoTag(name, body, j, decimalComma);
    if (why === undefined) tagColumns.push(j);
    else leftOut.push({ name, because: why });
  }
  return { separator, decimalComma, names, headLines, timeColumns, time, leftOut, tagColumns, long };
}

/** A row of data has a number or a time in its first fields; a header has neither. */
function looksLikeData(fields: readonly string[], decimalComma: boolean): boolean {
  return (
    fields.some((text) => text.trim() !== '' && readNumber(text, decimalComma) === 'number') ||
    fields.slice(0, 2).some((text) => timeFormatOf([text], false) !== undefined)
  );
}

function timeOf(
  names: readonly string[],
  body: readonly string[][],
): { timeColumns: readonly number[]; time: TimeFormat } {
  const column = (j: number) => body.map((row) => row[j] ?? '');
  for (const [j, name] of names.entries()) {
    if (!isTimeName(name) && j > 0) continue;
    const format = timeFormatOf(column(j), isTimeName(name));
    if (format === undefined) continue;
    // `Date` and `Time` side by side are one time.
    const clock = column(j + 1);
    const apart = /^(time|zeit|clock|hour)/i.test(names[j + 1] ?? '') && !column(j).some((text) => text.includes(':'));
    if (apart && clock.some((text) => /^\s*\d{1,2}[:.]\d{2}/.test(text)))
      return { timeColumns: [j, j + 1], time: format };
    return { timeColumns: [j], time: format };
  }
  return { timeColumns: [], time: NO_TIME };
}

function longOf(names: readonly string[], body: readonly string[][], timeColumns: readonly number[]): Layout['long'] {
  const find = (pattern: RegExp) => names.findIndex((name, j) => pattern.test(name) && !timeColumns.includes(j));
  const tag = find(/^(tag(_?name|_?id)?|point(_?name|_?id)?|signal|variable|item(_?id)?|name|node_?id|topic)$/i);
  const value = find(/^(value|val|wert|reading|measurement|v)$/i);
  if (tag < 0 || value < 0 || names.length > 8 || timeColumns.length === 0) return undefined;
  const textual = body.filter((row) => readNumber(row[tag] ?? '', false) !== 'number').length;
  if (textual < 0.5 * body.length) return undefined;
  return { tag, value, quality: find(/^(quality|status|qual|q|state)$/i) };
}

/** Why a column is no tag; undefined where it is one. */
function whyNoTag(name: string, body: readonly string[][], j: number, decimalComma: boolean): string | undefined {
  if (isLabelName(name)) return 'its name says that it holds the answer, not a measurement';
  let text = 0;
  let filled = 0;
  let counts = true;
  let last = Number.NaN;
  for (const row of body) {
    const kind = readNumber(row[j] ?? '', decimalComma);
    if (kind === 'missing') continue;
    filled += 1;
    if (kind === 'text') text += 1;
    else {
      if (!Number.isNaN(last) && field.value - last !== 1) counts = false;
      last = field.value;
    }
  }
  if (filled > 0 && text > 0.5 * filled) return 'it holds text';
  if (counts && filled > 20 && text === 0 && filled === body.length) return 'it only counts rows';
  return undefined;
}

/** Time of a row, and its text. */
function timeTextOf(layout: Layout, fields: readonly string[], row: number): string {
  if (layout.timeColumns.length === 0) return String(row);
  return layout.timeColumns.map((j) => (fields[j] ?? '').trim()).join(' ');
}

interface Reader {
  readonly full: boolean;
  line(line: Line): void;
  done(path: string, damage: readonly string[]): HistorianTable;
}

class WideReader implements Reader {
  readonly #layout: Layout;
  readonly #builder: TableBuilder;
  readonly #fields: string[] = [];

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#builder = new TableBuilder(layout.tagColumns.map((j) => layout.names[j]!));
  }

  get full(): boolean {
    return this.#builder.full;
  }

  line({ number, text }: Line): void {
    const { separator, decimalComma, names, tagColumns, time, timeColumns } = this.#layout;
    const fields = this.#fields;
    fields.length = splitLine(text, separator, fields);
    const builder = this.#builder;
    const timeText = timeTextOf(this.#layout, fields, builder.rows);
    const timeUs = timeColumns.length === 0 ? builder.rows * 1e6 : parseTime(timeText, time);
    const at = builder.addRow(timeUs, timeText);
    if (at < 0) return;
    if (fields.length !== names.length) builder.problems.add('wrong-number-of-fields', number);
    if (Number.isNaN(timeUs)) builder.problems.add('unreadable-time', number);
    for (let k = 0; k < tagColumns.length; k += 1) {
      const raw = fields[tagColumns[k]!];
      if (raw === undefined) continue;
      const kind = readNumber(raw, decimalComma);
      if (kind === 'number') builder.set(at + k, field.value);
      else if (kind === 'text') builder.problems.add('not-a-number', number);
      else builder.problems.add('no-value', number);
    }
  }

  done(path: string, damage: readonly string[]): HistorianTable {
    this.#builder.notes.push(...damage);
    return this.#builder.wide(path, this.#layout.time, this.#layout.leftOut);
  }
}

const GOOD = /^(good|ok|valid|true|1|192|0x0*c0|g|)$/i;

class LongReader implements Reader {
  readonly #layout: Layout;
  readonly #long = new LongTable();
  readonly #fields: string[] = [];

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  get full(): boolean {
    return this.#long.full;
  }

  line({ number, text }: Line): void {
    const { separator, decimalComma, time, long } = this.#layout;
    if (long === undefined) return;
    const fields = this.#fields;
    fields.length = splitLine(text, separator, fields);
    const timeText = timeTextOf(this.#layout, fields, this.#long.samples);
    const timeUs = parseTime(timeText, time);
    const kind = readNumber(fields[long.value] ?? '', decimalComma);
    const { problems } = this.#long;
    if (Number.isNaN(timeUs)) problems.add('unreadable-time', number);
    if (kind === 'text') problems.add('not-a-number', number);
    let value = kind === 'number' ? field.value : Number.NaN;
    if (long.quality >= 0 && !GOOD.test((fields[long.quality] ?? '').trim())) {
      problems.add('bad-quality', number);
      value = Number.NaN;
    }
    this.#long.add((fields[long.tag] ?? '').trim(), timeUs, timeText, value);
  }

  done(path: string, damage: readonly string[]): HistorianTable {
    return this.#long.table(path, this.#layout.time, damage);
  }
}
