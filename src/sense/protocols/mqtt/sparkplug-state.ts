/** What must be remembered of Sparkplug nodes in one connection: aliases and types from births, sequence numbers. Bounded by `limits.ts`. */
import { SPARKPLUG_METRICS_MAX, SPARKPLUG_NODES_MAX } from '../../../limits.ts';

/** Nothing seen yet. */
export const UNSEEN = -1;

export class SparkplugNode {
  /** Last sequence number published by the client of the connection, and delivered by the broker; `UNSEEN` before the first. */
  sequenceFromClient = UNSEEN;
  sequenceFromServer = UNSEEN;
  /** `bdSeq` of the last birth. */
  birthDeath = UNSEEN;
  /** Alias → symbol of the metric's name; unique over the node and its devices (Sparkplug 3.0, 6.4.7). */
  readonly aliases = new Map<number, number>();
}

export class SparkplugState {
  /** Nodes and metrics not remembered because the table was full. */
  overflow = 0;
  readonly #nodes = new Map<number, SparkplugNode>();
  readonly #types = new Map<number, number>();
  #aliases = 0;

  /** State of the node with these symbols of group and name; undefined where the table is full. */
  node(group: number, edge: number): SparkplugNode | undefined {
    // Symbols are below 2^20, so two fit into one exact number.
    const key = group * 0x100000 + edge;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    if (this.#nodes.size >= SPARKPLUG_NODES_MAX) {
      this.overflow++;
      return undefined;
    }
    const node = new SparkplugNode();
    this.#nodes.set(key, node);
    return node;
  }

  /** A node was born: what earlier births said of it no longer holds. */
  born(node: SparkplugNode): void {
    this.#aliases -= node.aliases.size;
    node.aliases.clear();
  }

  /** Remembers an alias; false where the table is full. */
  alias(node: SparkplugNode, alias: number, symbol: number): boolean {
    if (node.aliases.has(alias)) {
      node.aliases.set(alias, symbol);
      return true;
    }
    if (this.#aliases >= SPARKPLUG_METRICS_MAX) {
      this.overflow++;
      return false;
    }
    this.#aliases++;
    node.aliases.set(alias, symbol);
    return true;
  }

  /** Remembers the data type of a metric of a unit; false where the table is full. */
  type(unit: number, symbol: number, type: number): boolean {
    const key = unit * 0x100000 + symbol;
    if (this.#types.get(key) === type) return true;
    if (this.#types.size >= SPARKPLUG_METRICS_MAX && !this.#types.has(key)) {
      this.overflow++;
      return false;
    }
    this.#types.set(key, type);
    return true;
  }

  /** Data type said in a birth, 0 where none was seen. */
  typeOf(unit: number, symbol: number): number {
    return this.#types.get(unit * 0x100000 + symbol) ?? 0;
  }

  /** Bytes were lost in one direction: the next sequence number there is as good as any. */
  gap(fromClient: boolean): void {
    for (const node of this.#nodes.values()) {
      if (fromClient) node.sequenceFromClient = UNSEEN;
      else node.sequenceFromServer = UNSEEN;
    }
  }
}
