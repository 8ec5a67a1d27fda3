/**
 * Watches declared invariants. `left ~ right` is judged while its state holds and has been steady; the residual is smoothed and must
 * stay outside the tolerance for a while before anything is said, so that the process may move.
 */
import type { TimeUs } from '../../../records.ts';
import type { Invariant, PlantUnit, Tag } from '../../plant/model.ts';
import type { StateTracker } from '../../plant/states.ts';
import type { TagValues } from '../../plant/tag-values.ts';
import type { KindName } from '../kinds.ts';
import { culpritOf, type Relation, type Suspicion, suspects, valueThatFits } from './culprit.ts';
import { type Draft, differenceText, findingOf, type OnFinding, plain, withUnit } from './say.ts';
import { TwinCheck } from './twin-check.ts';

/** Residuals are smoothed with this time constant: noise goes, an offset stays. */
const SMOOTHING_S = 20;
/** Outside this long before it is said, and longer the closer to the tolerance; bits need only outlast a scan. */
const PERSIST_S = 20;
const PERSIST_BITS_S = 3;
/** After a change of state, for this many times of `steadyFor`, this much more is needed. */
const SETTLED_TIMES = 5;
const UNSETTLED_FACTOR = 3;
/** Inside this long before a finding is over. */
const QUIET_S = 60;
/** A standing finding is said again when its culprit or size is known better, when loops have settled, and then at times. */
const SAY_SETTLED_S = 150;
const SAY_AGAIN_S = 900;
const SAY_BETTER_S = 30;
const GREW_BY = 1.3;

interface Watched {
  readonly invariant: Invariant;
  readonly tracker: StateTracker;
  readonly tags: readonly string[];
  /** Over bits and integers only: exact, needs no smoothing. */
  readonly exact: boolean;
  readonly id: string;
  /** Smoothed signed residual over the tolerance; NaN: cannot be judged. */
  ratio: number;
  lastUs: TimeUs;
  outsideSinceUs: TimeUs;
  insideSinceUs: TimeUs;
  saidUs: TimeUs;
  /** Seconds outside times how far outside (cumulative sum, Page 1954): a process on the move leaves early. */
  excess: number;
  /** What was said last: culprit and size. */
  saidCulprit: string;
  saidSize: number;
  /** Times said since it was known better. */
  said: number;
  episodes: number;
  judgedS: number;
}

/** How one invariant stands, for people. */
export interface InvariantStatus {
  readonly name: string;
  readonly unit: string;
  readonly text: string;
  /** `not judged` while its state does not hold, values are missing, or it is not steady yet. */
  readonly status: 'holds' | 'broken' | 'not judged';
  /** Smoothed deviation over tolerance; NaN where not judged. */
  readonly ratio: number;
  /** Plant seconds it was judged so far. */
  readonly judgedSeconds: number;
}

export class InvariantWatch {
  readonly #watched: Watched[] = [];
  readonly #twins: TwinCheck[] = [];
  readonly #tags = new Map<string, Tag>();
  readonly #values: TagValues;
  readonly #onFinding: OnFinding;

  constructor(trackers: readonly StateTracker[], values: TagValues, onFinding: OnFinding) {
    this.#values = values;
    this.#onFinding = onFinding;
    const units = trackers.map(({ unit }) => unit);
    for (const { tags } of units) for (const tag of tags) this.#tags.set(tag.name, tag);
    for (const tracker of trackers) {
      for (const [i, invariant] of tracker.unit.invariants.entries()) this.#watch(invariant, tracker, i);
      this.#addTwins(tracker.unit);
    }
  }

  /** Judges all invariants: once a second or so of plant time. */
  update(timeUs: TimeUs): void {
    for (const twin of this.#twins) twin.update(timeUs, this.#values);
    for (const watched of this.#watched) {
      const elapsedS = (timeUs - watched.lastUs) / 1e6;
      watched.lastUs = timeUs;
      this.#measure(watched, timeUs, elapsedS);
      this.#judge(watched, timeUs, elapsedS);
    }
  }

  /** How every invariant stands. */
  status(): InvariantStatus[] {
    return this.#watched.map((watched) => {
      const { invariant, ratio, judgedS } = watched;
      const { name, plantUnit: unit, text } = invariant;
      const status = Number.isNaN(ratio) ? 'not judged' : Math.abs(ratio) > 1 ? 'broken' : 'holds';
      return { name, unit, text, status, ratio, judgedSeconds: judgedS };
    });
  }

  #watch(invariant: Invariant, tracker: StateTracker, i: number): void {
    const tags = [...new Set([...invariant.left.tags, ...invariant.right.tags])];
    const exact = tags.every((tag) => this.#tags.get(tag)?.type === 'bool');
    this.#watched.push({
      ...{ invariant, tracker, tags, exact, id: `i-${invariant.plantUnit}-${i}`, ratio: Number.NaN },
      ...{ lastUs: Number.NaN, outsideSinceUs: Number.NaN, insideSinceUs: Number.NaN, saidUs: Number.NaN },
      ...{ excess: 0, saidCulprit: '', saidSize: 0, said: 0, episodes: 0, judgedS: 0 },
    });
  }

  #addTwins(unit: PlantUnit): void {
    for (const tag of unit.tags) if (tag.twin !== null) this.#twins.push(new TwinCheck(tag, tag.twin));
  }

  #measure(watched: Watched, timeUs: TimeUs, elapsedS: number): void {
    const { invariant, tracker } = watched;
    const steady = tracker.isSteady(invariant.when, invariant.steadyForSeconds, timeUs);
    const now = steady ? this.#ratioNow(watched) : Number.NaN;
    if (Number.isNaN(now) || Number.isNaN(watched.ratio) || watched.exact) watched.ratio = now;
    else watched.ratio += (1 - Math.exp(-elapsedS / SMOOTHING_S)) * (now - watched.ratio);
    if (!Number.isNaN(now) && elapsedS > 0) watched.judgedS += elapsedS;
  }

  /** Signed residual over tolerance now. */
  #ratioNow({ invariant }: Watched): number {
    const left = invariant.left.evaluate(this.#values.valueOf, this.#values.rateOf);
    const right = invariant.right.evaluate(this.#values.valueOf, this.#values.rateOf);
    const allowed =
      invariant.withinKind === 'absolute'
        ? invariant.within
        : invariant.within * Math.max(Math.abs(left), Math.abs(right));
    if (left === right) return 0;
    return allowed > 0 ? (left - right) / allowed : Number.NaN;
  }

  #judge(watched: Watched, timeUs: TimeUs, elapsedS: number): void {
    const size = Math.abs(watched.ratio);
    if (!(size > 1)) {
      watched.outsideSinceUs = Number.NaN;
      watched.excess = 0;
      if (Number.isNaN(size)) return;
      if (Number.isNaN(watched.insideSinceUs)) watched.insideSinceUs = timeUs;
      if (timeUs - watched.insideSinceUs >= QUIET_S * 1e6) watched.saidUs = Number.NaN;
      return;
    }
    watched.insideSinceUs = Number.NaN;
    if (Number.isNaN(watched.outsideSinceUs)) watched.outsideSinceUs = timeUs;
    else watched.excess += (size - 1) * elapsedS;
    if (this.#isDue(watched, timeUs)) this.#say(watched, timeUs);
  }

  /** Outside long enough, and far enough for its length. */
  #isDue(watched: Watched, timeUs: TimeUs): boolean {
    const { outsideSinceUs, excess, exact, invariant, tracker } = watched;
    const outsideS = (timeUs - outsideSinceUs) / 1e6;
    if (exact) return outsideS >= PERSIST_BITS_S;
    const settleS = invariant.steadyForSeconds;
    // A unit that has just changed its state is still on the move.
    const settled = tracker.isSteady(invariant.when, SETTLED_TIMES * settleS, timeUs);
    const enough = Math.max(PERSIST_S, settleS) * (settled ? 1 : UNSETTLED_FACTOR);
    if (outsideS < PERSIST_S || excess < enough) return false;
    // What the smoothed residual still shows may be over already.
    return this.#ratioNow(watched) * Math.sign(watched.ratio) > 0.5;
  }

  /** Says a broken invariant, and says it again when more is known. */
  #say(watched: Watched, timeUs: TimeUs): void {
    const sinceS = (timeUs - watched.saidUs) / 1e6;
    const first = Number.isNaN(watched.saidUs);
    if (!first && sinceS < SAY_BETTER_S) return;
    const culprit = this.#culprit(watched);
    const size = Math.abs(culprit === undefined ? watched.ratio : this.#deviation(watched, culprit));
    const better = (culprit ?? '') !== watched.saidCulprit || size > GREW_BY * watched.saidSize;
    const againS = watched.said < 2 ? SAY_SETTLED_S : SAY_AGAIN_S;
    if (!first && !better && sinceS < againS) return;
    if (first) watched.episodes++;
    watched.said = first || better ? 1 : watched.said + 1;
    watched.saidUs = timeUs;
    watched.saidCulprit = culprit ?? '';
    watched.saidSize = Number.isNaN(size) ? 0 : size;
    this.#onFinding(findingOf(this.#draft(watched, culprit, timeUs)));
  }

  /** The tag that is wrong, where that can be said: a safety tag is always taken to be. */
  #culprit(watched: Watched): string | undefined {
    const safety = watched.tags.find((tag) => this.#tags.get(tag)?.role === 'safety');
    return safety ?? culpritOf(this.#suspects(watched));
  }

  #suspects(watched: Watched): readonly Suspicion[] {
    return suspects(watched.tags, this.#otherRelations(watched), (name) => this.#tags.get(name));
  }

  #deviation(watched: Watched, culprit: string): number {
    const { shown, likelyTrue } = this.#truth(watched, culprit);
    return shown - likelyTrue;
  }

  #draft(watched: Watched, culprit: string | undefined, timeUs: TimeUs): Draft {
    const { invariant, tags } = watched;
    const suspicions = this.#suspects(watched);
    const left = invariant.left.evaluate(this.#values.valueOf, this.#values.rateOf);
    const right = invariant.right.evaluate(this.#values.valueOf, this.#values.rateOf);
    const { shown, likelyTrue } = this.#truth(watched, culprit);
    const unit = invariant.unit ?? '';
    const kind = kindOf(invariant, culprit === undefined ? undefined : this.#tags.get(culprit));
    const numbers: Record<string, number> = { left, right, residual: left - right, shown, likelyTrue };
    numbers.deviation = shown - likelyTrue;
    for (const { tag, blame } of suspicions) if (tag !== culprit) numbers[`coupled:${tag}`] = Math.max(0, blame);
    const size = Math.abs(watched.ratio);
    return {
      id: `${watched.id}-${watched.episodes}`,
      kind,
      timeUs,
      sinceUs: watched.outsideSinceUs - (watched.exact ? 0 : SMOOTHING_S * 1e6),
      unit: invariant.plantUnit,
      tag: culprit ?? '',
      confidence: Math.min(0.99, 1 - 0.3 / size) * (culprit === undefined ? 0.85 : 1),
      score: size,
      expected: `${invariant.left.text} ~ ${invariant.right.text} within ${toleranceText(invariant)}`,
      seen: `${withUnit(left, unit)} against ${withUnit(right, unit)}`,
      sentence: this.#sentence(watched, culprit, shown, likelyTrue, left, right),
      numbers,
      evidence: `${invariant.name}: ${plain(size)} times the tolerance, judged ${plain(watched.judgedS)} s; tags ${tags.join(', ')}`,
    };
  }

  /** Shown value of the culprit and the one that would fit; NaN where they cannot be told. */
  #truth({ invariant }: Watched, culprit: string | undefined): { shown: number; likelyTrue: number } {
    const shown = culprit === undefined ? Number.NaN : this.#values.valueOf(culprit);
    if (culprit === undefined || Number.isNaN(shown)) return { shown: Number.NaN, likelyTrue: Number.NaN };
    // A twin is a measurement of the same thing, a balance only an inference: the twin says it more exactly.
    const twin = this.#twins.find(({ of, tag, agrees }) => agrees === false && (of === culprit || tag === culprit));
    if (twin !== undefined)
      return { shown, likelyTrue: shown - (twin.of === culprit ? twin.estimate : -twin.estimate) };
    const residualAt = (value: number): number => {
      const read = (tag: string): number => (tag === culprit ? value : this.#values.valueOf(tag));
      return invariant.left.evaluate(read, this.#values.rateOf) - invariant.right.evaluate(read, this.#values.rateOf);
    };
    const fits = valueThatFits(shown, residualAt);
    return { shown, likelyTrue: this.#tags.get(culprit)?.type === 'bool' ? Math.round(fits) : fits };
  }

  #otherRelations(watched: Watched): Relation[] {
    const others = this.#watched
      .filter((other) => other !== watched)
      .map(({ tags, ratio }) => ({ tags, holds: Number.isNaN(ratio) ? undefined : Math.abs(ratio) <= 1 }));
    return [...others, ...this.#twins.map(({ tag, of, agrees }) => ({ tags: [tag, of], holds: agrees }))];
  }

  /** Who says what the culprit should show: `TT-102 and heat expect`. */
  #witness(invariant: Invariant, culprit: string): string {
    const twin = this.#twins.find(({ of, tag, agrees }) => agrees === false && (of === culprit || tag === culprit));
    if (twin === undefined) return `${invariant.name} expects`;
    return `${twin.of === culprit ? twin.tag : twin.of} and ${invariant.name} expect`;
  }

  #sentence(
    { invariant, tags }: Watched,
    culprit: string | undefined,
    shown: number,
    likelyTrue: number,
    left: number,
    right: number,
  ): string {
    const unit = invariant.unit ?? '';
    const tag = culprit === undefined ? undefined : this.#tags.get(culprit);
    const broken = `${invariant.name} does not hold: ${withUnit(left, unit)} against ${withUnit(right, unit)}`;
    if (tag === undefined) return `${broken}; one of ${tags.join(', ')} is wrong or something is not measured.`;
    if (tag.type === 'bool') {
      const others = tags.filter((name) => name !== culprit).join(', ');
      return `${tag.name} shows ${plain(shown)}, which contradicts ${others} (${invariant.name}).`;
    }
    const deviation = shown - likelyTrue;
    if (!Number.isFinite(deviation)) return `${broken}; ${tag.name} is the likeliest to be wrong.`;
    const size = `${plain(Math.abs(deviation))} ${differenceText(tag.unit)}`.trim();
    return `${tag.name} reads ${size} ${deviation >= 0 ? 'high' : 'low'}: it shows ${withUnit(shown, tag.unit)} where ${this.#witness(invariant, tag.name)} ${withUnit(likelyTrue, tag.unit)}.`;
  }
}

/** Energy and mass that do not add up are a balance; the rest is a relation; one wrong instrument is an offset. */
const BALANCE_UNITS = /(^|[^A-Za-z])(k|M)?(W|J|Wh)\b|kg\/|m3\/|L\/|^(m3|L|kg|t)$/;

function kindOf(invariant: Invariant, culprit: Tag | undefined): KindName {
  if (culprit?.role === 'safety') return 'safety-flat';
  if (culprit?.role === 'measurement' && culprit.type !== 'bool') return 'offset';
  return culprit === undefined && BALANCE_UNITS.test(invariant.unit ?? '') ? 'balance' : 'relation';
}

function toleranceText({ within, withinKind, unit = '' }: Invariant): string {
  return withinKind === 'relative' ? `${plain(100 * within)} %` : `${plain(within)} ${differenceText(unit)}`.trim();
}
