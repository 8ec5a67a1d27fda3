/** Declared safe limits of a tag in the present state of its unit. */
import type { Interval, Tag } from '../../plant/model.ts';
import type { Desk } from '../case.ts';
import { exact, withUnit } from '../words.ts';

/** The safe interval now; undefined where none is declared for the state, or the state cannot be told. */
export function safeInterval(tag: Tag, desk: Desk): Interval | undefined {
  const state = tag.plantUnit === '' ? '' : desk.context.stateOf(tag.plantUnit);
  return (tag.limits[state] ?? tag.limits['*'])?.safe;
}

export function operatingInterval(tag: Tag, desk: Desk): Interval | undefined {
  const state = tag.plantUnit === '' ? '' : desk.context.stateOf(tag.plantUnit);
  return (tag.limits[state] ?? tag.limits['*'])?.operating;
}

/** `72 to 90 °C`, `at least 72 °C`; empty without limits. */
export function intervalText(interval: Interval | undefined, unit: string): string {
  if (interval === undefined) return '';
  const low = Number.isFinite(interval.low);
  const high = Number.isFinite(interval.high);
  if (low && high) return withUnit(`${exact(interval.low)} to ${exact(interval.high)}`, unit);
  if (low) return withUnit(`at least ${exact(interval.low)}`, unit);
  return high ? withUnit(`at most ${exact(interval.high)}`, unit) : '';
}

/** Which side of an interval a value is outside of; undefined inside. */
export function sideOf(
  value: number,
  interval: Interval | undefined,
): { side: 'low' | 'high'; limit: number } | undefined {
  if (interval === undefined || !Number.isFinite(value)) return undefined;
  if (value < interval.low) return { side: 'low', limit: interval.low };
  return value > interval.high ? { side: 'high', limit: interval.high } : undefined;
}
