/** Sessions, one-time links, passwords, users, and the delay of failed sign-ins; all in a time that the tests set. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ApiClient, apiUnderTest } from '../../../test/fakes/api-client.ts';
import { fakeEngine } from '../../../test/fakes/engine-service.ts';
import { SESSIONS_PER_USER_MAX, SIGN_IN_FAILURES_MAX, SIGN_IN_WAITING_PER_ADDRESS_MAX } from '../../limits.ts';
import { SESSION_ABSOLUTE_MS, SESSION_IDLE_MS } from './accounts.ts';
import type { AuditEntry } from './audit.ts';
import { Gate } from './gate.ts';
import { LINK_MS } from './one-time-links.ts';
import { createApi } from './server.ts';
import { SignInDelays } from './sign-in-delays.ts';
import type { Me, Role, UserInfo } from './types.ts';

const PASSWORD = 'correct horse battery';
const START_MS = 1_795_600_000_000;
const MINUTE_MS = 60_000;

/** An API whose wall time stands still until the test moves it, and whose delays are only written down. */
async function atStandstill() {
  const time = { nowMs: START_MS };
  const sleptMs: number[] = [];
  const audit: AuditEntry[] = [];
  const under = await apiUnderTest({
    now: () => time.nowMs,
    sleep: async (ms) => {
      sleptMs.push(ms);
    },
    audit: (entry) => audit.push(entry),
  });
  const withPassword = async (name: string, role: Role = 'operator') => {
    const user = await under.api.accounts.addUser(name, role, PASSWORD);
    const client = under.client();
    const signIn = (password = PASSWORD) => client.post('/api/sign-in', { name, password });
    return { user, client, signIn };
  };
  return { ...under, time, sleptMs, audit, withPassword };
}

describe('a session', () => {
  it('begins with name and password and ends with signing out', async () => {
    const { api, withPassword, client } = await atStandstill();
    const anna = await withPassword('anna', 'engineer');
    const reply = await anna.signIn();
    expect(reply.json).toMatchObject({ user: { name: 'anna', role: 'engineer' }, hasPassword: true });
    expect((reply.json as Me).actions).toContain('switches.island');
    const cookie = anna.client.cookie;
    expect((await anna.client.get('/api/me')).json).toEqual(reply.json);
    expect((await anna.client.post('/api/sign-out')).status).toBe(200);
    // The secret itself is worthless now, not only gone from the browser.
    const replayed = client();
    replayed.cookie = cookie;
    expect((await replayed.get('/api/me')).status).toBe(401);
    await api.close();
  });

  it('lives in a cookie that scripts and other sites cannot use', async () => {
    const { api, withPassword } = await atStandstill();
    const { signIn } = await withPassword('anna');
    const given = (await signIn()).headers.get('set-cookie') ?? '';
    expect(given).toMatch(/HttpOnly/);
    expect(given).toMatch(/SameSite=Strict/);
    expect(given).toMatch(/Path=\/api/);
    expect(given).not.toMatch(/Secure|Domain/);
    await api.close();
    const behindTls = await apiUnderTest({ publicOrigin: 'https://firedoor.example' });
    const { token } = await behindTls.api.accounts.newLink((await behindTls.api.accounts.addUser('anna', 'viewer')).id);
    const secured = await behindTls.client().post('/api/sign-in/link', { token });
    expect(secured.headers.get('set-cookie')).toMatch(/Secure/);
    await behindTls.api.close();
  });

  it('ends when nobody uses it, and after a shift whatever happens', async () => {
    const { api, time, signedIn } = await atStandstill();
    const idle = await signedIn('viewer');
    const busy = await signedIn('viewer');
    time.nowMs += SESSION_IDLE_MS - MINUTE_MS;
    expect((await busy.get('/api/me')).status).toBe(200);
    time.nowMs += 2 * MINUTE_MS;
    expect((await idle.get('/api/me')).status).toBe(401);
    while (time.nowMs < START_MS + SESSION_ABSOLUTE_MS - SESSION_IDLE_MS / 2) {
      expect((await busy.get('/api/me')).status).toBe(200);
      time.nowMs += SESSION_IDLE_MS / 2;
    }
    expect((await busy.get('/api/me')).status).toBe(200);
    time.nowMs = START_MS + SESSION_ABSOLUTE_MS;
    expect((await busy.get('/api/me')).status).toBe(401);
    await api.close();
  });

  it('ends for the oldest browser of somebody who signs in everywhere', async () => {
    const { api, time, client } = await atStandstill();
    const user = await api.accounts.addUser('anna', 'viewer');
    const clients: ApiClient[] = [];
    for (let n = 0; n <= SESSIONS_PER_USER_MAX; n++) {
      const one = client();
      await one.post('/api/sign-in/link', { token: (await api.accounts.newLink(user.id)).token });
      clients.push(one);
      time.nowMs += 1_000;
    }
    const statuses = await Promise.all(clients.map(async (one) => (await one.get('/api/me')).status));
    expect(statuses).toEqual([401, ...Array.from({ length: SESSIONS_PER_USER_MAX }, () => 200)]);
    await api.close();
  });

  it('takes no invented secret', async () => {
    const { api, client, signedIn } = await atStandstill();
    await signedIn('admin');
    for (const secret of ['', 'x', `${'A'.repeat(43)}`, "' OR 1=1 --"]) {
      const stranger = client();
      stranger.cookie = `firedoor-session=${encodeURIComponent(secret)}`;
      expect((await stranger.get('/api/me')).status).toBe(401);
    }
    await api.close();
  });
});

describe('the first sign-in', () => {
  it('goes by a link that works once, then asks for name and password', async () => {
    const { api, client, audit } = await atStandstill();
    await api.listen('127.0.0.1', 0);
    const link = (await api.signInLink()) ?? '';
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/signin#token=[\w-]{43}$/);
    const token = link.split('#token=')[1];
    const first = client();
    expect((await first.post('/api/sign-in/link', { token })).json).toMatchObject({
      user: { role: 'admin' },
      hasPassword: false,
    });
    expect((await client().post('/api/sign-in/link', { token })).status).toBe(401);
    const setup = await first.post('/api/account/setup', { name: 'karel', password: PASSWORD });
    expect(setup.json).toMatchObject({ user: { name: 'karel', role: 'admin' }, hasPassword: true });
    expect((await client().post('/api/sign-in', { name: 'karel', password: PASSWORD })).status).toBe(200);
    // From now on there is no such link, and no second set-up.
    expect(await api.signInLink()).toBeUndefined();
    expect((await first.post('/api/account/setup', { name: 'eva', password: PASSWORD })).status).toBe(403);
    expect(audit.map(({ action, by }) => `${action} ${by}`)).toEqual([
      'sign-in admin',
      'sign-in.failed one-time link',
      'users.setup karel',
      'sign-in karel',
    ]);
    expect(JSON.stringify(audit)).not.toContain(PASSWORD);
    expect(JSON.stringify(audit)).not.toContain(token);
    await api.close();
  });

  it('needs the newest link, within a day, and before anybody has a password', async () => {
    const { api, time, client, withPassword } = await atStandstill();
    const tokenOf = async () => (await api.signInLink())?.split('#token=')[1];
    const status = async (token: string | undefined) => (await client().post('/api/sign-in/link', { token })).status;
    const older = await tokenOf();
    const newer = await tokenOf();
    expect(await status(older)).toBe(401);
    time.nowMs += LINK_MS;
    expect(await status(newer)).toBe(401);
    const third = await tokenOf();
    await withPassword('anna', 'admin');
    expect(await status(third)).toBe(401);
    await api.close();
  });

  it('has no default password', async () => {
    const { api, client } = await atStandstill();
    await api.signInLink();
    for (const password of ['admin', 'firedoor', 'password', 'x']) {
      expect((await client().post('/api/sign-in', { name: 'admin', password })).status).toBe(401);
    }
    await api.close();
  });
});

describe('a password', () => {
  it('is changed by whoever knows the present one; other sessions end', async () => {
    const { api, withPassword } = await atStandstill();
    const anna = await withPassword('anna');
    await anna.signIn();
    const other = new ApiClient(api);
    await other.post('/api/sign-in', { name: 'anna', password: PASSWORD });
    const next = `${PASSWORD} 2`;
    expect((await anna.client.post('/api/me/password', { password: next })).status).toBe(403);
    expect((await anna.client.post('/api/me/password', { password: next, current: 'guess' })).status).toBe(403);
    expect((await other.get('/api/me')).status).toBe(200);
    expect((await anna.client.post('/api/me/password', { password: next, current: PASSWORD })).status).toBe(200);
    expect((await other.get('/api/me')).status).toBe(401);
    expect((await anna.client.get('/api/me')).status).toBe(200);
    expect((await anna.signIn(PASSWORD)).status).toBe(401);
    expect((await anna.signIn(next)).status).toBe(200);
    await api.close();
  });

  it('that was forgotten is replaced by a link from an administrator', async () => {
    const { api, withPassword, signedIn, client } = await atStandstill();
    const anna = await withPassword('anna');
    const admin = await signedIn('admin');
    const { json } = await admin.post(`/api/users/${anna.user.id}/link`);
    expect((await anna.signIn()).status).toBe(200);
    const again = client();
    const { token } = json as { token: string };
    expect((await again.post('/api/sign-in/link', { token })).json).toMatchObject({ hasPassword: false });
    expect((await anna.signIn()).status).toBe(401);
    expect((await again.post('/api/me/password', { password: `${PASSWORD} 3` })).status).toBe(200);
    expect((await anna.signIn(`${PASSWORD} 3`)).status).toBe(200);
    await api.listen('127.0.0.1', 0);
    expect(await api.signInLink('anna')).toMatch(/\/signin#token=/);
    await expect(api.signInLink('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await api.close();
  });
});

describe('users', () => {
  it('are made, given roles and disabled by an administrator, at once', async () => {
    const { api, signedIn, client, withPassword } = await atStandstill();
    const admin = await signedIn('admin');
    const bob = (await admin.post('/api/users', { name: 'bob', role: 'viewer', password: PASSWORD })).json as UserInfo;
    const session = client();
    await session.post('/api/sign-in', { name: 'Bob', password: PASSWORD });
    expect((await session.get('/api/incidents/I-12/pcap')).status).toBe(403);
    await admin.request('PATCH', `/api/users/${bob.id}`, { role: 'analyst' });
    expect((await session.get('/api/incidents/I-12/pcap')).status).toBe(200);
    await admin.request('PATCH', `/api/users/${bob.id}`, { disabled: true });
    expect((await session.get('/api/me')).status).toBe(401);
    expect((await session.post('/api/sign-in', { name: 'bob', password: PASSWORD })).status).toBe(401);
    expect((await admin.post(`/api/users/${bob.id}/link`)).status).toBe(403);
    const taken = await admin.post('/api/users', { name: 'bob', role: 'viewer' });
    expect(taken.status).toBe(400);
    expect(taken.text).toContain('already a user named bob');
    await withPassword('eva');
    expect((await admin.get('/api/users')).json).toMatchObject([
      { role: 'admin' },
      { name: 'bob', disabled: true },
      { name: 'eva' },
    ]);
    await api.close();
  });

  it('always have an administrator left', async () => {
    const { api, signedIn } = await atStandstill();
    const admin = await signedIn('admin');
    const { user } = (await admin.get('/api/me')).json as Me;
    expect((await admin.request('PATCH', `/api/users/${user.id}`, { role: 'viewer' })).status).toBe(403);
    expect((await admin.request('PATCH', `/api/users/${user.id}`, { disabled: true })).status).toBe(403);
    await signedIn('admin');
    expect((await admin.request('PATCH', `/api/users/${user.id}`, { role: 'viewer' })).status).toBe(200);
    await api.close();
  });

  it('outlive a restart; neither passwords nor session secrets stand in the file, which is for its owner only', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'firedoor-accounts-'));
    const accountsFile = join(folder, 'accounts.db');
    const before = await createApi({ service: fakeEngine(), accountsFile });
    await before.accounts.addUser('anna', 'admin', PASSWORD);
    const client = new ApiClient(before);
    await client.post('/api/sign-in', { name: 'anna', password: PASSWORD });
    await before.close();
    expect(statSync(accountsFile).mode & 0o077).toBe(0);
    const bytes = readFileSync(accountsFile, 'latin1');
    expect(bytes).toContain('anna@firedoor.invalid');
    expect(bytes).not.toContain(PASSWORD);
    expect(bytes).not.toContain(client.cookie.split('=')[1]);
    const after = await createApi({ service: fakeEngine(), accountsFile });
    expect(await after.signInLink()).toBeUndefined();
    const again = new ApiClient(after);
    again.cookie = client.cookie;
    expect((await again.get('/api/me')).json).toMatchObject({ user: { name: 'anna' } });
    await after.close();
    rmSync(folder, { recursive: true });
  });

  it('cannot be kept in a file that cannot be opened', async () => {
    const made = createApi({ service: fakeEngine(), accountsFile: '/dev/null/accounts.db' });
    await expect(made).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('/dev/null/accounts.db'),
    });
  });
});

describe('failed sign-ins', () => {
  it('make the next ones slower up to half a minute, and never lock anybody out', async () => {
    const { api, withPassword, sleptMs } = await atStandstill();
    const anna = await withPassword('anna');
    for (let n = 0; n < 9; n++) expect((await anna.signIn('wrong')).status).toBe(401);
    expect(sleptMs).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect((await anna.signIn()).status).toBe(200);
    expect(sleptMs.at(-1)).toBe(30_000);
    // A right password clears the slate.
    sleptMs.length = 0;
    expect((await anna.signIn()).status).toBe(200);
    expect(sleptMs).toEqual([]);
    await api.close();
  });

  it('say the same of a wrong password, an unknown name and a disabled account', async () => {
    const { api, withPassword, client } = await atStandstill();
    const anna = await withPassword('anna');
    await withPassword('root', 'admin');
    await api.accounts.changeUser(anna.user.id, { disabled: true });
    const texts = await Promise.all([
      client().post('/api/sign-in', { name: 'root', password: 'wrong' }),
      client().post('/api/sign-in', { name: 'nobody', password: 'wrong' }),
      anna.signIn(),
    ]);
    expect(new Set(texts.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    await api.close();
  });

  it('from one address slow down the owner at another address by seconds only, and are forgotten', async () => {
    let nowMs = 0;
    const delays = new SignInDelays({ now: () => nowMs, sleep: async () => {} });
    for (let n = 0; n < 50; n++) await delays.run('anna', '10.20.3.44', async () => undefined);
    expect(delays.delayMs('anna', '10.20.3.44')).toBe(30_000);
    expect(delays.delayMs('anna', '10.20.2.5')).toBe(4_000);
    expect(delays.delayMs('karel', '10.20.2.5')).toBe(0);
    nowMs += 16 * MINUTE_MS;
    expect(delays.delayMs('anna', '10.20.3.44')).toBe(0);
  });

  it('cannot be tried side by side to save the delay', async () => {
    const sleptMs: number[] = [];
    const waiting: (() => void)[] = [];
    const sleep = (ms: number) => {
      sleptMs.push(ms);
      return new Promise<void>((go) => waiting.push(go));
    };
    const delays = new SignInDelays({ now: () => 0, sleep });
    await delays.run('anna', 'a', async () => undefined);
    const tries = Array.from({ length: SIGN_IN_WAITING_PER_ADDRESS_MAX }, () =>
      delays.run('anna', 'a', async () => undefined),
    );
    expect(sleptMs).toEqual([500, 1_000, 2_000, 4_000]);
    await expect(delays.run('anna', 'a', async () => 'in')).rejects.toMatchObject({ code: 'TOO_MANY' });
    // Another address is not concerned: it waits the short delay of the name.
    const owner = delays.run('anna', 'b', async () => 'in');
    for (const go of waiting) go();
    expect(await owner).toBe('in');
    expect(await Promise.all(tries)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('count by the client that a proxy on this machine names, and by no other invention', async () => {
    const audit: AuditEntry[] = [];
    const addresses = async (publicOrigin?: string) => {
      const options = { audit: (entry: AuditEntry) => audit.push(entry), sleep: async () => {} };
      const { api } = await apiUnderTest({ ...options, ...(publicOrigin === undefined ? {} : { publicOrigin }) });
      const { origin } = await api.listen('127.0.0.1', 0);
      audit.length = 0;
      for (const forwarded of ['10.9.9.9, 10.20.2.5', 'nonsense']) {
        const headers = { origin, 'content-type': 'application/json', 'x-forwarded-for': forwarded };
        const body = JSON.stringify({ name: 'anna', password: 'wrong' });
        expect((await fetch(`${origin}/api/sign-in`, { method: 'POST', headers, body })).status).toBe(401);
      }
      await api.close();
      return audit.map(({ after }) => (after as { address: string }).address);
    };
    expect(await addresses()).toEqual(['127.0.0.1', '127.0.0.1']);
    expect(await addresses('https://firedoor.example')).toEqual(['10.20.2.5', '127.0.0.1']);
  });

  it('hash two passwords at once at most', async () => {
    const gate = new Gate(2);
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise((done) => setTimeout(done, 1));
      inside--;
    };
    await Promise.all([...Array(9).keys()].map(() => gate.run(work)));
    await expect(gate.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await gate.run(work);
    expect(most).toBe(2);
  });

  it('of ever new names do not grow memory: the oldest are forgotten', async () => {
    const delays = new SignInDelays({ now: () => 0, sleep: async () => {} });
    for (let n = 0; n < SIGN_IN_FAILURES_MAX; n++) await delays.run(`name-${n}`, `address-${n}`, async () => undefined);
    expect(delays.delayMs('name-0', 'elsewhere')).toBe(0);
    expect(delays.delayMs(`name-${SIGN_IN_FAILURES_MAX - 1}`, 'elsewhere')).toBe(500);
  });
});
