/**
 * Mirror ports as they are: a frame may arrive twice (ingress and egress copy, before and after a router, PRP or HSR twins).
 * A copy has the same IP identification and the same transport words within a moment; a true retransmission gets a new
 * identification. Copies are counted and not dissected again.
 */

/** Copies arrive within this time; a host wraps its identification later. [ms] */
const COPY_WINDOW_MS = 200;
const SLOTS = 8_192;

export class DuplicateFilter {
  copies = 0;
  /** Signature and time in ms of each slot. */
  readonly #seen = new Int32Array(2 * SLOTS);

  /**
   * True where this packet is a copy of one just seen. Addresses, not the conversation, decide: a copy from behind a router may
   * carry another VLAN tag. `word` is a number from the transport header and, for TCP, of the payload: other
   * content under a known identification is no copy; `timeMs` may wrap at 32 bits.
   */
  isCopy(
    source: number,
    target: number,
    identification: number,
    word: number,
    length: number,
    timeMs: number,
  ): boolean {
    let h =
      Math.imul(source, 0x9e3779b1) ^
      Math.imul(target, 0x27d4eb2f) ^
      Math.imul(identification | (length << 16), 0x85ebca6b);
    h = Math.imul(h ^ word, 0xc2b2ae35);
    h ^= h >>> 15;
    const slot = 2 * (h & (SLOTS - 1));
    const seen = this.#seen;
    const copy = seen[slot] === h && Math.abs((timeMs - seen[slot + 1]!) | 0) < COPY_WINDOW_MS;
    if (copy) {
      this.copies++;
      return true;
    }
    seen[slot] = h;
    seen[slot + 1] = timeMs;
    return false;
  }
}
