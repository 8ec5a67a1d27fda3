/** Exceptions from judgements ("wrong because …"): scoped by kind and subject, and each one expires. */
import { EXCEPTIONS_MAX } from '../../../limits.ts';
import type { Finding, Subject, TimeUs } from '../../../records.ts';

/** What is not to be said again, until when, and why. Empty fields hold for all; at least one must be filled. */
export interface FindingException {
  readonly id: string;
  /** Kind of finding, or empty for every kind. */
  readonly kind: string;
  readonly subject: Partial<Subject>;
  readonly untilUs: TimeUs;
  readonly because: string;
  readonly by: string;
}

const SUBJECT_FIELDS = ['actor', 'device', 'tag', 'unit', 'conversation'] as const;

export class Exceptions {
  readonly #standing = new Map<string, FindingException>();
  /** Findings held back by exceptions. */
  held = 0;

  /** Adds or replaces one. False for one without scope, without end, or when there are too many. */
  add(exception: FindingException): boolean {
    const scoped = SUBJECT_FIELDS.some((field) => (exception.subject[field] ?? '') !== '');
    if (!scoped || !Number.isFinite(exception.untilUs)) return false;
    if (this.#standing.size >= EXCEPTIONS_MAX && !this.#standing.has(exception.id)) return false;
    this.#standing.set(exception.id, exception);
    return true;
  }

  remove(id: string): boolean {
    return this.#standing.delete(id);
  }

  list(): readonly FindingException[] {
    return [...this.#standing.values()];
  }

  expire(nowUs: TimeUs): void {
    for (const [id, exception] of this.#standing) if (nowUs >= exception.untilUs) this.#standing.delete(id);
  }

  /** The exception that holds a finding back, if any; counts it. */
  holding(finding: Pick<Finding, 'kind' | 'subject' | 'timeUs'>): FindingException | undefined {
    for (const exception of this.#standing.values()) {
      if (finding.timeUs >= exception.untilUs) continue;
      if (exception.kind !== '' && exception.kind !== finding.kind) continue;
      const fits = SUBJECT_FIELDS.every((field) => {
        const wanted = exception.subject[field] ?? '';
        return wanted === '' || wanted === finding.subject[field];
      });
      if (!fits) continue;
      this.held += 1;
      return exception;
    }
    return undefined;
  }
}
