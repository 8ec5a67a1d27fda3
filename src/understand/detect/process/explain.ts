/** Turns a deviation into a finding a process engineer can read. */
import type { Finding } from '../../../records.ts';
import type { Band } from '../detector.ts';
import { KINDS, type KindName } from '../kinds.ts';

/** What the detectors know of one deviation. */
export interface Deviation {
  readonly kind: KindName;
  readonly unit: string;
  /** The tag most likely wrong first, then those it is coupled with. */
  readonly tags: readonly { readonly name: string; readonly blame: number }[];
  readonly timeUs: number;
  readonly sinceUs: number;
  /** 1 is the limit. */
  readonly score: number;
  readonly value?: number;
  readonly before?: number;
  readonly band?: Band;
  readonly maxRate?: number;
  /** Reads this much high. */
  readonly estimate?: number;
  readonly spread?: number;
  /** Name of the twin that disagrees. */
  readonly twin?: string;
  readonly state?: string;
}

/** A number with about three significant digits, plain. */
export function plain(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-3)) return value.toPrecision(3);
  return String(Number(value.toFixed(size >= 100 ? 1 : size >= 1 ? 2 : 3)));
}

/** `12.3 … 45.6 K`, open ends left out. */
export function bandText(band: Band | undefined, unit: string): string {
  if (band === undefined) return '';
  const low = Number.isFinite(band.low);
  const high = Number.isFinite(band.high);
  if (low && high) return `${plain(band.low)} to ${plain(band.high)}${unit}`;
  if (low) return `at least ${plain(band.low)}${unit}`;
  return high ? `at most ${plain(band.high)}${unit}` : '';
}

interface Words {
  readonly expected: string;
  readonly seen: string;
  readonly sentence: string;
}

function wordsOf(d: Deviation, engineeringUnit: string): Words {
  const unit = engineeringUnit === '' ? '' : ` ${engineeringUnit}`;
  const tag = d.tags[0]?.name ?? d.unit;
  const shown = d.value === undefined ? '' : `${plain(d.value)}${unit}`;
  const others = d.tags
    .slice(1, 4)
    .map((other) => other.name)
    .join(', ');
  switch (d.kind) {
    case 'physical-rate': {
      const change = (d.value ?? 0) - (d.before ?? 0);
      const signed = `${change >= 0 ? '+' : ''}${plain(change)}${unit}`;
      return {
        expected: d.maxRate === undefined ? 'slower changes' : `at most ${plain(d.maxRate)}${unit}/s`,
        seen: `${signed} in one scan`,
        sentence: `${tag} changed by ${signed} in one scan, faster than the process can.`,
      };
    }
    case 'offset':
    case 'drift':
    case 'gain': {
      if (d.estimate === undefined) return apartWords(d, tag, shown, others, unit);
      const amount = `${plain(Math.abs(d.estimate))}${unit} ${d.estimate >= 0 ? 'high' : 'low'}`;
      const truth = plain((d.value ?? 0) - d.estimate) + unit;
      return {
        expected: `${truth} (± ${plain(2 * (d.spread ?? 0))})`,
        seen: shown,
        sentence: `${tag} reads ${amount}${d.kind === 'drift' ? ' and drifts' : d.kind === 'gain' ? ', with a wrong gain' : ''}: ${d.twin ?? (others === '' ? 'the other tags' : others)} expect ${truth} where it shows ${shown}.`,
      };
    }
    case 'stuck':
      return { expected: 'a moving value', seen: `${shown}, unchanged`, sentence: `${tag} is frozen at ${shown}.` };
    case 'noise-up':
      return { expected: 'its usual noise', seen: 'more noise', sentence: `${tag} has become noisy.` };
    case 'noise-lost':
      return { expected: 'its usual noise', seen: 'hardly any', sentence: `${tag} has lost its usual noise.` };
    case 'gap': {
      const seconds = plain((d.timeUs - d.sinceUs) / 1e6);
      return {
        expected: 'a sample',
        seen: `none for ${seconds} s`,
        sentence: `${tag} has been silent for ${seconds} s.`,
      };
    }
    case 'never-moved':
      return {
        expected: 'no change',
        seen: shown,
        sentence: `${tag} never moved while learning and now shows ${shown}.`,
      };
    case 'junk':
      return { expected: 'a measurement', seen: shown, sentence: `${tag} shows ${shown}, which is no measurement.` };
    case 'spike':
      return {
        expected: d.before === undefined ? 'no jump' : `about ${plain(d.before)}${unit}`,
        seen: shown,
        sentence: `${tag} jumped to ${shown}, further than it ever did.`,
      };
    case 'unseen-state':
      return {
        expected: 'a state seen while learning',
        seen: d.state ?? '',
        sentence: `${d.unit} is in a state never learned (${d.state ?? ''}): learned limits cannot judge it.`,
      };
    case 'replay':
      return tag === ''
        ? {
            expected: 'new values',
            seen: 'a repeat',
            sentence: 'All tags together repeat what they showed before: a replay.',
          }
        : {
            expected: 'new values',
            seen: 'a repeat of earlier ones',
            sentence: `${tag} repeats its own earlier values, sample by sample.`,
          };
    case 'step-size':
      return {
        expected: 'its usual resolution',
        seen: 'coarser steps',
        sentence: `${tag} moves in coarser steps than before.`,
      };
    case 'clamp':
      return {
        expected: 'free movement',
        seen: `${shown}, again and again`,
        sentence: `${tag} is held at a limit: it shows ${shown} again and again.`,
      };
    case 'oscillation':
      return { expected: 'fewer changes', seen: 'many', sentence: `${tag} switches far more often than it did.` };
    case 'level': {
      const band = bandText(d.band, unit);
      return {
        expected: band === '' ? 'its usual level' : `its usual level (seen while learning: ${band})`,
        seen: shown,
        sentence: `${tag} has left its usual level: it shows ${shown}${band === '' ? '' : `; while learning it kept to ${band}`}.`,
      };
    }
    default:
      break;
  }
  if (d.kind === 'limit' || d.kind === 'range' || d.kind === 'scale-jump') {
    const band = bandText(d.band, unit);
    const because = d.kind === 'scale-jump' ? ', a jump by a decade or unit' : '';
    return { expected: band, seen: shown, sentence: `${tag} shows ${shown}, expected ${band}${because}.` };
  }
  return {
    expected: 'what the other tags say',
    seen: shown,
    sentence: `${tag} no longer agrees with ${others === '' ? 'the other tags' : others}.`,
  };
}

/** A reading that moved apart from the others, without an estimate of how far. */
function apartWords(d: Deviation, tag: string, shown: string, others: string, unit: string): Words {
  const how = { offset: 'has stepped away from', drift: 'drifts away from', gain: 'follows with another gain than' };
  const band = bandText(d.band, unit);
  return {
    expected: others === '' ? 'what the other tags say' : `what ${others} say`,
    seen: shown,
    sentence: `${tag} ${how[d.kind as keyof typeof how]} ${others === '' ? 'the other tags' : others}: it shows ${shown}${band === '' ? '' : `, seen while learning: ${band}`}.`,
  };
}

/** The finding of a deviation. `id` is stable over updates of the same episode. */
export function deviationFinding(d: Deviation, id: string, sinceUs: number, engineeringUnit: string): Finding {
  const words = wordsOf(d, engineeringUnit);
  const numbers: Record<string, number> = {};
  if (d.value !== undefined) numbers.shown = d.value;
  if (d.estimate !== undefined) {
    numbers.deviation = d.estimate;
    numbers.likelyTrue = (d.value ?? Number.NaN) - d.estimate;
    if (d.spread !== undefined) numbers.deviationSpread = d.spread;
  } else if ((d.kind === 'physical-rate' || d.kind === 'spike') && d.value !== undefined && d.before !== undefined) {
    numbers.deviation = d.value - d.before;
  }
  if (d.band !== undefined) {
    if (Number.isFinite(d.band.low)) numbers.expectedLow = d.band.low;
    if (Number.isFinite(d.band.high)) numbers.expectedHigh = d.band.high;
  }
  for (const coupled of d.tags.slice(1)) numbers[`coupled:${coupled.name}`] = coupled.blame;
  return {
    id,
    timeUs: d.timeUs,
    sinceUs: Math.min(sinceUs, d.timeUs),
    kind: d.kind,
    subject: { actor: '', device: '', tag: d.tags[0]?.name ?? '', unit: d.unit, conversation: '' },
    confidence: d.score <= 0 ? 0.5 : Math.min(0.999, 1 - 0.2 / Math.max(d.score, 0.3)),
    score: d.score,
    expected: words.expected,
    seen: words.seen,
    sentence: words.sentence,
    numbers,
    techniques: KINDS[d.kind].techniques,
    evidence: { frames: [], text: `score ${plain(d.score)} (1 is the limit)` },
    informative: d.kind === 'unseen-state',
  };
}
