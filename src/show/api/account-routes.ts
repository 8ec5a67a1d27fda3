/** Routes of accounts: signing in and out, oneself, and the users. */
import { getCookie, setCookie } from 'hono/cookie';
import { FiredoorError } from '../../base/errors.ts';
import type { Accounts, SignedIn } from './accounts.ts';
import * as answers from './answers.ts';
import type { Audit } from './audit.ts';
import type { ApiApp, ApiContext } from './endpoint.ts';
import { addEndpoint } from './endpoint.ts';
import type { LiveHub } from './live.ts';
import { actionsOf } from './roles.ts';
import * as schemas from './schemas.ts';
import type { Me } from './types.ts';

/** Name of the session cookie. */
export const SESSION_COOKIE = 'firedoor-session';

export interface AccountRouteOptions {
  readonly accounts: Accounts;
  readonly live: LiveHub;
  readonly audit: Audit;
  /** Whether browsers reach Firedoor over TLS (a proxy in front): the cookie is then sent over TLS only. */
  readonly secure: boolean;
  readonly absoluteMs: number;
}

/** The secret of the session, as the browser sent it. */
export function sessionSecretOf(context: ApiContext): string | undefined {
  return getCookie(context, SESSION_COOKIE);
}

/** Adds all of them. */
export function addAccountRoutes(app: ApiApp, options: AccountRouteOptions): void {
  addSignInRoutes(app, options);
  addSelfRoutes(app, options);
  addUserRoutes(app, options);
}

function addSignInRoutes(app: ApiApp, options: AccountRouteOptions): void {
  const { accounts, audit } = options;
  addEndpoint(app, {
    method: 'post',
    path: '/api/sign-in',
    summary: 'Sign in with name and password. Failures make the next attempt slower',
    action: 'public',
    body: schemas.signInBody,
    answer: answers.me,
    handle: ({ body, context }) =>
      signInAs(context, options, body.name, () => accounts.signIn(body.name, body.password, context.var.address)),
  });
  addEndpoint(app, {
    method: 'post',
    path: '/api/sign-in/link',
    summary: 'Sign in with a one-time link',
    action: 'public',
    body: schemas.linkBody,
    answer: answers.me,
    handle: ({ body, context }) =>
      signInAs(context, options, 'one-time link', () => accounts.signInByLink(body.token, context.var.address)),
  });
  addEndpoint(app, {
    method: 'post',
    path: '/api/sign-out',
    summary: 'End this session',
    action: 'self.sign-out',
    body: schemas.noBody,
    answer: answers.done,
    handle: async ({ person, context }) => {
      await accounts.signOut(person);
      options.live.endWhere(({ session }) => session === person.session);
      giveCookie(context, options, '', 0);
      audit(person, 'self.sign-out', person.name);
      return {};
    },
  });
}

function addSelfRoutes(app: ApiApp, { accounts, live, audit }: AccountRouteOptions): void {
  addEndpoint(app, {
    method: 'get',
    path: '/api/me',
    summary: 'Who I am and what I may do',
    action: 'self.read',
    answer: answers.me,
    handle: ({ person }) => meOf(accounts, person.id),
  });
  addEndpoint(app, {
    method: 'post',
    path: '/api/me/password',
    summary: 'Set my password; other sessions of mine end. The present one is asked for where there is one',
    action: 'self.password',
    body: schemas.passwordBody,
    answer: answers.done,
    handle: async ({ body, person, context }) => {
      await accounts.setPassword(person, body.password, body.current, context.var.address);
      live.endWhere(({ userId, session }) => userId === person.id && session !== person.session);
      audit(person, 'self.password', person.name);
      return {};
    },
  });
  addEndpoint(app, {
    method: 'post',
    path: '/api/account/setup',
    summary: 'Name and password of whoever came by a one-time link',
    action: 'self.password',
    body: schemas.setupBody,
    answer: answers.me,
    handle: async ({ body, person }) => {
      const user = await accounts.setup(person, body.name, body.password);
      audit(user, 'users.setup', user.name, { before: { name: person.name }, after: { name: user.name } });
      return meOf(accounts, user.id);
    },
  });
}

function addUserRoutes(app: ApiApp, { accounts, live, audit }: AccountRouteOptions): void {
  addEndpoint(app, {
    method: 'get',
    path: '/api/users',
    summary: 'All users',
    action: 'users.read',
    answer: answers.users,
    handle: () => accounts.users(),
  });
  addEndpoint(app, {
    method: 'post',
    path: '/api/users',
    summary: 'A new user; without a password it signs in first with a one-time link',
    action: 'users.write',
    body: schemas.newUserBody,
    answer: answers.user,
    handle: async ({ body, person }) => {
      const user = await accounts.addUser(body.name, body.role, body.password);
      audit(person, 'users.create', user.name, { after: { role: user.role } });
      return user;
    },
  });
  addEndpoint(app, {
    method: 'patch',
    path: '/api/users/{id}',
    summary: 'Change the role of a user, disable or enable the account',
    action: 'users.write',
    params: schemas.idParams,
    body: schemas.userBody,
    answer: answers.user,
    handle: async ({ params, body, person }) => {
      const before = await accounts.userById(params.id);
      const after = await accounts.changeUser(params.id, body);
      if (after.disabled) live.endWhere(({ userId }) => userId === after.id);
      audit(person, 'users.change', after.name, {
        before: { role: before.role, disabled: before.disabled },
        after: { role: after.role, disabled: after.disabled },
      });
      return after;
    },
  });
  addEndpoint(app, {
    method: 'post',
    path: '/api/users/{id}/link',
    summary: 'A one-time sign-in link for a user (/signin#token=…); using it clears the password',
    action: 'users.write',
    params: schemas.idParams,
    body: schemas.noBody,
    answer: answers.link,
    handle: async ({ params, person }) => {
      const link = await accounts.newLink(params.id);
      audit(person, 'users.link', (await accounts.userById(params.id)).name);
      return link;
    },
  });
}

async function signInAs(
  context: ApiContext,
  options: AccountRouteOptions,
  typed: string,
  signIn: () => Promise<SignedIn>,
): Promise<Me> {
  try {
    const { person, secret } = await signIn();
    // Whoever signs in anew leaves the old session behind.
    if (context.var.person !== undefined) await options.accounts.signOut(context.var.person);
    giveCookie(context, options, secret, options.absoluteMs);
    options.audit(person, 'sign-in', person.name, { after: { address: context.var.address } });
    return await meOf(options.accounts, person.id);
  } catch (error) {
    const code = error instanceof FiredoorError ? error.code : 'FAILED';
    options.audit({ name: typed }, 'sign-in.failed', typed, { after: { address: context.var.address, code } });
    throw error;
  }
}

function giveCookie(context: ApiContext, { secure }: AccountRouteOptions, secret: string, lastsMs: number): void {
  setCookie(context, SESSION_COOKIE, secret, {
    httpOnly: true,
    sameSite: 'Strict',
    secure,
    path: '/api',
    maxAge: Math.floor(lastsMs / 1_000),
  });
}

async function meOf(accounts: Accounts, userId: string): Promise<Me> {
  const [user, hasPassword] = await Promise.all([accounts.userById(userId), accounts.hasPassword(userId)]);
  return { user, actions: actionsOf(user.role), hasPassword };
}
