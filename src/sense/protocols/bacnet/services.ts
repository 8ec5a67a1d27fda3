/** Bodies of BACnet requests and notifications (ANSI/ASHRAE 135-2020, clauses 13 to 17 and 21): which points, which values. */
import { type MessageView, NO_OFFSET } from '../message-view.ts';
import { VALUE_TYPE } from '../values.ts';
import { AREA, CONFIRMED, OBJECT_DEVICE, PROPERTY, serviceKey, UNCONFIRMED } from './names.ts';
import { pdu } from './pdu.ts';
import { NONE, namedProperty, pairSymbol, pointSymbol, raw, senderFact, tagAccess, textOf } from './points.ts';
import { reference, tag, takeObject, takeProperty, target, unreadable, valueIn } from './reference.ts';
import { TAG } from './tags.ts';

/** Body of a confirmed request from `at`; where it breaks off a problem is named and what was read stays. */
export function readConfirmed(view: MessageView, service: number, at: number, end: number): void {
  tag.start(view.bytes, at, end);
  if (!confirmedBody(view, service)) unreadable(view, tag.tagAt);
}

/** Body of an unconfirmed request. */
export function readUnconfirmed(view: MessageView, service: number, at: number, end: number): void {
  tag.start(view.bytes, at, end);
  if (!unconfirmedBody(view, service)) unreadable(view, tag.tagAt);
}

function confirmedBody(view: MessageView, service: number): boolean {
  switch (service) {
    case CONFIRMED.acknowledgeAlarm:
      return acknowledgeAlarm(view);
    case CONFIRMED.covNotification:
      return covNotification(view);
    case CONFIRMED.covNotificationMultiple:
      return covNotificationMultiple(view);
    case CONFIRMED.eventNotification:
      return eventNotification(view);
    case CONFIRMED.subscribeCov:
      return subscribeCov(view);
    case CONFIRMED.subscribeCovProperty:
      return subscribeCovProperty(view);
    case CONFIRMED.subscribeCovPropertyMultiple:
      return subscribeMultiple(view);
    case CONFIRMED.atomicReadFile:
      return fileRead(view);
    case CONFIRMED.atomicWriteFile:
      return fileWrite(view);
    case CONFIRMED.addListElement:
    case CONFIRMED.removeListElement:
      return reference(tag, true) && valueIn(view, 3, true);
    case CONFIRMED.createObject:
      return createObject(view);
    case CONFIRMED.deleteObject:
      return deleteObject(view);
    case CONFIRMED.readProperty:
    case CONFIRMED.readRange:
      return readProperty(view);
    case CONFIRMED.readPropertyMultiple:
      return readMultiple(view);
    case CONFIRMED.writeProperty:
      return reference(tag, true) && valueIn(view, 3, true) && priority(view, 4);
    case CONFIRMED.writePropertyMultiple:
      return writeMultiple(view);
    case CONFIRMED.deviceCommunicationControl:
      return communicationControl(view);
    case CONFIRMED.reinitializeDevice:
      return reinitialize(view);
    case CONFIRMED.privateTransfer:
      return privateTransfer(view);
    case CONFIRMED.lifeSafetyOperation:
      return lifeSafety(view);
    default:
      return true;
  }
}

function unconfirmedBody(view: MessageView, service: number): boolean {
  switch (service) {
    case UNCONFIRMED.iAm:
      return iAm(view);
    case UNCONFIRMED.iHave:
      return iHave(view);
    case UNCONFIRMED.covNotification:
      return covNotification(view);
    case UNCONFIRMED.covNotificationMultiple:
      return covNotificationMultiple(view);
    case UNCONFIRMED.eventNotification:
      return eventNotification(view);
    case UNCONFIRMED.privateTransfer:
      return privateTransfer(view);
    case UNCONFIRMED.timeSynchronization:
    case UNCONFIRMED.utcTimeSynchronization:
      return setClock(view, service);
    case UNCONFIRMED.whoHas:
      return whoHas(view);
    case UNCONFIRMED.writeGroup:
      return writeGroup(view);
    case UNCONFIRMED.whoAmI:
      return whoAmI(view);
    default:
      return true;
  }
}

/** Priority of a write (1 highest, 16 lowest and usual): a point of its own, so that a write at an unusual priority shows. */
function priority(view: MessageView, number: number): boolean {
  if (!tag.takeContext(number)) return true;
  const i = view.numberAccess(AREA.priority, 0, true, VALUE_TYPE.uint8, tag.unsigned(), NO_OFFSET);
  if (i >= 0) view.accessSymbol[i] = pointSymbol(view, target.object, target.property, target.index);
  return true;
}

function readProperty(view: MessageView): boolean {
  if (!reference(tag, true)) return false;
  namedProperty(view, target.object, target.property, target.index, false);
  return true;
}

function readMultiple(view: MessageView): boolean {
  do {
    if (!takeObject(tag, 0) || !tag.takeOpening(1)) return false;
    while (!tag.atClosing) {
      if (!takeProperty(tag, 0)) return false;
      namedProperty(view, target.object, target.property, target.index, false);
    }
    if (!tag.takeClosing(1)) return false;
  } while (tag.at < tag.end);
  return true;
}

function writeMultiple(view: MessageView): boolean {
  do {
    if (!takeObject(tag, 0) || !tag.takeOpening(1)) return false;
    while (!tag.atClosing) {
      if (!takeProperty(tag, 0) || !valueIn(view, 2, true) || !priority(view, 3)) return false;
    }
    if (!tag.takeClosing(1)) return false;
  } while (tag.at < tag.end);
  return true;
}

function subscribeCov(view: MessageView): boolean {
  if (!tag.takeContext(0) || !takeObject(tag, 1)) return false;
  // A subscription watches present value and status flags (13.14).
  target.property = PROPERTY.presentValue;
  namedProperty(view, target.object, target.property, NONE, false);
  return true;
}

function subscribeCovProperty(view: MessageView): boolean {
  if (!tag.takeContext(0) || !takeObject(tag, 1)) return false;
  tag.takeContext(2);
  tag.takeContext(3);
  if (!tag.takeOpening(4) || !takeProperty(tag, 0)) return false;
  namedProperty(view, target.object, target.property, target.index, false);
  return true;
}

function subscribeMultiple(view: MessageView): boolean {
  if (!tag.takeContext(0)) return false;
  for (let number = 1; number <= 3; number++) tag.takeContext(number);
  if (!tag.takeOpening(4)) return false;
  while (!tag.atClosing) {
    if (!takeObject(tag, 0) || !tag.takeOpening(1)) return false;
    while (!tag.atClosing) {
      if (!tag.takeOpening(0) || !takeProperty(tag, 0) || !tag.takeClosing(0)) return false;
      namedProperty(view, target.object, target.property, target.index, false);
      tag.takeContext(1);
      tag.takeContext(2);
    }
    if (!tag.takeClosing(1)) return false;
  }
  return tag.takeClosing(4);
}

function covNotification(view: MessageView): boolean {
  if (!tag.takeContext(0) || !takeObject(tag, 1)) return false;
  if (!takeObject(tag, 2) || !tag.takeContext(3) || !tag.takeOpening(4)) return false;
  while (!tag.atClosing) {
    if (!takeProperty(tag, 0) || !valueIn(view, 2, false)) return false;
    tag.takeContext(3);
  }
  return tag.takeClosing(4);
}

function covNotificationMultiple(view: MessageView): boolean {
  if (!tag.takeContext(0) || !takeObject(tag, 1) || !tag.takeContext(2)) return false;
  if (tag.takeOpening(3) && !tag.skipOpened()) return false;
  if (!tag.takeOpening(4)) return false;
  while (!tag.atClosing) {
    if (!takeObject(tag, 0) || !tag.takeOpening(1)) return false;
    while (!tag.atClosing) {
      if (!takeProperty(tag, 0) || !valueIn(view, 2, false)) return false;
      tag.takeContext(3);
    }
    if (!tag.takeClosing(1)) return false;
  }
  return tag.takeClosing(4);
}

/** 13.8: the state an object goes to is its event state from now on. */
function eventNotification(view: MessageView): boolean {
  if (!tag.takeContext(0) || !takeObject(tag, 1) || !takeObject(tag, 2)) return false;
  if (!tag.takeOpening(3) || !tag.skipOpened()) return false;
  let state = NONE;
  while (tag.next()) {
    if (tag.opening) {
      if (!tag.skipOpened()) return false;
    } else if (tag.context && tag.number === 11) state = tag.unsigned();
  }
  if (tag.bad) return false;
  const i = view.numberAccess(AREA.object, 0, false, VALUE_TYPE.uint8, state === NONE ? Number.NaN : state, NO_OFFSET);
  if (i >= 0) view.accessSymbol[i] = pointSymbol(view, target.object, PROPERTY.eventState, NONE);
  return true;
}

function acknowledgeAlarm(view: MessageView): boolean {
  if (!tag.takeContext(0) || !takeObject(tag, 1)) return false;
  namedProperty(view, target.object, PROPERTY.ackedTransitions, NONE, true);
  if (!tag.takeContext(2) || !tag.takeOpening(3) || !tag.skipOpened()) return false;
  if (tag.takeContext(4)) view.fact('client', 'user', textOf(tag));
  return true;
}

/** File identifier, then stream access [0] or record access [1] (14.1). */
function fileRead(view: MessageView): boolean {
  const record = fileStart();
  if (record === NONE) return false;
  const start = tag.signed();
  if (!tag.takeApplication(TAG.unsigned)) return false;
  fileAccess(view, start, tag.unsigned(), false, 0, 0);
  return true;
}

function fileWrite(view: MessageView): boolean {
  const record = fileStart();
  if (record === NONE) return false;
  const start = tag.signed();
  let count = 1;
  if (record === 1) {
    if (!tag.takeApplication(TAG.unsigned)) return false;
    count = tag.unsigned();
  }
  if (!tag.takeApplication(TAG.octetString)) return count === 0;
  fileAccess(view, start, count, true, tag.valueAt, tag.length);
  return true;
}

/** Reads up to the start position, which the tag stands at: 0 stream, 1 record, `NONE` neither. */
function fileStart(): number {
  if (!tag.takeApplication(TAG.objectId) || tag.length !== 4) return NONE;
  target.object = tag.unsigned();
  if (pdu.object === NONE) pdu.object = target.object;
  const record = tag.takeOpening(0) ? 0 : tag.takeOpening(1) ? 1 : NONE;
  return record !== NONE && tag.takeApplication(TAG.signed) ? record : NONE;
}

/** A stretch of a file: which file is the name, where it begins the address. */
function fileAccess(view: MessageView, start: number, count: number, write: boolean, at: number, length: number): void {
  const i = write
    ? raw(view, AREA.file, true, at, length)
    : view.access(AREA.file, 0, Math.min(count, 0x7fffffff), false, VALUE_TYPE.none, NO_OFFSET);
  if (i < 0) return;
  // The file is the point; where the stretch begins stays a number, else every block of a file were a point of its own.
  view.accessSymbol[i] = pointSymbol(view, target.object, NONE, NONE);
  view.accessAddress[i] = start;
}

function createObject(view: MessageView): boolean {
  if (!tag.takeOpening(0)) return false;
  if (tag.takeContext(0)) target.object = tag.unsigned() * 0x400000 + 0x3fffff;
  else if (!takeObject(tag, 1)) return false;
  if (!tag.takeClosing(0) || !Number.isFinite(target.object)) return false;
  namedProperty(view, target.object, PROPERTY.objectIdentifier, NONE, true);
  if (!tag.takeOpening(1)) return true;
  while (!tag.atClosing) {
    if (!takeProperty(tag, 0) || !valueIn(view, 2, true) || !priority(view, 3)) return false;
  }
  return tag.takeClosing(1);
}

function deleteObject(view: MessageView): boolean {
  if (!tag.takeApplication(TAG.objectId) || tag.length !== 4) return false;
  target.object = tag.unsigned();
  if (pdu.object === NONE) pdu.object = target.object;
  namedProperty(view, target.object, PROPERTY.objectIdentifier, NONE, true);
  return true;
}

/** 16.1: [0] minutes, [1] enable or disable, [2] password. */
function communicationControl(view: MessageView): boolean {
  tag.takeContext(0);
  if (!tag.takeContext(1)) return false;
  view.functionCode = serviceKey(CONFIRMED.deviceCommunicationControl, tag.unsigned() & 0xff);
  password(view, 2);
  return true;
}

/** 16.4: [0] what to do, [1] password. */
function reinitialize(view: MessageView): boolean {
  if (!tag.takeContext(0)) return false;
  view.functionCode = serviceKey(CONFIRMED.reinitializeDevice, tag.unsigned() & 0xff);
  password(view, 1);
  return true;
}

/** A password in clear is a fact by itself; the word is not kept. */
function password(view: MessageView, number: number): void {
  if (tag.takeContext(number)) view.fact('client', 'credential-cleartext', 'password ********');
}

function privateTransfer(view: MessageView): boolean {
  if (!tag.takeContext(0)) return false;
  const vendor = tag.unsigned();
  if (!tag.takeContext(1)) return false;
  const service = tag.unsigned();
  if (Number.isNaN(vendor) || Number.isNaN(service)) return false;
  const from = tag.at;
  const i = raw(view, AREA.private, true, from, tag.end - from);
  if (i >= 0) view.accessSymbol[i] = pairSymbol(view, vendor, service);
  return true;
}

function lifeSafety(view: MessageView): boolean {
  if (!tag.takeContext(0) || !tag.takeContext(1)) return false;
  view.fact('client', 'user', textOf(tag));
  if (!tag.takeContext(2)) return false;
  const operation = tag.unsigned();
  target.object = 0;
  const named = takeObject(tag, 3);
  const i = view.numberAccess(AREA.object, 0, true, VALUE_TYPE.uint8, operation, NO_OFFSET);
  // Without an object the whole device is meant (13.13.1.1.4).
  if (!named) target.object = OBJECT_DEVICE * 0x400000 + 0x3fffff;
  if (i >= 0) view.accessSymbol[i] = pointSymbol(view, target.object, PROPERTY.silenced, NONE);
  return true;
}

function iAm(view: MessageView): boolean {
  if (!tag.takeApplication(TAG.objectId) || tag.length !== 4) return false;
  target.object = tag.unsigned();
  senderFact(view, 'device-instance', String(target.object & 0x3fffff));
  if (!tag.takeApplication(TAG.unsigned) || !tag.takeApplication(TAG.enumerated)) return false;
  if (!tag.takeApplication(TAG.unsigned)) return false;
  senderFact(view, 'vendor-id', String(tag.unsigned()));
  return true;
}

function iHave(view: MessageView): boolean {
  if (!tag.takeApplication(TAG.objectId) || tag.length !== 4) return false;
  senderFact(view, 'device-instance', String(tag.unsigned() & 0x3fffff));
  if (!tag.takeApplication(TAG.objectId) || tag.length !== 4) return false;
  target.object = tag.unsigned();
  if (!tag.takeApplication(TAG.characterString)) return false;
  tagAccess(view, AREA.object, pointSymbol(view, target.object, PROPERTY.objectName, NONE), false, tag);
  return true;
}

function whoHas(view: MessageView): boolean {
  if (tag.takeContext(0) && !tag.takeContext(1)) return false;
  if (!takeObject(tag, 2)) return tag.takeContext(3);
  namedProperty(view, target.object, PROPERTY.objectName, NONE, false);
  return true;
}

/** Sixteen-bit vendor, model, serial number (16.11). */
function whoAmI(view: MessageView): boolean {
  if (!tag.takeApplication(TAG.unsigned)) return false;
  senderFact(view, 'vendor-id', String(tag.unsigned()));
  if (tag.takeApplication(TAG.characterString)) senderFact(view, 'model', textOf(tag));
  if (tag.takeApplication(TAG.characterString)) senderFact(view, 'serial', textOf(tag));
  return true;
}

/** Date (year − 1900, month, day, weekday) and time (hour, minute, second, hundredths), 20.2.12 and 20.2.13. */
function setClock(view: MessageView, service: number): boolean {
  if (!tag.takeApplication(TAG.date) || tag.length !== 4) return false;
  const date = tag.valueAt;
  if (!tag.takeApplication(TAG.time) || tag.length !== 4) return false;
  const { bytes } = view;
  const time = tag.valueAt;
  // An octet of 255 is `any` (20.2.12): no moment is set.
  for (let i = 0; i < 3; i++) if (bytes[date + i] === 255) return true;
  const day = Date.UTC(1900 + bytes[date]!, bytes[date + 1]! - 1, bytes[date + 2]!);
  const ms = ((bytes[time]! * 60 + bytes[time + 1]!) * 60 + bytes[time + 2]!) * 1000 + bytes[time + 3]! * 10;
  const utc = service === UNCONFIRMED.utcTimeSynchronization ? 1 : 0;
  const i = view.numberAccess(AREA.clock, utc, true, VALUE_TYPE.uint64, day + ms, NO_OFFSET);
  if (i >= 0) view.accessTimeUs[i] = (day + ms) * 1000;
  return true;
}

/** 15.11: [0] group, [1] priority, [2] channels with their values. */
function writeGroup(view: MessageView): boolean {
  if (!tag.takeContext(0)) return false;
  const group = tag.unsigned();
  if (!tag.takeContext(1) || Number.isNaN(group)) return false;
  const writePriority = tag.unsigned();
  if (!tag.takeOpening(2)) return false;
  while (!tag.atClosing) {
    if (!tag.takeContext(0) || tag.length === 0) return false;
    const channel = tag.unsigned();
    tag.takeContext(1);
    if (!tag.next() || tag.closing) return false;
    const symbol = pairSymbol(view, group, channel);
    if (tag.opening) {
      const from = tag.tagAt;
      if (!tag.skipOpened()) return false;
      const i = raw(view, AREA.group, true, from, tag.at - from);
      if (i >= 0) view.accessSymbol[i] = symbol;
    } else tagAccess(view, AREA.group, symbol, true, tag);
  }
  const i = view.numberAccess(AREA.priority, group, true, VALUE_TYPE.uint8, writePriority, NO_OFFSET);
  return i >= 0 && tag.takeClosing(2);
}
