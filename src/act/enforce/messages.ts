/** What the engine and the enforcer say to each other, over a channel with advanced serialization. */
import type { ClockSetting } from '../../base/clock.ts';
import type { Mode, Quality, TimeUs } from '../../records.ts';
import type { ConduitEndpoint, ConduitHealth } from './conduit/index.ts';
import type { WorkWindow } from './policy/index.ts';
import type { Approval } from './safety/approval.ts';
import type { Grant } from './safety/grants.ts';
import type { LearnedFacts } from './safety/keeper.ts';
import type { LedgerJudgement, LedgerRecord } from './safety/ledger.ts';
import type { LedgerFigures } from './safety/ledger-file.ts';
import type { SwitchName, SwitchState } from './safety/switches.ts';
import type { FailurePlan } from './supervisor/failure-plan.ts';

/** `relaying`: the enforcer is gone; conduits that fail open pass unjudged, the others are shut. */
export type SupervisorState = 'enforcing' | 'relaying' | 'starting' | 'stopped';

/** One listener of a conduit. */
export interface ConduitPlacement {
  readonly name: string;
  readonly listen: ConduitEndpoint;
  readonly device: ConduitEndpoint;
  /** Address of the device in policies and frames, where it is reached under another one. */
  readonly asDevice?: string;
  /** Names of the protocols that pass here; anything else counts as not understood. Default: all. */
  readonly protocols?: readonly string[];
}

/** A policy as text; compiled by the enforcer itself. */
export interface PolicyText {
  /** As people call it: `v9`, a hash. */
  readonly version: string;
  readonly text: string;
  /** Name for messages about mistakes. */
  readonly file: string;
}

/** From the engine to the enforcer. */
export type ToEnforcer =
  | {
      readonly type: 'start';
      readonly clock: ClockSetting;
      readonly conduits: readonly ConduitPlacement[];
      /** Where the ledger, the switches and the confirmed policy are kept; without it nothing is kept. */
      readonly dataFolder?: string;
      /** The site the policy speaks of; without it everything passes. */
      readonly site?: { readonly text: string; readonly file: string };
      /** Decide messages (the default). False: relay only. */
      readonly decides?: boolean;
      /** To the supervisor: the doors stay when the engine disappears. */
      readonly keepWithoutEngine?: boolean;
    }
  | { readonly type: 'clock'; readonly setting: ClockSetting }
  /**
   * Another policy: it holds at once, and goes back to the one before unless `policy-confirm` comes within `confirmWithinS` (60 s). A
   * policy under which conduits stand in guard or enforce needs the approval `policy:VERSION`.
   */
  | {
      readonly type: 'policy';
      readonly policy: PolicyText;
      readonly approval?: Approval;
      readonly confirmWithinS?: number;
    }
  | { readonly type: 'policy-confirm'; readonly version: string }
  /** Mode of one conduit. Upwards to guard or enforce needs the approval `mode:CONDUIT:MODE`; downwards nothing. */
  | {
      readonly type: 'mode';
      readonly conduit: string;
      readonly mode: Mode;
      readonly by: string;
      readonly approval?: Approval;
    }
  /** What the engine knows of the plant and the enforcer may not have seen. */
  | {
      readonly type: 'plant';
      readonly values: readonly {
        readonly tag: string;
        readonly value: number;
        readonly quality: Quality;
        readonly timeUs: TimeUs;
      }[];
      readonly states?: readonly { readonly unit: string; readonly state: string; readonly timeUs: TimeUs }[];
    }
  /** All work windows there are. */
  | { readonly type: 'work'; readonly windows: readonly WorkWindow[] }
  | { readonly type: 'learned'; readonly facts: LearnedFacts }
  | { readonly type: 'grant'; readonly grant: Grant }
  | { readonly type: 'grant-end'; readonly id: string; readonly by: string }
  /** On: at once. Off needs the approval `switch:NAME:off`. */
  | {
      readonly type: 'switch';
      readonly name: SwitchName;
      readonly on: boolean;
      readonly by: string;
      readonly approval?: Approval;
    }
  | { readonly type: 'judgement'; readonly judgement: Omit<LedgerJudgement, 'kind' | 'wallUs'> }
  | { readonly type: 'stop' };

/** What the enforcer counts besides its conduits. */
export interface EnforcerFigures {
  readonly policyVersion: string;
  readonly modes: Readonly<Record<string, Mode>>;
  readonly switches: Readonly<Record<SwitchName, SwitchState>>;
  /** By conduit. */
  readonly decisions: Readonly<Record<string, DoorCounters>>;
  readonly slowDecisions: number;
  readonly ledger: LedgerFigures;
  /** Decisions that were not written because there were too many different ones. */
  readonly ledgerLost: number;
}

export interface DoorCounters {
  readonly passed: number;
  readonly denied: number;
  readonly wouldDeny: number;
  readonly spared: number;
  readonly granted: number;
  readonly bypassed: number;
  readonly notEvaluated: number;
  /** Requests that some rule of the policy could deny: writes, control, program, config (no reads). */
  readonly deniable: number;
}

/** From the enforcer to the engine. */
export type FromEnforcer =
  | {
      readonly type: 'ready';
      readonly listening: readonly { readonly name: string; readonly endpoint: ConduitEndpoint }[];
    }
  /**
   * Frames as `frame-batch.ts` packs them, possibly none; `dropped`: given up since the start because the engine was slow; `nowUs`:
   * plant time up to which all frames were told, so that silence can be told from delay.
   */
  | { readonly type: 'frames'; readonly batch: Uint8Array; readonly dropped: number; readonly nowUs: TimeUs }
  | {
      readonly type: 'health';
      readonly conduits: readonly ConduitHealth[];
      readonly dropped: number;
      readonly figures: EnforcerFigures;
    }
  /** What was written to the ledger, in order. */
  | { readonly type: 'ledger'; readonly records: readonly LedgerRecord[] }
  /** What became of a policy. `refused`: the one before stays. */
  | {
      readonly type: 'policy';
      readonly version: string;
      readonly state: 'trying' | 'confirmed' | 'reverted' | 'refused';
      readonly sentence: string;
    }
  | {
      readonly type: 'mode';
      readonly conduit: string;
      readonly mode: Mode;
      readonly done: boolean;
      readonly sentence: string;
    }
  | { readonly type: 'switch'; readonly name: SwitchName; readonly state: SwitchState; readonly sentence: string }
  /** A large policy is being compiled: silence for a while is no hang. */
  | { readonly type: 'busy' }
  /** Loaded, and ready to be started. */
  | { readonly type: 'alive' }
  /** Who passes when the enforcer is gone; for the supervisor. */
  | { readonly type: 'failure'; readonly plan: FailurePlan }
  /** From the supervisor: who holds the doors now. */
  | { readonly type: 'supervisor'; readonly state: SupervisorState; readonly sentence: string }
  | { readonly type: 'error'; readonly code: string; readonly sentence: string };
