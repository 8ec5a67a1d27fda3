/** What one MMS conversation remembers: open requests with their items, members of named variable lists, kinds of names. */
import { COMPONENT_NAMES_MAX, MMS_ITEMS_OPEN_MAX, MMS_LIST_MEMBERS_MAX, MMS_LISTS_MAX } from '../../../limits.ts';
import { DataReader } from '../asn1/data.ts';
import { OpenRequests } from '../open-requests.ts';
import type { SymbolTable } from '../symbols.ts';
import { kindOfItem } from './items.ts';

const ITEMS_MIN = 64;

/** Symbols of items in a ring: a request remembers from where to where its own stand. Grows to `MMS_ITEMS_OPEN_MAX`. */
export class ItemRing {
  /** Place of the next item; counts on for ever. */
  next = 0;
  #cells = new Int32Array(ITEMS_MIN);

  add(symbol: number): void {
    const { length } = this.#cells;
    if (this.next === length && length < MMS_ITEMS_OPEN_MAX) {
      const larger = new Int32Array(Math.min(length * 2, MMS_ITEMS_OPEN_MAX));
      larger.set(this.#cells);
      this.#cells = larger;
    }
    this.#cells[this.next++ % this.#cells.length] = symbol;
  }

  /** False where newer items took the place. */
  holds(place: number): boolean {
    return place < this.next && this.next - place <= this.#cells.length;
  }

  at(place: number): number {
    return this.#cells[place % this.#cells.length]!;
  }
}

export class MmsState {
  readonly open = new OpenRequests();
  readonly items = new ItemRing();
  readonly reader = new DataReader();
  /** Members by the list's symbol. */
  readonly #lists = new Map<number, Int32Array>();
  readonly #kinds = new Map<number, number>();

  /** Members of a named variable list, undefined where nobody said them. */
  membersOf(list: number): Int32Array | undefined {
    return this.#lists.get(list);
  }

  /** Remembers what `items` from `from` to its end hold as the members of `list`. */
  learnList(list: number, items: Int32Array, count: number): void {
    if (count === 0) return;
    if (!this.#lists.has(list) && this.#lists.size >= MMS_LISTS_MAX) {
      for (const oldest of this.#lists.keys()) {
        this.#lists.delete(oldest);
        break;
      }
    }
    this.#lists.set(list, items.slice(0, Math.min(count, MMS_LIST_MEMBERS_MAX)));
  }

  /** Symbol of member `index` of `list`: its own name where it is known, else `list[index]`. */
  memberOf(symbols: SymbolTable, list: number, index: number): number {
    const member = this.#lists.get(list)?.[index];
    return member ?? this.reader.names.component(symbols, list, index, false);
  }

  /** Kind of the item by its name, as in `kindOfItem`; worked out once a name. */
  kindOf(symbols: SymbolTable, symbol: number): number {
    const known = this.#kinds.get(symbol);
    if (known !== undefined) return known;
    if (this.#kinds.size >= COMPONENT_NAMES_MAX) this.#kinds.clear();
    const kind = kindOfItem(symbols.name(symbol));
    this.#kinds.set(symbol, kind);
    return kind;
  }
}
