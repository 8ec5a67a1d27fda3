/** Names of blocks as they travel (`_0800001P`: identifier, type, number, file system) and as people write them (`OB1`). */
import type { MessageView } from '../message-view.ts';
import { BLOCK_TYPES } from './names.ts';

/** Symbol of the block whose file name stands at `from` … `end`; other files (numeric control) keep their own name. */
export function blockName(view: MessageView, from: number, end: number): number {
  const { bytes, symbols } = view;
  const start = end - from === 9 ? from + 1 : from;
  const type = hexDigit(bytes[start]!) * 16 + hexDigit(bytes[start + 1]!);
  let number = 0;
  let plain = end - start === 8 && BLOCK_TYPES[type] !== undefined;
  for (let i = start + 2; plain && i < start + 7; i++) {
    const digit = bytes[i]! - 0x30;
    plain = digit >= 0 && digit <= 9;
    number = number * 10 + digit;
  }
  return plain ? symbols.internText(`${BLOCK_TYPES[type]}${number}`) : symbols.intern(bytes, from, end - from);
}

/** Symbol of a block by type and number. */
export function blockSymbol(view: MessageView, type: number, number: number): number {
  return view.symbols.internText(`${BLOCK_TYPES[type] ?? `type${type}-`}${number}`);
}

function hexDigit(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const letter = (octet | 0x20) - 0x61;
  return letter >= 0 && letter < 6 ? letter + 10 : Number.NaN;
}
