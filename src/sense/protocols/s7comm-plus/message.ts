/** Meaning of S7-plus requests, responses and notifications, as far as they travel in plain. Sources as in `names.ts`. */
import { S7PLUS_VALUES_MAX } from '../../../limits.ts';
import { type MessageView, NO_OFFSET, QUALITY_BAD } from '../message-view.ts';
import { VALUE_TYPE } from '../values.ts';
import {
  ACTUAL_VALUE,
  AREA,
  ATTRIBUTE,
  DATA_BLOCK,
  FC,
  FUNCTIONS,
  NATIVE_AREA,
  OBJECT,
  PRE_LEGITIMATED,
  SUB,
  subFunction,
} from './names.ts';
import { Reader } from './values.ts';
import type { Wanted } from './wanted.ts';

const KNOWN = new Set(FUNCTIONS.map((info) => info.code));
/** One for all sessions: dissection is synchronous. */
const reader = new Reader();

/** Tokens of object lists. */
const TOKEN = { object: 0xa1, objectEnd: 0xa2, attribute: 0xa3, relation: 0xa4 } as const;
/** Tokens of notifications. */
const ITEM_U32 = 0x92;
const ITEM_VLQ = 0x9b;

/** Decodes the body of a request, which begins at `at`; what is asked for goes into `wanted`. */
export function readRequest(view: MessageView, code: number, at: number, wanted: Wanted): void {
  reader.begin(view.bytes, at, view.end);
  switch (code) {
    case FC.createObject:
      return createObject(view);
    case FC.deleteObject: {
      const id = reader.u32();
      if (id === view.detail) view.functionCode = subFunction(code, SUB.session);
      return objectAccess(view, String(id), true);
    }
    case FC.setVariable:
      return setVariable(view);
    case FC.getVariable:
    case FC.getVarSubStreamed:
      return substreamed(view, wanted);
    case FC.setVarSubStreamed:
      return objectAccess(view, String(reader.u32()), true);
    case FC.explore:
    case FC.getLink:
    case FC.invoke:
      return objectAccess(view, String(reader.u32()), false);
    case FC.getMultiVariables:
      return getMulti(view, wanted);
    case FC.setMultiVariables:
      return setMulti(view);
    default:
      if (!KNOWN.has(code)) view.understood = false;
  }
}

/** Decodes the body of a response; `from` … `to` in `wanted` is what the paired request asked for. */
export function readResponse(
  view: MessageView,
  code: number,
  at: number,
  wanted: Wanted,
  from: number,
  to: number,
): void {
  reader.begin(view.bytes, at, view.end);
  reader.vlq64();
  if (reader.failed) return view.problem('s7plus-short', at);
  view.status = reader.low16 === PRE_LEGITIMATED ? 0 : reader.low16;
  if (!KNOWN.has(code)) {
    view.understood = false;
    return;
  }
  if (code === FC.getMultiVariables) return multiValues(view, wanted, from, to);
  if (code === FC.createObject) return created(view);
  if (code === FC.explore && view.status === 0) return objects(view);
  if (code === FC.getVarSubStreamed || code === FC.getVariable) {
    reader.u8();
    if (to > from && reader.value()) emit(view, AREA.object, wanted.symbol(from), false);
  }
}

/** A notification: subscription 4, three words, credit, number, count, then items until 0. */
export function readNotification(view: MessageView, at: number): void {
  reader.begin(view.bytes, at, view.end);
  const subscription = reader.u32();
  view.detail = subscription;
  reader.skip(6);
  reader.u8();
  view.transaction = reader.vlq() & 0xffff;
  reader.u8();
  if (reader.failed) return view.problem('s7plus-short', at);
  const text = subscription.toString(16);
  for (let k = 0; k < S7PLUS_VALUES_MAX; k++) {
    const token = reader.u8();
    if (token !== ITEM_U32 && token !== ITEM_VLQ) return;
    const item = token === ITEM_U32 ? reader.u32() : reader.vlq();
    if (!reader.value()) return view.problem('s7plus-value', reader.offset);
    emit(view, AREA.subscription, view.symbols.internText(`${text}.${item}`), false);
  }
}

/** Container, a value, four octets, then the object. A session is an object in the session container. */
function createObject(view: MessageView): void {
  const container = reader.u32();
  if (container === OBJECT.sessionContainer) view.functionCode = subFunction(FC.createObject, SUB.session);
  if (!reader.value()) return view.problem('s7plus-value', reader.offset);
  reader.skip(4);
  if (container !== OBJECT.sessionContainer) objectAccess(view, String(container), true);
  objects(view);
}

/** Ids of what was created, then the objects: a new session tells who the CPU is. */
function created(view: MessageView): void {
  const count = reader.u8();
  for (let k = 0; k < count; k++) {
    const id = reader.vlq();
    if (k === 0) view.detail = id;
  }
  if (view.status === 0) objects(view);
}

/** Walks an object list for texts that say who someone is; stops where a token is not known. */
function objects(view: MessageView): void {
  reader.onText = (id, from, end) => identity(view, id, from, end);
  for (let k = 0; k < S7PLUS_VALUES_MAX; k++) {
    switch (reader.u8()) {
      case TOKEN.object:
        reader.u32();
        reader.vlq();
        reader.vlq();
        reader.vlq();
        break;
      case TOKEN.attribute:
        if (!reader.value(reader.vlq())) return;
        break;
      case TOKEN.relation:
        reader.vlq();
        reader.u32();
        break;
      case TOKEN.objectEnd:
        break;
      default:
        return;
    }
    if (reader.failed) return;
  }
}

/** `1;6ES7 211-1AD30-0XB0;V2.2` names the CPU, `1:::6.0::Adapter` the client's network adapter. */
function identity(view: MessageView, id: number, from: number, end: number): void {
  if (id !== ATTRIBUTE.systemPaom && id !== ATTRIBUTE.clientAddress) return;
  const text = utf8.decode(view.bytes.subarray(from, end));
  if (id === ATTRIBUTE.clientAddress) {
    const last = text.lastIndexOf('::');
    if (last >= 0) view.fact('client', 'network-adapter', text.slice(last + 2));
    return;
  }
  const [, model, firmware] = text.split(';');
  if (model === undefined || firmware === undefined) return;
  view.fact('server', 'vendor', 'Siemens');
  view.fact('server', 'model', model.trim());
  view.fact('server', 'firmware', firmware.trim());
}
const utf8 = new TextDecoder();

/** Object, number of attributes, attribute, value. */
function setVariable(view: MessageView): void {
  const object = reader.u32();
  const count = reader.vlq();
  const attribute = reader.vlq();
  if (count !== 1 || !reader.value()) {
    objectAccess(view, String(object), true);
    return view.problem('s7plus-value', reader.offset);
  }
  if (object === OBJECT.cpuExecutionUnit && attribute === ATTRIBUTE.cpuModeRequest) {
    view.functionCode = subFunction(FC.setVariable, SUB.cpuMode);
  }
  if (attribute === ATTRIBUTE.subscriptionCredit) {
    view.functionCode = subFunction(FC.setVariable, SUB.credit);
    return;
  }
  emit(view, AREA.object, view.symbols.internText(`${object}.${attribute}`), true);
}

/** Object, then its attributes as an array of numbers. */
function substreamed(view: MessageView, wanted: Wanted): void {
  const object = reader.u32();
  const flags = reader.u8();
  const type = reader.u8();
  const count = (flags & 0x30) === 0 ? 1 : reader.vlq();
  const attribute = count === 1 && type === 4 ? `.${reader.vlq()}` : '';
  if (reader.failed) return view.problem('s7plus-short', view.offset);
  const name = `${object}${attribute}`;
  wanted.add(view.symbols.internText(name), AREA.object);
  objectAccess(view, name, false);
}

/** Link, items, fields, addresses. */
function getMulti(view: MessageView, wanted: Wanted): void {
  const link = reader.u32();
  const items = reader.vlq();
  const fields = reader.vlq();
  const area = link === 0 ? AREA.variable : AREA.object;
  for (let k = 0; k < items && !reader.failed && k < S7PLUS_VALUES_MAX; k++) {
    const symbol = link === 0 ? variable(view, fields) : view.symbols.internText(`${link}.${reader.vlq()}`);
    if (reader.failed) return view.problem('s7plus-short', view.offset);
    wanted.add(symbol, area);
    const i = view.access(area, 0, 1, false, VALUE_TYPE.none, NO_OFFSET);
    if (i < 0) return;
    view.accessSymbol[i] = symbol;
  }
}

/** Check sum of the symbol, area, number of ids, ids: `DB3.10`, `M.12`, or numbers. */
function variable(view: MessageView, fieldsMax: number): number {
  reader.vlq();
  const area = reader.vlq();
  const ids = Math.min(reader.vlq(), fieldsMax);
  let name = area >>> 16 === DATA_BLOCK ? `DB${area & 0xffff}` : (NATIVE_AREA[area] ?? String(area));
  for (let k = 0; k < ids && !reader.failed && k < 64; k++) {
    const id = reader.vlq();
    if (k > 0 || !ACTUAL_VALUE.has(id)) name += `.${id}`;
  }
  return view.symbols.internText(name);
}

/** Item numbers and values until 0, then refused items with their codes until 0. */
function multiValues(view: MessageView, wanted: Wanted, from: number, to: number): void {
  for (let k = 0; k < S7PLUS_VALUES_MAX; k++) {
    const item = reader.vlq();
    if (reader.failed) return view.problem('s7plus-short', view.offset);
    if (item === 0) break;
    if (!reader.value()) return view.problem('s7plus-value', reader.offset);
    if (from + item <= to) emit(view, wanted.areaOf(from), wanted.symbol(from + item - 1), false);
  }
  for (let k = 0; k < S7PLUS_VALUES_MAX; k++) {
    const item = reader.vlq();
    if (item === 0 || reader.failed) return;
    reader.vlq64();
    if (view.status === 0) view.status = reader.low16;
    if (from + item > to) continue;
    const i = view.access(wanted.areaOf(from), 0, 1, false, VALUE_TYPE.none, NO_OFFSET);
    if (i < 0) return;
    view.accessSymbol[i] = wanted.symbol(from + item - 1);
    view.accessQuality[i] = QUALITY_BAD;
  }
}

/** Symbols of the items of the request in hand; reused. */
const targets = new Int32Array(S7PLUS_VALUES_MAX);

/** Object (0: variables), items, fields, addresses or attributes, then item numbers and values until 0. */
function setMulti(view: MessageView): void {
  const object = reader.u32();
  const items = Math.min(reader.vlq(), S7PLUS_VALUES_MAX);
  const fields = reader.vlq();
  for (let k = 0; k < items && !reader.failed; k++) {
    targets[k] = object === 0 ? variable(view, fields) : view.symbols.internText(`${object}.${reader.vlq()}`);
  }
  if (object !== 0 && object === view.detail) view.functionCode = subFunction(FC.setMultiVariables, SUB.session);
  for (let k = 0; k < items && !reader.failed; k++) {
    const item = reader.vlq();
    if (item === 0) return;
    if (!reader.value()) break;
    if (item <= items) emit(view, object === 0 ? AREA.variable : AREA.object, targets[item - 1]!, true);
  }
  if (reader.failed) view.problem('s7plus-value', reader.offset);
}

function objectAccess(view: MessageView, name: string, write: boolean): void {
  if (reader.failed) return view.problem('s7plus-short', view.offset);
  const i = view.access(AREA.object, 0, 1, write, VALUE_TYPE.none, NO_OFFSET);
  if (i >= 0) view.accessSymbol[i] = view.symbols.internText(name);
}

/** An access with the value the reader found last. */
function emit(view: MessageView, area: number, symbol: number, write: boolean): void {
  const single = !Number.isNaN(reader.number);
  const raw = reader.type === VALUE_TYPE.bytes || reader.type === VALUE_TYPE.text;
  const i = view.access(area, 0, reader.elements, write, reader.type, single ? NO_OFFSET : reader.offset);
  if (i < 0) return;
  view.accessSymbol[i] = symbol;
  if (single) view.accessNumber[i] = reader.number;
  if (raw) view.accessLength[i] = reader.length;
  if (reader.type === VALUE_TYPE.none) view.accessOffset[i] = NO_OFFSET;
}
