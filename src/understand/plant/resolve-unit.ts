/** States, effects and invariants of a plant unit. */
import { compileCondition, compileRelation } from './expressions.ts';
import type { Path, YamlFile } from './issues.ts';
import type { EffectSpec, Invariant, StateRule } from './model.ts';
import { didYouMean } from './nearest.ts';
import { parseQuantity } from './quantities.ts';
import type { SiteNames } from './resolve.ts';
import { checkReference, differenceUnit, resolveDifference, resolveSeconds } from './resolve-tag.ts';
import type { UnitText } from './site-schema.ts';
import { combine, dimensionsText, parseUnit, sameDimensions, UNIT_ONE, type Unit } from './units.ts';

const STATE_DWELL_SECONDS = 30;

export function resolveStates(text: UnitText, path: Path, names: SiteNames): StateRule[] {
  const entries = Object.entries(text.states ?? {});
  return entries.map(([name, condition], i): StateRule => {
    const at = [...path, 'states', name];
    if (condition.trim() === 'otherwise') {
      if (i !== entries.length - 1) names.file.at(at, 'otherwise must be the last state: later ones never hold');
      return { name, when: null };
    }
    const compiled = compileCondition(condition, names.tagUnits);
    if (typeof compiled !== 'string') return { name, when: compiled };
    names.file.at(at, compiled);
    return { name, when: null };
  });
}

export function resolveStateDwell(text: UnitText, path: Path, file: YamlFile): number {
  return resolveSeconds(text.stateDwell, STATE_DWELL_SECONDS, [...path, 'stateDwell'], file);
}

export function resolveEffects(text: UnitText, path: Path, names: SiteNames): EffectSpec[] {
  return (text.effects ?? []).map((effect, i): EffectSpec => {
    const at = [...path, 'effects', i];
    const known = [checkReference(effect.of, [...at, 'of'], names), checkReference(effect.on, [...at, 'on'], names)];
    const gain =
      effect.gain !== undefined && known.every(Boolean) ? resolveGain(effect, effect.gain, at, names) : Number.NaN;
    const written = /[^\d.\s+-].*$/.exec(String(effect.gain ?? ''))?.[0] ?? '';
    return {
      of: effect.of,
      on: effect.on,
      gain,
      gainUnit: written,
      lagSeconds: resolveSeconds(effect.lag, 0, [...at, 'lag'], names.file),
      declared: true,
    };
  });
}

/** Change of `on` (in its unit) per unit of `of`; a plain number is that already. */
function resolveGain(
  { of, on }: { readonly of: string; readonly on: string },
  text: string | number,
  path: Path,
  names: SiteNames,
): number {
  const gain = parseQuantity(text);
  if (typeof gain === 'string') {
    names.file.at([...path, 'gain'], gain);
    return Number.NaN;
  }
  const cause = differenceUnit(names.tagUnits.unitOf(of) ?? UNIT_ONE);
  const effect = differenceUnit(names.tagUnits.unitOf(on) ?? UNIT_ONE);
  const wanted = combine(effect.dimensions, cause.dimensions, -1);
  if (gain.unit.text === '') return gain.value;
  if (!sameDimensions(gain.unit.dimensions, wanted)) {
    const expected = `${effect.text || '1'}${cause.text === '' ? '' : `/${cause.text}`}`;
    names.file.at([...path, 'gain'], `expected a gain in ${expected}, got "${text}"`);
    return Number.NaN;
  }
  return (gain.value * gain.unit.factor * cause.factor) / effect.factor;
}

export function resolveInvariants(
  text: UnitText,
  path: Path,
  states: readonly string[],
  names: SiteNames,
): Invariant[] {
  const seen = new Set<string>();
  const invariants: Invariant[] = [];
  for (const [i, invariant] of (text.invariants ?? []).entries()) {
    const at = [...path, 'invariants', i];
    const { name, when = '', that } = invariant;
    if (seen.has(name)) names.file.at([...at, 'name'], `invariant "${name}" stands twice in this unit`);
    seen.add(name);
    if (when !== '' && !states.includes(when)) {
      const near =
        didYouMean(when, states) ||
        (states.length === 0 ? '; the unit has no states' : `; known are ${states.join(', ')}`);
      names.file.at([...at, 'when'], `unknown state "${when}"${near}`);
    }
    const relation = compileRelation(that, names.tagUnits);
    if (typeof relation === 'string') {
      names.file.at([...at, 'that'], relation);
      continue;
    }
    const { left, right, unit } = relation;
    const within = resolveWithin(invariant.within, unit, [...at, 'within'], names.file);
    const steadyForSeconds = resolveSeconds(invariant.steadyFor, 0, [...at, 'steadyFor'], names.file);
    invariants.push({ name, plantUnit: text.name, when, steadyForSeconds, left, right, unit, ...within, text: that });
  }
  return invariants;
}

/** `8 %` is relative; anything else is a difference in the unit of both sides. */
function resolveWithin(
  text: string | number,
  code: string,
  path: Path,
  file: YamlFile,
): Pick<Invariant, 'within' | 'withinKind'> {
  const quantity = parseQuantity(text);
  if (typeof quantity !== 'string' && quantity.unit.text === '%') {
    if (!(quantity.value > 0)) file.at(path, `expected a tolerance above 0, got "${text}"`);
    return { within: quantity.value / 100, withinKind: 'relative' };
  }
  const unit = parseUnit(code);
  const within = resolveDifference(text, typeof unit === 'string' ? UNIT_ONE : unit, path, file);
  if (typeof quantity !== 'string' && !(quantity.value > 0))
    file.at(path, `expected a tolerance above 0, got "${text}"`);
  if (typeof quantity !== 'string' && quantity.unit.text === '' && needsUnit(unit)) {
    file.at(path, `expected a tolerance like 5 % or in ${code}, got "${text}"`);
  }
  return { within, withinKind: 'absolute' };
}

function needsUnit(unit: Unit | string): boolean {
  return typeof unit !== 'string' && dimensionsText(unit.dimensions) !== '';
}
