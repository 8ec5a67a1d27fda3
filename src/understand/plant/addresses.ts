/** IP addresses and prefixes as numbers, without I/O: enough to find the zone of an address. */

/** An address or prefix: 4 or 6, and the bits as one integer. */
export interface AddressBits {
  readonly family: 4 | 6;
  readonly bits: bigint;
}

export interface Prefix extends AddressBits {
  readonly length: number;
}

/** IPv4 in dotted form as u32, or -1. */
export function ipv4Number(text: string): number {
  let value = 0;
  let octet = -1;
  let octets = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i === text.length ? 46 : text.charCodeAt(i);
    if (code === 46) {
      if (octet < 0) return -1;
      value = value * 256 + octet;
      octets++;
      octet = -1;
    } else if (code >= 48 && code <= 57) {
      octet = Math.max(octet, 0) * 10 + code - 48;
      if (octet > 255) return -1;
    } else return -1;
  }
  return octets === 4 ? value : -1;
}

/** Reads an IPv4 or IPv6 address (RFC 4291, 2.2; zone index ignored); null where it is none. */
export function parseAddress(text: string): AddressBits | null {
  const four = ipv4Number(text);
  if (four >= 0) return { family: 4, bits: BigInt(four) };
  return text.includes(':') ? parseIpv6(text.replace(/%.*$/, '')) : null;
}

function parseIpv6(text: string): AddressBits | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = groups(halves[0]!);
  const tail = halves.length === 2 ? groups(halves[1]!) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const all = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return { family: 6, bits: all.reduce((bits, group) => bits * 65_536n + BigInt(group), 0n) };
}

/** Groups of 16 bits between colons; the last may be dotted IPv4. */
function groups(text: string): number[] | null {
  if (text === '') return [];
  const result: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    const four = i === parts.length - 1 ? ipv4Number(part) : -1;
    if (four >= 0) result.push(Math.floor(four / 65_536), four % 65_536);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) result.push(Number.parseInt(part, 16));
    else return null;
  }
  return result;
}

/** Reads a CIDR prefix; an address alone is a prefix of full length. Null where it is none or has bits behind the prefix. */
export function parsePrefix(text: string): Prefix | null {
  const [addressText, lengthText, ...rest] = text.split('/');
  const address = parseAddress(addressText ?? '');
  if (address === null || rest.length > 0) return null;
  const width = address.family === 4 ? 32 : 128;
  if (lengthText === undefined) return { ...address, length: width };
  if (!/^\d{1,3}$/.test(lengthText)) return null;
  const length = Number(lengthText);
  if (length > width) return null;
  const host = address.bits & ((1n << BigInt(width - length)) - 1n);
  return host === 0n ? { ...address, length } : null;
}
