/** One FINS conversation over UDP or TCP: command and response paired by service id, command and source unit. */
import {
  DIRECTION_EVENT,
  DIRECTION_REQUEST,
  DIRECTION_RESPONSE,
  type MessageView,
  NO_SYMBOL,
} from '../message-view.ts';
import { NO_REQUEST, OpenRequests } from '../open-requests.ts';
import { type MessageSink, NEED_MORE, type ProtocolSession } from '../protocol.ts';
import { u16, u32 } from '../values.ts';
import { FINS_BYTES_MIN, FINS_HEADER_BYTES, ICF, startsTcp, TCP_HEADER_BYTES, tcpLength } from './framing.ts';
import { MemoryRange, readCommand, readResponse } from './message.ts';
import { KNOWN_FUNCTIONS, TCP, TCP_BASE, TCP_STATUS } from './names.ts';

/** Bits of the end code that tell of the CPU's own errors, not of the command (5-1-3); the first octet's bit 7: a relay refused. */
const END_FLAGS = 0x80c0;
/** Key of a node address request: above every service id. */
const NODE_KEY = 2 ** 40;

/** The range of the command or reply being read: one for all, dissection is synchronous. */
const range = new MemoryRange();

export class FinsSession implements ProtocolSession {
  readonly #open = new OpenRequests();

  frameLength(bytes: Uint8Array, offset: number, end: number): number {
    if (startsTcp(bytes, offset, end)) return tcpLength(bytes, offset, end);
    // Without that header it is a datagram.
    return end - offset < FINS_BYTES_MIN ? NEED_MORE : end - offset;
  }

  dissect(view: MessageView, sink: MessageSink): void {
    const { bytes, offset, end } = view;
    if (!startsTcp(bytes, offset, end) || end - offset < TCP_HEADER_BYTES) return this.#fins(view, sink, offset, end);
    const command = u32(bytes, offset + 8);
    const error = u32(bytes, offset + 12);
    if (error !== 0) view.status = TCP_STATUS + (error & 0xffff);
    if (command === TCP.frame) return this.#fins(view, sink, offset + TCP_HEADER_BYTES, end);
    this.#management(view, command);
    sink.message(view);
  }

  /** Node addresses agreed on, an error, a probe. */
  #management(view: MessageView, command: number): void {
    view.functionCode = TCP_BASE + Math.min(command, 0xff);
    view.understood = KNOWN_FUNCTIONS.has(view.functionCode);
    if (command === TCP.clientNode) {
      view.direction = DIRECTION_REQUEST;
      this.#open.open(NODE_KEY, view.frame, view.timeUs, view.functionCode);
    } else if (command === TCP.serverNode) {
      view.direction = DIRECTION_RESPONSE;
      this.#pair(view, NODE_KEY);
    } else view.direction = DIRECTION_EVENT;
  }

  #fins(view: MessageView, sink: MessageSink, at: number, end: number): void {
    const { bytes } = view;
    if (end - at < FINS_BYTES_MIN) {
      view.functionCode = TCP_BASE + TCP.frame;
      view.problem('fins-short', at);
      return sink.message(view);
    }
    const icf = bytes[at]!;
    const command = u16(bytes, at + FINS_HEADER_BYTES);
    view.functionCode = command;
    view.transaction = bytes[at + 9]!;
    view.understood = KNOWN_FUNCTIONS.has(command);
    if ((icf & ICF.response) === 0) this.#command(view, command, at, end, icf);
    else this.#response(view, command, at, end);
    sink.message(view);
  }

  #command(view: MessageView, command: number, at: number, end: number, icf: number): void {
    view.direction = DIRECTION_REQUEST;
    view.unitSymbol = unit(view, at + 3);
    readCommand(view, command, at + FINS_BYTES_MIN, end, range);
    if ((icf & ICF.noAnswer) !== 0) return;
    const key = pairKey(view.transaction, command, view.bytes[at + 8]!);
    const place = range.area < 0 ? -1 : range.area * 0x10000000 + range.address;
    if (this.#open.open(key, view.frame, view.timeUs, command, place, range.count, view.unitSymbol)) {
      view.problem('open-requests-full', at);
    }
  }

  #response(view: MessageView, command: number, at: number, end: number): void {
    view.direction = DIRECTION_RESPONSE;
    view.unitSymbol = unit(view, at + 6);
    range.clear();
    this.#pair(view, pairKey(view.transaction, command, view.bytes[at + 5]!));
    const body = at + FINS_BYTES_MIN;
    if (end - body < 2) return view.problem('fins-short', body);
    const endCode = u16(view.bytes, body);
    if (view.status === 0) view.status = endCode & ~END_FLAGS;
    if (view.status === 0 && (endCode & 0x8000) !== 0) view.status = 0x0501;
    if (view.status === 0) readResponse(view, command, body + 2, end, range);
  }

  #pair(view: MessageView, key: number): void {
    const slot = this.#open.find(key);
    if (slot === NO_REQUEST) return;
    view.pairedFrame = this.#open.frameOf(slot);
    view.pairedTimeUs = this.#open.timeUsOf(slot);
    if (key !== NODE_KEY) {
      const place = this.#open.numberOf(slot, 1);
      if (place >= 0) {
        range.area = Math.floor(place / 0x10000000);
        range.address = place % 0x10000000;
        range.count = this.#open.numberOf(slot, 2);
      }
      view.unitSymbol = this.#open.numberOf(slot, 3);
    }
    this.#open.close(slot);
  }
}

/**
 * Key of a command. Its source node is no part of it: over TCP a client says 0 and the answer goes to the node it was given (W420,
 * 7-4-2); the source unit stays.
 */
function pairKey(service: number, command: number, sourceUnit: number): number {
  return service * 0x1000000 + command * 0x100 + sourceUnit;
}

/**
 * The unit at network, node and unit address of three octets: a device in another network, or a unit beside the CPU (0 is the CPU, 0xfe the
 * Ethernet unit). The CPU of the node itself has no name: in the local network the node is the address of the device.
 */
function unit(view: MessageView, at: number): number {
  const network = view.bytes[at]!;
  const inNode = view.bytes[at + 2]!;
  if (network === 0 && inNode === 0) return NO_SYMBOL;
  const node = network === 0 ? 0 : view.bytes[at + 1]!;
  return view.symbols.internText(`${network}.${node}.${inNode}`);
}
