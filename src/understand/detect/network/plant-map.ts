/** Which plant unit a device belongs to, by the tags that live on it. */
import type { Asset } from '../../../records.ts';
import type { Site } from '../../plant/model.ts';

export class PlantMap {
  /** Plant unit by `address` and `address/unit`; empty where a device serves several. */
  readonly #units = new Map<string, string>();

  constructor(site: Site) {
    for (const unit of site.units) {
      for (const tag of unit.tags) {
        const [address = '', behind = ''] = tag.point.split('/');
        this.#note(address, unit.name);
        this.#note(`${address}/${behind}`, unit.name);
      }
    }
  }

  #note(device: string, unit: string): void {
    const known = this.#units.get(device);
    this.#units.set(device, known === undefined || known === unit ? unit : '');
  }

  /** The plant unit of an asset, empty where there is none or more than one. */
  unitOf(asset: Asset | undefined): string {
    for (const address of asset?.addresses ?? []) {
      const unit = this.#units.get(asset?.unit === '' ? address : `${address}/${asset?.unit}`);
      if (unit !== undefined && unit !== '') return unit;
    }
    return '';
  }
}
