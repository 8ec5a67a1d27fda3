/**
 * Accounts and sessions: better-auth with its admin plugin on `node:sqlite`. Its records, password hashing (scrypt) and rules are
 * used through its server context; its HTTP routes are not mounted, because every route of Firedoor passes `allow` and nothing else
 * may be reachable. Three small pieces are our own: one-time links, the delay of failed sign-ins (better-auth locks out), and the
 * session secret, of which only a hash reaches the database.
 */
import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleepMs } from 'node:timers/promises';
import type { AuthContext, BetterAuthOptions } from 'better-auth';
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';
import { PASSWORD_HASHES_MAX, SESSIONS_PER_USER_MAX, USERS_MAX } from '../../limits.ts';
import { Gate } from './gate.ts';
import { hashOf, newSecret, OneTimeLinks } from './one-time-links.ts';
import type { Actor } from './service.ts';
import { SignInDelays } from './sign-in-delays.ts';
import type { Role, SignInLink, UserInfo } from './types.ts';
import { ROLES } from './types.ts';

/** Without any use a session ends after this long; an open page is use (its event stream). [ms] */
export const SESSION_IDLE_MS = 30 * 60_000;
/** A session ends this long after sign-in, whatever happens: one shift. [ms] */
export const SESSION_ABSOLUTE_MS = 12 * 3_600_000;
/** The time of last use is written at most this often. [ms] */
const TOUCH_MS = 60_000;
/** better-auth wants an e-mail address for each user; `.invalid` is reserved and never delivered to (RFC 2606 § 2). */
const addressOf = (name: string): string => `${name.toLowerCase()}@firedoor.invalid`;
/** Name of the first administrator until that person chose one. */
const FIRST_NAME = 'admin';

export interface AccountOptions {
  /** Database file, or `:memory:`. */
  readonly file: string;
  /** Wall time. [ms] */
  readonly now?: () => number;
  readonly sleep?: (ms: number) => Promise<void>;
  readonly idleMs?: number;
  readonly absoluteMs?: number;
}

/** Somebody signed in; `session` is the hash of the secret in the cookie. */
export interface Person extends Actor {
  readonly session: string;
}

/** A new session: `secret` goes into the cookie and nowhere else. */
export interface SignedIn {
  readonly person: Person;
  readonly secret: string;
}

interface StoredUser {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly role?: unknown;
  readonly banned?: unknown;
}

/** Opens (or makes) the account database. Throws STORE_FAILED where it cannot. */
export async function openAccounts(options: AccountOptions): Promise<Accounts> {
  // Loaded only here: it takes a third of a second, which commands without a server need not pay.
  const [{ betterAuth }, { admin }, { getMigrations }] = await Promise.all([
    import('better-auth'),
    import('better-auth/plugins/admin'),
    import('better-auth/db/migration'),
  ]);
  const database = openDatabase(options.file);
  const settings: BetterAuthOptions = {
    database,
    // Both are needed by better-auth but used by none of its parts that run here.
    baseURL: 'http://localhost',
    secret: newSecret() + newSecret(),
    emailAndPassword: { enabled: true, disableSignUp: true },
    plugins: [admin({ defaultRole: 'viewer', adminRoles: ['admin'] })],
    telemetry: { enabled: false },
    logger: { disabled: true },
  };
  const auth = betterAuth(settings);
  await (await getMigrations(settings)).runMigrations();
  return new Accounts(await auth.$context, database, options);
}

function openDatabase(file: string): DatabaseSync {
  try {
    if (file !== ':memory:') {
      closeSync(openSync(file, 'a', 0o600));
      chmodSync(file, 0o600);
    }
    const database = new DatabaseSync(file);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 2000');
    return database;
  } catch (cause) {
    throw new FiredoorError(ERROR_CODES.STORE_FAILED, `The account database ${file} cannot be opened.`, { cause });
  }
}

/** What of better-auth's server context is used. */
type Context = Pick<AuthContext, 'internalAdapter' | 'adapter' | 'password'>;

export class Accounts {
  readonly #store: AuthContext['internalAdapter'];
  readonly #adapter: AuthContext['adapter'];
  readonly #password: AuthContext['password'];
  readonly #database: DatabaseSync;
  readonly #now: () => number;
  readonly #idleMs: number;
  readonly #absoluteMs: number;
  readonly #hashing = new Gate(PASSWORD_HASHES_MAX);
  readonly #links: OneTimeLinks;
  readonly #delays: SignInDelays;
  #firstUser = '';

  constructor(context: Context, database: DatabaseSync, options: AccountOptions) {
    this.#store = context.internalAdapter;
    this.#adapter = context.adapter;
    this.#password = context.password;
    this.#database = database;
    this.#now = options.now ?? Date.now;
    this.#idleMs = options.idleMs ?? SESSION_IDLE_MS;
    this.#absoluteMs = options.absoluteMs ?? SESSION_ABSOLUTE_MS;
    this.#links = new OneTimeLinks(this.#now);
    this.#delays = new SignInDelays({ now: this.#now, sleep: options.sleep ?? ((ms) => sleepMs(ms)) });
  }

  /** Whether anybody who is not disabled has a password. */
  async anyPassword(): Promise<boolean> {
    const accounts = await this.#adapter.findMany<{ userId: string }>({ model: 'account', limit: USERS_MAX });
    const enabled = new Set((await this.users()).filter(({ disabled }) => !disabled).map(({ id }) => id));
    return accounts.some(({ userId }) => enabled.has(userId));
  }

  /** A new link that signs in the first administrator; undefined once somebody has a password. */
  async firstLink(): Promise<SignInLink | undefined> {
    if (await this.anyPassword()) return undefined;
    const known = (await this.users()).find(({ role, disabled }) => role === 'admin' && !disabled);
    const user = known ?? (await this.addUser(FIRST_NAME, 'admin'));
    this.#firstUser = user.id;
    return this.#links.issue(user.id);
  }

  /**
   * Signs in with name and password, after the delay that failures before have earned. Throws NOT_SIGNED_IN (without saying what
   * was wrong) and TOO_MANY.
   */
  async signIn(name: string, password: string, address: string): Promise<SignedIn> {
    const user = await this.#delays.run(name.toLowerCase(), address, () => this.#checked(name, password));
    if (user === undefined) {
      throw new FiredoorError(ERROR_CODES.NOT_SIGNED_IN, 'Name or password is not right.');
    }
    return this.#begin(user);
  }

  /** Signs in with a one-time link; it is used up, and a password the user had no longer counts. Throws NOT_SIGNED_IN. */
  async signInByLink(token: string, address: string): Promise<SignedIn> {
    const userId = await this.#delays.run('', address, async () => this.#links.use(token));
    const user = userId === undefined ? undefined : await this.#user(userId);
    const late = userId === this.#firstUser && (await this.anyPassword());
    if (user === undefined || user.disabled || late) {
      throw new FiredoorError(
        ERROR_CODES.NOT_SIGNED_IN,
        'This sign-in link was used already or is too old. Ask an administrator for a new one.',
      );
    }
    await this.#store.deleteAccounts(user.id);
    return this.#begin(user);
  }

  /** Whose session this secret is; undefined where it ended. Counts as use of the session. */
  who(secret: string): Promise<Person | undefined> {
    return this.sessionOf(hashOf(secret));
  }

  /** The same by the hash of the secret, for streams that last. */
  async sessionOf(session: string): Promise<Person | undefined> {
    const found = await this.#store.findSession(session);
    if (found === null) return undefined;
    const now = this.#now();
    const lastMs = found.session.updatedAt.getTime();
    const user = infoOf(found.user);
    if (now >= found.session.expiresAt.getTime() || now - lastMs >= this.#idleMs || user.disabled) {
      await this.#store.deleteSession(session);
      return undefined;
    }
    if (now - lastMs >= Math.min(TOUCH_MS, this.#idleMs / 2)) {
      await this.#store.updateSession(session, { updatedAt: new Date(now) });
    }
    return { id: user.id, name: user.name, role: user.role, session };
  }

  async signOut(person: Person): Promise<void> {
    await this.#store.deleteSession(person.session);
  }

  async hasPassword(userId: string): Promise<boolean> {
    return (await this.#store.findCredentialAccount(userId)) !== null;
  }

  /** Sets one's own password and ends all other sessions of the user. `current` is needed where there is one; else NOT_ALLOWED. */
  async setPassword(person: Person, password: string, current: string | undefined, address: string): Promise<void> {
    if (await this.hasPassword(person.id)) {
      const right = await this.#delays.run(person.name, address, () => this.#checked(person.name, current ?? ''));
      if (right === undefined) {
        throw new FiredoorError(ERROR_CODES.NOT_ALLOWED, 'Give your present password too; the one given is not right.');
      }
    }
    await this.#storePassword(person.id, password);
    const others = await this.#store.listSessions(person.id);
    const tokens = others.map(({ token }) => token).filter((token) => token !== person.session);
    if (tokens.length > 0) await this.#store.deleteSessions(tokens);
  }

  /** Name and password of somebody who came by a one-time link. Throws NOT_ALLOWED for who has a password already. */
  async setup(person: Person, name: string, password: string): Promise<UserInfo> {
    if (await this.hasPassword(person.id)) {
      throw new FiredoorError(ERROR_CODES.NOT_ALLOWED, 'This account is set up already; change the password instead.');
    }
    if (name !== person.name) {
      await this.#assertFree(name);
      await this.#store.updateUser(person.id, { name, email: addressOf(name) });
    }
    await this.#storePassword(person.id, password);
    return this.userById(person.id);
  }

  /** All users, in the order of their making. */
  async users(): Promise<UserInfo[]> {
    const users = await this.#store.listUsers(USERS_MAX, 0, { field: 'createdAt', direction: 'asc' });
    return users.map(infoOf);
  }

  /** One user; throws NOT_FOUND. */
  async userById(id: string): Promise<UserInfo> {
    const user = await this.#user(id);
    if (user === undefined) throw new FiredoorError(ERROR_CODES.NOT_FOUND, 'There is no such user.');
    return user;
  }

  /** A new user; without a password it needs a one-time link. Throws BAD_INPUT for a name taken, TOO_MANY. */
  async addUser(name: string, role: Role, password?: string): Promise<UserInfo> {
    await this.#assertFree(name);
    if ((await this.#store.countTotalUsers()) >= USERS_MAX) {
      throw new FiredoorError(ERROR_CODES.TOO_MANY, `There are ${USERS_MAX} users, which is the most Firedoor keeps.`);
    }
    const given = { name, email: addressOf(name), emailVerified: true, role, createdAt: new Date(this.#now()) };
    const user = await this.#store.createUser(given, { method: 'email-password' });
    if (password !== undefined) await this.#storePassword(user.id, password);
    return this.userById(user.id);
  }

  /** Changes role or whether disabled; a disabled user's sessions and links end. Throws NOT_FOUND, NOT_ALLOWED. */
  async changeUser(id: string, change: { role?: Role | undefined; disabled?: boolean | undefined }): Promise<UserInfo> {
    const before = await this.userById(id);
    const role = change.role ?? before.role;
    const disabled = change.disabled ?? before.disabled;
    if (role !== 'admin' || disabled) await this.#assertOtherAdmin(before);
    await this.#store.updateUser(id, { role, banned: disabled });
    if (disabled) {
      this.#links.revoke(id);
      await this.#store.deleteUserSessions(id);
    }
    return this.userById(id);
  }

  /** A one-time link for a user who has no password or forgot it. Throws NOT_FOUND. */
  async newLink(id: string): Promise<SignInLink> {
    const user = await this.userById(id);
    if (user.disabled)
      throw new FiredoorError(ERROR_CODES.NOT_ALLOWED, `${user.name} is disabled; enable the account first.`);
    return this.#links.issue(id);
  }

  close(): void {
    this.#database.close();
  }

  async #user(id: string): Promise<UserInfo | undefined> {
    const found = await this.#store.findUserById(id);
    return found === null ? undefined : infoOf(found);
  }

  /** The user if name and password are right. Unknown names cost the same time as wrong passwords. */
  async #checked(name: string, password: string): Promise<UserInfo | undefined> {
    const found = await this.#store.findUserByEmail(addressOf(name), { includeAccounts: true });
    const kept = found?.accounts.find(({ providerId }) => providerId === 'credential')?.password;
    if (found === null || kept === null || kept === undefined) {
      await this.#hashing.run(() => this.#password.hash(password));
      return undefined;
    }
    const right = await this.#hashing.run(() => this.#password.verify({ hash: kept, password }));
    const user = infoOf(found.user);
    return right && !user.disabled ? user : undefined;
  }

  async #begin(user: UserInfo): Promise<SignedIn> {
    const now = this.#now();
    await this.#adapter.deleteMany({
      model: 'session',
      where: [{ field: 'expiresAt', operator: 'lt', value: new Date(now) }],
    });
    const open = await this.#store.listSessions(user.id);
    const oldest = open
      .toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
      .slice(SESSIONS_PER_USER_MAX - 1);
    if (oldest.length > 0) await this.#store.deleteSessions(oldest.map(({ token }) => token));
    const secret = newSecret();
    const session = hashOf(secret);
    const times = { createdAt: new Date(now), updatedAt: new Date(now), expiresAt: new Date(now + this.#absoluteMs) };
    await this.#store.createSession(user.id, false, { token: session, ...times }, true);
    return { person: { id: user.id, name: user.name, role: user.role, session }, secret };
  }

  async #storePassword(userId: string, password: string): Promise<void> {
    const hash = await this.#hashing.run(() => this.#password.hash(password));
    if (await this.hasPassword(userId)) await this.#store.updatePassword(userId, hash);
    else await this.#store.linkAccount({ userId, providerId: 'credential', accountId: userId, password: hash });
    this.#links.revoke(userId);
  }

  async #assertFree(name: string): Promise<void> {
    if ((await this.#store.findUserByEmail(addressOf(name))) === null) return;
    throw new FiredoorError(ERROR_CODES.BAD_INPUT, `There is already a user named ${name}.`);
  }

  async #assertOtherAdmin(user: UserInfo): Promise<void> {
    const admins = (await this.users()).filter(({ role, disabled }) => role === 'admin' && !disabled);
    if (admins.some(({ id }) => id !== user.id)) return;
    throw new FiredoorError(ERROR_CODES.NOT_ALLOWED, 'This is the last administrator; make somebody else one first.');
  }
}

function infoOf(user: StoredUser): UserInfo {
  const role = ROLES.find((known) => known === user.role) ?? 'viewer';
  return { id: user.id, name: user.name, role, disabled: user.banned === true, createdMs: user.createdAt.getTime() };
}
