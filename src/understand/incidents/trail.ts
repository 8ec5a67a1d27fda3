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
  const { timeUs } = fact.finding;
  if (!trail.kinds.includes(fact.kind)) trail.kinds.push(fact.kind);
  if (fact.kind === 'write-refused') {
    trail.refused += 1;
    if (trail.count < trail.refused) trail.count = trail.refused;
    if (Number.isFinite(fact.written)) trail.written = fact.written;
    trail.lastUs = Math.max(trail.lastUs, timeUs);
    return;
  }
  if (Math.abs(timeUs - trail.lastUs) <= SAME_WRITE_US) {
    if (Number.isNaN(trail.before) && trail.count === 1) trail.before = fact.previous;
    if (Number.isNaN(trail.written)) trail.written = fact.written;
    return;
  }
  const previous = Number.isFinite(fact.previous) ? fact.previous : trail.written;
  if (trail.count === 0) trail.before = previous;
  const step = fact.written - previous;
  if (Number.isFinite(step) && step !== 0) {
    trail.largestStep = Math.max(trail.largestStep, Math.abs(step));
    trail.balance += Math.sign(step);
  }
  const stands = fact.finding.numbers.count ?? 0;
  trail.work = trail.count === 0 || trail.work !== '' ? work : '';
  trail.count = Math.max(trail.count + 1, stands);
  trail.firstUs = Math.min(trail.firstUs, timeUs);
  if (timeUs > trail.lastUs) {
    trail.lastUs = timeUs;
    if (Number.isFinite(fact.written)) trail.written = fact.written;
  }
}

/** Whether any write got through. */
export function accepted(trail: Trail): boolean {
  return trail.count > trail.refused;
}

/** What the writes changed in total, NaN where the value before is not known. */
export function changeOf(trail: Trail): number {
  return trail.written - trail.before;
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
