/** Routes of everything the engine answers. */
import { z } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';
import * as answers from './answers.ts';
import type { Audit } from './audit.ts';
import type { ApiApp, ApiContext } from './endpoint.ts';
import { addEndpoint } from './endpoint.ts';
import type { LiveHub } from './live.ts';
import { incidentActionOf } from './roles.ts';
import * as schemas from './schemas.ts';
import type { Actor, EngineService, PcapSlice } from './service.ts';
import type { IncidentView } from './types.ts';

export interface EngineRouteOptions {
  readonly service: EngineService;
  readonly live: LiveHub;
  readonly audit: Audit;
}

/** Adds all of them. */
export function addEngineRoutes(app: ApiApp, options: EngineRouteOptions): void {
  addStatusRoutes(app, options.service);
  addListRoutes(app, options.service);
  addIncidentRoutes(app, options);
  addActRoutes(app, options);
  addEventRoute(app, options.live);
}

function addStatusRoutes(app: ApiApp, service: EngineService): void {
  const method = 'get';
  addEndpoint(app, {
    method,
    path: '/api/overview',
    summary: 'How the site is now',
    action: 'overview.read',
    answer: answers.overview,
    handle: () => service.overview(),
  });
  addEndpoint(app, {
    method,
    path: '/api/learning',
    summary: 'How far learning is',
    action: 'learning.read',
    answer: answers.learning,
    handle: () => service.learning(),
  });
  addEndpoint(app, {
    method,
    path: '/api/capture',
    summary: 'What the sensors see and lose',
    action: 'capture.read',
    answer: answers.captureHealth,
    handle: () => service.captureHealth(),
  });
  addEndpoint(app, {
    method,
    path: '/api/doors',
    summary: 'The doors between zones',
    action: 'doors.read',
    answer: answers.doors,
    handle: () => service.doors(),
  });
  addEndpoint(app, {
    method,
    path: '/api/budget',
    summary: 'Promise and observation of false alarms',
    action: 'budget.read',
    answer: answers.budget,
    handle: () => service.budget(),
  });
  addEndpoint(app, {
    method,
    path: '/api/attacks',
    summary: 'Attacks the demo plant can play',
    action: 'attacks.read',
    answer: answers.attacks,
    handle: () => service.attacks(),
  });
  addEndpoint(app, {
    method,
    path: '/api/switches',
    summary: 'Stop blocking, and island',
    action: 'switches.read',
    answer: answers.switches,
    handle: () => service.switches(),
  });
}

function addListRoutes(app: ApiApp, service: EngineService): void {
  const method = 'get';
  addEndpoint(app, {
    method,
    path: '/api/assets',
    summary: 'Assets, a page of them',
    action: 'assets.read',
    query: schemas.pageQuery,
    answer: answers.assetPage,
    handle: ({ query }) => service.assets(query),
  });
  addEndpoint(app, {
    method,
    path: '/api/assets/{id}/history',
    summary: 'What an asset did in a span of plant time',
    action: 'history.read',
    params: schemas.idParams,
    query: schemas.spanQuery,
    answer: answers.actorHistory,
    handle: ({ params, query }) => service.actorHistory(params.id, query.fromUs, query.toUs),
  });
  addEndpoint(app, {
    method,
    path: '/api/conversations',
    summary: 'Conversations, a page of them',
    action: 'conversations.read',
    query: schemas.pageQuery,
    answer: answers.conversationPage,
    handle: ({ query }) => service.conversations(query),
  });
  addEndpoint(app, {
    method,
    path: '/api/tags',
    summary: 'Tags with their value now, a page of them',
    action: 'tags.read',
    query: schemas.pageQuery,
    answer: answers.tagPage,
    handle: ({ query }) => service.tags(query),
  });
  addEndpoint(app, {
    method,
    path: '/api/trends',
    summary: 'Minimum, maximum and mean of tags per bucket of plant time',
    action: 'tags.read',
    query: schemas.trendQuery,
    answer: answers.trends,
    handle: async ({ query: { tags, ...span } }) => {
      if (span.toUs <= span.fromUs) throw new FiredoorError(ERROR_CODES.BAD_INPUT, 'query.toUs must be after fromUs.');
      const trends = await Promise.all(tags.map((tag) => service.trend({ tag, ...span })));
      const missing = trends.indexOf(undefined);
      if (missing >= 0) throw new FiredoorError(ERROR_CODES.NOT_FOUND, `There is no tag ${tags[missing] ?? ''}.`);
      return trends.filter((trend) => trend !== undefined);
    },
  });
  addEndpoint(app, {
    method,
    path: '/api/frames/{number}',
    summary: 'One frame, decoded and whole',
    action: 'evidence.read',
    params: schemas.frameParams,
    query: schemas.frameQuery,
    answer: answers.evidenceView,
    handle: ({ params, query }) => service.evidence(query.capture, params.number),
  });
}

function addIncidentRoutes(app: ApiApp, { service, audit }: EngineRouteOptions): void {
  addEndpoint(app, {
    method: 'get',
    path: '/api/incidents',
    summary: 'Incidents, a page of them',
    action: 'incidents.read',
    query: schemas.incidentQuery,
    answer: answers.incidentPage,
    handle: ({ query }) => service.incidents(query),
  });
  addEndpoint(app, {
    method: 'get',
    path: '/api/incidents/{id}',
    summary: 'An incident with everything its page shows',
    action: 'incidents.read',
    params: schemas.idParams,
    answer: answers.incidentView,
    handle: ({ params }) => service.incident(params.id),
  });
  addEndpoint(app, {
    method: 'post',
    path: '/api/incidents/{id}/actions',
    summary: 'Acknowledge, comment, assign, shelve, close, or say it was planned work',
    action: ({ body }) => incidentActionOf(body.action),
    params: schemas.idParams,
    body: schemas.incidentActionBody,
    answer: answers.incidentView,
    handle: async ({ params, body, person }) => {
      const before = await service.incident(params.id);
      const after = await service.actOnIncident(params.id, body, actorOf(person));
      if (after === undefined) return undefined;
      audit(person, incidentActionOf(body.action), params.id, {
        ...(before === undefined ? {} : { before: standOf(before) }),
        after: { ...standOf(after), given: body },
      });
      return after;
    },
  });
  addEndpoint(app, {
    method: 'get',
    path: '/api/incidents/{id}/pcap',
    summary: 'A capture file of everything around an incident',
    action: 'pcap.read',
    params: schemas.idParams,
    answer: z.string().openapi({ format: 'binary' }),
    contentType: PCAP_TYPE,
    handle: async ({ params, person, context }) => {
      const slice = await service.pcapSlice(params.id);
      if (slice === undefined) return undefined;
      audit(person, 'pcap.read', params.id, { after: { fileName: slice.fileName, bytes: slice.bytes.byteLength } });
      return download(context, slice);
    },
  });
}

function addActRoutes(app: ApiApp, { service, audit }: EngineRouteOptions): void {
  addEndpoint(app, {
    method: 'post',
    path: '/api/attacks/{name}/start',
    summary: 'Play an attack against the demo plant',
    action: 'attacks.start',
    params: schemas.nameParams,
    body: schemas.noBody,
    answer: answers.outcome,
    handle: async ({ params, person }) => {
      const outcome = await service.startAttack(params.name, actorOf(person));
      if (outcome !== undefined) audit(person, 'attacks.start', params.name, { after: outcome });
      return outcome;
    },
  });
  addEndpoint(app, {
    method: 'post',
    path: '/api/switches/{name}',
    summary: 'Stop blocking, or island: on and off',
    action: ({ params }) => `switches.${params.name}` as const,
    params: schemas.switchParams,
    body: schemas.switchBody,
    answer: answers.outcome,
    handle: async ({ params, body, person }) => {
      const before = (await service.switches()).find(({ name }) => name === params.name);
      const outcome = await service.setSwitch(params.name, body.active, actorOf(person));
      audit(person, `switches.${params.name}`, params.name, {
        before: { active: before?.active ?? false },
        after: { active: body.active, ...outcome },
      });
      return outcome;
    },
  });
}

function addEventRoute(app: ApiApp, live: LiveHub): void {
  addEndpoint(app, {
    method: 'get',
    path: '/api/events',
    summary: 'Server-sent events: the overview once a second, and what changed. Each data line is a LiveEvent in JSON',
    action: 'events.read',
    answer: z.string(),
    contentType: 'text/event-stream',
    handle: ({ person, context }) => {
      // A question for the headers alone must not leave a stream behind that nobody reads.
      if (context.req.method === 'HEAD') return context.body(null, 200, { 'Content-Type': 'text/event-stream' });
      const subscriber = live.join(person.id, person.session);
      const { outgoing } = context.env ?? {};
      return streamSSE(context, async (stream) => {
        stream.onAbort(() => live.leave(subscriber));
        subscriber.cut = () => {
          // A client that reads takes the end of the stream; one that does not is cut off.
          if (outgoing?.writableNeedDrain === true) outgoing.destroy();
        };
        try {
          for (let text = await subscriber.next(); text !== undefined; text = await subscriber.next()) {
            await stream.write(text);
          }
        } finally {
          live.leave(subscriber);
        }
      });
    },
  });
}

const PCAP_TYPE = 'application/vnd.tcpdump.pcap';

function download(context: ApiContext, slice: PcapSlice): Response {
  // Only plain characters: a file name is made from names found on the wire.
  const fileName = slice.fileName.replaceAll(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '_');
  context.header('Content-Disposition', `attachment; filename="${fileName}"`);
  context.header('Content-Type', PCAP_TYPE);
  return context.body(slice.bytes);
}

/** What the engine is told of a person: never the session. */
function actorOf({ id, name, role }: Actor): Actor {
  return { id, name, role };
}

/** What of an incident a person's action can change. */
function standOf({ incident, assignedTo, shelvedUntilUs }: IncidentView): Record<string, unknown> {
  return { state: incident.state, cause: incident.cause, priority: incident.priority, assignedTo, shelvedUntilUs };
}
