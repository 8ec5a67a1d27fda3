/** Readers of option values, shared by the commands. */
import { ERROR_CODES, FiredoorError } from '../base/errors.ts';

/** A whole number in a range; throws BAD_USAGE naming the option. */
export function wholeNumber(option: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new FiredoorError(
      ERROR_CODES.BAD_USAGE,
      `${option} wants a whole number from ${least} to ${most}, not "${text}".`,
    );
  };
}

/** A positive number; throws BAD_USAGE naming the option. */
export function positiveNumber(option: string, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value > 0 && value <= most) return value;
    throw new FiredoorError(
      ERROR_CODES.BAD_USAGE,
      `${option} wants a number above 0 and up to ${most}, not "${text}".`,
    );
  };
}

/** For options that may be repeated: collects their values. */
export function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** Where the service keeps its data unless told otherwise. */
export const DATA_FOLDER = '.firedoor';
