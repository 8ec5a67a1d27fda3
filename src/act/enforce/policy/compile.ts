/** `policy.yaml` → `Policy`. All mistakes are told at once, each with file, line and column. */
import { FUNCTION_CLASSES, type FunctionClass, TAG_ROLES } from '../../../records.ts';
import { parseAddress, parsePrefix } from '../../../understand/plant/addresses.ts';
import { type Path, YamlFile } from '../../../understand/plant/issues.ts';
import type { Interval, Site, Tag } from '../../../understand/plant/model.ts';
import { didYouMean } from '../../../understand/plant/nearest.ts';
import { parseDurationSeconds, parseQuantity } from '../../../understand/plant/quantities.ts';
import { differenceUnit } from '../../../understand/plant/resolve-tag.ts';
import { conversion, parseUnit, type Unit } from '../../../understand/plant/units.ts';
import { ZoneMap } from '../../../understand/plant/zones.ts';
import type { Policy, PolicyRule, StepLimit } from './policy.ts';

const POLICY_KEYS = ['conduits', 'otherwise', 'ifFiredoorFails'];
const RULE_KEYS = ['rule', 'allow', 'deny', 'from', 'tags', 'value', 'step', 'unless', 'during'];

/** Compiles a policy for a site. Throws BAD_CONFIG, one line a mistake: `policy.yaml:4:21 conduits.a.0.from: …`. */
export function compilePolicy(text: string, fileName: string, site: Site): Policy {
  const file = new YamlFile(text, fileName);
  file.throwIfAny();
  const policy = new Compiler(file, site).policy(file.data());
  file.throwIfAny();
  return policy;
}

type Fields = Readonly<Record<string, unknown>>;

class Compiler {
  readonly #file: YamlFile;
  readonly #site: Site;
  readonly #tags: ReadonlyMap<string, Tag>;
  readonly #zones: ZoneMap;

  constructor(file: YamlFile, site: Site) {
    this.#file = file;
    this.#site = site;
    this.#tags = new Map(site.units.flatMap(({ tags }) => tags.map((tag) => [tag.name, tag] as const)));
    this.#zones = new ZoneMap(site.zones);
  }

  policy(data: unknown): Policy {
    const fields = this.#fields(data, [], POLICY_KEYS);
    const conduits = new Map<string, readonly PolicyRule[]>();
    for (const [name, rules] of Object.entries(this.#mapping(fields['conduits'], ['conduits']))) {
      this.#checkConduit(name, ['conduits', name]);
      conduits.set(name, this.#rules(rules, ['conduits', name]));
    }
    const ifFiredoorFails = new Map<string, 'open' | 'closed'>();
    for (const [name, how] of Object.entries(this.#mapping(fields['ifFiredoorFails'], ['ifFiredoorFails']))) {
      this.#checkConduit(name, ['ifFiredoorFails', name]);
      const chosen = this.#oneOf(how, ['open', 'closed'] as const, ['ifFiredoorFails', name]);
      if (chosen !== undefined) ifFiredoorFails.set(name, chosen);
    }
    const otherwise = this.#oneOf(fields['otherwise'] ?? 'deny', ['allow', 'deny'] as const, ['otherwise']) ?? 'deny';
    const effects = this.#site.units
      .flatMap((unit) => unit.effects)
      .filter((one) => one.declared && !Number.isNaN(one.gain));
    return {
      tags: this.#tags,
      effects: Map.groupBy(effects, ({ of }) => of),
      stations: new Set(this.#site.devices.map(({ address }) => address)),
      conduits,
      otherwise,
      ifFiredoorFails,
    };
  }

  #rules(data: unknown, path: Path): PolicyRule[] {
    if (!Array.isArray(data)) {
      this.#file.at(path, 'expected a list of rules');
      return [];
    }
    const names = new Set<string>();
    return data.map((rule: unknown, i) => {
      const at = [...path, i];
      const compiled = this.#rule(this.#fields(rule, at, RULE_KEYS), at);
      if (names.has(compiled.name)) this.#file.at([...at, 'rule'], `there are two rules "${compiled.name}"`);
      names.add(compiled.name);
      return compiled;
    });
  }

  #rule(fields: Fields, path: Path): PolicyRule {
    const both = [fields['allow'], fields['deny']];
    if (both.filter((side) => side !== undefined).length !== 1) {
      this.#file.at(path, 'a rule either allows or denies: give one of "allow" and "deny"');
    }
    const action = fields['allow'] === undefined ? 'deny' : 'allow';
    const name = fields['rule'];
    if (typeof name !== 'string' || name === '') this.#file.at([...path, 'rule'], 'a rule needs a name');
    const tags = this.#tagNames(fields['tags'], [...path, 'tags']);
    const bounded = ['value', 'step', 'unless'].filter((key) => fields[key] !== undefined);
    if (action === 'deny' && bounded.length > 0) this.#file.at([...path, bounded[0]!], 'bounds belong to "allow"');
    return {
      name: String(name ?? ''),
      action,
      classes: this.#classes(fields[action], [...path, action]),
      from: this.#from(fields['from'], [...path, 'from']),
      fromText: listOf(fields['from']).join(', '),
      tags: tags === null ? null : new Set(tags),
      value: this.#value(fields['value'], tags, [...path, 'value']),
      valueText: String(fields['value'] ?? ''),
      step: this.#step(fields['step'], tags, [...path, 'step']),
      unlessLeavesSafe: this.#unless(fields['unless'], [...path, 'unless']),
      duringWorkOn: this.#during(fields['during'], [...path, 'during']),
    };
  }

  #classes(data: unknown, path: Path): ReadonlySet<FunctionClass> {
    const classes = listOf(data).map((name) => this.#oneOf(name, [...FUNCTION_CLASSES, 'any'] as const, path));
    if (classes.includes('any')) return new Set();
    return new Set(classes.filter((name) => name !== undefined && name !== 'any') as FunctionClass[]);
  }

  #from(data: unknown, path: Path): ((address: string) => boolean) | null {
    if (data === undefined) return null;
    const tests = listOf(data).flatMap((name, i) =>
      this.#source(String(name), Array.isArray(data) ? [...path, i] : path),
    );
    return (address) => tests.some((test) => test(address));
  }

  /** A zone, device, group, address or prefix. */
  #source(name: string, path: Path): ((address: string) => boolean)[] {
    const { zones, devices, groups } = this.#site;
    if (zones.some((zone) => zone.name === name)) return [(address) => this.#zones.nameOf(address) === name];
    const device = devices.find((known) => known.name === name);
    if (device !== undefined) return [(address) => address === device.address];
    const group = Object.hasOwn(groups, name) ? groups[name] : undefined;
    if (group !== undefined) {
      const addresses = new Set(group.map((one) => devices.find((known) => known.name === one)?.address ?? one));
      return [(address) => addresses.has(address)];
    }
    if (parseAddress(name) !== null) return [(address) => address === name];
    if (parsePrefix(name) !== null) {
      const map = new ZoneMap([{ name, level: null, networks: [name], outside: false }]);
      return [(address) => map.zoneOf(address) !== null];
    }
    const known = [...zones, ...devices].map((one) => one.name).concat(Object.keys(groups));
    this.#file.at(path, `"${name}" is no zone, device, group, address or prefix${didYouMean(name, known)}`);
    return [];
  }

  #tagNames(data: unknown, path: Path): string[] | null {
    if (data === undefined) return null;
    const role = typeof data === 'string' ? /^role\((.*)\)$/.exec(data)?.[1] : undefined;
    if (role !== undefined) {
      const chosen = this.#oneOf(role, TAG_ROLES, path);
      return [...this.#tags.values()].filter((tag) => tag.role === chosen).map(({ name }) => name);
    }
    const names = listOf(data).map(String);
    for (const [i, name] of names.entries()) {
      if (this.#tags.has(name)) continue;
      this.#file.at(
        Array.isArray(data) ? [...path, i] : path,
        `there is no tag "${name}"${didYouMean(name, this.#tags.keys())}`,
      );
    }
    return names;
  }

  /** `74..78 Cel`: both ends included, converted to the unit of the tags. */
  #value(data: unknown, tags: readonly string[] | null, path: Path): Interval | null {
    if (data === undefined) return null;
    const match = /^\s*(\S+?)\s*\.\.\s*(\S+)\s*(\S*)\s*$/.exec(String(data));
    const unit = match === null ? '' : parseUnit(match[3]!);
    const ends = match === null ? [] : [Number(match[1]), Number(match[2])];
    if (typeof unit === 'string' || ends.some(Number.isNaN) || ends[0]! > ends[1]!) {
      this.#file.at(path, `expected a range like 74..78 Cel, got "${String(data)}"`);
      return null;
    }
    const wanted = this.#unitOf(tags, path);
    if (wanted === undefined) return null;
    if (wanted.text === unit.text) return { low: ends[0]!, high: ends[1]! };
    const factor = conversion(unit, wanted);
    // Scales with another zero (Cel, degF) are written in the tag's own unit.
    if (Number.isNaN(factor) || !Number.isNaN(unit.offsetCelsius) || !Number.isNaN(wanted.offsetCelsius)) {
      this.#file.at(path, `the tags are in "${wanted.text}"; write the range in that unit`);
      return null;
    }
    return { low: ends[0]! * factor, high: ends[1]! * factor };
  }

  /** `2 K per 10 s`. */
  #step(data: unknown, tags: readonly string[] | null, path: Path): StepLimit | null {
    if (data === undefined) return null;
    const match = /^(.*\S)\s+per\s+(.*)$/.exec(String(data));
    const change = match === null ? '' : parseQuantity(match[1]!);
    const seconds = match === null ? '' : parseDurationSeconds(match[2]!);
    if (typeof change === 'string' || typeof seconds === 'string' || seconds <= 0 || change.value < 0) {
      this.#file.at(path, `expected a step like 2 K per 10 s, got "${String(data)}"`);
      return null;
    }
    const wanted = this.#unitOf(tags, path);
    if (wanted === undefined) return null;
    const factor = conversion(differenceUnit(change.unit), differenceUnit(wanted));
    if (Number.isNaN(factor)) {
      this.#file.at(path, `a step of "${wanted.text}" cannot be given in "${change.unit.text}"`);
      return null;
    }
    return { change: change.value * factor, perUs: seconds * 1e6, text: String(data) };
  }

  /** The one unit of the tags; undefined, and noted, where there are none or several. */
  #unitOf(tags: readonly string[] | null, path: Path): Unit | undefined {
    const units = new Set((tags ?? []).flatMap((name) => this.#tags.get(name)?.unit ?? []));
    const [text] = units;
    if (tags === null || units.size > 1) {
      this.#file.at(
        path,
        tags === null ? 'a bound needs "tags"' : 'the tags have different units: make a rule for each',
      );
      return undefined;
    }
    const unit = text === undefined ? '' : parseUnit(text);
    return typeof unit === 'string' ? undefined : unit;
  }

  #unless(data: unknown, path: Path): boolean {
    if (data === undefined || data === 'leaves(safe)') return data !== undefined;
    this.#file.at(path, `expected leaves(safe), got "${String(data)}"`);
    return false;
  }

  #during(data: unknown, path: Path): string {
    if (data === undefined) return '';
    const unit = /^work\((.+)\)$/.exec(String(data))?.[1];
    const units = this.#site.units.map(({ name }) => name);
    if (unit !== undefined && units.includes(unit)) return unit;
    const wrong = unit === undefined ? `expected work(UNIT), got "${String(data)}"` : `there is no unit "${unit}"`;
    this.#file.at(path, `${wrong}${unit === undefined ? '' : didYouMean(unit, units)}`);
    return '';
  }

  #checkConduit(name: string, path: Path): void {
    const names = this.#site.conduits.map((conduit) => conduit.name);
    if (!names.includes(name)) this.#file.atKey(path, `there is no conduit "${name}"${didYouMean(name, names)}`);
  }

  #oneOf<const T extends readonly string[]>(data: unknown, values: T, path: Path): T[number] | undefined {
    const found = values.find((value) => value === data);
    if (found === undefined) this.#file.at(path, `expected ${values.join(', ')}, got "${String(data)}"`);
    return found;
  }

  #mapping(data: unknown, path: Path): Fields {
    if (data === undefined || data === null) return {};
    if (typeof data === 'object' && !Array.isArray(data)) return data as Fields;
    this.#file.at(path, 'expected a mapping');
    return {};
  }

  #fields(data: unknown, path: Path, known: readonly string[]): Fields {
    const fields = this.#mapping(data, path);
    for (const key of Object.keys(fields)) {
      if (known.includes(key)) continue;
      this.#file.atKey(
        [...path, key],
        `unknown key "${key}"${didYouMean(key, known) || `; known are ${known.join(', ')}`}`,
      );
    }
    return fields;
  }
}

function listOf(data: unknown): readonly unknown[] {
  if (data === undefined || data === null) return [];
  return Array.isArray(data) ? data : [data];
}
