/** An API in memory over the fake dairy, and a browser-like client for it without a socket. For tests. */
import type { Api, ApiOptions } from '../../src/show/api/server.ts';
import { createApi } from '../../src/show/api/server.ts';
import type { Role } from '../../src/show/api/types.ts';
import type { FakeEngine } from './engine-service.ts';
import { fakeEngine } from './engine-service.ts';

export const ORIGIN = 'http://localhost';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, or undefined. */
  readonly json: unknown;
  readonly text: string;
}

/** Keeps the session cookie and sends what a browser would. */
export class ApiClient {
  readonly #api: Api;
  cookie = '';

  constructor(api: Api) {
    this.#api = api;
  }

  async request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const response = await this.raw(method, path, body, headers);
    if (response.headers.get('content-type')?.includes('event-stream') === true) {
      await response.body?.cancel();
      return { status: response.status, headers: response.headers, json: undefined, text: '' };
    }
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
  }

  async raw(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const sent: Record<string, string> = { origin: ORIGIN, cookie: this.cookie, ...headers };
    if (body !== undefined) sent['content-type'] ??= 'application/json';
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const response = await this.#api.app.request(`${ORIGIN}${path}`, {
      method,
      headers: Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== '')),
      ...(text === undefined ? {} : { body: text }),
    });
    const given = response.headers.get('set-cookie');
    if (given !== null) this.cookie = given.split(';')[0] ?? '';
    return response;
  }

  get(path: string): Promise<Reply> {
    return this.request('GET', path);
  }

  post(path: string, body: unknown = {}): Promise<Reply> {
    return this.request('POST', path, body);
  }
}

export interface ApiUnderTest {
  readonly api: Api;
  readonly engine: FakeEngine;
  /** Nobody signed in. */
  client(): ApiClient;
  /** Signed in by a one-time link as a new user of that role, whose name is returned by `/api/me`. */
  signedIn(role: Role): Promise<ApiClient>;
}

/** Makes it; options as of `createApi`. */
export async function apiUnderTest(
  options: Partial<ApiOptions> & { readonly engine?: FakeEngine } = {},
): Promise<ApiUnderTest> {
  const { engine = fakeEngine(), ...rest } = options;
  const api = await createApi({ service: engine, accountsFile: ':memory:', ...rest });
  let count = 0;
  return {
    api,
    engine,
    client: () => new ApiClient(api),
    signedIn: async (role) => {
      const user = await api.accounts.addUser(`${role}-${++count}`, role);
      const { token } = await api.accounts.newLink(user.id);
      const client = new ApiClient(api);
      await client.post('/api/sign-in/link', { token });
      return client;
    },
  };
}
