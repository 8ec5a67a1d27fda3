/** The shapes of `types.ts` as zod schemas: they check what comes in and describe what goes out (OpenAPI). */
import { z } from '@hono/zod-openapi';
import {
  API_PAGE_ROWS_MAX,
  COMMENT_CHARACTERS_MAX,
  SHELVE_MINUTES_MAX,
  TREND_BUCKETS_MAX,
  TREND_TAGS_MAX,
} from '../../limits.ts';
import { JUDGEMENTS, ROLES, SWITCHES } from './types.ts';

const text = z.string().trim().min(1).max(COMMENT_CHARACTERS_MAX);
const name = z.string().min(1).max(200);
/** Plant time in a query; above any real date is a mistake. */
const timeUs = z.coerce.number().min(0).max(8e15);
const userName = z
  .string()
  .regex(
    /^[a-z][a-z0-9.-]{1,40}$/,
    'A user name has 2 to 41 characters: small letters, digits, dot, hyphen, and begins with a letter.',
  );
const password = z.string().min(12, 'A password has at least 12 characters.').max(128);

export const noBody = z.strictObject({});
export const pageQuery = z.object({
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(API_PAGE_ROWS_MAX).default(100),
  search: z.string().max(200).default(''),
});
export const incidentQuery = pageQuery.extend({ state: z.enum(['open', 'closed', 'all']).default('open') });
export const idParams = z.object({ id: name });
export const nameParams = z.object({ name });
export const switchParams = z.object({ name: z.enum(SWITCHES) });
export const frameParams = z.object({ number: z.coerce.number().int().min(1) });
export const frameQuery = z.object({ capture: z.string().max(1_000).default('') });
export const spanQuery = z.object({ fromUs: timeUs, toUs: timeUs });
export const trendQuery = spanQuery.extend({
  tags: z
    .union([z.string(), z.array(z.string())])
    .transform((given) => (typeof given === 'string' ? [given] : given))
    .pipe(z.array(name).min(1).max(TREND_TAGS_MAX)),
  buckets: z.coerce.number().int().min(2).max(TREND_BUCKETS_MAX).default(600),
});

export const incidentActionBody = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('acknowledge') }),
  z.strictObject({ action: z.literal('planned-work'), because: text }),
  z.strictObject({
    action: z.literal('shelve'),
    minutes: z.number().int().min(1).max(SHELVE_MINUTES_MAX),
    because: text,
  }),
  z.strictObject({ action: z.literal('assign'), to: name }),
  z.strictObject({ action: z.literal('comment'), text }),
  z.strictObject({ action: z.literal('close'), judgement: z.enum(JUDGEMENTS), because: text }),
]);
export const switchBody = z.strictObject({ active: z.boolean() });
export const linkBody = z.strictObject({ token: z.string().min(20).max(200) });
export const signInBody = z.strictObject({ name: z.string().min(1).max(100), password: z.string().min(1).max(128) });
/** `current` is asked of whoever already has a password. */
export const passwordBody = z.strictObject({ password, current: z.string().max(128).optional() });
export const setupBody = z.strictObject({ name: userName, password });
export const newUserBody = z.strictObject({ name: userName, role: z.enum(ROLES), password: password.optional() });
export const userBody = z.strictObject({ role: z.enum(ROLES).optional(), disabled: z.boolean().optional() });
