/** The overview: is all well, in one sentence that names the worst thing, and what stands behind it. */
import { durationText } from '../../../base/duration.ts';
import type { Incident, Priority } from '../../../records.ts';
import type {
  AlarmBudget,
  CaptureHealth,
  CaptureSource,
  Doors,
  Headline,
  LearningItem,
  LearningProgress,
  TagNow,
  UnitOverview,
} from '../../../show/api/types.ts';
import { poissonInterval } from '../../../understand/detect/budget/poisson.ts';
import type { PlantUnit } from '../../../understand/plant/model.ts';
import { UNKNOWN_STATE } from '../../../understand/plant/states.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import { isWorse, type TagTrouble, type TagViews } from './tag-view.ts';

/** Tags shown on a unit's card. */
const UNIT_TAGS = 4;
const UNITS_WITHOUT_SITE_TAGS = 6;

export function headlineOf(open: readonly Incident[], learning: LearningProgress, safety: number): Headline {
  let worst: Incident | undefined;
  for (const incident of open) {
    if (incident.priority === 'information' || incident.state === 'shelved') continue;
    if (worst === undefined || isWorse(incident.priority, worst.priority)) worst = incident;
  }
  const bypasses =
    safety === 0 ? '' : ` ${safety === 1 ? 'A safety function is' : `${safety} safety functions are`} bypassed.`;
  if (worst !== undefined)
    return { priority: worst.priority, text: headlineText(worst) + bypasses, incident: worst.id };
  if (safety > 0) return { priority: 'high', text: bypasses.trim(), incident: '' };
  if (learning.items.some(({ readiness }) => readiness === 'learning')) {
    return {
      priority: 'cannot-judge',
      text: `Nothing is wrong that can be judged yet. ${learning.sentence}`,
      incident: '',
    };
  }
  return { priority: 'well', text: 'All is as expected.', incident: '' };
}

/** What is wrong and what it does now, in one breath. */
function headlineText({ title, ifNobodyActs }: Incident): string {
  const consequence = ifNobodyActs.split(/[;.]/)[0]?.trim() ?? '';
  return consequence === '' ? ended(title) : `${ended(title)} ${ended(consequence)}`;
}

function ended(title: string): string {
  return /[.!?]$/.test(title) ? title : `${title}.`;
}

export function unitsOf(pipeline: Pipeline, views: TagViews, tags: TagTrouble, units: TagTrouble): UnitOverview[] {
  const { site } = pipeline;
  if (site.units.length === 0) return undeclaredUnit(pipeline, views, tags);
  return site.units.map((unit) => {
    const now = unit.tags.map((tag) => views.view(pipeline.tags.indexOf(tag.name), tags));
    const wrong = units.get(unit.name);
    return {
      name: unit.name,
      title: unit.title,
      state: pipeline.stateOf(unit.name),
      priority: wrong?.priority ?? null,
      note: noteOf(unit, pipeline, wrong?.incident ?? ''),
      incident: wrong?.incident ?? '',
      cannotJudge: now.filter(({ readiness }) => readiness === 'cannot-judge').length,
      tags: tellingTags(now),
    };
  });
}

/** Without a site file the machines have no names: the tags that move stand together. */
function undeclaredUnit(pipeline: Pipeline, views: TagViews, trouble: TagTrouble): UnitOverview[] {
  const all = pipeline.tags.tags();
  if (all.length === 0) return [];
  const shown: TagNow[] = [];
  for (let index = 0; index < all.length && shown.length < UNITS_WITHOUT_SITE_TAGS; index++) {
    if (all[index]!.role === 'measurement') shown.push(views.view(index, trouble));
  }
  const priority = [...trouble.values()].reduce<Priority | null>(
    (worst, { priority: one }) => (worst === null || isWorse(one, worst) ? one : worst),
    null,
  );
  const note = `${all.length} tags found on the wire; name them in a site file`;
  return [
    { name: 'tags', title: 'found on the wire', state: '', priority, note, incident: '', cannotJudge: 0, tags: shown },
  ];
}

function noteOf(unit: PlantUnit, pipeline: Pipeline, incident: string): string {
  const shown = incident === '' ? undefined : pipeline.incidents.get(incident)?.shown;
  if (shown !== undefined && unit.tags.some(({ name }) => name === shown.tag)) {
    return `${shown.tag} likely ${shown.likelyTrue.toFixed(1)}, not ${shown.shown.toFixed(1)}`;
  }
  return incident;
}

/** What is wrong first, then measurements that have a band or a limit, then the rest. */
function tellingTags(tags: readonly TagNow[]): TagNow[] {
  const worth = ({ priority, role, band, limits, quality }: TagNow): number =>
    (priority === null ? 0 : 100) +
    (role === 'measurement' ? 10 : role === 'command' ? 4 : 0) +
    (limits.length > 0 ? 4 : 0) +
    (band === null ? 0 : 2) +
    (quality === 'good' ? 1 : 0);
  const moving = tags.filter(({ digits, role }) => role !== 'status' || digits > 0);
  return [...moving].sort((a, b) => worth(b) - worth(a)).slice(0, UNIT_TAGS);
}

export function learningOf(pipeline: Pipeline): LearningProgress {
  const network = pipeline.network.progress();
  const process = pipeline.process.progress();
  const left = Math.max(network.secondsLeft, process.secondsLeft);
  const learning = pipeline.learning;
  const steady = process.tags.filter(({ readiness }) => readiness === 'ready').length;
  const waiting = network.pending === 0 ? '' : `, ${network.pending} writes to confirm`;
  const items: LearningItem[] = [
    {
      name: 'Network',
      readiness: network.phase === 'ready' ? 'ready' : 'learning',
      text: `${network.assets} assets, ${network.conversations} conversations${waiting}${unstableText(network.unstable)}`,
      fraction: network.share,
      leftMs: network.phase === 'ready' ? 0 : network.secondsLeft * 1000,
    },
    {
      name: 'Process',
      readiness: process.phase === 'ready' ? 'ready' : 'learning',
      text: learning
        ? `${process.tags.length} tags${unstableText(process.unstable)}`
        : `${steady} of ${process.tags.length} tags can be judged`,
      fraction: process.share,
      leftMs: process.phase === 'ready' ? 0 : process.secondsLeft * 1000,
    },
  ];
  for (const text of process.joint) {
    // Values not yet read are no state of the machine: nothing is to be learned of it.
    if (text.includes(` ${UNKNOWN_STATE}:`)) continue;
    items.push({
      name: `Together: ${text.slice(0, text.indexOf(':'))}`,
      readiness: text.includes('too little') ? 'cannot-judge' : 'ready',
      text: text.slice(text.indexOf(':') + 1).trim(),
      fraction: text.includes('too little') ? 0 : 1,
      leftMs: 0,
    });
  }
  const sentence = learning
    ? `Learning what is normal, ${Math.round(100 * Math.min(network.share, process.share))} % done, ${durationText(left)} of plant time left.`
    : 'Learning is done; what is new is judged.';
  return {
    sentence,
    items,
    baseline: learning ? 'not yet learned' : `learned until ${clockText(pipeline.learnedUs, pipeline.site.timeZone)}`,
  };
}

/** Date and time of day where the plant stands. */
function clockText(timeUs: number, timeZone: string): string {
  return new Date(timeUs / 1000).toLocaleString('en-GB', { timeZone, dateStyle: 'medium', timeStyle: 'short' });
}

function unstableText(unstable: readonly string[]): string {
  if (unstable.length === 0) return '';
  return `; still new lately: ${unstable.slice(0, 3).join(', ')}${unstable.length > 3 ? ` and ${unstable.length - 3} more` : ''}`;
}

export function captureHealthOf(sources: readonly CaptureSource[]): CaptureHealth {
  const lost = sources.reduce((sum, source) => sum + source.lost, 0);
  const losses = sources.flatMap(({ mirrorLossPercent }) => mirrorLossPercent ?? []);
  const mirror = losses.length === 0 ? null : Math.max(...losses);
  const failed = sources.find(({ state }) => state === 'failed');
  const priority: Priority | null = failed !== undefined ? 'high' : lost > 0 || (mirror ?? 0) >= 1 ? 'medium' : null;
  const sentence =
    failed !== undefined
      ? `${failed.name} gives no frames: Firedoor is blind there.`
      : lost > 0
        ? `${lost} frames were lost by the sensor.`
        : (mirror ?? 0) >= 1
          ? `The mirror probably loses ${mirror?.toFixed(1)} % of the traffic.`
          : 'Every frame was seen, as far as can be told.';
  return { sentence, priority, lost, mirrorLossPercent: mirror, sources };
}

/** Which doors there are, when no policy is set: all pass, and learn what a policy would have to allow. */
export function doorsOf(pipeline: Pipeline, figures: ReadonlyMap<string, DoorFigures>): Doors {
  const { site } = pipeline;
  const mode = pipeline.learning ? 'learn' : 'observe';
  const total = figures.size;
  const doors = site.conduits.map((conduit) => {
    const zone = site.zones.find(({ name }) => name === conduit.to);
    const through = [...figures.values()].filter(({ device }) => pipeline.zones.nameOf(device) === zone?.name);
    const passed = messagesBetween(pipeline, conduit.from, conduit.to);
    const worst = through.reduce<DoorFigures | undefined>(
      (slow, one) => (slow === undefined || one.p99Us > slow.p99Us ? one : slow),
      undefined,
    );
    return {
      name: conduit.name,
      from: conduit.from,
      to: conduit.to,
      protocols: conduit.protocols,
      mode: mode as 'learn' | 'observe',
      up: through.some(({ listening }) => listening),
      toJudge: 0,
      passed,
      held: 0,
      denied: 0,
      evidence: through.length === 0 ? 'watched at a mirror port, not inline' : 'passes everything and watches',
      wrongBlocksBound: '',
      addedP50Us: worst === undefined ? null : worst.p50Us,
      addedP99Us: worst === undefined ? null : worst.p99Us,
      ifFiredoorFails: '' as const,
      listeners: through.map(({ listener }) => listener),
    };
  });
  const sentence =
    doors.length === 0
      ? 'No doors are declared: Firedoor only watches.'
      : total === 0
        ? 'No door stands inline: Firedoor only watches.'
        : 'All doors stand open: they pass every message and watch it.';
  const byMode = doors.length === 0 ? [] : [{ mode: mode as 'learn' | 'observe', count: doors.length }];
  return { sentence, doors, byMode, automaticActionsToday: 0, automaticActionsMax: 0 };
}

/** Messages of conversations from one zone into another. */
function messagesBetween({ observer, names }: Pipeline, from: string, to: string): number {
  let messages = 0;
  for (const conversation of observer.conversationTable.list) {
    if (conversation.messages === 0 || names.zoneOf(conversation.serverId) !== to) continue;
    if (names.zoneOf(conversation.clientId) === from) messages += conversation.messages;
  }
  return messages;
}

/** What the enforcer says of one listener. */
export interface DoorFigures {
  readonly listener: string;
  readonly device: string;
  readonly listening: boolean;
  readonly messages: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

const WEEK_US = 7 * 86_400e6;

/** Promise against observation: a false alarm is an incident of medium or higher priority that a person judged wrong. */
export function budgetOf(pipeline: Pipeline, wrongJudged: readonly number[], watchedSinceUs: number): AlarmBudget {
  const { text } = pipeline.site.alarmBudget;
  const watchedUs = pipeline.nowUs - watchedSinceUs;
  const spent = wrongJudged.filter((timeUs) => timeUs > pipeline.nowUs - WEEK_US).length;
  if (!(watchedUs > 0))
    return { promised: text, spent: 0, observedPerWeek: null, sentence: 'Nothing is counted while learning.' };
  const weeks = watchedUs / WEEK_US;
  const [low, high] = poissonInterval(wrongJudged.length);
  const observed: [number, number] = [low / weeks, high / weeks];
  return {
    promised: text,
    spent,
    observedPerWeek: observed,
    sentence:
      weeks < 1
        ? `${spent} of ${text} spent; watched for ${durationText(watchedUs / 1e6)}, too short to compare with the promise.`
        : `${spent} of ${text} spent; watched for ${durationText(watchedUs / 1e6)}, so between ${observed[0].toFixed(1)} and ${observed[1].toFixed(0)} a week are compatible with what was judged wrong.`,
  };
}
