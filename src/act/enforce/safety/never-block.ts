/**
 * The never-block set: what passes whatever a policy says. Only the site's safety owner may change it, in this file's facts. A message
 * is spared whole or not at all: one hostile item beside a harmless one spares nothing.
 */
import type { PolicyItem, PolicyRequest } from '../policy/index.ts';
import { continues, isKeeping, isOpening } from './sequences.ts';

/** Machine reasons; they never change meaning. */
export const SPARED = {
  ANSWER: 'answer',
  SAFETY: 'safety-traffic',
  KEEPING: 'alarm-acknowledgement-heartbeat',
  OPENING: 'session-of-known-client',
  READ: 'read-by-known-client',
  SAFE_DIRECTION: 'safe-direction',
  SET_BACK: 'set-back',
  SECOND_HALF: 'second-half',
  HEARTBEAT: 'watchdog',
} as const;
export type Spared = (typeof SPARED)[keyof typeof SPARED];

/** What the set is asked of; all of it comes from the site, the signed baseline and what was seen on the wire. */
export interface NeverBlockFacts {
  /** Operator and engineering stations that the site names, by address. */
  readonly stations: ReadonlySet<string>;
  /** The value of a tag that is its safe direction; NaN where none is declared. */
  safeValue(tag: string): number;
  roleOf(tag: string): string;
  /** The last value a tag was kept at before the present one; NaN where unknown. */
  goodValue(tag: string): number;
  /** True where the signed baseline has this client reading this device and it reads no faster than learned. */
  readsAsLearned(client: string, device: string): boolean;
  /** True for counters that a machine writes as its sign of life. */
  isHeartbeat(client: string, point: string): boolean;
  /** True where the same client passed this first half to the device lately; `key` as `sequenceKey` makes it. */
  started(key: string, withinUs: number): boolean;
}

/** Why a message is spared; undefined where it is not. */
export function sparedBy(request: PolicyRequest, facts: NeverBlockFacts): Spared | undefined {
  const { client, device, functionClass, protocol, functionName, items } = request;
  if (!request.fromClient) return SPARED.ANSWER;
  if (functionClass === 'safety') return SPARED.SAFETY;
  if (isKeeping(protocol, functionName)) return SPARED.KEEPING;
  if (continues(request, (key, withinUs) => facts.started(key, withinUs))) return SPARED.SECOND_HALF;
  const writes = items.filter(({ write }) => write);
  if (writes.length > 0) return sparedWrites(client, writes, facts);
  if (functionClass === 'read') return facts.readsAsLearned(client, device) ? SPARED.READ : undefined;
  if (facts.stations.has(client) && isOpening(protocol, functionName)) return SPARED.OPENING;
  return undefined;
}

function sparedWrites(client: string, writes: readonly PolicyItem[], facts: NeverBlockFacts): Spared | undefined {
  let first: Spared | undefined;
  for (const item of writes) {
    const spared = sparedWrite(client, item, facts);
    if (spared === undefined) return undefined;
    first ??= spared;
  }
  return first;
}

function sparedWrite(client: string, { tag, point, value }: PolicyItem, facts: NeverBlockFacts): Spared | undefined {
  if (facts.isHeartbeat(client, point)) return SPARED.HEARTBEAT;
  if (tag === '' || !facts.stations.has(client)) return undefined;
  const role = facts.roleOf(tag);
  // Neither has a safe direction: a calibration set "back" is how an error is hidden, a safety tag belongs to its own people.
  if (role === 'calibration' || role === 'safety') return undefined;
  if (value === facts.safeValue(tag)) return SPARED.SAFE_DIRECTION;
  return value === facts.goodValue(tag) ? SPARED.SET_BACK : undefined;
}
