/** The MMS PDU being read, and what its readers share. */
import { ACCESSES_MAX } from '../../../limits.ts';
import { Element } from '../asn1/ber.ts';
import { type MessageView, NO_OFFSET, NO_SYMBOL } from '../message-view.ts';
import { VALUE_TYPE } from '../values.ts';
import { objectName } from './items.ts';

/** `Pdu.type` of a message of the layers below. */
export const NO_PDU = -1;

/** What the PDU being read is. One for all sessions: dissection is synchronous. */
export class Pdu {
  /** Tag number of the PDU, of the service in it (-1 for none), and the service's content. */
  type = 0;
  service = -1;
  at = 0;
  end = 0;
  /** Named variables of its access specification, or the one list. */
  readonly items = new Int32Array(ACCESSES_MAX);
  itemCount = 0;
  list: number = NO_SYMBOL;

  clear(type: number): void {
    this.type = type;
    this.service = -1;
    this.at = this.end = 0;
    this.itemCount = 0;
    this.list = NO_SYMBOL;
  }
}

export const pdu = new Pdu();
const element = new Element();

/** The items a request asked for, as its answer needs them. */
export interface Asked {
  from: number;
  to: number;
  list: number;
}

/** An access without a value. */
export function bare(view: MessageView, area: number, symbol: number, write: boolean, quality = 0): void {
  if (symbol === NO_SYMBOL) return;
  const i = view.access(area, 0, 1, write, VALUE_TYPE.none, NO_OFFSET);
  if (i < 0) return;
  view.accessSymbol[i] = symbol;
  view.accessQuality[i] = quality;
}

/** `ObjectName` whose element stands at `at`. */
export function choiceOfName(view: MessageView, at: number, end: number): number {
  return element.read(view.bytes, at, end) ? objectName(view, element.tag, element.at, element.end) : NO_SYMBOL;
}
