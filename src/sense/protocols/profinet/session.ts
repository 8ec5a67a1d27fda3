/** PROFINET on Ethernet (EtherType 0x8892): one frame, one message. Source and target of a link conversation are one way. */
import { DIRECTION_EVENT, type MessageView, QUALITY_BAD, QUALITY_UNCERTAIN } from '../message-view.ts';
import { functionKey, type MessageSink, NOT_MINE, type ProtocolSession } from '../protocol.ts';
import { u16, u32, VALUE_TYPE } from '../values.ts';
import { readDcp } from './dcp.ts';
import { frame } from './frame.ts';
import { AREA, FRAME_ID, RT } from './names.ts';

/** Frame identifier. [bytes] */
export const ID_BYTES = 2;
/** Cycle counter, data status, transfer status: the end of a cyclic frame (IEC 61158-6-10, 4.2.2). [bytes] */
export const STATUS_BYTES = 4;
/** Bits of the data status (4.2.2.6). */
export const DATA_STATUS = { primary: 0x01, valid: 0x04, run: 0x10, noProblem: 0x20 } as const;
/** Endpoints, type, flags, sequence numbers, length. [bytes] */
const ALARM_HEADER_BYTES = 12;
/** PDU types of alarms (4.7.1.4). */
const ALARM = { data: 1, nack: 2, ack: 3, error: 4 } as const;
/** Block header, alarm type, API, slot, subslot. [bytes] */
const ALARM_BODY_BYTES = 16;

export class ProfinetSession implements ProtocolSession {
  // The last cyclic frame of this way: a counter that stands still is a sender that hangs, or a replay.
  #lastId = -1;
  #lastCycle = -1;

  frameLength(_bytes: Uint8Array, offset: number, end: number): number {
    return end - offset < ID_BYTES ? NOT_MINE : end - offset;
  }

  dissect(view: MessageView, sink: MessageSink): void {
    const { bytes, offset, end } = view;
    const id = u16(bytes, offset);
    const at = offset + ID_BYTES;
    frame.start(id);
    view.direction = DIRECTION_EVENT;
    if (id >= FRAME_ID.cyclicFirst && id <= FRAME_ID.cyclicLast) this.#cyclic(view, id, at, end);
    else if (id === FRAME_ID.alarmHigh || id === FRAME_ID.alarmLow) alarm(view, id, at, end);
    else if (id >= FRAME_ID.dcpHello && id <= FRAME_ID.dcpIdentifyResponse) readDcp(view, at, end);
    else if (id >= FRAME_ID.ptcpFirst && id <= FRAME_ID.ptcpLast) view.functionCode = functionKey(RT.ptcp, id);
    else if (id >= FRAME_ID.fragmentFirst && id <= FRAME_ID.fragmentLast) {
      view.functionCode = RT.fragment;
      view.understood = false;
    } else {
      view.functionCode = id;
      view.understood = false;
    }
    sink.message(view);
  }

  /** Data of one application relation: which octets are which module only its configuration tells. */
  #cyclic(view: MessageView, id: number, at: number, end: number): void {
    const { bytes } = view;
    view.functionCode = RT.cyclic;
    if (end - at < STATUS_BYTES) return view.problem('profinet-rt-short', at);
    const status = end - STATUS_BYTES;
    const cycle = u16(bytes, status);
    view.transaction = cycle;
    if (id === this.#lastId && cycle === this.#lastCycle) view.problem('profinet-cycle-repeated', status);
    this.#lastId = id;
    this.#lastCycle = cycle;
    const dataStatus = bytes[status + 2]!;
    const i = view.access(AREA.ioData, id, 1, false, VALUE_TYPE.bytes, at);
    if (i >= 0) {
      view.accessLength[i] = status - at;
      if ((dataStatus & DATA_STATUS.valid) === 0) view.accessQuality[i] = QUALITY_BAD;
      else if ((dataStatus & DATA_STATUS.run) === 0) view.accessQuality[i] = QUALITY_UNCERTAIN;
    }
    view.numberAccess(AREA.dataStatus, id, false, VALUE_TYPE.uint8, dataStatus, status + 2);
    view.numberAccess(AREA.transferStatus, id, false, VALUE_TYPE.uint8, bytes[status + 3]!, status + 3);
  }
}

/** 4.7: an alarm, its acknowledgement, or the end of the relation. */
function alarm(view: MessageView, id: number, at: number, end: number): void {
  const { bytes } = view;
  view.functionCode = id === FRAME_ID.alarmHigh ? RT.alarmHigh : RT.alarmLow;
  if (end - at < ALARM_HEADER_BYTES) return view.problem('profinet-alarm-short', at);
  const type = bytes[at + 4]! & 0x0f;
  view.transaction = u16(bytes, at + 6);
  const length = u16(bytes, at + 10);
  const body = at + ALARM_HEADER_BYTES;
  if (length > end - body) return view.problem('profinet-alarm-length', at + 10);
  if (type === ALARM.error) {
    if (length >= 4) view.status = u32(bytes, body);
    return;
  }
  if (type !== ALARM.data || length < ALARM_BODY_BYTES) return;
  // Block type, length, version, then what happened and where.
  const i = view.numberAccess(AREA.alarm, 0, false, VALUE_TYPE.uint16, u16(bytes, body + 6), body + 6);
  if (i >= 0) view.accessSymbol[i] = view.symbols.internText(`${u16(bytes, body + 12)}.${u16(bytes, body + 14)}`);
}
