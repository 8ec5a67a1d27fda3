/** Writer of frames of Sampled Values behind the Ethertype: the inverse of `message.ts` (IEC 61850-9-2:2011, table 14). */
import { element, octets32, putOctets, textElement, utcTimeOctets } from '../asn1/encode.ts';
import { HEADER_BYTES } from './framing.ts';
import { ASDU_FIELD, ASDU_TAG, FIELD, PDU_TAG, SIMULATED_BIT } from './names.ts';

/** One channel: its value and its quality (0 is good). */
export interface Channel {
  readonly value: number;
  readonly quality?: number;
}

export interface AsduFields {
  readonly svId: string;
  readonly datSet?: string;
  readonly smpCnt: number;
  readonly confRev: number;
  readonly timeUs?: number;
  /** 0 not synchronised, 1 local clock, 2 global clock (9-2, table 14). */
  readonly smpSynch: number;
  readonly channels: readonly Channel[];
}

/** Writes the frame from its APPID on; returns the end. */
export function putSampledValues(
  out: Uint8Array,
  at: number,
  appId: number,
  asdus: readonly AsduFields[],
  simulated = false,
): number {
  const pdu = element(PDU_TAG, element(FIELD.noAsdu, [asdus.length]), element(FIELD.seqAsdu, ...asdus.map(asduOctets)));
  const head = [appId, HEADER_BYTES + pdu.length, simulated ? SIMULATED_BIT : 0, 0];
  const octets = Uint8Array.from(head.flatMap((field) => [field >> 8, field & 0xff]));
  return putOctets(out, putOctets(out, at, octets), pdu);
}

function asduOctets(fields: AsduFields): Uint8Array {
  const { svId, datSet, smpCnt, confRev, timeUs, smpSynch, channels } = fields;
  return element(
    ASDU_TAG,
    textElement(ASDU_FIELD.svId, svId),
    datSet === undefined ? [] : textElement(ASDU_FIELD.datSet, datSet),
    element(ASDU_FIELD.smpCnt, [smpCnt >> 8, smpCnt & 0xff]),
    element(ASDU_FIELD.confRev, octets32(confRev)),
    timeUs === undefined ? [] : element(ASDU_FIELD.refrTm, utcTimeOctets(timeUs)),
    element(ASDU_FIELD.smpSynch, [smpSynch]),
    element(
      ASDU_FIELD.samples,
      channels.flatMap(({ value, quality = 0 }) => [...octets32(value), ...octets32(quality)]),
    ),
  );
}
