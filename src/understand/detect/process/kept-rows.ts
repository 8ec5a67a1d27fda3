/** Normal rows kept for learning a joint model: a bounded, evenly spread choice of stretches of all rows seen. */

/** Rows of one stretch; dynamics need neighbours. */
const STRETCH_ROWS = 500;

/** Keeps at most about `rowsMax` rows. When full, every second stretch goes and from then on only every second is taken. */
export class KeptRows {
  readonly #n: number;
  readonly #stretchesMax: number;
  #stretches: { readonly values: Float64Array; readonly breaks: Uint8Array; readonly number: number; rows: number }[] =
    [];
  #stride = 1;
  #seen = 0;

  constructor(n: number, rowsMax: number) {
    this.#n = n;
    this.#stretchesMax = Math.max(2, Math.floor(rowsMax / STRETCH_ROWS));
  }

  /** Tags in a row. */
  get width(): number {
    return this.#n;
  }

  /** Rows seen. */
  get seen(): number {
    return this.#seen;
  }

  /** Rows kept. */
  get count(): number {
    let rows = 0;
    for (const stretch of this.#stretches) rows += stretch.rows;
    return rows;
  }

  /** Takes a row (copied); `breaks`: it does not continue the one before it. */
  add(row: Float64Array, breaks: boolean): void {
    const number = Math.floor(this.#seen / STRETCH_ROWS);
    const at = this.#seen % STRETCH_ROWS;
    this.#seen += 1;
    if (number % this.#stride !== 0) return;
    if (at === 0) {
      if (this.#stretches.length >= this.#stretchesMax) this.#thin();
      if (number % this.#stride !== 0) return;
      const n = this.#n;
      this.#stretches.push({
        values: new Float64Array(STRETCH_ROWS * n),
        breaks: new Uint8Array(STRETCH_ROWS),
        number,
        rows: 0,
      });
    }
    const stretch = this.#stretches[this.#stretches.length - 1];
    if (stretch === undefined || stretch.number !== number) return;
    stretch.values.set(row, at * this.#n);
    stretch.breaks[at] = breaks || (at === 0 && this.#stride > 1) ? 1 : 0;
    stretch.rows = at + 1;
  }

  #thin(): void {
    this.#stride *= 2;
    this.#stretches = this.#stretches.filter(({ number }) => number % this.#stride === 0);
    for (const stretch of this.#stretches) stretch.breaks[0] = 1;
  }

  /** Calls `take` with every kept row in order; the row is only lent. */
  forEach(take: (row: Float64Array, breaks: boolean) => void): void {
    for (const stretch of this.#stretches) {
      for (let i = 0; i < stretch.rows; i += 1) {
        take(stretch.values.subarray(i * this.#n, (i + 1) * this.#n), stretch.breaks[i] === 1);
      }
    }
  }

  /** 1 for each kept row that does not continue the one before it. */
  breaks(): Uint8Array {
    const out = new Uint8Array(this.count);
    let at = 0;
    for (const stretch of this.#stretches) {
      out.set(stretch.breaks.subarray(0, stretch.rows), at);
      at += stretch.rows;
    }
    if (out.length > 0) out[0] = 1;
    return out;
  }

  /** Kept rows cut to some columns, row-major; a value never seen so far takes `otherwise(column)`. */
  columns(columns: Int32Array, otherwise: (column: number) => number): Float64Array {
    const m = columns.length;
    const out = new Float64Array(this.count * m);
    let at = 0;
    for (const stretch of this.#stretches) {
      for (let i = 0; i < stretch.rows; i += 1) {
        for (let k = 0; k < m; k += 1) {
          const value = stretch.values[i * this.#n + columns[k]!]!;
          out[at * m + k] = Number.isNaN(value) ? otherwise(columns[k]!) : value;
        }
        at += 1;
      }
    }
    return out;
  }
}
