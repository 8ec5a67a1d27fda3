/** Learning: takes observations into `Normal` and `AssetBook`, and notes what is still appearing for the first time. */
import { UNSTABLE_LISTED_MAX } from '../../../limits.ts';
import type { Observation, TimeUs } from '../../../records.ts';
import type { Bench, Pair } from './detector.ts';
import type { ConversationNormal } from './normal.ts';
import { areaName, mayBeProposed, type Operation } from './operation.ts';
import { emptyWrite, learnType, learnWrite } from './written.ts';

/** Share of the learning time after which something new says that normal is not yet known. */
const LATE_SHARE = 2 / 3;
/** Longest step by which time in a state is counted; a longer pause says nothing about the plant. [s] */
const STATE_STEP_SECONDS_MAX = 600;

export class Learner {
  readonly #bench: Bench;
  startUs: TimeUs = Number.NaN;
  untilUs: TimeUs = Number.NaN;
  readonly unstable: string[] = [];
  #lateUnlisted = 0;
  #stateUs: TimeUs = Number.NaN;

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  /** Late news that found no room in `unstable`. */
  get unlisted(): number {
    return this.#lateUnlisted;
  }

  learn(observation: Observation): void {
    const { book } = this.#bench;
    this.tick(observation.timeUs);
    switch (observation.kind) {
      case 'asset':
        this.#learnAsset(observation.asset.id, book.keyOf(observation.asset.id) || observation.asset.id, observation);
        break;
      case 'identity':
        // Written into the book by the identity detector, which compares first.
        break;
      case 'unit-silent': {
        const asset = book.learn(book.keyOf(observation.asset), undefined);
        if (asset !== undefined) asset.silences += 1;
        break;
      }
      default:
        this.#learnTraffic(observation);
    }
  }

  #learnAsset(id: string, key: string, observation: Extract<Observation, { kind: 'asset' }>): void {
    const fresh = !this.#bench.book.isLearned(key);
    this.#bench.book.learn(key, observation.asset);
    if (fresh) this.#late(observation.timeUs, `${this.#bench.nameOf(id)} appeared.`);
  }

  #learnTraffic(observation: Observation): void {
    const pair = this.#bench.pairOf(observation);
    if (pair.clientKey === '' && pair.serverKey === '') return;
    // A connection is an attempt; only what was said makes a conversation.
    if (observation.kind === 'connection' || observation.kind === 'address-conflict') return;
    const known = this.#conversation(pair, observation);
    if (known === undefined) return;
    switch (observation.kind) {
      case 'conversation':
        known.transport = observation.transport;
        this.#bench.normal.learnPort(known, observation.serverPort);
        break;
      case 'function':
        this.#learnFunction(known, observation);
        break;
      case 'point':
        if (!observation.write)
          this.#bench.normal.learnRead(
            known,
            areaName(observation.point, observation.area),
            observation.address,
            observation.count,
          );
        break;
      case 'operation':
        if (this.#bench.operation !== null) this.#learnOperation(known, this.#bench.operation, observation.timeUs);
        break;
      case 'rhythm':
        learnRhythm(known, observation);
        break;
      default:
        break;
    }
  }

  #conversation(pair: Pair, observation: Observation): ConversationNormal | undefined {
    const { normal, book } = this.#bench;
    if (pair.known !== undefined) return pair.known;
    for (const [id, key] of [
      [observation.client, pair.clientKey],
      [observation.server, pair.serverKey],
    ] as const) {
      if (key !== '' && !book.isLearned(key)) book.learn(key, this.#bench.context.assetOf?.(id));
    }
    const known = normal.learnConversation(pair.key, pair.clientKey, pair.serverKey, pair.protocol);
    if (known === undefined) return undefined;
    normal.learnPort(known, pair.port);
    const { client, server } = observation;
    this.#late(
      observation.timeUs,
      `${this.#bench.nameOf(client)} began to talk to ${this.#bench.nameOf(server)} over ${pair.protocol || 'an unknown protocol'}.`,
    );
    return known;
  }

  #learnFunction(known: ConversationNormal, observation: Extract<Observation, { kind: 'function' }>): void {
    if (observation.direction === 'response' || known.functions.has(observation.function.name)) return;
    this.#bench.normal.learnFunction(known, observation.function);
    const { client, server } = observation;
    this.#late(
      observation.timeUs,
      `${this.#bench.nameOf(client)} used ${observation.function.name} on ${this.#bench.nameOf(server)} for the first time.`,
    );
  }

  #learnOperation(known: ConversationNormal, operation: Operation, timeUs: TimeUs): void {
    this.#bench.normal.learnFunction(known, operation.message.function);
    if (!mayBeProposed(operation)) return;
    known.pointsPerTenMinutes = Math.max(known.pointsPerTenMinutes, operation.pointsInTenMinutes);
    if (operation.act === 'select') return;
    for (const write of operation.writes) {
      if (write.never !== '') continue;
      let learned = known.writes.get(write.name);
      if (learned === undefined) {
        if (!this.#bench.normal.roomForWrite(known)) continue;
        learned = emptyWrite(write.name, write.role, write.unit);
        known.writes.set(write.name, learned);
        this.#late(timeUs, `${write.name} was written for the first time.`);
      }
      if (learned.status === 'rejected') continue;
      learnType(learned, write.type);
      learnWrite(learned, write.state, write.value, timeUs);
      learned.perMinute = Math.max(learned.perMinute, write.perMinute);
      learned.reversalsPerMinute = Math.max(learned.reversalsPerMinute, write.reversalsPerMinute);
    }
  }

  #late(timeUs: TimeUs, sentence: string): void {
    if (!((timeUs - this.startUs) / (this.untilUs - this.startUs) >= LATE_SHARE)) return;
    if (this.unstable.length < UNSTABLE_LISTED_MAX) this.unstable.push(sentence);
    else this.#lateUnlisted += 1;
  }

  /** Counts the time every plant unit spends in its state. */
  tick(nowUs: TimeUs): void {
    const seconds = (nowUs - this.#stateUs) / 1e6;
    if (seconds < 1) return;
    this.#stateUs = nowUs;
    if (!(seconds <= STATE_STEP_SECONDS_MAX)) return;
    for (const unit of this.#bench.context.site.units) {
      const state = this.#bench.context.stateOf(unit.name);
      if (state !== '') this.#bench.normal.learnState(unit.name, state, seconds);
    }
  }

  /** Learning ends: counts the last stretch of time. */
  settle(nowUs: TimeUs): void {
    this.tick(nowUs);
  }
}

function learnRhythm(known: ConversationNormal, observation: Extract<Observation, { kind: 'rhythm' }>): void {
  const { change, usualMs, seenMs } = observation;
  if (!(usualMs >= 0 && seenMs >= 0 && Number.isFinite(usualMs + seenMs))) return;
  known.usualMs = usualMs;
  if (change === 'lost') known.losses += 1;
  if (change === 'back') known.pauseMs = Math.max(known.pauseMs, seenMs);
  const factor = Math.max(seenMs / usualMs, usualMs / seenMs);
  if (change === 'jitter' && Number.isFinite(factor)) known.jitter = Math.max(known.jitter, factor);
}
