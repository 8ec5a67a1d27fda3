/** The network layer header (ANSI/ASHRAE 135-2020, 6.2): who in which network, and where the APDU begins. */
import { u16 } from '../values.ts';
import { NPDU_VERSION } from './framing.ts';

/** Bits of the control octet (6.2.2). */
export const NPCI = {
  networkMessage: 0x80,
  destination: 0x20,
  source: 0x08,
  expectingReply: 0x04,
  priority: 0x03,
} as const;
/** Network number of every network. */
export const GLOBAL_NETWORK = 0xffff;
/** Message types from here on belong to vendors and carry a vendor id (6.2.4). */
const PROPRIETARY = 0x80;

export class Npdu {
  control = 0;
  /** Networks and MAC addresses there; -1: the network of the link itself. */
  targetNetwork = -1;
  targetAt = 0;
  targetLength = 0;
  sourceNetwork = -1;
  sourceAt = 0;
  sourceLength = 0;
  /** Hops left; -1 without destination. */
  hops = -1;
  /** Type of a network layer message, or -1: an APDU follows. */
  messageType = -1;
  /** Where the APDU, or the body of the network message, begins. */
  apdu = 0;

  /** Reads the header at `at`; false where it does not fit or has another version. */
  read(bytes: Uint8Array, at: number, end: number): boolean {
    this.targetNetwork = -1;
    this.sourceNetwork = -1;
    this.targetLength = 0;
    this.sourceLength = 0;
    this.hops = -1;
    this.messageType = -1;
    if (end - at < 2 || bytes[at] !== NPDU_VERSION) return false;
    this.control = bytes[at + 1]!;
    let next = at + 2;
    if ((this.control & NPCI.destination) !== 0) {
      if (end - next < 3 || end - next - 3 < bytes[next + 2]!) return false;
      this.targetNetwork = u16(bytes, next);
      this.targetLength = bytes[next + 2]!;
      this.targetAt = next + 3;
      next += 3 + this.targetLength;
    }
    if ((this.control & NPCI.source) !== 0) {
      if (end - next < 3 || end - next - 3 < bytes[next + 2]!) return false;
      this.sourceNetwork = u16(bytes, next);
      this.sourceLength = bytes[next + 2]!;
      this.sourceAt = next + 3;
      next += 3 + this.sourceLength;
    }
    if ((this.control & NPCI.destination) !== 0) {
      if (next >= end) return false;
      this.hops = bytes[next++]!;
    }
    if ((this.control & NPCI.networkMessage) !== 0) {
      if (next >= end) return false;
      this.messageType = bytes[next++]!;
      if (this.messageType >= PROPRIETARY) next += 2;
    }
    this.apdu = next;
    return next <= end;
  }
}
