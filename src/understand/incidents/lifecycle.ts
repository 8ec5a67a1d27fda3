/**
 * What people do with an incident, after ISA-18.2 / IEC 62682: unacknowledged → acknowledged → closed, shelved only with a reason and
 * an end. Comments and assignment change no state; the store keeps them.
 */
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';
import { COMMENT_CHARACTERS_MAX, SHELVE_MINUTES_MAX } from '../../limits.ts';
import type { TimeUs } from '../../records.ts';
import { INCIDENT_JUDGEMENTS, type IncidentTransition } from './context.ts';
import type { Story } from './story.ts';

function reasonOf(because: string, what: string): string {
  const reason = because.trim();
  if (reason === '') throw new FiredoorError(ERROR_CODES.BAD_INPUT, `Say why you ${what}: the next shift reads it.`);
  return reason.slice(0, COMMENT_CHARACTERS_MAX);
}

function shelve(story: Story, minutes: number, because: string, by: string, timeUs: TimeUs): string {
  const reason = reasonOf(because, 'shelve it');
  if (!(minutes > 0 && minutes <= SHELVE_MINUTES_MAX)) {
    const sentence = `An incident is shelved for 1 to ${SHELVE_MINUTES_MAX} minutes, not ${minutes}.`;
    throw new FiredoorError(ERROR_CODES.BAD_INPUT, sentence);
  }
  story.state = 'shelved';
  story.shelved = { untilUs: timeUs + minutes * 60e6, because: reason, by };
  return `${by} shelved it for ${minutes} minutes: ${reason}`;
}

/** Does one transition; returns it as a sentence. Throws `BAD_INPUT` where it makes no sense or lacks a reason. */
export function transition(story: Story, action: IncidentTransition, by: string, timeUs: TimeUs): string {
  switch (action.action) {
    case 'acknowledge':
      if (story.state === 'shelved') story.shelved = undefined;
      story.state = 'acknowledged';
      return `${by} acknowledged it`;
    case 'planned-work': {
      const because = reasonOf(action.because, 'call it planned work');
      story.state = 'acknowledged';
      story.shelved = undefined;
      story.judgement = { verdict: 'planned work', because, by, timeUs };
      return `${by} says it is planned work: ${because}`;
    }
    case 'shelve':
      return shelve(story, action.minutes, action.because, by, timeUs);
    case 'close': {
      if (!INCIDENT_JUDGEMENTS.includes(action.judgement)) {
        const known = INCIDENT_JUDGEMENTS.join(', ');
        throw new FiredoorError(ERROR_CODES.BAD_INPUT, `Close it with one of: ${known}.`);
      }
      const needed = action.judgement === 'wrong' || action.judgement === 'bad data';
      const because = needed ? reasonOf(action.because, `judge it ${action.judgement}`) : action.because.trim();
      story.state = 'closed';
      story.shelved = undefined;
      story.judgement = { verdict: action.judgement, because, by, timeUs };
      return `${by} closed it as ${action.judgement}${because === '' ? '' : `: ${because}`}`;
    }
    case 'assign':
      return `${by} assigned it to ${action.to}`;
    case 'comment':
      return `${by}: ${action.text.slice(0, COMMENT_CHARACTERS_MAX)}`;
  }
}

/** The end of shelving brings an incident back as it would be if it were new. True where it came back now. */
export function unshelve(story: Story, nowUs: TimeUs): boolean {
  if (story.state !== 'shelved' || story.shelved === undefined || nowUs < story.shelved.untilUs) return false;
  story.shelved = undefined;
  story.state = 'unacknowledged';
  return true;
}
