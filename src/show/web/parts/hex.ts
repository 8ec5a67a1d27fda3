/** Bytes of a frame as rows of a hex dump. Pure. */
export interface HexByte {
  readonly text: string;
  readonly offset: number;
  readonly lit: boolean;
}

export interface HexRow {
  readonly offset: string;
  readonly bytes: readonly HexByte[];
  readonly text: string;
}

const BYTES_A_ROW = 16;

/** `hex`: two digits a byte; `ranges`: byte ranges `[from, to)` to light up. */
export function hexRows(hex: string, ranges: readonly (readonly [number, number])[]): HexRow[] {
  const rows: HexRow[] = [];
  const total = Math.floor(hex.length / 2);
  const lit = (at: number) => ranges.some(([from, to]) => at >= from && at < to);
  for (let start = 0; start < total; start += BYTES_A_ROW) {
    const bytes: HexByte[] = [];
    let text = '';
    for (let at = start; at < Math.min(total, start + BYTES_A_ROW); at += 1) {
      const digits = hex.slice(at * 2, at * 2 + 2);
      const code = Number.parseInt(digits, 16);
      bytes.push({ text: digits, offset: at, lit: lit(at) });
      // Printable ASCII only: anything else could be made to look like something it is not.
      text += code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '·';
    }
    rows.push({ offset: start.toString(16).padStart(4, '0'), bytes, text });
  }
  return rows;
}
