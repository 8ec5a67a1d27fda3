/** Which conduit a client and a device meet in: the zone pair of the site, or one made up for a pair that it does not declare. */
import { POLICY_CLIENTS_MAX } from '../../../limits.ts';
import type { Site } from '../../../understand/plant/model.ts';
import { ZoneMap } from '../../../understand/plant/zones.ts';

export interface DoorOf {
  readonly name: string;
  /** False: no such conduit is declared; nothing is allowed in it by any rule. */
  readonly declared: boolean;
  /** The client is in no zone or in one outside the plant: closed in island mode. */
  readonly outside: boolean;
  /** Declared conduits to the same zone: an undeclared one follows the lowest of their modes. */
  readonly beside: readonly string[];
}

export class DoorMap {
  readonly #site: Site;
  readonly #zones: ZoneMap;
  readonly #known = new Map<string, DoorOf>();

  constructor(site: Site) {
    this.#site = site;
    this.#zones = new ZoneMap(site.zones);
  }

  doorOf(client: string, device: string): DoorOf {
    const key = `${client} ${device}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const door = this.#find(client, device);
    if (this.#known.size >= POLICY_CLIENTS_MAX) this.#known.clear();
    this.#known.set(key, door);
    return door;
  }

  /** True where island mode closes the way for this client. A site without zones has no outside. */
  isOutside(client: string): boolean {
    if (this.#site.zones.length === 0) return false;
    return this.#zones.zoneOf(client)?.outside ?? true;
  }

  #find(client: string, device: string): DoorOf {
    const from = this.#zones.nameOf(client);
    const to = this.#zones.nameOf(device);
    const outside = this.isOutside(client);
    const conduit = this.#site.conduits.find((known) => known.from === from && known.to === to);
    if (conduit !== undefined) return { name: conduit.name, declared: true, outside, beside: [] };
    const beside = this.#site.conduits.filter((known) => known.to === to).map(({ name }) => name);
    return { name: `${from || 'nowhere'}-to-${to || 'nowhere'}`, declared: false, outside, beside };
  }
}
