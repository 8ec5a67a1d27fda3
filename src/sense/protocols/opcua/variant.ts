/** Values: Variant and DataValue (OPC 10000-6, 5.2.2.16 and 5.2.2.17) become accesses of the view; everything else is skipped. */
import { OPCUA_DEPTH_MAX } from '../../../limits.ts';
import { type MessageView, NO_OFFSET, QUALITY_BAD, QUALITY_UNCERTAIN } from '../message-view.ts';
import { VALUE_TYPE } from '../values.ts';
import { SEVERITY_BAD, SEVERITY_UNCERTAIN } from './names.ts';
import type { UaReader } from './reader.ts';

/** Built-in types (5.1.2). */
export const TYPE = {
  null: 0,
  boolean: 1,
  sbyte: 2,
  byte: 3,
  int16: 4,
  uint16: 5,
  int32: 6,
  uint32: 7,
  int64: 8,
  uint64: 9,
  float: 10,
  double: 11,
  string: 12,
  dateTime: 13,
  guid: 14,
  byteString: 15,
  xml: 16,
  nodeId: 17,
  expandedNodeId: 18,
  statusCode: 19,
  qualifiedName: 20,
  localizedText: 21,
  extensionObject: 22,
  dataValue: 23,
  variant: 24,
  diagnosticInfo: 25,
} as const;

/** Octets of a built-in type, 0 where they vary. */
const SIZES = new Uint8Array(26);
SIZES.set([0, 1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 0, 8, 16]);
SIZES[TYPE.statusCode] = 4;

/** Element type of the view for a built-in type. */
const VIEW_TYPES = new Uint8Array(26);
VIEW_TYPES.set([
  VALUE_TYPE.none,
  VALUE_TYPE.bool,
  VALUE_TYPE.int8,
  VALUE_TYPE.uint8,
  VALUE_TYPE.int16le,
  VALUE_TYPE.uint16le,
  VALUE_TYPE.int32le,
  VALUE_TYPE.uint32le,
  VALUE_TYPE.int64le,
  VALUE_TYPE.uint64le,
  VALUE_TYPE.float32le,
  VALUE_TYPE.float64le,
  VALUE_TYPE.text,
  VALUE_TYPE.float64,
  VALUE_TYPE.bytes,
  VALUE_TYPE.bytes,
  VALUE_TYPE.text,
]);
VIEW_TYPES[TYPE.statusCode] = VALUE_TYPE.uint32le;
VIEW_TYPES[TYPE.qualifiedName] = VIEW_TYPES[TYPE.localizedText] = VALUE_TYPE.text;

const HAS_DIMENSIONS = 0x40;
const IS_ARRAY = 0x80;
/** Fields of a DataValue. */
const DATA = { value: 1, status: 2, source: 4, server: 8, sourcePico: 16, serverPico: 32 } as const;

/** Reads a Variant as the value of `symbol` in `area`; the index of its access, or -1 where the view is full or the bytes are not right. */
export function readVariant(view: MessageView, reader: UaReader, area: number, symbol: number, write: boolean): number {
  const encoding = reader.u8();
  const type = encoding & 0x3f;
  if (type > TYPE.diagnosticInfo) reader.failed = true;
  const isArray = (encoding & IS_ARRAY) !== 0;
  const elements = isArray ? reader.count() : 1;
  const size = SIZES[type < SIZES.length ? type : 0]!;
  let i = -1;
  if (size > 0 && type !== TYPE.dateTime && type !== TYPE.guid) {
    const at = reader.take(size * elements);
    if (at < 0) return -1;
    i = view.access(area, 0, elements, write, VIEW_TYPES[type]!, elements > 0 ? at : NO_OFFSET);
    if (i >= 0) view.accessLength[i] = size * elements;
  } else if (isArray) {
    i = view.access(area, 0, elements, write, VALUE_TYPE.none, NO_OFFSET);
    // An array of nulls has no octets: nothing to skip, and nothing that bounds its length.
    for (let k = 0; k < elements && !reader.failed && type !== TYPE.null; k++) skipOne(reader, type, 0);
  } else i = readScalar(view, reader, area, write, type);
  if ((encoding & HAS_DIMENSIONS) !== 0) reader.take(4 * reader.count());
  if (i >= 0) view.accessSymbol[i] = symbol;
  // What does not parse is no value.
  if (reader.failed && i >= 0) view.accessCount = i;
  return reader.failed ? -1 : i;
}

/** One value without a fixed size, or a time. */
function readScalar(view: MessageView, reader: UaReader, area: number, write: boolean, type: number): number {
  if (type === TYPE.dateTime) {
    // Times are told in milliseconds since 1970.
    const ms = reader.timeUs() / 1000;
    return view.numberAccess(area, 0, write, VALUE_TYPE.float64, ms, NO_OFFSET);
  }
  const from = reader.at;
  skipOne(reader, type, 0);
  const viewType = VIEW_TYPES[type < VIEW_TYPES.length ? type : 0]!;
  if (viewType === VALUE_TYPE.none || reader.failed) return view.access(area, 0, 1, write, VALUE_TYPE.none, NO_OFFSET);
  const at = type === TYPE.guid ? from : reader.from;
  const i = view.access(area, 0, 1, write, viewType, at);
  if (i >= 0) view.accessLength[i] = (type === TYPE.guid ? reader.at : reader.to) - at;
  return i;
}

/** Skips one value of a built-in type; the place of a text stands in the reader afterwards. */
function skipOne(reader: UaReader, type: number, depth: number): void {
  switch (type) {
    case TYPE.null:
      return;
    case TYPE.string:
    case TYPE.byteString:
    case TYPE.xml:
      return reader.text();
    case TYPE.nodeId:
      reader.nodeNumber();
      return;
    case TYPE.expandedNodeId: {
      const flags = reader.at < reader.end ? reader.bytes[reader.at]! : 0;
      reader.nodeNumber();
      if ((flags & 0x80) !== 0) reader.text();
      if ((flags & 0x40) !== 0) reader.take(4);
      return;
    }
    case TYPE.qualifiedName:
      return reader.qualifiedName();
    case TYPE.localizedText:
      return reader.localizedText();
    case TYPE.extensionObject:
      reader.extension();
      return;
    case TYPE.dataValue:
      return skipDataValue(reader, depth + 1);
    case TYPE.variant:
      return skipVariant(reader, depth + 1);
    case TYPE.diagnosticInfo:
      return reader.diagnosticInfo();
    default:
      reader.take(SIZES[type < SIZES.length ? type : 0]!);
  }
}

/** Skips a Variant; they nest, but not without end. */
export function skipVariant(reader: UaReader, depth = 0): void {
  const encoding = reader.u8();
  const type = encoding & 0x3f;
  if (type > TYPE.diagnosticInfo || depth > OPCUA_DEPTH_MAX) reader.failed = true;
  const elements = (encoding & IS_ARRAY) !== 0 ? reader.count() : 1;
  for (let k = 0; k < elements && !reader.failed && type !== TYPE.null; k++) skipOne(reader, type, depth);
  if ((encoding & HAS_DIMENSIONS) !== 0) reader.take(4 * reader.count());
}

function skipDataValue(reader: UaReader, depth: number): void {
  const mask = reader.u8();
  if ((mask & DATA.value) !== 0) skipVariant(reader, depth);
  reader.take(sizeBehindValue(mask));
}

function sizeBehindValue(mask: number): number {
  let size = 0;
  if ((mask & DATA.status) !== 0) size += 4;
  if ((mask & DATA.source) !== 0) size += 8;
  if ((mask & DATA.sourcePico) !== 0) size += 2;
  if ((mask & DATA.server) !== 0) size += 8;
  if ((mask & DATA.serverPico) !== 0) size += 2;
  return size;
}

/** Reads a DataValue as an access: value, quality by the severity of its status, time of the source. Index or -1. */
export function readDataValue(
  view: MessageView,
  reader: UaReader,
  area: number,
  symbol: number,
  write: boolean,
): number {
  const mask = reader.u8();
  let i = -1;
  if ((mask & DATA.value) !== 0) i = readVariant(view, reader, area, symbol, write);
  else {
    i = view.access(area, 0, 1, write, VALUE_TYPE.none, NO_OFFSET);
    if (i >= 0) view.accessSymbol[i] = symbol;
  }
  const status = (mask & DATA.status) !== 0 ? reader.u32() : 0;
  const sourceUs = (mask & DATA.source) !== 0 ? reader.timeUs() : Number.NaN;
  if ((mask & DATA.sourcePico) !== 0) reader.take(2);
  const serverUs = (mask & DATA.server) !== 0 ? reader.timeUs() : Number.NaN;
  if ((mask & DATA.serverPico) !== 0) reader.take(2);
  if (i < 0 || reader.failed) return -1;
  view.accessTimeUs[i] = Number.isNaN(sourceUs) ? serverUs : sourceUs;
  if (status >= SEVERITY_BAD) view.accessQuality[i] = QUALITY_BAD;
  else if (status >= SEVERITY_UNCERTAIN) view.accessQuality[i] = QUALITY_UNCERTAIN;
  return i;
}
