import { describe, expect, it } from 'vitest';
import { exact, lagText, listText, PlantTime, reading, signed, spanText, withUnit } from './words.ts';

describe('numbers as an engineer writes them', () => {
  it.each([
    [4, 1, '4.0'],
    [0.05, 1, '0.05'],
    [74.9, 1, '74.9'],
    [72, 0, '72'],
    [78.6, 0, '78.6'],
    [-25, 1, '−25.0'],
    [-0.001, 0, '0'],
    [1234.5, 0, '1234.5'],
  ])('exact(%d, %d)', (value, decimals, text) => {
    expect(exact(value, decimals)).toBe(text);
  });

  it.each([
    [75.03, '75.0'],
    [-0.04, '0.0'],
    [99.96, '100.0'],
    [149.7, '150'],
    [0, '0'],
  ])('reading(%d)', (value, text) => {
    expect(reading(value)).toBe(text);
  });

  it('gives differences of temperatures in kelvin, with a sign', () => {
    expect(signed(4, 'Cel')).toBe('+4.0 K');
    expect(signed(-0.05, 'K')).toBe('−0.05 K');
    expect(withUnit('6.0', 'm3/h')).toBe('6.0 m³/h');
    expect(withUnit('3', '')).toBe('3');
  });
});

describe('times', () => {
  const timeUs = Date.parse('2026-07-01T08:02:07Z') * 1000;

  it('are local to the plant', () => {
    expect(new PlantTime('Europe/Berlin').clock(timeUs)).toBe('10:02:07');
    expect(new PlantTime('UTC').minute(timeUs)).toBe('08:02');
  });

  it('fall back to UTC for an unknown zone', () => {
    expect(new PlantTime('Mars/Olympus').minute(timeUs)).toBe('08:02');
  });

  it.each([
    [1, 'one second'],
    [3, 'three seconds'],
    [40, '40 seconds'],
    [120, 'two minutes'],
    [900, '15 minutes'],
    [7_200, 'two hours'],
  ])('spanText(%d)', (seconds, text) => {
    expect(spanText(seconds)).toBe(text);
  });

  it.each([
    [0, 'one scan later'],
    [1_000, 'one scan later'],
    [41_000, 'after 41 s'],
    [300_000, 'after five minutes'],
  ])('lagText(%d)', (ms, text) => {
    expect(lagText(ms)).toBe(text);
  });
});

describe('lists', () => {
  it.each([
    [[], ''],
    [['a'], 'a'],
    [['a', 'b'], 'a and b'],
    [['a', 'b', 'c', 'd'], 'a, b, c and d'],
    [['a', 'b', 'c', 'd', 'e', 'f'], 'a, b, c and 3 more'],
  ])('%j', (items, text) => {
    expect(listText(items)).toBe(text);
  });
});
