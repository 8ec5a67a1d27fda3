/** What people did, for the audit. Whoever makes the API decides where it is kept. */
import type { Actor } from './service.ts';

export interface AuditEntry {
  /** Wall time. [ms since 1970] */
  readonly timeMs: number;
  /** Name of the person, or what was typed as a name where nobody is signed in. */
  readonly by: string;
  /** Action of `ROLE_TABLE`, or `sign-in`, `sign-in.failed`, `users.…`. */
  readonly action: string;
  /** Incident, user, switch, attack … it was done to. */
  readonly subject: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

export interface AuditDetail {
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Writes one entry; never throws. */
export type Audit = (by: Pick<Actor, 'name'>, action: string, subject: string, detail?: AuditDetail) => void;

/** The audit over a hook. A hook that fails is reported: what a person did to the plant must not hang on it. */
export function auditOver(
  hook: ((entry: AuditEntry) => void) | undefined,
  now: () => number,
  onProblem: (what: string, cause: unknown) => void,
): Audit {
  return (by, action, subject, detail = {}) => {
    try {
      hook?.({ timeMs: now(), by: by.name, action, subject, ...detail });
    } catch (cause) {
      onProblem(`the audit did not take "${action}" by ${by.name}`, cause);
    }
  };
}
