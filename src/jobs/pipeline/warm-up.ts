/**
 * Little normal is said, and still judged, with wider limits: a few hours hold few of the rare ordinary things (a jam, a break, a
 * product change), so what was only learned must stand out further, and stay, before it alone is an alarm. It is shown all the same,
 * and supports an incident that has other evidence at once.
 */
import type { Finding } from '../../records.ts';

/** Kinds that rest on learned statistics alone. Declared limits, physics, safety and the wire need no warm-up. */
const LEARNED_KINDS: ReadonlySet<string> = new Set([
  'relation',
  'offset',
  'drift',
  'gain',
  'level',
  'spike',
  'noise-up',
  'noise-lost',
  'step-size',
  'oscillation',
  'range',
  'unfamiliar',
  'lag',
  'stuck',
  'scale-jump',
]);
/** From this much normal on limits count as they are: a day holds every shift. [s] */
const WHOLE_SECONDS = 24 * 3_600;
/** How much further a deviation must stand out when hardly any normal was seen. */
const WIDEST = 2;

/** A learned deviation that passes within this time is no alarm: the ordinary rare things are over by then. [µs] */
const PERSIST_US = 55e6;

/** Score from which a learned deviation is an alarm by itself, after so much normal; 1 is the detector's own limit. */
export function alarmScore(learnedSeconds: number): number {
  const share = Math.min(1, Math.max(0, learnedSeconds / WHOLE_SECONDS));
  return 1 + (WIDEST - 1) * (1 - share);
}

/** The finding as it counts after so much normal: told, but informative, where it does not stand out enough. */
export function withWarmUp(finding: Finding, learnedSeconds: number): Finding {
  // Findings of declared invariants and twins have ids of their own; only process detection numbers its findings `p-`.
  const learned = finding.id.startsWith('p-') && LEARNED_KINDS.has(finding.kind);
  if (!learned || finding.informative) return finding;
  const persists = finding.timeUs - finding.sinceUs >= PERSIST_US;
  if (persists && finding.score >= alarmScore(learnedSeconds)) return finding;
  return { ...finding, informative: true };
}
