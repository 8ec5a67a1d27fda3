/**
 * IP reassembly (RFC 791, 3.2; RFC 8200, 4.5). Cold path. Overlapping fragments that say something else: the first bytes win and the
 * overlap is counted; for IPv6 the whole datagram is given up (RFC 5722). Copies say the same and do no harm. Bounded in datagrams and bytes; the oldest datagram gives way.
 */
import { IP_FRAGMENT_BYTES_MAX, IP_FRAGMENTS_OPEN_MAX } from '../../limits.ts';

interface Datagram {
  bytes: Uint8Array;
  /** One byte per 8-byte block received. */
  blocks: Uint8Array;
  received: number;
  /** Total length, once the last fragment came. */
  total: number;
  overlapped: boolean;
}

const DATAGRAM_BYTES_MAX = 65_535;

export class FragmentTable {
  /** Overlaps with other content. */
  overlaps = 0;
  /** Datagrams given up for newer ones. */
  evicted = 0;
  /** Fragments that reach past the largest datagram (RFC 791, 3.1). */
  tooLong = 0;
  #bytes = 0;
  readonly #datagrams = new Map<string, Datagram>();

  /** Open datagrams. */
  get size(): number {
    return this.#datagrams.size;
  }

  /**
   * Adds the fragment `offset` … `end` that belongs at `at` bytes; `more` is its flag. Returns the whole payload once complete,
   * else null. `strict`: give the datagram up on overlap (IPv6).
   */
  add(
    key: string,
    bytes: Uint8Array,
    offset: number,
    end: number,
    at: number,
    more: boolean,
    strict: boolean,
  ): Uint8Array | null {
    const length = end - offset;
    if (length <= 0) return null;
    if (at + length > DATAGRAM_BYTES_MAX) {
      this.tooLong++;
      return null;
    }
    const datagram = this.#datagrams.get(key) ?? this.#open(key);
    if (at + length > datagram.bytes.length) this.#enlarge(datagram, at + length);
    if (!more) datagram.total = at + length;
    for (let block = at >> 3; block << 3 < at + length; block++) {
      const from = block << 3;
      const to = Math.min(from + 8, at + length);
      if (datagram.blocks[block] === 1) {
        if (!datagram.overlapped && differs(datagram.bytes, from, to, bytes, offset + from - at)) {
          this.overlaps++;
          datagram.overlapped = true;
        }
        continue;
      }
      datagram.blocks[block] = 1;
      datagram.bytes.set(bytes.subarray(offset + from - at, offset + to - at), from);
      datagram.received += to - from;
    }
    if (datagram.overlapped && strict) {
      this.#close(key, datagram);
      return null;
    }
    if (datagram.total < 0 || datagram.received < datagram.total) return null;
    this.#close(key, datagram);
    return datagram.bytes.subarray(0, datagram.total);
  }

  #open(key: string): Datagram {
    while (this.#datagrams.size >= IP_FRAGMENTS_OPEN_MAX || this.#bytes > IP_FRAGMENT_BYTES_MAX) {
      const first = this.#datagrams.entries().next().value;
      if (first === undefined) break;
      this.#close(first[0], first[1]);
      this.evicted++;
    }
    const datagram: Datagram = {
      bytes: new Uint8Array(2_048),
      blocks: new Uint8Array(8_192),
      received: 0,
      total: -1,
      overlapped: false,
    };
    this.#bytes += datagram.bytes.length;
    this.#datagrams.set(key, datagram);
    return datagram;
  }

  #enlarge(datagram: Datagram, needed: number): void {
    const larger = new Uint8Array(Math.min(DATAGRAM_BYTES_MAX + 1, Math.max(needed, datagram.bytes.length * 2)));
    larger.set(datagram.bytes);
    this.#bytes += larger.length - datagram.bytes.length;
    datagram.bytes = larger;
  }

  #close(key: string, datagram: Datagram): void {
    this.#bytes -= datagram.bytes.length;
    this.#datagrams.delete(key);
  }
}

function differs(one: Uint8Array, from: number, to: number, other: Uint8Array, offset: number): boolean {
  for (let at = from; at < to; at++) if (one[at] !== other[offset + at - from]) return true;
  return false;
}
