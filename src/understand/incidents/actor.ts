/** Who acted, in words, and whether the plant knows them. */

import type { KindName } from '../detect/kinds.ts';
import type { Site } from '../plant/model.ts';
import type { AssetView, IncidentContext } from './context.ts';
import type { Fact } from './fact.ts';

const NEWNESS: ReadonlySet<KindName> = new Set([
  'new-device',
  'new-conversation',
  'new-crossing',
  'new-master',
  'public-source',
]);

/** Whether a finding says that its actor was never there before. */
export function saysNew(fact: Fact): boolean {
  return NEWNESS.has(fact.kind) && fact.actor !== '';
}

/** Group of the site file an address belongs to: `engineering-stations`; empty for none. */
export function groupOf(site: Site, addresses: readonly string[]): string {
  for (const [group, members] of Object.entries(site.groups)) {
    if (members.some((member) => addresses.includes(member) || isDeviceAt(site, member, addresses))) return group;
  }
  return '';
}

function isDeviceAt(site: Site, name: string, addresses: readonly string[]): boolean {
  return site.devices.some((device) => device.name === name && addresses.includes(device.address));
}

/** Whether the site file names this asset, by group or as a device. */
export function isDeclared(context: IncidentContext, assetId: string): boolean {
  const addresses = context.describe(assetId)?.addresses ?? [];
  const { site } = context;
  return groupOf(site, addresses) !== '' || site.devices.some((device) => addresses.includes(device.address));
}

/** A laptop calls itself one, or has a name like one. */
function nounOf(view: AssetView): string {
  if (view.roles?.includes('laptop') === true || /(^|[-_])(lt|lap|laptop|nb|notebook)([-_]|\d|$)/i.test(view.name)) {
    return 'laptop';
  }
  return 'device';
}

/** `10.20.3.44 "ENG-LT-7"`: address first, the name where it says more. */
function identityOf(context: IncidentContext, assetId: string): string {
  const view = context.describe(assetId);
  const address = view?.addresses[0] ?? '';
  const name = view?.name || context.nameOf(assetId);
  if (address === '') return name;
  if (name === '' || name === address || name === assetId) return address;
  return `${address}, “${name}”`;
}

/** Name for use within a sentence: host name, else address. */
export function shortName(context: IncidentContext, assetId: string): string {
  const view = context.describe(assetId);
  return view?.name || context.nameOf(assetId) || view?.addresses[0] || assetId;
}

/** Address to isolate, else the name. */
export function addressOf(context: IncidentContext, assetId: string): string {
  return context.describe(assetId)?.addresses[0] ?? context.nameOf(assetId);
}

/** `a laptop never seen before (10.20.3.44, “ENG-LT-7”)`. `facts`: what is known of this incident. */
export function actorText(context: IncidentContext, assetId: string, facts: Iterable<Fact>): string {
  if (assetId === '') return 'someone not seen on the network';
  const view = context.describe(assetId);
  if (view === undefined) return `${context.nameOf(assetId) || assetId}`;
  const identity = identityOf(context, assetId);
  const group = groupOf(context.site, view.addresses);
  if (group !== '') return `the ${group.replaceAll('-', ' ').replace(/s$/, '')} ${nameFirst(context, view)}`;
  if (isDeclared(context, assetId)) return nameFirst(context, view);
  const kinds = new Set<KindName>();
  for (const fact of facts) if (fact.actor === assetId) kinds.add(fact.kind);
  const noun = nounOf(view);
  if (kinds.has('public-source')) return `a public address (${identity})`;
  if (kinds.has('new-device')) return `a ${noun} never seen before (${identity})`;
  if (kinds.has('new-crossing')) return `a ${noun} from a zone that never came here (${identity})`;
  if (kinds.has('new-conversation') || kinds.has('new-master'))
    return `a ${noun} that never spoke here before (${identity})`;
  return `${view.name || identity}${view.name !== '' && view.addresses[0] !== undefined && view.name !== view.addresses[0] ? ` (${view.addresses[0]})` : ''}`;
}

function nameFirst(context: IncidentContext, view: AssetView): string {
  const address = view.addresses[0] ?? '';
  const declared = context.site.devices.find((device) => view.addresses.includes(device.address))?.name ?? view.name;
  return declared === '' || declared === address ? address : `${declared} (${address})`;
}
