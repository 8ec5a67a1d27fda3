/** One HART-IP session over UDP or TCP: commands of devices behind the server, paired by message identifier and sequence number. */
import { DIRECTION_EVENT, DIRECTION_REQUEST, DIRECTION_RESPONSE, type MessageView } from '../message-view.ts';
import { NO_REQUEST, OpenRequests } from '../open-requests.ts';
import type { MessageSink, ProtocolSession } from '../protocol.ts';
import { u16, VALUE_TYPE } from '../values.ts';
import { readAnswer, readRequest } from './commands.ts';
import { check, frameLength, HEADER_BYTES } from './framing.ts';
import { header } from './header.ts';
import {
  AREA,
  COMMAND,
  COMMUNICATION_STATUS,
  HEADER_STATUS,
  ID,
  isWarning,
  KNOWN_FUNCTIONS,
  MESSAGE_BASE,
  NAK_STATUS,
  TYPE,
} from './names.ts';
import { Token } from './token.ts';

/** Status octets of the device and its extension before direct commands. [bytes] */
const DIRECT_STATUS_BYTES = 2;
/** Command and count of a direct command. [bytes] */
const DIRECT_HEADER_BYTES = 3;
/** The first octet is a communication error instead of a response code. */
const COMMUNICATION_ERROR = 0x80;

const token = new Token();

export class HartIpSession implements ProtocolSession {
  readonly #open = new OpenRequests();

  frameLength(bytes: Uint8Array, offset: number, end: number): number {
    return frameLength(bytes, offset, end);
  }

  dissect(view: MessageView, sink: MessageSink): void {
    const { bytes, offset, end } = view;
    header.type = bytes[offset + 1]!;
    header.id = bytes[offset + 2]!;
    header.first = true;
    header.command = -1;
    header.responseCode = -1;
    const body = offset + HEADER_BYTES;
    this.#begin(view);
    if (header.id === ID.tokenPassing && body < end) return this.#tokenPassing(view, sink, body, end);
    if (header.id === ID.direct && end - body >= DIRECT_STATUS_BYTES) return this.#direct(view, sink, body, end);
    if (header.id === ID.initiate) session(view, body, end);
    this.#finish(view, sink);
  }

  /** What all messages of a PDU have: direction, sequence, the status of the header. */
  #begin(view: MessageView): void {
    const { bytes, offset } = view;
    view.transaction = u16(bytes, offset + 4);
    view.functionCode = MESSAGE_BASE + header.id;
    view.direction =
      header.type === TYPE.request
        ? DIRECTION_REQUEST
        : header.type === TYPE.publish
          ? DIRECTION_EVENT
          : DIRECTION_RESPONSE;
    const status = bytes[offset + 3]!;
    if (header.type === TYPE.nak) view.status = NAK_STATUS + status;
    else if (header.type === TYPE.response && status !== 0 && !isWarning(status)) view.status = HEADER_STATUS + status;
  }

  #tokenPassing(view: MessageView, sink: MessageSink, at: number, end: number): void {
    const { bytes } = view;
    if (!token.read(bytes, at, end)) {
      view.problem('hart-token', at);
      return this.#finish(view, sink);
    }
    token.unit(view);
    view.functionCode = token.command;
    if (token.end >= end) view.problem('hart-no-check', token.end);
    else if (check(bytes, at, token.end + 1) !== 0) view.problem('hart-check', token.end);
    header.command = token.command;
    let data = token.data;
    if (header.type !== TYPE.request) {
      if (token.end - data < 2) {
        view.problem('hart-short', data);
        return this.#finish(view, sink);
      }
      header.responseCode = bytes[data]!;
      status(view, bytes[data]!);
      deviceStatus(view, bytes[data + 1]!, data + 1);
      data += 2;
    }
    this.#command(view, token.command, data, token.end, header.type === TYPE.request ? 0 : bytes[data - 1]!);
    this.#finish(view, sink);
  }

  /** Commands of the server itself, one after the other, each a message. */
  #direct(view: MessageView, sink: MessageSink, body: number, end: number): void {
    const { bytes } = view;
    const answer = header.type !== TYPE.request;
    const device = bytes[body]!;
    let at = body + DIRECT_STATUS_BYTES;
    if (at >= end) return this.#finish(view, sink);
    while (at < end) {
      if (!header.first) {
        view.reset();
        this.#begin(view);
      }
      if (end - at < DIRECT_HEADER_BYTES || end - at - DIRECT_HEADER_BYTES < bytes[at + 2]!) {
        view.problem('hart-direct', at);
        return this.#finish(view, sink);
      }
      const command = u16(bytes, at);
      let data = at + DIRECT_HEADER_BYTES;
      const last = data + bytes[at + 2]!;
      view.functionCode = command;
      header.command = command;
      if (answer && data < last) {
        header.responseCode = bytes[data]!;
        status(view, bytes[data++]!);
      }
      if (answer && header.first) deviceStatus(view, device, body);
      this.#command(view, command, data, last, answer ? device : 0);
      this.#finish(view, sink);
      header.first = false;
      at = last;
    }
  }

  /** Data of a command; number 31 has the true number in its first two octets (HCF_SPEC-127, 6.21). */
  #command(view: MessageView, number: number, from: number, end: number, device: number): void {
    let command = number;
    let at = from;
    if (number === COMMAND.extended && end - at >= 2) {
      command = u16(view.bytes, at);
      at += 2;
      view.functionCode = command;
    }
    if (!KNOWN_FUNCTIONS.has(command)) view.understood = false;
    if (header.type === TYPE.request) readRequest(view, command, at, end);
    else if (view.status === 0) readAnswer(view, command, at, end, device);
  }

  #finish(view: MessageView, sink: MessageSink): void {
    const key = header.id * 0x10000 + view.transaction;
    if (view.direction === DIRECTION_REQUEST) {
      if (this.#open.open(key, view.frame, view.timeUs, view.functionCode))
        view.problem('open-requests-full', view.offset);
    } else if (view.direction === DIRECTION_RESPONSE) this.#pair(view, key);
    sink.message(view);
  }

  #pair(view: MessageView, key: number): void {
    const slot = this.#open.find(key);
    if (slot === NO_REQUEST) return;
    view.pairedFrame = this.#open.frameOf(slot);
    view.pairedTimeUs = this.#open.timeUsOf(slot);
    // A refusal of the session carries no command: it is that of the request.
    if (view.functionCode >= MESSAGE_BASE) view.functionCode = this.#open.numberOf(slot, 0);
    this.#open.close(slot);
  }
}

/** Master type and inactivity time of a session (HCF_SPEC-085). */
function session(view: MessageView, at: number, end: number): void {
  if (header.type !== TYPE.request || end - at < 5) return;
  view.fact('client', 'hart-master', view.bytes[at] === 1 ? 'primary' : 'secondary');
}

/** Response code, or bits of a communication error. Warnings say that the command was carried out. */
function status(view: MessageView, code: number): void {
  if (view.status !== 0 || code === 0) return;
  if ((code & COMMUNICATION_ERROR) !== 0) view.status = COMMUNICATION_STATUS + (code & 0x7f);
  else if (!isWarning(code)) view.status = code;
  view.detail = code;
}

function deviceStatus(view: MessageView, octet: number, at: number): void {
  view.numberAccess(AREA.deviceStatus, 0, false, VALUE_TYPE.uint8, octet, at);
}
