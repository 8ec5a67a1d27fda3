/**
 * Ethernet frames of TCP conversations that never were on a wire: handshake, data with right sequence and acknowledgement
 * numbers, checksums, close. IPv4 without options (RFC 791), TCP (RFC 9293), checksum (RFC 1071).
 */
import type { TimeUs } from '../../records.ts';

export const TCP_FLAGS = { FIN: 1, SYN: 2, PSH: 8, ACK: 16 } as const;
export const FRAME_HEADER_BYTES = 54;

export interface Peer {
  readonly address: string;
  readonly port: number;
}

/** One side of a connection while its frames are made. */
interface Side {
  readonly ip: readonly number[];
  readonly mac: readonly number[];
  readonly port: number;
  sequence: number;
  identification: number;
}

export type FrameSink = (frame: Uint8Array, timeUs: TimeUs) => void;

/** One TCP connection, told step by step. Frames are given to `sink` in the order of the calls. */
export class TcpConversation {
  readonly #client: Side;
  readonly #server: Side;
  readonly #sink: FrameSink;

  /** `first`: initial sequence numbers of client and server. */
  constructor(client: Peer, server: Peer, first: readonly [number, number], sink: FrameSink) {
    this.#client = side(client, first[0]);
    this.#server = side(server, first[1]);
    this.#sink = sink;
  }

  /** Three-way handshake, `rttUs` long. */
  open(timeUs: TimeUs, rttUs: number): void {
    this.#put(this.#client, this.#server, TCP_FLAGS.SYN, null, timeUs);
    this.#client.sequence++;
    this.#put(this.#server, this.#client, TCP_FLAGS.SYN | TCP_FLAGS.ACK, null, timeUs + rttUs / 2);
    this.#server.sequence++;
    this.acknowledge(true, timeUs + rttUs);
  }

  /** Data from the client (or the server); it acknowledges all that came before. */
  send(fromClient: boolean, bytes: Uint8Array, timeUs: TimeUs): void {
    const from = fromClient ? this.#client : this.#server;
    this.#put(from, fromClient ? this.#server : this.#client, TCP_FLAGS.PSH | TCP_FLAGS.ACK, bytes, timeUs);
    from.sequence += bytes.length;
  }

  /** `length` bytes that are not told: the frames after them show the gap. [bytes] */
  skip(fromClient: boolean, length: number): void {
    (fromClient ? this.#client : this.#server).sequence += length;
  }

  /** A bare acknowledgement. */
  acknowledge(fromClient: boolean, timeUs: TimeUs): void {
    const [from, to] = fromClient ? [this.#client, this.#server] : [this.#server, this.#client];
    this.#put(from, to, TCP_FLAGS.ACK, null, timeUs);
  }

  /** The client closes, the server follows. */
  close(timeUs: TimeUs, rttUs: number): void {
    this.#put(this.#client, this.#server, TCP_FLAGS.FIN | TCP_FLAGS.ACK, null, timeUs);
    this.#client.sequence++;
    this.#put(this.#server, this.#client, TCP_FLAGS.FIN | TCP_FLAGS.ACK, null, timeUs + rttUs / 2);
    this.#server.sequence++;
    this.acknowledge(true, timeUs + rttUs);
  }

  #put(from: Side, to: Side, flags: number, payload: Uint8Array | null, timeUs: TimeUs): void {
    const length = payload?.length ?? 0;
    const frame = new Uint8Array(Math.max(60, FRAME_HEADER_BYTES + length)); // short frames are padded (IEEE 802.3, 3.2.8)
    const view = new DataView(frame.buffer);
    frame.set(to.mac, 0);
    frame.set(from.mac, 6);
    view.setUint16(12, 0x0800);
    frame[14] = 0x45;
    view.setUint16(16, 40 + length);
    view.setUint16(18, from.identification++ & 0xffff);
    view.setUint16(20, 0x4000); // do not fragment
    frame[22] = 64;
    frame[23] = 6;
    frame.set(from.ip, 26);
    frame.set(to.ip, 30);
    view.setUint16(24, checksum(frame, 14, 34, 0));
    view.setUint16(34, from.port);
    view.setUint16(36, to.port);
    view.setUint32(38, from.sequence >>> 0);
    const acknowledged = (flags & TCP_FLAGS.ACK) === 0 ? 0 : to.sequence >>> 0;
    view.setUint32(42, acknowledged);
    frame[46] = 0x50;
    frame[47] = flags;
    view.setUint16(48, 64_240);
    if (payload !== null) frame.set(payload, FRAME_HEADER_BYTES);
    // Pseudo header: both addresses, protocol and length of the segment.
    const pseudo = sum16(frame, 26, 34) + 6 + 20 + length;
    view.setUint16(50, checksum(frame, 34, FRAME_HEADER_BYTES + length, pseudo));
    this.#sink(frame, timeUs);
  }
}

function side({ address, port }: Peer, sequence: number): Side {
  const ip = address.split('.').map(Number);
  // Locally administered MAC that carries the address.
  return { ip, mac: [0x02, 0x00, ...ip], port, sequence, identification: sequence & 0xffff };
}

function sum16(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 2) sum += (bytes[at]! << 8) | (at + 1 < to ? bytes[at + 1]! : 0);
  return sum;
}

function checksum(bytes: Uint8Array, from: number, to: number, start: number): number {
  let sum = start + sum16(bytes, from, to);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
