/** Stage: how bad it is, from what can happen to people, product and machine; never from how the packet looks. */
import { PRIORITIES, type Priority } from '../../records.ts';
import type { Consequence } from '../plant/model.ts';
import { isDeclared } from './actor.ts';
import type { Case, Desk, Draft } from './case.ts';
import { operatingInterval, sideOf } from './explain/limits.ts';
import { sortOf, type TrailSort } from './explain/shape.ts';
import { changesController } from './fact.ts';
import { isThin } from './join.ts';
import type { Story } from './story.ts';
import { accepted, isFamiliar, standingChange } from './trail.ts';

/** Standstill that costs this much an hour is a high priority. [currency of the site] */
const DEAR_STANDSTILL = 1_000;
/** What nobody declared is taken to matter. */
const UNDECLARED: Consequence = {
  injury: 'high',
  environment: 'medium',
  equipment: 'medium',
  product: 'medium',
  downtimePerHour: 0,
};

export function rankOf(priority: Priority): number {
  return PRIORITIES.indexOf(priority);
}

function worst(...priorities: readonly Priority[]): Priority {
  return priorities.reduce((a, b) => (rankOf(b) > rankOf(a) ? b : a), 'information');
}

function atMost(priority: Priority, most: Priority): Priority {
  return rankOf(priority) > rankOf(most) ? most : priority;
}

/** Unit whose consequence counts. */
export function unitOf(story: Story, draft: Draft): string {
  const e = draft.explanation;
  const named = e.leadTag?.plantUnit || e.target?.plantUnit;
  if (named !== undefined && named !== '') return named;
  for (const fact of story.facts.values()) if (fact.unit !== '') return fact.unit;
  return '';
}

function consequenceOf(story: Story, draft: Draft, desk: Desk): Consequence {
  return desk.relations.unit(unitOf(story, draft))?.consequence ?? UNDECLARED;
}

function standstill(consequence: Consequence): Priority {
  return consequence.downtimePerHour >= DEAR_STANDSTILL ? 'high' : 'medium';
}

/** A wrong or driven value: the damage where its limit is crossed or will be, a warning where it is not. */
function byValue(draft: Draft, consequence: Consequence, desk: Desk): Priority {
  const e = draft.explanation;
  const all = worst(consequence.product, consequence.environment, consequence.equipment);
  // Where a protection sees the truth, product is lost but not let through.
  const damage = e.guarded ? atMost(all, 'high') : all;
  if (e.crossing !== undefined) return worst('medium', damage);
  const value = Number.isFinite(e.settled) ? e.settled : e.likelyTrue;
  const outside = e.target === undefined ? undefined : sideOf(value, operatingInterval(e.target, desk));
  return outside === undefined ? 'medium' : worst('medium', atMost(damage, 'high'));
}

function byFault(story: Story, draft: Draft, consequence: Consequence, desk: Desk): Priority {
  const e = draft.explanation;
  if (e.crossing !== undefined) return byValue(draft, consequence, desk);
  // Odd patterns and single jumps alone have no consequence yet: they wait for something that has.
  const process = story.filter((fact) => fact.side === 'process');
  if (process.every(isThin)) return 'low';
  if (story.has((fact) => fact.kind === 'limit' || fact.kind === 'balance')) {
    return worst('medium', atMost(worst(consequence.product, consequence.equipment, consequence.environment), 'high'));
  }
  const steers = e.target !== undefined && (e.setPoint !== undefined || Object.keys(e.target.limits).length > 0);
  return steers || process.length > 1 ? 'medium' : 'low';
}

function byTraces(story: Story, desk: Desk): Priority {
  const outside = story.has((fact) => fact.kind === 'public-source' || fact.kind === 'login-guessing');
  if (story.has((fact) => fact.role === 'attempt' || fact.role === 'entry' || fact.role === 'leaving') || outside)
    return 'medium';
  const strangers = story.has((fact) => fact.actor !== '' && !isDeclared(desk.context, fact.actor));
  const kinds = new Set([...story.facts.values()].map((fact) => fact.kind));
  // Looking around and coming from another zone together is how it begins.
  const looked = kinds.has('scan') || kinds.has('enumeration') || kinds.has('program-upload');
  return looked && kinds.has('new-crossing') && strangers ? 'medium' : 'low';
}

/**
 * A host the site file names moves a value and every declared limit holds: a first time, and no more. It also stops a machine: that
 * is what operators do, and never hostile by itself; many commands at once are.
 */
function isOrdinary(actor: string, sort: TrailSort, draft: Draft, story: Story, desk: Desk): boolean {
  const { crossing, target, settled } = draft.explanation;
  if (sort === 'stop') return isDeclared(desk.context, actor) && !story.has((fact) => fact.kind === 'write-rate');
  if ((sort !== 'setpoint' && sort !== 'command') || crossing !== undefined) return false;
  const outside = target === undefined ? undefined : sideOf(settled, operatingInterval(target, desk));
  return outside === undefined && isDeclared(desk.context, actor);
}

function prioritiseChange(story: Story, draft: Draft, consequence: Consequence, desk: Desk): Priority {
  const { shape } = draft.explanation;
  const parts: Priority[] = ['low'];
  for (const trail of story.trails.values()) {
    if (!accepted(trail) || isFamiliar(trail)) continue;
    const sort = sortOf(trail, desk);
    if (isOrdinary(trail.actor, sort, draft, story, desk)) continue;
    parts.push('medium');
    if (sort === 'safety') parts.push(worst('high', consequence.injury, consequence.equipment));
    else if (sort === 'stop') parts.push(standstill(consequence));
    else if (sort === 'calibration' || sort === 'setpoint' || sort === 'command') {
      parts.push(byValue(draft, consequence, desk));
    }
  }
  if (shape === 'safety-forced' || story.has((fact) => fact.role === 'safety')) {
    parts.push(worst('high', consequence.injury, consequence.equipment));
  }
  if (story.has(changesController)) {
    parts.push(
      worst('high', atMost(worst(consequence.injury, consequence.product, consequence.equipment), 'critical')),
    );
  }
  if (shape === 'alarm-suppressed') parts.push('high');
  if (draft.explanation.crossing !== undefined) parts.push(byValue(draft, consequence, desk));
  return worst(...parts);
}

export function prioritise(c: Case): void {
  const { story, desk, draft } = c;
  if (story === undefined || draft === undefined) return;
  const consequence = consequenceOf(story, draft, desk);
  const { shape } = draft.explanation;
  if (draft.cause === 'planned work') draft.priority = leftOver(story);
  else if (shape === 'group') draft.priority = 'medium';
  else if (shape === 'blind') draft.priority = 'medium';
  else if (shape === 'standing') draft.priority = 'low';
  else if (shape === 'safety-flat') draft.priority = worst('high', consequence.injury);
  else if (['reading-wrong', 'stuck', 'balance', 'process'].includes(shape))
    draft.priority = byFault(story, draft, consequence, desk);
  else if (['attempt', 'entry', 'leaving', 'scan', 'arrival'].includes(shape)) draft.priority = byTraces(story, desk);
  else draft.priority = prioritiseChange(story, draft, consequence, desk);
  const { lead } = draft.explanation;
  const eased = draft.cause === 'planned work' || shape === 'attempt' || (lead !== undefined && lead.restoredUs !== 0);
  // A priority does not fall because a value swings about its limit: that would alarm again at every swing.
  if (!eased && shape !== 'standing') draft.priority = worst(draft.priority, story.priority);
}

/** Work is no alarm while its window is open; what it leaves behind afterwards is one to look at, a force most of all. */
function leftOver(story: Story): Priority {
  if (story.work?.ended !== true || story.judgement?.verdict === 'planned work') return 'information';
  let left: Priority = 'information';
  for (const trail of story.trails.values()) {
    if (!accepted(trail) || trail.work === '' || !(Math.abs(standingChange(trail)) > 0)) continue;
    left = worst(left, /force|bypass|override/.test(trail.tag) ? 'high' : 'low');
  }
  return left;
}
