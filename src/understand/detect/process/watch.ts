/**
 * The live facade of the process detectors: takes single samples as they arrive, learns until told to freeze, then reports findings.
 *
 * Time is plant time and arrives with the samples; nothing here reads a clock. Before `freeze` only declared limits, declared rates and
 * junk are judged: everything else is still learning, and `progress` says so.
 */
import { STATES_MAX, TAGS_MAX } from '../../../limits.ts';
import type { Finding, Quality, Readiness, Reporting, TagRole } from '../../../records.ts';
import { chartRows } from '../budget/promise.ts';
import { type Band, type Detector, type SampleBlock, type Scores, sampleBlock, scoresFor } from '../detector.ts';
import type { KindName } from '../kinds.ts';
import { Episodes } from './episodes.ts';
import { type Deviation, deviationFinding } from './explain.ts';
import { CHART_KIND, shapeKind } from './joint/shape-kind.ts';
import { fromPlainNumbers, type PlainNumbers, toPlainNumbers } from './plain.ts';
import { TagProfiles } from './profile.ts';
import { ChatterDetector } from './tags/chatter.ts';
import { isLearned, type TagContext } from './tags/context.ts';
import { GapDetector } from './tags/gap.ts';
import { LevelDetector } from './tags/level.ts';
import { NoiseDetector } from './tags/noise.ts';
import { RangeDetector } from './tags/range.ts';
import { RateDetector } from './tags/rate.ts';
import { ReplayDetector } from './tags/replay.ts';
import { ResolutionDetector } from './tags/resolution.ts';
import { silenceLimitUs } from './tags/silence.ts';
import { StuckDetector } from './tags/stuck.ts';
import { UnitWatch } from './unit.ts';

/** A declared twin: this tag follows `of` by `lagSeconds`, shifted by `offset`. */
export interface TwinSpec {
  readonly of: string;
  readonly lagSeconds?: number;
  readonly offset?: number;
  readonly tolerance?: number;
}

/** What is known of a tag from the site; only name and role are needed. */
export interface TagSpec {
  readonly name: string;
  readonly role: TagRole;
  readonly reporting?: Reporting;
  /** Engineering unit, for sentences. */
  readonly unit?: string;
  /** Plant unit the tag belongs to; tags of one plant unit are judged together. */
  readonly plantUnit?: string;
  /** Limits by state name; `*` holds in every state without its own. */
  readonly limits?: Readonly<Record<string, Band>>;
  /** Fastest physical change. [unit/s] */
  readonly maxRate?: number;
  readonly twins?: readonly TwinSpec[];
}

/** The false alarms a site accepts. */
export interface AlarmBudget {
  readonly falseAlarms: number;
  readonly perSeconds: number;
}

export const ONE_PER_WEEK: AlarmBudget = { falseAlarms: 1, perSeconds: 7 * 86_400 };

export interface WatchOptions {
  readonly tags: readonly TagSpec[];
  readonly budget?: AlarmBudget;
  readonly onFinding: (finding: Finding) => void;
  /** Usual time between polls; rows of the joint model are this far apart. */
  readonly rowSeconds?: number;
}

/** How far learning is. */
export interface WatchProgress {
  readonly phase: 'learning' | 'ready';
  /** Share of the announced learning time that has passed, 0 to 1. */
  readonly share: number;
  readonly secondsLeft: number;
  /** Tags whose last third of learning still differed from the rest. */
  readonly unstable: readonly string[];
  readonly tags: readonly { readonly name: string; readonly readiness: Readiness }[];
  /** Units and states with a joint model, and those without, as sentences. */
  readonly joint: readonly string[];
}

/** A jump of a tag is remembered this long when it is asked who is wrong. */
const JUMP_MEMORY_US = 3_600e6;
const SPIKE_SCORE = 1.5;
/** Half width of the expected band in standard deviations. */
const BAND_SPREADS = 4;
/** Seconds of quiet after which a deviation is over. */
const HOLD_US = 60e6;
/** A standing deviation is said again, better known, this long after it was first said. */
const UPDATE_US = 60e6;
/** … and whenever it has grown this much over what was said last. */
const WORSE = 1.3;
/** Windows remembered a tag for repeats; with them a tag's memory stays below 4 kB. */
const REPLAY_ENTRIES = 128;
/** Samples in a row that must repeat. */
const REPLAY_RUN = 16;
/** With a sample a second, the largest distance of some hours is passed in a week. */
const LEVEL_OVER_LARGEST = 1.5;
const NOISE_UP = 3;
/** After a change of state the process settles this long; learned tests of single tags hold off. */
const SETTLE_US = 20e6;

export class ProcessWatch {
  readonly specs: TagSpec[] = [];
  readonly #profiles = new TagProfiles();
  readonly #context: TagContext;
  readonly #range: RangeDetector;
  readonly #detectors: readonly Detector[];
  readonly #units = new Map<string, UnitWatch>();
  readonly #states = new Map<string, string[]>();
  readonly #index = new Map<string, number>();
  readonly #unitOf: UnitWatch[] = [];
  readonly #columnOf: number[] = [];
  readonly #episodes = new Episodes(HOLD_US);
  readonly #block: SampleBlock = sampleBlock(1);
  readonly #scores: Scores = scoresFor(1);
  readonly #onFinding: (finding: Finding) => void;
  readonly #budget: AlarmBudget;
  readonly #rowUs: number;
  readonly #lastSeenUs: number[] = [];
  readonly #changedUs: number[] = [];
  readonly #impossibleUs: number[] = [];
  readonly #stateSinceUs = new Map<string, number>();
  #frozen = false;
  #startUs = Number.NaN;
  #nowUs = 0;
  #learnUntilUs = Number.NaN;
  #firstTwoThirds: { mean: number; deviation: number; count: number }[] | undefined;

  constructor(options: WatchOptions) {
    this.#context = { profiles: this.#profiles, declared: [] };
    this.#range = new RangeDetector(this.#context);
    this.#detectors = [
      this.#range,
      new RateDetector(this.#context),
      new GapDetector(this.#context),
      new StuckDetector(this.#context),
      new ReplayDetector(this.#context, REPLAY_ENTRIES, false, REPLAY_RUN),
      new NoiseDetector(this.#context, NOISE_UP),
      new ResolutionDetector(this.#context),
      new ChatterDetector(this.#context),
      new LevelDetector(this.#context, LEVEL_OVER_LARGEST),
    ];
    this.#onFinding = options.onFinding;
    this.#budget = options.budget ?? ONE_PER_WEEK;
    this.#rowUs = (options.rowSeconds ?? 1) * 1e6;
    for (const spec of options.tags) this.addTag(spec);
  }

  /** Adds a tag, also while running; returns its index, or −1 when there is no room. A tag added after `freeze` is judged by declared facts only. */
  addTag(spec: TagSpec): number {
    if (this.specs.length >= TAGS_MAX) return -1;
    const tag = this.#profiles.add({ role: spec.role, reporting: spec.reporting });
    this.specs.push(spec);
    const unit = this.#unit(spec.plantUnit ?? '');
    this.#unitOf.push(unit);
    this.#columnOf.push(unit.add(tag));
    this.#lastSeenUs.push(Number.NaN);
    this.#changedUs.push(Number.NEGATIVE_INFINITY);
    this.#context.declared.push({ maxRate: spec.maxRate, limits: this.#limitsOf(spec) });
    this.#index.set(spec.name, tag);
    this.#addTwins(tag, spec);
    return tag;
  }

  /** Index of a tag by name, −1 if unknown. */
  indexOf(name: string): number {
    return this.#index.get(name) ?? -1;
  }

  #unit(name: string): UnitWatch {
    let unit = this.#units.get(name);
    if (unit === undefined) {
      unit = new UnitWatch(name, this.#rowUs, { onRow: (source, timeUs) => this.#onRow(source, timeUs) });
      this.#units.set(name, unit);
      this.#states.set(name, ['']);
    }
    return unit;
  }

  #limitsOf(spec: TagSpec): (Band | undefined)[] {
    const names = this.#states.get(spec.plantUnit ?? '') ?? [''];
    return Array.from({ length: STATES_MAX }, (_, state) => spec.limits?.[names[state] ?? ''] ?? spec.limits?.['*']);
  }

  /** Declared twins whose other tag has not come yet, by its name. */
  readonly #twinsWaiting = new Map<string, { readonly tag: number; readonly twin: TwinSpec }[]>();

  #addTwins(tag: number, spec: TagSpec): void {
    for (const twin of spec.twins ?? []) {
      const other = this.indexOf(twin.of);
      if (other >= 0) this.#addTwin(tag, other, twin);
      else this.#twinsWaiting.set(twin.of, [...(this.#twinsWaiting.get(twin.of) ?? []), { tag, twin }]);
    }
    for (const waiting of this.#twinsWaiting.get(spec.name) ?? []) this.#addTwin(waiting.tag, tag, waiting.twin);
    this.#twinsWaiting.delete(spec.name);
  }

  /** Twins of two plant units are not compared: their rows are not the same. */
  #addTwin(tag: number, other: number, twin: TwinSpec): void {
    if (this.#unitOf[other] !== this.#unitOf[tag]) return;
    this.#unitOf[tag]!.addTwin({
      leading: this.#columnOf[other]!,
      following: this.#columnOf[tag]!,
      lagRows: ((twin.lagSeconds ?? 0) * 1e6) / this.#rowUs,
      offset: twin.offset ?? 0,
      tolerance: twin.tolerance ?? 0,
    });
  }

  /** Announces when learning will end; `tick` and `sample` freeze then by themselves. */
  learnUntil(timeUs: number): void {
    this.#learnUntilUs = timeUs;
  }

  /** Tells the operating state of a plant unit. Each state has a baseline of its own. */
  setState(plantUnit: string, state: string, timeUs: number): void {
    const unit = this.#unit(plantUnit);
    const names = this.#states.get(plantUnit)!;
    let index = names.indexOf(state);
    if (index < 0) {
      if (names.length === 1 && names[0] === '' && unit.rows === 0) {
        names[0] = state;
        index = 0;
      } else if (names.length < STATES_MAX) index = names.push(state) - 1;
      else index = STATES_MAX - 1;
      for (const [tag, spec] of this.specs.entries()) {
        if (this.#unitOf[tag] === unit) {
          this.#context.declared[tag] = { maxRate: spec.maxRate, limits: this.#limitsOf(spec) };
        }
      }
    }
    if (index === unit.state) return;
    unit.setState(index);
    this.#stateSinceUs.set(plantUnit, timeUs);
    if (this.#frozen && unit.current === undefined && unit.models.some((model) => model !== undefined)) {
      this.#say({ kind: 'unseen-state', unit: plantUnit, tags: [], timeUs, sinceUs: timeUs, score: 0, state });
    }
  }

  /** A plant unit is leaving its state though the next one does not count yet: what it does now belongs to neither. */
  unsettle(plantUnit: string, timeUs: number): void {
    this.#stateSinceUs.set(plantUnit, timeUs);
  }

  #isSettling(unit: UnitWatch, timeUs: number): boolean {
    return timeUs - (this.#stateSinceUs.get(unit.name) ?? Number.NEGATIVE_INFINITY) < SETTLE_US;
  }

  /** Takes one sample. `tag` is the index `addTag` gave. */
  sample(tag: number, timeUs: number, value: number, quality: Quality = 'good'): void {
    const unit = this.#unitOf[tag];
    if (unit === undefined) return;
    if (Number.isNaN(this.#startUs)) this.#startUs = timeUs;
    if (timeUs > this.#nowUs) this.#nowUs = timeUs;
    if (!this.#frozen && timeUs >= this.#learnUntilUs) this.freeze(timeUs);
    const block = this.#block;
    block.tag[0] = tag;
    block.timeUs[0] = timeUs;
    block.value[0] = value;
    block.good[0] = quality === 'good' ? 1 : 0;
    block.count = 1;
    this.#lastSeenUs[tag] = timeUs;
    const good = quality === 'good' && Number.isFinite(value);
    if (!this.#frozen) {
      this.#markTwoThirds();
      this.#profiles.learn(block, unit.state);
      for (const detector of this.#detectors) detector.learn(block, unit.state);
    }
    this.#judgeSample(tag, timeUs, value, unit);
    if (good) unit.sample(this.#columnOf[tag]!, timeUs, value);
  }

  #judgeSample(tag: number, timeUs: number, value: number, unit: UnitWatch): void {
    const settling = this.#isSettling(unit, timeUs);
    for (const detector of this.#detectors) {
      detector.score(this.#block, unit.state, this.#scores);
      const score = this.#scores.score[0]!;
      if (!(score > 1)) continue;
      const kind = detector.kinds[this.#scores.kind[0]!]!;
      if (settling && kind !== 'limit' && kind !== 'junk' && kind !== 'physical-rate') continue;
      if (kind === 'physical-rate' || kind === 'spike') this.#noteJump(tag, timeUs, kind === 'physical-rate');
      const before = unit.value(this.#columnOf[tag]!);
      this.#say({
        kind,
        unit: unit.name,
        tags: [{ name: this.specs[tag]!.name, blame: 1 }],
        timeUs,
        sinceUs: timeUs,
        score,
        value,
        before,
        band:
          kind === 'limit' ? this.#context.declared[tag]?.limits[unit.state] : this.#range.expected(tag, unit.state),
        maxRate: this.specs[tag]!.maxRate,
      });
    }
  }

  #onRow(unit: UnitWatch, timeUs: number): void {
    if (this.#isSettling(unit, timeUs)) return;
    this.#judgeTwins(unit, timeUs);
    if (unit.replayed) this.#say({ kind: 'replay', unit: unit.name, tags: [], timeUs, sinceUs: timeUs, score: 2 });
    const { current } = unit;
    if (current === undefined) return;
    const { stream, columns } = current;
    if (stream.spikeAt >= 0) {
      this.#noteJump(unit.tags[columns[stream.model.outputs[stream.spikeAt]!]!]!, timeUs, false);
    }
    if (!stream.on && stream.spikeAt < 0) return;
    const what = stream.explain();
    for (let b = 0; b < stream.blame.length; b += 1) {
      stream.blame[b]! *= this.#suspicion(unit.tags[columns[stream.model.outputs[b]!]!]!, timeUs);
    }
    const order = [...stream.blame.keys()].sort((a, b) => stream.blame[b]! - stream.blame[a]!);
    const ranked = order.slice(0, 5).map((b) => {
      const tag = unit.tags[columns[stream.model.outputs[b]!]!]!;
      return { name: this.specs[tag]!.name, blame: stream.blame[b]! };
    });
    const first = order[0]!;
    const column = columns[stream.model.outputs[first]!]!;
    const estimate = stream.model.coupled[first] === 1 && what === 'mean' ? stream.readsHigh[first]! : Number.NaN;
    const spread = stream.readsHighSpread(first);
    const known = Math.abs(estimate) > 2 * spread;
    this.#say({
      kind: shapeKind(stream, first, CHART_KIND[what]),
      unit: unit.name,
      tags: ranked,
      timeUs,
      sinceUs: timeUs - stream.standing * unit.rowUs,
      score: what === 'spike' ? Math.max(SPIKE_SCORE, stream.ratio) : stream.ratio,
      value: unit.value(column),
      band: this.#range.expected(unit.tags[column]!, unit.state),
      ...(known ? { estimate, spread } : {}),
    });
  }

  /** Remembers the first jump of a tag: what follows it is an answer of the process. */
  #noteJump(tag: number, timeUs: number, impossible: boolean): void {
    if (timeUs - this.#changedUs[tag]! >= JUMP_MEMORY_US) this.#changedUs[tag] = timeUs;
    if (impossible) this.#impossibleUs[tag] = timeUs;
  }

  /** Of tags that disagree alike, the one that jumped is more likely wrong, and a command less likely than a reading. */
  #suspicion(tag: number, timeUs: number): number {
    const impossible = timeUs - (this.#impossibleUs[tag] ?? Number.NEGATIVE_INFINITY) < JUMP_MEMORY_US;
    const jumped = timeUs - this.#changedUs[tag]! < JUMP_MEMORY_US;
    return (impossible ? 100 : jumped ? 1.6 : 1) * (this.specs[tag]!.role === 'command' ? 0.8 : 1);
  }

  #judgeTwins(unit: UnitWatch, timeUs: number): void {
    for (const [k, twin] of unit.twins.entries()) {
      if (!unit.twinReady[k] || Math.abs(twin.difference) <= twin.limit) continue;
      const leading = unit.tags[twin.pair.leading]!;
      const following = unit.tags[twin.pair.following]!;
      // How two readings hang together depends on the state, too: where it was never learned, it cannot be judged.
      if (!isLearned(this.#context, leading, unit.state) || !isLearned(this.#context, following, unit.state)) continue;
      const suspectLeading = this.#suspect(unit, leading, following);
      const suspect = suspectLeading ? leading : following;
      const other = suspectLeading ? following : leading;
      const readsHigh = suspectLeading ? -twin.difference : twin.difference;
      const stepped = timeUs - this.#changedUs[suspect]! < JUMP_MEMORY_US;
      this.#say({
        kind: stepped ? 'offset' : 'drift',
        unit: unit.name,
        tags: [
          { name: this.specs[suspect]!.name, blame: 1 },
          { name: this.specs[other]!.name, blame: 0.5 },
        ],
        timeUs,
        sinceUs: Math.max(this.#changedUs[suspect]!, timeUs - 60e6),
        score: Math.abs(twin.difference) / twin.limit,
        value: unit.value(this.#columnOf[suspect]!),
        estimate: readsHigh,
        spread: Math.max(twin.spread, 1e-12),
        twin: this.specs[other]!.name,
      });
    }
  }

  /** Which of two twins is wrong: the one that jumped, else the one all other tags disagree with, else the leading one. */
  #suspect(unit: UnitWatch, leading: number, following: number): boolean {
    const impossible = (tag: number) =>
      this.#nowUs - (this.#impossibleUs[tag] ?? Number.NEGATIVE_INFINITY) < JUMP_MEMORY_US;
    if (impossible(leading) !== impossible(following)) return impossible(leading);
    const recent = (tag: number) => this.#nowUs - this.#changedUs[tag]! < JUMP_MEMORY_US;
    if (recent(leading) !== recent(following)) return recent(leading);
    if (recent(leading)) return this.#changedUs[leading]! <= this.#changedUs[following]!;
    const { current } = unit;
    if (current === undefined) return true;
    const { stream, columns } = current;
    stream.explain();
    let blameLeading = 0;
    let blameFollowing = 0;
    for (const [b, j] of stream.model.outputs.entries()) {
      const tag = unit.tags[columns[j]!]!;
      if (tag === leading) blameLeading = stream.blame[b]!;
      if (tag === following) blameFollowing = stream.blame[b]!;
    }
    return blameLeading >= blameFollowing;
  }

  #say(deviation: Deviation): void {
    const about = deviation.tags[0]?.name ?? deviation.unit;
    const group = GROUPS[deviation.kind] ?? deviation.kind;
    const noted = this.#episodes.note(`${group} ${about}`, deviation.timeUs, deviation.score, deviation.sinceUs);
    if (noted === undefined) return;
    const { episode, first } = noted;
    if (!first) {
      const informed = !episode.informed && deviation.estimate !== undefined;
      const better = episode.updates === 0 && deviation.timeUs - episode.saidUs >= UPDATE_US;
      const worse = deviation.score >= WORSE * episode.saidScore && deviation.timeUs - episode.sinceUs >= UPDATE_US;
      if (!better && !informed && !worse) return;
      if (better) episode.updates += 1;
    }
    episode.saidScore = Math.max(episode.saidScore, deviation.score);
    if (deviation.estimate !== undefined) episode.informed = true;
    const spec = deviation.tags[0] === undefined ? undefined : this.specs[this.indexOf(deviation.tags[0].name)];
    this.#onFinding(deviationFinding(deviation, `p-${episode.number}`, episode.sinceUs, spec?.unit ?? ''));
  }

  /** Ends learning now and fixes every limit. */
  freeze(timeUs: number): void {
    if (this.#frozen) return;
    this.#frozen = true;
    this.#nowUs = Math.max(this.#nowUs, timeUs);
    for (const detector of this.#detectors) detector.freeze();
    const share = { ...this.#budget, falseAlarms: this.#budget.falseAlarms / Math.max(1, this.#units.size) };
    for (const unit of this.#units.values()) {
      unit.freeze(this.#profiles, (rowUs, rows) => chartRows(share, rowUs / 1e6, rows));
    }
  }

  /** Lets time pass without samples: finds silence, and ends learning when its time has come. */
  tick(timeUs: number): void {
    if (timeUs > this.#nowUs) this.#nowUs = timeUs;
    if (!this.#frozen) {
      if (timeUs >= this.#learnUntilUs) this.freeze(timeUs);
      return;
    }
    for (const [tag, spec] of this.specs.entries()) {
      const last = this.#lastSeenUs[tag]!;
      const limit = silenceLimitUs(this.#context, tag);
      if (!(timeUs - last > limit)) continue;
      const score = (timeUs - last) / limit;
      const unit = this.#unitOf[tag]!.name;
      this.#say({ kind: 'gap', unit, tags: [{ name: spec.name, blame: 1 }], timeUs, sinceUs: last, score });
    }
  }

  /** Band learned or declared for a tag in the present state of its unit; infinite where open. */
  band(tag: number): Band {
    const unit = this.#unitOf[tag];
    if (unit === undefined) return { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
    return this.#range.expected(tag, unit.state);
  }

  /**
   * Band a tag is expected in now, for the page: by what the other tags say where they tell, else what was learned or declared for the
   * state; null where nothing is known yet.
   */
  bandOf(tag: number): Band | null {
    const unit = this.#unitOf[tag];
    if (unit === undefined) return null;
    const { current } = unit;
    const column = current === undefined ? -1 : current.columns.indexOf(this.#columnOf[tag]!);
    const output = column < 0 ? -1 : current!.stream.outputOf(column);
    const expected = output < 0 ? undefined : current!.stream.expected(output);
    const band = this.#range.expected(tag, unit.state);
    if (expected !== undefined) {
      const half = BAND_SPREADS * expected.spread;
      return { low: expected.value - half, high: expected.value + half };
    }
    return Number.isFinite(band.low) || Number.isFinite(band.high) ? band : null;
  }

  readiness(tag: number): Readiness {
    return this.#range.readiness(tag, this.#unitOf[tag]?.state ?? 0);
  }

  #markTwoThirds(): void {
    if (this.#firstTwoThirds !== undefined || Number.isNaN(this.#learnUntilUs)) return;
    if ((this.#nowUs - this.#startUs) / (this.#learnUntilUs - this.#startUs) < 2 / 3) return;
    this.#firstTwoThirds = this.specs.map((_, tag) => ({
      mean: this.#profiles.get('mean', tag),
      deviation: this.#profiles.deviation(tag),
      count: this.#profiles.get('count', tag),
    }));
  }

  /** Moving tags whose mean over the last third left the first two thirds by over two standard deviations. */
  #unstable(): string[] {
    const names: string[] = [];
    for (const [tag, before] of (this.#firstTwoThirds ?? []).entries()) {
      const count = this.#profiles.get('count', tag);
      if (this.#profiles.shape(tag) !== 'moving' || count - before.count < 10) continue;
      const late = (this.#profiles.get('mean', tag) * count - before.mean * before.count) / (count - before.count);
      if (Math.abs(late - before.mean) > 2 * before.deviation) names.push(this.specs[tag]!.name);
    }
    return names;
  }

  progress(): WatchProgress {
    const whole = this.#learnUntilUs - this.#startUs;
    const done = this.#nowUs - this.#startUs;
    const share = this.#frozen ? 1 : whole > 0 ? Math.min(1, Math.max(0, done / whole)) : 0;
    return {
      phase: this.#frozen ? 'ready' : 'learning',
      share,
      secondsLeft: this.#frozen || !(whole > 0) ? 0 : Math.max(0, (whole - done) / 1e6),
      unstable: this.#unstable(),
      tags: this.specs.map((spec, tag) => ({ name: spec.name, readiness: this.readiness(tag) })),
      joint: this.#jointSentences(),
    };
  }

  #jointSentences(): string[] {
    if (!this.#frozen) return [];
    const lines: string[] = [];
    for (const unit of this.#units.values()) {
      for (const [index, state] of this.#states.get(unit.name)!.entries()) {
        const model = unit.models[index]?.stream.model;
        const where = [unit.name, state].filter((part) => part !== '').join(' ') || 'all tags';
        lines.push(
          model === undefined
            ? `${where}: too little normal seen to judge tags together`
            : `${where}: ${model.outputs.length} tags judged together, learned from ${model.rows} rows`,
        );
      }
    }
    return lines;
  }

  /** The baseline as plain data. */
  save(): Readonly<Record<string, unknown>> {
    return {
      version: 1,
      frozen: this.#frozen,
      nowUs: this.#nowUs,
      startUs: plainTime(this.#startUs),
      learnUntilUs: plainTime(this.#learnUntilUs),
      lastSeenUs: toPlainNumbers(this.#lastSeenUs),
      changedUs: toPlainNumbers(this.#changedUs),
      impossibleUs: toPlainNumbers(
        Array.from(this.specs, (_, tag) => this.#impossibleUs[tag] ?? Number.NEGATIVE_INFINITY),
      ),
      tags: this.specs.map((spec) => spec.name),
      states: Object.fromEntries(this.#states),
      profiles: this.#profiles.save(),
      detectors: Object.fromEntries(this.#detectors.map((detector) => [detector.name, detector.save()])),
      units: [...this.#units.values()].map((unit) => unit.save()),
    };
  }

  /** Time passed unwatched, as over a restart: silence is judged anew from each tag's next sample on. */
  resume(): void {
    this.#lastSeenUs.fill(Number.NaN);
  }

  /** Takes up a saved baseline; the tags must be the same, in the same order. */
  load(saved: Readonly<Record<string, unknown>>): boolean {
    const from = saved as {
      version: number;
      frozen: boolean;
      tags: string[];
      states: Record<string, string[]>;
      profiles: Record<string, unknown>;
      detectors: Record<string, Record<string, unknown>>;
      units: { name: string }[];
      nowUs: number;
      startUs: number | null;
      learnUntilUs: number | null;
      lastSeenUs: PlainNumbers;
      changedUs: PlainNumbers;
      impossibleUs: PlainNumbers;
    };
    const same =
      from.tags.length === this.specs.length && from.tags.every((name, tag) => name === this.specs[tag]!.name);
    if (from.version !== 1 || !same) return false;
    this.#profiles.load(from.profiles);
    for (const detector of this.#detectors) detector.load(from.detectors[detector.name] ?? {});
    for (const [unit, states] of Object.entries(from.states)) this.#states.set(unit, [...states]);
    for (const unit of from.units) if (from.frozen) this.#unit(unit.name).load(unit, this.#profiles);
    for (const [tag, spec] of this.specs.entries()) {
      this.#context.declared[tag] = { maxRate: spec.maxRate, limits: this.#limitsOf(spec) };
    }
    this.#frozen = from.frozen;
    this.#nowUs = from.nowUs;
    this.#startUs = from.startUs ?? Number.NaN;
    this.#learnUntilUs = from.learnUntilUs ?? Number.NaN;
    for (const [tag, value] of fromPlainNumbers(from.changedUs).entries()) this.#changedUs[tag] = value;
    for (const [tag, value] of fromPlainNumbers(from.impossibleUs).entries()) this.#impossibleUs[tag] = value;
    for (const [tag, value] of fromPlainNumbers(from.lastSeenUs).entries()) this.#lastSeenUs[tag] = value;
    return true;
  }
}

/** NaN is no JSON. */
function plainTime(timeUs: number): number | null {
  return Number.isNaN(timeUs) ? null : timeUs;
}

/** Kinds that are one deviation, however sure we are of its shape. */
const GROUPS: Partial<Record<KindName, string>> = {
  offset: 'reads-wrong',
  drift: 'reads-wrong',
  relation: 'reads-wrong',
  gain: 'reads-wrong',
  level: 'reads-wrong',
};
