/** Losing sight: a poll that stopped, a device that no longer answers, a rhythm that changed. Silence on change is nobody's news. */
import type { Observation } from '../../../../records.ts';
import type { Bench, NetworkDetector } from '../detector.ts';
import { spanText } from '../words.ts';

/** Lost only after this many usual intervals, and this long. */
const LOST_INTERVALS = 5;
const LOST_MS_MIN = 5_000;
/** Conversations lost this often while learning are not steady enough to alarm. */
const LOSSES_USUAL = 2;
/** A rhythm must change by this factor, and by twice what was learned. */
const JITTER_FACTOR = 3;

export const silence: NetworkDetector = {
  name: 'silence',
  finds: ['stale', 'poll-changed'],
  judge(observation, bench) {
    if (bench.learning) return;
    if (observation.kind === 'rhythm') judgeRhythm(observation, bench);
    else if (observation.kind === 'unit-silent') judgeUnit(observation, bench);
  },
};

function judgeRhythm(observation: Extract<Observation, { kind: 'rhythm' }>, bench: Bench): void {
  const { known } = bench.pairOf(observation);
  // Only what was learned has a rhythm to lose.
  if (known === undefined || observation.change === 'back') return;
  if (observation.change === 'lost') sayLost(observation, known.losses, bench);
  else sayJitter(observation, known.jitter, bench);
}

function sayLost(observation: Extract<Observation, { kind: 'rhythm' }>, losses: number, bench: Bench): void {
  const { client, server, usualMs, seenMs, timeUs } = observation;
  if (seenMs < Math.max(LOST_MS_MIN, LOST_INTERVALS * usualMs)) return;
  const usual = losses >= LOSSES_USUAL;
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

function sayJitter(observation: Extract<Observation, { kind: 'rhythm' }>, learned: number, bench: Bench): void {
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
