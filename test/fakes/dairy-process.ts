/**
 * What the fake engine knows of the dairy line's process: tags and their values as functions of plant time. At `WRITE_US` the
 * calibration of TT-101 was changed by +4.0 K (worked example of the design): shown and true temperature part.
 */
import type { TagRole, TimeUs } from '../../src/records.ts';
import type { TagLimit, TagNow, Trend } from '../../src/show/api/types.ts';

export const SECOND_US = 1e6;
/** 2026-11-24 10:02:07.312 in Prague: the write. */
export const WRITE_US: TimeUs = Date.UTC(2026, 10, 24, 9, 2, 7, 312) * 1000;
/** Plant time when the fake starts: four and a half minutes after the write. */
export const START_US: TimeUs = WRITE_US + 264 * SECOND_US;
/** Offset written, and how fast the controller takes it out again. [K, s] */
const OFFSET_K = 4;
const CONTROLLER_S = 50;

interface TagModel {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly plantUnit: 'P1' | 'F1';
  readonly point: string;
  readonly role: TagRole;
  readonly axis: readonly [number, number];
  readonly band: readonly [number, number] | null;
  readonly digits: number;
  readonly noise: number;
  readonly limits?: readonly TagLimit[];
  readonly at: (timeUs: TimeUs) => number;
}

/** Deterministic noise in [-1, 1], equal for equal time: a trend looks the same on every request. */
function noiseAt(seed: number, timeUs: TimeUs): number {
  const x = Math.sin(seed * 12.9898 + Math.round(timeUs / SECOND_US) * 78.233) * 43758.5453;
  return 2 * (x - Math.floor(x)) - 1;
}

/** How much of the offset the controller has taken out: 0 at the write, 1 long after. */
function settled(timeUs: TimeUs): number {
  return timeUs <= WRITE_US ? 0 : 1 - Math.exp(-(timeUs - WRITE_US) / SECOND_US / CONTROLLER_S);
}

const trueTemperature = (timeUs: TimeUs): number => 75 - OFFSET_K * settled(timeUs);
const shownTemperature = (timeUs: TimeUs): number => trueTemperature(timeUs) + (timeUs >= WRITE_US ? OFFSET_K : 0);
const safeLow: TagLimit = { name: 'safe', side: 'low', value: 72 };

const P1 = (point: string) => ({ plantUnit: 'P1' as const, point: `10.20.1.11/1/${point}` });
const F1 = (point: string) => ({ plantUnit: 'F1' as const, point: `10.20.1.12/1/${point}` });

const MODELS: readonly TagModel[] = [
  {
    ...P1('holding/100'),
    name: 'TT-101',
    title: 'product after heater',
    unit: '°C',
    role: 'measurement',
    axis: [60, 90],
    band: [74.4, 75.6],
    digits: 1,
    noise: 0.08,
    at: shownTemperature,
    limits: [safeLow, { name: 'operating', side: 'low', value: 73 }, { name: 'operating', side: 'high', value: 78.6 }],
  },
  {
    ...P1('holding/102'),
    name: 'TT-102',
    title: 'product after holding tube',
    unit: '°C',
    role: 'measurement',
    axis: [60, 90],
    band: [74.0, 75.2],
    digits: 1,
    noise: 0.08,
    limits: [safeLow],
    at: (timeUs) => trueTemperature(timeUs - 25 * SECOND_US) - 0.4,
  },
  {
    ...P1('holding/140'),
    name: 'heater',
    title: 'heater output',
    unit: '%',
    role: 'command',
    axis: [0, 100],
    band: [51, 57],
    digits: 0,
    noise: 0.6,
    at: (timeUs) => 54 - 18 * settled(timeUs),
  },
  {
    ...P1('holding/104'),
    name: 'flow',
    title: 'product flow',
    unit: 'm³/h',
    role: 'measurement',
    axis: [0, 8],
    band: [5.8, 6.2],
    digits: 1,
    noise: 0.05,
    at: () => 6,
  },
  {
    ...P1('holding/98'),
    name: 'TT-100',
    title: 'product before heater',
    unit: '°C',
    role: 'measurement',
    axis: [50, 80],
    band: [62.4, 63.6],
    digits: 1,
    noise: 0.1,
    at: () => 63,
  },
  {
    ...P1('holding/120'),
    name: 'SP-101',
    title: 'set-point of TT-101',
    unit: '°C',
    role: 'setpoint',
    axis: [60, 90],
    band: [74, 78],
    digits: 1,
    noise: 0,
    at: () => 75,
  },
  {
    ...P1('holding/160'),
    name: 'TT-101.offset',
    title: 'calibration of TT-101',
    unit: 'K',
    role: 'calibration',
    axis: [-5, 5],
    band: [0, 0],
    digits: 1,
    noise: 0,
    at: (timeUs) => (timeUs >= WRITE_US ? OFFSET_K : 0),
  },
  {
    ...P1('coil/12'),
    name: 'FDV',
    title: 'flow diversion valve',
    unit: '',
    role: 'command',
    axis: [0, 1],
    band: null,
    digits: 0,
    noise: 0,
    at: () => 0,
  },
  {
    ...F1('holding/102'),
    name: 'ST-201',
    title: 'filler speed',
    unit: '/min',
    role: 'measurement',
    axis: [0, 140],
    band: [97, 103],
    digits: 0,
    noise: 0.8,
    at: () => 100,
    limits: [{ name: 'safe', side: 'high', value: 140 }],
  },
  {
    ...F1('holding/100'),
    name: 'LT-201',
    title: 'filler bowl level',
    unit: '%',
    role: 'measurement',
    axis: [0, 100],
    band: [55, 65],
    digits: 0,
    noise: 1.2,
    at: () => 60,
  },
  {
    ...F1('holding/104'),
    name: 'ST-202',
    title: 'conveyor speed',
    unit: 'm/min',
    role: 'measurement',
    axis: [0, 30],
    band: [17.4, 18.6],
    digits: 1,
    noise: 0.1,
    at: () => 18,
  },
  {
    ...F1('holding/106'),
    name: 'IT-201',
    title: 'conveyor motor load',
    unit: '%',
    role: 'measurement',
    axis: [0, 100],
    band: null,
    digits: 0,
    noise: 1.5,
    at: () => 54,
  },
  {
    ...F1('holding/108'),
    name: 'bottles',
    title: 'bottles filled',
    unit: '',
    role: 'measurement',
    axis: [0, 200_000],
    band: null,
    digits: 0,
    noise: 0,
    at: (timeUs) => Math.floor(84_000 + ((timeUs - WRITE_US) / SECOND_US / 60) * 100),
  },
  {
    ...F1('discrete/3'),
    name: 'GUARD-1',
    title: 'guard door closed',
    unit: '',
    role: 'safety',
    axis: [0, 1],
    band: null,
    digits: 0,
    noise: 0,
    at: () => 1,
  },
];

export const TAG_NAMES: readonly string[] = MODELS.map((model) => model.name);
/** Tags of the overview, in the order to show. */
export const TOP_TAGS = {
  P1: ['TT-101', 'TT-102', 'heater', 'flow'],
  F1: ['ST-201', 'LT-201', 'ST-202', 'IT-201'],
} as const;

function valueAt(model: TagModel, timeUs: TimeUs): number {
  return model.at(timeUs) + model.noise * noiseAt(MODELS.indexOf(model) + 1, timeUs);
}

function modelOf(name: string): TagModel | undefined {
  return MODELS.find((model) => model.name === name);
}

/** The tag with its value at `timeUs`; undefined for an unknown name. `incident` is named on the tags that are part of it. */
export function tagNow(name: string, timeUs: TimeUs, incident: string): TagNow | undefined {
  const model = modelOf(name);
  if (model === undefined) return undefined;
  const value = valueAt(model, timeUs);
  const wrong =
    name === 'TT-101' || name === 'TT-102' || name === 'TT-101.offset' ? 'critical' : name === 'heater' ? 'high' : null;
  const { at: _at, noise: _noise, limits = [], point, ...shown } = model;
  return {
    ...shown,
    point,
    device: model.plantUnit === 'P1' ? 'A-3' : 'A-4',
    reporting: 'sampled',
    value: Number(value.toFixed(model.digits + 1)),
    quality: 'good',
    timeUs,
    limits,
    readiness: name === 'IT-201' ? 'learning' : model.band === null ? 'cannot-judge' : 'ready',
    priority: incident === '' ? null : wrong,
    incident: wrong === null ? '' : incident,
  };
}

/** Min, max and mean per bucket from `fromUs` to `toUs`, cut at `nowUs`; undefined for an unknown name. */
export function trendOf(
  name: string,
  span: { fromUs: TimeUs; toUs: TimeUs; buckets: number; nowUs: TimeUs },
  incident: string,
): Trend | undefined {
  const model = modelOf(name);
  const tag = tagNow(name, span.nowUs, incident);
  if (model === undefined || tag === undefined) return undefined;
  const toUs = Math.max(span.fromUs, Math.min(span.toUs, span.nowUs));
  const step = (toUs - span.fromUs) / span.buckets;
  const times = Array.from({ length: step > 0 ? span.buckets : 0 }, (_, n) =>
    Math.round(span.fromUs + (n + 0.5) * step),
  );
  const mean = times.map((timeUs) => valueAt(model, timeUs));
  const differs = name === 'TT-101' && toUs >= WRITE_US;
  return {
    tag,
    fromUs: span.fromUs,
    toUs,
    timeUs: times,
    min: mean.map((value) => value - model.noise / 2),
    max: mean.map((value) => value + model.noise / 2),
    mean,
    bandLow: times.map(() => model.band?.[0] ?? null),
    bandHigh: times.map(() => model.band?.[1] ?? null),
    likelyTrue: differs ? times.map((timeUs) => (timeUs < WRITE_US ? null : trueTemperature(timeUs))) : [],
  };
}
