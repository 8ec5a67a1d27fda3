/**
 * What incidents need to know of the plant around them. The engine passes it in; every answer is a plain look-up in memory, so
 * that the same findings and the same answers give the same incident, live, replayed or in a test.
 *
 * What findings must carry so that cause and effect can be joined (`Finding.numbers`):
 * network: `written`, `previous` (in the tag's unit; bits as 0 and 1; `value` and `before` are understood too), `count` or
 * `times` where one finding stands for many, `refused: 1` where the device refused. Process: `shown`, `deviation` (reads this much high), `likelyTrue`, `coupled:TAG`.
 */
import type { Incident, TimeUs } from '../../records.ts';
import type { EffectSpec, Site, Tag } from '../plant/model.ts';

/** An asset as a person would name it. */
export interface AssetView {
  /** Host name or name from the site file; empty where unknown. */
  readonly name: string;
  readonly vendor: string;
  readonly addresses: readonly string[];
  readonly macs: readonly string[];
  /** Unit behind the address (Modbus unit, DNP3 address …), or empty. */
  readonly unit?: string;
  readonly zone: string;
  readonly firstSeenUs: TimeUs;
  /** Roles seen or told (`laptop`, `hmi`, `engineering-station`, `scada-server` …). */
  readonly roles?: readonly string[];
}

/** An announced work window that covers a unit, a host and a time. */
export interface WorkView {
  readonly id: string;
  readonly who: string;
  readonly what: string;
  readonly untilUs: TimeUs;
}

/** An earlier incident that looked alike. */
export interface SimilarIncident {
  readonly id: string;
  /** How it ended, as a clause: `closed on 3 May: planned work, calibration of TT-101`. */
  readonly text: string;
}

export interface IncidentContext {
  readonly site: Site;
  /** Short name of an asset: host name, name in the site file or address; the id itself where nothing is known. */
  nameOf(assetId: string): string;
  describe(assetId: string): AssetView | undefined;
  /** Zone of an asset, or empty. */
  zoneOf(assetId: string): string;
  /** A tag by its name or its point; undefined for a point nobody named. */
  tag(nameOrPoint: string): Tag | undefined;
  /** Value shown now; NaN where none was read yet. */
  valueOf(tag: string): number;
  /** When that value was read; without it a value is taken to be new a few seconds after a write. */
  timeOf?(tag: string): TimeUs;
  /** Operating state of a plant unit now, or empty where it cannot be told. */
  stateOf(plantUnit: string): string;
  /** The work window that covers this unit and this host at this time. */
  openWork(plantUnit: string, actorId: string, timeUs: TimeUs): WorkView | undefined;
  /** Effects learned from data, besides the declared ones; they explain, they never deny. */
  learnedEffects?(plantUnit: string): readonly EffectSpec[];
  /** Whether a program download into this device is under way: then nothing may be cut off. */
  downloadOpen?(deviceId: string, timeUs: TimeUs): boolean;
  /** People or hosts with a session into this asset at that time: behind a SCADA server the wire shows only the server. */
  sessionsInto?(assetId: string, timeUs: TimeUs): readonly string[];
  similar?(incident: Incident): readonly SimilarIncident[];
}

/** Why `onIncident` is called. `merged`: `absorbed` of the change went into the incident and is no more. */
export type IncidentChangeKind = 'opened' | 'updated' | 'escalated' | 'merged' | 'acted' | 'unshelved' | 'work-ended';

export interface IncidentChange {
  readonly kind: IncidentChangeKind;
  /** The incident that was merged into this one; empty otherwise. */
  readonly absorbed: string;
  /** The change as a sentence, or empty. */
  readonly text: string;
}

export interface IncidentListener {
  onIncident(incident: Incident, change: IncidentChange): void;
}

/** Judgements a person closes an incident with. */
export const INCIDENT_JUDGEMENTS = ['right', 'wrong', 'planned work', 'bad data'] as const;
export type IncidentJudgement = (typeof INCIDENT_JUDGEMENTS)[number];

/** What a person can do with an incident (ISA-18.2). Assignment and comments change no state; the store keeps them. */
export type IncidentTransition =
  | { readonly action: 'acknowledge' }
  | { readonly action: 'planned-work'; readonly because: string }
  | { readonly action: 'shelve'; readonly minutes: number; readonly because: string }
  | { readonly action: 'assign'; readonly to: string }
  | { readonly action: 'comment'; readonly text: string }
  | { readonly action: 'close'; readonly judgement: IncidentJudgement; readonly because: string };
