/**
 * The nouns of Firedoor. Every arrow of the data flow carries one of these.
 * All records are immutable once made. Times are microseconds since 1970 in plant time (`…Us`), durations end in their unit.
 */

/** Microseconds since 1970-01-01T00:00:00Z, plant time; a double is exact to well below a microsecond until 2255. */
export type TimeUs = number;

/** What a function of a protocol is for. Order is from harmless to dangerous only loosely; risk stands in `FunctionInfo`. */
export const FUNCTION_CLASSES = [
  'read',
  'write',
  'control',
  'program',
  'config',
  'diagnostic',
  'discovery',
  'auth',
  'safety',
] as const;
export type FunctionClass = (typeof FUNCTION_CLASSES)[number];

/** The worst a function does to the plant when it is accepted. */
export const EFFECTS = ['none', 'changes-value', 'changes-mode', 'changes-logic', 'stops', 'restarts'] as const;
export type Effect = (typeof EFFECTS)[number];

/** One function of a protocol: code on the wire, name, class, effect, risk 0 (none) to 4 (can stop, reprogram, touch safety). */
export interface FunctionInfo {
  readonly code: number;
  /** Sub-function, where the protocol has them (Modbus 8 and 43, S7 userdata, CIP class …). */
  readonly subCode?: number;
  /** Stable lower-case name, e.g. `write-multiple-registers`; an unknown code is `unknown(0x5b)`. */
  readonly name: string;
  readonly class: FunctionClass;
  readonly effect: Effect;
  readonly risk: number;
  /** ATT&CK for ICS technique ids this function can serve when abused; no evidence by itself. */
  readonly techniques: readonly string[];
}

/** Where a message stands in its capture, so that any value opens its packet. Offsets count from the start of each frame. */
export interface FrameReference {
  /** Capture file or ring the frames are in. */
  readonly capture: string;
  /** Number of the frame that completed the message, 1-based as in capture tools. */
  readonly number: number;
  /** Number of the frame the message began in; equal to `number` for a message inside one frame. */
  readonly firstNumber: number;
  /** First byte of the message in `firstNumber`. */
  readonly from: number;
  /** One past the last byte of the message in `number`. */
  readonly to: number;
}

/** request = client to server, response = its answer, event = sent without being asked (report, publish, I/O). */
export const DIRECTIONS = ['request', 'response', 'event'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** A value as it stood on the wire, before the point is known as a tag. */
export type WireValue = number | boolean | string | bigint | null;

/** One access of a message to consecutive addressable values. */
export interface PointAccess {
  /** `device/unit/area/address`, zero-based, of the first element. */
  readonly point: string;
  readonly area: string;
  readonly address: number | string;
  readonly count: number;
  readonly write: boolean;
  /** Element type as the protocol states it (`uint16`, `bit`, `float32` …); `none` where the message carries no value. */
  readonly type: string;
  readonly values: readonly WireValue[];
  readonly quality: 'good' | 'uncertain' | 'bad';
  /** Time stamped by the device itself, where the protocol carries one. */
  readonly sourceTimeUs?: TimeUs;
}

/** Something a message says about who someone is: vendor, model, firmware, user name … */
export interface Fact {
  readonly about: 'client' | 'server' | 'unit';
  readonly kind: string;
  readonly text: string;
}

/** One application PDU, kept. The hot path works on `MessageView`; this is what `toMessage()` makes of it. */
export interface Message {
  readonly timeUs: TimeUs;
  readonly frame: FrameReference;
  readonly conversation: number;
  readonly client: string;
  readonly server: string;
  readonly direction: Direction;
  readonly protocol: string;
  readonly function: FunctionInfo;
  /** Device behind the address: Modbus unit, DNP3 or 104 address, CIP route …; empty where there is none. */
  readonly unit: string;
  readonly transaction: number;
  readonly accesses: readonly PointAccess[];
  readonly facts: readonly Fact[];
  /** `ok`, or the protocol's own refusal by name. */
  readonly status: string;
  readonly statusCode: number;
  /** Frame of the request this answers (or 0), and the time between the two. */
  readonly pairedWith: number;
  readonly latencyUs?: number;
  readonly problems: readonly Problem[];
}

/** Something wrong with the input: never fatal, always counted. */
export interface Problem {
  readonly kind: string;
  /** Byte offset in the capture file, frame or message, as the kind says. */
  readonly offset: number;
}

/** Problems of one kind, counted: what `inspect` prints for a capture. */
export interface ProblemCount {
  readonly kind: string;
  readonly count: number;
  readonly firstOffset: number;
}

/** OPC-like quality of a sample. */
export type Quality = 'good' | 'uncertain' | 'bad';

/** A value of a point before the point is known as a tag. */
export interface PointSample {
  readonly point: string;
  readonly timeUs: TimeUs;
  readonly value: number;
  readonly quality: Quality;
}

/** tag, time, value, quality. */
export interface Sample {
  readonly tag: string;
  readonly timeUs: TimeUs;
  readonly value: number;
  readonly quality: Quality;
}

/** One physical device. Several may stand behind one address; one may have many addresses. */
export interface Asset {
  readonly id: string;
  readonly name: string;
  /** Capture point and VLAN or zone the addresses count in, so that cells with equal addresses stay apart. */
  readonly scope: string;
  readonly macs: readonly string[];
  readonly addresses: readonly string[];
  /** Unit behind the address, or empty. */
  readonly unit: string;
  readonly vendor: string;
  readonly model: string;
  readonly firmware: string;
  readonly roles: readonly string[];
  readonly protocols: readonly string[];
  readonly zone: string;
  readonly firstSeenUs: TimeUs;
  readonly lastSeenUs: TimeUs;
  /** `silent`: the gateway says that the device behind it does not answer. */
  readonly alive: 'alive' | 'silent' | 'unknown';
}

/** Client asset to server asset over one protocol. */
export interface Conversation {
  readonly id: string;
  readonly client: string;
  readonly server: string;
  readonly serverPort: number;
  readonly protocol: string;
  readonly transport: string;
  readonly firstSeenUs: TimeUs;
  readonly lastSeenUs: TimeUs;
  readonly packets: number;
  readonly bytes: number;
  readonly messages: number;
  readonly functions: readonly FunctionUse[];
}

export interface FunctionUse {
  readonly direction: Direction;
  readonly code: number;
  readonly name: string;
  readonly class: FunctionClass;
  readonly count: number;
}

/** How a tag reaches us; decides which tests apply. */
export const REPORTING = ['sampled', 'on-change', 'compressed'] as const;
export type Reporting = (typeof REPORTING)[number];

export const TAG_ROLES = ['measurement', 'setpoint', 'command', 'status', 'calibration', 'safety'] as const;
export type TagRole = (typeof TAG_ROLES)[number];

export const PRIORITIES = ['information', 'low', 'medium', 'high', 'critical'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** A detector's answer where it gives none: never silent. */
export const READINESS = ['learning', 'ready', 'cannot-judge'] as const;
export type Readiness = (typeof READINESS)[number];

/** What supports a finding. */
export interface Evidence {
  readonly frames: readonly FrameReference[];
  /** Short sentence a person can check. */
  readonly text: string;
}

/** What a finding is about. Fields are empty where they do not apply. */
export interface Subject {
  /** Asset id of whoever acted (the client), if known. */
  readonly actor: string;
  /** Asset id of the device concerned. */
  readonly device: string;
  /** Tag or point name. */
  readonly tag: string;
  /** Plant unit (ISA-95), if known. */
  readonly unit: string;
  /** Conversation id. */
  readonly conversation: string;
}

/** One deviation. */
export interface Finding {
  readonly id: string;
  readonly timeUs: TimeUs;
  /** Since when what is wrong has been so; at most `timeUs`. */
  readonly sinceUs: TimeUs;
  /** Kind from the one table `understand/detect/kinds.ts`. */
  readonly kind: string;
  readonly subject: Subject;
  /** Probability-like: how sure, 0 to 1. */
  readonly confidence: number;
  /** How odd, in the detector's own unit; high is odd. */
  readonly score: number;
  readonly expected: string;
  readonly seen: string;
  readonly sentence: string;
  /** Decoded numbers for joining cause and effect: value written, deviation seen … */
  readonly numbers: Readonly<Record<string, number>>;
  readonly techniques: readonly string[];
  readonly evidence: Evidence;
  /** True where the finding informs and is never an alarm by itself. */
  readonly informative: boolean;
}

export const CAUSES = [
  'planned work',
  'unplanned change',
  'hostile pattern',
  'sensor fault',
  'process fault',
  'unknown',
] as const;
export type Cause = (typeof CAUSES)[number];

export const INCIDENT_STATES = ['unacknowledged', 'acknowledged', 'shelved', 'closed'] as const;
export type IncidentState = (typeof INCIDENT_STATES)[number];

/** One line of an incident's timeline. */
export interface TimelineEntry {
  readonly timeUs: TimeUs;
  readonly text: string;
  readonly finding: string;
  /** On whose side of the clock: what was said on the network, or what the machine did. */
  readonly side: 'network' | 'process' | 'person';
}

/** The findings that are one story; stays open until a person closes it. */
export interface Incident {
  readonly id: string;
  readonly openedUs: TimeUs;
  readonly updatedUs: TimeUs;
  readonly state: IncidentState;
  readonly priority: Priority;
  readonly cause: Cause;
  readonly causeConfidence: number;
  readonly causeBecause: readonly string[];
  /** One sentence an engineer would say. */
  readonly sentence: string;
  readonly title: string;
  readonly ifNobodyActs: string;
  readonly advice: readonly Advice[];
  readonly actor: string;
  readonly devices: readonly string[];
  readonly units: readonly string[];
  readonly tags: readonly string[];
  readonly shown?: ValueShown;
  readonly lagMs?: number;
  readonly whyOneStory: string;
  readonly techniques: readonly string[];
  readonly timeline: readonly TimelineEntry[];
  readonly findings: readonly Finding[];
  readonly judgement?: {
    readonly verdict: string;
    readonly because: string;
    readonly by: string;
    readonly timeUs: TimeUs;
  };
}

/** The first advice is never a write to a running loop. */
export interface Advice {
  readonly step: 'check' | 'hold' | 'then' | 'call';
  readonly text: string;
}

/** Shown is not true: where they differ both stand here. */
export interface ValueShown {
  readonly tag: string;
  readonly unit: string;
  readonly shown: number;
  readonly likelyTrue: number;
  readonly mustBe: string;
}

/** Mode of a conduit or rule; the effective mode is the lower of the two. */
export const MODES = ['observe', 'learn', 'shadow', 'guard', 'enforce'] as const;
export type Mode = (typeof MODES)[number] | 'bypass';

/** What enforcement decides of a message. */
export interface Verdict {
  readonly verdict: 'pass' | 'hold' | 'deny';
  readonly rule: string;
  /** Machine-readable reason. */
  readonly reason: string;
  /** The same for a person. */
  readonly sentence: string;
}

/** Which part of the record stream an observation is; see `Observation`. */
export interface ObservationBase {
  readonly timeUs: TimeUs;
  /** Asset id of the client or of the subject. */
  readonly client: string;
  /** Asset id of the server (with the unit behind its address, where there is one); empty where there is none. */
  readonly server: string;
  /** Conversation id, or empty. */
  readonly conversation: string;
  /** The frame that showed it. */
  readonly frame: FrameReference;
}

/**
 * What `observe` tells detection. Rare by design: a thing is told the first time it is seen, and every request that is not a
 * plain read is told. Values that are read travel as samples, not as observations.
 */
export type Observation = ObservationBase &
  (
    | { readonly kind: 'asset'; readonly asset: Asset }
    /** Something learned about who an asset is; `before` is what was believed, empty at first. */
    | { readonly kind: 'identity'; readonly asset: string; readonly fact: Fact; readonly before: string }
    /** An address is claimed by another MAC than before. */
    | {
        readonly kind: 'address-conflict';
        readonly asset: string;
        readonly address: string;
        readonly mac: string;
        readonly before: string;
      }
    /** A device behind a gateway stopped or began to answer. */
    | { readonly kind: 'unit-alive' | 'unit-silent'; readonly asset: string }
    | {
        readonly kind: 'conversation';
        readonly protocol: string;
        readonly serverPort: number;
        readonly transport: string;
      }
    /** A transport connection was asked for; `answered` false: refused or no answer. For scans. */
    | {
        readonly kind: 'connection';
        readonly serverPort: number;
        readonly transport: string;
        readonly answered: boolean;
      }
    /** First use of a function in this conversation. */
    | {
        readonly kind: 'function';
        readonly protocol: string;
        readonly function: FunctionInfo;
        readonly direction: Direction;
      }
    /** First access of a range of points in this conversation by reading or writing. */
    | {
        readonly kind: 'point';
        readonly protocol: string;
        readonly point: string;
        readonly area: string;
        readonly address: number | string;
        readonly count: number;
        readonly write: boolean;
        readonly class: FunctionClass;
      }
    /** A request (or unasked event) that is no plain read: everything of it. */
    | { readonly kind: 'operation'; readonly message: Message }
    /** The answer to an operation. */
    | { readonly kind: 'outcome'; readonly message: Message; readonly request: FrameReference }
    /** Polling of this conversation stopped, or came back, after a rhythm was known. */
    | {
        readonly kind: 'rhythm';
        readonly change: 'lost' | 'jitter' | 'back';
        readonly usualMs: number;
        readonly seenMs: number;
      }
    /** A protocol oddity inside a conversation, at most once a kind and minute. */
    | { readonly kind: 'oddity'; readonly protocol: string; readonly problem: string; readonly count: number }
  );
export type ObservationKind = Observation['kind'];
