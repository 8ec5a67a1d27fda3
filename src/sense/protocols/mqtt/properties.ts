/** Properties of MQTT 5.0 packets (2.2.2): walked once, some of them become facts, the topic alias is kept at hand. */
import { FACT_CHARACTERS_MAX } from '../../../limits.ts';
import type { MessageView } from '../message-view.ts';
import { u16 } from '../values.ts';
import { BAD_VARIABLE, variable, variableBytes } from './framing.ts';
import { FORM, PROPERTY, PROPERTY_FACTS, PROPERTY_FORM } from './names.ts';

const decoder = new TextDecoder();

/** Text of `from` … `to`, cut to the longest fact. */
export function textOf(bytes: Uint8Array, from: number, to: number): string {
  const last = to - from > FACT_CHARACTERS_MAX ? from + FACT_CHARACTERS_MAX : to;
  return decoder.decode(bytes.subarray(from, last));
}

/** What a walk over properties found; overwritten by the next. */
export const found = { topicAlias: 0 };

/** Offset after the property whose id stands at `at`, or `BAD_VARIABLE`. All ids in use have one octet. */
export function propertyEnd(bytes: Uint8Array, at: number, end: number): number {
  const form = bytes[at]! < PROPERTY_FORM.length ? PROPERTY_FORM[bytes[at]!]! : 0;
  const value = at + 1;
  let next = value + form;
  switch (form) {
    case 0:
      return BAD_VARIABLE;
    case FORM.variable: {
      const size = variableBytes(bytes, value, end);
      next = size === BAD_VARIABLE ? end + 1 : value + size;
      break;
    }
    case FORM.text:
    case FORM.binary:
      next = value + 2 > end ? end + 1 : value + 2 + u16(bytes, value);
      break;
    case FORM.pair: {
      const second = value + 2 > end ? end + 1 : value + 2 + u16(bytes, value);
      next = second + 2 > end ? end + 1 : second + 2 + u16(bytes, second);
      break;
    }
  }
  return next > end ? BAD_VARIABLE : next;
}

/** Whether well-formed properties begin at `at`: a length that fits and known ids. */
export function arePropertiesAt(bytes: Uint8Array, at: number, end: number): boolean {
  const length = variable(bytes, at, end);
  if (length === BAD_VARIABLE) return false;
  let next = at + variableBytes(bytes, at, end);
  const last = next + length;
  if (last > end) return false;
  while (next < last) {
    next = propertyEnd(bytes, next, last);
    if (next === BAD_VARIABLE) return false;
  }
  return true;
}

/** Walks the properties at `at`, puts facts about the sender into the view; the offset after them, `BAD_VARIABLE` with a problem named. */
export function readProperties(view: MessageView, at: number, end: number): number {
  found.topicAlias = 0;
  const { bytes } = view;
  const length = variable(bytes, at, end);
  if (length === BAD_VARIABLE) return bad(view, at);
  let next = at + variableBytes(bytes, at, end);
  const last = next + length;
  if (last > end) return bad(view, at);
  while (next < last) {
    const after = propertyEnd(bytes, next, last);
    if (after === BAD_VARIABLE) return bad(view, next);
    note(view, bytes[next]!, next + 1, after);
    next = after;
  }
  return last;
}

function bad(view: MessageView, at: number): number {
  view.problem('mqtt-properties', at);
  return BAD_VARIABLE;
}

function note(view: MessageView, id: number, at: number, end: number): void {
  const { bytes } = view;
  if (id === PROPERTY.topicAlias) {
    found.topicAlias = u16(bytes, at);
    return;
  }
  const kind = PROPERTY_FACTS[id];
  if (kind === undefined) return;
  const toClient = id === PROPERTY.assignedClientId || view.fromClient;
  view.fact(toClient ? 'client' : 'server', kind, textOf(bytes, at + 2, end));
}
