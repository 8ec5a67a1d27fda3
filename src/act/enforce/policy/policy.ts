/**
 * What a policy is and what it is asked. A policy says what is allowed, on the wire, in this state of the plant; it never takes a
 * learned score. Compiled by `compile.ts` from `policy.yaml`, applied by `decide.ts`.
 */
import type { FunctionClass, Mode, TimeUs, Verdict } from '../../../records.ts';
import type { EffectSpec, Interval, PlantUnit, Tag } from '../../../understand/plant/model.ts';
import type { RuleTable } from './table.ts';

/** Largest change within a time. */
export interface StepLimit {
  readonly change: number;
  readonly perUs: number;
  /** As written. */
  readonly text: string;
}

/** Most messages within a time, per client and device. */
export interface RateLimit {
  readonly count: number;
  readonly perUs: number;
  /** As written. */
  readonly text: string;
}

/** Addresses of one area, both ends included: `10.20.1.11/1/holding`, 100 to 120. Names and single points have equal ends. */
export interface PointRange {
  /** Everything of a point before its last slash. */
  readonly area: string;
  readonly first: number | string;
  readonly last: number | string;
}

/** Who: zones, devices, groups, addresses, prefixes. */
export interface SourceSet {
  /** As written, for sentences; equal texts are equal sets. */
  readonly text: string;
  readonly has: (address: string) => boolean;
  /** All its addresses, where it has only single ones; null where it holds networks. */
  readonly addresses: readonly string[] | null;
}

/** One line of a conduit: who may (or may not) do what, within which bounds. */
export interface PolicyRule {
  readonly name: string;
  /** Position in the file, `line:column`. */
  readonly place: string;
  readonly action: 'allow' | 'deny';
  /** The rule's own mode: the lower of this and the conduit's counts. */
  readonly mode: Mode;
  /** Marked safe to block: in guard only such rules act. */
  readonly guard: boolean;
  /** Empty: every class. */
  readonly classes: ReadonlySet<FunctionClass>;
  /** Names or codes of functions; null: every function of the classes. */
  readonly functions: ReadonlySet<string | number> | null;
  readonly from: SourceSet | null;
  /** Devices; null: every device of the conduit. */
  readonly to: SourceSet | null;
  /** Names of tags; null: the rule asks for none. */
  readonly tags: ReadonlySet<string> | null;
  /** As written: `role(calibration)`, `SP-101`. */
  readonly tagsText: string;
  readonly points: readonly PointRange[] | null;
  readonly value: Interval | null;
  readonly valueText: string;
  readonly step: StepLimit | null;
  readonly rate: RateLimit | null;
  /** Denies where the written value times a declared gain leaves a declared safe limit in the present state. */
  readonly unlessLeavesSafe: boolean;
  /** Plant unit on which a work window must be open; empty: none needed. */
  readonly duringWorkOn: string;
  /** The plant unit must be in one of the states; null: in any. */
  readonly whileIn: { readonly plantUnit: string; readonly states: readonly string[] } | null;
  /** The same client must have said this to the same device so long before. */
  readonly after: { readonly functionName: string; readonly withinUs: number } | null;
}

/** The rules of one conduit as tables: the same time for ten lines and for a hundred thousand. */
export interface ConduitRules {
  readonly rules: readonly PolicyRule[];
  readonly byName: ReadonlyMap<string, PolicyRule>;
  readonly allow: RuleTable;
  readonly deny: RuleTable;
  /** True where a rule asks reads for their tags or points. */
  readonly looksAtReads: boolean;
}

export interface Policy {
  readonly tags: ReadonlyMap<string, Tag>;
  readonly units: readonly PlantUnit[];
  /** Declared effects with a known gain, by the tag that causes them. */
  readonly effects: ReadonlyMap<string, readonly EffectSpec[]>;
  /** Addresses of devices and group members that the site names. */
  readonly stations: ReadonlySet<string>;
  readonly conduits: ReadonlyMap<string, ConduitRules>;
  readonly otherwise: 'allow' | 'deny';
  /** What a conduit does where the enforcer itself fails. Default: open. */
  readonly ifFiredoorFails: ReadonlyMap<string, 'open' | 'closed'>;
}

/** What a message touches: one value it would write, or (`write` false) something it reads. */
export interface PolicyItem {
  readonly write: boolean;
  /** Name of the tag; empty where the point is none. */
  readonly tag: string;
  readonly point: string;
  /** The same in parts, with the number of consecutive addresses. */
  readonly area: string;
  readonly address: number | string;
  readonly count: number;
  /** In the unit of the tag; NaN where it could not be decoded or nothing is written. */
  readonly value: number;
}

/** A message as policy sees it. */
export interface PolicyRequest {
  readonly conduit: string;
  readonly client: string;
  readonly device: string;
  readonly protocol: string;
  readonly functionClass: FunctionClass;
  readonly functionName: string;
  readonly functionCode: number;
  /** False for answers and reports, which always pass: dropping an answer leaves the device in a half state. */
  readonly fromClient: boolean;
  readonly items: readonly PolicyItem[];
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
  /** Messages that a rule allowed this client at this device since then. */
  countSince(rule: string, client: string, device: string, sinceUs: TimeUs): number;
  /** When the client last said this to the device and it passed; NaN for never. */
  lastSaid(functionName: string, client: string, device: string): TimeUs;
}

export interface PolicyVerdict extends Verdict {
  /** Every reason, as sentences. */
  readonly because: readonly string[];
  /** Of the rule that denies: its own mode, and whether it acts in guard. Without a rule: `enforce`, false. */
  readonly ruleMode: Mode;
  readonly guard: boolean;
  /** Conditions that could not be judged and were therefore passed over: each is worth a finding. */
  readonly notEvaluated: readonly string[];
}
