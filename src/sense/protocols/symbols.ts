/**
 * Textual names on the wire (CIP tags, MQTT topics, OPC UA node ids, MMS items) become small integers, so that the packet path
 * compares and stores numbers and makes a string only the first time a name is seen. Bounded by `SYMBOLS_MAX` and `SYMBOLS_BYTES_MAX`.
 */
import { SYMBOL_BYTES_MAX, SYMBOLS_BYTES_MAX, SYMBOLS_MAX } from '../../limits.ts';

/** Symbol of names beyond the bound; counted in `overflow`. */
export const OVERFLOW_SYMBOL = 0;

const decoder = new TextDecoder('utf-8', { fatal: false });

export class SymbolTable {
  /** Look-ups that got the overflow symbol. */
  overflow = 0;
  readonly #names: string[] = ['(name table full)'];
  readonly #hashes: number[] = [0];
  readonly #stored: (Uint8Array | undefined)[] = [undefined];
  #slots = new Int32Array(1024).fill(-1);
  /** Bytes of all names. */
  #bytes = 0;
  readonly #byText = new Map<string, number>();

  get size(): number {
    return this.#names.length;
  }

  /** Text of a symbol. */
  name(symbol: number): string {
    return this.#names[symbol] ?? '';
  }

  /** Symbol of the UTF-8 bytes `offset` … `offset + length`; allocates only for a name never seen. */
  intern(bytes: Uint8Array, offset: number, length: number): number {
    const used = length > SYMBOL_BYTES_MAX ? SYMBOL_BYTES_MAX : length;
    let hash = 0x811c9dc5;
    for (let i = 0; i < used; i++) hash = Math.imul(hash ^ bytes[offset + i]!, 0x01000193);
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const symbol = this.#slots[slot]!;
      if (symbol < 0) break;
      if (this.#hashes[symbol] === hash && this.#equals(symbol, bytes, offset, used)) return symbol;
      slot = (slot + 1) & mask;
    }
    return this.#add(bytes.slice(offset, offset + used), hash, slot);
  }

  /** Symbol of a text made by a dissector (a joined name, a numeric path). */
  internText(text: string): number {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const encoded = new TextEncoder().encode(text);
    const symbol = this.intern(encoded, 0, encoded.length);
    if (symbol !== OVERFLOW_SYMBOL) this.#byText.set(text, symbol);
    return symbol;
  }

  #equals(symbol: number, bytes: Uint8Array, offset: number, length: number): boolean {
    const stored = this.#stored[symbol];
    if (stored === undefined || stored.length !== length) return false;
    for (let i = 0; i < length; i++) if (stored[i] !== bytes[offset + i]) return false;
    return true;
  }

  #add(name: Uint8Array, hash: number, slot: number): number {
    if (this.#names.length >= SYMBOLS_MAX || this.#bytes + name.length > SYMBOLS_BYTES_MAX) {
      this.overflow++;
      return OVERFLOW_SYMBOL;
    }
    this.#bytes += name.length;
    const symbol = this.#names.length;
    this.#names.push(decoder.decode(name));
    this.#hashes.push(hash);
    this.#stored.push(name);
    this.#slots[slot] = symbol;
    if (this.#names.length * 2 > this.#slots.length) this.#grow();
    return symbol;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let symbol = 1; symbol < this.#names.length; symbol++) {
      const hash = this.#hashes[symbol]!;
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (slots[slot]! >= 0) slot = (slot + 1) & mask;
      slots[slot] = symbol;
    }
    this.#slots = slots;
  }
}
