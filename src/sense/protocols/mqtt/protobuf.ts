/** Reading protocol buffers in place (encoding guide, wire types 0, 1, 2 and 5): one field at a time, nothing allocated. */

/** Wire types (encoding guide, "Message Structure"); groups (3, 4) are not in use. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Octets of the longest varint: 64 bits in groups of seven. */
const VARINT_BYTES_MAX = 10;

/** Cursor over one message. `next()` moves to the next field; after it fails `ok` says whether the message simply ended. */
export class ProtoReader {
  /** False as soon as anything was malformed. */
  ok = true;
  field = 0;
  wire = 0;
  /** Value of a varint: low and high 32 bits. */
  low = 0;
  high = 0;
  /** Where the value of the other wire types stands. */
  from = 0;
  to = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  /** Begins with the message `at` … `end`. */
  open(bytes: Uint8Array, at: number, end: number): void {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
    this.ok = true;
  }

  /** Lets go of the buffer, so that no packet is kept alive. */
  close(): void {
    this.#bytes = EMPTY;
  }

  /** Moves to the next field; false at the end and at the first octet that does not fit. */
  next(): boolean {
    if (!this.ok || this.#at >= this.#end) return false;
    if (!this.#varint() || this.high !== 0) return this.#fail();
    this.field = this.low >>> 3;
    this.wire = this.low & 7;
    if (this.field === 0) return this.#fail();
    switch (this.wire) {
      case WIRE.varint:
        return this.#varint() || this.#fail();
      case WIRE.fixed64:
        return this.#take(8);
      case WIRE.fixed32:
        return this.#take(4);
      case WIRE.bytes:
        if (!this.#varint() || this.high !== 0) return this.#fail();
        return this.#take(this.low);
      default:
        return this.#fail();
    }
  }

  /** The varint as an unsigned number; exact to 2^53. */
  unsigned(): number {
    return this.high * 0x1_0000_0000 + this.low;
  }

  #take(size: number): boolean {
    if (size > this.#end - this.#at) return this.#fail();
    this.from = this.#at;
    this.to = this.#at += size;
    return true;
  }

  /** Seven bits an octet, the least significant first; bits above 64 must be zero. */
  #varint(): boolean {
    let low = 0;
    let high = 0;
    for (let n = 0; n < VARINT_BYTES_MAX; n++) {
      if (this.#at >= this.#end) return false;
      const byte = this.#bytes[this.#at++]!;
      const bits = byte & 0x7f;
      if (n < 4) low |= bits << (7 * n);
      else if (n === 4) {
        low |= bits << 28;
        high = bits >> 4;
      } else if (n < 9) high |= bits << (7 * n - 32);
      else {
        if (bits > 1) return false;
        high |= bits << 31;
      }
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        return true;
      }
    }
    return false;
  }

  #fail(): boolean {
    this.ok = false;
    return false;
  }
}

const EMPTY = new Uint8Array(0);
