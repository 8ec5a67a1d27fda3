/** Values of tags and attributes as accesses of the view. Sources as in `names.ts`: 1756-PM020 for tags, Volume 1 for attributes. */
import { CIP_ARRAY_ELEMENTS_NAMED_MAX, CIP_ARRAYS_NAMED_MAX } from '../../../limits.ts';
import { type MessageView, NO_OFFSET, NO_SYMBOL, QUALITY_UNCERTAIN } from '../message-view.ts';
import type { SymbolTable } from '../symbols.ts';
import { u16le, u32le, VALUE_TYPE, VALUE_TYPE_BYTES } from '../values.ts';
import { AREA } from './names.ts';
import {
  ATTRIBUTE_SHORT_TEXT,
  ATTRIBUTE_TEXT,
  ATTRIBUTE_UNKNOWN,
  attributeType,
  CIP_TYPE,
  elementType,
  LOGIX_STRING_BYTES,
  LOGIX_STRING_HANDLE,
  textLength,
} from './types.ts';

/** Names of the elements of arrays: `Level[3]` for element 3 of `Level`. A cache, rebuilt when forgotten. */
export class ElementNames {
  #byArray = new Map<number, Int32Array>();

  /** Symbol of element `index` counted from the one `array` names, or `NO_SYMBOL` where elements have no names of their own. */
  of(symbols: SymbolTable, array: number, index: number): number {
    if (index >= CIP_ARRAY_ELEMENTS_NAMED_MAX) return NO_SYMBOL;
    let names = this.#byArray.get(array);
    if (names === undefined || index >= names.length) {
      const larger = new Int32Array(Math.min(CIP_ARRAY_ELEMENTS_NAMED_MAX, Math.max(16, 2 * (index + 1)))).fill(
        NO_SYMBOL,
      );
      if (names !== undefined) larger.set(names);
      else if (this.#byArray.size >= CIP_ARRAYS_NAMED_MAX) this.#byArray.clear();
      this.#byArray.set(array, larger);
      names = larger;
    }
    if (names[index] === NO_SYMBOL) names[index] = symbols.internText(elementName(symbols.name(array), index));
    return names[index]!;
  }
}

/** `A` → `A[2]`, `A[5]` → `A[7]`, `A[1,5]` → `A[1,7]` for index 2. */
function elementName(array: string, index: number): string {
  const match = /^(.*[[,])(\d+)\]$/.exec(array);
  return match === null ? `${array}[${index}]` : `${match[1]}${Number(match[2]) + index}]`;
}

/**
 * Type code at `at`, then (where `counted`) the number of elements, and with `fragmented` the byte offset of the first, then the
 * values: the form of Write Tag and its fragments and, without count, of replies to reads.
 */
export function tagValues(
  view: MessageView,
  names: ElementNames,
  symbol: number,
  write: boolean,
  at: number,
  end: number,
  counted: boolean,
  fragmented: boolean,
  asked: number,
  offset: number,
): void {
  const { bytes } = view;
  if (at + 2 > end) return view.problem('cip-short', at);
  const type = u16le(bytes, at);
  let next = at + 2;
  let handle = 0;
  if (type === CIP_TYPE.structure) {
    if (next + 2 > end) return view.problem('cip-short', next);
    handle = u16le(bytes, next);
    next += 2;
  }
  let elements = asked;
  let from = offset;
  if (counted) {
    if (next + (fragmented ? 6 : 2) > end) return view.problem('cip-short', next);
    elements = u16le(bytes, next);
    from = fragmented ? u32le(bytes, next + 2) : 0;
    next += fragmented ? 6 : 2;
  }
  if (type === CIP_TYPE.structure) return structure(view, symbol, write, handle, elements, next, end);
  plain(view, names, symbol, write, type, elements, from, next, end);
}

function structure(
  view: MessageView,
  symbol: number,
  write: boolean,
  handle: number,
  elements: number,
  at: number,
  end: number,
): void {
  const { bytes } = view;
  const isString = handle === LOGIX_STRING_HANDLE && elements <= 1 && end - at >= 4 && end - at <= LOGIX_STRING_BYTES;
  const i = view.access(AREA.tag, 0, Math.max(1, elements), write, isString ? VALUE_TYPE.text : VALUE_TYPE.bytes, at);
  if (i < 0) return;
  view.accessSymbol[i] = symbol;
  view.accessLength[i] = isString ? Math.min(u32le(bytes, at), end - at - 4) : end - at;
  if (isString) view.accessOffset[i] = at + 4;
}

/** Elementary values: one access each where elements have names, else one for all. */
function plain(
  view: MessageView,
  names: ElementNames,
  symbol: number,
  write: boolean,
  code: number,
  stated: number,
  byteOffset: number,
  at: number,
  end: number,
): void {
  const type = elementType(code);
  if (type === VALUE_TYPE.text) return text(view, symbol, write, code, at, end);
  const size = VALUE_TYPE_BYTES[type]!;
  if (size === 0) {
    view.problem('cip-type', at);
    return bytesAccess(view, AREA.tag, symbol, write, at, end);
  }
  const present = Math.floor((end - at) / size);
  // A fragment brings fewer than were asked for; more than asked for is odd.
  const elements = stated > 0 && stated < present ? stated : present;
  if (elements * size !== end - at) view.problem('cip-length', at);
  const first = Math.floor(byteOffset / size);
  if (elements === 1 && first === 0) return one(view, symbol, write, type, at);
  const named = first + elements <= CIP_ARRAY_ELEMENTS_NAMED_MAX;
  if (!named) {
    const i = view.access(AREA.tag, first, elements, write, type, at);
    if (i >= 0) view.accessSymbol[i] = symbol;
    return;
  }
  for (let k = 0; k < elements; k++) {
    one(view, names.of(view.symbols, symbol, first + k), write, type, at + k * size);
  }
}

function one(view: MessageView, symbol: number, write: boolean, type: number, at: number): void {
  const i = view.access(AREA.tag, 0, 1, write, type, at);
  if (i >= 0) view.accessSymbol[i] = symbol;
}

/** STRING: two octets of length; SHORT_STRING: one. */
function text(view: MessageView, symbol: number, write: boolean, code: number, at: number, end: number): void {
  const short = code === CIP_TYPE.shortString;
  const i = view.access(AREA.tag, 0, 1, write, VALUE_TYPE.text, at + (short ? 1 : 2));
  if (i < 0) return;
  view.accessSymbol[i] = symbol;
  view.accessLength[i] = textLength(view.bytes, at, end, short);
}

function bytesAccess(view: MessageView, area: number, symbol: number, write: boolean, at: number, end: number): void {
  const i = view.access(area, 0, 1, write, end > at ? VALUE_TYPE.bytes : VALUE_TYPE.none, end > at ? at : NO_OFFSET);
  if (i < 0) return;
  view.accessSymbol[i] = symbol;
  view.accessLength[i] = end - at;
}

/** An access without a value: what a request asks for, or what a reply confirms. */
export function namedAccess(view: MessageView, area: number, symbol: number, elements: number, write: boolean): void {
  const i = view.access(area, 0, elements, write, VALUE_TYPE.none, NO_OFFSET);
  if (i >= 0) view.accessSymbol[i] = symbol;
}

/** Bytes the value of an attribute takes at `at`, or -1 where its type is not known. */
export function attributeBytes(bytes: Uint8Array, cls: number, attribute: number, at: number, end: number): number {
  const type = attributeType(cls, attribute);
  if (type === ATTRIBUTE_SHORT_TEXT) return 1 + textLength(bytes, at, end, true);
  if (type === ATTRIBUTE_TEXT) return 2 + textLength(bytes, at, end, false) + (u16le(bytes, at) & 1);
  if (type === ATTRIBUTE_UNKNOWN) return -1;
  return VALUE_TYPE_BYTES[type] === 0 ? -1 : VALUE_TYPE_BYTES[type]!;
}

/** The value of an attribute, `at` … `end`. Where the protocol states no type, 1, 2 and 4 octets read as a number of uncertain quality. */
export function attributeValue(
  view: MessageView,
  symbol: number,
  cls: number,
  attribute: number,
  write: boolean,
  at: number,
  end: number,
): void {
  const size = end - at;
  const stated = attributeType(cls, attribute);
  if (stated === ATTRIBUTE_SHORT_TEXT || stated === ATTRIBUTE_TEXT) {
    const short = stated === ATTRIBUTE_SHORT_TEXT;
    const i = view.access(AREA.attribute, 0, 1, write, VALUE_TYPE.text, at + (short ? 1 : 2));
    if (i < 0) return;
    view.accessSymbol[i] = symbol;
    view.accessLength[i] = textLength(view.bytes, at, end, short);
    return;
  }
  const known = stated !== ATTRIBUTE_UNKNOWN && VALUE_TYPE_BYTES[stated] === size && size > 0;
  const type = known ? stated : numberOfSize(stated === ATTRIBUTE_UNKNOWN ? size : 0);
  if (type === VALUE_TYPE.none) return bytesAccess(view, AREA.attribute, symbol, write, at, end);
  const i = view.access(AREA.attribute, 0, 1, write, type, at);
  if (i < 0) return;
  view.accessSymbol[i] = symbol;
  if (!known) view.accessQuality[i] = QUALITY_UNCERTAIN;
}

function numberOfSize(size: number): number {
  if (size === 1) return VALUE_TYPE.uint8;
  if (size === 2) return VALUE_TYPE.uint16le;
  return size === 4 ? VALUE_TYPE.uint32le : VALUE_TYPE.none;
}
