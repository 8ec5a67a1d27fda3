/**
 * Names of what stands inside a named value: `name[2]`, inside that `name[2.0]`, or a suffix that the standard fixes. The names are
 * made once and remembered by number, so that the packet path makes no string. Bounded by `COMPONENT_NAMES_MAX`.
 */
import { COMPONENT_NAMES_MAX } from '../../../limits.ts';
import type { SymbolTable } from '../symbols.ts';

/** Components with a higher index share the name of their parent; no message holds as many. */
const INDEX_MAX = 0x7fff;

/** Symbols by number, of one parent after the other. */
class Children {
  readonly #byParent = new Map<number, (number | undefined)[]>();
  // Components of one parent come one after the other: the last one is at hand.
  #parent = -1;
  #list: (number | undefined)[] = [];

  of(parent: number): (number | undefined)[] {
    if (parent === this.#parent) return this.#list;
    let list = this.#byParent.get(parent);
    if (list === undefined) {
      list = [];
      this.#byParent.set(parent, list);
    }
    this.#parent = parent;
    this.#list = list;
    return list;
  }

  clear(): void {
    this.#byParent.clear();
    this.#parent = -1;
  }
}

export class ComponentNames {
  readonly #components = new Children();
  readonly #suffixed = new Children();
  #size = 0;

  /** Symbol of component `index` of `parent`; `nested`: the parent is a component itself. */
  component(symbols: SymbolTable, parent: number, index: number, nested: boolean): number {
    const known = this.#components.of(parent)[index];
    if (known !== undefined) return known;
    if (index > INDEX_MAX) return parent;
    const name = symbols.name(parent);
    const symbol = symbols.internText(nested ? `${name.slice(0, -1)}.${index}]` : `${name}[${index}]`);
    this.#makeRoom();
    this.#components.of(parent)[index] = symbol;
    return symbol;
  }

  /** Symbol of `parent` with `suffix`; `number` stands for the suffix among the caller's. */
  suffixed(symbols: SymbolTable, parent: number, number: number, suffix: string): number {
    const known = this.#suffixed.of(parent)[number];
    if (known !== undefined) return known;
    const symbol = symbols.internText(symbols.name(parent) + suffix);
    this.#makeRoom();
    this.#suffixed.of(parent)[number] = symbol;
    return symbol;
  }

  #makeRoom(): void {
    if (this.#size++ < COMPONENT_NAMES_MAX) return;
    this.#components.clear();
    this.#suffixed.clear();
    this.#size = 0;
  }
}
