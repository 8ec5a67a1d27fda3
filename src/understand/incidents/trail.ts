/** The writes of one client to one tag, followed without keeping each: first, last, how many, how far in total. */
import type { TimeUs } from '../../records.ts';
import type { Fact } from './fact.ts';

/** Plain data: part of what the engine saves. */
export interface Trail {
  readonly actor: string;
  readonly device: string;
  readonly tag: string;
  count: number;
  refused: number;
  /** Time of the last refusal; 0 for none. */
  refusedUs: TimeUs;
  /** When the tag was seen back at its old value; 0 while it is not. */
  restoredUs: TimeUs;
  /** Writes were counted by following the tag's value, without a finding of their own. */
  followed: boolean;
  /** The written value was seen in the tag itself. */
  seen: boolean;
  firstUs: TimeUs;
  lastUs: TimeUs;
  /** Value before the first write; NaN where not told. */
  before: number;
  written: number;
  largestStep: number;
  /** Steps up minus steps down: equal to the count of steps in size where all go one way. */
  balance: number;
  /** Id of the first finding. */
  readonly finding: string;
  /** Work windows that covered every write so far; empty where one was not covered. */
  work: string;
  /** Kinds of finding its writes had. */
  readonly kinds: string[];
}

/** Findings of one message carry its time; within this they are the same write. [µs] */
const SAME_WRITE_US = 1_000;
/** Values this close, in shares of the change, are the same. */
const SAME_VALUE = 0.02;

export function trailKey(fact: Fact): string {
  return `${fact.actor} ${fact.tag}`;
}

export function newTrail(fact: Fact): Trail {
  return {
    actor: fact.actor,
    device: fact.device,
    tag: fact.tag,
    count: 0,
    refused: 0,
    refusedUs: 0,
    restoredUs: 0,
    followed: false,
    seen: false,
    firstUs: fact.finding.timeUs,
    lastUs: Number.NEGATIVE_INFINITY,
    before: Number.NaN,
    written: Number.NaN,
    largestStep: 0,
    balance: 0,
    finding: fact.finding.id,
    work: '',
    kinds: [],
  };
}

/** Adds a write (or its refusal) to its trail. `work`: id of the window that covers it, or empty. */
export function addWrite(trail: Trail, fact: Fact, work: string): void {
  if (!trail.kinds.includes(fact.kind)) trail.kinds.push(fact.kind);
  if (fact.kind === 'write-refused' || fact.finding.numbers.refused === 1) refuse(trail, fact);
  else if (Math.abs(fact.finding.timeUs - trail.lastUs) <= SAME_WRITE_US) complete(trail, fact);
  else follow(trail, fact, work);
}

/** The answer to a write already followed: it was an attempt. */
function refuse(trail: Trail, fact: Fact): void {
  const { timeUs } = fact.finding;
  if (Math.abs(timeUs - trail.refusedUs) > SAME_WRITE_US) trail.refused += 1;
  trail.refusedUs = timeUs;
  trail.count = Math.max(trail.count, trail.refused);
  if (Number.isNaN(trail.written)) trail.written = fact.written;
  trail.lastUs = Math.max(trail.lastUs, trail.firstUs);
}

/** Another finding about the same write. */
function complete(trail: Trail, fact: Fact): void {
  if (Number.isNaN(trail.before) && trail.count === 1) trail.before = fact.previous;
  if (Number.isNaN(trail.written)) trail.written = fact.written;
}

/** One more write, or many: detectors say a thing again when it happened ten times as often (`times`). */
function follow(trail: Trail, fact: Fact, work: string): void {
  const { timeUs, numbers } = fact.finding;
  const said = Math.max(numbers.count ?? 0, fact.kind === 'write-rate' ? 0 : (numbers.times ?? 0));
  // A write whose value was already followed in the tag itself is counted.
  const counted = trail.followed && Math.abs(fact.written - trail.written) <= SAME_VALUE * Math.abs(changeOf(trail));
  const total = Math.max(trail.count + (counted ? 0 : 1), said);
  const since = total - trail.count;
  const unsaid = since > 1 && trail.count > 0;
  const previous = unsaid || !Number.isFinite(fact.previous) ? trail.written : fact.previous;
  if (trail.count === 0) trail.before = Number.isFinite(fact.previous) ? fact.previous : previous;
  const step = (fact.written - previous) / since;
  if (Number.isFinite(step) && step !== 0) {
    trail.largestStep = Math.max(trail.largestStep, Math.abs(step));
    trail.balance += Math.sign(step) * since;
  }
  trail.work = trail.count === 0 || trail.work !== '' ? work : '';
  trail.count = total;
  trail.firstUs = Math.min(trail.firstUs, timeUs);
  if (timeUs <= trail.lastUs) return;
  trail.lastUs = timeUs;
  if (Number.isFinite(fact.written)) trail.written = fact.written;
  trail.restoredUs = 0;
  trail.seen = false;
  trail.followed = false;
}

/**
 * What the written tag shows now: follows a change that goes on between two findings, and notices when someone put it back. Only
 * after the written value itself was seen: an old poll is no restoration.
 */
export function followValue(trail: Trail, now: number, nowUs: TimeUs): 'restored' | 'moved' | undefined {
  if (!Number.isFinite(now) || !Number.isFinite(trail.written) || !Number.isFinite(trail.before)) return undefined;
  const change = changeOf(trail);
  const further = now - trail.written;
  if (Math.abs(further) <= SAME_VALUE * Math.max(1, Math.abs(change))) {
    trail.seen = true;
    trail.restoredUs = 0;
    return undefined;
  }
  if (!trail.seen) return undefined;
  if (trail.count > 1 && Math.sign(further) === Math.sign(change)) {
    const steps = Math.max(1, Math.round(Math.abs(further) / Math.abs(change / trail.count)));
    trail.count += steps;
    trail.balance += Math.sign(further) * steps;
    trail.followed = true;
    trail.written = now;
    trail.lastUs = Math.max(trail.lastUs, nowUs);
    return 'moved';
  }
  if (trail.restoredUs !== 0 || Math.abs(now - trail.before) > SAME_VALUE * Math.max(1, Math.abs(change)))
    return undefined;
  trail.restoredUs = nowUs;
  return 'restored';
}

/** Whether any write got through. */
export function accepted(trail: Trail): boolean {
  return trail.count > trail.refused;
}

/** What the writes changed in total, NaN where the value before is not known. */
export function changeOf(trail: Trail): number {
  return trail.written - trail.before;
}

/** What the writes still change now: nothing once the old value is back. */
export function standingChange(trail: Trail): number {
  return trail.restoredUs === 0 ? changeOf(trail) : 0;
}

/** The client was learned to write this tag; only value, state or pace is odd. */
export function isFamiliar(trail: Trail): boolean {
  return trail.kinds.every((kind) => kind === 'write-context' || kind === 'write-range' || kind === 'write-rate');
}

/** Many small steps one way: how a change hides from rate limits. */
export function creeps(trail: Trail): boolean {
  return trail.count >= 3 && Math.abs(trail.balance) >= 3 && Math.abs(trail.balance) >= trail.count - 2;
}

/** Puts two trails of the same client and tag together. */
export function continueTrail(mine: Trail, other: Trail): void {
  const [first, last] = mine.firstUs <= other.firstUs ? [mine, other] : [other, mine];
  const { before, firstUs } = first;
  const { written } = last;
  mine.before = before;
  mine.written = written;
  mine.firstUs = firstUs;
  mine.lastUs = Math.max(mine.lastUs, other.lastUs);
  mine.count += other.count;
  mine.refused += other.refused;
  mine.largestStep = Math.max(mine.largestStep, other.largestStep);
  mine.balance += other.balance;
  if (other.work === '') mine.work = '';
  for (const kind of other.kinds) if (!mine.kinds.includes(kind)) mine.kinds.push(kind);
}
