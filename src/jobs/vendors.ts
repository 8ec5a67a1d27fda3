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

/** Lines are `prefix<TAB>maker`, sorted by prefix. */
function find(table: string, digits: string): string {
  for (const length of PREFIX_DIGITS) {
    const at = table.indexOf(`\n${digits.slice(0, length)}\t`);
    if (at >= 0) return table.slice(at + length + 2, table.indexOf('\n', at + 1));
  }
  return '';
}
