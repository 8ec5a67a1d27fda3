/**
 * One 104 connection: control field, sequence numbers, and pairing of activation with confirmation and termination.
 * IEC 60870-5-104:2006, 5; IEC 60870-5-101:2003, 7.4 (procedures: activation, confirmation, termination; read; interrogation).
 */
import { DIRECTION_EVENT, DIRECTION_REQUEST, DIRECTION_RESPONSE, type MessageView, NO_UNIT } from '../message-view.ts';
import { NO_REQUEST, OpenRequests } from '../open-requests.ts';
import type { MessageSink, ProtocolSession } from '../protocol.ts';
import {
  ADDRESS_BYTES,
  APCI_BYTES,
  ASDU_HEADER_BYTES,
  FORMAT,
  formatOf,
  frameLength,
  isUFunction,
  LENGTH_MIN,
  receiveSequence,
  START,
  sendSequence,
  startsApdu,
} from './framing.ts';
import { causeOf, isCommand, isSelect, objectAddress, readAsdu } from './message.ts';
import { CAUSE, EMPTY_I_FUNCTION, GLOBAL_ADDRESS, JUNK_FUNCTION, S_FUNCTION, TYPE, U, U_BASE } from './names.ts';
import { type SequenceOddity, SequenceWatch } from './sequence.ts';
import { layoutOf, WAY } from './types.ts';

/** What an open entry waits for. */
const WAITS_CONFIRMATION = 0;
const WAITS_TERMINATION = 1;
const WAITS_DEACTIVATION = 2;
const WAITS_DATA = 3;

/** A request as old as this is answered no more: twice the default of t1 (9.6). [us] */
const UNANSWERED_US = 30_000_000;

/** Data transfer as far as it was seen (5.3). */
const TRANSFER = { unknown: 0, started: 1, stopped: 2 } as const;

export class Iec104Session implements ProtocolSession {
  readonly #open = new OpenRequests();
  readonly #sequence = new SequenceWatch();
  #transfer: number = TRANSFER.unknown;
  /** True once content showed which side commands; a later contradiction is a problem. */
  #rolesSeen = false;
  #clientCommands = true;

  frameLength(bytes: Uint8Array, offset: number, end: number): number {
    return frameLength(bytes, offset, end);
  }

  dissect(view: MessageView, sink: MessageSink): void {
    const { bytes, offset, end } = view;
    view.unit = NO_UNIT;
    if (end - offset < APCI_BYTES || bytes[offset] !== START) {
      view.functionCode = JUNK_FUNCTION;
      view.direction = DIRECTION_EVENT;
      view.understood = false;
      view.problem('iec104-junk', offset);
      return sink.message(view);
    }
    const control = bytes[offset + 2]!;
    switch (formatOf(control)) {
      case FORMAT.i:
        this.#information(view);
        break;
      case FORMAT.s:
        view.functionCode = S_FUNCTION;
        view.direction = DIRECTION_EVENT;
        view.transaction = receiveSequence(bytes, offset + 2);
        if (!startsApdu(bytes, offset, end)) view.problem('iec104-control-field', offset + 2);
        this.#say(view, this.#sequence.acknowledged(view.fromClient, view.transaction), offset + 4);
        break;
      default:
        this.#unnumbered(view, control);
    }
    sink.message(view);
  }

  gap(fromClient: boolean): void {
    this.#sequence.lost(fromClient);
  }

  /** U format: start, stop, test; an act and its con pair. */
  #unnumbered(view: MessageView, control: number): void {
    const { bytes, offset, end } = view;
    view.functionCode = U_BASE + control;
    if (!isUFunction(control)) view.understood = false;
    if (!startsApdu(bytes, offset, end)) view.problem('iec104-control-field', offset + 2);
    const confirms = control === U.startCon || control === U.stopCon || control === U.testCon;
    view.direction = confirms ? DIRECTION_RESPONSE : DIRECTION_REQUEST;
    if (!isUFunction(control)) return;
    // A test may come from either side, so the side that asked is part of the key.
    const asker = confirms ? !view.fromClient : view.fromClient;
    const act = control === U.startCon ? U.startAct : control === U.stopCon ? U.stopAct : U.testAct;
    const key = -1 - (confirms ? act : control) * 2 - (asker ? 1 : 0);
    if (confirms) this.#pair(view, key, true);
    else this.#ask(view, key);
    if (control === U.startCon) this.#transfer = TRANSFER.started;
    if (control === U.stopCon) this.#transfer = TRANSFER.stopped;
    if (control !== U.testAct && control !== U.testCon) this.#side(view, !confirms, offset + 2);
  }

  #information(view: MessageView): void {
    const { bytes, offset, end } = view;
    view.transaction = sendSequence(bytes, offset + 2);
    if ((bytes[offset + 4]! & 1) !== 0) view.problem('iec104-control-field', offset + 4);
    this.#say(view, this.#sequence.sent(view.fromClient, view.transaction), offset + 2);
    const acknowledged = receiveSequence(bytes, offset + 2);
    this.#say(view, this.#sequence.acknowledged(view.fromClient, acknowledged), offset + 4);
    if (this.#transfer === TRANSFER.stopped) view.problem('iec104-data-while-stopped', offset);
    if (bytes[offset + 1] === LENGTH_MIN) {
      view.functionCode = EMPTY_I_FUNCTION;
      view.understood = false;
      return view.problem('iec104-short', offset);
    }
    const asdu = offset + APCI_BYTES;
    readAsdu(view, asdu, end);
    if (end - asdu < ASDU_HEADER_BYTES) return;
    const layout = layoutOf(bytes[asdu]!);
    if (layout === undefined) return;
    const requests = view.direction === DIRECTION_REQUEST;
    if (layout.way !== WAY.both) this.#side(view, requests, asdu);
    this.#pairAsdu(view, asdu, end);
  }

  /** The sender commands (or answers): agrees with what was seen before? */
  #side(view: MessageView, commands: boolean, at: number): void {
    const clientCommands = view.fromClient === commands;
    if (!this.#rolesSeen) {
      this.#rolesSeen = true;
      this.#clientCommands = clientCommands;
    } else if (clientCommands !== this.#clientCommands) view.problem('iec104-direction', at);
  }

  #pairAsdu(view: MessageView, asdu: number, end: number): void {
    const { bytes } = view;
    const type = bytes[asdu]!;
    const cause = causeOf(bytes[asdu + 2]!);
    const object = asdu + ASDU_HEADER_BYTES;
    const address = object + ADDRESS_BYTES <= end ? objectAddress(bytes, object) : 0;
    const { unit } = view;
    if (type >= TYPE.fileReady && type <= TYPE.fileLast) return this.#pairFile(view, address);
    const confirmation = keyOf(unit, type, address, WAITS_CONFIRMATION);
    switch (cause) {
      case CAUSE.activation:
        return this.#ask(view, confirmation);
      case CAUSE.deactivation:
        return this.#ask(view, keyOf(unit, type, address, WAITS_DEACTIVATION));
      case CAUSE.activationCon:
        // Every station answers a request to all with its own address; the request stays open for the next.
        if (!this.#pair(view, confirmation, true)) {
          this.#pair(view, keyOf(GLOBAL_ADDRESS, type, address, WAITS_CONFIRMATION), false);
        }
        if (view.status === 0 && terminates(bytes, type, object + ADDRESS_BYTES, end)) {
          this.#keep(view, keyOf(unit, type, address, WAITS_TERMINATION));
        }
        return;
      case CAUSE.deactivationCon:
        this.#pair(view, keyOf(unit, type, address, WAITS_DEACTIVATION), true);
        return;
      case CAUSE.activationTerm:
        this.#pair(view, keyOf(unit, type, address, WAITS_TERMINATION), true);
        return;
      case CAUSE.request:
        // Whatever the point's type is, only its address is asked for (7.4.6).
        if (type === TYPE.read) this.#ask(view, keyOf(view.unit, TYPE.read, address, WAITS_DATA));
        else this.#pair(view, keyOf(view.unit, TYPE.read, address, WAITS_DATA), true);
        return;
      default:
        this.#pairOther(view, type, cause, address);
    }
  }

  /** Files go step by step (7.4.11): what the station says of one belongs to the last that was asked about it. */
  #pairFile(view: MessageView, address: number): void {
    const key = keyOf(view.unit, TYPE.fileReady, address, WAITS_DATA);
    if (view.direction !== DIRECTION_REQUEST) {
      this.#pair(view, key, view.status !== 0);
      return;
    }
    const slot = this.#open.find(key);
    if (slot !== NO_REQUEST) this.#open.close(slot);
    this.#ask(view, key);
  }

  /** Interrogated data belong to the interrogation under way; a refused request to its refusal. */
  #pairOther(view: MessageView, type: number, cause: number, address: number): void {
    if (cause >= CAUSE.interrogated && cause <= CAUSE.countersLast) {
      const asked = cause <= CAUSE.interrogatedLast ? TYPE.interrogation : TYPE.counterInterrogation;
      this.#pair(view, keyOf(view.unit, asked, 0, WAITS_TERMINATION), false);
      return;
    }
    if (cause < CAUSE.unknownType) return;
    const waits = type === TYPE.read ? WAITS_DATA : WAITS_CONFIRMATION;
    this.#pair(view, keyOf(view.unit, type, address, waits), true);
  }

  #ask(view: MessageView, key: number): void {
    this.#remember(view, key, view.frame, view.timeUs);
  }

  /** Keeps the request of a confirmation for its termination. */
  #keep(view: MessageView, key: number): void {
    if (view.pairedFrame !== 0) this.#remember(view, key, view.pairedFrame, view.pairedTimeUs);
  }

  /** A repeated request waits beside the first, since each is answered in turn; one that was never answered makes way. */
  #remember(view: MessageView, key: number, frame: number, timeUs: number): void {
    const slot = this.#open.find(key);
    if (slot !== NO_REQUEST && view.timeUs - this.#open.timeUsOf(slot) > UNANSWERED_US) this.#open.close(slot);
    if (this.#open.open(key, frame, timeUs)) view.problem('open-requests-full', view.offset);
  }

  #pair(view: MessageView, key: number, close: boolean): boolean {
    const slot = this.#open.find(key);
    if (slot === NO_REQUEST) return false;
    view.pairedFrame = this.#open.frameOf(slot);
    view.pairedTimeUs = this.#open.timeUsOf(slot);
    if (close) this.#open.close(slot);
    return true;
  }

  #say(view: MessageView, oddity: SequenceOddity, at: number): void {
    if (oddity !== '') view.problem(oddity, at);
  }
}

/** Whether a positive confirmation may be followed by a termination: executed commands and interrogations (7.4.5, 7.4.7, 7.4.8). */
function terminates(bytes: Uint8Array, type: number, element: number, end: number): boolean {
  if (type === TYPE.interrogation || type === TYPE.counterInterrogation) return true;
  const layout = layoutOf(type);
  return layout !== undefined && isCommand(type) && !isSelect(bytes, layout, element, end);
}

/** One number for common address, type, object address and what is waited for; below 2^50. */
function keyOf(common: number, type: number, address: number, waits: number): number {
  return ((common * 0x100 + type) * 0x100_0000 + address) * 4 + waits;
}
