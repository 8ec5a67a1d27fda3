/** The drill of island mode: what closing the ways outside would break, from what was learned. Pure. */
import type { Site } from '../../../understand/plant/model.ts';
import { ZoneMap } from '../../../understand/plant/zones.ts';

/** A learned conversation, by address. */
export interface LearnedWay {
  readonly client: string;
  readonly server: string;
  readonly protocol: string;
  readonly ports: readonly number[];
}

export interface IslandBreak extends LearnedWay {
  /** What it likely is for. */
  readonly use: string;
  /** Stops the plant sooner or later where nobody provides it inside. */
  readonly needed: boolean;
}

/** Services that plants lean on without knowing it: port → use, and whether its loss is felt inside. */
const USES: Readonly<Record<number, readonly [use: string, needed: boolean]>> = {
  53: ['names (DNS)', true],
  67: ['addresses (DHCP)', true],
  88: ['sign-in (Kerberos)', true],
  123: ['time (NTP)', true],
  389: ['sign-in (LDAP)', true],
  445: ['file shares', false],
  514: ['log collector', false],
  636: ['sign-in (LDAP)', true],
  1433: ['historian or database', false],
  1688: ['licences (KMS)', true],
  1883: ['data outward (MQTT)', false],
  3389: ['remote desktop', false],
  5432: ['historian or database', false],
  5450: ['historian (PI)', false],
  8883: ['data outward (MQTT)', false],
  27000: ['licences (FlexLM)', true],
};

/** Ways between the outside and the inside that island mode would cut, those the plant needs first. */
export function islandDrill(ways: readonly LearnedWay[], site: Site): IslandBreak[] {
  const zones = new ZoneMap(site.zones);
  const outside = (address: string): boolean => zones.zoneOf(address)?.outside ?? true;
  const cut = ways.filter(({ client, server }) => outside(client) !== outside(server));
  const breaks = cut.map((way) => {
    const known = way.ports.map((port) => USES[port]).find((use) => use !== undefined);
    return { ...way, use: known?.[0] ?? way.protocol, needed: known?.[1] ?? false };
  });
  return breaks.sort((a, b) => Number(b.needed) - Number(a.needed) || a.use.localeCompare(b.use));
}
