/**
 * What a policy says of one message: pure, synchronous, bounded by the rules that its tables name for the message. Modes, bypass,
 * grants and the never-block set are not here (`safety/`): this is the verdict that they let count or not.
 *
 * What is allowed passes, whatever a deny rule says: nobody is blocked in what two people signed. Then whoever denies is named: a deny
 * rule, else an allow rule that fits but for its bounds, else the rule that guards the tag, else `otherwise`.
 */
import { COUNTED_REQUESTS_MAX } from '../../../limits.ts';
import { MODES, type Mode, type TimeUs } from '../../../records.ts';
import type { Interval } from '../../../understand/plant/model.ts';
import type {
  ConduitRules,
  PlantView,
  PointRange,
  Policy,
  PolicyItem,
  PolicyRequest,
  PolicyRule,
  PolicyVerdict,
} from './policy.ts';

/** Machine reasons of verdicts; they never change meaning. */
export const POLICY_REASONS = {
  ANSWER: 'answer',
  ALLOWED: 'allowed',
  DENIED: 'denied-by-rule',
  NO_RULE: 'no-rule',
  SOURCE: 'source-not-allowed',
  VALUE: 'value-outside',
  VALUE_UNKNOWN: 'value-unknown',
  STEP: 'step-too-large',
  RATE: 'rate-too-high',
  SEQUENCE: 'out-of-sequence',
  STATE: 'wrong-state',
  LEAVES_SAFE: 'leaves-safe',
  NO_WORK: 'no-work-window',
} as const;
export type PolicyReason = (typeof POLICY_REASONS)[keyof typeof POLICY_REASONS];

/** A rule's objection to what it would else allow. */
interface Objection {
  readonly reason: PolicyReason;
  readonly sentence: string;
}

interface Refusal {
  readonly rule: PolicyRule | undefined;
  readonly reason: PolicyReason;
  readonly because: readonly string[];
}

const NOTHING: readonly string[] = [];
const ANSWER: PolicyVerdict = passed('', POLICY_REASONS.ANSWER, 'Answers and reports always pass.', NOTHING);
const NO_RULES: readonly PolicyRule[] = [];

/** Decides one message. Everything it touches must be allowed; one item that is not denies the whole message. */
export function decide(policy: Policy, request: PolicyRequest, plant: PlantView, nowUs: TimeUs): PolicyVerdict {
  if (!request.fromClient) return ANSWER;
  const rules = policy.conduits.get(request.conduit);
  const decision = new Decision(policy, rules, request, plant, nowUs);
  if (request.items.length === 0) return decision.one(undefined);
  let last: PolicyVerdict | undefined;
  for (const item of request.items) {
    const verdict = decision.one(item);
    if (verdict.verdict === 'deny') return verdict;
    last ??= verdict;
  }
  return last!;
}

class Decision {
  readonly #policy: Policy;
  readonly #rules: ConduitRules | undefined;
  readonly #request: PolicyRequest;
  readonly #plant: PlantView;
  readonly #nowUs: TimeUs;
  #notEvaluated: string[] | undefined;

  constructor(
    policy: Policy,
    rules: ConduitRules | undefined,
    request: PolicyRequest,
    plant: PlantView,
    nowUs: TimeUs,
  ) {
    this.#policy = policy;
    this.#rules = rules;
    this.#request = request;
    this.#plant = plant;
    this.#nowUs = nowUs;
  }

  /** One item, or a message that touches nothing the policy looks at. */
  one(item: PolicyItem | undefined): PolicyVerdict {
    let allowed: PolicyRule | undefined;
    let refusal: Refusal | undefined;
    this.#each('allow', item, (rule) => {
      if (!this.#fits(rule, item)) return false;
      const objections = this.#objections(rule, item);
      if (objections.length === 0) {
        allowed = rule;
        return true;
      }
      refusal = stronger(refusal, {
        rule,
        reason: objections[0]!.reason,
        because: objections.map(({ sentence }) => sentence),
      });
      return false;
    });
    if (allowed !== undefined) {
      const sentence = `Rule ${allowed.name} allows ${this.#what(item)}.`;
      return passed(allowed.name, POLICY_REASONS.ALLOWED, sentence, this.#notEvaluated ?? NOTHING);
    }
    return this.#denied(item, refusal);
  }

  #denied(item: PolicyItem | undefined, refusal: Refusal | undefined): PolicyVerdict {
    const { client } = this.#request;
    const what = this.#what(item);
    let denial: Refusal | undefined;
    this.#each('deny', item, (rule) => {
      // A deny rule bound to a state or to missing work denies only where that is known.
      if (!this.#fits(rule, item) || !this.#applies(rule)) return false;
      denial = stronger(denial, {
        rule,
        reason: POLICY_REASONS.DENIED,
        because: [`Rule ${rule.name} denies ${what} by ${client}.`],
      });
      return false;
    });
    const guarding = denial === undefined && refusal === undefined ? this.#guarding(item) : undefined;
    const chosen = stronger(stronger(denial, refusal), guarding);
    const notEvaluated = this.#notEvaluated ?? NOTHING;
    if (chosen !== undefined) return denied(chosen, notEvaluated);
    if (this.#policy.otherwise === 'allow') {
      return passed('', POLICY_REASONS.NO_RULE, `No rule speaks of ${what}; all else is allowed.`, notEvaluated);
    }
    const because = [`No rule allows ${what} by ${client}.`];
    return denied({ rule: undefined, reason: POLICY_REASONS.NO_RULE, because }, notEvaluated);
  }

  /** Calls `each` for the rules of one action that may fit. */
  #each(action: 'allow' | 'deny', item: PolicyItem | undefined, each: (rule: PolicyRule) => boolean): void {
    const { client, device, functionClass } = this.#request;
    this.#rules?.[action].some(client, device, functionClass, item, each);
  }

  #what(item: PolicyItem | undefined): string {
    const { functionName, device } = this.#request;
    return item === undefined ? `${functionName} to ${device}` : `${functionName} on ${item.tag || item.point}`;
  }

  /** The rule that speaks of this tag or point but not of this client: so that a denial names what was guarded. */
  #guarding(item: PolicyItem | undefined): Refusal | undefined {
    const { client } = this.#request;
    for (const rule of this.#rules?.allow.guarding(this.#request.functionClass, item) ?? NO_RULES) {
      if (!this.#fits(rule, item)) continue;
      const role =
        rule.tagsText.startsWith('role(') && item !== undefined
          ? [`role(${item.tag}) = ${rule.tagsText.slice(5, -1)}`]
          : [];
      const because = [...role, ...this.#objections(rule, item).map(({ sentence }) => sentence)];
      because.push(`${client} is not in ${rule.from?.text ?? 'the sources of the rule'}`);
      return { rule, reason: POLICY_REASONS.SOURCE, because };
    }
    return undefined;
  }

  #fits(rule: PolicyRule, item: PolicyItem | undefined): boolean {
    const { functionClass, functionCode, functionName, device } = this.#request;
    if (rule.functions !== null) {
      if (!rule.functions.has(functionName) && !rule.functions.has(functionCode)) return false;
    } else if (rule.classes.size > 0 && !rule.classes.has(functionClass)) {
      // Switching a coil is a control function that writes: a rule for writing named tags speaks of it too.
      const writes = functionClass === 'control' && item?.write === true && (rule.tags ?? rule.points) !== null;
      if (!writes || !rule.classes.has('write')) return false;
    }
    if (rule.to !== null && !rule.to.has(device)) return false;
    if (rule.tags !== null && (item === undefined || !rule.tags.has(item.tag))) return false;
    return rule.points === null || (item !== undefined && rule.points.some((range) => covers(range, item)));
  }

  /** For deny rules: true where the state and the (missing) work that it asks for are certain. */
  #applies(rule: PolicyRule): boolean {
    if (rule.whileIn === null) return true;
    return rule.whileIn.states.includes(this.#plant.stateOf(rule.whileIn.plantUnit));
  }

  #objections(rule: PolicyRule, item: PolicyItem | undefined): readonly Objection[] {
    const found: Objection[] = [];
    const note = (objection: Objection | undefined): void => {
      if (objection !== undefined) found.push(objection);
    };
    if (rule.duringWorkOn !== '') note(this.#workObjection(rule));
    if (rule.whileIn !== null) note(this.#stateObjection(rule));
    if (rule.after !== null) note(this.#sequenceObjection(rule));
    if (rule.rate !== null) note(this.#rateObjection(rule));
    if (item?.write !== true || (rule.tags === null && rule.points === null)) return found;
    if (rule.value !== null || rule.step !== null)
      note(this.#valueObjection(rule, item) ?? this.#stepObjection(rule, item));
    if (rule.unlessLeavesSafe) note(this.#safeObjection(rule, item));
    return found;
  }

  #workObjection({ name, duringWorkOn }: PolicyRule): Objection | undefined {
    const { client } = this.#request;
    if (this.#plant.workOpen(duringWorkOn, client, this.#nowUs)) return undefined;
    const sentence = `Rule ${name} needs open work on ${duringWorkOn}, and none is open for ${client}.`;
    return { reason: POLICY_REASONS.NO_WORK, sentence };
  }

  #stateObjection({ name, whileIn }: PolicyRule): Objection | undefined {
    const state = this.#plant.stateOf(whileIn!.plantUnit);
    if (whileIn!.states.includes(state)) return undefined;
    if (state === 'unknown') {
      this.#passOver(`state of ${whileIn!.plantUnit}: it is not known`);
      return undefined;
    }
    const sentence = `${whileIn!.plantUnit} is ${state}; rule ${name} allows this only while ${whileIn!.states.join(' or ')}.`;
    return { reason: POLICY_REASONS.STATE, sentence };
  }

  #sequenceObjection({ name, after }: PolicyRule): Objection | undefined {
    const { client, device } = this.#request;
    const saidUs = this.#plant.lastSaid(after!.functionName, client, device);
    if (this.#nowUs - saidUs <= after!.withinUs) return undefined;
    const sentence = `Rule ${name} wants ${after!.functionName} by ${client} at most ${after!.withinUs / 1e6} s before.`;
    return { reason: POLICY_REASONS.SEQUENCE, sentence };
  }

  #rateObjection({ name, rate }: PolicyRule): Objection | undefined {
    const { client, device } = this.#request;
    if (
      this.#plant.countSince(name, client, device, this.#nowUs - rate!.perUs) <
      Math.min(rate!.count, COUNTED_REQUESTS_MAX)
    )
      return undefined;
    const sentence = `${client} did this ${rate!.text} already, as often as rule ${name} allows.`;
    return { reason: POLICY_REASONS.RATE, sentence };
  }

  #valueObjection({ name, value, valueText }: PolicyRule, item: PolicyItem): Objection | undefined {
    // What a bound is asked of must be known: a value that cannot be read is not inside it.
    if (Number.isNaN(item.value)) {
      const sentence = `The value written to ${item.tag || item.point} cannot be read, and rule ${name} bounds it.`;
      return { reason: POLICY_REASONS.VALUE_UNKNOWN, sentence };
    }
    if (value === null || inside(item.value, value)) return undefined;
    const sentence = `${item.tag || item.point} = ${shown(item.value)} is outside ${valueText} of rule ${name}.`;
    return { reason: POLICY_REASONS.VALUE, sentence };
  }

  #stepObjection({ name, step }: PolicyRule, item: PolicyItem): Objection | undefined {
    if (step === null) return undefined;
    const range = this.#plant.rangeSince(item.tag, this.#nowUs - step.perUs);
    if (range === undefined) {
      this.#passOver(`step of ${item.tag}: its value before is not known`);
      return undefined;
    }
    const change = Math.max(Math.abs(item.value - range.low), Math.abs(item.value - range.high));
    // Values travel as 32-bit floats: the last digit of a step that is just allowed must not deny it.
    if (change <= step.change + 1e-6 * Math.max(Math.abs(item.value), 1)) return undefined;
    const sentence = `${item.tag} would change by ${shown(change)}, more than ${step.text} of rule ${name}.`;
    return { reason: POLICY_REASONS.STEP, sentence };
  }

  /** `leaves(safe)`: the tag itself, and what declared effects make of the change. */
  #safeObjection({ name }: PolicyRule, item: PolicyItem): Objection | undefined {
    const own = this.#leaves(item.tag, item.value);
    if (own !== undefined) return leavesSafe(name, item, own);
    for (const { on, gain } of this.#policy.effects.get(item.tag) ?? []) {
      const expected = this.#plant.valueNow(on) + gain * (item.value - this.#plant.valueNow(item.tag));
      if (Number.isNaN(expected)) {
        this.#passOver(`leaves(safe) of ${on}: a value is not known or too old`);
        continue;
      }
      const left = this.#leaves(on, expected);
      if (left !== undefined) return leavesSafe(name, item, left);
    }
    return undefined;
  }

  /** The safe limit that a value of a tag would leave in the present state; undefined for none. */
  #leaves(name: string, value: number): { tag: string; value: number; safe: Interval; state: string } | undefined {
    const tag = this.#policy.tags.get(name);
    if (tag === undefined || Object.keys(tag.limits).length === 0) return undefined;
    const state = this.#plant.stateOf(tag.plantUnit);
    const limits = Object.hasOwn(tag.limits, state) ? tag.limits[state] : tag.limits['*'];
    if (state === 'unknown' && !Object.hasOwn(tag.limits, '*')) {
      this.#passOver(`leaves(safe) of ${name}: the state of ${tag.plantUnit} is not known`);
    }
    const safe = limits?.safe;
    return safe === undefined || inside(value, safe) || Number.isNaN(value)
      ? undefined
      : { tag: name, value, safe, state };
  }

  #passOver(what: string): void {
    this.#notEvaluated ??= [];
    this.#notEvaluated.push(what);
  }
}

/** The refusal that acts in more modes; the earlier of two equal ones. */
function stronger(before: Refusal | undefined, next: Refusal | undefined): Refusal | undefined {
  if (before === undefined || next === undefined) return before ?? next;
  return strength(next) > strength(before) ? next : before;
}

function strength({ rule }: Refusal): number {
  return rankOf(rule?.mode ?? 'enforce') * 2 + (rule?.guard === true ? 1 : 0);
}

/** Place of a mode on the ladder; bypass stands below all. */
export function rankOf(mode: Mode): number {
  return MODES.indexOf(mode as Exclude<Mode, 'bypass'>);
}

function covers({ area, first, last }: PointRange, item: PolicyItem): boolean {
  if (area !== item.area) return false;
  if (typeof item.address === 'string' || typeof first === 'string' || typeof last === 'string') {
    return item.address === first;
  }
  return item.address >= first && item.address + item.count - 1 <= last;
}

function leavesSafe(
  rule: string,
  { tag, value }: PolicyItem,
  left: { tag: string; value: number; safe: Interval; state: string },
): Objection {
  const limit = `${shown(left.safe.low)} to ${shown(left.safe.high)}`;
  const sentence = `${tag} = ${shown(value)} would bring ${left.tag} to ${shown(left.value)}, outside its safe limits ${limit} while ${left.state} (rule ${rule}).`;
  return { reason: POLICY_REASONS.LEAVES_SAFE, sentence };
}

function inside(value: number, { low, high }: Interval): boolean {
  return value >= low && value <= high;
}

/** A number with six digits at most. */
export function shown(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function passed(rule: string, reason: PolicyReason, sentence: string, notEvaluated: readonly string[]): PolicyVerdict {
  return {
    ...{ verdict: 'pass', rule, reason, sentence, notEvaluated },
    ...{ because: NOTHING, ruleMode: 'enforce', guard: false },
  };
}

function denied({ rule, reason, because }: Refusal, notEvaluated: readonly string[]): PolicyVerdict {
  const [first = ''] = because;
  const sentence =
    because.length === 1
      ? first
      : `Rule ${rule?.name ?? ''}: ${because.map((one) => one.replace(/\.$/, '')).join('; ')}.`;
  return {
    ...{ verdict: 'deny', rule: rule?.name ?? '', reason, sentence, because, notEvaluated },
    ...{ ruleMode: rule?.mode ?? 'enforce', guard: rule?.guard ?? false },
  };
}
