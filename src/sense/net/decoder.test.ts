import { describe, expect, it } from 'vitest';
import { TcpConversation } from '../capture/tcp-frames.ts';
import { NetDecoder } from './decoder.ts';
import type { NetHandler } from './handler.ts';

const START_US = 1_772_438_400_000_000;
const ETHERNET = 1;

/** Writes down what the decoder hands on. */
class Log implements NetHandler {
  readonly lines: string[] = [];
  text = '';

  stream(flow: number, fromA: boolean, bytes: Uint8Array, offset: number, end: number): void {
    this.text += String.fromCharCode(...bytes.subarray(offset, end));
    this.lines.push(`stream ${flow} ${fromA ? 'A' : 'B'} ${end - offset}`);
  }
  streamGap(flow: number, fromA: boolean, missing: number): void {
    this.lines.push(`gap ${flow} ${fromA ? 'A' : 'B'} ${missing}`);
  }
  streamRestart(flow: number, clientIsA: boolean): void {
    this.lines.push(`restart ${flow} ${clientIsA}`);
  }
  streamClosed(flow: number): void {
    this.lines.push(`closed ${flow}`);
  }
  datagram(flow: number): void {
    this.lines.push(`datagram ${flow}`);
  }
  link(etherType: number): void {
    this.lines.push(`link ${etherType.toString(16)}`);
  }
  flowOpened(flow: number): void {
    this.lines.push(`opened ${flow}`);
  }
  flowEvicted(flow: number): void {
    this.lines.push(`evicted ${flow}`);
  }
}

function decode(frames: readonly Uint8Array[]): { net: NetDecoder; log: Log } {
  const log = new Log();
  const net = new NetDecoder(log);
  frames.forEach((frame, i) => {
    net.frame(frame, 0, frame.length, frame.length, START_US + i * 1_000, ETHERNET);
  });
  net.finish();
  return { net, log };
}

/** Frames of a connection that sends `texts` one by one: three of the handshake first, three of the close last. */
function connection(texts: readonly string[]): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const peers = [
    { address: '10.0.0.5', port: 40_000 },
    { address: '10.0.0.1', port: 502 },
  ] as const;
  const line = new TcpConversation(peers[0], peers[1], [1, 1], (frame) => frames.push(frame));
  line.open(0, 2);
  for (const text of texts) line.send(true, new TextEncoder().encode(text), 0);
  line.close(0, 2);
  return frames;
}

const TEXTS = ['first ', 'second ', 'third'];

describe('TCP order', () => {
  it('hands on each byte once and in sequence, whatever the order of arrival', () => {
    const frames = connection(TEXTS);
    const [a, b, c] = frames.slice(3, 6) as [Uint8Array, Uint8Array, Uint8Array];
    for (const order of [
      [a, b, c],
      [a, c, b],
      [a, b, a.slice(), c],
    ]) {
      const { log } = decode([...frames.slice(0, 3), ...order, ...frames.slice(6)]);
      expect(log.text).toBe('first second third');
      expect(log.lines.at(-1)).toBe('closed 0');
    }
  });

  it('names a loss and goes on behind it', () => {
    const frames = connection(TEXTS);
    const { log, net } = decode([...frames.slice(0, 4), ...frames.slice(5)]);
    expect(log.text).toBe('first third');
    expect(log.lines).toContain(`gap 0 A ${'second '.length}`);
    expect(net.problems.count('tcp-gap')).toBe(1);
  });

  it('takes no segment whose checksum is wrong while its sender’s others are right', () => {
    const frames = connection(['1', '2', '3', '4', '5']);
    const forged = frames[7]!.slice();
    // Another payload under the same sequence number, checksum unchanged.
    forged[54] = 0x58;
    const { log, net } = decode([...frames.slice(0, 7), forged, ...frames.slice(7)]);
    expect(log.text).toBe('12345');
    expect(net.problems.count('tcp-checksum-wrong')).toBe(1);
  });

  it('takes all segments of a sender that leaves checksums to its card', () => {
    const frames = connection(TEXTS).map((frame) => {
      const copy = frame.slice();
      copy[50] = 0;
      copy[51] = 0;
      return copy;
    });
    expect(decode(frames).log.text).toBe('first second third');
  });

  it('says that two copies of one segment differ', () => {
    const frames = connection(['same', 'next']);
    const other = frames[3]!.slice();
    // Two 16-bit words exchanged keep the checksum right (RFC 1071, section 2).
    other.set(frames[3]!.subarray(56, 58), 54);
    other.set(frames[3]!.subarray(54, 56), 56);
    // A retransmission has an identification of its own; the IP header checksum is not looked at.
    other[19] = other[19]! ^ 0x40;
    const { log, net } = decode([...frames.slice(0, 5), other, ...frames.slice(5)]);
    expect(log.text).toBe('samenext');
    expect(net.problems.count('tcp-retransmission-differs')).toBe(1);
  });
});

describe('headers', () => {
  it('whose version contradicts the EtherType are counted and not believed', () => {
    const frame = connection(['x'])[0]!.slice();
    frame[12] = 0x86;
    frame[13] = 0xdd;
    const { net } = decode([frame]);
    expect(net.flows.size).toBe(1);
    expect(net.problems.count('ip-version')).toBe(1);
    // Counted, but nobody is named by half an IPv6 header over IPv4 bytes.
    expect(net.believed).toBe(false);
  });

  it('that cannot be read count between their MACs', () => {
    const frame = connection(['x'])[0]!.slice();
    frame[14] = 0x43; // header length 12 (RFC 791, 3.1: at least 20)
    const { net, log } = decode([frame]);
    expect(net.flows.size).toBe(0);
    expect(net.links.size).toBe(1);
    expect(net.links.packets[0]).toBe(1);
    expect(log.lines).toEqual([]);
    expect(net.problems.count('ip-header')).toBe(1);
  });

  it('of label stacks of any depth lead to what they carry', () => {
    const inner = connection(['x'])[0]!;
    for (const labels of [1, 40]) {
      const frame = new Uint8Array(inner.length + 4 * labels);
      frame.set(inner.subarray(0, 12));
      frame.set([0x88, 0x47], 12);
      // RFC 3032, 2.1: label 3, bottom-of-stack bit in the third byte, TTL 64.
      for (let n = 0; n < labels; n++) frame.set([0, 0, n === labels - 1 ? 0x31 : 0x30, 64], 14 + 4 * n);
      frame.set(inner.subarray(14), 14 + 4 * labels);
      expect(decode([frame]).log.lines[0]).toBe('opened 0');
    }
  });

  it('cut behind the ports still tell the conversation', () => {
    const whole = connection(['x'])[0]!;
    const cut = whole.slice(0, 14 + 20 + 8);
    const { net } = decode([cut]);
    expect([net.flows.portA(0), net.flows.portB(0)]).toEqual([40_000, 502]);
    expect(net.problems.count('tcp-short')).toBe(1);
  });

  it('count EtherTypes, VLANs and link conversations', () => {
    const goose = new Uint8Array(60);
    goose.set([0x01, 0x0c, 0xcd, 0x01, 0, 1, 0x00, 0x80, 0xf4, 0, 0, 1, 0x81, 0x00, 0x80, 0x05, 0x88, 0xb8]);
    const { net, log } = decode([goose, goose.slice(), connection(['x'])[0]!]);
    expect([...net.etherTypes]).toEqual([
      [0x8100, 2],
      [0x0800, 1],
    ]);
    expect([...net.vlans]).toEqual([[5, 2]]);
    expect(net.links.size).toBe(1);
    expect(net.links.packets[0]).toBe(2);
    expect(log.lines.slice(0, 2)).toEqual(['link 88b8', 'link 88b8']);
  });
});
