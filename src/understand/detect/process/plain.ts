/** Typed arrays to JSON and back without losing a bit, so that a baseline is reviewable text and a restart changes nothing. */

/** A list of numbers as JSON keeps it: what is no finite number becomes its name. */
export type PlainNumbers = readonly (number | string)[];

/** Numbers to JSON and back without losing a bit; NaN and the infinities keep their names, −0 becomes 0. */
export function toPlainNumbers(numbers: ArrayLike<number>): PlainNumbers {
  return Array.from(numbers, (value) => (Number.isFinite(value) ? value : String(value)));
}

/** Inverse of `toPlainNumbers`. */
export function fromPlainNumbers(plain: PlainNumbers): Float64Array<ArrayBuffer> {
  return Float64Array.from(plain, Number);
}

/** Typed arrays anywhere in `value` become tagged lists. */
export function toPlain(value: unknown): unknown {
  if (value instanceof Float64Array) return { f64: toPlainNumbers(value) };
  if (value instanceof Int32Array) return { i32: [...value] };
  if (value instanceof Uint8Array) return { u8: [...value] };
  if (Array.isArray(value)) return value.map(toPlain);
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toPlain(inner)]));
  }
  return typeof value === 'number' && !Number.isFinite(value) ? { number: String(value) } : value;
}

/** Inverse of `toPlain`. */
export function fromPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromPlain);
  if (value !== null && typeof value === 'object') {
    const typed = value as { f64?: PlainNumbers; i32?: number[]; u8?: number[]; number?: string };
    if (typed.f64 !== undefined) return fromPlainNumbers(typed.f64);
    if (typed.i32 !== undefined) return Int32Array.from(typed.i32);
    if (typed.u8 !== undefined) return Uint8Array.from(typed.u8);
    if (typed.number !== undefined) return Number(typed.number);
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fromPlain(inner)]));
  }
  return value;
}
