/**
 * From frames to incidents: the middle of Firedoor wired once, for the service, for files and for tests. It reads like the flow of
 * ARCHITECTURE.md. No I/O and no clock: frames bring their time, `tick` brings it where no frame does.
 */
import type { Finding, Incident, Observation, Quality, TimeUs } from '../../records.ts';
import type { NetworkBaseline } from '../../understand/detect/baseline/model.ts';
import { EffectWatch } from '../../understand/detect/declared/effects.ts';
import { InvariantWatch } from '../../understand/detect/declared/invariants.ts';
import { SafetyRegister } from '../../understand/detect/declared/safety.ts';
import { kindOf } from '../../understand/detect/kinds.ts';
import { NetworkWatch } from '../../understand/detect/network/watch.ts';
import { ProcessWatch } from '../../understand/detect/process/watch.ts';
import type { IncidentChange, SimilarIncident } from '../../understand/incidents/context.ts';
import { IncidentEngine } from '../../understand/incidents/engine.ts';
import type { ConversationState } from '../../understand/observe/conversations.ts';
import { Observer } from '../../understand/observe/observer.ts';
import { TagMapper } from '../../understand/observe/tags.ts';
import type { Site, Tag } from '../../understand/plant/model.ts';
import { StateTracker } from '../../understand/plant/states.ts';
import { TagValues } from '../../understand/plant/tag-values.ts';
import { ZoneMap } from '../../understand/plant/zones.ts';
import { AssetNames } from './names.ts';
import { tagSpecOf } from './tag-spec.ts';
import { withWarmUp } from './warm-up.ts';
import { WorkBook } from './work.ts';

/** Who listens. Every part is optional. */
export interface PipelineListener {
  finding?(finding: Finding): void;
  incident?(incident: Incident, change: IncidentChange): void;
  observation?(observation: Observation): void;
  /** A value of a tag: `tag` is its index in `tags.tags()`. */
  sample?(tag: number, timeUs: TimeUs, value: number, quality: Quality): void;
  /** Learning is about to end: limits are computed next, which takes a moment. */
  freezing?(nowUs: TimeUs): void;
  /** Learning has ended. */
  learned?(nowUs: TimeUs): void;
}

/** What learning leaves behind: enough to watch without learning again. */
export interface Learned {
  readonly network: NetworkBaseline;
  readonly process: {
    /** Tags that no site file names, in the order they were found. */
    readonly inferred: readonly Tag[];
    readonly watch: Readonly<Record<string, unknown>>;
  };
}

export interface PipelineOptions {
  readonly site: Site;
  /** Name of the capture that frame references speak of. */
  readonly capture: string;
  readonly listener?: PipelineListener;
  /** Told of every message's conversation: for marks on a time line. */
  readonly traffic?: (conversation: string, timeUs: TimeUs) => void;
  readonly vendorOf?: (mac: string) => string;
  readonly similar?: (incident: Incident) => readonly SimilarIncident[];
}

/** States, invariants and the safety register are looked at this often. [µs] */
const LOOK_US = 1_000_000;

export class Pipeline {
  readonly site: Site;
  readonly zones: ZoneMap;
  readonly observer: Observer;
  readonly names: AssetNames;
  readonly tags: TagMapper;
  readonly values: TagValues;
  readonly states: readonly StateTracker[];
  readonly network: NetworkWatch;
  readonly process: ProcessWatch;
  readonly invariants: InvariantWatch;
  readonly effects: EffectWatch;
  readonly safety: SafetyRegister;
  readonly incidents: IncidentEngine;
  readonly work = new WorkBook();
  nowUs: TimeUs = 0;
  /** Plant time until which what is normal was learned; NaN while learning. */
  learnedUs: TimeUs = Number.NaN;
  readonly #listener: PipelineListener;
  /** Index in process detection by tag index. */
  readonly #processTag: number[] = [];
  readonly #stateOf = new Map<string, StateTracker>();
  #learning = true;
  #learnSeconds = 0;
  /** Plant time that was learned from. */
  #learnedSeconds = 0;
  #beganUs: TimeUs = Number.NaN;
  #learnUntilUs = Number.POSITIVE_INFINITY;
  #lookedUs = Number.NEGATIVE_INFINITY;
  /** Findings of the frame in hand; null between frames. */
  #waiting: Finding[] | null = null;

  constructor(options: PipelineOptions) {
    const { site, capture, listener = {}, vendorOf, traffic } = options;
    this.site = site;
    this.#listener = listener;
    this.zones = new ZoneMap(site.zones);
    this.observer = new Observer({
      capture,
      zoneOf: (address) => this.zones.nameOf(address),
      ...(vendorOf === undefined ? {} : { vendorOf }),
      sink: {
        observation: (observation) => this.#observe(observation),
        access: (view, access, _firstPoint, conversation: ConversationState) =>
          this.tags.access(view, access, conversation.ends),
        ...(traffic === undefined
          ? {}
          : { message: (view, conversation: ConversationState) => traffic(conversation.id, view.timeUs) }),
      },
    });
    this.names = new AssetNames(site, this.observer, this.zones);
    const declared = site.units.flatMap(({ tags }) => tags);
    this.values = new TagValues(declared);
    this.states = site.units.map((unit) => new StateTracker(unit));
    for (const tracker of this.states) this.#stateOf.set(tracker.unit.name, tracker);
    const onFinding = (finding: Finding) => this.#find(finding);
    this.process = new ProcessWatch({ tags: [], budget: site.alarmBudget, onFinding });
    this.tags = new TagMapper(site, {
      onTag: (tag, index) => this.#addTag(tag, index),
      onSample: (index, timeUs, value, quality) => this.#sample(index, timeUs, value, quality),
    });
    for (const [index, tag] of this.tags.tags().entries()) this.#addTag(tag, index);
    this.network = new NetworkWatch(this.#networkContext(), { onFinding });
    this.invariants = new InvariantWatch(this.states, this.values, onFinding);
    this.effects = new EffectWatch(this.states, this.values, onFinding);
    this.safety = new SafetyRegister(site.units, onFinding);
    this.incidents = new IncidentEngine(this.#incidentContext(options.similar), {
      onIncident: (incident, change) => listener.incident?.(incident, change),
    });
  }

  get learning(): boolean {
    return this.#learning;
  }

  /** Learns for so much plant time, counted from the first frame or tick. */
  learnFor(seconds: number): void {
    this.#learnSeconds = seconds;
    this.#learning = true;
    if (this.nowUs > 0) this.#announceEnd(this.nowUs);
  }

  /** What was learned, as plain data. */
  saveLearned(): Learned {
    const inferred = this.tags.tags().filter(({ declared }) => !declared);
    return { network: this.network.baseline(), process: { inferred, watch: this.process.save() } };
  }

  /** Takes up what was learned and watches from now on; false where it was learned of another plant. */
  loadLearned({ network, process }: Learned): boolean {
    this.tags.restore(process.inferred);
    if (!this.process.load(process.watch)) return false;
    this.process.resume();
    this.network.load(network);
    this.learnedUs = network.toUs;
    this.#learnedSeconds = (network.toUs - network.fromUs) / 1e6;
    this.#learning = false;
    return true;
  }

  /** The network side has its baseline, the process side has none: it cannot judge what was learned. */
  watchNetworkOnly(): void {
    this.#learning = false;
  }

  frame(
    bytes: Uint8Array,
    offset: number,
    capturedLength: number,
    originalLength: number,
    timeUs: TimeUs,
    linkType: number,
  ): void {
    if (this.nowUs === 0) this.#begin(timeUs);
    this.#waiting = [];
    this.observer.frame(bytes, offset, capturedLength, originalLength, timeUs, linkType);
    this.#tellWaiting();
    if (timeUs > this.nowUs) this.#advance(timeUs);
  }

  /** Plant time has come to `nowUs`. */
  tick(nowUs: TimeUs): void {
    if (this.nowUs === 0) this.#begin(nowUs);
    this.observer.tick(nowUs);
    if (nowUs > this.nowUs) this.#advance(nowUs);
  }

  /** The frames are over. */
  finish(): void {
    this.observer.finish();
    this.#look(this.nowUs);
  }

  /** Ends learning now. */
  freeze(): void {
    if (!this.#learning) return;
    this.#learning = false;
    this.#listener.freezing?.(this.nowUs);
    this.process.freeze(this.nowUs);
    this.network.freeze(this.nowUs);
    this.learnedUs = this.nowUs;
    this.#learnedSeconds = (this.nowUs - this.#beganUs) / 1e6;
    this.#listener.learned?.(this.nowUs);
  }

  /** State of a plant unit; empty for a unit that the site does not name. */
  stateOf(plantUnit: string): string {
    return this.#stateOf.get(plantUnit)?.state ?? '';
  }

  /** Index of a tag in process detection, by its index among the tags; -1 where it has none. */
  processTag(index: number): number {
    return this.#processTag[index] ?? -1;
  }

  #begin(timeUs: TimeUs): void {
    this.nowUs = timeUs;
    this.#beganUs = timeUs;
    if (this.#learning) this.#announceEnd(timeUs);
  }

  #announceEnd(fromUs: TimeUs): void {
    const untilUs = fromUs + this.#learnSeconds * 1e6;
    this.process.learnUntil(untilUs);
    this.network.learnUntil(untilUs);
    this.#learnUntilUs = untilUs;
  }

  #advance(nowUs: TimeUs): void {
    this.nowUs = nowUs;
    if (this.#learning && nowUs >= this.#learnUntilUs) this.freeze();
    if (nowUs - this.#lookedUs >= LOOK_US) this.#look(nowUs);
  }

  /** Once a second of plant time: what no single frame shows. */
  #look(nowUs: TimeUs): void {
    this.#lookedUs = nowUs;
    this.values.nowUs = Math.max(this.values.nowUs, nowUs);
    for (const tracker of this.states) {
      if (tracker.update(nowUs, this.values)) this.process.setState(tracker.unit.name, tracker.state, nowUs);
      else if (tracker.leaving) this.process.unsettle(tracker.unit.name, nowUs);
    }
    this.process.tick(nowUs);
    this.network.tick(nowUs);
    this.invariants.update(nowUs);
    this.effects.update(nowUs);
    this.safety.update(nowUs);
    this.work.expire(nowUs);
    this.incidents.tick(nowUs);
  }

  #addTag(tag: Tag, index: number): void {
    this.#processTag[index] = this.process.addTag(tagSpecOf(tag));
  }

  #sample(index: number, timeUs: TimeUs, value: number, quality: Quality): void {
    const tag = this.tags.tags()[index]!;
    const good = quality === 'good';
    this.values.set(tag.name, timeUs, value, good);
    if (good) {
      this.effects.sample(tag.name, timeUs, value);
      this.safety.sample(tag.name, timeUs, value);
    }
    const process = this.#processTag[index] ?? -1;
    if (process >= 0) this.process.sample(process, timeUs, value, quality);
    this.#listener.sample?.(index, timeUs, value, quality);
  }

  #observe(observation: Observation): void {
    this.#listener.observation?.(observation);
    if (observation.kind === 'operation') {
      for (const { tag, value } of this.tags.decodeWrites(observation.message)) {
        if (tag === null) continue;
        this.effects.write(tag.name, observation.timeUs, observation.client);
        this.safety.write(tag.name, observation.timeUs, value, observation.client);
      }
    }
    this.network.observe(observation);
  }

  /** Process findings know tags; the device behind the tag is added here, so that they meet what was said to it. */
  #find(finding: Finding): void {
    const { subject } = finding;
    const device = subject.device === '' ? this.#deviceOf(subject.tag, subject.unit) : subject.device;
    const placed = device === subject.device ? finding : { ...finding, subject: { ...subject, device } };
    if (this.network.exceptions.holding(placed) !== undefined) return;
    const whole = withWarmUp(placed, this.#learnedSeconds);
    if (this.#waiting === null) this.#tell(whole);
    else this.#waiting.push(whole);
  }

  /** What one frame brought about: the write first, then what it did to values, whichever detector was quicker. */
  #tellWaiting(): void {
    const findings = this.#waiting ?? [];
    this.#waiting = null;
    if (findings.length === 0) return;
    for (const finding of findings) if (kindOf(finding.kind)?.side !== 'process') this.#tell(finding);
    for (const finding of findings) if (kindOf(finding.kind)?.side === 'process') this.#tell(finding);
  }

  #tell(finding: Finding): void {
    this.#listener.finding?.(finding);
    this.incidents.add(finding);
  }

  #deviceOf(tag: string, plantUnit: string): string {
    const index = this.tags.indexOf(tag);
    const known = this.tags.tags()[index] ?? this.site.units.find(({ name }) => name === plantUnit)?.tags[0];
    if (known === undefined) return '';
    const [address = '', unit = ''] = known.point.split('/');
    return unit === '' || unit === '-' ? address : `${address}/${unit}`;
  }

  #networkContext(): ConstructorParameters<typeof NetworkWatch>[0] {
    return {
      site: this.site,
      nameOf: (id) => this.names.nameOf(id),
      zoneOf: (id) => this.site.zones.find(({ name }) => name === this.names.zoneOf(id)) ?? null,
      assetOf: (id) => this.names.asset(id),
      tagsOfPoint: (point, count) => this.tags.tagsOfPoint(point, count),
      decodeWrites: (message) =>
        this.tags.decodeWrites(message).map(({ tag, point, value, before }) => ({
          tag,
          point,
          value,
          ...(Number.isNaN(before) ? {} : { before }),
        })),
      stateOf: (unit) => this.stateOf(unit),
    };
  }

  #incidentContext(similar: PipelineOptions['similar']): ConstructorParameters<typeof IncidentEngine>[0] {
    return {
      site: this.site,
      nameOf: (id) => this.names.nameOf(id),
      describe: (id) => {
        const asset = this.names.asset(id);
        if (asset === undefined) return undefined;
        const { vendor, addresses, macs, firstSeenUs, roles } = asset;
        return {
          name: this.names.nameOf(id),
          vendor,
          addresses,
          macs,
          firstSeenUs,
          roles,
          zone: this.names.zoneOf(id),
        };
      },
      zoneOf: (id) => this.names.zoneOf(id),
      tag: (text) => this.tags.tags()[this.tags.indexOf(text)] ?? this.tags.tagsOfPoint(text, 1)[0],
      valueOf: (tag) => this.tags.lastValue(this.tags.indexOf(tag)),
      timeOf: (tag) => this.tags.lastTimeUs(this.tags.indexOf(tag)),
      stateOf: (unit) => this.stateOf(unit),
      openWork: (unit, actor, timeUs) => this.work.covering(unit, this.#hostNames(actor), timeUs),
      ...(similar === undefined ? {} : { similar }),
    };
  }

  #hostNames(id: string): readonly string[] {
    return [id, this.names.nameOf(id), ...(this.names.asset(id)?.addresses ?? [])];
  }
}
