import { describe, expect, it } from 'vitest';
import type { Finding } from '../../records.ts';
import { EMPTY_SITE } from '../plant/model.ts';
import type { IncidentContext } from './context.ts';
import { factOf } from './fact.ts';
import { accepted, addWrite, changeOf, continueTrail, creeps, followValue, isFamiliar, newTrail } from './trail.ts';

const CONTEXT: IncidentContext = {
  site: EMPTY_SITE,
  nameOf: (id) => id,
  describe: () => undefined,
  zoneOf: () => '',
  tag: () => undefined,
  valueOf: () => Number.NaN,
  stateOf: () => '',
  openWork: () => undefined,
};

function write(seconds: number, numbers: Record<string, number>, kind = 'new-write-point') {
  const finding: Finding = {
    id: 'n-1',
    timeUs: seconds * 1e6,
    sinceUs: seconds * 1e6,
    kind,
    subject: { actor: 'A', device: 'D', tag: 'T', unit: '', conversation: '' },
    confidence: 1,
    score: 1,
    expected: '',
    seen: '',
    sentence: '',
    numbers,
    techniques: [],
    evidence: { frames: [], text: '' },
    informative: false,
  };
  return factOf(finding, CONTEXT);
}

function trailOf(...facts: ReturnType<typeof write>[]) {
  const trail = newTrail(facts[0]!);
  for (const fact of facts) addWrite(trail, fact, '');
  return trail;
}

describe('a trail of writes', () => {
  it('counts several findings of one message as one write', () => {
    const trail = trailOf(write(1, { written: 4 }), write(1, { written: 4, before: 0 }, 'force'));
    expect(trail).toMatchObject({ count: 1, before: 0, written: 4, kinds: ['new-write-point', 'force'] });
    expect(changeOf(trail)).toBe(4);
  });

  it('takes the value before from the last write where the finding does not say it', () => {
    const trail = trailOf(write(1, { written: 1, before: 0 }), write(2, { written: 2 }), write(3, { written: 3 }));
    expect(trail).toMatchObject({ count: 3, before: 0, written: 3, largestStep: 1 });
    expect(creeps(trail)).toBe(true);
  });

  it('does not call writes back and forth a creep', () => {
    const facts = Array.from({ length: 10 }, (_, n) => write(n, { written: n % 2, before: (n + 1) % 2 }));
    expect(creeps(trailOf(...facts))).toBe(false);
  });

  it('does not count a refused write as done, however many findings say it', () => {
    const trail = trailOf(write(1, { written: 0, before: 1 }));
    expect(accepted(trail)).toBe(true);
    addWrite(trail, write(1.01, { written: 0, before: 1, refused: 1 }), '');
    addWrite(trail, write(1.01, {}, 'write-refused'), '');
    expect(trail).toMatchObject({ count: 1, refused: 1 });
    expect(accepted(trail)).toBe(false);
    addWrite(trail, write(9, { written: 0, before: 1 }), '');
    expect(accepted(trail)).toBe(true);
  });

  it('knows a client that only left its learned range', () => {
    expect(isFamiliar(trailOf(write(1, { written: 4 }, 'write-range')))).toBe(true);
    expect(isFamiliar(trailOf(write(1, { written: 4 })))).toBe(false);
  });

  it('notices that a value was put back, but not from a poll older than the write', () => {
    const trail = trailOf(write(1, { written: 4, before: 0 }));
    expect(followValue(trail, 0, 2e6)).toBeUndefined();
    expect(followValue(trail, 4, 3e6)).toBeUndefined();
    expect(followValue(trail, 0, 4e6)).toBe('restored');
    expect(followValue(trail, 0, 5e6)).toBeUndefined();
    expect(trail.restoredUs).toBe(4e6);
    addWrite(trail, write(6, { written: 4, before: 0 }), '');
    expect(trail.restoredUs).toBe(0);
  });

  it('puts two trails together in the order of time', () => {
    const late = trailOf(write(9, { written: 5, before: 4 }));
    continueTrail(late, trailOf(write(1, { written: 4, before: 0 }), write(2, { written: 4.5, before: 4 })));
    expect(late).toMatchObject({ count: 3, before: 0, written: 5, firstUs: 1e6, lastUs: 9e6 });
  });
});
