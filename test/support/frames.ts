/**
 * Frames made field by field, right or wrong as asked: for tests of evasion and for the fuzzer. Ethernet (IEEE 802.3), tags (802.1Q),
 * IPv4 (RFC 791), IPv6 (RFC 8200), TCP (RFC 9293), UDP (RFC 768), GRE (RFC 2784), MPLS (RFC 3032), PPPoE (RFC 2516).
 */

export const ETHER = {
  ipv4: 0x0800,
  ipv6: 0x86dd,
  vlan: 0x8100,
  serviceVlan: 0x88a8,
  mpls: 0x8847,
  pppoe: 0x8864,
} as const;
export const IP = {
  hopByHop: 0,
  ipv4: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  routing: 43,
  fragment: 44,
  gre: 47,
  destination: 60,
} as const;
export const TCP = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32 } as const;

export function concat(...parts: readonly ArrayLike<number>[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const word = (value: number): number[] => [(value >> 8) & 0xff, value & 0xff];
const long = (value: number): number[] => [...word(value >>> 16), ...word(value & 0xffff)];
const ip4 = (address: string): number[] => address.split('.').map(Number);
/** `fd00::` with the last group only: enough addresses for tests. */
const ip6 = (last: number): number[] => [0xfd, ...new Array<number>(13).fill(0), ...word(last)];

export interface Ends {
  readonly from: string;
  readonly to: string;
}

/** Ethernet frame with tags (outermost first); MACs follow the addresses. */
export function ethernet(
  etherType: number,
  payload: Uint8Array,
  tags: readonly (readonly [number, number])[] = [],
): Uint8Array {
  const tagged = tags.flatMap(([type, id]) => [...word(type), ...word(id)]);
  const macs = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
  return concat(macs, tagged, word(etherType), payload);
}

export interface Ip4Options {
  readonly identification?: number;
  /** In bytes, a multiple of 8. */
  readonly offset?: number;
  readonly more?: boolean;
  readonly ttl?: number;
  /** Header options, a multiple of 4 bytes. */
  readonly options?: readonly number[];
  /** Total length as written, where it is to lie. */
  readonly totalLength?: number;
}

export function ipv4({ from, to }: Ends, protocol: number, payload: Uint8Array, options: Ip4Options = {}): Uint8Array {
  const { identification = 0, offset = 0, more = false, ttl = 64, options: extra = [] } = options;
  const headerBytes = 20 + extra.length;
  const total = options.totalLength ?? headerBytes + payload.length;
  const field = (offset >> 3) | (more ? 0x2000 : 0);
  const header = Uint8Array.from([
    ...[0x40 | (headerBytes >> 2), 0, ...word(total), ...word(identification), ...word(field), ttl, protocol, 0, 0],
    ...[...ip4(from), ...ip4(to), ...extra],
  ]);
  header.set(word(checksum(header)), 10);
  return concat(header, payload);
}

/** Datagram in fragments of `size` bytes of payload (a multiple of 8). */
export function ipv4Fragments(
  ends: Ends,
  protocol: number,
  payload: Uint8Array,
  size: number,
  identification: number,
): Uint8Array[] {
  const fragments: Uint8Array[] = [];
  for (let offset = 0; offset < payload.length; offset += size) {
    const part = payload.subarray(offset, offset + size);
    fragments.push(ipv4(ends, protocol, part, { identification, offset, more: offset + size < payload.length }));
  }
  return fragments;
}

/** `extensions`: next-header number and body after the two octets of each, e.g. `[IP.hopByHop, [5, 2, 0, 0, 1, 0]]`. */
export function ipv6(
  from: number,
  to: number,
  protocol: number,
  payload: Uint8Array,
  extensions: readonly (readonly [number, readonly number[]])[] = [],
): Uint8Array {
  let rest = payload;
  let next = protocol;
  for (const [type, body] of extensions.toReversed()) {
    // A fragment header has no length (RFC 8200, 4.5); others count 8 octets after the first 8.
    const second = type === IP.fragment ? 0 : (body.length + 2) / 8 - 1;
    rest = concat([next, second], body, rest);
    next = type;
  }
  return concat([0x60, 0, 0, 0], word(rest.length), [next, 64], ip6(from), ip6(to), rest);
}

export interface TcpOptions {
  readonly sequence: number;
  readonly acknowledged?: number;
  readonly flags?: number;
  /** Added to the right checksum. */
  readonly checksumError?: number;
  readonly options?: readonly number[];
}

/** Segment with a right checksum for IPv4 ends. */
export function tcp(
  ends: Ends,
  ports: readonly [number, number],
  payload: Uint8Array,
  options: TcpOptions,
): Uint8Array {
  const { sequence, acknowledged = 0, flags = TCP.ACK | TCP.PSH, checksumError = 0, options: extra = [] } = options;
  const header = Uint8Array.from([
    ...[...word(ports[0]), ...word(ports[1]), ...long(sequence >>> 0), ...long(acknowledged >>> 0)],
    ...[((20 + extra.length) >> 2) << 4, flags, ...word(64_240), 0, 0, 0, 0, ...extra],
  ]);
  const segment = concat(header, payload);
  const sum = checksum(concat(pseudo(ends, IP.tcp, segment.length), segment));
  segment.set(word((sum + checksumError) & 0xffff), 16);
  return segment;
}

export function udp(ports: readonly [number, number], payload: Uint8Array): Uint8Array {
  return concat(word(ports[0]), word(ports[1]), word(8 + payload.length), [0, 0], payload);
}

/** GRE round an IPv4 packet, plain. */
export function gre(etherType: number, payload: Uint8Array): Uint8Array {
  return concat([0, 0], word(etherType), payload);
}

function pseudo({ from, to }: Ends, protocol: number, length: number): number[] {
  return [...ip4(from), ...ip4(to), 0, protocol, ...word(length)];
}

function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
