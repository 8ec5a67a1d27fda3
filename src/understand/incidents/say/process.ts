/** Sentences about the machine alone: no write explains them. */
import type { Fact } from '../fact.ts';
import { isThin } from '../join.ts';
import { EXACT_KINDS } from '../kind-roles.ts';
import { capital, exact, listText, withUnit } from '../words.ts';
import { amountText, limitText, type Say, type Scene, suspectText, trueText, value } from './scene.ts';

function processFacts(s: Scene): Fact[] {
  return s.story.filter((fact) => fact.side === 'process' && fact.role !== 'blind');
}

/** The finding that says it best: most sure first, standing ones before single jumps. */
function best(s: Scene): Fact {
  const facts = processFacts(s);
  const weight = (fact: Fact) =>
    fact.finding.confidence + (EXACT_KINDS.has(fact.kind) ? 0 : 0.5) + (fact.role === 'unclear' ? -0.4 : 0);
  return facts.reduce((a, b) => (weight(b) > weight(a) ? b : a));
}

function since(s: Scene, tag: string): string {
  const own = processFacts(s).filter((fact) => fact.tag === tag && !isThin(fact));
  const firstUs = Math.min(...(own.length > 0 ? own : processFacts(s)).map((fact) => fact.finding.sinceUs));
  return `since ${s.desk.time.minute(firstUs)}`;
}

function others(s: Scene, main: string): string {
  const tags = [...new Set(processFacts(s).map((fact) => fact.tag))].filter((tag) => tag !== '' && tag !== main);
  return tags.length === 0 ? '' : ` ${listText(tags)} ${tags.length === 1 ? 'is' : 'are'} part of it.`;
}

/** A write after the fact: someone tries to put it right. */
function answers(s: Scene): string {
  const trails = [...s.story.trails.values()];
  const last = trails.at(-1);
  return last === undefined
    ? ''
    : ` ${s.desk.context.nameOf(last.actor)} wrote ${last.tag} after it, at ${s.desk.time.clock(last.lastUs)}.`;
}

function cause(s: Scene): string {
  return s.draft.cause === 'unplanned change'
    ? ' No write was seen: it was changed at the panel or over a path that is not watched.'
    : ' No write explains it.';
}

export const readingWrong: Say = (s) => {
  const { e } = s;
  const amount = withUnit(exact(Math.abs(e.readsHigh), 1), e.target?.unit === 'Cel' ? 'K' : (e.target?.unit ?? ''));
  const way = e.readsHigh > 0 ? 'high' : 'low';
  if (!Number.isFinite(e.readsHigh)) return process(s);
  const drifts = s.story.has((fact) => fact.kind === 'drift' && fact.tag === e.targetName);
  const limit = e.crossing?.happened === true ? `, ${limitText(s)}` : '';
  const doubt = suspectText(s);
  return {
    title: `${e.targetName} reads ${amount} ${way}`,
    sentence: `${e.targetName} reads ${amount} ${way} ${since(s, e.targetName)}${drifts ? ' and drifts' : ''}: it shows ${value(e.shown, e)}, the ${trueText(e)} is likely ${value(e.likelyTrue, e)}${limit}.${cause(s)}${answers(s)}`,
    ifNobodyActs:
      doubt === ''
        ? `Whatever trusts ${e.targetName} acts on a wrong value${e.setPoint === undefined ? '' : '; the controller holds the wrong one'}.`
        : `${capital(doubt)}${amountText(s)}.`,
  };
};

export const stuck: Say = (s) => {
  const fact =
    processFacts(s).find((f) => f.kind === 'stuck' || f.kind === 'noise-lost' || f.kind === 'replay') ?? best(s);
  const shown = fact.finding.numbers.shown;
  const at = shown === undefined ? '' : ` at ${withUnit(exact(shown, 1), fact.known?.unit ?? '')}`;
  const what =
    fact.kind === 'replay'
      ? 'repeats its past'
      : fact.kind === 'noise-lost'
        ? 'has lost its usual noise'
        : `is frozen${at}`;
  return {
    title: `${fact.tag} ${fact.kind === 'stuck' ? `frozen${at}` : what}`,
    sentence: `${fact.tag} ${what} ${since(s, fact.tag)} while the process moves.${others(s, fact.tag)}${cause(s)}${answers(s)}`,
    ifNobodyActs: `What ${fact.tag} measures is not known any more${s.e.setPoint === undefined ? '' : ', and a controller steers by it'}.`,
  };
};

/** The machine stands: said of the unit, not of its instruments. */
export const standing: Say = (s) => {
  const tags = [...new Set(processFacts(s).map((fact) => fact.tag))];
  return {
    title: `${s.unit} stands still`,
    sentence: `${s.unit || 'The machine'} stands still ${since(s, '')}: ${listText(tags)} stand at 0 or where they were.${cause(s)}${answers(s)}`,
    ifNobodyActs: 'It stands until someone starts it.',
  };
};

export const balance: Say = (s) => {
  const fact = processFacts(s).find((f) => f.kind === 'balance') ?? best(s);
  const where = s.unit === '' ? '' : ` of ${s.unit}`;
  return {
    title: `A balance${where} does not close`,
    sentence: `${fact.finding.sentence.replace(/\.$/, '')} ${since(s, fact.tag)}: a leak, a loss or a wrong meter.${others(s, fact.tag)}${cause(s)}${answers(s)}`,
    ifNobodyActs: `What is missing goes on being lost: ${fact.finding.seen || 'the difference stands'}.`,
  };
};

export const safetyFlat: Say = (s) => {
  const fact = processFacts(s).find((f) => f.role === 'safety') ?? best(s);
  return {
    title: `${fact.tag || s.unit}: a protection without life`,
    sentence: `${fact.finding.sentence}${cause(s)}${answers(s)}`,
    ifNobodyActs: `If ${fact.tag || 'it'} is needed, it may not act.`,
  };
};

export const process: Say = (s) => {
  const fact = best(s);
  return {
    title: `${fact.tag || fact.unit || 'Process'}: ${titleOf(fact)}`,
    sentence: `${fact.finding.sentence}${others(s, fact.tag)}${cause(s)}${answers(s)}`,
    ifNobodyActs:
      s.e.crossing === undefined
        ? 'It stays so until someone looks.'
        : `${capital(s.e.targetName)} stays ${limitText(s)}.`,
  };
};

function titleOf(fact: Fact): string {
  return fact.finding.seen === '' ? fact.kind.replaceAll('-', ' ') : fact.finding.seen;
}
