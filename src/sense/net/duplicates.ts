/**
 * Mirror ports as they are: a frame may arrive twice (ingress and egress copy, before and after a router, PRP or HSR twins).
 * A copy has the same IP identification and the same transport words within a moment; a true retransmission gets a new
 * identification. Copies are counted and not dissected again. Also: is a sender's checksum offloaded, or was it right so far?
 */

/** Copies arrive within this time; a host wraps its identification later. [ms] */
const COPY_WINDOW_MS = 200;
const SLOTS = 8_192;
/** Right checksums after which a wrong one is believed to be wrong on the wire. */
const TRUSTED_AFTER = 3;

export class DuplicateFilter {
  copies = 0;
  readonly #signatures = new Int32Array(SLOTS);
  readonly #timesMs = new Int32Array(SLOTS);
  /** Right checksums seen in a row by flow * 2 + direction, saturating; 255 = offloaded. */
  #checksums = new Uint8Array(2_048);

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
    const slot = h & (SLOTS - 1);
    const copy = this.#signatures[slot] === h && Math.abs((timeMs - this.#timesMs[slot]!) | 0) < COPY_WINDOW_MS;
    if (copy) {
      this.copies++;
      return true;
    }
    this.#signatures[slot] = h;
    this.#timesMs[slot] = timeMs;
    return false;
  }

  /** Notes a right or wrong checksum of a sender; false where a wrong one means that the segment is not data. */
  checksumStands(flow: number, fromA: boolean, right: boolean): boolean {
    const key = flow * 2 + (fromA ? 0 : 1);
    if (key >= this.#checksums.length) {
      const larger = new Uint8Array(Math.max(this.#checksums.length * 2, key + 1));
      larger.set(this.#checksums);
      this.#checksums = larger;
    }
    const seen = this.#checksums[key]!;
    if (right) {
      if (seen < TRUSTED_AFTER) this.#checksums[key] = seen + 1;
      return true;
    }
    if (seen >= TRUSTED_AFTER && seen !== 255) return false;
    this.#checksums[key] = 255;
    return true;
  }

  /** A row of the flow table is reused. */
  forget(flow: number): void {
    if (flow * 2 + 1 < this.#checksums.length) this.#checksums.fill(0, flow * 2, flow * 2 + 2);
  }
}
