/**
 * Values written: to points nobody wrote, outside declared or learned limits, in states they were never written in, and to what is
 * never normal: calibration, safety, forces, bypasses.
 */
import type { Observation } from '../../../../records.ts';
import type { Interval, Tag } from '../../../plant/model.ts';
import type { KindName } from '../../kinds.ts';
import type { Bench, Draft, NetworkDetector } from '../detector.ts';
import { areaName, type JudgedWrite, type Operation } from '../operation.ts';
import { changeText, numberText, rangeText, valueText } from '../words.ts';
import { overall, type ValuesNormal } from '../written.ts';

type OperationObservation = Extract<Observation, { kind: 'operation' }>;

/** Expected writes in the time a state was seen, from which none is telling. */
const WRITES_EXPECTED_MIN = 5;
/** A learned state must have been seen this long before its silence tells anything. [s] */
const STATE_SECONDS_MIN = 1800;
/** Fewer writes than this say little about a range. */
const RANGE_COUNT_FIRM = 5;

export const writes: NetworkDetector = {
  name: 'writes',
  finds: ['new-write-point', 'write-range', 'write-context', 'force', 'safety-touched'],
  judge(observation, bench) {
    const { operation } = bench;
    if (operation === null || observation.kind !== 'operation') return;
    for (const write of operation.writes) judgeWrite(observation, operation, write, bench);
  },
};

function judgeWrite(observation: OperationObservation, operation: Operation, write: JudgedWrite, bench: Bench): void {
  if (write.never !== '') sayNever(observation, operation, write, bench);
  const outside = judgeDeclared(observation, operation, write, bench);
  if (bench.learning || write.never !== '') return;
  if (write.known === undefined) {
    sayNewPoint(observation, operation, write, bench);
    return;
  }
  const comparable = write.known.type === write.type || write.known.type === '';
  if (outside || write.known.counter || !comparable || !Number.isFinite(write.value)) return;
  const values = write.known.states.get(write.state);
  if (values !== undefined) judgeLearned(observation, operation, write, values, bench);
  else judgeContext(observation, operation, write, bench);
}

function numbersOf(write: JudgedWrite, more: Record<string, number> = {}): Record<string, number> {
  const { value, before } = write;
  return { written: value, before, change: value - before, ...more };
}

function say(
  observation: OperationObservation,
  operation: Operation,
  write: JudgedWrite,
  bench: Bench,
  draft: Draft,
): void {
  const { function: info } = operation.message;
  bench.say(observation, {
    tag: write.subject,
    unit: write.unit === '' ? undefined : write.unit,
    functions: [info.class, operation.act, info.name],
    ...draft,
  });
}

/** `from 75 °C to 79 °C (+4 K)`, or `to 79 °C` where the value before is not known. */
function movement(write: JudgedWrite): string {
  const to = valueText(write.value, write.tag);
  if (!Number.isFinite(write.before)) return `to ${to}`;
  return `from ${valueText(write.before, write.tag)} to ${to} (${changeText(write.value - write.before, write.tag)})`;
}

const NEVER_KINDS: Readonly<Record<Exclude<JudgedWrite['never'], ''>, KindName>> = {
  calibration: 'new-write-point',
  safety: 'safety-touched',
  force: 'force',
};

function sayNever(observation: OperationObservation, operation: Operation, write: JudgedWrite, bench: Bench): void {
  const what = write.never === '' ? 'calibration' : write.never;
  const confirmed = write.known?.status === 'confirmed';
  const client = bench.nameOf(observation.client);
  const server = bench.nameOf(observation.server);
  const size = Math.abs(write.value - (Number.isFinite(write.before) ? write.before : 0));
  const of = write.tag?.of === undefined || write.tag.of === '' ? '' : ` of ${write.tag.of}`;
  const verb = {
    calibration: `changed the calibration${of}: ${write.name}`,
    safety: `wrote to the safety point ${write.name}`,
    force: `wrote to ${write.name}, which overrides what the plant says:`,
  }[what];
  say(observation, operation, write, bench, {
    kind: NEVER_KINDS[what],
    score: 2 + (Number.isFinite(size) ? size : 0),
    confidence: 0.95,
    expected: confirmed ? 'confirmed by a person' : `class ${what} is never learned as normal`,
    seen: valueText(write.value, write.tag),
    sentence: `${client} ${verb} ${movement(write)} on ${server}.`,
    numbers: numbersOf(write),
    informative: confirmed,
  });
}

/**
 * A rarely used button of a known operator station: it works by hand over this protocol, its conversation with the device is learned,
 * and the point is declared for operating; or it shows this point and wrote others of the device with the same function. News, not
 * alarm: what it writes is still judged by limits, rate and state. Writing a declared measurement is never a button.
 */
function isRareButton(operation: Operation, write: JudgedWrite, bench: Bench): boolean {
  const { pair, message } = operation;
  if (pair.known === undefined || pair.known.writes.get(write.name)?.status === 'rejected') return false;
  if (!bench.normal.isOperatorStation(pair.clientKey, pair.protocol) || write.role === 'measurement') return false;
  if (write.role === 'setpoint' || (write.role === 'command' && write.tag?.declared === true)) return true;
  const used = pair.known.functions.get(message.function.name);
  return used !== undefined && used.status !== 'rejected' && pair.known.writes.size > 0 && showsPoint(operation, write);
}

function showsPoint(operation: Operation, write: JudgedWrite): boolean {
  const access = operation.message.accesses.find(({ point }) => point === write.point);
  if (access === undefined) return false;
  return operation.pair.known?.reads.get(areaName(access.point, access.area))?.covers(access.address, 1) === true;
}

function sayNewPoint(observation: OperationObservation, operation: Operation, write: JudgedWrite, bench: Bench): void {
  const info = operation.message.function;
  const usual = [...(operation.pair.known?.writes.keys() ?? [])];
  const client = bench.nameOf(observation.client);
  const rare = isRareButton(operation, write, bench);
  say(observation, operation, write, bench, {
    kind: 'new-write-point',
    score: info.class === 'control' ? 2 : 1.5,
    confidence: rare ? 0.4 : operation.pair.known === undefined ? 0.9 : 0.8,
    informative: rare,
    expected: usual.length === 0 ? 'no writes' : `writes to ${usual.slice(0, 6).join(', ')} only`,
    seen: valueText(write.value, write.tag),
    sentence: `${client} wrote ${write.name} on ${bench.nameOf(observation.server)} ${movement(write)}, which it never wrote before.`,
    numbers: numbersOf(write, operation.moreWrites > 0 ? { moreWrites: operation.moreWrites } : {}),
  });
}

/** Limits that hold for a written tag: its own, and for a set-point those of what it sets. */
function declaredLimits(
  write: JudgedWrite,
  bench: Bench,
): { safe?: Interval; operating?: Interval; of: Tag } | undefined {
  const { tag } = write;
  if (tag === null) return undefined;
  const own = tag.limits[write.state] ?? tag.limits['*'];
  if (own !== undefined) return { ...own, of: tag };
  if (tag.role !== 'setpoint' || tag.of === '') return undefined;
  for (const unit of bench.context.site.units) {
    const set = unit.tags.find((other) => other.name === tag.of);
    const limits = set?.limits[write.state] ?? set?.limits['*'];
    if (set !== undefined && limits !== undefined) return { ...limits, of: set };
  }
  return undefined;
}

function outsideBy(value: number, band: Interval | undefined): number {
  if (band === undefined) return 0;
  return Math.max(0, band.low - value, value - band.high);
}

/** Declared limits hold while learning too. True where something was said. */
function judgeDeclared(
  observation: OperationObservation,
  operation: Operation,
  write: JudgedWrite,
  bench: Bench,
): boolean {
  if (!Number.isFinite(write.value)) return false;
  const limits = declaredLimits(write, bench);
  if (limits === undefined) return false;
  const unsafe = outsideBy(write.value, limits.safe);
  const band = unsafe > 0 ? limits.safe : limits.operating;
  const by = unsafe > 0 ? unsafe : outsideBy(write.value, limits.operating);
  if (band === undefined || by === 0) return false;
  const name = unsafe > 0 ? 'safe' : 'operating';
  const span = band.high - band.low;
  const inState = write.state === '*' ? '' : ` in state ${write.state}`;
  say(observation, operation, write, bench, {
    kind: 'write-range',
    about: name,
    score: 1 + (Number.isFinite(span) && span > 0 ? by / span : by),
    confidence: unsafe > 0 ? 0.97 : 0.8,
    expected: `${name} limits of ${limits.of.name}${inState}: ${rangeText(band.low, band.high, limits.of)}`,
    seen: valueText(write.value, write.tag),
    sentence: `${bench.nameOf(observation.client)} set ${write.name} ${movement(write)}, outside the ${name} limits of ${limits.of.name}${inState} (${rangeText(band.low, band.high, limits.of)}).`,
    numbers: numbersOf(write, { low: band.low, high: band.high }),
    // An operating limit crossed while learning may be how the plant is run.
    informative: unsafe === 0 && bench.learning,
  });
  return true;
}

/** Outside what this client wrote in this state. Near misses of a short learning time inform, far ones alarm. */
function judgeLearned(
  observation: OperationObservation,
  operation: Operation,
  write: JudgedWrite,
  values: ValuesNormal,
  bench: Bench,
): void {
  const { low, high, count } = values;
  const by = Math.max(0, low - write.value, write.value - high);
  if (by === 0) {
    judgeStep(observation, operation, write, values, bench);
    return;
  }
  const span = Math.max(high - low, 0.02 * Math.max(Math.abs(low), Math.abs(high)), 1e-9);
  // With n values seen, the next lies outside with probability 2/(n+1), by about span/n.
  const tolerance = span * Math.max(0.1, 2 / count);
  if (by <= tolerance) return;
  const isBit = [low, high, write.value].every((value) => value === 0 || value === 1);
  // Far: by more than a multiple of the whole range, the larger the less is known of it.
  const far = by > span * farFactor(count) && !isDeclaredNormal(write, count, bench);
  say(observation, operation, write, bench, {
    kind: 'write-range',
    about: 'learned',
    score: by / tolerance,
    confidence: isBit ? 0.3 : far ? 0.8 : 0.4,
    expected: `${rangeText(low, high, write.tag)}, written ${count} times${write.state === '*' ? '' : ` in state ${write.state}`}`,
    seen: valueText(write.value, write.tag),
    sentence: `${bench.nameOf(observation.client)} set ${write.name} ${movement(write)}; it was only ever set to ${rangeText(low, high, write.tag)}.`,
    numbers: numbersOf(write, { low, high }),
    informative: isBit || !far,
  });
}

function farFactor(count: number): number {
  return count < 3 ? 5 : count < RANGE_COUNT_FIRM ? 3 : count < 2 * RANGE_COUNT_FIRM ? 2 : 1;
}

/** A value inside declared operating limits is normal by a person's word; inside safe limits it outweighs a few writes. */
function isDeclaredNormal(write: JudgedWrite, count: number, bench: Bench): boolean {
  const limits = declaredLimits(write, bench);
  if (limits?.operating !== undefined) return outsideBy(write.value, limits.operating) === 0;
  return limits?.safe !== undefined && count < RANGE_COUNT_FIRM && outsideBy(write.value, limits.safe) === 0;
}

const STEP_FACTOR = 3;

/** A step far beyond every learned one, inside the range: informs. */
function judgeStep(
  observation: OperationObservation,
  operation: Operation,
  write: JudgedWrite,
  values: ValuesNormal,
  bench: Bench,
): void {
  const step = Math.abs(write.value - write.before);
  if (values.count < RANGE_COUNT_FIRM || !(values.step > 0) || !(step > STEP_FACTOR * values.step)) return;
  say(observation, operation, write, bench, {
    kind: 'write-range',
    about: 'step',
    score: step / (STEP_FACTOR * values.step),
    confidence: 0.4,
    expected: `steps of at most ${numberText(values.step)}`,
    seen: changeText(write.value - write.before, write.tag),
    sentence: `${bench.nameOf(observation.client)} set ${write.name} ${movement(write)}, a larger step than ever before.`,
    numbers: numbersOf(write, { step: values.step }),
    informative: true,
  });
}

/** Written before, but never in this state. Telling only where the state was seen long enough for writes to be expected. */
function judgeContext(observation: OperationObservation, operation: Operation, write: JudgedWrite, bench: Bench): void {
  if (write.state === '*' || write.known === undefined) return;
  const unit = bench.normal.states.get(write.unit);
  const seconds = unit?.get(write.state) ?? 0;
  const total = [...(unit?.values() ?? [])].reduce((sum, each) => sum + each, 0);
  const all = overall(write.known);
  const expectedWrites = total > 0 ? ((all?.count ?? 0) / total) * seconds : 0;
  const telling = seconds >= STATE_SECONDS_MIN && expectedWrites >= WRITES_EXPECTED_MIN;
  const where = [...write.known.states.keys()].join(', ');
  say(observation, operation, write, bench, {
    kind: 'write-context',
    about: write.state,
    score: Math.max(1, expectedWrites / WRITES_EXPECTED_MIN),
    confidence: telling ? 0.75 : 0.3,
    expected: `only in ${where === '*' ? 'a state that was not known' : where}`,
    seen: `${valueText(write.value, write.tag)} in ${write.state}`,
    sentence: `${bench.nameOf(observation.client)} set ${write.name} ${movement(write)} while ${write.unit} is ${write.state}; it was only ever set in ${where}.`,
    numbers: numbersOf(write, all === undefined ? {} : { low: all.low, high: all.high }),
    informative: !telling,
  });
}
