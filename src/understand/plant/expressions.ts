/**
 * Expressions over tags: parsed by mathjs, checked for units and compiled once into plain closures over numbers. Nothing but the
 * operators and functions listed here can run. Unknown values (NaN) stay unknown: `NaN > 3` is neither true nor false.
 */
import { create, type MathNode, parseDependencies } from 'mathjs/number';
import { EXPRESSION_CHARACTERS_MAX } from '../../limits.ts';
import { type Compiled, compileNode } from './expression-nodes.ts';
import { TagNames, translate } from './expression-text.ts';
import type { Expression } from './model.ts';
import { didYouMean } from './nearest.ts';
import { dimensionsText, parseUnit, sameDimensions, type Unit } from './units.ts';

const { parse } = create({ parseDependencies });

/** What expressions need to know of tags: their UCUM unit. */
export class TagUnits {
  readonly names: TagNames;
  readonly #units = new Map<string, Unit>();

  constructor(tags: Iterable<{ readonly name: string; readonly unit: string }>) {
    const names: string[] = [];
    for (const { name, unit } of tags) {
      names.push(name);
      const parsed = parseUnit(unit);
      if (typeof parsed !== 'string') this.#units.set(name, parsed);
    }
    this.names = new TagNames(names);
  }

  unitOf(tag: string): Unit | undefined {
    return this.#units.get(tag);
  }
}

/** Both sides of `left ~ right`, evaluated in the same unit. */
export interface Relation {
  readonly left: Expression;
  readonly right: Expression;
  /** UCUM unit both sides come in. */
  readonly unit: string;
}

/** Compiles a condition (state, `when`). A string is the sentence of what is wrong. */
export function compileCondition(text: string, tags: TagUnits): Expression | string {
  const compiled = compile(text, tags);
  if (typeof compiled === 'string') return compiled;
  if (compiled.unit.some((exponent) => exponent !== 0) || compiled.point) {
    return `expected a condition (flow > 0.5 m3/h), got a value in ${compiled.unitText}`;
  }
  return expressionOf(text, compiled, 1, 0);
}

/** Compiles `left ~ right`. A string is the sentence of what is wrong. */
export function compileRelation(text: string, tags: TagUnits): Relation | string {
  const sides = text.split('~');
  if (sides.length !== 2) return `expected left ~ right, got "${text}"`;
  const left = compile(sides[0]!.trim(), tags);
  if (typeof left === 'string') return left;
  const right = compile(sides[1]!.trim(), tags);
  if (typeof right === 'string') return right;
  if (left.point !== right.point || !sameDimensions(left.unit, right.unit)) {
    return `left is in ${left.unitText || 'no unit'}, right is in ${right.unitText || 'no unit'}`;
  }
  const unit = displayUnit(left, right);
  const offset = left.point ? unit.offsetCelsius : 0;
  return {
    left: expressionOf(sides[0]!.trim(), left, unit.factor, offset),
    right: expressionOf(sides[1]!.trim(), right, unit.factor, offset),
    unit: unit.text,
  };
}

/** The unit people read both sides in: one that is written in them where there is one, else SI. */
function displayUnit(left: Compiled, right: Compiled): Unit {
  for (const unit of [...left.mentioned, ...right.mentioned]) {
    const isPoint = !Number.isNaN(unit.offsetCelsius);
    if (isPoint === left.point && sameDimensions(unit.dimensions, left.unit)) return unit;
  }
  const parsed = parseUnit(dimensionsText(left.unit));
  const si =
    typeof parsed === 'string' ? { text: '', factor: 1, dimensions: left.unit, offsetCelsius: Number.NaN } : parsed;
  return left.point ? { ...si, text: 'Cel', offsetCelsius: 0 } : si;
}

/** A temperature scale as display unit: degrees Celsius = value × factor + offset, so value = (Celsius − offset) / factor. */
function expressionOf(text: string, compiled: Compiled, factor: number, offset: number): Expression {
  const { run, tags } = compiled;
  return {
    text,
    tags: [...tags],
    evaluate: (valueOfTag, rateOfTag = unknownRate) => (run(valueOfTag, rateOfTag) - offset) / factor,
  };
}

const unknownRate = (): number => Number.NaN;

/** Translates, parses, checks and compiles one side. */
function compile(text: string, tags: TagUnits): Compiled | string {
  if (text.length > EXPRESSION_CHARACTERS_MAX) return `longer than ${EXPRESSION_CHARACTERS_MAX} characters`;
  if (text === '') return 'expected an expression, got nothing';
  const translated = translate(text, tags.names);
  if (typeof translated === 'string') {
    const unknown = /^unknown tag "([^"]*)"$/.exec(translated);
    return unknown === null ? translated : translated + didYouMean(unknown[1]!, tags.names.all);
  }
  let node: MathNode;
  try {
    node = parse(translated.text);
  } catch {
    return `cannot be read: "${text}"`;
  }
  return compileNode(node, translated.symbols, (tag) => tags.unitOf(tag));
}
