/**
 * A collector turns messages into the facts of one truth file, in the truth file's own shape, so that the comparison is leaf by leaf.
 */
import type { MessageView } from '../../../src/sense/protocols/message-view.ts';

/** Addresses of the two ends, as the truth files print them. */
export interface Ends {
  readonly client: string;
  readonly server: string;
  readonly clientPort: number;
  readonly serverPort: number;
  /** `tcp`, `udp` or `link`. */
  readonly transport: string;
}

export interface FactCollector {
  /** Protocols (by `Protocol.name`) whose messages this collector wants. */
  readonly protocols: readonly string[];
  /** One message; the view is valid only during the call. */
  message(view: MessageView, ends: Ends): void;
  /** A part of a message (see `MessageSink.part`): a DNP3 link frame, an OPC UA chunk. */
  part?(view: MessageView, ends: Ends): void;
  /** The facts, shaped like `truth.ot.<key>`; called once at the end. */
  facts(): Record<string, unknown>;
}

/** Counts by key, printed as rows: `row(fields)` adds one to the row with these fields. */
export class RowCounter {
  readonly #rows = new Map<string, { fields: Record<string, unknown>; count: number }>();

  add(fields: Record<string, unknown>, by = 1): void {
    const key = JSON.stringify(fields);
    const row = this.#rows.get(key);
    if (row === undefined) this.#rows.set(key, { fields, count: by });
    else row.count += by;
  }

  /** The rows with their `count`. */
  rows(): Record<string, unknown>[] {
    return [...this.#rows.values()].map(({ fields, count }) => ({ ...fields, count }));
  }
}

/** Adds one to `counts[key]`. */
export function count(counts: Record<string, number>, key: string | number, by = 1): void {
  counts[key] = (counts[key] ?? 0) + by;
}
