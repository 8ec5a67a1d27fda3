/**
 * Who is who across restarts: asset ids of the observer become keys of the baseline. A key is the declared device name, else the
 * address with its unit, else the MAC. A learned MAC with a new address is the same asset, so that DHCP makes no news.
 */
import { ASSETS_MAX } from '../../../limits.ts';
import type { Asset } from '../../../records.ts';
import type { Device } from '../../plant/model.ts';
import type { BaselineAsset } from '../baseline/model.ts';
import { isGroupAddress } from './addresses.ts';
import type { NetworkContext } from './context.ts';

/** A learned asset, growing while learning. */
export interface LearnedAsset {
  readonly key: string;
  name: string;
  readonly addresses: Set<string>;
  readonly macs: Set<string>;
  zone: string;
  readonly identity: Map<string, string>;
  contactsPerMinute: number;
  silences: number;
}

const ADDRESSES_OF_ASSET_MAX = 64;
const IDENTITY_FACTS_MAX = 32;
const TEXT_MAX = 200;

/** The device an asset id stands on: the id without the unit behind it (`10.20.1.11/1` → `10.20.1.11`). */
export function deviceId(assetId: string): string {
  const slash = assetId.indexOf('/');
  return slash < 0 ? assetId : assetId.slice(0, slash);
}

export class AssetBook {
  readonly learned = new Map<string, LearnedAsset>();
  /** Keys by asset id of this run. */
  readonly #keys = new Map<string, string>();
  /** Key by MAC; empty text where several assets share it (a router's). */
  readonly #byMac = new Map<string, string>();
  readonly #byAddress = new Map<string, string>();
  readonly #context: NetworkContext;
  /** Assets not learned because there was no room. */
  dropped = 0;

  constructor(context: NetworkContext) {
    this.#context = context;
  }

  /** Key of an asset id. Empty for no asset. */
  keyOf(assetId: string): string {
    if (assetId === '') return '';
    const known = this.#keys.get(assetId);
    if (known !== undefined) return known;
    const asset = this.#context.assetOf?.(assetId);
    const key = asset === undefined ? assetId : this.#keyFor(asset);
    // An asset not yet described is asked for again, so that its key settles when it is.
    if (asset !== undefined) this.#remember(assetId, key);
    return key;
  }

  /** Takes in what is known of an asset; gives its key. */
  meet(asset: Asset): string {
    const key = this.#keys.get(asset.id) ?? this.#keyFor(asset);
    this.#remember(asset.id, key);
    return key;
  }

  #remember(assetId: string, key: string): void {
    if (this.#keys.size < ASSETS_MAX) this.#keys.set(assetId, key);
  }

  #keyFor(asset: Asset): string {
    const device = deviceId(asset.id);
    const byId = asset.addresses.some((address) => device === address || device.startsWith(`${address}@`));
    // Ids that are no address may stand for one unit each; then the unit stands in the record only.
    const unit = asset.id.length > device.length ? asset.id.slice(device.length + 1) : byId ? '' : asset.unit;
    const declared = this.#declared(asset.addresses, unit);
    if (declared !== undefined)
      return declared.unit === unit || unit === '' ? declared.name : `${declared.name}/${unit}`;
    const suffix = unit === '' ? '' : `/${unit}`;
    const plain = byId ? device : (asset.addresses[0] ?? asset.macs[0] ?? device);
    if (this.learned.has(plain + suffix) || this.learned.has(plain)) return plain + suffix;
    const alias = this.#byAddress.get(plain) ?? this.#sameMac(asset);
    return (alias ?? plain) + suffix;
  }

  /** The learned asset with this MAC, where exactly one has it. */
  #sameMac(asset: Asset): string | undefined {
    const keys = new Set(asset.macs.map((mac) => this.#byMac.get(mac) ?? '').filter((key) => key !== ''));
    return keys.size === 1 ? [...keys][0] : undefined;
  }

  #declared(addresses: readonly string[], unit: string): Device | undefined {
    const here = this.#context.site.devices.filter((device) => addresses.includes(device.address));
    const exact = here.find((device) => device.unit === unit);
    if (exact !== undefined) return exact;
    if (unit === '') return here.length === 1 ? here[0] : undefined;
    return here.find((device) => device.unit === '');
  }

  isLearned(key: string): boolean {
    return this.learned.has(key);
  }

  /** Learns an asset by what is known of it. Undefined where there is no room, which is counted. */
  learn(key: string, asset: Asset | undefined): LearnedAsset | undefined {
    if (key === '') return undefined;
    let entry = this.learned.get(key);
    if (entry === undefined) {
      if (this.learned.size >= ASSETS_MAX) {
        this.dropped += 1;
        return undefined;
      }
      entry = emptyAsset(key);
      this.learned.set(key, entry);
    }
    if (asset !== undefined) this.#describe(entry, asset);
    return entry;
  }

  #describe(entry: LearnedAsset, asset: Asset): void {
    entry.name = asset.name.slice(0, TEXT_MAX) || entry.name;
    entry.zone = this.#context.zoneOf(asset.id)?.name ?? asset.zone;
    for (const address of asset.addresses) addBounded(entry.addresses, address);
    for (const mac of asset.macs) addBounded(entry.macs, mac);
    this.#index(entry);
    for (const kind of ['vendor', 'model', 'firmware'] as const) {
      if (asset[kind] !== '') learnFact(entry, kind, asset[kind]);
    }
  }

  #index(entry: LearnedAsset): void {
    if (!entry.key.includes('/')) for (const address of entry.addresses) this.#byAddress.set(address, entry.key);
    for (const mac of entry.macs) {
      if (isGroupAddress(mac)) continue;
      const other = this.#byMac.get(mac);
      this.#byMac.set(mac, other === undefined || other === entry.key ? entry.key : '');
    }
  }

  save(): BaselineAsset[] {
    return [...this.learned.values()].map((entry) => ({
      key: entry.key,
      name: entry.name,
      addresses: [...entry.addresses],
      macs: [...entry.macs],
      zone: entry.zone,
      identity: Object.fromEntries(entry.identity),
      contactsPerMinute: entry.contactsPerMinute,
      silences: entry.silences,
    }));
  }

  load(assets: readonly BaselineAsset[]): void {
    for (const saved of assets) {
      const entry = this.learn(saved.key, undefined);
      if (entry === undefined) continue;
      entry.name = saved.name;
      entry.zone = saved.zone;
      entry.contactsPerMinute = saved.contactsPerMinute;
      entry.silences = saved.silences;
      for (const address of saved.addresses) addBounded(entry.addresses, address);
      for (const mac of saved.macs) addBounded(entry.macs, mac);
      for (const [kind, text] of Object.entries(saved.identity)) learnFact(entry, kind, text);
      this.#index(entry);
    }
  }
}

function emptyAsset(key: string): LearnedAsset {
  return {
    key,
    name: '',
    addresses: new Set(),
    macs: new Set(),
    zone: '',
    identity: new Map(),
    contactsPerMinute: 0,
    silences: 0,
  };
}

function addBounded(set: Set<string>, text: string): void {
  if (set.size < ADDRESSES_OF_ASSET_MAX) set.add(text);
}

/** Notes what an asset says about itself. */
export function learnFact(entry: LearnedAsset, kind: string, text: string): void {
  if (entry.identity.size < IDENTITY_FACTS_MAX || entry.identity.has(kind)) {
    entry.identity.set(kind.slice(0, TEXT_MAX), text.slice(0, TEXT_MAX));
  }
}
