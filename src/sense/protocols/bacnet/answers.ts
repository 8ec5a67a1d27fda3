/** Bodies of BACnet answers (ANSI/ASHRAE 135-2020, clauses 13 to 17 and 21): values read, stretches of files, errors. */
import type { MessageView } from '../message-view.ts';
import { AREA, CONFIRMED, PROPERTY } from './names.ts';
import { pdu } from './pdu.ts';
import { NONE, namedProperty, pointSymbol, propertyValue, raw } from './points.ts';
import { reference, tag, takeObject, takeProperty, target, unreadable, valueIn } from './reference.ts';
import { TAG } from './tags.ts';

/** Body of a complex acknowledgement from `at`. */
export function readAck(view: MessageView, service: number, at: number, end: number): void {
  tag.start(view.bytes, at, end);
  if (!ackBody(view, service)) unreadable(view, tag.tagAt);
}

function ackBody(view: MessageView, service: number): boolean {
  switch (service) {
    case CONFIRMED.readProperty:
      return reference(tag, true) && valueIn(view, 3, false);
    case CONFIRMED.readPropertyMultiple:
      return readMultipleAck(view);
    case CONFIRMED.readRange:
      return readRangeAck(view);
    case CONFIRMED.atomicReadFile:
      return fileAck(view);
    case CONFIRMED.createObject:
      return created(view);
    default:
      return true;
  }
}

/** The identifier a new object got. */
function created(view: MessageView): boolean {
  if (!tag.takeApplication(TAG.objectId) || tag.length !== 4) return false;
  namedProperty(view, tag.unsigned(), PROPERTY.objectIdentifier, NONE, true);
  return true;
}

function readMultipleAck(view: MessageView): boolean {
  do {
    if (!takeObject(tag, 0) || !tag.takeOpening(1)) return false;
    while (!tag.atClosing) {
      if (!takeProperty(tag, 2)) return false;
      if (tag.takeOpening(4)) {
        if (!propertyValue(view, target.object, target.property, target.index, false, tag)) return false;
      } else {
        // An access error stands in place of the value (15.7): the point is named, it has none.
        if (!tag.takeOpening(5) || !tag.skipOpened()) return false;
        namedProperty(view, target.object, target.property, target.index, false);
      }
    }
    if (!tag.takeClosing(1)) return false;
  } while (tag.at < tag.end);
  return true;
}

function readRangeAck(view: MessageView): boolean {
  if (!reference(tag, true) || !tag.takeContext(3) || !tag.takeContext(4)) return false;
  return valueIn(view, 5, false);
}

/** 14.1: end of file, then start and data. The file is the one asked for. */
function fileAck(view: MessageView): boolean {
  if (!tag.takeApplication(TAG.boolean)) return false;
  const record = tag.takeOpening(0) ? 0 : tag.takeOpening(1) ? 1 : NONE;
  if (record === NONE || !tag.takeApplication(TAG.signed)) return false;
  const start = tag.signed();
  if (record === 1 && !tag.takeApplication(TAG.unsigned)) return false;
  if (!tag.takeApplication(TAG.octetString)) return record === 1;
  if (pdu.object === NONE) return true;
  const i = raw(view, AREA.file, false, tag.valueAt, tag.length);
  if (i >= 0) {
    view.accessSymbol[i] = pointSymbol(view, pdu.object, NONE, NONE);
    view.accessAddress[i] = start;
  }
  return true;
}

/** Error class and code: the first two enumerations, wrapped in a context tag by some services (21). True where both are there. */
export function readError(view: MessageView, at: number, end: number): boolean {
  tag.start(view.bytes, at, end);
  tag.takeOpening(0);
  if (!tag.takeApplication(TAG.enumerated)) return false;
  pdu.errorClass = tag.unsigned();
  if (!tag.takeApplication(TAG.enumerated)) return false;
  pdu.errorCode = tag.unsigned();
  return true;
}
