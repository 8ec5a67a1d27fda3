/** Meaning of one frame of Sampled Values (IEC 61850-9-2:2011, 8.5, table 14). */
import { Element, unsignedAt } from '../asn1/ber.ts';
import { qualityOf, utcTimeUs } from '../asn1/data.ts';
import { type MessageView, NO_OFFSET, NO_SYMBOL } from '../message-view.ts';
import { u16, u32, VALUE_TYPE } from '../values.ts';
import { HEADER_BYTES, statedLength } from './framing.ts';
import {
  AREA,
  ASDU_FIELD,
  ASDU_TAG,
  CHANNEL_BYTES,
  CHANNELS,
  FIELD,
  FUNCTION,
  PDU_TAG,
  SIMULATED_BIT,
  VALIDITY_MASK,
} from './names.ts';

/** Fields that an ASDU must have: svID, smpCnt, confRev, smpSynch, samples; bit `n` is tag number `n`. */
const MANDATORY = (1 << 0) | (1 << 2) | (1 << 3) | (1 << 5) | (1 << 7);

/** One ASDU of the frame being read; NaN and `NO_SYMBOL` where a field is missing. One for all sessions: dissection is synchronous. */
export class Asdu {
  appId = 0;
  svId: number = NO_SYMBOL;
  datSet: number = NO_SYMBOL;
  smpCnt = Number.NaN;
  confRev = Number.NaN;
  smpSynch = Number.NaN;
  smpRate = Number.NaN;
  timeUs = Number.NaN;
  samplesAt = 0;
  samplesEnd = 0;
  present = 0;

  clear(): void {
    this.svId = this.datSet = NO_SYMBOL;
    this.smpCnt = this.confRev = this.smpSynch = this.smpRate = this.timeUs = Number.NaN;
    this.samplesAt = this.samplesEnd = this.present = 0;
  }
}

export const asdu = new Asdu();
const element = new Element();

/** Who is told of each ASDU in `asdu`. */
export interface AsduListener {
  asdu(view: MessageView): void;
}

/** Reads the frame of the view, one ASDU after the other. */
export function readFrame(view: MessageView, listener: AsduListener): void {
  const { bytes, offset, end } = view;
  view.functionCode = FUNCTION.malformed;
  if (end - offset < HEADER_BYTES + 2) return bad(view, 'sv-short', offset);
  asdu.appId = u16(bytes, offset);
  const stated = statedLength(bytes, offset);
  const stop = Math.min(end, offset + Math.max(stated, HEADER_BYTES));
  if (stated > end - offset) view.problem('sv-truncated', offset + 2);
  if (!element.read(bytes, offset + HEADER_BYTES, stop)) return bad(view, 'ber-malformed', offset + HEADER_BYTES);
  const { tag: outer } = element;
  if (outer !== PDU_TAG) return bad(view, 'sv-tag', offset + HEADER_BYTES);
  if (element.cut && stated <= end - offset) view.problem('ber-truncated', offset + HEADER_BYTES);
  view.functionCode = (u16(bytes, offset + 4) & SIMULATED_BIT) === 0 ? FUNCTION.samples : FUNCTION.simulated;
  let announced = Number.NaN;
  for (let at = element.at, stopAt = element.end; at < stopAt; ) {
    if (!element.read(bytes, at, stopAt)) return view.problem('ber-malformed', at);
    const { tag, at: content, end: contentEnd, next } = element;
    if (tag === FIELD.noAsdu) announced = unsignedAt(bytes, content, contentEnd);
    else if (tag === FIELD.seqAsdu) {
      view.detail = readSequence(view, content, contentEnd, listener);
      if (view.detail !== announced) view.problem('sv-asdu-count-differs', at);
    } else if (tag !== FIELD.security) view.problem('sv-unknown-field', at);
    at = next;
  }
}

function bad(view: MessageView, kind: string, at: number): void {
  view.understood = false;
  view.problem(kind, at);
}

/** Returns the number of ASDUs. */
function readSequence(view: MessageView, from: number, end: number, listener: AsduListener): number {
  let count = 0;
  for (let at = from; at < end; count++) {
    if (!element.read(view.bytes, at, end) || element.tag !== ASDU_TAG) {
      view.problem('ber-malformed', at);
      break;
    }
    if (element.cut) view.problem('ber-truncated', at);
    const { next } = element;
    asdu.clear();
    readAsdu(view, element.at, element.end);
    if ((asdu.present & MANDATORY) !== MANDATORY) view.problem('sv-field-missing', at);
    listener.asdu(view);
    at = next;
  }
  return count;
}

function readAsdu(view: MessageView, from: number, end: number): void {
  const { bytes, symbols } = view;
  for (let at = from; at < end; ) {
    if (!element.read(bytes, at, end)) return view.problem('ber-malformed', at);
    if (element.cut) return view.problem('ber-truncated', at);
    const { tag, at: content, end: contentEnd, next } = element;
    const length = contentEnd - content;
    if ((tag & 0xe0) === 0x80) asdu.present |= 1 << (tag & 0x1f);
    switch (tag) {
      case ASDU_FIELD.svId:
        asdu.svId = symbols.intern(bytes, content, length);
        break;
      case ASDU_FIELD.datSet:
        asdu.datSet = symbols.intern(bytes, content, length);
        break;
      case ASDU_FIELD.smpCnt:
        asdu.smpCnt = fixed(view, content, length, 2);
        break;
      case ASDU_FIELD.confRev:
        asdu.confRev = fixed(view, content, length, 4);
        break;
      case ASDU_FIELD.refrTm:
        if (length === 8) asdu.timeUs = utcTimeUs(bytes, content);
        else view.problem('sv-field-length', content);
        break;
      case ASDU_FIELD.smpSynch:
        asdu.smpSynch = fixed(view, content, length, 1);
        break;
      case ASDU_FIELD.smpRate:
        asdu.smpRate = fixed(view, content, length, 2);
        break;
      case ASDU_FIELD.samples:
        asdu.samplesAt = content;
        asdu.samplesEnd = contentEnd;
        break;
      case ASDU_FIELD.smpMod:
      case ASDU_FIELD.gmIdentity:
        break;
      default:
        view.problem('sv-unknown-field', at);
    }
    at = next;
  }
}

/** Numbers have a fixed length in octets (9-2, table 14, note): others are read, and said. */
function fixed(view: MessageView, at: number, length: number, octets: number): number {
  if (length !== octets) view.problem('sv-field-length', at);
  return length > 4 ? Number.NaN : unsignedAt(view.bytes, at, at + length);
}

/** Emits the ASDU in `asdu`: its counter and state under `stream`, and the channels where they have the form of 9-2LE. */
export function emitAsdu(view: MessageView, stream: number, channelOf: (channel: number) => number): void {
  number(view, AREA.smpCnt, stream, VALUE_TYPE.uint16, asdu.smpCnt);
  number(view, AREA.confRev, stream, VALUE_TYPE.uint32, asdu.confRev);
  number(view, AREA.smpSynch, stream, VALUE_TYPE.uint8, asdu.smpSynch);
  number(view, AREA.smpRate, stream, VALUE_TYPE.uint16, asdu.smpRate);
  if (asdu.samplesEnd - asdu.samplesAt !== CHANNELS * CHANNEL_BYTES) return;
  for (let channel = 0; channel < CHANNELS; channel++) {
    const at = asdu.samplesAt + channel * CHANNEL_BYTES;
    const i = view.access(AREA.sample, channel, 1, false, VALUE_TYPE.int32, at);
    if (i < 0) return;
    view.accessSymbol[i] = channelOf(channel);
    view.accessQuality[i] = qualityOf(u32(view.bytes, at + 4) & VALIDITY_MASK);
    if (asdu.timeUs > 0) view.accessTimeUs[i] = asdu.timeUs;
  }
}

function number(view: MessageView, area: number, stream: number, type: number, value: number): void {
  if (Number.isNaN(value)) return;
  const i = view.numberAccess(area, 0, false, type, value, NO_OFFSET);
  if (i >= 0) view.accessSymbol[i] = stream;
}
