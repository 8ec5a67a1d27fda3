/**
 * Reads `Data` (ISO 9506-2, 14.4.2) into accesses of the view: structures and arrays flattened, bit strings as numbers with the first
 * bit as the most significant, times as milliseconds since 1970. Quality and time stamp of an IEC 61850 attribute stand beside its
 * values in one structure and are taken for theirs.
 */
import { DATA_DEPTH_MAX } from '../../../limits.ts';
import { type MessageView, NO_OFFSET, QUALITY_BAD, QUALITY_GOOD, QUALITY_UNCERTAIN } from '../message-view.ts';
import { u32, VALUE_TYPE } from '../values.ts';
import { Element, integerAt, unsignedAt } from './ber.ts';
import { ComponentNames } from './component-names.ts';
import { BINARY_TIME_EPOCH_MS, DATA, DAY_MS, QUALITY_BITS, VALIDITY } from './names.ts';

/** Width of the exponent in `floating-point` (ISO 9506-2, 14.4.2.3): IEEE single and double. */
const SINGLE_EXPONENT = 8;
const DOUBLE_EXPONENT = 11;
/** Whole numbers beyond this many bits are not exact. */
const EXACT_BITS = 53;

/** Shared by all readers: dissection is synchronous, and what is needed after a nested read is copied. */
const element = new Element();

export class DataReader {
  readonly names = new ComponentNames();
  #area = 0;
  #write = false;
  /** Values read in the last `read`. */
  count = 0;

  /**
   * Reads the one `Data` at `at` as `symbol` (already a component where `nested`); returns the offset after it, or -1 where there is
   * none: the rest is not to be trusted then. What could be read is in the view.
   */
  read(
    view: MessageView,
    at: number,
    end: number,
    area: number,
    symbol: number,
    write: boolean,
    nested: boolean,
  ): number {
    this.#area = area;
    this.#write = write;
    this.count = 0;
    return this.#value(view, at, end, symbol, nested, 0);
  }

  /**
   * Quality and time stamp that stand behind accesses `from` … `to`, as members of one structure or neighbours of one data set; true
   * where the element whose first octet stands at `at` was one of both.
   */
  qualify(view: MessageView, at: number, end: number, from: number, to: number): boolean {
    if (at >= end || !element.read(view.bytes, at, end) || element.cut) return false;
    const { tag, at: content, end: contentEnd } = element;
    if (tag === DATA.bitString && isQuality(view.bytes, content, contentEnd)) {
      const quality = qualityOf(view.bytes[content + 1]! >> 6);
      for (let i = from; i < to; i++) view.accessQuality[i] = quality;
      return true;
    }
    if (tag !== DATA.utcTime || contentEnd - content !== 8) return false;
    const timeUs = utcTimeUs(view.bytes, content);
    if (timeUs !== 0) for (let i = from; i < to; i++) view.accessTimeUs[i] = timeUs;
    return true;
  }

  #value(view: MessageView, at: number, end: number, symbol: number, nested: boolean, depth: number): number {
    if (!element.read(view.bytes, at, end)) {
      view.problem('ber-malformed', at);
      return -1;
    }
    const { tag, at: content, end: contentEnd, next, cut } = element;
    if (tag === DATA.structure || tag === DATA.array) {
      if (cut) view.problem('ber-truncated', at);
      if (depth >= DATA_DEPTH_MAX) view.problem('data-too-deep', at);
      else if (!this.#components(view, content, contentEnd, symbol, nested, depth, tag === DATA.structure)) return -1;
      return cut ? -1 : next;
    }
    if (cut) {
      view.problem('ber-truncated', at);
      return -1;
    }
    this.count++;
    this.#primitive(view, tag, content, contentEnd, symbol);
    return next;
  }

  #components(
    view: MessageView,
    from: number,
    end: number,
    symbol: number,
    nested: boolean,
    depth: number,
    isStructure: boolean,
  ): boolean {
    const first = view.accessCount;
    let qualified = !isStructure;
    let timed = !isStructure;
    let index = 0;
    for (let at = from; at < end; index++) {
      const before = view.accessCount;
      const tag = view.bytes[at];
      const child = this.names.component(view.symbols, symbol, index, nested);
      const next = this.#value(view, at, end, child, true, depth + 1);
      if (next < 0) return false;
      // Once in a structure: hostile input must not make this quadratic.
      if (tag === DATA.bitString && !qualified) qualified = this.qualify(view, at, end, first, before);
      else if (tag === DATA.utcTime && !timed) timed = this.qualify(view, at, end, first, before);
      at = next;
    }
    return true;
  }

  #primitive(view: MessageView, tag: number, at: number, end: number, symbol: number): void {
    const { bytes } = view;
    const length = end - at;
    switch (tag) {
      case DATA.boolean:
        if (length !== 1) return this.#odd(view, at, end, symbol, 'data-boolean');
        return this.#number(view, symbol, VALUE_TYPE.bool, bytes[at] === 0 ? 0 : 1);
      case DATA.integer:
        if (length < 1 || length > 8) return this.#odd(view, at, end, symbol, 'data-integer');
        return this.#number(view, symbol, length > 4 ? VALUE_TYPE.int64 : VALUE_TYPE.int32, integerAt(bytes, at, end));
      case DATA.unsigned:
        // One octet of zeros before a number whose first bit is set; some devices leave it out.
        if (length < 1 || length > 9) return this.#odd(view, at, end, symbol, 'data-unsigned');
        return this.#number(
          view,
          symbol,
          length > 5 || (length === 5 && bytes[at] !== 0) ? VALUE_TYPE.uint64 : VALUE_TYPE.uint32,
          unsignedAt(bytes, at, end),
        );
      case DATA.floatingPoint:
        return this.#floatingPoint(view, at, end, symbol);
      case DATA.bitString:
        if (length < 1 || bytes[at]! > 7 || (length === 1 && bytes[at] !== 0)) {
          return this.#odd(view, at, end, symbol, 'data-bit-string');
        }
        return this.#bits(view, at + 1, end, bytes[at]!, symbol);
      case DATA.booleanArray:
        return this.#bits(view, at + 1, end, length > 0 ? bytes[at]! & 7 : 0, symbol);
      case DATA.visibleString:
      case DATA.mmsString:
      case DATA.generalizedTime:
        return this.#octets(view, at, end, symbol, VALUE_TYPE.text);
      case DATA.utcTime:
        if (length !== 8) return this.#odd(view, at, end, symbol, 'data-utc-time');
        return this.#number(view, symbol, VALUE_TYPE.uint64, Math.round(utcTimeUs(bytes, at) / 1_000));
      case DATA.binaryTime:
        if (length !== 4 && length !== 6) return this.#odd(view, at, end, symbol, 'data-binary-time');
        return this.#number(view, symbol, VALUE_TYPE.uint64, binaryTimeMs(bytes, at, end));
      case DATA.octetString:
      case DATA.real:
      case DATA.bcd:
      case DATA.objectId:
        return this.#octets(view, at, end, symbol, VALUE_TYPE.bytes);
      default:
        return this.#odd(view, at, end, symbol, 'data-unknown-type');
    }
  }

  /** Width of the exponent, then the number (IEEE 754). */
  #floatingPoint(view: MessageView, at: number, end: number, symbol: number): void {
    const exponent = view.bytes[at];
    const single = end - at === 5 && exponent === SINGLE_EXPONENT;
    if (!single && !(end - at === 9 && exponent === DOUBLE_EXPONENT)) {
      return this.#odd(view, at, end, symbol, 'data-floating-point');
    }
    const type = single ? VALUE_TYPE.float32 : VALUE_TYPE.float64;
    const i = view.access(this.#area, 0, 1, this.#write, type, at + 1);
    if (i >= 0) view.accessSymbol[i] = symbol;
  }

  #bits(view: MessageView, at: number, end: number, unused: number, symbol: number): void {
    const bits = (end - at) * 8 - unused;
    if (bits > EXACT_BITS) return this.#octets(view, at, end, symbol, VALUE_TYPE.bytes);
    // Without the octet of unused bits an empty string would be negative.
    const value = bits <= 0 ? 0 : Math.floor(unsignedAt(view.bytes, at, end) / 2 ** unused);
    this.#number(view, symbol, bits > 32 ? VALUE_TYPE.uint64 : VALUE_TYPE.uint32, value);
  }

  #number(view: MessageView, symbol: number, type: number, value: number): void {
    const i = view.numberAccess(this.#area, 0, this.#write, type, value, NO_OFFSET);
    if (i >= 0) view.accessSymbol[i] = symbol;
  }

  #octets(view: MessageView, at: number, end: number, symbol: number, type: number): void {
    const i = view.access(this.#area, 0, 1, this.#write, type, at);
    if (i < 0) return;
    view.accessSymbol[i] = symbol;
    view.accessLength[i] = end - at;
  }

  /** An encoding that the type does not allow: the octets are kept, the value is not claimed. */
  #odd(view: MessageView, at: number, end: number, symbol: number, problem: string): void {
    view.problem(problem, at);
    this.#octets(view, at, end, symbol, VALUE_TYPE.bytes);
  }
}

/** True where the bit string at `at` (unused bits first) is an IEC 61850 quality. */
function isQuality(bytes: Uint8Array, at: number, end: number): boolean {
  return end - at === 3 && 16 - bytes[at]! === QUALITY_BITS;
}

/** Quality of the view by validity of IEC 61850-7-3. */
export function qualityOf(validity: number): number {
  if (validity === VALIDITY.good) return QUALITY_GOOD;
  return validity === VALIDITY.questionable ? QUALITY_UNCERTAIN : QUALITY_BAD;
}

/** UtcTime (IEC 61850-8-1, 8.1.3.6): seconds 4, fraction 3, quality 1; microseconds since 1970, 0 where it was never set. */
export function utcTimeUs(bytes: Uint8Array, at: number): number {
  const fraction = (bytes[at + 4]! << 16) | (bytes[at + 5]! << 8) | bytes[at + 6]!;
  return u32(bytes, at) * 1_000_000 + Math.round((fraction * 1_000_000) / 0x1000000);
}

/** Milliseconds of the day 4, days since 1984 2 (or none); milliseconds since 1970, or of the day. */
export function binaryTimeMs(bytes: Uint8Array, at: number, end: number): number {
  const ms = u32(bytes, at);
  return end - at < 6 ? ms : BINARY_TIME_EPOCH_MS + unsignedAt(bytes, at + 4, at + 6) * DAY_MS + ms;
}
