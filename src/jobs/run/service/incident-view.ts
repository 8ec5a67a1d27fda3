/** An incident with everything its page shows: path, lanes on one clock, tags to draw, evidence. */
import type { Finding, FrameReference, Incident, TimeUs } from '../../../records.ts';
import type {
  IncidentHistoryEntry,
  IncidentSummary,
  IncidentView,
  NetworkLane,
  NetworkMark,
  PathStep,
} from '../../../show/api/types.ts';
import { kindOf } from '../../../understand/detect/kinds.ts';
import { techniqueName } from '../../../understand/incidents/techniques.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import type { KeptOperation } from './operations.ts';
import type { Traffic } from './traffic.ts';

/** What people did with an incident, beside the incident itself. */
export interface IncidentNotes {
  readonly assignedTo: string;
  readonly history: readonly IncidentHistoryEntry[];
}

export const NO_NOTES: IncidentNotes = { assignedTo: '', history: [] };

/** Plant time shown before the first sign and after the last. [µs] */
const BEFORE_US = 300e6;
const AFTER_US = 60e6;
const SPAN_US_MIN = 600e6;
const LANES_MAX = 6;
const TREND_TAGS_MAX = 5;
const FRAMES_MAX = 64;

export function summaryOf(incident: Incident, notes: IncidentNotes): IncidentSummary {
  const { id, priority, state, cause, title, openedUs, updatedUs, units } = incident;
  return { id, priority, state, cause, title, openedUs, updatedUs, units, assignedTo: notes.assignedTo };
}

export function viewOf(
  incident: Incident,
  notes: IncidentNotes,
  operations: readonly KeptOperation[],
  pipeline: Pipeline,
  traffic: Traffic,
): IncidentView {
  const mine = operations.filter(({ client }) => incident.actor === '' || client === incident.actor);
  const marks = mine.filter(({ write }) => write).map(markOf);
  const { fromUs, toUs } = spanOf(incident, pipeline.nowUs);
  return {
    incident,
    assignedTo: notes.assignedTo,
    shelvedUntilUs: pipeline.incidents.shelvedUntilUs(incident.id) ?? null,
    history: notes.history,
    path: pathOf(incident, pipeline),
    lanes: lanesOf(incident, operations, pipeline, traffic, fromUs, toUs),
    fromUs,
    toUs,
    trendTags: trendTagsOf(incident, pipeline),
    writes: marks,
    door: null,
    frames: framesOf(incident),
    techniqueNames: incident.techniques.map((id) => ({ id, name: techniqueName(id) })),
  };
}

/** The part of the clock where it happened; an open incident goes on to now. */
export function spanOf(incident: Incident, nowUs: TimeUs): { fromUs: TimeUs; toUs: TimeUs } {
  const first = Math.min(incident.openedUs, ...incident.timeline.map(({ timeUs }) => timeUs));
  const fromUs = first - BEFORE_US;
  const last = incident.state === 'closed' ? incident.updatedUs + AFTER_US : nowUs;
  return { fromUs, toUs: Math.min(Math.max(last, fromUs + SPAN_US_MIN), Math.max(nowUs, first)) };
}

export function markOf(operation: KeptOperation): NetworkMark {
  const refused = operation.status !== '' && operation.status !== 'ok';
  return {
    timeUs: operation.timeUs,
    kind: refused ? 'refused' : operation.write ? 'write' : 'message',
    text: refused ? `${operation.text} (refused: ${operation.status})` : operation.text,
    frame: operation.frame.number,
  };
}

/** One lane a conversation: the actor's own first, then whoever else speaks to the same devices. */
function lanesOf(
  incident: Incident,
  operations: readonly KeptOperation[],
  pipeline: Pipeline,
  traffic: Traffic,
  fromUs: TimeUs,
  toUs: TimeUs,
): NetworkLane[] {
  const { names } = pipeline;
  const about = new Set([...incident.devices, ...incident.devices.map((id) => id.split('/')[0]!)]);
  const concerned = pipeline.observer.conversationTable.list.filter(
    (conversation) => conversation.protocol !== null && about.has(conversation.serverId),
  );
  const isActor = (id: string): number => (id === incident.actor ? 0 : 1);
  concerned.sort((a, b) => isActor(a.clientId) - isActor(b.clientId) || b.messages - a.messages);
  return concerned.slice(0, LANES_MAX).map((conversation) => {
    const marks: NetworkMark[] = traffic
      .between(conversation.id, fromUs, toUs)
      .map((timeUs) => ({ timeUs, kind: 'message', text: '', frame: 0 }));
    const news = incident.findings.filter((f) => f.subject.conversation === conversation.id && isNew(f)).map(newMark);
    const done = operations.filter((operation) => operation.conversation === conversation.id).map(markOf);
    const from = names.zoneOf(conversation.clientId);
    const to = names.zoneOf(conversation.serverId);
    return {
      title: `${names.nameOf(conversation.clientId)} → ${names.nameOf(conversation.serverId)}`,
      detail: from === '' && to === '' ? conversation.protocolName : `${from || '?'} → ${to || '?'}`,
      marks: [...marks, ...news, ...done].sort((a, b) => a.timeUs - b.timeUs),
    };
  });
}

function isNew({ kind }: Finding): boolean {
  return kind === 'new-conversation' || kind === 'new-crossing' || kind === 'new-function' || kind === 'new-point';
}

function newMark(finding: Finding): NetworkMark {
  const frame = finding.evidence.frames[0]?.number ?? 0;
  return { timeUs: finding.timeUs, kind: 'new', text: kindOf(finding.kind)?.title ?? finding.kind, frame };
}

/** From the actor through the zones to the machine. */
function pathOf(incident: Incident, pipeline: Pipeline): PathStep[] {
  const { names } = pipeline;
  const steps: PathStep[] = [];
  const has = (kind: string): boolean => incident.findings.some((finding) => finding.kind === kind);
  const writes = incident.findings.some(({ numbers }) => 'written' in numbers || 'value' in numbers);
  if (incident.actor !== '') {
    const asset = names.asset(incident.actor);
    const crossing = has('new-crossing')
      ? 'crossing never seen before'
      : has('new-conversation')
        ? 'new conversation'
        : 'known conversation';
    steps.push({
      place: names.zoneOf(incident.actor) || 'unknown zone',
      who: whoText(names.nameOf(incident.actor), asset?.addresses[0] ?? ''),
      detail: [asset?.macs[0] ?? '', asset?.vendor ?? ''].filter((text) => text !== '').join(' · '),
      link: crossing,
      linkPriority: crossing.startsWith('known') ? null : 'medium',
    });
  }
  for (const device of incident.devices.slice(0, 3)) {
    if (device === incident.actor) continue;
    const asset = names.asset(device);
    steps.push({
      place: names.zoneOf(device) || 'unknown zone',
      who: whoText(names.nameOf(device), asset?.addresses[0] ?? ''),
      detail: [asset?.vendor ?? '', asset?.model ?? '', asset?.firmware ?? ''].filter((text) => text !== '').join(' '),
      link: writes ? 'write' : 'no write seen',
      linkPriority: writes ? incident.priority : null,
    });
  }
  if (incident.units.length > 0 || incident.tags.length > 0) {
    steps.push({
      place: incident.units.length === 0 ? 'machine' : `unit ${incident.units.join(', ')}`,
      who: incident.tags.slice(0, 4).join(', '),
      detail: '',
      link: '',
      linkPriority: null,
    });
  }
  return steps;
}

function whoText(name: string, address: string): string {
  return name === address || address === '' ? name : `${name} (${address})`;
}

/** Tags that tell the story: what is shown wrong first, then what else is named and moves. */
function trendTagsOf(incident: Incident, pipeline: Pipeline): string[] {
  const known = (name: string): boolean => pipeline.tags.indexOf(name) >= 0;
  const tag = (name: string) => pipeline.tags.tags()[pipeline.tags.indexOf(name)];
  const named = [incident.shown?.tag ?? '', ...incident.tags];
  // What a calibration or set-point acts on says more than itself.
  const acted = named.flatMap((name) => {
    const of = tag(name)?.of ?? '';
    return of === '' ? [name] : [of, name];
  });
  const twins = acted.flatMap((name) => {
    const mates = pipeline.tags.tags().filter(({ twin }) => twin?.of === name);
    return mates.map(({ name: mate }) => mate);
  });
  const effects = pipeline.site.units.flatMap(({ effects: list }) => list);
  const moved = acted.flatMap((name) =>
    effects.flatMap(({ of, on }) => (on === name ? [of] : of === name ? [on] : [])),
  );
  const shows = (name: string): number => (tag(name)?.role === 'measurement' || tag(name)?.role === 'command' ? 0 : 1);
  const all = [...new Set([...acted, ...twins, ...moved])].filter(known);
  return all.sort((a, b) => shows(a) - shows(b)).slice(0, TREND_TAGS_MAX);
}

export function framesOf(incident: Incident): FrameReference[] {
  const frames = new Map<string, FrameReference>();
  const findings = [...incident.findings].sort((a, b) => a.timeUs - b.timeUs);
  // The write is what people want to see first.
  findings.sort((a, b) => ('written' in b.numbers ? 1 : 0) - ('written' in a.numbers ? 1 : 0));
  for (const { evidence } of findings) {
    for (const frame of evidence.frames) {
      if (frame.number > 0 && frames.size < FRAMES_MAX) frames.set(`${frame.capture}#${frame.number}`, frame);
    }
  }
  return [...frames.values()];
}
