/**
 * Who is there: addresses, MACs and units become assets. Addresses count inside a VLAN scope, so that cells with equal addresses
 * stay apart. A MAC joins addresses only where the link itself says so (ARP, link-local IPv6); the MAC of a router joins nothing.
 */
import {
  ADDRESSES_PER_ASSET_MAX,
  ASSETS_MAX,
  FACT_CHARACTERS_MAX,
  FACTS_PER_ASSET_MAX,
  UNITS_PER_ASSET_MAX,
} from '../../limits.ts';
import type { Asset } from '../../records.ts';
import { macText } from '../../sense/net/addresses.ts';

/** VLAN scope 0 is untagged, otherwise VLAN id + 1, as in the flow table. */
export type VlanScope = number;

/** A device behind an address. */
export class UnitEntry {
  readonly unit: string;
  readonly facts = new Map<string, string>();
  readonly protocols = new Set<string>();
  firstUs: number;
  lastUs: number;
  /** Requests to it, answers from it, and refusals of the gateway for it. */
  requests = 0;
  answers = 0;
  alive: Asset['alive'] = 'unknown';
  told = false;

  constructor(unit: string, timeUs: number) {
    this.unit = unit;
    this.firstUs = this.lastUs = timeUs;
  }
}

/** What is known of one device. */
export class AssetEntry {
  readonly id: string;
  readonly scope: VlanScope;
  readonly addresses: string[] = [];
  readonly macs = new Set<number>();
  readonly facts = new Map<string, string>();
  readonly roles = new Set<string>();
  readonly protocols = new Set<string>();
  readonly units = new Map<string, UnitEntry>();
  firstUs: number;
  lastUs: number;
  /** It sent something; an address that was only asked for is no asset yet. */
  spoke = false;
  told = false;
  /** Set where this turned out to be another entry's device. */
  mergedInto: AssetEntry | null = null;

  constructor(id: string, scope: VlanScope, timeUs: number) {
    this.id = id;
    this.scope = scope;
    this.firstUs = this.lastUs = timeUs;
  }
}

/** Units that stand for the device at the address itself (MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 4.4.2.1). */
const OWN_UNITS: ReadonlySet<string> = new Set(['', '0', '255']);
/** Requests after which a unit that never answered counts as a device that is down, and not as a guess of a scanner. */
const SILENT_UNIT_REQUESTS = 3;

export interface AssetTableOptions {
  /** Name of the capture point; begins the scope of every asset. Empty for one. */
  readonly capturePoint?: string;
  readonly zoneOf?: (address: string) => string;
  readonly vendorOf?: (mac: string) => string;
}

export class AssetTable {
  /** Assets, units, addresses and facts that found no room. */
  overflow = 0;
  readonly entries: AssetEntry[] = [];
  readonly #options: AssetTableOptions;
  /** Entry by address text, for each scope. */
  readonly #scopes = new Map<VlanScope, Map<string, AssetEntry>>();
  /** Addresses in all scopes together. */
  #addressCount = 0;
  /** First entry of an address in any scope. */
  readonly #first = new Map<string, AssetEntry>();
  /** Owner of a MAC as the link itself says, and addresses seen behind each MAC (two are enough to know a router). */
  readonly #owners = new Map<number, AssetEntry>();
  readonly #claims = new Set<string>();
  readonly #behind = new Map<number, string | null>();

  constructor(options: AssetTableOptions = {}) {
    this.#options = options;
  }

  /** Asset of an address; `mac` 0 where none is known. Never null: beyond the bound all share one overflow entry. */
  ofAddress(scope: VlanScope, address: string, mac: number, timeUs: number): AssetEntry {
    if (mac !== 0) this.seenBehind(mac, address);
    const known = this.#scopes.get(scope)?.get(address);
    if (known !== undefined) return this.#noted(resolve(known), mac, timeUs);
    const first = this.#first.get(address);
    const same = first !== undefined && this.#sameDevice(resolve(first), mac);
    const entry = same
      ? resolve(first)
      : this.#add(first === undefined ? address : `${address}@${scopeName(scope)}`, scope, timeUs);
    if (!same && entry.addresses.length < ADDRESSES_PER_ASSET_MAX) entry.addresses.push(address);
    this.#remember(scope, address, entry);
    return this.#noted(entry, mac, timeUs);
  }

  /** Asset of a MAC on the link: its owner by address where known, else one named by the MAC. */
  ofMac(scope: VlanScope, mac: number, timeUs: number): AssetEntry {
    const owner = this.#owners.get(mac);
    if (owner !== undefined) return this.#noted(resolve(owner), mac, timeUs);
    const entry = this.#add(macText(mac), scope, timeUs);
    entry.macs.add(mac);
    if (this.#owners.size < ASSETS_MAX) this.#owners.set(mac, entry);
    return entry;
  }

  /**
   * The link says that `mac` has `address` (ARP, RFC 826; link-local IPv6). Returns the MAC that had claimed the address before and
   * still is another's, or 0.
   */
  claim(scope: VlanScope, mac: number, address: string, timeUs: number): number {
    const entry = this.ofAddress(scope, address, 0, timeUs);
    entry.spoke = true;
    let before = 0;
    for (const other of entry.macs) if (other !== mac && !this.isRouter(other)) before = other;
    if (entry.macs.size < ADDRESSES_PER_ASSET_MAX) entry.macs.add(mac);
    const owner = this.#owners.get(mac);
    if (owner === undefined) {
      if (this.#owners.size < ASSETS_MAX) this.#owners.set(mac, entry);
    } else if (before === 0) this.#join(resolve(owner), entry);
    return before;
  }

  /** Asset of an address if there is one already. */
  known(scope: VlanScope, address: string): AssetEntry | null {
    const entry = this.#scopes.get(scope)?.get(address);
    return entry === undefined ? null : resolve(entry);
  }

  /** True the first time this MAC is told to claim this address. */
  firstClaim(address: string, mac: number): boolean {
    const key = `${address} ${mac}`;
    if (this.#claims.has(key) || this.#claims.size >= ASSETS_MAX) return false;
    this.#claims.add(key);
    return true;
  }

  /** True where a MAC carries the addresses of several hosts. */
  isRouter(mac: number): boolean {
    return this.#behind.get(mac) === null;
  }

  /** Unit `unit` behind an asset; null for the device itself, and where there is no room. */
  unitOf(entry: AssetEntry, unit: string, timeUs: number): UnitEntry | null {
    if (OWN_UNITS.has(unit)) return null;
    const known = entry.units.get(unit);
    if (known !== undefined) return known;
    if (entry.units.size >= UNITS_PER_ASSET_MAX) {
      this.overflow++;
      return null;
    }
    const made = new UnitEntry(unit, timeUs);
    entry.units.set(unit, made);
    return made;
  }

  /** Notes a fact; returns what was believed before (empty at first), or null where nothing is new. */
  fact(facts: Map<string, string>, kind: string, text: string): string | null {
    const cut = text.length > FACT_CHARACTERS_MAX ? text.slice(0, FACT_CHARACTERS_MAX) : text;
    const before = facts.get(kind);
    if (before === cut) return null;
    if (before === undefined && facts.size >= FACTS_PER_ASSET_MAX) {
      this.overflow++;
      return null;
    }
    facts.set(kind, cut);
    return before ?? '';
  }

  /** Record of the asset or unit with this id, as ids appear in observations; undefined for an unknown one. */
  record(id: string): Asset | undefined {
    const slash = id.indexOf('/');
    const entry = this.#named(slash < 0 ? id : id.slice(0, slash));
    if (entry === undefined) return undefined;
    const unit = slash < 0 ? undefined : entry.units.get(id.slice(slash + 1));
    return unit === undefined || this.#isSingle(entry) ? this.recordOf(entry) : this.unitRecord(entry, unit);
  }

  /** All assets that showed themselves, units behind a shared address as devices of their own. */
  list(): Asset[] {
    const assets: Asset[] = [];
    for (const entry of this.entries) {
      if (entry.mergedInto !== null || !(entry.spoke || entry.protocols.size > 0)) continue;
      if (this.#foldIntoFirst(entry)) continue;
      assets.push(this.recordOf(entry));
      if (this.#isSingle(entry)) continue;
      for (const unit of entry.units.values()) if (isDevice(unit)) assets.push(this.unitRecord(entry, unit));
    }
    return assets;
  }

  recordOf(entry: AssetEntry): Asset {
    const units = [...entry.units.values()].filter(isDevice);
    const single = units.length === 1 ? units[0] : undefined;
    const facts = single === undefined ? entry.facts : new Map([...single.facts, ...entry.facts]);
    const roles = new Set(entry.roles);
    if (units.length > 1) roles.add('gateway');
    const own = [...entry.macs].filter((mac) => !this.isRouter(mac));
    if ([...entry.macs].some((mac) => this.isRouter(mac) && this.#owners.get(mac) === entry)) roles.add('router');
    const macs = own.map(macText);
    return {
      id: entry.id,
      name: nameFrom(facts),
      scope: this.#scopeText(entry.scope),
      macs,
      addresses: [...entry.addresses],
      unit: single?.unit ?? '',
      vendor: facts.get('vendor') ?? this.#vendor(macs),
      model: modelFrom(facts),
      firmware: facts.get('firmware') ?? '',
      roles: [...roles].sort(),
      protocols: [...entry.protocols].sort(),
      zone: this.#options.zoneOf?.(entry.addresses[0] ?? entry.id) ?? '',
      firstSeenUs: entry.firstUs,
      lastSeenUs: entry.lastUs,
      alive: single?.alive === 'silent' ? 'silent' : entry.spoke ? 'alive' : 'unknown',
    };
  }

  unitRecord(entry: AssetEntry, unit: UnitEntry): Asset {
    return {
      ...this.recordOf(entry),
      id: `${entry.id}/${unit.unit}`,
      name: nameFrom(unit.facts),
      macs: [],
      unit: unit.unit,
      vendor: unit.facts.get('vendor') ?? '',
      model: modelFrom(unit.facts),
      firmware: unit.facts.get('firmware') ?? '',
      roles: ['server'],
      protocols: [...unit.protocols].sort(),
      firstSeenUs: unit.firstUs,
      lastSeenUs: unit.lastUs,
      alive: unit.alive,
    };
  }

  #remember(scope: VlanScope, address: string, entry: AssetEntry): void {
    if (this.#addressCount >= 2 * ASSETS_MAX) return;
    this.#addressCount++;
    let addresses = this.#scopes.get(scope);
    if (addresses === undefined) {
      addresses = new Map();
      this.#scopes.set(scope, addresses);
    }
    addresses.set(address, entry);
    if (!this.#first.has(address)) this.#first.set(address, entry);
  }

  #named(id: string): AssetEntry | undefined {
    const known = this.#first.get(id) ?? this.entries.find((entry) => entry.id === id);
    return known === undefined ? undefined : resolve(known);
  }

  /** One unit and nobody else behind the address: the device and its unit are one line. */
  #isSingle(entry: AssetEntry): boolean {
    let devices = 0;
    for (const unit of entry.units.values()) if (isDevice(unit)) devices++;
    return devices <= 1;
  }

  /** An address seen in a second VLAN through a router, known as such only later: the same host after all. */
  #foldIntoFirst(entry: AssetEntry): boolean {
    if (!entry.id.includes('@') || entry.macs.size === 0) return false;
    if (![...entry.macs].every((mac) => this.isRouter(mac))) return false;
    const first = this.#first.get(entry.addresses[0] ?? '');
    if (first === undefined || resolve(first) === entry) return false;
    this.#merge(entry, resolve(first));
    return true;
  }

  #sameDevice(first: AssetEntry, mac: number): boolean {
    if (mac === 0 || first.macs.size === 0 || first.macs.has(mac) || this.isRouter(mac)) return true;
    return [...first.macs].every((other) => this.isRouter(other));
  }

  /** IP traffic of `address` came from or went to `mac`: two addresses on one MAC make it a router's. */
  seenBehind(mac: number, address: string): void {
    const before = this.#behind.get(mac);
    if (before === address || before === null || isLinkLocal(address)) return;
    if (before !== undefined) {
      const one = this.#first.get(before);
      const other = this.#first.get(address);
      const joined = one !== undefined && other !== undefined && resolve(one) === resolve(other);
      // One IPv4 and one IPv6 address on a MAC are a host with two stacks, not a router.
      if (joined || before.includes(':') !== address.includes(':')) return;
      this.#behind.set(mac, null);
    } else if (this.#behind.size < ASSETS_MAX) this.#behind.set(mac, address);
  }

  #noted(entry: AssetEntry, mac: number, timeUs: number): AssetEntry {
    if (timeUs > entry.lastUs) entry.lastUs = timeUs;
    if (mac !== 0 && entry.macs.size < ADDRESSES_PER_ASSET_MAX) entry.macs.add(mac);
    return entry;
  }

  #join(a: AssetEntry, b: AssetEntry): void {
    if (a === b) return;
    // Proxy ARP (RFC 1027): a MAC that answers for many addresses is a router.
    if (a.addresses.length + b.addresses.length > 4) return;
    const keepA =
      a.addresses.length > 0 && !(a.addresses[0]!.includes(':') && b.addresses.some((x) => !x.includes(':')));
    if (keepA) this.#merge(b, a);
    else this.#merge(a, b);
  }

  #merge(from: AssetEntry, into: AssetEntry): void {
    from.mergedInto = into;
    for (const address of from.addresses) {
      if (into.addresses.length < ADDRESSES_PER_ASSET_MAX && !into.addresses.includes(address))
        into.addresses.push(address);
    }
    for (const mac of from.macs) if (into.macs.size < ADDRESSES_PER_ASSET_MAX) into.macs.add(mac);
    for (const [kind, text] of from.facts) if (!into.facts.has(kind)) this.fact(into.facts, kind, text);
    for (const role of from.roles) into.roles.add(role);
    for (const protocol of from.protocols) into.protocols.add(protocol);
    for (const [unit, entry] of from.units)
      if (!into.units.has(unit) && into.units.size < UNITS_PER_ASSET_MAX) into.units.set(unit, entry);
    into.firstUs = Math.min(into.firstUs, from.firstUs);
    into.lastUs = Math.max(into.lastUs, from.lastUs);
    into.spoke ||= from.spoke;
  }

  #add(id: string, scope: VlanScope, timeUs: number): AssetEntry {
    if (this.entries.length >= ASSETS_MAX) {
      this.overflow++;
      return this.entries[this.entries.length - 1]!;
    }
    const last = this.entries.length + 1 === ASSETS_MAX;
    const entry = new AssetEntry(last ? '(asset table full)' : id, scope, timeUs);
    this.entries.push(entry);
    return entry;
  }

  #scopeText(scope: VlanScope): string {
    const vlan = scope === 0 ? '' : scopeName(scope);
    const point = this.#options.capturePoint ?? '';
    return point !== '' && vlan !== '' ? `${point} ${vlan}` : point + vlan;
  }

  #vendor(macs: readonly string[]): string {
    if (this.#options.vendorOf === undefined) return '';
    for (const mac of macs) {
      const vendor = this.#options.vendorOf(mac);
      if (vendor !== '') return vendor;
    }
    return '';
  }
}

/** `vlan20`, or `untagged`. */
export function scopeName(scope: VlanScope): string {
  return scope === 0 ? 'untagged' : `vlan${scope - 1}`;
}

/** The entry that stands for this one after merges. */
export function resolve(entry: AssetEntry): AssetEntry {
  let at = entry;
  while (at.mergedInto !== null) at = at.mergedInto;
  return at;
}

/** Broadcast and multicast addresses name no device (RFC 1112, RFC 4291 2.7; IEEE 802 group bit). */
export function isGroup(address: string): boolean {
  if (address.includes(':')) {
    return address.length === 17 && address[2] === ':'
      ? (Number.parseInt(address.slice(0, 2), 16) & 1) === 1
      : address.startsWith('ff');
  }
  const first = Number.parseInt(address, 10);
  return first >= 224 || address.endsWith('.255');
}

function isLinkLocal(address: string): boolean {
  return address.startsWith('fe80:') || address.startsWith('169.254.');
}

/** A unit that answered, or that is asked often enough to be no guess. */
function isDevice(unit: UnitEntry): boolean {
  return unit.alive === 'alive' || unit.answers > 0 || unit.requests >= SILENT_UNIT_REQUESTS;
}

function nameFrom(facts: ReadonlyMap<string, string>): string {
  return facts.get('name') ?? facts.get('station-name') ?? facts.get('host-name') ?? '';
}

function modelFrom(facts: ReadonlyMap<string, string>): string {
  return facts.get('model') ?? facts.get('product-name') ?? facts.get('product-code') ?? facts.get('module') ?? '';
}
