/** How much product is in doubt, from the counters and flow meters of the unit or the one it feeds. */

import type { PlantUnit, Tag } from '../../plant/model.ts';
import type { Crossing, Desk, Suspect } from '../case.ts';
import type { Story } from '../story.ts';

interface Product {
  readonly noun: string;
  /** Made a minute now. */
  readonly perMinute: number;
  /** Counter tag, or empty. */
  readonly counter: string;
  /** Product units per count. */
  readonly perCount: number;
}

const WORD = /^[a-z]{3,}$/;

function isCounter(tag: Tag): boolean {
  return tag.role === 'measurement' && /^u?int32/.test(tag.type);
}

/** Pieces: a counter named after what it counts, with a speed a minute beside it. */
function pieces(unit: PlantUnit, desk: Desk): Product | undefined {
  const counter = unit.tags.find((tag) => isCounter(tag) && tag.unit === '' && WORD.test(tag.name));
  const speed = unit.tags.find((tag) => tag.role === 'measurement' && tag.unit === '/min');
  if (counter === undefined || speed === undefined) return undefined;
  const perMinute = desk.context.valueOf(speed.name);
  return { noun: counter.name, perMinute, counter: counter.name, perCount: 1 };
}

function volume(unit: PlantUnit, desk: Desk): Product | undefined {
  const flow = unit.tags.find((tag) => tag.role === 'measurement' && tag.unit === 'm3/h');
  if (flow === undefined) return undefined;
  const counter = unit.tags.find((tag) => isCounter(tag) && tag.unit === 'L');
  const perMinute = (desk.context.valueOf(flow.name) * 1000) / 60;
  return { noun: 'litres', perMinute, counter: counter?.name ?? '', perCount: 1 };
}

/** What the unit makes, counted as close to the customer as the model knows: pieces of its neighbour before its own litres. */
export function productOf(unitName: string, desk: Desk): Product | undefined {
  const unit = desk.relations.unit(unitName);
  if (unit === undefined) return undefined;
  const own = pieces(unit, desk);
  if (own !== undefined) return own;
  for (const name of desk.relations.neighbours(unitName)) {
    const neighbour = desk.relations.unit(name);
    const next = neighbour === undefined ? undefined : pieces(neighbour, desk);
    if (next !== undefined && next.perMinute > 0) return next;
  }
  return volume(unit, desk);
}

/** Notes since when product is in doubt (once), and says how much it is by now. */
export function suspectProduct(
  story: Story,
  unit: string,
  crossing: Crossing | undefined,
  desk: Desk,
): Suspect | undefined {
  const product = productOf(unit, desk);
  if (product === undefined) return undefined;
  if (crossing?.happened === true && story.suspect === undefined) {
    const now = product.counter === '' ? Number.NaN : desk.context.valueOf(product.counter);
    // What was made between the crossing and its discovery is in doubt as well.
    const missed = (Math.max(0, desk.nowUs - crossing.timeUs) / 60e6) * (product.perMinute || 0);
    story.suspect = { sinceUs: crossing.timeUs, counter: product.counter, counterThen: now - missed };
  }
  const { suspect } = story;
  if (suspect === undefined || !(product.perMinute > 0)) return undefined;
  const count = suspect.counter === '' ? Number.NaN : desk.context.valueOf(suspect.counter) - suspect.counterThen;
  const byRate = ((desk.nowUs - suspect.sinceUs) / 60e6) * product.perMinute;
  return {
    noun: product.noun,
    perMinute: product.perMinute,
    sinceUs: suspect.sinceUs,
    amount: count >= 0 ? count : byRate,
  };
}
