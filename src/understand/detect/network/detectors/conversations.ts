/** Two devices that never talked: inside a zone, across zones, with the outside world, or by remote control. */
import type { Observation } from '../../../../records.ts';
import type { Zone } from '../../../plant/model.ts';
import { isGroupAddress, isPublicAddress } from '../addresses.ts';
import { isDeclared } from '../declared.ts';
import type { Bench, Draft, NetworkDetector, Pair } from '../detector.ts';
import { isNamed } from '../normal.ts';

/** Protocols every network needs: between known zones they are no alarm. */
const INFRASTRUCTURE = new Set(
  'arp dhcp dhcpv6 bootp dns mdns llmnr ntp ptp icmp icmpv6 igmp lldp stp rstp mrp hsr prp ssdp nbns netbios-ns browser'.split(
    ' ',
  ),
);

/** Remote control by name of protocol or by port (IANA service names; vendor ports as documented by their makers). */
const REMOTE_PROTOCOLS = new Set('rdp vnc rfb ssh telnet x11 teamviewer anydesk winrm rlogin'.split(' '));
const REMOTE_PORTS = new Set([22, 23, 3389, 5800, 5900, 5901, 5938, 5985, 5986, 7070]);

type Conversation = Extract<Observation, { kind: 'conversation' }>;

export const conversations: NetworkDetector = {
  name: 'conversations',
  finds: ['new-conversation', 'new-crossing', 'public-source', 'beacon', 'remote-session'],
  judge(observation, bench) {
    if (observation.kind !== 'conversation') return;
    const pair = bench.pairOf(observation);
    if (pair.known !== undefined || pair.clientKey === pair.serverKey) return;
    const from = bench.context.zoneOf(observation.client);
    const to = bench.context.zoneOf(observation.server);
    if (bench.learning) {
      // Learned all the same, but nobody should find out by reading the baseline.
      if (isOutside(observation.client, from, bench)) sayPublicSource(observation, bench);
      return;
    }
    const group = addressesOf(observation.server, bench).some(isGroupAddress);
    if (group) sayConversation(observation, pair, bench, true);
    // Plants that use public addresses inside: who was learned is no stranger.
    else if (isOutside(observation.client, from, bench) && !bench.book.isLearned(pair.clientKey))
      sayPublicSource(observation, bench);
    else if (isOutside(observation.server, to, bench) && !bench.book.isLearned(pair.serverKey))
      sayBeacon(observation, from, bench);
    else if (from !== null && to !== null && from.name !== to.name) sayCrossing(observation, pair, from, to, bench);
    else sayConversation(observation, pair, bench, INFRASTRUCTURE.has(pair.protocol));
    if (!group && isRemote(observation)) sayRemote(observation, bench);
  },
};

function isRemote(observation: Conversation): boolean {
  return REMOTE_PROTOCOLS.has(observation.protocol) || REMOTE_PORTS.has(observation.serverPort);
}

function addressesOf(assetId: string, bench: Bench): readonly string[] {
  return bench.context.assetOf?.(assetId)?.addresses ?? [assetId];
}

function isOutside(assetId: string, zone: Zone | null, bench: Bench): boolean {
  return zone === null && addressesOf(assetId, bench).some(isPublicAddress);
}

function over(observation: Conversation): string {
  const { protocol, transport, serverPort } = observation;
  return isNamed(protocol) ? protocol : `${transport} port ${serverPort}`;
}

function say(
  observation: Conversation,
  bench: Bench,
  draft: Omit<Draft, 'score' | 'expected' | 'about'> & { expected?: string },
): void {
  bench.say(observation, { score: 1, expected: 'none', about: over(observation), ...draft });
}

function sayConversation(observation: Conversation, pair: Pair, bench: Bench, informative: boolean): void {
  const { client, server } = observation;
  const usual = bench.normal.clientsOf(pair.serverKey, pair.protocol);
  say(observation, bench, {
    kind: 'new-conversation',
    confidence: informative ? 0.4 : 0.7,
    expected: usual.length === 0 ? 'none' : `only ${usual.slice(0, 4).join(', ')}`,
    seen: over(observation),
    sentence: `${bench.nameOf(client)} talks to ${bench.nameOf(server)} over ${over(observation)}, which it never did before.`,
    informative,
  });
}

function sayCrossing(observation: Conversation, pair: Pair, from: Zone, to: Zone, bench: Bench): void {
  const crossed = [...bench.normal.ofClient(pair.clientKey)].some(
    (known) => bench.book.learned.get(known.server)?.zone === to.name,
  );
  const conduit = bench.context.site.conduits.find((door) => door.from === from.name && door.to === to.name);
  const allowed =
    conduit !== undefined && (conduit.protocols.length === 0 || conduit.protocols.includes(pair.protocol));
  const harmless = INFRASTRUCTURE.has(pair.protocol) || (allowed && isDeclared(observation.client, bench.context));
  if (crossed && allowed) return sayConversation(observation, pair, bench, harmless);
  const { client, server } = observation;
  say(observation, bench, {
    kind: 'new-crossing',
    confidence: allowed ? 0.7 : 0.9,
    expected: allowed ? `conduit ${conduit.name}, but not this client` : 'none',
    seen: `${from.name} → ${to.name}, ${over(observation)}`,
    sentence: `${bench.nameOf(client)} reaches from ${from.name} into ${to.name} (${bench.nameOf(server)}, ${over(observation)}), which it never did before.`,
    informative: harmless,
  });
}

function sayPublicSource(observation: Conversation, bench: Bench): void {
  const { client, server } = observation;
  say(observation, bench, {
    kind: 'public-source',
    confidence: 0.95,
    seen: `${bench.nameOf(client)}, ${over(observation)}`,
    sentence: `A public address, ${bench.nameOf(client)}, talks to ${bench.nameOf(server)} over ${over(observation)}.`,
    informative: bench.learning,
  });
}

function sayBeacon(observation: Conversation, from: Zone | null, bench: Bench): void {
  const { client, server } = observation;
  const office = from !== null && (from.outside || (from.level ?? 0) >= 4);
  say(observation, bench, {
    kind: 'beacon',
    confidence: office ? 0.3 : 0.7,
    seen: `${bench.nameOf(server)}, ${over(observation)}`,
    sentence: `${bench.nameOf(client)} talks to the public address ${bench.nameOf(server)} over ${over(observation)}, which it never did before.`,
    informative: office,
  });
}

function sayRemote(observation: Conversation, bench: Bench): void {
  const { client, server } = observation;
  say(observation, bench, {
    kind: 'remote-session',
    confidence: 0.8,
    seen: over(observation),
    sentence: `${bench.nameOf(client)} opened a remote session on ${bench.nameOf(server)} (${over(observation)}), which it never did before.`,
  });
}
