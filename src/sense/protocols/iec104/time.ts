/**
 * Time tags of IEC 60870-5: CP56Time2a (IEC 60870-5-101:2003, 7.2.6.18) and CP24Time2a (7.2.6.19). They tell no time zone; most
 * stations send UTC, so that is what they are taken for. The century is the one of 2000; a year of 100 and more is one of those that
 * count from 1900, which some stations do.
 */
import { u16le } from '../values.ts';

/** The station says that the time is not to be trusted. */
const INVALID = 0x80;
/** Years of a century. */
const YEARS = 100;
const HOUR_US = 3_600_000_000;

/** Microseconds since 1970 of the seven octets at `at`, NaN where they are marked invalid or no time at all. */
export function cp56(bytes: Uint8Array, at: number): number {
  if (!clockFits(bytes, at) || (bytes[at + 2]! & INVALID) !== 0) return Number.NaN;
  const minute = bytes[at + 2]! & 0x3f;
  const hour = bytes[at + 3]! & 0x1f;
  const day = bytes[at + 4]! & 0x1f;
  const month = bytes[at + 5]! & 0x0f;
  const years = bytes[at + 6]! & 0x7f;
  const year = years < YEARS ? 2_000 + years : 1_900 + years;
  return (Date.UTC(year, month - 1, day, hour, minute) + u16le(bytes, at)) * 1_000;
}

/** True where the seven octets are a time as the standard has it. */
export function cp56Fits(bytes: Uint8Array, at: number): boolean {
  return clockFits(bytes, at) && (bytes[at + 6]! & 0x7f) < YEARS;
}

function clockFits(bytes: Uint8Array, at: number): boolean {
  const day = bytes[at + 4]! & 0x1f;
  const month = bytes[at + 5]! & 0x0f;
  return (
    u16le(bytes, at) < 60_000 &&
    (bytes[at + 2]! & 0x3f) < 60 &&
    (bytes[at + 3]! & 0x1f) < 24 &&
    day > 0 &&
    month > 0 &&
    month < 13
  );
}

/** Minutes and milliseconds of the three octets at `at`, in the hour nearest to `nearUs`. NaN as for `cp56`. */
export function cp24(bytes: Uint8Array, at: number, nearUs: number): number {
  const minute = bytes[at + 2]! & 0x3f;
  if ((bytes[at + 2]! & INVALID) !== 0 || minute > 59 || u16le(bytes, at) >= 60_000) return Number.NaN;
  const inHour = (minute * 60_000 + u16le(bytes, at)) * 1_000;
  return Math.round((nearUs - inHour) / HOUR_US) * HOUR_US + inHour;
}
