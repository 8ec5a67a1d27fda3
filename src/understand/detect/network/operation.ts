/** An operation prepared for judging: its act, the values it writes with role, state and pace. Made once, used by detectors and learner. */
import { NETWORK_WRITES_JUDGED_MAX } from '../../../limits.ts';
import type { Message, Observation, TimeUs } from '../../../records.ts';
import type { Tag } from '../../plant/model.ts';
import { type Act, actOf, NEVER_LEARNED } from './acts.ts';
import type { DecodedWrite, NetworkContext } from './context.ts';
import type { Pair } from './detector.ts';
import type { Paces } from './pace.ts';
import { TEN_MINUTES_US, type Windows } from './windows.ts';
import type { WriteNormal } from './written.ts';

/** One value on its way to a device. */
export interface JudgedWrite {
  /** Declared tag name, else `unit/area/address`: the name in the baseline and in sentences. */
  readonly name: string;
  /** Tag name, also an inferred one, else the full point: what a finding is about. */
  readonly subject: string;
  /** How the value was decoded; values of different types cannot be compared. */
  readonly type: string;
  readonly point: string;
  readonly tag: Tag | null;
  readonly role: string;
  readonly unit: string;
  /** Present state of the plant unit; `*` where it is not known. */
  readonly state: string;
  readonly value: number;
  readonly before: number;
  readonly perMinute: number;
  readonly reversalsPerMinute: number;
  /** Calibration, safety, force, bypass: never normal without a person. */
  readonly never: 'calibration' | 'safety' | 'force' | '';
  /** As learned; undefined where it was not, or was rejected. */
  readonly known: WriteNormal | undefined;
}

export interface Operation {
  readonly message: Message;
  readonly act: Act;
  readonly pair: Pair;
  readonly writes: readonly JudgedWrite[];
  /** Values beyond those judged. */
  readonly moreWrites: number;
  /** Different points this client commanded on this device in ten minutes, cyclic ones left out. */
  readonly pointsInTenMinutes: number;
  readonly pointsSinceUs: TimeUs;
}

/** Names that say a point overrides what the plant says. */
const FORCE_NAME = /(^|[^a-z])(force|forced|bypass|override|inhibit)([^a-z]|$)/i;

/** The point without its device: `unit/area/address`, or `area/address` where there is no unit. */
export function pointName(point: string): string {
  return point.slice(point.indexOf('/') + 1);
}

/** Area together with the unit it lies in: `1/holding`, or `holding` where there is no unit. */
export function areaName(point: string, area: string): string {
  const rest = pointName(point);
  const unit = rest.startsWith(`${area}/`) ? -1 : rest.indexOf('/');
  return unit <= 0 ? area : `${rest.slice(0, unit)}/${area}`;
}

export interface OperationTools {
  readonly context: NetworkContext;
  readonly paces: Paces;
  readonly windows: Windows;
}

/** Prepares an operation. Counts it in the windows, so call it once. */
export function prepareOperation(
  observation: Extract<Observation, { kind: 'operation' }>,
  pair: Pair,
  tools: OperationTools,
): Operation {
  const { message, timeUs } = observation;
  const act = actOf(message.function);
  const decoded = act === 'read' ? [] : tools.context.decodeWrites(message);
  const judged = decoded.slice(0, NETWORK_WRITES_JUDGED_MAX);
  const writes = judged.map((write) => judgeWrite(write, message, act, timeUs, pair, tools));
  const first = writes.find((write) => (write.known?.everyMs ?? 0) === 0);
  const counts =
    first === undefined || act === 'select'
      ? { different: 0, firstUs: timeUs }
      : tools.windows.add(`points|${pair.key}`, first.name, timeUs, TEN_MINUTES_US);
  return {
    message,
    act,
    pair,
    writes,
    moreWrites: decoded.length - judged.length,
    pointsInTenMinutes: counts.different,
    pointsSinceUs: counts.firstUs,
  };
}

function judgeWrite(
  write: DecodedWrite,
  message: Message,
  act: Act,
  timeUs: TimeUs,
  pair: Pair,
  tools: OperationTools,
): JudgedWrite {
  const { tag } = write;
  // Only declared names are names for good: an inferred tag may not have been one while learning.
  const declared = tag?.declared === true ? tag : null;
  const name = declared?.name ?? pointName(write.point);
  const known = pair.known?.writes.get(name);
  // A selection is only half a command: it has no pace of its own.
  const pace =
    act === 'select'
      ? { perMinute: 0, reversalsPerMinute: 0, before: Number.NaN }
      : tools.paces.note(`${pair.key}|${name}`, write.value, timeUs);
  return {
    name,
    subject: tag?.name ?? write.point,
    point: write.point,
    type: tag?.type ?? 'raw',
    tag,
    role: declared?.role ?? (message.function.class === 'control' ? 'command' : 'value'),
    unit: tag?.plantUnit ?? '',
    state: (tag === null ? '' : tools.context.stateOf(tag.plantUnit)) || '*',
    value: write.value,
    before: write.before ?? pace.before,
    perMinute: pace.perMinute,
    reversalsPerMinute: pace.reversalsPerMinute,
    never: neverNormal(declared, name),
    known: known?.status === 'rejected' ? undefined : known,
  };
}

function neverNormal(tag: Tag | null, name: string): JudgedWrite['never'] {
  if (FORCE_NAME.test(name)) return 'force';
  if (tag?.role === 'calibration' || tag?.role === 'safety') return tag.role;
  return '';
}

/** True if learning may propose this operation. */
export function mayBeProposed(operation: Operation): boolean {
  return !NEVER_LEARNED.has(operation.act) && operation.act !== 'unknown';
}
