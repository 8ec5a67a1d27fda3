/**
 * Rules looked up by who and what instead of one after the other, so that a message costs the same under ten lines and under a hundred
 * thousand. Rules stand in buckets by source, and in a bucket under their most selective condition; what is found keeps the order of
 * the file.
 */
import { POLICY_CLIENTS_MAX } from '../../../limits.ts';
import type { FunctionClass } from '../../../records.ts';
import type { PolicyItem, PolicyRule, SourceSet } from './policy.ts';

/** Rules of one source. Lists hold positions in `rules`, ascending. */
interface Bucket {
  readonly byTag: Map<string, number[]>;
  readonly byArea: Map<string, number[]>;
  /** Key: device, then class. */
  readonly byDevice: Map<string, Map<FunctionClass | '', number[]>>;
  readonly byClass: Map<FunctionClass | '', number[]>;
}

/** Source number of rules that ask for none. */
const ANYBODY = 0;
const NONE: readonly number[] = [];
const NO_RULES: readonly PolicyRule[] = [];
/** Rules looked at to name who guards a tag, area or class; the first are as good as all. */
const GUARDS_MAX = 16;

export class RuleTable {
  readonly rules: readonly PolicyRule[];
  readonly #buckets = new Map<number, Bucket>();
  /** Sources made of single addresses, and those that hold networks. */
  readonly #byAddress = new Map<string, number[]>();
  readonly #networks: { readonly number: number; readonly set: SourceSet }[] = [];
  readonly #known = new Map<string, readonly number[]>();
  /** By tag (`t` before it), area (`a`) or class (`c`), whoever the source: those that act in guard first. */
  readonly #guards = new Map<string, PolicyRule[]>();
  // Reused by each look-up: lists found, and how far each was read.
  readonly #lists: (readonly number[])[] = [];
  readonly #read: number[] = [];

  constructor(rules: readonly PolicyRule[]) {
    this.rules = rules;
    const numbers = new Map<string, number>();
    for (const [i, rule] of rules.entries()) this.#put(this.#bucket(this.#sourceNumber(rule.from, numbers)), rule, i);
    for (const guard of [true, false]) for (const rule of rules) if (rule.guard === guard) this.#addGuard(rule);
  }

  /** Rules that speak of the item or, where they act in guard, of the class, whoever they allow it to. */
  guarding(functionClass: FunctionClass, item: PolicyItem | undefined): readonly PolicyRule[] {
    const found = [this.#guards.get(`c${functionClass}`) ?? NO_RULES];
    if (item !== undefined) {
      found.unshift(this.#guards.get(`t${item.tag}`) ?? NO_RULES, this.#guards.get(`a${item.area}`) ?? NO_RULES);
    }
    return found.flat();
  }

  #addGuard(rule: PolicyRule): void {
    const keys: string[] = [];
    if (rule.tags !== null) for (const tag of rule.tags) keys.push(`t${tag}`);
    else if (rule.points !== null) for (const { area } of rule.points) keys.push(`a${area}`);
    else if (rule.guard) for (const name of rule.classes) keys.push(`c${name}`);
    for (const key of new Set(keys)) {
      const list = this.#guards.get(key);
      if (list === undefined) this.#guards.set(key, [rule]);
      else if (list.length < GUARDS_MAX) list.push(rule);
    }
  }

  /**
   * Calls `each` for every rule whose source fits and whose tags, points, device or class may, in the order of the file, until it
   * returns true.
   */
  some(
    client: string,
    device: string,
    functionClass: FunctionClass,
    item: PolicyItem | undefined,
    each: (rule: PolicyRule) => boolean,
  ): boolean {
    if (this.rules.length === 0) return false;
    this.#lists.length = 0;
    this.#collect(ANYBODY, device, functionClass, item);
    for (const number of this.#sourcesOf(client)) this.#collect(number, device, functionClass, item);
    this.#read.length = 0;
    for (let i = 0; i < this.#lists.length; i++) this.#read.push(0);
    for (;;) {
      let least = Number.POSITIVE_INFINITY;
      let from = -1;
      for (let i = 0; i < this.#lists.length; i++) {
        const next = this.#lists[i]![this.#read[i]!];
        if (next !== undefined && next < least) {
          least = next;
          from = i;
        }
      }
      if (from < 0) return false;
      this.#read[from]!++;
      if (each(this.rules[least]!)) return true;
    }
  }

  #collect(source: number, device: string, functionClass: FunctionClass, item: PolicyItem | undefined): void {
    const bucket = this.#buckets.get(source);
    if (bucket === undefined) return;
    if (item !== undefined) {
      this.#add(bucket.byTag.get(item.tag));
      this.#add(bucket.byArea.get(item.area));
    }
    const ofDevice = bucket.byDevice.get(device);
    this.#add(ofDevice?.get(functionClass));
    this.#add(ofDevice?.get(''));
    this.#add(bucket.byClass.get(functionClass));
    this.#add(bucket.byClass.get(''));
  }

  #add(list: readonly number[] | undefined): void {
    if (list !== undefined && list.length > 0) this.#lists.push(list);
  }

  #sourcesOf(client: string): readonly number[] {
    const known = this.#known.get(client);
    if (known !== undefined) return known;
    const single = this.#byAddress.get(client) ?? NONE;
    const wide = this.#networks.filter(({ set }) => set.has(client)).map(({ number }) => number);
    const numbers = wide.length === 0 ? single : [...single, ...wide];
    if (this.#known.size >= POLICY_CLIENTS_MAX) this.#known.clear();
    this.#known.set(client, numbers);
    return numbers;
  }

  #sourceNumber(set: SourceSet | null, numbers: Map<string, number>): number {
    if (set === null) return ANYBODY;
    const known = numbers.get(set.text);
    if (known !== undefined) return known;
    const number = numbers.size + 1;
    numbers.set(set.text, number);
    if (set.addresses === null) this.#networks.push({ number, set });
    else for (const address of new Set(set.addresses)) put(this.#byAddress, address, number);
    return number;
  }

  #bucket(number: number): Bucket {
    let bucket = this.#buckets.get(number);
    if (bucket === undefined) {
      bucket = { byTag: new Map(), byArea: new Map(), byDevice: new Map(), byClass: new Map() };
      this.#buckets.set(number, bucket);
    }
    return bucket;
  }

  #put(bucket: Bucket, rule: PolicyRule, i: number): void {
    const classes: readonly (FunctionClass | '')[] = rule.classes.size === 0 ? [''] : [...rule.classes];
    if (rule.tags !== null) for (const tag of rule.tags) put(bucket.byTag, tag, i);
    else if (rule.points !== null)
      for (const area of new Set(rule.points.map((one) => one.area))) put(bucket.byArea, area, i);
    else if (rule.to?.addresses != null) {
      for (const device of new Set(rule.to.addresses)) {
        let byClass = bucket.byDevice.get(device);
        if (byClass === undefined) {
          byClass = new Map();
          bucket.byDevice.set(device, byClass);
        }
        for (const name of classes) put(byClass, name, i);
      }
    } else for (const name of classes) put(bucket.byClass, name, i);
  }
}

function put<K>(map: Map<K, number[]>, key: K, value: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
