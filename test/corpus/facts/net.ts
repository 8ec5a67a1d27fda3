/** Facts below the protocols: capture, hosts, conversations, link layer, as the truth files hold them. */
import type { CaptureSummary } from '../../../src/sense/capture/parser.ts';
import { FAMILY_IPV6, ipv4Text, macText } from '../../../src/sense/net/addresses.ts';
import { transportName } from '../../../src/sense/net/numbers.ts';
import type { Sensor } from '../../../src/understand/observe/sensor.ts';

/** `truth.capture`. */
export function captureFacts(summary: CaptureSummary, durationUs: number): Record<string, unknown> {
  const seconds = (us: number | null) => (us === null ? null : us / 1e6);
  const first = seconds(summary.firstUs);
  const last = seconds(summary.lastUs);
  return {
    packets: summary.packets,
    bytes_on_wire: summary.bytes,
    bytes_captured: summary.capturedBytes,
    truncated_frames: summary.truncatedFrames,
    first_ts: first,
    last_ts: last,
    duration_s: first === null || last === null ? null : durationUs / 1e6,
    non_monotonic_ts: summary.nonMonotonic,
  };
}

/** `truth.hosts`. */
export function hostFacts(sensor: Sensor): Record<string, unknown> {
  const mac = [...sensor.net.macs.values].map(macText);
  const ipv4 = [...sensor.net.ipv4.values].map(ipv4Text);
  const ipv6 = sensor.net.ipv6Seen();
  return { mac, ipv4, ipv6, n_mac: mac.length, n_ipv4: ipv4.length, n_ipv6: ipv6.length };
}

interface Row {
  l4: string;
  a: string;
  a_port: number;
  b: string;
  b_port: number;
  packets: number;
  packets_ab: number;
  packets_ba: number;
  bytes: number;
}

/** `truth.conversations`: one row per pair of addresses and ports; the truth knows no VLANs here. */
export function conversationFacts(sensor: Sensor): Record<string, unknown> {
  const { flows } = sensor.net;
  const rows = new Map<string, Row>();
  const byL4: Record<string, number> = {};
  for (let flow = 0; flow < flows.size; flow++) {
    const packets = flows.packetsAb(flow) + flows.packetsBa(flow);
    if (packets === 0) continue;
    const family = flows.family(flow);
    const l4 = nameInTruth(flows.protocol(flow), family, (flows.portA(flow) << 16) | flows.portB(flow));
    const row = canonicalConversation({
      l4,
      a: sensor.net.addressText(flows.a(flow), family),
      a_port: flows.portA(flow),
      b: sensor.net.addressText(flows.b(flow), family),
      b_port: flows.portB(flow),
      packets,
      packets_ab: flows.packetsAb(flow),
      packets_ba: flows.packetsBa(flow),
      bytes: flows.bytesAb(flow) + flows.bytesBa(flow),
    });
    const key = `${row.l4} ${row.a} ${row.a_port} ${row.b} ${row.b_port}`;
    const known = rows.get(key);
    if (known === undefined) {
      rows.set(key, row);
      byL4[l4] = (byL4[l4] ?? 0) + 1;
    } else {
      known.packets += row.packets;
      known.packets_ab += row.packets_ab;
      known.packets_ba += row.packets_ba;
      known.bytes += row.bytes;
    }
  }
  return { count: rows.size, by_l4: byL4, list: [...rows.values()], listed: rows.size };
}

/**
 * The truth names a protocol as its tool's display fields do: fragments have no ports and so no `tcp` or `udp` layer (README 13), and
 * IPv6 has no field for the protocol of an unknown payload.
 */
function nameInTruth(protocol: number, family: number, ports: number): string {
  const name = transportName(protocol);
  const bare = (name === 'tcp' || name === 'udp') && ports === 0;
  if (family === FAMILY_IPV6) return bare || !['tcp', 'udp', 'icmpv6'].includes(name) ? 'ip' : name;
  return bare ? `ip-proto-${protocol}` : name;
}

/** The same row with its ends in one order, so that A and B need not be the same on both sides. */
export function canonicalConversation(row: Row): Row {
  const swap = row.a > row.b || (row.a === row.b && row.a_port > row.b_port);
  if (!swap) return row;
  return {
    ...row,
    a: row.b,
    a_port: row.b_port,
    b: row.a,
    b_port: row.a_port,
    packets_ab: row.packets_ba,
    packets_ba: row.packets_ab,
  };
}

/** `truth.l2_conversations`, `ethertypes`, `vlans`, `ip_fragments`. */
export function linkFacts(sensor: Sensor): Record<string, unknown> {
  const hex = (type: number) => `0x${type.toString(16).padStart(4, '0')}`;
  const { links } = sensor.net;
  const rows = new Map<string, { src: string; dst: string; ethertype: string; packets: number }>();
  for (let row = 0; row < links.size; row++) {
    const type = links.outerType[row]!;
    const fields = {
      src: macText(links.source[row]!),
      dst: macText(links.target[row]!),
      ethertype: type === 0 ? 'llc' : hex(type),
    };
    const key = Object.values(fields).join(' ');
    const known = rows.get(key);
    if (known === undefined) rows.set(key, { ...fields, packets: links.packets[row]! });
    else known.packets += links.packets[row]!;
  }
  const l2 = [...rows.values()];
  const etherTypes: Record<string, number> = {};
  for (const [type, n] of sensor.net.etherTypes) if (type !== 0) etherTypes[hex(type)] = n;
  const vlans: Record<string, number> = {};
  for (const [id, n] of sensor.net.vlans) vlans[String(id)] = n;
  return { l2_conversations: l2, ethertypes: etherTypes, vlans, ip_fragments: sensor.net.ipFragments };
}
