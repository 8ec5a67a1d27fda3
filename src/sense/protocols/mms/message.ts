/** Meaning of MMS PDUs (ISO 9506-2:2003, 7 and 14; IEC 61850-8-1 where names of items tell more). */
import { Element, integerAt, isContext, printableText, tagNumber, unsignedAt } from '../asn1/ber.ts';
import { type MessageView, NO_OFFSET, NO_SYMBOL, QUALITY_BAD } from '../message-view.ts';
import { functionKey } from '../protocol.ts';
import { VALUE_TYPE } from '../values.ts';
import { isControl, readControl, readLastError } from './control.ts';
import { isSequence, KIND_SELECT, listedVariable, objectName } from './items.ts';
import { namedRequest } from './named.ts';
import {
  AREA,
  ERROR_BASE,
  graverWrite,
  INFORMATION_REPORT,
  ITEM_ERROR_BASE,
  READ_SELECT,
  REJECT_BASE,
  REPORT,
  SERVICE,
  WRITE,
  writeFunction,
} from './names.ts';
import { type Asked, bare, choiceOfName, pdu } from './pdu.ts';
import { readReport } from './report.ts';
import type { MmsState } from './state.ts';

/** Identifiers in `listOfVariable`, `variableListName` (`VariableAccessSpecification`). */
const SPECIFICATION = { listOfVariable: 0xa0, variableListName: 0xa1 } as const;
const LAST_ERROR = 'LastApplError';
/** The VMD's variable list of every report (IEC 61850-8-1, 17.2.3). */
const REPORT_LIST = 'RPT';

const element = new Element();

/** Invoke id: Unsigned32 (7.2). */
export function invokeAt(bytes: Uint8Array, at: number, end: number): number {
  return Math.min(unsignedAt(bytes, at, Math.min(end, at + 5)), 0xffffffff);
}

/** Finds the service of a confirmed PDU from `at` on: invoke id, modifiers, service. Returns the invoke id, or -1. */
export function readConfirmed(view: MessageView, from: number, end: number): number {
  const { bytes } = view;
  let invoke = -1;
  for (let at = from; at < end; at = element.next) {
    if (!element.read(bytes, at, end)) {
      view.problem('ber-malformed', at);
      break;
    }
    if (element.cut) view.problem('ber-truncated', at);
    if (element.tag === 0x02 && invoke < 0) {
      invoke = invokeAt(bytes, element.at, element.end);
    } else if (isContext(element.tag)) {
      pdu.service = tagNumber(element.tag);
      pdu.at = element.at;
      pdu.end = element.end;
      break;
    }
  }
  if (invoke < 0) view.problem('mms-invoke-id', from);
  if (pdu.service < 0) view.problem('mms-service-missing', from);
  return invoke;
}

/** Decodes the request in `pdu`. */
export function readRequest(view: MessageView, state: MmsState): void {
  view.functionCode = pdu.service;
  switch (pdu.service) {
    case SERVICE.read:
      return readRead(view, state);
    case SERVICE.write:
      return readWrite(view, state);
    case SERVICE.getVariableAccessAttributes:
      return attributesRequest(view);
    case SERVICE.getNamedVariableListAttributes:
      pdu.list = choiceOfName(view, pdu.at, pdu.end);
      return listAccess(view, false);
    case SERVICE.defineNamedVariableList:
      return defineList(view, state);
    case SERVICE.deleteNamedVariableList:
      return deleteLists(view);
    default:
      return namedRequest(view, pdu.service);
  }
}

/** Decodes the answer in `pdu` to a request that asked for `asked`. */
export function readAnswer(view: MessageView, state: MmsState, asked: Asked | null): void {
  switch (pdu.service) {
    case SERVICE.read:
      return readAnswerOfRead(view, state, asked);
    case SERVICE.write:
      return readAnswerOfWrite(view, state, asked);
    case SERVICE.identify:
      return identity(view);
    case SERVICE.status:
      return vmdStatus(view);
    case SERVICE.getNamedVariableListAttributes:
      return listAttributes(view, state, asked);
    default:
  }
}

/** A refused request: its items, none of which holds a value. */
export function readRefused(view: MessageView, state: MmsState, asked: Asked | null, write: boolean): void {
  if (asked === null) return;
  if (asked.list !== NO_SYMBOL) return bare(view, AREA.list, asked.list, write, QUALITY_BAD);
  if (!state.items.holds(asked.from)) return;
  for (let place = asked.from; place < asked.to; place++) {
    bare(view, AREA.variable, state.items.at(place), write, QUALITY_BAD);
  }
}

function listAccess(view: MessageView, write: boolean): void {
  bare(view, AREA.list, pdu.list, write);
}

/**
 * `VariableAccessSpecification` whose element is `tag`, content `at` … `end`: fills items or list of `pdu`; false where it is neither.
 * A variable without a name keeps its place as `NO_SYMBOL`.
 */
function specification(view: MessageView, tag: number, at: number, end: number): boolean {
  if (tag === SPECIFICATION.variableListName) {
    pdu.list = choiceOfName(view, at, end);
    return true;
  }
  if (tag !== SPECIFICATION.listOfVariable) return false;
  listOfVariable(view, at, end);
  return true;
}

function listOfVariable(view: MessageView, from: number, end: number): void {
  const { bytes } = view;
  for (let at = from; at < end; ) {
    if (!element.read(bytes, at, end) || !isSequence(element.tag)) return view.problem('mms-variable-list', at);
    const { next } = element;
    if (pdu.itemCount >= pdu.items.length) return view.problem('too-many-accesses', at);
    pdu.items[pdu.itemCount++] = listedVariable(view, element.at, element.end);
    at = next;
  }
}

/** specificationWithResult [0] (or not), variableAccessSpecification [1]. */
function readRead(view: MessageView, state: MmsState): void {
  const { bytes } = view;
  for (let at = pdu.at; at < pdu.end; ) {
    if (!element.read(bytes, at, pdu.end)) return view.problem('ber-malformed', at);
    const { tag, at: content, end, next } = element;
    // Some clients leave out the [1] around the list.
    if (tag === SPECIFICATION.listOfVariable) specification(view, tag, content, end);
    else if (tag === 0xa1 && element.read(bytes, content, end)) {
      specification(view, element.tag, element.at, element.end);
    }
    at = next;
  }
  if (pdu.list !== NO_SYMBOL) return listAccess(view, false);
  for (let i = 0; i < pdu.itemCount; i++) {
    const symbol = pdu.items[i]!;
    bare(view, AREA.variable, symbol, false);
    if (symbol !== NO_SYMBOL && state.kindOf(view.symbols, symbol) === KIND_SELECT) {
      view.functionCode = functionKey(SERVICE.read, READ_SELECT);
    }
  }
}

/** variableAccessSpecification, listOfData [0]. */
function readWrite(view: MessageView, state: MmsState): void {
  const { bytes } = view;
  if (!element.read(bytes, pdu.at, pdu.end)) return view.problem('ber-malformed', pdu.at);
  const { next } = element;
  if (!specification(view, element.tag, element.at, element.end)) return view.problem('mms-specification', pdu.at);
  if (!element.read(bytes, next, pdu.end) || element.tag !== 0xa0) return view.problem('mms-data-missing', next);
  const { at: from, end } = element;
  let graver: number = WRITE.plain;
  for (let i = 0; i < pdu.itemCount; i++) {
    if (pdu.items[i] !== NO_SYMBOL) graver = graverWrite(graver, writeKind(view, state, pdu.items[i]!));
  }
  view.functionCode = writeFunction(graver);
  let count = 0;
  for (let at = from; at >= 0 && at < end; count++) at = writtenValue(view, state, count, at, end);
  if (pdu.list === NO_SYMBOL && count !== pdu.itemCount) view.problem('mms-write-count', from);
}

/** Kind of write; an item for selecting by reading is no command when written. */
function writeKind(view: MessageView, state: MmsState, symbol: number): number {
  const kind = state.kindOf(view.symbols, symbol);
  return kind === KIND_SELECT ? WRITE.plain : kind;
}

function writtenValue(view: MessageView, state: MmsState, index: number, at: number, end: number): number {
  if (pdu.list !== NO_SYMBOL) {
    const known = state.membersOf(pdu.list)?.[index] !== undefined;
    const symbol = state.memberOf(view.symbols, pdu.list, index);
    return state.reader.read(view, at, end, AREA.variable, symbol, true, !known);
  }
  const symbol = index < pdu.itemCount ? pdu.items[index]! : NO_SYMBOL;
  if (symbol === NO_SYMBOL) return state.reader.read(view, at, end, AREA.other, unnamed(view), true, false);
  if (isControl(state.kindOf(view.symbols, symbol))) return readControl(view, state.reader, at, end, symbol);
  return state.reader.read(view, at, end, AREA.variable, symbol, true, false);
}

/** Values whose name the message does not say in a form that is known. */
function unnamed(view: MessageView): number {
  return view.symbols.internText('unnamed');
}

/** variableAccessSpecification [0] (or not), listOfAccessResult [1]. */
function readAnswerOfRead(view: MessageView, state: MmsState, asked: Asked | null): void {
  const { bytes } = view;
  for (let at = pdu.at; at < pdu.end; ) {
    if (!element.read(bytes, at, pdu.end)) return view.problem('ber-malformed', at);
    const { tag, at: content, end, next } = element;
    if (tag === 0xa0 && element.read(bytes, content, end)) specification(view, element.tag, element.at, element.end);
    else if (tag === 0xa1) accessResults(view, state, content, end, asked);
    at = next;
  }
}

/** Access results `from` … `end`; names from the PDU itself, else from the request. */
function accessResults(view: MessageView, state: MmsState, from: number, end: number, asked: Asked | null): void {
  const own = pdu.itemCount > 0 || pdu.list !== NO_SYMBOL;
  if (!own && (asked === null || (asked.list === NO_SYMBOL && !state.items.holds(asked.from)))) {
    if (from < end) view.problem('mms-reply-without-request', from);
    return;
  }
  const list = own ? pdu.list : asked!.list;
  let index = 0;
  for (let at = from; at >= 0 && at < end; index++) {
    let symbol: number = NO_SYMBOL;
    let component = false;
    if (list !== NO_SYMBOL) {
      symbol = state.memberOf(view.symbols, list, index);
      component = state.membersOf(list)?.[index] === undefined;
    } else if (own) symbol = index < pdu.itemCount ? pdu.items[index]! : NO_SYMBOL;
    else if (asked!.from + index < asked!.to) symbol = state.items.at(asked!.from + index);
    at = accessResult(view, state, at, end, symbol, component);
  }
  const expected = list !== NO_SYMBOL ? index : own ? pdu.itemCount : asked!.to - asked!.from;
  if (index !== expected) view.problem('mms-result-count', from);
}

/** failure [0], else the value. */
function accessResult(
  view: MessageView,
  state: MmsState,
  at: number,
  end: number,
  symbol: number,
  component: boolean,
): number {
  const area = symbol === NO_SYMBOL ? AREA.other : AREA.variable;
  const name = symbol === NO_SYMBOL ? unnamed(view) : symbol;
  if (view.bytes[at] !== 0x80) return state.reader.read(view, at, end, area, name, false, component);
  if (!element.read(view.bytes, at, end)) return -1;
  const { next } = element;
  itemError(view);
  bare(view, area, name, false, QUALITY_BAD);
  return next;
}

/** The first refused item gives the message its status. */
function itemError(view: MessageView): void {
  if (view.status !== 0) return;
  view.status = ITEM_ERROR_BASE + (unsignedAt(view.bytes, element.at, Math.min(element.end, element.at + 2)) & 0xffff);
}

/** One result for each item: failure [0] or success [1]. */
function readAnswerOfWrite(view: MessageView, state: MmsState, asked: Asked | null): void {
  let index = 0;
  const known = asked !== null && asked.list === NO_SYMBOL && state.items.holds(asked.from);
  for (let at = pdu.at; at < pdu.end; index++) {
    if (!element.read(view.bytes, at, pdu.end)) return view.problem('ber-malformed', at);
    const { next } = element;
    const failed = element.tag === 0x80;
    if (failed) itemError(view);
    if (known && asked.from + index < asked.to) {
      bare(view, AREA.variable, state.items.at(asked.from + index), true, failed ? QUALITY_BAD : 0);
    }
    at = next;
  }
  if (known && index !== asked.to - asked.from) view.problem('mms-result-count', pdu.at);
}

/** vendorName [0], modelName [1], revision [2]. */
function identity(view: MessageView): void {
  const kinds = ['vendor', 'model', 'firmware'];
  for (let at = pdu.at; at < pdu.end; at = element.next) {
    if (!element.read(view.bytes, at, pdu.end) || element.cut) return view.problem('ber-malformed', at);
    const kind = kinds[element.tag - 0x80];
    // Who answers tells of itself, also where both sides serve.
    const about = view.fromClient ? 'client' : 'server';
    if (kind !== undefined)
      view.fact(about, kind, printableText(view.bytes, element.at, Math.min(element.end, element.at + 256)));
  }
}

/** vmdLogicalStatus [0], vmdPhysicalStatus [1] (ISO 9506-2, 10.2). */
function vmdStatus(view: MessageView): void {
  const names = ['logical-status', 'physical-status'];
  for (let at = pdu.at; at < pdu.end; at = element.next) {
    if (!element.read(view.bytes, at, pdu.end) || element.cut) return view.problem('ber-malformed', at);
    const name = names[element.tag - 0x80];
    if (name === undefined) continue;
    const value = integerAt(view.bytes, element.at, Math.min(element.end, element.at + 4));
    const i = view.numberAccess(AREA.vmd, 0, false, VALUE_TYPE.int32, value, NO_OFFSET);
    if (i >= 0) view.accessSymbol[i] = view.symbols.internText(name);
  }
}

/** name [0] or address [1], as in one entry of a list of variables. */
function attributesRequest(view: MessageView): void {
  pdu.items[0] = listedVariable(view, pdu.at, pdu.end);
  if (pdu.items[0] === NO_SYMBOL) return view.problem('mms-specification', pdu.at);
  pdu.itemCount = 1;
  bare(view, AREA.variable, pdu.items[0]!, false);
}

/** mmsDeletable [0], listOfVariable [1]: what the list holds, in the order of its values. */
function listAttributes(view: MessageView, state: MmsState, asked: Asked | null): void {
  for (let at = pdu.at; at < pdu.end; ) {
    if (!element.read(view.bytes, at, pdu.end)) return view.problem('ber-malformed', at);
    const { next } = element;
    if (element.tag === 0xa1) listOfVariable(view, element.at, element.end);
    at = next;
  }
  if (asked === null || asked.list === NO_SYMBOL) return;
  bare(view, AREA.list, asked.list, false);
  state.learnList(asked.list, pdu.items, pdu.itemCount);
}

/** variableListName, listOfVariable [0]. */
function defineList(view: MessageView, state: MmsState): void {
  if (!element.read(view.bytes, pdu.at, pdu.end)) return view.problem('ber-malformed', pdu.at);
  const { next } = element;
  pdu.list = objectName(view, element.tag, element.at, element.end);
  if (element.read(view.bytes, next, pdu.end) && element.tag === 0xa0) listOfVariable(view, element.at, element.end);
  listAccess(view, true);
  if (pdu.list !== NO_SYMBOL) state.learnList(pdu.list, pdu.items, pdu.itemCount);
}

/** scopeOfDelete [0], listOfVariableListName [1], domainName [2]. */
function deleteLists(view: MessageView): void {
  for (let at = pdu.at; at < pdu.end; ) {
    if (!element.read(view.bytes, at, pdu.end)) return view.problem('ber-malformed', at);
    const { tag, at: from, end, next } = element;
    if (tag === 0x82) bare(view, AREA.domain, view.symbols.intern(view.bytes, from, end - from), true);
    for (let name = from; tag === 0xa1 && name < end; ) {
      if (!element.read(view.bytes, name, end)) return view.problem('ber-malformed', name);
      const after = element.next;
      bare(view, AREA.list, objectName(view, element.tag, element.at, element.end), true);
      name = after;
    }
    at = next;
  }
}

/** Unconfirmed service: informationReport [0] is decoded. */
export function readUnconfirmed(view: MessageView, state: MmsState, from: number, end: number): void {
  const { bytes } = view;
  if (!element.read(bytes, from, end) || !isContext(element.tag)) {
    view.functionCode = INFORMATION_REPORT;
    view.understood = false;
    return view.problem('mms-service-missing', from);
  }
  if (element.cut) view.problem('ber-truncated', from);
  pdu.service = tagNumber(element.tag);
  view.functionCode = INFORMATION_REPORT + (pdu.service & 0x3f);
  if (view.functionCode === INFORMATION_REPORT) informationReport(view, state, element.at, element.end);
}

function informationReport(view: MessageView, state: MmsState, from: number, end: number): void {
  const { bytes, symbols } = view;
  if (!element.read(bytes, from, end)) return view.problem('ber-malformed', from);
  const { next } = element;
  if (!specification(view, element.tag, element.at, element.end)) return view.problem('mms-specification', from);
  if (!element.read(bytes, next, end) || element.tag !== 0xa0) return view.problem('mms-data-missing', next);
  const { at, end: stop } = element;
  if (pdu.list !== NO_SYMBOL && symbols.name(pdu.list) === REPORT_LIST && readReport(view, state, at, stop)) {
    view.functionCode = functionKey(INFORMATION_REPORT, REPORT.report);
    return;
  }
  if (pdu.itemCount > 0 && pdu.itemCount <= 2 && commandResult(view, state, at, stop)) return;
  accessResults(view, state, at, stop, null);
}

/** End of a command (8-1, 20.8): LastApplError before the refused command, or the command alone. */
function commandResult(view: MessageView, state: MmsState, from: number, end: number): boolean {
  const first = pdu.items[0]!;
  const failed = first !== NO_SYMBOL && view.symbols.name(first) === LAST_ERROR;
  const command = failed ? pdu.items[1]! : first;
  const isCommand = command !== NO_SYMBOL && isControl(state.kindOf(view.symbols, command));
  if (!failed && !isCommand) return false;
  view.functionCode = functionKey(INFORMATION_REPORT, REPORT.commandResult);
  let at = failed ? readLastError(view, state.reader, from, end, first) : from;
  if (at < 0 || at >= end || !isCommand || (failed && pdu.itemCount < 2)) return true;
  const before = view.accessCount;
  at = readControl(view, state.reader, at, end, command);
  // It tells of a command, it is none.
  for (let i = before; i < view.accessCount; i++) view.accessWrite[i] = 0;
  return true;
}

/** serviceError [2] of a confirmed error (or the content of an initiate error): errorClass [0] with the class as a choice. */
export function readServiceError(view: MessageView, from: number, end: number): void {
  if (!element.read(view.bytes, from, end) || element.tag !== 0xa0) return view.problem('mms-error-class', from);
  if (!element.read(view.bytes, element.at, element.end)) return view.problem('mms-error-class', from);
  const code = unsignedAt(view.bytes, element.at, Math.min(element.end, element.at + 2));
  view.status = ERROR_BASE + (tagNumber(element.tag) & 0x1f) * 256 + (code & 0xff);
}

/** originalInvokeID [0] (or not), then the reason as a choice [1] to [11]. Returns the invoke id, or -1. */
export function readReject(view: MessageView, from: number, end: number): number {
  let invoke = -1;
  for (let at = from; at < end; at = element.next) {
    if (!element.read(view.bytes, at, end) || element.cut) {
      view.problem('ber-malformed', at);
      break;
    }
    const number = invokeAt(view.bytes, element.at, element.end);
    if (element.tag === 0x80) invoke = number;
    else view.status = REJECT_BASE + (tagNumber(element.tag) & 0x1f) * 256 + (number & 0xff);
  }
  if (view.status === 0) view.status = REJECT_BASE;
  return invoke;
}
