/** Too many writes, too fast, or back and forth: on one point, and over the points of one device. Machines keep their learned pace. */
import type { Observation } from '../../../../records.ts';
import type { Bench, NetworkDetector } from '../detector.ts';
import type { JudgedWrite, Operation } from '../operation.ts';
import { MINUTE_US } from '../windows.ts';

type OperationObservation = Extract<Observation, { kind: 'operation' }>;

/** Writes a minute to one point that a hurried person may do. */
const PER_MINUTE_MIN = 6;
/** Changes of direction a minute that a person trying something may do. */
const REVERSALS_MIN = 2;
/** Different points commanded in ten minutes: switches, and values. */
const SWITCHES_MIN = 3;
const VALUES_MIN = 10;
/** Beyond the minimum, this factor over what was learned is too much. */
const FACTOR = 2;
const DEVICE_FACTOR = 1.5;

export const rates: NetworkDetector = {
  name: 'rates',
  finds: ['write-rate'],
  judge(observation, bench) {
    const { operation } = bench;
    if (bench.learning || operation === null || observation.kind !== 'operation' || operation.act === 'select') return;
    for (const write of operation.writes) judgePoint(observation, operation, write, bench);
    judgeDevice(observation, operation, bench);
  },
};

function judgePoint(observation: OperationObservation, operation: Operation, write: JudgedWrite, bench: Bench): void {
  const usual = write.known?.perMinute ?? 0;
  const usualReversals = write.known?.reversalsPerMinute ?? 0;
  const most = Math.max(PER_MINUTE_MIN, FACTOR * usual);
  const mostReversals = Math.max(REVERSALS_MIN, FACTOR * usualReversals);
  const fast = write.perMinute / most;
  const alternating = write.reversalsPerMinute / mostReversals;
  if (fast <= 1 && alternating <= 1) return;
  const client = bench.nameOf(observation.client);
  const server = bench.nameOf(observation.server);
  const back = alternating >= fast;
  bench.say(observation, {
    kind: 'write-rate',
    tag: write.subject,
    unit: write.unit === '' ? undefined : write.unit,
    score: Math.max(fast, alternating),
    confidence: 0.85,
    expected: `at most ${Math.max(usual, 1)} a minute`,
    seen: `${write.perMinute} writes in a minute${back ? ', back and forth' : ''}`,
    sentence: back
      ? `${client} switches ${write.name} on ${server} back and forth: ${write.perMinute} writes in a minute.`
      : `${client} wrote ${write.name} on ${server} ${write.perMinute} times in a minute.`,
    sinceUs: observation.timeUs - MINUTE_US,
    numbers: { perMinute: write.perMinute, reversals: write.reversalsPerMinute, high: usual, written: write.value },
    functions: [operation.message.function.class, operation.act, operation.message.function.name],
  });
}

function judgeDevice(observation: OperationObservation, operation: Operation, bench: Bench): void {
  const { pair, pointsInTenMinutes: points, message } = operation;
  const floor = message.function.class === 'control' ? SWITCHES_MIN : VALUES_MIN;
  const usual = pair.known?.pointsPerTenMinutes ?? 0;
  const most = Math.max(floor, DEVICE_FACTOR * usual);
  if (points <= most) return;
  bench.say(observation, {
    kind: 'write-rate',
    about: 'device',
    unit: operation.writes[0]?.unit || undefined,
    score: points / most,
    confidence: 0.75,
    expected: `at most ${usual} points in ten minutes`,
    seen: `${points} points`,
    sentence: `${bench.nameOf(observation.client)} commanded ${points} different points of ${bench.nameOf(observation.server)} within ten minutes.`,
    sinceUs: operation.pointsSinceUs,
    numbers: { points, high: usual },
    functions: [message.function.class, operation.act, message.function.name],
  });
}
