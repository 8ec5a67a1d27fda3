/**
 * Names of what stands inside a named value: `name[2]`, inside that `name[2.0]`, or a suffix that the standard fixes. The names are
 * made once and remembered by number, so that the packet path makes no string. Bounded by `COMPONENT_NAMES_MAX`.
 */
import { COMPONENT_NAMES_MAX } from '../../../limits.ts';
import type { SymbolTable } from '../symbols.ts';

/** Keys of one parent; also more than any list of components that is named. */
const KEYS_OF_PARENT = 0x10000;
/** Keys from here on are those of suffixes. */
const SUFFIX_KEYS = 0x8000;

export class ComponentNames {
  readonly #symbols = new Map<number, number>();

  /** Symbol of component `index` of `parent`; `nested`: the parent is a component itself. */
  component(symbols: SymbolTable, parent: number, index: number, nested: boolean): number {
    if (index >= SUFFIX_KEYS) return parent;
    const key = parent * KEYS_OF_PARENT + index;
    const known = this.#symbols.get(key);
    if (known !== undefined) return known;
    const name = symbols.name(parent);
    return this.#add(symbols, key, nested ? `${name.slice(0, -1)}.${index}]` : `${name}[${index}]`);
  }

  /** Symbol of `parent` with `suffix`; `number` stands for the suffix among the caller's. */
  suffixed(symbols: SymbolTable, parent: number, number: number, suffix: string): number {
    const key = parent * KEYS_OF_PARENT + SUFFIX_KEYS + number;
    return this.#symbols.get(key) ?? this.#add(symbols, key, symbols.name(parent) + suffix);
  }

  #add(symbols: SymbolTable, key: number, name: string): number {
    const symbol = symbols.internText(name);
    if (this.#symbols.size >= COMPONENT_NAMES_MAX) this.#symbols.clear();
    this.#symbols.set(key, symbol);
    return symbol;
  }
}
