/**
 * The decision on the wire: what a conduit asks of each message. Turns the view into what policy sees, lets the keeper judge, writes
 * the ledger before the answer goes out. Synchronous; bounded by the rules that speak of the message.
 */
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';
import { DOORS_COUNTED_MAX, LEDGER_FRAME_BYTES_MAX } from '../../limits.ts';
import type { TimeUs } from '../../records.ts';
import type { MessageView } from '../../sense/protocols/message-view.ts';
import { EMPTY_SITE, type Site } from '../../understand/plant/model.ts';
import { type ConduitPeers, type Decide, type Decision, FORWARD } from './conduit/decision.ts';
import { refusalOf } from './conduit/refusals.ts';
import type { DoorCounters } from './messages.ts';
import { type PolicyRequest, rankOf, TagTable } from './policy/index.ts';
import type { DoorOf } from './safety/doors.ts';
import { expectedEffect, statesBehind, writesOf } from './safety/effect.ts';
import { DoorKeeper, type Judged } from './safety/keeper.ts';
import { type LedgerEntry, LedgerJoin, type LedgerRecord } from './safety/ledger.ts';

/** A decision that takes longer is counted; a synchronous one cannot be broken off. [ms] */
const SLOW_MS = 2;

export interface DeciderOptions {
  /** Takes records in order; called before the refusal goes out. */
  readonly record: (record: LedgerRecord) => void;
  /** Told each judged request; for replays. */
  readonly judged?: (request: PolicyRequest, judged: Judged, timeUs: TimeUs) => void;
  /** Wall time in µs; tests inject it. */
  readonly wallUs?: () => number;
}

type Counters = { -readonly [K in keyof DoorCounters]: DoorCounters[K] };

export class Decider {
  readonly keeper = new DoorKeeper();
  readonly join = new LedgerJoin();
  policyVersion = '';
  slowDecisions = 0;
  readonly #record: (record: LedgerRecord) => void;
  readonly #wallUs: () => number;
  readonly #judged: DeciderOptions['judged'];
  readonly #counters = new Map<string, Counters>();
  /** Part of every id, so that two runs never share one. */
  readonly #run: string;
  #table = new TagTable([]);
  #site: Site = EMPTY_SITE;
  #number = 0;

  constructor(options: DeciderOptions) {
    this.#record = options.record;
    this.#wallUs = options.wallUs ?? (() => Date.now() * 1000);
    this.#judged = options.judged;
    this.#run = this.#wallUs().toString(36);
  }

  get site(): Site {
    return this.#site;
  }

  setSite(site: Site): void {
    this.#site = site;
    this.#table = new TagTable(site.units.flatMap(({ tags }) => tags));
    this.keeper.setSite(site);
  }

  /** By conduit. */
  counters(): Readonly<Record<string, DoorCounters>> {
    return Object.fromEntries(this.#counters);
  }

  /** For the conduits. */
  readonly decide: Decide = (view, peers) => {
    if (!view.fromClient) {
      this.#note(view, peers.device, false);
      return FORWARD;
    }
    const beganMs = performance.now();
    const decision = this.#request(view, peers);
    if (performance.now() - beganMs > SLOW_MS) this.slowDecisions++;
    return decision;
  };

  /**
   * Bytes that make no message: ends the connection where the conduit enforces or stays closed when Firedoor fails, and in guard for
   * whoever the site does not name. Else they go on and are counted: a vendor's oddity is no reason to lose a line.
   */
  readonly undecoded = ({ client, clientPort, device }: ConduitPeers): boolean => {
    const { keeper } = this;
    const door = keeper.doorOf(client, device);
    const mode = keeper.bypass || keeper.policy === undefined ? 'observe' : keeper.modeOf(door);
    const closed = rankOf(mode) >= rankOf('guard') && keeper.policy?.ifFiredoorFails.get(door.name) === 'closed';
    const ends = mode === 'enforce' || closed || (mode === 'guard' && !keeper.stations.has(client));
    if (ends) {
      const sentence = `Bytes from ${client}:${clientPort} to ${device} make no message of a known protocol; the connection was ended (${door.name}, ${mode}).`;
      const wallUs = this.#wallUs();
      if (this.join.isNew(`undecoded ${client} ${device}`, `${this.#run}-u${this.#number + 1}`, wallUs, wallUs)) {
        this.#number++;
        this.#record({ kind: 'event', what: 'undecoded', sentence, by: 'enforcer', timeUs: wallUs, wallUs });
      }
    }
    return ends;
  };

  /** Counts that are due, as records. Call about once a second, and with an infinite time at the end. */
  flush(wallUs: TimeUs = this.#wallUs()): void {
    for (const repeats of this.join.due(wallUs)) this.#record(repeats);
  }

  #request(view: MessageView, peers: ConduitPeers): Decision {
    const { client, device } = peers;
    const door = this.keeper.doorOf(client, device);
    try {
      const request = this.#requestOf(view, peers, door);
      const judged = this.keeper.judge(request, door, view.timeUs);
      this.#count(door.name, request, judged);
      this.#judged?.(request, judged, view.timeUs);
      const plain = judged.outcome === 'passed' && judged.verdict.notEvaluated.length === 0;
      const decision = judged.forward ? FORWARD : refusalOf(view);
      if (!plain) this.#write(view, peers, request, judged, decision);
      if (judged.forward) {
        this.keeper.went(request, judged, view.timeUs);
        this.#note(view, device, judged.verdict.verdict === 'deny');
      }
      return decision;
    } catch (error) {
      if (this.keeper.bypass || this.keeper.policy?.ifFiredoorFails.get(door.name) !== 'closed') throw error;
      // A fail-closed conduit stays closed also where the decision itself fails; the gate counts what is thrown, so this is told.
      this.#record({
        ...{ kind: 'event', what: 'decision-failed', by: 'enforcer', timeUs: view.timeUs, wallUs: this.#wallUs() },
        sentence: `A decision in ${door.name} failed; the message was refused, since the conduit stays closed when Firedoor fails.`,
      });
      return refusalOf(view);
    }
  }

  #requestOf(view: MessageView, { client, device }: ConduitPeers, door: DoorOf): PolicyRequest {
    const { protocol } = view;
    if (protocol === null) throw new FiredoorError(ERROR_CODES.FAILED, 'A message without a protocol.');
    const info = protocol.functionOf(view.functionCode);
    const reads = this.keeper.policy?.conduits.get(door.name)?.looksAtReads ?? false;
    return {
      conduit: door.name,
      client,
      device,
      protocol: protocol.name,
      functionClass: info.class,
      functionName: info.name,
      functionCode: info.code,
      fromClient: true,
      items: this.#table.items(view, device, reads),
    };
  }

  #note(view: MessageView, device: string, suspect: boolean): void {
    const { memory } = this.keeper;
    const { timeUs, fromClient } = view;
    this.#table.note(view, device, (tag, value, good) => {
      if (fromClient) memory.wrote(tag.name, value, timeUs, suspect);
      else memory.set(tag.name, value, good, timeUs);
    });
  }

  #count(door: string, { functionClass, items }: PolicyRequest, { outcome, verdict }: Judged): void {
    let counters = this.#counters.get(door);
    if (counters === undefined) {
      counters = {
        ...{ passed: 0, denied: 0, wouldDeny: 0, spared: 0, granted: 0, bypassed: 0, notEvaluated: 0, deniable: 0 },
      };
      if (this.#counters.size < DOORS_COUNTED_MAX) this.#counters.set(door, counters);
    }
    if (outcome === 'would-deny') counters.wouldDeny++;
    else counters[outcome]++;
    if (verdict.notEvaluated.length > 0) counters.notEvaluated++;
    if (functionClass !== 'read' || items.some(({ write }) => write)) counters.deniable++;
  }

  #write(view: MessageView, peers: ConduitPeers, request: PolicyRequest, judged: Judged, decision: Decision): void {
    const { outcome, verdict } = judged;
    const wallUs = this.#wallUs();
    const id = `${this.#run}-${this.#number + 1}`;
    const { client, device, functionName, items } = request;
    const about = `${outcome} ${client} ${device} ${functionName} ${verdict.rule} ${verdict.reason} ${items[0]?.point ?? ''} ${items.length}`;
    if (!this.join.isNew(about, id, view.timeUs, wallUs)) return;
    this.#number++;
    this.#record(this.#entry(view, peers, request, judged, decision, id, wallUs));
  }

  #entry(
    view: MessageView,
    peers: ConduitPeers,
    request: PolicyRequest,
    { outcome, verdict, mode, spared, grant }: Judged,
    decision: Decision,
    id: string,
    wallUs: TimeUs,
  ): LedgerEntry {
    const { memory, policy } = this.keeper;
    const { conduit, client, device, protocol, functionCode, functionName, functionClass, items } = request;
    const length = Math.min(view.end - view.offset, LEDGER_FRAME_BYTES_MAX);
    return {
      ...{ kind: 'decision', id, timeUs: view.timeUs, wallUs, conduit, mode },
      outcome: outcome === 'passed' ? 'not-evaluated' : outcome,
      ...{ client, clientPort: peers.clientPort, device, devicePort: peers.devicePort, protocol },
      function: { code: functionCode, name: functionName, class: functionClass },
      ...{ unit: view.unitName(), transaction: view.transaction },
      writes: writesOf(items, memory),
      ...{ rule: verdict.rule, policyVersion: this.policyVersion, reason: verdict.reason, sentence: verdict.sentence },
      ...{ because: verdict.because, notEvaluated: verdict.notEvaluated },
      sparedBy: spared ?? grant?.id ?? '',
      states: statesBehind(device, this.#site, memory),
      expectedEffect: policy === undefined ? '' : expectedEffect(policy, items, memory),
      answered: decision.forward ? '' : answerText(protocol, decision),
      bytes: Buffer.from(view.bytes.subarray(view.offset, view.offset + length)).toString('hex'),
    };
  }
}

function answerText(protocol: string, { answer, disconnect }: Decision): string {
  if (answer !== undefined) return `${protocol} refusal`;
  return disconnect === true ? 'connection closed' : 'dropped';
}
