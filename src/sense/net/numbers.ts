/** Numbers of the layers below the application: IANA protocol numbers, IEEE EtherTypes, link types of capture files. */

export const ETHER_TYPE = {
  ipv4: 0x0800,
  arp: 0x0806,
  vlan: 0x8100,
  ipv6: 0x86dd,
  mpls: 0x8847,
  mplsMulticast: 0x8848,
  pppoeSession: 0x8864,
  serviceVlan: 0x88a8,
  vlan9100: 0x9100,
  hsr: 0x892f,
  ppp: 0x880b,
  /** ERSPAN types I and II, and type III. */
  erspan: 0x88be,
  erspan3: 0x22eb,
  /** Transparent Ethernet bridging inside GRE (RFC 1701). */
  bridged: 0x6558,
} as const;

export const PROTOCOL = {
  hopByHop: 0,
  ipv4InIp: 4,
  tcp: 6,
  udp: 17,
  ipv6InIp: 41,
  routing: 43,
  ipv6Fragment: 44,
  gre: 47,
  authentication: 51,
  destination: 60,
} as const;

/** Link types of capture files that are decoded (LINKTYPE_ list of tcpdump.org). */
export const LINK = {
  null: 0,
  ethernet: 1,
  ppp: 9,
  rawBsd: 12,
  rawOpenBsd: 14,
  pppHdlc: 50,
  raw: 101,
  cHdlc: 104,
  loop: 108,
  linuxSll: 113,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const;

/** Address family numbers of the BSD loopback header; IPv6 differs by operating system. */
export const NULL_FAMILY = { ipv4: 2, ipv6: [10, 24, 28, 30] as readonly number[] } as const;

/** Name of a transport as tools print it. */
export function transportName(protocol: number): string {
  switch (protocol) {
    case 1:
      return 'icmp';
    case 2:
      return 'igmp';
    case PROTOCOL.tcp:
      return 'tcp';
    case PROTOCOL.udp:
      return 'udp';
    case PROTOCOL.gre:
      return 'gre';
    case 58:
      return 'icmpv6';
    case 88:
      return 'eigrp';
    case 112:
      return 'vrrp';
    default:
      return `ip-proto-${protocol}`;
  }
}
