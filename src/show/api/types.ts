/**
 * Everything the API says, as plain data. The page imports only this file; `schemas.ts` states the same shapes for checking and OpenAPI.
 * Times are microseconds since 1970 in plant time (`…Us`), as in `records.ts`.
 */
import type {
  Asset,
  Conversation,
  FrameReference,
  Incident,
  IncidentState,
  Mode,
  Priority,
  Quality,
  Readiness,
  Reporting,
  TagRole,
  TimeUs,
} from '../../records.ts';

export type {
  Advice,
  Asset,
  Conversation,
  Evidence,
  Finding,
  FrameReference,
  FunctionUse,
  Incident,
  IncidentState,
  Mode,
  Priority,
  Quality,
  Readiness,
  TagRole,
  TimelineEntry,
  TimeUs,
  ValueShown,
} from '../../records.ts';

/** Roles, from looking to administering. What each may do is `ROLE_TABLE` in `roles.ts`. */
export const ROLES = ['viewer', 'operator', 'engineer', 'analyst', 'approver', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** A slice of a list. `total` counts all that match, `offset` is where this slice begins. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly total: number;
  readonly offset: number;
}

/** Which slice of a list, and words to look for in names and addresses; `search` is empty for all. */
export interface PageQuery {
  readonly offset: number;
  readonly limit: number;
  readonly search: string;
}

/** Any refusal of the API: a stable code and a sentence for a person. */
export interface ApiError {
  readonly error: { readonly code: string; readonly message: string };
}

/** Plant time. `speed`: plant seconds per wall second. */
export interface PlantClock {
  readonly nowUs: TimeUs;
  readonly speed: number;
  /** IANA name of the time zone the site lives in. */
  readonly timeZone: string;
}

/** The one sentence that answers "is all well?", naming the worst thing. */
export interface Headline {
  readonly priority: Priority | 'well' | 'cannot-judge';
  readonly text: string;
  /** Incident it speaks of, or empty. */
  readonly incident: string;
}

/** A tag with its value now, against what is expected. */
export interface TagNow {
  readonly name: string;
  readonly title: string;
  /** Unit as shown to a person: `°C`, `m³/h`, `%`; empty for none. */
  readonly unit: string;
  readonly plantUnit: string;
  readonly device: string;
  readonly point: string;
  readonly role: TagRole;
  readonly reporting: Reporting;
  /** Null while nothing was read yet. */
  readonly value: number | null;
  readonly quality: Quality;
  readonly timeUs: TimeUs;
  /** Digits after the decimal point that mean something. */
  readonly digits: number;
  /** Ends of the analog bar and of the trend axis. */
  readonly axis: readonly [number, number];
  /** What is expected in the present state; null while learning or where it cannot be judged. */
  readonly band: readonly [number, number] | null;
  /** Declared limits of the present state. */
  readonly limits: readonly TagLimit[];
  readonly readiness: Readiness;
  /** Priority of what is wrong with it, or null. */
  readonly priority: Priority | null;
  /** Incident it is part of, or empty. */
  readonly incident: string;
}

/** One declared limit: `operating` or `safe`, low or high. */
export interface TagLimit {
  readonly name: string;
  readonly side: 'low' | 'high';
  readonly value: number;
}

/** One machine of the plant on the overview. */
export interface UnitOverview {
  readonly name: string;
  readonly title: string;
  readonly state: string;
  readonly priority: Priority | null;
  /** Short remark under the bars, or empty. */
  readonly note: string;
  readonly incident: string;
  /** How many of its tags cannot be judged (yet). */
  readonly cannotJudge: number;
  /** The few tags that tell most, in the order to show. */
  readonly tags: readonly TagNow[];
}

/** One entry of the safety register. */
export interface SafetyItem {
  readonly name: string;
  readonly text: string;
  readonly priority: Priority | null;
}

/** How far learning is for one subject. `fraction` 0 to 1; `leftMs` plant time left, null where unknown. */
export interface LearningItem {
  readonly name: string;
  readonly readiness: Readiness;
  readonly text: string;
  readonly fraction: number;
  readonly leftMs: number | null;
}

export interface LearningProgress {
  readonly sentence: string;
  readonly items: readonly LearningItem[];
  readonly baseline: string;
}

/** One source of frames. */
export interface CaptureSource {
  readonly name: string;
  readonly state: 'running' | 'quiet' | 'ended' | 'failed';
  readonly packets: number;
  readonly packetsPerSecond: number;
  /** Frames the sensor itself lost. */
  readonly lost: number;
  /** Percent the mirror port probably lost, from gaps in TCP and transactions; null where it cannot be told. */
  readonly mirrorLossPercent: number | null;
  readonly lastFrameUs: TimeUs;
  readonly problems: readonly { readonly kind: string; readonly count: number }[];
}

export interface CaptureHealth {
  readonly sentence: string;
  readonly priority: Priority | null;
  readonly lost: number;
  readonly mirrorLossPercent: number | null;
  readonly sources: readonly CaptureSource[];
}

/** The door between two zones. */
export interface Door {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly protocols: readonly string[];
  readonly mode: Mode;
  readonly up: boolean;
  /** Would-be denials waiting for a judgement. */
  readonly toJudge: number;
  readonly passed: number;
  readonly held: number;
  readonly denied: number;
  readonly evidence: string;
  /** Upper bound of wrong blocks, as a sentence (`≤ 3 a month`), or empty. */
  readonly wrongBlocksBound: string;
  readonly addedP50Us: number | null;
  readonly addedP99Us: number | null;
  readonly ifFiredoorFails: 'opens' | 'stays shut' | '';
  readonly listeners: readonly string[];
}

export interface Doors {
  readonly sentence: string;
  readonly doors: readonly Door[];
  /** Count of doors by mode, in the order of `MODES`; modes without a door are left out. */
  readonly byMode: readonly { readonly mode: Mode; readonly count: number }[];
  readonly automaticActionsToday: number;
  readonly automaticActionsMax: number;
}

/** Promise and observation of false alarms. */
export interface AlarmBudget {
  /** As promised: `1 per week`. */
  readonly promised: string;
  readonly spent: number;
  /** False alarms a week as observed, with a 95 % interval; null before there is enough to say. */
  readonly observedPerWeek: readonly [number, number] | null;
  readonly sentence: string;
}

/** Two switches that stand on every page. */
export const SWITCHES = ['stop-blocking', 'island'] as const;
export type SwitchName = (typeof SWITCHES)[number];
export interface SwitchState {
  readonly name: SwitchName;
  readonly active: boolean;
  readonly available: boolean;
  /** What pressing it does, and what it does not, in plain words. */
  readonly explanation: string;
  readonly by: string;
  readonly sinceUs: TimeUs | null;
}

/** What the overview and the frame round every page show. Sent whole, once a second. */
export interface Overview {
  readonly site: string;
  readonly clock: PlantClock;
  readonly headline: Headline;
  readonly unitsAsExpected: number;
  readonly unitsTotal: number;
  readonly units: readonly UnitOverview[];
  /** The newest that matter, worst first. */
  readonly incidents: readonly IncidentSummary[];
  readonly openIncidents: number;
  readonly safety: readonly SafetyItem[];
  readonly learning: LearningProgress;
  readonly capture: CaptureHealth;
  readonly doors: Doors;
  readonly budget: AlarmBudget;
  readonly switches: readonly SwitchState[];
  readonly counts: { readonly assets: number; readonly conversations: number; readonly tags: number };
  /** Free text on what is kept and for how long. */
  readonly store: string;
}

export interface IncidentSummary {
  readonly id: string;
  readonly priority: Priority;
  readonly state: IncidentState;
  readonly cause: Incident['cause'];
  readonly title: string;
  readonly openedUs: TimeUs;
  readonly updatedUs: TimeUs;
  readonly units: readonly string[];
  readonly assignedTo: string;
}

/** One step of the way from the actor to the machine; `link` is how it got to the next one. */
export interface PathStep {
  readonly place: string;
  readonly who: string;
  readonly detail: string;
  readonly link: string;
  readonly linkPriority: Priority | null;
}

/** One conversation on the incident's clock. */
export interface NetworkLane {
  readonly title: string;
  readonly detail: string;
  readonly marks: readonly NetworkMark[];
}

export interface NetworkMark {
  readonly timeUs: TimeUs;
  readonly kind: 'message' | 'new' | 'write' | 'refused';
  readonly text: string;
  readonly frame: number;
}

/** What a person did with an incident. */
export interface IncidentHistoryEntry {
  readonly timeUs: TimeUs;
  readonly by: string;
  readonly action: string;
  readonly text: string;
}

/** What the door on the way said or would have said. */
export interface DoorOpinion {
  readonly door: string;
  readonly mode: Mode;
  readonly verdict: string;
  readonly sentence: string;
}

/** An incident with everything its page shows. */
export interface IncidentView {
  readonly incident: Incident;
  readonly assignedTo: string;
  readonly shelvedUntilUs: TimeUs | null;
  readonly history: readonly IncidentHistoryEntry[];
  readonly path: readonly PathStep[];
  readonly lanes: readonly NetworkLane[];
  /** Part of the clock to show first. */
  readonly fromUs: TimeUs;
  readonly toUs: TimeUs;
  /** Tags to draw below the lanes, most telling first. */
  readonly trendTags: readonly string[];
  /** Writes drawn through network and machine. */
  readonly writes: readonly NetworkMark[];
  readonly door: DoorOpinion | null;
  readonly frames: readonly FrameReference[];
  readonly techniqueNames: readonly { readonly id: string; readonly name: string }[];
}

/** Min, max and mean per bucket; null where there was no sample. All arrays have one entry a bucket. */
export interface Trend {
  readonly tag: TagNow;
  readonly fromUs: TimeUs;
  readonly toUs: TimeUs;
  /** Middle of each bucket. */
  readonly timeUs: readonly TimeUs[];
  readonly min: readonly (number | null)[];
  readonly max: readonly (number | null)[];
  readonly mean: readonly (number | null)[];
  readonly bandLow: readonly (number | null)[];
  readonly bandHigh: readonly (number | null)[];
  /** What the value likely truly was, where it differs from what was shown; empty for none. */
  readonly likelyTrue: readonly (number | null)[];
}

export interface DecodedField {
  readonly name: string;
  readonly value: string;
  /** Byte range in the frame, or equal numbers for none. */
  readonly from: number;
  readonly to: number;
}

/** A frame, decoded and whole. */
export interface EvidenceView {
  readonly frame: FrameReference;
  readonly timeUs: TimeUs;
  readonly summary: string;
  readonly fields: readonly DecodedField[];
  /** All bytes of the frame, two lower-case hex digits each. */
  readonly hex: string;
  /** Byte ranges `[from, to)` to highlight. */
  readonly highlights: readonly (readonly [number, number])[];
  /** Frame of the answer or request, 0 for none, and what it said. */
  readonly pairedWith: number;
  readonly pairedText: string;
}

/** All that one asset did in a span of time. */
export interface ActorHistory {
  readonly asset: string;
  readonly fromUs: TimeUs;
  readonly toUs: TimeUs;
  readonly entries: readonly { readonly timeUs: TimeUs; readonly text: string; readonly frame: number }[];
  /** Entries that are not listed because there were too many. */
  readonly left: number;
}

export const JUDGEMENTS = ['right', 'wrong', 'planned work', 'bad data'] as const;

/** What a person can do with an incident. */
export type IncidentAction =
  | { readonly action: 'acknowledge' }
  | { readonly action: 'planned-work'; readonly because: string }
  | { readonly action: 'shelve'; readonly minutes: number; readonly because: string }
  | { readonly action: 'assign'; readonly to: string }
  | { readonly action: 'comment'; readonly text: string }
  | {
      readonly action: 'close';
      readonly judgement: (typeof JUDGEMENTS)[number];
      readonly because: string;
    };
export type IncidentActionName = IncidentAction['action'];

/** An attack of the demo plant that can be started from the page. */
export interface AttackInfo {
  readonly name: string;
  readonly title: string;
  readonly story: string;
  readonly cited: string;
  readonly expected: string;
  readonly running: boolean;
}

/** Outcome of something started or switched, as a sentence. */
export interface Outcome {
  readonly done: boolean;
  readonly sentence: string;
}

export interface UserInfo {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly disabled: boolean;
  readonly createdMs: number;
}

/** Who I am and what I may do. */
export interface Me {
  readonly user: UserInfo;
  readonly actions: readonly string[];
  /** False after a one-time link: the page asks for name and password (`POST /api/account/setup`). */
  readonly hasPassword: boolean;
}

/** A one-time sign-in link: `/signin#token=…`. */
export interface SignInLink {
  readonly token: string;
  readonly expiresMs: number;
}

export type AssetPage = Page<Asset>;
export type ConversationPage = Page<Conversation>;
export type TagPage = Page<TagNow>;
export type IncidentPage = Page<IncidentSummary>;

/** What the event stream carries. `overview` comes once a second, the others when something changed. */
export type LiveEvent =
  | { readonly type: 'overview'; readonly overview: Overview }
  | { readonly type: 'incident'; readonly incident: IncidentSummary }
  | { readonly type: 'changed'; readonly what: 'assets' | 'conversations' | 'doors' | 'switches' | 'attacks' };
