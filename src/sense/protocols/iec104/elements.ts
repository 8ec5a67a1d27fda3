/** Information elements: one object's value, quality and time. IEC 60870-5-101:2003, 7.2.6, by number of the element. */
import { type MessageView, NO_OFFSET, QUALITY_BAD, QUALITY_GOOD, QUALITY_UNCERTAIN } from '../message-view.ts';
import { u16le, u32le, VALUE_TYPE } from '../values.ts';
import { AREA } from './names.ts';
import { cp24, cp56, cp56Fits } from './time.ts';
import { FORM, FORM_BYTES, TIME, type TypeLayout } from './types.ts';

/** Quality bits: overflow, elapsed time invalid, blocked, substituted, not topical, invalid (7.2.6.1 to 7.2.6.4). */
const OVERFLOW = 0x01;
const ELAPSED_INVALID = 0x08;
const DOUBTFUL = 0x70;
const INVALID = 0x80;

/** Double-point state "indeterminate" (7.2.6.2). */
const INDETERMINATE = 3;
/** Normalised values are fixed point, one bit sign and fifteen after the point (7.2.6.6). */
const NORMAL = 32_768;

/** Reads the object with its elements at `at` (all octets there) into the view: an access, its quality, its time. */
export function readElement(view: MessageView, layout: TypeLayout, address: number, write: boolean, at: number): void {
  const first = view.accessCount;
  if (layout.form <= FORM.nva || layout.form === FORM.statistic) measured(view, layout, address, at);
  else if (layout.form <= FORM.bsi) command(view, layout, address, write, at);
  else if (layout.form >= FORM.fileReady) file(view, layout, write, at);
  else system(view, layout, address, write, at);
  if (layout.time === TIME.none) return;
  const timeAt = at + FORM_BYTES[layout.form]!;
  if (layout.time === TIME.cp56 && !cp56Fits(view.bytes, timeAt)) view.problem('iec104-time', timeAt);
  if (view.accessCount === first) return;
  view.accessTimeUs[first] =
    layout.time === TIME.cp56 ? cp56(view.bytes, timeAt) : cp24(view.bytes, timeAt, view.timeUs);
}

/** Monitor direction: a value and its quality. */
function measured(view: MessageView, layout: TypeLayout, address: number, at: number): void {
  const { bytes } = view;
  const { area } = layout;
  const octet = bytes[at]!;
  switch (layout.form) {
    case FORM.nothing:
      view.access(area, address, 1, false, VALUE_TYPE.none, NO_OFFSET);
      return;
    case FORM.siq:
      return qualify(view, view.numberAccess(area, address, false, VALUE_TYPE.bool, octet & 1, at), octet & 0xf0);
    case FORM.diq: {
      const i = view.numberAccess(area, address, false, VALUE_TYPE.uint8, octet & 3, at);
      // An indeterminate state is no position of the switch.
      return qualify(view, i, (octet & 0xf0) | ((octet & 3) === INDETERMINATE ? OVERFLOW : 0));
    }
    case FORM.vtiQds:
      // Seven bits with sign; bit 8 says that the equipment is in transit (7.2.6.5).
      return qualify(
        view,
        view.numberAccess(area, address, false, VALUE_TYPE.int8, (octet << 25) >> 25, at),
        bytes[at + 1]!,
      );
    case FORM.bsiQds:
      return qualify(view, view.access(area, address, 1, false, VALUE_TYPE.uint32le, at), bytes[at + 4]!);
    case FORM.nvaQds:
      return qualify(view, normalized(view, area, address, false, at), bytes[at + 2]!);
    case FORM.nva:
      normalized(view, area, address, false, at);
      return;
    case FORM.svaQds:
      return qualify(view, view.access(area, address, 1, false, VALUE_TYPE.int16le, at), bytes[at + 2]!);
    case FORM.r32Qds:
      return qualify(view, view.access(area, address, 1, false, VALUE_TYPE.float32le, at), bytes[at + 4]!);
    case FORM.bcr:
    case FORM.statistic: {
      // Binary counter reading: value, then sequence number, carry, adjusted, invalid (7.2.6.9).
      const counter = layout.form === FORM.bcr ? at : at + 2;
      const i = view.access(area, address, 1, false, VALUE_TYPE.int32le, counter);
      return qualify(view, i, bytes[counter + 4]! & INVALID);
    }
    case FORM.sep:
      return qualify(view, view.numberAccess(area, address, false, VALUE_TYPE.uint8, octet & 3, at), octet & 0xf8);
    case FORM.spe:
    case FORM.oci:
      return qualify(view, view.numberAccess(area, address, false, VALUE_TYPE.uint8, octet, at), bytes[at + 1]! & 0xf8);
    default:
      // Sixteen states; the sixteen bits of change behind them stay in the octets (7.2.6.40).
      return qualify(
        view,
        view.numberAccess(area, address, false, VALUE_TYPE.uint16le, u16le(bytes, at), at),
        bytes[at + 4]!,
      );
  }
}

/** Control direction: what the output is told. */
function command(view: MessageView, layout: TypeLayout, address: number, write: boolean, at: number): void {
  const { bytes } = view;
  const { area } = layout;
  const octet = bytes[at]!;
  switch (layout.form) {
    case FORM.sco:
      view.numberAccess(area, address, write, VALUE_TYPE.bool, octet & 1, at);
      return;
    case FORM.dco:
    case FORM.rco:
      view.numberAccess(area, address, write, VALUE_TYPE.uint8, octet & 3, at);
      // 0 and 3 are not permitted (7.2.6.16, 7.2.6.17).
      if ((octet & 3) === 0 || (octet & 3) === 3) view.problem('iec104-command-state', at);
      return;
    case FORM.nvaQos:
      normalized(view, area, address, write, at);
      return;
    case FORM.svaQos:
      view.access(area, address, 1, write, VALUE_TYPE.int16le, at);
      return;
    case FORM.r32Qos:
      view.access(area, address, 1, write, VALUE_TYPE.float32le, at);
      return;
    default:
      view.access(area, address, 1, write, VALUE_TYPE.uint32le, at);
  }
}

/** System commands and parameters. */
function system(view: MessageView, layout: TypeLayout, address: number, write: boolean, at: number): void {
  const { bytes } = view;
  const { area } = layout;
  const octet = bytes[at]!;
  switch (layout.form) {
    case FORM.octet:
      // An interrogation addresses a group (20: all), not a point (7.2.6.22).
      if (area === AREA.interrogation) view.access(area, octet, 1, false, VALUE_TYPE.none, NO_OFFSET);
      else view.numberAccess(area, address, write, VALUE_TYPE.uint8, octet, at);
      return;
    case FORM.qcc:
      // Group in six bits, freeze in two; reading changes nothing (7.2.6.23).
      view.access(area, octet & 0x3f, 1, write && octet >> 6 !== 0, VALUE_TYPE.none, NO_OFFSET);
      return;
    case FORM.clock: {
      const timeUs = cp56(bytes, at);
      if (Number.isNaN(timeUs)) view.access(area, 0, 1, write, VALUE_TYPE.none, NO_OFFSET);
      else view.numberAccess(area, 0, write, VALUE_TYPE.uint64le, timeUs / 1_000, NO_OFFSET);
      return;
    }
    case FORM.word:
      if (area === AREA.test) view.access(area, address, 1, false, VALUE_TYPE.uint16le, at);
      else view.access(area, address, 1, write, VALUE_TYPE.uint16le, at);
      return;
    case FORM.nvaQpm:
      normalized(view, area, address, write, at);
      return parameterKind(view, address, write, at + 2);
    case FORM.svaQpm:
      view.access(area, address, 1, write, VALUE_TYPE.int16le, at);
      return parameterKind(view, address, write, at + 2);
    default:
      view.access(area, address, 1, write, VALUE_TYPE.float32le, at);
      return parameterKind(view, address, write, at + 4);
  }
}

/** Qualifier of a parameter: threshold, smoothing, low or high limit (7.2.6.24). */
function parameterKind(view: MessageView, address: number, write: boolean, at: number): void {
  view.numberAccess(AREA['parameter-kind'], address, write, VALUE_TYPE.uint8, view.bytes[at]!, at);
}

/** Files are named by a number (7.2.6.33); directories and ready messages say how long they are. */
function file(view: MessageView, layout: TypeLayout, write: boolean, at: number): void {
  const { bytes } = view;
  const name = u16le(bytes, at);
  if (layout.form === FORM.fileReady || layout.form === FORM.directory) {
    const length = u32le(bytes, at + 2) & 0xff_ffff;
    view.numberAccess(layout.area, name, write, VALUE_TYPE.uint32le, length, NO_OFFSET);
    return;
  }
  view.access(layout.area, name, 1, write, VALUE_TYPE.none, NO_OFFSET);
}

function normalized(view: MessageView, area: number, address: number, write: boolean, at: number): number {
  const raw = (u16le(view.bytes, at) << 16) >> 16;
  return view.numberAccess(area, address, write, VALUE_TYPE.float32, raw / NORMAL, NO_OFFSET);
}

/** Invalid: not the point's value. Blocked, substituted, not topical, overflow: a value, but not what stands there now. */
function qualify(view: MessageView, i: number, bits: number): void {
  if (i < 0) return;
  const doubtful = (bits & (DOUBTFUL | OVERFLOW | ELAPSED_INVALID)) !== 0;
  view.accessQuality[i] = (bits & INVALID) !== 0 ? QUALITY_BAD : doubtful ? QUALITY_UNCERTAIN : QUALITY_GOOD;
}
