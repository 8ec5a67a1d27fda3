/** One interface of a pcapng section: link type, how its times count, what it dropped. Source: draft-ietf-opsawg-pcapng 4.2 and 4.6. */
import type { TimeUs } from '../../records.ts';
import { TIME_US_MAX } from './tally.ts';

/** Option codes used here (sections 4.2 and 4.6). */
export const PCAPNG_OPTIONS = {
  END: 0,
  COMMENT: 1,
  SHB_USERAPPL: 4,
  IF_NAME: 2,
  IF_TSRESOL: 9,
  IF_TSOFFSET: 14,
  ISB_IFRECV: 4,
  ISB_IFDROP: 5,
  ISB_OSDROP: 7,
} as const;

export interface PcapngInterface {
  readonly linkType: number;
  /** Bytes of a frame kept; 0: no limit. */
  readonly snapLength: number;
  /** Time units in a microsecond where that is a whole number and a division of 64 by 32 bits stays exact; else 0. */
  readonly unitsPerUs: number;
  /** Time units in a second; used only where `unitsPerUs` is 0. */
  readonly unitsPerSecond: bigint;
  readonly offsetUs: number;
  readonly optionsDamaged: boolean;
  droppedByInterface: number;
  droppedByKernel: number;
}

/** Calls `option(code, offset of the value, length)` for each option in `[from .. to)`; false where the list is damaged. */
function forEachOption(
  view: DataView,
  from: number,
  to: number,
  little: boolean,
  option: (code: number, at: number, length: number) => void,
): boolean {
  let at = from;
  while (to - at >= 4) {
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (code === PCAPNG_OPTIONS.END) return true;
    if (length > to - at - 4) return false;
    option(code, at + 4, length);
    at += 4 + length + (-length & 3);
  }
  return at === to;
}

/** Reads the interface description block at `at` (length already checked to be at least 20). */
export function readInterface(view: DataView, at: number, length: number, little: boolean): PcapngInterface {
  let resolution = 6;
  let offsetSeconds = 0n;
  const whole = forEachOption(view, at + 16, at + length - 4, little, (code, valueAt, valueLength) => {
    if (code === PCAPNG_OPTIONS.IF_TSRESOL && valueLength >= 1) resolution = view.getUint8(valueAt);
    if (code === PCAPNG_OPTIONS.IF_TSOFFSET && valueLength >= 8) offsetSeconds = view.getBigInt64(valueAt, little);
  });
  // The high bit chooses powers of two instead of ten (4.2, if_tsresol).
  const exponent = resolution & 0x7f;
  const decimal = resolution < 0x80;
  return {
    linkType: view.getUint16(at + 8, little),
    snapLength: view.getUint32(at + 12, little),
    unitsPerUs: decimal && exponent >= 6 && exponent <= 12 ? 10 ** (exponent - 6) : 0,
    unitsPerSecond: (decimal ? 10n : 2n) ** BigInt(exponent),
    offsetUs: Number(offsetSeconds) * 1_000_000,
    optionsDamaged: !whole,
    droppedByInterface: 0,
    droppedByKernel: 0,
  };
}

/** Reads the drop counters of the interface statistics block at `at` into `source`; false where its options are damaged. */
export function readInterfaceDrops(
  source: PcapngInterface,
  view: DataView,
  at: number,
  length: number,
  little: boolean,
): boolean {
  return forEachOption(view, at + 20, at + length - 4, little, (code, valueAt, valueLength) => {
    if (valueLength < 8) return;
    if (code === PCAPNG_OPTIONS.ISB_IFDROP) source.droppedByInterface = Number(view.getBigUint64(valueAt, little));
    if (code === PCAPNG_OPTIONS.ISB_OSDROP) source.droppedByKernel = Number(view.getBigUint64(valueAt, little));
  });
}

const TWO_POW_32 = 4_294_967_296;

/** Whole microseconds of a 64-bit time stamp in the units of `source`; NaN where no clock of this era can have meant it. */
export function timeOf(source: PcapngInterface, high: number, low: number): TimeUs {
  const units = source.unitsPerUs;
  let timeUs: number;
  if (units === 1) timeUs = high * TWO_POW_32 + low;
  else if (units !== 0) {
    // (high × 2^32 + low) / units, split so that every intermediate stays below 2^53 and the quotient is exact.
    timeUs = high * Math.floor(TWO_POW_32 / units) + Math.floor((high * (TWO_POW_32 % units) + low) / units);
  } else {
    // Resolutions nobody uses (coarser than a microsecond, powers of two): exact, and slow.
    const stamp = (BigInt(high) << 32n) | BigInt(low);
    timeUs = Number((stamp * 1_000_000n) / source.unitsPerSecond);
  }
  timeUs += source.offsetUs;
  return timeUs >= 0 && timeUs <= TIME_US_MAX ? timeUs : Number.NaN;
}
