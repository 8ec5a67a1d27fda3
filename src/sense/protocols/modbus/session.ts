/** One Modbus conversation: framing by kind (MBAP or RTU), pairing of request and reply by transaction, unit and function. */
import type { MessageView } from '../message-view.ts';
import { DIRECTION_REQUEST, DIRECTION_RESPONSE } from '../message-view.ts';
import { NO_REQUEST, OpenRequests } from '../open-requests.ts';
import { functionKey, type MessageSink, type ProtocolSession } from '../protocol.ts';
import { u16 } from '../values.ts';
import { crcFits, MBAP_BYTES, rtuFrameLength, tcpFrameLength } from './framing.ts';
import { readRequest, readResponse } from './message.ts';
import { FC } from './names.ts';

export class ModbusSession implements ProtocolSession {
  /** RTU over a stream (no MBAP header) instead of Modbus/TCP. */
  readonly rtu: boolean;
  readonly #open = new OpenRequests();

  constructor(rtu: boolean) {
    this.rtu = rtu;
  }

  frameLength(bytes: Uint8Array, offset: number, end: number, fromClient: boolean): number {
    return this.rtu ? rtuFrameLength(bytes, offset, end, fromClient) : tcpFrameLength(bytes, offset, end);
  }

  dissect(view: MessageView, sink: MessageSink): void {
    const { bytes, offset } = view;
    let pdu = offset + MBAP_BYTES;
    let end = view.end;
    if (this.rtu) {
      pdu = offset + 1;
      end -= 2;
      view.unit = bytes[offset]!;
      if (!crcFits(bytes, offset, view.end)) view.problem('modbus-crc', end);
    } else {
      view.transaction = u16(bytes, offset);
      view.unit = bytes[offset + 6]!;
    }
    if (view.fromClient) this.#request(view, pdu, end);
    else this.#response(view, pdu, end);
    sink.message(view);
  }

  gap(): void {
    // A lost reply must not pair the next one with a wrong request where transactions repeat (RTU always).
    if (this.rtu) this.#open.clear();
  }

  #request(view: MessageView, pdu: number, end: number): void {
    view.direction = DIRECTION_REQUEST;
    const code = view.bytes[pdu]!;
    view.functionCode = subKey(view.bytes, code, pdu, end);
    readRequest(view, code, pdu + 1, end);
    // The reply to a read carries no address: the request's first access is what it answers.
    // Small integers, so that no number object is made; file records are not answered by address.
    const address = view.accessCount > 0 ? view.accessAddress[0]! | 0 : -1;
    const elements = view.accessCount > 0 ? view.accessElements[0]! : 0;
    const gaveUp = this.#open.open(
      this.#key(view),
      view.frame,
      view.timeUs,
      code,
      address,
      elements,
      view.functionCode,
    );
    if (gaveUp) view.problem('open-requests-full', pdu);
  }

  #response(view: MessageView, pdu: number, end: number): void {
    view.direction = DIRECTION_RESPONSE;
    const raw = view.bytes[pdu]!;
    const code = raw & 0x7f;
    view.functionCode = code;
    let address = -1;
    let elements = 0;
    const slot = this.#open.find(this.#key(view));
    if (slot !== NO_REQUEST && this.#open.numberOf(slot, 0) === code) {
      view.pairedFrame = this.#open.frameOf(slot);
      view.pairedTimeUs = this.#open.timeUsOf(slot);
      address = this.#open.numberOf(slot, 1);
      elements = this.#open.numberOf(slot, 2);
      view.functionCode = this.#open.numberOf(slot, 3);
      this.#open.close(slot);
    } else if (slot !== NO_REQUEST) {
      view.problem('modbus-reply-other-function', pdu);
    }
    if (raw >= 0x80) {
      view.status = end > pdu + 1 ? view.bytes[pdu + 1]! : 4;
      if (end - pdu !== 2) view.problem('modbus-length', pdu);
      return;
    }
    if (view.functionCode === code) view.functionCode = subKey(view.bytes, code, pdu, end);
    readResponse(view, code, pdu + 1, end, address, elements);
  }

  #key(view: MessageView): number {
    return this.rtu ? view.unit : view.transaction * 256 + view.unit;
  }
}

/** Function key with the sub-function where the function has one. */
function subKey(bytes: Uint8Array, code: number, pdu: number, end: number): number {
  if (code === FC.diagnostics && end - pdu >= 3) return functionKey(code, u16(bytes, pdu + 1));
  if (code === FC.encapsulatedInterface && end - pdu >= 2) return functionKey(code, bytes[pdu + 1]!);
  return code;
}
