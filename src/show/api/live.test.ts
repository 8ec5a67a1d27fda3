/** Server-sent events over real sockets on loopback: what comes, when it ends, and that it is bounded. */
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ApiUnderTest } from '../../../test/fakes/api-client.ts';
import { apiUnderTest } from '../../../test/fakes/api-client.ts';
import { fakeEngine } from '../../../test/fakes/engine-service.ts';
import { EVENT_BACKLOG_MAX, EVENT_SUBSCRIBERS_MAX } from '../../limits.ts';
import { overview } from './answers.ts';
import { LiveHub, Subscriber } from './live.ts';
import type { ApiOptions } from './server.ts';
import type { IncidentSummary, LiveEvent, Me } from './types.ts';

const INCIDENT: IncidentSummary = {
  id: 'I-13',
  priority: 'low',
  state: 'unacknowledged',
  cause: 'unknown',
  title: 'a new one',
  openedUs: 1,
  updatedUs: 1,
  units: [],
  assignedTo: '',
};

let closing: ApiUnderTest | undefined;
afterEach(async () => {
  await closing?.api.close();
  closing = undefined;
});

async function listening(options: Partial<ApiOptions> = {}) {
  const under = await apiUnderTest({ overviewMs: 20, ...options });
  closing = under;
  const { origin, port } = await under.api.listen('127.0.0.1', 0);
  const client = await under.signedIn('operator');
  return { ...under, origin, port, signedInClient: client };
}

/** Reads a stream event by event. */
async function open(origin: string, cookie: string) {
  const abort = new AbortController();
  const response = await fetch(`${origin}/api/events`, { headers: { cookie }, signal: abort.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async (): Promise<LiveEvent | undefined> => {
    for (;;) {
      const found = /event: (\w+)\ndata: (.*)\n\n/.exec(text);
      if (found !== null) {
        text = text.slice(found.index + found[0].length);
        const event = JSON.parse(found[2] ?? '') as LiveEvent;
        expect(event.type).toBe(found[1]);
        return event;
      }
      const part = await reader?.read();
      if (part === undefined || part.done) return undefined;
      text += part.value;
    }
  };
  const nextOf = async (type: LiveEvent['type']): Promise<LiveEvent | undefined> => {
    for (;;) {
      const event = await next();
      if (event === undefined || event.type === type) return event;
    }
  };
  return { response, next, nextOf, abort: () => abort.abort() };
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((done) => setTimeout(done, 5));
}

describe('the event stream', () => {
  it('begins with the overview, repeats it, and brings what changed', async () => {
    const { origin, signedInClient, engine } = await listening();
    const stream = await open(origin, signedInClient.cookie);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
    expect(stream.response.headers.get('x-content-type-options')).toBe('nosniff');
    const first = await stream.next();
    expect(overview.parse(first?.type === 'overview' ? first.overview : first)).toMatchObject({ site: 'dairy-north' });
    const second = await stream.nextOf('overview');
    expect(second?.type === 'overview' && second.overview.clock.nowUs).toBeGreaterThan(
      first?.type === 'overview' ? first.overview.clock.nowUs : Number.POSITIVE_INFINITY,
    );
    engine.emit({ type: 'incident', incident: INCIDENT });
    expect(await stream.nextOf('incident')).toEqual({ type: 'incident', incident: INCIDENT });
    await signedInClient.post('/api/switches/stop-blocking', { active: true });
    expect(await stream.nextOf('changed')).toEqual({ type: 'changed', what: 'switches' });
  });

  it('asks the engine once for all who look, and not at all when nobody does', async () => {
    const engine = fakeEngine();
    let asked = 0;
    const overviewOf = engine.overview.bind(engine);
    engine.overview = () => {
      asked++;
      return overviewOf();
    };
    const { origin, signedInClient, api } = await listening({ service: engine, overviewMs: 10_000 });
    const streams = await Promise.all([1, 2, 3].map(() => open(origin, signedInClient.cookie)));
    await Promise.all(streams.map((stream) => stream.next()));
    // Each is greeted with an overview; the engine itself has one subscriber.
    expect(asked).toBe(3);
    expect(engine.subscriberCount).toBe(1);
    expect(api.live.subscriberCount).toBe(3);
    for (const stream of streams) stream.abort();
    await until(() => api.live.subscriberCount === 0);
    expect(engine.subscriberCount).toBe(0);
  });

  it('ends with the session: signed out, disabled, or too old', async () => {
    const time = { nowMs: 1_795_600_000_000 };
    const { origin, signedInClient, signedIn, api } = await listening({ now: () => time.nowMs });
    const signedOut = await open(origin, signedInClient.cookie);
    await signedOut.next();
    await signedInClient.post('/api/sign-out');
    expect(await signedOut.nextOf('incident')).toBeUndefined();

    const other = await signedIn('viewer');
    const disabled = await open(origin, other.cookie);
    const admin = await signedIn('admin');
    const { user } = (await other.get('/api/me')).json as Me;
    await admin.request('PATCH', `/api/users/${user.id}`, { disabled: true });
    expect(await disabled.nextOf('incident')).toBeUndefined();

    const old = await open(origin, admin.cookie);
    await old.next();
    time.nowMs += 13 * 3_600_000;
    expect(await old.nextOf('incident')).toBeUndefined();
    await until(() => api.live.subscriberCount === 0);
  });

  it('keeps the session of an open page alive', async () => {
    const time = { nowMs: 1_795_600_000_000 };
    const { origin, signedInClient } = await listening({ now: () => time.nowMs, overviewMs: 4 });
    const stream = await open(origin, signedInClient.cookie);
    for (let n = 0; n < 6; n++) {
      time.nowMs += 10 * 60_000;
      // The session is looked at every fifth overview.
      for (let k = 0; k < 15; k++) expect(await stream.nextOf('overview')).toBeDefined();
    }
    expect((await signedInClient.get('/api/me')).status).toBe(200);
  });

  it('ends when the API closes', async () => {
    const under = await listening();
    const stream = await open(under.origin, under.signedInClient.cookie);
    await stream.next();
    await under.api.close();
    closing = undefined;
    expect(await stream.nextOf('incident')).toBeUndefined();
    expect(under.engine.subscriberCount).toBe(0);
  });

  it('takes so many subscribers and no more', async () => {
    const { api, signedInClient } = await listening({ overviewMs: 60_000 });
    const streams: Response[] = [];
    for (let n = 0; n < EVENT_SUBSCRIBERS_MAX; n++) streams.push(await signedInClient.raw('GET', '/api/events'));
    expect(streams.every(({ status }) => status === 200)).toBe(true);
    const refused = await signedInClient.get('/api/events');
    expect(refused.status).toBe(429);
    expect(refused.json).toMatchObject({ error: { code: 'TOO_MANY' } });
    await streams[0]?.body?.cancel();
    await until(() => api.live.subscriberCount < EVENT_SUBSCRIBERS_MAX);
    expect((await signedInClient.get('/api/events')).status).toBe(200);
    await Promise.all(streams.slice(1).map(({ body }) => body?.cancel()));
  });

  it('is not opened by a question for its headers', async () => {
    const { api, signedInClient } = await listening();
    const reply = await signedInClient.raw('HEAD', '/api/events');
    expect(reply.status).toBe(200);
    expect(api.live.subscriberCount).toBe(0);
  });

  it('cuts off a client that does not read, counted, while others go on', async () => {
    const { origin, port, signedInClient, engine, api } = await listening();
    const stalled = connect(port, '127.0.0.1');
    stalled.pause();
    stalled.write(`GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nCookie: ${signedInClient.cookie}\r\n\r\n`);
    const gone = new Promise<void>((done) => stalled.on('close', () => done()));
    stalled.on('error', () => {});
    const reading = await open(origin, signedInClient.cookie);
    await reading.next();
    await until(() => api.live.subscriberCount === 2);
    const large = { ...INCIDENT, title: 'x'.repeat(16_384) };
    let received = 0;
    for (let n = 0; api.live.cutOff === 0 && n < 10 * EVENT_BACKLOG_MAX; n++) {
      engine.emit({ type: 'incident', incident: large });
      expect(await reading.nextOf('incident')).toBeDefined();
      received++;
    }
    expect(api.live.cutOff).toBe(1);
    expect(received).toBeGreaterThanOrEqual(EVENT_BACKLOG_MAX);
    stalled.resume();
    await gone;
    expect(await reading.nextOf('overview')).toBeDefined();
    expect(api.live.subscriberCount).toBe(1);
  });
});

describe('a subscriber', () => {
  it('that takes no overview for half a minute is dead', () => {
    const subscriber = new Subscriber('u', 's');
    expect(Array.from({ length: 31 }, () => subscriber.showOverview('now')).every((taken) => taken)).toBe(true);
    expect(subscriber.showOverview('now')).toBe(false);
  });

  it('holds a bounded backlog, and of overviews only the newest', async () => {
    const subscriber = new Subscriber('u', 's');
    for (let n = 0; n < EVENT_BACKLOG_MAX; n++) expect(subscriber.push(`${n};`)).toBe(true);
    expect(subscriber.push('one too many')).toBe(false);
    subscriber.showOverview('old');
    subscriber.showOverview('new');
    const text = await subscriber.next();
    expect(text?.startsWith('0;1;2;')).toBe(true);
    expect(text?.endsWith(`${EVENT_BACKLOG_MAX - 1};new`)).toBe(true);
    subscriber.end();
    expect(await subscriber.next()).toBeUndefined();
  });
});

describe('the hub', () => {
  it('survives an engine that fails, and says so', async () => {
    const engine = fakeEngine();
    const problems: string[] = [];
    engine.overview = () => {
      throw new Error('engine is starting');
    };
    const onProblem = (what: string, cause: unknown) => problems.push(`${what}: ${cause}`);
    const hub = new LiveHub({ service: engine, lasts: async () => true, onProblem, everyMs: 5 });
    const subscriber = hub.join('u', 's');
    await until(() => problems.length >= 2);
    expect(hub.subscriberCount).toBe(1);
    engine.emit({ type: 'changed', what: 'doors' });
    expect(await subscriber.next()).toContain('"what":"doors"');
    expect(problems[0]).toBe('a live update failed: Error: engine is starting');
    hub.close();
    expect(() => hub.join('u', 's')).toThrow(expect.objectContaining({ code: 'NOT_AVAILABLE' }));
  });
});
