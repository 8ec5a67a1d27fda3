/** Kinds of address that matter for judging who talks to whom. Text in, no lookups. */

const PRIVATE_V4: readonly (readonly [number, number])[] = [
  [0x0a000000, 8],
  [0xac100000, 12],
  [0xc0a80000, 16],
  [0x7f000000, 8],
  [0xa9fe0000, 16],
  [0x64400000, 10],
  [0x00000000, 8],
];

function v4(address: string): number {
  const parts = address.split('.');
  if (parts.length !== 4) return Number.NaN;
  let value = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return Number.NaN;
    value = value * 256 + Number(part);
  }
  return value;
}

/** True for an address of the public internet: neither private (RFC 1918, 4193, 6598), loopback, link-local nor a group address. */
export function isPublicAddress(address: string): boolean {
  const value = v4(address);
  if (!Number.isNaN(value)) {
    if (value >= 0xe0000000) return false;
    return !PRIVATE_V4.some(
      ([net, bits]) => Math.floor(value / 2 ** (32 - bits)) === Math.floor(net / 2 ** (32 - bits)),
    );
  }
  return /^[23][0-9a-f]{3}:/i.test(address);
}

/** True for broadcast and multicast addresses, IP or MAC. */
export function isGroupAddress(address: string): boolean {
  const value = v4(address);
  if (!Number.isNaN(value)) return value >= 0xe0000000 || (value % 256 === 255 && value !== 0);
  if (/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(address)) return (Number.parseInt(address.slice(0, 2), 16) & 1) === 1;
  return /^ff[0-9a-f]{2}:/i.test(address);
}

/** First port that systems hand out to clients (Linux 32768, IANA 49152); a server port above is no name. */
export const EPHEMERAL_PORT = 32_768;
