/**
 * A cursor over the binary encoding (OPC 10000-6, 5.2). Every read is checked: past the end or against the rules the cursor fails, stays
 * failed and gives zeros, so that callers check once. Arrays hold at least one octet an element, so time is linear in the bytes.
 */
import { OPCUA_DEPTH_MAX, SYMBOL_BYTES_MAX } from '../../../limits.ts';
import { NO_SYMBOL } from '../message-view.ts';
import type { SymbolTable } from '../symbols.ts';
import { u16le, u32le } from '../values.ts';

const EMPTY = new Uint8Array(0);
/** Ticks of 100 ns from 1601 to 1970, in two halves. */
const EPOCH_HIGH = 0x019db1de;
const EPOCH_LOW = 0xd53e8000;
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const HEX = '0123456789abcdef';

/** Name of a node being built; one for the worker, decoding is synchronous. */
const name = new Uint8Array(SYMBOL_BYTES_MAX);

export class UaReader {
  bytes: Uint8Array = EMPTY;
  at = 0;
  end = 0;
  failed = false;
  /** Where the text or byte string read last stands; `from` = `to` where it is null or empty. */
  from = 0;
  to = 0;

  open(bytes: Uint8Array, at: number, end: number): void {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.failed = false;
  }

  close(): void {
    this.bytes = EMPTY;
    this.at = this.end = 0;
  }

  /** Claims `size` octets; their offset, or -1 with the cursor failed. */
  take(size: number): number {
    if (this.failed || size > this.end - this.at) {
      this.failed = true;
      return -1;
    }
    const at = this.at;
    this.at += size;
    return at;
  }

  u8(): number {
    const at = this.take(1);
    return at < 0 ? 0 : this.bytes[at]!;
  }

  u16(): number {
    const at = this.take(2);
    return at < 0 ? 0 : u16le(this.bytes, at);
  }

  u32(): number {
    const at = this.take(4);
    return at < 0 ? 0 : u32le(this.bytes, at);
  }

  /** Length of an array: 0 for null; no more than there are octets left. */
  count(): number {
    const count = this.u32() | 0;
    if (count <= 0) return 0;
    if (count > this.end - this.at) {
      this.failed = true;
      return 0;
    }
    return count;
  }

  /** Text or byte string; its place stands in `from` and `to`. */
  text(): void {
    const length = this.u32() | 0;
    const at = this.take(length > 0 ? length : 0);
    this.from = this.to = at < 0 ? this.at : at;
    if (at >= 0 && length > 0) this.to = at + length;
  }

  /** DateTime (5.2.2.5) as microseconds since 1970; NaN for "never" and the end of days. */
  timeUs(): number {
    const at = this.take(8);
    if (at < 0) return Number.NaN;
    const low = u32le(this.bytes, at);
    const high = u32le(this.bytes, at + 4);
    if ((low === 0 && high === 0) || high >= 0x7fffffff) return Number.NaN;
    return Math.round((high - EPOCH_HIGH) * 429_496_729.6 + (low - EPOCH_LOW) / 10);
  }

  /** NodeId (5.2.2.9), skipped; its number where it is numeric in namespace 0, else 0. */
  nodeNumber(): number {
    const form = this.u8() & 0x3f;
    let number = 0;
    if (form === 0) return this.u8();
    if (form === 1) return this.u8() === 0 ? this.u16() : this.#ignore(2);
    const namespace = this.u16();
    if (form === 2) number = this.u32();
    else if (form === 3 || form === 5) this.text();
    else if (form === 4) this.take(16);
    else this.failed = true;
    return namespace === 0 ? number : 0;
  }

  /** NodeId as a symbol in the text form of 5.3.1.10: `ns=2;s=Pump.Speed`, `i=2258`. */
  node(symbols: SymbolTable): number {
    const form = this.u8() & 0x3f;
    let length = 0;
    let namespace = 0;
    let number = 0;
    switch (form) {
      case 0:
        number = this.u8();
        break;
      case 1:
        namespace = this.u8();
        number = this.u16();
        break;
      case 2:
        namespace = this.u16();
        number = this.u32();
        break;
      default:
        namespace = this.u16();
    }
    if (namespace > 0) length = putText(putNumber(putText(0, 'ns='), namespace), ';');
    if (form <= 2) length = putNumber(putText(length, 'i='), number);
    else if (form === 3) {
      this.text();
      length = this.#putBytes(putText(length, 's='), this.from, this.to);
    } else if (form === 4) length = this.#putGuid(putText(length, 'g='), this.take(16));
    else if (form === 5) {
      this.text();
      length = this.#putBase64(putText(length, 'b='), this.from, this.to);
    } else this.failed = true;
    return this.failed ? NO_SYMBOL : symbols.intern(name, 0, length);
  }

  /** ExpandedNodeId (5.2.2.10) as a symbol; what stands behind the node is skipped. */
  expandedNode(symbols: SymbolTable): number {
    const flags = this.at < this.end ? this.bytes[this.at]! : 0;
    const symbol = this.node(symbols);
    if ((flags & 0x80) !== 0) this.text();
    if ((flags & 0x40) !== 0) this.take(4);
    return this.failed ? NO_SYMBOL : symbol;
  }

  /** QualifiedName (5.2.2.13): the name's place stands in `from` and `to`. */
  qualifiedName(): void {
    this.take(2);
    this.text();
  }

  /** LocalizedText (5.2.2.14): the text's place stands in `from` and `to`. */
  localizedText(): void {
    const mask = this.u8();
    if ((mask & 1) !== 0) this.text();
    this.from = this.to = this.at;
    if ((mask & 2) !== 0) this.text();
  }

  /** ExtensionObject (5.2.2.15): returns its encoding id (0: not of namespace 0); its body's place stands in `from` and `to`. */
  extension(): number {
    const id = this.nodeNumber();
    const encoding = this.u8();
    this.from = this.to = this.at;
    if (encoding === 1 || encoding === 2) this.text();
    else if (encoding !== 0) this.failed = true;
    return id;
  }

  /** DiagnosticInfo (5.2.2.12), skipped; nests by itself. */
  diagnosticInfo(depth = 0): void {
    const mask = this.u8();
    if (depth > OPCUA_DEPTH_MAX) this.failed = true;
    for (const bit of [1, 2, 4, 8]) if ((mask & bit) !== 0) this.take(4);
    if ((mask & 0x10) !== 0) this.text();
    if ((mask & 0x20) !== 0) this.take(4);
    if ((mask & 0x40) !== 0 && !this.failed) this.diagnosticInfo(depth + 1);
  }

  #ignore(size: number): number {
    this.take(size);
    return 0;
  }

  #putBytes(length: number, from: number, to: number): number {
    let next = length;
    for (let i = from; i < to && next < SYMBOL_BYTES_MAX; i++) name[next++] = this.bytes[i]!;
    return next;
  }

  /** Guid (5.2.2.6): three little-endian groups, then octets as they stand. */
  #putGuid(length: number, at: number): number {
    if (at < 0) return length;
    let next = length;
    for (const i of [3, 2, 1, 0, -1, 5, 4, -1, 7, 6, -1, 8, 9, -1, 10, 11, 12, 13, 14, 15]) {
      if (i < 0) next = putText(next, '-');
      else next = putText(putText(next, HEX[this.bytes[at + i]! >> 4]!), HEX[this.bytes[at + i]! & 15]!);
    }
    return next;
  }

  #putBase64(length: number, from: number, to: number): number {
    let next = length;
    for (let i = from; i < to && next < SYMBOL_BYTES_MAX; i += 3) {
      const left = to - i;
      const group =
        (this.bytes[i]! << 16) | ((left > 1 ? this.bytes[i + 1]! : 0) << 8) | (left > 2 ? this.bytes[i + 2]! : 0);
      next = putText(next, BASE64[group >> 18]! + BASE64[(group >> 12) & 63]!);
      next = putText(next, (left > 1 ? BASE64[(group >> 6) & 63]! : '=') + (left > 2 ? BASE64[group & 63]! : '='));
    }
    return next;
  }
}

function putText(length: number, text: string): number {
  let next = length;
  for (let i = 0; i < text.length && next < SYMBOL_BYTES_MAX; i++) name[next++] = text.charCodeAt(i);
  return next;
}

function putNumber(length: number, value: number): number {
  let scale = 1;
  while (scale * 10 <= value) scale *= 10;
  let next = length;
  for (; scale >= 1; scale /= 10) name[next++] = 0x30 + (Math.floor(value / scale) % 10);
  return next;
}
