/** The property a service is about, and the one reader of tagged data: dissection is synchronous, so all sessions share them. */
import type { MessageView } from '../message-view.ts';
import { pdu } from './pdu.ts';
import { NONE, propertyValue } from './points.ts';
import { TagReader } from './tags.ts';

export const tag = new TagReader();

/** Object, property and index being read. */
export const target = { object: NONE, property: NONE, index: NONE };

/** Names the problem where the body of a service is not as the standard has it. */
export function unreadable(view: MessageView, at: number): void {
  view.problem('bacnet-body', at);
}

/** Object identifier in context tag `number`. */
export function takeObject(reader: TagReader, number: number): boolean {
  if (!reader.takeContext(number) || reader.length !== 4) return false;
  target.object = reader.unsigned();
  if (pdu.object === NONE) pdu.object = target.object;
  return true;
}

/** Property identifier in context tag `number`, and array index in the next where it is there. */
export function takeProperty(reader: TagReader, number: number): boolean {
  if (!reader.takeContext(number) || reader.length === 0 || reader.length > 4) return false;
  target.property = reader.unsigned();
  if (pdu.property === NONE) pdu.property = target.property;
  target.index = NONE;
  if (reader.takeContext(number + 1)) target.index = reader.unsigned();
  return !Number.isNaN(target.index);
}

/** Object [0], property [1], index [2]: how a property is named nearly everywhere. */
export function reference(reader: TagReader, withProperty: boolean): boolean {
  return takeObject(reader, 0) && (!withProperty || takeProperty(reader, 1));
}

/** The value of the current reference in the opening tag `number`. */
export function valueIn(view: MessageView, number: number, write: boolean): boolean {
  return tag.takeOpening(number) && propertyValue(view, target.object, target.property, target.index, write, tag);
}
