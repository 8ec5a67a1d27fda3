/** One S7-plus conversation: transport, fragments, pairing by sequence number, and the point where it turns to TLS. */
import { S7PLUS_MESSAGE_BYTES_MAX } from '../../../limits.ts';
import { DIRECTION_EVENT, DIRECTION_REQUEST, DIRECTION_RESPONSE, type MessageView } from '../message-view.ts';
import { NO_REQUEST, OpenRequests } from '../open-requests.ts';
import type { MessageSink, ProtocolSession } from '../protocol.ts';
import { CotpConnection, NOTHING, TSDU } from '../tpkt/connection.ts';
import { tpktLength } from '../tpkt/cotp.ts';
import { u16, u32 } from '../values.ts';
import { dataStart, HEADER_BYTES, looksLikeTls, opcodeAt } from './framing.ts';
import { readNotification, readRequest, readResponse } from './message.ts';
import { FRAGMENT, KEEP_ALIVE, NOTIFICATION, OPCODE, PROTOCOL_ID, SYSTEM_EVENT, TLS_BASE, VERSION } from './names.ts';
import { Wanted } from './wanted.ts';

/** Opcode, reserved 2, function 2, reserved 2, sequence 2. [bytes] */
const COMMON_BYTES = 9;
/** The same, session 4, transport flags 1. [bytes] */
const REQUEST_BYTES = COMMON_BYTES + 5;
/** Transport flag of requests that nobody answers; seen so in captures (raising the credit of a subscription). */
const NO_ANSWER = 0x40;

/** A message in fragments, in one direction. */
class Fragments {
  bytes = new Uint8Array(2048);
  length = 0;
  firstFrame = 0;
  frameFrom = 0;
  open = false;
  tooLong = false;

  append(bytes: Uint8Array, at: number, end: number): void {
    if (this.length + end - at > S7PLUS_MESSAGE_BYTES_MAX) {
      this.tooLong = true;
      return;
    }
    const needed = this.length + end - at;
    if (needed > this.bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    for (let i = at; i < end; i++) this.bytes[this.length++] = bytes[i]!;
  }
}

export class S7plusSession implements ProtocolSession {
  readonly #cotp = new CotpConnection();
  readonly #open = new OpenRequests();
  readonly #wanted = new Wanted();
  #fromClient: Fragments | null = null;
  #fromServer: Fragments | null = null;
  #encrypted = false;

  frameLength(bytes: Uint8Array, offset: number, end: number): number {
    return tpktLength(bytes, offset, end);
  }

  dissect(view: MessageView, sink: MessageSink): void {
    const kind = this.#cotp.take(view);
    if (kind === NOTHING) return;
    if (kind !== TSDU) return sink.message(view);
    const at = view.offset + this.#cotp.headerBytes;
    const { bytes, end } = view;
    if (bytes[at] === PROTOCOL_ID && end - at >= HEADER_BYTES) return this.#fragment(view, sink, at);
    if (looksLikeTls(bytes, at, end) || (this.#encrypted && bytes[at] !== PROTOCOL_ID)) this.#tls(view, at);
    else {
      view.functionCode = FRAGMENT;
      view.understood = false;
      view.problem('s7plus-protocol-id', at);
    }
    sink.message(view);
  }

  gap(fromClient: boolean): void {
    this.#cotp.gap(fromClient);
    const fragments = fromClient ? this.#fromClient : this.#fromServer;
    if (fragments !== null) fragments.open = false;
  }

  /** After InitSSL the conversation goes on in TLS records: who, when and how much is all that shows. */
  #tls(view: MessageView, at: number): void {
    const type = view.bytes[at]!;
    view.functionCode = looksLikeTls(view.bytes, at, view.end) ? TLS_BASE + type : TLS_BASE;
    view.understood = false;
    view.detail = view.end - at;
    if (this.#encrypted) return;
    this.#encrypted = true;
    view.fact('server', 'encryption', 'TLS');
    view.problem('s7plus-encrypted', at);
  }

  #fragment(view: MessageView, sink: MessageSink, at: number): void {
    const { bytes, end } = view;
    const version = bytes[at + 1]!;
    const stop = Math.min(at + HEADER_BYTES + u16(bytes, at + 2), end);
    if (at + HEADER_BYTES + u16(bytes, at + 2) > end) view.problem('s7plus-short', at + 2);
    if (version === VERSION.systemEvent || version === VERSION.keepAlive) {
      view.direction = DIRECTION_EVENT;
      view.functionCode = version === VERSION.keepAlive ? KEEP_ALIVE : SYSTEM_EVENT;
      sink.part?.(view);
      return sink.message(view);
    }
    const last = stop + HEADER_BYTES <= end && bytes[stop] === PROTOCOL_ID && u16(bytes, stop + 2) === 0;
    const data = dataStart(bytes, at, stop);
    const fragments = view.fromClient ? this.#fromClient : this.#fromServer;
    const opened = fragments?.open === true;
    view.functionCode = FRAGMENT;
    sink.part?.(view);
    // A continuation may begin with any octets, so one under way goes on until its trailer.
    if (last && !opened) return this.#message(view, sink, data, stop);
    this.#continue(view, sink, fragments ?? this.#newFragments(view.fromClient), data, stop, last);
  }

  #newFragments(fromClient: boolean): Fragments {
    const fragments = new Fragments();
    if (fromClient) this.#fromClient = fragments;
    else this.#fromServer = fragments;
    return fragments;
  }

  #continue(view: MessageView, sink: MessageSink, fragments: Fragments, at: number, end: number, last: boolean): void {
    if (!fragments.open) {
      fragments.open = true;
      fragments.tooLong = false;
      fragments.length = 0;
      fragments.firstFrame = view.firstFrame;
      fragments.frameFrom = view.frameFrom;
    }
    fragments.append(view.bytes, at, end);
    if (!last) return;
    fragments.open = false;
    view.bytes = fragments.bytes;
    view.offset = 0;
    view.end = fragments.length;
    view.firstFrame = fragments.firstFrame;
    view.frameFrom = fragments.frameFrom;
    if (fragments.tooLong) view.problem('s7plus-too-long', fragments.length);
    this.#message(view, sink, 0, fragments.length);
  }

  /** A whole message `at` … `end` of the view. */
  #message(view: MessageView, sink: MessageSink, at: number, end: number): void {
    const { bytes } = view;
    view.end = end;
    switch (opcodeAt(bytes, at, end)) {
      case OPCODE.request:
        this.#request(view, at, end);
        break;
      case OPCODE.response:
        this.#response(view, at);
        break;
      case OPCODE.notification:
        view.direction = DIRECTION_EVENT;
        view.functionCode = NOTIFICATION;
        readNotification(view, at + 1);
        break;
      default:
        view.understood = false;
        view.problem('s7plus-opcode', at);
    }
    sink.message(view);
  }

  #request(view: MessageView, at: number, end: number): void {
    const { bytes } = view;
    view.direction = DIRECTION_REQUEST;
    const code = u16(bytes, at + 3);
    view.functionCode = code;
    view.transaction = u16(bytes, at + 7);
    if (end - at < REQUEST_BYTES) return view.problem('s7plus-short', at);
    view.detail = u32(bytes, at + COMMON_BYTES);
    const first = this.#wanted.next;
    readRequest(view, code, at + REQUEST_BYTES, this.#wanted);
    if ((bytes[at + REQUEST_BYTES - 1]! & NO_ANSWER) !== 0) return;
    // A repeated number takes the place of the first: the answer belongs to the latest.
    const slot = this.#open.find(view.transaction);
    if (slot !== NO_REQUEST) this.#open.close(slot);
    const { frame, timeUs, functionCode } = view;
    if (this.#open.open(view.transaction, frame, timeUs, functionCode, first, this.#wanted.next, view.detail)) {
      view.problem('open-requests-full', at);
    }
  }

  #response(view: MessageView, at: number): void {
    const { bytes } = view;
    view.direction = DIRECTION_RESPONSE;
    const code = u16(bytes, at + 3);
    view.functionCode = code;
    view.transaction = u16(bytes, at + 7);
    let from = 0;
    let to = 0;
    const slot = this.#open.find(view.transaction);
    if (slot !== NO_REQUEST) {
      const asked = this.#open.numberOf(slot, 0);
      if ((asked & 0xffff) === code) {
        view.functionCode = asked;
        view.detail = this.#open.numberOf(slot, 3);
        view.pairedFrame = this.#open.frameOf(slot);
        view.pairedTimeUs = this.#open.timeUsOf(slot);
        from = this.#open.numberOf(slot, 1);
        to = this.#open.numberOf(slot, 2);
        if (!this.#wanted.holds(from)) to = from;
      } else view.problem('s7plus-reply-other-function', at);
      this.#open.close(slot);
    }
    readResponse(view, code, at + COMMON_BYTES + 1, this.#wanted, from, to);
  }
}
