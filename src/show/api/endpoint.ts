/**
 * The one way a route is made: action, checked input, described output. A route without an action cannot be written, an action that
 * is not in `ROLE_TABLE` is denied, and who is asked comes before what is asked.
 */
import type { HttpBindings } from '@hono/node-server';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';
import type { Person } from './accounts.ts';
import { apiError } from './answers.ts';
import type { Action } from './roles.ts';
import { may } from './roles.ts';

export interface ApiEnv {
  Bindings: Partial<HttpBindings>;
  Variables: {
    /** Who asks; undefined where nobody is signed in. */
    person: Person | undefined;
    /** Address the request came from, or `local` where there is no socket. */
    address: string;
  };
}
export type ApiApp = OpenAPIHono<ApiEnv>;
export type ApiContext = Context<ApiEnv>;

/** What a handler gets: checked input, and the person who passed `allow`. */
export interface Given<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly person: Person;
  readonly context: ApiContext;
}

type Shape = z.ZodType;
type AnswerOf<A extends Shape> = z.output<A> | Response | undefined;

export interface Endpoint<P extends Shape, Q extends Shape, B extends Shape, A extends Shape> {
  readonly method: 'get' | 'post' | 'patch';
  /** OpenAPI path: `/api/incidents/{id}`. */
  readonly path: string;
  readonly summary: string;
  /** Action of `ROLE_TABLE`; `public` for signing in; a function where it depends on what is asked. */
  readonly action: Action | 'public' | ((given: { params: z.output<P>; body: z.output<B> }) => Action);
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** What comes back; `contentType` where it is no JSON. */
  readonly answer: A;
  readonly contentType?: string;
  /** Undefined says "there is no such thing". */
  readonly handle: (given: Given<z.output<P>, z.output<Q>, z.output<B>>) => AnswerOf<A> | Promise<AnswerOf<A>>;
}

const NOBODY: Person = { id: '', name: '', role: 'viewer', session: '' };

/** Adds the route to the app and to its OpenAPI document. */
export function addEndpoint<P extends Shape, Q extends Shape, B extends Shape, A extends Shape>(
  app: ApiApp,
  endpoint: Endpoint<P, Q, B, A>,
): void {
  describe(app, endpoint);
  const { action, handle } = endpoint;
  app.on(endpoint.method.toUpperCase(), endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1'), async (context) => {
    const person = typeof action === 'string' ? allow(context, action) : signedIn(context);
    const params = check(endpoint.params, context.req.param(), 'address') as z.output<P>;
    const query = check(endpoint.query, queryOf(context), 'query') as z.output<Q>;
    const body = (endpoint.body && check(endpoint.body, await bodyOf(context), 'body')) as z.output<B>;
    if (typeof action === 'function') allow(context, action({ params, body }));
    const answer = await handle({ params, query, body, person, context });
    if (answer === undefined) throw new FiredoorError(ERROR_CODES.NOT_FOUND, 'There is no such thing (any more).');
    return answer instanceof Response ? answer : context.json(answer);
  });
}

/** The person who asks, if their role may do `action`. Throws NOT_SIGNED_IN and NOT_ALLOWED. */
export function allow(context: ApiContext, action: Action | 'public'): Person {
  if (action === 'public') return context.var.person ?? NOBODY;
  const person = signedIn(context);
  if (may(person.role, action)) return person;
  throw new FiredoorError(ERROR_CODES.NOT_ALLOWED, `Your role (${person.role}) does not allow this (${action}).`);
}

function signedIn(context: ApiContext): Person {
  const { person } = context.var;
  if (person !== undefined) return person;
  throw new FiredoorError(ERROR_CODES.NOT_SIGNED_IN, 'Sign in first; the session may have ended.');
}

function check(schema: Shape | undefined, value: unknown, where: string): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const place = [where, ...(issue?.path ?? []).map(String)].join('.');
  throw new FiredoorError(ERROR_CODES.BAD_INPUT, `${place}: ${issue?.message ?? 'not as expected'}`);
}

/** Parameters that stand once as text, those that stand more often as a list. */
function queryOf(context: ApiContext): Record<string, string | string[]> {
  const entries = Object.entries(context.req.queries());
  return Object.fromEntries(entries.map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]));
}

async function bodyOf(context: ApiContext): Promise<unknown> {
  const text = await context.req.text();
  if (text === '') return {};
  // A form of another site can send text, but not this type without being asked first.
  if (!/^application\/json\b/i.test(context.req.header('content-type') ?? '')) {
    throw new FiredoorError(ERROR_CODES.BAD_INPUT, 'The body must be application/json.');
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new FiredoorError(ERROR_CODES.BAD_INPUT, 'The body is no JSON.', { cause });
  }
}

const REFUSALS: Readonly<Record<string, string>> = {
  400: 'Something given is not as expected',
  401: 'Nobody is signed in',
  403: 'The role does not allow it, or the request came from another site',
  404: 'There is no such thing',
  409: 'This installation cannot do that (yet)',
  413: 'More than the API takes at once',
  429: 'Too many at once; later it works again',
};

function describe<P extends Shape, Q extends Shape, B extends Shape, A extends Shape>(
  app: ApiApp,
  { method, path, summary, action, params, query, body, answer, contentType }: Endpoint<P, Q, B, A>,
): void {
  const refusal = (description: string) => ({ description, content: { 'application/json': { schema: apiError } } });
  app.openAPIRegistry.registerPath({
    method,
    path,
    summary,
    operationId: operationIdOf(method, path),
    security: action === 'public' ? [] : [{ session: [] }],
    'x-action': typeof action === 'string' ? action : 'depends on what is asked',
    request: {
      ...(params instanceof z.ZodObject ? { params } : {}),
      ...(query instanceof z.ZodObject ? { query } : {}),
      ...(body === undefined ? {} : { body: { required: true, content: { 'application/json': { schema: body } } } }),
    },
    responses: {
      200: { description: 'Done', content: { [contentType ?? 'application/json']: { schema: answer } } },
      ...Object.fromEntries(Object.entries(REFUSALS).map(([status, text]) => [status, refusal(text)])),
    },
  });
}

/** `getIncidentsIdPcap` for GET /api/incidents/{id}/pcap: unique because method and path are. */
function operationIdOf(method: string, path: string): string {
  const words = path.replace('/api/', '').split(/[^a-zA-Z]+/);
  return method + words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
}
