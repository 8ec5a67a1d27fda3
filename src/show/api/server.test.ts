/** Routes, roles, what stands before them, and the page; accounts and live updates have tests of their own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient, ApiUnderTest } from '../../../test/fakes/api-client.ts';
import { apiUnderTest, ORIGIN } from '../../../test/fakes/api-client.ts';
import { ASSETS, CAPTURE, WRITE_FRAME } from '../../../test/fakes/dairy-records.ts';
import { fakeEngine } from '../../../test/fakes/engine-service.ts';
import { API_BODY_BYTES_MAX } from '../../limits.ts';
import * as answers from './answers.ts';
import type { AuditEntry } from './audit.ts';
import type { Action } from './roles.ts';
import { may, ROLE_TABLE } from './roles.ts';
import { ROLES } from './types.ts';

const ACTIONS = Object.keys(ROLE_TABLE) as Action[];
const PASSWORD = 'correct horse battery';
type Asked = readonly [method: string, path: string, body?: unknown];

const act = (action: object): Asked => ['POST', '/api/incidents/I-12/actions', action];
const SPAN = 'fromUs=1795510000000000&toUs=1795511000000000';
/** For each action the requests that need it. Order matters only for signing out, which comes last. */
const REQUESTS: Readonly<Record<Action, readonly Asked[]>> = {
  'overview.read': [['GET', '/api/overview']],
  'assets.read': [['GET', '/api/assets?search=plc&limit=1']],
  'conversations.read': [['GET', '/api/conversations']],
  'tags.read': [
    ['GET', '/api/tags?offset=2'],
    ['GET', `/api/trends?tags=TT-101&tags=TT-102&buckets=50&${SPAN}`],
  ],
  'incidents.read': [
    ['GET', '/api/incidents?state=all'],
    ['GET', '/api/incidents/I-12'],
  ],
  'evidence.read': [['GET', `/api/frames/${WRITE_FRAME}?capture=${encodeURIComponent(CAPTURE)}`]],
  'pcap.read': [['GET', '/api/incidents/I-12/pcap']],
  'history.read': [['GET', `/api/assets/A-17/history?${SPAN}`]],
  'incident.acknowledge': [act({ action: 'acknowledge' })],
  'incident.planned-work': [act({ action: 'planned-work', because: 'calibration, ticket M-2231' })],
  'incident.comment': [act({ action: 'comment', text: 'dial shows 71' })],
  'incident.assign': [act({ action: 'assign', to: 'anna' })],
  'incident.shelve': [act({ action: 'shelve', minutes: 60, because: 'waiting for the technician' })],
  'incident.close': [act({ action: 'close', judgement: 'right', because: 'offset restored' })],
  'learning.read': [['GET', '/api/learning']],
  'capture.read': [['GET', '/api/capture']],
  'doors.read': [['GET', '/api/doors']],
  'budget.read': [['GET', '/api/budget']],
  'attacks.read': [['GET', '/api/attacks']],
  'attacks.start': [['POST', '/api/attacks/line-stopped/start', {}]],
  'switches.read': [['GET', '/api/switches']],
  'switches.stop-blocking': [['POST', '/api/switches/stop-blocking', { active: true }]],
  'switches.island': [['POST', '/api/switches/island', { active: true }]],
  'events.read': [['GET', '/api/events']],
  'self.read': [['GET', '/api/me']],
  'self.password': [
    ['POST', '/api/account/setup', { name: 'karel', password: PASSWORD }],
    ['POST', '/api/me/password', { password: `${PASSWORD} 2`, current: PASSWORD }],
  ],
  'users.read': [['GET', '/api/users']],
  'users.write': [
    ['POST', '/api/users', { name: 'anna', role: 'engineer' }],
    ['PATCH', '/api/users/ANNA', { role: 'viewer' }],
    ['POST', '/api/users/ANNA/link', {}],
  ],
  'self.sign-out': [['POST', '/api/sign-out', {}]],
};
const IN_ORDER = ACTIONS.toSorted((a, b) => Number(a === 'self.sign-out') - Number(b === 'self.sign-out'));

/** Schemas the answers must fit, by the path asked for. */
const ANSWERS: Readonly<Record<string, { parse(value: unknown): unknown }>> = {
  '/api/overview': answers.overview,
  '/api/assets': answers.assetPage,
  '/api/conversations': answers.conversationPage,
  '/api/tags': answers.tagPage,
  '/api/trends': answers.trends,
  '/api/incidents': answers.incidentPage,
  '/api/incidents/I-12': answers.incidentView,
  '/api/incidents/I-12/actions': answers.incidentView,
  [`/api/frames/${WRITE_FRAME}`]: answers.evidenceView,
  '/api/assets/A-17/history': answers.actorHistory,
  '/api/learning': answers.learning,
  '/api/capture': answers.captureHealth,
  '/api/doors': answers.doors,
  '/api/budget': answers.budget,
  '/api/attacks': answers.attacks,
  '/api/attacks/line-stopped/start': answers.outcome,
  '/api/switches': answers.switches,
  '/api/me': answers.me,
  '/api/account/setup': answers.me,
  '/api/users': answers.user.or(answers.users),
};

/** `ANNA` in a path stands for the id of a user made before. */
async function ask(client: ApiClient, [method, path, body]: Asked, userId: string) {
  return client.request(method, path.replace('ANNA', userId), body);
}

describe.each(ROLES)('as %s', (role) => {
  let under: ApiUnderTest;
  let client: ApiClient;
  let userId: string;
  beforeAll(async () => {
    under = await apiUnderTest();
    client = await under.signedIn(role);
    userId = (await under.api.accounts.addUser('other', 'operator')).id;
  });
  afterAll(() => under.api.close());

  it.each(IN_ORDER)('%s', async (action) => {
    for (const asked of REQUESTS[action]) {
      expect((await ask(under.client(), asked, userId)).status, `${asked[1]} without a session`).toBe(401);
      const calls = under.engine.calls.length;
      const reply = await ask(client, asked, userId);
      expect(reply.status, `${asked[1]}: ${reply.text}`).toBe(may(role, action) ? 200 : 403);
      if (may(role, action)) ANSWERS[asked[1].split('?')[0] ?? '']?.parse(reply.json);
      else expect(answers.apiError.parse(reply.json).error.code).toBe('NOT_ALLOWED');
      // Nothing is done for who may not.
      if (!may(role, action)) expect(under.engine.calls.length).toBe(calls);
    }
  });
});

describe('routes', () => {
  let under: ApiUnderTest;
  let admin: ApiClient;
  const audit: AuditEntry[] = [];
  beforeAll(async () => {
    under = await apiUnderTest({ audit: (entry) => audit.push(entry), now: () => 1_795_600_000_000 });
    admin = await under.signedIn('admin');
  });
  afterAll(() => under.api.close());

  it('are all in the OpenAPI document, each with an action that is tried above', async () => {
    const { json, status } = await under.client().get('/api/openapi.json');
    expect(status).toBe(200);
    const document = json as {
      openapi: string;
      components: { schemas: Record<string, unknown> };
      paths: Record<string, Record<string, Operation>>;
    };
    expect(document.openapi).toBe('3.1.0');
    const tried = Object.values(REQUESTS)
      .flat()
      .map(([method, path]) => `${method} ${path.split('?')[0]}`);
    const operations = Object.entries(document.paths).flatMap(([path, byMethod]) =>
      Object.entries(byMethod).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
    );
    expect(operations.length).toBeGreaterThan(25);
    for (const { path, method, responses, security, 'x-action': action } of operations) {
      expect(Object.keys(responses['200']?.content ?? {}), path).toHaveLength(1);
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '403', '404']));
      if (action === 'public') {
        expect(path).toMatch(/^\/api\/sign-in/);
        continue;
      }
      expect(security).toEqual([{ session: [] }]);
      const pattern = new RegExp(`^${method} ${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
      expect(
        tried.some((one) => pattern.test(one)),
        `${method} ${path} is not tried`,
      ).toBe(true);
    }
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    const references = JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g);
    for (const [, name] of references) expect(document.components.schemas).toHaveProperty(name ?? '');
  });

  it('that do not exist are refused: 401 for a stranger, 404 for somebody signed in', async () => {
    expect((await under.client().get('/api/nothing')).status).toBe(401);
    expect((await admin.get('/api/nothing')).status).toBe(404);
    expect((await admin.request('DELETE', '/api/users/x')).status).toBe(404);
  });

  it.each([
    ['/api/incidents/I-99', 404],
    ['/api/incidents/I-99/pcap', 404],
    ['/api/frames/1', 404],
    ['/api/frames/none', 400],
    [`/api/trends?tags=NONE&${SPAN}`, 404],
    ['/api/trends?tags=TT-101&fromUs=5&toUs=5', 400],
    [`/api/trends?tags=TT-101&buckets=100000&${SPAN}`, 400],
    ['/api/assets?limit=100000', 400],
    ['/api/assets?offset=-1', 400],
    ['/api/assets/A-99/history?fromUs=0&toUs=1', 404],
  ])('GET %s is %i', async (path, status) => {
    const reply = await admin.get(path);
    expect(reply.status, reply.text).toBe(status);
    expect(answers.apiError.parse(reply.json).error.code).toBe(status === 404 ? 'NOT_FOUND' : 'BAD_INPUT');
  });

  it.each([
    ['/api/incidents/I-12/actions', { action: 'delete' }, 400],
    ['/api/incidents/I-12/actions', { action: 'close', judgement: 'right', because: '  ' }, 400],
    ['/api/incidents/I-12/actions', { action: 'acknowledge', state: 'closed' }, 400],
    ['/api/incidents/I-99/actions', { action: 'acknowledge' }, 404],
    ['/api/switches/reactor', { active: true }, 400],
    ['/api/attacks/none/start', {}, 404],
    ['/api/users', { name: 'Robert"); DROP TABLE', role: 'admin' }, 400],
    ['/api/users', { name: 'bob', role: 'root' }, 400],
    ['/api/users', { name: 'bob', role: 'viewer', password: 'short' }, 400],
  ])('POST %s %j is %i', async (path, body, status) => {
    expect((await admin.post(path, body)).status).toBe(status);
  });

  it('give pages of lists', async () => {
    const { json } = await admin.get('/api/assets?offset=1&limit=2');
    expect(json).toMatchObject({ total: 6, offset: 1, items: [{ id: 'A-2' }, { id: 'A-3' }] });
  });

  it('tell the audit who did what, before and after', async () => {
    audit.length = 0;
    const engineer = await under.signedIn('engineer');
    await engineer.post('/api/incidents/I-11/actions', { action: 'close', judgement: 'right', because: 'known' });
    await engineer.post('/api/switches/island', { active: true });
    await engineer.post('/api/attacks/calibration-offset/start');
    await engineer.get('/api/incidents/I-12/pcap');
    await engineer.post('/api/sign-out');
    const name = audit[0]?.by;
    expect(audit.map(({ action, subject }) => `${action} ${subject}`)).toEqual([
      `sign-in ${name}`,
      'incident.close I-11',
      'switches.island island',
      'attacks.start calibration-offset',
      'pcap.read I-12',
      `self.sign-out ${name}`,
    ]);
    expect(audit[1]).toMatchObject({
      by: name,
      timeMs: 1_795_600_000_000,
      before: { state: 'acknowledged' },
      after: { state: 'closed' },
    });
    expect(audit[2]).toMatchObject({ before: { active: false }, after: { active: true, done: true } });
    expect(under.engine.calls.at(-1)?.given[1]).toEqual({ id: expect.any(String), name, role: 'engineer' });
  });
});

interface Operation {
  readonly operationId: string;
  readonly security: unknown;
  readonly 'x-action': string;
  readonly responses: Record<string, { content?: object }>;
}

describe('a hostile wire', () => {
  const evil = '"><img src=x onerror=alert(1)></script>\u2028';

  it('stays text: names from the wire arrive as JSON that no browser takes for a page', async () => {
    const engine = fakeEngine();
    const [first] = ASSETS;
    engine.assets = () => ({ items: first === undefined ? [] : [{ ...first, name: evil }], total: 1, offset: 0 });
    engine.pcapSlice = () => ({ fileName: `../${evil}\r\nX: y.pcap`, bytes: new Uint8Array([1, 2]) });
    const { api, signedIn } = await apiUnderTest({ engine });
    const client = await signedIn('analyst');
    const reply = await client.get('/api/assets');
    expect(reply.headers.get('content-type')).toContain('application/json');
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff');
    expect(reply.json).toMatchObject({ items: [{ name: evil }] });
    const file = await client.raw('GET', '/api/incidents/I-12/pcap');
    expect(file.headers.get('content-disposition')).toMatch(/^attachment; filename="[A-Za-z0-9._-]+"$/);
    expect(file.headers.get('content-type')).toBe('application/vnd.tcpdump.pcap');
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(new Uint8Array([1, 2]));
    await api.close();
  });

  it('gets no details of a failure inside; the log does', async () => {
    const problems: string[] = [];
    const engine = fakeEngine();
    engine.doors = () => {
      throw new Error('secret detail');
    };
    const { api, signedIn } = await apiUnderTest({
      engine,
      onProblem: (what, cause) => problems.push(`${what}: ${cause}`),
    });
    const reply = await (await signedIn('viewer')).get('/api/doors');
    expect(reply.status).toBe(500);
    expect(reply.text).not.toContain('secret');
    expect(problems).toEqual(['GET /api/doors failed: Error: secret detail']);
    await api.close();
  });
});

describe('requests from elsewhere', () => {
  let under: ApiUnderTest;
  let admin: ApiClient;
  beforeAll(async () => {
    under = await apiUnderTest({ publicOrigin: 'https://firedoor.example' });
    admin = await under.signedIn('admin');
  });
  afterAll(() => under.api.close());
  const change = (headers: Record<string, string>) =>
    admin.request('POST', '/api/switches/island', { active: true }, headers);

  it('cannot change anything, cookie or not', async () => {
    for (const origin of ['http://evil.example', 'http://localhost:81', 'https://localhost', 'null', '']) {
      expect((await change({ origin })).status, origin).toBe(403);
    }
    expect(under.engine.calls).toHaveLength(0);
    expect((await change({ origin: ORIGIN })).status).toBe(200);
    expect((await change({ origin: 'https://firedoor.example' })).status).toBe(200);
  });

  it('cannot send a form in place of JSON', async () => {
    const reply = await admin.request('POST', '/api/switches/island', '{"active":true}', {
      'content-type': 'text/plain',
    });
    expect(reply.status).toBe(400);
    expect((await admin.request('POST', '/api/switches/island', '{"active":')).status).toBe(400);
  });

  it('cannot come by a foreign name that resolves here', async () => {
    const names = ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example'];
    for (const name of names) expect((await under.api.app.request(`http://${name}/api/openapi.json`)).status).toBe(403);
    for (const name of ['127.0.0.1:8080', '[::1]:8080', 'firedoor.example']) {
      expect((await under.api.app.request(`http://${name}/api/openapi.json`)).status).toBe(200);
    }
  });

  it('cannot send large bodies, whether they say their length or not', async () => {
    const large = JSON.stringify({ name: 'x'.repeat(API_BODY_BYTES_MAX), password: 'x' });
    const reply = await under
      .client()
      .request('POST', '/api/sign-in', large, { 'content-length': String(large.length) });
    expect(reply.status).toBe(413);
    expect(answers.apiError.parse(reply.json).error.code).toBe('TOO_LARGE');
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(16_384).fill(0x20)),
    });
    const headers = { origin: ORIGIN, 'content-type': 'application/json' };
    const endless = new Request(`${ORIGIN}/api/sign-in`, {
      method: 'POST',
      headers,
      body,
      duplex: 'half',
    } as RequestInit);
    expect((await under.api.app.request(endless)).status).toBe(413);
  });
});

describe('the page', () => {
  const webRoot = mkdtempSync(join(tmpdir(), 'firedoor-web-'));
  let under: ApiUnderTest;
  beforeAll(async () => {
    mkdirSync(join(webRoot, 'assets'));
    writeFileSync(join(webRoot, 'index.html'), '<!doctype html><title>page</title>');
    writeFileSync(join(webRoot, 'assets/main-1a2b.js'), 'console.log(1)');
    under = await apiUnderTest({ webRoot });
  });
  afterAll(async () => {
    await under.api.close();
    rmSync(webRoot, { recursive: true });
  });

  it.each(['/', '/signin', '/incidents/I-12', '/tags/TT-101.offset'])('%s is the page', async (path) => {
    const reply = await under.client().get(path);
    expect(reply.status).toBe(200);
    expect(reply.text).toContain('<title>page</title>');
    expect(reply.headers.get('content-type')).toContain('text/html');
    expect(reply.headers.get('cache-control')).toBe('no-cache');
  });

  it('has its script by a name that may be kept', async () => {
    const reply = await under.client().get('/assets/main-1a2b.js');
    expect(reply.status).toBe(200);
    expect(reply.headers.get('content-type')).toContain('javascript');
    expect(reply.headers.get('cache-control')).toContain('immutable');
    expect((await under.client().get('/assets/gone.js')).status).toBe(404);
  });

  it('lets no file outside its folder out', async () => {
    for (const path of [
      '/../package.json',
      '/%2e%2e/package.json',
      '/assets/..%2f..%2fpackage.json',
      '/..%5cpackage.json',
    ]) {
      const reply = await under.client().get(path);
      expect(reply.text, path).not.toContain('firedoor"');
    }
  });

  it('runs only its own script, in no frame, and says nothing to others', async () => {
    const { headers } = await under.client().get('/');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('says how to build it where it is missing', async () => {
    const { api, client } = await apiUnderTest({ webRoot: join(webRoot, 'none') });
    const reply = await client().get('/');
    expect(reply.status).toBe(404);
    expect(reply.text).toContain('npm run build');
    await api.close();
  });
});

describe('listening', () => {
  it('names the port that is taken and what to do', async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const { port } = other.address() as { port: number };
    const { api } = await apiUnderTest();
    await expect(api.listen('127.0.0.1', port)).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringMatching(new RegExp(`${port}.*--port`)),
    });
    // The same API can then take another one.
    expect((await api.listen('127.0.0.1', 0)).port).not.toBe(port);
    await api.close();
    await new Promise((done) => other.close(done));
  });

  it('is on loopback only while nobody has a password', async () => {
    const { api } = await apiUnderTest();
    await expect(api.listen('0.0.0.0', 0)).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringContaining('password'),
    });
    await expect(api.listen('plant.example', 0)).rejects.toMatchObject({ code: 'BAD_USAGE' });
    await api.close();
  });

  it('answers over a socket, and closes with connections open', async () => {
    const { api } = await apiUnderTest();
    const { origin } = await api.listen('127.0.0.1', 0);
    expect((await fetch(`${origin}/api/me`)).status).toBe(401);
    await api.close();
    await expect(fetch(`${origin}/api/me`)).rejects.toThrow();
  });
});
