/** What must be remembered of one OPC UA connection: nodes asked for, monitored items. Bounded by `limits.ts`. */
import { OPCUA_ITEMS_OPEN_MAX, OPCUA_MONITORED_ITEMS_MAX, OPCUA_SUBSCRIPTIONS_MAX } from '../../../limits.ts';
import { NO_SYMBOL } from '../message-view.ts';

/** Symbol and area of the nodes of open requests, in the order asked; a request remembers where its own begin. */
export class OpenNodes {
  /** Nodes whose place was taken before their reply came. */
  overflow = 0;
  #symbols = new Int32Array(16);
  #areas = new Uint8Array(16);
  /** Number of nodes ever added since the ring was empty; the next place is this modulo the capacity. */
  #next = 0;
  #requests = 0;

  /** Where the nodes of the next request will begin. */
  begin(): number {
    if (this.#requests === 0) this.#next = 0;
    this.#requests++;
    return this.#next;
  }

  add(symbol: number, area: number): void {
    if (this.#next >= this.#symbols.length && this.#symbols.length < OPCUA_ITEMS_OPEN_MAX) this.#grow();
    const place = this.#next++ % this.#symbols.length;
    this.#symbols[place] = symbol;
    this.#areas[place] = area;
  }

  /** Number of nodes added since `begin` gave `from`. */
  countSince(from: number): number {
    return this.#next - from;
  }

  /** Symbol of the node at `position`, `NO_SYMBOL` where its place was taken since. */
  symbol(position: number): number {
    if (this.#next - position > this.#symbols.length) {
      this.overflow++;
      return NO_SYMBOL;
    }
    return this.#symbols[position % this.#symbols.length]!;
  }

  area(position: number): number {
    return this.#areas[position % this.#areas.length]!;
  }

  /** A request that had nodes is answered or given up. */
  done(): void {
    if (this.#requests > 0) this.#requests--;
  }

  #grow(): void {
    const size = this.#symbols.length * 2;
    const symbols = new Int32Array(size);
    const areas = new Uint8Array(size);
    symbols.set(this.#symbols);
    areas.set(this.#areas);
    this.#symbols = symbols;
    this.#areas = areas;
  }
}

/** Areas are below this, so that a node and its area fit into one number. */
const AREA_STRIDE = 64;

/** Client handle → node and area, by subscription (OPC 10000-4, 5.13.2). */
export class MonitoredItems {
  /** Items not remembered because the table was full. */
  overflow = 0;
  readonly #subscriptions = new Map<number, Map<number, number>>();
  #items = 0;

  add(subscription: number, handle: number, symbol: number, area: number): void {
    let items = this.#subscriptions.get(subscription);
    if (items === undefined) {
      if (this.#subscriptions.size >= OPCUA_SUBSCRIPTIONS_MAX) {
        this.overflow++;
        return;
      }
      items = new Map();
      this.#subscriptions.set(subscription, items);
    }
    if (!items.has(handle)) {
      if (this.#items >= OPCUA_MONITORED_ITEMS_MAX) {
        this.overflow++;
        return;
      }
      this.#items++;
    }
    items.set(handle, symbol * AREA_STRIDE + area);
  }

  symbol(subscription: number, handle: number): number {
    const packed = this.#subscriptions.get(subscription)?.get(handle);
    return packed === undefined ? NO_SYMBOL : Math.floor(packed / AREA_STRIDE);
  }

  area(subscription: number, handle: number): number {
    return (this.#subscriptions.get(subscription)?.get(handle) ?? 0) % AREA_STRIDE;
  }

  /** A subscription was deleted. */
  delete(subscription: number): void {
    this.#items -= this.#subscriptions.get(subscription)?.size ?? 0;
    this.#subscriptions.delete(subscription);
  }
}
