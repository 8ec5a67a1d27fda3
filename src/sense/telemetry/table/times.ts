/** Times as historians and spreadsheets write them, to microseconds since 1970. What has no zone is taken as UTC: only differences count. */

/** How the times of a column are written; decided once from its first rows. */
export interface TimeFormat {
  readonly kind: 'text' | 'epoch' | 'none';
  /** Order of day and month in `a/b/c` dates. */
  readonly dayFirst: boolean;
  /** Microseconds per unit of an epoch number. */
  readonly unitUs: number;
}

export const NO_TIME: TimeFormat = { kind: 'none', dayFirst: true, unitUs: 1 };

const YEAR_FIRST =
  /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]+(\d{1,2})(?::?(\d{2}))?(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/i;
const YEAR_LAST =
  /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?:[ T,]+(\d{1,2})(?::(\d{2}))?(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*([AP]M)?$/i;
const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?$/;

/** Microseconds of a time of day, NaN where impossible. */
function clockUs(
  hour: string | undefined,
  minute: string | undefined,
  second: string | undefined,
  part: string | undefined,
): number {
  const h = Number(hour ?? 0);
  const m = Number(minute ?? 0);
  const s = Number(second ?? 0);
  if (h > 24 || m > 59 || s > 60) return Number.NaN;
  return (h * 3600 + m * 60 + s) * 1e6 + (part === undefined ? 0 : Math.round(Number(`0.${part}`) * 1e6));
}

function dateUs(year: number, month: number, day: number): number {
  if (month < 1 || month > 12 || day < 1 || day > 31) return Number.NaN;
  return Date.UTC(year < 70 ? 2000 + year : year < 100 ? 1900 + year : year, month - 1, day) * 1000;
}

function zoneUs(zone: string | undefined): number {
  const match = /([+-])(\d{2}):?(\d{2})/.exec(zone ?? '');
  if (match === null) return 0;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) * 60e6;
}

/** Microseconds since 1970 of a written time, NaN where it is none. */
export function parseTime(text: string, format: TimeFormat): number {
  const trimmed = text.trim();
  if (format.kind === 'epoch') return trimmed === '' ? Number.NaN : Number(trimmed.replace(',', '.')) * format.unitUs;
  const iso = YEAR_FIRST.exec(trimmed);
  if (iso !== null) {
    return (
      dateUs(Number(iso[1]), Number(iso[2]), Number(iso[3])) + clockUs(iso[4], iso[5], iso[6], iso[7]) - zoneUs(iso[8])
    );
  }
  const local = YEAR_LAST.exec(trimmed);
  if (local !== null) {
    const [first, second] = [Number(local[1]), Number(local[2])];
    const date = format.dayFirst ? dateUs(Number(local[3]), second, first) : dateUs(Number(local[3]), first, second);
    return date + halfDay(clockUs(local[4], local[5], local[6], local[7]), local[8]);
  }
  const clock = CLOCK.exec(trimmed);
  return clock === null ? Number.NaN : clockUs(clock[1], clock[2], clock[3], clock[4]);
}

function halfDay(us: number, mark: string | undefined): number {
  if (mark === undefined) return us;
  const noon = 12 * 3600e6;
  return mark.toUpperCase() === 'PM' ? (us < noon ? us + noon : us) : us >= noon ? us - noon : us;
}

/** Decides how a column writes its times; undefined where it holds none. `texts`: its first values. */
export function timeFormatOf(texts: readonly string[], named: boolean): TimeFormat | undefined {
  const filled = texts.filter((text) => text.trim() !== '');
  if (filled.length === 0) return undefined;
  const text: TimeFormat = { kind: 'text', dayFirst: isDayFirst(filled), unitUs: 1 };
  const parsed = filled.filter((value) => !Number.isNaN(parseTime(value, text)));
  if (parsed.length >= 0.8 * filled.length) return text;
  if (!named) return undefined;
  const numbers = filled.map((value) => Number(value.replace(',', '.')));
  if (numbers.some((value) => Number.isNaN(value))) return undefined;
  return { kind: 'epoch', dayFirst: true, unitUs: epochUnitUs(Math.max(...numbers.map(Math.abs))) };
}

/** Epoch numbers of this century tell their unit by their size; smaller ones are seconds since a start. */
function epochUnitUs(largest: number): number {
  if (largest > 1e17) return 1e-3;
  if (largest > 1e14) return 1;
  return largest > 1e11 ? 1e3 : 1e6;
}

/** Day first unless a second part over 12 shows otherwise, or steps between rows are larger that way. */
function isDayFirst(texts: readonly string[]): boolean {
  for (const text of texts) {
    const match = YEAR_LAST.exec(text.trim());
    if (match === null) continue;
    if (Number(match[1]) > 12) return true;
    if (Number(match[2]) > 12) return false;
  }
  const roughness = (dayFirst: boolean) => {
    const format: TimeFormat = { kind: 'text', dayFirst, unitUs: 1 };
    let sum = 0;
    for (let i = 1; i < texts.length; i += 1) {
      sum += Math.abs(parseTime(texts[i]!, format) - parseTime(texts[i - 1]!, format));
    }
    return sum;
  };
  return !(roughness(false) < roughness(true));
}
