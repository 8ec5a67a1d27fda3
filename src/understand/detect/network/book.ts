/**
 * Who is who across restarts: asset ids of the observer become keys of the baseline. A key is the declared device name, else the
 * address with its unit, else the MAC. A learned MAC with a new address is the same asset, so that DHCP makes no news.
 */
import { ASSETS_MAX } from '../../../limits.ts';
import type { Asset } from '../../../records.ts';
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
    const address = asset.addresses[0] ?? '';
    const declared = this.#context.site.devices.find(
      (device) =>
        asset.addresses.includes(device.address) &&
        (device.unit === asset.unit || device.unit === '' || asset.unit === ''),
    );
    const unit = asset.unit === '' || (declared !== undefined && declared.unit === asset.unit) ? '' : `/${asset.unit}`;
    if (declared !== undefined) return declared.name + unit;
    const plain = (address === '' ? (asset.macs[0] ?? asset.id) : address) + unit;
    if (this.#byAddress.has(plain) || this.learned.has(plain)) return this.#byAddress.get(plain) ?? plain;
    if (asset.unit === '') {
      const keys = new Set(asset.macs.map((mac) => this.#byMac.get(mac) ?? '').filter((key) => key !== ''));
      if (keys.size === 1) return [...keys][0]!;
    }
    return plain;
  }

  isLearned(key: string): boolean {
    return this.learned.has(key);
  }

  /** Learns an asset by what is known of it. Undefined where there is no room, which is counted. */
  learn(key: string, asset: Asset | undefined): LearnedAsset | undefined {
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
    this.#index(entry, asset.unit);
    for (const kind of ['vendor', 'model', 'firmware'] as const) {
      if (asset[kind] !== '') learnFact(entry, kind, asset[kind]);
    }
  }

  #index(entry: LearnedAsset, unit: string): void {
    if (unit === '') for (const address of entry.addresses) this.#byAddress.set(address, entry.key);
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
      this.#index(entry, saved.key.includes('/') ? 'unit' : '');
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
