/** A glance at the IP addresses of a frame, only to pick frames for a slice: no checks, no tunnels. The net layer decodes. */
import { LINK_TYPES } from './frame-handler.ts';

const ETHER_TYPES = { IPV4: 0x0800, IPV6: 0x86dd, ARP: 0x0806, VLAN: 0x8100, SERVICE_VLAN: 0x88a8 } as const;
/** VLAN tags followed. */
const TAGS_MAX = 4;

/** Source and destination as the bytes of an address; empty where the frame has none. */
export interface FrameAddresses {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

/** Addresses of an IPv4, IPv6 or ARP frame on Ethernet, Linux cooked capture or raw IP; undefined for anything else. */
export function frameAddresses(frame: Uint8Array, linkType: number): FrameAddresses | undefined {
  const start = networkStart(frame, linkType);
  if (start === undefined) return undefined;
  const { type, at } = start;
  if (type === ETHER_TYPES.IPV4) return pair(frame, at + 12, at + 16, 4);
  if (type === ETHER_TYPES.IPV6) return pair(frame, at + 8, at + 24, 16);
  // ARP for IPv4 over Ethernet (RFC 826): sender and target protocol address.
  if (type === ETHER_TYPES.ARP) return pair(frame, at + 14, at + 24, 4);
  return undefined;
}

/** Bytes of an IPv4 or IPv6 address in text; undefined where it is none. */
export function addressBytes(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length === 4) {
    const numbers = parts.map(Number);
    return numbers.every((n) => Number.isInteger(n) && n >= 0 && n <= 255) ? Uint8Array.from(numbers) : undefined;
  }
  const halves = text.split('::');
  if (!text.includes(':') || halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...new Array<string>(missing).fill('0'), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  );
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function networkStart(frame: Uint8Array, linkType: number): { type: number; at: number } | undefined {
  const word = (at: number): number => ((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0);
  switch (linkType) {
    case LINK_TYPES.ETHERNET: {
      let at = 12;
      for (let tags = 0; tags < TAGS_MAX && isTag(word(at)); tags++) at += 4;
      return { type: word(at), at: at + 2 };
    }
    case LINK_TYPES.LINUX_SLL:
      return { type: word(14), at: 16 };
    case LINK_TYPES.LINUX_SLL2:
      return { type: word(0), at: 20 };
    case LINK_TYPES.RAW:
    case LINK_TYPES.RAW_BSD:
    case LINK_TYPES.IPV4:
    case LINK_TYPES.IPV6:
      return { type: (frame[0] ?? 0) >> 4 === 6 ? ETHER_TYPES.IPV6 : ETHER_TYPES.IPV4, at: 0 };
    default:
      return undefined;
  }
}

function isTag(type: number): boolean {
  return type === ETHER_TYPES.VLAN || type === ETHER_TYPES.SERVICE_VLAN;
}

function pair(frame: Uint8Array, source: number, destination: number, length: number): FrameAddresses | undefined {
  if (destination + length > frame.length) return undefined;
  return {
    source: frame.subarray(source, source + length),
    destination: frame.subarray(destination, destination + length),
  };
}
