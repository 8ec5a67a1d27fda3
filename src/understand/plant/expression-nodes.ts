/** Second step of an expression: the parsed tree → units checked → one closure over plain numbers in SI base units. */
import type { ConstantNode, FunctionNode, MathNode, OperatorNode, ParenthesisNode, SymbolNode } from 'mathjs/number';
import type { ExpressionSymbol } from './expression-text.ts';
import { DIMENSIONLESS, type Dimensions } from './unit-atoms.ts';
import { combine, dimensionsText, isScalePoint, raised, sameDimensions, UNIT_KELVIN, type Unit } from './units.ts';

/** Value or rate of a tag, NaN where unknown. */
type Read = (tag: string) => number;
type Run = (value: Read, rate: Read) => number;

/** A compiled part: how to run it and what its number means. */
export interface Compiled {
  readonly run: Run;
  readonly unit: Dimensions;
  /** A temperature on a scale with its own zero, in degrees Celsius. */
  readonly point: boolean;
  /** For sentences. */
  readonly unitText: string;
  readonly tags: ReadonlySet<string>;
  /** Units written in it, in order: one of them is what people want to read. */
  readonly mentioned: readonly Unit[];
  /** Set for a bare number: its value. A bare 0 fits every unit. */
  readonly bare?: number;
}

/** Compiles a tree. A string is the sentence of what is wrong. */
export function compileNode(
  node: MathNode,
  symbols: ReadonlyMap<string, ExpressionSymbol>,
  unitOf: (tag: string) => Unit | undefined,
): Compiled | string {
  switch (node.type) {
    case 'ParenthesisNode':
      return compileNode((node as ParenthesisNode).content, symbols, unitOf);
    case 'ConstantNode':
      return constant(node as ConstantNode);
    case 'SymbolNode':
      return symbol(symbols.get((node as SymbolNode).name), unitOf);
    case 'OperatorNode':
    case 'FunctionNode':
      break;
    case 'RelationalNode':
      return 'chained comparisons are not possible: write a < b and b < c';
    default:
      return 'only numbers, tags, + - * / ^, comparisons, and, or, not and functions are possible';
  }
  const call = node as OperatorNode | FunctionNode;
  if ('implicit' in call && call.implicit) return 'write * between factors';
  const name = node.type === 'OperatorNode' ? (call as OperatorNode).fn : (call as FunctionNode).fn.name;
  const parts: Compiled[] = [];
  for (const argument of call.args) {
    const part = compileNode(argument, symbols, unitOf);
    if (typeof part === 'string') return part;
    parts.push(part);
  }
  return combineParts(String(name), parts);
}

function constant(node: ConstantNode): Compiled | string {
  const { value } = node as { value: unknown };
  return typeof value === 'number' ? literal(value) : 'only numbers are possible as constants';
}

const NO_TAGS: ReadonlySet<string> = new Set();

function literal(value: number): Compiled {
  return {
    run: () => value,
    unit: DIMENSIONLESS,
    point: false,
    unitText: '',
    tags: NO_TAGS,
    mentioned: [],
    bare: value,
  };
}

function symbol(meaning: ExpressionSymbol | undefined, unitOf: (tag: string) => Unit | undefined): Compiled | string {
  if (meaning === undefined) return 'only tags, numbers and functions are possible';
  if (meaning.kind === 'number') {
    const { unit, value } = meaning;
    if (unit.text === '') return literal(value);
    const inBase = isScalePoint(unit) ? value * unit.factor + unit.offsetCelsius : value * unit.factor;
    return { ...shape(unit), run: () => inBase, tags: NO_TAGS };
  }
  const { tag } = meaning;
  const unit = unitOf(tag);
  if (unit === undefined) return `the unit of tag ${tag} is not known`;
  const tags = new Set([tag]);
  const { factor } = unit;
  if (meaning.kind === 'rate') {
    const dimensions = combine(unit.dimensions, SECOND, -1);
    const unitText = `${isScalePoint(unit) ? 'K' : unit.text || '1'}/s`;
    return { run: (_, rate) => rate(tag) * factor, unit: dimensions, point: false, unitText, tags, mentioned: [] };
  }
  const offset = isScalePoint(unit) ? unit.offsetCelsius : 0;
  const run: Run = factor === 1 && offset === 0 ? (value) => value(tag) : (value) => value(tag) * factor + offset;
  return { ...shape(unit), run, tags };
}

const SECOND: Dimensions = [0, 0, 1, 0, 0, 0, 0];

function shape(unit: Unit): Omit<Compiled, 'run' | 'tags'> {
  return { unit: unit.dimensions, point: isScalePoint(unit), unitText: unit.text, mentioned: [unit] };
}

/** What an operator or function gives. */
function combineParts(name: string, parts: readonly Compiled[]): Compiled | string {
  const tags = new Set(parts.flatMap((part) => [...part.tags]));
  const mentioned = parts.flatMap((part) => part.mentioned);
  const meaning = meaningOf(name, parts);
  return typeof meaning === 'string' ? meaning : { ...meaning, tags, mentioned };
}

type Meaning = Omit<Compiled, 'tags' | 'mentioned'>;

function meaningOf(name: string, parts: readonly Compiled[]): Meaning | string {
  const [a, b] = parts;
  if (a === undefined) return `${name} needs a value`;
  if (name in FOLDS) return fold(name, parts);
  if (parts.length === 1) return unary(name, a);
  if (b === undefined || parts.length > 2) return `${name} takes two values`;
  if (name === 'add' || name === 'subtract') return sum(name, a, b);
  if (name === 'multiply' || name === 'divide') return product(name, a, b);
  if (name === 'pow') return power(a, b);
  if (name in COMPARISONS) return comparison(name, a, b);
  if (name === 'and' || name === 'or') return logical(name, a, b);
  return `${name} is not possible here`;
}

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  equal: (a, b) => a === b,
  unequal: (a, b) => a !== b,
  smaller: (a, b) => a < b,
  smallerEq: (a, b) => a <= b,
  larger: (a, b) => a > b,
  largerEq: (a, b) => a >= b,
};

const FOLDS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  mean: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
};

/** Why two values cannot be added or compared; null where they can. */
function mismatch(a: Compiled, b: Compiled): string | null {
  if (a.bare === 0 || b.bare === 0) return null;
  if (a.point === b.point && sameDimensions(a.unit, b.unit)) return null;
  const [known, plain] = a.bare === undefined ? [a, b] : [b, a];
  if (plain.bare !== undefined && known.unitText !== '') {
    return `units do not fit: ${plain.bare} has none; write ${plain.bare} ${known.unitText}`;
  }
  return `units do not fit: ${a.unitText || 'no unit'} and ${b.unitText || 'no unit'}`;
}

const flag = (run: Run): Meaning => ({ run, unit: DIMENSIONLESS, point: false, unitText: '' });
const bool = (value: boolean): number => (value ? 1 : 0);

function comparison(name: string, a: Compiled, b: Compiled): Meaning | string {
  const wrong = mismatch(a, b);
  if (wrong !== null) return wrong;
  const compare = COMPARISONS[name]!;
  return flag((value, rate) => {
    const left = a.run(value, rate);
    const right = b.run(value, rate);
    return Number.isNaN(left + right) ? Number.NaN : bool(compare(left, right));
  });
}

/** Three-valued logic (Kleene): `unknown and false` is false, `unknown or true` is true. */
function logical(name: string, a: Compiled, b: Compiled): Meaning | string {
  if (!isPlain(a) || !isPlain(b)) return `${name} joins conditions, not values with units`;
  const decided = name === 'and' ? 0 : 1;
  return flag((value, rate) => {
    const left = truth(a.run(value, rate));
    const right = truth(b.run(value, rate));
    if (left === decided || right === decided) return decided;
    return Number.isNaN(left + right) ? Number.NaN : 1 - decided;
  });
}

const truth = (value: number): number => (Number.isNaN(value) ? value : bool(value !== 0));

function isPlain(part: Compiled): boolean {
  return !part.point && sameDimensions(part.unit, DIMENSIONLESS);
}

/** Cel − Cel is K; Cel ± K is Cel; Cel + Cel is nonsense. */
function sum(name: string, a: Compiled, b: Compiled): Meaning | string {
  const sign = name === 'add' ? 1 : -1;
  const run: Run = (value, rate) => a.run(value, rate) + sign * b.run(value, rate);
  const temperatures = sameDimensions(a.unit, UNIT_KELVIN.dimensions) && sameDimensions(b.unit, UNIT_KELVIN.dimensions);
  if (temperatures && (a.point || b.point)) {
    if (a.point && b.point) {
      return sign < 0
        ? { run, unit: a.unit, point: false, unitText: 'K' }
        : `two temperatures in ${a.unitText} cannot be added; use mean(…) or a difference`;
    }
    if (b.point && sign < 0) return `a temperature in ${b.unitText} cannot be taken from a difference`;
    return { run, unit: a.unit, point: true, unitText: a.point ? a.unitText : b.unitText };
  }
  const wrong = mismatch(a, b);
  if (wrong !== null) return wrong;
  return { run, unit: a.bare === 0 ? b.unit : a.unit, point: false, unitText: a.unitText || b.unitText };
}

function product(name: string, a: Compiled, b: Compiled): Meaning | string {
  const point = a.point ? a : b;
  if (point.point) return `a temperature in ${point.unitText} cannot be multiplied or divided; take a difference first`;
  const multiply = name === 'multiply';
  const run: Run = multiply
    ? (value, rate) => a.run(value, rate) * b.run(value, rate)
    : (value, rate) => a.run(value, rate) / b.run(value, rate);
  return derived(run, combine(a.unit, b.unit, multiply ? 1 : -1));
}

function derived(run: Run, unit: Dimensions): Meaning {
  return { run, unit, point: false, unitText: dimensionsText(unit) };
}

function power(a: Compiled, b: Compiled): Meaning | string {
  const exponent = b.bare;
  if (exponent === undefined) return 'the exponent of ^ must be a plain number';
  if (a.point) return `a temperature in ${a.unitText} cannot be raised to a power`;
  if (!isPlain(a) && !Number.isInteger(2 * exponent)) return `^${exponent} gives no unit`;
  return derived((value, rate) => a.run(value, rate) ** exponent, raised(a.unit, exponent));
}

/** min, max and mean keep the unit. */
function fold(name: string, parts: readonly Compiled[]): Meaning | string {
  const [first] = parts;
  if (first === undefined) return `${name} needs a value`;
  for (const part of parts) {
    if (part.point !== first.point || !sameDimensions(part.unit, first.unit))
      return mismatch(first, part) ?? 'units do not fit';
  }
  const folded = FOLDS[name]!;
  const runs = parts.map((part) => part.run);
  const run: Run = (value, rate) => folded(runs.map((each) => each(value, rate)));
  return { run, unit: first.unit, point: first.point, unitText: first.unitText };
}

function unary(name: string, a: Compiled): Meaning | string {
  switch (name) {
    case 'unaryMinus':
    case 'unaryPlus':
    case 'abs': {
      if (a.point && a.tags.size > 0)
        return `a temperature in ${a.unitText} has no ${name === 'abs' ? 'size' : 'sign'}; take a difference`;
      const apply = name === 'abs' ? Math.abs : name === 'unaryMinus' ? (x: number) => -x : (x: number) => x;
      const run: Run = (value, rate) => apply(a.run(value, rate));
      const bare = a.bare === undefined ? {} : { bare: apply(a.bare) };
      return { run, unit: a.unit, point: a.point, unitText: a.unitText, ...bare };
    }
    case 'not':
      if (!isPlain(a)) return 'not takes a condition';
      return flag((value, rate) => 1 - truth(a.run(value, rate)));
    case 'sign':
      return a.point ? 'sign takes a difference' : flag((value, rate) => Math.sign(a.run(value, rate)));
    case 'sqrt':
      return a.point
        ? 'sqrt takes no temperature'
        : derived((value, rate) => Math.sqrt(a.run(value, rate)), raised(a.unit, 0.5));
    case 'exp':
    case 'log': {
      if (!isPlain(a)) return `${name} takes a plain number, got ${a.unitText}`;
      const apply = name === 'exp' ? Math.exp : Math.log;
      return flag((value, rate) => apply(a.run(value, rate)));
    }
    default:
      return `${name} is not possible here`;
  }
}
