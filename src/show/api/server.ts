/** The API over HTTP: everything of `EngineService`, accounts, live updates, and the built page. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';
import { API_CONNECTIONS_MAX } from '../../limits.ts';
import { addAccountRoutes, SESSION_COOKIE } from './account-routes.ts';
import type { Accounts } from './accounts.ts';
import { openAccounts, SESSION_ABSOLUTE_MS } from './accounts.ts';
import type { AuditEntry } from './audit.ts';
import { auditOver } from './audit.ts';
import type { ApiApp, ApiEnv } from './endpoint.ts';
import { addEngineRoutes } from './engine-routes.ts';
import { identify, isLoopback, limitedBody, protectiveHeaders, refusal, sameOrigin } from './guards.ts';
import { LiveHub } from './live.ts';
import { addPage } from './page.ts';
import type { EngineService } from './service.ts';
import type { SignInLink } from './types.ts';

export interface ApiOptions {
  readonly service: EngineService;
  /** Database file of accounts and sessions; `:memory:` for none. */
  readonly accountsFile: string;
  /** Folder of the built page (`dist/web`); without it there is only the API. */
  readonly webRoot?: string;
  /** Version of Firedoor, for the OpenAPI document. */
  readonly version?: string;
  /**
   * How browsers reach Firedoor where a proxy with TLS stands before it on this machine: `https://firedoor.example`. Makes cookies
   * secure, and takes the client's address from the proxy (`X-Forwarded-For`, last entry).
   */
  readonly publicOrigin?: string;
  /** Called for everything a person did. */
  readonly audit?: (entry: AuditEntry) => void;
  /** Called for failures that nobody caused on purpose. */
  readonly onProblem?: (what: string, cause: unknown) => void;
  /** Wall time. [ms] */
  readonly now?: () => number;
  /** How a failed sign-in waits. */
  readonly sleep?: (ms: number) => Promise<void>;
  /** Session time-outs; see `SESSION_IDLE_MS`, `SESSION_ABSOLUTE_MS`. [ms] */
  readonly idleMs?: number;
  readonly absoluteMs?: number;
  /** How often the overview is sent. [ms] */
  readonly overviewMs?: number;
}

/** Where the API listens. */
export interface Listening {
  readonly host: string;
  readonly port: number;
  /** `http://127.0.0.1:8080` */
  readonly origin: string;
}

export interface Api {
  /** For requests without a socket, in tests: `api.app.request('/api/me')`. */
  readonly app: ApiApp;
  readonly accounts: Accounts;
  /** Open event streams, and streams cut off because nobody read them. */
  readonly live: { readonly subscriberCount: number; readonly cutOff: number };
  /**
   * Begins to listen; port 0 takes a free one. Throws PORT_TAKEN, MISSING_REQUIREMENT (no right to the port), BAD_USAGE (no such
   * address, or not loopback before anybody has a password).
   */
  listen(host: string, port: number): Promise<Listening>;
  /**
   * A one-time sign-in link for the first administrator; undefined once somebody has a password. With a user name: a link for that
   * user, who forgot the password. An older link of the same user stops working. Throws NOT_FOUND for an unknown name.
   */
  signInLink(userName?: string): Promise<string | undefined>;
  /** Ends event streams, connections and the account database. */
  close(): Promise<void>;
}

/** A request must be complete within this time. [ms] */
const REQUEST_MS = 30_000;
const HEADERS_MS = 10_000;
/** Answers under way get this long at the end. [ms] */
const CLOSE_MS = 500;

/** Makes the API; it listens only when told to. Throws STORE_FAILED where the account database cannot be opened. */
export async function createApi(options: ApiOptions): Promise<Api> {
  const { now = Date.now, onProblem = () => {} } = options;
  const accounts = await openAccounts({ ...options, file: options.accountsFile });
  const live = new LiveHub({
    service: options.service,
    lasts: async (session) => (await accounts.sessionOf(session)) !== undefined,
    onProblem,
    ...(options.overviewMs === undefined ? {} : { everyMs: options.overviewMs }),
  });
  const app = makeApp(options, accounts, live, auditOver(options.audit, now, onProblem), onProblem);
  return new HttpApi(app, accounts, live);
}

function makeApp(
  options: ApiOptions,
  accounts: Accounts,
  live: LiveHub,
  audit: ReturnType<typeof auditOver>,
  onProblem: (what: string, cause: unknown) => void,
): ApiApp {
  const app = new OpenAPIHono<ApiEnv>();
  app.onError((error, context) => refusal(context, error, onProblem));
  app.use(protectiveHeaders, sameOrigin(options.publicOrigin), limitedBody);
  app.use('/api/*', identify(accounts, options.publicOrigin !== undefined));
  addEngineRoutes(app, { service: options.service, live, audit });
  const secure = options.publicOrigin?.startsWith('https:') ?? false;
  addAccountRoutes(app, { accounts, live, audit, secure, absoluteMs: options.absoluteMs ?? SESSION_ABSOLUTE_MS });
  addDocument(app, options.version ?? '0.0.0');
  app.all('/api/*', (context) => {
    const known = context.var.person !== undefined;
    if (!known) throw new FiredoorError(ERROR_CODES.NOT_SIGNED_IN, 'Sign in first; the session may have ended.');
    throw new FiredoorError(ERROR_CODES.NOT_FOUND, `The API has no ${context.req.method} ${context.req.path}.`);
  });
  addPage(app, options.webRoot);
  return app;
}

/** The OpenAPI document, made once. It says nothing about this site, so everybody may read it. */
function addDocument(app: ApiApp, version: string): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: SESSION_COOKIE,
  });
  let document: ReturnType<ApiApp['getOpenAPI31Document']> | undefined;
  app.get('/api/openapi.json', (context) => {
    document ??= app.getOpenAPI31Document({
      openapi: '3.1.0',
      info: { title: 'Firedoor', version, license: { name: 'Apache-2.0' } },
    });
    return context.json(document);
  });
}

class HttpApi implements Api {
  readonly app: ApiApp;
  readonly accounts: Accounts;
  readonly live: LiveHub;
  #server: Server | undefined;
  #origin = '';

  constructor(app: ApiApp, accounts: Accounts, live: LiveHub) {
    this.app = app;
    this.accounts = accounts;
    this.live = live;
  }

  async listen(host: string, port: number): Promise<Listening> {
    if (this.#server !== undefined) throw new FiredoorError(ERROR_CODES.BAD_USAGE, 'The API listens already.');
    if (!isLoopback(host) && !(await this.accounts.anyPassword())) {
      throw new FiredoorError(
        ERROR_CODES.BAD_USAGE,
        `Firedoor listens on ${host} only once an account with a password exists. Start it without a host, open the sign-in link, set a password, then start it with the host again.`,
      );
    }
    const server = createAdaptorServer({ fetch: this.app.fetch }) as Server;
    server.maxConnections = API_CONNECTIONS_MAX;
    server.requestTimeout = REQUEST_MS;
    server.headersTimeout = HEADERS_MS;
    await new Promise<void>((done, failed) => {
      server.once('error', (cause: NodeJS.ErrnoException) => failed(listenError(cause, host, port)));
      server.listen(port, host, done);
    });
    this.#server = server;
    const { port: taken } = server.address() as AddressInfo;
    this.#origin = `http://${host.includes(':') ? `[${host}]` : host}:${taken}`;
    return { host, port: taken, origin: this.#origin };
  }

  async signInLink(userName?: string): Promise<string | undefined> {
    const link = await (userName === undefined ? this.accounts.firstLink() : this.#linkOf(userName));
    return link === undefined ? undefined : `${this.#origin}/signin#token=${link.token}`;
  }

  async #linkOf(userName: string): Promise<SignInLink> {
    const user = (await this.accounts.users()).find(({ name }) => name === userName);
    if (user === undefined) throw new FiredoorError(ERROR_CODES.NOT_FOUND, `There is no user named ${userName}.`);
    return this.accounts.newLink(user.id);
  }

  async close(): Promise<void> {
    this.live.close();
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) {
      const closed = new Promise<void>((done) => server.close(() => done()));
      // Connections become idle one by one, as the last answers and streams end.
      const idle = setInterval(() => server.closeIdleConnections(), 10);
      const all = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
      await closed;
      clearInterval(idle);
      clearTimeout(all);
    }
    this.accounts.close();
  }
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): FiredoorError {
  if (cause.code === 'EADDRINUSE') {
    const sentence = `Port ${port} on ${host} is taken by another program. Stop it, or choose another port with --port.`;
    return new FiredoorError(ERROR_CODES.PORT_TAKEN, sentence, { cause });
  }
  if (cause.code === 'EACCES') {
    const sentence = `Port ${port} needs more rights than Firedoor has. Choose one above 1023 with --port.`;
    return new FiredoorError(ERROR_CODES.MISSING_REQUIREMENT, sentence, { cause });
  }
  return new FiredoorError(ERROR_CODES.BAD_USAGE, `Firedoor cannot listen on ${host} port ${port}: ${cause.message}.`, {
    cause,
  });
}
