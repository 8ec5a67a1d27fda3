/** Answers of the API as zod schemas: the records. Each is typed against `records.ts`, so that it cannot drift. */
import { z } from '@hono/zod-openapi';
import type { Asset, Conversation, Evidence, Finding, FrameReference, Incident, TagRole } from '../../records.ts';
import { CAUSES, DIRECTIONS, FUNCTION_CLASSES, INCIDENT_STATES, MODES, PRIORITIES, TAG_ROLES } from '../../records.ts';

export const timeUs = z.number();
export const strings = z.array(z.string()).readonly();
export const priority = z.enum(PRIORITIES);
export const mode = z.enum([...MODES, 'bypass']);
export const tagRole: z.ZodType<TagRole> = z.enum(TAG_ROLES);
export const incidentState = z.enum(INCIDENT_STATES);
export const cause = z.enum(CAUSES);
export const quality = z.enum(['good', 'uncertain', 'bad']);

export const frameReference: z.ZodType<FrameReference> = z
  .object({ capture: z.string(), number: z.number(), firstNumber: z.number(), from: z.number(), to: z.number() })
  .openapi('FrameReference');

export const asset: z.ZodType<Asset> = z
  .object({
    id: z.string(),
    name: z.string(),
    scope: z.string(),
    macs: strings,
    addresses: strings,
    unit: z.string(),
    vendor: z.string(),
    model: z.string(),
    firmware: z.string(),
    roles: strings,
    protocols: strings,
    zone: z.string(),
    firstSeenUs: timeUs,
    lastSeenUs: timeUs,
    alive: z.enum(['alive', 'silent', 'unknown']),
  })
  .openapi('Asset');

const functionUse = z.object({
  direction: z.enum(DIRECTIONS),
  code: z.number(),
  name: z.string(),
  class: z.enum(FUNCTION_CLASSES),
  count: z.number(),
});

export const conversation: z.ZodType<Conversation> = z
  .object({
    id: z.string(),
    client: z.string(),
    server: z.string(),
    serverPort: z.number(),
    protocol: z.string(),
    transport: z.string(),
    firstSeenUs: timeUs,
    lastSeenUs: timeUs,
    packets: z.number(),
    bytes: z.number(),
    messages: z.number(),
    functions: z.array(functionUse).readonly(),
  })
  .openapi('Conversation');

const evidence: z.ZodType<Evidence> = z.object({ frames: z.array(frameReference).readonly(), text: z.string() });

const finding: z.ZodType<Finding> = z
  .object({
    id: z.string(),
    timeUs,
    sinceUs: timeUs,
    kind: z.string(),
    subject: z.object({
      actor: z.string(),
      device: z.string(),
      tag: z.string(),
      unit: z.string(),
      conversation: z.string(),
    }),
    confidence: z.number(),
    score: z.number(),
    expected: z.string(),
    seen: z.string(),
    sentence: z.string(),
    numbers: z.record(z.string(), z.number()),
    techniques: strings,
    evidence,
    informative: z.boolean(),
  })
  .openapi('Finding');

export const incident: z.ZodType<Incident> = z
  .object({
    id: z.string(),
    openedUs: timeUs,
    updatedUs: timeUs,
    state: incidentState,
    priority,
    cause,
    causeConfidence: z.number(),
    causeBecause: strings,
    sentence: z.string(),
    title: z.string(),
    ifNobodyActs: z.string(),
    advice: z.array(z.object({ step: z.enum(['check', 'hold', 'then', 'call']), text: z.string() })).readonly(),
    actor: z.string(),
    devices: strings,
    units: strings,
    tags: strings,
    shown: z
      .object({
        tag: z.string(),
        unit: z.string(),
        shown: z.number(),
        likelyTrue: z.number(),
        mustBe: z.string(),
      })
      .optional(),
    lagMs: z.number().optional(),
    whyOneStory: z.string(),
    techniques: strings,
    timeline: z
      .array(
        z.object({
          timeUs,
          text: z.string(),
          finding: z.string(),
          side: z.enum(['network', 'process', 'person']),
        }),
      )
      .readonly(),
    findings: z.array(finding).readonly(),
    judgement: z.object({ verdict: z.string(), because: z.string(), by: z.string(), timeUs }).optional(),
  })
  .openapi('Incident');
