/** Discovery and basic configuration (IEC 61158-6-10, 4.3): who is there, and names and addresses set without any proof of right. */
import {
  DIRECTION_EVENT,
  DIRECTION_REQUEST,
  DIRECTION_RESPONSE,
  type MessageView,
  NO_OFFSET,
} from '../message-view.ts';
import { u16, u32, VALUE_TYPE } from '../values.ts';
import { frame } from './frame.ts';
import {
  AREA,
  DCP,
  DCP_STATUS_UNSUPPORTED,
  DCP_TYPE,
  FRAME_ID,
  knownSet,
  OPTION,
  ROLES,
  SUBOPTION,
  setKey,
} from './names.ts';

/** Service, type, transaction, delay, length. [bytes] */
export const DCP_HEADER_BYTES = 10;
/** Option, suboption, length. [bytes] */
const BLOCK_HEADER_BYTES = 4;
/** BlockInfo of what a device tells, BlockQualifier of what is set. [bytes] */
const INFO_BYTES = 2;

const decoder = new TextDecoder();

/** A DCP frame; `at` is behind the frame identifier. */
export function readDcp(view: MessageView, at: number, end: number): void {
  const { bytes } = view;
  if (end - at < DCP_HEADER_BYTES) return view.problem('profinet-dcp-short', at);
  const service = bytes[at]!;
  const type = bytes[at + 1]!;
  frame.service = service;
  frame.serviceType = type;
  view.functionCode = service;
  view.transaction = u32(bytes, at + 2);
  view.direction = type === DCP_TYPE.request ? DIRECTION_REQUEST : DIRECTION_RESPONSE;
  if (frame.id === FRAME_ID.dcpHello) view.direction = DIRECTION_EVENT;
  if (service < DCP.get || service > DCP.hello) view.understood = false;
  if (type === DCP_TYPE.unsupported) view.status = DCP_STATUS_UNSUPPORTED;
  const blocks = at + DCP_HEADER_BYTES;
  const stated = u16(bytes, at + 8);
  if (stated > end - blocks) view.problem('profinet-dcp-length', at + 8);
  const last = Math.min(end, blocks + stated);
  if (service === DCP.get && type === DCP_TYPE.request) wanted(view, blocks, last);
  else readBlocks(view, blocks, last);
}

/** A Get names options, two octets each. */
function wanted(view: MessageView, from: number, end: number): void {
  for (let at = from; at + 2 <= end; at += 2) frame.block(view.bytes[at]!, view.bytes[at + 1]!, true);
}

function readBlocks(view: MessageView, from: number, end: number): void {
  const { bytes } = view;
  const set = frame.service === DCP.set && frame.serviceType === DCP_TYPE.request;
  let at = from;
  while (at < end) {
    if (end - at < BLOCK_HEADER_BYTES) return view.problem('profinet-dcp-block', at);
    const option = bytes[at]!;
    const suboption = bytes[at + 1]!;
    const length = u16(bytes, at + 2);
    const body = at + BLOCK_HEADER_BYTES;
    if (length > end - body) return view.problem('profinet-dcp-block', at);
    frame.block(option, suboption, true);
    if (set) setBlock(view, option, suboption, body, body + length);
    else if (frame.service === DCP.set) answer(view, option, suboption, body, body + length);
    else if (view.direction === DIRECTION_REQUEST) searched(view, option, suboption, body, body + length);
    else told(view, option, suboption, body + INFO_BYTES, body + length);
    // Blocks begin at even offsets (4.3.1.4.1).
    at = body + length + (length & 1);
  }
}

/** What a Set changes: the first block that is no bracket of a transaction names the function. */
function setBlock(view: MessageView, option: number, suboption: number, from: number, end: number): void {
  const bracket = option === OPTION.control && suboption <= SUBOPTION.end;
  if (view.functionCode === DCP.set || (!bracket && isBracket(view.functionCode))) {
    view.functionCode = knownSet(option, suboption) ? setKey(option, suboption) : DCP.set;
  }
  const at = from + INFO_BYTES;
  if (at > end) return view.problem('profinet-dcp-block', from);
  values(view, option, suboption, at, end, true);
}

function isBracket(key: number): boolean {
  return key === setKey(OPTION.control, SUBOPTION.start) || key === setKey(OPTION.control, SUBOPTION.end);
}

/** The answer to a Set: one block for each that was set, with its error (4.3.1.4.5). */
function answer(view: MessageView, option: number, suboption: number, at: number, end: number): void {
  const { bytes } = view;
  if (option !== OPTION.control || suboption !== SUBOPTION.response || end - at < 3) return;
  frame.block(bytes[at]!, bytes[at + 1]!, false);
  const bracket = bytes[at] === OPTION.control && bytes[at + 1]! <= SUBOPTION.end;
  if (view.functionCode === DCP.set && !bracket && knownSet(bytes[at]!, bytes[at + 1]!)) {
    view.functionCode = setKey(bytes[at]!, bytes[at + 1]!);
  }
  if (view.status === 0) view.status = bytes[at + 2]!;
}

/** What an Identify request looks for. */
function searched(view: MessageView, option: number, suboption: number, at: number, end: number): void {
  if (option !== OPTION.all) values(view, option, suboption, at, end, false);
}

/** Values of a block as accesses: names and addresses. */
function values(view: MessageView, option: number, suboption: number, at: number, end: number, write: boolean): void {
  if (option === OPTION.ip && suboption >= SUBOPTION.ipParameter && end - at >= 12) {
    frame.ipAt = at;
    address(view, 'ip-address', at, write);
    address(view, 'subnet-mask', at + 4, write);
    address(view, 'gateway', at + 8, write);
    return;
  }
  if (option === OPTION.device && suboption === SUBOPTION.nameOfStation) {
    frame.nameAt = at;
    const last = textEnd(view, at, end);
    frame.nameLength = last - at;
    sized(view, 'name-of-station', VALUE_TYPE.text, at, last, write);
    return;
  }
  if (option === OPTION.device && suboption === SUBOPTION.aliasName) {
    sized(view, 'alias-name', VALUE_TYPE.text, at, end, write);
    return;
  }
  if (option === OPTION.control && !write) return;
  sized(view, `option-${option}.${suboption}`, VALUE_TYPE.bytes, at, end, write);
}

function address(view: MessageView, name: string, at: number, write: boolean): void {
  const i = view.access(AREA.dcp, 0, 1, write, VALUE_TYPE.uint32, at);
  if (i >= 0) view.accessSymbol[i] = view.symbols.internText(name);
}

function sized(view: MessageView, name: string, type: number, at: number, end: number, write: boolean): void {
  const empty = end <= at;
  const i = view.access(AREA.dcp, 0, 1, write, empty ? VALUE_TYPE.none : type, empty ? NO_OFFSET : at);
  if (i < 0) return;
  view.accessSymbol[i] = view.symbols.internText(name);
  view.accessLength[i] = end - at;
}

/** What a device tells of itself: the sender, which on a link is the client of its conversation. */
function told(view: MessageView, option: number, suboption: number, at: number, end: number): void {
  const { bytes } = view;
  if (at > end) return view.problem('profinet-dcp-block', at);
  if (option === OPTION.ip && suboption >= SUBOPTION.ipParameter && end - at >= 4) {
    frame.ipAt = at;
    view.fact('client', 'ip', `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`);
  }
  if (option !== OPTION.device) return;
  switch (suboption) {
    case SUBOPTION.typeOfStation:
      return view.fact('client', 'model', text(view, at, end));
    case SUBOPTION.nameOfStation:
      frame.nameAt = at;
      frame.nameLength = textEnd(view, at, end) - at;
      return view.fact('client', 'name', text(view, at, end));
    case SUBOPTION.deviceId:
      if (end - at < 4) return;
      view.fact('client', 'vendor-id', `0x${u16(bytes, at).toString(16).padStart(4, '0')}`);
      return view.fact(
        'client',
        'device-id',
        `0x${u16(bytes, at + 2)
          .toString(16)
          .padStart(4, '0')}`,
      );
    case SUBOPTION.deviceRole:
      if (end - at < 1) return;
      return view.fact('client', 'profinet-role', ROLES.filter((_, bit) => ((bytes[at]! >> bit) & 1) === 1).join(' '));
    case SUBOPTION.deviceOptions:
      for (let next = at; next + 2 <= end; next += 2) frame.block(bytes[next]!, bytes[next + 1]!, false);
      return;
    default:
  }
}

function text(view: MessageView, at: number, end: number): string {
  return decoder.decode(view.bytes.subarray(at, textEnd(view, at, end)));
}

/** Some devices pad names to their full length: the first NUL ends one. */
function textEnd(view: MessageView, at: number, end: number): number {
  let last = at;
  while (last < end && view.bytes[last] !== 0) last++;
  return last;
}
