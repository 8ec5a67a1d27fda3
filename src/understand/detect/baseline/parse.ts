/** Reads the text of a baseline. Every mistake is told with its line, all of them at once. */
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { ERROR_CODES, FiredoorError } from '../../../base/errors.ts';
import { FUNCTION_CLASSES } from '../../../records.ts';
import { BASELINE_VERSION, type Baseline, ITEM_STATUSES } from './model.ts';
import { parseRanges, parseTime } from './numbers.ts';
import { decodeProcess } from './process-part.ts';

const count = z.number().min(0);
const status = z.enum(ITEM_STATUSES);
const text = z.string();
const numeric = z.union([z.number(), z.nan()]);

const asset = z.strictObject({
  key: text.min(1),
  name: text.default(''),
  addresses: z.array(text).default([]),
  macs: z.array(text).default([]),
  zone: text.default(''),
  identity: z.record(text, z.coerce.string()).default({}),
  contactsPerMinute: count.default(0),
  silences: count.default(0),
});

const ranges = z.union([text, z.number()]).transform((value, context) => {
  const parsed = parseRanges(String(value));
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: 'expected ranges such as "98..111, 120"' });
  return z.NEVER;
});

const reads = z.strictObject({ ranges: ranges.default([]), names: z.array(z.coerce.string()).default([]) });

const values = z.strictObject({ low: numeric, high: numeric, step: count.default(0), count: count.default(1) });

const write = z
  .strictObject({
    point: z.coerce.string(),
    role: text.default('value'),
    unit: text.default(''),
    type: text.default(''),
    status,
    perMinute: count.default(0),
    reversalsPerMinute: count.default(0),
    everyMs: count.default(0),
    counter: z.boolean().default(false),
    values: z.record(text, values).default({}),
  })
  .transform(({ values: states, ...rest }) => ({ ...rest, states }));

const use = z.strictObject({
  name: text,
  class: z.enum(FUNCTION_CLASSES),
  risk: z.number().min(0).max(4),
  status: status.optional(),
});

const NO_RHYTHM = { usualMs: 0, losses: 0, pauseMs: 0, jitter: 1 };
const rhythm = z.strictObject({
  usualMs: count.default(0),
  losses: count.default(0),
  pauseMs: count.default(0),
  jitter: z.number().min(1).default(1),
});

const conversation = z.strictObject({
  client: z.coerce.string(),
  server: z.coerce.string(),
  protocol: text,
  transport: text.default(''),
  ports: z.array(z.number().int().min(0).max(65_535)).default([]),
  rhythm: rhythm.default(NO_RHYTHM),
  functions: z.array(use).default([]),
  reads: z.record(text, reads).default({}),
  writes: z.array(write).default([]),
  pointsPerTenMinutes: count.default(0),
  refusedLogins: count.default(0),
  oddities: z.record(text, count).default({}),
});

const time = text.transform((value, context) => {
  const parsed = parseTime(value);
  if (!Number.isNaN(parsed)) return parsed;
  context.addIssue({ code: 'custom', message: 'expected a time such as 2026-03-01T06:00:00Z' });
  return z.NEVER;
});

const file = z.strictObject({
  version: z.literal(BASELINE_VERSION),
  id: text.default(''),
  site: text.default(''),
  learned: z.strictObject({ from: time, to: time }),
  network: z.strictObject({
    assets: z.array(asset).default([]),
    conversations: z.array(conversation).default([]),
    states: z.record(text, z.record(text, count)).default({}),
  }),
  process: z.record(text, z.unknown()).nullish(),
});

/** The baseline of a text. `name` is the file for messages. Throws BAD_CONFIG with one line a mistake. */
export function parseBaseline(source: string, name = 'baseline.yaml'): Baseline {
  const lines = new LineCounter();
  const document = parseDocument(source, {
    lineCounter: lines,
    keepSourceTokens: false,
    schema: 'core',
    maxAliasCount: 0,
  } as object);
  if (document.errors.length > 0) {
    fail(
      document.errors.slice(0, MISTAKES_MAX).map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return `${name}:${line}:${col} ${error.message.split('\n')[0]}`;
      }),
    );
  }
  const checked = file.safeParse(plain(document, name));
  if (!checked.success) {
    fail(
      checked.error.issues.slice(0, MISTAKES_MAX).map((issue) => {
        const { line, col } = lines.linePos(offsetOf(document, issue.path));
        return `${name}:${line}:${col} ${issue.path.map(String).join('.')}: ${issue.message}`;
      }),
    );
  }
  const { data } = checked as { data: z.infer<typeof file> };
  return {
    version: data.version,
    site: data.site,
    network: { ...data.network, fromUs: data.learned.from, toUs: data.learned.to },
    process: decodeProcess(data.process ?? {}) as Record<string, unknown>,
  };
}

const MISTAKES_MAX = 20;

function fail(mistakes: readonly string[]): never {
  throw new FiredoorError(ERROR_CODES.BAD_CONFIG, mistakes.join('\n'));
}

type YamlDocument = ReturnType<typeof parseDocument>;

function plain(document: YamlDocument, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    throw new FiredoorError(ERROR_CODES.BAD_CONFIG, `${name}: aliases are not allowed in a baseline.`, {
      cause: error,
    });
  }
}

/** Where a path stands in the text; the nearest parent for what is missing. */
function offsetOf(document: YamlDocument, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length) as (string | number)[], true);
    const range = (node as { range?: readonly number[] | null } | null | undefined)?.range;
    if (range?.[0] !== undefined) return range[0];
  }
  return 0;
}
