/** A finding with what the plant model says about its subject: unit, tag, and whom it acts on. */
import type { Finding, TimeUs } from '../../records.ts';
import { KINDS, type KindName, kindNameOf } from '../detect/kinds.ts';
import type { Tag } from '../plant/model.ts';
import type { IncidentContext } from './context.ts';
import { CONTROLLER_KINDS, EXACT_KINDS, KIND_ROLES, type KindRole } from './kind-roles.ts';

export interface Fact {
  readonly finding: Finding;
  readonly kind: KindName;
  readonly role: KindRole;
  readonly side: 'network' | 'process';
  readonly actor: string;
  readonly device: string;
  /** Tag name, or the point where nobody named it; empty for none. */
  readonly tag: string;
  readonly known: Tag | undefined;
  /** Plant unit, or empty. */
  readonly unit: string;
  /** Where it happened, at least as exactly as a device: the plant unit, else `device/unit` of the point, else the asset. */
  readonly place: string;
  /** When it was first noticed; a better version of the finding keeps it. */
  readonly noticedUs: TimeUs;
  /** Value written and value before, NaN where not told. */
  readonly written: number;
  readonly previous: number;
  /** Reads this much high, NaN where not told. */
  readonly deviation: number;
}

/** Statistical findings estimate their beginning; further back than this it explains no lag. [µs] */
const ESTIMATE_US = 60e6;
const POINT = /^([^/]+\/[^/]+)\/[^/]+\/[^/]+$/;

/** `device/unit` of a point, or empty where the name is no point. */
export function devicePart(point: string): string {
  return POINT.exec(point)?.[1] ?? '';
}

/** `holding/160` of a device, as the full point `10.20.1.11/1/holding/160`; any other name as it is. */
function fullName(tag: string, device: string, context: IncidentContext): string {
  if (!/^[a-z-]+\/[^/]+$/.test(tag)) return tag;
  // An asset behind an address is called `address/unit`, as its points are.
  if (/^[^/]+\/[^/]+$/.test(device)) return `${device}/${tag}`;
  const view = context.describe(device);
  const address = view?.addresses[0];
  return address === undefined ? tag : `${address}/${view?.unit || '-'}/${tag}`;
}

function numberOf(finding: Finding, ...names: readonly string[]): number {
  for (const name of names) {
    const value = finding.numbers[name];
    if (value !== undefined && Number.isFinite(value)) return value;
  }
  return Number.NaN;
}

/** Reads a finding against the plant. Kinds nobody knows count as `unfamiliar`: kept, never dropped. */
export function factOf(finding: Finding, context: IncidentContext): Fact {
  const kind = kindNameOf(finding.kind) ?? 'unfamiliar';
  const { subject } = finding;
  const named = fullName(subject.tag, subject.device, context);
  const known = named === '' ? undefined : context.tag(named);
  const tag = known?.name ?? named;
  const unit = subject.unit !== '' ? subject.unit : (known?.plantUnit ?? '');
  const place = unit || devicePart(known?.point ?? named) || subject.device;
  const { side } = KINDS[kind];
  const network = side === 'network';
  return {
    finding,
    kind,
    role: finding.numbers.refused === 1 ? 'attempt' : KIND_ROLES[kind],
    side,
    actor: subject.actor,
    device: subject.device,
    tag,
    known,
    unit,
    place,
    noticedUs: EXACT_KINDS.has(kind) ? finding.timeUs : Math.max(finding.sinceUs, finding.timeUs - ESTIMATE_US),
    written: network ? numberOf(finding, 'written', 'value') : Number.NaN,
    previous: network ? numberOf(finding, 'previous', 'before') : Number.NaN,
    deviation: numberOf(finding, 'deviation'),
  };
}

/** Whether program, mode, firmware or settings of a controller were changed; a refused try changed nothing. */
export function changesController(fact: Fact): boolean {
  return fact.role === 'change' && CONTROLLER_KINDS.has(fact.kind);
}
