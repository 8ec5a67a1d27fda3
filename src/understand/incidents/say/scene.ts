/** What a sentence is made of: the story, what was concluded, and the recurring clauses. */
import { actorText } from '../actor.ts';
import { actorOf } from '../advice.ts';
import type { Desk, Draft, Explanation } from '../case.ts';
import { mayBeRight } from '../explain/explain.ts';
import { productWords, protectorOf, quantityOf, tagText } from '../instruments.ts';
import { unitOf } from '../priority.ts';
import type { Story } from '../story.ts';
import { begin, capital, exact, reading, spanText, withUnit } from '../words.ts';

export interface Scene {
  readonly story: Story;
  readonly draft: Draft;
  readonly e: Explanation;
  readonly desk: Desk;
  /** Whoever acted, capitalised, ready to begin a sentence. */
  readonly who: string;
  readonly unit: string;
}

/** What a shape says. `sentence` may be several; the first names who, what, when. */
export interface Saying {
  readonly title: string;
  readonly sentence: string;
  readonly ifNobodyActs: string;
}

export type Say = (s: Scene) => Saying;

export function sceneOf(story: Story, draft: Draft, desk: Desk): Scene {
  const e = draft.explanation;
  const actor = e.lead?.actor ?? actorOf(story);
  return {
    story,
    draft,
    e,
    desk,
    who: begin(actorText(desk.context, actor, story.facts.values())),
    unit: unitOf(story, draft),
  };
}

/** `below the 72 °C the milk must reach`; empty without a crossing. */
export function limitText({ e, unit, desk }: Scene): string {
  const { crossing } = e;
  if (crossing === undefined) return '';
  const limit = withUnit(exact(crossing.limit), crossing.unit);
  const { noun } = productWords(unit, desk);
  return crossing.side === 'low' ? `below the ${limit} ${noun} must reach` : `above the ${limit} ${noun} must not pass`;
}

/** `true temperature`. */
export function trueText(e: Explanation): string {
  return `true ${quantityOf(e.targetName)}`;
}

export function value(number: number, e: Explanation): string {
  return withUnit(reading(number), e.target?.unit ?? '');
}

/** `as the controller turns the heater down`, or empty where no loop holds the value. */
export function loopText(e: Explanation): string {
  if (e.setPoint === undefined || e.command === '' || !(Math.abs(e.readsHigh) > 0)) return '';
  const name = /^[a-z]+$/.test(e.command) ? `the ${e.command}` : e.command;
  return ` as the controller turns ${name} ${e.readsHigh > 0 ? 'down' : 'up'}`;
}

/** `, and FDV does not act because it trusts TT-101`: where a protection exists, the truth is outside and what is shown is not. */
export function trustText({ e, unit, desk }: Scene): string {
  const protector = protectorOf(unit, desk);
  if (protector === undefined || e.crossing?.side !== 'low' || !Number.isFinite(e.readsHigh)) return '';
  const acts = desk.context.valueOf(protector.name) === protector.safe;
  return acts ? '' : `${tagText(protector)} does not act because it trusts ${e.targetName}`;
}

/** `Since 10:04 about 100 bottles a minute are under-pasteurised`; empty where nothing is in doubt or counted. */
export function suspectText({ e, unit, desk }: Scene): string {
  const { suspect, crossing } = e;
  if (suspect === undefined) return '';
  const { low } = productWords(unit, desk);
  const limit = crossing === undefined ? '' : withUnit(exact(crossing.limit), crossing.unit);
  const wrong =
    crossing?.side === 'low' && low !== ''
      ? `are ${low}`
      : crossing === undefined
        ? 'are in doubt'
        : `are made ${crossing.side === 'low' ? 'below' : 'above'} ${limit}`;
  const since = desk.time.minute(suspect.sinceUs);
  return `since ${since} about ${Math.round(suspect.perMinute)} ${suspect.noun} a minute ${wrong}`;
}

/** `, 1,240 so far`, from the second hundred on. */
export function amountText({ e }: Scene): string {
  const amount = e.suspect?.amount ?? Number.NaN;
  return amount >= 1 ? `, ${Math.round(amount).toLocaleString('en-US')} so far` : '';
}

/** What the target shows and what is likely true, in the phase the story is in. */
export function truthText(s: Scene): string {
  const { e } = s;
  const limit = limitText(s);
  const off = withUnit(exact(Math.abs(e.readsHigh), 1), e.target?.unit === 'Cel' ? 'K' : (e.target?.unit ?? ''));
  const within = spanText(e.settleSeconds);
  const more = e.readsHigh > 0 ? 'more' : 'less';
  if (mayBeRight(e, s.desk)) {
    return `${e.targetName} shows ${off} ${more} than before; nothing says yet which of the two is right.`;
  }
  if (s.draft.shown === undefined) {
    const first = `${e.targetName} will show ${off} too ${e.readsHigh > 0 ? 'much' : 'little'} at once`;
    if (e.setPoint === undefined) return `${first}.`;
    const direction = e.readsHigh > 0 ? 'falls' : 'rises';
    const end = Number.isFinite(e.settled) ? `, to ${value(e.settled, e)}` : '';
    return `${first}; the ${trueText(e)} ${direction} ${off} within ${within}${loopText(e)}${end}${limit === '' ? '' : `, ${limit}`}.`;
  }
  const shows = `${e.targetName} shows ${value(e.shown, e)}; the ${trueText(e)} is likely ${value(e.likelyTrue, e)}`;
  const moving = e.setPoint !== undefined && Math.abs(e.likelyTrue - e.settled) > 0.35;
  if (moving && e.crossing?.happened !== true) {
    return `${shows} and goes to ${value(e.settled, e)} within ${within}${loopText(e)}${limit === '' ? '' : `, ${limit}`}.`;
  }
  const trust = trustText(s);
  const reached = e.crossing?.happened === true ? `, ${limit}` : '';
  const doubt = suspectText(s);
  return `${shows}${reached}${trust === '' || reached === '' ? '' : `, and ${trust}`}.${doubt === '' ? '' : ` ${capital(doubt)}.`}`;
}

/** `At this pace it is below 72 °C at 10:35.` for changes that creep. */
export function paceText(s: Scene): string {
  const { crossing } = s.e;
  if (crossing === undefined || crossing.happened || !Number.isFinite(crossing.timeUs)) return '';
  return `at this pace the ${trueText(s.e)} is ${limitText(s)} at ${s.desk.time.minute(crossing.timeUs)}`;
}
