/** What assets are called: the name an engineer gave, else what the asset says of itself, else its address. */
import type { Asset } from '../../records.ts';
import type { Observer } from '../../understand/observe/observer.ts';
import type { Site } from '../../understand/plant/model.ts';
import type { ZoneMap } from '../../understand/plant/zones.ts';

export class AssetNames {
  readonly #observer: Observer;
  readonly #zones: ZoneMap;
  /** `address/unit` and `address` to the name in the site file. */
  readonly #declared = new Map<string, string>();

  constructor(site: Site, observer: Observer, zones: ZoneMap) {
    this.#observer = observer;
    this.#zones = zones;
    for (const { name, address, unit } of site.devices) {
      if (unit !== '') this.#declared.set(`${address}/${unit}`, name);
      // The first device named at an address names the address too.
      if (!this.#declared.has(address)) this.#declared.set(address, name);
    }
  }

  /** The asset behind an id, under the name people use and with its zone. */
  asset(id: string): Asset | undefined {
    const asset = this.#observer.asset(id);
    return asset === undefined ? undefined : this.named(asset);
  }

  named(asset: Asset): Asset {
    const name = this.#declaredNameOf(asset) ?? asset.name;
    return name === asset.name ? asset : { ...asset, name };
  }

  nameOf(id: string): string {
    const asset = this.#observer.asset(id);
    if (asset === undefined) return this.#declared.get(id) ?? id;
    const name = this.#declaredNameOf(asset) ?? asset.name;
    if (name !== '') return name;
    const address = asset.addresses[0] ?? asset.macs[0] ?? id;
    return asset.unit === '' || !id.includes('/') ? address : `${address} unit ${asset.unit}`;
  }

  /** Zone of an asset, by its addresses; empty where none is declared. */
  zoneOf(id: string): string {
    for (const address of this.#observer.asset(id)?.addresses ?? []) {
      const zone = this.#zones.nameOf(address);
      if (zone !== '') return zone;
    }
    return this.#zones.nameOf(id.split('/')[0]!);
  }

  #declaredNameOf(asset: Asset): string | undefined {
    for (const address of asset.addresses) {
      const ofUnit = asset.unit === '' ? undefined : this.#declared.get(`${address}/${asset.unit}`);
      const name = ofUnit ?? this.#declared.get(address);
      if (name !== undefined) return name;
    }
    return undefined;
  }
}
