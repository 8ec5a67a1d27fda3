/** Address → zone. IPv4 by longest prefix over numbers, IPv6 likewise; answers are cached within a bound. */
import { ZONE_CACHE_MAX } from '../../limits.ts';
import { ipv4Number, parseAddress, parsePrefix } from './addresses.ts';
import type { Zone } from './model.ts';

/** From this Purdue level on a zone counts as outside unless the site says otherwise: office, remote access, suppliers. */
export const OUTSIDE_LEVEL = 4;

interface Entry {
  readonly length: number;
  readonly zone: Zone;
}

export class ZoneMap {
  /** One map a prefix length present, longest first: network number → zone. */
  readonly #four: { readonly length: number; readonly size: number; readonly byNetwork: Map<number, Zone> }[] = [];
  readonly #six: { readonly bits: bigint; readonly shift: bigint; readonly entry: Entry }[] = [];
  readonly #cache = new Map<string, Zone | null>();

  constructor(zones: readonly Zone[]) {
    for (const zone of zones) for (const network of zone.networks) this.#add(network, zone);
    this.#four.sort((a, b) => b.length - a.length);
    this.#six.sort((a, b) => b.entry.length - a.entry.length);
  }

  /** Zone of an address, or null where none holds it. */
  zoneOf(address: string): Zone | null {
    const cached = this.#cache.get(address);
    if (cached !== undefined) return cached;
    const zone = this.#find(address);
    if (this.#cache.size >= ZONE_CACHE_MAX) this.#cache.clear();
    this.#cache.set(address, zone);
    return zone;
  }

  /** Name of the zone, or empty. */
  nameOf(address: string): string {
    return this.zoneOf(address)?.name ?? '';
  }

  #add(network: string, zone: Zone): void {
    const prefix = parsePrefix(network);
    if (prefix === null) return;
    if (prefix.family === 6) {
      const shift = BigInt(128 - prefix.length);
      this.#six.push({ bits: prefix.bits >> shift, shift, entry: { length: prefix.length, zone } });
      return;
    }
    const size = 2 ** (32 - prefix.length);
    let level = this.#four.find(({ length }) => length === prefix.length);
    if (level === undefined) {
      level = { length: prefix.length, size, byNetwork: new Map() };
      this.#four.push(level);
    }
    level.byNetwork.set(Number(prefix.bits) / size, zone);
  }

  #find(address: string): Zone | null {
    const four = ipv4Number(address);
    if (four >= 0) {
      for (const { size, byNetwork } of this.#four) {
        const zone = byNetwork.get(Math.floor(four / size));
        if (zone !== undefined) return zone;
      }
      return null;
    }
    const six = this.#six.length === 0 ? null : parseAddress(address);
    if (six === null) return null;
    return this.#six.find(({ bits, shift }) => six.bits >> shift === bits)?.entry.zone ?? null;
  }
}
