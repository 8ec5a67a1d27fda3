/** Writer of GOOSE frames behind the Ethertype: the inverse of `message.ts` (IEC 61850-8-1:2011, annexes A and C). */
import { element, integerElement, type Octets, putOctets, textElement, utcTimeOctets } from '../asn1/encode.ts';
import { HEADER_BYTES } from './framing.ts';
import { FIELD, PDU_TAG, SIMULATED_BIT } from './names.ts';

/** One GOOSE message; what may be left out has its default. */
export interface GooseMessage {
  readonly appId: number;
  readonly gocbRef: string;
  readonly timeAllowedToLiveMs: number;
  readonly datSet: string;
  readonly goId?: string;
  /** When the state began. */
  readonly timeUs: number;
  readonly stNum: number;
  readonly sqNum: number;
  readonly simulation?: boolean;
  readonly confRev: number;
  readonly ndsCom?: boolean;
  /** Entries of the data set, made by `data` of `asn1/encode.ts`. */
  readonly entries: readonly Octets[];
}

/** Writes the frame from its APPID on; returns the end. */
export function putGoose(out: Uint8Array, at: number, message: GooseMessage): number {
  const flag = (value = false) => [value ? 1 : 0];
  const pdu = element(
    PDU_TAG.goose,
    textElement(FIELD.gocbRef, message.gocbRef),
    integerElement(FIELD.timeAllowedToLive, message.timeAllowedToLiveMs),
    textElement(FIELD.datSet, message.datSet),
    message.goId === undefined ? [] : textElement(FIELD.goId, message.goId),
    element(FIELD.t, utcTimeOctets(message.timeUs)),
    integerElement(FIELD.stNum, message.stNum),
    integerElement(FIELD.sqNum, message.sqNum),
    element(FIELD.simulation, flag(message.simulation)),
    integerElement(FIELD.confRev, message.confRev),
    element(FIELD.ndsCom, flag(message.ndsCom)),
    integerElement(FIELD.numDatSetEntries, message.entries.length),
    element(FIELD.allData, ...message.entries),
  );
  const length = HEADER_BYTES + pdu.length;
  const reserved = message.simulation === true ? SIMULATED_BIT : 0;
  const head = [message.appId, length, reserved, 0].flatMap((field) => [field >> 8, field & 0xff]);
  return putOctets(out, putOctets(out, at, Uint8Array.from(head)), pdu);
}
