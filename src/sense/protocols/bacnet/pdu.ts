/**
 * What a message view has no place for: link, network header and APDU header of the PDU just read. One for all sessions, since
 * dissection is synchronous; valid, like the view, until the handler returns. Refusals and counts are made from it.
 */
import { Npdu } from './npdu.ts';

class Pdu {
  /** The stream's own bytes: network addresses stand there also when the view shows a reassembled APDU. */
  bytes: Uint8Array = new Uint8Array(0);
  /** The frame came over ISO 8802-2 instead of UDP. */
  llc = false;
  /** BVLC function, -1 over LLC. */
  bvlc = -1;
  /** The network header was read. */
  hasNpdu = false;
  readonly npdu = new Npdu();
  /** APDU type, -1: none. */
  type = -1;
  /** Service choice, -1 where the type has none. */
  service = -1;
  invoke = 0;
  segmented = false;
  /** First object identifier and property met, -1: none. */
  object = -1;
  property = -1;
  /** Of an error; -1: none. */
  errorClass = -1;
  errorCode = -1;
  /** Of a reject or abort; -1: none. */
  reason = -1;

  clear(): void {
    this.llc = false;
    this.bvlc = -1;
    this.hasNpdu = false;
    this.npdu.messageType = -1;
    this.type = -1;
    this.service = -1;
    this.segmented = false;
    this.object = -1;
    this.property = -1;
    this.errorClass = -1;
    this.errorCode = -1;
    this.reason = -1;
  }
}

/** The PDU being handed to the sink. */
export const pdu = new Pdu();
