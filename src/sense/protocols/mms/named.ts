/** Requests that name what they work on: domains, program invocations, journals, files (ISO 9506-2:2003, 11 to 18 and annex D). */
import { Element } from '../asn1/ber.ts';
import { type MessageView, NO_SYMBOL } from '../message-view.ts';
import { fileName, OBJECT_NAME, objectName } from './items.ts';
import { AREA, SERVICE } from './names.ts';
import { bare, choiceOfName, pdu } from './pdu.ts';

const element = new Element();

/** Services whose first argument names what they work on: service → area, and whether they change it. */
const NAMED: ReadonlyMap<number, readonly [area: number, write: boolean]> = new Map<
  number,
  readonly [area: number, write: boolean]
>([
  ...[26, 27, 28, 32, 34, 36].map((service) => [service, [AREA.domain, true]] as const),
  ...[29, 33, 35, 37].map((service) => [service, [AREA.domain, false]] as const),
  ...[38, 39, 40, 41, 42, 43, 44].map((service) => [service, [AREA.program, true]] as const),
  [45, [AREA.program, false]] as const,
  ...[65, 68].map((service) => [service, [AREA.journal, false]] as const),
  ...[66, 67, 69, 70].map((service) => [service, [AREA.journal, true]] as const),
  ...[19, 20, 21, 22].map((service) => [service, [AREA.other, true]] as const),
]);

/** Decodes the request in `pdu` whose service is none of those on variables. */
export function namedRequest(view: MessageView, service: number): void {
  if (service === SERVICE.getNameList) return nameList(view);
  if (service === SERVICE.fileOpen || service >= SERVICE.fileRename || service === SERVICE.obtainFile) {
    return fileRequest(view, service);
  }
  const named = NAMED.get(service);
  if (named === undefined) return;
  const { bytes } = view;
  // Either the name is the whole argument, or it is the first element: an identifier, or an object name in [0].
  let symbol: number = NO_SYMBOL;
  if (element.read(bytes, pdu.at, pdu.end) && !element.cut && element.end <= pdu.end) {
    if (element.tag === 0x80) symbol = view.symbols.intern(bytes, element.at, element.end - element.at);
    else if (element.tag === 0xa0) symbol = choiceOfName(view, element.at, element.end);
    else if (element.tag === OBJECT_NAME.domain) symbol = objectName(view, element.tag, element.at, element.end);
  }
  if (symbol === NO_SYMBOL && pdu.at < pdu.end && bytes[pdu.at]! < 0x80) {
    symbol = view.symbols.intern(bytes, pdu.at, pdu.end - pdu.at);
  }
  bare(view, named[0], symbol, named[1]);
}

/** objectClass [0], objectScope [1] with a domain [1] in it, continueAfter [2]. */
function nameList(view: MessageView): void {
  for (let at = pdu.at; at < pdu.end; ) {
    if (!element.read(view.bytes, at, pdu.end)) return view.problem('ber-malformed', at);
    const { tag, at: from, end, next } = element;
    if (tag === 0xa1 && element.read(view.bytes, from, end) && element.tag === 0x81 && !element.cut) {
      bare(view, AREA.domain, view.symbols.intern(view.bytes, element.at, element.end - element.at), false);
    }
    at = next;
  }
}

/** File names stand in constructed elements, in the order of the service; a deleted one stands alone. */
function fileRequest(view: MessageView, service: number): void {
  if (service > SERVICE.fileDirectory) return;
  const write = service === SERVICE.fileRename || service === SERVICE.fileDelete || service === SERVICE.obtainFile;
  if (service === SERVICE.fileDelete) return bare(view, AREA.file, fileName(view, pdu.at, pdu.end), true);
  for (let at = pdu.at; at < pdu.end; ) {
    if (!element.read(view.bytes, at, pdu.end)) return view.problem('ber-malformed', at);
    const { tag, next } = element;
    if ((tag & 0x20) !== 0) bare(view, AREA.file, fileName(view, element.at, element.end), write);
    at = next;
  }
}
