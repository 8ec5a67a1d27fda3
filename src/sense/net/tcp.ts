/**
 * TCP order (RFC 9293): each byte of a connection is handed on once and in sequence. The fast path is the segment that is next;
 * the rest (out of order, retransmitted, overlapping, lost) is cold and bounded. Sequence numbers wrap: differences are int32.
 *
 * Policy where copies differ: the first bytes seen stand, and the difference is a counted problem, since two receivers may take
 * different copies. A segment whose checksum is wrong while its sender's others are right is not data (RFC 9293, 3.1).
 *
 * What would end or begin a connection counts only where its numbers fit, as receivers have it (RFC 9293, 3.5.3; RFC 5961): a reset or
 * a close out of its place ends nothing, and a SYN amid a running connection begins another one only once that one is used.
 */

import type { ProblemCounter } from '../../base/problem-counter.ts';
import {
  TCP_OPENINGS_MAX,
  TCP_PENDING_BYTES_MAX,
  TCP_PENDING_SEGMENTS_MAX,
  TCP_PENDING_TOTAL_BYTES_MAX,
} from '../../limits.ts';
import { type FlowTable, ROW_FLAGS, ROW_HISTORY, ROW_NEXT, ROW_SHIFT } from './flow-table.ts';
import type { NetHandler } from './handler.ts';

export const TCP_FIN = 1;
export const TCP_SYN = 2;
export const TCP_RST = 4;
export const TCP_ACK = 16;

// Bits of the flow's flags column.
export const FLOW_KNOWN_A = 1;
export const FLOW_KNOWN_B = 2;
/** The handshake was seen; A is the client if FLOW_CLIENT_A. */
export const FLOW_ROLES = 4;
export const FLOW_CLIENT_A = 8;
const FLOW_CLOSED = 16;
/** Both directions are needed for a close; a reset needs one. */
const FLOW_FIN_A = 64;
const FLOW_FIN_B = 128;
/** Payload was delivered: a SYN now begins another connection. */
const FLOW_DATA = 32;

/** A segment that came before its turn. */
interface Pending {
  sequence: number;
  bytes: Uint8Array;
  timeUs: number;
  frame: number;
  /** Where the bytes stood in `frame`. */
  from: number;
}

/** A handshake seen amid a running connection: where its directions would begin; NaN where that is not known. */
interface Opening {
  readonly clientIsA: boolean;
  readonly clientNext: number;
  readonly serverNext: number;
}

interface PendingList {
  segments: Pending[];
  bytes: number;
}

/** Remembered segments per direction, to compare retransmissions with. */
const HISTORY = 4;
/** Plant time after which missing bytes are not waited for any longer. [µs] */
const GAP_WAIT_US = 3_000_000;

/** The frame in hand: while bytes of an earlier frame are handed on, that one. */
export interface FramePlace {
  timeUs: number;
  frameNumber: number;
  /** Where the frame begins in the bytes handed on. */
  frameStart: number;
}

export class TcpOrder {
  readonly #place: FramePlace;
  readonly #flows: FlowTable;
  readonly #handler: NetHandler;
  readonly #problems: ProblemCounter;
  /** Pending lists by flow * 2 + direction. */
  readonly #pending = new Map<number, PendingList>();
  #pendingBytes = 0;
  /** Handshakes that no data has confirmed yet, by flow; the oldest gives way. */
  readonly #openings = new Map<number, Opening>();
  /** Sequence, length and hash of the last segments by direction; grows with the flow table. */
  #history = new Int32Array(1024 * 2 * HISTORY * 3);

  constructor(flows: FlowTable, handler: NetHandler, problems: ProblemCounter, place: FramePlace) {
    this.#place = place;
    this.#flows = flows;
    this.#handler = handler;
    this.#problems = problems;
  }

  /** Bytes held out of order, over all connections. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** One segment of `flow`: payload `offset` … `end`; `hash` is over the payload (0 where there is none). */
  segment(
    flow: number,
    fromA: boolean,
    sequence: number,
    acknowledged: number,
    flags: number,
    bytes: Uint8Array,
    offset: number,
    end: number,
    hash: number,
  ): void {
    if ((flags & TCP_SYN) !== 0) {
      this.#synchronise(flow, fromA, sequence, acknowledged, flags);
      sequence = (sequence + 1) | 0;
    }
    if (this.#openings.size > 0 && offset < end) this.#confirm(flow, fromA, sequence);
    if (this.#pending.size > 0 && (flags & TCP_ACK) !== 0) this.#acknowledged(flow, fromA, acknowledged);
    if (offset < end) this.#data(flow, fromA, sequence, bytes, offset, end, hash);
    if ((flags & (TCP_FIN | TCP_RST)) !== 0) this.#closing(flow, fromA, (sequence + end - offset) | 0, flags);
  }

  /**
   * Tells once both directions are at their end, unless bytes still wait for others that are missing. A reset or a FIN at `sequence`
   * counts only as the next of its direction; a reset may also follow its own FIN.
   */
  #closing(flow: number, fromA: boolean, sequence: number, flags: number): void {
    const flows = this.#flows;
    let all = flows.flags(flow);
    const known = (all & (fromA ? FLOW_KNOWN_A : FLOW_KNOWN_B)) !== 0;
    const ahead = known ? (sequence - flows.next(flow, fromA)) | 0 : 0;
    if ((flags & TCP_RST) !== 0) {
      if (ahead !== 0 && ahead !== 1) {
        this.#problems.add('tcp-reset-out-of-window', this.#place.frameNumber);
        return;
      }
      all |= FLOW_CLOSED | FLOW_FIN_A | FLOW_FIN_B;
    } else {
      if (ahead !== 0) return;
      all |= fromA ? FLOW_FIN_A : FLOW_FIN_B;
    }
    flows.setFlags(flow, all);
    if ((all & (FLOW_FIN_A | FLOW_FIN_B)) !== (FLOW_FIN_A | FLOW_FIN_B)) return;
    if (this.#pending.has(flow * 2) || this.#pending.has(flow * 2 + 1)) return;
    this.#handler.streamClosed(flow);
  }

  /** Forgets what is held for a row that is about to be reused. */
  evict(flow: number): void {
    this.#openings.delete(flow);
    for (const key of [flow * 2, flow * 2 + 1]) {
      const list = this.#pending.get(key);
      if (list !== undefined) {
        this.#pendingBytes -= list.bytes;
        this.#pending.delete(key);
      }
    }
  }

  /** Hands on what is still waiting, gaps announced: the capture is over. */
  finish(frame: number): void {
    for (const key of [...this.#pending.keys()]) this.#skipGap(key >> 1, (key & 1) === 0, frame);
  }

  #data(
    flow: number,
    fromA: boolean,
    sequence: number,
    bytes: Uint8Array,
    offset: number,
    end: number,
    hash: number,
  ): void {
    const { ints } = this.#flows;
    const row = flow << ROW_SHIFT;
    const next = row + (fromA ? ROW_NEXT : ROW_NEXT + 1);
    const known = fromA ? FLOW_KNOWN_A : FLOW_KNOWN_B;
    if ((ints[row + ROW_FLAGS]! & (known | FLOW_CLOSED)) !== known) {
      if ((ints[row + ROW_FLAGS]! & FLOW_CLOSED) !== 0) {
        this.#problems.add('tcp-data-after-reset', this.#place.frameNumber);
      }
      if ((ints[row + ROW_FLAGS]! & known) === 0) {
        // Mid-stream: the first bytes seen are where this direction begins for us.
        ints[row + ROW_FLAGS]! |= known;
        ints[next] = sequence;
      }
    }
    const ahead = (sequence - ints[next]!) | 0;
    if (ahead === 0) {
      ints[next] = (sequence + end - offset) | 0;
      ints[row + ROW_FLAGS]! |= FLOW_DATA;
      if (this.#pending.size > 0) this.#compareHeld(flow, fromA, sequence, bytes, offset, end);
      this.#remember(flow, fromA, sequence, end - offset, hash);
      this.#handler.stream(flow, fromA, bytes, offset, end);
      if (this.#pending.size > 0) this.#drain(flow, fromA, this.#place.timeUs, this.#place.frameNumber);
      return;
    }
    if (ahead > 0) this.#hold(flow, fromA, sequence, bytes, offset, end);
    else this.#retransmitted(flow, fromA, sequence, bytes, offset, end, hash, -ahead);
  }

  /** A segment that begins before what is next. */
  #retransmitted(
    flow: number,
    fromA: boolean,
    sequence: number,
    bytes: Uint8Array,
    offset: number,
    end: number,
    hash: number,
    behind: number,
  ): void {
    const frame = this.#place.frameNumber;
    const length = end - offset;
    if (length === 1 && behind === 1) {
      this.#problems.add('tcp-keep-alive', frame);
      return;
    }
    // A jump far back is not a retransmission but a stream we joined wrongly, or another connection: begin there again.
    if (behind > 0x4000000) {
      this.#problems.add('tcp-sequence-jump', frame);
      this.#flows.setNext(flow, fromA, sequence);
      this.#handler.streamGap(flow, fromA, 0);
      this.#data(flow, fromA, sequence, bytes, offset, end, hash);
      return;
    }
    if (length <= behind) {
      this.#problems.add('tcp-retransmission', frame);
      this.#compare(flow, fromA, sequence, length, hash, frame);
      return;
    }
    this.#problems.add('tcp-overlap', frame);
    this.#data(flow, fromA, (sequence + behind) | 0, bytes, offset + behind, end, 0);
  }

  #hold(flow: number, fromA: boolean, sequence: number, bytes: Uint8Array, offset: number, end: number): void {
    const { timeUs, frameNumber: frame } = this.#place;
    this.#problems.add('tcp-out-of-order', frame);
    const key = flow * 2 + (fromA ? 0 : 1);
    let list = this.#pending.get(key);
    if (list === undefined) {
      list = { segments: [], bytes: 0 };
      this.#pending.set(key, list);
    }
    this.#compareHeld(flow, fromA, sequence, bytes, offset, end);
    let at = list.segments.length;
    while (at > 0 && ((list.segments[at - 1]!.sequence - sequence) | 0) > 0) at--;
    const before = list.segments[at - 1];
    if (before !== undefined && before.sequence === sequence && before.bytes.length >= end - offset) return;
    const from = offset - this.#place.frameStart;
    list.segments.splice(at, 0, { sequence, bytes: bytes.slice(offset, end), timeUs, frame, from });
    list.bytes += end - offset;
    this.#pendingBytes += end - offset;
    const oldest = list.segments[0]!;
    const full =
      list.segments.length > TCP_PENDING_SEGMENTS_MAX ||
      list.bytes > TCP_PENDING_BYTES_MAX ||
      this.#pendingBytes > TCP_PENDING_TOTAL_BYTES_MAX;
    if (full || timeUs - oldest.timeUs > GAP_WAIT_US) this.#skipGap(flow, fromA, frame);
  }

  /** Do held segments say the same of the bytes they share with `offset` … `end`? */
  #compareHeld(flow: number, fromA: boolean, sequence: number, bytes: Uint8Array, offset: number, end: number): void {
    const list = this.#pending.get(flow * 2 + (fromA ? 0 : 1));
    if (list === undefined) return;
    for (const held of list.segments) {
      const ahead = (held.sequence - sequence) | 0;
      const to = Math.min(end, offset + ahead + held.bytes.length);
      for (let at = Math.max(offset, offset + ahead); at < to; at++) {
        if (bytes[at] === held.bytes[at - offset - ahead]) continue;
        this.#problems.add('tcp-overlap-differs', this.#place.frameNumber);
        return;
      }
    }
  }

  /** The receiver has acknowledged bytes that were never seen: the capture lost them, waiting is in vain. */
  #acknowledged(flow: number, fromA: boolean, acknowledged: number): void {
    const list = this.#pending.get(flow * 2 + (fromA ? 1 : 0));
    if (list === undefined) return;
    const first = list.segments[0]!;
    if (((acknowledged - first.sequence) | 0) > 0) this.#skipGap(flow, !fromA, 0);
  }

  /** Gives the missing bytes up and goes on with what is held. */
  #skipGap(flow: number, fromA: boolean, frame: number): void {
    const list = this.#pending.get(flow * 2 + (fromA ? 0 : 1));
    const first = list?.segments[0];
    if (first === undefined) return;
    const missing = (first.sequence - this.#flows.next(flow, fromA)) | 0;
    if (missing > 0) {
      this.#problems.add('tcp-gap', frame);
      this.#flows.setNext(flow, fromA, first.sequence);
      this.#handler.streamGap(flow, fromA, missing);
    }
    this.#drain(flow, fromA, first.timeUs, frame);
  }

  /** Hands on held segments whose turn has come. */
  #drain(flow: number, fromA: boolean, timeUs: number, frame: number): void {
    const key = flow * 2 + (fromA ? 0 : 1);
    const list = this.#pending.get(key);
    if (list === undefined) return;
    const flows = this.#flows;
    for (;;) {
      const first = list.segments[0];
      if (first === undefined) break;
      const ahead = (first.sequence - flows.next(flow, fromA)) | 0;
      if (ahead > 0) {
        if (timeUs - first.timeUs > GAP_WAIT_US) {
          this.#skipGap(flow, fromA, frame);
          return;
        }
        break;
      }
      list.segments.shift();
      list.bytes -= first.bytes.length;
      this.#pendingBytes -= first.bytes.length;
      if (-ahead >= first.bytes.length) continue;
      if (ahead < 0) this.#problems.add('tcp-overlap', frame);
      flows.setNext(flow, fromA, (flows.next(flow, fromA) + first.bytes.length + ahead) | 0);
      this.#handOn(flow, fromA, first, -ahead);
    }
    if (list.segments.length === 0) this.#pending.delete(key);
  }

  /** What was held belongs to its own frame and time, not to the frame that let it go. */
  #handOn(flow: number, fromA: boolean, held: Pending, offset: number): void {
    const place = this.#place;
    const { timeUs, frameNumber, frameStart } = place;
    place.timeUs = held.timeUs;
    place.frameNumber = held.frame;
    place.frameStart = -held.from;
    this.#handler.stream(flow, fromA, held.bytes, offset, held.bytes.length);
    place.timeUs = timeUs;
    place.frameNumber = frameNumber;
    place.frameStart = frameStart;
  }

  #synchronise(flow: number, fromA: boolean, sequence: number, acknowledged: number, flags: number): void {
    const flows = this.#flows;
    const known = fromA ? FLOW_KNOWN_A : FLOW_KNOWN_B;
    const isAnswer = (flags & TCP_ACK) !== 0;
    const clientIsA = isAnswer ? !fromA : fromA;
    const before = flows.flags(flow);
    const first = (sequence + 1) | 0;
    const repeated = (before & known) !== 0 && flows.next(flow, fromA) === first;
    if (repeated && (before & FLOW_DATA) === 0) {
      flows.setFlags(flow, before | FLOW_ROLES | (clientIsA ? FLOW_CLIENT_A : 0));
      return;
    }
    const over = (before & (FLOW_CLOSED | FLOW_FIN_A | FLOW_FIN_B)) !== 0;
    if ((before & FLOW_DATA) !== 0 && !over && this.#amid(flow, clientIsA, isAnswer, first, acknowledged)) return;
    if (!isAnswer && (before & (FLOW_DATA | FLOW_CLOSED)) !== 0) {
      this.evict(flow);
      flows.setFlags(flow, 0);
    }
    let after = flows.flags(flow) | known | FLOW_ROLES;
    after = clientIsA ? after | FLOW_CLIENT_A : after & ~FLOW_CLIENT_A;
    flows.setNext(flow, fromA, first);
    if (isAnswer) {
      const otherKnown = fromA ? FLOW_KNOWN_B : FLOW_KNOWN_A;
      if ((after & otherKnown) === 0) {
        flows.setNext(flow, !fromA, acknowledged);
        after |= otherKnown;
      }
    }
    flows.setFlags(flow, after);
    this.#handler.streamRestart(flow, clientIsA);
  }

  /**
   * A SYN or its answer while data flows. True where the running connection stands: the answer to data in its own SYN (RFC 7413), or a
   * handshake that nobody has confirmed; `first` is where the sender would begin. The answer to a SYN confirms it.
   */
  #amid(flow: number, clientIsA: boolean, isAnswer: boolean, first: number, acknowledged: number): boolean {
    const flows = this.#flows;
    const before = flows.flags(flow);
    const server = clientIsA ? FLOW_KNOWN_B : FLOW_KNOWN_A;
    if (isAnswer && (before & server) === 0 && (before & FLOW_ROLES) !== 0) {
      flows.setNext(flow, !clientIsA, first);
      flows.setFlags(flow, before | server);
      return true;
    }
    // The same handshake once more.
    if (flows.next(flow, isAnswer !== clientIsA) === first) return true;
    const opening = this.#openings.get(flow);
    if (isAnswer && opening?.clientIsA === clientIsA && opening.clientNext === acknowledged) {
      this.#begin(flow, { clientIsA, clientNext: acknowledged, serverNext: first });
      return true;
    }
    this.#problems.add('tcp-syn-in-connection', this.#place.frameNumber);
    if (this.#openings.size >= TCP_OPENINGS_MAX) {
      const oldest = this.#openings.keys().next();
      if (oldest.done !== true) this.#openings.delete(oldest.value);
    }
    this.#openings.set(flow, {
      clientIsA,
      clientNext: isAnswer ? acknowledged : first,
      serverNext: isAnswer ? first : Number.NaN,
    });
    return true;
  }

  /** Data where an unconfirmed handshake would begin: the new connection is in use. */
  #confirm(flow: number, fromA: boolean, sequence: number): void {
    const opening = this.#openings.get(flow);
    if (opening === undefined) return;
    if (sequence === (fromA === opening.clientIsA ? opening.clientNext : opening.serverNext))
      this.#begin(flow, opening);
  }

  /** The same addresses and ports begin another connection. */
  #begin(flow: number, { clientIsA, clientNext, serverNext }: Opening): void {
    const flows = this.#flows;
    this.evict(flow);
    let flags = FLOW_ROLES | (clientIsA ? FLOW_CLIENT_A | FLOW_KNOWN_A : FLOW_KNOWN_B);
    flows.setNext(flow, clientIsA, clientNext);
    if (!Number.isNaN(serverNext)) {
      flows.setNext(flow, !clientIsA, serverNext);
      flags |= clientIsA ? FLOW_KNOWN_B : FLOW_KNOWN_A;
    }
    flows.setFlags(flow, flags);
    this.#handler.streamRestart(flow, clientIsA);
  }

  #remember(flow: number, fromA: boolean, sequence: number, length: number, hash: number): void {
    const direction = flow * 2 + (fromA ? 0 : 1);
    if ((direction + 1) * HISTORY * 3 > this.#history.length) this.#growHistory(direction);
    const { ints } = this.#flows;
    const row = (flow << ROW_SHIFT) + ROW_HISTORY;
    const shift = fromA ? 0 : 4;
    const entry = (ints[row]! >> shift) & (HISTORY - 1);
    const base = (direction * HISTORY + entry) * 3;
    const history = this.#history;
    history[base] = sequence;
    history[base + 1] = length;
    history[base + 2] = hash;
    ints[row] = (ints[row]! & ~(15 << shift)) | (((entry + 1) & (HISTORY - 1)) << shift);
  }

  /** Does a retransmission say the same as what was seen first? */
  #compare(flow: number, fromA: boolean, sequence: number, length: number, hash: number, frame: number): void {
    const direction = flow * 2 + (fromA ? 0 : 1);
    if ((direction + 1) * HISTORY * 3 > this.#history.length || hash === 0) return;
    for (let entry = 0; entry < HISTORY; entry++) {
      const base = (direction * HISTORY + entry) * 3;
      if (this.#history[base] !== sequence || this.#history[base + 2] === 0) continue;
      if (this.#history[base + 1] !== length) continue;
      if (this.#history[base + 2] !== hash) this.#problems.add('tcp-retransmission-differs', frame);
      return;
    }
  }

  #growHistory(direction: number): void {
    let capacity = this.#history.length / (HISTORY * 3);
    while (capacity <= direction) capacity *= 2;
    const history = new Int32Array(capacity * HISTORY * 3);
    history.set(this.#history);
    this.#history = history;
  }
}
