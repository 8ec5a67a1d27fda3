/** Words and numbers as people read them. */
import type { Tag } from '../../plant/model.ts';

/** A number with about four significant digits, plain. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return 'no number';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e7 || size < 1e-3)) return value.toPrecision(4);
  return String(Number(value.toFixed(size >= 1000 ? 1 : size >= 1 ? 3 : 4)));
}

const UNIT_WORDS: Readonly<Record<string, string>> = { Cel: '°C', '%': '%', '': '' };

/** A value with the unit of its tag: `75 °C`. */
export function valueText(value: number, tag: Tag | null): string {
  const unit = tag === null ? '' : (UNIT_WORDS[tag.unit] ?? tag.unit);
  return unit === '' || !Number.isFinite(value) ? numberText(value) : `${numberText(value)} ${unit}`;
}

/** `+4 K`, `-0.5 %`: a change; of degrees Celsius it is in kelvin. */
export function changeText(change: number, tag: Tag | null): string {
  const unit = tag === null ? '' : tag.unit === 'Cel' ? 'K' : tag.unit;
  return `${change >= 0 ? '+' : ''}${numberText(change)}${unit === '' ? '' : ` ${unit}`}`;
}

/** `74 to 78 °C`. */
export function rangeText(low: number, high: number, tag: Tag | null): string {
  if (low === high) return valueText(low, tag);
  if (!Number.isFinite(low)) return `at most ${valueText(high, tag)}`;
  if (!Number.isFinite(high)) return `at least ${valueText(low, tag)}`;
  return `${numberText(low)} to ${valueText(high, tag)}`;
}

/** `a, b and 3 more`. */
export function listText(names: readonly string[], most = 3): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** A span as people say it. */
export function spanText(ms: number): string {
  if (ms < 1000) return `${numberText(ms)} ms`;
  if (ms < 120_000) return `${numberText(Math.round(ms / 100) / 10)} s`;
  return ms < 7_200_000
    ? `${numberText(Math.round(ms / 60_000))} min`
    : `${numberText(Math.round(ms / 360_000) / 10)} h`;
}
