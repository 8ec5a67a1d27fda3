/** Blocks of the context manager (IEC 61158-6-10, 5.2.3): who connects, which record of which submodule is read or written. */
import { type MessageView, NO_OFFSET } from '../message-view.ts';
import { functionKey } from '../protocol.ts';
import { u16, u32, VALUE_TYPE } from '../values.ts';
import { CM_AREA, OPERATION } from './names.ts';
import { uuidText } from './rpc.ts';

/** Type, length, version. [bytes] */
export const BLOCK_HEADER_BYTES = 6;
/** Block types; answers are these with bit 15. */
export const BLOCK = {
  writeRequest: 0x0008,
  readRequest: 0x0009,
  connect: 0x0101,
  communicationRelation: 0x0102,
  controlFirst: 0x0110,
  controlLast: 0x0118,
  writeResponse: 0x8008,
  readResponse: 0x8009,
  communicationRelationResponse: 0x8102,
} as const;
/** A record header with its block header. [bytes] */
export const RECORD_HEADER_BYTES = 64;
/** Several records written at once: each with a header of its own (5.2.4.35). */
const INDEX_MULTIPLE = 0xe040;
/** Identification and maintenance 0 (5.2.4.51), and its block type. */
const INDEX_IM0 = 0xaff0;
const BLOCK_IM0 = 0x0020;

/** Longest name: three numbers. [bytes] */
const scratch = new Uint8Array(40);
const decoder = new TextDecoder();

/** Symbol `slot.subslot.0xindex` of a record, made without a string where it is known. */
function recordSymbol(view: MessageView, slot: number, subslot: number, index: number): number {
  let at = putDecimal(slot, 0);
  scratch[at++] = 0x2e;
  at = putHex(subslot, at);
  scratch[at++] = 0x2e;
  return view.symbols.intern(scratch, 0, putHex(index, at));
}

function putDecimal(value: number, from: number): number {
  let divisor = 1;
  while (value / divisor >= 10) divisor *= 10;
  let at = from;
  for (; divisor >= 1; divisor /= 10) scratch[at++] = 0x30 + (Math.floor(value / divisor) % 10);
  return at;
}

function putHex(value: number, from: number): number {
  scratch[from] = 0x30;
  scratch[from + 1] = 0x78;
  for (let i = 0; i < 4; i++) {
    const nibble = (value >> (12 - 4 * i)) & 15;
    scratch[from + 2 + i] = nibble < 10 ? 0x30 + nibble : 0x57 + nibble;
  }
  return from + 6;
}

/** Walks the blocks `from` … `end` of a request or response. */
export function readBlocks(view: MessageView, from: number, end: number): void {
  const { bytes } = view;
  let at = from;
  while (end - at >= BLOCK_HEADER_BYTES) {
    const type = u16(bytes, at);
    const last = at + 4 + u16(bytes, at + 2);
    // A padding of zeros may follow the last block.
    if (type === 0) return;
    if (last > end || last < at + BLOCK_HEADER_BYTES) return view.problem('profinet-block-length', at + 2);
    const next = block(view, type, at, last, end);
    if (next <= at) return;
    at = next;
  }
}

/** One block; returns where the next begins. */
function block(view: MessageView, type: number, at: number, last: number, end: number): number {
  switch (type) {
    case BLOCK.writeRequest:
    case BLOCK.readRequest:
    case BLOCK.readResponse:
    case BLOCK.writeResponse:
      return record(view, type, at, last, end);
    case BLOCK.connect:
      connect(view, at, last);
      return last;
    case BLOCK.communicationRelationResponse:
      if (last - at >= 12) relation(view, u16(view.bytes, at + 6), u16(view.bytes, at + 10));
      return last;
    default:
      if (type >= BLOCK.controlFirst && type <= BLOCK.controlLast) control(view, at, last);
      return last;
  }
}

/** Sequence, relation, API, slot, subslot, index, length; what is written or was read follows. */
function record(view: MessageView, type: number, at: number, last: number, end: number): number {
  const { bytes } = view;
  if (last - at < 40) {
    view.problem('profinet-record-short', at);
    return last;
  }
  const index = u16(bytes, at + 34);
  const length = u32(bytes, at + 36);
  const write = type === BLOCK.writeRequest;
  if (index === INDEX_MULTIPLE && write) return last;
  const carries = write || type === BLOCK.readResponse;
  const fits = carries && length <= end - last;
  if (carries && !fits) view.problem('profinet-record-length', at + 36);
  // The answer to a write repeats what was written where: a status, no value.
  if (type === BLOCK.writeResponse) {
    if (last - at >= 48 && view.status === 0) view.status = u32(bytes, at + 44);
    return padded(last, at);
  }
  const withValue = fits && length > 0;
  const i = view.access(
    CM_AREA.record,
    0,
    1,
    write,
    withValue ? VALUE_TYPE.bytes : VALUE_TYPE.none,
    withValue ? last : NO_OFFSET,
  );
  if (i >= 0) {
    view.accessSymbol[i] = recordSymbol(view, u16(bytes, at + 28), u16(bytes, at + 30), index);
    view.accessLength[i] = withValue ? length : 0;
  }
  if (type === BLOCK.readResponse && index === INDEX_IM0 && withValue) identification(view, last, last + length);
  return fits ? padded(last + length, at) : carries ? at : last;
}

/** Records written together begin at a distance of a multiple of four. */
function padded(end: number, from: number): number {
  return end + ((4 - ((end - from) & 3)) & 3);
}

/** Type, relation, session, address and object of who connects, its name (5.2.3.3). */
function connect(view: MessageView, at: number, last: number): void {
  const { bytes } = view;
  if (last - at < 58) return view.problem('profinet-connect-short', at);
  view.fact('client', 'application-relation', uuidText(bytes, at + 8));
  const length = u16(bytes, at + 56);
  if (at + 58 + length > last) return view.problem('profinet-connect-short', at + 56);
  view.fact('client', 'name', decoder.decode(bytes.subarray(at + 58, at + 58 + length)));
}

/** Kind of a communication relation and the frame identifier its data will have. */
function relation(view: MessageView, kind: number, frameId: number): void {
  view.numberAccess(CM_AREA.frame, frameId, false, VALUE_TYPE.uint16, kind, NO_OFFSET);
}

/** 5.2.3.21: what is asked for is the control command. */
function control(view: MessageView, at: number, last: number): void {
  if (last - at < 32 || view.functionCode !== OPERATION.control) return;
  view.functionCode = functionKey(OPERATION.control, u16(view.bytes, at + 28));
}

/** I&M0: vendor, order number, serial number, hardware and software (5.2.4.51). */
function identification(view: MessageView, at: number, end: number): void {
  const { bytes } = view;
  if (end - at < 54 || u16(bytes, at) !== BLOCK_IM0) return;
  const text = (from: number, to: number) => decoder.decode(bytes.subarray(from, to)).replace(/[\0\s]+$/, '');
  view.fact(
    'server',
    'vendor-id',
    `0x${u16(bytes, at + 6)
      .toString(16)
      .padStart(4, '0')}`,
  );
  view.fact('server', 'model', text(at + 8, at + 28));
  view.fact('server', 'serial', text(at + 28, at + 44));
  view.fact('server', 'hardware', String(u16(bytes, at + 44)));
  const prefix = String.fromCharCode(bytes[at + 46]!).replace(/[^A-Z]/, '');
  view.fact('server', 'firmware', `${prefix}${bytes[at + 47]}.${bytes[at + 48]}.${bytes[at + 49]}`);
}
