/** Wraps a conversation in frames: segments and fragments of any size, tags, tunnels. */
import type { Random } from '../../src/base/random.ts';
import * as frames from '../support/frames.ts';
import { mutate } from '../support/mutate.ts';
import type { Seed } from './seed.ts';

const { ETHER, IP } = frames;

/** Frames of `seed`; its payloads are mutated first in one of two cases. */
export function wrap(random: Random, seed: Seed, pool: readonly Uint8Array[]): Uint8Array[] {
  if (seed.transport === 'frames') return seed.turns.map(({ bytes }) => bytes);
  if (seed.transport === 'link') return seed.turns.map(({ bytes }) => frames.ethernet(seed.port, bytes, tags(random)));
  const client = `10.20.${random.below(3)}.${1 + random.below(3)}`;
  const server = `10.20.1.${10 + random.below(3)}`;
  const ports: [number, number] = [40_000 + random.below(random.below(4) === 0 ? 3 : 20_000), seed.port];
  const sequences = [random.uint32(), random.uint32()];
  const shape = random.below(8);
  const changed = random.below(2) === 0;
  const out: Uint8Array[] = [];
  const put = (fromClient: boolean, flags: number, payload: Uint8Array): void => {
    const ends = fromClient ? { from: client, to: server } : { from: server, to: client };
    const order: [number, number] = fromClient ? ports : [ports[1], ports[0]];
    const own = fromClient ? 0 : 1;
    if (seed.transport === 'udp') {
      out.push(...packet(random, shape, ends, IP.udp, frames.udp(order, payload)));
      return;
    }
    const sequence = sequences[own]!;
    const options = { sequence, acknowledged: sequences[1 - own]!, flags };
    out.push(...packet(random, shape, ends, IP.tcp, frames.tcp(ends, order, payload, options)));
    sequences[own] = (sequence + payload.length + (flags & 3 ? 1 : 0)) >>> 0;
  };
  const nothing = new Uint8Array(0);
  if (seed.transport === 'tcp' && random.below(4) > 0) {
    put(true, frames.TCP.SYN, nothing);
    put(false, frames.TCP.SYN | frames.TCP.ACK, nothing);
  }
  for (const { fromClient, bytes } of seed.turns) {
    const payload = changed ? mutate(random, bytes, pool) : bytes;
    const size = seed.transport === 'udp' || random.below(2) === 0 ? payload.length : 1 + random.below(16);
    for (let at = 0; at < payload.length; at += size) put(fromClient, frames.TCP.ACK, payload.slice(at, at + size));
  }
  if (random.below(2) === 0) put(true, random.pick([frames.TCP.FIN, frames.TCP.RST]) | frames.TCP.ACK, nothing);
  return out;
}

/** One packet as a frame, or several fragments. */
function packet(random: Random, shape: number, ends: frames.Ends, protocol: number, payload: Uint8Array): Uint8Array[] {
  const identification = 1 + random.below(0xffff);
  switch (shape) {
    case 0: {
      const size = 8 * (1 + random.below(4));
      const fragments = frames.ipv4Fragments(ends, protocol, payload, size, identification);
      return fragments.map((fragment) => frames.ethernet(ETHER.ipv4, fragment, tags(random)));
    }
    case 1:
      return [frames.ethernet(ETHER.ipv6, frames.ipv6(1, 2, protocol, payload, extensions(random)), tags(random))];
    case 2: {
      const inner = frames.ipv4(ends, protocol, payload, { identification });
      const outer = { from: '192.168.0.1', to: '192.168.0.2' };
      return [frames.ethernet(ETHER.ipv4, frames.ipv4(outer, IP.ipv4, inner, { identification }))];
    }
    case 3: {
      const inner = frames.gre(ETHER.ipv4, frames.ipv4(ends, protocol, payload, { identification }));
      const outer = { from: '192.168.0.1', to: '192.168.0.2' };
      return [frames.ethernet(ETHER.ipv4, frames.ipv4(outer, IP.gre, inner))];
    }
    case 4: {
      const inner = frames.ipv4(ends, protocol, payload, { identification });
      return [frames.ethernet(ETHER.mpls, frames.concat([0, 1, 0x01, 64], inner), tags(random))];
    }
    case 5: {
      const inner = frames.ipv4(ends, protocol, payload, { identification });
      const session = [0x11, 0, 0, 1, (inner.length + 2) >> 8, (inner.length + 2) & 0xff, 0, 0x21];
      return [frames.ethernet(ETHER.pppoe, frames.concat(session, inner))];
    }
    default:
      return [frames.ethernet(ETHER.ipv4, frames.ipv4(ends, protocol, payload, { identification }), tags(random))];
  }
}

function tags(random: Random): (readonly [number, number])[] {
  const one = [ETHER.vlan, 1 + random.below(4)] as const;
  return random.pick([[], [], [one], [[ETHER.serviceVlan, 100], one]]);
}

function extensions(random: Random): (readonly [number, readonly number[]])[] {
  const padding = [1, 4, 0, 0, 0, 0];
  const fragment = [0, 0, 0, 0, 0, random.below(4)];
  return random.pick([
    [],
    [[IP.hopByHop, padding]],
    [
      [IP.hopByHop, padding],
      [IP.destination, padding],
    ],
    [[IP.fragment, fragment]],
  ]);
}
