/**
 * The live facade of network detection: observations in, findings out. Learns until told to stop, then judges by what it learned.
 *
 * Plant time arrives with the observations and with `tick`; nothing here reads a clock. While learning, only what is never normal is
 * said: programs, firmware, forces, calibration, safety, and values outside declared limits. Writes and controls seen while learning
 * are proposed (`pending`), quiet, and wait for a person; after learning nothing is added to them.
 */
import {
  CONVERSATIONS_MAX,
  NETWORK_OPERATIONS_OPEN_MAX,
  NETWORK_WAITING_MAX,
  UNSTABLE_LISTED_MAX,
} from '../../../limits.ts';
import type { Finding, Observation, TimeUs } from '../../../records.ts';
import type { ItemStatus, NetworkBaseline } from '../baseline/model.ts';
import { type PendingItem, pendingItems, withStatus } from '../baseline/pending.ts';
import { KINDS } from '../kinds.ts';
import { AssetBook, deviceId } from './book.ts';
import type { NetworkContext } from './context.ts';
import type { Bench, Draft, Pair } from './detector.ts';
import { NETWORK_DETECTORS } from './detectors/index.ts';
import { Exceptions } from './exceptions.ts';
import { Learner } from './learner.ts';
import { conversationKey, Normal } from './normal.ts';
import { type Operation, prepareOperation } from './operation.ts';
import { Paces } from './pace.ts';
import { PlantMap } from './plant-map.ts';
import { Recent } from './recent.ts';
import { Sayings } from './sayings.ts';
import { Windows } from './windows.ts';
import { type WorkWindow, WorkWindows } from './work.ts';

export interface NetworkWatchOptions {
  readonly onFinding: (finding: Finding) => void;
  /** With a baseline the watch is ready at once; without it learns. */
  readonly baseline?: NetworkBaseline;
}

/** How far learning is. */
export interface NetworkProgress {
  readonly phase: 'learning' | 'ready';
  /** Share of the announced learning time that has passed, 0 to 1. */
  readonly share: number;
  readonly secondsLeft: number;
  /** What appeared for the first time in the last third of learning, as sentences: reasons to learn longer. */
  readonly unstable: readonly string[];
  readonly assets: number;
  readonly conversations: number;
  /** Writes, controls and commands waiting for a person. */
  readonly pending: number;
  /** Not learned for lack of room; 0 on every sane network. */
  readonly dropped: number;
}

interface OpenOperation {
  readonly findings: Finding[];
}

export class NetworkWatch implements Bench {
  readonly context: NetworkContext;
  readonly exceptions = new Exceptions();
  readonly work = new WorkWindows();
  readonly windows = new Windows();
  readonly paces = new Paces();
  operation: Operation | null = null;
  /** Observations without a time, which were not judged. */
  untimed = 0;
  book: AssetBook;
  normal = new Normal();
  readonly #onFinding: (finding: Finding) => void;
  readonly #sayings = new Sayings();
  /** Protocol and port by conversation id, for observations that name only the id. */
  readonly #conversations = new Recent<{ protocol: string; port: number }>(CONVERSATIONS_MAX);
  /** Findings by the frame of the operation they came from, until its outcome is known. */
  readonly #open = new Recent<OpenOperation>(NETWORK_OPERATIONS_OPEN_MAX);
  readonly #waiting = new Map<string, { readonly dueUs: TimeUs; readonly run: (timeUs: TimeUs) => void }>();
  #earliestUs = Number.POSITIVE_INFINITY;
  readonly #plant: PlantMap;
  #learner: Learner;
  #phase: 'learning' | 'ready' = 'learning';
  #startUs = Number.NaN;
  #nowUs = Number.NEGATIVE_INFINITY;
  #learnUntilUs = Number.NaN;

  constructor(context: NetworkContext, options: NetworkWatchOptions) {
    this.context = context;
    this.#onFinding = options.onFinding;
    this.#plant = new PlantMap(context.site);
    this.book = new AssetBook(context);
    this.#learner = new Learner(this);
    if (options.baseline !== undefined) this.load(options.baseline);
  }

  get learning(): boolean {
    return this.#phase === 'learning';
  }

  /** Announces when learning ends; `tick` and `observe` end it then by themselves. */
  learnUntil(timeUs: TimeUs): void {
    this.#learnUntilUs = timeUs;
    this.#learner.untilUs = timeUs;
  }

  /** Learns longer, or again: until `timeUs`, on top of what is known. */
  extend(timeUs: TimeUs): void {
    if (this.#phase === 'ready') this.#startUs = Number.isFinite(this.#nowUs) ? this.#nowUs : Number.NaN;
    this.#phase = 'learning';
    this.learnUntil(timeUs);
  }

  /** Ends learning now. */
  freeze(nowUs: TimeUs): void {
    if (this.#phase === 'ready') return;
    this.#learner.settle(nowUs);
    this.#phase = 'ready';
    this.normal.toUs = Math.max(this.normal.toUs, nowUs);
  }

  /** Takes one observation. Findings are given before it returns. */
  observe(observation: Observation): void {
    const { timeUs } = observation;
    // Nothing can be judged in time without one.
    if (!Number.isFinite(timeUs)) {
      this.untimed += 1;
      return;
    }
    if (Number.isNaN(this.#startUs)) this.#begin(timeUs);
    if (timeUs > this.#nowUs) this.#nowUs = timeUs;
    if (this.learning && timeUs >= this.#learnUntilUs) this.freeze(this.#learnUntilUs);
    if (this.#waiting.size > 0) this.#runWaiting();
    if (observation.kind === 'asset') this.book.meet(observation.asset);
    if (observation.kind === 'conversation') this.#meetConversation(observation);
    this.operation =
      observation.kind === 'operation' ? prepareOperation(observation, this.pairOf(observation), this) : null;
    for (const detector of NETWORK_DETECTORS) detector.judge(observation, this);
    if (this.learning) this.#learner.learn(observation);
    if (observation.kind === 'outcome') this.#settle(observation);
  }

  #begin(timeUs: TimeUs): void {
    this.#startUs = timeUs;
    if (this.normal.fromUs === 0) this.normal.fromUs = timeUs;
    this.#learner.startUs = timeUs;
  }

  /** Lets time pass: ends learning, exceptions and work windows when their time has come. */
  tick(nowUs: TimeUs): void {
    if (nowUs > this.#nowUs) this.#nowUs = nowUs;
    if (this.learning && nowUs >= this.#learnUntilUs) this.freeze(this.#learnUntilUs);
    if (this.learning) this.#learner.tick(nowUs);
    this.#runWaiting();
    this.exceptions.expire(nowUs);
    this.work.expire(nowUs);
  }

  progress(): NetworkProgress {
    const span = this.#learnUntilUs - this.#startUs;
    const passed = this.#nowUs - this.#startUs;
    const share = this.#phase === 'ready' ? 1 : span > 0 && passed > 0 ? Math.min(1, passed / span) : 0;
    const left = (this.#learnUntilUs - this.#nowUs) / 1e6;
    return {
      phase: this.#phase,
      share,
      secondsLeft: this.#phase === 'ready' || !Number.isFinite(left) ? 0 : Math.max(0, left),
      unstable: this.#learner.unstable.slice(0, UNSTABLE_LISTED_MAX),
      assets: this.book.learned.size,
      conversations: this.normal.conversations.size,
      pending: this.pending().length,
      dropped: this.normal.dropped + this.book.dropped,
    };
  }

  /** What was learned, as plain data; `baseline/text.ts` makes it reviewable text. */
  baseline(): NetworkBaseline {
    return { ...this.normal.save(), assets: this.book.save() };
  }

  /** Takes up a baseline and is ready. What was learned before is forgotten. */
  load(baseline: NetworkBaseline): void {
    this.book = new AssetBook(this.context);
    this.normal = new Normal();
    this.book.load(baseline.assets);
    this.normal.load(baseline);
    this.#learner = new Learner(this);
    this.#phase = 'ready';
  }

  /** Writes, controls and commands waiting for a person: at most 30 items, grouped. */
  pending(): readonly PendingItem[] {
    return pendingItems(this.baseline());
  }

  /** A person's word on pending items (as `withStatus` names them). Number of learned things it changed. */
  decide(items: readonly string[], status: ItemStatus): number {
    const before = this.baseline();
    const { baseline, changed } = withStatus(before, items, status);
    if (changed > 0) {
      this.normal = new Normal();
      this.normal.load(baseline);
    }
    return changed;
  }

  /** Opens a work window; its id, or an empty text when too many are open. */
  openWork(window: WorkWindow): string {
    return this.work.open(window);
  }

  closeWork(id: string): boolean {
    return this.work.close(id);
  }

  /** Sizes of everything that input can grow, for tests and metrics. */
  sizes(): Readonly<Record<string, number>> {
    return {
      windows: this.windows.size,
      paces: this.paces.size,
      sayings: this.#sayings.size,
      conversationIds: this.#conversations.size,
      waiting: this.#waiting.size,
      openOperations: this.#open.size,
      learnedAssets: this.book.learned.size,
      learnedConversations: this.normal.conversations.size,
      repeated: this.#sayings.repeated,
      held: this.exceptions.held,
    };
  }

  #runWaiting(): void {
    if (this.#nowUs < this.#earliestUs) return;
    this.#earliestUs = Number.POSITIVE_INFINITY;
    for (const [key, { dueUs, run }] of this.#waiting) {
      if (dueUs <= this.#nowUs) {
        this.#waiting.delete(key);
        run(dueUs);
      } else this.#earliestUs = Math.min(this.#earliestUs, dueUs);
    }
  }

  // What detectors use ------------------------------------------------------------------------------------------------------

  later(key: string, dueUs: TimeUs, run: (timeUs: TimeUs) => void): void {
    if (this.#waiting.size >= NETWORK_WAITING_MAX && !this.#waiting.has(key)) return;
    this.#waiting.set(key, { dueUs, run });
    this.#earliestUs = Math.min(this.#earliestUs, dueUs);
  }

  cancel(key: string): void {
    this.#waiting.delete(key);
  }

  nameOf(assetId: string): string {
    return assetId === '' ? 'an unknown device' : this.context.nameOf(assetId);
  }

  pairOf(observation: Observation): Pair {
    const told = this.#conversations.get(observation.conversation);
    const protocol = protocolOf(observation) ?? told?.protocol ?? '';
    const port = 'serverPort' in observation ? observation.serverPort : (told?.port ?? 0);
    const clientKey = this.book.keyOf(observation.client);
    // Units share the conversation of their device; their points carry the unit.
    const serverKey = this.book.keyOf(deviceId(observation.server));
    const key = conversationKey(clientKey, serverKey, protocol, port);
    return { clientKey, serverKey, protocol, port, key, known: this.normal.get(key) };
  }

  #meetConversation(observation: Extract<Observation, { kind: 'conversation' }>): void {
    if (observation.conversation === '') return;
    this.#conversations.set(observation.conversation, {
      protocol: observation.protocol,
      port: observation.serverPort,
    });
  }

  /** Gives a finding, unless it only repeats or a judgement holds it back. */
  say(observation: Observation, draft: Draft): void {
    const finding = this.#finding(observation, draft);
    if (finding === undefined) return;
    if (observation.kind === 'operation') this.#awaitOutcome(observation, finding);
    this.#onFinding(finding);
  }

  #finding(observation: Observation, draft: Draft): Finding | undefined {
    const device = draft.device ?? observation.server;
    const subject = {
      actor: draft.actor ?? observation.client,
      device,
      tag: draft.tag ?? '',
      unit: draft.unit ?? this.#plant.unitOf(this.context.assetOf?.(device)),
      conversation: observation.conversation,
    };
    const { timeUs } = observation;
    if (this.exceptions.holding({ kind: draft.kind, subject, timeUs }) !== undefined) return undefined;
    const key = [draft.kind, subject.actor, subject.device, subject.tag, draft.about ?? ''].join('|');
    const noted = this.#sayings.note(key, timeUs, draft.score, draft.confidence);
    if (!noted.say) return undefined;
    const { saying } = noted;
    const window = this.work.covering({
      timeUs,
      subject,
      hosts: this.#namesOf(subject.actor),
      devices: this.#namesOf(subject.device),
      functions: [draft.kind, ...(draft.functions ?? [])],
    });
    const numbers: Record<string, number> = {};
    for (const [name, value] of Object.entries(draft.numbers ?? {})) if (Number.isFinite(value)) numbers[name] = value;
    if (saying.count > 1) numbers.times = saying.count;
    if (window !== undefined) numbers.planned = 1;
    const planned = window === undefined ? '' : ` Inside announced work of ${window.who || 'someone'}.`;
    return {
      id: saying.id,
      timeUs,
      sinceUs: Math.min(draft.sinceUs ?? saying.sinceUs, saying.sinceUs, timeUs),
      kind: draft.kind,
      subject,
      confidence: draft.confidence,
      score: draft.score,
      expected: draft.expected,
      seen: draft.seen,
      sentence: draft.sentence,
      numbers,
      techniques: KINDS[draft.kind].techniques,
      evidence: { frames: draft.frames ?? [observation.frame], text: (draft.text ?? draft.seen) + planned },
      informative: draft.informative ?? false,
    };
  }

  #namesOf(assetId: string): string[] {
    if (assetId === '') return [];
    const asset = this.context.assetOf?.(assetId);
    return [assetId, this.book.keyOf(assetId), this.context.nameOf(assetId), ...(asset?.addresses ?? [])];
  }

  #awaitOutcome(observation: Extract<Observation, { kind: 'operation' }>, finding: Finding): void {
    const key = frameKey(observation.frame);
    const open = this.#open.get(key);
    if (open !== undefined) {
      if (open.findings.length < FINDINGS_OF_OPERATION_MAX) open.findings.push(finding);
      return;
    }
    this.#open.set(key, { findings: [finding] });
  }

  /** A refused operation was an attempt: what was said of it is said again with less confidence of an effect. */
  #settle(observation: Extract<Observation, { kind: 'outcome' }>): void {
    const key = frameKey(observation.request);
    const open = this.#open.get(key);
    if (open === undefined) return;
    this.#open.delete(key);
    if (observation.message.status === 'ok') return;
    for (const finding of open.findings) {
      this.#onFinding({
        ...finding,
        timeUs: observation.timeUs,
        confidence: finding.confidence * REFUSED_CONFIDENCE,
        sentence: `${finding.sentence} The device refused it (${observation.message.status}).`,
        numbers: { ...finding.numbers, refused: 1 },
      });
    }
  }
}

const FINDINGS_OF_OPERATION_MAX = 32;
const REFUSED_CONFIDENCE = 0.5;

function frameKey(frame: { readonly capture: string; readonly number: number; readonly from: number }): string {
  return `${frame.capture}#${frame.number}:${frame.from}`;
}

function protocolOf(observation: Observation): string | undefined {
  if ('protocol' in observation) return observation.protocol;
  return observation.kind === 'operation' || observation.kind === 'outcome' ? observation.message.protocol : undefined;
}
