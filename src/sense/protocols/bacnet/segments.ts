/** APDUs put together from segments (ANSI/ASHRAE 135-2020, 5.2.2 and 20.1.2.7), bounded in number and size. */
import { BACNET_APDU_BYTES_MAX, BACNET_ASSEMBLIES_MAX } from '../../../limits.ts';

/** Results of `add`. */
export const TAKEN = 0;
export const REPEATED = 1;
export const OUT_OF_SEQUENCE = 2;
export const TOO_LONG = 3;

/** Sequence numbers count modulo 256; a window has at most 127 segments (20.1.2.8). */
const WINDOW_MAX = 127;

/** One APDU being put together. */
export class Assembly {
  key = -1;
  open = false;
  bytes = new Uint8Array(2_048);
  length = 0;
  firstFrame = 0;
  frameFrom = 0;
  #expected = 0;

  begin(bytes: Uint8Array, from: number, to: number): void {
    this.open = true;
    this.length = 0;
    this.#expected = 0;
    this.add(bytes, from, to, 0);
  }

  /** True where the segment with this number is the next one of an APDU under way: numbers wrap. */
  goesOnWith(sequence: number): boolean {
    return this.open && this.length > 0 && this.#expected === sequence;
  }

  /** True where nothing but this first segment is there: it came again. */
  startsWith(bytes: Uint8Array, from: number, to: number): boolean {
    if (this.length !== to - from) return false;
    for (let i = from; i < to; i++) if (bytes[i] !== this.bytes[i - from]) return false;
    return true;
  }

  /** Appends a segment with this sequence number; anything but `TAKEN` and `REPEATED` gives the APDU up. */
  add(bytes: Uint8Array, from: number, to: number, sequence: number): number {
    if (!this.open) return OUT_OF_SEQUENCE;
    const behind = (this.#expected - sequence) & 0xff;
    if (behind !== 0) {
      // A segment whose acknowledgement was lost is sent again (5.4.4.2).
      if (behind <= WINDOW_MAX && this.length > 0) return REPEATED;
      this.open = false;
      return OUT_OF_SEQUENCE;
    }
    const size = to - from;
    if (this.length + size > BACNET_APDU_BYTES_MAX) {
      this.open = false;
      return TOO_LONG;
    }
    if (this.length + size > this.bytes.length) {
      const larger = new Uint8Array(
        Math.min(BACNET_APDU_BYTES_MAX, Math.max(this.length + size, this.bytes.length * 2)),
      );
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    for (let i = 0; i < size; i++) this.bytes[this.length + i] = bytes[from + i]!;
    this.length += size;
    this.#expected = (sequence + 1) & 0xff;
    return TAKEN;
  }
}

/** The APDUs of one conversation being put together; the one begun longest ago makes room. */
export class Assemblies {
  readonly #all: Assembly[] = [];
  #next = 0;

  find(key: number): Assembly | undefined {
    for (const assembly of this.#all) if (assembly.key === key) return assembly;
    return undefined;
  }

  /** The assembly of `key`, or a place for it. */
  take(key: number): Assembly {
    const known = this.find(key);
    if (known !== undefined) return known;
    const free = this.#all.find(({ open }) => !open);
    const assembly = free ?? (this.#all.length < BACNET_ASSEMBLIES_MAX ? this.#added() : this.#oldest());
    assembly.key = key;
    return assembly;
  }

  /** Bytes were lost: what was under way is given up. */
  abandon(): void {
    for (const assembly of this.#all) assembly.open = false;
  }

  #added(): Assembly {
    const assembly = new Assembly();
    this.#all.push(assembly);
    return assembly;
  }

  #oldest(): Assembly {
    this.#next = (this.#next + 1) % BACNET_ASSEMBLIES_MAX;
    return this.#all[this.#next]!;
  }
}
