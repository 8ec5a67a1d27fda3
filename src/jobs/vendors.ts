/** Makers of network cards by MAC, from the table beside the observer. Read once, when first asked. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const TABLE = new URL('../understand/observe/data/oui.txt.gz', import.meta.url);
/** Hex digits of the assignments of the IEEE registration authority: MA-S, MA-M, MA-L; the longest wins. */
const PREFIX_DIGITS = [9, 7, 6];
const REMEMBERED_MAX = 10_000;

/** A look-up `aa:bb:cc:dd:ee:ff` → maker; empty for unknown, group and locally administered addresses. */
export function vendorLookup(): (mac: string) => string {
  let table: string | null = null;
  const remembered = new Map<string, string>();
  return (mac) => {
    const digits = mac.replaceAll(':', '').toLowerCase();
    // Bit 0 of the first octet: group; bit 1: locally administered, nobody's assignment (IEEE 802, 8.2).
    if (digits.length !== 12 || (Number.parseInt(digits.slice(0, 2), 16) & 3) !== 0) return '';
    const key = digits.slice(0, PREFIX_DIGITS[0]);
    const known = remembered.get(key);
    if (known !== undefined) return known;
    table ??= gunzipSync(readFileSync(TABLE)).toString('utf8');
    const vendor = find(table, digits);
    if (remembered.size < REMEMBERED_MAX) remembered.set(key, vendor);
    return vendor;
  };
}

/** Lines are `prefix<TAB>maker`, sorted by prefix; a line feed stands before the first and after the last. */
function find(table: string, digits: string): string {
  for (const length of PREFIX_DIGITS) {
    const line = lineOf(table, digits.slice(0, length));
    if (line !== '') return line;
  }
  return '';
}

/** Maker of exactly this prefix, by halving the table; empty where it is not there. */
function lineOf(table: string, prefix: string): string {
  let low = 0;
  let high = table.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const start = table.lastIndexOf('\n', middle) + 1;
    const end = table.indexOf('\n', start);
    if (start > middle && start > high) return '';
    const tab = table.indexOf('\t', start);
    const key = table.slice(start, tab);
    if (key === prefix) return table.slice(tab + 1, end);
    if (key < prefix) low = end;
    else high = start - 1;
  }
  return '';
}
