/**
 * What hangs together in the plant: which tag moves, measures or balances which, and which units pass product to each other.
 * Built once from the site (and learned effects); joining and explaining ask it.
 */
import { TAG_LINKS_MAX } from '../../limits.ts';
import type { EffectSpec, PlantUnit, Site, Tag } from '../plant/model.ts';

/** How one tag reaches another. */
export interface Link {
  /** Sum of the lags on the way [s]. */
  readonly lagSeconds: number;
  readonly hops: number;
}

interface Edge {
  readonly to: string;
  readonly lagSeconds: number;
}

/** Links further than this explain nothing any more. */
const HOPS_MAX = 3;
/** ISA-5.1: function letters, then the loop number that all instruments of one loop share. */
const LOOP = /^[A-Z]{1,5}-?(\d{2,5})\b/;

/** Loop number of an instrument's name, or empty. */
export function loopOf(tag: string): string {
  return LOOP.exec(tag)?.[1] ?? '';
}

export class Relations {
  readonly #edges = new Map<string, Edge[]>();
  readonly #effects = new Map<string, EffectSpec[]>();
  readonly #unitOf = new Map<string, string>();
  readonly #units = new Map<string, PlantUnit>();
  /** Null: looked for and not there. */
  readonly #links = new Map<string, Link | null>();
  readonly #neighbours = new Map<string, Set<string>>();

  constructor(site: Site, learned: (unit: string) => readonly EffectSpec[] = () => []) {
    for (const unit of site.units) {
      this.#units.set(unit.name, unit);
      for (const tag of unit.tags) this.#unitOf.set(tag.name, unit.name);
    }
    for (const unit of site.units) {
      for (const tag of unit.tags) this.#addTag(tag);
      for (const effect of [...unit.effects, ...learned(unit.name)]) this.#addEffect(effect);
      for (const invariant of unit.invariants) {
        const tags = [...invariant.left.tags, ...invariant.right.tags];
        for (const a of tags) for (const b of tags) if (a !== b) this.#join(a, b, 0);
      }
    }
    this.#addLoops(site);
  }

  #addTag(tag: Tag): void {
    if (tag.of !== '') this.#join(tag.name, tag.of, 0);
    if (tag.twin !== null) this.#join(tag.name, tag.twin.of, tag.twin.lagSeconds);
    const forced = protectedBy(tag.name);
    if (forced !== '' && this.#unitOf.has(forced)) this.#join(tag.name, forced, 0);
  }

  #addEffect(effect: EffectSpec): void {
    this.#join(effect.of, effect.on, effect.lagSeconds);
    const known = this.#effects.get(effect.of);
    if (known === undefined) this.#effects.set(effect.of, [effect]);
    else known.push(effect);
  }

  #join(a: string, b: string, lagSeconds: number): void {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const edges = this.#edges.get(from);
      if (edges === undefined) this.#edges.set(from, [{ to, lagSeconds }]);
      else edges.push({ to, lagSeconds });
    }
    const unitA = this.#unitOf.get(a);
    const unitB = this.#unitOf.get(b);
    if (unitA !== undefined && unitB !== undefined && unitA !== unitB) this.#meet(unitA, unitB);
  }

  #meet(a: string, b: string): void {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const known = this.#neighbours.get(one);
      if (known === undefined) this.#neighbours.set(one, new Set([other]));
      else known.add(other);
    }
  }

  /** Units with instruments of one loop stand at the same vessel or pipe. */
  #addLoops(site: Site): void {
    const byLoop = new Map<string, Set<string>>();
    for (const unit of site.units) {
      for (const tag of unit.tags) {
        const loop = loopOf(tag.name);
        if (loop === '') continue;
        const units = byLoop.get(loop);
        if (units === undefined) byLoop.set(loop, new Set([unit.name]));
        else units.add(unit.name);
      }
    }
    for (const units of byLoop.values()) {
      for (const a of units) for (const b of units) if (a < b) this.#meet(a, b);
    }
  }

  /** The shortest way from one tag to another; undefined where they have nothing to do with each other. */
  link(from: string, to: string): Link | undefined {
    if (from === '' || to === '') return undefined;
    if (from === to) return { lagSeconds: 0, hops: 0 };
    if (!this.#edges.has(from) || !this.#edges.has(to)) return undefined;
    const key = `${from}\n${to}`;
    const known = this.#links.get(key);
    if (known !== undefined) return known === null ? undefined : known;
    const found = this.#search(from, to);
    if (this.#links.size >= TAG_LINKS_MAX) this.#links.clear();
    this.#links.set(key, found ?? null);
    return found;
  }

  #search(from: string, to: string): Link | undefined {
    const seen = new Set([from]);
    let edge: Link & { readonly at: string } = { at: from, lagSeconds: 0, hops: 0 };
    const queue = [edge];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      edge = next;
      if (edge.hops >= HOPS_MAX) continue;
      for (const { to: at, lagSeconds } of this.#edges.get(edge.at) ?? []) {
        if (seen.has(at)) continue;
        seen.add(at);
        const link = { at, lagSeconds: edge.lagSeconds + lagSeconds, hops: edge.hops + 1 };
        if (at === to) return { lagSeconds: link.lagSeconds, hops: link.hops };
        queue.push(link);
      }
    }
    return undefined;
  }

  /** What this tag moves, declared effects first. */
  effectsOf(tag: string): readonly EffectSpec[] {
    return this.#effects.get(tag) ?? [];
  }

  /** The command whose effect on `tag` is known best: what a controller uses to hold it. */
  commandFor(tag: string): EffectSpec | undefined {
    for (const effects of this.#effects.values()) {
      for (const effect of effects) {
        if (effect.on === tag && this.unitOfTag(tag)?.tags.some((t) => t.name === effect.of && t.role === 'command')) {
          return effect;
        }
      }
    }
    return undefined;
  }

  unit(name: string): PlantUnit | undefined {
    return this.#units.get(name);
  }

  unitOfTag(tag: string): PlantUnit | undefined {
    return this.#units.get(this.#unitOf.get(tag) ?? '');
  }

  /** Units that share a loop, an effect or a balance with this one. */
  neighbours(unit: string): readonly string[] {
    return [...(this.#neighbours.get(unit) ?? [])];
  }

  /** The set-point that acts on a measurement: then a controller holds what is shown. */
  setPointOf(tag: string): Tag | undefined {
    return this.unitOfTag(tag)?.tags.find((other) => other.role === 'setpoint' && other.of === tag);
  }

  /** Measurements of the same quantity: the twin of a tag, or the tag it is a twin of. */
  twinsOf(tag: string): Tag[] {
    const unit = this.unitOfTag(tag);
    const own = unit?.tags.find((other) => other.name === tag);
    return (unit?.tags ?? []).filter((other) => other.twin?.of === tag || (other.name === own?.twin?.of && tag !== ''));
  }
}

/** The safety input a force acts on: `GUARD-1.force`, `GUARD-1.force-value` and `GUARD-1.bypass` act on `GUARD-1`; else empty. */
export function protectedBy(tag: string): string {
  return /^(.+)\.(force|force-value|bypass|override)$/.exec(tag)?.[1] ?? '';
}
