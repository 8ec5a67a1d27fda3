/**
 * Stage: which story a finding belongs to. Findings join by actor, by tag, by cause and effect with the known lag, by unit and time.
 * A story of the process alone and a write found to explain it become one; the older id stays.
 */
import type { TimeUs } from '../../records.ts';
import { isDeclared, saysNew } from './actor.ts';
import type { Case, Desk } from './case.ts';
import { changesController, type Fact } from './fact.ts';
import { EXACT_KINDS } from './kind-roles.ts';
import { contentKey, idKey } from './recognise.ts';
import type { Story } from './story.ts';
import { accepted, changeOf, type Trail } from './trail.ts';

const MINUTE_US = 60e6;
const HOUR_US = 3_600e6;
/** A stranger's doings within a day are one story. */
const STRANGER_US = 24 * HOUR_US;
/** Known hosts work all day: only what they do in one place within an hour is one story. */
const KNOWN_US = HOUR_US;
/** An effect comes within this many known lags … */
const LAGS = 4;
/** … plus the time a detector needs to be sure. */
const NOTICE_US = 15 * MINUTE_US;
/** A tag one step from the written one may show it this late: slow detectors, slow drifts. */
const DIRECT_US = 60 * MINUTE_US;
/** Product passed on, or missing, reaches the next unit within this. */
const NEIGHBOUR_US = 20 * MINUTE_US;
/** Exact findings may be this much before the write that caused them (order of frames and polls) … */
const EXACT_SLACK_US = 5e6;
/** … and statistical ones this much: they estimate their beginning. */
const ESTIMATE_SLACK_US = 180e6;
/** Related deviations of the process within this are one story. */
const RELATED_US = 30 * MINUTE_US;
/** Unrelated ones of one unit only when they come together. */
const TOGETHER_US = 2 * MINUTE_US;
/** Views lost within this are lost for one reason. */
const BLIND_US = 10 * MINUTE_US;
/** A device may fall silent this long after it was tampered with. */
const SILENCED_US = 60 * MINUTE_US;
/** A standing deviation may be told again for days. */
const STANDING_US = 7 * 24 * HOUR_US;

/** Whether the actor is new to the plant and nothing in the site file names it. */
export function isStranger(actor: string, desk: Desk): boolean {
  return actor !== '' && desk.newcomers.has(actor) && !isDeclared(desk.context, actor);
}

function onsetFits(fact: Fact, causeUs: TimeUs): boolean {
  const exact = EXACT_KINDS.has(fact.kind);
  const onset = exact ? fact.finding.timeUs : fact.finding.sinceUs;
  return (
    onset >= causeUs - (exact ? EXACT_SLACK_US : ESTIMATE_SLACK_US) && fact.finding.timeUs >= causeUs - EXACT_SLACK_US
  );
}

/** How well one trail of writes explains a deviation of the process: 0 not at all, up to 100. */
function trailExplains(trail: Trail, fact: Fact, desk: Desk): number {
  if (!accepted(trail) || !onsetFits(fact, trail.firstUs)) return 0;
  const { timeUs } = fact.finding;
  const link = desk.relations.link(trail.tag, fact.tag);
  if (link !== undefined) {
    const withinUs = Math.max(link.hops <= 1 ? DIRECT_US : 0, LAGS * link.lagSeconds * 1e6 + NOTICE_US);
    return timeUs <= trail.lastUs + withinUs ? 90 - 5 * link.hops + plausibility(trail, fact, desk) : 0;
  }
  return 0;
}

/**
 * Of two writes that could both be the cause: a calibration makes readings wrong and a set-point does not, an error of the written
 * size speaks for itself, and what came just before is likelier than what came long ago.
 */
function plausibility(trail: Trail, fact: Fact, desk: Desk): number {
  const role = desk.context.tag(trail.tag)?.role;
  const wrong = fact.role === 'reading';
  const fits =
    role === 'calibration' ? (wrong ? 3 : 0) : role === 'setpoint' || role === 'command' ? (wrong ? -15 : 2) : 0;
  const change = changeOf(trail);
  const sized = Math.abs(fact.deviation - change) <= 0.25 * Math.abs(change) ? 4 : 0;
  const agoUs = Math.max(0, fact.finding.timeUs - trail.lastUs);
  return fits + sized + 2 / (1 + agoUs / MINUTE_US);
}

/** Same machine, no known link: an effect only when it comes soon after the write. */
function placeExplains(trail: Trail, fact: Fact, story: Story, desk: Desk): number {
  if (!accepted(trail) || !onsetFits(fact, trail.firstUs) || fact.finding.timeUs > trail.lastUs + NOTICE_US) return 0;
  const place = trailPlace(trail, story, desk);
  return place.has(fact.unit) || place.has(fact.place) ? 70 : 0;
}

/**
 * Product passed on, or missing, reaches the next unit: a deviation there belongs to this story when the machine here was really
 * moved (a falsified reading alone moves no neighbour) and it follows what happened here within minutes.
 */
function chainExplains(story: Story, fact: Fact, desk: Desk): number {
  if (fact.unit === '') return 0;
  let movedUs = Number.NEGATIVE_INFINITY;
  let firstUs = Number.POSITIVE_INFINITY;
  const units = new Set<string>();
  for (const trail of story.trails.values()) {
    const role = desk.context.tag(trail.tag)?.role;
    if (!accepted(trail) || role === 'calibration' || role === 'safety' || role === undefined) continue;
    units.add(desk.relations.unitOfTag(trail.tag)?.name ?? '');
    movedUs = Math.max(movedUs, trail.lastUs);
    firstUs = Math.min(firstUs, trail.firstUs);
  }
  if (!onsetFits(fact, firstUs)) return 0;
  for (const other of story.facts.values()) {
    if (changesController(other)) units.add(other.unit);
    if (other.side === 'process' || changesController(other)) movedUs = Math.max(movedUs, other.finding.timeUs);
  }
  const near = [...units].some((unit) => unit !== '' && desk.relations.neighbours(unit).includes(fact.unit));
  return near && fact.finding.timeUs <= movedUs + NEIGHBOUR_US ? 50 : 0;
}

function trailPlace(trail: Trail, story: Story, desk: Desk): ReadonlySet<string> {
  const places = new Set<string>();
  const unit = desk.relations.unitOfTag(trail.tag)?.name;
  if (unit !== undefined) places.add(unit);
  for (const fact of story.facts.values()) {
    if (fact.tag === trail.tag && fact.place !== '') places.add(fact.place);
  }
  return places;
}

/** How well the changes of a story explain a deviation of the process. */
function explains(story: Story, fact: Fact, desk: Desk): number {
  let best = 0;
  for (const trail of story.trails.values()) {
    best = Math.max(best, trailExplains(trail, fact, desk), placeExplains(trail, fact, story, desk));
  }
  if (best === 0) best = chainExplains(story, fact, desk);
  const { timeUs } = fact.finding;
  for (const other of story.facts.values()) {
    if (!changesController(other) || !onsetFits(fact, other.finding.timeUs)) continue;
    const same = other.place !== '' && (other.place === fact.place || other.unit === fact.unit);
    if (same && timeUs <= other.finding.timeUs + 2 * NOTICE_US) best = Math.max(best, 75);
  }
  return best;
}

/** How well a deviation fits a story by the process alone. */
function relates(story: Story, fact: Fact, desk: Desk): number {
  const { timeUs, sinceUs } = fact.finding;
  const apartUs = Math.max(0, sinceUs - story.updatedUs);
  let best = 0;
  // A story of odd patterns and single jumps is too thin to hold what has a better explanation.
  const thin = story.trails.size === 0 && !story.has((other) => !isThin(other)) && !isThin(fact);
  const most = thin ? 48 : 100;
  for (const other of story.facts.values()) {
    if (other.side !== 'process') continue;
    if (other.tag !== '' && other.tag === fact.tag && timeUs - story.updatedUs <= STANDING_US)
      best = Math.max(best, 90);
    if (apartUs > RELATED_US) continue;
    const link = desk.relations.link(other.tag, fact.tag);
    if (link !== undefined && link.hops <= 2) best = Math.max(best, 65 - 5 * link.hops);
    if (coupled(other, fact)) best = Math.max(best, 60);
    if (other.place !== '' && other.place === fact.place && apartUs <= TOGETHER_US) best = Math.max(best, 45);
  }
  return Math.min(best, most);
}

/** Whether a finding alone says little: a pattern, or a single jump. */
export function isThin(fact: Fact): boolean {
  return fact.role === 'unclear' || fact.kind === 'spike';
}

function coupled(a: Fact, b: Fact): boolean {
  return a.finding.numbers[`coupled:${b.tag}`] !== undefined || b.finding.numbers[`coupled:${a.tag}`] !== undefined;
}

/** How well a lost view fits: others lost at the same time, or a device someone tampered with. */
function blindFits(story: Story, fact: Fact): number {
  const { timeUs } = fact.finding;
  let best = 0;
  for (const other of story.facts.values()) {
    const sinceUs = timeUs - other.finding.timeUs;
    if (other.role === 'blind' && Math.abs(sinceUs) <= BLIND_US) best = Math.max(best, 55);
    if (sinceUs < 0 || sinceUs > SILENCED_US) continue;
    const tampered = other.role === 'change' || other.role === 'entry' || other.kind === 'remote-session';
    const same = other.device === fact.device || (other.place !== '' && other.place === fact.place);
    if (tampered && same) best = Math.max(best, 80);
    else if (other.kind === 'remote-session' || changesController(other)) best = Math.max(best, 50);
  }
  return best;
}

/** How well something said on the network fits a story. */
function networkFits(story: Story, fact: Fact, desk: Desk): number {
  const apartUs = fact.finding.timeUs - story.updatedUs;
  const key = `${fact.actor} ${fact.tag}`;
  if (fact.tag !== '' && story.trails.has(key) && apartUs <= STRANGER_US) return 95;
  let best = 0;
  const stranger = isStranger(fact.actor, desk);
  for (const other of story.facts.values()) {
    if (other.side !== 'network' || other.role === 'blind') continue;
    if (fact.actor !== '' && other.actor === fact.actor) {
      if (stranger) best = Math.max(best, Math.abs(apartUs) <= STRANGER_US ? 90 : 0);
      else if (Math.abs(apartUs) <= KNOWN_US && (other.place === fact.place || fact.role === 'arrival')) {
        best = Math.max(best, 85);
      }
    } else if (fact.tag !== '' && other.tag === fact.tag && Math.abs(apartUs) <= KNOWN_US) best = Math.max(best, 60);
    else if (
      fact.actor === '' &&
      fact.device !== '' &&
      other.device === fact.device &&
      Math.abs(apartUs) <= NOTICE_US
    ) {
      best = Math.max(best, 55);
    }
  }
  return Math.max(best, responds(story, fact, desk));
}

/** A known host that writes to what already misbehaves is answering, not attacking. */
function responds(story: Story, fact: Fact, desk: Desk): number {
  if (fact.role !== 'change' || fact.tag === '' || !isDeclared(desk.context, fact.actor)) return 0;
  if (fact.finding.timeUs - story.updatedUs > STRANGER_US) return 0;
  const linked = story.has(
    (other) => other.side === 'process' && (desk.relations.link(other.tag, fact.tag)?.hops ?? 9) <= 1,
  );
  return linked && !explainsLater(story, fact, desk) ? 40 : 0;
}

/** Whether this write would explain what the story already holds. */
function explainsLater(story: Story, write: Fact, desk: Desk): boolean {
  return story.has(
    (other) =>
      other.side === 'process' &&
      onsetFits(other, write.finding.timeUs) &&
      desk.relations.link(write.tag, other.tag) !== undefined,
  );
}

/** How well a finding fits a story, 0 (not) to 100. */
export function fitness(story: Story, fact: Fact, desk: Desk): number {
  if (story.grouped) return 0;
  if (fact.role === 'blind') return Math.max(blindFits(story, fact), sameSource(story, fact));
  if (fact.side === 'network') return networkFits(story, fact, desk);
  return Math.max(explains(story, fact, desk), relates(story, fact, desk));
}

function sameSource(story: Story, fact: Fact): number {
  return fact.tag !== '' && story.has((other) => other.tag === fact.tag && other.side === fact.side) ? 88 : 0;
}

function bestStory(fact: Fact, desk: Desk): Story | undefined {
  let best: Story | undefined;
  let bestFit = 0;
  for (const story of desk.stories.values()) {
    const score = fitness(story, fact, desk);
    if (score > bestFit) [best, bestFit] = [story, score];
  }
  return best;
}

/** Adds a finding to a story and says whether it was kept (else only counted). */
function put(story: Story, fact: Fact, desk: Desk): boolean {
  const window = desk.context.openWork(fact.unit, fact.actor, fact.finding.timeUs);
  if (window !== undefined && fact.role === 'change') story.work ??= { ...window, ended: false };
  const kept = story.add(fact, window?.id ?? '');
  desk.remember(contentKey(fact), story);
  if (kept) desk.remember(idKey(fact), story);
  desk.loose.delete(fact.finding.id);
  return kept;
}

/** Findings that could not stand alone and belong to this story after all: the scan before the write. */
function adopt(story: Story, desk: Desk): void {
  for (const fact of [...desk.loose.values()]) if (fitness(story, fact, desk) > 0) put(story, fact, desk);
}

/** Other stories that turn out to be this one: explained by its writes, or by the same stranger. */
function gather(story: Story, fact: Fact, desk: Desk): Story {
  let kept = story;
  for (const other of [...desk.stories.values()]) {
    if (other === kept || !desk.stories.has(other.id) || other.grouped || !isSame(kept, other, fact, desk)) continue;
    const [into, from] = kept.number < other.number ? [kept, other] : [other, kept];
    const why = other.has((f) => f.side === 'process') ? 'the write explains it' : 'the same device did both';
    desk.merge(into, from, `${from.id} is part of this story: ${why}.`);
    kept = into;
  }
  return kept;
}

function isSame(story: Story, other: Story, fact: Fact, desk: Desk): boolean {
  if (isStranger(fact.actor, desk)) {
    if (other.has((f) => f.actor === fact.actor && f.role !== 'blind')) return true;
  }
  if (other.trails.size > 0 || (fact.role !== 'change' && fact.side === 'network')) return false;
  const process = other.filter((f) => f.side === 'process');
  return process.length > 0 && process.some((f) => explains(story, f, desk) >= 75);
}

/** Finds the story of a finding, or opens one; brings in what turns out to belong to it. */
export function join(c: Case): void {
  const { fact, desk } = c;
  if (fact === undefined) return;
  if (saysNew(fact)) desk.newcomers.set(fact.actor, fact.finding.timeUs);
  let story = c.story ?? bestStory(fact, desk);
  if (story === undefined && fact.finding.informative) {
    desk.loose.set(fact.finding.id, fact);
    c.done = true;
    return;
  }
  const known = story?.has((other) => other.actor === fact.actor) ?? false;
  const trails = story?.trails.size ?? 0;
  if (story === undefined) {
    story = desk.openStory(fact);
    if (story.facts.size === 0) c.change = { kind: 'opened', absorbed: '', text: '' };
  }
  const kept = put(story, fact, desk);
  if (!story.grouped && (!known || story.trails.size !== trails || c.change.kind === 'opened')) adopt(story, desk);
  c.story = !story.grouped && kept ? gather(story, fact, desk) : story;
  if (c.story !== story) c.change = { kind: 'updated', absorbed: '', text: '' };
  // What is only counted changes no conclusion; the next tick tells the number.
  if (!kept) c.done = true;
}
