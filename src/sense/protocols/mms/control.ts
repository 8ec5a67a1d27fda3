/**
 * Control objects of IEC 61850-8-1, 20 (table 93 and following): the components of Oper, SBOw and Cancel have fixed names and places, so
 * that a command says what it commands: `…$Oper$ctlVal`.
 */

import { Element } from '../asn1/ber.ts';
import type { DataReader } from '../asn1/data.ts';
import { DATA } from '../asn1/names.ts';
import type { MessageView } from '../message-view.ts';
import { AREA, CAUSE_BASE, WRITE } from './names.ts';

/** Components of Oper and SBOw; operTm may be left out, Cancel has no Check. */
const COMPONENTS = ['$ctlVal', '$operTm', '$origin', '$ctlNum', '$T', '$Test', '$Check'] as const;
const ORIGIN = ['$orCat', '$orIdent'] as const;
/** Components of LastApplError (20.9). */
const LAST_ERROR = ['$CntrlObj', '$Error', '$Origin', '$ctlNum', '$AddCause'] as const;
const OPER_TIME = 1;
const ORIGIN_AT = 2;
const ADD_CAUSE = 4;
/** Suffix numbers of this file in `ComponentNames.suffixed`. */
const SUFFIX = { component: 0, origin: 16, lastError: 32 } as const;

const element = new Element();

/** True for writes whose value is such a structure. */
export function isControl(kind: number): boolean {
  return kind === WRITE.operate || kind === WRITE.selectWithValue || kind === WRITE.cancel || kind === WRITE.mode;
}

/** Reads the value of a control object; -1 where it does not end. Anything but a structure is read as it stands (a single component). */
export function readControl(view: MessageView, reader: DataReader, at: number, end: number, symbol: number): number {
  if (!element.read(view.bytes, at, end) || element.tag !== DATA.structure || element.cut) {
    return reader.read(view, at, end, AREA.variable, symbol, true, false);
  }
  const { at: from, end: stop, next } = element;
  let place = 0;
  for (let component = from; component < stop && place < COMPONENTS.length; place++) {
    const tag = view.bytes[component];
    // operTm is a time, origin a structure: which of the two comes second tells whether it is there.
    if (place === OPER_TIME && tag === DATA.structure) place = ORIGIN_AT;
    const name = reader.names.suffixed(view.symbols, symbol, SUFFIX.component + place, COMPONENTS[place]!);
    const after =
      place === ORIGIN_AT && tag === DATA.structure
        ? readOrigin(view, reader, component, stop, name)
        : reader.read(view, component, stop, AREA.variable, name, true, false);
    if (after < 0) return -1;
    component = after;
  }
  return next;
}

function readOrigin(view: MessageView, reader: DataReader, at: number, end: number, symbol: number): number {
  if (!element.read(view.bytes, at, end)) return -1;
  const { at: from, end: stop, next } = element;
  for (let part = 0, component = from; component < stop && part < ORIGIN.length; part++) {
    const name = reader.names.suffixed(view.symbols, symbol, SUFFIX.origin + part, ORIGIN[part]!);
    component = reader.read(view, component, stop, AREA.variable, name, true, false);
    if (component < 0) return -1;
  }
  return next;
}

/** Reads LastApplError: why a command failed becomes the status of the message. */
export function readLastError(view: MessageView, reader: DataReader, at: number, end: number, symbol: number): number {
  if (!element.read(view.bytes, at, end) || element.tag !== DATA.structure || element.cut) {
    return reader.read(view, at, end, AREA.variable, symbol, false, false);
  }
  const { at: from, end: stop, next } = element;
  for (let part = 0, component = from; component < stop && part < LAST_ERROR.length; part++) {
    const name = reader.names.suffixed(view.symbols, symbol, SUFFIX.lastError + part, LAST_ERROR[part]!);
    const before = view.accessCount;
    component = reader.read(view, component, stop, AREA.variable, name, false, false);
    if (component < 0) return -1;
    if (part !== ADD_CAUSE || view.accessCount === before) continue;
    const cause = view.accessNumber[before]!;
    view.status = CAUSE_BASE + (cause >= 0 && cause < 0x10000 ? cause : 0);
  }
  return next;
}
