/** Stage: is this announced work? And what a work window left behind when it ended. */
import type { Case, Desk } from './case.ts';
import type { Story } from './story.ts';
import { accepted, followValue, standingChange } from './trail.ts';
import { writtenText } from './words.ts';

/** Whether a work window or a person's word covers everything that was changed. */
export function isPlanned(story: Story, desk: Desk): boolean {
  if (story.judgement?.verdict === 'planned work') return true;
  if (story.work === undefined) return false;
  for (const trail of story.trails.values()) if (accepted(trail) && trail.work === '') return false;
  return !story.has((fact) => {
    if (fact.role !== 'change' && fact.role !== 'entry') return false;
    if (fact.tag !== '' && story.trails.has(`${fact.actor} ${fact.tag}`)) return false;
    return desk.context.openWork(fact.unit, fact.actor, fact.finding.timeUs) === undefined;
  });
}

/**
 * Follows what was written, then looks which work window covers it: a window may be opened afterwards for a past interval.
 */
export function plan(c: Case): void {
  const { story, desk } = c;
  if (story === undefined) return;
  followValues(story, desk);
  if (story.work !== undefined) return;
  for (const trail of story.trails.values()) {
    if (trail.work !== '') continue;
    const unit = desk.relations.unitOfTag(trail.tag)?.name ?? '';
    const first = desk.context.openWork(unit, trail.actor, trail.firstUs);
    const last = desk.context.openWork(unit, trail.actor, trail.lastUs);
    if (first === undefined || last === undefined) continue;
    trail.work = first.id;
    story.work = { ...first, ended: false };
  }
}

/** Written values move on between findings, or are put back. */
function followValues(story: Story, desk: Desk): void {
  for (const trail of story.trails.values()) {
    if (!accepted(trail) || followValue(trail, desk.context.valueOf(trail.tag), desk.nowUs) !== 'restored') continue;
    const tag = desk.context.tag(trail.tag);
    story.note(desk.nowUs, `${trail.tag} is back at ${writtenText(trail.before, tag, trail.tag)}.`, 'process');
  }
}

/** The difference a window leaves when it ends, as a sentence, once; undefined before, and after it was told. */
export function closingDifference(story: Story, desk: Desk): string | undefined {
  const { work } = story;
  if (work === undefined || work.ended || desk.nowUs < work.untilUs) return undefined;
  work.ended = true;
  const left = leftBehind(story, desk);
  const when = desk.time.minute(work.untilUs);
  return left.length === 0
    ? `The work window of ${work.who} ended at ${when}; every value written is back where it was.`
    : `The work window of ${work.who} ended at ${when} and leaves a difference: ${left.join('; ')}.`;
}

/** Tags that work did not bring back: `TT-102.offset 0.1 K (was 0.0 K)`. */
export function leftBehind(story: Story, desk: Desk): string[] {
  const left: string[] = [];
  for (const trail of story.trails.values()) {
    if (!accepted(trail) || trail.work === '' || !(Math.abs(standingChange(trail)) > 0)) continue;
    const tag = desk.context.tag(trail.tag);
    left.push(
      `${trail.tag} ${writtenText(trail.written, tag, trail.tag)} (was ${writtenText(trail.before, tag, trail.tag)})`,
    );
  }
  return left;
}
