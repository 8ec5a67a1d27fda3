/**
 * From frames to transport payloads: link headers, VLAN tags, tunnels, IPv4 and IPv6, fragments, TCP and UDP. Every frame lands in
 * exactly one conversation or link counter; malformed headers are counted problems. No object is made per packet.
 */

import { ProblemCounter } from '../../base/problem-counter.ts';
import { HEADER_DEPTH_MAX, HOSTS_MAX } from '../../limits.ts';
import { BoundedSet, FAMILY_IPV4, FAMILY_IPV6, Ipv6Table, ipv4Text, macAt } from './addresses.ts';
import { DuplicateFilter } from './duplicates.ts';
import {
  FLOW_BROKEN,
  FLOW_MASK,
  FlowTable,
  FROM_B,
  NUMBERS_SHIFT,
  ROW_BYTES,
  ROW_LAST_US,
  ROW_MACS,
  ROW_PACKETS,
  ROW_SHIFT,
} from './flow-table.ts';
import { FragmentTable } from './fragments.ts';
import type { NetHandler } from './handler.ts';
import { LinkTable, NO_LINK, RunCounter } from './link-table.ts';
import { ETHER_TYPE, LINK, NULL_FAMILY, PROTOCOL } from './numbers.ts';
import { TcpOrder } from './tcp.ts';

/** MACs remembered as noted; a power of two. */
const MAC_CACHE = 4_096;
/** Protocol, family and VLAN scope of untagged TCP over IPv4, as the flow table has them. */
const PLAIN_TCP = PROTOCOL.tcp | (FAMILY_IPV4 << 8);
/** VLAN scopes tried for the other half of a conversation; more scopes than this are not searched. */
const VLAN_SCOPES_MAX = 32;

export class NetDecoder {
  readonly problems = new ProblemCounter();
  readonly addresses = new Ipv6Table();
  readonly flows: FlowTable;
  readonly macs = new BoundedSet();
  readonly ipv4 = new BoundedSet();
  readonly duplicates = new DuplicateFilter();
  /** Conversations below IP. */
  readonly links = new LinkTable();
  /** Row of the frame in hand in `links`, or -1. */
  linkRow = NO_LINK;
  ipFragments = 0;

  // The frame in hand, for whoever handles payloads.
  frameNumber = 0;
  frameStart = 0;
  timeUs = 0;
  /** Length on the wire of the frame in hand. */
  wireLength = 0;
  /** VLAN id of the innermost tag, or -1. */
  vlan = -1;
  /** False where the header that opens a conversation contradicts itself. */
  believed = true;

  readonly #handler: NetHandler;
  readonly #tcp: TcpOrder;
  readonly #fragments = new FragmentTable();
  /** Oddities of fragments told so far. */
  #fragmentsTold = 0;
  readonly #seenIpv6 = new Set<number>();
  /** IPv4 addresses rendered before: hosts open many connections. */
  readonly #texts = new Map<number, string>();
  #depth = 0;
  /** EtherType of the frame itself, before any tag. */
  #outerType = 0;
  #counted = false;
  /** VLAN scopes in use: 0 untagged, id + 1 otherwise; a half-tagged mirror shows one conversation under two of them. */
  readonly #scopes: number[] = [];
  /** Directions (row, with the bit of B) that arrive under another scope than their conversation. */
  readonly #joined = new Set<number>();
  /** The frame in hand has an Ethernet header of its own. */
  #isEthernet = false;
  /** Where the MACs of the frame in hand stand; -1 where it has none. Read on demand: most frames need no numbers made of them. */
  #macBytes: Uint8Array = new Uint8Array(0);
  #viewBytes: Uint8Array = this.#macBytes;
  #view = new DataView(this.#macBytes.buffer);
  #targetAt = -1;
  #sourceAt = -1;
  readonly #etherTypes = new RunCounter();
  readonly #vlans = new RunCounter();
  readonly #serviceVlans = new RunCounter();
  /** MACs noted lately, so that the set is asked once a MAC and not once a frame. */
  readonly #macLow = new Int32Array(MAC_CACHE);
  readonly #macHigh = new Int32Array(MAC_CACHE).fill(-1);

  constructor(handler: NetHandler, seed = 0x5eed) {
    this.#handler = handler;
    this.flows = new FlowTable(seed, (flow) => {
      this.#tcp.evict(flow);
      this.#joined.delete(flow);
      this.#joined.delete(flow | FROM_B);
      handler.flowEvicted(flow);
    });
    this.#tcp = new TcpOrder(this.flows, handler, this.problems, this);
  }

  /** One frame off the wire (the shape of a capture's frame handler). */
  frame(
    bytes: Uint8Array,
    offset: number,
    capturedLength: number,
    originalLength: number,
    timeUs: number,
    linkType: number,
  ): void {
    this.frameNumber++;
    this.frameStart = offset;
    this.timeUs = timeUs;
    this.wireLength = originalLength;
    this.vlan = -1;
    this.#depth = 0;
    this.#outerType = 0;
    this.#counted = false;
    this.believed = true;
    const end = offset + capturedLength;
    if (linkType === LINK.ethernet) {
      this.#isEthernet = true;
      if (this.#plainTcp(bytes, offset, capturedLength)) return;
      this.#ethernet(bytes, offset, end);
      // A header that says nothing of its ends: the frame counts between its MACs.
      if (!this.#counted) this.#countLink(this.#outerType);
      return;
    }
    this.#isEthernet = false;
    this.#targetAt = -1;
    this.#sourceAt = -1;
    this.#otherLink(linkType, bytes, offset, end);
  }

  /** The capture is over: hand on what still waits for lost bytes. */
  finish(): void {
    const open = this.#fragments.size;
    if (open > 0) this.problems.add('ip-fragments-incomplete', this.frameNumber, open);
    this.#tcp.finish(this.frameNumber);
  }

  /** MAC of the sender of the frame in hand, 0 where it has none; inside a tunnel that of the inner frame. */
  get sourceMac(): number {
    return this.#sourceAt < 0 ? 0 : macAt(this.#macBytes, this.#sourceAt);
  }

  get targetMac(): number {
    return this.#targetAt < 0 ? 0 : macAt(this.#macBytes, this.#targetAt);
  }

  /** Frames by their own EtherType (LLC frames under 0). */
  get etherTypes(): ReadonlyMap<number, number> {
    return this.#etherTypes.counts();
  }

  /** Frames by VLAN id of 802.1Q tags. */
  get vlans(): ReadonlyMap<number, number> {
    return this.#vlans.counts();
  }

  /** Frames by VLAN id of service tags (802.1ad). */
  get serviceVlans(): ReadonlyMap<number, number> {
    return this.#serviceVlans.counts();
  }

  /** IPv6 addresses seen, as text. */
  ipv6Seen(): string[] {
    return [...this.#seenIpv6].map((index) => this.addresses.text(index));
  }

  /** Text of an address of a flow row. */
  addressText(address: number, family: number): string {
    if (family !== FAMILY_IPV4) return this.addresses.text(address);
    let text = this.#texts.get(address);
    if (text === undefined) {
      text = ipv4Text(address);
      if (this.#texts.size < HOSTS_MAX) this.#texts.set(address, text);
    }
    return text;
  }

  /**
   * Nearly all there is, in one piece: untagged Ethernet, IPv4 without options, a whole datagram, TCP, of a conversation that is
   * known. False, and nothing done, where any of that is not so: the layers below read it one by one, and name what is wrong.
   */
  #plainTcp(bytes: Uint8Array, offset: number, capturedLength: number): boolean {
    if (capturedLength < 54) return false;
    const view = bytes === this.#viewBytes ? this.#view : this.#viewOf(bytes);
    // EtherType, version, header length; then flags, fragment offset and protocol.
    if ((view.getInt32(offset + 12) & ~0xff) !== 0x08004500 || (view.getInt32(offset + 20) & 0x3fff00ff) !== 6)
      return false;
    const total = (bytes[offset + 16]! << 8) | bytes[offset + 17]!;
    const header = (bytes[offset + 46]! >> 4) << 2;
    if (header < 20 || total < 20 + header || total > capturedLength - 14) return false;
    const source = view.getInt32(offset + 26);
    const target = view.getInt32(offset + 30);
    const ports = view.getInt32(offset + 34);
    const found = this.flows.find(source, target, ports >>> 16, ports & 0xffff, PLAIN_TCP);
    if (found < 0) return false;
    this.#macBytes = bytes;
    this.#targetAt = offset;
    this.#sourceAt = offset + 6;
    this.#noteMacs(found, view, bytes, offset);
    this.#outerType = ETHER_TYPE.ipv4;
    this.#etherTypes.add(ETHER_TYPE.ipv4);
    this.#count(found);
    const identification = (bytes[offset + 18]! << 8) | bytes[offset + 19]!;
    this.#segment(found, PLAIN_TCP, bytes, offset + 34, offset + 14 + total, source, target, identification, header);
    return true;
  }

  #ethernet(bytes: Uint8Array, offset: number, end: number): void {
    if (end - offset < 14) return this.#bad('ethernet-short');
    this.#macBytes = bytes;
    this.#targetAt = offset;
    this.#sourceAt = offset + 6;
    this.#noteMac(bytes, offset);
    this.#noteMac(bytes, offset + 6);
    const type = (bytes[offset + 12]! << 8) | bytes[offset + 13]!;
    if (type === ETHER_TYPE.ipv4 && this.#depth === 0) {
      this.#outerType = type;
      this.#etherTypes.add(type);
      this.#ip4(bytes, offset + 14, end);
    } else this.#etherType(type, bytes, offset + 14, end);
  }

  /** Dispatches on an EtherType; VLAN tags and tunnels come back here. */
  #etherType(type: number, bytes: Uint8Array, offset: number, end: number): void {
    if (++this.#depth > HEADER_DEPTH_MAX) return this.#bad('headers-too-deep');
    if (this.#depth === 1) {
      this.#outerType = type < 1536 ? 0 : type;
      if (this.#isEthernet) this.#etherTypes.add(this.#outerType);
    }
    switch (type) {
      case ETHER_TYPE.ipv4:
        return this.#ip4(bytes, offset, end);
      case ETHER_TYPE.ipv6:
        return this.#ip6(bytes, offset, end);
      case ETHER_TYPE.vlan:
      case ETHER_TYPE.serviceVlan:
      case ETHER_TYPE.vlan9100:
        return this.#vlanTag(type, bytes, offset, end);
      case ETHER_TYPE.mpls:
      case ETHER_TYPE.mplsMulticast:
        return this.#mpls(bytes, offset, end);
      case ETHER_TYPE.pppoeSession:
        if (end - offset < 8) return this.#bad('pppoe-short');
        return this.#ppp(bytes, offset + 6, end);
      case ETHER_TYPE.hsr:
        // IEC 62439-3, 5.7: path and size, sequence, then the EtherType that was there before.
        if (end - offset < 6) return this.#bad('hsr-short');
        return this.#etherType((bytes[offset + 4]! << 8) | bytes[offset + 5]!, bytes, offset + 6, end);
      default:
        return this.#linkFrame(type, bytes, offset, end);
    }
  }

  #vlanTag(type: number, bytes: Uint8Array, offset: number, end: number): void {
    if (end - offset < 4) return this.#bad('vlan-short');
    this.vlan = ((bytes[offset]! & 0x0f) << 8) | bytes[offset + 1]!;
    (type === ETHER_TYPE.serviceVlan ? this.#serviceVlans : this.#vlans).add(this.vlan);
    this.#etherType((bytes[offset + 2]! << 8) | bytes[offset + 3]!, bytes, offset + 4, end);
  }

  #mpls(bytes: Uint8Array, offset: number, end: number): void {
    let at = offset;
    // RFC 3032, 2.1: four bytes a label, bit 0 of the third marks the last.
    for (;;) {
      if (end - at < 5) return this.#bad('mpls-short');
      const last = (bytes[at + 2]! & 1) === 1;
      at += 4;
      if (!last) continue;
      const nibble = bytes[at]! >> 4;
      if (nibble === 4) return this.#ip4(bytes, at, end);
      if (nibble === 6) return this.#ip6(bytes, at, end);
      // RFC 4448: an Ethernet pseudo-wire, with or without a control word whose first nibble is 0.
      if (++this.#depth > HEADER_DEPTH_MAX) return this.#bad('headers-too-deep');
      return this.#ethernet(bytes, nibble === 0 ? at + 4 : at, end);
    }
  }

  #ppp(bytes: Uint8Array, offset: number, end: number): void {
    // RFC 1661, 2; a leading ff 03 is HDLC framing (RFC 1662).
    let at = offset;
    if (end - at >= 2 && bytes[at] === 0xff && bytes[at + 1] === 0x03) at += 2;
    if (end - at < 2) return this.#bad('ppp-short');
    const protocol = (bytes[at]! << 8) | bytes[at + 1]!;
    if (protocol === 0x0021) return this.#ip4(bytes, at + 2, end);
    if (protocol === 0x0057) return this.#ip6(bytes, at + 2, end);
    return this.#linkFrame(protocol, bytes, at + 2, end);
  }

  #otherLink(linkType: number, bytes: Uint8Array, offset: number, end: number): void {
    switch (linkType) {
      case LINK.raw:
      case LINK.rawBsd:
      case LINK.rawOpenBsd:
      case LINK.ipv4:
      case LINK.ipv6:
        return this.#rawIp(bytes, offset, end);
      case LINK.null:
      case LINK.loop: {
        if (end - offset < 4) return this.#bad('null-short');
        // The family stands in the byte order of the host that captured: the non-zero end is the low one.
        const family = bytes[offset] !== 0 ? bytes[offset]! : bytes[offset + 3]!;
        if (family === NULL_FAMILY.ipv4) return this.#ip4(bytes, offset + 4, end);
        if (NULL_FAMILY.ipv6.includes(family)) return this.#ip6(bytes, offset + 4, end);
        return this.#linkFrame(family, bytes, offset + 4, end);
      }
      case LINK.linuxSll:
        if (end - offset < 16) return this.#bad('sll-short');
        return this.#cooked((bytes[offset + 14]! << 8) | bytes[offset + 15]!, bytes, offset + 6, offset + 16, end);
      case LINK.linuxSll2:
        if (end - offset < 20) return this.#bad('sll-short');
        return this.#cooked((bytes[offset]! << 8) | bytes[offset + 1]!, bytes, offset + 12, offset + 20, end);
      case LINK.ppp:
      case LINK.pppHdlc:
        return this.#ppp(bytes, offset, end);
      case LINK.cHdlc:
        if (end - offset < 4) return this.#bad('hdlc-short');
        return this.#etherType((bytes[offset + 2]! << 8) | bytes[offset + 3]!, bytes, offset + 4, end);
      default:
        this.problems.add(`link-type-${linkType}-not-decoded`, this.frameNumber);
    }
  }

  #cooked(type: number, bytes: Uint8Array, macOffset: number, offset: number, end: number): void {
    this.#macBytes = bytes;
    this.#targetAt = -1;
    this.#sourceAt = macOffset;
    this.#noteMac(bytes, macOffset);
    this.#etherType(type, bytes, offset, end);
  }

  #rawIp(bytes: Uint8Array, offset: number, end: number): void {
    if (offset >= end) return this.#bad('ip-short');
    const version = bytes[offset]! >> 4;
    if (version === 4) this.#ip4(bytes, offset, end);
    else if (version === 6) this.#ip6(bytes, offset, end);
    else this.#bad('ip-version');
  }

  /** RFC 791, 3.1. */
  #ip4(bytes: Uint8Array, offset: number, frameEnd: number): void {
    if (frameEnd - offset < 20) return this.#bad('ip-short');
    const first = bytes[offset]!;
    const headerLength = (first & 15) << 2;
    // The header's own version counts, not the EtherType. Forty bytes are asked for so that neither sends to the other in vain.
    if (first >> 4 === 6 && frameEnd - offset >= 40) return this.#ip6(bytes, offset, frameEnd);
    if (headerLength < 20) return this.#bad('ip-header');
    if (first >> 4 !== 4) return this.#bad('ip-version');
    const total = (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
    if (total < headerLength && total !== 0) return this.#bad('ip-header');
    if (offset + headerLength > frameEnd) return this.#broken4(bytes, offset);
    // Total length 0: segmentation was offloaded to the card, the frame's own end counts.
    let end = total === 0 ? frameEnd : offset + total;
    const truncated = end > frameEnd;
    if (truncated) {
      this.problems.add('ip-truncated', this.frameNumber);
      end = frameEnd;
    }
    const source = word(bytes, offset + 12);
    const target = word(bytes, offset + 16);
    const protocol = bytes[offset + 9]!;
    const fragment = (bytes[offset + 6]! << 8) | bytes[offset + 7]!;
    const meta = protocol | (FAMILY_IPV4 << 8);
    if ((fragment & 0x3fff) !== 0) this.ipFragments++;
    // A fragment that the capture cut can never be put together; what its beginning shows is taken.
    if ((fragment & 0x3fff) !== 0 && !(truncated && (fragment & 0x1fff) === 0)) {
      return this.#fragment4(bytes, offset, offset + headerLength, end, source, target, fragment, meta);
    }
    const identification = (bytes[offset + 4]! << 8) | bytes[offset + 5]!;
    // Nearly all there is: without a further call.
    if (protocol === PROTOCOL.tcp) {
      return this.#tcpSegment(meta, bytes, offset + headerLength, end, source, target, identification);
    }
    this.#transport(protocol, meta, bytes, offset + headerLength, end, source, target, identification);
  }

  #broken4(bytes: Uint8Array, offset: number): void {
    const meta = bytes[offset + 9]! | (FAMILY_IPV4 << 8);
    this.#broken('ip-header', meta, word(bytes, offset + 12), word(bytes, offset + 16));
  }

  /**
   * A header whose addresses stand in their place but whose lengths or version cannot be. Who to whom is counted, so that the frame is
   * not lost from the count; nothing behind the header is believed, and the row names no asset.
   */
  #broken(kind: string, meta: number, source: number, target: number): void {
    this.#bad(kind);
    if (this.#counted) return;
    this.believed = false;
    const flow = this.#portlessFlow(meta, source, target) & FLOW_MASK;
    this.flows.setFlags(flow, this.flows.flags(flow) | FLOW_BROKEN);
  }

  #fragment4(
    bytes: Uint8Array,
    offset: number,
    payload: number,
    end: number,
    source: number,
    target: number,
    fragment: number,
    meta: number,
  ): void {
    const protocol = meta & 0xff;
    const id = (bytes[offset + 4]! << 8) | bytes[offset + 5]!;
    const key = `${source},${target},${id},${protocol}`;
    const whole = this.#fragments.add(
      key,
      bytes,
      payload,
      end,
      (fragment & 0x1fff) * 8,
      (fragment & 0x2000) !== 0,
      false,
    );
    this.#fragmentProblems();
    if (whole === null) return this.#portless(meta, source, target);
    this.#reassembled(protocol, meta, whole, source, target);
  }

  /** What the table counted while it took the fragment in hand, by name. */
  #fragmentProblems(): void {
    const { overlaps, evicted, tooLong } = this.#fragments;
    const news = overlaps + evicted + tooLong - this.#fragmentsTold;
    if (news === 0) return;
    this.#fragmentsTold += news;
    if (overlaps > this.problems.count('ip-fragment-overlap'))
      this.problems.add('ip-fragment-overlap', this.frameNumber);
    if (tooLong > this.problems.count('ip-fragment-too-long'))
      this.problems.add('ip-fragment-too-long', this.frameNumber);
    const lost = evicted - this.problems.count('ip-fragments-given-up');
    if (lost > 0) this.problems.add('ip-fragments-given-up', this.frameNumber, lost);
  }

  /** RFC 8200, 3 and 4. */
  #ip6(bytes: Uint8Array, offset: number, frameEnd: number): void {
    if (frameEnd - offset < 40) return this.#bad('ip-short');
    const source = this.addresses.indexOf(bytes, offset + 8);
    const target = this.addresses.indexOf(bytes, offset + 24);
    if (bytes[offset]! >> 4 !== 6)
      return this.#broken('ip-version', bytes[offset + 6]! | (FAMILY_IPV6 << 8), source, target);
    const length = (bytes[offset + 4]! << 8) | bytes[offset + 5]!;
    let end = length === 0 ? frameEnd : offset + 40 + length;
    if (end > frameEnd) {
      this.problems.add('ip-truncated', this.frameNumber);
      end = frameEnd;
    }
    let next = bytes[offset + 6]!;
    let at = offset + 40;
    for (let depth = 0; depth < HEADER_DEPTH_MAX; depth++) {
      if (next === PROTOCOL.ipv6Fragment) return this.#fragment6(bytes, at, end, source, target);
      if (
        next !== PROTOCOL.hopByHop &&
        next !== PROTOCOL.routing &&
        next !== PROTOCOL.destination &&
        next !== PROTOCOL.authentication
      ) {
        break;
      }
      if (end - at < 8) return this.#badExtension(next, source, target);
      // Lengths count 8 bytes after the first 8; the authentication header counts 4 after the first 8 (RFC 4302, 2.2).
      const size = next === PROTOCOL.authentication ? (bytes[at + 1]! + 2) * 4 : (bytes[at + 1]! + 1) * 8;
      next = bytes[at]!;
      at += size;
      if (at > end) return this.#badExtension(next, source, target);
    }
    this.#transport(next, next | (FAMILY_IPV6 << 8), bytes, at, end, source, target, 0);
  }

  #badExtension(next: number, source: number, target: number): void {
    this.#portless(next | (FAMILY_IPV6 << 8), source, target);
    this.#bad('ip-extension-short');
  }

  #fragment6(bytes: Uint8Array, at: number, end: number, source: number, target: number): void {
    if (end - at < 8) return this.#badExtension(PROTOCOL.ipv6Fragment, source, target);
    const next = bytes[at]!;
    const field = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    const meta = next | (FAMILY_IPV6 << 8);
    this.ipFragments++;
    const key = `6,${source},${target},${word(bytes, at + 4)}`;
    const whole = this.#fragments.add(key, bytes, at + 8, end, field & 0xfff8, (field & 1) === 1, true);
    this.#fragmentProblems();
    if (whole === null) return this.#portless(meta, source, target);
    this.#reassembled(next, meta, whole, source, target);
  }

  /** A datagram put together from fragments stands in its own buffer: byte ranges count from its start. */
  #reassembled(protocol: number, meta: number, whole: Uint8Array, source: number, target: number): void {
    const start = this.frameStart;
    this.frameStart = 0;
    this.#transport(protocol, meta, whole, 0, whole.length, source, target, 0);
    this.frameStart = start;
  }

  #transport(
    protocol: number,
    meta: number,
    bytes: Uint8Array,
    offset: number,
    end: number,
    source: number,
    target: number,
    identification: number,
  ): void {
    if (protocol === PROTOCOL.tcp) return this.#tcpSegment(meta, bytes, offset, end, source, target, identification);
    if (protocol === PROTOCOL.udp) return this.#udp(meta, bytes, offset, end, source, target, identification);
    const flow = this.#portlessFlow(meta, source, target);
    if (++this.#depth > HEADER_DEPTH_MAX) return this.#bad('headers-too-deep');
    if (protocol === PROTOCOL.ipv4InIp) {
      if (flow >= 0) this.#ip4(bytes, offset, end);
    } else if (protocol === PROTOCOL.ipv6InIp) this.#ip6(bytes, offset, end);
    else if (protocol === PROTOCOL.gre) this.#gre(bytes, offset, end);
  }

  /** RFC 2784, RFC 2890; ERSPAN types I (no sequence), II and III (RFC draft-foschiano-erspan). */
  #gre(bytes: Uint8Array, offset: number, end: number): void {
    if (end - offset < 4) return this.#bad('gre-short');
    const flags = bytes[offset]!;
    const type = (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
    let at = offset + 4;
    if ((flags & 0x80) !== 0) at += 4;
    if ((flags & 0x20) !== 0) at += 4;
    if ((flags & 0x10) !== 0) at += 4;
    if (at > end) return this.#bad('gre-short');
    if (type === ETHER_TYPE.erspan) return this.#ethernet(bytes, (flags & 0x10) !== 0 ? at + 8 : at, end);
    if (type === ETHER_TYPE.erspan3) {
      // Type III: 12 bytes, and 8 more where the O bit of the last byte is set.
      if (end - at < 12) return this.#bad('gre-short');
      return this.#ethernet(bytes, at + 12 + ((bytes[at + 11]! & 1) === 1 ? 8 : 0), end);
    }
    if (type === ETHER_TYPE.bridged) return this.#ethernet(bytes, at, end);
    if (type === ETHER_TYPE.ppp) return this.#ppp(bytes, at, end);
    this.#etherType(type, bytes, at, end);
  }

  /** RFC 9293, 3.1. */
  #tcpSegment(
    meta: number,
    bytes: Uint8Array,
    offset: number,
    end: number,
    source: number,
    target: number,
    identification: number,
  ): void {
    if (end - offset < 20) return this.#short('tcp-short', meta, bytes, offset, end, source, target);
    const sourcePort = (bytes[offset]! << 8) | bytes[offset + 1]!;
    const targetPort = (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
    const found = this.#flow(meta, source, target, sourcePort, targetPort);
    const header = (bytes[offset + 12]! >> 4) << 2;
    if (header < 20 || offset + header > end) return this.#bad('tcp-header');
    this.#segment(found, meta, bytes, offset, end, source, target, identification, header);
  }

  /** A segment of a conversation whose header, of `header` bytes, is whole. */
  #segment(
    found: number,
    meta: number,
    bytes: Uint8Array,
    offset: number,
    end: number,
    source: number,
    target: number,
    identification: number,
    header: number,
  ): void {
    const flow = found & FLOW_MASK;
    const fromA = (found & FROM_B) === 0;
    const view = bytes === this.#viewBytes ? this.#view : this.#viewOf(bytes);
    const sequence = view.getInt32(offset + 4);
    const acknowledged = view.getInt32(offset + 8);
    const flags = bytes[offset + 13]!;
    const payload = offset + header;
    let hash = 0;
    if (payload < end) {
      hash = this.#checkPayload(flow, fromA, meta, bytes, offset, payload, end, source, target);
      if (hash === 0) return;
    }
    if (
      identification !== 0 &&
      this.duplicates.isCopy(
        source,
        target,
        identification,
        sequence ^ acknowledged ^ hash,
        end - payload,
        timeMs(this.timeUs),
      )
    ) {
      this.problems.add('duplicate-frame', this.frameNumber);
      return;
    }
    this.#tcp.segment(flow, fromA, sequence, acknowledged, flags, bytes, payload, end, hash);
  }

  /**
   * Hash of a payload, never 0, and its checksum in the same loop. Returns 0 where the checksum is wrong although this
   * sender's others were right: a receiver ignores such a segment, so must we. Offloaded checksums are always wrong.
   */
  #checkPayload(
    flow: number,
    fromA: boolean,
    meta: number,
    bytes: Uint8Array,
    offset: number,
    payload: number,
    end: number,
    source: number,
    target: number,
  ): number {
    const view = bytes === this.#viewBytes ? this.#view : this.#viewOf(bytes);
    // High and low halves of 32-bit words apart: both stay small integers for the largest segment there is.
    let high = 0;
    let low = 0;
    let hash = 0x811c9dc5;
    let at = payload;
    for (; at + 3 < end; at += 4) {
      const four = view.getInt32(at);
      high += four >>> 16;
      low += four & 0xffff;
      hash = Math.imul(hash ^ four, 0x01000193);
      hash ^= hash >>> 15;
    }
    if (at < end) {
      let rest = 0;
      for (let i = 0; i < 4; i++) rest = (rest << 8) | (at + i < end ? bytes[at + i]! : 0);
      high += rest >>> 16;
      low += rest & 0xffff;
      hash = Math.imul(hash ^ rest ^ (end - at), 0x01000193);
    }
    if (meta >> 8 === FAMILY_IPV4) {
      for (let h = offset; h < payload; h += 4) {
        const four = view.getInt32(h);
        high += four >>> 16;
        low += four & 0xffff;
      }
      // Pseudo header (RFC 9293, 3.1): addresses, protocol, length.
      high += (source >>> 16) + (target >>> 16);
      low += (source & 0xffff) + (target & 0xffff) + PROTOCOL.tcp + end - offset;
      let folded = high + low;
      while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
      const right = folded === 0xffff;
      if (!this.flows.checksumStands(flow, fromA, right)) {
        this.problems.add('tcp-checksum-wrong', this.frameNumber);
        return 0;
      }
      if (!right) this.problems.add('tcp-checksum-offloaded', this.frameNumber);
    }
    return hash === 0 ? 1 : hash;
  }

  /** A view of the buffer in hand; the capture reader hands over one buffer for the whole file. */
  #viewOf(bytes: Uint8Array): DataView {
    this.#viewBytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.#view;
  }

  /** RFC 768. */
  #udp(
    meta: number,
    bytes: Uint8Array,
    offset: number,
    end: number,
    source: number,
    target: number,
    identification: number,
  ): void {
    if (end - offset < 8) return this.#short('udp-short', meta, bytes, offset, end, source, target);
    const sourcePort = (bytes[offset]! << 8) | bytes[offset + 1]!;
    const targetPort = (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
    const found = this.#flow(meta, source, target, sourcePort, targetPort);
    const flow = found & FLOW_MASK;
    const fromA = (found & FROM_B) === 0;
    const length = (bytes[offset + 4]! << 8) | bytes[offset + 5]!;
    let payloadEnd = end;
    if (length >= 8 && offset + length < end) payloadEnd = offset + length;
    else if (length < 8 || offset + length > end) this.problems.add('udp-length', this.frameNumber);
    const checksum = (bytes[offset + 6]! << 8) | bytes[offset + 7]!;
    if (
      identification !== 0 &&
      this.duplicates.isCopy(source, target, identification, checksum, payloadEnd - offset, timeMs(this.timeUs))
    ) {
      this.problems.add('duplicate-frame', this.frameNumber);
      return;
    }
    this.#handler.datagram(flow, fromA, bytes, offset + 8, payloadEnd);
  }

  /** A transport header that is cut: the ports count where they are there. */
  #short(
    kind: string,
    meta: number,
    bytes: Uint8Array,
    offset: number,
    end: number,
    source: number,
    target: number,
  ): void {
    const ports = end - offset >= 4 ? word(bytes, offset) : 0;
    this.#flow(meta, source, target, ports >>> 16, ports & 0xffff);
    this.#bad(kind);
  }

  #flow(meta: number, source: number, target: number, sourcePort: number, targetPort: number): number {
    const flows = this.flows;
    const scope = this.vlan + 1;
    const scoped = meta | (scope << 12);
    let found = flows.find(source, target, sourcePort, targetPort, scoped);
    if (found < 0) found = this.#halfTagged(meta, scope, source, target, sourcePort, targetPort);
    if (found < 0) {
      found = flows.add(source, target, sourcePort, targetPort, scoped, this.timeUs);
      this.#seen(meta, source, target);
      this.#handler.flowOpened(found);
    }
    this.#count(found);
    return found;
  }

  /**
   * A mirror may tag one direction only: a conversation under another VLAN scope in which this direction never spoke is the
   * same one. Cells with equal addresses in different VLANs speak both ways in each and stay apart.
   */
  #halfTagged(
    meta: number,
    scope: number,
    source: number,
    target: number,
    sourcePort: number,
    targetPort: number,
  ): number {
    if (!this.#scopes.includes(scope) && this.#scopes.length < VLAN_SCOPES_MAX) this.#scopes.push(scope);
    if (this.#scopes.length < 2 || sourcePort === targetPort) return -1;
    for (const other of this.#scopes) {
      if (other === scope) continue;
      const found = this.flows.find(source, target, sourcePort, targetPort, meta | (other << 12));
      if (found < 0) continue;
      const row = found & FLOW_MASK;
      const spoke = (found & FROM_B) === 0 ? this.flows.packetsAb(row) : this.flows.packetsBa(row);
      const half = this.#joined.has(found);
      if (spoke > 0 && !half) continue;
      if (!half) {
        this.#joined.add(found);
        this.problems.add('half-tagged-conversation', this.frameNumber);
      }
      return found;
    }
    return -1;
  }

  /** A packet without ports of its own: a fragment, or a protocol other than TCP and UDP. */
  #portless(meta: number, source: number, target: number): void {
    this.#portlessFlow(meta, source, target);
  }

  #portlessFlow(meta: number, source: number, target: number): number {
    return this.#flow(meta, source, target, 0, 0);
  }

  /** Adds the frame to its conversation: once, the outermost one of a tunnel. */
  #count(found: number): void {
    if (this.#counted) return;
    this.#counted = true;
    const { numbers } = this.flows;
    const row = (found & FLOW_MASK) << NUMBERS_SHIFT;
    const way = row + ((found & FROM_B) === 0 ? 0 : 1);
    numbers[way + ROW_PACKETS]!++;
    numbers[way + ROW_BYTES]! += this.wireLength;
    numbers[row + ROW_LAST_US] = this.timeUs;
  }

  #seen(meta: number, source: number, target: number): void {
    if (((meta >> 8) & 15) === FAMILY_IPV4) {
      this.ipv4.add(source >>> 0);
      this.ipv4.add(target >>> 0);
    } else {
      this.#seenIpv6.add(source);
      this.#seenIpv6.add(target);
    }
  }

  #linkFrame(type: number, bytes: Uint8Array, offset: number, end: number): void {
    this.#countLink(type);
    this.#handler.link(type, bytes, offset, end);
  }

  /** Counts a frame that belongs to no conversation of IP addresses. */
  #countLink(type: number): void {
    this.linkRow = NO_LINK;
    if (this.sourceMac === 0 && this.targetMac === 0 && !this.#isEthernet) return;
    const payloadType = type < 1536 ? 0 : type;
    const typeAndScope = payloadType + (this.vlan + 1) * 0x10000;
    const { links, sourceMac, targetMac } = this;
    this.linkRow = links.count(sourceMac, targetMac, this.#outerType, typeAndScope, this.wireLength);
    this.#counted = true;
    if (this.linkRow === NO_LINK) this.problems.add('link-conversations-full', this.frameNumber);
  }

  /** Notes both MACs of a frame of a known conversation: news only where they are not those of its last frame this way. */
  #noteMacs(found: number, view: DataView, bytes: Uint8Array, offset: number): void {
    const { ints } = this.flows;
    const at = ((found & FLOW_MASK) << ROW_SHIFT) + ((found & FROM_B) === 0 ? ROW_MACS : ROW_MACS + 3);
    const first = view.getInt32(offset);
    const second = view.getInt32(offset + 4);
    const third = view.getInt32(offset + 8);
    if (ints[at] === first && ints[at + 1] === second && ints[at + 2] === third) return;
    ints[at] = first;
    ints[at + 1] = second;
    ints[at + 2] = third;
    this.#noteMac(bytes, offset);
    this.#noteMac(bytes, offset + 6);
  }

  #noteMac(bytes: Uint8Array, at: number): void {
    const high = (bytes[at]! << 8) | bytes[at + 1]!;
    const low = word(bytes, at + 2);
    const slot = (low ^ (low >>> 12)) & (MAC_CACHE - 1);
    if (this.#macLow[slot] === low && this.#macHigh[slot] === high) return;
    this.#macLow[slot] = low;
    this.#macHigh[slot] = high;
    this.macs.add(macAt(bytes, at));
  }

  #bad(kind: string): void {
    this.problems.add(kind, this.frameNumber);
  }
}

/** Big-endian 32 bits as a signed integer: what the flow table compares. */
function word(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
}

/** Milliseconds as a 32-bit integer that wraps every seven weeks: enough to tell moments apart, and no number is made of it. */
function timeMs(timeUs: number): number {
  return (timeUs * 0.001) | 0;
}
