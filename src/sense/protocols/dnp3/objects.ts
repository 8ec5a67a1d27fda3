/**
 * DNP3 objects: the table of groups and variations as data, and the object header with all qualifier codes.
 * Source: IEEE 1815-2012, annex A (object library), 4.2.2.7 (object headers, qualifier octet).
 *
 * A layout is the sequence of an object's fields, little-endian, joined by `+`:
 * `state` flags with the state in bit 7 · `state2` flags with the double-bit state in bits 6 and 7 · `flags` · `status` control status ·
 * `time` 48-bit ms since 1970 · `relative` 16-bit ms after the common time of occurrence · `skip1` … `skip4` octets of no interest ·
 * number types · `bit`, `bit2` packed · `nothing` no octets · `crob` control relay output block · `octets` as many as the variation ·
 * `free` length only from a size prefix.
 */
import { VALUE_TYPE } from '../values.ts';
import { AREA, type AreaName } from './names.ts';

interface ObjectGroup {
  readonly group: number;
  readonly area: AreaName;
  /** Layout of variation n at index n - 1; empty: not defined. */
  readonly variations: readonly string[];
  /** Layout of every other variation. */
  readonly others?: string;
}

const COUNTER_FIELDS = ['flags+uint32', 'flags+uint16', 'flags+uint32', 'flags+uint16'];
const COUNTER_TIMED = [
  ...COUNTER_FIELDS,
  'flags+uint32+time',
  'flags+uint16+time',
  'flags+uint32+time',
  'flags+uint16+time',
];
const COUNTER_BARE = ['uint32', 'uint16', 'uint32', 'uint16'];
const ANALOG_EVENT = [
  'flags+int32',
  'flags+int16',
  'flags+int32+time',
  'flags+int16+time',
  'flags+float32',
  'flags+float64',
  'flags+float32+time',
  'flags+float64+time',
];

/** Annex A, in order. */
export const OBJECT_GROUPS: readonly ObjectGroup[] = [
  { group: 0, area: 'device-attribute', variations: [], others: 'attribute' },
  { group: 1, area: 'binary-input', variations: ['bit', 'state'] },
  { group: 2, area: 'binary-input', variations: ['state', 'state+time', 'state+relative'] },
  { group: 3, area: 'double-binary-input', variations: ['bit2', 'state2'] },
  { group: 4, area: 'double-binary-input', variations: ['state2', 'state2+time', 'state2+relative'] },
  { group: 10, area: 'binary-output', variations: ['bit', 'state'] },
  { group: 11, area: 'binary-output', variations: ['state', 'state+time'] },
  { group: 12, area: 'binary-output', variations: ['crob', 'crob', 'bit'] },
  { group: 13, area: 'binary-output', variations: ['command', 'command+time'] },
  { group: 20, area: 'counter', variations: [...COUNTER_FIELDS, ...COUNTER_BARE] },
  { group: 21, area: 'frozen-counter', variations: [...COUNTER_TIMED, ...COUNTER_BARE] },
  { group: 22, area: 'counter', variations: COUNTER_TIMED },
  { group: 23, area: 'frozen-counter', variations: COUNTER_TIMED },
  {
    group: 30,
    area: 'analog-input',
    variations: ['flags+int32', 'flags+int16', 'int32', 'int16', 'flags+float32', 'flags+float64'],
  },
  {
    group: 31,
    area: 'frozen-analog-input',
    variations: [
      'flags+int32',
      'flags+int16',
      'flags+int32+time',
      'flags+int16+time',
      'int32',
      'int16',
      'flags+float32',
      'flags+float64',
    ],
  },
  { group: 32, area: 'analog-input', variations: ANALOG_EVENT },
  { group: 33, area: 'frozen-analog-input', variations: ANALOG_EVENT },
  { group: 34, area: 'analog-input-deadband', variations: ['uint16', 'uint32', 'float32'] },
  { group: 40, area: 'analog-output', variations: ['flags+int32', 'flags+int16', 'flags+float32', 'flags+float64'] },
  {
    group: 41,
    area: 'analog-output',
    variations: ['int32+status', 'int16+status', 'float32+status', 'float64+status'],
  },
  { group: 42, area: 'analog-output', variations: ANALOG_EVENT },
  {
    group: 43,
    area: 'analog-output',
    variations: [
      'status+int32',
      'status+int16',
      'status+int32+time',
      'status+int16+time',
      'status+float32',
      'status+float64',
      'status+float32+time',
      'status+float64+time',
    ],
  },
  { group: 50, area: 'time', variations: ['time', 'time+skip4', 'time', 'time+skip4+skip1'] },
  { group: 51, area: 'time', variations: ['time', 'time'] },
  { group: 52, area: 'delay', variations: ['uint16', 'uint16'] },
  { group: 60, area: 'class', variations: ['nothing', 'nothing', 'nothing', 'nothing'] },
  { group: 70, area: 'file', variations: [], others: 'free' },
  { group: 80, area: 'internal-indication', variations: ['bit'] },
  { group: 81, area: 'storage', variations: ['skip3'] },
  { group: 82, area: 'storage', variations: [], others: 'free' },
  { group: 83, area: 'other', variations: [], others: 'free' },
  { group: 85, area: 'data-set', variations: [], others: 'free' },
  { group: 86, area: 'data-set', variations: ['free', 'skip1', 'free'] },
  { group: 87, area: 'data-set', variations: [], others: 'free' },
  { group: 88, area: 'data-set', variations: [], others: 'free' },
  { group: 90, area: 'application', variations: [], others: 'free' },
  { group: 91, area: 'other', variations: [], others: 'free' },
  { group: 101, area: 'bcd', variations: ['bcd2', 'bcd4', 'bcd8'] },
  { group: 102, area: 'unsigned-integer', variations: ['uint8'] },
  { group: 110, area: 'octet-string', variations: [], others: 'octets' },
  { group: 111, area: 'octet-string', variations: [], others: 'octets' },
  { group: 112, area: 'virtual-terminal', variations: [], others: 'octets' },
  { group: 113, area: 'virtual-terminal', variations: [], others: 'octets' },
  // Variations 3 (aggressive mode) and 4 (session key status request) have a fixed size and stand without a size prefix.
  { group: 120, area: 'authentication', variations: ['free', 'free', 'skip4+skip2', 'skip2'], others: 'free' },
  { group: 121, area: 'security-statistic', variations: ['flags+skip2+uint32'] },
  { group: 122, area: 'security-statistic', variations: ['flags+skip2+uint32', 'flags+skip2+uint32+time'] },
];

/** How the decoder treats an object. */
export const KIND = {
  fields: 0,
  bits: 1,
  doubleBits: 2,
  nothing: 3,
  crob: 4,
  octets: 5,
  attribute: 6,
  free: 7,
  bcd: 8,
} as const;

/** Where the state stands in the flags octet. */
export const STATE = { none: 0, bit7: 1, bits6And7: 2 } as const;
/** Octet position of a field the object lacks. */
export const ABSENT = -1;

/** One row of the table, ready for decoding. */
export interface ObjectLayout {
  readonly group: number;
  readonly variation: number;
  readonly area: number;
  readonly kind: number;
  /** Octets of one object; 0 for packed and free ones. */
  readonly size: number;
  readonly flagsAt: number;
  /** One of `STATE`. */
  readonly state: number;
  readonly statusAt: number;
  readonly valueAt: number;
  /** One of `VALUE_TYPE`. */
  readonly type: number;
  readonly timeAt: number;
  /** Time is 16-bit after the common time of occurrence. */
  readonly relative: boolean;
}

const NUMBERS: Readonly<Record<string, readonly [type: number, size: number]>> = {
  uint8: [VALUE_TYPE.uint8, 1],
  uint16: [VALUE_TYPE.uint16le, 2],
  uint32: [VALUE_TYPE.uint32le, 4],
  int16: [VALUE_TYPE.int16le, 2],
  int32: [VALUE_TYPE.int32le, 4],
  float32: [VALUE_TYPE.float32le, 4],
  float64: [VALUE_TYPE.float64le, 8],
};
const WHOLE: Readonly<Record<string, readonly [kind: number, size: number]>> = {
  bit: [KIND.bits, 0],
  bit2: [KIND.doubleBits, 0],
  nothing: [KIND.nothing, 0],
  crob: [KIND.crob, 11],
  octets: [KIND.octets, 0],
  attribute: [KIND.attribute, 0],
  free: [KIND.free, 0],
  bcd2: [KIND.bcd, 2],
  bcd4: [KIND.bcd, 4],
  bcd8: [KIND.bcd, 8],
};

const LAYOUTS: readonly ReadonlyMap<number, ObjectLayout>[] = OBJECT_GROUPS.reduce<Map<number, ObjectLayout>[]>(
  (byGroup, { group, area, variations, others }) => {
    const byVariation = new Map<number, ObjectLayout>();
    for (let variation = others === undefined ? 1 : 0; variation < 256; variation++) {
      const text = variations[variation - 1] ?? others ?? '';
      if (text !== '') byVariation.set(variation, makeLayout(group, variation, AREA[area], text));
    }
    byGroup[group] = byVariation;
    return byGroup;
  },
  [],
);

/** Layout of a group and variation; undefined where annex A has none. */
export function layoutOf(group: number, variation: number): ObjectLayout | undefined {
  return LAYOUTS[group]?.get(variation);
}

/** Area of a group, for headers without objects and variation 0. */
export function areaOf(group: number): number {
  return AREA_BY_GROUP[group]!;
}
const AREA_BY_GROUP = new Uint8Array(256);
for (const { group, area } of OBJECT_GROUPS) AREA_BY_GROUP[group] = AREA[area];

function makeLayout(group: number, variation: number, area: number, text: string): ObjectLayout {
  const layout = {
    group,
    variation,
    area,
    kind: KIND.fields as number,
    size: 0,
    flagsAt: ABSENT,
    state: STATE.none as number,
    statusAt: ABSENT,
    valueAt: ABSENT,
    type: VALUE_TYPE.none as number,
    timeAt: ABSENT,
    relative: false,
  };
  for (const field of text.split('+')) layout.size += place(layout, field);
  if (layout.kind === KIND.octets) layout.size = variation;
  return layout;
}

/** Puts `field` at the end of `layout`; returns its octets. */
function place(layout: { -readonly [key in keyof ObjectLayout]: ObjectLayout[key] }, field: string): number {
  const at = layout.size;
  const whole = WHOLE[field];
  if (whole !== undefined) {
    layout.kind = whole[0];
    return whole[1];
  }
  const number = NUMBERS[field];
  if (number !== undefined) {
    layout.valueAt = at;
    layout.type = number[0];
    return number[1];
  }
  if (field.startsWith('skip')) return Number(field.slice(4));
  if (field === 'time' || field === 'relative') {
    layout.timeAt = at;
    layout.relative = field === 'relative';
    return layout.relative ? 2 : 6;
  }
  if (field === 'status') {
    layout.statusAt = at;
    return 1;
  }
  // A command event (group 13) carries status in bits 0 to 6 and the commanded state in bit 7.
  if (field === 'command') layout.statusAt = at;
  else layout.flagsAt = at;
  if (field === 'state' || field === 'command') layout.state = STATE.bit7;
  if (field === 'state2') layout.state = STATE.bits6And7;
  return 1;
}

/** What stands before each object (qualifier bits 4 to 6, 4.2.2.7.3.2). */
export const PREFIX = { none: 0, index: 1, size: 2 } as const;

/** An object header; one is reused for all. */
export class ObjectHeader {
  group = 0;
  variation = 0;
  /** The octet as it stands. */
  qualifier = 0;
  /** One of `PREFIX`, and its octets. */
  prefix: number = PREFIX.none;
  prefixBytes = 0;
  /** First index, where the header gives a range; else -1. */
  start = -1;
  /** Objects; 0 with `all` for the range "all points". */
  count = 0;
  all = false;
  /** Range code 0xB: objects carry their size, also in requests without data. */
  freeFormat = false;
  /** Stop before start. */
  rangeBackwards = false;
}

/** Octets of the range field by range code; -1: reserved. */
const RANGE_BYTES = new Int8Array([2, 4, 8, 2, 4, 8, 0, 1, 2, 4, -1, 1, -1, -1, -1, -1]);
const PREFIX_BYTES = new Int8Array([0, 1, 2, 4, 1, 2, 4, -1]);
/** The header does not fit or its qualifier is reserved. */
export const HEADER_BAD = -1;

/** Reads the header at `at` into `header`; returns where its objects begin, or `HEADER_BAD`. */
export function readHeader(bytes: Uint8Array, at: number, end: number, header: ObjectHeader): number {
  if (end - at < 3) return HEADER_BAD;
  header.group = bytes[at]!;
  header.variation = bytes[at + 1]!;
  const qualifier = bytes[at + 2]!;
  header.qualifier = qualifier;
  const range = qualifier & 0x0f;
  const prefixCode = (qualifier >> 4) & 7;
  const rangeBytes = RANGE_BYTES[range]!;
  header.prefixBytes = PREFIX_BYTES[prefixCode]!;
  header.prefix = prefixCode === 0 ? PREFIX.none : prefixCode < 4 ? PREFIX.index : PREFIX.size;
  header.all = range === 6;
  header.freeFormat = range === 0x0b;
  header.start = -1;
  header.count = 0;
  header.rangeBackwards = false;
  const field = at + 3;
  // What follows shall not be trusted, the three octets themselves stand.
  if (rangeBytes < 0 || header.prefixBytes < 0 || (qualifier & 0x80) !== 0 || field + rangeBytes > end) {
    return HEADER_BAD;
  }
  if (range <= 5) {
    const half = rangeBytes >> 1;
    const start = unsigned(bytes, field, half);
    const stop = unsigned(bytes, field + half, half);
    header.start = start;
    header.rangeBackwards = stop < start;
    header.count = stop < start ? 0 : stop - start + 1;
  } else if (!header.all) {
    header.count = unsigned(bytes, field, rangeBytes);
  }
  return field + rangeBytes;
}

/** Little-endian unsigned number of 0, 1, 2 or 4 octets. */
export function unsigned(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[at + i]!;
  return value;
}

/** 48-bit time at `at`, ms since 1970 (annex A, DNP3TIME). */
export function time48(bytes: Uint8Array, at: number): number {
  return unsigned(bytes, at, 6);
}
