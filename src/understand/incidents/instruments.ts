/** What an instrument is, from its name: ISA-5.1 letters and the words of its title. For advice and for naming what people see. */
import type { Tag } from '../plant/model.ts';
import type { Desk } from './case.ts';
import { loopOf } from './relations.ts';

const QUANTITIES: Readonly<Record<string, string>> = {
  T: 'temperature',
  P: 'pressure',
  L: 'level',
  F: 'flow',
  S: 'speed',
  I: 'current',
  J: 'power',
  A: 'analysis',
  W: 'weight',
  Q: 'quantity',
};

/** What stands at the machine and hangs on no controller. */
const INDEPENDENT: Readonly<Record<string, string>> = {
  temperature: 'a dial or hand-held thermometer',
  pressure: 'a local gauge',
  level: 'the sight glass or a dip',
  flow: 'the local totaliser or a bucket and a clock',
  speed: 'a hand-held tachometer',
  current: 'a clamp meter',
  power: 'a clamp meter',
};

/** `temperature` of TT-101, `level` of LT-201; `value` where the name says nothing. */
export function quantityOf(tag: string): string {
  return /^[A-Z]{2,4}-?\d/.test(tag) ? (QUANTITIES[tag[0]!] ?? 'value') : 'value';
}

/** An instrument at the machine that no write can change. */
export function independentOf(tag: string): string {
  return INDEPENDENT[quantityOf(tag)] ?? 'an independent instrument';
}

/** A declared indicator of the same loop (TI-101 beside TT-101). */
export function indicatorOf(tag: string, desk: Desk): Tag | undefined {
  const loop = loopOf(tag);
  if (loop === '') return undefined;
  const unit = desk.relations.unitOfTag(tag);
  return unit?.tags.find(
    (other) => other.name !== tag && loopOf(other.name) === loop && /^[A-Z]I-?\d/.test(other.name),
  );
}

/** What a safety input watches: `guard door`, `over-temperature switch` … */
export function safetyNoun(tag: string, desk: Desk): string {
  const title = desk.context.tag(tag)?.title ?? '';
  if (title !== '' && title !== tag) return title;
  if (/^GUARD|DOOR|GATE/i.test(tag)) return 'guard door';
  if (/^(E-?STOP|ESD|ES)\b/i.test(tag)) return 'emergency stop';
  const switched = /^([TPLF])S(HH|H|LL|L)?-?\d/.exec(tag);
  if (switched === null) return 'safety input';
  const side = switched[2]?.startsWith('L') === true ? 'low' : switched[2]?.startsWith('H') === true ? 'over' : '';
  const quantity = QUANTITIES[switched[1]!] ?? 'limit';
  return side === '' ? `${quantity} switch` : `${side}-${quantity} switch`;
}

/** Whether a safety input keeps people out of a machine, rather than the machine within its limits. */
export function guardsPeople(tag: string, desk: Desk): boolean {
  return /door|guard|gate|curtain|emergency/i.test(safetyNoun(tag, desk));
}

const MOVING = ['conveyor', 'robot', 'press', 'mixer', 'saw', 'crane', 'roller', 'filler'];

/** What moves in a unit and can hurt: found in its titles and invariants; `machine` where nothing says. */
export function movingPart(unitName: string, desk: Desk): string {
  const unit = desk.relations.unit(unitName);
  if (unit === undefined) return 'machine';
  const text = [unit.title, ...unit.tags.map((tag) => tag.title), ...unit.invariants.map((i) => i.name)]
    .join(' ')
    .toLowerCase();
  return MOVING.find((word) => text.includes(word)) ?? 'machine';
}

/** The command that brings a unit to its safe side by itself: FDV. */
export function protectorOf(unitName: string, desk: Desk): Tag | undefined {
  return desk.relations.unit(unitName)?.tags.find((tag) => tag.role === 'command' && Number.isFinite(tag.safe));
}

/** `the flow-diversion valve FDV`, or its name. */
export function tagText(tag: Tag): string {
  return tag.title === '' || tag.title === tag.name ? tag.name : `the ${lowerFirst(tag.title)} ${tag.name}`;
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text[0]!.toLowerCase() + text.slice(1) : text;
}

/** What product is called when it left its limit: from the unit's title, else neutral. */
export function productWords(unitName: string, desk: Desk): { readonly noun: string; readonly low: string } {
  const title = desk.relations.unit(unitName)?.title.toLowerCase() ?? '';
  const noun = /milk|dairy/.test(title)
    ? 'the milk'
    : /water/.test(title)
      ? 'the water'
      : /beer|wort/.test(title)
        ? 'the beer'
        : 'it';
  if (/pasteuri[sz]/.test(title)) return { noun: noun === 'it' ? 'the product' : noun, low: 'under-pasteurised' };
  return { noun, low: '' };
}
