/** Ranges of addresses as people write them: `98..111, 120`. */

/** `98..111, 120, 140..141` */
export function rangesText(ranges: readonly (readonly [number, number])[]): string {
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}..${to}`)).join(', ');
}

/** The ranges of such a text; undefined where it is none. */
export function parseRanges(text: string): [number, number][] | undefined {
  const ranges: [number, number][] = [];
  for (const part of text.split(',')) {
    const match = /^\s*(\d+)(?:\.\.(\d+))?\s*$/.exec(part);
    if (match === null) return undefined;
    const from = Number(match[1]);
    const to = Number(match[2] ?? match[1]);
    if (to < from || !Number.isSafeInteger(to)) return undefined;
    ranges.push([from, to]);
  }
  return ranges;
}

/** First microsecond of the year 10000, which ISO 8601 writes with more digits. */
const YEAR_10000_US = 253_402_300_800e6;

/** ISO 8601 with as many digits as needed; microseconds are kept. The epoch for a time that is none. */
export function timeText(timeUs: number): string {
  if (!(timeUs >= 0 && timeUs < YEAR_10000_US - 1)) return '1970-01-01T00:00:00Z';
  const whole = Math.round(timeUs);
  const micro = ((whole % 1000) + 1000) % 1000;
  const text = new Date(Math.floor(whole / 1000)).toISOString();
  return micro === 0 ? text.replace('.000Z', 'Z') : text.replace('Z', `${String(micro).padStart(3, '0')}Z`);
}

/** Microseconds of such a text; NaN where it is none. */
export function parseTime(text: string): number {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z$/.exec(text);
  if (match === null) return Number.NaN;
  const fraction = Number((match[2] ?? '').padEnd(6, '0'));
  return Date.parse(`${match[1]}Z`) * 1000 + fraction;
}
