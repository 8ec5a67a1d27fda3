/**
 * Writes PROFINET frames and calls: the inverse of the dissectors. Pure; writers write at `at` and return the offset after what they
 * wrote. Clauses: IEC 61158-6-10, 4.2 (RT), 4.3 (DCP), 4.7 (alarms), 5.2 (context management); C706, 12.5 (RPC header).
 */
import { DCP_TYPE, FRAME_ID, OPERATION, RPC } from './names.ts';
import { BLOCK, RECORD_HEADER_BYTES } from './records.ts';
import { AT, FLAG, INTERFACE, RPC_BYTES } from './rpc.ts';

/** Writes one part of a message. */
export type Write = (out: Uint8Array, at: number) => number;

/** A DCP frame from its identifier on. */
export function putDcp(
  out: Uint8Array,
  at: number,
  frameId: number,
  service: number,
  type: number,
  transaction: number,
  blocks: Write,
): number {
  put16(out, at, frameId);
  out[at + 2] = service;
  out[at + 3] = type;
  put32(out, at + 4, transaction);
  put16(out, at + 8, frameId === FRAME_ID.dcpIdentifyRequest ? 1 : 0);
  const end = blocks(out, at + 12);
  put16(out, at + 10, end - at - 12);
  return end;
}

/** One DCP block; `info` (BlockInfo or BlockQualifier) where the block has one. */
export function putDcpBlock(
  out: Uint8Array,
  at: number,
  option: number,
  suboption: number,
  data: ArrayLike<number>,
  info?: number,
): number {
  out[at] = option;
  out[at + 1] = suboption;
  put16(out, at + 2, data.length + (info === undefined ? 0 : 2));
  let next = info === undefined ? at + 4 : put16(out, at + 4, info);
  out.set(data, next);
  next += data.length;
  if ((data.length & 1) === 1) out[next++] = 0;
  return next;
}

/** A DCP answer to a Set: what was set and its error, 0 where it went well. */
export function putDcpResult(out: Uint8Array, at: number, option: number, suboption: number, error: number): number {
  return putDcpBlock(out, at, 5, 4, [option, suboption, error]);
}

/** Whether a DCP frame asks or answers. */
export const DCP_REQUEST = DCP_TYPE.request;
export const DCP_SUCCESS = DCP_TYPE.success;

/** A cyclic frame: data, cycle counter, data status, transfer status; padded to the 60 octets of a frame with its addresses. */
export function putCyclic(
  out: Uint8Array,
  at: number,
  frameId: number,
  data: ArrayLike<number>,
  cycle: number,
  dataStatus: number,
  transferStatus = 0,
): number {
  let next = put16(out, at, frameId);
  const padded = Math.max(40, data.length);
  out.fill(0, next, next + padded);
  out.set(data, next);
  next = put16(out, next + padded, cycle);
  out[next] = dataStatus;
  out[next + 1] = transferStatus;
  return next + 2;
}

/** An alarm of a submodule (4.7.2). */
export function putAlarm(out: Uint8Array, at: number, type: number, slot: number, subslot: number): number {
  let next = put16(out, at, FRAME_ID.alarmHigh);
  next = put32(out, next, 0x00010001);
  next = put16(out, next, 0x1111);
  // Sequence numbers of a new relation, then the length of what follows.
  next = put32(out, next, 0xfffffffe);
  next = put16(out, next, 28);
  put16(out, next, 0x0001);
  put16(out, next + 2, 24);
  put16(out, next + 4, 0x0100);
  put16(out, next + 6, type);
  put32(out, next + 8, 0);
  put16(out, next + 12, slot);
  put16(out, next + 14, subslot);
  out.fill(0, next + 16, next + 28);
  return next + 28;
}

/** Fields of an RPC header that matter to PROFINET. */
export interface RpcFields {
  readonly type: number;
  readonly operation: number;
  readonly sequence: number;
  /** Last six octets of the object: instance, device and vendor. */
  readonly object?: ArrayLike<number>;
  /** Sixteen octets that say which caller this is. */
  readonly activity: ArrayLike<number>;
  readonly target?: number;
  readonly flags?: number;
  readonly fragment?: number;
}

/** A little-endian RPC PDU with its body. */
export function putRpc(out: Uint8Array, at: number, fields: RpcFields, body: Write): number {
  out.fill(0, at, at + RPC_BYTES);
  out[at] = 4;
  out[at + 1] = fields.type;
  out[at + AT.flags] = fields.flags ?? 0x20;
  out[at + AT.drep] = 0x10;
  putPnioUuid(out, at + AT.object, 0, fields.object ?? [0, 1, 0, 1, 0, 0x2a]);
  putPnioUuid(out, at + AT.interface, fields.target ?? INTERFACE.device, [0x00, 0xa0, 0x24, 0x42, 0xdf, 0x7d]);
  out.set(fields.activity, at + AT.activity);
  put32le(out, at + 60, 1);
  put32le(out, at + AT.sequence, fields.sequence);
  put16le(out, at + AT.operation, fields.operation);
  put32le(out, at + 70, 0xffffffff);
  const end = body(out, at + RPC_BYTES);
  put16le(out, at + AT.length, end - at - RPC_BYTES);
  put16le(out, at + AT.fragment, fields.fragment ?? 0);
  return end;
}

/** `DEA0000x-6C97-11D1-8271-node`, little-endian. */
function putPnioUuid(out: Uint8Array, at: number, last: number, node: ArrayLike<number>): void {
  out.set([last, 0x00, 0xa0, 0xde, 0x97, 0x6c, 0xd1, 0x11, 0x82, 0x71], at);
  out.set(node, at + 10);
}

/** Flags of a call cut into fragments. */
export function fragmentFlags(last: boolean): number {
  return FLAG.fragment | (last ? FLAG.lastFragment : 0) | 0x20;
}

/** Arguments of a request: lengths, then blocks. */
export function putArguments(out: Uint8Array, at: number, blocks: Write): number {
  return putCounted(out, at, 4_096, blocks);
}

/** Result of a call: PNIOStatus (0 ok), lengths, blocks. */
export function putResult(out: Uint8Array, at: number, status: number, blocks: Write = nothing): number {
  return putCounted(out, at, status, blocks);
}

function putCounted(out: Uint8Array, at: number, first: number, blocks: Write): number {
  const end = blocks(out, at + 20);
  const length = end - at - 20;
  put32le(out, at, first);
  put32le(out, at + 4, length);
  put32le(out, at + 8, 4_096);
  put32le(out, at + 12, 0);
  put32le(out, at + 16, length);
  return end;
}

/** A block: type, length, version 1.0, body. */
export function putBlock(out: Uint8Array, at: number, type: number, body: Write): number {
  const end = body(out, at + 6);
  put16(out, at, type);
  put16(out, at + 2, end - at - 4);
  put16(out, at + 4, 0x0100);
  return end;
}

/** Which record: application relation, slot, subslot, index. */
export interface RecordAddress {
  readonly relation: ArrayLike<number>;
  readonly slot: number;
  readonly subslot: number;
  readonly index: number;
}

/** Header of a record read or written, or of the answer, and its data. */
export function putRecord(
  out: Uint8Array,
  at: number,
  type: number,
  record: RecordAddress,
  data: ArrayLike<number>,
  length = data.length,
): number {
  out.fill(0, at, at + RECORD_HEADER_BYTES);
  put16(out, at, type);
  put16(out, at + 2, RECORD_HEADER_BYTES - 4);
  put16(out, at + 4, 0x0100);
  put16(out, at + 6, 1);
  out.set(record.relation, at + 8);
  put16(out, at + 28, record.slot);
  put16(out, at + 30, record.subslot);
  put16(out, at + 34, record.index);
  put32(out, at + 36, length);
  out.set(data, at + RECORD_HEADER_BYTES);
  return at + RECORD_HEADER_BYTES + data.length;
}

/** Block of a connect: who asks, under which name (5.2.3.3). */
export function putConnect(out: Uint8Array, at: number, relation: ArrayLike<number>, name: string): number {
  return putBlock(out, at, BLOCK.connect, (o, a) => {
    const text = new TextEncoder().encode(name);
    o.fill(0, a, a + 52 + text.length);
    put16(o, a, 1);
    o.set(relation, a + 2);
    put16(o, a + 50, text.length);
    o.set(text, a + 52);
    return a + 52 + text.length;
  });
}

/** Block of a control call with one command bit (5.2.3.21). */
export function putControl(out: Uint8Array, at: number, relation: ArrayLike<number>, command: number): number {
  return putBlock(out, at, BLOCK.controlFirst, (o, a) => {
    o.fill(0, a, a + 26);
    o.set(relation, a + 2);
    put16(o, a + 22, command);
    return a + 26;
  });
}

/** PNIOStatus that refuses an operation (5.2.6): access denied for records, a state in which the rest is not possible. */
export function deniedStatus(operation: number): number {
  switch (operation) {
    case OPERATION.read:
    case OPERATION.readImplicit:
      return 0xde80b600;
    case OPERATION.write:
      return 0xdf80b600;
    // Context management, out of resources and state conflict.
    case OPERATION.connect:
      return 0xdb814004;
    case OPERATION.release:
      return 0xdc814006;
    default:
      return 0xdd814006;
  }
}

/** Type of an RPC response. */
export const RPC_RESPONSE = RPC.response;

function nothing(_out: Uint8Array, at: number): number {
  return at;
}

function put16(out: Uint8Array, at: number, value: number): number {
  out[at] = (value >> 8) & 0xff;
  out[at + 1] = value & 0xff;
  return at + 2;
}

function put32(out: Uint8Array, at: number, value: number): number {
  put16(out, at, value >>> 16);
  return put16(out, at + 2, value & 0xffff);
}

function put16le(out: Uint8Array, at: number, value: number): number {
  out[at] = value & 0xff;
  out[at + 1] = (value >> 8) & 0xff;
  return at + 2;
}

function put32le(out: Uint8Array, at: number, value: number): number {
  put16le(out, at, value & 0xffff);
  return put16le(out, at + 2, value >>> 16);
}
