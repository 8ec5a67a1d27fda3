/** Times, durations and values as a person reads them. Plant time is shown in the site's own time zone. */
import type { TimeUs } from '../api/types.ts';
import { overview } from './state.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Formatters are dear to make, so each is made once a zone; an unknown zone falls back to UTC. */
function formatter(kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const timeZone = overview.value?.clock.timeZone ?? 'UTC';
  const key = `${kind} ${timeZone}`;
  const known = formats.get(key);
  if (known) return known;
  let made: Intl.DateTimeFormat;
  try {
    made = new Intl.DateTimeFormat('en-GB', { ...options, timeZone });
  } catch {
    made = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' });
  }
  formats.set(key, made);
  return made;
}

const date = (timeUs: TimeUs) => new Date(timeUs / 1000);

/** `10:02:07` */
export function clockTime(timeUs: TimeUs): string {
  return formatter('time', { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }).format(
    date(timeUs),
  );
}

/** `10:02` */
export function shortTime(timeUs: TimeUs): string {
  return formatter('short', { hour: '2-digit', minute: '2-digit', hour12: false }).format(date(timeUs));
}

/** `10:06:31 CET` */
export function zonedTime(timeUs: TimeUs): string {
  return formatter('zoned', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hour12: false,
    timeZoneName: 'short',
  }).format(date(timeUs));
}

/** `24 Nov` */
export function day(timeUs: TimeUs): string {
  return formatter('day', { day: 'numeric', month: 'short' }).format(date(timeUs));
}

/** `24 Nov 2026, 10:02:07` */
export function fullTime(timeUs: TimeUs): string {
  const format = formatter('full', { day: 'numeric', month: 'short', year: 'numeric' });
  return `${format.format(date(timeUs))}, ${clockTime(timeUs)}`;
}

/** Time alone today, with the day otherwise; a dash for never. */
export function when(timeUs: TimeUs): string {
  if (timeUs <= 0) return '–';
  const now = nowUs();
  return day(timeUs) === day(now) && Math.abs(now - timeUs) < DAY_MS * 1000
    ? clockTime(timeUs)
    : `${day(timeUs)} ${shortTime(timeUs)}`;
}

/** Plant time now, as last heard. */
export function nowUs(): TimeUs {
  return overview.value?.clock.nowUs ?? Date.now() * 1000;
}

/** `40 s`, `4 min`, `2 h`, `3 d`: the two largest parts are never needed to decide anything here. */
export function duration(ms: number): string {
  if (ms < 1000) return '0 s';
  if (ms < MINUTE_MS) return `${Math.floor(ms / 1000)} s`;
  if (ms < 2 * HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  if (ms < 2 * DAY_MS) return `${Math.round(ms / HOUR_MS)} h`;
  return `${Math.round(ms / DAY_MS)} d`;
}

/** How long ago, in plant time. */
export function age(timeUs: TimeUs): string {
  return duration(Math.max(0, nowUs() - timeUs) / 1000);
}

/** A value with as many digits as mean something; a dash where nothing was read. */
export function value(number: number | null | undefined, digits: number): string {
  if (number === null || number === undefined || !Number.isFinite(number)) return '–';
  const text = number.toFixed(Math.max(0, Math.min(6, digits)));
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text.replace('-', '−');
}

/** A unit as a person writes it, where a record still carries it in UCUM (`Cel`, `m3/h`). */
export function unitText(unit: string): string {
  return unit
    .replace(/\bCel\b/g, '°C')
    .replace(/\bm3\b/g, 'm³')
    .replace(/\bm2\b/g, 'm²');
}

/** The same with its unit. */
export function measured(number: number | null | undefined, digits: number, unit: string): string {
  return unit === '' ? value(number, digits) : `${value(number, digits)} ${unit}`;
}

/** `1,044` */
export function count(number: number): string {
  return number.toLocaleString('en-GB');
}

/** `2.6 MB` */
export function bytes(number: number): string {
  if (number < 1000) return `${number} B`;
  if (number < 1e6) return `${(number / 1e3).toFixed(1)} kB`;
  if (number < 1e9) return `${(number / 1e6).toFixed(1)} MB`;
  return `${(number / 1e9).toFixed(1)} GB`;
}

export function percent(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}
