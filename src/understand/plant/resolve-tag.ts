/** A tag of a site file: point, type, limits, rates and twin, in the tag's own unit. */
import type { TagRole } from '../../records.ts';
import { parseAddress } from './addresses.ts';
import { RESERVED_WORDS } from './expression-text.ts';
import type { Path, YamlFile } from './issues.ts';
import type { Interval, StateLimits, Tag, TagType, Twin } from './model.ts';
import { didYouMean } from './nearest.ts';
import { parseDurationSeconds, parseIntervalSeconds, parseQuantity } from './quantities.ts';
import type { SiteNames } from './resolve.ts';
import type { TagText } from './site-schema.ts';
import {
  combine,
  conversion,
  isScalePoint,
  parseUnit,
  sameDimensions,
  UNIT_KELVIN,
  UNIT_ONE,
  type Unit,
} from './units.ts';

export function resolveTag(
  name: string,
  text: TagText,
  plantUnit: string,
  states: readonly string[],
  path: Path,
  names: SiteNames,
): Tag {
  const { file } = names;
  if (RESERVED_WORDS.has(name)) file.atKey(path, `"${name}" has a meaning in expressions; choose another name`);
  const unit = resolveUnitCode(text.unit, [...path, 'unit'], file);
  const point = resolvePoint(text.point, [...path, 'point'], names);
  const area = point.split('/').at(-2) ?? '';
  checkReference(text.of, [...path, 'of'], names);
  if (text.proofTest !== undefined) {
    const interval = parseIntervalSeconds(text.proofTest);
    if (typeof interval === 'string') file.at([...path, 'proofTest'], interval);
  }
  const type = text.type ?? defaultType(area);
  if (isBitArea(area) && type !== 'bool' && type !== 'native') {
    file.at([...path, 'type'], `a point in area ${area} is one bit: expected bool, got "${type}"`);
  }
  return {
    name,
    title: text.title ?? '',
    plantUnit,
    point,
    type,
    scale: text.scale ?? 1,
    unit: text.unit ?? '',
    role: text.role ?? defaultRole(area),
    reporting: text.reporting ?? 'sampled',
    limits: resolveLimits(text, states, path, file),
    maxRate: text.maxRate === undefined ? Number.NaN : resolveRate(text.maxRate, unit, [...path, 'maxRate'], file),
    twin: resolveTwin(text, unit, path, names),
    of: text.of ?? '',
    safe: text.safe ?? Number.NaN,
    proofTest: text.proofTest ?? '',
    declared: true,
  };
}

function resolveUnitCode(text: string | undefined, path: Path, file: YamlFile): Unit {
  const unit = parseUnit(text ?? '');
  if (typeof unit !== 'string') return unit;
  file.at(path, unit);
  return UNIT_ONE;
}

/** `plc-1/holding/100` → `10.20.1.11/1/holding/100`; a first part that is an address stands for itself. */
function resolvePoint(text: string, path: Path, names: SiteNames): string {
  const slash = text.indexOf('/');
  const first = text.slice(0, slash);
  const rest = text.slice(slash + 1);
  const device = names.devices.find(({ name }) => name === first);
  if (device !== undefined) return `${device.address}${device.unit === '' ? '' : `/${device.unit}`}/${rest}`;
  if (parseAddress(first) === null && !/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(first)) {
    const known = names.devices.map(({ name }) => name);
    names.file.at(path, `unknown device "${first}"${didYouMean(first, known)}`);
  }
  return text;
}

const BIT_AREAS: ReadonlySet<string> = new Set(['coil', 'discrete']);
const REGISTER_AREAS: ReadonlySet<string> = new Set(['holding', 'input']);
const isBitArea = (area: string): boolean => BIT_AREAS.has(area);

function defaultType(area: string): TagType {
  if (isBitArea(area)) return 'bool';
  return REGISTER_AREAS.has(area) ? 'uint16' : 'native';
}

function defaultRole(area: string): TagRole {
  return isBitArea(area) ? 'status' : 'measurement';
}

function resolveLimits(
  text: TagText,
  states: readonly string[],
  path: Path,
  file: YamlFile,
): Record<string, StateLimits> {
  const limits: Record<string, StateLimits> = {};
  for (const [state, { operating, safe }] of Object.entries(text.limits ?? {})) {
    const at = [...path, 'limits', state];
    if (state !== '*' && !states.includes(state)) {
      file.atKey(
        at,
        `unknown state "${state}"${didYouMean(state, states) || `; known are ${[...states, '*'].join(', ')}`}`,
      );
    }
    const inner = operating === undefined ? undefined : resolveInterval(operating, [...at, 'operating'], file);
    const outer = safe === undefined ? undefined : resolveInterval(safe, [...at, 'safe'], file);
    if (inner !== undefined && outer !== undefined && (inner.low < outer.low || inner.high > outer.high)) {
      file.at([...at, 'operating'], 'the operating limits lie outside the safe limits');
    }
    limits[state] = {
      ...(inner === undefined ? {} : { operating: inner }),
      ...(outer === undefined ? {} : { safe: outer }),
    };
  }
  return limits;
}

function resolveInterval([low, high]: readonly [number | null, number | null], path: Path, file: YamlFile): Interval {
  const interval = { low: low ?? Number.NEGATIVE_INFINITY, high: high ?? Number.POSITIVE_INFINITY };
  if (!(interval.low < interval.high)) file.at(path, `expected [low, high] with low below high, got [${low}, ${high}]`);
  return interval;
}

/** The unit differences of a tag come in: K for temperatures. */
export function differenceUnit(unit: Unit): Unit {
  return isScalePoint(unit) ? { ...UNIT_KELVIN, factor: unit.factor } : unit;
}

const SECOND = parseUnit('s') as Unit;

/** A rate in tag units per second; a plain number is that already. */
function resolveRate(text: string | number, unit: Unit, path: Path, file: YamlFile): number {
  const quantity = parseQuantity(text);
  if (typeof quantity === 'string') {
    file.at(path, quantity);
    return Number.NaN;
  }
  if (quantity.unit.text === '') return quantity.value;
  const own = differenceUnit(unit);
  const wanted = combine(own.dimensions, SECOND.dimensions, -1);
  if (!sameDimensions(quantity.unit.dimensions, wanted)) {
    file.at(path, `expected a rate in ${own.text || '1'}/s, got "${text}"`);
    return Number.NaN;
  }
  return (quantity.value * quantity.unit.factor) / own.factor;
}

/** A difference in the tag's unit; a plain number is that already. */
export function resolveDifference(text: string | number, unit: Unit, path: Path, file: YamlFile): number {
  const quantity = parseQuantity(text);
  if (typeof quantity === 'string') {
    file.at(path, quantity);
    return Number.NaN;
  }
  if (quantity.unit.text === '') return quantity.value;
  const own = differenceUnit(unit);
  const factor = isScalePoint(quantity.unit) ? Number.NaN : conversion(quantity.unit, own);
  if (Number.isNaN(factor)) file.at(path, `expected a difference in ${own.text || 'no unit'}, got "${text}"`);
  return quantity.value * factor;
}

/** Seconds of a time; 0 and a noted mistake where it is none. */
export function resolveSeconds(
  text: string | number | undefined,
  otherwise: number,
  path: Path,
  file: YamlFile,
): number {
  if (text === undefined) return otherwise;
  const seconds = parseDurationSeconds(text);
  if (typeof seconds !== 'string') return seconds;
  file.at(path, seconds);
  return otherwise;
}

function resolveTwin(text: TagText, unit: Unit, path: Path, names: SiteNames): Twin | null {
  if (text.twin === undefined) return null;
  const { file } = names;
  const { of, lag, offset, tolerance } = text.twin;
  const at = [...path, 'twin'];
  if (checkReference(of, [...at, 'of'], names)) {
    const code = names.codeOf.get(of) ?? '';
    const other = parseUnit(code);
    const equal = typeof other !== 'string' && sameDimensions(other.dimensions, unit.dimensions);
    if (typeof other !== 'string' && (!equal || isScalePoint(other) !== isScalePoint(unit))) {
      file.at(
        [...at, 'of'],
        `a twin measures the same: ${of} is in ${code || 'no unit'}, this tag in ${unit.text || 'no unit'}`,
      );
    }
  }
  return {
    of,
    lagSeconds: resolveSeconds(lag, 0, [...at, 'lag'], file),
    offset: offset === undefined ? 0 : resolveDifference(offset, unit, [...at, 'offset'], file),
    tolerance: resolveDifference(tolerance, unit, [...at, 'tolerance'], file),
  };
}

/** Notes a mistake where `tag` is none of the site; true where it is one. */
export function checkReference(tag: string | undefined, path: Path, names: SiteNames): boolean {
  if (tag === undefined || names.codeOf.has(tag)) return true;
  names.file.at(path, `unknown tag "${tag}"${didYouMean(tag, names.codeOf.keys())}`);
  return false;
}
