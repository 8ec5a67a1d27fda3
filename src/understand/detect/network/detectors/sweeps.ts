/**
 * Looking around: one client touching many devices or ports (scan), sweeping points, functions or blocks of a device (enumeration),
 * or calling everyone (broadcast discovery). What was learned, e.g. an inventory tool, does not count.
 */
import type { Observation } from '../../../../records.ts';
import type { Act } from '../acts.ts';
import { deviceId } from '../book.ts';
import type { Bench, NetworkDetector } from '../detector.ts';
import { areaName, pointName } from '../operation.ts';
import { HOUR_US, MINUTE_US } from '../windows.ts';

/** New destinations (device and port) in a minute or an hour that make a scan; unanswered ones weigh double. */
const DESTINATIONS_PER_MINUTE = 8;
const DESTINATIONS_PER_HOUR = 30;
/** New points, functions or questions about what there is, in a minute or an hour, that make an enumeration. */
const STEPS_PER_MINUTE = 10;
const STEPS_PER_HOUR = 40;
/** Values in one first read from which reading is copying everything. */
const VALUES_AT_ONCE = 2_000;

const ASKING: ReadonlySet<Act> = new Set<Act>(['browse', 'identify', 'discover', 'diagnose']);

export const sweeps: NetworkDetector = {
  name: 'sweeps',
  finds: ['scan', 'enumeration', 'broadcast-discovery', 'identity-read'],
  judge(observation, bench) {
    if (observation.kind === 'connection') judgeConnection(observation, bench);
    else if (observation.kind === 'point') judgePoint(observation, bench);
    else if (observation.kind === 'function') judgeFunction(observation, bench);
    else if (observation.kind === 'operation') judgeOperation(observation, bench);
    else if (observation.kind === 'outcome') judgeRefusal(observation, bench);
  },
};

function judgeConnection(observation: Extract<Observation, { kind: 'connection' }>, bench: Bench): void {
  const { client, server, serverPort, timeUs, answered } = observation;
  const pair = bench.pairOf(observation);
  for (const known of bench.normal.ofClient(pair.clientKey)) {
    if (known.server === pair.serverKey && (known.ports.has(serverPort) || known.ports.size === 0)) return;
  }
  const target = `${pair.serverKey}:${serverPort}`;
  const minute = bench.windows.add(`scan|${client}`, target, timeUs, MINUTE_US);
  const hour = bench.windows.add(`slow-scan|${client}`, target, timeUs, HOUR_US);
  const asset = bench.book.learned.get(pair.clientKey);
  if (bench.learning) {
    if (asset !== undefined) asset.contactsPerMinute = Math.max(asset.contactsPerMinute, minute.different);
    return;
  }
  const usual = asset?.contactsPerMinute ?? 0;
  const weight = answered ? 1 : 1.5;
  const fast = (minute.different * weight) / Math.max(DESTINATIONS_PER_MINUTE, 2 * usual);
  const slow = (hour.different * weight) / Math.max(DESTINATIONS_PER_HOUR, 2 * usual);
  if (fast < 1 && slow < 1) return;
  const { different, firstUs } = fast >= slow ? minute : hour;
  const span = fast >= slow ? 'a minute' : 'an hour';
  bench.say(observation, {
    kind: 'scan',
    device: '',
    score: Math.max(fast, slow),
    confidence: answered ? 0.75 : 0.9,
    expected: `at most ${usual} new destinations a minute`,
    seen: `${different} new destinations in ${span}`,
    sentence: `${bench.nameOf(client)} tried ${different} devices or ports it never talked to within ${span}, last ${bench.nameOf(server)} port ${serverPort}.`,
    sinceUs: firstUs,
    numbers: { destinations: different, high: usual },
  });
}

/** Counts one step of a sweep over a device; says when it is one. */
function step(observation: Observation, bench: Bench, item: string, what: string): void {
  if (bench.learning) return;
  const { client, server, timeUs } = observation;
  const device = deviceId(server);
  const minute = bench.windows.add(`enum|${client}|${device}`, item, timeUs, MINUTE_US);
  const hour = bench.windows.add(`slow-enum|${client}|${device}`, item, timeUs, HOUR_US);
  const fast = minute.different / STEPS_PER_MINUTE;
  const slow = hour.different / STEPS_PER_HOUR;
  if (fast < 1 && slow < 1) return;
  const { different, firstUs } = fast >= slow ? minute : hour;
  bench.say(observation, {
    kind: 'enumeration',
    score: Math.max(fast, slow),
    confidence: 0.8,
    expected: 'only what was read while learning',
    seen: `${different} different ${what}`,
    sentence: `${bench.nameOf(client)} goes through ${bench.nameOf(server)}: ${different} different ${what} within ${fast >= slow ? 'a minute' : 'an hour'}.`,
    sinceUs: firstUs,
    numbers: { steps: different },
  });
}

function judgePoint(observation: Extract<Observation, { kind: 'point' }>, bench: Bench): void {
  const { area, address, count, write } = observation;
  // Written points are counted with the operation that writes them.
  if (bench.learning || write) return;
  const pair = bench.pairOf(observation);
  if (pair.known?.reads.get(areaName(observation.point, area))?.covers(address, count) === true) return;
  step(observation, bench, pointName(observation.point), 'points');
  if (count < VALUES_AT_ONCE) return;
  bench.say(observation, {
    kind: 'enumeration',
    about: 'at-once',
    score: count / VALUES_AT_ONCE,
    confidence: 0.7,
    expected: 'only what was read while learning',
    seen: `${count} values at once`,
    sentence: `${bench.nameOf(observation.client)} read ${count} values of ${bench.nameOf(observation.server)} at once.`,
    numbers: { count },
    informative: pair.known !== undefined,
  });
}

function judgeFunction(observation: Extract<Observation, { kind: 'function' }>, bench: Bench): void {
  if (observation.direction === 'response') return;
  const pair = bench.pairOf(observation);
  if (pair.known?.functions.has(observation.function.name) === true) return;
  step(observation, bench, `function ${observation.function.name}`, 'points or functions');
}

function judgeOperation(observation: Extract<Observation, { kind: 'operation' }>, bench: Bench): void {
  const { operation } = bench;
  if (operation === null || bench.learning) return;
  const { act, message, pair } = operation;
  if (pair.known?.functions.has(message.function.name) === true) return;
  if (act === 'discover-broadcast') sayBroadcast(observation, bench);
  if (act === 'identify') sayIdentify(observation, bench);
  if (ASKING.has(act)) {
    const [first] = message.accesses;
    step(observation, bench, `${message.function.name} ${first?.point ?? ''} ${message.frame.number}`, 'questions');
  } else {
    const [write] = operation.writes;
    if (write !== undefined && write.known === undefined) step(observation, bench, write.name, 'points');
  }
}

function sayBroadcast(observation: Extract<Observation, { kind: 'operation' }>, bench: Bench): void {
  const { client, message } = observation;
  const pair = bench.pairOf(observation);
  const stranger = !bench.book.isLearned(pair.clientKey);
  bench.say(observation, {
    kind: 'broadcast-discovery',
    about: message.function.name,
    score: 1,
    confidence: stranger ? 0.7 : 0.3,
    expected: 'none by this client',
    seen: message.function.name,
    sentence: `${bench.nameOf(client)} asks all devices who they are (${message.protocol}, ${message.function.name}).`,
    informative: !stranger,
  });
}

function sayIdentify(observation: Extract<Observation, { kind: 'operation' }>, bench: Bench): void {
  const { client, server, message } = observation;
  bench.say(observation, {
    kind: 'identity-read',
    about: message.function.name,
    score: 1,
    confidence: 0.4,
    expected: 'none by this client',
    seen: message.function.name,
    sentence: `${bench.nameOf(client)} asks ${bench.nameOf(server)} who it is (${message.function.name}).`,
    informative: true,
  });
}

/** Refusals that say "there is no such thing": the mark of somebody trying. */
const NO_SUCH = /illegal|unknown|not-?(found|supported|exist)|undefined|invalid|no-such|bad-?node|object|address/i;

function judgeRefusal(observation: Extract<Observation, { kind: 'outcome' }>, bench: Bench): void {
  const { status, accesses, frame } = observation.message;
  if (status === 'ok' || !NO_SUCH.test(status)) return;
  step(
    observation,
    bench,
    `refused ${accesses[0]?.point ?? frame.number}`,
    'questions or points, some of which do not exist',
  );
}
