/**
 * The baseline: what was learned as normal, as plain data that becomes reviewable text (`text.ts`) and back (`parse.ts`).
 *
 * Assets are named by a key that survives a restart: the declared device name, else address and unit, else MAC. Writes, controls and
 * commands carry a status, because only a person may call them normal for good; everything harmless is simply learned.
 */
import type { FunctionClass, TimeUs } from '../../../records.ts';

/** Version of the format, first line of the text. */
export const BASELINE_VERSION = 1;

/** `unconfirmed`: proposed by learning, quiet. `confirmed`: a person said so. `rejected`: a person said it is not normal. */
export const ITEM_STATUSES = ['unconfirmed', 'confirmed', 'rejected'] as const;
export type ItemStatus = (typeof ITEM_STATUSES)[number];

/** A device as learned. */
export interface BaselineAsset {
  readonly key: string;
  readonly name: string;
  readonly addresses: readonly string[];
  readonly macs: readonly string[];
  readonly zone: string;
  /** What it says about itself: firmware, model, project … */
  readonly identity: Readonly<Record<string, string>>;
  /** Most unknown destinations it tried in one minute. */
  readonly contactsPerMinute: number;
  /** Times it fell silent behind its gateway while learning. */
  readonly silences: number;
}

/** A function used in a conversation. */
export interface BaselineFunction {
  readonly name: string;
  readonly class: FunctionClass;
  readonly risk: number;
  /** Absent for harmless functions, which need no person. */
  readonly status?: ItemStatus;
}

/** Values written to one point in one operating state (`*`: state not known). */
export interface WrittenValues {
  readonly low: number;
  readonly high: number;
  /** Largest step between two writes; 0 where there was one write. */
  readonly step: number;
  readonly count: number;
}

/** A point written in a conversation. */
export interface BaselineWrite {
  /** Tag name, else `unit/area/address`. */
  readonly point: string;
  /** Tag role, else `command` for single bits and `value` for the rest. */
  readonly role: string;
  /** Plant unit, or empty. */
  readonly unit: string;
  /** How values were decoded: a tag type, or `raw`; empty where nobody said. */
  readonly type: string;
  readonly status: ItemStatus;
  /** Most writes in one minute. */
  readonly perMinute: number;
  /** Most changes of direction in one minute. */
  readonly reversalsPerMinute: number;
  /** Usual time between writes of a machine; 0 where a person writes. [ms] */
  readonly everyMs: number;
  /** Values only count up: a heartbeat, whose range means nothing. */
  readonly counter: boolean;
  readonly states: Readonly<Record<string, WrittenValues>>;
}

/** Points read, by `unit/area`: number ranges (both ends inclusive) or names. */
export interface BaselineReads {
  readonly ranges: readonly (readonly [number, number])[];
  readonly names: readonly string[];
}

/** Beat of a conversation. */
export interface Rhythm {
  /** 0: none known. */
  readonly usualMs: number;
  /** Times it stopped, and the longest stop that ended. */
  readonly losses: number;
  readonly pauseMs: number;
  /** Largest factor by which the beat changed; 1: none. */
  readonly jitter: number;
}

/** Client to server over one protocol. */
export interface BaselineConversation {
  readonly client: string;
  readonly server: string;
  readonly protocol: string;
  readonly transport: string;
  /** Server ports below the ephemeral range. */
  readonly ports: readonly number[];
  readonly functions: readonly BaselineFunction[];
  readonly reads: Readonly<Record<string, BaselineReads>>;
  readonly writes: readonly BaselineWrite[];
  /** Most different points commanded in ten minutes. */
  readonly pointsPerTenMinutes: number;
  /** Most refused log-ins in ten minutes. */
  readonly refusedLogins: number;
  readonly rhythm: Rhythm;
  /** Protocol oddities by kind: most in one minute. */
  readonly oddities: Readonly<Record<string, number>>;
}

/** The network side. */
export interface NetworkBaseline {
  readonly fromUs: TimeUs;
  readonly toUs: TimeUs;
  readonly assets: readonly BaselineAsset[];
  readonly conversations: readonly BaselineConversation[];
  /** Seconds each plant unit was seen in each state while learning. */
  readonly states: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** The whole baseline file. `process` is what `ProcessWatch.save()` gave; empty where nothing was learned. */
export interface Baseline {
  readonly version: number;
  readonly site: string;
  readonly network: NetworkBaseline;
  readonly process: Readonly<Record<string, unknown>>;
}

export const EMPTY_NETWORK_BASELINE: NetworkBaseline = {
  fromUs: 0,
  toUs: 0,
  assets: [],
  conversations: [],
  states: {},
};

/** `client -> server protocol`: how a conversation is called in diffs and selections. */
export function conversationName(conversation: {
  readonly client: string;
  readonly server: string;
  readonly protocol: string;
}): string {
  return `${conversation.client} -> ${conversation.server} ${conversation.protocol}`;
}
