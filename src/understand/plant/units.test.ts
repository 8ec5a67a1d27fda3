import { describe, expect, it } from 'vitest';
import { parseDurationSeconds, parseIntervalSeconds, parsePer, parseQuantity } from './quantities.ts';
import { conversion, parseUnit, type Unit, unitAt } from './units.ts';

const unit = (code: string): Unit => {
  const parsed = parseUnit(code);
  if (typeof parsed === 'string') throw new RangeError(parsed);
  return parsed;
};

describe('UCUM units', () => {
  it.each([
    ['m3/h', 'L/s', 1 / 3.6],
    ['bar', 'kPa', 100],
    ['kJ/(kg.K)', 'J/g/K', 1],
    ['/min', 'Hz', 1 / 60],
    ['kW.h', 'MJ', 3.6],
    ['t/h', 'kg/s', 1 / 3.6],
    ['N.m', 'J', 1],
    ['mm', 'm', 0.001],
    ['{bottles}/min', '/s', 1 / 60],
    ['m/s2', 'cm.s-2', 100],
    ['[psi]', 'kPa', 6.894757293168],
    ['uS/cm', 'mS/m', 0.1],
  ])('%s in %s', (from, to, factor) => {
    expect(conversion(unit(from), unit(to))).toBeCloseTo(factor, 9);
  });

  it('do not convert between dimensions', () => {
    expect(conversion(unit('kg'), unit('m'))).toBeNaN();
  });

  it.each(['°C', 'rpm', 'xyz', 'm//s', 'kg.', '(m', 'm)', 'kmin', 'm99', '/', 'm3 /h'])('%s is none', (code) => {
    expect(parseUnit(code)).toBeTypeOf('string');
  });

  it('end where the code ends', () => {
    expect(unitAt('kW * flow', 0)?.end).toBe(2);
    expect(unitAt('kJ/(kg.K) * x', 0)?.end).toBe(9);
    expect(unitAt('kW/heater', 0)?.end).toBe(2);
    expect(unitAt('/min', 0)?.end).toBe(4);
    expect(unitAt('heater', 0)).toBeNull();
  });
});

describe('quantities', () => {
  it('read', () => {
    expect(parseQuantity('-0.4 K')).toMatchObject({ value: -0.4, unit: { text: 'K' } });
    expect(parseQuantity('8 %')).toMatchObject({ value: 8 });
    expect(parseQuantity('1e3kW')).toMatchObject({ value: 1_000 });
    expect(parseDurationSeconds('30 s')).toBe(30);
    expect(parseDurationSeconds('3 min')).toBe(180);
    expect(parseDurationSeconds('2 hours')).toBe(7_200);
    expect(parseDurationSeconds('1 day')).toBe(86_400);
    expect(parsePer('1 per week')).toEqual({ count: 1, perSeconds: 604_800 });
    expect(parsePer('2 per 30 days')).toEqual({ count: 2, perSeconds: 2_592_000 });
    expect(parseIntervalSeconds('every 6 months')).toBe(15_778_800);
    expect(parseIntervalSeconds('yearly')).toBe(31_557_600);
  });

  it.each([
    [() => parseDurationSeconds('5 kW'), 'expected a time like 30 s, 3 min or 1 h, got "5 kW"'],
    [() => parseDurationSeconds('-5 s'), 'expected a time like 30 s, 3 min or 1 h, got "-5 s"'],
    [() => parseQuantity('warm'), 'expected a number with a unit, got "warm"'],
    [() => parsePer('1 per fortnight'), 'expected a rate like 1 per week, got "1 per fortnight"'],
  ])('say what is wrong (%#)', (read, sentence) => {
    expect(read()).toBe(sentence);
  });
});
