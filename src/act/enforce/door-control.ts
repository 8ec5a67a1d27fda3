/**
 * What may change how an enforcer decides: policy (with a dead man's time), modes, switches, grants, work, judgements. Every change is
 * an event in the ledger; every change upwards asks for two people.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sentenceOf } from '../../base/errors.ts';
import type { Mode, TimeUs } from '../../records.ts';
import { loadSite } from '../../understand/plant/load.ts';
import { Decider } from './decider.ts';
import { type KeptState, readKept, writeKept } from './kept-state.ts';
import type { EnforcerFigures, FromEnforcer, PolicyText, ToEnforcer } from './messages.ts';
import { compilePolicy, type Policy, rankOf } from './policy/index.ts';
import { approvalFault } from './safety/approval.ts';
import type { LedgerEvent, LedgerRecord } from './safety/ledger.ts';
import { LedgerFile } from './safety/ledger-file.ts';
import { needsTwoPeople } from './safety/modes.ts';
import {
  readSwitch,
  SWITCH_NAMES,
  SWITCHED_OFF,
  type SwitchFile,
  type SwitchName,
  type SwitchState,
  switchedBy,
  writeSwitch,
} from './safety/switches.ts';
import { failurePlanOf } from './supervisor/failure-plan.ts';

/** A policy this long takes longer to compile than a supervisor waits for a sign of life. [characters] */
const LARGE_POLICY_CHARACTERS = 100_000;
/** Time a pushed policy has to be confirmed. [s] */
const CONFIRM_S = 60;

export interface DoorControlOptions {
  readonly dataFolder: string | undefined;
  readonly site: { readonly text: string; readonly file: string } | undefined;
  readonly nowUs: () => TimeUs;
  readonly tell: (message: FromEnforcer) => void;
  /** What stands behind each listener. */
  readonly listeners?: readonly { readonly name: string; readonly device: string }[];
  /** Island mode was switched: connections from outside are to be ended, or may come again. */
  readonly islandChanged: (on: boolean) => void;
  /** Wall time in µs; tests inject it. */
  readonly wallUs?: () => number;
}

interface LoadedPolicy {
  readonly text: PolicyText;
  readonly compiled: Policy;
}

type Of<T extends ToEnforcer['type']> = Extract<ToEnforcer, { readonly type: T }>;

export class DoorControl {
  readonly decider: Decider;
  readonly #options: DoorControlOptions;
  readonly #wallUs: () => number;
  readonly #ledger: LedgerFile | undefined;
  readonly #switches: Record<SwitchName, SwitchState> = { bypass: SWITCHED_OFF, island: SWITCHED_OFF };
  /** Faults of switch files already told. */
  readonly #faults = new Map<SwitchName, string>();
  #records: LedgerRecord[] = [];
  #confirmed: LoadedPolicy | undefined;
  #trying: LoadedPolicy | undefined;
  #revert: NodeJS.Timeout | undefined;

  /** Throws BAD_CONFIG for a site that makes no sense. */
  constructor(options: DoorControlOptions) {
    this.#options = options;
    this.#wallUs = options.wallUs ?? (() => Date.now() * 1000);
    const { dataFolder, site } = options;
    this.#ledger = dataFolder === undefined ? undefined : new LedgerFile(join(dataFolder, 'ledger', 'ledger.jsonl'));
    this.decider = new Decider({ record: (record) => this.#record(record), wallUs: this.#wallUs });
    if (site !== undefined) this.decider.setSite(loadSite(site.text, site.file));
    if (dataFolder !== undefined) this.#restore(readKept(dataFolder));
    if (this.decider.keeper.policy === undefined) this.#tellFailurePlan();
    this.pollSwitches();
  }

  get island(): boolean {
    return this.#switches.island.on;
  }

  get bypass(): boolean {
    return this.#switches.bypass.on;
  }

  figures(): EnforcerFigures {
    return {
      policyVersion: this.decider.policyVersion,
      modes: this.decider.keeper.modes,
      switches: { ...this.#switches },
      decisions: this.decider.counters(),
      slowDecisions: this.decider.slowDecisions,
      ledger: this.#ledger?.figures() ?? { written: 0, waiting: 0, lost: 0, trouble: '' },
      ledgerLost: this.decider.join.lost,
    };
  }

  /** Records since the last call. */
  takeRecords(): LedgerRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }

  /** Compiles and tries a policy; the one before comes back unless this one is confirmed in time. */
  policy({ policy, approval, confirmWithinS = CONFIRM_S }: Of<'policy'>): void {
    const { version } = policy;
    const fault = this.#isArmed() ? approvalFault(approval, `policy:${version}`, this.#wallUs()) : undefined;
    const loaded = fault === undefined ? this.#compile(policy) : fault;
    if (typeof loaded === 'string') {
      this.#event('policy-refused', `Policy ${version} was not taken: ${loaded}`, approval?.by ?? '');
      return this.#options.tell({ type: 'policy', version, state: 'refused', sentence: loaded });
    }
    clearTimeout(this.#revert);
    this.#trying = loaded;
    this.#use(loaded);
    this.#revert = setTimeout(() => this.#goBack(version), confirmWithinS * 1000);
    this.#revert.unref();
    const sentence = `Policy ${version} holds, and goes back unless confirmed within ${confirmWithinS} s.`;
    this.#event('policy-tried', sentence, approval === undefined ? '' : `${approval.by}, ${approval.approvedBy}`);
    this.#options.tell({ type: 'policy', version, state: 'trying', sentence });
  }

  confirmPolicy({ version }: Of<'policy-confirm'>): void {
    if (this.#trying?.text.version !== version) {
      const sentence = `No policy ${version} waits to be confirmed.`;
      return this.#options.tell({ type: 'policy', version, state: 'refused', sentence });
    }
    clearTimeout(this.#revert);
    this.#confirmed = this.#trying;
    this.#trying = undefined;
    this.#keep();
    const sentence = `Policy ${version} is confirmed.`;
    this.#event('policy-confirmed', sentence, '');
    this.#options.tell({ type: 'policy', version, state: 'confirmed', sentence });
  }

  mode({ conduit, mode, by, approval }: Of<'mode'>): void {
    const { keeper } = this.decider;
    const before = keeper.modes[conduit] ?? 'observe';
    const upwards = rankOf(mode) > rankOf(before) && needsTwoPeople(mode);
    const known = this.decider.site.conduits.some(({ name }) => name === conduit);
    const fault = known
      ? upwards
        ? approvalFault(approval, `mode:${conduit}:${mode}`, this.#wallUs())
        : undefined
      : `There is no conduit ${conduit}.`;
    const sentence = fault ?? `${conduit} is in ${mode} now, after ${before}.`;
    if (fault === undefined) {
      keeper.modes = { ...keeper.modes, [conduit]: mode };
      this.#keep();
    }
    this.#event(
      fault === undefined ? 'mode' : 'mode-refused',
      sentence,
      approval === undefined ? by : `${by}, ${approval.approvedBy}`,
    );
    this.#options.tell({
      type: 'mode',
      conduit,
      mode: fault === undefined ? mode : before,
      done: fault === undefined,
      sentence,
    });
  }

  plant({ values, states = [] }: Of<'plant'>): void {
    const { memory } = this.decider.keeper;
    for (const { tag, value, quality, timeUs } of values) memory.set(tag, value, quality === 'good', timeUs);
    for (const { unit, state, timeUs } of states) memory.tellState(unit, state, timeUs);
  }

  work({ windows }: Of<'work'>): void {
    this.decider.keeper.memory.setWork(windows);
  }

  grant({ grant }: Of<'grant'>): void {
    const done = this.decider.keeper.grants.add(grant, this.#options.nowUs());
    const what = `${grant.functions.join(', ') || 'anything'} on ${grant.points.join(', ') || 'any point'} by ${grant.client || 'anybody'}`;
    this.#event('grant', done ? `Granted: ${what}.` : `Not granted, too many grants stand: ${what}.`, grant.by);
  }

  endGrant({ id, by }: Of<'grant-end'>): void {
    this.decider.keeper.grants.remove(id);
    this.#event('grant-end', `Grant ${id} is over.`, by);
  }

  judgement({ judgement }: Of<'judgement'>): void {
    this.#record({ kind: 'judgement', ...judgement, wallUs: this.#wallUs() });
  }

  /** A switch by message; its file follows, so that it holds over restarts. */
  switch({ name, on, by, approval }: Of<'switch'>): void {
    const file: SwitchFile = { on, by, timeUs: this.#wallUs(), ...(approval === undefined ? {} : { approval }) };
    this.#apply(name, file);
    if (this.#switches[name].on === on) this.#keepSwitch(name, file);
  }

  /** A switch by signal: on only. */
  switchOn(name: SwitchName): void {
    this.switch({ type: 'switch', name, on: true, by: 'signal' });
  }

  /** Looks at the switch files; call several times a second. */
  pollSwitches(): void {
    const { dataFolder } = this.#options;
    if (dataFolder === undefined) return;
    for (const name of SWITCH_NAMES) {
      if (existsSync(join(dataFolder, name))) this.#apply(name, readSwitch(dataFolder, name));
    }
  }

  /** Once a second: counts that are due, records the disk did not take. */
  tick(): void {
    this.decider.flush();
    this.#ledger?.flush();
  }

  close(): void {
    clearTimeout(this.#revert);
    this.decider.flush(Number.POSITIVE_INFINITY);
    this.#ledger?.close();
  }

  #apply(name: SwitchName, file: SwitchFile | undefined): void {
    const before = this.#switches[name];
    const { state, fault } = switchedBy(file, before, name, this.#wallUs());
    if (fault !== undefined && this.#faults.get(name) !== fault) {
      this.#faults.set(name, fault);
      this.#event(`${name}-refused`, `${name} stays on: ${fault}`, file?.by ?? '');
      this.#options.tell({ type: 'switch', name, state: before, sentence: fault });
    }
    if (state === before) return;
    this.#faults.delete(name);
    this.#switches[name] = state;
    if (name === 'bypass') this.decider.keeper.bypass = state.on;
    else this.#options.islandChanged(state.on);
    const sentence = SWITCH_SENTENCES[name][state.on ? 'on' : 'off'];
    this.#event(`${name}-${state.on ? 'on' : 'off'}`, sentence, state.by);
    this.#options.tell({ type: 'switch', name, state, sentence });
  }

  #keepSwitch(name: SwitchName, file: SwitchFile): void {
    const { dataFolder } = this.#options;
    if (dataFolder === undefined) return;
    try {
      writeSwitch(dataFolder, name, file);
    } catch (error) {
      this.#event(`${name}-not-kept`, `The file of ${name} cannot be written: ${sentenceOf(error)}`, 'enforcer');
    }
  }

  /** True where a policy can block: then another one needs two people. */
  #isArmed(): boolean {
    return Object.values(this.decider.keeper.modes).some((mode) => needsTwoPeople(mode));
  }

  #compile(text: PolicyText): LoadedPolicy | string {
    if (text.text.length > LARGE_POLICY_CHARACTERS) this.#options.tell({ type: 'busy' });
    try {
      return { text, compiled: compilePolicy(text.text, text.file, this.decider.site) };
    } catch (error) {
      return sentenceOf(error);
    }
  }

  #use(loaded: LoadedPolicy | undefined): void {
    this.decider.keeper.setPolicy(loaded?.compiled);
    this.decider.policyVersion = loaded?.text.version ?? '';
    this.#tellFailurePlan();
  }

  #tellFailurePlan(): void {
    const { keeper, site } = this.decider;
    this.#options.tell({ type: 'failure', plan: failurePlanOf(site, keeper.policy, this.#options.listeners ?? []) });
  }

  #goBack(version: string): void {
    this.#trying = undefined;
    this.#use(this.#confirmed);
    const sentence = `Nobody confirmed policy ${version} in time: ${this.#confirmed === undefined ? 'there is none again' : `${this.#confirmed.text.version} holds again`}.`;
    this.#event('policy-reverted', sentence, 'enforcer');
    this.#options.tell({ type: 'policy', version, state: 'reverted', sentence });
  }

  #restore({ policy, modes }: KeptState): void {
    const loaded = policy === undefined ? undefined : this.#compile(policy);
    if (typeof loaded === 'string') {
      this.#event(
        'policy-refused',
        `The kept policy ${policy?.version} does not fit the site any more: ${loaded}`,
        'enforcer',
      );
    } else if (loaded !== undefined) {
      this.#confirmed = loaded;
      this.#use(loaded);
    }
    this.decider.keeper.modes = modes;
    if (loaded !== undefined) this.#event('start', startText(this.decider.policyVersion, modes), 'enforcer');
  }

  #keep(): void {
    const { dataFolder } = this.#options;
    if (dataFolder === undefined) return;
    const policy = this.#confirmed?.text;
    try {
      writeKept(dataFolder, { modes: this.decider.keeper.modes, ...(policy === undefined ? {} : { policy }) });
    } catch (error) {
      this.#event('not-kept', `Policy and modes cannot be kept over a restart: ${sentenceOf(error)}`, 'enforcer');
    }
  }

  #event(what: string, sentence: string, by: string): void {
    const event: LedgerEvent = {
      ...{ kind: 'event', what, sentence, by, timeUs: this.#options.nowUs(), wallUs: this.#wallUs() },
    };
    this.#record(event);
  }

  #record(record: LedgerRecord): void {
    this.#ledger?.append(record);
    if (this.#records.length < RECORDS_WAITING_MAX) this.#records.push(record);
  }
}

/** Records for the engine between two sendings; the file has them all. */
const RECORDS_WAITING_MAX = 2_000;

const SWITCH_SENTENCES = {
  bypass: {
    on: 'Bypass: nothing is blocked any more; everything is still seen.',
    off: 'Bypass is over: the doors block again as their modes say.',
  },
  island: {
    on: 'Island: every way to office, remote access and suppliers is closed; the plant runs on.',
    off: 'Island is over: the ways outside are open again as the policy says.',
  },
} as const satisfies Record<SwitchName, { readonly on: string; readonly off: string }>;

function startText(version: string, modes: Readonly<Record<string, Mode>>): string {
  const text = Object.entries(modes).map(([conduit, mode]) => `${conduit} ${mode}`);
  return `The enforcer started with policy ${version}${text.length === 0 ? '' : `; ${text.join(', ')}`}.`;
}
