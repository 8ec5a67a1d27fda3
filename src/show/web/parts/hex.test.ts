import { expect, test } from 'vitest';
import { hexRows } from './hex.ts';

test('rows of sixteen bytes with offset, lit ranges across rows, and only printable ASCII as text', () => {
  // 18 bytes: "0123456789abcdef", then a byte that a font could dress up, then "A".
  const rows = hexRows(`${'30313233343536373839616263646566'}ff41`, [[15, 17]]);
  expect(rows.map(({ offset, text }) => [offset, text])).toEqual([
    ['0000', '0123456789abcdef'],
    ['0010', '·A'],
  ]);
  expect(rows.flatMap(({ bytes }) => bytes.filter(({ lit }) => lit).map(({ offset }) => offset))).toEqual([15, 16]);
});

test('half a byte at the end is not shown as one', () => {
  expect(hexRows('aab', [])[0]?.bytes.map(({ text }) => text)).toEqual(['aa']);
});
