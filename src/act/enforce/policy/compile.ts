/** `policy.yaml` → `Policy`. All mistakes are told at once, each with file, line and column. */
import { FUNCTION_CLASSES, type FunctionClass, MODES, type Mode, TAG_ROLES } from '../../../records.ts';
import { parseAddress, parsePrefix } from '../../../understand/plant/addresses.ts';
import { type Path, YamlFile } from '../../../understand/plant/issues.ts';
import type { Interval, Site, Tag } from '../../../understand/plant/model.ts';
import { didYouMean } from '../../../understand/plant/nearest.ts';
import { parseDurationSeconds, parseQuantity } from '../../../understand/plant/quantities.ts';
import { differenceUnit } from '../../../understand/plant/resolve-tag.ts';
import { conversion, parseUnit, type Unit } from '../../../understand/plant/units.ts';
import { ZoneMap } from '../../../understand/plant/zones.ts';
import type { ConduitRules, PointRange, Policy, PolicyRule, RateLimit, SourceSet, StepLimit } from './policy.ts';
import { RuleTable } from './table.ts';

const POLICY_KEYS = ['conduits', 'otherwise', 'ifFiredoorFails'];
const RULE_KEYS = [
  ...['rule', 'allow', 'deny', 'functions', 'from', 'to', 'tags', 'points', 'value', 'step', 'rate'],
  ...['unless', 'during', 'while', 'after', 'guard', 'mode'],
];
/** Keys that only make sense where something is allowed. */
const BOUNDS = ['value', 'step', 'rate', 'unless', 'during', 'after'];
/** Source of everybody whom the site does not name. */
const STRANGERS = 'strangers';

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
  readonly #stations: ReadonlySet<string>;
  /** Sources and tag lists are often the same in many rules: each text is looked up once. */
  readonly #sources = new Map<string, SourceSet>();

  constructor(file: YamlFile, site: Site) {
    this.#file = file;
    this.#site = site;
    this.#tags = new Map(site.units.flatMap(({ tags }) => tags.map((tag) => [tag.name, tag] as const)));
    this.#zones = new ZoneMap(site.zones);
    this.#stations = stationsOf(site);
  }

  policy(data: unknown): Policy {
    const fields = this.#fields(data, [], POLICY_KEYS);
    const conduits = new Map<string, ConduitRules>();
    for (const [name, rules] of Object.entries(this.#mapping(fields['conduits'], ['conduits']))) {
      this.#checkConduit(name, ['conduits', name]);
      conduits.set(name, tablesOf(this.#rules(rules, ['conduits', name])));
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
      units: this.#site.units,
      effects: Map.groupBy(effects, ({ of }) => of),
      stations: this.#stations,
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
    const points = this.#points(fields['points'], [...path, 'points']);
    if (tags !== null && points !== null) {
      this.#file.at([...path, 'points'], 'a rule names tags or points, not both: make a rule for each');
    }
    const bounded = BOUNDS.filter((key) => fields[key] !== undefined);
    if (action === 'deny' && bounded.length > 0) this.#file.at([...path, bounded[0]!], 'bounds belong to "allow"');
    return {
      name: String(name ?? ''),
      place: this.#file.position(path),
      action,
      mode: this.#mode(fields['mode'], [...path, 'mode']),
      guard: this.#flag(fields['guard'], [...path, 'guard']),
      classes: this.#classes(fields[action], [...path, action]),
      functions: fields['functions'] === undefined ? null : new Set(listOf(fields['functions']).map(functionOf)),
      from: this.#from(fields['from'], [...path, 'from']),
      to: this.#from(fields['to'], [...path, 'to']),
      tags: tags === null ? null : new Set(tags),
      tagsText: listOf(fields['tags']).join(', '),
      points,
      value: this.#value(fields['value'], tags, points !== null, [...path, 'value']),
      valueText: String(fields['value'] ?? ''),
      step: this.#step(fields['step'], tags, [...path, 'step']),
      rate: this.#rate(fields['rate'], [...path, 'rate']),
      unlessLeavesSafe: this.#unless(fields['unless'], [...path, 'unless']),
      duringWorkOn: this.#during(fields['during'], [...path, 'during']),
      whileIn: this.#while(fields['while'], [...path, 'while']),
      after: this.#after(fields['after'], [...path, 'after']),
    };
  }

  #classes(data: unknown, path: Path): ReadonlySet<FunctionClass> {
    const classes = listOf(data).map((name) => this.#oneOf(name, [...FUNCTION_CLASSES, 'any'] as const, path));
    if (classes.includes('any')) return new Set();
    return new Set(classes.filter((name) => name !== undefined && name !== 'any') as FunctionClass[]);
  }

  #from(data: unknown, path: Path): SourceSet | null {
    if (data === undefined) return null;
    const names = listOf(data).map(String);
    const text = names.join(', ');
    const known = this.#sources.get(text);
    if (known !== undefined) return known;
    const parts = names.flatMap((name, i) => this.#source(name, Array.isArray(data) ? [...path, i] : path));
    const addresses = parts.every((part) => part.addresses !== null)
      ? parts.flatMap((part) => part.addresses ?? [])
      : null;
    const [only] = parts;
    const single = new Set(addresses);
    const has =
      addresses !== null
        ? (address: string) => single.has(address)
        : parts.length === 1
          ? only!.has
          : (address: string) => parts.some((part) => part.has(address));
    const set = { text, has, addresses };
    this.#sources.set(text, set);
    return set;
  }

  /** A zone, device, group, address or prefix, or `strangers`. */
  #source(name: string, path: Path): Omit<SourceSet, 'text'>[] {
    const { zones, devices, groups } = this.#site;
    const of = (...addresses: readonly string[]) => [
      { has: (address: string) => addresses.includes(address), addresses },
    ];
    if (zones.some((zone) => zone.name === name)) {
      return [{ has: (address) => this.#zones.nameOf(address) === name, addresses: null }];
    }
    const device = devices.find((known) => known.name === name);
    if (device !== undefined) return of(device.address);
    const group = Object.hasOwn(groups, name) ? groups[name] : undefined;
    if (group !== undefined) return of(...group.map((one) => addressOf(one, this.#site)));
    if (name === STRANGERS) return [{ has: (address) => !this.#stations.has(address), addresses: null }];
    if (parseAddress(name) !== null) return of(name);
    if (parsePrefix(name) !== null) {
      const map = new ZoneMap([{ name, level: null, networks: [name], outside: false }]);
      return [{ has: (address) => map.zoneOf(address) !== null, addresses: null }];
    }
    const known = [...zones, ...devices].map((one) => one.name).concat(Object.keys(groups), STRANGERS);
    this.#file.at(path, `"${name}" is no zone, device, group, address or prefix${didYouMean(name, known)}`);
    return [];
  }

  /** `plc-1/holding/100..120`, `10.20.1.11/1/coil/3`, `plc-1/tag/Motor.Run`. */
  #points(data: unknown, path: Path): PointRange[] | null {
    if (data === undefined) return null;
    return listOf(data).flatMap((text, i): PointRange[] => {
      const match = /^([^/]+)\/(.+)\/([^/]+)$/.exec(String(text));
      const at = Array.isArray(data) ? [...path, i] : path;
      if (match === null) {
        this.#file.at(at, `expected points like plc-1/holding/100..120, got "${String(text)}"`);
        return [];
      }
      const [, deviceName = '', middle = '', last = ''] = match;
      const device = this.#site.devices.find((known) => known.name === deviceName);
      const unit = device === undefined || device.unit === '' ? '' : `${device.unit}/`;
      if (device === undefined && parseAddress(deviceName) === null) {
        const names = this.#site.devices.map((known) => known.name);
        this.#file.at(at, `there is no device "${deviceName}"${didYouMean(deviceName, names)}`);
      }
      const area = `${device?.address ?? deviceName}/${unit}${middle}`;
      const range = /^(\d+)(?:\.\.(\d+))?$/.exec(last);
      if (range === null) return [{ area, first: last, last }];
      return [{ area, first: Number(range[1]), last: Number(range[2] ?? range[1]) }];
    });
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
  #value(data: unknown, tags: readonly string[] | null, ofPoints: boolean, path: Path): Interval | null {
    if (data === undefined) return null;
    const match = /^\s*(\S+?)\s*\.\.\s*(\S+)\s*(\S*)\s*$/.exec(String(data));
    const unit = match === null ? '' : parseUnit(match[3]!);
    const ends = match === null ? [] : [Number(match[1]), Number(match[2])];
    if (typeof unit === 'string' || ends.some(Number.isNaN) || ends[0]! > ends[1]!) {
      this.#file.at(path, `expected a range like 74..78 Cel, got "${String(data)}"`);
      return null;
    }
    // Points have no unit: their values are as they stand on the wire.
    if (ofPoints && match?.[3] === '') return { low: ends[0]!, high: ends[1]! };
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

  /** `5 per min`. */
  #rate(data: unknown, path: Path): RateLimit | null {
    if (data === undefined) return null;
    const match = /^(\d+)\s+per\s+(.*)$/.exec(String(data));
    const seconds = match === null ? '' : parseDurationSeconds(/^\d/.test(match[2]!) ? match[2]! : `1 ${match[2]}`);
    if (match === null || typeof seconds === 'string' || seconds <= 0) {
      this.#file.at(path, `expected a rate like 5 per min, got "${String(data)}"`);
      return null;
    }
    return { count: Number(match[1]), perUs: seconds * 1e6, text: String(data) };
  }

  /** `P1 is running`, `P1 is running or cleaning`. */
  #while(data: unknown, path: Path): PolicyRule['whileIn'] {
    if (data === undefined) return null;
    const match = /^(.+?)\s+is\s+(.+)$/.exec(String(data));
    const unit = this.#site.units.find(({ name }) => name === match?.[1]);
    if (match === null || unit === undefined) {
      this.#file.at(path, `expected a state like P1 is running, got "${String(data)}"`);
      return null;
    }
    const states = match[2]!.split(/\s+or\s+/);
    const known = unit.states.map(({ name }) => name);
    for (const state of states) {
      if (!known.includes(state)) {
        this.#file.at(path, `${unit.name} has no state "${state}"${didYouMean(state, known)}`);
      }
    }
    return { plantUnit: unit.name, states };
  }

  /** `select within 10 s`. */
  #after(data: unknown, path: Path): PolicyRule['after'] {
    if (data === undefined) return null;
    const match = /^(\S+)\s+within\s+(.*)$/.exec(String(data));
    const seconds = match === null ? '' : parseDurationSeconds(match[2]!);
    if (match === null || typeof seconds === 'string' || seconds <= 0) {
      this.#file.at(path, `expected a sequence like select within 10 s, got "${String(data)}"`);
      return null;
    }
    return { functionName: match[1]!, withinUs: seconds * 1e6 };
  }

  #mode(data: unknown, path: Path): Mode {
    return data === undefined ? 'enforce' : (this.#oneOf(data, MODES, path) ?? 'enforce');
  }

  #flag(data: unknown, path: Path): boolean {
    if (data !== undefined && typeof data !== 'boolean') this.#file.at(path, 'expected true or false');
    return data === true;
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

/** The rules of one conduit as tables. */
function tablesOf(rules: readonly PolicyRule[]): ConduitRules {
  const reads = (rule: PolicyRule): boolean =>
    (rule.tags !== null || rule.points !== null) && (rule.classes.size === 0 || rule.classes.has('read'));
  return {
    rules,
    byName: new Map(rules.map((rule) => [rule.name, rule])),
    allow: new RuleTable(rules.filter(({ action }) => action === 'allow')),
    deny: new RuleTable(rules.filter(({ action }) => action === 'deny')),
    looksAtReads: rules.some(reads),
  };
}

/** Addresses of devices and members of groups. */
function stationsOf(site: Site): ReadonlySet<string> {
  const members = Object.values(site.groups).flatMap((group) => group.map((one) => addressOf(one, site)));
  return new Set([...site.devices.map(({ address }) => address), ...members]);
}

function addressOf(nameOrAddress: string, { devices }: Site): string {
  return devices.find(({ name }) => name === nameOrAddress)?.address ?? nameOrAddress;
}

/** A code may be written decimal or 0x5a; all else is a name. */
function functionOf(text: unknown): string | number {
  if (typeof text === 'number') return text;
  return /^(0x[0-9a-f]+|\d+)$/i.test(String(text)) ? Number(text) : String(text);
}

function listOf(data: unknown): readonly unknown[] {
  if (data === undefined || data === null) return [];
  return Array.isArray(data) ? data : [data];
}
