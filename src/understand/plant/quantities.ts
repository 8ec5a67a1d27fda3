/** Quantities as people write them in a site file: `30 s`, `3 min`, `0.5 K/s`, `1 per week`, `yearly`. Errors are sentences. */
import { conversion, parseUnit, type Unit } from './units.ts';

export interface Quantity {
  readonly value: number;
  readonly unit: Unit;
}

const SECOND = parseUnit('s') as Unit;
const NUMBER = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S*)\s*$/;

/** Number with optional UCUM unit. A string is the reason it is none. */
export function parseQuantity(text: string | number): Quantity | string {
  const match = NUMBER.exec(String(text));
  if (match === null) return `expected a number with a unit, got "${text}"`;
  const unit = parseUnit(match[2]!);
  return typeof unit === 'string' ? unit : { value: Number(match[1]), unit };
}

/** Seconds of `30 s`, `3 min`, `1 h`; words like `25 seconds` too. */
export function parseDurationSeconds(text: string | number): number | string {
  const wrong = `expected a time like 30 s, 3 min or 1 h, got "${text}"`;
  const quantity = parseQuantity(
    String(text).replace(PERIOD_WORD, (_, number: string, word: string) => number + code(word)),
  );
  if (typeof quantity === 'string') return wrong;
  const factor = conversion(quantity.unit, SECOND);
  return Number.isNaN(factor) || quantity.value < 0 ? wrong : quantity.value * factor;
}

const PERIOD_WORD = /^(\s*[\d.]+\s*)(second|minute|hour|day|week|month|quarter|year)s?\s*$/;
const PERIOD_SECONDS: Readonly<Record<string, number>> = {
  second: 1,
  minute: 60,
  hour: 3_600,
  day: 86_400,
  week: 604_800,
  month: 2_629_800,
  quarter: 7_889_400,
  year: 31_557_600,
};
const PERIODS = Object.keys(PERIOD_SECONDS).join('|');

function code(word: string): string {
  return { second: 's', minute: 'min', hour: 'h', day: 'd', week: 'wk', month: 'mo', year: 'a' }[word] ?? word;
}

/** `1 per week`, `2 per 30 days`: how many and per how many seconds. */
export function parsePer(text: string): { readonly count: number; readonly perSeconds: number } | string {
  const match = new RegExp(`^\\s*([\\d.]+)\\s+per\\s+(?:([\\d.]+)\\s+)?(${PERIODS})s?\\s*$`).exec(text);
  const count = Number(match?.[1]);
  const perSeconds = Number(match?.[2] ?? 1) * (PERIOD_SECONDS[match?.[3] ?? ''] ?? Number.NaN);
  if (!(count >= 0) || !(perSeconds > 0)) return `expected a rate like 1 per week, got "${text}"`;
  return { count, perSeconds };
}

const INTERVAL_WORDS: Readonly<Record<string, number>> = {
  daily: 86_400,
  weekly: 604_800,
  monthly: 2_629_800,
  quarterly: 7_889_400,
  'half-yearly': 15_778_800,
  yearly: 31_557_600,
};

/** Seconds between proof tests: `yearly`, `every 6 months`. */
export function parseIntervalSeconds(text: string): number | string {
  const word = INTERVAL_WORDS[text.trim()];
  if (word !== undefined) return word;
  const match = new RegExp(`^\\s*every\\s+(?:([\\d.]+)\\s+)?(${PERIODS})s?\\s*$`).exec(text);
  const seconds = Number(match?.[1] ?? 1) * (PERIOD_SECONDS[match?.[2] ?? ''] ?? Number.NaN);
  return seconds > 0 ? seconds : `expected an interval like yearly, monthly or every 6 months, got "${text}"`;
}
