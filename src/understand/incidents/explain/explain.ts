/**
 * Stage: what the change does to the machine. Predicted at once from declared effects, calibrations and set-points, then confirmed by
 * what the process detectors measured: size, sign and lag. Shown is not true: where they differ, both are worked out.
 */
import type { Tag } from '../../plant/model.ts';
import { isDeclared } from '../actor.ts';
import type { Case, Crossing, Desk, Explanation } from '../case.ts';
import type { Fact } from '../fact.ts';
import { protectorOf } from '../instruments.ts';
import { isThin } from '../join.ts';
import { EXACT_KINDS } from '../kind-roles.ts';
import { protectedBy } from '../relations.ts';
import type { Story } from '../story.ts';
import { changeOf, creeps, standingChange, type Trail } from '../trail.ts';
import { intervalText, safeInterval, sideOf } from './limits.ts';
import { leadTrails, shapeOf, sortOf } from './shape.ts';
import { suspectProduct } from './suspect.ts';

/** A loop has moved its value after this many lags of its command: e⁻³ is left. */
const SETTLE_LAGS = 3;
/** Without a declared lag. [s] */
const SETTLE_SECONDS = 120;
/** A shown value includes a written offset from the next poll on. [µs] */
const POLL_US = 3e6;
/** Shown values are told again only when they moved by this: noise is no news. [unit] */
const STILL = 0.25;
/** Measured and written sizes agree within this share, or within this much. */
const SAME_SHARE = 0.25;
const SAME_AMOUNT = 0.3;

function targetOf(lead: Trail | undefined, leadTag: Tag | undefined, story: Story, desk: Desk): string {
  if (lead !== undefined) {
    if (leadTag?.of !== undefined && leadTag.of !== '') return leadTag.of;
    const moved = desk.relations.effectsOf(lead.tag)[0]?.on;
    if (moved !== undefined) return moved;
    const forced = protectedBy(lead.tag);
    if (forced !== '') return forced;
  }
  const readings = story.filter((fact) => fact.side === 'process' && fact.tag !== '' && !isWritten(story, fact.tag));
  const weight = (fact: Fact) =>
    (Number.isFinite(fact.deviation) && !isThin(fact) ? 2 : 0) +
    (fact.role === 'reading' && !isThin(fact) ? 1 : 0) +
    fact.finding.confidence / 10;
  return (
    readings.reduce<Fact | undefined>(
      (best, fact) => (best === undefined || weight(fact) > weight(best) ? fact : best),
      undefined,
    )?.tag ?? ''
  );
}

/** A tag that was written shows its new value: that is the cause, not the effect. */
function isWritten(story: Story, tag: string): boolean {
  for (const trail of story.trails.values()) if (trail.tag === tag) return true;
  return false;
}

/** The calibration that falsifies a target, whoever leads: hiding is done with several writes. */
function falsifier(trails: readonly Trail[], target: string, desk: Desk): Trail | undefined {
  return trails.find((trail) => {
    const tag = desk.context.tag(trail.tag);
    return sortOf(trail, desk) === 'calibration' && (tag?.of === target || target === '');
  });
}

/** The process finding that tells best how much the target reads high; the standing kinds before a single jump. */
function measured(story: Story, target: string): Fact | undefined {
  let best: Fact | undefined;
  for (const fact of story.facts.values()) {
    if (fact.side !== 'process' || fact.tag !== target || !Number.isFinite(fact.deviation)) continue;
    const standing = !EXACT_KINDS.has(fact.kind);
    const bestStanding = best !== undefined && !EXACT_KINDS.has(best.kind);
    if (best === undefined || (standing && !bestStanding) || standing === bestStanding) best = fact;
  }
  return best;
}

function isSame(measuredSize: number, writtenSize: number): boolean {
  return Math.abs(measuredSize - writtenSize) <= Math.max(SAME_AMOUNT, SAME_SHARE * Math.abs(writtenSize));
}

/** The first process finding after the first write. */
function firstEffect(story: Story, lead: Trail | undefined, target: string): Fact | undefined {
  if (lead === undefined) return undefined;
  const after = story.filter(
    (fact) => fact.side === 'process' && !isWritten(story, fact.tag) && fact.finding.timeUs >= lead.firstUs - 5e6,
  );
  // What was meant to move tells the lag best; what else moved, only where that is silent.
  const onTarget = after.filter((fact) => fact.tag === target);
  const candidates = onTarget.length > 0 ? onTarget : after;
  return candidates.reduce<Fact | undefined>(
    (first, fact) => (first === undefined || fact.noticedUs < first.noticedUs ? fact : first),
    undefined,
  );
}

interface Reading {
  readonly readsHigh: number;
  readonly matches: boolean;
}

/** How far the target's reading is wrong: written, measured, or both. */
function readsHighOf(story: Story, target: string, trails: readonly Trail[], desk: Desk): Reading {
  const calibration = falsifier(trails, target, desk);
  const seen = measured(story, target);
  if (calibration !== undefined) {
    const gain = desk.relations.effectsOf(calibration.tag).find((effect) => effect.on === target)?.gain ?? Number.NaN;
    const written = standingChange(calibration) * (Number.isFinite(gain) ? gain : 1);
    return { readsHigh: written, matches: seen !== undefined && isSame(seen.deviation, written) };
  }
  const point = trails.find((trail) => sortOf(trail, desk) === 'point');
  if (point !== undefined && seen !== undefined) {
    return { readsHigh: seen.deviation, matches: isSame(seen.deviation, changeOf(point)) };
  }
  const falsified = seen !== undefined && seen.role === 'reading' && seen.kind !== 'spike' && trails.length === 0;
  return { readsHigh: falsified ? seen.deviation : Number.NaN, matches: false };
}

/** Where a set-point or command leads its target. */
function commanded(lead: Trail | undefined, target: string, shown: number, desk: Desk): number {
  if (lead === undefined) return Number.NaN;
  const sort = sortOf(lead, desk);
  if (sort === 'setpoint') return lead.written;
  const effect = desk.relations.effectsOf(lead.tag).find((candidate) => candidate.on === target);
  if (effect === undefined || !Number.isFinite(effect.gain)) return Number.NaN;
  if (sort === 'stop' && lead.written === 0) return 0;
  return shown + effect.gain * changeOf(lead);
}

interface Truth {
  readonly shown: number;
  readonly likelyTrue: number;
  readonly settled: number;
}

function truthOf(
  story: Story,
  tag: Tag | undefined,
  name: string,
  reads: Reading,
  lead: Trail | undefined,
  desk: Desk,
): Truth {
  let shown = name === '' ? Number.NaN : desk.context.valueOf(name);
  if (Number.isNaN(shown)) shown = measured(story, name)?.finding.numbers.shown ?? Number.NaN;
  const told = story.told?.shown;
  if (told !== undefined && told.tag === name && Math.abs(told.shown - shown) < STILL) shown = told.shown;
  const setPoint = tag === undefined ? undefined : desk.relations.setPointOf(tag.name);
  if (Number.isFinite(reads.readsHigh)) {
    const held = setPoint === undefined ? shown : desk.context.valueOf(setPoint.name);
    const near = Math.abs(held - shown) < 2 * STILL || Number.isNaN(held);
    return { shown, likelyTrue: shown - reads.readsHigh, settled: (near ? shown : held) - reads.readsHigh };
  }
  const goal = commanded(lead, name, shown, desk);
  return { shown, likelyTrue: shown, settled: Number.isFinite(goal) ? goal : shown };
}

/** Where the truth leaves its limit: now, or at the pace it is driven. */
function crossingOf(
  story: Story,
  tag: Tag,
  truth: Truth,
  lead: Trail | undefined,
  settleSeconds: number,
  desk: Desk,
): Crossing | undefined {
  const interval = safeInterval(tag, desk);
  const { unit } = tag;
  const applied = lead === undefined || isRead(tag.name, lead, desk) || truth.likelyTrue === truth.shown;
  const now = applied ? sideOf(truth.likelyTrue, interval) : undefined;
  if (now === undefined) story.outsideUs = Number.NaN;
  else {
    if (Number.isNaN(story.outsideUs)) story.outsideUs = outsideSince(story, tag, lead, desk);
    return { ...now, unit, timeUs: story.outsideUs, happened: true };
  }
  const end = sideOf(truth.settled, interval);
  if (end !== undefined) {
    return { ...end, unit, timeUs: (lead?.lastUs ?? desk.nowUs) + settleSeconds * 1e6, happened: false };
  }
  return interval === undefined || lead === undefined ? undefined : paceCrossing(tag, interval, truth, lead);
}

/** Whether what is shown was read after the write. */
function isRead(tag: string, lead: Trail, desk: Desk): boolean {
  const readUs = desk.context.timeOf?.(tag) ?? Number.NaN;
  return Number.isFinite(readUs) ? readUs > lead.lastUs : desk.nowUs - lead.lastUs >= POLL_US;
}

/** A fault began when its findings say; what a write does is watched as it happens. */
function outsideSince(story: Story, tag: Tag, lead: Trail | undefined, desk: Desk): number {
  if (lead !== undefined) return desk.nowUs;
  const since = story.filter((fact) => fact.tag === tag.name).map((fact) => fact.finding.sinceUs);
  return Math.min(desk.nowUs, ...since);
}

function paceCrossing(
  tag: Tag,
  interval: { low: number; high: number },
  truth: Truth,
  lead: Trail,
): Crossing | undefined {
  if (!creeps(lead)) return undefined;
  const perUs = changeOf(lead) / (lead.lastUs - lead.firstUs);
  const down = truth.likelyTrue === truth.shown ? perUs < 0 : perUs > 0;
  const limit = down ? interval.low : interval.high;
  const timeUs = lead.lastUs + Math.abs(truth.settled - limit) / Math.abs(perUs);
  if (!Number.isFinite(timeUs)) return undefined;
  return { side: down ? 'low' : 'high', limit, unit: tag.unit, timeUs, happened: false };
}

export function explain(c: Case): void {
  const { story, desk } = c;
  if (story === undefined) return;
  const shape = shapeOf(story, desk);
  const trails = leadTrails(story, desk);
  const [first] = trails;
  const falsified = shape === 'hidden' ? falsifier(trails, '', desk) : undefined;
  const lead = falsified ?? first;
  const leadTag = lead === undefined ? undefined : desk.context.tag(lead.tag);
  const targetName = targetOf(lead, leadTag, story, desk);
  const target = targetName === '' ? undefined : desk.context.tag(targetName);
  const reads = readsHighOf(story, targetName, trails, desk);
  const setPoint = target === undefined ? undefined : desk.relations.setPointOf(target.name);
  const command = target === undefined ? undefined : desk.relations.commandFor(target.name);
  const settleSeconds = command === undefined ? SETTLE_SECONDS : Math.max(1, SETTLE_LAGS * command.lagSeconds);
  const truth = truthOf(story, target, targetName, reads, lead, desk);
  const crossing = target === undefined ? undefined : crossingOf(story, target, truth, lead, settleSeconds, desk);
  const effect = firstEffect(story, lead, targetName);
  const unit = target?.plantUnit ?? '';
  const guarded = crossing?.side === 'low' && Number.isNaN(reads.readsHigh) && protectorOf(unit, desk) !== undefined;
  const counted = !guarded && (crossing !== undefined || story.suspect !== undefined);
  const suspect = counted ? suspectProduct(story, unit, crossing, desk) : undefined;
  const explanation: Explanation = {
    shape,
    lead,
    leadTag,
    target,
    targetName,
    readsHigh: reads.readsHigh,
    setPoint,
    command: command?.of ?? '',
    settleSeconds,
    ...truth,
    mustBe: target === undefined ? '' : intervalText(safeInterval(target, desk), target.unit),
    crossing,
    effect,
    lagMs:
      effect === undefined || lead === undefined ? Number.NaN : Math.max(0, (effect.noticedUs - lead.firstUs) / 1000),
    matches: reads.matches,
    suspect,
    guarded,
  };
  c.draft = {
    explanation,
    cause: 'unknown',
    causeConfidence: 0,
    because: [],
    priority: 'low',
    advice: [],
    title: '',
    sentence: '',
    ifNobodyActs: '',
    whyOneStory: '',
    shown: shownOf(explanation, desk),
  };
}

/** A known host calibrated, and nothing contradicts the new value: it may be the old one that was wrong. */
export function mayBeRight(e: Explanation, desk: Desk): boolean {
  return (
    e.lead !== undefined && e.effect === undefined && e.crossing === undefined && isDeclared(desk.context, e.lead.actor)
  );
}

/** Shown and likely true, once what is shown includes what was written. */
function shownOf(e: Explanation, desk: Desk) {
  const fresh = e.lead !== undefined && !isRead(e.targetName, e.lead, desk) && e.effect === undefined;
  if (
    fresh ||
    e.shape === 'planned' ||
    mayBeRight(e, desk) ||
    !Number.isFinite(e.readsHigh) ||
    !Number.isFinite(e.shown) ||
    e.readsHigh === 0
  )
    return undefined;
  return { tag: e.targetName, unit: e.target?.unit ?? '', shown: e.shown, likelyTrue: e.likelyTrue, mustBe: e.mustBe };
}
