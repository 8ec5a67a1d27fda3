/** UCUM units: read a code, compare dimensions, convert plain numbers. Clause numbers are of UCUM 2.1. */
import { DIMENSIONLESS, type Dimensions, UNIT_ATOMS, UNIT_HABITS, UNIT_PREFIXES, type UnitAtom } from './unit-atoms.ts';

/** A unit read from its code. */
export interface Unit {
  /** As written. */
  readonly text: string;
  /** SI base units per one of this. */
  readonly factor: number;
  readonly dimensions: Dimensions;
  /** Temperature on a scale with another zero (Cel, [degF]): degrees Celsius = value × factor + this. NaN for all others. */
  readonly offsetCelsius: number;
}

export const UNIT_ONE: Unit = { text: '', factor: 1, dimensions: DIMENSIONLESS, offsetCelsius: Number.NaN };
/** A difference of temperatures, and what a difference of two Cel is. */
export const UNIT_KELVIN: Unit = { text: 'K', factor: 1, dimensions: [0, 0, 0, 0, 1, 0, 0], offsetCelsius: Number.NaN };

/** Nested groups followed before a code counts as nonsense. */
const DEPTH_MAX = 8;
const EXPONENT_MAX = 9;

/** True for temperatures on a scale with its own zero, where only differences may be multiplied. */
export function isScalePoint(unit: Unit): boolean {
  return !Number.isNaN(unit.offsetCelsius);
}

export function sameDimensions(a: Dimensions, b: Dimensions): boolean {
  return a.every((exponent, i) => Math.abs(exponent - b[i]!) < 1e-9);
}

/** `a × b^sign`, exponent by exponent. */
export function combine(a: Dimensions, b: Dimensions, sign: number): Dimensions {
  return a.map((exponent, i) => exponent + sign * b[i]!) as unknown as Dimensions;
}

/** `a^power`. */
export function raised(a: Dimensions, power: number): Dimensions {
  return a.map((exponent) => exponent * power) as unknown as Dimensions;
}

/** Reads a UCUM code (`Cel`, `m3/h`, `kJ/(kg.K)`, `/min`, empty for none). A string is the reason it is not one. */
export function parseUnit(text: string): Unit | string {
  if (text === '') return UNIT_ONE;
  const atom = UNIT_ATOMS.get(text);
  if (atom?.offsetCelsius !== undefined) return { text, ...atom, offsetCelsius: atom.offsetCelsius };
  const parser = new UnitParser(text);
  const unit = parser.term(0);
  if (unit !== null && parser.at === text.length) return { ...unit, text };
  const habit = UNIT_HABITS.get(text);
  if (habit !== undefined) return `unknown unit "${text}"; the UCUM code is ${habit}`;
  return `unknown unit "${text}"; expected a UCUM code like Cel, %, m3/h, kPa, kJ/(kg.K) or /min`;
}

/** Reads the longest unit code that begins at `at`; returns the unit and where it ends, or null where none begins. */
export function unitAt(text: string, at: number): { readonly unit: Unit; readonly end: number } | null {
  const parser = new UnitParser(text, at);
  const unit = parser.term(0);
  if (unit === null || parser.at === at) return null;
  const code = text.slice(at, parser.at);
  const whole = parseUnit(code);
  return typeof whole === 'string' ? null : { unit: whole, end: parser.at };
}

/** Factor from a number in `from` to a number in `to` for differences and rates; NaN where the dimensions differ. */
export function conversion(from: Unit, to: Unit): number {
  return sameDimensions(from.dimensions, to.dimensions) ? from.factor / to.factor : Number.NaN;
}

/** Recursive descent over `term = ["/"] component (("." | "/") component)*` (UCUM 2.1, §7). */
class UnitParser {
  readonly text: string;
  at: number;

  constructor(text: string, at = 0) {
    this.text = text;
    this.at = at;
  }

  /** Null where no term begins here. What cannot be read after it is left alone. */
  term(depth: number): Unit | null {
    if (depth > DEPTH_MAX) return null;
    let result: Unit | null = null;
    let sign = 1;
    if (this.text[this.at] === '/') sign = -1;
    const start = this.at;
    if (sign < 0) this.at++;
    for (;;) {
      const before = this.at;
      const part = this.#component(depth);
      if (part === null) {
        this.at = result === null ? start : before - 1;
        return result;
      }
      const left: Unit = result ?? UNIT_ONE;
      result = {
        text: '',
        factor: left.factor * part.factor ** sign,
        dimensions: combine(left.dimensions, part.dimensions, sign),
        offsetCelsius: Number.NaN,
      };
      const operator = this.text[this.at];
      if (operator !== '.' && operator !== '/') return result;
      sign = operator === '/' ? -1 : 1;
      this.at++;
    }
  }

  #component(depth: number): Unit | null {
    const { text } = this;
    if (text[this.at] === '(') {
      this.at++;
      const inner = this.term(depth + 1);
      if (inner === null || text[this.at] !== ')') return null;
      this.at++;
      return inner;
    }
    return this.#simple();
  }

  /** Prefix, atom, exponent, annotation: `kg`, `m3`, `s-2`, `{bottles}`. */
  #simple(): Unit | null {
    const { text } = this;
    // Annotations count as 1 (§12).
    const annotation = /^\{[^{}]{0,64}\}/.exec(text.slice(this.at, this.at + 66));
    if (annotation !== null) {
      this.at += annotation[0].length;
      return UNIT_ONE;
    }
    const match = /^(%|1(?![\d.])|(?:[A-Za-z]*\[[A-Za-z0-9_]+\])|[A-Za-z]+)([+-]?\d)?(?![A-Za-z0-9_])/.exec(
      text.slice(this.at, this.at + 40),
    );
    if (match === null) return null;
    const atom = atomOf(match[1]!);
    if (atom === undefined) return null;
    const exponent = match[2] === undefined ? 1 : Number(match[2]);
    if (Math.abs(exponent) > EXPONENT_MAX || exponent === 0) return null;
    this.at += match[0].length;
    const following = /^\{[^{}]{0,64}\}/.exec(text.slice(this.at, this.at + 66));
    if (following !== null) this.at += following[0].length;
    return {
      text: '',
      factor: atom.factor ** exponent,
      dimensions: raised(atom.dimensions, exponent),
      offsetCelsius: Number.NaN,
    };
  }
}

/** An atom with or without prefix. */
function atomOf(code: string): UnitAtom | undefined {
  const whole = UNIT_ATOMS.get(code);
  if (whole !== undefined) return whole;
  for (const [prefix, factor] of UNIT_PREFIXES) {
    if (!code.startsWith(prefix)) continue;
    const atom = UNIT_ATOMS.get(code.slice(prefix.length));
    if (atom?.metric === true) return { ...atom, factor: atom.factor * factor };
  }
  return undefined;
}

/** Names of common dimensions, for sentences. */
const NAMED = [
  '',
  'K',
  'm',
  'm/s',
  'm3',
  'm3/s',
  'kg',
  'kg/s',
  'kg/m3',
  's',
  'Hz',
  'N',
  'Pa',
  'J',
  'W',
  'K/s',
  'A',
  'V',
];

/** A unit code for dimensions, in SI: for sentences about a mismatch. */
export function dimensionsText(dimensions: Dimensions): string {
  for (const code of NAMED) {
    const unit = parseUnit(code);
    if (typeof unit !== 'string' && sameDimensions(unit.dimensions, dimensions)) return code;
  }
  const codes = ['m', 'kg', 's', 'A', 'K', 'mol', 'cd'];
  return dimensions
    .map((exponent, i) => (exponent === 0 ? '' : `${codes[i]}${exponent === 1 ? '' : exponent}`))
    .filter((code) => code !== '')
    .join('.');
}
