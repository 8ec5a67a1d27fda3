/** What is learned of one written point: values per state, pace, and whether a person or a machine writes. */
import { STATES_MAX } from '../../../limits.ts';
import type { TimeUs } from '../../../records.ts';
import type { BaselineWrite, ItemStatus } from '../baseline/model.ts';

export interface ValuesNormal {
  low: number;
  high: number;
  step: number;
  count: number;
}

export interface WriteNormal {
  readonly point: string;
  readonly role: string;
  readonly unit: string;
  /** How values were decoded; empty where nobody said. */
  type: string;
  status: ItemStatus;
  perMinute: number;
  reversalsPerMinute: number;
  everyMs: number;
  counter: boolean;
  readonly states: Map<string, ValuesNormal>;
  // Only while learning.
  lastUs: TimeUs;
  lastValue: number;
  intervals: number;
  meanMs: number;
  squares: number;
  rises: number;
}

/** Intervals before a rhythm counts as a machine's. */
const CYCLIC_INTERVALS_MIN = 10;
/** A machine's interval varies less than this share of its mean … */
const CYCLIC_VARIATION_MAX = 0.5;
/** … and is shorter than this. [ms] */
const CYCLIC_MS_MAX = 600_000;
/** Share of writes that must count up for a heartbeat, and how many it takes. */
const COUNTER_SHARE = 0.95;
const COUNTER_WRITES_MIN = 20;

export function emptyWrite(point: string, role: string, unit: string): WriteNormal {
  return {
    point,
    role,
    unit,
    type: '',
    status: 'unconfirmed',
    perMinute: 0,
    reversalsPerMinute: 0,
    everyMs: 0,
    counter: false,
    states: new Map(),
    lastUs: Number.NaN,
    lastValue: Number.NaN,
    intervals: 0,
    meanMs: 0,
    squares: 0,
    rises: 0,
  };
}

/** Takes one write in. `state` is `*` where it is not known. */
export function learnWrite(write: WriteNormal, state: string, value: number, timeUs: TimeUs): void {
  learnPace(write, timeUs);
  if (!Number.isFinite(value)) return;
  const before = write.lastValue;
  if (value > before) write.rises += 1;
  write.counter = write.intervals + 1 >= COUNTER_WRITES_MIN && write.rises / write.intervals >= COUNTER_SHARE;
  write.lastValue = value;
  let values = write.states.get(state);
  if (values === undefined) {
    if (write.states.size >= STATES_MAX) return;
    values = { low: value, high: value, step: 0, count: 0 };
    write.states.set(state, values);
  }
  values.low = Math.min(values.low, value);
  values.high = Math.max(values.high, value);
  if (Number.isFinite(before)) values.step = Math.max(values.step, Math.abs(value - before));
  values.count += 1;
}

function learnPace(write: WriteNormal, timeUs: TimeUs): void {
  const ms = (timeUs - write.lastUs) / 1000;
  write.lastUs = timeUs;
  if (!(ms >= 0)) return;
  write.intervals += 1;
  const delta = ms - write.meanMs;
  write.meanMs += delta / write.intervals;
  write.squares += delta * (ms - write.meanMs);
  const deviation = Math.sqrt(write.squares / write.intervals);
  const cyclic =
    write.intervals >= CYCLIC_INTERVALS_MIN &&
    write.meanMs < CYCLIC_MS_MAX &&
    deviation < CYCLIC_VARIATION_MAX * write.meanMs;
  write.everyMs = cyclic ? Math.max(1, Math.round(write.meanMs)) : 0;
}

/** Notes how values are decoded; values decoded otherwise before cannot be compared and are forgotten. */
export function learnType(write: WriteNormal, type: string): void {
  if (write.type !== '' && write.type !== type) {
    write.states.clear();
    write.lastValue = Number.NaN;
  }
  write.type = type;
}

/** All states together: the widest of what was written. */
export function overall(write: WriteNormal): ValuesNormal | undefined {
  let all: ValuesNormal | undefined;
  for (const values of write.states.values()) {
    all ??= { ...values, count: 0 };
    all.low = Math.min(all.low, values.low);
    all.high = Math.max(all.high, values.high);
    all.step = Math.max(all.step, values.step);
    all.count += values.count;
  }
  return all;
}

export function saveWrite(write: WriteNormal): BaselineWrite {
  return {
    point: write.point,
    role: write.role,
    unit: write.unit,
    type: write.type,
    status: write.status,
    perMinute: write.perMinute,
    reversalsPerMinute: write.reversalsPerMinute,
    everyMs: write.everyMs,
    counter: write.counter,
    states: Object.fromEntries([...write.states].map(([state, values]) => [state, { ...values }])),
  };
}

export function loadWrite(saved: BaselineWrite): WriteNormal {
  const write = emptyWrite(saved.point, saved.role, saved.unit);
  write.type = saved.type;
  write.status = saved.status;
  write.perMinute = saved.perMinute;
  write.reversalsPerMinute = saved.reversalsPerMinute;
  write.everyMs = saved.everyMs;
  write.counter = saved.counter;
  for (const [state, values] of Object.entries(saved.states)) write.states.set(state, { ...values });
  return write;
}
