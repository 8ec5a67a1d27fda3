/**
 * Addresses as small integers: an IPv4 address is its own 32 bits, an IPv6 address an index into a bounded table, so that the flow
 * table compares integers for both. Also the set of every MAC and IP address seen.
 */
import { HOSTS_MAX } from '../../limits.ts';

export const FAMILY_IPV4 = 4;
export const FAMILY_IPV6 = 6;

/** IPv6 addresses met, numbered. Index 0 stands for addresses beyond the bound (counted in `overflow`). */
export class Ipv6Table {
  overflow = 0;
  #bytes = new Uint8Array(16 * 256);
  #slots = new Int32Array(512).fill(-1);
  #size = 1;

  get size(): number {
    return this.#size;
  }

  /** Index of the address at `offset`; added when new. */
  indexOf(bytes: Uint8Array, offset: number): number {
    let hash = 0x811c9dc5;
    for (let i = 0; i < 16; i++) hash = Math.imul(hash ^ bytes[offset + i]!, 0x01000193);
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const index = this.#slots[slot]!;
      if (index < 0) break;
      if (this.#equals(index, bytes, offset)) return index;
      slot = (slot + 1) & mask;
    }
    if (this.#size >= HOSTS_MAX) {
      this.overflow++;
      return 0;
    }
    return this.#add(bytes, offset, slot);
  }

  /** Text of an index in the form of RFC 5952. */
  text(index: number): string {
    if (index === 0) return '(address table full)';
    return ipv6Text(this.#bytes, index * 16);
  }

  #equals(index: number, bytes: Uint8Array, offset: number): boolean {
    const base = index * 16;
    for (let i = 0; i < 16; i++) if (this.#bytes[base + i] !== bytes[offset + i]) return false;
    return true;
  }

  #add(bytes: Uint8Array, offset: number, slot: number): number {
    const index = this.#size++;
    if ((index + 1) * 16 > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    for (let i = 0; i < 16; i++) this.#bytes[index * 16 + i] = bytes[offset + i]!;
    this.#slots[slot] = index;
    if (this.#size * 2 > this.#slots.length) this.#grow();
    return index;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let index = 1; index < this.#size; index++) {
      let hash = 0x811c9dc5;
      for (let i = 0; i < 16; i++) hash = Math.imul(hash ^ this.#bytes[index * 16 + i]!, 0x01000193);
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (slots[slot]! >= 0) slot = (slot + 1) & mask;
      slots[slot] = index;
    }
    this.#slots = slots;
  }
}

/** Dotted form of a 32-bit IPv4 address. */
export function ipv4Text(address: number): string {
  return `${(address >>> 24) & 255}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** RFC 5952 form of 16 bytes: lower case, the longest run of two or more zero groups shortened. */
export function ipv6Text(bytes: Uint8Array, offset: number): string {
  const groups: number[] = [];
  for (let i = 0; i < 8; i++) groups.push((bytes[offset + 2 * i]! << 8) | bytes[offset + 2 * i + 1]!);
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > bestLength) {
      best = i;
      bestLength = length;
    }
  }
  // An IPv4-mapped address keeps its dotted tail (RFC 5952, section 5).
  if (best === 0 && bestLength === 5 && groups[5] === 0xffff) {
    return `::ffff:${ipv4Text(((groups[6]! << 16) | groups[7]!) >>> 0)}`;
  }
  const hex = (part: number[]) => part.map((group) => group.toString(16)).join(':');
  if (best < 0) return hex(groups);
  return `${hex(groups.slice(0, best))}::${hex(groups.slice(best + bestLength))}`;
}

/** `aa:bb:cc:dd:ee:ff` of a 48-bit number. */
export function macText(mac: number): string {
  const text = mac.toString(16).padStart(12, '0');
  return text.replace(/(..)(?!$)/g, '$1:');
}

/** The 48-bit MAC address at `offset` as a number. */
export function macAt(bytes: Uint8Array, offset: number): number {
  const high = (bytes[offset]! << 16) | (bytes[offset + 1]! << 8) | bytes[offset + 2]!;
  const low = (bytes[offset + 3]! << 16) | (bytes[offset + 4]! << 8) | bytes[offset + 5]!;
  return high * 0x1000000 + low;
}

/** A set of numbers that stops growing at `HOSTS_MAX` and counts what it could not hold. */
export class BoundedSet {
  overflow = 0;
  readonly values = new Set<number>();

  add(value: number): void {
    if (this.values.has(value)) return;
    if (this.values.size >= HOSTS_MAX) this.overflow++;
    else this.values.add(value);
  }
}
