/**
 * An `EngineService` in memory with the dairy of the worked example: two units, one critical incident. For tests of the API and the
 * page; nothing of the product imports it. Plant time runs from `START_US`; actions on incidents and switches are remembered.
 */
import { ERROR_CODES, FiredoorError } from '../../src/base/errors.ts';
import type { Incident, TimeUs } from '../../src/records.ts';
import type { Actor, EngineService, IncidentQuery } from '../../src/show/api/service.ts';
import type {
  AttackInfo,
  IncidentAction,
  IncidentHistoryEntry,
  IncidentSummary,
  IncidentView,
  LiveEvent,
  Overview,
  Page,
  PageQuery,
  SwitchName,
  SwitchState,
  TagNow,
  UnitOverview,
} from '../../src/show/api/types.ts';
import { START_US, TAG_NAMES, TOP_TAGS, tagNow, trendOf } from './dairy-process.ts';
import * as records from './dairy-records.ts';
import { BUDGET, CAPTURE_HEALTH, DOORS, FAKE_ATTACKS, LEARNING, SAFETY } from './dairy-status.ts';

/** What a test may look at and steer besides the service itself. */
export interface FakeEngine extends EngineService {
  /** Sends an event to all subscribers. */
  emit(event: LiveEvent): void;
  readonly subscriberCount: number;
  /** Every call that changes something: name of the method, arguments as given. */
  readonly calls: readonly { readonly method: string; readonly given: readonly unknown[] }[];
}

export interface FakeEngineOptions {
  /** Plant time now; by default it runs with wall time from `START_US`. */
  readonly nowUs?: () => TimeUs;
  /** False: no incident yet, all is well. */
  readonly incident?: boolean;
}

interface Kept {
  incident: Incident;
  assignedTo: string;
  shelvedUntilUs: TimeUs | null;
  history: IncidentHistoryEntry[];
}

function pageOf<T>(items: readonly T[], query: PageQuery, text: (item: T) => string): Page<T> {
  const wanted = query.search.toLowerCase();
  const found = items.filter((item) => text(item).toLowerCase().includes(wanted));
  return { items: found.slice(query.offset, query.offset + query.limit), total: found.length, offset: query.offset };
}

/** Makes the fake; see `FakeEngineOptions`. */
export function fakeEngine(options: FakeEngineOptions = {}): FakeEngine {
  const startedMs = performance.now();
  const nowUs = options.nowUs ?? (() => START_US + Math.round((performance.now() - startedMs) * 1000));
  return new DairyEngine(nowUs, options.incident ?? true);
}

class DairyEngine implements FakeEngine {
  readonly calls: { method: string; given: readonly unknown[] }[] = [];
  readonly #nowUs: () => TimeUs;
  readonly #listeners = new Set<(event: LiveEvent) => void>();
  readonly #incidents: Kept[];
  readonly #switches: SwitchState[];
  #attacks: AttackInfo[] = [...FAKE_ATTACKS];

  constructor(nowUs: () => TimeUs, incident: boolean) {
    this.#nowUs = nowUs;
    const known = incident ? [records.INCIDENT, records.SECOND_INCIDENT] : [];
    this.#incidents = known.map((each) => ({ incident: each, assignedTo: '', shelvedUntilUs: null, history: [] }));
    this.#switches = [
      {
        name: 'stop-blocking',
        active: false,
        available: true,
        explanation: 'Lets everything pass inside the plant at once and says so in the ledger. Watching goes on.',
        by: '',
        sinceUs: null,
      },
      {
        name: 'island',
        active: false,
        available: true,
        explanation:
          'Closes every way to office, remote and supplier. The plant keeps running; nobody outside reaches it.',
        by: '',
        sinceUs: null,
      },
    ];
  }

  get subscriberCount(): number {
    return this.#listeners.size;
  }

  emit(event: LiveEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  subscribe(listener: (event: LiveEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  overview(): Overview {
    const units = [this.#unit('P1', 'pasteuriser'), this.#unit('F1', 'filler')];
    const open = this.#open();
    const worst = open.find(({ incident }) => incident.priority === 'critical');
    return {
      site: 'dairy-north',
      clock: { nowUs: this.#nowUs(), speed: 1, timeZone: 'Europe/Prague' },
      headline:
        worst === undefined
          ? { priority: 'well', text: 'Both units run as expected.', incident: '' }
          : {
              priority: 'critical',
              text: 'P1 is probably under-pasteurising: its thermometer was changed at 10:02.',
              incident: worst.incident.id,
            },
      unitsAsExpected: units.filter(({ priority }) => priority === null).length,
      unitsTotal: units.length,
      units,
      incidents: open.map(summaryOf),
      openIncidents: open.length,
      safety: SAFETY,
      learning: LEARNING,
      capture: CAPTURE_HEALTH(this.#nowUs()),
      doors: DOORS,
      budget: BUDGET,
      switches: this.#switches,
      counts: { assets: records.ASSETS.length, conversations: records.CONVERSATIONS.length, tags: TAG_NAMES.length },
      store: '1.2 GB, 88 days left',
    };
  }

  assets(query: PageQuery) {
    return pageOf(records.ASSETS, query, ({ id, name, addresses }) => [id, name, ...addresses].join(' '));
  }

  conversations(query: PageQuery) {
    return pageOf(records.CONVERSATIONS, query, ({ client, server, protocol }) => `${client} ${server} ${protocol}`);
  }

  tags(query: PageQuery): Page<TagNow> {
    const tags = TAG_NAMES.map((name) => tagNow(name, this.#nowUs(), this.#critical())).filter(
      (tag) => tag !== undefined,
    );
    return pageOf(tags, query, ({ name, title, point }) => `${name} ${title} ${point}`);
  }

  trend(query: { tag: string; fromUs: TimeUs; toUs: TimeUs; buckets: number }) {
    return trendOf(query.tag, { ...query, nowUs: this.#nowUs() }, this.#critical());
  }

  incidents(query: IncidentQuery): Page<IncidentSummary> {
    const wanted = this.#incidents.filter(({ incident }) =>
      query.state === 'all' ? true : (incident.state === 'closed') === (query.state === 'closed'),
    );
    return pageOf(wanted.map(summaryOf), query, ({ id, title, units }) => [id, title, ...units].join(' '));
  }

  incident(id: string): IncidentView | undefined {
    const kept = this.#incidents.find(({ incident }) => incident.id === id);
    if (kept === undefined) return undefined;
    const { incident, assignedTo, shelvedUntilUs, history } = kept;
    const view = { ...records.INCIDENT_VIEW, incident, assignedTo, shelvedUntilUs, history: [...history] };
    if (incident.id === records.INCIDENT.id) return view;
    return { ...view, path: [], lanes: [], trendTags: ['ST-201'], writes: [], door: null, frames: [] };
  }

  evidence(capture: string, frameNumber: number) {
    const known = capture === '' || capture === records.CAPTURE;
    return known && frameNumber === records.WRITE_FRAME ? records.EVIDENCE : undefined;
  }

  pcapSlice(incidentId: string) {
    if (this.incident(incidentId) === undefined) return undefined;
    // Header of a classic capture file (microseconds, version 2.4, Ethernet) without a frame.
    const bytes = new Uint8Array(24);
    new DataView(bytes.buffer).setUint32(0, 0xd4c3b2a1);
    bytes.set([2, 0, 4, 0], 4);
    bytes.set([0, 0, 4, 0, 1, 0, 0, 0], 16);
    return { fileName: `${incidentId}.pcap`, bytes };
  }

  actorHistory(assetId: string, fromUs: TimeUs, toUs: TimeUs) {
    if (!records.ASSETS.some(({ id }) => id === assetId)) return undefined;
    const marks = records.INCIDENT_VIEW.lanes[0]?.marks ?? [];
    const entries = assetId === 'A-17' ? marks.filter(({ timeUs }) => timeUs >= fromUs && timeUs <= toUs) : [];
    return {
      asset: assetId,
      fromUs,
      toUs,
      entries: entries.map(({ timeUs, text, frame }) => ({ timeUs, text, frame })),
      left: 0,
    };
  }

  actOnIncident(id: string, action: IncidentAction, actor: Actor): IncidentView | undefined {
    this.calls.push({ method: 'actOnIncident', given: [id, action, actor] });
    const kept = this.#incidents.find(({ incident }) => incident.id === id);
    if (kept === undefined) return undefined;
    const timeUs = this.#nowUs();
    kept.history.push({ timeUs, by: actor.name, action: action.action, text: textOf(action) });
    if (action.action === 'assign') kept.assignedTo = action.to;
    if (action.action === 'shelve') kept.shelvedUntilUs = timeUs + action.minutes * 60e6;
    const changed = changeOf(action, actor, timeUs);
    kept.incident = { ...kept.incident, ...changed, updatedUs: timeUs };
    this.emit({ type: 'incident', incident: summaryOf(kept) });
    return this.incident(id);
  }

  learning() {
    return LEARNING;
  }

  captureHealth() {
    return CAPTURE_HEALTH(this.#nowUs());
  }

  doors() {
    return DOORS;
  }

  budget() {
    return BUDGET;
  }

  attacks() {
    return this.#attacks;
  }

  startAttack(name: string, actor: Actor) {
    this.calls.push({ method: 'startAttack', given: [name, actor] });
    if (!this.#attacks.some((attack) => attack.name === name)) return undefined;
    this.#attacks = this.#attacks.map((attack) => (attack.name === name ? { ...attack, running: true } : attack));
    this.emit({ type: 'changed', what: 'attacks' });
    return { done: true, sentence: `${name} is running.` };
  }

  switches() {
    return this.#switches;
  }

  setSwitch(name: SwitchName, active: boolean, actor: Actor) {
    this.calls.push({ method: 'setSwitch', given: [name, active, actor] });
    const index = this.#switches.findIndex((known) => known.name === name);
    const known = this.#switches[index];
    if (known === undefined) throw new FiredoorError(ERROR_CODES.NOT_AVAILABLE, `There is no switch ${name}.`);
    this.#switches[index] = { ...known, active, by: active ? actor.name : '', sinceUs: active ? this.#nowUs() : null };
    this.emit({ type: 'changed', what: 'switches' });
    return { done: true, sentence: `${name} is ${active ? 'on' : 'off'}.` };
  }

  #open(): Kept[] {
    return this.#incidents.filter(({ incident }) => incident.state !== 'closed');
  }

  /** Id of the open critical incident, or empty. */
  #critical(): string {
    return this.#open().find(({ incident }) => incident.priority === 'critical')?.incident.id ?? '';
  }

  #unit(name: 'P1' | 'F1', title: string): UnitOverview {
    const tags = TOP_TAGS[name]
      .map((tag) => tagNow(tag, this.#nowUs(), this.#critical()))
      .filter((tag) => tag !== undefined);
    const wrong = name === 'P1' && this.#critical() !== '';
    return {
      name,
      title,
      state: 'running',
      priority: wrong ? 'critical' : null,
      note: wrong ? 'TT-101 likely 71.0, not 75.0' : '',
      incident: wrong ? this.#critical() : '',
      cannotJudge: tags.filter(({ readiness }) => readiness !== 'ready').length,
      tags,
    };
  }
}

function summaryOf({ incident, assignedTo }: Kept): IncidentSummary {
  const { id, priority, state, cause, title, openedUs, updatedUs, units } = incident;
  return { id, priority, state, cause, title, openedUs, updatedUs, units, assignedTo };
}

function textOf(action: IncidentAction): string {
  if (action.action === 'comment') return action.text;
  if (action.action === 'assign') return action.to;
  return 'because' in action ? action.because : '';
}

function changeOf(action: IncidentAction, actor: Actor, timeUs: TimeUs): Partial<Incident> {
  if (action.action === 'acknowledge') return { state: 'acknowledged' };
  if (action.action === 'shelve') return { state: 'shelved' };
  if (action.action === 'planned-work')
    return { state: 'acknowledged', cause: 'planned work', priority: 'information' };
  if (action.action !== 'close') return {};
  return { state: 'closed', judgement: { verdict: action.judgement, because: action.because, by: actor.name, timeUs } };
}
