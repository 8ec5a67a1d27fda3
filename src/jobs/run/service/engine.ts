/**
 * The running engine as the API sees it: the pipeline in memory, the store for the past, the ring for frames. Answers wait for
 * nothing but the store.
 */
import { ERROR_CODES, FiredoorError } from '../../../base/errors.ts';
import type { Store } from '../../../keep/store/store.ts';
import { API_PAGE_ROWS_MAX } from '../../../limits.ts';
import type { Asset, Conversation, FrameReference, Incident, TimeUs } from '../../../records.ts';
import type { Actor, EngineService, IncidentQuery, PcapSlice, TrendQuery } from '../../../show/api/service.ts';
import type {
  ActorHistory,
  AlarmBudget,
  AttackInfo,
  CaptureHealth,
  CaptureSource,
  Doors,
  EvidenceView,
  IncidentAction,
  IncidentHistoryEntry,
  IncidentSummary,
  IncidentView,
  LearningProgress,
  LiveEvent,
  Outcome,
  Overview,
  Page,
  PageQuery,
  SwitchName,
  SwitchState,
  TagNow,
  Trend,
} from '../../../show/api/types.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import { evidenceOf, type KeptFrame } from './evidence.ts';
import { framesOf, type IncidentNotes, NO_NOTES, spanOf, summaryOf, viewOf } from './incident-view.ts';
import type { KeptOperation } from './operations.ts';
import { budgetOf, captureHealthOf, type DoorFigures, doorsOf, headlineOf, learningOf, unitsOf } from './overview.ts';
import { isWorse, TagViews, troubleOf } from './tag-view.ts';
import type { Traffic } from './traffic.ts';

/** Frames kept for evidence. */
export interface FrameKeeper {
  frame(number: number): KeptFrame | undefined;
  /** A capture file of frames between two times that concern one of the addresses; empty addresses: all. */
  slice(fromUs: TimeUs, toUs: TimeUs, addresses: readonly string[]): Uint8Array<ArrayBuffer>;
}

/** The demo plant, where one runs. */
export interface DemoControl {
  attacks(): readonly AttackInfo[];
  start(name: string): Promise<Outcome | undefined>;
}

export interface EngineParts {
  readonly pipeline: Pipeline;
  readonly store: Store;
  readonly traffic: Traffic;
  readonly frames: FrameKeeper;
  readonly clock: { nowUs(): TimeUs; readonly speed: number };
  readonly sources: () => readonly CaptureSource[];
  readonly doorFigures: () => ReadonlyMap<string, DoorFigures>;
  readonly demo?: DemoControl;
  readonly retention: string;
}

/** An incident as kept in the store. */
export interface KeptIncident {
  readonly incident: Incident;
  readonly notes: IncidentNotes;
}

const OVERVIEW_INCIDENTS = 5;
const HISTORY_ROWS = 500;
const OPERATIONS_READ_MAX = 2_000;
/** Time round an incident that a capture slice holds. [µs] */
const SLICE_AROUND_US = 60e6;
/** A person's "wrong because" holds this long. [µs] */
const EXCEPTION_US = 30 * 86_400e6;
/** Planned work opened from an incident goes on this long. [µs] */
const WORK_US = 3_600e6;

export class Engine implements EngineService {
  readonly #parts: EngineParts;
  readonly #views: TagViews;
  readonly #notes = new Map<string, IncidentNotes>();
  readonly #listeners = new Set<(event: LiveEvent) => void>();
  readonly #judgedWrongUs: TimeUs[] = [];
  /** Plant time since which nothing is learned any more. */
  watchedSinceUs = Number.NaN;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#views = new TagViews(parts.pipeline);
  }

  /** Notes a sample, for axes. */
  noteSample(tag: string, value: number): void {
    this.#views.note(tag, value);
  }

  /** An incident opened or changed: kept and told. */
  incidentChanged(incident: Incident): void {
    this.#keep(incident);
    this.tell({ type: 'incident', incident: summaryOf(incident, this.#notesOf(incident.id)) });
  }

  /** Takes up what a person did before a restart. */
  restoreNotes(kept: readonly KeptIncident[]): void {
    for (const { incident, notes } of kept) this.#notes.set(incident.id, notes);
  }

  tell(event: LiveEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  subscribe(listener: (event: LiveEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  overview(): Overview {
    const { pipeline, clock, retention } = this.#parts;
    const open = pipeline.incidents.open();
    const trouble = troubleOf(open);
    const units = unitsOf(pipeline, this.#views, trouble.tags, trouble.units);
    const learning = this.learning();
    const safety = pipeline.safety.items(pipeline.nowUs, (id) => pipeline.names.nameOf(id));
    const bypassed = safety.filter(({ priority }) => priority !== null).length;
    const worst = [...open].sort((a, b) =>
      isWorse(a.priority, b.priority) ? -1 : isWorse(b.priority, a.priority) ? 1 : b.openedUs - a.openedUs,
    );
    return {
      site: pipeline.site.name,
      clock: { nowUs: clock.nowUs(), speed: clock.speed, timeZone: pipeline.site.timeZone },
      headline: headlineOf(open, learning, bypassed),
      unitsAsExpected: units.filter(({ priority }) => priority === null).length,
      unitsTotal: units.length,
      units,
      incidents: worst.slice(0, OVERVIEW_INCIDENTS).map((incident) => summaryOf(incident, this.#notesOf(incident.id))),
      openIncidents: open.length,
      safety,
      learning,
      capture: this.captureHealth(),
      doors: this.doors(),
      budget: this.budget(),
      switches: this.switches(),
      counts: {
        assets: pipeline.observer.assetTable.entries.length,
        conversations: pipeline.observer.conversationTable.list.length,
        tags: pipeline.tags.tags().length,
      },
      store: retention,
    };
  }

  assets(query: PageQuery): Page<Asset> {
    const { pipeline } = this.#parts;
    const all = pipeline.observer.assets().map((asset) => pipeline.names.named(asset));
    return pageOf(all, query, ({ id, name, vendor, model, zone, macs, addresses, protocols }) =>
      [id, name, vendor, model, zone, ...macs, ...addresses, ...protocols].join(' '),
    );
  }

  conversations(query: PageQuery): Page<Conversation> {
    const { pipeline } = this.#parts;
    const named = pipeline.observer.conversations();
    return pageOf(named, query, ({ client, server, protocol, functions }) =>
      [
        client,
        pipeline.names.nameOf(client),
        server,
        pipeline.names.nameOf(server),
        protocol,
        ...functions.map(({ name }) => name),
      ].join(' '),
    );
  }

  tags(query: PageQuery): Page<TagNow> {
    const { pipeline } = this.#parts;
    const { tags } = troubleOf(pipeline.incidents.open());
    const found = pageOf(
      pipeline.tags.tags().map((tag, index) => ({ tag, index })),
      query,
      ({ tag }) => [tag.name, tag.title, tag.plantUnit, tag.point, tag.role].join(' '),
    );
    return { ...found, items: found.items.map(({ index }) => this.#views.view(index, tags)) };
  }

  async trend({ tag: name, fromUs, toUs, buckets }: TrendQuery): Promise<Trend | undefined> {
    const { pipeline, store } = this.#parts;
    const index = pipeline.tags.indexOf(name);
    if (index < 0) return undefined;
    const untilUs = Math.max(Math.min(toUs, pipeline.nowUs), fromUs + 1);
    const { tags } = troubleOf(pipeline.incidents.open());
    const tag = this.#views.view(index, tags);
    const series = await store.trend(name, fromUs, untilUs, buckets);
    const half = (untilUs - fromUs) / buckets / 2;
    const times = Array.from({ length: buckets }, (_, i) => (series?.timeUs[i] ?? fromUs + 2 * i * half) + half);
    const column = (values: Float64Array | undefined): (number | null)[] =>
      times.map((_, i) => (values === undefined || !Number.isFinite(values[i]!) ? null : values[i]!));
    const mean = column(series?.mean);
    return {
      tag,
      fromUs,
      toUs: untilUs,
      timeUs: times,
      min: column(series?.min),
      max: column(series?.max),
      mean,
      bandLow: times.map(() => tag.band?.[0] ?? null),
      bandHigh: times.map(() => tag.band?.[1] ?? null),
      likelyTrue: this.#likelyTrue(name, times, mean),
    };
  }

  /** Where an open incident says by how much the tag is wrong: what was shown, less that, since it is so. */
  #likelyTrue(tag: string, times: readonly TimeUs[], mean: readonly (number | null)[]): (number | null)[] {
    const incident = this.#parts.pipeline.incidents.open().find(({ shown }) => shown?.tag === tag);
    if (incident?.shown === undefined) return times.map(() => null);
    const excess = incident.shown.shown - incident.shown.likelyTrue;
    const writes = incident.findings.filter(({ numbers }) => 'written' in numbers).map(({ timeUs }) => timeUs);
    // What was written explains the error; a detector's own "since" is only a guess.
    const sinceUs =
      writes.length > 0
        ? Math.min(...writes)
        : Math.min(...incident.findings.filter(({ subject }) => subject.tag === tag).map((finding) => finding.sinceUs));
    return times.map((timeUs, i) => (mean[i] === null || timeUs < sinceUs ? null : mean[i]! - excess));
  }

  async incidents({ state, offset, limit, search }: IncidentQuery): Promise<Page<IncidentSummary>> {
    const open = this.#parts.pipeline.incidents.open();
    const kept = state === 'open' ? [] : await this.#closed();
    const chosen = state === 'open' ? open : state === 'closed' ? kept : [...open, ...kept];
    const page = pageOf(
      chosen,
      { offset, limit, search },
      ({ id, title, sentence, units, tags, actor, cause, priority }) =>
        [id, title, sentence, ...units, ...tags, actor, cause, priority].join(' '),
    );
    return { ...page, items: page.items.map((incident) => summaryOf(incident, this.#notesOf(incident.id))) };
  }

  async #closed(): Promise<Incident[]> {
    const { rows } = await this.#parts.store.list<KeptIncident>('incident', {
      where: { 'incident.state': 'closed' },
      limit: API_PAGE_ROWS_MAX,
    });
    return rows.map(({ value }) => {
      this.#notes.set(value.incident.id, value.notes);
      return value.incident;
    });
  }

  async incident(id: string): Promise<IncidentView | undefined> {
    const { pipeline, store, traffic } = this.#parts;
    const incident = pipeline.incidents.get(id) ?? (await store.get<KeptIncident>('incident', id))?.value.incident;
    if (incident === undefined) return undefined;
    const { fromUs, toUs } = spanOf(incident, pipeline.nowUs);
    const { rows } = await store.list<KeptOperation>('operation', {
      fromUs,
      toUs: toUs + 1,
      limit: OPERATIONS_READ_MAX,
      order: 'oldest',
    });
    const operations = rows.map(({ value }) => value);
    return viewOf(incident, this.#notesOf(id), operations, pipeline, traffic);
  }

  async evidence(capture: string, frameNumber: number): Promise<EvidenceView | undefined> {
    const { frames, pipeline, store } = this.#parts;
    const frame = frames.frame(frameNumber);
    if (frame === undefined) return undefined;
    const around = { fromUs: frame.timeUs - 1, toUs: frame.timeUs + 10e6, limit: 50, order: 'oldest' } as const;
    const { rows } = await store.list<KeptOperation>('operation', around);
    const asked = rows.find(({ value }) => value.frame.number === frameNumber)?.value;
    const answer = asked === undefined || asked.answerFrame === 0 ? undefined : frames.frame(asked.answerFrame);
    const reference: FrameReference = {
      capture,
      number: frameNumber,
      firstNumber: frameNumber,
      from: 0,
      to: frame.bytes.length,
    };
    const view = evidenceOf(reference, frame, undefined, answer, pipeline);
    return asked === undefined
      ? view
      : { ...view, pairedWith: asked.answerFrame, pairedText: asked.status === '' ? '' : `answered: ${asked.status}` };
  }

  async pcapSlice(incidentId: string): Promise<PcapSlice | undefined> {
    const { pipeline, store, frames } = this.#parts;
    const incident =
      pipeline.incidents.get(incidentId) ?? (await store.get<KeptIncident>('incident', incidentId))?.value.incident;
    if (incident === undefined) return undefined;
    const times = framesOf(incident).flatMap(({ number }) => frames.frame(number)?.timeUs ?? []);
    const first = Math.min(incident.openedUs, ...times);
    const last = Math.max(incident.updatedUs, ...times);
    const ids = incident.actor === '' ? incident.devices : [incident.actor];
    const addresses = ids.flatMap((id) => pipeline.observer.asset(id)?.addresses ?? []);
    return {
      fileName: `firedoor-${incidentId}.pcap`,
      bytes: frames.slice(first - SLICE_AROUND_US, last + SLICE_AROUND_US, addresses),
    };
  }

  async actorHistory(assetId: string, fromUs: TimeUs, toUs: TimeUs): Promise<ActorHistory | undefined> {
    const { pipeline, store } = this.#parts;
    if (pipeline.observer.asset(assetId) === undefined) return undefined;
    const { rows, total } = await store.list<KeptOperation>('operation', {
      fromUs,
      toUs,
      where: { client: assetId },
      limit: HISTORY_ROWS,
    });
    const entries = rows.map(({ value }) => ({
      timeUs: value.timeUs,
      text: `${value.text} on ${pipeline.names.nameOf(value.server)}${value.status === '' || value.status === 'ok' ? '' : ` (refused: ${value.status})`}`,
      frame: value.frame.number,
    }));
    const findings = await store.list<{ sentence: string; timeUs: TimeUs; frame: number }>('finding', {
      ...{ fromUs, toUs, where: { actor: assetId }, limit: HISTORY_ROWS },
    });
    const told = findings.rows.map(({ value }) => ({ timeUs: value.timeUs, text: value.sentence, frame: value.frame }));
    const all = [...entries, ...told].sort((a, b) => a.timeUs - b.timeUs);
    return {
      asset: assetId,
      fromUs,
      toUs,
      entries: all,
      left: total - rows.length + (findings.total - findings.rows.length),
    };
  }

  async actOnIncident(id: string, action: IncidentAction, actor: Actor): Promise<IncidentView | undefined> {
    const { pipeline } = this.#parts;
    const before = pipeline.incidents.get(id);
    if (before === undefined) return undefined;
    const timeUs = pipeline.nowUs;
    if (pipeline.incidents.act(id, action, actor.name, timeUs) === undefined) return undefined;
    const notes = this.#notesOf(id);
    const entry: IncidentHistoryEntry = { timeUs, by: actor.name, action: action.action, text: textOf(action) };
    this.#notes.set(id, {
      assignedTo: action.action === 'assign' ? action.to : notes.assignedTo,
      history: [...notes.history, entry],
    });
    if (action.action === 'planned-work') this.#planned(before, action.because, actor);
    if (action.action === 'close' && action.judgement === 'wrong') this.#judgedWrong(before, action.because, actor);
    const after = pipeline.incidents.get(id);
    if (after !== undefined) this.incidentChanged(after);
    return this.incident(id);
  }

  /** The work is announced afterwards: what belongs to it from the incident's beginning on is planned. */
  #planned(incident: Incident, because: string, actor: Actor): void {
    const { pipeline, store } = this.#parts;
    const order = {
      id: `work-${incident.id}`,
      unit: incident.units[0] ?? '',
      host: incident.actor,
      who: actor.name,
      what: because,
      fromUs: incident.openedUs - 1,
      untilUs: pipeline.nowUs + WORK_US,
    };
    pipeline.work.open(order);
    pipeline.network.openWork({ ...order, functions: [] });
    store.put('work', order.id, pipeline.nowUs, order);
  }

  /** "Wrong because …" acts at once: the same findings are held back for this subject, and the exception ends by itself. */
  #judgedWrong(incident: Incident, because: string, actor: Actor): void {
    const { pipeline, store } = this.#parts;
    const untilUs = pipeline.nowUs + EXCEPTION_US;
    for (const { kind, subject } of incident.findings) {
      const scope = { actor: subject.actor, device: subject.device, tag: subject.tag };
      pipeline.network.exceptions.add({
        ...{ kind, subject: scope, untilUs, because, by: actor.name },
        id: [incident.id, kind, subject.actor, subject.device, subject.tag].join('|'),
      });
    }
    store.put('judgement', incident.id, pipeline.nowUs, {
      incident: incident.id,
      verdict: 'wrong',
      because,
      by: actor.name,
    });
    if (incident.priority !== 'information' && incident.priority !== 'low') this.#judgedWrongUs.push(pipeline.nowUs);
  }

  learning(): LearningProgress {
    return learningOf(this.#parts.pipeline);
  }

  captureHealth(): CaptureHealth {
    return captureHealthOf(this.#parts.sources());
  }

  doors(): Doors {
    return doorsOf(this.#parts.pipeline, this.#parts.doorFigures());
  }

  budget(): AlarmBudget {
    return budgetOf(this.#parts.pipeline, this.#judgedWrongUs, this.watchedSinceUs);
  }

  attacks(): readonly AttackInfo[] {
    return this.#parts.demo?.attacks() ?? [];
  }

  async startAttack(name: string): Promise<Outcome | undefined> {
    const outcome = await this.#parts.demo?.start(name);
    if (outcome !== undefined) this.tell({ type: 'changed', what: 'attacks' });
    return outcome;
  }

  switches(): readonly SwitchState[] {
    const off = { active: false, available: false, by: '', sinceUs: null } as const;
    return [
      { name: 'stop-blocking', ...off, explanation: 'No door blocks anything: there is nothing to stop.' },
      {
        name: 'island',
        ...off,
        explanation: 'No door to the office stands inline here: island mode has nothing to close.',
      },
    ];
  }

  setSwitch(name: SwitchName): Outcome {
    const state = this.switches().find((known) => known.name === name);
    throw new FiredoorError(ERROR_CODES.NOT_AVAILABLE, state?.explanation ?? `There is no switch ${name}.`);
  }

  #notesOf(id: string): IncidentNotes {
    return this.#notes.get(id) ?? NO_NOTES;
  }

  #keep(incident: Incident): void {
    const kept: KeptIncident = { incident, notes: this.#notesOf(incident.id) };
    this.#parts.store.put('incident', incident.id, incident.updatedUs, kept);
  }
}

function textOf(action: IncidentAction): string {
  switch (action.action) {
    case 'acknowledge':
      return '';
    case 'assign':
      return action.to;
    case 'comment':
      return action.text;
    case 'shelve':
      return `${action.minutes} min: ${action.because}`;
    case 'close':
      return `${action.judgement}: ${action.because}`;
    case 'planned-work':
      return action.because;
  }
}

/** A slice of a list, and how much of it there is. */
function pageOf<T>(all: readonly T[], { offset, limit, search }: PageQuery, textOfItem: (item: T) => string): Page<T> {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const found =
    words.length === 0
      ? all
      : all.filter((item) => {
          const text = textOfItem(item).toLowerCase();
          return words.every((word) => text.includes(word));
        });
  return { items: found.slice(offset, offset + limit), total: found.length, offset };
}
