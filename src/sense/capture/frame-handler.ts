/**
 * What a frame source gives and what it is told apart by. Frames travel as offsets into one reused buffer, never as objects.
 */
import type { TimeUs } from '../../records.ts';

/** Receives frames from a file, a pipe, the ring or a wrapper round another handler. */
export interface FrameHandler {
  /**
   * Called once a frame, in the order of the capture. The frame is `bytes[offset .. offset + capturedLength)`, valid only during the call:
   * copy what must stay. `originalLength` is the length on the wire and differs from `capturedLength` where the capture was cut
   * (or lies; nothing else is promised of it). `linkType` is a number of `LINK_TYPES` or any other the container names.
   * `interfaceId` counts the interfaces of the whole capture from 0; always 0 in classic pcap.
   */
  frame(
    bytes: Uint8Array,
    offset: number,
    capturedLength: number,
    originalLength: number,
    timeUs: TimeUs,
    linkType: number,
    interfaceId: number,
  ): void;
}

/** Link-layer header types as stored in pcap and pcapng files. Source: the LINKTYPE_ list of tcpdump.org ("Link-Layer Header Types"). */
export const LINK_TYPES = {
  /** BSD loopback: address family in the byte order of the capturing host. */
  NULL: 0,
  ETHERNET: 1,
  /** AX.25, only named. */
  AX25: 3,
  IEEE802_5: 6,
  ARCNET_BSD: 7,
  SLIP: 8,
  PPP: 9,
  FDDI: 10,
  /** Raw IP as some systems wrote their own DLT_RAW into files instead of 101. */
  RAW_BSD: 12,
  RAW_OPENBSD: 14,
  PPP_HDLC: 50,
  PPP_ETHER: 51,
  RAW: 101,
  C_HDLC: 104,
  IEEE802_11: 105,
  /** OpenBSD loopback: address family in network byte order. */
  LOOP: 108,
  LINUX_SLL: 113,
  IEEE802_11_PRISM: 119,
  IEEE802_11_RADIOTAP: 127,
  ARCNET_LINUX: 129,
  BACNET_MS_TP: 165,
  PPP_WITH_DIRECTION: 166,
  IPV4: 228,
  IPV6: 229,
  NETANALYZER: 240,
  NETANALYZER_TRANSPARENT: 241,
  LINUX_SLL2: 276,
} as const;
