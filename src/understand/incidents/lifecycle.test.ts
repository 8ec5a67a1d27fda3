import { describe, expect, it } from 'vitest';
import { COMMENT_CHARACTERS_MAX, SHELVE_MINUTES_MAX } from '../../limits.ts';
import type { IncidentTransition } from './context.ts';
import { transition, unshelve } from './lifecycle.ts';
import { Story } from './story.ts';

const NOW = 1_000e6;
const act = (story: Story, action: IncidentTransition) => transition(story, action, 'ana', NOW);

describe('lifecycle (ISA-18.2)', () => {
  it('acknowledges, and closes with a judgement', () => {
    const story = new Story(1, NOW);
    expect(story.state).toBe('unacknowledged');
    expect(act(story, { action: 'acknowledge' })).toBe('ana acknowledged it');
    expect(story.state).toBe('acknowledged');
    act(story, { action: 'close', judgement: 'right', because: '' });
    expect(story.state).toBe('closed');
    expect(story.open).toBe(false);
    expect(story.judgement).toEqual({ verdict: 'right', because: '', by: 'ana', timeUs: NOW });
  });

  it('shelves with a reason and an end, and comes back unacknowledged', () => {
    const story = new Story(1, NOW);
    act(story, { action: 'shelve', minutes: 30, because: 'sensor is on order' });
    expect(story.state).toBe('shelved');
    expect(unshelve(story, NOW + 30 * 60e6 - 1)).toBe(false);
    expect(unshelve(story, NOW + 30 * 60e6)).toBe(true);
    expect(story.state).toBe('unacknowledged');
    expect(unshelve(story, NOW + 31 * 60e6)).toBe(false);
  });

  it.each([
    [{ action: 'shelve', minutes: 30, because: ' ' }, 'Say why'],
    [{ action: 'shelve', minutes: 0, because: 'x' }, '1 to 1440 minutes'],
    [{ action: 'shelve', minutes: SHELVE_MINUTES_MAX + 1, because: 'x' }, '1 to 1440 minutes'],
    [{ action: 'shelve', minutes: Number.NaN, because: 'x' }, '1 to 1440 minutes'],
    [{ action: 'planned-work', because: '' }, 'Say why'],
    [{ action: 'close', judgement: 'wrong', because: '' }, 'Say why'],
    [{ action: 'close', judgement: 'bad data', because: '' }, 'Say why'],
    [{ action: 'close', judgement: 'nonsense', because: 'x' } as never, 'Close it with one of'],
  ] as const)('refuses %j', (action, sentence) => {
    const story = new Story(1, NOW);
    expect(() => act(story, action)).toThrow(sentence);
    expect(story.state).toBe('unacknowledged');
  });

  it('keeps an incident open that a person calls planned work', () => {
    const story = new Story(1, NOW);
    act(story, { action: 'planned-work', because: 'yearly check' });
    expect(story.state).toBe('acknowledged');
    expect(story.judgement?.verdict).toBe('planned work');
  });

  it('changes nothing for comments and assignment', () => {
    const story = new Story(1, NOW);
    expect(act(story, { action: 'assign', to: 'ben' })).toBe('ana assigned it to ben');
    expect(act(story, { action: 'comment', text: 'x'.repeat(9_000) })).toHaveLength(COMMENT_CHARACTERS_MAX + 5);
    expect(story.state).toBe('unacknowledged');
  });
});
