/** Numbers, units and times as an engineer writes them. */
import type { TimeUs } from '../../records.ts';
import type { Tag } from '../plant/model.ts';

/** UCUM as read aloud; what is missing here is shown as written. */
const UNITS: Readonly<Record<string, string>> = {
  Cel: '°C',
  'm3/h': 'm³/h',
  'm3/s': 'm³/s',
  'kg/m3': 'kg/m³',
  '[degF]': '°F',
};

/** A unit for people: `°C`; empty stays empty. */
export function unitText(unit: string): string {
  return UNITS[unit] ?? unit;
}

/** A difference of temperatures is K, whatever scale they are shown in. */
export function differenceUnit(unit: string): string {
  return unit === 'Cel' ? 'K' : unitText(unit);
}

/** A number as written or set: up to two decimals, at least `decimals`. */
export function exact(value: number, decimals = 0): string {
  const text = Math.abs(value).toFixed(2);
  let cut = text.length;
  const least = text.length - 2 + decimals;
  while (cut > least && text[cut - 1] === '0') cut -= 1;
  const plain = text.slice(0, cut).replace(/\.$/, '');
  return value < 0 && Number(plain) !== 0 ? `−${plain}` : plain;
}

/** A reading: one decimal below 100, none above. */
export function reading(value: number): string {
  if (value === 0) return '0';
  return exact(Number(value.toFixed(Math.abs(value) < 100 ? 1 : 0)), Math.abs(value) < 100 ? 1 : 0);
}

/** `75.0 °C`, `100 /min`, `12`. */
export function withUnit(text: string, unit: string): string {
  const shown = unitText(unit);
  return shown === '' ? text : `${text} ${shown}`;
}

/** A change with its sign: `+4.0 K`. */
export function signed(change: number, unit: string): string {
  const text = withUnit(exact(Math.abs(change), 1), unit === 'Cel' ? 'K' : unit);
  return `${change < 0 ? '−' : '+'}${text}`;
}

/** Whether a tag is on or off and nothing between. */
export function isBit(tag: Tag | undefined, point: string): boolean {
  if (tag !== undefined && tag.type !== 'native') return tag.type === 'bool';
  return /\/(coil|discrete)\/\d+$/.test(tag?.point ?? point);
}

/** A value as written to a tag: bits as 0 and 1, integers without decimals. */
export function writtenText(value: number, tag: Tag | undefined, point: string): string {
  if (isBit(tag, point)) return value === 0 ? '0' : '1';
  const whole = tag === undefined || /int/.test(tag.type) || tag.unit === '';
  return withUnit(exact(value, whole ? 0 : 1), tag?.unit ?? '');
}

/** Local plant time. One per site: `Intl` formatters are dear to make. */
export class PlantTime {
  readonly #clock: Intl.DateTimeFormat;
  readonly #minute: Intl.DateTimeFormat;

  /** `timeZone`: IANA name; an unknown one falls back to UTC. */
  constructor(timeZone: string) {
    const zone = known(timeZone) ? timeZone : 'UTC';
    const base = { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
    this.#minute = new Intl.DateTimeFormat('en-GB', base);
    this.#clock = new Intl.DateTimeFormat('en-GB', { ...base, second: '2-digit' });
  }

  /** `10:02:07` */
  clock(timeUs: TimeUs): string {
    return this.#clock.format(timeUs / 1000);
  }

  /** `10:02` */
  minute(timeUs: TimeUs): string {
    return this.#minute.format(timeUs / 1000);
  }
}

function known(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone });
    return true;
  } catch {
    return false;
  }
}

const SMALL = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

/** `two minutes`, `40 seconds`, `three hours`: rounded as one would say it. */
export function spanText(seconds: number): string {
  const [count, unit] =
    seconds < 55
      ? [Math.max(1, Math.round(seconds)), 'second']
      : seconds < 5_400
        ? [Math.round(seconds / 60), 'minute']
        : [Math.round(seconds / 3_600), 'hour'];
  return `${unit === 'second' && count > 3 ? count : (SMALL[count] ?? count)} ${unit}${count === 1 ? '' : 's'}`;
}

/** How an effect followed its cause: `one scan later`, `after 41 s`. */
export function lagText(lagMs: number): string {
  if (lagMs < 2_500) return 'one scan later';
  return lagMs < 120_000 ? `after ${Math.round(lagMs / 1000)} s` : `after ${spanText(lagMs / 1000)}`;
}

/** `TT-101, TT-102 and heater`; more than `most` are counted. */
export function listText(items: readonly string[], most = 4): string {
  const shown = items.length > most ? [...items.slice(0, most - 1), `${items.length - most + 1} more`] : items;
  if (shown.length < 2) return shown[0] ?? '';
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

/** First letter upper case. */
export function capital(text: string): string {
  return text === '' ? '' : text[0]!.toUpperCase() + text.slice(1);
}

/** A clause that begins a sentence; names of devices and tags stay as they are written. */
export function begin(text: string): string {
  return /^(a|an|the|someone|since|at|from|bottles) /.test(text) ? capital(text) : text;
}
