/** The mode ladder: which denials count. The lower of conduit and rule; guard acts only on rules marked for it. */
import { MODES, type Mode } from '../../../records.ts';
import type { PolicyVerdict } from '../policy/index.ts';
import { rankOf } from '../policy/index.ts';

/** The lower of two modes; bypass is below all. */
export function lowerMode(a: Mode, b: Mode): Mode {
  return rankOf(a) <= rankOf(b) ? a : b;
}

/** True where a denial counts on the wire. `otherwise: deny` (a verdict without a rule) counts only in enforce. */
export function acts(conduit: Mode, { rule, ruleMode, guard }: PolicyVerdict): boolean {
  const mode = lowerMode(conduit, ruleMode);
  return mode === 'enforce' || (mode === 'guard' && guard && rule !== '');
}

/** True where a denial that does not count is worth a judgement: from shadow on. */
export function isRecorded(conduit: Mode): boolean {
  return rankOf(conduit) >= rankOf('shadow');
}

/** Modes from low to high that need two people to be reached. */
export function needsTwoPeople(mode: Mode): boolean {
  return rankOf(mode) >= rankOf('guard');
}

/** The next lower mode; observe stays. */
export function oneLower(mode: Mode): Mode {
  return MODES[Math.max(0, rankOf(mode) - 1)] ?? 'observe';
}
