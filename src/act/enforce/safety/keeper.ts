/**
 * What counts of a policy's verdict: the decision order of one message. What is allowed passes; of the rest, in this order: bypass, the
 * never-block set, a person's grant, then the rule or the default in the mode that counts. No I/O and no clock.
 */
import { READERS_MAX } from '../../../limits.ts';
import type { Mode, TimeUs } from '../../../records.ts';
import { EMPTY_SITE, type Site } from '../../../understand/plant/model.ts';
import { UNKNOWN_STATE } from '../../../understand/plant/states.ts';
import {
  decide,
  PlantMemory,
  type Policy,
  type PolicyRequest,
  type PolicyVerdict,
  unitsBehind,
} from '../policy/index.ts';
import { DoorMap, type DoorOf } from './doors.ts';
import { type Grant, Grants } from './grants.ts';
import { acts, isRecorded, lowerMode } from './modes.ts';
import { type NeverBlockFacts, type Spared, sparedBy } from './never-block.ts';
import { sequenceKey } from './sequences.ts';

/** What became of a message that policy alone would have denied, and of one it passed. */
export const OUTCOMES = ['passed', 'denied', 'would-deny', 'spared', 'granted', 'bypassed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface Judged {
  readonly forward: boolean;
  readonly outcome: Outcome;
  /** Mode of the conduit as it counts now. */
  readonly mode: Mode;
  readonly verdict: PolicyVerdict;
  /** Why, where outcome is spared. */
  readonly spared?: Spared;
  readonly grant?: Grant;
}

/** What the signed baseline says of clients. */
export interface LearnedFacts {
  /** Reads a minute by client and device address. */
  readonly readers: readonly { readonly client: string; readonly device: string; readonly perMinute: number }[];
  /** Points that a machine counts up as its sign of life. */
  readonly heartbeats: readonly { readonly client: string; readonly point: string }[];
}

/** A minute may hold so many times the reads that were learned: a second screen, a page turned. */
const READ_RATE_FACTOR = 2;
const MINUTE_US = 60e6;
/** States are looked at again after so much plant time. [µs] */
const TICK_US = 250_000;
/** State name that stands above all: only doors to the outside act. */
const EMERGENCY = 'emergency';

export class DoorKeeper implements NeverBlockFacts {
  bypass = false;
  /** Modes of conduits as set; those not named observe. */
  modes: Readonly<Record<string, Mode>> = {};
  readonly grants = new Grants();
  #policy: Policy | undefined;
  #memory: PlantMemory = new PlantMemory({ tags: new Map(), units: [] });
  #doors = new DoorMap(EMPTY_SITE);
  #unitsBehind: ReadonlyMap<string, readonly string[]> = new Map();
  #readers = new Map<string, number>();
  readonly #reads = new Map<string, { sinceUs: TimeUs; count: number }>();
  #heartbeats: ReadonlySet<string> = new Set();
  #tickedUs = Number.NEGATIVE_INFINITY;
  // Of the message in hand, for the never-block set.
  #nowUs: TimeUs = 0;
  #client = '';
  #device = '';

  get memory(): PlantMemory {
    return this.#memory;
  }

  get policy(): Policy | undefined {
    return this.#policy;
  }

  get stations(): ReadonlySet<string> {
    return this.#policy?.stations ?? NO_STATIONS;
  }

  /** Another site: what was known of its values is forgotten. */
  setSite(site: Site): void {
    const tags = new Map(site.units.flatMap((unit) => unit.tags.map((tag) => [tag.name, tag] as const)));
    this.#memory = new PlantMemory({ tags, units: site.units });
    this.#doors = new DoorMap(site);
    this.#unitsBehind = unitsBehind(tags.values());
  }

  setPolicy(policy: Policy | undefined): void {
    this.#policy = policy;
  }

  setLearned({ readers, heartbeats }: LearnedFacts): void {
    this.#readers = new Map(
      readers.slice(0, READERS_MAX).map(({ client, device, perMinute }) => [`${client} ${device}`, perMinute]),
    );
    this.#heartbeats = new Set(heartbeats.slice(0, READERS_MAX).map(({ client, point }) => `${client} ${point}`));
  }

  doorOf(client: string, device: string): DoorOf {
    return this.#doors.doorOf(client, device);
  }

  isOutside(client: string): boolean {
    return this.#doors.isOutside(client);
  }

  /** Mode of a conduit as set; one that the site does not declare follows the lowest beside it. */
  modeOf({ name, declared, beside }: DoorOf): Mode {
    if (declared || beside.length === 0) return this.modes[name] ?? 'observe';
    return beside.map((one) => this.modes[one] ?? 'observe').reduce(lowerMode);
  }

  /** Judges one request. `request.conduit` is the name of `door`. */
  judge(request: PolicyRequest, door: DoorOf, nowUs: TimeUs): Judged {
    // Reads are many and hardly ever ask for a state; all else is judged by the values of this moment.
    if (request.functionClass !== 'read' || nowUs - this.#tickedUs >= TICK_US || nowUs < this.#tickedUs) {
      this.#tickedUs = nowUs;
      this.#memory.tick(nowUs);
    }
    const policy = this.#policy;
    const mode = this.#modeNow(request, door);
    if (request.functionClass === 'read') this.#countRead(request, nowUs);
    if (policy === undefined) return { forward: true, outcome: 'passed', mode, verdict: NO_POLICY };
    const verdict = decide(policy, request, this.#memory, nowUs);
    if (verdict.verdict === 'pass') return { forward: true, outcome: 'passed', mode, verdict };
    if (this.bypass) return { forward: true, outcome: 'bypassed', mode, verdict };
    this.#nowUs = nowUs;
    this.#client = request.client;
    this.#device = request.device;
    const spared = sparedBy(request, this);
    if (spared !== undefined) return { forward: true, outcome: 'spared', mode, verdict, spared };
    const grant = this.grants.covering(request, nowUs);
    if (grant !== undefined) return { forward: true, outcome: 'granted', mode, verdict, grant };
    if (acts(mode, verdict)) return { forward: false, outcome: 'denied', mode, verdict };
    return { forward: true, outcome: isRecorded(mode) ? 'would-deny' : 'passed', mode, verdict };
  }

  /** Remembers what a message that went on began or used up. */
  went(request: PolicyRequest, { verdict }: Judged, nowUs: TimeUs): void {
    const { client, device, functionName, functionClass } = request;
    const key = sequenceKey(request);
    if (key !== undefined) this.#memory.noteSaid(key, client, device, nowUs);
    if (functionClass !== 'read') this.#memory.noteSaid(functionName, client, device, nowUs);
    const rule = verdict.rule === '' ? undefined : this.#ruleOf(request.conduit, verdict.rule);
    if (rule?.rate != null) this.#memory.noteCounted(rule.name, client, device, rule.rate.count, nowUs);
  }

  safeValue(tag: string): number {
    return this.#policy?.tags.get(tag)?.safe ?? Number.NaN;
  }

  roleOf(tag: string): string {
    return this.#policy?.tags.get(tag)?.role ?? '';
  }

  goodValue(tag: string): number {
    return this.#memory.goodValue(tag);
  }

  readsAsLearned(client: string, device: string): boolean {
    const perMinute = this.#readers.get(`${client} ${device}`);
    if (perMinute === undefined) return this.#readers.size === 0 && this.stations.has(client);
    return (this.#reads.get(`${client} ${device}`)?.count ?? 0) <= READ_RATE_FACTOR * perMinute;
  }

  isHeartbeat(client: string, point: string): boolean {
    return this.#heartbeats.has(`${client} ${point}`);
  }

  started(key: string, withinUs: number): boolean {
    return this.#nowUs - this.#memory.lastSaid(key, this.#client, this.#device) <= withinUs;
  }

  #ruleOf(conduit: string, name: string) {
    return this.#policy?.conduits.get(conduit)?.byName.get(name);
  }

  #countRead({ client, device }: PolicyRequest, nowUs: TimeUs): void {
    const key = `${client} ${device}`;
    if (!this.#readers.has(key)) return;
    const reads = this.#reads.get(key);
    if (reads === undefined || nowUs - reads.sinceUs >= MINUTE_US || nowUs < reads.sinceUs) {
      this.#reads.set(key, { sinceUs: nowUs, count: 1 });
    } else reads.count++;
  }

  /**
   * In an emergency nobody inside is held up, and doors to the outside act only by marked rules. Where a state is not known, enforce
   * becomes guard: what is marked safe to block stays blocked, so silencing a state buys no pass for it.
   */
  #modeNow({ device }: PolicyRequest, door: DoorOf): Mode {
    const mode = this.modeOf(door);
    for (const unit of this.#unitsBehind.get(device) ?? NO_UNITS) {
      const state = this.#memory.stateOf(unit);
      if (state.toLowerCase() === EMERGENCY) return lowerMode(mode, door.outside ? 'guard' : 'shadow');
      if (state === UNKNOWN_STATE && mode === 'enforce') return 'guard';
    }
    return mode;
  }
}

const NO_STATIONS: ReadonlySet<string> = new Set();
const NO_UNITS: readonly string[] = [];
const NO_POLICY: PolicyVerdict = {
  ...{ verdict: 'pass', rule: '', reason: 'no-policy', sentence: 'There is no policy: everything passes.' },
  ...{ because: [], ruleMode: 'enforce', guard: false, notEvaluated: [] },
};
