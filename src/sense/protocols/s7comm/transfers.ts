/** Uploads and downloads under way: which block an answer or an upload id belongs to. Bounded by `S7_TRANSFERS_MAX`. */
import { S7_TRANSFERS_MAX } from '../../../limits.ts';

interface Transfer {
  /** PDU reference of the last job that named the block. */
  reference: number;
  /** Upload id given by the CPU, -1 before its answer. */
  id: number;
  symbol: number;
}

export class Transfers {
  readonly #all: Transfer[] = [];

  /** A job with PDU reference `reference` concerns the block `symbol`. */
  asked(reference: number, symbol: number): void {
    const known = this.#all.find((transfer) => transfer.symbol === symbol);
    if (known !== undefined) {
      known.reference = reference;
      return;
    }
    if (this.#all.length >= S7_TRANSFERS_MAX) this.#all.shift();
    this.#all.push({ reference, id: -1, symbol });
  }

  /** A job of the transfer with this id was sent under another PDU reference. */
  continued(id: number, reference: number): void {
    const known = this.#all.find((transfer) => transfer.id === id);
    if (known !== undefined) known.reference = reference;
  }

  /** The answer to `reference` gave the transfer an id. */
  named(id: number, reference: number): void {
    for (const transfer of this.#all) if (transfer.id === id) transfer.id = -1;
    const known = this.#all.find((transfer) => transfer.reference === reference);
    if (known !== undefined) known.id = id;
  }

  /** Block of the transfer with this id, or -1. */
  find(id: number): number {
    return this.#all.find((transfer) => transfer.id === id)?.symbol ?? -1;
  }

  /** Block the answer to `reference` belongs to, or -1. */
  answered(reference: number): number {
    return this.#all.find((transfer) => transfer.reference === reference)?.symbol ?? -1;
  }
}
