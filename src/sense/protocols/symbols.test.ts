import { describe, expect, it } from 'vitest';
import { SYMBOL_BYTES_MAX, SYMBOLS_BYTES_MAX } from '../../limits.ts';
import { OVERFLOW_SYMBOL, SymbolTable } from './symbols.ts';

describe('SymbolTable', () => {
  it('gives one number a name, and the name back', () => {
    const table = new SymbolTable();
    const bytes = new TextEncoder().encode('plant/line-1/temperatur °C');
    const symbol = table.intern(bytes, 0, bytes.length);
    expect(table.intern(bytes.slice(), 0, bytes.length)).toBe(symbol);
    expect(table.internText('plant/line-1/temperatur °C')).toBe(symbol);
    expect(table.name(symbol)).toBe('plant/line-1/temperatur °C');
    expect(table.intern(bytes, 0, 5)).not.toBe(symbol);
  });

  it('holds a bounded number of bytes, counts what does not fit and still knows what it had', () => {
    const table = new SymbolTable();
    const bytes = new Uint8Array(2 * SYMBOL_BYTES_MAX).fill(0x61);
    const fitting = Math.floor(SYMBOLS_BYTES_MAX / SYMBOL_BYTES_MAX);
    const view = new DataView(bytes.buffer);
    for (let n = 0; n < fitting; n++) {
      view.setUint32(0, n);
      expect(table.intern(bytes, 0, bytes.length)).not.toBe(OVERFLOW_SYMBOL);
    }
    view.setUint32(0, fitting);
    expect(table.intern(bytes, 0, bytes.length)).toBe(OVERFLOW_SYMBOL);
    expect(table.overflow).toBe(1);
    view.setUint32(0, 0);
    expect(table.intern(bytes, 0, bytes.length)).not.toBe(OVERFLOW_SYMBOL);
  });
});
