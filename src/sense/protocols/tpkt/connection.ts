/**
 * One transport connection: what each TPDU is, and TSDUs put together from parts (EOT bit, RFC 905, 13.7.3). Every session on TPKT
 * owns one. Bounded by `COTP_TSDU_BYTES_MAX` in each direction.
 */
import { COTP_TSDU_BYTES_MAX } from '../../../limits.ts';
import { DIRECTION_REQUEST, DIRECTION_RESPONSE, type MessageView } from '../message-view.ts';
import { u16 } from '../values.ts';
import { DATA_HEADER_BYTES, EOT, PARAMETER, TPDU, TPKT_BYTES, tpduCode } from './cotp.ts';
import { COTP_ERROR_BASE, COTP_FUNCTION_BASE, COTP_STATUS_BASE } from './names.ts';

/** `take`: a whole TSDU stands in `view.bytes` from `view.offset + headerBytes` to `view.end`. */
export const TSDU = 1;
/** `take`: a part was taken, or the TPDU was empty; nothing to say. */
export const NOTHING = 2;
/** `take`: connection set-up, end, error: the view is filled, emit it. */
export const CONTROL = 3;

/** Credit and acknowledgement numbers exist only above class 0; a data TPDU longer than this has options nobody sends. */
const HEADER_BYTES_MAX = 254;

/** The beginning of a TSDU in one direction. */
class Tsdu {
  bytes = new Uint8Array(1024);
  length = 0;
  firstFrame = 0;
  frameFrom = 0;
  /** True while the rest of a TSDU that grew too long is thrown away. */
  skipping = false;

  append(bytes: Uint8Array, at: number, end: number): void {
    const needed = this.length + end - at;
    if (needed > this.bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    for (let i = at; i < end; i++) this.bytes[this.length++] = bytes[i]!;
  }
}

export class CotpConnection {
  /** Bytes before the TSDU in `view.bytes` from `view.offset`; set by `take`. */
  headerBytes = 0;
  /** TSAPs of the connect request, as texts; empty while none was seen. */
  callingTsap = '';
  calledTsap = '';
  /** Raw called TSAP where it has two octets (S7: connection type, rack and slot), else -1. */
  calledNumber = -1;
  callingNumber = -1;
  #fromClient: Tsdu | null = null;
  #fromServer: Tsdu | null = null;
  #connectFrame = 0;
  #connectTimeUs = Number.NaN;

  /** Reads the TPDU in the view: `TSDU`, `NOTHING` or `CONTROL`. */
  take(view: MessageView): number {
    const { bytes, offset, end } = view;
    const indicator = bytes[offset + 4]!;
    const header = TPKT_BYTES + 1 + indicator;
    if (end - offset < TPKT_BYTES + 3 || offset + header > end) return badTpdu(view, offset + TPKT_BYTES);
    const code = tpduCode(bytes[offset + 5]!);
    if (code !== TPDU.data) return this.#control(view, code);
    if (indicator > HEADER_BYTES_MAX) return badTpdu(view, offset + TPKT_BYTES);
    const last = (bytes[offset + 6]! & EOT) !== 0;
    const part = view.fromClient ? this.#fromClient : this.#fromServer;
    if (last && (part === null || (part.length === 0 && !part.skipping))) {
      if (offset + header === end) return NOTHING;
      this.headerBytes = header;
      return TSDU;
    }
    return this.#part(view, part ?? this.#newTsdu(view.fromClient), offset + header, last);
  }

  /** Bytes were lost in this direction: what had begun cannot be completed. */
  gap(fromClient: boolean): void {
    const part = fromClient ? this.#fromClient : this.#fromServer;
    if (part === null) return;
    part.length = 0;
    part.skipping = false;
  }

  #newTsdu(fromClient: boolean): Tsdu {
    const part = new Tsdu();
    if (fromClient) this.#fromClient = part;
    else this.#fromServer = part;
    return part;
  }

  #part(view: MessageView, part: Tsdu, at: number, last: boolean): number {
    if (part.skipping) {
      part.skipping = !last;
      return NOTHING;
    }
    // S7-plus clients send empty parts as a sign of life: they begin nothing.
    if (at === view.end && !last) return NOTHING;
    if (part.length === 0) {
      part.firstFrame = view.firstFrame;
      part.frameFrom = view.frameFrom;
    }
    if (part.length + view.end - at > COTP_TSDU_BYTES_MAX) {
      part.length = 0;
      part.skipping = !last;
      view.functionCode = COTP_FUNCTION_BASE + TPDU.data;
      view.understood = false;
      view.problem('cotp-tsdu-too-long', at);
      return CONTROL;
    }
    part.append(view.bytes, at, view.end);
    if (!last) return NOTHING;
    view.bytes = part.bytes;
    view.offset = 0;
    view.end = part.length;
    view.firstFrame = part.firstFrame;
    view.frameFrom = part.frameFrom;
    this.headerBytes = 0;
    part.length = 0;
    return TSDU;
  }

  #control(view: MessageView, code: number): number {
    const { bytes, offset } = view;
    view.functionCode = COTP_FUNCTION_BASE + code;
    const at = offset + TPKT_BYTES;
    const end = at + 1 + bytes[at]!;
    switch (code) {
      case TPDU.connectRequest:
        view.direction = DIRECTION_REQUEST;
        if (end - at < 7) return badTpdu(view, at);
        view.transaction = u16(bytes, at + 4);
        this.#parameters(view, at + 7, end, true);
        this.#connectFrame = view.frame;
        this.#connectTimeUs = view.timeUs;
        return CONTROL;
      case TPDU.connectConfirm:
        view.direction = DIRECTION_RESPONSE;
        if (end - at < 7) return badTpdu(view, at);
        view.transaction = u16(bytes, at + 2);
        this.#pair(view);
        this.#parameters(view, at + 7, end, false);
        return CONTROL;
      case TPDU.disconnectRequest:
        if (end - at < 7) return badTpdu(view, at);
        // Answering a connect request it is the refusal; later it ends the connection (6.7, 6.9).
        if (this.#connectFrame !== 0 && !view.fromClient) {
          this.#pair(view);
          view.direction = DIRECTION_RESPONSE;
          view.status = COTP_STATUS_BASE + bytes[at + 6]!;
        } else view.direction = DIRECTION_REQUEST;
        return CONTROL;
      case TPDU.error:
        view.direction = DIRECTION_RESPONSE;
        if (end - at < 5) return badTpdu(view, at);
        view.status = COTP_ERROR_BASE + bytes[at + 4]!;
        return CONTROL;
      default:
        // Acknowledgements and expedited data do not exist in class 0; they say nothing of the protocol above.
        return CONTROL;
    }
  }

  #pair(view: MessageView): void {
    view.pairedFrame = this.#connectFrame;
    view.pairedTimeUs = this.#connectTimeUs;
    this.#connectFrame = 0;
    this.#connectTimeUs = Number.NaN;
  }

  /** 13.3.4: code, length, value. The answer repeats the TSAPs; some devices swap or leave them out, so only the request counts. */
  #parameters(view: MessageView, from: number, end: number, request: boolean): void {
    const { bytes } = view;
    let at = from;
    while (at + 2 <= end) {
      const length = bytes[at + 1]!;
      const value = at + 2;
      if (value + length > end) return view.problem('cotp-parameter-length', at);
      if (request && bytes[at] === PARAMETER.callingTsap) {
        this.callingTsap = tsapText(bytes, value, length);
        this.callingNumber = length === 2 ? u16(bytes, value) : -1;
        view.fact('client', 'tsap', this.callingTsap);
      } else if (request && bytes[at] === PARAMETER.calledTsap) {
        this.calledTsap = tsapText(bytes, value, length);
        this.calledNumber = length === 2 ? u16(bytes, value) : -1;
        view.fact('server', 'tsap', this.calledTsap);
      }
      at = value + length;
    }
  }
}

function badTpdu(view: MessageView, at: number): number {
  if (view.functionCode === 0) view.functionCode = COTP_FUNCTION_BASE;
  view.understood = false;
  view.problem('cotp-malformed', at);
  return CONTROL;
}

/** A TSAP as people write it: text where all octets are printable, else hexadecimal. */
export function tsapText(bytes: Uint8Array, offset: number, length: number): string {
  let text = '';
  let hex = '';
  let printable = length > 0;
  for (let i = offset; i < offset + length; i++) {
    const octet = bytes[i]!;
    printable &&= octet >= 0x20 && octet < 0x7f;
    text += String.fromCharCode(octet);
    hex += octet.toString(16).padStart(2, '0');
  }
  return printable ? text : hex;
}

/** Bytes of an unsegmented data TPDU before its user data. */
export const PLAIN_HEADER_BYTES = TPKT_BYTES + DATA_HEADER_BYTES;
