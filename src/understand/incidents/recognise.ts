/** Stage: a finding that was already told, again after a restart, or better known, is no new finding. */
import type { Case } from './case.ts';
import type { Fact } from './fact.ts';

/** The same finding keeps its id; numbers of detectors start again after a restart, so the subject counts too. */
export function idKey(fact: Fact): string {
  return `#${fact.finding.id} ${fact.tag || fact.unit || fact.device}`;
}

/** What makes two findings the same one whatever their ids: kind, who, what, when. */
export function contentKey(fact: Fact): string {
  const { finding } = fact;
  return `${fact.kind} ${fact.actor} ${fact.device} ${fact.tag || fact.unit} ${finding.timeUs}`;
}

export function recognise(c: Case): void {
  const { fact, desk } = c;
  if (fact === undefined) return;
  if (desk.owner(contentKey(fact)) !== undefined) {
    c.done = true;
    return;
  }
  const owner = desk.owner(idKey(fact));
  if (owner === 'closed') c.done = true;
  else if (owner !== undefined) c.story = owner;
}
