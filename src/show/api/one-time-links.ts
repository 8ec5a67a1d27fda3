/**
 * One-time sign-in links. Kept here and not in better-auth's verification table: they live only in memory (a restart makes them
 * worthless, `npm start` prints a new one), obey the injected clock, and only their hash is held.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { USERS_MAX } from '../../limits.ts';
import type { SignInLink } from './types.ts';

/** A link works this long. [ms] */
export const LINK_MS = 24 * 3_600_000;
/** Size of the secret. [bytes] */
const TOKEN_BYTES = 32;

/** A secret of 256 random bits, as text for an address or cookie. */
export function newSecret(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** What is kept of a secret: whoever reads memory or database cannot sign in with it. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

export class OneTimeLinks {
  readonly #now: () => number;
  /** By user id: a user has at most one link, the newest. */
  readonly #links = new Map<string, { readonly hash: Buffer; readonly expiresMs: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A new link for the user; an older one stops working. */
  issue(userId: string): SignInLink {
    const token = newSecret();
    const expiresMs = this.#now() + LINK_MS;
    this.#links.delete(userId);
    this.#links.set(userId, { hash: Buffer.from(hashOf(token)), expiresMs });
    if (this.#links.size > USERS_MAX) {
      const oldest = this.#links.keys().next().value;
      if (oldest !== undefined) this.#links.delete(oldest);
    }
    return { token, expiresMs };
  }

  /** The user whose link this is; the link is used up. Undefined for an unknown, used or expired one. */
  use(token: string): string | undefined {
    const hash = Buffer.from(hashOf(token));
    let found: string | undefined;
    // All are compared, each in constant time.
    for (const [userId, link] of this.#links) if (timingSafeEqual(hash, link.hash)) found = userId;
    if (found === undefined) return undefined;
    const expired = (this.#links.get(found)?.expiresMs ?? 0) <= this.#now();
    this.#links.delete(found);
    return expired ? undefined : found;
  }

  /** The user's link stops working. */
  revoke(userId: string): void {
    this.#links.delete(userId);
  }
}
