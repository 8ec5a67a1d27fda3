/** Sentences about what someone changed: calibration, set-point, command, force, program. */

import type { KindName } from '../../detect/kinds.ts';
import { mayBeRight } from '../explain/explain.ts';
import { leadTrails, sortOf } from '../explain/shape.ts';
import { changesController, type Fact } from '../fact.ts';
import { guardsPeople, movingPart, protectorOf, quantityOf, safetyNoun, tagText } from '../instruments.ts';
import { EXACT_KINDS } from '../kind-roles.ts';
import { leftBehind } from '../planned.ts';
import { protectedBy } from '../relations.ts';
import { accepted, changeOf, type Trail } from '../trail.ts';
import { capital, exact, listText, signed, spanText, withUnit, writtenText } from '../words.ts';
import {
  amountText,
  limitText,
  paceText,
  type Say,
  type Scene,
  suspectText,
  trustText,
  truthText,
  value,
} from './scene.ts';

/** What happens if nobody acts to a false reading. */
function falseReading(s: Scene): string {
  const { e } = s;
  const doubt = suspectText(s);
  const trust = trustText(s);
  if (doubt !== '') return `${capital(doubt)}${amountText(s)}${trust === '' ? '' : `; ${trust}`}.`;
  const pace = paceText(s);
  if (pace !== '' && e.shape === 'calibration-creep') return `${capital(pace)}${trust === '' ? '' : `; ${trust}`}.`;
  if (e.crossing !== undefined) {
    const when = Number.isFinite(e.crossing.timeUs) ? ` by ${s.desk.time.minute(e.crossing.timeUs)}` : '';
    return `The true ${quantityOf(e.targetName)} is ${limitText(s)}${when}${trust === '' ? '' : `; ${trust}`}.`;
  }
  if (mayBeRight(e, s.desk)) {
    return `If the old value was right, ${e.targetName} stays off by ${signed(e.readsHigh, e.target?.unit ?? '')}.`;
  }
  if (Number.isFinite(e.settled)) {
    return `${e.targetName} stays wrong by ${signed(e.readsHigh, e.target?.unit ?? '')}; the true ${quantityOf(e.targetName)} stays near ${value(e.settled, e)}, inside its limits.`;
  }
  return `${e.targetName} stays wrong, and whatever trusts it acts on it.`;
}

const at = (s: Scene, trail: Trail) => `at ${s.desk.time.clock(trail.firstUs)}`;
const textOf = (s: Scene, number: number, trail: Trail) =>
  writtenText(number, s.desk.context.tag(trail.tag), trail.tag);

/** `by +4.0 K`, or the new value where the old one is not known. */
function changeText(s: Scene, trail: Trail): string {
  const change = changeOf(trail);
  const unit = s.desk.context.tag(trail.tag)?.unit ?? '';
  return Number.isFinite(change) ? `by ${signed(change, unit)}` : `to ${textOf(s, trail.written, trail)}`;
}

/** `from 75.0 °C to 74.9 °C`. */
function fromTo(s: Scene, trail: Trail): string {
  const to = `to ${textOf(s, trail.written, trail)}`;
  return Number.isFinite(trail.before) ? `from ${textOf(s, trail.before, trail)} ${to}` : to;
}

const moved = (trail: Trail) => (changeOf(trail) < 0 ? 'lowered' : changeOf(trail) > 0 ? 'raised' : 'set');

export const calibration: Say = (s) => {
  const lead = s.e.lead!;
  const target = s.e.targetName || lead.tag;
  return {
    title: `Calibration of ${target} changed ${changeText(s, lead)}`,
    sentence: `${s.who} changed the calibration of ${target} ${changeText(s, lead)} ${at(s, lead)}. ${truthText(s)}`,
    ifNobodyActs: falseReading(s),
  };
};

export const calibrationCreep: Say = (s) => {
  const lead = s.e.lead!;
  const target = s.e.targetName || lead.tag;
  const total = signed(changeOf(lead), s.desk.context.tag(lead.tag)?.unit ?? '');
  const pace = paceText(s);
  const steps = `in ${lead.count} small steps since ${s.desk.time.clock(lead.firstUs)}, ${total} so far`;
  return {
    title: `Calibration of ${target} creeps: ${total} in ${lead.count} steps`,
    sentence: `${s.who} has changed the calibration of ${target} ${steps}. ${truthText(s)}${pace === '' ? '' : ` ${capital(pace)}.`}`,
    ifNobodyActs: falseReading(s),
  };
};

/** Where a set-point leads: seen or expected. */
function follows(s: Scene): string {
  const { e, desk } = s;
  if (e.targetName === '' || e.targetName === e.lead?.tag) return '';
  const lag = e.lead === undefined ? undefined : desk.relations.link(e.lead.tag, e.targetName)?.lagSeconds;
  const within = lag === undefined || lag === 0 ? '' : ` within about ${spanText(lag)}`;
  const limit = limitText(s);
  if (e.crossing?.happened === true) return `${e.targetName} followed and shows ${value(e.shown, e)}, ${limit}.`;
  const shown = Number.isFinite(e.shown) ? ` (now ${value(e.shown, e)})` : '';
  const pace =
    e.shape === 'setpoint-creep' &&
    e.crossing !== undefined &&
    Math.sign(e.settled - e.crossing.limit) === (e.crossing.side === 'low' ? 1 : -1);
  if (pace) return `${e.targetName} follows${shown}; ${paceText(s).replace('the true', 'the')}.`;
  return `${e.targetName} follows${within}${shown}${limit === '' ? '' : `, ${limit}`}.`;
}

function truthfulLoss(s: Scene): string {
  const { e } = s;
  const protector = protectorOf(s.unit, s.desk);
  if (e.crossing === undefined) return `${e.targetName || s.unit || 'The machine'} stays where it was put.`;
  const when = Number.isFinite(e.crossing.timeUs)
    ? `${e.crossing.happened ? 'Since' : 'From'} ${s.desk.time.minute(e.crossing.timeUs)} `
    : '';
  const acted = protector !== undefined && s.desk.context.valueOf(protector.name) === protector.safe;
  const acts =
    acted && e.guarded
      ? `${tagText(protector)} has acted: product is lost, not let through`
      : protector === undefined || !e.guarded
        ? 'nothing declared here acts on it'
        : `${tagText(protector)} can act on it, because ${e.targetName} shows the truth: product is lost, not let through`;
  return capital(`${when}${e.targetName} is ${limitText(s)}; ${acts}.`);
}

export const setpoint: Say = (s) => {
  const lead = s.e.lead!;
  return {
    title: `${lead.tag} ${moved(lead)} to ${textOf(s, lead.written, lead)}`,
    sentence:
      `${s.who} ${moved(lead)} ${lead.tag} ${fromTo(s, lead)} ${at(s, lead)}. ${follows(s)}${reaches(s)}`.trim(),
    ifNobodyActs: truthfulLoss(s),
  };
};

export const setpointCreep: Say = (s) => {
  const lead = s.e.lead!;
  const steps = `in ${lead.count} small steps since ${s.desk.time.clock(lead.firstUs)}, ${fromTo(s, lead)}`;
  return {
    title: `${lead.tag} creeps ${changeOf(lead) < 0 ? 'down' : 'up'}: ${textOf(s, lead.written, lead)}`,
    sentence: `${s.who} has ${moved(lead)} ${lead.tag} ${steps}. ${follows(s)}${reaches(s)}`,
    ifNobodyActs: truthfulLoss(s),
  };
};

/** Effects that reached another unit: `It reaches P1: LSH-201`. */
function reaches(s: Scene): string {
  const others = new Map<string, Set<string>>();
  for (const fact of s.story.facts.values()) {
    if (fact.side !== 'process' || fact.unit === '' || fact.unit === s.unit) continue;
    others.set(fact.unit, (others.get(fact.unit) ?? new Set()).add(fact.tag || 'its state'));
  }
  return [...others].map(([unit, tags]) => ` It reaches ${unit}: ${listText([...tags])}.`).join('');
}

function stoppedEffect(s: Scene): string {
  const { e } = s;
  if (e.targetName === '') return '';
  if (e.effect === undefined)
    return ` ${e.targetName} goes to 0 within ${spanText(Math.max(1, s.desk.relations.link(e.lead!.tag, e.targetName)?.lagSeconds ?? 3))}.`;
  return Number.isFinite(e.shown) ? ` ${e.targetName} now shows ${value(e.shown, e)}.` : '';
}

export const stopped: Say = (s) => {
  const lead = s.e.lead!;
  const cost = s.desk.relations.unit(s.unit)?.consequence.downtimePerHour ?? 0;
  const loss =
    cost > 0 ? `${s.unit} stands: about ${cost.toLocaleString('en-US')} an hour` : `${s.unit || 'The machine'} stands`;
  const next = s.desk.relations.neighbours(s.unit);
  const backs = next.length === 0 ? '' : `; what ${listText(next)} passes on has nowhere to go`;
  return {
    title: `${s.unit || lead.tag} stopped over the network`,
    sentence: `${s.who} switched ${lead.tag} off ${at(s, lead)}: ${s.unit || 'the machine'} stops.${stoppedEffect(s)}${reaches(s)}`,
    ifNobodyActs: `${loss}${backs}.`,
  };
};

export const command: Say = (s) => {
  const lead = s.e.lead!;
  const times = lead.count > 1 ? `, ${lead.count} times` : '';
  const followed = s.e.effect === undefined ? '' : ` ${s.e.effect.finding.sentence}`;
  return {
    title: `${lead.tag} written: ${textOf(s, lead.written, lead)}`,
    sentence:
      `${s.who} set ${lead.tag} ${fromTo(s, lead)} ${at(s, lead)}${times}. ${follows(s)}${followed}${reaches(s)}`
        .replace(/ {2,}/g, ' ')
        .trim(),
    ifNobodyActs: truthfulLoss(s),
  };
};

/** Of what deviates since, that whose size is nearest to what was written. */
function closestDeviation(s: Scene, lead: Trail): Fact | undefined {
  const size = Number.isFinite(changeOf(lead)) ? changeOf(lead) : lead.written;
  const far = (fact: Fact) => Math.abs(fact.deviation - size);
  return s.story
    .filter((fact) => fact.side === 'process' && Number.isFinite(fact.deviation) && !isWritten(s, fact.tag))
    .reduce<Fact | undefined>((best, fact) => (best === undefined || far(fact) < far(best) ? fact : best), undefined);
}

/** `holding/100 reads 4.0 high since`, or for a single jump `holding/100 jumped by +4.0`. */
function deviationText(fact: Fact): string {
  const unit = fact.known?.unit ?? '';
  if (EXACT_KINDS.has(fact.kind)) return `${fact.tag} jumped by ${signed(fact.deviation, unit)} with it.`;
  const way = fact.deviation > 0 ? 'high' : 'low';
  return `${fact.tag} reads ${withUnit(exact(Math.abs(fact.deviation), 1), unit)} ${way} since.`;
}

/** No site file names the point: say what is known, by address. */
export const point: Say = (s) => {
  const lead = s.e.lead!;
  const times = lead.count > 1 ? `, ${lead.count} times, last` : '';
  const seen = closestDeviation(s, lead);
  const reads = seen === undefined ? 'What it means there is not known.' : deviationText(seen);
  const device = s.desk.context.nameOf(lead.device);
  return {
    title: `${lead.tag} written`,
    sentence: `${s.who} ${Number.isFinite(lead.before) ? 'changed' : 'set'} ${lead.tag} ${fromTo(s, lead)} ${at(s, lead)}${times}. ${reads}`,
    ifNobodyActs:
      seen === undefined
        ? `The value stays in ${device || 'the device'}; name the point in the site file to know what it does.`
        : `${seen.tag} stays wrong, and whatever trusts it acts on it.`,
  };
};

/** `forced the guard door GUARD-1`. */
function forcedText(s: Scene, trail: Trail): string {
  const input = protectedBy(trail.tag) || s.desk.context.tag(trail.tag)?.of || trail.tag;
  return `forced the ${safetyNoun(input, s.desk)} ${input}`;
}

function isWritten(s: Scene, tag: string): boolean {
  return [...s.story.trails.values()].some((trail) => trail.tag === tag);
}

/** What contradicts the forced input: the lamp contact that still shows the door. */
function contradiction(s: Scene, input: string): string {
  const seen = s.story
    .filter(
      (fact) =>
        fact.side === 'process' &&
        fact.tag !== '' &&
        !isWritten(s, fact.tag) &&
        (s.desk.relations.link(input, fact.tag)?.hops ?? 9) <= 1,
    )
    .at(0);
  if (seen === undefined) return '';
  const others = seen.tag !== input ? seen.tag : otherSide(s, input);
  const since = s.desk.time.clock(seen.finding.timeUs);
  const state = s.desk.context.stateOf(s.unit);
  const running = state === '' ? '' : ` while ${s.unit} is ${state}`;
  return guardsPeople(input, s.desk)
    ? ` ${others} contradicts it since ${since}: the ${safetyNoun(input, s.desk)} is likely open${running}.`
    : ` ${others} contradicts it since ${since}${running}.`;
}

function otherSide(s: Scene, input: string): string {
  for (const invariant of s.desk.relations.unit(s.unit)?.invariants ?? []) {
    const tags = [...invariant.left.tags, ...invariant.right.tags];
    const other = tags.find((tag) => tag !== input);
    if (tags.includes(input) && other !== undefined) return other;
  }
  return 'The process';
}

export const safetyForced: Say = (s) => {
  const lead = s.e.lead;
  const fact = s.story.filter((f) => f.kind === 'safety-touched' || f.kind === 'force').at(0);
  if (lead === undefined) {
    const device = s.desk.context.nameOf(fact?.device ?? '');
    return {
      title: `Safety controller ${device} spoken to`,
      sentence: `${s.who} spoke to the safety controller ${device} at ${s.desk.time.clock(fact?.finding.timeUs ?? s.story.openedUs)}: ${fact?.finding.seen || 'nobody but its engineering station ever does'}.`,
      ifNobodyActs: `What protects people and machine${s.unit === '' ? '' : ` at ${s.unit}`} may no longer act.`,
    };
  }
  const input = s.e.targetName || lead.tag;
  const noun = safetyNoun(input, s.desk);
  const people = guardsPeople(input, s.desk);
  const forced = [...s.story.trails.values()].find((trail) => /value$/.test(trail.tag) && accepted(trail)) ?? lead;
  const reads = Number.isFinite(forced.written) ? ` to ${textOf(s, forced.written, forced)}` : '';
  const part = movingPart(s.unit, s.desk);
  const harm = people
    ? `${s.unit} no longer stops when the ${noun} is opened; the ${part} runs on and can injure whoever reaches in`
    : `${s.unit || 'The machine'} no longer trips on it`;
  return {
    title: `${capital(noun)} ${input} forced`,
    sentence: `${s.who} ${forcedText(s, lead)}${reads} ${at(s, lead)}. ${harm}.${contradiction(s, input)}`,
    ifNobodyActs: people
      ? `The ${part} runs with the ${noun} open the next time someone opens it: a person can be injured.`
      : `The ${noun} ${input} stays without effect: the next fault it should catch goes through.`,
  };
};

function deedText(s: Scene, trail: Trail): string {
  switch (sortOf(trail, s.desk)) {
    case 'safety':
      return forcedText(s, trail);
    case 'calibration':
      return `changed the calibration of ${s.desk.context.tag(trail.tag)?.of || trail.tag} ${changeText(s, trail)}`;
    case 'setpoint':
      return `${moved(trail)} ${trail.tag} ${fromTo(s, trail)}`;
    case 'stop':
      return `switched ${trail.tag} off`;
    default:
      return `set ${trail.tag} ${fromTo(s, trail)}`;
  }
}

/** Several writes that only together make sense: what protects is off, what shows is false, what heats goes on. */
export const hidden: Say = (s) => {
  const trails = leadTrails(s.story, s.desk).sort((a, b) => a.firstUs - b.firstUs);
  const deeds = [...new Set(trails.map((trail) => deedText(s, trail)))];
  const firstUs = Math.min(...trails.map((trail) => trail.firstUs));
  const lastUs = Math.max(...trails.map((trail) => trail.lastUs));
  const inputs = [
    ...new Set(
      trails.filter((trail) => sortOf(trail, s.desk) === 'safety').map((trail) => protectedBy(trail.tag) || trail.tag),
    ),
  ];
  const span = `between ${s.desk.time.clock(firstUs)} and ${s.desk.time.clock(lastUs)}`;
  const falsified = Number.isFinite(s.e.readsHigh);
  return {
    title: falsified
      ? `${s.unit}: ${s.e.targetName} falsified and ${listText(inputs)} forced`
      : `${s.unit}: ${listText(inputs)} forced and values moved`,
    sentence: `${s.who} ${listText(deeds, 6)} ${span}. ${falsified ? truthText(s) : ''}${falsified ? ' ' : ''}${listText(inputs)} will not trip.${reaches(s)}`,
    ifNobodyActs: `${falsified ? falseReading(s) : truthfulLoss(s)} ${capital(listText(inputs))} is forced and stops nothing.`,
  };
};

/** What was done to a controller: as a title, to it by name, and as one thing more. */
const CONTROLLER_DEEDS: Partial<Record<KindName, readonly [title: string, deed: string, also: string]>> = {
  'program-download': ['Program loaded into', 'loaded a program into', 'loaded a program into it'],
  'mode-change': ['Mode changed of', 'changed the mode of', 'changed its mode'],
  restart: ['Restart of', 'restarted', 'restarted it'],
  firmware: ['Firmware or files sent to', 'sent firmware or files to', 'sent it firmware or files'],
  'file-delete': ['Files deleted on', 'deleted files on', 'deleted files on it'],
  'logic-changed': ['Program changed of', 'changed the program of', 'changed its program'],
  'credential-change': ['Password changed of', 'changed a password of', 'changed a password of it'],
  'network-settings': [
    'Name or address changed of',
    'gave another name or address to',
    'gave it another name or address',
  ],
  'clock-change': ['Clock set of', 'set the clock of', 'set its clock'],
  'write-sequence': [
    'Commands out of order to',
    'sent commands in a forbidden order to',
    'broke the order of commands',
  ],
  'write-rate': [
    'Too many commands to',
    'sent commands faster than any person to',
    'sent commands faster than any person',
  ],
};

export const controller: Say = (s) => {
  const facts = s.story.filter((fact) => fact.role === 'change' && fact.tag === '');
  const main = s.story.filter(changesController).at(0) ?? facts[0];
  const [title, deed] = (main === undefined ? undefined : CONTROLLER_DEEDS[main.kind]) ?? ['Change of', 'changed'];
  const device = s.desk.context.nameOf(main?.device ?? '') || 'a controller';
  const also = facts.filter((fact) => fact.kind !== main?.kind).map((fact) => CONTROLLER_DEEDS[fact.kind]?.[2] ?? '');
  const others = [...new Set(also)].filter((text) => text !== '');
  const more = others.length === 0 ? '' : ` It also ${listText(others)}.`;
  const effect = s.e.effect === undefined ? '' : ` ${s.e.effect.finding.sentence}`;
  const runs = s.unit === '' ? 'What it controls' : s.unit;
  return {
    title: `${title} ${device}`,
    sentence: `${s.who} ${deed} ${device} at ${s.desk.time.clock(main?.finding.timeUs ?? s.story.openedUs)}.${more}${effect}`,
    ifNobodyActs: `${runs} may follow another law than the one that was approved, and the screen does not show it.`,
  };
};

export const alarmSuppressed: Say = (s) => {
  const fact = s.story.filter((f) => f.kind === 'alarm-suppressed').at(0)!;
  const what = fact.tag || s.desk.context.nameOf(fact.device) || 'a device';
  return {
    title: `Alarms of ${what} switched off`,
    sentence: `${s.who} switched off alarms or reports of ${what} at ${s.desk.time.clock(fact.finding.timeUs)}.${s.e.effect === undefined ? '' : ` ${s.e.effect.finding.sentence}`}`,
    ifNobodyActs: `Nobody is told when ${what} leaves its limits.`,
  };
};

/** Announced work: who, what, until when; afterwards what it left. */
export const planned: Say = (s) => {
  const { story, desk } = s;
  const trails = leadTrails(story, desk);
  const what = trails.length === 0 ? 'work' : workText(s, trails);
  const { work } = story;
  const window =
    work === undefined
      ? `said by ${story.judgement?.by ?? 'a person'}`
      : `window of ${work.who} until ${desk.time.minute(work.untilUs)}`;
  const left = leftBehind(story, desk);
  const ended = work?.ended === true;
  const difference = ended
    ? left.length === 0
      ? ' Everything written is back where it was.'
      : ` It ended and leaves a difference: ${left.join('; ')}.`
    : '';
  const first = trails[0];
  return {
    title: `Planned work: ${what}`,
    sentence:
      `Planned work: ${what} by ${lower(s.who)}${first === undefined ? '' : ` ${at(s, first)}`} (${window}). No alarm.${difference}`.replace(
        ended && left.length > 0 ? ' No alarm.' : '\0',
        '',
      ),
    ifNobodyActs:
      left.length === 0
        ? 'Nothing to do.'
        : `${ended ? 'It stays so' : 'Until the window ends nothing to do; then it stays so'}: ${left.join('; ')}.`,
  };
};

function workText(s: Scene, trails: readonly Trail[]): string {
  const lead = trails[0]!;
  const target = s.desk.context.tag(lead.tag)?.of || lead.tag;
  const more = trails.length > 1 ? ` and ${trails.length - 1} more` : '';
  switch (sortOf(lead, s.desk)) {
    case 'calibration':
      return `calibration of ${target}${Number.isFinite(changeOf(lead)) ? ` ${changeText(s, lead)}` : ''}${more}`;
    case 'safety':
      return `test of ${protectedBy(lead.tag) || lead.tag}${more}`;
    default:
      return `${lead.tag} ${fromTo(s, lead)}${more}`;
  }
}

function lower(who: string): string {
  return /^(A|An|The|Someone) /.test(who) ? who[0]!.toLowerCase() + who.slice(1) : who;
}
