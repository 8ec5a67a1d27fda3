/**
 * What the API needs of the running engine. The engine answers from memory or store; nothing here waits for the plant.
 * `undefined` means "there is no such thing" (the API says 404); a `FiredoorError` reaches the person with its sentence.
 */
import type { Asset, Conversation, TimeUs } from '../../records.ts';
import type {
  ActorHistory,
  AlarmBudget,
  AttackInfo,
  CaptureHealth,
  Doors,
  EvidenceView,
  IncidentAction,
  IncidentSummary,
  IncidentView,
  LearningProgress,
  LiveEvent,
  Outcome,
  Overview,
  Page,
  PageQuery,
  Role,
  SwitchName,
  SwitchState,
  TagNow,
  Trend,
} from './types.ts';

/** An answer at once or later. */
export type Answer<T> = T | Promise<T>;

/** The person behind a request. */
export interface Actor {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
}

export interface IncidentQuery extends PageQuery {
  /** `open`: all that no person closed. */
  readonly state: 'open' | 'closed' | 'all';
}

export interface TrendQuery {
  readonly tag: string;
  readonly fromUs: TimeUs;
  readonly toUs: TimeUs;
  /** Points wanted, at most `TREND_BUCKETS_MAX`. */
  readonly buckets: number;
}

/** A capture file of everything around an incident. */
export interface PcapSlice {
  readonly fileName: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface EngineService {
  /** The overview: called once a second while anyone looks, so it must be cheap. */
  overview(): Answer<Overview>;
  assets(query: PageQuery): Answer<Page<Asset>>;
  conversations(query: PageQuery): Answer<Page<Conversation>>;
  tags(query: PageQuery): Answer<Page<TagNow>>;
  /** `undefined` for an unknown tag. A range beyond now is cut at now: `toUs` of the answer says where. */
  trend(query: TrendQuery): Answer<Trend | undefined>;
  incidents(query: IncidentQuery): Answer<Page<IncidentSummary>>;
  incident(id: string): Answer<IncidentView | undefined>;
  /** One frame by its capture (as in `FrameReference`; empty for the running one) and its number. */
  evidence(capture: string, frameNumber: number): Answer<EvidenceView | undefined>;
  pcapSlice(incidentId: string): Answer<PcapSlice | undefined>;
  /** What an asset did between two times. */
  actorHistory(assetId: string, fromUs: TimeUs, toUs: TimeUs): Answer<ActorHistory | undefined>;
  /** Does what a person wants with an incident and writes it into the audit; the view afterwards. */
  actOnIncident(id: string, action: IncidentAction, actor: Actor): Answer<IncidentView | undefined>;
  learning(): Answer<LearningProgress>;
  captureHealth(): Answer<CaptureHealth>;
  doors(): Answer<Doors>;
  budget(): Answer<AlarmBudget>;
  /** Attacks that can be started here; empty where no demo plant runs. */
  attacks(): Answer<readonly AttackInfo[]>;
  startAttack(name: string, actor: Actor): Answer<Outcome | undefined>;
  switches(): Answer<readonly SwitchState[]>;
  /** Throws `NOT_AVAILABLE` where there is nothing to switch yet. */
  setSwitch(name: SwitchName, active: boolean, actor: Actor): Answer<Outcome>;
  /** Calls `listener` on each change until the returned function is called. `overview` events need not be sent: the API asks for them. */
  subscribe(listener: (event: LiveEvent) => void): () => void;
}
