/** Stage: the sentences a person reads, one set a shape, and why it is one story. */
import type { Case, Shape } from '../case.ts';
import type { Fact } from '../fact.ts';
import type { Story } from '../story.ts';
import { lagText, listText, writtenText } from '../words.ts';
import * as changes from './changes.ts';
import * as network from './network.ts';
import * as processes from './process.ts';
import { type Say, type Scene, sceneOf } from './scene.ts';

const SAYINGS: Readonly<Record<Shape, Say>> = {
  group: network.group,
  planned: changes.planned,
  hidden: changes.hidden,
  'safety-forced': changes.safetyForced,
  'alarm-suppressed': changes.alarmSuppressed,
  'calibration-creep': changes.calibrationCreep,
  calibration: changes.calibration,
  'setpoint-creep': changes.setpointCreep,
  setpoint: changes.setpoint,
  stopped: changes.stopped,
  command: changes.command,
  controller: changes.controller,
  point: changes.point,
  attempt: network.attempt,
  entry: network.entry,
  leaving: network.leaving,
  scan: network.scan,
  arrival: network.arrival,
  blind: network.blind,
  'safety-flat': processes.safetyFlat,
  'reading-wrong': processes.readingWrong,
  stuck: processes.stuck,
  standing: processes.standing,
  balance: processes.balance,
  process: processes.process,
};

export function say(c: Case): void {
  const { story, desk, draft } = c;
  if (story === undefined || draft === undefined) return;
  const scene = sceneOf(story, draft, desk);
  const said = SAYINGS[draft.explanation.shape](scene);
  draft.title = said.title;
  const back = restored(scene);
  draft.sentence = back === '' ? said.sentence : `${firstSentence(said.sentence)} ${back}`;
  draft.ifNobodyActs = back === '' ? said.ifNobodyActs : afterwards(scene);
  draft.whyOneStory = whyOneStory(scene);
}

/** `TT-101.offset is back at 0.0 K since 10:20:00.`; empty while it is not. */
function restored({ e, desk }: Scene): string {
  if (e.lead === undefined || e.lead.restoredUs === 0) return '';
  const old = writtenText(e.lead.before, e.leadTag, e.lead.tag);
  return `${e.lead.tag} is back at ${old} since ${desk.time.clock(e.lead.restoredUs)}.`;
}

function firstSentence(text: string): string {
  return text.split(/(?<=\.) (?=[A-Z])/)[0] ?? text;
}

/** The value is back; what was made in between and who did it are not. */
function afterwards({ story, e, desk }: Scene): string {
  const since = story.suspect?.sinceUs;
  if (since === undefined || e.lead === undefined) return 'Nothing more happens to the process.';
  return `What was made between ${desk.time.minute(since)} and ${desk.time.minute(e.lead.restoredUs)} stays in doubt.`;
}

/** What ties the findings together, as checkable statements. */
function whyOneStory(s: Scene): string {
  const { story, e, desk } = s;
  if (story.facts.size + story.more === 1) return 'One finding so far.';
  const reasons: string[] = [];
  const actors = new Set(story.filter((fact) => fact.actor !== '' && fact.role !== 'blind').map((fact) => fact.actor));
  const network = story.filter((fact) => fact.side === 'network');
  if (actors.size === 1 && network.length > 1)
    reasons.push(`everything on the wire was said by ${desk.context.nameOf([...actors][0]!)}`);
  if (e.lead !== undefined && e.effect !== undefined) reasons.push(...causeAndEffect(s, e.effect));
  const shared = sharedUnits(story);
  if (e.lead === undefined && shared.length === 1) reasons.push(`all of it is ${shared[0]}`);
  if (s.draft.explanation.shape === 'blind') reasons.push('the views were lost within minutes of each other');
  else if (shared.length > 1)
    reasons.push(`${listText(shared)} pass product to each other or share a loop, and the second followed the first`);
  if (story.grouped) reasons.push('they came in one flood');
  if (reasons.length === 0) reasons.push('they share device, tag or time');
  return `${reasons.map((reason, i) => (i === 0 ? reason[0]!.toUpperCase() + reason.slice(1) : reason)).join('; ')}.`;
}

function causeAndEffect(s: Scene, effect: Fact): string[] {
  const { e } = s;
  const place = e.leadTag?.plantUnit || s.unit || s.desk.context.nameOf(e.lead!.device);
  const parts = [`the write and the deviation share ${place}`];
  if (e.matches) parts.push('size and sign of the error equal what was written');
  parts.push(`${effect.tag || 'the effect'} showed it ${lagText(e.lagMs)}`);
  return parts;
}

function sharedUnits(story: Story): string[] {
  return [...new Set(story.filter((fact) => fact.unit !== '').map((fact) => fact.unit))];
}
