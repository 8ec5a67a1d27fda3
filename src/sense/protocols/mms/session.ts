/** One MMS conversation: transport, association, pairing of requests and answers by invoke id. Both sides may ask (TASE.2). */
import { Element, objectIdText, unsignedAt } from '../asn1/ber.ts';
import {
  DIRECTION_EVENT,
  DIRECTION_REQUEST,
  DIRECTION_RESPONSE,
  type MessageView,
  NO_SYMBOL,
} from '../message-view.ts';
import { NO_REQUEST } from '../open-requests.ts';
import type { MessageSink, ProtocolSession } from '../protocol.ts';
import { CotpConnection, NOTHING, TSDU } from '../tpkt/connection.ts';
import { tpktLength } from '../tpkt/cotp.ts';
import { ACSE, Envelope, NOWHERE, nextValue, readEnvelope } from './framing.ts';
import {
  invokeAt,
  readAnswer,
  readConfirmed,
  readRefused,
  readReject,
  readRequest,
  readServiceError,
  readUnconfirmed,
} from './message.ts';
import {
  ASSOCIATION,
  ASSOCIATION_BASE,
  isKnown,
  PDU,
  PDU_FUNCTION_BASE,
  SERVICE,
  SESSION_FUNCTION_BASE,
  SPDU,
} from './names.ts';
import { type Asked, NO_PDU, pdu } from './pdu.ts';
import { MmsState } from './state.ts';

/** Keys of open requests beside invoke ids (unsigned 32): the association itself. */
const INITIATE_KEY = 0x200000000;
const CONCLUDE_KEY = 0x200000002;
const FINISH_KEY = 0x200000004;
const CANCEL_KEYS = 0x300000000;
/** Titles in ACSE APDUs: called and calling (or responding) AP title; mechanism of authentication, its value. */
const AP_TITLE = { called: 0xa2, calling: 0xa6, responding: 0xa4 } as const;
const MECHANISM = 0x8b;
const AUTHENTICATION = 0xac;
const RESULT = 0xa2;

/** Shared by all sessions: dissection is synchronous. */
const envelope = new Envelope();
const element = new Element();
const asked: Asked = { from: 0, to: 0, list: NO_SYMBOL };

export class MmsSession implements ProtocolSession {
  readonly #cotp = new CotpConnection();
  readonly #state = new MmsState();

  frameLength(bytes: Uint8Array, offset: number, end: number): number {
    return tpktLength(bytes, offset, end);
  }

  dissect(view: MessageView, sink: MessageSink): void {
    const kind = this.#cotp.take(view);
    if (kind === NOTHING) return;
    if (kind !== TSDU) return sink.message(view);
    readEnvelope(view.bytes, view.offset + this.#cotp.headerBytes, view.end, envelope);
    for (;;) {
      this.#value(view);
      sink.message(view);
      if (!nextValue(view.bytes, envelope)) return;
      view.reset();
    }
  }

  gap(fromClient: boolean): void {
    this.#cotp.gap(fromClient);
  }

  #value(view: MessageView): void {
    if (envelope.problem !== '') view.problem(envelope.problem, envelope.problemAt);
    if (envelope.acse === ACSE.request || envelope.acse === ACSE.response) this.#titles(view);
    if (envelope.pduAt === NOWHERE) return this.#association(view);
    if (!element.read(view.bytes, envelope.pduAt, envelope.pduEnd)) {
      view.functionCode = PDU_FUNCTION_BASE;
      view.understood = false;
      return view.problem('ber-malformed', envelope.pduAt);
    }
    if (element.cut) view.problem('ber-truncated', envelope.pduAt);
    this.#pdu(view, view.bytes[envelope.pduAt]! & 0x1f, element.at, element.end);
  }

  #pdu(view: MessageView, type: number, at: number, end: number): void {
    pdu.clear(type);
    switch (type) {
      case PDU.confirmedRequest:
        return this.#request(view, at, end);
      case PDU.confirmedResponse:
      case PDU.confirmedError:
        return this.#answer(view, type, at, end);
      case PDU.unconfirmed:
        view.direction = DIRECTION_EVENT;
        return readUnconfirmed(view, this.#state, at, end);
      case PDU.reject:
        return this.#reject(view, at, end);
      case PDU.cancelRequest:
        view.direction = DIRECTION_REQUEST;
        view.functionCode = PDU_FUNCTION_BASE + PDU.cancelRequest;
        view.transaction = invokeAt(view.bytes, at, end);
        return this.#open(view, cancelKey(view, view.fromClient));
      case PDU.cancelResponse:
        view.transaction = invokeAt(view.bytes, at, end);
        return this.#answered(view, PDU.cancelRequest, cancelKey(view, !view.fromClient));
      case PDU.cancelError:
        view.transaction = Math.max(this.#error(view, at, end), 0);
        return this.#answered(view, PDU.cancelRequest, cancelKey(view, !view.fromClient));
      case PDU.initiateRequest:
      case PDU.concludeRequest:
        view.direction = DIRECTION_REQUEST;
        view.functionCode = PDU_FUNCTION_BASE + type;
        return this.#open(view, type === PDU.initiateRequest ? INITIATE_KEY : CONCLUDE_KEY);
      case PDU.initiateError:
      case PDU.concludeError:
        readServiceError(view, at, end);
        return type === PDU.initiateError
          ? this.#answered(view, PDU.initiateRequest, INITIATE_KEY)
          : this.#answered(view, PDU.concludeRequest, CONCLUDE_KEY);
      case PDU.initiateResponse:
        return this.#answered(view, PDU.initiateRequest, INITIATE_KEY);
      default:
        return this.#answered(view, PDU.concludeRequest, CONCLUDE_KEY);
    }
  }

  #request(view: MessageView, at: number, end: number): void {
    view.direction = DIRECTION_REQUEST;
    const invoke = readConfirmed(view, at, end);
    view.transaction = Math.max(invoke, 0);
    if (pdu.service < 0) view.functionCode = PDU_FUNCTION_BASE;
    else readRequest(view, this.#state);
    view.understood = isKnown(view.functionCode % 0x10000) && pdu.service >= 0;
    const { items } = this.#state;
    const first = items.next;
    for (let i = 0; i < pdu.itemCount; i++) items.add(pdu.items[i]!);
    if (invoke >= 0) this.#open(view, invokeKey(view, view.fromClient), first, items.next, pdu.list);
  }

  #open(view: MessageView, key: number, from = 0, to = 0, list: number = NO_SYMBOL): void {
    const { open } = this.#state;
    // A repeated invoke id takes the place of the first: the answer belongs to the latest.
    const slot = open.find(key);
    if (slot !== NO_REQUEST) open.close(slot);
    const gaveUp = open.open(key, view.frame, view.timeUs, view.functionCode, from, to, list);
    if (gaveUp) view.problem('open-requests-full', view.offset);
  }

  /** Pairs with the request of `key`; its slot, which the caller closes. */
  #pair(view: MessageView, key: number): number {
    const { open } = this.#state;
    const slot = open.find(key);
    if (slot === NO_REQUEST) return slot;
    view.pairedFrame = open.frameOf(slot);
    view.pairedTimeUs = open.timeUsOf(slot);
    return slot;
  }

  /** Answer to a PDU that is no confirmed service. */
  #answered(view: MessageView, type: number, key: number): void {
    view.direction = DIRECTION_RESPONSE;
    view.functionCode = PDU_FUNCTION_BASE + type;
    const slot = this.#pair(view, key);
    if (slot !== NO_REQUEST) this.#state.open.close(slot);
  }

  #answer(view: MessageView, type: number, at: number, end: number): void {
    view.direction = DIRECTION_RESPONSE;
    const failed = type === PDU.confirmedError;
    const invoke = failed ? this.#error(view, at, end) : readConfirmed(view, at, end);
    view.transaction = Math.max(invoke, 0);
    view.functionCode = pdu.service < 0 ? PDU_FUNCTION_BASE : pdu.service;
    const slot = this.#pair(view, invokeKey(view, !view.fromClient));
    const known = slot !== NO_REQUEST;
    if (known) this.#recall(slot);
    const request = known ? this.#state.open.numberOf(slot, 0) : -1;
    if (known && !failed && pdu.service >= 0 && request % 0x10000 !== pdu.service) {
      view.problem('mms-reply-other-service', at);
      asked.list = NO_SYMBOL;
      asked.to = asked.from;
    } else if (known) view.functionCode = request;
    if (known) this.#state.open.close(slot);
    view.understood = isKnown(view.functionCode % 0x10000);
    if (failed) readRefused(view, this.#state, known ? asked : null, request % 0x10000 === SERVICE.write);
    else readAnswer(view, this.#state, known ? asked : null);
  }

  /** What the request in `slot` asked for. */
  #recall(slot: number): void {
    const { open } = this.#state;
    asked.from = open.numberOf(slot, 1);
    asked.to = open.numberOf(slot, 2);
    asked.list = open.numberOf(slot, 3);
  }

  /** invokeID [0], modifierPosition [1], serviceError [2] (or [1] in a cancel error). Returns the invoke id, or -1. */
  #error(view: MessageView, from: number, end: number): number {
    let invoke = -1;
    for (let at = from; at < end; ) {
      if (!element.read(view.bytes, at, end)) {
        view.problem('ber-malformed', at);
        break;
      }
      const { tag, next } = element;
      if (tag === 0x80) invoke = invokeAt(view.bytes, element.at, element.end);
      else if (tag === 0xa2 || tag === 0xa1) readServiceError(view, element.at, element.end);
      at = next;
    }
    if (view.status === 0) view.problem('mms-error-class', from);
    return invoke;
  }

  #reject(view: MessageView, at: number, end: number): void {
    view.direction = DIRECTION_RESPONSE;
    view.functionCode = PDU_FUNCTION_BASE + PDU.reject;
    const invoke = readReject(view, at, end);
    view.transaction = Math.max(invoke, 0);
    if (invoke < 0) return;
    const slot = this.#pair(view, invokeKey(view, !view.fromClient));
    if (slot === NO_REQUEST) return;
    view.functionCode = this.#state.open.numberOf(slot, 0);
    this.#recall(slot);
    this.#state.open.close(slot);
    readRefused(view, this.#state, asked, view.functionCode % 0x10000 === SERVICE.write);
  }

  /** Session PDUs without MMS in them: set-up refused, release, abort. */
  #association(view: MessageView): void {
    const { spdu } = envelope;
    pdu.clear(NO_PDU);
    view.functionCode = SESSION_FUNCTION_BASE + spdu;
    view.understood = isKnown(view.functionCode);
    switch (spdu) {
      case SPDU.connect:
        view.direction = DIRECTION_REQUEST;
        return this.#open(view, INITIATE_KEY);
      case SPDU.accept:
        return this.#answered(view, PDU.initiateRequest, INITIATE_KEY);
      case SPDU.refuse:
        if (view.status === 0) view.status = ASSOCIATION_BASE + ASSOCIATION.sessionRefused;
        return this.#answered(view, PDU.initiateRequest, INITIATE_KEY);
      case SPDU.finish:
        view.direction = DIRECTION_REQUEST;
        return this.#open(view, FINISH_KEY);
      case SPDU.disconnect:
      case SPDU.notFinished: {
        const function_ = view.functionCode;
        this.#answered(view, 0, FINISH_KEY);
        view.functionCode = function_;
        return;
      }
      case SPDU.abort:
        view.direction = DIRECTION_EVENT;
        view.status = ASSOCIATION_BASE + ASSOCIATION.aborted;
        return;
      default:
    }
  }

  /** AP titles, and how the client proves who it is. What it proves it with is seen, never decoded or kept. */
  #titles(view: MessageView): void {
    const { bytes } = view;
    const request = envelope.acse === ACSE.request;
    for (let at = envelope.acseAt; at < envelope.acseEnd; ) {
      if (!element.read(bytes, at, envelope.acseEnd)) return view.problem('acse-malformed', at);
      const { tag, at: content, end, next } = element;
      if (request && tag === AP_TITLE.calling) apTitle(view, 'client', content, end);
      else if (request && tag === AP_TITLE.called) apTitle(view, 'server', content, end);
      else if (!request && tag === AP_TITLE.responding) apTitle(view, 'server', content, end);
      else if (request && tag === AUTHENTICATION) view.fact('client', 'authentication', 'password or signature');
      else if (request && tag === MECHANISM)
        view.fact('client', 'authentication-mechanism', objectIdText(bytes, content, end));
      else if (!request && tag === RESULT && element.read(bytes, content, end)) {
        const result = unsignedAt(bytes, element.at, Math.min(element.end, element.at + 2));
        if (result !== 0) {
          const transient = result === 2 ? ASSOCIATION.rejectedTransient : ASSOCIATION.rejectedPermanent;
          view.status = ASSOCIATION_BASE + transient;
        }
      }
      at = next;
    }
  }
}

/** Invoke ids count on each side by itself. */
function invokeKey(view: MessageView, askedByClient: boolean): number {
  return view.transaction * 2 + (askedByClient ? 1 : 0);
}

/** A cancel has the invoke id of what it cancels: a key of its own beside it. */
function cancelKey(view: MessageView, askedByClient: boolean): number {
  return CANCEL_KEYS + invokeKey(view, askedByClient);
}

function apTitle(view: MessageView, about: 'client' | 'server', at: number, end: number): void {
  if (element.read(view.bytes, at, end) && element.tag === 0x06 && !element.cut) {
    view.fact(about, 'ap-title', objectIdText(view.bytes, element.at, element.end));
  }
}
