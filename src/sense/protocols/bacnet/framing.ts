/**
 * Where a BACnet PDU ends, and its frame on each link: BVLC over UDP (ANSI/ASHRAE 135-2020, annex J.2) and LLC on Ethernet (clause 7,
 * ISO 8802-2 unnumbered information between the service access points 0x82).
 */
import { NEED_MORE, NOT_MINE } from '../protocol.ts';
import { u16 } from '../values.ts';

/** First octet of every BVLL message (J.2). */
export const BVLC_TYPE = 0x81;
/** Type, function, length. [bytes] */
export const BVLC_BYTES = 4;
/** Address and port of the originating device in a forwarded NPDU (J.2.5). [bytes] */
export const FORWARDED_BYTES = 6;
/** Service access point of BACnet on ISO 8802-2 (7.1), and the control octet of unnumbered information. */
export const LLC_SAP = 0x82;
const LLC_UI = 0x03;
/** Service access points and control. [bytes] */
export const LLC_BYTES = 3;
/** Protocol version of the network layer (6.2.1). */
export const NPDU_VERSION = 0x01;
/** Highest BVLC function (J.2.13). */
export const BVLC_FUNCTION_MAX = 12;
/** Largest PDU: an APDU of 1476 octets, network and link headers (J.2, 20.1.2.5). Foreign lengths beyond it are no BACnet. [bytes] */
const BVLC_LENGTH_MAX = 1_600;

/** True where the frame on Ethernet is BACnet. */
export function isLlc(bytes: Uint8Array, offset: number, end: number): boolean {
  if (end - offset < LLC_BYTES || bytes[offset] !== LLC_SAP || bytes[offset + 1] !== LLC_SAP) return false;
  return bytes[offset + 2] === LLC_UI;
}

/**
 * Length of the PDU: a datagram or frame holds one, so it goes to the end whatever its length field says. Devices and attack tools get
 * that field wrong; the rest may carry a parameter (a password), so it is read, and the dissector names the difference.
 */
export function frameLength(bytes: Uint8Array, offset: number, end: number): number {
  const size = end - offset;
  if (bytes[offset] === LLC_SAP) return size < LLC_BYTES ? NEED_MORE : isLlc(bytes, offset, end) ? size : NOT_MINE;
  if (bytes[offset] !== BVLC_TYPE) return NOT_MINE;
  if (size < BVLC_BYTES) return NEED_MORE;
  const length = u16(bytes, offset + 2);
  if (length < BVLC_BYTES || length > BVLC_LENGTH_MAX) return NOT_MINE;
  return size;
}
