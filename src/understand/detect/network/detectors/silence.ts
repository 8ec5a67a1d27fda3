/** Losing sight: a poll that stopped, a device that no longer answers, a rhythm that changed. Silence on change is nobody's news. */
import type { Observation } from '../../../../records.ts';
import type { Bench, NetworkDetector } from '../detector.ts';
import type { ConversationNormal } from '../normal.ts';
import { spanText } from '../words.ts';

/** Lost only after this many usual intervals, this long, and this many times the longest pause of the learning time. */
const LOST_INTERVALS = 5;
const LOST_MS_MIN = 5_000;
const LOST_PAUSES = 2;
/** Conversations that stopped this often while learning, or devices that fell silent, alarm no more. */
const LOSSES_USUAL = 2;
/** A rhythm must change by this factor, and by twice what was learned. */
const JITTER_FACTOR = 3;

type Rhythm = Extract<Observation, { kind: 'rhythm' }>;

export const silence: NetworkDetector = {
  name: 'silence',
  finds: ['stale', 'poll-changed'],
  judge(observation, bench) {
    if (bench.learning) return;
    if (observation.kind === 'rhythm') judgeRhythm(observation, bench);
    else if (observation.kind === 'unit-silent') judgeUnit(observation, bench);
  },
};

function judgeRhythm(observation: Rhythm, bench: Bench): void {
  const { known } = bench.pairOf(observation);
  // Only what was learned has a rhythm to lose.
  if (known === undefined) return;
  const key = `lost|${observation.conversation}`;
  if (observation.change === 'back') bench.cancel(key);
  else if (observation.change === 'jitter') sayJitter(observation, known.jitter, bench);
  else waitForReturn(observation, key, known, bench);
}

/** Told early, a pause is judged when it has become long enough; coming back before makes it none. */
function waitForReturn(observation: Rhythm, key: string, known: ConversationNormal, bench: Bench): void {
  const { usualMs, seenMs, timeUs } = observation;
  const most = Math.max(LOST_MS_MIN, LOST_INTERVALS * usualMs, LOST_PAUSES * known.pauseMs);
  const usual = known.losses >= LOSSES_USUAL && known.pauseMs === 0;
  if (seenMs >= most) {
    sayLost(observation, usual, bench);
    return;
  }
  bench.later(key, timeUs + (most - seenMs) * 1000, (dueUs) => {
    sayLost({ ...observation, timeUs: dueUs, seenMs: most }, usual, bench);
  });
}

function sayLost(observation: Rhythm, usual: boolean, bench: Bench): void {
  const { client, server, usualMs, seenMs, timeUs } = observation;
  bench.say(observation, {
    kind: 'stale',
    score: seenMs / Math.max(1, usualMs * LOST_INTERVALS),
    confidence: usual ? 0.3 : 0.8,
    expected: `every ${spanText(usualMs)}`,
    seen: `nothing for ${spanText(seenMs)}`,
    sentence: `${bench.nameOf(client)} and ${bench.nameOf(server)} stopped talking: nothing for ${spanText(seenMs)}, usually every ${spanText(usualMs)}.`,
    sinceUs: timeUs - seenMs * 1000,
    numbers: { usualMs, seenMs },
    informative: usual,
  });
}

function sayJitter(observation: Rhythm, learned: number, bench: Bench): void {
  const { client, server, usualMs, seenMs } = observation;
  if (!(usualMs > 0 && seenMs > 0)) return;
  const ratio = Math.max(seenMs / usualMs, usualMs / seenMs);
  const most = Math.max(JITTER_FACTOR, 2 * learned);
  bench.say(observation, {
    kind: 'poll-changed',
    score: ratio / most,
    confidence: ratio > most ? 0.6 : 0.3,
    expected: `every ${spanText(usualMs)}`,
    seen: `every ${spanText(seenMs)}`,
    sentence: `${bench.nameOf(client)} polls ${bench.nameOf(server)} every ${spanText(seenMs)} instead of every ${spanText(usualMs)}.`,
    numbers: { usualMs, seenMs },
    informative: ratio <= most,
  });
}

function judgeUnit(observation: Extract<Observation, { kind: 'unit-alive' | 'unit-silent' }>, bench: Bench): void {
  const { asset } = observation;
  const learned = bench.book.learned.get(bench.book.keyOf(asset));
  if (learned === undefined) return;
  const usual = learned.silences >= LOSSES_USUAL;
  bench.say(observation, {
    kind: 'stale',
    actor: '',
    device: asset,
    score: 1,
    confidence: usual ? 0.3 : 0.8,
    expected: 'answers',
    seen: 'its gateway says it does not answer',
    sentence: `${bench.nameOf(asset)} no longer answers behind its gateway.`,
    informative: usual,
  });
}
