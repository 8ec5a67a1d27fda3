/**
 * One BACnet conversation: link header, network header, APDU; segments put together; replies paired with requests by invoke id and
 * the devices behind the two ends. Both ends may ask, so the direction of a message comes from the kind of its APDU.
 */
import {
  DIRECTION_EVENT,
  DIRECTION_REQUEST,
  DIRECTION_RESPONSE,
  type MessageView,
  NO_SYMBOL,
} from '../message-view.ts';
import { NO_REQUEST, OpenRequests } from '../open-requests.ts';
import type { MessageSink, ProtocolSession } from '../protocol.ts';
import { u16 } from '../values.ts';
import { readAck, readError } from './answers.ts';
import { BVLC_TYPE, frameLength, LLC_BYTES } from './framing.ts';
import { type BvlcBody, readBvlc } from './link.ts';
import {
  ABORT_STATUS,
  APDU,
  APDU_BASE,
  BVLC_BASE,
  CONFIRMED,
  ERROR_STATUS,
  KNOWN_FUNCTIONS,
  NETWORK_BASE,
  REJECT_STATUS,
  UNCONFIRMED,
  UNCONFIRMED_BASE,
} from './names.ts';
import { readNetworkMessage } from './network.ts';
import { pdu } from './pdu.ts';
import { unitSymbol } from './points.ts';
import { Assemblies, type Assembly, OUT_OF_SEQUENCE, REPEATED, TAKEN } from './segments.ts';
import { readConfirmed, readUnconfirmed } from './services.ts';

/** Bits of the first octet of confirmed requests and complex acknowledgements (20.1.2); of an abort: sent by the server. */
const SEGMENTED = 0x08;
const MORE = 0x04;
const FROM_SERVER = 0x01;

/** Key of the one BVLC request that waits for its result: above every invoke id with its units. */
const BVLC_KEY = 2 ** 51;

export class BacnetSession implements ProtocolSession {
  readonly #open = new OpenRequests();
  readonly #assemblies = new Assemblies();
  // Devices behind the two ends of the PDU being read.
  #target = NO_SYMBOL;
  #source = NO_SYMBOL;

  frameLength(bytes: Uint8Array, offset: number, end: number): number {
    return frameLength(bytes, offset, end);
  }

  dissect(view: MessageView, sink: MessageSink): void {
    const { bytes, offset, end } = view;
    pdu.clear();
    pdu.bytes = bytes;
    if (bytes[offset] !== BVLC_TYPE) {
      pdu.llc = true;
      return this.#network(view, sink, offset + LLC_BYTES, end);
    }
    pdu.bvlc = bytes[offset + 1]!;
    view.functionCode = BVLC_BASE + pdu.bvlc;
    if (u16(bytes, offset + 2) !== end - offset) view.problem('bacnet-length', offset + 2);
    const body: BvlcBody = readBvlc(view, pdu.bvlc);
    if (body.npdu >= 0) return this.#network(view, sink, body.npdu, end);
    if (view.direction === DIRECTION_REQUEST) this.#remember(view, BVLC_KEY + (view.fromClient ? 1 : 0), 0);
    else if (view.direction === DIRECTION_RESPONSE) this.#pair(view, BVLC_KEY + (view.fromClient ? 0 : 1), true);
    sink.message(view);
  }

  gap(): void {
    this.#assemblies.abandon();
  }

  #network(view: MessageView, sink: MessageSink, at: number, end: number): void {
    const { npdu } = pdu;
    if (!npdu.read(view.bytes, at, end)) return giveUp(view, sink, 'bacnet-npdu', at);
    pdu.hasNpdu = true;
    this.#target = this.#unit(view, npdu.targetNetwork, npdu.targetAt, npdu.targetLength);
    this.#source = this.#unit(view, npdu.sourceNetwork, npdu.sourceAt, npdu.sourceLength);
    if (npdu.hops === 0) view.problem('bacnet-hops', at);
    if (npdu.messageType >= 0) {
      view.functionCode = NETWORK_BASE + npdu.messageType;
      readNetworkMessage(view, npdu.messageType, npdu.apdu, end);
      view.understood = KNOWN_FUNCTIONS.has(view.functionCode);
      return sink.message(view);
    }
    if (npdu.apdu >= end) return giveUp(view, sink, 'bacnet-apdu-short', npdu.apdu);
    this.#apdu(view, sink, npdu.apdu, end);
  }

  /** Symbol of the device behind a router; a broadcast has none. */
  #unit(view: MessageView, network: number, at: number, length: number): number {
    return network < 0 || length === 0 ? NO_SYMBOL : unitSymbol(view, view.bytes, network, at, length);
  }

  #apdu(view: MessageView, sink: MessageSink, at: number, end: number): void {
    const { bytes } = view;
    const first = bytes[at]!;
    pdu.type = first >> 4;
    const least = pdu.type === APDU.confirmedRequest ? 4 : pdu.type === APDU.unconfirmedRequest ? 2 : 3;
    if (end - at < least) return giveUp(view, sink, 'bacnet-apdu-short', at);
    switch (pdu.type) {
      case APDU.confirmedRequest:
        pdu.invoke = bytes[at + 2]!;
        return this.#service(view, sink, at + 3, end, first);
      case APDU.complexAck:
        pdu.invoke = bytes[at + 1]!;
        return this.#service(view, sink, at + 2, end, first);
      case APDU.unconfirmedRequest:
        return this.#unconfirmed(view, sink, at, end);
      case APDU.simpleAck:
      case APDU.error:
        return this.#shortAnswer(view, sink, at, end);
      case APDU.segmentAck:
        return this.#segmentAck(view, sink, at);
      case APDU.reject:
      case APDU.abort:
        return this.#broken(view, sink, at, first);
      default:
        view.understood = false;
        return giveUp(view, sink, 'bacnet-apdu-type', at);
    }
  }

  /** Confirmed request or complex acknowledgement: the rest of its header from `at`, whole or a segment. */
  #service(view: MessageView, sink: MessageSink, at: number, end: number, first: number): void {
    const { bytes } = view;
    const request = pdu.type === APDU.confirmedRequest;
    pdu.segmented = (first & SEGMENTED) !== 0;
    const serviceAt = pdu.segmented ? at + 2 : at;
    if (serviceAt >= end) return giveUp(view, sink, 'bacnet-apdu-short', at);
    pdu.service = bytes[serviceAt]!;
    view.transaction = pdu.invoke;
    view.functionCode = pdu.service;
    view.direction = request ? (tells(pdu.service) ? DIRECTION_EVENT : DIRECTION_REQUEST) : DIRECTION_RESPONSE;
    view.unitSymbol = this.#unitOf(request && !tells(pdu.service));
    if (!pdu.segmented) return this.#whole(view, sink, serviceAt + 1, end);
    sink.part?.(view);
    this.#segment(view, sink, serviceAt + 1, end, bytes[at]!, (first & MORE) !== 0);
  }

  #segment(view: MessageView, sink: MessageSink, from: number, to: number, sequence: number, more: boolean): void {
    const { bytes } = view;
    const key =
      this.#key(view.fromClient, this.#target, this.#source) * 2 + (pdu.type === APDU.confirmedRequest ? 1 : 0);
    const assembly = this.#assemblies.take(key);
    if (sequence === 0 && !assembly.goesOnWith(0)) {
      if (assembly.open && !assembly.startsWith(bytes, from, to)) view.problem('bacnet-segments-unfinished', from);
      assembly.begin(bytes, from, to);
      assembly.firstFrame = view.firstFrame;
      assembly.frameFrom = view.frameFrom;
      if (view.problemCount > 0) sink.message(view);
      if (!more) this.#assembled(view, sink, assembly);
      return;
    }
    const result = assembly.add(bytes, from, to, sequence);
    if (result === REPEATED) return giveUp(view, sink, 'bacnet-segment-repeated', from);
    if (result === OUT_OF_SEQUENCE) return giveUp(view, sink, 'bacnet-segment-sequence', from);
    if (result !== TAKEN) return giveUp(view, sink, 'bacnet-apdu-too-long', from);
    if (!more) this.#assembled(view, sink, assembly);
  }

  #assembled(view: MessageView, sink: MessageSink, assembly: Assembly): void {
    assembly.open = false;
    view.firstFrame = assembly.firstFrame;
    view.frameFrom = assembly.frameFrom;
    view.bytes = assembly.bytes;
    view.offset = 0;
    view.end = assembly.length;
    this.#whole(view, sink, 0, assembly.length);
  }

  /** A service with all of its parameters, `at` … `end`. */
  #whole(view: MessageView, sink: MessageSink, at: number, end: number): void {
    const { service } = pdu;
    if (pdu.type === APDU.complexAck) {
      this.#pair(view, this.#key(!view.fromClient, this.#source, this.#target), true);
      if (view.pairedFrame !== 0 && view.functionCode % 0x10000 !== service) {
        view.problem('bacnet-reply-other-service', at);
        view.functionCode = service;
      }
      readAck(view, service, at, end);
    } else {
      readConfirmed(view, service, at, end);
      this.#remember(view, this.#key(view.fromClient, this.#target, this.#source), pdu.object);
    }
    if (!KNOWN_FUNCTIONS.has(service)) view.understood = false;
    sink.message(view);
  }

  #unconfirmed(view: MessageView, sink: MessageSink, at: number, end: number): void {
    pdu.service = view.bytes[at + 1]!;
    view.functionCode = UNCONFIRMED_BASE + pdu.service;
    const announces = announcement(pdu.service);
    view.direction = announces ? DIRECTION_EVENT : DIRECTION_REQUEST;
    view.unitSymbol = this.#unitOf(!announces);
    readUnconfirmed(view, pdu.service, at + 2, end);
    if (!KNOWN_FUNCTIONS.has(view.functionCode)) view.understood = false;
    sink.message(view);
  }

  /** Simple acknowledgement and error: type, invoke id, service, and of an error its class and code. */
  #shortAnswer(view: MessageView, sink: MessageSink, at: number, end: number): void {
    pdu.invoke = view.bytes[at + 1]!;
    pdu.service = view.bytes[at + 2]!;
    view.transaction = pdu.invoke;
    view.functionCode = pdu.service;
    view.direction = DIRECTION_RESPONSE;
    view.unitSymbol = this.#source;
    this.#pair(view, this.#key(!view.fromClient, this.#source, this.#target), true);
    if (view.pairedFrame !== 0 && view.functionCode % 0x10000 !== pdu.service) {
      view.problem('bacnet-reply-other-service', at);
      view.functionCode = pdu.service;
    }
    if (pdu.type === APDU.error) {
      if (!readError(view, at + 3, end)) view.problem('bacnet-body', at + 3);
      view.status = errorStatus();
    }
    if (!KNOWN_FUNCTIONS.has(pdu.service)) view.understood = false;
    sink.message(view);
  }

  #segmentAck(view: MessageView, sink: MessageSink, at: number): void {
    pdu.invoke = view.bytes[at + 1]!;
    view.transaction = pdu.invoke;
    view.functionCode = APDU_BASE + APDU.segmentAck;
    const fromServer = (view.bytes[at]! & FROM_SERVER) !== 0;
    view.direction = DIRECTION_EVENT;
    view.unitSymbol = this.#unitOf(!fromServer);
    sink.message(view);
  }

  /** Reject (of a request) and abort (by either side): invoke id and reason; the service is that of the request. */
  #broken(view: MessageView, sink: MessageSink, at: number, first: number): void {
    const reason = view.bytes[at + 2]!;
    pdu.invoke = view.bytes[at + 1]!;
    pdu.reason = reason;
    view.transaction = pdu.invoke;
    view.functionCode = APDU_BASE + pdu.type;
    view.status = (pdu.type === APDU.reject ? REJECT_STATUS : ABORT_STATUS) + reason;
    if (pdu.type === APDU.abort && (first & FROM_SERVER) === 0) {
      view.direction = DIRECTION_EVENT;
      view.unitSymbol = this.#target;
      this.#pair(view, this.#key(view.fromClient, this.#target, this.#source), false);
    } else {
      view.direction = DIRECTION_RESPONSE;
      view.unitSymbol = this.#source;
      this.#pair(view, this.#key(!view.fromClient, this.#source, this.#target), true);
    }
    sink.message(view);
  }

  /** The device a message is about: the one asked, or the one that speaks. */
  #unitOf(asks: boolean): number {
    return asks ? this.#target : this.#source;
  }

  /** Invoke ids count per requesting and answering device (5.4.1). */
  #key(requesterIsClient: boolean, server: number, client: number): number {
    return pdu.invoke + (requesterIsClient ? 256 : 0) + 512 * (server + 1) + 2 ** 30 * (client + 1);
  }

  #remember(view: MessageView, key: number, object: number): void {
    // A frame on Ethernet is a conversation of one direction: its answer comes in another one and finds nothing here.
    if (pdu.llc) return;
    if (this.#open.open(key, view.frame, view.timeUs, view.functionCode, object)) {
      view.problem('open-requests-full', view.offset);
    }
  }

  /** Finds the request of an answer; `takesFunction`: the answer's function is the request's, with what it asked for. */
  #pair(view: MessageView, key: number, takesFunction: boolean): void {
    const slot = this.#open.find(key);
    if (slot === NO_REQUEST) return;
    view.pairedFrame = this.#open.frameOf(slot);
    view.pairedTimeUs = this.#open.timeUsOf(slot);
    if (takesFunction && key < BVLC_KEY) {
      view.functionCode = this.#open.numberOf(slot, 0);
      pdu.object = this.#open.numberOf(slot, 1);
    }
    this.#open.close(slot);
  }
}

/** Status of the error just read; class or code beyond the standard's range stay a number. */
function errorStatus(): number {
  if (pdu.errorClass < 0 || pdu.errorCode < 0) return ERROR_STATUS;
  return ERROR_STATUS * ((pdu.errorClass & 0xff) + 1) + (pdu.errorCode & 0xffff);
}

/** Confirmed services by which a device tells of itself. */
function tells(service: number): boolean {
  return (
    service === CONFIRMED.covNotification ||
    service === CONFIRMED.eventNotification ||
    service === CONFIRMED.covNotificationMultiple
  );
}

/** Unconfirmed services by which a device tells of itself. */
function announcement(service: number): boolean {
  switch (service) {
    case UNCONFIRMED.iAm:
    case UNCONFIRMED.iHave:
    case UNCONFIRMED.covNotification:
    case UNCONFIRMED.covNotificationMultiple:
    case UNCONFIRMED.eventNotification:
    case UNCONFIRMED.whoAmI:
      return true;
    default:
      return false;
  }
}

function giveUp(view: MessageView, sink: MessageSink, kind: string, at: number): void {
  view.problem(kind, at);
  sink.message(view);
}
