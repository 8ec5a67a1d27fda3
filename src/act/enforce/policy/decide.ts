/**
 * What a policy says of one message: pure, synchronous, bounded by the rules of one conduit times the writes of one message. Modes,
 * bypass and approvals are not here (`safety/`): this is the verdict that they let count or not.
 */
import type { TimeUs } from '../../../records.ts';
import type { Interval } from '../../../understand/plant/model.ts';
import type { PlantView, Policy, PolicyRequest, PolicyRule, PolicyVerdict, PolicyWrite } from './policy.ts';

/** Machine reasons of verdicts; they never change meaning. */
export const POLICY_REASONS = {
  ANSWER: 'answer',
  SAFE_DIRECTION: 'safe-direction',
  ALLOWED: 'allowed',
  DENIED: 'denied-by-rule',
  NO_RULE: 'no-rule',
  VALUE: 'value-outside',
  VALUE_UNKNOWN: 'value-unknown',
  STEP: 'step-too-large',
  LEAVES_SAFE: 'leaves-safe',
  NO_WORK: 'no-work-window',
} as const;
export type PolicyReason = (typeof POLICY_REASONS)[keyof typeof POLICY_REASONS];

/** A rule's objection to a write it would else allow. */
interface Objection {
  readonly reason: PolicyReason;
  readonly sentence: string;
}

/** Decides one message. Every write of it must be allowed; one that is not denies the whole message. */
export function decide(policy: Policy, request: PolicyRequest, plant: PlantView, nowUs: TimeUs): PolicyVerdict {
  if (!request.fromClient) return pass('', POLICY_REASONS.ANSWER, 'Answers and reports always pass.', []);
  const rules = policy.conduits.get(request.conduit) ?? [];
  const decision = new Decision(policy, request, plant, nowUs);
  if (request.writes.length === 0) return decision.one(rules, undefined);
  let last: PolicyVerdict | undefined;
  for (const write of request.writes) {
    last = decision.one(rules, write);
    if (last.verdict === 'deny') return last;
  }
  return last!;
}

class Decision {
  readonly #policy: Policy;
  readonly #request: PolicyRequest;
  readonly #plant: PlantView;
  readonly #nowUs: TimeUs;
  readonly #notEvaluated: string[] = [];

  constructor(policy: Policy, request: PolicyRequest, plant: PlantView, nowUs: TimeUs) {
    this.#policy = policy;
    this.#request = request;
    this.#plant = plant;
    this.#nowUs = nowUs;
  }

  /** One write, or a message that writes nothing: the first rule that fits and does not object decides. */
  one(rules: readonly PolicyRule[], write: PolicyWrite | undefined): PolicyVerdict {
    const { client, functionName } = this.#request;
    const what =
      write === undefined ? functionName : `${functionName} on ${write.tag === '' ? write.point : write.tag}`;
    if (write !== undefined && this.#isSafeDirection(write)) {
      const sentence = `${write.tag} goes to its safe direction, by a known station: never blocked.`;
      return pass('', POLICY_REASONS.SAFE_DIRECTION, sentence, this.#notEvaluated);
    }
    let refusal: { readonly rule: string; readonly objection: Objection } | undefined;
    for (const rule of rules) {
      if (!this.#fits(rule, write)) continue;
      if (rule.action === 'deny') {
        return deny(
          rule.name,
          POLICY_REASONS.DENIED,
          `Rule ${rule.name} denies ${what} by ${client}.`,
          this.#notEvaluated,
        );
      }
      const objection = this.#objection(rule, write);
      if (objection === undefined) {
        return pass(rule.name, POLICY_REASONS.ALLOWED, `Rule ${rule.name} allows ${what}.`, this.#notEvaluated);
      }
      refusal ??= { rule: rule.name, objection };
    }
    if (refusal !== undefined) {
      return deny(refusal.rule, refusal.objection.reason, refusal.objection.sentence, this.#notEvaluated);
    }
    if (this.#policy.otherwise === 'allow') {
      return pass('', POLICY_REASONS.NO_RULE, `No rule speaks of ${what}; all else is allowed.`, this.#notEvaluated);
    }
    return deny('', POLICY_REASONS.NO_RULE, `No rule allows ${what} by ${client}.`, this.#notEvaluated);
  }

  #fits(rule: PolicyRule, write: PolicyWrite | undefined): boolean {
    if (rule.classes.size > 0 && !rule.classes.has(this.#request.functionClass)) return false;
    if (rule.from !== null && !rule.from(this.#request.client)) return false;
    return rule.tags === null || (write !== undefined && rule.tags.has(write.tag));
  }

  #objection(rule: PolicyRule, write: PolicyWrite | undefined): Objection | undefined {
    const { client } = this.#request;
    if (rule.duringWorkOn !== '' && !this.#plant.workOpen(rule.duringWorkOn, client, this.#nowUs)) {
      const sentence = `Rule ${rule.name} needs open work on ${rule.duringWorkOn}, and none is open for ${client}.`;
      return { reason: POLICY_REASONS.NO_WORK, sentence };
    }
    if (write === undefined || rule.tags === null) return undefined;
    return this.#valueObjection(rule, write) ?? this.#stepObjection(rule, write) ?? this.#safeObjection(rule, write);
  }

  #valueObjection({ name, value, valueText, step }: PolicyRule, write: PolicyWrite): Objection | undefined {
    // What a bound is asked of must be known: a value that cannot be read is not inside it.
    if (Number.isNaN(write.value) && (value !== null || step !== null)) {
      const sentence = `The value written to ${write.tag} cannot be read, and rule ${name} bounds it.`;
      return { reason: POLICY_REASONS.VALUE_UNKNOWN, sentence };
    }
    if (value === null || inside(write.value, value)) return undefined;
    const sentence = `${write.tag} = ${shown(write.value)} is outside ${valueText} of rule ${name}.`;
    return { reason: POLICY_REASONS.VALUE, sentence };
  }

  #stepObjection({ name, step }: PolicyRule, write: PolicyWrite): Objection | undefined {
    if (step === null) return undefined;
    const range = this.#plant.rangeSince(write.tag, this.#nowUs - step.perUs);
    if (range === undefined) {
      this.#notEvaluated.push(`step of ${write.tag}: its value before is not known`);
      return undefined;
    }
    const change = Math.max(Math.abs(write.value - range.low), Math.abs(write.value - range.high));
    if (change <= step.change) return undefined;
    const sentence = `${write.tag} would change by ${shown(change)}, more than ${step.text} of rule ${name}.`;
    return { reason: POLICY_REASONS.STEP, sentence };
  }

  /** `leaves(safe)`: the tag itself, and what declared effects make of the change. */
  #safeObjection({ name, unlessLeavesSafe }: PolicyRule, write: PolicyWrite): Objection | undefined {
    if (!unlessLeavesSafe) return undefined;
    const own = this.#leaves(write.tag, write.value);
    if (own !== undefined) return leavesSafe(name, write, own);
    for (const { on, gain } of this.#policy.effects.get(write.tag) ?? []) {
      const expected = this.#plant.valueNow(on) + gain * (write.value - this.#plant.valueNow(write.tag));
      if (Number.isNaN(expected)) {
        this.#notEvaluated.push(`leaves(safe) of ${on}: a value is not known or too old`);
        continue;
      }
      const left = this.#leaves(on, expected);
      if (left !== undefined) return leavesSafe(name, write, left);
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
      this.#notEvaluated.push(`leaves(safe) of ${name}: the state of ${tag.plantUnit} is not known`);
    }
    const safe = limits?.safe;
    return safe === undefined || inside(value, safe) || Number.isNaN(value)
      ? undefined
      : { tag: name, value, safe, state };
  }

  /** Never blocked: an actuator's declared safe value, by a station the site names. A calibration has no safe direction. */
  #isSafeDirection({ tag, value }: PolicyWrite): boolean {
    const known = this.#policy.tags.get(tag);
    if (known === undefined || known.safe !== value || known.role === 'calibration') return false;
    return this.#policy.stations.has(this.#request.client);
  }
}

function leavesSafe(
  rule: string,
  { tag, value }: PolicyWrite,
  left: { tag: string; value: number; safe: Interval; state: string },
): Objection {
  const limit = `${shown(left.safe.low)} to ${shown(left.safe.high)}`;
  const sentence = `${tag} = ${shown(value)} would bring ${left.tag} to ${shown(left.value)}, outside its safe limits ${limit} while ${left.state} (rule ${rule}).`;
  return { reason: POLICY_REASONS.LEAVES_SAFE, sentence };
}

function inside(value: number, { low, high }: Interval): boolean {
  return value >= low && value <= high;
}

function shown(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function pass(rule: string, reason: PolicyReason, sentence: string, notEvaluated: readonly string[]): PolicyVerdict {
  return { verdict: 'pass', rule, reason, sentence, notEvaluated };
}

function deny(rule: string, reason: PolicyReason, sentence: string, notEvaluated: readonly string[]): PolicyVerdict {
  return { verdict: 'deny', rule, reason, sentence, notEvaluated };
}
