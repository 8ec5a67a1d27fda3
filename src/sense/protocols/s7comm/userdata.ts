/**
 * Userdata PDUs: function groups with sub-functions, and messages the CPU sends by itself. Sources as in `names.ts`; the layouts of
 * variable status, modify and force ("VAT") were checked against captures of STEP 7 sessions.
 */
import {
  DIRECTION_EVENT,
  DIRECTION_REQUEST,
  DIRECTION_RESPONSE,
  type MessageView,
  NO_OFFSET,
} from '../message-view.ts';
import { functionKey } from '../protocol.ts';
import { u16, u32, VALUE_TYPE, VALUE_TYPE_BYTES } from '../values.ts';
import { blockName, blockSymbol } from './blocks.ts';
import { bitSymbol, dataEnd, type ItemRing, KIND_ANY } from './items.ts';
import { asciiText, type Parts } from './message.ts';
import { AREA, areaOf, GROUP, ITEM_AREA, ITEM_OK, ITEM_STATUS_BASE, SUB, USERDATA_BASE } from './names.ts';

/** Type in the high half of the octet that names the group. */
const TYPE_REQUEST = 4;
const TYPE_RESPONSE = 8;
/** Parameters with a data unit reference, "more follows" and an error code. [bytes] */
const LONG_PARAMETERS = 12;

/** What the head of a userdata PDU says. */
export class UserdataHead {
  group = 0;
  sub = 0;
  /** 4 request, 8 response, 0 sent by itself. */
  type = 0;
  sequence = 0;
  /** Number of a message in parts, 0 where there is one only. */
  unitReference = 0;
  moreFollows = false;
  error = 0;
  /** First octet of the data after return code, transport size and length; `end` where there are none. */
  data = 0;
  end = 0;
  returnCode = 0;

  /** Reads parameters and the head of the data; false where they are cut short. Sets function, direction and status. */
  read(view: MessageView, parts: Parts): boolean {
    const { bytes } = view;
    const at = parts.parameters;
    if (parts.data - at < 8) return false;
    const octet = bytes[at + 5]!;
    this.type = octet >> 4;
    this.group = octet & 0x0f;
    this.sub = bytes[at + 6]!;
    this.sequence = bytes[at + 7]!;
    const long = parts.data - at >= LONG_PARAMETERS;
    this.unitReference = long ? bytes[at + 8]! : 0;
    this.moreFollows = long && bytes[at + 9] !== 0;
    this.error = long ? u16(bytes, at + 10) : 0;
    view.functionCode = userdataKey(this.group, this.sub);
    view.direction =
      this.type === TYPE_REQUEST
        ? DIRECTION_REQUEST
        : this.type === TYPE_RESPONSE
          ? DIRECTION_RESPONSE
          : DIRECTION_EVENT;
    view.status = this.error;
    this.end = parts.end;
    this.data = parts.end;
    this.returnCode = ITEM_OK;
    if (parts.end - parts.data < 4) return true;
    this.returnCode = bytes[parts.data]!;
    const stop = dataEnd(bytes, parts.data);
    if (stop > parts.end) view.problem('s7-short', parts.data);
    this.data = parts.data + 4;
    this.end = Math.min(stop, parts.end);
    // "Object does not exist" without data is how a plain acknowledgement looks in userdata: no refusal.
    const refused = this.returnCode !== ITEM_OK && !(this.returnCode === 0x0a && this.data === this.end);
    if (refused && view.status === 0 && view.direction === DIRECTION_RESPONSE) {
      view.status = ITEM_STATUS_BASE + this.returnCode;
    }
    return true;
  }
}

/** Function key of a group and sub-function; BSEND blocks have no sub-function, theirs is a job number. */
export function userdataKey(group: number, sub: number): number {
  return group === GROUP.bsend ? USERDATA_BASE + group : functionKey(USERDATA_BASE + group, sub);
}

/** Decodes the data of groups whose meaning fits one message. Identity (SZL) and cyclic data have state: see the session. */
export function readUserdata(view: MessageView, head: UserdataHead, ring: ItemRing): void {
  switch (head.group) {
    case GROUP.programmer:
      if (head.sub === SUB.variableStatus || head.sub === SUB.modifyVariable || head.sub === SUB.force) {
        readVariableTable(view, head, ring);
      }
      return;
    case GROUP.block:
      if (head.sub === SUB.blockInfo) readBlockInfo(view, head);
      return;
    case GROUP.cpu:
      if (view.direction === DIRECTION_EVENT) readIndication(view, head);
      else if (head.sub === SUB.messageService && view.direction === DIRECTION_REQUEST) readLogOn(view, head);
      return;
    case GROUP.time:
      return readClock(view, head);
    default:
      return;
  }
}

/** Block info: the request names a block, the answer tells its number, lengths and times. */
function readBlockInfo(view: MessageView, head: UserdataHead): void {
  const { bytes } = view;
  const at = head.data;
  if (view.direction === DIRECTION_REQUEST) {
    if (head.end - at < 8) return;
    const i = view.access(AREA.block, 0, 1, false, VALUE_TYPE.none, NO_OFFSET);
    if (i >= 0) view.accessSymbol[i] = blockName(view, at, at + 8);
    return;
  }
  // 8: attributes, then language, type, number 2, length in load memory 4: as at the head of the block itself.
  if (head.end - at < 18 || view.status !== 0) return;
  const length = u16(bytes, at + 14) * 0x10000 + u16(bytes, at + 16);
  const i = view.numberAccess(AREA.block, 0, false, VALUE_TYPE.uint32, length, at + 14);
  if (i >= 0) view.accessSymbol[i] = blockSymbol(view, bytes[at + 11]!, u16(bytes, at + 12));
}

/** Log-on to messages: the events wanted, an octet, and the name of the station. */
function readLogOn(view: MessageView, head: UserdataHead): void {
  if (head.end - head.data >= 10) {
    view.fact('client', 'station', asciiText(view.bytes, head.data + 2, head.data + 10).trim());
  }
}

const ALARMS = new Set<number>([
  SUB.alarm8Indication,
  SUB.notifyIndication,
  SUB.alarmSqIndication,
  SUB.alarmSIndication,
  SUB.notify8Indication,
]);

/**
 * What the CPU reports by itself. Alarms: time of the CPU 8, function, number of messages, then an item: event number 4, state of the
 * signals. The time is not taken over: CPU clocks run in local time and are often not set. Diagnostic messages: event id 2.
 */
function readIndication(view: MessageView, head: UserdataHead): void {
  const { bytes } = view;
  const at = head.data;
  if (head.sub === SUB.diagnosticMessage && head.end - at >= 2) {
    view.access(AREA.diagnostic, 0, 1, false, VALUE_TYPE.uint16, at);
  }
  // The item: specification, length, syntax, number of values, then the event.
  if (!ALARMS.has(head.sub) || head.end - at < 19 || bytes[at + 10] !== 0x12) return;
  view.numberAccess(AREA.alarm, u32(bytes, at + 14), false, VALUE_TYPE.uint8, bytes[at + 18]!, at + 18);
}

/** Clock: an octet, the year twice (century, year), month, day, hour, minute, second, then milliseconds and the day of the week; all BCD. */
function readClock(view: MessageView, head: UserdataHead): void {
  const { bytes } = view;
  const write = head.sub === SUB.setClock || head.sub === SUB.setClockFollowing;
  if (head.end - head.data < 10) return;
  if (view.direction === DIRECTION_RESPONSE ? write : !write) return;
  const at = head.data + 2;
  const year = bcd(bytes[at]!);
  const milliseconds = bcd(bytes[at + 6]!) * 10 + (bytes[at + 7]! >> 4);
  const time = Date.UTC(
    year < 90 ? 2000 + year : 1900 + year,
    bcd(bytes[at + 1]!) - 1,
    bcd(bytes[at + 2]!),
    bcd(bytes[at + 3]!),
    bcd(bytes[at + 4]!),
    bcd(bytes[at + 5]!),
    milliseconds,
  );
  if (Number.isNaN(time)) return view.problem('s7-clock', at);
  view.numberAccess(AREA.clock, 0, write, VALUE_TYPE.float64, time, at);
}

function bcd(octet: number): number {
  return (octet >> 4) * 10 + (octet & 15);
}

/** Areas of the variable table: high half of the first octet of an item. */
const TABLE_AREA: Readonly<Record<number, number>> = {
  0: ITEM_AREA.flags,
  1: ITEM_AREA.inputs,
  2: ITEM_AREA.outputs,
  3: ITEM_AREA.peripheral,
  5: ITEM_AREA.timers,
  6: ITEM_AREA.counters,
  7: ITEM_AREA.db,
};
/** Element type by the low half. */
const TABLE_TYPE: readonly number[] = [
  VALUE_TYPE.bool,
  VALUE_TYPE.uint8,
  VALUE_TYPE.uint16,
  VALUE_TYPE.uint32,
  VALUE_TYPE.uint16,
];
/** Place and length of one item. [bytes] */
const TABLE_ITEM_BYTES = 6;

/**
 * Variable status, modify and force. Request: length of the job 2, length of what follows 2, the job, number of items 2, items
 * (area and type, repetitions, data block 2, address 2), then a data item each where values are given.
 */
function readVariableTable(view: MessageView, head: UserdataHead, ring: ItemRing): void {
  if (view.direction !== DIRECTION_REQUEST) return;
  const { bytes } = view;
  const at = head.data;
  if (head.end - at < 4) return;
  const items = at + 4 + u16(bytes, at);
  if (items + 2 > head.end) return view.problem('s7-short', at);
  const count = u16(bytes, items);
  const write = head.sub !== SUB.variableStatus;
  let value = items + 2 + count * TABLE_ITEM_BYTES;
  if (value > head.end) return view.problem('s7-short', items);
  for (let k = 0; k < count; k++) {
    const stop = value + 4 <= head.end ? dataEnd(bytes, value) : 0;
    const given = write && stop > 0 && stop <= head.end;
    tableAccess(view, ring, items + 2 + k * TABLE_ITEM_BYTES, write, given ? value + 4 : NO_OFFSET, stop);
    if (given) value = stop + ((stop - value) & 1);
  }
}

function tableAccess(view: MessageView, ring: ItemRing, at: number, write: boolean, offset: number, end: number): void {
  const { bytes } = view;
  const area = areaOf(TABLE_AREA[bytes[at]! >> 4] ?? 0, u16(bytes, at + 2));
  const type = TABLE_TYPE[bytes[at]! & 15] ?? VALUE_TYPE.bytes;
  const address = u16(bytes, at + 4);
  const isBit = type === VALUE_TYPE.bool;
  const size = Math.max(1, VALUE_TYPE_BYTES[type]!);
  const repeated = Math.max(1, bytes[at + 1]!);
  ring.add(KIND_ANY, area, address, isBit ? bytes[at + 1]! & 7 : 0, type, isBit ? 1 : repeated);
  if (offset < 0 || isBit) {
    // The bit stands where others have the repetitions.
    const i = view.access(
      area,
      address,
      isBit ? 1 : repeated * size,
      write,
      isBit && offset >= 0 ? type : VALUE_TYPE.none,
      offset,
    );
    if (i >= 0 && isBit) view.accessSymbol[i] = bitSymbol(view, address, bytes[at + 1]! & 7);
    return;
  }
  if (type === VALUE_TYPE.uint8 || type === VALUE_TYPE.bytes) {
    view.access(area, address, Math.min(repeated, end - offset), write, VALUE_TYPE.uint8, offset);
    return;
  }
  for (let k = 0; k < repeated && offset + (k + 1) * size <= end; k++) {
    if (view.access(area, address + k * size, 1, write, type, offset + k * size) < 0) return;
  }
}

/** Where the data items of a variable status push begin: length of the job 2, of what follows 2, the job, number of items 2. */
export function variableStatusData(view: MessageView, head: UserdataHead): number {
  return head.end - head.data < 4 ? head.end : head.data + 6 + u16(view.bytes, head.data);
}

/** Items of a cyclic job: number 2, time base, time factor, items (or the same after the job number when it is modified). */
export function readCyclicItems(
  view: MessageView,
  head: UserdataHead,
  ring: ItemRing,
  read: (view: MessageView, ring: ItemRing, at: number, end: number) => number,
): void {
  const { bytes } = view;
  if (head.end - head.data < 4) return;
  const count = u16(bytes, head.data);
  let at = head.data + 4;
  for (let k = 0; k < count && at < head.end; k++) {
    const start = at;
    at = read(view, ring, at, head.end);
    if (at < 0) return view.problem('s7-item', start);
    if (k + 1 < count && ((at - start) & 1) === 1) at++;
  }
}
