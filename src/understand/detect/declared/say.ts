/** From what a declared rule found to a finding. */
import type { Finding, Subject, TimeUs } from '../../../records.ts';
import { KINDS, type KindName } from '../kinds.ts';

export type OnFinding = (finding: Finding) => void;

export interface Draft {
  readonly id: string;
  readonly kind: KindName;
  readonly timeUs: TimeUs;
  readonly sinceUs: TimeUs;
  readonly unit: string;
  readonly tag: string;
  readonly actor?: string;
  readonly confidence: number;
  /** 1 is the limit. */
  readonly score: number;
  readonly expected: string;
  readonly seen: string;
  readonly sentence: string;
  readonly numbers: Readonly<Record<string, number>>;
  readonly evidence: string;
  readonly informative?: boolean;
}

/** The finding of a draft; numbers that are none are left out. */
export function findingOf(draft: Draft): Finding {
  const { id, kind, timeUs, sinceUs, unit, tag, actor = '', confidence, score, expected, seen, sentence } = draft;
  const subject: Subject = { actor, device: '', tag, unit, conversation: '' };
  const numbers = Object.fromEntries(Object.entries(draft.numbers).filter(([, value]) => Number.isFinite(value)));
  return {
    id,
    timeUs,
    sinceUs: Math.min(sinceUs, timeUs),
    kind,
    subject,
    confidence,
    score,
    expected,
    seen,
    sentence,
    numbers,
    techniques: KINDS[kind].techniques,
    evidence: { frames: [], text: draft.evidence },
    informative: draft.informative ?? false,
  };
}

/** A number for a sentence: three or four digits, plain. */
export function plain(value: number): string {
  if (!Number.isFinite(value)) return 'unknown';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-3)) return value.toPrecision(3);
  return String(Number(value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3)));
}

/** `75.0 Cel`. */
export function withUnit(value: number, unit: string): string {
  return unit === '' ? plain(value) : `${plain(value)} ${shownUnit(unit)}`;
}

/** Unit as people write it. */
export function shownUnit(unit: string): string {
  return unit === 'Cel' ? '°C' : unit === '[degF]' ? '°F' : unit;
}

/** Unit of a difference. */
export function differenceText(unit: string): string {
  return unit === 'Cel' || unit === '[degF]' ? 'K' : unit;
}
