/**
 * What a policy is and what it is asked. A policy says what is allowed, on the wire, in this state of the plant; it never takes a
 * learned score. Compiled by `compile.ts` from `policy.yaml`, applied by `decide.ts`.
 */
import type { FunctionClass, TimeUs, Verdict } from '../../../records.ts';
import type { EffectSpec, Interval, Tag } from '../../../understand/plant/model.ts';

/** Largest change within a time. */
export interface StepLimit {
  readonly change: number;
  readonly perUs: number;
  /** As written. */
  readonly text: string;
}

/** One line of a conduit: who may (or may not) do what, within which bounds. */
export interface PolicyRule {
  readonly name: string;
  readonly action: 'allow' | 'deny';
  /** Empty: every class. */
  readonly classes: ReadonlySet<FunctionClass>;
  /** Zones, devices, groups, addresses, prefixes; null: from anywhere. */
  readonly from: ((address: string) => boolean) | null;
  /** As written, for sentences. */
  readonly fromText: string;
  /** Names of tags; null: the rule asks for none, and allows messages to any point. */
  readonly tags: ReadonlySet<string> | null;
  readonly value: Interval | null;
  readonly valueText: string;
  readonly step: StepLimit | null;
  /** Denies where the written value times a declared gain leaves a declared safe limit in the present state. */
  readonly unlessLeavesSafe: boolean;
  /** Plant unit on which a work window must be open; empty: none needed. */
  readonly duringWorkOn: string;
}

export interface Policy {
  readonly tags: ReadonlyMap<string, Tag>;
  /** Declared effects with a known gain, by the tag that causes them. */
  readonly effects: ReadonlyMap<string, readonly EffectSpec[]>;
  /** Addresses of devices that the site names. */
  readonly stations: ReadonlySet<string>;
  readonly conduits: ReadonlyMap<string, readonly PolicyRule[]>;
  readonly otherwise: 'allow' | 'deny';
  /** What a conduit does where the enforcer itself fails. Default: open. */
  readonly ifFiredoorFails: ReadonlyMap<string, 'open' | 'closed'>;
}

/** One value a message would write. */
export interface PolicyWrite {
  /** Name of the tag; empty where the point is none. */
  readonly tag: string;
  readonly point: string;
  /** In the unit of the tag; NaN where it could not be decoded. */
  readonly value: number;
}

/** A message as policy sees it. */
export interface PolicyRequest {
  readonly conduit: string;
  readonly client: string;
  readonly device: string;
  readonly functionClass: FunctionClass;
  readonly functionName: string;
  /** False for answers and reports, which always pass: dropping an answer leaves the device in a half state. */
  readonly fromClient: boolean;
  readonly writes: readonly PolicyWrite[];
}

/** What is known of the plant at this moment. Everything unknown or too old is said to be so, never guessed. */
export interface PlantView {
  /** Present value in the tag's unit; NaN where unknown or too old. */
  valueNow(tag: string): number;
  /** Operating state of a plant unit; `unknown` where it cannot be said. */
  stateOf(plantUnit: string): string;
  /** Lowest and highest value the tag had since then; undefined where unknown. */
  rangeSince(tag: string, sinceUs: TimeUs): Interval | undefined;
  /** Is work open on the unit that covers this client? */
  workOpen(plantUnit: string, client: string, nowUs: TimeUs): boolean;
}

export interface PolicyVerdict extends Verdict {
  /** Conditions that could not be judged and were therefore passed over: each is worth a finding. */
  readonly notEvaluated: readonly string[];
}
