import { expect, test } from 'vitest';
import { loadSite } from '../../../understand/plant/load.ts';
import { approvalFault } from './approval.ts';
import { ACTION_US, ActionBudget } from './budget.ts';
import { islandDrill } from './island.ts';
import { Breaker, type ConduitEvidence, demotionFor, promotionOf, wrongBlocksBound } from './ladder.ts';
import { acts, lowerMode } from './modes.ts';

const DAY_US = 86_400e6;
const NOW_US = 1_772_409_600_000_000;
const CLEAN: ConduitEvidence = {
  ...{ conduit: 'operations-to-cell-1', mode: 'shadow', nowUs: NOW_US, sinceUs: NOW_US - 14 * DAY_US },
  ...{ deniable: 412, wouldDeny: 3, judgedWrong: 0, notJudged: 0, replayObjections: 0, approved: true },
  statesDeclared: ['P1/running', 'P1/cleaning'],
  statesSeen: ['P1/cleaning', 'P1/running'],
};
const failing = (change: Partial<ConduitEvidence>): string[] =>
  promotionOf({ ...CLEAN, ...change })
    .gates.filter(({ passed }) => !passed)
    .map(({ name }) => name);

test('shadow becomes guard after 14 clean days, guard becomes enforce after 30 more; every gap is named', () => {
  expect(promotionOf(CLEAN)).toMatchObject({ to: 'guard' });
  expect(failing({})).toEqual([]);
  expect(failing({ sinceUs: NOW_US - 13.9 * DAY_US })).toEqual(['time']);
  expect(failing({ statesSeen: ['P1/running'] })).toEqual(['states']);
  expect(failing({ judgedWrong: 1 })).toEqual(['wrong']);
  expect(failing({ notJudged: 3 })).toEqual(['judged']);
  expect(failing({ replayObjections: null })).toEqual(['replay']);
  expect(failing({ replayObjections: 2 })).toEqual(['replay']);
  expect(failing({ approved: false })).toEqual(['approval']);
  expect(failing({ mode: 'guard' })).toEqual(['time']);
  expect(failing({ mode: 'guard', sinceUs: NOW_US - 30 * DAY_US })).toEqual([]);
  expect(promotionOf({ ...CLEAN, mode: 'observe' })).toEqual({ to: 'learn', gates: [] });
  expect(promotionOf({ ...CLEAN, mode: 'enforce' }).to).toBeNull();
});

test('the bound: three in the time seen, said per month', () => {
  expect(wrongBlocksBound({ ...CLEAN, sinceUs: NOW_US - 30 * DAY_US })).toEqual({
    perMonth: 3,
    sentence: 'at most 3 wrong blocks a month',
  });
  expect(wrongBlocksBound(CLEAN).perMonth).toBe(7);
  expect(wrongBlocksBound({ ...CLEAN, sinceUs: NOW_US - 90 * DAY_US }).perMonth).toBe(1);
  expect(wrongBlocksBound({ ...CLEAN, sinceUs: NOW_US - 30 * DAY_US, judgedWrong: 1 }).perMonth).toBe(5);
  expect(wrongBlocksBound({ ...CLEAN, deniable: 0 }).sentence).toBe('');
});

test('a wrong denial, normal traffic hit, a loop worse within a minute: one step down; the breaker: shadow', () => {
  const rule = 'set-point';
  expect(demotionFor('c', 'enforce', { cause: 'judged-wrong', rule })?.to).toBe('guard');
  expect(demotionFor('c', 'guard', { cause: 'normal-traffic', rule })?.to).toBe('shadow');
  expect(demotionFor('c', 'enforce', { cause: 'loop-worse', rule, loop: 'TIC-101', afterUs: 59e6 })?.to).toBe('guard');
  expect(demotionFor('c', 'enforce', { cause: 'loop-worse', rule, loop: 'TIC-101', afterUs: 61e6 })).toBeUndefined();
  expect(demotionFor('c', 'shadow', { cause: 'judged-wrong', rule })).toBeUndefined();
  const breaker = new Breaker();
  const counts = [0, 1, 2, 3, 4, 5].map((second) => breaker.note(NOW_US + second * 1e6));
  expect(counts).toEqual([1, 2, 3, 4, 5, 6]);
  expect(demotionFor('c', 'enforce', { cause: 'breaker', denials: 5 })).toBeUndefined();
  expect(demotionFor('c', 'enforce', { cause: 'breaker', denials: 6 })?.to).toBe('shadow');
  expect(breaker.note(NOW_US + 120e6)).toBe(1);
});

test('the lower mode counts; guard acts on marked rules only and never by default', () => {
  const verdict = { verdict: 'deny', reason: '', sentence: '', because: [], notEvaluated: [] } as const;
  const marked = { ...verdict, rule: 'r', ruleMode: 'enforce', guard: true } as const;
  expect(acts('guard', marked)).toBe(true);
  expect(acts('guard', { ...marked, guard: false })).toBe(false);
  expect(acts('guard', { ...marked, rule: '' })).toBe(false);
  expect(acts('enforce', { ...marked, rule: '', guard: false })).toBe(true);
  expect(acts('enforce', { ...marked, ruleMode: 'shadow' })).toBe(false);
  expect(acts('enforce', { ...marked, ruleMode: 'guard', guard: false })).toBe(false);
  for (const mode of ['observe', 'learn', 'shadow', 'bypass'] as const) expect(acts(mode, marked)).toBe(false);
  expect(lowerMode('enforce', 'bypass')).toBe('bypass');
});

test('a budget of three in ten minutes and ten a day: a burst spends one, decoys cannot buy more than there is', () => {
  const budget = new ActionBudget();
  const ask = (source: string, nowUs: number, zone = 'cell-1') =>
    budget.ask({ zone, rule: 'flood', source, point: '' }, nowUs);
  for (let i = 0; i < 100; i++) expect(ask('a', NOW_US + i).act).toBe(true);
  expect(ask('a', NOW_US)).toMatchObject({ spentToday: 1, untilUs: NOW_US + ACTION_US });
  expect(ask('b', NOW_US).act && ask('c', NOW_US).act).toBe(true);
  expect(ask('d', NOW_US)).toMatchObject({ act: false, untilUs: 0 });
  expect(ask('d', NOW_US, 'cell-2').act).toBe(true);
  let acted = 3;
  for (let i = 0; i < 100; i++) if (ask(`e${i}`, NOW_US + 700e6 * (1 + i)).act) acted++;
  expect(acted).toBe(10);
  expect(ask('late', NOW_US + DAY_US + 1).act).toBe(true);
});

test('an approval is for one thing, by two people, within a day', () => {
  const approval = { subject: 'mode:c:guard', by: 'ann', approvedBy: 'ben', timeUs: NOW_US };
  expect(approvalFault(approval, 'mode:c:guard', NOW_US + 1e6)).toBeUndefined();
  expect(approvalFault(undefined, 'mode:c:guard', NOW_US)).toContain('two people');
  expect(approvalFault(approval, 'mode:c:enforce', NOW_US)).toContain('not for');
  expect(approvalFault({ ...approval, approvedBy: 'ann ' }, 'mode:c:guard', NOW_US)).toContain('another person');
  expect(approvalFault(approval, 'mode:c:guard', NOW_US + 1.01 * DAY_US)).toContain('expired');
});

test('the drill names what the island would cut, what the plant leans on first', () => {
  const site = loadSite(
    'zones:\n  - {name: cell, level: 1, networks: [10.1.0.0/16]}\n  - {name: office, level: 4, networks: [10.9.0.0/16]}\n',
    'site.yaml',
  );
  const ways = [
    { client: '10.1.0.5', server: '10.1.0.1', protocol: 'modbus', ports: [502] },
    { client: '10.9.0.7', server: '10.1.0.5', protocol: 'rdp', ports: [3389] },
    { client: '10.1.0.5', server: '10.9.0.1', protocol: 'ntp', ports: [123] },
  ];
  expect(islandDrill(ways, site).map(({ use, needed }) => [use, needed])).toEqual([
    ['time (NTP)', true],
    ['remote desktop', false],
  ]);
});
