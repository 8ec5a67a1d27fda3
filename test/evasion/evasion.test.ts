/**
 * Evasion: the same bytes in every disguise that senders, networks and attackers give them (Ptacek, Newsham: "Insertion, Evasion, and
 * Denial of Service", 1998). Each disguise gives the messages of the clean stream, or a problem by name; never silence.
 */
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { TcpConversation } from '../../src/sense/capture/tcp-frames.ts';
import { SAMPLES as DNP3 } from '../../src/sense/protocols/dnp3/fixtures/samples.ts';
import type { Sample } from '../../src/sense/protocols/fixtures/sample.ts';
import { SAMPLES as MODBUS } from '../../src/sense/protocols/modbus/fixtures/samples.ts';
import { SAMPLES as S7 } from '../../src/sense/protocols/s7comm/fixtures/samples.ts';
import { concat, ETHER, ethernet, gre, IP, ipv4, ipv4Fragments, ipv6, TCP } from '../support/frames.ts';
import { type Heard, type Said, Scene } from './scene.ts';

/** A disguise: puts the conversation on the wire, after the handshake has been seen or not. */
interface Disguise {
  readonly name: string;
  readonly wire: (scene: Scene) => void;
  /** Problems that must be named, besides whatever else is. */
  readonly names?: readonly string[];
  /** `same`: the messages of the clean stream, no more. `less`: only some of them, `more`: all and others; the problems say so. */
  readonly messages?: 'same' | 'less' | 'more' | 'same-unordered';
  readonly isns?: readonly [number, number];
}

const CONVERSATIONS: readonly (readonly [string, Sample, number])[] = [
  ['modbus', MODBUS.find(({ name }) => name.startsWith('poll, write'))!, 502],
  ['dnp3', DNP3.find(({ name }) => name.startsWith('integrity'))!, 20_000],
  ['s7comm', S7.find(({ name }) => name.startsWith('connection'))!, 102],
];

/** The same length, other content: what an attacker wants one of two receivers to believe. */
const evil = (bytes: Uint8Array): Uint8Array => bytes.map((octet, i) => (i < 3 ? octet : octet ^ 0x55));

/** Every turn in pieces of `size`, each piece by `put`. */
function pieces({ bytes }: Said, size: number): [number, number][] {
  const found: [number, number][] = [];
  for (let from = 0; from < bytes.length; from += size) found.push([from, Math.min(from + size, bytes.length)]);
  return found;
}

const every = (wire: (scene: Scene, said: Said, index: number) => void) => (scene: Scene) => {
  scene.open();
  for (const [index, said] of scene.said.entries()) wire(scene, said, index);
};

/** Turns of a scene whose frames are made by `wrap`. */
const wrapped = (wrap: (scene: Scene) => Scene['wrap']) => (scene: Scene) => {
  scene.wrap = wrap(scene);
  every((_, said) => scene.say(said))(scene);
};

const SEGMENTS: readonly Disguise[] = [
  ...[1, 2, 3, 7, 16].map((size) => ({
    name: `segments of ${size}`,
    wire: every((scene, said) => {
      for (const [from, to] of pieces(said, size)) scene.say(said, from, to);
    }),
  })),
  ...[2, 3, 8, 16, 32].map((window) => ({
    name: `${window} segments out of order`,
    names: ['tcp-out-of-order'],
    wire: every((scene, said, index) => {
      const random = new Random(index * 100 + window);
      const order = pieces(said, Math.max(1, Math.ceil(said.bytes.length / window)));
      // The first piece comes last: the order is wrong for certain.
      const shuffled = order.slice(1).sort(() => random.next() - 0.5);
      for (const [from, to] of [...shuffled, order[0]!]) scene.say(said, from, to);
    }),
  })),
  {
    name: 'every PDU cut in its middle, halves swapped',
    names: ['tcp-out-of-order'],
    wire: every((scene, said) => scene.say(said, said.bytes.length >> 1).say(said, 0, said.bytes.length >> 1)),
  },
  {
    name: 'all requests in one segment, then all answers in one',
    messages: 'same-unordered',
    wire: (scene) => {
      scene.open();
      for (const fromClient of [true, false]) {
        const turns = scene.said.filter((said) => said.fromClient === fromClient);
        scene.segment(fromClient, 0, concat(...turns.map(({ bytes }) => bytes)), 0);
      }
    },
  },
  {
    name: 'sequence numbers that wrap within a PDU',
    isns: [0xffff_fffa, 0xffff_fff0],
    wire: every((scene, said) => {
      for (const [from, to] of pieces(said, 5)) scene.say(said, from, to);
    }),
  },
  {
    name: 'data in the SYN (RFC 7413)',
    wire: (scene) => {
      const [first, ...rest] = scene.said;
      scene.segment(true, -1, first!.bytes, 0, { flags: TCP.SYN });
      scene.segment(false, -1, new Uint8Array(0), first!.bytes.length, { flags: TCP.SYN | TCP.ACK });
      for (const said of rest) scene.say(said);
    },
  },
  {
    name: 'no handshake',
    wire: (scene) => {
      for (const said of scene.said) scene.say(said);
    },
  },
  {
    name: 'seen from the middle of a PDU on',
    messages: 'less',
    names: ['stream-lost'],
    wire: (scene) => {
      const [first, ...rest] = scene.said;
      scene.say(first!, first!.bytes.length >> 1);
      for (const said of rest) scene.say(said);
    },
  },
];

const COPIES: readonly Disguise[] = [
  {
    name: 'every segment again',
    names: ['tcp-retransmission'],
    wire: every((scene, said) => scene.say(said).say(said)),
  },
  {
    name: 'every segment again, with other content',
    names: ['tcp-retransmission-differs'],
    wire: every((scene, said) => scene.say(said).say({ ...said, bytes: evil(said.bytes) })),
  },
  {
    name: 'every frame twice, as mirrors do',
    names: ['duplicate-frame'],
    wire: every((scene, said, index) => {
      const identification = 9_000 + index;
      scene.say(said, 0, said.bytes.length, { identification }).say(said, 0, said.bytes.length, { identification });
    }),
  },
  {
    name: 'other content under the identification of the frame before',
    names: ['tcp-retransmission-differs'],
    wire: every((scene, said, index) => {
      const identification = 9_000 + index;
      scene.say(said, 0, said.bytes.length, { identification });
      scene.say({ ...said, bytes: evil(said.bytes) }, 0, said.bytes.length, { identification });
    }),
  },
  {
    name: 'overlap: the second half repeats the first with other content',
    names: ['tcp-overlap'],
    wire: every((scene, said) => {
      const half = said.bytes.length >> 1;
      const false1 = concat(evil(said.bytes.subarray(0, half)), said.bytes.subarray(half));
      scene.say(said, 0, half).say({ ...said, bytes: false1 });
    }),
  },
  {
    name: 'overlap of some bytes with other content',
    names: ['tcp-overlap'],
    wire: every((scene, said) => {
      const half = said.bytes.length >> 1;
      const other = said.bytes.slice();
      other[half - 1] = other[half - 1]! ^ 0xff;
      scene.say(said, 0, half).say({ ...said, bytes: other }, half - 2);
    }),
  },
  {
    name: 'ahead of its turn with other content, then the whole',
    names: ['tcp-overlap-differs'],
    wire: every((scene, said) => {
      const other = { ...said, bytes: said.bytes.map((octet) => octet ^ 0x55) };
      scene.say(other, said.bytes.length - 4).say(said);
    }),
  },
  {
    name: 'twice ahead of its turn, with different content',
    names: ['tcp-overlap-differs'],
    wire: every((scene, said) => {
      const other = { ...said, bytes: said.bytes.map((octet) => octet ^ 0x55) };
      const last = said.bytes.length - 4;
      scene.say(said, last).say(other, last).say(said, 0, last);
    }),
  },
  {
    name: 'keep-alive octets with garbage',
    names: ['tcp-keep-alive'],
    wire: every((scene, said) => {
      const end = said.at + said.bytes.length;
      scene.say(said).segment(said.fromClient, end - 1, Uint8Array.of(0xee), said.heard);
    }),
  },
  {
    name: 'wrong checksums with other content, from a sender whose checksums are right',
    names: ['tcp-checksum-wrong'],
    wire: every((scene, said) => {
      const other = { ...said, bytes: evil(said.bytes) };
      // Three right ones make a sender believed.
      for (const [n, [from, to]] of pieces(said, 4).entries()) {
        if (n > 3) scene.say(other, from, to, { checksumError: 77 });
        scene.say(said, from, to);
      }
    }),
  },
  {
    name: 'checksums that a card would have filled in',
    names: ['tcp-checksum-offloaded'],
    wire: every((scene, said) => scene.say(said, 0, said.bytes.length, { checksumError: 1 })),
  },
  {
    name: 'a decoy that dies on the way (TTL 1), then the truth',
    messages: 'less',
    names: ['tcp-retransmission-differs'],
    wire: every((scene, said, index) => {
      if (index === 2) scene.say({ ...said, bytes: evil(said.bytes) }, 0, said.bytes.length, { ttl: 1 });
      scene.say(said);
    }),
  },
];

const NOTHING = new Uint8Array(0);
const ENDS: readonly Disguise[] = [
  {
    name: 'a reset with a wrong sequence number before every turn',
    names: ['tcp-reset-out-of-window'],
    wire: every((scene, said) => {
      scene.segment(true, said.at + 900_000, NOTHING, 0, { flags: TCP.RST }).say(said);
    }),
  },
  {
    name: 'a close far ahead before every turn',
    wire: every((scene, said) => {
      scene.segment(said.fromClient, said.at + 5_000, NOTHING, said.heard, { flags: TCP.FIN | TCP.ACK }).say(said);
    }),
  },
  {
    name: 'SYN repeated with another sequence number after the handshake',
    names: ['tcp-syn-in-connection'],
    wire: every((scene, said, index) => {
      if (index === 2) scene.segment(true, 777_777, NOTHING, 0, { flags: TCP.SYN });
      scene.say(said);
    }),
  },
  {
    name: 'an answer to a SYN with another sequence number, amid the connection',
    names: ['tcp-syn-in-connection'],
    wire: every((scene, said, index) => {
      if (index === 2) scene.segment(false, 777_777, NOTHING, 12_345, { flags: TCP.SYN | TCP.ACK });
      scene.say(said);
    }),
  },
  {
    // What was known of the connection (unit, open requests) is gone: receivers may have ended it.
    name: 'a reset in its place, and both go on',
    messages: 'less',
    names: ['tcp-data-after-reset'],
    wire: every((scene, said, index) => {
      if (index === 2) scene.segment(true, said.at, NOTHING, 0, { flags: TCP.RST });
      scene.say(said);
    }),
  },
  {
    name: 'a close of one side in its place, and both go on',
    wire: every((scene, said, index) => {
      if (index === 2) scene.segment(true, said.at, NOTHING, said.heard, { flags: TCP.FIN | TCP.ACK });
      scene.say(said);
    }),
  },
  {
    name: 'a forged SYN, used at once',
    messages: 'less',
    names: ['tcp-syn-in-connection'],
    wire: every((scene, said, index) => {
      if (index === 2) {
        scene.segment(true, 777_777, NOTHING, 0, { flags: TCP.SYN });
        scene.segment(true, 777_778, evil(said.bytes), said.heard);
      }
      scene.say(said);
    }),
  },
  {
    name: 'SYN seen twice',
    wire: (scene) => {
      scene.segment(true, -1, NOTHING, 0, { flags: TCP.SYN });
      every((_, said) => scene.say(said))(scene);
    },
  },
  {
    name: 'bytes that never come',
    messages: 'less',
    names: ['tcp-gap'],
    wire: every((scene, said, index) => {
      if (index !== 2) scene.say(said);
      else scene.say(said, said.bytes.length >> 1);
    }),
  },
  {
    name: 'data far outside the window',
    messages: 'more',
    names: ['tcp-out-of-order', 'tcp-gap'],
    wire: every((scene, said) => {
      scene.segment(said.fromClient, said.at + 40_000_000, evil(said.bytes), said.heard).say(said);
    }),
  },
];

const fragments = (size: number, order: (frames: Uint8Array[]) => Uint8Array[]) =>
  wrapped((scene) => {
    let identification = 100;
    return (fromClient, segment) => {
      const parts = ipv4Fragments(scene.ends(fromClient), IP.tcp, segment, size, identification++);
      return order(parts).map((part) => ethernet(ETHER.ipv4, part));
    };
  });

const PADDING = [1, 4, 0, 0, 0, 0];
const over6 = (extensions: readonly (readonly [number, readonly number[]])[]) =>
  wrapped(() => (fromClient, segment) => {
    const [from, to] = fromClient ? [0x44, 0x11] : [0x11, 0x44];
    return [ethernet(ETHER.ipv6, ipv6(from, to, IP.tcp, segment, extensions))];
  });

const BELOW: readonly Disguise[] = [
  { name: 'fragments of 8 octets, so that the TCP header is in three', wire: fragments(8, (all) => all) },
  { name: 'fragments of 24 octets, last first', wire: fragments(24, (all) => all.toReversed()) },
  { name: 'every fragment twice', wire: fragments(16, (all) => all.flatMap((one) => [one, one])) },
  {
    name: 'fragments that overlap with other content',
    names: ['ip-fragment-overlap'],
    wire: wrapped((scene) => {
      let identification = 200;
      return (fromClient, segment) => {
        const options = { identification: identification++ };
        const cut = 24;
        if (segment.length <= cut) return [ethernet(ETHER.ipv4, scene.packet(fromClient, segment, options))];
        const ends = scene.ends(fromClient);
        const first = ipv4(ends, IP.tcp, segment.subarray(0, cut), { ...options, more: true });
        const second = ipv4(ends, IP.tcp, segment.subarray(cut), { ...options, offset: cut });
        const lie = ipv4(ends, IP.tcp, evil(segment.subarray(16, cut)), { ...options, offset: 16, more: true });
        return [first, lie, second].map((part) => ethernet(ETHER.ipv4, part));
      };
    }),
  },
  {
    name: 'IPv6 fragments that overlap with other content (RFC 5722)',
    messages: 'less',
    names: ['ip-fragment-overlap', 'ip-fragments-incomplete'],
    wire: wrapped(() => {
      let id = 0;
      return (fromClient, segment) => {
        const [from, to] = fromClient ? [0x44, 0x11] : [0x11, 0x44];
        const part = (bytes: Uint8Array, offset: number, more: boolean) =>
          ethernet(
            ETHER.ipv6,
            ipv6(from, to, IP.tcp, bytes, [
              [IP.fragment, [offset >> 8, (offset & 0xf8) | (more ? 1 : 0), 0, 0, 0, id]],
            ]),
          );
        id++;
        const cut = 24;
        if (segment.length <= cut) return [part(segment, 0, false)];
        const parts = [part(segment.subarray(0, cut), 0, true), part(segment.subarray(cut), cut, false)];
        // The third data segment is disputed: neither of its versions may be believed.
        const lie = part(evil(segment.subarray(8, cut)), 8, true);
        return id === 6 ? [parts[0]!, lie, parts[1]!] : parts;
      };
    }),
  },
  { name: 'IPv6', wire: over6([]) },
  {
    name: 'IPv6 with hop-by-hop and destination options',
    wire: over6([
      [IP.hopByHop, PADDING],
      [IP.destination, PADDING],
    ]),
  },
  { name: 'IPv6 with an atomic fragment (RFC 6946)', wire: over6([[IP.fragment, [0, 0, 0, 0, 0, 9]]]) },
  {
    name: 'a VLAN tag',
    wire: wrapped((scene) => (fromClient, segment, options) => [
      ethernet(ETHER.ipv4, scene.packet(fromClient, segment, options), [[ETHER.vlan, 7]]),
    ]),
  },
  {
    name: 'two tags',
    wire: wrapped((scene) => (fromClient, segment, options) => [
      ethernet(ETHER.ipv4, scene.packet(fromClient, segment, options), [
        [ETHER.serviceVlan, 100],
        [ETHER.vlan, 7],
      ]),
    ]),
  },
  {
    name: 'a tag in one direction only',
    names: ['half-tagged-conversation'],
    wire: wrapped((scene) => (fromClient, segment, options) => [
      ethernet(ETHER.ipv4, scene.packet(fromClient, segment, options), fromClient ? [[ETHER.vlan, 7]] : []),
    ]),
  },
  {
    name: 'IP options (router alert)',
    wire: wrapped((scene) => (fromClient, segment) => [
      ethernet(ETHER.ipv4, ipv4(scene.ends(fromClient), IP.tcp, segment, { options: [0x94, 4, 0, 0] })),
    ]),
  },
  {
    name: 'GRE',
    wire: wrapped((scene) => (fromClient, segment, options) => {
      const inner = gre(ETHER.ipv4, scene.packet(fromClient, segment, options));
      return [ethernet(ETHER.ipv4, ipv4({ from: '192.0.2.1', to: '192.0.2.2' }, IP.gre, inner))];
    }),
  },
  {
    name: 'padding behind the packet',
    wire: wrapped((scene) => (fromClient, segment, options) => [
      concat(ethernet(ETHER.ipv4, scene.packet(fromClient, segment, options)), [0xde, 0xad, 0xbe, 0xef]),
    ]),
  },
];

describe.each(CONVERSATIONS)('%s', (protocol, sample, port) => {
  const clean = hear({ name: 'clean', wire: every((scene, said) => scene.say(said)) });

  function hear({ wire, isns }: Disguise): Heard {
    const scene = new Scene(sample, port, isns);
    wire(scene);
    return scene.end();
  }

  it('is heard whole and without a problem when nothing is disguised', () => {
    expect(clean.messages).toHaveLength(sample.messages);
    expect(clean.problems).toEqual([]);
  });

  it('is heard the same from the frames of the capture writer', () => {
    const scene = new Scene(sample, port);
    const ends = { client: { address: '10.20.3.44', port: 50_123 }, server: { address: '10.20.1.11', port } };
    const frames = new TcpConversation(ends.client, ends.server, [7, 9], (frame) => void scene.frame(frame));
    frames.open(0, 100);
    for (const { fromClient, bytes } of scene.said) frames.send(fromClient, bytes, 0);
    frames.close(0, 100);
    expect(scene.end()).toEqual(clean);
  });

  describe.each([
    ['segments', SEGMENTS],
    ['copies', COPIES],
    ['ends', ENDS],
    ['below TCP', BELOW],
  ] as const)('%s', (_, disguises) => {
    it.each(disguises.map((one) => [one.name, one] as const))('%s', (_name, disguise) => {
      const heard = hear(disguise);
      expect(heard.problems).toEqual(expect.arrayContaining([...(disguise.names ?? [])]));
      const expected = clean.messages.map(own(disguise, protocol));
      if (disguise.messages === 'less') {
        // Never silence: what is missing or other is announced, and the rest is heard.
        expect(disguise.names?.length).toBeGreaterThan(0);
        expect(heard.messages.length).toBeGreaterThan(0);
      } else if (disguise.messages === 'more') {
        expect(heard.messages.slice(0, expected.length)).toEqual(expected);
      } else if (disguise.messages === 'same-unordered') {
        expect(sorted(heard.messages)).toEqual(sorted(expected));
      } else expect(heard.messages).toEqual(expected);
    });
  });
});

describe('one pair of addresses and ports, two connections', () => {
  const [, sample, port] = CONVERSATIONS[0]!;
  const start = (scene: Scene, shift: number, answered: boolean): void => {
    scene.segment(true, shift - 1, NOTHING, 0, { flags: TCP.SYN });
    if (answered) scene.segment(false, shift - 1, NOTHING, shift, { flags: TCP.SYN | TCP.ACK });
  };

  it.each([
    ['the end of the first was not seen', true],
    ['neither its end nor the answer to the SYN of the second was seen', false],
  ])('both are heard whole where %s', (_, answered) => {
    const scene = new Scene(sample, port);
    start(scene, 0, true);
    for (const said of scene.said) scene.say(said);
    const shift = 3_000_000;
    start(scene, shift, answered);
    for (const said of scene.said) scene.say({ ...said, at: said.at + shift, heard: said.heard + shift });
    const { messages, problems } = scene.end();
    expect(messages).toHaveLength(2 * sample.messages);
    expect(messages.slice(sample.messages)).toEqual(messages.slice(0, sample.messages));
    expect(problems).toEqual(['tcp-syn-in-connection']);
  });
});

/** Over IPv6 the ends have other addresses; everything else must be equal. */
function own(disguise: Disguise, _protocol: string): (message: object) => object {
  if (!disguise.name.startsWith('IPv6')) return (message) => message;
  const text = (message: object) =>
    JSON.stringify(message).replaceAll('10.20.3.44', 'fd00::44').replaceAll('10.20.1.11', 'fd00::11');
  return (message) => JSON.parse(text(message)) as object;
}

function sorted(messages: readonly object[]): string[] {
  return messages.map((message) => JSON.stringify(message)).sort();
}
