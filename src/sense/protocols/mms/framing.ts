/**
 * The layers between transport and MMS: session (ISO 8327-1), presentation (ISO 8823-1), association control (ISO 8650-1). Only what
 * MMS uses of them (IEC 61850-8-1, annex B; RFC 1006 profile): the kernel, no tokens, one value a PDU, or several.
 */
import { Element, UNIVERSAL, unsignedAt } from '../asn1/ber.ts';
import { u16 } from '../values.ts';
import { PDU_TAGS, SPDU } from './names.ts';

/** Session parameters that carry user data: user data, extended user data (ISO 8327-1, 8.3.1.19). */
const USER_DATA = 0xc1;
const EXTENDED_USER_DATA = 0xc2;
/** Tags of presentation PDUs and fields (ISO 8823-1, 8.2). */
const TAG = {
  fullyEncoded: 0x61,
  normalMode: 0xa2,
  abort: 0xa0,
  singleValue: 0xa0,
  octetAligned: 0x81,
} as const;
/** APDUs of ACSE (ISO 8650-1, clause 9): APPLICATION 0 to 4. */
export const ACSE = {
  request: 0x60,
  response: 0x61,
  releaseRequest: 0x62,
  releaseResponse: 0x63,
  abort: 0x64,
} as const;
/** User information of every ACSE APDU: [30], holds EXTERNAL. */
const USER_INFORMATION = 0xbe;
/** Nothing there. */
export const NOWHERE = -1;

const SPDU_TYPES = new Set<number>(Object.values(SPDU));

/** Where the parts of one transport user datum stand. */
export class Envelope {
  /** SPDU type, `SPDU.none` where MMS stands straight on the transport. */
  spdu: number = SPDU.none;
  /** Tag of the ACSE APDU, 0 for none, and its content. */
  acse = 0;
  acseAt = 0;
  acseEnd = 0;
  /** MMS PDU from its tag on, `NOWHERE` for none. */
  pduAt = NOWHERE;
  pduEnd = 0;
  /** Presentation context of the value; 0 where none is said. */
  context = 0;
  /** What does not fit, empty where all does; and where. */
  problem = '';
  problemAt = 0;
  /** True where the octets end before the layers do. */
  cut = false;
  /** Further values of the same PDU. */
  restAt = 0;
  restEnd = 0;

  fail(problem: string, at: number): void {
    if (this.problem !== '') return;
    this.problem = problem;
    this.problemAt = at;
  }
}

const element = new Element();

/** Reads the layers of the user datum at `at` … `end` into `envelope`. */
export function readEnvelope(bytes: Uint8Array, at: number, end: number, envelope: Envelope): void {
  envelope.spdu = SPDU.none;
  envelope.context = 0;
  envelope.problem = '';
  envelope.cut = false;
  envelope.restAt = envelope.restEnd = 0;
  clearValue(envelope);
  if (isMmsTag(bytes[at]!)) {
    envelope.pduAt = at;
    envelope.pduEnd = end;
    return;
  }
  const user = readSession(bytes, at, end, envelope);
  const stop = envelope.restEnd;
  envelope.restEnd = 0;
  if (user >= 0) readPresentation(bytes, user, stop, envelope);
}

/** The next value of the same PDU; false where there is none. */
export function nextValue(bytes: Uint8Array, envelope: Envelope): boolean {
  if (envelope.restAt >= envelope.restEnd) return false;
  clearValue(envelope);
  readValue(bytes, envelope);
  return true;
}

function clearValue(envelope: Envelope): void {
  envelope.acse = 0;
  envelope.acseAt = envelope.acseEnd = 0;
  envelope.pduAt = NOWHERE;
  envelope.pduEnd = 0;
}

/** True for identifier octets of an MMS PDU. */
export function isMmsTag(tag: number): boolean {
  return PDU_TAGS[tag & 0x1f] === tag;
}

/** Offset of the user data, whose end goes to `restEnd`; -1 where there are none. */
function readSession(bytes: Uint8Array, from: number, end: number, envelope: Envelope): number {
  let at = from;
  let type = bytes[at]!;
  // Give tokens or please tokens, without parameters here, go before data (8.3.4, 8.3.5: category 0 before category 2).
  if ((type === SPDU.data || type === 2) && at + 2 < end && bytes[at + 1] === 0) {
    at += 2;
    type = bytes[at]!;
  }
  envelope.spdu = type;
  if (!SPDU_TYPES.has(type) || type === SPDU.none) {
    envelope.fail('session-unknown', at);
    return NOWHERE;
  }
  const wide = bytes[at + 1] === 0xff;
  const parameters = at + (wide ? 4 : 2);
  if (parameters > end) {
    envelope.cut = true;
    envelope.fail('session-short', at);
    return NOWHERE;
  }
  const stop = parameters + (wide ? u16(bytes, at + 2) : bytes[at + 1]!);
  if (stop > end) {
    envelope.cut = true;
    envelope.fail('session-short', at);
  }
  if (type === SPDU.data) {
    envelope.restEnd = end;
    return stop < end ? stop : NOWHERE;
  }
  return sessionUserData(bytes, parameters, Math.min(stop, end), envelope);
}

function sessionUserData(bytes: Uint8Array, from: number, end: number, envelope: Envelope): number {
  for (let at = from; at + 2 <= end; ) {
    const wide = bytes[at + 1] === 0xff;
    const value = at + (wide ? 4 : 2);
    if (value > end) break;
    const stop = value + (wide ? u16(bytes, at + 2) : bytes[at + 1]!);
    if (stop > end) envelope.fail('session-parameter', at);
    if (bytes[at] === USER_DATA || bytes[at] === EXTENDED_USER_DATA) {
      envelope.restEnd = Math.min(stop, end);
      return value < envelope.restEnd ? value : NOWHERE;
    }
    at = stop;
  }
  return NOWHERE;
}

/** Finds the user data of a presentation PDU; leaves its list of values in `restAt` … `restEnd` and reads the first. */
function readPresentation(bytes: Uint8Array, from: number, end: number, envelope: Envelope): void {
  envelope.restAt = envelope.restEnd = end;
  let at = from;
  let stop = end;
  // Connect PDUs are a SET that holds the normal-mode parameters, which hold the user data; refusals and aborts hold them at once.
  for (let depth = 0; depth < 3 && at < stop; depth++) {
    if (!element.read(bytes, at, stop)) {
      envelope.cut = true;
      return envelope.fail('presentation-malformed', at);
    }
    if (element.cut) envelope.cut = true;
    if (element.tag === TAG.fullyEncoded) {
      envelope.restAt = element.at;
      envelope.restEnd = element.end;
      return readValue(bytes, envelope);
    }
    const outer = element.tag;
    if (outer !== UNIVERSAL.set && outer !== UNIVERSAL.sequence && outer !== TAG.normalMode && outer !== TAG.abort) {
      return envelope.fail('presentation-unknown', at);
    }
    stop = element.end;
    at = find(bytes, element.at, stop, TAG.fullyEncoded, outer === UNIVERSAL.set ? TAG.normalMode : TAG.fullyEncoded);
  }
}

/** Offset of the first element with one of two tags, `end` where there is none. */
function find(bytes: Uint8Array, from: number, end: number, tag: number, other: number): number {
  for (let at = from; at < end; at = element.next) {
    if (!element.read(bytes, at, end)) return end;
    if (element.tag === tag || element.tag === other) return at;
  }
  return end;
}

/** PDV-list: transfer syntax (or not), context, the value. */
function readValue(bytes: Uint8Array, envelope: Envelope): void {
  const start = envelope.restAt;
  if (!element.read(bytes, start, envelope.restEnd)) {
    envelope.restAt = envelope.restEnd;
    envelope.cut = true;
    return envelope.fail('presentation-malformed', start);
  }
  envelope.restAt = element.next;
  if (element.cut) envelope.cut = true;
  const { tag: outer, end } = element;
  if (outer !== UNIVERSAL.sequence) return envelope.fail('presentation-unknown', start);
  for (let at = element.at; at < end; at = element.next) {
    if (!element.read(bytes, at, end)) {
      envelope.cut = true;
      return envelope.fail('presentation-malformed', at);
    }
    if (element.tag === UNIVERSAL.integer)
      envelope.context = unsignedAt(bytes, element.at, Math.min(element.end, element.at + 4));
    else if (element.tag === TAG.singleValue || element.tag === TAG.octetAligned) {
      return readApplication(bytes, element.at, element.end, envelope);
    }
  }
}

/** MMS, or ACSE with MMS in its user information: the class of the tag tells (context, application). */
function readApplication(bytes: Uint8Array, at: number, end: number, envelope: Envelope): void {
  if (at >= end) {
    envelope.cut = true;
    return envelope.fail('presentation-empty', at);
  }
  const tag = bytes[at]!;
  if (isMmsTag(tag)) {
    envelope.pduAt = at;
    envelope.pduEnd = end;
    return;
  }
  if (tag < ACSE.request || tag > ACSE.abort) return envelope.fail('presentation-unknown', at);
  if (!element.read(bytes, at, end)) {
    envelope.cut = true;
    return envelope.fail('acse-malformed', at);
  }
  envelope.acse = tag;
  envelope.acseAt = element.at;
  envelope.acseEnd = element.end;
  const information = find(bytes, element.at, element.end, USER_INFORMATION, USER_INFORMATION);
  if (information >= envelope.acseEnd || !element.read(bytes, information, envelope.acseEnd)) return;
  // EXTERNAL: references, then the value in one of the two encodings.
  const whole = element.read(bytes, element.at, element.end);
  const { tag: outer } = element;
  if (!whole || outer !== UNIVERSAL.external) return envelope.fail('acse-user-information', information);
  for (let inner = element.at, stop = element.end; inner < stop; inner = element.next) {
    if (!element.read(bytes, inner, stop)) return envelope.fail('acse-user-information', inner);
    if (element.tag === UNIVERSAL.integer)
      envelope.context = unsignedAt(bytes, element.at, Math.min(element.end, element.at + 4));
    if (element.tag !== TAG.singleValue && element.tag !== TAG.octetAligned) continue;
    if (element.at < element.end && isMmsTag(bytes[element.at]!)) {
      envelope.pduAt = element.at;
      envelope.pduEnd = element.end;
    }
    return;
  }
}
