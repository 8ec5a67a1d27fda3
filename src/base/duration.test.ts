import { describe, expect, it } from 'vitest';
import { durationOption, durationSeconds, durationText } from './duration.ts';

describe('spans of time', () => {
  it.each([
    ['90 s', 90],
    ['30min', 1_800],
    ['4 h', 14_400],
    ['1.5 hours', 5_400],
    ['7 days', 604_800],
  ])('reads %s', (text, seconds) => expect(durationSeconds(text)).toBe(seconds));

  it.each(['', '4', 'h', '-1 s', '4 parsecs'])('refuses %j', (text) => expect(durationSeconds(text)).toBeUndefined());

  it('names the option it cannot read', () => {
    expect(() => durationOption('--learn', 'soon')).toThrow('--learn wants a span of time like "90 s"');
  });

  it.each([
    [40, '40 s'],
    [1_800, '30 min'],
    [7_500, '2 h 5 min'],
    [7_200, '2 h'],
    [604_800, '7 d'],
  ])('says %d s as %s', (seconds, text) => expect(durationText(seconds)).toBe(text));
});
