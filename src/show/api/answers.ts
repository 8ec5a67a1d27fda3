/** Answers of the API as zod schemas: what the page shows. Each is typed against `types.ts`, so that it cannot drift. */
import { z } from '@hono/zod-openapi';
import { READINESS, REPORTING } from '../../records.ts';
import {
  asset,
  cause,
  conversation,
  frameReference,
  incident,
  incidentState,
  mode,
  priority,
  quality,
  strings,
  tagRole,
  timeUs,
} from './records-schemas.ts';
import type * as T from './types.ts';
import { ROLES, SWITCHES } from './types.ts';

const range = z.tuple([z.number(), z.number()]).readonly();
const sparse = z.array(z.number().nullable()).readonly();

const page = <Item>(item: z.ZodType<Item>): z.ZodType<T.Page<Item>> =>
  z.object({ items: z.array(item).readonly(), total: z.number(), offset: z.number() });

export const apiError: z.ZodType<T.ApiError> = z
  .object({ error: z.object({ code: z.string(), message: z.string() }) })
  .openapi('Error');

export const tagNow: z.ZodType<T.TagNow> = z
  .object({
    name: z.string(),
    title: z.string(),
    unit: z.string(),
    plantUnit: z.string(),
    device: z.string(),
    point: z.string(),
    role: tagRole,
    reporting: z.enum(REPORTING),
    value: z.number().nullable(),
    quality,
    timeUs,
    digits: z.number(),
    axis: range,
    band: range.nullable(),
    limits: z.array(z.object({ name: z.string(), side: z.enum(['low', 'high']), value: z.number() })).readonly(),
    readiness: z.enum(READINESS),
    priority: priority.nullable(),
    incident: z.string(),
  })
  .openapi('Tag');

const unitOverview: z.ZodType<T.UnitOverview> = z
  .object({
    name: z.string(),
    title: z.string(),
    state: z.string(),
    priority: priority.nullable(),
    note: z.string(),
    incident: z.string(),
    cannotJudge: z.number(),
    tags: z.array(tagNow).readonly(),
  })
  .openapi('Unit');

const incidentSummary: z.ZodType<T.IncidentSummary> = z
  .object({
    id: z.string(),
    priority,
    state: incidentState,
    cause,
    title: z.string(),
    openedUs: timeUs,
    updatedUs: timeUs,
    units: strings,
    assignedTo: z.string(),
  })
  .openapi('IncidentSummary');

export const learning: z.ZodType<T.LearningProgress> = z
  .object({
    sentence: z.string(),
    items: z
      .array(
        z.object({
          name: z.string(),
          readiness: z.enum(READINESS),
          text: z.string(),
          fraction: z.number(),
          leftMs: z.number().nullable(),
        }),
      )
      .readonly(),
    baseline: z.string(),
  })
  .openapi('Learning');

export const captureHealth: z.ZodType<T.CaptureHealth> = z
  .object({
    sentence: z.string(),
    priority: priority.nullable(),
    lost: z.number(),
    mirrorLossPercent: z.number().nullable(),
    sources: z
      .array(
        z.object({
          name: z.string(),
          state: z.enum(['running', 'quiet', 'ended', 'failed']),
          packets: z.number(),
          packetsPerSecond: z.number(),
          lost: z.number(),
          mirrorLossPercent: z.number().nullable(),
          lastFrameUs: timeUs,
          problems: z.array(z.object({ kind: z.string(), count: z.number() })).readonly(),
        }),
      )
      .readonly(),
  })
  .openapi('CaptureHealth');

const door: z.ZodType<T.Door> = z
  .object({
    name: z.string(),
    from: z.string(),
    to: z.string(),
    protocols: strings,
    mode,
    up: z.boolean(),
    toJudge: z.number(),
    passed: z.number(),
    held: z.number(),
    denied: z.number(),
    evidence: z.string(),
    wrongBlocksBound: z.string(),
    addedP50Us: z.number().nullable(),
    addedP99Us: z.number().nullable(),
    ifFiredoorFails: z.enum(['opens', 'stays shut', '']),
    listeners: strings,
  })
  .openapi('Door');

export const doors: z.ZodType<T.Doors> = z
  .object({
    sentence: z.string(),
    doors: z.array(door).readonly(),
    byMode: z.array(z.object({ mode, count: z.number() })).readonly(),
    automaticActionsToday: z.number(),
    automaticActionsMax: z.number(),
  })
  .openapi('Doors');

export const budget: z.ZodType<T.AlarmBudget> = z
  .object({
    promised: z.string(),
    spent: z.number(),
    observedPerWeek: range.nullable(),
    sentence: z.string(),
  })
  .openapi('AlarmBudget');

const switchState: z.ZodType<T.SwitchState> = z
  .object({
    name: z.enum(SWITCHES),
    active: z.boolean(),
    available: z.boolean(),
    explanation: z.string(),
    by: z.string(),
    sinceUs: timeUs.nullable(),
  })
  .openapi('Switch');

export const switches = z.array(switchState).readonly();

export const overview: z.ZodType<T.Overview> = z
  .object({
    site: z.string(),
    clock: z.object({ nowUs: timeUs, speed: z.number(), timeZone: z.string() }),
    headline: z.object({
      priority: z.enum(['well', 'cannot-judge', 'information', 'low', 'medium', 'high', 'critical']),
      text: z.string(),
      incident: z.string(),
    }),
    unitsAsExpected: z.number(),
    unitsTotal: z.number(),
    units: z.array(unitOverview).readonly(),
    incidents: z.array(incidentSummary).readonly(),
    openIncidents: z.number(),
    safety: z.array(z.object({ name: z.string(), text: z.string(), priority: priority.nullable() })).readonly(),
    learning,
    capture: captureHealth,
    doors,
    budget,
    switches,
    counts: z.object({ assets: z.number(), conversations: z.number(), tags: z.number() }),
    store: z.string(),
  })
  .openapi('Overview');

const networkMark: z.ZodType<T.NetworkMark> = z.object({
  timeUs,
  kind: z.enum(['message', 'new', 'write', 'refused']),
  text: z.string(),
  frame: z.number(),
});

export const incidentView: z.ZodType<T.IncidentView> = z
  .object({
    incident,
    assignedTo: z.string(),
    shelvedUntilUs: timeUs.nullable(),
    history: z.array(z.object({ timeUs, by: z.string(), action: z.string(), text: z.string() })).readonly(),
    path: z
      .array(
        z.object({
          place: z.string(),
          who: z.string(),
          detail: z.string(),
          link: z.string(),
          linkPriority: priority.nullable(),
        }),
      )
      .readonly(),
    lanes: z
      .array(z.object({ title: z.string(), detail: z.string(), marks: z.array(networkMark).readonly() }))
      .readonly(),
    fromUs: timeUs,
    toUs: timeUs,
    trendTags: strings,
    writes: z.array(networkMark).readonly(),
    door: z.object({ door: z.string(), mode, verdict: z.string(), sentence: z.string() }).nullable(),
    frames: z.array(frameReference).readonly(),
    techniqueNames: z.array(z.object({ id: z.string(), name: z.string() })).readonly(),
  })
  .openapi('IncidentView');

const trend: z.ZodType<T.Trend> = z
  .object({
    tag: tagNow,
    fromUs: timeUs,
    toUs: timeUs,
    timeUs: z.array(timeUs).readonly(),
    min: sparse,
    max: sparse,
    mean: sparse,
    bandLow: sparse,
    bandHigh: sparse,
    likelyTrue: sparse,
  })
  .openapi('Trend');
export const trends = z.array(trend).readonly();

export const evidenceView: z.ZodType<T.EvidenceView> = z
  .object({
    frame: frameReference,
    timeUs,
    summary: z.string(),
    fields: z.array(z.object({ name: z.string(), value: z.string(), from: z.number(), to: z.number() })).readonly(),
    hex: z.string(),
    highlights: z.array(range).readonly(),
    pairedWith: z.number(),
    pairedText: z.string(),
  })
  .openapi('Evidence');

export const actorHistory: z.ZodType<T.ActorHistory> = z
  .object({
    asset: z.string(),
    fromUs: timeUs,
    toUs: timeUs,
    entries: z.array(z.object({ timeUs, text: z.string(), frame: z.number() })).readonly(),
    left: z.number(),
  })
  .openapi('ActorHistory');

export const attacks: z.ZodType<readonly T.AttackInfo[]> = z
  .array(
    z.object({
      name: z.string(),
      title: z.string(),
      story: z.string(),
      cited: z.string(),
      expected: z.string(),
      running: z.boolean(),
    }),
  )
  .readonly();

export const outcome: z.ZodType<T.Outcome> = z.object({ done: z.boolean(), sentence: z.string() }).openapi('Outcome');

export const user: z.ZodType<T.UserInfo> = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.enum(ROLES),
    disabled: z.boolean(),
    createdMs: z.number(),
  })
  .openapi('User');
export const users = z.array(user).readonly();
export const link: z.ZodType<T.SignInLink> = z
  .object({ token: z.string(), expiresMs: z.number() })
  .openapi('SignInLink');
export const me: z.ZodType<T.Me> = z.object({ user, actions: strings, hasPassword: z.boolean() }).openapi('Me');
export const done = z.strictObject({}).openapi('Done');

export const assetPage: z.ZodType<T.AssetPage> = page(asset);
export const conversationPage: z.ZodType<T.ConversationPage> = page(conversation);
export const tagPage: z.ZodType<T.TagPage> = page(tagNow);
export const incidentPage: z.ZodType<T.IncidentPage> = page(incidentSummary);
