/** What stands before every route: headers, host and origin, size of the body, who asks; and what a refusal looks like. */
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ErrorCode } from '../../base/errors.ts';
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';
import { API_BODY_BYTES_MAX } from '../../limits.ts';
import { sessionSecretOf } from './account-routes.ts';
import type { Accounts } from './accounts.ts';
import type { ApiContext, ApiEnv } from './endpoint.ts';
import type { ApiError } from './types.ts';

type Middleware = MiddlewareHandler<ApiEnv>;

/**
 * Sent with everything. The page has one script and one style sheet of its own and reaches nothing outside; names from the wire
 * therefore stay text whatever they contain.
 */
const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), usb=()',
};

/** Sets `HEADERS`, and keeps answers of the API out of every cache. */
export const protectiveHeaders: Middleware = async (context, next) => {
  await next();
  for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
  if (context.req.path.startsWith('/api/')) context.header('Cache-Control', 'no-store');
};

/**
 * Refuses host names that are not ours (a foreign name that resolves to this machine would make the browser count a foreign page
 * as same-origin), and changes that do not come from our own page.
 */
export function sameOrigin(publicOrigin: string | undefined): Middleware {
  const publicHost = publicOrigin === undefined ? '' : new URL(publicOrigin).hostname;
  const names = new Set(['localhost', hostname().toLowerCase(), publicHost]);
  return async (context, next) => {
    const url = new URL(context.req.url);
    if (isIP(url.hostname.replace(/^\[(.*)\]$/, '$1')) === 0 && !names.has(url.hostname)) {
      throw new FiredoorError(
        ERROR_CODES.NOT_ALLOWED,
        'Firedoor is not known by this name. Use its address, or tell it the public origin.',
      );
    }
    if (context.req.method !== 'GET' && context.req.method !== 'HEAD') {
      const origin = context.req.header('origin');
      if (origin === undefined || (origin !== url.origin && origin !== publicOrigin)) {
        throw new FiredoorError(
          ERROR_CODES.NOT_ALLOWED,
          'Changes are only taken from the page of Firedoor itself (a script sends the header Origin with its address).',
        );
      }
    }
    return next();
  };
}

/** Refuses larger bodies before they are read. */
export const limitedBody: Middleware = bodyLimit({
  maxSize: API_BODY_BYTES_MAX,
  onError: () => {
    throw new FiredoorError(ERROR_CODES.TOO_LARGE, `The body may have ${API_BODY_BYTES_MAX} bytes at most.`);
  },
});

/** Finds out who asks, and from where; `behindProxy`: a proxy on this machine may say it for its clients. */
export function identify(accounts: Accounts, behindProxy: boolean): Middleware {
  return async (context, next) => {
    const secret = sessionSecretOf(context);
    context.set('person', secret === undefined || secret === '' ? undefined : await accounts.who(secret));
    context.set('address', addressOf(context, behindProxy));
    return next();
  };
}

function addressOf(context: ApiContext, behindProxy: boolean): string {
  const peer = context.env?.incoming === undefined ? undefined : getConnInfo(context).remote.address;
  if (peer === undefined) return 'local';
  // Only the last entry is the proxy's own; those before it are whatever the client sent.
  const client = context.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() ?? '';
  return behindProxy && isLoopback(peer) && isIP(client) !== 0 ? client : peer;
}

/** Whether a host name or address means this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

const STATUS: Readonly<Record<ErrorCode, 400 | 401 | 403 | 404 | 409 | 413 | 429 | 500 | 503>> = {
  BAD_USAGE: 400,
  BAD_INPUT: 400,
  BAD_CONFIG: 400,
  NOT_SIGNED_IN: 401,
  NOT_ALLOWED: 403,
  NOT_FOUND: 404,
  NOT_AVAILABLE: 409,
  MISSING_REQUIREMENT: 409,
  TOO_LARGE: 413,
  TOO_MANY: 429,
  STORE_FAILED: 503,
  PORT_TAKEN: 500,
  FAILED: 500,
};

/** Any error as status and `ApiError`. What nobody foresaw goes to the log and not to the browser. */
export function refusal(
  context: ApiContext,
  error: Error,
  onProblem: (what: string, cause: unknown) => void,
): Response {
  if (error instanceof FiredoorError) {
    const body: ApiError = { error: { code: error.code, message: error.message } };
    return context.json(body, STATUS[error.code]);
  }
  onProblem(`${context.req.method} ${context.req.path} failed`, error);
  const message = 'Something failed inside Firedoor; its log says what.';
  return context.json({ error: { code: ERROR_CODES.FAILED, message } } satisfies ApiError, 500);
}
