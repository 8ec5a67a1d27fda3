/**
 * One DNP3 conversation: link frames in, application fragments out; pairing of requests, responses and confirmations.
 * Every link frame goes to `sink.part`; a frame that ends a fragment gives the fragment's message, a frame without user data its own.
 */
import { DIRECTION_EVENT, DIRECTION_REQUEST, DIRECTION_RESPONSE, type MessageView } from '../message-view.ts';
import { NO_REQUEST, OpenRequests } from '../open-requests.ts';
import type { MessageSink, ProtocolSession } from '../protocol.ts';
import { u16le } from '../values.ts';
import { fragment } from './fragment.ts';
import {
  CRC_BAD,
  copyUserData,
  crcFits,
  frameLength,
  LENGTH_MIN,
  LINK_HEADER_BYTES,
  startsFrame,
  USER_BYTES_MAX,
} from './framing.ts';
import { CONTROL, isResponse, REQUEST_HEADER_BYTES, readFragment } from './message.ts';
import {
  BROADCAST_FIRST,
  FC,
  LINK_FUNCTION_BASE,
  LINK_JUNK,
  LINK_PRIMARY,
  LINK_SECONDARY,
  LINK_STATUS_BASE,
  UNANSWERED,
} from './names.ts';
import { Assemblies, type Assembly, OUT_OF_SEQUENCE, REPEATED, TAKEN, TOO_LONG, TRANSPORT } from './transport.ts';

/** Link control octet (9.2.4.1.3). */
const DIR = 0x80;
const PRM = 0x40;
const FUNCTION = 0x0f;

/** What an open entry waits for. */
const WAITS_RESPONSE = 0;
const WAITS_CONFIRM = 1;
const WAITS_UNSOLICITED_CONFIRM = 2;
const WAITS_LINK = 3;

/** User octets of the frame being read: one for all sessions, dissection is synchronous. */
const scratch = new Uint8Array(USER_BYTES_MAX);

export class Dnp3Session implements ProtocolSession {
  readonly #open = new OpenRequests();
  readonly #assemblies = new Assemblies();
  // Link header of the frame being read.
  #source = 0;
  #destination = 0;
  #fromMaster = true;

  frameLength(bytes: Uint8Array, offset: number, end: number): number {
    return frameLength(bytes, offset, end);
  }

  dissect(view: MessageView, sink: MessageSink): void {
    const { bytes, offset, end } = view;
    if (!startsFrame(bytes, offset, end) || end - offset < LINK_HEADER_BYTES) {
      view.functionCode = LINK_JUNK;
      return giveUp(view, sink, 'dnp3-junk', offset);
    }
    const control = bytes[offset + 3]!;
    this.#destination = u16le(bytes, offset + 4);
    this.#source = u16le(bytes, offset + 6);
    this.#fromMaster = (control & DIR) !== 0;
    fragment.clear();
    fragment.source = this.#source;
    fragment.destination = this.#destination;
    fragment.fromMaster = this.#fromMaster;
    fragment.whole = false;
    view.direction = this.#fromMaster ? DIRECTION_REQUEST : DIRECTION_RESPONSE;
    view.unit = this.#fromMaster ? this.#destination : this.#source;
    view.functionCode = LINK_FUNCTION_BASE + (control & (PRM | FUNCTION));
    sink.part?.(view);
    if (!crcFits(bytes, offset, offset + 8)) return giveUp(view, sink, 'dnp3-header-crc', offset);
    const link = control & FUNCTION;
    const primary = (control & PRM) !== 0;
    const userData = primary && (link === LINK_PRIMARY.confirmedUserData || link === LINK_PRIMARY.unconfirmedUserData);
    if (!userData) return this.#linkOnly(view, sink, primary, link);
    if (link === LINK_PRIMARY.confirmedUserData) this.#openRequest(view, this.#linkKey(view.unit), WAITS_LINK);
    this.#userData(view, sink);
  }

  gap(): void {
    this.#assemblies.abandon(() => true);
  }

  /** Reset, test, status: a message of the link layer, paired where it answers. */
  #linkOnly(view: MessageView, sink: MessageSink, primary: boolean, link: number): void {
    const { bytes, offset } = view;
    if (bytes[offset + 2]! > LENGTH_MIN) view.problem('dnp3-link-user-data', offset + LINK_HEADER_BYTES);
    const key = this.#linkKey(view.unit);
    if (primary) {
      // The primary station may be the outstation; its question is a request all the same.
      view.direction = DIRECTION_REQUEST;
      if (link !== LINK_PRIMARY.requestLinkStatus && link > LINK_PRIMARY.testLink) view.understood = false;
      else this.#openRequest(view, key, WAITS_LINK);
    } else {
      view.direction = DIRECTION_RESPONSE;
      this.#pair(view, key * 4 + WAITS_LINK);
      if (link === LINK_SECONDARY.nack || link >= LINK_SECONDARY.notFunctioning) view.status = LINK_STATUS_BASE + link;
      else if (link !== LINK_SECONDARY.ack && link !== LINK_SECONDARY.linkStatus) view.understood = false;
    }
    sink.message(view);
  }

  /** Confirmed or unconfirmed user data: one transport segment. */
  #userData(view: MessageView, sink: MessageSink): void {
    const { bytes, offset } = view;
    const size = copyUserData(bytes, offset, scratch, 0);
    if (size === CRC_BAD) return giveUp(view, sink, 'dnp3-crc', offset + LINK_HEADER_BYTES);
    if (size === 0) return giveUp(view, sink, 'dnp3-no-transport-octet', offset);
    const transport = scratch[0]!;
    const sequence = transport & TRANSPORT.sequence;
    const key = this.#source * 0x10000 + this.#destination;
    const first = (transport & TRANSPORT.fir) !== 0;
    const last = (transport & TRANSPORT.fin) !== 0;
    if (first && last) {
      const unfinished = this.#assemblies.find(key);
      if (unfinished?.open) {
        unfinished.open = false;
        view.problem('dnp3-fragment-unfinished', offset);
      }
      return this.#fragment(view, sink, scratch, 1, size);
    }
    const assembly = this.#assemblies.take(key);
    if (first) return this.#begin(view, sink, assembly, size, sequence);
    const result = assembly.add(scratch, 1, size, sequence);
    if (result === OUT_OF_SEQUENCE) return giveUp(view, sink, 'dnp3-transport-sequence', offset);
    if (result === TOO_LONG) return giveUp(view, sink, 'dnp3-fragment-too-long', offset);
    if (result === REPEATED) return giveUp(view, sink, 'dnp3-segment-repeated', offset);
    if (!last || result !== TAKEN) return;
    assembly.open = false;
    view.firstFrame = assembly.firstFrame;
    view.frameFrom = assembly.frameFrom;
    this.#fragment(view, sink, assembly.bytes, 0, assembly.length);
  }

  #begin(view: MessageView, sink: MessageSink, assembly: Assembly, size: number, sequence: number): void {
    const unfinished = assembly.open;
    assembly.begin(scratch, 1, size, sequence);
    assembly.firstFrame = view.firstFrame;
    assembly.frameFrom = view.frameFrom;
    // The fragment that never ended leaves a message behind, so that it is not lost unseen.
    if (unfinished) giveUp(view, sink, 'dnp3-fragment-unfinished', view.offset);
  }

  /** A whole application fragment, without CRCs, in `bytes`. */
  #fragment(view: MessageView, sink: MessageSink, bytes: Uint8Array, at: number, end: number): void {
    if (end - at < REQUEST_HEADER_BYTES) return giveUp(view, sink, 'dnp3-short', view.offset);
    view.bytes = bytes;
    view.offset = at;
    view.end = end;
    fragment.whole = true;
    const code = bytes[at + 1]!;
    const response = isResponse(code);
    // A function against the DIR bit is said; the function decides, since it says what the sender wants.
    if (response === this.#fromMaster) view.problem('dnp3-direction', at);
    if (code !== FC.confirm) view.unit = response ? this.#source : this.#destination;
    view.direction = response ? DIRECTION_RESPONSE : DIRECTION_REQUEST;
    if (code === FC.unsolicitedResponse) view.direction = DIRECTION_EVENT;
    readFragment(view, at, end);
    this.#pairFragment(view, code, bytes[at]!);
    sink.message(view);
  }

  /** 4.3 (message sequences): a response repeats the sequence number of its request, a confirmation that of its response. */
  #pairFragment(view: MessageView, code: number, control: number): void {
    const sequence = control & CONTROL.sequence;
    const unsolicited = (control & CONTROL.uns) !== 0;
    if (code === FC.confirm) {
      const waits = unsolicited ? WAITS_UNSOLICITED_CONFIRM : WAITS_CONFIRM;
      this.#pair(view, this.#key(view.unit, sequence) * 4 + waits);
      return;
    }
    const key = this.#key(view.unit, sequence);
    if (code === FC.unsolicitedResponse) {
      if ((control & CONTROL.con) !== 0) this.#openRequest(view, key, WAITS_UNSOLICITED_CONFIRM);
      return;
    }
    if (!isResponse(code)) {
      if (!UNANSWERED.has(code) && this.#destination < BROADCAST_FIRST) this.#openRequest(view, key, WAITS_RESPONSE);
      return;
    }
    this.#pair(view, key * 4 + WAITS_RESPONSE);
    if ((control & CONTROL.con) !== 0) this.#openRequest(view, key, WAITS_CONFIRM);
    // Fragments after the first count on (4.2.2.3.5); they answer the same request.
    if ((control & CONTROL.fin) === 0 && view.pairedFrame !== 0) {
      const next = this.#key(view.unit, (sequence + 1) & CONTROL.sequence) * 4 + WAITS_RESPONSE;
      if (this.#open.open(next, view.pairedFrame, view.pairedTimeUs)) view.problem('open-requests-full', view.offset);
    }
  }

  #openRequest(view: MessageView, key: number, waits: number): void {
    const full = key * 4 + waits;
    // A repeated request takes the place of the first: the answer belongs to the latest.
    const slot = this.#open.find(full);
    if (slot !== NO_REQUEST) this.#open.close(slot);
    if (this.#open.open(full, view.frame, view.timeUs)) view.problem('open-requests-full', view.offset);
  }

  #pair(view: MessageView, full: number): void {
    const slot = this.#open.find(full);
    if (slot === NO_REQUEST) return;
    view.pairedFrame = this.#open.frameOf(slot);
    view.pairedTimeUs = this.#open.timeUsOf(slot);
    this.#open.close(slot);
  }

  /** Both stations and a sequence number. */
  #key(outstation: number, sequence: number): number {
    const master = this.#source === outstation ? this.#destination : this.#source;
    return (outstation * 0x10000 + master) * 16 + sequence;
  }

  /** The link has no sequence number; either side may ask. */
  #linkKey(outstation: number): number {
    return this.#key(outstation, 0);
  }
}

/** Emits the link frame itself with the reason why no fragment came of it. */
function giveUp(view: MessageView, sink: MessageSink, problem: string, offset: number): void {
  view.understood = false;
  view.problem(problem, offset);
  sink.message(view);
}
