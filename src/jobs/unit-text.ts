/** Units and numbers as a person reads them on the page. */

/** UCUM code as written in the site file → sign on the page, where they differ. */
const SIGNS: Readonly<Record<string, string>> = {
  Cel: '°C',
  '[degF]': '°F',
  Ohm: 'Ω',
  'm3/h': 'm³/h',
  m3: 'm³',
  'm3/s': 'm³/s',
  'mm[Hg]': 'mmHg',
};

/** `Cel` → `°C`; unknown codes stand as they are. */
export function unitSign(ucum: string): string {
  return SIGNS[ucum] ?? ucum;
}

/** Digits after the point that mean something for values in this range. */
export function sensibleDigits(low: number, high: number): number {
  const span = Math.abs(high - low);
  if (!Number.isFinite(span) || span === 0) return 2;
  if (span >= 500) return 0;
  return span >= 5 ? 1 : span >= 0.05 ? 2 : 3;
}

/** Ends of an axis that holds all of `values` with a little air, rounded to steps of 1, 2 or 5. */
export function axisAround(values: readonly number[]): readonly [number, number] {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [0, 1];
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  const span = high > low ? high - low : Math.max(Math.abs(high) * 0.1, 1);
  const step = niceStep(span / 4);
  const least = Math.floor((low - 0.08 * span) / step) * step;
  const most = Math.ceil((high + 0.08 * span) / step) * step;
  // A quantity that was never negative does not get a negative axis for the sake of air.
  return [low >= 0 && least < 0 ? 0 : least, most];
}

function niceStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  const mantissa = raw / power;
  return power * (mantissa <= 1 ? 1 : mantissa <= 2 ? 2 : mantissa <= 5 ? 5 : 10);
}
