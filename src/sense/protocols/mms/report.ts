/**
 * Reports (IEC 61850-8-1, 17.2.3; 7-2, 17.2.3.2): an informationReport for the VMD's variable list `RPT`, whose optional fields say which
 * values there are and whose inclusion bit string says of which members of the data set.
 */
import { Element, unsignedAt } from '../asn1/ber.ts';
import { binaryTimeMs } from '../asn1/data.ts';
import { DATA } from '../asn1/names.ts';
import { type MessageView, NO_OFFSET, NO_SYMBOL } from '../message-view.ts';
import { VALUE_TYPE } from '../values.ts';
import { AREA } from './names.ts';
import type { MmsState } from './state.ts';

/** Bits of the optional fields, first bit 0 (8-1, table 53). */
const OPTION = {
  sequenceNumber: 1,
  timeStamp: 2,
  reason: 3,
  dataSetName: 4,
  dataReference: 5,
  bufferOverflow: 6,
  entryId: 7,
  configurationRevision: 8,
  segmentation: 9,
} as const;

/** Suffix numbers of this file in `ComponentNames.suffixed`. */
const SUFFIX = 64;

/** Where a report is read: moves from value to value. */
const element = new Element();
let at = 0;
let stop = 0;

/** The next value in `element`; false where there is none left, or what is left is cut. */
function next(view: MessageView): boolean {
  if (at >= stop || !element.read(view.bytes, at, stop) || element.cut) return false;
  at = element.next;
  return true;
}

/** The next value, where it has this type. */
function nextOf(view: MessageView, tag: number): boolean {
  return next(view) && element.tag === tag;
}

/** Bit `index` of the bit string with content `from` … `to` (unused bits first). */
function bit(bytes: Uint8Array, from: number, to: number, index: number): boolean {
  const octet = from + 1 + (index >> 3);
  return octet < to && ((bytes[octet]! >> (7 - (index & 7))) & 1) === 1;
}

/** Reads the access results `from` … `end` of a report; false where they do not have its form (nothing is emitted then). */
export function readReport(view: MessageView, state: MmsState, from: number, end: number): boolean {
  const { bytes, symbols } = view;
  at = from;
  stop = end;
  if (!nextOf(view, DATA.visibleString)) return false;
  const report = symbols.intern(bytes, element.at, element.end - element.at);
  if (!nextOf(view, DATA.bitString)) return false;
  const options = element.at;
  const optionsEnd = element.end;
  const has = (option: number): boolean => bit(bytes, options, optionsEnd, option);
  if (has(OPTION.sequenceNumber) && !numberField(view, state, report, '$SqNum', 0)) return true;
  const timeUs = has(OPTION.timeStamp) && next(view) ? entryTimeUs(bytes) : Number.NaN;
  let dataSet = NO_SYMBOL;
  if (has(OPTION.dataSetName) && next(view)) dataSet = symbols.intern(bytes, element.at, element.end - element.at);
  if (has(OPTION.bufferOverflow) && next(view) && bytes[element.at] !== 0)
    view.problem('mms-report-buffer-overflow', element.at);
  if (has(OPTION.entryId)) next(view);
  if (has(OPTION.configurationRevision) && !numberField(view, state, report, '$ConfRev', 1)) return true;
  if (has(OPTION.segmentation)) {
    next(view);
    next(view);
  }
  readIncluded(view, state, dataSet === NO_SYMBOL ? report : dataSet, has(OPTION.dataReference), timeUs);
  return true;
}

function entryTimeUs(bytes: Uint8Array): number {
  return element.tag === DATA.binaryTime && element.end - element.at === 6
    ? binaryTimeMs(bytes, element.at, element.end) * 1_000
    : Number.NaN;
}

/** A number of the report itself, as `report/<id>$SqNum`; `place` is that of the suffix among those of this file. */
function numberField(view: MessageView, state: MmsState, report: number, suffix: string, place: number): boolean {
  if (!next(view)) return false;
  const value = unsignedAt(view.bytes, element.at, element.end);
  const i = view.numberAccess(AREA.report, 0, false, VALUE_TYPE.uint32, value, NO_OFFSET);
  if (i >= 0) view.accessSymbol[i] = state.reader.names.suffixed(view.symbols, report, SUFFIX + place, suffix);
  return true;
}

/** Inclusion bit string, references (or not), then one value for each bit that is set. */
function readIncluded(view: MessageView, state: MmsState, dataSet: number, referenced: boolean, timeUs: number): void {
  const { bytes } = view;
  if (!nextOf(view, DATA.bitString) || element.at >= element.end) {
    return view.problem('mms-report-inclusion', Math.min(at, stop));
  }
  const inclusion = element.at;
  const inclusionEnd = element.end;
  const bits = Math.max((inclusionEnd - inclusion - 1) * 8 - (bytes[inclusion]! & 7), 0);
  let references = at;
  if (referenced) {
    for (let member = 0; member < bits; member++) if (bit(bytes, inclusion, inclusionEnd, member) && !next(view)) break;
  }
  const first = view.accessCount;
  for (let member = 0; member < bits; member++) {
    if (!bit(bytes, inclusion, inclusionEnd, member)) continue;
    if (at >= stop) return view.problem('mms-report-short', Math.min(at, stop));
    let symbol = state.memberOf(view.symbols, dataSet, member);
    let component = state.membersOf(dataSet)?.[member] === undefined;
    if (referenced && element.read(bytes, references, stop) && element.tag === DATA.visibleString) {
      symbol = view.symbols.intern(bytes, element.at, element.end - element.at);
      component = false;
      references = element.next;
    }
    const after = state.reader.read(view, at, stop, AREA.variable, symbol, false, component);
    if (after < 0) return;
    at = after;
  }
  // Without a time stamp of its own a value is as old as the report's entry.
  if (Number.isNaN(timeUs)) return;
  for (let i = first; i < view.accessCount; i++) if (Number.isNaN(view.accessTimeUs[i]!)) view.accessTimeUs[i] = timeUs;
}
