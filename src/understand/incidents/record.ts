/** A story and what was concluded, as the record everyone else sees. */
import type { Incident, TimelineEntry } from '../../records.ts';
import { actorOf } from './advice.ts';
import type { Desk, Draft } from './case.ts';
import type { Story } from './story.ts';

function unique(items: Iterable<string>): string[] {
  return [...new Set(items)].filter((item) => item !== '');
}

function timelineOf(story: Story): TimelineEntry[] {
  const entries: TimelineEntry[] = [...story.facts.values()].map(({ finding, side, noticedUs }) => ({
    timeUs: side === 'process' ? noticedUs : finding.timeUs,
    text: finding.sentence,
    finding: finding.id,
    side,
  }));
  entries.push(...story.notes);
  if (story.more > 0) {
    entries.push({
      timeUs: story.updatedUs,
      text: `${story.more} more findings like these, counted only.`,
      finding: '',
      side: 'network',
    });
  }
  return entries.sort((a, b) => a.timeUs - b.timeUs);
}

/** Techniques by how telling they are: of what was changed first, then of what the process showed, then of who came. */
function techniquesOf(story: Story): string[] {
  const order = [
    'change',
    'safety',
    'attempt',
    'entry',
    'reading',
    'machine',
    'looking',
    'arrival',
    'leaving',
    'blind',
    'unclear',
  ];
  const facts = [...story.facts.values()].sort((a, b) => order.indexOf(a.role) - order.indexOf(b.role));
  return unique(facts.flatMap((fact) => fact.finding.techniques)).slice(0, 16);
}

/** Devices concerned; the actor itself only where nothing else is. */
function devicesOf(devices: readonly string[], actor: string): string[] {
  const others = unique(devices).filter((device) => device !== actor);
  return others.length > 0 ? others : unique(devices);
}

export function incidentOf(story: Story, draft: Draft, desk: Desk): Incident {
  const facts = [...story.facts.values()];
  const e = draft.explanation;
  const concerned = facts.filter((fact) => fact.role !== 'looking' && fact.role !== 'arrival');
  const tags = unique([e.targetName, e.lead?.tag ?? '', ...concerned.map((fact) => fact.tag)]);
  const actor = e.lead?.actor ?? actorOf(story);
  const unitNames = facts.map((fact) => fact.unit);
  return {
    id: story.id,
    openedUs: story.openedUs,
    updatedUs: story.updatedUs,
    state: story.state,
    priority: draft.priority,
    cause: draft.cause,
    causeConfidence: draft.causeConfidence,
    causeBecause: draft.because,
    sentence: draft.sentence,
    title: draft.title,
    ifNobodyActs: draft.ifNobodyActs,
    advice: draft.advice,
    actor,
    devices: devicesOf(
      facts.map((fact) => fact.device),
      actor,
    ),
    units: unique([
      e.leadTag?.plantUnit ?? '',
      ...unitNames,
      ...tags.map((tag) => desk.relations.unitOfTag(tag)?.name ?? ''),
    ]),
    tags,
    ...(draft.shown === undefined ? {} : { shown: draft.shown }),
    ...(Number.isFinite(e.lagMs) ? { lagMs: e.lagMs } : {}),
    whyOneStory: draft.whyOneStory,
    techniques: techniquesOf(story),
    timeline: timelineOf(story),
    findings: facts.map((fact) => fact.finding),
    ...(story.judgement === undefined ? {} : { judgement: story.judgement }),
  };
}

/** Whether two versions read the same: what is compared is everything a person sees, not when it was touched. */
export function sameForPeople(a: Incident, b: Incident): boolean {
  return (
    a.state === b.state &&
    a.priority === b.priority &&
    a.cause === b.cause &&
    a.causeConfidence === b.causeConfidence &&
    a.sentence === b.sentence &&
    a.ifNobodyActs === b.ifNobodyActs &&
    a.findings.length === b.findings.length &&
    a.timeline.length === b.timeline.length &&
    a.advice.map((step) => step.text).join() === b.advice.map((step) => step.text).join() &&
    a.findings.every((finding, i) => finding === b.findings[i])
  );
}
