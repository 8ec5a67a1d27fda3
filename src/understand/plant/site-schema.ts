/** The shape of `site.yaml`: one schema for checking, for its error sentences and for the JSON schema editors read. */
import { z } from 'zod';
import { PRIORITIES, REPORTING, TAG_ROLES } from '../../records.ts';
import { parseAddress, parsePrefix } from './addresses.ts';
import { TAG_TYPES } from './model.ts';
import { didYouMean } from './nearest.ts';

type Issue = { readonly code?: string; readonly input?: unknown; readonly keys?: readonly string[] };

/** Error function: `expected WHAT, got VALUE`. */
const expected =
  (what: string) =>
  ({ input }: Issue): string =>
    input === undefined ? `missing; expected ${what}` : `expected ${what}, got ${shown(input)}`;

/** A value in a sentence, short. */
export function shown(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}

/** Separates the sentences of several unknown keys, which zod tells as one issue. */
export const KEY_SEPARATOR = '\u0000';

/** An object without unknown keys; each unknown one gets the nearest known key. */
function object<S extends z.ZodRawShape>(what: string, shape: S) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue: Issue) =>
      issue.code === 'unrecognized_keys'
        ? (issue.keys ?? []).map((key) => unknownKey(key, known)).join(KEY_SEPARATOR)
        : expected(what)(issue),
  });
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = didYouMean(key, known);
  return `unknown key "${key}"${near === '' ? `; known are ${known.join(', ')}` : near}`;
}

const text = (what: string) => z.string({ error: expected(what) }).max(4_096);
const matching = (what: string, test: (value: string) => boolean) => text(what).refine(test, { error: expected(what) });
const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, {
    error: (issue: Issue) => {
      const near = typeof issue.input === 'string' ? didYouMean(issue.input, values) : '';
      return `${expected(`one of ${values.join(', ')}`)(issue)}${near}`;
    },
  });
const list = <T extends z.ZodType>(what: string, item: T) => z.array(item, { error: expected(what) });
const map = <T extends z.ZodType>(what: string, key: z.ZodString, value: T) =>
  z.record(key, value, {
    error: (issue: Issue) => (issue.code === 'invalid_key' ? 'not a possible name' : expected(what)(issue)),
  });
/** A number, with or without a unit: read and checked when names are resolved. */
const quantity = (what: string) => z.union([z.number(), z.string().max(256)], { error: expected(what) });

const NAME = 'a name of letters, digits, - _ . (no spaces)';
const name = text(NAME).regex(/^[\p{L}_][\p{L}\p{N}_.-]{0,127}$/u, { error: expected(NAME) });
const TAG_NAME = 'a tag name of letters, digits and - _ . : (no spaces)';
const tagName = text(TAG_NAME).regex(/^[\p{L}_][\p{L}\p{N}_.:-]{0,127}$/u, { error: expected(TAG_NAME) });
const title = text('a text').describe('For people.');
const seconds = quantity('a time like 30 s, 3 min or 1 h');
const bound = z.union([z.number(), z.null()], { error: expected('a number, or null where the interval is open') });
const interval = z
  .tuple([bound, bound], { error: expected('an interval like [72, 90]') })
  .describe('[low, high] in the unit of the tag; null: open.');
const priority = oneOf(PRIORITIES);

const zone = object('a zone like {name: cell-1, networks: [10.20.1.0/24]}', {
  name,
  level: z
    .number({ error: expected('a Purdue level from 0 to 5') })
    .min(0, { error: expected('a Purdue level from 0 to 5') })
    .max(5, { error: expected('a Purdue level from 0 to 5') })
    .optional()
    .describe('Purdue level.'),
  networks: list(
    'a list of CIDR prefixes',
    matching('a CIDR prefix like 10.20.1.0/24', (value) => parsePrefix(value) !== null),
  ).describe('CIDR prefixes; the longest that holds an address decides.'),
  outside: z
    .boolean({ error: expected('true or false') })
    .optional()
    .describe('Office, remote access, suppliers: closed by island mode. Default: level 4 and above.'),
});

const conduit = object('a conduit like {name: …, from: operations, to: cell-1}', {
  name,
  from: name,
  to: name,
  protocols: list('a list of protocols', name).optional(),
});

const device = object('a device like {address: 10.20.1.11, unit: 1}', {
  address: matching('an IP address, MAC address or host name', (value) => /^[A-Za-z0-9][A-Za-z0-9.:_-]*$/.test(value)),
  unit: z
    .union([z.number().int().min(0), name], { error: expected('a unit number or name') })
    .optional()
    .describe('Modbus unit, DNP3 address … behind the address.'),
  title: title.optional(),
  owner: title.optional(),
  phone: title.optional(),
});

const stateLimits = object('limits like {operating: [73, 78], safe: [72, 90]}', {
  operating: interval.optional(),
  safe: interval.optional(),
});

const twin = object('a twin like {of: TT-101, lag: 25 s, offset: -0.4 K, tolerance: 0.6 K}', {
  of: tagName,
  lag: seconds.optional(),
  offset: quantity('a difference like -0.4 K').optional(),
  tolerance: quantity('a difference like 0.6 K'),
});

const tag = object('a tag like {point: plc-1/holding/100, type: float32, unit: Cel}', {
  point: matching('a point like plc-1/holding/100', (value) => value.split('/').length >= 3 && !value.includes(' ')),
  type: oneOf(TAG_TYPES)
    .optional()
    .describe('Default: bool for coils and discretes, uint16 for registers, else native.'),
  scale: z
    .number({ error: expected('a number') })
    .optional()
    .describe('Engineering value = raw × scale.'),
  unit: text('a UCUM code like Cel, %, m3/h').optional().describe('UCUM code; % counts 0 to 100.'),
  role: oneOf(TAG_ROLES).optional(),
  reporting: oneOf(REPORTING).optional(),
  limits: map('limits by state', z.string(), stateLimits).optional().describe('By state; * for all others.'),
  maxRate: quantity('a rate like 0.5 K/s').optional().describe('Fastest physical change.'),
  twin: twin.optional(),
  of: tagName.optional().describe('For set-points and calibrations: the tag they act on.'),
  safe: z
    .number({ error: expected('a number') })
    .optional()
    .describe('The value in the safe direction.'),
  proofTest: text('an interval like yearly').optional(),
  title: title.optional(),
});

const effect = object('an effect like {of: heater, on: TT-101, gain: 0.22 K/%, lag: 40 s}', {
  of: tagName,
  on: tagName,
  gain: quantity('a gain like 0.22 K/%').optional().describe('Change of `on` per unit of `of`.'),
  lag: seconds.optional(),
});

const invariant = object('an invariant like {name: …, that: left ~ right, within: 5 %}', {
  name: text('a name').min(1, { error: expected('a name') }),
  when: name.optional().describe('State; absent: always.'),
  steadyFor: seconds.optional().describe('Time the state must have held.'),
  that: text('left ~ right'),
  within: quantity('a tolerance like 5 % or 0.5 K'),
});

const consequence = object('consequences like {product: critical, downtime: 4000 per hour}', {
  injury: priority.optional(),
  environment: priority.optional(),
  equipment: priority.optional(),
  product: priority.optional(),
  downtime: quantity('a cost like 4000 per hour').optional(),
});

const unit = object('a unit like {name: P1, tags: {…}}', {
  name,
  title: title.optional(),
  consequence: consequence.optional(),
  states: map('states like {running: flow > 0.5 m3/h, stopped: otherwise}', name, text('a condition or otherwise'))
    .optional()
    .describe('First match wins.'),
  stateDwell: seconds.optional().describe('A state holds at least this long; default 30 s.'),
  call: text('whom to call').optional(),
  tags: map('tags by name', tagName, tag).optional(),
  effects: list('a list of effects', effect).optional(),
  invariants: list('a list of invariants', invariant).optional(),
});

export const SITE_SCHEMA = object('a site: keys site, zones, devices, units …', {
  site: name.optional().describe('Name of the site.'),
  timeZone: text('an IANA time zone like Europe/Berlin').optional(),
  alarmBudget: text('a budget like 1 per week').optional().describe('False alarms the site accepts.'),
  zones: list('a list of zones', zone).optional(),
  conduits: list('a list of conduits', conduit).optional(),
  devices: map('devices by name', name, device).optional(),
  groups: map(
    'groups by name',
    name,
    list('a list of device names, addresses or prefixes', text('a device name, address or prefix')),
  ).optional(),
  units: list('a list of units', unit).optional(),
});

export type SiteText = z.infer<typeof SITE_SCHEMA>;
export type UnitText = z.infer<typeof unit>;
export type TagText = z.infer<typeof tag>;

/** JSON schema (draft 2020-12) of `site.yaml`, for editors. */
export function siteJsonSchema(): Record<string, unknown> {
  return { title: 'Firedoor site file', ...z.toJSONSchema(SITE_SCHEMA, { io: 'input' }) };
}

/** True for what stands for a device in a group. */
export function isAddressOrPrefix(value: string): boolean {
  return parseAddress(value) !== null || parsePrefix(value) !== null;
}
