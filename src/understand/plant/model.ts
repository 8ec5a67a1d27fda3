/**
 * The model of a site as the rest of Firedoor uses it: plain data, defaults filled in, names resolved. `load.ts` makes it from
 * `site.yaml`. Everything is optional there; an empty site is `EMPTY_SITE`.
 */
import type { Priority, Reporting, TagRole } from '../../records.ts';

/** The false alarms a site accepts: `falseAlarms` per `perSeconds`. */
export interface AlarmBudgetSetting {
  readonly falseAlarms: number;
  readonly perSeconds: number;
  /** As written: `1 per week`. */
  readonly text: string;
}

/** Assets that trust each other (IEC 62443-3-2). `level` is the Purdue level, null where not said. */
export interface Zone {
  readonly name: string;
  readonly level: number | null;
  /** CIDR prefixes. */
  readonly networks: readonly string[];
  /** Office, remote access, suppliers: what island mode closes off. */
  readonly outside: boolean;
}

/** A zone pair with the door between; policy and mode live with enforcement. */
export interface ConduitSpec {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly protocols: readonly string[];
}

/** A device an engineer named. `unit` is the Modbus unit, DNP3 address … behind the address, or empty. */
export interface Device {
  readonly name: string;
  readonly address: string;
  readonly unit: string;
  readonly title: string;
  readonly owner: string;
  readonly phone: string;
}

/** How the bytes of a point make a number. `native`: the protocol states the type itself. */
export const TAG_TYPES = [
  'native',
  'bool',
  'int16',
  'uint16',
  'int32',
  'int32-swapped',
  'uint32',
  'uint32-swapped',
  'float32',
  'float32-swapped',
  'float32-bytes',
  'float32-reversed',
  'float64',
  'float64-swapped',
] as const;
/** `-swapped`: low word first; `-bytes`: bytes swapped inside each word; `-reversed`: both. */
export type TagType = (typeof TAG_TYPES)[number];

/** A closed interval, infinite where open. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Limits of a tag in one state. */
export interface StateLimits {
  readonly operating?: Interval;
  readonly safe?: Interval;
}

/** This tag measures the same quantity as `of`, later and shifted. */
export interface Twin {
  readonly of: string;
  readonly lagSeconds: number;
  readonly offset: number;
  readonly tolerance: number;
}

/** A point an engineer understands. */
export interface Tag {
  readonly name: string;
  readonly title: string;
  /** Plant unit (ISA-95), or empty. */
  readonly plantUnit: string;
  /** Full point: `10.20.1.11/1/holding/100`. */
  readonly point: string;
  readonly type: TagType;
  readonly scale: number;
  /** UCUM code as written; empty for none. */
  readonly unit: string;
  readonly role: TagRole;
  readonly reporting: Reporting;
  /** By state name; `*` holds in states without their own. */
  readonly limits: Readonly<Record<string, StateLimits>>;
  /** Fastest physical change [unit/s]; NaN where not declared. */
  readonly maxRate: number;
  readonly twin: Twin | null;
  /** For set-points and calibrations: the tag they act on; empty for none. */
  readonly of: string;
  /** The value that is the safe direction; NaN where not declared. */
  readonly safe: number;
  /** Interval of the proof test as written, or empty. */
  readonly proofTest: string;
  /** True where a person named it; false where Firedoor inferred it from the wire. */
  readonly declared: boolean;
  /** How sure the inferred type is, 0 to 1; absent where declared. */
  readonly confidence?: number;
}

/** Which command moves which measurement. */
export interface EffectSpec {
  readonly of: string;
  readonly on: string;
  /** Change of `on` per unit of `of`; NaN where not declared. */
  readonly gain: number;
  readonly gainUnit: string;
  readonly lagSeconds: number;
  /** Only declared effects may take part in a denial; learned ones explain. */
  readonly declared: boolean;
}

/** What is at stake when the unit goes wrong. */
export interface Consequence {
  readonly injury: Priority;
  readonly environment: Priority;
  readonly equipment: Priority;
  readonly product: Priority;
  /** Cost of an hour of standstill in the site's currency; 0 where not said. */
  readonly downtimePerHour: number;
}

/** A compiled expression over tags: reads current values by tag name. NaN where a tag has no value. */
export interface Expression {
  readonly text: string;
  readonly tags: readonly string[];
  /** Plain number (booleans 0 or 1). `rateOfTag` gives unit/s, for `d(x)/dt`; without it rates are unknown. */
  evaluate(valueOfTag: (tag: string) => number, rateOfTag?: (tag: string) => number): number;
}

export interface StateRule {
  readonly name: string;
  /** Null: otherwise. */
  readonly when: Expression | null;
}

/** `left ~ right` within a tolerance while `when` is the state and has been for `steadyForSeconds`. */
export interface Invariant {
  readonly name: string;
  readonly plantUnit: string;
  /** State name, or empty for always. */
  readonly when: string;
  readonly steadyForSeconds: number;
  readonly left: Expression;
  readonly right: Expression;
  readonly within: number;
  readonly withinKind: 'relative' | 'absolute';
  /** UCUM unit both sides, and an absolute `within`, come in; absent or empty for none. */
  readonly unit?: string;
  /** As written, for people. */
  readonly text: string;
}

/** A machine of the plant. */
export interface PlantUnit {
  readonly name: string;
  readonly title: string;
  readonly consequence: Consequence;
  /** First match wins. Empty: states are learned or there is one. */
  readonly states: readonly StateRule[];
  /** A state holds at least this long [s]. */
  readonly stateDwellSeconds: number;
  /** Whom to call, as written (`shift lead, quality`). */
  readonly call: string;
  readonly tags: readonly Tag[];
  readonly effects: readonly EffectSpec[];
  readonly invariants: readonly Invariant[];
}

export interface Site {
  readonly name: string;
  /** IANA name. */
  readonly timeZone: string;
  readonly alarmBudget: AlarmBudgetSetting;
  readonly zones: readonly Zone[];
  readonly conduits: readonly ConduitSpec[];
  readonly devices: readonly Device[];
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly units: readonly PlantUnit[];
}

export const EMPTY_SITE: Site = {
  name: 'site',
  timeZone: 'UTC',
  alarmBudget: { falseAlarms: 1, perSeconds: 604_800, text: '1 per week' },
  zones: [],
  conduits: [],
  devices: [],
  groups: {},
  units: [],
};
