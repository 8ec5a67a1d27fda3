import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadSite } from '../plant/load.ts';
import { loopOf, protectedBy, Relations } from './relations.ts';

const FILE = new URL('../../../examples/dairy-north.yaml', import.meta.url);
const dairy = new Relations(loadSite(readFileSync(FILE, 'utf8'), 'dairy-north.yaml'));

describe('relations of the plant', () => {
  it('links a calibration to what it acts on, and on to twin and loop', () => {
    expect(dairy.link('TT-101.offset', 'TT-101')?.hops).toBe(1);
    expect(dairy.link('TT-101.offset', 'TT-102')).toMatchObject({ hops: 2 });
    expect(dairy.link('TT-101.offset', 'heater')?.hops).toBe(2);
  });

  it('links a force to the input it forces, and that to what contradicts it', () => {
    expect(dairy.link('GUARD-1.force', 'GUARD-1.lamp')?.hops).toBe(2);
    expect(protectedBy('GUARD-1.force-value')).toBe('GUARD-1');
    expect(protectedBy('GUARD-1')).toBe('');
  });

  it('says that tags have nothing to do with each other', () => {
    expect(dairy.link('TT-101', 'GUARD-1')).toBeUndefined();
    expect(dairy.link('TT-101', 'no-such-tag')).toBeUndefined();
    expect(dairy.link('', '')).toBeUndefined();
    // Asked again it comes from memory and is the same.
    expect(dairy.link('TT-101', 'GUARD-1')).toBeUndefined();
  });

  it('knows which command holds a value and which set-point it follows', () => {
    expect(dairy.commandFor('TT-101')?.of).toBe('heater');
    expect(dairy.setPointOf('TT-101')?.name).toBe('SP-101');
    expect(dairy.commandFor('TT-100')).toBeUndefined();
    expect(dairy.twinsOf('TT-101').map((tag) => tag.name)).toEqual(['TT-102']);
    expect(dairy.twinsOf('TT-102').map((tag) => tag.name)).toEqual(['TT-101']);
    expect(dairy.twinsOf('flow')).toEqual([]);
  });

  it('takes units with instruments of one loop for neighbours (ISA-5.1 loop number)', () => {
    expect(loopOf('LSH-201')).toBe('201');
    expect(loopOf('GUARD-1')).toBe('');
    expect(dairy.neighbours('P1')).toEqual(['F1']);
    expect(dairy.neighbours('F1')).toEqual(['P1']);
  });
});
