/**
 * DNP3 transport function: application fragments out of link frames. IEEE 1815-2012, 8.2 (transport octet FIN, FIR, sequence; rules of
 * reception). One assembly for each pair of link addresses, bounded in number and size.
 */
import { DNP3_ASSEMBLIES_MAX, DNP3_FRAGMENT_BYTES_MAX } from '../../../limits.ts';

/** Transport octet (8.2.1). */
export const TRANSPORT = { fin: 0x80, fir: 0x40, sequence: 0x3f } as const;

/** A segment was taken and more are to come. */
export const TAKEN = 0;
/** The fragment is whole: it stands in the assembly. */
export const WHOLE = 1;
/** No fragment has begun, or the sequence number is another than the next: the segment and the fragment are given up (8.2.2). */
export const OUT_OF_SEQUENCE = 2;
/** The fragment grew past `DNP3_FRAGMENT_BYTES_MAX`. */
export const TOO_LONG = 3;
/** The segment repeats the one before: dropped, the fragment goes on (8.2.2). */
export const REPEATED = 4;

/** The beginning of a fragment from one station to another. */
export class Assembly {
  bytes = new Uint8Array(1024);
  length = 0;
  key = -1;
  /** Where its first frame stood. */
  firstFrame = 0;
  frameFrom = 0;
  open = false;
  sequence = 0;
  lastLength = 0;

  /** Begins anew with the segment `at` … `end`. */
  begin(bytes: Uint8Array, at: number, end: number, sequence: number): void {
    this.open = true;
    this.length = 0;
    this.sequence = sequence;
    this.#append(bytes, at, end);
  }

  /** Takes the next segment: `TAKEN`, `REPEATED`, `OUT_OF_SEQUENCE` or `TOO_LONG`. */
  add(bytes: Uint8Array, at: number, end: number, sequence: number): number {
    if (!this.open) return OUT_OF_SEQUENCE;
    if (sequence === this.sequence && this.#repeats(bytes, at, end)) return REPEATED;
    if (sequence !== ((this.sequence + 1) & TRANSPORT.sequence)) {
      this.open = false;
      return OUT_OF_SEQUENCE;
    }
    if (this.length + end - at > DNP3_FRAGMENT_BYTES_MAX) {
      this.open = false;
      return TOO_LONG;
    }
    this.sequence = sequence;
    this.#append(bytes, at, end);
    return TAKEN;
  }

  #repeats(bytes: Uint8Array, at: number, end: number): boolean {
    if (end - at !== this.lastLength) return false;
    const from = this.length - this.lastLength;
    for (let i = 0; i < this.lastLength; i++) if (this.bytes[from + i] !== bytes[at + i]) return false;
    return true;
  }

  #append(bytes: Uint8Array, at: number, end: number): void {
    const needed = this.length + end - at;
    if (needed > this.bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    for (let i = at; i < end; i++) this.bytes[this.length++] = bytes[i]!;
    this.lastLength = end - at;
  }
}

/** The assemblies of one conversation. */
export class Assemblies {
  readonly #all: Assembly[] = [];
  #next = 0;

  /** Assembly of the stations with this key; undefined where none was made. */
  find(key: number): Assembly | undefined {
    for (const assembly of this.#all) if (assembly.key === key) return assembly;
    return undefined;
  }

  /** Assembly of the stations with this key, made where there is none; a full table gives up the one made longest ago. */
  take(key: number): Assembly {
    const known = this.find(key);
    if (known !== undefined) return known;
    let assembly = this.#all[this.#next];
    if (this.#all.length < DNP3_ASSEMBLIES_MAX) {
      assembly = new Assembly();
      this.#all.push(assembly);
    } else {
      this.#next = (this.#next + 1) % DNP3_ASSEMBLIES_MAX;
    }
    assembly!.key = key;
    assembly!.open = false;
    return assembly!;
  }

  /** Frames were lost: what had begun cannot be completed. `match` says which keys. */
  abandon(match: (key: number) => boolean): void {
    for (const assembly of this.#all) if (match(assembly.key)) assembly.open = false;
  }
}
