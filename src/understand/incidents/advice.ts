/**
 * Stage: what to do, in the order to do it. It begins at the machine, with an instrument no write can change; it holds product; only
 * then is anything restored, by a person, with the loop in manual. Never a write to a running loop first.
 */
import type { Advice } from '../../records.ts';
import { addressOf, isDeclared } from './actor.ts';
import type { Case, Desk, Draft, Explanation } from './case.ts';
import { sortOf } from './explain/shape.ts';
import { guardsPeople, independentOf, indicatorOf, protectorOf, safetyNoun, tagText } from './instruments.ts';
import { unitOf } from './priority.ts';
import { protectedBy } from './relations.ts';
import type { Story } from './story.ts';
import { accepted } from './trail.ts';
import { capital, listText, writtenText } from './words.ts';

/** A download seen this recently may still be going on. [µs] */
const DOWNLOAD_US = 300e6;

const check = (text: string): Advice => ({ step: 'check', text });
const hold = (text: string): Advice => ({ step: 'hold', text });
const then = (text: string): Advice => ({ step: 'then', text });

function checkReading(e: Explanation, desk: Desk): Advice {
  const twins = desk.relations.twinsOf(e.targetName).map((tag) => tag.name);
  const indicator = indicatorOf(e.targetName, desk);
  const first =
    indicator === undefined
      ? `${independentOf(e.targetName)} at ${e.targetName}`
      : `${indicator.name} at the machine (independent)`;
  return check(`${capital(first)}${twins.length === 0 ? '' : ` and ${listText(twins)}`}: which of them is right?`);
}

function holdProduct(draft: Draft, desk: Desk): Advice[] {
  const { crossing, suspect } = draft.explanation;
  if (suspect !== undefined && crossing !== undefined) {
    return [hold(`${capital(suspect.noun)} since ${desk.time.minute(suspect.sinceUs)}.`)];
  }
  if (crossing?.happened === true && !draft.explanation.guarded)
    return [hold(`Product since ${desk.time.minute(crossing.timeUs)}.`)];
  return crossing === undefined || draft.explanation.guarded
    ? []
    : [hold(`Product from ${desk.time.minute(crossing.timeUs)} on, if it is not corrected by then.`)];
}

/** Isolating comes after the machine is safe, and never into an open download: a half-written program stops a controller. */
function isolate(story: Story, actor: string, devices: readonly string[], desk: Desk): Advice[] {
  if (actor === '' || isDeclared(desk.context, actor)) {
    return actor === '' ? [] : [then(`Ask who works at ${desk.context.nameOf(actor)}.`)];
  }
  const address = addressOf(desk.context, actor);
  const asked = desk.context.downloadOpen !== undefined;
  const busy = devices.find((device) => desk.context.downloadOpen?.(device, desk.nowUs) === true);
  const loading = story
    .filter((fact) => fact.kind === 'program-download' && fact.actor === actor)
    .find((fact) => !asked && desk.nowUs - fact.finding.timeUs < DOWNLOAD_US)?.device;
  const open = busy ?? loading;
  if (open !== undefined) {
    return [then(`Do not cut ${address} off yet: a download into ${desk.context.nameOf(open)} is open.`)];
  }
  if (story.trails.size === 0 && !story.has((fact) => fact.role === 'change')) {
    return [then(`Isolate ${address} until someone knows whose it is.`)];
  }
  return [then(`Isolate ${address} (${asked ? 'no download is open' : 'first make sure that no download is open'}).`)];
}

function restore(story: Story, draft: Draft, desk: Desk): Advice[] {
  const steps: Advice[] = [];
  const e = draft.explanation;
  const unit = unitOf(story, draft);
  const protector = protectorOf(unit, desk);
  const product = e.crossing !== undefined && protector !== undefined && e.shape !== 'stopped' && !e.guarded;
  if (product)
    steps.push(then(`Operator brings ${unit} to its safe side (${tagText(protector)} = ${protector.safe}).`));
  for (const trail of [...story.trails.values()].filter((t) => accepted(t) && t.restoredUs === 0).slice(0, 4)) {
    const tag = desk.context.tag(trail.tag);
    const before = Number.isFinite(trail.before) ? ` to ${writtenText(trail.before, tag, trail.tag)}` : '';
    const sort = sortOf(trail, desk);
    if (sort === 'calibration') {
      steps.push(then(`Instrument technician restores ${trail.tag}${before} with the loop in manual.`));
    } else if (sort === 'setpoint')
      steps.push(then(`Operator restores ${trail.tag}${before} with the loop in manual.`));
    else if (sort === 'safety' && !/value$/.test(trail.tag)) {
      steps.push(
        then(
          `Technician removes the force on ${protectedBy(trail.tag) || trail.tag} with the machine locked out, and tests it.`,
        ),
      );
    } else if (sort === 'stop')
      steps.push(then(`Restart ${unit || trail.tag} at the machine once nobody stands in it.`));
    else if (sort === 'command' || sort === 'point') {
      steps.push(then(`Restore ${trail.tag}${before} by whoever knows what it does, with the machine in manual.`));
    }
  }
  return steps;
}

function safetyCheck(draft: Draft, desk: Desk): Advice[] {
  const e = draft.explanation;
  const input = e.shape === 'hidden' ? '' : e.targetName;
  const noun = input === '' ? 'protection' : `${safetyNoun(input, desk)} ${input}`;
  const people = input !== '' && guardsPeople(input, desk);
  const at = check(
    people
      ? `Go to the ${noun}: stop the machine there before anyone reaches in, then look whether it is open.`
      : `Go to the machine: ${e.targetName === '' ? 'an independent instrument' : independentOf(e.targetName)} tells whether the limit is near.`,
  );
  return people ? [at, hold('The machine, until the force is out and tested.')] : [at];
}

function controllerAdvice(story: Story, desk: Desk): Advice[] {
  const changed = story.filter((fact) => fact.role === 'change' && fact.device !== '');
  const devices = [...new Set(changed.map((fact) => desk.context.nameOf(fact.device)))];
  const name = listText(devices) || 'the controller';
  return [
    check(`Does ${name} run, and does the machine do what it should? Key switch to run.`),
    hold('Nothing is loaded back before it is known what was changed.'),
    then(`Compare the program of ${name} with the last approved one.`),
  ];
}

function first(story: Story, draft: Draft, desk: Desk): Advice[] {
  const e = draft.explanation;
  switch (e.shape) {
    case 'safety-forced':
    case 'safety-flat':
      return safetyCheck(draft, desk);
    case 'hidden':
      return [...safetyCheck(draft, desk), ...holdProduct(draft, desk)];
    case 'controller':
      return controllerAdvice(story, desk);
    case 'stopped':
      return [check(`Is anyone in the machine, or did someone stop ${unitOf(story, draft)} for a reason?`)];
    case 'scan':
    case 'arrival':
    case 'attempt':
    case 'entry':
    case 'leaving':
      return [check('Whose device is it, and where is it plugged in?')];
    case 'blind':
      return [check('At the machine: does it run as it should? Only the view is lost.')];
    case 'planned':
      return [check('When the work ends: is everything back, and tested?')];
    case 'group':
      return [check('Switch, power and network first: many findings at once mostly have one cause.')];
    case 'standing':
      return [check(`Should ${unitOf(story, draft)} stand now? A break, a jam, or a stop nobody ordered.`)];
    case 'balance':
      return [
        check('Walk the line: does anything leak or stand open? Then compare the meters.'),
        ...holdProduct(draft, desk),
      ];
    case 'process':
    case 'command':
      return [
        check(
          `At the machine: what does ${e.targetName || unitOf(story, draft) || 'it'} do there, whatever the screen shows?`,
        ),
        ...holdProduct(draft, desk),
      ];
    case 'setpoint':
    case 'setpoint-creep':
      return [
        check(
          `At the machine: ${e.lead?.tag ?? 'the set-point'} at the controller, and ${e.targetName || 'what follows it'} with ${independentOf(e.targetName)}.`,
        ),
        ...holdProduct(draft, desk),
      ];
    default:
      if (e.targetName === '') return [check('At the machine: what does it do, whatever the screen shows?')];
      return [checkReading(e, desk), ...holdProduct(draft, desk)];
  }
}

export function advise(c: Case): void {
  const { story, desk, draft } = c;
  if (story === undefined || draft === undefined) return;
  const steps = first(story, draft, desk);
  const e = draft.explanation;
  if (draft.cause === 'unplanned change' || draft.cause === 'hostile pattern') {
    steps.push(...restore(story, draft, desk));
  } else if (draft.cause === 'sensor fault') {
    steps.push(then(`Loop to manual if it uses ${e.targetName || 'this reading'}; then instrument technician.`));
  }
  if (draft.cause !== 'planned work' && draft.cause !== 'sensor fault' && draft.cause !== 'process fault') {
    const actor = e.lead?.actor ?? actorOf(story);
    const devices = [
      ...new Set(
        story
          .filter((fact) => fact.actor === actor && fact.device !== '' && fact.device !== actor)
          .map((fact) => fact.device),
      ),
    ];
    steps.push(...isolate(story, actor, devices, desk));
  }
  const call = desk.relations.unit(unitOf(story, draft))?.call ?? '';
  if (draft.priority !== 'information') steps.push({ step: 'call', text: `${capital(call || callFor(draft))}.` });
  draft.advice = steps;
}

function callFor(draft: Draft): string {
  if (draft.cause === 'sensor fault') return 'shift lead, instrument technician';
  if (draft.explanation.suspect !== undefined || draft.explanation.crossing !== undefined) return 'shift lead, quality';
  return ['scan', 'arrival', 'attempt', 'entry', 'leaving', 'blind', 'group'].includes(draft.explanation.shape)
    ? 'security analyst, control engineer'
    : 'shift lead, control engineer';
}

/** Whoever acted: the actor of a change, else of anything on the network. */
export function actorOf(story: Story): string {
  const network = story.filter((fact) => fact.side === 'network' && fact.actor !== '' && fact.role !== 'blind');
  return (network.find((fact) => fact.role === 'change') ?? network[0])?.actor ?? '';
}
