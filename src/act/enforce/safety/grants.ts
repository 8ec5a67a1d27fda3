/** Refuse now, approve the repeat: what a person lets pass for a while although the policy would deny it. */
import { GRANTS_MAX } from '../../../limits.ts';
import type { TimeUs } from '../../../records.ts';
import type { PolicyRequest } from '../policy/index.ts';

/** How long the repeat of a refused message is let pass. [µs] */
export const REPEAT_US = 600e6;

export interface Grant {
  readonly id: string;
  /** Address; empty: any. */
  readonly client: string;
  readonly device: string;
  /** Names of functions; empty: any. */
  readonly functions: readonly string[];
  /** Points; empty: any. */
  readonly points: readonly string[];
  readonly untilUs: TimeUs;
  readonly by: string;
}

export class Grants {
  #grants: Grant[] = [];

  /** False where too many stand. */
  add(grant: Grant, nowUs: TimeUs): boolean {
    this.#grants = this.#grants.filter(({ untilUs, id }) => untilUs > nowUs && id !== grant.id);
    if (this.#grants.length >= GRANTS_MAX) return false;
    this.#grants.push(grant);
    return true;
  }

  remove(id: string): void {
    this.#grants = this.#grants.filter((grant) => grant.id !== id);
  }

  /** The grant a message passes under; undefined for none. */
  covering({ client, device, functionName, items }: PolicyRequest, nowUs: TimeUs): Grant | undefined {
    if (this.#grants.length === 0) return undefined;
    return this.#grants.find(
      (grant) =>
        nowUs < grant.untilUs &&
        (grant.client === '' || grant.client === client) &&
        (grant.device === '' || grant.device === device) &&
        (grant.functions.length === 0 || grant.functions.includes(functionName)) &&
        (grant.points.length === 0 || items.every(({ write, point }) => !write || grant.points.includes(point))),
    );
  }
}
