/** Tag services of Logix controllers (Rockwell Automation 1756-PM020, "Services supported by Logix 5000 controllers"). */
import { type MessageView, NO_SYMBOL } from '../message-view.ts';
import { u16le } from '../values.ts';
import { AREA, SERVICE, STATUS } from './names.ts';
import { type ElementNames, namedAccess, tagValues } from './values.ts';

/** What a request to the tag `symbol` accesses. Returns true where it is a read that states its number of elements at `at`. */
export function readTagRequest(
  view: MessageView,
  names: ElementNames,
  service: number,
  symbol: number,
  at: number,
  end: number,
): boolean {
  switch (service) {
    case SERVICE.readTag:
    case SERVICE.readTagFragmented:
      if (at + 2 > end) {
        view.problem('cip-short', at);
        return false;
      }
      namedAccess(view, AREA.tag, symbol, Math.max(1, u16le(view.bytes, at)), false);
      return true;
    case SERVICE.writeTag:
    case SERVICE.writeTagFragmented:
      tagValues(view, names, symbol, true, at, end, true, service === SERVICE.writeTagFragmented, 0, 0);
      if (view.accessCount === 0) namedAccess(view, AREA.tag, symbol, 1, true);
      return false;
    case SERVICE.readModifyWriteTag:
      // Size, OR mask, AND mask: the value that results depends on what stood there.
      if (at + 2 > end || at + 2 + 2 * u16le(view.bytes, at) > end) view.problem('cip-short', at);
      namedAccess(view, AREA.tag, symbol, 1, true);
      return false;
    default:
      namedAccess(view, AREA.tag, symbol, 1, false);
      return false;
  }
}

/** What the reply to a request to the tag `symbol` brings or confirms. */
export function readTagReply(
  view: MessageView,
  names: ElementNames,
  service: number,
  symbol: number,
  elements: number,
  offset: number,
  general: number,
  at: number,
  end: number,
): void {
  if (symbol === NO_SYMBOL) return;
  const reading = service === SERVICE.readTag || service === SERVICE.readTagFragmented;
  const writing =
    service === SERVICE.writeTag || service === SERVICE.writeTagFragmented || service === SERVICE.readModifyWriteTag;
  const brings = reading && (general === STATUS.success || general === STATUS.partialTransfer);
  if (brings) tagValues(view, names, symbol, false, at, end, false, false, elements, offset);
  else namedAccess(view, AREA.tag, symbol, 1, writing);
}
