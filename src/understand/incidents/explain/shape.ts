/** The outline of a story: which of the few kinds of incident it is, and which write leads it. */
import type { Desk, Shape } from '../case.ts';
import { changesController, type Fact } from '../fact.ts';
import { isThin } from '../join.ts';
import { isPlanned } from '../planned.ts';
import { protectedBy } from '../relations.ts';
import type { Story } from '../story.ts';
import { accepted, creeps, type Trail } from '../trail.ts';
import { isBit } from '../words.ts';

export type TrailSort = 'safety' | 'calibration' | 'setpoint' | 'stop' | 'command' | 'point';

/** What a write touches. */
export function sortOf(trail: Trail, desk: Desk): TrailSort {
  const tag = desk.context.tag(trail.tag);
  if (tag?.role === 'safety' || protectedBy(trail.tag) !== '' || trail.kinds.includes('force')) return 'safety';
  if (trail.kinds.includes('safety-touched')) return 'safety';
  if (tag === undefined || !tag.declared) return 'point';
  if (tag.role === 'calibration') return 'calibration';
  if (tag.role === 'setpoint') return 'setpoint';
  const stops = isBit(tag, trail.tag) && trail.written === 0 && trail.before !== 0 && tag.role === 'command';
  return stops || (Number.isFinite(tag.safe) && trail.written === tag.safe) ? 'stop' : 'command';
}

const ORDER: readonly TrailSort[] = ['safety', 'calibration', 'setpoint', 'stop', 'command', 'point'];

/** Accepted writes, the most telling first. */
export function leadTrails(story: Story, desk: Desk): Trail[] {
  return [...story.trails.values()]
    .filter(accepted)
    .sort((a, b) => ORDER.indexOf(sortOf(a, desk)) - ORDER.indexOf(sortOf(b, desk)) || a.firstUs - b.firstUs);
}

/** Several tools at once: a protection forced while values are moved or falsified. */
function hides(trails: readonly Trail[], desk: Desk): boolean {
  const sorts = new Set(trails.map((trail) => sortOf(trail, desk)));
  return sorts.has('safety') && (sorts.has('calibration') || sorts.has('setpoint') || sorts.has('command'));
}

function writtenShape(trails: readonly Trail[], desk: Desk): Shape | undefined {
  const [lead] = trails;
  if (lead === undefined) return undefined;
  if (hides(trails, desk)) return 'hidden';
  switch (sortOf(lead, desk)) {
    case 'safety':
      return 'safety-forced';
    case 'calibration':
      return creeps(lead) ? 'calibration-creep' : 'calibration';
    case 'setpoint':
      return creeps(lead) ? 'setpoint-creep' : 'setpoint';
    case 'stop':
      return 'stopped';
    case 'command':
      return 'command';
    case 'point':
      return 'point';
  }
}

/** Several tags of one unit that all stand at 0 at once: the machine stands, its instruments are not broken together. */
function stands(story: Story): boolean {
  const process = story.filter((fact) => fact.side === 'process' && !isThin(fact));
  const still = process.every((fact) => fact.kind === 'stuck' || fact.kind === 'noise-lost');
  const tags = new Set(process.map((fact) => fact.tag));
  const units = new Set(process.map((fact) => fact.unit));
  // Counters stand wherever they are.
  const zero = process.every((fact) => fact.finding.numbers.shown === 0 || /^u?int32/.test(fact.known?.type ?? ''));
  return still && zero && tags.size > 1 && units.size === 1;
}

function processShape(story: Story): Shape {
  if (stands(story)) return 'standing';
  const has = (test: (fact: Fact) => boolean) => story.has((fact) => fact.side === 'process' && test(fact));
  if (has((fact) => fact.role === 'safety')) return 'safety-flat';
  if (has((fact) => fact.role === 'reading' && Number.isFinite(fact.deviation) && fact.kind !== 'spike')) {
    return 'reading-wrong';
  }
  if (has((fact) => fact.kind === 'stuck' || fact.kind === 'noise-lost' || fact.kind === 'replay')) return 'stuck';
  return has((fact) => fact.kind === 'balance') ? 'balance' : 'process';
}

export function shapeOf(story: Story, desk: Desk): Shape {
  if (story.grouped) return 'group';
  const trails = leadTrails(story, desk);
  const changed = trails.length > 0 || story.has((fact) => fact.role === 'change');
  if (isPlanned(story, desk) && (changed || story.judgement !== undefined)) return 'planned';
  const responds = trails.length > 0 && story.has((fact) => fact.side === 'process') && isResponse(story, trails);
  const written = responds ? undefined : writtenShape(trails, desk);
  if (written !== undefined && written !== 'point') return written;
  if (story.has((fact) => fact.role === 'change' && fact.kind === 'alarm-suppressed')) return 'alarm-suppressed';
  if (story.has((fact) => fact.role === 'change' && (fact.kind === 'safety-touched' || fact.kind === 'force')))
    return 'safety-forced';
  if (story.has(changesController)) return 'controller';
  if (written !== undefined) return written;
  if (story.has((fact) => fact.side === 'process' && fact.role !== 'blind')) return processShape(story);
  return networkShape(story);
}

/** The first write came after the process already misbehaved for longer than any detector's doubt about when: an answer to it. */
function isResponse(story: Story, trails: readonly Trail[]): boolean {
  const firstUs = Math.min(...trails.map((trail) => trail.firstUs));
  return story.filter((fact) => fact.side === 'process').every((fact) => fact.finding.timeUs < firstUs - 5e6);
}

function networkShape(story: Story): Shape {
  if (story.has((fact) => fact.role === 'change' && fact.tag === '')) return 'controller';
  if (story.trails.size > 0 || story.has((fact) => fact.role === 'attempt')) return 'attempt';
  if (story.has((fact) => fact.role === 'entry')) return 'entry';
  if (story.has((fact) => fact.role === 'leaving')) return 'leaving';
  if (story.has((fact) => fact.role === 'blind')) return 'blind';
  return story.has((fact) => fact.role === 'looking') ? 'scan' : 'arrival';
}
