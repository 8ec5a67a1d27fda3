/** Meaning of Modbus requests and responses: which points, which values. Clauses: MODBUS Application Protocol V1.1b3, section 6. */
import { type MessageView, NO_OFFSET } from '../message-view.ts';
import { u16, VALUE_TYPE } from '../values.ts';
import { AREA, FC, FUNCTIONS, IDENTIFICATION_OBJECTS, MEI } from './names.ts';

const KNOWN = new Set(FUNCTIONS.map((info) => info.code));

/** Area a read or write function works on, by function code; -1 elsewhere. */
const AREA_OF = new Int8Array(128).fill(-1);
AREA_OF[FC.readCoils] = AREA.coil;
AREA_OF[FC.readDiscreteInputs] = AREA.discrete;
AREA_OF[FC.readHoldingRegisters] = AREA.holding;
AREA_OF[FC.readInputRegisters] = AREA.input;
AREA_OF[FC.writeSingleCoil] = AREA.coil;
AREA_OF[FC.writeSingleRegister] = AREA.holding;
AREA_OF[FC.writeMultipleCoils] = AREA.coil;
AREA_OF[FC.writeMultipleRegisters] = AREA.holding;
AREA_OF[FC.maskWriteRegister] = AREA.holding;
AREA_OF[FC.readWriteMultipleRegisters] = AREA.holding;
AREA_OF[FC.readFifoQueue] = AREA.fifo;

const isBits = (code: number): boolean =>
  code === FC.readCoils || code === FC.readDiscreteInputs || code === FC.writeMultipleCoils;

/** Decodes the request body `at` … `end` of function `code` into accesses. */
export function readRequest(view: MessageView, code: number, at: number, end: number): void {
  const { bytes } = view;
  const size = end - at;
  switch (code) {
    case FC.readHoldingRegisters:
    case FC.readInputRegisters:
    case FC.readCoils:
    case FC.readDiscreteInputs: // 6.1 to 6.4: address, quantity
      if (size < 4) return short(view, at);
      view.access(AREA_OF[code]!, u16(bytes, at), u16(bytes, at + 2), false, VALUE_TYPE.none, NO_OFFSET);
      if (size > 4) view.problem('modbus-length', at + 4);
      return;
    case FC.writeSingleCoil:
    case FC.writeSingleRegister:
      return single(view, code, at, end);
    case FC.writeMultipleCoils:
    case FC.writeMultipleRegisters: {
      // 6.11, 6.12: address, quantity, byte count, values
      if (size < 5) return short(view, at);
      const quantity = u16(bytes, at + 2);
      return written(view, code, u16(bytes, at), quantity, at + 4, end);
    }
    case FC.maskWriteRegister:
      return maskWrite(view, at, end);
    case FC.readWriteMultipleRegisters: {
      // 6.17: read address, quantity, write address, quantity, byte count, values
      if (size < 4) return short(view, at);
      view.access(AREA.holding, u16(bytes, at), u16(bytes, at + 2), false, VALUE_TYPE.none, NO_OFFSET);
      if (size < 9) return short(view, at);
      return written(view, code, u16(bytes, at + 4), u16(bytes, at + 6), at + 8, end);
    }
    case FC.readFifoQueue:
      if (size < 2) return short(view, at);
      view.access(AREA.fifo, u16(bytes, at), 0, false, VALUE_TYPE.none, NO_OFFSET);
      return;
    case FC.readFileRecord:
    case FC.writeFileRecord:
      return fileRequest(view, code, at, end);
    default:
      if (!KNOWN.has(code)) view.understood = false;
  }
}

/** Decodes a normal response; `address` and `elements` come from the paired request (-1, 0: none seen). */
export function readResponse(
  view: MessageView,
  code: number,
  at: number,
  end: number,
  address: number,
  elements: number,
): void {
  const { bytes } = view;
  const size = end - at;
  switch (code) {
    case FC.readHoldingRegisters:
    case FC.readInputRegisters:
    case FC.readWriteMultipleRegisters:
    case FC.readCoils:
    case FC.readDiscreteInputs:
      return readValues(view, code, at, end, address, elements);
    case FC.writeSingleCoil:
    case FC.writeSingleRegister:
      return single(view, code, at, end);
    case FC.writeMultipleCoils:
    case FC.writeMultipleRegisters:
      if (size < 4) return short(view, at);
      view.access(AREA_OF[code]!, u16(bytes, at), u16(bytes, at + 2), true, VALUE_TYPE.none, NO_OFFSET);
      return;
    case FC.maskWriteRegister:
      return maskWrite(view, at, end);
    case FC.readFifoQueue: {
      // 6.18: byte count 2, FIFO count 2, values
      if (size < 4) return short(view, at);
      const count = u16(bytes, at + 2);
      if (4 + 2 * count > size) return short(view, at);
      view.access(AREA.fifo, address, count, false, VALUE_TYPE.uint16, at + 4);
      return;
    }
    case FC.readFileRecord:
      return fileResponse(view, at, end);
    case FC.writeFileRecord:
      return fileRequest(view, code, at, end);
    case FC.reportServerId:
      if (size > 2) view.fact('unit', 'server-id', printable(bytes, at + 1, end - 1));
      return;
    case FC.encapsulatedInterface:
      if (size > 6 && bytes[at] === MEI.deviceIdentification) identification(view, at, end);
      return;
    default:
      if (!KNOWN.has(code)) view.understood = false;
  }
}

/** The values a read answers with. */
function readValues(view: MessageView, code: number, at: number, end: number, address: number, elements: number): void {
  if (end - at < 1) return short(view, at);
  const size = view.bytes[at]!;
  const first = at + 1;
  if (first + size !== end) {
    view.problem('modbus-length', at);
    if (first + size > end) return;
  }
  // Without the request the address does not show; the values stay at hand, the point is not named.
  if (address < 0) return view.problem('modbus-reply-without-request', at);
  if (isBits(code)) {
    const bits = elements <= size * 8 ? elements : size * 8;
    if ((elements + 7) >> 3 !== size) view.problem('modbus-quantity', at);
    view.access(AREA_OF[code]!, address, bits, false, VALUE_TYPE.bit, first);
    return;
  }
  const registers = size >> 1;
  if (registers !== elements) view.problem('modbus-quantity', at);
  view.access(AREA_OF[code]!, address, registers < elements ? registers : elements, false, VALUE_TYPE.uint16, first);
}

/** 6.5, 6.6: address, value; request and response are alike. */
function single(view: MessageView, code: number, at: number, end: number): void {
  const { bytes } = view;
  if (end - at < 4) return short(view, at);
  if (end - at > 4) view.problem('modbus-length', at + 4);
  const value = u16(bytes, at + 2);
  if (code === FC.writeSingleRegister) {
    view.access(AREA.holding, u16(bytes, at), 1, true, VALUE_TYPE.uint16, at + 2);
    return;
  }
  if (value !== 0 && value !== 0xff00) view.problem('modbus-coil-value', at + 2);
  view.numberAccess(AREA.coil, u16(bytes, at), true, VALUE_TYPE.bool, value === 0 ? 0 : 1, at + 2);
}

/** Byte count at `at`, then the values. */
function written(view: MessageView, code: number, address: number, quantity: number, at: number, end: number): void {
  const size = view.bytes[at]!;
  const first = at + 1;
  const bits = code === FC.writeMultipleCoils;
  const needed = bits ? (quantity + 7) >> 3 : quantity * 2;
  if (size !== needed || first + size !== end) view.problem('modbus-length', at);
  const present = end - first < size ? end - first : size;
  const elements = bits ? Math.min(quantity, present * 8) : Math.min(quantity, present >> 1);
  view.access(
    bits ? AREA.coil : AREA.holding,
    address,
    elements,
    true,
    bits ? VALUE_TYPE.bit : VALUE_TYPE.uint16,
    first,
  );
}

/** 6.16: address, AND mask, OR mask. The resulting value depends on what stood there: masks in `detail`, no value. */
function maskWrite(view: MessageView, at: number, end: number): void {
  if (end - at < 2) return short(view, at);
  view.access(AREA.holding, u16(view.bytes, at), 1, true, VALUE_TYPE.none, NO_OFFSET);
  if (end - at < 6) return short(view, at);
  view.detail = u16(view.bytes, at + 2) * 0x10000 + u16(view.bytes, at + 4);
}

/** 6.14, 6.15: byte count, then groups of reference type 6, file, record, length (and the data of a write). */
function fileRequest(view: MessageView, code: number, at: number, end: number): void {
  const { bytes } = view;
  const writing = code === FC.writeFileRecord;
  if (end - at < 1) return short(view, at);
  let group = at + 1;
  while (group + 7 <= end) {
    if (bytes[group] !== 6) return view.problem('modbus-file-reference', group);
    const registers = u16(bytes, group + 5);
    const data = group + 7;
    const address = u16(bytes, group + 1) * 0x10000 + u16(bytes, group + 3);
    if (writing && data + 2 * registers > end) return short(view, data);
    const type = writing ? VALUE_TYPE.uint16 : VALUE_TYPE.none;
    if (view.access(AREA.file, address, registers, writing, type, writing ? data : NO_OFFSET) < 0) return;
    group = writing ? data + 2 * registers : data;
  }
  if (group !== end) view.problem('modbus-length', group);
}

/** 6.14 response: groups of length, reference type, data; file and record stand only in the request. */
function fileResponse(view: MessageView, at: number, end: number): void {
  let group = at + 1;
  while (group + 2 <= end) {
    const length = view.bytes[group]!;
    if (length < 1 || group + 1 + length > end) return short(view, group);
    view.access(AREA.file, -1, (length - 1) >> 1, false, VALUE_TYPE.uint16, group + 2);
    group += 1 + length;
  }
}

/** 6.21: MEI type, read code, conformity, more follows, next object, number of objects, then id, length, text each. */
function identification(view: MessageView, at: number, end: number): void {
  const { bytes } = view;
  const objects = bytes[at + 5]!;
  let object = at + 6;
  for (let n = 0; n < objects; n++) {
    if (object + 2 > end) return short(view, object);
    const length = bytes[object + 1]!;
    if (object + 2 + length > end) return short(view, object);
    const kind = IDENTIFICATION_OBJECTS[bytes[object]!] ?? `object-${bytes[object]!}`;
    view.fact('unit', kind, printable(bytes, object + 2, object + 2 + length));
    object += 2 + length;
  }
}

function short(view: MessageView, at: number): void {
  view.problem('modbus-short', at);
}

/** Printable ASCII of a byte range; other bytes become a dot. */
function printable(bytes: Uint8Array, offset: number, end: number): string {
  let text = '';
  for (let i = offset; i < end; i++) {
    const byte = bytes[i]!;
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
  }
  return text.trim();
}
