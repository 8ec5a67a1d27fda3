/**
 * Stage: what the incident most likely is, how sure, and why. The physics may be certain while the intent is not: "unplanned change"
 * says that someone did it, "hostile pattern" only where a hostile sequence shows.
 *
 * On the wire only: an attempt. Wire and physics: a change. Physics only: a fault until shown otherwise.
 */
import type { KindName } from '../detect/kinds.ts';
import { actorText, isDeclared } from './actor.ts';
import type { Case, Desk, Draft } from './case.ts';
import { sortOf } from './explain/shape.ts';
import { changesController, type Fact } from './fact.ts';
import { isStranger } from './join.ts';
import { isPlanned } from './planned.ts';
import type { Story } from './story.ts';
import { accepted, creeps } from './trail.ts';
import { begin, lagText, signed } from './words.ts';

/** Cuts of confidence: what each kind of proof is worth. */
const SURE = { certain: 0.98, strong: 0.9, good: 0.8, fair: 0.7, some: 0.6, thin: 0.4 } as const;
/** Looking around on purpose; asking one device who it is is not. */
const SWEEPS: ReadonlySet<KindName> = new Set(['scan', 'enumeration', 'broadcast-discovery']);
/** Views lost after a remote session that are no coincidence. */
const VIEWS_MIN = 3;

/** Hostile sequences, each as a clause; empty where none shows. */
export function hostileSigns(story: Story, desk: Desk): string[] {
  const signs: string[] = [];
  const kinds = new Set([...story.facts.values()].map((fact) => fact.kind));
  const trails = [...story.trails.values()].filter(accepted);
  const strange = (actor: string) => isStranger(actor, desk);
  const strangers = trails.filter((trail) => strange(trail.actor));
  const changed = trails.length > 0 || story.has((fact) => changesController(fact) && fact.actor !== '');
  const scanned = [...kinds].some((kind) => SWEEPS.has(kind));
  const strangeChange = story.has((fact) => fact.role === 'change' && strange(fact.actor));
  if (scanned && strangeChange) signs.push('it scanned before it wrote');
  const sorts = new Set(strangers.map((trail) => sortOf(trail, desk)));
  if (sorts.has('safety')) signs.push('a stranger forced a safety function');
  else if (story.has((fact) => fact.kind === 'safety-touched' && fact.role === 'change' && strange(fact.actor))) {
    signs.push('a stranger spoke to a safety function');
  }
  if (sorts.size >= 3 && sorts.has('calibration')) signs.push('it forced, set and falsified together');
  if (story.has((fact) => fact.kind === 'alarm-suppressed' && strange(fact.actor)))
    signs.push('it switched alarms off');
  for (const trail of strangers) {
    const sort = sortOf(trail, desk);
    if ((sort === 'calibration' || sort === 'setpoint' || sort === 'point') && creeps(trail)) {
      signs.push(`${trail.count} small writes, each under what a rate limit sees`);
      break;
    }
  }
  if (kinds.has('write-rate') && strangers.length > 0) signs.push('it wrote faster than any person');
  if (kinds.has('login-guessing') && (changed || kinds.has('program-upload')))
    signs.push('passwords were guessed before');
  if (kinds.has('public-source') && changed) signs.push('it came from a public address');
  const blind = new Set(story.filter((fact) => fact.role === 'blind').map((fact) => fact.device || fact.tag));
  if (kinds.has('remote-session') && blind.size >= VIEWS_MIN) {
    signs.push(`${blind.size} views were lost after a remote session`);
  }
  if (kinds.has('beacon') && kinds.size > 1) signs.push('a device calls outside at intervals');
  if (kinds.has('program-upload') && kinds.has('program-download') && strangeChange) {
    signs.push('it read the program before it wrote one');
  }
  return signs;
}

function byNetwork(story: Story, draft: Draft, desk: Desk): boolean {
  const { explanation: e, because } = draft;
  const trails = [...story.trails.values()].filter(accepted);
  const controller = story.filter((fact) => fact.role === 'change' && fact.tag === '');
  const actor = e.lead?.actor ?? controller[0]?.actor;
  if (actor === undefined || (trails.length === 0 && controller.length === 0)) return false;
  const unit = e.target?.plantUnit || e.leadTag?.plantUnit || controller[0]?.unit || '';
  because.push(`${begin(actorText(desk.context, actor, story.facts.values()))} did it on the wire`);
  because.push(`no work window is open${unit === '' ? '' : ` on ${unit}`}`);
  if (!isDeclared(desk.context, actor)) because.push('the site file does not name this device');
  else because.push(...personBehind(actor, e.lead?.firstUs ?? desk.nowUs, desk));
  if (e.matches) because.push('size and sign of the measured error equal what was written');
  if (e.effect !== undefined) because.push(`the process followed ${lagText(e.lagMs)}`);
  else because.push('the process has not shown the effect yet');
  const signs = hostileSigns(story, desk);
  if (signs.length > 0) {
    draft.cause = 'hostile pattern';
    draft.causeConfidence = signs.length > 1 ? (e.effect === undefined ? SURE.strong : 0.95) : SURE.good;
    because.push(...signs);
    return true;
  }
  draft.cause = 'unplanned change';
  draft.causeConfidence = e.matches ? SURE.certain : e.effect !== undefined ? SURE.strong : 0.85;
  because.push('no hostile sequence seen');
  return true;
}

/** Behind a server the wire shows only the server. */
function personBehind(actor: string, timeUs: number, desk: Desk): string[] {
  const sessions = desk.context.sessionsInto?.(actor, timeUs) ?? [];
  const name = desk.context.nameOf(actor);
  return sessions.length > 0
    ? [`sessions into ${name} then: ${sessions.join(', ')}`]
    : [`who sat at ${name} is not known`];
}

/** Someone changed a calibration, a set-point or a force, and no write was seen. */
function unseenChange(story: Story): Fact | undefined {
  return story
    .filter((fact) => fact.side === 'process' && (fact.kind === 'never-moved' || fact.kind === 'bypass'))
    .find((fact) => fact.known !== undefined && ['calibration', 'setpoint', 'safety'].includes(fact.known.role));
}

function byProcess(story: Story, draft: Draft): boolean {
  const process = story.filter((fact) => fact.side === 'process' && fact.role !== 'blind');
  if (process.length === 0) return false;
  const { explanation: e, because } = draft;
  const changed = unseenChange(story);
  if (changed !== undefined) {
    draft.cause = 'unplanned change';
    draft.causeConfidence = SURE.some;
    because.push(
      `${changed.tag} changed, and no write to it was seen: at the panel, or over a path that is not watched`,
    );
    return true;
  }
  if (e.shape === 'standing') {
    draft.cause = 'process fault';
    draft.causeConfidence = SURE.thin;
    because.push('several tags stand at 0 at once: the machine stands; whether it should is not known');
    return true;
  }
  const readings = process.filter((fact) => fact.role === 'reading' || fact.role === 'safety');
  const machine = process.filter((fact) => fact.role === 'machine');
  const redundant = readings.some((fact) => Number.isFinite(fact.deviation) && fact.kind !== 'spike');
  because.push('no write explains it');
  if (process.some((fact) => fact.kind === 'effect-without-command')) {
    because.push('an actuator moved with no command on any watched path: a blind spot, or someone at the machine');
  }
  if (readings.length > 0 && readings.length >= machine.length) {
    draft.cause = 'sensor fault';
    draft.causeConfidence = Math.min(0.95, (redundant ? SURE.good : SURE.some) + (readings.length > 1 ? 0.1 : 0));
    if (redundant && Number.isFinite(e.readsHigh)) {
      because.push(
        `what it is coupled with says that ${e.targetName} is ${signed(e.readsHigh, e.target?.unit ?? '')} off`,
      );
    }
    because.push('the rest of the process does not confirm the reading');
    return true;
  }
  if (machine.length > 0) {
    draft.cause = 'process fault';
    draft.causeConfidence = Math.min(SURE.strong, SURE.some + 0.1 * (machine.length - 1));
    because.push('the process itself moved, and the instruments agree about it');
    return true;
  }
  draft.cause = 'unknown';
  draft.causeConfidence = SURE.thin;
  because.push('one odd pattern, and nothing that says what it is');
  return true;
}

function byTraces(story: Story, draft: Draft, desk: Desk): void {
  const { because } = draft;
  const attempts = story.has((fact) => fact.role === 'attempt');
  if (attempts) because.push('the device refused: an attempt, nothing changed');
  const signs = hostileSigns(story, desk);
  const hostile = signs.length > 0 || story.has((fact) => fact.role === 'entry' || fact.role === 'leaving');
  if (hostile || (attempts && story.has((fact) => SWEEPS.has(fact.kind)))) {
    draft.cause = 'hostile pattern';
    draft.causeConfidence = signs.length > 0 ? SURE.good : SURE.some;
    because.push(...signs);
    if (signs.length === 0) because.push('ordinary work does not look like this');
    return;
  }
  draft.cause = attempts ? 'unplanned change' : 'unknown';
  draft.causeConfidence = attempts ? SURE.fair : SURE.thin;
  if (!attempts) because.push('nothing was changed: someone new, someone looking, or a view lost');
}

export function judgeCause(c: Case): void {
  const { story, desk, draft } = c;
  if (story === undefined || draft === undefined) return;
  if (story.judgement?.verdict === 'planned work') {
    draft.cause = 'planned work';
    draft.causeConfidence = SURE.certain;
    draft.because.push(`${story.judgement.by} says so: ${story.judgement.because}`);
  } else if (draft.explanation.shape === 'planned' && isPlanned(story, desk)) {
    draft.cause = 'planned work';
    draft.causeConfidence = 0.95;
    const { work } = story;
    if (work !== undefined) {
      draft.because.push(`a work window of ${work.who} (${work.what}) covers unit, host and time`);
    }
  } else if (story.grouped) {
    draft.causeConfidence = SURE.thin;
    draft.because.push('too many findings at once to tell them apart; look for one cause behind all');
  } else if (isAnswer(draft, story) || !byNetwork(story, draft, desk)) {
    if (!byProcess(story, draft)) byTraces(story, draft, desk);
  }
  addSimilar(c, draft);
}

/** Writes that came after the deviation answer it and do not cause it. */
function isAnswer(draft: Draft, story: Story): boolean {
  return (
    ['reading-wrong', 'stuck', 'standing', 'balance', 'process', 'safety-flat'].includes(draft.explanation.shape) &&
    story.trails.size > 0
  );
}

function addSimilar(c: Case, draft: Draft): void {
  const { story, desk } = c;
  if (story?.told === undefined) return;
  for (const similar of desk.context.similar?.(story.told) ?? [])
    draft.because.push(`looks like ${similar.id}, ${similar.text}`);
}
