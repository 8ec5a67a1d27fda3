/** The verbs of a policy file: check, diff, render for a packet filter. `policy-propose.ts` writes one from a baseline. */
import { basename } from 'node:path';
import { renderAllowLists, type ZonePairRule } from '../act/enforce/nftables/index.ts';
import { compilePolicy, type Policy, type PolicyRule } from '../act/enforce/policy/index.ts';
import { PROTOCOLS } from '../sense/protocols/registry.ts';
import type { Site } from '../understand/plant/model.ts';
import { ZoneMap } from '../understand/plant/zones.ts';
import { isSigned, policyVersion, readText, signaturesOf } from './policy-files.ts';

export interface PolicyWarning {
  readonly conduit: string;
  readonly rule: string;
  /** `line:column`. */
  readonly place: string;
  readonly kind: 'dead' | 'shadowed' | 'empty-conduit';
  readonly sentence: string;
}

export interface PolicyCheck {
  readonly file: string;
  readonly version: string;
  readonly signed: boolean;
  readonly conduits: readonly {
    readonly name: string;
    readonly rules: number;
    readonly guarding: number;
    readonly ifFiredoorFails: 'open' | 'closed';
  }[];
  readonly otherwise: 'allow' | 'deny';
  readonly warnings: readonly PolicyWarning[];
}

/** Rules without bounds that later ones are compared with; more of them in one conduit are not compared. */
const WIDE_RULES_MAX = 1_000;

/** Compiles a policy and looks for rules that can never count. Throws BAD_CONFIG with one line a mistake. */
export function checkPolicy(path: string, site: Site): PolicyCheck {
  const text = readText(path);
  const policy = compilePolicy(text, basename(path), site);
  const warnings = site.conduits
    .filter(({ name }) => !policy.conduits.has(name))
    .map(({ name }) => emptyConduit(name, policy.otherwise));
  for (const [conduit, { rules }] of policy.conduits) warnings.push(...warningsOf(conduit, rules, site));
  return {
    file: path,
    version: policyVersion(text),
    signed: isSigned(signaturesOf(path)),
    conduits: [...policy.conduits].map(([name, { rules }]) => ({
      name,
      rules: rules.length,
      guarding: rules.filter(({ guard }) => guard).length,
      ifFiredoorFails: policy.ifFiredoorFails.get(name) ?? 'open',
    })),
    otherwise: policy.otherwise,
    warnings,
  };
}

export function policyCheckText(check: PolicyCheck): string {
  const lines = [
    `${check.file}, version ${check.version}, ${check.signed ? 'signed by two people' : 'not signed'}; otherwise ${check.otherwise}`,
    ...check.conduits.map(
      ({ name, rules, guarding, ifFiredoorFails }) =>
        `  ${name}: ${rules} rules, ${guarding} act in guard; ${ifFiredoorFails} if Firedoor fails`,
    ),
    ...check.warnings.map(
      ({ place, conduit, rule, sentence }) =>
        `${check.file}:${place} ${conduit}${rule === '' ? '' : `.${rule}`}: ${sentence}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

export interface PolicyChange {
  readonly conduit: string;
  readonly rule: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Keys that differ, with their texts before and after. */
  readonly fields: Readonly<Record<string, readonly [before: string, after: string]>>;
}

/** What a second policy file changes. Both must compile for the site. */
export function diffPolicies(before: string, after: string, site: Site): PolicyChange[] {
  const [old, next] = [before, after].map((path) => compilePolicy(readText(path), basename(path), site)) as [
    Policy,
    Policy,
  ];
  const changes: PolicyChange[] = [];
  for (const conduit of new Set([...old.conduits.keys(), ...next.conduits.keys()])) {
    const was = old.conduits.get(conduit)?.byName ?? new Map<string, PolicyRule>();
    const is = next.conduits.get(conduit)?.byName ?? new Map<string, PolicyRule>();
    for (const name of new Set([...was.keys(), ...is.keys()])) {
      const [one, other] = [was.get(name), is.get(name)];
      const fields = differences(one, other);
      const change = one === undefined ? 'added' : other === undefined ? 'removed' : 'changed';
      if (Object.keys(fields).length > 0) changes.push({ conduit, rule: name, change, fields });
    }
    const fails = [old, next].map(({ ifFiredoorFails }) => ifFiredoorFails.get(conduit) ?? 'open') as [string, string];
    if (fails[0] !== fails[1])
      changes.push({ conduit, rule: '', change: 'changed', fields: { ifFiredoorFails: fails } });
  }
  if (old.otherwise !== next.otherwise) {
    changes.push({ conduit: '', rule: '', change: 'changed', fields: { otherwise: [old.otherwise, next.otherwise] } });
  }
  return changes;
}

export function policyDiffText(changes: readonly PolicyChange[]): string {
  if (changes.length === 0) return 'The two policies say the same.\n';
  const mark = { added: '+', removed: '-', changed: '~' } as const;
  const lines = changes.map(({ conduit, rule, change, fields }) => {
    const texts = Object.entries(fields).map(
      ([key, [was, is]]) => `${key}: ${change === 'changed' ? `${was || 'none'} → ${is || 'none'}` : was || is}`,
    );
    return `${mark[change]} ${[conduit, rule].filter((one) => one !== '').join('.')}  ${texts.join('; ')}`;
  });
  return `${lines.join('\n')}\n`;
}

/** Layer 3 and 4 allow-lists of a site's conduits as an nftables rule set, to carry to another firewall. */
export function renderPolicy(site: Site): string {
  const networks = (zone: string): readonly string[] => site.zones.find(({ name }) => name === zone)?.networks ?? [];
  const rules = site.conduits.map(({ name, from, to, protocols }): ZonePairRule => {
    const hints = PROTOCOLS.filter((protocol) => protocols.includes(protocol.name)).map(({ hints }) => hints);
    return {
      ...{ conduit: name, from: networks(from), to: networks(to) },
      tcpPorts: [...new Set(hints.flatMap(({ tcp }) => tcp ?? []))].sort((a, b) => a - b),
      udpPorts: [...new Set(hints.flatMap(({ udp }) => udp ?? []))].sort((a, b) => a - b),
    };
  });
  return renderAllowLists(
    'firedoor_zones',
    rules.filter(({ from, to }) => from.length > 0 && to.length > 0),
  );
}

function emptyConduit(conduit: string, otherwise: 'allow' | 'deny'): PolicyWarning {
  const sentence = `the conduit has no rules: in enforce ${otherwise === 'deny' ? 'nothing but the never-block set passes' : 'everything passes'}`;
  return { conduit, rule: '', place: '1:1', kind: 'empty-conduit', sentence };
}

function warningsOf(conduit: string, rules: readonly PolicyRule[], site: Site): PolicyWarning[] {
  const found: PolicyWarning[] = [];
  const wide = rules.filter(isUnbounded).slice(0, WIDE_RULES_MAX);
  for (const [i, rule] of rules.entries()) {
    const { name, place } = rule;
    const dead = whyDead(rule, conduit, site);
    if (dead !== undefined) {
      found.push({ conduit, rule: name, place, kind: 'dead', sentence: dead });
      continue;
    }
    // What is allowed passes before any deny rule is asked; among rules of one kind the first that fits counts.
    const over = wide.find(
      (one) =>
        one !== rule &&
        one.action === 'allow' &&
        covers(one, rule) &&
        (rule.action === 'deny' || rules.indexOf(one) < i),
    );
    if (over === undefined) continue;
    const sentence = `never counts: rule ${over.name} (line ${over.place.split(':')[0]}) allows all of it before`;
    found.push({ conduit, rule: name, place, kind: 'shadowed', sentence });
  }
  return found;
}

function whyDead(rule: PolicyRule, conduit: string, site: Site): string | undefined {
  if (rule.tags?.size === 0) return 'fits nothing: no tag of the site is meant';
  const addresses = rule.from?.addresses;
  if (addresses == null) return undefined;
  if (addresses.length === 0) return 'fits nobody: its sources are empty';
  const from = site.conduits.find(({ name }) => name === conduit)?.from;
  const zone = site.zones.find(({ name }) => name === from);
  if (zone === undefined) return undefined;
  const inZone = addresses.some((address) => zoneHolds(zone.networks, address));
  return inZone
    ? undefined
    : `fits nobody here: none of its sources is in the zone ${zone.name} that the conduit comes from`;
}

function zoneHolds(networks: readonly string[], address: string): boolean {
  return new ZoneMap([{ name: 'one', level: null, networks, outside: false }]).zoneOf(address) !== null;
}

function isUnbounded(rule: PolicyRule): boolean {
  const bounds = [rule.value, rule.step, rule.rate, rule.whileIn, rule.after];
  return (
    bounds.every((bound) => bound === null) &&
    !rule.unlessLeavesSafe &&
    rule.duringWorkOn === '' &&
    rule.mode === 'enforce'
  );
}

/** True where everything that `narrow` speaks of is spoken of by `wide`. */
function covers(wide: PolicyRule, narrow: PolicyRule): boolean {
  const within = <T>(outer: ReadonlySet<T> | null, inner: ReadonlySet<T> | null): boolean =>
    outer === null || (inner !== null && [...inner].every((one) => outer.has(one)));
  const classes = wide.classes.size === 0 || (narrow.classes.size > 0 && within(wide.classes, narrow.classes));
  const ends = (outer: PolicyRule['from'], inner: PolicyRule['from']): boolean =>
    outer === null || outer.text === inner?.text || (inner?.addresses?.every((address) => outer.has(address)) ?? false);
  if (!classes || !within(wide.functions, narrow.functions)) return false;
  if (!ends(wide.from, narrow.from) || !ends(wide.to, narrow.to)) return false;
  return (
    within(wide.tags, narrow.tags) &&
    (wide.points === null || JSON.stringify(wide.points) === JSON.stringify(narrow.points))
  );
}

/** Texts of a rule by key, for comparing. */
function textsOf(rule: PolicyRule | undefined): Record<string, string> {
  if (rule === undefined) return {};
  const { whileIn, after, functions, points, from, to, step, rate } = rule;
  return {
    [rule.action]: [...rule.classes].join(', ') || 'any',
    functions: [...(functions ?? [])].join(', '),
    from: from?.text ?? '',
    to: to?.text ?? '',
    tags: rule.tagsText,
    points: (points ?? []).map(({ area, first, last }) => `${area}/${first}..${last}`).join(', '),
    ...{ value: rule.valueText, step: step?.text ?? '', rate: rate?.text ?? '' },
    unless: rule.unlessLeavesSafe ? 'leaves(safe)' : '',
    during: rule.duringWorkOn,
    while: whileIn === null ? '' : `${whileIn.plantUnit} is ${whileIn.states.join(' or ')}`,
    after: after === null ? '' : `${after.functionName} within ${after.withinUs / 1e6} s`,
    guard: rule.guard ? 'true' : '',
    mode: rule.mode === 'enforce' ? '' : rule.mode,
  };
}

function differences(one: PolicyRule | undefined, other: PolicyRule | undefined): PolicyChange['fields'] {
  const [was, is] = [textsOf(one), textsOf(other)];
  const fields: Record<string, readonly [string, string]> = {};
  for (const key of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const pair = [was[key] ?? '', is[key] ?? ''] as const;
    if (pair[0] !== pair[1]) fields[key] = pair;
  }
  return fields;
}
