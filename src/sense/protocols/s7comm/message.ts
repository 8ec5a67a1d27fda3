/** Meaning of jobs and their acknowledgements. Layouts: Wireshark field reference for `s7comm`, libnodave; see NOTES.md. */
import { type MessageView, NO_OFFSET, QUALITY_BAD } from '../message-view.ts';
import { u16, VALUE_TYPE } from '../values.ts';
import { blockName } from './blocks.ts';
import { emitItems, type ItemRing, readData, readItem, readResults } from './items.ts';
import { AREA, FC, FUNCTIONS, piFunction } from './names.ts';
import type { Transfers } from './transfers.ts';

const KNOWN = new Set(FUNCTIONS.map((info) => info.code));

/** Where the parts of a PDU stand. */
export interface Parts {
  /** First octet of the parameters: the function. */
  parameters: number;
  data: number;
  end: number;
}

/** Decodes a job. Items of reads and writes go into `ring`. */
export function readJob(view: MessageView, parts: Parts, ring: ItemRing, transfers: Transfers): void {
  const { bytes } = view;
  const code = bytes[parts.parameters]!;
  view.functionCode = code;
  switch (code) {
    case FC.readVar:
    case FC.writeVar:
      return variableJob(view, parts, ring, code === FC.writeVar);
    case FC.requestDownload:
    case FC.downloadBlock:
    case FC.downloadEnded:
    case FC.startUpload:
    case FC.upload:
    case FC.endUpload:
      return blockJob(view, parts, code, transfers);
    case FC.piService:
      return piJob(view, parts);
    case FC.plcStop: // five reserved octets, then the service name (always P_PROGRAM)
      if (textEnd(bytes, parts.parameters + 6, parts.data) < 0) view.problem('s7-short', parts.parameters);
      return;
    case FC.setupCommunication:
      return setup(view, parts);
    default:
      if (!KNOWN.has(code)) view.understood = false;
  }
}

/** Decodes an acknowledgement with data; items `from` … `to` of the ring belong to the paired job. */
export function readAnswer(
  view: MessageView,
  parts: Parts,
  ring: ItemRing,
  from: number,
  to: number,
  transfers: Transfers,
): void {
  const { bytes } = view;
  const code = bytes[parts.parameters]!;
  switch (code) {
    case FC.readVar:
    case FC.writeVar:
      if (to === from && parts.data - parts.parameters >= 2 && bytes[parts.parameters + 1] !== 0) {
        return view.problem('s7-reply-without-request', parts.parameters);
      }
      if (code === FC.readVar) return readData(view, ring, from, to, parts.data, parts.end, false);
      return readResults(view, ring, from, to, parts.data, parts.end);
    case FC.setupCommunication:
      return setup(view, parts);
    case FC.startUpload: // status, two octets, upload id 4, length of the block as text
      if (parts.data - parts.parameters < 9) return;
      transfers.named(u16(bytes, parts.parameters + 6), view.transaction);
      view.detail = number(bytes, parts.parameters + 8, parts.data);
      return blockAccess(view, transfers.answered(view.transaction), false, view.detail, NO_OFFSET, 0);
    case FC.upload:
    case FC.downloadBlock:
      return blockData(view, parts, code, transfers);
    default:
      if (!KNOWN.has(code)) view.understood = false;
  }
}

/** Function, number of items, items; a write has as many data items. */
function variableJob(view: MessageView, parts: Parts, ring: ItemRing, write: boolean): void {
  const { bytes } = view;
  if (parts.data - parts.parameters < 2) return view.problem('s7-short', parts.parameters);
  const count = bytes[parts.parameters + 1]!;
  const first = ring.next;
  let at = parts.parameters + 2;
  for (let k = 0; k < count; k++) {
    at = readItem(view, ring, at, parts.data);
    if (at < 0) return view.problem('s7-item', parts.parameters);
    // Items begin at even places (seen from the function): an octet fills up.
    if (k + 1 < count && ((at - parts.parameters) & 1) === 1) at++;
  }
  if (write) readData(view, ring, first, ring.next, parts.data, parts.end, true);
  else emitItems(view, ring, first, ring.next, false);
}

/** Reserved, jobs the client and the server may have open, PDU length: `detail` is the length. */
function setup(view: MessageView, parts: Parts): void {
  if (parts.data - parts.parameters < 8) return view.problem('s7-short', parts.parameters);
  view.detail = u16(view.bytes, parts.parameters + 6);
}

/** Function, status, two octets, id 4, and (by function) a file name `_0800001P` and the lengths of the block. */
function blockJob(view: MessageView, parts: Parts, code: number, transfers: Transfers): void {
  const { bytes } = view;
  const at = parts.parameters;
  if (parts.data - at < 8) return view.problem('s7-short', at);
  const id = u16(bytes, at + 6);
  if (code === FC.upload || code === FC.endUpload) {
    transfers.continued(id, view.transaction);
    return blockAccess(view, transfers.find(id), false, 0, NO_OFFSET, 0);
  }
  const end = textEnd(bytes, at + 8, parts.data);
  if (end < 0) return view.problem('s7-short', at + 8);
  const symbol = blockName(view, at + 9, end);
  const download = code !== FC.startUpload;
  let length = 0;
  if (code === FC.requestDownload) {
    // A second text: '1', length in load memory (6 digits), length of the code (6 digits).
    const second = textEnd(bytes, end, parts.data);
    if (second - end >= 8) length = number(bytes, end + 1, end + 8) % 1_000_000;
  } else if (code === FC.startUpload || code === FC.downloadBlock) transfers.asked(view.transaction, symbol);
  view.detail = length;
  blockAccess(view, symbol, download, length, NO_OFFSET, 0);
}

/** A part of a block: length 2, 0x00fb, octets. */
function blockData(view: MessageView, parts: Parts, code: number, transfers: Transfers): void {
  const at = parts.data;
  if (parts.end - at < 4) return;
  const size = Math.min(u16(view.bytes, at), parts.end - at - 4);
  if (size !== u16(view.bytes, at)) view.problem('s7-short', at);
  blockAccess(view, transfers.answered(view.transaction), code === FC.downloadBlock, 0, at + 4, size);
}

/** An access to a block by name; its value is the length in load memory where the message tells it, or the octets moved. */
function blockAccess(
  view: MessageView,
  symbol: number,
  write: boolean,
  length: number,
  offset: number,
  size: number,
): void {
  if (symbol < 0) return;
  const type = offset >= 0 ? VALUE_TYPE.bytes : length > 0 ? VALUE_TYPE.uint32 : VALUE_TYPE.none;
  const i = view.access(AREA.block, 0, 1, write, type, offset);
  if (i < 0) return;
  view.accessSymbol[i] = symbol;
  view.accessLength[i] = size;
  if (length > 0) view.accessNumber[i] = length;
  if (view.status !== 0) view.accessQuality[i] = QUALITY_BAD;
}

/** Where argument and name of a PI service stand; -1 where the job is cut short. */
export interface PiPlace {
  argument: number;
  argumentEnd: number;
  name: number;
  nameEnd: number;
}

/** Seven octets, length of the argument 2, argument, name. */
export function piPlace(bytes: Uint8Array, parts: Parts): PiPlace | null {
  const at = parts.parameters + 8;
  if (at + 2 > parts.data) return null;
  const argument = at + 2;
  const argumentEnd = argument + u16(bytes, at);
  const nameEnd = argumentEnd < parts.data ? textEnd(bytes, argumentEnd, parts.data) : -1;
  return nameEnd < 0 ? null : { argument, argumentEnd, name: argumentEnd + 1, nameEnd };
}

function piJob(view: MessageView, parts: Parts): void {
  const { bytes } = view;
  const place = piPlace(bytes, parts);
  if (place === null) return view.problem('s7-short', parts.parameters);
  const service = asciiText(bytes, place.name, place.nameEnd);
  const cold = service === 'P_PROGRAM' && bytes[place.argument] === 0x43 && place.argumentEnd > place.argument;
  view.functionCode = piFunction(cold ? 'P_PROGRAM C' : service);
  if (view.functionCode === FC.piService) {
    view.understood = false;
    const i = view.access(AREA.other, 0, 1, true, VALUE_TYPE.none, NO_OFFSET);
    if (i >= 0) view.accessSymbol[i] = view.symbols.internText(`pi:${service}`);
  }
  if (service !== '_INSE' && service !== '_INS2' && service !== '_DELE') return;
  // Number of blocks, an octet, then eight octets each: type 2, number 5, file system 1.
  const count = Math.min(bytes[place.argument] ?? 0, (place.argumentEnd - place.argument - 2) >> 3);
  for (let k = 0, name = place.argument + 2; k < count; k++, name += 8) {
    blockAccess(view, blockName(view, name, name + 8), true, 0, NO_OFFSET, 0);
  }
}

/** End of a text with a length octet at `at`, -1 where it is cut short. */
function textEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1;
  const stop = at + 1 + bytes[at]!;
  return stop > end ? -1 : stop;
}

/** Decimal digits of a text whose length octet stands at `at`, 0 where there are none. */
function number(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let i = at; i < end; i++) {
    const digit = bytes[i]! - 0x30;
    if (digit >= 0 && digit <= 9) value = (value * 10 + digit) % 1e9;
  }
  return value;
}

/** Printable ASCII; other octets become a dot. */
export function asciiText(bytes: Uint8Array, from: number, end: number): string {
  let text = '';
  for (let i = from; i < end; i++) {
    const octet = bytes[i]!;
    text += octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : '.';
  }
  return text;
}
